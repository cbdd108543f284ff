/* SPDX-License-Identifier: MIT */
/*
 * Tasklets: works of a queue of their own that know how to be held back.
 *
 * A tasklet whose turn comes while it is disabled is owed: enabling it makes it
 * due again.  Invariant: owed only while disabled.  Lock order: the tasklet's
 * lock, then that of the queue.
 */
#include <linux/interrupt.h>

#include <linux/bug.h>

#include "kit/workqueue.h"

/* Whether it may run now; if not, it is owed.  From here on it "runs". */
static bool tasklet_turn(struct tasklet_struct *t)
{
	bool may_run;

	spin_lock(&t->lock);
	may_run = !t->count;
	t->owed = !may_run;
	spin_unlock(&t->lock);
	return may_run;
}

void uik_tasklet_run(struct work_struct *work)
{
	struct tasklet_struct *t = container_of(work, struct tasklet_struct,
						work);
	struct task_struct *task = current;

	if (!tasklet_turn(t))
		return;
	/* It may free itself: it is not touched after the call. */
	task->atomic_depth++;
	task->softirq_depth++;
	if (t->use_callback)
		t->callback(t);
	else
		t->func(t->data);
	task->softirq_depth--;
	task->atomic_depth--;
}

void tasklet_setup(struct tasklet_struct *t,
		   void (*callback)(struct tasklet_struct *t))
{
	*t = (struct tasklet_struct){
		.use_callback = true,
		.callback = callback,
	};
	INIT_WORK(&t->work, uik_tasklet_run);
	spin_lock_init(&t->lock);
}

void tasklet_init(struct tasklet_struct *t, void (*func)(unsigned long data),
		  unsigned long data)
{
	tasklet_setup(t, NULL);
	t->use_callback = false;
	t->func = func;
	t->data = data;
}

void tasklet_schedule(struct tasklet_struct *t)
{
	spin_lock(&t->lock);
	if (!t->ending)
		queue_work(workqueue_tasklets(), &t->work);
	spin_unlock(&t->lock);
}

void tasklet_disable_nosync(struct tasklet_struct *t)
{
	spin_lock(&t->lock);
	t->count++;
	spin_unlock(&t->lock);
}

void tasklet_disable(struct tasklet_struct *t)
{
	might_sleep();
	tasklet_disable_nosync(t);
	/* One that is due sets itself aside; one that runs is waited for. */
	flush_work(&t->work);
}

void tasklet_enable(struct tasklet_struct *t)
{
	spin_lock(&t->lock);
	if (!WARN_ON(!t->count) && !--t->count && t->owed) {
		t->owed = false;
		queue_work(workqueue_tasklets(), &t->work);
	}
	spin_unlock(&t->lock);
}

void tasklet_kill(struct tasklet_struct *t)
{
	bool owed;

	might_sleep();
	spin_lock(&t->lock);
	t->ending = true;
	spin_unlock(&t->lock);
	flush_work(&t->work);
	spin_lock(&t->lock);
	owed = t->owed;
	t->owed = false;
	t->ending = false;
	spin_unlock(&t->lock);
	WARN(owed, "tasklet %p ends disabled, with a run that is due", t);
}
