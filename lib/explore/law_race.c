// SPDX-License-Identifier: MIT
/*
 * Law "race": whatever two threads touch, one of them writing, is ordered by
 * something: a lock, an atomic, a release and the load that sees it, the birth
 * of a thread.
 *
 * Vector clocks over the kit's synchronisation; plain accesses are those that
 * are annotated (<linux/kcsan-checks.h>).  The order in which an execution
 * happens to run them is no matter: one execution speaks for all in which the
 * same things order the same steps.
 *
 * Harsher than needed nowhere, milder here: any load acquires and any store
 * releases, so that who passes a plain pointer by WRITE_ONCE is believed.
 */
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <uik/plain.h>

#include "explore/checkpoint.h"
#include "explore/clocks.h"
#include "explore/laws.h"

#define SYNCS 4096u			/* powers of two */
#define PLAINS 1024u
#define READS 16			/* read locks of a fiber */

/* What carries order: a lock, an atomic. */
struct sync {
	uintptr_t key;
	uint32_t slot;			/* which leads to it */
	clock_vector released;		/* to everybody */
	clock_vector read;		/* by readers, to writers */
};

/* The last accesses of something plain. */
struct plain {
	uintptr_t key;
	uint32_t slot;			/* which leads to it */
	uint16_t writer;		/* NOBODY: not written yet */
	uint16_t write;			/* the writer's clock then */
	const void *write_site;
	clock_vector reads;
	const void *read_site[FIBERS_MAX];
};

/*
 * What there is lies one after the other, so that it stays in the cache.  A slot
 * whose thing does not lead back to it is empty.
 */
struct races {
	uint32_t born;			/* mask: fibers that have made a step */
	bool worn;			/* clocks have no more room: no verdict */
	uint32_t sync_count, plain_count;
	clock_vector clock[FIBERS_MAX];
	unsigned int reading_count[FIBERS_MAX];
	uintptr_t reading[FIBERS_MAX][READS];
	uint16_t sync_slots[SYNCS];
	uint16_t plain_slots[PLAINS];
	struct sync sync[SYNCS];
	struct plain plain[PLAINS];
};

