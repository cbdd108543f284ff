/* SPDX-License-Identifier: MIT */
/*
 * The XArray's advanced API; a part of <linux/xarray.h>, which says how it
 * works and is what to include.
 */
#ifndef UIK_XA_STATE_H
#define UIK_XA_STATE_H

#include <linux/xarray.h>

/* ---- Advanced API: the cursor ---- */

/* Called under xa_lock after @node->count or nr_values has changed. */
typedef void (*xa_update_node_t)(struct xa_node *node);

/**
 * struct xa_state - a cursor.
 * @xa: the array; borrowed
 * @xa_index: where it is
 * @xa_shift: log2 of indices an entry spans: 0
 * @xa_sibs: 0
 * @xa_offset: slot of xa_node it is at
 * @xa_pad: private: how nodes may be had
 * @xa_node: where in the tree: a node; NULL: at the head entry;
 *	XAS_RESTART: not walked yet; XAS_BOUNDS: outside the tree; or an error
 * @xa_alloc: nodes from xas_nomem(), chained by parent; owned
 * @xa_update: see xas_set_update()
 */
struct xa_state {
	struct xarray *xa;
	unsigned long xa_index;
	unsigned char xa_shift;
	unsigned char xa_sibs;
	unsigned char xa_offset;
	unsigned char xa_pad;
	struct xa_node *xa_node;
	struct xa_node *xa_alloc;
	xa_update_node_t xa_update;
};

#define XA_ERROR(errno) ((struct xa_node *)(((unsigned long)(errno) << 2) | 2))
#define XAS_BOUNDS ((struct xa_node *)1UL)
#define XAS_RESTART ((struct xa_node *)3UL)

#define uik_xa_state(array, index, order) { \
	.xa = array, \
	.xa_index = index, \
	.xa_shift = order, \
	.xa_sibs = 0, \
	.xa_offset = 0, \
	.xa_pad = 0, \
	.xa_node = XAS_RESTART, \
	.xa_alloc = NULL, \
	.xa_update = NULL, \
}

/* A cursor at @index of @array, which may be NULL until it is used. */
#define XA_STATE(name, array, index) \
	struct xa_state name = uik_xa_state(array, index, 0)
/* The same; an @order other than 0 makes stores fail with -EINVAL. */
#define XA_STATE_ORDER(name, array, index, order) \
	struct xa_state name = \
		uik_xa_state(array, ((index) >> (order)) << (order), order)

#define xas_marked(xas, mark) xa_marked((xas)->xa, (mark))
#define xas_trylock(xas) xa_trylock((xas)->xa)
#define xas_lock(xas) xa_lock((xas)->xa)
#define xas_unlock(xas) xa_unlock((xas)->xa)
#define xas_lock_bh(xas) xa_lock_bh((xas)->xa)
#define xas_unlock_bh(xas) xa_unlock_bh((xas)->xa)
#define xas_lock_irq(xas) xa_lock_irq((xas)->xa)
#define xas_unlock_irq(xas) xa_unlock_irq((xas)->xa)
#define xas_lock_irqsave(xas, flags) xa_lock_irqsave((xas)->xa, flags)
#define xas_unlock_irqrestore(xas, flags) xa_unlock_irqrestore((xas)->xa, flags)

/** xas_error - the negative errno kept in the cursor, 0 if none. */
static inline int xas_error(const struct xa_state *xas)
{
	return xa_err(xas->xa_node);
}

/** xas_set_err - keep @err; operations do nothing until xas_reset(). */
static inline void xas_set_err(struct xa_state *xas, long err)
{
	xas->xa_node = XA_ERROR(err);
}

/* Whether the cursor is somewhere in the tree, NULL being the head entry. */
static inline bool xas_invalid(const struct xa_state *xas)
{
	return (unsigned long)xas->xa_node & 3;
}

static inline bool xas_valid(const struct xa_state *xas)
{
	return !xas_invalid(xas);
}

/* Whether it is at a slot of a node. */
static inline bool xas_is_node(const struct xa_state *xas)
{
	return xas_valid(xas) && xas->xa_node;
}

static inline bool xas_not_node(struct xa_node *node)
{
	return ((unsigned long)node & 3) || !node;
}

/* Restarting or an error: the next step does not move the index. */
static inline bool xas_frozen(struct xa_node *node)
{
	return (unsigned long)node & 2;
}

/* Head entry, out of bounds or restarting. */
static inline bool xas_top(struct xa_node *node)
{
	return node <= XAS_RESTART;
}

/** xas_reset - forget errors and where in the tree; keep the index. */
static inline void xas_reset(struct xa_state *xas)
{
	xas->xa_node = XAS_RESTART;
}

