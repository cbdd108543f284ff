/* SPDX-License-Identifier: MIT */
/*
 * Makes an interval tree for any structure: closed intervals [start, last]
 * ordered by start, each node knowing the greatest last of its subtree.
 *
 * INTERVAL_TREE_DEFINE(type, field, number, subtree, start, last, scope, name)
 *   type:    the structure, with its struct rb_node in @field and room for the
 *            greatest last, of type @number, in @subtree
 *   start:   function or macro: node to first number; last: to last number
 *   scope:   static, or empty when the functions are declared elsewhere
 *   name:    prefix of the functions
 *
 * It defines, all taking a struct rb_root_cached:
 *   void name_insert(type *node, root)
 *   void name_remove(type *node, root)
 *   type *name_iter_first(root, number start, number last)
 *       lowest-starting interval that meets [start, last]; NULL if none
 *   type *name_iter_next(type *node, number start, number last)
 *       the one after @node with the same bounds
 *
 * Intervals may overlap and repeat.  Each step is O(log n).
 */
#ifndef UIK_LINUX_INTERVAL_TREE_GENERIC_H
#define UIK_LINUX_INTERVAL_TREE_GENERIC_H

#include <linux/rbtree_augmented.h>

#define INTERVAL_TREE_DEFINE(type, field, number, subtree, start_of, last_of, \
			     scope, name) \
RB_DECLARE_CALLBACKS_MAX(static, name##_augment, type, field, number, subtree, \
			 last_of) \
\
scope void name##_insert(type *node, struct rb_root_cached *root) \
{ \
	struct rb_node **link = &root->rb_root.rb_node, *uik_above = NULL; \
	number first = start_of(node), end = last_of(node); \
	bool leftmost = true; \
\
	while (*link) { \
		type *uik_at = rb_entry(*link, type, field); \
		bool left = first < start_of(uik_at); \
\
		uik_above = *link; \
		if (uik_at->subtree < end) \
			uik_at->subtree = end; \
		leftmost &= left; \
		link = &uik_above->uik_child[left]; \
	} \
	node->subtree = end; \
	rb_link_node(&node->field, uik_above, link); \
	rb_insert_augmented_cached(&node->field, root, leftmost, \
				   &name##_augment); \
} \
\
scope void name##_remove(type *node, struct rb_root_cached *root) \
{ \
	rb_erase_augmented_cached(&node->field, root, &name##_augment); \
} \
\
/* First of a subtree to meet the bounds; its greatest last is >= first. */ \
static inline type *name##_lowest(struct rb_node *uik_at, number first, \
				  number end) \
{ \
	for (;;) { \
		type *uik_node = rb_entry(uik_at, type, field); \
		struct rb_node *uik_left = uik_at->rb_left; \
\
		if (uik_left && \
		    first <= rb_entry(uik_left, type, field)->subtree) { \
			uik_at = uik_left; \
			continue; \
		} \
		if (end < start_of(uik_node)) \
			return NULL; \
		if (first <= last_of(uik_node)) \
			return uik_node; \
		uik_at = uik_at->rb_right; \
		if (!uik_at || first > rb_entry(uik_at, type, field)->subtree) \
			return NULL; \
	} \
} \
\
scope type *name##_iter_first(struct rb_root_cached *root, number first, \
			      number end) \
{ \
	struct rb_node *uik_top = root->rb_root.rb_node; \
\
	if (!uik_top || first > rb_entry(uik_top, type, field)->subtree || \
	    end < start_of(rb_entry(root->rb_leftmost, type, field))) \
		return NULL; \
	return name##_lowest(uik_top, first, end); \
} \
\
scope type *name##_iter_next(type *node, number first, number end) \
{ \
	struct rb_node *uik_at = &node->field; \
	struct rb_node *uik_right = uik_at->rb_right; \
\
	for (;;) { \
		struct rb_node *uik_from; \
\
		if (uik_right && \
		    first <= rb_entry(uik_right, type, field)->subtree) \
			return name##_lowest(uik_right, first, end); \
		do { \
			uik_from = uik_at; \
			uik_at = rb_parent(uik_at); \
			if (!uik_at) \
				return NULL; \
		} while (uik_from == uik_at->rb_right); \
		node = rb_entry(uik_at, type, field); \
		if (end < start_of(node)) \
			return NULL; \
		if (first <= last_of(node)) \
			return node; \
		uik_right = uik_at->rb_right; \
	} \
}

#endif
