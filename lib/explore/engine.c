// SPDX-License-Identifier: MIT
/*
 * What the hooks do: stop at points, decide who goes on, park, fail.
 *
 * A fiber at a point has announced its next step and looks itself for who is
 * to make a step; if that is another one it switches there.  When nobody can,
 * time moves to the earliest deadline; when there is none, the end fiber runs
 * if every thread has returned, and else they wait for each other.
 */
#include "explore/engine.h"

#include <errno.h>
#include <linux/compiler.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <uik/clock.h>
#include <uik/hardware_fault.h>
#include <uik/plain.h>
#include <uik/task.h>

#include "explore/checkpoint.h"
#include "explore/ended.h"
#include "explore/laws.h"

#define WATCH_SIGNAL (SIGRTMIN + 9)
#define WATCH_NS 50000000l
#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

/* Constant while hooks are installed: static memory is brought back. */
static struct uiommufd_run *engine;

/* ---- breaking ------------------------------------------------------------ */

unsigned int frames_take(const void *frame, const void **out, unsigned int max)
{
	const uintptr_t *at = frame;
	unsigned int n = 0;

	while (n < max && at && !((uintptr_t)at & 7)) {
		const uintptr_t *next = (const uintptr_t *)at[0];

		if (!at[1])
			break;
		out[n++] = (const void *)at[1];
		/* Stacks grow down: a caller's frame is above, and near. */
		if (next <= at || (uintptr_t)next - (uintptr_t)at > STACK_BYTES)
			break;
		at = next;
	}
	return n;
}

static bool lays_in_ruins(const char *law)
{
	return !strcmp(law, "memory") || !strcmp(law, "crash") ||
	       !strcmp(law, "bug");
}

void engine_break(struct uiommufd_run *run, const char *law, const char *format,
		  va_list args)
{
	if (run->verdict == VERDICT_BROKEN)
		return;
	run->verdict = VERDICT_BROKEN;
	run->law = law;
	run->ruined |= lays_in_ruins(law);
	run->guilty = run->running;
	vsnprintf(run->message, sizeof(run->message), format, args);
	if (!run->guilty_frame_count)
		run->guilty_frame_count =
			frames_take(__builtin_frame_address(0),
				    run->guilty_frames, FRAMES_MAX);
	if (run->recorder && run->recorder->broken)
		run->recorder->broken(run);
}

void engine_abandon(struct uiommufd_run *run)
{
	struct fiber *self = run_fiber(run);

	run->running = NOBODY;
	uik_fiber_switch(&self->context, &run->outside, true);
	__builtin_unreachable();
}

void uiommufd_run_break(struct uiommufd_run *run, const char *law,
			const char *format, ...)
{
	va_list args;

	va_start(args, format);
	engine_break(run, law, format, args);
	va_end(args);
	if (!run->in_law && run->running != NOBODY)
		engine_abandon(run);
}

/* ---- who can go on ------------------------------------------------------- */

static bool fiber_enabled(const struct fiber *fiber)
{
	if (fiber->state == FIBER_READY)
		return !fiber->pending.ready ||
		       fiber->pending.ready(fiber->pending.arg);
	return fiber->state == FIBER_PARKED &&
	       (fiber->expired || fiber->ready(fiber->ready_arg));
}

static uint32_t enabled_fibers(struct uiommufd_run *run)
{
	uint32_t enabled = 0, patient = 0;

	for (unsigned int i = 0; i < run->fiber_count && i < FIBERS_MAX; i++) {
		struct fiber *fiber = &run->fibers[i];

		if (i == run->end_fiber && run->phase == PHASE_THREADS)
			continue;
		if (!fiber_enabled(fiber))
			continue;
		enabled |= 1u << i;
		if (fiber->yielded)
			patient |= 1u << i;
	}
	/* Who yielded lets the others make a step first. */
	return enabled & ~patient ? enabled & ~patient : enabled;
}

/* Time moves to the earliest deadline; false if nobody waits for one. */
static bool let_time_pass(struct uiommufd_run *run)
{
	struct fiber *first = NULL;
	uint64_t now = uik_machine_now_ns(run->machine);

	for (unsigned int i = 0; i < run->fiber_count; i++) {
		struct fiber *fiber = &run->fibers[i];

		if (fiber->state == FIBER_PARKED &&
		    fiber->deadline_ns != UIK_NO_DEADLINE &&
		    (!first || fiber->deadline_ns < first->deadline_ns))
			first = fiber;
	}
	if (!first)
		return false;
	if (first->deadline_ns > now)
		uik_clock_advance(run->machine, first->deadline_ns - now);
	first->expired = true;
	if (first->pending.kind == UIK_POINT_WAIT)
		law_waited_in_vain(run, first);
	return true;
}

