// SPDX-License-Identifier: MIT
/*
 * Inserting lists into a command queue, as software does it.
 *
 * Reservation without a lock: slots are taken by compare-and-swap on the write
 * index.  Whoever takes slots while nobody owns the open group becomes its
 * owner.  All write their commands and mark them valid; the owner waits until
 * the group before is published, closes the group, waits until everybody in it
 * has written, and rings one doorbell for all.
 *
 * Cache lines are handed over in the order of asking, so nobody loses a
 * compare-and-swap twice; what contention costs is the wait for the line.
 */
#include "world.h"

#define BATCH 64u			/* commands a doorbell, at most */
#define OP_SYNC 0x46
#define OP_ILLEGAL 0xfe
#define PPM 1000000u

static const uint64_t command_sync[2] = { OP_SYNC, 0 };

void ring_init(struct ring *ring, struct world *world, int queue,
	       unsigned int owner)
{
	*ring = (struct ring){
		.world = world,
		.queue = queue,
		.owner = owner,
		.entries = world->design->entries,
		.state.holder = -1,
		.lock.line.holder = -1,
		.slots = g_new0(struct slot, world->design->entries),
	};
	if (queue < 0)
		ring->memory = g_malloc0_n(ring->entries, 16);
}

void ring_fini(struct ring *ring)
{
	g_queue_clear(&ring->publish_waiters);
	g_queue_clear(&ring->group_waiters);
	g_queue_clear(&ring->lock.waiters);
	g_free(ring->slots);
	g_free(ring->memory);
}

static bool is_emulated(const struct ring *ring)
{
	return ring->queue < 0;
}

/* --- room -----------------------------------------------------------------*/

static uint64_t read_index(struct ring *ring)
{
	return is_emulated(ring) ?
		       ring->consumed :
		       ring->world->device.lanes[ring->queue].executed;
}

static void wait_for_room(struct ring *ring, struct uiommufd_lab_cpu *cpu,
			  uint32_t total)
{
	struct world *world = ring->world;

	if (is_emulated(ring)) {
		guest_poll(ring, cpu);
	} else {
		world->result->mmio_reads++;
		cpu_spend(cpu, UIOMMUFD_LAB_RESERVE, V_MMIO_READ);
	}
	ring->cons_seen = MAX(ring->cons_seen, read_index(ring));
	if (ring->prod + total - ring->cons_seen > ring->entries)
		cpu_spend(cpu, UIOMMUFD_LAB_RESERVE, V_POLL_DELAY);
}

/* --- commands ---------------------------------------------------------------*/

static void put(struct ring *ring, uint64_t at, const uint64_t command[2],
		struct job *job)
{
	struct slot *slot = &ring->slots[at % ring->entries];

	slot->job = job && job->sync ? job : NULL;
	if (is_emulated(ring)) {
		ring->memory[at % ring->entries][0] = command[0];
		ring->memory[at % ring->entries][1] = command[1];
	} else {
		hwmodel_write(ring->world->model, ring->queue, at, command);
	}
}

/* A fault of the design under test: the hardware gets to see it. */
static bool is_spoilt(struct ring *ring, struct uiommufd_lab_cpu *cpu)
{
	unsigned int ppm = ring->world->design->illegal_ppm;

	return ppm && !is_emulated(ring) &&
	       world_random(&cpu->rng) % PPM < ppm;
}

static void write_commands(struct ring *ring, struct uiommufd_lab_cpu *cpu,
			   uint64_t at, const uint64_t (*commands)[2],
			   uint32_t count, bool sync, struct job *job)
{
	uint64_t took = 0;

	for (uint32_t i = 0; i < count + sync; i++)
		took += world_time(ring->world, V_BUILD);
	cpu_spend_ps(cpu, UIOMMUFD_LAB_BUILD, took);
	for (uint32_t i = 0; i < count; i++) {
		uint64_t spoilt[2] = { OP_ILLEGAL, 0 };

		put(ring, at + i, !i && is_spoilt(ring, cpu) ? spoilt :
							       commands[i],
		    job);
	}
	if (sync)
		put(ring, at + count, command_sync, job);
}

