// SPDX-License-Identifier: MIT
/*
 * The equivalents of the kernel's selftests for nested page tables and virtual
 * IOMMUs, their devices, events, queues and pages.
 */
#include "selftest.h"

struct fixture {
	int fd;
	uint32_t ioas, parent, viommu, nested;
	struct mock mock;
};

/* A device on a nested page table, if there is to be one. */
static struct fixture setup(int with)
{
	struct fixture f = { .fd = open_iommu() };

	f.ioas = ioas_alloc(f.fd);
	if (!with)
		return f;
	CHECK_EQ(new_device(f.fd, f.ioas, 0, &f.mock), 0);
	CHECK_EQ(paging(f.fd, f.mock.idev, f.ioas, IOMMU_HWPT_ALLOC_NEST_PARENT,
			&f.parent), 0);
	CHECK_EQ(new_viommu(f.fd, f.mock.idev, f.parent,
			    IOMMU_VIOMMU_TYPE_SELFTEST, NULL, 0, &f.viommu), 0);
	CHECK_EQ(nested(f.fd, f.mock.idev, f.viommu, 0, 0, &f.nested), 0);
	return f;
}

/* ---- nested page tables ---- */

#define NESTED_TYPE IOMMU_HWPT_INVALIDATE_DATA_SELFTEST

static void check_nested_errors(struct fixture *f)
{
	uint32_t plain = 0, unused = 0, idev = f->mock.idev;
	struct iommu_hwpt_selftest data = { .iotlb = 1 };

	CHECK_EQ(paging(f->fd, idev, f->ioas, 0, &plain), 0);
	CHECK_ERRNO(EINVAL, nested(f->fd, idev, plain, 0, 0, &unused));
	CHECK_ERRNO(EINVAL, nested(f->fd, idev, f->nested, 0, 0, &unused));
	CHECK_ERRNO(ENOENT, nested(f->fd, 999, f->parent, 0, 0, &unused));
	CHECK_ERRNO(EINVAL, nested(f->fd, idev, 999, 0, 0, &unused));
	CHECK_ERRNO(EINVAL, new_hwpt(f->fd, idev, f->parent, 0, 0,
				     IOMMU_HWPT_DATA_NONE, &data, sizeof(data),
				     &unused));
	CHECK_ERRNO(EOPNOTSUPP, new_hwpt(f->fd, idev, f->parent, 0, 0,
					 MOCK_DATA + 1, &data, sizeof(data),
					 &unused));
	CHECK_ERRNO(EINVAL, new_hwpt(f->fd, idev, f->parent, 0, 0, MOCK_DATA,
				     &data, 3, &unused));
	CHECK_ERRNO(EFAULT, new_hwpt(f->fd, idev, f->parent, 0, 0, MOCK_DATA,
				     (void *)8, sizeof(data), &unused));
	CHECK_ERRNO(EOPNOTSUPP, nested(f->fd, idev, f->parent,
				       IOMMU_HWPT_ALLOC_NEST_PARENT, 0,
				       &unused));
	CHECK_ERRNO(ENOENT, nested(f->fd, idev, f->parent,
				   IOMMU_HWPT_FAULT_ID_VALID, 999, &unused));
	CHECK_EQ(destroy(f->fd, plain), 0);
}

static void check_entries(struct fixture *f, uint32_t hwpt, uint32_t a,
			  uint32_t b, uint32_t c, uint32_t d)
{
	CHECK_EQ(check_iotlb(f->fd, hwpt, 0, a), 0);
	CHECK_EQ(check_iotlb(f->fd, hwpt, 1, b), 0);
	CHECK_EQ(check_iotlb(f->fd, hwpt, 2, c), 0);
	CHECK_EQ(check_iotlb(f->fd, hwpt, 3, d), 0);
	CHECK_ERRNO(EINVAL, check_iotlb(f->fd, hwpt, 4, 0));
}

