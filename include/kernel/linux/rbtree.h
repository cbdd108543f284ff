/* SPDX-License-Identifier: MIT */
/*
 * Red-black trees of embedded nodes, ordered by the caller.
 *
 * To insert, the caller walks from the root to the empty place of the new
 * node, hangs it there with rb_link_node() and has the tree rebalanced with
 * rb_insert_color(); rb_add() and rb_find_add() do both with a comparison
 * function.  Equal keys are allowed; rb_add() puts a new one after its equals.
 *
 * Invariants: no red node has a red child; every way from the root down to an
 * empty place meets the same number of black nodes; the root is black.
 *
 * Locking is the caller's.  Context of all functions: any; nothing allocates
 * or fails.  Walks cost O(1) amortised, everything else O(log n).
 */
#ifndef UIK_LINUX_RBTREE_H
#define UIK_LINUX_RBTREE_H

#include <linux/container_of.h>
#include <linux/rbtree_types.h>
#include <linux/rcupdate.h>
#include <linux/stddef.h>
#include <uik/abi.h>

#define rb_parent(node) \
	((struct rb_node *)((node)->__rb_parent_color & ~3ul))

/* From node to the structure around it; _safe passes NULL through. */
#define rb_entry(ptr, type, member) container_of(ptr, type, member)
#define rb_entry_safe(ptr, type, member) \
	({ \
		typeof(ptr) uik_entry = (ptr); \
		uik_entry ? rb_entry(uik_entry, type, member) : NULL; \
	})

#define RB_EMPTY_ROOT(root) (READ_ONCE((root)->rb_node) == NULL)
/* A node cleared by RB_CLEAR_NODE() is in no tree. */
#define RB_EMPTY_NODE(node) \
	((node)->__rb_parent_color == (unsigned long)(node))
#define RB_CLEAR_NODE(node) \
	((node)->__rb_parent_color = (unsigned long)(node))

/** rb_insert_color - rebalance after rb_link_node() of @node. */
void rb_insert_color(struct rb_node *node, struct rb_root *root)
	__uik(rb_insert_color);
/** rb_erase - take @node out; it is not cleared. */
void rb_erase(struct rb_node *node, struct rb_root *root) __uik(rb_erase);

/* In order; NULL past the end or for an empty tree or a cleared node. */
struct rb_node *rb_next(const struct rb_node *node) __uik(rb_next);
struct rb_node *rb_prev(const struct rb_node *node) __uik(rb_prev);
struct rb_node *rb_first(const struct rb_root *root) __uik(rb_first);
struct rb_node *rb_last(const struct rb_root *root) __uik(rb_last);

/* Children before parents: what a teardown that frees nodes needs. */
struct rb_node *rb_first_postorder(const struct rb_root *root)
	__uik(rb_first_postorder);
struct rb_node *rb_next_postorder(const struct rb_node *node)
	__uik(rb_next_postorder);

/** rb_replace_node - @node takes the place of @victim, which sorts equal. */
void rb_replace_node(struct rb_node *victim, struct rb_node *node,
		     struct rb_root *root) __uik(rb_replace_node);
/** rb_replace_node_rcu - the same under lock-free readers that go down. */
void rb_replace_node_rcu(struct rb_node *victim, struct rb_node *node,
			 struct rb_root *root) __uik(rb_replace_node_rcu);

/** rb_link_node - hang @node, red and childless, into the empty *@link.
 *
 * @link is a child pointer of @parent, or the root's if @parent is NULL.
 * rb_insert_color() must follow.
 */
static inline void rb_link_node(struct rb_node *node, struct rb_node *parent,
				struct rb_node **link)
{
	node->__rb_parent_color = (unsigned long)parent;
	node->rb_left = NULL;
	node->rb_right = NULL;
	*link = node;
}

/** rb_link_node_rcu - the same; readers see the node complete. */
static inline void rb_link_node_rcu(struct rb_node *node,
				    struct rb_node *parent,
				    struct rb_node **link)
{
	node->__rb_parent_color = (unsigned long)parent;
	node->rb_left = NULL;
	node->rb_right = NULL;
	/* Pairs with the dependency-ordered loads of readers going down. */
	smp_store_release(link, node);
}

/*
 * Walk in postorder where the body may free @pos.  It may not erase: the tree
 * is rubble afterwards.
 */
#define rbtree_postorder_for_each_entry_safe(pos, n, root, field) \
	for (pos = rb_entry_safe(rb_first_postorder(root), typeof(*pos), \
				 field); \
	     pos && ({ \
		     n = rb_entry_safe(rb_next_postorder(&pos->field), \
				       typeof(*pos), field); \
		     1; \
	     }); \
	     pos = n)

#define rb_first_cached(root) ((root)->rb_leftmost)

/** rb_insert_color_cached - @leftmost: the way down never turned right. */
static inline void rb_insert_color_cached(struct rb_node *node,
					  struct rb_root_cached *root,
					  bool leftmost)
{
	if (leftmost)
		root->rb_leftmost = node;
	rb_insert_color(node, &root->rb_root);
}

