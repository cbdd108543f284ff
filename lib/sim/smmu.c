/* SPDX-License-Identifier: MIT */
/*
 * The SMMUv3's registers, its command queue's frame and its event queue.
 *
 * Everything that software enables goes through smmu_update(): CR0 with its
 * acknowledge, IRQ_CTRL with its own, the main queue's start and restart.
 */
#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <string.h>
#include <uiommufd/registers.h>
#include "sim.h"
#include "sim/smmuv3.inc"

#define CR0_SMMUEN UIOMMUFD_SMMU_CR0_SMMUEN
#define CR0_PRIQEN UIOMMUFD_SMMU_CR0_PRIQEN
#define CR0_EVTQEN UIOMMUFD_SMMU_CR0_EVTQEN
#define CR0_CMDQEN UIOMMUFD_SMMU_CR0_CMDQEN
#define CR0_ATSCHK UIOMMUFD_SMMU_CR0_ATSCHK
#define IDR0_ATS UIOMMUFD_SMMU_IDR0_ATS
#define IDR0_PRI UIOMMUFD_SMMU_IDR0_PRI
#define IDR1_EVTQS UIOMMUFD_SMMU_IDR1_EVTQS
#define IDR1_CMDQS UIOMMUFD_SMMU_IDR1_CMDQS
#define IRQ_GERROR UIOMMUFD_SMMU_IRQ_CTRL_GERROR
#define IRQ_EVTQ UIOMMUFD_SMMU_IRQ_CTRL_EVTQ
#define GERROR_CMDQ UIOMMUFD_SMMU_GERROR_CMDQ_ERR
#define GERROR_EVTQ_ABT UIOMMUFD_SMMU_GERROR_EVTQ_ABT
#define GERROR_MSI_CMDQ_ABT UIOMMUFD_SMMU_GERROR_MSI_CMDQ_ABT
#define GERROR_MSI_EVTQ_ABT UIOMMUFD_SMMU_GERROR_MSI_EVTQ_ABT
#define GERROR_MSI_GERROR_ABT UIOMMUFD_SMMU_GERROR_MSI_GERROR_ABT
#define GBPA_UPDATE UIOMMUFD_SMMU_GBPA_UPDATE
#define GBPA_ABORT UIOMMUFD_SMMU_GBPA_ABORT
#define QBASE_LOG2 UIOMMUFD_SMMU_EVTQ_BASE_LOG2SIZE
#define QBASE_ADDR UIOMMUFD_SMMU_EVTQ_BASE_ADDR
#define QOVERFLOW UIOMMUFD_SMMU_EVTQ_PROD_OVERFLOW
#define MSI_ADDR UIOMMUFD_SMMU_EVTQ_IRQ_CFG0_ADDR
#define EVENT_BYTES 32

/* --- convergence ----------------------------------------------------------*/

static u32 supported_cr0(const struct sim *sim)
{
	u32 bits = CR0_SMMUEN | CR0_EVTQEN | CR0_CMDQEN;

	if (sim->config.idr[0] & IDR0_PRI)
		bits |= CR0_PRIQEN;
	if (sim->config.idr[0] & IDR0_ATS)
		bits |= CR0_ATSCHK;
	return bits;
}

static void main_queue_start(struct sim *sim, struct sim_queue *queue)
{
	if (queue_latch(queue))
		WRITE_ONCE(queue->enabled, true);
	else
		uiommufd_mmio_guest_error(sim->smmu,
					  "CMDQ_BASE 0x%llx cannot be used",
					  (unsigned long long)mmio_load(
						  queue->base_cell));
}

