// SPDX-License-Identifier: MIT
/*
 * The hardware model under the simulation.
 */
#include "hwmodel.h"

#include <linux/bitops.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <stdlib.h>
#include <string.h>
#include <uik/machine.h>
#include "sim/cmdqv.h"
#include "sim/platform.h"
#include "sim/sim.h"

#define VMID_BASE 1
#define FIRST_SID 0x100
#define CR0_CMDQEN BIT(3)
#define REG_CR0 0x20
#define REG_CR0ACK 0x24
#define REG_GERROR 0x60
#define REG_GERRORN 0x64
#define REG_CMDQ_BASE 0x90
#define REG_CMDQ_PROD 0x98
#define REG_CMDQ_CONS 0x9c
#define REG_CMDQ_ALLOC 0x200
#define REG_VINTF 0x1000
#define REG_SID_MATCH 0x40
#define REG_SID_REPLACE 0x80
#define SLOT_CONS 0x00
#define SLOT_PROD 0x04
#define SLOT_CONFIG 0x08
#define SLOT_STATUS 0x0c
#define SLOT_GERROR 0x10
#define SLOT_GERRORN 0x14

struct hwmodel {
	struct hwmodel_shape shape;
	struct uiommufd_platform *platform;	/* owned */
	struct sim *sim;			/* the platform's */
	void __iomem *smmu;
	void __iomem *cmdqv;
	uint64_t **ring;			/* the machine's pages; by queue */
	void __iomem **slot;			/* owned; VCMDQ page 0 */
	struct sim_queue **queue;		/* owned; theirs not */
	struct uik_machine *before;		/* while entered */
};

static unsigned int log2_up(unsigned int n)
{
	return n > 1 ? 32 - __builtin_clz(n - 1) : 0;
}

unsigned int hwmodel_queue_count(const struct hwmodel *model)
{
	return 1 + model->shape.owners * model->shape.per_owner;
}

unsigned int hwmodel_queue(const struct hwmodel *model, unsigned int owner,
			 unsigned int number)
{
	return 1 + owner * model->shape.per_owner + number;
}

static bool build_platform(struct hwmodel *model, uint64_t seed)
{
	struct uiommufd_platform_config config;
	unsigned int owners = log2_up(model->shape.owners);

	uiommufd_platform_config_init(&config, "tegra241");
	config.seed = seed;
	config.hardware.engine = model->shape.threaded ?
					 UIOMMUFD_ENGINE_THREAD :
					 UIOMMUFD_ENGINE_STEPPED;
	config.hardware.log2_vintfs = owners;
	config.hardware.log2_vcmdqs = owners + log2_up(model->shape.per_owner);
	if (config.hardware.log2_commands < model->shape.log2_entries)
		config.hardware.log2_commands = model->shape.log2_entries;
	model->platform = platform_build(&config);
	if (!model->platform)
		return false;
	model->sim = model->platform->sim;
	return true;
}

static bool map_registers(struct hwmodel *model)
{
	size_t bytes = CMDQV_LOGICAL +
		       (size_t)CMDQV_VINTF_STRIDE * model->sim->vintfs;

	model->smmu = ioremap(uiommufd_smmu_base(model->platform), 0x20000);
	model->cmdqv = ioremap(uiommufd_vcmdq_base(model->platform), bytes);
	return model->smmu && model->cmdqv;
}

static bool alloc_rings(struct hwmodel *model)
{
	unsigned int count = hwmodel_queue_count(model);
	unsigned int log2_bytes = model->shape.log2_entries + 4;
	unsigned int order = log2_bytes > PAGE_SHIFT ? log2_bytes - PAGE_SHIFT :
						       0;

	model->ring = calloc(count, sizeof(*model->ring));
	model->slot = calloc(count, sizeof(*model->slot));
	model->queue = calloc(count, sizeof(*model->queue));
	if (!model->ring || !model->slot || !model->queue)
		return false;
	for (unsigned int i = 0; i < count; i++) {
		model->ring[i] = (uint64_t *)__get_free_pages(GFP_KERNEL, order);
		if (!model->ring[i])
			return false;
	}
	return true;
}

