/* SPDX-License-Identifier: MIT */
/* Sorting of lists. */
#ifndef UIK_LINUX_LIST_SORT_H
#define UIK_LINUX_LIST_SORT_H

#include <linux/types.h>
#include <uik/abi.h>

/* Return: more than 0 if @a goes behind @b, else it stays before it. */
typedef int (*list_cmp_func_t)(void *priv, const struct list_head *a,
			       const struct list_head *b)
	__attribute__((__nonnull__(2, 3)));

/**
 * list_sort - sort a list; what is equal stays in its order.
 * @priv: handed to @cmp
 * @head: the list
 * @cmp: called n log2 n times at most
 *
 * No memory is needed, and each entry moves along links alone: the back links
 * are wrong until it returns.
 * Context: any; the caller holds whatever protects the list.
 */
void list_sort(void *priv, struct list_head *head, list_cmp_func_t cmp)
	__uik(list_sort) __attribute__((__nonnull__(2, 3)));

#endif
