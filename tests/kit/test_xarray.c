/* SPDX-License-Identifier: MIT */
/* Unit tests of lib/kit/xarray.c: what the normal API promises. */
#include "xarray_check.h"

#define N XA_CHUNK_SIZE

static const unsigned long places[] = {
	0, 1, 2, N - 1, N, N + 1, 2 * N, N * N - 1, N * N, N * N + 1,
	N * N * N, 1ul << 31, (1ul << 32) - 1, 1ul << 32, 1ul << 62,
	1ul << 63, ULONG_MAX - N, ULONG_MAX - 1, ULONG_MAX,
};

/* Nothing is found in an empty array, and an empty loop sets its index. */
static void test_empty(void **state)
{
	DEFINE_XARRAY(xa);
	unsigned long index = 77;
	void *entry, *out[1];

	assert_true(xa_empty(&xa));
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		assert_null(xa_load(&xa, places[i]));
		assert_null(xa_erase(&xa, places[i]));
		assert_false(xa_get_mark(&xa, places[i], XA_MARK_0));
		index = places[i];
		assert_null(xa_find(&xa, &index, ULONG_MAX, XA_PRESENT));
		assert_int_equal(index, places[i]);
	}
	xa_for_each(&xa, index, entry)
		fail();
	assert_int_equal(index, 0);
	xa_for_each_start(&xa, index, entry, 5)
		fail();
	assert_int_equal(index, 5);
	assert_int_equal(xa_extract(&xa, out, 0, ULONG_MAX, 1, XA_PRESENT), 0);
	xa_destroy(&xa);
	assert_true(xa_empty(&xa));
}

/* An entry comes back from where it was stored, and only from there. */
static void test_store_load_erase(void **state)
{
	uint64_t blocks = live_blocks();
	DEFINE_XARRAY(xa);

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		unsigned long at = places[i];

		assert_null(xa_store(&xa, at, pointer_at(i), GFP_KERNEL));
		for (size_t k = 0; k < ARRAY_SIZE(places); k++)
			assert_ptr_equal(xa_load(&xa, places[k]),
					 k <= i ? pointer_at(k) : NULL);
		assert_ptr_equal(xa_store(&xa, at, value_at(i), GFP_KERNEL),
				 pointer_at(i));
		assert_ptr_equal(xa_store(&xa, at, pointer_at(i), GFP_KERNEL),
				 value_at(i));
		assert_int_equal(check_tree(&xa), i + 1);
	}
	for (size_t i = ARRAY_SIZE(places); i--;) {
		assert_ptr_equal(xa_erase(&xa, places[i]), pointer_at(i));
		assert_null(xa_erase(&xa, places[i]));
		assert_null(xa_load(&xa, places[i]));
		assert_int_equal(check_tree(&xa), i);
	}
	assert_true(xa_empty(&xa));
	assert_int_equal(live_blocks(), blocks);
}

/* Storing NULL erases in an array that tracks no free indices. */
static void test_store_null_erases(void **state)
{
	DEFINE_XARRAY(xa);

	assert_null(xa_store(&xa, 9, NULL, GFP_KERNEL));
	assert_true(xa_empty(&xa));
	assert_null(xa_store(&xa, 9, pointer_at(9), GFP_KERNEL));
	assert_ptr_equal(xa_store(&xa, 9, NULL, 0), pointer_at(9));
	assert_true(xa_empty(&xa));
}

/* A lone entry at index 0 is the head; growing and shrinking keep it so. */
static void test_head(void **state)
{
	uint64_t blocks = live_blocks();
	DEFINE_XARRAY(xa);

	xa_store(&xa, 0, pointer_at(0), GFP_KERNEL);
	assert_ptr_equal(xa.xa_head, pointer_at(0));
	assert_int_equal(live_blocks(), blocks);
	for (size_t i = 1; i < ARRAY_SIZE(places); i++) {
		xa_store(&xa, places[i], value_at(i), GFP_KERNEL);
		assert_true(xa_is_node(xa.xa_head));
		assert_ptr_equal(xa_load(&xa, 0), pointer_at(0));
		assert_int_equal(check_tree(&xa), 2);
		xa_erase(&xa, places[i]);
		assert_ptr_equal(xa.xa_head, pointer_at(0));
		assert_int_equal(live_blocks(), blocks);
	}
	xa_erase(&xa, 0);
	assert_true(xa_empty(&xa));
}

