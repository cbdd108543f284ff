// SPDX-License-Identifier: MIT
/*
 * Decisions that are given: most go their usual way, a few do not.
 */
#include "explore/search.h"

#include <errno.h>
#include <stdlib.h>

struct given {
	struct search search;
	const struct uiommufd_choice *choices;	/* borrowed */
	size_t count, next;
	uint32_t passed;
	bool begun;
};

static bool given_begin(struct uiommufd_run *run)
{
	struct given *given = run->search;
	bool first = !given->begun;

	given->begun = true;
	given->next = 0;
	given->passed = 0;
	return first;
}

static uint32_t next_value(struct given *given)
{
	if (given->next == given->count)
		return 0;
	if (given->passed < given->choices[given->next].passed) {
		given->passed++;
		return 0;
	}
	given->passed = 0;
	return given->choices[given->next++].value;
}

/* @steps further in the circle of who can go on. */
static unsigned int further(uint32_t enabled, unsigned int from,
			    unsigned int steps)
{
	while (steps) {
		from = (from + 1) % 32;
		steps -= enabled >> from & 1;
	}
	return from;
}

static unsigned int given_schedule(struct uiommufd_run *run, uint32_t enabled)
{
	unsigned int usual = __builtin_ctz(enabled);

	if (!(enabled & (enabled - 1)))
		return usual;
	if (run->running != NOBODY && enabled & 1u << run->running)
		usual = run->running;
	return further(enabled, usual, next_value(run->search) %
				       __builtin_popcount(enabled));
}

static bool given_fail(struct uiommufd_run *run, enum uik_fail_kind kind,
		       const void *site)
{
	return next_value(run->search) % 2;
}

static unsigned int given_choose(struct uiommufd_run *run, unsigned int count)
{
	return next_value(run->search) % count;
}

static void given_end(struct uiommufd_run *run)
{
	struct given *given = run->search;

	given->search.totals.distinct = 1;
}

static const struct strategy given_strategy = {
	.name = "given",
	.begin = given_begin,
	.schedule = given_schedule,
	.fail = given_fail,
	.choose = given_choose,
	.end = given_end,
};

static void given_stop(struct search *search)
{
	free(search);
}

int given_start(struct uiommufd_run *run, const struct uiommufd_choice *choices,
		size_t count)
{
	struct given *given;

	search_stop(run);
	given = calloc(1, sizeof(*given));
	if (!given)
		return -ENOMEM;
	given->search.stop = given_stop;
	given->choices = choices;
	given->count = count;
	run->search = given;
	run->strategy = &given_strategy;
	return 0;
}
