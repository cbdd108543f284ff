// SPDX-License-Identifier: MIT
/*
 * VDEVICE: a device as a guest sees it behind a vIOMMU.
 *
 * The contract with the IOMMU driver:
 *
 *   1. The ops say how large the driver's structure is (vdevice_size, 0: the
 *      core's alone) and may have vdevice_init.  A size without init, or one
 *      smaller than the core's structure, is a bug of the driver.
 *   2. The slot of virt_id is reserved before vdevice_init and filled after it
 *      has returned 0: a vDEVICE that the driver has not accepted cannot be
 *      found, yet its virt_id cannot be taken twice.
 *   3. vdev->destroy is NULL until the driver sets it.  Whatever way the
 *      vDEVICE ends, it is called at most once, and before the vDEVICE leaves
 *      the vIOMMU's map and the vIOMMU loses its reference.
 *   4. All this happens under the lock of the device's group, from before the
 *      object exists until it is finished, as does the end.
 *
 * A device has at most one vDEVICE.  The vDEVICE holds it with users and
 * wait_cnt, so that the device's end can wait for it; see device.c.
 */
#include "objects/objects.h"

#include <linux/kcsan-checks.h>

#include "kit/driver_op.h"

static struct iommufd_vdevice *to_vdevice(struct iommufd_object *obj)
{
	return container_of(obj, struct iommufd_vdevice, obj);
}

struct device *iommufd_vdevice_to_device(struct iommufd_vdevice *vdev)
{
	return vdev->idev->dev;
}

/* Before the eyes of watchers: it leaves @viommu, and @idev may have another. */
static noinline void show_unlink(struct iommufd_vdevice *vdev)
{
	/* Whoever has found it there is done with it. */
	kcsan_check_write(&vdev->idev, sizeof(vdev->idev));
	refcount_dec(&vdev->viommu->obj.users);
	kcsan_check_write(&vdev->idev->vdev, sizeof(vdev->idev->vdev));
}

/* Under the group's lock. */
static __always_inline void undo_locked(struct iommufd_vdevice *vdev)
{
	struct iommufd_viommu *viommu = vdev->viommu;
	struct iommufd_device *idev = vdev->idev;

	if (vdev->destroy)
		driver_tell_as(vdevice_destroy, vdev->destroy(vdev));
	/* Not if the slot is another's, which is why this one is aborted. */
	xa_cmpxchg(&viommu->vdevs, vdev->virt_id, vdev, NULL, GFP_KERNEL);
	if (uik_is_watched())
		show_unlink(vdev);
	else
		uik_ref_dec(&viommu->obj.users);
	idev->vdev = NULL;
}

void iommufd_vdevice_abort(struct iommufd_object *obj)
{
	struct iommufd_vdevice *vdev = to_vdevice(obj);

	lockdep_assert_held(&vdev->idev->igroup->lock);
	undo_locked(vdev);
}

void iommufd_vdevice_destroy(struct iommufd_object *obj)
{
	struct iommufd_vdevice *vdev = to_vdevice(obj);
	struct iommufd_device *idev = vdev->idev;
	struct iommufd_ctx *ictx = idev->ictx;

	mutex_lock(&idev->igroup->lock);
	undo_locked(vdev);
	mutex_unlock(&idev->igroup->lock);
	/* May let an unbind go on, which frees the device and its lock. */
	iommufd_put_object(ictx, &idev->obj);
}

/* The size to allocate, or -EOPNOTSUPP. */
static ssize_t vdevice_size(const struct iommufd_viommu_ops *ops)
{
	if (!ops || !ops->vdevice_size)
		return sizeof(struct iommufd_vdevice);
	if (WARN_ON_ONCE(ops->vdevice_size < sizeof(struct iommufd_vdevice) ||
			 !ops->vdevice_init))
		return -EOPNOTSUPP;
	return ops->vdevice_size;
}

/* Reserve, ask the driver, publish: 0 or -errno. */
static int enter_viommu(struct iommufd_vdevice *vdev)
{
	struct iommufd_viommu *viommu = vdev->viommu;
	bool has_init = viommu->ops && viommu->ops->vdevice_init;
	int ret;

	/* Without a driver to ask, reserving and publishing are one. */
	ret = xa_insert(&viommu->vdevs, vdev->virt_id, has_init ? NULL : vdev,
			GFP_KERNEL_ACCOUNT);
	if (ret)
		return ret == -EBUSY ? -EEXIST : ret;
	if (!has_init)
		return 0;
	ret = driver_ask(viommu->ops, vdevice_init, vdev);
	if (ret) {
		xa_release(&viommu->vdevs, vdev->virt_id);
		return ret;
	}
	/* Needs no memory; releases what the driver has built. */
	WARN_ON(xa_is_err(xa_store(&viommu->vdevs, vdev->virt_id, vdev,
				   GFP_KERNEL_ACCOUNT)));
	return 0;
}

