/* SPDX-License-Identifier: MIT */
/*
 * The register reference of spec/70 (sections 2 and 7), bit by bit.
 *
 * The model, the reference's tables and what is expected here come from one
 * description.  A second table was written by hand from the reference before
 * there was a description, and says the same in other words: offset, width,
 * reset value and the bits that software can write.  Each bit of each register is written alone; what lies
 * between registers, accesses of a wrong width and misaligned ones are tried
 * at every word of the window; each alias is compared with what it shows.
 */
#include "hw.h"

#define VINTFS 4
#define VCMDQS 8
#define SIDS 4
#define RO 0
#define RW32 UINT64_C(0xffffffff)
#define RW64 UINT64_C(0xffffffffffffffff)
#define RESET_CONFIG 0x00020403
#define MSI_ADDRESS UINT64_C(0x000ffffffffffffc)
#define QUEUE_BASE UINT64_C(0x400fffffffffffff)
#define QUEUE_INDEX 0x000fffff
#define EVENT_INDEX 0x800fffff

struct reference {
	const char *name;
	uint32_t offset;
	uint8_t width;
	uint64_t reset;
	uint64_t writable;
	uint32_t count, stride;		/* 0: one */
	uint32_t outer, outer_stride;	/* 0: one */
	uint64_t actions;		/* writable bits that read 0 */
	bool pri;			/* only with IDR0.PRI */
	bool configured;		/* resets to what the platform says */
	const struct uiommufd_mmio_field *fields;	/* NULL: one number */
};

/* What the descriptions of lib/sim/registers say, for this geometry. */
static const struct reference cmdqv[] = {
#include "cmdqv_expected.inc"
};

static const struct reference smmu[] = {
#include "smmuv3_expected.inc"
};

/* Section 2.2 to 2.4, for 4 VINTFs, 8 VCMDQs, 4 SIDs: PARAM = 0x2231. */
static const struct reference cmdqv_witness[] = {
	{ "CONFIG", 0x0000, 4, RESET_CONFIG, 0x001fffff },
	{ "PARAM", 0x0004, 4, 0x2231, RO },
	{ "STATUS", 0x0008, 4, 0, RO },
	{ "VINTF_ERR_MAP", 0x0014, 4, 0, RO, 2, 4 },
	{ "VINTF_INT_MASK", 0x001c, 4, 0, RW32, 2, 4 },
	{ "CMDQ_ERR_MAP", 0x0024, 4, 0, RO, 4, 4 },
	{ "CMDQ_ALLOC", 0x0200, 4, 0, 0x001f80ff, VCMDQS, 4 },
	{ "VINTF_CONFIG", 0x1000, 4, 0, 0x0003ffff, VINTFS, 0x100 },
	{ "VINTF_STATUS", 0x1004, 4, 0, RO, VINTFS, 0x100 },
	{ "SID_MATCH", 0x1040, 4, 0, 0x001fffff, SIDS, 4, VINTFS, 0x100 },
	{ "SID_REPLACE", 0x1080, 4, 0, RW32, SIDS, 4, VINTFS, 0x100 },
	{ "LVCMDQ_ERR_MAP_64", 0x10c0, 8, 0, RO, 2, 8, VINTFS, 0x100 },
	{ "VCMDQ_CONS", 0x10000, 4, 0, 0x7f0fffff, VCMDQS, 0x80 },
	{ "VCMDQ_PROD", 0x10004, 4, 0, QUEUE_INDEX, VCMDQS, 0x80 },
	{ "VCMDQ_CONFIG", 0x10008, 4, 0, 1, VCMDQS, 0x80 },
	{ "VCMDQ_STATUS", 0x1000c, 4, 0, RO, VCMDQS, 0x80 },
	{ "VCMDQ_GERROR", 0x10010, 4, 0, RO, VCMDQS, 0x80 },
	{ "VCMDQ_GERRORN", 0x10014, 4, 0, 7, VCMDQS, 0x80 },
	{ "VCMDQ_BASE", 0x20000, 8, 0, 0x0000ffffffffffff, VCMDQS, 0x80 },
	{ "VCMDQ_CONS_INDX_BASE", 0x20008, 8, 0, RW64, VCMDQS, 0x80 },
};

