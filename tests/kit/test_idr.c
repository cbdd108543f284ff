/* SPDX-License-Identifier: MIT */
/* IDR: numbers for pointers. */
#include "kit_test.h"

#include <errno.h>
#include <linux/idr.h>
#include <uik/hook.h>

static int things[300];

/* Law: the lowest free number; @end is exclusive, ENOSPC behind it. */
static void allocation(void **state)
{
	DEFINE_IDR(idr);

	assert_true(idr_is_empty(&idr));
	for (int i = 0; i < 300; i++)
		assert_int_equal(idr_alloc(&idr, &things[i], 0, 0, GFP_KERNEL),
				 i);
	assert_ptr_equal(idr_remove(&idr, 77), &things[77]);
	assert_null(idr_remove(&idr, 77));
	assert_null(idr_find(&idr, 77));
	assert_int_equal(idr_alloc(&idr, &things[1], 78, 300, GFP_KERNEL),
			 -ENOSPC);
	assert_int_equal(idr_alloc(&idr, &things[1], 5, 300, GFP_KERNEL), 77);
	assert_int_equal(idr_alloc(&idr, &things[0], 10, 10, GFP_KERNEL),
			 -ENOSPC);
	assert_int_equal(idr_alloc(&idr, &things[2], 1 << 30, 0, GFP_NOWAIT),
			 1 << 30);
	assert_ptr_equal(idr_find(&idr, 1 << 30), &things[2]);
	assert_int_equal(warnings_of(assert_int_equal(
		idr_alloc(&idr, &things[0], -1, 0, GFP_KERNEL), -EINVAL)), 1);
	idr_destroy(&idr);
	assert_true(idr_is_empty(&idr));
	/* It stays usable. */
	assert_int_equal(idr_alloc(&idr, &things[9], 0, 0, GFP_KERNEL), 0);
	idr_destroy(&idr);
}

/* Law: the 32-bit form goes to its maximum and tells the number. */
static void whole_range(void **state)
{
	struct idr idr;
	u32 id = UINT_MAX - 1;

	idr_init(&idr);
	assert_int_equal(idr_alloc_u32(&idr, &things[0], &id, UINT_MAX,
				       GFP_KERNEL), 0);
	assert_true(id == UINT_MAX - 1);
	assert_int_equal(idr_alloc_u32(&idr, &things[1], &id, UINT_MAX,
				       GFP_KERNEL), 0);
	assert_true(id == UINT_MAX);
	assert_int_equal(idr_alloc_u32(&idr, &things[1], &id, UINT_MAX,
				       GFP_KERNEL), -ENOSPC);
	assert_true(id == UINT_MAX);
	id = 9;
	assert_int_equal(idr_alloc_u32(&idr, &things[1], &id, 8, GFP_KERNEL),
			 -ENOSPC);
	assert_true(id == 9);
	idr_destroy(&idr);
}

/* Law: numbers go round; the cursor can be read and set. */
static void cyclic(void **state)
{
	DEFINE_IDR(idr);

	for (int i = 3; i < 6; i++)
		assert_int_equal(idr_alloc_cyclic(&idr, &things[i], 3, 6,
						  GFP_KERNEL), i);
	assert_int_equal(idr_get_cursor(&idr), 6);
	assert_int_equal(idr_alloc_cyclic(&idr, &things[0], 3, 6, GFP_KERNEL),
			 -ENOSPC);
	idr_remove(&idr, 3);
	idr_remove(&idr, 4);
	assert_int_equal(idr_alloc_cyclic(&idr, &things[0], 3, 6, GFP_KERNEL),
			 3);
	idr_remove(&idr, 3);
	assert_int_equal(idr_alloc_cyclic(&idr, &things[0], 3, 6, GFP_KERNEL),
			 4);
	idr_set_cursor(&idr, 3);
	assert_int_equal(idr_alloc_cyclic(&idr, &things[0], 3, 6, GFP_KERNEL),
			 3);
	idr_destroy(&idr);
}

