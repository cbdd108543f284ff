// SPDX-License-Identifier: MIT
/*
 * Recovery: a device is blocked while it is being reset.
 *
 * What the group has attached stays on record; the device gets it back at the
 * end.  Until then nothing new can be attached to its group, and detaching
 * passes it over.
 */
#include "iommu/group.h"

#include <iommu-priv.h>
#include <linux/bug.h>

#include "kit/driver_op.h"

/* The PASIDs of one device go to the blocked domain, or come back from it. */
static void switch_pasids(struct iommu_group *group, struct device *dev,
			  struct iommu_domain *blocked, bool back)
{
	unsigned long pasid;
	void *entry;

	if (!dev->iommu->max_pasids || !blocked->ops->set_dev_pasid)
		return;
	xa_for_each_start(&group->pasid_array, pasid, entry, 1) {
		struct iommu_domain *domain = pasid_entry_domain(entry);
		struct iommu_domain *to = back ? domain : blocked;

		WARN_ON(driver_call(to->ops, set_dev_pasid, to, dev, pasid,
				    back ? blocked : domain));
	}
}

static int begin(struct iommu_group *group, struct device *dev)
{
	struct iommu_domain *blocked = dev_iommu_ops(dev)->blocked_domain;
	struct group_device *member = group_find_member(group, dev);
	int ret = 0;

	if (!member || !blocked)
		return -ENODEV;
	if (member->recovering)
		return -EBUSY;
	if (group->domain != blocked)
		ret = driver_call(blocked->ops, attach_dev, blocked, dev,
				  group->domain);
	if (ret)
		return ret;
	switch_pasids(group, dev, blocked, false);
	member->recovering = true;
	group->recovery_cnt++;
	return 0;
}

int iommu_dev_recovery_begin(struct device *dev)
{
	struct iommu_group *group = dev->iommu_group;
	int ret;

	if (!group)
		return -ENODEV;
	mutex_lock(&group->mutex);
	ret = begin(group, dev);
	mutex_unlock(&group->mutex);
	return ret;
}

static void end(struct iommu_group *group, struct device *dev)
{
	struct iommu_domain *blocked = dev_iommu_ops(dev)->blocked_domain;
	struct group_device *member = group_find_member(group, dev);

	if (WARN_ON(!member || !member->recovering))
		return;
	member->recovering = false;
	group->recovery_cnt--;
	if (group->domain != blocked)
		WARN_ON(driver_call(group->domain->ops, attach_dev,
				    group->domain, dev, blocked));
	switch_pasids(group, dev, blocked, true);
}

void iommu_dev_recovery_end(struct device *dev)
{
	struct iommu_group *group = dev->iommu_group;

	if (WARN_ON(!group))
		return;
	mutex_lock(&group->mutex);
	end(group, dev);
	mutex_unlock(&group->mutex);
}
