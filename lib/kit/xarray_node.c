/* SPDX-License-Identifier: MIT */
/*
 * Nodes of the XArray: how they come, grow into a tree, and go.
 *
 * Growth is all or nothing: the nodes a store lacks are counted, obtained, and
 * built into a finished piece off to the side; one release store into a slot
 * or the head then shows it to readers.
 *
 * A node goes when it is empty, or when it is the root and only its slot 0 is
 * used.  Slots that were in use hold XA_RETRY_ENTRY by then, so that a reader
 * that is still there starts again; the memory is freed after the last reader.
 *
 * Invariants: slots above leaves are NULL or nodes; count is the number of
 * slots that are not NULL; a mark is set in a slot above a leaf if and only if
 * it is set somewhere below; in arrays that track free indices the free mark
 * is also set for every slot whose subtree does not exist.
 */
#include "kit/xarray.h"

#include <linux/slab.h>

static struct xa_node *node_alloc(void)
{
	struct xa_node *node = kzalloc(sizeof(*node), GFP_NOWAIT);

	if (node)
		INIT_LIST_HEAD(&node->private_list);
	return node;
}

void xas_destroy(struct xa_state *xas)
{
	struct xa_node *node;

	while ((node = xas->xa_alloc)) {
		xas->xa_alloc = node->parent;
		kfree(node);
	}
}

bool xas_nomem(struct xa_state *xas, gfp_t gfp)
{
	struct xa_node *node = NULL;

	if (likely(xas->xa_node != XA_ERROR(-ENOMEM))) {
		xas_destroy(xas);
		return false;
	}
	if (xa_gfp_allows(gfp))
		node = node_alloc();
	if (!node) {
		xas_destroy(xas);
		return false;
	}
	node->parent = xas->xa_alloc;
	xas->xa_alloc = node;
	xas->xa_node = XAS_RESTART;
	return true;
}

/* Makes xa_alloc at least @need long; -ENOMEM leaves it as it was. */
static bool nodes_obtain(struct xa_state *xas, unsigned int need)
{
	struct xa_node *had = xas->xa_alloc, *node;

	for (node = had; node && need; node = node->parent)
		need--;
	while (need--) {
		node = xas->xa_pad == XAS_NEVER ? NULL : node_alloc();
		if (!node)
			goto give_back;
		node->parent = xas->xa_alloc;
		xas->xa_alloc = node;
	}
	return true;

give_back:
	while (xas->xa_alloc != had) {
		node = xas->xa_alloc;
		xas->xa_alloc = node->parent;
		kfree(node);
	}
	xas_set_err(xas, -ENOMEM);
	return false;
}

/* One of the obtained nodes, for slot @offset of @parent. */
static struct xa_node *node_take(struct xa_state *xas, struct xa_node *parent,
				 unsigned int shift, unsigned int offset)
{
	struct xa_node *node = xas->xa_alloc;

	xas->xa_alloc = node->parent;
	node->shift = shift;
	node->offset = offset;
	node->parent = parent;
	node->array = xas->xa;
	if (xa_track_free(xas->xa))
		node_set_marks(node, XA_FREE_MARK,
			       ~0ul >> (BITS_PER_LONG - XA_CHUNK_SIZE));
	return node;
}

/* In an array that gives out no 0, slot 0 of the first leaf is not free. */
static void leaf_hide_zero(struct xa_state *xas, struct xa_node *leaf)
{
	if (xas->xa_index <= XA_CHUNK_MASK && xa_zero_busy(xas->xa))
		node_set_marks(leaf, XA_FREE_MARK,
			       node_marks(leaf, XA_FREE_MARK) & ~1ul);
}

/*
 * Builds the way from slot @offset of @parent, whose shift is @shift, down to
 * the leaf of the cursor's index, where the cursor is left.
 * Returns the topmost new node, which is not in its slot yet.
 */
static struct xa_node *path_build(struct xa_state *xas, struct xa_node *parent,
				  unsigned int shift, unsigned int offset)
{
	struct xa_node *top = NULL, *node = parent;

	while (shift) {
		node = node_take(xas, node, shift - XA_CHUNK_SHIFT, offset);
		if (!top)
			top = node;
		else
			node->parent->slots[offset] = xa_mk_node(node);
		shift -= XA_CHUNK_SHIFT;
		offset = slot_of(xas->xa_index, shift);
		node->count = shift != 0;
	}
	leaf_hide_zero(xas, node);
	xas->xa_node = node;
	xas->xa_offset = offset;
	return top;
}

