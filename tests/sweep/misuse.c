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
#define CALLS 500

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
	switch (pick(state, 12)) {
	case 0:
	case 10:
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
	case 9:
		return (uintptr_t)arena + 4096 * pick(state, 4);
	case 11:
		return 4096 * pick(state, 8);
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

static const unsigned int sizes[] = { 8, 12, 16, 24, 32, 40, 48, 68, 72, 96 };

/* Successes of each test command, by one thread: which were really played. */
#define TEST_OPS 24
static unsigned int played[TEST_OPS];

/* Descriptors that calls make; closed in any order at the end. */
struct client {
	uint64_t state;
	int fd;
	bool alone;		/* nobody else makes descriptors */
	int made[64];
	unsigned int made_count;
};

static void keep(struct client *c, int fd)
{
	if (fd >= 0 && c->made_count < 64)
		c->made[c->made_count++] = fd;
	else if (fd >= 0)
		uiommufd_close(fd);
}

/* The descriptor in the reply; -1: none. */
static int made_by(unsigned int nr, const uint32_t *words)
{
	if (nr == 0x8e)
		return words[3];
	if (nr == 0x93)
		return words[6];
	if (nr == 0xa0 && words[1] == IOMMU_TEST_OP_CREATE_ACCESS)
		return words[4];
	return -1;
}

/*
 * Makes one call, and keeps its descriptor.  DMABUF_GET does not tell the
 * number, which is the lowest free one: who is not alone cannot know it, would
 * leak the buffer for good, and does without.
 */
static void call(struct client *c, unsigned int nr, void *arg,
		 const uint32_t *words)
{
	bool buffer = nr == 0xa0 && words[1] == IOMMU_TEST_OP_DMABUF_GET;
	int next = -1, ret;

	if (buffer && !c->alone)
		return;
	if (buffer) {
		next = dup(STDERR_FILENO);
		close(next);
	}
	ret = uiommufd_ioctl(c->fd, 0x3b00 | nr, arg);
	if (ret || arg != words)
		return;
	keep(c, buffer ? next : made_by(nr, words));
	if (c->alone && nr == 0xa0 && words[1] < TEST_OPS)
		played[words[1]]++;
}

/* Each page is looked at, and some are mapped for terabytes: a sanitizer's. */
static void limit_length(uint32_t *words)
{
	words[4] &= 0xffffff;
	words[5] = 0;
}

static void random_ioctl(struct client *c)
{
	uint32_t words[24] = {};
	unsigned int nr = 0x80 + pick(&c->state, 0x21);
	void *arg = words;

	if (!pick(&c->state, 3))
		nr = 0xa0;
	fill_command(&c->state, words, 24);
	words[0] = pick(&c->state, 8) ? sizes[pick(&c->state, 10)] :
					odd_value(&c->state);
	if (nr == 0xa0) {
		words[0] = 72;
		words[1] = pick(&c->state, TEST_OPS);
		words[2] = pick(&c->state, 12);
		if (c->made_count && pick(&c->state, 2))
			words[2] = c->made[pick(&c->state, c->made_count)];
		if (words[1] == IOMMU_TEST_OP_MD_CHECK_REFS)
			limit_length(words);
	}
	/* A clear tail gets further. */
	if (pick(&c->state, 2))
		memset(words + 10, 0, sizeof(words) - 40);
	if (!pick(&c->state, 16))
		arg = (void *)(uintptr_t)odd_value(&c->state);
	if (arg != words && (uintptr_t)arg - (uintptr_t)arena < ARENA_BYTES)
		arg = hole;
	call(c, nr, arg, words);
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
	int fd = c->made_count ? c->made[pick(&c->state, c->made_count)] :
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
		if (c->made_count && !pick(&c->state, 4))
			uiommufd_close(c->made[--c->made_count]);
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
	while (c->made_count) {
		unsigned int i = pick(&c->state, c->made_count);

		uiommufd_close(c->made[i]);
		c->made[i] = c->made[--c->made_count];
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

/* A context in which small IDs are objects of many types; and an access. */
static int open_furnished(int *out_access)
{
	struct iommu_test_cmd access = {
		.size = sizeof(access),
		.op = IOMMU_TEST_OP_CREATE_ACCESS,
		.create_access.flags = MOCK_FLAGS_ACCESS_CREATE_NEEDS_PIN_PAGES,
	};
	uint32_t ioas, stdev, idev, hwpt, parent, viommu, made;
	int fd = uiommufd_open(platform, O_RDWR);

	assert_true(fd >= 0);
	assert_int_equal(mock_ioas(fd, &ioas), 0);
	assert_int_equal(mock_domain(fd, ioas, MOCK_FLAGS_DEVICE_PASID, &stdev,
				     &idev, &hwpt), 0);
	assert_int_equal(mock_map(fd, ioas, arena, ARENA_BYTES / 2, 0x1000000),
			 0);
	assert_int_equal(mock_hwpt(fd, idev, ioas, IOMMU_HWPT_ALLOC_NEST_PARENT,
				   &parent), 0);
	assert_int_equal(mock_viommu(fd, idev, parent, &viommu), 0);
	assert_int_equal(mock_vdevice(fd, viommu, idev, 7, &made), 0);
	assert_int_equal(mock_nested(fd, idev, viommu, &made), 0);
	access.id = ioas;
	assert_int_equal(mock_call(fd, IOMMU_TEST_CMD, &access), 0);
	*out_access = access.create_access.out_access_fd;
	return fd;
}

/* Much succeeds by chance, so that later calls meet what it made. */
static void test_one_thread(void **unused)
{
	static const unsigned int must_play[] = {
		IOMMU_TEST_OP_MD_CHECK_REFS, IOMMU_TEST_OP_CREATE_ACCESS,
		IOMMU_TEST_OP_SET_TEMP_MEMORY_LIMIT, IOMMU_TEST_OP_DMABUF_GET,
		IOMMU_TEST_OP_DMABUF_REVOKE, IOMMU_TEST_OP_MOCK_DOMAIN,
		IOMMU_TEST_OP_TRIGGER_IOPF, IOMMU_TEST_OP_PASID_DETACH,
	};


	for (uint64_t seed = 1; seed <= 600; seed++) {
		struct client c = { .state = seed * 77, .alone = true };

		c.fd = open_furnished(&c.made[0]);
		c.made_count = 1;
		for (int i = 0; i < CALLS; i++)
			random_call(&c);
		close_all(&c);
		assert_clean(seed);
	}
	for (size_t i = 0; i < sizeof(must_play) / sizeof(*must_play); i++)
		assert_true(played[must_play[i]] > 0);
}

static void *hammer(void *arg)
{
	struct client *c = arg;

	for (int i = 0; i < 1500; i++)
		random_call(c);
	while (c->made_count)
		uiommufd_close(c->made[--c->made_count]);
	return NULL;
}

/* The descriptor is closed while others use it: EBADF from then on. */
static void test_threads(void **unused)
{
	for (uint64_t seed = 1; seed <= 6; seed++) {
		struct client clients[THREADS] = {};
		pthread_t threads[THREADS];
		int access, fd = open_furnished(&access);

		for (int i = 0; i < THREADS; i++) {
			clients[i].state = seed * 1000 + i;
			clients[i].fd = fd;
			clients[i].made[0] = access;
			clients[i].made_count = !i;
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
