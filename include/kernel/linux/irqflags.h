/* SPDX-License-Identifier: MIT */
/*
 * Interrupt masking of the calling task.  Interrupts are threads, so this keeps
 * nobody out; it makes the task atomic, so that sleeping is warned about.
 */
#ifndef UIK_LINUX_IRQFLAGS_H
#define UIK_LINUX_IRQFLAGS_H

#include <linux/preempt.h>
#include <linux/typecheck.h>

#define local_irq_disable() preempt_disable()
#define local_irq_enable() preempt_enable()
#define local_irq_save(flags) \
	do { \
		typecheck(unsigned long, flags); \
		(flags) = 0; \
		preempt_disable(); \
	} while (0)
#define local_irq_restore(flags) \
	do { \
		(void)(flags); \
		preempt_enable(); \
	} while (0)
#define local_bh_disable() preempt_disable()
#define local_bh_enable() preempt_enable()
#define irqs_disabled() in_atomic()
/* What was saved says nothing: it is current's state that counts. */
#define irqs_disabled_flags(flags) ((void)(flags), irqs_disabled())

#endif
