// SPDX-License-Identifier: MIT
/*
 * uiommufd run: a program whose /dev/iommu is ours.
 *
 * Checks the options, puts them into the environment, and becomes the program
 * with the preload object before it.
 */
#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <uiommufd/uiommufd.h>

#include "program.h"

#define OBJECT "libuiommufd-preload.so"

struct options {
	gchar *platform;
	gint64 devices;
	gint64 pasid_bits;
	gint64 seed;
	gchar *log;
	gchar *graph_file;
	gboolean leak_check;
	gboolean leak_check_all;
	gchar *record;
	gchar *fail_nth;
	gboolean dmabuf_fd;
	gboolean scatter;
	gboolean as_root;
	guint fail_count;	/* of fail_nth */
	guint fail_kinds;
	int log_level;
};

static const char *const log_levels[] = { "emergency", "alert", "critical",
					  "error", "warning", "notice", "info",
					  "debug" };

static gboolean fail_option(GError **error, const char *option, const char *why)
{
	g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s: %s",
		    option, why);
	return FALSE;
}

static gboolean take_graph(const gchar *name, const gchar *value,
			   gpointer data, GError **error)
{
	struct options *o = data;

	g_free(o->graph_file);
	o->graph_file = g_strdup(value ? value : "-");
	if (strchr(o->graph_file, ';'))
		return fail_option(error, "--graph", "no ';' in the name");
	return TRUE;
}

static gboolean take_leak_check(const gchar *name, const gchar *value,
				gpointer data, GError **error)
{
	struct options *o = data;

	o->leak_check = TRUE;
	o->leak_check_all = value && !strcmp(value, "all");
	if (value && !o->leak_check_all)
		return fail_option(error, "--leak-check", "only 'all'");
	return TRUE;
}

static gboolean parse_kinds(const char *text, guint *out)
{
	static const struct {
		const char *name;
		guint kinds;
	} known[] = {
		{ "alloc", UIOMMUFD_FAIL_ALLOC }, { "copy", UIOMMUFD_FAIL_COPY },
		{ "pin", UIOMMUFD_FAIL_PIN },	  { "op", UIOMMUFD_FAIL_OP },
		{ "any", UIOMMUFD_FAIL_ANY }, { "sticky", UIOMMUFD_FAIL_STICKY },
	};
	g_auto(GStrv) words = g_strsplit(text, ",", 0);

	for (gsize i = 0; words[i]; i++) {
		gsize k = 0;

		while (k < G_N_ELEMENTS(known) &&
		       strcmp(words[i], known[k].name))
			k++;
		if (k == G_N_ELEMENTS(known))
			return FALSE;
		*out |= known[k].kinds;
	}
	return TRUE;
}

/* N[:KIND[,KIND...]] */
static gboolean check_fail_nth(struct options *o, GError **error)
{
	g_auto(GStrv) parts = g_strsplit(o->fail_nth, ":", 2);
	guint64 n;

	if (!parts[0] || !g_ascii_string_to_unsigned(parts[0], 10, 1, G_MAXUINT,
						     &n, NULL))
		return fail_option(error, "--fail-nth",
				   "wants N[:KIND,...] with N from 1");
	o->fail_count = n;
	if (parts[1] && !parse_kinds(parts[1], &o->fail_kinds))
		return fail_option(error, "--fail-nth", "kinds are alloc, copy, "
				   "pin, op, any, sticky");
	if (!(o->fail_kinds & UIOMMUFD_FAIL_ANY))
		o->fail_kinds |= UIOMMUFD_FAIL_ANY;
	return TRUE;
}

static gboolean check_log(struct options *o, GError **error)
{
	for (gsize i = 0; i < G_N_ELEMENTS(log_levels); i++) {
		if (strcmp(o->log, log_levels[i]))
			continue;
		o->log_level = (int)i;
		return TRUE;
	}
	return fail_option(error, "--log", "a level is emergency, alert, "
			   "critical, error, warning, notice, info or debug");
}

/* Emptied here, where what is wrong with it can be said. */
static gboolean check_record(struct options *o, GError **error)
{
	g_autofree gchar *path = g_canonicalize_filename(o->record, NULL);
	FILE *file;

	if (strchr(path, ';'))
		return fail_option(error, "--record", "no ';' in the name");
	file = fopen(path, "we");
	if (!file)
		return fail_option(error, "--record", g_strerror(errno));
	fclose(file);
	g_free(o->record);
	o->record = g_steal_pointer(&path);
	return TRUE;
}

