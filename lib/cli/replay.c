// SPDX-License-Identifier: MIT
/* uiommufd replay: the calls of a trace once more, or as a C program. */
#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <uiommufd/uiommufd.h>

struct options {
	gchar *platform;
	gint64 devices;
	gboolean emit_c;
	gchar *output;
	gboolean quiet;
};

static gboolean fail(GError **error, const char *text)
{
	g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s",
		    text);
	return FALSE;
}

static gboolean check(const struct options *o, int argc, GError **error)
{
	static const char *const kinds[] = { "mock", "noiommu", "smmuv3",
					     "tegra241", NULL };

	if (o->platform && !g_strv_contains(kinds, o->platform))
		return fail(error, "--platform: a platform is mock, noiommu, "
			    "smmuv3 or tegra241");
	if (o->devices < -1 || o->devices > 64)
		return fail(error, "--devices: 0 to 64");
	if (o->devices >= 0 && !o->platform)
		return fail(error, "--devices goes with --platform");
	if (o->emit_c && o->platform)
		return fail(error, "--platform does not go with --emit-c");
	if (o->output && !o->emit_c)
		return fail(error, "--output goes with --emit-c");
	return argc == 2 || fail(error, "one TRACE");
}

static gboolean parse(struct options *o, int *argc, char ***argv)
{
	const GOptionEntry entries[] = {
		{ "platform", 'p', 0, G_OPTION_ARG_STRING, &o->platform,
		  "another machine than the trace's: mock, noiommu, smmuv3 or "
		  "tegra241", "KIND" },
		{ "devices", 'd', 0, G_OPTION_ARG_INT64, &o->devices,
		  "devices of that machine", "N" },
		{ "emit-c", 'c', 0, G_OPTION_ARG_NONE, &o->emit_c,
		  "do not run it: write a C program that does", NULL },
		{ "output", 'o', 0, G_OPTION_ARG_FILENAME, &o->output,
		  "where the program goes (standard output)", "FILE" },
		{ "quiet", 'q', 0, G_OPTION_ARG_NONE, &o->quiet,
		  "say nothing, only the exit status", NULL },
		{ 0 },
	};
	GOptionContext *context = g_option_context_new(
		"TRACE - run the calls of a trace again and compare");
	g_autoptr(GError) error = NULL;
	gboolean ok;

	g_option_context_add_main_entries(context, entries, NULL);
	g_option_context_set_description(context, "See uiommufd-replay(1).");
	ok = g_option_context_parse(context, argc, argv, &error) &&
	     check(o, *argc, &error);
	g_option_context_free(context);
	if (!ok)
		complain(EXIT_USAGE, "replay: %s", error->message);
	return ok;
}

static int emit(const struct options *o, FILE *in, const char *name)
{
	FILE *out = o->output ? fopen(o->output, "we") : stdout;
	int ret;

	if (!out)
		return complain(EXIT_USAGE, "replay: --output: %s: %s",
				o->output, g_strerror(errno));
	ret = uiommufd_replay_emit_c(in, name, out, o->quiet ? NULL : stderr);
	if (out != stdout && fclose(out) && !ret)
		return complain(EXIT_UNCLEAN, "replay: %s: %s", o->output,
				g_strerror(errno));
	return ret ? complain(EXIT_USAGE, "replay: %s: not a trace", name) :
		     EXIT_CLEAN;
}

static int run(const struct options *o, FILE *in, const char *name)
{
	struct uiommufd_replay replay = { .size = sizeof(replay) };
	struct uiommufd_platform_config config;

	uiommufd_platform_config_init(&config, o->platform);
	if (o->devices >= 0)
		config.devices = (unsigned int)o->devices;
	if (o->platform)
		replay.config = &config;
	if (!uiommufd_replay(in, &replay, o->quiet ? NULL : stdout))
		return replay.differ ? EXIT_UNCLEAN : EXIT_CLEAN;
	if (errno == EINVAL)
		return complain(EXIT_USAGE, "replay: %s: not a trace", name);
	return complain(EXIT_UNCLEAN, "replay: %s", g_strerror(errno));
}

int cmd_replay(int argc, char **argv)
{
	struct options o = { .devices = -1 };
	int status = EXIT_USAGE;
	FILE *in;

	if (parse(&o, &argc, &argv)) {
		in = strcmp(argv[1], "-") ? fopen(argv[1], "re") : stdin;
		if (!in)
			complain(EXIT_USAGE, "replay: %s: %s", argv[1],
				 g_strerror(errno));
		else
			status = o.emit_c ? emit(&o, in, argv[1]) :
					    run(&o, in, argv[1]);
		if (in && in != stdin)
			fclose(in);
	}
	g_free(o.platform);
	g_free(o.output);
	return status;
}
