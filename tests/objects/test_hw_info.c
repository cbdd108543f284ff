// SPDX-License-Identifier: MIT
/* Laws of hw_info.c: spec/20 section 13.4. */
#include "rig.h"

#include <sys/mman.h>

static int info(struct rig *rig, struct iommu_hw_info *cmd)
{
	cmd->size = sizeof(*cmd);
	return rig_ioctl(rig, IOMMU_GET_HW_INFO, cmd);
}

/* Errno row by row; on an error the structure is not written. */
static void errno_rows(void **state)
{
	struct rig *rig = *state;
	struct iommu_hw_info cmd = { .flags = 2, .dev_id = 999 };

	rig_bind(rig, 0);
	assert_int_equal(info(rig, &cmd), -EOPNOTSUPP);
	cmd.flags = 0;
	for (int i = 0; i < 3; i++) {
		cmd.__reserved[i] = 1;
		assert_int_equal(info(rig, &cmd), -EOPNOTSUPP);
		cmd.__reserved[i] = 0;
	}
	assert_int_equal(info(rig, &cmd), -ENOENT);
	cmd.dev_id = rig_ioas(rig);
	assert_int_equal(info(rig, &cmd), -ENOENT);
	cmd.dev_id = rig->dev_id[0];
	cmd.flags = IOMMU_HW_INFO_FLAG_INPUT_TYPE;
	cmd.in_data_type = 4;
	assert_int_equal(info(rig, &cmd), -EOPNOTSUPP);
	knobs.hw_info_error = -EDOM;
	cmd.flags = 0;
	assert_int_equal(info(rig, &cmd), -EDOM);
	knobs.hw_info_error = 0;
	knobs.hw_info_type_none = true;
	uik_warn_once_reset();
	uik_warn_expect_begin();
	assert_int_equal(info(rig, &cmd), -EOPNOTSUPP);
	assert_int_equal(uik_warn_expect_end(), 1);
	knobs.hw_info_type_none = false;
	cmd.data_len = 4;
	cmd.data_uptr = 8;
	cmd.out_capabilities = 0x55;
	assert_int_equal(info(rig, &cmd), -EFAULT);
	assert_int_equal(cmd.out_capabilities, 0x55);
	assert_int_equal(cmd.data_len, 4);
}

/* What fits is written, the rest of the room cleared, the length told. */
static void data_lengths(void **state)
{
	struct rig *rig = *state;
	struct iommu_hw_info cmd;
	u32 room[8];

	rig_bind(rig, 0);
	for (u32 length = 0; length <= sizeof(room); length += 2) {
		memset(room, 0xee, sizeof(room));
		cmd = (struct iommu_hw_info){
			.dev_id = rig->dev_id[0], .data_len = length,
			.data_uptr = (uintptr_t)room,
		};
		assert_int_equal(info(rig, &cmd), 0);
		assert_int_equal(cmd.data_len, 12);
		assert_int_equal(cmd.out_data_type, RIG_DATA_TYPE);
		for (u32 i = 0; i < sizeof(room); i++) {
			u8 byte = ((u8 *)room)[i];

			if (i >= length)
				assert_int_equal(byte, 0xee);
			else if (i >= 12)
				assert_int_equal(byte, 0);
			else
				assert_int_equal(byte, 0x11 * (i / 4 + 1));
		}
	}
	/* No room: the pointer may be anything. */
	cmd = (struct iommu_hw_info){
		.dev_id = rig->dev_id[0], .data_uptr = 1,
	};
	assert_int_equal(info(rig, &cmd), 0);
}

/* Capabilities and PASIDs; the input type counts with the flag only. */
static void outputs(void **state)
{
	struct rig *rig = *state;
	struct iommu_hw_info cmd = { .in_data_type = 4 };

	rig_bind(rig, 0);
	rig_bind(rig, 3);
	cmd.dev_id = rig->dev_id[0];
	assert_int_equal(info(rig, &cmd), 0);
	assert_int_equal(cmd.out_capabilities,
			 IOMMU_HW_CAP_PCI_ATS_NOT_SUPPORTED);
	assert_int_equal(cmd.out_max_pasid_log2, 8);
	knobs.dirty = true;
	knobs.ats = true;
	cmd.data_len = 0;
	assert_int_equal(info(rig, &cmd), 0);
	assert_int_equal(cmd.out_capabilities, IOMMU_HW_CAP_DIRTY_TRACKING);
	/* A driver that has nothing to tell. */
	cmd.dev_id = rig->dev_id[3];
	cmd.flags = IOMMU_HW_INFO_FLAG_INPUT_TYPE;
	cmd.in_data_type = 4;
	cmd.data_len = 0;
	assert_int_equal(info(rig, &cmd), 0);
	assert_int_equal(cmd.out_data_type, IOMMU_HW_INFO_TYPE_NONE);
	assert_int_equal(cmd.data_len, 0);
	assert_int_equal(cmd.out_max_pasid_log2, 0);
	assert_int_equal(cmd.dev_id, rig->dev_id[3]);
}

/* Size rules; 32 bytes will do, without capabilities. */
static void size_rules(void **state)
{
	struct rig *rig = *state;
	struct {
		struct iommu_hw_info cmd;
		u8 tail[16];
	} big = {};

	rig_bind(rig, 0);
	big.cmd.dev_id = rig->dev_id[0];
	rig_check_sizes(rig, IOMMU_GET_HW_INFO, &big, 40, 32);
	big.cmd.size = 32;
	big.cmd.out_capabilities = 0x77;
	assert_int_equal(rig_ioctl(rig, IOMMU_GET_HW_INFO, &big), 0);
	assert_int_equal(big.cmd.out_capabilities, 0x77);
	assert_int_equal(big.cmd.data_len, 12);
}

static int sweep_op(struct rig *rig)
{
	u32 room[4];
	struct iommu_hw_info cmd = {
		.dev_id = rig->dev_id[0], .data_len = sizeof(room),
		.data_uptr = (uintptr_t)room,
	};

	return info(rig, &cmd);
}

static void sweep_undo(struct rig *rig)
{
	assert_int_equal(rig_users(rig, rig->dev_id[0]), 2);
}

static void failure_sweep(void **state)
{
	static const int errnos[] = { ENOMEM, EFAULT, ENOENT, 0 };
	struct rig *rig = *state;

	rig_bind(rig, 0);
	rig_sweep(rig, sweep_op, sweep_undo, errnos);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		RIG_TEST(errno_rows),
		RIG_TEST(data_lengths),
		RIG_TEST(outputs),
		RIG_TEST(size_rules),
		RIG_TEST(failure_sweep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
