/* SPDX-License-Identifier: MIT */
/*
 * Accesses that a test expects of a driver.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <uiommufd/mmio.h>

#define ALL UIOMMUFD_MMIO_ALL64

enum { STATUS = 0x00, CONFIG = 0x04, BASE = 0x08, ALIAS = 0x1000 };

static uint32_t follow(void *device, uint32_t offset)
{
	(void)device;
	return offset - ALIAS;
}

static const struct uiommufd_mmio_register rows[] = {
	UIOMMUFD_MMIO_ROW("STATUS", STATUS, 4, 0xffffffff, 0, 0, .reset = 7),
	UIOMMUFD_MMIO_ROW("CONFIG", CONFIG, 4, 0, 0, 0),
	UIOMMUFD_MMIO_ROW("BASE", BASE, 8, 0, 0, 0),
};

static const struct uiommufd_mmio_alias alias = {
	.start = ALIAS, .size = 0x1000, .translate = follow,
};

static const struct uiommufd_mmio_block block = {
	.name = "toy", .size = 0x2000, .registers = rows, .register_count = 3,
	.aliases = &alias, .alias_count = 1,
};

static int setup(void **state)
{
	*state = uiommufd_mmio_new(&block, NULL, NULL);
	assert_non_null(*state);
	return 0;
}

static int teardown(void **state)
{
	uiommufd_mmio_free(*state);
	return 0;
}

static void expect_at(struct uiommufd_mmio *mmio, bool write, uint32_t offset,
		      uint8_t width, uint64_t value, uint64_t mask, int line)
{
	struct uiommufd_mmio_expected access = {
		.offset = offset, .width = width, .write = write,
		.value = value, .mask = mask, .file = "t.c", .line = line,
	};

	uiommufd_mmio_expect(mmio, &access);
}

static void assert_says(struct uiommufd_mmio *mmio, const char *expected)
{
	char *text = uiommufd_mmio_expect_end(mmio);

	assert_non_null(text);
	assert_string_equal(text, expected);
	free(text);
}

/* As a driver starts a queue. */
static void drive(struct uiommufd_mmio *mmio)
{
	uiommufd_mmio_write(mmio, BASE, 8, 0x1000000000ull);
	uiommufd_mmio_write(mmio, CONFIG, 4, 0x11);
	while (!uiommufd_mmio_read(mmio, STATUS, 4))
		;
}

/* Law: accesses take part in order, have their effect and cost nothing. */
static void in_order(void **state)
{
	struct uiommufd_mmio *mmio = *state;
	struct uiommufd_mmio_counters counters;

	expect_at(mmio, true, BASE, 8, 0x1000000000ull, ALL, 1);
	expect_at(mmio, true, CONFIG, 4, 1, 0x0f, 2);
	expect_at(mmio, false, STATUS, 4, 0, 0, 3);
	drive(mmio);
	assert_null(uiommufd_mmio_expect_end(mmio));
	assert_int_equal(uiommufd_mmio_read(mmio, BASE, 8), 0x1000000000ull);
	assert_int_equal(uiommufd_mmio_read(mmio, CONFIG, 4), 0x11);
	uiommufd_mmio_read_counters(mmio, &counters);
	assert_int_equal(counters.reads, 3);
	assert_int_equal(counters.writes, 2);
	assert_int_equal(counters.guest_errors, 0);
}

/* Law: a read that is not the next one expected is free. */
static void reads_are_free(void **state)
{
	struct uiommufd_mmio *mmio = *state;

	expect_at(mmio, true, CONFIG, 4, 1, ALL, 1);
	assert_int_equal(uiommufd_mmio_read(mmio, STATUS, 4), 7);
	assert_int_equal(uiommufd_mmio_read(mmio, 0x100, 4), 0);
	uiommufd_mmio_write(mmio, CONFIG, 4, 1);
	assert_int_equal(uiommufd_mmio_read(mmio, ALIAS + CONFIG, 4), 1);
	assert_null(uiommufd_mmio_expect_end(mmio));
}

/* Law: each write that was not expected is named, with what was. */
static void unexpected(void **state)
{
	struct uiommufd_mmio *mmio = *state;

	expect_at(mmio, true, CONFIG, 4, 0x11, ALL, 1);
	drive(mmio);
	uiommufd_mmio_write(mmio, CONFIG, 4, 0);
	assert_says(mmio, "toy: 8-byte write to 0x8 of 0x1000000000, expected "
			  "was 4-byte write to 0x4 of 0x11 (t.c:1)\n"
			  "toy: 4-byte write to 0x4 of 0x0, expected was no "
			  "more\n");
	assert_int_equal(uiommufd_mmio_read(mmio, BASE, 8), 0x1000000000ull);
}

/* Law: what did not come is named; width, value and kind must be right. */
static void missing(void **state)
{
	struct uiommufd_mmio *mmio = *state;

	expect_at(mmio, true, CONFIG, 4, 1, 0xff, 1);
	expect_at(mmio, false, STATUS, 4, 0, 0, 2);
	uiommufd_mmio_read(mmio, CONFIG, 4);
	assert_says(mmio, "toy: no 4-byte write to 0x4 of 0x1 in bits 0xff "
			  "(t.c:1)\n"
			  "toy: no 4-byte read of 0x0 (t.c:2)\n");
	expect_at(mmio, true, BASE, 8, 1, ALL, 3);
	uiommufd_mmio_write(mmio, BASE, 4, 1);
	assert_says(mmio, "toy: 4-byte write to 0x8 of 0x1, expected was "
			  "8-byte write to 0x8 of 0x1 (t.c:3)\n"
			  "toy: no 8-byte write to 0x8 of 0x1 (t.c:3)\n");
}

/* Law: an alias counts by the address that software used, and leads there. */
static void through_alias(void **state)
{
	struct uiommufd_mmio *mmio = *state;

	expect_at(mmio, true, ALIAS + CONFIG, 4, 5, ALL, 1);
	uiommufd_mmio_write(mmio, ALIAS + CONFIG, 4, 5);
	assert_null(uiommufd_mmio_expect_end(mmio));
	assert_int_equal(uiommufd_mmio_read(mmio, CONFIG, 4), 5);
	expect_at(mmio, true, CONFIG, 4, 6, ALL, 2);
	uiommufd_mmio_write(mmio, ALIAS + CONFIG, 4, 6);
	assert_says(mmio, "toy: 4-byte write to 0x1004 of 0x6, expected was "
			  "4-byte write to 0x4 of 0x6 (t.c:2)\n"
			  "toy: no 4-byte write to 0x4 of 0x6 (t.c:2)\n");
}

/* Law: without expectations nothing is wrong; a block may end with some. */
static void none(void **state)
{
	struct uiommufd_mmio *mmio = *state;
	char *text;

	drive(mmio);
	assert_null(uiommufd_mmio_expect_end(mmio));
	expect_at(mmio, true, CONFIG, 4, 0, ALL, 1);
	for (int i = 1; i <= 30; i++)
		uiommufd_mmio_write(mmio, CONFIG, 4, i);
	text = uiommufd_mmio_expect_end(mmio);
	assert_non_null(strstr(text, "and 11 more\n"));
	free(text);
	expect_at(mmio, true, CONFIG, 4, 0, ALL, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(in_order), TEST(reads_are_free), TEST(unexpected),
		TEST(missing), TEST(through_alias), TEST(none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
