// SPDX-License-Identifier: MIT
/*
 * Laws of attach.c: spec/20 sections 7 to 10A.  Devices 0 and 1 are one group,
 * device 2 is alone behind the same IOMMU, device 3 behind another.
 */
#include "rig.h"

#include "objects/ioas.h"

#define RID IOMMU_NO_PASID

static int attach(struct rig *rig, unsigned int dev, u32 pasid, u32 pt_id,
		  u32 *out_id)
{
	u32 id = pt_id;
	int ret = iommufd_device_attach(rig->idev[dev], pasid, &id);

	if (out_id)
		*out_id = id;
	return ret;
}

static int replace(struct rig *rig, unsigned int dev, u32 pasid, u32 pt_id,
		   u32 *out_id)
{
	u32 id = pt_id;
	int ret = iommufd_device_replace(rig->idev[dev], pasid, &id);

	if (out_id)
		*out_id = id;
	return ret;
}

static struct iopt *iopt_of(struct rig *rig, u32 ioas)
{
	return &container_of(rig_object(rig, ioas), struct iommufd_ioas, obj)
			->iopt;
}

static unsigned int reservations(struct rig *rig, u32 ioas, unsigned int dev)
{
	struct iopt_reserved *reserved = &iopt_of(rig, ioas)->reserved;
	unsigned int count = 0;

	for (unsigned int i = 0; i < reserved->count; i++)
		count += reserved->list[i].owner == &rig->device[dev].dev;
	return count;
}

static void one_region(phys_addr_t start, enum iommu_resv_type type)
{
	knobs.region_count = 1;
	knobs.regions[0].start = start;
	knobs.regions[0].length = 0x1000;
	knobs.regions[0].type = type;
}

/* An IOAS gets an automatic HWPT, which goes with its last attachment. */
static void automatic_hwpt(void **state)
{
	struct rig *rig = *state;
	u32 ioas, hwpt, same;

	rig_bind(rig, 0);
	rig_bind(rig, 2);
	ioas = rig_ioas(rig);
	assert_int_equal(rig_users(rig, rig->dev_id[0]), 2);
	assert_int_equal(attach(rig, 0, RID, ioas, &hwpt), 0);
	assert_int_not_equal(hwpt, ioas);
	assert_int_equal(rig_object(rig, hwpt)->type, IOMMUFD_OBJ_HWPT_PAGING);
	assert_int_equal(rig_users(rig, hwpt), 2);
	assert_int_equal(rig_users(rig, ioas), 2);
	assert_int_equal(rig_users(rig, rig->dev_id[0]), 3);
	assert_int_equal(rig_destroy(rig, hwpt), -EBUSY);
	assert_int_equal(rig_destroy(rig, ioas), -EBUSY);
	/* A second device shares it. */
	assert_int_equal(attach(rig, 2, RID, ioas, &same), 0);
	assert_int_equal(same, hwpt);
	assert_int_equal(rig_users(rig, hwpt), 3);
	iommufd_device_detach(rig->idev[0], RID);
	assert_int_equal(rig_users(rig, hwpt), 2);
	iommufd_device_detach(rig->idev[2], RID);
	assert_null(rig_object(rig, hwpt));
	assert_int_equal(rig_users(rig, ioas), 1);
	assert_int_equal(rig_users(rig, rig->dev_id[0]), 2);
	assert_int_equal(seen.domain_free, 1);
}

/* An automatic HWPT of another IOMMU does not fit: a new one is made. */
static void automatic_hwpt_that_does_not_fit(void **state)
{
	struct rig *rig = *state;
	u32 ioas, first, second;

	rig_bind(rig, 0);
	rig_bind(rig, 3);
	ioas = rig_ioas(rig);
	assert_int_equal(attach(rig, 0, RID, ioas, &first), 0);
	assert_int_equal(attach(rig, 3, RID, ioas, &second), 0);
	assert_int_not_equal(first, second);
	iommufd_device_detach(rig->idev[0], RID);
	iommufd_device_detach(rig->idev[3], RID);
	assert_int_equal(rig_users(rig, ioas), 1);
}

