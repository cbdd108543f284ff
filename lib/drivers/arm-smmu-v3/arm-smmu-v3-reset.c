// SPDX-License-Identifier: MIT
/*
 * What the SMMU can do, and how it is switched on and off.
 */
#include "arm-smmu-v3-impl.h"

#include <linux/iopoll.h>
#include <linux/log2.h>

/* --- features ------------------------------------------------------------ */

/*
 * Known hardware errors.  Arm's MMU-600 and MMU-700 lose nesting; MMU-700 also
 * needs a CMD_SYNC before a batch is full.
 */
static const struct smmu3_erratum {
	u16 implementer;
	u16 product;
	u8 last_variant;
	unsigned long lost_features;
	unsigned long quirks;
} errata[] = {
	{ 0x43b, 0x483, 0, SMMU3_FEAT_SEV, 0 },
	{ 0x43b, 0x483, 1, SMMU3_FEAT_NESTING, 0 },
	{ 0x43b, 0x487, 15, SMMU3_FEAT_NESTING, SMMU3_QUIRK_FORCE_SYNC },
};

static void apply_errata(struct smmu3_device *sd)
{
	u32 implementer = FIELD_GET(SMMU3_IIDR_IMPLEMENTER, sd->iidr);
	u32 product = FIELD_GET(SMMU3_IIDR_PRODUCTID, sd->iidr);
	u32 variant = FIELD_GET(SMMU3_IIDR_VARIANT, sd->iidr);
	const struct smmu3_erratum *erratum;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(errata); i++) {
		erratum = &errata[i];
		if (erratum->implementer != implementer ||
		    erratum->product != product ||
		    variant > erratum->last_variant)
			continue;
		sd->features &= ~erratum->lost_features;
		sd->quirks |= erratum->quirks;
	}
}

static const struct {
	u32 bit;
	unsigned long feature;
} idr0_features[] = {
	{ SMMU3_IDR0_S1P, SMMU3_FEAT_S1 },
	{ SMMU3_IDR0_S2P, SMMU3_FEAT_S2 },
	{ SMMU3_IDR0_COHACC, SMMU3_FEAT_COHERENT },
	{ SMMU3_IDR0_HYP, SMMU3_FEAT_HYP },
	{ SMMU3_IDR0_ATS, SMMU3_FEAT_ATS },
	{ SMMU3_IDR0_PRI, SMMU3_FEAT_PRI },
	{ SMMU3_IDR0_SEV, SMMU3_FEAT_SEV },
};

static int read_idr0(struct smmu3_device *sd)
{
	u32 idr0 = sd->idr[0];
	u32 endian = FIELD_GET(SMMU3_IDR0_TTENDIAN, idr0);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(idr0_features); i++)
		if (idr0 & idr0_features[i].bit)
			sd->features |= idr0_features[i].feature;
	if (!(sd->features & (SMMU3_FEAT_S1 | SMMU3_FEAT_S2))) {
		dev_err(sd->dev, "no translation stage\n");
		return -ENXIO;
	}
	if (!(FIELD_GET(SMMU3_IDR0_TTF, idr0) & SMMU3_IDR0_TTF_AARCH64)) {
		dev_err(sd->dev, "no 64-bit translation tables\n");
		return -ENXIO;
	}
	if (endian != SMMU3_IDR0_TTENDIAN_MIXED &&
	    endian != SMMU3_IDR0_TTENDIAN_LITTLE) {
		dev_err(sd->dev, "no little-endian translation tables\n");
		return -ENXIO;
	}
	if (sd->features & SMMU3_FEAT_S1 && sd->features & SMMU3_FEAT_S2)
		sd->features |= SMMU3_FEAT_NESTING;
	if (idr0 & SMMU3_IDR0_MSI && sd->features & SMMU3_FEAT_COHERENT)
		sd->features |= SMMU3_FEAT_MSI_POLL;
	if (FIELD_GET(SMMU3_IDR0_ST_LVL, idr0) == SMMU3_IDR0_ST_LVL_2)
		sd->features |= SMMU3_FEAT_2LVL_STRTAB;
	switch (FIELD_GET(SMMU3_IDR0_STALL_MODEL, idr0)) {
	case SMMU3_STALL_MODEL_STALL:
		sd->features |= SMMU3_FEAT_STALL;
		break;
	case SMMU3_STALL_MODEL_FORCED:
		sd->features |= SMMU3_FEAT_STALL_FORCE;
		break;
	}
	sd->asid_bits = idr0 & SMMU3_IDR0_ASID16 ? 16 : 8;
	sd->vmid_bits = idr0 & SMMU3_IDR0_VMID16 ? 16 : 8;
	return 0;
}

