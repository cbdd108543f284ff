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

#include <uik/xa_state.h>

#endif