/* By type of pt_id: ENOENT for none, EINVAL for a wrong one, untouched. */
static void pt_id_types(void **state)
{
	struct rig *rig = *state;
	u32 ioas, hwpt, out;

	rig_bind(rig, 0);
	ioas = rig_ioas(rig);
	hwpt = rig_hwpt(rig, 0, ioas, 0);
	assert_int_equal(attach(rig, 0, RID, 999, &out), -ENOENT);
	assert_int_equal(out, 999);
	assert_int_equal(attach(rig, 0, RID, rig->dev_id[0], &out), -EINVAL);
	assert_int_equal(out, rig->dev_id[0]);
	assert_int_equal(attach(rig, 0, RID, hwpt, &out), 0);
	assert_int_equal(out, hwpt);
	assert_true(iommufd_device_is_attached(
		rig->idev[0], RID,
		container_of(rig_object(rig, hwpt),
			     struct iommufd_hw_pagetable, obj)));
	/* Attached already, even to the same. */
	assert_int_equal(attach(rig, 0, RID, hwpt, &out), -EBUSY);
	assert_int_equal(attach(rig, 0, RID, ioas, &out), -EBUSY);
	assert_int_equal(out, ioas);
	iommufd_device_detach(rig->idev[0], RID);
	assert_false(iommufd_device_is_attached(
		rig->idev[0], RID,
		container_of(rig_object(rig, hwpt),
			     struct iommufd_hw_pagetable, obj)));
	/* Detaching what is not attached is nothing. */
	iommufd_device_detach(rig->idev[0], RID);
	iommufd_device_detach(rig->idev[0], 5);
	assert_int_equal(rig_users(rig, rig->dev_id[0]), 2);
	assert_int_equal(rig_destroy(rig, hwpt), 0);
}

/* One attachment a group: the driver is called once, others must agree. */
static void a_group_shares(void **state)
{
	struct rig *rig = *state;
	u32 ioas, hwpt, other;

	rig_bind(rig, 0);
	rig_bind(rig, 1);
	ioas = rig_ioas(rig);
	hwpt = rig_hwpt(rig, 0, ioas, 0);
	other = rig_hwpt(rig, 0, ioas, 0);
	seen.attach = 0;
	assert_int_equal(attach(rig, 0, RID, hwpt, NULL), 0);
	assert_int_equal(seen.attach, 2);	/* each device of the group */
	assert_int_equal(attach(rig, 1, RID, other, NULL), -EINVAL);
	assert_int_equal(attach(rig, 1, RID, hwpt, NULL), 0);
	assert_int_equal(seen.attach, 2);
	assert_int_equal(rig_users(rig, hwpt), 3);
	/* A replace moves both. */
	assert_int_equal(replace(rig, 1, RID, other, NULL), 0);
	assert_int_equal(seen.attach, 4);
	assert_int_equal(rig_users(rig, hwpt), 1);
	assert_int_equal(rig_users(rig, other), 3);
	iommufd_device_detach(rig->idev[0], RID);
	assert_int_equal(rig_users(rig, other), 2);
	iommufd_device_detach(rig->idev[1], RID);
	assert_int_equal(rig_users(rig, other), 1);
}

/* Replace: not attached EINVAL; the same: nothing; automatic ones come and go. */
static void replace_rules(void **state)
{
	struct rig *rig = *state;
	u32 ioas, hwpt, automatic, out;

	rig_bind(rig, 0);
	ioas = rig_ioas(rig);
	hwpt = rig_hwpt(rig, 0, ioas, 0);
	assert_int_equal(replace(rig, 0, RID, hwpt, NULL), -EINVAL);
	assert_int_equal(replace(rig, 0, RID, ioas, NULL), -EINVAL);
	assert_int_equal(replace(rig, 0, RID, 999, NULL), -ENOENT);
	assert_int_equal(attach(rig, 0, RID, ioas, &automatic), 0);
	seen.attach = 0;
	assert_int_equal(replace(rig, 0, RID, automatic, &out), 0);
	assert_int_equal(replace(rig, 0, RID, ioas, &out), 0);
	assert_int_equal(out, automatic);
	assert_int_equal(seen.attach, 0);
	assert_int_equal(replace(rig, 0, RID, hwpt, &out), 0);
	assert_int_equal(out, hwpt);
	assert_null(rig_object(rig, automatic));
	/* The driver refuses: the old one stays. */
	knobs.attach_error = -EDOM;
	assert_int_equal(replace(rig, 0, RID, ioas, &out), -EDOM);
	assert_int_equal(out, ioas);
	assert_int_equal(rig_users(rig, hwpt), 2);
	assert_int_equal(rig_users(rig, ioas), 2);
	knobs.attach_error = 0;
	assert_int_equal(replace(rig, 0, RID, ioas, &out), 0);
	assert_int_equal(rig_users(rig, hwpt), 1);
	iommufd_device_detach(rig->idev[0], RID);
}