/* The same, told to watchers step by step. */
static noinline int check_device_slow(struct iommufd_device *idev)
{
	kcsan_check_read(&idev->destroying, sizeof(idev->destroying));
	if (idev->destroying)
		return -ENOENT;
	kcsan_check_read(&idev->vdev, sizeof(idev->vdev));
	return idev->vdev ? -EEXIST : 0;
}

/* Whether it may have a vDEVICE: 0, -ENOENT, -EEXIST. */
static __always_inline int check_device(struct iommufd_device *idev)
{
	if (unlikely(idev->destroying) ||
	    uik_some_or_watched((unsigned long)idev->vdev))
		return check_device_slow(idev);
	return 0;
}

static noinline void show_link(struct iommufd_viommu *viommu,
			       struct iommufd_device *idev)
{
	refcount_inc(&viommu->obj.users);
	kcsan_check_write(&idev->vdev, sizeof(idev->vdev));
}

/* @vdev, which only the caller knows, is @idev's and counts in its vIOMMU. */
static __always_inline void link_device(struct iommufd_vdevice *vdev,
					struct iommufd_device *idev)
{
	vdev->idev = idev;
	if (uik_is_watched())
		show_link(vdev->viommu, idev);
	else
		uik_ref_add(1, &vdev->viommu->obj.users, NULL);
	idev->vdev = vdev;
}

static int vdevice_alloc_locked(struct iommufd_ucmd *ucmd,
				struct iommufd_viommu *viommu,
				struct iommufd_device *idev)
{
	struct iommu_vdevice_alloc *cmd = ucmd->cmd;
	struct iommufd_vdevice *vdev;
	struct iommufd_object *obj;
	ssize_t size;
	int ret;

	lockdep_assert_held(&idev->igroup->lock);
	ret = check_device(idev);
	if (ret)
		return ret;
	size = vdevice_size(viommu->ops);
	if (size < 0)
		return size;
	obj = iommufd_object_alloc_size(ucmd->ictx, size, IOMMUFD_OBJ_VDEVICE);
	if (IS_ERR(obj))
		return PTR_ERR(obj);
	vdev = to_vdevice(obj);
	vdev->virt_id = cmd->virt_id;
	vdev->viommu = viommu;
	link_device(vdev, idev);
	ret = enter_viommu(vdev);
	if (!ret) {
		cmd->out_vdevice_id = vdev->obj.id;
		ret = iommufd_ucmd_respond(ucmd, sizeof(*cmd));
	}
	return iommufd_object_finish(ucmd->ictx, &vdev->obj, ret);
}

static int vdevice_alloc_on(struct iommufd_ucmd *ucmd,
			    struct iommufd_viommu *viommu,
			    struct iommufd_device *idev)
{
	struct iommu_device *iommu_dev = iommufd_device_iommu(idev);
	int ret;

	if (!iommu_dev || iommu_dev != viommu->iommu_dev)
		return -EINVAL;
	mutex_lock(&idev->igroup->lock);
	ret = vdevice_alloc_locked(ucmd, viommu, idev);
	mutex_unlock(&idev->igroup->lock);
	return ret;
}

int iommufd_vdevice_alloc(struct iommufd_ucmd *ucmd)
{
	struct iommu_vdevice_alloc *cmd = ucmd->cmd;
	struct iommufd_viommu *viommu;
	struct iommufd_device *idev;
	int ret;

	BUILD_ASSERT(sizeof(cmd->virt_id) == sizeof(unsigned long));
	viommu = iommufd_get_viommu(ucmd->ictx, cmd->viommu_id);
	if (IS_ERR(viommu))
		return PTR_ERR(viommu);
	idev = iommufd_get_device(ucmd->ictx, cmd->dev_id);
	ret = PTR_ERR_OR_ZERO(idev);
	if (ret)
		goto out_viommu;
	ret = vdevice_alloc_on(ucmd, viommu, idev);
	/* On success it is the vDEVICE's. */
	if (ret)
		iommufd_put_object(ucmd->ictx, &idev->obj);
out_viommu:
	iommufd_put_object(ucmd->ictx, &viommu->obj);
	return ret;
}
