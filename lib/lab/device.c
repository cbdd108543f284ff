// SPDX-License-Identifier: MIT
/*
 * The device in time: doorbells arrive, lanes fetch, one back end executes.
 *
 * A lane is a queue's fetcher.  The back end serves lanes round robin, a batch
 * at a time.  A CMD_SYNC takes one of few slots, is sent to all TLBs like any
 * command, and completes when they have answered and the ATCs have; meanwhile
 * its lane waits and the back end works for others.  What a command does, and whether it may, is
 * the model's decision when it is executed.
 */
#include "world.h"

#include <string.h>

#define OP_SYNC 0x46
#define OP_ATC_INV 0x40
/* What a handler reads: two error maps, GERROR, CONS, the entry's page. */
#define HANDLER_READS 5

static void lane_ready(struct lane *lane);
static void work(struct world *world);

/* --- books ----------------------------------------------------------------*/

static void count_occupancy(struct lane *lane)
{
	uint64_t now = lane->world->now_ps, used = lane->prod - lane->executed;

	lane->occupancy_ps += used * (now - lane->changed_ps);
	lane->occupancy_max = MAX(lane->occupancy_max, used);
	lane->changed_ps = now;
}

static struct job *job_at(struct lane *lane, uint64_t at)
{
	return lane->ring->slots[at % lane->ring->entries].job;
}

static const char *command_name(uint8_t opcode)
{
	if (opcode == OP_ATC_INV)
		return "ATC_INV";
	return opcode >= 0x10 && opcode < 0x40 ? "TLBI" : "command";
}

/* --- fetching ---------------------------------------------------------------*/

static void fetch(struct lane *lane, uint64_t delay_ps);

static void fetched(void *arg, uint64_t count)
{
	struct lane *lane = arg;

	lane->fetching = false;
	for (uint64_t i = 0; i < count; i++) {
		struct job *job = job_at(lane, lane->fetched + i);

		if (job && !job->fetched_ps)
			job->fetched_ps = lane->world->now_ps;
	}
	lane->fetched += count;
	fetch(lane, 0);
	lane_ready(lane);
	work(lane->world);
}

static void fetch(struct lane *lane, uint64_t delay_ps)
{
	struct world *world = lane->world;
	uint64_t room = world->ps[V_FETCH_BUFFER] -
			MIN(world->ps[V_FETCH_BUFFER],
			    lane->fetched - lane->executed);
	uint64_t count = MIN(lane->prod - lane->fetched,
			     MIN(world->ps[V_FETCH_BURST], room));

	if (lane->fetching || lane->stopped || !count)
		return;
	lane->fetching = true;
	event_post(&world->events,
		   world->now_ps + delay_ps + world_time(world, V_FETCH) +
			   count * world->ps[V_FETCH_COMMAND],
		   fetched, lane, count);
}

static void doorbell_arrives(void *arg, uint64_t prod)
{
	struct lane *lane = arg;
	bool idle = lane->fetched == lane->prod;

	if (prod <= lane->prod)
		return;
	count_occupancy(lane);
	lane->prod = prod;
	lane->occupancy_max = MAX(lane->occupancy_max, prod - lane->executed);
	hwmodel_doorbell(lane->world->model, lane->queue, prod);
	fetch(lane, idle ? world_time(lane->world, V_DOORBELL_TO_FETCH) : 0);
}

void device_doorbell(struct world *world, unsigned int queue, uint64_t prod)
{
	world->result->doorbells++;
	world->result->mmio_writes++;
	event_post(&world->events, world->now_ps + world_time(world, V_MMIO_DRAIN),
		   doorbell_arrives, &world->device.lanes[queue], prod);
}

void device_expect(struct world *world, unsigned int queue, struct job *job)
{
	struct lane *lane = &world->device.lanes[queue];

	if (lane->last)
		lane->last->next = job;
	else
		lane->first = job;
	lane->last = job;
}

/* --- completion ---------------------------------------------------------------*/

/* The SMMU's own queue may tell by a write to memory, VCMDQs are polled. */
uint64_t device_seen_ps(struct world *world, unsigned int queue,
			struct uiommufd_lab_cpu *cpu, uint64_t start_ps,
			uint64_t done_ps)
{
	uint64_t told = done_ps + world_time(world, V_MSI_WRITE);

	if (queue || !world->ps[V_MSI_POLLING])
		return cpu_poll(cpu, start_ps, done_ps);
	return MAX(start_ps, told) + world_time(world, V_HANDOVER);
}

