/* SPDX-License-Identifier: MIT */
/*
 * Short words for tests on the mock IOMMU: one function a command, giving 0 or
 * the errno, outputs through pointers.
 */
#ifndef TESTS_MOCK_H
#define TESTS_MOCK_H

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <uapi/linux/iommufd.h>
#include <uapi/linux/iommufd_test.h>
#include <uiommufd/uiommufd.h>

static inline int mock_call(int fd, unsigned long request, void *cmd)
{
	return uiommufd_ioctl(fd, request, cmd) ? errno : 0;
}

static inline int mock_destroy(int fd, uint32_t id)
{
	struct iommu_destroy cmd = { .size = sizeof(cmd), .id = id };

	return mock_call(fd, IOMMU_DESTROY, &cmd);
}

static inline int mock_ioas(int fd, uint32_t *id)
{
	struct iommu_ioas_alloc cmd = { .size = sizeof(cmd) };
	int ret = mock_call(fd, IOMMU_IOAS_ALLOC, &cmd);

	*id = cmd.out_ioas_id;
	return ret;
}

static inline int mock_map(int fd, uint32_t ioas, const void *buf, uint64_t len,
			   uint64_t iova)
{
	struct iommu_ioas_map cmd = {
		.size = sizeof(cmd),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE |
			 IOMMU_IOAS_MAP_WRITEABLE,
		.ioas_id = ioas,
		.user_va = (uintptr_t)buf,
		.length = len,
		.iova = iova,
	};

	return mock_call(fd, IOMMU_IOAS_MAP, &cmd);
}

static inline int mock_unmap(int fd, uint32_t ioas, uint64_t iova, uint64_t len)
{
	struct iommu_ioas_unmap cmd = {
		.size = sizeof(cmd),
		.ioas_id = ioas,
		.iova = iova,
		.length = len,
	};

	return mock_call(fd, IOMMU_IOAS_UNMAP, &cmd);
}

/* Makes a mock device attached to @pt; stdev and the device's own ID. */
static inline int mock_domain(int fd, uint32_t pt, uint32_t flags,
			      uint32_t *stdev, uint32_t *idev, uint32_t *hwpt)
{
	struct iommu_test_cmd cmd = {
		.size = sizeof(cmd),
		.op = IOMMU_TEST_OP_MOCK_DOMAIN_FLAGS,
		.id = pt,
		.mock_domain_flags = { .dev_flags = flags },
	};
	int ret = mock_call(fd, IOMMU_TEST_CMD, &cmd);

	if (stdev)
		*stdev = cmd.mock_domain_flags.out_stdev_id;
	if (idev)
		*idev = cmd.mock_domain_flags.out_idev_id;
	if (hwpt)
		*hwpt = cmd.mock_domain_flags.out_hwpt_id;
	return ret;
}

static inline int mock_hwpt(int fd, uint32_t idev, uint32_t pt, uint32_t flags,
			    uint32_t *hwpt)
{
	struct iommu_hwpt_alloc cmd = {
		.size = sizeof(cmd),
		.flags = flags,
		.dev_id = idev,
		.pt_id = pt,
	};
	int ret = mock_call(fd, IOMMU_HWPT_ALLOC, &cmd);

	*hwpt = cmd.out_hwpt_id;
	return ret;
}

/* A nested table on a parent HWPT or a vIOMMU. */
static inline int mock_nested(int fd, uint32_t idev, uint32_t pt,
			      uint32_t *hwpt)
{
	struct iommu_hwpt_selftest data = { .iotlb = IOMMU_TEST_IOTLB_DEFAULT };
	struct iommu_hwpt_alloc cmd = {
		.size = sizeof(cmd),
		.dev_id = idev,
		.pt_id = pt,
		.data_type = IOMMU_HWPT_DATA_SELFTEST,
		.data_len = sizeof(data),
		.data_uptr = (uintptr_t)&data,
	};
	int ret = mock_call(fd, IOMMU_HWPT_ALLOC, &cmd);

	*hwpt = cmd.out_hwpt_id;
	return ret;
}

static inline int mock_viommu(int fd, uint32_t idev, uint32_t parent,
			      uint32_t *viommu)
{
	struct iommu_viommu_selftest data = { .in_data = 0x1234 };
	struct iommu_viommu_alloc cmd = {
		.size = sizeof(cmd),
		.type = IOMMU_VIOMMU_TYPE_SELFTEST,
		.dev_id = idev,
		.hwpt_id = parent,
		.data_len = sizeof(data),
		.data_uptr = (uintptr_t)&data,
	};
	int ret = mock_call(fd, IOMMU_VIOMMU_ALLOC, &cmd);

	*viommu = cmd.out_viommu_id;
	return ret;
}

static inline int mock_vdevice(int fd, uint32_t viommu, uint32_t idev,
			       uint64_t virt_id, uint32_t *vdevice)
{
	struct iommu_vdevice_alloc cmd = {
		.size = sizeof(cmd),
		.viommu_id = viommu,
		.dev_id = idev,
		.virt_id = virt_id,
	};
	int ret = mock_call(fd, IOMMU_VDEVICE_ALLOC, &cmd);

	*vdevice = cmd.out_vdevice_id;
	return ret;
}

static inline int mock_veventq(int fd, uint32_t viommu, uint32_t *veventq,
			       int *event_fd)
{
	struct iommu_veventq_alloc cmd = {
		.size = sizeof(cmd),
		.viommu_id = viommu,
		.type = IOMMU_VEVENTQ_TYPE_SELFTEST,
		.veventq_depth = 4,
	};
	int ret = mock_call(fd, IOMMU_VEVENTQ_ALLOC, &cmd);

	*veventq = cmd.out_veventq_id;
	*event_fd = cmd.out_veventq_fd;
	return ret;
}

static inline int mock_hw_queue(int fd, uint32_t viommu, uint32_t index,
				uint64_t iova, uint64_t len, uint32_t *queue)
{
	struct iommu_hw_queue_alloc cmd = {
		.size = sizeof(cmd),
		.viommu_id = viommu,
		.type = IOMMU_HW_QUEUE_TYPE_SELFTEST,
		.index = index,
		.nesting_parent_iova = iova,
		.length = len,
	};
	int ret = mock_call(fd, IOMMU_HW_QUEUE_ALLOC, &cmd);

	*queue = cmd.out_hw_queue_id;
	return ret;
}

static inline int mock_fault(int fd, uint32_t *fault, int *fault_fd)
{
	struct iommu_fault_alloc cmd = { .size = sizeof(cmd) };
	int ret = mock_call(fd, IOMMU_FAULT_QUEUE_ALLOC, &cmd);

	*fault = cmd.out_fault_id;
	*fault_fd = cmd.out_fault_fd;
	return ret;
}

/* A platform with the mock IOMMU, NULL on failure. */
static inline struct uiommufd_platform *mock_platform(void)
{
	struct uiommufd_platform_config config;

	uiommufd_platform_config_init(&config, "mock");
	return uiommufd_platform_new(&config);
}

#endif