/**
 * xas_retry - whether a lock-free reader should skip @entry.
 *
 * True for reservations; true for retry entries, and then the cursor is reset.
 */
static inline bool xas_retry(struct xa_state *xas, const void *entry)
{
	if (xa_is_zero(entry))
		return true;
	if (!xa_is_retry(entry))
		return false;
	xas_reset(xas);
	return true;
}

/** xas_set - move to @index; errors are forgotten. */
static inline void xas_set(struct xa_state *xas, unsigned long index)
{
	xas->xa_index = index;
	xas->xa_node = XAS_RESTART;
}

/** xas_advance - move to @index inside the node the cursor is at. */
static inline void xas_advance(struct xa_state *xas, unsigned long index)
{
	unsigned char shift = xas_is_node(xas) ? xas->xa_node->shift : 0;

	xas->xa_index = index;
	xas->xa_offset = (index >> shift) & XA_CHUNK_MASK;
}

/** xas_set_order - as xas_set(); @order as in XA_STATE_ORDER(). */
static inline void xas_set_order(struct xa_state *xas, unsigned long index,
				 unsigned int order)
{
	xas_set(xas, (index >> order) << order);
	xas->xa_shift = order;
}

/** xas_get_order - log2 of how many indices the entry spans: 0. */
static inline int xas_get_order(struct xa_state *xas)
{
	return 0;
}

/**
 * xas_set_update - call @update when a node's counts change.
 *
 * It runs under xa_lock, may use private_list, and must not change the array.
 * A node that leaves the tree is shown a last time with both counts 0.
 */
static inline void xas_set_update(struct xa_state *xas, xa_update_node_t update)
{
	xas->xa_update = update;
}

/** xas_load - walk to the index.
 *
 * Return: the entry; NULL if absent (the cursor is then at the lowest node on
 * the way, or at XAS_BOUNDS) or if the cursor has an error.
 * Context: xa_lock or rcu_read_lock().
 */
void *xas_load(struct xa_state *xas) __uik(xas_load);

/**
 * xas_store - store @entry at the cursor, walking there if need be.
 * @entry: NULL erases
 *
 * An erased entry loses its marks.  In an allocating array its index is free
 * again; one that is filled through a cursor is taken only after
 * xas_clear_mark(xas, XA_FREE_MARK).  Without memory nothing is stored and the
 * cursor has -ENOMEM: see xas_nomem().
 * Return: what was there.  Context: xa_lock.
 */
void *xas_store(struct xa_state *xas, void *entry) __uik(xas_store);

/**
 * xas_nomem - get memory after a failed store.
 *
 * For use as: do { lock; store; unlock; } while (xas_nomem(&xas, gfp));
 * Frees what is left over when there is no -ENOMEM any more.
 * Return: true if the store is to be repeated.  If false, xas_error() tells
 * whether it was done.  Context: xa_lock not held.
 */
bool xas_nomem(struct xa_state *xas, gfp_t gfp) __uik(xas_nomem);

/** xas_destroy - free nodes that xas_nomem() got and nobody used. */
void xas_destroy(struct xa_state *xas) __uik(xas_destroy);

/** xas_create_range - make the slot at the cursor without storing.
 *
 * An error stays; -ENOMEM as in xas_store().  Context: xa_lock.
 */
void xas_create_range(struct xa_state *xas) __uik(xas_create_range);

/**
 * xas_find - the next entry up to @max.
 *
 * The first time, the one at the cursor counts.
 * Return: the entry (reservations too); NULL if there is none: the cursor is
 * then at XAS_BOUNDS, or past @max and restarting.
 * Context: xa_lock or rcu_read_lock().
 */
void *xas_find(struct xa_state *xas, unsigned long max) __uik(xas_find);
/** xas_find_marked - the same for entries with @mark. */
void *xas_find_marked(struct xa_state *xas, unsigned long max, xa_mark_t mark)
	__uik(xas_find_marked);
/** xas_find_conflict - what a store at the cursor would replace.
 *
 * Return: each such entry in turn, then NULL.  Context: xa_lock.
 */
void *xas_find_conflict(struct xa_state *xas) __uik(xas_find_conflict);

/** xas_pause - let go of the tree between two steps of a walk.
 *
 * The lock may then be dropped; the walk continues after the current index.
 */
void xas_pause(struct xa_state *xas) __uik(xas_pause);

/* Marks of the entry the cursor is at, which must be walked to and present.
 * Context: xa_lock; xas_get_mark also rcu_read_lock().
 */
bool xas_get_mark(const struct xa_state *xas, xa_mark_t mark)
	__uik(xas_get_mark);
void xas_set_mark(const struct xa_state *xas, xa_mark_t mark)
	__uik(xas_set_mark);
