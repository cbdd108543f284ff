/* SPDX-License-Identifier: MIT */
/* Unit tests of lib/kit/ida.c: small integers, lowest first. */
#include <stdlib.h>
#include <linux/idr.h>
#include "xarray_check.h"

#define B IDA_BITMAP_BITS

static void check_ids(struct ida *ida, unsigned int min, unsigned int end)
{
	for (unsigned int id = min; id < end; id++)
		assert_int_equal(ida_alloc_min(ida, min, GFP_KERNEL), id);
}

/* Numbers come in order across values, bitmaps and chunks. */
static void test_order(void **state)
{
	uint64_t blocks = live_blocks();
	DEFINE_IDA(ida);

	assert_true(ida_is_empty(&ida));
	check_ids(&ida, 0, 3 * B + 70);
	assert_false(ida_is_empty(&ida));
	for (unsigned int id = 0; id < 3 * B + 70; id++) {
		assert_true(ida_exists(&ida, id));
		ida_free(&ida, id);
		assert_false(ida_exists(&ida, id));
	}
	assert_true(ida_is_empty(&ida));
	assert_int_equal(live_blocks(), blocks);
}

/* The lowest number that is free is next, wherever the hole is. */
static void test_lowest(void **state)
{
	static const unsigned int holes[] = { 0, 1, 62, 63, 64, B - 1, B,
					      B + 62, B + 63, 2 * B - 1 };
	DEFINE_IDA(ida);

	check_ids(&ida, 0, 2 * B);
	for (size_t i = 0; i < ARRAY_SIZE(holes); i++) {
		for (size_t k = i; k < ARRAY_SIZE(holes); k++)
			ida_free(&ida, holes[k]);
		for (size_t k = i; k < ARRAY_SIZE(holes); k++)
			assert_int_equal(ida_alloc(&ida, GFP_KERNEL),
					 holes[k]);
	}
	assert_int_equal(ida_alloc(&ida, GFP_KERNEL), 2 * B);
	ida_destroy(&ida);
	assert_true(ida_is_empty(&ida));
}

/* Ranges: both ends count; nothing free, or an empty range, is -ENOSPC. */
static void test_ranges(void **state)
{
	DEFINE_IDA(ida);

	assert_int_equal(ida_alloc_range(&ida, 5, 4, GFP_KERNEL), -ENOSPC);
	assert_int_equal(ida_alloc_max(&ida, 0, GFP_KERNEL), 0);
	assert_int_equal(ida_alloc_max(&ida, 0, GFP_KERNEL), -ENOSPC);
	assert_int_equal(ida_alloc_range(&ida, 70, 71, GFP_KERNEL), 70);
	assert_int_equal(ida_alloc_range(&ida, 70, 71, GFP_KERNEL), 71);
	assert_int_equal(ida_alloc_range(&ida, 70, 71, GFP_KERNEL), -ENOSPC);
	assert_int_equal(ida_alloc_range(&ida, B - 1, B, GFP_KERNEL), B - 1);
	assert_int_equal(ida_alloc_range(&ida, B - 1, B, GFP_KERNEL), B);
	assert_int_equal(ida_alloc_range(&ida, B - 1, B, GFP_KERNEL), -ENOSPC);
	assert_int_equal(ida_alloc_range(&ida, B - 1, B + 1, GFP_KERNEL),
			 B + 1);
	assert_int_equal(ida_alloc_max(&ida, 1, GFP_KERNEL), 1);
	ida_destroy(&ida);
	/* A full first chunk does not hide the second from a range in it. */
	check_ids(&ida, 0, B);
	assert_int_equal(ida_alloc_max(&ida, B - 1, GFP_KERNEL), -ENOSPC);
	assert_int_equal(ida_alloc_max(&ida, B, GFP_KERNEL), B);
	ida_destroy(&ida);
	/* Free numbers below the minimum do not count. */
	check_ids(&ida, 1, 3 * B);
	assert_int_equal(ida_alloc_range(&ida, 1, 3 * B - 1, GFP_KERNEL),
			 -ENOSPC);
	assert_int_equal(ida_alloc_min(&ida, 1, GFP_KERNEL), 3 * B);
	assert_int_equal(ida_alloc(&ida, GFP_KERNEL), 0);
	ida_destroy(&ida);
}

