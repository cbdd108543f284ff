// SPDX-License-Identifier: MIT
/* Paging domains of the mock: page tables in memory, with dirty tracking. */
#include "mock.h"

#include <linux/bug.h>
#include <linux/slab.h>

/* The IOVA width of the HUGE type; DEFAULT's follows from its aperture. */
#define MOCK_HUGE_VASZ 38
#define MOCK_DEFAULT_VASZ 31

static void mock_domain_free(struct iommu_domain *domain)
{
	struct mock_iommu_domain *mock = to_mock_domain(domain);

	pt_iommu_deinit(&mock->iommu);
	kfree(mock);
}

/* Translations are not cached: nothing to sync. */
static const struct iommu_domain_ops mock_paging_ops = {
	IOMMU_PT_DOMAIN_OPS(amdv1),
	.free = mock_domain_free,
	.attach_dev = mock_domain_attach,
	.set_dev_pasid = mock_domain_set_pasid,
};

static int mock_set_dirty_tracking(struct iommu_domain *domain, bool enabled)
{
	to_mock_domain(domain)->dirty_tracking = enabled;
	return 0;
}

static const struct iommu_dirty_ops mock_dirty_ops = {
	IOMMU_PT_DIRTY_OPS(amdv1),
	.set_dirty_tracking = mock_set_dirty_tracking,
};

static int mock_init_table(struct mock_iommu_domain *mock, u32 type)
{
	struct pt_iommu_amdv1_cfg cfg = {
		.common.hw_max_vasz_lg2 = type == MOCK_IOMMUPT_HUGE ?
						  MOCK_HUGE_VASZ :
						  MOCK_DEFAULT_VASZ,
		.common.hw_max_oasz_lg2 = 52,
	};
	int rc = pt_iommu_amdv1_mock_init(&mock->amdv1, &cfg, GFP_KERNEL);

	if (rc)
		return rc;
	if (type == MOCK_IOMMUPT_HUGE) {
		mock->domain.pgsize_bitmap = MOCK_PAGE_SIZE * 2 |
					     MOCK_HUGE_PAGE_SIZE;
	} else {
		mock->domain.geometry.aperture_start = MOCK_APERTURE_START;
		mock->domain.geometry.aperture_end = MOCK_APERTURE_LAST;
	}
	return 0;
}

struct iommu_domain *
mock_domain_alloc_paging_flags(struct device *dev, u32 flags,
			       const struct iommu_user_data *user_data)
{
	const u32 known = IOMMU_HWPT_ALLOC_DIRTY_TRACKING |
			  IOMMU_HWPT_ALLOC_NEST_PARENT | IOMMU_HWPT_ALLOC_PASID;
	bool dirty = flags & IOMMU_HWPT_ALLOC_DIRTY_TRACKING;
	struct iommu_hwpt_selftest data = {};
	struct mock_iommu_domain *mock;
	int rc = 0;

	if (flags & ~known ||
	    (dirty && to_mock_dev(dev)->flags & MOCK_FLAGS_DEVICE_NO_DIRTY))
		return ERR_PTR(-EOPNOTSUPP);
	if (user_data && user_data->type != IOMMU_HWPT_DATA_SELFTEST)
		return ERR_PTR(-EOPNOTSUPP);
	if (user_data)
		rc = iommu_copy_struct_from_user(&data, user_data,
						 IOMMU_HWPT_DATA_SELFTEST,
						 iotlb);
	if (rc)
		return ERR_PTR(rc);
	if (data.pagetable_type > MOCK_IOMMUPT_HUGE)
		return ERR_PTR(-EOPNOTSUPP);
	mock = kzalloc_obj(*mock);
	if (!mock)
		return ERR_PTR(-ENOMEM);
	rc = mock_init_table(mock, data.pagetable_type);
	if (rc) {
		kfree(mock);
		return ERR_PTR(rc);
	}
	mock->domain.ops = &mock_paging_ops;
	mock->domain.dirty_ops = dirty ? &mock_dirty_ops : NULL;
	return &mock->domain;
}

bool mock_is_paging(struct iommu_domain *domain)
{
	return domain->ops == &mock_paging_ops;
}

int mock_set_dirty(struct iommu_domain *domain, unsigned long iova)
{
	struct pt_iommu *table = &to_mock_domain(domain)->iommu;

	return table->ops->set_dirty(table, iova);
}

bool mock_dirty_tracking(struct iommu_domain *domain)
{
	return to_mock_domain(domain)->dirty_tracking;
}
