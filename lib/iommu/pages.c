// SPDX-License-Identifier: MIT
/*
 * Memory of page tables.
 *
 * A block on a list waiting to be freed is no table any more: its first bytes
 * are the list's link.
 */
#include <iommu-pages.h>
#include <linux/log2.h>
#include <linux/slab.h>

void *iommu_alloc_pages_node_sz(int nid, gfp_t gfp, size_t size)
{
	size = max_t(size_t, roundup_pow_of_two(size), sizeof(struct list_head));
	return kzalloc(size, gfp);
}

void iommu_free_pages(void *virt)
{
	kfree(virt);
}

void iommu_pages_list_add(struct iommu_pages_list *list, void *virt)
{
	list_add_tail((struct list_head *)virt, &list->pages);
}

void iommu_put_pages_list(struct iommu_pages_list *list)
{
	while (!list_empty(&list->pages)) {
		struct list_head *first = list->pages.next;

		list_del(first);
		kfree(first);
	}
}
