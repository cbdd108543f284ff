// SPDX-License-Identifier: MIT
/*
 * Devices: bound by the driver that owns them, unbound by it.
 *
 * Binding claims DMA ownership of the device's group with the context as
 * owner, so all devices of a group are bound to one context.  A device without
 * IOMMU has a private group record and none of the checks.
 *
 * A vDEVICE holds its device (users and wait_cnt), and unbinding must not fail
 * because of it: before it waits it destroys the vDEVICE and leaves a tombstone
 * for its ID, so that a user who remembers that ID does not destroy something
 * else.
 *
 * Attaching is attach.c's.
 */
#include "objects/objects.h"

#include <iommu-priv.h>
#include <linux/device.h>
#include <linux/kcsan-checks.h>
#include <linux/module.h>

static bool allow_unsafe_interrupts;
module_param(allow_unsafe_interrupts, bool, 0644);
MODULE_PARM_DESC(allow_unsafe_interrupts,
		 "bind devices whose interrupts are not isolated");

const struct iommu_ops *iommufd_device_ops(struct iommufd_device *idev)
{
	if (iommufd_device_is_noiommu(idev))
		return &iommufd_noiommu_ops;
	return dev_iommu_ops(idev->dev);
}

struct iommu_device *iommufd_device_iommu(struct iommufd_device *idev)
{
	if (iommufd_device_is_noiommu(idev))
		return NULL;
	if (WARN_ON(!idev->dev->iommu || !idev->dev->iommu->iommu_dev))
		return NULL;
	return idev->dev->iommu->iommu_dev;
}

struct iommufd_ctx *iommufd_device_to_ictx(struct iommufd_device *idev)
{
	return idev->ictx;
}

u32 iommufd_device_to_id(struct iommufd_device *idev)
{
	return idev->obj.id;
}

static int check_interrupts(struct device *dev, struct iommu_group *group)
{
	if (iommufd_selftest_is_mock_dev(dev) ||
	    iommu_group_has_isolated_msi(group))
		return 0;
	if (!allow_unsafe_interrupts)
		return -EPERM;
	dev_warn(dev, "interrupts are not isolated, allowed by parameter\n");
	return 0;
}

/* Group record and ownership: 0, and idev->igroup is set, or -errno. */
static int claim_device(struct iommufd_ctx *ictx, struct iommufd_device *idev,
			struct device *dev)
{
	struct iommufd_group *igroup;
	int ret;

	if (!device_iommu_capable(dev, IOMMU_CAP_CACHE_COHERENCY))
		return -EINVAL;
	igroup = iommufd_group_get(ictx, dev);
	if (IS_ERR(igroup))
		return PTR_ERR(igroup);
	ret = check_interrupts(dev, igroup->group);
	if (ret)
		goto out_group;
	ret = iommu_device_claim_dma_owner(dev, ictx);
	if (ret)
		goto out_group;
	idev->enforce_cache_coherency =
		device_iommu_capable(dev, IOMMU_CAP_ENFORCE_CACHE_COHERENCY);
	idev->igroup = igroup;
	return 0;

out_group:
	iommufd_group_put(igroup);
	return ret;
}

static int claim_noiommu(struct iommufd_ctx *ictx, struct iommufd_device *idev)
{
	struct iommufd_group *igroup = iommufd_group_get_noiommu(ictx);

	if (IS_ERR(igroup))
		return PTR_ERR(igroup);
	idev->igroup = igroup;
	return 0;
}

struct iommufd_device *iommufd_device_bind(struct iommufd_ctx *ictx,
					   struct device *dev, u32 *id)
{
	struct iommufd_device *idev;
	int ret;

	idev = iommufd_object_alloc(ictx, idev, IOMMUFD_OBJ_DEVICE);
	if (IS_ERR(idev))
		return idev;
	ret = dev->iommu ? claim_device(ictx, idev, dev) :
			   claim_noiommu(ictx, idev);
	if (ret) {
		iommufd_object_abort(ictx, &idev->obj);
		return ERR_PTR(ret);
	}
	idev->ictx = ictx;
	idev->dev = dev;
	if (!iommufd_selftest_is_mock_dev(dev))
		iommufd_ctx_get(ictx);
	/* The driver's, dropped by unbind. */
	refcount_inc(&idev->obj.users);
	*id = idev->obj.id;
	iommufd_object_finalize(ictx, &idev->obj);
	return idev;
}

void iommufd_device_unbind(struct iommufd_device *idev)
{
	iommufd_object_destroy_user(idev->ictx, &idev->obj);
}

void iommufd_device_pre_destroy(struct iommufd_object *obj)
{
	struct iommufd_device *idev =
		container_of(obj, struct iommufd_device, obj);
	struct iommufd_vdevice *vdev;

	mutex_lock(&idev->igroup->lock);
	kcsan_check_write(&idev->destroying, sizeof(idev->destroying));
	kcsan_check_read(&idev->vdev, sizeof(idev->vdev));
	idev->destroying = true;
	vdev = idev->vdev;
	/* If a user is destroying it, the wait for us covers that. */
	if (vdev && iommufd_try_inc_users(idev->ictx, &vdev->obj))
		vdev = NULL;
	mutex_unlock(&idev->igroup->lock);
	/* Its destruction takes the lock; our count keeps it until then. */
	if (vdev)
		iommufd_object_tombstone_user(idev->ictx, &vdev->obj);
}

void iommufd_device_destroy(struct iommufd_object *obj)
{
	struct iommufd_device *idev =
		container_of(obj, struct iommufd_device, obj);

	if (!idev->igroup)
		return;
	WARN_ON(idev->vdev);
	if (!iommufd_device_is_noiommu(idev))
		iommu_device_release_dma_owner(idev->dev);
	iommufd_group_put(idev->igroup);
	/* May be the last reference: the context then ends in here. */
	if (!iommufd_selftest_is_mock_dev(idev->dev))
		iommufd_ctx_put(idev->ictx);
}

bool iommufd_ctx_has_group(struct iommufd_ctx *ictx, struct iommu_group *group)
{
	struct iommufd_object *obj;
	bool found = false;
	u32 id;

	if (!ictx || !group)
		return false;
	iommufd_objects_lock(ictx);
	idmap_for_each(&ictx->objects, id, obj) {
		if (obj->type != IOMMUFD_OBJ_DEVICE)
			continue;
		found = container_of(obj, struct iommufd_device, obj)
				->igroup->group == group;
		if (found)
			break;
	}
	iommufd_objects_unlock(ictx);
	return found;
}
