// SPDX-License-Identifier: MIT
/*
 * The equivalents of the kernel's selftests for an address space, with no
 * device, with one and another that has PASIDs, with two, and with one while the
 * kernel's temporary memory is short.
 */
#include <sys/wait.h>

#include "selftest.h"

enum variant { NO_DOMAIN, ONE_DOMAIN, TWO_DOMAINS, SHORT_MEMORY };

struct fixture {
	int fd;
	uint32_t ioas;
	unsigned int domains;
	struct mock mock[2];
	struct mock pasid;		/* ONE_DOMAIN only */
	uint64_t base;			/* where mappings may be */
};

static struct fixture setup(int variant)
{
	struct fixture f = { .fd = open_iommu() };

	f.ioas = ioas_alloc(f.fd);
	f.domains = variant == NO_DOMAIN ? 0 : variant == TWO_DOMAINS ? 2 : 1;
	if (variant == SHORT_MEMORY)
		CHECK_EQ(memory_limit(f.fd, 16), 0);
	for (unsigned int i = 0; i < f.domains; i++)
		f.mock[i] = mock_domain(f.fd, f.ioas);
	if (variant == ONE_DOMAIN)
		CHECK_EQ(new_device(f.fd, f.ioas, MOCK_FLAGS_DEVICE_PASID,
				    &f.pasid), 0);
	f.base = variant == NO_DOMAIN ? 0 : MOCK_APERTURE_START;
	return f;
}

static void drop_devices(struct fixture *f)
{
	for (unsigned int i = 0; i < f->domains; i++)
		CHECK_EQ(destroy(f->fd, f->mock[i].stdev), 0);
	if (f->pasid.stdev)
		CHECK_EQ(destroy(f->fd, f->pasid.stdev), 0);
	f->domains = 0;
}

static void teardown(struct fixture *f)
{
	CHECK_EQ(memory_limit(f->fd, 65536), 0);
	finish(f->fd);
}

/* ---- lives ---- */

static void test_auto_destroy(int variant)
{
	struct fixture f = setup(variant);

	teardown(&f);
}

static void test_destroy(int variant)
{
	struct fixture f = setup(variant);

	if (f.domains) {
		CHECK_ERRNO(EBUSY, destroy(f.fd, f.ioas));
		CHECK_ERRNO(EBUSY, destroy(f.fd, f.mock[0].idev));
		CHECK_ERRNO(EBUSY, destroy(f.fd, f.mock[0].hwpt));
		drop_devices(&f);
	}
	CHECK_EQ(destroy(f.fd, f.ioas), 0);
	CHECK_ERRNO(ENOENT, destroy(f.fd, f.ioas));
	teardown(&f);
}

static void test_hwpt_attach(int variant)
{
	struct fixture f = setup(variant);
	struct mock other = { 0 };

	if (!f.domains) {
		CHECK_ERRNO(ENOENT, new_device(f.fd, 99, 0, &other));
	} else {
		CHECK_EQ(new_device(f.fd, f.mock[0].hwpt, 0, &other), 0);
		CHECK_EQ(other.hwpt, f.mock[0].hwpt);
		CHECK_EQ(destroy(f.fd, other.stdev), 0);
	}
	teardown(&f);
}

static void test_area_destroy(int variant)
{
	struct fixture f = setup(variant);

	CHECK_EQ(map_at(f.fd, f.ioas, buffer, PAGE, f.base), 0);
	if (f.domains)
		CHECK_ERRNO(EBUSY, destroy(f.fd, f.ioas));
	else
		CHECK_EQ(destroy(f.fd, f.ioas), 0);
	teardown(&f);
}

static void test_area_auto_destroy(int variant)
{
	struct fixture f = setup(variant);

	for (int i = 0; i < 10; i++)
		CHECK_EQ(map_at(f.fd, f.ioas, buffer, PAGE, f.base + i * PAGE),
			 0);
	teardown(&f);
}

/* ---- what hardware says ---- */

