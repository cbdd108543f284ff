/* SPDX-License-Identifier: MIT */
/*
 * Dumps and names, on the real blocks.
 */
#include "hw.h"

static char *dump(struct uiommufd_mmio *mmio, unsigned int flags)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	uiommufd_mmio_dump(mmio, out, flags);
	fclose(out);
	return text;
}

/* Law: a dump names registers and fields; by default only changed ones. */
static void test_dump(void **state)
{
	struct hw *hw = hw_new();
	struct uiommufd_mmio_counters before, after;
	struct ring ring;
	char *text;

	text = dump(hw->cmdqv, 0);
	assert_string_equal(text, "CMDQV\n");
	free(text);
	ring_init(&ring, 4);
	hw_guest_queue(hw, &ring);
	wr(hw, VINTF(1) + 0x44, 0x1234 << 1 | 1);
	uiommufd_mmio_read_counters(hw->cmdqv, &before);
	text = dump(hw->cmdqv, 0);
	uiommufd_mmio_read_counters(hw->cmdqv, &after);
	assert_memory_equal(&before, &after, sizeof(before));
	assert_non_null(strstr(text, "0x000208 CMDQ_ALLOC[2]"));
	assert_non_null(strstr(text, " ALLOCATED=1 LVCMDQ=0 VINTF=1\n"));
	assert_non_null(strstr(text, "SID_MATCH[1][1]"));
	assert_non_null(strstr(text, "= 0x00002469 ENABLE=1 VIRT_SID=0x1234"));
	assert_non_null(strstr(text, " EN=1 VMID=0x55 HYP_OWN=0\n"));
	assert_null(strstr(text, "PARAM"));
	free(text);
	text = dump(hw->cmdqv, UIOMMUFD_MMIO_DUMP_ALL);
	assert_non_null(strstr(text, "PARAM"));
	assert_non_null(strstr(text, "LOG2_VCMDQS=3 LOG2_VINTFS=2"));
	free(text);
	text = dump(hw->smmu, UIOMMUFD_MMIO_DUMP_ALL);
	assert_non_null(strstr(text, "0x000000 IDR0 "));
	assert_non_null(strstr(text, " S2P=1 S1P=1 TTF=2 COHACC=1"));
	assert_non_null(strstr(text, "CMDQS=0x10"));
	free(text);
	ring_fini(&ring);
	hw_free(hw);
}

static void expect_name(struct uiommufd_mmio *mmio, uint32_t offset,
			unsigned int width, const char *name)
{
	char buffer[64];

	assert_int_equal(uiommufd_mmio_decode(mmio, offset, buffer,
					      sizeof(buffer)), width);
	assert_string_equal(buffer, name);
}

/* Law: every register of spec/70 has its name at its offset. */
static void test_names(void **state)
{
	struct hw *hw = hw_new();

	expect_name(hw->cmdqv, 0x0000, 4, "CONFIG");
	expect_name(hw->cmdqv, 0x0004, 4, "PARAM");
	expect_name(hw->cmdqv, 0x0008, 4, "STATUS");
	expect_name(hw->cmdqv, 0x0018, 4, "VINTF_ERR_MAP[1]");
	expect_name(hw->cmdqv, 0x0020, 4, "VINTF_INT_MASK[1]");
	expect_name(hw->cmdqv, 0x0030, 4, "CMDQ_ERR_MAP[3]");
	expect_name(hw->cmdqv, ALLOC(5), 4, "CMDQ_ALLOC[5]");
	expect_name(hw->cmdqv, VINTF(3), 4, "VINTF_CONFIG[3]");
	expect_name(hw->cmdqv, VINTF(3) + 4, 4, "VINTF_STATUS[3]");
	expect_name(hw->cmdqv, VINTF(2) + 0x48, 4, "SID_MATCH[2][2]");
	expect_name(hw->cmdqv, VINTF(2) + 0x8c, 4, "SID_REPLACE[2][3]");
	expect_name(hw->cmdqv, VINTF(2) + 0xcc, 8, "LVCMDQ_ERR_MAP_64[2][1]");
	expect_name(hw->cmdqv, SLOT(7) + 0x14, 4, "VCMDQ_GERRORN[7]");
	expect_name(hw->cmdqv, SLOT1(7), 8, "VCMDQ_BASE[7]");
	expect_name(hw->cmdqv, 0x0c, 0, "");
	expect_name(hw->cmdqv, LV(1, 0), 0, "");
	hw_enable_vintf(hw, 1, 0);
	hw_map(hw, 6, 1, 0);
	expect_name(hw->cmdqv, LV(1, 0) + 4, 4, "VCMDQ_PROD[6]");
	expect_name(hw->cmdqv, LV1(1, 0) + 8, 8, "VCMDQ_CONS_INDX_BASE[6]");
	expect_name(hw->smmu, 0x98, 4, "CMDQ_PROD");
	expect_name(hw->smmu, 0x100ac, 4, "EVTQ_CONS");
	expect_name(hw->smmu, 0x90000000, 0, "");
	hw_free(hw);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dump),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
