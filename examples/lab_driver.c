// SPDX-License-Identifier: MIT
/*
 * vIOMMU ops of one's own, for the laboratory: they differ from the SMMUv3
 * driver's in how cache_invalidate batches.  Everything here is the kernel's;
 * lab_driver_test.c asks what it would cost.
 *
 * The ops wrap those that are there; what is not new is passed on.
 */
#include <linux/device.h>
#include <linux/iommu.h>
#include <linux/iommufd.h>
#include <linux/minmax.h>

#include "lab_driver.h"

static const struct iommu_ops *stock_ops;
static struct iommu_ops own_ops;
static const struct iommufd_viommu_ops *stock_viommu_ops;

/* A few commands at a time: others get at the queue in between. */
static int own_cache_invalidate(struct iommufd_viommu *viommu,
				struct iommu_user_data_array *array)
{
	u32 count = array->entry_num, done = 0;
	int ret = 0;

	while (done < count && !ret) {
		struct iommu_user_data_array part = {
			.type = array->type,
			.uptr = array->uptr + (size_t)done * array->entry_len,
			.entry_len = array->entry_len,
			.entry_num = min(count - done, (u32)OWN_CHUNK),
		};

		ret = stock_viommu_ops->cache_invalidate(viommu, &part);
		done += part.entry_num;
	}
	array->entry_num = done;
	return ret;
}

static struct iommu_domain *
own_alloc_domain_nested(struct iommufd_viommu *viommu, u32 flags,
			const struct iommu_user_data *user_data)
{
	return stock_viommu_ops->alloc_domain_nested(viommu, flags, user_data);
}

static int own_vdevice_init(struct iommufd_vdevice *vdev)
{
	return stock_viommu_ops->vdevice_init(vdev);
}

static const struct iommufd_viommu_ops own_viommu_ops = {
	.alloc_domain_nested = own_alloc_domain_nested,
	.cache_invalidate = own_cache_invalidate,
	.vdevice_init = own_vdevice_init,
};

static int own_viommu_init(struct iommufd_viommu *viommu,
			   struct iommu_domain *parent,
			   const struct iommu_user_data *user_data)
{
	int ret = stock_ops->viommu_init(viommu, parent, user_data);

	if (ret)
		return ret;
	stock_viommu_ops = viommu->ops;
	viommu->ops = &own_viommu_ops;
	return 0;
}

void lab_driver_install(struct device *dev)
{
	struct iommu_device *iommu = dev->iommu->iommu_dev;

	stock_ops = iommu->ops;
	own_ops = *stock_ops;
	own_ops.viommu_init = own_viommu_init;
	iommu->ops = &own_ops;
}

void lab_driver_remove(struct device *dev)
{
	dev->iommu->iommu_dev->ops = stock_ops;
}
