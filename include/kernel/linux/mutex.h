/* SPDX-License-Identifier: MIT */
/*
 * Sleeping, owner-aware, not recursive mutual exclusion.
 *
 * The word holds the owner; its lowest bit says that somebody sleeps on it.  A
 * recursive lock ends the process; unlocking by another task, destroying a held
 * mutex, taking a destroyed one and locking while atomic are warned about.
 * Ordering: unlock releases, lock acquires.
 */
#ifndef UIK_LINUX_MUTEX_H
#define UIK_LINUX_MUTEX_H

#include <linux/atomic.h>
#include <linux/cleanup.h>
#include <linux/compiler.h>
#include <linux/lockdep.h>
#include <linux/types.h>
#include <uik/abi.h>
#include <uik/quick.h>

struct mutex {
	unsigned long owner;		/* task | someone sleeps */
	struct lock_class_key *key;	/* borrowed for ever; may be NULL */
};

/* The owner of a mutex that was destroyed. */
#define UIK_MUTEX_ENDED (~1ul)

#define __MUTEX_INITIALIZER(name) { .owner = 0, .key = NULL }
#define DEFINE_MUTEX(name) struct mutex name = __MUTEX_INITIALIZER(name)

/* Makes @lock a free mutex of class @key, named @name if it has no name. */
void __mutex_init(struct mutex *lock, const char *name,
		  struct lock_class_key *key) __uik(mutex_init);
#define mutex_init(lock) \
	do { \
		static struct lock_class_key uik_key = { .name = #lock }; \
		__mutex_init((lock), #lock, &uik_key); \
	} while (0)
#define mutex_init_with_key(lock, key) __mutex_init((lock), #lock, (key))
struct device;
int uik_devm_mutex(struct device *dev, struct mutex *lock) __uik_export;
/* A mutex that ends with @dev: held then, it WARNs.  Return: 0 or -ENOMEM. */
#define devm_mutex_init(dev, lock) \
	({ \
		struct mutex *uik_mutex = (lock); \
		mutex_init(uik_mutex); \
		uik_devm_mutex((dev), uik_mutex); \
	})

/* Takes @lock.  Context: may sleep. */
void mutex_lock(struct mutex *lock) __uik(mutex_lock);
/* @subclass tells apart nested locks of one class. */
void mutex_lock_nested(struct mutex *lock, unsigned int subclass)
	__uik(mutex_lock_nested);
/* Return: 0, or -EINTR when a signal is pending for current. */
int __must_check mutex_lock_interruptible(struct mutex *lock)
	__uik(mutex_lock_interruptible);
#define mutex_lock_killable(lock) mutex_lock_interruptible(lock)
#define mutex_lock_killable_nested(lock, subclass) \
	mutex_lock_interruptible(lock)
#define mutex_lock_io(lock) mutex_lock(lock)
#define mutex_lock_io_nested(lock, subclass) mutex_lock_nested(lock, subclass)
/*
 * One of several locks of a class: @outer, held, keeps others from taking them
 * in another order.
 */
#define mutex_lock_nest_lock(lock, outer) \
	do { \
		lockdep_assert_held(outer); \
		mutex_lock(lock); \
	} while (0)
#define mutex_lock_interruptible_nested(lock, subclass) \
	mutex_lock_interruptible(lock)
/* Takes @lock if it is free.  Return: 1 if taken, else 0. */
int mutex_trylock(struct mutex *lock) __uik(mutex_trylock);
/* Gives @lock back.  Context: current holds it. */
void mutex_unlock(struct mutex *lock) __uik(mutex_unlock);

#ifdef UIK_ROOM
uik_quick void uik_mutex_lock_here(struct mutex *lock)
{
	struct task_struct *task = uik_current_task;

	if (!uik_lock_quick(task, true) ||
	    uik_unlikely(!uik_owner_try(&lock->owner, task)))
		mutex_lock(lock);
	else
		uik_lock_push(task, lock, lock->key, UIK_HELD_MUTEX, 0,
			      uik_here());
}

uik_quick void uik_mutex_unlock_here(struct mutex *lock)
{
	struct task_struct *task = uik_current_task;

	if (!uik_lock_is_top(task, lock) ||
	    uik_unlikely(!uik_owner_release(&lock->owner, task)))
		mutex_unlock(lock);
	else
		uik_lock_pop(task);
}

#define mutex_lock(lock) uik_mutex_lock_here(lock)
#define mutex_unlock(lock) uik_mutex_unlock_here(lock)
#endif

static inline bool mutex_is_locked(struct mutex *lock)
{
	unsigned long owner = READ_ONCE(lock->owner);

	return owner && owner != UIK_MUTEX_ENDED;
}

/* It is not free, or somebody looks. */
void uik_mutex_destroy_slow(struct mutex *lock) __uik_export;

/*
 * Ends a mutex; warns when it is held.  Taking it then warns, until it is made
 * again.  A schedule point: whoever does this should be alone with the lock, and
 * an explorer has to see who is not.
 */
static inline void mutex_destroy(struct mutex *lock)
{
	if (uik_some_or_watched(READ_ONCE_NOCHECK(lock->owner)))
		uik_mutex_destroy_slow(lock);
	else
		__atomic_store_n(&lock->owner, UIK_MUTEX_ENDED,
				 __ATOMIC_RELAXED);
}

/* Decrements; when that gives 0, returns 1 with @lock held. */
int atomic_dec_and_mutex_lock(atomic_t *count, struct mutex *lock)
	__uik(atomic_dec_and_mutex_lock);

DEFINE_GUARD(mutex, struct mutex *, mutex_lock(_T), mutex_unlock(_T))
DEFINE_GUARD_COND(mutex, _try, mutex_trylock(_T))
DEFINE_GUARD_COND(mutex, _intr, mutex_lock_interruptible(_T) == 0)

#endif
