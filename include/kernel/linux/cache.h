/* SPDX-License-Identifier: MIT */
/* Cache line geometry.  Every allocator of the kit aligns to it. */
#ifndef UIK_LINUX_CACHE_H
#define UIK_LINUX_CACHE_H

#include <linux/compiler_attributes.h>
#include <asm/cache.h>

#ifndef SMP_CACHE_BYTES
#define SMP_CACHE_BYTES L1_CACHE_BYTES
#endif
#define L1_CACHE_ALIGN(x) \
	(((x) + L1_CACHE_BYTES - 1) & ~((typeof(x))L1_CACHE_BYTES - 1))
#define INTERNODE_CACHE_SHIFT L1_CACHE_SHIFT

#define ____cacheline_aligned __aligned(SMP_CACHE_BYTES)
#define ____cacheline_aligned_in_smp ____cacheline_aligned
#define __cacheline_aligned ____cacheline_aligned
#define __cacheline_aligned_in_smp ____cacheline_aligned
#define ____cacheline_internodealigned_in_smp ____cacheline_aligned

#endif
