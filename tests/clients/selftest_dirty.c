// SPDX-License-Identifier: MIT
/*
 * The equivalents of the kernel's selftests for dirty tracking, from 8 KiB to
 * 128 MiB of memory, of ordinary and of huge pages.
 */
#include "selftest.h"

struct variant {
	const char *name;
	size_t size;
	bool huge;
};

static const struct variant variants[] = {
	{ "8k", 8 << 10, false },	{ "16k", 16 << 10, false },
	{ "64k", 64 << 10, false },	{ "128k", 128 << 10, false },
	{ "320k", 320 << 10, false },	{ "64M", 64 << 20, false },
	{ "64M_huge", 64 << 20, true }, { "128M", 128 << 20, false },
	{ "128M_huge", 128 << 20, true },
};

struct fixture {
	const struct variant *v;
	int fd;
	uint32_t ioas;
	struct mock mock;
	char *memory;
	size_t page_size;		/* that a bit stands for */
	size_t bits;
};

static struct fixture setup(int which)
{
	struct fixture f = { .v = &variants[which], .fd = open_iommu() };
	int huge = f.v->huge ? MAP_HUGETLB | MAP_POPULATE : 0;
	char *wide;

	wide = anonymous(f.v->size + (huge ? 0 : HUGEPAGE), MAP_SHARED | huge);
	f.memory = (char *)(((uintptr_t)wide + HUGEPAGE - 1) & -HUGEPAGE);
	f.ioas = ioas_alloc(f.fd);
	if (f.v->huge) {
		f.page_size = HUGEPAGE / 4;
	} else {
		uint64_t off = 0;

		/* Leaves are then no longer than a page. */
		CHECK_EQ(option(f.fd, IOMMU_OPTION_HUGE_PAGES, f.ioas,
				IOMMU_OPTION_OP_SET, &off), 0);
		f.page_size = PAGE;
	}
	f.bits = f.v->size / f.page_size;
	CHECK_EQ(new_device(f.fd, f.ioas, 0, &f.mock), 0);
	return f;
}

static void teardown(struct fixture *f)
{
	finish(f->fd);
}

static int tracked(struct fixture *f, uint32_t idev, uint32_t flags,
		   uint32_t *out)
{
	struct iommu_hwpt_selftest data = {
		.pagetable_type = f->v->huge ? MOCK_IOMMUPT_HUGE :
					       MOCK_IOMMUPT_DEFAULT,
	};

	return new_hwpt(f->fd, idev, f->ioas,
			IOMMU_HWPT_ALLOC_DIRTY_TRACKING | flags, 0, MOCK_DATA,
			&data, sizeof(data), out);
}

static void test_enforce(int which)
{
	struct fixture f = setup(which);
	struct mock other = { 0 };
	uint32_t hwpt = 0, unused = 0;

	CHECK_EQ(tracked(&f, f.mock.idev, 0, &hwpt), 0);
	CHECK_ERRNO(EINVAL, new_device(f.fd, hwpt, MOCK_FLAGS_DEVICE_NO_DIRTY,
				       &other));
	CHECK_EQ(new_device(f.fd, f.ioas, MOCK_FLAGS_DEVICE_NO_DIRTY, &other),
		 0);
	CHECK_ERRNO(EOPNOTSUPP, tracked(&f, other.idev, 0, &unused));
	CHECK_ERRNO(EINVAL, replace(f.fd, other.stdev, hwpt));
	CHECK_EQ(destroy(f.fd, other.stdev), 0);
	CHECK_EQ(new_device(f.fd, hwpt, 0, &other), 0);
	CHECK_EQ(destroy(f.fd, other.stdev), 0);
	CHECK_EQ(destroy(f.fd, hwpt), 0);
	teardown(&f);
}

static void switch_tracking(struct fixture *f, uint32_t hwpt)
{
	uint32_t plain = 0;

	CHECK_EQ(set_dirty_tracking(f->fd, hwpt, true), 0);
	CHECK_EQ(set_dirty_tracking(f->fd, hwpt, true), 0);
	CHECK_EQ(set_dirty_tracking(f->fd, hwpt, false), 0);
	CHECK_EQ(paging(f->fd, f->mock.idev, f->ioas, 0, &plain), 0);
	CHECK_ERRNO(EOPNOTSUPP, set_dirty_tracking(f->fd, plain, true));
	CHECK_EQ(destroy(f->fd, plain), 0);
}