/* ---- decisions ----------------------------------------------------------- */

static void record_decision(struct uiommufd_run *run, enum decision_kind kind,
			    uint64_t options, unsigned int chosen,
			    unsigned int fail_kind, const void *site)
{
	struct decision *d;

	if (run->decision_count == DECISIONS_MAX)
		return;
	d = &run->decisions[run->decision_count++];
	*d = (struct decision){
		.options = options,
		.kind = kind,
		.chosen = chosen,
		.running = run->running,
		.fail_kind = fail_kind,
		.step = run->steps,
	};
	run->decision_hash = (run->decision_hash ^
			      (options << 16 | kind << 8 | chosen)) *
			     0x9e3779b97f4a7c15ull;
	run->decision_hash ^= run->decision_hash >> 32;
	if (run->recorder && run->recorder->decision)
		run->recorder->decision(run, d, site);
}

static unsigned int decide_schedule(struct uiommufd_run *run, uint32_t enabled)
{
	unsigned int chosen;

	if (run->phase != PHASE_THREADS) {
		if (run->running != NOBODY && enabled & 1u << run->running)
			return run->running;
		return __builtin_ctz(enabled);
	}
	chosen = run->strategy->schedule(run, enabled);
	if (chosen == NOBODY)
		return NOBODY;
	if (enabled & (enabled - 1))
		record_decision(run, DECISION_SCHEDULE, enabled, chosen, 0,
				NULL);
	if (run->running != NOBODY && chosen != run->running &&
	    enabled & 1u << run->running)
		run->preemptions++;
	return chosen;
}

static bool all_wait(struct uiommufd_run *run)
{
	if (let_time_pass(run))
		return run->verdict != VERDICT_BROKEN;
	law_deadlock(run);
	return false;
}

/* The fiber that makes the next step; NOBODY: the execution is over. */
static unsigned int next_fiber(struct uiommufd_run *run)
{
	uint32_t enabled;
	unsigned int chosen;

	for (;;) {
		if (run->verdict != VERDICT_CLEAN)
			return NOBODY;
		if (run->phase == PHASE_THREADS && !run->threads_left) {
			laws_threads_done(run);
			if (run->verdict == VERDICT_BROKEN)
				return NOBODY;
			run->phase = PHASE_END;
			if (ended_before(run))
				return NOBODY;
		}
		enabled = enabled_fibers(run);
		if (enabled)
			break;
		if (!all_wait(run))
			return NOBODY;
	}
	chosen = decide_schedule(run, enabled);
	if (chosen == NOBODY && run->verdict == VERDICT_CLEAN)
		run->verdict = VERDICT_REDUNDANT;
	return chosen;
}

/* ---- switching ----------------------------------------------------------- */

static void others_may_go(struct uiommufd_run *run, unsigned int me)
{
	for (unsigned int i = 0; i < run->fiber_count; i++)
		if (i != me)
			run->fibers[i].yielded = false;
}

/* From fiber (or outside, NOBODY) @from to @to. */
static void switch_to(struct uiommufd_run *run, unsigned int from,
		      unsigned int to, bool leave)
{
	struct uik_fiber *before = from == NOBODY ? &run->outside :
						  &run->fibers[from].context;
	struct fiber *next = &run->fibers[to];

	if (from != NOBODY)
		run->fibers[from].saved_errno = errno;
	run->running = to;
	uik_current_task = next->task;
	uik_fiber_switch(before, &next->context, leave);
	/* Back again, as @from. */
	if (from != NOBODY)
		errno = run->fibers[from].saved_errno;
}

static void go_outside(struct uiommufd_run *run, bool leave)
{
	struct fiber *self = run_fiber(run);

	run->running = NOBODY;
	uik_fiber_switch(&self->context, &run->outside, leave);
}

/* Outside a checkpoint is taken, and decided who goes on. */
static void stop_for_checkpoint(struct uiommufd_run *run)
{
	struct fiber *self = run_fiber(run);

	self->saved_errno = errno;
	run->stopped = true;
	uik_fiber_switch(&self->context, &run->outside, false);
	errno = self->saved_errno;
}

/* The calling fiber has announced what it waits for; returns to make it. */
static void take_turn(struct uiommufd_run *run)
{
	unsigned int me = run->running, next;

	if (unlikely(checkpoint_due(run))) {
		stop_for_checkpoint(run);
		others_may_go(run, me);
		return;
	}
	next = next_fiber(run);
	if (next == NOBODY)
		go_outside(run, true);
	else if (next != me)
		switch_to(run, me, next, false);
	others_may_go(run, me);
}

