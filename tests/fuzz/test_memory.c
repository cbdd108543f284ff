// SPDX-License-Identifier: MIT
/*
 * What the calls of an input wrote to is clear for the next one, what they
 * mapped is gone, and they reach nobody else's memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>
#include <uapi/linux/iommufd.h>
#include <uiommufd/fuzz.h>
#include <uiommufd/platform.h>

#include "fuzz/fuzz.h"

#define OUT_OF 5		/* pages of good memory: a call writes to it */
#define MAPPED 7		/* an access writes to it and its neighbour */
#define FROM 9			/* an access reads it */

static uint8_t input[128];
static size_t size;

/* A call without modifiers. */
static void add(const char *name, const uint8_t *values, size_t count)
{
	unsigned int op = 0;

	while (op < fuzz_op_count && strcmp(fuzz_ops[op].name, name))
		op++;
	assert_int_not_equal(op, fuzz_op_count);
	input[size++] = op;
	input[size++] = 0;
	memcpy(input + size, values, count);
	size += count;
}

#define ADD(name, ...) \
	add(name, (const uint8_t[]){ __VA_ARGS__ }, \
	    sizeof((const uint8_t[]){ __VA_ARGS__ }))

static void make_input(void)
{
	size = 0;
	ADD("IOAS_ALLOC", 0);
	ADD("IOAS_IOVA_RANGES", 0, 1, OUT_OF);
	ADD("IOAS_MAP", 7, 0, MAPPED, 2, 0);
	ADD("TEST_CREATE_ACCESS", 0, 0);
	ADD("TEST_ACCESS_RW", 0, 0, 2, FROM, 1);
}

static unsigned int dirty_bytes(const uint8_t *page)
{
	unsigned int sum = 0;

	for (unsigned int i = 0; i < FUZZ_PAGE; i++)
		sum += page[i] != 0;
	return sum;
}

static void check(struct uiommufd_platform *platform,
		  struct fuzz_memory *memory, uint8_t *dirty)
{
	memset(dirty, 0xff, FUZZ_PAGE);
	assert_int_equal(uiommufd_fuzz_one(platform, input, size), 0);
	for (unsigned int i = 0; i < FUZZ_PAGES; i++)
		assert_int_equal(dirty_bytes(memory->good + i * FUZZ_PAGE), 0);
	assert_int_equal(dirty_bytes(memory->args), 0);
}

static void pages_are_cleared(void **state)
{
	struct uiommufd_platform *platform = uiommufd_fuzz_platform(NULL);
	struct fuzz_memory *memory = fuzz_memory_get();

	assert_non_null(platform);
	assert_non_null(memory);
	make_input();
	/* With what is known of the thread's signals, and without. */
	for (unsigned int round = 0; round < 20; round++) {
		check(platform, memory, memory->good + FROM * FUZZ_PAGE);
		check(platform, memory, memory->good + OUT_OF * FUZZ_PAGE);
		check(platform, memory, memory->good + MAPPED * FUZZ_PAGE);
		check(platform, memory,
		      memory->good + (MAPPED + 1) * FUZZ_PAGE);
	}
	uiommufd_platform_free(platform);
}

/* Of a vIOMMU's area one byte more than a page, whose last page goes first. */
static void odd_mappings_end_whole(void **state)
{
	struct uiommufd_platform *platform = uiommufd_fuzz_platform(NULL);

	assert_non_null(platform);
	size = 0;
	ADD("IOAS_ALLOC", 0);
	ADD("TEST_MOCK_DOMAIN", 0);
	ADD("HWPT_ALLOC", IOMMU_HWPT_ALLOC_NEST_PARENT, 0, 0, 0, 0, 0, 0);
	/* Of the mock's own type, with room for its answer. */
	ADD("VIOMMU_ALLOC", 0, 0x41, 0, 1, 24, 0);
	ADD("MMAP", 0xf0, 0x01, 0x10, PROT_READ | PROT_WRITE, MAP_SHARED, 1);
	ADD("MUNMAP", 0, 0xff, 0xf0, 0x01, 0x10);
	assert_int_equal(uiommufd_fuzz_one(platform, input, size), 0);
	uiommufd_platform_free(platform);
}

static bool is_there(int pipe_fd, const uint8_t *at)
{
	return write(pipe_fd, at, 1) == 1;
}

/* As far as small numbers of pages go, and round ones of bytes. */
static void nothing_lies_behind(void **state)
{
	struct fuzz_memory *memory = fuzz_memory_get();
	const uint8_t *last;
	int fds[2];

	assert_non_null(memory);
	assert_int_equal(pipe(fds), 0);
	last = memory->read_only;
	assert_true(is_there(fds[1], last));
	for (unsigned int page = 1; page <= 0x100; page++)
		assert_false(is_there(fds[1], last + page * FUZZ_PAGE));
	for (unsigned int shift = 20; shift <= 36; shift++) {
		assert_false(is_there(fds[1], last + (1ull << shift)));
		assert_false(is_there(fds[1], memory->good + 0x1000000 +
						      (1ull << shift)));
	}
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_are_cleared),
		cmocka_unit_test(odd_mappings_end_whole),
		cmocka_unit_test(nothing_lies_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
