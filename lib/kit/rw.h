/* SPDX-License-Identifier: MIT */
/*
 * The word of readers and one writer, for rwsem and rwlock.
 *
 * From the lowest bit: 30 bits count readers, one bit says that somebody may
 * sleep, one that a writer holds, 32 bits count waiting writers.  Readers stay
 * out while a writer holds or waits.  A release that finds the sleeper bit
 * clears it and wakes everybody; who must sleep on sets it again.  The futex is
 * the lower half.
 */
#ifndef UIK_KIT_RW_H
#define UIK_KIT_RW_H

#include <linux/lockdep_types.h>

#include "kit/lock.h"

#define RW_READERS UIK_RW_READERS
#define RW_SLEEPER (1ull << 30)
#define RW_WRITER UIK_RW_WRITER
#define RW_WAITING (1ull << 32)		/* one of them */
#define RW_ALL_WAITING (~0ull << 32)

static inline void rw_init(struct uik_rw *rw)
{
	__atomic_store_n(&rw->state, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&rw->owner, 0, __ATOMIC_RELAXED);
}
/* Without waiting, but trying as often as others come and go. */
bool rw_read_try_slow(struct uik_rw *rw);
/* @waits: the caller is one of the waiting writers, and stops being one. */
bool rw_write_try_slow(struct uik_rw *rw, struct task_struct *task, bool waits);
/* Wait and take; -EINTR if @interruptible and a signal is pending. */
int rw_read_slow(struct uik_rw *rw, struct task_struct *task,
		 bool interruptible, const void *site);
int rw_write_slow(struct uik_rw *rw, struct task_struct *task,
		  bool interruptible, const void *site);
/* Clears the sleeper bit and wakes everybody. */
void rw_wake_all(struct uik_rw *rw);

/* Gives the write hold back; @readers is what remains: 0, or 1 to downgrade. */
static inline void rw_write_release(struct uik_rw *rw, unsigned int readers)
{
	u64 seen;

	__atomic_store_n(&rw->owner, 0, __ATOMIC_RELAXED);
	seen = __atomic_fetch_sub(&rw->state, RW_WRITER - readers,
				  __ATOMIC_RELEASE);
	if (unlikely(seen & RW_SLEEPER))
		rw_wake_all(rw);
}

static inline void rw_read_release(struct uik_rw *rw)
{
	u64 left = __atomic_sub_fetch(&rw->state, 1, __ATOMIC_RELEASE);

	if (unlikely(left & RW_SLEEPER) && !(left & RW_READERS))
		rw_wake_all(rw);
}

#endif
