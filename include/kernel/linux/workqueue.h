/* SPDX-License-Identifier: MIT */
/*
 * Functions run later on a kit thread.
 *
 * A queue has one thread, started at first use: works of one queue run one
 * after another in order of queueing (max_active is 1 whatever is asked).  The
 * system queues belong to the machine.  With uik_workqueue_manual() nothing
 * runs by itself: uik_workqueue_run() runs what is due on the caller.
 */
#ifndef UIK_LINUX_WORKQUEUE_H
#define UIK_LINUX_WORKQUEUE_H

#include <linux/compiler.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/types.h>
#include <uik/abi.h>
#include <uik/machine.h>

struct workqueue_struct;
struct work_struct;
typedef void (*work_func_t)(struct work_struct *work);

struct work_struct {
	struct list_head entry;		/* in queue's list while pending */
	work_func_t func;
	struct workqueue_struct *queue;	/* borrowed: queued on last; atomic */
	u64 due_ns;			/* machine time; under queue's lock */
	bool pending;			/* under queue's lock */
};

struct delayed_work {
	struct work_struct work;
};

#define __WORK_INITIALIZER(name, function) { \
	.entry = { &(name).entry, &(name).entry }, .func = (function) }
#define DECLARE_WORK(name, function) \
	struct work_struct name = __WORK_INITIALIZER(name, function)
#define DECLARE_DELAYED_WORK(name, function) \
	struct delayed_work name = { \
		.work = __WORK_INITIALIZER((name).work, function) }
#define INIT_WORK(item, function) \
	do { \
		INIT_LIST_HEAD(&(item)->entry); \
		(item)->func = (function); \
		(item)->queue = NULL; \
		(item)->due_ns = 0; \
		(item)->pending = false; \
	} while (0)
#define INIT_WORK_ONSTACK(item, function) INIT_WORK(item, function)
#define INIT_DELAYED_WORK(item, function) \
	INIT_WORK(&(item)->work, (function))
#define INIT_DELAYED_WORK_ONSTACK(item, function) \
	INIT_DELAYED_WORK(item, function)
/* There is no processor to be left asleep. */
#define DECLARE_DEFERRABLE_WORK(name, function) \
	DECLARE_DELAYED_WORK(name, function)
#define INIT_DEFERRABLE_WORK(item, function) INIT_DELAYED_WORK(item, function)
#define destroy_work_on_stack(item) ((void)(item))
#define destroy_delayed_work_on_stack(item) ((void)(item))
#define to_delayed_work(item) container_of(item, struct delayed_work, work)
#define work_pending(item) READ_ONCE((item)->pending)
#define delayed_work_pending(item) work_pending(&(item)->work)

enum wq_flags {
	WQ_UNBOUND = 1 << 1,
	WQ_FREEZABLE = 1 << 2,
	WQ_MEM_RECLAIM = 1 << 3,
	WQ_HIGHPRI = 1 << 4,
	WQ_CPU_INTENSIVE = 1 << 5,
	WQ_SYSFS = 1 << 6,
	WQ_POWER_EFFICIENT = 1 << 7,
	WQ_PERCPU = 1 << 8,
};

/* NULL when memory runs out. */
struct workqueue_struct *alloc_workqueue(const char *format, unsigned int flags,
					 int max_active, ...)
	__uik(alloc_workqueue) __printf(1, 4);