/* The calling fiber makes the step it has announced. */
static void make_step(struct uiommufd_run *run, const struct uik_point *point)
{
	run->steps++;
	if (run->phase == PHASE_THREADS && run->strategy->step)
		run->strategy->step(run, run->running, point);
	if (run->recorder)
		run->recorder->step(run, run->running, point);
	laws_step(run, point);
	if (run->steps > run->options.steps && run->phase != PHASE_SETUP)
		law_endless(run);
	if (run->verdict != VERDICT_CLEAN)
		engine_abandon(run);
}

/* ---- hooks --------------------------------------------------------------- */

/* Steps that nobody else can see, or must not go on before. */
static bool is_private(const struct uik_point *point)
{
	return point->kind == UIK_POINT_ALLOC || point->size & UIK_PLAIN ||
	       point->kind == UIK_POINT_CALL || point->kind == UIK_POINT_RETURN;
}

/*
 * One by one: what was written in small pieces a moment ago is slow to be read
 * in large ones.
 */
static inline void announce(struct fiber *fiber, const struct uik_point *point)
{
	fiber->pending.kind = point->kind;
	fiber->pending.write = point->write;
	fiber->pending.size = point->size;
	fiber->pending.addr = point->addr;
	fiber->pending.site = point->site;
	fiber->pending.ready = point->ready;
	fiber->pending.arg = point->arg;
}

static void hook_point(const struct uik_point *point)
{
	struct uiommufd_run *run = engine;
	struct fiber *self = run_fiber(run);

	if (!self || run->in_law)
		return;
	if (is_private(point)) {
		if (run->recorder)
			run->recorder->step(run, run->running, point);
		laws_step(run, point);
		return;
	}
	/* At the end only waiting lets others go on. */
	if (run->phase == PHASE_END && (!point->ready || point->ready(point->arg))) {
		make_step(run, point);
		return;
	}
	self->frame = __builtin_frame_address(0);
	announce(self, point);
	self->state = FIBER_READY;
	self->yielded = point->kind == UIK_POINT_SLEEP;
	take_turn(run);
	make_step(run, &self->pending);
}

static bool hook_park(const struct uik_point *point, bool (*ready)(void *),
		      void *arg, uint64_t deadline_ns)
{
	struct uiommufd_run *run = engine;
	struct fiber *self = run_fiber(run);

	if (run->may_give_up && !ready(arg))
		siglongjmp(run->give_up, 1);
	if (!self || run->in_law)
		return ready(arg);
	self->frame = __builtin_frame_address(0);
	self->pending = *point;
	self->ready = ready;
	self->ready_arg = arg;
	self->deadline_ns = deadline_ns;
	self->expired = false;
	self->state = FIBER_PARKED;
	take_turn(run);
	self->state = FIBER_READY;
	make_step(run, &self->pending);
	return !self->expired;
}

static bool hook_fail(enum uik_fail_kind kind, const void *site)
{
	struct uiommufd_run *run = engine;
	unsigned int chosen;

	if (run->phase != PHASE_THREADS || run->running == NOBODY ||
	    run->in_law || !(run->scenario->failures >> kind & 1) ||
	    (run->options.failures != UIOMMUFD_UNBOUNDED &&
	     run->failures >= (unsigned int)run->options.failures))
		return false;
	chosen = run->strategy->fail && run->strategy->fail(run, kind, site);
	record_decision(run, DECISION_FAIL, 3, chosen, kind, site);
	if (run->verdict != VERDICT_CLEAN)
		engine_abandon(run);
	run->failures += chosen;
	if (chosen && kind == UIK_FAIL_COPY)
		law_initialised_failed(run);
	return chosen;
}

unsigned int uiommufd_run_choose(struct uiommufd_run *run, unsigned int count)
{
	unsigned int chosen = 0;

	if (count < 2 || run->phase != PHASE_THREADS)
		return 0;
	if (count > 64)
		count = 64;
	if (run->strategy->choose)
		chosen = run->strategy->choose(run, count);
	record_decision(run, DECISION_CHOOSE,
			count == 64 ? ~0ull : option(count) - 1, chosen, 0,
			__builtin_return_address(0));
	if (run->verdict != VERDICT_CLEAN)
		engine_abandon(run);
	return chosen;
}

