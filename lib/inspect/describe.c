// SPDX-License-Identifier: MIT
/*
 * What an object is and has, as the rest of a line.
 */
#include <linux/device.h>
#include <linux/iommufd.h>

#include "inspect/inspect.h"
#include "objects/access.h"
#include "objects/ioas.h"
#include "objects/objects.h"

static u32 id_of(const struct iommufd_object *obj)
{
	return obj ? obj->id : 0;
}

static void show_attachments(FILE *out, struct iommufd_device *idev)
{
	struct iommufd_attach *attach;
	unsigned long pasid;

	xa_for_each(&idev->igroup->pasid_attach, pasid, attach) {
		if (xa_load(&attach->device_array, idev->obj.id) != idev)
			continue;
		fprintf(out, " pasid %lu -> hwpt %u", pasid,
			id_of(&attach->hwpt->obj));
	}
}

static void show_device(FILE *out, struct iommufd_object *obj)
{
	struct iommufd_device *idev =
		container_of(obj, struct iommufd_device, obj);

	fprintf(out, " %s", dev_name(idev->dev));
	mutex_lock(&idev->igroup->lock);
	show_attachments(out, idev);
	if (idev->vdev)
		fprintf(out, " vdevice %u", idev->vdev->obj.id);
	mutex_unlock(&idev->igroup->lock);
}

static void show_hwpt(FILE *out, struct iommufd_hw_pagetable *hwpt)
{
	if (hwpt->fault)
		fprintf(out, " fault %u", hwpt->fault->common.obj.id);
	if (hwpt->pasid_compat)
		fputs(" pasid", out);
}

static void show_hwpt_paging(FILE *out, struct iommufd_object *obj)
{
	struct iommufd_hwpt_paging *hwpt =
		container_of(obj, struct iommufd_hwpt_paging, common.obj);

	fprintf(out, " ioas %u%s%s", hwpt->ioas->obj.id,
		hwpt->auto_domain ? " auto" : "",
		hwpt->nest_parent ? " nest_parent" : "");
	show_hwpt(out, &hwpt->common);
}

static void show_hwpt_nested(FILE *out, struct iommufd_object *obj)
{
	struct iommufd_hwpt_nested *hwpt =
		container_of(obj, struct iommufd_hwpt_nested, common.obj);

	if (hwpt->viommu)
		fprintf(out, " viommu %u", hwpt->viommu->obj.id);
	else
		fprintf(out, " parent %u", hwpt->parent->common.obj.id);
	show_hwpt(out, &hwpt->common);
}

static void show_viommu(FILE *out, struct iommufd_object *obj)
{
	struct iommufd_viommu *viommu =
		container_of(obj, struct iommufd_viommu, obj);

	fprintf(out, " type 0x%x hwpt %u", viommu->type,
		viommu->hwpt->common.obj.id);
}

static void show_vdevice(FILE *out, struct iommufd_object *obj)
{
	struct iommufd_vdevice *vdev =
		container_of(obj, struct iommufd_vdevice, obj);

	fprintf(out, " viommu %u device %u virt_id 0x%llx",
		vdev->viommu->obj.id, vdev->idev->obj.id, vdev->virt_id);
}

static void show_hw_queue(FILE *out, struct iommufd_object *obj)
{
	struct iommufd_hw_queue *queue =
		container_of(obj, struct iommufd_hw_queue, obj);

	fprintf(out, " viommu %u base 0x%llx length 0x%zx",
		queue->viommu->obj.id, queue->base_addr, queue->length);
}

static void show_veventq(FILE *out, struct iommufd_object *obj)
{
	struct iommufd_veventq *veventq =
		container_of(obj, struct iommufd_veventq, common.obj);

	fprintf(out, " viommu %u type 0x%x depth %u events %u",
		veventq->viommu->obj.id, veventq->type, veventq->depth,
		veventq->num_events);
}

static void show_access(FILE *out, struct iommufd_object *obj)
{
	inspect_access(out, container_of(obj, struct iommufd_access, obj));
}

static void show_ioas(FILE *out, struct iommufd_object *obj)
{
	inspect_ioas(out, container_of(obj, struct iommufd_ioas, obj));
}

static void (*const show[IOMMUFD_OBJ_MAX])(FILE *, struct iommufd_object *) = {
	[IOMMUFD_OBJ_DEVICE] = show_device,
	[IOMMUFD_OBJ_HWPT_PAGING] = show_hwpt_paging,
	[IOMMUFD_OBJ_HWPT_NESTED] = show_hwpt_nested,
	[IOMMUFD_OBJ_IOAS] = show_ioas,
	[IOMMUFD_OBJ_ACCESS] = show_access,
	[IOMMUFD_OBJ_VIOMMU] = show_viommu,
	[IOMMUFD_OBJ_VDEVICE] = show_vdevice,
	[IOMMUFD_OBJ_VEVENTQ] = show_veventq,
	[IOMMUFD_OBJ_HW_QUEUE] = show_hw_queue,
};

void inspect_describe(FILE *out, struct iommufd_object *obj)
{
	if (show[obj->type])
		show[obj->type](out, obj);
}

void inspect_describe_more(FILE *out, struct iommufd_object *obj)
{
	if (obj->type == IOMMUFD_OBJ_IOAS)
		inspect_areas(out, container_of(obj, struct iommufd_ioas, obj));
}
