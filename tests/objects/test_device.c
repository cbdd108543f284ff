// SPDX-License-Identifier: MIT
/* Laws of device.c and group.c: spec/20 sections 4 to 6, 14.3, 15. */
#include "rig.h"

static int try_bind(struct rig *rig, unsigned int i)
{
	u32 id = 77;
	struct iommufd_device *idev = iommufd_device_bind(
		rig_ctx(rig), &rig->device[i].dev, &id);

	if (IS_ERR(idev)) {
		assert_int_equal(id, 77);
		return PTR_ERR(idev);
	}
	rig->idev[i] = idev;
	return 0;
}

/* Bound: two counts on it, one on the context's file, and a group record. */
static void bind_and_unbind(void **state)
{
	struct rig *rig = *state;
	struct iommufd_ctx *ictx = rig_ctx(rig);
	long files = file_count(ictx->file);
	struct iommu_group *group = iommu_group_get(&rig->device[0].dev);
	struct iommufd_device *idev;

	assert_false(iommufd_ctx_has_group(ictx, group));
	idev = rig_bind(rig, 0);
	assert_int_equal(rig->dev_id[0], 1);
	assert_ptr_equal(iommufd_device_to_ictx(idev), ictx);
	assert_int_equal(refcount_read(&idev->obj.users), 2);
	assert_int_equal(refcount_read(&idev->obj.wait_cnt), 1);
	assert_int_equal(file_count(ictx->file), files + 1);
	assert_true(iommufd_ctx_has_group(ictx, group));
	assert_false(iommufd_ctx_has_group(NULL, group));
	assert_false(iommufd_ctx_has_group(ictx, NULL));
	assert_int_equal(rig_destroy(rig, 1), -EBUSY);
	rig_unbind(rig, 0);
	assert_int_equal(file_count(ictx->file), files);
	assert_false(iommufd_ctx_has_group(ictx, group));
	assert_true(xa_empty(&ictx->groups));
	iommu_group_put(group);
}

/* One record for all devices of a group in a context. */
static void groups_are_shared(void **state)
{
	struct rig *rig = *state;

	rig_bind(rig, 0);
	rig_bind(rig, 1);
	rig_bind(rig, 2);
	assert_ptr_equal(rig->idev[0]->igroup, rig->idev[1]->igroup);
	assert_ptr_not_equal(rig->idev[0]->igroup, rig->idev[2]->igroup);
	rig_unbind(rig, 0);
	assert_false(xa_empty(&rig_ctx(rig)->groups));
	assert_int_equal(kref_read(&rig->idev[1]->igroup->ref), 1);
}

/* Bound a second time: a second object on the same device. */
static void bind_twice(void **state)
{
	struct rig *rig = *state;
	struct iommufd_device *second;
	u32 id;

	rig_bind(rig, 0);
	second = iommufd_device_bind(rig_ctx(rig), &rig->device[0].dev, &id);
	assert_false(IS_ERR(second));
	assert_int_equal(id, 2);
	assert_ptr_equal(second->igroup, rig->idev[0]->igroup);
	iommufd_device_unbind(second);
}

/* A group belongs to one context. */
static void groups_belong_to_one_context(void **state)
{
	struct rig *rig = *state;
	int other = uiommufd_open(NULL, O_RDWR);
	struct iommufd_ctx *ictx = iommufd_ctx_from_fd(other);
	u32 id;

	rig_bind(rig, 0);
	assert_int_equal(PTR_ERR(iommufd_device_bind(ictx, &rig->device[1].dev,
						     &id)), -EPERM);
	assert_int_equal(PTR_ERR(iommufd_device_bind(ictx, &rig->device[0].dev,
						     &id)), -EPERM);
	assert_true(idmap_is_empty(&ictx->objects));
	rig_unbind(rig, 0);
	iommufd_ctx_put(ictx);
	assert_int_equal(uiommufd_close(other), 0);
}

/* Refusals: not coherent, no group. */
static void errno_rows(void **state)
{
	struct rig *rig = *state;

	knobs.incoherent = true;
	assert_int_equal(try_bind(rig, 0), -EINVAL);
	assert_true(idmap_is_empty(&rig_ctx(rig)->objects));
	assert_true(xa_empty(&rig_ctx(rig)->groups));
}

