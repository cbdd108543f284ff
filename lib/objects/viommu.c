// SPDX-License-Identifier: MIT
/*
 * VIOMMU: a slice of a physical IOMMU, and what its driver asks of it.
 *
 * The driver says how large its structure is, the core allocates it, the driver
 * initialises it and, as the last step of success, sets ->ops.  From then on
 * its destroy is called, by whatever way the object ends.  The dispatcher
 * finishes the object: nothing needs a lock.
 */
#include "objects/objects.h"

#include <iommu-priv.h>
#include <linux/kcsan-checks.h>

#include "kit/driver_op.h"

void iommufd_viommu_destroy(struct iommufd_object *obj)
{
	struct iommufd_viommu *viommu =
		container_of(obj, struct iommufd_viommu, obj);

	if (viommu->ops && viommu->ops->destroy)
		driver_tell_as(viommu_destroy, viommu->ops->destroy(viommu));
	refcount_dec(&viommu->hwpt->common.obj.users);
	/* No point: whoever ends an object is alone with it. */
	if (WARN_ON(READ_ONCE_NOCHECK(viommu->vdevs.xa_head)))
		xa_destroy(&viommu->vdevs);
}

/* The size of the driver's structure, or -EOPNOTSUPP. */
static ssize_t viommu_size(struct iommufd_device *idev, u32 type)
{
	const struct iommu_ops *ops;
	size_t size;

	if (!iommufd_device_iommu(idev))
		return -EOPNOTSUPP;
	ops = dev_iommu_ops(idev->dev);
	if (!ops->get_viommu_size || !ops->viommu_init)
		return -EOPNOTSUPP;
	size = driver_ask(ops, get_viommu_size, idev->dev, type);
	if (!size)
		return -EOPNOTSUPP;
	if (WARN_ON_ONCE(size < sizeof(struct iommufd_viommu)))
		return -EOPNOTSUPP;
	return size;
}

static void viommu_init_core(struct iommufd_viommu *viommu,
			     struct iommufd_ctx *ictx,
			     struct iommufd_hwpt_paging *parent,
			     struct iommu_device *iommu_dev,
			     enum iommu_viommu_type type)
{
	xa_init(&viommu->vdevs);
	viommu->type = type;
	viommu->ictx = ictx;
	refcount_inc(&parent->common.obj.users);
	viommu->hwpt = parent;
	INIT_LIST_HEAD(&viommu->veventqs);
	init_rwsem(&viommu->veventqs_rwsem);
	/* Not counted: an instance outlives the devices behind it. */
	viommu->iommu_dev = iommu_dev;
}

static int viommu_init_driver(struct iommufd_viommu *viommu,
			      const struct iommu_viommu_alloc *cmd)
{
	const struct iommu_user_data data = {
		.type = cmd->type,
		.uptr = u64_to_user_ptr(cmd->data_uptr),
		.len = cmd->data_len,
	};
	int ret = driver_ask(viommu->iommu_dev->ops, viommu_init, viommu,
			     viommu->hwpt->common.domain,
			     cmd->data_len ? &data : NULL);

	if (ret)
		return ret;
	if (WARN_ON_ONCE(!viommu->ops))
		return -EOPNOTSUPP;
	return 0;
}

static int viommu_alloc_on(struct iommufd_ucmd *ucmd,
			   struct iommufd_device *idev, size_t size)
{
	struct iommu_viommu_alloc *cmd = ucmd->cmd;
	struct iommufd_hwpt_paging *parent;
	struct iommufd_viommu *viommu;
	struct iommufd_object *obj;
	int ret;

	parent = iommufd_get_hwpt_paging(ucmd->ictx, cmd->hwpt_id);
	if (IS_ERR(parent))
		return PTR_ERR(parent);
	ret = -EINVAL;
	if (!parent->nest_parent)
		goto out_parent;
	obj = iommufd_object_alloc_ucmd(ucmd, size, IOMMUFD_OBJ_VIOMMU);
	ret = PTR_ERR_OR_ZERO(obj);
	if (ret)
		goto out_parent;
	viommu = container_of(obj, struct iommufd_viommu, obj);
	viommu_init_core(viommu, ucmd->ictx, parent,
			 iommufd_device_iommu(idev), cmd->type);
	ret = viommu_init_driver(viommu, cmd);
	if (ret)
		goto out_parent;
	cmd->out_viommu_id = viommu->obj.id;
	return iommufd_ucmd_respond_put(ucmd, sizeof(*cmd),
					&parent->common.obj);

out_parent:
	iommufd_put_object(ucmd->ictx, &parent->common.obj);
	return ret;
}

int iommufd_viommu_alloc(struct iommufd_ucmd *ucmd)
{
	struct iommu_viommu_alloc *cmd = ucmd->cmd;
	struct iommufd_device *idev;
	ssize_t size;
	int ret;

	if (cmd->flags || cmd->type == IOMMU_VIOMMU_TYPE_DEFAULT)
		return -EOPNOTSUPP;
	idev = iommufd_get_device(ucmd->ictx, cmd->dev_id);
	if (IS_ERR(idev))
		return PTR_ERR(idev);
	size = viommu_size(idev, cmd->type);
	ret = size < 0 ? size : viommu_alloc_on(ucmd, idev, size);
	iommufd_put_object(ucmd->ictx, &idev->obj);
	return ret;
}

struct device *iommufd_viommu_find_dev(struct iommufd_viommu *viommu,
				       unsigned long vdev_id)
{
	struct iommufd_vdevice *vdev;

	lockdep_assert_held(&viommu->vdevs.xa_lock);
	/* A reserved slot reads as empty. */
	vdev = xa_load(&viommu->vdevs, vdev_id);
	if (!vdev)
		return NULL;
	kcsan_check_read(&vdev->idev, sizeof(vdev->idev));
	return iommufd_vdevice_to_device(vdev);
}

int iommufd_viommu_get_vdev_id(struct iommufd_viommu *viommu,
			       struct device *dev, unsigned long *vdev_id)
{
	struct iommufd_vdevice *vdev;
	unsigned long index;
	int ret = -ENOENT;

	if (WARN_ON_ONCE(!vdev_id))
		return -EINVAL;
	xa_lock(&viommu->vdevs);
	xa_for_each(&viommu->vdevs, index, vdev) {
		kcsan_check_read(&vdev->idev, sizeof(vdev->idev));
		if (iommufd_vdevice_to_device(vdev) != dev)
			continue;
		*vdev_id = index;
		ret = 0;
		break;
	}
	xa_unlock(&viommu->vdevs);
	return ret;
}
