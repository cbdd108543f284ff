/* SPDX-License-Identifier: MIT */
/* The invented IOMMU "quad": what its users need to know. */
#ifndef OWN_DRIVER_H
#define OWN_DRIVER_H

#include <linux/iommu.h>

#define QUAD_VIOMMU 0x71756164
#define QUAD_SLOTS 4

extern struct iommu_device quad_iommu;
extern const struct iommu_ops quad_ops;

#endif
