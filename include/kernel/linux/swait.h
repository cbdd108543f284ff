/* SPDX-License-Identifier: MIT */
/* Simple wait queues: here the same as the full ones. */
#ifndef UIK_LINUX_SWAIT_H
#define UIK_LINUX_SWAIT_H

#include <linux/wait.h>

#define swait_queue_head wait_queue_head
#define DECLARE_SWAIT_QUEUE_HEAD(name) DECLARE_WAIT_QUEUE_HEAD(name)
#define init_swait_queue_head(wq) init_waitqueue_head(wq)
#define swake_up_one(wq) wake_up(wq)
#define swake_up_all(wq) wake_up_all(wq)
#define swait_event_exclusive(wq, cond) \
	((void)uik_wait_plain(wq, cond, TASK_UNINTERRUPTIBLE, 1))

#define swait_active(wq) waitqueue_active(wq)
#define swq_has_sleeper(wq) wq_has_sleeper(wq)
#define swait_event_idle_exclusive(wq, cond) \
	((void)uik_wait_plain(wq, cond, TASK_IDLE, 1))
/* 0, or -ERESTARTSYS when a signal is pending. */
#define swait_event_interruptible_exclusive(wq, cond) \
	((int)uik_wait_plain(wq, cond, TASK_INTERRUPTIBLE, 1))
/* As wait_event_timeout() and wait_event_interruptible_timeout(). */
#define swait_event_timeout_exclusive(wq, cond, timeout) \
	uik_wait_loop_timeout(wq, cond, TASK_UNINTERRUPTIBLE, 1, timeout)
#define swait_event_interruptible_timeout_exclusive(wq, cond, timeout) \
	uik_wait_loop_timeout(wq, cond, TASK_INTERRUPTIBLE, 1, timeout)
#define swait_event_idle_timeout_exclusive(wq, cond, timeout) \
	uik_wait_loop_timeout(wq, cond, TASK_IDLE, 1, timeout)

#endif
