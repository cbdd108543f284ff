/* SPDX-License-Identifier: MIT */
/* Snapshots: what comes back, what does not, how equal states are told. */
#include "kit_test.h"

#include <string.h>
#include <sys/mman.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <uik/slab.h>
#include <uik/snapshot.h>

#include "kit/poison.h"

static int counter;
static uik_unsnapped int runs;

struct block {
	struct block *next;
	char text[200];
};

static uint64_t blocks_of(struct uik_machine *machine)
{
	uint64_t blocks, bytes;

	uik_slab_live(machine, &blocks, &bytes);
	return blocks;
}

/* Law: blocks, their contents and static memory are as they were. */
static void all_comes_back(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct block *block = kzalloc_obj(*block);
	struct uik_snapshot *snapshot;
	uint64_t before;

	strcpy(block->text, "before");
	counter = 3;
	runs = 0;
	before = blocks_of(m.machine);
	snapshot = uik_snapshot_take(m.machine, NULL, 0);
	assert_non_null(snapshot);
	for (int i = 0; i < 5; i++) {
		block->next = kzalloc_obj(*block);
		strcpy(block->next->text, "more");
		strcpy(block->text, "after");
		counter += 1 + i;
		runs++;
		assert_int_equal(blocks_of(m.machine), before + 1);
		assert_false(uik_snapshot_restore(snapshot, i % 2));
		assert_string_equal(block->text, "before");
		assert_null(block->next);
		assert_int_equal(counter, 3);
		assert_int_equal(blocks_of(m.machine), before);
	}
	assert_int_equal(runs, 5);
	uik_snapshot_free(snapshot);
	kfree(block);
	machine_end(m);
}

/* Law: a block that was freed is there again, and can be freed again. */
static void freed_is_there(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct block *block = kzalloc_obj(*block);
	struct uik_snapshot *snapshot;

	strcpy(block->text, "kept");
	snapshot = uik_snapshot_take(m.machine, NULL, 0);
	kfree(block);
	uik_snapshot_restore(snapshot, true);
	assert_string_equal(block->text, "kept");
	uik_snapshot_free(snapshot);
	kfree(block);
	machine_end(m);
}

/* Law: given ranges, and memory that a machine keeps, come back, too. */
static void ranges(void **state)
{
	struct kit_machine m = machine_with(NULL);
	char *given = mmap(NULL, 4 * PAGE_SIZE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *kept = given + 2 * PAGE_SIZE;
	struct uik_range range = { given, PAGE_SIZE };
	struct uik_snapshot *snapshot;

	assert_int_equal(uik_machine_keep(m.machine, kept, PAGE_SIZE), 0);
	strcpy(given, "given");
	strcpy(kept, "kept");
	strcpy(given + PAGE_SIZE, "neither");
	snapshot = uik_snapshot_take(m.machine, &range, 1);
	strcpy(given, "changed");
	strcpy(kept, "changed");
	strcpy(given + PAGE_SIZE, "changed");
	uik_snapshot_restore(snapshot, true);
	assert_string_equal(given, "given");
	assert_string_equal(kept, "kept");
	assert_string_equal(given + PAGE_SIZE, "changed");
	uik_snapshot_free(snapshot);
	machine_end(m);
	munmap(given, 4 * PAGE_SIZE);
}

/* Law: equal states have equal hashes, others have others. */
static void hashes(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct block *block = kzalloc_obj(*block);
	struct uik_snapshot *snapshot = uik_snapshot_take(m.machine, NULL, 0);
	struct uik_snapshot_stats stats;
	uint64_t as_taken, one, other, again, restored;

	/* Pages that were ever written to count: have them be the same. */
	strcpy(block->text, "warm");
	uik_snapshot_restore(snapshot, true);
	as_taken = uik_snapshot_hash(snapshot);
	strcpy(block->text, "one");
	one = uik_snapshot_hash(snapshot);
	strcpy(block->text, "two");
	other = uik_snapshot_hash(snapshot);
	strcpy(block->text, "one");
	again = uik_snapshot_hash(snapshot);
	uik_snapshot_restore(snapshot, true);
	restored = uik_snapshot_hash(snapshot);
	/* A function called for the first time changes this program's tables. */
	assert_int_not_equal(one, as_taken);
	assert_int_not_equal(one, other);
	assert_int_equal(again, one);
	assert_int_equal(restored, as_taken);
	uik_snapshot_stats(snapshot, &stats);
	assert_true(stats.pages > 0 && stats.lines > 0);
	uik_snapshot_free(snapshot);
	kfree(block);
	machine_end(m);
}

int main(void)
{
	/* It does not tell handlers of faults what a write was. */
	const bool watched = RUNNING_ON_VALGRIND;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_comes_back),
		cmocka_unit_test(freed_is_there),
		cmocka_unit_test(ranges),
		cmocka_unit_test(hashes),
	};

	return watched ? 77 : cmocka_run_group_tests(tests, NULL, NULL);
}
