// SPDX-License-Identifier: MIT
/*
 * Exploring one's own driver ops: the "quad" of own_driver.c gives slots to two
 * devices while one of them is taken away.  Every ordering of the calls and
 * every failing allocation is tried; had one hurt the driver, it would be
 * printed step by step.  Clear `quad->slot = slot` in own_driver.c, and see.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <linux/device.h>
#include <uapi/linux/iommufd.h>
#include <uiommufd/uiommufd.h>
#include "iommu-priv.h"
#include "own_driver.h"

struct state {
	struct device devices[2];
	struct bus_type bus;
	struct notifier_block notifier;
	int fd;
	uint32_t device[2], viommu, vdevice[2];
};

static void release(struct device *dev)
{
}

static int call(struct state *s, unsigned long request, void *arg)
{
	return uiommufd_ioctl(s->fd, request, arg) ? errno : 0;
}

static void setup(struct uiommufd_run *run, void *memory)
{
	struct iommu_ioas_alloc ioas = { .size = sizeof(ioas) };
	struct iommu_hwpt_alloc hwpt = { .size = sizeof(hwpt) };
	struct iommu_viommu_alloc viommu = { .size = sizeof(viommu) };
	struct state *s = memory;
	char name[] = "quad0";

	s->bus.name = "quad";
	uiommufd_run_expect(run, !bus_register(&s->bus));
	uiommufd_run_expect(run, !iommu_device_register_bus(&quad_iommu,
					&quad_ops, &s->bus, &s->notifier));
	s->fd = uiommufd_open(uiommufd_run_platform(run), O_RDWR);
	for (int i = 0; i < 2; i++, name[4]++) {
		device_initialize(&s->devices[i]);
		dev_set_name(&s->devices[i], "%s", name);
		s->devices[i].bus = &s->bus;
		s->devices[i].release = release;
		iommu_mock_device_add(&s->devices[i], &quad_iommu);
		uiommufd_device_bind(s->fd, name, &s->device[i]);
	}
	call(s, IOMMU_IOAS_ALLOC, &ioas);
	hwpt.flags = IOMMU_HWPT_ALLOC_NEST_PARENT;
	hwpt.dev_id = s->device[0];
	hwpt.pt_id = ioas.out_ioas_id;
	call(s, IOMMU_HWPT_ALLOC, &hwpt);
	viommu.type = QUAD_VIOMMU;
	viommu.dev_id = s->device[0];
	viommu.hwpt_id = hwpt.out_hwpt_id;
	uiommufd_run_expect(run, !call(s, IOMMU_VIOMMU_ALLOC, &viommu));
	s->viommu = viommu.out_viommu_id;
}

static void new_vdevice(struct state *s, int which)
{
	struct iommu_vdevice_alloc cmd = {
		.size = sizeof(cmd),
		.viommu_id = s->viommu,
		.dev_id = s->device[which],
		.virt_id = which,
	};

	if (!call(s, IOMMU_VDEVICE_ALLOC, &cmd))
		s->vdevice[which] = cmd.out_vdevice_id;
}

static void first(struct uiommufd_run *run, void *memory)
{
	new_vdevice(memory, 0);
}

static void second(struct uiommufd_run *run, void *memory)
{
	new_vdevice(memory, 1);
}

static void take_away(struct uiommufd_run *run, void *memory)
{
	struct state *s = memory;

	uiommufd_device_unbind(s->fd, "quad1");
}

static void finish(struct uiommufd_run *run, void *memory)
{
	struct state *s = memory;

	uiommufd_device_unbind(s->fd, "quad0");
	uiommufd_close(s->fd);
	for (int i = 0; i < 2; i++)
		device_unregister(&s->devices[i]);
	iommu_device_unregister_bus(&quad_iommu, &s->bus, &s->notifier);
	bus_unregister(&s->bus);
}

int main(void)
{
	const struct uiommufd_scenario scenario = {
		.name = "quad",
		.setup = setup,
		.thread = { first, second, take_away },
		.finish = finish,
		.state_bytes = sizeof(struct state),
		.failures = UIOMMUFD_FAIL_ALLOC,
	};
	struct uiommufd_explore_options options;
	struct uiommufd_explore_result result = { .size = sizeof(result) };
	int broken;

	uiommufd_explore_options_init(&options);
	options.budget_ns = 3000000000u;
	broken = uiommufd_explore(&scenario, &options, &result);
	if (broken > 0)
		uiommufd_trail_print(result.broken, stdout);
	uiommufd_trail_free(result.broken);
	printf("%llu executions, %s\n", (unsigned long long)result.executions,
	       result.exhausted ? "nothing is left" : "not all");
	return broken != 0;
}
