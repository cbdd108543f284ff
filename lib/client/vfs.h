/* SPDX-License-Identifier: MIT */
/*
 * The paths that a platform has: device nodes, and what clients read in sysfs
 * to find them.
 *
 * The tree lives in memory.  Directories, plain files and links are also laid
 * out in a private directory when somebody first asks for one of them, so that
 * opendir(), openat() on such a directory, readlink() and the like are the
 * system's own: whoever answers a client's call replaces the path by
 * vfs_node.real and goes on.  Only a character device has to be answered by
 * hand: its node in the private directory is a stand-in (/dev/null) that makes
 * listings right.
 *
 * A directory that the system has, too, is left to the system, unless clients
 * list it to find devices; then ours holds links to what the system has.
 *
 * A path in here is absolute.  "." and ".." and links of the tree are
 * followed; links of the system are not.
 *
 * Lock: one per platform, held for looking and for laying out.  It is a leaf:
 * nothing of the library is called under it but the listing of devices.
 */
#ifndef CLIENT_VFS_H
#define CLIENT_VFS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

struct uiommufd_platform;

#define VFS_PATH_MAX 512

/* What stands at a path. */
struct vfs_node {
	mode_t mode;		/* type and permissions */
	dev_t rdev;		/* S_IFCHR */
	ino_t ino;
	char path[VFS_PATH_MAX]; /* canonical: no links, "." or ".." */
	char real[VFS_PATH_MAX]; /* where the system finds it, or a stand-in */
};

enum vfs_find {
	VFS_FOLLOW,		/* the last link, too */
	VFS_NO_FOLLOW,
};

/**
 * vfs_may_have - whether a path could be in any tree, cheaply.
 * @path: absolute
 *
 * Return: false: it is in none, and vfs_find() need not be asked.
 */
bool vfs_may_have(const char *path);

/**
 * vfs_find - look a path up.
 * @platform: NULL: one that has no devices
 * @path: absolute
 * @out: filled in if found
 *
 * Return: 0; -ENOENT: not in the tree, the system may have it; -ENOTDIR,
 * -ELOOP, -ENAMETOOLONG, or an error of laying it out.  A link that leads out
 * of the tree is found as the link, whatever @find says: following its real
 * path gives the right answer.
 */
int vfs_find(struct uiommufd_platform *platform, const char *path,
	     enum vfs_find find, struct vfs_node *out);

/**
 * vfs_open - open what was found.
 * @flags: as of open(2)
 *
 * Return: a descriptor, ours if the node is a device, else the system's;
 * -errno.
 */
int vfs_open(struct uiommufd_platform *platform, const struct vfs_node *node,
	     int flags);

/*
 * Around a fork: nobody is looking or laying out, so that the child finds the
 * lock free.  vfs_fork_end() in both; before other locks of the library.
 */
void vfs_fork_begin(void);
void vfs_fork_end(void);

/**
 * vfs_virtual_path - the path in the tree of something laid out.
 * @real: what the system calls it (readlink of /proc/self/fd/N, getcwd)
 * @out: receives it; may be @real
 *
 * Return: true if @real is in the directory of a tree of this process.
 */
bool vfs_virtual_path(const char *real, char *out, size_t size);

#endif
