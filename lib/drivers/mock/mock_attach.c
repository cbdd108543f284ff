// SPDX-License-Identifier: MIT
/*
 * Attaching mock devices; what they report from where they are.
 *
 * A device remembers the vIOMMU that its RID's domain belongs to, and its
 * virtual ID there as it was when it came to that vIOMMU.  Reports hold
 * viommu_rwsem for reading, so attaching, which holds it for writing, cannot
 * take the vIOMMU or the fault queue from under them.
 */
#include "mock.h"

#include <linux/bug.h>
#include <linux/kcsan-checks.h>

/* --- faults on and off ---------------------------------------------------- */

static int iopf_get(struct mock_dev *mdev, struct iommu_domain *domain)
{
	int rc;

	if (!domain || !domain->iopf_handler)
		return 0;
	if (!mdev->iopf_users) {
		rc = iopf_queue_add_device(mdev->iommu->iopf_queue, &mdev->dev);
		if (rc)
			return rc;
	}
	mdev->iopf_users++;
	return 0;
}

static void iopf_put(struct mock_dev *mdev, struct iommu_domain *domain)
{
	if (!domain || !domain->iopf_handler)
		return;
	if (WARN_ON(!mdev->iopf_users) || --mdev->iopf_users)
		return;
	iopf_queue_remove_device(mdev->iommu->iopf_queue, &mdev->dev);
}

/* --- domains -------------------------------------------------------------- */

static struct mock_viommu *viommu_of(struct iommu_domain *domain)
{
	return mock_is_nested(domain) ? to_mock_nested(domain)->mock_viommu :
					NULL;
}

/* viommu_rwsem is held for writing. */
static int attach(struct mock_dev *mdev, struct iommu_domain *domain,
		  struct iommu_domain *old)
{
	struct mock_viommu *viommu = viommu_of(domain);
	unsigned long vdev_id = 0;
	int rc;

	if (viommu) {
		rc = iommufd_viommu_get_vdev_id(&viommu->core, &mdev->dev,
						&vdev_id);
		if (rc)
			return rc;
	}
	rc = iopf_get(mdev, domain);
	if (rc)
		return rc;
	kcsan_check_write(&mdev->viommu, sizeof(mdev->viommu));
	if (viommu != mdev->viommu) {
		mdev->viommu = viommu;
		mdev->vdev_id = vdev_id;
	}
	iopf_put(mdev, old);
	return 0;
}

int mock_domain_attach(struct iommu_domain *domain, struct device *dev,
		       struct iommu_domain *old)
{
	struct mock_dev *mdev = to_mock_dev(dev);
	int rc;

	if (domain->dirty_ops && mdev->flags & MOCK_FLAGS_DEVICE_NO_DIRTY)
		return -EINVAL;
	iommu_group_mutex_assert(dev);
	down_write(&mdev->viommu_rwsem);
	rc = attach(mdev, domain, old);
	up_write(&mdev->viommu_rwsem);
	return rc;
}

/*
 * One PASID fails every second time, so that tests see a replace fail: the
 * flag says that it was set and has to fail next.
 */
static int test_pasid(struct mock_dev *mdev, struct iommu_domain *domain)
{
	if (domain->type == IOMMU_DOMAIN_BLOCKED) {
		mdev->pasid_1024_set = false;
		return 0;
	}
	mdev->pasid_1024_set = !mdev->pasid_1024_set;
	return mdev->pasid_1024_set ? 0 : -ENOMEM;
}

static int set_pasid(struct mock_dev *mdev, struct iommu_domain *domain,
		     ioasid_t pasid, struct iommu_domain *old)
{
	int rc;

	/* Dirty tracking does not matter here, as it does for the RID. */
	rc = iopf_get(mdev, domain);
	if (rc)
		return rc;
	if (pasid == IOMMU_TEST_PASID_RESERVED) {
		rc = test_pasid(mdev, domain);
		if (rc) {
			iopf_put(mdev, domain);
			return rc;
		}
	}
	iopf_put(mdev, old);
	return 0;
}

int mock_domain_set_pasid(struct iommu_domain *domain, struct device *dev,
			  ioasid_t pasid, struct iommu_domain *old)
{
	struct mock_dev *mdev = to_mock_dev(dev);
	int rc;

	iommu_group_mutex_assert(dev);
	down_write(&mdev->viommu_rwsem);
	rc = set_pasid(mdev, domain, pasid, old);
	up_write(&mdev->viommu_rwsem);
	return rc;
}

/* --- reports -------------------------------------------------------------- */

void mock_trigger_fault(struct device *dev, struct iopf_fault *fault)
{
	struct mock_dev *mdev = to_mock_dev(dev);

	down_read(&mdev->viommu_rwsem);
	iommu_report_device_fault(dev, fault);
	up_read(&mdev->viommu_rwsem);
}

int mock_trigger_event(struct device *dev)
{
	struct mock_dev *mdev = to_mock_dev(dev);
	struct iommu_viommu_event_selftest event = {};
	int rc = -ENOENT;

	down_read(&mdev->viommu_rwsem);
	kcsan_check_read(&mdev->viommu, sizeof(mdev->viommu));
	/* An ID of 0 counts as none: spec/80 15.3. */
	if (mdev->viommu && mdev->vdev_id) {
		event.virt_id = mdev->vdev_id;
		rc = iommufd_viommu_report_event(&mdev->viommu->core,
						 IOMMU_VEVENTQ_TYPE_SELFTEST,
						 &event, sizeof(event));
	}
	up_read(&mdev->viommu_rwsem);
	return rc;
}
