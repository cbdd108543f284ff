/* SPDX-License-Identifier: MIT */
/*
 * Interval trees of unsigned long, and the walk over spans.
 *
 * The span walk keeps two neighbouring intervals: the one that the current
 * used span has been extended to, and the first one beyond it.
 */
#include <linux/interval_tree.h>

#include <linux/interval_tree_generic.h>
#include <linux/limits.h>
#include <linux/minmax.h>

#define START(node) ((node)->start)
#define LAST(node) ((node)->last)

INTERVAL_TREE_DEFINE(struct interval_tree_node, rb, unsigned long,
		     __subtree_last, START, LAST, , interval_tree)

/* Past the end: nothing is left to look at. */
static void span_end(struct interval_tree_span_iter *state)
{
	state->is_hole = -1;
}

/* The interval after @node that begins at or before the end of the walk. */
static struct interval_tree_node *
span_following(const struct interval_tree_span_iter *state,
	       struct interval_tree_node *node)
{
	return interval_tree_iter_next(node, state->first_index,
				       state->last_index);
}

/*
 * The used span that begins with nodes[0]: intervals that overlap or touch are
 * one.  Leaves nodes[1] as the first interval beyond a hole.
 */
static void span_use(struct interval_tree_span_iter *state)
{
	struct interval_tree_node *node = state->nodes[0];
	unsigned long last = node->last;

	while ((node = span_following(state, node))) {
		if (last != ULONG_MAX && node->start > last + 1)
			break;
		last = max(last, node->last);
	}
	state->nodes[1] = node;
	state->start_used = max(state->nodes[0]->start, state->first_index);
	state->last_used = min(last, state->last_index);
	state->is_hole = 0;
}

static void span_hole(struct interval_tree_span_iter *state,
		      unsigned long start, unsigned long last)
{
	state->start_hole = start;
	state->last_hole = last;
	state->is_hole = 1;
}

void interval_tree_span_iter_first(struct interval_tree_span_iter *state,
				   struct rb_root_cached *itree,
				   unsigned long first_index,
				   unsigned long last_index)
{
	struct interval_tree_node *node;

	state->first_index = first_index;
	state->last_index = last_index;
	state->nodes[0] = NULL;
	if (first_index > last_index) {
		state->nodes[1] = NULL;
		span_end(state);
		return;
	}
	node = interval_tree_iter_first(itree, first_index, last_index);
	state->nodes[1] = node;
	if (!node) {
		span_hole(state, first_index, last_index);
	} else if (node->start > first_index) {
		span_hole(state, first_index, node->start - 1);
	} else {
		state->nodes[0] = node;
		span_use(state);
	}
}

void interval_tree_span_iter_next(struct interval_tree_span_iter *state)
{
	unsigned long after;

	if (state->is_hole < 0)
		return;
	if (state->last_used == state->last_index) {
		span_end(state);
		return;
	}
	after = state->last_used + 1;
	if (state->is_hole) {
		state->nodes[0] = state->nodes[1];
		span_use(state);
		return;
	}
	span_hole(state, after, state->nodes[1] ? state->nodes[1]->start - 1 :
						  state->last_index);
}

void interval_tree_span_iter_advance(struct interval_tree_span_iter *iter,
				     struct rb_root_cached *itree,
				     unsigned long new_index)
{
	if (iter->is_hole < 0)
		return;
	if (new_index > iter->last_index) {
		span_end(iter);
		return;
	}
	if (new_index <= iter->start_used)
		return;
	if (new_index <= iter->last_used) {
		iter->start_used = new_index;
		return;
	}
	interval_tree_span_iter_first(iter, itree, new_index,
				      iter->last_index);
}
