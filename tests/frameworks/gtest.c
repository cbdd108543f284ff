// SPDX-License-Identifier: MIT
/* One test of <uiommufd/gtest.h>, chosen on the command line. */
#include <uapi/linux/iommufd.h>
#include <uiommufd/gtest.h>
#include <uiommufd/vcmdq.h>

static uint32_t make_ioas(int fd)
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

static const struct {
	const char *name, *kind;
	void (*function)(struct uiommufd_test *test, const void *kind);
} tests[] = {
	{ "right", NULL, right }, { "leak", NULL, leak },
	{ "graph", NULL, graph }, { "destroy", "smmuv3", destroy },
	{ "registers", "smmuv3", registers }, { "mmio", "smmuv3", mmio },
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
