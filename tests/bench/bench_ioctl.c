// SPDX-License-Identifier: MIT
/*
 * What a command costs: time next to a bare system call of the same run, and,
 * under callgrind, instructions next to Linux's own.
 *
 *   bench_ioctl                    times, as ratios
 *   bench_ioctl --row N --half H --count C
 *                                  only row N, C times; the calls of half H (0,
 *                                  1, 2: both) inside measured_call(), which
 *                                  is what callgrind collects
 *   bench_ioctl --list             rows as 'N H LINUX NAME', for the script
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "state.h"
#include "support/mock.h"

#define IOVA 0x1000000ull
#define HUGE_BYTES (2ul << 20)

enum { IOAS, STDEV, IDEV, AUTO, PARENT, VIOMMU, VDEV, QUEUE, MADE, IDS };

static struct uiommufd_platform *platform;
static char *memory;

struct bench {
	int fd;
	uint32_t id[IDS];
};

typedef int (*step)(struct bench *b);

struct row {
	const char *name[2];	/* what the halves do; the second undoes */
	step setup;
	step half[2];
	/* Linux 7.3.4, instructions in the kernel; 0 with a joint figure. */
	unsigned int linux_instructions[2];
};

static void must(int error, const char *what)
{
	if (!error)
		return;
	fprintf(stderr, "bench_ioctl: %s: %s\n", what, strerror(error));
	exit(1);
}

static int none(struct bench *b)
{
	return 0;
}

static int ioas(struct bench *b)
{
	return mock_ioas(b->fd, &b->id[IOAS]);
}

static int device(struct bench *b)
{
	return ioas(b) ?: mock_domain(b->fd, b->id[IOAS], 0, &b->id[STDEV],
				      &b->id[IDEV], &b->id[AUTO]);
}

static int device_mapped(struct bench *b)
{
	return device(b) ?: mock_map(b->fd, b->id[IOAS], memory, HUGE_BYTES,
				     IOVA);
}

static int parent(struct bench *b)
{
	return device_mapped(b) ?: mock_hwpt(b->fd, b->id[IDEV], b->id[IOAS],
					     IOMMU_HWPT_ALLOC_NEST_PARENT,
					     &b->id[PARENT]);
}

static int make_viommu(struct bench *b)
{
	struct iommu_viommu_alloc cmd = {
		.size = sizeof(cmd),
		.type = IOMMU_VIOMMU_TYPE_SELFTEST,
		.dev_id = b->id[IDEV],
		.hwpt_id = b->id[PARENT],
	};
	int ret = mock_call(b->fd, IOMMU_VIOMMU_ALLOC, &cmd);

	b->id[VIOMMU] = cmd.out_viommu_id;
	return ret;
}

static int viommu(struct bench *b)
{
	return parent(b) ?: make_viommu(b);
}

static int new_ioas(struct bench *b)
{
	return mock_ioas(b->fd, &b->id[MADE]);
}

static int drop_made(struct bench *b)
{
	return mock_destroy(b->fd, b->id[MADE]);
}

static int map_4k(struct bench *b)
{
	return mock_map(b->fd, b->id[IOAS], memory, 4096, IOVA);
}

static int unmap_4k(struct bench *b)
{
	return mock_unmap(b->fd, b->id[IOAS], IOVA, 4096);
}

static int map_2m(struct bench *b)
{
	return mock_map(b->fd, b->id[IOAS], memory, HUGE_BYTES, IOVA);
}

static int unmap_2m(struct bench *b)
{
	return mock_unmap(b->fd, b->id[IOAS], IOVA, HUGE_BYTES);
}

static int new_hwpt(struct bench *b)
{
	return mock_hwpt(b->fd, b->id[IDEV], b->id[IOAS],
			 IOMMU_HWPT_ALLOC_NEST_PARENT, &b->id[MADE]);
}

static int drop_viommu(struct bench *b)
{
	return mock_destroy(b->fd, b->id[VIOMMU]);
}

static int new_vdevice(struct bench *b)
{
	return mock_vdevice(b->fd, b->id[VIOMMU], b->id[IDEV], 7,
			    &b->id[MADE]);
}