static void complete(struct lane *lane)
{
	struct world *world = lane->world;
	struct job *job = lane->first;

	if (!job || job->end != lane->executed)
		return;
	lane->first = job->next;
	if (!lane->first)
		lane->last = NULL;
	job->done = true;
	job->done_ps = world->now_ps;
	if (job->waiting)
		cpu_wake(job->cpu, device_seen_ps(world, lane->queue, job->cpu,
						  job->wait_ps, world->now_ps));
}

static void free_sync_slot(struct lane *lane)
{
	struct device *device = &lane->world->device;
	struct lane *next;

	if (!lane->sync_slot)
		return;
	lane->sync_slot = false;
	device->sync_slots_used--;
	next = g_queue_pop_head(&device->sync_waiters);
	if (next) {
		next->sync_slot = true;
		device->sync_slots_used++;
		next->place = LANE_IDLE;
		lane_ready(next);
	}
}

static void note_executed(struct lane *lane, uint64_t took)
{
	struct job *job = job_at(lane, lane->executed);
	uint64_t now = lane->world->now_ps;

	if (!job)
		return;
	if (job->waiting)
		job->own_ps += MIN(took, now - job->wait_ps);
	job->left--;
	if (lane->executed + 1 != job->end)
		job->executed_ps = now;
	lane->ring->slots[lane->executed % lane->ring->entries].job = NULL;
}

static void note_effect(struct lane *lane, uint8_t opcode)
{
	struct world *world = lane->world;
	uint64_t back;

	switch (opcode) {
	case OP_SYNC:
		world->result->syncs++;
		uiommufd_lab_trace_span(world->trace, UIOMMUFD_LAB_QUEUE_TRACK,
					lane->queue, "CMD_SYNC", lane->sync_ps,
					world->now_ps);
		free_sync_slot(lane);
		complete(lane);
		break;
	case OP_ATC_INV:
		back = world->now_ps + world_time(world, V_ATC_ROUND_TRIP);
		lane->atc_ps = MAX(lane->atc_ps, back);
		g_array_append_val(world->device.atc_back_ps, back);
		break;
	}
}

/* --- errors -------------------------------------------------------------------*/

static void handled(void *arg, uint64_t raised_ps)
{
	struct lane *lane = arg;
	struct world *world = lane->world;

	hwmodel_recover(world->model, lane->queue);
	world->result->mmio_reads += HANDLER_READS;
	world->result->mmio_writes++;
	uiommufd_lab_trace_span(world->trace, UIOMMUFD_LAB_INTERRUPT_TRACK,
				lane->queue, "error interrupt", raised_ps,
				world->now_ps);
	lane->stopped = false;
	fetch(lane, 0);
	lane_ready(lane);
	work(world);
}

static void fail(struct lane *lane)
{
	struct world *world = lane->world;
	uint64_t took = world_time(world, V_INTERRUPT) +
			HANDLER_READS * world_time(world, V_MMIO_READ) +
			world_time(world, V_MMIO_WRITE);

	/* The entry was replaced: it is fetched again. */
	took += world_time(world, V_DOORBELL_TO_FETCH) +
		world_time(world, V_FETCH);

	/* A guest's interrupt goes through the monitor. */
	if (lane->ring->owner)
		took += world_time(world, V_EXIT) + world_time(world, V_VMM) +
			world_time(world, V_ENTER);
	lane->stopped = true;
	lane->place = LANE_IDLE;
	free_sync_slot(lane);
	world->result->errors++;
	world->result->interrupts++;
	event_post(&world->events, world->now_ps + took, handled, lane,
		   world->now_ps);
}

/* --- the back end -----------------------------------------------------------------*/

static void finish(struct lane *lane, uint8_t opcode, uint64_t took)
{
	struct world *world = lane->world;
	int error = hwmodel_execute(world->model, lane->queue);

	g_assert(error >= 0);
	lane->place = LANE_IDLE;
	if (error) {
		fail(lane);
		return;
	}
	note_executed(lane, took);
	count_occupancy(lane);
	lane->executed++;
	lane->commands++;
	world->result->commands++;
	note_effect(lane, opcode);
	fetch(lane, 0);
	lane_ready(lane);
}

static void resumes(void *arg, uint64_t unused)
{
	struct lane *lane = arg;

	if (lane->sync_slot) {
		finish(lane, OP_SYNC, 0);
	} else {
		lane->place = LANE_IDLE;
		lane_ready(lane);
	}
	work(lane->world);
}

static void wait_until(struct lane *lane, uint64_t at_ps)
{
	lane->place = LANE_WAITS_TIME;
	event_post(&lane->world->events, at_ps, resumes, lane, 0);
}

