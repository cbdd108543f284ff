// SPDX-License-Identifier: MIT
/* Opening paths. */
#include "client/preload/node.h"
#include "client/preload/preload.h"

#include <string.h>

int preload_open(const char *path, int flags, mode_t mode)
{
	struct node node;

	if (node_find(AT_FDCWD, path, &node))
		return node_open(&node, flags);
	return NEXT(open)(path, flags, mode);
}

int preload_open64(const char *path, int flags, mode_t mode)
{
	struct node node;

	if (node_find(AT_FDCWD, path, &node))
		return node_open(&node, flags);
	return NEXT(open64)(path, flags, mode);
}

int preload_openat(int dir, const char *path, int flags, mode_t mode)
{
	struct node node;

	if (node_find(dir, path, &node))
		return node_open(&node, flags);
	return NEXT(openat)(dir, path, flags, mode);
}

int preload_openat64(int dir, const char *path, int flags, mode_t mode)
{
	struct node node;

	if (node_find(dir, path, &node))
		return node_open(&node, flags);
	return NEXT(openat64)(dir, path, flags, mode);
}

int preload___open_2(const char *path, int flags)
{
	struct node node;

	if (node_find(AT_FDCWD, path, &node))
		return node_open(&node, flags);
	return NEXT(__open_2)(path, flags);
}

int preload___open64_2(const char *path, int flags)
{
	struct node node;

	if (node_find(AT_FDCWD, path, &node))
		return node_open(&node, flags);
	return NEXT(__open64_2)(path, flags);
}

int preload___openat_2(int dir, const char *path, int flags)
{
	struct node node;

	if (node_find(dir, path, &node))
		return node_open(&node, flags);
	return NEXT(__openat_2)(dir, path, flags);
}

int preload___openat64_2(int dir, const char *path, int flags)
{
	struct node node;

	if (node_find(dir, path, &node))
		return node_open(&node, flags);
	return NEXT(__openat64_2)(dir, path, flags);
}

int preload_creat(const char *path, mode_t mode)
{
	return preload_open(path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

int preload_creat64(const char *path, mode_t mode)
{
	return preload_open64(path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

/* The flags of open() that fopen()'s mode stands for; -1: none. */
static int flags_of(const char *mode)
{
	int flags = *mode == 'r' ? O_RDONLY :
		    *mode == 'w' ? O_WRONLY | O_CREAT | O_TRUNC :
		    *mode == 'a' ? O_WRONLY | O_CREAT | O_APPEND : -1;

	if (flags < 0)
		return -1;
	if (strchr(mode, '+'))
		flags = (flags & ~O_ACCMODE) | O_RDWR;
	if (strchr(mode, 'x'))
		flags |= O_EXCL;
	return strchr(mode, 'e') ? flags | O_CLOEXEC : flags;
}

static FILE *open_stream(const struct node *node, const char *mode)
{
	int flags = flags_of(mode), fd;
	FILE *f;

	if (flags < 0) {
		errno = EINVAL;
		return NULL;
	}
	fd = node_open(node, flags);
	if (fd < 0)
		return NULL;
	f = fdopen(fd, mode);
	if (!f)
		preload_close(fd);
	return f;
}

FILE *preload_fopen(const char *path, const char *mode)
{
	struct node node;

	if (node_find(AT_FDCWD, path, &node))
		return open_stream(&node, mode);
	return NEXT(fopen)(path, mode);
}

FILE *preload_fopen64(const char *path, const char *mode)
{
	struct node node;

	if (node_find(AT_FDCWD, path, &node))
		return open_stream(&node, mode);
	return NEXT(fopen64)(path, mode);
}

/*
 * A stream keeps its number: the node is opened beside and moved there, under a
 * stream that the system reopens on something harmless.
 */
static FILE *reopen_stream(const struct node *node, const char *mode, FILE *f)
{
	int flags = flags_of(mode), fd = -1, number;

	if (flags < 0)
		errno = EINVAL;
	else
		fd = node_open(node, flags);
	if (fd < 0 || !NEXT(freopen)("/dev/null", mode, f)) {
		int error = errno;

		if (fd >= 0)
			preload_close(fd);
		NEXT(fclose)(f);
		errno = error;
		return NULL;
	}
	number = fileno(f);
	preload_dup3(fd, number, flags & O_CLOEXEC);
	preload_close(fd);
	return f;
}

FILE *preload_freopen(const char *path, const char *mode, FILE *f)
{
	struct node node;

	if (path && node_find(AT_FDCWD, path, &node))
		return reopen_stream(&node, mode, f);
	return NEXT(freopen)(path, mode, f);
}

FILE *preload_freopen64(const char *path, const char *mode, FILE *f)
{
	return preload_freopen(path, mode, f);
}

DIR *preload_opendir(const char *path)
{
	struct node node;

	if (!node_find(AT_FDCWD, path, &node))
		return NEXT(opendir)(path);
	errno = ENOTDIR;
	return NULL;
}
