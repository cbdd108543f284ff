// SPDX-License-Identifier: MIT
/*
 * Attachments: which page table the devices of a group use at a PASID.
 *
 * All devices of a group share one attachment per PASID.  The first device
 * makes it and the IOMMU driver is called; those that follow are counted only.
 * A replace moves them all.  Each device in an attachment holds the HWPT.
 *
 * An operation on an IOAS picks an automatic HWPT: the first in the IOAS that
 * accepts, else a new one.  Automatic HWPTs go with their last attachment.
 *
 * Rules: spec/20 sections 7 to 10.  Reserved regions belong to attachments
 * without PASID only, and are removed by device.
 */
#include "objects/objects.h"

#include <linux/kcsan-checks.h>
#include <linux/slab.h>

#include "objects/ioas.h"

/*
 * Attach or replace: the HWPT that is no longer attached, NULL if there is
 * none, or an ERR_PTR.
 */
typedef struct iommufd_hw_pagetable *(*attach_fn)(
	struct iommufd_hw_pagetable *hwpt, struct iommufd_device *idev,
	ioasid_t pasid);

static struct iopt *hwpt_iopt(struct iommufd_hw_pagetable *hwpt)
{
	return &iommufd_hwpt_paging_part(hwpt)->ioas->iopt;
}

/* Whether an attachment has to do with reserved regions. */
static bool has_regions(struct iommufd_device *idev, ioasid_t pasid)
{
	return pasid == IOMMU_NO_PASID && !iommufd_device_is_noiommu(idev);
}

static int check_pasid(struct iommufd_hw_pagetable *hwpt,
		       struct iommufd_group *igroup, ioasid_t pasid)
{
	struct iommufd_attach *rid;
	unsigned long index = IOMMU_FIRST_GLOBAL_PASID;

	if (pasid == IOMMU_NO_PASID) {
		if (!hwpt->pasid_compat &&
		    xa_find(&igroup->pasid_attach, &index, ULONG_MAX,
			    XA_PRESENT))
			return -EINVAL;
		return 0;
	}
	if (!hwpt->pasid_compat)
		return -EINVAL;
	rid = xa_load(&igroup->pasid_attach, IOMMU_NO_PASID);
	if (rid && rid->hwpt && !rid->hwpt->pasid_compat)
		return -EINVAL;
	return 0;
}

static struct iommufd_attach_handle *handle_new(struct iommufd_device *idev)
{
	struct iommufd_attach_handle *handle =
		kzalloc_obj(*handle, GFP_KERNEL);

	if (handle)
		handle->idev = idev;
	return handle;
}

/* The handle of an attachment that the caller knows to exist. */
static struct iommufd_attach_handle *handle_of(struct iommufd_device *idev,
					       ioasid_t pasid)
{
	struct iommu_attach_handle *handle =
		iommu_attach_handle_get(idev->igroup->group, pasid, 0);

	return IS_ERR(handle) ? NULL : to_iommufd_handle(handle);
}

/* Nothing comes through @handle any more: answer what has come, free it. */
static void handle_end(struct iommufd_hw_pagetable *hwpt,
		       struct iommufd_attach_handle *handle)
{
	iommufd_fault_answer(hwpt, handle);
	kfree(handle);
}

static int hw_attach(struct iommufd_hw_pagetable *hwpt,
		     struct iommufd_device *idev, ioasid_t pasid)
{
	struct iommufd_attach_handle *handle;
	int ret = check_pasid(hwpt, idev->igroup, pasid);

	if (ret || iommufd_device_is_noiommu(idev))
		return ret;
	handle = handle_new(idev);
	if (!handle)
		return -ENOMEM;
	if (pasid == IOMMU_NO_PASID)
		ret = iommu_attach_group_handle(hwpt->domain,
						idev->igroup->group,
						&handle->handle);
	else
		ret = iommu_attach_device_pasid(hwpt->domain, idev->dev, pasid,
						&handle->handle);
	if (ret)
		kfree(handle);
	return ret;
}

