/* SPDX-License-Identifier: MIT */
/*
 * Machine time: reading it, advancing it, and every sleep of the library.
 *
 * A virtual clock stands still except when it is advanced by hand, when a task
 * sleeps on a manual clock, or when a jumping clock finds that every task
 * inside the machine is asleep and none of them could go on.
 *
 * A sleep whose deadline passes is ended by its task's state becoming running,
 * exactly as a waker does it; so no wake-up is lost between the sleeper's
 * check and its futex call.
 */
#include <time.h>
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/sched.h>
#include <uik/clock.h>

#include "kit/clock.h"
#include "kit/machine.h"

const struct uik_clock uik_clock_wall = { .name = "wall" };
const struct uik_clock uik_clock_manual = {
	.name = "manual",
	.is_virtual = true,
};
const struct uik_clock uik_clock_auto = {
	.name = "auto",
	.is_virtual = true,
	.jumps = true,
};

/* A virtual machine is switched on at 2026-01-01 00:00:00 UTC. */
#define VIRTUAL_EPOCH_NS 1767225600000000000ull
/* Shorter delays are spent in a loop: sleeping costs more. */
#define SPIN_NS 20000ull

void uik_clock_init(struct uik_clock_state *state, const struct uik_clock *kind)
{
	*state = (struct uik_clock_state){
		.kind = kind ? kind : &uik_clock_wall,
	};
	state->is_virtual = state->kind->is_virtual;
	state->jumps = state->kind->jumps;
}

void uik_clock_fini(struct uik_clock_state *state)
{
	WARN_ON(state->sleepers);
}

struct uik_clock_state *uik_clock(void)
{
	return &machine_of(uik_current())->clock;
}

static u64 host_now_ns(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (u64)now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
}

static u64 state_now_ns(const struct uik_clock_state *state)
{
	return state->is_virtual ?
		__atomic_load_n(&state->now_ns, __ATOMIC_ACQUIRE) :
		host_now_ns(CLOCK_MONOTONIC);
}

uint64_t uik_now_ns(void)
{
	return state_now_ns(uik_clock());
}

uint64_t uik_machine_now_ns(struct uik_machine *machine)
{
	return state_now_ns(&machine->clock);
}

u64 ktime_get_real_ns(void)
{
	const struct uik_clock_state *state = uik_clock();

	return state->is_virtual ? VIRTUAL_EPOCH_NS + state_now_ns(state) :
				   host_now_ns(CLOCK_REALTIME);
}

/* Ends the sleeps whose time has come.  Under state->lock. */
static void expire_locked(struct uik_clock_state *state)
{
	for (struct uik_sleep *s = state->sleepers; s; s = s->next) {
		if (s->expired || s->deadline_ns > state->now_ns)
			continue;
		s->expired = true;
		wake_up_state(s->task, TASK_ALL);
	}
}

static void set_now_locked(struct uik_clock_state *state, u64 now_ns)
{
	if (now_ns > state->now_ns)
		__atomic_store_n(&state->now_ns, now_ns, __ATOMIC_RELEASE);
	expire_locked(state);
}

void uik_clock_advance(struct uik_machine *machine, uint64_t duration_ns)
{
	struct uik_clock_state *state = &machine->clock;

	if (!state->is_virtual)
		return;
	uik_rawlock_lock(&state->lock);
	set_now_locked(state, state->now_ns + duration_ns);
	uik_rawlock_unlock(&state->lock);
}

/* Jumps if every task inside sleeps and none can go on.  Under state->lock. */
static void maybe_jump_locked(struct uik_clock_state *state)
{
	u64 earliest = UIK_NO_DEADLINE;

	if (!state->asleep || state->asleep < state->inside)
		return;
	for (struct uik_sleep *s = state->sleepers; s; s = s->next) {
		if (s->ready(s->arg))
			return;
		earliest = min(earliest, s->deadline_ns);
	}
	if (earliest != UIK_NO_DEADLINE)
		set_now_locked(state, earliest);
}

void uik_clock_enter_slow(struct uik_clock_state *state)
{
	uik_rawlock_lock(&state->lock);
	state->inside++;
	uik_rawlock_unlock(&state->lock);
}

void uik_clock_leave_slow(struct uik_clock_state *state)
{
	uik_rawlock_lock(&state->lock);
	state->inside--;
	maybe_jump_locked(state);
	uik_rawlock_unlock(&state->lock);
}

/* A task that entered nothing counts as inside while it sleeps. */
static unsigned int visitor(const struct task_struct *task)
{
	return task->entry_depth ? 0 : 1;
}

