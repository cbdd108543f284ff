/* SPDX-License-Identifier: MIT */
/*
 * What is accepted from a guest: bit by bit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "arm-smmu-v3-impl.h"

/* --- commands ------------------------------------------------------------ */

#define SID 0xffffffff00000000ull
#define SSID 0x00000000fffff000ull
#define SSV_GLOBAL 0x0000000000000a00ull
#define VMID 0x0000ffff00000000ull
#define ASID 0xffff000000000000ull
#define ASID8 0x00ff000000000000ull
#define NUM_SCALE 0x0000000001f1f000ull
#define SCALE_25 0x0000000002000000ull
#define PAGE 0xfffffffffffff000ull
#define TG_TTL 0x0000000000000f00ull
#define LEAF 1ull
#define ATC_SIZE 0x3full

static struct smmu3_device smmu(unsigned int variant)
{
	struct smmu3_device sd = {};

	sd.features = (variant & 1 ? SMMU3_FEAT_RANGE : 0) |
		      (variant & 2 ? SMMU3_FEAT_DS : 0) |
		      (variant & 4 ? SMMU3_FEAT_ATS : 0);
	sd.ssid_bits = variant & 8 ? 20 : 0;
	sd.asid_bits = variant & 16 ? 16 : 8;
	return sd;
}

/* The table of spec/70 11.3, written out a second time. */
static bool allowed(const struct smmu3_device *sd, u8 op, u64 mask[2])
{
	u64 ssid = sd->ssid_bits ? SSID : 0;
	u64 asid = sd->asid_bits == 16 ? ASID : ASID8;
	u64 range0 = 0, range1 = 0;

	if (sd->features & SMMU3_FEAT_RANGE) {
		range0 = NUM_SCALE;
		range1 = TG_TTL;
		if (sd->features & SMMU3_FEAT_DS)
			range0 |= SCALE_25;
	}
	mask[0] = 0;
	mask[1] = 0;
	switch (op) {
	case 0x30:
		return true;
	case 0x10:
		mask[0] = VMID;
		return true;
	case 0x11:
		mask[0] = VMID | asid;
		return true;
	case 0x12:
		mask[0] = VMID | asid | range0;
		mask[1] = LEAF | PAGE | range1;
		return true;
	case 0x13:
		mask[0] = VMID | range0;
		mask[1] = LEAF | PAGE | range1;
		return true;
	case 0x40:
		mask[0] = SID | ssid | (sd->ssid_bits ? SSV_GLOBAL : 0);
		mask[1] = ATC_SIZE | PAGE;
		return sd->features & SMMU3_FEAT_ATS;
	case 0x05:
		mask[0] = SID | ssid;
		mask[1] = LEAF;
		return true;
	case 0x06:
		mask[0] = SID;
		return true;
	default:
		return false;
	}
}

static bool is_range_op(u8 op)
{
	return op == 0x12 || op == 0x13;
}

/*
 * A valid bare command; for one more bit of the range fields it must already
 * be a range command.
 */
static struct arm_smmu_cmd bare(const struct smmu3_device *sd, u8 op,
				bool range)
{
	struct arm_smmu_cmd cmd = { .data = { op, 0 } };

	if (range && is_range_op(op) && sd->features & SMMU3_FEAT_RANGE)
		cmd.data[1] = 1 << 10 | 3 << 8;
	return cmd;
}

/*
 * Law (spec/70 11.3): of all 256 opcodes and 32 kinds of SMMU, with each other
 * bit of the command set alone, exactly the listed ones pass (the ATC size is
 * then 32 at most and passes).
 */
static void each_bit_of_each_command(void **state)
{
	unsigned int variant, op, bit;

	for (variant = 0; variant < 32; variant++) {
		struct smmu3_device sd = smmu(variant);

		for (op = 0; op < 256; op++) {
			u64 mask[2];
			bool known = allowed(&sd, op, mask);
			struct arm_smmu_cmd base = bare(&sd, op, true);

			assert_int_equal(smmu3_user_cmd_check(&sd, &base),
					 known ? 0 : -EIO);
			for (bit = 8; bit < 128; bit++) {
				struct arm_smmu_cmd cmd = base;
				u64 one = 1ull << bit % 64;
				bool pass = known && mask[bit / 64] & one;

				if (cmd.data[bit / 64] & one)
					continue;
				cmd.data[bit / 64] |= one;
				/* TG 3 is 64K with TTL 3: fine */
				assert_int_equal(
					smmu3_user_cmd_check(&sd, &cmd),
					pass ? 0 : -EIO);
			}
		}
	}
}

/*
 * Law: TG 0 goes with no other range field; TG set wants one of NUM, SCALE,
 * TTL; 16 KiB with TTL 1 wants DS.  Every combination, with and without DS.
 */
