/* SPDX-License-Identifier: MIT */
/*
 * Policies: how a CPU hands commands to command queues.
 *
 * A policy is a table with one function, @issue, that a CPU calls with the list
 * it wants done.  It is written with the blocks below, which are what a driver
 * does: take the lock, reserve slots, write commands, publish them with PROD,
 * wait for a CMD_SYNC.  The built-in policies are written with them and nothing
 * else (lib/lab/policy.c).
 *
 * The same code runs in two worlds.  Predicted (uiommufd_lab_run()), CPUs are
 * simulated: a block takes the time that the profile says, other CPUs run
 * meanwhile, and between two blocks nobody else runs.  Measured
 * (uiommufd_lab_measure()), CPUs are threads: a block takes as long as it takes,
 * and what CPUs share needs atomics or the lock of a queue.
 *
 *	static void issue(struct uiommufd_lab_cpu *cpu,
 *			  const struct uiommufd_lab_list *list)
 *	{
 *		uint64_t start, end;
 *
 *		uiommufd_lab_lock(cpu, 0);
 *		start = uiommufd_lab_reserve(cpu, 0, list);
 *		end = uiommufd_lab_write(cpu, 0, start, list);
 *		uiommufd_lab_publish(cpu, 0, end);
 *		uiommufd_lab_unlock(cpu, 0);
 *		if (list->sync)
 *			uiommufd_lab_wait(cpu, 0, end);
 *	}
 *
 * Registered, a policy is found by its name wherever one is named: in a
 * design, in the [design] of a file, by --policy of 'uiommufd vcmdq --load'.
 *
 * A queue is 0 .. uiommufd_lab_queues() - 1, a VCMDQ of the CPU's owner (host or
 * VM), greater numbers going round; or UIOMMUFD_LAB_SMMU, the SMMU's own.  A
 * position counts commands since the queue was enabled and never wraps.
 *
 * Context: the blocks, on the CPU that is in @issue.
 */
#ifndef UIOMMUFD_POLICY_H
#define UIOMMUFD_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mmio.h"

