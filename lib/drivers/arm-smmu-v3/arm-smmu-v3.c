// SPDX-License-Identifier: MIT
/*
 * The SMMUv3 driver: finding SMMUs and the devices behind them.
 *
 * An SMMU is a platform device with a register region and wired interrupts
 * "eventq", "gerror" and, with PRI, "priq".  Without the property
 * "dma-coherent" its accesses do not snoop.  The string property "nvidia,cmdqv"
 * names the platform device of a CMDQV block beside it; "compatible" may name a
 * part with known errors.  The devices' properties are "pasid-num-bits",
 * "dma-can-stall" and "ats-supported".
 */
#include "arm-smmu-v3-impl.h"

#include <linux/module.h>
#include <linux/property.h>
#include <linux/slab.h>

#define SMMU3_MSI_IOVA_BASE 0x8000000
#define SMMU3_MSI_IOVA_LENGTH 0x100000

static bool disable_msipolling;
module_param(disable_msipolling, bool, 0444);
MODULE_PARM_DESC(disable_msipolling,
		 "Do not let CMD_SYNC complete by a write to memory");

static struct platform_driver smmu3_driver;

/* --- devices behind the SMMU --------------------------------------------- */

static bool smmu3_capable(struct device *dev, enum iommu_cap cap)
{
	struct smmu3_master *master = to_smmu3_master(dev);

	switch (cap) {
	case IOMMU_CAP_CACHE_COHERENCY:
		return master->sd->features & SMMU3_FEAT_COHERENT;
	case IOMMU_CAP_ENFORCE_CACHE_COHERENCY:
		return smmu3_master_canwbs(master);
	case IOMMU_CAP_NOEXEC:
	case IOMMU_CAP_DEFERRED_FLUSH:
		return true;
	case IOMMU_CAP_PCI_ATS_SUPPORTED:
		return master->ats_supported;
	default:
		return false;
	}
}

static void remove_streams(struct smmu3_master *master, unsigned int count)
{
	struct smmu3_device *sd = master->sd;

	mutex_lock(&sd->streams_lock);
	while (count--)
		xa_erase(&sd->streams, master->master.streams[count].id);
	mutex_unlock(&sd->streams_lock);
}

/* Return: 0; -ERANGE no such stream; -EBUSY it is another's; -ENOMEM. */
static int insert_stream(struct smmu3_master *master, u32 sid)
{
	struct smmu3_device *sd = master->sd;
	int ret;

	mutex_lock(&sd->streams_lock);
	ret = smmu3_strtab_prepare(sd, sid);
	if (!ret)
		ret = xa_insert(&sd->streams, sid, master, GFP_KERNEL);
	mutex_unlock(&sd->streams_lock);
	return ret;
}

static int insert_streams(struct smmu3_master *master,
			  const struct iommu_fwspec *fwspec)
{
	unsigned int i;
	int ret;

	master->master.streams = kcalloc(fwspec->num_ids,
					 sizeof(*master->master.streams),
					 GFP_KERNEL);
	if (!master->master.streams)
		return -ENOMEM;
	for (i = 0; i < fwspec->num_ids; i++) {
		ret = insert_stream(master, fwspec->ids[i]);
		if (ret) {
			dev_err(master->dev, "stream 0x%x: error %d\n",
				fwspec->ids[i], ret);
			remove_streams(master, i);
			kfree(master->master.streams);
			return ret;
		}
		master->master.streams[i].id = fwspec->ids[i];
	}
	master->master.num_streams = fwspec->num_ids;
	return 0;
}

static void read_properties(struct smmu3_master *master)
{
	struct smmu3_device *sd = master->sd;
	u32 pasid_bits = 0;

	device_property_read_u32(master->dev, "pasid-num-bits", &pasid_bits);
	master->ssid_bits = min_t(u32, pasid_bits, sd->ssid_bits);
	master->stall = sd->features & SMMU3_FEAT_STALL_FORCE ||
			(sd->features & SMMU3_FEAT_STALL &&
			 device_property_read_bool(master->dev,
						   "dma-can-stall"));
	master->ats_supported = sd->features & SMMU3_FEAT_ATS &&
				device_property_read_bool(master->dev,
							  "ats-supported");
}

