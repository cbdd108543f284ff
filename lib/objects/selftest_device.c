// SPDX-License-Identifier: MIT
/*
 * The test command: mock devices.
 *
 * A SELFTEST object owns a mock device and its binding.  It is made in three
 * steps, and its destroy undoes as many of them as were done, so that every
 * failure is one return.
 */
#include "objects/selftest.h"

#include <linux/bug.h>
#include <linux/device.h>

bool iommufd_selftest_is_mock_dev(struct device *dev)
{
	const struct iommufd_mock_ops *mock = selftest_mock();

	return mock && mock->is_mock_device(dev) && mock->is_anonymous(dev);
}

/* ---- making and ending ---- */

/* All attachments of the device go: its binding could not end otherwise. */
static void detach_all(struct iommufd_device *idev)
{
	struct xarray *attached = &idev->igroup->pasid_attach;
	unsigned long pasid = 0;

	while (xa_find(attached, &pasid, ULONG_MAX, XA_PRESENT)) {
		iommufd_device_detach(idev, pasid);
		if (pasid++ == ULONG_MAX)
			break;
	}
}

void iommufd_selftest_destroy(struct iommufd_object *obj)
{
	struct iommufd_selftest *stdev =
		container_of(obj, struct iommufd_selftest, obj);
	const struct iommufd_mock_ops *mock = selftest_mock();

	if (stdev->idev) {
		detach_all(stdev->idev);
		iommufd_device_unbind(stdev->idev);
	}
	if (stdev->dev && !WARN_ON(!mock))
		mock->device_del(stdev->dev);
	mutex_destroy(&stdev->lock);
}

static int make_device(struct iommufd_ucmd *ucmd,
		       struct iommufd_selftest *stdev, u32 flags)
{
	struct iommu_device *iommu;
	const struct iommufd_mock_ops *mock = iommufd_mock_get(&iommu);
	struct iommu_test_cmd *cmd = selftest_cmd(ucmd);
	struct iommufd_device *idev;
	struct device *dev;
	u32 pt_id = cmd->id;
	u32 idev_id;
	int rc;

	if (!mock)
		return -EOPNOTSUPP;
	dev = mock->device_add(iommu, NULL, flags);
	if (IS_ERR(dev))
		return PTR_ERR(dev);
	stdev->dev = dev;
	idev = iommufd_device_bind(ucmd->ictx, dev, &idev_id);
	if (IS_ERR(idev))
		return PTR_ERR(idev);
	stdev->idev = idev;
	rc = iommufd_device_attach(idev, IOMMU_NO_PASID, &pt_id);
	if (rc)
		return rc;
	cmd->mock_domain.out_stdev_id = stdev->obj.id;
	cmd->mock_domain.out_hwpt_id = pt_id;
	cmd->mock_domain.out_idev_id = idev_id;
	return selftest_respond(ucmd);
}

/* The dispatcher publishes the object, or has it destroyed. */
static int new_device(struct iommufd_ucmd *ucmd, u32 flags)
{
	struct iommufd_selftest *stdev;
	struct iommufd_object *obj =
		iommufd_object_alloc_ucmd(ucmd,
					  sizeof(struct iommufd_selftest),
					  IOMMUFD_OBJ_SELFTEST);

	if (IS_ERR(obj))
		return PTR_ERR(obj);
	stdev = container_of(obj, struct iommufd_selftest, obj);
	mutex_init(&stdev->lock);
	return make_device(ucmd, stdev, flags);
}

int selftest_mock_domain(struct iommufd_ucmd *ucmd)
{
	return new_device(ucmd, 0);
}

int selftest_mock_domain_flags(struct iommufd_ucmd *ucmd)
{
	return new_device(ucmd,
			  selftest_cmd(ucmd)->mock_domain_flags.dev_flags);
}

/* ---- attachments ---- */

static struct iommufd_selftest *get_stdev(struct iommufd_ucmd *ucmd)
{
	struct iommufd_object *obj =
		iommufd_get_object(ucmd->ictx, selftest_cmd(ucmd)->id,
				   IOMMUFD_OBJ_SELFTEST);

