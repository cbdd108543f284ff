// SPDX-License-Identifier: MIT
/*
 * Two threads with a context each, one after the other, for sharing.py: it
 * looks at the memory that each touches in its turn.
 *
 *   bench_lines --list             names of the rows
 *   bench_lines ROW                the mappings, on standard output; then the
 *                                  threads' turns
 */
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "support/mock.h"

#define WARM 100
#define TURNS 20
#define IOVA 0x1000000ull
#define BYTES 8192

/* Written at the begin of each turn, and at the end of all; see sharing.py. */
#define MARK ((void *)0x100000000000)

struct side {
	pthread_t thread;
	sem_t go, done;
	int fd;
	uint32_t ioas, stdev, idev, hwpt, parent, viommu;
	char *memory;
	int (*work)(struct side *side);
};

static int ioas(struct side *s)
{
	uint32_t id;

	return mock_ioas(s->fd, &id) ?: mock_destroy(s->fd, id);
}

static int map(struct side *s)
{
	return mock_map(s->fd, s->ioas, s->memory, 4096, 2 * IOVA) ?:
	       mock_unmap(s->fd, s->ioas, 2 * IOVA, 4096);
}

static int hwpt(struct side *s)
{
	uint32_t id;

	return mock_hwpt(s->fd, s->idev, s->ioas, IOMMU_HWPT_ALLOC_NEST_PARENT,
			 &id) ?: mock_destroy(s->fd, id);
}

static int viommu(struct side *s)
{
	uint32_t id;

	return mock_viommu(s->fd, s->idev, s->parent, &id) ?:
	       mock_destroy(s->fd, id);
}

static int vdevice(struct side *s)
{
	uint32_t id;

	return mock_vdevice(s->fd, s->viommu, s->idev, 7, &id) ?:
	       mock_destroy(s->fd, id);
}

static int queue(struct side *s)
{
	uint32_t id;

	return mock_hw_queue(s->fd, s->viommu, 0, IOVA, 4096, &id) ?:
	       mock_destroy(s->fd, id);
}

static const struct {
	const char *name;
	int (*work)(struct side *side);
} rows[] = {
	{ "ioas", ioas }, { "map", map }, { "hwpt", hwpt },
	{ "viommu", viommu }, { "vdevice", vdevice }, { "queue", queue },
};
#define ROWS (sizeof(rows) / sizeof(*rows))

static void must(int error, const char *what)
{
	if (!error)
		return;
	fprintf(stderr, "bench_lines: %s: %s\n", what, strerror(error));
	exit(1);
}

static void *work(void *arg)
{
	struct side *s = arg;

	for (int turn = 0; turn < 2; turn++) {
		sem_wait(&s->go);
		for (int i = 0; i < (turn ? TURNS : WARM); i++)
			must(s->work(s), "work");
		sem_post(&s->done);
	}
	sem_wait(&s->go);
	return NULL;
}

static void prepare(struct side *s, struct uiommufd_platform *platform)
{
	s->fd = uiommufd_open(platform, O_RDWR);
	s->memory = mmap(NULL, BYTES, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(s->memory, 1, BYTES);
	must(s->fd < 0 ? errno : 0, "open");
	must(mock_ioas(s->fd, &s->ioas), "IOAS");
	must(mock_domain(s->fd, s->ioas, 0, &s->stdev, &s->idev, &s->hwpt),
	     "device");
	must(mock_map(s->fd, s->ioas, s->memory, BYTES, IOVA), "map");
	must(mock_hwpt(s->fd, s->idev, s->ioas, IOMMU_HWPT_ALLOC_NEST_PARENT,
		       &s->parent), "parent");
	must(mock_viommu(s->fd, s->idev, s->parent, &s->viommu), "vIOMMU");
	sem_init(&s->go, 0, 0);
	sem_init(&s->done, 0, 0);
	pthread_create(&s->thread, NULL, work, s);
}

static void turn(struct side *s)
{
	sem_post(&s->go);
	sem_wait(&s->done);
}

static void print_mappings(void)
{
	char line[512];
	FILE *maps = fopen("/proc/self/maps", "r");

	while (maps && fgets(line, sizeof(line), maps))
		fputs(line, stdout);
	if (maps)
		fclose(maps);
	fflush(stdout);
}

static void run(struct side *sides, struct uiommufd_platform *platform)
{
	volatile int *mark = mmap(MARK, 4096, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	must(mark == MAP_FAILED ? errno : 0, "mark");
	for (int i = 0; i < 2; i++)
		prepare(&sides[i], platform);
	for (int i = 0; i < 2; i++)
		turn(&sides[i]);
	print_mappings();
	for (int i = 0; i < 2; i++) {
		*mark = i + 1;
		turn(&sides[i]);
	}
	*mark = 0;
	for (int i = 0; i < 2; i++) {
		sem_post(&sides[i].go);
		pthread_join(sides[i].thread, NULL);
		uiommufd_close(sides[i].fd);
	}
}

int main(int argc, char **argv)
{
	static struct side sides[2] __attribute__((aligned(256)));
	struct uiommufd_platform *platform = mock_platform();

	if (!platform || argc != 2)
		return 2;
	for (size_t i = 0; i < ROWS; i++) {
		if (!strcmp(argv[1], "--list"))
			puts(rows[i].name);
		if (strcmp(argv[1], rows[i].name))
			continue;
		sides[0].work = sides[1].work = rows[i].work;
		run(sides, platform);
	}
	uiommufd_platform_free(platform);
	return 0;
}
