/* SPDX-License-Identifier: MIT */
/*
 * Allocation flags and whole pages.
 *
 * Of the flags only __GFP_ZERO and __GFP_NOFAIL change what happens here: every
 * allocation may be made to fail, none of them waits.  Pages come from memory
 * that can be mapped into a client (see <uik/file.h>); their physical address
 * is their address.
 */
#ifndef UIK_LINUX_GFP_H
#define UIK_LINUX_GFP_H

#include <linux/types.h>
#include <linux/mm_types.h>
#include <linux/mmzone.h>
#include <asm/page.h>
#include <uik/abi.h>

#define __GFP_DMA ((gfp_t)0x01u)
#define __GFP_HIGHMEM ((gfp_t)0x02u)
#define __GFP_DMA32 ((gfp_t)0x04u)
#define __GFP_HIGH ((gfp_t)0x20u)
#define __GFP_IO ((gfp_t)0x40u)
#define __GFP_FS ((gfp_t)0x80u)
#define __GFP_ZERO ((gfp_t)0x100u)
#define __GFP_DIRECT_RECLAIM ((gfp_t)0x400u)
#define __GFP_KSWAPD_RECLAIM ((gfp_t)0x800u)
#define __GFP_NOWARN ((gfp_t)0x2000u)
#define __GFP_RETRY_MAYFAIL ((gfp_t)0x4000u)
#define __GFP_NOFAIL ((gfp_t)0x8000u)
#define __GFP_NORETRY ((gfp_t)0x10000u)
#define __GFP_COMP ((gfp_t)0x40000u)
#define __GFP_HARDWALL ((gfp_t)0x100000u)
#define __GFP_THISNODE ((gfp_t)0x200000u)
#define __GFP_ACCOUNT ((gfp_t)0x400000u)
#define __GFP_BITS_SHIFT 27

#define __GFP_RECLAIM (__GFP_DIRECT_RECLAIM | __GFP_KSWAPD_RECLAIM)
#define GFP_ATOMIC (__GFP_HIGH | __GFP_KSWAPD_RECLAIM)
#define GFP_KERNEL (__GFP_RECLAIM | __GFP_IO | __GFP_FS)
#define GFP_KERNEL_ACCOUNT (GFP_KERNEL | __GFP_ACCOUNT)
#define GFP_NOWAIT (__GFP_KSWAPD_RECLAIM | __GFP_NOWARN)
#define GFP_NOIO __GFP_RECLAIM
#define GFP_NOFS (__GFP_RECLAIM | __GFP_IO)
#define GFP_USER (GFP_KERNEL | __GFP_HARDWALL)
#define GFP_DMA __GFP_DMA
#define GFP_DMA32 __GFP_DMA32
#define GFP_HIGHUSER (GFP_USER | __GFP_HIGHMEM)

/* Whether the caller of an allocation with @gfp may sleep. */
static inline bool gfpflags_allow_blocking(gfp_t gfp)
{
	return gfp & __GFP_DIRECT_RECLAIM;
}

/**
 * __get_free_pages - 2^order pages, aligned to their size.
 * @gfp: __GFP_ZERO clears them
 * @order: up to MAX_PAGE_ORDER
 *
 * The pages can be handed to iommufd_viommu_alloc_mmap() through __pa().
 * Context: any.  Failure point.
 * Return: the address, 0 without memory.  spec/15 section 2.9
 */
unsigned long __get_free_pages(gfp_t gfp, unsigned int order)
	__uik(get_free_pages);

/** free_pages - undo __get_free_pages(); address 0 is fine. */
void free_pages(unsigned long addr, unsigned int order) __uik(free_pages);

/** alloc_pages - as __get_free_pages(); NULL without memory. */
struct page *alloc_pages(gfp_t gfp, unsigned int order) __uik(alloc_pages);
/** __free_pages - undo alloc_pages(). */
void __free_pages(struct page *page, unsigned int order) __uik(free_page_ptr);

#define __get_free_page(gfp) __get_free_pages((gfp), 0)
#define get_zeroed_page(gfp) __get_free_pages((gfp) | __GFP_ZERO, 0)
#define free_page(addr) free_pages((addr), 0)
#define alloc_page(gfp) alloc_pages((gfp), 0)
#define __free_page(page) __free_pages((page), 0)
#define alloc_pages_node(nid, gfp, order) \
	((void)(nid), alloc_pages((gfp), (order)))

#endif