/* Section 7.  IDR and IIDR are a configuration's: see reset_of(). */
static const struct reference smmu_witness[] = {
	{ "IDR0", 0x00, 4, 0, RO },
	{ "IDR1", 0x04, 4, 0, RO },
	{ "IDR2", 0x08, 4, 0, RO },
	{ "IDR3", 0x0c, 4, 0, RO },
	{ "IDR4", 0x10, 4, 0, RO },
	{ "IDR5", 0x14, 4, 0, RO },
	{ "IIDR", 0x18, 4, 0, RO },
	{ "AIDR", 0x1c, 4, 0, RO },
	{ "CR0", 0x20, 4, 0, 0x1f },
	{ "CR0ACK", 0x24, 4, 0, RO },
	{ "CR1", 0x28, 4, 0, 0xfff },
	{ "CR2", 0x2c, 4, 0, 7 },
	{ "GBPA", 0x44, 4, 0x1000, 0x001f3f1f, .actions = 1u << 31 },
	{ "IRQ_CTRL", 0x50, 4, 0, 7 },
	{ "IRQ_CTRLACK", 0x54, 4, 0, RO },
	{ "GERROR", 0x60, 4, 0, RO },
	{ "GERRORN", 0x64, 4, 0, 0x1fd },
	{ "GERROR_IRQ_CFG0", 0x68, 8, 0, MSI_ADDRESS },
	{ "GERROR_IRQ_CFG1", 0x70, 4, 0, RW32 },
	{ "GERROR_IRQ_CFG2", 0x74, 4, 0, 0x3f },
	{ "STRTAB_BASE", 0x80, 8, 0, UINT64_C(0x400fffffffffffc0) },
	{ "STRTAB_BASE_CFG", 0x88, 4, 0, 0x307ff },
	{ "CMDQ_BASE", 0x90, 8, 0, QUEUE_BASE },
	{ "CMDQ_PROD", 0x98, 4, 0, QUEUE_INDEX },
	{ "CMDQ_CONS", 0x9c, 4, 0, 0x7f0fffff },
	{ "EVTQ_BASE", 0xa0, 8, 0, QUEUE_BASE },
	{ "EVTQ_IRQ_CFG0", 0xb0, 8, 0, MSI_ADDRESS },
	{ "EVTQ_IRQ_CFG1", 0xb8, 4, 0, RW32 },
	{ "EVTQ_IRQ_CFG2", 0xbc, 4, 0, 0x3f },
	{ "PRIQ_BASE", 0xc0, 8, 0, QUEUE_BASE, .pri = true },
	{ "PRIQ_IRQ_CFG0", 0xd0, 8, 0, MSI_ADDRESS, .pri = true },
	{ "PRIQ_IRQ_CFG1", 0xd8, 4, 0, RW32, .pri = true },
	{ "PRIQ_IRQ_CFG2", 0xdc, 4, 0, 0x3f, .pri = true },
	{ "EVTQ_PROD", 0x100a8, 4, 0, EVENT_INDEX },
	{ "EVTQ_CONS", 0x100ac, 4, 0, EVENT_INDEX },
	{ "PRIQ_PROD", 0x100c8, 4, 0, EVENT_INDEX, .pri = true },
	{ "PRIQ_CONS", 0x100cc, 4, 0, EVENT_INDEX, .pri = true },
};

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

/* The configuration's own identification registers. */
static const uint32_t idr[6] = { 0x080d16df, 0x00000514, 0x12345678,
				 0x00001500, 0x9abcdef0, 0x00800075 };

static struct hw *hw_of_reference(bool pri)
{
	struct uiommufd_platform_config config;

	hw_config(&config);
	for (int i = 0; i < 6; i++)
		config.hardware.idr[i] = idr[i];
	if (!pri)
		config.hardware.idr[0] &= ~(1u << 16);
	config.hardware.log2_commands = 13;
	config.hardware.log2_events = 9;
	config.hardware.iidr = 0xfeedf00d;
	config.hardware.aidr = 0x00000042;
	return hw_with(&config);
}

static uint64_t reset_of(const struct reference *row, bool pri)
{
	if (!strncmp(row->name, "IDR", 3)) {
		int i = row->name[3] - '0';

		/* The two queue sizes have options of their own. */
		if (i == 1)
			return idr[1] | 9u << 16 | 13u << 21;
		return i || pri ? idr[i] : idr[0] & ~(1u << 16);
	}
	if (!strcmp(row->name, "IIDR"))
		return 0xfeedf00d;
	if (!strcmp(row->name, "AIDR"))
		return 0x42;
	if (!strcmp(row->name, "PARAM"))
		return 0x2231;
	if (!strcmp(row->name, "CONFIG"))
		return RESET_CONFIG;
	assert_false(row->configured);
	return row->reset;
}

