// SPDX-License-Identifier: MIT
/*
 * Paths that are ours.
 *
 * A path is made absolute and freed from "." and ".." as text; then the files
 * of proc.h are looked at, then the tree of the machine.  Most paths are refused
 * by their first letters, before anything is copied.
 */
#include "client/preload/node.h"

#include <linux/file.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <uik/task.h>
#include <unistd.h>

#include "client/preload/preload.h"
#include "client/preload/proc.h"
#include "client/vfs.h"

bool node_set_path(struct node *node, const char *path)
{
	size_t length = strlen(path);

	if (length >= sizeof(node->path))
		return false;
	memcpy(node->path, path, length + 1);
	return true;
}

/* Appends a part of a path to @out; false if it is too long. */
static bool append(char *out, size_t *length, const char *at, size_t size)
{
	if (!size || (size == 1 && *at == '.'))
		return true;
	if (size == 2 && at[0] == '.' && at[1] == '.') {
		while (*length && out[--*length] != '/')
			;
		return true;
	}
	if (*length + 1 + size >= NODE_PATH_MAX)
		return false;
	out[(*length)++] = '/';
	memcpy(out + *length, at, size);
	*length += size;
	return true;
}

static bool normalise(const char *path, char *out, size_t *length)
{
	while (*path) {
		size_t size = strcspn(path, "/");

		if (!append(out, length, path, size))
			return false;
		path += size + (path[size] == '/');
	}
	out[*length] = '\0';
	return true;
}

/* The directory that a relative path starts from, as the program sees it. */
static bool base_of(int dir, char *out, size_t *length)
{
	char link[32], base[NODE_PATH_MAX];
	ssize_t n;

	if (dir == AT_FDCWD)
		strcpy(link, "/proc/self/cwd");
	else
		snprintf(link, sizeof(link), "/proc/self/fd/%d", dir);
	n = NEXT(readlink)(link, base, sizeof(base) - 1);
	if (n <= 0 || base[0] != '/')
		return false;
	base[n] = '\0';
	vfs_virtual_path(base, base, sizeof(base));
	return normalise(base, out, length);
}

/*
 * Absolute paths by their first letters; relative ones to the working directory
 * by their last part, and to another once there is a machine.
 */
static bool may_be_ours(int dir, const char *path)
{
	const char *last;

	if (path[0] == '/')
		return path[1] == 'd' || path[1] == 'p' || path[1] == 's' ||
		       path[1] == '/' || path[1] == '.';
	if (dir != AT_FDCWD)
		return *path && preload_platform_built();
	last = strrchr(path, '/');
	last = last ? last + 1 : path;
	return !strcmp(last, "iommu") || !strncmp(last, "vfio", 4) ||
	       proc_may_be_ours(last);
}

struct name {
	struct name *next;
	char text[];
};

/*
 * A name that lasts, or NULL without memory.  GLib's would need a lock, which in
 * the child of a fork may be one that a thread of the parent's holds for ever.
 */
static const char *name_of(const char *text)
{
	static struct name *names;	/* atomic; only added to */
	struct name *first = __atomic_load_n(&names, __ATOMIC_ACQUIRE), *name;

	for (name = first; name; name = name->next)
		if (!strcmp(name->text, text))
			return name->text;
	name = malloc(sizeof(*name) + strlen(text) + 1);
	if (!name)
		return NULL;
	strcpy(name->text, text);
	/* Twice the same does no harm. */
	do {
		name->next = first;
	} while (!__atomic_compare_exchange_n(&names, &first, name, false,
					      __ATOMIC_RELEASE,
					      __ATOMIC_ACQUIRE));
	return name->text;
}

static int open_in_tree(const struct node *node, int flags)
{
	struct vfs_node found;
	const char *name = NULL;
	struct file *file;
	int fd = vfs_find(preload_platform(), node->path, VFS_FOLLOW, &found);

	if (!fd)
		name = name_of(node->path);
	if (name)
		fd = vfs_open(preload_platform(), &found, flags);
	else if (!fd)
		fd = -ENOMEM;
	if (fd < 0)
		return fail_with(-fd);
	file = fget(fd);
	if (!file)
		return fd;
	file->name = name;
	if ((flags & O_ACCMODE) == O_RDONLY)
		file->f_mode &= ~FMODE_WRITE;
	else if ((flags & O_ACCMODE) == O_WRONLY)
		file->f_mode &= ~FMODE_READ;
	file->f_flags = flags & ~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC |
				  O_CLOEXEC);
	fput(file);
	return fd;
}

/* Where trees have something; a machine is built to look there. */
static bool may_be_in_tree(const char *path)
{
	static const char *const places[] = {
		"/dev/iommu", "/dev/vfio", "/dev/char/", "/sys/bus/",
		"/sys/class/", "/sys/dev/", "/sys/devices/",
		"/sys/kernel/iommu_groups",
	};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (!strncmp(path, places[i], strlen(places[i])))
			return vfs_may_have(path);
	return false;
}

static bool look_in_tree(const char *path, bool follow, struct node *out)
{
	struct uiommufd_platform *platform;
	struct vfs_node found;

	if (!may_be_in_tree(path))
		return false;
	platform = preload_platform();
	if (!platform || vfs_find(platform, path,
				  follow ? VFS_FOLLOW : VFS_NO_FOLLOW, &found))
		return false;
	*out = (struct node){
		.mode = found.mode,
		.rdev = found.rdev,
		.ino = found.ino,
		.open = open_in_tree,
	};
	memcpy(out->path, found.path, sizeof(out->path));
	if (!S_ISCHR(found.mode))
		memcpy(out->real, found.real, sizeof(out->real));
	return true;
}

_Static_assert(NODE_PATH_MAX == VFS_PATH_MAX, "paths are copied");

/* The library's own look at the system, not the program's. */
static bool inside(void)
{
	return uik_current_task && uik_current_task->entry_depth;
}

bool node_find(int dir, const char *path, bool follow, struct node *out)
{
	char absolute[NODE_PATH_MAX];
	size_t length = 0;
	int error = errno;
	bool found;

	if (!path || uik_likely(!may_be_ours(dir, path)) || inside())
		return false;
	found = (path[0] == '/' || base_of(dir, absolute, &length)) &&
		normalise(path, absolute, &length) &&
		(proc_find(absolute, out) ||
		 look_in_tree(absolute, follow, out));
	errno = error;
	return found;
}

const char *node_resolve(int dir, const char *path, bool follow,
			 struct node *out)
{
	if (uik_likely(!node_find(dir, path, follow, out)))
		return path;
	return out->real[0] ? out->real : NULL;
}

bool node_of_fd(int fd, struct node *out)
{
	struct file *file = fget(fd);
	bool found = false;

	if (!file)
		return false;
	if (file->name[0] == '/')
		found = look_in_tree(file->name, true, out);
	fput(file);
	return found;
}

static int open_node(const struct node *node, int flags)
{
	if (flags & O_DIRECTORY && !S_ISDIR(node->mode))
		return fail_with(ENOTDIR);
	if (flags & O_EXCL && flags & O_CREAT)
		return fail_with(EEXIST);
	return node->open(node, flags);
}

int node_open(const struct node *node, int flags)
{
	int fd = open_node(node, flags);

	if (uik_unlikely(trace_recording) && S_ISCHR(node->mode))
		trace_open(node->path, flags, fd);
	return fd;
}
