/* SPDX-License-Identifier: MIT */
/* Unit tests of lib/kit/rbtree.c: order, balance and summaries. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <linux/kernel.h>
#include <linux/rbtree_augmented.h>

#define ITEMS 400

struct item {
	struct rb_node rb;
	unsigned int key;
	unsigned int serial;
	unsigned int weight, heaviest;	/* heaviest of the subtree */
	bool in;
};

#define WEIGHT(item) ((item)->weight)
RB_DECLARE_CALLBACKS_MAX(static, heaviest_ops, struct item, rb, unsigned int,
			 heaviest, WEIGHT)

static struct item *item_of(const struct rb_node *node)
{
	return rb_entry((struct rb_node *)node, struct item, rb);
}

static bool less(struct rb_node *a, const struct rb_node *b)
{
	return item_of(a)->key < item_of(b)->key;
}

static int order(struct rb_node *a, const struct rb_node *b)
{
	unsigned int x = item_of(a)->key, y = item_of(b)->key;

	return x < y ? -1 : x > y;
}

static int order_key(const void *key, const struct rb_node *node)
{
	unsigned int x = *(const unsigned int *)key, y = item_of(node)->key;

	return x < y ? -1 : x > y;
}

/* Balance, parents and summaries of a subtree; its height in black nodes. */
static unsigned int check_subtree(struct rb_node *node, struct rb_node *parent,
				  bool summed)
{
	unsigned int heights[2], max;

	if (!node)
		return 1;
	assert_ptr_equal(rb_parent(node), parent);
	if (rb_is_red(node))
		assert_true(parent && rb_is_black(parent));
	heights[0] = check_subtree(node->rb_left, node, summed);
	heights[1] = check_subtree(node->rb_right, node, summed);
	assert_int_equal(heights[0], heights[1]);
	if (summed) {
		max = item_of(node)->weight;
		for (unsigned int side = 0; side < 2; side++)
			if (node->uik_child[side] &&
			    item_of(node->uik_child[side])->heaviest > max)
				max = item_of(node->uik_child[side])->heaviest;
		assert_int_equal(item_of(node)->heaviest, max);
	}
	return heights[0] + rb_is_black(node);
}

/* In order both ways, equals in order of arrival; as many as there should be. */
static void check_tree(struct rb_root *root, unsigned int count, bool summed)
{
	struct rb_node *node, *last = NULL;
	unsigned int met = 0;

	check_subtree(root->rb_node, NULL, summed);
	for (node = rb_first(root); node; last = node, node = rb_next(node)) {
		met++;
		assert_ptr_equal(rb_prev(node), last);
		if (!last)
			continue;
		assert_true(item_of(last)->key <= item_of(node)->key);
		if (item_of(last)->key == item_of(node)->key)
			assert_true(item_of(last)->serial <
				    item_of(node)->serial);
	}
	assert_int_equal(met, count);
	assert_ptr_equal(rb_last(root), last);
	assert_int_equal(RB_EMPTY_ROOT(root), count == 0);
}

/* Random insertions and removals keep a tree ordered and balanced. */
static void churn(unsigned int keys, bool summed)
{
	static struct item items[ITEMS];
	struct rb_root_cached tree = RB_ROOT_CACHED;
	unsigned int seed = keys, count = 0, serial = 0;

	memset(items, 0, sizeof(items));
	for (unsigned int step = 0; step < 20000; step++) {
		struct item *item = &items[rand_r(&seed) % ITEMS];

		if (item->in && summed)
			rb_erase_augmented_cached(&item->rb, &tree,
						  &heaviest_ops);
		else if (item->in)
			rb_erase_cached(&item->rb, &tree);
		count += item->in ? -1 : 1;
		item->in = !item->in;
		if (item->in) {
			item->key = rand_r(&seed) % keys;
			item->serial = serial++;
			item->weight = item->heaviest = rand_r(&seed) % 1000;
			if (summed)
				rb_add_augmented_cached(&item->rb, &tree, less,
							&heaviest_ops);
			else
				rb_add_cached(&item->rb, &tree, less);
		}
		assert_ptr_equal(rb_first_cached(&tree),
				 rb_first(&tree.rb_root));
		if (step % 7 == 0)
			check_tree(&tree.rb_root, count, summed);
	}
	for (unsigned int i = 0; i < ITEMS; i++)
		if (items[i].in && summed)
			rb_erase_augmented_cached(&items[i].rb, &tree,
						  &heaviest_ops);
		else if (items[i].in)
			rb_erase_cached(&items[i].rb, &tree);
	check_tree(&tree.rb_root, 0, summed);
	assert_null(rb_first_cached(&tree));
}

