// SPDX-License-Identifier: MIT
/*
 * Guided search: values and failures grown from those that led to something
 * new.
 *
 * What an execution reached is a set of pairs: the places of two steps that
 * followed each other in one fiber, and the places where one fiber was stopped
 * and another went on.  An execution with a pair never seen before is kept; a
 * new one begins as a kept one with a few of its values changed.  Who goes on
 * is drawn as in uniform search.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "explore/search.h"

#define MAP_BITS 16
#define KEPT_MAX 4096u
#define VALUES_MAX 64u			/* of one fiber */

struct program {
	uint8_t count[FIBERS_MAX];
	uint8_t value[FIBERS_MAX][VALUES_MAX];
};

struct guided {
	struct search search;
	uint64_t state, marked_state;
	uint64_t *seen;
	unsigned int keep;		/* of 256: whoever runs goes on */
	bool news;
	uint32_t fails, fails_seen, fail_at;
	const void *last_site[FIBERS_MAX];
	unsigned int last_fiber;
	struct program now;		/* being made */
	struct program plan;		/* it is made from */
	struct program *kept;
	uint32_t kept_count, marked_kept;
	uint8_t map[1u << MAP_BITS];
};

/* ---- what was reached ---------------------------------------------------- */

static void reach(struct guided *g, const void *a, const void *b)
{
	uint64_t hash = ((uintptr_t)a * 3 ^ (uintptr_t)b) *
			0x9e3779b97f4a7c15ull;
	uint8_t *cell = &g->map[hash >> (64 - MAP_BITS)];

	g->news |= !*cell;
	*cell = 1;
}

static void guided_step(struct uiommufd_run *run, unsigned int fiber,
			const struct uik_point *point)
{
	struct guided *g = run->search;

	if (g->last_fiber != fiber && g->last_fiber != NOBODY)
		reach(g, g->last_site[g->last_fiber], point->site);
	reach(g, point->site, g->last_site[fiber]);
	g->last_site[fiber] = point->site;
	g->last_fiber = fiber;
}

/* ---- growing ------------------------------------------------------------- */

static void change(struct guided *g, struct program *p)
{
	unsigned int fiber = random_below(&g->state, FIBERS_MAX);
	unsigned int at;

	for (unsigned int i = 0; i < FIBERS_MAX && !p->count[fiber]; i++)
		fiber = (fiber + 1) % FIBERS_MAX;
	if (!p->count[fiber])
		return;
	at = random_below(&g->state, p->count[fiber]);
	switch (random_below(&g->state, 4)) {
	case 0:		/* from here on anew */
		p->count[fiber] = at;
		break;
	case 1:		/* another thread's */
		p->value[fiber][at] =
			p->value[random_below(&g->state, FIBERS_MAX)][at];
		break;
	default:
		p->value[fiber][at] = random_below(&g->state, 64);
	}
}

static bool guided_begin(struct uiommufd_run *run)
{
	static const uint8_t keeps[] = { 0, 192, 224, 240, 250, 254 };
	struct guided *g = run->search;
	unsigned int changes = 1 + random_below(&g->state, 4);

	g->news = false;
	g->fails = 0;
	g->fail_at = g->fails_seen && random_next(&g->state) >> 63 ?
		     random_below(&g->state, g->fails_seen) : UINT32_MAX;
	g->keep = keeps[random_below(&g->state, sizeof(keeps))];
	g->last_fiber = NOBODY;
	memset(g->last_site, 0, sizeof(g->last_site));
	memset(&g->now, 0, sizeof(g->now));
	memset(&g->plan, 0, sizeof(g->plan));
	if (!g->kept_count || !random_below(&g->state, 8))
		return true;
	g->plan = g->kept[random_below(&g->state, g->kept_count)];
	while (changes--)
		change(g, &g->plan);
	return true;
}

static void guided_end(struct uiommufd_run *run)
{
	struct guided *g = run->search;

	search_count(run, &g->seen);
	if (g->fails > g->fails_seen)
		g->fails_seen = g->fails;
	if (!g->news)
		return;
	if (g->kept_count < KEPT_MAX)
		g->kept[g->kept_count++] = g->now;
	else
		g->kept[random_below(&g->state, KEPT_MAX)] = g->now;
}

/* ---- decisions ----------------------------------------------------------- */

static unsigned int guided_schedule(struct uiommufd_run *run, uint32_t enabled)
{
	struct guided *g = run->search;
	unsigned int n;

	if (!(enabled & (enabled - 1)))
		return __builtin_ctz(enabled);
	if (run->running != NOBODY && enabled & 1u << run->running &&
	    random_below(&g->state, 256) < g->keep)
		return run->running;
	n = random_below(&g->state, __builtin_popcount(enabled));
	for (; n; n--)
		enabled &= enabled - 1;
	return __builtin_ctz(enabled);
}

static bool guided_fail(struct uiommufd_run *run, enum uik_fail_kind kind,
			const void *site)
{
	struct guided *g = run->search;

	return g->fails++ == g->fail_at;
}

static unsigned int guided_choose(struct uiommufd_run *run, unsigned int count)
{
	struct guided *g = run->search;
	unsigned int fiber = run->running, n = g->now.count[fiber], value;

	if (n < g->plan.count[fiber])
		value = g->plan.value[fiber][n] % count;
	else
		value = random_below(&g->state, count);
	if (n < VALUES_MAX) {
		g->now.value[fiber][n] = value;
		g->now.count[fiber] = n + 1;
	}
	return value;
}

static const struct strategy guided_strategy = {
	.name = "guided",
	.begin = guided_begin,
	.schedule = guided_schedule,
	.fail = guided_fail,
	.choose = guided_choose,
	.step = guided_step,
	.end = guided_end,
};

/* ---- life ---------------------------------------------------------------- */

static void guided_stop(struct search *search)
{
	struct guided *g = (struct guided *)search;

	free(g->kept);
	search_forget(g->seen);
	free(g);
}

static void guided_mark(struct search *search)
{
	struct guided *g = (struct guided *)search;

	g->marked_state = g->state;
	g->marked_kept = g->kept_count;
}

static void guided_rewind(struct search *search)
{
	struct guided *g = (struct guided *)search;

	g->state = g->marked_state;
	g->kept_count = g->marked_kept;
}

int guided_start(struct uiommufd_run *run)
{
	struct guided *g = calloc(1, sizeof(*g));

	if (g)
		g->kept = calloc(KEPT_MAX, sizeof(*g->kept));
	if (!g || !g->kept) {
		free(g);
		return -ENOMEM;
	}
	g->search.stop = guided_stop;
	g->search.mark = guided_mark;
	g->search.rewind = guided_rewind;
	g->state = run->options.seed;
	run->search = g;
	run->strategy = &guided_strategy;
	return 0;
}
