/* SPDX-License-Identifier: MIT */
/* Where machines have their memory, and what happens when there is none. */
#include "kit_test.h"

#include <string.h>
#include <sys/resource.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <uik/file.h>
#include <uik/slab.h>

static uint64_t live_blocks(void)
{
	uint64_t blocks, bytes;

	uik_slab_live(uik_this_machine(), &blocks, &bytes);
	return blocks;
}

enum { PLACES = 70 };

/* Law: machines find places when the usual ones are taken, and are apart. */
static void many_places(void **state)
{
	struct uik_machine_config config = { .arena_bytes = 1 };
	struct uik_machine *machines[PLACES], *before;
	unsigned int made, i;
	char *blocks[PLACES];

	for (made = 0; made < PLACES; made++) {
		machines[made] = uik_machine_new(&config);
		if (!machines[made])
			break;
		before = uik_enter(machines[made]);
		blocks[made] = kmalloc(100, GFP_KERNEL);
		memset(blocks[made], (int)made, 100);
		uik_leave(before);
	}
	assert_int_equal(made, PLACES);
	for (i = 0; i < PLACES; i++) {
		assert_int_equal((u8)blocks[i][0], i);
		assert_int_equal((u8)blocks[i][99], i);
		before = uik_enter(machines[i]);
		kfree(blocks[i]);
		assert_int_equal(live_blocks(), 0);
		uik_leave(before);
		uik_machine_free(machines[i]);
	}
}

/* Law: pages clients may map need a descriptor and room, and ask again later. */
static void no_room_for_pages(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct rlimit limit, none = { 0 };
	void *pages;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none.rlim_max = limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	pages = uik_mappable_alloc(m.machine, PAGE_SIZE);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_null(pages);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	none.rlim_max = limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	pages = uik_mappable_alloc(m.machine, PAGE_SIZE);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	signal(SIGXFSZ, SIG_DFL);
	assert_null(pages);
	pages = uik_mappable_alloc(m.machine, PAGE_SIZE);
	assert_non_null(pages);
	memset(pages, 1, PAGE_SIZE);
	uik_mappable_free(m.machine, pages, PAGE_SIZE);
	machine_end(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_places),
		cmocka_unit_test(no_room_for_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
