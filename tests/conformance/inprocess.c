// SPDX-License-Identifier: MIT
/*
 * The client's system calls, answered by the library: descriptors that the
 * library made go to it, all others to the system.  One platform with the mock
 * IOMMU lives as long as the process; its audit decides the exit status, so a
 * run that leaks fails even when its transcript is right.  So does one after
 * any of whose calls a count is not what the object graph explains.
 */
#define CONFORM_INPROCESS_C
#include "inprocess.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uiommufd/uiommufd.h>

static struct uiommufd_platform *platform;

bool conform_keeps_handlers;

void conform_signal(int number, void (*handler)(int))
{
	if (!conform_keeps_handlers)
		signal(number, handler);
}

static void show_graphs(void)
{
	for (int fd = 0; fd < 1024; fd++) {
		char *graph = uiommufd_fd_is_ours(fd) ? uiommufd_graph(fd) :
							NULL;

		if (graph)
			fprintf(stderr, "# descriptor %d\n%s", fd, graph);
		free(graph);
	}
}

int conform_audit(void)
{
	struct uiommufd_audit audit = { .size = sizeof(audit) };

	if (getenv("CONFORM_GRAPH")) {
		show_graphs();
		return 0;
	}
	uiommufd_platform_audit(platform, &audit);
	if (!audit.objects && !audit.locks && !audit.mappings && !audit.warnings)
		return 0;
	fprintf(stderr,
		"audit: %llu objects, %llu locks, %llu mappings, %llu warnings\n",
		(unsigned long long)audit.objects,
		(unsigned long long)audit.locks,
		(unsigned long long)audit.mappings,
		(unsigned long long)audit.warnings);
	return 3;
}

static void audit_at_exit(void)
{
	if (conform_audit())
		_exit(3);
	/* Contexts that were to be shown are still open. */
	if (!getenv("CONFORM_GRAPH"))
		uiommufd_platform_free(platform);
}

static struct uiommufd_platform *the_platform(void)
{
	struct uiommufd_platform_config config;

	if (platform)
		return platform;
	uiommufd_platform_config_init(&config, "mock");
	platform = uiommufd_platform_new(&config);
	if (!platform) {
		perror("uiommufd_platform_new");
		_exit(2);
	}
	atexit(audit_at_exit);
	return platform;
}

int conform_open(const char *path, int flags)
{
	if (!strcmp(path, "/dev/iommu") || !strcmp(path, "/dev/vfio/vfio"))
		return uiommufd_open_path(the_platform(), path, flags);
	return open(path, flags);
}

int conform_close(int fd)
{
	return uiommufd_fd_is_ours(fd) ? uiommufd_close(fd) : close(fd);
}

/* The result of a call stays as it was, errno too. */
static int with_counts_right(int fd, unsigned long request, int result)
{
	int error = errno;

	if (uiommufd_graph_check(fd, stderr) > 0) {
		fprintf(stderr, "counts are wrong after ioctl 0x%lx\n",
			request);
		_exit(3);
	}
	errno = error;
	return result;
}

int conform_ioctl(int fd, unsigned long request, void *arg)
{
	if (!uiommufd_fd_is_ours(fd))
		return ioctl(fd, request, arg);
	return with_counts_right(fd, request, uiommufd_ioctl(fd, request, arg));
}

ssize_t conform_read(int fd, void *buf, size_t count)
{
	return uiommufd_fd_is_ours(fd) ? uiommufd_read(fd, buf, count) :
					 read(fd, buf, count);
}

ssize_t conform_write(int fd, const void *buf, size_t count)
{
	return uiommufd_fd_is_ours(fd) ? uiommufd_write(fd, buf, count) :
					 write(fd, buf, count);
}

int conform_poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
	return uiommufd_poll(fds, n, timeout_ms);
}

void *conform_mmap(void *addr, size_t length, int prot, int flags, int fd,
		   off_t offset)
{
	return uiommufd_fd_is_ours(fd) ?
		       uiommufd_mmap(addr, length, prot, flags, fd, offset) :
		       mmap(addr, length, prot, flags, fd, offset);
}

int conform_munmap(void *addr, size_t length)
{
	return uiommufd_munmap(addr, length);
}