static bool enable_main(struct hwmodel *model)
{
	model->queue[0] = sim_main_queue(model->sim);
	writeq(virt_to_phys(model->ring[0]) | model->shape.log2_entries,
	       model->smmu + REG_CMDQ_BASE);
	writel(CR0_CMDQEN, model->smmu + REG_CR0);
	return readl(model->smmu + REG_CR0ACK) == CR0_CMDQEN;
}

static void set_sids(struct hwmodel *model, void __iomem *vintf)
{
	for (unsigned int s = 0; s < model->shape.sid_count; s++) {
		writel(FIRST_SID + s, vintf + REG_SID_REPLACE + 4 * s);
		writel(model->shape.sids[s] << 1 | SID_MATCH_ENABLE,
		       vintf + REG_SID_MATCH + 4 * s);
	}
}

/* VINTF 0 is the hypervisor's, the others are guests'. */
static void enable_vintf(struct hwmodel *model, unsigned int v)
{
	void __iomem *vintf = model->cmdqv + REG_VINTF + 0x100 * v;
	u32 config = v ? (VMID_BASE + v) << 1 : VINTF_HYP_OWN;

	writel(config, vintf);
	writel(config | VINTF_EN, vintf);
	if (v)
		set_sids(model, vintf);
}

static bool enable_queue(struct hwmodel *model, unsigned int v, unsigned int l)
{
	unsigned int index = hwmodel_queue(model, v, l);
	unsigned int number = v * (model->sim->vcmdqs / model->sim->vintfs) + l;
	void __iomem *slot = model->cmdqv + CMDQV_LOGICAL +
			     CMDQV_VINTF_STRIDE * v + SLOT_BYTES * l;

	model->slot[index] = slot;
	model->queue[index] = sim_vcmdq(model->sim, number);
	writel(v << 15 | l << 1, model->cmdqv + REG_CMDQ_ALLOC + 4 * number);
	writel(v << 15 | l << 1 | ALLOC_ALLOCATED,
	       model->cmdqv + REG_CMDQ_ALLOC + 4 * number);
	writeq(virt_to_phys(model->ring[index]) | model->shape.log2_entries,
	       slot + CMDQV_PAGE_BYTES);
	writel(QUEUE_EN, slot + SLOT_CONFIG);
	return readl(slot + SLOT_STATUS) & 1;
}

static bool boot(struct hwmodel *model)
{
	if (!map_registers(model) || !alloc_rings(model) ||
	    !enable_main(model))
		return false;
	writel(readl(model->cmdqv) | CMDQV_EN, model->cmdqv);
	for (unsigned int v = 0; v < model->shape.owners; v++) {
		enable_vintf(model, v);
		for (unsigned int l = 0; l < model->shape.per_owner; l++)
			if (!enable_queue(model, v, l))
				return false;
	}
	return true;
}

struct hwmodel *hwmodel_new(const struct hwmodel_shape *shape, uint64_t seed)
{
	struct hwmodel *model = calloc(1, sizeof(*model));
	bool ok;

	if (!model)
		return NULL;
	model->shape = *shape;
	if (!build_platform(model, seed)) {
		free(model);
		return NULL;
	}
	hwmodel_enter(model);
	ok = boot(model);
	hwmodel_leave(model);
	if (ok)
		return model;
	hwmodel_free(model);
	return NULL;
}

void hwmodel_free(struct hwmodel *model)
{
	if (!model)
		return;
	uiommufd_platform_free(model->platform);
	free(model->ring);
	free(model->slot);
	free(model->queue);
	free(model);
}

void hwmodel_enter(struct hwmodel *model)
{
	model->before = uik_enter(uiommufd_platform_machine(model->platform));
}

