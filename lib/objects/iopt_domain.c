// SPDX-License-Identifier: MIT
/*
 * Domains of an IOAS: each mirrors all areas, the first one pins for all.
 *
 * Facts: spec/40 sections 11.2, 12.
 */
#include "objects/iopt.h"

#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/iommu.h>
#include <linux/minmax.h>
#include <linux/slab.h>

/* Takes the area out of domains [0, count), the storage last. */
static void unmap_domains(struct iopt_area *area, unsigned int count)
{
	struct iopt *iopt = area->iopt;

	for (unsigned int i = 1; i < count; i++)
		pages_unmap(area, iopt->domains[i]);
	if (count)
		pages_unmap(area, iopt->domains[0]);
}

static int map_domains(struct iopt_area *area)
{
	struct iopt *iopt = area->iopt;

	for (unsigned int i = 0; i < iopt->domain_count; i++) {
		int ret = pages_map(area, iopt->domains[i]);

		if (ret) {
			unmap_domains(area, i);
			return ret;
		}
	}
	return 0;
}

static void set_interval(struct iopt_area *area)
{
	area->user.interval.start = iopt_area_index(area);
	area->user.interval.last = iopt_area_last_index(area);
	area->user.pins = 0;
}

int iopt_area_fill(struct iopt_area *area)
{
	struct pages *pages = area->pages;
	int ret;

	set_interval(area);
	mutex_lock(&pages->lock);
	ret = pages_add_user(pages, &area->user);
	if (ret)
		goto unlock;
	ret = map_domains(area);
	if (ret)
		goto remove_user;
	/* The limit comes last: errors of pinning and mapping win. */
	ret = pages_settle(pages);
	if (ret)
		goto unmap;
	area->filled = true;
	mutex_unlock(&pages->lock);
	return 0;

unmap:
	unmap_domains(area, area->iopt->domain_count);
remove_user:
	pages_remove_user(pages, &area->user);
unlock:
	mutex_unlock(&pages->lock);
	return ret;
}

void iopt_area_unfill(struct iopt_area *area)
{
	struct pages *pages = area->pages;

	mutex_lock(&pages->lock);
	unmap_domains(area, area->iopt->domain_count);
	pages_remove_user(pages, &area->user);
	pages_settle(pages);
	mutex_unlock(&pages->lock);
	area->filled = false;
}

static int map_one(struct iopt_area *area, struct iommu_domain *domain)
{
	int ret;

	mutex_lock(&area->pages->lock);
	ret = pages_map(area, domain);
	mutex_unlock(&area->pages->lock);
	return ret;
}

static void unmap_one(struct iopt_area *area, struct iommu_domain *domain)
{
	mutex_lock(&area->pages->lock);
	pages_unmap(area, domain);
	mutex_unlock(&area->pages->lock);
}

/* Empties the domain of all areas below @end (NULL: of all). */
static void empty_domain(struct iopt *iopt, struct iommu_domain *domain,
			 struct iopt_area *end)
{
	struct iopt_area *area;

	iopt_for_each_area(area, iopt) {
		if (area == end)
			break;
		unmap_one(area, domain);
	}
}

static void unfill_areas(struct iopt *iopt, struct iopt_area *end)
{
	struct iopt_area *area;

	iopt_for_each_area(area, iopt) {
		if (area == end)
			break;
		iopt_area_unfill(area);
	}
}

/* The first domain: everything gets pinned. */
static int fill_first(struct iopt *iopt)
{
	struct iopt_area *area;

	iopt_for_each_area(area, iopt) {
		int ret = iopt_area_fill(area);

		if (ret) {
			unfill_areas(iopt, area);
			return ret;
		}
	}
	return 0;
}

/* One more: everything is pinned already. */
static int fill_further(struct iopt *iopt, struct iommu_domain *domain)
{
	struct iopt_area *area;

	iopt_for_each_area(area, iopt) {
		int ret = map_one(area, domain);

		if (ret) {
			empty_domain(iopt, domain, area);
			return ret;
		}
	}
	return 0;
}

static int table_grow(struct iopt *iopt)
{
	unsigned int room = iopt->domain_room ? 2 * iopt->domain_room : 4;
	void *domains;

	if (iopt->domain_count < iopt->domain_room)
		return 0;
	domains = krealloc_array(iopt->domains, room, sizeof(*iopt->domains),
				 GFP_KERNEL_ACCOUNT);
	if (!domains)
		return -ENOMEM;
	iopt->domains = domains;
	iopt->domain_room = room;
	return 0;
}

/* An empty table has no memory. */
static void table_trim(struct iopt *iopt)
{
	if (iopt->domain_count)
		return;
	kfree(iopt->domains);
	iopt->domains = NULL;
	iopt->domain_room = 0;
}

static int reserve_outside(struct iopt *iopt, struct iommu_domain *domain)
{
	unsigned long first = domain->geometry.aperture_start;
	unsigned long last = domain->geometry.aperture_end;
	int ret = 0;

	if (first)
		ret = iopt_reserve_locked(iopt, 0, first - 1, domain);
	if (!ret && last != ULONG_MAX)
		ret = iopt_reserve_locked(iopt, last + 1, ULONG_MAX, domain);
	return ret;
}

static int table_add(struct iopt *iopt, struct iommu_domain *domain)
{
	int ret;

	iopt->domains[iopt->domain_count] = domain;
	if (iopt->domain_count) {
		ret = fill_further(iopt, domain);
		if (!ret)
			iopt->domain_count++;
		return ret;
	}
	/* Fills go into all domains of the table: it counts from here. */
	iopt->domain_count = 1;
	ret = fill_first(iopt);
	if (ret)
		iopt->domain_count = 0;
	return ret;
}

static int add_domain_locked(struct iopt *iopt, struct iommu_domain *domain)
{
	unsigned long sizes = domain->pgsize_bitmap;
	unsigned long alignment = max(sizes & -sizes, iopt->alignment);
	int ret;

	if (alignment > PAGE_SIZE)
		return -EINVAL;
	if (alignment != iopt->alignment && !iopt_suits(iopt, alignment))
		return -EADDRINUSE;
	ret = table_grow(iopt);
	if (ret)
		return ret;
	ret = reserve_outside(iopt, domain);
	if (ret)
		goto unreserve;
	ret = table_add(iopt, domain);
	if (ret)
		goto unreserve;
	iopt->alignment = alignment;
	return 0;

unreserve:
	iopt_unreserve_locked(iopt, domain);
	table_trim(iopt);
	return ret;
}

int iopt_add_domain(struct iopt *iopt, struct iommu_domain *domain)
{
	int ret;

	iopt_lock(iopt);
	ret = add_domain_locked(iopt, domain);
	iopt_unlock(iopt);
	return ret;
}

static void remove_domain_locked(struct iopt *iopt, struct iommu_domain *domain)
{
	unsigned int i;

	for (i = 0; i < iopt->domain_count; i++)
		if (iopt->domains[i] == domain)
			break;
	if (WARN_ON(i == iopt->domain_count))
		return;
	if (iopt->domain_count == 1) {
		unfill_areas(iopt, NULL);
		iopt->domain_count = 0;
	} else {
		iopt->domains[i] = iopt->domains[--iopt->domain_count];
		empty_domain(iopt, domain, NULL);
	}
	table_trim(iopt);
	iopt_unreserve_locked(iopt, domain);
	/* It can only fall. */
	WARN_ON(iopt_update_alignment(iopt));
}

void iopt_remove_domain(struct iopt *iopt, struct iommu_domain *domain)
{
	iopt_lock(iopt);
	remove_domain_locked(iopt, domain);
	iopt_unlock(iopt);
}
