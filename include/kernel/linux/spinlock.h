/* SPDX-License-Identifier: MIT */
/*
 * Locks under which a task must not sleep.
 *
 * Interrupts are threads here, so the _irq and _bh forms are the plain ones;
 * the flags word they save is 0.  A waiter spins shortly, then sleeps in the
 * system: the holder may have lost its processor.  While one is held, current
 * is atomic and sleeping is warned about.  Otherwise as <linux/mutex.h>.
 */
#ifndef UIK_LINUX_SPINLOCK_H
#define UIK_LINUX_SPINLOCK_H

#include <linux/atomic.h>
#include <linux/cleanup.h>
#include <linux/irqflags.h>
#include <linux/lockdep.h>
#include <linux/preempt.h>
#include <linux/spinlock_types.h>
#include <uik/abi.h>
#include <uik/quick.h>

void __spin_lock_init(spinlock_t *lock, const char *name,
		      struct lock_class_key *key) __uik(spin_lock_init);
#define spin_lock_init(lock) \
	do { \
		static struct lock_class_key uik_key = { .name = #lock }; \
		__spin_lock_init((lock), #lock, &uik_key); \
	} while (0)

void spin_lock(spinlock_t *lock) __uik(spin_lock);
void spin_lock_nested(spinlock_t *lock, unsigned int subclass)
	__uik(spin_lock_nested);
/* Return: 1 if taken, else 0. */
int spin_trylock(spinlock_t *lock) __uik(spin_trylock);
void spin_unlock(spinlock_t *lock) __uik(spin_unlock);

#ifdef UIK_ROOM
uik_quick void uik_spin_lock_here(spinlock_t *lock)
{
	struct task_struct *task = uik_current_task;

	if (!uik_lock_quick(task, false) ||
	    uik_unlikely(!uik_owner_try(&lock->owner, task))) {
		spin_lock(lock);
		return;
	}
	task->atomic_depth++;
	uik_lock_push(task, lock, lock->key, UIK_HELD_SPIN, 0, uik_here());
}

uik_quick void uik_spin_unlock_here(spinlock_t *lock)
{
	struct task_struct *task = uik_current_task;

	if (!uik_lock_is_top(task, lock) ||
	    uik_unlikely(!uik_owner_release(&lock->owner, task))) {
		spin_unlock(lock);
		return;
	}
	task->atomic_depth--;
	uik_lock_pop(task);
}

/*
 * A section of a few instructions that calls nothing: no one can ask whether
 * its lock is held, so that it has no entry on the stack.  False: take the lock
 * as usual, which makes the schedule points.  There are none inside.
 */
uik_quick bool uik_spin_brief(spinlock_t *lock, struct task_struct *task)
{
	return uik_lock_quick(task, false) &&
	       uik_likely(uik_owner_try(&lock->owner, task));
}

/* The same, but false also when anybody looks at failure points. */
uik_quick bool uik_spin_brief_unseen(spinlock_t *lock, struct task_struct *task)
{
	return !uik_none_or_watched((unsigned long)task) &&
	       uik_lock_has_room(task) &&
	       uik_likely(uik_owner_try(&lock->owner, task));
}

/* Somebody sleeps on it.  Returns @result, for callers to return the same. */
void *uik_spin_brief_end_slow(spinlock_t *lock, struct task_struct *task,
			      void *result);

uik_quick void *uik_spin_brief_end(spinlock_t *lock, struct task_struct *task,
				   void *result)
{
	return uik_likely(uik_owner_release(&lock->owner, task)) ? result :
		uik_spin_brief_end_slow(lock, task, result);
}

#define spin_lock(lock) uik_spin_lock_here(lock)
#define spin_unlock(lock) uik_spin_unlock_here(lock)
#endif

static inline bool spin_is_locked(spinlock_t *lock)
{
	return READ_ONCE(lock->owner);
}

#define assert_spin_locked(lock) lockdep_assert_held(lock)
/* As mutex_lock_nest_lock(). */
#define spin_lock_nest_lock(lock, outer) \
	do { \
		lockdep_assert_held(outer); \
		spin_lock(lock); \
	} while (0)
#define spin_lock_irq(lock) spin_lock(lock)
#define spin_unlock_irq(lock) spin_unlock(lock)
#define spin_trylock_irq(lock) spin_trylock(lock)
#define spin_lock_bh(lock) spin_lock(lock)
#define spin_lock_bh_nested(lock, subclass) spin_lock_nested(lock, subclass)
#define spin_trylock_bh(lock) spin_trylock(lock)
#define spin_unlock_bh(lock) spin_unlock(lock)
#define spin_lock_irqsave(lock, flags) \
	do { \
		(flags) = 0; \
		spin_lock(lock); \
	} while (0)
#define spin_lock_irqsave_nested(lock, flags, subclass) \
	do { \
		(flags) = 0; \
		spin_lock_nested(lock, subclass); \
	} while (0)
#define spin_trylock_irqsave(lock, flags) \
	({ \
		(flags) = 0; \
		spin_trylock(lock); \
	})
static inline void spin_unlock_irqrestore(spinlock_t *lock, unsigned long flags)
{
	spin_unlock(lock);
}

#define raw_spin_lock_init(lock) spin_lock_init(lock)
#define raw_spin_is_locked(lock) spin_is_locked(lock)
#define assert_raw_spin_locked(lock) assert_spin_locked(lock)
#define raw_spin_lock(lock) spin_lock(lock)
#define raw_spin_lock_nested(lock, subclass) spin_lock_nested(lock, subclass)
#define raw_spin_lock_nest_lock(lock, outer) spin_lock_nest_lock(lock, outer)
#define raw_spin_lock_bh(lock) spin_lock(lock)
#define raw_spin_unlock_bh(lock) spin_unlock(lock)
#define raw_spin_trylock_bh(lock) spin_trylock(lock)
#define raw_spin_trylock_irq(lock) spin_trylock(lock)
#define raw_spin_trylock_irqsave(lock, flags) spin_trylock_irqsave(lock, flags)
#define raw_spin_trylock(lock) spin_trylock(lock)
#define raw_spin_unlock(lock) spin_unlock(lock)
#define raw_spin_lock_irq(lock) spin_lock(lock)
#define raw_spin_unlock_irq(lock) spin_unlock(lock)
#define raw_spin_lock_irqsave(lock, flags) spin_lock_irqsave(lock, flags)
#define raw_spin_unlock_irqrestore(lock, flags) \
	spin_unlock_irqrestore(lock, flags)

/* Decrements; when that gives 0, returns 1 with @lock held. */
int atomic_dec_and_lock(atomic_t *count, spinlock_t *lock)
	__uik(atomic_dec_and_lock);
#define atomic_dec_and_lock_irqsave(count, lock, flags) \
	({ \
		(flags) = 0; \
		atomic_dec_and_lock(count, lock); \
	})

#include <linux/rwlock.h>

DEFINE_GUARD(spinlock, spinlock_t *, spin_lock(_T), spin_unlock(_T))
DEFINE_GUARD_COND(spinlock, _try, spin_trylock(_T))
DEFINE_GUARD(spinlock_irq, spinlock_t *, spin_lock(_T), spin_unlock(_T))
DEFINE_GUARD_COND(spinlock_irq, _try, spin_trylock(_T))
DEFINE_GUARD(spinlock_irqsave, spinlock_t *, spin_lock(_T), spin_unlock(_T))
DEFINE_GUARD_COND(spinlock_irqsave, _try, spin_trylock(_T))
DEFINE_GUARD(spinlock_bh, spinlock_t *, spin_lock(_T), spin_unlock(_T))
DEFINE_GUARD(raw_spinlock, raw_spinlock_t *, spin_lock(_T), spin_unlock(_T))
DEFINE_GUARD(raw_spinlock_irqsave, raw_spinlock_t *, spin_lock(_T),
	     spin_unlock(_T))
DEFINE_GUARD(read_lock, rwlock_t *, read_lock(_T), read_unlock(_T))
DEFINE_GUARD(write_lock, rwlock_t *, write_lock(_T), write_unlock(_T))

#endif