#ifdef __cplusplus
extern "C" {
#endif

#define UIOMMUFD_LAB_SMMU (-1)
/* A list that is reserved at a time: queues have at least twice as many. */
#define UIOMMUFD_LAB_MAX_RESERVE 64

/* Where the time of one invalidation goes; together they are all of it. */
enum uiommufd_lab_phase {
	UIOMMUFD_LAB_BUILD,	/* writing commands into memory */
	UIOMMUFD_LAB_RESERVE,	/* getting slots or the lock */
	UIOMMUFD_LAB_PUBLISH,	/* others' commands before ours, the doorbell */
	UIOMMUFD_LAB_EXIT,	/* leaving and entering the guest */
	UIOMMUFD_LAB_VMM,	/* the monitor: dispatch, copies, its lock */
	UIOMMUFD_LAB_IOCTL,	/* system call, checks and conversion */
	UIOMMUFD_LAB_FETCH,	/* doorbell on its way, commands fetched */
	UIOMMUFD_LAB_QUEUED,	/* the device works for others */
	UIOMMUFD_LAB_EXECUTE,	/* the device executes our commands */
	UIOMMUFD_LAB_ATC,	/* a device answers our ATC_INV */
	UIOMMUFD_LAB_SYNC,	/* our CMD_SYNC waits and completes */
	UIOMMUFD_LAB_POLL,	/* completed, but not yet seen */
	UIOMMUFD_LAB_PHASES
};

/**
 * uiommufd_lab_phase_name - a word for a phase.
 *
 * Return: a constant; "?" if there is no such phase.
 */
const char *uiommufd_lab_phase_name(enum uiommufd_lab_phase phase)
	UIOMMUFD_API;

struct uiommufd_lab_cpu;

/* What a CPU wants invalidated: commands without the CMD_SYNC at the end. */
struct uiommufd_lab_list {
	const uint64_t (*commands)[2];
	unsigned int count;
	bool sync;			/* wait until all have taken effect */
};

/* How CPUs issue lists. */
struct uiommufd_lab_policy {
	const char *name;
	const char *summary;
	bool guest;		/* CPUs are vCPUs; each VM has a VINTF */
	/*
	 * Returns when the list is done (or, without sync, issued).  A CMD_SYNC
	 * that was written and not waited for is waited for after it.
	 */
	void (*issue)(struct uiommufd_lab_cpu *cpu,
		      const struct uiommufd_lab_list *list);
	size_t state_bytes;	/* of uiommufd_lab_state() */
};

/* --- names ---------------------------------------------------------------- */

/**
 * uiommufd_lab_policy_register - let a policy be found by its name.
 * @policy: borrowed until it is unregistered
 *
 * Return: 0; -1 with errno EINVAL (no name or no @issue), EEXIST (the name is
 * taken) or ENOSPC (16 are registered).
 */
int uiommufd_lab_policy_register(const struct uiommufd_lab_policy *policy)
	UIOMMUFD_API;

/**
 * uiommufd_lab_policy_unregister - forget it; no run may be using it.
 *
 * Return: 0; -1 with errno ENOENT: it is not registered.
 */
int uiommufd_lab_policy_unregister(const struct uiommufd_lab_policy *policy)
	UIOMMUFD_API;

/**
 * uiommufd_lab_policy_find - a policy by its name.
 * @name: "shared-lock", "cmdlist", "per-cpu", "guest-direct", "guest-trapped",
 *	or that of a registered one
 *
 * Return: borrowed; NULL if there is none of that name.
 */
const struct uiommufd_lab_policy *uiommufd_lab_policy_find(const char *name)
	UIOMMUFD_API;

/**
 * uiommufd_lab_policy_at - go over the policies, built-in ones first.
 *
 * Return: borrowed; NULL behind the last.
 */
const struct uiommufd_lab_policy *uiommufd_lab_policy_at(unsigned int index)
	UIOMMUFD_API;

/* --- who is asking ---------------------------------------------------------- */

/**
 * uiommufd_lab_cpu_number - which CPU of the machine (vCPUs count through).
 *
 * Return: 0 and up.
 */
unsigned int uiommufd_lab_cpu_number(const struct uiommufd_lab_cpu *cpu)
	UIOMMUFD_API;

/**
 * uiommufd_lab_cpu_in_owner - which CPU of its owner, the host or a VM.
 *
 * Return: 0 and up.
 */
unsigned int uiommufd_lab_cpu_in_owner(const struct uiommufd_lab_cpu *cpu)
	UIOMMUFD_API;

/**
 * uiommufd_lab_queues - how many VCMDQs this CPU's owner has.
 *
 * Return: 1 or more.
 */
unsigned int uiommufd_lab_queues(const struct uiommufd_lab_cpu *cpu)
	UIOMMUFD_API;

/**
 * uiommufd_lab_state - memory of the policy, for all CPUs of this owner.
 *
 * Zero at the beginning of each run and aligned to 64 bytes.  Predicted, what
 * touching it costs is told by uiommufd_lab_spend().
 *
 * Return: the policy's state_bytes; NULL if that is 0.
 */
void *uiommufd_lab_state(struct uiommufd_lab_cpu *cpu) UIOMMUFD_API;

/**
 * uiommufd_lab_permits - may this queue issue the command?
 *
 * Return: as the queue itself will judge; true for the SMMU's own.
 */
bool uiommufd_lab_permits(struct uiommufd_lab_cpu *cpu, int queue,
			  const uint64_t command[2]) UIOMMUFD_API;

/* --- blocks ----------------------------------------------------------------- */

/**
 * uiommufd_lab_spend - the CPU is busy.
 * @phase: what with
 * @key: how long, a value of the profile
 * @times: so often
 *
 * Measured, real work is what it is and this is none.
 *
 * Return: 0; -1 if there is no such key or phase.
 */
int uiommufd_lab_spend(struct uiommufd_lab_cpu *cpu,
		       enum uiommufd_lab_phase phase, const char *key,
		       unsigned int times) UIOMMUFD_API;

/**
 * uiommufd_lab_pause - other CPUs run, once round a loop that waits for them.
 * @phase: what the wait counts as; predicted, a hand-over of a cache line
 */
void uiommufd_lab_pause(struct uiommufd_lab_cpu *cpu,
			enum uiommufd_lab_phase phase) UIOMMUFD_API;

/**
 * uiommufd_lab_lock - take the queue's lock; first come, first served.
 */
void uiommufd_lab_lock(struct uiommufd_lab_cpu *cpu, int queue) UIOMMUFD_API;

/**
 * uiommufd_lab_waiters - who wants the lock that this CPU holds?
 *
 * Each of them will have it: what its holder leaves undone, they can do.
 *
 * Return: how many CPUs wait at this moment.
 */
unsigned int uiommufd_lab_waiters(struct uiommufd_lab_cpu *cpu, int queue)
	UIOMMUFD_API;

/** uiommufd_lab_unlock - give the queue's lock back. */
void uiommufd_lab_unlock(struct uiommufd_lab_cpu *cpu, int queue) UIOMMUFD_API;

/**
 * uiommufd_lab_reserve - slots for a list, its CMD_SYNC included.
 * @list: at most UIOMMUFD_LAB_MAX_RESERVE commands
 *
 * By compare-and-swap, or plainly under the queue's lock: one way for a queue.
 * Waits for room, which comes from commands that are published; so fewer than
 * UIOMMUFD_LAB_MAX_RESERVE may lie there unpublished.
 *
 * Return: the position of its first command.
 */
uint64_t uiommufd_lab_reserve(struct uiommufd_lab_cpu *cpu, int queue,
			      const struct uiommufd_lab_list *list)
	UIOMMUFD_API;

/**
 * uiommufd_lab_write - write the commands, and a CMD_SYNC if there is to be one.
 * @start: what reserving @list gave
 *
 * Return: the position behind the last.
 */
uint64_t uiommufd_lab_write(struct uiommufd_lab_cpu *cpu, int queue,
			    uint64_t start,
			    const struct uiommufd_lab_list *list) UIOMMUFD_API;

/**
 * uiommufd_lab_publish - write PROD: the doorbell.
 * @end: everything before it is written; beyond what was published before
 *
 * One CPU at a time.
 */
void uiommufd_lab_publish(struct uiommufd_lab_cpu *cpu, int queue,
			  uint64_t end) UIOMMUFD_API;

/**
 * uiommufd_lab_published - how far the queue was published.
 *
 * Return: the last @end, 0 before the first.
 */
uint64_t uiommufd_lab_published(struct uiommufd_lab_cpu *cpu, int queue)
	UIOMMUFD_API;

/**
 * uiommufd_lab_wait - until the CMD_SYNC before @end has completed.
 * @end: what uiommufd_lab_write() gave this CPU, for this list
 *
 * Return: 0; -1: this CPU waits for no CMD_SYNC there.
 */
int uiommufd_lab_wait(struct uiommufd_lab_cpu *cpu, int queue, uint64_t end)
	UIOMMUFD_API;

/**
 * uiommufd_lab_insert - slots by compare-and-swap, one doorbell a group.
 *
 * The SMMU driver's whole scheme: who reserves while nobody owns the open group
 * becomes its owner, and publishes what others wrote as well.  A list of any
 * length; waits for its completion if it has a CMD_SYNC.  Not together with
 * uiommufd_lab_reserve() on one queue.
 */
void uiommufd_lab_insert(struct uiommufd_lab_cpu *cpu, int queue,
			 const struct uiommufd_lab_list *list) UIOMMUFD_API;

/**
 * uiommufd_lab_trap - the list goes through an emulated queue to the monitor.
 *
 * Exit, monitor, cache_invalidate, the SMMU's own queue, and back; only in the
 * policy of a guest.
 */
void uiommufd_lab_trap(struct uiommufd_lab_cpu *cpu,
		       const struct uiommufd_lab_list *list) UIOMMUFD_API;

#ifdef __cplusplus
}
#endif

#endif
