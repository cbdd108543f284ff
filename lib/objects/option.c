// SPDX-License-Identifier: MIT
/*
 * IOMMU_OPTION.  The huge page option is the IOAS's (ioas.c); this file has the
 * accounting mode, which is the context's and can be set while it has nothing.
 */
#include "objects/objects.h"

#include <linux/capability.h>

/* Tombstones count: an ID that was in use is not nothing. */
static int set_account_mode(struct iommufd_ctx *ictx, u64 value)
{
	int ret = 0;

	if (!capable(CAP_SYS_RESOURCE))
		return -EPERM;
	iommufd_objects_lock(ictx);
	if (!idmap_is_empty(&ictx->objects))
		ret = -EBUSY;
	else if (value == 0)
		ictx->account_mode = IOMMUFD_ACCOUNT_USER;
	else if (value == 1)
		ictx->account_mode = IOMMUFD_ACCOUNT_MM;
	else
		ret = -EINVAL;
	iommufd_objects_unlock(ictx);
	return ret;
}

static int option_rlimit_mode(struct iommufd_ctx *ictx,
			      struct iommu_option *cmd)
{
	if (cmd->object_id)
		return -EOPNOTSUPP;
	if (cmd->op == IOMMU_OPTION_OP_GET) {
		cmd->val64 = READ_ONCE(ictx->account_mode) ==
			     IOMMUFD_ACCOUNT_MM;
		return 0;
	}
	if (cmd->op == IOMMU_OPTION_OP_SET)
		return set_account_mode(ictx, cmd->val64);
	return -EOPNOTSUPP;
}

int iommufd_option(struct iommufd_ucmd *ucmd)
{
	struct iommu_option *cmd = ucmd->cmd;
	int ret;

	if (cmd->__reserved)
		return -EOPNOTSUPP;
	switch (cmd->option_id) {
	case IOMMU_OPTION_RLIMIT_MODE:
		ret = option_rlimit_mode(ucmd->ictx, cmd);
		break;
	case IOMMU_OPTION_HUGE_PAGES:
		ret = iommufd_ioas_option_huge(ucmd->ictx, cmd);
		break;
	default:
		return -EOPNOTSUPP;
	}
	if (ret)
		return ret;
	/* Also after a SET; the option stays changed if this faults. */
	if (copy_to_user(&((struct iommu_option __user *)ucmd->ubuffer)->val64,
			 &cmd->val64, sizeof(cmd->val64)))
		return -EFAULT;
	return 0;
}
