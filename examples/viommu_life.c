// SPDX-License-Identifier: MIT
/*
 * The life of a vIOMMU: who holds whom, and the order in which things go.
 *
 * A nesting parent, a vIOMMU on it, a vDEVICE that says under which number the
 * guest knows dev0, and an event queue.  Each object is busy while another one
 * needs it; unbinding the device takes its vDEVICE along and leaves a
 * tombstone.
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

/* 0, or the errno with which the object refuses to go. */
static int destroy(uint32_t id)
{
	struct iommu_destroy cmd = { .size = sizeof(cmd), .id = id };

	return uiommufd_ioctl(fd, IOMMU_DESTROY, &cmd) ? errno : 0;
}

int main(void)
{
	struct iommu_ioas_alloc ioas = { .size = sizeof(ioas) };
	struct iommu_hwpt_alloc parent = { .size = sizeof(parent) };
	struct iommu_viommu_alloc viommu = { .size = sizeof(viommu) };
	struct iommu_vdevice_alloc vdevice = { .size = sizeof(vdevice) };
	struct iommu_veventq_alloc veventq = { .size = sizeof(veventq) };
	struct uiommufd_platform_config config;
	struct uiommufd_platform *platform;
	uint32_t device;

	uiommufd_platform_config_init(&config, "smmuv3");
	platform = uiommufd_platform_new(&config);
	assert(platform);
	fd = uiommufd_open(platform, O_RDWR);
	assert(fd >= 0);

	call(IOMMU_IOAS_ALLOC, &ioas, "IOAS_ALLOC");
	assert(!uiommufd_device_bind(fd, "dev0", &device));
	parent.flags = IOMMU_HWPT_ALLOC_NEST_PARENT;
	parent.dev_id = device;
	parent.pt_id = ioas.out_ioas_id;
	call(IOMMU_HWPT_ALLOC, &parent, "HWPT_ALLOC");
	viommu.type = IOMMU_VIOMMU_TYPE_ARM_SMMUV3;
	viommu.dev_id = device;
	viommu.hwpt_id = parent.out_hwpt_id;
	call(IOMMU_VIOMMU_ALLOC, &viommu, "VIOMMU_ALLOC");
	vdevice.viommu_id = viommu.out_viommu_id;
	vdevice.dev_id = device;
	vdevice.virt_id = 0x17;		/* the guest's StreamID for dev0 */
	call(IOMMU_VDEVICE_ALLOC, &vdevice, "VDEVICE_ALLOC");
	veventq.viommu_id = viommu.out_viommu_id;
	veventq.type = IOMMU_VEVENTQ_TYPE_ARM_SMMUV3;
	veventq.veventq_depth = 16;
	call(IOMMU_VEVENTQ_ALLOC, &veventq, "VEVENTQ_ALLOC");
	printf("IOAS %u, device %u, parent %u, vIOMMU %u, vDEVICE %u, "
	       "vEVENTQ %u\n", ioas.out_ioas_id, device, parent.out_hwpt_id,
	       viommu.out_viommu_id, vdevice.out_vdevice_id,
	       veventq.out_veventq_id);

	/* Each needs the one before: from the bottom nothing can go. */
	assert(destroy(ioas.out_ioas_id) == EBUSY);	/* parent HWPT */
	assert(destroy(parent.out_hwpt_id) == EBUSY);	/* vIOMMU */
	assert(destroy(viommu.out_viommu_id) == EBUSY);	/* vDEVICE, vEVENTQ */
	assert(destroy(veventq.out_veventq_id) == EBUSY); /* its open file */
	assert(destroy(device) == EBUSY);		/* its driver */

	/* The driver takes its device away: the vDEVICE goes too, and its ID
	 * will never name anything else. */
	assert(!uiommufd_device_unbind(fd, "dev0"));
	assert(destroy(vdevice.out_vdevice_id) == ENOENT);
	puts("the vDEVICE went with its device");

	assert(!uiommufd_close(veventq.out_veventq_fd));
	assert(destroy(veventq.out_veventq_id) == 0);
	assert(destroy(viommu.out_viommu_id) == 0);
	assert(destroy(parent.out_hwpt_id) == 0);
	assert(destroy(ioas.out_ioas_id) == 0);
	assert(!uiommufd_close(fd));
	uiommufd_platform_free(platform);
	puts("taken down in order");
	return 0;
}
