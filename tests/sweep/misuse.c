// SPDX-License-Identifier: MIT
/*
 * Law: whatever a client does, nothing crashes, hangs, warns or leaks.
 *
 * Seeded streams of bad and half-good calls: every command with random bytes,
 * stale and wrong IDs, pointers to nowhere and to freed memory, descriptors
 * closed in any order, mmap with wrong offsets, lengths and flags; by one
 * thread, and by several on one context that is closed under them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "support/mock.h"

#define ARENA_BYTES (64 * 4096)
#define THREADS 4

static struct uiommufd_platform *platform;
static char *arena;		/* good memory */
static char *hole;		/* unmapped */

static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static uint64_t pick(uint64_t *state, uint64_t n)
{
	return next_random(state) % n;
}

/* Values that tend to matter: small IDs, flags, edges, addresses. */
static uint64_t odd_value(uint64_t *state)
{
	switch (pick(state, 10)) {
	case 0:
		return 0;
	case 1:
	case 2:
	case 3:
		return pick(state, 12);
	case 4:
		return 1ull << pick(state, 64);
	case 5:
		return (1ull << pick(state, 64)) - 1;
	case 6:
		return (uintptr_t)arena + pick(state, ARENA_BYTES);
	case 7:
		return (uintptr_t)hole + pick(state, 4096);
	case 8:
		return 4096 * pick(state, 64) + 0x1000000;
	default:
		return next_random(state);
	}
}

static void fill_command(uint64_t *state, uint32_t *words, unsigned int count)
{
	for (unsigned int i = 0; i + 1 < count; i += 2) {
		uint64_t v = odd_value(state);

		if (pick(state, 2)) {
			words[i] = v;
			words[i + 1] = v >> 32;
		} else {
			words[i] = v;
			words[i + 1] = odd_value(state);
		}
	}
}

/* Test commands that only a trusted kernel test may issue are left out. */
static bool is_tame(unsigned int nr, const uint32_t *words)
{
	uint32_t op = words[1];

	/* A global limit, and dma-bufs that nobody would close. */
	return nr != 0xa0 || (op != IOMMU_TEST_OP_MD_CHECK_REFS &&
			      op != IOMMU_TEST_OP_SET_TEMP_MEMORY_LIMIT &&
			      op != IOMMU_TEST_OP_DMABUF_GET &&
			      op != IOMMU_TEST_OP_CREATE_ACCESS);
}

static const unsigned int sizes[] = { 8, 12, 16, 24, 32, 40, 48, 68, 72, 96 };

/* Event descriptors that calls make; closed in any order at the end. */
struct client {
	uint64_t state;
	int fd;
	int events[64];
	unsigned int event_count;
};

static void keep_event(struct client *c, unsigned int nr, const uint32_t *words)
{
	int fd = nr == 0x8e ? words[3] : nr == 0x93 ? words[6] : -1;

	if (fd >= 0 && c->event_count < 64)
		c->events[c->event_count++] = fd;
	else if (fd >= 0)
		uiommufd_close(fd);
}

static void random_ioctl(struct client *c)
{
	uint32_t words[24] = {};
	unsigned int nr = 0x80 + pick(&c->state, 0x21);
	void *arg = words;
	int ret;

	if (!pick(&c->state, 3))
		nr = 0xa0;
	fill_command(&c->state, words, 24);
	words[0] = pick(&c->state, 8) ? sizes[pick(&c->state, 10)] :
					odd_value(&c->state);
	if (nr == 0xa0) {
		words[0] = 72;
		words[1] = pick(&c->state, 24);
		words[2] = pick(&c->state, 12);
	}
	/* A clear tail gets further. */
	if (pick(&c->state, 2))
		memset(words + 10, 0, sizeof(words) - 40);
	if (!is_tame(nr, words))
		return;
	if (!pick(&c->state, 16))
		arg = (void *)(uintptr_t)odd_value(&c->state);
	if (arg != words && (uintptr_t)arg - (uintptr_t)arena < ARENA_BYTES)
		arg = hole;
	ret = uiommufd_ioctl(c->fd, 0x3b00 | nr, arg);
	if (!ret && arg == words)
		keep_event(c, nr, words);
}

