/* SPDX-License-Identifier: MIT */
/* Plans: what is tried in which order, and for how long. */
#ifndef EXPLORE_PLAN_H
#define EXPLORE_PLAN_H

#include <uiommufd/explore.h>

struct stage {
	enum uiommufd_strategy strategy;
	int preemptions;
	int failures;
	uint64_t seed;
	unsigned int share;		/* one in so many of what is left; 0: all */
	unsigned int most;		/* executions; 0: any number */
	bool covers_all;		/* exhausted: nothing within the bounds is left */
};

/*
 * Stage number @index of what is asked for; false if there are no more.
 * @single: the scenario has one thread
 */
bool plan_stage(const struct uiommufd_explore_options *options, bool single,
		unsigned int index, struct stage *out);

#endif
