// SPDX-License-Identifier: MIT
/*
 * Blocks of policies by real threads on registers.
 *
 * Who writes what: slots belong to who reserved them; PROD to one CPU at a time
 * (the lock's holder, the group's owner); consumed only grows.
 */
#include "wall.h"
#include "world.h"

#include <asm/barrier.h>
#include <asm/processor.h>
#include <linux/atomic.h>
#include <linux/sched.h>

#define OWNED (1ull << 63)
#define BATCH UIOMMUFD_LAB_MAX_RESERVE
#define LOOKS 64			/* before others get the processor */
#define LIMIT_NS 10000000000ull
#define INDEX_BITS 0xfffffu
#define ERROR_SHIFT 24
#define ERROR_BITS 0x7f
#define OP_SYNC 0x46
#define OP_ILLEGAL 0xfe
#define PPM 1000000u
#define MEND_READS 3

static struct wall_queue *queue_of(struct uiommufd_lab_cpu *cpu,
				   unsigned int queue)
{
	return &cpu->world->wall->queues[queue];
}

/* --- waiting --------------------------------------------------------------*/

struct patience {
	unsigned int looks;
	uint64_t since_ns;
};

/* Once round a loop that waits; false: give up. */
static bool wait_more(struct uiommufd_lab_cpu *cpu, struct patience *p,
		      const char *why)
{
	uint64_t now;

	cpu_relax();
	if (++p->looks % LOOKS)
		return true;
	uik_resched();
	if (!wall_is_up(cpu))
		return false;
	now = wall_now_ns();
	if (!p->since_ns)
		p->since_ns = now;
	if (now - p->since_ns < LIMIT_NS)
		return true;
	wall_fail(cpu, why);
	return false;
}

void wall_pause(struct uiommufd_lab_cpu *cpu)
{
	cpu_relax();
	uik_resched();
}

/* --- the lock ---------------------------------------------------------------*/

void wall_lock(struct uiommufd_lab_cpu *cpu, unsigned int queue)
{
	struct wall_queue *q = queue_of(cpu, queue);
	uint64_t ticket = __atomic_fetch_add(&q->next_ticket, 1,
					     __ATOMIC_RELAXED);
	struct patience patience = { 0 };

	uik_point(UIK_POINT_ATOMIC, &q->next_ticket, 8, true);
	/* Pairs with wall_unlock(). */
	if (smp_load_acquire(&q->serving) == ticket)
		return;
	cpu->wall->counts.contended++;
	while (smp_load_acquire(&q->serving) != ticket)
		if (!wait_more(cpu, &patience, "a queue's lock is not given back"))
			return;
}

unsigned int wall_waiters(struct uiommufd_lab_cpu *cpu, unsigned int queue)
{
	struct wall_queue *q = queue_of(cpu, queue);

	return READ_ONCE(q->next_ticket) - READ_ONCE(q->serving) - 1;
}

void wall_unlock(struct uiommufd_lab_cpu *cpu, unsigned int queue)
{
	struct wall_queue *q = queue_of(cpu, queue);

	smp_store_release(&q->serving, READ_ONCE(q->serving) + 1);
}

/* --- consumption --------------------------------------------------------------*/

/* As a driver: the first to see it replaces the entry and acknowledges. */
static void mend(struct uiommufd_lab_cpu *cpu, unsigned int queue)
{
	struct wall_queue *q = queue_of(cpu, queue);
	struct hwmodel *model = cpu->world->model;

	if (__atomic_exchange_n(&q->mending, true, __ATOMIC_ACQUIRE))
		return;
	if (hwmodel_is_stopped(model, queue)) {
		hwmodel_recover(model, queue);
		cpu->wall->counts.errors++;
		cpu->wall->counts.mmio_writes++;
		cpu->wall->counts.mmio_reads += MEND_READS;
	}
	smp_store_release(&q->mending, false);
}

/*
 * Reads CONS.  Nothing is reserved further than a queue's size ahead of
 * consumed, so its index tells which lap it is in; where others have moved
 * consumed meanwhile, what comes out is too low, and the next look is right.
 */
