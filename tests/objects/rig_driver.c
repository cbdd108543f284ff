// SPDX-License-Identifier: MIT
/* The IOMMU driver of rig.h. */
#include "rig.h"

struct rig_knobs knobs;
struct rig_seen seen;

static struct rig_device *to_rig_device(struct device *dev)
{
	return container_of(dev, struct rig_device, dev);
}

/* ---- domains ---- */

static int op_attach(struct iommu_domain *domain, struct device *dev,
		     struct iommu_domain *old)
{
	seen.attach++;
	if (knobs.attach_error)
		return knobs.attach_error;
	to_rig_device(dev)->attached++;
	return 0;
}

static int op_set_pasid(struct iommu_domain *domain, struct device *dev,
			ioasid_t pasid, struct iommu_domain *old)
{
	seen.pasid++;
	return knobs.pasid_error;
}

/* Blocking never fails. */
static int op_block(struct iommu_domain *domain, struct device *dev,
		    struct iommu_domain *old)
{
	return 0;
}

static int op_block_pasid(struct iommu_domain *domain, struct device *dev,
			  ioasid_t pasid, struct iommu_domain *old)
{
	return 0;
}

static void op_free(struct iommu_domain *domain)
{
	struct rig_domain *rd =
		container_of(domain, struct rig_domain, table.iommu.domain);

	seen.domain_free++;
	pt_iommu_deinit(&rd->table.iommu);
	kfree(rd);
}

static bool op_enforce(struct iommu_domain *domain)
{
	return !knobs.enforce_refused;
}

static const struct iommu_domain_ops paging_ops = {
	IOMMU_PT_DOMAIN_OPS(amdv1),
	.attach_dev = op_attach,
	.set_dev_pasid = op_set_pasid,
	.enforce_cache_coherency = op_enforce,
	.free = op_free,
};

static int op_set_dirty(struct iommu_domain *domain, bool enabled)
{
	return 0;
}

static const struct iommu_dirty_ops dirty_ops = {
	IOMMU_PT_DIRTY_OPS(amdv1),
	.set_dirty_tracking = op_set_dirty,
};

static const struct iommu_domain_ops blocked_ops = {
	.attach_dev = op_block,
	.set_dev_pasid = op_block_pasid,
};

static struct iommu_domain blocked_domain = {
	.type = IOMMU_DOMAIN_BLOCKED,
	.ops = &blocked_ops,
};

static struct iommu_domain *
op_alloc_paging(struct device *dev, u32 flags,
		const struct iommu_user_data *user_data)
{
	static const struct pt_iommu_amdv1_cfg config = {
		.common = { .hw_max_vasz_lg2 = 48, .hw_max_oasz_lg2 = 52 },
	};
	struct rig_domain *rd;

	if (knobs.alloc_error)
		return ERR_PTR(knobs.alloc_error);
	if (user_data)
		return ERR_PTR(-EOPNOTSUPP);
	rd = kzalloc_obj(*rd);
	if (!rd)
		return ERR_PTR(-ENOMEM);
	rd->table.iommu.domain.ops = &paging_ops;
	if (pt_iommu_amdv1_init(&rd->table, &config, GFP_KERNEL)) {
		kfree(rd);
		return ERR_PTR(-ENOMEM);
	}
	if (flags & IOMMU_HWPT_ALLOC_DIRTY_TRACKING)
		rd->table.iommu.domain.dirty_ops = &dirty_ops;
	return &rd->table.iommu.domain;
}

static void op_free_nested(struct iommu_domain *domain)
{
	seen.domain_free++;
	kfree(container_of(domain, struct rig_nested, domain));
}

static int op_invalidate(struct iommu_user_data_array *array)
{
	seen.invalidate_num = array->entry_num;
	if (array->type != RIG_DATA_TYPE) {
		array->entry_num = 0;
		return -EINVAL;
	}
	if (knobs.invalidate_error)
		array->entry_num = knobs.invalidate_done;
	return knobs.invalidate_error;
}

static int op_invalidate_nested(struct iommu_domain *domain,
				struct iommu_user_data_array *array)
{
	return op_invalidate(array);
}

static const struct iommu_domain_ops nested_ops = {
	.attach_dev = op_attach,
	.set_dev_pasid = op_set_pasid,
	.cache_invalidate_user = op_invalidate_nested,
	.free = op_free_nested,
};