/* The driver refuses an attach: its errno, and nothing stays. */
static void attach_refused(void **state)
{
	struct rig *rig = *state;
	u32 ioas, hwpt;
	u64 blocks;

	rig_bind(rig, 0);
	ioas = rig_ioas(rig);
	hwpt = rig_hwpt(rig, 0, ioas, 0);
	one_region(0x8000, IOMMU_RESV_RESERVED);
	knobs.attach_error = -EDOM;
	blocks = rig_audit(rig).blocks;
	assert_int_equal(attach(rig, 0, RID, hwpt, NULL), -EDOM);
	assert_int_equal(attach(rig, 0, RID, ioas, NULL), -EDOM);
	assert_int_equal(reservations(rig, ioas, 0), 0);
	assert_int_equal(rig_users(rig, hwpt), 1);
	assert_int_equal(rig_audit(rig).blocks, blocks);
}

/* PASIDs need a HWPT made for them, and so does the RID beside them. */
static void pasid_rules(void **state)
{
	struct rig *rig = *state;
	u32 ioas, plain, compat, second;

	rig_bind(rig, 0);
	ioas = rig_ioas(rig);
	plain = rig_hwpt(rig, 0, ioas, 0);
	compat = rig_hwpt(rig, 0, ioas, IOMMU_HWPT_ALLOC_PASID);
	second = rig_hwpt(rig, 0, ioas, IOMMU_HWPT_ALLOC_PASID);
	assert_int_equal(attach(rig, 0, 5, plain, NULL), -EINVAL);
	assert_int_equal(attach(rig, 0, 5, ioas, NULL), -EINVAL);
	assert_int_equal(attach(rig, 0, 5, compat, NULL), 0);
	assert_int_equal(attach(rig, 0, 5, compat, NULL), -EBUSY);
	/* Beside a PASID the RID's must be compatible. */
	assert_int_equal(attach(rig, 0, RID, plain, NULL), -EINVAL);
	assert_int_equal(attach(rig, 0, RID, second, NULL), 0);
	assert_int_equal(replace(rig, 0, RID, plain, NULL), -EINVAL);
	assert_int_equal(replace(rig, 0, 5, second, NULL), 0);
	assert_int_equal(rig_users(rig, compat), 1);
	assert_int_equal(rig_users(rig, second), 3);
	iommufd_device_detach(rig->idev[0], 5);
	assert_int_equal(replace(rig, 0, RID, plain, NULL), 0);
	assert_int_equal(attach(rig, 0, 5, compat, NULL), -EINVAL);
	iommufd_device_detach(rig->idev[0], RID);
	assert_int_equal(rig_users(rig, second), 1);
	/* Too large a PASID is the iommu core's to refuse. */
	assert_int_equal(attach(rig, 0, 1 << 8, compat, NULL), -EINVAL);
}

/* Unbinding with an attachment left: WARN, the device stays. */
static void unbind_while_attached_warns(void **state)
{
	struct rig *rig = *state;
	u32 ioas;

	rig_bind(rig, 0);
	ioas = rig_ioas(rig);
	assert_int_equal(attach(rig, 0, RID, ioas, NULL), 0);
	uik_warn_expect_begin();
	iommufd_device_unbind(rig->idev[0]);
	assert_int_equal(uik_warn_expect_end(), 1);
	assert_int_equal(rig_users(rig, rig->dev_id[0]), 2);
	/* It can be put right: the driver takes its count again. */
	refcount_inc(&rig->idev[0]->obj.users);
	iommufd_device_detach(rig->idev[0], RID);
}

