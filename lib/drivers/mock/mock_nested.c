// SPDX-License-Identifier: MIT
/* Nested domains of the mock: an IOTLB that the guest can invalidate. */
#include "mock.h"

#include <linux/slab.h>

static void mock_nested_free(struct iommu_domain *domain)
{
	kfree(to_mock_nested(domain));
}

static int invalidate_entry(struct mock_iommu_domain_nested *nested,
			    const struct iommu_hwpt_invalidate_selftest *inv)
{
	unsigned int i;

	if (inv->flags & ~(u32)IOMMU_TEST_INVALIDATE_FLAG_ALL)
		return -EOPNOTSUPP;
	/* Also where ALL makes it mean nothing. */
	if (inv->iotlb_id > MOCK_NESTED_DOMAIN_IOTLB_ID_MAX)
		return -EINVAL;
	if (!(inv->flags & IOMMU_TEST_INVALIDATE_FLAG_ALL)) {
		nested->iotlb[inv->iotlb_id] = 0;
		return 0;
	}
	for (i = 0; i < MOCK_NESTED_DOMAIN_IOTLB_NUM; i++)
		nested->iotlb[i] = 0;
	return 0;
}

static int mock_nested_invalidate(struct iommu_domain *domain,
				  struct iommu_user_data_array *array)
{
	struct mock_iommu_domain_nested *nested = to_mock_nested(domain);
	struct iommu_hwpt_invalidate_selftest inv;
	int rc = 0;
	u32 i;

	if (array->type != IOMMU_HWPT_INVALIDATE_DATA_SELFTEST) {
		array->entry_num = 0;
		return -EINVAL;
	}
	for (i = 0; i < array->entry_num; i++) {
		rc = iommu_copy_struct_from_user_array(
			&inv, array, IOMMU_HWPT_INVALIDATE_DATA_SELFTEST, i,
			iotlb_id);
		if (!rc)
			rc = invalidate_entry(nested, &inv);
		if (rc)
			break;
	}
	array->entry_num = i;
	return rc;
}

static const struct iommu_domain_ops mock_nested_ops = {
	.free = mock_nested_free,
	.attach_dev = mock_domain_attach,
	.cache_invalidate_user = mock_nested_invalidate,
	.set_dev_pasid = mock_domain_set_pasid,
};

struct iommu_domain *mock_nested_alloc(struct mock_viommu *viommu, u32 flags,
				       const struct iommu_user_data *user_data)
{
	struct mock_iommu_domain_nested *nested;
	struct iommu_hwpt_selftest data;
	unsigned int i;
	int rc;

	if (flags & ~(u32)IOMMU_HWPT_ALLOC_PASID ||
	    user_data->type != IOMMU_HWPT_DATA_SELFTEST)
		return ERR_PTR(-EOPNOTSUPP);
	rc = iommu_copy_struct_from_user(&data, user_data,
					 IOMMU_HWPT_DATA_SELFTEST, iotlb);
	if (rc)
		return ERR_PTR(rc);
	nested = kzalloc_obj(*nested);
	if (!nested)
		return ERR_PTR(-ENOMEM);
	nested->domain.ops = &mock_nested_ops;
	nested->domain.type = IOMMU_DOMAIN_NESTED;
	nested->mock_viommu = viommu;
	for (i = 0; i < MOCK_NESTED_DOMAIN_IOTLB_NUM; i++)
		nested->iotlb[i] = data.iotlb;
	return &nested->domain;
}

struct iommu_domain *
mock_domain_alloc_nested(struct device *dev, struct iommu_domain *parent,
			 u32 flags, const struct iommu_user_data *user_data)
{
	/* Everything but a paging domain of ours cannot be a parent. */
	if (!parent || !mock_is_paging(parent))
		return ERR_PTR(-EINVAL);
	return mock_nested_alloc(NULL, flags, user_data);
}

bool mock_is_nested(struct iommu_domain *domain)
{
	return domain->ops == &mock_nested_ops;
}

u32 mock_nested_iotlb(struct iommu_domain *domain, unsigned int index)
{
	return to_mock_nested(domain)->iotlb[index];
}
