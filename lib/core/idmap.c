// SPDX-License-Identifier: MIT
/*
 * The ID map: leaves of 64 numbers and the bits that say where one is free.
 *
 * Invariants:
 *   - number 0 is DEAD and does not count;
 *   - an entry is set only where used is;
 *   - full and full_words say exactly which leaves and words are full; beyond
 *     leaf_count their bits are clear;
 *   - the last leaf is not empty, unless it is the first.
 */
#include "core/idmap.h"

#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <uik/history.h>

#define WORD_BITS 64u
#define LEAVES_MAX ((IDMAP_MAX >> IDMAP_LEAF_SHIFT) + 1)

void idmap_init(struct idmap *map)
{
	spin_lock_init(&map->lock);
	map->used = 0;
	map->leaf_count = 1;
	map->table = NULL;
	map->first = (struct idmap_leaf){ .used = 1, .entry = { IDMAP_DEAD } };
}

static void table_free(struct idmap_table *table)
{
	if (!table)
		return;
	kvfree(table->full);
	kvfree(table->full_words);
	kvfree(table);
}

void idmap_fini(struct idmap *map)
{
	for (u32 i = 1; i < map->leaf_count; i++)
		kfree(map->table->leaf[i]);
	table_free(map->table);
	map->used = 0;
	map->leaf_count = 1;
	map->table = NULL;
	map->first = (struct idmap_leaf){ .used = 1, .entry = { IDMAP_DEAD } };
}

/* ---- which leaves are full ---- */

static void mark_full(struct idmap_table *table, u32 index)
{
	u32 word = index / WORD_BITS;

	table->full[word] |= 1ull << index % WORD_BITS;
	if (!~table->full[word])
		table->full_words[word / WORD_BITS] |= 1ull << word % WORD_BITS;
}

static void mark_not_full(struct idmap_table *table, u32 index)
{
	u32 word = index / WORD_BITS;

	table->full[word] &= ~(1ull << index % WORD_BITS);
	table->full_words[word / WORD_BITS] &= ~(1ull << word % WORD_BITS);
}

/* The first leaf with room; leaf_count if all are full. */
static u32 first_with_room(const struct idmap *map)
{
	const struct idmap_table *table = map->table;
	u32 words, upper = 0, word;

	if (~map->first.used)
		return 0;
	if (!table)
		return map->leaf_count;
	words = (table->room + WORD_BITS - 1) / WORD_BITS;
	while (upper * WORD_BITS < words && !~table->full_words[upper])
		upper++;
	if (upper * WORD_BITS >= words)
		return map->leaf_count;
	word = upper * WORD_BITS + __builtin_ctzll(~table->full_words[upper]);
	if (word >= words)
		return map->leaf_count;
	/* Bits beyond the last leaf are clear: it may be one of them. */
	return min(word * WORD_BITS +
			   (u32)__builtin_ctzll(~table->full[word]),
		   map->leaf_count);
}

/* ---- growing ---- */

static struct idmap_table *table_new(u32 room)
{
	u32 words = (room + WORD_BITS - 1) / WORD_BITS;
	struct idmap_table *table =
		kvzalloc_flex(*table, leaf, room, GFP_KERNEL_ACCOUNT);

	if (!table)
		return NULL;
	table->room = room;
	table->full = kvzalloc_objs(u64, words, GFP_KERNEL_ACCOUNT);
	table->full_words = kvzalloc_objs(u64, (words + WORD_BITS - 1) /
						       WORD_BITS,
					  GFP_KERNEL_ACCOUNT);
	if (table->full && table->full_words)
		return table;
	table_free(table);
	return NULL;
}

/* @table takes over what the old one says; the old one, to be freed. */
static struct idmap_table *table_replace_locked(struct idmap *map,
						struct idmap_table *table)
{
	struct idmap_table *old = map->table;

	table->leaf[0] = &map->first;
	for (u32 i = 1; i < map->leaf_count; i++)
		table->leaf[i] = old->leaf[i];
	for (u32 i = 0; i < map->leaf_count; i++)
		if (!~table->leaf[i]->used)
			mark_full(table, i);
	map->table = table;
	return old;
}

static bool table_is_full(const struct idmap *map)
{
	return !map->table || map->leaf_count == map->table->room;
}

/*
 * One more leaf after the first @count, unless another thread was faster: 0,
 * -ENOMEM or -EBUSY.
 */
static int grow(struct idmap *map, u32 count)
{
	struct idmap_table *table = NULL;
	struct idmap_leaf *leaf;

	if (count >= LEAVES_MAX)
		return -EBUSY;
	leaf = kzalloc_obj(*leaf, GFP_KERNEL_ACCOUNT);
	if (!leaf)
		return -ENOMEM;
	/* Rooms are powers of two from 64: this count fills its table. */
	if (count == 1 || (count >= WORD_BITS && !(count & (count - 1)))) {
		table = table_new(count == 1 ? WORD_BITS : 2 * count);
		if (!table) {
			kfree(leaf);
			return -ENOMEM;
		}
	}
	spin_lock(&map->lock);
	if (map->leaf_count == count) {
		if (table_is_full(map) && table)
			table = table_replace_locked(map, table);
		if (!table_is_full(map)) {
			map->table->leaf[map->leaf_count++] = leaf;
			leaf = NULL;
		}
	}
	spin_unlock(&map->lock);
	kfree(leaf);
	table_free(table);
	return 0;
}

