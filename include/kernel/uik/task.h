/* SPDX-License-Identifier: MIT */
/*
 * current: who is inside the library.
 *
 * Every entry runs as a task reached through one thread-local pointer, which
 * a fiber switch swaps.  A thread that never made a task gets one at its first
 * entry: the process's own address space, all capabilities, no limits.  User
 * copy, pinning, accounting, failure injection and lock bookkeeping act on the
 * task's fields and on nothing else.
 */
#ifndef UIK_TASK_H
#define UIK_TASK_H

#include <stdbool.h>
#include <stdint.h>
#include <uik/abi.h>
#include <uik/hook.h>
#include <uik/machine.h>

struct mm_struct;
struct uik_files;

#define UIK_CAP_IPC_LOCK 14
#define UIK_CAP_SYS_RAWIO 17
#define UIK_CAP_SYS_RESOURCE 24
#define UIK_CAP_ALL UINT64_MAX
#define UIK_NO_LIMIT UINT64_MAX

/* Locked-page counter shared by all tasks of one uid. */
struct user_struct {
	int64_t locked_vm_pages;	/* atomic */
	uint32_t uid;
	int32_t refs;			/* atomic */
};

/* One fail-nth counter: the nth failure point of these kinds fails. */
struct uik_fail_nth {
	uint32_t kinds;			/* mask of 1 << enum uik_fail_kind */
	uint32_t countdown;		/* 0: disarmed */
	bool sticky;			/* all later ones fail too */
	bool hit;			/* some point has failed */
	uint32_t seen;			/* points passed since armed */
	const void *site;		/* the one that failed */
};

#define UIK_LOCK_DEPTH 48
#define UIK_NR_CPUS 64			/* processor numbers of tasks */

struct lock_class_key;
struct work_struct;

struct uik_held_lock {
	const void *lock;		/* uik_held_lock() reads it */
	const struct lock_class_key *key; /* its class; NULL: its own */
	const void *site;		/* where it was taken */
	union {
		struct {
			uint16_t kind;	/* enum uik_held_kind */
			uint16_t subclass;
		};
		uint32_t how;		/* both */
	};
};

/*
 * A lock that was taken before the eyes of hooks stands on the stack with its
 * lowest bit set: it is not given back in line.
 */
static inline const void *uik_lock_marked(const void *lock)
{
	return (const void *)((uintptr_t)lock | 1);
}

static inline const void *uik_held_lock(const struct uik_held_lock *held)
{
	return (const void *)((uintptr_t)held->lock & ~(uintptr_t)1);
}

struct task_struct {
	struct uik_machine *machine;	/* entered, or NULL */
	struct mm_struct *mm;		/* counted */
	struct task_struct *group_leader; /* borrowed: self or a longer liver */
	struct user_struct *user;	/* counted */
	uint64_t capabilities;
	uint64_t rlimit_memlock_bytes;	/* read through the group leader */
	int pid;
	int tgid;
	int cpu;			/* small, stable: picks per-CPU things */
	int refs;			/* atomic; locks and pages remember tasks */
	bool exited;
	unsigned int atomic_depth;	/* spinlocks held, interrupts off */
	unsigned int entry_depth;	/* nesting of uik_enter */
	unsigned int __state;		/* TASK_*; also the word slept on */
	unsigned int rcu_depth;		/* nesting of reader sections */
	uint64_t rcu_epoch;		/* atomic; epoch read in, 0: none */
	bool signal_pending;		/* atomic; interruptible waits end */
	struct task_struct *next_task;	/* list of all; under its lock */
	struct task_struct *prev_task;
	void *kthread;			/* private of kthread.h */
	/*
	 * The lock stack: held[1] and so on; held[0] is never a lock.  At and
	 * above held_quick locks are taken the long way.
	 */
	struct uik_held_lock *held_top;	/* atomic; the next free one */
	struct uik_held_lock *held_quick;
	struct uik_held_lock held[1 + UIK_LOCK_DEPTH];
	struct uik_fail_nth fail;
	char comm[16];
	void *fiber;			/* explorer's own */
	struct uik_files *files;	/* borrowed; NULL: this process's */
	unsigned int hardirq_depth;	/* hard handlers it is in */
	unsigned int softirq_depth;	/* tasklets it is in */
	struct work_struct *work;	/* whose function it is in; NULL */
};

extern __thread struct task_struct *uik_current_task
	__attribute__((tls_model("initial-exec"))) __uik_export;
struct task_struct *uik_current_slow(void) __uik_export;
/*
 * Called with the task that a thread gets at its first entry, complete with
 * what it has by default; NULL: that stays.  Set before the first entry.
 */
extern void (*uik_task_setup)(struct task_struct *task) __uik_export;

static inline struct task_struct *uik_current(void)
{
	struct task_struct *task = uik_current_task;

	return uik_likely(task) ? task : uik_current_slow();
}

#define current uik_current()

/*
 * Task life; uik_task_new copies the caller's settings and has entered no
 * machine.  NULL on no memory.
 */
struct task_struct *uik_task_new(const char *comm) __uik_export;
void uik_task_get(struct task_struct *task) __uik_export;
void uik_task_put(struct task_struct *task) __uik_export;
/* Frees @task: its last reference has been dropped. */
void uik_task_end(struct task_struct *task);
/* Makes @task the caller's current and returns the one before. */
struct task_struct *uik_task_switch(struct task_struct *task) __uik_export;

/*
 * Makes a signal pending for @task, or takes it back: its interruptible waits
 * end, those in progress too, except for locks.
 */
void uik_task_signal(struct task_struct *task, bool pending) __uik_export;

/* Locks that @task holds, and the one it took when it held @i others. */
static inline unsigned int uik_held_count(const struct task_struct *task)
{
	return __atomic_load_n(&task->held_top, __ATOMIC_RELAXED) -
	       (task->held + 1);
}

static inline const struct uik_held_lock *
uik_held(const struct task_struct *task, unsigned int i)
{
	return &task->held[1 + i];
}

static inline bool uik_capable(int capability)
{
	return uik_current()->capabilities >> capability & 1;
}

/*
 * Around a fork that libc does not know of; fork() needs none of this.  The
 * process-wide locks are held over it, and in the child the calling thread's
 * task is the only one that lives.
 */
void uik_fork_prepare(void) __uik_export;
void uik_fork_parent(void) __uik_export;
void uik_fork_child(void) __uik_export;
/*
 * In a child, after uik_fork_child(): files, mappings and machines were the
 * parent's.  The child starts with none; its numbers lead nowhere.
 */
void uik_fork_forget(void) __uik_export;

/* Arms current's fail-nth; nth 0 disarms.  Returns whether it had hit. */
bool uik_fail_nth(uint32_t nth, uint32_t kinds, bool sticky) __uik_export;

/* Threads are created only here.  join waits; 0 or -errno. */
struct uik_thread;
struct uik_thread *uik_thread_start(int (*fn)(void *), void *arg,
				    const char *name) __uik_export;
int uik_thread_join(struct uik_thread *thread) __uik_export;

#endif
