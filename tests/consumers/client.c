// SPDX-License-Identifier: MIT
/* The smallest client that tells whether the installation is whole. */
#include <fcntl.h>
#include <stdio.h>
#include <linux/iommufd.h>
#include <uiommufd/uiommufd.h>

int main(void)
{
	struct uiommufd_platform_config config;
	struct uiommufd_platform *platform;
	struct iommu_ioas_alloc ioas = { .size = sizeof(ioas) };
	uint32_t device;
	int fd;

	uiommufd_platform_config_init(&config, "tegra241");
	platform = uiommufd_platform_new(&config);
	if (!platform)
		return 1;
	fd = uiommufd_open(platform, O_RDWR);
	if (uiommufd_ioctl(fd, IOMMU_IOAS_ALLOC, &ioas) ||
	    uiommufd_device_bind(fd, "dev0", &device) ||
	    uiommufd_device_unbind(fd, "dev0") || uiommufd_close(fd))
		return 1;
	uiommufd_platform_free(platform);
	printf("IOAS %u, device %u\n", ioas.out_ioas_id, device);
	return ioas.out_ioas_id == 1 && device == 2 ? 0 : 1;
}
