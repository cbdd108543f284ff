/* SPDX-License-Identifier: MIT */
/*
 * XArray: the normal API.
 *
 * Loads and searches read under rcu_read_lock() alone; changes are a cursor
 * operation under xa_lock.  A reservation is XA_ZERO_ENTRY in the tree and NULL
 * to callers here.
 */
#include "kit/xarray.h"

void *xa_load(struct xarray *xa, unsigned long index)
{
	struct xa_node *node;
	unsigned int shift;
	void *entry;

	rcu_read_lock();
again:
	entry = xa_head(xa);
	if (!xa_is_node(entry)) {
		entry = index ? NULL : entry;
		goto out;
	}
	node = xa_to_node(entry);
	shift = node->shift;
	if (!covers(shift, index)) {
		entry = NULL;
		goto out;
	}
	while (entry = xa_entry(xa, node, slot_of(index, shift)),
	       shift && xa_is_node(entry)) {
		node = xa_to_node(entry);
		shift -= XA_CHUNK_SHIFT;
	}
	/* One test for both, which are rare. */
	if (unlikely(xa_is_internal(entry))) {
		if (xa_is_retry(entry))
			goto again;
		entry = xa_unzero(entry);
	}
out:
	rcu_read_unlock();
	return entry;
}

/* What a store through the normal API returns. */
static inline void *store_result(const struct xa_state *xas, void *old)
{
	return unlikely(xas_error(xas)) ? (void *)xas->xa_node : xa_unzero(old);
}

static inline void allow_nodes(struct xa_state *xas, gfp_t gfp)
{
	xas->xa_pad = xa_gfp_allows(gfp) ? XAS_TRY : XAS_NEVER;
}

/* Stores, and keeps the free mark right. */
static void *store_taking(struct xa_state *xas, void *entry)
{
	void *old = xas_store(xas, entry);

	if (entry && !old && xa_track_free(xas->xa))
		xas_clear_mark(xas, XA_FREE_MARK);
	return old;
}

void *__xa_store(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp)
{
	XA_STATE(xas, xa, index);

	if (WARN_ON_ONCE(xa_is_advanced(entry)))
		return (void *)XA_ERROR(-EINVAL);
	if (!entry && xa_track_free(xa))
		entry = XA_ZERO_ENTRY;
	allow_nodes(&xas, gfp);
	return store_result(&xas, store_taking(&xas, entry));
}

void *xa_store(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp)
{
	return uik_xa_locked(xa, __xa_store(xa, index, entry, gfp));
}

void *__xa_erase(struct xarray *xa, unsigned long index)
{
	XA_STATE(xas, xa, index);

	return xa_unzero(xas_store(&xas, NULL));
}

void *xa_erase(struct xarray *xa, unsigned long index)
{
	return uik_xa_locked(xa, __xa_erase(xa, index));
}

/* As __xa_cmpxchg(), but reservations show. */
static void *cmpxchg_raw(struct xarray *xa, unsigned long index, void *old,
			 void *entry, gfp_t gfp)
{
	XA_STATE(xas, xa, index);
	void *seen;

	if (WARN_ON_ONCE(xa_is_advanced(entry)))
		return (void *)XA_ERROR(-EINVAL);
	seen = xas_load(&xas);
	if (seen != old)
		return seen;
	allow_nodes(&xas, gfp);
	store_taking(&xas, entry);
	return xas_error(&xas) ? (void *)xas.xa_node : seen;
}

void *__xa_cmpxchg(struct xarray *xa, unsigned long index, void *old,
		   void *entry, gfp_t gfp)
{
	return xa_unzero(cmpxchg_raw(xa, index, old, entry, gfp));
}

int __xa_insert(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp)
{
	void *seen = cmpxchg_raw(xa, index, NULL, entry ?: XA_ZERO_ENTRY, gfp);
	int err = xa_err(seen);

	if (err)
		return err;
	return seen ? -EBUSY : 0;
}

