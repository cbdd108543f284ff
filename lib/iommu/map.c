// SPDX-License-Identifier: MIT
/*
 * Mapping ranges: cut into entries, handed to the driver, undone on failure.
 *
 * A domain that is a struct pt_iommu takes the whole range at once.  For all
 * others a range is cut into batches of entries of one size: the largest that
 * address, physical address and the rest of the range are good for.
 */
#include <linux/bitops.h>
#include <linux/bug.h>
#include <linux/generic_pt/iommu.h>
#include <linux/iommu.h>
#include <linux/minmax.h>

#include "iommu/sync.h"
#include "kit/driver_op.h"

static struct pt_iommu *to_pt(struct iommu_domain *domain)
{
	return container_of(domain, struct pt_iommu, domain);
}

/* Bits 0 to @bit. */
static unsigned long up_to(unsigned int bit)
{
	return ~0ul >> (BITS_PER_LONG - 1 - bit);
}

/*
 * The size of the next entry, and in *@count how many of it follow: up to
 * where a larger size takes over, or the range ends.
 */
static size_t entry_size(struct iommu_domain *domain, unsigned long iova,
			 phys_addr_t paddr, size_t size, size_t *count)
{
	unsigned long merged = iova | paddr;
	unsigned long sizes = domain->pgsize_bitmap & up_to(__fls(size));
	unsigned long larger, page;

	if (merged)
		sizes &= up_to(__ffs(merged));
	page = 1ul << __fls(sizes);
	larger = domain->pgsize_bitmap & ~up_to(__fls(page));
	if (larger) {
		size_t next = 1ul << __ffs(larger);
		size_t until = next - (iova & (next - 1));

		/* The larger one fits from there on, if both get aligned. */
		if (!((iova ^ paddr) & (next - 1)) && size >= until + next)
			size = until;
	}
	*count = size / page;
	return page;
}

static int map_batches(struct iommu_domain *domain, unsigned long iova,
		       phys_addr_t paddr, size_t size, int prot, gfp_t gfp,
		       size_t *done)
{
	const struct iommu_domain_ops *ops = domain->ops;

	while (*done < size) {
		size_t mapped = 0, count, page;
		int ret;

		page = entry_size(domain, iova + *done, paddr + *done,
				  size - *done, &count);
		ret = driver_ask(ops, map_pages, domain, iova + *done,
				 paddr + *done, page, count, prot, gfp,
				 &mapped);
		*done += mapped;
		if (ret)
			return ret;
		if (WARN_ON(!mapped))
			return -EIO;
	}
	return 0;
}

static int map_range(struct iommu_domain *domain, unsigned long iova,
		     phys_addr_t paddr, size_t size, int prot, gfp_t gfp,
		     size_t *done)
{
	unsigned long smallest;

	if (domain->is_iommupt)
		return driver_ask(to_pt(domain)->ops, map_range, to_pt(domain),
				  iova, paddr, size, prot, gfp, done);
	if (!domain->ops->map_pages || !domain->pgsize_bitmap)
		return -ENODEV;
	smallest = domain->pgsize_bitmap & -domain->pgsize_bitmap;
	if ((iova | paddr | size) & (smallest - 1))
		return -EINVAL;
	return map_batches(domain, iova, paddr, size, prot, gfp, done);
}

int iommu_map_nosync(struct iommu_domain *domain, unsigned long iova,
		     phys_addr_t paddr, size_t size, int prot, gfp_t gfp)
{
	size_t done = 0;
	int ret;

	if (!(domain->type & __IOMMU_DOMAIN_PAGING))
		return -EINVAL;
	ret = map_range(domain, iova, paddr, size, prot, gfp, &done);
	if (ret && done)
		iommu_unmap(domain, iova, done);
	return ret;
}

int iommu_sync_map(struct iommu_domain *domain, unsigned long iova, size_t size)
{
	if (!domain->ops->iotlb_sync_map)
		return 0;
	return driver_ask(domain->ops, iotlb_sync_map, domain, iova, size);
}

int iommu_map(struct iommu_domain *domain, unsigned long iova,
	      phys_addr_t paddr, size_t size, int prot, gfp_t gfp)
{
	int ret = iommu_map_nosync(domain, iova, paddr, size, prot, gfp);

	if (ret)
		return ret;
	ret = iommu_sync_map(domain, iova, size);
	if (ret)
		iommu_unmap(domain, iova, size);
	return ret;
}

static size_t unmap_batches(struct iommu_domain *domain, unsigned long iova,
			    size_t size, struct iommu_iotlb_gather *gather)
{
	size_t done = 0;

	while (done < size) {
		size_t count, page, unmapped;

		page = entry_size(domain, iova + done, iova + done,
				  size - done, &count);
		unmapped = driver_call(domain->ops, unmap_pages, domain,
				       iova + done, page, count, gather);
		if (!unmapped)
			break;
		done += unmapped;
	}
	return done;
}

size_t iommu_unmap_fast(struct iommu_domain *domain, unsigned long iova,
			size_t size, struct iommu_iotlb_gather *gather)
{
	unsigned long smallest;

	if (!(domain->type & __IOMMU_DOMAIN_PAGING) || !size)
		return 0;
	if (domain->is_iommupt)
		return driver_call(to_pt(domain)->ops, unmap_range,
				   to_pt(domain), iova, size, gather);
	if (!domain->ops->unmap_pages || !domain->pgsize_bitmap)
		return 0;
	smallest = domain->pgsize_bitmap & -domain->pgsize_bitmap;
	if ((iova | size) & (smallest - 1))
		return 0;
	return unmap_batches(domain, iova, size, gather);
}

size_t iommu_unmap(struct iommu_domain *domain, unsigned long iova, size_t size)
{
	struct iommu_iotlb_gather gather;
	size_t unmapped;

	iommu_iotlb_gather_init(&gather);
	unmapped = iommu_unmap_fast(domain, iova, size, &gather);
	domain_iotlb_sync(domain, &gather);
	return unmapped;
}

phys_addr_t iommu_iova_to_phys(struct iommu_domain *domain, dma_addr_t iova)
{
	if (domain->type == IOMMU_DOMAIN_IDENTITY)
		return iova;
	if (domain->type == IOMMU_DOMAIN_BLOCKED || !domain->ops->iova_to_phys)
		return 0;
	return driver_call(domain->ops, iova_to_phys, domain, iova);
}
