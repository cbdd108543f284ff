/* SPDX-License-Identifier: MIT */
/*
 * What a kit thread is, for the two files that know: its life (thread.c) and
 * what becomes of it in the child of a fork (thread_fork.c).
 */
#ifndef KIT_THREAD_H
#define KIT_THREAD_H

#include <linux/types.h>
#include <pthread.h>
#include <uik/task.h>

struct uik_thread {
	pthread_t pthread;
	int (*fn)(void *);
	void *arg;			/* borrowed by fn */
	void (*wake)(void *arg);	/* NULL: does not last; under the list */
	void *wake_arg;
	struct task_struct *task;	/* counted until joined */
	u32 done;			/* atomic; futex of the joiner */
	u32 stands_at;			/* atomic; the fork it stands still for */
	bool hosted;			/* by the hooks: no system thread */
	bool lost;			/* a parent's: nothing to join */
	bool detached;			/* frees itself; never hosted */
	struct uik_thread *next, **link;	/* all of this process */
};

/* Makes the system thread of @thread; 0 or an errno. */
int thread_run(struct uik_thread *thread);

/* All threads but hosted ones, from before they run until they are joined. */
void thread_list_add(struct uik_thread *thread);
void thread_list_del(struct uik_thread *thread);
/* From now on @thread lasts: see thread_start_lasting(). */
void thread_list_wake(struct uik_thread *thread, void (*wake)(void *arg),
		      void *arg);
/* The calling thread is @thread. */
void thread_list_self(struct uik_thread *thread);

#endif
