/* SPDX-License-Identifier: MIT */
/*
 * Mock page tables: allocation, what they contain, dirty tracking; nested ones
 * and their invalidation.  spec/80 sections 4, 6, 7
 */
#include "mock_test.h"

#include <unistd.h>

static int hwpt_data(uint32_t flags, uint32_t type, const void *data,
		     uint32_t len, uint32_t pt, uint32_t *hwpt)
{
	struct iommu_hwpt_alloc cmd = {
		.size = sizeof(cmd),
		.flags = flags,
		.dev_id = b.idev,
		.pt_id = pt,
		.data_type = type,
		.data_len = len,
		.data_uptr = (uintptr_t)data,
	};
	int ret = mock_call(b.fd, IOMMU_HWPT_ALLOC, &cmd);

	*hwpt = cmd.out_hwpt_id;
	return ret;
}

static void paging_data(void **state)
{
	struct iommu_hwpt_selftest data = { 0, 2 };
	const uint32_t type = IOMMU_HWPT_DATA_SELFTEST;
	uint32_t hwpt;

	assert_int_equal(hwpt_data(0, 1, &data, 8, b.ioas, &hwpt), EOPNOTSUPP);
	assert_int_equal(hwpt_data(0, type, &data, 3, b.ioas, &hwpt), EINVAL);
	assert_int_equal(hwpt_data(0, type, &data, 9, b.ioas, &hwpt), EINVAL);
	assert_int_equal(hwpt_data(0, type, (void *)8, 8, b.ioas, &hwpt),
			 EFAULT);
	assert_int_equal(hwpt_data(0, type, &data, 8, b.ioas, &hwpt),
			 EOPNOTSUPP);
	assert_int_equal(hwpt_data(0, type, &data, 4, b.ioas, &hwpt), 0);
	data.pagetable_type = MOCK_IOMMUPT_HUGE;
	assert_int_equal(hwpt_data(0, type, &data, 8, b.ioas, &hwpt), 0);
	assert_int_equal(hwpt_data(0x10, 0, NULL, 0, b.ioas, &hwpt),
			 EOPNOTSUPP);
}

static int ranges(uint32_t ioas, struct iommu_iova_range *range, uint64_t *align)
{
	struct iommu_ioas_iova_ranges cmd = {
		.size = sizeof(cmd),
		.ioas_id = ioas,
		.num_iovas = 1,
		.allowed_iovas = (uintptr_t)range,
	};
	int ret = mock_call(b.fd, IOMMU_IOAS_IOVA_RANGES, &cmd);

	*align = cmd.out_iova_alignment;
	return ret;
}

/* Attaching narrows the IOAS to aperture and page size of the domain. */
static void apertures(void **state)
{
	struct iommu_hwpt_selftest data = { 0, MOCK_IOMMUPT_HUGE };
	struct iommu_iova_range range;
	uint64_t align;
	uint32_t hwpt;

	assert_int_equal(ranges(b.ioas, &range, &align), 0);
	assert_int_equal(range.start, 0x01000000);
	assert_int_equal(range.last, 0x7fffffff);
	assert_int_equal(align, 2048);
	assert_int_equal(mock_destroy(b.fd, b.stdev), 0);
	assert_int_equal(mock_ioas(b.fd, &b.ioas), 0);
	assert_int_equal(mock_ioas(b.fd, &hwpt), 0);
	assert_int_equal(mock_domain(b.fd, hwpt, 0, &b.stdev, &b.idev, NULL),
			 0);
	assert_int_equal(hwpt_data(0, IOMMU_HWPT_DATA_SELFTEST, &data, 8,
				   b.ioas, &hwpt), 0);
	assert_int_equal(ranges(b.ioas, &range, &align), 0);
	assert_int_equal(range.start, 0);
	assert_int_equal(range.last, 0x3fffffffff);
	assert_int_equal(align, 4096);
}

/* --- looking -------------------------------------------------------------- */

