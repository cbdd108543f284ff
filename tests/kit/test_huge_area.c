/* SPDX-License-Identifier: MIT */
/* Areas taken for huge pages: against a plain map of pages. */
#include "kit_test.h"

#include <string.h>
#include <uik/pin.h>

#define PAGES 64u
#define PAGE 0x1000ul
#define BASE 0x700000000000ul

static bool model[PAGES];

static void must_agree(void)
{
	for (unsigned int i = 0; i < PAGES; i++) {
		assert_int_equal(uik_huge_covers(BASE + i * PAGE), model[i]);
		assert_int_equal(uik_huge_covers(BASE + (i + 1) * PAGE - 1),
				 model[i]);
	}
	assert_false(uik_huge_covers(BASE - 1));
	assert_false(uik_huge_covers(BASE + PAGES * PAGE));
}

static void set(unsigned int first, unsigned int end, bool is)
{
	(is ? uik_huge_add : uik_huge_remove)(BASE + first * PAGE,
					      (end - first) * PAGE);
	memset(model + first, is, end - first);
}

/* Law: parts go from the beginning, the end, the middle, across several. */
static void parts(void **state)
{
	assert_false(uik_huge_covers(BASE));
	set(8, 24, true);
	must_agree();
	set(4, 10, false);
	must_agree();
	set(22, 30, false);
	must_agree();
	set(14, 16, false);
	must_agree();
	set(40, 50, true);
	set(18, 45, false);
	must_agree();
	set(0, PAGES, false);
	must_agree();
	assert_int_equal(uik_huge_areas, 0);
}

/* Law: any order of few areas. */
static void in_any_order(void **state)
{
	unsigned int seed = 5;

	for (int i = 0; i < 4000; i++) {
		unsigned int first = rand_r(&seed) % PAGES;
		unsigned int end = first + 1 + rand_r(&seed) % (PAGES - first);
		bool clear = true;

		for (unsigned int k = first; k < end; k++)
			clear &= !model[k];
		/* A new mapping never lies upon an old one. */
		if (!clear || i % 2)
			set(first, end, false);
		else
			set(first, end, true);
		must_agree();
	}
	set(0, PAGES, false);
	assert_int_equal(uik_huge_areas, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts),
		cmocka_unit_test(in_any_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
