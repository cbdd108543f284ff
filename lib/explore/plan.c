// SPDX-License-Identifier: MIT
/*
 * Plans.
 *
 * Most bugs need one change of threads at the right place, or one failure, or
 * both: these are tried first and completely.  What is too large for that meets
 * its bugs in some hundred executions drawn at random, or never: a few are drawn
 * before everything that the reduction leaves, and more of what that does not
 * finish.
 */
#include "explore/plan.h"

#define ANY UIOMMUFD_UNBOUNDED

/* failures: at most so many, and never more than asked for. */
static const struct stage auto_stages[] = {
	{ UIOMMUFD_STRATEGY_DPOR, 0, 1, 0, 16, 0, false },
	{ UIOMMUFD_STRATEGY_DPOR, ANY, 0, 0, 8, 0, false },
	{ UIOMMUFD_STRATEGY_RANDOM, ANY, 1, 2, 16, 200, false },
	{ UIOMMUFD_STRATEGY_PCT, ANY, 1, 0, 8, 500, false },
	{ UIOMMUFD_STRATEGY_GUIDED, ANY, 1, 2, 4, 1000, false },
	{ UIOMMUFD_STRATEGY_DPOR, 1, 1, 0, 8, 0, false },
	{ UIOMMUFD_STRATEGY_DPOR, ANY, ANY, 0, 3, 0, true },
	{ UIOMMUFD_STRATEGY_GUIDED, ANY, 1, 0, 4, 0, false },
	{ UIOMMUFD_STRATEGY_DPOR, 2, 1, 0, 4, 0, false },
	{ UIOMMUFD_STRATEGY_RANDOM, ANY, ANY, 0, 3, 0, false },
	{ UIOMMUFD_STRATEGY_PCT, ANY, ANY, 1, 2, 0, false },
	{ UIOMMUFD_STRATEGY_RANDOM, ANY, ANY, 1, 0, 0, false },
};

/*
 * One thread has no orders: what it may meet is failures, and one of them at a
 * time is soon tried completely.  The last points come first there, so a few
 * are drawn as well where they are many.
 */
static const struct stage single_stages[] = {
	{ UIOMMUFD_STRATEGY_DPOR, ANY, 1, 0, 2, 0, false },
	{ UIOMMUFD_STRATEGY_RANDOM, ANY, 1, 2, 2, 200, false },
	{ UIOMMUFD_STRATEGY_DPOR, ANY, ANY, 0, 2, 0, true },
	{ UIOMMUFD_STRATEGY_RANDOM, ANY, ANY, 1, 0, 0, false },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int at_most(int wanted, int asked)
{
	if (wanted < 0 || (asked >= 0 && asked < wanted))
		return asked;
	return wanted;
}

static bool auto_stage(const struct uiommufd_explore_options *options,
		       bool single, unsigned int index, struct stage *out)
{
	if (index >= (single ? COUNT(single_stages) : COUNT(auto_stages)))
		return false;
	*out = single ? single_stages[index] : auto_stages[index];
	out->seed = options->seed + out->seed;
	out->preemptions = at_most(out->preemptions, options->preemptions);
	out->failures = at_most(out->failures, options->failures);
	return true;
}

bool plan_stage(const struct uiommufd_explore_options *options, bool single,
		unsigned int index, struct stage *out)
{
	if (options->strategy == UIOMMUFD_STRATEGY_AUTO)
		return auto_stage(options, single, index, out);
	*out = (struct stage){
		.strategy = options->strategy,
		.preemptions = options->preemptions,
		.failures = options->failures,
		.seed = options->seed,
		.covers_all = true,
	};
	return !index;
}
