/* SPDX-License-Identifier: MIT */
/* Wait queues and completions. */
#include "kit_test.h"

#include <linux/completion.h>
#include <linux/wait.h>

#include "kit/machine.h"

struct scene {
	struct wait_queue_head wq;
	int turn;		/* atomic */
	int woken;		/* atomic */
	long result;
	struct task_struct *waiter;	/* atomic */
	bool interrupt;
	bool exclusive;
};

static void scene_init(struct scene *s)
{
	*s = (struct scene){ .turn = 0 };
	init_waitqueue_head(&s->wq);
}

#define PINGS 5000

static int ping(void *arg)
{
	struct scene *s = arg;

	for (int i = 0; i < PINGS; i++) {
		wait_event(s->wq, READ_ONCE(s->turn) == 1);
		WRITE_ONCE(s->turn, 0);
		wake_up(&s->wq);
	}
	return 0;
}

/* Law: a wake-up between check and sleep is not lost. */
static void no_lost_wake_up(void **state)
{
	struct uik_thread *thread;
	struct scene s;

	scene_init(&s);
	thread = start(ping, &s);
	for (int i = 0; i < PINGS; i++) {
		wait_event(s.wq, READ_ONCE(s.turn) == 0);
		WRITE_ONCE(s.turn, 1);
		wake_up(&s.wq);
	}
	join(thread);
	assert_int_equal(s.turn, 0);
	assert_false(waitqueue_active(&s.wq));
}

static int wait_once(void *arg)
{
	struct scene *s = arg;

	if (s->exclusive)
		(void)!wait_event_interruptible_exclusive(
			s->wq, __atomic_load_n(&s->turn, __ATOMIC_ACQUIRE));
	else
		wait_event(s->wq, __atomic_load_n(&s->turn, __ATOMIC_ACQUIRE));
	__atomic_fetch_add(&s->woken, 1, __ATOMIC_RELAXED);
	return 0;
}

static int queued(struct scene *s)
{
	struct list_head *at;
	int count = 0;

	spin_lock(&s->wq.lock);
	for (at = s->wq.head.next; at != &s->wq.head; at = at->next)
		count++;
	spin_unlock(&s->wq.lock);
	return count;
}

static int woken(struct scene *s)
{
	return __atomic_load_n(&s->woken, __ATOMIC_RELAXED);
}

/* Law: exclusive waiters are woken one at a time, all by _all. */
static void exclusive_one_at_a_time(void **state)
{
	struct uik_thread *threads[3];
	struct scene s;

	scene_init(&s);
	s.exclusive = true;
	for (int i = 0; i < 3; i++)
		threads[i] = start(wait_once, &s);
	eventually(queued(&s) == 3);
	__atomic_store_n(&s.turn, 1, __ATOMIC_RELEASE);
	wake_up(&s.wq);
	eventually(woken(&s) == 1);
	usleep(2000);
	assert_int_equal(woken(&s), 1);
	wake_up_interruptible_all(&s.wq);
	for (int i = 0; i < 3; i++)
		join(threads[i]);
	assert_int_equal(woken(&s), 3);
}

/* Law: one wake_up() wakes every waiter that is not exclusive. */
static void wakes_everyone(void **state)
{
	struct uik_thread *threads[3];
	struct scene s;

	scene_init(&s);
	for (int i = 0; i < 3; i++)
		threads[i] = start(wait_once, &s);
	eventually(queued(&s) == 3);
	__atomic_store_n(&s.turn, 1, __ATOMIC_RELEASE);
	/* Uninterruptible sleepers do not hear this. */
	wake_up_interruptible_all(&s.wq);
	usleep(2000);
	assert_int_equal(woken(&s), 0);
	wake_up(&s.wq);
	for (int i = 0; i < 3; i++)
		join(threads[i]);
	assert_int_equal(woken(&s), 3);
}

static int wait_interruptibly(void *arg)
{
	struct scene *s = arg;

	current->signal_pending = s->interrupt;
	s->result = wait_event_interruptible(s->wq, s->turn);
	return 0;
}