/* Reserved regions: of RID attachments, by device, in the right IOAS. */
static void reserved_regions(void **state)
{
	struct rig *rig = *state;
	u32 ioas, other, hwpt, moved;

	one_region(0x8000, IOMMU_RESV_RESERVED);
	knobs.region_count = 2;
	knobs.regions[1] = knobs.regions[0];
	knobs.regions[1].type = IOMMU_RESV_DIRECT_RELAXABLE;
	rig_bind(rig, 0);
	rig_bind(rig, 1);
	ioas = rig_ioas(rig);
	other = rig_ioas(rig);
	hwpt = rig_hwpt(rig, 0, ioas, IOMMU_HWPT_ALLOC_PASID);
	moved = rig_hwpt(rig, 0, other, IOMMU_HWPT_ALLOC_PASID);
	assert_int_equal(attach(rig, 0, 3, hwpt, NULL), 0);
	assert_int_equal(reservations(rig, ioas, 0), 0);
	assert_int_equal(attach(rig, 0, RID, hwpt, NULL), 0);
	assert_int_equal(attach(rig, 1, RID, hwpt, NULL), 0);
	/* A relaxable region does not count. */
	assert_int_equal(reservations(rig, ioas, 0), 1);
	assert_int_equal(reservations(rig, ioas, 1), 1);
	assert_int_equal(replace(rig, 0, RID, moved, NULL), 0);
	assert_int_equal(reservations(rig, ioas, 0), 0);
	assert_int_equal(reservations(rig, ioas, 1), 0);
	assert_int_equal(reservations(rig, other, 0), 1);
	assert_int_equal(reservations(rig, other, 1), 1);
	iommufd_device_detach(rig->idev[0], RID);
	assert_int_equal(reservations(rig, other, 0), 0);
	assert_int_equal(reservations(rig, other, 1), 1);
	iommufd_device_detach(rig->idev[1], RID);
	iommufd_device_detach(rig->idev[0], 3);
	assert_int_equal(reservations(rig, other, 1), 0);
}

/* A failed replace inside one IOAS drops the group's regions, as in Linux. */
static void failed_replace_drops_regions(void **state)
{
	struct rig *rig = *state;
	u32 ioas, hwpt, second;

	one_region(0x8000, IOMMU_RESV_RESERVED);
	rig_bind(rig, 0);
	ioas = rig_ioas(rig);
	hwpt = rig_hwpt(rig, 0, ioas, 0);
	second = rig_hwpt(rig, 0, ioas, 0);
	assert_int_equal(attach(rig, 0, RID, hwpt, NULL), 0);
	assert_int_equal(reservations(rig, ioas, 0), 1);
	knobs.attach_error = -EDOM;
	assert_int_equal(replace(rig, 0, RID, second, NULL), -EDOM);
	assert_int_equal(reservations(rig, ioas, 0), 0);
	assert_int_equal(rig_users(rig, hwpt), 2);
	knobs.attach_error = 0;
	iommufd_device_detach(rig->idev[0], RID);
}

/* A region on something mapped: EADDRINUSE, also through an automatic HWPT. */
static void region_collides(void **state)
{
	struct rig *rig = *state;
	static char memory[8192] __attribute__((aligned(4096)));
	struct iommu_ioas_map map = {
		.size = sizeof(map),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE,
		.user_va = (uintptr_t)memory, .length = 4096, .iova = 0x8000,
	};
	u32 hwpt;

	one_region(0x8000, IOMMU_RESV_RESERVED);
	rig_bind(rig, 0);
	map.ioas_id = rig_ioas(rig);
	hwpt = rig_hwpt(rig, 0, map.ioas_id, 0);
	assert_int_equal(rig_ioctl(rig, IOMMU_IOAS_MAP, &map), 0);
	assert_int_equal(attach(rig, 0, RID, hwpt, NULL), -EADDRINUSE);
	assert_int_equal(attach(rig, 0, RID, map.ioas_id, NULL), -EADDRINUSE);
	assert_int_equal(rig_users(rig, hwpt), 1);
}