static bool hook_warn(const char *what, const char *file, int line,
		      const char *function, const char *text)
{
	struct uiommufd_run *run = engine;
	bool fatal = strcmp(what, "WARNING");

	if (run->may_give_up && fatal)
		siglongjmp(run->give_up, 1);
	if (run->running == NOBODY || run->may_give_up)
		return run->may_give_up;
	if (!fatal && run->scenario->flags & UIOMMUFD_SCENARIO_WARNINGS)
		return true;
	law_warning(run, what, file, line, function, text);
	if (run->in_law && !fatal)
		return true;
	engine_abandon(run);
}

static void map_event(struct uiommufd_run *run,
		      const struct uik_map_event *event)
{
	law_linear_event(run, event);
	law_complete_event(run, event);
}

static void hook_map(const struct uik_map_event *event)
{
	struct uiommufd_run *run = engine;

	if (run->running != NOBODY && !run->in_law &&
	    run->phase == PHASE_THREADS)
		map_event(run, event);
}

static struct sigaction before_fpe;

/* Code that keeps no frames may have anything where theirs would be. */
static bool is_on_stack(const struct fiber *fiber, const void *frame)
{
	uintptr_t offset = (uintptr_t)frame -
			   (uintptr_t)fiber->context.stack_bottom;

	return offset < fiber->context.stack_bytes - 2 * sizeof(frame);
}

/* A fault in a fiber ends the execution, not the process. */
static void hook_crash(const void *addr, const void *pc, const void *frame)
{
	struct uiommufd_run *run = engine;
	sigset_t set;

	if (run->may_give_up)
		siglongjmp(run->give_up, 1);
	if (run->running == NOBODY) {
		/* No execution yet that could end: setup, or the platform. */
		dprintf(STDOUT_FILENO,
			"scenario: %s\nlaw: crash\n"
			"broken: crash: access to %p while the platform was made, at %p\n",
			run->scenario->name, addr, pc);
		_exit(1);
	}
	run->guilty_frames[0] = pc;
	run->guilty_frame_count = 1;
	if (is_on_stack(run_fiber(run), frame))
		run->guilty_frame_count +=
			frames_take(frame, run->guilty_frames + 1,
				    FRAMES_MAX - 1);
	law_crash(run, addr, pc);
	sigemptyset(&set);
	sigaddset(&set, SIGSEGV);
	sigaddset(&set, SIGBUS);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	engine_abandon(run);
}

/* Called from a signal's handler now and then: has nothing moved since? */
static void look_after(int signal)
{
	struct uiommufd_run *run = engine;
	uint64_t made;
	sigset_t set;

	if (!run || run->running == NOBODY || run->in_law)
		return;
	made = run->total_steps + run->steps;
	if (made != run->watched_steps) {
		run->watched_steps = made;
		return;
	}
	law_stuck(run);
	sigemptyset(&set);
	sigaddset(&set, signal);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	engine_abandon(run);
}

/*
 * A fiber that runs on without making a step would keep everybody waiting for
 * ever.  Not when a trail is replayed: somebody may be looking.
 */
void engine_watch(struct uiommufd_run *run, bool on)
{
	struct sigaction action = { .sa_handler = look_after };
	struct sigevent event = {
		.sigev_notify = SIGEV_THREAD_ID,
		.sigev_signo = WATCH_SIGNAL,
	};
	/* Of the processor's time: a busy machine is no fault. */
	const struct itimerspec often = { { 0, WATCH_NS }, { 0, WATCH_NS } };

	if (!on) {
		if (run->watched)
			timer_delete(run->watch);
		run->watched = false;
		return;
	}
	event.sigev_notify_thread_id = gettid();
	sigaction(WATCH_SIGNAL, &action, NULL);
	run->watched = !timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &run->watch) &&
		       !timer_settime(run->watch, 0, &often, NULL);
}

/* ---- fibers -------------------------------------------------------------- */

static void fiber_end(struct uiommufd_run *run)
{
	struct fiber *self = run_fiber(run);
	unsigned int next;

	self->state = FIBER_DONE;
	if (self->thread >= 0)
		run->threads_left--;
	if (run->phase != PHASE_THREADS && run->running == run->end_fiber)
		go_outside(run, true);
	run->running = NOBODY;
	next = next_fiber(run);
	run->running = self - run->fibers;
	if (next == NOBODY)
		go_outside(run, true);
	switch_to(run, run->running, next, true);
}

static void fiber_main(void *arg)
{
	struct uiommufd_run *run = engine;
	struct fiber *self = arg;

	uik_fiber_entered();
	others_may_go(run, run->running);
	self->main(self->arg);
	fiber_end(run);
	__builtin_unreachable();
}

