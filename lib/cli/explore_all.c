// SPDX-License-Identifier: MIT
/*
 * uiommufd explore --all: every scenario, in rounds, by several processes.
 *
 * First come glances: every scenario that is not done is taken through all of
 * its plan in a moment, then in longer ones.  Then a round takes it through one
 * stage with a share of the time that is left.  So what is easily found is found
 * early wherever it is.  A lane is a process that works on one scenario: whatever
 * a broken library does to it, the others and the report are safe from it.  A
 * lane that ends otherwise than it should, or never, breaks a law by that.  One
 * that a signal ends has its turn again, with every execution from its start: the
 * signal must come again, so that it is the library's doing.
 *
 * Glances and shares are processor time: a scenario whose turn comes while the
 * machine is busy is not looked at less than the others.  The wall clock only
 * says when all of it ends, and how much there is left to share.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "explore.h"

#define LANES_MAX 256
/* Of the time that is left, a round that is not the last has this part. */
#define ROUND_PART 3u
#define SHARE_MIN_NS 1000000u
/* Of the time that is left, at most this part is for one round of glances. */
#define GLANCE_PART 4u
/* A processor that is had to this part at least is reckoned with. */
#define SPEED_MIN 0.05
/* Lanes that ended within about that long say how much one gets now. */
#define SPEED_US (10 * G_USEC_PER_SEC)
/* Of processor time over what a lane was given; of waiting without any. */
#define STUCK_NS (10 * 1000000000ull)
#define LOST_US (180 * G_USEC_PER_SEC)

struct lane {
	pid_t pid;			/* 0: free */
	unsigned int scenario;
	guint64 budget_ns;		/* of a processor */
	gboolean again;			/* after a signal */
	gint64 start_us;
	guint64 used_ns;		/* when last looked at, */
	gint64 moved_us;		/* and when that last grew */
	FILE *trail;			/* the lane writes, we read */
};

struct all {
	struct explore *o;
	struct uiommufd_explore_options options;
	/* Of each scenario; shared with the lanes. */
	struct uiommufd_explore_result *totals;
	unsigned int count;
	struct lane lanes[LANES_MAX];
	unsigned int busy;
	gint64 end_us, shown_us;
	/* Of lanes that have ended: processor time, and how long they took. */
	gint64 used_us, taken_us;
	int status;
};

/* Stages of the plan of scenario @i that follow that of the round. */
static int stages_after(const struct all *all, unsigned int i)
{
	return (int)uiommufd_explore_stages(uiommufd_scenario_at(i),
					    &all->options) -
	       all->options.stage - 1;
}

static gboolean is_done(const struct all *all, unsigned int i)
{
	return all->totals[i].exhausted || stages_after(all, i) < 0;
}

/* ---- in the lane --------------------------------------------------------- */

static void add(struct uiommufd_explore_result *total,
		const struct uiommufd_explore_result *r)
{
	total->executions += r->executions;
	total->distinct += r->distinct;
	total->redundant += r->redundant;
	total->elapsed_ns += r->elapsed_ns;
	total->exhausted |= r->exhausted;
}

/* Its exit status: 0, 1 with a trail, or 2 + errno. */
static int run_lane(struct all *all, const struct lane *lane)
{
	struct uiommufd_explore_result r = { .size = sizeof(r) };
	struct uiommufd_explore_options options = all->options;

	/* What breaks is run again, and says it then. */
	cli_hush = TRUE;
	options.workers = 1;
	options.progress = NULL;
	options.processor_ns = lane->budget_ns;
	options.budget_ns = MAX(all->end_us - lane->start_us, 1) * 1000;
	if (lane->again) {
		options.from_start = TRUE;
		options.budget_ns = 0;
	}
	if (uiommufd_explore(uiommufd_scenario_at(lane->scenario), &options,
			     &r) < 0)
		return 2 + errno;
	add(&all->totals[lane->scenario], &r);
	if (!r.broken)
		return 0;
	uiommufd_trail_save(r.broken, lane->trail);
	return fflush(lane->trail) ? 2 + errno : 1;
}

static gboolean start_lane(struct all *all, struct lane *lane,
			   unsigned int scenario, guint64 budget_ns,
			   gboolean again)
{
	*lane = (struct lane){
		.scenario = scenario,
		.budget_ns = budget_ns,
		.again = again,
		.start_us = g_get_monotonic_time(),
		.moved_us = g_get_monotonic_time(),
		.trail = tmpfile(),
	};
	if (!lane->trail)
		return FALSE;
	fflush(NULL);
	lane->pid = fork();
	if (!lane->pid)
		_exit(run_lane(all, lane));
	if (lane->pid < 0) {
		lane->pid = 0;
		fclose(lane->trail);
		return FALSE;
	}
	all->busy++;
	return TRUE;
}

/* ---- what became of it --------------------------------------------------- */

