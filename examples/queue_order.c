// SPDX-License-Identifier: MIT
/*
 * The order of command queues on a Tegra241 CMDQV.
 *
 * Queues of one guest are mapped in ascending and unmapped in descending
 * order.  The driver refuses the first with EIO; a dependency between queues
 * makes the second EBUSY.  While a queue lives, the memory that holds it
 * cannot be unmapped.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <uapi/linux/iommufd.h>
#include <uiommufd/uiommufd.h>

#define RAM_IOVA 0x40000000ull
#define QUEUE_BYTES 4096ull	/* 256 commands */

static int fd;

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

/* 0 and the ID, or the errno. */
static int new_queue(uint32_t viommu, uint32_t index, uint32_t *out_id)
{
	struct iommu_hw_queue_alloc cmd = {
		.size = sizeof(cmd),
		.viommu_id = viommu,
		.type = IOMMU_HW_QUEUE_TYPE_TEGRA241_CMDQV,
		.index = index,
		.nesting_parent_iova = RAM_IOVA + index * QUEUE_BYTES,
		.length = QUEUE_BYTES,
	};

	if (uiommufd_ioctl(fd, IOMMU_HW_QUEUE_ALLOC, &cmd))
		return errno;
	*out_id = cmd.out_hw_queue_id;
	return 0;
}

int main(void)
{
	struct iommu_viommu_tegra241_cmdqv data = { 0 };
	struct iommu_ioas_alloc ioas = { .size = sizeof(ioas) };
	struct iommu_ioas_map map = { .size = sizeof(map) };
	struct iommu_hwpt_alloc parent = { .size = sizeof(parent) };
	struct iommu_viommu_alloc viommu = { .size = sizeof(viommu) };
	struct uiommufd_platform_config config;
	struct uiommufd_platform *platform;
	uint32_t device, queue[2];
	static _Alignas(1 << 16) char ram[1 << 16];

	uiommufd_platform_config_init(&config, "tegra241");
	platform = uiommufd_platform_new(&config);
	assert(platform);
	fd = uiommufd_open(platform, O_RDWR);
	assert(fd >= 0);

	call(IOMMU_IOAS_ALLOC, &ioas, "IOAS_ALLOC");
	map.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE |
		    IOMMU_IOAS_MAP_WRITEABLE;
	map.ioas_id = ioas.out_ioas_id;
	map.user_va = (uintptr_t)ram;
	map.length = sizeof(ram);
	map.iova = RAM_IOVA;
	call(IOMMU_IOAS_MAP, &map, "IOAS_MAP");
	assert(!uiommufd_device_bind(fd, "dev0", &device));
	parent.flags = IOMMU_HWPT_ALLOC_NEST_PARENT;
	parent.dev_id = device;
	parent.pt_id = ioas.out_ioas_id;
	call(IOMMU_HWPT_ALLOC, &parent, "HWPT_ALLOC");
	viommu.type = IOMMU_VIOMMU_TYPE_TEGRA241_CMDQV;
	viommu.dev_id = device;
	viommu.hwpt_id = parent.out_hwpt_id;
	viommu.data_len = sizeof(data);
	viommu.data_uptr = (uintptr_t)&data;
	call(IOMMU_VIOMMU_ALLOC, &viommu, "VIOMMU_ALLOC");

	assert(new_queue(viommu.out_viommu_id, 1, &queue[1]) == EIO);
	assert(new_queue(viommu.out_viommu_id, 0, &queue[0]) == 0);
	assert(new_queue(viommu.out_viommu_id, 0, &queue[0]) == EEXIST);
	assert(new_queue(viommu.out_viommu_id, 1, &queue[1]) == 0);
	assert(new_queue(viommu.out_viommu_id, 2, &queue[1]) == EINVAL);
	puts("mapped in ascending order only");

	struct iommu_ioas_unmap unmap = {
		.size = sizeof(unmap),
		.ioas_id = ioas.out_ioas_id,
		.iova = RAM_IOVA,
		.length = sizeof(ram),
	};
	assert(uiommufd_ioctl(fd, IOMMU_IOAS_UNMAP, &unmap) && errno == EBUSY);
	assert(destroy(queue[0]) == EBUSY);
	assert(destroy(queue[1]) == 0);
	assert(destroy(queue[0]) == 0);
	puts("unmapped in descending order only");
	call(IOMMU_IOAS_UNMAP, &unmap, "IOAS_UNMAP");

	assert(!uiommufd_device_unbind(fd, "dev0"));
	assert(!uiommufd_close(fd));
	uiommufd_platform_free(platform);
	return 0;
}
