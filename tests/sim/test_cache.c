/* SPDX-License-Identifier: MIT */
/*
 * The modelled caches: finding, replacing, dropping.
 */
#include "hw.h"

static struct cache cache;
static struct uik_machine *machine;
static struct uik_machine *previous;

static int setup(void **state)
{
	struct uik_machine_config config = { 0 };

	machine = uik_machine_new(&config);
	assert_non_null(machine);
	previous = uik_enter(machine);
	cache_init(&cache);
	return 0;
}

static int teardown(void **state)
{
	cache_fini(&cache);
	uik_leave(previous);
	uik_machine_free(machine);
	return 0;
}

static struct cache_tag nh(unsigned int vmid, unsigned int asid)
{
	return (struct cache_tag){ .regime = REGIME_NH, .vmid = vmid,
				   .id = asid };
}

static bool has(struct cache_tag tag, u64 address)
{
	unsigned int log2_page;
	u64 phys;

	return cache_lookup(&cache, &tag, address, &phys, &log2_page);
}

static void put(struct cache_tag tag, unsigned int log2_page, u64 address)
{
	assert_int_equal(
		cache_insert(&cache, &tag, log2_page, address, ~address), 0);
}

/* Law: an entry is found by its tag at every address of its page. */
static void test_find(void **state)
{
	struct cache_tag tag = nh(1, 2);
	unsigned int log2_page;
	u64 phys;

	put(tag, 21, 0x200000);
	assert_true(cache_lookup(&cache, &tag, 0x3fffff, &phys, &log2_page));
	assert_true(phys == ~0x200000ull);
	assert_int_equal(log2_page, 21);
	assert_false(has(tag, 0x400000));
	assert_false(has(tag, 0x1fffff));
	assert_false(has(nh(1, 3), 0x200000));
	assert_false(has(nh(2, 2), 0x200000));
	assert_int_equal(cache_live(&cache), 1);
	put(tag, 21, 0x200000);
	assert_int_equal(cache_live(&cache), 1);
}

/* Law: what is inserted stays or makes place; the count is exact. */
static void test_replace(void **state)
{
	struct cache_tag tag = nh(0, 0);

	for (u64 page = 0; page < 3 * SET_WAYS; page++)
		put(tag, 12, page << 12);
	assert_int_equal(cache_live(&cache), SET_WAYS);
	for (u64 page = 0; page < 3 * SET_WAYS; page++)
		assert_int_equal(has(tag, page << 12), page >= 2 * SET_WAYS);
}

/*
 * Law: a range drops exactly the entries it touches, of all page sizes, be it
 * smaller or larger than a set.  Pages are chosen so that none evicts another.
 */
static void test_range_property(void **state)
{
	uint64_t seed = 0x5eed;

	for (int round = 0; round < 2000; round++) {
		struct cache_tag tag = nh(3, round);
		u64 start = (next_random(&seed) % 400) << 12;
		u64 last = start + ((1 + next_random(&seed) % 200) << 12) - 1;
		u64 small = next_random(&seed) % 8;
		u64 large = next_random(&seed) % 4;
		u64 expected = 0;

		for (u64 i = 0; i < SET_WAYS; i++) {
			u64 page = (small * SET_WAYS + i) << 12;

			put(tag, 12, page);
			expected += page > last || page + 0xfff < start;
		}
		for (u64 i = 0; i < SET_WAYS; i++) {
			u64 page = (large * SET_WAYS + i) << 16;

			put(tag, 16, page);
			expected += page > last || page + 0xffff < start;
		}
		cache_drop_range(&cache, &tag, start, last);
		assert_int_equal(cache_live(&cache), expected);
		for (u64 at = start; at < last; at += 0x1000)
			assert_false(has(tag, at));
		cache_drop_range(&cache, &tag, 0, U64_MAX);
		assert_int_equal(cache_live(&cache), 0);
	}
}

/* Law: entries outside a range survive it. */
static void test_range_spares(void **state)
{
	struct cache_tag tag = nh(3, 4);

	for (u64 page = 0; page < SET_WAYS; page++)
		put(tag, 12, page << 12);
	put(tag, 21, 0x10000000);
	cache_drop_range(&cache, &tag, 10 << 12, (20 << 12) - 1);
	for (u64 page = 0; page < SET_WAYS; page++)
		assert_int_equal(has(tag, page << 12), page < 10 || page >= 20);
	assert_true(has(tag, 0x10000000));
	cache_drop_range(&cache, &tag, 0x101fffff, 0x101fffff);
	assert_false(has(tag, 0x10000000));
	cache_drop_range(&cache, &tag, 1ull << 40, U64_MAX);
	assert_int_equal(cache_live(&cache), SET_WAYS - 10);
}

/* Law: criteria that are off match everything of the regime. */
static void test_match(void **state)
{
	struct cache_match by_vmid = { .regimes = BIT(REGIME_NH),
				       .by_vmid = true, .vmid = 1 };
	struct cache_match by_range = { .regimes = BIT(REGIME_STREAM),
					.by_id = true, .id = 0x40,
					.id_mask = ~0xfu };
	struct cache_tag stream = { .regime = REGIME_STREAM };

	put(nh(1, 1), 12, 0);
	put(nh(1, 2), 12, 0);
	put(nh(2, 1), 12, 0);
	cache_drop_match(&cache, &by_vmid, 0, U64_MAX);
	assert_false(has(nh(1, 1), 0));
	assert_false(has(nh(1, 2), 0));
	assert_true(has(nh(2, 1), 0));
	for (stream.id = 0x3f; stream.id <= 0x50; stream.id++)
		put(stream, 12, 0);
	cache_drop_match(&cache, &by_range, 0, U64_MAX);
	for (stream.id = 0x3f; stream.id <= 0x50; stream.id++)
		assert_int_equal(has(stream, 0),
				 stream.id < 0x40 || stream.id > 0x4f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_find, setup, teardown),
		cmocka_unit_test_setup_teardown(test_replace, setup, teardown),
		cmocka_unit_test_setup_teardown(test_range_property, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_range_spares, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_match, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
