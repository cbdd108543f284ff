/* SPDX-License-Identifier: MIT */
/*
 * Translation tables: what is mapped is found, what is not is not, and nothing
 * is left.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <linux/mm.h>
#include <linux/sizes.h>
#include <uik/machine.h>
#include <uik/task.h>

#include "arm-smmu-v3-impl.h"

#define RW (IOMMU_READ | IOMMU_WRITE)

static struct uik_machine *machine;
static unsigned int walks_flushed;

static void count_flush(void *cookie, unsigned long iova, size_t size,
			size_t granule)
{
	walks_flushed++;
}

static int enter(void **state)
{
	struct uik_machine_config config = {};

	machine = uik_machine_new(&config);
	uik_enter(machine);
	walks_flushed = 0;
	return machine ? 0 : -1;
}

static u64 blocks(void)
{
	struct uik_audit audit;

	uik_machine_audit(machine, &audit);
	return audit.blocks;
}

static int leave(void **state)
{
	uik_leave(NULL);
	uik_machine_free(machine);
	return 0;
}

static void table_new(struct smmu3_table *table, enum smmu3_stage stage,
		      u8 granule_shift, u8 in_bits)
{
	memset(table, 0, sizeof(*table));
	assert_int_equal(smmu3_table_init(table, stage, granule_shift, in_bits,
					  48),
			 0);
	table->flush_walk = count_flush;
}

static int map(struct smmu3_table *table, unsigned long iova, phys_addr_t pa,
	       size_t pgsize, size_t count, size_t *mapped)
{
	*mapped = 0;
	return smmu3_table_map(table, iova, pa, pgsize, count, RW, GFP_KERNEL,
			       mapped);
}

/*
 * Law: for each granule and both stages the page sizes are those of the
 * architecture, and a mapping of each size is found over its whole length and
 * nowhere else.
 */
static void each_size_maps_exactly_itself(void **state)
{
	static const struct {
		u8 shift;
		unsigned long sizes;
	} shapes[] = {
		{ 12, SZ_4K | SZ_2M | SZ_1G },
		{ 14, SZ_16K | SZ_32M },
		{ 16, SZ_64K | SZ_512M },
	};
	struct smmu3_table table;
	size_t mapped, i;
	int stage;

	for (i = 0; i < ARRAY_SIZE(shapes); i++) {
		for (stage = SMMU3_STAGE_1; stage <= SMMU3_STAGE_2; stage++) {
			unsigned long sizes = shapes[i].sizes;
			unsigned long iova = 0x7f0000000000 & ~(SZ_1G - 1ul);
			u64 pa = 0x123400000000;

			table_new(&table, stage, shapes[i].shift, 48);
			assert_int_equal(smmu3_table_pgsizes(&table), sizes);
			for (; sizes; sizes &= sizes - 1) {
				unsigned long size = sizes & -sizes;

				assert_int_equal(map(&table, iova, pa, size, 1,
						     &mapped), 0);
				assert_int_equal(mapped, size);
				assert_int_equal(smmu3_table_lookup(
					&table, iova - 1), 0);
				assert_int_equal(smmu3_table_lookup(
					&table, iova), pa);
				assert_int_equal(smmu3_table_lookup(
					&table, iova + size - 1),
					pa + size - 1);
				assert_int_equal(smmu3_table_lookup(
					&table, iova + size), 0);
				assert_int_equal(smmu3_table_unmap(
					&table, iova, size, 1), size);
				assert_int_equal(smmu3_table_lookup(
					&table, iova), 0);
			}
			smmu3_table_fini(&table);
		}
	}
	assert_int_equal(blocks(), 0);
}

/*
 * Law: a stage 2 whose first level would have at most 16 entries starts one
 * level lower, with tables side by side; a stage 1 never does.
 */