static uint64_t look(struct uiommufd_lab_cpu *cpu, unsigned int queue)
{
	struct wall_queue *q = queue_of(cpu, queue);
	uint64_t seen = smp_load_acquire(&q->consumed);
	uint32_t cons = hwmodel_cons(cpu->world->model, queue);
	uint64_t at = seen + (((cons & INDEX_BITS) - seen) &
			      cpu->world->wall->mask);

	cpu->wall->counts.mmio_reads++;
	if (cons >> ERROR_SHIFT & ERROR_BITS)
		mend(cpu, queue);
	/* Release: who learns it here may use the slots. */
	while (at > seen &&
	       !__atomic_compare_exchange_n(&q->consumed, &seen, at, true,
					    __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		;
	return at;
}

static bool wait_consumed(struct uiommufd_lab_cpu *cpu, unsigned int queue,
			  uint64_t end)
{
	struct patience patience = { 0 };

	while (look(cpu, queue) < end)
		if (!wait_more(cpu, &patience, "a queue does not move"))
			return false;
	return true;
}

void wall_wait(struct uiommufd_lab_cpu *cpu, unsigned int queue, uint64_t end)
{
	wait_consumed(cpu, queue, end);
}

/* --- slots ----------------------------------------------------------------------*/

/* Takes @total slots and sets @flag; what the word was before. */
static uint64_t take_slots(struct uiommufd_lab_cpu *cpu, unsigned int queue,
			   uint32_t total, uint64_t flag)
{
	struct wall_queue *q = queue_of(cpu, queue);
	uint64_t entries = cpu->world->design->entries;
	uint64_t old = READ_ONCE(q->reserved);

	for (;;) {
		uint64_t end = (old & ~OWNED) + total;

		uik_point(UIK_POINT_ATOMIC, &q->reserved, 8, true);
		/* Pairs with look(): the slots are free. */
		if (end > smp_load_acquire(&q->consumed) + entries) {
			if (!wait_consumed(cpu, queue, end - entries))
				return old;
			old = READ_ONCE(q->reserved);
			continue;
		}
		if (__atomic_compare_exchange_n(&q->reserved, &old,
						end | (old & OWNED) | flag,
						false, __ATOMIC_ACQ_REL,
						__ATOMIC_RELAXED))
			return old;
		cpu->wall->counts.contended++;
	}
}

uint64_t wall_reserve(struct uiommufd_lab_cpu *cpu, unsigned int queue,
		      uint32_t total)
{
	return take_slots(cpu, queue, total, 0);
}

static bool is_spoilt(struct uiommufd_lab_cpu *cpu)
{
	unsigned int ppm = cpu->world->design->illegal_ppm;

	return ppm && world_random(&cpu->rng) % PPM < ppm;
}

void wall_write(struct uiommufd_lab_cpu *cpu, unsigned int queue, uint64_t start,
		const struct uiommufd_lab_list *list)
{
	static const uint64_t sync[2] = { OP_SYNC, 0 };
	static const uint64_t illegal[2] = { OP_ILLEGAL, 0 };
	struct hwmodel *model = cpu->world->model;

	if (!wall_is_up(cpu))
		return;
	for (unsigned int i = 0; i < list->count; i++)
		hwmodel_write(model, queue, start + i,
			      !i && is_spoilt(cpu) ? illegal :
						     list->commands[i]);
	if (list->sync)
		hwmodel_write(model, queue, start + list->count, sync);
}

void wall_publish(struct uiommufd_lab_cpu *cpu, unsigned int queue, uint64_t end)
{
	struct wall_queue *q = queue_of(cpu, queue);

	if (!wall_is_up(cpu) || end <= READ_ONCE(q->published))
		return;
	hwmodel_doorbell(cpu->world->model, queue, end);
	cpu->wall->counts.doorbells++;
	cpu->wall->counts.mmio_writes++;
	/* Pairs with own_group(): the next owner writes PROD after us. */
	smp_store_release(&q->published, end);
}

uint64_t wall_published(struct uiommufd_lab_cpu *cpu, unsigned int queue)
{
	return smp_load_acquire(&queue_of(cpu, queue)->published);
}

/* --- the SMMU driver's scheme ---------------------------------------------------------*/

static uint32_t lap_of(const struct uiommufd_lab_cpu *cpu, uint64_t at)
{
	return 1 + (uint32_t)(at / cpu->world->design->entries);
}

static uint32_t *lap_at(struct uiommufd_lab_cpu *cpu, unsigned int queue,
			uint64_t at)
{
	return &queue_of(cpu, queue)->lap[at % cpu->world->design->entries];
}

/* Release: the commands are there; pairs with own_group(). */
static void mark_written(struct uiommufd_lab_cpu *cpu, unsigned int queue,
			 uint64_t start, uint32_t total)
{
	for (uint64_t at = start; at < start + total; at++)
		smp_store_release(lap_at(cpu, queue, at), lap_of(cpu, at));
}

static void own_group(struct uiommufd_lab_cpu *cpu, unsigned int queue,
		      uint64_t start)
{
	struct wall_queue *q = queue_of(cpu, queue);
	struct patience patience = { 0 };
	uint64_t end;

	while (smp_load_acquire(&q->published) != start)
		if (!wait_more(cpu, &patience, "a group is not published"))
			return;
	end = __atomic_fetch_and(&q->reserved, ~OWNED, __ATOMIC_ACQ_REL) &
	      ~OWNED;
	for (uint64_t at = start; at < end; at++)
		while (smp_load_acquire(lap_at(cpu, queue, at)) !=
		       lap_of(cpu, at))
			if (!wait_more(cpu, &patience,
				       "a group is not written"))
				return;
	wall_publish(cpu, queue, end);
}

static uint64_t insert_part(struct uiommufd_lab_cpu *cpu, unsigned int queue,
			    const struct uiommufd_lab_list *part)
{
	uint32_t total = part->count + part->sync;
	uint64_t old = take_slots(cpu, queue, total, OWNED);
	uint64_t start = old & ~OWNED;

	wall_write(cpu, queue, start, part);
	mark_written(cpu, queue, start, total);
	if (!(old & OWNED))
		own_group(cpu, queue, start);
	return start + total;
}

void wall_insert(struct uiommufd_lab_cpu *cpu, unsigned int queue,
		 const struct uiommufd_lab_list *list)
{
	unsigned int at = 0;
	uint64_t end;

	if (!list->count && !list->sync)
		return;
	do {
		unsigned int count = MIN(list->count - at, BATCH);
		struct uiommufd_lab_list part = {
			.commands = list->commands + at,
			.count = count,
			.sync = list->sync && at + count == list->count,
		};

		end = insert_part(cpu, queue, &part);
		at += count;
	} while (at < list->count && wall_is_up(cpu));
	if (list->sync)
		wall_wait(cpu, queue, end);
}

/* --- trapped --------------------------------------------------------------------------*/

static void count_footprint(struct wall_counts *counts,
			    const struct uiommufd_lab_footprint *got)
{
	counts->commands += got->count;
	for (unsigned int i = 0; i < got->count; i++)
		counts->syncs += (got->commands[i][0] & 0xff) == OP_SYNC;
}

/* The call is real; an exit has no counterpart here. */
void wall_trap(struct uiommufd_lab_cpu *cpu,
	       const struct uiommufd_lab_list *list)
{
	const struct uiommufd_lab_driver *driver = cpu->world->design->driver;
	struct uiommufd_lab_footprint got = { .room = 2 * list->count + 2 };
	struct wall *wall = cpu->world->wall;

	if (!driver) {
		wall_fail(cpu, "trapped commands need a driver");
		return;
	}
	if (!list->count)
		return;
	got.commands = g_malloc_n(got.room, sizeof(*got.commands));
	mutex_lock(&wall->trap_lock);
	if (driver->invalidate(driver->arg, list->commands, list->count, &got))
		cpu->wall->counts.refused += list->count;
	mutex_unlock(&wall->trap_lock);
	cpu->wall->counts.ioctls++;
	count_footprint(&cpu->wall->counts, &got);
	g_free(got.commands);
}
