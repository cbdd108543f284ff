// SPDX-License-Identifier: MIT
/*
 * Looking paths up and opening what is there.
 *
 * The tree of a platform is made at the first look-up and again when a device
 * has come or gone; the layout when the first path is found that is no device.
 */
#include "client/vfs.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <linux/mutex.h>
#include <sys/sysmacros.h>
#include <uiommufd/platform.h>

#include "client/entry.h"
#include "client/vfio/vfio.h"
#include "client/vfs_layout.h"
#include "client/vfs_populate.h"
#include "client/vfs_tree.h"

struct vfs {
	struct vfs_entry *tree;		/* owned */
	char *devices;			/* owned: what the tree was made for */
	struct vfs_layout layout;
	struct vfs *next, **link;	/* all; all_lock */
	struct vfio_host *host;		/* borrowed, to be found by who finds us */
};

static DEFINE_MUTEX(vfs_lock);

/*
 * Machines keep theirs where leak sanitizers do not look; the child of a fork
 * has its parent's in no machine at all.
 */
static struct vfs *all;
static pthread_mutex_t all_lock = PTHREAD_MUTEX_INITIALIZER;

static struct vfs *vfs_new(void)
{
	struct vfs *vfs = g_new0(struct vfs, 1);

	pthread_mutex_lock(&all_lock);
	vfs->next = all;
	vfs->link = &all;
	if (all)
		all->link = &vfs->next;
	all = vfs;
	pthread_mutex_unlock(&all_lock);
	return vfs;
}

static void vfs_unlist(struct vfs *vfs)
{
	pthread_mutex_lock(&all_lock);
	*vfs->link = vfs->next;
	if (vfs->next)
		vfs->next->link = vfs->link;
	pthread_mutex_unlock(&all_lock);
}

void vfs_fork_begin(void)
{
	mutex_lock(&vfs_lock);
	pthread_mutex_lock(&all_lock);
}

void vfs_fork_end(void)
{
	pthread_mutex_unlock(&all_lock);
	mutex_unlock(&vfs_lock);
}

static void vfs_destroy(void *value)
{
	struct vfs *vfs = value;

	vfs_unlist(vfs);
	vfs_layout_remove(&vfs->layout);
	vfs_tree_free(vfs->tree);
	g_free(vfs->devices);
	g_free(vfs);
}

static struct vfs *vfs_of(struct uik_machine *machine)
{
	struct vfs *vfs = uik_slot_get(machine, UIK_SLOT_CLIENT);

	if (vfs)
		return vfs;
	return uik_slot_set(machine, UIK_SLOT_CLIENT, vfs_new(), vfs_destroy);
}

/* Makes the tree if there is none, or none of the devices of now. */
static int renew_tree(struct vfs *vfs, struct uiommufd_platform *platform)
{
	g_autofree char *devices = vfs_devices_now(platform);

	vfs->host = platform ? vfio_host() : NULL;
	if (vfs->tree && !strcmp(devices, vfs->devices))
		return 0;
	vfs_tree_free(vfs->tree);
	vfs->tree = vfs_tree_new();
	vfs_populate(vfs->tree, platform);
	g_free(vfs->devices);
	vfs->devices = g_steal_pointer(&devices);
	return vfs->layout.root[0] ? vfs_layout_renew(&vfs->layout, vfs->tree) :
				     0;
}

/* A directory on the way to ours is the system's if the system has it. */
static bool left_to_system(const struct vfs_entry *entry)
{
	char path[VFS_PATH_MAX];
	struct stat st;

	return entry->shared && vfs_tree_path(entry, path, sizeof(path)) &&
	       !stat(path, &st);
}

static int describe(struct vfs *vfs, const struct vfs_entry *entry,
		    struct vfs_node *out)
{
	const char *root;
	int rc = 0;

	if (!S_ISCHR(entry->mode) && !vfs->layout.root[0])
		rc = vfs_layout_make(&vfs->layout, vfs->tree);
	if (rc)
		return rc;
	out->mode = entry->mode;
	out->rdev = entry->rdev;
	out->ino = entry->ino;
	if (!vfs_tree_path(entry, out->path, sizeof(out->path)))
		return -ENAMETOOLONG;
	root = vfs->layout.root[0] ? vfs->layout.root : "/dev/null";
	if (S_ISCHR(entry->mode))
		strcpy(out->real, "/dev/null");
	else if (g_snprintf(out->real, sizeof(out->real), "%s%s", root,
			    out->path) >= (int)sizeof(out->real))
		return -ENAMETOOLONG;
	return 0;
}

/* Where links of ours lead to what is the system's. */
static int describe_system(const struct vfs_entry *entry, const char *asked,
			   struct vfs_node *out)
{
	if (!vfs_tree_path(entry, out->path, sizeof(out->path)))
		return -ENAMETOOLONG;
	if (!strcmp(out->path, asked))
		return -ENOENT;
	out->mode = entry->mode;
	out->rdev = 0;
	out->ino = entry->ino;
	strcpy(out->real, out->path);
	return 0;
}

static int find_locked(struct vfs *vfs, struct uiommufd_platform *platform,
		       const char *path, bool follow, struct vfs_node *out)
{
	struct vfs_entry *entry;
	int rc = renew_tree(vfs, platform);

	if (!rc)
		rc = vfs_tree_walk(vfs->tree, path, follow, &entry);
	if (!rc && left_to_system(entry))
		return describe_system(entry, path, out);
	return rc ? rc : describe(vfs, entry, out);
}

bool vfs_may_have(const char *path)
{
	return path[0] == '/' &&
	       (!strncmp(path, "/dev", 4) || !strncmp(path, "/sys", 4) ||
		path[1] == '/' || path[1] == '.');
}

int vfs_find(struct uiommufd_platform *platform, const char *path,
	     enum vfs_find find, struct vfs_node *out)
{
	struct uik_machine *outer;
	int rc;

	if (path[0] != '/')
		return -ENOENT;
	outer = uik_enter(client_machine(platform));
	mutex_lock(&vfs_lock);
	rc = find_locked(vfs_of(uik_this_machine()), platform, path,
			 find == VFS_FOLLOW, out);
	mutex_unlock(&vfs_lock);
	uik_leave(outer);
	return rc;
}

int vfs_open(struct uiommufd_platform *platform, const struct vfs_node *node,
	     int flags)
{
	int fd;

	if (S_ISCHR(node->mode))
		return vfs_open_device(platform, node, flags);
	fd = open(node->real, flags);
	return fd < 0 ? -errno : fd;
}

bool vfs_virtual_path(const char *real, char *out, size_t size)
{
	const char *rest;
	size_t length;

	if (!vfs_layout_of(real, &rest))
		return false;
	if (!*rest)
		rest = "/";
	length = strlen(rest) + 1;
	if (length > size)
		return false;
	memmove(out, rest, length);
	return true;
}