	return IS_ERR(obj) ? ERR_CAST(obj) :
			     container_of(obj, struct iommufd_selftest, obj);
}

static int attach(struct iommufd_selftest *stdev, ioasid_t pasid, u32 *pt_id)
{
	int rc;

	mutex_lock(&stdev->lock);
	rc = iommufd_device_attach(stdev->idev, pasid, pt_id);
	mutex_unlock(&stdev->lock);
	return rc;
}

static int replace(struct iommufd_selftest *stdev, ioasid_t pasid, u32 *pt_id)
{
	int rc;

	mutex_lock(&stdev->lock);
	rc = iommufd_device_replace(stdev->idev, pasid, pt_id);
	mutex_unlock(&stdev->lock);
	return rc;
}

static void detach(struct iommufd_selftest *stdev, ioasid_t pasid)
{
	mutex_lock(&stdev->lock);
	iommufd_device_detach(stdev->idev, pasid);
	mutex_unlock(&stdev->lock);
}

int selftest_mock_domain_replace(struct iommufd_ucmd *ucmd)
{
	struct iommu_test_cmd *cmd = selftest_cmd(ucmd);
	struct iommufd_selftest *stdev = get_stdev(ucmd);
	u32 pt_id = cmd->mock_domain_replace.pt_id;
	int rc;

	if (IS_ERR(stdev))
		return PTR_ERR(stdev);
	rc = replace(stdev, IOMMU_NO_PASID, &pt_id);
	if (!rc) {
		cmd->mock_domain_replace.pt_id = pt_id;
		rc = selftest_respond(ucmd);
	}
	iommufd_put_object(ucmd->ictx, &stdev->obj);
	return rc;
}

int selftest_pasid_attach(struct iommufd_ucmd *ucmd)
{
	struct iommu_test_cmd *cmd = selftest_cmd(ucmd);
	struct iommufd_selftest *stdev = get_stdev(ucmd);
	u32 pasid = cmd->pasid_attach.pasid;
	u32 pt_id = cmd->pasid_attach.pt_id;
	int rc;

	if (IS_ERR(stdev))
		return PTR_ERR(stdev);
	rc = attach(stdev, pasid, &pt_id);
	if (!rc) {
		cmd->pasid_attach.pt_id = pt_id;
		rc = selftest_respond(ucmd);
		if (rc)
			detach(stdev, pasid);
	}
	iommufd_put_object(ucmd->ictx, &stdev->obj);
	return rc;
}

int selftest_pasid_replace(struct iommufd_ucmd *ucmd)
{
	struct iommu_test_cmd *cmd = selftest_cmd(ucmd);
	struct iommufd_selftest *stdev = get_stdev(ucmd);
	u32 pt_id = cmd->pasid_replace.pt_id;
	int rc;

	if (IS_ERR(stdev))
		return PTR_ERR(stdev);
	rc = replace(stdev, cmd->pasid_replace.pasid, &pt_id);
	if (!rc) {
		cmd->pasid_replace.pt_id = pt_id;
		rc = selftest_respond(ucmd);
	}
	iommufd_put_object(ucmd->ictx, &stdev->obj);
	return rc;
}

int selftest_pasid_detach(struct iommufd_ucmd *ucmd)
{
	struct iommufd_selftest *stdev = get_stdev(ucmd);

	if (IS_ERR(stdev))
		return PTR_ERR(stdev);
	detach(stdev, selftest_cmd(ucmd)->pasid_detach.pasid);
	iommufd_put_object(ucmd->ictx, &stdev->obj);
	return 0;
}

/* A page table of either kind, to be put; NULL for ID 0, which means none. */
static struct iommufd_hw_pagetable *get_hwpt_or_none(struct iommufd_ctx *ictx,
						     u32 id)
{
	struct iommufd_object *obj;

	if (!id)
		return NULL;
	obj = iommufd_get_object(ictx, id, IOMMUFD_OBJ_ANY);
	if (IS_ERR(obj))
		return ERR_CAST(obj);
	if (obj->type != IOMMUFD_OBJ_HWPT_PAGING &&
	    obj->type != IOMMUFD_OBJ_HWPT_NESTED) {
		iommufd_put_object(ictx, obj);
		return ERR_PTR(-EINVAL);
	}
	return container_of(obj, struct iommufd_hw_pagetable, obj);
}

