/* SPDX-License-Identifier: MIT */
/*
 * Interval trees of unsigned long, and walks over used and unused spans.
 *
 * Intervals are closed, [start, last], and may overlap.  The caller fills in
 * start and last before interval_tree_insert() and keeps them unchanged while
 * the node is in a tree.  Locking is the caller's; nothing allocates or fails.
 */
#ifndef UIK_LINUX_INTERVAL_TREE_H
#define UIK_LINUX_INTERVAL_TREE_H

#include <linux/rbtree.h>
#include <linux/types.h>
#include <uik/abi.h>

struct interval_tree_node {
	struct rb_node rb;
	unsigned long start;	/* first in the interval */
	unsigned long last;	/* last in the interval, >= start */
	unsigned long __subtree_last;
};

/** interval_tree_insert - add @node, which is in no tree. */
void interval_tree_insert(struct interval_tree_node *node,
			  struct rb_root_cached *root)
	__uik(interval_tree_insert);
/** interval_tree_remove - take @node out. */
void interval_tree_remove(struct interval_tree_node *node,
			  struct rb_root_cached *root)
	__uik(interval_tree_remove);
/** interval_tree_iter_first - lowest interval that meets [start, last].
 *
 * Return: of those with the lowest start the one inserted first; NULL if none.
 */
struct interval_tree_node *
interval_tree_iter_first(struct rb_root_cached *root, unsigned long start,
			 unsigned long last) __uik(interval_tree_iter_first);
/** interval_tree_iter_next - the one after @node, for the same bounds. */
struct interval_tree_node *
interval_tree_iter_next(struct interval_tree_node *node, unsigned long start,
			unsigned long last) __uik(interval_tree_iter_next);

/*
 * A walk that cuts [first, last] into spans that some interval covers and
 * spans that none does.  Spans alternate, touch each other and fill the range.
 *
 * is_hole: 1 a hole, 0 used, -1 past the end.  The tree must not change during
 * the walk.  first_index and last_index are what is still to be looked at.
 */
struct interval_tree_span_iter {
	/* private: the next two intervals, and the bounds */
	struct interval_tree_node *nodes[2];
	unsigned long first_index;
	unsigned long last_index;
	/* public: the span; by the name that fits */
	union {
		unsigned long start_hole;
		unsigned long start_used;
	};
	union {
		unsigned long last_hole;
		unsigned long last_used;
	};
	int is_hole;
};

/** interval_tree_span_iter_first - the first span of [first_index, last_index]. */
void interval_tree_span_iter_first(struct interval_tree_span_iter *state,
				   struct rb_root_cached *itree,
				   unsigned long first_index,
				   unsigned long last_index)
	__uik(interval_tree_span_iter_first);
/** interval_tree_span_iter_next - the span after the current one. */
void interval_tree_span_iter_next(struct interval_tree_span_iter *state)
	__uik(interval_tree_span_iter_next);
/** interval_tree_span_iter_advance - skip forward to @new_index.
 *
 * The current span becomes the one that holds @new_index, cut to start there;
 * an index inside the current span just cuts it.
 */
void interval_tree_span_iter_advance(struct interval_tree_span_iter *iter,
				     struct rb_root_cached *itree,
				     unsigned long new_index)
	__uik(interval_tree_span_iter_advance);

static inline bool
interval_tree_span_iter_done(struct interval_tree_span_iter *state)
{
	return state->is_hole == -1;
}

#define interval_tree_for_each_span(span, itree, first_index, last_index) \
	for (interval_tree_span_iter_first(span, itree, first_index, \
					   last_index); \
	     !interval_tree_span_iter_done(span); \
	     interval_tree_span_iter_next(span))

#endif