static void check_invalidate_errors(struct fixture *f, uint32_t hwpt)
{
	struct iommu_hwpt_invalidate_selftest reqs[2] = { { 0, 0 }, { 0, 1 } };
	uint32_t n = 0, full = sizeof(reqs[0]);

	CHECK_EQ(invalidate(f->fd, hwpt, NULL, NESTED_TYPE, full, &n), 0);
	CHECK_ERRNO(EINVAL, invalidate(f->fd, hwpt, NULL, NESTED_TYPE + 1,
				       full, &n));
	n = 1;
	CHECK_ERRNO(EINVAL, invalidate(f->fd, hwpt, NULL, NESTED_TYPE, full,
				       &n));
	CHECK_EQ(n, 0);
	n = 1;
	CHECK_ERRNO(EINVAL, invalidate(f->fd, hwpt, reqs, NESTED_TYPE, 0, &n));
	n = 1;
	CHECK_ERRNO(EFAULT, invalidate(f->fd, hwpt, (void *)8, NESTED_TYPE,
				       full, &n));
	CHECK_EQ(n, 0);
	n = 1;
	CHECK_ERRNO(EINVAL, invalidate(f->fd, hwpt, reqs, NESTED_TYPE, full + 1,
				       &n));
	reqs[1].flags = 0xffffffff;
	n = 2;
	CHECK_ERRNO(EOPNOTSUPP, invalidate(f->fd, hwpt, reqs, NESTED_TYPE, full,
					   &n));
	CHECK_EQ(n, 1);
	reqs[1].flags = 0;
	reqs[1].iotlb_id = 9;
	n = 2;
	CHECK_ERRNO(EINVAL, invalidate(f->fd, hwpt, reqs, NESTED_TYPE, full,
				       &n));
	CHECK_EQ(n, 1);
}

static void check_invalidate(struct fixture *f, uint32_t hwpt)
{
	struct iommu_hwpt_invalidate_selftest reqs[2] = { { 0, 1 }, { 0, 2 } };
	const uint32_t d = IOMMU_TEST_IOTLB_DEFAULT;
	uint32_t n = 2;

	check_entries(f, hwpt, d, d, d, d);
	check_invalidate_errors(f, hwpt);
	check_entries(f, hwpt, 0, d, d, d);
	CHECK_EQ(invalidate(f->fd, hwpt, reqs, NESTED_TYPE, sizeof(reqs[0]),
			    &n), 0);
	CHECK_EQ(n, 2);
	check_entries(f, hwpt, 0, 0, 0, d);
	reqs[0] = (struct iommu_hwpt_invalidate_selftest){
		IOMMU_TEST_INVALIDATE_FLAG_ALL, 0 };
	n = 1;
	CHECK_EQ(invalidate(f->fd, hwpt, reqs, NESTED_TYPE, sizeof(reqs[0]),
			    &n), 0);
	check_entries(f, hwpt, 0, 0, 0, 0);
}

/* From one to the other, with and without faults. */
static void check_moves(struct fixture *f, uint32_t one, uint32_t two)
{
	uint32_t faultq = 0, fault_fd = 0, iopf = 0, stdev = f->mock.stdev;

	CHECK_EQ(new_faultq(f->fd, &faultq, &fault_fd), 0);
	CHECK_EQ(nested(f->fd, f->mock.idev, f->parent,
			IOMMU_HWPT_FAULT_ID_VALID, faultq, &iopf), 0);
	CHECK_EQ(replace(f->fd, stdev, one), 0);
	CHECK_ERRNO(EBUSY, destroy(f->fd, one));
	CHECK_EQ(replace(f->fd, stdev, two), 0);
	CHECK_ERRNO(EBUSY, destroy(f->fd, two));
	CHECK_EQ(destroy(f->fd, one), 0);
	CHECK_EQ(replace(f->fd, stdev, iopf), 0);
	check_iopf(f->fd, f->mock.idev, (int)fault_fd, 0);
	CHECK_EQ(replace(f->fd, stdev, f->parent), 0);
	CHECK_EQ(replace(f->fd, stdev, iopf), 0);
	check_iopf(f->fd, f->mock.idev, (int)fault_fd, 0);
	CHECK_ERRNO(EBUSY, destroy(f->fd, faultq));
	CHECK_EQ(replace(f->fd, stdev, f->ioas), 0);
	CHECK_EQ(destroy(f->fd, iopf), 0);
	CHECK_ERRNO(EBUSY, destroy(f->fd, faultq));	/* it is open */
	CHECK_EQ(close((int)fault_fd), 0);
	CHECK_EQ(destroy(f->fd, faultq), 0);
	CHECK_EQ(destroy(f->fd, two), 0);
}