static int new_queue(struct bench *b)
{
	return mock_hw_queue(b->fd, b->id[VIOMMU], 0, IOVA, 4096,
			     &b->id[MADE]);
}

static int new_device(struct bench *b)
{
	return mock_domain(b->fd, b->id[IOAS], 0, &b->id[MADE], NULL, NULL);
}

/* hwpt + vIOMMU + vDEVICE + HW queue, made and unmade. */
static int whole_life(struct bench *b)
{
	int ret = mock_hwpt(b->fd, b->id[IDEV], b->id[IOAS],
			    IOMMU_HWPT_ALLOC_NEST_PARENT, &b->id[PARENT]);

	ret = ret ?: make_viommu(b);
	ret = ret ?: mock_vdevice(b->fd, b->id[VIOMMU], b->id[IDEV], 7,
				  &b->id[VDEV]);
	ret = ret ?: mock_hw_queue(b->fd, b->id[VIOMMU], 0, IOVA, 4096,
				   &b->id[QUEUE]);
	ret = ret ?: mock_destroy(b->fd, b->id[QUEUE]);
	ret = ret ?: mock_destroy(b->fd, b->id[VDEV]);
	ret = ret ?: mock_destroy(b->fd, b->id[VIOMMU]);
	return ret ?: mock_destroy(b->fd, b->id[PARENT]);
}

static int open_close(struct bench *b)
{
	int fd = uiommufd_open(platform, O_RDWR);

	return fd < 0 || uiommufd_close(fd) ? errno : 0;
}

static const struct row rows[] = {
	{ { "IOAS_ALLOC", "DESTROY (ioas)" }, none,
	  { new_ioas, drop_made }, { 1294, 917 } },
	{ { "IOAS_MAP, no domain", "IOAS_UNMAP, no domain" }, ioas,
	  { map_4k, unmap_4k }, { 1243, 911 } },
	{ { "MAP + UNMAP 4 KiB, one domain" }, device,
	  { map_4k, unmap_4k }, { 9967 } },
	{ { "MAP + UNMAP 2 MiB, one domain" }, device,
	  { map_2m, unmap_2m }, { 387504 } },
	{ { "HWPT_ALLOC nest parent + DESTROY" }, device_mapped,
	  { new_hwpt, drop_made }, { 18050 } },
	{ { "VIOMMU_ALLOC (mock)", "DESTROY (viommu)" }, parent,
	  { make_viommu, drop_viommu }, { 1553, 744 } },
	{ { "VDEVICE_ALLOC", "DESTROY (vdevice)" }, viommu,
	  { new_vdevice, drop_made }, { 2291, 1240 } },
	{ { "HW_QUEUE_ALLOC (mock)", "DESTROY (hw_queue)" }, viommu,
	  { new_queue, drop_made }, { 6811, 4623 } },
	{ { "MOCK_DOMAIN + DESTROY" }, ioas,
	  { new_device, drop_made }, { 98800 } },
};
#define ROWS (sizeof(rows) / sizeof(*rows))

/* callgrind collects inside this function only. */
static __attribute__((noinline)) int measured_call(step call, struct bench *b)
{
	int ret = call(b);

	__asm__ volatile("" ::: "memory");
	return ret;
}

static void repeat(const struct row *row, struct bench *b, int half,
		   unsigned long count)
{
	for (unsigned long i = 0; i < count; i++)
		for (int h = 0; h < 2; h++)
			must(half == h || half == 2 ?
				     measured_call(row->half[h], b) :
				     row->half[h](b),
			     row->name[0]);
}

static void begin(struct bench *b, step setup, const char *name)
{
	b->fd = uiommufd_open(platform, O_RDWR);
	if (b->fd < 0)
		must(errno, "open");
	must(setup(b), name);
}

static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e9 + now.tv_nsec;
}

static int bare_fd;

static int bare(struct bench *b)
{
	return ioctl(bare_fd, 0x3b80, NULL) == -1 && errno != ENOTTY ? errno : 0;
}

