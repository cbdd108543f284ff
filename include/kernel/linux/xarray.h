/* SPDX-License-Identifier: MIT */
/*
 * XArray: a sparse array of pointers, indexed by unsigned long.
 *
 * What it is: a tree of nodes with 64 slots.  Entries at neighbouring indices
 * share a node: about 9 bytes an entry when dense.  An array whose only entry
 * is at index 0 is just its head.  Each entry can carry three marks, by which
 * entries are found without looking at the others.
 *
 * Entries, by their two lowest bits:
 *   00  a pointer, or NULL for absent
 *   x1  a value: an integer of 63 bits, xa_mk_value()
 *   10  internal: zero entry (a reservation), retry entry, error, node.  A
 *       pointer that looks so (to an odd half-word, say) may be stored and
 *       comes back unharmed; it costs a node even at index 0.
 * NULL, a reservation and an error of the normal API never collide:
 * xa_store() returns the old entry or one for which xa_is_err() holds.
 *
 * Normal API, xa_: one call is one atomic operation.  Loads, searches and
 * xa_get_mark() take no lock and may run against any change; everything else
 * takes xa_lock itself.  The __xa_ forms are called with xa_lock held and do
 * not drop it.  The _bh and _irq forms are the same here as the plain ones.
 * Reservations read as NULL.
 *
 * Advanced API, xas_: a struct xa_state is a cursor on the caller's stack.
 * The caller locks (xas_lock() to change, rcu_read_lock() to read), sees
 * reservations and, when it reads without the lock, retry entries.
 *
 * Memory: a store either has all the nodes it needs, or changes nothing and
 * reports -ENOMEM.  With the normal API @gfp says whether nodes may be had:
 * flags that neither allow sleeping nor are urgent (GFP_NOWAIT, 0) only do
 * for slots that exist, such as reserved ones; harsher than the kernel, where
 * GFP_NOWAIT merely may fail.  Each node is one failure point.  Differences
 * from the kernel: entries of more than one index do not exist
 * (CONFIG_XARRAY_MULTI), and no lock is dropped to allocate.
 *
 * Vocabulary: a node's shift is what its slots' indices are shifted by; a leaf
 * has shift 0.  A head entry is one kept in xa_head without any node.
 *
 * Lock order: xa_lock is innermost; only the slab and RCU are called under it,
 * and the update callback of a state.
 */
#ifndef UIK_LINUX_XARRAY_H
#define UIK_LINUX_XARRAY_H

#include <linux/bitmap.h>
#include <linux/bug.h>
#include <linux/compiler.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/kconfig.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <uik/abi.h>

/* ---- Entries ---- */

/** xa_mk_value - the entry that stores integer @v.
 *
 * @v above LONG_MAX does not fit: WARN, and its top bit is lost.
 */
static inline void *xa_mk_value(unsigned long v)
{
	WARN_ON((long)v < 0);
	return (void *)((v << 1) | 1);
}

/** xa_to_value - the integer of a value entry. */
static inline unsigned long xa_to_value(const void *entry)
{
	return (unsigned long)entry >> 1;
}

/** xa_is_value - whether an entry is a value. */
static inline bool xa_is_value(const void *entry)
{
	return (unsigned long)entry & 1;
}

/** xa_tag_pointer - a pointer aligned to 4 with a tag of 0, 1 or 3. */
static inline void *xa_tag_pointer(void *p, unsigned long tag)
{
	return (void *)((unsigned long)p | tag);
}

/** xa_untag_pointer - the pointer of such an entry. */
static inline void *xa_untag_pointer(void *entry)
{
	return (void *)((unsigned long)entry & ~3ul);
}

/** xa_pointer_tag - its tag. */
static inline unsigned int xa_pointer_tag(void *entry)
{
	return (unsigned long)entry & 3;
}

/* Internal entries: small numbers are special, large ones are nodes. */
static inline void *xa_mk_internal(unsigned long v)
{
	return (void *)((v << 2) | 2);
}

static inline unsigned long xa_to_internal(const void *entry)
{
	return (unsigned long)entry >> 2;
}

/** xa_is_internal - whether an entry has the internal pattern. */
static inline bool xa_is_internal(const void *entry)
{
	return ((unsigned long)entry & 3) == 2;
}

