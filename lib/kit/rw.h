/* SPDX-License-Identifier: MIT */
/*
 * The word of readers and one writer, for rwsem and rwlock.
 *
 * state: bit 31 a writer holds, bit 30 somebody may sleep, the rest counts
 * readers.  A release that finds bit 30 clears it and wakes everybody; who must
 * sleep on sets it again.  Readers stay out while a writer waits.
 */
#ifndef UIK_KIT_RW_H
#define UIK_KIT_RW_H

#include <linux/lockdep_types.h>

#include "kit/lock.h"

#define RW_WRITER 0x80000000u
#define RW_SLEEPER 0x40000000u

static inline bool rw_read_try(struct uik_rw *rw)
{
	u32 seen = __atomic_load_n(&rw->state, __ATOMIC_RELAXED);

	return !(seen & (RW_WRITER | RW_SLEEPER)) &&
	       __atomic_compare_exchange_n(&rw->state, &seen, seen + 1, false,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static inline bool rw_write_try(struct uik_rw *rw, struct task_struct *task)
{
	u32 none = 0;

	if (!__atomic_compare_exchange_n(&rw->state, &none, RW_WRITER, false,
					 __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return false;
	__atomic_store_n(&rw->owner, (unsigned long)task, __ATOMIC_RELAXED);
	return true;
}

void rw_init(struct uik_rw *rw);
/* Without waiting, but trying as often as readers come and go. */
bool rw_read_try_slow(struct uik_rw *rw);
bool rw_write_try_slow(struct uik_rw *rw, struct task_struct *task);
/* Wait and take; -EINTR if @interruptible and a signal is pending. */
int rw_read_slow(struct uik_rw *rw, struct task_struct *task,
		 bool interruptible, const void *site);
int rw_write_slow(struct uik_rw *rw, struct task_struct *task,
		  bool interruptible, const void *site);
/* After the last reader left behind sleepers. */
void rw_wake_after_read(struct uik_rw *rw);
void rw_wake_all(struct uik_rw *rw);

/* Gives the write hold back; @readers is what remains: 0, or 1 to downgrade. */
static inline void rw_write_release(struct uik_rw *rw, u32 readers)
{
	u32 seen;

	__atomic_store_n(&rw->owner, 0, __ATOMIC_RELAXED);
	seen = __atomic_exchange_n(&rw->state, readers, __ATOMIC_SEQ_CST);
	if (unlikely(seen & RW_SLEEPER))
		rw_wake_all(rw);
}

static inline void rw_read_release(struct uik_rw *rw)
{
	u32 left = __atomic_sub_fetch(&rw->state, 1, __ATOMIC_RELEASE);

	if (unlikely(left == RW_SLEEPER))
		rw_wake_after_read(rw);
}

#endif