static void hw_detach(struct iommufd_hw_pagetable *hwpt,
		      struct iommufd_device *idev, ioasid_t pasid)
{
	struct iommufd_attach_handle *handle;

	if (iommufd_device_is_noiommu(idev))
		return;
	handle = handle_of(idev, pasid);
	if (pasid == IOMMU_NO_PASID)
		iommu_detach_group_handle(hwpt->domain, idev->igroup->group);
	else
		iommu_detach_device_pasid(hwpt->domain, idev->dev, pasid);
	handle_end(hwpt, handle);
}

static int hw_replace(struct iommufd_hw_pagetable *hwpt,
		      struct iommufd_hw_pagetable *old,
		      struct iommufd_device *idev, ioasid_t pasid)
{
	struct iommufd_attach_handle *handle, *old_handle;
	int ret = check_pasid(hwpt, idev->igroup, pasid);

	if (ret || iommufd_device_is_noiommu(idev))
		return ret;
	handle = handle_new(idev);
	if (!handle)
		return -ENOMEM;
	old_handle = handle_of(idev, pasid);
	if (pasid == IOMMU_NO_PASID)
		ret = iommu_replace_group_handle(idev->igroup->group,
						 hwpt->domain, &handle->handle);
	else
		ret = iommu_replace_device_pasid(hwpt->domain, idev->dev, pasid,
						 &handle->handle);
	if (ret)
		kfree(handle);
	else
		handle_end(old, old_handle);
	return ret;
}

static int reserve_one(struct iommufd_hw_pagetable *hwpt,
		       struct iommufd_device *idev, bool first)
{
	struct iopt *iopt = hwpt_iopt(hwpt);
	int ret = iopt_reserve_device(iopt, idev->dev,
				      &idev->igroup->sw_msi_start);

	if (ret || !first)
		return ret;
	ret = iommufd_sw_msi_setup(idev->igroup,
				   iommufd_hwpt_paging_part(hwpt));
	if (ret)
		iopt_unreserve(iopt, idev->dev);
	return ret;
}

static void unreserve_all(struct iommufd_attach *attach, struct iopt *iopt)
{
	struct iommufd_device *idev;
	unsigned long index;

	xa_for_each(&attach->device_array, index, idev)
		iopt_unreserve(iopt, idev->dev);
}

static int reserve_all(struct iommufd_attach *attach, struct iopt *iopt)
{
	struct iommufd_device *idev;
	unsigned long index;
	int ret;

	xa_for_each(&attach->device_array, index, idev) {
		ret = iopt_reserve_device(iopt, idev->dev, NULL);
		if (ret)
			return ret;
	}
	return 0;
}

/* Found, or new and empty; an empty one is to be removed. */
static struct iommufd_attach *attach_get(struct iommufd_group *igroup,
					 ioasid_t pasid)
{
	struct iommufd_attach *attach = xa_load(&igroup->pasid_attach, pasid);
	int ret;

	if (attach)
		return attach;
	attach = kzalloc_obj(*attach, GFP_KERNEL);
	if (!attach)
		return ERR_PTR(-ENOMEM);
	xa_init(&attach->device_array);
	ret = xa_insert(&igroup->pasid_attach, pasid, attach, GFP_KERNEL);
	if (ret) {
		kfree(attach);
		return ERR_PTR(ret);
	}
	return attach;
}

static void attach_remove_if_empty(struct iommufd_group *igroup,
				   struct iommufd_attach *attach,
				   ioasid_t pasid)
{
	if (!xa_empty(&attach->device_array))
		return;
	xa_erase(&igroup->pasid_attach, pasid);
	kfree(attach);
}

static int attach_locked(struct iommufd_attach *attach,
			 struct iommufd_hw_pagetable *hwpt,
			 struct iommufd_device *idev, ioasid_t pasid)
{
	int ret;

