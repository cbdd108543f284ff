/* SPDX-License-Identifier: MIT */
/*
 * Red-black trees: balance.
 *
 * Both repairs are written once for a side; the mirror image is the other
 * side.  Children are published by relaxed atomic stores, so that readers
 * without a lock going down meet whole pointers and no loops: a rotation first
 * gives the lower node its new child, then lifts the upper one.
 *
 * Invariants: see <linux/rbtree.h>.
 */
#include <linux/rbtree_augmented.h>

#define RIGHT 0
#define LEFT 1

static inline unsigned int side_of(const struct rb_node *node,
				   const struct rb_node *parent)
{
	return parent->rb_left == node ? LEFT : RIGHT;
}

static inline void set_parent(struct rb_node *node, struct rb_node *parent)
{
	node->__rb_parent_color = (unsigned long)parent | rb_color(node);
}

static inline void set_black(struct rb_node *node)
{
	node->__rb_parent_color |= RB_BLACK;
}

static inline void set_red(struct rb_node *node)
{
	node->__rb_parent_color &= ~(unsigned long)RB_BLACK;
}

static inline void set_child(struct rb_node *node, unsigned int side,
			     struct rb_node *child)
{
	__atomic_store_n(&node->uik_child[side], child, __ATOMIC_RELAXED);
}

/* Whatever pointed to @old from above points to @node. */
static inline void set_place(struct rb_node *parent, struct rb_node *old,
			     struct rb_node *node, struct rb_root *root)
{
	if (parent)
		set_child(parent, side_of(old, parent), node);
	else
		__atomic_store_n(&root->rb_node, node, __ATOMIC_RELAXED);
}

static inline bool is_black(const struct rb_node *node)
{
	return !node || rb_is_black(node);
}

/*
 * @node goes down to @side, its child of the other side takes its place; they
 * exchange colours.  Returns that child.
 */
static struct rb_node *rotate(struct rb_node *node, unsigned int side,
			      struct rb_root *root,
			      const struct rb_augment_callbacks *augment)
{
	struct rb_node *riser = node->uik_child[!side];
	struct rb_node *inner = riser->uik_child[side];
	struct rb_node *parent = rb_parent(node);
	unsigned long riser_color = rb_color(riser);

	set_child(node, !side, inner);
	if (inner)
		set_parent(inner, node);
	set_child(riser, side, node);
	riser->__rb_parent_color = (unsigned long)parent | rb_color(node);
	set_place(parent, node, riser, root);
	node->__rb_parent_color = (unsigned long)riser | riser_color;
	if (augment)
		augment->rotate(node, riser);
	return riser;
}

/* @node is red; its parent may be, too. */
static __always_inline void
insert_repair(struct rb_node *node, struct rb_root *root,
	      const struct rb_augment_callbacks *augment)
{
	struct rb_node *parent, *grand, *uncle;
	unsigned int side;

	while ((parent = rb_parent(node)) && rb_is_red(parent)) {
		grand = rb_parent(parent);	/* a red node is not the root */
		side = side_of(parent, grand);
		uncle = grand->uik_child[!side];
		if (uncle && rb_is_red(uncle)) {
			set_black(uncle);
			set_black(parent);
			set_red(grand);
			node = grand;
			continue;
		}
		if (parent->uik_child[!side] == node)
			rotate(parent, side, root, augment);
		rotate(grand, !side, root, augment);
		return;
	}
	if (!parent)
		set_black(node);
}

/*
 * The subtree at @side of @parent lacks one black node.  Ends with the tree
 * balanced again.
 */
static void erase_repair(struct rb_node *parent, unsigned int side,
			 struct rb_root *root,
			 const struct rb_augment_callbacks *augment)
{
	struct rb_node *node, *sibling;

	for (;;) {
		sibling = parent->uik_child[!side];
		if (rb_is_red(sibling)) {
			rotate(parent, side, root, augment);
			sibling = parent->uik_child[!side];
		}
		if (is_black(sibling->rb_left) && is_black(sibling->rb_right)) {
			set_red(sibling);
			node = parent;
			parent = rb_parent(node);
			if (rb_is_red(node) || !parent) {
				set_black(node);
				return;
			}
			side = side_of(node, parent);
			continue;
		}
		if (is_black(sibling->uik_child[!side]))
			sibling = rotate(sibling, !side, root, augment);
		set_black(sibling->uik_child[!side]);
		rotate(parent, side, root, augment);
		return;
	}
}

/* @node has two children: its successor takes its place and colour. */
static struct rb_node *
erase_by_successor(struct rb_node *node, struct rb_root *root,
		   const struct rb_augment_callbacks *augment,
		   struct rb_node **lacking, unsigned int *side)
{
	struct rb_node *heir = node->rb_right, *child, *parent;

