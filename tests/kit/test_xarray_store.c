/* SPDX-License-Identifier: MIT */
/*
 * Unit tests of lib/kit/xarray_store.c and xarray_node.c: cursors that change
 * the tree, where its nodes come from, and who is told.
 */
#include "xarray_check.h"

#define N XA_CHUNK_SIZE

/* The whole protocol of a store through a cursor. */
static void *store_by(struct xa_state *xas, void *entry)
{
	void *old;

	do {
		xas_lock(xas);
		old = xas_store(xas, entry);
		xas_unlock(xas);
	} while (xas_nomem(xas, GFP_KERNEL));
	return old;
}

/* A store through a cursor leaves it at the entry. */
static void test_store(void **state)
{
	static const unsigned long at[] = { 0, 1, N, N * N, 1ul << 50,
					    ULONG_MAX };
	uint64_t blocks = live_blocks();
	DEFINE_XARRAY(xa);

	for (size_t i = 0; i < ARRAY_SIZE(at); i++) {
		XA_STATE(xas, &xa, at[i]);

		assert_null(store_by(&xas, pointer_at(i)));
		assert_int_equal(xas_error(&xas), 0);
		assert_null(xas.xa_alloc);
		assert_ptr_equal(xas_reload(&xas), pointer_at(i));
		assert_ptr_equal(store_by(&xas, value_at(i)), pointer_at(i));
		assert_ptr_equal(xas_load(&xas), value_at(i));
		assert_ptr_equal(xa_load(&xa, at[i]), value_at(i));
		assert_int_equal(check_tree(&xa), i + 1);
	}
	for (size_t i = 0; i < ARRAY_SIZE(at); i++) {
		XA_STATE(xas, &xa, at[i]);

		assert_ptr_equal(store_by(&xas, NULL), value_at(i));
		assert_null(store_by(&xas, NULL));
	}
	assert_true(xa_empty(&xa));
	assert_int_equal(live_blocks(), blocks);
}

/*
 * Without memory a store changes nothing; xas_nomem() brings one node a round
 * until it succeeds, and frees what is over.
 */
static void test_nomem_rounds(void **state)
{
	uint64_t blocks = live_blocks();
	DEFINE_XARRAY(xa);
	XA_STATE(xas, &xa, ULONG_MAX);
	unsigned int rounds = 0, levels;

	levels = (BITS_PER_LONG + XA_CHUNK_SHIFT - 1) / XA_CHUNK_SHIFT;
	for (;;) {
		uik_fail_nth(1, 1u << UIK_FAIL_ALLOC, true);
		xas_lock(&xas);
		assert_null(xas_store(&xas, pointer_at(1)));
		xas_unlock(&xas);
		uik_fail_nth(0, 0, false);
		if (!xas_error(&xas))
			break;
		assert_int_equal(xas_error(&xas), -ENOMEM);
		assert_true(xa_empty(&xa));
		assert_true(xas_nomem(&xas, GFP_KERNEL));
		rounds++;
	}
	assert_false(xas_nomem(&xas, GFP_KERNEL));
	assert_int_equal(rounds, levels);
	assert_int_equal(live_blocks(), blocks + levels);
	assert_int_equal(check_tree(&xa), 1);
	xa_destroy(&xa);
	assert_int_equal(live_blocks(), blocks);
}

/* Giving up frees every node that was collected and keeps the error. */
static void test_nomem_gives_up(void **state)
{
	uint64_t blocks = live_blocks();
	DEFINE_XARRAY(xa);
	XA_STATE(xas, &xa, N);

	uik_fail_nth(1, 1u << UIK_FAIL_ALLOC, true);
	xas_lock(&xas);
	xas_store(&xas, pointer_at(1));
	xas_unlock(&xas);
	uik_fail_nth(0, 0, false);
	assert_true(xas_nomem(&xas, GFP_KERNEL));
	assert_int_equal(live_blocks(), blocks + 1);
	uik_fail_nth(1, 1u << UIK_FAIL_ALLOC, true);
	xas_lock(&xas);
	xas_store(&xas, pointer_at(1));
	xas_unlock(&xas);
	assert_int_equal(xas_error(&xas), -ENOMEM);
	assert_false(xas_nomem(&xas, GFP_KERNEL));
	uik_fail_nth(0, 0, false);
	assert_int_equal(xas_error(&xas), -ENOMEM);
	assert_int_equal(live_blocks(), blocks);

	xas_set_err(&xas, -ENOMEM);
	assert_false(xas_nomem(&xas, GFP_NOWAIT));
	xas_set_err(&xas, -ENOMEM);
	assert_true(xas_nomem(&xas, GFP_ATOMIC));
	xas_destroy(&xas);
	assert_null(xas.xa_alloc);
	assert_int_equal(live_blocks(), blocks);
}

