// SPDX-License-Identifier: MIT
/*
 * Shrinking: an execution is taken as turns of its fibers, failures and
 * values, which can be left out one by one: what is left still means
 * something, because a turn counts its own fiber's points and a failure its
 * own fiber's failure points.
 *
 * An attempt is kept if it breaks the same law with no more turns.  Attempts
 * go on until none of a whole round is kept, or there have been enough.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <linux/minmax.h>

#include "explore/search.h"
#include "explore/shrink.h"

#define ATTEMPTS_MAX 4000u
#define TIME_MAX_NS 5000000000u		/* of a processor */
#define TURNS_MAX 4096u
#define EXTRAS_MAX 256u
#define FOR_EVER UINT32_MAX
#define GROUP_MIN 3u			/* turns that can be fewer by grouping */

struct turn {
	uint8_t fiber;
	uint32_t points;		/* how many it makes; FOR_EVER */
};

/* A failure point or a choice, by its fiber and its number there. */
struct extra {
	uint8_t fiber;
	uint8_t kind;			/* DECISION_FAIL, DECISION_CHOOSE */
	uint8_t chosen;
	uint32_t number;
};

struct script {
	struct turn turns[TURNS_MAX];
	struct extra extras[EXTRAS_MAX];
	unsigned int turn_count, extra_count;
	uint32_t absent;		/* threads that do nothing */
};

/* Plays a script and writes down the one that it came to. */
struct player {
	struct search search;
	const struct script *script;
	struct script *seen;
	unsigned int turn;		/* being played */
	uint32_t made;			/* points of it */
	uint32_t fails[FIBERS_MAX], choices[FIBERS_MAX];
};

/* ---- playing ------------------------------------------------------------- */

static bool player_begin(struct uiommufd_run *run)
{
	struct player *p = run->search;

	p->turn = 0;
	p->made = 0;
	p->seen->turn_count = 0;
	p->seen->extra_count = 0;
	p->seen->absent = p->script->absent;
	memset(p->fails, 0, sizeof(p->fails));
	memset(p->choices, 0, sizeof(p->choices));
	return true;
}

static void write_turn(struct script *seen, unsigned int fiber)
{
	struct turn *last = seen->turn_count ?
			    &seen->turns[seen->turn_count - 1] : NULL;

	if (last && last->fiber == fiber) {
		last->points++;
		return;
	}
	if (seen->turn_count < TURNS_MAX)
		seen->turns[seen->turn_count++] = (struct turn){ fiber, 1 };
}

static unsigned int whoever(const struct uiommufd_run *run, uint32_t enabled)
{
	if (run->running != NOBODY && enabled & 1u << run->running)
		return run->running;
	return __builtin_ctz(enabled);
}

static unsigned int player_schedule(struct uiommufd_run *run, uint32_t enabled)
{
	struct player *p = run->search;
	const struct script *s = p->script;
	unsigned int chosen = NOBODY;

	while (p->turn < s->turn_count && chosen == NOBODY) {
		const struct turn *turn = &s->turns[p->turn];

		if (p->made < turn->points && enabled & 1u << turn->fiber) {
			chosen = turn->fiber;
			p->made++;
		} else {
			p->turn++;
			p->made = 0;
		}
	}
	if (chosen == NOBODY)
		chosen = whoever(run, enabled);
	write_turn(p->seen, chosen);
	return chosen;
}

static unsigned int extra_of(struct uiommufd_run *run, unsigned int kind,
			     uint32_t number)
{
	struct player *p = run->search;
	const struct script *s = p->script;

	for (unsigned int i = 0; i < s->extra_count; i++) {
		const struct extra *e = &s->extras[i];

		if (e->kind != kind || e->fiber != run->running ||
		    e->number != number)
			continue;
		if (p->seen->extra_count < EXTRAS_MAX)
			p->seen->extras[p->seen->extra_count++] = *e;
		return e->chosen;
	}
	return 0;
}

static bool player_fail(struct uiommufd_run *run, enum uik_fail_kind kind,
			const void *site)
{
	struct player *p = run->search;

	return extra_of(run, DECISION_FAIL, p->fails[run->running]++);
}

static unsigned int player_choose(struct uiommufd_run *run, unsigned int count)
{
	struct player *p = run->search;
	unsigned int chosen = extra_of(run, DECISION_CHOOSE,
				       p->choices[run->running]++);

	return chosen < count ? chosen : 0;
}