static uint32_t cells_of(const struct reference *row)
{
	return (row->count ? row->count : 1) * (row->outer ? row->outer : 1);
}

static uint32_t offset_of(const struct reference *row, uint32_t cell)
{
	uint32_t inner = row->count ? row->count : 1;

	return row->offset + cell % inner * row->stride +
	       cell / inner * row->outer_stride;
}

/* What an access added to the block's counters. */
struct tally {
	struct uiommufd_mmio *block;
	struct uiommufd_mmio_counters before;
};

static struct uiommufd_mmio_counters tally_end(struct tally *tally)
{
	struct uiommufd_mmio_counters now, was = tally->before;

	uiommufd_mmio_read_counters(tally->block, &now);
	tally->before = now;
	now.guest_errors -= was.guest_errors;
	now.wrong_width -= was.wrong_width;
	now.misaligned -= was.misaligned;
	now.no_register -= was.no_register;
	now.reserved_bits -= was.reserved_bits;
	now.read_only -= was.read_only;
	now.unmapped -= was.unmapped;
	return now;
}

static struct tally tally_of(struct uiommufd_mmio *block)
{
	struct tally tally = { .block = block };

	tally_end(&tally);
	return tally;
}

#define CHECK(cond, row, at, bit)                                            \
	do {                                                                 \
		if (!(cond))                                                 \
			fail_msg("%s at 0x%x, bit %d: %s", (row)->name, at,  \
				 bit, #cond);                                \
	} while (0)

/* One bit of a register: writable, an action, reserved or read-only. */
static void check_bit(struct tally *tally, const struct reference *row,
		      uint32_t at, int bit)
{
	uint64_t one = UINT64_C(1) << bit;
	uint64_t old = uiommufd_mmio_read(tally->block, at, row->width);
	bool all_ro = !(row->writable | row->actions);
	bool writable = (row->writable | row->actions) & one;
	struct uiommufd_mmio_counters added;
	uint64_t now;

	tally_end(tally);
	uiommufd_mmio_write(tally->block, at, row->width, one | row->actions);
	added = tally_end(tally);
	now = uiommufd_mmio_read(tally->block, at, row->width);
	if (all_ro) {
		CHECK(now == old, row, at, bit);
		CHECK(added.read_only == 1, row, at, bit);
		return;
	}
	CHECK(now == (one & row->writable), row, at, bit);
	CHECK(added.reserved_bits == !writable, row, at, bit);
	CHECK(added.read_only == 0, row, at, bit);
	uiommufd_mmio_write(tally->block, at, row->width, row->actions);
	CHECK(uiommufd_mmio_read(tally->block, at, row->width) == 0, row, at,
	      bit);
}

/* The value that a dump shows for a field of the register at @at. */
static uint64_t dumped(struct uiommufd_mmio *block, uint32_t at,
		       const char *field)
{
	char offset[16], name[64], *text = NULL, *line, *found;
	uint64_t value;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	uiommufd_mmio_dump(block, out, UIOMMUFD_MMIO_DUMP_ALL);
	fclose(out);
	snprintf(offset, sizeof(offset), "0x%06x ", at);
	line = strstr(text, offset);
	assert_non_null(line);
	line[strcspn(line, "\n")] = '\0';
	snprintf(name, sizeof(name), " %s=", field);
	found = strstr(line, name);
	if (!found)
		fail_msg("no %s in %s", field, line);
	value = strtoull(found + strlen(name), NULL, 0);
	free(text);
	return value;
}

/* Fields are where they are said to be: all ones in one, nothing elsewhere. */
static void check_fields(struct tally *tally, const struct reference *row,
			 uint32_t at)
{
	for (const struct uiommufd_mmio_field *field = row->fields;
	     field && field->name; field++) {
		uint64_t most = ~UINT64_C(0) >>
				(63 - (field->last_bit - field->first_bit));
		uint64_t mask = most << field->first_bit;
		uint64_t stays = row->writable ? mask & row->writable :
						 reset_of(row, true) & mask;

		if (row->writable)
			uiommufd_mmio_write(tally->block, at, row->width,
					    mask | row->actions);
		CHECK(dumped(tally->block, at, field->name) ==
			      stays >> field->first_bit, row, at,
		      field->first_bit);
		if (row->writable)
			uiommufd_mmio_write(tally->block, at, row->width,
					    row->actions);
	}
}

/* A 64-bit register is also two 32-bit ones. */
static void check_halves(struct tally *tally, const struct reference *row,
			 uint32_t at)
{
	const uint64_t pattern = UINT64_C(0x0123456789abcdef);
	uint64_t want = pattern & row->writable;

	tally_end(tally);
	uiommufd_mmio_write(tally->block, at, 4, (uint32_t)want);
	uiommufd_mmio_write(tally->block, at + 4, 4, want >> 32);
	CHECK(uiommufd_mmio_read(tally->block, at, 8) == want, row, at, -1);
	CHECK(uiommufd_mmio_read(tally->block, at, 4) == (uint32_t)want, row,
	      at, -1);
	CHECK(uiommufd_mmio_read(tally->block, at + 4, 4) == want >> 32, row,
	      at, -1);
	CHECK(tally_end(tally).guest_errors == (row->writable ? 0 : 2), row,
	      at, -1);
	uiommufd_mmio_write(tally->block, at, 8, 0);
	tally_end(tally);
}

static void check_misuse(struct tally *tally, const struct reference *row,
			 uint32_t at)
{
	uint64_t value = uiommufd_mmio_read(tally->block, at, row->width);

	tally_end(tally);
	for (unsigned int width = 1; width <= 2; width++) {
		CHECK(!uiommufd_mmio_read(tally->block, at, width), row, at,
		      -1);
		uiommufd_mmio_write(tally->block, at, width, 1);
	}
	CHECK(tally_end(tally).wrong_width == 4, row, at, -1);
	CHECK(!uiommufd_mmio_read(tally->block, at + 1, 4), row, at, -1);
	CHECK(!uiommufd_mmio_read(tally->block, at + 2, 4), row, at, -1);
	uiommufd_mmio_write(tally->block, at + 2, 4, ~0u);
	CHECK(tally_end(tally).misaligned == 3, row, at, -1);
	if (row->width == 4) {
		struct uiommufd_mmio_counters added;

		CHECK(!uiommufd_mmio_read(tally->block, at, 8), row, at, -1);
		uiommufd_mmio_write(tally->block, at, 8, ~0ull);
		added = tally_end(tally);
		CHECK((at % 8 ? added.misaligned : added.wrong_width) == 2,
		      row, at, -1);
	}
	CHECK(uiommufd_mmio_read(tally->block, at, row->width) == value, row,
	      at, -1);
}

static void check_cell(const struct reference *row, uint32_t cell, bool smmu)
{
	struct hw *hw = hw_of_reference(true);
	struct tally tally = tally_of(smmu ? hw->smmu : hw->cmdqv);
	uint32_t at = offset_of(row, cell);
	char name[64];

	CHECK(uiommufd_mmio_decode(tally.block, at, name, sizeof(name)) ==
		      row->width, row, at, -1);
	CHECK(!strncmp(name, row->name, strlen(row->name)), row, at, -1);
	CHECK(uiommufd_mmio_read(tally.block, at, row->width) ==
		      reset_of(row, true), row, at, -1);
	CHECK(tally_end(&tally).guest_errors == 0, row, at, -1);
	check_misuse(&tally, row, at);
	for (int bit = 0; bit < row->width * 8; bit++)
		check_bit(&tally, row, at, bit);
	check_fields(&tally, row, at);
	if (row->width == 8)
		check_halves(&tally, row, at);
	hw_free(hw);
}

/* First, last and one in the middle of a register's copies. */
static void check_rows(const struct reference *row, size_t count, bool smmu)
{
	for (; count; count--, row++) {
		uint32_t cells = cells_of(row);

		check_cell(row, 0, smmu);
		if (cells > 2)
			check_cell(row, cells / 2 + 1, smmu);
		if (cells > 1)
			check_cell(row, cells - 1, smmu);
	}
}

/* Law (spec/70 2.2-2.4): offset, reset value and the access of every bit. */
static void test_cmdqv_bits(void **state)
{
	check_rows(cmdqv, ROWS(cmdqv), false);
}

/* Law (spec/70 7): the same of the SMMU. */
static void test_smmu_bits(void **state)
{
	check_rows(smmu, ROWS(smmu), true);
}

static void check_witness(const struct reference *said, size_t count,
			  const struct reference *row, size_t rows)
{
	assert_int_equal(count, rows);
	for (; count; count--, row++) {
		const struct reference *one = said;

		while (strcmp(one->name, row->name))
			CHECK(++one < said + rows, row, row->offset, -1);
		CHECK(one->offset == row->offset, row, row->offset, -1);
		CHECK(one->width == row->width, row, row->offset, -1);
		CHECK(reset_of(one, true) == reset_of(row, true), row,
		      row->offset, -1);
		CHECK(one->writable == row->writable, row, row->offset, -1);
		CHECK(one->actions == row->actions, row, row->offset, -1);
		CHECK(one->pri == row->pri, row, row->offset, -1);
		CHECK(cells_of(one) == cells_of(row), row, row->offset, -1);
		for (uint32_t i = 0; i < cells_of(row); i++)
			CHECK(offset_of(one, i) == offset_of(row, i), row,
			      row->offset, -1);
	}
}

/* Law: the description says what was once read from the reference by hand. */
static void test_witness(void **state)
{
	check_witness(cmdqv, ROWS(cmdqv), cmdqv_witness, ROWS(cmdqv_witness));
	check_witness(smmu, ROWS(smmu), smmu_witness, ROWS(smmu_witness));
}

/* Marks the words of the window that the reference has registers for. */
static uint8_t *reference_words(const struct reference *row, size_t count,
				uint32_t window, bool pri)
{
	uint8_t *known = calloc(window / 4, 1);

	for (; count; count--, row++)
		for (uint32_t i = 0; i < cells_of(row); i++)
			for (uint32_t b = 0; b < row->width; b += 4)
				known[(offset_of(row, i) + b) / 4] =
					!row->pri || pri;
	return known;
}

/* Every word below @end: a register, or RAZ/WI and a guest error. */
static void check_holes(struct uiommufd_mmio *block, const uint8_t *known,
			uint32_t end)
{
	struct tally tally = tally_of(block);
	uint32_t before = 0;

	for (uint32_t at = 0; at < end; at += 4) {
		char name[64];
		bool there = uiommufd_mmio_decode(block, at, name, 64);

		if (there != known[at / 4])
			fail_msg("0x%x: %s", at, there ? name : "no register");
		if (there)
			continue;
		before++;
		assert_int_equal(uiommufd_mmio_read(block, at, 4), 0);
		uiommufd_mmio_write(block, at, 4, ~0u);
		assert_int_equal(uiommufd_mmio_read(block, at, 4), 0);
		if (tally_end(&tally).no_register != 3)
			fail_msg("0x%x: not told", at);
	}
	assert_true(before > 0);
}

/* Law: what is no register reads 0, ignores writes and is told. */
static void test_holes(void **state)
{
	for (int pri = 0; pri <= 1; pri++) {
		struct hw *hw = hw_of_reference(pri);
		uint8_t *known = reference_words(smmu, ROWS(smmu), 0x20000,
						 pri);

		check_holes(hw->smmu, known, 0x20000);
		free(known);
		known = reference_words(cmdqv, ROWS(cmdqv), 0x30000, pri);
		check_holes(hw->cmdqv, known, 0x30000);
		free(known);
		/* Beyond the window there is nothing either. */
		struct tally tally = tally_of(hw->cmdqv);

		assert_int_equal(rd(hw, 0x30000 + 0x20000 * VINTFS), 0);
		assert_int_equal(tally_end(&tally).no_register, 1);
		hw_free(hw);
	}
}

/* Every word of both pages of a VINTF against the queue it should show. */
static void check_alias(struct hw *hw, uint32_t v, const int *shown)
{
	struct tally tally = tally_of(hw->cmdqv);

	for (uint32_t at = 0; at < 0x20000; at += 4) {
		uint32_t l = at % 0x10000 / 0x80, word = at % 0x80;
		uint32_t logical = 0x30000 + 0x20000 * v + at;
		uint32_t direct = at < 0x10000 ? 0x10000 : 0x20000;
		struct uiommufd_mmio_counters added, wanted;
		uint32_t value = rd(hw, logical);

		added = tally_end(&tally);
		if (l >= VCMDQS || shown[l] < 0) {
			assert_int_equal(value, 0);
			assert_int_equal(added.unmapped, 1);
			assert_int_equal(added.guest_errors, 0);
			continue;
		}
		direct += 0x80 * shown[l] + word;
		assert_int_equal(value, rd(hw, direct));
		wanted = tally_end(&tally);
		assert_int_equal(added.guest_errors, wanted.guest_errors);
	}
}

/* Law (spec/70 2.1, 2.4): both pages of each VINTF are aliases by the map. */
static void test_vintf_pages(void **state)
{
	static const struct {
		uint32_t q, v, l;
	} maps[] = { { 5, 0, 0 }, { 2, 0, 1 }, { 0, 3, 0 }, { 7, 3, 1 } };
	int shown[VINTFS][VCMDQS];
	struct hw *hw = hw_of_reference(true);

	memset(shown, -1, sizeof(shown));
	hw_enable_vintf(hw, 0, 0);
	hw_enable_vintf(hw, 3, 0);
	for (uint32_t q = 0; q < VCMDQS; q++) {
		wr(hw, SLOT(q), 0x100 + q);
		wr(hw, SLOT(q) + 4, 0x200 + q);
		wr64(hw, SLOT1(q), UINT64_C(0x123400000000) | q << 12);
		wr64(hw, SLOT1(q) + 8, UINT64_C(0x567800000000) | q);
	}
	for (size_t i = 0; i < ROWS(maps); i++) {
		hw_map(hw, maps[i].q, maps[i].v, maps[i].l);
		shown[maps[i].v][maps[i].l] = maps[i].q;
	}
	for (uint32_t v = 0; v < VINTFS; v++)
		check_alias(hw, v, shown[v]);
	/* Written through the alias, read at the queue, and the way back. */
	wr64(hw, LV1(3, 1) + 8, 0x77);
	assert_int_equal(rd64(hw, SLOT1(7) + 8), 0x77);
	wr(hw, LV(0, 1) + 4, 0x42);
	assert_int_equal(rd(hw, SLOT(2) + 4), 0x42);
	wr(hw, SLOT(2) + 4, 0x43);
	assert_int_equal(rd(hw, LV(0, 1) + 4), 0x43);
	hw_free(hw);
}

static void check_dump(struct uiommufd_mmio *block, const struct reference *row,
		       size_t count, const char *const *fields)
{
	size_t size = 0;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);

	uiommufd_mmio_dump(block, out, UIOMMUFD_MMIO_DUMP_ALL);
	fclose(out);
	for (; count; count--, row++)
		for (uint32_t i = 0; i < cells_of(row); i++) {
			char want[64];

			snprintf(want, sizeof(want), "0x%06x %s",
				 offset_of(row, i), row->name);
			if (!strstr(text, want))
				fail_msg("the dump lacks '%s'", want);
		}
	for (; *fields; fields++)
		if (!strstr(text, *fields))
			fail_msg("the dump lacks '%s'", *fields);
	free(text);
}