static int check_map(uint32_t hwpt, uint64_t iova, uint64_t len,
		     const void *uptr)
{
	return test_op(MD_CHECK_MAP, hwpt,
		       .check_map = { iova, len, (uintptr_t)uptr });
}

static int check_refs(const void *uptr, uint64_t len, uint32_t refs)
{
	return test_op(MD_CHECK_REFS, 0,
		       .check_refs = { len, (uintptr_t)uptr, refs });
}

static void check_map_rules(void **state)
{
	assert_int_equal(mock_map(b.fd, b.ioas, b.memory, 4 * PAGE, IOVA), 0);
	assert_int_equal(check_map(b.hwpt, IOVA, 4 * PAGE, b.memory), 0);
	assert_int_equal(check_map(b.hwpt, IOVA + 2048, 2048, b.memory + 2048),
			 0);
	assert_int_equal(check_map(b.hwpt, IOVA, 0, b.memory), 0);
	assert_int_equal(check_map(b.hwpt, IOVA, PAGE, b.memory + PAGE),
			 EINVAL);
	assert_int_equal(check_map(b.hwpt, IOVA, 5 * PAGE, b.memory), EINVAL);
	assert_int_equal(check_map(b.hwpt, IOVA + 1024, 2048, b.memory),
			 EINVAL);
	assert_int_equal(check_map(b.hwpt, IOVA, 1024, b.memory), EINVAL);
	assert_int_equal(check_map(b.hwpt, IOVA, PAGE, (void *)-PAGE), EINVAL);
	assert_int_equal(check_map(b.hwpt, IOVA, PAGE, (void *)PAGE), EFAULT);
	assert_int_equal(check_map(b.ioas, IOVA, PAGE, b.memory), ENOENT);
}

/* A page counts once for each mapping of its own, not for copies or domains. */
static void check_refs_rules(void **state)
{
	assert_int_equal(check_refs(b.memory, 8 * PAGE, 0), 0);
	assert_int_equal(mock_map(b.fd, b.ioas, b.memory, 4 * PAGE, IOVA), 0);
	assert_int_equal(check_refs(b.memory, 4 * PAGE, 1), 0);
	assert_int_equal(check_refs(b.memory, 5 * PAGE, 1), EIO);
	assert_int_equal(mock_map(b.fd, b.ioas, b.memory, 2 * PAGE,
				  IOVA + 0x100000), 0);
	assert_int_equal(check_refs(b.memory, 2 * PAGE, 2), 0);
	assert_int_equal(mock_domain(b.fd, b.ioas, 0, NULL, NULL, NULL), 0);
	assert_int_equal(check_refs(b.memory, 2 * PAGE, 2), 0);
	assert_int_equal(check_refs(b.memory + 1, PAGE, 1), EINVAL);
	assert_int_equal(check_refs(b.memory, 1, 1), EINVAL);
	assert_int_equal(check_refs((void *)PAGE, PAGE, 0), EFAULT);
}

/* Memory is known by what it is, not by where it is mapped. */
static void shared_memory_identity(void **state)
{
	int memfd = memfd_create("shared", MFD_CLOEXEC);
	char *one, *two;

	assert_int_equal(ftruncate(memfd, 4 * PAGE), 0);
	one = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, memfd,
		   0);
	two = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, memfd,
		   0);
	assert_int_equal(mock_map(b.fd, b.ioas, one, 4 * PAGE, IOVA), 0);
	assert_int_equal(check_map(b.hwpt, IOVA, 4 * PAGE, two), 0);
	assert_int_equal(check_refs(two, 4 * PAGE, 1), 0);
	assert_int_equal(check_map(b.hwpt, IOVA, PAGE, two + PAGE), EINVAL);
	assert_int_equal(mock_unmap(b.fd, b.ioas, IOVA, 4 * PAGE), 0);
	assert_int_equal(check_refs(one, 4 * PAGE, 0), 0);
	munmap(one, 4 * PAGE);
	munmap(two, 4 * PAGE);
	close(memfd);
}