static void test_nested(int with)
{
	struct fixture f = setup(with);
	uint32_t one = 0, two = 0, unused;

	if (!with) {
		CHECK_ERRNO(ENOENT, paging(f.fd, 99, f.ioas, 0, &unused));
		CHECK_ERRNO(ENOENT, nested(f.fd, 99, 98, 0, 0, &unused));
		finish(f.fd);
		return;
	}
	check_nested_errors(&f);
	CHECK_EQ(nested(f.fd, f.mock.idev, f.parent, 0, 0, &one), 0);
	CHECK_EQ(nested(f.fd, f.mock.idev, f.parent, 0, 0, &two), 0);
	CHECK_ERRNO(EBUSY, destroy(f.fd, f.parent));
	check_invalidate(&f, one);
	check_moves(&f, one, two);
	CHECK_EQ(destroy(f.fd, f.nested), 0);
	CHECK_EQ(destroy(f.fd, f.viommu), 0);
	CHECK_EQ(destroy(f.fd, f.parent), 0);
	finish(f.fd);
}

/* ---- virtual IOMMUs ---- */

static void test_auto_destroy(int with)
{
	finish(setup(with).fd);
}

static void test_negative(int with)
{
	struct fixture f = setup(with);
	uint32_t plain = 0, unused;

	CHECK_ERRNO(ENOENT, new_viommu(f.fd, f.mock.idev, 0,
				       IOMMU_VIOMMU_TYPE_SELFTEST, NULL, 0,
				       &unused));
	if (!with) {
		CHECK_ERRNO(ENOENT, new_viommu(f.fd, 99, f.ioas,
					       IOMMU_VIOMMU_TYPE_SELFTEST, NULL,
					       0, &unused));
		finish(f.fd);
		return;
	}
	CHECK_EQ(paging(f.fd, f.mock.idev, f.ioas, 0, &plain), 0);
	CHECK_ERRNO(EINVAL, new_viommu(f.fd, f.mock.idev, plain,
				       IOMMU_VIOMMU_TYPE_SELFTEST, NULL, 0,
				       &unused));
	CHECK_ERRNO(EOPNOTSUPP, new_viommu(f.fd, f.mock.idev, f.parent,
					   IOMMU_VIOMMU_TYPE_DEFAULT, NULL, 0,
					   &unused));
	CHECK_ERRNO(EBUSY, destroy(f.fd, f.parent));
	CHECK_ERRNO(EBUSY, destroy(f.fd, f.viommu));
	finish(f.fd);
}