static void each_combination_of_range_fields(void **state)
{
	unsigned int ds, tg, ttl, num, scale;

	for (ds = 0; ds < 2; ds++) {
		struct smmu3_device sd = smmu(1 | (ds ? 2 : 0) | 16);

		for (tg = 0; tg < 4; tg++)
		for (ttl = 0; ttl < 4; ttl++)
		for (num = 0; num < 32; num += 31)
		for (scale = 0; scale < 64; scale += 9) {
			struct arm_smmu_cmd cmd = {
				.data = { 0x12 | (u64)num << 12 |
						  (u64)scale << 20,
					  (u64)tg << 10 | (u64)ttl << 8 },
			};
			bool any = num || scale || ttl;
			bool pass = tg ? any : !any;

			if (tg == 2 && ttl == 1 && !ds)
				pass = false;
			if (scale > 31 && !ds)
				pass = false;
			assert_int_equal(smmu3_user_cmd_check(&sd, &cmd),
					 pass ? 0 : -EIO);
		}
	}
}

/* Law: an ATC invalidation covers 2^52 pages at most. */
static void each_size_of_an_atc_invalidation(void **state)
{
	struct smmu3_device sd = smmu(4);
	unsigned int size;

	for (size = 0; size < 64; size++) {
		struct arm_smmu_cmd cmd = { .data = { 0x40, size } };

		assert_int_equal(smmu3_user_cmd_check(&sd, &cmd),
				 size <= 52 ? 0 : -EIO);
	}
}

/* --- stream table entries ------------------------------------------------ */

#define STE0_OK 0xf80fffffffffffffull
#define STE1_OK 0x00000000380000ffull

/*
 * Law (spec/70 11.2): of a valid entry exactly V, Config, S1Fmt, S1ContextPtr,
 * S1CDMax and S1DSS, S1CIR, S1COR, S1CSH, S1STALLD, EATS are accepted.
 */
static void each_bit_of_a_stream_table_entry(void **state)
{
	unsigned int bit;
	bool ats;

	for (bit = 1; bit < 128; bit++) {
		u64 ste[2] = { 1 | 5 << 1, 0 };
		u64 one = 1ull << bit % 64;
		bool pass = (bit < 64 ? STE0_OK : STE1_OK) & one;

		/* Config and EATS have values of their own to refuse. */
		if (bit < 4 || bit == 64 + 29)
			continue;
		ste[bit / 64] |= one;
		assert_int_equal(smmu3_nested_check(ste, &ats),
				 pass ? 0 : -EIO);
	}
}

/* Law: Config is abort, bypass or stage 1; EATS off or translated. */
static void each_value_of_config_and_eats(void **state)
{
	unsigned int config, eats;
	bool ats;

	for (config = 0; config < 8; config++) {
		for (eats = 0; eats < 4; eats++) {
			u64 ste[2] = { 1 | config << 1, (u64)eats << 28 };
			bool pass = (config == 0 || config == 4 ||
				     config == 5) && eats < 2;

			assert_int_equal(smmu3_nested_check(ste, &ats),
					 pass ? 0 : -EIO);
			if (!pass)
				continue;
			assert_int_equal(ats, config == 5 && eats == 1);
			assert_int_equal(ste[1], 0);
		}
	}
}

/* Law: an invalid entry is accepted, whatever else is in it, and becomes 0. */
static void an_invalid_entry_is_all_zeros(void **state)
{
	u64 ste[2] = { ~1ull, ~0ull };
	bool ats = true;

	assert_int_equal(smmu3_nested_check(ste, &ats), 0);
	assert_int_equal(ste[0] | ste[1], 0);
	assert_false(ats);
}

/* --- ATC ranges ---------------------------------------------------------- */

/*
 * Law (spec/70 5): the range of an ATC invalidation is the smallest naturally
 * aligned power of two of pages that contains what is asked for.
 */
static void atc_ranges_are_the_smallest_blocks(void **state)
{
	u64 first, count;

	for (first = 0; first < 40; first++) {
		for (count = 1; count < 40; count++) {
			struct arm_smmu_cmd cmd = smmu3_cmd_atc_inv(
				7, 0, first << 12, count << 12);
			u64 size = cmd.data[1] & 0x3f;
			u64 base = cmd.data[1] >> 12;

			assert_int_equal(base & ((1ull << size) - 1), 0);
			assert_true(base <= first &&
				    first + count <= base + (1ull << size));
			/* The half of it that holds @first is too small. */
			if (size)
				assert_int_not_equal(
					first >> (size - 1),
					(first + count - 1) >> (size - 1));
		}
	}
	assert_int_equal(smmu3_cmd_atc_inv(7, 0, 0, 0).data[1], 52);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_bit_of_each_command),
		cmocka_unit_test(each_combination_of_range_fields),
		cmocka_unit_test(each_size_of_an_atc_invalidation),
		cmocka_unit_test(each_bit_of_a_stream_table_entry),
		cmocka_unit_test(each_value_of_config_and_eats),
		cmocka_unit_test(an_invalid_entry_is_all_zeros),
		cmocka_unit_test(atc_ranges_are_the_smallest_blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
