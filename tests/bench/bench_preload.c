// SPDX-License-Identifier: MIT
/*
 * One figure of a client's, in nanoseconds: what preload.py compares.
 *
 *   bench_preload library      uiommufd_ioctl() on a context
 *   bench_preload preload      ioctl() on /dev/iommu, run by `uiommufd run`
 *   bench_preload foreign      ioctl() on another file, run by `uiommufd run`
 *   bench_preload kernel       the same without the preload object
 *   bench_preload state        what makes figures of now doubtful
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include <linux/iommufd.h>

#include "state.h"
#include "support/mock.h"

#define CALLS 100000
#define RUNS 5

static int fd;

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

/* The shortest call that comes through the whole of dispatch. */
#define SHORT_CALL(call)                                      \
	({                                                    \
		struct iommu_option cmd = {                   \
			.size = sizeof(cmd),                  \
			.option_id = IOMMU_OPTION_RLIMIT_MODE, \
			.op = IOMMU_OPTION_OP_GET,            \
		};                                            \
		call(fd, IOMMU_OPTION, &cmd);                 \
	})

static int through_library(void)
{
	return SHORT_CALL(uiommufd_ioctl);
}

static int through_libc(void)
{
	return SHORT_CALL(ioctl);
}

static int foreign(void)
{
	return SHORT_CALL(ioctl) != -1;
}

static double lowest(int (*call)(void))
{
	double best = 1e12;

	for (int run = 0; run < RUNS; run++) {
		double start = now_ns(), took;

		for (int i = 0; i < CALLS; i++)
			if (call())
				abort();
		took = (now_ns() - start) / CALLS;
		best = took < best ? took : best;
	}
	return best;
}

static int measure(const char *path, int (*call)(void))
{
	fd = open(path, O_RDWR);
	if (fd < 0) {
		perror(path);
		return 1;
	}
	printf("%.1f\n", lowest(call));
	return 0;
}

static int measure_library(void)
{
	struct uiommufd_platform *platform = mock_platform();

	if (!platform) {
		perror("platform");
		return 1;
	}
	fd = uiommufd_open(platform, O_RDWR);
	printf("%.1f\n", lowest(through_library));
	uiommufd_close(fd);
	uiommufd_platform_free(platform);
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (!strcmp(what, "library"))
		return measure_library();
	if (!strcmp(what, "preload"))
		return measure("/dev/iommu", through_libc);
	if (!strcmp(what, "foreign") || !strcmp(what, "kernel"))
		return measure("/dev/null", foreign);
	if (strcmp(what, "state"))
		return 2;
	bench_state();
	return 0;
}
