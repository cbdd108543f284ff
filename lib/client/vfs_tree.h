/* SPDX-License-Identifier: MIT */
/*
 * A tree of directories, plain files, links and device nodes in memory.
 *
 * Building it cannot fail: it is made of GLib's memory when a path is first
 * asked for, outside of what must survive a lack of memory.
 */
#ifndef CLIENT_VFS_TREE_H
#define CLIENT_VFS_TREE_H

#include <glib.h>
#include <stdbool.h>
#include <sys/stat.h>

struct vfs_entry {
	char *name;			/* owned; "" of the root */
	struct vfs_entry *parent;	/* NULL of the root */
	mode_t mode;
	dev_t rdev;			/* S_IFCHR */
	ino_t ino;
	bool shared;			/* a directory on the way to ours */
	GBytes *contents;		/* S_IFREG; S_IFLNK: target with NUL */
	GPtrArray *children;		/* S_IFDIR, in order of making; owned */
};

struct vfs_entry *vfs_tree_new(void);
void vfs_tree_free(struct vfs_entry *root);

/*
 * Each makes what is missing on the way as shared directories.  What stands
 * at the path already must be a directory, and stays.
 */
void vfs_tree_dir(struct vfs_entry *root, const char *path);
void vfs_tree_device(struct vfs_entry *root, const char *path, mode_t perm,
		     dev_t rdev);
void vfs_tree_file(struct vfs_entry *root, const char *path, mode_t perm,
		   const void *data, size_t size);
void vfs_tree_link(struct vfs_entry *root, const char *path,
		   const char *target);
/* A plain file of one line; the newline is added. */
void vfs_tree_text(struct vfs_entry *root, const char *path,
		   const char *format, ...) G_GNUC_PRINTF(3, 4);

/* NULL if there is none of that name. */
struct vfs_entry *vfs_tree_child(const struct vfs_entry *dir, const char *name,
				 size_t length);
/*
 * Follows @path.  Return: 0; -ENOENT, -ENOTDIR, -ELOOP, -ENAMETOOLONG.  A last
 * link that leads out of the tree is found itself.
 */
int vfs_tree_walk(struct vfs_entry *root, const char *path, bool follow,
		  struct vfs_entry **out);
/* The canonical path; false if it does not fit. */
bool vfs_tree_path(const struct vfs_entry *entry, char *out, size_t size);

static inline const char *vfs_entry_target(const struct vfs_entry *entry)
{
	return g_bytes_get_data(entry->contents, NULL);
}

#endif
