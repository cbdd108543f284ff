// SPDX-License-Identifier: MIT
/*
 * Laying a tree out, and removing it.
 *
 * Process-wide door: the list of layouts, under its own lock.
 */
#include "client/vfs_layout.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "client/vfs.h"

#define PREFIX "uiommufd-"

static pthread_mutex_t layouts_lock = PTHREAD_MUTEX_INITIALIZER;
static struct vfs_layout *layouts;

static bool is_dots(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..");
}

/* --- removing -------------------------------------------------------------*/

static void remove_contents(int dir);

static void remove_name(int dir, const char *name)
{
	int sub;

	if (!unlinkat(dir, name, 0))
		return;
	sub = openat(dir, name, O_DIRECTORY | O_NOFOLLOW | O_RDONLY | O_CLOEXEC);
	if (sub >= 0)
		remove_contents(sub);
	unlinkat(dir, name, AT_REMOVEDIR);
}

/* Consumes @dir. */
static void remove_contents(int dir)
{
	DIR *list = fdopendir(dir);
	struct dirent *item;

	if (!list) {
		close(dir);
		return;
	}
	while ((item = readdir(list)))
		if (!is_dots(item->d_name))
			remove_name(dir, item->d_name);
	closedir(list);
}

/* Whether @name is of a process of ours that is no more. */
static bool is_stale(int dir, const char *name)
{
	struct stat st;
	char *end;
	long pid;

	if (strncmp(name, PREFIX, strlen(PREFIX)))
		return false;
	pid = strtol(name + strlen(PREFIX), &end, 10);
	return pid > 0 && *end == '-' &&
	       !fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) &&
	       S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
	       kill((pid_t)pid, 0) && errno == ESRCH;
}

static void remove_stale(const char *base)
{
	DIR *list = opendir(base);
	struct dirent *item;

	if (!list)
		return;
	while ((item = readdir(list)))
		if (is_stale(dirfd(list), item->d_name))
			remove_name(dirfd(list), item->d_name);
	closedir(list);
}

/* --- laying out -----------------------------------------------------------*/

static int write_file(int dir, const struct vfs_entry *entry)
{
	gsize size;
	const char *data = g_bytes_get_data(entry->contents, &size);
	int fd = openat(dir, entry->name,
			O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
			entry->mode & 0777);
	int rc = 0;

	if (fd < 0)
		return -errno;
	if (size && write(fd, data, size) != (ssize_t)size)
		rc = errno ? -errno : -ENOSPC;
	close(fd);
	return rc;
}

/* What listings shall show as a device and nobody shall come to harm with. */
static int write_stand_in(int dir, const struct vfs_entry *entry)
{
	if (!mknodat(dir, entry->name, S_IFCHR | (entry->mode & 0777),
		     makedev(1, 3)))
		return 0;
	return symlinkat("/dev/null", dir, entry->name) ? -errno : 0;
}

/* What the system has beside ours in the same directory. */
static int write_links_to_system(int dir, const struct vfs_entry *entry)
{
	char path[VFS_PATH_MAX], target[VFS_PATH_MAX + 256];
	struct dirent *item;
	DIR *list;
	int rc = 0;

	if (!vfs_tree_path(entry, path, sizeof(path)))
		return -ENAMETOOLONG;
	list = opendir(path);
	while (list && !rc && (item = readdir(list))) {
		const char *name = item->d_name;

		if (is_dots(name) || vfs_tree_child(entry, name, strlen(name)))
			continue;
		snprintf(target, sizeof(target), "%s/%s", path, name);
		if (symlinkat(target, dir, name))
			rc = -errno;
	}
	if (list)
		closedir(list);
	return rc;
}

static int write_entry(int dir, const struct vfs_entry *entry);

/* Consumes @dir. */
static int write_children(int dir, const struct vfs_entry *entry)
{
	int rc = 0;

	for (guint i = 0; !rc && i < entry->children->len; i++)
		rc = write_entry(dir, entry->children->pdata[i]);
	if (!rc && !entry->shared)
		rc = write_links_to_system(dir, entry);
	close(dir);
	return rc;
}

