// SPDX-License-Identifier: MIT
/*
 * The slowest hundredth, held against sorting all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "lab/tail.h"

#define MOST 2500

static uint64_t draw(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 33;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Law: it is the sum of the n / 100 largest, and at least of one. */
static void test_largest(void **state)
{
	uint64_t all[MOST], seed = 1;

	for (guint n = 1; n <= MOST; n += 1 + draw(&seed) % 97) {
		uint64_t before[UIOMMUFD_LAB_PHASES] = { 0 };
		uint64_t after[UIOMMUFD_LAB_PHASES];
		struct uiommufd_lab_result result = { 0 };
		guint room = n < 200 ? 1 : n / 100;
		uint64_t sum = 0;
		struct tail tail;

		tail_init(&tail, n);
		for (guint i = 0; i < n; i++) {
			/* Few values, so that many are the same. */
			all[i] = 1 + draw(&seed) % (n % 2 ? 50 : 100000);
			memcpy(after, before, sizeof(after));
			after[i % UIOMMUFD_LAB_PHASES] += all[i];
			tail_add(&tail, all[i], before, after);
			memcpy(before, after, sizeof(before));
		}
		tail_collect(&tail, &result);
		tail_fini(&tail);
		qsort(all, n, sizeof(all[0]), by_value);
		for (guint i = n - room; i < n; i++)
			sum += all[i];
		assert_int_equal(result.slowest_lists, room);
		assert_int_equal(result.slowest_ps, sum);
		for (int p = 0; p < UIOMMUFD_LAB_PHASES; p++)
			sum -= result.slowest_phase_ps[p];
		assert_int_equal(sum, 0);
	}
}

/* Law: an interrupted run has the slowest of what was done. */
static void test_few(void **state)
{
	uint64_t before[UIOMMUFD_LAB_PHASES] = { 0 };
	uint64_t after[UIOMMUFD_LAB_PHASES] = { 5 };
	struct uiommufd_lab_result result = { 0 };
	struct tail tail;

	tail_init(&tail, 100000);
	tail_collect(&tail, &result);
	assert_int_equal(result.slowest_ps, 0);
	tail_add(&tail, 5, before, after);
	tail_collect(&tail, &result);
	assert_int_equal(result.slowest_lists, 1);
	assert_int_equal(result.slowest_phase_ps[0], 5);
	tail_fini(&tail);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_largest),
		cmocka_unit_test(test_few),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
