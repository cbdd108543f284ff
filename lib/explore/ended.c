// SPDX-License-Identifier: MIT
/*
 * States that were ended before.
 *
 * The end of an execution (check, finish, closing) is a function of what its
 * threads left behind, and most executions leave one of few states.  They are
 * known by a hash of everything that differs from the snapshot, of the laws'
 * memory and of the number of failures.
 */
#include <string.h>
#include <sys/mman.h>

#include "explore/engine.h"

static uint64_t hash_words(uint64_t hash, const void *memory, size_t bytes)
{
	const uint64_t *word = memory;

	for (size_t i = 0; i < bytes / sizeof(*word); i++)
		hash = (hash ^ word[i]) * 0x9e3779b97f4a7c15ull;
	return hash;
}

static uint64_t *slot_of(struct uiommufd_run *run, uint64_t hash)
{
	return &run->ended[(hash >> 20) % ENDED_MAX];
}

bool ended_before(struct uiommufd_run *run)
{
	uint64_t hash;

	if (!run->ended)
		return false;
	hash = uik_snapshot_hash(run->snapshot);
	hash = hash_words(hash, run->law_base, run->law_bytes);
	hash = (hash ^ run->failures) * 0x94d049bb133111ebull;
	run->end_hash = hash ? hash : 1;
	if (*slot_of(run, run->end_hash) != run->end_hash)
		return false;
	run->skipped_ends++;
	return true;
}

void ended_well(struct uiommufd_run *run)
{
	if (run->ended && run->end_hash)
		*slot_of(run, run->end_hash) = run->end_hash;
	run->end_hash = 0;
}

void ended_forget(struct uiommufd_run *run)
{
	if (run->ended)
		memset(run->ended, 0, ENDED_MAX * sizeof(*run->ended));
}

void ended_use(struct uiommufd_run *run, bool on)
{
	size_t bytes = ENDED_MAX * sizeof(*run->ended);

	if (!on && run->ended) {
		munmap(run->ended, bytes);
		run->ended = NULL;
	} else if (on && !run->ended) {
		run->ended = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (run->ended == MAP_FAILED)
			run->ended = NULL;
	}
}
