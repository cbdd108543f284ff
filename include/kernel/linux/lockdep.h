/* SPDX-License-Identifier: MIT */
/*
 * Lock assertions.  They ask the calling task's lock stack, which is always
 * kept, and warn in every build.
 *
 * With UIOMMUFD_DEBUG containing "locks" or "refs" the order in which classes
 * are taken is recorded, and an order that closes a cycle is warned about.
 */
#ifndef UIK_LINUX_LOCKDEP_H
#define UIK_LINUX_LOCKDEP_H

#include <linux/bug.h>
#include <linux/lockdep_types.h>
#include <linux/preempt.h>
#include <uik/task.h>

static inline bool uik_lock_on_stack(const void *lock, int exclusive)
{
	const struct task_struct *task = uik_current();
	const struct uik_held_lock *held = task->held_top;

	while (--held > task->held) {
		unsigned int kind = held->kind & 0xff;

		if (held->lock == lock)
			return exclusive < 0 ||
			       exclusive == (kind != UIK_HELD_READ);
	}
	return false;
}

/* Whether current holds @lock; -1 in any way, 0 shared, 1 exclusively. */
static inline bool uik_lock_held(const void *lock, int exclusive)
{
	return uik_lock_on_stack(lock, exclusive) ||
	       (uik_unlikely(uik_hooks) &&
		uik_lock_on_stack(uik_lock_marked(lock), exclusive));
}

#define lockdep_is_held(lock) uik_lock_held((lock), -1)
#define lockdep_is_held_type(lock, read) uik_lock_held((lock), !(read))
#define lockdep_assert(cond) ((void)WARN_ON(!(cond)))
#define lockdep_assert_once(cond) ((void)WARN_ON_ONCE(!(cond)))
#define lockdep_assert_held(lock) lockdep_assert(lockdep_is_held(lock))
#define lockdep_assert_not_held(lock) lockdep_assert(!lockdep_is_held(lock))
#define lockdep_assert_held_write(lock) lockdep_assert(uik_lock_held((lock), 1))
#define lockdep_assert_held_read(lock) lockdep_assert(uik_lock_held((lock), 0))
#define lockdep_assert_held_once(lock) \
	lockdep_assert_once(lockdep_is_held(lock))
#define lockdep_assert_none_held_once() \
	lockdep_assert_once(!uik_held_count(uik_current()))
#define lockdep_assert_in_task() lockdep_assert_once(in_task())

#define SINGLE_DEPTH_NESTING 1

/* Gives @lock another class than that of its initialisation. */
#define lockdep_set_class(lock, class_key) ((lock)->key = (class_key))
#define lockdep_set_class_and_name(lock, class_key, class_name) \
	do { \
		(class_key)->name = (class_name); \
		(lock)->key = (class_key); \
	} while (0)
/* Nothing to do: keys need no registration. */
#define lockdep_register_key(key) ((void)(key))
#define lockdep_unregister_key(key) uik_lock_forget_class(key)

/*
 * Records that current may take @lock at this place, without taking it: an
 * order cycle shows although the lock was free.
 */
void uik_might_lock(void *lock, struct lock_class_key *key) __uik_export;
#define might_lock(lock) uik_might_lock((lock), (lock)->key)
#define might_lock_read(lock) uik_might_lock((lock), (lock)->key)

/* Drops all recorded orders of a class whose memory ends. */
void uik_lock_forget_class(const struct lock_class_key *key) __uik_export;
/* Drops all recorded orders. */
void uik_lock_forget_orders(void) __uik_export;
/* Turns the recording of orders on or off; UIOMMUFD_DEBUG sets the default. */
void uik_lock_debug(bool on) __uik_export;
/* Warns about each lock that current holds beyond the first @count. */
void uik_lock_check_return(unsigned int count) __uik_export;

#define lockdep_assert_irqs_disabled() lockdep_assert_once(in_atomic())
#define lockdep_assert_preemption_disabled() lockdep_assert_once(in_atomic())
#define lockdep_assert_in_irq() lockdep_assert_once(in_hardirq())
#define lockdep_assert_in_softirq() lockdep_assert_once(in_serving_softirq())

#endif
