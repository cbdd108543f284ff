/* SPDX-License-Identifier: MIT */
/* Unit tests of lib/kit/xarray_state.c: cursors that walk and search. */
#include "xarray_check.h"

#define N XA_CHUNK_SIZE

static void store(struct xarray *xa, unsigned long index, void *entry)
{
	assert_int_equal(xa_err(xa_store(xa, index, entry, GFP_KERNEL)), 0);
}

/* Where a walk ends: the head, a slot of a node, or outside the tree. */
static void test_load_places(void **state)
{
	DEFINE_XARRAY(xa);
	XA_STATE(xas, &xa, 0);

	assert_ptr_equal(xas.xa_node, XAS_RESTART);
	assert_null(xas_load(&xas));
	assert_null(xas.xa_node);
	xas_set(&xas, 1);
	assert_null(xas_load(&xas));
	assert_ptr_equal(xas.xa_node, XAS_BOUNDS);

	store(&xa, 0, pointer_at(0));
	xas_set(&xas, 0);
	assert_ptr_equal(xas_load(&xas), pointer_at(0));
	assert_null(xas.xa_node);
	assert_ptr_equal(xas_reload(&xas), pointer_at(0));

	store(&xa, N, pointer_at(N));
	xas_set(&xas, N);
	assert_ptr_equal(xas_load(&xas), pointer_at(N));
	assert_int_equal(xas.xa_node->shift, 0);
	assert_int_equal(xas.xa_offset, 0);
	assert_ptr_equal(xas_load(&xas), pointer_at(N));
	xas_set(&xas, 2 * N % (N * N) ? 2 * N : 3 * N);
	if (N > 2) {
		assert_null(xas_load(&xas));
		assert_true(xas_is_node(&xas));
		assert_int_equal(xas.xa_node->shift, XA_CHUNK_SHIFT);
		assert_null(xas_reload(&xas));
	}
	xas_set(&xas, N * N);
	assert_null(xas_load(&xas));
	assert_ptr_equal(xas.xa_node, XAS_BOUNDS);
	xas_set(&xas, ULONG_MAX);
	assert_null(xas_load(&xas));
	assert_ptr_equal(xas.xa_node, XAS_BOUNDS);
	xa_destroy(&xa);
}

/* The kinds of xa_node are told apart. */
static void test_state_kinds(void **state)
{
	struct xa_node node = { 0 };

	assert_true(xas_top(NULL) && xas_top(XAS_BOUNDS) &&
		    xas_top(XAS_RESTART));
	assert_false(xas_top(&node));
	assert_true(xas_not_node(NULL) && xas_not_node(XAS_BOUNDS) &&
		    xas_not_node(XAS_RESTART) && xas_not_node(XA_ERROR(-5)));
	assert_false(xas_not_node(&node));
	assert_true(xas_frozen(XAS_RESTART) && xas_frozen(XA_ERROR(-5)));
	assert_false(xas_frozen(XAS_BOUNDS) || xas_frozen(NULL) ||
		     xas_frozen(&node));
}

/* An error stays in the cursor, whatever is asked of it, until reset. */
static void test_error_sticks(void **state)
{
	DEFINE_XARRAY(xa);
	XA_STATE(xas, &xa, 1);
	XA_STATE(nowhere, NULL, 7);

	store(&xa, 1, pointer_at(1));
	xas_set_err(&xas, -EIO);
	assert_int_equal(xas_error(&xas), -EIO);
	assert_null(xas_load(&xas));
	assert_null(xas_store(&xas, pointer_at(2)));
	assert_null(xas_find(&xas, ULONG_MAX));
	assert_null(xas_find_marked(&xas, ULONG_MAX, XA_MARK_0));
	assert_null(xas_next(&xas));
	assert_null(xas_prev(&xas));
	assert_null(xas_find_conflict(&xas));
	xas_pause(&xas);
	xas_create_range(&xas);
	xas_init_marks(&xas);
	assert_false(xas_get_mark(&xas, XA_MARK_0));
	assert_false(xas_nomem(&xas, GFP_KERNEL));
	assert_int_equal(xas_error(&xas), -EIO);
	assert_int_equal(xas.xa_index, 1);
	xas_reset(&xas);
	assert_int_equal(xas_error(&xas), 0);
	assert_ptr_equal(xas_load(&xas), pointer_at(1));

	xas_set_err(&nowhere, -ENOENT);
	xas_create_range(&nowhere);
	assert_int_equal(xas_error(&nowhere), -ENOENT);
	xa_destroy(&xa);
}

