/* SPDX-License-Identifier: MIT */
/*
 * XArray: the normal API.
 *
 * Loads and searches read under rcu_read_lock() alone; changes are a cursor
 * operation under xa_lock.  A reservation is XA_ZERO_ENTRY in the tree and NULL
 * to callers here.
 */
#include "kit/xarray.h"

static __always_inline void *load_at(const struct xarray *xa,
				     unsigned long index, enum walk_kind kind)
{
	struct xa_node *node;
	unsigned int shift;
	void *entry;

	do {
		entry = read_slot(&xa->xa_head, kind);
		if (!xa_is_node(entry))
			return index ? NULL : entry;
		node = xa_to_node(entry);
		shift = node->shift;
		if (!covers(shift, index))
			return NULL;
		for (; shift; shift -= XA_CHUNK_SHIFT) {
			entry = read_slot(&node->slots[slot_of(index, shift)],
					  kind);
			if (no_way_down(entry))
				break;
			node = xa_to_node(entry);
		}
		if (!shift)
			entry = read_slot(&node->slots[slot_of(index, 0)],
					  kind);
	} while (xa_is_retry(entry));
	return entry;
}

/* Apart, so that the way without points keeps nothing for calls. */
static noinline void *load_watched(struct xarray *xa, unsigned long index)
{
	return load_at(xa, index, WALK_POINTS);
}

void *xa_load(struct xarray *xa, unsigned long index)
{
	void *entry;

	rcu_read_lock();
	/* Hooks come and go only while nobody is in the library. */
	if (likely(!uik_hooks))
		entry = load_at(xa, index, WALK_ACQUIRE);
	else
		entry = load_watched(xa, index);
	rcu_read_unlock();
	return xa_unzero(entry);
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

static noinline void *erase_slowly(struct xarray *xa, unsigned long index)
{
	XA_STATE(xas, xa, index);

	return xa_unzero(xas_store(&xas, NULL));
}

/*
 * Erases what is at @index, if it is @old or @old is NULL.  What was there, and
 * XA_ZERO_ENTRY if that is a reservation.  Without a point: the caller has found
 * no hooks.
 */
static __always_inline void *erase_from(struct xarray *xa, struct xa_node *node,
					unsigned long index, const void *old)
{
	unsigned int shift = node->shift, slot;
	void *entry;

	if (!covers(shift, index))
		return NULL;
	for (; shift; shift -= XA_CHUNK_SHIFT) {
		entry = xa_entry_locked(xa, node, slot_of(index, shift));
		if (!entry)
			return NULL;
		node = xa_to_node(entry);
	}
	slot = slot_of(index, 0);
	entry = xa_entry_locked(xa, node, slot);
	if (!entry || (old && entry != old))
		return entry;
	clear_marks(xa, node, slot, index);
	/* Pairs with the acquire loads of readers. */
	__atomic_store_n(&node->slots[slot], NULL, __ATOMIC_RELEASE);
	node->count--;
	node->nr_values -= xa_is_value(entry);
	if (unlikely(node_spare(node)))
		xa_trim(xa, node);
	return entry;
}

void *__xa_erase(struct xarray *xa, unsigned long index)
{
	void *head = xa_head_locked(xa);

	if (!xa_is_node(head) || unlikely(uik_hooks))
		return erase_slowly(xa, index);
	return xa_unzero(erase_from(xa, xa_to_node(head), index, NULL));
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
	seen = walk_down(&xas, WALK_LOCKED);
	if (seen != old)
		return seen;
	if (!entry) {
		if (seen)
			xas_remove(&xas, seen);
		return seen;
	}
	allow_nodes(&xas, gfp);
	store_taking(&xas, entry);
	return xas_error(&xas) ? (void *)xas.xa_node : seen;
}

void *__xa_cmpxchg(struct xarray *xa, unsigned long index, void *old,
		   void *entry, gfp_t gfp)
{
	void *head = xa_head_locked(xa);

	if (!entry && !uik_none_or_watched((unsigned long)old) &&
	    xa_is_node(head))
		return xa_unzero(erase_from(xa, xa_to_node(head), index, old));
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

static noinline int alloc_slowly(struct xarray *xa, u32 *id, void *entry,
				 struct xa_limit limit, gfp_t gfp)
{
	XA_STATE(xas, xa, limit.min);

	if (limit.min > limit.max || !xas_find_free(&xas, limit.max))
		return -EBUSY;
	allow_nodes(&xas, gfp);
	xas_store(&xas, entry);
	if (xas_error(&xas))
		return xas_error(&xas);
	xas_clear_mark(&xas, XA_FREE_MARK);
	*id = xas.xa_index;
	return 0;
}

int __xa_alloc(struct xarray *xa, u32 *id, void *entry, struct xa_limit limit,
	       gfp_t gfp)
{
	unsigned long index = limit.min;
	void *head = xa_head_locked(xa);
	struct xa_node *node;
	unsigned int slot;

	if (WARN_ON_ONCE(xa_is_advanced(entry)) ||
	    WARN_ON_ONCE(!xa_track_free(xa)))
		return -EINVAL;
	entry = entry ?: XA_ZERO_ENTRY;
	if (!index && xa_zero_busy(xa))
		index = limit.min = 1;
	if (!xa_is_node(head))
		return alloc_slowly(xa, id, entry, limit, gfp);
	node = free_below(xa_to_node(head), &index);
	if (!node || node->shift || index > limit.max)
		return alloc_slowly(xa, id, entry, limit, gfp);
	slot = slot_of(index, 0);
	rcu_assign_pointer(node->slots[slot], entry);
	node->count++;
	node->nr_values += xa_is_value(entry);
	unmark_up(xa, node, slot, XA_FREE_MARK);
	*id = index;
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
		xa_flags_set(xa, xa->xa_flags & ~XA_FLAGS_ALLOC_WRAPPED);
	else
		xa_flags_set(xa, xa->xa_flags | XA_FLAGS_ALLOC_WRAPPED);
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
