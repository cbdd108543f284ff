// SPDX-License-Identifier: MIT
/*
 * Options: groups, and what can be checked without running anything.
 */
#include "options.h"

#include <dlfcn.h>
#include <string.h>

#include "cli.h"

int log2_of(int n)
{
	return n > 0 && !(n & (n - 1)) ? __builtin_ctz(n) : -1;
}

static gboolean is_shape(const char *option, int value, int min, int max)
{
	if (log2_of(value) >= 0 && value >= min && value <= max)
		return TRUE;
	complain(0, "--%s=%d: a power of two from %d to %d is needed", option,
		 value, min, max);
	return FALSE;
}

static gboolean is_range(const char *option, int value, int min, int max)
{
	if (value >= min && value <= max)
		return TRUE;
	complain(0, "--%s=%d: a number from %d to %d is needed", option, value,
		 min, max);
	return FALSE;
}

static void fill(int *value, int by_default)
{
	if (*value == NOT_GIVEN)
		*value = by_default;
}

static gboolean check_machine(struct options *o)
{
	int per_vintf;

	fill(&o->vintfs, 64);
	fill(&o->vcmdqs, 128);
	fill(&o->sids, 16);
	fill(&o->devices, 8);
	fill(&o->commands, 200000);
	fill(&o->entries, 8192);
	if (!is_shape("vintfs", o->vintfs, 2, 64) ||
	    !is_shape("vcmdqs", o->vcmdqs, 1, 128) ||
	    !is_shape("sids", o->sids, 1, 16) ||
	    !is_shape("entries", o->entries, 2, 1 << 18) ||
	    !is_range("commands", o->commands, 1, G_MAXINT))
		return FALSE;
	if (o->vcmdqs < o->vintfs) {
		complain(0, "--vcmdqs=%d: fewer than one a VINTF (--vintfs=%d)",
			 o->vcmdqs, o->vintfs);
		return FALSE;
	}
	if (!is_range("devices", o->devices, 1, o->sids))
		return FALSE;
	per_vintf = o->vcmdqs / o->vintfs;
	fill(&o->queues, per_vintf);
	if (o->queues > per_vintf) {
		complain(0, "--queues=%d: a VINTF has %d (--vcmdqs=%d shared by "
			 "--vintfs=%d)", o->queues, per_vintf, o->vcmdqs,
			 o->vintfs);
		return FALSE;
	}
	o->inject.vintfs = o->vintfs;
	o->inject.queues = o->vcmdqs;
	return is_range("queues", o->queues, 1, per_vintf) &&
	       inject_parse(&o->inject, o->specs, o->random_faults, o->seed);
}

gboolean options_measure_policy(const struct options *o)
{
	return o->policy && !o->predict && !o->study && !o->compare[0];
}

static gboolean is_machine(const struct options *o)
{
	return !o->predict && !o->study && !o->compare[0] && !o->policy;
}

/* Here and below: what would be ignored is refused. */
static gboolean check_machine_only(const struct options *o)
{
	const struct { const char *name; gboolean given; } options[] = {
		{ "vintfs", o->vintfs != NOT_GIVEN },
		{ "vcmdqs", o->vcmdqs != NOT_GIVEN },
		{ "sids", o->sids != NOT_GIVEN },
		{ "devices", o->devices != NOT_GIVEN },
		{ "commands", o->commands != NOT_GIVEN },
		{ "dump-registers", o->dump },
		{ "inject", o->specs != NULL },
		{ "inject-random", o->random_faults != 0 },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(options); i++)
		if (options[i].given && !is_machine(o)) {
			complain(0, "--%s: only when a machine is measured",
				 options[i].name);
			return FALSE;
		}
	return TRUE;
}

