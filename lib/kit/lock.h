/* SPDX-License-Identifier: MIT */
/*
 * The lock stack of a task, and the word that mutexes and spinlocks share.
 *
 * Each acquisition pushes one entry on the taking task's stack and each release
 * removes it, in any order.  The stack answers lockdep_assert_held(), counts
 * for the audit and is checked when a public entry returns.
 */
#ifndef UIK_KIT_LOCK_H
#define UIK_KIT_LOCK_H

#include <linux/bug.h>
#include <linux/lockdep.h>
#include <linux/lockdep_types.h>
#include <uik/plain.h>
#include <uik/quick.h>
#include <uik/task.h>

/* The lowest bit of an owner word: somebody sleeps on it. */
#define LOCK_SLEEPER 1ul

/* Order recording is on. */
extern bool lock_debug __attribute__((visibility("hidden")));

/* Recording orders is not for the quick way, and schedule points are not. */
static inline void lock_set_quick(struct task_struct *task)
{
	bool quick = !lock_debug && !uik_hooks;

	__atomic_store_n(&task->held_quick,
			 task->held + (quick ? 1 + UIK_LOCK_DEPTH : 0),
			 __ATOMIC_RELAXED);
}

/* The same for every task, of now and later. */
void locks_set_quick(void);

/* Reports, slow sides of the functions below. */
void lock_stack_full(const void *lock);
void lock_release_unowned(const void *lock, const char *what);
/* Whether the lock was on the stack. */
bool lock_release_inner(struct task_struct *task, const void *lock);
/* Before sleeping or spinning for @lock: records the order, finds cycles. */
void lock_order(struct task_struct *task, const void *lock,
		const struct lock_class_key *key, unsigned int subclass,
		const void *site);
void lock_sleeps_atomic(const void *lock, const struct lock_class_key *key,
			const void *site);
/* What a reader calls a class. */
const char *lock_name(const struct lock_class_key *key);
/* The first of its class, or seen. */
void lock_is_new_slow(const void *lock, const char *name,
		      struct lock_class_key *key, const void *site);

/* A schedule point that says whether the lock is free. */
static inline void lock_point(const void *lock, uint32_t size, bool write,
			      bool (*ready)(void *arg), const void *arg,
			      const void *site)
{
#ifndef UIK_NO_HOOKS
	struct uik_point point = {
		.kind = UIK_POINT_LOCK,
		.write = write,
		.size = size,
		.addr = lock,
		.site = site,
		.ready = ready,
		.arg = (void *)arg,
	};

	if (unlikely(uik_hooks))
		uik_point_lock(&point);
#endif
}

/*
 * Last thing of whoever makes a lock, so that it needs no frame: the words written
 * before are nobody's yet.  A class has its name from its first lock on, so that
 * looking for it finds the point, too.
 */
static __always_inline void lock_is_new(const void *lock, const char *name,
					struct lock_class_key *key,
					const void *site)
{
	if (uik_none_or_watched((unsigned long)key->name))
		lock_is_new_slow(lock, name, key, site);
}

/* Whether an owner word is free; a struct uik_rw lets a reader or writer in. */
bool owner_free(void *owner);
bool rw_read_ready(void *rw);
bool rw_write_ready(void *rw);

static inline void lock_push(struct task_struct *task, const void *lock,
			     const struct lock_class_key *key,
			     unsigned int kind, unsigned int subclass,
			     const void *site)
{
	if (unlikely(task->held_top == task->held + 1 + UIK_LOCK_DEPTH))
		lock_stack_full(lock);
	else if (unlikely(uik_hooks))
		uik_lock_push(task, uik_lock_marked(lock), key, kind, subclass,
			      site);
	else
		uik_lock_push(task, lock, key, kind, subclass, site);
}

/* Whether the task held @lock. */
static inline bool lock_pop(struct task_struct *task, const void *lock)
{
	if (unlikely(uik_held_lock(task->held_top - 1) != lock))
		return lock_release_inner(task, lock);
	uik_lock_pop(task);
	return true;
}

/* Checks and records before a lock that may sleep is taken. */
static inline void lock_before(struct task_struct *task, const void *lock,
			       const struct lock_class_key *key,
			       unsigned int subclass, bool sleeps,
			       const void *site)
{
	if (unlikely(sleeps && task->atomic_depth))
		lock_sleeps_atomic(lock, key, site);
	if (unlikely(lock_debug))
		lock_order(task, lock, key, subclass, site);
}

/* Waits for the word and takes it; -EINTR if @interruptible and signalled. */
int owner_lock_slow(unsigned long *owner, struct task_struct *task,
		    bool interruptible, const void *site);

#endif