static u32 queue_shift(u32 bits, u32 entry_shift)
{
	u32 max_bytes_shift = CMDQ_MAX_SZ_SHIFT + CMDQ_ENT_SZ_SHIFT;

	return min_t(u32, bits, max_bytes_shift - entry_shift);
}

static int read_idr1(struct smmu3_device *sd)
{
	u32 idr1 = sd->idr[1];

	if (idr1 & (SMMU3_IDR1_REL | SMMU3_IDR1_QUEUES_PRESET |
		    SMMU3_IDR1_TABLES_PRESET)) {
		dev_err(sd->dev, "preset tables or queues\n");
		return -ENXIO;
	}
	sd->sid_bits = FIELD_GET(SMMU3_IDR1_SIDSIZE, idr1);
	sd->ssid_bits = FIELD_GET(SMMU3_IDR1_SSIDSIZE, idr1);
	sd->cmdq_shift = queue_shift(FIELD_GET(SMMU3_IDR1_CMDQS, idr1),
				     CMDQ_ENT_SZ_SHIFT);
	sd->evtq_shift = queue_shift(FIELD_GET(SMMU3_IDR1_EVTQS, idr1),
				     SMMU3_EVT_SHIFT);
	sd->priq_shift = queue_shift(FIELD_GET(SMMU3_IDR1_PRIQS, idr1),
				     SMMU3_PRI_SHIFT);
	/* A whole batch and its CMD_SYNC must fit. */
	if (1u << sd->cmdq_shift <= SMMU3_BATCH_ENTRIES) {
		dev_err(sd->dev, "command queue too small\n");
		return -ENXIO;
	}
	return 0;
}

static int read_idr5(struct smmu3_device *sd)
{
	static const u8 sizes[] = { 32, 36, 40, 42, 44, 48, 52 };
	u32 idr5 = sd->idr[5];
	u32 code = FIELD_GET(SMMU3_IDR5_OAS, idr5);

	if (code >= ARRAY_SIZE(sizes))
		code = 5;
	/* Tables here have 48-bit addresses. */
	sd->oas_code = min_t(u32, code, 5);
	sd->oas_bits = sizes[sd->oas_code];
	if (idr5 & SMMU3_IDR5_DS)
		sd->features |= SMMU3_FEAT_DS;
	if (idr5 & SMMU3_IDR5_GRAN4K)
		sd->granule_shift = 12;
	else if (idr5 & SMMU3_IDR5_GRAN16K)
		sd->granule_shift = 14;
	else if (idr5 & SMMU3_IDR5_GRAN64K)
		sd->granule_shift = 16;
	else
		return -ENXIO;
	return 0;
}

/*
 * Reads the identification registers.  Return: 0; -ENXIO: cannot be driven.
 * Source: CMDQV hardware 7.
 */
int smmu3_read_features(struct smmu3_device *sd)
{
	int ret;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(sd->idr); i++)
		sd->idr[i] = readl_relaxed(sd->base + SMMU3_IDR0 + 4 * i);
	sd->iidr = readl_relaxed(sd->base + SMMU3_IIDR);
	sd->aidr = readl_relaxed(sd->base + SMMU3_AIDR);
	ret = read_idr0(sd);
	if (!ret)
		ret = read_idr1(sd);
	if (!ret)
		ret = read_idr5(sd);
	if (ret)
		return ret;
	if (sd->idr[3] & SMMU3_IDR3_FWB)
		sd->features |= SMMU3_FEAT_FWB;
	if (sd->idr[3] & SMMU3_IDR3_RIL)
		sd->features |= SMMU3_FEAT_RANGE;
	apply_errata(sd);
	return 0;
}

