// SPDX-License-Identifier: MIT
/*
 * Groups: their life, their members, what they use when nobody owns them.
 *
 * A group is made by a driver's device_group op and lives as long as anybody
 * has a count on it: each member has one.  Its default and blocking domains
 * live as long as it has members.
 */
#include "iommu/group.h"

#include <iommu-priv.h>
#include <linux/bug.h>
#include <linux/idr.h>
#include <linux/lockdep.h>
#include <linux/slab.h>
#include <uik/machine.h>

#include "iommu/state.h"
#include "kit/driver_op.h"

struct iommu_group *iommu_group_alloc(void)
{
	struct iommu_state *state = iommu_state_get(uik_this_machine());
	struct iommu_group *group;
	int id;

	if (!state)
		return ERR_PTR(-ENOMEM);
	group = kzalloc_obj(*group);
	if (!group)
		return ERR_PTR(-ENOMEM);
	id = ida_alloc(&state->group_ids, GFP_KERNEL);
	if (id < 0) {
		kfree(group);
		return ERR_PTR(id);
	}
	group->id = id;
	group->state = state;
	refcount_set(&group->ref, 1);
	mutex_init(&group->mutex);
	INIT_LIST_HEAD(&group->devices);
	xa_init(&group->pasid_array);
	init_rwsem(&group->report_rwsem);
	return group;
}

struct iommu_group *iommu_group_ref_get(struct iommu_group *group)
{
	refcount_inc(&group->ref);
	return group;
}

void iommu_group_put(struct iommu_group *group)
{
	if (!group || !refcount_dec_and_test(&group->ref))
		return;
	WARN_ON(!list_empty(&group->devices));
	xa_destroy(&group->pasid_array);
	mutex_destroy(&group->mutex);
	ida_free(&group->state->group_ids, group->id);
	kfree(group);
}

struct iommu_group *iommu_group_get(struct device *dev)
{
	return dev->iommu_group ? iommu_group_ref_get(dev->iommu_group) : NULL;
}

int iommu_group_id(struct iommu_group *group)
{
	return group->id;
}

struct iommu_group *generic_device_group(struct device *dev)
{
	return iommu_group_alloc();
}

struct iommu_group *generic_single_device_group(struct device *dev)
{
	struct iommu_device *iommu = dev->iommu->iommu_dev;

	if (!iommu->singleton_group) {
		struct iommu_group *group = iommu_group_alloc();

		if (IS_ERR(group))
			return group;
		iommu->singleton_group = group;
	}
	return iommu_group_ref_get(iommu->singleton_group);
}

int iommu_group_for_each_dev(struct iommu_group *group, void *data,
			     int (*fn)(struct device *dev, void *data))
{
	struct group_device *member;
	int ret = 0;

	mutex_lock(&group->mutex);
	list_for_each_entry(member, &group->devices, list) {
		ret = fn(member->dev, data);
		if (ret)
			break;
	}
	mutex_unlock(&group->mutex);
	return ret;
}

/*
 * Interrupts of these machines carry no address that a device could forge
 * but those that the IOMMU translates.
 */
bool iommu_group_has_isolated_msi(struct iommu_group *group)
{
	return true;
}

void iommu_group_mutex_assert(struct device *dev)
{
	if (dev->iommu_group)
		lockdep_assert_held(&dev->iommu_group->mutex);
}

struct iommu_domain *iommu_group_default_domain(struct iommu_group *group)
{
	return group->default_domain;
}

struct iommu_domain *iommu_get_domain_for_dev(struct device *dev)
{
	struct iommu_group *group = dev->iommu_group;

	return group ? READ_ONCE(group->domain) : NULL;
}

/* --- the default domain -------------------------------------------------- */

static struct iommu_domain *identity_domain(struct device *dev)
{
	const struct iommu_ops *ops = dev_iommu_ops(dev);
	struct iommu_domain *domain;

	if (ops->identity_domain)
		return ops->identity_domain;
	if (!ops->domain_alloc_identity)
		return ERR_PTR(-EOPNOTSUPP);
	domain = driver_call(ops, domain_alloc_identity, dev);
	if (!domain)
		return ERR_PTR(-ENOMEM);
	if (!IS_ERR(domain))
		domain->owner = ops;
	return domain;
}

static struct iommu_domain *dma_domain(struct device *dev)
{
	struct iommu_domain *domain = iommu_paging_domain_alloc(dev);

	if (!IS_ERR(domain))
		domain->type = IOMMU_DOMAIN_DMA;
	return domain;
}

/*
 * The driver's static one, else the kind it asks for, else identity: there are
 * no kernel drivers here whose DMA wants translation.
 */
static struct iommu_domain *default_domain(struct device *dev)
{
	const struct iommu_ops *ops = dev_iommu_ops(dev);
	struct iommu_domain *domain;
	int type;

