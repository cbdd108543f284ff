/* SPDX-License-Identifier: MIT */
/* Tasklets: once however often scheduled, atomic, held back, ended. */
#include "kit_test.h"

#include <linux/completion.h>
#include <linux/interrupt.h>
#include <linux/slab.h>
#include <uik/irq.h>

struct job {
	struct tasklet_struct tasklet;
	int runs;			/* atomic */
	bool again;			/* schedules itself; atomic */
	bool spins;			/* until that is cleared; atomic */
	bool in_interrupt, in_task, atomic;	/* of the tasklet */
	bool in_edge;			/* of the hard handler */
	struct completion started;
};

static bool holds_locks(struct kit_machine m)
{
	struct uik_audit audit;

	uik_machine_audit(m.machine, &audit);
	return audit.locks;
}

/* The worker may still be on its way to sleep. */
static void settled_end(struct kit_machine m)
{
	eventually(!holds_locks(m));
	machine_end(m);
}

static int runs_of(struct job *job)
{
	return __atomic_load_n(&job->runs, __ATOMIC_ACQUIRE);
}

static void run(struct tasklet_struct *t)
{
	struct job *job = from_tasklet(job, t, tasklet);

	job->in_interrupt = in_interrupt() && in_serving_softirq();
	job->in_task = in_task() || in_hardirq();
	job->atomic = in_atomic();
	complete(&job->started);
	while (__atomic_load_n(&job->spins, __ATOMIC_ACQUIRE))
		cpu_relax();
	if (__atomic_load_n(&job->again, __ATOMIC_ACQUIRE))
		tasklet_schedule(t);
	__atomic_add_fetch(&job->runs, 1, __ATOMIC_RELEASE);
}

static void job_init(struct job *job)
{
	*job = (struct job){ .runs = 0 };
	tasklet_setup(&job->tasklet, run);
	init_completion(&job->started);
}

/* Law: a scheduled tasklet runs once, elsewhere, where it must not sleep. */
static void runs_once(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct job job;

	job_init(&job);
	tasklet_kill(&job.tasklet);
	assert_int_equal(runs_of(&job), 0);
	uik_workqueue_manual(m.machine, true);
	tasklet_schedule(&job.tasklet);
	tasklet_hi_schedule(&job.tasklet);
	assert_int_equal(runs_of(&job), 0);
	assert_int_equal(uik_workqueue_run(m.machine), 1);
	assert_int_equal(runs_of(&job), 1);
	uik_workqueue_manual(m.machine, false);
	tasklet_schedule(&job.tasklet);
	tasklet_kill(&job.tasklet);
	assert_int_equal(runs_of(&job), 2);
	assert_true(job.in_interrupt && job.atomic && !job.in_task);
	assert_true(in_task() && !in_interrupt());
	settled_end(m);
}

/* Law: while it runs it can be scheduled again, and runs again. */
static void again_while_running(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct job job;

	job_init(&job);
	__atomic_store_n(&job.spins, true, __ATOMIC_RELEASE);
	tasklet_schedule(&job.tasklet);
	wait_for_completion(&job.started);
	for (int i = 0; i < 3; i++)
		tasklet_schedule(&job.tasklet);
	assert_int_equal(runs_of(&job), 0);
	__atomic_store_n(&job.spins, false, __ATOMIC_RELEASE);
	tasklet_kill(&job.tasklet);
	assert_int_equal(runs_of(&job), 2);
	settled_end(m);
}

/* Law: disabled it does not run; enabled as often it does, once. */
static void held_back(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct job job;

	job_init(&job);
	tasklet_disable(&job.tasklet);
	tasklet_disable_nosync(&job.tasklet);
	for (int i = 0; i < 3; i++) {
		tasklet_schedule(&job.tasklet);
		tasklet_disable(&job.tasklet);	/* its turn has come and gone */
		tasklet_enable(&job.tasklet);
	}
	assert_int_equal(runs_of(&job), 0);
	tasklet_enable(&job.tasklet);
	assert_int_equal(runs_of(&job), 0);
	tasklet_enable(&job.tasklet);
	tasklet_kill(&job.tasklet);
	assert_int_equal(runs_of(&job), 1);
	assert_int_equal(warnings_of(tasklet_enable(&job.tasklet)), 1);
	settled_end(m);
}

static int let_go(void *arg)
{
	struct job *job = arg;

	usleep(2000);
	__atomic_store_n(&job->spins, false, __ATOMIC_RELEASE);
	return 0;
}