static void update_cr0(struct sim *sim)
{
	struct sim_queue *queue = sim_main_queue(sim);
	u32 want = uiommufd_mmio_get(sim->smmu, SMMU_CR0, 0) &
		   supported_cr0(sim);
	bool cmdq = want & CR0_CMDQEN;

	queue->stopping = !cmdq;
	if (!enable_drive(sim, &sim->cr0, want, UIOMMUFD_UNIT_SMMU,
			  UIOMMUFD_QUEUE_ANY, !cmdq && queue->in_flight))
		return;
	if (cmdq && !queue->enabled)
		main_queue_start(sim, queue);
	else if (!cmdq)
		WRITE_ONCE(queue->enabled, false);
	uiommufd_mmio_set(sim->smmu, SMMU_CR0ACK, 0, want);
}

static void update_irq_ctrl(struct sim *sim)
{
	u32 want = uiommufd_mmio_get(sim->smmu, SMMU_IRQ_CTRL, 0);

	if (enable_drive(sim, &sim->irq_ctrl, want, UIOMMUFD_UNIT_SMMU,
			 UIOMMUFD_QUEUE_ANY, false))
		uiommufd_mmio_set(sim->smmu, SMMU_IRQ_CTRLACK, 0, want);
}

static u32 active_gerror(struct sim *sim)
{
	return uiommufd_mmio_get(sim->smmu, SMMU_GERROR, 0) ^
	       uiommufd_mmio_get(sim->smmu, SMMU_GERRORN, 0);
}

void smmu_update(struct sim *sim)
{
	struct sim_queue *queue = sim_main_queue(sim);
	unsigned long flags;

	spin_lock_irqsave(&sim->config_lock, flags);
	spin_lock(&queue->lock);
	update_cr0(sim);
	update_irq_ctrl(sim);
	if (queue->stopped && !(active_gerror(sim) & GERROR_CMDQ))
		WRITE_ONCE(queue->stopped, false);
	spin_unlock(&queue->lock);
	spin_unlock_irqrestore(&sim->config_lock, flags);
}

/* --- errors and interrupts ------------------------------------------------*/

/* Makes an error active; false if it was. */
static bool gerror_set(struct sim *sim, u32 bit)
{
	unsigned long flags;
	bool fresh;

	spin_lock_irqsave(&sim->map_lock, flags);
	fresh = !(active_gerror(sim) & bit);
	if (fresh)
		uiommufd_mmio_set(sim->smmu, SMMU_GERROR, 0,
				  uiommufd_mmio_get(sim->smmu, SMMU_GERROR,
						    0) ^ bit);
	spin_unlock_irqrestore(&sim->map_lock, flags);
	return fresh;
}

/* The line, or the message that software programmed instead of it. */
static void signal_line(struct sim *sim, u32 enable_bit, enum smmu_row cfg0,
			enum sim_line line, u32 abort_bit)
{
	u64 address = uiommufd_mmio_get(sim->smmu, cfg0, 0) & MSI_ADDR;

	if (!(uiommufd_mmio_get(sim->smmu, SMMU_IRQ_CTRLACK, 0) & enable_bit))
		return;
	if (!address)
		sim_raise(sim, line);
	else if (!sim_dma_write32(sim, address,
				  uiommufd_mmio_get(sim->smmu, cfg0 + 1, 0)))
		gerror_set(sim, abort_bit);
	else
		__atomic_fetch_add(&sim->smmu_interrupts, 1, __ATOMIC_RELAXED);
}

static void gerror_raise(struct sim *sim, u32 bit)
{
	if (gerror_set(sim, bit))
		signal_line(sim, IRQ_GERROR, SMMU_GERROR_IRQ_CFG0,
			    SIM_LINE_GERROR, GERROR_MSI_GERROR_ABT);
}

void smmu_command_error(struct sim *sim)
{
	gerror_raise(sim, GERROR_CMDQ);
}

void smmu_message_abort(struct sim *sim)
{
	gerror_raise(sim, GERROR_MSI_CMDQ_ABT);
}

/* --- what the table walker asks -------------------------------------------*/

void smmu_stream_table(struct sim *sim, u64 *out_base, u32 *out_cfg)
{
	*out_base = uiommufd_mmio_get(sim->smmu, SMMU_STRTAB_BASE, 0);
	*out_cfg = uiommufd_mmio_get(sim->smmu, SMMU_STRTAB_BASE_CFG, 0);
}

