/* SPDX-License-Identifier: MIT */
/* Atomic sections of a task: sleeping in one is warned about. */
#ifndef UIK_LINUX_PREEMPT_H
#define UIK_LINUX_PREEMPT_H

#include <linux/cleanup.h>
#include <linux/compiler.h>
#include <uik/task.h>

static inline void preempt_disable(void)
{
	uik_current()->atomic_depth++;
	barrier();
}

static inline void preempt_enable(void)
{
	barrier();
	uik_current()->atomic_depth--;
}

#define preempt_count() (uik_current()->atomic_depth)
#define in_atomic() (preempt_count() != 0)
#define preemptible() (preempt_count() == 0)
#define migrate_disable() preempt_disable()
#define migrate_enable() preempt_enable()

DEFINE_LOCK_GUARD_0(preempt, preempt_disable(), preempt_enable())

#endif
