// SPDX-License-Identifier: MIT
/*
 * A client's calls, answered by the library: what the preload object does, in
 * its plainest form.  At exit nothing may be left.
 */
#define CLIENTS_INPROCESS_C
#include "inprocess.h"

#include <errno.h>
#include <linux/file.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <uiommufd/uiommufd.h>

#include "client/vfs.h"

static struct uiommufd_platform *platform;

static void audit_at_exit(void)
{
	struct uiommufd_audit audit = { .size = sizeof(audit) };

	if (uiommufd_platform_audit(platform, &audit)) {
		fprintf(stderr, "left: %llu objects, %llu blocks, %llu locks, "
			"%llu mappings, %llu warnings\n",
			(unsigned long long)audit.objects,
			(unsigned long long)audit.blocks,
			(unsigned long long)audit.locks,
			(unsigned long long)audit.mappings,
			(unsigned long long)audit.warnings);
		fflush(NULL);
		_exit(1);
	}
	uiommufd_platform_free(platform);
}

static struct uiommufd_platform *the_platform(void)
{
	struct uiommufd_platform_config config;

	if (platform)
		return platform;
	uiommufd_platform_config_init(&config, getenv("UIOMMUFD_PLATFORM"));
	config.devices = 2;
	platform = uiommufd_platform_new(&config);
	if (!platform) {
		perror("uiommufd_platform_new");
		exit(1);
	}
	atexit(audit_at_exit);
	return platform;
}

/* What the system is to be asked instead of @path. */
static const char *real_of(const char *path, enum vfs_find find,
			   struct vfs_node *node)
{
	memset(node, 0, sizeof(*node));
	return vfs_find(the_platform(), path, find, node) ? path : node->real;
}

int client_open(const char *path, int flags)
{
	struct vfs_node node;
	int fd;

	if (vfs_find(the_platform(), path, VFS_FOLLOW, &node))
		return open(path, flags);
	fd = vfs_open(platform, &node, flags);
	if (fd >= 0)
		return fd;
	errno = -fd;
	return -1;
}

DIR *client_opendir(const char *path)
{
	struct vfs_node node;

	return opendir(real_of(path, VFS_FOLLOW, &node));
}

FILE *client_fopen(const char *path, const char *mode)
{
	struct vfs_node node;

	return fopen(real_of(path, VFS_FOLLOW, &node), mode);
}

ssize_t client_readlink(const char *path, char *buf, size_t size)
{
	struct vfs_node node;

	return readlink(real_of(path, VFS_NO_FOLLOW, &node), buf, size);
}

int client_stat(const char *path, struct stat *st)
{
	struct vfs_node node;
	int ret = stat(real_of(path, VFS_FOLLOW, &node), st);

	if (!ret && S_ISCHR(node.mode)) {
		st->st_mode = node.mode;
		st->st_rdev = node.rdev;
	}
	return ret;
}

int client_fstat(int fd, struct stat *st)
{
	struct file *file = fget(fd);
	int ret = fstat(fd, st);

	if (file) {
		st->st_mode = file->f_inode->i_mode;
		st->st_rdev = file->f_inode->i_rdev;
		fput(file);
	}
	return ret;
}

int client_ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	return uiommufd_fd_is_ours(fd) ? uiommufd_ioctl(fd, request, arg) :
					 ioctl(fd, request, arg);
}

ssize_t client_pread(int fd, void *buf, size_t count, off_t at)
{
	return uiommufd_fd_is_ours(fd) ? uiommufd_pread(fd, buf, count, at) :
					 pread(fd, buf, count, at);
}

ssize_t client_pwrite(int fd, const void *buf, size_t count, off_t at)
{
	return uiommufd_fd_is_ours(fd) ? uiommufd_pwrite(fd, buf, count, at) :
					 pwrite(fd, buf, count, at);
}

void *client_mmap(void *addr, size_t length, int prot, int flags, int fd,
		  off_t at)
{
	return uiommufd_fd_is_ours(fd) ?
		       uiommufd_mmap(addr, length, prot, flags, fd, at) :
		       mmap(addr, length, prot, flags, fd, at);
}

int client_munmap(void *addr, size_t length)
{
	return uiommufd_munmap(addr, length);
}

int client_close(int fd)
{
	return uiommufd_fd_is_ours(fd) ? uiommufd_close(fd) : close(fd);
}