/* --- doorbell -----------------------------------------------------------------*/

static void note_published(struct ring *ring, uint64_t start, uint64_t end)
{
	for (uint64_t at = start; at < end; at++) {
		struct job *job = ring->slots[at % ring->entries].job;

		if (job && !job->published_ps)
			job->published_ps = ring->world->now_ps;
	}
}

static void ring_doorbell(struct ring *ring, struct uiommufd_lab_cpu *cpu,
			  uint64_t end)
{
	uint64_t start = ring->published;

	if (is_emulated(ring)) {
		ring->published = end;
		guest_doorbell(ring, cpu);
		return;
	}
	cpu_spend(cpu, UIOMMUFD_LAB_PUBLISH, V_MMIO_WRITE);
	note_published(ring, start, end);
	ring->published = end;
	device_doorbell(ring->world, ring->queue, end);
}

/* --- reservation ----------------------------------------------------------------*/

static void wake_all(struct world *world, GQueue *waiters)
{
	struct uiommufd_lab_cpu *cpu;

	while ((cpu = g_queue_pop_head(waiters)))
		cpu_wake(cpu, world->now_ps + world_time(world, V_HANDOVER));
}

/* The write index is ours from here to there; are we the group's owner? */
static bool reserve(struct ring *ring, struct uiommufd_lab_cpu *cpu,
		    uint32_t total, uint64_t *out_at, uint32_t *out_group)
{
	bool owner;

	for (;;) {
		cpu_touch(cpu, UIOMMUFD_LAB_RESERVE, &ring->state);
		if (ring->prod + total - ring->cons_seen <= ring->entries)
			break;
		wait_for_room(ring, cpu, total);
	}
	*out_at = ring->prod;
	ring->prod += total;
	owner = !ring->owned;
	if (owner) {
		ring->owned = true;
		ring->group = (ring->group + 1) % GROUPS;
		ring->group_start[ring->group] = *out_at;
		ring->valid[ring->group] = 0;
	}
	*out_group = ring->group;
	return owner;
}

static void own_group(struct ring *ring, struct uiommufd_lab_cpu *cpu,
		      uint32_t group)
{
	struct world *world = ring->world;
	uint64_t start = ring->group_start[group], end;

	while (ring->published != start) {
		g_queue_push_tail(&ring->publish_waiters, cpu);
		cpu_park(cpu);
		cpu_book(cpu, UIOMMUFD_LAB_PUBLISH, UINT64_MAX);
	}
	cpu_touch(cpu, UIOMMUFD_LAB_PUBLISH, &ring->state);
	ring->owned = false;
	end = ring->prod;
	while (ring->valid[group] < end - start) {
		g_queue_push_tail(&ring->group_waiters, cpu);
		cpu_park(cpu);
		cpu_book(cpu, UIOMMUFD_LAB_PUBLISH, UINT64_MAX);
	}
	g_assert(ring->valid[group] == end - start);
	ring_doorbell(ring, cpu, end);
	wake_all(world, &ring->publish_waiters);
}

static void insert_part(struct ring *ring, struct uiommufd_lab_cpu *cpu,
			const uint64_t (*commands)[2], uint32_t count,
			bool sync, struct job *job)
{
	uint32_t total = count + sync, group;
	uint64_t at;
	bool owner = reserve(ring, cpu, total, &at, &group);

	if (sync) {
		job->end = at + total;
		if (!is_emulated(ring))
			device_expect(ring->world, ring->queue, job);
		/* The counter of those who wait for this queue. */
		cpu_spend(cpu, UIOMMUFD_LAB_RESERVE, V_ATOMIC);
	}
	write_commands(ring, cpu, at, commands, count, sync, job);
	cpu_spend(cpu, UIOMMUFD_LAB_BUILD, V_ATOMIC);
	ring->valid[group] += total;
	wake_all(ring->world, &ring->group_waiters);
	if (owner)
		own_group(ring, cpu, group);
}