static void test_nested_iopf(int with)
{
	struct fixture f = setup(with);
	uint32_t faultq = 0, fault_fd = 0, iopf = 0, vdev = 0, unused;
	uint32_t idev = f.mock.idev, flag = IOMMU_HWPT_FAULT_ID_VALID;

	CHECK_EQ(new_faultq(f.fd, &faultq, &fault_fd), 0);
	CHECK_ERRNO(ENOENT, nested(f.fd, idev, f.viommu, flag, 999, &unused));
	CHECK_ERRNO(EOPNOTSUPP, nested(f.fd, idev, f.viommu, flag | 1u << 31,
				       faultq, &unused));
	CHECK_EQ(nested(f.fd, idev, f.viommu, flag, faultq, &iopf), 0);
	CHECK_ERRNO(ENOENT, replace(f.fd, f.mock.stdev, iopf));
	CHECK_EQ(new_vdevice(f.fd, f.viommu, idev, 0x99, &vdev), 0);
	CHECK_EQ(replace(f.fd, f.mock.stdev, iopf), 0);
	CHECK_ERRNO(EBUSY, destroy(f.fd, iopf));
	check_iopf(f.fd, idev, (int)fault_fd, 0);
	CHECK_EQ(replace(f.fd, f.mock.stdev, f.ioas), 0);
	CHECK_EQ(destroy(f.fd, iopf), 0);
	CHECK_EQ(close((int)fault_fd), 0);
	CHECK_EQ(destroy(f.fd, faultq), 0);
	finish(f.fd);
}

static void test_with_data(int with)
{
	struct fixture f = setup(with);
	struct iommu_viommu_selftest data = { .in_data = 0xbeef };
	uint32_t viommu = 0, *page;
	size_t length;
	off_t at;

	CHECK_ERRNO(EFAULT, new_viommu(f.fd, f.mock.idev, f.parent,
				       IOMMU_VIOMMU_TYPE_SELFTEST, (void *)8,
				       sizeof(data), &viommu));
	CHECK_EQ(new_viommu(f.fd, f.mock.idev, f.parent,
			    IOMMU_VIOMMU_TYPE_SELFTEST, &data, sizeof(data),
			    &viommu), 0);
	CHECK_EQ(data.out_data, 0xbeef);
	length = data.out_mmap_length;
	at = (off_t)data.out_mmap_offset;
	CHECK(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, f.fd, 0) == MAP_FAILED);
	CHECK_EQ(errno, ENXIO);
	CHECK(mmap(NULL, length * 2, PROT_READ, MAP_SHARED, f.fd, at) ==
	      MAP_FAILED);
	CHECK_EQ(errno, ENXIO);
	CHECK(mmap(NULL, length, PROT_READ, MAP_SHARED, f.fd,
		   at + (off_t)PAGE) == MAP_FAILED);
	CHECK_EQ(errno, ENXIO);
	page = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, f.fd, at);
	CHECK(page != MAP_FAILED);
	CHECK_EQ(*page, 0xbeef);
	page[1] = 7;
	CHECK_EQ(page[1], 7);
	CHECK_ERRNO(EBUSY, destroy(f.fd, viommu));
	CHECK_EQ(munmap(page, length), 0);
	CHECK_EQ(destroy(f.fd, viommu), 0);
	finish(f.fd);
}

/* ---- events ---- */

struct event {
	struct iommufd_vevent_header header;
	struct iommu_viommu_event_selftest data;
};

static void expect_event(int fd, uint32_t sequence, uint32_t virt_id)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	struct event event;

	CHECK_EQ(poll(&poll_fd, 1, 1000), 1);
	CHECK_EQ(poll_fd.revents & POLLIN, POLLIN);
	CHECK_EQ(read(fd, &event, sizeof(event)), sizeof(event));
	CHECK_EQ(event.header.flags, 0);
	CHECK_EQ(event.header.sequence, sequence);
	CHECK_EQ(event.data.virt_id, virt_id);
}

static void expect_lost(int fd, uint32_t sequence)
{
	struct event event;

	CHECK_EQ(read(fd, &event, sizeof(event)), sizeof(event.header));
	CHECK_EQ(event.header.flags, IOMMU_VEVENTQ_FLAG_LOST_EVENTS);
	CHECK_EQ(event.header.sequence, sequence);
}