int __xa_alloc(struct xarray *xa, u32 *id, void *entry, struct xa_limit limit,
	       gfp_t gfp)
{
	XA_STATE(xas, xa, limit.min);

	if (WARN_ON_ONCE(xa_is_advanced(entry)) ||
	    WARN_ON_ONCE(!xa_track_free(xa)))
		return -EINVAL;
	if (!limit.min && xa->xa_flags & XA_FLAGS_ZERO_BUSY)
		xas.xa_index = limit.min = 1;
	if (limit.min > limit.max || !xas_find_free(&xas, limit.max))
		return -EBUSY;
	allow_nodes(&xas, gfp);
	xas_store(&xas, entry ?: XA_ZERO_ENTRY);
	if (xas_error(&xas))
		return xas_error(&xas);
	xas_clear_mark(&xas, XA_FREE_MARK);
	*id = xas.xa_index;
	return 0;
}

int __xa_alloc_cyclic(struct xarray *xa, u32 *id, void *entry,
		      struct xa_limit limit, u32 *next, gfp_t gfp)
{
	u32 min = limit.min;
	bool wrapped = xa->xa_flags & XA_FLAGS_ALLOC_WRAPPED;
	int err;

	limit.min = max(min, *next);
	err = __xa_alloc(xa, id, entry, limit, gfp);
	if (err == -EBUSY && limit.min > min) {
		limit.min = min;
		err = __xa_alloc(xa, id, entry, limit, gfp);
		wrapped = true;
	}
	if (err)
		return err;
	*next = *id + 1;
	/* All of u32 is used up: the wrap shows at the next allocation. */
	if (*next)
		xa_flag_clear(xa, XA_FLAGS_ALLOC_WRAPPED);
	else
		xa_flag_set(xa, XA_FLAGS_ALLOC_WRAPPED);
	return wrapped;
}

void __xa_set_mark(struct xarray *xa, unsigned long index, xa_mark_t mark)
{
	XA_STATE(xas, xa, index);

	if (xas_load(&xas))
		xas_set_mark(&xas, mark);
}

void __xa_clear_mark(struct xarray *xa, unsigned long index, xa_mark_t mark)
{
	XA_STATE(xas, xa, index);

	if (xas_load(&xas))
		xas_clear_mark(&xas, mark);
}

void xa_set_mark(struct xarray *xa, unsigned long index, xa_mark_t mark)
{
	xa_lock(xa);
	__xa_set_mark(xa, index, mark);
	xa_unlock(xa);
}

void xa_clear_mark(struct xarray *xa, unsigned long index, xa_mark_t mark)
{
	xa_lock(xa);
	__xa_clear_mark(xa, index, mark);
	xa_unlock(xa);
}

bool xa_get_mark(struct xarray *xa, unsigned long index, xa_mark_t mark)
{
	XA_STATE(xas, xa, index);
	void *entry;
	bool marked;

	rcu_read_lock();
	do {
		xas_reset(&xas);
		entry = xas_load(&xas);
	} while (xa_is_retry(entry));
	marked = entry && xas_get_mark(&xas, mark);
	rcu_read_unlock();
	return marked;
}

/* The next entry that is not a reservation; the cursor is at it. */
static inline void *find_used(struct xa_state *xas, unsigned long max,
			      xa_mark_t filter)
{
	void *entry;

	do {
		if (filter <= XA_MARK_MAX)
			entry = xas_find_marked(xas, max, filter);
		else
			entry = xas_find(xas, max);
	} while (xas_retry(xas, entry));
	return entry;
}

void *xa_find(struct xarray *xa, unsigned long *index, unsigned long max,
	      xa_mark_t filter)
{
	XA_STATE(xas, xa, *index);
	void *entry;

	rcu_read_lock();
	entry = find_used(&xas, max, filter);
	rcu_read_unlock();
	if (entry)
		*index = xas.xa_index;
	return entry;
}

void *xa_find_after(struct xarray *xa, unsigned long *index, unsigned long max,
		    xa_mark_t filter)
{
	unsigned long next = *index + 1;
	void *entry;

	if (!next)
		return NULL;
	entry = xa_find(xa, &next, max, filter);
	if (entry)
		*index = next;
	return entry;
}

unsigned int xa_extract(struct xarray *xa, void **dst, unsigned long start,
			unsigned long max, unsigned int n, xa_mark_t filter)
{
	XA_STATE(xas, xa, start);
	unsigned int count = 0;
	void *entry;

	rcu_read_lock();
	while (count < n && (entry = find_used(&xas, max, filter)))
		dst[count++] = entry;
	rcu_read_unlock();
	return count;
}

void xa_destroy(struct xarray *xa)
{
	xa_lock(xa);
	xa_clear(xa);
	xa_unlock(xa);
}
