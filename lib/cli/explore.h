/* SPDX-License-Identifier: MIT */
/* uiommufd explore: what its files share. */
#ifndef CLI_EXPLORE_H
#define CLI_EXPLORE_H

#include <glib.h>
#include <uiommufd/explore.h>

struct explore {
	gboolean list, all, quiet;
	char *strategy, *budget, *replay, *trail, *trace, *dot;
	gint64 seed, executions;
	int threads, preemptions, failures;
	char **names, **corpus;
	char *platform;
	/* Of --corpus: the scenario, and what is done with a counterexample. */
	const struct uiommufd_scenario *input;
	void (*keep)(struct explore *o, const struct uiommufd_trail *broken);
	gint64 start_us;
	guint64 total_executions;
};

/* A line about one scenario. */
void explore_print(const struct explore *o,
		   const struct uiommufd_scenario *scenario,
		   const struct uiommufd_explore_result *r);
/* Prints and saves a counterexample; an exit status. */
int explore_report(const struct explore *o, const struct uiommufd_trail *broken);
int explore_one(struct explore *o, const struct uiommufd_scenario *scenario,
		const struct uiommufd_explore_options *options);
int explore_replay(const struct explore *o,
		   const struct uiommufd_explore_options *options);
/* The inputs of --corpus, one after the other; an exit status. */
int explore_corpus(struct explore *o,
		   const struct uiommufd_explore_options *options);
/* Every scenario, by several processes; an exit status. */
int explore_all(struct explore *o,
		const struct uiommufd_explore_options *options);

#endif
