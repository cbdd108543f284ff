// SPDX-License-Identifier: MIT
/*
 * Tegra241 CMDQV: many command queues for one SMMUv3.
 *
 * The block is an option: whatever goes wrong while it is probed, the SMMU
 * works on with its own queue.  Until init_structures has built VINTF 0 the SMMU
 * driver sees a table with nothing in it that needs the structures.
 */
#define dev_fmt(fmt) "tegra241_cmdqv: " fmt

#include <linux/dma-mapping.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/smp.h>

#include "tegra241-cmdqv.h"

static bool disable_cmdqv;
module_param(disable_cmdqv, bool, 0444);
MODULE_PARM_DESC(disable_cmdqv, "Leave the CMDQV block alone");

static bool bypass_vcmdq;
module_param(bypass_vcmdq, bool, 0444);
MODULE_PARM_DESC(bypass_vcmdq, "Send the kernel's commands to the SMMU queue");

/* --- errors -------------------------------------------------------------- */

static void handle_own_queue(struct tegra241_vintf *vintf, u32 lidx)
{
	struct tegra241_cmdqv *cmdqv = vintf->cmdqv;
	struct tegra241_vcmdq *vcmdq;
	u32 gerror;

	if (WARN_ON_ONCE(lidx >= cmdqv->num_lvcmdqs))
		return;
	/* Pairs with the release that published a complete queue. */
	vcmdq = smp_load_acquire(&vintf->lvcmdqs[lidx]);
	if (!vcmdq)
		return;
	gerror = readl_relaxed(vcmdq->page0 + TEGRA_VCMDQ_GERROR);
	__arm_smmu_cmdq_skip_err(&cmdqv->smmu, &vcmdq->cmdq);
	writel(gerror, vcmdq->page0 + TEGRA_VCMDQ_GERRORN);
}

static void handle_own_vintf(struct tegra241_vintf *vintf)
{
	u64 map;
	u32 m;

	for (m = 0; m < TEGRA_ERR_MAPS; m++) {
		map = readq_relaxed(vintf->base +
				    TEGRA_VINTF_LVCMDQ_ERR_MAP(m));
		for (; map; map &= map - 1)
			handle_own_queue(vintf, 64 * m + __ffs64(map));
	}
}

/* The guest acknowledges through its own page. */
static void report_user_vintf(struct tegra241_vintf *vintf)
{
	struct iommu_vevent_tegra241_cmdqv vevent;
	u32 m;

	for (m = 0; m < TEGRA_ERR_MAPS; m++)
		vevent.lvcmdq_err_map[m] = cpu_to_le64(readq_relaxed(
			vintf->base + TEGRA_VINTF_LVCMDQ_ERR_MAP(m)));
	iommufd_viommu_report_event(&vintf->vsmmu.core,
				    IOMMU_VEVENTQ_TYPE_TEGRA241_CMDQV, &vevent,
				    sizeof(vevent));
}

static void handle_vintf(struct tegra241_cmdqv *cmdqv, u32 idx)
{
	struct tegra241_vintf *vintf;

	if (WARN_ON_ONCE(idx >= cmdqv->num_vintfs))
		return;
	/* Pairs with tegra241_vintf_publish(). */
	vintf = smp_load_acquire(&cmdqv->vintfs[idx]);
	if (!vintf)
		return;
	if (idx == 0)
		handle_own_vintf(vintf);
	else
		report_user_vintf(vintf);
}

static irqreturn_t error_thread(int irq, void *data)
{
	struct tegra241_cmdqv *cmdqv = data;
	void __iomem *base = cmdqv->base;
	u64 map;

	/* Not aligned to 8: two reads. */
	map = (u64)readl_relaxed(base + TEGRA_VINTF_ERR_MAP_HIGH) << 32;
	map |= readl_relaxed(base + TEGRA_VINTF_ERR_MAP_LOW);
	dev_warn_ratelimited(cmdqv_dev(cmdqv),
			     "errors: VINTFs 0x%016llx, VCMDQs %08x:%08x:%08x:%08x\n",
			     map, readl_relaxed(base + TEGRA_CMDQ_ERR_MAP(3)),
			     readl_relaxed(base + TEGRA_CMDQ_ERR_MAP(2)),
			     readl_relaxed(base + TEGRA_CMDQ_ERR_MAP(1)),
			     readl_relaxed(base + TEGRA_CMDQ_ERR_MAP(0)));
	for (; map; map &= map - 1)
		handle_vintf(cmdqv, __ffs64(map));
	return IRQ_HANDLED;
}

