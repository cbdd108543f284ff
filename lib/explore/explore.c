// SPDX-License-Identifier: MIT
/*
 * Exploring: one execution after the other until a law breaks, the budget is
 * used up or nothing is left.
 *
 * Executions run in batches.  At the end of a batch a thorough restore looks
 * whether the quick ones before it have missed a change; if so the batch is
 * taken back and run again, now that the change is known.  Batches grow while
 * nothing is missed.
 *
 * An execution that is given up, or whose end is passed over, may leave a
 * change that is missed and that the next one puts right, unseen by the look
 * at the end of the batch.  Only what comes last in its batch is seen whole;
 * what breaks before is therefore not believed but run again, one by one.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "explore/checkpoint.h"
#include "explore/ended.h"
#include "explore/laws.h"
#include "explore/plan.h"
#include "explore/record.h"
#include "explore/search.h"
#include "explore/shrink.h"
#include "explore/trail.h"
#include "explore/workers.h"

#define BATCH_MAX 256u
#define DRAWN_AT_LAST 200u	/* executions */
#define BATCHES_GROW 4u		/* after so many without a miss */

static uint64_t read_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + now.tv_nsec;
}

static uint64_t now_ns(void)
{
	return read_ns(CLOCK_MONOTONIC);
}

void uiommufd_explore_options_init(struct uiommufd_explore_options *options)
{
	*options = (struct uiommufd_explore_options){
		.size = sizeof(*options),
		.strategy = UIOMMUFD_STRATEGY_AUTO,
		.seed = 1,
		.budget_ns = 10000000000u,
		.workers = 1,
		.preemptions = UIOMMUFD_UNBOUNDED,
		.failures = 1,
		.steps = 50000,
		.depth = 3,
		.stage = -1,
		.shrink = true,
	};
}

/* ---- one strategy -------------------------------------------------------- */

struct session {
	struct uiommufd_run *run;
	struct uiommufd_explore_result *result;
	uint64_t start_ns;
	uint64_t wall_end_ns;		/* of everything; 0: none */
	clockid_t clock;		/* of the deadlines */
	uint64_t deadline_ns;		/* of everything; 0: none */
	uint64_t shown_ns;
	uint64_t most;			/* executions in all; 0: as asked */
};

static uint64_t most_executions(const struct session *s)
{
	return s->most ? s->most : s->run->options.executions;
}

static bool out_of_time(struct session *s, uint64_t end_ns)
{
	uint64_t limit = most_executions(s);

	if (limit && s->result->executions >= limit)
		return true;
	if (end_ns && read_ns(s->clock) >= end_ns)
		return true;
	return s->wall_end_ns && now_ns() >= s->wall_end_ns;
}

static void show_progress(struct session *s)
{
	FILE *out = s->run->options.progress;
	uint64_t now;

	if (!out)
		return;
	now = now_ns();
	if (now - s->shown_ns < 200000000u)
		return;
	s->shown_ns = now;
	fprintf(out, "\r%s: %s, %llu executions, %llu steps, %.1f s ",
		s->run->scenario->name, s->run->strategy->name,
		(unsigned long long)s->result->executions,
		(unsigned long long)s->run->total_steps,
		(now - s->start_ns) / 1e9);
	fflush(out);
}

static bool went_wrong(const struct uiommufd_run *run)
{
	return run->verdict == VERDICT_BROKEN ||
	       run->verdict == VERDICT_DIVERGED;
}

/* Up to @size executions; how many; one that goes wrong ends them early. */
static unsigned int run_batch(struct session *s, unsigned int size, bool *done)
{
	struct uiommufd_run *run = s->run;
	unsigned int n = 0;

	while (n < size) {
		if (!run->strategy->begin(run)) {
			*done = true;
			break;
		}
		run->resumed = checkpoint_load(run);
		if (n && !run->resumed)
			uik_snapshot_restore(run->snapshot, false);
		run_execute(run);
		if (run->strategy->end)
			run->strategy->end(run);
		n++;
		if (went_wrong(run))
			break;
	}
	return n;
}

/* No more than were asked for. */
static unsigned int at_most(const struct session *s, unsigned int size)
{
	uint64_t limit = most_executions(s);
	uint64_t left = limit - s->result->executions;

	return limit && left < size ? left : size;
}