static struct smmu3_device *find_smmu(const struct iommu_fwspec *fwspec)
{
	struct device *dev;
	struct smmu3_device *sd = NULL;

	if (!fwspec || !fwspec->iommu_fwnode)
		return NULL;
	dev = fwspec->iommu_fwnode->dev;
	if (dev && dev->driver == &smmu3_driver.driver)
		sd = dev_get_drvdata(dev);
	return sd;
}

static struct iommu_device *smmu3_probe_device(struct device *dev)
{
	struct iommu_fwspec *fwspec = dev_iommu_fwspec_get(dev);
	struct smmu3_device *sd = find_smmu(fwspec);
	struct smmu3_master *master;
	int ret;

	if (!sd)
		return ERR_PTR(-ENODEV);
	master = kzalloc(sizeof(*master), GFP_KERNEL);
	if (!master)
		return ERR_PTR(-ENOMEM);
	smmu3_master_init(master, sd, dev);
	read_properties(master);
	ret = insert_streams(master, fwspec);
	if (ret) {
		kfree(master);
		return ERR_PTR(ret);
	}
	dev_iommu_priv_set(dev, &master->master);
	return &sd->smmu->iommu;
}

static void smmu3_release_device(struct device *dev)
{
	struct smmu3_master *master = to_smmu3_master(dev);

	smmu3_master_fini(master);
	remove_streams(master, master->master.num_streams);
	dev_iommu_priv_set(dev, NULL);
	kfree(master->master.streams);
	kfree(master);
}

static int smmu3_of_xlate(struct device *dev,
			  const struct of_phandle_args *args)
{
	return iommu_fwspec_add_ids(dev, args->args, 1);
}

/* Where message interrupts are mapped for domains that translate. */
static void smmu3_get_resv_regions(struct device *dev, struct list_head *list)
{
	struct iommu_resv_region *region;

	region = iommu_alloc_resv_region(SMMU3_MSI_IOVA_BASE, SMMU3_MSI_IOVA_LENGTH,
					 IOMMU_WRITE | IOMMU_NOEXEC |
						 IOMMU_MMIO,
					 IOMMU_RESV_SW_MSI, GFP_KERNEL);
	if (region)
		list_add_tail(&region->list, list);
}

const struct iommu_ops smmu3_ops = {
	.identity_domain = &smmu3_identity_domain,
	.blocked_domain = &smmu3_blocked_domain,
	.release_domain = &smmu3_blocked_domain,
	.capable = smmu3_capable,
	.hw_info = smmu3_hw_info,
	.domain_alloc_paging_flags = smmu3_domain_alloc,
	.probe_device = smmu3_probe_device,
	.release_device = smmu3_release_device,
	.device_group = generic_device_group,
	.of_xlate = smmu3_of_xlate,
	.get_resv_regions = smmu3_get_resv_regions,
	.page_response = smmu3_page_response,
	.get_viommu_size = smmu3_get_viommu_size,
	.viommu_init = smmu3_viommu_init,
	.user_pasid_table = 1,
	.owner = THIS_MODULE,
};

/* --- the SMMU itself ----------------------------------------------------- */

static void device_fini(void *data)
{
	struct smmu3_device *sd = data;

	iopf_queue_free(sd->iopf_queue);
	ida_destroy(&sd->vmids);
	ida_destroy(&sd->asids);
	xa_destroy(&sd->streams);
	xa_destroy(&sd->rings);
	mutex_destroy(&sd->streams_lock);
}

static struct smmu3_device *device_new(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	struct smmu3_device *sd;
	int ret;

	sd = devm_kzalloc(dev, sizeof(*sd), GFP_KERNEL);
	if (!sd)
		return ERR_PTR(-ENOMEM);
	sd->dev = dev;
	mutex_init(&sd->streams_lock);
	xa_init(&sd->rings);
	xa_init(&sd->streams);
	ida_init(&sd->asids);
	ida_init(&sd->vmids);
	ret = devm_add_action_or_reset(dev, device_fini, sd);
	if (ret)
		return ERR_PTR(ret);
	sd->smmu = devm_kzalloc(dev, sizeof(*sd->smmu), GFP_KERNEL);
	if (!sd->smmu)
		return ERR_PTR(-ENOMEM);
	sd->smmu->dev = dev;
	platform_set_drvdata(pdev, sd);
	return sd;
}