/* Law: a signal ends the wait, but a condition that holds wins. */
static void interruption(void **state)
{
	struct scene s;

	scene_init(&s);
	s.interrupt = true;
	join(start(wait_interruptibly, &s));
	assert_int_equal(s.result, -ERESTARTSYS);
	assert_int_equal(queued(&s), 0);
	s.turn = 1;
	join(start(wait_interruptibly, &s));
	assert_int_equal(s.result, 0);
}

static int wait_for_signal(void *arg)
{
	struct scene *s = arg;

	__atomic_store_n(&s->waiter, current, __ATOMIC_RELEASE);
	s->result = wait_event_interruptible(s->wq, READ_ONCE(s->turn));
	return 0;
}

/* Law: a signal that comes during the wait ends it. */
static void signal_while_waiting(void **state)
{
	struct uik_thread *thread;
	struct scene s;

	scene_init(&s);
	thread = start(wait_for_signal, &s);
	eventually(queued(&s) == 1);
	uik_task_signal(__atomic_load_n(&s.waiter, __ATOMIC_ACQUIRE), true);
	join(thread);
	assert_int_equal(s.result, -ERESTARTSYS);
	assert_int_equal(queued(&s), 0);
}

/* Law: a wait for a minute that nobody ends costs no real time. */
static void timeout(void **state)
{
	struct kit_machine m = machine_with(&uik_clock_auto);
	u64 before = uik_now_ns();
	struct scene s;

	scene_init(&s);
	assert_int_equal(wait_event_timeout(s.wq, false,
					    msecs_to_jiffies(60000)), 0);
	assert_int_equal(uik_now_ns() - before, 60 * NSEC_PER_SEC);
	assert_int_equal(wait_event_interruptible_timeout(s.wq, false, 5), 0);
	assert_int_equal(uik_now_ns() - before, 60 * NSEC_PER_SEC +
			 5 * NSEC_PER_MSEC);
	/* A condition that holds at the end of the time still counts. */
	assert_int_equal(wait_event_timeout(s.wq, true, 0), 1);
	assert_int_equal(wait_event_timeout(s.wq, true, 7), 7);
	machine_end(m);
}

static int wait_a_minute(void *arg)
{
	struct scene *s = arg;

	s->result = wait_event_timeout(s->wq, READ_ONCE(s->turn), 60 * HZ);
	return 0;
}

/* Queued is not asleep: its time begins later. */
static bool sleeps(struct kit_machine *m)
{
	struct uik_clock_state *clock = &m->machine->clock;
	bool any;

	uik_rawlock_lock(&clock->lock);
	any = clock->sleepers;
	uik_rawlock_unlock(&clock->lock);
	return any;
}

/* Law: on a manual clock the remaining time is exact. */
static void woken_in_time(void **state)
{
	struct kit_machine m = machine_with(&uik_clock_manual);
	struct uik_thread *thread;
	struct scene s;

	scene_init(&s);
	thread = start(wait_a_minute, &s);
	eventually(queued(&s) == 1 && sleeps(&m));
	uik_clock_advance(m.machine, 59 * NSEC_PER_SEC);
	usleep(2000);
	assert_int_equal(queued(&s), 1);
	WRITE_ONCE(s.turn, 1);
	wake_up_all(&s.wq);
	join(thread);
	assert_int_equal(s.result, HZ);
	s.turn = 0;
	thread = start(wait_a_minute, &s);
	eventually(queued(&s) == 1 && sleeps(&m));
	uik_clock_advance(m.machine, 60 * NSEC_PER_SEC);
	join(thread);
	assert_int_equal(s.result, 0);
	machine_end(m);
}

