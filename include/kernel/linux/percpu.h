/* SPDX-License-Identifier: MIT */
/*
 * One copy of a variable a processor number, allocated only: there is no
 * DEFINE_PER_CPU.  Tasks may share a number, so accesses are not exclusive.
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

#endif
