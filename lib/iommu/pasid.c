// SPDX-License-Identifier: MIT
/*
 * Attachments of single PASIDs.
 *
 * A PASID belongs to the group: all members that have PASIDs get the domain,
 * or none.  Members without (max_pasids 0) are passed over.
 */
#include "iommu/group.h"

#include <iommu-priv.h>
#include <linux/bug.h>

#include "kit/driver_op.h"

static bool has_pasids(struct group_device *member)
{
	return member->dev->iommu->max_pasids > 0;
}

static int set_pasid(struct group_device *member, struct iommu_domain *domain,
		     ioasid_t pasid, struct iommu_domain *old)
{
	return driver_call(domain->ops, set_dev_pasid, domain, member->dev,
			   pasid, old);
}

/* The same, which may be refused. */
static int ask_pasid(struct group_device *member, struct iommu_domain *domain,
		     ioasid_t pasid, struct iommu_domain *old)
{
	return driver_ask(domain->ops, set_dev_pasid, domain, member->dev,
			  pasid, old);
}

static void block_pasid(struct group_device *member,
			struct iommu_domain *domain, ioasid_t pasid)
{
	struct iommu_domain *blocked = dev_iommu_ops(member->dev)->blocked_domain;

	WARN_ON(set_pasid(member, blocked, pasid, domain));
}

/* All members, or none and -errno. */
static int set_group_pasid(struct iommu_group *group,
			   struct iommu_domain *domain, ioasid_t pasid,
			   struct iommu_domain *old)
{
	struct group_device *member, *done;
	int ret = 0;

	list_for_each_entry(member, &group->devices, list) {
		if (has_pasids(member))
			ret = ask_pasid(member, domain, pasid, old);
		if (ret)
			break;
	}
	if (!ret)
		return 0;
	list_for_each_entry(done, &group->devices, list) {
		if (done == member)
			break;
		if (!has_pasids(done))
			continue;
		/* If it does not want the old one back it is blocked. */
		if (!old || WARN_ON(set_pasid(done, old, pasid, domain)))
			block_pasid(done, domain, pasid);
	}
	return ret;
}

static bool pasid_fits(struct iommu_group *group, ioasid_t pasid)
{
	struct group_device *member;

	list_for_each_entry(member, &group->devices, list)
		if (has_pasids(member) &&
		    pasid >= member->dev->iommu->max_pasids)
			return false;
	return true;
}

static bool can_block_pasids(const struct iommu_ops *ops)
{
	return ops->blocked_domain && ops->blocked_domain->ops->set_dev_pasid;
}

static int attach_pasid(struct iommu_group *group, struct iommu_domain *domain,
			ioasid_t pasid, struct iommu_attach_handle *handle)
{
	int ret;

	if (group->recovery_cnt)
		return -EBUSY;
	if (!pasid_fits(group, pasid))
		return -EINVAL;
	ret = xa_insert(&group->pasid_array, pasid, XA_ZERO_ENTRY, GFP_KERNEL);
	if (ret)
		return ret;
	group_change_begin(group);
	ret = set_group_pasid(group, domain, pasid, NULL);
	if (ret)
		group_change_cancel(group, pasid);
	else
		group_change_end(group, pasid, pasid_entry(domain, handle));
	return ret;
}

int iommu_attach_device_pasid(struct iommu_domain *domain, struct device *dev,
			      ioasid_t pasid,
			      struct iommu_attach_handle *handle)
{
	struct iommu_group *group = dev->iommu_group;
	const struct iommu_ops *ops;
	int ret;

	if (!group)
		return -ENODEV;
	ops = dev_iommu_ops(dev);
	if (!domain->ops->set_dev_pasid || !can_block_pasids(ops))
		return -EOPNOTSUPP;
	if (!iommu_domain_fits(domain, ops) || pasid == IOMMU_NO_PASID)
		return -EINVAL;
	mutex_lock(&group->mutex);
	ret = attach_pasid(group, domain, pasid, handle);
	mutex_unlock(&group->mutex);
	return ret;
}

static int replace_pasid(struct iommu_group *group, struct iommu_domain *domain,
			 ioasid_t pasid, struct iommu_attach_handle *handle)
{
	struct iommu_domain *old;
	void *entry;
	int ret = 0;

	if (group->recovery_cnt)
		return -EBUSY;
	entry = xa_load(&group->pasid_array, pasid);
	if (!entry || WARN_ON(entry == handle))
		return -EINVAL;
	old = pasid_entry_domain(entry);
	group_change_begin(group);
	if (old != domain)
		ret = set_group_pasid(group, domain, pasid, old);
	if (ret)
		group_change_cancel(group, pasid);
	else
		group_change_end(group, pasid, pasid_entry(domain, handle));
	return ret;
}

int iommu_replace_device_pasid(struct iommu_domain *domain, struct device *dev,
			       ioasid_t pasid,
			       struct iommu_attach_handle *handle)
{
	struct iommu_group *group = dev->iommu_group;
	int ret;

	if (!group)
		return -ENODEV;
	if (!domain->ops->set_dev_pasid)
		return -EOPNOTSUPP;
	if (!iommu_domain_fits(domain, dev_iommu_ops(dev)) ||
	    pasid == IOMMU_NO_PASID || !handle)
		return -EINVAL;
	mutex_lock(&group->mutex);
	ret = replace_pasid(group, domain, pasid, handle);
	mutex_unlock(&group->mutex);
	return ret;
}

void iommu_detach_device_pasid(struct iommu_domain *domain, struct device *dev,
			       ioasid_t pasid)
{
	struct iommu_group *group = dev->iommu_group;
	struct group_device *member;

	if (WARN_ON(!group))
		return;
	mutex_lock(&group->mutex);
	group_change_begin(group);
	list_for_each_entry(member, &group->devices, list)
		if (has_pasids(member) && !member->recovering)
			block_pasid(member, domain, pasid);
	group_change_end(group, pasid, NULL);
	mutex_unlock(&group->mutex);
}
