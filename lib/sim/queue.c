/* SPDX-License-Identifier: MIT */
/*
 * Command queues: enabling, fetching, stopping at errors.
 */
#include "queue.h"

#include <linux/bits.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <uik/clock.h>
#include <uik/hardware_fault.h>
#include "sim.h"

#define FETCH_ENTRIES 128

#define BASE_LOG2 GENMASK_ULL(4, 0)
#define BASE_ADDR GENMASK_ULL(51, 5)
#define CONFIG_EN BIT(0)
#define GERROR_CMDQ BIT(0)
#define GERROR_INIT BIT(2)

void queue_init(struct sim_queue *queue, struct sim *sim, int number)
{
	spin_lock_init(&queue->lock);
	queue->sim = sim;
	queue->number = number;
	queue->vintf = -1;
	queue->permit = sim->host_permit;
	queue->vmid_keep = U64_MAX;
}

static bool is_main(const struct sim_queue *queue)
{
	return queue->number == UIOMMUFD_QUEUE_MAIN;
}

void queue_set(struct sim_queue *queue, enum page_cell cell, u32 value)
{
	mmio_store(queue->cell[cell], value);
	if (!queue->page)
		return;
	__atomic_store_n(&queue->seen[cell], value, __ATOMIC_RELAXED);
	__atomic_store_n(&queue->page[cell], value, __ATOMIC_RELEASE);
}

void queue_publish(struct sim_queue *queue, u32 error)
{
	u32 value = queue->cons | error << QUEUE_ERR_SHIFT;

	queue_set(queue, PAGE_CONS, value);
	if (uik_unlikely(queue->mirror))
		cmdqv_mirror_cons(queue, value);
}

/* --- enabling -------------------------------------------------------------*/

bool queue_latch(struct sim_queue *queue)
{
	u64 base = mmio_load(queue->base_cell);
	unsigned int log2_size = base & BASE_LOG2;
	u64 address = base & BASE_ADDR;

	if (log2_size > queue->sim->config.log2_commands ||
	    (address & (((u64)ENTRY_BYTES << log2_size) - 1)))
		return false;
	queue->log2_size = log2_size;
	WRITE_ONCE(queue->mask, queue_mask(log2_size));
	queue->base = address;
	WRITE_ONCE(queue->cons, queue_get(queue, PAGE_CONS) & queue->mask);
	queue->last_prod = queue->cons;
	queue->mirror = is_main(queue) ? 0 : cmdqv_mirror_address(queue);
	queue->back_to_back = false;
	WRITE_ONCE(queue->stopped, false);
	return true;
}

void queue_abort(struct sim_queue *queue)
{
	WRITE_ONCE(queue->in_flight, false);
	WRITE_ONCE(queue->enabled, false);
	queue->enable.want = 0;
	WRITE_ONCE(queue->enable.is, 0);
	WRITE_ONCE(queue->enable.moving, false);
	queue_set(queue, PAGE_STATUS, 0);
}

/* What software and the levels above ask for together. */
static bool wants_enable(struct sim_queue *queue)
{
	bool asked = queue_get(queue, PAGE_CONFIG) & CONFIG_EN;

	if (!asked)
		queue->init_failed = false;
	return asked && queue->allowed && !queue->init_failed;
}

static void update_enable(struct sim_queue *queue)
{
	bool want = wants_enable(queue);

	/* An error stays for software to see: only enabling forgets it. */
	if (want && !queue->enable.want && !queue_latch(queue)) {
		queue->init_failed = true;
		cmdqv_queue_error(queue, GERROR_INIT);
		want = false;
	}
	queue->stopping = !want;
	if (!enable_drive(queue->sim, &queue->enable, want,
			  UIOMMUFD_UNIT_QUEUE, queue->number,
			  !want && queue->in_flight))
		return;
	if (want)
		queue_latch(queue);
	WRITE_ONCE(queue->enabled, want);
	queue_set(queue, PAGE_STATUS, want);
}

static void update_stopped(struct sim_queue *queue)
{
	u32 active = queue_get(queue, PAGE_GERROR) ^
		     queue_get(queue, PAGE_GERRORN);

	WRITE_ONCE(queue->stopped, active & GERROR_CMDQ);
	cmdqv_refresh_maps(queue);
}

void queue_update(struct sim_queue *queue)
{
	if (is_main(queue))
		return;
	update_enable(queue);
	update_stopped(queue);
}

/* --- consuming ------------------------------------------------------------*/

static void queue_fail(struct sim_queue *queue,
		       enum uiommufd_command_error error)
{
	WRITE_ONCE(queue->stopped, true);
	queue->counters.errors++;
	queue->counters.error_code[error & 7]++;
	queue_publish(queue, error);
	if (is_main(queue))
		smmu_command_error(queue->sim);
	else
		cmdqv_queue_error(queue, GERROR_CMDQ);
}

static u64 entry_phys(const struct sim_queue *queue)
{
	return queue->base + (u64)(queue->cons & queue->mask / 2) * ENTRY_BYTES;
}

static void complain_overrun(struct sim_queue *queue, u32 prod)
{
	struct sim *sim = queue->sim;

	uiommufd_mmio_guest_error(is_main(queue) ? sim->smmu : sim->cmdqv,
				  "queue %d: PROD 0x%x is more than the ring "
				  "ahead of CONS 0x%x",
				  queue->number, prod, queue->cons);
}