/*
 * Does it translate?  Then *out_flag says whether it answers ATS requests, else
 * whether it aborts what it does not translate.
 */
bool smmu_translates(struct sim *sim, bool *out_flag)
{
	u32 cr0 = uiommufd_mmio_get(sim->smmu, SMMU_CR0ACK, 0);

	if (cr0 & CR0_SMMUEN) {
		*out_flag = sim->config.idr[0] & IDR0_ATS;
		return true;
	}
	*out_flag = uiommufd_mmio_get(sim->smmu, SMMU_GBPA, 0) & GBPA_ABORT;
	return false;
}

/* --- events ---------------------------------------------------------------*/

/* Full: flag it once until software has acknowledged the last time. */
static int event_overflow(struct sim *sim, u32 prod, u32 cons)
{
	sim->events_lost++;
	if (!((prod ^ cons) & QOVERFLOW))
		uiommufd_mmio_set(sim->smmu, SMMU_EVTQ_PROD, 0,
				  prod ^ QOVERFLOW);
	return -ENOSPC;
}

static int event_write(struct sim *sim, const u64 record[4])
{
	u64 base = uiommufd_mmio_get(sim->smmu, SMMU_EVTQ_BASE, 0);
	u32 prod = uiommufd_mmio_get(sim->smmu, SMMU_EVTQ_PROD, 0);
	u32 cons = uiommufd_mmio_get(sim->smmu, SMMU_EVTQ_CONS, 0);
	u32 log2_size = min_t(u32, base & QBASE_LOG2, sim->config.log2_events);
	u32 mask = queue_mask(log2_size);
	u64 phys = (base & QBASE_ADDR) +
		   (u64)queue_slot(prod, log2_size) * EVENT_BYTES;

	if (!(uiommufd_mmio_get(sim->smmu, SMMU_CR0ACK, 0) & CR0_EVTQEN)) {
		sim->events_lost++;
		return -EAGAIN;
	}
	if (queue_pending(prod, cons, log2_size) >= 1u << log2_size)
		return event_overflow(sim, prod, cons);
	if (!sim_dma_write(sim, phys, record, EVENT_BYTES)) {
		sim->events_lost++;
		return -EFAULT;
	}
	sim->events++;
	uiommufd_mmio_set(sim->smmu, SMMU_EVTQ_PROD, 0,
			  (prod & QOVERFLOW) | ((prod + 1) & mask));
	return 0;
}

int smmu_event(struct sim *sim, const u64 record[4])
{
	unsigned long flags;
	int rc;

	spin_lock_irqsave(&sim->event_lock, flags);
	rc = event_write(sim, record);
	spin_unlock_irqrestore(&sim->event_lock, flags);
	if (!rc)
		signal_line(sim, IRQ_EVTQ, SMMU_EVTQ_IRQ_CFG0, SIM_LINE_EVENTQ,
			    GERROR_MSI_EVTQ_ABT);
	else if (rc == -EFAULT)
		gerror_raise(sim, GERROR_EVTQ_ABT);
	sim_deliver(sim);
	return rc;
}

/* --- hooks ----------------------------------------------------------------*/

static void update_written(void *device, uint32_t index, uint64_t old, uint64_t value)
{
	struct sim *sim = device;

	smmu_update(sim);
	engine_trigger(sim, sim_main_queue(sim));
}

static uint64_t ack_read(void *device, uint32_t index, uint64_t value)
{
	struct sim *sim = device;

	if (READ_ONCE(sim->cr0.moving) || READ_ONCE(sim->irq_ctrl.moving))
		smmu_update(sim);
	return value;
}

static uint64_t cr0ack_read(void *device, uint32_t index, uint64_t value)
{
	ack_read(device, index, value);
	return uiommufd_mmio_get(((struct sim *)device)->smmu, SMMU_CR0ACK, 0);
}