/* next() and prev() move by one exactly, over anything, and wrap. */
static void check_steps(struct xarray *xa, unsigned long from,
			unsigned int steps)
{
	XA_STATE(up, xa, from);
	XA_STATE(down, xa, from);

	for (unsigned int i = 0; i <= steps; i++) {
		assert_ptr_equal(xas_next(&up), xa_load(xa, from + i));
		assert_int_equal(up.xa_index, from + i);
		assert_ptr_equal(xas_prev(&down), xa_load(xa, from - i));
		assert_int_equal(down.xa_index, from - i);
	}
	for (unsigned int i = steps; i--;) {
		assert_ptr_equal(xas_prev(&up), xa_load(xa, from + i));
		assert_int_equal(up.xa_index, from + i);
		assert_ptr_equal(xas_next(&down), xa_load(xa, from - i));
		assert_int_equal(down.xa_index, from - i);
	}
}

static void test_next_prev(void **state)
{
	static const unsigned long from[] = { 0, 1, N - 1, N, N * N,
		5 * N * N + 3, 1ul << 40, ULONG_MAX, ULONG_MAX - N };
	DEFINE_XARRAY(xa);

	check_steps(&xa, 0, 5);
	store(&xa, 0, pointer_at(0));
	check_steps(&xa, 0, 5);
	store(&xa, 2 * N + 1, pointer_at(1));
	store(&xa, N * N - 1, pointer_at(2));
	store(&xa, N * N + N, pointer_at(3));
	for (size_t i = 0; i < ARRAY_SIZE(from); i++)
		check_steps(&xa, from[i], 3 * N);
	store(&xa, ULONG_MAX, pointer_at(4));
	store(&xa, 1ul << 40, pointer_at(5));
	for (size_t i = 0; i < ARRAY_SIZE(from); i++)
		check_steps(&xa, from[i], 3 * N);
	xa_destroy(&xa);
}

/* A reset cursor does not move; one at a known place does. */
static void test_next_after_reset(void **state)
{
	DEFINE_XARRAY(xa);
	XA_STATE(xas, &xa, 5);

	for (unsigned long i = 0; i < 2 * N + 20; i++)
		store(&xa, i, pointer_at(i));
	assert_ptr_equal(xas_next(&xas), pointer_at(5));
	assert_ptr_equal(xas_next(&xas), pointer_at(6));
	xas_reset(&xas);
	assert_ptr_equal(xas_prev(&xas), pointer_at(6));
	xas_pause(&xas);
	assert_ptr_equal(xas_next(&xas), pointer_at(7));
	xas_set(&xas, N);
	assert_ptr_equal(xas_load(&xas), pointer_at(N));
	assert_ptr_equal(xas_prev(&xas), pointer_at(N - 1));
	xa_destroy(&xa);
}

/* Searches end at XAS_BOUNDS, which yields nothing until the cursor is set. */
static void test_bounds_stick(void **state)
{
	DEFINE_XARRAY(xa);
	XA_STATE(xas, &xa, 0);
	void *entry;

	for (unsigned int round = 0; round < 3; round++) {
		unsigned int count = 0;

		xas_for_each(&xas, entry, ULONG_MAX)
			count++;
		assert_int_equal(count, round);
		assert_ptr_equal(xas.xa_node, XAS_BOUNDS);
		xas_for_each(&xas, entry, ULONG_MAX)
			fail();
		xas_for_each_marked(&xas, entry, ULONG_MAX, XA_MARK_0)
			fail();
		xas_pause(&xas);
		assert_null(xas_find(&xas, ULONG_MAX));
		store(&xa, round * N, pointer_at(round));
		xa_set_mark(&xa, round * N, XA_MARK_0);
		xas_set(&xas, 0);
	}
	xas_for_each_marked(&xas, entry, ULONG_MAX, XA_MARK_0)
		assert_non_null(entry);
	assert_ptr_equal(xas.xa_node, XAS_BOUNDS);
	assert_null(xas_find_marked(&xas, ULONG_MAX, XA_MARK_0));
	xa_destroy(&xa);
}

