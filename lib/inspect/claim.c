// SPDX-License-Identifier: MIT
/*
 * Claims, type by type.
 */
#include "inspect/claim.h"

#include <linux/mm.h>
#include <uik/file.h>

#include "objects/access.h"
#include "objects/ioas.h"
#include "objects/objects.h"
#include "objects/selftest.h"

struct walk {
	struct iommufd_object *obj;
	claim_visit visit;
	void *arg;
};

/* @walk's object claims @held for its life. */
static void claim_object(const struct walk *walk, struct iommufd_object *held,
			 bool inside)
{
	struct claim claim = {
		.kind = CLAIM_OBJECT,
		.held = held,
		.holder = walk->obj,
		.inside = inside,
		.block = walk->obj,
	};

	walk->visit(&claim, walk->arg);
}

/* Somebody outside claims @walk's object. */
static void claim_outside(const struct walk *walk, enum claim_kind kind,
			  const void *block)
{
	struct claim claim = {
		.kind = kind,
		.held = walk->obj,
		.block = block,
	};

	walk->visit(&claim, walk->arg);
}

/* An attachment claims its page table and its device. */
static void claim_attachment(const struct walk *walk,
			     struct iommufd_attach *attach, u32 pasid)
{
	struct claim claim = {
		.kind = CLAIM_ATTACH,
		.held = &attach->hwpt->obj,
		.holder = walk->obj,
		.pasid = pasid,
		.block = attach,
	};

	walk->visit(&claim, walk->arg);
	claim.held = walk->obj;
	walk->visit(&claim, walk->arg);
}

static void claims_device(const struct walk *walk)
{
	struct iommufd_device *idev =
		container_of(walk->obj, struct iommufd_device, obj);
	struct iommufd_attach *attach;
	unsigned long pasid;

	mutex_lock(&idev->igroup->lock);
	xa_for_each(&idev->igroup->pasid_attach, pasid, attach)
		if (xa_load(&attach->device_array, idev->obj.id) == idev)
			claim_attachment(walk, attach, pasid);
	mutex_unlock(&idev->igroup->lock);
	/* A mock device's driver is an object: see claims_selftest(). */
	if (!iommufd_selftest_is_mock_dev(idev->dev))
		claim_outside(walk, CLAIM_DRIVER, idev);
}

static void claims_selftest(const struct walk *walk)
{
	struct iommufd_selftest *self =
		container_of(walk->obj, struct iommufd_selftest, obj);
	struct claim claim = {
		.kind = CLAIM_DRIVER,
		.holder = walk->obj,
		.block = walk->obj,
	};

	if (!self->idev)
		return;
	claim.held = &self->idev->obj;
	walk->visit(&claim, walk->arg);
}

static void claims_hwpt(const struct walk *walk,
			struct iommufd_hw_pagetable *hwpt)
{
	if (hwpt->fault)
		claim_object(walk, &hwpt->fault->common.obj, false);
}

static void claims_hwpt_paging(const struct walk *walk)
{
	struct iommufd_hwpt_paging *hwpt =
		container_of(walk->obj, struct iommufd_hwpt_paging, common.obj);

	claim_object(walk, &hwpt->ioas->obj, false);
	claims_hwpt(walk, &hwpt->common);
}

static void claims_hwpt_nested(const struct walk *walk)
{
	struct iommufd_hwpt_nested *hwpt =
		container_of(walk->obj, struct iommufd_hwpt_nested, common.obj);

	claim_object(walk, hwpt->viommu ? &hwpt->viommu->obj :
					  &hwpt->parent->common.obj, false);
	claims_hwpt(walk, &hwpt->common);
}

static void claims_access(const struct walk *walk)
{
	struct iommufd_access *access =
		container_of(walk->obj, struct iommufd_access, obj);
	struct claim claim = {
		.kind = CLAIM_ACCESS,
		.holder = walk->obj,
		.block = access,
	};

	mutex_lock(&access->lock);
	if (access->ioas_unpin) {
		claim.held = &access->ioas_unpin->obj;
		walk->visit(&claim, walk->arg);
	}
	mutex_unlock(&access->lock);
	/* An internal one is claimed by its hardware queue. */
	if (!iommufd_access_is_internal(access))
		claim_outside(walk, CLAIM_DRIVER, access);
}

static void claims_viommu(const struct walk *walk)
{
	struct iommufd_viommu *viommu =
		container_of(walk->obj, struct iommufd_viommu, obj);

	claim_object(walk, &viommu->hwpt->common.obj, false);
}

static void claims_vdevice(const struct walk *walk)
{
	struct iommufd_vdevice *vdev =
		container_of(walk->obj, struct iommufd_vdevice, obj);

	claim_object(walk, &vdev->viommu->obj, false);
	claim_object(walk, &vdev->idev->obj, true);
}

static void claims_hw_queue(const struct walk *walk)
{
	struct iommufd_hw_queue *queue =
		container_of(walk->obj, struct iommufd_hw_queue, obj);

	claim_object(walk, &queue->viommu->obj, false);
	claim_object(walk, &queue->access->obj, false);
}

static void claims_eventq(const struct walk *walk,
			  struct iommufd_eventq *eventq)
{
	struct file *file = READ_ONCE(eventq->filep);

	if (file)
		claim_outside(walk, CLAIM_FILE, file);
}

static void claims_fault(const struct walk *walk)
{
	claims_eventq(walk, container_of(walk->obj, struct iommufd_eventq,
					 obj));
}

static void claims_veventq(const struct walk *walk)
{
	struct iommufd_veventq *veventq =
		container_of(walk->obj, struct iommufd_veventq, common.obj);

	claim_object(walk, &veventq->viommu->obj, false);
	claims_eventq(walk, &veventq->common);
}

static void (*const claims[IOMMUFD_OBJ_MAX])(const struct walk *) = {
	[IOMMUFD_OBJ_DEVICE] = claims_device,
	[IOMMUFD_OBJ_HWPT_PAGING] = claims_hwpt_paging,
	[IOMMUFD_OBJ_HWPT_NESTED] = claims_hwpt_nested,
	[IOMMUFD_OBJ_ACCESS] = claims_access,
	[IOMMUFD_OBJ_FAULT] = claims_fault,
	[IOMMUFD_OBJ_VIOMMU] = claims_viommu,
	[IOMMUFD_OBJ_VDEVICE] = claims_vdevice,
	[IOMMUFD_OBJ_VEVENTQ] = claims_veventq,
	[IOMMUFD_OBJ_HW_QUEUE] = claims_hw_queue,
	[IOMMUFD_OBJ_SELFTEST] = claims_selftest,
};

/* Whoever maps an area of the object; the mapping says who owns the area. */
static bool visit_mapping(const struct vm_area_struct *vma, void *arg)
{
	const struct walk *walk = arg;

	if (vma->vm_private_data == walk->obj)
		claim_outside(walk, CLAIM_MAPPING, vma);
	return true;
}

void inspect_claims(struct iommufd_object *obj, claim_visit visit, void *arg)
{
	struct walk walk = { .obj = obj, .visit = visit, .arg = arg };

	if (claims[obj->type])
		claims[obj->type](&walk);
	uik_vma_each(visit_mapping, &walk);
}