static gboolean check(struct options *o, GError **error)
{
	static const char *const kinds[] = { "mock", "smmuv3", "tegra241" };
	gsize i = 0;

	while (i < G_N_ELEMENTS(kinds) && strcmp(o->platform, kinds[i]))
		i++;
	if (i == G_N_ELEMENTS(kinds))
		return fail_option(error, "--platform",
				   "a platform is mock, smmuv3 or tegra241");
	if (o->devices < -1 || o->devices > 64)
		return fail_option(error, "--devices", "0 to 64");
	if (o->pasid_bits < -1 || o->pasid_bits > 20)
		return fail_option(error, "--pasid-bits", "0 to 20");
	if (o->seed < 0)
		return fail_option(error, "--seed", "not negative");
	return (!o->log || check_log(o, error)) &&
	       (!o->record || check_record(o, error)) &&
	       (!o->fail_nth || check_fail_nth(o, error));
}

static gchar *describe(const struct options *o)
{
	g_autoptr(GString) words = g_string_new(NULL);

	g_string_printf(words, "platform=%s", o->platform);
	if (o->devices >= 0)
		g_string_append_printf(words, ";devices=%" G_GINT64_FORMAT,
				       o->devices);
	if (o->pasid_bits >= 0)
		g_string_append_printf(words, ";pasid-bits=%" G_GINT64_FORMAT,
				       o->pasid_bits);
	if (o->seed)
		g_string_append_printf(words, ";seed=%" G_GINT64_FORMAT,
				       o->seed);
	if (o->log)
		g_string_append_printf(words, ";log=%d", o->log_level);
	if (o->graph_file)
		g_string_append_printf(words, ";graph=%s", o->graph_file);
	if (o->record)
		g_string_append_printf(words, ";record=%s", o->record);
	if (o->leak_check)
		g_string_append_printf(words, ";leaks=%s",
				       o->leak_check_all ? "all" : "library");
	if (o->fail_count)
		g_string_append_printf(words, ";fail-nth=%u;fail-kinds=%u",
				       o->fail_count, o->fail_kinds);
	if (o->dmabuf_fd)
		g_string_append(words, ";dmabuf-fd=1");
	if (o->as_root)
		g_string_append(words, ";as-root=1");
	if (o->scatter)
		g_string_append(words, ";scatter=1");
	return g_string_free(g_steal_pointer(&words), FALSE);
}

/* UIOMMUFD_PRELOAD, beside the build's command, or where it is installed. */
static gchar *find_object(void)
{
	const char *named = g_getenv("UIOMMUFD_PRELOAD");
	g_autofree gchar *self = g_file_read_link("/proc/self/exe", NULL);
	g_autofree gchar *dir = self ? g_path_get_dirname(self) : NULL;
	g_autofree gchar *built = dir ? g_build_filename(dir, "..", "client",
						"preload", OBJECT, NULL) : NULL;

	if (named)
		return g_strdup(named);
	if (built && g_file_test(built, G_FILE_TEST_EXISTS))
		return g_canonicalize_filename(built, NULL);
	return g_build_filename(PRELOAD_DIR, OBJECT, NULL);
}

/*
 * A program that forks with a device open has a thread of ours that serves the
 * child.  TSan takes it for one of many threads and ends children that then make
 * some, unless it is told not to.  What the library does, by its own locks, is
 * none of its business.
 */
static void tell_tsan(void)
{
	const char *own = g_getenv("TSAN_OPTIONS");
	g_autofree gchar *options = g_strconcat("die_after_fork=0 "
						"ignore_noninstrumented_modules=1",
						own ? " " : "", own, NULL);

	g_setenv("TSAN_OPTIONS", options, TRUE);
}

/* The sanitizer's runtime, ours, and whatever else was to be preloaded. */
static void set_environment(const struct options *o, const char *object,
			    const struct program *program)
{
	const char *others = g_getenv("LD_PRELOAD");
	g_autofree gchar *words = describe(o);
	g_autofree gchar *list = g_strdup_printf("%s%s%s%s%s",
		program->sanitizer ? program->sanitizer : "",
		program->sanitizer ? ":" : "", object,
		others && *others ? ":" : "", others ? others : "");

	g_setenv("LD_PRELOAD", list, TRUE);
	g_setenv("UIOMMUFD_RUN", words, TRUE);
	tell_tsan();
	if (o->log_level > 5)	/* GLib hides these otherwise */
		g_setenv("G_MESSAGES_DEBUG", "uiommufd", FALSE);
}

