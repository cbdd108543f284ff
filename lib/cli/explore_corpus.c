// SPDX-License-Identifier: MIT
/*
 * uiommufd explore --corpus: inputs of fuzzers as scenarios.
 *
 * An input's own decisions come first; then the explorer looks for others.  What
 * it finds is saved as an input, too, for a fuzzer to go on from.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <uiommufd/fuzz.h>

#include "cli.h"
#include "explore.h"

/* Calls of an input may be many, and each may walk through a lot. */
#define STEPS 1000000
#define CHOICES 256

/* The one that is explored. */
static const guint8 *current;
static gsize current_size;

static void keep(struct explore *o, const struct uiommufd_trail *broken)
{
	g_autofree char *path = g_strdup_printf("%s.input",
						uiommufd_trail_scenario(broken));
	g_autofree guint8 *out = g_malloc(UIOMMUFD_FUZZ_MAX_BYTES);
	g_autoptr(GError) error = NULL;
	gsize size = uiommufd_fuzz_decide(current, current_size, broken, out,
					  UIOMMUFD_FUZZ_MAX_BYTES);

	if (g_file_set_contents(path, (char *)out, size, &error))
		printf("input: %s\n", path);
	else
		complain(0, "%s", error->message);
}

/* Any bytes are calls of some kind, but not none and not too many. */
static gboolean read_input(const char *path, char **bytes)
{
	g_autoptr(GError) error = NULL;

	if (!g_file_get_contents(path, bytes, &current_size, &error))
		complain(0, "explore: --corpus: %s", error->message);
	else if (!current_size)
		complain(0, "explore: --corpus: %s: is empty", path);
	else if (current_size > UIOMMUFD_FUZZ_MAX_BYTES)
		complain(0, "explore: --corpus: %s: no input of the fuzzers has "
			 "more than %u bytes", path, UIOMMUFD_FUZZ_MAX_BYTES);
	else
		return TRUE;
	return FALSE;
}

static int explore_input(struct explore *o, const char *path,
			 const struct uiommufd_explore_options *given)
{
	struct uiommufd_explore_options options = *given;
	struct uiommufd_choice choices[CHOICES];
	g_autofree char *name = g_path_get_basename(path);
	g_autofree char *bytes = NULL;
	struct uiommufd_scenario *scenario;
	int status;

	if (!read_input(path, &bytes))
		return EXIT_USAGE;
	current = (guint8 *)bytes;
	/* A trail's name for a scenario is shorter than a file's may be. */
	if (strlen(name) > 40)
		name[40] = 0;
	g_strdelimit(name, " ", '_');
	scenario = uiommufd_fuzz_scenario_new(o->platform, name, current,
					      current_size);
	if (!scenario)
		return complain(EXIT_USAGE, "explore: %s", g_strerror(errno));
	options.choice_count = uiommufd_fuzz_choices(current, current_size,
						     choices, CHOICES);
	options.choices = choices;
	options.steps = STEPS;
	o->input = scenario;
	status = o->replay ? explore_replay(o, &options) :
			     explore_one(o, scenario, &options);
	uiommufd_fuzz_scenario_free(scenario);
	return status;
}

static gint by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int explore_directory(struct explore *o, const char *path,
			     const struct uiommufd_explore_options *options)
{
	g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	const char *name;
	int status = EXIT_CLEAN, explored = 0;

	if (!directory)
		return complain(EXIT_USAGE, "explore: --corpus: %s: %s", path,
				g_strerror(errno));
	while ((name = g_dir_read_name(directory)))
		g_ptr_array_add(names, g_build_filename(path, name, NULL));
	g_ptr_array_sort(names, by_name);
	for (guint i = 0; i < names->len && !status; i++) {
		if (!g_file_test(names->pdata[i], G_FILE_TEST_IS_REGULAR))
			continue;
		status = explore_input(o, names->pdata[i], options);
		explored++;
	}
	if (!explored)
		return complain(EXIT_USAGE, "explore: --corpus: %s: no input "
				"in it", path);
	return status;
}

static gboolean check(const struct explore *o)
{
	static const char *const kinds[] = { "mock", "noiommu", "smmuv3",
					     "tegra241", NULL };

	if (o->all || o->names)
		complain(0, "explore: --corpus goes with no scenario");
	else if (o->platform && !g_strv_contains(kinds, o->platform))
		complain(0, "--platform=%s: mock, noiommu, smmuv3 or tegra241",
			 o->platform);
	else if (o->replay && (o->corpus[1] ||
			       g_file_test(o->corpus[0], G_FILE_TEST_IS_DIR)))
		complain(0, "explore: --replay goes with one file of --corpus");
	else
		return TRUE;
	return FALSE;
}

int explore_corpus(struct explore *o,
		   const struct uiommufd_explore_options *options)
{
	int status = EXIT_CLEAN;

	if (!check(o))
		return EXIT_USAGE;
	o->keep = keep;
	if (!o->replay)
		printf("seed %" G_GINT64_FORMAT "\n", o->seed);
	fflush(stdout);
	for (char **path = o->corpus; *path && !status; path++)
		status = g_file_test(*path, G_FILE_TEST_IS_DIR) ?
				 explore_directory(o, *path, options) :
				 explore_input(o, *path, options);
	return status;
}
