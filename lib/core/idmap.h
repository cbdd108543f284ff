/* SPDX-License-Identifier: MIT */
/*
 * ID map: small numbers for objects, always the lowest that is free.
 *
 * A number is FREE, RESERVED (taken, shows nothing), LIVE (shows an entry) or
 * DEAD (a tombstone: taken for good, shows nothing).
 *
 *	        reserve            publish             release
 *	FREE ------------> RESERVED --------> LIVE ---------------> FREE
 *	                      |                 |  bury
 *	                      +--> FREE         +-------> DEAD
 *
 * Leaves of 64 numbers, found by the upper bits of a number through one array.
 * The first leaf is part of the map, so a context with few objects needs no
 * memory.  Two levels of bits say which leaves are full.  Leaves at the end
 * are freed when they are empty.
 *
 * Why not an XArray: taking a number and showing its entry are two steps on
 * every object's way, and here neither walks, grows nor frees a tree.
 *
 * The lock is part of the map; functions named _locked want it held, and so
 * does every walk.
 */
#ifndef CORE_IDMAP_H
#define CORE_IDMAP_H

#include <linux/compiler.h>
#include <linux/gfp.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <asm/barrier.h>

#define IDMAP_MAX 0x7fffffffu
#define IDMAP_LEAF_SHIFT 6
#define IDMAP_LEAF_IDS 64u

struct idmap_leaf {
	u64 used;			/* not FREE */
	void *entry[IDMAP_LEAF_IDS];	/* NULL: not LIVE; or IDMAP_DEAD */
};

#define IDMAP_DEAD ((void *)1)

/* More than one leaf: where they are and which are full. */
struct idmap_table {
	u32 room;			/* leaves; a power of two >= 64 */
	u64 *full;			/* a bit a leaf */
	u64 *full_words;		/* a bit a word of @full */
	struct idmap_leaf *leaf[];	/* owned but for the first */
};

struct idmap {
	spinlock_t lock;		/* everything here */
	u32 used;			/* numbers that are not FREE; atomic */
	u32 leaf_count;
	struct idmap_table *table;	/* owned; NULL: one leaf */
	struct idmap_leaf first;
};

/** idmap_init - an empty map; 0 is never given out. */
void idmap_init(struct idmap *map);
/** idmap_fini - forget all numbers, tombstones too. */
void idmap_fini(struct idmap *map);

/* Others may look at the number without the lock. */
static inline void idmap_count_locked(struct idmap *map, int delta)
{
	__atomic_store_n(&map->used, map->used + delta, __ATOMIC_RELAXED);
}

static inline struct idmap_leaf *idmap_leaf(const struct idmap *map, u32 id)
{
	u32 index = id >> IDMAP_LEAF_SHIFT;

	if (likely(!index))
		return (struct idmap_leaf *)&map->first;
	return index < map->leaf_count ? map->table->leaf[index] : NULL;
}

/**
 * idmap_reserve - take the lowest free number.
 *
 * Context: takes the lock; may allocate.  Return: 0; -ENOMEM; -EBUSY none left.
 */
int idmap_reserve(struct idmap *map, u32 *out_id);

#ifdef UIK_ROOM
/*
 * idmap_reserve() in line while there is no table and nobody watches; false: it
 * has to do it.
 */
static inline bool idmap_reserve_quick(struct idmap *map, u32 *out_id)
{
	struct task_struct *task = uik_current_task;
	u64 used;

	if (unlikely(!uik_spin_brief(&map->lock, task)))
		return false;
	used = map->first.used;
	if (unlikely(!~used || map->table)) {
		uik_spin_brief_end(&map->lock, task, NULL);
		return false;
	}
	/* The lowest bit that is clear. */
	__atomic_store_n(&map->first.used, used | (used + 1), __ATOMIC_RELAXED);
	idmap_count_locked(map, 1);
	*out_id = __builtin_ctzll(~used);
	uik_spin_brief_end(&map->lock, task, NULL);
	return true;
}
#endif

/* idmap_release_locked() without its points, while there is no table. */
static inline void idmap_release_quick_locked(struct idmap *map, u32 id)
{
	/* Nothing is shown before the number can be taken again. */
	__atomic_store_n(&map->first.entry[id], NULL, __ATOMIC_RELAXED);
	__atomic_store_n(&map->first.used, map->first.used & ~(1ull << id),
			 __ATOMIC_RELEASE);
	idmap_count_locked(map, -1);
}

