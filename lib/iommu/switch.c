// SPDX-License-Identifier: MIT
/*
 * Switching a group to another domain, and who may: DMA ownership.
 *
 * A switch is one attach_dev() for each member, on the new domain, with the
 * old one as argument.  If one refuses, the members before it are attached to
 * the old domain again and the group is as before.
 */
#include "iommu/group.h"

#include <iommu-priv.h>
#include <linux/bug.h>
#include <linux/dev_printk.h>
#include <linux/lockdep.h>

#include "kit/driver_op.h"

bool iommu_domain_fits(struct iommu_domain *domain,
		       const struct iommu_ops *ops)
{
	if (domain->owner == ops)
		return true;
	/* Static domains have no owner, the address says whose they are. */
	return domain == ops->blocked_domain || domain == ops->identity_domain;
}

static bool is_blocking(struct iommu_group *group, struct iommu_domain *domain)
{
	return domain->type == IOMMU_DOMAIN_BLOCKED ||
	       domain == group->blocking_domain;
}

/* @must: the driver cannot refuse. */
static int attach_member(struct iommu_group *group, struct group_device *member,
			 struct iommu_domain *domain, struct iommu_domain *old,
			 bool must)
{
	struct device *dev = member->dev;

	/* It gets what is on record when its recovery ends. */
	if (member->recovering)
		return 0;
	if (dev->iommu->require_direct && is_blocking(group, domain)) {
		dev_warn(dev, "needs its direct mappings, cannot be blocked\n");
		return -EINVAL;
	}
	if (!domain->ops->attach_dev)
		return -ENODEV;
	return must ? driver_call(domain->ops, attach_dev, domain, dev, old) :
		      driver_ask(domain->ops, attach_dev, domain, dev, old);
}

/* Members before @stop go from @domain back to the group's. */
static void roll_back(struct iommu_group *group, struct iommu_domain *domain,
		      struct group_device *stop)
{
	struct group_device *member;

	list_for_each_entry(member, &group->devices, list) {
		if (member == stop)
			return;
		if (group->domain)
			WARN_ON(attach_member(group, member, group->domain,
					      domain, true));
	}
}

int iommu_group_switch(struct iommu_group *group, struct iommu_domain *domain)
{
	struct group_device *member;

	lockdep_assert_held(&group->mutex);
	if (group->domain == domain)
		return 0;
	if (group->recovery_cnt)
		return -EBUSY;
	list_for_each_entry(member, &group->devices, list) {
		int ret = attach_member(group, member, domain, group->domain,
					false);

		if (ret) {
			roll_back(group, domain, member);
			return ret;
		}
	}
	WRITE_ONCE(group->domain, domain);
	return 0;
}

void iommu_group_must_switch(struct iommu_group *group,
			     struct iommu_domain *domain)
{
	struct group_device *member;

	lockdep_assert_held(&group->mutex);
	if (group->domain == domain)
		return;
	list_for_each_entry(member, &group->devices, list)
		WARN_ON(attach_member(group, member, domain, group->domain,
				      true));
	WRITE_ONCE(group->domain, domain);
}

int iommu_group_need_blocking(struct iommu_group *group)
{
	struct device *dev = group_first_dev(group);
	const struct iommu_ops *ops = dev_iommu_ops(dev);
	struct iommu_domain *domain;

	if (group->blocking_domain)
		return 0;
	/* Without a static one: an empty page table blocks too. */
	domain = ops->blocked_domain ?: iommu_paging_domain_alloc(dev);
	if (IS_ERR(domain))
		return PTR_ERR(domain);
	group->blocking_domain = domain;
	return 0;
}

/* --- ownership ----------------------------------------------------------- */

static int take_ownership(struct iommu_group *group, void *owner)
{
	int ret;

	if ((group->domain && group->domain != group->default_domain) ||
	    !xa_empty(&group->pasid_array))
		return -EBUSY;
	ret = iommu_group_need_blocking(group);
	if (!ret)
		ret = iommu_group_switch(group, group->blocking_domain);
	if (ret)
		return ret;
	group->owner = owner;
	group->owner_cnt = 1;
	return 0;
}

int iommu_device_claim_dma_owner(struct device *dev, void *owner)
{
	struct iommu_group *group = dev->iommu_group;
	int ret;

	if (WARN_ON(!owner))
		return -EINVAL;
	if (!group)
		return -ENODEV;
	mutex_lock(&group->mutex);
	if (!group->owner_cnt) {
		ret = take_ownership(group, owner);
	} else if (group->owner != owner) {
		ret = -EPERM;
	} else {
		group->owner_cnt++;
		ret = 0;
	}
	mutex_unlock(&group->mutex);
	return ret;
}

void iommu_device_release_dma_owner(struct device *dev)
{
	struct iommu_group *group = dev->iommu_group;

	if (WARN_ON(!group))
		return;
	mutex_lock(&group->mutex);
	if (group->owner_cnt > 1) {
		group->owner_cnt--;
	} else if (!WARN_ON(!group->owner_cnt) &&
		   !WARN_ON(!xa_empty(&group->pasid_array))) {
		group->owner = NULL;
		group->owner_cnt = 0;
		iommu_group_must_switch(group, group->default_domain);
	}
	mutex_unlock(&group->mutex);
}

/* A kernel driver is an owner without a name. */
int iommu_device_use_default_domain(struct device *dev)
{
	struct iommu_group *group = dev->iommu_group;
	int ret = 0;

	if (!group)
		return 0;
	mutex_lock(&group->mutex);
	if ((group->owner_cnt && group->owner) ||
	    group->domain != group->default_domain ||
	    !xa_empty(&group->pasid_array))
		ret = -EBUSY;
	else
		group->owner_cnt++;
	mutex_unlock(&group->mutex);
	return ret;
}

void iommu_device_unuse_default_domain(struct device *dev)
{
	struct iommu_group *group = dev->iommu_group;

	if (!group)
		return;
	mutex_lock(&group->mutex);
	if (!WARN_ON(!group->owner_cnt || group->owner))
		group->owner_cnt--;
	mutex_unlock(&group->mutex);
}
