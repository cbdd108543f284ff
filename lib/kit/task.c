/* SPDX-License-Identifier: MIT */
/*
 * Tasks: who is inside the library.
 *
 * Invariants: every live task is in one list.  A thread's implicit task is put
 * when the thread ends; the first task of the process is the group leader of
 * all implicit ones and is never freed.  Task memory comes from a static pool
 * first, so that tasks have stable addresses; a slot's number picks the task's
 * processor number.
 *
 * A fork keeps only the forking task: the others run in no thread of the child.
 *
 * Lock order: tasks_lock is innermost.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <linux/bug.h>
#include <linux/minmax.h>
#include <linux/rcupdate.h>
#include <linux/smp.h>
#include <uik/mm.h>
#include <uik/task.h>

#include "kit/fork.h"
#include "kit/futex.h"
#include "kit/lock.h"
#include "kit/machine.h"
#include "kit/sync.h"
#include "kit/task.h"

#define POOL_SLOTS 256
#define HELD_LOOKS 500		/* at locks of others, */
#define HELD_LOOK_NS 200000	/* with pauses: a tenth of a second in all */

__thread struct task_struct *uik_current_task
	__attribute__((tls_model("initial-exec")));

void (*uik_task_setup)(struct task_struct *task);

static struct task_struct pool[POOL_SLOTS] __aligned(64);
static bool pool_used[POOL_SLOTS];	/* under tasks_lock */
static unsigned int extra_tasks;	/* under tasks_lock */
static struct uik_rawlock tasks_lock;	/* protects list and pool */
static struct task_struct *all_tasks;
static struct task_struct *first_task;	/* group leader of implicit tasks */
static pthread_key_t own_task_key;
static pthread_once_t own_task_once = PTHREAD_ONCE_INIT;

static bool in_pool(const struct task_struct *task)
{
	return task >= pool && task < pool + POOL_SLOTS;
}

/* What is not 0 at the begin of a task. */
static struct task_struct *task_init(struct task_struct *task, unsigned int slot)
{
	memset(task, 0, sizeof(*task));
	task->cpu = slot % UIK_NR_CPUS;
	task->held_top = task->held + 1;
	return task;
}

/* The lowest free slot, NULL when all are taken.  Under tasks_lock. */
static struct task_struct *pool_take_locked(void)
{
	for (unsigned int i = 0; i < POOL_SLOTS; i++) {
		if (pool_used[i])
			continue;
		pool_used[i] = true;
		return task_init(&pool[i], i);
	}
	return NULL;
}

unsigned int uik_cpus_used;

/* Numbers are given lowest first, so few are ever used. */
static void note_cpu(int cpu)
{
	if (cpu >= (int)uik_cpus_used)
		__atomic_store_n(&uik_cpus_used, cpu + 1, __ATOMIC_RELEASE);
}

static struct task_struct *task_take(void)
{
	struct task_struct *task;
	unsigned int extra;

	uik_rawlock_lock(&tasks_lock);
	task = pool_take_locked();
	extra = task ? 0 : extra_tasks++;
	note_cpu(task ? task->cpu : UIK_NR_CPUS - 1);
	uik_rawlock_unlock(&tasks_lock);
	if (task)
		return task;
	task = aligned_alloc(64, round_up(sizeof(*task), 64));
	return task ? task_init(task, extra) : NULL;
}

static void task_link(struct task_struct *task)
{
	uik_rawlock_lock(&tasks_lock);
	lock_set_quick(task);
	task->next_task = all_tasks;
	if (all_tasks)
		all_tasks->prev_task = task;
	all_tasks = task;
	uik_rawlock_unlock(&tasks_lock);
}

static void task_unlink_locked(struct task_struct *task)
{
	if (task->prev_task)
		task->prev_task->next_task = task->next_task;
	else
		all_tasks = task->next_task;
	if (task->next_task)
		task->next_task->prev_task = task->prev_task;
}

void uik_task_end(struct task_struct *task)
{
	bool pooled = in_pool(task);

	if (task->fail.kinds)
		uik_fail_arm(-1);
	uik_mm_put(task->mm);
	uik_user_put(task->user);
	uik_rawlock_lock(&tasks_lock);
	task_unlink_locked(task);
	if (pooled)
		pool_used[task - pool] = false;
	uik_rawlock_unlock(&tasks_lock);
	if (!pooled)
		free(task);
}

bool task_each(bool (*visit)(struct task_struct *task, void *arg), void *arg)
{
	struct task_struct *task;

	uik_rawlock_lock(&tasks_lock);
	for (task = all_tasks; task; task = task->next_task)
		if (!visit(task, arg))
			break;
	uik_rawlock_unlock(&tasks_lock);
	return !task;
}

struct held_sum {
	const struct uik_machine *machine;
	u64 own;	/* the caller's */
	u64 others;
};