static void add_reserved(void **state)
{
	assert_int_equal(test_op(ADD_RESERVED, b.ioas,
				 .add_reserved = { IOVA, 0 }), EINVAL);
	assert_int_equal(test_op(ADD_RESERVED, b.ioas,
				 .add_reserved = { PAGE, UINT64_MAX }),
			 EOVERFLOW);
	assert_int_equal(test_op(ADD_RESERVED, b.hwpt,
				 .add_reserved = { IOVA, PAGE }), ENOENT);
	assert_int_equal(mock_map(b.fd, b.ioas, b.memory, PAGE, IOVA), 0);
	assert_int_equal(test_op(ADD_RESERVED, b.ioas,
				 .add_reserved = { IOVA + 2048, PAGE }),
			 EADDRINUSE);
	assert_int_equal(test_op(ADD_RESERVED, b.ioas,
				 .add_reserved = { IOVA + PAGE, PAGE }), 0);
	assert_int_equal(mock_map(b.fd, b.ioas, b.memory, PAGE, IOVA + PAGE),
			 EINVAL);
}

static void memory_limit(void **state)
{
	assert_int_equal(test_op(SET_TEMP_MEMORY_LIMIT, 0,
				 .memory_limit = { 11 }), EINVAL);
	assert_int_equal(test_op(SET_TEMP_MEMORY_LIMIT, 0,
				 .memory_limit = { 12 }), 0);
	assert_int_equal(test_op(SET_TEMP_MEMORY_LIMIT, 0,
				 .memory_limit = { 65536 }), 0);
}

/* --- dirty tracking ------------------------------------------------------- */

static int set_tracking(uint32_t hwpt, uint32_t on)
{
	struct iommu_hwpt_set_dirty_tracking cmd = {
		.size = sizeof(cmd), .flags = on, .hwpt_id = hwpt,
	};

	return mock_call(b.fd, IOMMU_HWPT_SET_DIRTY_TRACKING, &cmd);
}

static int dirty(uint32_t hwpt, uint64_t iova, uint64_t len, uint64_t page,
		 const void *uptr, uint64_t *marked)
{
	struct iommu_test_cmd cmd = test_cmd(IOMMU_TEST_OP_DIRTY, hwpt);
	int ret;

	cmd.dirty.iova = iova;
	cmd.dirty.length = len;
	cmd.dirty.page_size = page;
	cmd.dirty.uptr = (uintptr_t)uptr;
	ret = test_run(&cmd);
	*marked = cmd.dirty.out_nr_dirty;
	return ret;
}

static uint64_t read_dirty(uint32_t hwpt, uint64_t iova, uint64_t len,
			   uint64_t page, uint32_t flags)
{
	uint64_t bits = 0;
	struct iommu_hwpt_get_dirty_bitmap cmd = {
		.size = sizeof(cmd),
		.hwpt_id = hwpt,
		.flags = flags,
		.iova = iova,
		.length = len,
		.page_size = page,
		.data = (uintptr_t)&bits,
	};

	assert_int_equal(mock_call(b.fd, IOMMU_HWPT_GET_DIRTY_BITMAP, &cmd), 0);
	return bits;
}

