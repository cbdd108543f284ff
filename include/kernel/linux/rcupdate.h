/* SPDX-License-Identifier: MIT */
/*
 * Readers without locks, and memory that waits for them.
 *
 * A reader section costs two plain stores in the task; sections nest and may
 * sleep.  synchronize_rcu() returns, and a callback given to call_rcu() runs,
 * after every section that was open then has ended.  Callbacks run at three
 * kinds of places, so that runs can be repeated: in call_rcu() or at the end
 * of an outermost public entry once enough are pending, and in rcu_barrier().
 * They run as the task found there, holding no lock; kfree_rcu() blocks may be
 * freed under any lock.
 */
#ifndef UIK_LINUX_RCUPDATE_H
#define UIK_LINUX_RCUPDATE_H

#include <linux/atomic.h>
#include <linux/cleanup.h>
#include <linux/compiler.h>
#include <linux/types.h>
#include <asm/barrier.h>
#include <uik/abi.h>
#include <uik/task.h>

/* The current epoch; never 0, which in a task means "reads nothing". */
extern u64 uik_rcu_epoch __uik_export;
/* Readers must order their announcement themselves (no membarrier). */
extern bool uik_rcu_fenced __uik_export;

static inline void rcu_read_lock(void)
{
	struct task_struct *task = uik_current();
	unsigned int depth = task->rcu_depth;

	/*
	 * The outermost section stores a constant, and so does its end: what
	 * follows does not wait for the count to come back from memory.
	 */
	if (unlikely(depth)) {
		task->rcu_depth = depth + 1;
		return;
	}
	task->rcu_depth = 1;
	/*
	 * The announcement must be seen before any pointer is read: the
	 * reclaimer makes it so for all threads by membarrier(2).
	 */
	__atomic_store_n(&task->rcu_epoch,
			 __atomic_load_n(&uik_rcu_epoch, __ATOMIC_ACQUIRE),
			 __ATOMIC_RELAXED);
	if (unlikely(uik_rcu_fenced))
		smp_mb();
	barrier();
}

static inline void rcu_read_unlock(void)
{
	struct task_struct *task = uik_current();
	unsigned int depth = task->rcu_depth;

	if (unlikely(depth != 1)) {
		task->rcu_depth = depth - 1;
		return;
	}
	task->rcu_depth = 0;
	/* Releases what was read; pairs with the reclaimer's acquire. */
	__atomic_store_n(&task->rcu_epoch, 0, __ATOMIC_RELEASE);
}

static inline int rcu_read_lock_held(void)
{
	return uik_current()->rcu_depth != 0;
}

#define rcu_read_lock_bh() rcu_read_lock()
#define rcu_read_unlock_bh() rcu_read_unlock()
#define rcu_read_lock_sched() rcu_read_lock()
#define rcu_read_unlock_sched() rcu_read_unlock()
#define rcu_read_lock_bh_held() rcu_read_lock_held()
#define rcu_read_lock_sched_held() rcu_read_lock_held()
#define rcu_read_lock_any_held() rcu_read_lock_held()
#define rcu_is_watching() true

/* Runs @func(@head) after all readers of now; @head is lent until then. */
void call_rcu(struct rcu_head *head, rcu_callback_t func) __uik(call_rcu);
/* Waits for all readers of now.  Context: may sleep, not in a section. */
void synchronize_rcu(void) __uik(synchronize_rcu);
/* Waits for and runs all callbacks of this machine.  Context: may sleep. */
void rcu_barrier(void) __uik(rcu_barrier);
#define synchronize_rcu_expedited() synchronize_rcu()
#define call_rcu_hurry(head, func) call_rcu(head, func)

/* Frees block @p, whose rcu_head is at @offset (< 4096), after all readers. */
void uik_kfree_rcu(struct rcu_head *head, size_t offset) __uik_export;
#define kfree_rcu(p, field) \
	do { \
		typeof(p) uik_dead = (p); \
		if (uik_dead) \
			uik_kfree_rcu(&uik_dead->field, \
				      offsetof(typeof(*uik_dead), field)); \
	} while (0)
#define kvfree_rcu(p, field) kfree_rcu(p, field)
/* Frees @p after all readers, for which it waits. */
void uik_kfree_rcu_wait(const void *p) __uik_export;
#define kfree_rcu_mightsleep(p) uik_kfree_rcu_wait(p)
#define kvfree_rcu_mightsleep(p) uik_kfree_rcu_wait(p)

#define RCU_INITIALIZER(v) (v)
#define RCU_INIT_POINTER(p, v) \
	__atomic_store_n(&(p), (v), __ATOMIC_RELAXED)
/* Publishes; pairs with rcu_dereference(). */
#define rcu_assign_pointer(p, v) smp_store_release(&(p), (v))
#define rcu_replace_pointer(p, new, cond) \
	({ \
		typeof(p) uik_old = rcu_dereference_protected(p, cond); \
		rcu_assign_pointer(p, new); \
		uik_old; \
	})
#define rcu_dereference(p) smp_load_acquire(&(p))
#define rcu_dereference_check(p, cond) smp_load_acquire(&(p))
#define rcu_dereference_raw(p) smp_load_acquire(&(p))
#define rcu_dereference_raw_check(p) smp_load_acquire(&(p))
#define rcu_dereference_bh(p) smp_load_acquire(&(p))
#define rcu_dereference_sched(p) smp_load_acquire(&(p))
#define rcu_dereference_bh_check(p, cond) smp_load_acquire(&(p))
#define rcu_dereference_sched_check(p, cond) smp_load_acquire(&(p))
#define unrcu_pointer(p) (p)
#define rcu_access_pointer(p) READ_ONCE(p)
/* The updater's own read: @cond says why nobody else writes. */
#define rcu_dereference_protected(p, cond) \
	({ \
		(void)sizeof(cond); \
		__atomic_load_n(&(p), __ATOMIC_RELAXED); \
	})
#define rcu_pointer_handoff(p) (p)
#define RCU_LOCKDEP_WARN(cond, text) ((void)sizeof(cond))
#define init_rcu_head(head) ((void)(head))
#define destroy_rcu_head(head) ((void)(head))

DEFINE_LOCK_GUARD_0(rcu, rcu_read_lock(), rcu_read_unlock())

#endif
