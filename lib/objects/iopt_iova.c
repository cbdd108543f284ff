// SPDX-License-Identifier: MIT
/*
 * Choosing IOVAs: first fit from the bottom, O(log n) for each hole tried.
 *
 * A hole lies between areas, which the summaries of the tree lead to, and
 * between reserved ranges, of which there are few.  Holes shorter than the
 * request are never looked at; one that is long enough may still not fit, for
 * its alignment, and then the next one is tried.
 *
 * Facts: spec/40 section 10.
 */
#include "objects/iopt.h"

#include <linux/errno.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/sizes.h>

/* Alignment stops at what a large page needs. */
#define MAX_AUTO_ALIGNMENT SZ_2M

/* Is there a hole of @length between @first, exclusive, and @second? */
static bool hole_between(unsigned long first_last, unsigned long second_first,
			 unsigned long length, struct iopt_range *hole)
{
	if (second_first - first_last - 1 < length)
		return false;
	hole->first = first_last + 1;
	hole->last = second_first - 1;
	return true;
}

/* The lowest hole in a subtree that is known to have one. */
static void hole_in(struct iopt_area *area, unsigned long length,
		    struct iopt_range *hole)
{
	for (;;) {
		struct iopt_area *left = iopt_to_area(area->node.rb_left);
		struct iopt_area *right = iopt_to_area(area->node.rb_right);

		if (left && left->sub.gap >= length) {
			area = left;
			continue;
		}
		if (left && hole_between(left->sub.last, area->first, length,
					 hole))
			return;
		if (hole_between(area->last, right->sub.first, length, hole))
			return;
		area = right;
	}
}

/* The lowest hole between @area and the end of its right subtree. */
static bool hole_right_of(struct iopt_area *area, unsigned long length,
			  struct iopt_range *hole)
{
	struct iopt_area *right = iopt_to_area(area->node.rb_right);

	if (!right)
		return false;
	if (hole_between(area->last, right->sub.first, length, hole))
		return true;
	if (right->sub.gap < length)
		return false;
	hole_in(right, length, hole);
	return true;
}

/* The lowest hole between @area and some area above it. */
static bool hole_after(struct iopt_area *area, unsigned long length,
		       struct iopt_range *hole)
{
	struct rb_node *node = &area->node, *parent;

	if (hole_right_of(area, length, hole))
		return true;
	while ((parent = rb_parent(node))) {
		if (node == parent->rb_left &&
		    (hole_between(iopt_to_area(node)->sub.last,
				  iopt_to_area(parent)->first, length, hole) ||
		     hole_right_of(iopt_to_area(parent), length, hole)))
			return true;
		node = parent;
	}
	return false;
}

static bool long_enough(unsigned long first, unsigned long last,
			unsigned long length)
{
	return first <= last && last - first >= length - 1;
}

/* The lowest hole between areas, cut to [from, to]. */
static bool area_hole(const struct iopt *iopt, unsigned long from,
		      unsigned long to, unsigned long length,
		      struct iopt_range *hole)
{
	struct iopt_area *top = iopt_to_area(iopt->areas.rb_node);
	struct iopt_area *area = NULL;

	*hole = (struct iopt_range){ from, to };
	if (top && top->sub.last >= from)
		area = iopt_area_lowest(iopt, from, to);
	if (!area)
		return long_enough(from, to, length);
	if (area->first > from && long_enough(from, area->first - 1, length)) {
		hole->last = area->first - 1;
		return true;
	}
	if (!hole_after(area, length, hole)) {
		if (top->sub.last >= to)
			return false;
		hole->first = top->sub.last + 1;
		hole->last = to;
	}
	hole->last = min(hole->last, to);
	return long_enough(hole->first, hole->last, length);
}

