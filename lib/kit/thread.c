/* SPDX-License-Identifier: MIT */
/*
 * Threads of the kit, and kernel threads made of them.
 *
 * A kit thread has its own task, works on its creator's machine from birth to
 * end, and counts as inside it: its creator announces it to the clock before
 * the thread exists, so that time cannot jump in between.
 *
 * All signals are blocked in a kit thread except the ones that report faults of
 * its own: the client's handlers run on the client's threads.
 */
#include "kit/thread.h"

#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <linux/kthread.h>
#include <linux/sched.h>

#include "kit/fork.h"
#include "kit/futex.h"
#include "kit/machine.h"
#include "kit/sync.h"

struct kthread {
	struct uik_thread *thread;	/* owned */
	struct task_struct *task;	/* counted */
	int (*fn)(void *);
	void *data;			/* borrowed by fn */
	u32 should_stop;		/* atomic */
	int result;			/* read after join */
};

static bool hooks_host(void)
{
	return uik_hooks && uik_hooks->start;
}

/* Hosted threads come and go with the machine's memory, cleared. */
static void *record_alloc(size_t size)
{
	if (hooks_host())
		return arena_own_alloc(&uik_this_machine()->arena, size);
	return calloc(1, size);
}

static void record_free(void *record)
{
	struct arena *arena = arena_of(record);

	if (arena)
		arena_own_free(arena, record);
	else
		free(record);
}

static void tell_hooks(int (*fn)(void *), void *arg)
{
	const struct uik_hooks *hooks = uik_hooks;

	if (hooks && hooks->thread)
		hooks->thread(fn, arg);
}

static void thread_free(struct uik_thread *thread)
{
	uik_task_put(thread->task);
	record_free(thread);
}

static void *thread_main(void *arg)
{
	struct uik_thread *thread = arg;
	struct task_struct *task = thread->task;
	struct uik_clock_state *clock = &task->machine->clock;

	uik_current_task = task;
	if (!thread->hosted) {
		thread_list_self(thread);
		if (thread->detached)
			pthread_detach(pthread_self());
		task->pid = gettid();
		pthread_setname_np(pthread_self(), task->comm);
	}
	tell_hooks(thread->fn, thread->arg);
	thread->fn(thread->arg);
	tell_hooks(NULL, thread->arg);
	uik_lock_check_return(0);
	task->entry_depth--;
	__atomic_store_n(&task->exited, true, __ATOMIC_RELAXED);
	/*
	 * Done before leaving: the joiner counts as able to go on when the
	 * clock looks for somebody.
	 */
	__atomic_store_n(&thread->done, 1, __ATOMIC_RELEASE);
	uik_futex_wake(&thread->done, INT_MAX);
	uik_clock_leave(clock);
	if (!thread->hosted)
		uik_current_task = NULL;
	if (thread->detached) {
		thread_list_del(thread);
		thread_free(thread);
	}
	return NULL;
}

int thread_run(struct uik_thread *thread)
{
	sigset_t block, before;
	int rc;

	sigfillset(&block);
	sigdelset(&block, SIGSEGV);
	sigdelset(&block, SIGBUS);
	sigdelset(&block, SIGILL);
	sigdelset(&block, SIGFPE);
	sigdelset(&block, SIGTRAP);
	sigdelset(&block, SIGABRT);
	pthread_sigmask(SIG_SETMASK, &block, &before);
	rc = pthread_create(&thread->pthread, NULL, thread_main, thread);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return rc;
}

static int thread_start(struct uik_thread *thread)
{
	struct uik_clock_state *clock = &thread->task->machine->clock;

	thread->task->entry_depth = 1;
	uik_clock_enter(clock);
	thread->hosted = hooks_host();
	if (thread->hosted) {
		if (!uik_hooks->start(thread->task, thread_main, thread))
			return 0;
	} else {
		thread_list_add(thread);
		if (!thread_run(thread))
			return 0;
		thread_list_del(thread);
	}
	uik_clock_leave(clock);
	return -EAGAIN;
}

static struct uik_thread *thread_make(int (*fn)(void *), void *arg,
				      const char *name)
{
	struct uik_thread *thread = record_alloc(sizeof(*thread));

	if (!thread)
		return NULL;
	thread->fn = fn;
	thread->arg = arg;
	thread->task = uik_task_new(name);
	if (!thread->task) {
		record_free(thread);
		return NULL;
	}
	/* The task is in the list already. */
	__atomic_store_n(&thread->task->machine, uik_this_machine(),
			 __ATOMIC_RELAXED);
	return thread;
}