static void check_info(struct fixture *f, uint32_t idev, int pasid_log2)
{
	struct {
		struct iommu_test_hw_info info;
		uint64_t tail;
	} data;
	struct iommu_hw_info out;
	uint8_t prefix[4];

	CHECK_EQ(get_hw_info(f->fd, idev, 0, NULL, 0, &out), 0);
	CHECK_EQ(out.data_len, sizeof(data.info));
	CHECK_EQ(out.out_data_type, IOMMU_HW_INFO_TYPE_SELFTEST);
	CHECK_EQ(out.out_max_pasid_log2, pasid_log2);
	memset(&data, 0xff, sizeof(data));
	CHECK_EQ(get_hw_info(f->fd, idev, 0, &data, sizeof(data.info), &out), 0);
	CHECK_EQ(data.info.flags, 0);
	CHECK_EQ(data.info.test_reg, IOMMU_HW_INFO_SELFTEST_REGVAL);
	CHECK_EQ(data.tail, UINT64_MAX);
	memset(&data, 0xff, sizeof(data));
	CHECK_EQ(get_hw_info(f->fd, idev, IOMMU_HW_INFO_TYPE_SELFTEST, &data,
			     sizeof(data), &out), 0);
	CHECK_EQ(data.info.test_reg, IOMMU_HW_INFO_SELFTEST_REGVAL);
	CHECK_EQ(data.tail, 0);
	memset(prefix, 0xff, sizeof(prefix));
	CHECK_EQ(get_hw_info(f->fd, idev, 0, prefix, sizeof(prefix), &out), 0);
	CHECK_EQ(prefix[0] | prefix[3], 0);
	CHECK_ERRNO(EOPNOTSUPP, get_hw_info(f->fd, idev, UINT32_MAX, NULL, 0,
					    &out));
	CHECK_ERRNO(EFAULT, get_hw_info(f->fd, idev, 0, (void *)8, 8, &out));
}

static void test_hw_info(int variant)
{
	struct fixture f = setup(variant);
	struct iommu_hw_info out;

	if (!f.domains)
		CHECK_ERRNO(ENOENT, get_hw_info(f.fd, 99, 0, NULL, 0, &out));
	else
		check_info(&f, f.mock[0].idev, 0);
	if (f.pasid.idev)
		check_info(&f, f.pasid.idev, MOCK_PASID_WIDTH);
	teardown(&f);
}

/* ---- areas ---- */

static void test_area(int variant)
{
	struct fixture f = setup(variant);
	uint64_t n;

	CHECK_ERRNO(ENOENT, unmap(f.fd, f.ioas, f.base, PAGE, NULL));
	for (uint64_t i = 0; i < 10; i++)
		CHECK_EQ(map_at(f.fd, f.ioas, buffer, PAGE,
				f.base + i * PAGE), 0);
	CHECK_EQ(unmap(f.fd, f.ioas, f.base, PAGE, &n), 0);
	CHECK_EQ(n, PAGE);
	CHECK_EQ(unmap(f.fd, f.ioas, f.base + 3 * PAGE, 2 * PAGE, &n), 0);
	CHECK_EQ(n, 2 * PAGE);
	CHECK_EQ(map_at(f.fd, f.ioas, buffer, 8 * PAGE, f.base + 16 * PAGE), 0);
	CHECK_ERRNO(ENOENT, unmap(f.fd, f.ioas, f.base + 16 * PAGE, PAGE,
				  NULL));
	CHECK_ERRNO(ENOENT, unmap(f.fd, f.ioas, f.base + 18 * PAGE, 6 * PAGE,
				  NULL));
	CHECK_ERRNO(EEXIST, map_at(f.fd, f.ioas, buffer, PAGE,
				   f.base + 17 * PAGE));
	CHECK_ERRNO(EEXIST, map_at(f.fd, f.ioas, buffer, 16 * PAGE,
				   f.base + 14 * PAGE));
	CHECK_EQ(unmap(f.fd, f.ioas, 0, UINT64_MAX, &n), 0);
	CHECK_EQ(n, 15 * PAGE);
	teardown(&f);
}

static void test_fully_contained(int variant)
{
	struct fixture f = setup(variant);
	uint64_t n, at = f.base + 16 * PAGE;

	for (uint64_t i = 0; i < 4; i++)
		CHECK_EQ(map_at(f.fd, f.ioas, buffer, 4 * PAGE,
				at + i * 8 * PAGE), 0);
	CHECK_ERRNO(ENOENT, unmap(f.fd, f.ioas, at + PAGE, 2 * PAGE, NULL));
	CHECK_EQ(unmap(f.fd, f.ioas, at - 2 * PAGE, 8 * PAGE, &n), 0);
	CHECK_EQ(n, 4 * PAGE);
	CHECK_EQ(unmap(f.fd, f.ioas, at, 24 * PAGE, &n), 0);
	CHECK_EQ(n, 8 * PAGE);
	CHECK_EQ(unmap(f.fd, f.ioas, 0, UINT64_MAX, &n), 0);
	CHECK_EQ(n, 4 * PAGE);
	teardown(&f);
}

