/* SPDX-License-Identifier: MIT */
/* /dev/iommu and its test command, for programs that know nothing else. */
#ifndef CLIENTS_IOMMU_H
#define CLIENTS_IOMMU_H

#include <fcntl.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <linux/iommufd.h>
#include <linux/iommufd_test.h>

#include "harness.h"

#define PAGE 4096ul
#define APERTURE 0x1000000ul
#define RW (IOMMU_IOAS_MAP_READABLE | IOMMU_IOAS_MAP_WRITEABLE)

static inline int open_iommu(void)
{
	int fd = open("/dev/iommu", O_RDWR);

	CHECK(fd >= 0);
	return fd;
}

static inline uint32_t ioas_alloc(int fd)
{
	struct iommu_ioas_alloc cmd = { .size = sizeof(cmd) };

	CHECK_EQ(ioctl(fd, IOMMU_IOAS_ALLOC, &cmd), 0);
	return cmd.out_ioas_id;
}

static inline int destroy(int fd, uint32_t id)
{
	struct iommu_destroy cmd = { .size = sizeof(cmd), .id = id };

	return ioctl(fd, IOMMU_DESTROY, &cmd);
}

static inline int map_at(int fd, uint32_t ioas, const void *va, size_t length,
			 uint64_t iova)
{
	struct iommu_ioas_map cmd = {
		.size = sizeof(cmd),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | RW,
		.ioas_id = ioas,
		.user_va = (uintptr_t)va,
		.length = length,
		.iova = iova,
	};

	return ioctl(fd, IOMMU_IOAS_MAP, &cmd);
}

static inline int map_file_at(int fd, uint32_t ioas, int file, size_t length,
			      uint64_t iova)
{
	struct iommu_ioas_map_file cmd = {
		.size = sizeof(cmd),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | RW,
		.ioas_id = ioas,
		.fd = file,
		.length = length,
		.iova = iova,
	};

	return ioctl(fd, IOMMU_IOAS_MAP_FILE, &cmd);
}

static inline int copy_to_ioas(int fd, uint32_t from, uint64_t from_iova,
			       uint32_t to, uint64_t to_iova, size_t length)
{
	struct iommu_ioas_copy cmd = {
		.size = sizeof(cmd),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | RW,
		.dst_ioas_id = to,
		.src_ioas_id = from,
		.length = length,
		.dst_iova = to_iova,
		.src_iova = from_iova,
	};

	return ioctl(fd, IOMMU_IOAS_COPY, &cmd);
}

static inline int unmap_all(int fd, uint32_t ioas)
{
	struct iommu_ioas_unmap cmd = {
		.size = sizeof(cmd),
		.ioas_id = ioas,
		.length = UINT64_MAX,
	};

	return ioctl(fd, IOMMU_IOAS_UNMAP, &cmd);
}

struct mock {
	uint32_t stdev, hwpt, idev;
};

static inline struct mock mock_domain(int fd, uint32_t pt)
{
	struct iommu_test_cmd cmd = {
		.size = sizeof(cmd),
		.op = IOMMU_TEST_OP_MOCK_DOMAIN,
		.id = pt,
	};

	CHECK_EQ(ioctl(fd, IOMMU_TEST_CMD, &cmd), 0);
	return (struct mock){ cmd.mock_domain.out_stdev_id,
			      cmd.mock_domain.out_hwpt_id,
			      cmd.mock_domain.out_idev_id };
}

static inline int check_map(int fd, uint32_t hwpt, const void *va,
			    size_t length, uint64_t iova)
{
	struct iommu_test_cmd cmd = {
		.size = sizeof(cmd),
		.op = IOMMU_TEST_OP_MD_CHECK_MAP,
		.id = hwpt,
		.check_map = { .iova = iova, .length = length,
			       .uptr = (uintptr_t)va },
	};

	return ioctl(fd, IOMMU_TEST_CMD, &cmd);
}

static inline int check_refs(int fd, const void *va, size_t length,
			     uint32_t refs)
{
	struct iommu_test_cmd cmd = {
		.size = sizeof(cmd),
		.op = IOMMU_TEST_OP_MD_CHECK_REFS,
		.check_refs = { .length = length, .uptr = (uintptr_t)va,
				.refs = refs },
	};

	return ioctl(fd, IOMMU_TEST_CMD, &cmd);
}

static inline int create_access(int fd, uint32_t ioas, uint32_t flags)
{
	struct iommu_test_cmd cmd = {
		.size = sizeof(cmd),
		.op = IOMMU_TEST_OP_CREATE_ACCESS,
		.id = ioas,
		.create_access = { .flags = flags },
	};

	return ioctl(fd, IOMMU_TEST_CMD, &cmd) ?
		       -1 : (int)cmd.create_access.out_access_fd;
}

static inline int access_rw(int fd, int access, uint64_t iova, void *buf,
			    size_t length, uint32_t flags)
{
	struct iommu_test_cmd cmd = {
		.size = sizeof(cmd),
		.op = IOMMU_TEST_OP_ACCESS_RW,
		.id = (uint32_t)access,
		.access_rw = { .iova = iova, .length = length,
			       .uptr = (uintptr_t)buf, .flags = flags },
	};

	return ioctl(fd, IOMMU_TEST_CMD, &cmd);
}

static inline int access_pages(int fd, int access, uint64_t iova, void *va,
			       size_t length, uint32_t *out)
{
	struct iommu_test_cmd cmd = {
		.size = sizeof(cmd),
		.op = IOMMU_TEST_OP_ACCESS_PAGES,
		.id = (uint32_t)access,
		.access_pages = { .iova = iova, .length = length,
				  .uptr = (uintptr_t)va },
	};
	int ret = ioctl(fd, IOMMU_TEST_CMD, &cmd);

	*out = cmd.access_pages.out_access_pages_id;
	return ret;
}

static inline uint32_t hwpt_alloc(int fd, uint32_t idev, uint32_t pt,
				  uint32_t flags)
{
	struct iommu_hwpt_alloc cmd = {
		.size = sizeof(cmd),
		.flags = flags,
		.dev_id = idev,
		.pt_id = pt,
	};

	CHECK_EQ(ioctl(fd, IOMMU_HWPT_ALLOC, &cmd), 0);
	return cmd.out_hwpt_id;
}

/* With the mock's data: where its page can be mapped. */
static inline uint32_t viommu_alloc(int fd, uint32_t idev, uint32_t hwpt,
				    struct iommu_viommu_selftest *data)
{
	struct iommu_viommu_alloc cmd = {
		.size = sizeof(cmd),
		.type = IOMMU_VIOMMU_TYPE_SELFTEST,
		.dev_id = idev,
		.hwpt_id = hwpt,
		.data_len = sizeof(*data),
		.data_uptr = (uintptr_t)data,
	};

	CHECK_EQ(ioctl(fd, IOMMU_VIOMMU_ALLOC, &cmd), 0);
	return cmd.out_viommu_id;
}

#endif
