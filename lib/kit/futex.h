/* SPDX-License-Identifier: MIT */
/*
 * Sleeping in the system on a 32-bit word, and the kit's own small lock.
 *
 * The raw lock guards kit bookkeeping only.  No schedule point, failure point
 * or foreign code is met while it is held, so an explorer never sees it.
 */
#ifndef UIK_KIT_FUTEX_H
#define UIK_KIT_FUTEX_H

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <linux/types.h>

/* 0, or -ETIMEDOUT at CLOCK_MONOTONIC @deadline_ns (U64 maximum: never). */
static inline int uik_futex_wait(u32 *word, u32 expected, u64 deadline_ns)
{
	struct timespec end = { deadline_ns / 1000000000ull,
				deadline_ns % 1000000000ull };
	struct timespec *limit = deadline_ns == ~0ull ? NULL : &end;

	if (syscall(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, expected, limit,
		    NULL, FUTEX_BITSET_MATCH_ANY) < 0 && errno == ETIMEDOUT)
		return -ETIMEDOUT;
	return 0;
}

static inline void uik_futex_wake(u32 *word, int count)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
}

struct uik_rawlock {
	u32 state;	/* 0 free, 1 held, 2 held and somebody sleeps */
};

static inline void uik_rawlock_lock(struct uik_rawlock *lock)
{
	u32 seen = 0;

	if (__atomic_compare_exchange_n(&lock->state, &seen, 1, false,
					__ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return;
	while (__atomic_exchange_n(&lock->state, 2, __ATOMIC_ACQUIRE))
		uik_futex_wait(&lock->state, 2, ~0ull);
}

static inline void uik_rawlock_unlock(struct uik_rawlock *lock)
{
	if (__atomic_exchange_n(&lock->state, 0, __ATOMIC_RELEASE) == 2)
		uik_futex_wake(&lock->state, 1);
}

#endif