int selftest_pasid_check(struct iommufd_ucmd *ucmd)
{
	struct iommu_test_cmd *cmd = selftest_cmd(ucmd);
	struct iommufd_selftest *stdev = get_stdev(ucmd);
	struct iommufd_hw_pagetable *hwpt;
	int rc = 0;

	if (IS_ERR(stdev))
		return PTR_ERR(stdev);
	hwpt = get_hwpt_or_none(ucmd->ictx, cmd->pasid_check.hwpt_id);
	if (IS_ERR(hwpt)) {
		rc = PTR_ERR(hwpt);
	} else {
		if (!iommufd_device_is_attached(stdev->idev,
						cmd->pasid_check.pasid, hwpt))
			rc = -EINVAL;
		if (hwpt)
			iommufd_put_object(ucmd->ictx, &hwpt->obj);
	}
	iommufd_put_object(ucmd->ictx, &stdev->obj);
	return rc;
}

/* ---- what a device does ---- */

/* A bound device of the mock, to be put. */
static struct iommufd_device *get_mock_idev(struct iommufd_ucmd *ucmd, u32 id,
					    const struct iommufd_mock_ops **mock)
{
	struct iommufd_device *idev = iommufd_get_device(ucmd->ictx, id);

	if (IS_ERR(idev))
		return idev;
	*mock = selftest_mock();
	if (*mock && (*mock)->is_mock_device(idev->dev))
		return idev;
	iommufd_put_object(ucmd->ictx, &idev->obj);
	return ERR_PTR(-EINVAL);
}

int selftest_trigger_iopf(struct iommufd_ucmd *ucmd)
{
	struct iommu_test_cmd *cmd = selftest_cmd(ucmd);
	struct iopf_fault fault = {
		.fault = {
			.type = IOMMU_FAULT_PAGE_REQ,
			.prm = {
				.flags = IOMMU_FAULT_PAGE_REQUEST_LAST_PAGE,
				.pasid = cmd->trigger_iopf.pasid,
				.grpid = cmd->trigger_iopf.grpid,
				.perm = cmd->trigger_iopf.perm,
				.addr = cmd->trigger_iopf.addr,
			},
		},
	};
	const struct iommufd_mock_ops *mock;
	struct iommufd_device *idev;

	idev = get_mock_idev(ucmd, cmd->trigger_iopf.dev_id, &mock);
	if (IS_ERR(idev))
		return PTR_ERR(idev);
	if (cmd->trigger_iopf.pasid != IOMMU_NO_PASID)
		fault.fault.prm.flags |= IOMMU_FAULT_PAGE_REQUEST_PASID_VALID;
	mock->trigger_fault(idev->dev, &fault);
	iommufd_put_object(ucmd->ictx, &idev->obj);
	return 0;
}

int selftest_trigger_vevent(struct iommufd_ucmd *ucmd)
{
	const struct iommufd_mock_ops *mock;
	struct iommufd_device *idev;
	int rc;

	idev = get_mock_idev(ucmd, selftest_cmd(ucmd)->trigger_vevent.dev_id,
			     &mock);
	if (IS_ERR(idev))
		return PTR_ERR(idev);
	rc = mock->trigger_event(idev->dev);
	iommufd_put_object(ucmd->ictx, &idev->obj);
	return rc;
}

int selftest_check_dev_cache(struct iommufd_ucmd *ucmd)
{
	struct iommu_test_cmd *cmd = selftest_cmd(ucmd);
	const struct iommufd_mock_ops *mock;
	struct iommufd_device *idev;
	int rc = 0;

	idev = get_mock_idev(ucmd, cmd->id, &mock);
	if (IS_ERR(idev))
		return PTR_ERR(idev);
	if (cmd->check_dev_cache.id > MOCK_DEV_CACHE_ID_MAX ||
	    mock->cache(idev->dev, cmd->check_dev_cache.id) !=
		    cmd->check_dev_cache.cache)
		rc = -EINVAL;
	iommufd_put_object(ucmd->ictx, &idev->obj);
	return rc;
}
