/* SPDX-License-Identifier: MIT */
/* Work queues: order, delays, flushing, cancelling, by hand. */
#include "kit_test.h"

#include <linux/completion.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

struct job {
	struct work_struct work;
	struct completion started, go;
	int runs;		/* atomic */
	int *order;
};

static int runs(struct job *job)
{
	return __atomic_load_n(&job->runs, __ATOMIC_ACQUIRE);
}

static void run(struct work_struct *work)
{
	struct job *job = container_of(work, struct job, work);

	if (job->order)
		job->runs = ++*job->order;
	else
		__atomic_fetch_add(&job->runs, 1, __ATOMIC_RELEASE);
}

static void run_slowly(struct work_struct *work)
{
	struct job *job = container_of(work, struct job, work);

	complete(&job->started);
	wait_for_completion(&job->go);
	__atomic_fetch_add(&job->runs, 1, __ATOMIC_RELEASE);
}

static void job_init(struct job *job, work_func_t fn)
{
	*job = (struct job){ .runs = 0 };
	INIT_WORK(&job->work, fn);
	init_completion(&job->started);
	init_completion(&job->go);
}

/* Law: a queued work runs once; flushing waits for it. */
static void flushes(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct job job;

	job_init(&job, run);
	assert_false(flush_work(&job.work));
	assert_true(schedule_work(&job.work));
	flush_work(&job.work);
	assert_int_equal(runs(&job), 1);
	assert_false(work_pending(&job.work));
	uik_leave(m.before);
	uik_machine_free(m.machine);
}

/* Law: a work may be queued again while it runs, and is pending once. */
static void requeue_while_running(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct workqueue_struct *wq = alloc_workqueue("test/%d", 0, 0, 1);
	struct job job;

	assert_non_null(wq);
	job_init(&job, run_slowly);
	assert_true(queue_work(wq, &job.work));
	wait_for_completion(&job.started);
	assert_true(queue_work(wq, &job.work));
	assert_false(queue_work(wq, &job.work));
	complete_all(&job.go);
	destroy_workqueue(wq);
	assert_int_equal(runs(&job), 2);
	machine_end(m);
}

/* Law: cancelling takes a pending work back, and waits for a running one. */
static void cancels(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct workqueue_struct *wq = alloc_workqueue("cancel", 0, 0);
	struct job slow, quick;

	job_init(&slow, run_slowly);
	job_init(&quick, run);
	queue_work(wq, &slow.work);
	queue_work(wq, &quick.work);
	wait_for_completion(&slow.started);
	assert_true(cancel_work(&quick.work));
	assert_false(cancel_work_sync(&quick.work));
	complete(&slow.go);
	assert_false(cancel_work_sync(&slow.work));
	assert_int_equal(runs(&slow), 1);
	destroy_workqueue(wq);
	assert_int_equal(runs(&quick), 0);
	machine_end(m);
}

/* Law: by hand, works run in order of due time, then of queueing. */
static void by_hand(void **state)
{
	struct kit_machine m = machine_with(&uik_clock_manual);
	struct delayed_work late;
	struct job a, b, c;
	int order = 0;

	uik_workqueue_manual(m.machine, true);
	job_init(&a, run);
	job_init(&b, run);
	job_init(&c, run);
	a.order = b.order = c.order = &order;
	schedule_work(&a.work);
	schedule_work(&b.work);
	assert_int_equal(order, 0);
	assert_int_equal(uik_workqueue_run(m.machine), 2);
	assert_int_equal(a.runs, 1);
	assert_int_equal(b.runs, 2);
	schedule_work(&c.work);
	assert_true(flush_work(&c.work));
	assert_int_equal(c.runs, 3);
	INIT_DELAYED_WORK(&late, run);
	assert_false(delayed_work_pending(&late));
	uik_leave(m.before);
	uik_machine_free(m.machine);
}

struct late_job {
	struct delayed_work work;
	u64 ran_at;		/* atomic */
};

static void run_late(struct work_struct *work)
{
	struct late_job *job = container_of(to_delayed_work(work),
					    struct late_job, work);

	__atomic_store_n(&job->ran_at, uik_now_ns(), __ATOMIC_RELEASE);
}

static u64 ran_at(struct late_job *job)
{
	return __atomic_load_n(&job->ran_at, __ATOMIC_ACQUIRE);
}