/* There is no trail: the process itself went. */
static int report_end(struct all *all, const struct lane *lane,
		      const char *law, const char *what)
{
	const char *name = uiommufd_scenario_at(lane->scenario)->name;

	printf("scenario: %s\nlaw: %s\nexecutions: %" G_GUINT64_FORMAT
	       "\nfound after: %.1f ms\nsteps: 0\nbroken: %s: %s\n",
	       name, law, all->o->total_executions,
	       (g_get_monotonic_time() - all->o->start_us) / 1e3, law, what);
	return EXIT_UNCLEAN;
}

/* What the trail does is recorded anew: the lane's addresses are its own. */
static int replay_and_report(struct all *all, const struct lane *lane,
			     struct uiommufd_trail *trail)
{
	const struct uiommufd_scenario *scenario =
		uiommufd_scenario_at(lane->scenario);

	uiommufd_explore_replay(scenario, &all->options, trail);
	explore_print(all->o, scenario, &all->totals[lane->scenario]);
	return explore_report(all->o, trail);
}

/* In a process of its own: the library is broken, and this one has to tell. */
static int report_trail(struct all *all, const struct lane *lane)
{
	struct uiommufd_trail *trail;
	int status = 0;
	pid_t pid;

	rewind(lane->trail);
	trail = uiommufd_trail_load(lane->trail, NULL);
	if (!trail)
		return report_end(all, lane, "crash", "its trail is lost");
	fflush(NULL);
	pid = fork();
	if (!pid) {
		status = replay_and_report(all, lane, trail);
		fflush(NULL);
		_exit(status);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status)) {
		report_end(all, lane, uiommufd_trail_law(trail) ?: "crash",
			   uiommufd_trail_message(trail) ?: "?");
		status = EXIT_UNCLEAN;
	} else {
		status = WEXITSTATUS(status);
	}
	uiommufd_trail_free(trail);
	return status;
}

static int report_status(struct all *all, const struct lane *lane, int status)
{
	char text[128];

	if (WIFSIGNALED(status)) {
		snprintf(text, sizeof(text), "the process ends by signal %d",
			 WTERMSIG(status));
		return report_end(all, lane, "crash", text);
	}
	status = WEXITSTATUS(status);
	if (!status)
		return EXIT_CLEAN;
	if (status == 1 && ftell(lane->trail) > 0)
		return report_trail(all, lane);
	snprintf(text, sizeof(text), "no platform: %s",
		 status == 1 ? "a crash" : g_strerror(status - 2));
	return report_end(all, lane, "setup", text);
}

static void count_executions(struct all *all)
{
	all->o->total_executions = 0;
	for (unsigned int i = 0; i < all->count; i++)
		all->o->total_executions += all->totals[i].executions;
}

/* Takes longer, from the start. */
static gboolean start_again(struct all *all, struct lane *lane)
{
	return start_lane(all, lane, lane->scenario, lane->budget_ns * 4, TRUE);
}

static void finish_lane(struct all *all, struct lane *lane, int status)
{
	struct lane ended = *lane;

	lane->pid = 0;
	all->busy--;
	fseek(ended.trail, 0, SEEK_END);
	if (!all->status && (!WIFSIGNALED(status) || ended.again ||
			     !start_again(all, lane))) {
		count_executions(all);
		all->status = report_status(all, &ended, status);
	}
	fclose(ended.trail);
}

/* The processor time that a process has used, without its children. */
static guint64 used_ns(pid_t pid)
{
	struct timespec used;
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &used))
		return 0;
	return (guint64)used.tv_sec * 1000000000u + used.tv_nsec;
}

static gint64 microseconds(const struct timeval *time)
{
	return time->tv_sec * G_USEC_PER_SEC + time->tv_usec;
}

static void learn_speed(struct all *all, const struct lane *lane,
			const struct rusage *usage)
{
	all->used_us += microseconds(&usage->ru_utime) +
			microseconds(&usage->ru_stime);
	all->taken_us += g_get_monotonic_time() - lane->start_us;
	if (all->taken_us < SPEED_US)
		return;
	all->used_us /= 2;
	all->taken_us /= 2;
}

/* How much of a processor a lane has. */
static double speed(const struct all *all)
{
	return CLAMP((all->used_us + 1.0) / (all->taken_us + 1.0), SPEED_MIN,
		     1.0);
}

/* One that merely gets little of a busy machine goes on all the same. */
static gboolean is_stuck(struct lane *lane)
{
	guint64 used = used_ns(lane->pid);
	gint64 now = g_get_monotonic_time();

	if (used != lane->used_ns) {
		lane->used_ns = used;
		lane->moved_us = now;
	}
	return used > lane->budget_ns + STUCK_NS ||
	       now - lane->moved_us > LOST_US;
}

static void end_lane(struct all *all, struct lane *lane)
{
	kill(lane->pid, SIGKILL);
	waitpid(lane->pid, NULL, 0);
	lane->pid = 0;
	all->busy--;
	fclose(lane->trail);
}