static void small_stage_2_roots_are_joined(void **state)
{
	static const struct {
		enum smmu3_stage stage;
		u8 in_bits;
		u8 start_level;
		u8 root_bits;
	} shapes[] = {
		{ SMMU3_STAGE_2, 48, 0, 9 },  { SMMU3_STAGE_2, 44, 0, 5 },
		{ SMMU3_STAGE_2, 42, 1, 12 }, { SMMU3_STAGE_2, 40, 1, 10 },
		{ SMMU3_STAGE_2, 36, 1, 6 },  { SMMU3_STAGE_2, 32, 2, 11 },
		{ SMMU3_STAGE_1, 40, 0, 1 },  { SMMU3_STAGE_1, 48, 0, 9 },
	};
	struct smmu3_table table;
	size_t i, mapped;
	unsigned long last;

	for (i = 0; i < ARRAY_SIZE(shapes); i++) {
		table_new(&table, shapes[i].stage, 12, shapes[i].in_bits);
		assert_int_equal(table.start_level, shapes[i].start_level);
		assert_int_equal(table.root_bits, shapes[i].root_bits);
		last = (1ul << shapes[i].in_bits) - SZ_4K;
		assert_int_equal(map(&table, last, 0x1000, SZ_4K, 1, &mapped),
				 0);
		assert_int_equal(smmu3_table_lookup(&table, last), 0x1000);
		assert_int_equal(map(&table, last + SZ_4K, 0x1000, SZ_4K, 1,
				     &mapped),
				 -EINVAL);
		smmu3_table_fini(&table);
	}
	assert_int_equal(blocks(), 0);
}

/* Law: a table behaves as a plain array of pages, for random operations. */
static void it_agrees_with_an_array(void **state)
{
	enum { PAGES = 2048 };
	static u64 model[PAGES];
	struct smmu3_table table;
	unsigned int seed = 7, step;
	unsigned long base = 0x40000000;
	size_t mapped, i;

	memset(model, 0, sizeof(model));
	table_new(&table, SMMU3_STAGE_1, 12, 48);
	for (step = 0; step < 3000; step++) {
		size_t first = rand_r(&seed) % PAGES;
		size_t count = 1 + rand_r(&seed) % 64;
		u64 pa = (1ul + rand_r(&seed) % 65536) << 12;

		if (first + count > PAGES)
			count = PAGES - first;
		for (i = 0; i < count && !model[first + i] == !model[first];)
			i++;
		count = i;
		if (model[first]) {
			assert_int_equal(smmu3_table_unmap(
				&table, base + (first << 12), SZ_4K, count),
				count << 12);
			memset(&model[first], 0, count * sizeof(model[0]));
		} else {
			assert_int_equal(map(&table, base + (first << 12), pa,
					     SZ_4K, count, &mapped), 0);
			for (i = 0; i < count; i++)
				model[first + i] = pa + (i << 12);
		}
	}
	for (i = 0; i < PAGES; i++)
		assert_int_equal(smmu3_table_lookup(&table, base + (i << 12)),
				 model[i]);
	smmu3_table_fini(&table);
	assert_int_equal(blocks(), 0);
}

/*
 * Law: a block takes the place of an empty table, which is forgotten by the
 * hardware first and freed; never of one with mappings; and what is mapped is
 * not mapped again.
 */
static void a_block_replaces_an_empty_table(void **state)
{
	struct smmu3_table table;
	size_t mapped;

	table_new(&table, SMMU3_STAGE_1, 12, 48);
	assert_int_equal(map(&table, 0, SZ_2M, SZ_4K, 2, &mapped), 0);
	assert_int_equal(map(&table, 0, 0, SZ_2M, 1, &mapped), -EEXIST);
	assert_int_equal(mapped, 0);
	assert_int_equal(map(&table, 0, 0, SZ_4K, 1, &mapped), -EEXIST);
	assert_int_equal(smmu3_table_unmap(&table, 0, SZ_4K, 2), SZ_8K);
	assert_int_equal(walks_flushed, 0);
	assert_int_equal(map(&table, 0, SZ_4M, SZ_2M, 1, &mapped), 0);
	assert_int_equal(walks_flushed, 1);
	assert_int_equal(smmu3_table_lookup(&table, SZ_4K), SZ_4M + SZ_4K);
	assert_int_equal(map(&table, SZ_4K, 0, SZ_4K, 1, &mapped), -EEXIST);
	smmu3_table_fini(&table);
	assert_int_equal(blocks(), 0);
}