/* --- the SMMU driver's hooks --------------------------------------------- */

static struct arm_smmu_cmdq *
get_secondary_cmdq(struct arm_smmu_device *smmu, struct arm_smmu_cmd *cmd)
{
	struct tegra241_cmdqv *cmdqv = to_cmdqv(smmu);
	struct tegra241_vintf *vintf = cmdqv->vintfs[0];
	struct tegra241_vcmdq *vcmdq;
	u32 lidx;

	if (READ_ONCE(bypass_vcmdq) || !READ_ONCE(vintf->enabled))
		return NULL;
	/* Any stable choice will do: it only spreads the load. */
	lidx = raw_smp_processor_id() % cmdqv->num_lvcmdqs;
	vcmdq = vintf->lvcmdqs[lidx];
	if (!vcmdq || !READ_ONCE(vcmdq->enabled))
		return NULL;
	if (vcmdq->cmdq.supports_cmd && !vcmdq->cmdq.supports_cmd(cmd))
		return NULL;
	return &vcmdq->cmdq;
}

static void *hw_info(struct arm_smmu_device *smmu, u32 *length,
		     enum iommu_hw_info_type *type)
{
	struct tegra241_cmdqv *cmdqv = to_cmdqv(smmu);
	struct iommu_hw_info_tegra241_cmdqv *info;

	if (*type != IOMMU_HW_INFO_TYPE_TEGRA241_CMDQV)
		return ERR_PTR(-EOPNOTSUPP);
	info = kzalloc_obj(*info);
	if (!info)
		return ERR_PTR(-ENOMEM);
	info->version = cmdqv->version;
	info->log2vcmdqs = ilog2(cmdqv->num_lvcmdqs);
	info->log2vsids = ilog2(cmdqv->num_sids);
	*length = sizeof(*info);
	return info;
}

static void program_alloc_map(struct tegra241_cmdqv *cmdqv)
{
	u32 q = 0;
	u32 v, l;

	for (v = 0; v < cmdqv->num_vintfs; v++)
		for (l = 0; l < cmdqv->num_lvcmdqs; l++)
			writel_relaxed(FIELD_PREP(TEGRA_ALLOC_VINTF, v) |
					       FIELD_PREP(TEGRA_ALLOC_LVCMDQ,
							  l),
				       cmdqv->base + TEGRA_CMDQ_ALLOC(q++));
}

static int device_reset(struct arm_smmu_device *smmu)
{
	struct tegra241_cmdqv *cmdqv = to_cmdqv(smmu);
	void __iomem *config = cmdqv->base + TEGRA_CONFIG;
	void __iomem *status = cmdqv->base + TEGRA_STATUS;
	u32 value = readl(config);
	int ret;

	/* Its other bits are nobody's business here. */
	ret = tegra241_set_enable(cmdqv_dev(cmdqv), "CMDQV", config, status,
				  value & ~TEGRA_EN);
	if (!ret)
		ret = tegra241_set_enable(cmdqv_dev(cmdqv), "CMDQV", config,
					  status, value | TEGRA_EN);
	if (ret)
		return ret;
	program_alloc_map(cmdqv);
	return tegra241_vintf_init(cmdqv->vintfs[0], true);
}

static void device_disable(struct arm_smmu_device *smmu)
{
	struct tegra241_cmdqv *cmdqv = to_cmdqv(smmu);
	u32 v;

	for (v = 0; v < cmdqv->num_vintfs; v++)
		if (cmdqv->vintfs[v])
			tegra241_vintf_deinit(cmdqv->vintfs[v]);
}

/* --- VINTF 0 ------------------------------------------------------------- */

/* Queue memory is smmu->dev's; only our part is freed here. */
static void free_own_vintf(struct tegra241_vintf *vintf)
{
	u32 l;

	for (l = 0; l < vintf->cmdqv->num_lvcmdqs; l++)
		kfree(vintf->lvcmdqs[l]);
	tegra241_vintf_teardown(vintf);
	kfree(vintf);
}

static u32 own_queue_shift(struct tegra241_cmdqv *cmdqv)
{
	u32 idr1 = readl_relaxed(cmdqv->smmu.base + ARM_SMMU_IDR1);

	return min_t(u32, FIELD_GET(IDR1_CMDQS, idr1), CMDQ_MAX_SZ_SHIFT);
}