/* A slot left behind: whoever reads it starts again from the head. */
#define XA_RETRY_ENTRY xa_mk_internal(256)
/* A reservation: reads as NULL through the normal API. */
#define XA_ZERO_ENTRY xa_mk_internal(257)

/** xa_is_zero - whether an entry is a reservation. */
static inline bool xa_is_zero(const void *entry)
{
	return unlikely(entry == XA_ZERO_ENTRY);
}

/** xa_is_retry - whether an entry asks the reader to start again. */
static inline bool xa_is_retry(const void *entry)
{
	return unlikely(entry == XA_RETRY_ENTRY);
}

/** xa_is_err - whether a result of the normal API is an error. */
static inline bool xa_is_err(const void *entry)
{
	return unlikely(xa_is_internal(entry) &&
			entry >= xa_mk_internal(-MAX_ERRNO));
}

/** xa_err - the negative errno of a result, 0 if it is none. */
static inline int xa_err(void *entry)
{
	return xa_is_err(entry) ? (long)entry >> 2 : 0;
}

/* Entries that nobody may store: what is reserved for the tree itself. */
static inline bool xa_is_advanced(const void *entry)
{
	return xa_is_internal(entry) && entry <= XA_RETRY_ENTRY;
}

/* ---- The array ---- */

/** struct xa_limit - allowed indices of an allocation, both inclusive. */
struct xa_limit {
	u32 max;
	u32 min;
};

#define XA_LIMIT(_min, _max) (struct xa_limit) { .min = _min, .max = _max }
#define xa_limit_32b XA_LIMIT(0, UINT_MAX)
#define xa_limit_31b XA_LIMIT(0, INT_MAX)
#define xa_limit_16b XA_LIMIT(0, USHRT_MAX)

typedef unsigned int xa_mark_t;
#define XA_MARK_0 ((xa_mark_t)0U)
#define XA_MARK_1 ((xa_mark_t)1U)
#define XA_MARK_2 ((xa_mark_t)2U)
/* As a search filter: any entry. */
#define XA_PRESENT ((xa_mark_t)8U)
#define XA_MARK_MAX XA_MARK_2
/* In an allocating array mark 0 says: free, or free ones below. */
#define XA_FREE_MARK XA_MARK_0

enum xa_lock_type {
	XA_LOCK_IRQ = 1,
	XA_LOCK_BH = 2,
};

#define XA_FLAGS_LOCK_IRQ ((gfp_t)XA_LOCK_IRQ)
#define XA_FLAGS_LOCK_BH ((gfp_t)XA_LOCK_BH)
/* Keeps the free marks that xa_alloc() needs. */
#define XA_FLAGS_TRACK_FREE ((gfp_t)4U)
/* Index 0 is never free. */
#define XA_FLAGS_ZERO_BUSY ((gfp_t)8U)
/* The next cyclic allocation is the first after a wrap. */
#define XA_FLAGS_ALLOC_WRAPPED ((gfp_t)16U)
#define XA_FLAGS_ACCOUNT ((gfp_t)32U)
#define XA_FLAGS_MARK(mark) ((gfp_t)((1U << __GFP_BITS_SHIFT) << (mark)))

/* An array that xa_alloc() may be used on; ALLOC1 gives out no 0. */
#define XA_FLAGS_ALLOC (XA_FLAGS_TRACK_FREE | XA_FLAGS_MARK(XA_FREE_MARK))
#define XA_FLAGS_ALLOC1 (XA_FLAGS_TRACK_FREE | XA_FLAGS_ZERO_BUSY)

/**
 * struct xarray - the anchor, in the user's memory.
 * @xa_lock: protects everything but loads
 * @xa_flags: XA_FLAGS_, and which marks some entry has
 * @xa_head: NULL, the head entry, or the root node; owned
 */
struct xarray {
	spinlock_t xa_lock;
	gfp_t xa_flags;
	void __rcu *xa_head;
};

#define XARRAY_INIT(name, flags) { \
	.xa_lock = __SPIN_LOCK_UNLOCKED(name.xa_lock), \
	.xa_flags = flags, \
	.xa_head = NULL, \
}

/* Static definitions. */
#define DEFINE_XARRAY_FLAGS(name, flags) \
	struct xarray name = XARRAY_INIT(name, flags)
