/* SPDX-License-Identifier: MIT */
/* Tasks, kit threads and kernel threads. */
#include "kit_test.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <linux/kthread.h>
#include <linux/smp.h>
#include <linux/wait.h>
#include <uik/hook.h>

#include "kit/fork.h"
#include "kit/poison.h"

struct seen {
	struct task_struct *task;
	struct uik_machine *machine;
	int pid, cpu;
	u64 capabilities;
	bool handles_term;
};

static int look(void *arg)
{
	struct seen *seen = arg;
	sigset_t blocked;

	pthread_sigmask(SIG_BLOCK, NULL, &blocked);
	*seen = (struct seen){
		.task = current,
		.machine = uik_this_machine(),
		.pid = current->pid,
		.cpu = raw_smp_processor_id(),
		.capabilities = current->capabilities,
		.handles_term = !sigismember(&blocked, SIGTERM),
	};
	return 0;
}

/* Law: a thread has its own task with its creator's settings and machine. */
static void inherits(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct task_struct *self = current;
	struct seen seen;

	self->capabilities = 5;
	join(start(look, &seen));
	self->capabilities = UIK_CAP_ALL;
	assert_ptr_not_equal(seen.task, self);
	assert_ptr_equal(seen.machine, m.machine);
	assert_int_equal(seen.capabilities, 5);
	assert_int_not_equal(seen.pid, self->pid);
	assert_int_not_equal(seen.cpu, self->cpu);
	assert_false(seen.handles_term);
	machine_end(m);
}

static void *foreign_thread(void *arg)
{
	look(arg);
	return NULL;
}

/* Law: a foreign thread gets a task of this process at its first entry. */
static void implicit_task(void **state)
{
	struct task_struct *self = current;
	pthread_t thread;
	struct seen seen;

	pthread_create(&thread, NULL, foreign_thread, &seen);
	pthread_join(thread, NULL);
	assert_ptr_not_equal(seen.task, self);
	assert_int_equal(seen.capabilities, UIK_CAP_ALL);
	assert_ptr_equal(self->group_leader->group_leader, self->group_leader);
	assert_int_equal(self->tgid, getpid());
	assert_int_equal(self->pid, gettid());
}

/* Law: a switched task is current until it is switched back. */
static void switching(void **state)
{
	struct task_struct *self = current;
	struct task_struct *other = uik_task_new("other");

	assert_non_null(other);
	assert_string_equal(other->comm, "other");
	assert_ptr_equal(uik_task_switch(other), self);
	assert_ptr_equal(current, other);
	assert_true(uik_capable(UIK_CAP_IPC_LOCK));
	other->capabilities = 0;
	assert_false(uik_capable(UIK_CAP_IPC_LOCK));
	assert_ptr_equal(uik_task_switch(self), other);
	assert_true(uik_capable(UIK_CAP_IPC_LOCK));
	uik_task_put(other);
}

/* Law: tasks beyond the pool work as those inside. */
static void many_tasks(void **state)
{
	enum { COUNT = 300 };
	struct task_struct *tasks[COUNT];

	for (int i = 0; i < COUNT; i++) {
		tasks[i] = uik_task_new("many");
		assert_non_null(tasks[i]);
		assert_in_range(tasks[i]->cpu, 0, NR_CPUS - 1);
	}
	for (int i = 0; i < COUNT; i++)
		uik_task_put(tasks[i]);
}

static void self_join_child(void)
{
	if (current->pid != getpid() || current->tgid != getpid())
		abort();
}

/* Law: a forked child is its own process. */
static void after_fork(void **state)
{
	assert_int_equal(signal_of(self_join_child), 0);
}

struct worker {
	struct wait_queue_head wq;
	int rounds;		/* atomic */
};

static int work(void *arg)
{
	struct worker *w = arg;

	while (!kthread_should_stop()) {
		__atomic_fetch_add(&w->rounds, 1, __ATOMIC_RELAXED);
		(void)!wait_event_interruptible(w->wq, kthread_should_stop());
	}
	return 42;
}

/* Law: a kernel thread runs when woken and stops when told. */
static void kernel_thread(void **state)
{
	struct worker w = { .rounds = 0 };
	struct task_struct *task;

	init_waitqueue_head(&w.wq);
	task = kthread_create(work, &w, "worker/%d", 3);
	assert_false(IS_ERR(task));
	assert_string_equal(task->comm, "worker/3");
	usleep(1000);
	assert_int_equal(__atomic_load_n(&w.rounds, __ATOMIC_RELAXED), 0);
	wake_up_process(task);
	eventually(__atomic_load_n(&w.rounds, __ATOMIC_RELAXED) == 1);
	assert_int_equal(kthread_stop(task), 42);
	task = kthread_create(work, &w, "never");
	assert_int_equal(kthread_stop(task), -EINTR);
	assert_int_equal(w.rounds, 1);
	assert_false(kthread_should_stop());
}

/* Law: its own thread cannot be joined. */
static struct uik_thread *own;
static int joined;

static int join_self(void *arg)
{
	eventually(__atomic_load_n(&own, __ATOMIC_ACQUIRE));
	joined = uik_thread_join(own);
	return 0;
}

