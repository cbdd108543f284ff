// SPDX-License-Identifier: MIT
/* Laws of viommu.c: spec/60 sections 6, 7 and 14. */
#include "rig.h"

#include <sys/mman.h>

struct base {
	u32 ioas, parent, plain;
};

static struct base base(struct rig *rig)
{
	struct base b;

	rig_bind(rig, 0);
	b.ioas = rig_ioas(rig);
	b.parent = rig_hwpt(rig, 0, b.ioas, IOMMU_HWPT_ALLOC_NEST_PARENT);
	b.plain = rig_hwpt(rig, 0, b.ioas, 0);
	return b;
}

static int alloc(struct rig *rig, struct iommu_viommu_alloc *cmd)
{
	cmd->size = sizeof(*cmd);
	return rig_ioctl(rig, IOMMU_VIOMMU_ALLOC, cmd);
}

static struct iommu_viommu_alloc command(struct rig *rig, struct base *b)
{
	return (struct iommu_viommu_alloc){
		.type = RIG_VIOMMU_TYPE,
		.dev_id = rig->dev_id[0],
		.hwpt_id = b->parent,
	};
}

/* What it holds and what its driver was given; its end undoes it. */
static void lives_and_ends(void **state)
{
	struct rig *rig = *state;
	struct base b = base(rig);
	struct iommu_viommu_alloc cmd = command(rig, &b);
	struct iommufd_viommu *viommu;
	u64 before = rig_audit(rig).blocks;

	cmd.__reserved = 7;	/* not looked at */
	cmd.data_uptr = 1;	/* nor this without length */
	assert_int_equal(alloc(rig, &cmd), 0);
	viommu = container_of(rig_object(rig, cmd.out_viommu_id),
			      struct iommufd_viommu, obj);
	assert_int_equal(viommu->type, RIG_VIOMMU_TYPE);
	assert_ptr_equal(viommu->iommu_dev, &rig->iommu);
	assert_int_equal(viommu->hwpt->common.obj.id, b.parent);
	assert_ptr_equal(viommu->ops, &rig_viommu_ops);
	assert_int_equal(seen.viommu_init, 1);
	assert_false(seen.viommu_data);
	assert_int_equal(rig_users(rig, b.parent), 2);
	assert_int_equal(rig_destroy(rig, b.parent), -EBUSY);
	assert_int_equal(rig_destroy(rig, cmd.out_viommu_id), 0);
	assert_int_equal(seen.viommu_destroy, 1);
	assert_int_equal(rig_users(rig, b.parent), 1);
	assert_int_equal(rig_audit(rig).blocks, before);
	cmd.data_len = 8;
	assert_int_equal(alloc(rig, &cmd), 0);
	assert_true(seen.viommu_data);
}

/* Errno row by row: an earlier check wins over every later one. */
static void errno_rows(void **state)
{
	struct rig *rig = *state;
	struct base b = base(rig);
	struct iommu_viommu_alloc bad = {
		.flags = 1, .type = 0, .dev_id = 999, .hwpt_id = 999,
	};

	rig_bind(rig, 3);
	assert_int_equal(alloc(rig, &bad), -EOPNOTSUPP);
	bad.flags = 0;
	assert_int_equal(alloc(rig, &bad), -EOPNOTSUPP);
	bad.type = 12345;
	assert_int_equal(alloc(rig, &bad), -ENOENT);
	bad.dev_id = b.ioas;
	assert_int_equal(alloc(rig, &bad), -ENOENT);
	/* An IOMMU whose driver has no vIOMMUs. */
	bad.dev_id = rig->dev_id[3];
	assert_int_equal(alloc(rig, &bad), -EOPNOTSUPP);
	bad.dev_id = rig->dev_id[0];
	assert_int_equal(alloc(rig, &bad), -EOPNOTSUPP);
	bad.type = RIG_VIOMMU_TYPE;
	assert_int_equal(alloc(rig, &bad), -ENOENT);
	bad.hwpt_id = b.ioas;
	assert_int_equal(alloc(rig, &bad), -ENOENT);
	bad.hwpt_id = b.plain;
	assert_int_equal(alloc(rig, &bad), -EINVAL);
	bad.hwpt_id = b.parent;
	knobs.viommu_error = -EDOM;
	assert_int_equal(alloc(rig, &bad), -EDOM);
	assert_int_equal(seen.viommu_destroy, 0);
	assert_int_equal(rig_users(rig, b.parent), 1);
	knobs.viommu_unsupported = true;
	bad.hwpt_id = 999;
	assert_int_equal(alloc(rig, &bad), -EOPNOTSUPP);
}

/* Bugs of the driver: WARN once, EOPNOTSUPP each time, nothing left. */
static void driver_bugs(void **state)
{
	struct rig *rig = *state;
	struct base b = base(rig);
	struct iommu_viommu_alloc cmd = command(rig, &b);

	uik_warn_once_reset();
	knobs.viommu_size = sizeof(struct iommufd_viommu) - 1;
	uik_warn_expect_begin();
	assert_int_equal(alloc(rig, &cmd), -EOPNOTSUPP);
	assert_int_equal(alloc(rig, &cmd), -EOPNOTSUPP);
	assert_int_equal(uik_warn_expect_end(), 1);
	knobs.viommu_size = 0;
	knobs.viommu_no_ops = true;
	uik_warn_expect_begin();
	assert_int_equal(alloc(rig, &cmd), -EOPNOTSUPP);
	assert_int_equal(alloc(rig, &cmd), -EOPNOTSUPP);
	assert_int_equal(uik_warn_expect_end(), 1);
	assert_int_equal(seen.viommu_destroy, 0);
	assert_int_equal(rig_users(rig, b.parent), 1);
}