	/* -EBUSY if it is in there. */
	ret = xa_insert(&attach->device_array, idev->obj.id, idev, GFP_KERNEL);
	if (ret)
		return ret;
	ret = -EINVAL;
	kcsan_check_write(&attach->hwpt, sizeof(attach->hwpt));
	if (attach->hwpt && attach->hwpt != hwpt)
		goto out_erase;
	if (has_regions(idev, pasid)) {
		ret = reserve_one(hwpt, idev, !attach->hwpt);
		if (ret)
			goto out_erase;
	}
	if (!attach->hwpt) {
		ret = hw_attach(hwpt, idev, pasid);
		if (ret)
			goto out_unreserve;
		attach->hwpt = hwpt;
	}
	refcount_inc(&hwpt->obj.users);
	return 0;

out_unreserve:
	if (has_regions(idev, pasid))
		iopt_unreserve(hwpt_iopt(hwpt), idev->dev);
out_erase:
	xa_erase(&attach->device_array, idev->obj.id);
	return ret;
}

int iommufd_device_attach_hwpt(struct iommufd_hw_pagetable *hwpt,
			       struct iommufd_device *idev, ioasid_t pasid)
{
	struct iommufd_group *igroup = idev->igroup;
	struct iommufd_attach *attach;
	int ret;

	mutex_lock(&igroup->lock);
	attach = attach_get(igroup, pasid);
	ret = PTR_ERR_OR_ZERO(attach);
	if (!ret) {
		ret = attach_locked(attach, hwpt, idev, pasid);
		attach_remove_if_empty(igroup, attach, pasid);
	}
	mutex_unlock(&igroup->lock);
	return ret;
}

struct iommufd_hw_pagetable *
iommufd_device_detach_hwpt(struct iommufd_device *idev, ioasid_t pasid)
{
	struct iommufd_group *igroup = idev->igroup;
	struct iommufd_hw_pagetable *hwpt = NULL;
	struct iommufd_attach *attach;

	mutex_lock(&igroup->lock);
	attach = xa_load(&igroup->pasid_attach, pasid);
	if (attach) {
		kcsan_check_read(&attach->hwpt, sizeof(attach->hwpt));
		hwpt = attach->hwpt;
		xa_erase(&attach->device_array, idev->obj.id);
		if (xa_empty(&attach->device_array))
			hw_detach(hwpt, idev, pasid);
		if (has_regions(idev, pasid))
			iopt_unreserve(hwpt_iopt(hwpt), idev->dev);
		attach_remove_if_empty(igroup, attach, pasid);
	}
	mutex_unlock(&igroup->lock);
	return hwpt;
}

bool iommufd_device_is_attached(struct iommufd_device *idev, ioasid_t pasid,
				struct iommufd_hw_pagetable *hwpt)
{
	struct iommufd_attach *attach;
	bool ret;

	mutex_lock(&idev->igroup->lock);
	attach = xa_load(&idev->igroup->pasid_attach, pasid);
	if (attach)
		ret = hwpt && attach->hwpt == hwpt &&
		      xa_load(&attach->device_array, idev->obj.id);
	else
		ret = !hwpt;
	mutex_unlock(&idev->igroup->lock);
	return ret;
}

/* Regions and MSI pages of the whole group, before it moves to @hwpt. */
static int replace_regions(struct iommufd_attach *attach,
			   struct iommufd_hw_pagetable *hwpt,
			   struct iommufd_device *idev)
{
	struct iopt *iopt = hwpt_iopt(hwpt);
	int ret = 0;

	if (iopt != hwpt_iopt(attach->hwpt))
		ret = reserve_all(attach, iopt);
	if (!ret)
		ret = iommufd_sw_msi_setup(idev->igroup,
					   iommufd_hwpt_paging_part(hwpt));
	return ret;
}

/* Every device of the attachment now holds @hwpt; one old count is left. */
static void move_references(struct iommufd_attach *attach,
			    struct iommufd_hw_pagetable *hwpt,
			    struct iommufd_hw_pagetable *old)
{
	struct iommufd_device *idev;
	unsigned long index;
	unsigned int devices = 0;