/* A driver that enforces coherency gets HWPTs that do; a liar is told. */
static void enforced_coherency(void **state)
{
	struct rig *rig = *state;
	struct iommu_hwpt_alloc cmd = { .size = sizeof(cmd) };
	u32 ioas = rig_ioas(rig), hwpt;

	knobs.enforce = true;
	rig_bind(rig, 0);
	assert_true(rig->idev[0]->enforce_cache_coherency);
	hwpt = rig_hwpt(rig, 0, ioas, 0);
	assert_true(container_of(rig_object(rig, hwpt),
				 struct iommufd_hwpt_paging, common.obj)
			    ->enforce_cache_coherency);
	knobs.enforce_refused = true;
	cmd.dev_id = rig->dev_id[0];
	cmd.pt_id = ioas;
	uik_warn_expect_begin();
	assert_int_equal(rig_ioctl(rig, IOMMU_HWPT_ALLOC, &cmd), -EINVAL);
	assert_int_equal(uik_warn_expect_end(), 1);
	assert_int_equal(rig_users(rig, ioas), 2);
}

/* The bound device keeps the context; its end tears the context down. */
static void keeps_the_context(void **state)
{
	struct rig *rig = *state;

	rig_bind(rig, 0);
	rig_ioas(rig);
	assert_int_equal(uiommufd_close(rig->fd), 0);
	rig->fd = -1;
	assert_int_equal(rig_audit(rig).objects, 2);
	rig_unbind(rig, 0);
	assert_int_equal(rig_audit(rig).objects, 0);
}

static int sweep_op(struct rig *rig)
{
	return try_bind(rig, 0);
}

static void sweep_undo(struct rig *rig)
{
	rig_unbind(rig, 0);
}

static void failure_sweep(void **state)
{
	static const int errnos[] = { ENOMEM, 0 };

	rig_sweep(*state, sweep_op, sweep_undo, errnos);
}

/*
 * A device without IOMMU: a group record of its own, page tables in software,
 * attachments that are counted only.
 */
static void without_iommu(void **state)
{
	struct rig *rig = *state;
	struct device bare = {};
	struct iommufd_device *idev;
	struct iommu_hw_info info = { .size = sizeof(info) };
	struct iommu_hwpt_alloc cmd = { .size = sizeof(cmd) };
	u32 ioas = rig_ioas(rig), id, pt_id = ioas;

	device_initialize(&bare);
	idev = iommufd_device_bind(rig_ctx(rig), &bare, &id);
	assert_false(IS_ERR(idev));
	assert_true(xa_empty(&rig_ctx(rig)->groups));
	info.dev_id = id;
	assert_int_equal(rig_ioctl(rig, IOMMU_GET_HW_INFO, &info),
			 -EOPNOTSUPP);
	cmd.dev_id = id;
	cmd.pt_id = ioas;
	cmd.flags = IOMMU_HWPT_ALLOC_NEST_PARENT;
	assert_int_equal(rig_ioctl(rig, IOMMU_HWPT_ALLOC, &cmd), -EOPNOTSUPP);
	cmd.flags = 0;
	assert_int_equal(rig_ioctl(rig, IOMMU_HWPT_ALLOC, &cmd), 0);
	assert_int_equal(iommufd_device_attach(idev, 0, &pt_id), 0);
	assert_int_equal(rig_users(rig, pt_id), 2);
	assert_int_equal(iommufd_device_replace(idev, 0, &cmd.out_hwpt_id), 0);
	assert_null(rig_object(rig, pt_id));
	pt_id = cmd.out_hwpt_id;
	assert_int_equal(iommufd_device_attach(idev, 4, &pt_id), -EINVAL);
	iommufd_device_detach(idev, 0);
	iommufd_device_unbind(idev);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		RIG_TEST(bind_and_unbind),
		RIG_TEST(groups_are_shared),
		RIG_TEST(bind_twice),
		RIG_TEST(groups_belong_to_one_context),
		RIG_TEST(errno_rows),
		RIG_TEST(enforced_coherency),
		RIG_TEST(keeps_the_context),
		RIG_TEST(failure_sweep),
		RIG_TEST(without_iommu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
