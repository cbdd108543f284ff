/* SPDX-License-Identifier: MIT */
/* Domains made by drivers, capabilities, reserved regions, table memory. */
#include "iommu_rig.h"

#include <iommu-pages.h>
#include <iommufd-mock.h>
#include <linux/list.h>

static unsigned int made, freed;

static void domain_free(struct iommu_domain *domain)
{
	freed++;
	kfree(domain);
}

static const struct iommu_domain_ops domain_ops = { .free = domain_free };

static struct iommu_domain *plain(struct device *dev)
{
	made++;
	return kzalloc_obj(struct iommu_domain);
}

static struct iommu_domain *with_flags(struct device *dev, u32 flags,
				       const struct iommu_user_data *data)
{
	struct iommu_domain *domain;

	if (flags)
		return ERR_PTR(-EOPNOTSUPP);
	domain = kzalloc_obj(*domain);
	if (domain)
		domain->ops = &domain_ops;
	return domain;
}

/* Borrows the device's instance for ops of the test's own. */
static void use_ops(const struct iommu_ops *ops)
{
	rig.iommu.ops = ops;
}

/* Type, owner and ops are set; the plain way comes first. */
static void paging_alloc(void **state)
{
	static const struct iommu_ops both = {
		.domain_alloc_paging = plain,
		.domain_alloc_paging_flags = with_flags,
		.default_domain_ops = &domain_ops,
	};
	static const struct iommu_ops none = { .owner = NULL };
	struct rig_dev *a = rig_dev_add('a', NULL, -1);
	struct device orphan = { 0 };
	struct iommu_domain *domain;

	made = freed = 0;
	assert_int_equal(PTR_ERR(iommu_paging_domain_alloc(&orphan)), -ENODEV);
	assert_int_equal(PTR_ERR(iommu_paging_domain_alloc(&a->dev)),
			 -EOPNOTSUPP);
	use_ops(&both);
	domain = iommu_paging_domain_alloc(&a->dev);
	assert_int_equal(made, 1);
	assert_int_equal(domain->type, IOMMU_DOMAIN_UNMANAGED);
	assert_ptr_equal(domain->owner, &both);
	assert_ptr_equal(domain->ops, &domain_ops);
	iommu_domain_free(domain);
	assert_int_equal(freed, 1);
	/* With flags the other one is asked. */
	assert_int_equal(PTR_ERR(iommu_paging_domain_alloc_flags(&a->dev, 2)),
			 -EOPNOTSUPP);
	assert_int_equal(made, 1);
	uik_fail_nth(1, 1u << UIK_FAIL_ALLOC, false);
	assert_int_equal(PTR_ERR(iommu_paging_domain_alloc(&a->dev)), -ENOMEM);
	uik_fail_nth(0, 0, false);
	use_ops(&none);
	assert_int_equal(PTR_ERR(iommu_paging_domain_alloc(&a->dev)),
			 -EOPNOTSUPP);
	use_ops(&rig_ops);
	rig_dev_del(a);
}

/* Freeing what is not to be freed is a bug. */
static void free_static(void **state)
{
	uik_warn_expect_begin();
	iommu_domain_free(&rig_blocked);
	assert_int_equal(uik_warn_expect_end(), 1);
}

static bool one_cap(struct device *dev, enum iommu_cap cap)
{
	return cap == IOMMU_CAP_NOEXEC;
}

static void capabilities(void **state)
{
	static const struct iommu_ops ops = { .capable = one_cap };
	struct rig_dev *a = rig_dev_add('a', NULL, -1);
	struct device orphan = { 0 };

	assert_false(device_iommu_capable(&orphan, IOMMU_CAP_NOEXEC));
	assert_false(device_iommu_capable(&a->dev, IOMMU_CAP_NOEXEC));
	use_ops(&ops);
	assert_true(device_iommu_capable(&a->dev, IOMMU_CAP_NOEXEC));
	assert_false(device_iommu_capable(&a->dev, IOMMU_CAP_DIRTY_TRACKING));
	use_ops(&rig_ops);
	rig_dev_del(a);
}

static void own_free(struct device *dev, struct iommu_resv_region *region)
{
	freed++;
	kfree(region);
}

/* The driver's order is kept; each region is freed its own way. */
static void reserved_regions(void **state)
{
	struct rig_dev *d = rig_dev_add('d', NULL, -1);
	struct iommu_resv_region *own;
	LIST_HEAD(list);

	freed = 0;
	iommu_get_resv_regions(&d->dev, &list);
	assert_int_equal(list_first_entry(&list, struct iommu_resv_region,
					  list)->type, IOMMU_RESV_DIRECT);
	own = iommu_alloc_resv_region(1, 2, 0, IOMMU_RESV_MSI, GFP_KERNEL);
	own->free = own_free;
	list_add_tail(&own->list, &list);
	iommu_put_resv_regions(&d->dev, &list);
	assert_int_equal(freed, 1);
	assert_true(list_empty(&list));
	rig_dev_del(d);
}

/* Cleared, aligned to their size; freed together. */
static void table_memory(void **state)
{
	struct iommu_pages_list list = IOMMU_PAGES_LIST_INIT(list);
	u64 *table = iommu_alloc_pages_sz(GFP_KERNEL, 4096);

	assert_non_null(table);
	assert_int_equal((uintptr_t)table % 4096, 0);
	assert_int_equal(table[0] | table[511], 0);
	assert_true(iommu_pages_list_empty(&list));
	iommu_pages_list_add(&list, table);
	iommu_pages_list_add(&list, iommu_alloc_pages_sz(GFP_KERNEL, 1));
	assert_false(iommu_pages_list_empty(&list));
	iommu_put_pages_list(&list);
	assert_true(iommu_pages_list_empty(&list));
	iommu_free_pages(NULL);
}

/* One mock on a machine. */
static void mock_hook(void **state)
{
	static const struct iommufd_mock_ops ops = { .device_add = NULL };
	struct iommu_device *iommu = NULL;

	assert_null(iommufd_mock_get(&iommu));
	assert_int_equal(iommufd_mock_register(&rig.iommu, &ops), 0);
	assert_int_equal(iommufd_mock_register(&rig.iommu, &ops), -EBUSY);
	assert_ptr_equal(iommufd_mock_get(&iommu), &ops);
	assert_ptr_equal(iommu, &rig.iommu);
	iommufd_mock_unregister();
	assert_null(iommufd_mock_get(&iommu));
}

/* All devices of the instance in one group, if the driver wants that. */
static void single_group(void **state)
{
	struct rig_dev *a = rig_dev_add('a', NULL, -1);
	struct iommu_group *one = generic_single_device_group(&a->dev);
	struct iommu_group *two = generic_single_device_group(&a->dev);

	assert_ptr_equal(one, two);
	iommu_group_put(one);
	iommu_group_put(two);
	rig_dev_del(a);
}

#define RIG_TEST(name) \
	cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(paging_alloc),
		RIG_TEST(free_static),
		RIG_TEST(capabilities),
		RIG_TEST(reserved_regions),
		RIG_TEST(table_memory),
		RIG_TEST(mock_hook),
		RIG_TEST(single_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
