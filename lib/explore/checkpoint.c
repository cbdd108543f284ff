// SPDX-License-Identifier: MIT
/*
 * Checkpoints; see checkpoint.h.
 */
#include "explore/checkpoint.h"

#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <uik/snapshot.h>

#include "explore/laws.h"
#include "explore/scenarios.h"

#define POINTS_MAX 48u
#define PIECES_MAX 96u
#define ROOM_BYTES (1u << 20)		/* of one, hardly ever used up */
#define LAW_BYTES_MAX (64u << 10)
#define STEPS_BETWEEN 12u		/* at least */
#define PLACES 8192u			/* a power of two */
#define LOOK_EVERY 64u
#define RED_ZONE 128u			/* below a stack's pointer */
#define BATCH_MIN 8u			/* executions that make it worth while */

struct piece {
	void *addr;
	uint32_t bytes;
	uint32_t at;
};

struct checkpoint {
	uint32_t position;		/* decisions of the strategy before */
	uint32_t used;			/* bytes of data */
	unsigned int piece_count;
	bool full;			/* it does not fit: no checkpoint */
	size_t snapshot_at;
	char *data;
	struct piece pieces[PIECES_MAX];
};

struct checkpoints {
	struct checkpoint point[POINTS_MAX];
	unsigned int count;
	struct checkpoint *next;	/* to go on from; NULL: the beginning */
	bool wanted;			/* enough executions follow */
	uint32_t taken;
	uint64_t last_steps;		/* of the latest execution */
	uint64_t places[PLACES];	/* where fibers were looked at */
};

