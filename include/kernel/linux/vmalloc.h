/* SPDX-License-Identifier: MIT */
/* Large blocks, page-aligned. */
#ifndef UIK_LINUX_VMALLOC_H
#define UIK_LINUX_VMALLOC_H

#include <linux/types.h>
#include <uik/abi.h>

/** vmalloc - page-aligned bytes; failure point; NULL without memory. */
void *vmalloc(unsigned long size) __uik(vmalloc);
/** vzalloc - the same, cleared. */
void *vzalloc(unsigned long size) __uik(vzalloc);
/** vfree - give it back; NULL is fine. */
void vfree(const void *block) __uik(vfree);
/** is_vmalloc_addr - whether @p is a block of vmalloc() or vzalloc(). */
bool is_vmalloc_addr(const void *p) __uik(is_vmalloc_addr);

#define vmalloc_node(size, node) ((void)(node), vmalloc(size))
#define vzalloc_node(size, node) ((void)(node), vzalloc(size))

/* Arrays: the multiplication is checked, overflow gives NULL. */
static inline void *vmalloc_array(size_t n, size_t size)
{
	size_t bytes;

	return __builtin_mul_overflow(n, size, &bytes) ? (void *)0 :
							  vmalloc(bytes);
}

static inline void *vcalloc(size_t n, size_t size)
{
	size_t bytes;

	return __builtin_mul_overflow(n, size, &bytes) ? (void *)0 :
							  vzalloc(bytes);
}

#endif
