// SPDX-License-Identifier: MIT
/* May a path be used, and where does it lead? */
#include "client/preload/node.h"
#include "client/preload/preload.h"

#include <linux/file.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What the permissions say to root and to others. */
static int may_access(const struct node *node, int mode)
{
	mode_t bits = node->mode;

	if (mode & ~(R_OK | W_OK | X_OK))
		return fail_with(EINVAL);
	if (mode & X_OK && !(bits & 0111))
		return fail_with(EACCES);
	if (!geteuid())
		return 0;
	/* Our nodes are there to be used: what root can, the caller can. */
	bits = bits >> 6 & 7;
	return mode & ~bits ? fail_with(EACCES) : 0;
}

int preload_access(const char *path, int mode)
{
	struct node node;

	path = node_resolve(AT_FDCWD, path, true, &node);
	return path ? NEXT(access)(path, mode) : may_access(&node, mode);
}

int preload_eaccess(const char *path, int mode)
{
	struct node node;

	path = node_resolve(AT_FDCWD, path, true, &node);
	return path ? NEXT(eaccess)(path, mode) : may_access(&node, mode);
}

int preload_euidaccess(const char *path, int mode)
{
	struct node node;

	path = node_resolve(AT_FDCWD, path, true, &node);
	return path ? NEXT(euidaccess)(path, mode) : may_access(&node, mode);
}

int preload_faccessat(int dir, const char *path, int mode, int flags)
{
	struct node node;

	path = node_resolve(dir, path, true, &node);
	return path ? NEXT(faccessat)(dir, path, mode, flags) : may_access(&node, mode);
}

/* The descriptor that /proc/self/fd/N names; -1. */
static int fd_of_link(const char *path)
{
	char *end;
	long fd;

	if (strncmp(path, "/proc/self/fd/", 14) &&
	    strncmp(path, "/dev/fd/", 8))
		return -1;
	path += path[1] == 'p' ? 14 : 8;
	fd = strtol(path, &end, 10);
	return *path && !*end && fd >= 0 && ours((int)fd) ? (int)fd : -1;
}

/* What the link of a descriptor of ours says. */
static bool name_of_fd(int fd, char *out, size_t size)
{
	struct file *file = fget(fd);

	if (!file)
		return false;
	if (file->name[0] == '/')
		snprintf(out, size, "%s", file->name);
	else
		snprintf(out, size, "anon_inode:%s", file->name);
	fput(file);
	return true;
}

/*
 * The answer of readlink(), NULL left in @path; else @path is what the system
 * is to be asked about, and may be in @node.
 */
static ssize_t read_link(int dir, const char **path, char *buf, size_t size,
			 struct node *node)
{
	char text[NODE_PATH_MAX];
	size_t length;
	int fd = *path ? fd_of_link(*path) : -1;

	if (fd < 0 || !name_of_fd(fd, text, sizeof(text))) {
		*path = node_resolve(dir, *path, false, node);
		return *path ? 0 : fail_with(EINVAL);
	}
	*path = NULL;
	length = strlen(text);
	length = length < size ? length : size;
	memcpy(buf, text, length);
	return length;
}

ssize_t preload_readlink(const char *path, char *buf, size_t size)
{
	struct node node;
	ssize_t ret = read_link(AT_FDCWD, &path, buf, size, &node);

	return path ? NEXT(readlink)(path, buf, size) : ret;
}

ssize_t preload_readlinkat(int dir, const char *path, char *buf, size_t size)
{
	struct node node;
	ssize_t ret = read_link(dir, &path, buf, size, &node);

	return path ? NEXT(readlinkat)(dir, path, buf, size) : ret;
}

ssize_t preload___readlink_chk(const char *path, char *buf, size_t size,
			       size_t room)
{
	struct node node;
	ssize_t ret = size > room ? 0 :
		      read_link(AT_FDCWD, &path, buf, size, &node);

	return path ? NEXT(__readlink_chk)(path, buf, size, room) : ret;
}

ssize_t preload___readlinkat_chk(int dir, const char *path, char *buf,
				 size_t size, size_t room)
{
	struct node node;
	ssize_t ret = size > room ? 0 :
		      read_link(dir, &path, buf, size, &node);

	return path ? NEXT(__readlinkat_chk)(dir, path, buf, size, room) : ret;
}

static char *real_path(const struct node *node, char *out)
{
	return out ? strcpy(out, node->path) : strdup(node->path);
}

char *preload_realpath(const char *path, char *out)
{
	struct node node;

	if (node_find(AT_FDCWD, path, true, &node))
		return real_path(&node, out);
	return NEXT(realpath)(path, out);
}

char *preload___realpath_chk(const char *path, char *out, size_t room)
{
	struct node node;

	if (room >= NODE_PATH_MAX && node_find(AT_FDCWD, path, true, &node))
		return real_path(&node, out);
	return NEXT(__realpath_chk)(path, out, room);
}

char *preload_canonicalize_file_name(const char *path)
{
	struct node node;

	if (node_find(AT_FDCWD, path, true, &node))
		return real_path(&node, NULL);
	return NEXT(canonicalize_file_name)(path);
}
