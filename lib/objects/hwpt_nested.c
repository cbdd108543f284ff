// SPDX-License-Identifier: MIT
/*
 * HWPT_NESTED: page tables that the user owns, translated further by a parent.
 *
 * Made on a nesting parent it holds the parent; made on a vIOMMU it holds the
 * vIOMMU, which holds the parent.  Either way ->parent is its paging part.
 */
#include "objects/objects.h"

#include <iommu-priv.h>

#include "kit/driver_op.h"

#define NESTED_FLAGS (IOMMU_HWPT_FAULT_ID_VALID | IOMMU_HWPT_ALLOC_PASID)

/* Destroy and abort are the same: no lock is needed. */
void iommufd_hwpt_nested_destroy(struct iommufd_object *obj)
{
	struct iommufd_hwpt_nested *nested =
		container_of(obj, struct iommufd_hwpt_nested, common.obj);

	iommufd_hwpt_free_domain(&nested->common);
	if (nested->viommu)
		refcount_dec(&nested->viommu->obj.users);
	else
		refcount_dec(&nested->parent->common.obj.users);
}

/* Takes the driver's domain, or its error: 0 or -errno. */
static int set_domain(struct iommufd_hwpt_nested *nested,
		      struct iommu_domain *domain, const struct iommu_ops *ops)
{
	if (IS_ERR(domain))
		return PTR_ERR(domain);
	domain->owner = ops;
	domain->iommufd_hwpt = &nested->common;
	domain->cookie_type = IOMMU_COOKIE_IOMMUFD;
	nested->common.domain = domain;
	if (WARN_ON_ONCE(domain->type != IOMMU_DOMAIN_NESTED))
		return -EOPNOTSUPP;
	return 0;
}

static struct iommufd_hwpt_nested *nested_new(struct iommufd_ctx *ictx,
					      u32 flags)
{
	struct iommufd_hwpt_nested *nested = iommufd_object_alloc_member(
		ictx, nested, IOMMUFD_OBJ_HWPT_NESTED, common.obj);

	if (!IS_ERR(nested))
		nested->common.pasid_compat = flags & IOMMU_HWPT_ALLOC_PASID;
	return nested;
}

struct iommufd_hwpt_nested *
iommufd_hwpt_nested_alloc(struct iommufd_ctx *ictx,
			  struct iommufd_hwpt_paging *parent,
			  struct iommufd_device *idev, u32 flags,
			  const struct iommu_user_data *user_data)
{
	const struct iommu_ops *ops = iommufd_device_ops(idev);
	struct iommufd_hwpt_nested *nested;
	int ret;

	if (flags & ~NESTED_FLAGS || !user_data->len ||
	    !ops->domain_alloc_nested)
		return ERR_PTR(-EOPNOTSUPP);
	if (parent->auto_domain || !parent->nest_parent ||
	    parent->common.domain->owner != ops)
		return ERR_PTR(-EINVAL);
	nested = nested_new(ictx, flags);
	if (IS_ERR(nested))
		return nested;
	refcount_inc(&parent->common.obj.users);
	nested->parent = parent;
	ret = set_domain(nested,
			 driver_ask(ops, domain_alloc_nested, idev->dev,
				    parent->common.domain,
				    flags & ~IOMMU_HWPT_FAULT_ID_VALID,
				    user_data),
			 ops);
	if (!ret)
		return nested;
	return ERR_PTR(iommufd_object_finish(ictx, &nested->common.obj, ret));
}

struct iommufd_hwpt_nested *
iommufd_hwpt_nested_alloc_viommu(struct iommufd_viommu *viommu, u32 flags,
				 const struct iommu_user_data *user_data)
{
	struct iommufd_ctx *ictx = viommu->ictx;
	struct iommufd_hwpt_nested *nested;
	int ret;

	if (flags & ~NESTED_FLAGS)
		return ERR_PTR(-EOPNOTSUPP);
	if (!user_data->len)
		return ERR_PTR(-EOPNOTSUPP);
	if (!viommu->ops || !viommu->ops->alloc_domain_nested)
		return ERR_PTR(-EOPNOTSUPP);
	nested = nested_new(ictx, flags);
	if (IS_ERR(nested))
		return nested;
	refcount_inc(&viommu->obj.users);
	nested->viommu = viommu;
	nested->parent = viommu->hwpt;
	ret = set_domain(nested,
			 driver_ask(viommu->ops, alloc_domain_nested, viommu,
				    flags & ~IOMMU_HWPT_FAULT_ID_VALID,
				    user_data),
			 viommu->iommu_dev->ops);
	if (!ret)
		return nested;
	return ERR_PTR(iommufd_object_finish(ictx, &nested->common.obj, ret));
}
