// SPDX-License-Identifier: MIT
/*
 * Preparing a scenario once, executing it often.
 *
 * Fiber 0 runs setup and, in each execution, the end.  The scenario's threads
 * are started before the snapshot, so that an execution begins with all of
 * them about to make their first step.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <signal.h>
#include <uik/file.h>
#include <uik/log.h>
#include <uik/machine.h>
#include <uik/slab.h>
#include <uik/task.h>

#include "explore/checkpoint.h"
#include "explore/ended.h"
#include "explore/laws.h"

#define SIGNAL_STACK_BYTES (64u << 10)

static void *own_memory(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* ---- the parts as threads ------------------------------------------------ */

static void *thread_part(void *arg)
{
	struct uiommufd_run *run = arg;
	int thread = uiommufd_run_thread(run);

	run->scenario->thread[thread](run, run->state);
	return NULL;
}

static void *setup_part(void *arg)
{
	struct uiommufd_run *run = arg;
	struct uik_audit audit;

	if (run->scenario->setup)
		run->scenario->setup(run, run->state);
	/* What waits for readers is freed here once, not by each execution. */
	uik_machine_audit(run->machine, &audit);
	return NULL;
}

/* The platform goes in a fiber, because threads of it may have to end. */
static void *teardown_part(void *arg)
{
	struct uiommufd_run *run = arg;

	if (run->scenario->finish && run->phase == PHASE_END)
		run->scenario->finish(run, run->state);
	uik_fd_close_virtual();
	uiommufd_platform_free(run->platform);
	return NULL;
}

static void *end_part(void *arg)
{
	struct uiommufd_run *run = arg;
	const struct uiommufd_scenario *scenario = run->scenario;

	if (scenario->check)
		scenario->check(run, run->state);
	laws_end(run);
	if (scenario->finish)
		scenario->finish(run, run->state);
	uik_fd_close_virtual();
	law_remains(run);
	laws_closed(run);
	return NULL;
}

static void restart(struct uiommufd_run *run, unsigned int number,
		    void *(*main)(void *))
{
	struct fiber *fiber = &run->fibers[number];

	fiber->main = main;
	fiber->arg = run;
}

/* ---- preparing ----------------------------------------------------------- */

static struct uiommufd_platform *make_platform(struct uiommufd_run *run)
{
	struct uiommufd_platform_config config;
	struct uiommufd_platform *platform;

	uiommufd_platform_config_init(&config, run->scenario->kind);
	config.clock = UIOMMUFD_CLOCK_MANUAL;
	config.arena_bytes = 256ul << 20;
	config.hardware.engine = UIOMMUFD_ENGINE_INLINE;
	if (run->scenario->configure)
		run->scenario->configure(&config);
	uik_slab_watch(true);
	platform = uiommufd_platform_new(&config);
	uik_slab_watch(false);
	return platform;
}

static int make_fibers(struct uiommufd_run *run)
{
	struct task_struct *task;
	struct fiber *fiber;
	const char *name;

	for (int i = -1; i < UIOMMUFD_SCENARIO_THREADS; i++) {
		if (i >= 0 && !run->scenario->thread[i])
			break;
		name = i < 0 ? "end" : run->scenario->thread_name[i];
		task = uik_task_new(name ? name : "thread");
		fiber = task ? engine_fiber(run, task, i) : NULL;
		if (!fiber)
			return -ENOMEM;
		task->cpu = 0;
		/* What a part allocates itself is the machine's too. */
		task->machine = run->machine;
		fiber->state = FIBER_UNUSED;
	}
	run->end_fiber = 0;
	return 0;
}

static int run_setup(struct uiommufd_run *run)
{
	run->phase = PHASE_SETUP;
	run->fibers[0].state = FIBER_READY;
	restart(run, 0, setup_part);
	engine_go(run);
	if (run->verdict == VERDICT_BROKEN)
		return -ECANCELED;
	return 0;
}

static void start_threads(struct uiommufd_run *run)
{
	for (unsigned int i = 0; i < run->fiber_count; i++) {
		struct fiber *fiber = &run->fibers[i];

		if (i != run->end_fiber && fiber->thread < 0)
			continue;
		fiber->state = FIBER_READY;
		fiber->pending = (struct uik_point){
			.kind = UIK_POINT_CALL,
		};
		restart(run, i, i == run->end_fiber ? end_part : thread_part);
		run->threads_left += i != run->end_fiber;
	}
}