#define alloc_ordered_workqueue(format, flags, ...) \
	alloc_workqueue(format, flags, 1, ##__VA_ARGS__)
#define create_singlethread_workqueue(name) \
	alloc_workqueue("%s", WQ_MEM_RECLAIM, 1, name)
#define create_workqueue(name) alloc_workqueue("%s", WQ_MEM_RECLAIM, 1, name)
#define create_freezable_workqueue(name) \
	alloc_workqueue("%s", WQ_FREEZABLE | WQ_MEM_RECLAIM, 1, name)
/* Runs what is queued, then ends the queue. */
void destroy_workqueue(struct workqueue_struct *wq) __uik(destroy_workqueue);

/* The queue that this machine's system_wq and its like are; never NULL. */
struct workqueue_struct *uik_system_wq(void) __uik_export;
#define system_wq uik_system_wq()
#define system_percpu_wq uik_system_wq()
#define system_highpri_wq uik_system_wq()
#define system_long_wq uik_system_wq()
#define system_unbound_wq uik_system_wq()
#define system_dfl_wq uik_system_wq()
#define system_freezable_wq uik_system_wq()

/* Queues unless pending already.  Return: whether it was queued now. */
bool queue_work(struct workqueue_struct *wq, struct work_struct *work)
	__uik(queue_work);
bool queue_delayed_work(struct workqueue_struct *wq, struct delayed_work *work,
			unsigned long delay) __uik(queue_delayed_work);
/* Queues, or moves the due time.  Return: whether it was pending. */
bool mod_delayed_work(struct workqueue_struct *wq, struct delayed_work *work,
		      unsigned long delay) __uik(mod_delayed_work);
/*
 * Waits until the work has run, if it is due or running.  Return: if it was.
 * flush_delayed_work() makes it due first.
 */
bool flush_work(struct work_struct *work) __uik(flush_work);
bool flush_delayed_work(struct delayed_work *work) __uik(flush_delayed_work);
/* Takes a pending work back.  Return: whether it was pending. */
bool cancel_work(struct work_struct *work) __uik(cancel_work);
/* And waits while it runs. */
bool cancel_work_sync(struct work_struct *work) __uik(cancel_work_sync);
bool cancel_delayed_work(struct delayed_work *work) __uik(cancel_delayed_work);
bool cancel_delayed_work_sync(struct delayed_work *work)
	__uik(cancel_delayed_work_sync);
/* Waits until everything queued (and due) before has run. */
void uik_flush_workqueue(struct workqueue_struct *wq) __uik_export;
#define flush_workqueue(wq) uik_flush_workqueue(wq)
#define drain_workqueue(wq) uik_flush_workqueue(wq)
#define flush_scheduled_work() uik_flush_workqueue(uik_system_wq())

static inline bool schedule_work(struct work_struct *work)
{
	return queue_work(uik_system_wq(), work);
}

static inline bool schedule_delayed_work(struct delayed_work *work,
					 unsigned long delay)
{
	return queue_delayed_work(uik_system_wq(), work, delay);
}

/* Machine-wide: works wait for uik_workqueue_run(). */
void uik_workqueue_manual(struct uik_machine *machine, bool manual)
	__uik_export;
/* Runs on the caller all works that are due.  Return: their number. */
unsigned int uik_workqueue_run(struct uik_machine *machine) __uik_export;

/* Processors are not told apart. */
#define queue_work_on(cpu, wq, work) ((void)(cpu), queue_work((wq), (work)))
#define queue_work_node(node, wq, work) ((void)(node), queue_work((wq), (work)))
#define queue_delayed_work_on(cpu, wq, work, delay) \
	((void)(cpu), queue_delayed_work((wq), (work), (delay)))
#define mod_delayed_work_on(cpu, wq, work, delay) \
	((void)(cpu), mod_delayed_work((wq), (work), (delay)))
#define schedule_work_on(cpu, work) ((void)(cpu), schedule_work(work))
#define schedule_delayed_work_on(cpu, work, delay) \
	((void)(cpu), schedule_delayed_work((work), (delay)))

#define WORK_BUSY_PENDING (1u << 0)
#define WORK_BUSY_RUNNING (1u << 1)
/* WORK_BUSY_* of now. */
unsigned int work_busy(struct work_struct *work) __uik(work_busy);
/* The work whose function current is in, or NULL. */
struct work_struct *current_work(void) __uik(current_work);

#endif
