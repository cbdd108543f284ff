/* SPDX-License-Identifier: MIT */
/* Pages of the simulated machine, and the physical address of allocated ones. */
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
#define __pa(virt) ((phys_addr_t)(unsigned long)(virt))
#define __va(phys) ((void *)(unsigned long)(phys))
#define offset_in_page(p) ((unsigned long)(p) & ~PAGE_MASK)

#endif