static bool inside(uint64_t iova, uint64_t length, uint64_t start,
		   uint64_t last)
{
	return iova >= start && iova + length - 1 <= last;
}

static void test_auto_iova(int variant)
{
	struct fixture f = setup(variant);
	uint64_t iova[12] = { 0 }, other = 0;
	int i;

	CHECK_EQ(reserve(f.fd, f.ioas, f.base, PAGE * 1000), 0);
	for (i = 0; i < 12; i++) {
		size_t length = PAGE << (i % 4);

		CHECK_EQ(map_any(f.fd, f.ioas, buffer, length, &iova[i]), 0);
		CHECK_EQ(iova[i] % length, 0);	/* the buffer's alignment */
		CHECK(!inside(iova[i], length, f.base, f.base + PAGE * 1000));
	}
	for (i = 0; i < 12; i++)
		CHECK_EQ(unmap(f.fd, f.ioas, iova[i], PAGE << (i % 4), NULL), 0);
	CHECK_EQ(allow(f.fd, f.ioas, f.base + PAGE * 2000,
		       f.base + PAGE * 2100 - 1), 0);
	for (i = 0; i < 12; i++) {
		CHECK_EQ(map_any(f.fd, f.ioas, buffer, PAGE, &iova[i]), 0);
		CHECK(inside(iova[i], PAGE, f.base + PAGE * 2000,
			     f.base + PAGE * 2100 - 1));
	}
	CHECK_ERRNO(ENOSPC, map_any(f.fd, f.ioas, buffer, 0x1000000, &other));
	CHECK_ERRNO(EADDRINUSE, allow(f.fd, f.ioas, f.base,
				      f.base + PAGE * 10 - 1));
	CHECK_EQ(allow(f.fd, f.ioas, 1, 0), 0);
	teardown(&f);
}

static void test_reserved_overflow(int variant)
{
	struct fixture f = setup(variant);
	uint64_t iova = 0;

	CHECK_EQ(reserve(f.fd, f.ioas, f.base, UINT64_MAX - f.base), 0);
	CHECK_ERRNO(ENOSPC, map_any(f.fd, f.ioas, buffer, 2 * PAGE, &iova));
	CHECK_ERRNO(EOVERFLOW, reserve(f.fd, f.ioas, PAGE, UINT64_MAX));
	CHECK_ERRNO(EINVAL, reserve(f.fd, f.ioas, PAGE, 0));
	teardown(&f);
}

static void test_allowed(int variant)
{
	struct fixture f = setup(variant);
	uint64_t end = f.base + 4 * PAGE;

	CHECK_EQ(reserve(f.fd, f.ioas, f.base, PAGE), 0);
	CHECK_ERRNO(EADDRINUSE, allow(f.fd, f.ioas, f.base, end - 1));
	CHECK_EQ(allow(f.fd, f.ioas, f.base + PAGE, end - 1), 0);
	CHECK_ERRNO(EADDRINUSE, reserve(f.fd, f.ioas, f.base + 2 * PAGE, PAGE));
	CHECK_ERRNO(EADDRINUSE, reserve(f.fd, f.ioas, f.base, 3 * PAGE));
	CHECK_EQ(reserve(f.fd, f.ioas, end, PAGE), 0);
	teardown(&f);
}

static void test_copy_area(int variant)
{
	struct fixture f = setup(variant);
	uint32_t other = ioas_alloc(f.fd);
	uint64_t at = f.base;

	CHECK_EQ(map_at(f.fd, f.ioas, buffer, PAGE, at), 0);
	CHECK_EQ(copy_to_ioas(f.fd, f.ioas, at, f.ioas, at + PAGE, PAGE), 0);
	CHECK_EQ(copy_to_ioas(f.fd, f.ioas, at, other, at, PAGE), 0);
	CHECK_ERRNO(EEXIST, copy_to_ioas(f.fd, f.ioas, at, other, at, PAGE));
	CHECK_ERRNO(ENOENT, copy_to_ioas(f.fd, f.ioas, at + 8 * PAGE, other,
					 at + 8 * PAGE, PAGE));
	CHECK_ERRNO(ENOENT, copy_to_ioas(f.fd, 99, at, other, at, PAGE));
	CHECK_EQ(destroy(f.fd, other), 0);
	teardown(&f);
}

