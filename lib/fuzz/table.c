// SPDX-License-Identifier: MIT
/*
 * The operations of inputs.  An operation's number is its place in the table:
 * new ones are added at the end.
 */
#include "fuzz/fuzz.h"

#include <uapi/linux/iommufd.h>
#include <uapi/linux/iommufd_test.h>

#define NUMBER(name, offset, width) { #name, offset, width, FUZZ_NUMBER, 0 }
#define MAGIC(name, offset) { #name, offset, 4, FUZZ_MAGIC, 0 }
#define IOVA(name, offset) { #name, offset, 8, FUZZ_IOVA, 0 }
#define LENGTH(name, offset) { #name, offset, 8, FUZZ_LENGTH, 0 }
#define POINTER(name, offset) { #name, offset, 8, FUZZ_POINTER, 0 }
#define DATA(name, offset) { #name, offset, 8, FUZZ_DATA, 0 }
#define ID(name, offset, class) { #name, offset, 4, FUZZ_ID, FUZZ_##class }
#define FD(name, offset, class) { #name, offset, 4, FUZZ_FD, FUZZ_##class }
#define OUT_ID(name, offset, class) \
	{ #name, offset, 4, FUZZ_OUT_ID, FUZZ_##class }
#define OUT_FD(name, offset, class) \
	{ #name, offset, 4, FUZZ_OUT_FD, FUZZ_##class }

#define ABI(name, bytes, ...) \
	{ #name, FUZZ_IOCTL, bytes, IOMMU_##name, 0, { __VA_ARGS__ } }
#define TEST(name, ...) \
	{ "TEST_" #name, FUZZ_TEST, sizeof(struct iommu_test_cmd), \
	  IOMMU_TEST_CMD, IOMMU_TEST_OP_##name, { __VA_ARGS__ } }
#define VFIO(name, nr, bytes, ...) \
	{ #name, FUZZ_IOCTL, bytes, _IO(IOMMUFD_TYPE, 100 + (nr)), 0, \
	  { __VA_ARGS__ } }
#define VFIO_VALUE(name, nr, ...) \
	{ #name, FUZZ_VALUE, 0, _IO(IOMMUFD_TYPE, 100 + (nr)), 0, \
	  { __VA_ARGS__ } }
#define CALL(name, ...) \
	{ #name, FUZZ_CALL, 64, FUZZ_##name, 0, { __VA_ARGS__ } }

const struct fuzz_op fuzz_ops[] = {
	ABI(DESTROY, 8, ID(id, 4, ANY)),
	ABI(IOAS_ALLOC, 12, NUMBER(flags, 4, 4), OUT_ID(out_ioas_id, 8, IOAS)),
	ABI(IOAS_ALLOW_IOVAS, 24, ID(ioas_id, 4, IOAS), NUMBER(num_iovas, 8, 4),
	    DATA(allowed_iovas, 16)),
	ABI(IOAS_COPY, 40, NUMBER(flags, 4, 4), ID(dst_ioas_id, 8, IOAS),
	    ID(src_ioas_id, 12, IOAS), LENGTH(length, 16), IOVA(dst_iova, 24),
	    IOVA(src_iova, 32)),
	ABI(IOAS_IOVA_RANGES, 32, ID(ioas_id, 4, IOAS), NUMBER(num_iovas, 8, 4),
	    POINTER(allowed_iovas, 16)),
	ABI(IOAS_MAP, 40, NUMBER(flags, 4, 4), ID(ioas_id, 8, IOAS),
	    POINTER(user_va, 16), LENGTH(length, 24), IOVA(iova, 32)),
	ABI(IOAS_UNMAP, 24, ID(ioas_id, 4, IOAS), IOVA(iova, 8),
	    LENGTH(length, 16)),
	ABI(OPTION, 24, NUMBER(option_id, 4, 4), NUMBER(op, 8, 2),
	    ID(object_id, 12, IOAS), NUMBER(val64, 16, 8)),
	ABI(VFIO_IOAS, 12, ID(ioas_id, 4, IOAS), NUMBER(op, 8, 2)),
	ABI(HWPT_ALLOC, 48, NUMBER(flags, 4, 4), ID(dev_id, 8, DEVICE),
	    ID(pt_id, 12, PT), OUT_ID(out_hwpt_id, 16, HWPT),
	    MAGIC(data_type, 24), NUMBER(data_len, 28, 4), DATA(data_uptr, 32),
	    ID(fault_id, 40, FAULT)),
	ABI(GET_HW_INFO, 40, NUMBER(flags, 4, 4), ID(dev_id, 8, DEVICE),
	    NUMBER(data_len, 12, 4), POINTER(data_uptr, 16),
	    MAGIC(data_type, 24)),
	ABI(HWPT_SET_DIRTY_TRACKING, 16, NUMBER(flags, 4, 4),
	    ID(hwpt_id, 8, HWPT)),
	ABI(HWPT_GET_DIRTY_BITMAP, 48, ID(hwpt_id, 4, HWPT),
	    NUMBER(flags, 8, 4), IOVA(iova, 16), LENGTH(length, 24),
	    LENGTH(page_size, 32), POINTER(data, 40)),
	ABI(HWPT_INVALIDATE, 32, ID(hwpt_id, 4, PT), DATA(data_uptr, 8),
	    MAGIC(data_type, 16), NUMBER(entry_len, 20, 4),
	    NUMBER(entry_num, 24, 4)),
	ABI(FAULT_QUEUE_ALLOC, 16, NUMBER(flags, 4, 4),
	    OUT_ID(out_fault_id, 8, FAULT), OUT_FD(out_fault_fd, 12, EVENT)),
	ABI(IOAS_MAP_FILE, 40, NUMBER(flags, 4, 4), ID(ioas_id, 8, IOAS),
	    FD(fd, 12, FILE), LENGTH(start, 16), LENGTH(length, 24),
	    IOVA(iova, 32)),
	ABI(VIOMMU_ALLOC, 40, NUMBER(flags, 4, 4), MAGIC(type, 8),
	    ID(dev_id, 12, DEVICE), ID(hwpt_id, 16, HWPT),
	    OUT_ID(out_viommu_id, 20, VIOMMU), NUMBER(data_len, 24, 4),
	    DATA(data_uptr, 32)),
	ABI(VDEVICE_ALLOC, 24, ID(viommu_id, 4, VIOMMU), ID(dev_id, 8, DEVICE),
	    OUT_ID(out_vdevice_id, 12, VDEVICE), NUMBER(virt_id, 16, 8)),
	ABI(IOAS_CHANGE_PROCESS, 8),
	ABI(VEVENTQ_ALLOC, 32, NUMBER(flags, 4, 4), ID(viommu_id, 8, VIOMMU),
	    MAGIC(type, 12), NUMBER(veventq_depth, 16, 4),
	    OUT_ID(out_veventq_id, 20, VEVENTQ),
	    OUT_FD(out_veventq_fd, 24, EVENT)),
	ABI(HW_QUEUE_ALLOC, 40, NUMBER(flags, 4, 4), ID(viommu_id, 8, VIOMMU),
	    MAGIC(type, 12), NUMBER(index, 16, 4),
	    OUT_ID(out_hw_queue_id, 20, QUEUE), IOVA(nesting_parent_iova, 24),
	    LENGTH(length, 32)),
	ABI(IOAS_NOIOMMU_GET_PA, 40, NUMBER(flags, 4, 4), ID(ioas_id, 8, IOAS),
	    IOVA(iova, 16), LENGTH(length, 24)),

	TEST(ADD_RESERVED, ID(ioas_id, 8, IOAS), IOVA(start, 16),
	     LENGTH(length, 24)),
	TEST(MOCK_DOMAIN, ID(pt_id, 8, PT), OUT_ID(out_stdev_id, 16, STDEV),
	     OUT_ID(out_hwpt_id, 20, HWPT), OUT_ID(out_idev_id, 24, DEVICE)),
	TEST(MD_CHECK_MAP, ID(hwpt_id, 8, HWPT), IOVA(iova, 16),
	     LENGTH(length, 24), POINTER(uptr, 32)),
	TEST(MD_CHECK_REFS, LENGTH(length, 16), POINTER(uptr, 24),
	     NUMBER(refs, 32, 4)),
	TEST(CREATE_ACCESS, ID(ioas_id, 8, IOAS),
	     OUT_FD(out_access_fd, 16, ACCESS), NUMBER(flags, 20, 4)),
	TEST(DESTROY_ACCESS_PAGES, FD(access_fd, 8, ACCESS),
	     NUMBER(access_pages_id, 16, 4)),
	TEST(ACCESS_PAGES, FD(access_fd, 8, ACCESS), NUMBER(flags, 16, 4),
	     IOVA(iova, 24), LENGTH(length, 32), POINTER(uptr, 40)),
	TEST(ACCESS_RW, FD(access_fd, 8, ACCESS), IOVA(iova, 16),
	     LENGTH(length, 24), POINTER(uptr, 32), NUMBER(flags, 40, 4)),
	TEST(SET_TEMP_MEMORY_LIMIT, NUMBER(limit, 16, 4)),
	TEST(MOCK_DOMAIN_REPLACE, ID(stdev_id, 8, STDEV), ID(pt_id, 16, PT)),
	TEST(ACCESS_REPLACE_IOAS, FD(access_fd, 8, ACCESS),
	     ID(ioas_id, 16, IOAS)),
	TEST(MOCK_DOMAIN_FLAGS, ID(pt_id, 8, PT),
	     OUT_ID(out_stdev_id, 16, STDEV), OUT_ID(out_hwpt_id, 20, HWPT),
	     OUT_ID(out_idev_id, 24, DEVICE), NUMBER(dev_flags, 28, 4)),
	TEST(DIRTY, ID(hwpt_id, 8, HWPT), NUMBER(flags, 16, 4), IOVA(iova, 24),
	     LENGTH(length, 32), LENGTH(page_size, 40), DATA(uptr, 48)),
	TEST(MD_CHECK_IOTLB, ID(hwpt_id, 8, HWPT), NUMBER(iotlb_id, 16, 4),
	     MAGIC(iotlb, 20)),
	TEST(TRIGGER_IOPF, ID(dev_id, 16, DEVICE), NUMBER(pasid, 20, 4),
	     NUMBER(grpid, 24, 4), NUMBER(perm, 28, 4), IOVA(addr, 32)),
	TEST(DEV_CHECK_CACHE, ID(dev_id, 8, DEVICE), NUMBER(cache_id, 16, 4),
	     MAGIC(cache, 20)),
	TEST(TRIGGER_VEVENT, ID(dev_id, 16, DEVICE)),
	TEST(PASID_ATTACH, ID(stdev_id, 8, STDEV), NUMBER(pasid, 16, 4),
	     ID(pt_id, 20, PT)),
	TEST(PASID_REPLACE, ID(stdev_id, 8, STDEV), NUMBER(pasid, 16, 4),
	     ID(pt_id, 20, PT)),
	TEST(PASID_DETACH, ID(stdev_id, 8, STDEV), NUMBER(pasid, 16, 4)),
	TEST(PASID_CHECK_HWPT, ID(stdev_id, 8, STDEV), NUMBER(pasid, 16, 4),
	     ID(hwpt_id, 20, HWPT)),
	TEST(DMABUF_GET, LENGTH(length, 16), NUMBER(open_flags, 20, 4)),
	TEST(DMABUF_REVOKE, FD(dmabuf_fd, 16, FILE), NUMBER(revoked, 20, 4)),

	VFIO_VALUE(VFIO_GET_API_VERSION, 0, NUMBER(arg, 0, 8)),
	VFIO_VALUE(VFIO_CHECK_EXTENSION, 1, NUMBER(arg, 0, 8)),
	VFIO_VALUE(VFIO_SET_IOMMU, 2, NUMBER(arg, 0, 8)),
	VFIO(VFIO_IOMMU_GET_INFO, 12, 24, NUMBER(flags, 4, 4)),
	VFIO(VFIO_IOMMU_MAP_DMA, 13, 32, NUMBER(flags, 4, 4), POINTER(vaddr, 8),
	     IOVA(iova, 16), LENGTH(size, 24)),
	VFIO(VFIO_IOMMU_UNMAP_DMA, 14, 24, NUMBER(flags, 4, 4), IOVA(iova, 8),
	     LENGTH(size, 16)),

	CALL(OPEN, NUMBER(path, 0, 8)),
	CALL(CLOSE, FD(fd, 0, ANY)),
	CALL(DUP, FD(fd, 0, ANY)),
	CALL(READ, FD(fd, 0, EVENT), POINTER(buf, 8), NUMBER(count, 16, 8)),
	CALL(WRITE, FD(fd, 0, EVENT), DATA(buf, 8), NUMBER(count, 16, 8)),
	CALL(POLL, FD(fd, 0, ANY), NUMBER(events, 8, 8)),
	CALL(MMAP, LENGTH(length, 0), NUMBER(prot, 8, 8), NUMBER(flags, 16, 8),
	     LENGTH(offset, 24)),
	CALL(MUNMAP, NUMBER(which, 0, 8), LENGTH(offset, 8), LENGTH(length, 16)),
	CALL(BIND, NUMBER(device, 0, 8)),
	CALL(UNBIND, NUMBER(device, 0, 8)),
	CALL(ATTACH, NUMBER(device, 0, 8), NUMBER(pasid, 8, 8), ID(pt_id, 16, PT)),
	CALL(REPLACE, NUMBER(device, 0, 8), NUMBER(pasid, 8, 8),
	     ID(pt_id, 16, PT)),
	CALL(DETACH, NUMBER(device, 0, 8), NUMBER(pasid, 8, 8)),
};

const unsigned int fuzz_op_count = sizeof(fuzz_ops) / sizeof(*fuzz_ops);

const uint32_t fuzz_magic[16] = {
	IOMMU_HWPT_DATA_SELFTEST,
	IOMMU_VIOMMU_TYPE_SELFTEST,
	IOMMU_HWPT_INVALIDATE_DATA_SELFTEST_INVALID,
	IOMMU_VEVENTQ_TYPE_SELFTEST,
	IOMMU_HW_INFO_TYPE_SELFTEST,
	IOMMU_TEST_IOTLB_DEFAULT,
	IOMMU_TEST_DEV_CACHE_DEFAULT,
	IOMMU_HW_INFO_SELFTEST_REGVAL,
};
