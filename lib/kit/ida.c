/* SPDX-License-Identifier: MIT */
/*
 * IDA: numbers as bits.
 *
 * Slot i of the array stands for numbers 1024 i to 1024 i + 1023.  It holds
 * NULL (none allocated), a value with one bit for each of the lowest 63, or a
 * struct ida_bitmap.  A value becomes a bitmap when a higher bit is needed and
 * stays one until it is empty.  The free mark of a slot is set unless its
 * bitmap is full; the array's own lock protects all of it.
 */
#include <linux/idr.h>

#include <linux/bitmap.h>
#include <linux/slab.h>
#include "kit/xarray.h"

#define VALUE_BITS (BITS_PER_LONG - 1)

/* First bit from @bit on that is not set; IDA_BITMAP_BITS if none. */
static unsigned int chunk_next_zero(void *entry, unsigned int bit)
{
	const struct ida_bitmap *map = entry;
	unsigned long value;

	if (!entry)
		return bit;
	if (!xa_is_value(entry))
		return find_next_zero_bit(map->bitmap, IDA_BITMAP_BITS, bit);
	if (bit >= VALUE_BITS)
		return bit;
	/* Bit 63 reads as clear: a full value leads to it. */
	value = ~xa_to_value(entry) >> bit;
	return bit + __ffs(value);
}

/* First bit from @bit on that is set; IDA_BITMAP_BITS if none. */
static unsigned int chunk_next_set(void *entry, unsigned int bit)
{
	const struct ida_bitmap *map = entry;
	unsigned long value;

	if (!xa_is_value(entry))
		return find_next_bit(map->bitmap, IDA_BITMAP_BITS, bit);
	value = bit < VALUE_BITS ? xa_to_value(entry) >> bit : 0;
	return value ? bit + __ffs(value) : IDA_BITMAP_BITS;
}

/* Stores @entry at the cursor, whose free mark stays or becomes set. */
static int chunk_store(struct xa_state *xas, void *entry, gfp_t gfp)
{
	xas->xa_pad = xa_gfp_allows(gfp) ? XAS_TRY : XAS_NEVER;
	xas_store(xas, entry);
	return xas_error(xas);
}

/* A bitmap in the place of @entry, with its bits. */
static struct ida_bitmap *chunk_expand(struct xa_state *xas, void *entry,
				       gfp_t gfp)
{
	struct ida_bitmap *map = NULL;

	if (xa_gfp_allows(gfp))
		map = kzalloc(sizeof(*map), GFP_NOWAIT);
	if (!map)
		return NULL;
	if (entry)
		map->bitmap[0] = xa_to_value(entry);
	if (!chunk_store(xas, map, gfp))
		return map;
	kfree(map);
	return NULL;
}

/* Sets @bit, which is clear in @entry, the cursor's chunk. */
static int chunk_set(struct xa_state *xas, void *entry, unsigned int bit,
		     gfp_t gfp)
{
	struct ida_bitmap *map = entry;
	unsigned long value;

	if ((!entry || xa_is_value(entry)) && bit < VALUE_BITS) {
		value = entry ? xa_to_value(entry) : 0;
		return chunk_store(xas, xa_mk_value(value | BIT(bit)), gfp);
	}
	if (!entry || xa_is_value(entry))
		map = chunk_expand(xas, entry, gfp);
	if (!map)
		return -ENOMEM;
	__set_bit(bit, map->bitmap);
	if (bitmap_full(map->bitmap, IDA_BITMAP_BITS))
		xas_clear_mark(xas, XA_FREE_MARK);
	return 0;
}

static int alloc_locked(struct ida *ida, unsigned int min, unsigned int max,
			gfp_t gfp)
{
	XA_STATE(xas, &ida->xa, min / IDA_BITMAP_BITS);
	unsigned int bit = min % IDA_BITMAP_BITS;
	unsigned long id;
	void *entry;
	int err;

	for (;; bit = 0) {
		if (!xas_find_free(&xas, max / IDA_BITMAP_BITS))
			return -ENOSPC;
		if (xas.xa_index != min / IDA_BITMAP_BITS)
			bit = 0;
		entry = xas_load(&xas);
		bit = chunk_next_zero(entry, bit);
		if (bit < IDA_BITMAP_BITS)
			break;
		/* Free ones of this chunk are all below @min. */
		xas_set(&xas, xas.xa_index + 1);
	}
	id = xas.xa_index * IDA_BITMAP_BITS + bit;
	if (id > max)
		return -ENOSPC;
	err = chunk_set(&xas, entry, bit, gfp);
	return err ? err : (int)id;
}

int ida_alloc_range(struct ida *ida, unsigned int min, unsigned int max,
		    gfp_t gfp)
{
	if (max > INT_MAX)
		max = INT_MAX;
	if (min > max)
		return -ENOSPC;
	return uik_xa_locked(&ida->xa, alloc_locked(ida, min, max, gfp));
}

/* Clears @bit of the cursor's chunk; false if it was clear. */
static bool chunk_clear(struct xa_state *xas, void *entry, unsigned int bit)
{
	struct ida_bitmap *map = entry;
	unsigned long value;

	if (!entry || chunk_next_set(entry, bit) != bit)
		return false;
	if (xa_is_value(entry)) {
		value = xa_to_value(entry) & ~BIT(bit);
		/* The slot exists: this cannot fail. */
		xas_store(xas, value ? xa_mk_value(value) : NULL);
		return true;
	}
	__clear_bit(bit, map->bitmap);
	xas_set_mark(xas, XA_FREE_MARK);
	if (bitmap_empty(map->bitmap, IDA_BITMAP_BITS)) {
		xas_store(xas, NULL);
		kfree(map);
	}
	return true;
}

static bool free_locked(struct ida *ida, unsigned int id)
{
	XA_STATE(xas, &ida->xa, id / IDA_BITMAP_BITS);

	return chunk_clear(&xas, xas_load(&xas), id % IDA_BITMAP_BITS);
}

void ida_free(struct ida *ida, unsigned int id)
{
	bool freed = uik_xa_locked(&ida->xa, free_locked(ida, id));

	WARN(!freed, "ida_free() of %u, which is not allocated\n", id);
}

void ida_destroy(struct ida *ida)
{
	XA_STATE(xas, &ida->xa, 0);
	void *entry;

	xas_lock(&xas);
	xas_for_each(&xas, entry, ULONG_MAX)
		if (!xa_is_value(entry))
			kfree(entry);
	xa_clear(&ida->xa);
	xas_unlock(&xas);
}

static int find_locked(struct ida *ida, unsigned int min, unsigned int max)
{
	XA_STATE(xas, &ida->xa, min / IDA_BITMAP_BITS);
	unsigned int bit = min % IDA_BITMAP_BITS;
	unsigned long id;
	void *entry;

	xas_for_each(&xas, entry, max / IDA_BITMAP_BITS) {
		if (xas.xa_index != min / IDA_BITMAP_BITS)
			bit = 0;
		bit = chunk_next_set(entry, bit);
		if (bit == IDA_BITMAP_BITS)
			continue;
		id = xas.xa_index * IDA_BITMAP_BITS + bit;
		return id <= max ? (int)id : -ENOENT;
	}
	return -ENOENT;
}

int ida_find_first_range(struct ida *ida, unsigned int min, unsigned int max)
{
	if (min > INT_MAX)
		return -EINVAL;
	if (max > INT_MAX)
		max = INT_MAX;
	if (min > max)
		return -ENOENT;
	return uik_xa_locked(&ida->xa, find_locked(ida, min, max));
}
