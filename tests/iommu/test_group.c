/* SPDX-License-Identifier: MIT */
/* Devices and groups: coming, going, what they use when nobody owns them. */
#include "iommu_rig.h"

#include <linux/slab.h>
#include <uik/slab.h>

/*
 * A device gets a group and the default domain before anybody sees it, and its
 * release op when it goes.
 */
static void probe_attaches_default(void **state)
{
	struct rig_dev *a = rig_dev_add('a', NULL, -1);

	expect_notes("probe a:1<-");
	assert_non_null(a->dev.iommu_group);
	assert_ptr_equal(iommu_get_domain_for_dev(&a->dev), &rig_identity);
	assert_ptr_equal(iommu_group_default_domain(a->dev.iommu_group),
			 &rig_identity);
	rig_dev_del(a);
	expect_notes("release");
}

/* Numbers of groups are the lowest free ones. */
static void ids_are_lowest(void **state)
{
	struct rig_dev *a = rig_dev_add('a', NULL, -1);
	struct rig_dev *b = rig_dev_add('b', NULL, -1);
	int first = iommu_group_id(a->dev.iommu_group);

	assert_int_equal(iommu_group_id(b->dev.iommu_group), first + 1);
	rig_dev_del(a);
	a = rig_dev_add('a', NULL, -1);
	assert_int_equal(iommu_group_id(a->dev.iommu_group), first);
	rig_dev_del(a);
	rig_dev_del(b);
}

/* A group lives as long as anybody has a count on it, beyond its devices. */
static void group_outlives_devices(void **state)
{
	struct rig_dev *a = rig_dev_add('a', NULL, -1);
	struct iommu_group *group = iommu_group_get(&a->dev);
	int id = iommu_group_id(group);

	rig_dev_del(a);
	assert_int_equal(iommu_group_id(group), id);
	iommu_group_put(group);
}

static int count_one(struct device *dev, void *data)
{
	++*(int *)data;
	return 0;
}

/* Who joins a group uses what the others use. */
static void joins_current_domain(void **state)
{
	struct rig_dev *a = rig_dev_add('a', NULL, -1);
	struct iommu_attach_handle handle;
	struct rig_dev *b;
	int count = 0;

	assert_int_equal(iommu_device_claim_dma_owner(&a->dev, a), 0);
	assert_int_equal(iommu_attach_group_handle(rig_domain('A'),
						   a->dev.iommu_group,
						   &handle), 0);
	rig_notes();
	b = rig_dev_add('b', a, -1);
	expect_notes("probe b:A<-");
	iommu_group_for_each_dev(a->dev.iommu_group, &count, count_one);
	assert_int_equal(count, 2);
	iommu_detach_group_handle(rig_domain('A'), a->dev.iommu_group);
	iommu_device_release_dma_owner(&a->dev);
	rig_dev_del(b);
	rig_dev_del(a);
}

/* A probe that fails at the attachment leaves a device without a trace. */
static void failed_attach_undoes_probe(void **state)
{
	struct rig_dev *a;

	rig.fail_at = 1;
	rig.error = -EIO;
	a = rig_dev_add('a', NULL, -1);
	assert_true(IS_ERR(a));
	assert_int_equal(PTR_ERR(a), -EIO);
	expect_notes("probe a:1<- release");
}

/* Every allocation of a device's coming fails in turn: errno, nothing left. */
static void every_allocation_fails(void **state)
{
	uint64_t blocks, bytes, after, after_bytes;
	struct rig_dev *warm = rig_dev_add('w', NULL, 5);
	unsigned int n;

	uik_slab_live(rig.machine, &blocks, &bytes);
	for (n = 2;; n++) {
		struct rig_dev *a;

		/* The first allocation is the test's own. */
		uik_fail_nth(n, 1u << UIK_FAIL_ALLOC, false);
		a = rig_dev_add('a', NULL, 5);
		if (!uik_fail_nth(0, 0, false)) {
			assert_false(IS_ERR(a));
			rig_dev_del(a);
			break;
		}
		assert_int_equal(PTR_ERR(a), -ENOMEM);
		uik_slab_live(rig.machine, &after, &after_bytes);
		assert_int_equal(after, blocks);
	}
	assert_true(n > 5);
	rig_dev_del(warm);
}