struct uik_thread *thread_start_lasting(int (*fn)(void *), void *arg,
					const char *name,
					void (*wake)(void *arg))
{
	struct uik_thread *thread = thread_make(fn, arg, name);

	if (!thread)
		return NULL;
	thread->wake = wake;
	thread->wake_arg = arg;
	if (!thread_start(thread))
		return thread;
	thread_free(thread);
	return NULL;
}

struct uik_thread *uik_thread_start(int (*fn)(void *), void *arg,
				    const char *name)
{
	return thread_start_lasting(fn, arg, name, NULL);
}

int thread_start_detached(int (*fn)(void *), void *arg, const char *name)
{
	struct uik_thread *thread = thread_make(fn, arg, name);
	int rc;

	if (!thread)
		return -ENOMEM;
	if (WARN_ON(hooks_host())) {
		thread_free(thread);
		return -EOPNOTSUPP;
	}
	thread->detached = true;
	rc = thread_start(thread);
	if (rc)
		thread_free(thread);
	return rc;
}

static bool thread_done(void *arg)
{
	struct uik_thread *thread = arg;

	return __atomic_load_n(&thread->done, __ATOMIC_ACQUIRE);
}

int uik_thread_join(struct uik_thread *thread)
{
	struct uik_sleep sleep = {
		.kind = UIK_POINT_WAIT,
		.addr = thread,
		.site = __builtin_return_address(0),
		.word = &thread->done,
		.expected = 0,
		.ready = thread_done,
		.arg = thread,
		.deadline_ns = UIK_NO_DEADLINE,
	};
	int rc = 0;

	if (thread->task == uik_current())
		return -EDEADLK;
	while (!thread_done(thread))
		uik_sleep_until_ready(&sleep);
	if (!thread->hosted) {
		thread_list_del(thread);
		if (!thread->lost)
			rc = pthread_join(thread->pthread, NULL);
	}
	thread_free(thread);
	return -rc;
}

/* Waits for the first wake-up, then runs the function unless told to stop. */
static int kthread_main(void *arg)
{
	struct kthread *kthread = arg;

	while (__atomic_load_n(&kthread->task->__state, __ATOMIC_ACQUIRE) !=
	       TASK_RUNNING)
		schedule();
	if (!__atomic_load_n(&kthread->should_stop, __ATOMIC_ACQUIRE))
		kthread->result = kthread->fn(kthread->data);
	return 0;
}

struct task_struct *uik_kthread_create(int (*fn)(void *data), void *data,
				       const char *format, ...)
{
	struct kthread *kthread = record_alloc(sizeof(*kthread));
	char name[TASK_COMM_LEN];
	va_list args;

	if (!kthread)
		return ERR_PTR(-ENOMEM);
	va_start(args, format);
	vsnprintf(name, sizeof(name), format, args);
	va_end(args);
	kthread->fn = fn;
	kthread->data = data;
	kthread->result = -EINTR;
	kthread->thread = thread_make(kthread_main, kthread, name);
	if (!kthread->thread)
		goto err_free;
	kthread->task = kthread->thread->task;
	kthread->task->kthread = kthread;
	kthread->task->__state = TASK_NEW | TASK_UNINTERRUPTIBLE;
	if (thread_start(kthread->thread))
		goto err_thread;
	return kthread->task;

err_thread:
	thread_free(kthread->thread);
	record_free(kthread);
	return ERR_PTR(-EAGAIN);
err_free:
	record_free(kthread);
	return ERR_PTR(-ENOMEM);
}

void kthread_lasts(struct task_struct *task, void (*wake)(void *data))
{
	struct kthread *kthread = task->kthread;

	thread_list_wake(kthread->thread, wake, kthread->data);
}

int kthread_stop(struct task_struct *task)
{
	struct kthread *kthread = task->kthread;
	int result;

	uik_point(UIK_POINT_STORE, &kthread->should_stop, sizeof(u32), true);
	__atomic_store_n(&kthread->should_stop, 1, __ATOMIC_SEQ_CST);
	wake_up_state(task, TASK_ALL);
	uik_thread_join(kthread->thread);
	result = kthread->result;
	record_free(kthread);
	return result;
}

bool kthread_should_stop(void)
{
	struct kthread *kthread = uik_current()->kthread;

	return kthread && smp_load_acquire(&kthread->should_stop);
}