static const struct strategy player_strategy = {
	.name = "shrink",
	.begin = player_begin,
	.schedule = player_schedule,
	.fail = player_fail,
	.choose = player_choose,
};

/* ---- from decisions to a script ------------------------------------------ */

/* Follows a trail's decisions and writes the script of it. */
struct reader {
	struct player player;
	const struct uiommufd_trail *trail;
	uint32_t next;
};

static int next_decision(struct reader *r, unsigned int kind)
{
	const struct decision *d = &r->trail->decisions[r->next];

	if (r->next == r->trail->decision_count || d->kind != kind)
		return -1;
	r->next++;
	return d->chosen;
}

static unsigned int reader_schedule(struct uiommufd_run *run, uint32_t enabled)
{
	struct reader *r = run->search;
	int chosen = -1;

	if (enabled & (enabled - 1))
		chosen = next_decision(r, DECISION_SCHEDULE);
	if (chosen < 0 || !(enabled >> chosen & 1))
		chosen = whoever(run, enabled);
	write_turn(r->player.seen, chosen);
	return chosen;
}

static unsigned int read_extra(struct uiommufd_run *run, unsigned int kind,
			       uint32_t number)
{
	struct reader *r = run->search;
	struct script *seen = r->player.seen;
	int chosen = next_decision(r, kind);

	if (chosen > 0 && seen->extra_count < EXTRAS_MAX)
		seen->extras[seen->extra_count++] = (struct extra){
			.fiber = run->running,
			.kind = kind,
			.chosen = chosen,
			.number = number,
		};
	return chosen > 0 ? chosen : 0;
}

static bool reader_fail(struct uiommufd_run *run, enum uik_fail_kind kind,
			const void *site)
{
	struct player *p = run->search;

	return read_extra(run, DECISION_FAIL, p->fails[run->running]++);
}

static unsigned int reader_choose(struct uiommufd_run *run, unsigned int count)
{
	struct player *p = run->search;

	return read_extra(run, DECISION_CHOOSE, p->choices[run->running]++);
}

static const struct strategy reader_strategy = {
	.name = "read",
	.begin = player_begin,
	.schedule = reader_schedule,
	.fail = reader_fail,
	.choose = reader_choose,
};

/* ---- attempts ------------------------------------------------------------ */

struct shrink {
	struct uiommufd_run *run;
	struct uiommufd_trail *trail;
	struct script *best, *attempt, *seen;
	unsigned int attempts;
	uint64_t end_ns;
};

static uint64_t used_ns(void)
{
	struct timespec used;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	return (uint64_t)used.tv_sec * 1000000000u + used.tv_nsec;
}

static bool is_over(const struct shrink *s)
{
	return s->attempts >= ATTEMPTS_MAX || used_ns() >= s->end_ns;
}

static void execute(struct shrink *s, void *search,
		    const struct strategy *strategy)
{
	struct uiommufd_run *run = s->run;

	run->search = search;
	run->strategy = strategy;
	run->absent = s->attempt->absent;
	strategy->begin(run);
	run_execute(run);
	uik_snapshot_restore(run->snapshot, true);
	run->search = NULL;
	run->strategy = NULL;
}

static unsigned int weight(const struct script *s)
{
	return s->turn_count + 2 * s->extra_count -
	       __builtin_popcount(s->absent);
}

/* Tries the attempt; keeps what it came to if that is better. */
static bool attempt(struct shrink *s)
{
	struct player player = { .script = s->attempt, .seen = s->seen };
	struct script *old = s->best;

	if (is_over(s))
		return false;
	s->attempts++;
	execute(s, &player, &player_strategy);
	if (s->run->verdict != VERDICT_BROKEN ||
	    strcmp(s->run->law, s->trail->law) ||
	    weight(s->seen) >= weight(s->best))
		return false;
	s->best = s->seen;
	s->seen = old;
	trail_take(s->trail, s->run);
	return true;
}

static void without_extra(struct script *s, unsigned int i)
{
	memmove(&s->extras[i], &s->extras[i + 1],
		(s->extra_count - i - 1) * sizeof(s->extras[0]));
	s->extra_count--;
}

static void without_turn(struct script *s, unsigned int i)
{
	memmove(&s->turns[i], &s->turns[i + 1],
		(s->turn_count - i - 1) * sizeof(s->turns[0]));
	s->turn_count--;
}