static void test_copy_sweep(int variant)
{
	struct fixture f = setup(variant);
	uint32_t other = ioas_alloc(f.fd);
	uint64_t at = f.base + 8 * PAGE, from, to;

	/* IOVAs need not be aligned without a device. */
	CHECK_EQ(map_at(f.fd, f.ioas, buffer, 16 * PAGE, at), 0);
	CHECK_EQ(map_at(f.fd, f.ioas, buffer, 4 * PAGE, at + 16 * PAGE), 0);
	for (from = at - 2 * PAGE; from < at + 22 * PAGE; from += 511 * 7)
		for (to = from + 511; to < from + 6 * PAGE; to += 511 * 5) {
			bool in = inside(from, to - from, at,
					 at + 16 * PAGE - 1) ||
				  inside(from, to - from, at + 16 * PAGE,
					 at + 20 * PAGE - 1);
			bool over = from >= at && to <= at + 20 * PAGE;

			if (in) {
				CHECK_EQ(copy_to_ioas(f.fd, f.ioas, from,
						      other, at, to - from),
					 0);
				CHECK_EQ(unmap(f.fd, other, at, to - from,
					       NULL), 0);
			} else if (!over) {
				CHECK_ERRNO(ENOENT,
					    copy_to_ioas(f.fd, f.ioas, from,
							 other, at,
							 to - from));
			}
		}
	CHECK_EQ(destroy(f.fd, other), 0);
	teardown(&f);
}

static int ranges(struct fixture *f, struct iommu_iova_range *out,
		  uint32_t *count, uint64_t *alignment)
{
	struct iommu_ioas_iova_ranges cmd = {
		.size = sizeof(cmd), .ioas_id = f->ioas, .num_iovas = *count,
		.allowed_iovas = (uintptr_t)out,
	};
	int ret = ioctl(f->fd, IOMMU_IOAS_IOVA_RANGES, &cmd);

	*count = cmd.num_iovas;
	*alignment = cmd.out_iova_alignment;
	return ret;
}

static void test_iova_ranges(int variant)
{
	struct fixture f = setup(variant);
	struct iommu_iova_range range[8];
	uint64_t alignment, first, last;
	uint32_t count = 8;

	CHECK_EQ(ranges(&f, range, &count, &alignment), 0);
	CHECK_EQ(count, 1);
	first = range[0].start;
	last = range[0].last;
	CHECK_EQ(first, f.base);
	CHECK_EQ(last, f.domains ? MOCK_APERTURE_LAST : (long)UINT64_MAX);
	CHECK_EQ(alignment, f.domains ? MOCK_PAGE_SIZE : 1);
	CHECK_EQ(reserve(f.fd, f.ioas, f.base + PAGE, PAGE), 0);
	count = 8;
	CHECK_EQ(ranges(&f, range, &count, &alignment), 0);
	CHECK_EQ(count, 2);
	CHECK_EQ(range[0].last, f.base + PAGE - 1);
	CHECK_EQ(range[1].start, f.base + 2 * PAGE);
	CHECK_EQ(range[1].last, last);
	memset(range, 0xff, sizeof(range));
	count = 1;
	CHECK_ERRNO(EMSGSIZE, ranges(&f, range, &count, &alignment));
	CHECK_EQ(count, 2);
	CHECK_EQ(range[0].start, first);
	CHECK_EQ(range[1].start, UINT64_MAX);
	count = 0;
	CHECK_ERRNO(EMSGSIZE, ranges(&f, range, &count, &alignment));
	CHECK_EQ(count, 2);
	teardown(&f);
}

/* ---- accesses ---- */

static int pinning(struct fixture *f)
{
	int access = create_access(f->fd, f->ioas,
				   MOCK_FLAGS_ACCESS_CREATE_NEEDS_PIN_PAGES);

	CHECK(access >= 0);
	return access;
}

static void *huge_pages(void)
{
	void *p = mmap(NULL, 2 * HUGEPAGE, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);

	CHECK(p != MAP_FAILED);
	memset(p, 1, 2 * HUGEPAGE);
	return p;
}