/* Law: a time limit in nanoseconds is kept to the nanosecond. */
static void fine_timeout(void **state)
{
	struct kit_machine m = machine_with(&uik_clock_auto);
	u64 before = uik_now_ns();
	struct scene s;

	scene_init(&s);
	assert_int_equal(wait_event_hrtimeout(s.wq, false, 1500007), -ETIME);
	assert_int_equal(uik_now_ns() - before, 1500007);
	assert_int_equal(wait_event_interruptible_hrtimeout(s.wq, false, 3),
			 -ETIME);
	assert_int_equal(uik_now_ns() - before, 1500010);
	assert_int_equal(wait_event_hrtimeout(s.wq, true, 0), 0);
	assert_int_equal(wait_event_hrtimeout(s.wq, false, -5), -ETIME);
	assert_int_equal(uik_now_ns() - before, 1500010);
	/* At the end of the time the condition is looked at once more. */
	assert_int_equal(wait_event_hrtimeout(
				 s.wq, uik_now_ns() - before == 1500020, 10),
			 0);
	current->signal_pending = true;
	assert_int_equal(wait_event_interruptible_hrtimeout(s.wq, false, 9),
			 -ERESTARTSYS);
	assert_int_equal(wait_event_freezable(s.wq, false), -ERESTARTSYS);
	assert_int_equal(wait_event_freezable_exclusive(s.wq, false),
			 -ERESTARTSYS);
	assert_int_equal(wait_event_freezable_timeout(s.wq, false, 9),
			 -ERESTARTSYS);
	assert_int_equal(wait_event_killable_exclusive(s.wq, false),
			 -ERESTARTSYS);
	assert_int_equal(wait_event_state(s.wq, false, TASK_KILLABLE),
			 -ERESTARTSYS);
	current->signal_pending = false;
	assert_int_equal(wait_event_freezable_timeout(s.wq, false, 9), 0);
	assert_int_equal(wait_event_idle_exclusive_timeout(s.wq, false, 9), 0);
	assert_int_equal(queued(&s), 0);
	machine_end(m);
}

static int wait_for_ever(void *arg)
{
	struct scene *s = arg;

	s->result = wait_event_hrtimeout(s->wq, READ_ONCE(s->turn), KTIME_MAX);
	return 0;
}

/* Law: the longest time limit is none. */
static void no_limit(void **state)
{
	struct kit_machine m = machine_with(&uik_clock_manual);
	struct uik_thread *thread;
	struct scene s;

	scene_init(&s);
	s.result = 7;
	thread = start(wait_for_ever, &s);
	eventually(queued(&s) == 1);
	uik_clock_advance(m.machine, 1ull << 60);
	WRITE_ONCE(s.turn, 1);
	wake_up_all(&s.wq);
	join(thread);
	assert_int_equal(s.result, 0);
	machine_end(m);
}

static int set_under_lock(void *arg)
{
	struct scene *s = arg;

	spin_lock(&s->wq.lock);
	WRITE_ONCE(s->turn, 1);
	wake_up_all_locked(&s->wq);
	spin_unlock(&s->wq.lock);
	return 0;
}

/* Law: the _lock_irq form checks under its lock and sleeps without it. */
static void under_a_lock(void **state)
{
	DEFINE_SPINLOCK(lock);
	struct uik_thread *thread;
	struct scene s;

	scene_init(&s);
	thread = start(set_under_lock, &s);
	spin_lock_irq(&lock);
	wait_event_lock_irq(s.wq, READ_ONCE(s.turn), lock);
	assert_true(lockdep_is_held(&lock));
	spin_unlock_irq(&lock);
	join(thread);
}

/* Law: with a limit, too; and what else is to be done without the lock is. */
static void under_a_lock_for_a_time(void **state)
{
	struct kit_machine m = machine_with(&uik_clock_auto);
	DEFINE_SPINLOCK(lock);
	struct scene s;
	int held = 0, calls = 0;

	scene_init(&s);
	spin_lock_irq(&lock);
	assert_int_equal(wait_event_lock_irq_timeout(
				 s.wq, (held += !lockdep_is_held(&lock), false),
				 lock, 5), 0);
	assert_int_equal(wait_event_interruptible_lock_irq_timeout(
				 s.wq, false, lock, 5), 0);
	assert_int_equal(wait_event_lock_irq_timeout(s.wq, true, lock, 5), 5);
	current->signal_pending = true;
	assert_int_equal(wait_event_interruptible_lock_irq_timeout(
				 s.wq, false, lock, 5), -ERESTARTSYS);
	assert_int_equal(wait_event_interruptible_lock_irq_cmd(
				 s.wq, false, lock, calls++), -ERESTARTSYS);
	current->signal_pending = false;
	assert_true(lockdep_is_held(&lock));
	assert_int_equal(held, 0);
	assert_int_equal(calls, 0);
	spin_unlock_irq(&lock);
	machine_end(m);
}

struct steps {
	struct wait_queue_head wq;
	int before, after;
};

