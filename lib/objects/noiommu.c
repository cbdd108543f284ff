// SPDX-License-Identifier: MIT
/*
 * The page table of devices without IOMMU.
 *
 * No hardware walks it: it only pins the memory of the IOAS and answers what
 * the physical address of an IOVA is.
 */
#include "objects/objects.h"

#include <linux/generic_pt/iommu.h>
#include <linux/slab.h>

struct noiommu_domain {
	struct pt_iommu_amdv1 table;	/* its domain comes first */
};

BUILD_ASSERT(offsetof(struct noiommu_domain, table.iommu.domain) == 0);

static void noiommu_free(struct iommu_domain *domain)
{
	struct noiommu_domain *noiommu =
		container_of(domain, struct noiommu_domain, table.iommu.domain);

	pt_iommu_deinit(&noiommu->table.iommu);
	kfree(noiommu);
}

static const struct iommu_domain_ops noiommu_domain_ops = {
	IOMMU_PT_DOMAIN_OPS(amdv1),
	.free = noiommu_free,
};

static struct iommu_domain *
noiommu_alloc(struct device *dev, u32 flags,
	      const struct iommu_user_data *user_data)
{
	static const struct pt_iommu_amdv1_cfg config = {
		.common = { .hw_max_vasz_lg2 = 64, .hw_max_oasz_lg2 = 52 },
	};
	struct noiommu_domain *noiommu;
	int ret;

	if (flags || user_data)
		return ERR_PTR(-EOPNOTSUPP);
	noiommu = kzalloc_obj(*noiommu, GFP_KERNEL_ACCOUNT);
	if (!noiommu)
		return ERR_PTR(-ENOMEM);
	noiommu->table.iommu.domain.ops = &noiommu_domain_ops;
	ret = pt_iommu_amdv1_init(&noiommu->table, &config, GFP_KERNEL_ACCOUNT);
	if (ret) {
		noiommu_free(&noiommu->table.iommu.domain);
		return ERR_PTR(ret);
	}
	return &noiommu->table.iommu.domain;
}

const struct iommu_ops iommufd_noiommu_ops = {
	.domain_alloc_paging_flags = noiommu_alloc,
};