/* A device goes while an access pins a part of a huge page. */
static void test_access_domain_destroy(int variant)
{
	struct fixture f = setup(variant);
	char *huge = huge_pages();
	int access = pinning(&f);
	uint64_t at = MOCK_APERTURE_START;
	uint32_t item = 0;

	CHECK_EQ(map_at(f.fd, f.ioas, huge, 2 * HUGEPAGE, at), 0);
	CHECK_EQ(pin(f.fd, access, at + HUGEPAGE - 4 * PAGE,
		     huge + HUGEPAGE - 4 * PAGE, 8 * PAGE, 0, &item), 0);
	drop_devices(&f);
	CHECK_EQ(unpin(f.fd, access, item), 0);
	CHECK_EQ(close(access), 0);
	CHECK_EQ(munmap(huge, 2 * HUGEPAGE), 0);
	teardown(&f);
}

/* However many use a page of a mapping, it is pinned once. */
static void pin_part(struct fixture *f, int access, size_t length)
{
	uint32_t one = 0, two = 0, mapped = f->domains ? 1 : 0;
	uint64_t at = MOCK_APERTURE_START;
	struct mock mock = { 0 };

	CHECK_EQ(map_at(f->fd, f->ioas, buffer, BUFFER, at), 0);
	CHECK_EQ(check_refs(f->fd, buffer, BUFFER, mapped), 0);
	CHECK_EQ(pin(f->fd, access, at, buffer, length, 0, &one), 0);
	CHECK_EQ(check_refs(f->fd, buffer, length, 1), 0);
	CHECK_EQ(check_refs(f->fd, buffer + length, BUFFER - length, mapped),
		 0);
	CHECK_EQ(pin(f->fd, access, at, buffer, length,
		     MOCK_FLAGS_ACCESS_WRITE, &two), 0);
	CHECK_EQ(unpin(f->fd, access, one), 0);
	CHECK_EQ(check_refs(f->fd, buffer, length, 1), 0);
	CHECK_ERRNO(EBADE, pin(f->fd, access, at, buffer + PAGE, PAGE, 0,
			       &one));
	CHECK_EQ(new_device(f->fd, f->ioas, 0, &mock), 0);
	CHECK_EQ(check_map(f->fd, mock.hwpt, buffer, BUFFER, at), 0);
	CHECK_EQ(check_refs(f->fd, buffer, BUFFER, 1), 0);
	CHECK_EQ(destroy(f->fd, mock.stdev), 0);
	CHECK_EQ(check_refs(f->fd, buffer, length, 1), 0);
	CHECK_EQ(unpin(f->fd, access, two), 0);
	CHECK_ERRNO(ENOENT, unpin(f->fd, access, two));
	CHECK_EQ(check_refs(f->fd, buffer, BUFFER, mapped), 0);
	CHECK_EQ(unmap_all(f->fd, f->ioas), 0);
	CHECK_EQ(check_refs(f->fd, buffer, BUFFER, 0), 0);
}

static void test_access_pin(int variant)
{
	struct fixture f = setup(variant);
	int access = pinning(&f);
	size_t length;

	for (length = PAGE; length < BUFFER; length += PAGE)
		pin_part(&f, access, length);
	CHECK_EQ(close(access), 0);
	teardown(&f);
}

static void test_access_pin_unmap(int variant)
{
	struct fixture f = setup(variant);
	int access = pinning(&f);
	uint64_t at = MOCK_APERTURE_START;
	uint32_t item = 0;

	CHECK_EQ(map_at(f.fd, f.ioas, buffer, BUFFER, at), 0);
	CHECK_EQ(pin(f.fd, access, at, buffer, BUFFER, 0, &item), 0);
	CHECK_EQ(unmap_all(f.fd, f.ioas), 0);
	CHECK_EQ(check_refs(f.fd, buffer, BUFFER, 0), 0);
	CHECK_ERRNO(ENOENT, unpin(f.fd, access, item));
	CHECK_EQ(close(access), 0);
	teardown(&f);
}

