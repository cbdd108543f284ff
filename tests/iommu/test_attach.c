/* SPDX-License-Identifier: MIT */
/* Attachments of groups and PASIDs: rules, order of errors, rollback. */
#include "iommu_rig.h"

static struct rig_dev *a, *b;
static struct iommu_group *group;
static struct iommu_attach_handle h1, h2;

/* Two devices of one group, owned and blocked. */
static int pair_setup(void **state)
{
	if (rig_setup(state))
		return 1;
	a = rig_dev_add('a', NULL, 5);
	b = rig_dev_add('b', a, 4);
	group = a->dev.iommu_group;
	iommu_device_claim_dma_owner(&a->dev, a);
	rig_notes();
	return 0;
}

static int pair_teardown(void **state)
{
	iommu_device_release_dma_owner(&a->dev);
	rig_dev_del(b);
	rig_dev_del(a);
	return rig_teardown(state);
}

/* --- groups --------------------------------------------------------------- */

static void attach_and_detach(void **state)
{
	assert_int_equal(iommu_attach_group_handle(rig_domain('A'), group, NULL),
			 -EINVAL);
	assert_int_equal(iommu_attach_group_handle(rig_domain('A'), group, &h1),
			 0);
	expect_notes("a:A<0 b:A<0");
	assert_ptr_equal(iommu_attach_handle_get(group, 0, 0), &h1);
	assert_ptr_equal(h1.domain, rig_domain('A'));
	assert_int_equal(iommu_attach_group_handle(rig_domain('B'), group, &h2),
			 -EBUSY);
	iommu_detach_group_handle(rig_domain('A'), group);
	expect_notes("a:0<A b:0<A");
	assert_int_equal(PTR_ERR(iommu_attach_handle_get(group, 0, 0)),
			 -ENOENT);
}

/* A domain of another driver is refused; static domains have no owner. */
static void foreign_domain(void **state)
{
	rig_domain('A')->owner = &rig_other_ops;
	assert_int_equal(iommu_attach_group_handle(rig_domain('A'), group, &h1),
			 -EINVAL);
	expect_notes("");
	assert_int_equal(iommu_attach_group_handle(&rig_identity, group, &h1),
			 0);
	iommu_detach_group_handle(&rig_identity, group);
}

/* The first error of a member is returned and those before it go back. */
static void attach_rolls_back(void **state)
{
	rig.fail_at = 2;
	rig.error = -ENXIO;
	assert_int_equal(iommu_attach_group_handle(rig_domain('A'), group, &h1),
			 -ENXIO);
	expect_notes("a:A<0 b:A<0 a:0<A");
	assert_int_equal(PTR_ERR(iommu_attach_handle_get(group, 0, 0)),
			 -ENOENT);
	assert_ptr_equal(iommu_get_domain_for_dev(&a->dev), &rig_blocked);
}

/* A member that does not go back is a driver's bug. */
static void rollback_failure_warns(void **state)
{
	rig.fail_at = 1;
	rig.error = -ENXIO;
	assert_int_equal(iommu_attach_group_handle(rig_domain('A'), group, &h1),
			 -ENXIO);
	expect_notes("a:A<0");
	assert_int_equal(iommu_attach_group_handle(rig_domain('A'), group, &h1),
			 0);
	rig.fail_at = 1;
	uik_warn_expect_begin();
	iommu_detach_group_handle(rig_domain('A'), group);
	assert_int_equal(uik_warn_expect_end(), 1);
	/* It is detached all the same. */
	assert_int_equal(PTR_ERR(iommu_attach_handle_get(group, 0, 0)),
			 -ENOENT);
}

static void replace_rules(void **state)
{
	assert_int_equal(iommu_replace_group_handle(group, NULL, &h1), -EINVAL);
	assert_int_equal(iommu_replace_group_handle(NULL, rig_domain('A'), &h1),
			 -EINVAL);
	assert_int_equal(iommu_replace_group_handle(group, rig_domain('A'),
						    NULL), -EINVAL);
	assert_int_equal(iommu_attach_group_handle(rig_domain('A'), group, &h1),
			 0);
	rig_notes();
	assert_int_equal(iommu_replace_group_handle(group, rig_domain('B'),
						    &h2), 0);
	expect_notes("a:B<A b:B<A");
	assert_ptr_equal(iommu_attach_handle_get(group, 0, 0), &h2);
	/* The same domain: no call, another handle. */
	assert_int_equal(iommu_replace_group_handle(group, rig_domain('B'),
						    &h1), 0);
	expect_notes("");
	assert_ptr_equal(iommu_attach_handle_get(group, 0, 0), &h1);
	/* Failure: old domain, old handle. */
	rig.fail_at = 2;
	rig.error = -EIO;
	assert_int_equal(iommu_replace_group_handle(group, rig_domain('C'),
						    &h2), -EIO);
	expect_notes("a:C<B b:C<B a:B<C");
	assert_ptr_equal(iommu_attach_handle_get(group, 0, 0), &h1);
	assert_ptr_equal(h1.domain, rig_domain('B'));
	iommu_detach_group_handle(rig_domain('B'), group);
}

