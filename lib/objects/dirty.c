// SPDX-License-Identifier: MIT
/*
 * Dirty tracking of a domain of an IOAS.
 *
 * Facts: spec/45 sections B2, B3.
 */
#include <linux/err.h>
#include <linux/iommu.h>
#include <linux/iova_bitmap.h>
#include <linux/minmax.h>
#include <linux/uaccess.h>

#include "iommu/sync.h"
#include "kit/driver_op.h"
#include "objects/iopt.h"

/* ---- switching on and off ---- */

/* Forgets what has been marked so far. */
static int clear_dirty(struct iopt *iopt, struct iommu_domain *domain)
{
	const struct iommu_dirty_ops *ops = domain->dirty_ops;
	struct iommu_iotlb_gather gather;
	struct iommu_dirty_bitmap dirty;
	struct iopt_area *area;
	int ret = 0;

	iommu_dirty_bitmap_init(&dirty, NULL, &gather);
	iopt_for_each_area(area, iopt) {
		ret = driver_ask(ops, read_and_clear_dirty, domain,
				 area->first, iopt_area_length(area), 0,
				 &dirty);
		if (ret)
			break;
	}
	domain_iotlb_sync(domain, &gather);
	return ret;
}

int iopt_dirty_enable(struct iopt *iopt, struct iommu_domain *domain,
		      bool enable)
{
	const struct iommu_dirty_ops *ops = domain->dirty_ops;
	int ret = 0;

	if (!ops)
		return -EOPNOTSUPP;
	iopt_lock(iopt);
	if (enable)
		ret = clear_dirty(iopt, domain);
	if (!ret)
		ret = driver_ask(ops, set_dirty_tracking, domain, enable);
	iopt_unlock(iopt);
	return ret;
}

/* ---- reading ---- */

static int check_range(const struct iopt *iopt,
		       const struct iommu_hwpt_get_dirty_bitmap *bitmap)
{
	unsigned long edges = bitmap->iova | (bitmap->iova + bitmap->length);
	unsigned long last;

	if (!bitmap->length)
		return -EINVAL;
	if (__builtin_add_overflow(bitmap->iova, bitmap->length - 1, &last))
		return -EOVERFLOW;
	if (edges & (iopt->alignment - 1))
		return -EINVAL;
	if (!bitmap->page_size || (edges & (bitmap->page_size - 1)))
		return -EINVAL;
	return 0;
}

/* What a walk over areas needs. */
struct reading {
	struct iopt *iopt;
	struct iommu_domain *domain;
	unsigned long flags;
	struct iommu_dirty_bitmap *dirty;
};

/* From area to touching area, until a hole or an error. */
static int read_areas(struct iova_bitmap *bitmap, unsigned long iova,
		      size_t length, void *arg)
{
	const struct reading *reading = arg;
	const struct iommu_dirty_ops *ops = reading->domain->dirty_ops;
	unsigned long last = iova + length - 1;
	struct iopt_area *area = iopt_area_at(reading->iopt, iova);

	for (; area; area = iopt_area_after(area)) {
		unsigned long end = min(area->last, last);
		int ret = driver_call(ops, read_and_clear_dirty,
				      reading->domain, iova, end - iova + 1,
				      reading->flags, reading->dirty);

		if (ret || end == last)
			return ret;
		iova = end + 1;
	}
	return -EINVAL;
}

static int read_dirty(struct iopt *iopt, struct iommu_domain *domain,
		      unsigned long flags,
		      const struct iommu_hwpt_get_dirty_bitmap *user)
{
	struct iommu_iotlb_gather gather;
	struct iommu_dirty_bitmap dirty;
	struct reading reading = { iopt, domain, flags, &dirty };
	struct iova_bitmap *bitmap;

	bitmap = iova_bitmap_alloc(user->iova, user->length, user->page_size,
				   u64_to_user_ptr(user->data));
	if (IS_ERR(bitmap))
		return PTR_ERR(bitmap);
	iommu_dirty_bitmap_init(&dirty, bitmap, &gather);
	/* What stops it is nobody's error: the rest was not read. */
	iova_bitmap_for_each(bitmap, &reading, read_areas);
	if (!(flags & IOMMU_DIRTY_NO_CLEAR))
		domain_iotlb_sync(domain, &gather);
	iova_bitmap_free(bitmap);
	return 0;
}

int iopt_dirty_read(struct iopt *iopt, struct iommu_domain *domain,
		    unsigned long flags,
		    const struct iommu_hwpt_get_dirty_bitmap *bitmap)
{
	int ret;

	iopt_lock_read(iopt);
	ret = check_range(iopt, bitmap);
	if (!ret)
		ret = domain->dirty_ops ?
			read_dirty(iopt, domain, flags, bitmap) : -EOPNOTSUPP;
	iopt_unlock_read(iopt);
	return ret;
}
