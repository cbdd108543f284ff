/* SPDX-License-Identifier: MIT */
/*
 * Work queues.
 *
 * A work is pending from queueing until its function starts; then it may be
 * queued again.  Works stand in the list by due time, those of one time in
 * order of queueing.  The queue's lock is dropped while a function runs; until
 * the end of it the work is `running`, and nothing but that address is used
 * afterwards: the function may free its work.
 */
#include <stdarg.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/slab.h>

#include "kit/fork.h"
#include "kit/machine.h"
#include "kit/sync.h"
#include "kit/workqueue.h"

static bool is_manual(const struct workqueue_struct *wq)
{
	return __atomic_load_n(&wq->machine->sync.manual_queues,
			       __ATOMIC_ACQUIRE);
}

/* The first work if it is due.  Under the lock. */
static struct work_struct *first_due(struct workqueue_struct *wq)
{
	struct work_struct *work = list_first_entry_or_null(
		&wq->works, struct work_struct, entry);

	return work && work->due_ns <= uik_now_ns() ? work : NULL;
}

/* Takes the work off the list and marks it running.  Under the lock. */
static void start_locked(struct workqueue_struct *wq, struct work_struct *work)
{
	list_del_init(&work->entry);
	WRITE_ONCE(work->pending, false);
	wq->running = work;
	wq->runner = uik_current();
}

/* Runs the first work that is due; whether there was one. */
static bool run_one(struct workqueue_struct *wq)
{
	struct task_struct *task = uik_current();
	struct work_struct *work, *outer;

	spin_lock(&wq->lock);
	work = wq->running ? NULL : first_due(wq);
	if (work)
		start_locked(wq, work);
	spin_unlock(&wq->lock);
	if (!work)
		return false;
	outer = task->work;
	task->work = work;
	work->func(work);
	task->work = outer;
	uik_lock_check_return(0);
	spin_lock(&wq->lock);
	wq->running = NULL;
	wq->runner = NULL;
	spin_unlock(&wq->lock);
	wake_up_all(&wq->done);
	return true;
}

/* Jiffies until the next work is due, 0: now.  Under the lock. */
static long time_to_next(struct workqueue_struct *wq)
{
	struct work_struct *work = list_first_entry_or_null(
		&wq->works, struct work_struct, entry);
	u64 now = uik_now_ns();

	if (!work || is_manual(wq))
		return MAX_SCHEDULE_TIMEOUT;
	return work->due_ns <= now ? 0 :
		(long)DIV_ROUND_UP(work->due_ns - now, TICK_NSEC);
}

static void worker_idle(struct workqueue_struct *wq)
{
	DEFINE_WAIT(entry);
	long timeout;

	prepare_to_wait(&wq->idle, &entry, TASK_IDLE);
	spin_lock(&wq->lock);
	timeout = time_to_next(wq);
	spin_unlock(&wq->lock);
	if (timeout && !kthread_should_stop() && !fork_pending())
		schedule_timeout(timeout);
	finish_wait(&wq->idle, &entry);
}

static int worker_main(void *arg)
{
	struct workqueue_struct *wq = arg;

	while (!kthread_should_stop()) {
		fork_stand();
		if (is_manual(wq) || !run_one(wq))
			worker_idle(wq);
	}
	return 0;
}

static void worker_wake(void *arg)
{
	struct workqueue_struct *wq = arg;

	wake_up_all(&wq->idle);
}

static void queue_init(struct workqueue_struct *wq, struct uik_machine *machine)
{
	spin_lock_init(&wq->lock);
	INIT_LIST_HEAD(&wq->works);
	init_waitqueue_head(&wq->idle);
	init_waitqueue_head(&wq->done);
	wq->next = machine->sync.queues;
	machine->sync.queues = wq;
	/* Publishes: pairs with the acquire in own_queue(). */
	__atomic_store_n(&wq->machine, machine, __ATOMIC_RELEASE);
}

/* One of the machine's own, which begins at its first use. */
static struct workqueue_struct *own_queue(struct uik_machine *machine,
					  struct workqueue_struct *wq,
					  const char *name)
{
	if (likely(__atomic_load_n(&wq->machine, __ATOMIC_ACQUIRE)))
		return wq;
	uik_rawlock_lock(&machine->sync.queues_lock);
	if (!wq->machine) {
		strscpy(wq->name, name);
		queue_init(wq, machine);
	}
	uik_rawlock_unlock(&machine->sync.queues_lock);
	return wq;
}

