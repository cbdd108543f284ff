/* SPDX-License-Identifier: MIT */
/* Mock devices: making, attaching, PASIDs.  spec/80 sections 3 to 5, 8, 11 */
#include "mock_test.h"

/* IDs are taken in the order stdev, idev, hwpt. */
static void ids_in_order(void **state)
{
	assert_int_equal(b.ioas, 1);
	assert_int_equal(b.stdev, 2);
	assert_int_equal(b.idev, 3);
	assert_int_equal(b.hwpt, 4);
}

static void command_sizes(void **state)
{
	struct {
		struct iommu_test_cmd cmd;
		char tail[8];
	} big = { .cmd = test_cmd(0, 0) };

	big.cmd.size = 67;
	assert_int_equal(test_run(&big.cmd), EINVAL);
	big.cmd.size = 68;
	assert_int_equal(test_run(&big.cmd), EOPNOTSUPP);
	big.cmd.size = 73;
	big.tail[0] = 1;
	assert_int_equal(test_run(&big.cmd), E2BIG);
	assert_int_equal(test_op(MD_CHECK_MAP, 0, .op = 0), ENOENT);
	big.cmd = test_cmd(IOMMU_TEST_OP_DMABUF_REVOKE + 1, 0);
	assert_int_equal(test_run(&big.cmd), EOPNOTSUPP);
}

/* Flags come before the ID; what cannot be attached to says so. */
static void making_errors(void **state)
{
	uint32_t s;

	assert_int_equal(mock_domain(b.fd, 999, 2, &s, NULL, NULL), EINVAL);
	assert_int_equal(mock_domain(b.fd, 999, 0, &s, NULL, NULL), ENOENT);
	assert_int_equal(mock_domain(b.fd, b.stdev, 0, &s, NULL, NULL), EINVAL);
	assert_int_equal(mock_domain(b.fd, b.ioas, 1u << 31, &s, NULL, NULL),
			 EINVAL);
	/* The bound device belongs to its maker. */
	assert_int_equal(mock_destroy(b.fd, b.idev), EBUSY);
	assert_int_equal(mock_destroy(b.fd, b.ioas), EBUSY);
	assert_int_equal(mock_destroy(b.fd, b.stdev), 0);
	assert_int_equal(mock_destroy(b.fd, b.idev), ENOENT);
	assert_int_equal(mock_destroy(b.fd, b.hwpt), ENOENT);
	assert_int_equal(mock_destroy(b.fd, b.ioas), 0);
}

static void replace_errors(void **state)
{
	assert_int_equal(test_op(MOCK_DOMAIN_REPLACE, b.stdev,
				 .mock_domain_replace = { 999 }), ENOENT);
	assert_int_equal(test_op(MOCK_DOMAIN_REPLACE, b.idev,
				 .mock_domain_replace = { b.hwpt }), ENOENT);
	assert_int_equal(test_op(MOCK_DOMAIN_REPLACE, b.stdev,
				 .mock_domain_replace = { b.idev }), EINVAL);
	assert_int_equal(test_op(MOCK_DOMAIN_REPLACE, b.stdev,
				 .mock_domain_replace = { b.hwpt }), 0);
}

/* Devices without dirty tracking do not take domains with it. */
static void no_dirty(void **state)
{
	uint32_t hwpt, stdev, idev;

	assert_int_equal(mock_hwpt(b.fd, b.idev, b.ioas,
				   IOMMU_HWPT_ALLOC_DIRTY_TRACKING, &hwpt), 0);
	assert_int_equal(mock_domain(b.fd, hwpt, MOCK_FLAGS_DEVICE_NO_DIRTY,
				     &stdev, NULL, NULL), EINVAL);
	assert_int_equal(mock_domain(b.fd, b.ioas, MOCK_FLAGS_DEVICE_NO_DIRTY,
				     &stdev, &idev, NULL), 0);
	assert_int_equal(mock_hwpt(b.fd, idev, b.ioas,
				   IOMMU_HWPT_ALLOC_DIRTY_TRACKING, &hwpt),
			 EOPNOTSUPP);
}

static int hw_info(uint32_t idev, uint32_t type, struct iommu_hw_info *info,
		   struct iommu_test_hw_info *data, uint32_t len)
{
	*info = (struct iommu_hw_info){
		.size = sizeof(*info),
		.flags = IOMMU_HW_INFO_FLAG_INPUT_TYPE,
		.dev_id = idev,
		.data_len = len,
		.data_uptr = (uintptr_t)data,
		.in_data_type = type,
	};
	return mock_call(b.fd, IOMMU_GET_HW_INFO, info);
}