/* Entries of any low bits live anywhere; none is taken for an error. */
static void test_unaligned(void **state)
{
	static const char text[] = "any byte address may be an entry";
	static const unsigned long at[] = { 0, 1, N, N * N, ULONG_MAX };
	uint64_t blocks = live_blocks();

	for (size_t k = 0; k < ARRAY_SIZE(at); k++) {
		for (size_t i = 0; i < 8; i++) {
			DEFINE_XARRAY_ALLOC(xa);
			void *entry = (void *)(text + i), *seen;
			unsigned long index, count = 0;

			assert_false(xa_is_err(entry));
			assert_null(xa_store(&xa, at[k], entry, GFP_KERNEL));
			assert_ptr_equal(xa_load(&xa, at[k]), entry);
			xa_store(&xa, 3, entry + 1, GFP_KERNEL);
			assert_ptr_equal(xa_load(&xa, at[k]), entry);
			xa_for_each(&xa, index, seen) {
				assert_ptr_equal(seen, index == 3 ? entry + 1 :
							      entry);
				count++;
			}
			assert_int_equal(count, 2);
			assert_ptr_equal(xa_erase(&xa, 3), entry + 1);
			assert_ptr_equal(xa_load(&xa, at[k]), entry);
			check_tree(&xa);
			assert_ptr_equal(xa_erase(&xa, at[k]), entry);
			assert_true(xa_empty(&xa));
		}
	}
	assert_int_equal(live_blocks(), blocks);
}

/* At index 0 entries of different kinds replace each other in place. */
static void test_head_kinds(void **state)
{
	void *kinds[] = { pointer_at(1), (void *)0x100002, xa_mk_value(3),
			  (void *)0x100006, pointer_at(2) };
	uint64_t blocks = live_blocks();
	DEFINE_XARRAY(xa);
	void *last = NULL;

	for (size_t i = 0; i < 25; i++) {
		void *entry = kinds[(i * 7 + i / 5) % ARRAY_SIZE(kinds)];

		assert_ptr_equal(xa_store(&xa, 0, entry, GFP_KERNEL), last);
		assert_ptr_equal(xa_load(&xa, 0), entry);
		last = entry;
	}
	assert_ptr_equal(xa_erase(&xa, 0), last);
	assert_int_equal(live_blocks(), blocks);
}

/* The kinds of entries are told apart by their bits. */
static void test_entry_kinds(void **state)
{
	assert_int_equal(xa_to_value(xa_mk_value(LONG_MAX)), LONG_MAX);
	assert_true(xa_is_value(xa_mk_value(0)));
	assert_false(xa_is_value(pointer_at(1)));
	assert_false(xa_is_internal(xa_mk_value(1)));
	assert_true(xa_is_internal(XA_ZERO_ENTRY));
	assert_true(xa_is_zero(XA_ZERO_ENTRY));
	assert_true(xa_is_retry(XA_RETRY_ENTRY));
	assert_false(xa_is_node(XA_RETRY_ENTRY));
	assert_int_equal(xa_to_internal(XA_RETRY_ENTRY), 256);
	assert_int_equal(xa_to_internal(XA_ZERO_ENTRY), 257);
	assert_int_equal(xa_err((void *)XA_ERROR(-ENOMEM)), -ENOMEM);
	assert_int_equal(xa_err((void *)XA_ERROR(-1)), -1);
	assert_int_equal(xa_err((void *)XA_ERROR(-MAX_ERRNO)), -MAX_ERRNO);
	assert_false(xa_is_err((void *)XA_ERROR(-MAX_ERRNO - 1)));
	assert_int_equal(xa_err(XA_ZERO_ENTRY), 0);
	assert_int_equal(xa_err(NULL), 0);
	assert_int_equal(xa_pointer_tag(xa_tag_pointer(pointer_at(3), 3)), 3);
	assert_ptr_equal(xa_untag_pointer(xa_tag_pointer(pointer_at(3), 1)),
			 pointer_at(3));
	uik_warn_expect_begin();
	xa_mk_value(1ul << 63);
	assert_int_equal(uik_warn_expect_end(), 1);
}

