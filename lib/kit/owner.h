/* SPDX-License-Identifier: MIT */
/* Counting, in line, what a task belongs to: address space, group, user. */
#ifndef UIK_KIT_OWNER_H
#define UIK_KIT_OWNER_H

#include <linux/compiler.h>
#include <linux/mm_types.h>
#include <uik/mm.h>
#include <uik/task.h>

static inline void owner_hold(struct mm_struct *mm, struct task_struct *task,
			      struct user_struct *user)
{
	__atomic_fetch_add(&mm->mm_count.counter, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&task->refs, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&user->refs, 1, __ATOMIC_RELAXED);
}

/*
 * For @mm of this process.  Return: whether @task has lost its last reference
 * and uik_task_end() is owed.
 */
static inline bool owner_drop_own(struct mm_struct *mm,
				  struct task_struct *task,
				  struct user_struct *user)
{
	__atomic_fetch_sub(&mm->mm_count.counter, 1, __ATOMIC_RELEASE);
	__atomic_fetch_sub(&user->refs, 1, __ATOMIC_RELEASE);
	return !__atomic_sub_fetch(&task->refs, 1, __ATOMIC_ACQ_REL);
}

/* Users stay with their count at zero; our own address space has no last. */
static inline void owner_drop(struct mm_struct *mm, struct task_struct *task,
			      struct user_struct *user)
{
	if (likely(mm->own))
		__atomic_fetch_sub(&mm->mm_count.counter, 1, __ATOMIC_RELEASE);
	else
		uik_mm_put(mm);
	if (unlikely(!__atomic_sub_fetch(&task->refs, 1, __ATOMIC_ACQ_REL)))
		uik_task_end(task);
	__atomic_fetch_sub(&user->refs, 1, __ATOMIC_RELEASE);
}

#endif
