// SPDX-License-Identifier: MIT
/*
 * Dependence of steps; see race.h.
 *
 * Objects are words (address / 8), locks (their address) and the lives of
 * blocks (their start, with the lowest bit set): touching a block reads its
 * life, freeing it writes it.  Lock objects remember who took them last and
 * the clock of the release; a race with a taker means that the other could
 * have been first.  A release races with nobody who waits for it, but with who
 * only tries to take the lock, or looks at it: these see it held or free.  The
 * hardware is one object more: who looks at it is ordered
 * with every write to a register, these among themselves by their addresses.
 * That is what finds bugs early.  Registers hang together, though: what one
 * shows may depend on what was written to another.  So where nothing may be left
 * out, reading any is reading the hardware, and writing any is writing it.
 */
#include "explore/race.h"

#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <uik/slab.h>

#include "explore/checkpoint.h"
#include "explore/clocks.h"

#define EVENTS_MAX 65535u
#define OBJECTS 16384u			/* a power of two */
#define NONE UINT16_MAX
#define HARDWARE 1u			/* no word's key, and no block's */

struct object {
	uintptr_t key;
	uint32_t slot;			/* which leads to it */
	uint16_t last_write;		/* event, or NONE */
	uint16_t readers;		/* mask: who has read since then */
	uint16_t reading;		/* locks, mask: release as readers */
	uint16_t givers, lookers;	/* locks: masks, of all times */
	uint16_t reads[FIBERS_MAX];	/* of the readers: the events */
	uint16_t gives[FIBERS_MAX];	/* the last release of each */
	uint16_t looks[FIBERS_MAX];	/* the last time each tried or looked */
	clock_vector released;		/* locks: by writers, to all */
	clock_vector read_released;	/* by readers, to writers */
};

struct race_log {
	bool whole;			/* registers hang together */
	/* What is before the counts is all that is known. */
	uint32_t count, object_count;
	clock_vector clock[FIBERS_MAX];
	clock_vector made;		/* steps of each */
	struct race_event events[EVENTS_MAX];
	/*
	 * Objects lie one after the other: an execution's few stay in the cache.
	 * A slot whose object does not lead back to it is empty.
	 */
	uint16_t slots[OBJECTS];
	struct object objects[OBJECTS];
};

struct race_log *race_new(bool whole)
{
	struct race_log *log = mmap(NULL, sizeof(*log), PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
				    -1, 0);

	if (log == MAP_FAILED)
		return NULL;
	log->whole = whole;
	return log;
}

void race_free(struct race_log *log)
{
	if (log)
		munmap(log, sizeof(*log));
}

void race_begin(struct race_log *log)
{
	log->count = 0;
	log->object_count = 0;
	memset(log->clock, 0, sizeof(log->clock));
	memset(log->made, 0, sizeof(log->made));
}

/* Events are added only: those that are counted stay as they are. */
void race_keep(struct race_log *log, struct checkpoint *c)
{
	checkpoint_keep(c, &log->count,
			offsetof(struct race_log, events) -
			offsetof(struct race_log, count));
	checkpoint_keep(c, log->objects,
			log->object_count * sizeof(log->objects[0]));
}

const struct race_event *race_event(const struct race_log *log, uint32_t index)
{
	return &log->events[index];
}

uint32_t race_count(const struct race_log *log)
{
	return log->count;
}

void race_counts(const struct race_log *log, uint16_t *out)
{
	memcpy(out, log->made, sizeof(log->made));
}

/* ---- dependence of two steps --------------------------------------------- */

static bool has_operand(const struct uik_point *p)
{
	return p->addr && p->kind != UIK_POINT_SLEEP;
}

/* A scenario that looks at registers from outside, as hardware would. */
static bool looks_at_hardware(const struct uik_point *p)
{
	return p->kind == UIK_POINT_LOAD && !p->addr;
}

static bool moves_hardware(const struct uik_point *p)
{
	return p->kind == UIK_POINT_MMIO && p->write;
}

static bool meets_hardware(const struct uik_point *p)
{
	return p->kind == UIK_POINT_MMIO || looks_at_hardware(p);
}

bool points_depend(const struct race_log *log, const struct uik_point *a,
		   const struct uik_point *b)
{
	if (log->whole && meets_hardware(a) && meets_hardware(b))
		return a->write || b->write;
	if ((looks_at_hardware(a) && moves_hardware(b)) ||
	    (looks_at_hardware(b) && moves_hardware(a)))
		return true;
	if (!has_operand(a) || !has_operand(b))
		return false;
	if (a->kind == UIK_POINT_FREE || b->kind == UIK_POINT_FREE) {
		const void *block = uik_slab_block(a->addr);

		return block && block == uik_slab_block(b->addr);
	}
	if ((uintptr_t)a->addr >> 3 != (uintptr_t)b->addr >> 3)
		return false;
	return a->write || b->write;
}

/* ---- objects ------------------------------------------------------------- */

static struct object *object_of(struct race_log *log, uintptr_t key)
{
	uint32_t at = (key * 0x9e3779b97f4a7c15ull) >> 50;
	struct object *o;

	for (;; at = (at + 1) % OBJECTS) {
		o = &log->objects[log->slots[at]];
		if (log->slots[at] >= log->object_count || o->slot != at)
			break;
		if (o->key == key)
			return o;
	}
	log->slots[at] = log->object_count;
	o = &log->objects[log->object_count++];
	o->key = key;
	o->slot = at;
	o->last_write = NONE;
	o->readers = 0;
	o->reading = o->givers = o->lookers = 0;
	memset(o->released, 0, sizeof(o->released));
	memset(o->read_released, 0, sizeof(o->read_released));
	return o;
}

