/* SPDX-License-Identifier: MIT */
/* Unit tests of <linux/list.h>: rings and chains stay what they should be. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>
#include <linux/kernel.h>
#include <linux/list.h>

#define ITEMS 8

struct item {
	char name;
	struct list_head link;
	struct hlist_node chain;
};

static struct item items[ITEMS];

static struct list_head *at(char name)
{
	return &items[name - 'a'].link;
}

/* A list of the first @count items, named a, b, c... */
static void fill(struct list_head *head, unsigned int count)
{
	INIT_LIST_HEAD(head);
	for (unsigned int i = 0; i < count; i++) {
		items[i].name = 'a' + i;
		list_add_tail(&items[i].link, head);
	}
}

/* The list spells @want, forwards and backwards. */
static void spells(struct list_head *head, const char *want)
{
	char text[ITEMS + 1] = "", back[ITEMS + 1] = "";
	struct item *item;
	size_t count = 0;

	list_for_each_entry(item, head, link) {
		assert_ptr_equal(item->link.next->prev, &item->link);
		text[count++] = item->name;
	}
	assert_string_equal(text, want);
	assert_int_equal(list_count_nodes(head), count);
	assert_int_equal(list_empty(head), !count);
	assert_int_equal(list_is_singular(head), count == 1);
	list_for_each_entry_reverse(item, head, link)
		back[--count] = item->name;
	assert_string_equal(back, want);
}

static void test_add_del(void **state)
{
	LIST_HEAD(head);

	spells(&head, "");
	fill(&head, 3);
	spells(&head, "abc");
	list_del(at('b'));
	assert_ptr_equal(at('b')->next, LIST_POISON1);
	assert_ptr_equal(at('b')->prev, LIST_POISON2);
	spells(&head, "ac");
	list_add(at('b'), &head);
	spells(&head, "bac");
	list_del_init(at('c'));
	assert_true(list_empty(at('c')));
	list_del_init_careful(at('a'));
	assert_true(list_empty_careful(at('a')));
	assert_false(list_empty_careful(&head));
	spells(&head, "b");
	list_del_init(at('b'));
	spells(&head, "");
}

static void test_move_replace_swap(void **state)
{
	LIST_HEAD(head);
	LIST_HEAD(other);

	fill(&head, 5);
	list_move(at('d'), &head);
	spells(&head, "dabce");
	list_move_tail(at('a'), &head);
	spells(&head, "dbcea");
	list_move(at('d'), &other);
	spells(&head, "bcea");
	spells(&other, "d");
	list_del(at('a'));
	list_replace_init(at('c'), at('a'));
	spells(&head, "bae");
	assert_true(list_empty(at('c')));
	fill(&head, 4);
	list_del(at('d'));
	list_replace(at('b'), at('d'));
	spells(&head, "adc");
	fill(&head, 4);
	list_swap(at('a'), at('d'));
	spells(&head, "dbca");
	list_swap(at('d'), at('b'));
	spells(&head, "bdca");
	list_swap(at('c'), at('d'));
	spells(&head, "bcda");
	fill(&head, 5);
	list_bulk_move_tail(&head, at('b'), at('c'));
	spells(&head, "adebc");
	list_rotate_left(&head);
	spells(&head, "debca");
	list_rotate_to_front(at('c'), &head);
	spells(&head, "cadeb");
}

static void test_cut_splice(void **state)
{
	LIST_HEAD(head);
	LIST_HEAD(other);

	for (char name = 'a'; name <= 'd'; name++) {
		char front[ITEMS] = "", rest[ITEMS] = "";

		memcpy(front, "abcd", name - 'a' + 1);
		strcpy(rest, &"abcd"[name - 'a' + 1]);
		fill(&head, 4);
		list_cut_position(&other, &head, at(name));
		spells(&other, front);
		spells(&head, rest);
		list_splice_init(&other, &head);
		spells(&head, "abcd");
		spells(&other, "");
		list_cut_before(&other, &head, at(name));
		front[name - 'a'] = 0;
		spells(&other, front);
		list_splice_tail_init(&other, &head);
		assert_ptr_equal(head.next, at(name));
	}
	fill(&head, 3);
	list_cut_position(&other, &head, &head);
	spells(&other, "");
	list_cut_before(&other, &head, &head);
	spells(&other, "abc");
	spells(&head, "");
	list_splice(&other, &head);
	spells(&head, "abc");
	INIT_LIST_HEAD(&other);
	list_splice_tail(&other, &head);
	spells(&head, "abc");
}

static void test_neighbours(void **state)
{
	LIST_HEAD(head);
	struct item *item;

	assert_null(list_first_entry_or_null(&head, struct item, link));
	assert_null(list_last_entry_or_null(&head, struct item, link));
	fill(&head, 3);
	assert_ptr_equal(list_first_entry_or_null(&head, struct item, link),
			 &items[0]);
	assert_ptr_equal(list_last_entry_or_null(&head, struct item, link),
			 &items[2]);
	item = list_first_entry(&head, struct item, link);
	assert_ptr_equal(list_next_entry(item, link), &items[1]);
	assert_ptr_equal(list_prev_entry_circular(item, &head, link),
			 &items[2]);
	item = list_last_entry(&head, struct item, link);
	assert_ptr_equal(list_prev_entry(item, link), &items[1]);
	assert_ptr_equal(list_next_entry_circular(item, &head, link),
			 &items[0]);
	assert_true(list_is_last(at('c'), &head));
	assert_true(list_is_first(at('a'), &head));
	assert_false(list_is_first(at('b'), &head));
	assert_true(list_is_head(&head, &head));
}

