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
#include <linux/preempt.h>
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
static inline void ida_init(struct ida *ida)
{
	xa_init_flags(&ida->xa, IDA_INIT_FLAGS);
}

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

/* ---- IDR: numbers for pointers ---- */

/**
 * struct idr - pointers by small numbers.
 * @idr_rt: the pointers, by number minus @idr_base
 * @idr_base: no number is below it
 * @idr_next: where idr_alloc_cyclic() looks next, minus @idr_base
 *
 * An older interface than the XArray, kept for drivers that use it; it is one
 * XArray here.  Callers lock changes against each other; idr_find() and walks
 * may run against changes.  Pointers are as an XArray takes them, four-byte
 * aligned; NULL holds a number that reads as free.
 */
struct idr {
	struct xarray idr_rt;
	unsigned int idr_base;
	unsigned int idr_next;
};

#define IDR_INIT_BASE(name, base)                            \
	{                                                    \
		.idr_rt = XARRAY_INIT(name.idr_rt,           \
				      XA_FLAGS_ALLOC),       \
		.idr_base = (base), .idr_next = 0,           \
	}
#define IDR_INIT(name) IDR_INIT_BASE(name, 0)
/* Defines an empty IDR. */
#define DEFINE_IDR(name) struct idr name = IDR_INIT(name)

/** idr_init_base - make an empty IDR whose numbers begin at @base. */
static inline void idr_init_base(struct idr *idr, int base)
{
	xa_init_flags(&idr->idr_rt, XA_FLAGS_ALLOC);
	idr->idr_base = base;
	idr->idr_next = 0;
}

/** idr_init - make an empty IDR. */
static inline void idr_init(struct idr *idr)
{
	idr_init_base(idr, 0);
}

/** idr_is_empty - whether no number is in use. */
static inline bool idr_is_empty(const struct idr *idr)
{
	return xa_empty(&idr->idr_rt);
}

/** idr_get_cursor - where idr_alloc_cyclic() looks next. */
static inline unsigned int idr_get_cursor(const struct idr *idr)
{
	return READ_ONCE(idr->idr_next);
}

/** idr_set_cursor - make it look at @val next. */
static inline void idr_set_cursor(struct idr *idr, unsigned int val)
{
	WRITE_ONCE(idr->idr_next, val);
}

/** idr_preload - stay on this processor until idr_preload_end(). */
static inline void idr_preload(gfp_t gfp)
{
	preempt_disable();
}

/** idr_preload_end - ends idr_preload(). */
static inline void idr_preload_end(void)
{
	preempt_enable();
}

/**
 * idr_alloc - the lowest free number for a pointer.
 * @ptr: borrowed until removed
 * @start: lowest allowed
 * @end: exclusive; 0 or less: no limit but INT_MAX
 *
 * Return: the number; -EINVAL (WARN) @start < 0; -ENOSPC none free; -ENOMEM.
 */
int idr_alloc(struct idr *idr, void *ptr, int start, int end, gfp_t gfp)
	__uik(idr_alloc);

/**
 * idr_alloc_u32 - the same for the whole 32-bit range.
 * @nextid: in: lowest allowed; out: the number, set before @ptr can be found
 * @max: inclusive
 *
 * Return: 0; -ENOSPC; -ENOMEM; @nextid is then unchanged.
 */
int __must_check idr_alloc_u32(struct idr *idr, void *ptr, u32 *nextid,
			       unsigned long max, gfp_t gfp)
	__uik(idr_alloc_u32);

/**
 * idr_alloc_cyclic - the next free number after the last one so given.
 *
 * Begins again at @start when the end is reached.  Return: as idr_alloc().
 */
int idr_alloc_cyclic(struct idr *idr, void *ptr, int start, int end, gfp_t gfp)
	__uik(idr_alloc_cyclic);

/** idr_remove - free @id; returns the pointer, NULL if it had none. */
void *idr_remove(struct idr *idr, unsigned long id) __uik(idr_remove);
/** idr_find - the pointer of @id, or NULL.  Context: RCU reader, or locked. */
void *idr_find(const struct idr *idr, unsigned long id) __uik(idr_find);

/**
 * idr_replace - another pointer for @id.
 *
 * Return: the old one (NULL if it held NULL); ERR_PTR(-ENOENT) not in use.
 */
void *idr_replace(struct idr *idr, void *ptr, unsigned long id)
	__uik(idr_replace);

/**
 * idr_for_each - call @fn with each number up to INT_MAX, its pointer, @data.
 *
 * Return: 0; what @fn gave, if not 0: that ended the walk.
 */
int idr_for_each(const struct idr *idr, int (*fn)(int id, void *p, void *data),
		 void *data) __uik(idr_for_each);
/** idr_get_next - the pointer at or after *@nextid, which becomes its number. */
void *idr_get_next(struct idr *idr, int *nextid) __uik(idr_get_next);
/** idr_get_next_ul - the same for numbers above INT_MAX. */
void *idr_get_next_ul(struct idr *idr, unsigned long *nextid)
	__uik(idr_get_next_ul);
/** idr_destroy - free all numbers; the pointers are the caller's matter. */
void idr_destroy(struct idr *idr) __uik(idr_destroy);

/* Walks; @entry is NULL behind the end.  The body may remove the entry. */
#define idr_for_each_entry(idr, entry, id)                           \
	for (id = 0; ((entry) = idr_get_next(idr, &(id))) != NULL;   \
	     id += 1U)
#define idr_for_each_entry_ul(idr, entry, tmp, id)                   \
	for (tmp = 0, id = 0;                                        \
	     ((entry) = tmp <= id ? idr_get_next_ul(idr, &(id)) : NULL) != NULL; \
	     tmp = id, ++id)
/* From @id on. */
#define idr_for_each_entry_continue(idr, entry, id)                  \
	for ((entry) = idr_get_next((idr), &(id)); entry;            \
	     ++id, (entry) = idr_get_next((idr), &(id)))
#define idr_for_each_entry_continue_ul(idr, entry, tmp, id)          \
	for (tmp = id;                                               \
	     ((entry) = tmp <= id ? idr_get_next_ul(idr, &(id)) : NULL) != NULL; \
	     tmp = id, ++id)

#endif
