/* SPDX-License-Identifier: MIT */
/*
 * Register tables as a device modeller uses them: public header only.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uiommufd/mmio.h>

struct toy {
	uint64_t checks;
	uint64_t writes;
	uint64_t last_old;
	uint64_t last_value;
	uint32_t last_index;
	uint32_t alias_to;
};

enum { ID, CONTROL, FLAGS, WIDE, LOCKED, ARRAY, GRID, PLAIN_WIDE, LIVE, ROWS };

static uint64_t live_read(void *device, uint32_t index, uint64_t value)
{
	return value + 100 + index;
}

static uint64_t control_check(void *device, uint32_t index, uint64_t old,
			      uint64_t value)
{
	struct toy *toy = device;

	toy->checks++;
	return value == 0xdead ? old : value;
}

static void control_written(void *device, uint32_t index, uint64_t old,
			    uint64_t value)
{
	struct toy *toy = device;

	toy->writes++;
	toy->last_old = old;
	toy->last_value = value;
	toy->last_index = index;
}

static uint32_t toy_translate(void *device, uint32_t offset)
{
	struct toy *toy = device;

	if (offset - 0x1000 >= 0x100)
		return UIOMMUFD_MMIO_UNMAPPED;
	return toy->alias_to + (offset - 0x1000);
}

static const struct uiommufd_mmio_field control_fields[] = {
	{ "ON", 0, 0 }, { "MODE", 4, 7 }, { 0 },
};

static const struct uiommufd_mmio_register rows[ROWS] = {
	[ID] = UIOMMUFD_MMIO_ROW("ID", 0x00, 4, 0xffffffff, 0, 0,
				 .reset = 0x1234),
	[CONTROL] = UIOMMUFD_MMIO_ROW("CONTROL", 0x04, 4, 0xff00, 0,
				      0xffff0000, .reset = 0x4500,
				      .flags = UIOMMUFD_MMIO_PAIRS,
				      .fields = control_fields,
				      .check = control_check,
				      .written = control_written),
	[FLAGS] = UIOMMUFD_MMIO_ROW("FLAGS", 0x08, 4, 0xf0, 0x0f, 0xffffff00,
				    .reset = 0xff,
				    .flags = UIOMMUFD_MMIO_PAIRS),
	[LOCKED] = UIOMMUFD_MMIO_ROW("LOCKED", 0x0c, 4, 0, 0, 0,
				     .flags = UIOMMUFD_MMIO_PAIRS),
	[WIDE] = UIOMMUFD_MMIO_ROW("WIDE", 0x10, 8, 0, 0xff, 0,
				   .flags = UIOMMUFD_MMIO_HALVES,
				   .written = control_written),
	[PLAIN_WIDE] = UIOMMUFD_MMIO_ROW("PLAIN_WIDE", 0x18, 8, 0, 0, 0),
	[ARRAY] = UIOMMUFD_MMIO_ROW("ARRAY", 0x40, 4, 0, 0, 0, .count = 4,
				    .stride = 8, .written = control_written),
	[GRID] = UIOMMUFD_MMIO_ROW("GRID", 0x100, 4, 0, 0, 0, .count = 2,
				   .outer_count = 3, .outer_stride = 0x20,
				   .written = control_written),
	[LIVE] = UIOMMUFD_MMIO_ROW("LIVE", 0x200, 4, 0xffffffff, 0, 0,
				   .count = 2, .reset = 7, .read = live_read),
};

static const struct uiommufd_mmio_alias alias = {
	.start = 0x1000, .size = 0x1000, .translate = toy_translate,
};

static const struct uiommufd_mmio_block block = {
	.name = "toy", .size = 0x2000, .registers = rows,
	.register_count = ROWS, .aliases = &alias, .alias_count = 1,
};

static struct toy toy;
static struct uiommufd_mmio *mmio;

static int setup(void **state)
{
	memset(&toy, 0, sizeof(toy));
	mmio = uiommufd_mmio_new(&block, &toy, NULL);
	assert_non_null(mmio);
	return 0;
}

static int teardown(void **state)
{
	uiommufd_mmio_free(mmio);
	return 0;
}

static struct uiommufd_mmio_counters count(void)
{
	struct uiommufd_mmio_counters counters;

	uiommufd_mmio_read_counters(mmio, &counters);
	return counters;
}

/* Law: a cell reads its reset value until it is written. */
static void test_reset(void **state)
{
	assert_int_equal(uiommufd_mmio_read(mmio, 0x00, 4), 0x1234);
	assert_int_equal(uiommufd_mmio_read(mmio, 0x04, 4), 0x4500);
	assert_int_equal(uiommufd_mmio_read(mmio, 0x10, 8), 0);
	uiommufd_mmio_write(mmio, 0x40, 4, 5);
	uiommufd_mmio_reset(mmio);
	assert_int_equal(uiommufd_mmio_read(mmio, 0x40, 4), 0);
	assert_int_equal(uiommufd_mmio_read(mmio, 0x04, 4), 0x4500);
	assert_int_equal(count().guest_errors, 0);
}