static int write_entry(int dir, const struct vfs_entry *entry)
{
	int sub;

	switch (entry->mode & S_IFMT) {
	case S_IFREG:
		return write_file(dir, entry);
	case S_IFLNK:
		return symlinkat(vfs_entry_target(entry), dir, entry->name) ?
			       -errno : 0;
	case S_IFCHR:
		return write_stand_in(dir, entry);
	default:
		if (mkdirat(dir, entry->name, entry->mode & 0777))
			return -errno;
		sub = openat(dir, entry->name,
			     O_DIRECTORY | O_RDONLY | O_CLOEXEC);
		return sub < 0 ? -errno : write_children(sub, entry);
	}
}

static int write_tree(const struct vfs_layout *layout,
		      const struct vfs_entry *tree)
{
	int dir = open(layout->root, O_DIRECTORY | O_RDONLY | O_CLOEXEC);

	return dir < 0 ? -errno : write_children(dir, tree);
}

static void list_add(struct vfs_layout *layout)
{
	pthread_mutex_lock(&layouts_lock);
	layout->next = layouts;
	layouts = layout;
	pthread_mutex_unlock(&layouts_lock);
}

static void list_remove(struct vfs_layout *layout)
{
	struct vfs_layout **at;

	pthread_mutex_lock(&layouts_lock);
	for (at = &layouts; *at; at = &(*at)->next) {
		if (*at == layout) {
			*at = layout->next;
			break;
		}
	}
	pthread_mutex_unlock(&layouts_lock);
}

/* As readlink of a descriptor in /proc will say it. */
static int canonical(char *root)
{
	char *path = realpath(root, NULL);
	bool fits = path && strlen(path) < VFS_ROOT_MAX;

	if (fits)
		strcpy(root, path);
	else
		rmdir(root);
	free(path);
	if (!fits)
		root[0] = '\0';
	return fits ? 0 : -ENAMETOOLONG;
}

int vfs_layout_make(struct vfs_layout *layout, const struct vfs_entry *tree)
{
	const char *base = getenv("TMPDIR");
	int rc;

	if (!base || base[0] != '/' || strlen(base) > VFS_ROOT_MAX - 40)
		base = "/tmp";
	remove_stale(base);
	layout->owner = getpid();
	snprintf(layout->root, sizeof(layout->root), "%s/" PREFIX "%d-XXXXXX",
		 base, layout->owner);
	if (!mkdtemp(layout->root)) {
		rc = -errno;
		layout->root[0] = '\0';
		return rc;
	}
	rc = canonical(layout->root);
	if (rc)
		return rc;
	list_add(layout);
	rc = write_tree(layout, tree);
	if (rc)
		vfs_layout_remove(layout);
	return rc;
}

static void remove_tree(const struct vfs_layout *layout)
{
	int dir = open(layout->root, O_DIRECTORY | O_RDONLY | O_CLOEXEC);

	if (dir >= 0)
		remove_contents(dir);
}

int vfs_layout_renew(struct vfs_layout *layout, const struct vfs_entry *tree)
{
	int rc;

	if (layout->owner != getpid())
		return -ENODEV;
	remove_tree(layout);
	rc = write_tree(layout, tree);
	if (rc)
		vfs_layout_remove(layout);
	return rc;
}

void vfs_layout_remove(struct vfs_layout *layout)
{
	if (!layout->root[0])
		return;
	list_remove(layout);
	if (layout->owner == getpid()) {
		remove_tree(layout);
		rmdir(layout->root);
	}
	layout->root[0] = '\0';
}

bool vfs_layout_of(const char *path, const char **out_rest)
{
	const struct vfs_layout *at;

	pthread_mutex_lock(&layouts_lock);
	for (at = layouts; at; at = at->next) {
		size_t length = strlen(at->root);

		if (!strncmp(path, at->root, length) &&
		    (!path[length] || path[length] == '/')) {
			*out_rest = path + length;
			break;
		}
	}
	pthread_mutex_unlock(&layouts_lock);
	return at;
}

/* A process that ends with platforms alive leaves no directories. */
static __attribute__((destructor)) void remove_all(void)
{
	struct vfs_layout *at = layouts;

	while (at) {
		struct vfs_layout *next = at->next;

		if (at->owner == getpid()) {
			remove_tree(at);
			rmdir(at->root);
		}
		at = next;
	}
}
