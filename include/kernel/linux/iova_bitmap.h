/* SPDX-License-Identifier: MIT */
/*
 * A bitmap in user memory, one bit for each piece of a range of IOVAs.
 *
 * Drivers that track dirty pages record what devices have written.  Bits are
 * only ever set.  Memory that cannot be written is passed over in silence.
 *
 * Facts: spec/45 sections B1, B4, B5.
 */
#ifndef __LINUX_IOVA_BITMAP_H
#define __LINUX_IOVA_BITMAP_H

#include <linux/types.h>
#include <uik/abi.h>

struct iova_bitmap;

/* Called for a range of the bitmap; not 0 ends the walk. */
typedef int (*iova_bitmap_fn_t)(struct iova_bitmap *bitmap, unsigned long iova,
				size_t length, void *opaque);

/**
 * iova_bitmap_alloc - over a bitmap of the caller's.
 * @iova: what bit 0 stands for
 * @length: bytes of IOVA; > 0
 * @page_size: the lowest bit set in it is what one bit stands for
 * @data: the bitmap; any alignment
 *
 * User memory is not touched.
 * Return: owned by the caller; ERR_PTR(-ENOMEM).
 */
struct iova_bitmap *iova_bitmap_alloc(unsigned long iova, size_t length,
				      unsigned long page_size,
				      u64 __user *data)
	__uik(iova_bitmap_alloc);
/** iova_bitmap_free - NULL is not fine. */
void iova_bitmap_free(struct iova_bitmap *bitmap) __uik(iova_bitmap_free);
/**
 * iova_bitmap_for_each - call @fn once, for all of it.
 *
 * Return: what @fn returned.
 */
int iova_bitmap_for_each(struct iova_bitmap *bitmap, void *opaque,
			 iova_bitmap_fn_t fn) __uik(iova_bitmap_for_each);
/**
 * iova_bitmap_set - record [iova, iova + length - 1].
 *
 * Context: the task whose memory it is; may sleep.
 */
void iova_bitmap_set(struct iova_bitmap *bitmap, unsigned long iova,
		     size_t length) __uik(iova_bitmap_set);

#endif