/* It is on its way to all TLBs; it completes when they and the ATCs answer. */
static void sync_sent(struct lane *lane)
{
	struct world *world = lane->world;
	uint64_t answered = world->now_ps + world_time(world, V_SYNC_ROUND_TRIP);
	struct job *job = job_at(lane, lane->executed);

	if (job)
		job->acked_ps = answered;
	wait_until(lane, MAX(answered, lane->atc_ps));
}

static void executed(void *arg, uint64_t took)
{
	struct lane *lane = arg;
	struct world *world = lane->world;
	struct device *device = &world->device;
	uint8_t opcode = hwmodel_opcode(world->model, lane->queue, lane->executed);

	device->busy = false;
	device->busy_ps += took;
	lane->busy_ps += took;
	if (opcode == OP_SYNC) {
		sync_sent(lane);
	} else {
		uiommufd_lab_trace_span(world->trace, UIOMMUFD_LAB_QUEUE_TRACK,
					lane->queue, command_name(opcode),
					world->now_ps - took, world->now_ps);
		finish(lane, opcode, took);
	}
	work(world);
}

/* Is there a slot for the CMD_SYNC at the head?  Else the lane waits. */
static bool sync_may_go(struct lane *lane)
{
	struct world *world = lane->world;
	struct device *device = &world->device;
	struct job *job = job_at(lane, lane->executed);

	if (!lane->sync_slot) {
		if (device->sync_slots_used == world->ps[V_SYNC_SLOTS]) {
			g_queue_push_tail(&device->sync_waiters, lane);
			lane->place = LANE_WAITS_SLOT;
			return false;
		}
		lane->sync_slot = true;
		device->sync_slots_used++;
	}
	lane->sync_ps = world->now_ps;
	if (job)
		job->sync_ps = world->now_ps;
	return true;
}

/* Is there a tag for one more ATC_INV?  Else the lane waits for one. */
static bool atc_may_go(struct lane *lane)
{
	struct world *world = lane->world;
	GArray *back = world->device.atc_back_ps;
	uint64_t earliest = UINT64_MAX;

	for (guint i = 0; i < back->len;) {
		uint64_t at = g_array_index(back, uint64_t, i);

		if (at <= world->now_ps) {
			g_array_remove_index_fast(back, i);
			continue;
		}
		earliest = MIN(earliest, at);
		i++;
	}
	if (back->len < world->ps[V_ATC_OUTSTANDING])
		return true;
	wait_until(lane, earliest);
	return false;
}

static bool may_start(struct lane *lane, uint8_t opcode)
{
	if (opcode == OP_SYNC)
		return sync_may_go(lane);
	return opcode != OP_ATC_INV || atc_may_go(lane);
}

static void start(struct lane *lane, uint8_t opcode)
{
	struct world *world = lane->world;
	struct device *device = &world->device;
	uint64_t took = world_time(world, profile_execute(opcode));

	if (device->served != lane)
		device->turn = 0;
	device->served = lane;
	device->turn++;
	device->busy = true;
	lane->place = LANE_RUNS;
	event_post(&world->events, world->now_ps + took, executed, lane, took);
}

static void work(struct world *world)
{
	struct device *device = &world->device;
	struct lane *lane;

	while (!device->busy && (lane = g_queue_pop_head(&device->ready))) {
		uint8_t opcode = hwmodel_opcode(world->model, lane->queue,
					      lane->executed);

		lane->place = LANE_IDLE;
		if (may_start(lane, opcode))
			start(lane, opcode);
	}
}

/* Whose turn it is goes on until the batch is full. */
static void lane_ready(struct lane *lane)
{
	struct device *device = &lane->world->device;

	if (lane->place != LANE_IDLE || lane->stopped ||
	    lane->executed == lane->fetched)
		return;
	lane->place = LANE_READY;
	if (device->served == lane &&
	    device->turn < lane->world->ps[V_ARBITER_BATCH])
		g_queue_push_head(&device->ready, lane);
	else
		g_queue_push_tail(&device->ready, lane);
}

void device_init(struct world *world)
{
	struct device *device = &world->device;

	device->lane_count = hwmodel_queue_count(world->model);
	device->lanes = g_new0(struct lane, device->lane_count);
	device->atc_back_ps = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	for (unsigned int i = 0; i < device->lane_count; i++) {
		device->lanes[i].world = world;
		device->lanes[i].queue = i;
		device->lanes[i].ring = &world->rings[i];
	}
}

void device_settle(struct world *world)
{
	for (unsigned int i = 0; i < world->device.lane_count; i++)
		count_occupancy(&world->device.lanes[i]);
}

void device_fini(struct world *world)
{
	struct device *device = &world->device;

	g_queue_clear(&device->ready);
	g_queue_clear(&device->sync_waiters);
	g_array_unref(device->atc_back_ps);
	g_free(device->lanes);
}
