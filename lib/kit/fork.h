/* SPDX-License-Identifier: MIT */
/*
 * Forks, as the kit's files see them.
 *
 * The process-wide locks are held over a fork, so that a child finds what they
 * protect in order and can use it.  All are leaves: nothing is locked under
 * one, so their order does not matter.  Before them comes the mmap_lock: who
 * holds it may wait for a lock, or for a thread that then stands still.
 */
#ifndef KIT_FORK_H
#define KIT_FORK_H

#include <pthread.h>
#include <linux/compiler.h>
#include <linux/types.h>

struct fork_lock {
	pthread_mutex_t *lock;
	struct fork_lock *next;
};

/* Once: from then on libc calls what is to be done; 0 or an errno. */
int fork_listen(void);

/* By constructors only. */
void fork_lock_add(struct fork_lock *entry);

#define FORK_LOCK(lock_)                                              \
	static struct fork_lock lock_##_entry = { .lock = &lock_ };   \
	static __attribute__((constructor)) void lock_##_add(void)    \
	{                                                             \
		fork_lock_add(&lock_##_entry);                        \
	}

/*
 * Threads that last: over a fork they stand still where they hold nothing, and
 * in the child they begin anew.  Such a thread calls fork_stand() at the top of
 * its loop, and its sleeps end when fork_pending().
 */
struct task_struct;
struct uik_thread;
extern u32 fork_turn;		/* atomic; odd: somebody forks */

static inline bool fork_pending(void)
{
	return __atomic_load_n(&fork_turn, __ATOMIC_ACQUIRE) & 1;
}

void fork_stand_slow(void);

static inline void fork_stand(void)
{
	if (unlikely(fork_pending()))
		fork_stand_slow();
}

/* As uik_thread_start(), but nobody joins it; 0 or -errno. */
int thread_start_detached(int (*fn)(void *), void *arg, const char *name);

/* As uik_thread_start(); @wake ends a sleep of @fn, which has @arg too. */
struct uik_thread *thread_start_lasting(int (*fn)(void *), void *arg,
					const char *name,
					void (*wake)(void *arg));
/* The same of a kernel thread, before its first wake-up. */
void kthread_lasts(struct task_struct *task, void (*wake)(void *data));

/* thread_fork.c: lets the threads stand still; go on; begin anew. */
void threads_fork_prepare(void);
void threads_fork_parent(void);
void threads_fork_child(bool anew);

/* arena.c, vma.c: the child's own copy of pages that clients can map. */
void arenas_fork_prepare(void);
void arenas_fork_parent(void);
void arenas_fork_child(void);
void vmas_fork_pages(int fd);

/* vma.c: nobody is in the middle of changing what is mapped. */
void vmas_fork_prepare(void);
void vmas_fork_parent(void);
void vmas_fork_child(void);

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
