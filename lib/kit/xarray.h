/* SPDX-License-Identifier: MIT */
/* Inside the XArray: marks, nodes and the parts that its files share. */
#ifndef KIT_XARRAY_H
#define KIT_XARRAY_H

#include <linux/xarray.h>

/* xa_state.xa_pad: how a store gets its nodes. */
enum {
	XAS_TRY,	/* try at once; xas_nomem() may bring some later */
	XAS_NEVER,	/* the caller's gfp forbids any */
};

/* Whether nodes may be had with the normal API's @gfp (<linux/xarray.h>). */
static inline bool xa_gfp_allows(gfp_t gfp)
{
	return gfp & (__GFP_DIRECT_RECLAIM | __GFP_HIGH);
}

static inline bool xa_track_free(const struct xarray *xa)
{
	return xa->xa_flags & XA_FLAGS_TRACK_FREE;
}

/* Whether index 0 counts as taken, always. */
static inline bool xa_zero_busy(const struct xarray *xa)
{
	return xa->xa_flags & XA_FLAGS_ZERO_BUSY;
}

static inline unsigned int slot_of(unsigned long index, unsigned int shift)
{
	return (index >> shift) & XA_CHUNK_MASK;
}

/* Whether a root of @shift has a slot for @index. */
static inline bool covers(unsigned int shift, unsigned long index)
{
	return index >> shift <= XA_CHUNK_MASK;
}

/* In a slot above a leaf: NULL or a retry entry, no node. */
static inline bool no_way_down(const void *entry)
{
	return (unsigned long)entry <= 4096;
}

/* How a walk reads: without the lock, the same with hooks idle, with it. */
enum walk_kind { WALK_POINTS, WALK_ACQUIRE, WALK_LOCKED };

static __always_inline void *read_slot(void __rcu *const *slot,
				       enum walk_kind kind)
{
	if (kind == WALK_POINTS)
		uik_point(UIK_POINT_LOAD, slot, sizeof(*slot), false);
	return kind == WALK_LOCKED ? __atomic_load_n(slot, __ATOMIC_RELAXED) :
				     __atomic_load_n(slot, __ATOMIC_ACQUIRE);
}

/*
 * Walks the cursor from the head to its index; the entry there.
 * A walk needs no node's shift but the root's: levels differ by one chunk.
 */
static __always_inline void *walk_down(struct xa_state *xas,
				       enum walk_kind kind)
{
	unsigned long index = xas->xa_index;
	void *entry = read_slot(&xas->xa->xa_head, kind);
	struct xa_node *node;
	unsigned int shift;

	if (!xa_is_node(entry)) {
		xas->xa_node = index ? XAS_BOUNDS : NULL;
		xas->xa_offset = 0;
		return index ? NULL : entry;
	}
	node = xa_to_node(entry);
	shift = node->shift;
	if (!covers(shift, index)) {
		xas->xa_node = XAS_BOUNDS;
		return NULL;
	}
	while (shift) {
		entry = read_slot(&node->slots[slot_of(index, shift)], kind);
		if (no_way_down(entry))
			goto out;
		node = xa_to_node(entry);
		shift -= XA_CHUNK_SHIFT;
	}
	entry = read_slot(&node->slots[slot_of(index, 0)], kind);
out:
	xas->xa_node = node;
	xas->xa_offset = slot_of(index, shift);
	return entry;
}

/*
 * Marks change under xa_lock only, but may be read at any time.  A node's
 * marks of one kind are one word.
 */
static inline unsigned long node_marks(const struct xa_node *node,
				       xa_mark_t mark)
{
	BUILD_BUG_ON(XA_MARK_LONGS != 1);
	return __atomic_load_n(&node->marks[mark][0], __ATOMIC_RELAXED);
}

static inline void node_set_marks(struct xa_node *node, xa_mark_t mark,
				  unsigned long marks)
{
	__atomic_store_n(&node->marks[mark][0], marks, __ATOMIC_RELAXED);
}

static inline bool node_marked(const struct xa_node *node, unsigned int slot,
			       xa_mark_t mark)
{
	return node_marks(node, mark) >> slot & 1;
}

static inline void xa_flags_set(struct xarray *xa, gfp_t flags)
{
	if (xa->xa_flags != flags)
		__atomic_store_n(&xa->xa_flags, flags, __ATOMIC_RELAXED);
}

/* Sets a mark of a slot (@node NULL: of the head entry) and of all above. */
static inline void mark_up(struct xarray *xa, struct xa_node *node,
			   unsigned int slot, xa_mark_t mark)
{
	while (node) {
		unsigned long marks = node_marks(node, mark);

		if (marks >> slot & 1)
			return;
		node_set_marks(node, mark, marks | 1ul << slot);
		if (marks)	/* then those above are set */
			return;
		slot = node->offset;
		node = xa_parent_locked(xa, node);
	}
	xa_flags_set(xa, xa->xa_flags | XA_FLAGS_MARK(mark));
}

/* Clears one, and those above that no other slot needs. */
static inline void unmark_up(struct xarray *xa, struct xa_node *node,
			     unsigned int slot, xa_mark_t mark)
{
	while (node) {
		unsigned long marks = node_marks(node, mark);

		if (!(marks >> slot & 1))
			return;
		marks &= ~(1ul << slot);
		node_set_marks(node, mark, marks);
		if (marks)
			return;
		slot = node->offset;
		node = xa_parent_locked(xa, node);
	}
	xa_flags_set(xa, xa->xa_flags & ~XA_FLAGS_MARK(mark));
}

