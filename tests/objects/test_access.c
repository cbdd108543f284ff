// SPDX-License-Identifier: MIT
/* Accesses: spec/45 part A. */
#include "ioas_rig.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <uik/mm.h>
#include <unistd.h>

#define ALL_OF_IT (MAP_RW | IOMMU_IOAS_MAP_FIXED_IOVA)

/* A driver that has one range pinned, or none. */
struct driver {
	struct iommufd_access *access;
	u32 id;
	unsigned long pin_iova, pin_length;	/* length 0: none */
	unsigned int calls;
	unsigned long last_iova, last_length;
	struct iommufd_access *attach_inside;	/* tried in the callback */
	u32 attach_to;
	int attach_result, replace_result, pin_result;
};

static void driver_unmap(void *data, unsigned long iova, unsigned long length)
{
	struct driver *driver = data;
	struct page *page;

	driver->calls++;
	driver->last_iova = iova;
	driver->last_length = length;
	if (driver->attach_inside) {
		driver->attach_result = iommufd_access_attach(
			driver->attach_inside, driver->attach_to);
		driver->replace_result = iommufd_access_replace(
			driver->attach_inside, driver->attach_to);
		driver->pin_result = iommufd_access_pin_pages(
			driver->attach_inside, driver->pin_iova, PAGE_SIZE,
			&page, 0);
	}
	if (driver->pin_length)
		iommufd_access_unpin_pages(driver->access, driver->pin_iova,
					   driver->pin_length);
	driver->pin_length = 0;
}

static const struct iommufd_access_ops pinning_ops = {
	.needs_pin_pages = 1, .unmap = driver_unmap,
};
static const struct iommufd_access_ops plain_ops = { .unmap = driver_unmap };

static void driver_new(struct rig *rig, struct driver *driver,
		       const struct iommufd_access_ops *ops)
{
	memset(driver, 0, sizeof(*driver));
	driver->access = iommufd_access_create(rig_ctx(rig), ops, driver,
					       &driver->id);
	assert_false(IS_ERR(driver->access));
}

static void driver_attach(struct driver *driver, u32 ioas)
{
	assert_int_equal(iommufd_access_attach(driver->access, ioas), 0);
}

static void driver_pin(struct driver *driver, unsigned long iova,
		       unsigned long length)
{
	struct page *pages[32];

	assert_int_equal(iommufd_access_pin_pages(driver->access, iova, length,
						  pages, 0), 0);
	driver->pin_iova = iova;
	driver->pin_length = length;
}

/* ---- life ---- */

/* It has an ID, holds the context, and only its driver can end it. */
static void test_life(void **state)
{
	struct rig *rig = *state;
	struct iommufd_ctx *ictx = rig_ctx(rig);
	long files = file_count(ictx->file);
	struct driver driver;

	driver_new(rig, &driver, &pinning_ops);
	assert_true(driver.id == 1);
	assert_true(file_count(ictx->file) == files + 1);
	assert_true(rig_users(rig, 1) == 2);
	assert_int_equal(rig_destroy(rig, 1), -EBUSY);
	iommufd_access_destroy(driver.access);
	assert_true(file_count(ictx->file) == files);
	assert_int_equal(driver.calls, 0);
	assert_int_equal(rig_destroy(rig, 1), -ENOENT);
}

static struct driver swept;
static u32 swept_ioas;

static int sweep_create(struct rig *rig)
{
	struct iommufd_access *access;

	access = iommufd_access_create(rig_ctx(rig), &pinning_ops, &swept,
				       &swept.id);
	if (IS_ERR(access))
		return PTR_ERR(access);
	swept.access = access;
	return 0;
}

static void sweep_destroy(struct rig *rig)
{
	iommufd_access_destroy(swept.access);
}

static int sweep_attach(struct rig *rig)
{
	return iommufd_access_attach(swept.access, swept_ioas);
}

static void sweep_detach(struct rig *rig)
{
	iommufd_access_detach(swept.access);
}

static int sweep_pin(struct rig *rig)
{
	struct page *pages[4];

	return iommufd_access_pin_pages(swept.access, 0x10000, 4 * PAGE_SIZE,
					pages, IOMMUFD_ACCESS_RW_WRITE);
}

