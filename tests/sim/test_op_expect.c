/* SPDX-License-Identifier: MIT */
/*
 * Driver ops that a test expects: those of the example's own driver, outside of
 * platforms, and those of the platforms' drivers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <linux/device.h>
#include <uapi/linux/iommufd.h>
#include <uiommufd/uiommufd.h>

#include "iommu-priv.h"
#include "../../examples/own_driver.h"

static const struct bus_type quad_bus = { .name = "quad" };
static struct notifier_block quad_notifier;
static struct device quad;

struct machine {
	int fd;
	uint32_t device, parent, viommu;
};

static void release(struct device *dev)
{
	(void)dev;
}

static int destroy(int fd, uint32_t id)
{
	struct iommu_destroy cmd = { .size = sizeof(cmd), .id = id };

	return uiommufd_ioctl(fd, IOMMU_DESTROY, &cmd) ? errno : 0;
}

static int make_parent(struct machine *machine)
{
	struct iommu_ioas_alloc ioas = { .size = sizeof(ioas) };
	struct iommu_hwpt_alloc parent = {
		.size = sizeof(parent),
		.flags = IOMMU_HWPT_ALLOC_NEST_PARENT,
		.dev_id = machine->device,
	};

	assert_false(uiommufd_ioctl(machine->fd, IOMMU_IOAS_ALLOC, &ioas));
	parent.pt_id = ioas.out_ioas_id;
	if (uiommufd_ioctl(machine->fd, IOMMU_HWPT_ALLOC, &parent))
		return errno;
	machine->parent = parent.out_hwpt_id;
	return 0;
}

static int make_viommu(struct machine *machine)
{
	struct iommu_viommu_alloc viommu = {
		.size = sizeof(viommu),
		.type = QUAD_VIOMMU,
		.dev_id = machine->device,
		.hwpt_id = machine->parent,
	};

	if (uiommufd_ioctl(machine->fd, IOMMU_VIOMMU_ALLOC, &viommu))
		return errno;
	machine->viommu = viommu.out_viommu_id;
	return 0;
}

static int make_vdevice(struct machine *machine, uint32_t *out_id)
{
	struct iommu_vdevice_alloc vdevice = {
		.size = sizeof(vdevice),
		.viommu_id = machine->viommu,
		.dev_id = machine->device,
		.virt_id = 1,
	};

	if (uiommufd_ioctl(machine->fd, IOMMU_VDEVICE_ALLOC, &vdevice))
		return errno;
	*out_id = vdevice.out_vdevice_id;
	return 0;
}

static int setup(void **state)
{
	static struct machine machine;

	if (bus_register(&quad_bus) ||
	    iommu_device_register_bus(&quad_iommu, &quad_ops, &quad_bus,
				      &quad_notifier))
		return -1;
	device_initialize(&quad);
	quad.bus = &quad_bus;
	quad.release = release;
	if (dev_set_name(&quad, "quad0") ||
	    iommu_mock_device_add(&quad, &quad_iommu))
		return -1;
	machine.fd = uiommufd_open(NULL, O_RDWR);
	*state = &machine;
	return uiommufd_device_bind(machine.fd, "quad0", &machine.device);
}

static int teardown(void **state)
{
	struct machine *machine = *state;

	free(uiommufd_op_expect_end(NULL));
	uiommufd_device_unbind(machine->fd, "quad0");
	uiommufd_close(machine->fd);
	device_unregister(&quad);
	iommu_device_unregister_bus(&quad_iommu, &quad_bus, &quad_notifier);
	bus_unregister(&quad_bus);
	memset(&quad, 0, sizeof(quad));
	return 0;
}

static void expect_at(const char *op, uint32_t count, int line)
{
	struct uiommufd_op_expected one = {
		.op = op, .count = count, .file = "t.c", .line = line,
	};

	assert_null(uiommufd_op_expect(NULL, &one));
}

static char *answer(const char *op, long value)
{
	struct uiommufd_op_expected one = {
		.op = op, .count = 1, .answers = true, .value = value,
	};

	return uiommufd_op_expect(NULL, &one);
}

/* The text that says what went wrong has all of these, in this order. */
static void assert_end_says(const char *const *parts)
{
	char *text = uiommufd_op_expect_end(NULL);
	const char *at = text;

	assert_non_null(text);
	for (; *parts; parts++) {
		at = strstr(at, *parts);
		if (!at)
			fail_msg("no \"%s\" in its place in\n%s", *parts, text);
	}
	free(text);
}
#define ASSERT_END_SAYS(...) \
	assert_end_says((const char *const[]){ __VA_ARGS__, NULL })

