/* SPDX-License-Identifier: MIT */
/*
 * The clock's part of a machine, and the one place where tasks go to sleep.
 *
 * Every blocking primitive describes its sleep by struct uik_sleep.  With hooks
 * installed the explorer decides (park); else the task sleeps on a futex word.
 * A jumping clock keeps a list of all sleepers of the machine: when there are
 * as many as tasks inside and none could go on, time jumps to the earliest
 * deadline.  Sleeps with a deadline are sleeps on the task's own state word, so
 * that the clock ends them as any waker does.
 *
 * Lock order: the state's lock is innermost; ready() is called under it and
 * takes none.
 */
#ifndef UIK_KIT_CLOCK_H
#define UIK_KIT_CLOCK_H

#include <linux/compiler.h>
#include <linux/types.h>
#include <uik/clock.h>
#include <uik/hook.h>
#include "kit/futex.h"

struct task_struct;
struct uik_sleep;

struct uik_clock_state {
	const struct uik_clock *kind;	/* const after init */
	bool is_virtual;		/* kind's */
	bool jumps;			/* kind's */
	u64 now_ns;			/* virtual: atomic, written under lock */
	struct uik_rawlock lock;	/* protects all below */
	unsigned int inside;		/* jumping: tasks inside */
	unsigned int asleep;		/* jumping: sleepers in the list */
	struct uik_sleep *sleepers;	/* virtual: timed; jumping: all */
};

/* One sleep; lives on the sleeper's stack. */
struct uik_sleep {
	enum uik_point_kind kind;
	const void *addr;		/* what is waited for */
	const void *site;
	u32 *word;			/* slept on while it is @expected */
	u32 expected;
	bool (*ready)(void *arg);	/* no side effects, takes no locks */
	void *arg;
	u64 deadline_ns;		/* machine time; UIK_NO_DEADLINE */
	/* Private. */
	struct task_struct *task;
	struct uik_sleep *next, **link;
	bool expired;			/* under the clock's lock */
};

/* Starts at time 0 for virtual clocks; @kind NULL is the wall clock. */
void uik_clock_init(struct uik_clock_state *state,
		    const struct uik_clock *kind);
/* No task may be inside. */
void uik_clock_fini(struct uik_clock_state *state);

/*
 * Sleeps until perhaps ready: the caller checks again.  Return: false when the
 * deadline was reached first.
 */
bool uik_sleep_until_ready(struct uik_sleep *sleep);

void uik_clock_enter_slow(struct uik_clock_state *state);
void uik_clock_leave_slow(struct uik_clock_state *state);

/* A task comes inside: the outermost uik_enter(), or the birth of a thread. */
static inline void uik_clock_enter(struct uik_clock_state *state)
{
	if (unlikely(state->jumps))
		uik_clock_enter_slow(state);
}

/* It leaves: what still sleeps may now be all there is. */
static inline void uik_clock_leave(struct uik_clock_state *state)
{
	if (unlikely(state->jumps))
		uik_clock_leave_slow(state);
}

#endif
