/* SPDX-License-Identifier: MIT */
/*
 * Mutexes, and the owner word that they share with spinlocks.
 *
 * The word is 0 when free, else the owning task with the lowest bit set while
 * somebody may sleep on it.  A task that has slept takes the word with that bit
 * set, because others may still sleep; at worst one wake-up finds nobody.  The
 * futex is the word's lower half, where the bit is.
 */
#include <linux/mutex.h>
#include <linux/sched.h>

#include "kit/clock.h"
#include "kit/lock.h"

/* Turns spent looking before sleeping. */
#define SPINS 100

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the futex half of an owner word is its first"
#endif

bool owner_free(void *arg)
{
	unsigned long seen = __atomic_load_n((unsigned long *)arg,
					     __ATOMIC_ACQUIRE);

	return !(seen & ~LOCK_SLEEPER) || seen == UIK_MUTEX_ENDED;
}

static inline void spin_pause(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ __volatile__("yield");
#endif
}

static bool owner_spin(unsigned long *owner, struct task_struct *task)
{
	for (int i = 0; i < SPINS; i++) {
		if (!__atomic_load_n(owner, __ATOMIC_RELAXED) &&
		    uik_owner_try(owner, task))
			return true;
		spin_pause();
	}
	return false;
}

/* Takes a word that is free but for sleepers; they stay marked. */
static bool owner_try_marked(unsigned long *owner, unsigned long seen,
			     struct task_struct *task)
{
	return !(seen & ~LOCK_SLEEPER) &&
	       __atomic_compare_exchange_n(owner, &seen,
					   (unsigned long)task | LOCK_SLEEPER,
					   false, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}

/* Marks the word as slept on and sleeps until it changes. */
static void owner_sleep(unsigned long *owner, unsigned long seen,
			const void *site)
{
	struct uik_sleep sleep = {
		.kind = UIK_POINT_LOCK,
		.addr = owner,
		.site = site,
		.word = (u32 *)owner,
		.expected = (u32)(seen | LOCK_SLEEPER),
		.ready = owner_free,
		.arg = owner,
		.deadline_ns = UIK_NO_DEADLINE,
	};

	if (!(seen & LOCK_SLEEPER) &&
	    !__atomic_compare_exchange_n(owner, &seen, seen | LOCK_SLEEPER,
					 false, __ATOMIC_RELAXED,
					 __ATOMIC_RELAXED))
		return;
	uik_sleep_until_ready(&sleep);
}

/* Told, and then made free, so that the run can go on. */
static void owner_revive(unsigned long *owner, const void *site)
{
	unsigned long ended = UIK_MUTEX_ENDED;

	WARN(true, "a destroyed mutex is taken at %p", site);
	__atomic_compare_exchange_n(owner, &ended, 0, false, __ATOMIC_RELAXED,
				    __ATOMIC_RELAXED);
}

int owner_lock_slow(unsigned long *owner, struct task_struct *task,
		    bool interruptible, const void *site)
{
	unsigned long seen = __atomic_load_n(owner, __ATOMIC_RELAXED);

	if ((seen & ~LOCK_SLEEPER) == (unsigned long)task)
		uik_bug(__FILE__, __LINE__, __func__,
			"a task takes a lock that it holds: it would wait for "
			"itself");
	if (!uik_hooks && owner_spin(owner, task))
		return 0;
	for (;;) {
		seen = __atomic_load_n(owner, __ATOMIC_RELAXED);
		if (owner_try_marked(owner, seen, task))
			return 0;
		if (!(seen & ~LOCK_SLEEPER))
			continue;
		if (unlikely(seen == UIK_MUTEX_ENDED)) {
			owner_revive(owner, site);
			continue;
		}
		if (interruptible && uik_signal_pending(task)) {
			/* We may be the one that a release has woken. */
			uik_futex_wake((u32 *)owner, 1);
			return -EINTR;
		}
		owner_sleep(owner, seen, site);
	}
}

bool owner_unlock_slow(unsigned long *owner, struct task_struct *task)
{
	unsigned long mine = (unsigned long)task | LOCK_SLEEPER;

	if (uik_owner_release(owner, task))
		return true;
	if (!__atomic_compare_exchange_n(owner, &mine, 0, false,
					 __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		return false;
	uik_futex_wake((u32 *)owner, 1);
	return true;
}

void __mutex_init(struct mutex *lock, const char *name,
		  struct lock_class_key *key)
{
	lock->key = key;
	__atomic_store_n(&lock->owner, 0, __ATOMIC_RELAXED);
	lock_is_new(lock, name, key, __builtin_return_address(0));
}

void uik_mutex_destroy_slow(struct mutex *lock)
{
	uik_point(UIK_POINT_STORE, lock, sizeof(*lock), true);
	if (!WARN_ON(mutex_is_locked(lock)))
		__atomic_store_n(&lock->owner, UIK_MUTEX_ENDED,
				 __ATOMIC_RELAXED);
}

static noinline int mutex_lock_slow(struct mutex *lock, unsigned int subclass,
				    bool interruptible, const void *site)
{
	struct task_struct *task = uik_current();

	lock_point(lock, sizeof(*lock), true, owner_free, &lock->owner, site);
	lock_before(task, lock, lock->key, subclass, true, site);
	if (unlikely(!uik_owner_try(&lock->owner, task)) &&
	    owner_lock_slow(&lock->owner, task, interruptible, site))
		return -EINTR;
	lock_push(task, lock, lock->key, UIK_HELD_MUTEX, subclass, site);
	return 0;
}

static __always_inline int mutex_take(struct mutex *lock, unsigned int subclass,
				      bool interruptible, const void *site)
{
	struct task_struct *task = uik_current_task;

	if (!uik_lock_quick(task, true) || unlikely(!uik_owner_try(&lock->owner, task)))
		return mutex_lock_slow(lock, subclass, interruptible, site);
	uik_lock_push(task, lock, lock->key, UIK_HELD_MUTEX, subclass, site);
	return 0;
}

void (mutex_lock)(struct mutex *lock)
{
	mutex_take(lock, 0, false, __builtin_return_address(0));
}

void mutex_lock_nested(struct mutex *lock, unsigned int subclass)
{
	mutex_take(lock, subclass, false, __builtin_return_address(0));
}

int mutex_lock_interruptible(struct mutex *lock)
{
	return mutex_take(lock, 0, true, __builtin_return_address(0));
}

int mutex_trylock(struct mutex *lock)
{
	struct task_struct *task = uik_current();

	uik_point(UIK_POINT_TRYLOCK, lock, sizeof(*lock), true);
	if (!uik_owner_try(&lock->owner, task)) {
		WARN(READ_ONCE(lock->owner) == UIK_MUTEX_ENDED,
		     "a destroyed mutex is tried");
		return 0;
	}
	lock_push(task, lock, lock->key, UIK_HELD_MUTEX, 0,
		  __builtin_return_address(0));
	return 1;
}

static noinline void mutex_unlock_slow(struct mutex *lock)
{
	struct task_struct *task = uik_current();

	uik_point(UIK_POINT_UNLOCK, lock, sizeof(*lock), true);
	if (unlikely(!uik_owner_release(&lock->owner, task)) &&
	    !owner_unlock_slow(&lock->owner, task)) {
		lock_release_unowned(lock, "mutex_unlock");
		return;
	}
	lock_pop(task, lock);
}

void (mutex_unlock)(struct mutex *lock)
{
	struct task_struct *task = uik_current_task;

	if (!task || !uik_lock_is_top(task, lock) ||
	    unlikely(!uik_owner_release(&lock->owner, task)))
		mutex_unlock_slow(lock);
	else
		uik_lock_pop(task);
}

/* Decrements unless the count is 1; false when it is. */
static bool dec_unless_last(atomic_t *count)
{
	return atomic_add_unless(count, -1, 1);
}

int atomic_dec_and_mutex_lock(atomic_t *count, struct mutex *lock)
{
	if (dec_unless_last(count))
		return 0;
	mutex_lock(lock);
	if (atomic_dec_and_test(count))
		return 1;
	mutex_unlock(lock);
	return 0;
}