/* Numbers end at INT_MAX; larger limits mean that. */
static void test_top(void **state)
{
	DEFINE_IDA(ida);
	unsigned int top = INT_MAX;

	assert_int_equal(ida_alloc_min(&ida, top - 1, GFP_KERNEL), top - 1);
	assert_int_equal(ida_alloc_min(&ida, top - 1, GFP_KERNEL), top);
	assert_int_equal(ida_alloc_min(&ida, top - 1, GFP_KERNEL), -ENOSPC);
	assert_int_equal(ida_alloc_min(&ida, top, GFP_KERNEL), -ENOSPC);
	assert_int_equal(ida_alloc_min(&ida, top + 1u, GFP_KERNEL), -ENOSPC);
	assert_int_equal(ida_alloc_range(&ida, top + 1u, ~0u, GFP_KERNEL),
			 -ENOSPC);
	assert_int_equal(ida_alloc_range(&ida, 3, ~0u, GFP_KERNEL), 3);
	assert_int_equal(ida_alloc_range(&ida, 3, top + 1u, GFP_KERNEL), 4);
	assert_true(ida_exists(&ida, top));
	assert_int_equal(ida_find_first_range(&ida, top, ~0u), top);
	ida_free(&ida, top);
	assert_int_equal(ida_alloc_min(&ida, top, GFP_KERNEL), top);
	ida_destroy(&ida);
}

/* Freeing what is not allocated warns and changes nothing. */
static void test_free_unallocated(void **state)
{
	static const unsigned int ids[] = { 0, 1, 62, 63, 64, B - 1, B, B + 5,
					    5 * B, INT_MAX, ~0u };
	DEFINE_IDA(ida);

	for (unsigned int round = 0; round < 3; round++) {
		for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
			if (ida_exists(&ida, ids[i]))
				continue;
			uik_warn_expect_begin();
			ida_free(&ida, ids[i]);
			assert_int_equal(uik_warn_expect_end(), 1);
		}
		assert_int_equal(ida_is_empty(&ida), round == 0);
		/* First a value, then a bitmap. */
		assert_int_equal(ida_alloc_min(&ida, 40 * round + 10,
					       GFP_KERNEL), 40 * round + 10);
	}
	assert_true(ida_exists(&ida, 10) && ida_exists(&ida, 50) &&
		    ida_exists(&ida, 90));
	ida_destroy(&ida);
}

/* A few low numbers need no bitmap, high ones one each, and no more. */
static void test_memory(void **state)
{
	uint64_t blocks = live_blocks();
	DEFINE_IDA(ida);

	check_ids(&ida, 0, 63);
	assert_true(xa_is_value(ida.xa.xa_head));
	assert_int_equal(live_blocks(), blocks);
	assert_int_equal(ida_alloc(&ida, GFP_KERNEL), 63);
	assert_int_equal(live_blocks(), blocks + 1);
	for (unsigned int id = 0; id < 64; id++)
		assert_true(ida_exists(&ida, id));
	check_ids(&ida, 64, B);
	assert_int_equal(live_blocks(), blocks + 1);
	assert_int_equal(ida_alloc(&ida, GFP_KERNEL), B);
	assert_int_equal(live_blocks(), blocks + 2);	/* a node */
	for (unsigned int id = 0; id < B; id++)
		ida_free(&ida, id);
	assert_int_equal(live_blocks(), blocks + 1);
	ida_free(&ida, B);
	assert_true(ida_is_empty(&ida));
	assert_int_equal(live_blocks(), blocks);
}

/* Destroying gives everything back, even nothing, and can be repeated. */
static void test_destroy(void **state)
{
	uint64_t blocks = live_blocks();
	struct ida ida;

	ida_init(&ida);
	ida_destroy(&ida);
	for (unsigned int round = 0; round < 3; round++) {
		check_ids(&ida, 0, round * 700);
		check_ids(&ida, 9 * B, 9 * B + 3);
		ida_destroy(&ida);
		assert_true(ida_is_empty(&ida));
		assert_int_equal(live_blocks(), blocks);
		assert_int_equal(ida_alloc(&ida, GFP_KERNEL), 0);
		ida_free(&ida, 0);
	}
}

/* The lowest allocated number of a range, or why there is none. */
static void test_find_first(void **state)
{
	static const unsigned int ids[] = { 3, 62, 63, 200, B, B + 64,
					    7 * B + 1, INT_MAX };
	DEFINE_IDA(ida);

	assert_int_equal(ida_find_first(&ida), -ENOENT);
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		assert_int_equal(ida_alloc_min(&ida, ids[i], GFP_KERNEL),
				 ids[i]);
	assert_int_equal(ida_find_first(&ida), 3);
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		unsigned int id = ids[i];

		assert_int_equal(ida_find_first_range(&ida, id, ~0u), id);
		assert_int_equal(ida_find_first_range(&ida, id, id), id);
		if (i)
			assert_int_equal(ida_find_first_range(&ida,
				ids[i - 1] + 1, ~0u), id);
		if (i && ids[i - 1] + 1 < id)
			assert_int_equal(ida_find_first_range(&ida,
				ids[i - 1] + 1, id - 1), -ENOENT);
		assert_false(ida_exists(&ida, id - 1) && id != 63);
	}
	assert_int_equal(ida_find_first_range(&ida, 9, 8), -ENOENT);
	assert_int_equal(ida_find_first_range(&ida, 1u << 31, ~0u), -EINVAL);
	assert_int_equal(ida_find_first_range(&ida, ~0u, 0), -EINVAL);
	assert_false(ida_exists(&ida, ~0u));
	ida_dump(&ida);
	ida_destroy(&ida);
}

