/* SPDX-License-Identifier: MIT */
/*
 * XArray cursors: storing, and the marks of what is stored.
 *
 * All of this is done under xa_lock.  The order for readers without it: nodes
 * first, then the entry; marks and counts are hints that they check against
 * the entry.
 */
#include "kit/xarray.h"

/* One node's counts after @old became @entry in it. */
static void count_change(struct xa_state *xas, const void *old,
			 const void *entry)
{
	struct xa_node *node = xas->xa_node;
	int count = !!entry - !!old;
	int values = xa_is_value(entry) - xa_is_value(old);

	if (!node || !(count | values))
		return;
	node->count += count;
	node->nr_values += values;
	xas_update(xas, node);
	if (count < 0)
		xas_trim(xas);
}

static void *store_entry(struct xa_state *xas, void *entry)
{
	bool in_head = !xa_is_node(entry) && !xa_is_zero(entry);
	void __rcu **slot = xas_create(xas, in_head);
	void *old;

	if (!slot)
		return NULL;
	old = __atomic_load_n(slot, __ATOMIC_RELAXED);
	if (old == entry)
		return old;
	/* Pairs with the acquire loads of readers. */
	rcu_assign_pointer(*slot, entry);
	count_change(xas, old, entry);
	return old;
}

static void *store_null(struct xa_state *xas)
{
	void *old = xas_load(xas);
	struct xa_node *node = xas->xa_node;

	if (!old)
		return NULL;
	xas_init_marks(xas);
	rcu_assign_pointer(*(node ? &node->slots[xas->xa_offset] :
				    &xas->xa->xa_head), NULL);
	count_change(xas, old, NULL);
	return old;
}

void *xas_store(struct xa_state *xas, void *entry)
{
	if (xas_error(xas))
		return NULL;
	if (unlikely(xas->xa_shift)) {
		WARN_ON_ONCE(xas->xa_shift);
		xas_set_err(xas, -EINVAL);
		return NULL;
	}
	return entry ? store_entry(xas, entry) : store_null(xas);
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
	if (!xas_invalid(xas))
		mark_up(xas->xa, xas->xa_node, xas->xa_offset, mark);
}

void xas_clear_mark(const struct xa_state *xas, xa_mark_t mark)
{
	if (!xas_invalid(xas))
		unmark_up(xas->xa, xas->xa_node, xas->xa_offset, mark);
}

void xas_init_marks(const struct xa_state *xas)
{
	struct xarray *xa = xas->xa;
	xa_mark_t mark = XA_MARK_0;

	if (xas_invalid(xas))
		return;
	if (xa_track_free(xa)) {
		mark_up(xa, xas->xa_node, xas->xa_offset, XA_FREE_MARK);
		mark = XA_MARK_1;
	}
	for (; mark <= XA_MARK_MAX; mark++)
		unmark_up(xa, xas->xa_node, xas->xa_offset, mark);
}

void xa_delete_node(struct xa_node *node, xa_update_node_t update)
{
	struct xarray *xa = node->array;
	struct xa_node *parent = xa_parent_locked(xa, node);
	struct xa_state xas = uik_xa_state(xa, 0, 0);

	xas.xa_node = parent;
	xas.xa_offset = node->offset;
	xas.xa_update = update;
	xas_init_marks(&xas);
	if (parent) {
		RCU_INIT_POINTER(parent->slots[node->offset], NULL);
		xa_node_retire_all(node, update);
		count_change(&xas, xa_mk_node(node), NULL);
	} else {
		RCU_INIT_POINTER(xa->xa_head, NULL);
		xa_node_retire_all(node, update);
	}
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