static void dirty_errors(void **state)
{
	uint64_t bits[2] = { 0x3, 0 }, n;
	uint32_t hwpt;

	assert_int_equal(mock_hwpt(b.fd, b.idev, b.ioas,
				   IOMMU_HWPT_ALLOC_DIRTY_TRACKING, &hwpt), 0);
	assert_int_equal(dirty(hwpt, 0, 4096, 2048, bits, &n), EINVAL);
	assert_int_equal(set_tracking(b.hwpt, 1), EOPNOTSUPP);
	assert_int_equal(set_tracking(hwpt, 1), 0);
	assert_int_equal(dirty(hwpt, 0, 4096, 0, bits, &n), EINVAL);
	assert_int_equal(dirty(hwpt, 0, 0, 2048, bits, &n), EINVAL);
	assert_int_equal(dirty(hwpt, 1, 4096, 2048, bits, &n), EINVAL);
	assert_int_equal(dirty(hwpt, 0, 4097, 2048, bits, &n), EINVAL);
	assert_int_equal(dirty(hwpt, 0, 4096, 2048, NULL, &n), EINVAL);
	assert_int_equal(dirty(hwpt, 0, 4096, 2048, (void *)8, &n), EFAULT);
	assert_int_equal(dirty(hwpt, 0, 1ull << 40, 1, bits, &n), EOVERFLOW);
	assert_int_equal(dirty(b.ioas, 0, 4096, 2048, bits, &n), ENOENT);
	/* Unmapped, odd sizes: counted all the same. */
	assert_int_equal(dirty(hwpt, 0, 4096, 2048, bits, &n), 0);
	assert_int_equal(n, 2);
	bits[0] = 0xfff;
	assert_int_equal(dirty(hwpt, 3, 30, 3, bits, &n), 0);
	assert_int_equal(n, 10);
	assert_int_equal(set_tracking(hwpt, 0), 0);
	assert_int_equal(dirty(hwpt, 0, 4096, 2048, bits, &n), EINVAL);
}

/* A leaf is dirty as a whole; reading clears, if asked to; so does enabling. */
static void dirty_leaves(void **state)
{
	uint64_t bit = 1, n;
	uint32_t hwpt;

	assert_int_equal(mock_hwpt(b.fd, b.idev, b.ioas,
				   IOMMU_HWPT_ALLOC_DIRTY_TRACKING, &hwpt), 0);
	/* Two areas: leaves of 4 KiB, because of their length. */
	assert_int_equal(mock_map(b.fd, b.ioas, b.memory, PAGE, IOVA), 0);
	assert_int_equal(mock_map(b.fd, b.ioas, b.memory + PAGE, PAGE,
				  IOVA + PAGE), 0);
	assert_int_equal(set_tracking(hwpt, 1), 0);
	assert_int_equal(dirty(hwpt, IOVA + PAGE, 2048, 2048, &bit, &n), 0);
	assert_int_equal(read_dirty(hwpt, IOVA, 2 * PAGE, 2048,
				    IOMMU_HWPT_GET_DIRTY_BITMAP_NO_CLEAR),
			 0xc);
	assert_int_equal(read_dirty(hwpt, IOVA, 2 * PAGE, 2048, 0), 0xc);
	assert_int_equal(read_dirty(hwpt, IOVA, 2 * PAGE, 2048, 0), 0);
	assert_int_equal(dirty(hwpt, IOVA, 2048, 2048, &bit, &n), 0);
	assert_int_equal(set_tracking(hwpt, 1), 0);
	assert_int_equal(read_dirty(hwpt, IOVA, 2 * PAGE, 2048, 0), 0);
}

/* --- nested --------------------------------------------------------------- */

static int invalidate(uint32_t hwpt, uint32_t type, const void *data,
		      uint32_t len, uint32_t *num)
{
	struct iommu_hwpt_invalidate cmd = {
		.size = sizeof(cmd),
		.hwpt_id = hwpt,
		.data_uptr = (uintptr_t)data,
		.data_type = type,
		.entry_len = len,
		.entry_num = *num,
	};
	int ret = mock_call(b.fd, IOMMU_HWPT_INVALIDATE, &cmd);

	*num = cmd.entry_num;
	return ret;
}

static int iotlb(uint32_t hwpt, uint32_t index, uint32_t value)
{
	return test_op(MD_CHECK_IOTLB, hwpt, .check_iotlb = { index, value });
}

#define NESTED_TYPE IOMMU_HWPT_INVALIDATE_DATA_SELFTEST

