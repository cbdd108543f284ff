// SPDX-License-Identifier: MIT
/*
 * HW_QUEUE: a queue in guest memory that hardware reads by physical address.
 *
 * The core pins the memory through an access of its own, which has an ID of its
 * own and keeps the memory from being unmapped, and checks that the pages
 * follow each other.  The range that is pinned and unpinned is the same: base
 * and length rounded outwards to pages.
 */
#include "objects/objects.h"

#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#include "kit/driver_op.h"
#include "objects/access.h"
#include "objects/ioas.h"

/* The pages that a queue touches. */
struct page_range {
	unsigned long start;		/* page-aligned */
	size_t length;			/* bytes, pages */
};

static int page_range_of(u64 base, size_t length, struct page_range *out)
{
	size_t bytes;

	if (check_add_overflow(offset_in_page(base), length, &bytes))
		return -ERANGE;
	if (check_add_overflow(bytes, (size_t)PAGE_SIZE - 1, &bytes))
		return -ERANGE;
	out->start = PAGE_ALIGN_DOWN(base);
	out->length = PAGE_ALIGN_DOWN(bytes);
	return 0;
}

static void access_end(struct iommufd_viommu *viommu,
		       struct iommufd_access *access,
		       const struct page_range *range)
{
	iommufd_access_unpin_pages(access, range->start, range->length);
	iommufd_access_detach_internal(access);
	iommufd_access_destroy_internal(viommu->ictx, access);
}

void iommufd_hw_queue_destroy(struct iommufd_object *obj)
{
	struct iommufd_hw_queue *queue =
		container_of(obj, struct iommufd_hw_queue, obj);
	struct page_range range;

	if (queue->destroy)
		driver_tell_as(hw_queue_destroy, queue->destroy(queue));
	if (queue->access) {
		/* As in the allocation, which has succeeded then. */
		if (!WARN_ON(page_range_of(queue->base_addr, queue->length,
					   &range)))
			access_end(queue->viommu, queue->access, &range);
	}
	if (queue->viommu)
		refcount_dec(&queue->viommu->obj.users);
}

static bool is_contiguous(struct page **pages, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (page_to_pfn(pages[i]) != page_to_pfn(pages[i - 1]) + 1)
			return false;
	return true;
}

/* Pins @range through @access, which is attached. */
static int pin_contiguous(struct iommufd_access *access,
			  const struct page_range *range, struct page **pages)
{
	int ret = iommufd_access_pin_pages(access, range->start, range->length,
					   pages, IOMMUFD_ACCESS_RW_READ);

	if (ret)
		return ret;
	if (is_contiguous(pages, range->length >> PAGE_SHIFT))
		return 0;
	iommufd_access_unpin_pages(access, range->start, range->length);
	return -EFAULT;
}

static struct iommufd_access *pin_with_access(struct iommufd_viommu *viommu,
					      const struct page_range *range,
					      struct page **pages)
{
	struct iommufd_access *access =
		iommufd_access_create_internal(viommu->ictx);
	int ret;

	if (IS_ERR(access))
		return access;
	ret = iommufd_access_attach_internal(access, viommu->hwpt->ioas);
	if (ret)
		goto out_destroy;
	ret = pin_contiguous(access, range, pages);
	if (!ret)
		return access;
	iommufd_access_detach_internal(access);
out_destroy:
	iommufd_access_destroy_internal(viommu->ictx, access);
	return ERR_PTR(ret);
}

/* Pins the queue's memory; *@out_pa is where it begins. */
static struct iommufd_access *
access_begin(struct iommufd_viommu *viommu,
	     const struct iommu_hw_queue_alloc *cmd, phys_addr_t *out_pa)
{
	u64 base = cmd->nesting_parent_iova;
	struct iommufd_access *access;
	struct page_range range;
	struct page **pages;
	int ret = page_range_of(base, cmd->length, &range);

	if (ret)
		return ERR_PTR(ret);
	pages = kvmalloc_objs(*pages, range.length >> PAGE_SHIFT,
			      GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!pages)
		return ERR_PTR(-ENOMEM);
	access = pin_with_access(viommu, &range, pages);
	if (!IS_ERR(access))
		*out_pa = page_to_phys(pages[0]) + offset_in_page(base);
	kvfree(pages);
	return access;
}