#define DEFINE_XARRAY(name) DEFINE_XARRAY_FLAGS(name, 0)
#define DEFINE_XARRAY_ALLOC(name) DEFINE_XARRAY_FLAGS(name, XA_FLAGS_ALLOC)
#define DEFINE_XARRAY_ALLOC1(name) DEFINE_XARRAY_FLAGS(name, XA_FLAGS_ALLOC1)

/** xa_init_flags - an empty array; @flags: XA_FLAGS_.  Each use of it is a
 * lock class of its own.
 */
#define xa_init_flags(xa, flags) \
	do { \
		struct xarray *uik_xa = (xa); \
		spin_lock_init(&uik_xa->xa_lock); \
		uik_xa->xa_flags = (flags); \
		uik_xa->xa_head = NULL; \
	} while (0)
#define xa_init(xa) xa_init_flags(xa, 0)

/** xa_empty - whether nothing is stored, reservations included. */
static inline bool xa_empty(const struct xarray *xa)
{
	return READ_ONCE(xa->xa_head) == NULL;
}

/** xa_marked - whether any entry has @mark. */
static inline bool xa_marked(const struct xarray *xa, xa_mark_t mark)
{
	return READ_ONCE(xa->xa_flags) & XA_FLAGS_MARK(mark);
}

#define xa_trylock(xa) spin_trylock(&(xa)->xa_lock)
#define xa_lock(xa) spin_lock(&(xa)->xa_lock)
#define xa_unlock(xa) spin_unlock(&(xa)->xa_lock)
#define xa_lock_bh(xa) spin_lock_bh(&(xa)->xa_lock)
#define xa_unlock_bh(xa) spin_unlock_bh(&(xa)->xa_lock)
#define xa_lock_irq(xa) spin_lock_irq(&(xa)->xa_lock)
#define xa_unlock_irq(xa) spin_unlock_irq(&(xa)->xa_lock)
#define xa_lock_irqsave(xa, flags) spin_lock_irqsave(&(xa)->xa_lock, flags)
#define xa_unlock_irqrestore(xa, flags) \
	spin_unlock_irqrestore(&(xa)->xa_lock, flags)
#define xa_lock_nested(xa, subclass) \
	spin_lock_nested(&(xa)->xa_lock, subclass)
#define xa_lock_bh_nested(xa, subclass) xa_lock_nested(xa, subclass)
#define xa_lock_irq_nested(xa, subclass) xa_lock_nested(xa, subclass)
#define xa_lock_irqsave_nested(xa, flags, subclass) \
	spin_lock_irqsave_nested(&(xa)->xa_lock, flags, subclass)

/* ---- Normal API without a lock.  Context: any; not blocking ---- */

/** xa_load - the entry at @index; NULL if absent or reserved. */
void *xa_load(struct xarray *xa, unsigned long index) __uik(xa_load);

/**
 * xa_find - the first entry at or after *@index.
 * @index: in: where to begin; out: where it is, unchanged if there is none
 * @max: last index looked at
 * @filter: a mark, or XA_PRESENT
 *
 * Return: the entry, NULL if there is none.  Reservations do not count.
 */
void *xa_find(struct xarray *xa, unsigned long *index, unsigned long max,
	      xa_mark_t filter) __uik(xa_find);
/** xa_find_after - as xa_find(), beginning after *@index. */
void *xa_find_after(struct xarray *xa, unsigned long *index, unsigned long max,
		    xa_mark_t filter) __uik(xa_find_after);

/**
 * xa_extract - copy entries out.
 * @dst: room for @n entries; borrowed
 * @start, @max: range of indices, inclusive
 * @filter: a mark, or XA_PRESENT
 *
 * Not atomic as a whole.  Return: how many there were, at most @n.
 */
unsigned int xa_extract(struct xarray *xa, void **dst, unsigned long start,
			unsigned long max, unsigned int n, xa_mark_t filter)
	__uik(xa_extract);

/** xa_get_mark - whether the entry at @index has @mark. */
bool xa_get_mark(struct xarray *xa, unsigned long index, xa_mark_t mark)
	__uik(xa_get_mark);

/** xa_get_order - log2 of how many indices the entry spans: 0. */
static inline int xa_get_order(struct xarray *xa, unsigned long index)
{
	return 0;
}

