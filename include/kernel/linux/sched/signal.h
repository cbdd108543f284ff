/* SPDX-License-Identifier: MIT */
/* Limits of a task. */
#ifndef UIK_LINUX_SCHED_SIGNAL_H
#define UIK_LINUX_SCHED_SIGNAL_H

#include <sys/resource.h>
#include <linux/sched.h>
#include <uik/task.h>

/*
 * task_rlimit - a limit of @task's thread group; only RLIMIT_MEMLOCK is kept,
 * the others are unlimited.
 */
static inline unsigned long task_rlimit(const struct task_struct *task,
					unsigned int limit)
{
	if (limit != RLIMIT_MEMLOCK)
		return ~0ul;
	return __atomic_load_n(&task->group_leader->rlimit_memlock_bytes,
			       __ATOMIC_RELAXED);
}

static inline unsigned long rlimit(unsigned int limit)
{
	return task_rlimit(current, limit);
}

#endif