/* Two places: what comes third is lost, and that is said. */
static void check_overflow(struct fixture *f, int fd)
{
	char bytes[sizeof(struct event)];

	for (int i = 0; i < 4; i++)
		CHECK_EQ(trigger_vevent(f->fd, f->mock.idev), 0);
	CHECK_ERRNO(EINVAL, read(fd, bytes, sizeof(struct event) - 1));
	CHECK_ERRNO(EINVAL, read(fd, bytes, 3));
	expect_event(fd, 1, 0x88);
	expect_event(fd, 2, 0x88);
	expect_lost(fd, 4);
	CHECK_EQ(read(fd, bytes, sizeof(bytes)), 0);
	CHECK_ERRNO(EINVAL, write(fd, bytes, sizeof(bytes)));
}

static void check_veventq(struct fixture *f, uint32_t *vdev)
{
	uint32_t type = IOMMU_VEVENTQ_TYPE_SELFTEST, q = 0, fd = 0, unused = 0;
	uint32_t idev = f->mock.idev;

	CHECK_ERRNO(EINVAL, new_veventq(f->fd, f->viommu, type, 0, &q, &fd));
	CHECK_ERRNO(EINVAL, new_veventq(f->fd, f->viommu, type, 1u << 31, &q,
					&fd));
	CHECK_ERRNO(EOPNOTSUPP, new_veventq(f->fd, f->viommu, 0, 2, &q, &fd));
	CHECK_ERRNO(ENOENT, new_veventq(f->fd, 999, type, 2, &q, &fd));
	CHECK_EQ(new_veventq(f->fd, f->viommu, type, 2, &q, &fd), 0);
	CHECK_ERRNO(EEXIST, new_veventq(f->fd, f->viommu, type, 2, &unused,
					&unused));
	CHECK_ERRNO(ENOENT, trigger_vevent(f->fd, idev));
	CHECK_EQ(new_vdevice(f->fd, f->viommu, idev, 0x99, vdev), 0);
	CHECK_EQ(replace(f->fd, f->mock.stdev, f->nested), 0);
	CHECK_EQ(trigger_vevent(f->fd, idev), 0);
	expect_event((int)fd, 0, 0x99);
	CHECK_EQ(replace(f->fd, f->mock.stdev, f->ioas), 0);
	CHECK_EQ(destroy(f->fd, *vdev), 0);
	CHECK_EQ(new_vdevice(f->fd, f->viommu, idev, 0x88, vdev), 0);
	CHECK_EQ(replace(f->fd, f->mock.stdev, f->nested), 0);
	check_overflow(f, (int)fd);
	CHECK_ERRNO(EBUSY, destroy(f->fd, q));
	CHECK_EQ(close((int)fd), 0);
	CHECK_EQ(destroy(f->fd, q), 0);
}

static void test_vdevice(int with)
{
	struct fixture f = setup(with);
	uint32_t vdev = 0, unused;
	struct mock other = { 0 };

	if (!with) {
		CHECK_ERRNO(ENOENT, new_vdevice(f.fd, 99, 98, 1, &unused));
		CHECK_ERRNO(ENOENT, new_veventq(f.fd, 99,
						IOMMU_VEVENTQ_TYPE_SELFTEST, 2,
						&unused, &unused));
		finish(f.fd);
		return;
	}
	check_veventq(&f, &vdev);
	CHECK_ERRNO(EEXIST, new_vdevice(f.fd, f.viommu, f.mock.idev, 0x99,
					&unused));
	CHECK_EQ(new_device(f.fd, f.ioas, 0, &other), 0);
	CHECK_ERRNO(EEXIST, new_vdevice(f.fd, f.viommu, other.idev, 0x88,
					&unused));
	CHECK_ERRNO(EBUSY, destroy(f.fd, f.viommu));
	CHECK_EQ(replace(f.fd, f.mock.stdev, f.ioas), 0);
	CHECK_EQ(destroy(f.fd, vdev), 0);
	CHECK_EQ(destroy(f.fd, f.nested), 0);
	CHECK_EQ(destroy(f.fd, f.viommu), 0);
	finish(f.fd);
}

