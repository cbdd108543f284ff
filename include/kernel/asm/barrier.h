/* SPDX-License-Identifier: MIT */
/*
 * Memory barriers on the compiler's atomics.
 *
 * A thread checker does not understand fences, so under one a fence is a
 * sequentially consistent operation on one common word.
 */
#ifndef UIK_ASM_BARRIER_H
#define UIK_ASM_BARRIER_H

#include <linux/compiler.h>
#include <uik/abi.h>

#if defined(__SANITIZE_THREAD__) || __has_feature(thread_sanitizer)
extern unsigned int uik_fence_word __uik_export;
#define uik_fence(order) \
	((void)__atomic_fetch_add(&uik_fence_word, 1, __ATOMIC_SEQ_CST))
#else
#define uik_fence(order) __atomic_thread_fence(order)
#endif

#define mb() uik_fence(__ATOMIC_SEQ_CST)
#define rmb() uik_fence(__ATOMIC_ACQUIRE)
#define wmb() uik_fence(__ATOMIC_RELEASE)
#define smp_mb() uik_fence(__ATOMIC_SEQ_CST)
#define smp_rmb() uik_fence(__ATOMIC_ACQUIRE)
#define smp_wmb() uik_fence(__ATOMIC_RELEASE)
#define dma_mb() mb()
#define dma_rmb() rmb()
#define dma_wmb() wmb()
#define smp_mb__before_atomic() smp_mb()
#define smp_mb__after_atomic() smp_mb()
#define smp_mb__after_spinlock() smp_mb()
#define smp_acquire__after_ctrl_dep() smp_rmb()
#define smp_read_barrier_depends() ((void)0)

/* *@p, before all later accesses; pairs with smp_store_release(). */
#define smp_load_acquire(p) \
	({ \
		uik_point(UIK_POINT_LOAD, (const void *)(p), sizeof(*(p)), \
			  false); \
		__atomic_load_n((p), __ATOMIC_ACQUIRE); \
	})

/* *@p = @v, after all earlier accesses; pairs with smp_load_acquire(). */
#define smp_store_release(p, v) \
	do { \
		uik_point(UIK_POINT_STORE, (const void *)(p), sizeof(*(p)), \
			  true); \
		__atomic_store_n((p), (v), __ATOMIC_RELEASE); \
	} while (0)

#define smp_store_mb(var, value) \
	do { \
		uik_point(UIK_POINT_STORE, (const void *)&(var), sizeof(var), \
			  true); \
		__atomic_store_n(&(var), (value), __ATOMIC_SEQ_CST); \
		smp_mb(); \
	} while (0)

#endif