struct workqueue_struct *uik_system_wq(void)
{
	struct uik_machine *machine = machine_of(uik_current());

	return own_queue(machine, &machine->sync.events, "events");
}

struct workqueue_struct *workqueue_tasklets(void)
{
	struct uik_machine *machine = machine_of(uik_current());

	return own_queue(machine, &machine->sync.tasklets, "tasklets");
}

struct workqueue_struct *alloc_workqueue(const char *format, unsigned int flags,
					 int max_active, ...)
{
	struct uik_machine *machine = machine_of(uik_current());
	struct workqueue_struct *wq = kzalloc_obj(*wq);
	va_list args;

	if (!wq)
		return NULL;
	va_start(args, max_active);
	vscnprintf(wq->name, sizeof(wq->name), format, args);
	va_end(args);
	uik_rawlock_lock(&machine->sync.queues_lock);
	queue_init(wq, machine);
	uik_rawlock_unlock(&machine->sync.queues_lock);
	return wq;
}

/* Starts the worker unless works are run by hand. */
static void need_worker(struct workqueue_struct *wq)
{
	struct uik_sync_state *sync = &wq->machine->sync;

	if (is_manual(wq))
		return;
	uik_rawlock_lock(&sync->queues_lock);
	if (!wq->worker) {
		struct task_struct *task = kthread_create(worker_main, wq,
							  "%s", wq->name);

		if (!WARN(IS_ERR(task), "no thread for work queue %s",
			  wq->name)) {
			kthread_lasts(task, worker_wake);
			wake_up_process(task);
			wq->worker = task;
		}
	}
	uik_rawlock_unlock(&sync->queues_lock);
}

/* Inserts behind all works that are due no later.  Under the lock. */
static void insert_locked(struct workqueue_struct *wq, struct work_struct *work)
{
	struct list_head *at = wq->works.prev;

	while (at != &wq->works &&
	       list_entry(at, struct work_struct, entry)->due_ns > work->due_ns)
		at = at->prev;
	list_add(&work->entry, at);
	WRITE_ONCE(work->pending, true);
}

static u64 due_after(unsigned long delay)
{
	return delay ? uik_now_ns() + (u64)delay * TICK_NSEC : 0;
}

static bool enqueue(struct workqueue_struct *wq, struct work_struct *work,
		    unsigned long delay)
{
	bool queued = false;

	need_worker(wq);
	spin_lock(&wq->lock);
	if (!work->pending) {
		smp_store_release(&work->queue, wq);
		work->due_ns = due_after(delay);
		insert_locked(wq, work);
		queued = true;
	}
	spin_unlock(&wq->lock);
	if (queued)
		wake_up(&wq->idle);
	return queued;
}

bool queue_work(struct workqueue_struct *wq, struct work_struct *work)
{
	return enqueue(wq, work, 0);
}

bool queue_delayed_work(struct workqueue_struct *wq, struct delayed_work *work,
			unsigned long delay)
{
	return enqueue(wq, &work->work, delay);
}

/* Takes @work off its queue; whether it was pending. */
static bool take_back(struct work_struct *work)
{
	struct workqueue_struct *wq = smp_load_acquire(&work->queue);
	bool pending;

	if (!wq)
		return false;
	spin_lock(&wq->lock);
	pending = work->pending;
	if (pending) {
		list_del_init(&work->entry);
		WRITE_ONCE(work->pending, false);
	}
	spin_unlock(&wq->lock);
	if (pending)
		wake_up_all(&wq->done);
	return pending;
}

bool mod_delayed_work(struct workqueue_struct *wq, struct delayed_work *work,
		      unsigned long delay)
{
	bool was_pending = take_back(&work->work);

	enqueue(wq, &work->work, delay);
	return was_pending;
}

bool cancel_work(struct work_struct *work)
{
	return take_back(work);
}

bool cancel_delayed_work(struct delayed_work *work)
{
	return take_back(&work->work);
}

/* Whether @work runs on another task than current. */
static bool runs_elsewhere(struct workqueue_struct *wq,
			   struct work_struct *work)
{
	bool runs;

	spin_lock(&wq->lock);
	runs = wq->running == work && wq->runner != uik_current();
	spin_unlock(&wq->lock);
	return runs;
}

bool cancel_work_sync(struct work_struct *work)
{
	bool was_pending = take_back(work);
	struct workqueue_struct *wq = smp_load_acquire(&work->queue);

	if (wq)
		wait_event(wq->done, !runs_elsewhere(wq, work));
	return was_pending;
}

