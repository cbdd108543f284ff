// SPDX-License-Identifier: MIT
/* Laws of fibers: they go on where they left, and may be dropped anywhere. */
#include "lab_test.h"

#include "lab/fiber.h"

struct walker {
	struct fiber *fiber;
	int steps;
	int at;
	double kept;
};

static void walk(void *arg)
{
	struct walker *walker = arg;
	volatile int local = 0;

	for (int i = 0; i < walker->steps; i++) {
		walker->at = i;
		local += i;
		walker->kept = local * 0.5;
		fiber_leave(walker->fiber);
		assert_int_equal(walker->at, i);
		assert_true(walker->kept == local * 0.5);
	}
}

static void test_interleaved(void **state)
{
	struct walker walkers[8];
	struct uik_fiber home;

	uik_fiber_init_self(&home);
	for (int i = 0; i < 8; i++) {
		walkers[i] = (struct walker){ .steps = 100 + i };
		walkers[i].fiber = fiber_new(&home, walk, &walkers[i]);
		assert_non_null(walkers[i].fiber);
	}
	for (int step = 0; step < 100; step++)
		for (int i = 0; i < 8; i++) {
			fiber_enter(walkers[i].fiber);
			assert_int_equal(walkers[i].at, step);
			assert_false(fiber_is_done(walkers[i].fiber));
		}
	fiber_enter(walkers[0].fiber);
	assert_true(fiber_is_done(walkers[0].fiber));
	/* The others are dropped half-way. */
	for (int i = 0; i < 8; i++)
		fiber_free(walkers[i].fiber);
}

static void test_never_entered(void **state)
{
	struct walker walker = { .steps = 1 };
	struct uik_fiber home;

	uik_fiber_init_self(&home);
	walker.fiber = fiber_new(&home, walk, &walker);
	assert_false(fiber_is_done(walker.fiber));
	fiber_free(walker.fiber);
	fiber_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_interleaved),
		cmocka_unit_test(test_never_entered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
