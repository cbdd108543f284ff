// SPDX-License-Identifier: MIT
/* One test of <uiommufd/cmocka.h>, chosen on the command line. */
#include <uapi/linux/iommufd.h>
#include <uiommufd/cmocka.h>
#include <uiommufd/registers.h>
#include <uiommufd/vcmdq.h>

/* A frame of its own, which reports of leaks name. */
__attribute__((noinline)) static uint32_t make_ioas(int fd)
{
	struct iommu_ioas_alloc cmd = { .size = sizeof(cmd) };

	assert_ioctl(fd, IOMMU_IOAS_ALLOC, &cmd);
	return cmd.out_ioas_id;
}

static void right(void **state)
{
	struct uiommufd_test *test = *state;
	struct iommu_destroy none = { .size = sizeof(none), .id = 99 };

	assert_ioctl_fails(test->fd, IOMMU_DESTROY, &none, ENOENT);
	make_ioas(test->fd);
	assert_object_graph(test->fd, "IOAS 1 users 1 wait 1 areas 0 domains 0 "
				      "alignment 1\n");
	assert_object_counts(test->fd);
	assert_destroy(test->fd, 1);
}

static void leak(void **state)
{
	struct uiommufd_test *test = *state;

	make_ioas(test->fd);
	uiommufd_dup(test->fd);
}

static void graph(void **state)
{
	struct uiommufd_test *test = *state;

	make_ioas(test->fd);
	assert_object_graph(test->fd, "");
}

static void destroy(void **state)
{
	struct uiommufd_test *test = *state;

	assert_destroy(test->fd, 1);
}

/* What a driver would do to registers. */
static void registers(void **state)
{
	struct uiommufd_test *test = *state;
	struct uiommufd_mmio *smmu = uiommufd_smmu_registers(test->platform);

	assert_non_null(smmu);
	expect_mmio_write(smmu, UIOMMUFD_SMMU_GERROR_IRQ_CFG1, 4, 0);
	expect_mmio_read(smmu, UIOMMUFD_SMMU_GERROR, 4);
	uiommufd_mmio_write(smmu, 0x70, 4, 0);
	uiommufd_mmio_read(smmu, 0x60, 4);
	assert_mmio(smmu);
	uiommufd_mmio_write(smmu, 0x70, 4, 0);
}

static void mmio(void **state)
{
	struct uiommufd_test *test = *state;
	struct uiommufd_mmio *smmu = uiommufd_smmu_registers(test->platform);

	expect_mmio_write(smmu, 0x70, 4, 1);
	assert_mmio(smmu);
}

/* A nesting parent on "dev0" of an SMMUv3. */
static int make_parent(struct uiommufd_test *test)
{
	struct iommu_hwpt_alloc parent = {
		.size = sizeof(parent),
		.flags = IOMMU_HWPT_ALLOC_NEST_PARENT,
		.pt_id = make_ioas(test->fd),
	};
	uint32_t device = 0;

	assert_int_equal(uiommufd_device_bind(test->fd, "dev0", &device), 0);
	parent.dev_id = device;
	return uiommufd_ioctl(test->fd, IOMMU_HWPT_ALLOC, &parent) ? errno : 0;
}

static void unbind(struct uiommufd_test *test)
{
	assert_int_equal(uiommufd_device_unbind(test->fd, "dev0"), 0);
}

/* Ops in order, one in the driver's place, the last at the context's end. */
static void ops(void **state)
{
	struct uiommufd_test *test = *state;

	expect_op_return(test->platform, "domain_alloc_paging_flags", -ENOSPC);
	expect_no_op(test->platform, "viommu_init");
	assert_int_equal(make_parent(test), ENOSPC);
	unbind(test);
	assert_ops(test->platform);
	expect_op_count(test->platform, "domain_alloc_paging_flags", 1);
	expect_op(test->platform, "free");
	assert_int_equal(make_parent(test), 0);
	unbind(test);
}

static void ops_missing(void **state)
{
	struct uiommufd_test *test = *state;

	expect_op(test->platform, "domain_alloc_paging_flags");
	expect_op(test->platform, "viommu_init");
	assert_int_equal(make_parent(test), 0);
	unbind(test);
}

static void ops_extra(void **state)
{
	struct uiommufd_test *test = *state;

	expect_no_op(test->platform, "domain_alloc_paging_flags");
	assert_int_equal(make_parent(test), 0);
	assert_ops(test->platform);
}

static void ops_other(void **state)
{
	struct uiommufd_test *test = *state;

	expect_no_other_op(test->platform);
	assert_int_equal(make_parent(test), 0);
	unbind(test);
}

static void ops_name(void **state)
{
	struct uiommufd_test *test = *state;

	expect_op(test->platform, "vdevice_int");
}

static const struct CMUnitTest tests[] = {
	uiommufd_unit_test(right),
	uiommufd_unit_test_on("smmuv3", ops),
	uiommufd_unit_test_on("smmuv3", ops_missing),
	uiommufd_unit_test_on("smmuv3", ops_extra),
	uiommufd_unit_test_on("smmuv3", ops_other),
	uiommufd_unit_test(ops_name),
	uiommufd_unit_test_on("smmuv3", registers),
	uiommufd_unit_test_on("smmuv3", mmio),
	uiommufd_unit_test(leak),
	uiommufd_unit_test(graph),
	uiommufd_unit_test_on("smmuv3", destroy),
};

int main(int argc, char **argv)
{
	cmocka_set_test_filter(argv[argc - 1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