static void sweep_unpin(struct rig *rig)
{
	iommufd_access_unpin_pages(swept.access, 0x10000, 4 * PAGE_SIZE);
}

/* Each step of create, attach and pin fails once: nothing is left. */
static void test_failing_steps(void **state)
{
	struct rig *rig = *state;
	const int errnos[] = { ENOMEM, ENOENT, EFAULT, EINVAL, 0 };
	char *at = memory(4 * PAGE_SIZE);

	swept_ioas = rig_ioas(rig);
	rig_sweep(rig, sweep_create, sweep_destroy, errnos);
	assert_int_equal(sweep_create(rig), 0);
	rig_sweep(rig, sweep_attach, sweep_detach, errnos);
	assert_int_equal(sweep_attach(rig), 0);
	/* Two areas: the first is unpinned when the second fails. */
	assert_int_equal(ioas_map_at(rig, swept_ioas, at, 2 * PAGE_SIZE,
				     0x10000), 0);
	assert_int_equal(ioas_map_at(rig, swept_ioas, at + 2 * PAGE_SIZE,
				     2 * PAGE_SIZE, 0x12000), 0);
	rig_sweep(rig, sweep_pin, sweep_unpin, errnos);
	assert_true(!pages_pin_count((uintptr_t)at));
	sweep_destroy(rig);
}

/* ---- attach, replace, detach ---- */

static void test_attach(void **state)
{
	struct rig *rig = *state;
	u32 one = rig_ioas(rig), two = rig_ioas(rig);
	char *at = memory(PAGE_SIZE);
	struct driver driver;

	driver_new(rig, &driver, &pinning_ops);
	assert_int_equal(iommufd_access_replace(driver.access, one), -ENOENT);
	assert_int_equal(iommufd_access_attach(driver.access, 99), -ENOENT);
	assert_int_equal(iommufd_access_attach(driver.access, driver.id),
			 -ENOENT);
	driver_attach(&driver, one);
	uik_warn_expect_begin();
	assert_int_equal(iommufd_access_attach(driver.access, one), -EINVAL);
	assert_true(uik_warn_expect_end() == 1);
	assert_int_equal(ioas_map_at(rig, one, at, PAGE_SIZE, 0), 0);
	driver_pin(&driver, 0, PAGE_SIZE);
	/* The same one: pins survive, nobody is called. */
	assert_int_equal(iommufd_access_replace(driver.access, one), 0);
	assert_int_equal(driver.calls, 0);
	assert_int_equal(iommufd_access_replace(driver.access, 99), -ENOENT);
	/* A failure leaves it where it is. */
	assert_int_equal(ioas_map_at(rig, two, at, 0x800, 0), 0);
	assert_int_equal(iommufd_access_replace(driver.access, two),
			 -EADDRINUSE);
	assert_int_equal(driver.calls, 0);
	assert_int_equal(rig_destroy(rig, one), -EBUSY);
	assert_int_equal(ioas_unmap_all(rig, two), 0);
	assert_int_equal(iommufd_access_replace(driver.access, two), 0);
	assert_int_equal(driver.calls, 1);
	assert_true(!driver.last_iova && driver.last_length == ULONG_MAX);
	assert_true(!pages_pin_count((uintptr_t)at));
	assert_int_equal(rig_destroy(rig, one), 0);
	assert_int_equal(rig_destroy(rig, two), -EBUSY);
	iommufd_access_detach(driver.access);
	assert_int_equal(driver.calls, 2);
	uik_warn_expect_begin();
	iommufd_access_detach(driver.access);
	assert_true(uik_warn_expect_end() == 1);
	driver_attach(&driver, two);
	/* Destruction detaches. */
	iommufd_access_destroy(driver.access);
	assert_int_equal(driver.calls, 3);
	assert_int_equal(rig_destroy(rig, two), 0);
}