/* Shows every node from the cursor's up to and with @top to the user. */
static void path_announce(struct xa_state *xas, struct xa_node *top)
{
	struct xa_node *node = xas->xa_node;

	if (likely(!xas->xa_update))
		return;
	for (;; node = xa_parent_locked(xas->xa, node)) {
		if (node->count)
			xas_update(xas, node);
		if (node == top)
			break;
	}
}

/* The slot is NULL: hangs a way down to the index there. */
static bool path_hang(struct xa_state *xas, struct xa_node *node,
		      unsigned int offset)
{
	struct xa_node *top;

	if (!nodes_obtain(xas, node->shift / XA_CHUNK_SHIFT))
		return false;
	top = path_build(xas, node, node->shift, offset);
	node->count++;
	rcu_assign_pointer(node->slots[offset], xa_mk_node(top));
	path_announce(xas, node);
	return true;
}

/* Puts the old head below a new root and takes its marks over. */
static void root_adopt(struct xa_state *xas, struct xa_node *root, void *head,
		       bool own_marks)
{
	struct xa_node *child = own_marks ? xa_to_node(head) : NULL;

	root->slots[0] = head;
	root->count = 1;
	root->nr_values = xa_is_value(head);
	for (xa_mark_t mark = 0; mark < XA_MAX_MARKS; mark++) {
		unsigned long marks = node_marks(root, mark) & ~1ul;

		if (child ? node_marks(child, mark) : xa_marked(xas->xa, mark))
			marks |= 1;
		node_set_marks(root, mark, marks);
	}
}

/* New roots of shift @from..@to above @head; the topmost is returned. */
static struct xa_node *roots_build(struct xa_state *xas, void *head,
				   unsigned int from, unsigned int to)
{
	struct xa_node *root = NULL, *below = NULL;

	if (!head)
		return node_take(xas, NULL, to, 0);
	for (; from <= to; from += XA_CHUNK_SHIFT) {
		root = node_take(xas, NULL, from, 0);
		root_adopt(xas, root, below ? xa_mk_node(below) : head, below);
		if (below)
			below->parent = root;
		below = root;
	}
	return root;
}

/* The parent that a new root built by roots_build() gives to @head. */
static struct xa_node *lowest_root(struct xa_node *root, unsigned int shift)
{
	while (root->shift != shift)
		root = xa_to_node(root->slots[0]);
	return root;
}

/* Makes the tree high enough for the index, and the way down to it. */
static bool tree_grow(struct xa_state *xas, void *head)
{
	struct xarray *xa = xas->xa;
	struct xa_node *old = xa_is_node(head) ? xa_to_node(head) : NULL;
	unsigned int from = old ? old->shift + XA_CHUNK_SHIFT : 0;
	unsigned int to = from, roots, offset;
	struct xa_node *root, *top;

	while (!covers(to, xas->xa_index))
		to += XA_CHUNK_SHIFT;
	roots = head ? (to - from) / XA_CHUNK_SHIFT + 1 : 1;
	if (!nodes_obtain(xas, roots + to / XA_CHUNK_SHIFT))
		return false;

	root = roots_build(xas, head, from, to);
	offset = slot_of(xas->xa_index, to);
	top = path_build(xas, root, to, offset);
	if (top) {
		root->slots[offset] = xa_mk_node(top);
		root->count++;
	}
	if (old)	/* the new root is complete: readers may climb */
		smp_store_release(&old->parent, lowest_root(root, from));
	if (xa_track_free(xa))
		xa_flags_set(xa, xa->xa_flags | XA_FLAGS_MARK(XA_FREE_MARK));
	rcu_assign_pointer(xa->xa_head, xa_mk_node(root));
	path_announce(xas, root);
	if (head && xas->xa_update)
		for (top = lowest_root(root, from); top != root;
		     top = xa_parent_locked(xa, top))
			xas_update(xas, top);
	return true;
}

