// SPDX-License-Identifier: MIT
/* Laws of lib/client/control.c: failing steps, expected warnings. */
#include "client_rig.h"

#include <uik/machine.h>
#include <uik/warn.h>

static int alloc(struct client *client)
{
	struct iommu_ioas_alloc cmd = { .size = sizeof(cmd) };
	int ret = uiommufd_ioctl(client->fd, IOMMU_IOAS_ALLOC, &cmd);

	if (ret)
		return -errno;
	assert_int_equal(destroy_id(client->fd, cmd.out_ioas_id), 0);
	return 0;
}

/* The nth step of a kind fails, once; what was asked for is reported. */
static void fails_the_nth(void **state)
{
	struct client *client = *state;

	uiommufd_fail_nth(1, UIOMMUFD_FAIL_COPY);
	assert_int_equal(alloc(client), -EFAULT);
	assert_int_equal(alloc(client), 0);
	assert_true(uiommufd_fail_nth(1, UIOMMUFD_FAIL_ALLOC));
	assert_int_equal(alloc(client), -ENOMEM);
	assert_true(uiommufd_fail_nth(1000000, UIOMMUFD_FAIL_ANY));
	assert_int_equal(alloc(client), 0);
	assert_false(uiommufd_fail_nth(0, 0));
}

/* Sticky: all that come after it fail too. */
static void sticky(void **state)
{
	struct client *client = *state;

	uiommufd_fail_nth(2, UIOMMUFD_FAIL_COPY | UIOMMUFD_FAIL_STICKY);
	assert_int_equal(alloc(client), -EFAULT);
	assert_int_equal(alloc(client), -EFAULT);
	assert_int_equal(alloc(client), -EFAULT);
	assert_true(uiommufd_fail_nth(0, 0));
	assert_int_equal(alloc(client), 0);
}

static void warn(struct client *client)
{
	struct uik_machine *outer =
		uik_enter(uiommufd_platform_machine(client->platform));

	uik_warn(__FILE__, __LINE__, __func__, "a test");
	uik_leave(outer);
}

/* Warnings of a scope are counted there and not in the audit; scopes nest. */
static void expected_warnings(void **state)
{
	struct client *client = *state;

	uiommufd_expect_warn_begin(client->platform);
	warn(client);
	uiommufd_expect_warn_begin(client->platform);
	warn(client);
	warn(client);
	assert_int_equal(uiommufd_expect_warn_end(client->platform), 2);
	assert_true(uiommufd_expect_warn_end(client->platform) >= 1);
}

/* A scope is its platform's: another's warnings are not expected. */
static void scopes_are_per_platform(void **state)
{
	struct client *client = *state;
	struct client other = {
		.platform = uiommufd_platform_new(NULL), .fd = -1,
	};
	struct uiommufd_audit audit = { .size = sizeof(audit) };

	assert_non_null(other.platform);
	uiommufd_expect_warn_begin(client->platform);
	warn(&other);
	assert_int_equal(uiommufd_expect_warn_end(client->platform), 0);
	assert_int_equal(uiommufd_platform_audit(other.platform, &audit), 1);
	assert_int_equal(audit.warnings, 1);
	uiommufd_platform_free(other.platform);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CLIENT_TEST(fails_the_nth),
		CLIENT_TEST(sticky),
		CLIENT_TEST(expected_warnings),
		CLIENT_TEST(scopes_are_per_platform),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
