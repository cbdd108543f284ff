// SPDX-License-Identifier: MIT
/*
 * uiommufd explore: run scenarios through their orderings and failures.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <uiommufd/explore.h>

#include "cli.h"
#include "explore.h"

#define UNSET G_MININT

/* "30s", "500ms", "2m", "10" (seconds); 0 if it is none of them. */
static guint64 parse_budget(const char *text)
{
	char *end;
	double value = g_ascii_strtod(text, &end);
	double unit = 1e9;

	if (!strcmp(end, "ms"))
		unit = 1e6;
	else if (!strcmp(end, "m"))
		unit = 60e9;
	else if (*end && strcmp(end, "s"))
		return 0;
	if (end == text || value <= 0 || value > 1e6)
		return 0;
	return value * unit;
}

static int find_strategy(const char *name)
{
	const char *known;

	for (int i = 0; (known = uiommufd_strategy_name(i)); i++)
		if (!strcmp(known, name))
			return i;
	return -1;
}

static int list(void)
{
	const struct uiommufd_scenario *s;

	for (unsigned int i = 0; (s = uiommufd_scenario_at(i)); i++)
		printf("%-36s %s\n", s->name, s->summary);
	return EXIT_CLEAN;
}

/* A search within a bound says so: beyond it there may be more. */
static const char *covered(const struct explore *o,
			   const struct uiommufd_explore_result *r,
			   char text[64])
{
	if (!r->exhausted)
		return "not exhausted";
	if (o->preemptions < 0)
		return "nothing is left";
	snprintf(text, 64, "nothing is left within %d preemption%s",
		 o->preemptions, o->preemptions == 1 ? "" : "s");
	return text;
}

void explore_print(const struct explore *o,
		   const struct uiommufd_scenario *scenario,
		   const struct uiommufd_explore_result *r)
{
	double seconds = r->elapsed_ns / 1e9;
	char text[64];

	printf("%-36s %s: %" G_GUINT64_FORMAT " executions (%" G_GUINT64_FORMAT
	       " distinct, %" G_GUINT64_FORMAT " redundant), %.0f/s, %.2f s; %s\n",
	       scenario->name, r->broken ? "BROKEN" : "clean", r->executions,
	       r->distinct, r->redundant,
	       seconds > 0 ? r->executions / seconds : 0, seconds,
	       covered(o, r, text));
}

static int save(const char *path, const struct uiommufd_trail *trail,
		void (*print)(const struct uiommufd_trail *, FILE *))
{
	FILE *out = fopen(path, "w");
	int ret = 0;

	if (!out)
		return complain(EXIT_USAGE, "%s: %s", path, g_strerror(errno));
	if (print)
		print(trail, out);
	else
		ret = uiommufd_trail_save(trail, out);
	if (fclose(out) || ret)
		return complain(EXIT_USAGE, "%s: %s", path, g_strerror(errno));
	return EXIT_CLEAN;
}

static int save_all(const struct explore *o, const struct uiommufd_trail *trail)
{
	g_autofree char *name = g_strdup_printf("%s.trail",
						uiommufd_trail_scenario(trail));
	const char *path = o->trail ? o->trail : name;
	int status = save(path, trail, NULL);

	if (!status)
		printf("trail: %s\n", path);
	if (!status && o->trace)
		status = save(o->trace, trail, uiommufd_trail_trace);
	if (!status && o->dot)
		status = save(o->dot, trail, uiommufd_trail_dot);
	return status;
}

/* What a script looks for, a line each. */
int explore_report(const struct explore *o,
		   const struct uiommufd_trail *broken)
{
	int status;

	printf("scenario: %s\nlaw: %s\nexecutions: %" G_GUINT64_FORMAT
	       "\nfound after: %.1f ms\nsteps: %u\n",
	       uiommufd_trail_scenario(broken),
	       uiommufd_trail_law(broken), o->total_executions,
	       (g_get_monotonic_time() - o->start_us) / 1e3,
	       uiommufd_trail_length(broken));
	uiommufd_trail_print(broken, stdout);
	status = save_all(o, broken);
	return status ? status : EXIT_UNCLEAN;
}

static int explore_once(struct explore *o,
			const struct uiommufd_scenario *scenario,
			const struct uiommufd_explore_options *options,
			struct uiommufd_explore_result *total)
{
	struct uiommufd_explore_result r = { .size = sizeof(r) };
	int status;

