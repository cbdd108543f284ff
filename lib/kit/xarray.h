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

static inline unsigned int slot_of(unsigned long index, unsigned int shift)
{
	return (index >> shift) & XA_CHUNK_MASK;
}

/* Whether a root of @shift has a slot for @index. */
static inline bool covers(unsigned int shift, unsigned long index)
{
	return index >> shift <= XA_CHUNK_MASK;
}

/* Marks change under xa_lock only, but may be read at any time. */
static inline unsigned long *mark_word(struct xa_node *node, unsigned int slot,
				       xa_mark_t mark)
{
	return &node->marks[mark][slot / BITS_PER_LONG];
}

static inline bool node_marked(struct xa_node *node, unsigned int slot,
			       xa_mark_t mark)
{
	unsigned long word = __atomic_load_n(mark_word(node, slot, mark),
					     __ATOMIC_RELAXED);

	return word >> (slot % BITS_PER_LONG) & 1;
}

static inline void node_mark(struct xa_node *node, unsigned int slot,
			     xa_mark_t mark)
{
	unsigned long *word = mark_word(node, slot, mark);

	WRITE_ONCE(*word, *word | BIT(slot % BITS_PER_LONG));
}

static inline void node_unmark(struct xa_node *node, unsigned int slot,
			       xa_mark_t mark)
{
	unsigned long *word = mark_word(node, slot, mark);

	WRITE_ONCE(*word, *word & ~BIT(slot % BITS_PER_LONG));
}

static inline bool node_any_mark(const struct xa_node *node, xa_mark_t mark)
{
	unsigned long any = 0;

	for (unsigned int i = 0; i < XA_MARK_LONGS; i++)
		any |= node->marks[mark][i];
	return any;
}

static inline void xa_flag_set(struct xarray *xa, gfp_t flag)
{
	if (!(xa->xa_flags & flag))
		WRITE_ONCE(xa->xa_flags, xa->xa_flags | flag);
}

static inline void xa_flag_clear(struct xarray *xa, gfp_t flag)
{
	if (xa->xa_flags & flag)
		WRITE_ONCE(xa->xa_flags, xa->xa_flags & ~flag);
}

/* Sets a mark of a slot (@node NULL: of the head entry) and of all above. */
static inline void mark_up(struct xarray *xa, struct xa_node *node,
			   unsigned int slot, xa_mark_t mark)
{
	while (node) {
		if (node_marked(node, slot, mark))
			return;
		node_mark(node, slot, mark);
		slot = node->offset;
		node = xa_parent_locked(xa, node);
	}
	xa_flag_set(xa, XA_FLAGS_MARK(mark));
}

/* Clears one, and those above that no other slot needs. */
static inline void unmark_up(struct xarray *xa, struct xa_node *node,
			     unsigned int slot, xa_mark_t mark)
{
	while (node) {
		if (!node_marked(node, slot, mark))
			return;
		node_unmark(node, slot, mark);
		if (node_any_mark(node, mark))
			return;
		slot = node->offset;
		node = xa_parent_locked(xa, node);
	}
	xa_flag_clear(xa, XA_FLAGS_MARK(mark));
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