void xas_clear_mark(const struct xa_state *xas, xa_mark_t mark)
	__uik(xas_clear_mark);
/** xas_init_marks - clear all; the free mark becomes set where it may. */
void xas_init_marks(const struct xa_state *xas) __uik(xas_init_marks);

/**
 * xa_delete_node - remove a node and all that is below it.
 * @node: in an array whose xa_lock is held
 * @update: as xas_set_update(), or NULL
 */
void xa_delete_node(struct xa_node *node, xa_update_node_t update)
	__uik(xa_delete_node);

/* The slow halves of xas_next() and xas_prev(). */
void *__xas_next(struct xa_state *xas) __uik(__xas_next);
void *__xas_prev(struct xa_state *xas) __uik(__xas_prev);

/** xas_reload - read again what the cursor is at, without walking. */
static inline void *xas_reload(struct xa_state *xas)
{
	struct xa_node *node = xas->xa_node;

	return node ? xa_entry(xas->xa, node, xas->xa_offset) :
		      xa_head(xas->xa);
}

/* Whether the cursor is at a slot of a leaf, and the slot that of the index. */
static inline bool uik_xas_in_leaf(const struct xa_state *xas)
{
	const struct xa_node *node = xas->xa_node;

	return likely(!xas_not_node((struct xa_node *)node) && !node->shift &&
		      xas->xa_offset == (xas->xa_index & XA_CHUNK_MASK));
}

/**
 * xas_next - move one index up and load.
 *
 * A cursor that restarts does not move the first time.  ULONG_MAX is followed
 * by 0.  Return: the entry, NULL if absent.
 * Context: xa_lock or rcu_read_lock().
 */
static inline void *xas_next(struct xa_state *xas)
{
	if (!uik_xas_in_leaf(xas) || xas->xa_offset == XA_CHUNK_MASK)
		return __xas_next(xas);
	xas->xa_index++;
	return xa_entry(xas->xa, xas->xa_node, ++xas->xa_offset);
}

/** xas_prev - as xas_next(), one index down. */
static inline void *xas_prev(struct xa_state *xas)
{
	if (!uik_xas_in_leaf(xas) || xas->xa_offset == 0)
		return __xas_prev(xas);
	xas->xa_index--;
	return xa_entry(xas->xa, xas->xa_node, --xas->xa_offset);
}

/** xas_next_entry - xas_find() for cursors that are at an entry; inline. */
static inline void *xas_next_entry(struct xa_state *xas, unsigned long max)
{
	unsigned long index = xas->xa_index;
	const struct xa_node *node = xas->xa_node;
	void *entry;

	if (!uik_xas_in_leaf(xas))
		return xas_find(xas, max);
	do {
		if (index >= max || (index & XA_CHUNK_MASK) == XA_CHUNK_MASK)
			return xas_find(xas, max);
		entry = xa_entry(xas->xa, node, ++index & XA_CHUNK_MASK);
	} while (!entry);
	xas->xa_index = index;
	xas->xa_offset = index & XA_CHUNK_MASK;
	return entry;
}

/** xas_next_marked - xas_find_marked() for such cursors; inline. */
static inline void *xas_next_marked(struct xa_state *xas, unsigned long max,
				    xa_mark_t mark)
{
	unsigned long base = xas->xa_index & ~XA_CHUNK_MASK;
	unsigned int offset;
	void *entry;

	if (!uik_xas_in_leaf(xas))
		return xas_find_marked(xas, max, mark);
	offset = find_next_bit(xas->xa_node->marks[mark], XA_CHUNK_SIZE,
			       xas->xa_offset + 1);
	if (offset == XA_CHUNK_SIZE || base + offset > max)
		return xas_find_marked(xas, max, mark);
	entry = xa_entry(xas->xa, xas->xa_node, offset);
	if (!entry)
		return xas_find_marked(xas, max, mark);
	xas->xa_index = base + offset;
	xas->xa_offset = offset;
	return entry;
}

/*
 * Walks from the cursor to @max.  The body may store or erase at the current
 * index, or xas_pause() and drop the lock.
 */
#define xas_for_each(xas, entry, max) \
	for (entry = xas_find(xas, max); entry; \
	     entry = xas_next_entry(xas, max))
#define xas_for_each_marked(xas, entry, max, mark) \
	for (entry = xas_find_marked(xas, max, mark); entry; \
	     entry = xas_next_marked(xas, max, mark))
#define xas_for_each_conflict(xas, entry) \
	while ((entry = xas_find_conflict(xas)))

/* How often a walk over many entries should let others run. */
enum {
	XA_CHECK_SCHED = 4096,
};

#endif
