// SPDX-License-Identifier: MIT
/*
 * VINTFs and VCMDQs: the register sequences that start and stop them.
 *
 * Rules of the hardware: queues of a VINTF are mapped in ascending and unmapped
 * in descending order, between the VINTF's enable and disable; a queue's
 * registers are written while it is disabled.
 */
#define dev_fmt(fmt) "tegra241_cmdqv: " fmt

#include <linux/iopoll.h>
#include <linux/slab.h>

#include "tegra241-cmdqv.h"

/*
 * Writes CONFIG and waits until STATUS follows its enable bit.
 * Return: 0, -ETIMEDOUT.
 */
int tegra241_set_enable(struct device *dev, const char *what,
			void __iomem *config, void __iomem *status, u32 value)
{
	u32 want = value & TEGRA_EN;
	u32 now;
	int ret;

	writel(value, config);
	ret = readl_poll_timeout(status, now, (now & TEGRA_EN) == want, 1,
				 ARM_SMMU_POLL_TIMEOUT_US);
	if (ret)
		dev_err(dev, "%s: not %s, STATUS 0x%08x\n", what,
			want ? "enabled" : "disabled", now);
	return ret;
}

/* --- VCMDQs -------------------------------------------------------------- */

static void __iomem *alloc_reg(const struct tegra241_vcmdq *vcmdq)
{
	const struct tegra241_vintf *vintf = vcmdq->vintf;
	const struct tegra241_cmdqv *cmdqv = vintf->cmdqv;

	return cmdqv->base + TEGRA_CMDQ_ALLOC(vintf->idx * cmdqv->num_lvcmdqs +
					      vcmdq->lidx);
}

/* Where its registers are. */
void tegra241_vcmdq_place(struct tegra241_vcmdq *vcmdq,
			  struct tegra241_vintf *vintf, u16 lidx)
{
	void __iomem *base = vintf->cmdqv->base;
	u32 slot = TEGRA_VCMDQ_STRIDE * lidx;

	vcmdq->vintf = vintf;
	vcmdq->lidx = lidx;
	vcmdq->page0 = base + TEGRA_VINTF_PAGE0(vintf->idx) + slot;
	vcmdq->page1 = base + TEGRA_VINTF_PAGE1(vintf->idx) + slot;
	snprintf(vcmdq->name, sizeof(vcmdq->name), "vintf%u.vcmdq%u",
		 vintf->idx, lidx);
}

/* Reset has programmed which queue is whose; this bit makes it so. */
void tegra241_vcmdq_map(struct tegra241_vcmdq *vcmdq)
{
	void __iomem *reg = alloc_reg(vcmdq);

	writel(readl(reg) | TEGRA_ALLOC_ALLOCATED, reg);
}

void tegra241_vcmdq_unmap(struct tegra241_vcmdq *vcmdq)
{
	void __iomem *reg = alloc_reg(vcmdq);

	writel(readl(reg) & ~TEGRA_ALLOC_ALLOCATED, reg);
}

static int vcmdq_set_config(struct tegra241_vcmdq *vcmdq, u32 value)
{
	struct device *dev = cmdqv_dev(vcmdq->vintf->cmdqv);
	int ret;

	ret = tegra241_set_enable(dev, vcmdq->name,
				  vcmdq->page0 + TEGRA_VCMDQ_CONFIG,
				  vcmdq->page0 + TEGRA_VCMDQ_STATUS, value);
	WRITE_ONCE(vcmdq->enabled, !ret && value & TEGRA_EN);
	return ret;
}

/*
 * An ATC invalidation of this queue may still be waiting for its device.  If it
 * times out the next CMD_SYNC hears of it; let that be one of ours, not the
 * first of whoever gets the queue next.
 */
static void vcmdq_flush_timeouts(struct tegra241_vcmdq *vcmdq)
{
	struct arm_smmu_device *smmu = &vcmdq->vintf->cmdqv->smmu;
	struct arm_smmu_cmd sync = {
		.data = { FIELD_PREP(CMDQ_0_OP, CMDQ_OP_CMD_SYNC) |
			  FIELD_PREP(CMDQ_SYNC_0_CS, CMDQ_SYNC_0_CS_NONE) },
	};

	arm_smmu_cmdq_issue_cmdlist(smmu, &smmu->cmdq, &sync, 1, true);
}

/* Stops a queue, whoever started it, and leaves all its registers 0. */
void tegra241_vcmdq_deinit(struct tegra241_vcmdq *vcmdq)
{
	u32 gerror, gerrorn;

	vcmdq_set_config(vcmdq, 0);
	vcmdq_flush_timeouts(vcmdq);
	writel_relaxed(0, vcmdq->page0 + TEGRA_VCMDQ_PROD);
	writel_relaxed(0, vcmdq->page0 + TEGRA_VCMDQ_CONS);
	writeq_relaxed(0, vcmdq->page1 + TEGRA_VCMDQ_BASE);
	writeq_relaxed(0, vcmdq->page1 + TEGRA_VCMDQ_CONS_INDX_BASE);
	gerrorn = readl_relaxed(vcmdq->page0 + TEGRA_VCMDQ_GERRORN);
	gerror = readl_relaxed(vcmdq->page0 + TEGRA_VCMDQ_GERROR);
	if (gerror == gerrorn)
		return;
	dev_warn(cmdqv_dev(vcmdq->vintf->cmdqv), "%s: error 0x%x at its end\n",
		 vcmdq->name, gerror ^ gerrorn);
	writel(gerror, vcmdq->page0 + TEGRA_VCMDQ_GERRORN);
}