static int add_own_queue(struct tegra241_vintf *vintf, u16 lidx)
{
	struct arm_smmu_device *smmu = &vintf->cmdqv->smmu;
	struct tegra241_vcmdq *vcmdq;
	struct arm_smmu_queue *q;
	int ret;

	vcmdq = kzalloc_obj(*vcmdq);
	if (!vcmdq)
		return -ENOMEM;
	tegra241_vcmdq_place(vcmdq, vintf, lidx);
	q = &vcmdq->cmdq.q;
	q->llq.max_n_shift = own_queue_shift(vintf->cmdqv);
	ret = arm_smmu_init_one_queue(smmu, q, vcmdq->page0, TEGRA_VCMDQ_PROD,
				      TEGRA_VCMDQ_CONS, CMDQ_ENT_DWORDS,
				      vcmdq->name);
	if (!ret)
		ret = arm_smmu_cmdq_init(smmu, &vcmdq->cmdq);
	if (ret) {
		kfree(vcmdq);
		return ret;
	}
	vcmdq->base_value = (q->base_dma & TEGRA_VCMDQ_BASE_ADDR) |
			    q->llq.max_n_shift;
	smp_store_release(&vintf->lvcmdqs[lidx], vcmdq);
	return 0;
}

/* Queue memory is smmu->dev's too and older: it goes after this. */
static void stop_handler(void *data)
{
	struct tegra241_cmdqv *cmdqv = data;

	if (cmdqv->irq > 0)
		free_irq(cmdqv->irq, cmdqv);
	cmdqv->irq = 0;
}

static const struct arm_smmu_impl_ops full_ops;

static int init_structures(struct arm_smmu_device *smmu)
{
	struct tegra241_cmdqv *cmdqv = to_cmdqv(smmu);
	struct tegra241_vintf *vintf;
	u16 l;
	int ret;

	vintf = kzalloc_obj(*vintf);
	if (!vintf)
		return -ENOMEM;
	ret = tegra241_vintf_setup(cmdqv, vintf, 0);
	if (ret) {
		kfree(vintf);
		return ret;
	}
	for (l = 0; l < cmdqv->num_lvcmdqs; l++) {
		ret = add_own_queue(vintf, l);
		if (ret) {
			free_own_vintf(vintf);
			return ret;
		}
	}
	ret = devm_add_action(smmu->dev, stop_handler, cmdqv);
	if (ret) {
		free_own_vintf(vintf);
		return ret;
	}
	tegra241_vintf_publish(vintf);
	smmu->impl_ops = &full_ops;
	return 0;
}

/* No handler runs any more before anything that it uses goes. */
static void device_remove(struct arm_smmu_device *smmu)
{
	struct tegra241_cmdqv *cmdqv = to_cmdqv(smmu);
	struct tegra241_vintf *own = cmdqv->vintfs[0];

	stop_handler(cmdqv);
	if (own)
		free_own_vintf(own);
	kfree(cmdqv->vintfs);
	ida_destroy(&cmdqv->vintf_ids);
	iounmap(cmdqv->base);
	put_device(smmu->impl_dev);
}

/* Until the structures exist. */
static const struct arm_smmu_impl_ops first_ops = {
	.init_structures = init_structures,
	.device_remove = device_remove,
};

static const struct arm_smmu_impl_ops full_ops = {
	.init_structures = init_structures,
	.device_reset = device_reset,
	.device_disable = device_disable,
	.device_remove = device_remove,
	.get_secondary_cmdq = get_secondary_cmdq,
	.hw_info = hw_info,
	.get_viommu_size = tegra241_get_viommu_size,
	.vsmmu_init = tegra241_vsmmu_init,
};

/* --- probe --------------------------------------------------------------- */

/* What is known before the SMMU's structure is grown. */
struct cmdqv_find {
	void __iomem *base;
	phys_addr_t base_phys;
	int irq;
};

