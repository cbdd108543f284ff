// SPDX-License-Identifier: MIT
/*
 * Groups: what the devices of one iommu group have in common in a context.
 *
 * A record is found by the iommu group's number.  A record whose count has
 * reached zero may still be in the map for a moment: it is replaced, and its
 * release removes only itself.
 */
#include "objects/objects.h"

#include <linux/slab.h>

static void group_release(struct kref *ref)
{
	struct iommufd_group *igroup =
		container_of(ref, struct iommufd_group, ref);

	WARN_ON(!xa_empty(&igroup->pasid_attach));
	if (igroup->group) {
		/* Takes the lock that others look at the slot under. */
		xa_cmpxchg(&igroup->ictx->groups,
			   iommu_group_id(igroup->group), igroup, NULL,
			   GFP_KERNEL);
		iommu_group_put(igroup->group);
	}
	xa_destroy(&igroup->pasid_attach);
	mutex_destroy(&igroup->lock);
	kfree(igroup);
}

void iommufd_group_put(struct iommufd_group *igroup)
{
	kref_put(&igroup->ref, group_release);
}

/* Takes over the count of @group; NULL without memory. */
static struct iommufd_group *group_new(struct iommufd_ctx *ictx,
				       struct iommu_group *group)
{
	struct iommufd_group *igroup =
		kzalloc_obj(*igroup, GFP_KERNEL_ACCOUNT);

	if (!igroup)
		return NULL;
	kref_init(&igroup->ref);
	mutex_init(&igroup->lock);
	xa_init(&igroup->pasid_attach);
	igroup->ictx = ictx;
	igroup->group = group;
	igroup->sw_msi_start = IOMMUFD_NO_SW_MSI;
	return igroup;
}

/* The map's lock is held. */
static bool group_try_get(struct iommufd_group *igroup,
			  struct iommufd_ctx *ictx, struct iommu_group *group)
{
	if (!igroup)
		return false;
	/* A group keeps its number while anybody has a count on it. */
	if (WARN_ON(igroup->group != group || igroup->ictx != ictx))
		return false;
	return kref_get_unless_zero(&igroup->ref);
}

/* Puts @fresh into the map, or finds what another thread has put there. */
static struct iommufd_group *group_publish(struct iommufd_ctx *ictx,
					   struct iommufd_group *fresh)
{
	unsigned long id = iommu_group_id(fresh->group);
	struct iommufd_group *seen = NULL, *found;

	xa_lock(&ictx->groups);
	for (;;) {
		found = __xa_cmpxchg(&ictx->groups, id, seen, fresh,
				     GFP_KERNEL);
		if (xa_is_err(found)) {
			found = ERR_PTR(xa_err(found));
			break;
		}
		if (found == seen) {
			found = fresh;
			break;
		}
		if (group_try_get(found, ictx, fresh->group))
			break;
		seen = found;
	}
	xa_unlock(&ictx->groups);
	if (found != fresh)
		iommufd_group_put(fresh);
	return found;
}

struct iommufd_group *iommufd_group_get(struct iommufd_ctx *ictx,
					struct device *dev)
{
	struct iommu_group *group = iommu_group_get(dev);
	struct iommufd_group *igroup;

	if (!group)
		return ERR_PTR(-ENODEV);
	xa_lock(&ictx->groups);
	igroup = xa_load(&ictx->groups, iommu_group_id(group));
	if (!group_try_get(igroup, ictx, group))
		igroup = NULL;
	xa_unlock(&ictx->groups);
	if (igroup) {
		iommu_group_put(group);
		return igroup;
	}
	igroup = group_new(ictx, group);
	if (!igroup) {
		iommu_group_put(group);
		return ERR_PTR(-ENOMEM);
	}
	return group_publish(ictx, igroup);
}

struct iommufd_group *iommufd_group_get_noiommu(struct iommufd_ctx *ictx)
{
	struct iommufd_group *igroup = group_new(ictx, NULL);

	return igroup ?: ERR_PTR(-ENOMEM);
}
