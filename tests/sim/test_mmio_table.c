/* SPDX-License-Identifier: MIT */
/*
 * Register tables that are wrong are refused, with the reason.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include <uiommufd/mmio.h>

static uint32_t nowhere(void *device, uint32_t offset)
{
	return UIOMMUFD_MMIO_UNMAPPED;
}

static void refuse_block(const struct uiommufd_mmio_block *block,
			 const char *reason)
{
	const char *why = NULL;

	errno = 0;
	assert_null(uiommufd_mmio_new(block, NULL, &why));
	assert_int_equal(errno, EINVAL);
	assert_non_null(why);
	assert_string_equal(why, reason);
}

static void refuse_rows(const struct uiommufd_mmio_register *rows,
			uint32_t count, const char *reason)
{
	struct uiommufd_mmio_block block = {
		.name = "bad", .size = 0x1000, .registers = rows,
		.register_count = count,
	};

	refuse_block(&block, reason);
}

static void refuse_row(struct uiommufd_mmio_register row, const char *reason)
{
	if (!row.name)
		row.name = "R";
	refuse_rows(&row, 1, reason);
}

/* Law: each thing that can be wrong with a row is named. */
static void test_rows(void **state)
{
	refuse_row((struct uiommufd_mmio_register){ .name = "", .width = 4 },
		   "a register has no name");
	refuse_row((struct uiommufd_mmio_register){ .width = 2 },
		   "a register is neither 4 nor 8 bytes wide");
	refuse_row((struct uiommufd_mmio_register){ .width = 8, .offset = 4 },
		   "a register is not aligned to its width");
	refuse_row((struct uiommufd_mmio_register){ .width = 8, .count = 2,
						    .stride = 12 },
		   "a register is not aligned to its width");
	refuse_row((struct uiommufd_mmio_register){ .width = 4,
						    .offset = 0x1000 },
		   "a register lies beyond the window");
	refuse_row((struct uiommufd_mmio_register){ .width = 4, .count = 1025 },
		   "a register lies beyond the window");
	refuse_row((struct uiommufd_mmio_register){ .width = 4,
						    .count = 0x20000 },
		   "too many cells");
	refuse_row((struct uiommufd_mmio_register){
			   .width = 4, .read_only = 1ull << 32 },
		   "a mask is wider than its register");
	refuse_row((struct uiommufd_mmio_register){
			   .width = 4, .read_only = 3, .write_1_clear = 2 },
		   "two masks of a register overlap");
	refuse_row((struct uiommufd_mmio_register){
			   .width = 4, .reserved = 3, .write_1_clear = 2 },
		   "two masks of a register overlap");
	refuse_row((struct uiommufd_mmio_register){ .width = 4,
						    .reset = 1ull << 32 },
		   "a reset value is wider than its register");
	refuse_row((struct uiommufd_mmio_register){
			   .width = 4, .reserved = 1, .reset = 1 },
		   "a reset value has reserved bits");
}

/* Law: cells do not overlap, neither in a row nor between rows. */
static void test_overlap(void **state)
{
	struct uiommufd_mmio_register rows[] = {
		{ .name = "A", .offset = 0, .width = 8 },
		{ .name = "B", .offset = 4, .width = 4 },
	};
	struct uiommufd_mmio_register grid = {
		.name = "G", .width = 4, .count = 4, .outer_count = 2,
		.outer_stride = 8,
	};

	refuse_rows(rows, 2, "two registers overlap");
	refuse_row(grid, "two registers overlap");
	rows[1].offset = 8;
	grid.outer_stride = 16;
	for (int i = 0; i < 2; i++) {
		struct uiommufd_mmio_block block = {
			.name = "good", .size = 0x1000,
			.registers = i ? &grid : rows,
			.register_count = i ? 1 : 2,
		};
		const char *why = "unset";
		struct uiommufd_mmio *mmio =
			uiommufd_mmio_new(&block, NULL, &why);

		assert_non_null(mmio);
		assert_null(why);
		uiommufd_mmio_free(mmio);
	}
}

static void test_fields(void **state)
{
	static const struct uiommufd_mmio_field wide[] = {
		{ "F", 0, 32 }, { 0 } };
	static const struct uiommufd_mmio_field twice[] = {
		{ "F", 0, 4 }, { "G", 4, 8 }, { 0 } };
	static const struct uiommufd_mmio_field backward[] = {
		{ "F", 5, 4 }, { 0 } };

	refuse_row((struct uiommufd_mmio_register){ .width = 4,
						    .fields = wide },
		   "a field does not fit its register");
	refuse_row((struct uiommufd_mmio_register){ .width = 4,
						    .fields = backward },
		   "a field does not fit its register");
	refuse_row((struct uiommufd_mmio_register){ .width = 4,
						    .fields = twice },
		   "two fields of a register overlap");
}

static void test_aliases(void **state)
{
	struct uiommufd_mmio_register row = { .name = "R", .width = 4 };
	struct uiommufd_mmio_alias alias[2] = {
		{ .start = 0x1000, .size = 0x1000, .translate = nowhere },
		{ .start = 0x1000, .size = 0x1000, .translate = nowhere },
	};
	struct uiommufd_mmio_block block = {
		.name = "bad", .size = 0x2000, .registers = &row,
		.register_count = 1, .aliases = alias, .alias_count = 2,
	};

	static const uint16_t slots[0x1000 / 8];
	static const uint32_t odd[] = { 0, 4, 24, 0x2000 };

	refuse_block(&block, "two aliases overlap");
	block.alias_count = 1;
	row.offset = 0x1800;
	refuse_block(&block, "a register lies in an alias");
	row.offset = 0;
	alias[0].size = 0x800;
	refuse_block(&block, "an alias is not made of whole 4 KiB pages");
	alias[0].size = 0x2000;
	refuse_block(&block, "an alias lies beyond the window");
	alias[0].translate = NULL;
	refuse_block(&block, "an alias leads nowhere at all");
	alias[0].slots = slots;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		alias[0].slot_bytes = odd[i];
		refuse_block(&block,
			     "an alias's slots have no power-of-two size");
	}
	block.size = 0x2100;
	refuse_block(&block, "the window is not made of whole 4 KiB pages");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_overlap),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_aliases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
