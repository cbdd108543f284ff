// SPDX-License-Identifier: MIT
/* One test of <uiommufd/gtest.h>, chosen on the command line. */
#include <uapi/linux/iommufd.h>
#include <uiommufd/gtest.h>
#include <uiommufd/vcmdq.h>

/* A frame of its own, which reports of leaks name. */
__attribute__((noinline)) static uint32_t make_ioas(int fd)
{
	struct iommu_ioas_alloc cmd = { .size = sizeof(cmd) };

	g_assert_ioctl(fd, IOMMU_IOAS_ALLOC, &cmd);
	return cmd.out_ioas_id;
}

static void right(struct uiommufd_test *test, const void *kind)
{
	struct iommu_destroy none = { .size = sizeof(none), .id = 99 };

	g_assert_ioctl_fails(test->fd, IOMMU_DESTROY, &none, ENOENT);
	make_ioas(test->fd);
	g_assert_object_graph(test->fd, "IOAS 1 users 1 wait 1 areas 0 domains "
					"0 alignment 1\n");
	g_assert_object_counts(test->fd);
	g_assert_destroy(test->fd, 1);
}

static void leak(struct uiommufd_test *test, const void *kind)
{
	make_ioas(test->fd);
	uiommufd_dup(test->fd);
}

static void graph(struct uiommufd_test *test, const void *kind)
{
	make_ioas(test->fd);
	g_assert_object_graph(test->fd, "");
}

static void destroy(struct uiommufd_test *test, const void *kind)
{
	g_assert_destroy(test->fd, 1);
}

static void registers(struct uiommufd_test *test, const void *kind)
{
	struct uiommufd_mmio *smmu = uiommufd_smmu_registers(test->platform);

	g_expect_mmio_write(smmu, 0x70, 4, 0);
	g_expect_mmio_read(smmu, 0x60, 4);
	uiommufd_mmio_write(smmu, 0x70, 4, 0);
	uiommufd_mmio_read(smmu, 0x60, 4);
	g_assert_mmio(smmu);
	uiommufd_mmio_write(smmu, 0x70, 4, 0);
}

static void mmio(struct uiommufd_test *test, const void *kind)
{
	struct uiommufd_mmio *smmu = uiommufd_smmu_registers(test->platform);

	g_expect_mmio_write(smmu, 0x70, 4, 1);
	g_assert_mmio(smmu);
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

	g_assert_cmpint(uiommufd_device_bind(test->fd, "dev0", &device), ==, 0);
	parent.dev_id = device;
	return uiommufd_ioctl(test->fd, IOMMU_HWPT_ALLOC, &parent) ? errno : 0;
}

static void unbind(struct uiommufd_test *test)
{
	g_assert_cmpint(uiommufd_device_unbind(test->fd, "dev0"), ==, 0);
}

/* Ops in order, one in the driver's place, the last at the context's end. */
static void ops(struct uiommufd_test *test, const void *kind)
{
	g_expect_op_return(test->platform, "domain_alloc_paging_flags",
			   -ENOSPC);
	g_expect_no_op(test->platform, "viommu_init");
	g_assert_cmpint(make_parent(test), ==, ENOSPC);
	unbind(test);
	g_assert_ops(test->platform);
	g_expect_op_count(test->platform, "domain_alloc_paging_flags", 1);
	g_expect_op(test->platform, "free");
	g_assert_cmpint(make_parent(test), ==, 0);
	unbind(test);
}

static void ops_missing(struct uiommufd_test *test, const void *kind)
{
	g_expect_op(test->platform, "domain_alloc_paging_flags");
	g_expect_op(test->platform, "viommu_init");
	g_assert_cmpint(make_parent(test), ==, 0);
	unbind(test);
}

static void ops_extra(struct uiommufd_test *test, const void *kind)
{
	g_expect_no_op(test->platform, "domain_alloc_paging_flags");
	g_assert_cmpint(make_parent(test), ==, 0);
	g_assert_ops(test->platform);
}

static void ops_other(struct uiommufd_test *test, const void *kind)
{
	g_expect_no_other_op(test->platform);
	g_assert_cmpint(make_parent(test), ==, 0);
	unbind(test);
}

static void ops_name(struct uiommufd_test *test, const void *kind)
{
	g_expect_op(test->platform, "vdevice_int");
}

static const struct {
	const char *name, *kind;
	void (*function)(struct uiommufd_test *test, const void *kind);
} tests[] = {
	{ "right", NULL, right }, { "leak", NULL, leak },
	{ "graph", NULL, graph }, { "destroy", "smmuv3", destroy },
	{ "registers", "smmuv3", registers }, { "mmio", "smmuv3", mmio },
	{ "ops", "smmuv3", ops }, { "ops_missing", "smmuv3", ops_missing },
	{ "ops_extra", "smmuv3", ops_extra },
	{ "ops_other", "smmuv3", ops_other }, { "ops_name", NULL, ops_name },
};

int main(int argc, char **argv)
{
	const char *wanted = argv[argc - 1];

	argc--;
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
		if (!g_strcmp0(tests[i].name, wanted))
			uiommufd_gtest_add("/test", tests[i].kind,
					   tests[i].function);
	return g_test_run();
}
