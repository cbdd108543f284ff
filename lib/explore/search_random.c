// SPDX-License-Identifier: MIT
/*
 * Random search: uniform, or by priorities.
 *
 * Uniform: whoever runs goes on with a probability that the execution draws at
 * its beginning, so that both few and many changes of threads are tried; else
 * anybody runs.
 *
 * Priorities (PCT): each fiber has one; the highest that can runs.  At `depth`
 * points, drawn among as many as executions have had so far, whoever runs
 * becomes the lowest.  An ordering bug of depth d is found with a probability
 * of at least 1 / (n * k^(d-1)) for n fibers and k points.
 *
 * Half of the executions fail a step or more, drawn among as many failure
 * points as executions have had so far.
 */
#include <errno.h>
#include <stdlib.h>

#include "explore/search.h"

#define CHANGES_MAX 16

struct random {
	struct search search;
	uint64_t state, marked_state;
	uint64_t *seen;
	unsigned int depth;
	unsigned int keep;		/* of 256: whoever runs goes on */
	uint32_t points, points_seen;	/* here; at most so far */
	uint32_t fails, fails_seen;
	uint32_t fail_at[4];
	unsigned int fail_count;
	uint32_t change_at[CHANGES_MAX];
	int priority[FIBERS_MAX];
	int lowest;
};

static void draw_failures(struct uiommufd_run *run, struct random *r)
{
	unsigned int most = run->options.failures < 0 ? 4 :
			    run->options.failures > 4 ? 4 :
			    run->options.failures;

	r->fail_count = 0;
	if (!most || !r->fails_seen || random_next(&r->state) >> 63)
		return;
	r->fail_count = 1 + random_below(&r->state, most);
	for (unsigned int i = 0; i < r->fail_count; i++)
		r->fail_at[i] = random_below(&r->state, r->fails_seen);
}

static bool random_begin(struct uiommufd_run *run)
{
	static const uint8_t keeps[] = { 0, 128, 192, 224, 240, 250 };
	struct random *r = run->search;

	draw_failures(run, r);
	r->points = 0;
	r->fails = 0;
	r->keep = keeps[random_below(&r->state, sizeof(keeps))];
	for (unsigned int i = 0; i < r->depth; i++)
		r->change_at[i] = random_below(&r->state,
					       r->points_seen ? r->points_seen :
								1);
	for (unsigned int i = 0; i < FIBERS_MAX; i++)
		r->priority[i] = 1 + random_below(&r->state, 1u << 30);
	r->lowest = 0;
	return true;
}

static unsigned int nth_of(uint32_t mask, unsigned int n)
{
	for (; n; n--)
		mask &= mask - 1;
	return __builtin_ctz(mask);
}

static bool may_preempt(const struct uiommufd_run *run)
{
	return run->options.preemptions < 0 ||
	       run->preemptions < (unsigned int)run->options.preemptions;
}

static bool current_enabled(const struct uiommufd_run *run, uint32_t enabled)
{
	return run->running != NOBODY && enabled & 1u << run->running;
}

static unsigned int uniform_schedule(struct uiommufd_run *run, uint32_t enabled)
{
	struct random *r = run->search;

	if (!(enabled & (enabled - 1)))
		return __builtin_ctz(enabled);
	r->points++;
	if (current_enabled(run, enabled) &&
	    (!may_preempt(run) || random_below(&r->state, 256) < r->keep))
		return run->running;
	return nth_of(enabled, random_below(&r->state,
					    __builtin_popcount(enabled)));
}

static unsigned int highest(const struct random *r, uint32_t enabled)
{
	unsigned int best = __builtin_ctz(enabled);

	for (enabled &= enabled - 1; enabled; enabled &= enabled - 1) {
		unsigned int i = __builtin_ctz(enabled);

		if (r->priority[i] > r->priority[best])
			best = i;
	}
	return best;
}

static unsigned int priority_schedule(struct uiommufd_run *run,
				      uint32_t enabled)
{
	struct random *r = run->search;

	if (!(enabled & (enabled - 1)))
		return __builtin_ctz(enabled);
	for (unsigned int i = 0; i < r->depth; i++)
		if (r->change_at[i] == r->points && run->running != NOBODY)
			r->priority[run->running] = --r->lowest;
	r->points++;
	if (current_enabled(run, enabled) && !may_preempt(run))
		return run->running;
	return highest(r, enabled);
}

static bool random_fail(struct uiommufd_run *run, enum uik_fail_kind kind,
			const void *site)
{
	struct random *r = run->search;
	uint32_t at = r->fails++;

	for (unsigned int i = 0; i < r->fail_count; i++)
		if (r->fail_at[i] == at)
			return true;
	return false;
}

static unsigned int random_choose(struct uiommufd_run *run, unsigned int count)
{
	struct random *r = run->search;

	return random_below(&r->state, count);
}

static void random_end(struct uiommufd_run *run)
{
	struct random *r = run->search;

	search_count(run, &r->seen);
	if (r->points > r->points_seen)
		r->points_seen = r->points;
	if (r->fails > r->fails_seen)
		r->fails_seen = r->fails;
}

static const struct strategy uniform_strategy = {
	.name = "random",
	.begin = random_begin,
	.schedule = uniform_schedule,
	.fail = random_fail,
	.choose = random_choose,
	.end = random_end,
};

static const struct strategy priority_strategy = {
	.name = "pct",
	.begin = random_begin,
	.schedule = priority_schedule,
	.fail = random_fail,
	.choose = random_choose,
	.end = random_end,
};

static void random_stop(struct search *search)
{
	search_forget(((struct random *)search)->seen);
	free(search);
}

static void random_mark(struct search *search)
{
	struct random *r = (struct random *)search;

	r->marked_state = r->state;
}

static void random_rewind(struct search *search)
{
	struct random *r = (struct random *)search;

	r->state = r->marked_state;
}

int random_start(struct uiommufd_run *run, bool priorities)
{
	struct random *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->search.stop = random_stop;
	r->search.mark = random_mark;
	r->search.rewind = random_rewind;
	r->state = run->options.seed;
	r->depth = priorities ? run->options.depth : 0;
	if (r->depth > CHANGES_MAX)
		r->depth = CHANGES_MAX;
	run->search = r;
	run->strategy = priorities ? &priority_strategy : &uniform_strategy;
	return 0;
}
