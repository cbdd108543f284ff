/* SPDX-License-Identifier: MIT */
/*
 * Interrupts, the side that handles them.
 *
 * All lines are edges.  An edge runs the hard handler where it was raised; a
 * line without one, or whose handler says IRQ_WAKE_THREAD, runs its thread
 * function once more afterwards, one instance at a time, in a context that may
 * sleep.  An edge that comes while it runs makes it run again.  IRQF_ONESHOT
 * also holds the hard handler back until the thread function is done.
 */
#ifndef UIK_LINUX_INTERRUPT_H
#define UIK_LINUX_INTERRUPT_H

#include <linux/types.h>
#include <linux/kernel.h>
#include <linux/bitops.h>
#include <linux/cleanup.h>
#include <linux/irqreturn.h>
#include <linux/atomic.h>
#include <linux/irqflags.h>
#include <uik/abi.h>

struct device;

typedef irqreturn_t (*irq_handler_t)(int irq, void *dev);

#define IRQF_TRIGGER_NONE 0x00000000ul
#define IRQF_TRIGGER_RISING 0x00000001ul
#define IRQF_TRIGGER_FALLING 0x00000002ul
#define IRQF_TRIGGER_HIGH 0x00000004ul
#define IRQF_SHARED 0x00000080ul
#define IRQF_ONESHOT 0x00002000ul
#define IRQF_NO_THREAD 0x00010000ul
#define IRQF_NO_AUTOEN 0x00080000ul

/**
 * request_threaded_irq - serve a line.
 * @irq: its number
 * @hard: called where the edge is raised; NULL: only the thread function runs
 * @thread: NULL: only @hard runs
 * @flags: IRQF_*
 * @name: borrowed
 * @dev: handed to both; names the handler in free_irq()
 *
 * An edge that is pending is delivered at once.
 * Context: may sleep.
 * Return: 0; -EINVAL no such line, no handler, or no @hard without
 * IRQF_ONESHOT; -EBUSY it has a handler (sharing is not offered); -ENOMEM.
 */
int request_threaded_irq(unsigned int irq, irq_handler_t hard,
			 irq_handler_t thread, unsigned long flags,
			 const char *name, void *dev)
	__uik(request_threaded_irq);

static inline int request_irq(unsigned int irq, irq_handler_t handler,
			      unsigned long flags, const char *name, void *dev)
{
	return request_threaded_irq(irq, handler, NULL, flags, name, dev);
}

/**
 * free_irq - stop serving a line.
 *
 * Waits for a running handler; none runs afterwards.
 * Context: may sleep; not from the handler, no lock that it takes.
 * Return: the name; NULL with a warning if @dev does not serve it.
 */
const void *free_irq(unsigned int irq, void *dev) __uik(free_irq);
/** synchronize_irq - wait for handlers of all edges up to now. */
void synchronize_irq(unsigned int irq) __uik(synchronize_irq);
/** disable_irq - hold edges back, and wait for a running handler; nests. */
void disable_irq(unsigned int irq) __uik(disable_irq);
/** disable_irq_nosync - the same without waiting. */
void disable_irq_nosync(unsigned int irq) __uik(disable_irq_nosync);
/** enable_irq - undo one disable; an edge held back is delivered. */
void enable_irq(unsigned int irq) __uik(enable_irq);

/** devm_request_threaded_irq - until the device's resources go. */
int devm_request_threaded_irq(struct device *dev, unsigned int irq,
			      irq_handler_t hard, irq_handler_t thread,
			      unsigned long flags, const char *name, void *id)
	__uik(devm_request_threaded_irq);
static inline int devm_request_irq(struct device *dev, unsigned int irq,
				   irq_handler_t handler, unsigned long flags,
				   const char *name, void *id)
{
	return devm_request_threaded_irq(dev, irq, handler, NULL, flags, name,
					 id);
}
/** devm_free_irq - free a managed one now. */
void devm_free_irq(struct device *dev, unsigned int irq, void *id)
	__uik(devm_free_irq);

#endif
