/* SPDX-License-Identifier: MIT */
/*
 * Locks in line, for the library's own rooms.
 *
 * A lock that is free, taken while nobody watches, and given back in order, is
 * an exchange of its word and an entry of the task's lock stack.  Whatever is
 * not so goes the long way, the function of the same name, from its start.
 *
 * Included by the headers of the locks when UIK_ROOM is defined; everybody else
 * calls the functions.  A file that defines or means one of them writes its
 * name in parentheses.
 */
#ifndef UIK_QUICK_H
#define UIK_QUICK_H

#include <linux/lockdep_types.h>
#include <uik/hook.h>
#include <uik/task.h>

#define uik_quick static inline __attribute__((always_inline))

/* The address of this very place; each use has its own. */
uik_quick const void *uik_here(void)
{
	const void *here;

#if defined(__x86_64__)
	__asm__ volatile("leaq 0(%%rip), %0" : "=r"(here));
#elif defined(__aarch64__)
	__asm__ volatile("adr %0, ." : "=r"(here));
#else
	here = __builtin_return_address(0);
#endif
	return here;
}

/*
 * Whether the stack of @task takes another lock in line.  While hooks are
 * installed held_quick lies below every stack, so that none does.
 */
uik_quick bool uik_lock_has_room(const struct task_struct *task)
{
	return uik_likely(task->held_top < task->held_quick);
}

/* Whether @task can take a lock in line; @sleeps: one that may sleep. */
uik_quick bool uik_lock_quick(const struct task_struct *task, bool sleeps)
{
	return uik_likely(task) && uik_likely(!sleeps || !task->atomic_depth) &&
	       uik_lock_has_room(task);
}

/* Pushes where there is room. */
uik_quick void uik_lock_push(struct task_struct *task, const void *lock,
			     const struct lock_class_key *key,
			     unsigned int kind, unsigned int subclass,
			     const void *site)
{
	struct uik_held_lock *held = task->held_top;

	held->lock = lock;
	held->key = key;
	held->site = site;
	held->how = kind | subclass << 16;
	/* The audit of another task reads it. */
	__atomic_store_n(&task->held_top, held + 1, __ATOMIC_RELAXED);
}

/*
 * Whether @lock is on top of the stack and was taken while nobody watched.
 * @task has taken locks, so that it is there.
 */
uik_quick bool uik_lock_is_top(const struct task_struct *task, const void *lock)
{
	return uik_likely(task->held_top[-1].lock == lock);
}

uik_quick void uik_lock_pop(struct task_struct *task)
{
	__atomic_store_n(&task->held_top, task->held_top - 1,
			 __ATOMIC_RELAXED);
}

/* Takes the owner word of a mutex or spinlock if it is free. */
uik_quick bool uik_owner_try(unsigned long *owner, struct task_struct *task)
{
	unsigned long none = 0;

	return __atomic_compare_exchange_n(owner, &none, (unsigned long)task,
					   false, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}

/* Gives it back if nobody sleeps on it. */
uik_quick bool uik_owner_release(unsigned long *owner, struct task_struct *task)
{
	unsigned long mine = (unsigned long)task;

	return __atomic_compare_exchange_n(owner, &mine, 0, false,
					   __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}

/* The long way; false if @task does not own it. */
bool owner_unlock_slow(unsigned long *owner, struct task_struct *task);

/* Takes the word of readers and a writer for reading: nobody writes or waits. */
uik_quick bool uik_rw_read(struct uik_rw *rw)
{
	u64 seen = __atomic_load_n(&rw->state, __ATOMIC_RELAXED);

	return !(seen & ~UIK_RW_READERS) &&
	       __atomic_compare_exchange_n(&rw->state, &seen, seen + 1, false,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

uik_quick bool uik_rw_read_end(struct uik_rw *rw)
{
	u64 seen = __atomic_load_n(&rw->state, __ATOMIC_RELAXED);

	return !(seen & ~UIK_RW_READERS) &&
	       __atomic_compare_exchange_n(&rw->state, &seen, seen - 1, false,
					   __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}

/* For writing: it is free. */
uik_quick bool uik_rw_write(struct uik_rw *rw, struct task_struct *task)
{
	u64 none = 0;

	if (!__atomic_compare_exchange_n(&rw->state, &none, UIK_RW_WRITER,
					 false, __ATOMIC_ACQUIRE,
					 __ATOMIC_RELAXED))
		return false;
	__atomic_store_n(&rw->owner, (unsigned long)task, __ATOMIC_RELAXED);
	return true;
}

/* @task is the owner, who is nobody at the moment when it is free. */
uik_quick bool uik_rw_write_end(struct uik_rw *rw, struct task_struct *task)
{
	u64 mine = UIK_RW_WRITER;

	if (__atomic_load_n(&rw->owner, __ATOMIC_RELAXED) !=
	    (unsigned long)task)
		return false;
	__atomic_store_n(&rw->owner, 0, __ATOMIC_RELAXED);
	if (__atomic_compare_exchange_n(&rw->state, &mine, 0, false,
					__ATOMIC_RELEASE, __ATOMIC_RELAXED))
		return true;
	__atomic_store_n(&rw->owner, (unsigned long)task, __ATOMIC_RELAXED);
	return false;
}

#endif