/* What belongs to the tree itself cannot be stored: WARN and -EINVAL. */
static void test_refused_entries(void **state)
{
	DEFINE_XARRAY_ALLOC(xa);
	u32 id = 99;

	uik_warn_expect_begin();
	assert_int_equal(xa_err(xa_store(&xa, 1, XA_RETRY_ENTRY, GFP_KERNEL)),
			 -EINVAL);
	assert_int_equal(xa_insert(&xa, 1, xa_mk_internal(5), GFP_KERNEL),
			 -EINVAL);
	assert_int_equal(xa_err(xa_cmpxchg(&xa, 1, NULL, xa_mk_internal(0),
					   GFP_KERNEL)), -EINVAL);
	assert_int_equal(xa_alloc(&xa, &id, XA_RETRY_ENTRY, xa_limit_32b,
				  GFP_KERNEL), -EINVAL);
	uik_warn_expect_end();
	assert_int_equal(id, 99);
	assert_true(xa_empty(&xa));
}

/* xa_alloc() on an array that tracks nothing: WARN and -EINVAL. */
static void test_alloc_needs_tracking(void **state)
{
	DEFINE_XARRAY(xa);
	u32 id;

	uik_warn_expect_begin();
	assert_int_equal(xa_alloc(&xa, &id, pointer_at(1), xa_limit_32b,
				  GFP_KERNEL), -EINVAL);
	uik_warn_expect_end();
}

/* GFP_NOWAIT and 0 never make nodes; existing slots need none. */
static void test_gfp(void **state)
{
	static const gfp_t weak[] = { GFP_NOWAIT, 0 };

	for (size_t i = 0; i < ARRAY_SIZE(weak); i++) {
		DEFINE_XARRAY(xa);
		gfp_t gfp = weak[i];

		assert_null(xa_store(&xa, 0, value_at(0), gfp));
		assert_int_equal(xa_err(xa_store(&xa, 1, value_at(1), gfp)),
				 -ENOMEM);
		assert_int_equal(xa_err(xa_store(&xa, 1, value_at(1), gfp)),
				 -ENOMEM);
		assert_int_equal(check_tree(&xa), 1);
		assert_int_equal(xa_insert(&xa, 1, value_at(1), gfp), -ENOMEM);
		assert_int_equal(xa_reserve(&xa, 1, gfp), -ENOMEM);
		assert_null(xa_store(&xa, 1, value_at(1), GFP_ATOMIC));
		assert_null(xa_store(&xa, 2, value_at(2), gfp));
		assert_int_equal(xa_insert(&xa, N - 1, value_at(3), gfp), 0);
		assert_int_equal(xa_err(xa_store(&xa, N, value_at(1), gfp)),
				 -ENOMEM);
		assert_int_equal(check_tree(&xa), 4);
		xa_destroy(&xa);
	}
}

/* A reservation reads as absent, keeps others out, and needs no memory. */
static void test_reserve(void **state)
{
	uint64_t blocks = live_blocks();
	unsigned long index;
	void *entry;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		DEFINE_XARRAY(xa);
		unsigned long at = places[i];

		assert_int_equal(xa_reserve(&xa, at, GFP_KERNEL), 0);
		assert_int_equal(xa_reserve(&xa, at, 0), 0);
		assert_false(xa_empty(&xa));
		assert_null(xa_load(&xa, at));
		xa_for_each(&xa, index, entry)
			fail();
		assert_int_equal(xa_insert(&xa, at, value_at(1), 0), -EBUSY);
		assert_null(xa_cmpxchg(&xa, at, NULL, value_at(1), 0));
		assert_null(xa_load(&xa, at));
		xa_release(&xa, at);
		assert_true(xa_empty(&xa));

		assert_int_equal(xa_reserve(&xa, at, GFP_KERNEL), 0);
		assert_null(xa_store(&xa, at, (void *)0x100002, 0));
		xa_release(&xa, at);
		assert_ptr_equal(xa_load(&xa, at), (void *)0x100002);
		assert_int_equal(xa_reserve(&xa, at, 0), 0);
		assert_ptr_equal(xa_load(&xa, at), (void *)0x100002);
		assert_ptr_equal(xa_erase(&xa, at), (void *)0x100002);

		assert_int_equal(xa_insert(&xa, at, NULL, GFP_KERNEL), 0);
		assert_null(xa_cmpxchg(&xa, at, XA_ZERO_ENTRY, value_at(7),
				       GFP_NOWAIT));
		assert_ptr_equal(xa_load(&xa, at), value_at(7));
		xa_erase(&xa, at);
		assert_int_equal(xa_reserve(&xa, at, GFP_KERNEL), 0);
		assert_null(xa_erase(&xa, at));
		assert_true(xa_empty(&xa));
	}
	assert_int_equal(live_blocks(), blocks);
}