/* The lowest of several runs: what it costs when nothing interferes. */
static double lowest_ns(step call, struct bench *b, unsigned long count)
{
	double best = 1e18;

	for (int run = 0; run < 7; run++) {
		double start = now_ns(), took;

		for (unsigned long i = 0; i < count; i++)
			must(call(b), "timed call");
		took = (now_ns() - start) / count;
		best = took < best ? took : best;
	}
	return best;
}

static const struct row *timed_row;

static int timed_pair(struct bench *b)
{
	return timed_row->half[0](b) ?: timed_row->half[1](b);
}

/* Several calls in one figure; the goals are absolute. */
static void print_whole(const char *name, step call, struct bench *b,
			double floor, double goal_ns)
{
	double ns = lowest_ns(call, b, 3000);

	printf("%-44s %9.0f ", name, ns);
	bench_against(ns, "a bare call", floor, goal_ns);
}

static void print_times(void)
{
	struct bench b;
	double floor;

	bench_state();
	bare_fd = open("/dev/null", O_RDWR);
	floor = lowest_ns(bare, &b, 100000);
	printf("bare ioctl(2) on /dev/null: %.0f ns\n\n"
	       "%-44s %9s %s\n", floor, "pair", "ns", "x two bare calls");
	for (size_t i = 0; i < ROWS; i++) {
		bool big = strstr(rows[i].name[0], "2 MiB");
		char name[80];
		double ns;

		timed_row = &rows[i];
		begin(&b, rows[i].setup, rows[i].name[0]);
		ns = lowest_ns(timed_pair, &b, big ? 300 : 10000);
		snprintf(name, sizeof(name), "%s%s%s", rows[i].name[0],
			 rows[i].name[1] ? " + " : "",
			 rows[i].name[1] ? rows[i].name[1] : "");
		printf("%-44s %9.0f %.2f\n", name, ns, ns / (2 * floor));
		uiommufd_close(b.fd);
	}
	begin(&b, device_mapped, "life");
	print_whole("hwpt + vIOMMU + vDEVICE + HW queue, life", whole_life, &b,
		    floor, 3000);
	uiommufd_close(b.fd);
	print_whole("open + close of a context", open_close, &b, floor, 20000);
	close(bare_fd);
}

static void list_rows(void)
{
	for (size_t i = 0; i < ROWS; i++)
		for (int h = 0; h < 2; h++)
			if (rows[i].name[1])
				printf("%zu %d %u %s\n", i, h,
				       rows[i].linux_instructions[h],
				       rows[i].name[h]);
			else if (!h)
				printf("%zu 2 %u %s\n", i,
				       rows[i].linux_instructions[0],
				       rows[i].name[0]);
}

static unsigned long argument(int argc, char **argv, const char *name)
{
	for (int i = 1; i + 1 < argc; i++)
		if (!strcmp(argv[i], name))
			return strtoul(argv[i + 1], NULL, 0);
	fprintf(stderr, "bench_ioctl: %s is missing\n", name);
	exit(2);
}

static void count_row(int argc, char **argv)
{
	unsigned long n = argument(argc, argv, "--row");
	struct bench b;

	if (n >= ROWS)
		exit(2);
	begin(&b, rows[n].setup, rows[n].name[0]);
	repeat(&rows[n], &b, argument(argc, argv, "--half"),
	       argument(argc, argv, "--count"));
	uiommufd_close(b.fd);
}

int main(int argc, char **argv)
{
	memory = mmap(NULL, 2 * HUGE_BYTES, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memory = (char *)(((uintptr_t)memory + HUGE_BYTES - 1) &
			  ~(HUGE_BYTES - 1));
	memset(memory, 1, HUGE_BYTES);
	if (argc > 1 && !strcmp(argv[1], "--list")) {
		list_rows();
		return 0;
	}
	platform = mock_platform();
	if (!platform)
		must(errno, "platform");
	if (argc > 1)
		count_row(argc, argv);
	else
		print_times();
	uiommufd_platform_free(platform);
	return 0;
}
