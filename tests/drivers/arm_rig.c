/* SPDX-License-Identifier: MIT */
/*
 * The bench rig: register files, a command consumer, a recorder.
 */
#include "arm_rig.h"

#include <stdlib.h>
#include <string.h>

#include <linux/err.h>
#include <linux/iommu.h>
#include <uik/clock.h>
#include <uik/irq.h>
#include <uik/machine.h>
#include <uik/mmio.h>
#include <uik/module.h>

#define CR0 0x20
#define IRQ_CTRL 0x50
#define CR0_CMDQEN 8u
#define GERROR 0x60
#define CMDQ_BASE 0x90
#define CMDQ_PROD 0x98
#define CMDQ_CONS 0x9c
#define EVTQ_BASE 0xa0
#define EVTQ_PROD 0x100a8
#define OP_SYNC 0x46
#define ALLOC 0x200
#define VINTFS 0x1000
#define PAGES 0x30000
#define PAGE1 0x10000

void rig_config_init(struct rig_config *config)
{
	*config = (struct rig_config){
		/* S2P S1P TTF COHACC ATS ASID16 VMID16 TTENDIAN ST_LVL */
		.idr = { [0] = 3 | 2u << 2 | 1u << 4 | 1u << 10 | 1u << 12 |
			       1u << 18 | 2u << 21 | 1u << 27,
			 /* CMDQS 8, EVTQS 7, SSIDSIZE 8, SIDSIZE 16 */
			 [1] = 8u << 21 | 7u << 16 | 8u << 6 | 16,
			 [3] = 1u << 10 | 1u << 8,
			 [5] = 5 | 1u << 4 },
		.iidr = 0x4e000000,
		.param = 0x00004011,
		.cmdqv_irq = true,
	};
}

/* --- recording ----------------------------------------------------------- */

static void record(struct rig *rig, enum rig_access access, u32 width,
		   u32 offset, u64 value)
{
	struct rig_step *last = NULL;

	if (!rig->tracing || rig->trace_count == RIG_TRACE_MAX)
		return;
	if (rig->trace_count)
		last = &rig->trace[rig->trace_count - 1];
	/* A poll is one step. */
	if (last && access == RIG_READ && last->access == RIG_READ &&
	    last->offset == offset) {
		last->value = value;
		return;
	}
	rig->trace[rig->trace_count++] =
		(struct rig_step){ access, width, offset, value };
}

void rig_clear(struct rig *rig)
{
	spin_lock(&rig->lock);
	rig->trace_count = 0;
	rig->command_count = 0;
	spin_unlock(&rig->lock);
}

const struct rig_command *rig_last(const struct rig *rig, u8 op)
{
	unsigned int i = rig->command_count;

	while (i--)
		if ((u8)rig->commands[i].word[0] == op)
			return &rig->commands[i];
	return NULL;
}

unsigned int rig_count(const struct rig *rig, u8 op)
{
	unsigned int i, count = 0;

	for (i = 0; i < rig->command_count; i++)
		count += (u8)rig->commands[i].word[0] == op;
	return count;
}

/* --- the consumer -------------------------------------------------------- */

static void execute(struct rig *rig, const u64 *entry, int queue)
{
	struct rig_command *command =
		&rig->commands[rig->command_count % RIG_COMMANDS_MAX];
	u64 word0 = __atomic_load_n(&entry[0], __ATOMIC_RELAXED);
	u64 word1 = __atomic_load_n(&entry[1], __ATOMIC_RELAXED);

	command->word[0] = word0;
	command->word[1] = word1;
	command->secondary = queue >= 0;
	command->queue = queue >= 0 ? queue : 0;
	rig->command_count++;
	if ((u8)word0 != OP_SYNC)
		return;
	if (queue < 0)
		record(rig, RIG_SYNC, 0, 0, 0);
	if ((word0 >> 12 & 3) == 1)
		__atomic_store_n((u32 *)(word1 & 0xffffffffffffcULL),
				 (u32)(word0 >> 32), __ATOMIC_RELEASE);
}

