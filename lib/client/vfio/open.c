// SPDX-License-Identifier: MIT
/*
 * Opened devices: bound to a context, attached, and let go.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/iommu.h>

#include "client/vfio/pci.h"

/* Counted; NULL if it is not plugged any more. */
static struct device *dev_get(const struct vfio_device *device)
{
	struct device *dev = uik_device_find(uik_this_machine(), device->name);

	if (dev && dev->sequence_ != device->sequence) {
		put_device(dev);
		return NULL;
	}
	return dev;
}

static int bind(struct vfio_device *device, struct iommufd_ctx *ictx)
{
	struct device *dev = dev_get(device);
	int ret;

	if (!dev)
		return -ENODEV;
	ret = binding_bind(ictx, dev, BINDING_VFIO, &device->devid,
			   &device->binding);
	put_device(dev);
	return ret == -EEXIST ? -EBUSY : ret;
}

static void unbind(struct vfio_device *device)
{
	binding_unbind(device->binding);
	device->binding = NULL;
}

int vfio_device_open(struct vfio_device *device, struct iommufd_ctx *ictx,
		     bool by_group)
{
	int ret;

	lockdep_assert_held(&device->host->lock);
	if (device->open_count) {
		if (!by_group)
			return -EINVAL;
		device->open_count++;
		return 0;
	}
	ret = bind(device, ictx);
	if (ret)
		return ret;
	device->pci = vfio_pci_new(device);
	if (!device->pci) {
		unbind(device);
		return -ENOMEM;
	}
	iommufd_ctx_get(ictx);
	device->ictx = ictx;
	device->open_count = 1;
	return 0;
}

void vfio_device_close(struct vfio_device *device)
{
	int pasid;

	lockdep_assert_held(&device->host->lock);
	if (--device->open_count)
		return;
	vfio_pci_free(device->pci);
	device->pci = NULL;
	while ((pasid = ida_find_first(&device->pasids)) >= 0)
		vfio_device_detach_pasid(device, pasid);
	vfio_device_detach(device);
	unbind(device);
	iommufd_ctx_put(device->ictx);
	device->ictx = NULL;
}

int vfio_device_attach(struct vfio_device *device, u32 *pt_id)
{
	struct iommufd_device *idev = device->binding->idev;
	int ret;

	if (device->attached)
		return iommufd_device_replace(idev, IOMMU_NO_PASID, pt_id);
	ret = iommufd_device_attach(idev, IOMMU_NO_PASID, pt_id);
	device->attached = !ret;
	return ret;
}

int vfio_device_attach_pasid(struct vfio_device *device, u32 pasid, u32 *pt_id)
{
	struct iommufd_device *idev = device->binding->idev;
	int ret;

	if (ida_exists(&device->pasids, pasid))
		return iommufd_device_replace(idev, pasid, pt_id);
	ret = ida_alloc_range(&device->pasids, pasid, pasid, GFP_KERNEL);
	if (ret < 0)
		return ret;
	ret = iommufd_device_attach(idev, pasid, pt_id);
	if (ret)
		ida_free(&device->pasids, pasid);
	return ret;
}

void vfio_device_detach(struct vfio_device *device)
{
	if (!device->attached)
		return;
	iommufd_device_detach(device->binding->idev, IOMMU_NO_PASID);
	device->attached = false;
}

void vfio_device_detach_pasid(struct vfio_device *device, u32 pasid)
{
	if (!ida_exists(&device->pasids, pasid))
		return;
	iommufd_device_detach(device->binding->idev, pasid);
	ida_free(&device->pasids, pasid);
}