/** idmap_raw_locked - entry of a LIVE number, IDMAP_DEAD, or NULL. */
static inline void *idmap_raw_locked(const struct idmap *map, u32 id)
{
	struct idmap_leaf *leaf = idmap_leaf(map, id);

	/* Pairs with the release in idmap_publish(). */
	return leaf ? smp_load_acquire(&leaf->entry[id % IDMAP_LEAF_IDS]) :
		      NULL;
}

/** idmap_load_locked - entry of a LIVE number, or NULL. */
static inline void *idmap_load_locked(const struct idmap *map, u32 id)
{
	void *entry = idmap_raw_locked(map, id);

	return likely((unsigned long)entry > (unsigned long)IDMAP_DEAD) ?
		       entry : NULL;
}

/** idmap_peek_locked - idmap_load_locked() without its point. */
static inline void *idmap_peek_locked(const struct idmap *map, u32 id)
{
	struct idmap_leaf *leaf = idmap_leaf(map, id);
	void *entry = leaf ? __atomic_load_n(&leaf->entry[id % IDMAP_LEAF_IDS],
					     __ATOMIC_ACQUIRE) :
			     NULL;

	return likely((unsigned long)entry > (unsigned long)IDMAP_DEAD) ?
		       entry : NULL;
}

/** idmap_is_reserved_locked - whether a number is RESERVED. */
static inline bool idmap_is_reserved_locked(const struct idmap *map, u32 id)
{
	struct idmap_leaf *leaf = idmap_leaf(map, id);

	return leaf && READ_ONCE(leaf->used) >> id % IDMAP_LEAF_IDS & 1 &&
	       !READ_ONCE(leaf->entry[id % IDMAP_LEAF_IDS]);
}

bool idmap_publish_slow(struct idmap *map, u32 id, void *entry);

/**
 * idmap_publish - RESERVED to LIVE; false: it was not RESERVED.
 *
 * Only who has reserved a number touches it until then, and the first leaf
 * stays where it is, so that no lock is needed there.
 */
static inline bool idmap_publish(struct idmap *map, u32 id, void *entry)
{
	if (unlikely(id >= IDMAP_LEAF_IDS))
		return idmap_publish_slow(map, id, entry);
	if (unlikely(!idmap_is_reserved_locked(map, id)))
		return false;
	/* All that was built is seen by who finds the entry. */
	smp_store_release(&map->first.entry[id], entry);
	return true;
}
/* idmap_publish() when nobody watches; false: it has to do it. */
static inline bool idmap_publish_quick(struct idmap *map, u32 id, void *entry)
{
	if (id >= IDMAP_LEAF_IDS ||
	    uik_some_or_watched((unsigned long)map->first.entry[id]) ||
	    !(READ_ONCE_NOCHECK(map->first.used) >> id & 1))
		return false;
	__atomic_store_n(&map->first.entry[id], entry, __ATOMIC_RELEASE);
	return true;
}

/** idmap_unreserve - RESERVED to FREE; false: it was not RESERVED. */
bool idmap_unreserve(struct idmap *map, u32 id);

/** idmap_bury_locked - LIVE to DEAD. */
void idmap_bury_locked(struct idmap *map, u32 id);
/**
 * idmap_release_locked - LIVE to FREE.
 *
 * Return: memory to be given to idmap_free() once the lock is dropped.
 */
void *idmap_release_locked(struct idmap *map, u32 id);
void idmap_free_slow(void *memory);

/** idmap_free - what idmap_release_locked() gave; NULL is fine. */
static inline void idmap_free(void *memory)
{
	if (unlikely(memory))
		idmap_free_slow(memory);
}

/** idmap_is_empty - whether every number is FREE; locked, or nobody is there. */
static inline bool idmap_is_empty(const struct idmap *map)
{
	return !map->used;
}

/**
 * idmap_next_locked - the first LIVE entry at or after *@id.
 *
 * Return: it, and its number in *@id; NULL if there is none.
 */
void *idmap_next_locked(const struct idmap *map, u32 *id);

/*
 * Walks LIVE entries in ascending order.  The lock is held, or nobody else is
 * there; the body may release the current number, or drop and retake the lock.
 */
#define idmap_for_each(map, id, entry_) \
	for ((id) = 1; ((entry_) = idmap_next_locked((map), &(id))); (id)++)

#endif
