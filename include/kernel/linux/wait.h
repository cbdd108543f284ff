/* SPDX-License-Identifier: MIT */
/*
 * Wait queues: tasks that sleep until a condition holds.
 *
 * wait_event*() checks its condition before sleeping and after each wake-up;
 * whoever makes the condition true calls wake_up*() afterwards.  Exclusive
 * waiters stand behind the others and are woken one at a time; wake_up_all()
 * and wake_up_interruptible_all() wake everyone.
 */
#ifndef UIK_LINUX_WAIT_H
#define UIK_LINUX_WAIT_H

#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <uik/abi.h>

typedef struct wait_queue_entry wait_queue_entry_t;
/* Wakes the waiter.  Return: 1 done, 0 could not; negative stops the walk. */
typedef int (*wait_queue_func_t)(struct wait_queue_entry *entry,
				 unsigned int mode, int flags, void *key);

#define WQ_FLAG_EXCLUSIVE 0x01
#define WQ_FLAG_WOKEN 0x02

struct wait_queue_entry {
	unsigned int flags;
	void *private;			/* the waiting task; borrowed */
	wait_queue_func_t func;
	struct list_head entry;
};

struct wait_queue_head {
	spinlock_t lock;		/* protects the list */
	struct list_head head;
};
typedef struct wait_queue_head wait_queue_head_t;

#define __WAIT_QUEUE_HEAD_INITIALIZER(name) { \
	.lock = __SPIN_LOCK_UNLOCKED(name.lock), \
	.head = { &(name).head, &(name).head } }
#define DECLARE_WAIT_QUEUE_HEAD(name) \
	struct wait_queue_head name = __WAIT_QUEUE_HEAD_INITIALIZER(name)
#define DECLARE_WAIT_QUEUE_HEAD_ONSTACK(name) DECLARE_WAIT_QUEUE_HEAD(name)

#define DEFINE_WAIT_FUNC(name, function) \
	struct wait_queue_entry name = { \
		.private = uik_current(), \
		.func = function, \
		.entry = { &(name).entry, &(name).entry } }
#define DEFINE_WAIT(name) DEFINE_WAIT_FUNC(name, autoremove_wake_function)
#define DECLARE_WAITQUEUE(name, task) \
	struct wait_queue_entry name = { \
		.private = (task), \
		.func = default_wake_function }

void __init_waitqueue_head(struct wait_queue_head *wq, const char *name,
			   struct lock_class_key *key)
	__uik(init_waitqueue_head);