/* Law: NULL holds a number; replacing needs a number in use. */
static void replacing(void **state)
{
	DEFINE_IDR(idr);

	assert_int_equal(idr_alloc(&idr, NULL, 5, 0, GFP_KERNEL), 5);
	assert_null(idr_find(&idr, 5));
	assert_false(idr_is_empty(&idr));
	assert_int_equal(idr_alloc(&idr, &things[1], 5, 6, GFP_KERNEL),
			 -ENOSPC);
	assert_null(idr_replace(&idr, &things[2], 5));
	assert_ptr_equal(idr_find(&idr, 5), &things[2]);
	assert_ptr_equal(idr_replace(&idr, NULL, 5), &things[2]);
	assert_null(idr_find(&idr, 5));
	assert_int_equal(idr_alloc(&idr, &things[1], 5, 6, GFP_KERNEL),
			 -ENOSPC);
	assert_int_equal(PTR_ERR(idr_replace(&idr, &things[2], 6)), -ENOENT);
	assert_null(idr_remove(&idr, 5));
	assert_true(idr_is_empty(&idr));
}

/* Law: no number is below the base, and none there can be found. */
static void base(void **state)
{
	struct idr idr;
	unsigned long id = 0;

	idr_init_base(&idr, 100);
	assert_int_equal(idr_alloc(&idr, &things[0], 0, 0, GFP_KERNEL), 100);
	assert_int_equal(idr_alloc(&idr, &things[1], 0, 0, GFP_KERNEL), 101);
	assert_int_equal(idr_alloc(&idr, &things[1], 0, 99, GFP_KERNEL),
			 -ENOSPC);
	assert_ptr_equal(idr_find(&idr, 100), &things[0]);
	assert_null(idr_find(&idr, 0));
	assert_null(idr_remove(&idr, 1));
	assert_int_equal(PTR_ERR(idr_replace(&idr, &things[2], 1)), -ENOENT);
	assert_ptr_equal(idr_get_next_ul(&idr, &id), &things[0]);
	assert_int_equal(id, 100);
	idr_destroy(&idr);
}

static int stop_at(int id, void *p, void *data)
{
	assert_ptr_equal(p, &things[id / 10]);
	++*(int *)data;
	return id == 50 ? -ECANCELED : 0;
}

/* Law: walks go upward, miss NULLs, and may remove what they are at. */
static void walks(void **state)
{
	DEFINE_IDR(idr);
	unsigned long tmp, at;
	int id, n = 0;
	int *thing;

	for (int i = 0; i < 10; i++)
		idr_alloc(&idr, &things[i], 10 * i, 0, GFP_KERNEL);
	idr_alloc(&idr, NULL, 15, 0, GFP_KERNEL);
	idr_for_each_entry(&idr, thing, id) {
		assert_ptr_equal(thing, &things[n]);
		assert_int_equal(id, 10 * n++);
	}
	assert_int_equal(n, 10);
	n = 0;
	assert_int_equal(idr_for_each(&idr, stop_at, &n), -ECANCELED);
	assert_int_equal(n, 6);
	n = 0;
	id = 71;
	idr_for_each_entry_continue(&idr, thing, id)
		n++;
	assert_int_equal(n, 2);
	n = 0;
	at = 80;
	idr_for_each_entry_continue_ul(&idr, thing, tmp, at)
		n++;
	assert_int_equal(n, 2);
	idr_for_each_entry_ul(&idr, thing, tmp, at)
		assert_ptr_equal(idr_remove(&idr, at), thing);
	assert_null(idr_get_next(&idr, &(int){ 0 }));
	assert_null(idr_remove(&idr, 15));
	assert_true(idr_is_empty(&idr));
}

/* Law: every allocation may fail, and then nothing has happened. */
static void failures(void **state)
{
	DEFINE_IDR(idr);
	u32 id = 1u << 20;
	bool hit = true;
	int ret = -1;

	for (u32 nth = 1; hit; nth++) {
		uik_fail_nth(nth, 1u << UIK_FAIL_ALLOC, false);
		idr_preload(GFP_KERNEL);
		ret = idr_alloc_u32(&idr, &things[0], &id, UINT_MAX,
				    GFP_NOWAIT);
		idr_preload_end();
		hit = uik_fail_nth(0, 0, false);
		assert_int_equal(ret, hit ? -ENOMEM : 0);
		assert_int_equal(idr_is_empty(&idr), hit);
	}
	idr_destroy(&idr);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(allocation),
		cmocka_unit_test(whole_range),
		cmocka_unit_test(cyclic),
		cmocka_unit_test(replacing),
		cmocka_unit_test(base),
		cmocka_unit_test(walks),
		cmocka_unit_test(failures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