static void sleeper_add(struct uik_clock_state *state, struct uik_sleep *sleep)
{
	uik_rawlock_lock(&state->lock);
	sleep->next = state->sleepers;
	sleep->link = &state->sleepers;
	if (sleep->next)
		sleep->next->link = &sleep->next;
	state->sleepers = sleep;
	state->asleep++;
	state->inside += visitor(sleep->task);
	if (sleep->deadline_ns <= state->now_ns)
		expire_locked(state);
	if (state->jumps)
		maybe_jump_locked(state);
	uik_rawlock_unlock(&state->lock);
}

static void sleeper_del(struct uik_clock_state *state, struct uik_sleep *sleep)
{
	uik_rawlock_lock(&state->lock);
	*sleep->link = sleep->next;
	if (sleep->next)
		sleep->next->link = sleep->link;
	state->asleep--;
	state->inside -= visitor(sleep->task);
	uik_rawlock_unlock(&state->lock);
}

static bool sleep_virtually(struct uik_clock_state *state,
			    struct uik_sleep *sleep)
{
	sleep->task = uik_current();
	sleep->expired = false;
	sleeper_add(state, sleep);
	uik_futex_wait(sleep->word, sleep->expected, UIK_NO_DEADLINE);
	sleeper_del(state, sleep);
	return !sleep->expired;
}

static bool sleep_parked(struct uik_sleep *sleep)
{
	struct uik_point point = {
		.kind = sleep->kind,
		.addr = sleep->addr,
		.site = sleep->site,
	};

	return uik_hooks->park(&point, sleep->ready, sleep->arg,
			       sleep->deadline_ns);
}

bool uik_sleep_until_ready(struct uik_sleep *sleep)
{
	struct uik_clock_state *state;

	if (uik_unlikely(uik_hooks) && uik_hooks->park)
		return sleep_parked(sleep);
	state = uik_clock();
	if (state->jumps ||
	    (state->is_virtual && sleep->deadline_ns != UIK_NO_DEADLINE))
		return sleep_virtually(state, sleep);
	return uik_futex_wait(sleep->word, sleep->expected,
			      sleep->deadline_ns) != -ETIMEDOUT;
}

static bool task_runs(void *arg)
{
	struct task_struct *task = arg;

	return __atomic_load_n(&task->__state, __ATOMIC_ACQUIRE) ==
	       TASK_RUNNING;
}

/*
 * Sleeps until the state is running or @deadline_ns; which of them.  @kind: a
 * wait for somebody, or a sleep that its time is meant to end.
 */
static bool sleep_until(enum uik_point_kind kind, u64 deadline_ns,
			const void *site)
{
	struct task_struct *task = uik_current();
	unsigned int state = __atomic_load_n(&task->__state, __ATOMIC_ACQUIRE);
	struct uik_sleep sleep = {
		.kind = kind,
		.addr = &task->__state,
		.site = site,
		.word = &task->__state,
		.expected = state,
		.ready = task_runs,
		.arg = task,
		.deadline_ns = deadline_ns,
	};
	bool in_time = true;

	while (in_time && !task_runs(task) &&
	       !signal_pending_state(state, task))
		in_time = uik_sleep_until_ready(&sleep);
	__atomic_store_n(&task->__state, TASK_RUNNING, __ATOMIC_RELAXED);
	return in_time;
}

static bool schedule_until(u64 deadline_ns, const void *site)
{
	return sleep_until(UIK_POINT_WAIT, deadline_ns, site);
}

void schedule(void)
{
	might_sleep();
	schedule_until(UIK_NO_DEADLINE, __builtin_return_address(0));
}

/* The time @timeout jiffies from now. */
static u64 deadline_after(u64 now_ns, signed long timeout)
{
	u64 ns;

	if (check_mul_overflow((u64)timeout, (u64)TICK_NSEC, &ns) ||
	    check_add_overflow(ns, now_ns, &ns))
		return UIK_NO_DEADLINE - 1;
	return ns;
}

signed long schedule_timeout(signed long timeout)
{
	const void *site = __builtin_return_address(0);
	u64 now, end;

	might_sleep();
	if (timeout == MAX_SCHEDULE_TIMEOUT) {
		schedule_until(UIK_NO_DEADLINE, site);
		return timeout;
	}
	if (WARN_ON(timeout < 0)) {
		__set_current_state(TASK_RUNNING);
		return 0;
	}
	end = deadline_after(uik_now_ns(), timeout);
	schedule_until(end, site);
	now = uik_now_ns();
	/* Rounded up without a sum: the end may be the last time there is. */
	return now < end ? (end - now - 1) / TICK_NSEC + 1 : 0;
}

