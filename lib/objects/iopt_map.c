// SPDX-License-Identifier: MIT
/*
 * Mapping: pieces of pages get IOVAs one behind the other.
 *
 * Facts: spec/40 sections 9 and 13.
 */
#include "objects/iopt.h"

#include <linux/bug.h>
#include <linux/err.h>
#include <linux/iommu.h>
#include <linux/minmax.h>
#include <linux/slab.h>

/* A byte offset beyond it has no page index. */
#define PAGES_MAX_BYTES (ULONG_MAX - PAGE_SIZE + 1)

/* ---- pieces into an IOAS ---- */

static bool unaligned(const struct iopt *iopt, unsigned long value)
{
	return value & (iopt->alignment - 1);
}

/* Whether a mapping can be at a place that the caller has chosen. */
static __always_inline int check_fixed(const struct iopt *iopt,
				       unsigned long iova,
				       unsigned long length)
{
	unsigned long last;

	if (unaligned(iopt, iova))
		return -EINVAL;
	if (__builtin_add_overflow(iova, length - 1, &last))
		return -EOVERFLOW;
	if (iopt->reserved.count && iopt_reserved_meets(iopt, iova, last))
		return -EINVAL;
	if (iopt_area_lowest(iopt, iova, last))
		return -EEXIST;
	return 0;
}

static int check_piece(const struct iopt *iopt, const struct iopt_piece *piece,
		       int prot)
{
	if ((prot & IOMMU_WRITE) && !piece->pages->writable)
		return -EPERM;
	if (unaligned(iopt, piece->start_byte % PAGE_SIZE))
		return -EINVAL;
	/* The start of the last page must not be lost by rounding up. */
	if (piece->start_byte > PAGES_MAX_BYTES - piece->length)
		return -EOVERFLOW;
	/*
	 * An inner edge of a copy that single pages cannot have.  Linux does
	 * not define what this gives.
	 */
	if (iopt->disable_large_pages && iopt->domain_count &&
	    unaligned(iopt, piece->length))
		return -EINVAL;
	return 0;
}

/* What is not set here is when the area is inserted, or filled. */
static void area_init(struct iopt_area *area, struct iopt *iopt,
		      const struct iopt_piece *piece, unsigned long iova,
		      int prot)
{
	area->first = iova;
	area->last = iova + (piece->length - 1);
	area->iopt = iopt;
	area->pages = piece->pages;
	area->start_byte = piece->start_byte;
	area->prot = prot;
	area->filled = false;
	area->prevent_access = false;
	area->num_accesses = 0;
	area->num_locks = 0;
}

static int add_area(struct iopt *iopt, const struct iopt_piece *piece,
		    unsigned long iova, int prot)
{
	struct iopt_area *area;
	int ret = check_piece(iopt, piece, prot);

	if (ret)
		return ret;
	area = kmalloc(sizeof(*area), GFP_KERNEL_ACCOUNT);
	if (!area)
		return -ENOMEM;
	area_init(area, iopt, piece, iova, prot);
	pages_get(piece->pages);
	iopt_area_insert(iopt, area);
	return 0;
}

/* Takes away the areas that a failing call has made; nothing else is there. */
static void remove_made(struct iopt *iopt, unsigned long iova,
			unsigned int count)
{
	struct iopt_area *area = iopt_area_at(iopt, iova);

	while (count--) {
		struct iopt_area *next = iopt_area_next(area);

		if (area->filled)
			iopt_area_unfill(area);
		iopt_area_erase(iopt, area);
		iopt_area_free(area);
		area = next;
	}
}

static int fill_made(struct iopt *iopt, unsigned long iova, unsigned int count)
{
	struct iopt_area *area = iopt_area_at(iopt, iova);
	int ret = 0;

	for (; count && !ret; count--) {
		ret = iopt_area_fill(area);
		area = iopt_area_next(area);
	}
	return ret;
}

static int place_pieces(struct iopt *iopt, const struct iopt_piece *pieces,
			unsigned int count, int prot, unsigned long iova)
{
	unsigned long at = iova;
	unsigned int made;
	int ret = 0;

	for (made = 0; made < count; made++) {
		ret = add_area(iopt, &pieces[made], at, prot);
		if (ret)
			goto remove;
		at += pieces[made].length;
	}
	if (iopt->domain_count) {
		ret = fill_made(iopt, iova, count);
		if (ret)
			goto remove;
	}
	return 0;

remove:
	remove_made(iopt, iova, made);
	return ret;
}

/* Where the mapping goes; *@iova is what was asked for and what it becomes. */
static __always_inline int find_place(const struct iopt *iopt,
				      const struct iopt_piece *first,
				      unsigned long length, bool fixed,
				      unsigned long *iova)
{
	if (!length || unaligned(iopt, length))
		return -EINVAL;
	if (fixed)
		return check_fixed(iopt, *iova, length);
	return iopt_choose_iova(iopt, pages_reference(first->pages,
						      first->start_byte),
				length, iova);
}

