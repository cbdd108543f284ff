/* SPDX-License-Identifier: MIT */
/* The flush that ends an unmapping. */
#ifndef IOMMU_SYNC_H
#define IOMMU_SYNC_H

#include <linux/iommu.h>

#include "kit/driver_op.h"

/* iommu_iotlb_sync(), where tests see it. */
static inline void domain_iotlb_sync(struct iommu_domain *domain,
				     struct iommu_iotlb_gather *gather)
{
	if (domain->ops->iotlb_sync && gather->start <= gather->end)
		driver_tell(domain->ops, iotlb_sync, domain, gather);
	iommu_iotlb_gather_init(gather);
}

#endif
