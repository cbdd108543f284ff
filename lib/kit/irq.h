/* SPDX-License-Identifier: MIT */
/* The interrupt lines of a machine. */
#ifndef KIT_IRQ_H
#define KIT_IRQ_H

#include <linux/interrupt.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <uik/irq.h>

#define IRQ_LINES 256

struct uik_thread;
struct task_struct;

/*
 * Edges become runs:  raise -> pending -> (hard handler) -> wake -> thread.
 * pending: an edge that has not been delivered.  wake: the thread function owes
 * a run.
 */
struct irq_line {
	spinlock_t lock;		/* everything below */
	wait_queue_head_t wait;		/* thread: wake or stop; others: idle */
	struct uik_machine *machine;
	irq_handler_t hard, thread;
	unsigned long flags;
	const char *name;		/* borrowed from whoever requested */
	void *dev;
	struct uik_thread *runner;	/* owned; NULL: stepped, or hard only */
	const struct task_struct *running_task;	/* of the thread function */
	const struct task_struct *hard_task;
	unsigned int disable_depth;
	int number;
	bool used;			/* allocated; under the domain's lock */
	bool requested;
	bool pending;
	bool wake;
	bool in_hard;
	bool in_thread;
	bool stop;
};

struct irq_domain {
	spinlock_t lock;		/* used, of all lines */
	bool stepped;
	struct irq_line lines[IRQ_LINES];	/* [0] is no line */
};

void irq_domain_init(struct irq_domain *domain, struct uik_machine *machine);

#endif
