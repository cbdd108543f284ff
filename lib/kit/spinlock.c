/* SPDX-License-Identifier: MIT */
/*
 * Spinlocks and reader-writer spinlocks.
 *
 * They are the mutex's and rwsem's words; holding one makes the task atomic.
 */
#include <linux/spinlock.h>

#include "kit/lock.h"
#include "kit/rw.h"

void __spin_lock_init(spinlock_t *lock, const char *name,
		      struct lock_class_key *key)
{
	lock->key = key;
	__atomic_store_n(&lock->owner, 0, __ATOMIC_RELAXED);
	lock_is_new(lock, name, key, __builtin_return_address(0));
}

static noinline void spin_lock_slow(spinlock_t *lock, unsigned int subclass,
				    const void *site)
{
	struct task_struct *task = uik_current();

	lock_point(lock, sizeof(*lock), true, owner_free, &lock->owner, site);
	lock_before(task, lock, lock->key, subclass, false, site);
	task->atomic_depth++;
	if (unlikely(!uik_owner_try(&lock->owner, task)))
		owner_lock_slow(&lock->owner, task, false, site);
	lock_push(task, lock, lock->key, UIK_HELD_SPIN, subclass, site);
}

static __always_inline void spin_take(spinlock_t *lock, unsigned int subclass,
				      const void *site)
{
	struct task_struct *task = uik_current_task;

	if (!uik_lock_quick(task, false) ||
	    unlikely(!uik_owner_try(&lock->owner, task))) {
		spin_lock_slow(lock, subclass, site);
		return;
	}
	task->atomic_depth++;
	uik_lock_push(task, lock, lock->key, UIK_HELD_SPIN, subclass, site);
}

void (spin_lock)(spinlock_t *lock)
{
	spin_take(lock, 0, __builtin_return_address(0));
}

void spin_lock_nested(spinlock_t *lock, unsigned int subclass)
{
	spin_take(lock, subclass, __builtin_return_address(0));
}

int spin_trylock(spinlock_t *lock)
{
	struct task_struct *task = uik_current();

	uik_point(UIK_POINT_TRYLOCK, lock, sizeof(*lock), true);
	if (!uik_owner_try(&lock->owner, task))
		return 0;
	task->atomic_depth++;
	lock_push(task, lock, lock->key, UIK_HELD_SPIN, 0,
		  __builtin_return_address(0));
	return 1;
}

static noinline void spin_unlock_slow(spinlock_t *lock)
{
	struct task_struct *task = uik_current();

	uik_point(UIK_POINT_UNLOCK, lock, sizeof(*lock), true);
	if (unlikely(!uik_owner_release(&lock->owner, task)) &&
	    !owner_unlock_slow(&lock->owner, task)) {
		lock_release_unowned(lock, "spin_unlock");
		return;
	}
	lock_pop(task, lock);
	task->atomic_depth--;
}

void (spin_unlock)(spinlock_t *lock)
{
	struct task_struct *task = uik_current_task;

	if (!task || !uik_lock_is_top(task, lock) ||
	    unlikely(!uik_owner_release(&lock->owner, task))) {
		spin_unlock_slow(lock);
		return;
	}
	task->atomic_depth--;
	uik_lock_pop(task);
}

void *uik_spin_brief_end_slow(spinlock_t *lock, struct task_struct *task,
			      void *result)
{
	owner_unlock_slow(&lock->owner, task);
	return result;
}

int atomic_dec_and_lock(atomic_t *count, spinlock_t *lock)
{
	if (atomic_add_unless(count, -1, 1))
		return 0;
	spin_lock(lock);
	if (atomic_dec_and_test(count))
		return 1;
	spin_unlock(lock);
	return 0;
}

void __rwlock_init(rwlock_t *lock, const char *name, struct lock_class_key *key)
{
	if (!key->name)
		key->name = name;
	lock->key = key;
	rw_init(&lock->rw);
}

void read_lock(rwlock_t *lock)
{
	const void *site = __builtin_return_address(0);
	struct task_struct *task = uik_current();

	lock_point(lock, sizeof(*lock), false, rw_read_ready, &lock->rw, site);
	lock_before(task, lock, lock->key, 0, false, site);
	task->atomic_depth++;
	if (unlikely(!uik_rw_read(&lock->rw)))
		rw_read_slow(&lock->rw, task, false, site);
	lock_push(task, lock, lock->key, UIK_HELD_READ | UIK_HELD_RWLOCK, 0,
		  site);
}

void write_lock(rwlock_t *lock)
{
	const void *site = __builtin_return_address(0);
	struct task_struct *task = uik_current();

	lock_point(lock, sizeof(*lock), true, rw_write_ready, &lock->rw, site);
	lock_before(task, lock, lock->key, 0, false, site);
	task->atomic_depth++;
	if (unlikely(!uik_rw_write(&lock->rw, task)))
		rw_write_slow(&lock->rw, task, false, site);
	lock_push(task, lock, lock->key, UIK_HELD_WRITE | UIK_HELD_RWLOCK, 0,
		  site);
}

int read_trylock(rwlock_t *lock)
{
	struct task_struct *task = uik_current();

	uik_point(UIK_POINT_TRYLOCK, lock, sizeof(*lock), false);
	if (!rw_read_try_slow(&lock->rw))
		return 0;
	task->atomic_depth++;
	lock_push(task, lock, lock->key, UIK_HELD_READ | UIK_HELD_RWLOCK, 0,
		  __builtin_return_address(0));
	return 1;
}

int write_trylock(rwlock_t *lock)
{
	struct task_struct *task = uik_current();

	uik_point(UIK_POINT_TRYLOCK, lock, sizeof(*lock), true);
	if (!rw_write_try_slow(&lock->rw, task, false))
		return 0;
	task->atomic_depth++;
	lock_push(task, lock, lock->key, UIK_HELD_WRITE | UIK_HELD_RWLOCK, 0,
		  __builtin_return_address(0));
	return 1;
}

void read_unlock(rwlock_t *lock)
{
	struct task_struct *task = uik_current();

	uik_point(UIK_POINT_UNLOCK, lock, sizeof(*lock), true);
	if (unlikely(!lock_pop(task, lock))) {
		lock_release_unowned(lock, "read_unlock");
		return;
	}
	rw_read_release(&lock->rw);
	task->atomic_depth--;
}

void write_unlock(rwlock_t *lock)
{
	struct task_struct *task = uik_current();

	uik_point(UIK_POINT_UNLOCK, lock, sizeof(*lock), true);
	if (unlikely(__atomic_load_n(&lock->rw.owner, __ATOMIC_RELAXED) !=
		     (unsigned long)task)) {
		lock_release_unowned(lock, "write_unlock");
		return;
	}
	lock_pop(task, lock);
	rw_write_release(&lock->rw, 0);
	task->atomic_depth--;
}