static void random_mmap(struct client *c)
{
	static const int flags[] = { MAP_SHARED, MAP_PRIVATE, MAP_SHARED };
	size_t length = 4096 * pick(&c->state, 4);
	void *at = uiommufd_mmap(NULL, length, pick(&c->state, 8),
				 flags[pick(&c->state, 3)], c->fd,
				 4096 * pick(&c->state, 6));

	if (at != MAP_FAILED)
		uiommufd_munmap(at, length);
}

static void random_io(struct client *c)
{
	int fd = c->event_count ? c->events[pick(&c->state, c->event_count)] :
				  c->fd;
	void *buf = pick(&c->state, 4) ? (void *)arena : hole;
	size_t count = pick(&c->state, 200);

	if (pick(&c->state, 2))
		uiommufd_read(fd, buf, count);
	else
		uiommufd_write(fd, buf, count);
}

static void random_call(struct client *c)
{
	switch (pick(&c->state, 16)) {
	case 0:
		random_mmap(c);
		break;
	case 1:
		random_io(c);
		break;
	case 2:
		if (c->event_count)
			uiommufd_close(c->events[--c->event_count]);
		break;
	default:
		random_ioctl(c);
	}
}

static void close_all(struct client *c)
{
	bool context_first = pick(&c->state, 2);

	if (context_first)
		uiommufd_close(c->fd);
	while (c->event_count) {
		unsigned int i = pick(&c->state, c->event_count);

		uiommufd_close(c->events[i]);
		c->events[i] = c->events[--c->event_count];
	}
	if (!context_first)
		uiommufd_close(c->fd);
}

static void assert_clean(uint64_t seed)
{
	struct uiommufd_audit audit = { .size = sizeof(audit) };

	if (uiommufd_platform_audit(platform, &audit))
		fail_msg("seed %llu: objects %llu blocks %llu locks %llu "
			 "mappings %llu warnings %llu",
			 (unsigned long long)seed,
			 (unsigned long long)audit.objects,
			 (unsigned long long)audit.blocks,
			 (unsigned long long)audit.locks,
			 (unsigned long long)audit.mappings,
			 (unsigned long long)audit.warnings);
}

static void test_one_thread(void **unused)
{
	for (uint64_t seed = 1; seed <= 300; seed++) {
		struct client c = { .state = seed * 77 };

		c.fd = uiommufd_open(platform, O_RDWR);
		assert_true(c.fd >= 0);
		for (int i = 0; i < 300; i++)
			random_call(&c);
		close_all(&c);
		assert_clean(seed);
	}
}

static void *hammer(void *arg)
{
	struct client *c = arg;

	for (int i = 0; i < 1500; i++)
		random_call(c);
	while (c->event_count)
		uiommufd_close(c->events[--c->event_count]);
	return NULL;
}

/* The descriptor is closed while others use it: EBADF from then on. */
static void test_threads(void **unused)
{
	for (uint64_t seed = 1; seed <= 6; seed++) {
		struct client clients[THREADS] = {};
		pthread_t threads[THREADS];
		int fd = uiommufd_open(platform, O_RDWR);

		assert_true(fd >= 0);
		for (int i = 0; i < THREADS; i++) {
			clients[i].state = seed * 1000 + i;
			clients[i].fd = fd;
			assert_int_equal(pthread_create(&threads[i], NULL,
							hammer, &clients[i]), 0);
		}
		if (seed % 2) {
			usleep(2000);
			uiommufd_close(fd);
		}
		for (int i = 0; i < THREADS; i++)
			pthread_join(threads[i], NULL);
		uiommufd_close(fd);
		assert_clean(seed);
	}
}

static int start(void **state)
{
	char *both = mmap(NULL, ARENA_BYTES + 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (both == MAP_FAILED)
		return -1;
	arena = both;
	hole = both + ARENA_BYTES;
	munmap(hole, 4096);
	platform = mock_platform();
	return platform ? 0 : -1;
}

static int stop(void **state)
{
	uiommufd_platform_free(platform);
	munmap(arena, ARENA_BYTES);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_thread),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests_name("misuse", tests, start, stop);
}
