/* SPDX-License-Identifier: MIT */
/* Machine time on the three clocks. */
#include "kit_test.h"

#include <time.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/mutex.h>

/* Law: a sleep on a manual clock advances it, and nothing else does. */
static void manual(void **state)
{
	struct kit_machine m = machine_with(&uik_clock_manual);

	assert_int_equal(uik_now_ns(), 0);
	msleep(60000);
	assert_int_equal(uik_now_ns(), 60 * NSEC_PER_SEC);
	assert_int_equal(jiffies, 60 * HZ);
	udelay(3);
	usleep_range(7, 9);
	assert_int_equal(uik_now_ns(), 60 * NSEC_PER_SEC + 10000);
	uik_clock_advance(m.machine, NSEC_PER_SEC);
	assert_int_equal(ktime_get_ns(), 61 * NSEC_PER_SEC + 10000);
	assert_int_equal(uik_machine_now_ns(m.machine), ktime_get());
	usleep(1000);
	assert_int_equal(ktime_get_ns(), 61 * NSEC_PER_SEC + 10000);
	machine_end(m);
}

/* Law: virtual real time starts at a fixed day. */
static void real_time(void **state)
{
	struct kit_machine m = machine_with(&uik_clock_manual);
	struct timespec64 now;

	ktime_get_real_ts64(&now);
	assert_int_equal(now.tv_sec, 1767225600);
	ssleep(5);
	assert_int_equal(ktime_get_real_seconds(), 1767225605);
	machine_end(m);
}

static int sleep_two_minutes(void *arg)
{
	msleep(120000);
	*(u64 *)arg = uik_now_ns();
	return 0;
}

/* Law: an automatic clock runs the sleepers in order of their deadlines. */
static void automatic(void **state)
{
	struct kit_machine m = machine_with(&uik_clock_auto);
	struct uik_thread *thread;
	u64 there = 0;

	thread = start(sleep_two_minutes, &there);
	msleep(60000);
	assert_in_range(uik_now_ns(), 60 * NSEC_PER_SEC, 60 * NSEC_PER_SEC);
	join(thread);
	assert_int_equal(there, 120 * NSEC_PER_SEC);
	machine_end(m);
}

struct scene {
	struct completion go;
	struct mutex lock;
	u64 time;
	long left;
};

static int wait_for_go(void *arg)
{
	struct scene *s = arg;

	s->left = wait_for_completion_timeout(&s->go, 10 * HZ);
	return 0;
}

/* Law: while a task inside works, time stands still. */
static void no_jump_while_working(void **state)
{
	struct kit_machine m = machine_with(&uik_clock_auto);
	struct uik_thread *thread;
	struct scene s;

	init_completion(&s.go);
	thread = start(wait_for_go, &s);
	usleep(5000);
	assert_int_equal(uik_now_ns(), 0);
	complete(&s.go);
	join(thread);
	assert_int_equal(s.left, 10 * HZ);
	assert_int_equal(uik_now_ns(), 0);
	machine_end(m);
}

static int hold_a_while(void *arg)
{
	struct scene *s = arg;

	mutex_lock(&s->lock);
	complete(&s->go);
	msleep(30000);
	mutex_unlock(&s->lock);
	return 0;
}

/* Law: a task that waits for a lock does not hold time up. */
static void lock_waiters_count(void **state)
{
	struct kit_machine m = machine_with(&uik_clock_auto);
	struct uik_thread *thread;
	struct scene s;

	init_completion(&s.go);
	mutex_init(&s.lock);
	thread = start(hold_a_while, &s);
	wait_for_completion(&s.go);
	mutex_lock(&s.lock);
	assert_int_equal(uik_now_ns(), 30 * NSEC_PER_SEC);
	mutex_unlock(&s.lock);
	join(thread);
	machine_end(m);
}

/* Law: leaving the machine lets those inside jump. */
static void leaving(void **state)
{
	struct kit_machine m = machine_with(&uik_clock_auto);
	struct uik_thread *thread;
	struct scene s;

	init_completion(&s.go);
	thread = start(wait_for_go, &s);
	usleep(2000);
	assert_int_equal(uik_now_ns(), 0);
	uik_leave(m.before);
	eventually(uik_machine_now_ns(m.machine) == 10 * NSEC_PER_SEC);
	m.before = uik_enter(m.machine);
	join(thread);
	assert_int_equal(s.left, 0);
	machine_end(m);
}