/* A faulting reply runs the driver's destroy, for its ops are set. */
static void reply_fault(void **state)
{
	struct rig *rig = *state;
	struct base b = base(rig);
	struct iommu_viommu_alloc *cmd =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	*cmd = command(rig, &b);
	cmd->size = sizeof(*cmd);
	mprotect(cmd, 4096, PROT_READ);
	assert_int_equal(rig_ioctl(rig, IOMMU_VIOMMU_ALLOC, cmd), -EFAULT);
	assert_int_equal(seen.viommu_destroy, 1);
	assert_int_equal(rig_users(rig, b.parent), 1);
	munmap(cmd, 4096);
}

/* Size rules; 24 bytes will do, the data are not read then. */
static void size_rules(void **state)
{
	struct rig *rig = *state;
	struct base b = base(rig);
	struct {
		struct iommu_viommu_alloc cmd;
		u8 tail[16];
	} big = { .cmd = command(rig, &b) };

	rig_check_sizes(rig, IOMMU_VIOMMU_ALLOC, &big, 40, 24);
	big.cmd.size = 24;
	big.cmd.data_len = 77;
	assert_int_equal(rig_ioctl(rig, IOMMU_VIOMMU_ALLOC, &big), 0);
	assert_false(seen.viommu_data);
	assert_int_equal(big.cmd.data_len, 77);
}

static struct base sweep_base;

static int sweep_op(struct rig *rig)
{
	struct iommu_viommu_alloc cmd = command(rig, &sweep_base);

	return alloc(rig, &cmd);
}

static void sweep_undo(struct rig *rig)
{
	assert_int_equal(rig_destroy(rig, sweep_base.plain + 1), 0);
}

static void failure_sweep(void **state)
{
	static const int errnos[] = { ENOMEM, EFAULT, ENOENT, 0 };
	struct rig *rig = *state;

	sweep_base = base(rig);
	rig_sweep(rig, sweep_op, sweep_undo, errnos);
	assert_int_equal(seen.viommu_init, seen.viommu_destroy);
}

/* Busy while a nested HWPT or an event queue is on it; freed at close. */
static void busy_and_freed_at_close(void **state)
{
	struct rig *rig = *state;
	struct rig_guest guest = rig_guest(rig);
	u32 nested = rig_nested(rig, 0, guest.viommu);
	struct iommu_veventq_alloc ev = {
		.size = sizeof(ev), .viommu_id = guest.viommu,
		.type = RIG_EVENT_TYPE, .veventq_depth = 1,
	};

	assert_int_equal(rig_users(rig, guest.viommu), 2);
	assert_int_equal(rig_users(rig, guest.parent), 2);
	assert_int_equal(rig_destroy(rig, guest.viommu), -EBUSY);
	assert_int_equal(rig_destroy(rig, nested), 0);
	assert_int_equal(rig_ioctl(rig, IOMMU_VEVENTQ_ALLOC, &ev), 0);
	assert_int_equal(rig_destroy(rig, guest.viommu), -EBUSY);
	assert_int_equal(uiommufd_close(ev.out_veventq_fd), 0);
	assert_int_equal(rig_destroy(rig, guest.viommu), -EBUSY);
	rig_unbind(rig, 0);
	assert_int_equal(uiommufd_close(rig->fd), 0);
	rig->fd = -1;
	assert_int_equal(seen.viommu_destroy, 1);
	assert_int_equal(rig_audit(rig).objects, 0);
}

/* A NULL output is a bug of the driver; the lowest virt_id is told. */
static void get_vdev_id(void **state)
{
	struct rig *rig = *state;
	struct rig_guest guest = rig_guest(rig);
	struct iommufd_viommu *viommu = container_of(
		rig_object(rig, guest.viommu), struct iommufd_viommu, obj);
	unsigned long id = 5;

	uik_warn_once_reset();
	uik_warn_expect_begin();
	assert_int_equal(iommufd_viommu_get_vdev_id(viommu,
						    &rig->device[0].dev, NULL),
			 -EINVAL);
	assert_int_equal(uik_warn_expect_end(), 1);
	assert_int_equal(iommufd_viommu_get_vdev_id(viommu,
						    &rig->device[0].dev, &id),
			 -ENOENT);
	assert_int_equal(id, 5);
	/* Without the lock of the map a lookup is a bug. */
	uik_warn_expect_begin();
	assert_null(iommufd_viommu_find_dev(viommu, 0));
	assert_int_equal(uik_warn_expect_end(), 1);
}

/* A device without IOMMU cannot have one. */
static void no_iommu(void **state)
{
	struct rig *rig = *state;
	struct base b = base(rig);
	struct iommu_viommu_alloc cmd = command(rig, &b);
	struct device bare = {};
	struct iommufd_device *idev;

	device_initialize(&bare);
	idev = iommufd_device_bind(rig_ctx(rig), &bare, &cmd.dev_id);
	assert_false(IS_ERR(idev));
	assert_int_equal(alloc(rig, &cmd), -EOPNOTSUPP);
	cmd.dev_id = rig->dev_id[0];
	assert_int_equal(alloc(rig, &cmd), 0);
	rig->dev_id[3] = iommufd_device_to_id(idev);
	assert_int_equal(rig_vdevice(rig, cmd.out_viommu_id, 3, 1), -EINVAL);
	iommufd_device_unbind(idev);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		RIG_TEST(lives_and_ends),
		RIG_TEST(errno_rows),
		RIG_TEST(driver_bugs),
		RIG_TEST(reply_fault),
		RIG_TEST(size_rules),
		RIG_TEST(failure_sweep),
		RIG_TEST(busy_and_freed_at_close),
		RIG_TEST(get_vdev_id),
		RIG_TEST(no_iommu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
