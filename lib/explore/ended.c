// SPDX-License-Identifier: MIT
/*
 * States that were ended before.
 *
 * The end of an execution (check, finish, closing, what must hold then) is a
 * function of what its threads left behind, and most executions leave one of
 * few states.  They are known by a hash of everything that differs from the
 * snapshot and of what the engine and the laws remember.  One that was ended
 * without fault is not ended again.
 *
 * Not so when the execution is shown to somebody, when it has changed
 * something that no restore brings back, or when a thread that it made itself
 * is still there, whose stack is in no snapshot.
 *
 * A change that was not known is in no hash: an execution that has made one and
 * whose end was passed over is run again, now that it is known (explore.c).
 *
 * What a passed over end would have put right is put right by the restore, if
 * it is known to change: the batches of explore.c see to that, and whatever
 * breaks in a batch is looked for again, one execution at a time.
 */
#include "explore/ended.h"

#include <string.h>
#include <sys/mman.h>

#define ENDED_MAX 65536u		/* a power of two */

static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * 0x9e3779b97f4a7c15ull;
	return hash ^ hash >> 32;
}

static uint64_t hash_laws(const struct uiommufd_run *run, uint64_t hash)
{
	for (unsigned int i = 0; i < run->law_count; i++) {
		const struct uiommufd_law *law = run->laws[i];
		const uint64_t *word = run->law_memory[i];

		if (!law->end && !law->closed)
			continue;
		for (size_t n = law->memory_bytes / sizeof(*word); n--;)
			hash = mix(hash, *word++);
	}
	return hash;
}

/* Threads of the library that wait for something; false: of this execution. */
static bool hash_fibers(const struct uiommufd_run *run, uint64_t *hash)
{
	for (unsigned int i = 0; i < run->fiber_count; i++) {
		const struct fiber *fiber = &run->fibers[i];

		if (fiber->thread >= 0 || i == run->end_fiber)
			continue;
		if (fiber->state != FIBER_DONE &&
		    (i >= run->prepared_count ||
		     run->prepared[i].state == FIBER_DONE))
			return false;
		*hash = mix(*hash, fiber->state);
		*hash = mix(*hash, (uintptr_t)fiber->context.sp);
		*hash = mix(*hash, fiber->deadline_ns);
	}
	return true;
}

static bool may_pass_over(const struct uiommufd_run *run)
{
	return run->ended && !run->recorder &&
	       uik_snapshot_host_changes() == run->host_changes;
}

static uint64_t *slot_of(struct uiommufd_run *run, uint64_t hash)
{
	return &run->ended[hash % ENDED_MAX];
}

bool ended_before(struct uiommufd_run *run)
{
	uint64_t hash;

	run->end_hash = 0;
	if (!may_pass_over(run))
		return false;
	hash = mix(uik_snapshot_hash(run->snapshot), run->failures);
	hash = mix(hash_laws(run, hash), run->excused);
	if (!hash_fibers(run, &hash))
		return false;
	run->end_hash = hash ? hash : 1;
	run->passed_over = *slot_of(run, run->end_hash) == run->end_hash;
	return run->passed_over;
}

void ended_begin(struct uiommufd_run *run)
{
	run->end_hash = 0;
	run->passed_over = false;
	run->host_changes = uik_snapshot_host_changes();
}

void ended_well(struct uiommufd_run *run)
{
	if (run->end_hash)
		*slot_of(run, run->end_hash) = run->end_hash;
}

void ended_forget(struct uiommufd_run *run)
{
	if (run->ended)
		memset(run->ended, 0, ENDED_MAX * sizeof(*run->ended));
}

int ended_prepare(struct uiommufd_run *run)
{
	void *p = mmap(NULL, ENDED_MAX * sizeof(*run->ended),
		       PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return -1;
	run->ended = p;
	return 0;
}

void ended_free(struct uiommufd_run *run)
{
	if (run->ended)
		munmap(run->ended, ENDED_MAX * sizeof(*run->ended));
}
