// SPDX-License-Identifier: MIT
/*
 * Software-managed MSI windows: where interrupt doorbells appear for devices.
 *
 * Some IOMMUs translate message interrupts like any other write, and reserve a
 * window of IOVAs for the doorbells.  A doorbell page has the same IOVA in all
 * domains of a context that share a window: pages are numbered when they are
 * first asked for and never forgotten before the context ends.  A group
 * remembers which pages it has asked for, so that they can be mapped into its
 * next domain before it is attached.
 *
 * Facts: spec/20 section 11.
 */
#include "objects/objects.h"

#include <linux/kcsan-checks.h>
#include <linux/mm.h>
#include <linux/msi.h>
#include <linux/slab.h>

struct msi_page {
	struct list_head item;		/* in sw_msi.list */
	phys_addr_t window;		/* its start */
	phys_addr_t addr;		/* of the doorbell's page */
	unsigned int pgoff;		/* page of the window */
	unsigned int id;		/* in the sets */
};

void iommufd_sw_msi_init(struct iommufd_ctx *ictx)
{
	mutex_init(&ictx->sw_msi.lock);
	INIT_LIST_HEAD(&ictx->sw_msi.list);
}

void iommufd_sw_msi_fini(struct iommufd_ctx *ictx)
{
	struct msi_page *page, *next;

	list_for_each_entry_safe(page, next, &ictx->sw_msi.list, item)
		kfree(page);
	mutex_destroy(&ictx->sw_msi.lock);
}

/* Found or new; ERR_PTR of -EOVERFLOW, -ENOMEM. */
static struct msi_page *get_page_of(struct iommufd_ctx *ictx,
				    phys_addr_t window, phys_addr_t addr)
{
	struct iommufd_sw_msi_maps *maps = &ictx->sw_msi;
	unsigned int pgoff = 0;
	struct msi_page *page;

	lockdep_assert_held(&maps->lock);
	kcsan_check_write(&maps->list, sizeof(maps->list));
	list_for_each_entry(page, &maps->list, item) {
		if (page->window != window)
			continue;
		if (page->addr == addr)
			return page;
		pgoff = max(pgoff, page->pgoff + 1);
	}
	if (maps->next_id >= IOMMUFD_SW_MSI_PAGES)
		return ERR_PTR(-EOVERFLOW);
	page = kzalloc_obj(*page, GFP_KERNEL_ACCOUNT);
	if (!page)
		return ERR_PTR(-ENOMEM);
	page->window = window;
	page->addr = addr;
	page->pgoff = pgoff;
	page->id = maps->next_id++;
	list_add_tail(&page->item, &maps->list);
	return page;
}

static unsigned long page_iova(const struct msi_page *page)
{
	return page->window + (unsigned long)page->pgoff * PAGE_SIZE;
}

/* Maps @page into @paging unless it is there; sw_msi.lock is held. */
static int install(struct iommufd_hwpt_paging *paging,
		   const struct msi_page *page)
{
	int ret;

	if (test_bit(page->id, paging->present_sw_msi.bitmap))
		return 0;
	ret = iommu_map(paging->common.domain, page_iova(page), page->addr,
			PAGE_SIZE, IOMMU_READ | IOMMU_WRITE | IOMMU_MMIO,
			GFP_KERNEL_ACCOUNT);
	if (!ret)
		__set_bit(page->id, paging->present_sw_msi.bitmap);
	return ret;
}

static int setup_locked(struct iommufd_group *igroup,
			struct iommufd_hwpt_paging *paging)
{
	struct msi_page *page;
	int ret;

	kcsan_check_read(&igroup->ictx->sw_msi.list,
			 sizeof(igroup->ictx->sw_msi.list));
	list_for_each_entry(page, &igroup->ictx->sw_msi.list, item) {
		if (page->window != igroup->sw_msi_start ||
		    !test_bit(page->id, igroup->required_sw_msi.bitmap))
			continue;
		ret = install(paging, page);
		if (ret)
			return ret;
	}
	return 0;
}

int iommufd_sw_msi_setup(struct iommufd_group *igroup,
			 struct iommufd_hwpt_paging *hwpt)
{
	struct mutex *lock = &igroup->ictx->sw_msi.lock;
	int ret;

	if (igroup->sw_msi_start == IOMMUFD_NO_SW_MSI)
		return 0;
	mutex_lock(lock);
	ret = setup_locked(igroup, hwpt);
	mutex_unlock(lock);
	return ret;
}

static int sw_msi_locked(struct iommufd_group *igroup,
			 struct iommufd_hw_pagetable *hwpt,
			 struct msi_desc *desc, phys_addr_t msi_addr)
{
	struct msi_page *page;
	int ret;

	page = get_page_of(igroup->ictx, igroup->sw_msi_start,
			   PAGE_ALIGN_DOWN(msi_addr));
	if (IS_ERR(page))
		return PTR_ERR(page);
	ret = install(iommufd_hwpt_paging_part(hwpt), page);
	if (ret)
		return ret;
	__set_bit(page->id, igroup->required_sw_msi.bitmap);
	msi_desc_set_iommu_msi_iova(desc, page_iova(page), PAGE_SHIFT);
	return 0;
}

int iommufd_sw_msi(struct iommu_domain *domain, struct msi_desc *desc,
		   phys_addr_t msi_addr)
{
	struct iommu_attach_handle *handle;
	struct iommufd_group *igroup;
	int ret;

	handle = iommu_attach_handle_get(desc->dev->iommu_group,
					 IOMMU_NO_PASID, 0);
	if (IS_ERR(handle))
		return 0;
	igroup = to_iommufd_handle(handle)->idev->igroup;
	if (igroup->sw_msi_start == IOMMUFD_NO_SW_MSI)
		return 0;
	mutex_lock(&igroup->ictx->sw_msi.lock);
	ret = sw_msi_locked(igroup, domain->iommufd_hwpt, desc, msi_addr);
	mutex_unlock(&igroup->ictx->sw_msi.lock);
	return ret;
}
