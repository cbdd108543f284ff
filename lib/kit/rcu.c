/* SPDX-License-Identifier: MIT */
/*
 * Reclamation after readers.
 *
 * A reader announces the epoch that it found in its task; the reclaimer takes
 * the next epoch, makes every thread's announcements visible, and waits until
 * no task announces an older one.  The readers' side has no fence: membarrier(2)
 * runs one on every processor that runs a thread of this process.  Where that
 * call is missing readers fence themselves.
 *
 * Lock order: a shard's lock, then the task list's.  Callbacks run with neither.
 */
#include <linux/membarrier.h>
#include <sched.h>
#include <time.h>
#include <linux/delay.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "kit/machine.h"
#include "kit/rcu.h"
#include "kit/sync.h"
#include "kit/task.h"

#define POLL_NS 50000ull
#define YIELDS 100
#define BARRIER_ROUNDS 64

u64 uik_rcu_epoch = 1;
bool uik_rcu_fenced;

static int membarrier(int command)
{
	return syscall(SYS_membarrier, command, 0, 0);
}

static __attribute__((constructor)) void register_process(void)
{
	uik_rcu_fenced =
		membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) < 0;
}

/* From here on, announcements made before are seen. */
static void order_readers(void)
{
	smp_mb();
	/* Who decides on turns runs all tasks on one thread. */
	if (uik_hooks && uik_hooks->park)
		return;
	if (uik_rcu_fenced || !membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED))
		return;
	/* A forked child registers anew. */
	membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
	if (membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) < 0)
		panic("membarrier(2) stopped working");
}

/* The epoch that readers must have left behind for what is unlinked now. */
static u64 next_epoch(void)
{
	u64 epoch = __atomic_add_fetch(&uik_rcu_epoch, 1, __ATOMIC_SEQ_CST);

	order_readers();
	return epoch;
}

static bool has_left(struct task_struct *task, void *arg)
{
	u64 reads = __atomic_load_n(&task->rcu_epoch, __ATOMIC_ACQUIRE);

	return !reads || reads >= *(u64 *)arg;
}

static bool readers_left(void *arg)
{
	return task_each(has_left, arg);
}

/* One turn of waiting for something that wakes nobody. */
static void wait_turn(bool (*ready)(void *), void *arg, unsigned int turn)
{
	const struct timespec pause = { 0, POLL_NS };
	struct uik_point point = {
		.kind = UIK_POINT_WAIT,
		.addr = &uik_rcu_epoch,
		.size = sizeof(uik_rcu_epoch),
		.site = __builtin_return_address(0),
	};

	if (uik_hooks && uik_hooks->park)
		uik_hooks->park(&point, ready, arg, UIK_NO_DEADLINE);
	else if (uik_clock()->jumps)
		uik_sleep_ns(POLL_NS);
	else if (turn < YIELDS)
		sched_yield();
	else
		nanosleep(&pause, NULL);
}

static void wait_until(bool (*ready)(void *), void *arg)
{
	for (unsigned int turn = 0; !ready(arg); turn++)
		wait_turn(ready, arg, turn);
}

void synchronize_rcu(void)
{
	u64 epoch;

	might_sleep();
	if (WARN(uik_current()->rcu_depth,
		 "synchronize_rcu() inside a reader section would wait for "
		 "itself"))
		return;
	epoch = next_epoch();
	wait_until(readers_left, &epoch);
}

static void queue_push(struct uik_rcu_queue *queue, struct rcu_head *head)
{
	head->next = queue->next;
	queue->next = head;
	queue->next_count++;
}

/* The batch whose readers are gone, newest first; NULL if there is none. */
static struct rcu_head *queue_ready(struct uik_rcu_queue *queue)
{
	struct rcu_head *batch;

	if (!queue->waiting && queue->next) {
		queue->waiting = queue->next;
		queue->waiting_count = queue->next_count;
		queue->next = NULL;
		queue->next_count = 0;
		queue->epoch = next_epoch();
	}
	if (!queue->waiting || !readers_left(&queue->epoch))
		return NULL;
	batch = queue->waiting;
	queue->waiting = NULL;
	queue->waiting_count = 0;
	return batch;
}

