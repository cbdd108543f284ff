// SPDX-License-Identifier: MIT
/*
 * Everything at the same time: spec/40 section 19, spec/45 section A9.
 *
 * Threads map, unmap, copy, pin, read, attach, add and remove domains in the
 * same two IOASes.  What is asserted while they run is little; at the end the
 * invariants hold, domains mirror areas, and nothing is pinned.
 */
#include "ioas_rig.h"

#include <linux/delay.h>

#define ROUNDS 20000
#define MAPPERS 2
#define PAGES 16
#define PINS 8
#define PINS_WANTED 300

struct together {
	struct rig *rig;
	u32 ioas[2];
	char *at;
	unsigned long pins;		/* made by all */
	bool stop;
};

struct player {
	struct together *all;
	u64 seed;
	struct toy *toy;
	struct iommufd_access *access;
	struct mutex lock;		/* pins: the callback comes any time */
	struct { unsigned long iova, length; } pin[PINS];
	unsigned int pins;
	unsigned long made, taken;	/* pins; by callbacks */
};

static u64 some(struct player *player, u64 n)
{
	return random_below(&player->seed, n);
}

static u32 some_ioas(struct player *player)
{
	return player->all->ioas[some(player, 2)];
}

/* ---- mapping and unmapping ---- */

static void map_once(struct player *player)
{
	struct together *all = player->all;
	u64 page = some(player, PAGES), iova = some(player, 32) * PAGE_SIZE;
	u64 length = (1 + some(player, PAGES - page)) * PAGE_SIZE;

	switch (some(player, 4)) {
	case 0:
		ioas_map(all->rig, some_ioas(player), MAP_FIXED_RW,
			 all->at + page * PAGE_SIZE, length, &iova);
		break;
	case 1:
		ioas_copy(all->rig, some_ioas(player), some_ioas(player),
			  MAP_RW, iova, length, &iova);
		break;
	case 2:
		ioas_unmap_at(all->rig, some_ioas(player), iova, length);
		break;
	case 3:
		ioas_unmap_all(all->rig, some_ioas(player));
		break;
	}
}

static bool enough_pins(struct together *all)
{
	return __atomic_load_n(&all->pins, __ATOMIC_RELAXED) >= PINS_WANTED;
}

static bool playing(struct together *all)
{
	return !__atomic_load_n(&all->stop, __ATOMIC_RELAXED);
}

static int mapper(void *arg)
{
	struct player *player = arg;
	struct uik_machine *before = uik_enter(player->all->rig->machine);

	/* On until the others have met it often enough. */
	for (int i = 0; i < ROUNDS || !enough_pins(player->all); i++)
		map_once(player);
	uik_leave(before);
	return 0;
}

/* ---- a driver that pins ---- */

static void player_unmap(void *data, unsigned long iova, unsigned long length)
{
	struct player *player = data;
	unsigned int kept = 0;

	mutex_lock(&player->lock);
	for (unsigned int i = 0; i < player->pins; i++) {
		unsigned long first = player->pin[i].iova;
		unsigned long last = first + player->pin[i].length - 1;

		if (first <= iova + (length - 1) && last >= iova)
			iommufd_access_unpin_pages(player->access, first,
						   player->pin[i].length);
		else
			player->pin[kept++] = player->pin[i];
	}
	player->taken += player->pins - kept;
	player->pins = kept;
	mutex_unlock(&player->lock);
}

static const struct iommufd_access_ops player_ops = {
	.needs_pin_pages = 1, .unmap = player_unmap,
};

/* Under the lock: the callback must find the pin that it is called for. */
static void pin_once(struct player *player)
{
	unsigned long iova = some(player, 32) * PAGE_SIZE;
	unsigned long length = (1 + some(player, 4)) * PAGE_SIZE;
	struct page *pages[4];

	mutex_lock(&player->lock);
	if (player->pins < PINS &&
	    !iommufd_access_pin_pages(player->access, iova, length, pages,
				      some(player, 2))) {
		player->pin[player->pins].iova = iova;
		player->pin[player->pins++].length = length;
		player->made++;
		__atomic_fetch_add(&player->all->pins, 1, __ATOMIC_RELAXED);
	}
	mutex_unlock(&player->lock);
}

