/* SPDX-License-Identifier: MIT */
/*
 * Mock vIOMMUs: shared pages, invalidation, hardware queues, events, faults.
 * spec/80 sections 5, 9, 10, 15
 */
#include "mock_test.h"

#include <poll.h>

static uint32_t parent, viommu;

/* A parent, a vIOMMU, and the device known there as 0x99. */
static int viommu_setup(void **state)
{
	uint32_t vdevice;

	return bench_setup(state) ||
	       mock_hwpt(b.fd, b.idev, b.ioas, IOMMU_HWPT_ALLOC_NEST_PARENT,
			 &parent) ||
	       mock_viommu(b.fd, b.idev, parent, &viommu) ||
	       mock_vdevice(b.fd, viommu, b.idev, 0x99, &vdevice);
}

static int replace(uint32_t pt)
{
	return test_op(MOCK_DOMAIN_REPLACE, b.stdev,
		       .mock_domain_replace = { pt });
}

/* --- pages ---------------------------------------------------------------- */

static int viommu_data(struct iommu_viommu_selftest *data, uint32_t len,
		       uint32_t *id)
{
	struct iommu_viommu_alloc cmd = {
		.size = sizeof(cmd),
		.type = IOMMU_VIOMMU_TYPE_SELFTEST,
		.dev_id = b.idev,
		.hwpt_id = parent,
		.data_len = len,
		.data_uptr = (uintptr_t)data,
	};
	int ret = mock_call(b.fd, IOMMU_VIOMMU_ALLOC, &cmd);

	*id = cmd.out_viommu_id;
	return ret;
}

static void shared_pages(void **state)
{
	struct iommu_viommu_selftest data = { .in_data = 0xabcd1234 };
	uint32_t id, *page;

	assert_int_equal(viommu_data(&data, 7, &id), EINVAL);
	assert_int_equal(viommu_data(&data, 25, &id), EINVAL);
	assert_int_equal(viommu_data((void *)8, 24, &id), EFAULT);
	assert_int_equal(viommu_data(&data, 24, &id), 0);
	assert_int_equal(data.out_data, 0xabcd1234);
	assert_int_equal(data.out_mmap_length, 2 * PAGE);
	page = uiommufd_mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
			     b.fd, data.out_mmap_offset);
	assert_ptr_not_equal(page, MAP_FAILED);
	assert_int_equal(page[0], 0xabcd1234);
	assert_int_equal(page[2 * PAGE / 4 - 1], 0);
	assert_int_equal(mock_destroy(b.fd, id), EBUSY);
	assert_int_equal(uiommufd_munmap(page, 2 * PAGE), 0);
	assert_int_equal(mock_destroy(b.fd, id), 0);
	/* As much as the caller has is written, no more. */
	memset(&data, 0, sizeof(data));
	data.in_data = 5;
	assert_int_equal(viommu_data(&data, 8, &id), 0);
	assert_int_equal(data.out_data, 5);
	assert_int_equal(data.out_mmap_length, 0);
}

/* --- invalidation --------------------------------------------------------- */

static int invalidate(uint32_t type, const void *data, uint32_t len,
		      uint32_t *num)
{
	struct iommu_hwpt_invalidate cmd = {
		.size = sizeof(cmd),
		.hwpt_id = viommu,
		.data_uptr = (uintptr_t)data,
		.data_type = type,
		.entry_len = len,
		.entry_num = *num,
	};
	int ret = mock_call(b.fd, IOMMU_HWPT_INVALIDATE, &cmd);

	*num = cmd.entry_num;
	return ret;
}

static int cache(uint32_t index, uint32_t value)
{
	return test_op(DEV_CHECK_CACHE, b.idev,
		       .check_dev_cache = { index, value });
}

#define TYPE IOMMU_VIOMMU_INVALIDATE_DATA_SELFTEST
#define FULL IOMMU_TEST_DEV_CACHE_DEFAULT

static void invalidation(void **state)
{
	struct iommu_viommu_invalidate_selftest cmds[3] = {
		{ 0, 0x99, 1 }, { 0, 0x98, 0 }, { 0, 0x99, 2 },
	};
	uint32_t num = 0;

	assert_int_equal(cache(0, FULL), 0);
	assert_int_equal(cache(4, FULL), EINVAL);
	assert_int_equal(invalidate(TYPE, NULL, 0, &num), 0);
	assert_int_equal(invalidate(1, NULL, 0, &num), EINVAL);
	num = 3;
	assert_int_equal(invalidate(TYPE, cmds, 12, &num), EINVAL);
	assert_int_equal(num, 1);
	assert_int_equal(cache(1, 0), 0);
	assert_int_equal(cache(2, FULL), 0);
	cmds[0] = (struct iommu_viommu_invalidate_selftest){ 2, 0x99, 0 };
	num = 1;
	assert_int_equal(invalidate(TYPE, cmds, 12, &num), EOPNOTSUPP);
	cmds[0] = (struct iommu_viommu_invalidate_selftest){ 1, 0x99, 4 };
	num = 1;
	assert_int_equal(invalidate(TYPE, cmds, 12, &num), EINVAL);
	cmds[0].cache_id = 0;
	num = 1;
	assert_int_equal(invalidate(TYPE, cmds, 12, &num), 0);
	assert_int_equal(cache(0, 0) | cache(2, 0) | cache(3, 0), 0);
	num = 1;
	assert_int_equal(invalidate(TYPE, (void *)8, 12, &num), EFAULT);
	assert_int_equal(num, 0);
}