/* All that a queue may carry when the VINTF is not a hypervisor's. */
static bool guest_supports_cmd(struct arm_smmu_cmd *cmd)
{
	switch (FIELD_GET(CMDQ_0_OP, cmd->data[0])) {
	case CMDQ_OP_TLBI_NH_ASID:
	case CMDQ_OP_TLBI_NH_VA:
	case CMDQ_OP_ATC_INV:
		return true;
	default:
		return false;
	}
}

static int vcmdq_init(struct tegra241_vcmdq *vcmdq)
{
	struct device *dev = cmdqv_dev(vcmdq->vintf->cmdqv);
	int ret;

	tegra241_vcmdq_deinit(vcmdq);
	vcmdq->cmdq.supports_cmd =
		vcmdq->vintf->hyp_own ? NULL : guest_supports_cmd;
	writeq_relaxed(vcmdq->base_value, vcmdq->page1 + TEGRA_VCMDQ_BASE);
	ret = vcmdq_set_config(vcmdq, TEGRA_EN);
	if (ret)
		dev_err(dev, "%s: GERRORN 0x%x GERROR 0x%x CONS 0x%x\n",
			vcmdq->name,
			readl_relaxed(vcmdq->page0 + TEGRA_VCMDQ_GERRORN),
			readl_relaxed(vcmdq->page0 + TEGRA_VCMDQ_GERROR),
			readl_relaxed(vcmdq->page0 + TEGRA_VCMDQ_CONS));
	return ret;
}

/* --- VINTFs -------------------------------------------------------------- */

static int vintf_set_config(struct tegra241_vintf *vintf, u32 value)
{
	int ret;

	ret = tegra241_set_enable(cmdqv_dev(vintf->cmdqv), "VINTF",
				  vintf->base + TEGRA_VINTF_CONFIG,
				  vintf->base + TEGRA_VINTF_STATUS, value);
	WRITE_ONCE(vintf->enabled, !ret && value & TEGRA_EN);
	return ret;
}

void tegra241_vintf_deinit(struct tegra241_vintf *vintf)
{
	u32 i = vintf->cmdqv->num_lvcmdqs;

	while (i--) {
		if (!vintf->lvcmdqs[i])
			continue;
		tegra241_vcmdq_deinit(vintf->lvcmdqs[i]);
		tegra241_vcmdq_unmap(vintf->lvcmdqs[i]);
	}
	vintf_set_config(vintf, 0);
	for (i = 0; i < vintf->cmdqv->num_sids; i++) {
		writel_relaxed(0, vintf->base + TEGRA_VINTF_SID_MATCH(i));
		writel_relaxed(0, vintf->base + TEGRA_VINTF_SID_REPLACE(i));
	}
}

/*
 * Starts a VINTF and the queues it has.
 * @hyp_own: ask for a hypervisor's rights; granted or not, see vintf->hyp_own
 *
 * Return: 0; -ETIMEDOUT: everything is off again.
 */
int tegra241_vintf_init(struct tegra241_vintf *vintf, bool hyp_own)
{
	u32 value = FIELD_PREP(TEGRA_VINTF_HYP_OWN, hyp_own) |
		    FIELD_PREP(TEGRA_VINTF_VMID, vintf->vmid);
	u16 i;
	int ret;

	tegra241_vintf_deinit(vintf);
	writel(value, vintf->base + TEGRA_VINTF_CONFIG);
	ret = vintf_set_config(vintf, value | TEGRA_EN);
	if (ret) {
		tegra241_vintf_deinit(vintf);
		return ret;
	}
	/* In a guest the bit is wired to 0. */
	vintf->hyp_own = FIELD_GET(TEGRA_VINTF_HYP_OWN,
				   readl(vintf->base + TEGRA_VINTF_CONFIG));
	for (i = 0; i < vintf->cmdqv->num_lvcmdqs; i++) {
		if (!vintf->lvcmdqs[i])
			continue;
		tegra241_vcmdq_map(vintf->lvcmdqs[i]);
		ret = vcmdq_init(vintf->lvcmdqs[i]);
		if (ret) {
			tegra241_vintf_deinit(vintf);
			return ret;
		}
	}
	return 0;
}

/* --- life ---------------------------------------------------------------- */

/*
 * Gives @vintf the lowest free index up to @max_idx and an empty queue table.
 * Return: 0, -ENOSPC, -ENOMEM.
 */
int tegra241_vintf_setup(struct tegra241_cmdqv *cmdqv,
			 struct tegra241_vintf *vintf, unsigned int max_idx)
{
	int idx = ida_alloc_max(&cmdqv->vintf_ids, max_idx, GFP_KERNEL);

	if (idx < 0)
		return idx;
	vintf->lvcmdqs = kcalloc(cmdqv->num_lvcmdqs, sizeof(*vintf->lvcmdqs),
				 GFP_KERNEL);
	if (!vintf->lvcmdqs) {
		ida_free(&cmdqv->vintf_ids, idx);
		return -ENOMEM;
	}
	vintf->cmdqv = cmdqv;
	vintf->idx = idx;
	vintf->base = cmdqv->base + TEGRA_VINTF(idx);
	return 0;
}

void tegra241_vintf_teardown(struct tegra241_vintf *vintf)
{
	kfree(vintf->lvcmdqs);
	ida_free(&vintf->cmdqv->vintf_ids, vintf->idx);
}

/* From now on its errors are handled. */
void tegra241_vintf_publish(struct tegra241_vintf *vintf)
{
	smp_store_release(&vintf->cmdqv->vintfs[vintf->idx], vintf);
}

/* When this returns the interrupt thread does not use it any more. */
void tegra241_vintf_withdraw(struct tegra241_vintf *vintf)
{
	struct tegra241_cmdqv *cmdqv = vintf->cmdqv;

	WRITE_ONCE(cmdqv->vintfs[vintf->idx], NULL);
	if (cmdqv->irq > 0)
		synchronize_irq(cmdqv->irq);
}