struct step {
	struct race_log *log;
	uint32_t index;			/* of the new event */
	clock_vector before;	/* the fiber's clock without it */
	uint16_t *clock;
	unsigned int fiber;
	bool is_lock;			/* orders come from releases only */
	bool asked;			/* races are of interest */
	uint32_t races[5 * FIBERS_MAX];
	unsigned int race_count;
};

/* The new step depends on event @earlier. */
static void meet(struct step *s, uint32_t earlier)
{
	const struct race_event *e = &s->log->events[earlier];

	if (s->asked && e->fiber != s->fiber && e->seq > s->before[e->fiber])
		s->races[s->race_count++] = earlier;
	if (!s->is_lock || e->kind != UIK_POINT_LOCK)
		clock_join(s->clock, e->clock);
}

static void meet_all(struct step *s, uint32_t fibers, const uint16_t *events)
{
	for (uint32_t left = fibers; left; left &= left - 1)
		meet(s, events[__builtin_ctz(left)]);
}

static void touch(struct step *s, struct object *o, bool write)
{
	if (!write) {
		if (o->last_write != NONE)
			meet(s, o->last_write);
		o->reads[s->fiber] = s->index;
		o->readers |= 1u << s->fiber;
		return;
	}
	/* Readers came after the last write: it is ordered through them. */
	if (o->readers)
		meet_all(s, o->readers, o->reads);
	else if (o->last_write != NONE)
		meet(s, o->last_write);
	o->last_write = s->index;
	o->readers = 0;
}

/* How the fiber will release what it takes, or tries to. */
static void note_mode(struct step *s, struct object *o, bool write)
{
	if (write)
		o->reading &= ~(1u << s->fiber);
	else
		o->reading |= 1u << s->fiber;
}

static void lock_taken(struct step *s, struct object *o, bool write)
{
	note_mode(s, o, write);
	s->is_lock = true;
	touch(s, o, write);
	s->is_lock = false;
	clock_join(s->clock, o->released);
	if (write)
		clock_join(s->clock, o->read_released);
}

static void lock_given(struct step *s, struct object *o)
{
	meet_all(s, o->lookers, o->looks);
	o->gives[s->fiber] = s->index;
	o->givers |= 1u << s->fiber;
	/* Nothing orders readers with each other. */
	if (o->reading >> s->fiber & 1)
		clock_join(o->read_released, s->clock);
	else
		clock_join(o->released, s->clock);
	/* A writer that became a reader releases once more. */
	o->reading |= 1u << s->fiber;
}

/* Whatever may find a lock held, or another word that is none. */
static void look(struct step *s, struct object *o, bool write)
{
	meet_all(s, o->givers, o->gives);
	touch(s, o, write);
	o->looks[s->fiber] = s->index;
	o->lookers |= 1u << s->fiber;
}

/* ---- a step -------------------------------------------------------------- */

static void touch_life(struct step *s, const struct uik_point *point)
{
	const void *block = uik_slab_block(point->addr);

	if (block)
		touch(s, object_of(s->log, (uintptr_t)block | 1),
		      point->kind == UIK_POINT_FREE);
}

static void touch_operand(struct step *s, const struct uik_point *point)
{
	struct object *o = object_of(s->log, (uintptr_t)point->addr & ~7ul);

	switch (point->kind) {
	case UIK_POINT_LOCK:
		lock_taken(s, o, point->write);
		break;
	case UIK_POINT_UNLOCK:
		lock_given(s, o);
		break;
	case UIK_POINT_TRYLOCK:
		note_mode(s, o, point->write);
		look(s, o, point->write);
		break;
	default:
		look(s, o, point->write);
	}
}

void race_step(struct race_log *log, unsigned int fiber,
	       const struct uik_point *point, uint32_t node,
	       void (*found)(void *arg, uint32_t earlier, uint32_t later),
	       void *arg)
{
	struct race_event *event = &log->events[log->count];
	struct step s;

	if (log->count == EVENTS_MAX)
		return;
	/* Of its arrays only what is counted is ever read. */
	s.log = log;
	s.index = log->count;
	s.clock = log->clock[fiber];
	s.fiber = fiber;
	s.is_lock = false;
	s.asked = found;
	s.race_count = 0;
	memcpy(s.before, s.clock, sizeof(s.before));
	event->seq = log->made[fiber] = ++s.clock[fiber];
	event->fiber = fiber;
	event->kind = point->kind;
	event->write = point->write;
	event->addr = point->addr;
	event->node = node;
	log->count++;
	if (has_operand(point)) {
		if (point->kind != UIK_POINT_FREE)
			touch_operand(&s, point);
		touch_life(&s, point);
	}
	if (log->whole && meets_hardware(point))
		touch(&s, object_of(log, HARDWARE), point->write);
	/* Writes to registers do not exclude each other: they are its readers. */
	else if (looks_at_hardware(point) || moves_hardware(point))
		touch(&s, object_of(log, HARDWARE), looks_at_hardware(point));
	memcpy(event->clock, s.clock, sizeof(event->clock));
	for (unsigned int i = 0; i < s.race_count; i++)
		found(arg, s.races[i], s.index);
}
