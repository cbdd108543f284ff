// SPDX-License-Identifier: MIT
/* Looking at paths and descriptors: a node looks as the system's would. */
#include "client/preload/node.h"
#include "client/preload/preload.h"

#include <linux/stat.h>
#include <string.h>
#include <sys/sysmacros.h>

_Static_assert(sizeof(struct stat) == sizeof(struct stat64), "one layout");

/* Owner, times and file system are those of the directory it is shown in. */
static int fill(const struct node *node, struct stat *st)
{
	const char *root = !strncmp(node->path, "/dev/", 5)  ? "/dev" :
			   !strncmp(node->path, "/proc/", 6) ? "/proc" :
							       "/sys";

	if (NEXT(stat)(root, st))
		memset(st, 0, sizeof(*st));
	st->st_mode = node->mode;
	st->st_rdev = node->rdev;
	st->st_ino = node->ino;
	st->st_nlink = 1;
	st->st_uid = 0;
	st->st_gid = 0;
	st->st_size = 0;
	st->st_blocks = 0;
	st->st_blksize = 4096;
	return 0;
}

static int fill_fd(int fd, struct stat *st)
{
	struct node node;

	return node_of_fd(fd, &node) ? fill(&node, st) : NEXT(fstat)(fd, st);
}

/* Defines a call on a path and its 64-bit twin. */
#define DEFINE_STAT(name, parameters, dir, follow, arguments)      \
	int preload_##name parameters                              \
	{                                                          \
		struct node node;                                  \
								   \
		path = node_resolve(dir, path, follow, &node);     \
		return path ? NEXT(name) arguments :               \
			      fill(&node, (struct stat *)st);      \
	}

DEFINE_STAT(stat, (const char *path, struct stat *st), AT_FDCWD, true,
	    (path, st))
DEFINE_STAT(stat64, (const char *path, struct stat64 *st), AT_FDCWD, true,
	    (path, st))
DEFINE_STAT(lstat, (const char *path, struct stat *st), AT_FDCWD, false,
	    (path, st))
DEFINE_STAT(lstat64, (const char *path, struct stat64 *st), AT_FDCWD, false,
	    (path, st))
DEFINE_STAT(__xstat, (int version, const char *path, struct stat *st),
	    AT_FDCWD, true, (version, path, st))
DEFINE_STAT(__xstat64, (int version, const char *path, struct stat64 *st),
	    AT_FDCWD, true, (version, path, st))
DEFINE_STAT(__lxstat, (int version, const char *path, struct stat *st),
	    AT_FDCWD, false, (version, path, st))
DEFINE_STAT(__lxstat64, (int version, const char *path, struct stat64 *st),
	    AT_FDCWD, false, (version, path, st))

int preload_fstat(int fd, struct stat *st)
{
	return ours(fd) ? fill_fd(fd, st) : NEXT(fstat)(fd, st);
}

int preload_fstat64(int fd, struct stat64 *st)
{
	return ours(fd) ? fill_fd(fd, (struct stat *)st) :
			  NEXT(fstat64)(fd, st);
}

int preload___fxstat(int version, int fd, struct stat *st)
{
	return ours(fd) ? fill_fd(fd, st) : NEXT(__fxstat)(version, fd, st);
}

int preload___fxstat64(int version, int fd, struct stat64 *st)
{
	return ours(fd) ? fill_fd(fd, (struct stat *)st) :
			  NEXT(__fxstat64)(version, fd, st);
}

/* Whether the call is about the descriptor @dir itself. */
static bool is_about_fd(int dir, const char *path, int flags)
{
	return ours(dir) && flags & AT_EMPTY_PATH && path && !*path;
}

/* NULL: answered, the result in @ret; else the system's path, maybe in @node. */
static const char *look_at(int dir, const char *path, struct stat *st,
			   int flags, struct node *node, int *ret)
{
	if (is_about_fd(dir, path, flags)) {
		*ret = fill_fd(dir, st);
		return NULL;
	}
	path = node_resolve(dir, path, !(flags & AT_SYMLINK_NOFOLLOW), node);
	if (!path)
		*ret = fill(node, st);
	return path;
}

int preload_fstatat(int dir, const char *path, struct stat *st, int flags)
{
	struct node node;
	int ret;

	path = look_at(dir, path, st, flags, &node, &ret);
	return !path ? ret : NEXT(fstatat)(dir, path, st, flags);
}

int preload_fstatat64(int dir, const char *path, struct stat64 *st, int flags)
{
	struct node node;
	int ret;

	path = look_at(dir, path, (struct stat *)st, flags, &node, &ret);
	return !path ? ret : NEXT(fstatat64)(dir, path, st, flags);
}

int preload___fxstatat(int version, int dir, const char *path, struct stat *st,
		       int flags)
{
	struct node node;
	int ret;

	path = look_at(dir, path, st, flags, &node, &ret);
	return !path ? ret : NEXT(__fxstatat)(version, dir, path, st, flags);
}

int preload___fxstatat64(int version, int dir, const char *path,
			 struct stat64 *st, int flags)
{
	struct node node;
	int ret;

	path = look_at(dir, path, (struct stat *)st, flags, &node, &ret);
	return !path ? ret : NEXT(__fxstatat64)(version, dir, path, st, flags);
}

static struct statx_timestamp stamp(struct timespec at)
{
	return (struct statx_timestamp){ .tv_sec = at.tv_sec,
					 .tv_nsec = at.tv_nsec };
}

static void widen(const struct stat *st, struct statx *stx)
{
	*stx = (struct statx){
		.stx_mask = STATX_BASIC_STATS,
		.stx_blksize = st->st_blksize,
		.stx_nlink = st->st_nlink,
		.stx_uid = st->st_uid,
		.stx_gid = st->st_gid,
		.stx_mode = st->st_mode,
		.stx_ino = st->st_ino,
		.stx_size = st->st_size,
		.stx_blocks = st->st_blocks,
		.stx_atime = stamp(st->st_atim),
		.stx_ctime = stamp(st->st_ctim),
		.stx_mtime = stamp(st->st_mtim),
		.stx_rdev_major = major(st->st_rdev),
		.stx_rdev_minor = minor(st->st_rdev),
		.stx_dev_major = major(st->st_dev),
		.stx_dev_minor = minor(st->st_dev),
	};
}

int preload_statx(int dir, const char *path, int flags, unsigned int mask,
		  struct statx *stx)
{
	struct stat st;
	struct node node;
	int ret;

	path = look_at(dir, path, &st, flags, &node, &ret);
	if (path)
		return NEXT(statx)(dir, path, flags, mask, stx);
	if (!ret)
		widen(&st, stx);
	return ret;
}