/* What a driver may do while it is told to let go of everything. */
static void test_change_in_progress(void **state)
{
	struct rig *rig = *state;
	u32 one = rig_ioas(rig), two = rig_ioas(rig);
	struct driver driver;

	driver_new(rig, &driver, &pinning_ops);
	driver_attach(&driver, one);
	assert_int_equal(ioas_map_at(rig, one, memory(PAGE_SIZE), PAGE_SIZE,
				     0x5000), 0);
	driver_pin(&driver, 0x5000, PAGE_SIZE);
	driver.attach_inside = driver.access;
	driver.attach_to = two;
	assert_int_equal(iommufd_access_replace(driver.access, two), 0);
	assert_int_equal(driver.calls, 1);
	assert_int_equal(driver.attach_result, -EBUSY);
	assert_int_equal(driver.replace_result, -ENOENT);
	assert_int_equal(driver.pin_result, -ENOENT);
	driver.attach_inside = NULL;
	iommufd_access_destroy(driver.access);
}

/* Keys are the lowest free ones, and there are 65536. */
static void test_table_full(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig);
	struct iopt *iopt = iopt_of(rig, ioas);
	struct driver a, b, c;
	u32 key;

	driver_new(rig, &a, &plain_ops);
	driver_new(rig, &b, &plain_ops);
	driver_new(rig, &c, &plain_ops);
	driver_attach(&a, ioas);
	driver_attach(&b, ioas);
	assert_true(a.access->key == 0 && b.access->key == 1);
	iommufd_access_detach(a.access);
	driver_attach(&c, ioas);
	assert_true(c.access->key == 0);
	/* Filled with one and the same, which is nobody's business. */
	for (u32 i = 2; i < IOPT_ACCESS_MAX; i++)
		assert_int_equal(xa_alloc(&iopt->accesses, &key, a.access,
					  XA_LIMIT(0, IOPT_ACCESS_MAX - 1),
					  GFP_KERNEL), 0);
	assert_int_equal(iommufd_access_attach(a.access, ioas), -EBUSY);
	for (u32 i = 2; i < IOPT_ACCESS_MAX; i++)
		xa_erase(&iopt->accesses, i);
	iommufd_access_destroy(a.access);
	iommufd_access_destroy(b.access);
	iommufd_access_destroy(c.access);
}

/* ---- pins ---- */

static void test_pin_errnos(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig);
	char *at = memory(16 * PAGE_SIZE);
	struct driver driver, plain;
	struct page *pages[16];
	u64 read_only = 0x20000, write_only = 0x30000;
	const struct {
		u64 iova, length;
		unsigned int flags;
		int error;
	} rows[] = {
		{ 0, 0, 0, -EINVAL },
		{ U64_MAX, 2, 0, -EOVERFLOW },
		{ 0, 0x1000, 0, -ENOENT },
		{ 0x10000, 0x3000, 0, -ENOENT },	/* runs into a hole */
		{ 0x10800, 0x100, 0, -EINVAL },
		{ 0x20000, 0x1000, 1, -EPERM },
		{ 0x30000, 0x1000, 0, -EPERM },
		{ 0x30000, 0x1000, 1, 0 },
		/* Area by area: EINVAL of the second is before the hole. */
		{ 0x40000, 0x3000, 0, -EINVAL },
		{ 0x40000, 0x1001, 0, -EINVAL },
		/* The length need not be whole pages, the last may be part. */
		{ 0x10000, 0x1, 0, 0 },
		{ 0x10000, 0x1001, 0, 0 },
	};

	driver_new(rig, &driver, &pinning_ops);
	assert_int_equal(iommufd_access_pin_pages(driver.access, 0, 0, pages,
						  0), -EINVAL);
	assert_int_equal(iommufd_access_pin_pages(driver.access, 0, 1, pages,
						  0), -ENOENT);
	assert_int_equal(ioas_map_at(rig, ioas, at, 0x2000, 0x10000), 0);
	assert_int_equal(ioas_map(rig, ioas, IOMMU_IOAS_MAP_FIXED_IOVA |
				  IOMMU_IOAS_MAP_READABLE, at, 0x1000,
				  &read_only), 0);
	assert_int_equal(ioas_map(rig, ioas, IOMMU_IOAS_MAP_FIXED_IOVA |
				  IOMMU_IOAS_MAP_WRITEABLE, at, 0x1000,
				  &write_only), 0);
	driver_attach(&driver, ioas);
	/* Aligned as IOVAs, but not in memory, as a smaller page would allow. */
	assert_int_equal(ioas_map_at(rig, ioas, at, 0x1000, 0x40000), 0);
	iopt_of(rig, ioas)->alignment = 1;
	assert_int_equal(ioas_map_at(rig, ioas, at + 0x5800, 0x1000, 0x41000),
			 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int ret = iommufd_access_pin_pages(driver.access, rows[i].iova,
						   rows[i].length, pages,
						   rows[i].flags);

		if (ret != rows[i].error)
			fail_msg("row %zu: %d", i, ret);
		if (!ret)
			iommufd_access_unpin_pages(driver.access, rows[i].iova,
						   rows[i].length);
		assert_true(!pages_pin_count((uintptr_t)at));
	}
	iopt_of(rig, ioas)->alignment = 0x1000;
	iommufd_access_destroy(driver.access);
	/* One that did not say it would. */
	driver_new(rig, &plain, &plain_ops);
	driver_attach(&plain, ioas);
	uik_warn_expect_begin();
	assert_int_equal(iommufd_access_pin_pages(plain.access, 0x10000,
						  0x1000, pages, 0), -EINVAL);
	assert_true(uik_warn_expect_end() == 1);
	iommufd_access_destroy(plain.access);
}

