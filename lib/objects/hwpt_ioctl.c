// SPDX-License-Identifier: MIT
/*
 * Commands on page tables: invalidation and dirty tracking.
 *
 * Invalidation writes its structure back on every path, so that the user
 * learns how many entries were done.
 */
#include "objects/objects.h"

#include "kit/driver_op.h"
#include "objects/ioas.h"

#define INVALIDATE_ENTRIES_MAX (1u << 19)

static int invalidate_check(const struct iommu_hwpt_invalidate *cmd)
{
	if (cmd->__reserved)
		return -EOPNOTSUPP;
	/* No entries: a question whether the type is known. */
	if (!cmd->entry_num)
		return 0;
	if (!cmd->data_uptr || !cmd->entry_len || cmd->entry_len > PAGE_SIZE ||
	    cmd->entry_num > INVALIDATE_ENTRIES_MAX)
		return -EINVAL;
	return 0;
}

static int invalidate_nested(struct iommufd_object *obj,
			     struct iommu_user_data_array *array, u32 *out_done)
{
	struct iommu_domain *domain =
		container_of(obj, struct iommufd_hw_pagetable, obj)->domain;
	int ret;

	if (!domain->ops || !domain->ops->cache_invalidate_user)
		return -EOPNOTSUPP;
	ret = driver_call(domain->ops, cache_invalidate_user, domain, array);
	*out_done = array->entry_num;
	return ret;
}

static int invalidate_viommu(struct iommufd_object *obj,
			     struct iommu_user_data_array *array, u32 *out_done)
{
	struct iommufd_viommu *viommu =
		container_of(obj, struct iommufd_viommu, obj);
	int ret;

	if (!viommu->ops || !viommu->ops->cache_invalidate)
		return -EOPNOTSUPP;
	ret = driver_call(viommu->ops, cache_invalidate, viommu, array);
	*out_done = array->entry_num;
	return ret;
}

static int invalidate(struct iommufd_ctx *ictx,
		      const struct iommu_hwpt_invalidate *cmd, u32 *out_done)
{
	struct iommu_user_data_array array = {
		.type = cmd->data_type,
		.uptr = u64_to_user_ptr(cmd->data_uptr),
		.entry_len = cmd->entry_len,
		.entry_num = cmd->entry_num,
	};
	struct iommufd_object *obj;
	int ret = invalidate_check(cmd);

	if (ret)
		return ret;
	obj = iommufd_get_object(ictx, cmd->hwpt_id, IOMMUFD_OBJ_ANY);
	if (IS_ERR(obj))
		return PTR_ERR(obj);
	if (obj->type == IOMMUFD_OBJ_HWPT_NESTED)
		ret = invalidate_nested(obj, &array, out_done);
	else if (obj->type == IOMMUFD_OBJ_VIOMMU)
		ret = invalidate_viommu(obj, &array, out_done);
	else
		ret = -EINVAL;
	iommufd_put_object(ictx, obj);
	return ret;
}

int iommufd_hwpt_invalidate(struct iommufd_ucmd *ucmd)
{
	struct iommu_hwpt_invalidate *cmd = ucmd->cmd;
	u32 done = 0;
	int ret = invalidate(ucmd->ictx, cmd, &done);

	cmd->entry_num = done;
	if (iommufd_ucmd_respond(ucmd, sizeof(*cmd)))
		return -EFAULT;
	return ret;
}

int iommufd_hwpt_set_dirty_tracking(struct iommufd_ucmd *ucmd)
{
	struct iommu_hwpt_set_dirty_tracking *cmd = ucmd->cmd;
	struct iommufd_hwpt_paging *paging;
	int ret;

	if (cmd->flags & ~IOMMU_HWPT_DIRTY_TRACKING_ENABLE)
		return -EOPNOTSUPP;
	paging = iommufd_get_hwpt_paging(ucmd->ictx, cmd->hwpt_id);
	if (IS_ERR(paging))
		return PTR_ERR(paging);
	ret = iopt_dirty_enable(&paging->ioas->iopt, paging->common.domain,
				cmd->flags & IOMMU_HWPT_DIRTY_TRACKING_ENABLE);
	iommufd_put_object(ucmd->ictx, &paging->common.obj);
	return ret;
}

int iommufd_hwpt_get_dirty_bitmap(struct iommufd_ucmd *ucmd)
{
	struct iommu_hwpt_get_dirty_bitmap *cmd = ucmd->cmd;
	struct iommufd_hwpt_paging *paging;
	int ret;

	if (cmd->flags & ~IOMMU_HWPT_GET_DIRTY_BITMAP_NO_CLEAR ||
	    cmd->__reserved)
		return -EOPNOTSUPP;
	paging = iommufd_get_hwpt_paging(ucmd->ictx, cmd->hwpt_id);
	if (IS_ERR(paging))
		return PTR_ERR(paging);
	ret = iopt_dirty_read(&paging->ioas->iopt, paging->common.domain,
			      cmd->flags, cmd);
	iommufd_put_object(ucmd->ictx, &paging->common.obj);
	return ret;
}