/* max_pasids: of the instance and of the property, the lesser; none: 0. */
static void pasid_width(void **state)
{
	struct rig_dev *none = rig_dev_add('a', NULL, -1);
	struct rig_dev *zero = rig_dev_add('b', NULL, 0);
	struct rig_dev *five = rig_dev_add('c', NULL, 5);
	struct rig_dev *much = rig_dev_add('e', NULL, 31);

	assert_int_equal(none->dev.iommu->max_pasids, 0);
	assert_int_equal(zero->dev.iommu->max_pasids, 1);
	assert_int_equal(five->dev.iommu->max_pasids, 32);
	assert_int_equal(much->dev.iommu->max_pasids, 1u << 20);
	rig_dev_del(none);
	rig_dev_del(zero);
	rig_dev_del(five);
	rig_dev_del(much);
}

/* fwspecs: one instance only; IDs add up; failures keep what was there. */
static void fwspec_rules(void **state)
{
	struct fwnode_handle other = { .name = "other" };
	struct rig_dev *a = rig_dev_add('a', NULL, -1);
	const u32 ids[] = { 7, 9 };
	struct iommu_fwspec *fwspec;

	assert_int_equal(iommu_fwspec_init(&a->dev, rig.iommu.fwnode), 0);
	assert_int_equal(iommu_fwspec_init(&a->dev, &other), -EINVAL);
	assert_int_equal(iommu_fwspec_add_ids(&a->dev, ids, 2), 0);
	assert_int_equal(iommu_fwspec_add_ids(&a->dev, ids + 1, 1), 0);
	uik_fail_nth(1, 1u << UIK_FAIL_ALLOC, false);
	assert_int_equal(iommu_fwspec_add_ids(&a->dev, ids, 1), -ENOMEM);
	uik_fail_nth(0, 0, false);
	fwspec = dev_iommu_fwspec_get(&a->dev);
	assert_int_equal(fwspec->num_ids, 3);
	assert_int_equal(fwspec->ids[0], 7);
	assert_int_equal(fwspec->ids[2], 9);
	rig_dev_del(a);
}

/* --- ownership ------------------------------------------------------------ */

static void claim_rules(void **state)
{
	struct rig_dev *a = rig_dev_add('a', NULL, -1);
	struct rig_dev *b = rig_dev_add('b', a, -1);
	struct device orphan = { 0 };
	int one, two;

	rig_notes();
	assert_int_equal(iommu_device_claim_dma_owner(&orphan, &one), -ENODEV);
	assert_int_equal(iommu_device_claim_dma_owner(&a->dev, &one), 0);
	/* All members are blocked. */
	expect_notes("a:0<1 b:0<1");
	assert_int_equal(iommu_device_claim_dma_owner(&b->dev, &two), -EPERM);
	assert_int_equal(iommu_device_claim_dma_owner(&b->dev, &one), 0);
	iommu_device_release_dma_owner(&a->dev);
	expect_notes("");
	iommu_device_release_dma_owner(&b->dev);
	expect_notes("a:1<0 b:1<0");
	/* Now it is free for the other one. */
	assert_int_equal(iommu_device_claim_dma_owner(&b->dev, &two), 0);
	iommu_device_release_dma_owner(&b->dev);
	rig_dev_del(b);
	rig_dev_del(a);
}

static void claim_null_warns(void **state)
{
	struct rig_dev *a = rig_dev_add('a', NULL, -1);

	uik_warn_expect_begin();
	assert_int_equal(iommu_device_claim_dma_owner(&a->dev, NULL), -EINVAL);
	assert_int_equal(uik_warn_expect_end(), 1);
	uik_warn_expect_begin();
	iommu_device_release_dma_owner(&a->dev);
	assert_int_equal(uik_warn_expect_end(), 1);
	rig_dev_del(a);
}