static struct rcu_head *reverse(struct rcu_head *newest)
{
	struct rcu_head *oldest = NULL;

	while (newest) {
		struct rcu_head *next = newest->next;

		newest->next = oldest;
		oldest = newest;
		newest = next;
	}
	return oldest;
}

static void run_calls(struct rcu_head *batch)
{
	struct rcu_head *head, *next;

	for (head = reverse(batch); head; head = next) {
		next = head->next;
		head->func(head);
	}
}

static void free_blocks(struct rcu_head *batch)
{
	struct rcu_head *head, *next;

	for (head = reverse(batch); head; head = next) {
		next = head->next;
		kfree((char *)head - (unsigned long)head->func);
	}
}

static void set_due_locked(struct uik_rcu_state *rcu,
			   struct uik_rcu_shard *shard, bool due)
{
	if (due == shard->due)
		return;
	__atomic_store_n(&shard->due, due, __ATOMIC_RELAXED);
	__atomic_fetch_add(&rcu->due, due ? 1 : -1, __ATOMIC_RELAXED);
}

static void update_due_locked(struct uik_rcu_state *rcu,
			      struct uik_rcu_shard *shard)
{
	set_due_locked(rcu, shard,
		       shard->calls.waiting || shard->blocks.waiting ||
			       shard->calls.next_count >= UIK_RCU_BATCH ||
			       shard->blocks.next_count >= UIK_RCU_BATCH);
}

/* Callbacks may take any lock, so the task must hold none. */
static bool may_call(const struct task_struct *task)
{
	return !uik_held_count(task) && !task->atomic_depth;
}

static void shard_poll(struct uik_rcu_state *rcu, struct uik_rcu_shard *shard)
{
	struct task_struct *task = uik_current();
	struct rcu_head *blocks = NULL, *calls = NULL;

	uik_rawlock_lock(&shard->lock);
	if (!task->rcu_depth)
		blocks = queue_ready(&shard->blocks);
	if (!task->rcu_depth && may_call(task))
		calls = queue_ready(&shard->calls);
	update_due_locked(rcu, shard);
	if (blocks || calls)
		__atomic_fetch_add(&shard->running, 1, __ATOMIC_RELAXED);
	uik_rawlock_unlock(&shard->lock);
	if (!blocks && !calls)
		return;
	free_blocks(blocks);
	run_calls(calls);
	__atomic_fetch_sub(&shard->running, 1, __ATOMIC_RELEASE);
}

/* Numbers are given lowest first, so few shards are ever used. */
static struct uik_rcu_shard *shards_end(struct uik_rcu_state *rcu)
{
	unsigned int cpus = __atomic_load_n(&uik_cpus_used, __ATOMIC_ACQUIRE);

	return rcu->shard + min(cpus, UIK_RCU_SHARDS);
}

#define each_shard(shard, rcu)                                          \
	(struct uik_rcu_shard *shard = (rcu)->shard, *end_ = shards_end(rcu); \
	 shard < end_; shard++)

void uik_rcu_poll(struct uik_rcu_state *rcu)
{
	if (uik_current()->rcu_depth)
		return;
	for each_shard(shard, rcu)
		if (__atomic_load_n(&shard->due, __ATOMIC_RELAXED))
			shard_poll(rcu, shard);
}

static struct uik_rcu_shard *own_shard(struct uik_rcu_state *rcu,
				       const struct task_struct *task)
{
	return &rcu->shard[(unsigned int)task->cpu % UIK_RCU_SHARDS];
}

/* What seldom happens is out of line, so that the rest needs no registers. */
static noinline void shard_lock_slow(struct uik_rcu_shard *shard)
{
	uik_rawlock_lock(&shard->lock);
}

static noinline void shard_full(struct uik_rcu_shard *shard)
{
	shard_poll(&machine_of(current)->sync.rcu, shard);
}

static noinline void shard_wake(struct uik_rcu_shard *shard)
{
	uik_futex_wake(&shard->lock.state, 1);
}

static __always_inline void push_and_poll(struct uik_rcu_shard *shard,
					  struct uik_rcu_queue *queue,
					  struct rcu_head *head)
{
	u32 seen = 0;
	bool due;