static int step(struct steps *steps)
{
	/* What is queued is not asleep: the wake-up is not lost. */
	wake_up(&steps->wq);
	return 1;
}

/* Law: the commands run around each sleep. */
static void commands(void **state)
{
	struct steps s = { .before = 0 };

	init_waitqueue_head(&s.wq);
	wait_event_cmd(s.wq, s.after == 3, s.before += step(&s), s.after++);
	assert_int_equal(s.before, 3);
	wait_event_exclusive_cmd(s.wq, s.after == 5, s.before += step(&s),
				 s.after++);
	assert_int_equal(s.before, 5);
	wait_event_cmd(s.wq, true, s.before++, s.after++);
	assert_int_equal(s.before, 5);
}

/* Law: entries are put and taken by whoever holds the queue's lock. */
static void entries_by_hand(void **state)
{
	struct wait_queue_entry entry, other;
	struct scene s;

	scene_init(&s);
	init_wait(&entry);
	init_waitqueue_entry(&other, current);
	spin_lock(&s.wq.lock);
	__add_wait_queue(&s.wq, &entry);
	__add_wait_queue_entry_tail(&s.wq, &other);
	assert_ptr_equal(s.wq.head.next, &entry.entry);
	assert_ptr_equal(s.wq.head.prev, &other.entry);
	__remove_wait_queue(&s.wq, &entry);
	__remove_wait_queue(&s.wq, &other);
	spin_unlock(&s.wq.lock);
	assert_false(waitqueue_active(&s.wq));
}

static int wake_woken(void *arg)
{
	struct scene *s = arg;

	wake_up(&s->wq);
	return 0;
}

/* Law: wait_woken() remembers a wake-up that came before the sleep. */
static void woken_before_sleep(void **state)
{
	struct scene s;

	scene_init(&s);
	DEFINE_WAIT_FUNC(entry, woken_wake_function);
	add_wait_queue(&s.wq, &entry);
	join(start(wake_woken, &s));
	assert_int_equal(wait_woken(&entry, TASK_INTERRUPTIBLE,
				    MAX_SCHEDULE_TIMEOUT),
			 MAX_SCHEDULE_TIMEOUT);
	remove_wait_queue(&s.wq, &entry);
}

static int sleep_atomically(void *arg)
{
	struct scene *s = arg;
	DEFINE_SPINLOCK(lock);

	spin_lock(&lock);
	s->result = warnings_of(wait_event(s->wq, true));
	spin_unlock(&lock);
	return 0;
}

/* Law: waiting while atomic is reported even if it would not sleep. */
static void atomic_wait(void **state)
{
	struct scene s;

	scene_init(&s);
	join(start(sleep_atomically, &s));
	assert_int_equal(s.result, 1);
}

static int complete_it(void *arg)
{
	complete(arg);
	return 0;
}

static void completions_count(void **state)
{
	DECLARE_COMPLETION(done);
	struct uik_thread *thread;

	assert_false(completion_done(&done));
	assert_false(try_wait_for_completion(&done));
	complete(&done);
	complete(&done);
	assert_true(try_wait_for_completion(&done));
	wait_for_completion(&done);
	assert_false(try_wait_for_completion(&done));
	thread = start(complete_it, &done);
	assert_int_equal(wait_for_completion_interruptible(&done), 0);
	join(thread);
	complete_all(&done);
	wait_for_completion(&done);
	wait_for_completion(&done);
	assert_true(completion_done(&done));
	reinit_completion(&done);
	assert_false(completion_done(&done));
}

/* Law: the time that is left is at least 1 when completed, 0 when not. */
static void completion_timeout(void **state)
{
	struct kit_machine m = machine_with(&uik_clock_auto);
	struct completion done;

	init_completion(&done);
	assert_int_equal(wait_for_completion_timeout(&done, 250), 0);
	assert_int_equal(uik_now_ns(), 250 * NSEC_PER_MSEC);
	complete(&done);
	assert_int_equal(wait_for_completion_timeout(&done, 250), 250);
	complete(&done);
	assert_int_equal(wait_for_completion_timeout(&done, 0), 1);
	assert_int_equal(wait_for_completion_timeout(&done, 0), 0);
	machine_end(m);
}

struct called {
	struct wait_queue_entry entry;
	int calls;
};

