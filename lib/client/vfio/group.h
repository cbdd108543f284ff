/* SPDX-License-Identifier: MIT */
/*
 * Group files, the older way to a device: /dev/vfio/<group> joins a container,
 * which here is always a context, and gives files of its devices.
 *
 * A group that has a file is in its host's list.  It is counted by that file
 * and by the files it gave; while it exists no other file of the group can be
 * opened, and its devices cannot be bound through /dev/vfio/devices.
 */
#ifndef CLIENT_VFIO_GROUP_H
#define CLIENT_VFIO_GROUP_H

#include "client/vfio/vfio.h"

struct vfio_group {
	unsigned int refs;		/* under the host's lock */
	struct vfio_host *host;		/* borrowed: of the machine */
	unsigned int group_id;
	struct iommufd_ctx *ictx;	/* counted; NULL: no container */
};

/* A descriptor of group @group_id, or -errno; -EBUSY: it is in use. */
int vfio_group_open(struct uiommufd_platform *platform, unsigned int group_id,
		    int flags, dev_t rdev);
/* Takes the host's lock; NULL is fine. */
void vfio_group_put(struct vfio_group *group);
/* Lock held. */
bool vfio_group_is_open(const struct vfio_device *device);
/* The group of an open file; NULL if it is of something else. */
const struct vfio_group *vfio_group_of_file(const struct file *file);

#endif