/* ---- the device's cache ---- */

static void check_words(struct fixture *f, uint32_t a, uint32_t b, uint32_t c,
			uint32_t d)
{
	CHECK_EQ(check_cache(f->fd, f->mock.idev, 0, a), 0);
	CHECK_EQ(check_cache(f->fd, f->mock.idev, 1, b), 0);
	CHECK_EQ(check_cache(f->fd, f->mock.idev, 2, c), 0);
	CHECK_EQ(check_cache(f->fd, f->mock.idev, 3, d), 0);
}

#define VIOMMU_TYPE IOMMU_VIOMMU_INVALIDATE_DATA_SELFTEST

static void check_cache_errors(struct fixture *f)
{
	struct iommu_viommu_invalidate_selftest reqs[2] = {
		{ .vdev_id = 0x99, .cache_id = 0 },
		{ .vdev_id = 0x99, .cache_id = 1 },
	};
	uint32_t n = 0, full = sizeof(reqs[0]);

	CHECK_EQ(invalidate(f->fd, f->viommu, NULL, VIOMMU_TYPE, full, &n), 0);
	CHECK_ERRNO(EINVAL, invalidate(f->fd, f->viommu, NULL, VIOMMU_TYPE + 1,
				       full, &n));
	n = 1;
	CHECK_ERRNO(EINVAL, invalidate(f->fd, f->viommu, NULL, VIOMMU_TYPE,
				       full, &n));
	CHECK_EQ(n, 0);
	n = 1;
	CHECK_ERRNO(EINVAL, invalidate(f->fd, f->viommu, reqs, VIOMMU_TYPE + 1,
				       full, &n));
	reqs[1].flags = ~0u;
	n = 2;
	CHECK_ERRNO(EOPNOTSUPP, invalidate(f->fd, f->viommu, reqs, VIOMMU_TYPE,
					   full, &n));
	CHECK_EQ(n, 1);
	reqs[1].flags = 0;
	reqs[1].cache_id = 9;
	n = 2;
	CHECK_ERRNO(EINVAL, invalidate(f->fd, f->viommu, reqs, VIOMMU_TYPE,
				       full, &n));
	CHECK_EQ(n, 1);
	reqs[1].cache_id = 1;
	reqs[1].vdev_id = 0x9;
	n = 2;
	CHECK_ERRNO(EINVAL, invalidate(f->fd, f->viommu, reqs, VIOMMU_TYPE,
				       full, &n));
	CHECK_EQ(n, 1);
}

static void test_vdevice_cache(int with)
{
	const uint32_t d = IOMMU_TEST_DEV_CACHE_DEFAULT;
	struct iommu_viommu_invalidate_selftest reqs[2] = {
		{ .vdev_id = 0x99, .cache_id = 1 },
		{ .vdev_id = 0x99, .cache_id = 2 },
	};
	struct fixture f = setup(with);
	uint32_t n = 2, vdev = 0;

	CHECK_EQ(new_vdevice(f.fd, f.viommu, f.mock.idev, 0x99, &vdev), 0);
	check_words(&f, d, d, d, d);
	check_cache_errors(&f);
	check_words(&f, 0, d, d, d);
	CHECK_EQ(invalidate(f.fd, f.viommu, reqs, VIOMMU_TYPE, sizeof(reqs[0]),
			    &n), 0);
	CHECK_EQ(n, 2);
	check_words(&f, 0, 0, 0, d);
	reqs[0].flags = IOMMU_TEST_INVALIDATE_FLAG_ALL;
	n = 1;
	CHECK_EQ(invalidate(f.fd, f.viommu, reqs, VIOMMU_TYPE, sizeof(reqs[0]),
			    &n), 0);
	check_words(&f, 0, 0, 0, 0);
	CHECK_EQ(destroy(f.fd, vdev), 0);
	finish(f.fd);
}

/* ---- queues ---- */

