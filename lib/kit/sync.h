/* SPDX-License-Identifier: MIT */
/*
 * The parts of a machine that time and synchronisation own.
 *
 * struct uik_machine embeds a uik_clock_state named clock and a uik_sync_state
 * named sync.
 */
#ifndef UIK_KIT_SYNC_H
#define UIK_KIT_SYNC_H

#include <linux/types.h>
#include "kit/clock.h"
#include "kit/rcu.h"
#include "kit/workqueue.h"

struct uik_machine;

struct uik_sync_state {
	struct uik_rcu_state rcu;
	u64 scope_start[8];		/* expected warnings at begin of scope */
	struct workqueue_struct events;	/* system_wq */
	struct workqueue_struct tasklets;
	struct workqueue_struct *queues; /* all of the machine; under lock */
	struct uik_rawlock queues_lock;
	bool manual_queues;		/* atomic */
};

/* The parts of the machine that the calling task works on. */
struct uik_sync_state *uik_sync(void);
struct uik_clock_state *uik_clock(void);

/*
 * Zeroed memory is initialised.  Ends threads and runs callbacks.  Context:
 * inside @machine.
 */
void uik_sync_fini(struct uik_machine *machine, struct uik_sync_state *sync);

/*
 * Runs all callbacks that wait for readers, so that what is still allocated is
 * in use.  Does nothing if the caller holds a lock or reads.
 */
void uik_sync_settle(struct uik_machine *machine);

/*
 * Locks held by all tasks that work on @machine; those of others than the
 * caller only if they are not let go of within a tenth of a second.
 */
u64 uik_locks_held(const struct uik_machine *machine);

#endif
