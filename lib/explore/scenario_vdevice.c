// SPDX-License-Identifier: MIT
/*
 * Scenarios of virtual devices.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/iommufd.h>
#include <uapi/linux/iommufd_test.h>
#include <uiommufd/uiommufd.h>

#include "explore/scenarios.h"

struct vdevice_state {
	int fd;
	uint32_t ioas, idev, hwpt, viommu;
};

static int call(struct vdevice_state *s, unsigned long request, void *cmd)
{
	return uiommufd_ioctl(s->fd, request, cmd) ? errno : 0;
}

static void configure(struct uiommufd_platform_config *config)
{
	config->devices = 1;
}

static void setup(struct uiommufd_run *run, void *state)
{
	struct vdevice_state *s = state;
	struct iommu_ioas_alloc ioas = { .size = sizeof(ioas) };
	struct iommu_hwpt_alloc hwpt = { .size = sizeof(hwpt) };
	struct iommu_viommu_selftest data = { .in_data = 0x1234 };
	struct iommu_viommu_alloc viommu = { .size = sizeof(viommu) };

	s->fd = uiommufd_open(uiommufd_run_platform(run), O_RDWR);
	uiommufd_run_expect(run, s->fd >= 0);
	uiommufd_run_expect(run, !call(s, IOMMU_IOAS_ALLOC, &ioas));
	s->ioas = ioas.out_ioas_id;
	uiommufd_run_expect(run,
			    !uiommufd_device_bind(s->fd, "mock0", &s->idev));
	hwpt.flags = IOMMU_HWPT_ALLOC_NEST_PARENT;
	hwpt.dev_id = s->idev;
	hwpt.pt_id = s->ioas;
	uiommufd_run_expect(run, !call(s, IOMMU_HWPT_ALLOC, &hwpt));
	s->hwpt = hwpt.out_hwpt_id;
	viommu.type = IOMMU_VIOMMU_TYPE_SELFTEST;
	viommu.dev_id = s->idev;
	viommu.hwpt_id = s->hwpt;
	viommu.data_len = sizeof(data);
	viommu.data_uptr = (uintptr_t)&data;
	uiommufd_run_expect(run, !call(s, IOMMU_VIOMMU_ALLOC, &viommu));
	s->viommu = viommu.out_viommu_id;
}

static void finish(struct uiommufd_run *run, void *state)
{
	struct vdevice_state *s = state;

	uiommufd_device_unbind(s->fd, "mock0");
	uiommufd_close(s->fd);
}

static void alloc(struct uiommufd_run *run, void *state)
{
	struct vdevice_state *s = state;
	struct iommu_vdevice_alloc cmd = {
		.size = sizeof(cmd),
		.viommu_id = s->viommu,
		.dev_id = s->idev,
		.virt_id = 7,
	};

	call(s, IOMMU_VDEVICE_ALLOC, &cmd);
}

static void destroy_viommu(struct uiommufd_run *run, void *state)
{
	struct vdevice_state *s = state;
	struct iommu_destroy cmd = { .size = sizeof(cmd), .id = s->viommu };

	call(s, IOMMU_DESTROY, &cmd);
}

static const struct uiommufd_scenario alloc_destroy_viommu = {
	.name = "vdevice-alloc-viommu-destroy",
	.summary = "a virtual device is made while its vIOMMU is destroyed",
	.configure = configure,
	.setup = setup,
	.thread = { alloc, destroy_viommu },
	.thread_name = { "alloc", "destroy" },
	.finish = finish,
	.state_bytes = sizeof(struct vdevice_state),
	.failures = UIOMMUFD_FAIL_ANY | UIOMMUFD_FAIL_DRIVER,
};

const struct uiommufd_scenario *const scenarios_vdevice[] = {
	&alloc_destroy_viommu,
	NULL,
};