/* ---- Normal API that takes xa_lock.  Context: any, xa_lock not held ---- */

/**
 * xa_store - put @entry at @index.
 * @entry: NULL erases, but reserves in an allocating array
 *
 * Marks of a replaced entry stay, those of an erased one go.
 * Return: what was there (NULL for a reservation), or an error entry:
 * -EINVAL @entry cannot be stored (WARN); -ENOMEM.
 */
void *xa_store(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp)
	__uik(xa_store);

/** xa_erase - remove the entry at @index; a reservation too.
 *
 * Return: what was there, NULL for a reservation.  Never fails.
 */
void *xa_erase(struct xarray *xa, unsigned long index) __uik(xa_erase);

/** xa_set_mark - mark the entry at @index; nothing if there is none. */
void xa_set_mark(struct xarray *xa, unsigned long index, xa_mark_t mark)
	__uik(xa_set_mark);
/** xa_clear_mark - undo xa_set_mark(). */
void xa_clear_mark(struct xarray *xa, unsigned long index, xa_mark_t mark)
	__uik(xa_clear_mark);

/** xa_destroy - remove all entries; the array stays usable. */
void xa_destroy(struct xarray *xa) __uik(xa_destroy);

/* ---- Normal API under xa_lock, which is not dropped ---- */

/** __xa_store - as xa_store(). */
void *__xa_store(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp)
	__uik(__xa_store);
/** __xa_erase - as xa_erase(). */
void *__xa_erase(struct xarray *xa, unsigned long index) __uik(__xa_erase);

/**
 * __xa_cmpxchg - store @entry if @old is there.
 * @old: NULL matches absence only, XA_ZERO_ENTRY a reservation
 * @entry: NULL erases, in an allocating array too
 *
 * Return: what was there, NULL for a reservation: stored if that is @old.
 * Or an error entry: -EINVAL (WARN), -ENOMEM.
 */
void *__xa_cmpxchg(struct xarray *xa, unsigned long index, void *old,
		   void *entry, gfp_t gfp) __uik(__xa_cmpxchg);

/**
 * __xa_insert - store @entry where nothing is.
 * @entry: NULL reserves
 *
 * Return: 0; -EBUSY something or a reservation is there; -EINVAL (WARN);
 * -ENOMEM.
 */
int __xa_insert(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp)
	__uik(__xa_insert);

/**
 * __xa_alloc - store @entry at the lowest free index.
 * @id: where it is stored; unchanged on failure
 * @entry: NULL reserves
 * @limit: allowed indices
 *
 * Only on XA_FLAGS_ALLOC or ALLOC1 arrays.
 * Return: 0; -EBUSY none is free or min > max; -EINVAL (WARN); -ENOMEM.
 */
int __xa_alloc(struct xarray *xa, u32 *id, void *entry, struct xa_limit limit,
	       gfp_t gfp) __uik(__xa_alloc);

/**
 * __xa_alloc_cyclic - store @entry at the next free index.
 * @next: where to begin, kept by the caller, initially 0; set to *@id + 1
 *
 * Begins again at @limit.min after @limit.max.
 * Return: 1 if it did, 0 if not; errors as __xa_alloc().
 */
int __xa_alloc_cyclic(struct xarray *xa, u32 *id, void *entry,
		      struct xa_limit limit, u32 *next, gfp_t gfp)
	__uik(__xa_alloc_cyclic);

/** __xa_set_mark, __xa_clear_mark - as the forms without underscores. */
void __xa_set_mark(struct xarray *xa, unsigned long index, xa_mark_t mark)
	__uik(__xa_set_mark);
void __xa_clear_mark(struct xarray *xa, unsigned long index, xa_mark_t mark)
	__uik(__xa_clear_mark);

/* ---- The same operations with the lock around them ---- */

#define uik_xa_locked(xa, call) \
	({ \
		xa_lock(xa); \
		typeof(call) uik_result = (call); \
		xa_unlock(xa); \
		uik_result; \
	})

static inline void *xa_cmpxchg(struct xarray *xa, unsigned long index,
			       void *old, void *entry, gfp_t gfp)
{
	return uik_xa_locked(xa, __xa_cmpxchg(xa, index, old, entry, gfp));
}

