// SPDX-License-Identifier: MIT
/* Laws of designs: each limit is checked and named. */
#include "lab_test.h"

#include <glib.h>
#include <glib/gstdio.h>

static void expect_bad(struct uiommufd_lab_design *design, const char *word)
{
	char *error = NULL;

	assert_int_equal(uiommufd_lab_design_check(design, &error), -1);
	if (!strstr(error, word))
		fail_msg("'%s' is not in: %s", word, error);
	free(error);
}

#define BAD(member, value) \
	do { \
		struct uiommufd_lab_design d = design_of("per-cpu", 4, 4); \
		d.member = value; \
		expect_bad(&d, #member); \
	} while (0)

static void test_limits(void **state)
{
	struct uiommufd_lab_design design = design_of("per-cpu", 144, 128);

	assert_int_equal(uiommufd_lab_design_check(&design, NULL), 0);
	BAD(cpus, 0);
	BAD(cpus, 145);
	BAD(queues, 0);
	BAD(queues, 129);
	BAD(vms, 0);
	BAD(vms, 64);
	BAD(pages, 0);
	BAD(batch, 5000);
	BAD(entries, 64);
	BAD(entries, 200);
	BAD(lists, 0);
	BAD(flush_after, 0);
	BAD(illegal_ppm, 1000001);
	BAD(policy, "nonsense");
	BAD(workload, "nonsense");
	BAD(workload, "replay");
	BAD(size, 1);
}

static void test_guests(void **state)
{
	struct uiommufd_lab_design design = design_of("guest-direct", 4, 2);

	design.vms = 63;
	expect_bad(&design, "vms");
	design.cpus = 63;
	assert_int_equal(uiommufd_lab_design_check(&design, NULL), 0);
	design.queues = 3;
	expect_bad(&design, "queues");
}

static void load(const char *text, const char *word)
{
	g_autofree char *path = NULL;
	struct uiommufd_lab_design design = design_of("per-cpu", 4, 4);
	char *error = NULL;
	int fd = g_file_open_tmp("labXXXXXX.ini", &path, NULL);

	assert_true(fd >= 0);
	g_close(fd, NULL);
	assert_true(g_file_set_contents(path, text, -1, NULL));
	if (word) {
		assert_int_equal(uiommufd_lab_design_load(path, &design, &error),
				 -1);
		if (!strstr(error, word))
			fail_msg("'%s' is not in: %s", word, error);
		free(error);
	} else {
		assert_int_equal(uiommufd_lab_design_load(path, &design, NULL),
				 0);
		assert_string_equal(design.policy, "cmdlist");
		assert_int_equal(design.cpus, 9);
		assert_int_equal(design.queues, 4);
	}
	g_unlink(path);
}

static void test_file(void **state)
{
	load("[design]\npolicy = cmdlist\ncpus = 9\n", NULL);
	load("[design]\npolicy = cmdlist\ncpus = many\n", ":3: [design] cpus");
	load("[design]\ncpus = -3\n", ":2: [design] cpus");
	load("[design]\ncpu = 3\n", "no such key");
	load("[design]\n\ncpus = 145\n", ":3: [design] cpus: 145 is not within");
	load("[design]\nworkload = no\n", ":2: [design] workload: there is no");
	load("[design]\npolicy = \xff\n", ":2: this is no UTF-8");
}

/* A file without [design] changes nothing. */
static void test_builtin(void **state)
{
	struct uiommufd_lab_design design = design_of("cmdlist", 7, 3);

	assert_int_equal(uiommufd_lab_design_load("tegra241", &design, NULL), 0);
	assert_int_equal(design.cpus, 7);
	assert_int_equal(uiommufd_lab_design_load("/nonexistent", &design, NULL),
			 -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_guests),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_builtin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