/* Entries from the read index to the write index or the end of the ring. */
static u32 queue_run_length(struct sim_queue *queue)
{
	u32 prod = queue_get(queue, PAGE_PROD) & queue->mask;
	u32 pending = (prod - queue->cons) & queue->mask;
	u32 last = queue->mask / 2;

	if (prod != queue->last_prod) {
		queue->last_prod = prod;
		queue->counters.doorbells++;
		if (uik_unlikely(queue_is_overrun(prod, queue->cons,
						  queue->log2_size)))
			complain_overrun(queue, prod);
	}
	return min_t(u32, pending, last + 1 - (queue->cons & last));
}

/* Nothing is left, and no doorbell came meanwhile. */
static bool queue_is_caught_up(const struct sim_queue *queue)
{
	return queue->cons == queue->last_prod &&
	       (queue_get(queue, PAGE_PROD) & queue->mask) == queue->last_prod;
}

/* Shows the read index and why it stopped, if it did. */
static inline void show_progress(struct sim_queue *queue,
				 enum uiommufd_command_error error)
{
	if (uik_unlikely(error))
		queue_fail(queue, error);
	else if (queue_get(queue, PAGE_CONS) != queue->cons)
		queue_publish(queue, 0);
}

/* Without fetching, as far as that goes.  Whether that was anywhere. */
static inline bool run_in_place(struct sim_queue *queue, u32 count,
				u32 *out_done)
{
	u64 phys = entry_phys(queue);
	enum uiommufd_command_error error;
	const struct sim_entry *ring;

	count = min_t(u32, count, (PAGE_SIZE - phys % PAGE_SIZE) / ENTRY_BYTES);
	ring = sim_dma_known(queue->sim, phys, count * sizeof(*ring));
	if (!ring)
		return false;
	*out_done = command_run_in_place(queue, ring, count, &error);
	if (!*out_done && !error)
		return false;
	show_progress(queue, error);
	return true;
}

/* The usual path: many at once, and the read index shown once. */
static inline u32 run_fast(struct sim_queue *queue, u32 count)
{
	struct sim_entry entry[FETCH_ENTRIES];
	enum uiommufd_command_error error;
	u32 done;

	if (uik_likely(run_in_place(queue, count, &done)))
		return done;
	count = min_t(u32, count, FETCH_ENTRIES);
	if (uik_unlikely(!sim_dma_read(queue->sim, entry_phys(queue), entry,
			  count * sizeof(entry[0])))) {
		/* Some of them may be there: find the first that is not. */
		if (count == 1 ||
		    !sim_dma_read(queue->sim, entry_phys(queue), entry,
				  sizeof(entry[0]))) {
			queue_fail(queue, UIOMMUFD_COMMAND_FETCH_ABORT);
			return 0;
		}
		count = 1;
	}
	done = command_run(queue, entry, count, &error);
	show_progress(queue, error);
	return done;
}

static u64 flight_latency_ns(struct sim_queue *queue)
{
	const struct uiommufd_vcmdq_config *config = &queue->sim->config;
	u8 opcode = queue->flight.word[0];
	u64 latency = config->command_latency_ns;
	u64 extra = 0;

	if (opcode == CMD_SYNC && queue->atc_pending)
		latency += config->atc_latency_ns;
	if (fault_strikes(queue->sim, UIOMMUFD_FAULT_SLOW, UIOMMUFD_UNIT_QUEUE,
			  queue->number, opcode, &extra))
		latency += extra;
	return latency;
}

/* Fetches the next command and decides when it will be done. */
static bool take_off(struct sim_queue *queue, u64 now)
{
	u64 latency;

	if (!sim_dma_read(queue->sim, entry_phys(queue), &queue->flight,
			  sizeof(queue->flight)) ||
	    fault_strikes(queue->sim, UIOMMUFD_FAULT_FETCH_ABORT,
			  UIOMMUFD_UNIT_QUEUE, queue->number,
			  (u8)queue->flight.word[0], NULL)) {
		queue_fail(queue, UIOMMUFD_COMMAND_FETCH_ABORT);
		return false;
	}
	latency = flight_latency_ns(queue);
	queue->done_ns = (queue->back_to_back ? queue->done_ns : now) + latency;
	WRITE_ONCE(queue->in_flight, true);
	return true;
}

/* One command at a time, with faults, latencies and the observer. */
static u32 run_slow(struct sim_queue *queue)
{
	u64 now = uik_machine_now_ns(queue->sim->machine);
	enum uiommufd_command_error error;

	if (!queue->in_flight && !take_off(queue, now))
		return 0;
	if (now < queue->done_ns)
		return 0;
	WRITE_ONCE(queue->in_flight, false);
	queue->back_to_back = true;
	error = command_run_one(queue, &queue->flight);
	if (error) {
		queue_fail(queue, error);
		return 0;
	}
	queue_publish(queue, 0);
	return 1;
}

u32 queue_run(struct sim_queue *queue, u32 max_commands)
{
	u32 done = 0;

	while (done < max_commands && queue->enabled && !queue->stopped) {
		u32 count = queue_run_length(queue);
		u32 some;

		if (queue->stopping && !queue->in_flight)
			break;

		if (!count) {
			queue->back_to_back = false;
			break;
		}
		if (READ_ONCE(queue->sim->slow) || queue->in_flight ||
		    uik_hardware_may_fail())
			some = run_slow(queue);
		else
			some = run_fast(queue, min_t(u32, count,
						     max_commands - done));
		if (!some)
			break;
		done += some;
		/* Mostly that was all. */
		if (queue_is_caught_up(queue)) {
			queue->back_to_back = false;
			break;
		}
	}
	return done;
}