/* Law: what comes in the order expected is right, the destroy pointer, too. */
static void test_order(void **state)
{
	struct machine *machine = *state;
	uint32_t vdevice = 0;

	assert_null(uiommufd_op_expect_end(NULL));
	expect_at("domain_alloc_paging_flags", 1, 1);
	expect_at("viommu_init", 1, 2);
	expect_at("vdevice_init", 2, 3);
	expect_at("vdevice_destroy", 1, 4);
	assert_int_equal(make_parent(machine), 0);
	assert_int_equal(make_viommu(machine), 0);
	assert_int_equal(make_vdevice(machine, &vdevice), 0);
	assert_int_equal(destroy(machine->fd, vdevice), 0);
	ASSERT_END_SAYS("driver op vdevice_destroy was called, "
			"expected was vdevice_init (t.c:3)\n",
			"vdevice_destroy",
			"driver op vdevice_init was not called 1 of 2 times "
			"(t.c:3)\n",
			"driver op vdevice_destroy was not called (t.c:4)\n",
			"ops that were called:",
			"domain_alloc_paging_flags", "viommu_init",
			"vdevice_init", "vdevice_destroy");
	/* And right this time. */
	expect_at("vdevice_init", 1, 1);
	expect_at("vdevice_destroy", 1, 2);
	expect_at("vdevice_init", 1, 3);
	assert_int_equal(make_vdevice(machine, &vdevice), 0);
	assert_int_equal(destroy(machine->fd, vdevice), 0);
	assert_int_equal(make_vdevice(machine, &vdevice), 0);
	assert_null(uiommufd_op_expect_end(NULL));
	assert_int_equal(destroy(machine->fd, vdevice), 0);
}

/* Law: an answer is the op's result, and the driver has not been asked. */
static void test_answers(void **state)
{
	struct machine *machine = *state;

	assert_null(answer("domain_alloc_paging_flags", -ENOMEM));
	assert_int_equal(make_parent(machine), ENOMEM);
	assert_int_equal(make_parent(machine), 0);
	ASSERT_END_SAYS("domain_alloc_paging_flags was called, "
			"expected was no more of it\n");
	assert_null(answer("get_viommu_size", 0));
	assert_int_equal(make_viommu(machine), EOPNOTSUPP);
	assert_null(uiommufd_op_expect_end(NULL));
	assert_null(answer("viommu_init", -ENXIO));
	assert_int_equal(make_viommu(machine), ENXIO);
	assert_null(uiommufd_op_expect_end(NULL));
	assert_int_equal(make_viommu(machine), 0);
}

/* Law: a refused vDEVICE takes no slot of the driver and leaves no object. */
static void test_refused(void **state)
{
	struct machine *machine = *state;
	uint32_t vdevice = 0;

	assert_int_equal(make_parent(machine), 0);
	assert_int_equal(make_viommu(machine), 0);
	for (int i = 0; i < 2 * QUAD_SLOTS; i++)
		assert_null(answer("vdevice_init", -ENODEV));
	expect_at("vdevice_init", 1, 1);
	for (int i = 0; i < 2 * QUAD_SLOTS; i++)
		assert_int_equal(make_vdevice(machine, &vdevice), ENODEV);
	assert_int_equal(make_vdevice(machine, &vdevice), 0);
	assert_null(uiommufd_op_expect_end(NULL));
	assert_int_equal(destroy(machine->fd, vdevice), 0);
}

/* Law: a forbidden op is told wherever it comes; others stay free. */
static void test_never(void **state)
{
	struct machine *machine = *state;
	uint32_t vdevice = 0;

	expect_at("vdevice_init", 0, 7);
	assert_int_equal(make_parent(machine), 0);
	assert_int_equal(make_viommu(machine), 0);
	assert_null(uiommufd_op_expect_end(NULL));
	expect_at("vdevice_init", 0, 8);
	assert_int_equal(make_vdevice(machine, &vdevice), 0);
	assert_int_equal(destroy(machine->fd, vdevice), 0);
	ASSERT_END_SAYS("driver op vdevice_init was called, "
			"expected was no such call (t.c:8)\n",
			"iommufd_vdevice_alloc", "test_never+");
}

/* Law: nothing but what is named. */
static void test_no_other(void **state)
{
	struct machine *machine = *state;

	expect_at("viommu_init", 1, 1);
	expect_at(NULL, 0, 9);
	assert_int_equal(make_parent(machine), 0);
	assert_int_equal(make_viommu(machine), 0);
	ASSERT_END_SAYS("driver op domain_alloc_paging_flags was called, "
			"expected was no other op (t.c:9)\n",
			"driver op get_viommu_size was called, "
			"expected was no other op (t.c:9)\n",
			"ops that were called:");
}