static int become(const struct options *o, char **argv)
{
	g_autofree gchar *object = find_object();
	g_autoptr(GError) error = NULL;
	struct program program = { NULL };
	int status = program_find(argv[0], &program, &error);

	if (status) {
		program_clear(&program);
		return complain(status, "run: %s", error->message);
	}
	if (access(object, R_OK)) {
		program_clear(&program);
		return complain(EXIT_UNCLEAN, "run: %s: %s", object,
				g_strerror(errno));
	}
	set_environment(o, object, &program);
	execv(program.path, argv);
	status = errno == ENOENT ? PROGRAM_NOT_FOUND : PROGRAM_NOT_EXECUTABLE;
	complain(status, "run: %s: %s", argv[0], g_strerror(errno));
	program_clear(&program);
	return status;
}

static gboolean parse(struct options *o, int *argc, char ***argv)
{
	const GOptionEntry entries[] = {
		{ "platform", 'p', 0, G_OPTION_ARG_STRING, &o->platform,
		  "machine to build: mock (default), smmuv3 or tegra241",
		  "KIND" },
		{ "devices", 'd', 0, G_OPTION_ARG_INT64, &o->devices,
		  "devices of the machine", "N" },
		{ "pasid-bits", 0, 0, G_OPTION_ARG_INT64, &o->pasid_bits,
		  "PASID width of its devices", "N" },
		{ "seed", 's', 0, G_OPTION_ARG_INT64, &o->seed,
		  "seed of everything random in it", "N" },
		{ "scatter", 0, 0, G_OPTION_ARG_NONE, &o->scatter,
		  "neighbouring pages get scattered frames", NULL },
		{ "as-root", 0, 0, G_OPTION_ARG_NONE, &o->as_root,
		  "treat the program as root's: no limit on pinned memory",
		  NULL },
		{ "log", 'l', 0, G_OPTION_ARG_STRING, &o->log,
		  "drop messages above a level; info and debug are shown too",
		  "LEVEL" },
		{ "graph", 'g', G_OPTION_FLAG_OPTIONAL_ARG,
		  G_OPTION_ARG_CALLBACK, take_graph,
		  "show the object graph of open contexts at exit", "FILE" },
		{ "leak-check", 0, G_OPTION_FLAG_OPTIONAL_ARG,
		  G_OPTION_ARG_CALLBACK, take_leak_check,
		  "exit with 99 if anything is left when all is closed, or "
		  "(all) was left open", "all" },
		{ "record", 'r', 0, G_OPTION_ARG_FILENAME, &o->record,
		  "write a trace of its calls, for uiommufd replay", "FILE" },
		{ "fail-nth", 0, 0, G_OPTION_ARG_STRING, &o->fail_nth,
		  "make the Nth failure point fail", "N[:KIND,...]" },
		{ "mock-dmabuf-fd", 0, 0, G_OPTION_ARG_NONE, &o->dmabuf_fd,
		  "the mock's dma-buf command returns the descriptor", NULL },
		{ NULL }
	};
	GOptionContext *context = g_option_context_new(
		"-- PROGRAM [ARGS] - run a program whose /dev/iommu is simulated");
	GOptionGroup *group = g_option_group_new(NULL, NULL, NULL, o, NULL);
	g_autoptr(GError) error = NULL;
	gboolean ok;

	g_option_group_add_entries(group, entries);
	g_option_context_set_main_group(context, group);
	g_option_context_set_strict_posix(context, TRUE);
	g_option_context_set_description(context, "See uiommufd-run(1).");
	ok = g_option_context_parse(context, argc, argv, &error) &&
	     check(o, &error);
	g_option_context_free(context);
	if (!ok)
		complain(EXIT_USAGE, "run: %s", error->message);
	return ok;
}

static void options_clear(struct options *o)
{
	g_free(o->platform);
	g_free(o->log);
	g_free(o->graph_file);
	g_free(o->record);
	g_free(o->fail_nth);
}

int cmd_run(int argc, char **argv)
{
	struct options o = {
		.platform = g_strdup("mock"),
		.devices = -1,
		.pasid_bits = -1,
	};
	int first = 1, status = EXIT_USAGE;

	if (parse(&o, &argc, &argv)) {
		if (argc > 1 && !strcmp(argv[1], "--"))
			first = 2;
		if (first < argc)
			status = become(&o, argv + first);
		else
			complain(EXIT_USAGE, "run: no PROGRAM");
	}
	options_clear(&o);
	return status;
}