static void impl_remove(void *data)
{
	struct smmu3_device *sd = data;
	struct arm_smmu_device *smmu = sd->smmu;

	if (smmu->impl_ops && smmu->impl_ops->device_remove)
		smmu->impl_ops->device_remove(smmu);
}

static void find_cmdqv(struct smmu3_device *sd)
{
	const char *name;

	if (device_property_read_string(sd->dev, "nvidia,cmdqv", &name))
		return;
	sd->smmu->impl_dev = bus_find_device_by_name(&platform_bus_type, NULL,
						     name);
	if (!sd->smmu->impl_dev) {
		dev_warn(sd->dev, "no device %s\n", name);
		return;
	}
	sd->smmu->options |= ARM_SMMU_OPT_TEGRA241_CMDQV;
}

/* Nothing in sd->smmu is linked by address yet: it may move. */
static int probe_impl(struct smmu3_device *sd)
{
	find_cmdqv(sd);
	if (sd->smmu->impl_dev &&
	    sd->smmu->options & ARM_SMMU_OPT_TEGRA241_CMDQV)
		sd->smmu = tegra241_cmdqv_probe(sd->smmu);
	return devm_add_action_or_reset(sd->dev, impl_remove, sd);
}

static int map_registers(struct platform_device *pdev, struct smmu3_device *sd)
{
	struct resource *res = platform_get_resource(pdev, IORESOURCE_MEM, 0);

	if (!res || resource_size(res) < SMMU3_REGION_SIZE) {
		dev_err(sd->dev, "no register region, or too small\n");
		return -EINVAL;
	}
	sd->base = devm_ioremap_resource(sd->dev, res);
	if (IS_ERR(sd->base))
		return PTR_ERR(sd->base);
	sd->smmu->base = sd->base;
	return 0;
}

static int init_queues(struct smmu3_device *sd)
{
	struct arm_smmu_device *smmu = sd->smmu;
	void __iomem *page1 = sd->base + SMMU3_PAGE1;
	int ret;

	smmu->cmdq.q.llq.max_n_shift = sd->cmdq_shift;
	ret = arm_smmu_init_one_queue(smmu, &smmu->cmdq.q, sd->base,
				      SMMU3_CMDQ_PROD, SMMU3_CMDQ_CONS,
				      CMDQ_ENT_DWORDS, "cmdq");
	if (!ret)
		ret = arm_smmu_cmdq_init(smmu, &smmu->cmdq);
	if (ret)
		return ret;
	sd->cmdq = smmu3_ring_of(smmu, &smmu->cmdq);
	ret = smmu3_ring_alloc(sd, &sd->evtq_shift, SMMU3_EVT_DWORDS, page1,
			       SMMU3_EVTQ_PROD, SMMU3_EVTQ_CONS, "evtq",
			       &sd->evtq);
	if (ret || !(sd->features & SMMU3_FEAT_PRI))
		return ret;
	return smmu3_ring_alloc(sd, &sd->priq_shift, SMMU3_PRI_DWORDS, page1,
				SMMU3_PRIQ_PROD, SMMU3_PRIQ_CONS, "priq",
				&sd->priq);
}

static int init_structures(struct smmu3_device *sd)
{
	const struct arm_smmu_impl_ops *ops = sd->smmu->impl_ops;
	int ret;

	ret = init_queues(sd);
	if (!ret)
		ret = smmu3_strtab_init(sd);
	if (ret)
		return ret;
	if (sd->features & (SMMU3_FEAT_STALL | SMMU3_FEAT_STALL_FORCE)) {
		sd->iopf_queue = iopf_queue_alloc(dev_name(sd->dev));
		if (!sd->iopf_queue)
			return -ENOMEM;
	}
	if (ops && ops->init_structures)
		return ops->init_structures(sd->smmu);
	return 0;
}