/* Each lane that has ended, and each that never will. */
static void look_at_lanes(struct all *all)
{
	for (int i = 0; i < all->o->threads; i++) {
		struct lane *lane = &all->lanes[i];
		struct rusage usage;
		int status;

		if (!lane->pid)
			continue;
		if (wait4(lane->pid, &status, WNOHANG, &usage) == lane->pid) {
			learn_speed(all, lane, &usage);
			finish_lane(all, lane, status);
		} else if (all->status) {
			end_lane(all, lane);
		} else if (is_stuck(lane)) {
			count_executions(all);
			all->status = report_end(all, lane, "progress",
				"the process runs on and on");
			end_lane(all, lane);
		}
	}
}

static void show_progress(struct all *all, unsigned int scenario)
{
	gint64 now = g_get_monotonic_time();

	if (!all->options.progress || now - all->shown_us < 200000)
		return;
	all->shown_us = now;
	count_executions(all);
	fprintf(all->options.progress,
		"\r\033[Kround %d, scenario %u of %u, %" G_GUINT64_FORMAT
		" executions, %.1f s ", all->options.stage + 1, scenario + 1,
		all->count, all->o->total_executions,
		(now - all->o->start_us) / 1e6);
	fflush(all->options.progress);
}

/* Until at most @busy lanes are at work. */
static void wait_lanes(struct all *all, unsigned int busy)
{
	const struct timespec moment = { 0, 300000 };

	for (;;) {
		look_at_lanes(all);
		if (all->busy <= (all->status ? 0 : busy))
			return;
		nanosleep(&moment, NULL);
	}
}

/* ---- rounds -------------------------------------------------------------- */

static struct lane *free_lane(struct all *all)
{
	for (int i = 0; i < all->o->threads; i++)
		if (!all->lanes[i].pid)
			return &all->lanes[i];
	return NULL;
}

static gboolean is_last_round(const struct all *all)
{
	for (unsigned int i = 0; i < all->count; i++)
		if (!all->totals[i].exhausted && stages_after(all, i) > 0)
			return FALSE;
	return TRUE;
}

/*
 * For each of @left scenarios in a round; processor time.  What one does not use
 * is for the rounds that follow, not for those behind it in the list.
 */
static guint64 share_of(const struct all *all, unsigned int left)
{
	gint64 time = all->end_us - g_get_monotonic_time();
	guint64 lanes = MIN((unsigned int)all->o->threads, left);

	if (time <= 0)
		return 0;
	if (!is_last_round(all))
		time /= ROUND_PART;
	return MAX(speed(all) * time * 1000 * lanes / left, SHARE_MIN_NS);
}

static unsigned int count_left(const struct all *all)
{
	unsigned int left = 0;

	for (unsigned int i = 0; i < all->count; i++)
		left += !is_done(all, i);
	return left;
}

/* @share_ns: for each that is not done, until time is up. */
static void run_round(struct all *all, guint64 share_ns)
{
	for (unsigned int i = 0; i < all->count && !all->status; i++) {
		if (is_done(all, i))
			continue;
		if (g_get_monotonic_time() >= all->end_us)
			break;
		wait_lanes(all, all->o->threads - 1);
		if (all->status)
			break;
		show_progress(all, i);
		if (!start_lane(all, free_lane(all), i, share_ns, FALSE))
			all->status = complain(EXIT_USAGE, "explore: %s",
					       g_strerror(errno));
	}
	wait_lanes(all, 0);
}

static void run_glances(struct all *all)
{
	static const guint64 glances_ns[] = {
		5000000, 40000000, 200000000,
	};

	for (unsigned int i = 0; i < G_N_ELEMENTS(glances_ns); i++) {
		gint64 time = all->end_us - g_get_monotonic_time();
		double cost = 1e-3 * (double)glances_ns[i] * count_left(all) /
			      (speed(all) * all->o->threads);

		if (all->status || time < 0 || cost > (double)time / GLANCE_PART)
			return;
		run_round(all, glances_ns[i]);
		/* What is drawn at random need not be drawn again. */
		all->options.seed++;
	}
}

static void run_rounds(struct all *all)
{
	all->options.stage = -1;
	run_glances(all);
	for (all->options.stage = 0; !all->status; all->options.stage++) {
		unsigned int left = count_left(all);

		if (!left || g_get_monotonic_time() >= all->end_us)
			break;
		run_round(all, share_of(all, left));
	}
	if (all->options.progress)
		fputs("\r\033[K", all->options.progress);
}

int explore_all(struct explore *o,
		const struct uiommufd_explore_options *options)
{
	struct all all = { .o = o, .options = *options };
	size_t bytes;

	while (uiommufd_scenario_at(all.count))
		all.count++;
	bytes = all.count * sizeof(*all.totals);
	all.totals = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (all.totals == MAP_FAILED)
		return complain(EXIT_USAGE, "explore: %s", g_strerror(errno));
	all.end_us = g_get_monotonic_time() + options->budget_ns / 1000;
	run_rounds(&all);
	for (unsigned int i = 0; i < all.count && !all.status && !o->quiet; i++)
		explore_print(o, uiommufd_scenario_at(i), &all.totals[i]);
	munmap(all.totals, bytes);
	return all.status;
}
