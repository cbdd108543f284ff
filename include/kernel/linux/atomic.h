/* SPDX-License-Identifier: MIT */
/*
 * atomic_t, atomic64_t and atomic_long_t.
 *
 * Read-modify-write operations that return a value are fully ordered, unless
 * their name ends in _relaxed, _acquire or _release; those that return nothing,
 * atomic_read() and atomic_set() are relaxed.  Names are written in parentheses
 * where <stdatomic.h> has a macro of that name: a file that includes it gets
 * the standard meaning of those.
 */
#ifndef UIK_LINUX_ATOMIC_H
#define UIK_LINUX_ATOMIC_H

#include <linux/compiler.h>
#include <linux/types.h>
#include <asm/barrier.h>

#define uik_rmw(v) \
	uik_point(UIK_POINT_ATOMIC, (const void *)&(v)->counter, \
		  sizeof((v)->counter), true)

/* One operation: the void form, and the four orders of one value form. */
#define uik_atomic_op_ordered(pfx, T, I, op, builtin, suffix, order) \
	static inline I (pfx##_fetch_##op##suffix)(I i, T *v) \
	{ \
		uik_rmw(v); \
		return builtin(&v->counter, i, order); \
	}
#define uik_atomic_ret_ordered(pfx, T, I, op, builtin, suffix, order) \
	static inline I pfx##_##op##_return##suffix(I i, T *v) \
	{ \
		uik_rmw(v); \
		return builtin(&v->counter, i, order); \
	}
#define uik_atomic_orders(make, pfx, T, I, op, builtin) \
	make(pfx, T, I, op, builtin, , __ATOMIC_SEQ_CST) \
	make(pfx, T, I, op, builtin, _relaxed, __ATOMIC_RELAXED) \
	make(pfx, T, I, op, builtin, _acquire, __ATOMIC_ACQUIRE) \
	make(pfx, T, I, op, builtin, _release, __ATOMIC_RELEASE)
#define uik_atomic_void(pfx, T, I, op, builtin) \
	static inline void pfx##_##op(I i, T *v) \
	{ \
		uik_rmw(v); \
		builtin(&v->counter, i, __ATOMIC_RELAXED); \
	}

#define uik_atomic_exchange(pfx, T, I, suffix, order) \
	static inline I pfx##_xchg##suffix(T *v, I new) \
	{ \
		uik_rmw(v); \
		return __atomic_exchange_n(&v->counter, new, order); \
	} \
	static inline I pfx##_cmpxchg##suffix(T *v, I old, I new) \
	{ \
		uik_rmw(v); \
		__atomic_compare_exchange_n(&v->counter, &old, new, false, \
					    order, __ATOMIC_RELAXED); \
		return old; \
	} \
	static inline bool pfx##_try_cmpxchg##suffix(T *v, I *old, I new) \
	{ \
		uik_rmw(v); \
		return __atomic_compare_exchange_n(&v->counter, old, new, \
						   false, order, \
						   __ATOMIC_RELAXED); \
	}

#define uik_atomic_basic(pfx, T, I) \
	static inline I pfx##_read(const T *v) \
	{ \
		return READ_ONCE(v->counter); \
	} \
	static inline I pfx##_read_acquire(const T *v) \
	{ \
		return smp_load_acquire(&v->counter); \
	} \
	static inline void pfx##_set(T *v, I i) \
	{ \
		WRITE_ONCE(v->counter, i); \
	} \
	static inline void pfx##_set_release(T *v, I i) \
	{ \
		smp_store_release(&v->counter, i); \
	}

/* What comes of another operation in the same order. */
#define uik_atomic_steps(pfx, T, I, suffix) \
	static inline I pfx##_inc_return##suffix(T *v) \
	{ \
		return pfx##_add_return##suffix(1, v); \
	} \
	static inline I pfx##_dec_return##suffix(T *v) \
	{ \
		return pfx##_sub_return##suffix(1, v); \
	} \
	static inline I pfx##_fetch_inc##suffix(T *v) \
	{ \
		return (pfx##_fetch_add##suffix)(1, v); \
	} \
	static inline I pfx##_fetch_dec##suffix(T *v) \
	{ \
		return (pfx##_fetch_sub##suffix)(1, v); \
	} \
	static inline I pfx##_fetch_andnot##suffix(I i, T *v) \
	{ \
		return (pfx##_fetch_and##suffix)(~i, v); \
	} \
	static inline bool pfx##_add_negative##suffix(I i, T *v) \
	{ \
		return pfx##_add_return##suffix(i, v) < 0; \
	}

#define uik_atomic_derived(pfx, T, I) \
	uik_atomic_steps(pfx, T, I, ) \
	uik_atomic_steps(pfx, T, I, _relaxed) \
	uik_atomic_steps(pfx, T, I, _acquire) \
	uik_atomic_steps(pfx, T, I, _release) \
	static inline void pfx##_andnot(I i, T *v) \
	{ \
		pfx##_and(~i, v); \
	} \
	static inline void pfx##_inc(T *v) \
	{ \
		pfx##_add(1, v); \
	} \
	static inline void pfx##_dec(T *v) \
	{ \
		pfx##_sub(1, v); \
	} \
	static inline bool pfx##_inc_and_test(T *v) \
	{ \
		return pfx##_add_return(1, v) == 0; \
	} \
	static inline bool pfx##_dec_and_test(T *v) \
	{ \
		return pfx##_sub_return(1, v) == 0; \
	} \
	static inline bool pfx##_sub_and_test(I i, T *v) \
	{ \
		return pfx##_sub_return(i, v) == 0; \
	} \
	static inline I pfx##_fetch_add_unless(T *v, I i, I unless) \
	{ \
		I old = pfx##_read(v); \
\
		while (old != unless && \
		       !pfx##_try_cmpxchg(v, &old, old + i)) \
			; \
		return old; \
	} \
	static inline bool pfx##_add_unless(T *v, I i, I unless) \
	{ \
		return pfx##_fetch_add_unless(v, i, unless) != unless; \
	} \
	static inline bool pfx##_inc_not_zero(T *v) \
	{ \
		return pfx##_add_unless(v, 1, 0); \
	} \
	static inline I pfx##_dec_if_positive(T *v) \
	{ \
		I old = pfx##_read(v); \
\
		while (old > 0 && !pfx##_try_cmpxchg(v, &old, old - 1)) \
			; \
		return old - 1; \
	} \
	static inline bool pfx##_inc_unless_negative(T *v) \
	{ \
		I old = pfx##_read(v); \
\
		while (old >= 0 && !pfx##_try_cmpxchg(v, &old, old + 1)) \
			; \
		return old >= 0; \
	} \
	static inline bool pfx##_dec_unless_positive(T *v) \
	{ \
		I old = pfx##_read(v); \
\
		while (old <= 0 && !pfx##_try_cmpxchg(v, &old, old - 1)) \
			; \
		return old <= 0; \
	}

#define uik_atomic_define(pfx, T, I) \
	uik_atomic_basic(pfx, T, I) \
	uik_atomic_void(pfx, T, I, add, __atomic_fetch_add) \
	uik_atomic_void(pfx, T, I, sub, __atomic_fetch_sub) \
	uik_atomic_void(pfx, T, I, and, __atomic_fetch_and) \
	uik_atomic_void(pfx, T, I, or, __atomic_fetch_or) \
	uik_atomic_void(pfx, T, I, xor, __atomic_fetch_xor) \
	uik_atomic_orders(uik_atomic_op_ordered, pfx, T, I, add, \
			  __atomic_fetch_add) \
	uik_atomic_orders(uik_atomic_op_ordered, pfx, T, I, sub, \
			  __atomic_fetch_sub) \
	uik_atomic_orders(uik_atomic_op_ordered, pfx, T, I, and, \
			  __atomic_fetch_and) \
	uik_atomic_orders(uik_atomic_op_ordered, pfx, T, I, or, \
			  __atomic_fetch_or) \
	uik_atomic_orders(uik_atomic_op_ordered, pfx, T, I, xor, \
			  __atomic_fetch_xor) \
	uik_atomic_orders(uik_atomic_ret_ordered, pfx, T, I, add, \
			  __atomic_add_fetch) \
	uik_atomic_orders(uik_atomic_ret_ordered, pfx, T, I, sub, \
			  __atomic_sub_fetch) \
	uik_atomic_exchange(pfx, T, I, , __ATOMIC_SEQ_CST) \
	uik_atomic_exchange(pfx, T, I, _relaxed, __ATOMIC_RELAXED) \
	uik_atomic_exchange(pfx, T, I, _acquire, __ATOMIC_ACQUIRE) \
	uik_atomic_exchange(pfx, T, I, _release, __ATOMIC_RELEASE) \
	uik_atomic_derived(pfx, T, I)

uik_atomic_define(atomic, atomic_t, int)
uik_atomic_define(atomic64, atomic64_t, s64)
uik_atomic_define(atomic_long, atomic_long_t, long)

/* Waits until @cond, which may use VAL (the value of *@p), holds. */
#define atomic_cond_read_acquire(v, cond) \
	smp_cond_load_acquire(&(v)->counter, cond)
#define atomic_cond_read_relaxed(v, cond) \
	smp_cond_load_relaxed(&(v)->counter, cond)
#define atomic64_cond_read_acquire(v, cond) atomic_cond_read_acquire(v, cond)
#define atomic64_cond_read_relaxed(v, cond) atomic_cond_read_relaxed(v, cond)
#define atomic_long_cond_read_acquire(v, cond) atomic_cond_read_acquire(v, cond)
#define atomic_long_cond_read_relaxed(v, cond) atomic_cond_read_relaxed(v, cond)

#define uik_cmpxchg_order(p, old, new, order) \
	({ \
		typeof(p) uik_p = (p); \
		__unqual_scalar_typeof(*uik_p) uik_seen = (old); \
		uik_point(UIK_POINT_ATOMIC, (const void *)uik_p, \
			  sizeof(*uik_p), true); \
		__atomic_compare_exchange_n(uik_p, &uik_seen, (new), false, \
					    order, __ATOMIC_RELAXED); \
		uik_seen; \
	})
/* What was in *@p; it became @new if that was @old. */
#define cmpxchg(p, old, new) uik_cmpxchg_order(p, old, new, __ATOMIC_SEQ_CST)
#define cmpxchg_relaxed(p, old, new) \
	uik_cmpxchg_order(p, old, new, __ATOMIC_RELAXED)
#define cmpxchg_acquire(p, old, new) \
	uik_cmpxchg_order(p, old, new, __ATOMIC_ACQUIRE)
#define cmpxchg_release(p, old, new) \
	uik_cmpxchg_order(p, old, new, __ATOMIC_RELEASE)
#define cmpxchg64(p, old, new) cmpxchg(p, old, new)
#define cmpxchg64_relaxed(p, old, new) cmpxchg_relaxed(p, old, new)
#define cmpxchg64_acquire(p, old, new) cmpxchg_acquire(p, old, new)
#define cmpxchg64_release(p, old, new) cmpxchg_release(p, old, new)

#define uik_try_cmpxchg_order(p, old_p, new, order) \
	({ \
		typeof(p) uik_p = (p); \
		uik_point(UIK_POINT_ATOMIC, (const void *)uik_p, \
			  sizeof(*uik_p), true); \
		__atomic_compare_exchange_n(uik_p, (old_p), (new), false, \
					    order, __ATOMIC_RELAXED); \
	})
#define try_cmpxchg(p, old_p, new) \
	uik_try_cmpxchg_order(p, old_p, new, __ATOMIC_SEQ_CST)
#define try_cmpxchg_relaxed(p, old_p, new) \
	uik_try_cmpxchg_order(p, old_p, new, __ATOMIC_RELAXED)
#define try_cmpxchg_acquire(p, old_p, new) \
	uik_try_cmpxchg_order(p, old_p, new, __ATOMIC_ACQUIRE)
#define try_cmpxchg_release(p, old_p, new) \
	uik_try_cmpxchg_order(p, old_p, new, __ATOMIC_RELEASE)
#define try_cmpxchg64(p, old_p, new) try_cmpxchg(p, old_p, new)
#define try_cmpxchg64_relaxed(p, old_p, new) \
	try_cmpxchg_relaxed(p, old_p, new)
#define try_cmpxchg64_acquire(p, old_p, new) \
	try_cmpxchg_acquire(p, old_p, new)
#define try_cmpxchg64_release(p, old_p, new) \
	try_cmpxchg_release(p, old_p, new)

#define uik_xchg_order(p, new, order) \
	({ \
		typeof(p) uik_p = (p); \
		uik_point(UIK_POINT_ATOMIC, (const void *)uik_p, \
			  sizeof(*uik_p), true); \
		__atomic_exchange_n(uik_p, (new), order); \
	})
#define xchg(p, new) uik_xchg_order(p, new, __ATOMIC_SEQ_CST)
#define xchg_relaxed(p, new) uik_xchg_order(p, new, __ATOMIC_RELAXED)
#define xchg_acquire(p, new) uik_xchg_order(p, new, __ATOMIC_ACQUIRE)
#define xchg_release(p, new) uik_xchg_order(p, new, __ATOMIC_RELEASE)

/*
 * Spins, giving way to other tasks, until @cond holds; the value last read.
 * @cond may use VAL.
 */
#define smp_cond_load_acquire(p, cond) \
	({ \
		typeof(p) uik_spin_p = (p); \
		__unqual_scalar_typeof(*uik_spin_p) VAL; \
		for (;;) { \
			VAL = smp_load_acquire(uik_spin_p); \
			if (cond) \
				break; \
			uik_relax(); \
		} \
		VAL; \
	})
#define smp_cond_load_relaxed(p, cond) smp_cond_load_acquire(p, cond)

/* One turn of a spin loop; lets other tasks run. */
void uik_relax(void) __uik_export;
#define cpu_relax() uik_relax()

#endif
