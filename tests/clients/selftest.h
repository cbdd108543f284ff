/* SPDX-License-Identifier: MIT */
/*
 * What the equivalents of the kernel's selftests for iommufd share: each call
 * with its arguments named, the buffers, and the law that holds after each test:
 * no page of the buffer is pinned any more.
 *
 * Calls return what ioctl() does; outputs are written if their pointer is not
 * NULL.
 */
#ifndef CLIENTS_SELFTEST_H
#define CLIENTS_SELFTEST_H

#include <poll.h>
#include <stddef.h>

#include "iommu.h"

#define HUGEPAGE (2ul << 20)
#define BUFFER (16 * PAGE)
#define HALF (PAGE / 2)
#define MOCK_DATA IOMMU_HWPT_DATA_SELFTEST
#define NO_FAULT 0, 0
#define END ((struct test){ NULL, NULL, 0, NULL })

static char *buffer;		/* BUFFER bytes, at a huge page's boundary */
static int memory_file;		/* as long */
static char *file_buffer;	/* its mapping */

static inline void *anonymous(size_t length, int flags)
{
	void *p = mmap(NULL, length, PROT_READ | PROT_WRITE,
		       MAP_ANONYMOUS | flags, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

/* Before any test, as tests are processes. */
static inline void make_buffers(void)
{
	uintptr_t wide = (uintptr_t)anonymous(2 * HUGEPAGE, MAP_SHARED);

	wide = (wide + HUGEPAGE - 1) & ~(HUGEPAGE - 1);
	buffer = mmap((void *)wide, BUFFER, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	CHECK(buffer == (void *)wide);
	memory_file = memfd_create("buffer", 0);
	CHECK(memory_file >= 0);
	CHECK_EQ(ftruncate(memory_file, BUFFER), 0);
	file_buffer = mmap(NULL, BUFFER, PROT_READ | PROT_WRITE, MAP_SHARED,
			   memory_file, 0);
	CHECK(file_buffer != MAP_FAILED);
}

static inline int test_op(int fd, uint32_t op, struct iommu_test_cmd *cmd)
{
	cmd->size = sizeof(*cmd);
	cmd->op = op;
	return ioctl(fd, IOMMU_TEST_CMD, cmd);
}

#define TEST_OP(fd, name, ...)                             \
	({                                                 \
		struct iommu_test_cmd cmd_ = { __VA_ARGS__ }; \
		test_op(fd, IOMMU_TEST_OP_##name, &cmd_);  \
	})

static inline void put(uint32_t *out, uint32_t value)
{
	if (out)
		*out = value;
}

/* Ends a test's context; nothing of the buffer is pinned. */
static inline void finish(int fd)
{
	CHECK_EQ(close(fd), 0);
	fd = open_iommu();
	CHECK_EQ(check_refs(fd, buffer, BUFFER, 0), 0);
	CHECK_EQ(check_refs(fd, file_buffer, BUFFER, 0), 0);
	CHECK_EQ(close(fd), 0);
}

/* ---- devices ---- */

static inline int new_device(int fd, uint32_t pt, uint32_t flags,
			     struct mock *out)
{
	struct iommu_test_cmd cmd = {
		.id = pt,
		.mock_domain_flags.dev_flags = flags,
	};
	int ret = test_op(fd, IOMMU_TEST_OP_MOCK_DOMAIN_FLAGS, &cmd);

	if (!ret && out)
		*out = (struct mock){ cmd.mock_domain_flags.out_stdev_id,
				      cmd.mock_domain_flags.out_hwpt_id,
				      cmd.mock_domain_flags.out_idev_id };
	return ret;
}

static inline int replace(int fd, uint32_t stdev, uint32_t pt)
{
	return TEST_OP(fd, MOCK_DOMAIN_REPLACE, .id = stdev,
		       .mock_domain_replace.pt_id = pt);
}

static inline int pasid_attach(int fd, uint32_t stdev, uint32_t pasid,
			       uint32_t pt)
{
	return TEST_OP(fd, PASID_ATTACH, .id = stdev,
		       .pasid_attach = { pasid, pt });
}

static inline int pasid_replace(int fd, uint32_t stdev, uint32_t pasid,
				uint32_t pt)
{
	return TEST_OP(fd, PASID_REPLACE, .id = stdev,
		       .pasid_replace = { pasid, pt });
}

static inline int pasid_detach(int fd, uint32_t stdev, uint32_t pasid)
{
	return TEST_OP(fd, PASID_DETACH, .id = stdev, .pasid_detach = { pasid });
}

static inline int pasid_check(int fd, uint32_t stdev, uint32_t pasid,
			      uint32_t hwpt)
{
	return TEST_OP(fd, PASID_CHECK_HWPT, .id = stdev,
		       .pasid_check = { pasid, hwpt });
}

/* ---- page tables ---- */

static inline int new_hwpt(int fd, uint32_t idev, uint32_t pt, uint32_t flags,
			   uint32_t fault, uint32_t type, const void *data,
			   uint32_t length, uint32_t *out)
{
	struct iommu_hwpt_alloc cmd = {
		.size = sizeof(cmd), .flags = flags, .dev_id = idev,
		.pt_id = pt, .data_type = type, .data_len = length,
		.data_uptr = (uintptr_t)data, .fault_id = fault,
	};
	int ret = ioctl(fd, IOMMU_HWPT_ALLOC, &cmd);

	if (!ret)
		put(out, cmd.out_hwpt_id);
	return ret;
}

static inline int paging(int fd, uint32_t idev, uint32_t ioas, uint32_t flags,
			 uint32_t *out)
{
	return new_hwpt(fd, idev, ioas, flags, 0, IOMMU_HWPT_DATA_NONE, NULL, 0,
			out);
}

static inline int nested(int fd, uint32_t idev, uint32_t pt, uint32_t flags,
			 uint32_t fault, uint32_t *out)
{
	struct iommu_hwpt_selftest data = { .iotlb = IOMMU_TEST_IOTLB_DEFAULT };

	return new_hwpt(fd, idev, pt, flags, fault, MOCK_DATA, &data,
			sizeof(data), out);
}

static inline int check_iotlb(int fd, uint32_t hwpt, uint32_t id,
			      uint32_t value)
{
	return TEST_OP(fd, MD_CHECK_IOTLB, .id = hwpt,
		       .check_iotlb = { id, value });
}

static inline int check_cache(int fd, uint32_t idev, uint32_t id,
			      uint32_t value)
{
	return TEST_OP(fd, DEV_CHECK_CACHE, .id = idev,
		       .check_dev_cache = { id, value });
}

static inline int invalidate(int fd, uint32_t id, const void *requests,
			     uint32_t type, uint32_t length, uint32_t *count)
{
	struct iommu_hwpt_invalidate cmd = {
		.size = sizeof(cmd), .hwpt_id = id,
		.data_uptr = (uintptr_t)requests, .data_type = type,
		.entry_len = length, .entry_num = *count,
	};
	int ret = ioctl(fd, IOMMU_HWPT_INVALIDATE, &cmd);

	*count = cmd.entry_num;
	return ret;
}

static inline int set_dirty_tracking(int fd, uint32_t hwpt, bool on)
{
	struct iommu_hwpt_set_dirty_tracking cmd = {
		.size = sizeof(cmd), .hwpt_id = hwpt, .flags = on,
	};

	return ioctl(fd, IOMMU_HWPT_SET_DIRTY_TRACKING, &cmd);
}

static inline int get_hw_info(int fd, uint32_t idev, uint32_t type, void *data,
			      uint32_t length, struct iommu_hw_info *out)
{
	*out = (struct iommu_hw_info){
		.size = sizeof(*out), .dev_id = idev, .data_len = length,
		.data_uptr = (uintptr_t)data,
		.flags = type ? IOMMU_HW_INFO_FLAG_INPUT_TYPE : 0,
		.in_data_type = type,
	};
	return ioctl(fd, IOMMU_GET_HW_INFO, out);
}

/* ---- address spaces ---- */

static inline int map_flags(int fd, uint32_t ioas, const void *va,
			    size_t length, uint32_t flags, uint64_t *iova)
{
	struct iommu_ioas_map cmd = {
		.size = sizeof(cmd), .flags = flags, .ioas_id = ioas,
		.user_va = (uintptr_t)va, .length = length, .iova = *iova,
	};
	int ret = ioctl(fd, IOMMU_IOAS_MAP, &cmd);

	*iova = cmd.iova;
	return ret;
}

static inline int map_any(int fd, uint32_t ioas, const void *va, size_t length,
			  uint64_t *iova)
{
	return map_flags(fd, ioas, va, length, RW, iova);
}

static inline int map_file_from(int fd, uint32_t ioas, int file,
				uint64_t start, size_t length, uint64_t *iova)
{
	struct iommu_ioas_map_file cmd = {
		.size = sizeof(cmd), .flags = RW, .ioas_id = ioas, .fd = file,
		.start = start, .length = length,
	};
	int ret = ioctl(fd, IOMMU_IOAS_MAP_FILE, &cmd);

	*iova = cmd.iova;
	return ret;
}

static inline int unmap(int fd, uint32_t ioas, uint64_t iova, uint64_t length,
			uint64_t *unmapped)
{
	struct iommu_ioas_unmap cmd = {
		.size = sizeof(cmd), .ioas_id = ioas, .iova = iova,
		.length = length,
	};
	int ret = ioctl(fd, IOMMU_IOAS_UNMAP, &cmd);

	if (unmapped)
		*unmapped = cmd.length;
	return ret;
}

static inline int reserve(int fd, uint32_t ioas, uint64_t start,
			  uint64_t length)
{
	return TEST_OP(fd, ADD_RESERVED, .id = ioas,
		       .add_reserved = { start, length });
}

static inline int allow(int fd, uint32_t ioas, uint64_t start, uint64_t last)
{
	struct iommu_iova_range range = { start, last };
	struct iommu_ioas_allow_iovas cmd = {
		.size = sizeof(cmd), .ioas_id = ioas,
		.num_iovas = start <= last,
		.allowed_iovas = (uintptr_t)&range,
	};

	return ioctl(fd, IOMMU_IOAS_ALLOW_IOVAS, &cmd);
}

static inline int option(int fd, uint32_t option_id, uint32_t object,
			 uint16_t op, uint64_t *value)
{
	struct iommu_option cmd = {
		.size = sizeof(cmd), .option_id = option_id, .op = op,
		.object_id = object, .val64 = *value,
	};
	int ret = ioctl(fd, IOMMU_OPTION, &cmd);

	*value = cmd.val64;
	return ret;
}

static inline int memory_limit(int fd, uint32_t bytes)
{
	return TEST_OP(fd, SET_TEMP_MEMORY_LIMIT,
		       .memory_limit.limit = bytes);
}

/* ---- accesses ---- */

static inline int pin(int fd, int access, uint64_t iova, const void *va,
		      size_t length, uint32_t flags, uint32_t *out)
{
	struct iommu_test_cmd cmd = {
		.id = (uint32_t)access,
		.access_pages = { .flags = flags, .iova = iova,
				  .length = length, .uptr = (uintptr_t)va },
	};
	int ret = test_op(fd, IOMMU_TEST_OP_ACCESS_PAGES, &cmd);

	if (!ret)
		put(out, cmd.access_pages.out_access_pages_id);
	return ret;
}

static inline int unpin(int fd, int access, uint32_t item)
{
	return TEST_OP(fd, DESTROY_ACCESS_PAGES, .id = (uint32_t)access,
		       .destroy_access_pages.access_pages_id = item);
}

static inline int move_access(int fd, int access, uint32_t ioas)
{
	return TEST_OP(fd, ACCESS_REPLACE_IOAS, .id = (uint32_t)access,
		       .access_replace_ioas.ioas_id = ioas);
}

/* ---- virtual IOMMUs and events ---- */

static inline int new_viommu(int fd, uint32_t idev, uint32_t hwpt,
			     uint32_t type, void *data, uint32_t length,
			     uint32_t *out)
{
	struct iommu_viommu_alloc cmd = {
		.size = sizeof(cmd), .type = type, .dev_id = idev,
		.hwpt_id = hwpt, .data_len = length,
		.data_uptr = (uintptr_t)data,
	};
	int ret = ioctl(fd, IOMMU_VIOMMU_ALLOC, &cmd);

	if (!ret)
		put(out, cmd.out_viommu_id);
	return ret;
}

static inline int new_vdevice(int fd, uint32_t viommu, uint32_t idev,
			      uint64_t virt_id, uint32_t *out)
{
	struct iommu_vdevice_alloc cmd = {
		.size = sizeof(cmd), .viommu_id = viommu, .dev_id = idev,
		.virt_id = virt_id,
	};
	int ret = ioctl(fd, IOMMU_VDEVICE_ALLOC, &cmd);

	if (!ret)
		put(out, cmd.out_vdevice_id);
	return ret;
}

static inline int new_queue(int fd, uint32_t viommu, uint32_t type,
			    uint32_t index, uint64_t iova, uint64_t length,
			    uint32_t *out)
{
	struct iommu_hw_queue_alloc cmd = {
		.size = sizeof(cmd), .viommu_id = viommu, .type = type,
		.index = index, .nesting_parent_iova = iova, .length = length,
	};
	int ret = ioctl(fd, IOMMU_HW_QUEUE_ALLOC, &cmd);

	if (!ret)
		put(out, cmd.out_hw_queue_id);
	return ret;
}

static inline int new_veventq(int fd, uint32_t viommu, uint32_t type,
			      uint32_t depth, uint32_t *out, uint32_t *out_fd)
{
	struct iommu_veventq_alloc cmd = {
		.size = sizeof(cmd), .viommu_id = viommu, .type = type,
		.veventq_depth = depth,
	};
	int ret = ioctl(fd, IOMMU_VEVENTQ_ALLOC, &cmd);

	if (!ret) {
		put(out, cmd.out_veventq_id);
		put(out_fd, cmd.out_veventq_fd);
	}
	return ret;
}

static inline int new_faultq(int fd, uint32_t *out, uint32_t *out_fd)
{
	struct iommu_fault_alloc cmd = { .size = sizeof(cmd) };
	int ret = ioctl(fd, IOMMU_FAULT_QUEUE_ALLOC, &cmd);

	if (!ret) {
		*out = cmd.out_fault_id;
		*out_fd = cmd.out_fault_fd;
	}
	return ret;
}

static inline int trigger_vevent(int fd, uint32_t idev)
{
	return TEST_OP(fd, TRIGGER_VEVENT, .trigger_vevent.dev_id = idev);
}

/* A fault comes, is seen, is read and is answered. */
static inline void check_iopf(int fd, uint32_t idev, int fault_fd,
			      uint32_t pasid)
{
	struct iommu_hwpt_pgfault fault = { 0 };
	struct iommu_hwpt_page_response answer = {
		.code = IOMMUFD_PAGE_RESP_SUCCESS,
	};
	struct pollfd poll_fd = { .fd = fault_fd, .events = POLLIN };

	CHECK_EQ(TEST_OP(fd, TRIGGER_IOPF,
			 .trigger_iopf = { .dev_id = idev, .pasid = pasid,
					   .grpid = 2, .perm = 3,
					   .addr = 0xdeadbeaf }), 0);
	CHECK_EQ(poll(&poll_fd, 1, 1000), 1);
	CHECK_EQ(read(fault_fd, &fault, sizeof(fault)), sizeof(fault));
	CHECK_EQ(fault.pasid, pasid);
	CHECK_EQ(fault.grpid, 2);
	CHECK_EQ(fault.addr, 0xdeadbeaf);
	answer.cookie = fault.cookie;
	CHECK_EQ(write(fault_fd, &answer, sizeof(answer)), sizeof(answer));
}

static inline int selftests(const struct test *tests, size_t count, int argc,
			    char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	make_buffers();
	return run_all(tests, count, argc, argv);
}

#endif
