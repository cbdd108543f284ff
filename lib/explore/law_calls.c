// SPDX-License-Identifier: MIT
/*
 * Laws about what happens inside of one call: what it takes from its caller,
 * and what it may do while it holds a lock.
 *
 *   fetch-once    A byte of the caller is read once.  What was checked is then
 *                 what is used.  A byte that the call itself has written since
 *                 may be read again.
 *   producer      A thread that reports (its name in the scenario is "report")
 *                 takes no lock under which somebody else copies from or to a
 *                 caller, which may take for ever.
 *   atomic-alloc  Nor does it allocate while it holds a spinlock: that draws on
 *                 reserves, as often as a guest wants it.
 *
 * The dispatcher's slow way reads the size of a structure and then all of it:
 * the first bytes of what a call points to may be read twice.
 */
#include "explore/laws.h"

#include <stddef.h>
#include <string.h>
#include <uik/task.h>

#include "explore/checkpoint.h"

#define RANGES 48
#define LOCKS 16
#define SEEN 64

struct range {
	uintptr_t start, end;
};

struct fetch_memory {
	struct fetches {		/* of one fiber */
		unsigned int count;
		uintptr_t first;	/* what the call points to */
	} fiber[FIBERS_MAX];
	/* What is beyond the count is not cleared. */
	struct range range[FIBERS_MAX][RANGES];
};

/* The head of a structure: its size. */
#define SIZE_BYTES 4
/* Less is a part of a bitmap, which is read to be written. */
#define BYTES_MIN 4

static bool overlap(const struct range *range, uintptr_t start, uintptr_t end)
{
	return start < range->end && end > range->start;
}

static void forget(struct fetches *fetches, struct range *range,
		   uintptr_t start, uintptr_t end)
{
	for (unsigned int i = 0; i < fetches->count;)
		if (overlap(&range[i], start, end))
			range[i] = range[--fetches->count];
		else
			i++;
}

static void fetched(struct uiommufd_run *run, struct fetches *fetches,
		    struct range *range, const struct uiommufd_step *step)
{
	uintptr_t start = (uintptr_t)step->addr, end = start + step->bytes;

	if (!fetches->count && !fetches->first)
		fetches->first = start;
	if (start == fetches->first && step->bytes <= SIZE_BYTES)
		return;
	for (unsigned int i = 0; i < fetches->count; i++) {
		if (!overlap(&range[i], start, end))
			continue;
		uiommufd_run_break(run, "fetch-once",
				   "%zu bytes of the caller at %p are read twice in a call",
				   step->bytes, step->addr);
		return;
	}
	if (fetches->count < RANGES)
		range[fetches->count++] = (struct range){ start, end };
}

static void fetch_step(struct uiommufd_run *run, void *memory,
		       const struct uiommufd_step *step)
{
	struct fetch_memory *all = memory;
	struct fetches *fetches = &all->fiber[step->fiber];
	struct range *range = all->range[step->fiber];
	uintptr_t start = (uintptr_t)step->addr;

	if (run->scenario->flags & UIOMMUFD_SCENARIO_OVERLAPS)
		return;
	if (step->kind == UIOMMUFD_STEP_CALL ||
	    step->kind == UIOMMUFD_STEP_RETURN)
		fetches->count = fetches->first = 0;
	else if (step->kind == UIOMMUFD_STEP_COPY && step->write)
		forget(fetches, range, start, start + step->bytes);
	else if (step->kind == UIOMMUFD_STEP_COPY && step->bytes >= BYTES_MIN)
		fetched(run, fetches, range, step);
}

void law_fetch_once_keep(void *memory, struct checkpoint *c)
{
	struct fetch_memory *all = memory;

	checkpoint_keep(c, all, offsetof(struct fetch_memory, range));
	for (unsigned int i = 0; i < FIBERS_MAX; i++)
		checkpoint_keep(c, all->range[i],
				all->fiber[i].count * sizeof(struct range));
}

const struct uiommufd_law law_fetch_once = {
	.name = "fetch-once",
	.summary = "a byte of the caller is read once in a call",
	.memory_bytes = sizeof(struct fetch_memory),
	.cleared_bytes = offsetof(struct fetch_memory, range),
	.step = fetch_step,
	.steps = 1u << UIOMMUFD_STEP_CALL | 1u << UIOMMUFD_STEP_RETURN |
		 1u << UIOMMUFD_STEP_COPY,
};

/* ---- locks of producers -------------------------------------------------- */

struct held {
	const void *lock[LOCKS];
};