/* --- completion -----------------------------------------------------------------*/

/* What the wait was, read off the device's notes. */
static void book_wait(struct uiommufd_lab_cpu *cpu, const struct job *job)
{
	uint64_t span, own;

	cpu_book(cpu, UIOMMUFD_LAB_PUBLISH, job->published_ps);
	cpu_book(cpu, UIOMMUFD_LAB_FETCH, job->fetched_ps);
	if (job->executed_ps > cpu->booked_ps) {
		span = job->executed_ps - cpu->booked_ps;
		own = MIN(span, job->own_ps);
		cpu_book(cpu, UIOMMUFD_LAB_QUEUED, job->executed_ps - own);
		cpu_book(cpu, UIOMMUFD_LAB_EXECUTE, job->executed_ps);
	}
	cpu_book(cpu, UIOMMUFD_LAB_QUEUED, job->sync_ps);
	cpu_book(cpu, UIOMMUFD_LAB_SYNC, job->acked_ps);
	cpu_book(cpu, UIOMMUFD_LAB_ATC, job->done_ps);
	cpu_book(cpu, UIOMMUFD_LAB_POLL, UINT64_MAX);
}

static void wait_for_job(struct ring *ring, struct uiommufd_lab_cpu *cpu,
			 struct job *job)
{
	struct world *world = ring->world;

	if (is_emulated(ring)) {
		guest_poll(ring, cpu);
		while (ring->consumed < job->end) {
			cpu_spend(cpu, UIOMMUFD_LAB_POLL, V_POLL_DELAY);
			guest_poll(ring, cpu);
		}
		ring->cons_seen = MAX(ring->cons_seen, job->end);
		return;
	}
	job->wait_ps = world->now_ps;
	if (job->done)
		cpu_wake(cpu, device_seen_ps(world, ring->queue, cpu,
					     world->now_ps, 0));
	else
		job->waiting = true;
	cpu_park(cpu);
	g_assert(job->done && !job->left);
	book_wait(cpu, job);
	ring->cons_seen = MAX(ring->cons_seen, job->end);
}

void ring_insert(struct ring *ring, struct uiommufd_lab_cpu *cpu,
		 const struct uiommufd_lab_list *list)
{
	struct job job = {
		.cpu = cpu,
		.sync = list->sync,
		.left = list->count + list->sync,
	};
	uint32_t at = 0, count;

	if (!job.left)
		return;
	do {
		count = MIN(list->count - at, BATCH);
		insert_part(ring, cpu, list->commands + at, count,
			    list->sync && at + count == list->count, &job);
		at += count;
	} while (at < list->count);
	if (list->sync)
		wait_for_job(ring, cpu, &job);
}

/* --- steps of policies ------------------------------------------------------------*/

uint64_t ring_reserve(struct ring *ring, struct uiommufd_lab_cpu *cpu,
		      uint32_t total, struct job *job)
{
	uint64_t at;

	for (;;) {
		/* Under the lock nobody else writes the index. */
		if (ring->lock.holder != cpu)
			cpu_touch(cpu, UIOMMUFD_LAB_RESERVE, &ring->state);
		if (ring->prod + total - ring->cons_seen <= ring->entries)
			break;
		wait_for_room(ring, cpu, total);
	}
	at = ring->prod;
	ring->prod += total;
	if (job) {
		job->end = ring->prod;
		device_expect(ring->world, ring->queue, job);
	}
	return at;
}

void ring_write(struct ring *ring, struct uiommufd_lab_cpu *cpu, uint64_t at,
		const struct uiommufd_lab_list *list, struct job *job)
{
	write_commands(ring, cpu, at, list->commands, list->count, list->sync,
		       job);
}

void ring_publish(struct ring *ring, struct uiommufd_lab_cpu *cpu, uint64_t end)
{
	if (end > ring->published)
		ring_doorbell(ring, cpu, end);
}

void ring_wait(struct ring *ring, struct uiommufd_lab_cpu *cpu, struct job *job)
{
	wait_for_job(ring, cpu, job);
}