/* The forms of walks begin and end where they say. */
static void test_walks(void **state)
{
	/* In a whole item: a sanitizer sees the head taken for one. */
	static struct item anchor;
	struct list_head *head = &anchor.link;
	struct item *item, *next;
	struct list_head *pos, *ahead;
	char text[ITEMS + 1];
	size_t n = 0;

#define SPELLED(want) \
	do { \
		text[n] = 0; \
		assert_string_equal(text, want); \
		n = 0; \
	} while (0)

	fill(head, 5);
	list_for_each(pos, head)
		text[n++] = list_entry(pos, struct item, link)->name;
	SPELLED("abcde");
	list_for_each_prev(pos, head)
		text[n++] = list_entry(pos, struct item, link)->name;
	SPELLED("edcba");
	pos = at('c');
	list_for_each_continue(pos, head)
		text[n++] = list_entry(pos, struct item, link)->name;
	SPELLED("de");
	item = &items[2];
	list_for_each_entry_continue(item, head, link)
		text[n++] = item->name;
	SPELLED("de");
	item = &items[2];
	list_for_each_entry_continue_reverse(item, head, link)
		text[n++] = item->name;
	SPELLED("ba");
	item = &items[2];
	list_for_each_entry_from(item, head, link)
		text[n++] = item->name;
	SPELLED("cde");
	item = &items[2];
	list_for_each_entry_from_reverse(item, head, link)
		text[n++] = item->name;
	SPELLED("cba");
	item = NULL;
	item = list_prepare_entry(item, head, link);
	list_for_each_entry_continue(item, head, link)
		text[n++] = item->name;
	SPELLED("abcde");
	list_for_each_entry_safe(item, next, head, link)
		if (item->name != 'c')
			list_del(&item->link);
	spells(head, "c");
	fill(head, 5);
	list_for_each_entry_safe_reverse(item, next, head, link)
		if (item->name == 'b' || item->name == 'e')
			list_del(&item->link);
	spells(head, "acd");
	item = &items[0];
	list_for_each_entry_safe_continue(item, next, head, link)
		list_del(&item->link);
	spells(head, "a");
	fill(head, 5);
	item = &items[3];
	list_for_each_entry_safe_from(item, next, head, link)
		list_del(&item->link);
	spells(head, "abc");
	list_for_each_safe(pos, ahead, head)
		list_del(pos);
	spells(head, "");
	fill(head, 2);
	list_for_each_prev_safe(pos, ahead, head)
		list_del(pos);
	spells(head, "");
}

static struct hlist_node *link_of(char name)
{
	return &items[name - 'a'].chain;
}

static void chain_spells(struct hlist_head *head, const char *want)
{
	char text[ITEMS + 1] = "";
	struct hlist_node **place = &head->first;
	struct item *item;
	size_t count = 0;

	hlist_for_each_entry(item, head, chain) {
		assert_ptr_equal(item->chain.pprev, place);
		place = &item->chain.next;
		text[count++] = item->name;
	}
	assert_string_equal(text, want);
	assert_int_equal(hlist_count_nodes(head), count);
	assert_int_equal(hlist_empty(head), !count);
}

static void chain_fill(struct hlist_head *head, unsigned int count)
{
	INIT_HLIST_HEAD(head);
	while (count--) {
		items[count].name = 'a' + count;
		hlist_add_head(link_of('a' + count), head);
	}
}

static void test_chains(void **state)
{
	HLIST_HEAD(head);
	HLIST_HEAD(other);
	struct item *item;
	struct hlist_node *next;

	chain_spells(&head, "");
	chain_fill(&head, 3);
	chain_spells(&head, "abc");
	hlist_del(link_of('b'));
	chain_spells(&head, "ac");
	hlist_add_behind(link_of('b'), link_of('c'));
	chain_spells(&head, "acb");
	hlist_del_init(link_of('c'));
	assert_true(hlist_unhashed(link_of('c')));
	assert_true(hlist_unhashed_lockless(link_of('c')));
	hlist_del_init(link_of('c'));
	hlist_add_before(link_of('c'), link_of('a'));
	chain_spells(&head, "cab");
	hlist_move_list(&head, &other);
	chain_spells(&head, "");
	chain_spells(&other, "cab");
	chain_fill(&head, 0);
	items[3].name = 'd';
	hlist_add_head(link_of('d'), &head);
	assert_true(hlist_is_singular_node(link_of('d'), &head));
	hlist_splice_init(&other, link_of('b'), &head);
	chain_spells(&head, "cabd");
	chain_spells(&other, "");
	hlist_for_each_entry_safe(item, next, &head, chain)
		if (item->name != 'b')
			hlist_del(&item->chain);
	chain_spells(&head, "b");
	hlist_add_fake(link_of('e'));
	assert_true(hlist_fake(link_of('e')));
	hlist_del_init(link_of('e'));
	assert_true(hlist_unhashed(link_of('e')));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add_del),
		cmocka_unit_test(test_move_replace_swap),
		cmocka_unit_test(test_cut_splice),
		cmocka_unit_test(test_neighbours),
		cmocka_unit_test(test_walks),
		cmocka_unit_test(test_chains),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
