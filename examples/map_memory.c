// SPDX-License-Identifier: MIT
/*
 * Map memory for a device and look at what comes out.
 *
 * A platform with one SMMUv3 and one device; the device is attached to an I/O
 * address space, a buffer is mapped at an address that iommufd chooses, copied
 * to a second address space, and everything is taken down again.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <uapi/linux/iommufd.h>
#include <uiommufd/uiommufd.h>

static int fd;

static void call(unsigned long request, void *arg, const char *what)
{
	if (uiommufd_ioctl(fd, request, arg)) {
		perror(what);
		exit(1);
	}
}

static uint32_t new_ioas(void)
{
	struct iommu_ioas_alloc cmd = { .size = sizeof(cmd) };

	call(IOMMU_IOAS_ALLOC, &cmd, "IOAS_ALLOC");
	return cmd.out_ioas_id;
}

int main(void)
{
	struct uiommufd_platform_config config;
	struct uiommufd_audit audit = { .size = sizeof(audit) };
	struct uiommufd_platform *platform;
	uint32_t ioas, copy_ioas, device, pt_id;
	static _Alignas(4096) char buffer[16 * 4096];

	uiommufd_platform_config_init(&config, "smmuv3");
	config.devices = 1;
	platform = uiommufd_platform_new(&config);
	assert(platform);
	fd = uiommufd_open(platform, O_RDWR);
	assert(fd >= 0);

	/* Bind the device, as VFIO would, and give it an address space. */
	ioas = new_ioas();
	assert(!uiommufd_device_bind(fd, "dev0", &device));
	pt_id = ioas;
	assert(!uiommufd_device_attach(fd, "dev0", 0, &pt_id));
	printf("dev0 is object %u, attached to IOAS %u through HWPT %u\n",
	       device, ioas, pt_id);

	/* iommufd chooses the address; the device can use it at once. */
	struct iommu_ioas_map map = {
		.size = sizeof(map),
		.flags = IOMMU_IOAS_MAP_READABLE | IOMMU_IOAS_MAP_WRITEABLE,
		.ioas_id = ioas,
		.user_va = (uintptr_t)buffer,
		.length = sizeof(buffer),
	};
	call(IOMMU_IOAS_MAP, &map, "IOAS_MAP");
	printf("%zu bytes at IOVA 0x%llx\n", sizeof(buffer),
	       (unsigned long long)map.iova);

	/* The same memory in a second address space, without pinning twice. */
	copy_ioas = new_ioas();
	struct iommu_ioas_copy copy = {
		.size = sizeof(copy),
		.flags = IOMMU_IOAS_MAP_READABLE,
		.dst_ioas_id = copy_ioas,
		.src_ioas_id = ioas,
		.length = 4096,
		.src_iova = map.iova + 4096,
	};
	call(IOMMU_IOAS_COPY, &copy, "IOAS_COPY");
	printf("its second page in IOAS %u at IOVA 0x%llx\n", copy_ioas,
	       (unsigned long long)copy.dst_iova);

	/* An area is unmapped whole or not at all. */
	struct iommu_ioas_unmap unmap = {
		.size = sizeof(unmap),
		.ioas_id = ioas,
		.iova = map.iova,
		.length = 4096,
	};
	assert(uiommufd_ioctl(fd, IOMMU_IOAS_UNMAP, &unmap) == -1 &&
	       errno == ENOENT);
	unmap.length = sizeof(buffer);
	call(IOMMU_IOAS_UNMAP, &unmap, "IOAS_UNMAP");

	assert(!uiommufd_device_detach(fd, "dev0", 0));
	assert(!uiommufd_device_unbind(fd, "dev0"));
	assert(!uiommufd_close(fd));	/* destroys what is left in it */
	assert(uiommufd_platform_audit(platform, &audit) == 0);
	uiommufd_platform_free(platform);
	puts("nothing left behind");
	return 0;
}