static void nested_invalidation(void **state)
{
	struct iommu_hwpt_invalidate_selftest cmds[3] = {
		{ 0, 1 }, { 2, 0 }, { 0, 2 },
	};
	const uint32_t full = IOMMU_TEST_IOTLB_DEFAULT;
	uint32_t parent, nested, num = 0;

	assert_int_equal(mock_hwpt(b.fd, b.idev, b.ioas,
				   IOMMU_HWPT_ALLOC_NEST_PARENT, &parent), 0);
	assert_int_equal(mock_nested(b.fd, b.idev, parent, &nested), 0);
	assert_int_equal(iotlb(nested, 3, full), 0);
	assert_int_equal(iotlb(nested, 4, full), EINVAL);
	assert_int_equal(iotlb(nested, 0, 0), EINVAL);
	assert_int_equal(iotlb(parent, 0, full), ENOENT);
	/* An empty array asks for the type. */
	assert_int_equal(invalidate(nested, NESTED_TYPE, NULL, 0, &num), 0);
	assert_int_equal(invalidate(nested, 5, NULL, 0, &num), EINVAL);
	/* What comes before the failure is done and counted. */
	num = 3;
	assert_int_equal(invalidate(nested, NESTED_TYPE, cmds, 8, &num),
			 EOPNOTSUPP);
	assert_int_equal(num, 1);
	assert_int_equal(iotlb(nested, 1, 0), 0);
	assert_int_equal(iotlb(nested, 2, full), 0);
	/* The index counts even where ALL makes it meaningless. */
	cmds[0] = (struct iommu_hwpt_invalidate_selftest){ 1, 5 };
	num = 1;
	assert_int_equal(invalidate(nested, NESTED_TYPE, cmds, 8, &num),
			 EINVAL);
	assert_int_equal(num, 0);
	cmds[0].iotlb_id = 0;
	num = 1;
	assert_int_equal(invalidate(nested, NESTED_TYPE, cmds, 8, &num), 0);
	assert_int_equal(iotlb(nested, 2, 0), 0);
	/* Elements have exactly one length. */
	num = 1;
	assert_int_equal(invalidate(nested, NESTED_TYPE, cmds, 12, &num),
			 EINVAL);
	num = 1;
	assert_int_equal(invalidate(nested, NESTED_TYPE, cmds, 4, &num),
			 EINVAL);
	num = 1;
	assert_int_equal(invalidate(nested, NESTED_TYPE, (void *)8, 8, &num),
			 EFAULT);
	assert_int_equal(num, 0);
}

static void nested_data(void **state)
{
	struct iommu_hwpt_selftest data = { 7, 0 };
	uint32_t parent, nested;

	assert_int_equal(mock_hwpt(b.fd, b.idev, b.ioas,
				   IOMMU_HWPT_ALLOC_NEST_PARENT, &parent), 0);
	assert_int_equal(hwpt_data(0, 1, &data, 8, parent, &nested),
			 EOPNOTSUPP);
	assert_int_equal(hwpt_data(0, IOMMU_HWPT_DATA_SELFTEST, &data, 3,
				   parent, &nested), EINVAL);
	assert_int_equal(hwpt_data(0, IOMMU_HWPT_DATA_SELFTEST, &data, 9,
				   parent, &nested), EINVAL);
	assert_int_equal(hwpt_data(0, IOMMU_HWPT_DATA_SELFTEST, NULL, 8,
				   parent, &nested), EFAULT);
	assert_int_equal(hwpt_data(0, IOMMU_HWPT_DATA_SELFTEST, &data, 4,
				   parent, &nested), 0);
	assert_int_equal(iotlb(nested, 0, 7), 0);
	/* Directly on a parent a device needs no vDEVICE. */
	assert_int_equal(test_op(MOCK_DOMAIN_REPLACE, b.stdev,
				 .mock_domain_replace = { nested }), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BENCH_TEST(paging_data),
		BENCH_TEST(apertures),
		BENCH_TEST(check_map_rules),
		BENCH_TEST(check_refs_rules),
		BENCH_TEST(shared_memory_identity),
		BENCH_TEST(add_reserved),
		BENCH_TEST(memory_limit),
		BENCH_TEST(dirty_errors),
		BENCH_TEST(dirty_leaves),
		BENCH_TEST(nested_invalidation),
		BENCH_TEST(nested_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
