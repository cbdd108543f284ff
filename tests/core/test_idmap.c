// SPDX-License-Identifier: MIT
/* Laws of idmap.c: against a plain array, at every growth of the map. */
#include "core_rig.h"

#include <sched.h>
#include <linux/atomic.h>

static void *entry_of(u32 id)
{
	return (void *)(0x1000ul + id * 16ul);
}

static u32 take(struct idmap *map)
{
	u32 id = 0;

	assert_int_equal(idmap_reserve(map, &id), 0);
	return id;
}

static void release(struct idmap *map, u32 id)
{
	void *memory;

	spin_lock(&map->lock);
	memory = idmap_release_locked(map, id);
	spin_unlock(&map->lock);
	idmap_free(memory);
}

static void *load(struct idmap *map, u32 id)
{
	void *entry;

	spin_lock(&map->lock);
	entry = idmap_load_locked(map, id);
	spin_unlock(&map->lock);
	return entry;
}

/* Numbers go through their states and no others. */
static void states(void **state)
{
	struct idmap map;
	u32 id;

	idmap_init(&map);
	assert_true(idmap_is_empty(&map));
	id = take(&map);
	assert_int_equal(id, 1);
	assert_false(idmap_is_empty(&map));
	assert_true(idmap_is_reserved_locked(&map, id));
	assert_null(load(&map, id));
	assert_true(idmap_publish(&map, id, entry_of(id)));
	assert_ptr_equal(load(&map, id), entry_of(id));
	assert_false(idmap_is_reserved_locked(&map, id));
	assert_false(idmap_publish(&map, id, entry_of(id)));
	assert_false(idmap_unreserve(&map, id));
	idmap_bury_locked(&map, id);
	assert_null(load(&map, id));
	assert_false(idmap_is_reserved_locked(&map, id));
	assert_false(idmap_publish(&map, id, entry_of(id)));
	assert_false(idmap_unreserve(&map, id));
	assert_int_equal(take(&map), 2);
	assert_true(idmap_unreserve(&map, 2));
	assert_int_equal(take(&map), 2);
	assert_null(load(&map, 0));
	assert_null(load(&map, 63));
	assert_null(load(&map, 64));
	assert_null(load(&map, 0xffffffff));
	assert_false(idmap_publish(&map, 0, entry_of(0)));
	assert_false(idmap_publish(&map, 5000, entry_of(0)));
	idmap_fini(&map);
	assert_true(idmap_is_empty(&map));
}

#define MODEL 9000		/* beyond two doublings of the table */

/* The lowest free one, always; walks ascend; memory goes with the numbers. */
static void as_a_plain_array(void **state)
{
	static u8 used[MODEL + 1];	/* 0 free, 1 reserved, 2 live */
	struct rig *rig = *state;
	u64 blocks = rig_live_blocks(rig);
	struct idmap map;
	u32 seed = 3, live = 0;

	memset(used, 0, sizeof(used));
	idmap_init(&map);
	for (u32 step = 0; step < 60000; step++) {
		/* Mostly grow, then mostly shrink. */
		bool growing = step < 30000;
		u32 dice, id = 1;

		seed = seed * 1103515245 + 12345;
		dice = seed >> 16;
		if (live < MODEL && (dice % 4 != 0) == growing) {
			while (used[id])
				id++;
			assert_int_equal(take(&map), id);
			used[id] = 1;
			live++;
			if (dice & 16) {
				assert_true(idmap_publish(&map, id,
							  entry_of(id)));
				used[id] = 2;
			}
		} else if (live) {
			id = 1 + (seed >> 4) % MODEL;
			while (!used[id])
				id = id % MODEL + 1;
			if (used[id] == 2)
				release(&map, id);
			else
				assert_true(idmap_unreserve(&map, id));
			used[id] = 0;
			live--;
		}
	}
	for (u32 id = 0; id <= MODEL + 200; id++)
		assert_ptr_equal(load(&map, id),
				 id <= MODEL && used[id] == 2 ? entry_of(id) :
								NULL);
	{
		void *entry;
		u32 id, expected = 0;

		idmap_for_each(&map, id, entry) {
			do
				expected++;
			while (used[expected] != 2);
			assert_int_equal(id, expected);
			assert_ptr_equal(entry, entry_of(id));
		}
	}
	for (u32 id = MODEL; id; id--) {
		if (used[id] == 2)
			release(&map, id);
		else if (used[id])
			assert_true(idmap_unreserve(&map, id));
	}
	assert_true(idmap_is_empty(&map));
	assert_int_equal(rig_live_blocks(rig), blocks);
	idmap_fini(&map);
}