static uint64_t irqack_read(void *device, uint32_t index, uint64_t value)
{
	ack_read(device, index, value);
	return uiommufd_mmio_get(((struct sim *)device)->smmu,
				 SMMU_IRQ_CTRLACK, 0);
}

static void prod_written(void *device, uint32_t index, uint64_t old, uint64_t value)
{
	struct sim *sim = device;

	engine_trigger(sim, sim_main_queue(sim));
}

/* CMDQ_BASE and CMDQ_CONS belong to the hardware while the queue is on. */
static uint64_t queue_off_check(void *device, uint32_t index, uint64_t old, uint64_t value)
{
	struct sim *sim = device;

	if (!READ_ONCE(sim_main_queue(sim)->enabled))
		return value;
	uiommufd_mmio_guest_error(sim->smmu,
				  "CMDQ register written while CMDQEN");
	return old;
}

/* Tables and attributes belong to it while it translates. */
static uint64_t smmu_off_check(void *device, uint32_t index, uint64_t old,
			       uint64_t value)
{
	struct sim *sim = device;

	if (!(uiommufd_mmio_get(sim->smmu, SMMU_CR0ACK, 0) & CR0_SMMUEN))
		return value;
	uiommufd_mmio_guest_error(sim->smmu,
				  "CR1, CR2 or STRTAB register written while "
				  "SMMUEN");
	return old;
}

static uint64_t eventq_off_check(void *device, uint32_t index, uint64_t old,
				 uint64_t value)
{
	struct sim *sim = device;

	if (!(uiommufd_mmio_get(sim->smmu, SMMU_CR0ACK, 0) & CR0_EVTQEN))
		return value;
	uiommufd_mmio_guest_error(sim->smmu,
				  "EVTQ_BASE or EVTQ_PROD written while EVTQEN");
	return old;
}

/* It takes effect by UPDATE, which is over at once. */
static uint64_t gbpa_check(void *device, uint32_t index, uint64_t old, uint64_t value)
{
	return value & GBPA_UPDATE ? value & ~(u64)GBPA_UPDATE : old;
}

