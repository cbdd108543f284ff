/* SPDX-License-Identifier: MIT */
/*
 * Completions: a counter under the lock of its wait queue.
 *
 * The waiter takes its completion under the same lock as complete() gives it,
 * so a completion on the waiter's stack may end as soon as the wait returns.
 */
#include <linux/completion.h>

#define DONE_ALL UINT_MAX

void complete(struct completion *x)
{
	uik_point(UIK_POINT_WAKE, x, sizeof(*x), true);
	spin_lock(&x->wait.lock);
	if (x->done != DONE_ALL)
		x->done++;
	__wake_up_locked_key(&x->wait, TASK_NORMAL | TASK_WAKEKILL, 1, NULL);
	spin_unlock(&x->wait.lock);
}

void complete_all(struct completion *x)
{
	uik_point(UIK_POINT_WAKE, x, sizeof(*x), true);
	spin_lock(&x->wait.lock);
	x->done = DONE_ALL;
	__wake_up_locked_key(&x->wait, TASK_NORMAL | TASK_WAKEKILL, 0, NULL);
	spin_unlock(&x->wait.lock);
}

/* Takes a completion if there is one.  Under the lock. */
static bool take_locked(struct completion *x)
{
	if (!x->done)
		return false;
	if (x->done != DONE_ALL)
		x->done--;
	return true;
}

/* Sleeps once with the lock dropped; the time left, -ERESTARTSYS. */
static long sleep_locked(struct completion *x, struct wait_queue_entry *entry,
			 unsigned int state, long timeout)
{
	if (signal_pending_state(state, uik_current()))
		return -ERESTARTSYS;
	if (list_empty(&entry->entry))
		list_add_tail(&entry->entry, &x->wait.head);
	set_current_state(state);
	spin_unlock(&x->wait.lock);
	timeout = schedule_timeout(timeout);
	spin_lock(&x->wait.lock);
	return timeout;
}

/* Jiffies left, at least 1; 0 when the time is over; -ERESTARTSYS. */
static long wait_for(struct completion *x, unsigned int state, long timeout)
{
	struct wait_queue_entry entry;
	bool done;

	might_sleep();
	init_wait_entry(&entry, WQ_FLAG_EXCLUSIVE);
	spin_lock(&x->wait.lock);
	while (!(done = take_locked(x)) && timeout > 0)
		timeout = sleep_locked(x, &entry, state, timeout);
	list_del_init(&entry.entry);
	spin_unlock(&x->wait.lock);
	if (done && timeout <= 0)
		return 1;
	return timeout;
}

static long clamp_timeout(unsigned long timeout)
{
	return timeout > MAX_SCHEDULE_TIMEOUT ? MAX_SCHEDULE_TIMEOUT :
						(long)timeout;
}

void wait_for_completion(struct completion *x)
{
	wait_for(x, TASK_UNINTERRUPTIBLE, MAX_SCHEDULE_TIMEOUT);
}

unsigned long wait_for_completion_timeout(struct completion *x,
					  unsigned long timeout)
{
	return wait_for(x, TASK_UNINTERRUPTIBLE, clamp_timeout(timeout));
}

int wait_for_completion_interruptible(struct completion *x)
{
	long left = wait_for(x, TASK_INTERRUPTIBLE, MAX_SCHEDULE_TIMEOUT);

	return left < 0 ? left : 0;
}

long wait_for_completion_interruptible_timeout(struct completion *x,
					       unsigned long timeout)
{
	return wait_for(x, TASK_INTERRUPTIBLE, clamp_timeout(timeout));
}

bool try_wait_for_completion(struct completion *x)
{
	bool done;

	spin_lock(&x->wait.lock);
	done = take_locked(x);
	spin_unlock(&x->wait.lock);
	return done;
}

bool completion_done(struct completion *x)
{
	bool done;

	/* Locked: the caller may free @x, so complete() must have let go. */
	spin_lock(&x->wait.lock);
	done = x->done;
	spin_unlock(&x->wait.lock);
	return done;
}