/* Designs that a study makes itself, profiles that a comparison names. */
static gboolean check_sources(const struct options *o)
{
	const struct { const char *name; gboolean given; } designs[] = {
		{ "queues", o->queues != NOT_GIVEN },
		{ "entries", o->entries != NOT_GIVEN },
		{ "replay", o->replay != NULL },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(designs); i++)
		if (designs[i].given && o->study) {
			complain(0, "--%s: not with --study, which has designs "
				 "of its own", designs[i].name);
			return FALSE;
		}
	if (o->profile && o->compare[0]) {
		complain(0, "--profile: not with --compare, which names two");
		return FALSE;
	}
	if (o->profile && is_machine(o) && !o->report) {
		complain(0, "--profile: a measured machine has none; with "
			 "--report it is for the predictions beside it");
		return FALSE;
	}
	return TRUE;
}

/* Of a design; those of a machine are held against ranges. */
static gboolean check_signs(const struct options *o)
{
	const struct { const char *name; int value; } numbers[] = {
		{ "cpus", o->cpus },
		{ "queues", o->queues },
		{ "vms", o->vms },
		{ "pages", o->pages },
		{ "batch", o->batch },
		{ "entries", o->entries },
		{ "lists", o->lists },
		{ "illegal-ppm", o->illegal_ppm },
		{ "gaps-percent", o->gaps_percent },
	};

	for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++)
		if (numbers[i].value < 0 && numbers[i].value != NOT_GIVEN) {
			complain(0, "--%s=%d: less than nothing",
				 numbers[i].name, numbers[i].value);
			return FALSE;
		}
	return TRUE;
}

static gboolean check_prediction(const struct options *o)
{
	const struct { const char *name; gboolean given; } numbers[] = {
		{ "gaps-percent", o->gaps_percent != NOT_GIVEN },
		{ "policy", o->policy && !options_measure_policy(o) },
		{ "workload", o->workload != NULL },
		{ "cpus", o->cpus != NOT_GIVEN },
		{ "vms", o->vms != NOT_GIVEN },
		{ "pages", o->pages != NOT_GIVEN },
		{ "batch", o->batch != NOT_GIVEN },
		{ "lists", o->lists != NOT_GIVEN },
		{ "illegal-ppm", o->illegal_ppm != NOT_GIVEN },
	};
	gsize all = options_measure_policy(o) ? 2 : G_N_ELEMENTS(numbers);

	for (gsize i = 0; i < all; i++)
		if (numbers[i].given && !o->predict) {
			complain(0, "--%s: only with --predict%s",
				 numbers[i].name,
				 i < 2 ? "" : " or --policy");
			return FALSE;
		}
	return TRUE;
}

static gboolean check_modes(struct options *o)
{
	gboolean seeds = o->seeds != NOT_GIVEN;

	fill(&o->seeds, 10);
	if (!!o->predict + !!o->study + !!o->compare[0] > 1) {
		complain(0, "--predict, --study, --compare: one at a time");
		return FALSE;
	}
	if (o->study && strcmp(o->study, "published")) {
		complain(0, "--study=%s: there is 'published' only", o->study);
		return FALSE;
	}
	if (o->compare[0] && !o->compare[1]) {
		complain(0, "--compare: two files are needed");
		return FALSE;
	}
	if (!is_range("seeds", o->seeds, 2, 1000))
		return FALSE;
	if (seeds && !o->compare[0]) {
		complain(0, "--seeds: only with --compare");
		return FALSE;
	}
	if (o->trace && (o->study || o->compare[0])) {
		complain(0, "--trace: of one run, not with --%s",
			 o->study ? "study" : "compare");
		return FALSE;
	}
	if (o->trace && options_measure_policy(o)) {
		complain(0, "--trace: with --policy only what is predicted");
		return FALSE;
	}
	if (o->no_sensitivity && !o->study) {
		complain(0, "--no-sensitivity: only with --study");
		return FALSE;
	}
	return check_signs(o) && check_machine_only(o) && check_sources(o) &&
	       check_prediction(o);
}

