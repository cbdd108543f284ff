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

#endif