	while (heir->rb_left)
		heir = heir->rb_left;
	child = heir->rb_right;
	parent = rb_parent(heir);
	*lacking = !child && rb_is_black(heir) ? parent : NULL;
	*side = LEFT;
	if (child)	/* an only child is red */
		set_black(child);
	if (parent == node) {
		parent = heir;
		if (*lacking)
			*lacking = heir;
		*side = RIGHT;
	} else {
		set_child(parent, LEFT, child);
		if (child)
			set_parent(child, parent);
		set_child(heir, RIGHT, node->rb_right);
		set_parent(node->rb_right, heir);
	}
	set_child(heir, LEFT, node->rb_left);
	set_parent(node->rb_left, heir);
	set_place(rb_parent(node), node, heir, root);
	heir->__rb_parent_color = node->__rb_parent_color;
	if (augment) {
		augment->copy(node, heir);
		augment->propagate(parent, heir);
		augment->propagate(heir, NULL);
	}
	return parent;
}

/* @node has one child at most, which takes its place. */
static void erase_by_child(struct rb_node *node, struct rb_root *root,
			   const struct rb_augment_callbacks *augment,
			   struct rb_node **lacking, unsigned int *side)
{
	struct rb_node *child = node->rb_left ? node->rb_left : node->rb_right;
	struct rb_node *parent = rb_parent(node);

	*lacking = !child && rb_is_black(node) ? parent : NULL;
	*side = parent ? side_of(node, parent) : RIGHT;
	set_place(parent, node, child, root);
	if (child)	/* red below black: it takes the colour over */
		child->__rb_parent_color = node->__rb_parent_color;
	if (augment && parent)
		augment->propagate(parent, NULL);
}

static __always_inline void
erase(struct rb_node *node, struct rb_root *root,
      const struct rb_augment_callbacks *augment)
{
	struct rb_node *lacking;
	unsigned int side;

	if (node->rb_left && node->rb_right)
		erase_by_successor(node, root, augment, &lacking, &side);
	else
		erase_by_child(node, root, augment, &lacking, &side);
	if (lacking)
		erase_repair(lacking, side, root, augment);
}

void rb_insert_color(struct rb_node *node, struct rb_root *root)
{
	insert_repair(node, root, NULL);
}

void rb_erase(struct rb_node *node, struct rb_root *root)
{
	erase(node, root, NULL);
}

void rb_insert_augmented(struct rb_node *node, struct rb_root *root,
			 const struct rb_augment_callbacks *augment)
{
	insert_repair(node, root, augment);
}

void rb_erase_augmented(struct rb_node *node, struct rb_root *root,
			const struct rb_augment_callbacks *augment)
{
	erase(node, root, augment);
}

/* The last node on the way to one side. */
static struct rb_node *outermost(struct rb_node *node, unsigned int side)
{
	while (node && node->uik_child[side])
		node = node->uik_child[side];
	return node;
}

/* The neighbour of @node in order. */
static struct rb_node *neighbour(const struct rb_node *node, unsigned int side)
{
	struct rb_node *parent;

	if (RB_EMPTY_NODE(node))
		return NULL;
	if (node->uik_child[side])
		return outermost(node->uik_child[side], !side);
	while ((parent = rb_parent(node)) && parent->uik_child[side] == node)
		node = parent;
	return parent;
}

struct rb_node *rb_first(const struct rb_root *root)
{
	return outermost(root->rb_node, LEFT);
}

struct rb_node *rb_last(const struct rb_root *root)
{
	return outermost(root->rb_node, RIGHT);
}

struct rb_node *rb_next(const struct rb_node *node)
{
	return neighbour(node, RIGHT);
}

struct rb_node *rb_prev(const struct rb_node *node)
{
	return neighbour(node, LEFT);
}

/* The first node of a subtree in postorder: a leaf as far left as can be. */
static struct rb_node *deepest(struct rb_node *node)
{
	struct rb_node *child;

	while ((child = node->rb_left ? node->rb_left : node->rb_right))
		node = child;
	return node;
}

struct rb_node *rb_first_postorder(const struct rb_root *root)
{
	return root->rb_node ? deepest(root->rb_node) : NULL;
}

struct rb_node *rb_next_postorder(const struct rb_node *node)
{
	struct rb_node *parent;

	if (!node)
		return NULL;
	parent = rb_parent(node);
	if (parent && node == parent->rb_left && parent->rb_right)
		return deepest(parent->rb_right);
	return parent;
}

void rb_replace_node(struct rb_node *victim, struct rb_node *node,
		     struct rb_root *root)
{
	*node = *victim;
	for (unsigned int side = 0; side < 2; side++)
		if (victim->uik_child[side])
			set_parent(victim->uik_child[side], node);
	set_place(rb_parent(victim), victim, node, root);
}

void rb_replace_node_rcu(struct rb_node *victim, struct rb_node *node,
			 struct rb_root *root)
{
	struct rb_node *parent = rb_parent(victim);

	*node = *victim;
	for (unsigned int side = 0; side < 2; side++)
		if (victim->uik_child[side])
			set_parent(victim->uik_child[side], node);
	/* Pairs with the loads of readers going down. */
	smp_store_release(parent ? &parent->uik_child[side_of(victim, parent)] :
				   &root->rb_node, node);
}
