/* SPDX-License-Identifier: MIT */
/*
 * Task states, sleeping and waking.
 *
 * A task announces that it is about to sleep by its state, checks what it waits
 * for, and calls schedule(), which returns once the state is TASK_RUNNING
 * again.  wake_up_process() sets that state; a wake-up between announcement and
 * schedule() is not lost.  Spurious returns are possible: check in a loop.
 */
#ifndef UIK_LINUX_SCHED_H
#define UIK_LINUX_SCHED_H

#include <limits.h>
#include <linux/compiler.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/preempt.h>
#include <linux/smp.h>
#include <linux/types.h>
#include <uik/abi.h>
#include <uik/task.h>

#define TASK_RUNNING 0x00000000
#define TASK_INTERRUPTIBLE 0x00000001
#define TASK_UNINTERRUPTIBLE 0x00000002
#define TASK_WAKEKILL 0x00000100
#define TASK_NOLOAD 0x00000400
#define TASK_NEW 0x00000800
#define TASK_KILLABLE (TASK_WAKEKILL | TASK_UNINTERRUPTIBLE)
#define TASK_IDLE (TASK_UNINTERRUPTIBLE | TASK_NOLOAD)
#define TASK_NORMAL (TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE)
#define TASK_ALL (TASK_NORMAL | TASK_NEW)

#define MAX_SCHEDULE_TIMEOUT LONG_MAX
#define TASK_COMM_LEN 16

#define __set_current_state(state_value) \
	__atomic_store_n(&uik_current()->__state, (state_value), \
			 __ATOMIC_RELAXED)
/* Full barrier after the store: pairs with the one in wake_up_process(). */
#define set_current_state(state_value) \
	((void)__atomic_exchange_n(&uik_current()->__state, (state_value), \
				   __ATOMIC_SEQ_CST))
#define get_current_state() \
	__atomic_load_n(&uik_current()->__state, __ATOMIC_RELAXED)

/* Sleeps until woken.  Context: may sleep. */
void schedule(void) __uik(schedule);
/*
 * Sleeps until woken or @timeout jiffies have passed (MAX_SCHEDULE_TIMEOUT: for
 * ever).  Return: jiffies left, 0 when the time is over.
 */
signed long schedule_timeout(signed long timeout) __uik(schedule_timeout);
signed long schedule_timeout_interruptible(signed long timeout)
	__uik(schedule_timeout_interruptible);
signed long schedule_timeout_uninterruptible(signed long timeout)
	__uik(schedule_timeout_uninterruptible);
#define schedule_timeout_killable(timeout) \
	schedule_timeout_interruptible(timeout)
#define schedule_timeout_idle(timeout) schedule_timeout_uninterruptible(timeout)
#define io_schedule() schedule()
#define io_schedule_timeout(timeout) schedule_timeout(timeout)

/* Makes @task run if it sleeps.  Return: 1 if it did, else 0. */
int wake_up_process(struct task_struct *task) __uik(wake_up_process);
/* As wake_up_process() for a task whose state is in mask @state. */
int wake_up_state(struct task_struct *task, unsigned int state)
	__uik(wake_up_state);

/* Lets other tasks run.  Return: whether it did. */
int uik_resched(void) __uik_export;
#define cond_resched() ({ might_sleep(); uik_resched(); })
#define yield() ((void)uik_resched())
#define need_resched() false

/* Whether a signal is pending for @task: the caller of an entry asked so. */
static inline int uik_signal_pending(struct task_struct *task)
{
	return READ_ONCE(task->signal_pending);
}

#define signal_pending(task) uik_signal_pending(task)
#define fatal_signal_pending(task) uik_signal_pending(task)

static inline int signal_pending_state(unsigned int state,
				       struct task_struct *task)
{
	return (state & (TASK_INTERRUPTIBLE | TASK_WAKEKILL)) &&
	       uik_signal_pending(task);
}

static inline pid_t task_pid_nr(struct task_struct *task)
{
	return task->pid;
}

static inline pid_t task_tgid_nr(struct task_struct *task)
{
	return task->tgid;
}

#define task_cpu(task) ((unsigned int)(task)->cpu)
#define same_thread_group(a, b) ((a)->tgid == (b)->tgid)

static inline struct task_struct *get_task_struct(struct task_struct *task)
{
	uik_task_get(task);
	return task;
}

static inline void put_task_struct(struct task_struct *task)
{
	uik_task_put(task);
}

#endif
