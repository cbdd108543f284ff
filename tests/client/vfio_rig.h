/* SPDX-License-Identifier: MIT */
/* A mock platform with two devices that have PASIDs, a context, a device file. */
#ifndef TESTS_CLIENT_VFIO_RIG_H
#define TESTS_CLIENT_VFIO_RIG_H

#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <uapi/linux/vfio.h>

#include "client_rig.h"

#define FAILS(call, error) \
	do { \
		errno = 0; \
		assert_int_equal((call), -1); \
		assert_int_equal(errno, (error)); \
	} while (0)

#define BAD ((void *)8)
#define PLACE(region, at) (((off_t)(region) << 40) + (at))
#define CONFIG(at) PLACE(VFIO_PCI_CONFIG_REGION_INDEX, at)

struct vfio {
	struct client client;	/* first */
	int device;		/* of vfio0, not bound */
};

static inline int open_vfio(struct vfio *vfio, int number)
{
	char path[64];

	snprintf(path, sizeof(path), "/dev/vfio/devices/vfio%d", number);
	return uiommufd_open_path(vfio->client.platform, path,
				  O_RDWR | O_CLOEXEC);
}

static inline int vfio_setup(void **state)
{
	struct uiommufd_platform_config config;
	struct vfio *vfio = calloc(1, sizeof(*vfio));

	assert_non_null(vfio);
	uiommufd_platform_config_init(&config, "mock");
	config.devices = 2;
	config.pasid_bits = 8;
	vfio->client.platform = uiommufd_platform_new(&config);
	assert_non_null(vfio->client.platform);
	vfio->client.fd = uiommufd_open(vfio->client.platform,
					O_RDWR | O_CLOEXEC);
	vfio->device = open_vfio(vfio, 0);
	assert_true(vfio->client.fd >= 0 && vfio->device >= 0);
	*state = vfio;
	return 0;
}

static inline int vfio_teardown(void **state)
{
	struct vfio *vfio = *state;

	if (vfio->device >= 0)
		assert_int_equal(uiommufd_close(vfio->device), 0);
	return client_teardown(state);
}

#define VFIO_TEST(name) \
	cmocka_unit_test_setup_teardown(name, vfio_setup, vfio_teardown)

static inline uint32_t bind_vfio(int device, int iommufd)
{
	struct vfio_device_bind_iommufd bind = {
		.argsz = sizeof(bind), .iommufd = iommufd,
	};

	assert_int_equal(uiommufd_ioctl(device, VFIO_DEVICE_BIND_IOMMUFD,
					&bind), 0);
	return bind.out_devid;
}

/* 0 or -errno; *pt_id is in and out. */
static inline int attach_vfio(int device, uint32_t *pt_id)
{
	struct vfio_device_attach_iommufd_pt attach = {
		.argsz = sizeof(attach), .pt_id = *pt_id,
	};
	int ret = uiommufd_ioctl(device, VFIO_DEVICE_ATTACH_IOMMUFD_PT,
				 &attach);

	if (ret)
		return -errno;
	*pt_id = attach.pt_id;
	return 0;
}

static inline int detach_vfio(int device)
{
	struct vfio_device_detach_iommufd_pt detach = {
		.argsz = sizeof(detach),
	};

	return uiommufd_ioctl(device, VFIO_DEVICE_DETACH_IOMMUFD_PT, &detach) ?
		       -errno : 0;
}

static inline uint32_t config_word(int device, off_t at, int bytes)
{
	uint32_t value = 0;

	assert_int_equal(uiommufd_pread(device, &value, bytes, CONFIG(at)),
			 bytes);
	return value;
}

#endif
