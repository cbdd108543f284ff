/* SPDX-License-Identifier: MIT */
/* What a platform has, as paths; and opening its device nodes. */
#ifndef CLIENT_VFS_POPULATE_H
#define CLIENT_VFS_POPULATE_H

#include "client/vfs.h"
#include "client/vfs_tree.h"

/* Device numbers.  What Linux chooses by itself is chosen here once. */
#define VFS_MISC_MAJOR 10
#define VFS_IOMMU_MINOR 122
#define VFS_CONTAINER_MINOR 196
#define VFS_VFIO_MAJOR 511		/* of device files */
#define VFS_GROUP_MAJOR 510		/* of group files */

/* The devices there are now: equal strings, equal devices.  Owned. */
char *vfs_devices_now(struct uiommufd_platform *platform);
void vfs_populate(struct vfs_entry *root, struct uiommufd_platform *platform);
/* A descriptor or -errno. */
int vfs_open_device(struct uiommufd_platform *platform,
		    const struct vfs_node *node, int flags);

#endif