int iopt_map_pieces(struct iopt *iopt, const struct iopt_piece *pieces,
		    unsigned int count, unsigned long length, int prot,
		    bool fixed, unsigned long *iova)
{
	unsigned long place = *iova;
	int ret;

	iopt_lock(iopt);
	ret = find_place(iopt, pieces, length, fixed, &place);
	if (!ret)
		ret = place_pieces(iopt, pieces, count, prot, place);
	if (!ret)
		*iova = place;
	iopt_unlock(iopt);
	return ret;
}

/* ---- pieces of memory ---- */

/* New pages, in their first area; the area takes over the reference. */
static __always_inline int place_first(struct iopt *iopt,
				       const struct iopt_piece *piece,
				       int prot, unsigned long iova)
{
	struct iopt_area *area = iopt_first_area(piece->pages);
	int ret = check_piece(iopt, piece, prot);

	if (ret)
		return ret;
	area_init(area, iopt, piece, iova, prot);
	iopt_area_insert(iopt, area);
	if (!iopt->domain_count)
		return 0;
	ret = iopt_area_fill(area);
	if (ret)
		iopt_area_erase(iopt, area);
	return ret;
}

static __always_inline int map_new(struct iopt *iopt, struct pages *pages,
				   unsigned long start_byte,
				   unsigned long length, int prot, bool fixed,
				   unsigned long *iova)
{
	struct iopt_piece piece = { pages, start_byte, length };
	unsigned long place = *iova;
	int ret;

	if (IS_ERR(pages))
		return PTR_ERR(pages);
	iopt_lock(iopt);
	ret = find_place(iopt, &piece, length, fixed, &place);
	if (!ret)
		ret = place_first(iopt, &piece, prot, place);
	iopt_unlock(iopt);
	if (unlikely(ret))
		pages_put(pages);
	else
		*iova = place;
	return ret;
}

int iopt_map_user(struct iommufd_ctx *ictx, struct iopt *iopt,
		  unsigned long uptr, unsigned long length, int prot,
		  bool fixed, unsigned long *iova)
{
	return map_new(iopt,
		       pages_new_user(ictx, uptr, length, prot & IOMMU_WRITE),
		       uptr % PAGE_SIZE, length, prot, fixed, iova);
}

int iopt_map_file(struct iommufd_ctx *ictx, struct iopt *iopt, int fd,
		  unsigned long start, unsigned long length, int prot,
		  bool fixed, unsigned long *iova)
{
	unsigned long last;

	if (!length)
		return -EINVAL;
	if (__builtin_add_overflow(start, length - 1, &last))
		return -EOVERFLOW;
	return map_new(iopt,
		       pages_new_file(ictx, fd, start, length,
				      prot & IOMMU_WRITE),
		       start % PAGE_SIZE, length, prot, fixed, iova);
}

/* ---- pieces of another mapping ---- */

/* How many areas cover [iova, last] without a hole; 0: they do not. */
static unsigned int count_areas(const struct iopt *iopt, unsigned long iova,
				unsigned long last)
{
	struct iopt_area *area = iopt_area_at(iopt, iova);
	unsigned int count = 0;

	for (; area; area = iopt_area_after(area)) {
		count++;
		if (area->last >= last)
			return count;
	}
	return 0;
}

static void take_pieces(const struct iopt *iopt, unsigned long iova,
			unsigned long last, struct iopt_piece *piece)
{
	struct iopt_area *area = iopt_area_at(iopt, iova);

	for (;; area = iopt_area_after(area), piece++) {
		unsigned long end = min(area->last, last);

		piece->pages = pages_get(area->pages);
		piece->start_byte = iopt_area_byte(area, iova);
		piece->length = end - iova + 1;
		if (end == last)
			return;
		iova = end + 1;
	}
}

int iopt_get_pieces(struct iopt *iopt, unsigned long iova,
		    unsigned long length, struct iopt_piece **out_pieces,
		    unsigned int *out_count)
{
	struct iopt_piece *pieces;
	unsigned long last;
	unsigned int count;
	int ret = 0;

	if (!length)
		return -EINVAL;
	if (__builtin_add_overflow(iova, length - 1, &last))
		return -EOVERFLOW;
	iopt_lock_read(iopt);
	count = count_areas(iopt, iova, last);
	if (!count) {
		ret = -ENOENT;
		goto unlock;
	}
	pieces = kvmalloc_array(count, sizeof(*pieces), GFP_KERNEL_ACCOUNT);
	if (!pieces) {
		ret = -ENOMEM;
		goto unlock;
	}
	take_pieces(iopt, iova, last, pieces);
	*out_pieces = pieces;
	*out_count = count;
unlock:
	iopt_unlock_read(iopt);
	return ret;
}

void iopt_put_pieces(struct iopt_piece *pieces, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		pages_put(pieces[i].pages);
	kvfree(pieces);
}
