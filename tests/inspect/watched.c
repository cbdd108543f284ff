// SPDX-License-Identifier: MIT
/* Two contexts with an address space each; waits for its input to end. */
#include <fcntl.h>
#include <stdio.h>
#include <uapi/linux/iommufd.h>
#include <uiommufd/uiommufd.h>

/* A debugger looks for it by its name. */
struct uiommufd_platform *watched_platform;

static uint32_t make_ioas(int fd)
{
	struct iommu_ioas_alloc cmd = { .size = sizeof(cmd) };

	return uiommufd_ioctl(fd, IOMMU_IOAS_ALLOC, &cmd) ? 0 : cmd.out_ioas_id;
}

int main(void)
{
	struct uiommufd_platform_config config;
	struct iommu_destroy destroy = { .size = sizeof(destroy) };
	int closed, open, other;
	uint32_t device, pt;

	uiommufd_platform_config_init(&config, "smmuv3");
	watched_platform = uiommufd_platform_new(&config);
	closed = uiommufd_open(watched_platform, O_RDWR);
	open = uiommufd_open(watched_platform, O_RDWR);
	other = uiommufd_dup(open);
	destroy.id = make_ioas(closed);
	pt = make_ioas(open);
	if (!watched_platform || other < 0 || !destroy.id ||
	    uiommufd_device_bind(open, "dev0", &device) ||
	    uiommufd_device_attach(open, "dev0", 0, &pt))
		return 1;
	destroy.id = 1;
	if (!uiommufd_ioctl(open, IOMMU_DESTROY, &destroy))
		return 1;
	uiommufd_close(closed);
	puts("ready");
	fflush(stdout);
	while (getchar() != EOF)
		;
	return 0;
}