void __rcu **xas_create(struct xa_state *xas, bool in_head)
{
	struct xa_node *node = xas->xa_node;
	unsigned int offset;
	void *entry;

	if (uik_xas_in_leaf(xas))
		return &node->slots[xas->xa_offset];
	if (xas_error(xas))
		return NULL;
	entry = xa_head_locked(xas->xa);
	if (!xa_is_node(entry)) {
		if (!xas->xa_index && in_head) {
			xas->xa_node = NULL;
			xas->xa_offset = 0;
			return &xas->xa->xa_head;
		}
		if (!tree_grow(xas, entry))
			return NULL;
		return &xas->xa_node->slots[xas->xa_offset];
	}
	node = xa_to_node(entry);
	if (!covers(node->shift, xas->xa_index)) {
		if (!tree_grow(xas, entry))
			return NULL;
		return &xas->xa_node->slots[xas->xa_offset];
	}
	while (offset = slot_of(xas->xa_index, node->shift), node->shift) {
		entry = xa_entry_locked(xas->xa, node, offset);
		if (!entry) {
			if (!path_hang(xas, node, offset))
				return NULL;
			return &xas->xa_node->slots[xas->xa_offset];
		}
		node = xa_to_node(entry);
	}
	xas->xa_node = node;
	xas->xa_offset = offset;
	return &node->slots[offset];
}

/* The node is out of the tree and shows RETRY where something was. */
static void node_retire(struct xa_node *node)
{
	/* Not a look at what others change: they have let go of the node. */
	WARN_ON(node->private_list.next != &node->private_list);
	kfree_rcu(node, rcu_head);
}

void xa_node_retire_all(struct xa_node *node, xa_update_node_t update)
{
	for (unsigned int i = 0; i < XA_CHUNK_SIZE; i++) {
		void *entry = xa_entry_locked(node->array, node, i);

		if (!entry)
			continue;
		WRITE_ONCE(node->slots[i], XA_RETRY_ENTRY);
		if (node->shift)
			xa_node_retire_all(xa_to_node(entry), update);
	}
	node->count = 0;
	node->nr_values = 0;
	if (update)
		update(node);
	node_retire(node);
}

/* Whether the root can give way to what is in its slot 0. */
static bool root_superfluous(const struct xa_node *root, const void *entry)
{
	if (root->count != 1 || !entry)
		return false;
	/* Kept in a node: what looks like one, and reservations. */
	return root->shift || !(xa_is_node(entry) || xa_is_zero(entry));
}

/* Lowers the tree while only slot 0 of the root is used. */
static void tree_shrink(struct xa_state *xas, struct xa_node *root)
{
	struct xarray *xa = xas->xa;
	void *entry = xa_entry_locked(xa, root, 0);
	struct xa_node *next;

	while (root_superfluous(root, entry)) {
		next = root->shift ? xa_to_node(entry) : NULL;
		if (xa_track_free(xa) && !node_marked(root, 0, XA_FREE_MARK))
			xa_flags_set(xa, xa->xa_flags &
				     ~XA_FLAGS_MARK(XA_FREE_MARK));
		if (next)
			WRITE_ONCE(next->parent, NULL);
		rcu_assign_pointer(xa->xa_head, entry);
		/* Readers still at the old root must see the new head. */
		smp_store_release(&root->slots[0], XA_RETRY_ENTRY);
		root->count = 0;
		root->nr_values = 0;
		xas_update(xas, root);
		node_retire(root);
		xas->xa_node = XAS_BOUNDS;
		if (!next)
			break;
		root = next;
		entry = xa_entry_locked(xa, root, 0);
	}
}

/* Of a cursorless erasure: the usual end, a lone node that is empty. */
void xa_trim(struct xarray *xa, struct xa_node *node)
{
	XA_STATE(xas, xa, 0);

	if (!node->count && !xa_parent_locked(xa, node)) {
		RCU_INIT_POINTER(xa->xa_head, NULL);
		node_retire(node);
		return;
	}
	xas.xa_node = node;
	xas_trim(&xas);
}

void xas_trim(struct xa_state *xas)
{
	struct xarray *xa = xas->xa;
	struct xa_node *node = xas->xa_node;

	while (!node->count) {
		struct xa_node *parent = xa_parent_locked(xa, node);

		xas->xa_node = parent;
		xas->xa_offset = node->offset;
		if (!parent) {
			RCU_INIT_POINTER(xa->xa_head, NULL);
			xas->xa_node = XAS_BOUNDS;
			node_retire(node);
			return;
		}
		RCU_INIT_POINTER(parent->slots[node->offset], NULL);
		parent->count--;
		node_retire(node);
		xas_update(xas, parent);
		node = parent;
	}
	if (!xa_parent_locked(xa, node))
		tree_shrink(xas, node);
}
