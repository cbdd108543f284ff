// SPDX-License-Identifier: MIT
/*
 * HWPT_PAGING: hardware page tables that mirror an IOAS, and what is common to
 * all page tables.
 *
 * A paging HWPT is made and put on its IOAS's list under ioas->mutex, which is
 * held until it is finished: its abort takes it off the list again.
 *
 * Nested ones are hwpt_nested.c's, the commands hwpt_alloc.c's and
 * hwpt_ioctl.c's.
 */
#include "objects/objects.h"

#include <linux/kcsan-checks.h>

#include "kit/driver_op.h"
#include "objects/ioas.h"

#define PAGING_FLAGS \
	(IOMMU_HWPT_ALLOC_NEST_PARENT | IOMMU_HWPT_ALLOC_DIRTY_TRACKING | \
	 IOMMU_HWPT_FAULT_ID_VALID | IOMMU_HWPT_ALLOC_PASID)

void iommufd_hwpt_free_domain(struct iommufd_hw_pagetable *hwpt)
{
	if (hwpt->domain)
		iommu_domain_free(hwpt->domain);
	if (hwpt->fault)
		refcount_dec(&hwpt->fault->common.obj.users);
}

void iommufd_hwpt_put(struct iommufd_ctx *ictx,
		      struct iommufd_hw_pagetable *hwpt)
{
	if (iommufd_hwpt_is_paging(hwpt) &&
	    to_hwpt_paging(hwpt)->auto_domain)
		iommufd_object_put_and_try_destroy(ictx, &hwpt->obj);
	else
		refcount_dec(&hwpt->obj.users);
}

static struct iommufd_hwpt_paging *obj_to_paging(struct iommufd_object *obj)
{
	return container_of(obj, struct iommufd_hwpt_paging, common.obj);
}

/* It is on no list any more. */
static void paging_free(struct iommufd_hwpt_paging *paging)
{
	iommufd_hwpt_free_domain(&paging->common);
	refcount_dec(&paging->ioas->obj.users);
}

void iommufd_hwpt_paging_abort(struct iommufd_object *obj)
{
	struct iommufd_hwpt_paging *paging = obj_to_paging(obj);

	lockdep_assert_held(&paging->ioas->mutex);
	kcsan_check_write(&paging->ioas->hwpt_list, 
			  sizeof(paging->ioas->hwpt_list));
	if (!list_empty(&paging->hwpt_item)) {
		list_del_init(&paging->hwpt_item);
		iopt_remove_domain(&paging->ioas->iopt, paging->common.domain);
	}
	paging_free(paging);
}

void iommufd_hwpt_paging_destroy(struct iommufd_object *obj)
{
	struct iommufd_hwpt_paging *paging = obj_to_paging(obj);

	mutex_lock(&paging->ioas->mutex);
	kcsan_check_write(&paging->ioas->hwpt_list, 
			  sizeof(paging->ioas->hwpt_list));
	list_del_init(&paging->hwpt_item);
	mutex_unlock(&paging->ioas->mutex);
	iopt_remove_domain(&paging->ioas->iopt, paging->common.domain);
	paging_free(paging);
}

static int check_flags(struct iommufd_device *idev, const struct iommu_ops *ops,
		       u32 flags, const struct iommu_user_data *user_data)
{
	if (!ops)
		return -ENODEV;
	if ((flags || user_data) && !ops->domain_alloc_paging_flags)
		return -EOPNOTSUPP;
	if (flags & ~PAGING_FLAGS)
		return -EOPNOTSUPP;
	if (flags & IOMMU_HWPT_ALLOC_DIRTY_TRACKING &&
	    !device_iommu_capable(idev->dev, IOMMU_CAP_DIRTY_TRACKING))
		return -EOPNOTSUPP;
	if (flags & IOMMU_HWPT_FAULT_ID_VALID &&
	    flags & IOMMU_HWPT_ALLOC_NEST_PARENT)
		return -EOPNOTSUPP;
	return 0;
}

