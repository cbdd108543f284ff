/* SPDX-License-Identifier: MIT */
/* The slow side of kit/rw.h: waiting for readers and writers. */
#include <linux/errno.h>
#include <linux/sched.h>

#include "kit/clock.h"
#include "kit/rw.h"

bool rw_read_ready(void *arg)
{
	struct uik_rw *rw = arg;

	return !(__atomic_load_n(&rw->state, __ATOMIC_ACQUIRE) &
		 (RW_WRITER | RW_ALL_WAITING));
}

bool rw_write_ready(void *arg)
{
	struct uik_rw *rw = arg;

	return !(__atomic_load_n(&rw->state, __ATOMIC_ACQUIRE) &
		 (RW_WRITER | RW_READERS));
}

bool rw_read_try_slow(struct uik_rw *rw)
{
	u64 seen = __atomic_load_n(&rw->state, __ATOMIC_RELAXED);

	while (!(seen & (RW_WRITER | RW_ALL_WAITING)))
		if (__atomic_compare_exchange_n(&rw->state, &seen, seen + 1,
						false, __ATOMIC_ACQUIRE,
						__ATOMIC_RELAXED))
			return true;
	return false;
}

bool rw_write_try_slow(struct uik_rw *rw, struct task_struct *task, bool waits)
{
	u64 seen = __atomic_load_n(&rw->state, __ATOMIC_RELAXED);
	u64 change = RW_WRITER - (waits ? RW_WAITING : 0);

	while (!(seen & (RW_WRITER | RW_READERS))) {
		if (!__atomic_compare_exchange_n(&rw->state, &seen,
						 seen + change, false,
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
 * Marks the word as slept on and sleeps until it changes, unless it shows none
 * of @obstacles.  What the mark found decides, and nothing that is read later:
 * a holder who came and went meanwhile has seen the mark and has woken nobody
 * yet, and the word may look again as it did.
 */
static void rw_sleep(struct uik_rw *rw, u64 obstacles, bool (*ready)(void *),
		     const void *site)
{
	u64 seen = __atomic_fetch_or(&rw->state, RW_SLEEPER, __ATOMIC_ACQUIRE);
	struct uik_sleep sleep = {
		.kind = UIK_POINT_LOCK,
		.addr = rw,
		.site = site,
		.word = (u32 *)&rw->state,
		.expected = (u32)(seen | RW_SLEEPER),
		.ready = ready,
		.arg = rw,
		.deadline_ns = UIK_NO_DEADLINE,
	};

	if (seen & obstacles)
		uik_sleep_until_ready(&sleep);
}

static void check_not_writer(const struct uik_rw *rw,
			     const struct task_struct *task)
{
	if (__atomic_load_n(&rw->owner, __ATOMIC_RELAXED) ==
	    (unsigned long)task)
		uik_bug(__FILE__, __LINE__, __func__,
			"a task takes a lock that it writes under: it would "
			"wait for itself");
}

int rw_read_slow(struct uik_rw *rw, struct task_struct *task,
		 bool interruptible, const void *site)
{
	check_not_writer(rw, task);
	while (!rw_read_try_slow(rw)) {
		if (interruptible && uik_signal_pending(task)) {
			/* Our mark may be all that others sleep on. */
			rw_wake_all(rw);
			return -EINTR;
		}
		rw_sleep(rw, RW_WRITER | RW_ALL_WAITING, rw_read_ready, site);
	}
	return 0;
}

int rw_write_slow(struct uik_rw *rw, struct task_struct *task,
		  bool interruptible, const void *site)
{
	check_not_writer(rw, task);
	__atomic_fetch_add(&rw->state, RW_WAITING, __ATOMIC_RELAXED);
	while (!rw_write_try_slow(rw, task, true)) {
		if (interruptible && uik_signal_pending(task)) {
			/* Readers that stayed out for us may come in. */
			__atomic_fetch_sub(&rw->state, RW_WAITING,
					   __ATOMIC_RELAXED);
			rw_wake_all(rw);
			return -EINTR;
		}
		rw_sleep(rw, RW_WRITER | RW_READERS, rw_write_ready, site);
	}
	return 0;
}

void rw_wake_all(struct uik_rw *rw)
{
	__atomic_fetch_and(&rw->state, ~RW_SLEEPER, __ATOMIC_RELAXED);
	uik_futex_wake((u32 *)&rw->state, INT_MAX);
}