static GOptionGroup *machine_group(struct options *o)
{
	const GOptionEntry entries[] = {
		{ "vintfs", 0, 0, G_OPTION_ARG_INT, &o->vintfs,
		  "virtual interfaces (64)", "N" },
		{ "vcmdqs", 0, 0, G_OPTION_ARG_INT, &o->vcmdqs,
		  "command queues of all VINTFs together (128)", "N" },
		{ "sids", 0, 0, G_OPTION_ARG_INT, &o->sids,
		  "StreamID pairs a VINTF (16)", "N" },
		{ "devices", 'd', 0, G_OPTION_ARG_INT, &o->devices,
		  "devices of the guest (8)", "N" },
		{ "commands", 'n', 0, G_OPTION_ARG_INT, &o->commands,
		  "commands a measurement (200000)", "N" },
		{ "dump-registers", 0, 0, G_OPTION_ARG_NONE, &o->dump,
		  "print the registers, with their fields, after the run", NULL },
		{ "inject", 'i', 0, G_OPTION_ARG_STRING_ARRAY, &o->specs,
		  "a fault: KIND[,KEY=VALUE]..., such as "
		  "illegal-opcode,queue=2,skip=100 (may be repeated)", "SPEC" },
		{ "inject-random", 0, 0, G_OPTION_ARG_INT, &o->random_faults,
		  "so many faults drawn from the seed", "N" },
		{ NULL }
	};
	GOptionGroup *group = g_option_group_new(
		"machine", "The machine that is measured:",
		"Show options of the measured machine", NULL, NULL);

	g_option_group_add_entries(group, entries);
	return group;
}

static GOptionGroup *predict_group(struct options *o)
{
	const GOptionEntry entries[] = {
		{ "policy", 0, 0, G_OPTION_ARG_STRING, &o->policy,
		  "shared-lock, cmdlist, per-cpu, guest-direct, guest-trapped,"
		  " or a loaded one; without --predict it is measured",
		  "NAME" },
		{ "workload", 0, 0, G_OPTION_ARG_STRING, &o->workload,
		  "unmap, batched, ats, replay", "NAME" },
		{ "cpus", 0, 0, G_OPTION_ARG_INT, &o->cpus,
		  "CPUs, 1 to 144 (4)", "N" },
		{ "vms", 0, 0, G_OPTION_ARG_INT, &o->vms,
		  "virtual machines, each with a VINTF (1)", "N" },
		{ "pages", 0, 0, G_OPTION_ARG_INT, &o->pages,
		  "pages unmapped at a time (1)", "N" },
		{ "batch", 0, 0, G_OPTION_ARG_INT, &o->batch,
		  "commands a list, a page each (0: range commands)", "N" },
		{ "lists", 0, 0, G_OPTION_ARG_INT, &o->lists,
		  "invalidations in all (4000)", "N" },
		{ "illegal-ppm", 0, 0, G_OPTION_ARG_INT, &o->illegal_ppm,
		  "lists of a million with an illegal command (0)", "N" },
		{ "gaps-percent", 0, 0, G_OPTION_ARG_INT, &o->gaps_percent,
		  "replay: how much of recorded gaps to keep (0)", "N" },
		{ "seeds", 0, 0, G_OPTION_ARG_INT, &o->seeds,
		  "compare: so many seeds (10)", "N" },
		{ "no-sensitivity", 0, 0, G_OPTION_ARG_NONE, &o->no_sensitivity,
		  "study: do not halve and double each value", NULL },
		{ NULL }
	};
	GOptionGroup *group = g_option_group_new(
		"predict", "The design that is predicted, or measured by its policy:",
		"Show options of predictions", NULL, NULL);

	g_option_group_add_entries(group, entries);
	return group;
}