/* Pages in order, across areas; one pin by range, counted. */
static void test_pin_pages(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig), other = rig_ioas(rig);
	char *at = memory(8 * PAGE_SIZE);
	struct driver one, two;
	struct page *pages[8], *again[8];
	u64 iova = 0x90000;

	driver_new(rig, &one, &pinning_ops);
	driver_new(rig, &two, &pinning_ops);
	assert_int_equal(ioas_map_at(rig, ioas, at + 0x4000, 0x2000, 0x10000),
			 0);
	assert_int_equal(ioas_map_at(rig, ioas, at, 0x3000, 0x12000), 0);
	assert_int_equal(ioas_copy(rig, other, ioas, ALL_OF_IT, 0x10000,
				   0x5000, &iova), 0);
	driver_attach(&one, ioas);
	driver_attach(&two, other);
	assert_int_equal(iommufd_access_pin_pages(one.access, 0x11000, 0x2001,
						  pages, 1), 0);
	assert_true(page_to_phys(pages[0]) == (uintptr_t)at + 0x5000);
	assert_true(page_to_phys(pages[1]) == (uintptr_t)at);
	assert_true(page_to_phys(pages[2]) == (uintptr_t)at + 0x1000);
	/* The same range of the same pages, from another IOAS. */
	assert_int_equal(iommufd_access_pin_pages(two.access, 0x91000, 0x2001,
						  again, 0), 0);
	assert_ptr_equal(again[2], pages[2]);
	assert_true(pages_pin_count((uintptr_t)at + 0x1000) == 1);
	iommufd_access_unpin_pages(one.access, 0x11000, 0x2001);
	assert_true(pages_pin_count((uintptr_t)at + 0x1000) == 1);
	assert_true(!pages_pin_count((uintptr_t)at + 0x2000));
	/* Each area has a pin of its own; this is the first one's. */
	iommufd_access_unpin_pages(two.access, 0x91000, 0x1000);
	/* What was not pinned so. */
	uik_warn_expect_begin();
	iommufd_access_unpin_pages(two.access, 0x92000, 0x3000);
	iommufd_access_unpin_pages(two.access, 0x92000, 0);
	iommufd_access_unpin_pages(two.access, 2, ULONG_MAX);
	iommufd_access_unpin_pages(two.access, 0x98000, 1);
	assert_true(uik_warn_expect_end() == 4);
	iommufd_access_unpin_pages(two.access, 0x92000, 0x1001);
	assert_true(!pages_pin_count((uintptr_t)at + 0x1000));
	iommufd_access_destroy(one.access);
	iommufd_access_destroy(two.access);
}