/* A walk's body may release the current number. */
static void walk_that_releases(void **state)
{
	struct rig *rig = *state;
	u64 blocks = rig_live_blocks(rig);
	struct idmap map;
	u32 id, seen = 0;
	void *entry;

	idmap_init(&map);
	for (u32 i = 1; i <= 5000; i++)
		assert_true(idmap_publish(&map, take(&map), entry_of(i)));
	idmap_for_each(&map, id, entry) {
		release(&map, id);
		seen++;
	}
	assert_int_equal(seen, 5000);
	assert_int_equal(rig_live_blocks(rig), blocks);
	idmap_fini(&map);
}

/* Growing fails with ENOMEM at each step; nothing is taken or lost. */
static void failure_sweep(void **state)
{
	static const u32 borders[] = { 64, 4096, 8192 };
	struct rig *rig = *state;

	for (unsigned int i = 0; i < 3; i++) {
		struct idmap map;
		u64 blocks;
		u32 id;

		idmap_init(&map);
		for (u32 n = 1; n < borders[i]; n++)
			take(&map);
		blocks = rig_live_blocks(rig);
		for (u32 nth = 1;; nth++) {
			int ret;

			uik_fail_nth(nth, UIK_FAIL_ANY, false);
			ret = idmap_reserve(&map, &id);
			if (!uik_fail_nth(0, 0, false)) {
				assert_int_equal(ret, 0);
				assert_true(nth >= 4);
				break;
			}
			assert_int_equal(ret, -ENOMEM);
			assert_int_equal(rig_live_blocks(rig), blocks);
		}
		assert_int_equal(id, borders[i]);
		assert_true(idmap_unreserve(&map, id));
		if (borders[i] == 64)
			assert_int_equal(rig_live_blocks(rig), blocks);
		idmap_fini(&map);
	}
}

static struct {
	struct rig *rig;
	struct idmap map;
	atomic_t owner[400];
} race;

static int churn(void *arg)
{
	struct uik_machine *outer = uik_enter(race.rig->machine);
	u32 mine[100];

	for (int round = 0; round < 40; round++) {
		for (int i = 0; i < 100; i++) {
			mine[i] = take(&race.map);
			assert_int_equal(atomic_inc_return(
						 &race.owner[mine[i]]), 1);
		}
		for (int i = 0; i < 100; i++) {
			atomic_dec(&race.owner[mine[i]]);
			assert_true(idmap_unreserve(&race.map, mine[i]));
		}
	}
	uik_leave(outer);
	return 0;
}

/* No number belongs to two, while leaves and tables come and go. */
static void race_of_growing_and_shrinking(void **state)
{
	struct uik_thread *threads[3];

	memset(&race, 0, sizeof(race));
	race.rig = *state;
	idmap_init(&race.map);
	for (int i = 0; i < 3; i++)
		threads[i] = uik_thread_start(churn, NULL, "churn");
	for (int i = 0; i < 3; i++)
		assert_int_equal(uik_thread_join(threads[i]), 0);
	assert_true(idmap_is_empty(&race.map));
	idmap_fini(&race.map);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(states),
		TEST(as_a_plain_array),
		TEST(walk_that_releases),
		TEST(failure_sweep),
		TEST(race_of_growing_and_shrinking),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
