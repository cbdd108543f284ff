// SPDX-License-Identifier: MIT
/* Opening paths. */
#include "client/preload/node.h"
#include "client/preload/preload.h"

#include <string.h>

int preload_open(const char *path, int flags, mode_t mode)
{
	struct node node;

	path = node_resolve(AT_FDCWD, path, !(flags & O_NOFOLLOW), &node);
	return path ? NEXT(open)(path, flags, mode) : node_open(&node, flags);
}

int preload_open64(const char *path, int flags, mode_t mode)
{
	struct node node;

	path = node_resolve(AT_FDCWD, path, !(flags & O_NOFOLLOW), &node);
	return path ? NEXT(open64)(path, flags, mode) : node_open(&node, flags);
}

int preload_openat(int dir, const char *path, int flags, mode_t mode)
{
	struct node node;

	path = node_resolve(dir, path, !(flags & O_NOFOLLOW), &node);
	return path ? NEXT(openat)(dir, path, flags, mode) : node_open(&node, flags);
}

int preload_openat64(int dir, const char *path, int flags, mode_t mode)
{
	struct node node;

	path = node_resolve(dir, path, !(flags & O_NOFOLLOW), &node);
	return path ? NEXT(openat64)(dir, path, flags, mode) : node_open(&node, flags);
}

int preload___open_2(const char *path, int flags)
{
	struct node node;

	path = node_resolve(AT_FDCWD, path, !(flags & O_NOFOLLOW), &node);
	return path ? NEXT(__open_2)(path, flags) : node_open(&node, flags);
}

int preload___open64_2(const char *path, int flags)
{
	struct node node;

	path = node_resolve(AT_FDCWD, path, !(flags & O_NOFOLLOW), &node);
	return path ? NEXT(__open64_2)(path, flags) : node_open(&node, flags);
}

int preload___openat_2(int dir, const char *path, int flags)
{
	struct node node;

	path = node_resolve(dir, path, !(flags & O_NOFOLLOW), &node);
	return path ? NEXT(__openat_2)(dir, path, flags) : node_open(&node, flags);
}

int preload___openat64_2(int dir, const char *path, int flags)
{
	struct node node;

	path = node_resolve(dir, path, !(flags & O_NOFOLLOW), &node);
	return path ? NEXT(__openat64_2)(dir, path, flags) : node_open(&node, flags);
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

/* libc reads and writes the streams it opens behind our back: not these. */
static ssize_t stream_read(void *cookie, char *buf, size_t size)
{
	return own_read((int)(long)cookie, buf, size);
}

static ssize_t stream_write(void *cookie, const char *buf, size_t size)
{
	ssize_t n = own_write((int)(long)cookie, buf, size);

	return n < 0 ? 0 : n;
}

static int stream_seek(void *cookie, off64_t *offset, int whence)
{
	off_t at = uiommufd_lseek((int)(long)cookie, *offset, whence);

	*offset = at;
	return at < 0 ? -1 : 0;
}

static int stream_close(void *cookie)
{
	return own_close((int)(long)cookie);
}

static FILE *open_text(const struct node *node, const char *mode, int flags)
{
	const cookie_io_functions_t functions = {
		.read = stream_read,
		.write = stream_write,
		.seek = stream_seek,
		.close = stream_close,
	};
	int fd = node_open(node, flags);
	FILE *f;

	if (fd < 0)
		return NULL;
	f = fopencookie((void *)(long)fd, mode, functions);
	if (!f)
		own_close(fd);
	return f;
}

static FILE *open_stream(const struct node *node, const char *mode)
{
	int flags = flags_of(mode), fd;
	FILE *f;

	if (flags < 0) {
		errno = EINVAL;
		return NULL;
	}
	if (S_ISREG(node->mode) && !node->is_copy)
		return open_text(node, mode, flags);
	fd = node_open(node, flags);
	if (fd < 0)
		return NULL;
	f = fdopen(fd, mode);
	if (!f)
		own_close(fd);
	return f;
}

FILE *preload_fopen(const char *path, const char *mode)
{
	struct node node;

	path = node_resolve(AT_FDCWD, path, true, &node);
	return path ? NEXT(fopen)(path, mode) : open_stream(&node, mode);
}

FILE *preload_fopen64(const char *path, const char *mode)
{
	struct node node;

	path = node_resolve(AT_FDCWD, path, true, &node);
	return path ? NEXT(fopen64)(path, mode) : open_stream(&node, mode);
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
			own_close(fd);
		NEXT(fclose)(f);
		errno = error;
		return NULL;
	}
	number = fileno(f);
	own_dup3(fd, number, flags & O_CLOEXEC);
	own_close(fd);
	return f;
}

FILE *preload_freopen(const char *path, const char *mode, FILE *f)
{
	struct node node = { .real = "" };

	if (path && !node_resolve(AT_FDCWD, path, true, &node))
		return reopen_stream(&node, mode, f);
	return NEXT(freopen)(path && node.real[0] ? node.real : path, mode, f);
}

FILE *preload_freopen64(const char *path, const char *mode, FILE *f)
{
	return preload_freopen(path, mode, f);
}

DIR *preload_opendir(const char *path)
{
	struct node node;

	path = node_resolve(AT_FDCWD, path, true, &node);
	if (path)
		return NEXT(opendir)(path);
	errno = ENOTDIR;
	return NULL;
}
