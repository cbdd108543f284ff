// SPDX-License-Identifier: MIT
/*
 * Reserved and allowed ranges, and the alignment that follows from domains,
 * accesses and the large page option.
 *
 * Reserved ranges are few: they are an array, with a second one that has them
 * joined where they touch.  Giving some back needs no memory.
 *
 * Facts: spec/40 sections 4, 5, 8, 17; spec/20 section 10A.
 */
#include "objects/iopt.h"

#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/iommu.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <uik/hook.h>

#include "objects/access.h"

/* ---- reserved ---- */

static int reserved_grow(struct iopt_reserved *reserved)
{
	unsigned int room = reserved->room ? 2 * reserved->room : 8;
	void *list, *joined;

	if (reserved->count < reserved->room)
		return 0;
	list = krealloc_array(reserved->list, room, sizeof(*reserved->list),
			      GFP_KERNEL_ACCOUNT);
	if (!list)
		return -ENOMEM;
	reserved->list = list;
	/* If this fails the list merely is longer than it says. */
	joined = krealloc_array(reserved->joined, room,
				sizeof(*reserved->joined), GFP_KERNEL_ACCOUNT);
	if (!joined)
		return -ENOMEM;
	reserved->joined = joined;
	reserved->room = room;
	return 0;
}

/* No ranges, no memory. */
static void reserved_trim(struct iopt_reserved *reserved)
{
	if (reserved->count)
		return;
	kfree(reserved->list);
	kfree(reserved->joined);
	*reserved = (struct iopt_reserved){};
}

static void reserved_join(struct iopt_reserved *reserved)
{
	struct iopt_range *to = NULL;

	reserved->joined_count = 0;
	for (unsigned int i = 0; i < reserved->count; i++) {
		const struct iopt_reservation *from = &reserved->list[i];

		if (to && (to->last == ULONG_MAX ||
			   from->first <= to->last + 1)) {
			to->last = max(to->last, from->last);
			continue;
		}
		to = &reserved->joined[reserved->joined_count++];
		to->first = from->first;
		to->last = from->last;
	}
}

bool iopt_reserved_meets(const struct iopt *iopt, unsigned long first,
			 unsigned long last)
{
	const struct iopt_reserved *reserved = &iopt->reserved;
	unsigned int low = 0, high = reserved->joined_count;

	while (low < high) {
		unsigned int middle = (low + high) / 2;

		if (reserved->joined[middle].last < first)
			low = middle + 1;
		else
			high = middle;
	}
	return low < reserved->joined_count &&
	       reserved->joined[low].first <= last;
}

static bool allowed_meets(const struct iopt_allowed *allowed,
			  unsigned long first, unsigned long last)
{
	unsigned int low = 0, high = allowed->count;

	while (low < high) {
		unsigned int middle = (low + high) / 2;

		if (allowed->list[middle].last < first)
			low = middle + 1;
		else
			high = middle;
	}
	return low < allowed->count && allowed->list[low].first <= last;
}

int iopt_reserve_locked(struct iopt *iopt, unsigned long first,
			unsigned long last, void *owner)
{
	struct iopt_reserved *reserved = &iopt->reserved;
	unsigned int at;
	int ret;

	lockdep_assert_held_write(&iopt->lock);
	if (WARN_ON(first > last))
		return -EINVAL;
	if (iopt_area_lowest(iopt, first, last) ||
	    allowed_meets(&iopt->allowed, first, last))
		return -EADDRINUSE;
	ret = reserved_grow(reserved);
	if (ret) {
		reserved_trim(reserved);
		return ret;
	}
	for (at = reserved->count; at; at--) {
		if (reserved->list[at - 1].first <= first)
			break;
		reserved->list[at] = reserved->list[at - 1];
	}
	reserved->list[at] = (struct iopt_reservation){ first, last, owner };
	reserved->count++;
	reserved_join(reserved);
	return 0;
}

void iopt_unreserve_locked(struct iopt *iopt, void *owner)
{
	struct iopt_reserved *reserved = &iopt->reserved;
	unsigned int kept = 0;

	lockdep_assert_held_write(&iopt->lock);
	for (unsigned int i = 0; i < reserved->count; i++)
		if (reserved->list[i].owner != owner)
			reserved->list[kept++] = reserved->list[i];
	if (kept == reserved->count)
		return;
	reserved->count = kept;
	reserved_join(reserved);
	reserved_trim(reserved);
}

int iopt_reserve(struct iopt *iopt, unsigned long first, unsigned long last,
		 void *owner)
{
	int ret;

	iopt_lock(iopt);
	ret = iopt_reserve_locked(iopt, first, last, owner);
	iopt_unlock(iopt);
	return ret;
}

void iopt_unreserve(struct iopt *iopt, void *owner)
{
	iopt_lock(iopt);
	iopt_unreserve_locked(iopt, owner);
	iopt_unlock(iopt);
}

bool iopt_unreserved_next(const struct iopt *iopt, unsigned int *at,
			  struct iopt_range *range)
{
	const struct iopt_reserved *reserved = &iopt->reserved;