static void test_churn(void **state)
{
	churn(10, false);
	churn(1000000, false);
}

/* The same, with the greatest weight of each subtree kept right. */
static void test_churn_augmented(void **state)
{
	churn(10, true);
	churn(1000000, true);
}

static void fill(struct rb_root *root, struct item *items, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		items[i].key = i / 2;
		items[i].serial = i;
		rb_add(&items[i].rb, root, less);
	}
	check_tree(root, count, false);
}

/* Lookups find an equal, the first equal, and the run of equals. */
static void test_find(void **state)
{
	static struct item items[40], extra;
	struct rb_root root = RB_ROOT;
	struct rb_node *node;
	unsigned int key;

	fill(&root, items, ARRAY_SIZE(items));
	for (key = 0; key < 20; key++) {
		unsigned int run = 0;

		assert_int_equal(item_of(rb_find(&key, &root, order_key))->key,
				 key);
		assert_non_null(rb_find_rcu(&key, &root, order_key));
		assert_ptr_equal(rb_find_first(&key, &root, order_key),
				 &items[2 * key].rb);
		rb_for_each(node, &key, &root, order_key)
			assert_ptr_equal(node, &items[2 * key + run++].rb);
		assert_int_equal(run, 2);
	}
	assert_null(rb_find(&key, &root, order_key));
	assert_null(rb_find_rcu(&key, &root, order_key));
	assert_null(rb_find_first(&key, &root, order_key));
	extra.key = 7;
	assert_int_equal(item_of(rb_find_add(&extra.rb, &root, order))->key,
			 7);
	extra.key = 99;
	assert_null(rb_find_add(&extra.rb, &root, order));
	assert_ptr_equal(rb_last(&root), &extra.rb);
}

/* Postorder meets children before parents, so that a walk may free. */
static void test_postorder(void **state)
{
	struct rb_root root = RB_ROOT;
	struct item *item, *next;
	unsigned int count = 0;

	rbtree_postorder_for_each_entry_safe(item, next, &root, rb)
		fail();
	for (unsigned int i = 0; i < 100; i++) {
		item = calloc(1, sizeof(*item));
		item->key = i * 7 % 100;
		item->serial = i;
		rb_add(&item->rb, &root, less);
	}
	rbtree_postorder_for_each_entry_safe(item, next, &root, rb) {
		assert_true(!item->rb.rb_left ||
			    item_of(item->rb.rb_left)->serial == 1000);
		assert_true(!item->rb.rb_right ||
			    item_of(item->rb.rb_right)->serial == 1000);
		item->serial = 1000;
		count++;
	}
	assert_int_equal(count, 100);
	count = 0;
	rbtree_postorder_for_each_entry_safe(item, next, &root, rb) {
		free(item);
		count++;
	}
	assert_int_equal(count, 100);
}

/* A replacement stands exactly where the victim stood. */
static void test_replace(void **state)
{
	static struct item items[30], others[30];
	struct rb_root root = RB_ROOT;

	fill(&root, items, ARRAY_SIZE(items));
	for (unsigned int i = 0; i < ARRAY_SIZE(items); i++) {
		others[i].key = items[i].key;
		others[i].serial = items[i].serial;
		if (i & 1)
			rb_replace_node(&items[i].rb, &others[i].rb, &root);
		else
			rb_replace_node_rcu(&items[i].rb, &others[i].rb,
					    &root);
		memset(&items[i], 0x55, sizeof(items[i]));
		check_tree(&root, ARRAY_SIZE(items), false);
	}
	assert_ptr_equal(rb_first(&root), &others[0].rb);
}

/* A cleared node is in no tree and has no neighbours. */
static void test_cleared(void **state)
{
	struct item item = { 0 };

	RB_CLEAR_NODE(&item.rb);
	assert_true(RB_EMPTY_NODE(&item.rb));
	assert_null(rb_next(&item.rb));
	assert_null(rb_prev(&item.rb));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_churn),
		cmocka_unit_test(test_churn_augmented),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_postorder),
		cmocka_unit_test(test_replace),
		cmocka_unit_test(test_cleared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
