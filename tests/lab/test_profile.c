// SPDX-License-Identifier: MIT
/*
 * Laws of timing profiles: each value has a unit and a source; what is wrong is
 * named by file, line and key; a profile may be based on another.
 */
#include "lab_test.h"

#include <glib.h>
#include <glib/gstdio.h>
#include "lab/profile.h"

static char *folder;

static char *write_profile(const char *text)
{
	char *path = g_build_filename(folder, "p.ini", NULL);

	assert_true(g_file_set_contents(path, text, -1, NULL));
	return path;
}

/* The message must hold every word of @words, a NULL-ended array. */
static void expect_refusal(const char *text, const char *const *words)
{
	g_autofree char *path = write_profile(text);
	char *error = NULL;

	assert_null(uiommufd_lab_profile_load(path, &error));
	assert_non_null(error);
	assert_non_null(strstr(error, "p.ini"));
	for (; *words; words++)
		if (!strstr(error, *words))
			fail_msg("'%s' is not in: %s", *words, error);
	free(error);
}

#define REFUSED(text, ...) \
	expect_refusal(text, (const char *const[]){ __VA_ARGS__, NULL })
#define BASED "[profile]\nbased_on = tegra241\n[mmio]\n"

static void test_builtins(void **state)
{
	static const char *const names[] = { NULL, "tegra241",
					     "tegra241-fast-exits",
					     "tegra241-many-syncs" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		struct uiommufd_lab_profile *profile = profile_of(names[i]);
		struct uiommufd_lab_value value;

		for (unsigned int v = 0; v < uiommufd_lab_profile_count(); v++) {
			assert_int_equal(uiommufd_lab_profile_value(profile, v,
								    &value), 0);
			assert_true(strlen(value.source) > 3);
			assert_true(strlen(value.unit) > 0);
			assert_true(strlen(value.meaning) > 5);
			assert_int_equal(profile_key(value.key), v);
		}
		assert_int_equal(uiommufd_lab_profile_value(
					 profile, uiommufd_lab_profile_count(),
					 &value), -1);
		uiommufd_lab_profile_free(profile);
	}
	assert_int_equal(profile_key("mmio.nonsense"), -1);
	assert_int_equal(profile_key("mmioread"), -1);
}

static void test_based_on(void **state)
{
	g_autofree char *path = write_profile(
		"# a comment\n" BASED "read = 1.5 ns | measured here\n");
	struct uiommufd_lab_profile *base = profile_of(NULL);
	struct uiommufd_lab_profile *ours = profile_of(path);

	assert_true(ours->value[V_MMIO_READ] == 1.5);
	assert_int_equal(profile_ps(ours, V_MMIO_READ), 1500);
	assert_string_equal(ours->source[V_MMIO_READ], "measured here");
	assert_true(ours->value[V_MMIO_WRITE] == base->value[V_MMIO_WRITE]);
	uiommufd_lab_profile_free(base);
	uiommufd_lab_profile_free(ours);
}

/* Who says nothing of time, but what is to be built, gets the default's. */
static void test_design_alone(void **state)
{
	g_autofree char *path = write_profile("[design]\ncpus = 8\n");
	struct uiommufd_lab_profile *base = profile_of(NULL);
	struct uiommufd_lab_profile *ours = profile_of(path);

	for (int i = 0; i < LAB_VALUES; i++) {
		assert_true(ours->value[i] == base->value[i]);
		assert_string_equal(ours->source[i], base->source[i]);
	}
	assert_string_equal(uiommufd_lab_profile_name(ours), path);
	uiommufd_lab_profile_free(base);
	uiommufd_lab_profile_free(ours);
}

/* A value of every unit out of its range, or without its parts. */
static void test_bad_values(void **state)
{
	REFUSED(BASED "read = 5 ns\n", ":4:", "[mmio] read", "source");
	REFUSED(BASED "read = 5 ns | \n", ":4:", "source");
	REFUSED(BASED "read = 5 us | assumed\n", ":4:", "unit", "'us'");
	REFUSED(BASED "read = 5 | assumed\n", ":4:", "unit");
	REFUSED(BASED "read = fast | assumed\n", ":4:", "no number");
	REFUSED(BASED "read = inf ns | assumed\n", ":4:", "no number");
	REFUSED(BASED "read = -1 ns | assumed\n", ":4:", "not within");
	REFUSED(BASED "read = 1e30 ns | assumed\n", ":4:", "not within");
	REFUSED(BASED "[device]\nsync_slots = 0 syncs | assumed\n", ":5:",
		"[device] sync_slots", "not within");
	REFUSED(BASED "read = 5 ns |\n", "'5 ns | assumed'");
	REFUSED(BASED "read = 1000000001 ns | x\n", "1000000001 is not within",
		"1000000000");
	REFUSED(BASED "[device]\nsync_slots = 1.5 syncs | assumed\n", ":5:",
		"1.5 is no whole number");
}

