/* SPDX-License-Identifier: MIT */
/*
 * liburcu's lock-free hash table, for bench_idmap.  In a file of its own: its
 * names are those of the kernel's RCU, too.  Its nodes lie in one block, so
 * that no allocation is measured.
 */
#include "idmap_urcu.h"

#include <stdlib.h>
#define _LGPL_SOURCE
#include <urcu/urcu-bp.h>
#include <urcu/rculfhash.h>

struct node {
	struct cds_lfht_node link;
	unsigned int id;
	void *entry;
};

struct urcu_map {
	struct cds_lfht *table;
	struct node *nodes;
};

static unsigned long hash_of(unsigned int id)
{
	return id * 0x9e3779b97f4a7c15ul >> 32;
}

static int is_id(struct cds_lfht_node *link, const void *id)
{
	return caa_container_of(link, struct node, link)->id ==
	       *(const unsigned int *)id;
}

void *urcu_create(unsigned int n)
{
	struct urcu_map *map = malloc(sizeof(*map));

	if (!map)
		abort();
	map->nodes = calloc(n, sizeof(*map->nodes));
	map->table = cds_lfht_new_flavor(64, 64, 0, CDS_LFHT_AUTO_RESIZE,
					 &urcu_bp_flavor, NULL);
	if (!map->nodes || !map->table)
		abort();
	return map;
}

void urcu_insert(void *m, unsigned int n, void *(*entry_of)(unsigned long id))
{
	struct urcu_map *map = m;

	for (unsigned int i = 0; i < n; i++) {
		struct node *node = &map->nodes[i];

		node->id = i;
		node->entry = entry_of(i);
		urcu_bp_read_lock();
		if (cds_lfht_add_unique(map->table, hash_of(i), is_id, &i,
					&node->link) != &node->link)
			abort();
		urcu_bp_read_unlock();
	}
}

static void *get(struct urcu_map *map, unsigned int id)
{
	struct cds_lfht_iter at;
	struct cds_lfht_node *link;
	void *entry = NULL;

	urcu_bp_read_lock();
	cds_lfht_lookup(map->table, hash_of(id), is_id, &id, &at);
	link = cds_lfht_iter_get_node(&at);
	if (link)
		entry = caa_container_of(link, struct node, link)->entry;
	urcu_bp_read_unlock();
	return entry;
}

unsigned long urcu_load(void *map, const unsigned int *order, unsigned int n,
			unsigned int times)
{
	unsigned long sum = 0;

	while (times--)
		for (unsigned int i = 0; i < n; i++)
			sum += (unsigned long)get(map, order[i]);
	return sum;
}

unsigned long urcu_iterate(void *m)
{
	struct urcu_map *map = m;
	struct cds_lfht_iter at;
	unsigned long sum = 0;
	struct node *node;

	urcu_bp_read_lock();
	cds_lfht_for_each_entry(map->table, &at, node, link)
		sum += (unsigned long)node->entry;
	urcu_bp_read_unlock();
	return sum;
}

void urcu_erase(void *m, const unsigned int *order, unsigned int n)
{
	struct urcu_map *map = m;

	for (unsigned int i = 0; i < n; i++) {
		urcu_bp_read_lock();
		if (cds_lfht_del(map->table, &map->nodes[order[i]].link))
			abort();
		urcu_bp_read_unlock();
	}
}

void urcu_destroy(void *m)
{
	struct urcu_map *map = m;

	urcu_bp_synchronize_rcu();
	if (cds_lfht_destroy(map->table, NULL))
		abort();
	free(map->nodes);
	free(map);
}
