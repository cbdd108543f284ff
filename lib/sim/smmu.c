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
#include "sim.h"

#define ALL32 UIOMMUFD_MMIO_ALL32
#define HALVES UIOMMUFD_MMIO_HALVES
#define REG UIOMMUFD_MMIO_ROW

#define CR0_SMMUEN BIT(0)
#define CR0_PRIQEN BIT(1)
#define CR0_EVTQEN BIT(2)
#define CR0_CMDQEN BIT(3)
#define CR0_ATSCHK BIT(4)
#define IDR0_ATS BIT(10)
#define IDR0_PRI BIT(16)
#define IDR1_EVTQS GENMASK(20, 16)
#define IDR1_CMDQS GENMASK(25, 21)
#define IRQ_GERROR BIT(0)
#define IRQ_PRIQ BIT(1)
#define IRQ_EVTQ BIT(2)
#define GERROR_CMDQ BIT(0)
#define GERROR_EVTQ_ABT BIT(2)
#define GERROR_MSI_EVTQ_ABT BIT(5)
#define GERROR_MSI_GERROR_ABT BIT(7)
#define GERROR_BITS 0x1fdu
#define GBPA_UPDATE BIT(31)
#define GBPA_ABORT BIT(20)
/* Attributes, allocation, share-ability, privilege, ABORT. */
#define GBPA_BITS (GENMASK(4, 0) | GENMASK(13, 8) | GENMASK(20, 16))
#define IRQ_CFG2_BITS GENMASK(5, 0)
#define QBASE_LOG2 GENMASK_ULL(4, 0)
#define QBASE_ADDR GENMASK_ULL(51, 5)
#define QBASE_HINT BIT_ULL(62)
#define QBASE_BITS (QBASE_LOG2 | QBASE_ADDR | QBASE_HINT)
#define QINDEX_BITS (BIT(31) | QUEUE_INDEX_BITS)
#define QOVERFLOW BIT(31)
#define MSI_ADDR GENMASK_ULL(51, 2)
#define EVENT_BYTES 32

enum smmu_row {
	SMMU_IDR0,
	SMMU_IDR1,
	SMMU_IDR2,
	SMMU_IDR3,
	SMMU_IDR4,
	SMMU_IDR5,
	SMMU_IIDR,
	SMMU_AIDR,
	SMMU_CR0,
	SMMU_CR0ACK,
	SMMU_CR1,
	SMMU_CR2,
	SMMU_GBPA,
	SMMU_IRQ_CTRL,
	SMMU_IRQ_CTRLACK,
	SMMU_GERROR,
	SMMU_GERRORN,
	SMMU_GERROR_IRQ_CFG0,
	SMMU_GERROR_IRQ_CFG1,
	SMMU_GERROR_IRQ_CFG2,
	SMMU_STRTAB_BASE,
	SMMU_STRTAB_BASE_CFG,
	SMMU_CMDQ_BASE,
	SMMU_CMDQ_PROD,
	SMMU_CMDQ_CONS,
	SMMU_EVTQ_BASE,
	SMMU_EVTQ_IRQ_CFG0,
	SMMU_EVTQ_IRQ_CFG1,
	SMMU_EVTQ_IRQ_CFG2,
	SMMU_EVTQ_PROD,
	SMMU_EVTQ_CONS,
	/* Last: an SMMU without PRI does not have them. */
	SMMU_PRIQ_BASE,
	SMMU_PRIQ_IRQ_CFG0,
	SMMU_PRIQ_IRQ_CFG1,
	SMMU_PRIQ_IRQ_CFG2,
	SMMU_PRIQ_PROD,
	SMMU_PRIQ_CONS,
	SMMU_ROWS
};

