/* SPDX-License-Identifier: MIT */
/*
 * One copy of a variable a processor number, allocated only: there is no
 * DEFINE_PER_CPU.  Tasks may share a number, so accesses through a pointer are
 * not exclusive; those of this_cpu_add() and its like are atomic.
 */
#ifndef UIK_LINUX_PERCPU_H
#define UIK_LINUX_PERCPU_H

#include <linux/align.h>
#include <linux/cache.h>
#include <linux/smp.h>

#define uik_percpu_stride(p) ALIGN(sizeof(*(p)), L1_CACHE_BYTES)
#define per_cpu_ptr(p, cpu) \
	((typeof(p))((char *)(p) + (cpu) * uik_percpu_stride(p)))
#define this_cpu_ptr(p) per_cpu_ptr(p, raw_smp_processor_id())
#define raw_cpu_ptr(p) this_cpu_ptr(p)

/* NR_CPUS zeroed copies of @size bytes each; NULL when memory runs out. */
void __percpu *uik_alloc_percpu(size_t size) __uik_export;
#define alloc_percpu(type) \
	((typeof(type) __percpu *)uik_alloc_percpu(sizeof(type)))
/* NULL is allowed. */
void free_percpu(void __percpu *p) __uik(free_percpu);

#define get_cpu_ptr(p) \
	({ \
		preempt_disable(); \
		this_cpu_ptr(p); \
	})
#define put_cpu_ptr(p) \
	do { \
		(void)(p); \
		preempt_enable(); \
	} while (0)

/* @pcp is a variable there: *p of p = alloc_percpu(). */
#define this_cpu_read(pcp) \
	__atomic_load_n(this_cpu_ptr(&(pcp)), __ATOMIC_RELAXED)
#define this_cpu_write(pcp, value) \
	__atomic_store_n(this_cpu_ptr(&(pcp)), (value), __ATOMIC_RELAXED)
#define this_cpu_add_return(pcp, value) \
	__atomic_add_fetch(this_cpu_ptr(&(pcp)), (value), __ATOMIC_RELAXED)
#define this_cpu_add(pcp, value) ((void)this_cpu_add_return((pcp), (value)))
#define this_cpu_sub(pcp, value) this_cpu_add((pcp), -(value))
#define this_cpu_inc(pcp) this_cpu_add((pcp), 1)
#define this_cpu_dec(pcp) this_cpu_add((pcp), -1)
#define this_cpu_inc_return(pcp) this_cpu_add_return((pcp), 1)
#define this_cpu_dec_return(pcp) this_cpu_add_return((pcp), -1)
#define this_cpu_and(pcp, value) \
	((void)__atomic_and_fetch(this_cpu_ptr(&(pcp)), (value), \
				  __ATOMIC_RELAXED))
#define this_cpu_or(pcp, value) \
	((void)__atomic_or_fetch(this_cpu_ptr(&(pcp)), (value), \
				 __ATOMIC_RELAXED))
#define this_cpu_xchg(pcp, value) \
	__atomic_exchange_n(this_cpu_ptr(&(pcp)), (value), __ATOMIC_RELAXED)

#endif