/** rb_erase_cached - as rb_erase().  Return: the new first if it changed. */
static inline struct rb_node *rb_erase_cached(struct rb_node *node,
					      struct rb_root_cached *root)
{
	struct rb_node *leftmost = NULL;

	if (root->rb_leftmost == node)
		leftmost = root->rb_leftmost = rb_next(node);
	rb_erase(node, &root->rb_root);
	return leftmost;
}

static inline void rb_replace_node_cached(struct rb_node *victim,
					  struct rb_node *node,
					  struct rb_root_cached *root)
{
	if (root->rb_leftmost == victim)
		root->rb_leftmost = node;
	rb_replace_node(victim, node, &root->rb_root);
}

/** rb_add - insert @node; @less(a, b): a sorts before b. */
static inline void rb_add(struct rb_node *node, struct rb_root *tree,
			  bool (*less)(struct rb_node *a,
				       const struct rb_node *b))
{
	struct rb_node **link = &tree->rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = &parent->uik_child[less(node, parent)];
	}
	rb_link_node(node, parent, link);
	rb_insert_color(node, tree);
}

/** rb_add_cached - as rb_add().  Return: @node if it is the first now. */
static inline struct rb_node *
rb_add_cached(struct rb_node *node, struct rb_root_cached *tree,
	      bool (*less)(struct rb_node *a, const struct rb_node *b))
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
	rb_insert_color_cached(node, tree, leftmost);
	return leftmost ? node : NULL;
}

/**
 * rb_find_add - insert @node unless its equal is there.
 * @cmp: negative, 0, positive as @a sorts before, with, after @b
 *
 * Return: the equal node found, NULL if @node was inserted.
 */
static inline struct rb_node *
rb_find_add(struct rb_node *node, struct rb_root *tree,
	    int (*cmp)(struct rb_node *a, const struct rb_node *b))
{
	struct rb_node **link = &tree->rb_node, *parent = NULL;

	while (*link) {
		int order = cmp(node, *link);

		parent = *link;
		if (!order)
			return parent;
		link = &parent->uik_child[order < 0];
	}
	rb_link_node(node, parent, link);
	rb_insert_color(node, tree);
	return NULL;
}

/** rb_find_add_cached - the same for a cached tree. */
static inline struct rb_node *
rb_find_add_cached(struct rb_node *node, struct rb_root_cached *tree,
		   int (*cmp)(const struct rb_node *a,
			      const struct rb_node *b))
{
	struct rb_node **link = &tree->rb_root.rb_node, *parent = NULL;
	bool leftmost = true;

	while (*link) {
		int order = cmp(node, *link);

		parent = *link;
		if (!order)
			return parent;
		leftmost &= order < 0;
		link = &parent->uik_child[order < 0];
	}
	rb_link_node(node, parent, link);
	rb_insert_color_cached(node, tree, leftmost);
	return NULL;
}

/** rb_find - a node that @cmp(@key, node) calls equal; NULL if none. */
static inline struct rb_node *
rb_find(const void *key, const struct rb_root *tree,
	int (*cmp)(const void *key, const struct rb_node *node))
{
	struct rb_node *node = tree->rb_node;

	while (node) {
		int order = cmp(key, node);

		if (!order)
			break;
		node = node->uik_child[order < 0];
	}
	return node;
}

/** rb_find_rcu - as rb_find() without the lock.
 *
 * A rotation may hide a node: NULL proves nothing unless the caller rules
 * writers out, by a sequence count for instance.
 */
static inline struct rb_node *
rb_find_rcu(const void *key, const struct rb_root *tree,
	    int (*cmp)(const void *key, const struct rb_node *node))
{
	struct rb_node *node = smp_load_acquire(&tree->rb_node);

	while (node) {
		int order = cmp(key, node);

		if (!order)
			break;
		node = smp_load_acquire(&node->uik_child[order < 0]);
	}
	return node;
}

/** rb_find_first - the first of all nodes equal to @key; NULL if none. */
static inline struct rb_node *
rb_find_first(const void *key, const struct rb_root *tree,
	      int (*cmp)(const void *key, const struct rb_node *node))
{
	struct rb_node *node = tree->rb_node, *match = NULL;

	while (node) {
		int order = cmp(key, node);

		if (!order)
			match = node;
		node = node->uik_child[order <= 0];
	}
	return match;
}

/** rb_next_match - the next node if it is equal to @key too. */
static inline struct rb_node *
rb_next_match(const void *key, struct rb_node *node,
	      int (*cmp)(const void *key, const struct rb_node *node))
{
	node = rb_next(node);
	return node && !cmp(key, node) ? node : NULL;
}

/* All nodes equal to @key, in order. */
#define rb_for_each(node, key, tree, cmp) \
	for ((node) = rb_find_first((key), (tree), (cmp)); (node); \
	     (node) = rb_next_match((key), (node), (cmp)))

#endif