/* Stacks of threads that setup made the library start. */
static unsigned int live_stacks(struct uiommufd_run *run,
				struct uik_range *out)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < run->fiber_count; i++) {
		struct fiber *fiber = &run->fibers[i];

		if (fiber->thread >= 0 || i == run->end_fiber ||
		    fiber->state == FIBER_DONE)
			continue;
		out[n++] = (struct uik_range){
			.start = (void *)fiber->context.stack_bottom,
			.bytes = fiber->context.stack_bytes,
		};
	}
	return n;
}

static int take_snapshot(struct uiommufd_run *run)
{
	struct uik_range ranges[FIBERS_MAX + 1 + KEEPS_MAX];
	unsigned int n = live_stacks(run, ranges);

	if (run->scenario->state_bytes)
		ranges[n++] = (struct uik_range){
			.start = run->state,
			.bytes = (run->scenario->state_bytes + 4095) & ~4095ul,
		};
	for (unsigned int i = 0; i < run->kept_count; i++)
		ranges[n++] = run->kept[i];
	run->snapshot = uik_snapshot_take(run->machine, ranges, n);
	return run->snapshot ? 0 : -ENOMEM;
}

static void count_before(struct uiommufd_run *run)
{
	struct uik_audit audit;

	uik_machine_audit(run->machine, &audit);
	run->live_blocks = audit.blocks;
	run->live_objects = audit.objects;
	run->live_mappings = audit.mappings;
}

static void put_tasks(struct uiommufd_run *run)
{
	for (unsigned int i = 0; i < run->fiber_count; i++)
		if ((i == run->end_fiber || run->fibers[i].thread >= 0) &&
		    run->fibers[i].task)
			uik_task_put(run->fibers[i].task);
}

/* Setup is done, every thread about to make its first step. */
static int prepare_threads(struct uiommufd_run *run)
{
	int ret;

	count_before(run);
	uik_fd_virtual(true);
	engine_install(run);
	ret = make_fibers(run);
	if (!ret)
		ret = run_setup(run);
	if (ret)
		return ret;
	run->misuses = law_hardware_count(run);
	start_threads(run);
	memcpy(run->prepared, run->fibers, sizeof(run->prepared));
	run->prepared_count = run->fiber_count;
	return 0;
}

int run_prepare_here(struct uiommufd_run *run)
{
	uik_log_hush(true);
	run->machine = uiommufd_platform_machine(run->platform);
	for (unsigned int i = 0; i < FIBERS_MAX; i++)
		run->fibers[i] = (struct fiber){
			.context = run->fibers[i].context,
		};
	run->fiber_count = 0;
	run->kept_count = 0;
	run->threads_left = 0;
	run->running = NOBODY;
	run->verdict = VERDICT_CLEAN;
	run->law = NULL;
	run->steps = 0;
	run->guilty_frame_count = 0;
	memset(run->state, 0, run->scenario->state_bytes);
	laws_begin(run);
	return prepare_threads(run);
}

void run_leave_here(struct uiommufd_run *run)
{
	engine_remove(run);
	uik_fd_virtual(false);
	/* Whoever was in the middle of a call is there for ever. */
	if (run->verdict == VERDICT_CLEAN)
		put_tasks(run);
	uik_log_hush(false);
}

int run_prepare(struct uiommufd_run *run)
{
	int ret;

	uik_log_hush(true);
	run->platform = make_platform(run);
	if (!run->platform)
		return -errno;
	run->machine = uiommufd_platform_machine(run->platform);
	ret = laws_prepare(run);
	if (!ret && (ended_prepare(run) || checkpoints_prepare(run)))
		ret = -ENOMEM;
	if (ret)
		return ret;
	ret = prepare_threads(run);
	return ret ? ret : take_snapshot(run);
}

/* ---- executing ----------------------------------------------------------- */

static void restart_fibers(struct uiommufd_run *run)
{
	unsigned int used = run->fiber_count > run->prepared_count ?
			    run->fiber_count : run->prepared_count;

	memcpy(run->fibers, run->prepared, used * sizeof(*run->fibers));
	run->fiber_count = run->prepared_count;
	run->threads_left = 0;
	for (unsigned int i = 0; i < run->fiber_count; i++) {
		struct fiber *fiber = &run->fibers[i];

		if (i != run->end_fiber && fiber->thread < 0)
			continue;
		engine_restart(fiber);
		if (fiber->thread >= 0 && run->absent >> fiber->thread & 1)
			fiber->state = FIBER_DONE;
		else
			run->threads_left += i != run->end_fiber;
	}
}

static void begin_at_start(struct uiommufd_run *run)
{
	checkpoints_forget(run);
	restart_fibers(run);
	laws_begin(run);
	run->running = NOBODY;
	run->phase = PHASE_THREADS;
	run->steps = 0;
	run->decision_count = 0;
	run->decision_hash = 0;
	run->preemptions = 0;
	run->failures = 0;
	run->excused = false;
}

