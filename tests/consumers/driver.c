// SPDX-License-Identifier: MIT
/* A driver's translation unit, built with the flags of uiommufd-driver. */
#include <linux/iommufd.h>
#include <linux/module.h>
#include <linux/slab.h>

struct my_vdevice {
	struct iommufd_vdevice core;
	int slot;
};

static int my_vdevice_init(struct iommufd_vdevice *vdev)
{
	container_of(vdev, struct my_vdevice, core)->slot = 1;
	return 0;
}

const struct iommufd_viommu_ops my_viommu_ops = {
	.vdevice_size = VDEVICE_STRUCT_SIZE(struct my_vdevice, core),
	.vdevice_init = my_vdevice_init,
};

static int __init my_init(void)
{
	return 0;
}
module_init(my_init);
MODULE_DESCRIPTION("nothing");
MODULE_LICENSE("GPL");