/* Fails the allocations of a call in turn until it passes without. */
static unsigned int failing_allocations(int (*call)(void))
{
	unsigned int n;

	for (n = 1;; n++) {
		int rc;

		uik_fail_nth(n, 1u << UIK_FAIL_ALLOC, false);
		rc = call();
		if (!uik_fail_nth(0, 0, false)) {
			assert_int_equal(rc, 0);
			return n - 1;
		}
		assert_int_equal(rc, -ENOMEM);
		/* No driver is called before all memory is there. */
		expect_notes("");
	}
}

static int attach_call(void)
{
	return iommu_attach_group_handle(rig_domain('A'), group, &h1);
}

static int pasid_call(void)
{
	return iommu_attach_device_pasid(rig_domain('A'), &a->dev, 7, &h2);
}

/* Memory is got first: without it nothing is attached and nobody called. */
static void attach_without_memory(void **state)
{
	unsigned int failed = failing_allocations(attach_call);

	expect_notes("a:A<0 b:A<0");
	failed += failing_allocations(pasid_call);
	expect_notes("a@7:A<- b@7:A<-");
	assert_true(failed > 0);
	iommu_detach_device_pasid(rig_domain('A'), &a->dev, 7);
	iommu_detach_group_handle(rig_domain('A'), group);
}

static void handle_type(void **state)
{
	assert_int_equal(iommu_attach_group_handle(rig_domain('A'), group, &h1),
			 0);
	assert_ptr_equal(iommu_attach_handle_get(group, 0,
						 IOMMU_DOMAIN_UNMANAGED), &h1);
	assert_int_equal(PTR_ERR(iommu_attach_handle_get(group, 0,
							 IOMMU_DOMAIN_NESTED)),
			 -EBUSY);
	iommu_detach_group_handle(rig_domain('A'), group);
}

/* --- PASIDs --------------------------------------------------------------- */

static void pasid_rules(void **state)
{
	struct device orphan = { 0 };
	struct iommu_domain deaf = *rig_domain('A');
	const struct iommu_domain_ops none = { 0 };

	deaf.ops = &none;
	assert_int_equal(iommu_attach_device_pasid(rig_domain('A'), &orphan, 1,
						   &h1), -ENODEV);
	assert_int_equal(iommu_attach_device_pasid(&deaf, &a->dev, 1, &h1),
			 -EOPNOTSUPP);
	assert_int_equal(iommu_attach_device_pasid(rig_domain('A'), &a->dev, 0,
						   &h1), -EINVAL);
	/* b has 4 bits only: the least of the members counts. */
	assert_int_equal(iommu_attach_device_pasid(rig_domain('A'), &a->dev, 16,
						   &h1), -EINVAL);
	expect_notes("");
	assert_int_equal(iommu_attach_device_pasid(rig_domain('A'), &a->dev, 15,
						   &h1), 0);
	expect_notes("a@15:A<- b@15:A<-");
	assert_int_equal(iommu_attach_device_pasid(rig_domain('B'), &b->dev, 15,
						   &h2), -EBUSY);
	assert_ptr_equal(iommu_attach_handle_get(group, 15, 0), &h1);
	iommu_detach_device_pasid(rig_domain('A'), &a->dev, 15);
	expect_notes("a@15:0<A b@15:0<A");
	rig_domain('A')->owner = &rig_other_ops;
	assert_int_equal(iommu_attach_device_pasid(rig_domain('A'), &a->dev, 1,
						   &h1), -EINVAL);
}

/* Members without PASIDs are passed over; if all are, nothing is called. */
static void pasidless_members(void **state)
{
	struct rig_dev *c = rig_dev_add('c', a, -1);
	struct rig_dev *e = rig_dev_add('e', NULL, -1);

	rig_notes();
	assert_int_equal(iommu_attach_device_pasid(rig_domain('A'), &c->dev, 1,
						   &h1), 0);
	expect_notes("a@1:A<- b@1:A<-");
	iommu_detach_device_pasid(rig_domain('A'), &c->dev, 1);
	rig_notes();
	assert_int_equal(iommu_attach_device_pasid(rig_domain('A'), &e->dev, 1,
						   &h1), 0);
	iommu_detach_device_pasid(rig_domain('A'), &e->dev, 1);
	expect_notes("");
	rig_dev_del(e);
	rig_dev_del(c);
}