static void test_set(int which)
{
	struct fixture f = setup(which);
	struct mock other = { 0 };
	uint32_t hwpt = 0;

	CHECK_EQ(tracked(&f, f.mock.idev, 0, &hwpt), 0);
	CHECK_EQ(new_device(f.fd, hwpt, 0, &other), 0);
	switch_tracking(&f, hwpt);
	CHECK_EQ(destroy(f.fd, other.stdev), 0);
	CHECK_EQ(destroy(f.fd, hwpt), 0);
	teardown(&f);
}

static void test_pasid_set(int which)
{
	struct fixture f = setup(which);
	uint32_t rid = 0, hwpt = 0;
	struct mock has = { 0 }, none = { 0 };

	CHECK_EQ(new_device(f.fd, f.ioas, MOCK_FLAGS_DEVICE_PASID, &has), 0);
	CHECK_EQ(paging(f.fd, has.idev, f.ioas, IOMMU_HWPT_ALLOC_PASID, &rid),
		 0);
	CHECK_EQ(tracked(&f, has.idev, IOMMU_HWPT_ALLOC_PASID, &hwpt), 0);
	CHECK_EQ(replace(f.fd, has.stdev, rid), 0);
	CHECK_EQ(pasid_attach(f.fd, has.stdev, 100, hwpt), 0);
	switch_tracking(&f, hwpt);
	CHECK_ERRNO(EINVAL, new_device(f.fd, hwpt, MOCK_FLAGS_DEVICE_PASID |
				       MOCK_FLAGS_DEVICE_NO_DIRTY, &none));
	/* The RID alone is looked at. */
	CHECK_EQ(new_device(f.fd, rid, MOCK_FLAGS_DEVICE_PASID |
			    MOCK_FLAGS_DEVICE_NO_DIRTY, &none), 0);
	CHECK_EQ(pasid_attach(f.fd, none.stdev, 100, hwpt), 0);
	CHECK_EQ(pasid_detach(f.fd, none.stdev, 100), 0);
	CHECK_EQ(pasid_detach(f.fd, has.stdev, 100), 0);
	CHECK_EQ(destroy(f.fd, none.stdev), 0);
	CHECK_EQ(destroy(f.fd, has.stdev), 0);
	CHECK_EQ(destroy(f.fd, hwpt), 0);
	CHECK_EQ(destroy(f.fd, rid), 0);
	teardown(&f);
}

static void test_capability(int which)
{
	struct fixture f = setup(which);
	struct mock without = { 0 };
	struct iommu_hw_info out;

	CHECK_EQ(get_hw_info(f.fd, f.mock.idev, 0, NULL, 0, &out), 0);
	CHECK(out.out_capabilities & IOMMU_HW_CAP_DIRTY_TRACKING);
	CHECK_EQ(new_device(f.fd, f.ioas, MOCK_FLAGS_DEVICE_NO_DIRTY, &without),
		 0);
	CHECK_EQ(get_hw_info(f.fd, without.idev, 0, NULL, 0, &out), 0);
	CHECK(!(out.out_capabilities & IOMMU_HW_CAP_DIRTY_TRACKING));
	teardown(&f);
}

/* ---- the bitmap ---- */

static bool bit(const uint8_t *bitmap, size_t i)
{
	return bitmap[i / 8] >> i % 8 & 1;
}

static int read_bitmap(struct fixture *f, uint32_t hwpt, uint8_t *bitmap,
		       uint32_t flags)
{
	struct iommu_hwpt_get_dirty_bitmap cmd = {
		.size = sizeof(cmd), .hwpt_id = hwpt, .flags = flags,
		.iova = MOCK_APERTURE_START, .length = f->v->size,
		.page_size = f->page_size, .data = (uintptr_t)bitmap,
	};

	return ioctl(f->fd, IOMMU_HWPT_GET_DIRTY_BITMAP, &cmd);
}

static void mark(struct fixture *f, uint32_t hwpt, const uint8_t *bitmap,
		 uint64_t expected)
{
	struct iommu_test_cmd cmd = {
		.id = hwpt,
		.dirty = { .iova = MOCK_APERTURE_START, .length = f->v->size,
			   .page_size = f->page_size,
			   .uptr = (uintptr_t)bitmap },
	};

	CHECK_EQ(test_op(f->fd, IOMMU_TEST_OP_DIRTY, &cmd), 0);
	CHECK_EQ(cmd.dirty.out_nr_dirty, expected);
}