/* @shift: the mapping begins within a page. */
static void sweep_rw(struct fixture *f, size_t shift, uint32_t way)
{
	int access = create_access(f->fd, f->ioas, 0);
	char bytes[64], *middle = buffer + shift + PAGE;
	uint64_t at = MOCK_APERTURE_START, iova = at + PAGE;

	CHECK(access >= 0);
	for (size_t i = 0; i < BUFFER; i++)
		buffer[i] = (char)(i * 7 + (i >> 8));
	CHECK_EQ(map_at(f->fd, f->ioas, buffer + shift, 8 * PAGE, at), 0);
	for (int off = -20; off < 20; off += 3)
		for (size_t n = 1; n < sizeof(bytes); n += 5) {
			CHECK_EQ(access_rw(f->fd, access, iova + off, bytes, n,
					   way), 0);
			CHECK(!memcmp(bytes, middle + off, n));
			memset(bytes, (int)n + off, n);
			CHECK_EQ(access_rw(f->fd, access, iova + off, bytes, n,
					   way | MOCK_ACCESS_RW_WRITE), 0);
			CHECK(!memcmp(bytes, middle + off, n));
		}
	CHECK_EQ(access_rw(f->fd, access, at, file_buffer, 8 * PAGE, way), 0);
	CHECK(!memcmp(file_buffer, buffer + shift, 8 * PAGE));
	CHECK_ERRNO(ENOENT, access_rw(f->fd, access, at + 8 * PAGE - 4, bytes,
				      8, way));
	CHECK_ERRNO(ENOENT, access_rw(f->fd, access, at - 8, bytes, 16, way));
	CHECK_ERRNO(EFAULT, access_rw(f->fd, access, at, (void *)8, 8, way));
	CHECK_EQ(close(access), 0);
	CHECK_EQ(unmap_all(f->fd, f->ioas), 0);
}

static void test_access_rw(int variant)
{
	struct fixture f = setup(variant);

	sweep_rw(&f, 0, 0);
	sweep_rw(&f, 0, MOCK_ACCESS_RW_SLOW_PATH);
	teardown(&f);
}

static void test_access_rw_unaligned(int variant)
{
	struct fixture f = setup(variant);

	sweep_rw(&f, HALF, 0);
	sweep_rw(&f, HALF, MOCK_ACCESS_RW_SLOW_PATH);
	teardown(&f);
}

/* ---- memory of other processes ---- */

/* The child's mapping, as made by a process that has ended. */
static void map_in_child(struct fixture *f, uint64_t at)
{
	int pid = fork(), status;

	if (!pid) {
		void *own = anonymous(BUFFER, MAP_PRIVATE);

		memset(own, 3, BUFFER);
		_exit(map_at(f->fd, f->ioas, own, BUFFER, at) != 0);
	}
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
}

static void test_fork_gone(int variant)
{
	struct fixture f = setup(variant);
	uint64_t at = MOCK_APERTURE_START;
	struct mock mock = { 0 };

	map_in_child(&f, at);
	if (f.domains) {
		/* The pages are in a domain already. */
		CHECK_EQ(new_device(f.fd, f.ioas, MOCK_FLAGS_DEVICE_NO_DIRTY,
				    &mock), 0);
		CHECK_EQ(destroy(f.fd, mock.stdev), 0);
	} else {
		CHECK_ERRNO(EFAULT, new_device(f.fd, f.ioas, 0, &mock));
	}
	teardown(&f);
}

static void test_fork_present(int variant)
{
	struct fixture f = setup(variant);
	int to_child[2], to_parent[2], pid, status, access;
	uint64_t at = MOCK_APERTURE_START;
	char byte = 0, bytes[32];
	struct mock mock = { 0 };

	CHECK_EQ(pipe(to_child), 0);
	CHECK_EQ(pipe(to_parent), 0);
	pid = fork();
	if (!pid) {
		char *own = anonymous(BUFFER, MAP_PRIVATE);

		memset(own, 5, BUFFER);
		byte = (char)map_at(f.fd, f.ioas, own, BUFFER, at);
		if (write(to_parent[1], &byte, 1) != 1 ||
		    read(to_child[0], &byte, 1) != 1)
			_exit(1);
		_exit(own[PAGE] != 9);
	}
	CHECK_EQ(read(to_parent[0], &byte, 1), 1);
	CHECK_EQ(byte, 0);
	access = create_access(f.fd, f.ioas, 0);
	CHECK_EQ(access_rw(f.fd, access, at + PAGE - 16, bytes, 32, 0), 0);
	CHECK_EQ(bytes[31], 5);
	memset(bytes, 9, sizeof(bytes));
	CHECK_EQ(access_rw(f.fd, access, at + PAGE - 16, bytes, 32,
			   MOCK_ACCESS_RW_WRITE | MOCK_ACCESS_RW_SLOW_PATH),
		 0);
	CHECK_EQ(new_device(f.fd, f.ioas, 0, &mock), 0);
	CHECK_EQ(destroy(f.fd, mock.stdev), 0);
	CHECK_EQ(write(to_child[1], &byte, 1), 1);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	teardown(&f);
}

/* ---- alignment and options ---- */