/* Law: disabling waits for a run that is under way. */
static void waits_for_run(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct uik_thread *thread;
	struct job job;

	job_init(&job);
	__atomic_store_n(&job.spins, true, __ATOMIC_RELEASE);
	tasklet_schedule(&job.tasklet);
	wait_for_completion(&job.started);
	thread = start(let_go, &job);
	tasklet_disable(&job.tasklet);
	assert_int_equal(runs_of(&job), 1);
	join(thread);
	tasklet_enable(&job.tasklet);
	tasklet_kill(&job.tasklet);
	settled_end(m);
}

/* Law: killing ends one that schedules itself; one that cannot run is told. */
static void killing(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct job job;
	int runs;

	job_init(&job);
	job.again = true;
	tasklet_schedule(&job.tasklet);
	wait_for_completion(&job.started);
	tasklet_kill(&job.tasklet);
	runs = runs_of(&job);
	assert_true(runs >= 1);
	usleep(1000);
	assert_int_equal(runs_of(&job), runs);
	tasklet_disable(&job.tasklet);
	tasklet_schedule(&job.tasklet);
	assert_int_equal(warnings_of(tasklet_kill(&job.tasklet)), 1);
	tasklet_enable(&job.tasklet);
	tasklet_kill(&job.tasklet);
	assert_int_equal(runs_of(&job), runs);
	settled_end(m);
}

static int of_data;		/* atomic */
static DECLARE_TASKLET(plain, run);

static void add_data(unsigned long data)
{
	__atomic_add_fetch(&of_data, (int)data, __ATOMIC_RELEASE);
}

static void sleeps(unsigned long data)
{
	might_sleep();
}

static DECLARE_TASKLET_OLD(old, add_data);
static DECLARE_TASKLET_DISABLED_OLD(old_disabled, add_data);

/* Law: those made at build time and the ones with a number do the same. */
static void made_otherwise(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct tasklet_struct numbered;

	assert_ptr_equal(plain.callback, run);
	tasklet_init(&numbered, add_data, 3);
	tasklet_schedule(&numbered);
	tasklet_kill(&numbered);
	assert_int_equal(of_data, 3);
	tasklet_schedule(&old);
	tasklet_kill(&old);
	old_disabled.data = 7;
	tasklet_schedule(&old_disabled);
	tasklet_disable(&old_disabled);
	assert_int_equal(of_data, 3);
	tasklet_enable(&old_disabled);
	tasklet_enable(&old_disabled);
	tasklet_kill(&old_disabled);
	assert_int_equal(of_data, 10);
	tasklet_init(&numbered, sleeps, 0);
	uik_workqueue_manual(m.machine, true);
	tasklet_schedule(&numbered);
	assert_int_equal(warnings_of(uik_workqueue_run(m.machine)), 1);
	settled_end(m);
}

static irqreturn_t edge(int irq, void *dev)
{
	struct job *job = dev;

	job->in_edge = in_interrupt() && in_hardirq() && !in_serving_softirq();
	tasklet_schedule(&job->tasklet);
	return IRQ_HANDLED;
}

/* Law: a hard handler schedules what its interrupt leaves to do. */
static void from_an_interrupt(void **state)
{
	struct kit_machine m = machine_with(NULL);
	int irq = uik_irq_alloc(m.machine);
	struct job job;

	job_init(&job);
	assert_int_equal(request_irq(irq, edge, 0, "edge", &job), 0);
	uik_irq_raise(m.machine, irq);
	assert_true(job.in_edge);
	free_irq(irq, &job);
	tasklet_kill(&job.tasklet);
	assert_int_equal(runs_of(&job), 1);
	uik_irq_release(m.machine, irq);
	settled_end(m);
}

/* Law: the end of a machine runs what is due, whoever queued whom. */
static void machine_ends(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct job job;

	job_init(&job);
	uik_workqueue_manual(m.machine, true);
	tasklet_schedule(&job.tasklet);
	settled_end(m);
	assert_int_equal(runs_of(&job), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_once),
		cmocka_unit_test(again_while_running),
		cmocka_unit_test(held_back),
		cmocka_unit_test(waits_for_run),
		cmocka_unit_test(killing),
		cmocka_unit_test(made_otherwise),
		cmocka_unit_test(from_an_interrupt),
		cmocka_unit_test(machine_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