static int on_wake(struct wait_queue_entry *entry, unsigned int mode,
		   int flags, void *key)
{
	container_of(entry, struct called, entry)->calls++;
	return 1;
}

/* Law: of exclusive waiters one is woken; all others always are. */
static void exclusive_entries(void **state)
{
	struct called one = { .calls = 0 }, two = one, other = one;
	struct wait_queue_head wq;

	init_waitqueue_head(&wq);
	init_waitqueue_func_entry(&one.entry, on_wake);
	init_waitqueue_func_entry(&two.entry, on_wake);
	init_waitqueue_func_entry(&other.entry, on_wake);
	add_wait_queue_exclusive(&wq, &one.entry);
	add_wait_queue_exclusive(&wq, &two.entry);
	add_wait_queue(&wq, &other.entry);
	wake_up(&wq);
	assert_int_equal(one.calls + two.calls, 1);
	assert_int_equal(other.calls, 1);
	wake_up_all(&wq);
	assert_int_equal(one.calls + two.calls, 3);
	assert_int_equal(other.calls, 2);
	remove_wait_queue(&wq, &one.entry);
	remove_wait_queue(&wq, &two.entry);
	remove_wait_queue(&wq, &other.entry);
	wake_up_all(&wq);
	assert_int_equal(one.calls + two.calls + other.calls, 5);
}

/* Law: the first exclusive waiter learns that it is; a second time nobody. */
static void prepared_exclusively(void **state)
{
	struct wait_queue_head wq;
	DEFINE_WAIT(first);
	DEFINE_WAIT(second);

	init_waitqueue_head(&wq);
	assert_true(prepare_to_wait_exclusive(&wq, &first,
					      TASK_UNINTERRUPTIBLE));
	assert_false(prepare_to_wait_exclusive(&wq, &second,
					       TASK_UNINTERRUPTIBLE));
	assert_false(prepare_to_wait_exclusive(&wq, &first,
					       TASK_UNINTERRUPTIBLE));
	prepare_to_wait(&wq, &second, TASK_UNINTERRUPTIBLE);
	finish_wait(&wq, &first);
	finish_wait(&wq, &second);
	assert_true(list_empty(&wq.head));
	assert_int_equal(current->__state, TASK_RUNNING);
}

/* Law: a signal ends an interruptible wait for a completion, time ends it too. */
static void completion_interrupted(void **state)
{
	struct kit_machine m = machine_with(&uik_clock_auto);
	struct completion done;

	init_completion(&done);
	current->signal_pending = true;
	assert_int_equal(wait_for_completion_interruptible(&done), -ERESTARTSYS);
	assert_int_equal(wait_for_completion_interruptible_timeout(&done, 9),
			 -ERESTARTSYS);
	assert_int_equal(uik_now_ns(), 0);
	current->signal_pending = false;
	assert_int_equal(wait_for_completion_interruptible_timeout(&done, 9), 0);
	assert_int_equal(uik_now_ns(), 9 * NSEC_PER_MSEC);
	complete_all(&done);
	complete(&done);	/* more than all is all */
	assert_int_equal(wait_for_completion_interruptible_timeout(&done, 9), 9);
	assert_int_equal(wait_for_completion_interruptible(&done), 0);
	assert_int_equal(wait_for_completion_timeout(&done, ULONG_MAX), LONG_MAX);
	machine_end(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_lost_wake_up),
		cmocka_unit_test(exclusive_one_at_a_time),
		cmocka_unit_test(wakes_everyone),
		cmocka_unit_test(interruption),
		cmocka_unit_test(signal_while_waiting),
		cmocka_unit_test(timeout),
		cmocka_unit_test(woken_in_time),
		cmocka_unit_test(fine_timeout),
		cmocka_unit_test(no_limit),
		cmocka_unit_test(under_a_lock),
		cmocka_unit_test(under_a_lock_for_a_time),
		cmocka_unit_test(commands),
		cmocka_unit_test(entries_by_hand),
		cmocka_unit_test(woken_before_sleep),
		cmocka_unit_test(atomic_wait),
		cmocka_unit_test(completions_count),
		cmocka_unit_test(completion_timeout),
		cmocka_unit_test(exclusive_entries),
		cmocka_unit_test(prepared_exclusively),
		cmocka_unit_test(completion_interrupted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