static void no_self_join(void **state)
{
	struct uik_thread *thread = start(join_self, NULL);

	__atomic_store_n(&own, thread, __ATOMIC_RELEASE);
	join(thread);
	assert_int_equal(joined, -EDEADLK);
}

/* ---- threads that others host, and threads that cannot be had ---- */

static int refusals, hosted, told;

static void no_point(const struct uik_point *point)
{
}

static int host_refuses(struct task_struct *task, void *(*main)(void *),
			void *arg)
{
	refusals++;
	return -EAGAIN;
}

/* To its end at once: whoever joins finds it done. */
static int host_runs(struct task_struct *task, void *(*main)(void *), void *arg)
{
	struct task_struct *before = uik_task_switch(task);

	hosted++;
	main(arg);
	uik_task_switch(before);
	return 0;
}

static void on_thread(int (*fn)(void *), void *arg)
{
	told += fn ? 1 : 100;
}

static const struct uik_hooks refusing = { .point = no_point,
					   .start = host_refuses };
static const struct uik_hooks hosting = { .point = no_point,
					  .start = host_runs,
					  .thread = on_thread };

static int nothing(void *arg)
{
	return 0;
}

/* Law: who hosts threads may have none: nothing is left of the attempt. */
static void host_has_none(void **state)
{
	struct kit_machine m = machine_with(NULL);
	int rc = 0;

	uik_hooks_install(&refusing);
	assert_null(uik_thread_start(nothing, NULL, "none"));
	assert_int_equal(PTR_ERR(kthread_create(nothing, NULL, "none")),
			 -EAGAIN);
	assert_int_equal(refusals, 2);
	/* Nobody would end it. */
	assert_int_equal(warnings_of(rc = thread_start_detached(nothing, NULL,
								"none")), 1);
	assert_int_equal(rc, -EOPNOTSUPP);
	uik_hooks_install(NULL);
	machine_end(m);
}

/* Law: a hosted thread is its hooks' and is joined like another. */
static void hosted_thread(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct task_struct *self = current;
	struct uik_thread *thread;
	struct seen seen;

	uik_hooks_install(&hosting);
	thread = uik_thread_start(look, &seen, "hosted");
	assert_non_null(thread);
	assert_ptr_equal(current, self);
	join(thread);
	uik_hooks_install(NULL);
	assert_ptr_not_equal(seen.task, self);
	assert_ptr_equal(seen.machine, m.machine);
	assert_int_equal(hosted, 1);
	assert_int_equal(told, 101);
	machine_end(m);
}

#if !defined(KIT_ASAN) && !defined(KIT_TSAN)
/* The system's: in the place of the C library's, on demand. */
static bool system_refuses;

int pthread_create(pthread_t *thread, const pthread_attr_t *attr,
		   void *(*fn)(void *), void *arg)
{
	static int (*real)(pthread_t *, const pthread_attr_t *,
			   void *(*)(void *), void *);

	if (system_refuses)
		return EAGAIN;
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "pthread_create");
	return real(thread, attr, fn, arg);
}

/* Law: the system's refusal is told, and nothing is left behind. */
static void system_has_none(void **state)
{
	struct kit_machine m = machine_with(NULL);
	sigset_t before, after;

	pthread_sigmask(SIG_BLOCK, NULL, &before);
	system_refuses = true;
	assert_null(uik_thread_start(nothing, NULL, "none"));
	assert_int_equal(PTR_ERR(kthread_create(nothing, NULL, "none")),
			 -EAGAIN);
	assert_int_equal(thread_start_detached(nothing, NULL, "none"),
			 -EAGAIN);
	system_refuses = false;
	pthread_sigmask(SIG_BLOCK, NULL, &after);
	for (int i = 1; i < SIGRTMAX; i++)
		assert_int_equal(sigismember(&before, i),
				 sigismember(&after, i));
	join(start(nothing, NULL));
	machine_end(m);
}
#endif

static int ends_alone(void *arg)
{
	__atomic_store_n((int *)arg, current->pid, __ATOMIC_RELEASE);
	return 0;
}

/* Law: a detached thread ends by itself, and its task with it. */
static void detached(void **state)
{
	int pid = 0;

	assert_int_equal(thread_start_detached(ends_alone, &pid, "alone"), 0);
	eventually(__atomic_load_n(&pid, __ATOMIC_ACQUIRE));
	assert_int_not_equal(pid, current->pid);
	/* Gone from the system, too. */
	eventually(syscall(SYS_tgkill, getpid(), pid, 0) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(inherits),
		cmocka_unit_test(implicit_task),
		cmocka_unit_test(switching),
		cmocka_unit_test(many_tasks),
		cmocka_unit_test(after_fork),
		cmocka_unit_test(kernel_thread),
		cmocka_unit_test(no_self_join),
		cmocka_unit_test(host_has_none),
		cmocka_unit_test(hosted_thread),
#if !defined(KIT_ASAN) && !defined(KIT_TSAN)
		cmocka_unit_test(system_has_none),
#endif
		cmocka_unit_test(detached),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