void hwmodel_leave(struct hwmodel *model)
{
	uik_leave(model->before);
}

static bool knows_sid(const struct hwmodel *model, uint32_t sid)
{
	for (unsigned int s = 0; s < model->shape.sid_count; s++)
		if (model->shape.sids[s] == sid)
			return true;
	return false;
}

bool hwmodel_permits(struct hwmodel *model, unsigned int queue,
		   const uint64_t command[2])
{
	u8 opcode = command[0];

	switch (model->queue[queue]->permit[opcode]) {
	case ACTION_ILLEGAL:
	case ACTION_REFUSED:
		return false;
	case ACTION_ATC_INV:
		return !model->queue[queue]->guest ||
		       knows_sid(model, command[0] >> 32);
	default:
		return true;
	}
}

static uint64_t *entry_at(struct hwmodel *model, unsigned int queue,
			  uint64_t position)
{
	uint64_t mask = (1ull << model->shape.log2_entries) - 1;

	return model->ring[queue] + 2 * (position & mask);
}

void hwmodel_write(struct hwmodel *model, unsigned int queue, uint64_t position,
		 const uint64_t command[2])
{
	uint64_t *entry = entry_at(model, queue, position);

	entry[0] = cpu_to_le64(command[0]);
	entry[1] = cpu_to_le64(command[1]);
}

uint8_t hwmodel_opcode(struct hwmodel *model, unsigned int queue,
		     uint64_t position)
{
	return le64_to_cpu(entry_at(model, queue, position)[0]);
}

void hwmodel_doorbell(struct hwmodel *model, unsigned int queue, uint64_t prod)
{
	u32 value = prod & queue_mask(model->shape.log2_entries);

	if (queue)
		writel(value, model->slot[queue] + SLOT_PROD);
	else
		writel(value, model->smmu + REG_CMDQ_PROD);
}

uint32_t hwmodel_cons(struct hwmodel *model, unsigned int queue)
{
	return queue ? readl(model->slot[queue] + SLOT_CONS) :
		       readl(model->smmu + REG_CMDQ_CONS);
}

bool hwmodel_is_stopped(struct hwmodel *model, unsigned int queue)
{
	void __iomem *slot = model->slot[queue];
	u32 active = queue ? readl(slot + SLOT_GERROR) ^
				     readl(slot + SLOT_GERRORN) :
			     readl(model->smmu + REG_GERROR) ^
				     readl(model->smmu + REG_GERRORN);

	return active & 1;
}

void hwmodel_count(struct hwmodel *model, unsigned int queue,
		   uint64_t *out_commands, uint64_t *out_syncs)
{
	struct uiommufd_vcmdq_counters counters = { 0 };

	uiommufd_vcmdq_read_counters(model->platform,
				     model->queue[queue]->number, &counters);
	*out_commands = counters.commands;
	*out_syncs = counters.syncs;
}

int hwmodel_execute(struct hwmodel *model, unsigned int queue)
{
	struct sim_queue *q = model->queue[queue];
	u32 done, error;

	spin_lock(&q->lock);
	done = queue_run(q, 1);
	spin_unlock(&q->lock);
	if (done)
		return 0;
	error = queue_get(q, PAGE_CONS) >> QUEUE_ERR_SHIFT & 0x7f;
	return error ? (int)error : -1;
}

void hwmodel_recover(struct hwmodel *model, unsigned int queue)
{
	struct sim_queue *q = model->queue[queue];
	uint64_t *entry = model->ring[queue] +
			  2 * queue_slot(q->cons, model->shape.log2_entries);
	void __iomem *slot = model->slot[queue];

	entry[0] = cpu_to_le64(CMD_SYNC);
	entry[1] = 0;
	if (queue)
		writel(readl(slot + SLOT_GERROR), slot + SLOT_GERRORN);
	else
		writel(readl(model->smmu + REG_GERROR),
		       model->smmu + REG_GERRORN);
}