/* Law: twenty texts are enough, and the rest is counted. */
static void test_many(void **state)
{
	struct machine *machine = *state;
	uint32_t vdevice = 0;

	assert_int_equal(make_parent(machine), 0);
	assert_int_equal(make_viommu(machine), 0);
	expect_at("vdevice_init", 0, 1);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(make_vdevice(machine, &vdevice), 0);
		assert_int_equal(destroy(machine->fd, vdevice), 0);
	}
	ASSERT_END_SAYS("expected was no such call", "and 80 more calls\n",
			"vdevice_init vdevice_destroy", " ...\n");
}

/* Law: what can never hold is refused, and says why. */
static void test_nonsense(void **state)
{
	static const struct {
		struct uiommufd_op_expected said;
		const char *why;
	} rows[] = {
		{ { "vdevice_int", 1, false, 0, NULL, 0 },
		  "no driver op is called \"vdevice_int\"; there are" },
		{ { "destroy", 1, false, 0, NULL, 0 }, "vdevice_destroy" },
		{ { NULL, 1, false, 0, NULL, 0 }, "has a name" },
		{ { "viommu_init", 0, true, -EIO, NULL, 0 }, "not called" },
		{ { "viommu_init", 1, true, 1, NULL, 0 },
		  "viommu_init gives 0 or -errno, not 1" },
		{ { "viommu_init", 1, true, -4096, NULL, 0 }, "0 or -errno" },
		{ { "probe_device", 1, true, 0, NULL, 0 },
		  "probe_device gives -errno, not 0" },
		{ { "get_viommu_size", 1, true, 64, NULL, 0 }, "gives 0" },
		{ { "capable", 1, true, -1, NULL, 0 }, "0 or 1" },
		{ { "vdevice_destroy", 1, true, 0, NULL, 0 },
		  "vdevice_destroy gives nothing, not 0" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *text = uiommufd_op_expect(NULL, &rows[i].said);

		assert_non_null(text);
		if (!strstr(text, rows[i].why))
			fail_msg("row %zu: %s", i, text);
		free(text);
	}
	assert_null(uiommufd_op_expect_end(NULL));
	(void)state;
}

/* Law: a platform's expectations are its own, and end with it. */
static void test_platforms(void **state)
{
	struct machine *machine = *state;
	struct uiommufd_op_expected one = { .op = "viommu_init", .count = 1 };
	struct uiommufd_platform *platform = uiommufd_platform_new(NULL);

	assert_non_null(platform);
	assert_null(uiommufd_op_expect(platform, &one));
	assert_int_equal(make_parent(machine), 0);
	assert_int_equal(make_viommu(machine), 0);
	assert_null(uiommufd_op_expect_end(NULL));
	uiommufd_platform_free(platform);
}

/* Law: the mock's ops are seen as well: a page table's range, and its end. */
static void test_mock(void **state)
{
	struct iommu_ioas_alloc ioas = { .size = sizeof(ioas) };
	struct iommu_ioas_map map = { .size = sizeof(map) };
	struct uiommufd_op_expected one = { .op = "map_range", .count = 1,
					    .answers = true, .value = -ENOSPC };
	struct uiommufd_op_expected end = { .op = "free", .count = 1 };
	struct uiommufd_platform *platform = uiommufd_platform_new(NULL);
	int fd = uiommufd_open(platform, O_RDWR);
	static _Alignas(4096) char page[4096];
	uint32_t device, hwpt;

	assert_int_equal(uiommufd_platform_plug(platform, NULL), 0);
	assert_int_equal(uiommufd_device_bind(fd, "mock0", &device), 0);
	assert_int_equal(uiommufd_ioctl(fd, IOMMU_IOAS_ALLOC, &ioas), 0);
	hwpt = ioas.out_ioas_id;
	assert_int_equal(uiommufd_device_attach(fd, "mock0", 0, &hwpt), 0);
	assert_null(uiommufd_op_expect(platform, &one));
	assert_null(uiommufd_op_expect(platform, &end));
	map.flags = IOMMU_IOAS_MAP_READABLE;
	map.ioas_id = ioas.out_ioas_id;
	map.user_va = (uintptr_t)page;
	map.length = sizeof(page);
	assert_int_equal(uiommufd_ioctl(fd, IOMMU_IOAS_MAP, &map), -1);
	assert_int_equal(errno, ENOSPC);
	assert_int_equal(uiommufd_device_detach(fd, "mock0", 0), 0);
	assert_null(uiommufd_op_expect_end(platform));
	assert_int_equal(uiommufd_device_unbind(fd, "mock0"), 0);
	uiommufd_close(fd);
	uiommufd_platform_free(platform);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_answers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_never, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_other, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many, setup, teardown),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test_setup_teardown(test_platforms, setup,
						teardown),
		cmocka_unit_test(test_mock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
