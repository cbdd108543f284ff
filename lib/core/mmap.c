// SPDX-License-Identifier: MIT
/*
 * Areas of device memory that user space can map.
 *
 * Drivers register areas; each gets the lowest free offset of its context, page
 * 0 excepted, and user space maps exactly that offset and length.  Areas are
 * kept in a tree by offset in which each subtree knows its first and last
 * offset and its largest gap, so that the lowest gap that fits is found on one
 * way down.
 *
 * Rules:
 *   - an area takes no reference on its owner, who removes it before it goes;
 *   - each mapping holds a users reference on the owner;
 *   - offsets can be guessed, so an area is reachable only when its owner is
 *     published: before that the owner may still be aborted.
 */
#include "core/core.h"

#include <linux/align.h>
#include <linux/kcsan-checks.h>
#include <linux/mm.h>
#include <linux/rbtree_augmented.h>
#include <linux/slab.h>

/* What a subtree covers. */
struct span {
	unsigned long first;
	unsigned long last;		/* inclusive */
	unsigned long gap;		/* largest inside, bytes */
};

struct area {
	struct rb_node node;
	unsigned long first;		/* offset */
	unsigned long last;		/* inclusive */
	phys_addr_t phys;
	struct iommufd_object *owner;	/* borrowed: it removes us */
	struct span span;
};

static struct area *to_area(struct rb_node *node)
{
	return rb_entry_safe(node, struct area, node);
}

static struct span compute_span(struct area *area)
{
	struct area *left = to_area(area->node.rb_left);
	struct area *right = to_area(area->node.rb_right);
	struct span span = { .first = area->first, .last = area->last };

	if (left) {
		span.first = left->span.first;
		span.gap = max(left->span.gap,
			       area->first - left->span.last - 1);
	}
	if (right) {
		unsigned long between = right->span.first - area->last - 1;

		span.last = right->span.last;
		span.gap = max3(span.gap, right->span.gap, between);
	}
	return span;
}

/* The tree's callback; true: nothing changed and @exit allows to stop. */
static bool update_span(struct area *area, bool exit)
{
	struct span span = compute_span(area);

	if (exit && span.first == area->span.first &&
	    span.last == area->span.last && span.gap == area->span.gap)
		return true;
	area->span = span;
	return false;
}

RB_DECLARE_CALLBACKS(static, area_callbacks, struct area, node, span,
		     update_span)

void iommufd_mmaps_init(struct iommufd_mmaps *mmaps)
{
	mutex_init(&mmaps->lock);
	mmaps->root = RB_ROOT;
}

void iommufd_mmaps_fini(struct iommufd_mmaps *mmaps)
{
	struct area *area, *next;

	WARN_ON(!RB_EMPTY_ROOT(&mmaps->root));
	rbtree_postorder_for_each_entry_safe(area, next, &mmaps->root, node)
		kfree(area);
	mutex_destroy(&mmaps->lock);
}

/* The lowest offset with @length free bytes: 0, -EINVAL or -EBUSY. */
static int find_gap(struct iommufd_mmaps *mmaps, unsigned long length,
		    unsigned long *out_first)
{
	struct area *area = to_area(mmaps->root.rb_node);
	unsigned long first = PAGE_SIZE;

	if (length - 1 > ULONG_MAX - PAGE_SIZE)
		return -EINVAL;
	/* @first: end of what is left of the subtree, all before it too small. */
	while (area) {
		struct area *left = to_area(area->node.rb_left);

		if (area->span.first - first >= length)
			break;
		if (left && left->span.gap >= length) {
			area = left;
			continue;
		}
		if (left)
			first = left->span.last + 1;
		if (area->first - first >= length)
			break;
		first = area->last + 1;
		area = to_area(area->node.rb_right);
		/* Ends at the top of the offset space. */
		if (!first)
			return -EBUSY;
	}
	if (!area && ULONG_MAX - first < length - 1)
		return -EBUSY;
	*out_first = first;
	return 0;
}

static void insert_area(struct iommufd_mmaps *mmaps, struct area *area)
{
	struct rb_node **link = &mmaps->root.rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = area->first < to_area(parent)->first ?
			       &parent->rb_left : &parent->rb_right;
	}
	rb_link_node(&area->node, parent, link);
	area->span = compute_span(area);
	area_callbacks.propagate(parent, NULL);
	rb_insert_augmented(&area->node, &mmaps->root, &area_callbacks);
}

