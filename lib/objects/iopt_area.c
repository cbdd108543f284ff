// SPDX-License-Identifier: MIT
/*
 * The tree of areas, ordered by IOVA.
 *
 * Each node knows what its subtree spans and the largest hole between two
 * neighbours in it.  That is computed from the node and its children alone, so
 * an insertion never has to look for its neighbours.
 */
#include "objects/iopt.h"

#include <linux/bug.h>
#include <linux/kernel.h>
#include <linux/rbtree_augmented.h>
#include <linux/slab.h>

#include "core/core.h"

static bool summary_compute(struct iopt_area *area, bool exit)
{
	struct iopt_area *left = iopt_to_area(area->node.rb_left);
	struct iopt_area *right = iopt_to_area(area->node.rb_right);
	struct iopt_summary sub = { area->first, area->last, 0 };

	if (left) {
		sub.first = left->sub.first;
		sub.gap = max(left->sub.gap, area->first - left->sub.last - 1);
	}
	if (right) {
		sub.last = right->sub.last;
		sub.gap = max3(sub.gap, right->sub.gap,
			       right->sub.first - area->last - 1);
	}
	if (exit && sub.first == area->sub.first &&
	    sub.last == area->sub.last && sub.gap == area->sub.gap)
		return true;
	area->sub = sub;
	return false;
}

RB_DECLARE_CALLBACKS(static, summary, struct iopt_area, node, sub,
		     summary_compute)

struct iopt_area *iopt_area_next(struct iopt_area *area)
{
	return iopt_to_area(rb_next(&area->node));
}

struct iopt_area *iopt_area_after(struct iopt_area *area)
{
	struct iopt_area *next = iopt_area_next(area);

	return next && next->first == area->last + 1 ? next : NULL;
}

void iopt_area_insert_slow(struct iopt *iopt, struct iopt_area *area)
{
	struct rb_node **link = &iopt->areas.rb_node, *parent = NULL;

	kcsan_check_write(&iopt->areas, sizeof(iopt->areas));
	iopt_alignment_count(iopt, area);
	iopt->area_count++;
	while (*link) {
		struct iopt_area *other = iopt_to_area(*link);

		parent = *link;
		if (area->first < other->first) {
			ASSERT(area->last < other->first);
			link = &parent->rb_left;
		} else {
			ASSERT(area->first > other->last);
			link = &parent->rb_right;
		}
	}
	area->sub = (struct iopt_summary){ area->first, area->last, 0 };
	rb_link_node(&area->node, parent, link);
	summary.propagate(parent, NULL);
	rb_insert_augmented(&area->node, &iopt->areas, &summary);
}

void iopt_area_erase_tree(struct iopt *iopt, struct iopt_area *area)
{
	ASSERT(iopt->area_count < ULONG_MAX);
	rb_erase_augmented(&area->node, &iopt->areas, &summary);
}

/* An area in domains is also among the users of its pages: both are split. */
static void split_user(struct iopt_area *area, struct iopt_area *right)
{
	struct pages *pages = area->pages;

	mutex_lock(&pages->lock);
	pages_split_user(pages, &area->user, &right->user,
			 iopt_area_last_index(area));
	mutex_unlock(&pages->lock);
}

void iopt_area_split(struct iopt *iopt, struct iopt_area *area,
		     struct iopt_area *right, unsigned long last)
{
	ASSERT(last >= area->first);
	ASSERT(last < area->last);
	*right = (struct iopt_area){
		.first = last + 1,
		.last = area->last,
		.iopt = iopt,
		.pages = pages_get(area->pages),
		.start_byte = iopt_area_byte(area, last + 1),
		.prot = area->prot,
		.filled = area->filled,
	};
	iopt->alignments[area->alignment_class]--;
	area->last = last;
	iopt_alignment_count(iopt, area);
	summary.propagate(&area->node, NULL);
	iopt_area_insert(iopt, right);
	if (area->filled)
		split_user(area, right);
}

bool iopt_suits(const struct iopt *iopt, unsigned long alignment)
{
	for (unsigned int i = 0; 1ul << i < alignment; i++)
		if (iopt->alignments[i])
			return false;
	return true;
}
