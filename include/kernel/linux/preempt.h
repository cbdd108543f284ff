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
/* What current is in: a hard handler of an interrupt, a tasklet, neither. */
#define in_hardirq() (uik_current()->hardirq_depth != 0)
#define in_serving_softirq() (uik_current()->softirq_depth != 0)
#define in_interrupt() (in_hardirq() || in_serving_softirq())
#define in_task() (!in_interrupt())
#define in_nmi() 0
#define migrate_disable() preempt_disable()
#define migrate_enable() preempt_enable()

DEFINE_LOCK_GUARD_0(preempt, preempt_disable(), preempt_enable())

#endif