/* Law: a delayed work runs when machine time reaches its due time. */
static void delays(void **state)
{
	struct kit_machine m = machine_with(&uik_clock_auto);
	struct late_job job = { .ran_at = 0 };

	INIT_DELAYED_WORK(&job.work, run_late);
	assert_true(schedule_delayed_work(&job.work, 30 * HZ));
	assert_false(flush_work(&job.work.work));
	uik_sleep_ns(29ull * NSEC_PER_SEC);
	assert_int_equal(ran_at(&job), 0);
	uik_sleep_ns(2ull * NSEC_PER_SEC);
	assert_int_equal(ran_at(&job), 30 * NSEC_PER_SEC);
	assert_false(mod_delayed_work(system_wq, &job.work, 50 * HZ));
	assert_true(mod_delayed_work(system_wq, &job.work, HZ));
	uik_sleep_ns(2ull * NSEC_PER_SEC);
	assert_int_equal(ran_at(&job), 32 * NSEC_PER_SEC);
	schedule_delayed_work(&job.work, 100 * HZ);
	assert_true(flush_delayed_work(&job.work));
	assert_int_equal(ran_at(&job), 33 * NSEC_PER_SEC);
	schedule_delayed_work(&job.work, HZ);
	assert_true(cancel_delayed_work_sync(&job.work));
	uik_sleep_ns(5ull * NSEC_PER_SEC);
	assert_int_equal(ran_at(&job), 33 * NSEC_PER_SEC);
	uik_leave(m.before);
	uik_machine_free(m.machine);
}

static void free_self(struct work_struct *work)
{
	kfree(container_of(work, struct job, work));
}

/* Law: a work may free itself. */
static void frees_itself(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct workqueue_struct *wq = alloc_ordered_workqueue("free", 0);

	for (int i = 0; i < 50; i++) {
		struct job *job = kzalloc_obj(*job);

		job_init(job, free_self);
		queue_work(wq, &job->work);
	}
	destroy_workqueue(wq);
	machine_end(m);
}

/* Law: works that were never queued, and queues without memory. */
static void nothing_queued(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct late_job job = { .ran_at = 0 };
	struct workqueue_struct *wq;
	struct job now;

	INIT_DELAYED_WORK(&job.work, run_late);
	job_init(&now, run);
	assert_false(cancel_delayed_work(&job.work));
	assert_false(cancel_delayed_work_sync(&job.work));
	assert_false(flush_delayed_work(&job.work));
	assert_false(cancel_work_sync(&now.work));
	uik_fail_nth(1, 1u << UIK_FAIL_ALLOC, false);
	assert_null(alloc_workqueue("none", 0, 0));
	uik_fail_nth(0, 0, false);
	wq = alloc_workqueue("a%d", 0, 0, 1);
	assert_non_null(wq);
	flush_workqueue(wq);
	assert_true(queue_work(wq, &now.work));
	flush_workqueue(wq);
	assert_int_equal(runs(&now), 1);
	/* Later ones first: each waits for its own time. */
	assert_true(queue_delayed_work(wq, &job.work, 1000 * HZ));
	assert_true(cancel_delayed_work(&job.work));
	assert_false(cancel_delayed_work(&job.work));
	destroy_workqueue(wq);
	machine_end(m);
}

/* Law: works wait in order of their time, whenever they were queued. */
static void sorted(void **state)
{
	struct kit_machine m = machine_with(&uik_clock_manual);
	struct workqueue_struct *a = alloc_workqueue("a", 0, 0);
	struct workqueue_struct *b = alloc_workqueue("b", 0, 0);
	struct late_job job[3] = { { .ran_at = 0 } };

	uik_workqueue_manual(m.machine, true);
	for (int i = 0; i < 3; i++) {
		INIT_DELAYED_WORK(&job[i].work, run_late);
		assert_true(queue_delayed_work(a, &job[i].work, (3 - i) * HZ));
	}
	uik_clock_advance(m.machine, NSEC_PER_SEC);
	assert_int_equal(uik_workqueue_run(m.machine), 1);
	assert_int_equal(ran_at(&job[2]), NSEC_PER_SEC);
	assert_int_equal(ran_at(&job[1]), 0);
	uik_clock_advance(m.machine, NSEC_PER_SEC);
	assert_int_equal(uik_workqueue_run(m.machine), 1);
	assert_int_equal(ran_at(&job[1]), 2 * NSEC_PER_SEC);
	assert_int_equal(ran_at(&job[0]), 0);
	/* Not due yet: brought forward, and run by who waits for it. */
	assert_true(flush_delayed_work(&job[0].work));
	assert_int_equal(ran_at(&job[0]), 2 * NSEC_PER_SEC);
	/* The elder queue ends first. */
	destroy_workqueue(a);
	destroy_workqueue(b);
	machine_end(m);
}