static void pasid_attach_rolls_back(void **state)
{
	rig.fail_at = 2;
	rig.error = -EIO;
	assert_int_equal(iommu_attach_device_pasid(rig_domain('A'), &a->dev, 2,
						   &h1), -EIO);
	expect_notes("a@2:A<- b@2:A<- a@2:0<A");
	assert_int_equal(PTR_ERR(iommu_attach_handle_get(group, 2, 0)),
			 -ENOENT);
}

static void pasid_replace_rules(void **state)
{
	assert_int_equal(iommu_replace_device_pasid(rig_domain('B'), &a->dev, 2,
						    &h2), -EINVAL);
	assert_int_equal(iommu_attach_device_pasid(rig_domain('A'), &a->dev, 2,
						   &h1), 0);
	rig_notes();
	assert_int_equal(iommu_replace_device_pasid(rig_domain('B'), &a->dev, 2,
						    NULL), -EINVAL);
	uik_warn_expect_begin();
	assert_int_equal(iommu_replace_device_pasid(rig_domain('B'), &a->dev, 2,
						    &h1), -EINVAL);
	assert_int_equal(uik_warn_expect_end(), 1);
	assert_int_equal(iommu_replace_device_pasid(rig_domain('B'), &a->dev, 2,
						    &h2), 0);
	expect_notes("a@2:B<A b@2:B<A");
	/* The same domain: only the handle changes. */
	assert_int_equal(iommu_replace_device_pasid(rig_domain('B'), &a->dev, 2,
						    &h1), 0);
	expect_notes("");
	assert_ptr_equal(iommu_attach_handle_get(group, 2, 0), &h1);
	/* Failure: those done go back to the old one. */
	rig.fail_at = 2;
	rig.error = -EIO;
	assert_int_equal(iommu_replace_device_pasid(rig_domain('C'), &a->dev, 2,
						    &h2), -EIO);
	expect_notes("a@2:C<B b@2:C<B a@2:B<C");
	assert_ptr_equal(iommu_attach_handle_get(group, 2, 0), &h1);
	iommu_detach_device_pasid(rig_domain('B'), &a->dev, 2);
}

/* An attachment without handle is one, but has no handle to be found. */
static void pasid_without_handle(void **state)
{
	assert_int_equal(iommu_attach_device_pasid(rig_domain('A'), &a->dev, 2,
						   NULL), 0);
	assert_int_equal(PTR_ERR(iommu_attach_handle_get(group, 2, 0)),
			 -ENOENT);
	assert_int_equal(iommu_attach_device_pasid(rig_domain('A'), &a->dev, 2,
						   &h1), -EBUSY);
	rig_notes();
	/* Replacing tells the driver what was there. */
	assert_int_equal(iommu_replace_device_pasid(rig_domain('B'), &a->dev, 2,
						    &h1), 0);
	expect_notes("a@2:B<A b@2:B<A");
	iommu_detach_device_pasid(rig_domain('B'), &a->dev, 2);
}

/* Ownership cannot be taken or given back under an attachment. */
static void pasid_blocks_release(void **state)
{
	assert_int_equal(iommu_attach_device_pasid(rig_domain('A'), &a->dev, 2,
						   NULL), 0);
	uik_warn_expect_begin();
	iommu_device_release_dma_owner(&a->dev);
	assert_int_equal(uik_warn_expect_end(), 1);
	iommu_detach_device_pasid(rig_domain('A'), &a->dev, 2);
}

#define PAIR_TEST(name) \
	cmocka_unit_test_setup_teardown(name, pair_setup, pair_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PAIR_TEST(attach_and_detach),
		PAIR_TEST(foreign_domain),
		PAIR_TEST(attach_rolls_back),
		PAIR_TEST(rollback_failure_warns),
		PAIR_TEST(replace_rules),
		PAIR_TEST(attach_without_memory),
		PAIR_TEST(handle_type),
		PAIR_TEST(pasid_rules),
		PAIR_TEST(pasidless_members),
		PAIR_TEST(pasid_attach_rolls_back),
		PAIR_TEST(pasid_replace_rules),
		PAIR_TEST(pasid_without_handle),
		PAIR_TEST(pasid_blocks_release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