static void check_queue_errors(struct fixture *f, uint64_t at)
{
	uint32_t type = IOMMU_HW_QUEUE_TYPE_SELFTEST, v = f->viommu, q = 0;

	CHECK_ERRNO(EOPNOTSUPP, new_queue(f->fd, v, 0, 0, at, PAGE, &q));
	CHECK_ERRNO(EINVAL, new_queue(f->fd, v, type, 0, at, 0, &q));
	CHECK_ERRNO(EOVERFLOW, new_queue(f->fd, v, type, 0, UINT64_MAX, PAGE,
					 &q));
	CHECK_ERRNO(ENOENT, new_queue(f->fd, v, type, 0, at + BUFFER * 4, PAGE,
				      &q));
	CHECK_ERRNO(EINVAL, new_queue(f->fd, v, type, IOMMU_TEST_HW_QUEUE_MAX,
				      at, PAGE, &q));
	CHECK_ERRNO(EIO, new_queue(f->fd, v, type, 1, at, PAGE, &q));
	CHECK_ERRNO(ENOENT, new_queue(f->fd, 999, type, 0, at, PAGE, &q));
}

static void test_hw_queue(int with)
{
	uint32_t type = IOMMU_HW_QUEUE_TYPE_SELFTEST, q[2] = { 0 }, unused = 0;
	struct fixture f = setup(with);
	uint64_t at = MOCK_APERTURE_START;

	CHECK_EQ(map_at(f.fd, f.ioas, buffer, PAGE, at), 0);
	check_queue_errors(&f, at);
	CHECK_EQ(new_queue(f.fd, f.viommu, type, 0, at, PAGE, &q[0]), 0);
	CHECK_ERRNO(EEXIST, new_queue(f.fd, f.viommu, type, 0, at, PAGE,
				      &unused));
	CHECK_ERRNO(EBUSY, unmap(f.fd, f.ioas, at, PAGE, NULL));
	CHECK_EQ(new_queue(f.fd, f.viommu, type, 1, at, PAGE, &q[1]), 0);
	CHECK_ERRNO(EBUSY, destroy(f.fd, q[0]));
	CHECK_ERRNO(EBUSY, destroy(f.fd, f.viommu));
	CHECK_EQ(destroy(f.fd, q[1]), 0);
	CHECK_ERRNO(EBUSY, unmap(f.fd, f.ioas, at, PAGE, NULL));
	CHECK_EQ(destroy(f.fd, q[0]), 0);
	CHECK_EQ(unmap(f.fd, f.ioas, at, PAGE, NULL), 0);
	finish(f.fd);
}

static void test_tombstone(int with)
{
	struct fixture f = setup(with);
	uint32_t vdev = 0;

	CHECK_EQ(new_vdevice(f.fd, f.viommu, f.mock.idev, 0x99, &vdev), 0);
	CHECK_EQ(destroy(f.fd, f.mock.stdev), 0);
	CHECK_ERRNO(ENOENT, destroy(f.fd, vdev));
	CHECK_EQ(destroy(f.fd, f.nested), 0);
	CHECK_EQ(destroy(f.fd, f.viommu), 0);
	finish(f.fd);
}

#define BOTH(name, run)               \
	{ name, "no_viommu", 0, run }, \
	{ name, "mock_viommu", 1, run }

static const struct test tests[] = {
	BOTH("nested", test_nested),
	BOTH("auto_destroy", test_auto_destroy),
	BOTH("negative", test_negative),
	BOTH("vdevice", test_vdevice),
	{ "nested_iopf", "mock_viommu", 1, test_nested_iopf },
	{ "with_data", "mock_viommu", 1, test_with_data },
	{ "vdevice_cache", "mock_viommu", 1, test_vdevice_cache },
	{ "hw_queue", "mock_viommu", 1, test_hw_queue },
	{ "tombstone", "mock_viommu", 1, test_tombstone },
};

int main(int argc, char **argv)
{
	return selftests(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