/* The size of the driver's structure, or -EOPNOTSUPP. */
static ssize_t hw_queue_size(struct iommufd_viommu *viommu, u32 type)
{
	const struct iommufd_viommu_ops *ops = viommu->ops;
	size_t size;

	if (!ops || !ops->get_hw_queue_size || !ops->hw_queue_init_phys)
		return -EOPNOTSUPP;
	size = driver_ask(ops, get_hw_queue_size, viommu, type);
	if (!size)
		return -EOPNOTSUPP;
	if (WARN_ON_ONCE(size < sizeof(struct iommufd_hw_queue)))
		return -EOPNOTSUPP;
	return size;
}

int uik_hw_queue_depend(struct iommufd_hw_queue *dependent,
			struct iommufd_hw_queue *depended)
{
	struct iommufd_viommu *viommu = dependent->viommu;

	if (WARN_ON_ONCE(viommu != depended->viommu))
		return -EINVAL;
	if (dependent == depended)
		return -EINVAL;
	/* A driver knows queues that may yet be given up: see the header. */
	return iommufd_try_inc_users(viommu->ictx, &depended->obj) ? -ENOENT : 0;
}

static int hw_queue_alloc_on(struct iommufd_ucmd *ucmd,
			     struct iommufd_viommu *viommu)
{
	struct iommu_hw_queue_alloc *cmd = ucmd->cmd;
	ssize_t size = hw_queue_size(viommu, cmd->type);
	struct iommufd_hw_queue *queue;
	struct iommufd_access *access;
	struct iommufd_object *obj;
	phys_addr_t base_pa;
	int ret;

	if (size < 0)
		return size;
	obj = iommufd_object_alloc_ucmd(ucmd, size, IOMMUFD_OBJ_HW_QUEUE);
	if (IS_ERR(obj))
		return PTR_ERR(obj);
	queue = container_of(obj, struct iommufd_hw_queue, obj);
	access = access_begin(viommu, cmd, &base_pa);
	if (IS_ERR(access))
		return PTR_ERR(access);
	queue->viommu = viommu;
	refcount_inc(&viommu->obj.users);
	queue->access = access;
	queue->type = cmd->type;
	queue->length = cmd->length;
	queue->base_addr = cmd->nesting_parent_iova;
	ret = driver_ask(viommu->ops, hw_queue_init_phys, queue, cmd->index,
			 base_pa);
	if (ret)
		return ret;
	cmd->out_hw_queue_id = queue->obj.id;
	return iommufd_ucmd_respond(ucmd, sizeof(*cmd));
}

int iommufd_hw_queue_alloc(struct iommufd_ucmd *ucmd)
{
	struct iommu_hw_queue_alloc *cmd = ucmd->cmd;
	struct iommufd_viommu *viommu;
	u64 last;
	int ret;

	if (cmd->flags || cmd->type == IOMMU_HW_QUEUE_TYPE_DEFAULT)
		return -EOPNOTSUPP;
	if (!cmd->length)
		return -EINVAL;
	if (check_add_overflow(cmd->nesting_parent_iova, cmd->length - 1,
			       &last))
		return -EOVERFLOW;
	viommu = iommufd_get_viommu(ucmd->ictx, cmd->viommu_id);
	if (IS_ERR(viommu))
		return PTR_ERR(viommu);
	ret = hw_queue_alloc_on(ucmd, viommu);
	iommufd_put_object(ucmd->ictx, &viommu->obj);
	return ret;
}
