// SPDX-License-Identifier: MIT
/*
 * Domains: making and freeing them; what a device can do; the ranges that it
 * does not have for itself.
 */
#include <iommu-priv.h>
#include <linux/bug.h>
#include <linux/slab.h>

#include "kit/driver_op.h"

bool device_iommu_capable(struct device *dev, enum iommu_cap cap)
{
	const struct iommu_ops *ops;

	if (!dev_has_iommu(dev))
		return false;
	ops = dev_iommu_ops(dev);
	return ops->capable && driver_call(ops, capable, dev, cap);
}

/* --- making and freeing -------------------------------------------------- */

static struct iommu_domain *paging_alloc(struct device *dev,
					 const struct iommu_ops *ops,
					 unsigned int flags)
{
	struct iommu_domain *domain;

	if (ops->domain_alloc_paging && !flags)
		domain = driver_ask(ops, domain_alloc_paging, dev);
	else if (ops->domain_alloc_paging_flags)
		domain = driver_ask(ops, domain_alloc_paging_flags, dev, flags,
				    NULL);
	else
		return ERR_PTR(-EOPNOTSUPP);
	return domain ?: ERR_PTR(-ENOMEM);
}

struct iommu_domain *iommu_paging_domain_alloc_flags(struct device *dev,
						     unsigned int flags)
{
	const struct iommu_ops *ops;
	struct iommu_domain *domain;

	if (!dev_has_iommu(dev))
		return ERR_PTR(-ENODEV);
	ops = dev_iommu_ops(dev);
	domain = paging_alloc(dev, ops, flags);
	if (IS_ERR(domain))
		return domain;
	domain->type = IOMMU_DOMAIN_UNMANAGED;
	domain->owner = ops;
	if (!domain->ops)
		domain->ops = ops->default_domain_ops;
	return domain;
}

struct iommu_domain *iommu_paging_domain_alloc(struct device *dev)
{
	return iommu_paging_domain_alloc_flags(dev, 0);
}

void iommu_domain_free(struct iommu_domain *domain)
{
	/* Static domains are never freed. */
	if (!WARN_ON(!domain->ops || !domain->ops->free))
		driver_tell(domain->ops, free, domain);
}

/* --- reserved regions ---------------------------------------------------- */

void iommu_get_resv_regions(struct device *dev, struct list_head *list)
{
	const struct iommu_ops *ops;

	if (!dev_has_iommu(dev))
		return;
	ops = dev_iommu_ops(dev);
	if (ops->get_resv_regions)
		driver_tell(ops, get_resv_regions, dev, list);
}

void iommu_put_resv_regions(struct device *dev, struct list_head *list)
{
	struct iommu_resv_region *region, *next;

	list_for_each_entry_safe(region, next, list, list) {
		list_del(&region->list);
		if (region->free)
			region->free(dev, region);
		else
			kfree(region);
	}
}

struct iommu_resv_region *iommu_alloc_resv_region(phys_addr_t start,
						  size_t length, int prot,
						  enum iommu_resv_type type,
						  gfp_t gfp)
{
	struct iommu_resv_region *region = kzalloc_obj(*region, gfp);

	if (!region)
		return NULL;
	INIT_LIST_HEAD(&region->list);
	region->start = start;
	region->length = length;
	region->prot = prot;
	region->type = type;
	return region;
}