/* --- switching ----------------------------------------------------------- */

/* Writes a control register and waits until it is acknowledged. */
int smmu3_write_sync(struct smmu3_device *sd, u32 value, u32 reg, u32 ack_reg)
{
	u32 ack;

	writel_relaxed(value, sd->base + reg);
	return readl_relaxed_poll_timeout_atomic(sd->base + ack_reg, ack,
						 ack == value, 1,
						 ARM_SMMU_POLL_TIMEOUT_US);
}

static int write_cr0(struct smmu3_device *sd, u32 value)
{
	int ret = smmu3_write_sync(sd, value, SMMU3_CR0, SMMU3_CR0ACK);

	if (ret)
		dev_err(sd->dev, "CR0 0x%x not acknowledged\n", value);
	return ret;
}

int smmu3_disable(struct smmu3_device *sd)
{
	return write_cr0(sd, 0);
}

/* Traffic meets an abort while the SMMU is off. */
static int set_global_abort(struct smmu3_device *sd)
{
	void __iomem *gbpa = sd->base + SMMU3_GBPA;
	u32 value;
	int ret;

	ret = readl_relaxed_poll_timeout(gbpa, value,
					 !(value & SMMU3_GBPA_UPDATE), 1,
					 ARM_SMMU_POLL_TIMEOUT_US);
	if (ret)
		return ret;
	writel_relaxed(value | SMMU3_GBPA_ABORT | SMMU3_GBPA_UPDATE, gbpa);
	ret = readl_relaxed_poll_timeout(gbpa, value,
					 !(value & SMMU3_GBPA_UPDATE), 1,
					 ARM_SMMU_POLL_TIMEOUT_US);
	if (ret)
		dev_err(sd->dev, "GBPA not updated\n");
	return ret;
}

static int reset_off(struct smmu3_device *sd)
{
	int ret = 0;

	if (readl_relaxed(sd->base + SMMU3_CR0) & SMMU3_CR0_SMMUEN) {
		dev_warn(sd->dev, "SMMU is on: resetting it\n");
		ret = set_global_abort(sd);
	}
	return ret ? ret : smmu3_disable(sd);
}

static void reset_tables(struct smmu3_device *sd)
{
	u32 cr2 = SMMU3_CR2_RECINVSID | SMMU3_CR2_PTM;

	writel_relaxed(SMMU3_CR1_NORMAL, sd->base + SMMU3_CR1);
	writel_relaxed(cr2, sd->base + SMMU3_CR2);
	writeq_relaxed((sd->strtab.base_dma & SMMU3_STRTAB_BASE_ADDR) |
			       SMMU3_STRTAB_BASE_RA,
		       sd->base + SMMU3_STRTAB_BASE);
	writel_relaxed(sd->strtab.cfg, sd->base + SMMU3_STRTAB_BASE_CFG);
}

static int reset_command(struct smmu3_device *sd, struct arm_smmu_cmd cmd)
{
	return arm_smmu_cmdq_issue_cmdlist(sd->smmu, &sd->smmu->cmdq, &cmd, 1,
					   true);
}