/* B64.  A pin in the middle outlives the domain, and only it does. */
static void test_pin_and_domain(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig);
	struct iopt *iopt = iopt_of(rig, ioas);
	struct toy *toy = toy_new(~0xffful);
	char *at = memory(8 * PAGE_SIZE);
	struct driver driver;

	driver_new(rig, &driver, &pinning_ops);
	driver_attach(&driver, ioas);
	assert_int_equal(ioas_map_at(rig, ioas, at, 8 * PAGE_SIZE, 0), 0);
	assert_int_equal(iopt_add_domain(iopt, &toy->table.domain), 0);
	driver_pin(&driver, 0x3000, 0x2000);
	iopt_remove_domain(iopt, &toy->table.domain);
	for (int i = 0; i < 8; i++)
		assert_true(pages_pin_count((uintptr_t)at + i * PAGE_SIZE) ==
			    (i == 3 || i == 4));
	assert_int_equal(iopt_add_domain(iopt, &toy->table.domain), 0);
	for (int i = 0; i < 8; i++)
		assert_true(pages_pin_count((uintptr_t)at + i * PAGE_SIZE) ==
			    1);
	assert_int_equal(ioas_unmap_all(rig, ioas), 0);
	assert_int_equal(driver.calls, 1);
	iopt_remove_domain(iopt, &toy->table.domain);
	iommufd_access_destroy(driver.access);
}

/* ---- reading and writing ---- */

static void test_rw_errnos(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig);
	char *at = memory(4 * PAGE_SIZE), buffer[0x3000];
	struct driver driver;
	u64 read_only = 0x20000, write_only = 0x30000;
	const struct {
		u64 iova;
		size_t length;
		unsigned int flags;
		int error;
	} rows[] = {
		{ 0, 0, 0, -EINVAL },
		{ U64_MAX, 2, 0, -EOVERFLOW },
		/* B67: no area at all. */
		{ 0, 1, 0, -ENOENT },
		{ 0x10fff, 2, 0, -ENOENT },
		{ 0x20000, 1, 1, -EPERM },
		{ 0x20000, 1, 0, 0 },
		{ 0x30000, 1, 0, -EPERM },
		{ 0x30000, 1, 1, 0 },
		{ 0x40ffe, 3, 0, -EFAULT },
	};

	driver_new(rig, &driver, &plain_ops);
	assert_int_equal(iommufd_access_rw(driver.access, 0, buffer, 1, 0),
			 -ENOENT);
	driver_attach(&driver, ioas);
	assert_int_equal(ioas_map_at(rig, ioas, at, 0x1000, 0x10000), 0);
	assert_int_equal(ioas_map(rig, ioas, IOMMU_IOAS_MAP_FIXED_IOVA |
				  IOMMU_IOAS_MAP_READABLE, at, 0x1000,
				  &read_only), 0);
	assert_int_equal(ioas_map(rig, ioas, IOMMU_IOAS_MAP_FIXED_IOVA |
				  IOMMU_IOAS_MAP_WRITEABLE, at, 0x1000,
				  &write_only), 0);
	assert_int_equal(munmap(at + 0x3000, 0x1000), 0);
	assert_int_equal(ioas_map_at(rig, ioas, at + 0x2000, 0x2000, 0x40000),
			 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int ret = iommufd_access_rw(driver.access, rows[i].iova,
					    buffer, rows[i].length,
					    rows[i].flags);

		if (ret != rows[i].error)
			fail_msg("row %zu: %d", i, ret);
	}
	iommufd_access_destroy(driver.access);
}

/* Any offset, across areas; what was moved before an error stays. */
static void test_rw_data(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig);
	char *at = memory(4 * PAGE_SIZE), buffer[0x1400];
	struct driver driver;

	driver_new(rig, &driver, &plain_ops);
	driver_attach(&driver, ioas);
	assert_int_equal(ioas_map_at(rig, ioas, at + 0x2003, 0x1000, 0x10000),
			 0);
	assert_int_equal(ioas_map_at(rig, ioas, at + 0x1, 0x800, 0x11000), 0);
	for (size_t i = 0; i < sizeof(buffer); i++)
		buffer[i] = i * 7;
	for (int slow = 0; slow <= 4; slow += 4) {
		char back[0x1400] = { 0 };

		memset(at, 0, 4 * PAGE_SIZE);
		assert_int_equal(iommufd_access_rw(driver.access, 0x10100,
						   buffer, 0x1400, 1 | slow),
				 0);
		assert_memory_equal(at + 0x2103, buffer, 0xf00);
		assert_memory_equal(at + 1, buffer + 0xf00, 0x500);
		assert_true(!at[0x2102] && !at[0x3003] && !at[0x501]);
		assert_int_equal(iommufd_access_rw(driver.access, 0x10100,
						   back, 0x1400, slow), 0);
		assert_memory_equal(back, buffer, 0x1400);
		memset(at, 0, 4 * PAGE_SIZE);
		/* Into the hole at the end. */
		assert_int_equal(iommufd_access_rw(driver.access, 0x11700,
						   buffer, 0x200, 1 | slow),
				 -ENOENT);
		assert_memory_equal(at + 0x701, buffer, 0x100);
	}
	iommufd_access_destroy(driver.access);
}