static bool reserve_locked(struct idmap *map, u32 *out_id)
{
	u32 index, bit;
	struct idmap_leaf *leaf;

	index = first_with_room(map);
	if (index >= map->leaf_count)
		return false;
	leaf = index ? map->table->leaf[index] : &map->first;
	bit = __builtin_ctzll(~leaf->used);
	WRITE_ONCE(leaf->used, leaf->used | 1ull << bit);
	if (unlikely(!~leaf->used) && map->table)
		mark_full(map->table, index);
	idmap_count_locked(map, 1);
	*out_id = index * IDMAP_LEAF_IDS + bit;
	return true;
}

int idmap_reserve(struct idmap *map, u32 *out_id)
{
	for (;;) {
		bool found;
		u32 count;
		int ret;

		uik_map_begin(map, UIK_MAP_RESERVE, 0, NULL);
		spin_lock(&map->lock);
		found = reserve_locked(map, out_id);
		count = map->leaf_count;
		spin_unlock(&map->lock);
		uik_map_done(map, UIK_MAP_RESERVE, *out_id, NULL, !found);
		if (likely(found))
			return 0;
		ret = grow(map, count);
		if (ret)
			return ret;
	}
}

/* ---- shrinking ---- */

/*
 * What becomes free is handed back in one chain through the leaves' used words
 * and at its end perhaps the table; see idmap_free_slow().
 */
struct garbage {
	struct garbage *next;
	struct idmap_table *table;
};

_Static_assert(sizeof(struct garbage) <= sizeof(struct idmap_leaf),
	       "garbage lives in a leaf");

static struct garbage *trim_locked(struct idmap *map)
{
	struct garbage *chain = NULL;

	while (map->leaf_count > 1 &&
	       !map->table->leaf[map->leaf_count - 1]->used) {
		struct garbage *leaf =
			(void *)map->table->leaf[--map->leaf_count];

		*leaf = (struct garbage){ .next = chain };
		chain = leaf;
	}
	if (chain && map->leaf_count == 1) {
		chain->table = map->table;
		map->table = NULL;
	}
	return chain;
}

void idmap_free_slow(void *memory)
{
	struct garbage *chain = memory, *next;

	for (; chain; chain = next) {
		next = chain->next;
		table_free(chain->table);
		kfree(chain);
	}
}

static struct garbage *free_locked(struct idmap *map, u32 id)
{
	u32 index = id >> IDMAP_LEAF_SHIFT;
	struct idmap_leaf *leaf = idmap_leaf(map, id);

	if (map->table && !~leaf->used)
		mark_not_full(map->table, index);
	/* Nothing is shown before the number can be taken again. */
	WRITE_ONCE(leaf->entry[id % IDMAP_LEAF_IDS], NULL);
	WRITE_ONCE(leaf->used, leaf->used & ~(1ull << id % IDMAP_LEAF_IDS));
	idmap_count_locked(map, -1);
	if (likely(!map->table || leaf->used))
		return NULL;
	return trim_locked(map);
}

/* ---- states ---- */

bool idmap_publish_slow(struct idmap *map, u32 id, void *entry)
{
	bool reserved;

	spin_lock(&map->lock);
	reserved = idmap_is_reserved_locked(map, id);
	if (likely(reserved))
		smp_store_release(
			&idmap_leaf(map, id)->entry[id % IDMAP_LEAF_IDS],
			entry);
	spin_unlock(&map->lock);
	return reserved;
}

bool idmap_unreserve(struct idmap *map, u32 id)
{
	struct garbage *garbage = NULL;
	bool reserved;

	uik_map_begin(map, UIK_MAP_UNRESERVE, id, NULL);
	spin_lock(&map->lock);
	reserved = idmap_is_reserved_locked(map, id);
	if (likely(reserved))
		garbage = free_locked(map, id);
	spin_unlock(&map->lock);
	uik_map_done(map, UIK_MAP_UNRESERVE, id, NULL, !reserved);
	idmap_free(garbage);
	return reserved;
}

void idmap_bury_locked(struct idmap *map, u32 id)
{
	WRITE_ONCE(idmap_leaf(map, id)->entry[id % IDMAP_LEAF_IDS],
		   IDMAP_DEAD);
}

void *idmap_release_locked(struct idmap *map, u32 id)
{
	return free_locked(map, id);
}

void *idmap_next_locked(const struct idmap *map, u32 *id)
{
	u32 index = *id >> IDMAP_LEAF_SHIFT, bit = *id % IDMAP_LEAF_IDS;

	for (; index < map->leaf_count; index++, bit = 0) {
		struct idmap_leaf *leaf =
			idmap_leaf(map, index << IDMAP_LEAF_SHIFT);
		u64 used = leaf->used & ~0ull << bit;

		for (; used; used &= used - 1) {
			void *entry;

			bit = __builtin_ctzll(used);
			entry = smp_load_acquire(&leaf->entry[bit]);
			if (!entry || entry == IDMAP_DEAD)
				continue;
			*id = index * IDMAP_LEAF_IDS + bit;
			return entry;
		}
	}
	return NULL;
}
