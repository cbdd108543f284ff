/* SPDX-License-Identifier: MIT */
/*
 * XArray cursors: walking to an index and searching from one.
 *
 * All walks are safe against concurrent changes inside rcu_read_lock(): each
 * slot is read once by an acquire load that pairs with the release store that
 * published what is behind it.  A search goes down from the head and begins
 * again there when it leaves a node or meets a retry entry; inside a leaf the
 * inline functions of <linux/xarray.h> step along.
 */
#include "kit/xarray.h"

#include <linux/cache.h>

/* Apart, so that the way without points keeps nothing for calls. */
static noinline void *walk_watched(struct xa_state *xas)
{
	return walk_down(xas, WALK_POINTS);
}

void *xas_load(struct xa_state *xas)
{
	if (uik_xas_in_leaf(xas))
		return xas_reload(xas);
	if (unlikely(xas_error(xas)))
		return NULL;
	if (unlikely(uik_hooks))
		return walk_watched(xas);
	return walk_down(xas, WALK_ACQUIRE);
}

/* First slot from @slot on that is not NULL; XA_CHUNK_SIZE if none. */
static inline unsigned int next_used(struct xa_node *node, unsigned int slot)
{
	while (slot < XA_CHUNK_SIZE &&
	       !__atomic_load_n(&node->slots[slot], __ATOMIC_RELAXED))
		slot++;
	return slot;
}

static __always_inline unsigned int next_slot(struct xa_node *node,
					      unsigned int slot, xa_mark_t mark)
{
	if (mark == XA_PRESENT)
		return next_used(node, slot);
	uik_point(UIK_POINT_LOAD, node->marks[mark], sizeof(node->marks[mark]),
		  false);
	return find_next_bit(node->marks[mark], XA_CHUNK_SIZE, slot);
}

/*
 * A walk that enters a leaf at its start will be in the one of @slot next.
 * Leaves are not neighbours in memory: nobody else fetches it meanwhile.
 */
static inline void prefetch_leaf(const struct xa_node *node, unsigned int slot)
{
	uintptr_t leaf;

	if (slot == XA_CHUNK_SIZE)
		return;
	leaf = (uintptr_t)__atomic_load_n(&node->slots[slot], __ATOMIC_RELAXED);
	for (size_t at = 0; at < sizeof(*node); at += SMP_CACHE_BYTES)
		__builtin_prefetch((const void *)(leaf + at));
}

/* How a descent of seek() ended. */
enum seek_result {
	SEEK_HIT,
	SEEK_AGAIN,	/* from the head, at the index in the cursor */
	SEEK_NOTHING,	/* none left in the tree */
};

/* One descent, by slots that pass the filter; the index moves to the last. */
static __always_inline enum seek_result
seek_down(struct xa_state *xas, struct xa_node *node, unsigned long max,
	  xa_mark_t mark, void **out)
{
	unsigned int shift = node->shift, offset, next;
	unsigned long index = xas->xa_index;
	struct xa_node *root = node;

	for (;; shift -= XA_CHUNK_SHIFT) {
		offset = slot_of(index, shift);
		next = next_slot(node, offset, mark);
		if (next != offset)
			index = ((index >> shift) - offset + next) << shift;
		xas->xa_index = index;
		if (next == XA_CHUNK_SIZE)
			return node == root || !index ? SEEK_NOTHING : SEEK_AGAIN;
		if (index > max)
			return SEEK_AGAIN;
		*out = xa_entry(xas->xa, node, next);
		if (!shift)	/* a retry entry is for the caller */
			break;
		if (xa_is_retry(*out))
			return SEEK_AGAIN;
		if (!*out) {	/* just emptied */
			index = ((index >> shift) + 1) << shift;
			xas->xa_index = index;
			return index ? SEEK_AGAIN : SEEK_NOTHING;
		}
		if (shift == XA_CHUNK_SHIFT && !(index & XA_CHUNK_MASK))
			prefetch_leaf(node, next + 1);
		node = xa_to_node(*out);
	}
	if (!*out) {
		xas->xa_index = ++index;
		return index ? SEEK_AGAIN : SEEK_NOTHING;
	}
	xas->xa_node = node;
	xas->xa_offset = next;
	return SEEK_HIT;
}