	if (ops->default_domain)
		return ops->default_domain;
	type = ops->def_domain_type ? driver_call(ops, def_domain_type, dev) :
				      0;
	if (type == IOMMU_DOMAIN_DMA)
		return dma_domain(dev);
	domain = identity_domain(dev);
	if (PTR_ERR_OR_ZERO(domain) == -EOPNOTSUPP)
		return dma_domain(dev);
	return domain;
}

/* Static domains belong to the driver. */
static bool is_static(struct iommu_domain *domain, const struct iommu_ops *ops)
{
	return domain == ops->default_domain || domain == ops->blocked_domain ||
	       domain == ops->identity_domain || domain == ops->release_domain;
}

static void free_domains(struct iommu_group *group, const struct iommu_ops *ops)
{
	struct iommu_domain *fallback = group->default_domain;
	struct iommu_domain *blocking = group->blocking_domain;

	group->domain = NULL;
	group->default_domain = NULL;
	group->blocking_domain = NULL;
	if (fallback && !is_static(fallback, ops))
		iommu_domain_free(fallback);
	if (blocking && !is_static(blocking, ops))
		iommu_domain_free(blocking);
}

/* --- direct mappings ----------------------------------------------------- */

static int map_region(struct iommu_domain *domain,
		      struct iommu_resv_region *region)
{
	unsigned long page = domain->pgsize_bitmap & -domain->pgsize_bitmap;
	unsigned long at = region->start & ~(page - 1);
	unsigned long end = (region->start + region->length + page - 1) &
			    ~(page - 1);

	/* Another member may have mapped some of it. */
	for (; at < end; at += page) {
		int ret;

		if (iommu_iova_to_phys(domain, at))
			continue;
		ret = iommu_map(domain, at, at, page, region->prot, GFP_KERNEL);
		if (ret)
			return ret;
	}
	return 0;
}

/* Notes whether the device must never be blocked; maps what it needs. */
static int setup_direct(struct iommu_group *group, struct device *dev)
{
	struct iommu_domain *domain = group->default_domain;
	bool paging = domain->type & __IOMMU_DOMAIN_PAGING;
	struct iommu_resv_region *region;
	LIST_HEAD(regions);
	int ret = 0;

	iommu_get_resv_regions(dev, &regions);
	list_for_each_entry(region, &regions, list) {
		bool relaxable = region->type == IOMMU_RESV_DIRECT_RELAXABLE;

		if (region->type != IOMMU_RESV_DIRECT && !relaxable)
			continue;
		if (!relaxable)
			dev->iommu->require_direct = 1;
		if (paging && !ret)
			ret = map_region(domain, region);
	}
	iommu_put_resv_regions(dev, &regions);
	return ret;
}

/* --- members ------------------------------------------------------------- */

/* A device that joins uses what the others use. */
static int put_to_work(struct iommu_group *group, struct device *dev)
{
	struct iommu_domain *domain;
	int ret;

	if (!group->default_domain) {
		domain = default_domain(dev);
		if (IS_ERR(domain))
			return PTR_ERR(domain);
		group->default_domain = domain;
	}
	ret = setup_direct(group, dev);
	if (ret)
		return ret;
	domain = group->domain ?: group->default_domain;
	if (!domain->ops->attach_dev)
		return -ENODEV;
	ret = driver_call(domain->ops, attach_dev, domain, dev, NULL);
	if (!ret)
		WRITE_ONCE(group->domain, domain);
	return ret;
}

int iommu_group_add(struct iommu_group *group, struct device *dev)
{
	struct group_device *member = kzalloc_obj(*member);
	int ret;

	if (!member)
		return -ENOMEM;
	member->dev = dev;
	mutex_lock(&group->mutex);
	ret = put_to_work(group, dev);
	if (!ret)
		list_add_tail(&member->list, &group->devices);
	else if (list_empty(&group->devices))
		free_domains(group, dev_iommu_ops(dev));
	mutex_unlock(&group->mutex);
	if (ret)
		kfree(member);
	return ret;
}

struct group_device *group_find_member(struct iommu_group *group,
				       struct device *dev)
{
	struct group_device *member;

	list_for_each_entry(member, &group->devices, list)
		if (member->dev == dev)
			return member;
	return NULL;
}

void iommu_group_remove(struct iommu_group *group, struct device *dev)
{
	const struct iommu_ops *ops = dev_iommu_ops(dev);
	struct group_device *member;

	mutex_lock(&group->mutex);
	member = group_find_member(group, dev);
	if (!WARN_ON(!member)) {
		list_del(&member->list);
		if (member->recovering)
			group->recovery_cnt--;
		kfree(member);
	}
	if (ops->release_domain && ops->release_domain != group->domain)
		WARN_ON(driver_call(ops->release_domain->ops, attach_dev,
				    ops->release_domain, dev, group->domain));
	if (ops->release_device)
		driver_tell(ops, release_device, dev);
	if (list_empty(&group->devices)) {
		/* Who owns a device lets it go before it disappears. */
		WARN_ON(group->owner_cnt);
		WARN_ON(!xa_empty(&group->pasid_array));
		free_domains(group, ops);
	}
	mutex_unlock(&group->mutex);
}