	while (*at <= reserved->joined_count) {
		unsigned int i = (*at)++;

		range->first = i ? reserved->joined[i - 1].last + 1 : 0;
		range->last = i < reserved->joined_count ?
			reserved->joined[i].first - 1 : ULONG_MAX;
		/* Nothing below 0, nothing above the last address. */
		if ((!i || range->first) &&
		    (i == reserved->joined_count || range->last != ULONG_MAX))
			return true;
	}
	return false;
}

/* MSI windows of one device. */
struct msi_windows {
	unsigned int hardware;
	unsigned int software;
};

static int reserve_region(struct iopt *iopt, struct device *dev,
			  const struct iommu_resv_region *region,
			  struct msi_windows *windows,
			  phys_addr_t *sw_msi_start)
{
	if (region->type == IOMMU_RESV_DIRECT_RELAXABLE)
		return 0;
	if (sw_msi_start && region->type == IOMMU_RESV_MSI)
		windows->hardware++;
	if (sw_msi_start && region->type == IOMMU_RESV_SW_MSI) {
		windows->software++;
		*sw_msi_start = region->start;
	}
	return iopt_reserve_locked(iopt, region->start,
				   region->start + region->length - 1, dev);
}

int iopt_reserve_device(struct iopt *iopt, struct device *dev,
			phys_addr_t *sw_msi_start)
{
	struct msi_windows windows = { 0, 0 };
	struct iommu_resv_region *region;
	LIST_HEAD(regions);
	int ret = 0;

	if (uik_fail(UIK_FAIL_OP))
		return -EINVAL;
	iopt_lock(iopt);
	iommu_get_resv_regions(dev, &regions);
	list_for_each_entry(region, &regions, list) {
		ret = reserve_region(iopt, dev, region, &windows, sw_msi_start);
		if (ret)
			break;
	}
	/* A driver that asks for both has a bug. */
	if (!ret && WARN_ON((windows.hardware && windows.software) ||
			    windows.software > 1))
		ret = -EINVAL;
	if (ret)
		iopt_unreserve_locked(iopt, dev);
	iommu_put_resv_regions(dev, &regions);
	iopt_unlock(iopt);
	return ret;
}

/* ---- allowed ---- */

int iopt_set_allowed(struct iopt *iopt, struct iopt_allowed *allowed)
{
	struct iopt_range *old = NULL;
	int ret = 0;

	iopt_lock(iopt);
	for (unsigned int i = 0; i < allowed->count && !ret; i++)
		if (iopt_reserved_meets(iopt, allowed->list[i].first,
					allowed->list[i].last))
			ret = -EADDRINUSE;
	if (!ret) {
		old = iopt->allowed.list;
		iopt->allowed = *allowed;
	}
	iopt_unlock(iopt);
	kvfree(old);
	return ret;
}

/* ---- alignment ---- */

int iopt_update_alignment(struct iopt *iopt)
{
	unsigned long alignment = 1;

	lockdep_assert_held_write(&iopt->lock);
	if (iopt->disable_large_pages || iopt->page_accesses)
		alignment = PAGE_SIZE;
	for (unsigned int i = 0; i < iopt->domain_count; i++) {
		unsigned long sizes = iopt->domains[i]->pgsize_bitmap;

		alignment = max(alignment, sizes & -sizes);
	}
	if (alignment > iopt->alignment && !iopt_suits(iopt, alignment))
		return -EADDRINUSE;
	iopt->alignment = alignment;
	return 0;
}

static int disable_large_pages(struct iopt *iopt)
{
	int ret;

	if (iopt->disable_large_pages)
		return 0;
	/* What is mapped already may have large pages. */
	if (iopt->domain_count && iopt->area_count)
		return -EINVAL;
	iopt->disable_large_pages = true;
	ret = iopt_update_alignment(iopt);
	if (ret)
		iopt->disable_large_pages = false;
	return ret;
}

int iopt_set_large_pages(struct iopt *iopt, bool enable)
{
	int ret;

	iopt_lock(iopt);
	if (enable) {
		iopt->disable_large_pages = false;
		ret = iopt_update_alignment(iopt);
	} else {
		ret = disable_large_pages(iopt);
	}
	iopt_unlock(iopt);
	return ret;
}

int iopt_add_access(struct iopt *iopt, struct iommufd_access *access,
		    u32 *out_key)
{
	bool paged = access->iova_alignment > 1;
	int ret;

	iopt_lock(iopt);
	ret = xa_alloc(&iopt->accesses, out_key, access,
		       XA_LIMIT(0, IOPT_ACCESS_MAX - 1), GFP_KERNEL_ACCOUNT);
	if (!ret) {
		iopt->page_accesses += paged;
		ret = iopt_update_alignment(iopt);
		if (ret) {
			iopt->page_accesses -= paged;
			xa_erase(&iopt->accesses, *out_key);
		}
	}
	iopt_unlock(iopt);
	return ret;
}

void iopt_remove_access(struct iopt *iopt, struct iommufd_access *access,
			u32 key)
{
	iopt_lock(iopt);
	WARN_ON(xa_erase(&iopt->accesses, key) != access);
	iopt->page_accesses -= access->iova_alignment > 1;
	/* It can only fall. */
	WARN_ON(iopt_update_alignment(iopt));
	iopt_unlock(iopt);
}
