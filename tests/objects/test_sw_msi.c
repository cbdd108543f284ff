// SPDX-License-Identifier: MIT
/* Laws of sw_msi.c: spec/20 section 11. */
#include "rig.h"

#include <linux/msi.h>

#include "objects/ioas.h"

#define WINDOW 0x8000000ull

static void window(phys_addr_t start)
{
	knobs.region_count = 1;
	knobs.regions[0].start = start;
	knobs.regions[0].length = 0x100000;
	knobs.regions[0].type = IOMMU_RESV_SW_MSI;
}

static struct iommu_domain *domain_of(struct rig *rig, u32 hwpt)
{
	return container_of(rig_object(rig, hwpt), struct iommufd_hw_pagetable,
			    obj)->domain;
}

/* What the interrupt layer does; the IOVA, or a negative errno. */
static s64 compose(struct rig *rig, unsigned int dev, u32 hwpt, u64 doorbell)
{
	struct msi_desc desc = { .dev = &rig->device[dev].dev };
	int ret = iommufd_sw_msi(domain_of(rig, hwpt), &desc, doorbell);

	if (ret)
		return ret;
	return (u64)desc.iommu_msi_iova << desc.iommu_msi_shift;
}

/* Pages are numbered as they are asked for, the same in all domains. */
static void pages_are_numbered(void **state)
{
	struct rig *rig = *state;
	u32 ioas, a, b;

	window(WINDOW);
	rig_bind(rig, 0);
	rig_bind(rig, 2);
	ioas = rig_ioas(rig);
	a = rig_hwpt(rig, 0, ioas, 0);
	b = rig_hwpt(rig, 2, ioas, 0);
	/* Nothing attached: the message stays as it is. */
	assert_int_equal(compose(rig, 0, a, 0x100040), 0);
	assert_int_equal(iommufd_device_attach(rig->idev[0], 0, &a), 0);
	assert_int_equal(iommufd_device_attach(rig->idev[2], 0, &b), 0);
	assert_int_equal(rig->idev[0]->igroup->sw_msi_start, WINDOW);
	assert_int_equal(compose(rig, 0, a, 0x100040), WINDOW);
	assert_int_equal(compose(rig, 0, a, 0x200040), WINDOW + 0x1000);
	assert_int_equal(compose(rig, 2, b, 0x200080), WINDOW + 0x1000);
	assert_int_equal(compose(rig, 0, a, 0x100080), WINDOW);
	assert_true(iommu_iova_to_phys(domain_of(rig, a), WINDOW) == 0x100000);
	assert_true(iommu_iova_to_phys(domain_of(rig, b), WINDOW) == 0);
	assert_true(iommu_iova_to_phys(domain_of(rig, b), WINDOW + 0x1000) ==
		    0x200000);
	iommufd_device_detach(rig->idev[0], 0);
	iommufd_device_detach(rig->idev[2], 0);
}

/* What a group has asked for is mapped before it is attached elsewhere. */
static void next_domain_has_them(void **state)
{
	struct rig *rig = *state;
	u32 ioas, a, b, id;

	window(WINDOW);
	rig_bind(rig, 0);
	ioas = rig_ioas(rig);
	a = rig_hwpt(rig, 0, ioas, 0);
	b = rig_hwpt(rig, 0, ioas, 0);
	id = a;
	assert_int_equal(iommufd_device_attach(rig->idev[0], 0, &id), 0);
	assert_int_equal(compose(rig, 0, a, 0x100040), WINDOW);
	id = b;
	assert_int_equal(iommufd_device_replace(rig->idev[0], 0, &id), 0);
	assert_true(iommu_iova_to_phys(domain_of(rig, b), WINDOW) == 0x100000);
	iommufd_device_detach(rig->idev[0], 0);
}

/* No window: nothing is done.  The 65th page: EOVERFLOW. */
static void limits(void **state)
{
	struct rig *rig = *state;
	u32 ioas, a;

	rig_bind(rig, 2);
	ioas = rig_ioas(rig);
	a = rig_hwpt(rig, 2, ioas, 0);
	assert_int_equal(iommufd_device_attach(rig->idev[2], 0, &a), 0);
	assert_int_equal(compose(rig, 2, a, 0x100000), 0);
	iommufd_device_detach(rig->idev[2], 0);
	window(WINDOW);
	assert_int_equal(iommufd_device_attach(rig->idev[2], 0, &a), 0);
	for (u64 i = 0; i < 64; i++)
		assert_int_equal(compose(rig, 2, a, (i + 1) << 12),
				 WINDOW + (i << 12));
	assert_int_equal(compose(rig, 2, a, 65 << 12), -EOVERFLOW);
	assert_int_equal(compose(rig, 2, a, 64 << 12), WINDOW + (63 << 12));
	iommufd_device_detach(rig->idev[2], 0);
}

/* Two windows, or a window of each kind: WARN, EINVAL, nothing reserved. */
static void windows_that_do_not_go_together(void **state)
{
	struct rig *rig = *state;
	u32 ioas, a;

	window(WINDOW);
	knobs.region_count = 2;
	knobs.regions[1] = knobs.regions[0];
	knobs.regions[1].start = 0x9000000;
	rig_bind(rig, 2);
	ioas = rig_ioas(rig);
	a = rig_hwpt(rig, 2, ioas, 0);
	uik_warn_expect_begin();
	assert_int_equal(iommufd_device_attach(rig->idev[2], 0, &a), -EINVAL);
	knobs.regions[1].type = IOMMU_RESV_MSI;
	assert_int_equal(iommufd_device_attach(rig->idev[2], 0, &a), -EINVAL);
	assert_true(uik_warn_expect_end() >= 1);
	assert_int_equal(rig_users(rig, a), 1);
}

static u32 sweep_hwpt;

static int sweep_op(struct rig *rig)
{
	s64 ret = compose(rig, 2, sweep_hwpt, 0x700000);

	return ret < 0 ? ret : 0;
}

/* Every step of a new doorbell page fails in turn. */
static void failure_sweep(void **state)
{
	struct rig *rig = *state;
	u32 ioas;

	window(WINDOW);
	rig_bind(rig, 2);
	ioas = rig_ioas(rig);
	sweep_hwpt = rig_hwpt(rig, 2, ioas, 0);
	assert_int_equal(iommufd_device_attach(rig->idev[2], 0, &sweep_hwpt),
			 0);
	for (u32 nth = 1;; nth++) {
		int ret;

		uik_fail_nth(nth, UIK_FAIL_ANY, false);
		ret = sweep_op(rig);
		if (!uik_fail_nth(0, 0, false)) {
			assert_int_equal(ret, 0);
			assert_true(nth > 1);
			break;
		}
		assert_int_equal(ret, -ENOMEM);
	}
	iommufd_device_detach(rig->idev[2], 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		RIG_TEST(pages_are_numbered),
		RIG_TEST(next_domain_has_them),
		RIG_TEST(limits),
		RIG_TEST(windows_that_do_not_go_together),
		RIG_TEST(failure_sweep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