/* Runs a queue; false if it stopped at an error. */
static bool consume(struct rig *rig, u64 base, u32 prod, u32 *cons, int queue)
{
	u32 mask = (2u << (base & 31)) - 1;
	u64 *memory = (u64 *)(base & 0xfffffffffffe0ULL);
	u64 *entry;

	while (((prod ^ *cons) & mask) && !rig->deaf) {
		entry = memory + 2 * (*cons & (mask >> 1));
		if (rig->refuse_op && (u8)entry[0] == rig->refuse_op) {
			rig->refuse_op = 0;
			*cons = (*cons & mask) | 1u << 24;
			return false;
		}
		execute(rig, entry, queue);
		*cons = (*cons + 1) & mask;
	}
	return true;
}

static u64 read64(const u32 *words, u32 offset)
{
	return words[offset / 4] | (u64)words[offset / 4 + 1] << 32;
}

/* Returns whether the interrupt is due. */
static bool run_main_queue(struct rig *rig)
{
	if (!(rig->smmu[CR0 / 4] & CR0_CMDQEN) ||
	    ((rig->smmu[GERROR / 4] ^ rig->smmu[GERROR / 4 + 1]) & 1))
		return false;
	if (consume(rig, read64(rig->smmu, CMDQ_BASE),
		    rig->smmu[CMDQ_PROD / 4], &rig->smmu[CMDQ_CONS / 4], -1))
		return false;
	rig->smmu[GERROR / 4] ^= 1;
	return true;
}

/* --- the SMMU ------------------------------------------------------------ */

static uint64_t smmu_read(void *priv, uint64_t offset, unsigned int width)
{
	struct rig *rig = priv;
	u64 value;

	spin_lock(&rig->lock);
	value = width == 8 ? read64(rig->smmu, offset) :
			     rig->smmu[offset / 4];
	spin_unlock(&rig->lock);
	return value;
}

static void smmu_write(void *priv, uint64_t offset, unsigned int width,
		       uint64_t value)
{
	struct rig *rig = priv;
	bool error;

	spin_lock(&rig->lock);
	rig->smmu[offset / 4] = value;
	if (width == 8)
		rig->smmu[offset / 4 + 1] = value >> 32;
	if (offset == CR0 || offset == IRQ_CTRL)
		rig->smmu[offset / 4 + 1] = value;
	error = run_main_queue(rig);
	spin_unlock(&rig->lock);
	if (error)
		uik_irq_raise(rig->machine, rig->irq[1]);
}

static const struct uik_mmio_ops smmu_ops = { smmu_read, smmu_write };

void rig_event(struct rig *rig, const u64 record[4])
{
	u64 base = read64(rig->smmu, EVTQ_BASE);
	u64 *memory = (u64 *)(base & 0xfffffffffffe0ULL);
	u32 mask = (2u << (base & 31)) - 1;
	u32 *prod = &rig->smmu[EVTQ_PROD / 4];
	int i;

	spin_lock(&rig->lock);
	for (i = 0; i < 4; i++)
		__atomic_store_n(&memory[4 * (*prod & (mask >> 1)) + i],
				 record[i], __ATOMIC_RELAXED);
	*prod = (*prod + 1) & mask;
	spin_unlock(&rig->lock);
	uik_irq_raise(rig->machine, rig->irq[0]);
	uik_irq_run_pending(rig->machine);
}

/* --- the CMDQV ----------------------------------------------------------- */

static u32 vintf_count(const struct rig *rig)
{
	return 1u << (rig->config.param >> 8 & 15);
}

static u32 lvcmdq_count(const struct rig *rig)
{
	return (1u << (rig->config.param >> 4 & 15)) / vintf_count(rig);
}