#define init_waitqueue_head(wq) \
	do { \
		static struct lock_class_key uik_key = { .name = #wq }; \
		__init_waitqueue_head((wq), #wq, &uik_key); \
	} while (0)

static inline void init_waitqueue_entry(struct wait_queue_entry *entry,
					struct task_struct *task);
/* An entry for current that leaves the queue when it is woken. */
void init_wait_entry(struct wait_queue_entry *entry, int flags)
	__uik(init_wait_entry);
#define init_wait(entry) init_wait_entry((entry), 0)

int default_wake_function(struct wait_queue_entry *entry, unsigned int mode,
			  int flags, void *key) __uik(default_wake_function);
int autoremove_wake_function(struct wait_queue_entry *entry, unsigned int mode,
			     int flags, void *key)
	__uik(autoremove_wake_function);
int woken_wake_function(struct wait_queue_entry *entry, unsigned int mode,
			int flags, void *key) __uik(woken_wake_function);

static inline void init_waitqueue_entry(struct wait_queue_entry *entry,
					struct task_struct *task)
{
	entry->flags = 0;
	entry->private = task;
	entry->func = default_wake_function;
}

static inline void
init_waitqueue_func_entry(struct wait_queue_entry *entry,
			  wait_queue_func_t func)
{
	entry->flags = 0;
	entry->private = NULL;
	entry->func = func;
}

void add_wait_queue(struct wait_queue_head *wq, struct wait_queue_entry *entry)
	__uik(add_wait_queue);
void add_wait_queue_exclusive(struct wait_queue_head *wq,
			      struct wait_queue_entry *entry)
	__uik(add_wait_queue_exclusive);
void remove_wait_queue(struct wait_queue_head *wq,
		       struct wait_queue_entry *entry) __uik(remove_wait_queue);

/* Queues @entry if it is not queued and sets current's state. */
void prepare_to_wait(struct wait_queue_head *wq, struct wait_queue_entry *entry,
		     int state) __uik(prepare_to_wait);
bool prepare_to_wait_exclusive(struct wait_queue_head *wq,
			       struct wait_queue_entry *entry, int state)
	__uik(prepare_to_wait_exclusive);
/*
 * As prepare_to_wait().  Return: 0, or -ERESTARTSYS with @entry off the queue
 * when @state can be interrupted and a signal is pending.
 */
long prepare_to_wait_event(struct wait_queue_head *wq,
			   struct wait_queue_entry *entry, int state)
	__uik(prepare_to_wait_event);
/* Makes current running and takes @entry off the queue. */
void finish_wait(struct wait_queue_head *wq, struct wait_queue_entry *entry)
	__uik(finish_wait);
/* Sleeps until woken through woken_wake_function(), or for @timeout jiffies. */
long wait_woken(struct wait_queue_entry *entry, unsigned int mode, long timeout)
	__uik(wait_woken);

/*
 * Wakes all non-exclusive waiters in a state of @mode and @nr_exclusive
 * exclusive ones (0: all).  Return: exclusive ones still wanted.
 */
int __wake_up(struct wait_queue_head *wq, unsigned int mode, int nr_exclusive,
	      void *key) __uik(wake_up);
/* As __wake_up() with the queue's lock held. */
void __wake_up_locked_key(struct wait_queue_head *wq, unsigned int mode,
			  int nr_exclusive, void *key)
	__uik(wake_up_locked_key);

#define wake_up(wq) __wake_up(wq, TASK_NORMAL, 1, NULL)
#define wake_up_nr(wq, nr) __wake_up(wq, TASK_NORMAL, nr, NULL)
#define wake_up_all(wq) __wake_up(wq, TASK_NORMAL, 0, NULL)
#define wake_up_locked(wq) __wake_up_locked_key(wq, TASK_NORMAL, 1, NULL)
#define wake_up_all_locked(wq) __wake_up_locked_key(wq, TASK_NORMAL, 0, NULL)
#define wake_up_interruptible(wq) __wake_up(wq, TASK_INTERRUPTIBLE, 1, NULL)
#define wake_up_interruptible_nr(wq, nr) \
	__wake_up(wq, TASK_INTERRUPTIBLE, nr, NULL)
#define wake_up_interruptible_all(wq) \
	__wake_up(wq, TASK_INTERRUPTIBLE, 0, NULL)
#define wake_up_sync(wq) wake_up(wq)
#define wake_up_interruptible_sync(wq) wake_up_interruptible(wq)
#define uik_poll_key(mask) ((void *)(unsigned long)(unsigned int)(mask))
#define wake_up_poll(wq, mask) \
	__wake_up(wq, TASK_NORMAL, 1, uik_poll_key(mask))
#define wake_up_interruptible_poll(wq, mask) \
	__wake_up(wq, TASK_INTERRUPTIBLE, 1, uik_poll_key(mask))
#define wake_up_interruptible_sync_poll(wq, mask) \
	wake_up_interruptible_poll(wq, mask)
#define wake_up_locked_poll(wq, mask) \
	__wake_up_locked_key(wq, TASK_NORMAL, 1, uik_poll_key(mask))

/* For whoever holds the queue's lock. */
static inline void __add_wait_queue(struct wait_queue_head *wq,
				    struct wait_queue_entry *entry)
{
	list_add(&entry->entry, &wq->head);
}

static inline void __add_wait_queue_entry_tail(struct wait_queue_head *wq,
					       struct wait_queue_entry *entry)
{
	list_add_tail(&entry->entry, &wq->head);
}

static inline void __remove_wait_queue(struct wait_queue_head *wq,
				       struct wait_queue_entry *entry)
{
	list_del(&entry->entry);
}

/* Whether somebody waits; racy without the queue's lock or a barrier. */
static inline int waitqueue_active(struct wait_queue_head *wq)
{
	return READ_ONCE(wq->head.next) != &wq->head;
}

/* As waitqueue_active(), ordered after the caller's earlier stores. */
static inline bool wq_has_sleeper(struct wait_queue_head *wq)
{
	smp_mb();
	return waitqueue_active(wq);
}

/*
 * The loop of all waits.  @result_var is the result: what
 * prepare_to_wait_event() refused with, else what it was before or what @cmd
 * made of it.
 */
#define uik_wait_loop(wq, cond, state, exclusive, cmd) \
	({ \
		struct wait_queue_entry uik_entry; \
		long uik_result = 0; \
		init_wait_entry(&uik_entry, \
				(exclusive) ? WQ_FLAG_EXCLUSIVE : 0); \
		for (;;) { \
			uik_result = prepare_to_wait_event(&(wq), &uik_entry, \
							   state); \
			if (cond) { \
				uik_result = 0; \
				break; \
			} \
			if (uik_result) \
				break; \
			cmd; \
		} \
		finish_wait(&(wq), &uik_entry); \
		uik_result; \
	})

/*
 * With a time limit: 1 at least when the condition holds, 0 when it does not
 * and the time is over, -ERESTARTSYS.
 */
#define uik_wait_loop_timeout(wq, cond, state, exclusive, timeout) \
	({ \
		long uik_left = (timeout); \
		long uik_refused = 0; \
		bool uik_done = (cond); \
		might_sleep(); \
		if (!uik_done && uik_left) \
			uik_refused = uik_wait_loop( \
				wq, \
				(uik_done = (cond)) || !uik_left, state, \
				exclusive, \
				uik_left = schedule_timeout(uik_left)); \
		if (uik_done && !uik_left) \
			uik_left = 1; \
		uik_refused ? uik_refused : uik_done ? uik_left : 0; \
	})

#define uik_wait_plain(wq, cond, state, exclusive) \
	({ \
		might_sleep(); \
		(cond) ? 0 : uik_wait_loop(wq, cond, state, exclusive, \
					   schedule()); \
	})

/*
 * With a limit of @timeout nanoseconds, KTIME_MAX: none.  0 when the condition
 * holds, -ETIME when the time is over, -ERESTARTSYS.
 */
#define uik_wait_loop_hrtimeout(wq, cond, state, timeout) \
	({ \
		u64 uik_end = uik_deadline_after_ns(timeout); \
		long uik_refused = 0; \
		bool uik_done = (cond), uik_over = false; \
		might_sleep(); \
		if (!uik_done) \
			uik_refused = uik_wait_loop( \
				wq, \
				(uik_done = (cond)) || uik_over, state, 0, \
				uik_over = uik_schedule_until_ns(uik_end)); \
		(int)(uik_refused ? uik_refused : uik_done ? 0 : -ETIME); \
	})

#define wait_event(wq, cond) \
	((void)uik_wait_plain(wq, cond, TASK_UNINTERRUPTIBLE, 0))
#define io_wait_event(wq, cond) wait_event(wq, cond)
#define wait_event_idle(wq, cond) wait_event(wq, cond)
#define wait_event_idle_exclusive(wq, cond) \
	((void)uik_wait_plain(wq, cond, TASK_IDLE, 1))
/* 0, or -ERESTARTSYS when a signal is pending. */
#define wait_event_interruptible(wq, cond) \
	((int)uik_wait_plain(wq, cond, TASK_INTERRUPTIBLE, 0))
#define wait_event_interruptible_exclusive(wq, cond) \
	((int)uik_wait_plain(wq, cond, TASK_INTERRUPTIBLE, 1))
#define wait_event_killable(wq, cond) \
	((int)uik_wait_plain(wq, cond, TASK_KILLABLE, 0))
#define wait_event_killable_exclusive(wq, cond) \
	((int)uik_wait_plain(wq, cond, TASK_KILLABLE, 1))
#define wait_event_state(wq, cond, state) \
	((int)uik_wait_plain(wq, cond, state, 0))
/* Jiffies left (at least 1) when @cond holds, 0 when the time is over. */
#define wait_event_timeout(wq, cond, timeout) \
	uik_wait_loop_timeout(wq, cond, TASK_UNINTERRUPTIBLE, 0, timeout)
#define wait_event_idle_timeout(wq, cond, timeout) \
	wait_event_timeout(wq, cond, timeout)
#define wait_event_idle_exclusive_timeout(wq, cond, timeout) \
	uik_wait_loop_timeout(wq, cond, TASK_IDLE, 1, timeout)
/* As wait_event_timeout(), or -ERESTARTSYS. */
#define wait_event_interruptible_timeout(wq, cond, timeout) \
	uik_wait_loop_timeout(wq, cond, TASK_INTERRUPTIBLE, 0, timeout)
#define wait_event_killable_timeout(wq, cond, timeout) \
	uik_wait_loop_timeout(wq, cond, TASK_KILLABLE, 0, timeout)
/* Nothing is ever frozen: these are the plain interruptible ones. */
#define wait_event_freezable(wq, cond) wait_event_interruptible(wq, cond)
#define wait_event_freezable_exclusive(wq, cond) \
	wait_event_interruptible_exclusive(wq, cond)
#define wait_event_freezable_timeout(wq, cond, timeout) \
	wait_event_interruptible_timeout(wq, cond, timeout)
#define wait_event_hrtimeout(wq, cond, timeout) \
	uik_wait_loop_hrtimeout(wq, cond, TASK_UNINTERRUPTIBLE, timeout)
#define wait_event_interruptible_hrtimeout(wq, cond, timeout) \
	uik_wait_loop_hrtimeout(wq, cond, TASK_INTERRUPTIBLE, timeout)

#define uik_wait_cmd(wq, cond, exclusive, before, after) \
	do { \
		if (!(cond)) \
			(void)uik_wait_loop(wq, cond, TASK_UNINTERRUPTIBLE, \
					    exclusive, \
					    before; schedule(); after); \
	} while (0)
/* Runs @before and @after around each sleep. */
#define wait_event_cmd(wq, cond, before, after) \
	uik_wait_cmd(wq, cond, 0, before, after)
#define wait_event_exclusive_cmd(wq, cond, before, after) \
	uik_wait_cmd(wq, cond, 1, before, after)
/*
 * @cond is checked under spinlock @lk, which is dropped while sleeping; @cmd
 * runs then.
 */
#define wait_event_lock_irq_cmd(wq, cond, lk, cmd) \
	wait_event_cmd(wq, cond, spin_unlock_irq(&(lk)); cmd, \
		       spin_lock_irq(&(lk)))
#define wait_event_lock_irq(wq, cond, lk) \
	wait_event_cmd(wq, cond, spin_unlock_irq(&(lk)), spin_lock_irq(&(lk)))
#define wait_event_interruptible_lock_irq_cmd(wq, cond, lk, cmd) \
	({ \
		(cond) ? 0 : (int)uik_wait_loop( \
			wq, cond, TASK_INTERRUPTIBLE, 0, \
			spin_unlock_irq(&(lk)); cmd; schedule(); \
			spin_lock_irq(&(lk))); \
	})
#define wait_event_interruptible_lock_irq(wq, cond, lk) \
	wait_event_interruptible_lock_irq_cmd(wq, cond, lk, (void)0)

/* And with a time limit, as wait_event_timeout(). */
#define uik_wait_lock_timeout(wq, cond, lk, state, timeout) \
	({ \
		long uik_left = (timeout); \
		long uik_refused = 0; \
		bool uik_done = (cond); \
		if (!uik_done && uik_left) \
			uik_refused = uik_wait_loop( \
				wq, (uik_done = (cond)) || !uik_left, state, \
				0, spin_unlock_irq(&(lk)); \
				uik_left = schedule_timeout(uik_left); \
				spin_lock_irq(&(lk))); \
		if (uik_done && !uik_left) \
			uik_left = 1; \
		uik_refused ? uik_refused : uik_done ? uik_left : 0; \
	})
#define wait_event_lock_irq_timeout(wq, cond, lk, timeout) \
	uik_wait_lock_timeout(wq, cond, lk, TASK_UNINTERRUPTIBLE, timeout)
#define wait_event_interruptible_lock_irq_timeout(wq, cond, lk, timeout) \
	uik_wait_lock_timeout(wq, cond, lk, TASK_INTERRUPTIBLE, timeout)

#endif