/* A marked bit makes all of its leaf dirty, which may be wider if huge. */
static void check_bitmap(struct fixture *f, uint32_t hwpt, uint8_t *bitmap,
			 size_t bytes, bool marked, uint32_t flags)
{
	memset(bitmap, 0, bytes);
	CHECK_EQ(read_bitmap(f, hwpt, bitmap, flags), 0);
	for (size_t i = 0; i < f->bits; i++)
		if (!f->v->huge)
			CHECK_EQ(bit(bitmap, i), marked && i % 2 == 0);
		else if (!marked || i % 2 == 0)
			CHECK_EQ(bit(bitmap, i), marked);
}

static void mark_and_read(struct fixture *f, uint32_t hwpt, uint8_t *bitmap,
			  uint32_t flags)
{
	size_t bytes = (f->bits + 7) / 8;

	memset(bitmap, 0, bytes);
	for (size_t i = 0; i < f->bits; i += 2)
		bitmap[i / 8] |= 1u << i % 8;
	mark(f, hwpt, bitmap, (f->bits + 1) / 2);
	check_bitmap(f, hwpt, bitmap, bytes, true, flags);
	check_bitmap(f, hwpt, bitmap, bytes, flags != 0, flags);
	check_bitmap(f, hwpt, bitmap, bytes, flags != 0, 0);
	check_bitmap(f, hwpt, bitmap, bytes, false, 0);
}

static void sweep(int which, uint32_t flags)
{
	static const size_t shifts[] = { 0, HALF, PAGE - 1, 1, 3 };
	struct fixture f = setup(which);
	uint8_t *room = anonymous((f.bits + 7) / 8 + 2 * PAGE, MAP_PRIVATE);
	uint32_t hwpt = 0, other = 0;
	struct mock mock = { 0 };
	uint64_t n;

	CHECK_EQ(tracked(&f, f.mock.idev, 0, &hwpt), 0);
	CHECK_EQ(new_device(f.fd, hwpt, 0, &mock), 0);
	CHECK_EQ(map_at(f.fd, f.ioas, f.memory, f.v->size, MOCK_APERTURE_START),
		 0);
	check_bitmap(&f, hwpt, room, (f.bits + 7) / 8, false, flags);
	CHECK_EQ(set_dirty_tracking(f.fd, hwpt, true), 0);
	CHECK_ERRNO(EOPNOTSUPP, read_bitmap(&f, hwpt, room, 2));
	CHECK_ERRNO(ENOENT, read_bitmap(&f, 9999, room, flags));
	CHECK_EQ(paging(f.fd, f.mock.idev, f.ioas, 0, &other), 0);
	CHECK_ERRNO(EOPNOTSUPP, read_bitmap(&f, other, room, flags));
	for (size_t i = 0; i < sizeof(shifts) / sizeof(shifts[0]); i++)
		mark_and_read(&f, hwpt, room + shifts[i], flags);
	CHECK_EQ(set_dirty_tracking(f.fd, hwpt, false), 0);
	CHECK_EQ(unmap(f.fd, f.ioas, MOCK_APERTURE_START, f.v->size, &n), 0);
	CHECK_EQ(destroy(f.fd, mock.stdev), 0);
	CHECK_EQ(destroy(f.fd, hwpt), 0);
	teardown(&f);
}

static void test_bitmap(int which)
{
	sweep(which, 0);
}

static void test_bitmap_no_clear(int which)
{
	sweep(which, IOMMU_HWPT_GET_DIRTY_BITMAP_NO_CLEAR);
}

#define DIRTY_TEST(name, run)                                              \
	{ name, "8k", 0, run }, { name, "16k", 1, run },                   \
	{ name, "64k", 2, run }, { name, "128k", 3, run },                 \
	{ name, "320k", 4, run }, { name, "64M", 5, run },                 \
	{ name, "64M_huge", 6, run }, { name, "128M", 7, run },            \
	{ name, "128M_huge", 8, run }

static const struct test tests[] = {
	DIRTY_TEST("enforce", test_enforce),
	DIRTY_TEST("set", test_set),
	DIRTY_TEST("pasid_set", test_pasid_set),
	DIRTY_TEST("capability", test_capability),
	DIRTY_TEST("bitmap", test_bitmap),
	DIRTY_TEST("bitmap_no_clear", test_bitmap_no_clear),
};

int main(int argc, char **argv)
{
	return selftests(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