/* A walk that met its limit goes on where it stopped, missing nothing. */
static void test_limits(void **state)
{
	DEFINE_XARRAY(xa);
	unsigned long met, limit, step;
	void *entry;

	for (unsigned long i = 0; i < 3 * N; i++)
		if (i % 5 != 3) {
			store(&xa, i, pointer_at(i));
			xa_set_mark(&xa, i, XA_MARK_1);
		}
	for (step = 1; step < 2 * N; step++) {
		XA_STATE(xas, &xa, 0);
		XA_STATE(marked, &xa, 0);

		for (met = 0, limit = 0; limit < 3 * N + step; limit += step) {
			xas_for_each(&xas, entry, limit) {
				if (met % 5 == 3)
					met++;
				assert_int_equal(xas.xa_index, met);
				assert_ptr_equal(entry, pointer_at(met++));
			}
			xas_for_each_marked(&marked, entry, limit, XA_MARK_1)
				assert_ptr_equal(entry,
					pointer_at(marked.xa_index));
			if (limit < 3 * N - 1) {
				assert_ptr_equal(xas.xa_node, XAS_RESTART);
				assert_ptr_equal(marked.xa_node, XAS_RESTART);
				assert_int_equal(xas.xa_index,
						 marked.xa_index);
			}
			assert_true(limit >= 3 * N || met >= limit);
		}
		assert_true(met >= 3 * N - 2);
	}
	xa_destroy(&xa);
}

/* A limit below the start finds nothing and leaves the cursor restarting. */
static void test_limit_below_start(void **state)
{
	DEFINE_XARRAY(xa);
	void *entry;

	for (unsigned int filled = 0; filled < 3; filled++) {
		for (unsigned long start = 1; start < 3 * N; start += N / 2) {
			XA_STATE(xas, &xa, start);

			xas_for_each_marked(&xas, entry, start - 1, XA_MARK_0)
				fail();
			assert_ptr_equal(xas.xa_node, XAS_RESTART);
			xas_for_each(&xas, entry, 0)
				fail();
			assert_ptr_equal(xas.xa_node, XAS_RESTART);
			assert_int_equal(xas.xa_index, start);
		}
		store(&xa, filled * 2 * N, pointer_at(1));
		xa_set_mark(&xa, filled * 2 * N, XA_MARK_0);
	}
	xa_destroy(&xa);
}

/* Cursors see reservations; retrying readers skip them. */
static void test_reservations_show(void **state)
{
	DEFINE_XARRAY(xa);
	XA_STATE(xas, &xa, 0);
	unsigned int zero = 0, other = 0;
	void *entry;

	for (unsigned long i = 0; i < 20; i++)
		if (i & 1)
			store(&xa, i, pointer_at(i));
		else
			assert_int_equal(xa_reserve(&xa, i, GFP_KERNEL), 0);
	xas_for_each(&xas, entry, ULONG_MAX) {
		if (xas_retry(&xas, entry))
			zero++;
		else
			other++;
	}
	assert_int_equal(zero, 10);
	assert_int_equal(other, 10);
	xas_set(&xas, 4);
	assert_true(xa_is_zero(xas_load(&xas)));
	xa_destroy(&xa);
}

/*
 * An old cursor at a head node that has been shrunk away reads a retry entry
 * and, after xas_retry(), what the head holds now.
 */
static void test_retry(void **state)
{
	DEFINE_XARRAY(xa);
	XA_STATE(xas, &xa, 0);
	void *entry;

	store(&xa, 0, pointer_at(0));
	store(&xa, 1, pointer_at(1));
	rcu_read_lock();
	assert_ptr_equal(xas_find(&xas, ULONG_MAX), pointer_at(0));
	xa_erase(&xa, 1);
	entry = xas_reload(&xas);
	assert_true(xa_is_retry(entry));
	assert_false(xas_retry(&xas, NULL));
	assert_false(xas_retry(&xas, pointer_at(0)));
	assert_true(xas_is_node(&xas));
	assert_true(xa_is_retry(xas_load(&xas)));
	assert_true(xas_retry(&xas, entry));
	assert_ptr_equal(xas.xa_node, XAS_RESTART);
	assert_ptr_equal(xas_next_entry(&xas, ULONG_MAX), pointer_at(0));
	assert_null(xas.xa_node);
	rcu_read_unlock();
	xa_destroy(&xa);
}

