/* SPDX-License-Identifier: MIT */
/*
 * One platform's hardware: putting it together and taking it apart.
 */
#include "sim.h"

#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/slab.h>
#include <string.h>
#include <uik/file.h>
#include <uik/irq.h>
#include "cmdqv.h"

#define COMMAND_FAULTS                                                   \
	(BIT(UIOMMUFD_FAULT_ILLEGAL_COMMAND) |                           \
	 BIT(UIOMMUFD_FAULT_FETCH_ABORT) | BIT(UIOMMUFD_FAULT_ATC_TIMEOUT) | \
	 BIT(UIOMMUFD_FAULT_SLOW) | BIT(UIOMMUFD_FAULT_ILLEGAL_OPERAND) |    \
	 BIT(UIOMMUFD_FAULT_LOST_INVALIDATION))

void sim_update_slow(struct sim *sim)
{
	u32 kinds = __atomic_load_n(&sim->faults.kinds, __ATOMIC_RELAXED);

	WRITE_ONCE(sim->slow, (kinds & COMMAND_FAULTS) ||
				      sim->config.command_latency_ns ||
				      sim->config.atc_latency_ns ||
				      READ_ONCE(sim->observer) ||
				      READ_ONCE(sim->law_on));
}

void sim_blocks(const struct sim *sim, u64 *out_blocks, u64 *out_bytes)
{
	*out_blocks = *out_bytes = 0;
	for (int i = 0; i < 3; i++)
		*out_blocks += __atomic_load_n(&sim->cache[i].sets,
					       __ATOMIC_RELAXED);
	*out_bytes = *out_blocks * sizeof(struct cache_set);
	if (READ_ONCE(sim->devices)) {
		*out_blocks += 1;
		*out_bytes += device_bytes;
	}
	if (READ_ONCE(sim->law)) {
		*out_blocks += 1;
		*out_bytes += law_bytes;
	}
}

static void init_locks(struct sim *sim)
{
	spin_lock_init(&sim->config_lock);
	spin_lock_init(&sim->map_lock);
	spin_lock_init(&sim->event_lock);
	fault_init(sim);
	for (int i = 0; i < 3; i++)
		cache_init(&sim->cache[i]);
}

static int init_queues(struct sim *sim)
{
	sim->queue = kvcalloc(1 + sim->vcmdqs, sizeof(*sim->queue), GFP_KERNEL);
	if (!sim->queue)
		return -ENOMEM;
	queue_init(&sim->queue[0], sim, UIOMMUFD_QUEUE_MAIN);
	for (u32 i = 0; i < sim->vcmdqs; i++)
		queue_init(sim_vcmdq(sim, i), sim, i);
	for (u32 v = 0; v < MAX_VINTFS; v++)
		sim->vintf[v].sim = sim;
	return 0;
}

static u32 pages_bytes(const struct sim *sim)
{
	return sim->vintfs * VINTF_PAGE_BYTES;
}

/* Every VINTF's page 0: memory that clients can map at its address. */
static int init_pages(struct sim *sim)
{
	sim->pages = uik_mappable_alloc(sim->machine, pages_bytes(sim));
	if (!sim->pages)
		return -ENOMEM;
	for (u32 v = 0; v < sim->vintfs; v++) {
		u64 phys = sim->cmdqv_phys + CMDQV_LOGICAL +
			   (u64)CMDQV_VINTF_STRIDE * v;
		int rc;

		rc = uik_mappable_alias(sim->machine, phys,
					sim->pages + v * VINTF_PAGE_BYTES,
					VINTF_PAGE_BYTES);
		if (rc)
			return rc;
		sim->vintf[v].page = sim->pages + v * VINTF_PAGE_BYTES;
	}
	return 0;
}

static void fini_pages(struct sim *sim)
{
	if (!sim->pages)
		return;
	for (u32 v = 0; v < sim->vintfs && sim->vintf[v].page; v++)
		uik_mappable_unalias(sim->machine,
				     sim->cmdqv_phys + CMDQV_LOGICAL +
					     (u64)CMDQV_VINTF_STRIDE * v);
	uik_mappable_free(sim->machine, sim->pages, pages_bytes(sim));
}

static int init_line(struct sim *sim, enum sim_line line)
{
	int irq = uik_irq_alloc(sim->machine);

	if (irq < 0)
		return irq;
	sim->irq[line] = irq;
	return 0;
}

static int init_smmu(struct sim *sim)
{
	int rc;

	sim->smmu = smmu_new(sim);
	if (!sim->smmu)
		return -ENOMEM;
	sim->smmu_phys = mmio_attach(sim->smmu, sim->machine, 0);
	if (!sim->smmu_phys)
		return -ENOMEM;
	rc = init_line(sim, SIM_LINE_EVENTQ);
	if (!rc)
		rc = init_line(sim, SIM_LINE_GERROR);
	return rc;
}

static int init_cmdqv(struct sim *sim)
{
	int rc;

	sim->cmdqv = cmdqv_new(sim);
	if (!sim->cmdqv)
		return -ENOMEM;
	sim->cmdqv_phys = mmio_attach(sim->cmdqv, sim->machine, 0);
	if (!sim->cmdqv_phys)
		return -ENOMEM;
	rc = init_pages(sim);
	if (!rc)
		rc = init_line(sim, SIM_LINE_CMDQV);
	return rc;
}

static int sim_init(struct sim *sim, bool cmdqv)
{
	int rc = init_queues(sim);

	if (!rc)
		rc = init_smmu(sim);
	if (!rc && cmdqv)
		rc = init_cmdqv(sim);
	if (!rc)
		rc = engine_start(sim, sim->config.engine);
	return rc;
}

struct sim *sim_new(struct uik_machine *machine,
		    const struct uiommufd_vcmdq_config *config, bool cmdqv,
		    bool virtual_clock)
{
	struct sim *sim = kvzalloc(sizeof(*sim), GFP_KERNEL);

	if (!sim)
		return NULL;
	sim->machine = machine;
	sim->config = *config;
	sim->virtual_clock = virtual_clock;
	sim->attention = virtual_clock ? ATTENTION_VIRTUAL : 0;
	if (cmdqv) {
		sim->vintfs = 1u << config->log2_vintfs;
		sim->vcmdqs = 1u << config->log2_vcmdqs;
		sim->sids = 1u << config->log2_sids;
	}
	command_permits(config->idr, sim->host_permit, sim->guest_permit);
	init_locks(sim);
	sim_update_slow(sim);
	if (!sim_init(sim, cmdqv))
		return sim;
	sim_free(sim);
	return NULL;
}

/* Takes a half-built one too. */
void sim_free(struct sim *sim)
{
	if (!sim)
		return;
	engine_stop(sim);
	uiommufd_mmio_free(sim->smmu);
	uiommufd_mmio_free(sim->cmdqv);
	fini_pages(sim);
	for (int line = 0; line < SIM_LINES; line++)
		if (sim->irq[line])
			uik_irq_release(sim->machine, sim->irq[line]);
	for (int i = 0; i < 3; i++)
		cache_fini(&sim->cache[i]);
	law_free(sim);
	kvfree(sim->devices);
	kfree(sim->smmu_rows);
	kfree(sim->cmdqv_rows);
	kvfree(sim->alias_slots);
	kvfree(sim->queue);
	kvfree(sim);
}