/* A leftover node is freed when the store did not need it after all. */
static void test_nomem_leftover(void **state)
{
	uint64_t blocks = live_blocks();
	DEFINE_XARRAY(xa);
	XA_STATE(xas, &xa, 0);

	xas_set_err(&xas, -ENOMEM);
	assert_true(xas_nomem(&xas, GFP_KERNEL));
	assert_null(store_by(&xas, pointer_at(1)));
	assert_null(xas.xa_alloc);
	assert_int_equal(live_blocks(), blocks);
	xa_destroy(&xa);
}

/* A created slot needs no memory later and is not an entry. */
static void test_create_range(void **state)
{
	static const unsigned long at[] = { 0, 1, N, N * N * N, ULONG_MAX };
	static const struct tree_rules rules = { .empty_leaves = true,
						 .free_marks = true };
	uint64_t blocks = live_blocks();

	for (size_t i = 0; i < ARRAY_SIZE(at); i++) {
		DEFINE_XARRAY_ALLOC(xa);
		XA_STATE(xas, &xa, at[i]);
		unsigned long index;
		void *entry;

		do {
			xas_lock(&xas);
			xas_create_range(&xas);
			xas_unlock(&xas);
		} while (xas_nomem(&xas, GFP_KERNEL));
		assert_int_equal(xas_error(&xas), 0);
		assert_int_equal(check_tree_by(&xa, &rules), 0);
		assert_null(xa_load(&xa, at[i]));
		xa_for_each(&xa, index, entry)
			fail();
		assert_null(xa_store(&xa, at[i], pointer_at(1), GFP_NOWAIT));
		assert_int_equal(check_tree_by(&xa, &rules), 1);
		assert_ptr_equal(xa_erase(&xa, at[i]), pointer_at(1));
		assert_true(xa_empty(&xa));
	}
	assert_int_equal(live_blocks(), blocks);
}

/* An empty leaf that was created goes with the array, or with its entries. */
static void test_create_then_destroy(void **state)
{
	uint64_t blocks = live_blocks();
	DEFINE_XARRAY(xa);
	XA_STATE(xas, &xa, N * N);

	xa_store(&xa, 0, pointer_at(0), GFP_KERNEL);
	xas_lock(&xas);
	xas_create_range(&xas);
	xas_unlock(&xas);
	xas_destroy(&xas);
	assert_ptr_equal(xa_erase(&xa, 0), pointer_at(0));
	assert_false(xa_empty(&xa));
	xa_destroy(&xa);
	assert_int_equal(live_blocks(), blocks);
}

/*
 * The update callback sees every change of a node's counts.  As page caches
 * do, it keeps nodes that hold only values on a list.
 */
static LIST_HEAD(value_nodes);
static unsigned int updates;

static void note_node(struct xa_node *node)
{
	updates++;
	if (node->count && node->count == node->nr_values) {
		if (list_empty(&node->private_list))
			list_add(&node->private_list, &value_nodes);
	} else if (!list_empty(&node->private_list)) {
		list_del_init(&node->private_list);
	}
}

static void store_noting(struct xarray *xa, unsigned long index, void *entry)
{
	XA_STATE(xas, xa, index);

	xas_set_update(&xas, note_node);
	store_by(&xas, entry);
	assert_int_equal(xas_error(&xas), 0);
	check_tree(xa);
}

/* The list is exactly the set of nodes that hold values only. */
static void check_listed(struct xarray *xa, unsigned int want)
{
	struct xa_node *node;

	assert_int_equal(list_count_nodes(&value_nodes), want);
	list_for_each_entry(node, &value_nodes, private_list) {
		assert_ptr_equal(node->array, xa);
		assert_int_equal(node->count, node->nr_values);
		assert_int_not_equal(node->count, 0);
	}
}

static void test_update(void **state)
{
	uint64_t blocks = live_blocks();
	DEFINE_XARRAY(xa);

	store_noting(&xa, 0, value_at(0));
	check_listed(&xa, 0);			/* no node yet */
	store_noting(&xa, 1, value_at(1));
	check_listed(&xa, 1);
	store_noting(&xa, N, value_at(N));
	check_listed(&xa, 2);
	store_noting(&xa, 1, pointer_at(1));
	check_listed(&xa, 1);
	updates = 0;
	store_noting(&xa, 1, pointer_at(2));	/* no count changes */
	assert_int_equal(updates, 0);
	store_noting(&xa, 1, NULL);
	check_listed(&xa, 2);
	store_noting(&xa, N * N, value_at(9));
	check_listed(&xa, 3);
	store_noting(&xa, N * N, NULL);
	check_listed(&xa, 2);
	store_noting(&xa, N, NULL);
	check_listed(&xa, 0);			/* back in the head */
	store_noting(&xa, N * N * N, pointer_at(3));
	check_listed(&xa, 1);			/* the head's new leaf */
	store_noting(&xa, 0, NULL);
	check_listed(&xa, 0);
	store_noting(&xa, N * N * N, NULL);
	assert_true(xa_empty(&xa));
	assert_true(list_empty(&value_nodes));
	assert_int_equal(live_blocks(), blocks);
}

