/* SPDX-License-Identifier: MIT */
/*
 * Memory of page tables.
 *
 * A block belongs to one owner; iommu_pages_list_add() hands it to a list that
 * is freed after the IOTLB has been flushed.
 */
#ifndef __IOMMU_PAGES_H
#define __IOMMU_PAGES_H

#include <linux/iommu.h>
#include <linux/list.h>
#include <linux/types.h>
#include <uik/abi.h>

/**
 * iommu_alloc_pages_node_sz - cleared memory for tables.
 * @nid: not looked at
 * @size: bytes, rounded up to a power of two; aligned to that
 *
 * Context: any.  Failure point.
 * Return: NULL without memory.
 */
void *iommu_alloc_pages_node_sz(int nid, gfp_t gfp, size_t size)
	__uik(iommu_alloc_pages_node_sz);
#define iommu_alloc_pages_sz(gfp, size) \
	iommu_alloc_pages_node_sz(NUMA_NO_NODE, (gfp), (size))
/** iommu_free_pages - give it back; NULL is fine. */
void iommu_free_pages(void *virt) __uik(iommu_free_pages);
/** iommu_pages_list_add - to be freed with @list; never fails. */
void iommu_pages_list_add(struct iommu_pages_list *list, void *virt)
	__uik(iommu_pages_list_add);
/** iommu_put_pages_list - free all of @list; it is empty afterwards. */
void iommu_put_pages_list(struct iommu_pages_list *list)
	__uik(iommu_put_pages_list);

static inline bool iommu_pages_list_empty(struct iommu_pages_list *list)
{
	return list_empty(&list->pages);
}

#endif