static struct iommu_domain *
nested_new(const struct iommu_user_data *user_data)
{
	struct rig_nested_data data;
	struct rig_nested *nested;
	int ret;

	if (knobs.nested_error)
		return ERR_PTR(knobs.nested_error);
	ret = iommu_copy_struct_from_user(&data, user_data, RIG_DATA_TYPE,
					  value);
	if (ret)
		return ERR_PTR(ret);
	nested = kzalloc_obj(*nested);
	if (!nested)
		return ERR_PTR(-ENOMEM);
	nested->value = data.value;
	nested->domain.ops = &nested_ops;
	nested->domain.type = knobs.nested_wrong_type ? IOMMU_DOMAIN_UNMANAGED :
							IOMMU_DOMAIN_NESTED;
	return &nested->domain;
}

static struct iommu_domain *
op_alloc_nested(struct device *dev, struct iommu_domain *parent, u32 flags,
		const struct iommu_user_data *user_data)
{
	return nested_new(user_data);
}

static struct iommu_domain *
op_viommu_alloc_nested(struct iommufd_viommu *viommu, u32 flags,
		       const struct iommu_user_data *user_data)
{
	return nested_new(user_data);
}

/* ---- vIOMMU, vDEVICE, queue ---- */

static void op_viommu_destroy(struct iommufd_viommu *viommu)
{
	seen.viommu_destroy++;
}

static int op_viommu_invalidate(struct iommufd_viommu *viommu,
				struct iommu_user_data_array *array)
{
	return op_invalidate(array);
}

static void op_vdevice_destroy(struct iommufd_vdevice *core)
{
	struct rig_vdevice *vdev = container_of(core, struct rig_vdevice, core);

	seen.vdevice_destroy++;
	if (knobs.vdevice_destroy)
		knobs.vdevice_destroy(vdev);
}

static int op_vdevice_init(struct iommufd_vdevice *core)
{
	struct rig_vdevice *vdev = container_of(core, struct rig_vdevice, core);

	seen.vdevice_init++;
	vdev->zeroed = !vdev->magic && !core->destroy;
	vdev->magic = 0x600d;
	if (knobs.vdevice_init)
		knobs.vdevice_init(vdev);
	if (knobs.vdevice_error) {
		if (knobs.vdevice_destroy_before_error)
			core->destroy = op_vdevice_destroy;
		return knobs.vdevice_error;
	}
	core->destroy = op_vdevice_destroy;
	return 0;
}

static size_t op_queue_size(struct iommufd_viommu *viommu,
			    enum iommu_hw_queue_type type)
{
	if (knobs.queue_unsupported || (u32)type != RIG_QUEUE_TYPE)
		return 0;
	if (knobs.queue_size)
		return knobs.queue_size;
	return HW_QUEUE_STRUCT_SIZE(struct rig_queue, core);
}

static void op_queue_destroy(struct iommufd_hw_queue *core)
{
	struct rig_queue *queue = container_of(core, struct rig_queue, core);

	seen.queue_destroy++;
	if (queue->depends)
		iommufd_hw_queue_undepend(queue, queue->depends, core);
	the_rig->queues[queue->index] = NULL;
}

static int op_queue_init(struct iommufd_hw_queue *core, u32 index,
			 phys_addr_t base)
{
	struct rig_queue *queue = container_of(core, struct rig_queue, core);
	int ret;

	seen.queue_init++;
	if (knobs.queue_error)
		return knobs.queue_error;
	if (index >= 8)
		return -EINVAL;
	if (the_rig->queues[index])
		return -EEXIST;
	queue->index = index;
	queue->base = base;
	if (knobs.queue_depends && index && the_rig->queues[index - 1]) {
		queue->depends = the_rig->queues[index - 1];
		ret = iommufd_hw_queue_depend(queue, queue->depends, core);
		if (ret)
			return ret;
	}
	if (knobs.queue_waits)
		seen.queue_waits = iommufd_hw_queue_depend(knobs.queue_waits,
							   queue, core);
	the_rig->queues[index] = queue;
	core->destroy = op_queue_destroy;
	return 0;
}

