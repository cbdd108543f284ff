// SPDX-License-Identifier: MIT
/*
 * Drives the driver of own_driver.c: five devices on a bus behind one "quad",
 * a vIOMMU with room for four of them.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <linux/device.h>
#include <uapi/linux/iommufd.h>
#include <uiommufd/uiommufd.h>

#include "iommu-priv.h"
#include "own_driver.h"

#define DEVICES (QUAD_SLOTS + 1)

static const struct bus_type quad_bus = { .name = "quad" };
static struct notifier_block quad_notifier;
static struct device devices[DEVICES];
static int fd;

static void release(struct device *dev)
{
}

static void plug_all(void)
{
	assert(!bus_register(&quad_bus));
	assert(!iommu_device_register_bus(&quad_iommu, &quad_ops, &quad_bus,
					  &quad_notifier));
	for (int i = 0; i < DEVICES; i++) {
		device_initialize(&devices[i]);
		assert(!dev_set_name(&devices[i], "quad%d", i));
		devices[i].bus = &quad_bus;
		devices[i].release = release;
		assert(!iommu_mock_device_add(&devices[i], &quad_iommu));
	}
}

static void unplug_all(void)
{
	for (int i = 0; i < DEVICES; i++)
		device_unregister(&devices[i]);
	iommu_device_unregister_bus(&quad_iommu, &quad_bus, &quad_notifier);
	bus_unregister(&quad_bus);
}

static void call(unsigned long request, void *arg, const char *what)
{
	if (uiommufd_ioctl(fd, request, arg)) {
		perror(what);
		exit(1);
	}
}

static int destroy(uint32_t id)
{
	struct iommu_destroy cmd = { .size = sizeof(cmd), .id = id };

	return uiommufd_ioctl(fd, IOMMU_DESTROY, &cmd) ? errno : 0;
}

static int new_vdevice(uint32_t viommu, uint32_t device, uint64_t virt_id,
		       uint32_t *out_id)
{
	struct iommu_vdevice_alloc cmd = {
		.size = sizeof(cmd),
		.viommu_id = viommu,
		.dev_id = device,
		.virt_id = virt_id,
	};
	int ret = uiommufd_ioctl(fd, IOMMU_VDEVICE_ALLOC, &cmd) ? errno : 0;

	*out_id = cmd.out_vdevice_id;
	return ret;
}

int main(void)
{
	struct iommu_ioas_alloc ioas = { .size = sizeof(ioas) };
	struct iommu_hwpt_alloc parent = { .size = sizeof(parent) };
	struct iommu_viommu_alloc viommu = { .size = sizeof(viommu) };
	uint32_t device[DEVICES], vdevice[DEVICES];

	plug_all();
	fd = uiommufd_open(NULL, O_RDWR);
	assert(fd >= 0);
	for (int i = 0; i < DEVICES; i++) {
		char name[16];

		snprintf(name, sizeof(name), "quad%d", i);
		assert(!uiommufd_device_bind(fd, name, &device[i]));
	}
	call(IOMMU_IOAS_ALLOC, &ioas, "IOAS_ALLOC");
	parent.flags = IOMMU_HWPT_ALLOC_NEST_PARENT;
	parent.dev_id = device[0];
	parent.pt_id = ioas.out_ioas_id;
	call(IOMMU_HWPT_ALLOC, &parent, "HWPT_ALLOC");
	viommu.type = QUAD_VIOMMU;
	viommu.dev_id = device[0];
	viommu.hwpt_id = parent.out_hwpt_id;
	call(IOMMU_VIOMMU_ALLOC, &viommu, "VIOMMU_ALLOC");

	/* The driver has four slots; the fifth device is refused. */
	for (int i = 0; i < QUAD_SLOTS; i++)
		assert(!new_vdevice(viommu.out_viommu_id, device[i], i,
				    &vdevice[i]));
	assert(new_vdevice(viommu.out_viommu_id, device[QUAD_SLOTS], 9,
			   &vdevice[QUAD_SLOTS]) == ENOSPC);
	/* A refused device has used nothing up: a free slot serves it. */
	assert(destroy(vdevice[2]) == 0);
	assert(!new_vdevice(viommu.out_viommu_id, device[QUAD_SLOTS], 9,
			    &vdevice[QUAD_SLOTS]));
	printf("four slots, device %u in the third\n", device[QUAD_SLOTS]);

	for (int i = 0; i < DEVICES; i++) {
		char name[16];

		snprintf(name, sizeof(name), "quad%d", i);
		assert(!uiommufd_device_unbind(fd, name));
	}
	assert(!uiommufd_close(fd));
	unplug_all();
	puts("nothing left behind");
	return 0;
}