static void hw_info_values(void **state)
{
	struct iommu_test_hw_info data = { 0 };
	struct iommu_hw_info info;
	uint32_t stdev, idev;

	assert_int_equal(hw_info(b.idev, 0, &info, &data, sizeof(data)), 0);
	assert_int_equal(info.out_data_type, IOMMU_HW_INFO_TYPE_SELFTEST);
	assert_int_equal(info.data_len, 8);
	assert_int_equal(data.flags, 0);
	assert_int_equal(data.test_reg, IOMMU_HW_INFO_SELFTEST_REGVAL);
	assert_int_equal(info.out_max_pasid_log2, 0);
	assert_int_equal(info.out_capabilities, 9);
	assert_int_equal(hw_info(b.idev, 1, &info, &data, 8), EOPNOTSUPP);
	assert_int_equal(mock_domain(b.fd, b.ioas,
				     MOCK_FLAGS_DEVICE_NO_DIRTY |
					     MOCK_FLAGS_DEVICE_PASID,
				     &stdev, &idev, NULL), 0);
	assert_int_equal(hw_info(idev, IOMMU_HW_INFO_TYPE_SELFTEST, &info,
				 &data, 8), 0);
	assert_int_equal(info.out_max_pasid_log2, 20);
	assert_int_equal(info.out_capabilities, 8);
}

/* --- PASIDs --------------------------------------------------------------- */

static int attach(uint32_t stdev, uint32_t pasid, uint32_t pt)
{
	return test_op(PASID_ATTACH, stdev, .pasid_attach = { pasid, pt });
}

static int replace(uint32_t pasid, uint32_t pt)
{
	return test_op(PASID_REPLACE, b.stdev, .pasid_replace = { pasid, pt });
}

static int detach(uint32_t pasid)
{
	return test_op(PASID_DETACH, b.stdev, .pasid_detach = { pasid });
}

static int check(uint32_t pasid, uint32_t hwpt)
{
	return test_op(PASID_CHECK_HWPT, b.stdev,
		       .pasid_check = { pasid, hwpt });
}

/* The trace of spec/80 section 18. */
static void pasid_rules(void **state)
{
	uint32_t one, two, plain;

	assert_int_equal(mock_hwpt(b.fd, b.idev, b.ioas, IOMMU_HWPT_ALLOC_PASID,
				   &one), 0);
	assert_int_equal(mock_hwpt(b.fd, b.idev, b.ioas, IOMMU_HWPT_ALLOC_PASID,
				   &two), 0);
	assert_int_equal(mock_hwpt(b.fd, b.idev, b.ioas, 0, &plain), 0);
	/* The RID's domain must know PASIDs first. */
	assert_int_equal(attach(b.stdev, 100, one), EINVAL);
	assert_int_equal(test_op(MOCK_DOMAIN_REPLACE, b.stdev,
				 .mock_domain_replace = { one }), 0);
	assert_int_equal(attach(b.stdev, 100, one), 0);
	assert_int_equal(attach(b.stdev, 100, one), EBUSY);
	assert_int_equal(attach(b.stdev, 101, b.ioas), EINVAL);
	assert_int_equal(attach(b.stdev, 101, plain), EINVAL);
	assert_int_equal(attach(b.stdev, 0, one), EBUSY);
	assert_int_equal(attach(b.stdev, 1u << 20, one), EINVAL);
	assert_int_equal(attach(b.stdev, (1u << 20) - 1, one), 0);
	assert_int_equal(attach(b.idev, 5, one), ENOENT);
	assert_int_equal(check(100, one), 0);
	assert_int_equal(check(100, 0), EINVAL);
	assert_int_equal(check(55, one), EINVAL);
	assert_int_equal(check(55, 0), 0);
	assert_int_equal(check(100, b.ioas), EINVAL);
	assert_int_equal(check(100, 999), ENOENT);
	assert_int_equal(check(0, one), 0);
	assert_int_equal(replace(55, one), EINVAL);
	assert_int_equal(replace(100, one), 0);
	assert_int_equal(replace(100, two), 0);
	assert_int_equal(check(100, two), 0);
	assert_int_equal(test_op(MOCK_DOMAIN_REPLACE, b.stdev,
				 .mock_domain_replace = { b.ioas }), EINVAL);
	assert_int_equal(detach(100), 0);
	assert_int_equal(detach(100), 0);
}