static void test_huge_option(int variant)
{
	struct fixture f = setup(variant);
	uint64_t value = 5;

	CHECK_EQ(option(f.fd, IOMMU_OPTION_HUGE_PAGES, f.ioas,
			IOMMU_OPTION_OP_GET, &value), 0);
	CHECK_EQ(value, 1);
	value = 0;
	CHECK_EQ(option(f.fd, IOMMU_OPTION_HUGE_PAGES, f.ioas,
			IOMMU_OPTION_OP_SET, &value), 0);
	value = 2;
	CHECK_ERRNO(EINVAL, option(f.fd, IOMMU_OPTION_HUGE_PAGES, f.ioas,
				   IOMMU_OPTION_OP_SET, &value));
	CHECK_EQ(option(f.fd, IOMMU_OPTION_HUGE_PAGES, f.ioas,
			IOMMU_OPTION_OP_GET, &value), 0);
	CHECK_EQ(value, 0);
	value = 1;
	CHECK_EQ(option(f.fd, IOMMU_OPTION_HUGE_PAGES, f.ioas,
			IOMMU_OPTION_OP_SET, &value), 0);
	teardown(&f);
}

static void test_iova_alloc(int variant)
{
	struct fixture f = setup(variant);
	uint64_t iova = 0;

	for (size_t length = 1; length < 2 * PAGE; length++) {
		int ret = map_any(f.fd, f.ioas, buffer, length, &iova);

		if (f.domains && length % MOCK_PAGE_SIZE) {
			CHECK_EQ(ret, -1);
			CHECK_EQ(errno, EINVAL);
			continue;
		}
		CHECK_EQ(ret, 0);
		CHECK_EQ(unmap(f.fd, f.ioas, iova, length, NULL), 0);
	}
	teardown(&f);
}

static void test_align_change(int variant)
{
	struct fixture f = setup(variant);
	uint64_t at = MOCK_APERTURE_START, off = 0, on = 1;

	CHECK_EQ(option(f.fd, IOMMU_OPTION_HUGE_PAGES, f.ioas,
			IOMMU_OPTION_OP_SET, &off), 0);
	CHECK_ERRNO(EINVAL, map_at(f.fd, f.ioas, buffer, HALF, at));
	CHECK_EQ(option(f.fd, IOMMU_OPTION_HUGE_PAGES, f.ioas,
			IOMMU_OPTION_OP_SET, &on), 0);
	CHECK_EQ(map_at(f.fd, f.ioas, buffer, HALF, at), 0);
	if (!f.domains)
		CHECK_ERRNO(EADDRINUSE,
			    option(f.fd, IOMMU_OPTION_HUGE_PAGES, f.ioas,
				   IOMMU_OPTION_OP_SET, &off));
	else
		CHECK_ERRNO(EINVAL,
			    option(f.fd, IOMMU_OPTION_HUGE_PAGES, f.ioas,
				   IOMMU_OPTION_OP_SET, &off));
	CHECK_EQ(unmap_all(f.fd, f.ioas), 0);
	CHECK_EQ(option(f.fd, IOMMU_OPTION_HUGE_PAGES, f.ioas,
			IOMMU_OPTION_OP_SET, &off), 0);
	teardown(&f);
}

/* ---- dma-bufs: the descriptor is returned with --mock-dmabuf-fd only ---- */

static int get_dmabuf(struct fixture *f, size_t length)
{
	return TEST_OP(f->fd, DMABUF_GET,
		       .dmabuf_get = { (uint32_t)length, O_CLOEXEC });
}

static void test_dmabuf_as_linux(int variant)
{
	struct fixture f = setup(variant);
	int next = dup(f.fd);

	CHECK_EQ(close(next), 0);
	CHECK_EQ(get_dmabuf(&f, BUFFER), 0);
	CHECK_EQ(fcntl(next, F_GETFD), FD_CLOEXEC);	/* here it is */
	CHECK_EQ(close(next), 0);
	CHECK_ERRNO(EINVAL, get_dmabuf(&f, 0));
	teardown(&f);
}

static void test_dmabuf_simple(int variant)
{
	struct fixture f = setup(variant);
	int buf = get_dmabuf(&f, BUFFER);
	uint64_t iova = 0;

	CHECK(buf > 2);
	CHECK_EQ(map_file_from(f.fd, f.ioas, buf, 0, BUFFER, &iova), 0);
	CHECK_EQ(unmap(f.fd, f.ioas, iova, BUFFER, NULL), 0);
	CHECK_EQ(map_file_from(f.fd, f.ioas, buf, PAGE, BUFFER - PAGE, &iova),
		 0);
	CHECK_EQ(unmap(f.fd, f.ioas, iova, BUFFER - PAGE, NULL), 0);
	CHECK_ERRNO(EINVAL, map_file_from(f.fd, f.ioas, buf, 0, BUFFER + PAGE,
					  &iova));
	CHECK_ERRNO(EINVAL, map_file_from(f.fd, f.ioas, buf, PAGE, BUFFER,
					  &iova));
	CHECK_EQ(close(buf), 0);
	teardown(&f);
}