/* Law: a visitor that entered nothing can sleep too. */
static void default_machine(void **state)
{
	struct timespec start_time, end_time;

	clock_gettime(CLOCK_MONOTONIC, &start_time);
	msleep(3);
	udelay(5);
	clock_gettime(CLOCK_MONOTONIC, &end_time);
	assert_true((end_time.tv_sec - start_time.tv_sec) * NSEC_PER_SEC +
		    end_time.tv_nsec - start_time.tv_nsec >= 3005000);
}

/* Law: wall waits end on time, and report what is left when woken. */
static void wall(void **state)
{
	struct kit_machine m = machine_with(&uik_clock_wall);
	u64 before = uik_now_ns();
	struct scene s;

	init_completion(&s.go);
	assert_int_equal(wait_for_completion_timeout(&s.go, 3), 0);
	assert_true(uik_now_ns() - before >= 3 * NSEC_PER_MSEC);
	uik_clock_advance(m.machine, NSEC_PER_SEC * 1000000ull);
	assert_true(uik_now_ns() - before < NSEC_PER_SEC * 100000ull);
	complete(&s.go);
	assert_true(wait_for_completion_timeout(&s.go, 1000) > 900);
	machine_end(m);
}

static void interrupted_sleep(void **state)
{
	struct kit_machine m = machine_with(&uik_clock_auto);

	current->signal_pending = true;
	assert_int_equal(msleep_interruptible(50), 50);
	current->signal_pending = false;
	assert_int_equal(msleep_interruptible(50), 0);
	assert_int_equal(uik_now_ns(), 50 * NSEC_PER_MSEC);
	machine_end(m);
}

static void schedule_timeouts(void **state)
{
	struct kit_machine m = machine_with(&uik_clock_auto);

	assert_int_equal(schedule_timeout_uninterruptible(20), 0);
	assert_int_equal(jiffies, 20);
	/* Running already: no sleep. */
	assert_int_equal(schedule_timeout(20), 20);
	set_current_state(TASK_INTERRUPTIBLE);
	assert_int_equal(wake_up_process(current), 1);
	assert_int_equal(wake_up_process(current), 0);
	assert_int_equal(schedule_timeout(20), 20);
	assert_int_equal(warnings_of(schedule_timeout(-1)), 1);
	machine_end(m);
}

static void conversions(void **state)
{
	assert_int_equal(msecs_to_jiffies(0), 0);
	assert_int_equal(msecs_to_jiffies(7), 7);
	assert_int_equal(msecs_to_jiffies(-1), MAX_JIFFY_OFFSET);
	assert_int_equal(usecs_to_jiffies(1), 1);
	assert_int_equal(usecs_to_jiffies(1001), 2);
	assert_true(time_after(1ul, ~0ul));
	assert_true(time_before(~0ul, 1ul));
	assert_int_equal(ktime_to_us(ktime_add_us(5, 7)), 7);
	assert_int_equal(ktime_compare(1, 2), -1);
	assert_int_equal(ns_to_timespec64(-1).tv_nsec, NSEC_PER_SEC - 1);
	assert_int_equal(ns_to_timespec64(-1).tv_sec, -1);
}

/* Law: a time too far to be told is as good as never; a signal ends the wait. */
static void far_times(void **state)
{
	struct kit_machine m = machine_with(&uik_clock_auto);

	current->signal_pending = true;
	assert_true(schedule_timeout_interruptible(LONG_MAX - 1) > 1000000000);
	set_current_state(TASK_INTERRUPTIBLE);
	uik_schedule_ns(U64_MAX);
	assert_int_equal(uik_now_ns(), 0);
	current->signal_pending = false;
	assert_int_equal(schedule_timeout_interruptible(20), 0);
	assert_int_equal(jiffies, 20);
	set_current_state(TASK_INTERRUPTIBLE);
	uik_schedule_ns(5);
	assert_int_equal(uik_now_ns(), 20 * NSEC_PER_MSEC + 5);
	machine_end(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(manual),
		cmocka_unit_test(real_time),
		cmocka_unit_test(automatic),
		cmocka_unit_test(no_jump_while_working),
		cmocka_unit_test(lock_waiters_count),
		cmocka_unit_test(leaving),
		cmocka_unit_test(default_machine),
		cmocka_unit_test(wall),
		cmocka_unit_test(interrupted_sleep),
		cmocka_unit_test(schedule_timeouts),
		cmocka_unit_test(conversions),
		cmocka_unit_test(far_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
