/* SPDX-License-Identifier: MIT */
/*
 * The stand-in core.
 */
#include "arm_core.h"

#include <string.h>

#include <linux/slab.h>

struct core_event core_event;
unsigned int core_mmaps;
u64 core_mmap_phys;
int core_fail_mmap;

/* --- what drivers call --------------------------------------------------- */

struct device *iommufd_vdevice_to_device(struct iommufd_vdevice *vdev)
{
	/* There are no DEVICE objects here: the device itself. */
	return (struct device *)vdev->idev;
}

struct device *iommufd_viommu_find_dev(struct iommufd_viommu *viommu,
				       unsigned long vdev_id)
{
	struct iommufd_vdevice *vdev = xa_load(&viommu->vdevs, vdev_id);

	return vdev ? iommufd_vdevice_to_device(vdev) : NULL;
}

int iommufd_viommu_get_vdev_id(struct iommufd_viommu *viommu,
			       struct device *dev, unsigned long *vdev_id)
{
	struct iommufd_vdevice *vdev;
	unsigned long index;

	xa_for_each(&viommu->vdevs, index, vdev) {
		if (iommufd_vdevice_to_device(vdev) != dev)
			continue;
		*vdev_id = index;
		return 0;
	}
	return -ENOENT;
}

int iommufd_viommu_report_event(struct iommufd_viommu *viommu,
				enum iommu_veventq_type type, void *event_data,
				size_t data_len)
{
	core_event.count++;
	core_event.viommu = viommu;
	core_event.type = type;
	core_event.length = data_len;
	memcpy(core_event.data, event_data, data_len);
	return 0;
}

int _iommufd_alloc_mmap(struct iommufd_ctx *ictx, struct iommufd_object *owner,
			phys_addr_t mmio_addr, size_t length,
			unsigned long *offset)
{
	int ret = core_fail_mmap;

	core_fail_mmap = 0;
	if (ret)
		return ret;
	core_mmaps++;
	core_mmap_phys = mmio_addr;
	*offset = 0x1000;
	return 0;
}

void _iommufd_destroy_mmap(struct iommufd_ctx *ictx,
			   struct iommufd_object *owner, unsigned long offset)
{
	WARN_ON(offset != 0x1000);
	core_mmaps--;
}

int uik_hw_queue_depend(struct iommufd_hw_queue *dependent,
			struct iommufd_hw_queue *depended)
{
	if (dependent == depended)
		return -EINVAL;
	refcount_inc(&depended->obj.users);
	return 0;
}

void _iommufd_object_undepend(struct iommufd_object *obj_dependent,
			      struct iommufd_object *obj_depended)
{
	refcount_dec(&obj_depended->users);
}

/* --- objects ------------------------------------------------------------- */

int core_viommu_new(struct device *dev, struct iommu_domain *parent,
		    enum iommu_viommu_type type,
		    const struct iommu_user_data *data,
		    struct iommufd_viommu **out)
{
	const struct iommu_ops *ops = dev->iommu->iommu_dev->ops;
	size_t size = ops->get_viommu_size(dev, type);
	struct iommufd_viommu *viommu;
	int ret;

	if (!size)
		return -EOPNOTSUPP;
	viommu = kzalloc(size, GFP_KERNEL);
	if (!viommu)
		return -ENOMEM;
	xa_init(&viommu->vdevs);
	refcount_set(&viommu->obj.users, 1);
	viommu->iommu_dev = dev->iommu->iommu_dev;
	viommu->type = type;
	ret = ops->viommu_init(viommu, parent, data);
	if (ret) {
		WARN_ON(viommu->ops);
		kfree(viommu);
		return ret;
	}
	*out = viommu;
	return 0;
}

void core_viommu_free(struct iommufd_viommu *viommu)
{
	if (viommu->ops->destroy)
		viommu->ops->destroy(viommu);
	xa_destroy(&viommu->vdevs);
	kfree(viommu);
}

int core_vdevice_new(struct iommufd_viommu *viommu, struct device *dev,
		     u64 virt_id, struct iommufd_vdevice **out)
{
	size_t size = viommu->ops->vdevice_size;
	struct iommufd_vdevice *vdev;
	int ret;

	if (!size)
		size = sizeof(*vdev);
	vdev = kzalloc(size, GFP_KERNEL);
	if (!vdev)
		return -ENOMEM;
	vdev->viommu = viommu;
	vdev->idev = (struct iommufd_device *)dev;
	vdev->virt_id = virt_id;
	ret = viommu->ops->vdevice_init ? viommu->ops->vdevice_init(vdev) : 0;
	if (!ret)
		ret = xa_insert(&viommu->vdevs, virt_id, vdev, GFP_KERNEL);
	if (ret) {
		if (vdev->destroy)
			vdev->destroy(vdev);
		kfree(vdev);
		return ret;
	}
	*out = vdev;
	return 0;
}

void core_vdevice_free(struct iommufd_vdevice *vdev)
{
	if (vdev->destroy)
		vdev->destroy(vdev);
	xa_erase(&vdev->viommu->vdevs, vdev->virt_id);
	kfree(vdev);
}

int core_queue_new(struct iommufd_viommu *viommu, u32 index, u64 length,
		   phys_addr_t base, struct iommufd_hw_queue **out)
{
	enum iommu_hw_queue_type type = IOMMU_HW_QUEUE_TYPE_TEGRA241_CMDQV;
	struct iommufd_hw_queue *queue;
	size_t size;
	int ret;

	if (!viommu->ops->get_hw_queue_size)
		return -EOPNOTSUPP;
	size = viommu->ops->get_hw_queue_size(viommu, type);
	queue = kzalloc(size, GFP_KERNEL);
	if (!queue)
		return -ENOMEM;
	refcount_set(&queue->obj.users, 1);
	queue->viommu = viommu;
	queue->type = type;
	queue->length = length;
	ret = viommu->ops->hw_queue_init_phys(queue, index, base);
	if (ret) {
		if (queue->destroy)
			queue->destroy(queue);
		kfree(queue);
		return ret;
	}
	*out = queue;
	return 0;
}

int core_queue_free(struct iommufd_hw_queue *queue)
{
	if (refcount_read(&queue->obj.users) != 1)
		return -EBUSY;
	if (queue->destroy)
		queue->destroy(queue);
	kfree(queue);
	return 0;
}