/* Law: read-only bits keep, reserved bits stay 0 and are told. */
static void test_masks(void **state)
{
	uiommufd_mmio_write(mmio, 0x04, 4, 0x00ab);
	assert_int_equal(uiommufd_mmio_read(mmio, 0x04, 4), 0x45ab);
	assert_int_equal(count().guest_errors, 0);
	uiommufd_mmio_write(mmio, 0x04, 4, 0x10001);
	assert_int_equal(uiommufd_mmio_read(mmio, 0x04, 4), 0x4501);
	assert_int_equal(count().reserved_bits, 1);
}

/* Law: a written 1 clears, a written 0 leaves; the rest is read-only. */
static void test_write_1_clear(void **state)
{
	uiommufd_mmio_write(mmio, 0x08, 4, 0x05);
	assert_int_equal(uiommufd_mmio_read(mmio, 0x08, 4), 0xfa);
	uiommufd_mmio_write(mmio, 0x08, 4, 0);
	assert_int_equal(uiommufd_mmio_read(mmio, 0x08, 4), 0xfa);
	uiommufd_mmio_set(mmio, FLAGS, 0, 0x0f);
	uiommufd_mmio_write(mmio, 0x08, 4, 0xff);
	assert_int_equal(uiommufd_mmio_read(mmio, 0x08, 4), 0x00);
}

/* Law: writing a register without writable bits is told and does nothing. */
static void test_read_only(void **state)
{
	uiommufd_mmio_write(mmio, 0x00, 4, 0xffffffff);
	assert_int_equal(uiommufd_mmio_read(mmio, 0x00, 4), 0x1234);
	assert_int_equal(count().read_only, 1);
	assert_int_equal(count().guest_errors, 1);
}

/* Law: the check decides what is stored; the hook is told each time. */
static void test_hooks(void **state)
{
	uiommufd_mmio_write(mmio, 0x04, 4, 0x11);
	assert_int_equal(toy.checks, 1);
	assert_int_equal(toy.writes, 1);
	assert_int_equal(toy.last_old, 0x4500);
	assert_int_equal(toy.last_value, 0x4511);
	uiommufd_mmio_write(mmio, 0x40 + 3 * 8, 4, 9);
	assert_int_equal(toy.last_index, 3);
	uiommufd_mmio_write(mmio, 0x100 + 0x20 * 2 + 4, 4, 9);
	assert_int_equal(toy.last_index, 5);
	assert_int_equal(uiommufd_mmio_get(mmio, GRID, 5), 9);
	assert_int_equal(uiommufd_mmio_read(mmio, 0x204, 4), 108);
	assert_int_equal(uiommufd_mmio_get(mmio, LIVE, 1), 7);
}

/* Law: halves of a 64-bit register are its words, if the row says so. */
static void test_halves(void **state)
{
	uiommufd_mmio_write(mmio, 0x10, 8, 0x1122334455667700);
	uiommufd_mmio_set(mmio, WIDE, 0, 0x11223344556677ff);
	assert_int_equal(uiommufd_mmio_read(mmio, 0x10, 4), 0x556677ff);
	assert_int_equal(uiommufd_mmio_read(mmio, 0x14, 4), 0x11223344);
	/* The low half's write-1-clear bits survive a write of the high. */
	uiommufd_mmio_write(mmio, 0x14, 4, 0xaabbccdd);
	assert_true(uiommufd_mmio_get(mmio, WIDE, 0) == 0xaabbccdd556677ff);
	uiommufd_mmio_write(mmio, 0x10, 4, 0x0f);
	assert_true(uiommufd_mmio_get(mmio, WIDE, 0) == 0xaabbccdd000000f0);
	assert_int_equal(count().guest_errors, 0);
	assert_int_equal(uiommufd_mmio_read(mmio, 0x18, 4), 0);
	assert_int_equal(count().wrong_width, 1);
	uiommufd_mmio_write(mmio, 0x18, 4, 1);
	assert_int_equal(count().wrong_width, 2);
}