/* A file: read and written as a device would, with the file's rules. */
static void test_rw_file(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig);
	int fd = memory_file(0x3000);
	struct driver driver;
	char text[] = "across the edge of a page", back[sizeof(text)];
	u64 iova = 0x10000;

	driver_new(rig, &driver, &plain_ops);
	driver_attach(&driver, ioas);
	assert_int_equal(ioas_map_file(rig, ioas, ALL_OF_IT, fd, 0, 0x4000,
				       &iova), 0);
	assert_int_equal(iommufd_access_rw(driver.access, 0x10ff8, text,
					   sizeof(text), 1), 0);
	assert_int_equal(pread(fd, back, sizeof(back), 0xff8), sizeof(back));
	assert_string_equal(back, text);
	memset(back, 0, sizeof(back));
	assert_int_equal(iommufd_access_rw(driver.access, 0x10ff8, back,
					   sizeof(back), 0), 0);
	assert_string_equal(back, text);
	assert_int_equal(iommufd_access_rw(driver.access, 0x13000, back, 1, 0),
			 -EINVAL);
	iommufd_access_destroy(driver.access);
}

/* Memory of another process, with and without its help, alive and gone. */
static void test_rw_foreign(void **state)
{
	struct rig *rig = *state;
	struct iopt *iopt = iopt_of(rig, rig_ioas(rig));
	char *at = memory(4 * PAGE_SIZE), back[0x1800];
	struct mm_struct *own = current->mm, *foreign;
	unsigned long iova = 0x10000;
	struct driver driver;
	pid_t pid;

	memset(at, 'c', 4 * PAGE_SIZE);
	pid = fork();
	if (!pid) {
		pause();
		_exit(0);
	}
	memset(at, 'p', 4 * PAGE_SIZE);
	foreign = uik_mm_foreign(pid);
	driver_new(rig, &driver, &plain_ops);
	driver_attach(&driver, 1);
	current->mm = foreign;
	assert_int_equal(iopt_map_user(rig_ctx(rig), iopt, (uintptr_t)at,
				       4 * PAGE_SIZE, IOMMU_READ | IOMMU_WRITE,
				       true, &iova), 0);
	current->mm = own;
	for (unsigned int flags = 0; flags <= 2; flags += 2) {
		memset(back, 0, sizeof(back));
		assert_int_equal(iommufd_access_rw(driver.access, 0x10800, back,
						   0x1800, flags), 0);
		assert_true(back[0] == 'c' && back[0x17ff] == 'c');
		assert_int_equal(iommufd_access_rw(driver.access, 0x10010, "x",
						   1, flags | 1), 0);
		assert_int_equal(iommufd_access_rw(driver.access, 0x1000f, back,
						   3, flags), 0);
		assert_memory_equal(back, "cxc", 3);
	}
	assert_int_equal(at[0x10], 'p');
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	for (unsigned int flags = 0; flags <= 2; flags += 2) {
		assert_int_equal(iommufd_access_rw(driver.access, 0x10000, back,
						   1, flags), -EFAULT);
		assert_int_equal(iommufd_access_rw(driver.access, 0x10000, back,
						   0x1800, flags), -EFAULT);
	}
	iommufd_access_destroy(driver.access);
	uik_mm_put(foreign);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IOAS_TEST(test_life),
		IOAS_TEST(test_failing_steps),
		IOAS_TEST(test_attach),
		IOAS_TEST(test_change_in_progress),
		IOAS_TEST(test_table_full),
		IOAS_TEST(test_pin_errnos),
		IOAS_TEST(test_pin_pages),
		IOAS_TEST(test_pin_and_domain),
		IOAS_TEST(test_rw_errnos),
		IOAS_TEST(test_rw_data),
		IOAS_TEST(test_rw_file),
		IOAS_TEST(test_rw_foreign),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
