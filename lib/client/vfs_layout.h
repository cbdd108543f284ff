/* SPDX-License-Identifier: MIT */
/*
 * A tree laid out in a private directory of the file system.
 *
 * The directory is $TMPDIR/uiommufd-<pid>-XXXXXX (/tmp without TMPDIR).  It
 * goes with its platform or its process; what a killed process left behind is
 * removed by the next one that makes a directory for the same user.
 */
#ifndef CLIENT_VFS_LAYOUT_H
#define CLIENT_VFS_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "client/vfs_tree.h"

#define VFS_ROOT_MAX 128

struct vfs_layout {
	struct vfs_layout *next;	/* in the process's list */
	pid_t owner;			/* the process that removes it */
	char root[VFS_ROOT_MAX];
};

/* Makes the directory and writes @tree into it: 0 or -errno, nothing left. */
int vfs_layout_make(struct vfs_layout *layout, const struct vfs_entry *tree);
/* Writes another tree over it. */
int vfs_layout_renew(struct vfs_layout *layout, const struct vfs_entry *tree);
/* Removes it, unless a forked child asks. */
void vfs_layout_remove(struct vfs_layout *layout);
/* The layout of this process that @path is in, the rest in @out_rest. */
bool vfs_layout_of(const char *path, const char **out_rest);

#endif