/* A walk under the lock meets retry entries like others, and may store there. */
static void test_retry_stored(void **state)
{
	DEFINE_XARRAY(xa);
	XA_STATE(xas, &xa, 0);
	unsigned long count = 0;
	void *entry;

	for (unsigned long i = 0; i < N + 2; i++)
		store(&xa, i, pointer_at(i));
	xas_lock(&xas);
	for (unsigned long i = 0; i < N + 2; i++) {
		xas_set(&xas, i);
		assert_ptr_equal(xas_store(&xas, XA_RETRY_ENTRY),
				 pointer_at(i));
	}
	xas_set(&xas, 0);
	xas_for_each(&xas, entry, ULONG_MAX) {
		assert_true(xa_is_retry(entry));
		assert_int_equal(xas.xa_index, count++);
		xas_store(&xas, value_at(xas.xa_index));
	}
	xas_unlock(&xas);
	assert_int_equal(count, N + 2);
	assert_int_equal(check_tree(&xa), count);
	xa_destroy(&xa);
}

/* The same for a whole tree that is destroyed under a cursor. */
static void test_retry_destroyed(void **state)
{
	DEFINE_XARRAY(xa);
	XA_STATE(xas, &xa, 2 * N);

	for (unsigned long i = 0; i < 3 * N; i++)
		store(&xa, i, pointer_at(i));
	rcu_read_lock();
	assert_ptr_equal(xas_load(&xas), pointer_at(2 * N));
	xa_destroy(&xa);
	assert_true(xa_is_retry(xas_reload(&xas)));
	assert_true(xa_is_retry(xas_next(&xas)));
	assert_true(xas_retry(&xas, XA_RETRY_ENTRY));
	assert_null(xas_load(&xas));
	assert_null(xas.xa_index ? NULL : xa.xa_head);
	rcu_read_unlock();
}

/* Erasing while walking: everything is met once, the tree stays sound. */
static void test_for_each_erasing(void **state)
{
	uint64_t blocks = live_blocks();
	DEFINE_XARRAY(xa);
	unsigned long want;
	void *entry;

	for (unsigned long keep = 2; keep < 9; keep++) {
		XA_STATE(xas, &xa, 0);

		for (unsigned long i = 0; i < N * N + N; i++)
			store(&xa, i, pointer_at(i));
		want = 0;
		xas_lock(&xas);
		xas_for_each(&xas, entry, ULONG_MAX) {
			assert_int_equal(xas.xa_index, want++);
			if (xas.xa_index % keep)
				assert_ptr_equal(xas_store(&xas, NULL), entry);
			else
				assert_ptr_equal(xas_store(&xas,
					value_at(xas.xa_index)), entry);
		}
		assert_int_equal(want, N * N + N);
		check_tree(&xa);
		xas_set(&xas, 0);
		xas_for_each(&xas, entry, ULONG_MAX) {
			assert_ptr_equal(entry, value_at(xas.xa_index));
			xas_store(&xas, NULL);
		}
		xas_unlock(&xas);
		assert_true(xa_empty(&xa));
	}
	assert_int_equal(live_blocks(), blocks);
}

