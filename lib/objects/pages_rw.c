// SPDX-License-Identifier: MIT
/*
 * Copying between the core's callers and pages.
 *
 * The process that made a mapping sees what it has there now, like any other
 * code of it.  For everybody else pages are used as a device would use them:
 * pinned ones as they are, others pinned for the moment.
 *
 * Facts: spec/45 section A7.
 */
#include "objects/pages.h"

#include <linux/errno.h>
#include <linux/iommufd.h>
#include <linux/minmax.h>
#include <linux/sched/mm.h>
#include <linux/uaccess.h>
#include <uik/task.h>
#include <uik/hook.h>

/* A copy on its way. */
struct transfer {
	struct pages *pages;
	unsigned long byte;
	void *data;
	unsigned long left;
	bool write;			/* @data to the pages */
};

static int copy_in_page(const struct transfer *transfer, unsigned long size)
{
	struct pages *pages = transfer->pages;
	phys_addr_t phys;

	if (pages->kind == PAGES_USER)
		return uik_copy_user_page(pages->mm,
					  pages->uptr + transfer->byte,
					  transfer->data, size,
					  transfer->write);
	phys = PFN_PHYS(pages_pfn(pages, transfer->byte / PAGE_SIZE)) +
	       transfer->byte % PAGE_SIZE;
	if (transfer->write)
		return uik_phys_write(pages->machine, phys, transfer->data,
				      size);
	return uik_phys_read(pages->machine, phys, transfer->data, size);
}

/* Makes a page usable for the moment if nobody has it pinned. */
static int prepare_page(struct pages *pages, unsigned long index)
{
	if (pages_covered(pages, index))
		return 0;
	if (pages->kind == PAGES_USER)
		return uik_pin_user(pages->mm, pages->uptr + index * PAGE_SIZE,
				    1, pages->writable);
	return uik_pin_file(pages->file, pages->offset + index * PAGE_SIZE, 1);
}

/* Page by page; @prepare: as a device would. */
static int copy_pages(struct transfer *transfer, bool prepare)
{
	while (transfer->left) {
		unsigned long room =
			PAGE_SIZE - transfer->byte % PAGE_SIZE;
		unsigned long size = min(room, transfer->left);
		int ret = 0;

		if (prepare)
			ret = prepare_page(transfer->pages,
					   transfer->byte / PAGE_SIZE);
		if (!ret)
			ret = copy_in_page(transfer, size);
		if (ret)
			return ret;
		transfer->byte += size;
		transfer->data += size;
		transfer->left -= size;
	}
	return 0;
}

/* As a device would: users must not change meanwhile. */
static int copy_pinned(struct transfer *transfer)
{
	struct pages *pages = transfer->pages;
	int ret;

	mutex_lock(&pages->lock);
	ret = copy_pages(transfer, true);
	mutex_unlock(&pages->lock);
	return ret;
}

static int copy_own(const struct transfer *transfer)
{
	void __user *addr = u64_to_user_ptr(transfer->pages->uptr +
					    transfer->byte);
	unsigned long left;

	if (transfer->write)
		left = copy_to_user(addr, transfer->data, transfer->left);
	else
		left = copy_from_user(transfer->data, addr, transfer->left);
	return left ? -EFAULT : 0;
}

static bool in_one_page(const struct transfer *transfer)
{
	return transfer->byte % PAGE_SIZE + transfer->left <= PAGE_SIZE;
}

/* Memory of a process that is not the caller's. */
static int copy_foreign(struct transfer *transfer, unsigned int flags)
{
	struct pages *pages = transfer->pages;
	int ret;

	if (!uik_mm_alive(pages->mm))
		return copy_pinned(transfer);
	if (flags & IOMMUFD_ACCESS_RW_KTHREAD)
		return copy_pages(transfer, false);
	if (!in_one_page(transfer))
		return copy_pinned(transfer);
	if (uik_fail(UIK_FAIL_OP))
		return -EINVAL;
	ret = uik_pin_user(pages->mm,
			   (pages->uptr + transfer->byte) & PAGE_MASK, 1,
			   transfer->write);
	return ret ? ret : copy_pages(transfer, false);
}

int pages_rw(struct pages *pages, unsigned long byte, void *data,
	     unsigned long length, unsigned int flags)
{
	struct transfer transfer = {
		pages, byte, data, length, flags & IOMMUFD_ACCESS_RW_WRITE
	};

	if (transfer.write && !pages->writable)
		return -EPERM;
	switch (pages->kind) {
	case PAGES_USER:
		if (current->mm == pages->mm &&
		    !(flags & __IOMMUFD_ACCESS_RW_SLOW_PATH))
			return copy_own(&transfer);
		return copy_foreign(&transfer, flags);
	case PAGES_FILE:
		return copy_pinned(&transfer);
	case PAGES_DMABUF:
		break;
	}
	return -EINVAL;
}
