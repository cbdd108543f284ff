// SPDX-License-Identifier: MIT
/*
 * Pages into and out of a domain: one call for each run of frames.
 *
 * Facts: spec/40 section 12.3.
 */
#include "objects/pages.h"

#include <linux/bug.h>
#include <linux/iommu.h>
#include <linux/minmax.h>

#include "objects/iopt.h"
#include "objects/pages_dmabuf.h"

/* What of an area is still to be mapped. */
struct cursor {
	unsigned long iova;
	unsigned long left;		/* bytes */
	unsigned long index;
	unsigned long offset;		/* in the first page */
};

static int area_prot(const struct iopt_area *area)
{
	if (area->pages->kind != PAGES_DMABUF)
		return area->prot;
	return (area->prot & ~IOMMU_CACHE) | IOMMU_MMIO;
}

static unsigned long run_bytes(const struct iopt_area *area,
			       const struct cursor *at)
{
	unsigned long npages = (at->offset + at->left - 1) / PAGE_SIZE + 1;

	if (area->iopt->disable_large_pages)
		npages = 1;
	else
		npages = pages_run(area->pages, at->index, npages);
	return min(npages * PAGE_SIZE - at->offset, at->left);
}

static int map_runs(struct iopt_area *area, struct iommu_domain *domain)
{
	struct cursor at = {
		.iova = area->first,
		.left = iopt_area_length(area),
		.index = iopt_area_index(area),
		.offset = area->start_byte % PAGE_SIZE,
	};
	int prot = area_prot(area);

	while (at.left) {
		unsigned long bytes = run_bytes(area, &at);
		phys_addr_t phys = PFN_PHYS(pages_pfn(area->pages, at.index));
		int ret = iommu_map(domain, at.iova, phys + at.offset, bytes,
				    prot, GFP_KERNEL_ACCOUNT);

		if (ret) {
			if (at.iova != area->first)
				iommu_unmap(domain, area->first,
					    at.iova - area->first);
			return ret;
		}
		at.iova += bytes;
		at.left -= bytes;
		at.index += (at.offset + bytes) / PAGE_SIZE;
		at.offset = 0;
	}
	return 0;
}

static int map_dmabuf(struct iopt_area *area, struct iommu_domain *domain)
{
	int ret;

	/* Revoked memory is mapped nowhere, and that is fine. */
	if (area->pages->revoked)
		return 0;
	ret = pages_dmabuf_track(area, domain);
	if (ret)
		return ret;
	ret = map_runs(area, domain);
	if (ret)
		pages_dmabuf_untrack(area, domain);
	return ret;
}

int pages_map(struct iopt_area *area, struct iommu_domain *domain)
{
	lockdep_assert_held(&area->pages->lock);
	if (area->pages->kind == PAGES_DMABUF)
		return map_dmabuf(area, domain);
	return map_runs(area, domain);
}

void pages_unmap(struct iopt_area *area, struct iommu_domain *domain)
{
	unsigned long length = iopt_area_length(area);

	lockdep_assert_held(&area->pages->lock);
	if (area->pages->kind == PAGES_DMABUF &&
	    !pages_dmabuf_untrack(area, domain))
		return;
	WARN_ON(iommu_unmap(domain, area->first, length) != length);
}