/* Index of the lowest joined reserved range that ends at or above @from. */
static unsigned int joined_from(const struct iopt_reserved *reserved,
				unsigned long from)
{
	unsigned int low = 0, high = reserved->joined_count;

	while (low < high) {
		unsigned int middle = (low + high) / 2;

		if (reserved->joined[middle].last < from)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Cuts a hole to its lowest part that is free of reserved ranges. */
static bool clear_of_reserved(const struct iopt_reserved *reserved,
			      unsigned long length, struct iopt_range *hole)
{
	const struct iopt_range *at =
		reserved->joined + joined_from(reserved, hole->first);
	const struct iopt_range *end =
		reserved->joined + reserved->joined_count;

	for (; at < end && at->first <= hole->last; at++) {
		if (at->first > hole->first &&
		    long_enough(hole->first, at->first - 1, length)) {
			hole->last = at->first - 1;
			return true;
		}
		if (at->last >= hole->last)
			return false;
		hole->first = at->last + 1;
	}
	return long_enough(hole->first, hole->last, length);
}

bool iopt_hole_next(const struct iopt *iopt, unsigned long from,
		    unsigned long to, unsigned long length,
		    struct iopt_range *hole)
{
	while (area_hole(iopt, from, to, length, hole)) {
		unsigned long last = hole->last;

		if (!iopt->reserved.joined_count ||
		    clear_of_reserved(&iopt->reserved, length, hole))
			return true;
		if (last >= to)
			break;
		from = last + 1;
	}
	return false;
}

/* What is asked for. */
struct wish {
	unsigned long length;
	unsigned long alignment;
	unsigned long page_offset;
};

/*
 * The lowest place in [first, last].  The page offset is put in by OR, and a
 * place at the very last byte does not count: both are part of the behaviour.
 */
static bool fit(const struct wish *wish, unsigned long first,
		unsigned long last, unsigned long *out_start)
{
	unsigned long start;

	if (__builtin_add_overflow(first, wish->alignment - 1, &start))
		return false;
	start &= ~(wish->alignment - 1);
	start |= wish->page_offset;
	if (start >= last || last - start < wish->length - 1)
		return false;
	*out_start = start;
	return true;
}

static bool fit_span(const struct iopt *iopt, const struct wish *wish,
		     const struct iopt_range *span, unsigned long *out_iova)
{
	struct iopt_range hole;
	unsigned long from;

	if (!fit(wish, span->first, span->last, &from))
		return false;
	while (iopt_hole_next(iopt, from, span->last, wish->length, &hole)) {
		if (fit(wish, hole.first, hole.last, out_iova))
			return true;
		if (hole.last >= span->last)
			return false;
		from = hole.last + 1;
	}
	return false;
}

/*
 * The next span to search: allowed ranges that touch are one, the first and
 * the last page are left out.
 */
static bool next_span(const struct iopt *iopt, unsigned int *at,
		      struct iopt_range *span)
{
	const struct iopt_allowed *allowed = &iopt->allowed;

	while (*at < allowed->count) {
		*span = allowed->list[(*at)++];
		while (*at < allowed->count &&
		       allowed->list[*at].first == span->last + 1)
			span->last = allowed->list[(*at)++].last;
		span->first = max(span->first, PAGE_SIZE);
		span->last = min(span->last, ULONG_MAX - PAGE_SIZE);
		if (span->first <= span->last)
			return true;
	}
	return false;
}

static unsigned long wish_alignment(unsigned long addr, unsigned long length)
{
	unsigned long alignment = roundup_pow_of_two(length);

	if (addr)
		alignment = min(alignment, addr & -addr);
	return min(alignment, (unsigned long)MAX_AUTO_ALIGNMENT);
}

int iopt_choose_iova(const struct iopt *iopt, unsigned long addr,
		     unsigned long length, unsigned long *out_iova)
{
	struct iopt_range span = { PAGE_SIZE, ULONG_MAX - PAGE_SIZE };
	struct wish wish = {
		.length = length,
		.page_offset = addr % PAGE_SIZE,
	};
	unsigned int at = 0;

	if (!length || length >= LONG_MAX)
		return -EOVERFLOW;
	wish.alignment = wish_alignment(addr, length);
	if (wish.alignment < iopt->alignment)
		return -EINVAL;
	if (!iopt->allowed.count)
		return fit_span(iopt, &wish, &span, out_iova) ? 0 : -ENOSPC;
	while (next_span(iopt, &at, &span))
		if (fit_span(iopt, &wish, &span, out_iova))
			return 0;
	return -ENOSPC;
}