	if (unlikely(!__atomic_compare_exchange_n(&shard->lock.state, &seen, 1,
						  false, __ATOMIC_ACQUIRE,
						  __ATOMIC_RELAXED)))
		shard_lock_slow(shard);
	queue_push(queue, head);
	due = queue->next_count >= UIK_RCU_BATCH;
	if (unlikely(__atomic_exchange_n(&shard->lock.state, 0,
					 __ATOMIC_RELEASE) == 2))
		shard_wake(shard);
	if (unlikely(due))
		shard_full(shard);
}

/* The calling task's shard; its address is computed once. */
static __always_inline struct uik_rcu_shard *this_shard(void)
{
	struct task_struct *task = current;
	struct uik_rcu_shard *shard =
		own_shard(&machine_of(task)->sync.rcu, task);

	OPTIMIZER_HIDE_VAR(shard);
	return shard;
}

void call_rcu(struct rcu_head *head, rcu_callback_t func)
{
	struct uik_rcu_shard *shard = this_shard();

	head->func = func;
	push_and_poll(shard, &shard->calls, head);
}

void uik_kfree_rcu(struct rcu_head *head, size_t offset)
{
	struct uik_rcu_shard *shard = this_shard();

	head->func = (rcu_callback_t)offset;
	push_and_poll(shard, &shard->blocks, head);
}

void uik_kfree_rcu_wait(const void *p)
{
	if (!p)
		return;
	synchronize_rcu();
	kfree(p);
}

/* Takes everything that @queue has, newest first. */
static struct rcu_head *queue_take_all(struct uik_rcu_queue *queue)
{
	struct rcu_head *all = queue->next, **end = &all;

	while (*end)
		end = &(*end)->next;
	*end = queue->waiting;
	*queue = (struct uik_rcu_queue){ 0 };
	return all;
}

static bool none_running(void *arg)
{
	struct uik_rcu_state *rcu = arg;

	for each_shard(shard, rcu)
		if (__atomic_load_n(&shard->running, __ATOMIC_ACQUIRE))
			return false;
	return true;
}

/* All that is queued now, by shard. */
struct taken {
	struct rcu_head *calls[UIK_RCU_SHARDS], *blocks[UIK_RCU_SHARDS];
	unsigned int shards;
};

/* Whether there was anything. */
static bool take_all(struct uik_rcu_state *rcu, struct taken *out)
{
	bool any = false;

	out->shards = 0;
	for each_shard(shard, rcu) {
		unsigned int i = out->shards++;

		uik_rawlock_lock(&shard->lock);
		out->calls[i] = queue_take_all(&shard->calls);
		out->blocks[i] = queue_take_all(&shard->blocks);
		update_due_locked(rcu, shard);
		uik_rawlock_unlock(&shard->lock);
		any |= out->calls[i] || out->blocks[i];
	}
	return any;
}

/* Waits for and runs what is queued now; whether there was anything. */
static bool barrier_round(struct uik_rcu_state *rcu)
{
	struct taken taken;

	if (!take_all(rcu, &taken))
		return false;
	synchronize_rcu();
	for (unsigned int i = 0; i < taken.shards; i++)
		free_blocks(taken.blocks[i]);
	for (unsigned int i = 0; i < taken.shards; i++)
		run_calls(taken.calls[i]);
	return true;
}

void rcu_barrier(void)
{
	struct uik_rcu_state *rcu = &machine_of(current)->sync.rcu;

	might_sleep();
	/* Callbacks may queue more; a few rounds let chains run out. */
	for (int round = 0; round < BARRIER_ROUNDS; round++)
		if (!barrier_round(rcu))
			break;
	wait_until(none_running, rcu);
}

void uik_sync_settle(struct uik_machine *machine)
{
	struct task_struct *task = uik_current();
	struct uik_machine *before;

	if (!may_call(task) || task->rcu_depth)
		return;
	before = uik_enter(machine);
	rcu_barrier();
	uik_leave(before);
}

void uik_sync_fini(struct uik_machine *machine, struct uik_sync_state *sync)
{
	workqueue_fini(sync);
	rcu_barrier();
}