/* One strategy until @end_ns; true if a law broke. */
static bool explore_strategy(struct session *s, uint64_t end_ns)
{
	struct uiommufd_run *run = s->run;
	unsigned int size = 1, clean = 0, n;
	bool done = false, missed, unsure;

	while (!done && !out_of_time(s, end_ns)) {
		bool ended = false;

		search_mark(run);
		checkpoints_batch(run, size);
		run->checkpoint_missed = false;
		n = run_batch(s, at_most(s, size), &ended);
		missed = uik_snapshot_restore(run->snapshot, true);
		missed |= run->checkpoint_missed;
		unsure = size > 1 ? missed || (n && went_wrong(run)) :
				    missed && n && run->passed_over;
		if (unsure) {
			search_rewind(run);
			ended_forget(run);
			run->ruined = false;
			size = 1;
			clean = 0;
			continue;
		}
		s->result->executions += n;
		if (run->verdict == VERDICT_BROKEN && n)
			return true;
		done = ended;
		clean = missed ? 0 : clean + 1;
		if (missed) {
			ended_forget(run);
			size = 1;
		} else if (clean % BATCHES_GROW == 0 && size < BATCH_MAX)
			size *= 2;
		show_progress(s);
	}
	return false;
}

/* ---- the plan ------------------------------------------------------------ */

static void add_totals(struct session *s)
{
	struct search_totals totals;

	search_totals(s->run, &totals);
	s->result->distinct += totals.distinct;
	s->result->redundant += totals.redundant;
}

/* @most from now on, if not 0, and never more than asked for. */
static void limit_executions(struct session *s, unsigned int most)
{
	uint64_t asked = s->run->options.executions;
	uint64_t end = s->result->executions + most;

	s->most = most && (!asked || end < asked) ? end : 0;
}

/* One stage of a plan; true if a law broke. */
static bool explore_stage(struct session *s, const struct stage *stage,
			  bool *exhausted)
{
	struct uiommufd_run *run = s->run;
	uint64_t end = s->deadline_ns, now = read_ns(s->clock);
	int failures = run->options.failures;
	struct search_totals totals;
	bool broke;

	run->options.preemptions = stage->preemptions;
	run->options.failures = stage->failures;
	run->options.seed = stage->seed;
	run->covers_all = stage->covers_all;
	if (search_start(run, stage->strategy))
		return false;
	if (stage->share && end > now)
		end = now + (end - now) / stage->share;
	limit_executions(s, stage->most);
	broke = explore_strategy(s, end);
	s->most = 0;
	search_totals(run, &totals);
	/* Bounds of preemptions are none where there is one thread. */
	*exhausted = totals.exhausted &&
		     (stage->covers_all ||
		      (totals.single && stage->failures == failures));
	add_totals(s);
	return broke;
}

/*
 * Nothing is left of what the threads have announced.  A variable that nobody
 * announces, a driver's static one say, is met by drawing orders, for a while.
 */
static bool explore_unannounced(struct session *s)
{
	const struct stage stage = {
		.strategy = UIOMMUFD_STRATEGY_PCT,
		.preemptions = UIOMMUFD_UNBOUNDED,
		.seed = s->run->options.seed,
		.share = 2,
		.most = DRAWN_AT_LAST,
	};
	bool exhausted;

	return explore_stage(s, &stage, &exhausted);
}

/* The execution to begin with; true if it broke a law. */
static bool explore_given(struct session *s)
{
	struct uiommufd_run *run = s->run;
	bool broke;

	run->options.preemptions = UIOMMUFD_UNBOUNDED;
	run->options.failures = UIOMMUFD_UNBOUNDED;
	if (given_start(run, run->options.choices, run->options.choice_count))
		return false;
	broke = explore_strategy(s, s->deadline_ns);
	add_totals(s);
	return broke;
}

static bool is_single(const struct uiommufd_scenario *scenario)
{
	return !scenario->thread[1];
}

static bool explore_plan(struct session *s)
{
	const struct uiommufd_explore_options asked = s->run->options;
	const bool single = is_single(s->run->scenario);
	struct stage stage;
	bool exhausted;

	if (asked.choice_count && explore_given(s))
		return true;
	for (unsigned int i = asked.stage < 0 ? 0 : asked.stage;; i++) {
		if (asked.stage >= 0 && i > (unsigned int)asked.stage)
			return false;
		if (!plan_stage(&asked, single, i, &stage))
			return false;
		if (asked.stage >= 0)
			stage.share = 0;
		exhausted = false;
		s->run->options = asked;
		if (explore_stage(s, &stage, &exhausted))
			return true;
		if (exhausted) {
			s->result->exhausted = true;
			return asked.strategy == UIOMMUFD_STRATEGY_AUTO &&
			       !single && explore_unannounced(s);
		}
		if (out_of_time(s, s->deadline_ns))
			return false;
	}
	return false;
}