/* Law: a dump names every register and decodes its fields. */
static void test_dump_is_complete(void **state)
{
	static const char *const cmdqv_fields[] = {
		" CMDQV_EN=1 PER_CMD_OFFSET=1 MAX_CLK_BATCH=0x40 "
		"MAX_CMD_BATCH=0x20 CONS_DRAM_EN=0",
		" VER=1 LOG2_VCMDQS=3 LOG2_VINTFS=2 LOG2_SIDS=2",
		" EN=1 VMID=0x55 HYP_OWN=0", " ALLOCATED=1 LVCMDQ=0 VINTF=1",
		" LOG2SIZE=4 ADDR=", " ENABLED=1 STATUS=0 LVCMDQS=1", NULL
	};
	static const char *const smmu_fields[] = {
		" S2P=1 S1P=1 TTF=3 COHACC=1", " CMDQS=0xd", " FWB=1 RIL=1",
		" IMPLEMENTER=0xd", " QUEUE_IC=0", " ABORT=0 UPDATE=0", NULL
	};
	struct hw *hw = hw_of_reference(true);
	struct ring ring;

	ring_init(&ring, 4);
	hw_guest_queue(hw, &ring);
	check_dump(hw->cmdqv, cmdqv, ROWS(cmdqv), cmdqv_fields);
	check_dump(hw->smmu, smmu, ROWS(smmu), smmu_fields);
	ring_fini(&ring);
	hw_free(hw);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_witness),
		cmocka_unit_test(test_cmdqv_bits),
		cmocka_unit_test(test_smmu_bits),
		cmocka_unit_test(test_holes),
		cmocka_unit_test(test_vintf_pages),
		cmocka_unit_test(test_dump_is_complete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
