/* SPDX-License-Identifier: MIT */
/*
 * Stable merge sort of a list.
 *
 * While it runs, sorted runs are chains through next that end in NULL.  Run i of
 * the table has 2^i entries or is empty, as the digits of the number of entries
 * taken so far; runs of higher numbers hold earlier entries.
 */
#include <linux/list_sort.h>

#include <linux/list.h>

#define RUNS 64

struct order {
	void *priv;
	list_cmp_func_t cmp;
};

/* All of @a came before all of @b. */
static struct list_head *merge(const struct order *order, struct list_head *a,
			       struct list_head *b)
{
	struct list_head *first = NULL, **tail = &first;

	while (a && b) {
		struct list_head **from =
			order->cmp(order->priv, a, b) <= 0 ? &a : &b;

		*tail = *from;
		tail = &(*from)->next;
		*from = *tail;
	}
	*tail = a ? a : b;
	return first;
}

/* Makes a list of the chain again. */
static void relink(struct list_head *head, struct list_head *chain)
{
	struct list_head *next;

	INIT_LIST_HEAD(head);
	for (; chain; chain = next) {
		next = chain->next;
		list_add_tail(chain, head);
	}
}

void list_sort(void *priv, struct list_head *head, list_cmp_func_t cmp)
{
	const struct order order = { priv, cmp };
	struct list_head *run[RUNS] = { NULL };
	struct list_head *chain = NULL, *entry, *next;
	unsigned int i;

	for (entry = head->next; entry != head; entry = next) {
		next = entry->next;
		entry->next = NULL;
		for (i = 0; run[i]; i++) {
			entry = merge(&order, run[i], entry);
			run[i] = NULL;
		}
		run[i] = entry;
	}
	for (i = 0; i < RUNS; i++)
		chain = run[i] ? merge(&order, run[i], chain) : chain;
	relink(head, chain);
}
