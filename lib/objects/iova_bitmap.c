// SPDX-License-Identifier: MIT
/*
 * A bitmap of IOVAs in user memory, written through a window of pages.
 *
 * An interval that does not lie in the window moves it: to the byte of its
 * first bit, over as many pages as there are left and are accessible.  Bits
 * beyond the logical end may be set, up to the end of the last page held.
 *
 * Facts: spec/45 sections B4, B5.
 */
#include <linux/iova_bitmap.h>

#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <uik/pin.h>

#define WINDOW_PAGES 512

struct window {
	unsigned long base;		/* byte of the bitmap */
	unsigned long first;		/* IOVAs */
	unsigned long last;
	unsigned long bytes;		/* held; 0: there is no window */
};

struct iova_bitmap {
	unsigned long iova;
	unsigned long length;
	unsigned int shift;		/* one bit stands for 1 << shift bytes */
	unsigned long total;		/* bytes of the bitmap */
	u8 __user *data;
	struct window window;
};

struct iova_bitmap *iova_bitmap_alloc(unsigned long iova, size_t length,
				      unsigned long page_size,
				      u64 __user *data)
{
	struct iova_bitmap *bitmap = kzalloc(sizeof(*bitmap),
					     GFP_KERNEL_ACCOUNT);

	if (!bitmap)
		return ERR_PTR(-ENOMEM);
	bitmap->iova = iova;
	bitmap->length = length;
	bitmap->shift = __builtin_ctzl(page_size);
	bitmap->total = ((length - 1) >> bitmap->shift) / 8 + 1;
	bitmap->data = (u8 __user *)data;
	return bitmap;
}

void iova_bitmap_free(struct iova_bitmap *bitmap)
{
	kfree(bitmap);
}

int iova_bitmap_for_each(struct iova_bitmap *bitmap, void *opaque,
			 iova_bitmap_fn_t fn)
{
	return fn(bitmap, bitmap->iova, bitmap->length, opaque);
}

/* ---- the window ---- */

/* How many of @npages pages from @addr on can be written. */
static unsigned long hold_pages(unsigned long addr, unsigned long npages)
{
	unsigned long held = 0;

	if (!uik_pin_user(current->mm, addr, npages, true))
		return npages;
	while (held < npages &&
	       !uik_pin_user(current->mm, addr + held * PAGE_SIZE, 1, true))
		held++;
	return held;
}

/* Moves the window to where @iova has its bit; false: it has none. */
static bool window_move(struct iova_bitmap *bitmap, unsigned long iova)
{
	unsigned long base = ((iova - bitmap->iova) >> bitmap->shift) / 8;
	unsigned long addr = (unsigned long)bitmap->data + base;
	struct window *window = &bitmap->window;
	unsigned long npages, bytes;

	window->bytes = 0;
	if (base >= bitmap->total)
		return false;
	npages = (bitmap->total - base - 1) / PAGE_SIZE + 1 +
		 (offset_in_page(addr) != 0);
	npages = hold_pages(addr & PAGE_MASK,
			    min(npages, (unsigned long)WINDOW_PAGES));
	if (!npages)
		return false;
	bytes = npages * PAGE_SIZE - offset_in_page(addr);
	window->base = base;
	window->first = bitmap->iova + ((base * 8) << bitmap->shift);
	window->last = window->first - 1 +
		((min(bitmap->total - base, bytes) * 8) << bitmap->shift);
	window->last = min(window->last, bitmap->iova + bitmap->length - 1);
	window->bytes = bytes;
	return true;
}

static bool window_has(const struct window *window, unsigned long first,
		       unsigned long last)
{
	return window->bytes && first >= window->first && last <= window->last;
}

/* ---- bits ---- */

static void set_in_byte(u8 __user *byte, u8 mask)
{
	u8 value;

	/* Whatever went away since it was held is passed over. */
	if (!get_user(value, byte) && (value & mask) != mask)
		(void)put_user(value | mask, byte);
}

static void set_bytes(u8 __user *to, unsigned long count)
{
	u8 ones[64];

	memset(ones, 0xff, sizeof(ones));
	while (count) {
		unsigned long step = min(count, sizeof(ones));

		if (copy_to_user(to, ones, step))
			return;
		to += step;
		count -= step;
	}
}

/* Sets bits [first, last] of the bytes from @data on. */
static void set_bits(u8 __user *data, unsigned long first, unsigned long last)
{
	u8 head = 0xff << first % 8, tail = 0xff >> (7 - last % 8);
	unsigned long from = first / 8, to = last / 8;

	if (from == to) {
		set_in_byte(data + from, head & tail);
		return;
	}
	set_in_byte(data + from, head);
	set_bytes(data + from + 1, to - from - 1);
	set_in_byte(data + to, tail);
}

void iova_bitmap_set(struct iova_bitmap *bitmap, unsigned long iova,
		     size_t length)
{
	struct window *window = &bitmap->window;
	unsigned long last = iova + length - 1;

	for (;;) {
		unsigned long first_bit, last_bit, end;

		if (!window_has(window, iova, last) &&
		    !window_move(bitmap, iova))
			return;
		first_bit = (iova - window->first) >> bitmap->shift;
		last_bit = (last - window->first) >> bitmap->shift;
		end = min(last_bit, window->bytes * 8 - 1);
		set_bits(bitmap->data + window->base, first_bit, end);
		if (end == last_bit)
			return;
		iova = window->first + ((end + 1) << bitmap->shift);
	}
}
