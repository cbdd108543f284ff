// SPDX-License-Identifier: MIT
/*
 * A client that has no memory when it opens a file: it is told so, and the file
 * has its own name once there is some.
 */
#include <fcntl.h>

#include "harness.h"

#define PATH "/dev/vfio/vfio"

extern void *__libc_malloc(size_t size);

static bool lacking;		/* for what keeps a name: a link and the text */

__attribute__((visibility("default"))) void *malloc(size_t size)
{
	if (!lacking || size != sizeof(void *) + sizeof(PATH))
		return __libc_malloc(size);
	errno = ENOMEM;
	return NULL;
}

static void is_called(int fd, const char *path)
{
	char link[64], name[64] = "";

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	CHECK(readlink(link, name, sizeof(name) - 1) == (long)strlen(path));
	CHECK(!strcmp(name, path));
}

int main(void)
{
	/* The machine is there from now on. */
	int first = open("/dev/iommu", O_RDWR), fd;

	CHECK(first >= 0);
	is_called(first, "/dev/iommu");
	lacking = true;
	fd = open(PATH, O_RDWR);
	lacking = false;
	CHECK(fd == -1 && errno == ENOMEM);
	fd = open(PATH, O_RDWR);
	CHECK(fd >= 0);
	is_called(fd, PATH);
	/* A name that is known needs none. */
	lacking = true;
	CHECK(close(fd) == 0);
	fd = open(PATH, O_RDWR);
	lacking = false;
	CHECK(fd >= 0);
	is_called(fd, PATH);
	CHECK(close(fd) == 0 && close(first) == 0);
	return 0;
}