/*
 * From the cursor's index up to @max.  Afterwards the cursor is at what was
 * found; else restarting, with an index above @max; or at XAS_BOUNDS, with the
 * first index above the tree.
 */
static __always_inline void *seek(struct xa_state *xas, unsigned long max,
				  xa_mark_t mark)
{
	enum seek_result result;
	void *entry;

	do {
		if (xas->xa_index > max) {
			xas->xa_node = XAS_RESTART;
			return NULL;
		}
		entry = xa_head(xas->xa);
		if (!xa_is_node(entry))
			goto head;
		if (!covers(xa_to_node(entry)->shift, xas->xa_index))
			goto bounds;
		result = seek_down(xas, xa_to_node(entry), max, mark, &entry);
	} while (result == SEEK_AGAIN);
	if (result == SEEK_HIT)
		return entry;
bounds:
	xas->xa_node = XAS_BOUNDS;
	return NULL;

head:
	if (!xas->xa_index && entry &&
	    (mark == XA_PRESENT || xa_marked(xas->xa, mark))) {
		xas->xa_node = NULL;
		xas->xa_offset = 0;
		return entry;
	}
	if (!xas->xa_index)
		xas->xa_index = 1;
	goto bounds;
}

/* Past the current entry, if the cursor is at one.  False: nowhere to go. */
static inline bool step_over(struct xa_state *xas)
{
	struct xa_node *node = xas->xa_node;
	unsigned int shift;

	if (node == XAS_RESTART)
		return true;
	if (xas_invalid(xas))
		return false;
	shift = node ? node->shift : 0;
	xas->xa_index = ((xas->xa_index >> shift) + 1) << shift;
	if (xas->xa_index)
		return true;
	xas->xa_node = XAS_BOUNDS;
	return false;
}

void *xas_find(struct xa_state *xas, unsigned long max)
{
	return step_over(xas) ? seek(xas, max, XA_PRESENT) : NULL;
}

void *xas_find_marked(struct xa_state *xas, unsigned long max, xa_mark_t mark)
{
	return step_over(xas) ? seek(xas, max, mark) : NULL;
}

bool xas_find_free(struct xa_state *xas, unsigned long max)
{
	struct xarray *xa = xas->xa;
	void *head = xa_head_locked(xa);
	struct xa_node *node;

	if (xa_is_node(head)) {
		node = free_below(xa_to_node(head), &xas->xa_index);
		/* Above the tree everything is free. */
		xas->xa_node = node ? node : XAS_BOUNDS;
		xas->xa_offset = node ? slot_of(xas->xa_index, node->shift) : 0;
		return xas->xa_index <= max && (node || xas->xa_index);
	}
	xas->xa_node = XAS_BOUNDS;
	if (!xas->xa_index) {
		if (xa->xa_flags & XA_FLAGS_MARK(XA_FREE_MARK))
			xas->xa_node = NULL;
		else
			xas->xa_index = 1;
	}
	return xas->xa_index <= max;
}

void *xas_find_conflict(struct xa_state *xas)
{
	/* With one index to an entry there is one conflict at most. */
	return xas_valid(xas) ? NULL : xas_load(xas);
}

void xas_pause(struct xa_state *xas)
{
	if (!xas_invalid(xas) && step_over(xas))
		xas->xa_node = XAS_RESTART;
}

void *__xas_next(struct xa_state *xas)
{
	if (xas_error(xas))
		return NULL;
	if (!xas_frozen(xas->xa_node))
		xas->xa_index++;
	return walk_down(xas, WALK_POINTS);
}

void *__xas_prev(struct xa_state *xas)
{
	if (xas_error(xas))
		return NULL;
	if (!xas_frozen(xas->xa_node))
		xas->xa_index--;
	return walk_down(xas, WALK_POINTS);
}