static int set_revoked(struct fixture *f, int buf, bool revoked)
{
	return TEST_OP(f->fd, DMABUF_REVOKE,
		       .dmabuf_revoke = { buf, revoked });
}

static void test_dmabuf_revoke(int variant)
{
	struct fixture f = setup(variant);
	int buf = get_dmabuf(&f, BUFFER);
	uint64_t iova, other;

	CHECK(buf > 2);
	CHECK_EQ(map_file_from(f.fd, f.ioas, buf, 0, BUFFER, &iova), 0);
	CHECK_EQ(set_revoked(&f, buf, true), 0);
	CHECK_ERRNO(ENODEV, map_file_from(f.fd, f.ioas, buf, 0, BUFFER,
					  &other));
	CHECK_EQ(set_revoked(&f, buf, false), 0);
	CHECK_EQ(set_revoked(&f, buf, true), 0);
	CHECK_EQ(unmap(f.fd, f.ioas, iova, BUFFER, NULL), 0);
	CHECK_EQ(set_revoked(&f, buf, false), 0);
	CHECK_EQ(map_file_from(f.fd, f.ioas, buf, 0, BUFFER, &iova), 0);
	CHECK_EQ(close(buf), 0);
	teardown(&f);
}

#define IOAS_TEST(name, run)                          \
	{ name, "no_domain", NO_DOMAIN, run },        \
	{ name, "mock_domain", ONE_DOMAIN, run },     \
	{ name, "two_mock_domain", TWO_DOMAINS, run }, \
	{ name, "mock_domain_limit", SHORT_MEMORY, run }

static const struct test tests[] = {
	IOAS_TEST("ioas_auto_destroy", test_auto_destroy),
	IOAS_TEST("ioas_destroy", test_destroy),
	IOAS_TEST("hwpt_attach", test_hwpt_attach),
	IOAS_TEST("area_destroy", test_area_destroy),
	IOAS_TEST("area_auto_destroy", test_area_auto_destroy),
	IOAS_TEST("hw_info", test_hw_info),
	IOAS_TEST("area", test_area),
	IOAS_TEST("fully_contained", test_fully_contained),
	IOAS_TEST("auto_iova", test_auto_iova),
	IOAS_TEST("reserved_overflow", test_reserved_overflow),
	IOAS_TEST("allowed", test_allowed),
	IOAS_TEST("copy_area", test_copy_area),
	IOAS_TEST("copy_sweep", test_copy_sweep),
	IOAS_TEST("iova_ranges", test_iova_ranges),
	IOAS_TEST("access_domain_destroy", test_access_domain_destroy),
	IOAS_TEST("access_pin", test_access_pin),
	IOAS_TEST("access_pin_unmap", test_access_pin_unmap),
	IOAS_TEST("access_rw", test_access_rw),
	IOAS_TEST("access_rw_unaligned", test_access_rw_unaligned),
	IOAS_TEST("fork_gone", test_fork_gone),
	IOAS_TEST("fork_present", test_fork_present),
	IOAS_TEST("huge_option", test_huge_option),
	IOAS_TEST("iova_alloc", test_iova_alloc),
	IOAS_TEST("align_change", test_align_change),
};

static const struct test dmabuf_tests[] = {
	IOAS_TEST("dmabuf_simple", test_dmabuf_simple),
	IOAS_TEST("dmabuf_revoke", test_dmabuf_revoke),
};

static const struct test linux_dmabuf_tests[] = {
	IOAS_TEST("dmabuf_as_linux", test_dmabuf_as_linux),
};

/* "--dmabuf": run with the descriptor returned. */
int main(int argc, char **argv)
{
	bool given = argc > 1 && !strcmp(argv[1], "--dmabuf");

	setvbuf(stdout, NULL, _IOLBF, 0);
	make_buffers();
	if (given)
		return run_all(dmabuf_tests, 8, 1, argv);
	return run_all(linux_dmabuf_tests, 4, argc, argv) |
	       run_all(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
