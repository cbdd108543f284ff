// SPDX-License-Identifier: MIT
/*
 * Unguided stress: the explorer's own scenarios, their threads on real threads,
 * in a loop.  What a team without an explorer would do, to compare with.
 *
 *   stress SECONDS [SCENARIO...]
 *
 * Every round builds a platform, sets the scenario up, lets its threads go at
 * once, checks, undoes all and audits.  In half of the rounds one step of each
 * thread fails, the n-th.  A sanitizer, a crash, a broken expectation, something
 * left, or a round that does not end is a bug found; exit status 1.
 * Scenarios that decide by themselves or step a device by hand are left out.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <uik/machine.h>
#include <uik/log.h>
#include <uiommufd/client.h>

#include "explore/engine.h"

#define ROUND_SECONDS 10
#define FILES_MAX 64

static struct uiommufd_run run;
static pthread_barrier_t together;
static uint64_t state_of_random = 1;

/* The scenarios ask who they are: the linker's --wrap brings them here. */
static __thread int thread_number = -1;
int __wrap_uiommufd_run_thread(struct uiommufd_run *r);

int __wrap_uiommufd_run_thread(struct uiommufd_run *r)
{
	return thread_number;
}

struct player {
	pthread_t thread;
	unsigned int number;
	unsigned int fail_nth;		/* 0: none */
};

static unsigned int draw(unsigned int count)
{
	state_of_random = state_of_random * 6364136223846793005ull + 1;
	return (state_of_random >> 33) % count;
}

static void *play(void *arg)
{
	struct player *player = arg;

	thread_number = player->number;
	pthread_barrier_wait(&together);
	if (player->fail_nth)
		uiommufd_fail_nth(player->fail_nth, run.scenario->failures &
							    UIOMMUFD_FAIL_ANY);
	run.scenario->thread[player->number](&run, run.state);
	uiommufd_fail_nth(0, 0);
	return NULL;
}

static void play_all(void)
{
	struct player players[UIOMMUFD_SCENARIO_THREADS] = { 0 };
	unsigned int count = 0;
	bool failing;

	while (count < UIOMMUFD_SCENARIO_THREADS && run.scenario->thread[count])
		count++;
	/* A single thread's answers are judged strictly. */
	failing = count > 1 && run.scenario->failures && draw(2);
	run.failures = failing;
	pthread_barrier_init(&together, NULL, count);
	for (unsigned int i = 0; i < count; i++) {
		players[i].number = i;
		players[i].fail_nth = failing ? 1 + draw(40) : 0;
		pthread_create(&players[i].thread, NULL, play, &players[i]);
	}
	for (unsigned int i = 0; i < count; i++)
		pthread_join(players[i].thread, NULL);
	pthread_barrier_destroy(&together);
}

static struct uiommufd_platform *make_platform(void)
{
	struct uiommufd_platform_config config;

	uiommufd_platform_config_init(&config, run.scenario->kind);
	config.clock = UIOMMUFD_CLOCK_AUTO;
	config.arena_bytes = 256ul << 20;
	config.hardware.engine = UIOMMUFD_ENGINE_INLINE;
	if (run.scenario->configure)
		run.scenario->configure(&config);
	return uiommufd_platform_new(&config);
}

static const char *left_over(const struct uiommufd_audit *before)
{
	struct uiommufd_audit after = { .size = sizeof(after) };

	uiommufd_platform_audit(run.platform, &after);
	if (after.warnings != before->warnings)
		return "a warning";
	if (after.objects != before->objects || after.blocks != before->blocks ||
	    after.locks != before->locks || after.mappings != before->mappings)
		return "something is left";
	return NULL;
}

/* NULL, or what was found. */
static const char *play_round(const struct uiommufd_scenario *scenario)
{
	struct uiommufd_audit before = { .size = sizeof(before) };
	const char *found;

	run.scenario = scenario;
	run.running = NOBODY;
	run.phase = PHASE_SETUP;
	run.verdict = VERDICT_CLEAN;
	run.excused = false;
	run.failures = 0;
	run.platform = make_platform();
	if (!run.platform)
		return "no platform";
	memset(run.state, 0, STATE_MAX < scenario->state_bytes ?
					     STATE_MAX : scenario->state_bytes);
	uiommufd_platform_audit(run.platform, &before);
	alarm(ROUND_SECONDS);
	if (scenario->setup)
		scenario->setup(&run, run.state);
	run.phase = PHASE_THREADS;
	play_all();
	if (scenario->check)
		scenario->check(&run, run.state);
	if (scenario->finish)
		scenario->finish(&run, run.state);
	/* What is not the library's it leaves alone. */
	for (int fd = 3; fd < FILES_MAX; fd++)
		uiommufd_close(fd);
	found = run.verdict == VERDICT_BROKEN ? run.message :
						left_over(&before);
	if (!found)
		uiommufd_platform_free(run.platform);
	alarm(0);
	return found;
}

static bool is_wanted(const struct uiommufd_scenario *scenario, int argc,
		      char **argv)
{
	static const char *const own[] = { "generated", "recorded", "cmdqv",
					   "smmu" };

	for (unsigned int i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (!strncmp(scenario->name, own[i], strlen(own[i])))
			return false;
	if (scenario->flags)
		return false;
	for (int i = 2; i < argc; i++)
		if (!strcmp(argv[i], scenario->name))
			return true;
	return argc == 2;
}

static double now(clockid_t clock)
{
	struct timespec at;

	clock_gettime(clock, &at);
	return at.tv_sec + at.tv_nsec * 1e-9;
}

int main(int argc, char **argv)
{
	const struct uiommufd_scenario *scenario;
	double seconds = argc > 1 ? atof(argv[1]) : 0, begin;
	unsigned long rounds = 0;
	const char *found;

	if (seconds <= 0) {
		fprintf(stderr, "usage: stress SECONDS [SCENARIO...]\n");
		return 2;
	}
	run.state = aligned_alloc(4096, STATE_MAX);
	run.worker_count = 1;
	begin = now(CLOCK_MONOTONIC);
	while (now(CLOCK_MONOTONIC) - begin < seconds)
		for (unsigned int i = 0; (scenario = uiommufd_scenario_at(i));
		     i++) {
			if (!is_wanted(scenario, argc, argv))
				continue;
			found = play_round(scenario);
			rounds++;
			if (!found)
				continue;
			printf("%s: %s; %lu rounds, %.1f s of processor time\n",
			       scenario->name, found, rounds,
			       now(CLOCK_PROCESS_CPUTIME_ID));
			fflush(stdout);
			_exit(1);
		}
	printf("nothing; %lu rounds, %.1f s of processor time\n", rounds,
	       now(CLOCK_PROCESS_CPUTIME_ID));
	return 0;
}