/* Law: 64 bits over two 32-bit registers need both rows to say so. */
static void test_pairs(void **state)
{
	uiommufd_mmio_write(mmio, 0x08, 8, 0x77777777ull << 32 | 0x0f);
	assert_int_equal(uiommufd_mmio_read(mmio, 0x0c, 4), 0x77777777);
	assert_true(uiommufd_mmio_read(mmio, 0x08, 8) ==
		    (0x77777777ull << 32 | 0xf0));
	assert_int_equal(count().guest_errors, 0);
	assert_int_equal(uiommufd_mmio_read(mmio, 0x00, 8), 0);
	assert_int_equal(count().wrong_width, 1);
}

/* Law: no other access has an effect; each is told by its kind. */
static void test_misuse(void **state)
{
	char text[160];

	assert_int_equal(uiommufd_mmio_read(mmio, 0x04, 1), 0);
	assert_int_equal(uiommufd_mmio_read(mmio, 0x04, 2), 0);
	assert_int_equal(count().wrong_width, 2);
	uiommufd_mmio_write(mmio, 0x06, 4, 0xffff);
	assert_int_equal(count().misaligned, 1);
	uiommufd_mmio_write(mmio, 0x80, 4, 1);
	assert_int_equal(uiommufd_mmio_read(mmio, 0x80, 4), 0);
	assert_int_equal(uiommufd_mmio_read(mmio, 0x9000, 4), 0);
	assert_int_equal(count().no_register, 3);
	assert_int_equal(uiommufd_mmio_read(mmio, 0x04, 4), 0x4500);
	uiommufd_mmio_last_error(mmio, text, sizeof(text));
	assert_string_equal(text, "toy: no register: 4-byte read at 0x9000");
	uiommufd_mmio_guest_error(mmio, "%s %d", "gone", 3);
	uiommufd_mmio_last_error(mmio, text, sizeof(text));
	assert_string_equal(text, "toy: misuse: gone 3");
	assert_int_equal(count().reported, 1);
	assert_int_equal(count().guest_errors, 7);
}

/* Law: an alias shows the same cell; where it leads nowhere: RAZ/WI. */
static void test_alias(void **state)
{
	uiommufd_mmio_write(mmio, 0x1040, 4, 77);
	assert_int_equal(uiommufd_mmio_read(mmio, 0x40, 4), 77);
	toy.alias_to = 8;
	assert_int_equal(uiommufd_mmio_read(mmio, 0x1038, 4), 77);
	uiommufd_mmio_write(mmio, 0x1800, 4, 1);
	assert_int_equal(uiommufd_mmio_read(mmio, 0x1800, 4), 0);
	assert_int_equal(uiommufd_mmio_read(mmio, 0x1801, 8), 0);
	assert_int_equal(count().unmapped, 3);
	assert_int_equal(count().guest_errors, 0);
}

/* Law: every access is counted once. */
static void test_counts(void **state)
{
	struct uiommufd_mmio_counters counters;

	for (int i = 0; i < 10; i++)
		uiommufd_mmio_read(mmio, 0x40, 4);
	for (int i = 0; i < 7; i++)
		uiommufd_mmio_write(mmio, 0x40, 4, i);
	uiommufd_mmio_read(mmio, 0x41, 4);
	counters = count();
	assert_int_equal(counters.reads, 11);
	assert_int_equal(counters.writes, 7);
	assert_int_equal(counters.guest_errors, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_reset, setup, teardown),
		cmocka_unit_test_setup_teardown(test_masks, setup, teardown),
		cmocka_unit_test_setup_teardown(test_write_1_clear, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_read_only, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_hooks, setup, teardown),
		cmocka_unit_test_setup_teardown(test_halves, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pairs, setup, teardown),
		cmocka_unit_test_setup_teardown(test_misuse, setup, teardown),
		cmocka_unit_test_setup_teardown(test_alias, setup, teardown),
		cmocka_unit_test_setup_teardown(test_counts, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
