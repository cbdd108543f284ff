/* SPDX-License-Identifier: MIT */
/* A work queue, and what the machine does with all of its queues. */
#ifndef UIK_KIT_WORKQUEUE_H
#define UIK_KIT_WORKQUEUE_H

#include <linux/wait.h>
#include <linux/workqueue.h>

struct workqueue_struct {
	struct spinlock lock;		/* protects what follows to `worker` */
	struct list_head works;		/* pending, by due time */
	struct work_struct *running;	/* NULL: none */
	struct task_struct *runner;	/* who runs it */
	struct task_struct *worker;	/* started at first use; owned */
	struct wait_queue_head idle;	/* the worker */
	struct wait_queue_head done;	/* whoever flushes */
	struct uik_machine *machine;	/* NULL: not initialised */
	struct workqueue_struct *next;	/* of the machine's queues */
	char name[TASK_COMM_LEN];
};

struct uik_sync_state;

/* The queue of the machine's tasklets; never NULL. */
struct workqueue_struct *workqueue_tasklets(void);

/* Runs what is due, ends the machine's own queues; others must be gone. */
void workqueue_fini(struct uik_sync_state *sync);

#endif