/* A paused walk survives any change and continues behind where it was. */
static void test_pause(void **state)
{
	DEFINE_XARRAY(xa);
	XA_STATE(xas, &xa, 0);
	unsigned long count = 0;
	void *entry;

	for (unsigned long i = 0; i < 2 * N; i++)
		store(&xa, i, pointer_at(i));
	xas_lock(&xas);
	xas_for_each(&xas, entry, ULONG_MAX) {
		assert_int_equal(xas.xa_index, count++);
		if (count % 3)
			continue;
		xas_pause(&xas);
		xas_unlock(&xas);
		xa_erase(&xa, count - 1);
		store(&xa, count - 1 ? 0 : 1, pointer_at(77));
		if (count % 9 == 0)
			store(&xa, N * N * N + count, NULL);
		xas_lock(&xas);
	}
	xas_unlock(&xas);
	assert_int_equal(count, 2 * N);
	xa_destroy(&xa);

	store(&xa, ULONG_MAX, pointer_at(1));
	xas_set(&xas, 0);
	rcu_read_lock();
	xas_for_each(&xas, entry, ULONG_MAX) {
		assert_int_equal(xas.xa_index, ULONG_MAX);
		xas_pause(&xas);
		assert_ptr_equal(xas.xa_node, XAS_BOUNDS);
	}
	rcu_read_unlock();
	xa_destroy(&xa);

	store(&xa, 0, pointer_at(1));
	xas_set(&xas, 0);
	assert_ptr_equal(xas_find(&xas, ULONG_MAX), pointer_at(1));
	xas_pause(&xas);
	assert_int_equal(xas.xa_index, 1);
	assert_null(xas_find(&xas, ULONG_MAX));
	xa_destroy(&xa);
}

/* What a store would replace is reported once. */
static void test_conflict(void **state)
{
	static const unsigned long at[] = { 0, 1, N, ULONG_MAX };
	DEFINE_XARRAY(xa);
	unsigned int count;
	void *entry;

	for (size_t i = 0; i < ARRAY_SIZE(at); i++) {
		XA_STATE(xas, &xa, at[i]);

		assert_null(xas_find_conflict(&xas));
		store(&xa, at[i], pointer_at(i));
		xas_set(&xas, at[i]);
		count = 0;
		xas_for_each_conflict(&xas, entry) {
			assert_ptr_equal(entry, pointer_at(i));
			count++;
		}
		assert_int_equal(count, 1);
		xas_set(&xas, at[i] ^ 2);
		assert_null(xas_find_conflict(&xas));
		xa_erase(&xa, at[i]);
	}
	xa_destroy(&xa);
}

/* Advancing inside a leaf keeps slot and index together. */
static void test_advance(void **state)
{
	DEFINE_XARRAY(xa);
	XA_STATE(xas, &xa, N);

	for (unsigned long i = 0; i < 2 * N; i++)
		store(&xa, i, pointer_at(i));
	xas_load(&xas);
	xas_advance(&xas, 2 * N - 1);
	assert_ptr_equal(xas_reload(&xas), pointer_at(2 * N - 1));
	assert_ptr_equal(xas_prev(&xas), pointer_at(2 * N - 2));
	xa_destroy(&xa);
}

/* Entries of more than one index are refused. */
static void test_order(void **state)
{
	DEFINE_XARRAY(xa);
	XA_STATE_ORDER(plain, &xa, 5, 0);
	XA_STATE_ORDER(wide, &xa, 5, 2);

	xas_lock(&plain);
	xas_store(&plain, pointer_at(5));
	assert_int_equal(xas_error(&plain), 0);
	assert_int_equal(xas_get_order(&plain), 0);
	assert_int_equal(wide.xa_index, 4);
	uik_warn_expect_begin();
	assert_null(xas_store(&wide, pointer_at(5)));
	uik_warn_expect_end();
	assert_int_equal(xas_error(&wide), -EINVAL);
	xas_set_order(&plain, 7, 0);
	assert_null(xas_load(&plain));
	assert_int_equal(plain.xa_index, 7);
	xas_unlock(&plain);
	xa_destroy(&xa);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_load_places),
		cmocka_unit_test(test_state_kinds),
		cmocka_unit_test(test_error_sticks),
		cmocka_unit_test(test_next_prev),
		cmocka_unit_test(test_next_after_reset),
		cmocka_unit_test(test_bounds_stick),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_limit_below_start),
		cmocka_unit_test(test_reservations_show),
		cmocka_unit_test(test_retry),
		cmocka_unit_test(test_retry_stored),
		cmocka_unit_test(test_retry_destroyed),
		cmocka_unit_test(test_for_each_erasing),
		cmocka_unit_test(test_pause),
		cmocka_unit_test(test_conflict),
		cmocka_unit_test(test_advance),
		cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