/* A node of values can be dropped as a whole, wherever it is. */
static void test_delete_node(void **state)
{
	uint64_t blocks = live_blocks();
	unsigned long bases[] = { 0, N, 3 * N, N * N, N * N * N };

	for (size_t i = 0; i < ARRAY_SIZE(bases); i++) {
		for (unsigned int others = 0; others < 3; others++) {
			DEFINE_XARRAY(xa);
			unsigned long k;

			for (k = 0; k < N; k++)
				store_noting(&xa, bases[i] + k, value_at(k));
			xa_set_mark(&xa, bases[i] + 1, XA_MARK_1);
			for (k = 0; k < others; k++)
				xa_store(&xa, 2 * N + k * 5 * N * N,
					 pointer_at(k), GFP_KERNEL);
			check_listed(&xa, 1);
			xa_lock(&xa);
			xa_delete_node(list_first_entry(&value_nodes,
				struct xa_node, private_list), note_node);
			xa_unlock(&xa);
			check_listed(&xa, 0);
			assert_false(xa_marked(&xa, XA_MARK_1));
			assert_int_equal(check_tree(&xa), others);
			for (k = 0; k < others; k++)
				assert_ptr_equal(xa_load(&xa, 2 * N +
						k * 5 * N * N), pointer_at(k));
			xa_destroy(&xa);
			assert_int_equal(live_blocks(), blocks);
		}
	}
}

/* Cursor marks: set, read, cleared, initialised, at any level of the tree. */
static void test_cursor_marks(void **state)
{
	static const unsigned long at[] = { 0, 1, N, N * N + 1, ULONG_MAX };

	for (size_t i = 0; i < ARRAY_SIZE(at); i++) {
		DEFINE_XARRAY(xa);
		XA_STATE(xas, &xa, at[i]);

		assert_false(xas_get_mark(&xas, XA_MARK_0));
		store_by(&xas, pointer_at(1));
		xas_lock(&xas);
		for (xa_mark_t mark = 0; mark <= XA_MARK_MAX; mark++) {
			xas_set_mark(&xas, mark);
			xas_set_mark(&xas, mark);
			assert_true(xas_get_mark(&xas, mark));
			assert_true(xas_marked(&xas, mark));
		}
		check_tree(&xa);
		xas_clear_mark(&xas, XA_MARK_1);
		xas_clear_mark(&xas, XA_MARK_1);
		assert_false(xa_get_mark(&xa, at[i], XA_MARK_1));
		assert_true(xa_get_mark(&xa, at[i], XA_MARK_2));
		xas_init_marks(&xas);
		for (xa_mark_t mark = 0; mark <= XA_MARK_MAX; mark++)
			assert_false(xas_get_mark(&xas, mark));
		check_tree(&xa);
		xas_unlock(&xas);
		xa_destroy(&xa);
	}
}

/* In an allocating array initialised marks mean: free. */
static void test_free_mark(void **state)
{
	static const unsigned long at[] = { 0, 1, N, N * N + 1 };

	for (size_t i = 0; i < ARRAY_SIZE(at); i++) {
		DEFINE_XARRAY_ALLOC(xa);
		XA_STATE(xas, &xa, at[i]);
		u32 id;

		store_by(&xas, pointer_at(1));
		xas_lock(&xas);
		xas_clear_mark(&xas, XA_FREE_MARK);
		check_tree(&xa);
		xas_unlock(&xas);
		assert_int_equal(xa_alloc(&xa, &id, NULL, XA_LIMIT(at[i],
					  at[i]), GFP_KERNEL), -EBUSY);
		xas_lock(&xas);
		xas_set_mark(&xas, XA_MARK_2);
		xas_init_marks(&xas);
		assert_true(xas_get_mark(&xas, XA_FREE_MARK));
		assert_false(xas_get_mark(&xas, XA_MARK_2));
		xas_store(&xas, NULL);
		xas_unlock(&xas);
		assert_true(xa_empty(&xa));
		assert_int_equal(xa_alloc(&xa, &id, pointer_at(2),
				 XA_LIMIT(at[i], at[i]), GFP_KERNEL), 0);
		assert_int_equal(check_tree(&xa), 1);
		xa_destroy(&xa);
	}
}

