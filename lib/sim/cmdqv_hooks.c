/* SPDX-License-Identifier: MIT */
/*
 * What accesses to CMDQV registers do beyond storing a value.
 *
 * Written hooks take the lock of what they change, converge it, and then let
 * the engine's mode decide what runs, with no lock held.  Checks refuse what
 * software must not change at that moment, and say so.
 */
#include <linux/bitfield.h>
#include "cmdqv.h"

static void misuse(struct sim *sim, const char *what, u32 number)
{
	uiommufd_mmio_guest_error(sim->cmdqv, "%s %u", what, number);
}

/* --- the block and the VINTFs ---------------------------------------------*/

uint64_t cmdqv_status_read(void *device, uint32_t index, uint64_t value)
{
	struct sim *sim = device;

	if (READ_ONCE(sim->enable.moving))
		cmdqv_update(sim);
	return uiommufd_mmio_get(sim->cmdqv, CMDQV_STATUS, 0);
}

void cmdqv_config_written(void *device, uint32_t index, uint64_t old, uint64_t value)
{
	struct sim *sim = device;

	WRITE_ONCE(sim->touched, true);
	cmdqv_update(sim);
	engine_trigger(sim, NULL);
}

void cmdqv_mask_written(void *device, uint32_t index, uint64_t old, uint64_t value)
{
	struct sim *sim = device;

	cmdqv_mask_update(sim);
	sim_deliver(sim);
}

void cmdqv_alloc_written(void *device, uint32_t index, uint64_t old, uint64_t value)
{
	struct sim *sim = device;

	if ((value & ALLOC_ALLOCATED) &&
	    (old & ~ALLOC_ALLOCATED) != (value & ~ALLOC_ALLOCATED))
		misuse(sim, "ALLOCATED set together with its fields: VCMDQ",
		       index);
	cmdqv_map_update(sim, index);
	engine_trigger(sim, sim_vcmdq(sim, index));
}

/* VMID and HYP_OWN do not change under running queues. */
uint64_t cmdqv_vconfig_check(void *device, uint32_t index, uint64_t old, uint64_t value)
{
	struct sim *sim = device;

	if (sim->config.guest_view)
		value &= ~(u64)VINTF_HYP_OWN;
	if (!(old & value & VINTF_EN) || old == value)
		return value;
	misuse(sim, "VMID or HYP_OWN changed while enabled: VINTF", index);
	return old;
}

void cmdqv_vconfig_written(void *device, uint32_t index, uint64_t old, uint64_t value)
{
	struct sim *sim = device;

	cmdqv_vintf_update(sim, index);
	engine_trigger(sim, NULL);
}

uint64_t cmdqv_vstatus_read(void *device, uint32_t index, uint64_t value)
{
	struct sim *sim = device;

	if (READ_ONCE(sim->vintf[index].enable.moving))
		cmdqv_vintf_update(sim, index);
	return uiommufd_mmio_get(sim->cmdqv, CMDQV_VINTF_STATUS, index);
}

/* --- the queues -----------------------------------------------------------*/

/* Takes over what the page says and lets the queue follow. */
static noinline u64 sync_and_get(struct sim_queue *queue, enum page_cell cell)
{
	unsigned long flags;

	spin_lock_irqsave(&queue->lock, flags);
	page_pull(queue);
	queue_update(queue);
	spin_unlock_irqrestore(&queue->lock, flags);
	engine_trigger(queue->sim, queue);
	return queue_get(queue, cell);
}

static inline u64 queue_read(enum page_cell cell, struct sim *sim, u32 index,
			     u64 value)
{
	struct sim_queue *queue = sim_vcmdq(sim, index);
	const u32 *page = __atomic_load_n(&queue->page, __ATOMIC_RELAXED);

	if (uik_unlikely(page && page_pair_differs(queue, page, cell)))
		return sync_and_get(queue, cell);
	if (cell / 2 == PAGE_CONFIG / 2 &&
	    uik_unlikely(READ_ONCE(queue->enable.moving)))
		return sync_and_get(queue, cell);
	return value;
}

uint64_t cmdqv_cons_read(void *device, uint32_t index, uint64_t value)
{
	return queue_read(PAGE_CONS, device, index, value);
}

uint64_t cmdqv_prod_read(void *device, uint32_t index, uint64_t value)
{
	return queue_read(PAGE_PROD, device, index, value);
}

uint64_t cmdqv_qconfig_read(void *device, uint32_t index, uint64_t value)
{
	return queue_read(PAGE_CONFIG, device, index, value);
}

uint64_t cmdqv_qstatus_read(void *device, uint32_t index, uint64_t value)
{
	return queue_read(PAGE_STATUS, device, index, value);
}

uint64_t cmdqv_gerror_read(void *device, uint32_t index, uint64_t value)
{
	return queue_read(PAGE_GERROR, device, index, value);
}

uint64_t cmdqv_gerrorn_read(void *device, uint32_t index, uint64_t value)
{
	return queue_read(PAGE_GERRORN, device, index, value);
}

uint64_t cmdqv_cons_check(void *device, uint32_t index, uint64_t old, uint64_t value)
{
	struct sim *sim = device;

	if (!READ_ONCE(sim_vcmdq(sim, index)->enabled))
		return value;
	misuse(sim, "CONS written while enabled: VCMDQ", index);
	return old;
}

uint64_t cmdqv_base_check(void *device, uint32_t index, uint64_t old, uint64_t value)
{
	struct sim *sim = device;

	if (!READ_ONCE(sim_vcmdq(sim, index)->enabled))
		return value;
	misuse(sim, "page 1 written while enabled: VCMDQ", index);
	return old;
}

void cmdqv_prod_written(void *device, uint32_t index, uint64_t old, uint64_t value)
{
	struct sim_queue *queue = sim_vcmdq(device, index);

	cmdqv_doorbell(queue, __atomic_load_n(&queue->page, __ATOMIC_RELAXED),
		       value);
}

/* A register with a copy in the page was written: they must not part. */
static void copy_to_page(struct sim_queue *queue, enum page_cell cell)
{
	unsigned long flags;

	spin_lock_irqsave(&queue->lock, flags);
	queue_set(queue, cell, queue_get(queue, cell));
	queue_update(queue);
	spin_unlock_irqrestore(&queue->lock, flags);
}

void cmdqv_cons_written(void *device, uint32_t index, uint64_t old, uint64_t value)
{
	copy_to_page(sim_vcmdq(device, index), PAGE_CONS);
}

void cmdqv_qconfig_written(void *device, uint32_t index, uint64_t old, uint64_t value)
{
	struct sim *sim = device;
	struct sim_queue *queue = sim_vcmdq(sim, index);

	if ((value & QUEUE_EN) && !READ_ONCE(queue->allowed))
		misuse(sim, "enabled while unmapped or its VINTF is off: VCMDQ",
		       index);
	copy_to_page(queue, PAGE_CONFIG);
	engine_trigger(sim, queue);
}

void cmdqv_gerrorn_written(void *device, uint32_t index, uint64_t old, uint64_t value)
{
	struct sim *sim = device;
	struct sim_queue *queue = sim_vcmdq(sim, index);

	copy_to_page(queue, PAGE_GERRORN);
	engine_trigger(sim, queue);
}
