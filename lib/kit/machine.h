/* SPDX-License-Identifier: MIT */
/*
 * The machine: what each file of the kit keeps per machine.
 *
 * It lies at the start of its own arena.  The arena comes first: allocation
 * reads nothing else.
 */
#ifndef KIT_MACHINE_H
#define KIT_MACHINE_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <uik/machine.h>
#include <uik/mm.h>
#include <uik/pin.h>
#include <uik/snapshot.h>
#include <uik/task.h>

#include "kit/arena.h"
#include "kit/clock.h"
#include "kit/device.h"
#include "kit/futex.h"
#include "kit/irq.h"
#include "kit/mmio.h"
#include "kit/object_tally.h"
#include "kit/pages.h"
#include "kit/sync.h"

struct dentry;
struct driver_op_watch;

struct machine_slot {
	void *value;			/* atomic */
	void (*destroy)(void *value);
};

/* Warnings, see warn.c.  All atomic. */
struct machine_warnings {
	uint64_t unexpected;
	uint64_t expected;
	uint32_t expect_depth;
};

struct uik_machine {
	struct arena arena;
	size_t arena_bytes;		/* reserved */
	uint64_t seed;
	bool scatter_pages;
	struct uik_clock_state clock;
	struct uik_sync_state sync;
	struct machine_warnings warnings;
	struct machine_slot slots[UIK_SLOT_NR];
	int64_t objects;		/* beyond those of tallies; atomic */
	int64_t mappings;		/* atomic */
	struct object_tally *tallies;	/* borrowed; under tallies_lock */
	struct uik_rawlock tallies_lock;
	struct mmio_space mmio;
	struct irq_domain irqs;
	struct device_space devices;
	struct alias_space aliases;
	struct dentry *debugfs_root;	/* owned; see debugfs.c */
	struct mutex debugfs_lock;
	struct uik_pin_counter *pin_counters;	/* borrowed */
	struct uik_range kept[8];	/* borrowed; see <uik/snapshot.h> */
	unsigned int kept_count;
	const struct uik_pin_watch *pin_watch;	/* borrowed; atomic */
	struct uik_rawlock ops_lock;	/* protects ops_watch */
	struct driver_op_watch *ops_watch;	/* borrowed; or NULL */
};

_Static_assert(sizeof(struct uik_machine) <= ARENA_CLASS_MAP,
	       "the machine fits the head of its arena");

struct uik_machine *uik_machine_default(void);

/* debugfs.c */
void debugfs_fini(struct uik_machine *machine);

/* Others may ask what a task works on while it enters or leaves. */
static inline struct uik_machine *machine_of(const struct task_struct *task)
{
	struct uik_machine *machine = __atomic_load_n(&task->machine,
						      __ATOMIC_RELAXED);

	return uik_likely(machine) ? machine : uik_machine_default();
}

/*
 * uik_enter() and uik_leave() in line, without their points.  A task is inside
 * from its entry from outside, or from another machine.
 */
static __always_inline struct uik_machine *
machine_enter(struct task_struct *task, struct uik_machine *machine)
{
	struct uik_machine *previous = task->machine;

	task->entry_depth++;
	if (previous != machine) {
		__atomic_store_n(&task->machine, machine, __ATOMIC_RELAXED);
		uik_clock_enter(&machine->clock);
	}
	return previous;
}

void machine_warn_locks(const struct task_struct *task);

static __always_inline void machine_leave(struct task_struct *task,
					  struct uik_machine *machine,
					  struct uik_machine *previous)
{
	if (task->entry_depth == 1)
		uik_rcu_leave(&machine->sync.rcu);
	task->entry_depth--;
	if (unlikely(task->held_top != task->held + 1 && !task->entry_depth))
		machine_warn_locks(task);
	if (previous != machine) {
		uik_clock_leave(&machine->clock);
		__atomic_store_n(&task->machine, previous, __ATOMIC_RELAXED);
	}
}

/*
 * The same in pieces, for a machine whose clock does not jump: it need not know
 * who is inside.  Leaving is plain unless there is something to be done or said.
 */
static __always_inline bool machine_is_plain(const struct uik_machine *machine)
{
	return !machine->clock.jumps;
}

static __always_inline struct uik_machine *
machine_enter_plain(struct task_struct *task, struct uik_machine *machine)
{
	struct uik_machine *previous = task->machine;

	task->entry_depth++;
	__atomic_store_n(&task->machine, machine, __ATOMIC_RELAXED);
	return previous;
}

static __always_inline bool
machine_leaves_plainly(const struct task_struct *task)
{
	const struct uik_machine *machine = task->machine;

	return !__atomic_load_n(&machine->sync.rcu.due, __ATOMIC_RELAXED) &&
	       !machine->clock.jumps && task->held_top == task->held + 1;
}

static __always_inline void machine_leave_plain(struct task_struct *task,
						struct uik_machine *previous)
{
	task->entry_depth--;
	__atomic_store_n(&task->machine, previous, __ATOMIC_RELAXED);
}

#endif