/* What registers/smmuv3.ini says, and the hooks. */
static const struct uiommufd_mmio_register template[SMMU_ROWS] = {
	[SMMU_IDR0] = SMMU_IDR0_ROW(),
	[SMMU_IDR1] = SMMU_IDR1_ROW(),
	[SMMU_IDR2] = SMMU_IDR2_ROW(),
	[SMMU_IDR3] = SMMU_IDR3_ROW(),
	[SMMU_IDR4] = SMMU_IDR4_ROW(),
	[SMMU_IDR5] = SMMU_IDR5_ROW(),
	[SMMU_IIDR] = SMMU_IIDR_ROW(),
	[SMMU_AIDR] = SMMU_AIDR_ROW(),
	[SMMU_CR0] = SMMU_CR0_ROW(.written = update_written),
	[SMMU_CR0ACK] = SMMU_CR0ACK_ROW(.read = cr0ack_read),
	[SMMU_CR1] = SMMU_CR1_ROW(.check = smmu_off_check),
	[SMMU_CR2] = SMMU_CR2_ROW(.check = smmu_off_check),
	[SMMU_GBPA] = SMMU_GBPA_ROW(.check = gbpa_check),
	[SMMU_IRQ_CTRL] = SMMU_IRQ_CTRL_ROW(.written = update_written),
	[SMMU_IRQ_CTRLACK] = SMMU_IRQ_CTRLACK_ROW(.read = irqack_read),
	[SMMU_GERROR] = SMMU_GERROR_ROW(),
	[SMMU_GERRORN] = SMMU_GERRORN_ROW(.written = update_written),
	[SMMU_GERROR_IRQ_CFG0] = SMMU_GERROR_IRQ_CFG0_ROW(),
	[SMMU_GERROR_IRQ_CFG1] = SMMU_GERROR_IRQ_CFG1_ROW(),
	[SMMU_GERROR_IRQ_CFG2] = SMMU_GERROR_IRQ_CFG2_ROW(),
	[SMMU_STRTAB_BASE] = SMMU_STRTAB_BASE_ROW(.check = smmu_off_check),
	[SMMU_STRTAB_BASE_CFG] = SMMU_STRTAB_BASE_CFG_ROW(
		.check = smmu_off_check),
	[SMMU_CMDQ_BASE] = SMMU_CMDQ_BASE_ROW(.check = queue_off_check),
	[SMMU_CMDQ_PROD] = SMMU_CMDQ_PROD_ROW(.written = prod_written),
	[SMMU_CMDQ_CONS] = SMMU_CMDQ_CONS_ROW(.check = queue_off_check),
	[SMMU_EVTQ_BASE] = SMMU_EVTQ_BASE_ROW(.check = eventq_off_check),
	[SMMU_EVTQ_IRQ_CFG0] = SMMU_EVTQ_IRQ_CFG0_ROW(),
	[SMMU_EVTQ_IRQ_CFG1] = SMMU_EVTQ_IRQ_CFG1_ROW(),
	[SMMU_EVTQ_IRQ_CFG2] = SMMU_EVTQ_IRQ_CFG2_ROW(),
	[SMMU_PRIQ_BASE] = SMMU_PRIQ_BASE_ROW(),
	[SMMU_PRIQ_IRQ_CFG0] = SMMU_PRIQ_IRQ_CFG0_ROW(),
	[SMMU_PRIQ_IRQ_CFG1] = SMMU_PRIQ_IRQ_CFG1_ROW(),
	[SMMU_PRIQ_IRQ_CFG2] = SMMU_PRIQ_IRQ_CFG2_ROW(),
	[SMMU_EVTQ_PROD] = SMMU_EVTQ_PROD_ROW(.check = eventq_off_check),
	[SMMU_EVTQ_CONS] = SMMU_EVTQ_CONS_ROW(),
	[SMMU_PRIQ_PROD] = SMMU_PRIQ_PROD_ROW(),
	[SMMU_PRIQ_CONS] = SMMU_PRIQ_CONS_ROW(),
};

static void bind_main_queue(struct sim *sim, struct uiommufd_mmio *mmio)
{
	struct sim_queue *queue = sim_main_queue(sim);

	queue->cell[PAGE_PROD] = mmio_cell(mmio, SMMU_CMDQ_PROD, 0);
	queue->cell[PAGE_CONS] = mmio_cell(mmio, SMMU_CMDQ_CONS, 0);
	queue->base_cell = mmio_cell(mmio, SMMU_CMDQ_BASE, 0);
}

struct uiommufd_mmio *smmu_new(struct sim *sim)
{
	struct uiommufd_mmio *mmio;

	sim->smmu_rows = kmemdup(template, sizeof(template), GFP_KERNEL);
	if (!sim->smmu_rows)
		return NULL;
	sim->config.idr[1] &= ~(IDR1_CMDQS | IDR1_EVTQS);
	sim->config.idr[1] |=
		FIELD_PREP(IDR1_CMDQS, sim->config.log2_commands) |
		FIELD_PREP(IDR1_EVTQS, sim->config.log2_events);
	for (u32 i = 0; i < 6; i++)
		sim->smmu_rows[SMMU_IDR0 + i].reset = sim->config.idr[i];
	sim->smmu_rows[SMMU_IIDR].reset = sim->config.iidr;
	sim->smmu_rows[SMMU_AIDR].reset = sim->config.aidr;
	sim->smmu_block = (struct uiommufd_mmio_block){
		.name = "SMMUv3",
		.size = 0x20000,
		.registers = sim->smmu_rows,
		.register_count = sim->config.idr[0] & IDR0_PRI ?
					  SMMU_ROWS : SMMU_FIRST_OPTIONAL,
	};
	mmio = uiommufd_mmio_new(&sim->smmu_block, sim, NULL);
	if (!mmio)
		return NULL;
	bind_main_queue(sim, mmio);
	return mmio;
}