void uik_schedule_ns(uint64_t duration_ns)
{
	u64 end;

	might_sleep();
	if (check_add_overflow(uik_now_ns(), (u64)duration_ns, &end))
		end = UIK_NO_DEADLINE;
	schedule_until(end, __builtin_return_address(0));
}

bool uik_schedule_until_ns(uint64_t deadline_ns)
{
	might_sleep();
	schedule_until(deadline_ns, __builtin_return_address(0));
	return uik_now_ns() >= deadline_ns;
}

uint64_t uik_deadline_after_ns(int64_t duration_ns)
{
	u64 end;

	if (duration_ns == KTIME_MAX ||
	    check_add_overflow(uik_now_ns(), max(duration_ns, 0), &end))
		return UIK_NO_DEADLINE;
	return end;
}

signed long schedule_timeout_interruptible(signed long timeout)
{
	set_current_state(TASK_INTERRUPTIBLE);
	return schedule_timeout(timeout);
}

signed long schedule_timeout_uninterruptible(signed long timeout)
{
	set_current_state(TASK_UNINTERRUPTIBLE);
	return schedule_timeout(timeout);
}

/* Sleeps to @deadline_ns in state @state; what is left when woken before. */
static u64 sleep_in_state(unsigned int state, u64 deadline_ns, const void *site)
{
	u64 now;

	set_current_state(state);
	sleep_until(UIK_POINT_SLEEP, deadline_ns, site);
	now = uik_now_ns();
	return now < deadline_ns ? deadline_ns - now : 0;
}

static void sleep_for(u64 duration_ns, const void *site)
{
	struct uik_clock_state *state = uik_clock();
	u64 end = uik_now_ns() + duration_ns;
	bool parks = uik_hooks && uik_hooks->park;

	if (state->is_virtual && !state->jumps && !parks) {
		uik_clock_advance(machine_of(uik_current()), duration_ns);
		return;
	}
	while (sleep_in_state(TASK_UNINTERRUPTIBLE, end, site))
		;
}

void uik_sleep_ns(uint64_t duration_ns)
{
	uik_point(UIK_POINT_SLEEP, NULL, 0, false);
	sleep_for(duration_ns, __builtin_return_address(0));
}

void ndelay(unsigned long nsecs)
{
	u64 end = uik_now_ns() + nsecs;

	uik_point(UIK_POINT_SLEEP, NULL, 0, false);
	if (nsecs > SPIN_NS || uik_clock()->is_virtual || uik_hooks) {
		sleep_for(nsecs, __builtin_return_address(0));
		return;
	}
	while (uik_now_ns() < end)
		;
}

void msleep(unsigned int msecs)
{
	might_sleep();
	uik_sleep_ns((u64)msecs * NSEC_PER_MSEC);
}

unsigned long msleep_interruptible(unsigned int msecs)
{
	struct task_struct *task = uik_current();
	u64 end = uik_now_ns() + (u64)msecs * NSEC_PER_MSEC;
	u64 left = end - uik_now_ns();

	might_sleep();
	while (left && !uik_signal_pending(task))
		left = sleep_in_state(TASK_INTERRUPTIBLE, end,
				      __builtin_return_address(0));
	return DIV_ROUND_UP(left, NSEC_PER_MSEC);
}

void usleep_range(unsigned long min_us, unsigned long max_us)
{
	might_sleep();
	uik_sleep_ns((u64)min_us * NSEC_PER_USEC);
}

int wake_up_state(struct task_struct *task, unsigned int state)
{
	unsigned int seen;

	uik_point(UIK_POINT_WAKE, &task->__state, sizeof(u32), true);
	/* Orders what the waker did before the check of the sleeper's state. */
	smp_mb();
	seen = __atomic_load_n(&task->__state, __ATOMIC_RELAXED);
	do {
		if (!(seen & state))
			return 0;
	} while (!__atomic_compare_exchange_n(&task->__state, &seen,
					      TASK_RUNNING, false,
					      __ATOMIC_SEQ_CST,
					      __ATOMIC_RELAXED));
	uik_futex_wake(&task->__state, 1);
	return 1;
}

void uik_task_signal(struct task_struct *task, bool pending)
{
	WRITE_ONCE(task->signal_pending, pending);
	if (pending)
		wake_up_state(task, TASK_INTERRUPTIBLE | TASK_WAKEKILL);
}

int wake_up_process(struct task_struct *task)
{
	return wake_up_state(task, TASK_NORMAL);
}

int uik_resched(void)
{
	uik_point(UIK_POINT_SLEEP, NULL, 0, false);
	return 0;
}

void uik_relax(void)
{
	uik_point(UIK_POINT_SLEEP, NULL, 0, false);
	if (!uik_hooks)
		sched_yield();
}