struct fiber *engine_fiber(struct uiommufd_run *run, struct task_struct *task,
			   int thread)
{
	struct fiber *fiber;
	unsigned int i;

	for (i = 0; i < run->fiber_count; i++)
		if (run->fibers[i].state == FIBER_DONE &&
		    run->fibers[i].thread < 0 && i != run->end_fiber)
			break;
	if (i == FIBERS_MAX)
		return NULL;
	if (i == run->fiber_count)
		run->fiber_count++;
	fiber = &run->fibers[i];
	*fiber = (struct fiber){
		.context = fiber->context,
		.task = task,
		.thread = thread,
		.state = FIBER_READY,
		.deadline_ns = UIK_NO_DEADLINE,
	};
	uik_fiber_start(&fiber->context, fiber_main, fiber);
	return fiber;
}

void engine_restart(struct fiber *fiber)
{
	uik_fiber_start(&fiber->context, fiber_main, fiber);
}

static int hook_start(struct task_struct *task, void *(*main)(void *),
		      void *arg)
{
	struct uiommufd_run *run = engine;
	struct fiber *fiber = engine_fiber(run, task, -1);

	if (!fiber)
		return -EAGAIN;
	fiber->main = main;
	fiber->arg = arg;
	return 0;
}

static const struct uik_hooks hooks = {
	.point = hook_point,
	.park = hook_park,
	.fail = hook_fail,
	.start = hook_start,
	.crash = hook_crash,
	.warn = hook_warn,
};

/* Division by zero: as bad an access as any. */
static void arithmetic_fault(int signal, siginfo_t *info, void *context)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGFPE);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	if (engine && engine->running != NOBODY) {
		law_arithmetic(engine, info->si_addr);
		engine_abandon(engine);
	}
	sigaction(SIGFPE, &before_fpe, NULL);
	raise(SIGFPE);
}

static void arithmetic_watch(void)
{
	struct sigaction action = {
		.sa_sigaction = arithmetic_fault,
		.sa_flags = SA_SIGINFO | SA_ONSTACK,
	};

	sigemptyset(&action.sa_mask);
	sigaction(SIGFPE, &action, &before_fpe);
}

void engine_install(struct uiommufd_run *run)
{
	engine = run;
	arithmetic_watch();
	uik_hooks_install(&hooks);
	if (run->scenario->failures & UIOMMUFD_FAIL_DRIVER)
		uik_drivers_may_refuse(true);
	uik_map_listener = hook_map;
	uik_fiber_init_self(&run->outside);
}

void engine_remove(struct uiommufd_run *run)
{
	uik_hooks_install(NULL);
	if (run->scenario->failures & UIOMMUFD_FAIL_DRIVER)
		uik_drivers_may_refuse(false);
	uik_map_listener = NULL;
	sigaction(SIGFPE, &before_fpe, NULL);
	engine = NULL;
}

void engine_go(struct uiommufd_run *run)
{
	struct task_struct *self = uik_current_task;
	unsigned int next;

	do {
		if (run->stopped)
			checkpoint_take(run);
		run->stopped = false;
		next = next_fiber(run);
		if (next != NOBODY)
			switch_to(run, NOBODY, next, false);
	} while (run->stopped);
	run->running = NOBODY;
	uik_current_task = self;
}

/* ---- what scenarios ask -------------------------------------------------- */

struct uiommufd_platform *uiommufd_run_platform(struct uiommufd_run *run)
{
	return run->platform;
}

void *uiommufd_run_state(struct uiommufd_run *run)
{
	return run->state;
}

int uiommufd_run_thread(struct uiommufd_run *run)
{
	return run->running == NOBODY ? -1 : run->fibers[run->running].thread;
}

const struct uiommufd_scenario *uiommufd_run_scenario(struct uiommufd_run *run)
{
	return run->scenario;
}

void uiommufd_run_keep(struct uiommufd_run *run, void *start, size_t bytes)
{
	if (run->phase != PHASE_SETUP || run->kept_count == KEEPS_MAX)
		return;
	run->kept[run->kept_count++] = (struct uik_range){
		.start = start,
		.bytes = bytes,
	};
}

uint64_t uiommufd_run_now(struct uiommufd_run *run)
{
	return run->steps;
}

uint32_t uiommufd_run_failures(struct uiommufd_run *run)
{
	return run->failures;
}

void uiommufd_run_yield(struct uiommufd_run *run, const void *addr, bool write)
{
	struct uik_point point = {
		.kind = write ? UIK_POINT_STORE : UIK_POINT_LOAD,
		.write = write,
		.size = addr ? 1 : 0,
		.addr = addr,
		.site = __builtin_return_address(0),
	};

	/* Outside of the engine threads change by themselves. */
	if (engine == run)
		hook_point(&point);
}