/* cmpxchg stores only over what it expects; insert only over nothing. */
static void test_cmpxchg_insert(void **state)
{
	DEFINE_XARRAY(xa);
	void *a = pointer_at(1), *b = pointer_at(2), *c = value_at(3);

	assert_null(xa_cmpxchg(&xa, 70, a, b, GFP_KERNEL));
	assert_true(xa_empty(&xa));
	assert_null(xa_cmpxchg(&xa, 70, NULL, a, GFP_KERNEL));
	assert_ptr_equal(xa_cmpxchg(&xa, 70, NULL, b, GFP_KERNEL), a);
	assert_ptr_equal(xa_cmpxchg(&xa, 70, b, c, GFP_KERNEL), a);
	assert_ptr_equal(xa_cmpxchg(&xa, 70, a, c, GFP_KERNEL), a);
	assert_ptr_equal(xa_load(&xa, 70), c);
	assert_int_equal(xa_insert(&xa, 70, a, GFP_KERNEL), -EBUSY);
	assert_int_equal(xa_insert(&xa, 71, a, GFP_KERNEL), 0);
	assert_ptr_equal(xa_cmpxchg(&xa, 71, a, NULL, GFP_KERNEL), a);
	assert_int_equal(check_tree(&xa), 1);
	assert_ptr_equal(xa_cmpxchg(&xa, 70, c, NULL, 0), c);
	assert_true(xa_empty(&xa));
}

static void alloc_expect(struct xarray *xa, struct xa_limit limit, int err,
			 u32 want)
{
	u32 id = 0xdead;
	int got = xa_alloc(xa, &id, pointer_at(want), limit, GFP_KERNEL);

	assert_int_equal(got, err);
	assert_int_equal(id, err ? 0xdead : want);
}

/* Allocation gives the lowest free index inside the limits, or -EBUSY. */
static void test_alloc_lowest(void **state)
{
	uint64_t blocks = live_blocks();

	for (u32 base = 0; base < 2; base++) {
		struct xarray xa;

		xa_init_flags(&xa, base ? XA_FLAGS_ALLOC1 : XA_FLAGS_ALLOC);
		for (u32 i = base; i < 3 * N; i++) {
			alloc_expect(&xa, xa_limit_32b, 0, i);
			check_tree(&xa);
		}
		xa_erase(&xa, N + 3);
		xa_erase(&xa, 2);
		xa_erase(&xa, N);
		alloc_expect(&xa, XA_LIMIT(3, N - 1), -EBUSY, 0);
		alloc_expect(&xa, XA_LIMIT(3, N), 0, N);
		alloc_expect(&xa, xa_limit_32b, 0, 2);
		alloc_expect(&xa, xa_limit_31b, 0, N + 3);
		alloc_expect(&xa, xa_limit_16b, 0, 3 * N);
		alloc_expect(&xa, XA_LIMIT(5, 4), -EBUSY, 0);
		alloc_expect(&xa, XA_LIMIT(~0u, 0), -EBUSY, 0);
		alloc_expect(&xa, XA_LIMIT(~0u, ~0u), 0, ~0u);
		alloc_expect(&xa, XA_LIMIT(~0u, ~0u), -EBUSY, 0);
		alloc_expect(&xa, XA_LIMIT(~0u - 1, ~0u), 0, ~0u - 1);
		check_tree(&xa);
		xa_destroy(&xa);
		assert_true(xa_empty(&xa));
		check_tree(&xa);
		alloc_expect(&xa, xa_limit_32b, 0, base);
		xa_erase(&xa, base);
		assert_true(xa_empty(&xa));
	}
	assert_int_equal(live_blocks(), blocks);
}