/* One PASID fails every second time; failing keeps the old domain. */
static void pasid_that_fails(void **state)
{
	uint32_t one, two;

	assert_int_equal(mock_hwpt(b.fd, b.idev, b.ioas, IOMMU_HWPT_ALLOC_PASID,
				   &one), 0);
	assert_int_equal(mock_hwpt(b.fd, b.idev, b.ioas, IOMMU_HWPT_ALLOC_PASID,
				   &two), 0);
	assert_int_equal(test_op(MOCK_DOMAIN_REPLACE, b.stdev,
				 .mock_domain_replace = { one }), 0);
	assert_int_equal(attach(b.stdev, 1024, one), 0);
	assert_int_equal(replace(1024, two), ENOMEM);
	assert_int_equal(check(1024, one), 0);
	assert_int_equal(replace(1024, two), 0);
	assert_int_equal(replace(1024, one), ENOMEM);
	assert_int_equal(check(1024, two), 0);
	/* Detaching resets it. */
	assert_int_equal(detach(1024), 0);
	assert_int_equal(attach(b.stdev, 1024, one), 0);
}

/* A device without PASIDs has none. */
static void pasid_on_plain_device(void **state)
{
	uint32_t hwpt;

	assert_int_equal(mock_hwpt(b.fd, b.idev, b.ioas, IOMMU_HWPT_ALLOC_PASID,
				   &hwpt), 0);
	assert_int_equal(test_op(MOCK_DOMAIN_REPLACE, b.stdev,
				 .mock_domain_replace = { hwpt }), 0);
	assert_int_equal(attach(b.stdev, 1, hwpt), EINVAL);
}

/* A device that goes takes its PASIDs with it. */
static void destroy_with_pasids(void **state)
{
	uint32_t hwpt;

	assert_int_equal(mock_hwpt(b.fd, b.idev, b.ioas, IOMMU_HWPT_ALLOC_PASID,
				   &hwpt), 0);
	assert_int_equal(test_op(MOCK_DOMAIN_REPLACE, b.stdev,
				 .mock_domain_replace = { hwpt }), 0);
	assert_int_equal(attach(b.stdev, 1, hwpt), 0);
	assert_int_equal(attach(b.stdev, 77, hwpt), 0);
	assert_int_equal(mock_destroy(b.fd, hwpt), EBUSY);
	assert_int_equal(mock_destroy(b.fd, b.stdev), 0);
	assert_int_equal(mock_destroy(b.fd, hwpt), 0);
}

/* Numbers of devices that are gone are used again (bug B22). */
static void destroy_in_any_order(void **state)
{
	uint32_t stdev[3], again;
	unsigned int i;

	for (i = 0; i < 3; i++)
		assert_int_equal(mock_domain(b.fd, b.ioas, 0, &stdev[i], NULL,
					     NULL), 0);
	assert_int_equal(mock_destroy(b.fd, stdev[0]), 0);
	assert_int_equal(mock_domain(b.fd, b.ioas, 0, &again, NULL, NULL), 0);
	assert_int_equal(mock_destroy(b.fd, stdev[2]), 0);
	assert_int_equal(mock_destroy(b.fd, stdev[1]), 0);
	assert_int_equal(mock_destroy(b.fd, again), 0);
}

/* Devices of the platform have names and live on after the context. */
static void platform_devices(void **state)
{
	uint32_t id, pt = b.ioas;

	assert_int_equal(uiommufd_platform_plug(b.platform, NULL), 0);
	assert_int_equal(uiommufd_device_bind(b.fd, "mock0", &id), 0);
	assert_int_equal(uiommufd_device_attach(b.fd, "mock0", 0, &pt), 0);
	assert_int_equal(pt, b.hwpt);
	assert_int_equal(uiommufd_device_detach(b.fd, "mock0", 0), 0);
	assert_int_equal(uiommufd_device_unbind(b.fd, "mock0"), 0);
	assert_int_equal(uiommufd_platform_unplug(b.platform, "mock0"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(ids_in_order),
		BENCH_TEST(command_sizes),
		BENCH_TEST(making_errors),
		BENCH_TEST(replace_errors),
		BENCH_TEST(no_dirty),
		BENCH_TEST(hw_info_values),
		PASID_TEST(pasid_rules),
		PASID_TEST(pasid_that_fails),
		BENCH_TEST(pasid_on_plain_device),
		PASID_TEST(destroy_with_pasids),
		BENCH_TEST(destroy_in_any_order),
		BENCH_TEST(platform_devices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
