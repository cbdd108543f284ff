// SPDX-License-Identifier: MIT
/*
 * Virtual IOMMUs of the mock: pages shared with user space, and caches of
 * devices that a guest invalidates by its own names for them.
 */
#include "mock.h"

#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

size_t mock_get_viommu_size(struct device *dev,
			    enum iommu_viommu_type viommu_type)
{
	if ((u32)viommu_type != IOMMU_VIOMMU_TYPE_SELFTEST)
		return 0;
	return VIOMMU_STRUCT_SIZE(struct mock_viommu, core);
}

static void mock_viommu_destroy(struct iommufd_viommu *viommu)
{
	struct mock_viommu *mock = to_mock_viommu(viommu);

	if (mock->mmap_offset)
		iommufd_viommu_destroy_mmap(viommu, mock->mmap_offset);
	free_pages((unsigned long)mock->page, MOCK_VIOMMU_ORDER);
	mutex_destroy(&mock->queue_mutex);
}

static struct iommu_domain *
mock_viommu_alloc_nested(struct iommufd_viommu *viommu, u32 flags,
			 const struct iommu_user_data *user_data)
{
	return mock_nested_alloc(to_mock_viommu(viommu), flags, user_data);
}

/* --- invalidation --------------------------------------------------------- */

/* The lock of @viommu->vdevs keeps the device. */
static int invalidate_locked(struct iommufd_viommu *viommu,
			     const struct iommu_viommu_invalidate_selftest *inv)
{
	struct mock_dev *mdev;
	struct device *dev;

	dev = iommufd_viommu_find_dev(viommu, inv->vdev_id);
	if (!dev)
		return -EINVAL;
	mdev = to_mock_dev(dev);
	if (inv->flags & IOMMU_TEST_INVALIDATE_FLAG_ALL)
		memset(mdev->cache, 0, sizeof(mdev->cache));
	else
		mdev->cache[inv->cache_id] = 0;
	return 0;
}

static int invalidate_cache(struct iommufd_viommu *viommu,
			    const struct iommu_viommu_invalidate_selftest *inv)
{
	int rc;

	if (inv->flags & ~(u32)IOMMU_TEST_INVALIDATE_FLAG_ALL)
		return -EOPNOTSUPP;
	/* Also where ALL makes it mean nothing. */
	if (inv->cache_id > MOCK_DEV_CACHE_ID_MAX)
		return -EINVAL;
	xa_lock(&viommu->vdevs);
	rc = invalidate_locked(viommu, inv);
	xa_unlock(&viommu->vdevs);
	return rc;
}

/* What one piece of contiguous memory can be at most. */
#define MOCK_ARRAY_BYTES_MAX (PAGE_SIZE << MAX_PAGE_ORDER)

static int mock_viommu_invalidate(struct iommufd_viommu *viommu,
				  struct iommu_user_data_array *array)
{
	struct iommu_viommu_invalidate_selftest *cmds;
	int rc = 0;
	u32 i = 0;

	/* An empty array asks whether the type is known. */
	if (!array->entry_num &&
	    array->type == IOMMU_VIOMMU_INVALIDATE_DATA_SELFTEST)
		return 0;
	/* Then nothing is reported of how far it got: spec/80 9.3. */
	if (array->entry_num > MOCK_ARRAY_BYTES_MAX / sizeof(*cmds))
		return -ENOMEM;
	cmds = kzalloc_objs(*cmds, array->entry_num);
	if (!cmds)
		return -ENOMEM;
	rc = iommu_copy_struct_from_full_user_array(
		cmds, sizeof(*cmds), array,
		IOMMU_VIOMMU_INVALIDATE_DATA_SELFTEST);
	while (!rc && i < array->entry_num) {
		rc = invalidate_cache(viommu, &cmds[i]);
		if (!rc)
			i++;
	}
	array->entry_num = i;
	kfree(cmds);
	return rc;
}

static const struct iommufd_viommu_ops mock_viommu_ops = {
	.destroy = mock_viommu_destroy,
	.alloc_domain_nested = mock_viommu_alloc_nested,
	.cache_invalidate = mock_viommu_invalidate,
	.get_hw_queue_size = mock_get_hw_queue_size,
	.hw_queue_init_phys = mock_hw_queue_init,
};

/* --- making --------------------------------------------------------------- */

/* Pages for user space, and what user space has to know about them. */
static int share_pages(struct mock_viommu *mock,
		       struct iommu_viommu_selftest *data,
		       const struct iommu_user_data *user_data)
{
	int rc;

	mock->page = (u32 *)__get_free_pages(GFP_KERNEL | __GFP_ZERO,
					     MOCK_VIOMMU_ORDER);
	if (!mock->page)
		return -ENOMEM;
	rc = iommufd_viommu_alloc_mmap(&mock->core, __pa(mock->page),
				       PAGE_SIZE << MOCK_VIOMMU_ORDER,
				       &mock->mmap_offset);
	if (rc)
		goto err_free;
	*mock->page = data->in_data;
	data->out_data = data->in_data;
	data->out_mmap_length = PAGE_SIZE << MOCK_VIOMMU_ORDER;
	data->out_mmap_offset = mock->mmap_offset;
	rc = iommu_copy_struct_to_user(user_data, data,
				       IOMMU_VIOMMU_TYPE_SELFTEST, out_data);
	if (!rc)
		return 0;
	iommufd_viommu_destroy_mmap(&mock->core, mock->mmap_offset);
err_free:
	free_pages((unsigned long)mock->page, MOCK_VIOMMU_ORDER);
	return rc;
}

int mock_viommu_init(struct iommufd_viommu *viommu,
		     struct iommu_domain *parent_domain,
		     const struct iommu_user_data *user_data)
{
	struct mock_viommu *mock = to_mock_viommu(viommu);
	struct iommu_viommu_selftest data;
	int rc;

	if (user_data) {
		rc = iommu_copy_struct_from_user(&data, user_data,
						 IOMMU_VIOMMU_TYPE_SELFTEST,
						 out_data);
		if (!rc)
			rc = share_pages(mock, &data, user_data);
		if (rc)
			return rc;
	}
	mutex_init(&mock->queue_mutex);
	mock->s2_parent = to_mock_domain(parent_domain);
	viommu->ops = &mock_viommu_ops;
	return 0;
}
