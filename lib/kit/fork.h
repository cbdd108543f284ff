/* SPDX-License-Identifier: MIT */
/*
 * Forks, as the kit's files see them.
 *
 * The process-wide locks are held over a fork, so that a child finds what they
 * protect in order and can use it.  All are leaves: nothing is locked under
 * one, so their order does not matter.
 */
#ifndef KIT_FORK_H
#define KIT_FORK_H

#include <pthread.h>

struct fork_lock {
	pthread_mutex_t *lock;
	struct fork_lock *next;
};

/* By constructors only. */
void fork_lock_add(struct fork_lock *entry);

#define FORK_LOCK(lock_)                                              \
	static struct fork_lock lock_##_entry = { .lock = &lock_ };   \
	static __attribute__((constructor)) void lock_##_add(void)    \
	{                                                             \
		fork_lock_add(&lock_##_entry);                        \
	}

/* task.c: the list of tasks. */
void tasks_fork_prepare(void);
void tasks_fork_parent(void);
void tasks_fork_child(void);
/* What each does in a child that is to start afresh: see uik_fork_forget(). */
void files_forget(void);
void machine_forget(void);
void mm_forget(void);
void pin_files_forget(void);
void vmas_forget(void);
/* user_pages.c: a child must not ask about its parent's memory. */
void pagemap_fork_child(void);

#endif
