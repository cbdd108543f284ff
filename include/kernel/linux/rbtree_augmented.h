/* SPDX-License-Identifier: MIT */
/*
 * Red-black trees whose nodes carry a summary of their subtree.
 *
 * The user names a value computed from a node and its children's values
 * (RB_DECLARE_CALLBACKS); the tree keeps it right through rotations and
 * removals.  Before rb_insert_augmented() the caller has linked the node, set
 * its own value, and raised the values on the way down.
 */
#ifndef UIK_LINUX_RBTREE_AUGMENTED_H
#define UIK_LINUX_RBTREE_AUGMENTED_H

#include <linux/rbtree.h>

#define RB_RED 0
#define RB_BLACK 1

#define __rb_color(parent_color) ((parent_color) & 1)
#define __rb_is_black(parent_color) __rb_color(parent_color)
#define __rb_is_red(parent_color) (!__rb_color(parent_color))
#define rb_color(node) __rb_color((node)->__rb_parent_color)
#define rb_is_red(node) __rb_is_red((node)->__rb_parent_color)
#define rb_is_black(node) __rb_is_black((node)->__rb_parent_color)

/*
 * propagate: recompute from @node up, ending before @stop (NULL: past the
 *            root) or where nothing changes
 * copy:      @node takes over the value of @old, whose place it gets
 * rotate:    @node took the place of @old, now its child: copy, then recompute
 *            @old
 */
struct rb_augment_callbacks {
	void (*propagate)(struct rb_node *node, struct rb_node *stop);
	void (*copy)(struct rb_node *old, struct rb_node *node);
	void (*rotate)(struct rb_node *old, struct rb_node *node);
};

/** rb_insert_augmented - as rb_insert_color(). */
void rb_insert_augmented(struct rb_node *node, struct rb_root *root,
			 const struct rb_augment_callbacks *augment)
	__uik(rb_insert_augmented);
/** rb_erase_augmented - as rb_erase(). */
void rb_erase_augmented(struct rb_node *node, struct rb_root *root,
			const struct rb_augment_callbacks *augment)
	__uik(rb_erase_augmented);

static inline void
rb_insert_augmented_cached(struct rb_node *node, struct rb_root_cached *root,
			   bool leftmost,
			   const struct rb_augment_callbacks *augment)
{
	if (leftmost)
		root->rb_leftmost = node;
	rb_insert_augmented(node, &root->rb_root, augment);
}

static inline void
rb_erase_augmented_cached(struct rb_node *node, struct rb_root_cached *root,
			  const struct rb_augment_callbacks *augment)
{
	if (root->rb_leftmost == node)
		root->rb_leftmost = rb_next(node);
	rb_erase_augmented(node, &root->rb_root, augment);
}

/** rb_add_augmented_cached - insert with @less, keep the values right.
 *
 * The node's own value must be set.  Return: @node if it is the first now.
 */
static inline struct rb_node *
rb_add_augmented_cached(struct rb_node *node, struct rb_root_cached *tree,
			bool (*less)(struct rb_node *a,
				     const struct rb_node *b),
			const struct rb_augment_callbacks *augment)
{
	struct rb_node **link = &tree->rb_root.rb_node, *parent = NULL;
	bool leftmost = true;

	while (*link) {
		bool left = less(node, *link);

		parent = *link;
		leftmost &= left;
		link = &parent->uik_child[left];
	}
	rb_link_node(node, parent, link);
	augment->propagate(parent, NULL);
	rb_insert_augmented_cached(node, tree, leftmost, augment);
	return leftmost ? node : NULL;
}

/*
 * Defines the three callbacks and the table @name.
 * @compute(node, exit): sets the value of the @type at node; returns true,
 * only if @exit, when it was right already
 */
#define RB_DECLARE_CALLBACKS(scope, name, type, field, value, compute) \
static inline void name##_propagate(struct rb_node *at, struct rb_node *stop) \
{ \
	while (at != stop) { \
		type *uik_node = rb_entry(at, type, field); \
\
		if (compute(uik_node, true)) \
			break; \
		at = rb_parent(&uik_node->field); \
	} \
} \
static inline void name##_copy(struct rb_node *old, struct rb_node *new) \
{ \
	rb_entry(new, type, field)->value = rb_entry(old, type, field)->value; \
} \
static void name##_rotate(struct rb_node *old, struct rb_node *new) \
{ \
	name##_copy(old, new); \
	compute(rb_entry(old, type, field), false); \
} \
scope const struct rb_augment_callbacks name = { \
	.propagate = name##_propagate, \
	.copy = name##_copy, \
	.rotate = name##_rotate, \
};

/*
 * The same for the commonest value: the greatest @own(node) of the subtree,
 * of type @number, kept in @value.
 */
#define RB_DECLARE_CALLBACKS_MAX(scope, name, type, field, number, value, own) \
static inline bool name##_compute_max(type *node, bool exit) \
{ \
	number max = own(node); \
\
	for (int side = 0; side < 2; side++) { \
		struct rb_node *uik_at = node->field.uik_child[side]; \
\
		if (uik_at && rb_entry(uik_at, type, field)->value > max) \
			max = rb_entry(uik_at, type, field)->value; \
	} \
	if (exit && node->value == max) \
		return true; \
	node->value = max; \
	return false; \
} \
RB_DECLARE_CALLBACKS(scope, name, type, field, value, name##_compute_max)

#endif