/* Index 0 of an ALLOC1 array is never given out, whatever was there. */
static void test_alloc1_zero(void **state)
{
	DEFINE_XARRAY_ALLOC1(xa);

	alloc_expect(&xa, XA_LIMIT(0, 0), -EBUSY, 0);
	assert_null(xa_store(&xa, 0, pointer_at(0), GFP_KERNEL));
	alloc_expect(&xa, xa_limit_32b, 0, 1);
	assert_ptr_equal(xa_erase(&xa, 0), pointer_at(0));
	check_tree(&xa);
	alloc_expect(&xa, XA_LIMIT(0, 1), -EBUSY, 0);
	alloc_expect(&xa, XA_LIMIT(0, 2), 0, 2);
	alloc_expect(&xa, XA_LIMIT(N * N, 2 * N * N), 0, N * N);
	xa_erase(&xa, 1);
	xa_erase(&xa, 2);
	check_tree(&xa);
	alloc_expect(&xa, XA_LIMIT(0, 0), -EBUSY, 0);
	alloc_expect(&xa, XA_LIMIT(0, 9), 0, 1);
	xa_destroy(&xa);
}

/* In an allocating array NULL and stores take indices; erase frees them. */
static void test_alloc_and_store(void **state)
{
	DEFINE_XARRAY_ALLOC(xa);
	u32 id;

	assert_null(xa_store(&xa, 0, pointer_at(0), GFP_KERNEL));
	assert_null(xa_store(&xa, 1, NULL, GFP_KERNEL));
	assert_int_equal(xa_insert(&xa, 2, pointer_at(2), GFP_KERNEL), 0);
	assert_int_equal(xa_reserve(&xa, 3, GFP_KERNEL), 0);
	assert_null(xa_cmpxchg(&xa, 4, NULL, pointer_at(4), GFP_KERNEL));
	assert_int_equal(xa_alloc(&xa, &id, NULL, xa_limit_32b, GFP_KERNEL),
			 0);
	assert_int_equal(id, 5);
	assert_null(xa_load(&xa, 5));
	assert_int_equal(xa_alloc(&xa, &id, XA_ZERO_ENTRY, xa_limit_32b,
				  GFP_KERNEL), 0);
	assert_int_equal(id, 6);
	assert_int_equal(check_tree(&xa), 7);

	assert_ptr_equal(xa_store(&xa, 2, NULL, GFP_KERNEL), pointer_at(2));
	alloc_expect(&xa, xa_limit_32b, 0, 7);	/* 2 is reserved, not free */
	xa_release(&xa, 2);
	alloc_expect(&xa, xa_limit_32b, 0, 2);
	xa_release(&xa, 4);			/* in use: stays */
	assert_ptr_equal(xa_cmpxchg(&xa, 4, pointer_at(4), NULL, 0),
			 pointer_at(4));
	alloc_expect(&xa, xa_limit_32b, 0, 4);
	assert_null(xa_erase(&xa, 3));
	alloc_expect(&xa, xa_limit_32b, 0, 3);
	check_tree(&xa);
	xa_destroy(&xa);
}

/* Cyclic allocation goes on after the last one and reports the wrap. */
static void test_alloc_cyclic(void **state)
{
	DEFINE_XARRAY_ALLOC(xa);
	struct xa_limit limit = XA_LIMIT(10, 13);
	u32 next = 0, id = 0;

	for (u32 i = 10; i <= 13; i++) {
		assert_int_equal(xa_alloc_cyclic(&xa, &id, NULL, limit, &next,
						 GFP_KERNEL), 0);
		assert_int_equal(id, i);
		assert_int_equal(next, i + 1);
	}
	id = 5;
	assert_int_equal(xa_alloc_cyclic(&xa, &id, NULL, limit, &next,
					 GFP_KERNEL), -EBUSY);
	assert_int_equal(id, 5);
	assert_int_equal(next, 14);
	xa_erase(&xa, 12);
	xa_lock(&xa);
	assert_int_equal(__xa_alloc_cyclic(&xa, &id, pointer_at(1), limit,
					   &next, GFP_KERNEL), 1);
	xa_unlock(&xa);
	assert_int_equal(id, 12);
	assert_int_equal(next, 13);
	xa_release(&xa, 13);
	xa_release(&xa, 10);
	xa_lock(&xa);
	assert_int_equal(__xa_alloc_cyclic(&xa, &id, pointer_at(1), limit,
					   &next, GFP_KERNEL), 0);
	xa_unlock(&xa);
	assert_int_equal(id, 13);
	assert_int_equal(xa_alloc_cyclic(&xa, &id, pointer_at(1), limit, &next,
					 GFP_KERNEL), 0);
	assert_int_equal(id, 10);
	check_tree(&xa);
	xa_destroy(&xa);
}