/* Weak flags work as long as no memory is needed. */
static void test_gfp(void **state)
{
	uint64_t blocks = live_blocks();
	DEFINE_IDA(ida);

	for (int id = 0; id < 63; id++)
		assert_int_equal(ida_alloc(&ida, GFP_NOWAIT), id);
	assert_int_equal(ida_alloc(&ida, GFP_NOWAIT), -ENOMEM);
	assert_int_equal(ida_alloc_min(&ida, B, 0), -ENOMEM);
	assert_int_equal(ida_alloc(&ida, GFP_ATOMIC), 63);
	assert_int_equal(ida_alloc(&ida, GFP_NOWAIT), 64);
	ida_destroy(&ida);
	assert_int_equal(live_blocks(), blocks);
}

/* Each allocation that fails gives -ENOMEM and leaves no trace. */
static void test_failure(void **state)
{
	static const unsigned int ids[] = { 5, 63, B - 1, B, B + 63, 70 * B,
					    INT_MAX };
	uint64_t blocks = live_blocks(), before;
	unsigned int nth;
	int id;

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		for (nth = 1;; nth++) {
			DEFINE_IDA(ida);
			bool hit;

			assert_int_equal(ida_alloc(&ida, GFP_KERNEL), 0);
			before = live_blocks();
			uik_fail_nth(nth, 1u << UIK_FAIL_ALLOC, true);
			id = ida_alloc_min(&ida, ids[i], GFP_KERNEL);
			hit = uik_fail_nth(0, 0, false);
			assert_int_equal(id, hit ? -ENOMEM : (int)ids[i]);
			if (hit) {
				assert_int_equal(live_blocks(), before);
				assert_false(ida_exists(&ida, ids[i]));
			}
			assert_true(ida_exists(&ida, 0));
			ida_destroy(&ida);
			if (!hit)
				break;
		}
		assert_int_equal(nth > 1, ids[i] > 62);
	}
	assert_int_equal(live_blocks(), blocks);
}

/* Whatever is done, IDA and a table of flags agree. */
static void test_model(void **state)
{
	enum { IDS = 5 * IDA_BITMAP_BITS };
	uint64_t blocks = live_blocks();
	bool *used = calloc(IDS + 1, sizeof(*used));
	unsigned int seed = 1, min, max, want;
	DEFINE_IDA(ida);

	for (unsigned int i = 0; i < 60000; i++) {
		min = rand_r(&seed) % IDS;
		max = min + rand_r(&seed) % 300;
		max = max < IDS ? max : IDS - 1;
		if (rand_r(&seed) % 16 < (i / 10000 % 2 ? 3 : 13)) {
			for (want = min; want <= max && used[want];)
				want++;
			assert_int_equal(ida_alloc_range(&ida, min, max,
				GFP_KERNEL), want <= max ? (int)want : -ENOSPC);
			if (want <= max)
				used[want] = true;
		} else if (used[min]) {
			ida_free(&ida, min);
			used[min] = false;
		}
		for (want = min; want <= max && !used[want];)
			want++;
		assert_int_equal(ida_find_first_range(&ida, min, max),
				 want <= max ? (int)want : -ENOENT);
	}
	for (want = 0; want < IDS; want++)
		if (used[want])
			ida_free(&ida, want);
	assert_true(ida_is_empty(&ida));
	free(used);
	assert_int_equal(live_blocks(), blocks);
}

/* Four threads never get one number twice, and all of it comes back. */
static DEFINE_IDA(shared);
static unsigned char owner[4096];

static int take_and_give(void *arg)
{
	int mine[40], id;

	for (unsigned int round = 0; round < 300; round++) {
		for (unsigned int i = 0; i < ARRAY_SIZE(mine); i++) {
			id = ida_alloc(&shared, GFP_KERNEL);
			if (id < 0 || __atomic_exchange_n(&owner[id], 1,
							  __ATOMIC_RELAXED))
				return 1;
			mine[i] = id;
		}
		for (unsigned int i = 0; i < ARRAY_SIZE(mine); i++) {
			__atomic_store_n(&owner[mine[i]], 0, __ATOMIC_RELAXED);
			ida_free(&shared, mine[i]);
		}
	}
	__atomic_fetch_add((int *)arg, 1, __ATOMIC_RELAXED);
	return 0;
}

static void test_threads(void **state)
{
	struct uik_thread *threads[4];
	int done = 0;

	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		threads[i] = uik_thread_start(take_and_give, &done, "ida");
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		assert_int_equal(uik_thread_join(threads[i]), 0);
	assert_int_equal(done, ARRAY_SIZE(threads));
	assert_true(ida_is_empty(&shared));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_lowest),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_top),
		cmocka_unit_test(test_free_unallocated),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_destroy),
		cmocka_unit_test(test_find_first),
		cmocka_unit_test(test_gfp),
		cmocka_unit_test(test_failure),
		cmocka_unit_test(test_model),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