struct producer_memory {
	unsigned int copied, produced;
	unsigned int count[FIBERS_MAX];
	/* What is beyond the counts is not cleared. */
	struct held fiber[FIBERS_MAX];
	const void *copied_under[SEEN];
	const void *produced_under[SEEN];
};

static bool add(const void **set, unsigned int *count, const void *lock)
{
	for (unsigned int i = 0; i < *count; i++)
		if (set[i] == lock)
			return false;
	if (*count < SEEN)
		set[(*count)++] = lock;
	return true;
}

static bool has(const void *const *set, unsigned int count, const void *lock)
{
	for (unsigned int i = 0; i < count; i++)
		if (set[i] == lock)
			return true;
	return false;
}

static bool produces(struct uiommufd_run *run, const struct uiommufd_step *step)
{
	const char *name = step->thread < 0 ? NULL :
			   run->scenario->thread_name[step->thread];

	return name && !strcmp(name, "report");
}

static void clash(struct uiommufd_run *run, const void *lock)
{
	uiommufd_run_break(run, "producer",
			   "lock %p: taken by who reports, held while a caller's memory is copied",
			   lock);
}

static void took(struct uiommufd_run *run, struct producer_memory *memory,
		 const struct uiommufd_step *step)
{
	unsigned int *count = &memory->count[step->fiber];

	if (*count < LOCKS)
		memory->fiber[step->fiber].lock[(*count)++] = step->addr;
	if (!produces(run, step))
		return;
	if (add(memory->produced_under, &memory->produced, step->addr) &&
	    has(memory->copied_under, memory->copied, step->addr))
		clash(run, step->addr);
}

static void dropped(struct held *held, unsigned int *count, const void *lock)
{
	for (unsigned int i = *count; i--;) {
		if (held->lock[i] != lock)
			continue;
		held->lock[i] = held->lock[--*count];
		return;
	}
}

static void copied(struct uiommufd_run *run, struct producer_memory *memory,
		   const struct uiommufd_step *step)
{
	const struct held *held = &memory->fiber[step->fiber];

	for (unsigned int i = 0; i < memory->count[step->fiber]; i++)
		if (add(memory->copied_under, &memory->copied, held->lock[i]) &&
		    has(memory->produced_under, memory->produced,
			held->lock[i]))
			clash(run, held->lock[i]);
}

static void producer_step(struct uiommufd_run *run, void *memory,
			  const struct uiommufd_step *step)
{
	struct producer_memory *all = memory;

	if (step->kind == UIOMMUFD_STEP_LOCK)
		took(run, all, step);
	else if (step->kind == UIOMMUFD_STEP_UNLOCK)
		dropped(&all->fiber[step->fiber], &all->count[step->fiber],
			step->addr);
	else if (step->kind == UIOMMUFD_STEP_COPY)
		copied(run, all, step);
}

void law_producer_keep(void *memory, struct checkpoint *c)
{
	struct producer_memory *all = memory;

	checkpoint_keep(c, all, offsetof(struct producer_memory, fiber));
	for (unsigned int i = 0; i < FIBERS_MAX; i++)
		checkpoint_keep(c, all->fiber[i].lock,
				all->count[i] * sizeof(const void *));
	checkpoint_keep(c, all->copied_under,
			all->copied * sizeof(const void *));
	checkpoint_keep(c, all->produced_under,
			all->produced * sizeof(const void *));
}

const struct uiommufd_law law_producer = {
	.name = "producer",
	.summary = "who reports waits for nobody's memory",
	.memory_bytes = sizeof(struct producer_memory),
	.cleared_bytes = offsetof(struct producer_memory, fiber),
	.step = producer_step,
	.steps = 1u << UIOMMUFD_STEP_LOCK | 1u << UIOMMUFD_STEP_UNLOCK |
		 1u << UIOMMUFD_STEP_COPY,
};

/* ---- allocating ---------------------------------------------------------- */

static void alloc_step(struct uiommufd_run *run, void *memory,
		       const struct uiommufd_step *step)
{
	if (step->kind == UIOMMUFD_STEP_ALLOC &&
	    uik_current()->atomic_depth && produces(run, step))
		uiommufd_run_break(run, "atomic-alloc",
				   "who reports allocates while it holds a spinlock");
}

const struct uiommufd_law law_atomic_alloc = {
	.name = "atomic-alloc",
	.summary = "who reports allocates without a spinlock",
	.step = alloc_step,
	.steps = 1u << UIOMMUFD_STEP_ALLOC,
};
