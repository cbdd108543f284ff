// SPDX-License-Identifier: MIT
/*
 * The Check framework, which forks for each test: a machine with an engine's
 * thread that the parent made is each child's own.
 *
 * The order of the tests does not matter: all begin where the parent was.
 */
#include <check.h>
#include <stdlib.h>

#include "support/guest_rig.h"

static struct guest guest;

static void none(const char *error)
{
	ck_assert_msg(!error, "%s", error);
}

static void make_guest(void)
{
	none(guest_open(&guest));
	none(guest_sync(&guest, 16));
}

static void drop_guest(void)
{
	none(guest_close(&guest));
}

START_TEST(commands)
{
	/* Twice, by two processes: neither sees the other's index. */
	ck_assert_uint_eq(guest.page[GUEST_CONS], 16);
	none(guest_sync(&guest, 100));
	ck_assert_uint_eq(guest.page[GUEST_CONS], 116);
}
END_TEST

START_TEST(events)
{
	ck_assert_uint_eq(guest.page[GUEST_CONS], 16);
	none(guest_error(&guest));
}
END_TEST

START_TEST(all_goes)
{
	none(guest_sync(&guest, 1));
	none(guest_close(&guest));
}
END_TEST

START_TEST(own_machine)
{
	struct guest own;

	none(guest_open(&own));
	none(guest_sync(&own, 16));
	none(guest_error(&own));
	none(guest_close(&own));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("fork for each test");
	TCase *shared = tcase_create("made by the parent");
	TCase *own = tcase_create("made by the child");
	SRunner *runner;
	int failed;

	tcase_add_unchecked_fixture(shared, make_guest, drop_guest);
	tcase_set_timeout(shared, 120);
	tcase_add_loop_test(shared, commands, 0, 2);
	tcase_add_test(shared, events);
	tcase_add_test(shared, all_goes);
	tcase_set_timeout(own, 120);
	tcase_add_test(own, own_machine);
	suite_add_tcase(suite, shared);
	suite_add_tcase(suite, own);
	runner = srunner_create(suite);
	srunner_set_fork_status(runner, CK_FORK);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
