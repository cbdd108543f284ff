/* SPDX-License-Identifier: MIT */
/* A mock platform and a context, through public headers only. */
#ifndef TESTS_CLIENT_RIG_H
#define TESTS_CLIENT_RIG_H

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>
#include <cmocka.h>
#include <uapi/linux/iommufd.h>
#include <uapi/linux/iommufd_test.h>
#include <uiommufd/uiommufd.h>

struct client {
	struct uiommufd_platform *platform;
	int fd;
};

static inline int client_setup(void **state)
{
	struct client *client = calloc(1, sizeof(*client));

	assert_non_null(client);
	client->platform = uiommufd_platform_new(NULL);
	assert_non_null(client->platform);
	client->fd = uiommufd_open(client->platform, O_RDWR | O_CLOEXEC);
	assert_true(client->fd >= 0);
	*state = client;
	return 0;
}

static inline void assert_clean(struct client *client)
{
	struct uiommufd_audit audit = { .size = sizeof(audit) };
	int64_t left = uiommufd_platform_audit(client->platform, &audit);

	if (left)
		print_error("objects %llu blocks %llu locks %llu mappings %llu "
			    "warnings %llu\n",
			    (unsigned long long)audit.objects,
			    (unsigned long long)audit.blocks,
			    (unsigned long long)audit.locks,
			    (unsigned long long)audit.mappings,
			    (unsigned long long)audit.warnings);
	assert_int_equal(left, 0);
}

static inline int client_teardown(void **state)
{
	struct client *client = *state;

	if (client->fd >= 0)
		assert_int_equal(uiommufd_close(client->fd), 0);
	assert_clean(client);
	uiommufd_platform_free(client->platform);
	free(client);
	return 0;
}

static inline uint32_t make_ioas(int fd)
{
	struct iommu_ioas_alloc cmd = { .size = sizeof(cmd) };

	assert_int_equal(uiommufd_ioctl(fd, IOMMU_IOAS_ALLOC, &cmd), 0);
	return cmd.out_ioas_id;
}

static inline int destroy_id(int fd, uint32_t id)
{
	struct iommu_destroy cmd = { .size = sizeof(cmd), .id = id };

	return uiommufd_ioctl(fd, IOMMU_DESTROY, &cmd) ? -errno : 0;
}

/* A mock device on a new IOAS, a nesting parent, a vIOMMU with its pages. */
struct guest {
	uint32_t ioas, stdev, idev, parent, viommu;
	uint64_t offset, length;
};

static inline struct guest make_guest(int fd)
{
	struct guest guest = { .ioas = make_ioas(fd) };
	struct iommu_test_cmd dev = {
		.size = sizeof(dev), .op = IOMMU_TEST_OP_MOCK_DOMAIN,
		.id = guest.ioas,
	};
	struct iommu_hwpt_alloc hwpt = {
		.size = sizeof(hwpt), .flags = IOMMU_HWPT_ALLOC_NEST_PARENT,
		.pt_id = guest.ioas,
	};
	struct iommu_viommu_selftest data = { .in_data = 0x1234abcd };
	struct iommu_viommu_alloc viommu = {
		.size = sizeof(viommu), .type = IOMMU_VIOMMU_TYPE_SELFTEST,
		.data_len = sizeof(data), .data_uptr = (uintptr_t)&data,
	};

	assert_int_equal(uiommufd_ioctl(fd, IOMMU_TEST_CMD, &dev), 0);
	guest.stdev = dev.mock_domain.out_stdev_id;
	guest.idev = dev.mock_domain.out_idev_id;
	hwpt.dev_id = guest.idev;
	assert_int_equal(uiommufd_ioctl(fd, IOMMU_HWPT_ALLOC, &hwpt), 0);
	guest.parent = hwpt.out_hwpt_id;
	viommu.dev_id = guest.idev;
	viommu.hwpt_id = guest.parent;
	assert_int_equal(uiommufd_ioctl(fd, IOMMU_VIOMMU_ALLOC, &viommu), 0);
	guest.viommu = viommu.out_viommu_id;
	guest.offset = data.out_mmap_offset;
	guest.length = data.out_mmap_length;
	return guest;
}

#define CLIENT_TEST(name) \
	cmocka_unit_test_setup_teardown(name, client_setup, client_teardown)

#endif