int law_race_prepare(struct uiommufd_run *run)
{
	void *p = mmap(NULL, sizeof(*run->races), PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return -1;
	run->races = p;
	return 0;
}

void law_race_free(struct uiommufd_run *run)
{
	if (run->races)
		munmap(run->races, sizeof(*run->races));
}

void law_race_begin(struct uiommufd_run *run)
{
	struct races *races = run->races;

	races->sync_count = races->plain_count = 0;
	races->born = 0;
	races->worn = false;
	memset(races->clock, 0, sizeof(races->clock));
	memset(races->reading_count, 0, sizeof(races->reading_count));
}

void law_race_keep(struct uiommufd_run *run, struct checkpoint *c)
{
	struct races *races = run->races;

	checkpoint_keep(c, races, offsetof(struct races, reading));
	for (unsigned int i = 0; i < FIBERS_MAX; i++)
		checkpoint_keep(c, races->reading[i],
				races->reading_count[i] * sizeof(uintptr_t));
	checkpoint_keep(c, races->sync,
			races->sync_count * sizeof(races->sync[0]));
	checkpoint_keep(c, races->plain,
			races->plain_count * sizeof(races->plain[0]));
}

static void tick(struct races *races, unsigned int fiber)
{
	races->worn |= ++races->clock[fiber][fiber] == UINT16_MAX;
}

/* ---- what carries order -------------------------------------------------- */

static uint32_t slot_of(uintptr_t key)
{
	return (key * 0x9e3779b97f4a7c15ull) >> 40;
}

static struct sync *sync_new(struct races *races, uint32_t slot, uintptr_t key)
{
	struct sync *s = &races->sync[races->sync_count];

	races->sync_slots[slot] = races->sync_count++;
	memset(s->released, 0, sizeof(s->released));
	memset(s->read, 0, sizeof(s->read));
	s->key = key;
	s->slot = slot;
	return s;
}

/* NULL: there are too many. */
static struct sync *sync_of(struct races *races, uintptr_t key)
{
	for (uint32_t i = 0; i < 64; i++) {
		uint32_t slot = (slot_of(key) + i) % SYNCS;
		struct sync *s = &races->sync[races->sync_slots[slot]];

		if (races->sync_slots[slot] >= races->sync_count ||
		    s->slot != slot)
			return sync_new(races, slot, key);
		if (s->key == key)
			return s;
	}
	return NULL;
}

static bool stop_reading(struct races *races, unsigned int fiber, uintptr_t key)
{
	uintptr_t *reading = races->reading[fiber];
	unsigned int *count = &races->reading_count[fiber];

	for (unsigned int i = 0; i < *count; i++) {
		if (reading[i] != key)
			continue;
		reading[i] = reading[--*count];
		return true;
	}
	return false;
}

static void lock_taken(struct races *races, unsigned int fiber, struct sync *s,
		       bool write)
{
	uint16_t *clock = races->clock[fiber];

	clock_join(clock, s->released);
	if (write)
		clock_join(clock, s->read);
	else if (races->reading_count[fiber] < READS)
		races->reading[fiber][races->reading_count[fiber]++] = s->key;
}

/* After a release the fiber is at a later time. */
static void lock_given(struct races *races, unsigned int fiber, struct sync *s)
{
	uint16_t *clock = races->clock[fiber];

	clock_join(stop_reading(races, fiber, s->key) ? s->read : s->released, clock);
	tick(races, fiber);
}

/* ---- plain accesses ------------------------------------------------------ */

static struct plain *plain_new(struct races *races, uint32_t slot,
			       uintptr_t key)
{
	struct plain *p = &races->plain[races->plain_count];

	races->plain_slots[slot] = races->plain_count++;
	/* Sites are looked at where there are times. */
	memset(p->reads, 0, sizeof(p->reads));
	p->key = key;
	p->slot = slot;
	p->writer = NOBODY;
	return p;
}

/* What has been touched in this execution; NULL, and then the slot for it. */
static struct plain *plain_find(struct races *races, uintptr_t key,
				uint32_t *out_slot)
{
	for (uint32_t i = 0; i < 64; i++) {
		uint32_t slot = (slot_of(key) + i) % PLAINS;
		struct plain *p = &races->plain[races->plain_slots[slot]];

		*out_slot = slot;
		if (races->plain_slots[slot] >= races->plain_count ||
		    p->slot != slot)
			return NULL;
		if (p->key == key)
			return p;
	}
	*out_slot = PLAINS;
	return NULL;
}

/* NULL: there are too many. */
static struct plain *plain_of(struct races *races, uintptr_t key)
{
	uint32_t slot;
	struct plain *p = plain_find(races, key, &slot);

	return p || slot == PLAINS ? p : plain_new(races, slot, key);
}

/* What has been written to in this execution; else NULL. */
static const struct plain *plain_known(struct races *races, uintptr_t key)
{
	uint32_t slot;
	const struct plain *p = plain_find(races, key, &slot);

	return !p || p->writer == NOBODY ? NULL : p;
}

static void tell(struct uiommufd_run *run, const struct uik_point *point,
		 unsigned int other, bool other_writes, const void *site)
{
	uiommufd_run_break(run, "race",
			   "%s %s %p at %p, %s %s it at %p, and nothing orders them",
			   fiber_name(run, run->running),
			   point->write ? "writes" : "reads", point->addr, point->site,
			   fiber_name(run, other),
			   other_writes ? "writes" : "reads", site);
}

static void touch(struct uiommufd_run *run, struct races *races,
		  const struct uik_point *point)
{
	unsigned int me = run->running;
	struct plain *p = plain_of(races, (uintptr_t)point->addr);
	const uint16_t *clock = races->clock[me];

	if (!p)
		return;
	/* A new lock: who was here before knew something else. */
	if (point->kind == UIK_POINT_REF)
		goto write;
	if (p->writer != NOBODY && p->writer != me &&
	    p->write > clock[p->writer])
		tell(run, point, p->writer, true, p->write_site);
	if (!point->write) {
		p->reads[me] = clock[me];
		p->read_site[me] = point->site;
		return;
	}
	for (unsigned int i = 0; i < FIBERS_MAX; i++)
		if (i != me && p->reads[i] > clock[i])
			tell(run, point, i, false, p->read_site[i]);
write:
	p->writer = me;
	p->write = clock[me];
	p->write_site = point->site;
}

/* Whoever takes a lock must come after it was made, and not by luck. */
static void lock_used(struct uiommufd_run *run, struct races *races,
		      const struct uik_point *point)
{
	unsigned int me = run->running;
	const struct plain *p = plain_known(races, (uintptr_t)point->addr);

	if (p && p->writer != me && p->write > races->clock[me][p->writer])
		uiommufd_run_break(run, "race",
				   "%s takes lock %p at %p, %s makes it at %p, "
				   "and nothing orders them",
				   fiber_name(run, me), point->addr, point->site,
				   fiber_name(run, p->writer), p->write_site);
}

/* ---- synchronisation ---------------------------------------------------- */

static void synchronise(struct uiommufd_run *run, struct races *races,
			const struct uik_point *point)
{
	unsigned int fiber = run->running;
	uint16_t *clock = races->clock[fiber];
	struct sync *s = sync_of(races, (uintptr_t)point->addr);

	if (!s)
		return;
	switch (point->kind) {
	case UIK_POINT_LOCK:
	case UIK_POINT_TRYLOCK:
		lock_used(run, races, point);
		lock_taken(races, fiber, s, point->write);
		break;
	case UIK_POINT_UNLOCK:
		lock_given(races, fiber, s);
		break;
	case UIK_POINT_LOAD:
		clock_join(clock, s->released);
		break;
	default:
		clock_join(clock, s->released);
		clock_join(s->released, clock);
		tick(races, fiber);
	}
}

/* ---- a step -------------------------------------------------------------- */

/*
 * Who comes late has been started by one of the others, and the end comes
 * after all of them.
 */
static void be_born(struct uiommufd_run *run, struct races *races)
{
	unsigned int me = run->running;
	bool late = run->fibers[me].thread < 0;

	races->born |= 1u << me;
	for (unsigned int i = 0; late && i < FIBERS_MAX; i++)
		clock_join(races->clock[me], races->clock[i]);
	/* Time 0 is before everything. */
	tick(races, me);
}

void law_race_step(struct uiommufd_run *run, const struct uik_point *point)
{
	struct races *races = run->races;
	unsigned int me = run->running;

	if (run->phase != PHASE_THREADS || races->worn)
		return;
	if (!(races->born & 1u << me))
		be_born(run, races);
	if (!point->addr)
		return;
	if (point->size & UIK_PLAIN)
		touch(run, races, point);
	else if (point->kind != UIK_POINT_COPY && point->kind != UIK_POINT_FREE &&
		 point->kind != UIK_POINT_MMIO &&
		 point->kind != UIK_POINT_CALL &&
		 point->kind != UIK_POINT_RETURN)
		synchronise(run, races, point);
}

const struct uiommufd_law law_race = {
	.name = "race",
	.summary = "something orders accesses of threads to what they share",
};
