// SPDX-License-Identifier: MIT
/*
 * Law "initialised": every byte that is copied out to a caller was set by
 * somebody, and nothing else depends on bytes that were not.
 *
 * An execution whose copies were not seen before is run twice more, with two
 * patterns in fresh blocks and on the stacks: what is copied out must be the
 * same, and no law may break.  Copies are known by the places that ask for
 * them and their sizes, so that few executions are run again.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <linux/uaccess.h>
#include <uik/fill.h>
#include <uik/snapshot.h>

#include "explore/checkpoint.h"
#include "explore/laws.h"
#include "explore/search.h"

#define COPIES_MAX 512u
#define SEEN_MAX 4096u			/* a power of two */
#define SEEN_PART (SEEN_MAX / 2)	/* then no more are run again */
#define DIRTY_BYTES (32u << 10)
#define FRAME_BYTES 512u		/* of whoever starts the fiber */
#define OTHER_FILL 0xa5

struct copy {
	const void *addr;
	const void *site;
	uint32_t bytes;
	bool whole;			/* it was made, and could be read */
	uint64_t hash;			/* of what was copied */
};

/* What an execution copied out. */
struct copies {
	uint32_t count;
	struct copy *pending[FIBERS_MAX];	/* about to be made */
	struct copy copy[COPIES_MAX];
};

struct outputs {
	uint64_t signature;		/* of this execution's copies */
	struct copies *into;		/* NULL: they are not looked at */
	struct copies run[2];
	unsigned int seen_count;
	uint64_t seen[SEEN_MAX];
};

/* What the execution that is judged has come to. */
struct kept {
	struct decision *decisions;
	uint32_t decision_count;
	uint64_t decision_hash, steps;
	unsigned int preemptions, failures;
	bool excused;
	const struct recorder *recorder;
};

