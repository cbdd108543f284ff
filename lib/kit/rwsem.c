/* SPDX-License-Identifier: MIT */
/* Reader-writer semaphores on the word of kit/rw.h. */
#include <linux/rwsem.h>

#include "kit/lock.h"
#include "kit/rw.h"

void __init_rwsem(struct rw_semaphore *sem, const char *name,
		  struct lock_class_key *key)
{
	sem->key = key;
	rw_init(&sem->rw);
	lock_is_new(sem, name, key, __builtin_return_address(0));
}

static noinline int read_slow(struct rw_semaphore *sem, bool interruptible,
			      const void *site)
{
	struct task_struct *task = uik_current();

	lock_point(sem, sizeof(*sem), false, rw_read_ready, &sem->rw, site);
	lock_before(task, sem, sem->key, 0, true, site);
	if (unlikely(!uik_rw_read(&sem->rw)) &&
	    rw_read_slow(&sem->rw, task, interruptible, site))
		return -EINTR;
	lock_push(task, sem, sem->key, UIK_HELD_READ, 0, site);
	return 0;
}

static __always_inline int read_take(struct rw_semaphore *sem,
				     bool interruptible, const void *site)
{
	struct task_struct *task = uik_current_task;

	if (!uik_lock_quick(task, true) || unlikely(!uik_rw_read(&sem->rw)))
		return read_slow(sem, interruptible, site);
	uik_lock_push(task, sem, sem->key, UIK_HELD_READ, 0, site);
	return 0;
}

static noinline int write_slow(struct rw_semaphore *sem, unsigned int subclass,
			       bool interruptible, const void *site)
{
	struct task_struct *task = uik_current();

	lock_point(sem, sizeof(*sem), true, rw_write_ready, &sem->rw, site);
	lock_before(task, sem, sem->key, subclass, true, site);
	if (unlikely(!uik_rw_write(&sem->rw, task)) &&
	    rw_write_slow(&sem->rw, task, interruptible, site))
		return -EINTR;
	lock_push(task, sem, sem->key, UIK_HELD_WRITE, subclass, site);
	return 0;
}

static __always_inline int write_take(struct rw_semaphore *sem,
				      unsigned int subclass, bool interruptible,
				      const void *site)
{
	struct task_struct *task = uik_current_task;

	if (!uik_lock_quick(task, true) || unlikely(!uik_rw_write(&sem->rw, task)))
		return write_slow(sem, subclass, interruptible, site);
	uik_lock_push(task, sem, sem->key, UIK_HELD_WRITE, subclass, site);
	return 0;
}

void (down_read)(struct rw_semaphore *sem)
{
	read_take(sem, false, __builtin_return_address(0));
}

int down_read_interruptible(struct rw_semaphore *sem)
{
	return read_take(sem, true, __builtin_return_address(0));
}

void (down_write)(struct rw_semaphore *sem)
{
	write_take(sem, 0, false, __builtin_return_address(0));
}

void down_write_nested(struct rw_semaphore *sem, int subclass)
{
	write_take(sem, subclass, false, __builtin_return_address(0));
}

int down_write_killable(struct rw_semaphore *sem)
{
	return write_take(sem, 0, true, __builtin_return_address(0));
}

int down_read_trylock(struct rw_semaphore *sem)
{
	struct task_struct *task = uik_current();

	uik_point(UIK_POINT_TRYLOCK, sem, sizeof(*sem), false);
	if (!uik_rw_read(&sem->rw) && !rw_read_try_slow(&sem->rw))
		return 0;
	lock_push(task, sem, sem->key, UIK_HELD_READ, 0,
		  __builtin_return_address(0));
	return 1;
}

int down_write_trylock(struct rw_semaphore *sem)
{
	struct task_struct *task = uik_current();

	uik_point(UIK_POINT_TRYLOCK, sem, sizeof(*sem), true);
	if (!rw_write_try_slow(&sem->rw, task, false))
		return 0;
	lock_push(task, sem, sem->key, UIK_HELD_WRITE, 0,
		  __builtin_return_address(0));
	return 1;
}

static noinline void up_read_slow(struct rw_semaphore *sem)
{
	struct task_struct *task = uik_current();

	uik_point(UIK_POINT_UNLOCK, sem, sizeof(*sem), true);
	if (unlikely(!lock_pop(task, sem))) {
		lock_release_unowned(sem, "up_read");
		return;
	}
	rw_read_release(&sem->rw);
}

void (up_read)(struct rw_semaphore *sem)
{
	struct task_struct *task = uik_current_task;

	if (!task || !uik_lock_is_top(task, sem)) {
		up_read_slow(sem);
		return;
	}
	uik_lock_pop(task);
	rw_read_release(&sem->rw);
}

/* Whether current is the writer; warns if it is not. */
static bool check_writer(struct rw_semaphore *sem, struct task_struct *task,
			 const char *what)
{
	if (likely(__atomic_load_n(&sem->rw.owner, __ATOMIC_RELAXED) ==
		   (unsigned long)task))
		return true;
	lock_release_unowned(sem, what);
	return false;
}

static noinline void up_write_slow(struct rw_semaphore *sem)
{
	struct task_struct *task = uik_current();

	uik_point(UIK_POINT_UNLOCK, sem, sizeof(*sem), true);
	if (!check_writer(sem, task, "up_write"))
		return;
	lock_pop(task, sem);
	rw_write_release(&sem->rw, 0);
}

void (up_write)(struct rw_semaphore *sem)
{
	struct task_struct *task = uik_current_task;

	if (!task || !uik_lock_is_top(task, sem) ||
	    unlikely(__atomic_load_n(&sem->rw.owner, __ATOMIC_RELAXED) !=
		     (unsigned long)task)) {
		up_write_slow(sem);
		return;
	}
	uik_lock_pop(task);
	rw_write_release(&sem->rw, 0);
}

void downgrade_write(struct rw_semaphore *sem)
{
	struct task_struct *task = uik_current();
	const void *site = __builtin_return_address(0);

	uik_point(UIK_POINT_UNLOCK, sem, sizeof(*sem), true);
	if (!check_writer(sem, task, "downgrade_write"))
		return;
	lock_pop(task, sem);
	lock_push(task, sem, sem->key, UIK_HELD_READ, 0, site);
	rw_write_release(&sem->rw, 1);
}