/* After the last u32 the next allocation is the one that wrapped. */
static void test_alloc_cyclic_top(void **state)
{
	DEFINE_XARRAY_ALLOC1(xa);
	u32 next = ~0u - 1, id;
	int want[] = { 0, 0, 1, 0 };
	u32 ids[] = { ~0u - 1, ~0u, 1, 2 };

	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		xa_lock(&xa);
		assert_int_equal(__xa_alloc_cyclic(&xa, &id, pointer_at(i),
				xa_limit_32b, &next, GFP_KERNEL), want[i]);
		xa_unlock(&xa);
		assert_int_equal(id, ids[i]);
		assert_int_equal(next, ids[i] + 1);
	}
	xa_destroy(&xa);
}

/* Marks belong to entries: absent ones have none, erasing takes them. */
static void test_marks(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		DEFINE_XARRAY(xa);
		unsigned long at = places[i], other = at ^ N;

		for (xa_mark_t mark = 0; mark <= XA_MARK_MAX; mark++) {
			xa_set_mark(&xa, at, mark);
			assert_false(xa_get_mark(&xa, at, mark));
			assert_false(xa_marked(&xa, mark));
		}
		xa_store(&xa, at, pointer_at(1), GFP_KERNEL);
		xa_set_mark(&xa, at, XA_MARK_1);
		xa_store(&xa, other, pointer_at(2), GFP_KERNEL);
		assert_true(xa_get_mark(&xa, at, XA_MARK_1));
		assert_false(xa_get_mark(&xa, at, XA_MARK_0));
		assert_false(xa_get_mark(&xa, other, XA_MARK_1));
		assert_false(xa_get_mark(&xa, at ^ 1, XA_MARK_1));
		check_tree(&xa);
		xa_set_mark(&xa, other, XA_MARK_1);
		xa_set_mark(&xa, other, XA_MARK_2);
		check_tree(&xa);
		xa_store(&xa, at, value_at(3), GFP_KERNEL);
		assert_true(xa_get_mark(&xa, at, XA_MARK_1));
		xa_clear_mark(&xa, at, XA_MARK_1);
		assert_false(xa_get_mark(&xa, at, XA_MARK_1));
		assert_true(xa_marked(&xa, XA_MARK_1));
		check_tree(&xa);
		xa_erase(&xa, other);
		assert_false(xa_marked(&xa, XA_MARK_1));
		assert_false(xa_marked(&xa, XA_MARK_2));
		xa_store(&xa, other, pointer_at(2), GFP_KERNEL);
		assert_false(xa_get_mark(&xa, other, XA_MARK_2));
		check_tree(&xa);
		xa_destroy(&xa);
	}
}

/* A walk over a mark meets exactly the entries that have it. */
static void test_for_each_marked(void **state)
{
	DEFINE_XARRAY(xa);
	unsigned long index, want = 0;
	void *entry;

	for (unsigned long i = 0; i < N * N + N; i += 3) {
		xa_store(&xa, i, pointer_at(i), GFP_KERNEL);
		if (i % 21 == 0)
			xa_set_mark(&xa, i, XA_MARK_2);
	}
	xa_for_each_marked(&xa, index, entry, XA_MARK_2) {
		assert_int_equal(index, want);
		assert_ptr_equal(entry, pointer_at(index));
		want += 21;
	}
	assert_true(want >= N * N + N);
	xa_for_each_marked(&xa, index, entry, XA_MARK_1)
		fail();
	xa_destroy(&xa);
}

/* Searches honour both ends and leave the index alone when they fail. */
static void test_find(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		DEFINE_XARRAY(xa);
		unsigned long at = places[i], index;

		xa_store(&xa, at, pointer_at(1), GFP_KERNEL);
		index = 0;
		assert_ptr_equal(xa_find(&xa, &index, ULONG_MAX, XA_PRESENT),
				 pointer_at(1));
		assert_int_equal(index, at);
		assert_ptr_equal(xa_find(&xa, &index, at, XA_PRESENT),
				 pointer_at(1));
		assert_null(xa_find_after(&xa, &index, ULONG_MAX, XA_PRESENT));
		assert_int_equal(index, at);
		assert_null(xa_find(&xa, &index, at, XA_MARK_0));
		if (at) {
			index = 0;
			assert_null(xa_find(&xa, &index, at - 1, XA_PRESENT));
			assert_int_equal(index, 0);
			index = at - 1;
			assert_ptr_equal(xa_find_after(&xa, &index, at,
						XA_PRESENT), pointer_at(1));
			assert_int_equal(index, at);
		}
		if (at != ULONG_MAX) {
			index = at + 1;
			assert_null(xa_find(&xa, &index, ULONG_MAX,
					    XA_PRESENT));
			assert_int_equal(index, at + 1);
		}
		index = ULONG_MAX;
		assert_null(xa_find_after(&xa, &index, ULONG_MAX, XA_PRESENT));
		xa_destroy(&xa);
	}
}