/* ---- the door ------------------------------------------------------------ */

static bool options_valid(const struct uiommufd_explore_options *o)
{
	return o->size == sizeof(*o) && o->strategy < UIOMMUFD_STRATEGY_NR &&
	       o->steps >= 100 && o->workers >= 1 && o->workers <= 256 &&
	       (o->budget_ns || o->processor_ns || o->executions ||
		o->strategy == UIOMMUFD_STRATEGY_DFS ||
		o->strategy == UIOMMUFD_STRATEGY_DPOR);
}

static bool scenario_valid(const struct uiommufd_scenario *scenario)
{
	return scenario && scenario->name && scenario->thread[0] &&
	       scenario->state_bytes <= STATE_MAX;
}

static int fail(int error)
{
	errno = error;
	return -1;
}

/*
 * By the processor's clock where one is given to it: stages get the same shares
 * of it, and so come equally far, however busy the machine is.
 */
static void set_deadlines(struct session *s,
			  const struct uiommufd_explore_options *options)
{
	uint64_t budget = options->processor_ns ?: options->budget_ns;

	s->start_ns = now_ns();
	s->clock = options->processor_ns ? CLOCK_THREAD_CPUTIME_ID :
					   CLOCK_MONOTONIC;
	if (options->budget_ns)
		s->wall_end_ns = s->start_ns + options->budget_ns;
	if (budget)
		s->deadline_ns = read_ns(s->clock) + budget;
}

/* Prepares; 0, 1 if setup itself broke a law, or -errno. */
static int begin(struct session *s, const struct uiommufd_scenario *scenario,
		 const struct uiommufd_explore_options *options,
		 unsigned int number, unsigned int count)
{
	int ret;

	s->run = run_new(scenario, options);
	if (!s->run)
		return -ENOMEM;
	s->run->worker = number;
	s->run->worker_count = count;
	ret = run_prepare(s->run);
	engine_watch(s->run, true);
	set_deadlines(s, options);
	return ret;
}

static int keep_trail(struct session *s)
{
	s->result->found_ns = now_ns() - s->start_ns;
	s->result->broken = trail_of(s->run);
	if (!s->result->broken)
		return -ENOMEM;
	if (s->run->options.shrink && s->run->snapshot)
		trail_shrink(s->run, s->result->broken);
	if (s->run->snapshot)
		record_trail(s->run, s->result->broken);
	return 1;
}

int explore_alone(const struct uiommufd_scenario *scenario,
		  const struct uiommufd_explore_options *options,
		  unsigned int number, unsigned int count,
		  struct uiommufd_explore_result *result)
{
	struct session s = { .result = result };
	int ret = begin(&s, scenario, options, number, count);

	if (ret == -ECANCELED || (!ret && explore_plan(&s)))
		ret = keep_trail(&s);
	if (s.run) {
		result->steps = s.run->total_steps;
		search_stop(s.run);
	}
	if (options->progress)
		fputs("\r\033[K", options->progress);
	run_free(s.run);
	return ret;
}

unsigned int
uiommufd_explore_stages(const struct uiommufd_scenario *scenario,
			const struct uiommufd_explore_options *options)
{
	struct uiommufd_explore_options defaults;
	unsigned int count = 0;
	struct stage stage;

	uiommufd_explore_options_init(&defaults);
	options = options ? options : &defaults;
	if (!scenario_valid(scenario) || options->size != sizeof(*options))
		return 0;
	while (plan_stage(options, is_single(scenario), count, &stage))
		count++;
	return count;
}

int uiommufd_explore(const struct uiommufd_scenario *scenario,
		     const struct uiommufd_explore_options *options,
		     struct uiommufd_explore_result *result)
{
	struct uiommufd_explore_options defaults;
	uint64_t start = now_ns();
	int ret;

	uiommufd_explore_options_init(&defaults);
	options = options ? options : &defaults;
	if (!options_valid(options) || !scenario_valid(scenario) ||
	    result->size != sizeof(*result))
		return fail(EINVAL);
	*result = (struct uiommufd_explore_result){ .size = sizeof(*result) };
	if (options->workers > 1)
		ret = explore_together(scenario, options, result);
	else
		ret = explore_alone(scenario, options, 0, 1, result);
	result->elapsed_ns = now_ns() - start;
	return ret < 0 ? fail(-ret) : ret;
}
