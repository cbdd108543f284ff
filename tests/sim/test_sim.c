/* SPDX-License-Identifier: MIT */
/*
 * Putting hardware together: every allocation may fail.
 */
#include "hw.h"
#include <linux/io.h>
#include <uik/task.h>

static void sweep_kind(const char *kind)
{
	struct uiommufd_platform_config config;
	struct uiommufd_platform *platform = NULL;
	unsigned int failures = 0;

	uiommufd_platform_config_init(&config, kind);
	config.hardware.log2_vintfs = 1;
	config.hardware.log2_vcmdqs = 2;
	for (unsigned int nth = 1; !platform && nth < 10000; nth++) {
		uik_fail_nth(nth, 1u << UIK_FAIL_ALLOC, false);
		errno = 0;
		platform = platform_build(&config);
		if (!uik_fail_nth(0, 0, false))
			assert_non_null(platform);
		if (platform)
			continue;
		assert_int_equal(errno, ENOMEM);
		failures++;
	}
	assert_non_null(platform);
	assert_true(failures > 5);
	uiommufd_platform_free(platform);
}

/* Law: without memory there is no platform, and nothing is left (ASan). */
static void test_build_sweep(void **state)
{
	sweep_kind("smmuv3");
	sweep_kind("tegra241");
}

/* Law: filling a cache without memory changes nothing. */
static void test_fill_sweep(void **state)
{
	struct uiommufd_translation entry = { .log2_page = 12 };
	struct hw *hw = hw_new();

	uik_fail_nth(1, 1u << UIK_FAIL_ALLOC, false);
	assert_int_equal(uiommufd_cache_fill(hw->platform,
					     UIOMMUFD_CACHE_IOTLB, &entry),
			 -1);
	assert_int_equal(errno, ENOMEM);
	assert_true(uik_fail_nth(0, 0, false));
	assert_int_equal(uiommufd_cache_count(hw->platform,
					      UIOMMUFD_CACHE_IOTLB), 0);
	assert_int_equal(uiommufd_cache_fill(hw->platform,
					     UIOMMUFD_CACHE_IOTLB, &entry), 0);
	assert_int_equal(uiommufd_cache_count(hw->platform,
					      UIOMMUFD_CACHE_IOTLB), 1);
	entry.address = 0x123;
	assert_int_equal(uiommufd_cache_fill(hw->platform,
					     UIOMMUFD_CACHE_IOTLB, &entry),
			 -1);
	assert_int_equal(errno, EINVAL);
	hw_free(hw);
}

/* Law: a register block attaches once, where it is told, if it is free. */
static void test_attach(void **state)
{
	static const struct uiommufd_mmio_register row = {
		.name = "R", .width = 4, .reset = 0x77,
	};
	static const struct uiommufd_mmio_block block = {
		.name = "own", .size = 0x1000, .registers = &row,
		.register_count = 1,
	};
	struct hw *hw = hw_new();
	struct uiommufd_mmio *one = uiommufd_mmio_new(&block, NULL, NULL);
	struct uiommufd_mmio *two = uiommufd_mmio_new(&block, NULL, NULL);
	uint64_t phys = uiommufd_mmio_attach(one, hw->platform, 0);
	void __iomem *base;

	assert_true(phys);
	assert_int_equal(uiommufd_mmio_attach(one, hw->platform, 0), 0);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(uiommufd_mmio_attach(two, hw->platform, phys), 0);
	assert_int_equal(errno, EEXIST);
	assert_true(uiommufd_mmio_attach(two, hw->platform, phys + 0x1000) ==
		    phys + 0x1000);
	base = ioremap(phys, 0x1000);
	assert_int_equal(readl(base), 0x77);
	writel(0x1234, base);
	assert_int_equal(uiommufd_mmio_get(one, 0, 0), 0x1234);
	assert_int_equal(uiommufd_mmio_get(two, 0, 0), 0x77);
	iounmap(base);
	uiommufd_mmio_free(one);
	uiommufd_mmio_free(two);
	uiommufd_mmio_free(NULL);
	hw_free(hw);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_build_sweep),
		cmocka_unit_test(test_fill_sweep),
		cmocka_unit_test(test_attach),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