static int pinner(void *arg)
{
	struct player *player = arg;
	struct uik_machine *before = uik_enter(player->all->rig->machine);
	char buffer[64];

	while (playing(player->all)) {
		switch (some(player, 8)) {
		case 0:
			iommufd_access_replace(player->access,
					       some_ioas(player));
			break;
		case 1:
			player_unmap(player, some(player, 32) * PAGE_SIZE,
				     PAGE_SIZE);
			break;
		case 2: case 3:
			iommufd_access_rw(player->access,
					  some(player, 32 * PAGE_SIZE), buffer,
					  sizeof(buffer), some(player, 2) * 4);
			break;
		default:
			pin_once(player);
		}
	}
	uik_leave(before);
	return 0;
}

/* ---- domains ---- */

static int placer(void *arg)
{
	struct player *player = arg;
	struct uik_machine *before = uik_enter(player->all->rig->machine);

	while (playing(player->all)) {
		struct iopt *iopt = iopt_of(player->all->rig,
					    some_ioas(player));

		if (iopt_add_domain(iopt, &player->toy->table.domain))
			continue;
		iopt_nth_area_iova(iopt, 3);
		uik_resched();
		iopt_remove_domain(iopt, &player->toy->table.domain);
		assert_int_equal(player->toy->count, 0);
	}
	uik_leave(before);
	return 0;
}

static void player_init(struct player *player, struct together *all, u64 seed)
{
	memset(player, 0, sizeof(*player));
	player->all = all;
	player->seed = seed;
	mutex_init(&player->lock);
}

static void run_together(struct together *all, u64 seed)
{
	/* Mappers first: the others play as long as they do. */
	static int (*const roles[])(void *) = {
		mapper, mapper, pinner, pinner, placer, placer,
	};
	struct uik_thread *thread[ARRAY_SIZE(roles)];
	static struct player player[ARRAY_SIZE(roles)];

	all->pins = 0;
	all->stop = false;
	for (size_t i = 0; i < ARRAY_SIZE(roles); i++) {
		u32 id;

		player_init(&player[i], all, seed * 100 + i);
		player[i].toy = toy_new(~0xffful);
		if (roles[i] != pinner)
			continue;
		player[i].access = iommufd_access_create(rig_ctx(all->rig),
							 &player_ops,
							 &player[i], &id);
		assert_int_equal(iommufd_access_attach(player[i].access,
						       all->ioas[0]), 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(roles); i++) {
		thread[i] = uik_thread_start(roles[i], &player[i], "player");
		assert_non_null(thread[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(roles); i++) {
		if (i == MAPPERS)
			__atomic_store_n(&all->stop, true, __ATOMIC_RELAXED);
		assert_int_equal(uik_thread_join(thread[i]), 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(roles); i++) {
		if (!player[i].access)
			continue;
		iommufd_access_destroy(player[i].access);
		assert_true(player[i].taken == player[i].made);
	}
}

static void test_together(void **state)
{
	struct together all = { .rig = *state };

	all.at = memory(PAGES * PAGE_SIZE);
	for (int i = 0; i < 2; i++)
		all.ioas[i] = rig_ioas(all.rig);
	for (u64 seed = 1; seed <= 3; seed++) {
		run_together(&all, seed);
		for (int i = 0; i < 2; i++) {
			iopt_check(iopt_of(all.rig, all.ioas[i]));
			assert_int_equal(ioas_unmap_all(all.rig, all.ioas[i]),
					 0);
		}
		for (int i = 0; i < PAGES; i++)
			assert_true(!pages_pin_count((uintptr_t)all.at +
						     i * PAGE_SIZE));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IOAS_TEST(test_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
