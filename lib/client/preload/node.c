// SPDX-License-Identifier: MIT
/*
 * Paths that are ours.
 *
 * A path is made absolute and freed from "." and ".." as text; links of the
 * real file system are not followed.  Most paths are refused by their first
 * letters, before anything is copied.
 */
#include "client/preload/node.h"

#include <limits.h>
#include <linux/file.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "client/preload/preload.h"
#include "client/preload/proc.h"

#define MISC_MAJOR 10
#define VFIO_MINOR 196
#define IOMMU_MINOR 122
#define FIRST_INO 0x75696f00ul

static int open_context(const struct node *node, int flags)
{
	struct uiommufd_platform *platform = preload_platform();
	struct file *file;
	int fd;

	fd = platform ? uiommufd_open_path(platform, node->path, flags) : -1;
	file = fd < 0 ? NULL : fget(fd);
	if (!file)
		return fd;
	file->name = node->path;
	if ((flags & O_ACCMODE) == O_RDONLY)
		file->f_mode &= ~FMODE_WRITE;
	else if ((flags & O_ACCMODE) == O_WRONLY)
		file->f_mode &= ~FMODE_READ;
	file->f_flags = flags & ~(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC |
				  O_CLOEXEC);
	fput(file);
	return fd;
}

static const struct node devices[] = {
	{ "/dev/iommu", S_IFCHR | 0660,
	  (dev_t)(MISC_MAJOR << 8 | IOMMU_MINOR), FIRST_INO, open_context },
	{ "/dev/vfio/vfio", S_IFCHR | 0666,
	  (dev_t)(MISC_MAJOR << 8 | VFIO_MINOR), FIRST_INO + 1, open_context },
};

#define DEVICES (sizeof(devices) / sizeof(devices[0]))

/* Appends the part [@at, @end) of a path to @out; false if it is too long. */
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

/* The directory that a relative path starts from. */
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
	return normalise(base, out, length);
}

/* A relative path can be ours only if its last part is in one of our names. */
static bool may_be_ours(const char *path)
{
	const char *last;

	if (path[0] == '/')
		return path[1] == 'd' || path[1] == 'p' || path[1] == 's' ||
		       path[1] == '/' || path[1] == '.';
	last = strrchr(path, '/');
	last = last ? last + 1 : path;
	return !strcmp(last, "iommu") || !strcmp(last, "vfio") ||
	       proc_may_be_ours(last);
}

static bool look_up(const char *path, struct node *out)
{
	for (size_t i = 0; i < DEVICES; i++) {
		if (strcmp(path, devices[i].path))
			continue;
		*out = devices[i];
		return true;
	}
	return proc_find(path, out);
}

bool node_find(int dir, const char *path, struct node *out)
{
	char absolute[NODE_PATH_MAX];
	size_t length = 0;
	int error = errno;
	bool found;

	if (!path || uik_likely(!may_be_ours(path)))
		return false;
	found = (path[0] == '/' || base_of(dir, absolute, &length)) &&
		normalise(path, absolute, &length) && look_up(absolute, out);
	errno = error;
	return found;
}

bool node_of_fd(int fd, struct node *out)
{
	struct file *file = fget(fd);
	bool found = false;

	if (!file)
		return false;
	if (file->name[0] == '/')
		found = look_up(file->name, out);
	fput(file);
	return found;
}

int node_open(const struct node *node, int flags)
{
	if (flags & O_DIRECTORY)
		return fail_with(ENOTDIR);
	if (flags & O_EXCL && flags & O_CREAT)
		return fail_with(EEXIST);
	return node->open(node, flags);
}