/* A range walk meets the entries of the range, both ends included. */
static void test_for_each_range(void **state)
{
	DEFINE_XARRAY(xa);
	unsigned long index, count = 0;
	void *entry;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		xa_store(&xa, places[i], pointer_at(i), GFP_KERNEL);
	for (size_t a = 0; a < ARRAY_SIZE(places); a++) {
		for (size_t b = a; b < ARRAY_SIZE(places); b++) {
			count = a;
			xa_for_each_range(&xa, index, entry, places[a],
					  places[b]) {
				assert_int_equal(index, places[count]);
				assert_ptr_equal(entry, pointer_at(count));
				count++;
			}
			assert_int_equal(count, b + 1);
		}
	}
	xa_destroy(&xa);
}

/* The body of a walk may erase and store, here, ahead and behind. */
static void test_for_each_changing(void **state)
{
	DEFINE_XARRAY(xa);
	unsigned long index, seen = 0;
	void *entry;

	for (unsigned long i = 0; i < 20 * N; i += 2)
		xa_store(&xa, i, pointer_at(i), GFP_KERNEL);
	xa_for_each(&xa, index, entry) {
		assert_ptr_equal(entry, pointer_at(index));
		assert_ptr_equal(xa_erase(&xa, index), entry);
		if (index == 4)		/* met */
			xa_store(&xa, 5, pointer_at(5), GFP_KERNEL);
		if (index == 10)	/* missed */
			xa_erase(&xa, 12);
		if (index == 20)	/* stays behind */
			xa_store(&xa, 3, pointer_at(3), GFP_KERNEL);
		seen++;
	}
	assert_int_equal(seen, 10 * N);
	assert_int_equal(check_tree(&xa), 1);
	assert_ptr_equal(xa_load(&xa, 3), pointer_at(3));
	xa_destroy(&xa);
}

/* Copies present or marked entries, at most as many as fit. */
static void test_extract(void **state)
{
	DEFINE_XARRAY(xa);
	void *out[8];

	for (unsigned long i = 0; i < 5; i++)
		xa_store(&xa, i * N, pointer_at(i), GFP_KERNEL);
	assert_int_equal(xa_reserve(&xa, 1, GFP_KERNEL), 0);
	xa_set_mark(&xa, 2 * N, XA_MARK_1);
	assert_int_equal(xa_extract(&xa, out, 0, ULONG_MAX, 8, XA_PRESENT), 5);
	for (unsigned long i = 0; i < 5; i++)
		assert_ptr_equal(out[i], pointer_at(i));
	assert_int_equal(xa_extract(&xa, out, 1, 3 * N, 8, XA_PRESENT), 3);
	assert_int_equal(xa_extract(&xa, out, 0, ULONG_MAX, 2, XA_PRESENT), 2);
	assert_int_equal(xa_extract(&xa, out, 0, ULONG_MAX, 0, XA_PRESENT), 0);
	assert_int_equal(xa_extract(&xa, out, 0, ULONG_MAX, 8, XA_MARK_1), 1);
	assert_ptr_equal(out[0], pointer_at(2));
	xa_destroy(&xa);
}

/* Destroying frees every node and leaves a usable array. */
static void test_destroy(void **state)
{
	uint64_t blocks = live_blocks();
	DEFINE_XARRAY(xa);

	for (unsigned int round = 0; round < 3; round++) {
		for (size_t i = 0; i < ARRAY_SIZE(places); i++)
			xa_store(&xa, places[i], pointer_at(i), GFP_KERNEL);
		xa_set_mark(&xa, 0, XA_MARK_2);
		xa_destroy(&xa);
		assert_true(xa_empty(&xa));
		assert_false(xa_marked(&xa, XA_MARK_2));
		assert_int_equal(live_blocks(), blocks);
	}
}

