/* SPDX-License-Identifier: MIT */
/*
 * "It is done": a counter of completions not yet waited for.
 *
 * complete() lets one waiter through, now or later; complete_all() lets all
 * through until reinit_completion().
 */
#ifndef UIK_LINUX_COMPLETION_H
#define UIK_LINUX_COMPLETION_H

#include <linux/wait.h>
#include <uik/abi.h>

struct completion {
	unsigned int done;		/* under wait.lock; UINT_MAX: all */
	struct wait_queue_head wait;
};

#define COMPLETION_INITIALIZER(work) \
	{ 0, __WAIT_QUEUE_HEAD_INITIALIZER((work).wait) }
#define DECLARE_COMPLETION(work) \
	struct completion work = COMPLETION_INITIALIZER(work)
#define DECLARE_COMPLETION_ONSTACK(work) DECLARE_COMPLETION(work)
#define COMPLETION_INITIALIZER_ONSTACK(work) \
	(*({ init_completion(&work); &work; }))

static inline void init_completion(struct completion *x)
{
	x->done = 0;
	init_waitqueue_head(&x->wait);
}

static inline void reinit_completion(struct completion *x)
{
	WRITE_ONCE(x->done, 0);
}

void complete(struct completion *x) __uik(complete);
void complete_all(struct completion *x) __uik(complete_all);

void wait_for_completion(struct completion *x) __uik(wait_for_completion);
/* Return: jiffies left, at least 1; 0 when the time is over. */
unsigned long wait_for_completion_timeout(struct completion *x,
					  unsigned long timeout)
	__uik(wait_for_completion_timeout);
/* Return: 0, or -ERESTARTSYS when a signal is pending. */
int wait_for_completion_interruptible(struct completion *x)
	__uik(wait_for_completion_interruptible);
long wait_for_completion_interruptible_timeout(struct completion *x,
					       unsigned long timeout)
	__uik(wait_for_completion_interruptible_timeout);
#define wait_for_completion_killable(x) wait_for_completion_interruptible(x)
#define wait_for_completion_killable_timeout(x, timeout) \
	wait_for_completion_interruptible_timeout((x), (timeout))
#define wait_for_completion_io(x) wait_for_completion(x)
#define wait_for_completion_io_timeout(x, timeout) \
	wait_for_completion_timeout((x), (timeout))
/* Takes one completion without waiting.  Return: whether there was one. */
bool try_wait_for_completion(struct completion *x)
	__uik(try_wait_for_completion);
/* Whether a wait would not block. */
bool completion_done(struct completion *x) __uik(completion_done);

#endif