	xa_for_each(&attach->device_array, index, idev)
		devices++;
	refcount_add(devices, &hwpt->obj.users);
	if (devices > 1)
		WARN_ON(refcount_sub_and_test(devices - 1, &old->obj.users));
}

static struct iommufd_hw_pagetable *
replace_locked(struct iommufd_hw_pagetable *hwpt, struct iommufd_device *idev,
	       ioasid_t pasid)
{
	struct iommufd_attach *attach =
		xa_load(&idev->igroup->pasid_attach, pasid);
	bool regions = has_regions(idev, pasid);
	struct iommufd_hw_pagetable *old;
	int ret = 0;

	if (!attach || !xa_load(&attach->device_array, idev->obj.id))
		return ERR_PTR(-EINVAL);
	kcsan_check_write(&attach->hwpt, sizeof(attach->hwpt));
	old = attach->hwpt;
	if (old == hwpt)
		return NULL;
	if (regions)
		ret = replace_regions(attach, hwpt, idev);
	if (!ret)
		ret = hw_replace(hwpt, old, idev, pasid);
	if (ret) {
		/*
		 * As Linux does: also the regions that were there before, if
		 * old and new share their IOAS (spec/20 9.2 step 5).
		 */
		if (regions)
			unreserve_all(attach, hwpt_iopt(hwpt));
		return ERR_PTR(ret);
	}
	if (regions && hwpt_iopt(old) != hwpt_iopt(hwpt))
		unreserve_all(attach, hwpt_iopt(old));
	attach->hwpt = hwpt;
	move_references(attach, hwpt, old);
	return old;
}

static struct iommufd_hw_pagetable *do_replace(struct iommufd_hw_pagetable *hwpt,
					       struct iommufd_device *idev,
					       ioasid_t pasid)
{
	struct iommufd_hw_pagetable *old;

	mutex_lock(&idev->igroup->lock);
	old = replace_locked(hwpt, idev, pasid);
	mutex_unlock(&idev->igroup->lock);
	return old;
}

static struct iommufd_hw_pagetable *do_attach(struct iommufd_hw_pagetable *hwpt,
					      struct iommufd_device *idev,
					      ioasid_t pasid)
{
	return ERR_PTR(iommufd_device_attach_hwpt(hwpt, idev, pasid));
}

/* -EINVAL: none accepts. */
static struct iommufd_hw_pagetable *
try_automatic(struct iommufd_ioas *ioas, struct iommufd_device *idev,
	      ioasid_t pasid, u32 *pt_id, attach_fn attach)
{
	struct iommufd_hw_pagetable *old;
	struct iommufd_hwpt_paging *paging;
	u32 id;

	kcsan_check_read(&ioas->hwpt_list, sizeof(ioas->hwpt_list));
	list_for_each_entry(paging, &ioas->hwpt_list, hwpt_item) {
		/* Its destruction would need the mutex that we hold. */
		if (!paging->auto_domain ||
		    !iommufd_object_enter(idev->ictx, &paging->common.obj))
			continue;
		old = attach(&paging->common, idev, pasid);
		id = paging->common.obj.id;
		iommufd_put_object(idev->ictx, &paging->common.obj);
		if (!IS_ERR(old))
			*pt_id = id;
		if (old != ERR_PTR(-EINVAL))
			return old;
	}
	return ERR_PTR(-EINVAL);
}

/*
 * Whoever replaces it for another member puts it, and so ends it if nobody else
 * has it: it must be shown before the group's lock lets others see it.
 */
static struct iommufd_hw_pagetable *
replace_with_new(struct iommufd_hwpt_paging *paging,
		 struct iommufd_device *idev, ioasid_t pasid)
{
	struct iommufd_object *obj = &paging->common.obj;
	struct iommufd_hw_pagetable *old;

