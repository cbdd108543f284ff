/* SPDX-License-Identifier: MIT */
/*
 * What clients read to find a device:
 *
 *   /dev/vfio/devices/vfioN, /dev/vfio/<group>
 *   /dev/char/<major>:<minor>	links to these
 *   /sys/devices/pci<domain>:<bus>/<address>/
 *	vendor device subsystem_* class revision config resource irq modalias
 *	uevent numa_node enable vfio-dev/vfioN/dev
 *	driver subsystem iommu iommu_group	links
 *   /sys/bus/pci/devices/<address>, /sys/bus/pci/drivers/vfio-pci/<address>
 *   /sys/class/vfio-dev/vfioN, /sys/dev/char/<major>:<minor>
 *   /sys/kernel/iommu_groups/<group>/devices/<address>
 *   /sys/class/iommu/<instance>
 */
#ifndef CLIENT_VFIO_SYSFS_H
#define CLIENT_VFIO_SYSFS_H

#include "client/vfio/vfio.h"
#include "client/vfs_tree.h"

/* Takes the host's lock. */
void vfio_sysfs_populate(struct vfs_entry *root, struct vfio_host *host);

#endif