	if (uiommufd_explore(scenario, options, &r) < 0) {
		if (errno == EINVAL)
			return complain(EXIT_USAGE, "%s: %s", scenario->name,
					g_strerror(errno));
		/* The driver's fault, not the caller's. */
		printf("scenario: %s\nlaw: setup\nbroken: setup: no platform: %s\n",
		       scenario->name, g_strerror(errno));
		return EXIT_UNCLEAN;
	}
	o->total_executions += r.executions;
	total->executions += r.executions;
	total->distinct += r.distinct;
	total->redundant += r.redundant;
	total->elapsed_ns += r.elapsed_ns;
	total->exhausted |= r.exhausted;
	if (!r.broken)
		return EXIT_CLEAN;
	total->broken = r.broken;
	explore_print(o, scenario, total);
	status = explore_report(o, r.broken);
	if (o->keep)
		o->keep(o, r.broken);
	uiommufd_trail_free(r.broken);
	total->broken = NULL;
	return status;
}

int explore_one(struct explore *o, const struct uiommufd_scenario *scenario,
		const struct uiommufd_explore_options *options)
{
	struct uiommufd_explore_result total = { .size = sizeof(total) };
	int status = explore_once(o, scenario, options, &total);

	if (!status && !o->quiet)
		explore_print(o, scenario, &total);
	return status;
}

int explore_replay(const struct explore *o,
		   const struct uiommufd_explore_options *options)
{
	const struct uiommufd_scenario *scenario;
	struct uiommufd_trail *trail;
	unsigned int line = 0;
	FILE *in = fopen(o->replay, "r");
	int ret;

	if (!in)
		return complain(EXIT_USAGE, "%s: %s", o->replay,
				g_strerror(errno));
	trail = uiommufd_trail_load(in, &line);
	fclose(in);
	if (!trail)
		return complain(EXIT_USAGE, "%s:%u: not a line of a trail",
				o->replay, line);
	scenario = o->input ? o->input :
		uiommufd_scenario_find(uiommufd_trail_scenario(trail));
	if (!scenario) {
		ret = complain(EXIT_USAGE, "%s: no scenario '%s'", o->replay,
			       uiommufd_trail_scenario(trail));
		uiommufd_trail_free(trail);
		return ret;
	}
	ret = uiommufd_explore_replay(scenario, options, trail);
	if (ret < 0) {
		ret = complain(EXIT_USAGE, "%s: %s", o->replay,
			       errno == ESTALE ? "the program has changed" :
						 g_strerror(errno));
	} else {
		uiommufd_trail_print(trail, stdout);
		if (o->trace)
			save(o->trace, trail, uiommufd_trail_trace);
		if (o->dot)
			save(o->dot, trail, uiommufd_trail_dot);
	}
	uiommufd_trail_free(trail);
	return ret;
}

static int explore_names(struct explore *o,
			 const struct uiommufd_explore_options *options)
{
	const struct uiommufd_scenario *scenario;
	int status = EXIT_CLEAN;

	for (char **name = o->names; *name; name++)
		if (!uiommufd_scenario_find(*name))
			return complain(EXIT_USAGE, "no scenario '%s'; --list "
					"shows them", *name);
	for (char **name = o->names; *name && !status; name++) {
		scenario = uiommufd_scenario_find(*name);
		status = explore_one(o, scenario, options);
	}
	return status;
}

static gboolean fill(struct explore *o,
		     struct uiommufd_explore_options *out)
{
	int strategy = o->strategy ? find_strategy(o->strategy) :
				     UIOMMUFD_STRATEGY_AUTO;

	uiommufd_explore_options_init(out);
	if (strategy < 0) {
		complain(0, "--strategy=%s: auto, dpor, dfs, random, pct or guided",
			 o->strategy);
		return FALSE;
	}
	out->strategy = strategy;
	if (o->budget) {
		out->budget_ns = parse_budget(o->budget);
		if (!out->budget_ns) {
			complain(0, "--budget=%s: a time as in 30s, 500ms, 2m",
				 o->budget);
			return FALSE;
		}
	}
	if (o->threads == UNSET)
		o->threads = o->all ? CLAMP(g_get_num_processors(), 1, 256) : 1;
	if (o->threads < 1 || o->threads > 256) {
		complain(0, "--threads=%d: from 1 to 256", o->threads);
		return FALSE;
	}
	if (o->preemptions < -1 || o->failures < -1 || o->executions < 0) {
		complain(0, "%s: negative",
			 o->preemptions < -1 ? "--preemptions" :
			 o->failures < -1 ? "--failures" : "--executions");
		return FALSE;
	}
	out->seed = o->seed;
	out->executions = o->executions;
	out->workers = o->threads;
	out->preemptions = o->preemptions;
	out->failures = o->failures;
	out->progress = isatty(2) && !o->quiet ? stderr : NULL;
	return TRUE;
}