	mutex_lock(&idev->igroup->lock);
	old = replace_locked(&paging->common, idev, pasid);
	if (!IS_ERR(old))
		iommufd_object_finalize(idev->ictx, obj);
	mutex_unlock(&idev->igroup->lock);
	if (IS_ERR(old))
		iommufd_object_abort_and_destroy(idev->ictx, obj);
	return old;
}

static struct iommufd_hw_pagetable *
make_automatic(struct iommufd_ioas *ioas, struct iommufd_device *idev,
	       ioasid_t pasid, u32 *pt_id, attach_fn attach)
{
	/* A new HWPT is attached before the IOAS is mapped into it. */
	bool immediate = attach == do_attach;
	struct iommufd_hw_pagetable *old = NULL;
	struct iommufd_hwpt_paging *paging;

	paging = iommufd_hwpt_paging_alloc(idev->ictx, ioas, idev, pasid, 0,
					   immediate, NULL);
	if (IS_ERR(paging))
		return ERR_CAST(paging);
	paging->auto_domain = true;
	if (immediate)
		iommufd_object_finalize(idev->ictx, &paging->common.obj);
	else
		old = replace_with_new(paging, idev, pasid);
	/* Whoever ends it needs the mutex of the IOAS, which is ours. */
	if (!IS_ERR(old))
		*pt_id = paging->common.obj.id;
	return old;
}

static struct iommufd_hw_pagetable *
attach_automatic(struct iommufd_ioas *ioas, struct iommufd_device *idev,
		 ioasid_t pasid, u32 *pt_id, attach_fn attach)
{
	struct iommufd_hw_pagetable *old;

	mutex_lock(&ioas->mutex);
	old = try_automatic(ioas, idev, pasid, pt_id, attach);
	if (old == ERR_PTR(-EINVAL))
		old = make_automatic(ioas, idev, pasid, pt_id, attach);
	mutex_unlock(&ioas->mutex);
	return old;
}

static int change_attachment(struct iommufd_device *idev, ioasid_t pasid,
			     u32 *pt_id, attach_fn attach)
{
	struct iommufd_object *obj;
	struct iommufd_hw_pagetable *old;

	obj = iommufd_get_object(idev->ictx, *pt_id, IOMMUFD_OBJ_ANY);
	if (IS_ERR(obj))
		return PTR_ERR(obj);
	switch (obj->type) {
	case IOMMUFD_OBJ_HWPT_PAGING:
	case IOMMUFD_OBJ_HWPT_NESTED:
		old = attach(container_of(obj, struct iommufd_hw_pagetable,
					  obj), idev, pasid);
		break;
	case IOMMUFD_OBJ_IOAS:
		old = attach_automatic(container_of(obj, struct iommufd_ioas,
						    obj),
				       idev, pasid, pt_id, attach);
		break;
	default:
		old = ERR_PTR(-EINVAL);
	}
	iommufd_put_object(idev->ictx, obj);
	if (IS_ERR(old))
		return PTR_ERR(old);
	if (old)
		iommufd_hwpt_put(idev->ictx, old);
	return 0;
}

int iommufd_device_attach(struct iommufd_device *idev, ioasid_t pasid,
			  u32 *pt_id)
{
	int ret = change_attachment(idev, pasid, pt_id, do_attach);

	/* The driver holds a count, so this is never the first. */
	if (!ret)
		refcount_inc(&idev->obj.users);
	return ret;
}

int iommufd_device_replace(struct iommufd_device *idev, ioasid_t pasid,
			   u32 *pt_id)
{
	return change_attachment(idev, pasid, pt_id, do_replace);
}

void iommufd_device_detach(struct iommufd_device *idev, ioasid_t pasid)
{
	struct iommufd_hw_pagetable *hwpt =
		iommufd_device_detach_hwpt(idev, pasid);

	if (!hwpt)
		return;
	iommufd_hwpt_put(idev->ictx, hwpt);
	refcount_dec(&idev->obj.users);
}