static bool add_held(struct task_struct *task, void *arg)
{
	struct held_sum *sum = arg;

	if (machine_of(task) != sum->machine)
		return true;
	if (task == uik_current_task)
		sum->own += uik_held_count(task);
	else
		sum->others += uik_held_count(task);
	return true;
}

static struct held_sum held_now(const struct uik_machine *machine)
{
	struct held_sum sum = { .machine = machine };

	task_each(add_held, &sum);
	return sum;
}

/*
 * A machine's threads (engines, interrupts, work) hold locks for moments as
 * they work.  Left behind is what others do not let go of.
 */
u64 uik_locks_held(const struct uik_machine *machine)
{
	const struct timespec pause = { 0, HELD_LOOK_NS };
	struct held_sum sum = held_now(machine);
	u64 others = sum.others;

	for (int i = 0; i < HELD_LOOKS && others && !uik_hooks; i++) {
		nanosleep(&pause, NULL);
		others = min(others, held_now(machine).others);
	}
	return sum.own + others;
}

/* A thread ends: so does the task it was given at its first entry. */
static void own_task_end(void *arg)
{
	struct task_struct *task = arg;

	if (uik_current_task == task)
		uik_current_task = NULL;
	__atomic_store_n(&task->exited, true, __ATOMIC_RELAXED);
	uik_task_put(task);
}

void tasks_fork_prepare(void)
{
	uik_rawlock_lock(&tasks_lock);
}

void tasks_fork_parent(void)
{
	uik_rawlock_unlock(&tasks_lock);
}

/* In the child only the calling thread lives on, and so does its task. */
void tasks_fork_child(void)
{
	struct task_struct *self = uik_current_task;
	struct task_struct *task, *next;

	for (task = all_tasks; task; task = next) {
		next = task->next_task;
		task->exited |= task != self;
		task->rcu_epoch = task == self ? task->rcu_epoch : 0;
	}
	if (self) {
		self->pid = gettid();
		self->tgid = getpid();
	}
	tasks_lock.state = 0;
}

static void own_task_setup(void)
{
	if (pthread_key_create(&own_task_key, own_task_end) ||
	    fork_listen())
		BUG();
}

/* The first task made becomes everybody's leader and stays for ever. */
static void join_group(struct task_struct *task)
{
	struct task_struct *none = NULL;

	if (__atomic_compare_exchange_n(&first_task, &none, task, false,
					__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
		uik_task_get(task);
		none = task;
	}
	task->group_leader = none;
}

struct task_struct *uik_current_slow(void)
{
	struct task_struct *task = task_take();

	if (!task)
		abort();
	pthread_once(&own_task_once, own_task_setup);
	/* From here on the task is current: what follows may ask for it. */
	uik_current_task = task;
	task->refs = 1;
	task->pid = gettid();
	task->tgid = getpid();
	task->capabilities = UIK_CAP_ALL;
	task->rlimit_memlock_bytes = UIK_NO_LIMIT;
	prctl(PR_GET_NAME, task->comm);
	join_group(task);
	task_link(task);
	task->mm = uik_mm_self();
	task->user = uik_user_of(getuid());
	pthread_setspecific(own_task_key, task);
	if (uik_task_setup)
		uik_task_setup(task);
	return task;
}

struct task_struct *uik_task_new(const char *comm)
{
	struct task_struct *creator = uik_current();
	struct task_struct *task = task_take();

	if (!task)
		return NULL;
	task->refs = 1;
	task->pid = creator->pid;
	task->tgid = creator->tgid;
	task->capabilities = creator->capabilities;
	task->rlimit_memlock_bytes = creator->rlimit_memlock_bytes;
	task->group_leader = creator->group_leader;
	task->mm = creator->mm;
	uik_mm_get(task->mm);
	task->user = creator->user;
	uik_user_get(task->user);
	strscpy(task->comm, comm);
	task_link(task);
	return task;
}

void uik_task_get(struct task_struct *task)
{
	__atomic_fetch_add(&task->refs, 1, __ATOMIC_RELAXED);
}

void uik_task_put(struct task_struct *task)
{
	/* Releases this user's accesses to whoever frees. */
	if (__atomic_fetch_sub(&task->refs, 1, __ATOMIC_ACQ_REL) == 1)
		uik_task_end(task);
}

struct task_struct *uik_task_switch(struct task_struct *task)
{
	struct task_struct *before = uik_current();

	uik_current_task = task;
	return before;
}

int uik_smp_processor_id(void)
{
	WARN(preemptible(), "smp_processor_id() where current could move: %p",
	     __builtin_return_address(0));
	return raw_smp_processor_id();
}

unsigned int num_online_cpus(void)
{
	long count = sysconf(_SC_NPROCESSORS_ONLN);

	return count < 1 ? 1 : min_t(long, count, UIK_NR_CPUS);
}