static const struct uiommufd_mmio_field idr0_fields[] = {
	{ "S2P", 0, 0 },	 { "S1P", 1, 1 },
	{ "TTF", 2, 3 },	 { "COHACC", 4, 4 },
	{ "HTTU", 6, 7 },	 { "HYP", 9, 9 },
	{ "ATS", 10, 10 },	 { "ASID16", 12, 12 },
	{ "MSI", 13, 13 },	 { "SEV", 14, 14 },
	{ "PRI", 16, 16 },	 { "VMID16", 18, 18 },
	{ "CD2L", 19, 19 },	 { "TTENDIAN", 21, 22 },
	{ "STALL_MODEL", 24, 25 }, { "ST_LVL", 27, 28 }, { 0 },
};
static const struct uiommufd_mmio_field idr1_fields[] = {
	{ "SIDSIZE", 0, 5 },	    { "SSIDSIZE", 6, 10 },
	{ "PRIQS", 11, 15 },	    { "EVTQS", 16, 20 },
	{ "CMDQS", 21, 25 },	    { "ATTR_TYPES_OVR", 27, 27 },
	{ "REL", 28, 28 },	    { "QUEUES_PRESET", 29, 29 },
	{ "TABLES_PRESET", 30, 30 }, { 0 },
};
static const struct uiommufd_mmio_field idr3_fields[] = {
	{ "FWB", 8, 8 }, { "RIL", 10, 10 }, { "BBM", 11, 12 }, { 0 },
};
static const struct uiommufd_mmio_field idr5_fields[] = {
	{ "OAS", 0, 2 },     { "GRAN4K", 4, 4 }, { "GRAN16K", 5, 5 },
	{ "GRAN64K", 6, 6 }, { "DS", 7, 7 },	 { "VAX", 10, 11 },
	{ "STALL_MAX", 16, 31 }, { 0 },
};
static const struct uiommufd_mmio_field cr0_fields[] = {
	{ "SMMUEN", 0, 0 }, { "PRIQEN", 1, 1 }, { "EVTQEN", 2, 2 },
	{ "CMDQEN", 3, 3 }, { "ATSCHK", 4, 4 }, { 0 },
};
static const struct uiommufd_mmio_field irq_fields[] = {
	{ "GERROR", 0, 0 }, { "PRIQ", 1, 1 }, { "EVTQ", 2, 2 }, { 0 },
};
static const struct uiommufd_mmio_field gerror_fields[] = {
	{ "CMDQ_ERR", 0, 0 },	  { "EVTQ_ABT", 2, 2 },
	{ "PRIQ_ABT", 3, 3 },	  { "MSI_CMDQ_ABT", 4, 4 },
	{ "MSI_EVTQ_ABT", 5, 5 }, { "MSI_PRIQ_ABT", 6, 6 },
	{ "MSI_GERROR_ABT", 7, 7 }, { "SFM", 8, 8 }, { 0 },
};
static const struct uiommufd_mmio_field cr2_fields[] = {
	{ "E2H", 0, 0 }, { "RECINVSID", 1, 1 }, { "PTM", 2, 2 }, { 0 },
};
static const struct uiommufd_mmio_field cr1_fields[] = {
	{ "QUEUE_IC", 0, 1 }, { "QUEUE_OC", 2, 3 }, { "QUEUE_SH", 4, 5 },
	{ "TABLE_IC", 6, 7 }, { "TABLE_OC", 8, 9 }, { "TABLE_SH", 10, 11 },
	{ 0 },
};
static const struct uiommufd_mmio_field gbpa_fields[] = {
	{ "MEMATTR", 0, 3 },   { "MTCFG", 4, 4 },     { "ALLOCCFG", 8, 11 },
	{ "SHCFG", 12, 13 },   { "PRIVCFG", 16, 17 }, { "INSTCFG", 18, 19 },
	{ "ABORT", 20, 20 },   { "UPDATE", 31, 31 },  { 0 },
};
static const struct uiommufd_mmio_field irq_cfg0_fields[] = {
	{ "ADDR", 2, 51 }, { 0 },
};
static const struct uiommufd_mmio_field irq_cfg1_fields[] = {
	{ "DATA", 0, 31 }, { 0 },
};
static const struct uiommufd_mmio_field irq_cfg2_fields[] = {
	{ "MEMATTR", 0, 3 }, { "SH", 4, 5 }, { 0 },
};
static const struct uiommufd_mmio_field iidr_fields[] = {
	{ "IMPLEMENTER", 0, 11 }, { "REVISION", 12, 15 },
	{ "VARIANT", 16, 19 }, { "PRODUCTID", 20, 31 }, { 0 },
};
static const struct uiommufd_mmio_field qbase_fields[] = {
	{ "LOG2SIZE", 0, 4 }, { "ADDR", 5, 51 }, { "RWA", 62, 62 }, { 0 },
};
static const struct uiommufd_mmio_field strtab_fields[] = {
	{ "ADDR", 6, 51 }, { "RA", 62, 62 }, { 0 },
};
static const struct uiommufd_mmio_field strcfg_fields[] = {
	{ "LOG2SIZE", 0, 5 }, { "SPLIT", 6, 10 }, { "FMT", 16, 17 }, { 0 },
};
static const struct uiommufd_mmio_field cons_fields[] = {
	{ "INDEX", 0, 19 }, { "ERR", 24, 30 }, { 0 },
};
static const struct uiommufd_mmio_field prod_fields[] = {
	{ "INDEX", 0, 19 }, { 0 },
};
static const struct uiommufd_mmio_field index_fields[] = {
	{ "INDEX", 0, 19 }, { "OVERFLOW", 31, 31 }, { 0 },
};

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