bool cancel_delayed_work_sync(struct delayed_work *work)
{
	return cancel_work_sync(&work->work);
}

/* Whether @work (NULL: any) is due or runs on another task. */
static bool is_busy(struct workqueue_struct *wq, struct work_struct *work)
{
	struct work_struct *due;
	bool busy;

	spin_lock(&wq->lock);
	due = first_due(wq);
	if (work)
		due = work->pending && work->due_ns <= uik_now_ns() ? work :
								      NULL;
	busy = due || (wq->running && (!work || wq->running == work) &&
		       wq->runner != uik_current());
	spin_unlock(&wq->lock);
	return busy;
}

unsigned int work_busy(struct work_struct *work)
{
	struct workqueue_struct *wq = smp_load_acquire(&work->queue);
	unsigned int busy = 0;

	if (!wq)
		return 0;
	spin_lock(&wq->lock);
	if (work->pending)
		busy |= WORK_BUSY_PENDING;
	if (wq->running == work)
		busy |= WORK_BUSY_RUNNING;
	spin_unlock(&wq->lock);
	return busy;
}

struct work_struct *current_work(void)
{
	return uik_current()->work;
}

/* Waits until not busy, running works itself where nobody else does. */
static bool flush(struct workqueue_struct *wq, struct work_struct *work)
{
	bool was_busy = is_busy(wq, work);

	while (is_manual(wq) && is_busy(wq, work) && run_one(wq))
		;
	wait_event(wq->done, !is_busy(wq, work));
	return was_busy;
}

bool flush_work(struct work_struct *work)
{
	struct workqueue_struct *wq = smp_load_acquire(&work->queue);

	return wq && flush(wq, work);
}

bool flush_delayed_work(struct delayed_work *work)
{
	struct workqueue_struct *wq = smp_load_acquire(&work->work.queue);
	bool was_pending;

	if (!wq)
		return false;
	was_pending = take_back(&work->work);
	if (was_pending)
		enqueue(wq, &work->work, 0);
	/* Flushed in any case; it may have run by now. */
	return flush(wq, &work->work) || was_pending;
}

void uik_flush_workqueue(struct workqueue_struct *wq)
{
	flush(wq, NULL);
}

/* Ends the worker; what is still pending is dropped by the caller. */
static void stop_worker(struct workqueue_struct *wq)
{
	if (wq->worker)
		kthread_stop(wq->worker);
	wq->worker = NULL;
}

/* Ends the queue, which nobody uses any more. */
static void queue_fini(struct workqueue_struct *wq)
{
	struct uik_sync_state *sync = &wq->machine->sync;
	struct workqueue_struct **link = &sync->queues;

	stop_worker(wq);
	uik_rawlock_lock(&sync->queues_lock);
	while (*link != wq)
		link = &(*link)->next;
	*link = wq->next;
	wq->machine = NULL;
	uik_rawlock_unlock(&sync->queues_lock);
}

void destroy_workqueue(struct workqueue_struct *wq)
{
	flush(wq, NULL);
	stop_worker(wq);
	WARN(!list_empty(&wq->works), "work queue %s ends with delayed works",
	     wq->name);
	queue_fini(wq);
	kfree(wq);
}

void uik_workqueue_manual(struct uik_machine *machine, bool manual)
{
	struct uik_sync_state *sync = &machine->sync;
	struct workqueue_struct *wq;

	__atomic_store_n(&sync->manual_queues, manual, __ATOMIC_RELEASE);
	for (wq = sync->queues; wq && !manual; wq = wq->next) {
		need_worker(wq);
		wake_up(&wq->idle);
	}
}

unsigned int uik_workqueue_run(struct uik_machine *machine)
{
	unsigned int count = 0;
	struct workqueue_struct *wq;

	for (wq = machine->sync.queues; wq; wq = wq->next)
		while (run_one(wq))
			count++;
	return count;
}

/* Runs what is due in one of the machine's own; whether something was. */
static bool own_settle(struct workqueue_struct *wq)
{
	return wq->machine && flush(wq, NULL);
}

void workqueue_fini(struct uik_sync_state *sync)
{
	/* Either kind may queue the other. */
	while (own_settle(&sync->tasklets) || own_settle(&sync->events))
		;
	if (sync->tasklets.machine)
		queue_fini(&sync->tasklets);
	if (sync->events.machine)
		queue_fini(&sync->events);
	WARN_ON(sync->queues);
	sync->queues = NULL;
}