static int request_line(struct platform_device *pdev, struct smmu3_device *sd,
			const char *line, irq_handler_t hard,
			irq_handler_t thread)
{
	int irq = platform_get_irq_byname_optional(pdev, line);

	if (irq < 0) {
		dev_warn(sd->dev, "no %s interrupt\n", line);
		return 0;
	}
	return devm_request_threaded_irq(sd->dev, irq, hard, thread,
					 hard ? 0 : IRQF_ONESHOT, line, sd);
}

static int request_interrupts(struct platform_device *pdev,
			      struct smmu3_device *sd)
{
	int ret;

	ret = request_line(pdev, sd, "eventq", NULL, smmu3_evtq_thread);
	if (!ret)
		ret = request_line(pdev, sd, "gerror", smmu3_gerror_handler,
				   NULL);
	if (!ret && sd->priq)
		ret = request_line(pdev, sd, "priq", NULL, smmu3_priq_thread);
	return ret;
}

static void disable_action(void *data)
{
	struct smmu3_device *sd = data;
	const struct arm_smmu_impl_ops *ops = sd->smmu->impl_ops;

	if (ops && ops->device_disable)
		ops->device_disable(sd->smmu);
	smmu3_disable(sd);
}

/* What firmware and parameters say beside the identification registers. */
static void read_firmware(struct smmu3_device *sd)
{
	const char *compatible;

	if (!device_property_read_bool(sd->dev, "dma-coherent"))
		sd->features &= ~(SMMU3_FEAT_COHERENT | SMMU3_FEAT_MSI_POLL);
	if (!device_property_read_string(sd->dev, "compatible", &compatible) &&
	    !strcmp(compatible, "nvidia,tegra264-smmu"))
		sd->quirks |= SMMU3_QUIRK_REPEAT_INVALIDATE;
	if (READ_ONCE(disable_msipolling))
		sd->features &= ~SMMU3_FEAT_MSI_POLL;
}

static int register_iommu(struct smmu3_device *sd)
{
	struct iommu_device *iommu = &sd->smmu->iommu;
	int ret;

	iommu->fwnode = dev_fwnode(sd->dev);
	iommu->max_pasids = 1u << sd->ssid_bits;
	ret = iommu_device_sysfs_add(iommu, sd->dev, NULL, "%s",
				     dev_name(sd->dev));
	if (ret)
		return ret;
	ret = iommu_device_register(iommu, &smmu3_ops, sd->dev);
	if (ret)
		iommu_device_sysfs_remove(iommu);
	return ret;
}

static int smmu3_probe(struct platform_device *pdev)
{
	struct smmu3_device *sd = device_new(pdev);
	int ret;

	if (IS_ERR(sd))
		return PTR_ERR(sd);
	ret = probe_impl(sd);
	if (!ret)
		ret = map_registers(pdev, sd);
	if (!ret)
		ret = smmu3_read_features(sd);
	if (ret)
		return ret;
	read_firmware(sd);
	ret = init_structures(sd);
	if (!ret)
		ret = request_interrupts(pdev, sd);
	if (!ret)
		ret = smmu3_reset(sd);
	/* Also after a reset that got halfway. */
	if (!ret)
		ret = devm_add_action_or_reset(sd->dev, disable_action, sd);
	else
		smmu3_disable(sd);
	return ret ? ret : register_iommu(sd);
}

static void smmu3_remove(struct platform_device *pdev)
{
	struct smmu3_device *sd = platform_get_drvdata(pdev);

	iommu_device_unregister(&sd->smmu->iommu);
	iommu_device_sysfs_remove(&sd->smmu->iommu);
}

static void smmu3_shutdown(struct platform_device *pdev)
{
	disable_action(platform_get_drvdata(pdev));
}

static struct platform_driver smmu3_driver = {
	.driver = { .name = "arm-smmu-v3" },
	.probe = smmu3_probe,
	.remove = smmu3_remove,
	.shutdown = smmu3_shutdown,
};
module_platform_driver(smmu3_driver);

MODULE_DESCRIPTION("Arm SMMUv3");
MODULE_LICENSE("Dual MIT/GPL");