const struct iommufd_viommu_ops rig_viommu_ops = {
	.destroy = op_viommu_destroy,
	.alloc_domain_nested = op_viommu_alloc_nested,
	.cache_invalidate = op_viommu_invalidate,
	.vdevice_size = VDEVICE_STRUCT_SIZE(struct rig_vdevice, core),
	.vdevice_init = op_vdevice_init,
	.get_hw_queue_size = op_queue_size,
	.hw_queue_init_phys = op_queue_init,
};

static size_t op_viommu_size(struct device *dev, enum iommu_viommu_type type)
{
	if (knobs.viommu_unsupported || (u32)type != RIG_VIOMMU_TYPE)
		return 0;
	if (knobs.viommu_size)
		return knobs.viommu_size;
	return VIOMMU_STRUCT_SIZE(struct rig_viommu, core);
}

static int op_viommu_init(struct iommufd_viommu *viommu,
			  struct iommu_domain *parent,
			  const struct iommu_user_data *user_data)
{
	seen.viommu_init++;
	seen.viommu_data = user_data;
	if (knobs.viommu_error)
		return knobs.viommu_error;
	if (!knobs.viommu_no_ops)
		viommu->ops = knobs.viommu_ops ?: &rig_viommu_ops;
	return 0;
}

/* ---- devices ---- */

static bool op_capable(struct device *dev, enum iommu_cap cap)
{
	switch (cap) {
	case IOMMU_CAP_CACHE_COHERENCY:
		return !knobs.incoherent;
	case IOMMU_CAP_ENFORCE_CACHE_COHERENCY:
		return knobs.enforce;
	case IOMMU_CAP_DIRTY_TRACKING:
		return knobs.dirty;
	case IOMMU_CAP_PCI_ATS_SUPPORTED:
		return knobs.ats;
	default:
		return false;
	}
}

static void *op_hw_info(struct device *dev, u32 *length,
			enum iommu_hw_info_type *type)
{
	u32 *info;

	if (knobs.hw_info_error)
		return ERR_PTR(knobs.hw_info_error);
	if (*type != 0 && (u32)*type != RIG_DATA_TYPE)
		return ERR_PTR(-EOPNOTSUPP);
	info = kzalloc(12, GFP_KERNEL);
	if (!info)
		return ERR_PTR(-ENOMEM);
	info[0] = 0x11111111;
	info[1] = 0x22222222;
	info[2] = 0x33333333;
	*length = 12;
	*type = knobs.hw_info_type_none ? 0 : RIG_DATA_TYPE;
	return info;
}

static struct iommu_device *op_probe(struct device *dev)
{
	struct rig_device *device = to_rig_device(dev);

	return device->index == RIG_DEVICES - 1 ? &the_rig->other_iommu :
						  &the_rig->iommu;
}

static void op_regions(struct device *dev, struct list_head *list)
{
	for (unsigned int i = 0; i < knobs.region_count; i++) {
		struct iommu_resv_region *region = iommu_alloc_resv_region(
			knobs.regions[i].start, knobs.regions[i].length, 0,
			knobs.regions[i].type, GFP_KERNEL);

		if (region)
			list_add_tail(&region->list, list);
	}
}

static void op_response(struct device *dev, struct iopf_fault *evt,
			struct iommu_page_response *msg)
{
	seen.responses++;
	seen.last_response = msg->code;
}

/* Devices 0 and 1 are one group, the others alone. */
static struct iommu_group *op_group(struct device *dev)
{
	struct rig_device *device = to_rig_device(dev);

	if (device->index == 1)
		return iommu_group_get(&the_rig->device[0].dev);
	return generic_device_group(dev);
}

const struct iommu_ops rig_ops = {
	.capable = op_capable,
	.hw_info = op_hw_info,
	.domain_alloc_paging_flags = op_alloc_paging,
	.domain_alloc_nested = op_alloc_nested,
	.probe_device = op_probe,
	.device_group = op_group,
	.get_resv_regions = op_regions,
	.page_response = op_response,
	.get_viommu_size = op_viommu_size,
	.viommu_init = op_viommu_init,
	.blocked_domain = &blocked_domain,
	.default_domain = &blocked_domain,
	.user_pasid_table = true,
};

/* An IOMMU that can do nothing but page tables. */
const struct iommu_ops rig_bare_ops = {
	.capable = op_capable,
	.domain_alloc_paging_flags = op_alloc_paging,
	.probe_device = op_probe,
	.device_group = op_group,
	.blocked_domain = &blocked_domain,
	.default_domain = &blocked_domain,
};