static const struct uiommufd_mmio_register template[SMMU_ROWS] = {
	[SMMU_IDR0] = REG("IDR0", 0x00, 4, ALL32, 0, 0, .fields = idr0_fields),
	[SMMU_IDR1] = REG("IDR1", 0x04, 4, ALL32, 0, 0, .fields = idr1_fields),
	[SMMU_IDR2] = REG("IDR2", 0x08, 4, ALL32, 0, 0),
	[SMMU_IDR3] = REG("IDR3", 0x0c, 4, ALL32, 0, 0, .fields = idr3_fields),
	[SMMU_IDR4] = REG("IDR4", 0x10, 4, ALL32, 0, 0),
	[SMMU_IDR5] = REG("IDR5", 0x14, 4, ALL32, 0, 0, .fields = idr5_fields),
	[SMMU_IIDR] = REG("IIDR", 0x18, 4, ALL32, 0, 0, .fields = iidr_fields),
	[SMMU_AIDR] = REG("AIDR", 0x1c, 4, ALL32, 0, 0),
	[SMMU_CR0] = REG("CR0", 0x20, 4, 0, 0, ~0x1fu, .fields = cr0_fields,
			 .written = update_written),
	[SMMU_CR0ACK] = REG("CR0ACK", 0x24, 4, ALL32, 0, 0,
			    .fields = cr0_fields, .read = cr0ack_read),
	[SMMU_CR1] = REG("CR1", 0x28, 4, 0, 0, ~0xfffu, .fields = cr1_fields,
			 .check = smmu_off_check),
	[SMMU_CR2] = REG("CR2", 0x2c, 4, 0, 0, ~0x7u, .fields = cr2_fields,
			 .check = smmu_off_check),
	[SMMU_GBPA] = REG("GBPA", 0x44, 4, 0, 0,
			  ALL32 & ~(GBPA_BITS | GBPA_UPDATE), .reset = 0x1000,
			  .fields = gbpa_fields, .check = gbpa_check),
	[SMMU_IRQ_CTRL] = REG("IRQ_CTRL", 0x50, 4, 0, 0, ~0x7u,
			      .fields = irq_fields, .written = update_written),
	[SMMU_IRQ_CTRLACK] = REG("IRQ_CTRLACK", 0x54, 4, ALL32, 0, 0,
				 .fields = irq_fields, .read = irqack_read),
	[SMMU_GERROR] = REG("GERROR", 0x60, 4, ALL32, 0, 0,
			    .fields = gerror_fields),
	[SMMU_GERRORN] = REG("GERRORN", 0x64, 4, 0, 0, ~GERROR_BITS,
			     .fields = gerror_fields,
			     .written = update_written),
	[SMMU_GERROR_IRQ_CFG0] = REG("GERROR_IRQ_CFG0", 0x68, 8, 0, 0, ~MSI_ADDR,
				 .flags = HALVES, .fields = irq_cfg0_fields),
	[SMMU_GERROR_IRQ_CFG1] = REG("GERROR_IRQ_CFG1", 0x70, 4, 0, 0, 0,
				 .fields = irq_cfg1_fields),
	[SMMU_GERROR_IRQ_CFG2] = REG("GERROR_IRQ_CFG2", 0x74, 4, 0, 0,
				 ALL32 & ~IRQ_CFG2_BITS,
				 .fields = irq_cfg2_fields),
	[SMMU_STRTAB_BASE] = REG("STRTAB_BASE", 0x80, 8, 0, 0,
				 ~(GENMASK_ULL(51, 6) | QBASE_HINT),
				 .flags = HALVES, .fields = strtab_fields,
				 .check = smmu_off_check),
	[SMMU_STRTAB_BASE_CFG] = REG("STRTAB_BASE_CFG", 0x88, 4, 0, 0,
				     ~0x307ffu, .fields = strcfg_fields,
				     .check = smmu_off_check),
	[SMMU_CMDQ_BASE] = REG("CMDQ_BASE", 0x90, 8, 0, 0, ~QBASE_BITS,
			       .flags = HALVES, .fields = qbase_fields,
			       .check = queue_off_check),
	[SMMU_CMDQ_PROD] = REG("CMDQ_PROD", 0x98, 4, 0, 0,
			       ALL32 & ~QUEUE_INDEX_BITS,
			       .fields = prod_fields, .written = prod_written),
	[SMMU_CMDQ_CONS] = REG("CMDQ_CONS", 0x9c, 4, 0, 0,
			       ALL32 & ~(GENMASK(30, 24) | QUEUE_INDEX_BITS),
			       .fields = cons_fields,
			       .check = queue_off_check),
	[SMMU_EVTQ_BASE] = REG("EVTQ_BASE", 0xa0, 8, 0, 0, ~QBASE_BITS,
			       .flags = HALVES, .fields = qbase_fields,
			       .check = eventq_off_check),
	[SMMU_EVTQ_IRQ_CFG0] = REG("EVTQ_IRQ_CFG0", 0xb0, 8, 0, 0, ~MSI_ADDR,
				 .flags = HALVES, .fields = irq_cfg0_fields),
	[SMMU_EVTQ_IRQ_CFG1] = REG("EVTQ_IRQ_CFG1", 0xb8, 4, 0, 0, 0,
				 .fields = irq_cfg1_fields),
	[SMMU_EVTQ_IRQ_CFG2] = REG("EVTQ_IRQ_CFG2", 0xbc, 4, 0, 0,
				 ALL32 & ~IRQ_CFG2_BITS,
				 .fields = irq_cfg2_fields),
	[SMMU_PRIQ_BASE] = REG("PRIQ_BASE", 0xc0, 8, 0, 0, ~QBASE_BITS,
			       .flags = HALVES, .fields = qbase_fields),
	[SMMU_PRIQ_IRQ_CFG0] = REG("PRIQ_IRQ_CFG0", 0xd0, 8, 0, 0, ~MSI_ADDR,
				 .flags = HALVES, .fields = irq_cfg0_fields),
	[SMMU_PRIQ_IRQ_CFG1] = REG("PRIQ_IRQ_CFG1", 0xd8, 4, 0, 0, 0,
				 .fields = irq_cfg1_fields),
	[SMMU_PRIQ_IRQ_CFG2] = REG("PRIQ_IRQ_CFG2", 0xdc, 4, 0, 0,
				 ALL32 & ~IRQ_CFG2_BITS,
				 .fields = irq_cfg2_fields),
	[SMMU_EVTQ_PROD] = REG("EVTQ_PROD", 0x100a8, 4, 0, 0,
			       ALL32 & ~QINDEX_BITS, .fields = index_fields,
			       .check = eventq_off_check),
	[SMMU_EVTQ_CONS] = REG("EVTQ_CONS", 0x100ac, 4, 0, 0,
			       ALL32 & ~QINDEX_BITS, .fields = index_fields),
	[SMMU_PRIQ_PROD] = REG("PRIQ_PROD", 0x100c8, 4, 0, 0,
			       ALL32 & ~QINDEX_BITS, .fields = index_fields),
	[SMMU_PRIQ_CONS] = REG("PRIQ_CONS", 0x100cc, 4, 0, 0,
			       ALL32 & ~QINDEX_BITS, .fields = index_fields),
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
					  SMMU_ROWS : SMMU_PRIQ_BASE,
	};
	mmio = uiommufd_mmio_new(&sim->smmu_block, sim, NULL);
	if (!mmio)
		return NULL;
	bind_main_queue(sim, mmio);
	return mmio;
}
