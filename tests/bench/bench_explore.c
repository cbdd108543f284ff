// SPDX-License-Identifier: MIT
/*
 * What exploring costs: executions a second on a processor, what the reduction
 * leaves out against plain depth-first search, and how long the scenarios of
 * the library take until nothing is left.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <uiommufd/uiommufd.h>
#include "state.h"

#define SCENARIO "vdevice-alloc-viommu-destroy"
/* One that the searches do not soon come to the end of. */
#define LARGE "vdevice-one-id"
#define EXECUTIONS 200000

static double cpu_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

static struct uiommufd_explore_result
explore(const struct uiommufd_scenario *scenario,
	struct uiommufd_explore_options *options, double *seconds)
{
	struct uiommufd_explore_result result = { .size = sizeof(result) };
	double start = cpu_seconds();

	uiommufd_explore(scenario, options, &result);
	*seconds = cpu_seconds() - start;
	if (result.broken) {
		printf("%s: law %s is broken\n", scenario->name,
		       uiommufd_trail_law(result.broken));
		uiommufd_trail_print(result.broken, stdout);
		exit(1);
	}
	return result;
}

/* Building the platform, setup and the snapshot, and one execution. */
static double prepare_seconds(const struct uiommufd_scenario *scenario)
{
	struct uiommufd_explore_options options;
	double seconds, least = 1;

	uiommufd_explore_options_init(&options);
	options.strategy = UIOMMUFD_STRATEGY_DPOR;
	options.executions = 1;
	for (int i = 0; i < 20; i++) {
		explore(scenario, &options, &seconds);
		least = seconds < least ? seconds : least;
	}
	return least;
}

static void rates(const struct uiommufd_scenario *scenario)
{
	struct uiommufd_explore_options options;
	double seconds, prepare = prepare_seconds(scenario);

	printf("%s, prepared in %.1f ms, which is left out below:\n",
	       scenario->name, prepare * 1e3);
	for (unsigned int s = UIOMMUFD_STRATEGY_DPOR;
	     s < UIOMMUFD_STRATEGY_NR; s++) {
		struct uiommufd_explore_result r;

		uiommufd_explore_options_init(&options);
		options.strategy = s;
		options.executions = EXECUTIONS;
		options.budget_ns = 20000000000u;
		r = explore(scenario, &options, &seconds);
		printf("%-8s %9.0f executions/s of a processor, %5.1f steps each%s\n",
		       uiommufd_strategy_name(s),
		       (r.executions - 1) / (seconds - prepare),
		       (double)r.steps / r.executions,
		       r.exhausted ? ", nothing left" : "");
	}
}

/* One change of threads at most, so that plain search comes to an end too. */
static void reduction(const struct uiommufd_scenario *scenario)
{
	struct uiommufd_explore_options options;
	struct uiommufd_explore_result dfs, dpor, all;
	double dfs_s, dpor_s, all_s;

	uiommufd_explore_options_init(&options);
	options.failures = 0;
	options.budget_ns = 60000000000u;
	options.strategy = UIOMMUFD_STRATEGY_DPOR;
	all = explore(scenario, &options, &all_s);
	options.preemptions = 2;
	dpor = explore(scenario, &options, &dpor_s);
	options.strategy = UIOMMUFD_STRATEGY_DFS;
	dfs = explore(scenario, &options, &dfs_s);
	printf("orders with 2 preemptions: plain %llu%s in %.3f s, reduced %llu%s in %.3f s: %.2f %% left out\n",
	       (unsigned long long)dfs.executions, dfs.exhausted ? "" : "+",
	       dfs_s, (unsigned long long)dpor.executions,
	       dpor.exhausted ? "" : "+", dpor_s,
	       100.0 - 100.0 * dpor.executions / dfs.executions);
	printf("orders, unbounded: reduced %llu%s in %.3f s, %llu of them redundant\n",
	       (unsigned long long)all.executions, all.exhausted ? "" : "+",
	       all_s, (unsigned long long)all.redundant);
}

static void exhaustion(void)
{
	const struct uiommufd_scenario *scenario;
	struct uiommufd_explore_options options;
	double seconds;

	puts("until nothing is left, one failure at most (10 s each):");
	for (unsigned int i = 0; (scenario = uiommufd_scenario_at(i)); i++) {
		struct uiommufd_explore_result r;

		uiommufd_explore_options_init(&options);
		options.strategy = UIOMMUFD_STRATEGY_DPOR;
		options.budget_ns = 10000000000u;
		r = explore(scenario, &options, &seconds);
		printf("  %-40s %9llu executions %8.3f s%s\n", scenario->name,
		       (unsigned long long)r.executions, seconds,
		       r.exhausted ? "" : " (not all)");
	}
}

int main(int argc, char **argv)
{
	const struct uiommufd_scenario *scenario =
		uiommufd_scenario_find(SCENARIO);

	if (!scenario)
		return 1;
	bench_state();
	/*
	 * Steps are those of executions: the depth-first ones do not make again
	 * what lies before a checkpoint.  Ends that were seen before are passed
	 * over.
	 */
	rates(scenario);
	rates(uiommufd_scenario_find(LARGE));
	reduction(scenario);
	if (argc < 2)
		exhaustion();
	return 0;
}
