/* SPDX-License-Identifier: MIT */
/*
 * Sleeping locks with one writer or many readers.
 *
 * A reader waits while a writer holds or waits, so a task must not take the
 * same lock for reading twice.  The writer is known as owner, readers through
 * their tasks' lock stacks.  Otherwise as <linux/mutex.h>.
 */
#ifndef UIK_LINUX_RWSEM_H
#define UIK_LINUX_RWSEM_H

#include <linux/cleanup.h>
#include <linux/compiler.h>
#include <linux/lockdep.h>
#include <linux/types.h>
#include <uik/abi.h>
#include <uik/quick.h>

struct rw_semaphore {
	struct uik_rw rw;
	struct lock_class_key *key;	/* borrowed for ever; may be NULL */
};

#define __RWSEM_INITIALIZER(name) { .key = NULL }
#define DECLARE_RWSEM(name) struct rw_semaphore name = __RWSEM_INITIALIZER(name)

void __init_rwsem(struct rw_semaphore *sem, const char *name,
		  struct lock_class_key *key) __uik(init_rwsem);
#define init_rwsem(sem) \
	do { \
		static struct lock_class_key uik_key = { .name = #sem }; \
		__init_rwsem((sem), #sem, &uik_key); \
	} while (0)

void down_read(struct rw_semaphore *sem) __uik(down_read);
void up_read(struct rw_semaphore *sem) __uik(up_read);
void down_write(struct rw_semaphore *sem) __uik(down_write);
void down_write_nested(struct rw_semaphore *sem, int subclass)
	__uik(down_write_nested);
void up_write(struct rw_semaphore *sem) __uik(up_write);
/* Turns a write hold into a read hold, without a gap. */
void downgrade_write(struct rw_semaphore *sem) __uik(downgrade_write);
/* Return: 1 if taken, else 0. */
int down_read_trylock(struct rw_semaphore *sem) __uik(down_read_trylock);
int down_write_trylock(struct rw_semaphore *sem) __uik(down_write_trylock);
/* Return: 0, or -EINTR when a signal is pending for current. */
int __must_check down_read_interruptible(struct rw_semaphore *sem)
	__uik(down_read_interruptible);
int __must_check down_write_killable(struct rw_semaphore *sem)
	__uik(down_write_killable);
#define down_read_killable(sem) down_read_interruptible(sem)
#define down_read_nested(sem, subclass) down_read(sem)
#define down_read_killable_nested(sem, subclass) down_read_interruptible(sem)
#define down_write_killable_nested(sem, subclass) down_write_killable(sem)
/* As mutex_lock_nest_lock(). */
#define down_write_nest_lock(sem, outer) \
	do { \
		lockdep_assert_held(outer); \
		down_write(sem); \
	} while (0)

#ifdef UIK_ROOM
uik_quick void uik_down_read_here(struct rw_semaphore *sem)
{
	struct task_struct *task = uik_current_task;

	if (!uik_lock_quick(task, true) || uik_unlikely(!uik_rw_read(&sem->rw)))
		down_read(sem);
	else
		uik_lock_push(task, sem, sem->key, UIK_HELD_READ, 0,
			      uik_here());
}

uik_quick void uik_up_read_here(struct rw_semaphore *sem)
{
	struct task_struct *task = uik_current_task;

	if (!uik_lock_is_top(task, sem) ||
	    uik_unlikely(!uik_rw_read_end(&sem->rw)))
		up_read(sem);
	else
		uik_lock_pop(task);
}

/* Takes it if that can be done in line. */
uik_quick bool uik_down_write_quick(struct rw_semaphore *sem)
{
	struct task_struct *task = uik_current_task;

	if (!uik_lock_quick(task, true) ||
	    uik_unlikely(!uik_rw_write(&sem->rw, task)))
		return false;
	uik_lock_push(task, sem, sem->key, UIK_HELD_WRITE, 0, uik_here());
	return true;
}

uik_quick void uik_down_write_here(struct rw_semaphore *sem)
{
	if (!uik_down_write_quick(sem))
		down_write(sem);
}

uik_quick void uik_up_write_here(struct rw_semaphore *sem)
{
	struct task_struct *task = uik_current_task;

	if (!uik_lock_is_top(task, sem) ||
	    uik_unlikely(!uik_rw_write_end(&sem->rw, task)))
		up_write(sem);
	else
		uik_lock_pop(task);
}

#define down_read(sem) uik_down_read_here(sem)
#define up_read(sem) uik_up_read_here(sem)
#define down_write(sem) uik_down_write_here(sem)
#define up_write(sem) uik_up_write_here(sem)
#endif

static inline int rwsem_is_locked(struct rw_semaphore *sem)
{
	return (READ_ONCE(sem->rw.state) & UIK_RW_HELD) != 0;
}

#define rwsem_assert_held(sem) lockdep_assert_held(sem)
#define rwsem_assert_held_write(sem) lockdep_assert_held_write(sem)

DEFINE_GUARD(rwsem_read, struct rw_semaphore *, down_read(_T), up_read(_T))
DEFINE_GUARD_COND(rwsem_read, _try, down_read_trylock(_T))
DEFINE_GUARD_COND(rwsem_read, _intr, down_read_interruptible(_T) == 0)
DEFINE_GUARD(rwsem_write, struct rw_semaphore *, down_write(_T), up_write(_T))
DEFINE_GUARD_COND(rwsem_write, _try, down_write_trylock(_T))
DEFINE_GUARD_COND(rwsem_write, _kill, down_write_killable(_T) == 0)

#endif
