/* SPDX-License-Identifier: MIT */
/*
 * RCU's part of a machine: callbacks and blocks that wait for readers.
 *
 * Each queue collects in `next`; a batch moves to `waiting` with the epoch that
 * every reader must have left behind.  Queues belong to processor numbers, so
 * that tasks which work on different things write no common word.
 */
#ifndef UIK_KIT_RCU_H
#define UIK_KIT_RCU_H

#include <linux/compiler.h>
#include <linux/types.h>
#include "kit/futex.h"

#define UIK_RCU_BATCH 32
#define UIK_RCU_SHARDS 16u

struct uik_rcu_queue {
	struct rcu_head *next;		/* newest first */
	struct rcu_head *waiting;
	u64 epoch;			/* of waiting */
	unsigned int next_count;
	unsigned int waiting_count;
};

struct uik_rcu_shard {
	struct uik_rawlock lock;	/* protects the queues */
	bool due;			/* and counted; lock; read without */
	unsigned int running;		/* batches being run; atomic */
	struct uik_rcu_queue calls;	/* call_rcu() */
	struct uik_rcu_queue blocks;	/* kfree_rcu() */
} __attribute__((aligned(128)));

struct uik_rcu_state {
	/* Shards with a batch that may be complete; atomic, seldom written. */
	unsigned int due __attribute__((aligned(128)));
	struct uik_rcu_shard shard[UIK_RCU_SHARDS];
};

struct uik_machine;

/* Runs what is ready, if the caller may (see <linux/rcupdate.h>). */
void uik_rcu_poll(struct uik_rcu_state *rcu);

/* At the end of an outermost entry, and wherever callbacks may run. */
static inline void uik_rcu_leave(struct uik_rcu_state *rcu)
{
	if (unlikely(__atomic_load_n(&rcu->due, __ATOMIC_RELAXED)))
		uik_rcu_poll(rcu);
}

#endif