static int find_block(struct device *dev, struct cmdqv_find *out)
{
	struct platform_device *pdev = to_platform_device(dev);
	struct resource *res;
	u32 value;

	res = platform_get_resource(pdev, IORESOURCE_MEM, 0);
	if (!res) {
		dev_err(dev, "no register region\n");
		return -ENODEV;
	}
	out->irq = platform_get_irq_optional(pdev, 0);
	if (out->irq < 0) {
		dev_warn(dev, "no interrupt: errors go unseen\n");
		out->irq = 0;
	}
	out->base_phys = res->start;
	out->base = ioremap(res->start, resource_size(res));
	if (!out->base) {
		dev_err(dev, "registers cannot be mapped\n");
		return -ENOMEM;
	}
	value = readl(out->base + TEGRA_CONFIG);
	if (!disable_cmdqv)
		return 0;
	dev_info(dev, "disabled by parameter\n");
	writel(value & ~TEGRA_EN, out->base + TEGRA_CONFIG);
	iounmap(out->base);
	return -ENODEV;
}

/* Return: 0; -ENODEV: a shape that leaves VINTFs without queues. */
static int read_geometry(struct tegra241_cmdqv *cmdqv)
{
	u32 param = readl_relaxed(cmdqv->base + TEGRA_PARAM);
	u32 vcmdqs = FIELD_GET(TEGRA_PARAM_VCMDQS, param);
	u32 vintfs = FIELD_GET(TEGRA_PARAM_VINTFS, param);

	if (vcmdqs < vintfs)
		return -ENODEV;
	cmdqv->version = FIELD_GET(TEGRA_PARAM_VER, param);
	cmdqv->num_vintfs = 1u << vintfs;
	cmdqv->num_lvcmdqs = 1u << (vcmdqs - vintfs);
	cmdqv->num_sids = 1u << FIELD_GET(TEGRA_PARAM_SIDS, param);
	return 0;
}

static int setup_block(struct tegra241_cmdqv *cmdqv,
		       const struct cmdqv_find *find)
{
	struct device *dev = cmdqv_dev(cmdqv);
	int ret;

	cmdqv->base = find->base;
	cmdqv->base_phys = find->base_phys;
	ret = read_geometry(cmdqv);
	if (ret)
		return ret;
	cmdqv->vintfs = kcalloc(cmdqv->num_vintfs, sizeof(*cmdqv->vintfs),
				GFP_KERNEL);
	if (!cmdqv->vintfs)
		return -ENOMEM;
	ida_init(&cmdqv->vintf_ids);
	if (!find->irq)
		return 0;
	/* An old error may interrupt at once: all it walks exists by now. */
	ret = request_threaded_irq(find->irq, NULL, error_thread, IRQF_ONESHOT,
				   dev_name(dev), cmdqv);
	if (ret) {
		dev_err(dev, "no interrupt handler: %d\n", ret);
		ida_destroy(&cmdqv->vintf_ids);
		kfree(cmdqv->vintfs);
		return ret;
	}
	cmdqv->irq = find->irq;
	return 0;
}

static struct tegra241_cmdqv *grow_smmu(struct arm_smmu_device *smmu)
{
	struct tegra241_cmdqv *cmdqv;

	static_assert(offsetof(struct tegra241_cmdqv, smmu) == 0);
	cmdqv = devm_krealloc(smmu->dev, smmu, sizeof(*cmdqv), GFP_KERNEL);
	if (cmdqv)
		memset((char *)cmdqv + sizeof(cmdqv->smmu), 0,
		       sizeof(*cmdqv) - sizeof(cmdqv->smmu));
	return cmdqv;
}

/* The SMMU's own queue will do. */
static struct arm_smmu_device *fall_back(struct arm_smmu_device *smmu)
{
	dev_info(smmu->impl_dev, "using the SMMU's own queue\n");
	smmu->options &= ~ARM_SMMU_OPT_TEGRA241_CMDQV;
	put_device(smmu->impl_dev);
	return smmu;
}

struct arm_smmu_device *tegra241_cmdqv_probe(struct arm_smmu_device *smmu)
{
	struct cmdqv_find find = {};
	struct tegra241_cmdqv *cmdqv;

	if (find_block(smmu->impl_dev, &find))
		return fall_back(smmu);
	cmdqv = grow_smmu(smmu);
	if (!cmdqv) {
		iounmap(find.base);
		return fall_back(smmu);
	}
	/* The old structure may be gone: only the new one from here on. */
	if (setup_block(cmdqv, &find)) {
		iounmap(find.base);
		return fall_back(&cmdqv->smmu);
	}
	cmdqv->smmu.impl_ops = &first_ops;
	return &cmdqv->smmu;
}

MODULE_DESCRIPTION("Tegra241 CMDQV");
MODULE_LICENSE("Dual MIT/GPL");