/* Law: works queued by hand run by themselves once that is over. */
static void by_hand_no_more(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct workqueue_struct *a = alloc_workqueue("a", 0, 0);
	struct workqueue_struct *b = alloc_workqueue("b", 0, 0);
	struct job one, two;

	uik_workqueue_manual(m.machine, true);
	job_init(&one, run);
	job_init(&two, run);
	assert_true(queue_work(a, &one.work));
	assert_true(queue_work(b, &two.work));
	usleep(1000);
	assert_int_equal(runs(&one) + runs(&two), 0);
	uik_workqueue_manual(m.machine, false);
	eventually(runs(&one) && runs(&two));
	destroy_workqueue(a);
	destroy_workqueue(b);
	machine_end(m);
}

/* Law: a queue that ends with works to come says so and drops them. */
static void ends_with_works(void **state)
{
	struct kit_machine m = machine_with(&uik_clock_manual);
	struct workqueue_struct *wq = alloc_workqueue("late", 0, 0);
	struct late_job job = { .ran_at = 0 };

	INIT_DELAYED_WORK(&job.work, run_late);
	assert_true(queue_delayed_work(wq, &job.work, HZ));
	assert_int_equal(warnings_of(destroy_workqueue(wq)), 1);
	assert_int_equal(ran_at(&job), 0);
	machine_end(m);
}

static int no_host(struct task_struct *task, void *(*main)(void *), void *arg)
{
	return -EAGAIN;
}

/* Law: without a thread works stay queued, which is warned about. */
static void no_worker(void **state)
{
	static const struct uik_hooks refusing = { .start = no_host };
	struct kit_machine m = machine_with(NULL);
	struct workqueue_struct *wq = alloc_workqueue("none", 0, 0);
	bool queued = false;
	struct job job;

	job_init(&job, run);
	uik_hooks_install(&refusing);
	assert_int_equal(warnings_of(queued = queue_work(wq, &job.work)), 1);
	uik_hooks_install(NULL);
	assert_true(queued);
	assert_true(work_pending(&job.work));
	assert_true(cancel_work(&job.work));
	destroy_workqueue(wq);
	machine_end(m);
}

static struct work_struct *waited_for;

static void waits_for_itself(struct work_struct *work)
{
	struct job *job = container_of(work, struct job, work);

	/* It runs here: there is nothing to wait for. */
	cancel_work_sync(waited_for);
	flush_work(waited_for);
	__atomic_fetch_add(&job->runs, 1, __ATOMIC_RELEASE);
}

/* Law: a work that waits for itself goes on. */
static void self_wait(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct workqueue_struct *wq = alloc_workqueue("self", 0, 0);
	struct job job, other;

	job_init(&job, waits_for_itself);
	job_init(&other, run);
	waited_for = &job.work;
	assert_true(queue_work(wq, &job.work));
	flush_workqueue(wq);
	assert_int_equal(runs(&job), 1);
	/* Another one that is not queued is not waited for, either. */
	waited_for = &other.work;
	assert_true(queue_work(wq, &other.work));
	flush_work(&other.work);
	assert_true(queue_work(wq, &job.work));
	flush_workqueue(wq);
	assert_int_equal(runs(&job), 2);
	destroy_workqueue(wq);
	machine_end(m);
}

static struct work_struct *seen_work;
static unsigned int seen_busy;

static void look_at_itself(struct work_struct *work)
{
	seen_work = current_work();
	queue_work_on(1, uik_system_wq(), work);
	seen_busy = work_busy(work);
	cancel_work(work);
}

/* Law: a work knows itself, and who asks what it is doing. */
static void what_a_work_does(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct job job;

	job_init(&job, look_at_itself);
	assert_int_equal(work_busy(&job.work), 0);
	assert_null(current_work());
	uik_workqueue_manual(m.machine, true);
	schedule_work_on(0, &job.work);
	assert_int_equal(work_busy(&job.work), WORK_BUSY_PENDING);
	assert_int_equal(uik_workqueue_run(m.machine), 1);
	assert_ptr_equal(seen_work, &job.work);
	assert_int_equal(seen_busy, WORK_BUSY_PENDING | WORK_BUSY_RUNNING);
	assert_int_equal(work_busy(&job.work), 0);
	assert_null(current_work());
	machine_end(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flushes),
		cmocka_unit_test(requeue_while_running),
		cmocka_unit_test(cancels),
		cmocka_unit_test(by_hand),
		cmocka_unit_test(delays),
		cmocka_unit_test(frees_itself),
		cmocka_unit_test(nothing_queued),
		cmocka_unit_test(sorted),
		cmocka_unit_test(by_hand_no_more),
		cmocka_unit_test(ends_with_works),
		cmocka_unit_test(no_worker),
		cmocka_unit_test(self_wait),
		cmocka_unit_test(what_a_work_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