static inline int __must_check xa_insert(struct xarray *xa, unsigned long index,
					 void *entry, gfp_t gfp)
{
	return uik_xa_locked(xa, __xa_insert(xa, index, entry, gfp));
}

static inline __must_check int xa_alloc(struct xarray *xa, u32 *id, void *entry,
					struct xa_limit limit, gfp_t gfp)
{
	return uik_xa_locked(xa, __xa_alloc(xa, id, entry, limit, gfp));
}

/* As __xa_alloc_cyclic(), but 0 after a wrap too. */
static inline int xa_alloc_cyclic(struct xarray *xa, u32 *id, void *entry,
				  struct xa_limit limit, u32 *next, gfp_t gfp)
{
	int err = uik_xa_locked(xa, __xa_alloc_cyclic(xa, id, entry, limit,
						      next, gfp));

	return err < 0 ? err : 0;
}

/** xa_reserve - make a later store at @index need no memory.
 *
 * Nothing happens if something is there.  Return: 0, -ENOMEM.
 */
static inline __must_check int xa_reserve(struct xarray *xa,
					  unsigned long index, gfp_t gfp)
{
	int err = xa_insert(xa, index, NULL, gfp);

	return err == -EBUSY ? 0 : err;
}

/** xa_release - give up a reservation; nothing if it has been used. */
static inline void xa_release(struct xarray *xa, unsigned long index)
{
	xa_cmpxchg(xa, index, XA_ZERO_ENTRY, NULL, 0);
}

/* Interrupts are threads here, so these forms do what the plain ones do. */
#define xa_store_bh(xa, index, entry, gfp) xa_store(xa, index, entry, gfp)
#define xa_store_irq(xa, index, entry, gfp) xa_store(xa, index, entry, gfp)
#define xa_erase_bh(xa, index) xa_erase(xa, index)
#define xa_erase_irq(xa, index) xa_erase(xa, index)
#define xa_cmpxchg_bh(xa, index, old, entry, gfp) \
	xa_cmpxchg(xa, index, old, entry, gfp)
#define xa_cmpxchg_irq(xa, index, old, entry, gfp) \
	xa_cmpxchg(xa, index, old, entry, gfp)
#define xa_insert_bh(xa, index, entry, gfp) xa_insert(xa, index, entry, gfp)
#define xa_insert_irq(xa, index, entry, gfp) xa_insert(xa, index, entry, gfp)
#define xa_alloc_bh(xa, id, entry, limit, gfp) \
	xa_alloc(xa, id, entry, limit, gfp)
#define xa_alloc_irq(xa, id, entry, limit, gfp) \
	xa_alloc(xa, id, entry, limit, gfp)
#define xa_alloc_cyclic_bh(xa, id, entry, limit, next, gfp) \
	xa_alloc_cyclic(xa, id, entry, limit, next, gfp)
#define xa_alloc_cyclic_irq(xa, id, entry, limit, next, gfp) \
	xa_alloc_cyclic(xa, id, entry, limit, next, gfp)
#define xa_reserve_bh(xa, index, gfp) xa_reserve(xa, index, gfp)
#define xa_reserve_irq(xa, index, gfp) xa_reserve(xa, index, gfp)

/*
 * Walks over present entries in order of index, from @start to @last.  The
 * body may do anything to the array.  @index is set even if the loop is empty.
 * O(n log n); for long dense walks use xas_for_each().
 */
#define uik_xa_walk(xa, index, entry, start, last, filter) \
	for (index = (start), entry = xa_find(xa, &index, last, filter); \
	     entry; entry = xa_find_after(xa, &index, last, filter))
#define xa_for_each_range(xa, index, entry, start, last) \
	uik_xa_walk(xa, index, entry, start, last, XA_PRESENT)
#define xa_for_each_start(xa, index, entry, start) \
	xa_for_each_range(xa, index, entry, start, ULONG_MAX)
#define xa_for_each(xa, index, entry) xa_for_each_start(xa, index, entry, 0)
#define xa_for_each_marked(xa, index, entry, filter) \
	uik_xa_walk(xa, index, entry, 0, ULONG_MAX, filter)

/* ---- The tree ---- */

