/* SPDX-License-Identifier: MIT */
/* Sorting lists. */
#include "kit_test.h"

#include <linux/list.h>
#include <linux/list_sort.h>

struct entry {
	struct list_head node;
	unsigned int key, place;
};

#define ENTRIES 1000

static int by_key(void *priv, const struct list_head *a,
		  const struct list_head *b)
{
	unsigned int x = list_entry(a, struct entry, node)->key;
	unsigned int y = list_entry(b, struct entry, node)->key;

	++*(unsigned int *)priv;
	return x < y ? -1 : x > y;
}

/* Links both ways, ascending keys, equal ones in the order they had. */
static void check_sorted(struct list_head *head, unsigned int count)
{
	struct entry *entry, *last = NULL;
	unsigned int seen = 0;

	list_for_each_entry(entry, head, node) {
		assert_ptr_equal(entry->node.next->prev, &entry->node);
		if (last)
			assert_true(last->key < entry->key ||
				    (last->key == entry->key &&
				     last->place < entry->place));
		last = entry;
		seen++;
	}
	assert_ptr_equal(head->next->prev, head);
	assert_int_equal(seen, count);
}

/* Law: any length and order becomes sorted, stably, in n log2 n comparisons. */
static void sorts(void **state)
{
	static struct entry entries[ENTRIES];
	unsigned int count, i, calls, kind;
	LIST_HEAD(list);

	for (count = 0; count <= ENTRIES; count += count < 70 ? 1 : 93)
		for (kind = 0; kind < 4; kind++) {
			unsigned int x = count + kind;

			INIT_LIST_HEAD(&list);
			calls = 0;
			for (i = 0; i < count; i++) {
				x = x * 1103515245 + 12345;
				entries[i].place = i;
				entries[i].key = kind == 0 ? i :
						 kind == 1 ? count - i :
						 kind == 2 ? 7 : x >> 26;
				list_add_tail(&entries[i].node, &list);
			}
			list_sort(&calls, &list, by_key);
			check_sorted(&list, count);
			assert_true(calls <= count * fls(count));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sorts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
