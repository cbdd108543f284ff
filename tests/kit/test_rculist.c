/* SPDX-License-Identifier: MIT */
/* Lists that are read without a lock. */
#include "kit_test.h"

#include <linux/rculist.h>
#include <linux/slab.h>

struct item {
	struct list_head node;
	struct hlist_node link;
	struct rcu_head rcu;
	int key;
};

/* The keys, as digits. */
static const char *keys(struct list_head *head)
{
	static char text[16];
	struct item *item;
	char *at = text;

	rcu_read_lock();
	list_for_each_entry_rcu(item, head, node)
		*at++ = (char)('0' + item->key);
	rcu_read_unlock();
	*at = '\0';
	return text;
}

static const char *hkeys(struct hlist_head *head)
{
	static char text[16];
	struct item *item;
	char *at = text;

	rcu_read_lock();
	hlist_for_each_entry_rcu(item, head, link, true)
		*at++ = (char)('0' + item->key);
	rcu_read_unlock();
	*at = '\0';
	return text;
}

static void items_init(struct item *items, int count)
{
	for (int i = 0; i < count; i++)
		items[i] = (struct item){ .key = i };
}

/* Law: entries come where they are put, and what is out still leads on. */
static void lists(void **state)
{
	struct list_head head, *at;
	struct item items[6], *item;

	items_init(items, 6);
	INIT_LIST_HEAD_RCU(&head);
	assert_null(list_first_or_null_rcu(&head, struct item, node));
	list_add_rcu(&items[1].node, &head);
	list_add_rcu(&items[0].node, &head);
	list_add_tail_rcu(&items[2].node, &head);
	assert_string_equal(keys(&head), "012");
	list_replace_rcu(&items[1].node, &items[3].node);
	assert_string_equal(keys(&head), "032");
	assert_ptr_equal(list_next_rcu(&items[1].node), &items[2].node);
	assert_ptr_equal(items[1].node.prev, LIST_POISON2);
	list_del_rcu(&items[0].node);
	assert_string_equal(keys(&head), "32");
	item = &items[0];
	list_for_each_entry_continue_rcu(item, &head, node)
		assert_ptr_equal(item, &items[item->key]);
	item = list_first_or_null_rcu(&head, struct item, node);
	assert_ptr_equal(item, &items[3]);
	item = list_next_or_null_rcu(&head, &item->node, struct item, node);
	assert_ptr_equal(item, &items[2]);
	assert_null(list_next_or_null_rcu(&head, &item->node, struct item,
					  node));
	list_bidir_del_rcu(&items[2].node);
	assert_ptr_equal(items[2].node.prev, &items[3].node);
	list_for_each_rcu(at, &head)
		assert_ptr_equal(at, &items[3].node);
	assert_ptr_equal(list_tail_rcu(&head), &items[3].node);
}

static int waits;

static void count_wait(void)
{
	waits++;
}

/* Law: a list that moves into another is empty before its readers are waited for. */
static void splices(void **state)
{
	struct item items[6];
	LIST_HEAD(from);
	LIST_HEAD(to);

	items_init(items, 6);
	waits = 0;
	list_splice_init_rcu(&from, &to, count_wait);
	assert_int_equal(waits, 0);
	for (int i = 0; i < 2; i++) {
		list_add_tail_rcu(&items[i].node, &from);
		list_add_tail_rcu(&items[i + 2].node, &to);
	}
	list_splice_init_rcu(&from, &to, count_wait);
	assert_string_equal(keys(&to), "0123");
	list_add_rcu(&items[4].node, &from);
	list_splice_tail_init_rcu(&from, &to, count_wait);
	assert_string_equal(keys(&to), "01234");
	assert_string_equal(keys(&from), "");
	assert_int_equal(waits, 2);
	assert_ptr_equal(to.prev, &items[4].node);
}

/* Law: the same for chains. */
static void chains(void **state)
{
	struct item items[6], *item;
	HLIST_HEAD(head);

	items_init(items, 6);
	hlist_add_tail_rcu(&items[1].link, &head);
	hlist_add_head_rcu(&items[0].link, &head);
	hlist_add_tail_rcu(&items[4].link, &head);
	hlist_add_behind_rcu(&items[2].link, &items[1].link);
	hlist_add_before_rcu(&items[3].link, &items[4].link);
	assert_string_equal(hkeys(&head), "01234");
	hlist_replace_rcu(&items[2].link, &items[5].link);
	assert_string_equal(hkeys(&head), "01534");
	assert_ptr_equal(items[2].link.next, &items[3].link);
	hlist_del_rcu(&items[0].link);
	assert_ptr_equal(hlist_first_rcu(&head), &items[1].link);
	item = &items[0];
	hlist_for_each_entry_continue_rcu(item, link)
		assert_ptr_equal(item, &items[item->key]);
	hlist_del_init_rcu(&items[4].link);
	assert_true(hlist_unhashed(&items[4].link));
	hlist_del_init_rcu(&items[4].link);
	assert_string_equal(hkeys(&head), "153");
}

#define ROUNDS 2000

struct shared {
	struct list_head head;
	bool stop;		/* atomic */
	unsigned long walks;
};

/* The keys that are always there are seen, in order, at each walk. */
static int walk(void *arg)
{
	struct shared *shared = arg;
	struct item *item;

	while (!__atomic_load_n(&shared->stop, __ATOMIC_ACQUIRE)) {
		int fixed = 0;

		rcu_read_lock();
		list_for_each_entry_rcu(item, &shared->head, node)
			if (item->key < 4 && item->key != fixed++)
				return 1;
		rcu_read_unlock();
		if (fixed != 4)
			return 2;
		shared->walks++;
	}
	return 0;
}

/* Law: readers see what stays whatever comes and goes, and no freed memory. */
static void readers(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct uik_thread *thread;
	struct shared shared = { .stop = false };
	struct item fixed[4], *item;

	INIT_LIST_HEAD(&shared.head);
	items_init(fixed, 4);
	for (int i = 0; i < 4; i++)
		list_add_tail_rcu(&fixed[i].node, &shared.head);
	thread = start(walk, &shared);
	for (int i = 0; i < ROUNDS; i++) {
		item = kzalloc_obj(*item);
		assert_non_null(item);
		item->key = 7;
		list_add_rcu(&item->node, &fixed[i % 4].node);
		list_del_rcu(&item->node);
		kfree_rcu(item, rcu);
	}
	__atomic_store_n(&shared.stop, true, __ATOMIC_RELEASE);
	join(thread);
	rcu_barrier();
	machine_end(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists),
		cmocka_unit_test(splices),
		cmocka_unit_test(chains),
		cmocka_unit_test(readers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