static inline void xas_update(const struct xa_state *xas, struct xa_node *node)
{
	if (unlikely(xas->xa_update))
		xas->xa_update(node);
}

/* NULL for a reservation, as the normal API shows it. */
static inline void *xa_unzero(void *entry)
{
	return xa_is_zero(entry) ? NULL : entry;
}

/*
 * The slot of the cursor's index, made if there is none; NULL and an error in
 * the cursor otherwise.  @in_head: the entry may be kept without a node.
 */
void __rcu **xas_create(struct xa_state *xas, bool in_head);

/* The cursor's node has lost an entry: drops what became superfluous. */
void xas_trim(struct xa_state *xas);
/* The same without a cursor. */
void xa_trim(struct xarray *xa, struct xa_node *node);

/* Whether xas_trim() may have something to do. */
static inline bool node_spare(const struct xa_node *node)
{
	return node->count <= 1 &&
	       (!node->count || !xa_parent_locked(node->array, node));
}

/*
 * Publishes @entry in the place of @old at the cursor, which is valid; @slot
 * is that place.  Pairs with the acquire loads of readers.  @watched: with its
 * point.
 */
static __always_inline void xas_publish(struct xa_state *xas, void __rcu **slot,
					void *old, void *entry, bool watched)
{
	int count = !!entry - !!old;
	int values = xa_is_value(entry) - xa_is_value(old);
	struct xa_node *node = xas->xa_node;

	if (watched)
		rcu_assign_pointer(*slot, entry);
	else
		__atomic_store_n(slot, entry, __ATOMIC_RELEASE);
	if (!node || !(count | values))
		return;
	node->count += count;
	node->nr_values += values;
	xas_update(xas, node);
	if (count < 0 && node_spare(node))
		xas_trim(xas);
}

static __always_inline void xas_replace(struct xa_state *xas, void __rcu **slot,
					void *old, void *entry)
{
	xas_publish(xas, slot, old, entry, true);
}

/* What clear_marks() does at any place; @node NULL: the head entry. */
void clear_marks_at(struct xarray *xa, struct xa_node *node, unsigned int slot,
		    bool free);

/*
 * Clears the marks of @index, which is in @slot of @node.  The free mark
 * becomes set, but not for an index 0 that is never given out.
 */
static __always_inline void clear_marks(struct xarray *xa, struct xa_node *node,
					unsigned int slot, unsigned long index)
{
	bool free = xa_track_free(xa) && (index || !xa_zero_busy(xa));
	unsigned long set;

	if (unlikely(!node)) {
		clear_marks_at(xa, node, slot, free);
		return;
	}
	set = node_marks(node, XA_MARK_1) | node_marks(node, XA_MARK_2);
	if (free)
		mark_up(xa, node, slot, XA_FREE_MARK);
	else
		set |= node_marks(node, XA_MARK_0);
	if (unlikely(set >> slot & 1))
		clear_marks_at(xa, node, slot, free);
}

/*
 * The node of the first free index from *@index on, below @root, under the
 * lock; NULL if there is none in the tree, and then *@index is beyond what was
 * searched.  A mark that is set leads all the way down, unless what is free
 * there is below the index; then on from its end.
 */
static __always_inline struct xa_node *free_below(struct xa_node *root,
						  unsigned long *index)
{
	unsigned int shift, offset, skip;
	unsigned long at = *index, marks;
	struct xa_node *node;

again:
	node = root;
	shift = root->shift;
	if (!covers(shift, at))
		goto none;
	for (;; shift -= XA_CHUNK_SHIFT) {
		offset = slot_of(at, shift);
		marks = node_marks(node, XA_FREE_MARK) >> offset;
		if (unlikely(!marks)) {
			at = ((at >> shift | XA_CHUNK_MASK) + 1) << shift;
			if (node == root || !at)
				goto none;
			goto again;
		}
		skip = __ffs(marks);
		if (skip)
			at = ((at >> shift) + skip) << shift;
		if (!shift || !node->slots[offset + skip])
			break;
		node = xa_to_node(node->slots[offset + skip]);
	}
	*index = at;
	return node;
none:
	*index = at;
	return NULL;
}

/* Removes @old, which is not NULL, from the cursor's place. */
static __always_inline void xas_withdraw(struct xa_state *xas, void *old,
					 bool watched)
{
	struct xa_node *node = xas->xa_node;

	clear_marks(xas->xa, node, xas->xa_offset, xas->xa_index);
	xas_publish(xas, node ? &node->slots[xas->xa_offset] :
				&xas->xa->xa_head, old, NULL, watched);
}

static __always_inline void xas_remove(struct xa_state *xas, void *old)
{
	xas_withdraw(xas, old, true);
}

/* Takes a node that is out of the tree, and all below it, out of use. */
void xa_node_retire_all(struct xa_node *node, xa_update_node_t update);

/* Empties the array; the lock is held. */
void xa_clear(struct xarray *xa);

/*
 * Moves the cursor to the first free index from its own on, without storing.
 * False if that is above @max.  The array tracks free indices.
 */
bool xas_find_free(struct xa_state *xas, unsigned long max);

#endif
