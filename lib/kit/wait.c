/* SPDX-License-Identifier: MIT */
/*
 * Wait queues.
 *
 * A waker touches a waiter's entry and task only under the queue's lock, and a
 * waiter leaves the queue only under it: so the entry, which is on the waiter's
 * stack, outlives every waker.
 */
#include <linux/wait.h>

void __init_waitqueue_head(struct wait_queue_head *wq, const char *name,
			   struct lock_class_key *key)
{
	__spin_lock_init(&wq->lock, name, key);
	INIT_LIST_HEAD(&wq->head);
}

void init_wait_entry(struct wait_queue_entry *entry, int flags)
{
	entry->flags = flags;
	entry->private = uik_current();
	entry->func = autoremove_wake_function;
	INIT_LIST_HEAD(&entry->entry);
}

int default_wake_function(struct wait_queue_entry *entry, unsigned int mode,
			  int flags, void *key)
{
	return wake_up_state(entry->private, mode);
}

int autoremove_wake_function(struct wait_queue_entry *entry, unsigned int mode,
			     int flags, void *key)
{
	int woken = default_wake_function(entry, mode, flags, key);

	if (woken)
		list_del_init(&entry->entry);
	return woken;
}

int woken_wake_function(struct wait_queue_entry *entry, unsigned int mode,
			int flags, void *key)
{
	/* Before the wake-up: pairs with the exchange in wait_woken(). */
	__atomic_fetch_or(&entry->flags, WQ_FLAG_WOKEN, __ATOMIC_SEQ_CST);
	return default_wake_function(entry, mode, flags, key);
}

/* Exclusive waiters stand behind the others. */
static void enqueue_locked(struct wait_queue_head *wq,
			   struct wait_queue_entry *entry)
{
	if (entry->flags & WQ_FLAG_EXCLUSIVE)
		list_add_tail(&entry->entry, &wq->head);
	else
		list_add(&entry->entry, &wq->head);
}

void add_wait_queue(struct wait_queue_head *wq, struct wait_queue_entry *entry)
{
	entry->flags &= ~WQ_FLAG_EXCLUSIVE;
	spin_lock(&wq->lock);
	enqueue_locked(wq, entry);
	spin_unlock(&wq->lock);
}

void add_wait_queue_exclusive(struct wait_queue_head *wq,
			      struct wait_queue_entry *entry)
{
	entry->flags |= WQ_FLAG_EXCLUSIVE;
	spin_lock(&wq->lock);
	enqueue_locked(wq, entry);
	spin_unlock(&wq->lock);
}

void remove_wait_queue(struct wait_queue_head *wq,
		       struct wait_queue_entry *entry)
{
	spin_lock(&wq->lock);
	list_del(&entry->entry);
	spin_unlock(&wq->lock);
}

void prepare_to_wait(struct wait_queue_head *wq, struct wait_queue_entry *entry,
		     int state)
{
	entry->flags &= ~WQ_FLAG_EXCLUSIVE;
	spin_lock(&wq->lock);
	if (list_empty(&entry->entry))
		enqueue_locked(wq, entry);
	set_current_state(state);
	spin_unlock(&wq->lock);
}

bool prepare_to_wait_exclusive(struct wait_queue_head *wq,
			       struct wait_queue_entry *entry, int state)
{
	bool was_empty = false;

	entry->flags |= WQ_FLAG_EXCLUSIVE;
	spin_lock(&wq->lock);
	if (list_empty(&entry->entry)) {
		was_empty = list_empty(&wq->head);
		enqueue_locked(wq, entry);
	}
	set_current_state(state);
	spin_unlock(&wq->lock);
	return was_empty;
}

long prepare_to_wait_event(struct wait_queue_head *wq,
			   struct wait_queue_entry *entry, int state)
{
	long result = 0;

	spin_lock(&wq->lock);
	if (signal_pending_state(state, uik_current())) {
		/*
		 * Off the queue here, so that an exclusive wake-up goes to a
		 * waiter that will use it.
		 */
		list_del_init(&entry->entry);
		result = -ERESTARTSYS;
	} else {
		if (list_empty(&entry->entry))
			enqueue_locked(wq, entry);
		set_current_state(state);
	}
	spin_unlock(&wq->lock);
	return result;
}

void finish_wait(struct wait_queue_head *wq, struct wait_queue_entry *entry)
{
	__set_current_state(TASK_RUNNING);
	/* Always locked: a waker may still be about to use the entry. */
	spin_lock(&wq->lock);
	list_del_init(&entry->entry);
	spin_unlock(&wq->lock);
}

long wait_woken(struct wait_queue_entry *entry, unsigned int mode, long timeout)
{
	set_current_state(mode);
	if (!(__atomic_load_n(&entry->flags, __ATOMIC_SEQ_CST) & WQ_FLAG_WOKEN))
		timeout = schedule_timeout(timeout);
	__set_current_state(TASK_RUNNING);
	__atomic_fetch_and(&entry->flags, ~WQ_FLAG_WOKEN, __ATOMIC_SEQ_CST);
	return timeout;
}

/* Wakes in order; how many exclusive wake-ups are still wanted. */
static int wake_locked(struct wait_queue_head *wq, unsigned int mode,
		       int nr_exclusive, void *key)
{
	struct wait_queue_entry *entry, *next;

	list_for_each_entry_safe(entry, next, &wq->head, entry) {
		unsigned int flags = entry->flags;
		int woken = entry->func(entry, mode, 0, key);

		if (woken < 0)
			break;
		if (woken && (flags & WQ_FLAG_EXCLUSIVE) && !--nr_exclusive)
			break;
	}
	return nr_exclusive;
}

int __wake_up(struct wait_queue_head *wq, unsigned int mode, int nr_exclusive,
	      void *key)
{
	int wanted;

	uik_point(UIK_POINT_WAKE, wq, sizeof(*wq), true);
	spin_lock(&wq->lock);
	wanted = wake_locked(wq, mode, nr_exclusive, key);
	spin_unlock(&wq->lock);
	return wanted;
}

void __wake_up_locked_key(struct wait_queue_head *wq, unsigned int mode,
			  int nr_exclusive, void *key)
{
	lockdep_assert_held(&wq->lock);
	wake_locked(wq, mode, nr_exclusive, key);
}
