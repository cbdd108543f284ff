/* SPDX-License-Identifier: MIT */
/* Page size of the simulated machine.  <linux/mm.h> has __pa() and friends. */
#ifndef UIK_ASM_PAGE_H
#define UIK_ASM_PAGE_H

#include <linux/const.h>
#include <linux/types.h>

#define PAGE_SHIFT 12
#undef PAGE_SIZE
#undef PAGE_MASK
#define PAGE_SIZE (UL(1) << PAGE_SHIFT)
#define PAGE_MASK (~(PAGE_SIZE - 1))
#define PAGE_ALIGN(address) (((address) + PAGE_SIZE - 1) & PAGE_MASK)
#define PAGE_ALIGN_DOWN(address) ((address) & PAGE_MASK)
#define PAGE_ALIGNED(address) \
	((((unsigned long)(address)) & (PAGE_SIZE - 1)) == 0)
#define offset_in_page(p) ((unsigned long)(p) & ~PAGE_MASK)

#endif
