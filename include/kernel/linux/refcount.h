/* SPDX-License-Identifier: MIT */
/*
 * Reference counts that saturate instead of wrapping.
 *
 * A count that would overflow, or is taken or dropped at zero, becomes
 * REFCOUNT_SATURATED and stays about there: the object leaks rather than being
 * used after its end.  Each of the five ways is warned about once
 * (uik_warn_once_reset() arms them again).
 *
 * Ordering: taking is relaxed (the caller already has access); dropping
 * releases; the drop to zero also acquires.  Control dependencies order
 * *_not_zero() before what depends on its success.
 */
#ifndef UIK_LINUX_REFCOUNT_H
#define UIK_LINUX_REFCOUNT_H

#include <limits.h>
#include <linux/atomic.h>
#include <linux/bug.h>
#include <linux/compiler.h>
#include <linux/types.h>
#include <uik/abi.h>

typedef struct refcount_struct {
	atomic_t refs;
} refcount_t;

struct mutex;
struct spinlock;

#define REFCOUNT_INIT(n) { .refs = ATOMIC_INIT(n) }
#define REFCOUNT_MAX INT_MAX
#define REFCOUNT_SATURATED (INT_MIN / 2)

enum refcount_saturation_type {
	REFCOUNT_ADD_NOT_ZERO_OVF,	/* *_not_zero() passed the maximum */
	REFCOUNT_ADD_OVF,		/* inc or add passed the maximum */
	REFCOUNT_ADD_UAF,		/* inc or add found zero */
	REFCOUNT_SUB_UAF,		/* a drop went below zero */
	REFCOUNT_DEC_LEAK,		/* refcount_dec() reached zero */
};

/* Saturates @r and warns once a @type. */
void refcount_warn_saturate(refcount_t *r, enum refcount_saturation_type type)
	__uik(refcount_warn_saturate) __cold;

#define uik_ref_point(r) \
	uik_point(UIK_POINT_REF, &(r)->refs.counter, sizeof(int), true)

static inline void refcount_set(refcount_t *r, int n)
{
	atomic_set(&r->refs, n);
}

static inline void refcount_set_release(refcount_t *r, int n)
{
	atomic_set_release(&r->refs, n);
}

static inline unsigned int refcount_read(const refcount_t *r)
{
	return atomic_read(&r->refs);
}

/* The operations, without their points. */
static inline void uik_ref_set(refcount_t *r, int n)
{
	__atomic_store_n(&r->refs.counter, n, __ATOMIC_RELAXED);
}

/* Adds @i unless zero; the old value goes to *@old_p. */
static inline __must_check bool uik_ref_add_not_zero(int i, refcount_t *r,
						     int *old_p, int order)
{
	int old, new;

	old = __atomic_load_n(&r->refs.counter, __ATOMIC_RELAXED);
	do {
		if (old_p)
			*old_p = old;
		if (unlikely(!old))
			return false;
		new = (int)((unsigned int)old + i);
	} while (unlikely(!__atomic_compare_exchange_n(
		&r->refs.counter, &old, new, false, order, __ATOMIC_RELAXED)));
	if (unlikely((old | new) < 0))
		refcount_warn_saturate(r, REFCOUNT_ADD_NOT_ZERO_OVF);
	return true;
}

static inline void uik_ref_add(int i, refcount_t *r, int *old_p)
{
	int old = __atomic_fetch_add(&r->refs.counter, i, __ATOMIC_RELAXED);

	if (old_p)
		*old_p = old;
	if (unlikely(!old))
		refcount_warn_saturate(r, REFCOUNT_ADD_UAF);
	else if (unlikely((old | (int)((unsigned int)old + i)) < 0))
		refcount_warn_saturate(r, REFCOUNT_ADD_OVF);
}

static inline __must_check bool uik_ref_sub_and_test(int i, refcount_t *r,
						     int *old_p)
{
	/*
	 * The last owner sees what every earlier owner did.  One access: who
	 * waits for zero may free @r at once.
	 */
	int old = __atomic_fetch_sub(&r->refs.counter, i, __ATOMIC_ACQ_REL);

	if (old_p)
		*old_p = old;
	if (old == i && i > 0)
		return true;
	if (unlikely(old <= 0 || old - i < 0))
		refcount_warn_saturate(r, REFCOUNT_SUB_UAF);
	return false;
}

static inline void uik_ref_dec(refcount_t *r)
{
	int old = __atomic_fetch_sub(&r->refs.counter, 1, __ATOMIC_RELEASE);

	if (unlikely(old <= 1))
		refcount_warn_saturate(r, REFCOUNT_DEC_LEAK);
}

static inline __must_check bool uik_ref_dec_if_one(refcount_t *r)
{
	int one = 1;

	return __atomic_compare_exchange_n(&r->refs.counter, &one, 0, false,
					   __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}

static inline __must_check bool refcount_add_not_zero(int i, refcount_t *r)
{
	uik_ref_point(r);
	return uik_ref_add_not_zero(i, r, NULL, __ATOMIC_RELAXED);
}

/* Takes a reference unless the count is zero; whether it was taken. */
static inline __must_check bool refcount_inc_not_zero(refcount_t *r)
{
	return refcount_add_not_zero(1, r);
}

static inline __must_check bool refcount_inc_not_zero_acquire(refcount_t *r)
{
	uik_ref_point(r);
	return uik_ref_add_not_zero(1, r, NULL, __ATOMIC_ACQUIRE);
}

static inline void __refcount_add(int i, refcount_t *r, int *old_p)
{
	uik_ref_point(r);
	uik_ref_add(i, r, old_p);
}

static inline void refcount_add(int i, refcount_t *r)
{
	__refcount_add(i, r, NULL);
}

/* Takes a reference; the caller already has one. */
static inline void refcount_inc(refcount_t *r)
{
	__refcount_add(1, r, NULL);
}

static inline __must_check bool __refcount_sub_and_test(int i, refcount_t *r,
							int *old_p)
{
	uik_ref_point(r);
	return uik_ref_sub_and_test(i, r, old_p);
}

static inline __must_check bool refcount_sub_and_test(int i, refcount_t *r)
{
	return __refcount_sub_and_test(i, r, NULL);
}

/* Drops a reference; whether it was the last. */
static inline __must_check bool refcount_dec_and_test(refcount_t *r)
{
	return __refcount_sub_and_test(1, r, NULL);
}

/* Drops a reference that is not the last. */
static inline void refcount_dec(refcount_t *r)
{
	uik_ref_point(r);
	uik_ref_dec(r);
}

/* 1 to 0, or nothing; whether it did. */
static inline __must_check bool refcount_dec_if_one(refcount_t *r)
{
	uik_ref_point(r);
	return uik_ref_dec_if_one(r);
}
/* Drops unless the count is 1; false when it is. */
bool __must_check refcount_dec_not_one(refcount_t *r)
	__uik(refcount_dec_not_one);
/* Drops; when it was the last, returns true with the lock held. */
bool __must_check refcount_dec_and_mutex_lock(refcount_t *r, struct mutex *lock)
	__uik(refcount_dec_and_mutex_lock);
bool __must_check refcount_dec_and_lock(refcount_t *r, struct spinlock *lock)
	__uik(refcount_dec_and_lock);
#define refcount_dec_and_lock_irqsave(r, lock, flags) \
	({ \
		*(flags) = 0; \
		refcount_dec_and_lock((r), (lock)); \
	})

#endif
