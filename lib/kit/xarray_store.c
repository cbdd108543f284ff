/* SPDX-License-Identifier: MIT */
/*
 * XArray cursors: storing, and the marks of what is stored.
 *
 * All of this is done under xa_lock.  The order for readers without it: nodes
 * first, then the entry; marks and counts are hints that they check against
 * the entry.
 */
#include "kit/xarray.h"

static __always_inline void *store_entry(struct xa_state *xas, void *entry,
					 bool watched)
{
	bool in_head = !xa_is_node(entry) && !xa_is_zero(entry);
	void __rcu **slot = xas_create(xas, in_head);
	void *old;

	if (!slot)
		return NULL;
	old = __atomic_load_n(slot, __ATOMIC_RELAXED);
	if (old != entry)
		xas_publish(xas, slot, old, entry, watched);
	return old;
}

static __always_inline void *store_null(struct xa_state *xas, bool watched)
{
	void *old = uik_xas_in_leaf(xas) ? xas_reload(xas) :
					   walk_down(xas, WALK_LOCKED);

	if (old)
		xas_withdraw(xas, old, watched);
	return old;
}

static __always_inline void *store(struct xa_state *xas, void *entry,
				   bool watched)
{
	return entry ? store_entry(xas, entry, watched) :
		       store_null(xas, watched);
}

/*
 * With points, or not to be done at all.  Apart, so that the way without points
 * keeps nothing for calls.
 */
static noinline void *store_slow(struct xa_state *xas, void *entry)
{
	if (WARN_ON_ONCE(xas->xa_shift)) {
		xas_set_err(xas, -EINVAL);
		return NULL;
	}
	return store(xas, entry, true);
}

void *xas_store(struct xa_state *xas, void *entry)
{
	if (xas_error(xas))
		return NULL;
	if (uik_some_or_watched(xas->xa_shift))
		return store_slow(xas, entry);
	return store(xas, entry, false);
}

void xas_create_range(struct xa_state *xas)
{
	if (xas_error(xas))
		return;
	if (xas->xa_shift)
		xas_set_err(xas, -EINVAL);
	else
		xas_create(xas, true);
}

bool xas_get_mark(const struct xa_state *xas, xa_mark_t mark)
{
	if (xas_invalid(xas))
		return false;
	if (!xas->xa_node)
		return xa_marked(xas->xa, mark);
	return node_marked(xas->xa_node, xas->xa_offset, mark);
}

void xas_set_mark(const struct xa_state *xas, xa_mark_t mark)
{
	if (xas_invalid(xas))
		return;
	uik_point(UIK_POINT_STORE, &xas->xa->xa_flags, sizeof(gfp_t), true);
	mark_up(xas->xa, xas->xa_node, xas->xa_offset, mark);
}

static noinline void clear_mark_watched(const struct xa_state *xas,
					xa_mark_t mark)
{
	uik_point(UIK_POINT_STORE, &xas->xa->xa_flags, sizeof(gfp_t), true);
	unmark_up(xas->xa, xas->xa_node, xas->xa_offset, mark);
}

void xas_clear_mark(const struct xa_state *xas, xa_mark_t mark)
{
	if (xas_invalid(xas))
		return;
	if (unlikely(uik_hooks)) {
		clear_mark_watched(xas, mark);
		return;
	}
	unmark_up(xas->xa, xas->xa_node, xas->xa_offset, mark);
}

void clear_marks_at(struct xarray *xa, struct xa_node *node, unsigned int slot,
		    bool free)
{
	xa_mark_t mark = XA_MARK_0;

	if (free)
		mark_up(xa, node, slot, mark++);
	for (; mark <= XA_MARK_MAX; mark++)
		unmark_up(xa, node, slot, mark);
}

void xas_init_marks(const struct xa_state *xas)
{
	if (!xas_invalid(xas))
		clear_marks(xas->xa, xas->xa_node, xas->xa_offset,
			    xas->xa_index);
}

void xa_delete_node(struct xa_node *node, xa_update_node_t update)
{
	struct xarray *xa = node->array;
	struct xa_node *parent = xa_parent_locked(xa, node);
	struct xa_state xas = uik_xa_state(xa, 0, 0);

	xas.xa_node = parent;
	xas.xa_offset = node->offset;
	xas.xa_update = update;
	clear_marks_at(xa, parent, node->offset, xa_track_free(xa));
	/* Readers that are in it see retry entries once it is out. */
	if (parent)
		RCU_INIT_POINTER(parent->slots[node->offset], NULL);
	else
		RCU_INIT_POINTER(xa->xa_head, NULL);
	xa_node_retire_all(node, update);
	if (!parent)
		return;
	parent->count--;
	xas_update(&xas, parent);
	xas_trim(&xas);
}

void xa_clear(struct xarray *xa)
{
	struct xa_state xas = uik_xa_state(xa, 0, 0);
	void *entry = xa_head_locked(xa);

	if (!entry)
		return;
	xas.xa_node = NULL;
	xas_init_marks(&xas);
	RCU_INIT_POINTER(xa->xa_head, NULL);
	if (xa_is_node(entry))
		xa_node_retire_all(xa_to_node(entry), NULL);
}
