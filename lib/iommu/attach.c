// SPDX-License-Identifier: MIT
/*
 * Attachments of whole groups, with a handle that their user keeps.
 *
 * Entry 0 of the PASID map is reserved before the driver is called and stored
 * afterwards, so that nothing can fail once the domain has been switched.
 */
#include "iommu/group.h"

#include <iommu-priv.h>
#include <linux/bug.h>

void group_change_end(struct iommu_group *group, ioasid_t pasid, void *entry)
{
	down_write(&group->report_rwsem);
	if (entry)
		WARN_ON(xa_is_err(xa_store(&group->pasid_array, pasid, entry,
					   GFP_KERNEL)));
	else
		xa_erase(&group->pasid_array, pasid);
	WRITE_ONCE(group->changing, group->changing - 1);
	up_write(&group->report_rwsem);
}

void group_change_cancel(struct iommu_group *group, ioasid_t pasid)
{
	down_write(&group->report_rwsem);
	xa_release(&group->pasid_array, pasid);
	WRITE_ONCE(group->changing, group->changing - 1);
	up_write(&group->report_rwsem);
}

/* Only from where nobody's domain is lost. */
static bool is_free(struct iommu_group *group)
{
	return !group->domain || group->domain == group->default_domain ||
	       group->domain == group->blocking_domain;
}

static int attach_group(struct iommu_domain *domain, struct iommu_group *group)
{
	struct device *dev;

	if (!is_free(group))
		return -EBUSY;
	if (list_empty(&group->devices))
		return -EINVAL;
	dev = group_first_dev(group);
	if (!dev_has_iommu(dev) ||
	    !iommu_domain_fits(domain, dev_iommu_ops(dev)))
		return -EINVAL;
	return iommu_group_switch(group, domain);
}

int iommu_attach_group_handle(struct iommu_domain *domain,
			      struct iommu_group *group,
			      struct iommu_attach_handle *handle)
{
	int ret;

	if (!handle)
		return -EINVAL;
	mutex_lock(&group->mutex);
	ret = xa_insert(&group->pasid_array, IOMMU_NO_PASID, XA_ZERO_ENTRY,
			GFP_KERNEL);
	if (ret)
		goto out_unlock;
	group_change_begin(group);
	ret = attach_group(domain, group);
	if (ret)
		group_change_cancel(group, IOMMU_NO_PASID);
	else
		group_change_end(group, IOMMU_NO_PASID,
				 pasid_entry(domain, handle));
out_unlock:
	mutex_unlock(&group->mutex);
	return ret;
}

void iommu_detach_group_handle(struct iommu_domain *domain,
			       struct iommu_group *group)
{
	mutex_lock(&group->mutex);
	group_change_begin(group);
	iommu_group_must_switch(group, group->owner_cnt ?
					       group->blocking_domain :
					       group->default_domain);
	group_change_end(group, IOMMU_NO_PASID, NULL);
	mutex_unlock(&group->mutex);
}

int iommu_replace_group_handle(struct iommu_group *group,
			       struct iommu_domain *new_domain,
			       struct iommu_attach_handle *handle)
{
	int ret;

	if (!group || !new_domain || !handle)
		return -EINVAL;
	mutex_lock(&group->mutex);
	/* Does nothing if there is an entry, which then stays on failure. */
	ret = xa_reserve(&group->pasid_array, IOMMU_NO_PASID, GFP_KERNEL);
	if (ret)
		goto out_unlock;
	group_change_begin(group);
	ret = iommu_group_switch(group, new_domain);
	if (ret)
		group_change_cancel(group, IOMMU_NO_PASID);
	else
		group_change_end(group, IOMMU_NO_PASID,
				 pasid_entry(new_domain, handle));
out_unlock:
	mutex_unlock(&group->mutex);
	return ret;
}

struct iommu_attach_handle *iommu_attach_handle_get(struct iommu_group *group,
						    ioasid_t pasid,
						    unsigned int type)
{
	struct iommu_attach_handle *handle;
	void *entry;

	/* The lock keeps what is found attached while its type is read. */
	xa_lock(&group->pasid_array);
	entry = xa_load(&group->pasid_array, pasid);
	handle = entry ? pasid_entry_handle(entry) : NULL;
	if (!handle)
		handle = ERR_PTR(-ENOENT);
	else if (type && handle->domain->type != type)
		handle = ERR_PTR(-EBUSY);
	xa_unlock(&group->pasid_array);
	return handle;
}