int law_initialised_prepare(struct uiommufd_run *run)
{
	void *p = mmap(NULL, sizeof(*run->outputs), PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return -1;
	run->outputs = p;
	return 0;
}

void law_initialised_free(struct uiommufd_run *run)
{
	if (run->outputs)
		munmap(run->outputs, sizeof(*run->outputs));
}

void law_initialised_begin(struct uiommufd_run *run)
{
	run->outputs->signature = 0;
}

/* Executions that are looked at begin at the beginning. */
void law_initialised_keep(struct uiommufd_run *run, struct checkpoint *c)
{
	checkpoint_keep(c, &run->outputs->signature,
			sizeof(run->outputs->signature));
}

/* ---- while an execution runs --------------------------------------------- */

/* The copy that @fiber was about to make has been made. */
static void look_at(struct copies *copies, unsigned int fiber)
{
	struct copy *copy = copies->pending[fiber];
	unsigned char part[256];

	copies->pending[fiber] = NULL;
	if (!copy)
		return;
	for (uint32_t at = 0; at < copy->bytes; at += sizeof(part)) {
		uint32_t n = copy->bytes - at;

		n = n < sizeof(part) ? n : sizeof(part);
		if (copy_from_user(part, (const char *)copy->addr + at, n))
			return;
		for (uint32_t i = 0; i < n; i++)
			copy->hash = (copy->hash ^ part[i]) * 0x100000001b3ull;
	}
	copy->whole = true;
}

void law_initialised_step(struct uiommufd_run *run,
			  const struct uik_point *point)
{
	struct outputs *outputs = run->outputs;
	struct copies *copies = outputs->into;
	bool out = point->kind == UIK_POINT_COPY && point->write;

	if (out)
		outputs->signature = (outputs->signature ^
				      (uintptr_t)point->site ^
				      (uint64_t)point->size << 48 ^
				      (uint64_t)run->failures << 40) *
				     0x9e3779b97f4a7c15ull;
	if (!copies)
		return;
	look_at(copies, run->running);
	if (!out || copies->count == COPIES_MAX)
		return;
	copies->pending[run->running] = &copies->copy[copies->count];
	copies->copy[copies->count++] = (struct copy){
		.addr = point->addr,
		.site = point->site,
		.bytes = point->size,
	};
}

void law_initialised_failed(struct uiommufd_run *run)
{
	struct copies *copies = run->outputs->into;

	if (copies)
		copies->pending[run->running] = NULL;
}

/* ---- again --------------------------------------------------------------- */

/* Not by memset(): a checker knows of frames that are gone. */
static __attribute__((__noinline__, __no_sanitize__("address", "thread"))) void
dirty_stack(struct fiber *fiber, unsigned char pattern)
{
	volatile char *top = (char *)fiber->context.stack_bottom +
			     fiber->context.stack_bytes - FRAME_BYTES;

	for (unsigned int i = 1; i <= DIRTY_BYTES; i++)
		top[-(int)i] = pattern;
}

static void run_filled(struct uiommufd_run *run, struct copies *copies,
		       unsigned char pattern)
{
	copies->count = 0;
	memset(copies->pending, 0, sizeof(copies->pending));
	uik_snapshot_restore(run->snapshot, true);
	for (unsigned int i = 0; i < run->prepared_count; i++)
		if (run->prepared[i].thread >= 0)
			dirty_stack(&run->fibers[i], pattern);
	run->outputs->into = copies;
	run->watch_copies = true;
	uik_fill_fresh_set(pattern);
	run->strategy->begin(run);
	run_once(run);
	uik_fill_fresh_set(UIK_FILL_FRESH);
	run->outputs->into = NULL;
	run->watch_copies = false;
}

/* The first copy that differs; NULL. */
static const struct copy *compare(const struct copies *a,
				  const struct copies *b)
{
	for (uint32_t i = 0; i < a->count && i < b->count; i++)
		if (a->copy[i].site == b->copy[i].site &&
		    a->copy[i].whole && b->copy[i].whole &&
		    a->copy[i].hash != b->copy[i].hash)
			return &a->copy[i];
	return NULL;
}

static bool keep(struct uiommufd_run *run, struct kept *kept)
{
	size_t bytes = run->decision_count * sizeof(*run->decisions);

	*kept = (struct kept){
		.decisions = malloc(bytes + 1),
		.decision_count = run->decision_count,
		.decision_hash = run->decision_hash,
		.steps = run->steps,
		.preemptions = run->preemptions,
		.failures = run->failures,
		.excused = run->excused,
		.recorder = run->recorder,
	};
	if (!kept->decisions)
		return false;
	memcpy(kept->decisions, run->decisions, bytes);
	run->recorder = NULL;
	return true;
}

static void bring_back(struct uiommufd_run *run, struct kept *kept)
{
	memcpy(run->decisions, kept->decisions,
	       kept->decision_count * sizeof(*run->decisions));
	run->decision_count = kept->decision_count;
	run->decision_hash = kept->decision_hash;
	run->steps = kept->steps;
	run->preemptions = kept->preemptions;
	run->failures = kept->failures;
	run->excused = kept->excused;
	run->recorder = kept->recorder;
	run->running = NOBODY;
	free(kept->decisions);
}

static void tell(struct uiommufd_run *run, const struct copy *copy)
{
	run->verdict = VERDICT_CLEAN;
	run->guilty_frames[0] = copy->site;
	run->guilty_frame_count = 1;
	uiommufd_run_break(run, "initialised",
			   "%u bytes are copied out at %p that depend on what fresh memory holds",
			   copy->bytes, copy->site);
}

/* What broke only because fresh memory held something else. */
static void tell_broken(struct uiommufd_run *run)
{
	const char *law = run->law;
	char why[MESSAGE_MAX];

	memcpy(why, run->message, sizeof(why));
	run->verdict = VERDICT_CLEAN;
	uiommufd_run_break(run, "initialised",
			   "with other bytes in fresh memory: %s: %.400s", law,
			   why);
}

static void run_again(struct uiommufd_run *run)
{
	struct outputs *outputs = run->outputs;
	const struct copy *copy;

	run_filled(run, &outputs->run[0], UIK_FILL_FRESH);
	if (run->verdict != VERDICT_CLEAN)
		return;
	run_filled(run, &outputs->run[1], OTHER_FILL);
	if (run->verdict == VERDICT_BROKEN) {
		tell_broken(run);
		return;
	}
	copy = compare(&outputs->run[0], &outputs->run[1]);
	if (copy)
		tell(run, copy);
}

static uint64_t *slot_of(struct outputs *outputs)
{
	uint64_t key = outputs->signature | 1, at = key >> 32;

	while (outputs->seen[at % SEEN_MAX] &&
	       outputs->seen[at % SEEN_MAX] != key)
		at++;
	return &outputs->seen[at % SEEN_MAX];
}

void law_initialised_judge(struct uiommufd_run *run)
{
	struct outputs *outputs = run->outputs;
	uint64_t *slot = slot_of(outputs), key = outputs->signature | 1;
	struct search_hold hold;
	struct kept kept;

	if (!outputs->signature || *slot ||
	    outputs->seen_count == SEEN_PART || !keep(run, &kept))
		return;
	if (!follow_again(run, kept.decisions, kept.decision_count, &hold)) {
		run_again(run);
		follow_back(run, &hold);
	}
	bring_back(run, &kept);
	if (run->verdict == VERDICT_BROKEN)
		return;
	run->verdict = VERDICT_CLEAN;
	*slot = key;
	outputs->seen_count++;
}

const struct uiommufd_law law_initialised = {
	.name = "initialised",
	.summary = "what is copied out does not depend on fresh memory",
};