/* The queue starts empty; then everything cached before is forgotten. */
static int reset_command_queue(struct smmu3_device *sd, u32 *cr0)
{
	struct smmu3_ring *ring = sd->cmdq;
	int ret;

	atomic64_set(&ring->shadow, 0);
	atomic_set(&ring->owner_prod, 0);
	memset(ring->valid, 0, BITS_TO_LONGS(1UL << ring->shift) *
				       sizeof(*ring->valid));
	writeq_relaxed(smmu3_ring_base_value(ring), sd->base + SMMU3_CMDQ_BASE);
	writel_relaxed(0, sd->base + SMMU3_CMDQ_PROD);
	writel_relaxed(0, sd->base + SMMU3_CMDQ_CONS);
	*cr0 |= SMMU3_CR0_CMDQEN;
	ret = write_cr0(sd, *cr0);
	if (!ret)
		ret = reset_command(sd, smmu3_cmd_cfgi_all());
	if (!ret && sd->features & SMMU3_FEAT_HYP)
		ret = reset_command(sd, smmu3_cmd_op(SMMU3_OP_TLBI_EL2_ALL));
	if (!ret)
		ret = reset_command(sd, smmu3_cmd_op(SMMU3_OP_TLBI_NSNH_ALL));
	return ret;
}

static int reset_input_queue(struct smmu3_device *sd, struct smmu3_ring *ring,
			     u32 base_reg, u32 enable, u32 *cr0)
{
	ring->cons = 0;
	writeq_relaxed(smmu3_ring_base_value(ring), sd->base + base_reg);
	writel_relaxed(0, ring->prod_reg);
	writel_relaxed(0, ring->cons_reg);
	*cr0 |= enable;
	return write_cr0(sd, *cr0);
}

static int reset_input_queues(struct smmu3_device *sd, u32 *cr0)
{
	int ret;

	ret = reset_input_queue(sd, sd->evtq, SMMU3_EVTQ_BASE,
				SMMU3_CR0_EVTQEN, cr0);
	if (ret || !sd->priq)
		return ret;
	return reset_input_queue(sd, sd->priq, SMMU3_PRIQ_BASE,
				 SMMU3_CR0_PRIQEN, cr0);
}

static int write_irq_ctrl(struct smmu3_device *sd, u32 value)
{
	int ret = smmu3_write_sync(sd, value, SMMU3_IRQ_CTRL,
				   SMMU3_IRQ_CTRLACK);

	if (ret)
		dev_err(sd->dev, "IRQ_CTRL 0x%x not acknowledged\n", value);
	return ret;
}

/* Interrupts come by wire; the message form is switched off. */
static int reset_interrupts(struct smmu3_device *sd)
{
	u32 enable = SMMU3_IRQ_EVTQ | SMMU3_IRQ_GERROR;
	int ret;

	ret = write_irq_ctrl(sd, 0);
	if (ret)
		return ret;
	if (sd->idr[0] & SMMU3_IDR0_MSI) {
		writeq_relaxed(0, sd->base + SMMU3_GERROR_IRQ_CFG0);
		writeq_relaxed(0, sd->base + SMMU3_EVTQ_IRQ_CFG0);
		if (sd->priq)
			writeq_relaxed(0, sd->base + SMMU3_PRIQ_IRQ_CFG0);
	}
	if (sd->priq)
		enable |= SMMU3_IRQ_PRIQ;
	return write_irq_ctrl(sd, enable);
}

/*
 * From any state to translating.  The order of steps is the specification's.
 * Context: nobody uses the queues.  Return: 0, -ETIMEDOUT, or the
 * implementation driver's error.  Source: CMDQV hardware 7.
 */
int smmu3_reset(struct smmu3_device *sd)
{
	const struct arm_smmu_impl_ops *ops = sd->smmu->impl_ops;
	u32 cr0 = 0;
	int ret;

	ret = reset_off(sd);
	if (ret)
		return ret;
	reset_tables(sd);
	ret = reset_command_queue(sd, &cr0);
	if (!ret)
		ret = reset_input_queues(sd, &cr0);
	if (!ret && sd->features & SMMU3_FEAT_ATS) {
		cr0 |= SMMU3_CR0_ATSCHK;
		ret = write_cr0(sd, cr0);
	}
	if (!ret)
		ret = reset_interrupts(sd);
	if (!ret)
		ret = write_cr0(sd, cr0 | SMMU3_CR0_SMMUEN);
	if (!ret && ops && ops->device_reset)
		ret = ops->device_reset(sd->smmu);
	return ret;
}