static bool fewer_threads(struct shrink *s)
{
	for (int t = 0; t < UIOMMUFD_SCENARIO_THREADS; t++) {
		if (!s->run->scenario->thread[t] || s->best->absent >> t & 1)
			continue;
		*s->attempt = *s->best;
		s->attempt->absent |= 1u << t;
		if (attempt(s))
			return true;
	}
	return false;
}

static bool fewer_extras(struct shrink *s)
{
	for (unsigned int i = 0; i < s->best->extra_count; i++) {
		*s->attempt = *s->best;
		without_extra(s->attempt, i);
		if (attempt(s))
			return true;
	}
	return false;
}

static bool fewer_turns(struct shrink *s)
{
	for (unsigned int i = s->best->turn_count; i-- > 0;) {
		*s->attempt = *s->best;
		without_turn(s->attempt, i);
		if (attempt(s))
			return true;
	}
	return false;
}

static uint32_t sum_of(uint32_t a, uint32_t b)
{
	return a > FOR_EVER - b ? FOR_EVER : a + b;
}

/* What is done from turn @first to before @end is done a fiber after the other. */
static void group_turns(struct script *s, unsigned int first, unsigned int end,
			bool backwards)
{
	uint32_t points[FIBERS_MAX] = {};
	unsigned int at = first;

	for (unsigned int i = first; i < end; i++) {
		const struct turn *turn = &s->turns[i];

		points[turn->fiber] = sum_of(points[turn->fiber], turn->points);
	}
	for (unsigned int i = 0; i < FIBERS_MAX; i++) {
		unsigned int fiber = backwards ? FIBERS_MAX - 1 - i : i;

		if (points[fiber])
			s->turns[at++] = (struct turn){ fiber, points[fiber] };
	}
	memmove(&s->turns[at], &s->turns[end],
		(s->turn_count - end) * sizeof(s->turns[0]));
	s->turn_count -= end - at;
}

static bool grouped(struct shrink *s, unsigned int first, unsigned int length)
{
	for (int backwards = 0; backwards < 2; backwards++) {
		*s->attempt = *s->best;
		group_turns(s->attempt, first,
			    min(first + length, s->best->turn_count), backwards);
		if (attempt(s))
			return true;
	}
	return false;
}

/*
 * The change of threads that matters is at one place, or at few: what is before
 * and behind it need not be in pieces.  Long pieces first; everybody has come
 * equally far at both ends of one.
 */
static bool grouped_turns(struct shrink *s)
{
	for (unsigned int length = s->best->turn_count; length >= GROUP_MIN;
	     length = length > GROUP_MIN ? max(length / 2, GROUP_MIN) : 0)
		for (unsigned int first = 0;
		     first + GROUP_MIN <= s->best->turn_count;
		     first += length / 2)
			if (grouped(s, first, length))
				return true;
	return false;
}

/* A turn that goes on until its fiber must wait makes others unnecessary. */
static bool longer_turns(struct shrink *s)
{
	for (unsigned int i = 0; i < s->best->turn_count; i++) {
		if (s->best->turns[i].points == FOR_EVER)
			continue;
		*s->attempt = *s->best;
		s->attempt->turns[i].points = FOR_EVER;
		if (attempt(s))
			return true;
	}
	return false;
}

/* The scenario's script in its first form; false if it does not repeat. */
static bool read_trail(struct shrink *s)
{
	struct reader reader = {
		.player = { .script = s->attempt, .seen = s->best },
		.trail = s->trail,
	};

	s->attempt->absent = s->trail->absent;
	execute(s, &reader, &reader_strategy);
	return s->run->verdict == VERDICT_BROKEN &&
	       !strcmp(s->run->law, s->trail->law);
}

void trail_shrink(struct uiommufd_run *run, struct uiommufd_trail *trail)
{
	struct script *scripts = calloc(3, sizeof(*scripts));
	struct shrink s = {
		.run = run,
		.trail = trail,
		.best = scripts,
		.attempt = scripts + 1,
		.seen = scripts + 2,
		.end_ns = used_ns() + TIME_MAX_NS,
	};

	search_stop(run);
	if (scripts && read_trail(&s))
		while (!is_over(&s) &&
		       (fewer_threads(&s) || fewer_extras(&s) ||
			grouped_turns(&s) || fewer_turns(&s) ||
			longer_turns(&s)))
			;
	run->absent = 0;
	free(scripts);
}