/* All elements are fetched first; their length may differ from ours. */
static void invalidation_lengths(void **state)
{
	char wide[16] = { 0 }, zero_id[4] = { 0 };
	struct iommu_viommu_invalidate_selftest one = { 0, 0x99, 1 };
	uint32_t num = 1;

	memcpy(wide, &one, sizeof(one));
	assert_int_equal(invalidate(TYPE, wide, 16, &num), 0);
	assert_int_equal(num, 1);
	wide[15] = 1;
	assert_int_equal(invalidate(TYPE, wide, 16, &num), E2BIG);
	assert_int_equal(num, 0);
	/* Missing members are zero: a device 0 that does not exist. */
	num = 1;
	assert_int_equal(invalidate(TYPE, zero_id, 4, &num), EINVAL);
	/* More than one piece of memory can hold: nothing is said of how far. */
	num = 349526;
	assert_int_equal(invalidate(TYPE, wide, 12, &num), ENOMEM);
	assert_int_equal(num, 349526);
}

/* --- queues --------------------------------------------------------------- */

static int queue(uint32_t index, uint32_t *id)
{
	return mock_hw_queue(b.fd, viommu, index, IOVA, PAGE, id);
}

static void queue_rules(void **state)
{
	uint32_t q0, q1;

	assert_int_equal(mock_map(b.fd, b.ioas, b.memory, 4 * PAGE, IOVA), 0);
	assert_int_equal(queue(2, &q0), EINVAL);
	assert_int_equal(queue(1, &q1), EIO);
	assert_int_equal(queue(0, &q0), 0);
	assert_int_equal(queue(0, &q1), EEXIST);
	assert_int_equal(queue(1, &q1), 0);
	/* The second needs the first, and both their memory. */
	assert_int_equal(mock_destroy(b.fd, q0), EBUSY);
	assert_int_equal(mock_unmap(b.fd, b.ioas, IOVA, 4 * PAGE), EBUSY);
	assert_int_equal(mock_destroy(b.fd, q1), 0);
	assert_int_equal(mock_destroy(b.fd, q0), 0);
	assert_int_equal(mock_unmap(b.fd, b.ioas, IOVA, 4 * PAGE), 0);
}

/* Odd places and a length of one byte will do. */
static void queue_anywhere(void **state)
{
	uint32_t q;

	assert_int_equal(mock_map(b.fd, b.ioas, b.memory, 4 * PAGE, IOVA), 0);
	assert_int_equal(mock_hw_queue(b.fd, viommu, 0, IOVA + 5, 1, &q), 0);
	assert_int_equal(mock_destroy(b.fd, q), 0);
	assert_int_equal(mock_hw_queue(b.fd, viommu, 0, IOVA + PAGE - 1, 2, &q),
			 0);
}

/* The slots of the kernel's mock, as measured: spec/80 15.2. */
static void queue_slot_quirk(void **state)
{
	uint32_t a, q, c, d;

	assert_int_equal(mock_map(b.fd, b.ioas, b.memory, 4 * PAGE, IOVA), 0);
	assert_int_equal(queue(0, &a), 0);
	assert_int_equal(queue(1, &q), 0);
	assert_int_equal(mock_destroy(b.fd, q), 0);
	assert_int_equal(queue(1, &q), EEXIST);
	assert_int_equal(queue(0, &c), 0);
	assert_int_equal(queue(0, &d), EEXIST);
	assert_int_equal(mock_destroy(b.fd, a), 0);
	assert_int_equal(queue(0, &d), 0);
	assert_int_equal(mock_destroy(b.fd, c), 0);
	assert_int_equal(mock_destroy(b.fd, d), 0);
}

/* --- events --------------------------------------------------------------- */

static int trigger(void)
{
	return test_op(TRIGGER_VEVENT, 0, .trigger_vevent = { b.idev });
}

static uint32_t read_event(int event_fd)
{
	uint32_t record[3] = { 0 };

	assert_int_equal(uiommufd_read(event_fd, record, sizeof(record)), 12);
	assert_int_equal(record[0], 0);
	return record[2];
}

/* The ID is the one of when the device came to the vIOMMU. */
static void events(void **state)
{
	uint32_t nested, other, eventq;
	int event_fd;

	assert_int_equal(mock_nested(b.fd, b.idev, viommu, &nested), 0);
	assert_int_equal(mock_nested(b.fd, b.idev, viommu, &other), 0);
	assert_int_equal(trigger(), ENOENT);
	assert_int_equal(replace(nested), 0);
	assert_int_equal(trigger(), EOPNOTSUPP);
	assert_int_equal(mock_veventq(b.fd, viommu, &eventq, &event_fd), 0);
	assert_int_equal(trigger(), 0);
	assert_int_equal(read_event(event_fd), 0x99);
	/* Moving within the vIOMMU keeps it, leaving forgets it. */
	assert_int_equal(replace(other), 0);
	assert_int_equal(trigger(), 0);
	assert_int_equal(read_event(event_fd), 0x99);
	assert_int_equal(replace(parent), 0);
	assert_int_equal(trigger(), ENOENT);
	assert_int_equal(test_op(TRIGGER_VEVENT, 0,
				 .trigger_vevent = { b.stdev }), ENOENT);
	uiommufd_close(event_fd);
}