/* Law: unmapping by a large size takes a whole table of small pages with it. */
static void a_large_unmap_frees_tables(void **state)
{
	struct smmu3_table table;
	u64 before;
	size_t mapped;

	table_new(&table, SMMU3_STAGE_2, 12, 48);
	assert_int_equal(map(&table, 0, 0, SZ_2M, 1, &mapped), 0);
	before = blocks();
	assert_int_equal(map(&table, SZ_2M, SZ_1G, SZ_4K, 512, &mapped), 0);
	assert_int_equal(blocks(), before + 1);
	assert_int_equal(smmu3_table_unmap(&table, SZ_2M, SZ_2M, 1), SZ_2M);
	assert_int_equal(walks_flushed, 1);
	assert_int_equal(blocks(), before);
	assert_int_equal(smmu3_table_unmap(&table, SZ_2M, SZ_2M, 1), 0);
	assert_int_equal(smmu3_table_lookup(&table, 5), 5);
	smmu3_table_fini(&table);
}

/*
 * Law: when any allocation of a map fails, it says -ENOMEM and how much is
 * mapped; unmapping that much leaves nothing mapped.
 */
static void every_allocation_may_fail(void **state)
{
	struct smmu3_table table;
	unsigned long iova = SZ_1G - SZ_2M;
	size_t mapped;
	unsigned int nth;
	int ret = -ENOMEM;

	for (nth = 1; ret; nth++) {
		table_new(&table, SMMU3_STAGE_1, 12, 48);
		uik_fail_nth(nth, 1u << UIK_FAIL_ALLOC, false);
		ret = map(&table, iova, 0, SZ_4K, 1024, &mapped);
		uik_fail_nth(0, 0, false);
		assert_true(ret == 0 || ret == -ENOMEM);
		assert_int_equal(smmu3_table_unmap(&table, iova, SZ_4K,
						   mapped / SZ_4K),
				 mapped);
		assert_int_equal(smmu3_table_lookup(&table, iova), 0);
		smmu3_table_fini(&table);
		assert_int_equal(blocks(), 0);
	}
	/* Two of level 1, 2 and 3, but one of level 1 is shared. */
	assert_int_equal(nth - 1, 6);
}

#define WORKERS 4

struct worker {
	struct smmu3_table *table;
	unsigned int number;
	bool failed;
};

/* Works on every WORKERS-th page of one region. */
static int worker_thread(void *arg)
{
	struct worker *worker = arg;
	unsigned long iova;
	unsigned int page, round;
	size_t mapped;

	for (round = 0; round < 8; round++) {
		for (page = worker->number; page < 1024; page += WORKERS) {
			iova = (unsigned long)page << 12;
			if (map(worker->table, iova, iova + SZ_1G, SZ_4K, 1,
				&mapped) ||
			    smmu3_table_lookup(worker->table, iova) !=
				    iova + SZ_1G)
				worker->failed = true;
		}
		for (page = worker->number; page < 1024; page += WORKERS)
			if (smmu3_table_unmap(worker->table,
					      (unsigned long)page << 12, SZ_4K,
					      1) != SZ_4K)
				worker->failed = true;
	}
	return 0;
}

/* Law: disjoint pages may be changed at once, also while tables appear. */
static void disjoint_ranges_need_no_lock(void **state)
{
	struct worker workers[WORKERS];
	struct uik_thread *threads[WORKERS];
	struct smmu3_table table;
	unsigned int i;

	table_new(&table, SMMU3_STAGE_1, 12, 48);
	for (i = 0; i < WORKERS; i++) {
		workers[i] = (struct worker){ &table, i, false };
		threads[i] = uik_thread_start(worker_thread, &workers[i], "map");
	}
	for (i = 0; i < WORKERS; i++) {
		uik_thread_join(threads[i]);
		assert_false(workers[i].failed);
	}
	smmu3_table_fini(&table);
	assert_int_equal(blocks(), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_size_maps_exactly_itself),
		TEST(small_stage_2_roots_are_joined),
		TEST(it_agrees_with_an_array),
		TEST(a_block_replaces_an_empty_table),
		TEST(a_large_unmap_frees_tables),
		TEST(every_allocation_may_fail),
		TEST(disjoint_ranges_need_no_lock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