/* A kernel driver in the group keeps user space out, and the reverse. */
static void kernel_driver_excludes_owner(void **state)
{
	struct rig_dev *a = rig_dev_add('a', NULL, -1);
	int owner;

	assert_int_equal(iommu_device_use_default_domain(&a->dev), 0);
	assert_int_equal(iommu_device_use_default_domain(&a->dev), 0);
	assert_int_equal(iommu_device_claim_dma_owner(&a->dev, &owner), -EPERM);
	iommu_device_unuse_default_domain(&a->dev);
	iommu_device_unuse_default_domain(&a->dev);
	assert_int_equal(iommu_device_claim_dma_owner(&a->dev, &owner), 0);
	assert_int_equal(iommu_device_use_default_domain(&a->dev), -EBUSY);
	iommu_device_release_dma_owner(&a->dev);
	rig_dev_del(a);
}

/* If one member cannot be blocked, those before it go back; not owned. */
static void claim_rolls_back(void **state)
{
	struct rig_dev *a = rig_dev_add('a', NULL, -1);
	struct rig_dev *b = rig_dev_add('b', a, -1);
	int owner;

	rig_notes();
	rig.fail_at = 2;
	rig.error = -EIO;
	assert_int_equal(iommu_device_claim_dma_owner(&a->dev, &owner), -EIO);
	expect_notes("a:0<1 b:0<1 a:1<0");
	assert_ptr_equal(iommu_get_domain_for_dev(&b->dev), &rig_identity);
	assert_int_equal(iommu_device_claim_dma_owner(&a->dev, &owner), 0);
	iommu_device_release_dma_owner(&a->dev);
	rig_dev_del(b);
	rig_dev_del(a);
}

/* A device that needs its direct mappings is not blocked. */
static void direct_refuses_blocking(void **state)
{
	struct rig_dev *d = rig_dev_add('d', NULL, -1);
	int owner;

	rig_notes();
	assert_int_equal(iommu_device_claim_dma_owner(&d->dev, &owner),
			 -EINVAL);
	expect_notes("");
	rig_dev_del(d);
}

/* --- recovery ------------------------------------------------------------- */

/* While a device is reset its group stays as it is, and it is blocked. */
static void recovery(void **state)
{
	struct rig_dev *a = rig_dev_add('a', NULL, 5);
	struct iommu_group *group = a->dev.iommu_group;
	struct iommu_attach_handle handle, pasid_handle;

	assert_int_equal(iommu_device_claim_dma_owner(&a->dev, a), 0);
	assert_int_equal(iommu_attach_group_handle(rig_domain('A'), group,
						   &handle), 0);
	assert_int_equal(iommu_attach_device_pasid(rig_domain('B'), &a->dev, 3,
						   &pasid_handle), 0);
	rig_notes();
	assert_int_equal(iommu_dev_recovery_begin(&a->dev), 0);
	expect_notes("a:0<A a@3:0<B");
	assert_int_equal(iommu_dev_recovery_begin(&a->dev), -EBUSY);
	assert_int_equal(iommu_replace_group_handle(group, rig_domain('C'),
						    &handle), -EBUSY);
	assert_int_equal(iommu_attach_device_pasid(rig_domain('C'), &a->dev, 4,
						   NULL), -EBUSY);
	assert_int_equal(iommu_replace_device_pasid(rig_domain('C'), &a->dev,
						    3, &handle), -EBUSY);
	expect_notes("");
	iommu_dev_recovery_end(&a->dev);
	expect_notes("a:A<0 a@3:B<0");
	iommu_detach_device_pasid(rig_domain('B'), &a->dev, 3);
	iommu_detach_group_handle(rig_domain('A'), group);
	iommu_device_release_dma_owner(&a->dev);
	rig_dev_del(a);
}

#define RIG_TEST(name) \
	cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(probe_attaches_default),
		RIG_TEST(ids_are_lowest),
		RIG_TEST(group_outlives_devices),
		RIG_TEST(joins_current_domain),
		RIG_TEST(failed_attach_undoes_probe),
		RIG_TEST(every_allocation_fails),
		RIG_TEST(pasid_width),
		RIG_TEST(fwspec_rules),
		RIG_TEST(claim_rules),
		RIG_TEST(claim_null_warns),
		RIG_TEST(kernel_driver_excludes_owner),
		RIG_TEST(claim_rolls_back),
		RIG_TEST(direct_refuses_blocking),
		RIG_TEST(recovery),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