/* Memory that no restore touches, and pages that are used only. */
static void *own_memory(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

int checkpoints_prepare(struct uiommufd_run *run)
{
	struct checkpoints *all;
	char *data;

	run->checkpoint_at = UINT64_MAX;
	if (run->options.from_start ||
	    !scenario_resumes(run->scenario, run->options.laws) ||
	    !uik_snapshot_can_save())
		return 0;
	all = run->checkpoints = own_memory(sizeof(*all));
	data = own_memory((size_t)POINTS_MAX * ROOM_BYTES);
	for (unsigned int i = 0; all && data && i < POINTS_MAX; i++)
		all->point[i].data = data + (size_t)i * ROOM_BYTES;
	return all && data ? 0 : -1;
}

void checkpoints_free(struct uiommufd_run *run)
{
	struct checkpoints *all = run->checkpoints;

	if (!all)
		return;
	if (all->point[0].data)
		munmap(all->point[0].data, (size_t)POINTS_MAX * ROOM_BYTES);
	munmap(all, sizeof(*all));
}

void checkpoints_forget(struct uiommufd_run *run)
{
	if (!run->checkpoints)
		return;
	run->checkpoints->count = 0;
	run->checkpoints->next = NULL;
}

void checkpoints_batch(struct uiommufd_run *run, unsigned int size)
{
	checkpoints_forget(run);
	if (run->checkpoints)
		run->checkpoints->wanted = size >= BATCH_MIN;
}

static uint64_t steps_between(const struct uiommufd_run *run)
{
	uint64_t even = run->checkpoints->last_steps / POINTS_MAX + 1;

	return even > STEPS_BETWEEN ? even : STEPS_BETWEEN;
}

void checkpoints_begin(struct uiommufd_run *run)
{
	struct checkpoints *all = run->checkpoints;

	run->checkpoint_at = UINT64_MAX;
	if (!all || !all->wanted || run->recorder || run->watch_copies ||
	    !run->strategy->keep || run->law_bytes > LAW_BYTES_MAX)
		return;
	run->checkpoint_at = run->steps + steps_between(run);
}

/* ---- taking -------------------------------------------------------------- */

void checkpoint_keep(struct checkpoint *c, void *p, size_t bytes)
{
	if (!bytes)
		return;
	if (c->piece_count == PIECES_MAX || bytes > ROOM_BYTES - c->used) {
		c->full = true;
		return;
	}
	c->pieces[c->piece_count++] = (struct piece){ p, bytes, c->used };
	memcpy(c->data + c->used, p, bytes);
	/* Lines of the snapshot come last, and want to be aligned. */
	c->used += (bytes + 15) & ~15ul;
}

static void keep_stacks(struct uiommufd_run *run, struct checkpoint *c)
{
	for (unsigned int i = 0; i < run->fiber_count; i++) {
		const struct uik_fiber *context = &run->fibers[i].context;
		char *low = (char *)context->sp - RED_ZONE;

		if (run->fibers[i].state == FIBER_READY ||
		    run->fibers[i].state == FIBER_PARKED)
			checkpoint_keep(c, low, (char *)context->stack_bottom +
					context->stack_bytes - low);
	}
}

static void keep_engine(struct uiommufd_run *run, struct checkpoint *c)
{
	checkpoint_keep(c, run->fibers,
			run->fiber_count * sizeof(run->fibers[0]));
	checkpoint_keep(c, &run->fiber_count,
			offsetof(struct uiommufd_run, absent) -
			offsetof(struct uiommufd_run, fiber_count));
	checkpoint_keep(c, &run->steps,
			offsetof(struct uiommufd_run, verdict) -
			offsetof(struct uiommufd_run, steps));
	checkpoint_keep(c, &run->decision_count,
			offsetof(struct uiommufd_run, strategy) -
			offsetof(struct uiommufd_run, decision_count));
}

static uint64_t place_of(const struct fiber *fiber, unsigned int number,
			 unsigned int failures)
{
	uint64_t hash = (uint64_t)number << 8 | fiber->state << 4 | failures;

	hash = (hash ^ (uintptr_t)fiber->pending.site) * 0x9e3779b97f4a7c15ull;
	hash = (hash ^ (uintptr_t)fiber->pending.addr ^ hash >> 32) *
	       0xbf58476d1ce4e5b9ull;
	hash = (hash ^ (uintptr_t)fiber->context.sp ^ hash >> 32) *
	       0x94d049bb133111ebull;
	return hash | 1;
}

/* Whether a fiber stands where none was when all lines were compared. */
static bool is_new_place(struct uiommufd_run *run)
{
	struct checkpoints *all = run->checkpoints;
	bool is_new = false;

	for (unsigned int i = 0; i < run->fiber_count; i++) {
		uint64_t place = place_of(&run->fibers[i], i, run->failures);
		uint64_t *seen = &all->places[place >> 32 & (PLACES - 1)];

		is_new |= *seen != place;
		*seen = place;
	}
	return is_new;
}

/* Lines that nobody knew of: what lies behind may have begun without them. */
static void missed(struct uiommufd_run *run)
{
	run->checkpoint_missed = true;
	run->checkpoints->count = 0;
}

static bool keep_memory(struct uiommufd_run *run, struct checkpoint *c)
{
	struct checkpoints *all = run->checkpoints;
	bool thorough = is_new_place(run) || !(all->taken++ % LOOK_EVERY);
	bool unknown = false;
	size_t bytes;

	c->snapshot_at = c->used;
	bytes = uik_snapshot_save(run->snapshot, c->data + c->used,
				  ROOM_BYTES - c->used, thorough, &unknown);
	if (unknown)
		missed(run);
	return bytes && !unknown;
}

/* What the host holds cannot be brought back. */
static bool may_take(const struct uiommufd_run *run)
{
	return run->verdict == VERDICT_CLEAN &&
	       run->phase == PHASE_THREADS &&
	       run->checkpoints->count < POINTS_MAX &&
	       uik_snapshot_host_changes() == run->host_changes;
}

void checkpoint_take(struct uiommufd_run *run)
{
	struct checkpoints *all = run->checkpoints;
	struct checkpoint *c;

	if (!may_take(run)) {
		run->checkpoint_at = UINT64_MAX;
		return;
	}
	run->checkpoint_at = run->steps + steps_between(run);
	c = &all->point[all->count];
	c->used = 0;
	c->piece_count = 0;
	c->full = false;
	c->position = run->strategy->keep(run, c);
	keep_engine(run, c);
	keep_stacks(run, c);
	laws_keep(run, c);
	if (!c->full && keep_memory(run, c))
		all->count++;
}

/* ---- going back ---------------------------------------------------------- */

bool checkpoint_before(struct uiommufd_run *run, uint32_t position)
{
	struct checkpoints *all = run->checkpoints;

	if (!all)
		return false;
	while (all->count && all->point[all->count - 1].position > position)
		all->count--;
	all->next = all->count ? &all->point[all->count - 1] : NULL;
	return all->next;
}

/* Stacks are written to below any frame that a checker knows. */
static __attribute__((__noinline__, __no_sanitize__("address", "thread"))) void
put_back(const struct checkpoint *c)
{
	for (unsigned int i = 0; i < c->piece_count; i++)
		memcpy(c->pieces[i].addr, c->data + c->pieces[i].at,
		       c->pieces[i].bytes);
}

bool checkpoint_load(struct uiommufd_run *run)
{
	struct checkpoints *all = run->checkpoints;
	const struct checkpoint *c = all ? all->next : NULL;

	if (!c)
		return false;
	all->last_steps = run->steps;
	uik_snapshot_load(run->snapshot, c->data + c->snapshot_at);
	put_back(c);
	all->next = NULL;
	return true;
}
