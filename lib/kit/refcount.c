/* SPDX-License-Identifier: MIT */
/*
 * The slow side of refcount_t.
 *
 * The saturated value lies in the middle of the negative numbers: it takes 2^30
 * operations that nobody checks to leave them.
 */
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>

void refcount_warn_saturate(refcount_t *r, enum refcount_saturation_type type)
{
	refcount_set(r, REFCOUNT_SATURATED);
	switch (type) {
	case REFCOUNT_ADD_NOT_ZERO_OVF:
		WARN_ONCE(1, "refcount %p: not-zero addition overflowed; "
			  "saturated, the object leaks", r);
		break;
	case REFCOUNT_ADD_OVF:
		WARN_ONCE(1, "refcount %p: addition overflowed; saturated, the "
			  "object leaks", r);
		break;
	case REFCOUNT_ADD_UAF:
		WARN_ONCE(1, "refcount %p: addition on 0; use after free", r);
		break;
	case REFCOUNT_SUB_UAF:
		WARN_ONCE(1, "refcount %p: underflow; use after free", r);
		break;
	case REFCOUNT_DEC_LEAK:
		WARN_ONCE(1, "refcount %p: decrement hit 0; the object leaks",
			  r);
		break;
	default:
		WARN_ONCE(1, "refcount %p: unknown saturation", r);
	}
}

bool refcount_dec_not_one(refcount_t *r)
{
	int old, new;

	uik_ref_point(r);
	old = __atomic_load_n(&r->refs.counter, __ATOMIC_RELAXED);
	do {
		if (old == REFCOUNT_SATURATED)
			return true;
		if (old == 1)
			return false;
		new = (int)((unsigned int)old - 1);
		if (new > old || old == 0) {
			WARN_ONCE(1, "refcount %p: underflow; use after free",
				  r);
			return true;
		}
	} while (!__atomic_compare_exchange_n(&r->refs.counter, &old, new,
					      false, __ATOMIC_RELEASE,
					      __ATOMIC_RELAXED));
	return true;
}

bool refcount_dec_and_mutex_lock(refcount_t *r, struct mutex *lock)
{
	if (refcount_dec_not_one(r))
		return false;
	mutex_lock(lock);
	if (refcount_dec_and_test(r))
		return true;
	mutex_unlock(lock);
	return false;
}

bool refcount_dec_and_lock(refcount_t *r, spinlock_t *lock)
{
	if (refcount_dec_not_one(r))
		return false;
	spin_lock(lock);
	if (refcount_dec_and_test(r))
		return true;
	spin_unlock(lock);
	return false;
}
