/* SPDX-License-Identifier: MIT */
/*
 * IDA: allocates small integers, lowest first, with one bit for each.
 *
 * An array of bitmaps of 1024 bits.  As long as only the lowest 63 bits of one
 * are used it is a value in the array and needs no memory of its own.
 * Numbers are 0..INT_MAX.
 *
 * All functions may be called at any time by anyone: the IDA locks itself.
 * Context: any; not blocking.  @gfp has the meaning it has in <linux/xarray.h>.
 * Source: spec/15 section 2.14.
 */
#ifndef UIK_LINUX_IDR_H
#define UIK_LINUX_IDR_H

#include <linux/gfp.h>
#include <linux/types.h>
#include <linux/xarray.h>
#include <uik/abi.h>

#define IDA_CHUNK_SIZE 128	/* bytes */
#define IDA_BITMAP_LONGS (IDA_CHUNK_SIZE / sizeof(long))
#define IDA_BITMAP_BITS (IDA_BITMAP_LONGS * sizeof(long) * 8)

struct ida_bitmap {
	unsigned long bitmap[IDA_BITMAP_LONGS];
};

struct ida {
	struct xarray xa;	/* free mark: some bit is clear */
};

#define IDA_INIT_FLAGS (XA_FLAGS_LOCK_IRQ | XA_FLAGS_ALLOC)
#define IDA_INIT(name) { .xa = XARRAY_INIT(name.xa, IDA_INIT_FLAGS) }
/* Defines an empty IDA. */
#define DEFINE_IDA(name) struct ida name = IDA_INIT(name)

/** ida_init - make an empty IDA. */
#define ida_init(ida) xa_init_flags(&(ida)->xa, IDA_INIT_FLAGS)

/**
 * ida_alloc_range - allocate the lowest free number of a range.
 * @min: lowest allowed
 * @max: highest allowed; above INT_MAX means INT_MAX
 *
 * Return: the number; -ENOSPC none is free, min > max or min > INT_MAX;
 * -ENOMEM.
 */
int ida_alloc_range(struct ida *ida, unsigned int min, unsigned int max,
		    gfp_t gfp) __uik(ida_alloc_range);

/** ida_free - give @id back; WARN, and nothing else, if it is not allocated. */
void ida_free(struct ida *ida, unsigned int id) __uik(ida_free);

/** ida_destroy - give all back; the IDA stays usable. */
void ida_destroy(struct ida *ida) __uik(ida_destroy);

/**
 * ida_find_first_range - the lowest allocated number of a range.
 *
 * Return: the number; -ENOENT none, or min > max; -EINVAL min > INT_MAX.
 */
int ida_find_first_range(struct ida *ida, unsigned int min, unsigned int max)
	__uik(ida_find_first_range);

/** ida_alloc - the lowest free number; errors as ida_alloc_range(). */
static inline int ida_alloc(struct ida *ida, gfp_t gfp)
{
	return ida_alloc_range(ida, 0, ~0u, gfp);
}

/** ida_alloc_min - the lowest free one from @min on. */
static inline int ida_alloc_min(struct ida *ida, unsigned int min, gfp_t gfp)
{
	return ida_alloc_range(ida, min, ~0u, gfp);
}

/** ida_alloc_max - the lowest free one up to and with @max. */
static inline int ida_alloc_max(struct ida *ida, unsigned int max, gfp_t gfp)
{
	return ida_alloc_range(ida, 0, max, gfp);
}

/** ida_is_empty - whether nothing is allocated; may race with changes. */
static inline bool ida_is_empty(const struct ida *ida)
{
	return xa_empty(&ida->xa);
}

/** ida_find_first - the lowest allocated number; errors as for ranges. */
static inline int ida_find_first(struct ida *ida)
{
	return ida_find_first_range(ida, 0, ~0u);
}

/** ida_exists - whether @id is allocated. */
static inline bool ida_exists(struct ida *ida, unsigned int id)
{
	return ida_find_first_range(ida, id, id) == (int)id;
}

/** ida_dump - print what is allocated by printk. */
void ida_dump(struct ida *ida) __uik(ida_dump);

#endif