static struct iommu_domain *
alloc_domain(struct iommufd_device *idev, const struct iommu_ops *ops,
	     u32 flags, const struct iommu_user_data *user_data)
{
	struct iommu_domain *domain;

	if (!ops->domain_alloc_paging_flags)
		return iommu_paging_domain_alloc(idev->dev);
	domain = driver_ask(ops, domain_alloc_paging_flags, idev->dev,
			    flags & ~IOMMU_HWPT_FAULT_ID_VALID, user_data);
	if (!IS_ERR(domain))
		domain->owner = ops;
	return domain;
}

static int init_domain(struct iommufd_hwpt_paging *paging,
		       struct iommufd_device *idev, const struct iommu_ops *ops,
		       u32 flags, const struct iommu_user_data *user_data)
{
	struct iommufd_hw_pagetable *hwpt = &paging->common;
	struct iommu_domain *domain =
		alloc_domain(idev, ops, flags, user_data);

	if (IS_ERR(domain))
		return PTR_ERR(domain);
	domain->iommufd_hwpt = hwpt;
	domain->cookie_type = IOMMU_COOKIE_IOMMUFD;
	hwpt->domain = domain;
	if (!idev->enforce_cache_coherency)
		return 0;
	paging->enforce_cache_coherency =
		domain->ops->enforce_cache_coherency &&
		driver_call(domain->ops, enforce_cache_coherency, domain);
	/* The device has promised it. */
	if (WARN_ON(!paging->enforce_cache_coherency))
		return -EINVAL;
	return 0;
}

/* The IOAS is mapped into the new domain, after @idev is attached to it. */
static int link_ioas(struct iommufd_hwpt_paging *paging,
		     struct iommufd_device *idev, ioasid_t pasid,
		     bool immediate_attach)
{
	struct iommufd_hw_pagetable *hwpt = &paging->common;
	struct iommufd_ioas *ioas = paging->ioas;
	int ret = 0;

	if (immediate_attach)
		ret = iommufd_device_attach_hwpt(hwpt, idev, pasid);
	if (ret)
		return ret;
	ret = iopt_add_domain(&ioas->iopt, hwpt->domain);
	if (ret) {
		if (immediate_attach) {
			iommufd_device_detach_hwpt(idev, pasid);
			refcount_dec(&hwpt->obj.users);
		}
		return ret;
	}
	kcsan_check_write(&ioas->hwpt_list, sizeof(ioas->hwpt_list));
	list_add_tail(&paging->hwpt_item, &ioas->hwpt_list);
	return 0;
}

struct iommufd_hwpt_paging *
iommufd_hwpt_paging_alloc(struct iommufd_ctx *ictx, struct iommufd_ioas *ioas,
			  struct iommufd_device *idev, ioasid_t pasid,
			  u32 flags, bool immediate_attach,
			  const struct iommu_user_data *user_data)
{
	const struct iommu_ops *ops = iommufd_device_ops(idev);
	struct iommufd_hwpt_paging *paging;
	int ret;

	lockdep_assert_held(&ioas->mutex);
	ret = check_flags(idev, ops, flags, user_data);
	if (ret)
		return ERR_PTR(ret);
	paging = iommufd_object_alloc_member(
		ictx, paging, IOMMUFD_OBJ_HWPT_PAGING, common.obj);
	if (IS_ERR(paging))
		return paging;
	INIT_LIST_HEAD(&paging->hwpt_item);
	paging->common.pasid_compat = flags & IOMMU_HWPT_ALLOC_PASID;
	paging->nest_parent = flags & IOMMU_HWPT_ALLOC_NEST_PARENT;
	refcount_inc(&ioas->obj.users);
	paging->ioas = ioas;
	ret = init_domain(paging, idev, ops, flags, user_data);
	if (!ret)
		ret = link_ioas(paging, idev, pasid, immediate_attach);
	if (!ret)
		return paging;
	return ERR_PTR(iommufd_object_finish(ictx, &paging->common.obj, ret));
}