/* Is the queue slot at @offset mapped?  True outside of slots. */
static bool reachable(const struct rig *rig, u32 offset)
{
	u32 vintf, lidx;

	if (offset < PAGES)
		return true;
	vintf = (offset - PAGES) / 0x20000;
	lidx = (offset & 0xffff) / 0x80;
	if (lidx >= lvcmdq_count(rig))
		return false;
	return rig->cmdqv[ALLOC / 4 + vintf * lvcmdq_count(rig) + lidx] & 1;
}

/* STATUS offset of a CONFIG offset, or 0. */
static u32 status_of(u32 offset)
{
	if (offset == 0)
		return 8;
	if (offset >= VINTFS && offset < 0x10000 && !(offset & 0xff))
		return offset + 4;
	if (offset >= PAGES && !((offset - PAGES) & PAGE1) &&
	    (offset & 0x7f) == 8)
		return offset + 4;
	return 0;
}

static void run_queue(struct rig *rig, u32 slot)
{
	u32 *page0 = &rig->cmdqv[slot / 4];

	if (!(page0[3] & 1))
		return;
	consume(rig, read64(rig->cmdqv, slot + PAGE1), page0[1], &page0[0],
		(slot & 0xffff) / 0x80);
}

static uint64_t cmdqv_read(void *priv, uint64_t offset, unsigned int width)
{
	struct rig *rig = priv;
	u64 value = 0;

	spin_lock(&rig->lock);
	if (reachable(rig, offset))
		value = width == 8 ? read64(rig->cmdqv, offset) :
				     rig->cmdqv[offset / 4];
	record(rig, RIG_READ, width, offset, value);
	spin_unlock(&rig->lock);
	return value;
}

static void cmdqv_write(void *priv, uint64_t offset, unsigned int width,
			uint64_t value)
{
	struct rig *rig = priv;
	u32 status = status_of(offset);

	spin_lock(&rig->lock);
	record(rig, RIG_WRITE, width, offset, value);
	if (reachable(rig, offset)) {
		if (rig->config.hyp_own_wired && status && offset >= VINTFS &&
		    offset < 0x10000)
			value &= ~(1u << 17);
		rig->cmdqv[offset / 4] = value;
		if (width == 8)
			rig->cmdqv[offset / 4 + 1] = value >> 32;
		if (status && status != rig->stuck_offset)
			rig->cmdqv[status / 4] = value & 1;
		if (offset >= PAGES && !((offset - PAGES) & PAGE1))
			run_queue(rig, offset & ~0x7fu);
	}
	spin_unlock(&rig->lock);
}

static const struct uik_mmio_ops cmdqv_ops = { cmdqv_read, cmdqv_write };

/* --- life ---------------------------------------------------------------- */

static u64 place(struct rig *rig, size_t size, const struct uik_mmio_ops *ops)
{
	u64 phys = uik_mmio_find_space(rig->machine, size);

	if (!phys || uik_mmio_register(rig->machine, phys, size, ops, rig))
		abort();
	return phys;
}

struct rig *rig_new(const struct rig_config *config)
{
	struct uik_machine_config machine = { .clock = &uik_clock_manual };
	struct rig *rig = calloc(1, sizeof(*rig));
	int i;

	uiommufd_modules_init();
	rig->config = *config;
	rig->machine = uik_machine_new(&machine);
	if (!rig->machine)
		abort();
	uik_enter(rig->machine);
	uik_irq_set_stepped(rig->machine, !config->prompt);
	spin_lock_init(&rig->lock);
	for (i = 0; i < 4; i++)
		rig->irq[i] = uik_irq_alloc(rig->machine);
	for (i = 0; i < 6; i++)
		rig->smmu[i] = config->idr[i];
	rig->smmu[6] = config->iidr;
	rig->smmu_phys = place(rig, RIG_SMMU_SIZE, &smmu_ops);
	if (config->cmdqv) {
		rig->cmdqv_size = PAGES + 0x20000ul * vintf_count(rig);
		rig->cmdqv = calloc(1, rig->cmdqv_size);
		rig->cmdqv[0] = 0x00020403;
		rig->cmdqv[1] = config->param;
		rig->cmdqv_phys = place(rig, rig->cmdqv_size, &cmdqv_ops);
	}
	return rig;
}

