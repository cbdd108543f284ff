/* SPDX-License-Identifier: MIT */
/* Freed blocks of a watched machine: when they are used again. */
#include "kit_test.h"

#include <linux/slab.h>
#include <uik/slab.h>

#include "kit/poison.h"

static uint64_t live_blocks(void)
{
	uint64_t blocks, bytes;

	uik_slab_live(uik_this_machine(), &blocks, &bytes);
	return blocks;
}

/* A machine whose slab is watched, made and entered. */
static struct kit_machine watched_machine(void)
{
	struct kit_machine m;

	uik_slab_watch(true);
	m = machine_with(NULL);
	uik_slab_watch(false);
	return m;
}

#ifndef KIT_ASAN
/* Frees what the compiler shall not know to be freed. */
static char *freed(size_t bytes)
{
	char *p = kmalloc(bytes, GFP_KERNEL);

	kfree(p);
	return *(char *volatile *)&p;
}
#endif

#define AGED 64

static unsigned int common(char *const *a, char *const *b)
{
	unsigned int sum = 0;

	for (int i = 0; i < AGED; i++)
		for (int j = 0; j < AGED; j++)
			sum += a[i] == b[j];
	return sum;
}

static void fill_with_blocks(char **blocks)
{
	for (int i = 0; i < AGED; i++)
		blocks[i] = kmalloc(200, GFP_KERNEL);
}

static void free_blocks(char **blocks)
{
	for (int i = 0; i < AGED; i++)
		kfree(blocks[i]);
}

/*
 * Law: blocks that were free twice when a watched machine's slab aged are used
 * again, but for every 16th; those that were free once are not.
 */
static void aged_blocks(void **state)
{
	struct kit_machine m = watched_machine();
	char *first[AGED], *second[AGED], *third[AGED];
	uint64_t before = live_blocks();

	fill_with_blocks(first);
	assert_int_equal(live_blocks(), before + AGED);
	free_blocks(first);
	uik_slab_age(m.machine);
	fill_with_blocks(second);
	assert_int_equal(common(first, second), 0);
	uik_slab_age(m.machine);
	fill_with_blocks(third);
	assert_int_equal(common(first, third), AGED - AGED / 16);
	assert_int_equal(common(second, third), 0);
	free_blocks(second);
	free_blocks(third);
	assert_int_equal(live_blocks(), before);
	uik_leave(m.before);
	uik_machine_free(m.machine);
}

/* Law: a late write to a block that ages is told. */
static void late_write_ages(void **state)
{
	struct kit_machine m = watched_machine();

#ifndef KIT_ASAN
	char *p;

	if (!RUNNING_ON_VALGRIND) {
		freed(40);
		p = freed(300);
		uik_slab_age(m.machine);
		p[299] = 1;
		assert_int_equal(warnings_of(uik_slab_age(m.machine)), 1);
	}
#endif
	uik_leave(m.before);
	uik_machine_free(m.machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(aged_blocks),
		cmocka_unit_test(late_write_ages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