static u32 sweep_ioas, sweep_hwpt;

static int sweep_attach(struct rig *rig)
{
	return attach(rig, 0, RID, sweep_ioas, NULL);
}

static void sweep_detach(struct rig *rig)
{
	iommufd_device_detach(rig->idev[0], RID);
}

static int sweep_replace(struct rig *rig)
{
	return replace(rig, 0, RID, sweep_ioas, NULL);
}

static void sweep_back(struct rig *rig)
{
	assert_int_equal(replace(rig, 0, RID, sweep_hwpt, NULL), 0);
}

static int sweep_pasid(struct rig *rig)
{
	return attach(rig, 0, 9, sweep_hwpt, NULL);
}

static void sweep_pasid_end(struct rig *rig)
{
	iommufd_device_detach(rig->idev[0], 9);
}

/* Every step of attach and replace fails in turn. */
static void failure_sweep(void **state)
{
	static const int errnos[] = { ENOMEM, ENOENT, EINVAL, 0 };
	struct rig *rig = *state;
	u32 other;

	one_region(0x8000, IOMMU_RESV_RESERVED);
	rig_bind(rig, 0);
	sweep_ioas = rig_ioas(rig);
	rig_sweep(rig, sweep_attach, sweep_detach, errnos);
	other = rig_ioas(rig);
	sweep_hwpt = rig_hwpt(rig, 0, other, IOMMU_HWPT_ALLOC_PASID);
	rig_sweep(rig, sweep_pasid, sweep_pasid_end, errnos);
	assert_int_equal(attach(rig, 0, RID, sweep_hwpt, NULL), 0);
	rig_sweep(rig, sweep_replace, sweep_back, errnos);
	iommufd_device_detach(rig->idev[0], RID);
}

/* The worked trace of spec/20 section 18. */
static void worked_trace(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig), hwpt, parent, viommu, out;
	int vdev;

	assert_int_equal(ioas, 1);
	rig_bind(rig, 2);
	assert_int_equal(rig->dev_id[2], 2);
	assert_int_equal(attach(rig, 2, RID, 1, &hwpt), 0);
	assert_int_equal(hwpt, 3);
	for (u32 id = 1; id <= 3; id++)
		assert_int_equal(rig_destroy(rig, id), -EBUSY);
	parent = rig_hwpt(rig, 2, 1, IOMMU_HWPT_ALLOC_NEST_PARENT);
	assert_int_equal(parent, 4);
	assert_int_equal(replace(rig, 2, RID, 4, &out), 0);
	assert_int_equal(out, 4);
	viommu = rig_viommu(rig, 2, 4);
	assert_int_equal(viommu, 3);
	assert_int_equal(rig_nested(rig, 2, 3), 5);
	vdev = rig_vdevice(rig, 3, 2, 1);
	assert_int_equal(vdev, 6);
	assert_int_equal(rig_users(rig, 2), 4);
	assert_int_equal(refcount_read(&rig_object(rig, 2)->wait_cnt), 2);
	iommufd_device_detach(rig->idev[2], RID);
	assert_int_equal(rig_users(rig, 4), 2);
	rig_unbind(rig, 2);
	assert_int_equal(rig_destroy(rig, 6), -ENOENT);
	assert_int_equal(rig_users(rig, 3), 2);
	assert_int_equal(rig_ioas(rig), 2);
	assert_int_equal(rig_ioas(rig), 7);	/* no event queue here */
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		RIG_TEST(automatic_hwpt),
		RIG_TEST(automatic_hwpt_that_does_not_fit),
		RIG_TEST(pt_id_types),
		RIG_TEST(a_group_shares),
		RIG_TEST(replace_rules),
		RIG_TEST(attach_refused),
		RIG_TEST(pasid_rules),
		RIG_TEST(unbind_while_attached_warns),
		RIG_TEST(reserved_regions),
		RIG_TEST(failed_replace_drops_regions),
		RIG_TEST(region_collides),
		RIG_TEST(failure_sweep),
		RIG_TEST(worked_trace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