static void add_main(GOptionContext *context, struct options *o)
{
	const GOptionEntry entries[] = {
		{ "predict", 'p', 0, G_OPTION_ARG_NONE, &o->predict,
		  "predict a design on a virtual clock instead of measuring",
		  NULL },
		{ "study", 0, 0, G_OPTION_ARG_STRING, &o->study,
		  "predict, and hold it against 'published' figures", "NAME" },
		{ "compare", 0, 0, G_OPTION_ARG_FILENAME, &o->compare[0],
		  "predict A and B over several seeds", "A.ini B.ini" },
		{ "profile", 0, 0, G_OPTION_ARG_FILENAME, &o->profile,
		  "timing profile: a file or a built-in name (tegra241)",
		  "FILE" },
		{ "load", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &o->load,
		  "a shared object that registers policies (may be repeated)",
		  "FILE.so" },
		{ "replay", 'r', 0, G_OPTION_ARG_FILENAME, &o->replay,
		  "play this recorded command stream (.cmdq, .cmdq.xz)", "FILE" },
		{ "queues", 0, 0, G_OPTION_ARG_INT, &o->queues,
		  "queues the guest (or the host) uses", "N" },
		{ "entries", 0, 0, G_OPTION_ARG_INT, &o->entries,
		  "entries a queue", "N" },
		{ "seed", 's', 0, G_OPTION_ARG_INT, &o->seed,
		  "seed of everything random (1)", "N" },
		{ "report", 0, 0, G_OPTION_ARG_FILENAME, &o->report,
		  "write one HTML page with plots", "FILE" },
		{ "json", 'j', 0, G_OPTION_ARG_FILENAME, &o->json,
		  "write the report as JSON too", "FILE" },
		{ "csv", 0, 0, G_OPTION_ARG_FILENAME, &o->csv,
		  "write the figures as CSV too", "FILE" },
		{ "trace", 0, 0, G_OPTION_ARG_FILENAME, &o->trace,
		  "write what happened, for Perfetto", "FILE" },
		{ "quiet", 'q', 0, G_OPTION_ARG_NONE, &o->quiet,
		  "no report on standard output", NULL },
		{ NULL }
	};

	g_option_context_add_main_entries(context, entries, NULL);
}

static gboolean take_rest(struct options *o, int argc, char **argv)
{
	int at = 1;

	if (o->compare[0] && argc > 1)
		o->compare[1] = g_strdup(argv[at++]);
	if (argc <= at)
		return TRUE;
	complain(0, "vcmdq: what is '%s'?", argv[at]);
	return FALSE;
}

/* What it registers is registered by its constructors. */
static gboolean load_all(const struct options *o)
{
	for (char **at = o->load; at && *at; at++)
		if (!dlopen(*at, RTLD_NOW | RTLD_LOCAL)) {
			complain(0, "vcmdq: --load: %s", dlerror());
			return FALSE;
		}
	return TRUE;
}

gboolean options_parse(struct options *o, int *argc, char ***argv)
{
	g_autoptr(GOptionContext) context =
		g_option_context_new("- measure and predict command queues");
	g_autoptr(GError) error = NULL;

	*o = (struct options){
		.vintfs = NOT_GIVEN, .vcmdqs = NOT_GIVEN, .sids = NOT_GIVEN,
		.devices = NOT_GIVEN, .entries = NOT_GIVEN,
		.queues = NOT_GIVEN, .commands = NOT_GIVEN, .seed = 1,
		.cpus = NOT_GIVEN, .vms = NOT_GIVEN,
		.pages = NOT_GIVEN, .batch = NOT_GIVEN, .lists = NOT_GIVEN,
		.illegal_ppm = NOT_GIVEN, .gaps_percent = NOT_GIVEN,
		.seeds = NOT_GIVEN,
	};
	add_main(context, o);
	g_option_context_add_group(context, machine_group(o));
	g_option_context_add_group(context, predict_group(o));
	if (!g_option_context_parse(context, argc, argv, &error)) {
		complain(0, "vcmdq: %s", error->message);
		return FALSE;
	}
	if (!take_rest(o, *argc, *argv) || !check_modes(o))
		return FALSE;
	return load_all(o) && (!is_machine(o) || check_machine(o));
}

void options_fini(struct options *o)
{
	g_strfreev(o->specs);
	g_strfreev(o->load);
	g_free(o->study);
	g_free(o->compare[0]);
	g_free(o->compare[1]);
	g_free(o->replay);
	g_free(o->profile);
	g_free(o->json);
	g_free(o->csv);
	g_free(o->report);
	g_free(o->trace);
	g_free(o->policy);
	g_free(o->workload);
}