static gboolean parse(struct explore *o, int *argc, char ***argv)
{
	const GOptionEntry entries[] = {
		{ "list", 'l', 0, G_OPTION_ARG_NONE, &o->list,
		  "show the scenarios", NULL },
		{ "all", 'a', 0, G_OPTION_ARG_NONE, &o->all,
		  "every scenario; they share the budget", NULL },
		{ "strategy", 's', 0, G_OPTION_ARG_STRING, &o->strategy,
		  "auto, dpor, dfs, random, pct, guided", "NAME" },
		{ "budget", 'b', 0, G_OPTION_ARG_STRING, &o->budget,
		  "time to use: 30s, 500ms, 2m", "TIME" },
		{ "executions", 'n', 0, G_OPTION_ARG_INT64, &o->executions,
		  "at most so many", "N" },
		{ "seed", 0, 0, G_OPTION_ARG_INT64, &o->seed,
		  "of what is drawn at random", "N" },
		{ "threads", 't', 0, G_OPTION_ARG_INT, &o->threads,
		  "processes that explore; with --all as many as processors",
		  "N" },
		{ "preemptions", 'p', 0, G_OPTION_ARG_INT, &o->preemptions,
		  "at most in an execution; -1: any number", "N" },
		{ "failures", 'f', 0, G_OPTION_ARG_INT, &o->failures,
		  "at most in an execution; -1: any number", "N" },
		{ "replay", 'r', 0, G_OPTION_ARG_FILENAME, &o->replay,
		  "run exactly this trail", "FILE" },
		{ "corpus", 'c', 0, G_OPTION_ARG_FILENAME_ARRAY, &o->corpus,
		  "explore fuzzers' inputs; may be given again",
		  "FILE|DIRECTORY" },
		{ "platform", 0, 0, G_OPTION_ARG_STRING, &o->platform,
		  "for --corpus: mock, noiommu, smmuv3, tegra241", "KIND" },
		{ "trail", 'o', 0, G_OPTION_ARG_FILENAME, &o->trail,
		  "where to save a counterexample", "FILE" },
		{ "trace", 0, 0, G_OPTION_ARG_FILENAME, &o->trace,
		  "save it for Perfetto, too", "FILE" },
		{ "dot", 0, 0, G_OPTION_ARG_FILENAME, &o->dot,
		  "save the object graph before the break", "FILE" },
		{ "quiet", 'q', 0, G_OPTION_ARG_NONE, &o->quiet,
		  "only what breaks", NULL },
		{ G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY,
		  &o->names, NULL, "[NAME...]" },
		{ 0 },
	};
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);
	g_autoptr(GError) error = NULL;

	g_option_context_add_main_entries(context, entries, NULL);
	g_option_context_set_summary(context,
		"Runs scenarios through all orderings of their threads and all "
		"failures of\ntheir steps.  Exit status: 0 no law broke, 1 one "
		"did, 2 usage.");
	if (g_option_context_parse(context, argc, argv, &error))
		return TRUE;
	complain(0, "explore: %s", error->message);
	return FALSE;
}

static int run(struct explore *o)
{
	struct uiommufd_explore_options options;

	if (o->list)
		return list();
	if (!fill(o, &options))
		return EXIT_USAGE;
	if (!o->names && !o->all && !o->replay && !o->corpus)
		return complain(EXIT_USAGE, "explore: a scenario, --all, "
				"--corpus, --replay or --list is needed");
	if (o->corpus)
		return explore_corpus(o, &options);
	if (o->platform)
		return complain(EXIT_USAGE, "--platform goes with --corpus");
	if (o->replay)
		return explore_replay(o, &options);
	printf("seed %" G_GINT64_FORMAT "\n", o->seed);
	fflush(stdout);
	return o->all ? explore_all(o, &options) :
			explore_names(o, &options);
}

int cmd_explore(int argc, char **argv)
{
	struct explore o = {
		.seed = 1,
		.threads = UNSET,
		.preemptions = UIOMMUFD_UNBOUNDED,
		.failures = 1,
		.start_us = g_get_monotonic_time(),
	};
	int status = EXIT_USAGE;

	if (parse(&o, &argc, &argv))
		status = run(&o);
	g_free(o.strategy);
	g_free(o.budget);
	g_free(o.replay);
	g_free(o.trail);
	g_free(o.trace);
	g_free(o.dot);
	g_strfreev(o.names);
	g_strfreev(o.corpus);
	g_free(o.platform);
	return status;
}