/* GLib would take one of two values, or none, and say nothing. */
static void test_other_readings(void **state)
{
	REFUSED(BASED "read = 5 ns | x\n#\nread = 6 ns | x\n", ":6:",
		"[mmio] read", "twice");
	REFUSED("[design]\ncpus = 1\n[mmio]\n[design]\ncpus = 1\n", ":5:",
		"[design] cpus", "twice");
	REFUSED(BASED "read = 5 ns | gemessen f\xfcr uns\n", ":4:", "UTF-8");
	REFUSED(BASED "read[C] = 5 ns | x\n", ":4:", "read[C]", "no such key");
	REFUSED("[profile]\nbased_on = tegra241\nname =\n", ":3:",
		"[profile] name", "empty");
}

static void test_bad_files(void **state)
{
	char *error = NULL;

	REFUSED("[mmio]\nread = 5 ns | assumed\n", "p.ini:1: [mmio] write",
		"is missing", "based_on = tegra241");
	REFUSED("[design]\ncpus = 8\n[mmio]\nread = 5 ns | assumed\n",
		"[mmio] write", "is missing");
	REFUSED("", "p.ini: [", "is missing");
	REFUSED(BASED "raed = 5 ns | assumed\n", ":4:", "raed", "no such key");
	REFUSED(BASED "\n[nonsense]\nread = 5 ns | assumed\n", ":6:",
		"[nonsense]", "no such key");
	REFUSED("[profile]\nbase = x\n", ":2:", "base", "no such key");
	REFUSED("[profile]\nthis is nothing\n", ":2:", "this is nothing");
	REFUSED("[profile]\nbased_on = p.ini\n", ":2:", "based on each other");
	assert_null(uiommufd_lab_profile_load("/nonexistent/x.ini", &error));
	assert_non_null(strstr(error, "/nonexistent/x.ini"));
	free(error);
	assert_null(uiommufd_lab_profile_load("/nonexistent/x.ini", NULL));
}

static void test_copy(void **state)
{
	struct uiommufd_lab_profile *profile = profile_of(NULL);
	struct uiommufd_lab_profile *twice =
		uiommufd_lab_profile_copy(profile, "mmio.read", 2);
	/* A count stays within what makes sense. */
	struct uiommufd_lab_profile *half =
		uiommufd_lab_profile_copy(profile, "device.sync_slots", 0.5);

	assert_true(twice->value[V_MMIO_READ] ==
		    2 * profile->value[V_MMIO_READ]);
	assert_true(twice->value[V_BUILD] == profile->value[V_BUILD]);
	assert_true(half->value[V_SYNC_SLOTS] == 1);
	assert_null(uiommufd_lab_profile_copy(profile, "mmio.nonsense", 2));
	uiommufd_lab_profile_free(half);
	half = uiommufd_lab_profile_copy(profile, "device.msi_polling", 0.5);
	assert_true(half->value[V_MSI_POLLING] == 0);
	assert_string_equal(uiommufd_lab_profile_name(twice), "tegra241");
	uiommufd_lab_profile_free(half);
	uiommufd_lab_profile_free(twice);
	uiommufd_lab_profile_free(profile);
	uiommufd_lab_profile_free(NULL);
}

/* Each opcode of the model has a value of its own or the rest's. */
static void test_opcodes(void **state)
{
	assert_int_equal(profile_execute(0x03), V_CFGI_STE);
	assert_int_equal(profile_execute(0x06), V_CFGI_CD_ALL);
	assert_int_equal(profile_execute(0x10), V_TLBI_NH_ALL);
	assert_int_equal(profile_execute(0x13), V_TLBI_NH_VAA);
	assert_int_equal(profile_execute(0x40), V_ATC_INV);
	assert_int_equal(profile_execute(0x46), V_CMD_SYNC);
	assert_int_equal(profile_execute(0xfe), V_OTHER);
}

static int make_folder(void **state)
{
	folder = g_dir_make_tmp("labXXXXXX", NULL);
	return !folder;
}

static int drop_folder(void **state)
{
	g_autofree char *path = g_build_filename(folder, "p.ini", NULL);

	g_unlink(path);
	g_rmdir(folder);
	g_free(folder);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_builtins),
		cmocka_unit_test(test_based_on),
		cmocka_unit_test(test_design_alone),
		cmocka_unit_test(test_bad_values),
		cmocka_unit_test(test_bad_files),
		cmocka_unit_test(test_other_readings),
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_opcodes),
	};

	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
