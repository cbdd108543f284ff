/* SPDX-License-Identifier: MIT */
/*
 * Forks and the kit's threads.
 *
 * A child has none of its parent's threads, but a copy of what they served:
 * hardware that nobody clocks, interrupts that nobody handles.  So threads that
 * last (see fork.h) are brought to a place where they hold no lock and stand in
 * no queue, and the child makes each again from the start of its function: what
 * it has to go on with is in its argument.  Other threads are lost: whoever
 * waits for their end is told that it has come.
 *
 * Who forks waits PATIENCE_NS at most, so that a thread which needs something
 * of the forking one costs the child that thread and not the parent its life.
 */
#include "kit/thread.h"

#include <time.h>
#include <uik/hook.h>
#include <uik/snapshot.h>

#include "kit/fork.h"
#include "kit/futex.h"
#include "kit/machine.h"
#include "kit/poison.h"

#define PATIENCE_NS 1000000000ull
#define LOOK_NS 1000000ull

uik_unsnapped u32 fork_turn;

/* Protects the list and who wakes whom; held over a fork. */
static uik_unsnapped pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;
static uik_unsnapped struct uik_thread *threads;
static uik_unsnapped u32 arrivals;		/* atomic; futex of who forks */
static __thread struct uik_thread *self;

void thread_list_add(struct uik_thread *thread)
{
	pthread_mutex_lock(&list_lock);
	thread->next = threads;
	thread->link = &threads;
	if (threads)
		threads->link = &thread->next;
	threads = thread;
	pthread_mutex_unlock(&list_lock);
}

void thread_list_del(struct uik_thread *thread)
{
	pthread_mutex_lock(&list_lock);
	*thread->link = thread->next;
	if (thread->next)
		thread->next->link = thread->link;
	pthread_mutex_unlock(&list_lock);
}

void thread_list_wake(struct uik_thread *thread, void (*wake)(void *arg),
		      void *arg)
{
	if (thread->hosted)
		return;
	pthread_mutex_lock(&list_lock);
	thread->wake = wake;
	thread->wake_arg = arg;
	pthread_mutex_unlock(&list_lock);
}

void thread_list_self(struct uik_thread *thread)
{
	self = thread;
}

void fork_stand_slow(void)
{
	u32 turn;

	if (!self)
		return;		/* hosted by hooks */
	while ((turn = __atomic_load_n(&fork_turn, __ATOMIC_ACQUIRE)) & 1) {
		/* Releases all that this thread did to who copies it. */
		__atomic_store_n(&self->stands_at, turn, __ATOMIC_RELEASE);
		__atomic_add_fetch(&arrivals, 1, __ATOMIC_RELEASE);
		uik_futex_wake(&arrivals, 1);
		uik_futex_wait(&fork_turn, turn, ~0ull);
	}
}

static bool stands(struct uik_thread *thread)
{
	return __atomic_load_n(&thread->stands_at, __ATOMIC_ACQUIRE) ==
	       fork_turn;
}

static bool is_done(struct uik_thread *thread)
{
	return __atomic_load_n(&thread->done, __ATOMIC_ACQUIRE);
}

static bool all_stand(void)
{
	struct uik_thread *thread;

	for (thread = threads; thread; thread = thread->next)
		if (thread->wake && thread != self && !stands(thread) &&
		    !is_done(thread))
			return false;
	return true;
}

static u64 now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

void threads_fork_prepare(void)
{
	struct uik_thread *thread;
	u64 end;

	pthread_mutex_lock(&list_lock);
	__atomic_add_fetch(&fork_turn, 1, __ATOMIC_SEQ_CST);
	/* Waking is a schedule point, of which hosting hooks know nothing. */
	if (uik_hooks && uik_hooks->start)
		return;
	for (thread = threads; thread; thread = thread->next)
		if (thread->wake && thread != self)
			thread->wake(thread->wake_arg);
	for (end = now_ns() + PATIENCE_NS; now_ns() < end;) {
		u32 seen = __atomic_load_n(&arrivals, __ATOMIC_ACQUIRE);

		if (all_stand())
			break;
		uik_futex_wait(&arrivals, seen, now_ns() + LOOK_NS);
	}
}

void threads_fork_parent(void)
{
	__atomic_add_fetch(&fork_turn, 1, __ATOMIC_RELEASE);
	uik_futex_wake(&fork_turn, INT_MAX);
	pthread_mutex_unlock(&list_lock);
}

/* A thread checker ends a process that starts threads after such a fork. */
#ifdef KIT_TSAN
#define MAY_BEGIN false
#else
#define MAY_BEGIN true
#endif

/* The task goes on where the parent's stood, in a thread of this process. */
static bool begin_anew(struct uik_thread *thread)
{
	struct task_struct *task = thread->task;

	task->exited = false;
	task->entry_depth = 1;
	task->tgid = getpid();
	return MAY_BEGIN && !thread_run(thread);
}

/* Its end has come, and there is nothing to join. */
static void lose(struct uik_thread *thread)
{
	thread->lost = true;
	__atomic_store_n(&thread->done, 1, __ATOMIC_RELEASE);
}

void threads_fork_child(bool anew)
{
	struct uik_thread *thread;

	for (thread = threads; thread; thread = thread->next)
		if (thread != self &&
		    !(anew && thread->wake && stands(thread) &&
		      !is_done(thread)))
			lose(thread);
	/* They find no fork pending when they begin. */
	__atomic_add_fetch(&fork_turn, 1, __ATOMIC_RELEASE);
	for (thread = threads; thread; thread = thread->next)
		if (thread != self && !thread->lost && !begin_anew(thread))
			lose(thread);
	pthread_mutex_unlock(&list_lock);
}
