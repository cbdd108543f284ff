/* SPDX-License-Identifier: MIT */
/* The slow side of kit/rw.h: waiting for readers and writers. */
#include <linux/errno.h>
#include <linux/sched.h>

#include "kit/clock.h"
#include "kit/rw.h"

void rw_init(struct uik_rw *rw)
{
	__atomic_store_n(&rw->state, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&rw->writers_waiting, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&rw->owner, 0, __ATOMIC_RELAXED);
}

static bool read_ready(void *arg)
{
	struct uik_rw *rw = arg;

	return !(__atomic_load_n(&rw->state, __ATOMIC_SEQ_CST) & RW_WRITER) &&
	       !__atomic_load_n(&rw->writers_waiting, __ATOMIC_SEQ_CST);
}

static bool write_ready(void *arg)
{
	struct uik_rw *rw = arg;

	return !(__atomic_load_n(&rw->state, __ATOMIC_SEQ_CST) & ~RW_SLEEPER);
}

bool rw_read_try_slow(struct uik_rw *rw)
{
	u32 seen = __atomic_load_n(&rw->state, __ATOMIC_RELAXED);

	while (!(seen & RW_WRITER) &&
	       !__atomic_load_n(&rw->writers_waiting, __ATOMIC_RELAXED))
		if (__atomic_compare_exchange_n(&rw->state, &seen, seen + 1,
						false, __ATOMIC_ACQUIRE,
						__ATOMIC_RELAXED))
			return true;
	return false;
}

bool rw_write_try_slow(struct uik_rw *rw, struct task_struct *task)
{
	u32 seen = __atomic_load_n(&rw->state, __ATOMIC_RELAXED);

	while (!(seen & ~RW_SLEEPER)) {
		if (!__atomic_compare_exchange_n(&rw->state, &seen,
						 seen | RW_WRITER, false,
						 __ATOMIC_ACQUIRE,
						 __ATOMIC_RELAXED))
			continue;
		__atomic_store_n(&rw->owner, (unsigned long)task,
				 __ATOMIC_RELAXED);
		return true;
	}
	return false;
}

/*
 * Marks the word as slept on, looks once more, sleeps until it changes.  The
 * second look is after the mark: a release that came before the mark has also
 * made ready() true by then, one that comes after it sees the mark.
 */
static void rw_sleep(struct uik_rw *rw, bool (*ready)(void *), const void *site)
{
	u32 seen = __atomic_fetch_or(&rw->state, RW_SLEEPER, __ATOMIC_SEQ_CST);
	struct uik_sleep sleep = {
		.kind = UIK_POINT_LOCK,
		.addr = rw,
		.site = site,
		.word = &rw->state,
		.expected = seen | RW_SLEEPER,
		.ready = ready,
		.arg = rw,
		.deadline_ns = UIK_NO_DEADLINE,
	};

	if (!ready(rw))
		uik_sleep_until_ready(&sleep);
}

int rw_read_slow(struct uik_rw *rw, struct task_struct *task,
		 bool interruptible, const void *site)
{
	if (__atomic_load_n(&rw->owner, __ATOMIC_RELAXED) ==
	    (unsigned long)task)
		uik_bug(__FILE__, __LINE__, __func__,
			"a task that writes under a lock takes it for reading");
	while (!rw_read_try_slow(rw)) {
		if (interruptible && uik_signal_pending(task))
			return -EINTR;
		rw_sleep(rw, read_ready, site);
	}
	return 0;
}

void rw_wake_all(struct uik_rw *rw)
{
	uik_futex_wake(&rw->state, INT_MAX);
}

/* A writer gives up waiting: readers that stayed out for it may come in. */
static void rw_write_give_up(struct uik_rw *rw)
{
	__atomic_fetch_sub(&rw->writers_waiting, 1, __ATOMIC_SEQ_CST);
	rw_wake_all(rw);
}

int rw_write_slow(struct uik_rw *rw, struct task_struct *task,
		  bool interruptible, const void *site)
{
	if (__atomic_load_n(&rw->owner, __ATOMIC_RELAXED) ==
	    (unsigned long)task)
		uik_bug(__FILE__, __LINE__, __func__,
			"a task that writes under a lock takes it again");
	__atomic_fetch_add(&rw->writers_waiting, 1, __ATOMIC_SEQ_CST);
	while (!rw_write_try_slow(rw, task)) {
		if (interruptible && uik_signal_pending(task)) {
			rw_write_give_up(rw);
			return -EINTR;
		}
		rw_sleep(rw, write_ready, site);
	}
	__atomic_fetch_sub(&rw->writers_waiting, 1, __ATOMIC_SEQ_CST);
	return 0;
}

void rw_wake_after_read(struct uik_rw *rw)
{
	u32 idle = RW_SLEEPER;

	if (__atomic_compare_exchange_n(&rw->state, &idle, 0, false,
					__ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		rw_wake_all(rw);
}