static struct area *find_area(struct iommufd_mmaps *mmaps, unsigned long offset)
{
	struct area *area = to_area(mmaps->root.rb_node);

	while (area && (offset < area->first || offset > area->last))
		area = to_area(offset < area->first ? area->node.rb_left :
						      area->node.rb_right);
	return area;
}

int _iommufd_alloc_mmap(struct iommufd_ctx *ictx, struct iommufd_object *owner,
			phys_addr_t mmio_addr, size_t length,
			unsigned long *offset)
{
	struct area *area;
	int ret;

	if (!IS_ALIGNED(mmio_addr, PAGE_SIZE))
		return -EINVAL;
	if (!length || !IS_ALIGNED(length, PAGE_SIZE))
		return -EINVAL;
	area = kzalloc_obj(*area, GFP_KERNEL_ACCOUNT);
	if (!area)
		return -ENOMEM;
	area->owner = owner;
	area->phys = mmio_addr;
	mutex_lock(&ictx->mmaps.lock);
	kcsan_check_write(&ictx->mmaps.root, sizeof(ictx->mmaps.root));
	ret = find_gap(&ictx->mmaps, length, &area->first);
	if (!ret) {
		area->last = area->first + (length - 1);
		*offset = area->first;
		insert_area(&ictx->mmaps, area);
	}
	mutex_unlock(&ictx->mmaps.lock);
	if (ret)
		kfree(area);
	return ret;
}

void _iommufd_destroy_mmap(struct iommufd_ctx *ictx,
			   struct iommufd_object *owner, unsigned long offset)
{
	struct area *area;

	mutex_lock(&ictx->mmaps.lock);
	kcsan_check_write(&ictx->mmaps.root, sizeof(ictx->mmaps.root));
	area = find_area(&ictx->mmaps, offset);
	if (area)
		rb_erase_augmented(&area->node, &ictx->mmaps.root,
				   &area_callbacks);
	mutex_unlock(&ictx->mmaps.lock);
	WARN_ON_ONCE(!area || area->owner != owner);
	kfree(area);
}

static void vma_open(struct vm_area_struct *vma)
{
	struct iommufd_object *owner = vma->vm_private_data;

	refcount_inc(&owner->users);
}

static void vma_close(struct vm_area_struct *vma)
{
	struct iommufd_object *owner = vma->vm_private_data;

	refcount_dec(&owner->users);
}

static const struct vm_operations_struct area_vm_ops = {
	.open = vma_open,
	.close = vma_close,
};

/*
 * The area at exactly that place, its owner's users one up: 0 or -ENXIO.  The
 * lock keeps the area, and the area its owner's memory.
 */
static int get_area(struct iommufd_ctx *ictx, unsigned long offset,
		    unsigned long length, struct iommufd_object **out_owner,
		    phys_addr_t *out_phys)
{
	struct area *area;
	int ret = -ENXIO;

	mutex_lock(&ictx->mmaps.lock);
	kcsan_check_read(&ictx->mmaps.root, sizeof(ictx->mmaps.root));
	area = find_area(&ictx->mmaps, offset);
	if (area && area->first == offset && area->last - offset == length - 1 &&
	    !iommufd_try_inc_users(ictx, area->owner)) {
		*out_owner = area->owner;
		*out_phys = area->phys;
		ret = 0;
	}
	mutex_unlock(&ictx->mmaps.lock);
	return ret;
}

int iommufd_ctx_mmap(struct iommufd_ctx *ictx, struct vm_area_struct *vma)
{
	unsigned long length = vma->vm_end - vma->vm_start;
	struct iommufd_object *owner;
	phys_addr_t phys;
	int ret;

	if (!PAGE_ALIGNED(length))
		return -EINVAL;
	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (vma->vm_flags & VM_EXEC)
		return -EPERM;
	ret = get_area(ictx, vma->vm_pgoff << PAGE_SHIFT, length, &owner,
		       &phys);
	if (ret)
		return ret;
	vma->vm_private_data = owner;
	vma->vm_ops = &area_vm_ops;
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	ret = io_remap_pfn_range(vma, vma->vm_start, PHYS_PFN(phys), length,
				 pgprot_noncached(vma->vm_page_prot));
	if (ret) {
		vma->vm_ops = NULL;
		refcount_dec(&owner->users);
	}
	return ret;
}
