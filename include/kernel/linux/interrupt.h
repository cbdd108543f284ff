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
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <uik/abi.h>

struct device;

typedef irqreturn_t (*irq_handler_t)(int irq, void *dev);

#define IRQF_TRIGGER_NONE 0x00000000ul
#define IRQF_TRIGGER_RISING 0x00000001ul
#define IRQF_TRIGGER_FALLING 0x00000002ul
#define IRQF_TRIGGER_HIGH 0x00000004ul
#define IRQF_TRIGGER_LOW 0x00000008ul
#define IRQF_TRIGGER_MASK 0x0000000ful
#define IRQF_SHARED 0x00000080ul
#define IRQF_PERCPU 0x00000400ul
#define IRQF_NOBALANCING 0x00000800ul
#define IRQF_ONESHOT 0x00002000ul
#define IRQF_NO_SUSPEND 0x00004000ul
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
 * Return: 0; -EINVAL no such line, no handler, no @hard without
 * IRQF_ONESHOT, or IRQF_SHARED without @dev; -EBUSY it has a handler (sharing is
 * not offered); -ENOMEM.
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

/* How the handler of request_any_context_irq() will be called. */
enum {
	IRQC_IS_HARDIRQ,
	IRQC_IS_NESTED,
};

/**
 * request_any_context_irq - serve a line of whatever kind.
 *
 * Lines that are nested in another's thread are not offered, so that this is
 * request_irq() with another answer.
 * Return: IRQC_IS_HARDIRQ, or an error of request_threaded_irq().
 */
static inline int request_any_context_irq(unsigned int irq,
					  irq_handler_t handler,
					  unsigned long flags,
					  const char *name, void *dev)
{
	int rc = request_irq(irq, handler, flags, name, dev);

	return rc < 0 ? rc : IRQC_IS_HARDIRQ;
}

/** irq_has_action - whether somebody serves the line. */
bool irq_has_action(unsigned int irq) __uik(irq_has_action);

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
/**
 * synchronize_hardirq - wait for a running hard handler.
 *
 * Return: whether the thread function neither runs nor is due.
 */
bool synchronize_hardirq(unsigned int irq) __uik(synchronize_hardirq);
/** disable_hardirq - disable_irq_nosync(), then synchronize_hardirq(). */
bool disable_hardirq(unsigned int irq) __uik(disable_hardirq);
/** enable_irq - undo one disable; an edge held back is delivered. */
void enable_irq(unsigned int irq) __uik(enable_irq);
/**
 * irq_wake_thread - run a line's thread function once more, without an edge.
 * @dev: as it was requested; nothing happens if it does not serve the line or
 *	has no thread function
 *
 * Context: any.
 */
void irq_wake_thread(unsigned int irq, void *dev) __uik(irq_wake_thread);

DEFINE_LOCK_GUARD_1(disable_irq, int, disable_irq((unsigned int)*_T->lock),
		    enable_irq((unsigned int)*_T->lock))

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
static inline int
devm_request_any_context_irq(struct device *dev, unsigned int irq,
			     irq_handler_t handler, unsigned long flags,
			     const char *name, void *id)
{
	int rc = devm_request_irq(dev, irq, handler, flags, name, id);

	return rc < 0 ? rc : IRQC_IS_HARDIRQ;
}
/** devm_free_irq - free a managed one now. */
void devm_free_irq(struct device *dev, unsigned int irq, void *id)
	__uik(devm_free_irq);

/*
 * Tasklets: functions that run soon, outside the caller, and must not sleep.
 *
 * They run one after another on a thread of the machine that is theirs alone,
 * so that they wait for nobody's work; uik_workqueue_manual() and
 * uik_workqueue_run() hold them back and run them as works.  One that is
 * scheduled when it runs, runs again.  High priority is not told apart.
 */
struct tasklet_struct {
	struct work_struct work;
	spinlock_t lock;		/* protects count, owed, ending */
	unsigned int count;		/* times disabled */
	bool owed;			/* its turn came while disabled */
	bool ending;			/* by tasklet_kill() */
	bool use_callback;
	union {
		void (*func)(unsigned long data);
		void (*callback)(struct tasklet_struct *t);
	};
	unsigned long data;
};

void uik_tasklet_run(struct work_struct *work) __uik_export;
#define uik_tasklet(name, disabled, ...) \
	struct tasklet_struct name = { \
		.work = __WORK_INITIALIZER((name).work, uik_tasklet_run), \
		.lock = __SPIN_LOCK_UNLOCKED((name).lock), \
		.count = (disabled), __VA_ARGS__ }
#define DECLARE_TASKLET(name, callback_) \
	uik_tasklet(name, 0, .use_callback = true, .callback = (callback_))
#define DECLARE_TASKLET_DISABLED(name, callback_) \
	uik_tasklet(name, 1, .use_callback = true, .callback = (callback_))
#define DECLARE_TASKLET_OLD(name, func_) \
	uik_tasklet(name, 0, .func = (func_))
#define DECLARE_TASKLET_DISABLED_OLD(name, func_) \
	uik_tasklet(name, 1, .func = (func_))
#define from_tasklet(var, t, member) container_of(t, typeof(*(var)), member)

/** tasklet_setup - an enabled tasklet that is not scheduled. */
void tasklet_setup(struct tasklet_struct *t,
		   void (*callback)(struct tasklet_struct *t))
	__uik(tasklet_setup);
/** tasklet_init - the same with a function of @data. */
void tasklet_init(struct tasklet_struct *t, void (*func)(unsigned long data),
		  unsigned long data) __uik(tasklet_init);
/** tasklet_schedule - have it run, if that is not due already.  Context: any. */
void tasklet_schedule(struct tasklet_struct *t) __uik(tasklet_schedule);
#define tasklet_hi_schedule(t) tasklet_schedule(t)
/** tasklet_disable_nosync - hold it back; nests.  Context: any. */
void tasklet_disable_nosync(struct tasklet_struct *t)
	__uik(tasklet_disable_nosync);
/** tasklet_disable - the same, and wait while it runs.  Context: may sleep. */
void tasklet_disable(struct tasklet_struct *t) __uik(tasklet_disable);
/** tasklet_enable - undo one disable; what is owed runs.  Context: any. */
void tasklet_enable(struct tasklet_struct *t) __uik(tasklet_enable);
/**
 * tasklet_kill - wait until it has run if that is due, and nothing is due then.
 *
 * One that schedules itself ends.  A disabled one that is scheduled would be
 * waited for for ever in the kernel: here it WARNs and is not run.
 * Context: may sleep; not from the tasklet.
 */
void tasklet_kill(struct tasklet_struct *t) __uik(tasklet_kill);

#endif
