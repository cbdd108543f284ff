// SPDX-License-Identifier: MIT
/*
 * A driver of one's own: an invented IOMMU, "quad", whose guests may have four
 * devices each.  Everything here is the kernel's: the file moves into a kernel
 * tree as it is.  own_driver_test.c drives it.
 *
 * What to look at: vdevice_size and vdevice_init make the driver's part of a
 * vDEVICE, and the destroy pointer, set as the last step, undoes it.
 */
#include <linux/bitops.h>
#include <linux/iommu.h>
#include <linux/iommufd.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "own_driver.h"

struct quad_viommu {
	struct iommufd_viommu core;
	unsigned long slots;		/* bitmap of those in use */
};

struct quad_vdevice {
	struct iommufd_vdevice core;
	unsigned int slot;
};

static void quad_vdevice_destroy(struct iommufd_vdevice *vdev)
{
	struct quad_vdevice *quad = container_of(vdev, struct quad_vdevice, core);
	struct quad_viommu *viommu =
		container_of(vdev->viommu, struct quad_viommu, core);

	clear_bit(quad->slot, &viommu->slots);
}

static int quad_vdevice_init(struct iommufd_vdevice *vdev)
{
	struct quad_vdevice *quad = container_of(vdev, struct quad_vdevice, core);
	struct quad_viommu *viommu =
		container_of(vdev->viommu, struct quad_viommu, core);

	for (unsigned int slot = 0; slot < QUAD_SLOTS; slot++) {
		if (test_and_set_bit(slot, &viommu->slots))
			continue;
		quad->slot = slot;
		vdev->destroy = quad_vdevice_destroy;
		return 0;
	}
	return -ENOSPC;
}

static const struct iommufd_viommu_ops quad_viommu_ops = {
	.vdevice_size = VDEVICE_STRUCT_SIZE(struct quad_vdevice, core),
	.vdevice_init = quad_vdevice_init,
};

static size_t quad_get_viommu_size(struct device *dev,
				   enum iommu_viommu_type viommu_type)
{
	if (viommu_type != QUAD_VIOMMU)
		return 0;
	return VIOMMU_STRUCT_SIZE(struct quad_viommu, core);
}

static int quad_viommu_init(struct iommufd_viommu *viommu,
			    struct iommu_domain *parent_domain,
			    const struct iommu_user_data *user_data)
{
	viommu->ops = &quad_viommu_ops;
	return 0;
}

static int quad_attach_dev(struct iommu_domain *domain, struct device *dev,
			   struct iommu_domain *old)
{
	return 0;
}

static void quad_domain_free(struct iommu_domain *domain)
{
	kfree(domain);
}

static const struct iommu_domain_ops quad_domain_ops = {
	.attach_dev = quad_attach_dev,
	.free = quad_domain_free,
};

static const struct iommu_domain_ops quad_blocked_ops = {
	.attach_dev = quad_attach_dev,
};

static struct iommu_domain quad_blocked = {
	.type = IOMMU_DOMAIN_BLOCKED,
	.ops = &quad_blocked_ops,
};

static struct iommu_domain *
quad_domain_alloc_paging_flags(struct device *dev, u32 flags,
			       const struct iommu_user_data *user_data)
{
	struct iommu_domain *domain;

	if (flags & ~IOMMU_HWPT_ALLOC_NEST_PARENT || user_data)
		return ERR_PTR(-EOPNOTSUPP);
	domain = kzalloc_obj(*domain);
	if (!domain)
		return ERR_PTR(-ENOMEM);
	domain->type = IOMMU_DOMAIN_UNMANAGED;
	domain->ops = &quad_domain_ops;
	domain->pgsize_bitmap = PAGE_SIZE;
	domain->geometry.aperture_end = ULONG_MAX;
	return domain;
}

static bool quad_capable(struct device *dev, enum iommu_cap cap)
{
	return cap == IOMMU_CAP_CACHE_COHERENCY;
}

struct iommu_device quad_iommu;

static struct iommu_device *quad_probe_device(struct device *dev)
{
	return &quad_iommu;
}

const struct iommu_ops quad_ops = {
	.default_domain = &quad_blocked,
	.blocked_domain = &quad_blocked,
	.owner = THIS_MODULE,
	.capable = quad_capable,
	.domain_alloc_paging_flags = quad_domain_alloc_paging_flags,
	.device_group = generic_device_group,
	.probe_device = quad_probe_device,
	.get_viommu_size = quad_get_viommu_size,
	.viommu_init = quad_viommu_init,
};