/*
 * Whichever allocation fails, a store either has happened or nothing has
 * changed; nothing leaks.
 */
static void store_failing(unsigned int nth, bool sticky, unsigned long at,
			  void *entry)
{
	uint64_t blocks = live_blocks(), after;
	DEFINE_XARRAY_ALLOC(xa);
	bool hit;
	int err;

	xa_store(&xa, 0, pointer_at(0), GFP_KERNEL);
	after = live_blocks();
	uik_fail_nth(nth, 1u << UIK_FAIL_ALLOC, sticky);
	err = xa_err(xa_store(&xa, at, entry, GFP_KERNEL));
	hit = uik_fail_nth(0, 0, false);
	assert_int_equal(err, hit ? -ENOMEM : 0);
	if (err) {
		assert_int_equal(live_blocks(), after);
		assert_int_equal(check_tree(&xa), 1);
		assert_ptr_equal(xa.xa_head, pointer_at(0));
	} else if (at) {
		assert_int_equal(check_tree(&xa), 2);
	}
	xa_destroy(&xa);
	assert_int_equal(live_blocks(), blocks);
}

static void test_store_failure(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		for (unsigned int nth = 1; nth < 70; nth++)
			for (unsigned int sticky = 0; sticky < 2; sticky++)
				store_failing(nth, sticky, places[i],
					      (void *)0x100002);
}

/* A failed allocation of an index leaves everything as it was. */
static void test_alloc_failure(void **state)
{
	DEFINE_XARRAY_ALLOC(xa);
	u32 id = 7, next = 3;

	for (u32 i = 0; i < N; i++)
		alloc_expect(&xa, xa_limit_32b, 0, i);
	uik_fail_nth(1, 1u << UIK_FAIL_ALLOC, true);
	assert_int_equal(xa_alloc(&xa, &id, pointer_at(1), xa_limit_32b,
				  GFP_KERNEL), -ENOMEM);
	assert_int_equal(xa_alloc_cyclic(&xa, &id, pointer_at(1), xa_limit_32b,
					 &next, GFP_KERNEL), -ENOMEM);
	assert_true(uik_fail_nth(0, 0, false));
	assert_int_equal(id, 7);
	assert_int_equal(next, 3);
	assert_int_equal(check_tree(&xa), N);
	alloc_expect(&xa, xa_limit_32b, 0, N);
	xa_destroy(&xa);
}

/* There are no entries of several indices. */
static void test_order(void **state)
{
	DEFINE_XARRAY(xa);

	xa_store(&xa, 4, pointer_at(4), GFP_KERNEL);
	assert_int_equal(xa_get_order(&xa, 4), 0);
	xa_destroy(&xa);
}

/* Printing a tree changes nothing. */
static void test_dump(void **state)
{
	DEFINE_XARRAY_ALLOC(xa);

	xa_dump(&xa);
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		xa_store(&xa, places[i], i & 1 ? value_at(i) : NULL,
			 GFP_KERNEL);
	xa_dump(&xa);
	assert_int_equal(check_tree(&xa), ARRAY_SIZE(places));
	xa_destroy(&xa);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_store_load_erase),
		cmocka_unit_test(test_store_null_erases),
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_unaligned),
		cmocka_unit_test(test_head_kinds),
		cmocka_unit_test(test_entry_kinds),
		cmocka_unit_test(test_refused_entries),
		cmocka_unit_test(test_alloc_needs_tracking),
		cmocka_unit_test(test_gfp),
		cmocka_unit_test(test_reserve),
		cmocka_unit_test(test_cmpxchg_insert),
		cmocka_unit_test(test_alloc_lowest),
		cmocka_unit_test(test_alloc1_zero),
		cmocka_unit_test(test_alloc_and_store),
		cmocka_unit_test(test_alloc_cyclic),
		cmocka_unit_test(test_alloc_cyclic_top),
		cmocka_unit_test(test_marks),
		cmocka_unit_test(test_for_each_marked),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_for_each_range),
		cmocka_unit_test(test_for_each_changing),
		cmocka_unit_test(test_extract),
		cmocka_unit_test(test_destroy),
		cmocka_unit_test(test_store_failure),
		cmocka_unit_test(test_alloc_failure),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_dump),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