void run_once(struct uiommufd_run *run)
{
	if (!run->resumed)
		begin_at_start(run);
	run->resumed = false;
	ended_begin(run);
	run->verdict = VERDICT_CLEAN;
	run->law = NULL;
	run->guilty_frame_count = 0;
	run->in_law = false;
	run->repeating = false;
	checkpoints_begin(run);
	/* What a counterexample says is of interest, and nothing else. */
	uik_log_hush(!run->recorder);
	engine_go(run);
	if (run->verdict == VERDICT_CLEAN)
		ended_well(run);
	run->total_steps += run->steps;
}

void run_execute(struct uiommufd_run *run)
{
	run_once(run);
	if (run->verdict == VERDICT_CLEAN)
		law_initialised_judge(run);
}

/* ---- life ---------------------------------------------------------------- */

struct uiommufd_run *run_new(const struct uiommufd_scenario *scenario,
			     const struct uiommufd_explore_options *options)
{
	struct uiommufd_run *run = own_memory(sizeof(*run));
	stack_t stack = { .ss_size = SIGNAL_STACK_BYTES };

	if (!run)
		return NULL;
	run->scenario = scenario;
	run->options = *options;
	run->running = NOBODY;
	run->worker_count = 1;
	run->checkpoint_at = UINT64_MAX;
	run->decisions = own_memory(DECISIONS_MAX * sizeof(struct decision));
	run->state = own_memory(STATE_MAX);
	run->lock_edges = own_memory(LOCK_EDGES_BYTES);
	for (unsigned int i = 0; i < FIBERS_MAX; i++) {
		void *memory = own_memory(STACK_BYTES);

		if (!memory)
			return NULL;
		uik_fiber_init(&run->fibers[i].context, memory, STACK_BYTES);
	}
	/* First writes to protected stacks, and overflows, come here. */
	stack.ss_sp = own_memory(SIGNAL_STACK_BYTES);
	if (stack.ss_sp)
		sigaltstack(&stack, NULL);
	return run->decisions && run->state && run->lock_edges && stack.ss_sp ? run : NULL;
}

static void free_fibers(struct uiommufd_run *run)
{
	for (unsigned int i = 0; i < FIBERS_MAX; i++) {
		uik_fiber_fini(&run->fibers[i].context);
		munmap((char *)run->fibers[i].context.stack_bottom - 4096,
		       STACK_BYTES);
	}
}

/* As after setup, then undone; what breaks now is not told any more. */
static void teardown(struct uiommufd_run *run)
{
	uik_snapshot_restore(run->snapshot, true);
	uik_snapshot_free(run->snapshot);
	restart_fibers(run);
	run->threads_left = 0;
	for (unsigned int i = 0; i < run->fiber_count; i++)
		if (run->fibers[i].thread >= 0)
			run->fibers[i].state = FIBER_DONE;
	restart(run, run->end_fiber, teardown_part);
	run->running = NOBODY;
	run->phase = PHASE_END;
	run->verdict = VERDICT_CLEAN;
	run->recorder = NULL;
	run->step_law_count = 0;
	run->law_steps = 0;
	run->steps = 0;
	run->checkpoint_at = UINT64_MAX;
	engine_go(run);
	engine_remove(run);
	uik_fd_virtual(false);
	put_tasks(run);
}

/*
 * A library that touches freed memory might do so again while the platform is
 * taken down, and then nobody would hear of the first time: the platform
 * stays.  Whatever else is broken ends the teardown at worst.
 */
static void leave_platform(struct uiommufd_run *run)
{
	uik_snapshot_restore(run->snapshot, true);
	uik_snapshot_free(run->snapshot);
	run->running = NOBODY;
	engine_remove(run);
	uik_fd_virtual(false);
}

void run_free(struct uiommufd_run *run)
{
	if (!run)
		return;
	if (run->snapshot && run->ruined)
		leave_platform(run);
	else if (run->snapshot)
		teardown(run);
	engine_watch(run, false);
	uik_log_hush(false);
	free_fibers(run);
	munmap(run->decisions, DECISIONS_MAX * sizeof(struct decision));
	munmap(run->state, STATE_MAX);
	munmap(run->lock_edges, LOCK_EDGES_BYTES);
	law_race_free(run);
	law_linear_free(run);
	law_initialised_free(run);
	ended_free(run);
	checkpoints_free(run);
	if (run->law_base)
		munmap(run->law_base, run->law_bytes);
	munmap(run, sizeof(*run));
}
