/* SPDX-License-Identifier: MIT */
/*
 * liburcu's hash table as bench_idmap uses it.
 */
#ifndef BENCH_IDMAP_URCU_H
#define BENCH_IDMAP_URCU_H

void *urcu_create(unsigned int n);
void urcu_insert(void *map, unsigned int n, void *(*entry_of)(unsigned long id));
/* @order: a permutation of 0 to @n - 1 */
unsigned long urcu_load(void *map, const unsigned int *order, unsigned int n,
			unsigned int times);
unsigned long urcu_iterate(void *map);
void urcu_erase(void *map, const unsigned int *order, unsigned int n);
void urcu_destroy(void *map);

#endif
