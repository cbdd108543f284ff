// SPDX-License-Identifier: MIT
/*
 * The nodes that every platform has.
 */
#include "client/vfs_populate.h"

#include <errno.h>
#include <sys/sysmacros.h>

#include "client/entry.h"
#include "client/vfio/group.h"
#include "client/vfio/sysfs.h"

struct node_row {
	const char *path;
	mode_t perm;
	unsigned int minor;
	enum iommufd_account_mode mode;
};

static const struct node_row rows[] = {
	{ "/dev/iommu", 0660, VFS_IOMMU_MINOR, IOMMUFD_ACCOUNT_DEFAULT },
	{ "/dev/vfio/vfio", 0666, VFS_CONTAINER_MINOR, IOMMUFD_ACCOUNT_MM },
};

char *vfs_devices_now(struct uiommufd_platform *platform)
{
	GString *text = g_string_new(NULL);
	struct vfio_host *host;

	if (!platform)
		return g_string_free(text, false);
	host = vfio_host();
	vfio_host_sync(host, platform);
	mutex_lock(&host->lock);
	for (guint i = 0; i < host->devices->len; i++) {
		const struct vfio_device *device = host->devices->pdata[i];

		g_string_append_printf(text, "%s:%llu ", device->name,
				       device->sequence);
	}
	mutex_unlock(&host->lock);
	return g_string_free(text, false);
}

void vfs_populate(struct vfs_entry *root, struct uiommufd_platform *platform)
{
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		vfs_tree_device(root, rows[i].path, rows[i].perm,
				makedev(VFS_MISC_MAJOR, rows[i].minor));
	vfs_tree_dir(root, "/dev/vfio");
	vfs_tree_text(root, "/sys/class/misc/iommu/dev", "%u:%u",
		      VFS_MISC_MAJOR, VFS_IOMMU_MINOR);
	if (platform)
		vfio_sysfs_populate(root, vfio_host());
}

int vfs_open_device(struct uiommufd_platform *platform,
		    const struct vfs_node *node, int flags)
{
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++)
		if (node->rdev == makedev(VFS_MISC_MAJOR, rows[i].minor))
			return client_open_context(platform, rows[i].mode,
						   flags, node->rdev);
	if (major(node->rdev) == VFS_VFIO_MAJOR)
		return vfio_open(platform, minor(node->rdev), flags,
				 node->rdev);
	if (major(node->rdev) == VFS_GROUP_MAJOR)
		return vfio_group_open(platform, minor(node->rdev), flags,
				       node->rdev);
	return -ENXIO;
}
