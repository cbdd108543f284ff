/* SPDX-License-Identifier: MIT */
/*
 * Short words for tests of the SMMUv3 driver on the bench rig: a booted rig, a
 * device on it, a domain for it.
 */
#ifndef TESTS_ARM_BENCH_H
#define TESTS_ARM_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <linux/iommu.h>
#include <uik/machine.h>
#include <uik/task.h>

#include "arm-smmu-v3-impl.h"
#include "arm_core.h"
#include "arm_rig.h"

static inline struct rig *bench_boot(const struct rig_config *config)
{
	struct rig *rig = rig_new(config);

	assert_int_equal(rig_boot(rig), 0);
	return rig;
}

static inline struct rig *bench_boot_default(void)
{
	struct rig_config config;

	rig_config_init(&config);
	return bench_boot(&config);
}

static inline struct smmu3_device *bench_sd(struct rig *rig)
{
	return dev_get_drvdata(&rig->smmu_dev->dev);
}

/* A device with one stream that can stall, has ATS and 8 bits of PASID. */
static inline struct platform_device *bench_plug(struct rig *rig,
						 const char *name, u32 sid)
{
	const struct property_entry properties[] = {
		PROPERTY_ENTRY_U32("pasid-num-bits", 8),
		PROPERTY_ENTRY_BOOL("dma-can-stall"),
		PROPERTY_ENTRY_BOOL("ats-supported"),
		{},
	};
	struct platform_device *pdev =
		rig_plug(rig, name, &sid, 1, properties);

	assert_non_null(pdev);
	return pdev;
}

static inline struct iommu_domain *bench_domain(struct device *dev, u32 flags)
{
	const struct iommu_ops *ops = dev->iommu->iommu_dev->ops;
	struct iommu_domain *domain =
		ops->domain_alloc_paging_flags(dev, flags, NULL);

	assert_false(IS_ERR(domain));
	domain->owner = ops;
	return domain;
}

/* Attaches as iommufd does, also over another domain. */
static inline int bench_attach(struct device *dev, struct iommu_domain *domain,
			       struct iommu_attach_handle *handle)
{
	struct iommu_group *group = iommu_group_get(dev);
	int ret;

	if (iommu_attach_handle_get(group, IOMMU_NO_PASID, 0) ==
	    ERR_PTR(-ENOENT))
		ret = iommu_attach_group_handle(domain, group, handle);
	else
		ret = iommu_replace_group_handle(group, domain, handle);
	iommu_group_put(group);
	return ret;
}

static inline void bench_detach(struct device *dev)
{
	struct iommu_group *group = iommu_group_get(dev);

	iommu_detach_group_handle(iommu_get_domain_for_dev(dev), group);
	iommu_group_put(group);
}

static inline const u64 *bench_ste(struct rig *rig, u32 sid)
{
	return (const u64 *)smmu3_strtab_entry(bench_sd(rig), sid);
}

static inline u32 bench_config(struct rig *rig, u32 sid)
{
	const u64 *ste = bench_ste(rig, sid);

	assert_true(ste[0] & SMMU3_STE0_V);
	return FIELD_GET(SMMU3_STE0_CONFIG, ste[0]);
}

static inline u64 bench_blocks(struct rig *rig)
{
	struct uik_audit audit;

	uik_machine_audit(rig->machine, &audit);
	return audit.blocks;
}

static inline u64 bench_warnings(struct rig *rig)
{
	struct uik_audit audit;

	uik_machine_audit(rig->machine, &audit);
	return audit.warnings;
}

#endif
