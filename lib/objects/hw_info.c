// SPDX-License-Identifier: MIT
/*
 * IOMMU_GET_HW_INFO: what the IOMMU behind a device is and can do.
 *
 * No device here is a PCI device, so the two capabilities that come from the
 * PASID control register are never reported.
 */
#include "objects/objects.h"

#include <linux/log2.h>
#include <linux/slab.h>

#include "kit/driver_op.h"

/* What the driver has to tell. */
struct description {
	void *data;			/* owned; NULL: nothing */
	u32 length;
	u32 type;
};

static int describe(struct iommufd_device *idev, struct description *desc)
{
	const struct iommu_ops *ops = iommufd_device_ops(idev);
	enum iommu_hw_info_type type = desc->type;

	if (!ops->hw_info) {
		desc->type = IOMMU_HW_INFO_TYPE_NONE;
		return 0;
	}
	desc->data = driver_ask(ops, hw_info, idev->dev, &desc->length, &type);
	if (IS_ERR(desc->data))
		return PTR_ERR(desc->data);
	if (WARN_ON_ONCE(type == IOMMU_HW_INFO_TYPE_NONE)) {
		kfree(desc->data);
		return -EOPNOTSUPP;
	}
	desc->type = type;
	return 0;
}

/* As much as fits; the rest of the user's room is cleared. */
static int give_data(const struct iommu_hw_info *cmd,
		     const struct description *desc)
{
	void __user *to = u64_to_user_ptr(cmd->data_uptr);
	u32 length = min(cmd->data_len, desc->length);

	if (length && copy_to_user(to, desc->data, length))
		return -EFAULT;
	if (cmd->data_len > length &&
	    clear_user(to + length, cmd->data_len - length))
		return -EFAULT;
	return 0;
}

static u64 capabilities(struct device *dev)
{
	u64 capabilities = 0;

	if (device_iommu_capable(dev, IOMMU_CAP_DIRTY_TRACKING))
		capabilities |= IOMMU_HW_CAP_DIRTY_TRACKING;
	if (!device_iommu_capable(dev, IOMMU_CAP_PCI_ATS_SUPPORTED))
		capabilities |= IOMMU_HW_CAP_PCI_ATS_NOT_SUPPORTED;
	return capabilities;
}

static int give_info(struct iommufd_ucmd *ucmd, struct iommufd_device *idev)
{
	struct iommu_hw_info *cmd = ucmd->cmd;
	struct description desc = { .type = cmd->in_data_type };
	u32 max_pasids;
	int ret;

	if (iommufd_device_is_noiommu(idev))
		return -EOPNOTSUPP;
	ret = describe(idev, &desc);
	if (ret)
		return ret;
	ret = give_data(cmd, &desc);
	kfree(desc.data);
	if (ret)
		return ret;
	max_pasids = idev->dev->iommu->max_pasids;
	cmd->data_len = desc.length;
	cmd->out_data_type = desc.type;
	cmd->out_capabilities = capabilities(idev->dev);
	cmd->out_max_pasid_log2 = max_pasids ? ilog2(max_pasids) : 0;
	return iommufd_ucmd_respond(ucmd, sizeof(*cmd));
}

int iommufd_get_hw_info(struct iommufd_ucmd *ucmd)
{
	struct iommu_hw_info *cmd = ucmd->cmd;
	struct iommufd_device *idev;
	int ret;

	if (cmd->flags & ~IOMMU_HW_INFO_FLAG_INPUT_TYPE ||
	    cmd->__reserved[0] || cmd->__reserved[1] || cmd->__reserved[2])
		return -EOPNOTSUPP;
	if (!(cmd->flags & IOMMU_HW_INFO_FLAG_INPUT_TYPE))
		cmd->in_data_type = IOMMU_HW_INFO_TYPE_DEFAULT;
	idev = iommufd_get_device(ucmd->ictx, cmd->dev_id);
	if (IS_ERR(idev))
		return PTR_ERR(idev);
	ret = give_info(ucmd, idev);
	iommufd_put_object(ucmd->ictx, &idev->obj);
	return ret;
}