#ifndef XA_CHUNK_SHIFT
#define XA_CHUNK_SHIFT 6
#endif
#define XA_CHUNK_SIZE (1UL << XA_CHUNK_SHIFT)
#define XA_CHUNK_MASK (XA_CHUNK_SIZE - 1)
#define XA_MAX_MARKS 3
#define XA_MARK_LONGS BITS_TO_LONGS(XA_CHUNK_SIZE)

/**
 * struct xa_node - one node of the tree.
 * @shift: of its slots' indices; fixed
 * @offset: slot of the parent it is in; fixed
 * @count: slots that are not NULL
 * @nr_values: slots that hold values
 * @parent: NULL for the root; borrowed
 * @array: whose it is; borrowed
 * @private_list: for the user's update callback; must be empty when the node
 *	has become empty and the callback has returned
 * @rcu_head: used once the node is out of the tree
 * @marks: per mark one bit a slot
 * @slots: entries in a leaf; NULL or nodes elsewhere; XA_RETRY_ENTRY where
 *	something was when the node was taken out of the tree
 *
 * count, nr_values and private_list belong to the lock holder.
 */
struct xa_node {
	unsigned char shift;
	unsigned char offset;
	unsigned char count;
	unsigned char nr_values;
	struct xa_node __rcu *parent;
	struct xarray *array;
	union {
		struct list_head private_list;
		struct rcu_head rcu_head;
	};
	union {
		unsigned long tags[XA_MAX_MARKS][XA_MARK_LONGS];
		unsigned long marks[XA_MAX_MARKS][XA_MARK_LONGS];
	};
	void __rcu *slots[XA_CHUNK_SIZE];
};

/* Prints the tree, or one node, by printk.  Context: xa_lock or no writers. */
void xa_dump(const struct xarray *xa) __uik(xa_dump);
void xa_dump_node(const struct xa_node *node) __uik(xa_dump_node);

#ifdef XA_DEBUG
#define XA_BUG_ON(xa, x) \
	do { \
		if (x) { \
			xa_dump(xa); \
			BUG(); \
		} \
	} while (0)
#define XA_NODE_BUG_ON(node, x) \
	do { \
		if (x) { \
			if (node) \
				xa_dump_node(node); \
			BUG(); \
		} \
	} while (0)
#else
#define XA_BUG_ON(xa, x) do { } while (0)
#define XA_NODE_BUG_ON(node, x) do { } while (0)
#endif

/* Reads for lock-free readers (acquire), and _locked ones for the holder. */
static inline void *xa_head(const struct xarray *xa)
{
	return smp_load_acquire(&xa->xa_head);
}

static inline void *xa_head_locked(const struct xarray *xa)
{
	return __atomic_load_n(&xa->xa_head, __ATOMIC_RELAXED);
}

static inline void *xa_entry(const struct xarray *xa,
			     const struct xa_node *node, unsigned int offset)
{
	XA_NODE_BUG_ON(node, offset >= XA_CHUNK_SIZE);
	return smp_load_acquire(&node->slots[offset]);
}

static inline void *xa_entry_locked(const struct xarray *xa,
				    const struct xa_node *node,
				    unsigned int offset)
{
	XA_NODE_BUG_ON(node, offset >= XA_CHUNK_SIZE);
	return __atomic_load_n(&node->slots[offset], __ATOMIC_RELAXED);
}

static inline struct xa_node *xa_parent(const struct xarray *xa,
					const struct xa_node *node)
{
	return smp_load_acquire(&node->parent);
}

static inline struct xa_node *xa_parent_locked(const struct xarray *xa,
					       const struct xa_node *node)
{
	return __atomic_load_n(&node->parent, __ATOMIC_RELAXED);
}

/* How a node looks in a slot. */
static inline void *xa_mk_node(const struct xa_node *node)
{
	return (void *)((unsigned long)node | 2);
}

static inline struct xa_node *xa_to_node(const void *entry)
{
	return (struct xa_node *)((unsigned long)entry - 2);
}

/* In a head or above a leaf; in a leaf the same bits are a user's pointer. */
static inline bool xa_is_node(const void *entry)
{
	return xa_is_internal(entry) && (unsigned long)entry > 4096;
}

/* Slots of an entry with many indices; there are none. */
static inline bool xa_is_sibling(const void *entry)
{
	return false;
}

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