/* A cursor store under the lock that a normal reservation prepared. */
static void test_store_over_reservation(void **state)
{
	DEFINE_XARRAY_ALLOC1(xa);
	u32 id;

	for (u32 i = 1; i < 3 * N; i++) {
		XA_STATE(xas, &xa, i);

		assert_int_equal(xa_alloc(&xa, &id, XA_ZERO_ENTRY,
					  xa_limit_31b, GFP_KERNEL), 0);
		assert_int_equal(id, i);
		uik_fail_nth(1, 1u << UIK_FAIL_ALLOC, true);
		xas_lock(&xas);
		assert_true(xa_is_zero(xas_load(&xas)));
		assert_true(xa_is_zero(xas_store(&xas, pointer_at(i))));
		xas_unlock(&xas);
		assert_int_equal(xas_error(&xas), 0);
		assert_false(uik_fail_nth(0, 0, false));
		assert_ptr_equal(xa_load(&xa, i), pointer_at(i));
	}
	assert_int_equal(check_tree(&xa), 3 * N - 1);
	xa_destroy(&xa);
}

/* The forms for interrupts and with the lock held do the same. */
static void test_lock_forms(void **state)
{
	DEFINE_XARRAY_ALLOC(xa);
	unsigned long flags;
	u32 id, next = 0;

	assert_null(xa_store_bh(&xa, 0, pointer_at(0), GFP_KERNEL));
	assert_ptr_equal(xa_store_irq(&xa, 0, pointer_at(1), GFP_KERNEL),
			 pointer_at(0));
	assert_int_equal(xa_insert_bh(&xa, 1, pointer_at(1), GFP_KERNEL), 0);
	assert_int_equal(xa_insert_irq(&xa, 1, pointer_at(1), GFP_KERNEL),
			 -EBUSY);
	assert_int_equal(xa_alloc_bh(&xa, &id, NULL, xa_limit_32b, GFP_KERNEL),
			 0);
	assert_int_equal(xa_alloc_irq(&xa, &id, NULL, xa_limit_32b,
				      GFP_KERNEL), 0);
	assert_int_equal(id, 3);
	assert_int_equal(xa_alloc_cyclic_bh(&xa, &id, NULL, xa_limit_32b,
					    &next, GFP_KERNEL), 0);
	assert_int_equal(xa_alloc_cyclic_irq(&xa, &id, NULL, xa_limit_32b,
					     &next, GFP_KERNEL), 0);
	assert_int_equal(next, 6);
	assert_ptr_equal(xa_cmpxchg_bh(&xa, 1, pointer_at(1), pointer_at(2),
				       0), pointer_at(1));
	assert_ptr_equal(xa_cmpxchg_irq(&xa, 1, pointer_at(1), NULL, 0),
			 pointer_at(2));
	assert_int_equal(xa_reserve_bh(&xa, 8, GFP_KERNEL), 0);
	assert_int_equal(xa_reserve_irq(&xa, 9, GFP_KERNEL), 0);
	assert_ptr_equal(xa_erase_bh(&xa, 1), pointer_at(2));
	assert_null(xa_erase_irq(&xa, 1));

	xa_lock_irqsave(&xa, flags);
	assert_null(__xa_store(&xa, 1, pointer_at(1), GFP_KERNEL));
	assert_int_equal(__xa_insert(&xa, 1, NULL, GFP_KERNEL), -EBUSY);
	assert_ptr_equal(__xa_cmpxchg(&xa, 1, pointer_at(1), pointer_at(5),
				      GFP_KERNEL), pointer_at(1));
	__xa_set_mark(&xa, 1, XA_MARK_1);
	assert_true(xa_get_mark(&xa, 1, XA_MARK_1));
	__xa_clear_mark(&xa, 1, XA_MARK_1);
	assert_ptr_equal(__xa_erase(&xa, 1), pointer_at(5));
	xa_unlock_irqrestore(&xa, flags);
	assert_true(xa_trylock(&xa));
	xa_unlock(&xa);
	check_tree(&xa);
	xa_destroy(&xa);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_store),
		cmocka_unit_test(test_nomem_rounds),
		cmocka_unit_test(test_nomem_gives_up),
		cmocka_unit_test(test_nomem_leftover),
		cmocka_unit_test(test_create_range),
		cmocka_unit_test(test_create_then_destroy),
		cmocka_unit_test(test_update),
		cmocka_unit_test(test_delete_node),
		cmocka_unit_test(test_cursor_marks),
		cmocka_unit_test(test_free_mark),
		cmocka_unit_test(test_store_over_reservation),
		cmocka_unit_test(test_lock_forms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
