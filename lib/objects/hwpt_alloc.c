// SPDX-License-Identifier: MIT
/*
 * IOMMU_HWPT_ALLOC: what pt_id is decides what is made.
 *
 * On an IOAS the mutex of the IOAS is held from the making to the end of the
 * new object, the reply to the user included.
 */
#include "objects/objects.h"

#include "objects/ioas.h"

struct request {
	struct iommufd_ucmd *ucmd;
	struct iommu_hwpt_alloc *cmd;
	struct iommufd_device *idev;	/* entered */
	struct iommu_user_data data;
};

static int set_fault(struct iommufd_ctx *ictx,
		     struct iommufd_hw_pagetable *hwpt, u32 fault_id)
{
	struct iommufd_fault *fault = iommufd_get_fault(ictx, fault_id);

	if (IS_ERR(fault))
		return PTR_ERR(fault);
	refcount_inc(&fault->common.obj.users);
	hwpt->fault = fault;
	hwpt->domain->iopf_handler = iommufd_fault_handler;
	iommufd_put_object(ictx, &fault->common.obj);
	return 0;
}

/* The rest is common: fault queue, reply, end of the object. */
static int finish(struct request *req, struct iommufd_hw_pagetable *hwpt)
{
	struct iommufd_ucmd *ucmd = req->ucmd;
	int ret = 0;

	if (IS_ERR(hwpt))
		return PTR_ERR(hwpt);
	if (req->cmd->flags & IOMMU_HWPT_FAULT_ID_VALID)
		ret = set_fault(ucmd->ictx, hwpt, req->cmd->fault_id);
	if (!ret) {
		req->cmd->out_hwpt_id = hwpt->obj.id;
		ret = iommufd_ucmd_respond(ucmd, sizeof(*req->cmd));
	}
	return iommufd_object_finish(ucmd->ictx, &hwpt->obj, ret);
}

static int alloc_on_ioas(struct request *req, struct iommufd_ioas *ioas)
{
	struct iommufd_hwpt_paging *paging;
	int ret;

	mutex_lock(&ioas->mutex);
	paging = iommufd_hwpt_paging_alloc(
		req->ucmd->ictx, ioas, req->idev, IOMMU_NO_PASID,
		req->cmd->flags, false, req->data.len ? &req->data : NULL);
	ret = finish(req, IS_ERR(paging) ? ERR_CAST(paging) : &paging->common);
	mutex_unlock(&ioas->mutex);
	return ret;
}

static int finish_nested(struct request *req,
			 struct iommufd_hwpt_nested *nested)
{
	return finish(req, IS_ERR(nested) ? ERR_CAST(nested) : &nested->common);
}

static int alloc_on_viommu(struct request *req, struct iommufd_viommu *viommu)
{
	struct iommu_device *iommu_dev = iommufd_device_iommu(req->idev);

	if (!iommu_dev || iommu_dev != viommu->iommu_dev)
		return -EINVAL;
	return finish_nested(req,
			     iommufd_hwpt_nested_alloc_viommu(
				     viommu, req->cmd->flags, &req->data));
}

static int alloc_on(struct request *req, struct iommufd_object *obj)
{
	switch (obj->type) {
	case IOMMUFD_OBJ_IOAS:
		return alloc_on_ioas(
			req, container_of(obj, struct iommufd_ioas, obj));
	case IOMMUFD_OBJ_HWPT_PAGING:
		return finish_nested(
			req, iommufd_hwpt_nested_alloc(
				     req->ucmd->ictx,
				     container_of(obj,
						  struct iommufd_hwpt_paging,
						  common.obj),
				     req->idev, req->cmd->flags, &req->data));
	case IOMMUFD_OBJ_VIOMMU:
		return alloc_on_viommu(
			req, container_of(obj, struct iommufd_viommu, obj));
	default:
		return -EINVAL;
	}
}

int iommufd_hwpt_alloc(struct iommufd_ucmd *ucmd)
{
	struct iommu_hwpt_alloc *cmd = ucmd->cmd;
	struct request req = {
		.ucmd = ucmd,
		.cmd = cmd,
		.data = {
			.type = cmd->data_type,
			.uptr = u64_to_user_ptr(cmd->data_uptr),
			.len = cmd->data_len,
		},
	};
	struct iommufd_object *obj;
	int ret;

	if (cmd->__reserved)
		return -EOPNOTSUPP;
	if ((cmd->data_type == IOMMU_HWPT_DATA_NONE) != !cmd->data_len)
		return -EINVAL;
	req.idev = iommufd_get_device(ucmd->ictx, cmd->dev_id);
	if (IS_ERR(req.idev))
		return PTR_ERR(req.idev);
	obj = iommufd_get_object(ucmd->ictx, cmd->pt_id, IOMMUFD_OBJ_ANY);
	ret = -EINVAL;
	if (!IS_ERR(obj)) {
		ret = alloc_on(&req, obj);
		iommufd_put_object(ucmd->ictx, obj);
	}
	iommufd_put_object(ucmd->ictx, &req.idev->obj);
	return ret;
}