/* A device that the guest does not know cannot be attached to its table. */
static void needs_vdevice(void **state)
{
	uint32_t nested, stdev, idev, vdevice;

	assert_int_equal(mock_nested(b.fd, b.idev, viommu, &nested), 0);
	assert_int_equal(mock_domain(b.fd, nested, 0, &stdev, NULL, NULL),
			 ENOENT);
	assert_int_equal(mock_domain(b.fd, b.ioas, 0, &stdev, &idev, NULL), 0);
	assert_int_equal(mock_vdevice(b.fd, viommu, idev, 0x100, &vdevice), 0);
	assert_int_equal(test_op(MOCK_DOMAIN_REPLACE, stdev,
				 .mock_domain_replace = { nested }), 0);
}

/* --- faults --------------------------------------------------------------- */

static int fault(uint32_t pasid, uint32_t grpid)
{
	return test_op(TRIGGER_IOPF, 0,
		       .trigger_iopf = { b.idev, pasid, grpid, 3, 0xdeadbeaf });
}

static int faulting_hwpt(uint32_t pt, uint32_t queue_id, uint32_t *hwpt)
{
	struct iommu_hwpt_selftest data = { .iotlb = 1 };
	struct iommu_hwpt_alloc cmd = {
		.size = sizeof(cmd),
		.flags = IOMMU_HWPT_FAULT_ID_VALID,
		.dev_id = b.idev,
		.pt_id = pt,
		.data_type = IOMMU_HWPT_DATA_SELFTEST,
		.data_len = sizeof(data),
		.data_uptr = (uintptr_t)&data,
		.fault_id = queue_id,
	};
	int ret = mock_call(b.fd, IOMMU_HWPT_ALLOC, &cmd);

	*hwpt = cmd.out_hwpt_id;
	return ret;
}

static int answer(int fault_fd, uint32_t cookie)
{
	struct iommu_hwpt_page_response response = { cookie, 0 };

	return uiommufd_write(fault_fd, &response, sizeof(response)) == 8 ?
		       0 : errno;
}

/* Always 0, heard or not; the nested table of the RID hears all PASIDs. */
static void faults(void **state)
{
	struct iommu_hwpt_pgfault record;
	uint32_t fault_id, hwpt;
	int fault_fd;

	assert_int_equal(fault(0, 1), 0);
	assert_int_equal(test_op(TRIGGER_IOPF, 0,
				 .trigger_iopf = { b.stdev }), ENOENT);
	assert_int_equal(mock_fault(b.fd, &fault_id, &fault_fd), 0);
	assert_int_equal(faulting_hwpt(viommu, fault_id, &hwpt), 0);
	assert_int_equal(replace(hwpt), 0);
	assert_int_equal(fault(1, 2), 0);
	assert_int_equal(uiommufd_read(fault_fd, &record, sizeof(record)), 40);
	assert_int_equal(record.flags, 3);
	assert_int_equal(record.dev_id, b.idev);
	assert_int_equal(record.pasid, 1);
	assert_int_equal(record.grpid, 2);
	assert_int_equal(record.perm, 3);
	assert_int_equal(record.addr, 0xdeadbeaf);
	assert_int_equal(record.cookie, 1);
	assert_int_equal(answer(fault_fd, 1), 0);
	assert_int_equal(fault(0, 2), 0);
	assert_int_equal(uiommufd_read(fault_fd, &record, sizeof(record)), 40);
	assert_int_equal(record.flags, 2);
	/* Moving away answers what was pending, read or not. */
	assert_int_equal(fault(0, 3), 0);
	assert_int_equal(replace(parent), 0);
	assert_int_equal(answer(fault_fd, record.cookie), EINVAL);
	assert_int_equal(uiommufd_read(fault_fd, &record, sizeof(record)), 0);
	assert_int_equal(fault(0, 4), 0);
	assert_int_equal(uiommufd_read(fault_fd, &record, sizeof(record)), 0);
	uiommufd_close(fault_fd);
}

#define VIOMMU_TEST(name) \
	cmocka_unit_test_setup_teardown(name, viommu_setup, bench_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		VIOMMU_TEST(shared_pages),
		VIOMMU_TEST(invalidation),
		VIOMMU_TEST(invalidation_lengths),
		VIOMMU_TEST(queue_rules),
		VIOMMU_TEST(queue_anywhere),
		VIOMMU_TEST(queue_slot_quirk),
		VIOMMU_TEST(events),
		VIOMMU_TEST(needs_vdevice),
		VIOMMU_TEST(faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
