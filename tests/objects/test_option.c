// SPDX-License-Identifier: MIT
/* Laws of option.c: spec/10 section 11. */
#include "rig.h"

#include <linux/capability.h>
#include <sys/mman.h>

static int option(struct rig *rig, u32 id, u16 op, u32 object, u64 *value)
{
	struct iommu_option cmd = {
		.size = sizeof(cmd), .option_id = id, .op = op,
		.object_id = object, .val64 = *value,
	};
	int ret = rig_ioctl(rig, IOMMU_OPTION, &cmd);

	*value = cmd.val64;
	return ret;
}

static int rlimit(struct rig *rig, u16 op, u64 *value)
{
	return option(rig, IOMMU_OPTION_RLIMIT_MODE, op, 0, value);
}

/* Rows in order. */
static void errno_rows(void **state)
{
	struct rig *rig = *state;
	struct iommu_option cmd = {
		.size = sizeof(cmd), .option_id = 99, .__reserved = 1,
	};
	u64 value = 0;

	assert_int_equal(rig_ioctl(rig, IOMMU_OPTION, &cmd), -EOPNOTSUPP);
	cmd.__reserved = 0;
	assert_int_equal(rig_ioctl(rig, IOMMU_OPTION, &cmd), -EOPNOTSUPP);
	assert_int_equal(option(rig, 0, 0, 5, &value), -EOPNOTSUPP);
	assert_int_equal(rlimit(rig, 2, &value), -EOPNOTSUPP);
	value = 2;
	assert_int_equal(rlimit(rig, 0, &value), -EINVAL);
	assert_int_equal(option(rig, IOMMU_OPTION_HUGE_PAGES, 7, 999, &value),
			 -ENOENT);
	assert_int_equal(option(rig, IOMMU_OPTION_HUGE_PAGES, 7, rig_ioas(rig),
				&value), -EOPNOTSUPP);
}

/* The mode changes only while the context has nothing at all. */
static void rlimit_mode(void **state)
{
	struct rig *rig = *state;
	u64 value = 99;
	u32 ioas;

	assert_int_equal(rlimit(rig, IOMMU_OPTION_OP_GET, &value), 0);
	assert_int_equal(value, 0);
	value = 1;
	assert_int_equal(rlimit(rig, IOMMU_OPTION_OP_SET, &value), 0);
	assert_int_equal(value, 1);
	assert_int_equal(rig_ctx(rig)->account_mode, IOMMUFD_ACCOUNT_MM);
	value = 99;
	assert_int_equal(rlimit(rig, IOMMU_OPTION_OP_GET, &value), 0);
	assert_int_equal(value, 1);
	ioas = rig_ioas(rig);
	value = 0;
	assert_int_equal(rlimit(rig, IOMMU_OPTION_OP_SET, &value), -EBUSY);
	/* Looking is always allowed. */
	assert_int_equal(rlimit(rig, IOMMU_OPTION_OP_GET, &value), 0);
	assert_int_equal(rig_destroy(rig, ioas), 0);
	value = 0;
	assert_int_equal(rlimit(rig, IOMMU_OPTION_OP_SET, &value), 0);
	assert_int_equal(rig_ctx(rig)->account_mode, IOMMUFD_ACCOUNT_USER);
}

/* A tombstone is not nothing. */
static void rlimit_mode_after_a_tombstone(void **state)
{
	struct rig *rig = *state;
	struct rig_guest guest = rig_guest(rig);
	u64 value = 1;

	assert_true(rig_vdevice(rig, guest.viommu, 0, 1) > 0);
	rig_unbind(rig, 0);
	rig_guest_end(rig, &guest);
	assert_int_equal(rlimit(rig, IOMMU_OPTION_OP_SET, &value), -EBUSY);
}

/* Setting needs a privilege, before anything else is looked at. */
static void rlimit_mode_needs_privilege(void **state)
{
	struct rig *rig = *state;
	u64 all = current->capabilities, value = 7;

	current->capabilities = all & ~(1ull << CAP_SYS_RESOURCE);
	assert_int_equal(rlimit(rig, IOMMU_OPTION_OP_SET, &value), -EPERM);
	assert_int_equal(rlimit(rig, IOMMU_OPTION_OP_GET, &value), 0);
	current->capabilities = all;
}

/* /dev/vfio/vfio starts in process mode. */
static void vfio_path_charges_the_process(void **state)
{
	struct rig *rig = *state;
	int first = rig->fd;
	u64 value = 99;

	rig->fd = uiommufd_open_path(NULL, "/dev/vfio/vfio", O_RDWR);
	assert_true(rig->fd >= 0);
	assert_int_equal(rlimit(rig, IOMMU_OPTION_OP_GET, &value), 0);
	assert_int_equal(value, 1);
	assert_int_equal(uiommufd_close(rig->fd), 0);
	rig->fd = first;
}

/* Only the value is written back, also on SET; a fault leaves it changed. */
static void reply_is_the_value(void **state)
{
	struct rig *rig = *state;
	struct iommu_option *cmd = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
					MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	*cmd = (struct iommu_option){ .size = sizeof(*cmd), .val64 = 1 };
	mprotect(cmd, 4096, PROT_READ);
	assert_int_equal(rig_ioctl(rig, IOMMU_OPTION, cmd), -EFAULT);
	assert_int_equal(rig_ctx(rig)->account_mode, IOMMUFD_ACCOUNT_MM);
	munmap(cmd, 4096);
}

static void size_rules(void **state)
{
	u64 room[6] = {};

	rig_check_sizes(*state, IOMMU_OPTION, room, 24, 24);
}

static int sweep_op(struct rig *rig)
{
	u64 value = 0;

	return rlimit(rig, IOMMU_OPTION_OP_GET, &value);
}

static void sweep_undo(struct rig *rig)
{
}

static void failure_sweep(void **state)
{
	static const int errnos[] = { EFAULT, 0 };

	rig_sweep(*state, sweep_op, sweep_undo, errnos);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		RIG_TEST(errno_rows),
		RIG_TEST(rlimit_mode),
		RIG_TEST(rlimit_mode_after_a_tombstone),
		RIG_TEST(rlimit_mode_needs_privilege),
		RIG_TEST(vfio_path_charges_the_process),
		RIG_TEST(reply_is_the_value),
		RIG_TEST(size_rules),
		RIG_TEST(failure_sweep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