static int boot_cmdqv(struct rig *rig)
{
	struct platform_device *pdev;
	struct resource resources[] = {
		DEFINE_RES_MEM(rig->cmdqv_phys, rig->cmdqv_size),
		DEFINE_RES_IRQ(rig->irq[3]),
	};

	pdev = platform_device_register_simple(
		"tegra241-cmdqv", PLATFORM_DEVID_NONE, resources,
		rig->config.cmdqv_irq ? 2 : 1);
	if (IS_ERR(pdev))
		return PTR_ERR(pdev);
	rig->cmdqv_dev = pdev;
	return 0;
}

int rig_boot(struct rig *rig)
{
	struct resource resources[] = {
		DEFINE_RES_MEM(rig->smmu_phys, RIG_SMMU_SIZE),
		DEFINE_RES_IRQ_NAMED(rig->irq[0], "eventq"),
		DEFINE_RES_IRQ_NAMED(rig->irq[1], "gerror"),
		DEFINE_RES_IRQ_NAMED(rig->irq[2], "priq"),
	};
	struct property_entry properties[4] = {};
	struct platform_device_info info = {
		.name = "arm-smmu-v3",
		.id = PLATFORM_DEVID_NONE,
		.fwnode = &rig->node,
		.res = resources,
		.num_res = 4,
		.properties = properties,
	};
	struct platform_device *pdev;
	int n = 0;

	properties[n++] = PROPERTY_ENTRY_BOOL("dma-coherent");
	if (rig->config.cmdqv) {
		int ret = boot_cmdqv(rig);

		if (ret)
			return ret;
		properties[n++] = PROPERTY_ENTRY_STRING("nvidia,cmdqv",
							"tegra241-cmdqv");
	}
	if (rig->config.compatible)
		properties[n++] = PROPERTY_ENTRY_STRING("compatible",
						rig->config.compatible);
	pdev = platform_device_register_full(&info);
	if (IS_ERR(pdev))
		return PTR_ERR(pdev);
	rig->smmu_dev = pdev;
	rig->node.dev = &rig->smmu_dev->dev;
	return rig->smmu_dev->dev.driver ? 0 :
					   rig->smmu_dev->dev.probe_result_;
}

struct platform_device *rig_plug(struct rig *rig, const char *name,
				 const u32 *sids, int count,
				 const struct property_entry *properties)
{
	struct platform_device *pdev =
		platform_device_alloc(name, PLATFORM_DEVID_NONE);

	if (properties)
		device_create_managed_software_node(&pdev->dev, properties,
						    NULL);
	if (iommu_fwspec_init(&pdev->dev, &rig->node) ||
	    (count && iommu_fwspec_add_ids(&pdev->dev, sids, count)) ||
	    platform_device_add(pdev)) {
		iommu_fwspec_free(&pdev->dev);
		platform_device_put(pdev);
		return NULL;
	}
	return pdev;
}

void rig_unplug(struct platform_device *pdev)
{
	platform_device_unregister(pdev);
}

void rig_withdraw(struct rig *rig)
{
	platform_device_unregister(rig->smmu_dev);
	platform_device_unregister(rig->cmdqv_dev);
	rig->smmu_dev = NULL;
	rig->cmdqv_dev = NULL;
}

void rig_free(struct rig *rig)
{
	rig_withdraw(rig);
	uik_mmio_unregister(rig->machine, rig->smmu_phys);
	if (rig->config.cmdqv)
		uik_mmio_unregister(rig->machine, rig->cmdqv_phys);
	uik_leave(NULL);
	uik_machine_free(rig->machine);
	free(rig->cmdqv);
	free(rig);
}
