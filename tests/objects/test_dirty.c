// SPDX-License-Identifier: MIT
/* Dirty tracking: spec/45 sections B2, B3. */
#include "ioas_rig.h"

#define PAGES 16

struct tracked {
	u32 ioas;
	struct iopt *iopt;
	struct toy *toy;
	char *at;
	u8 *bits;
};

/* Sixteen areas of a page in a domain. */
static void tracked_begin(struct rig *rig, struct tracked *t)
{
	t->ioas = rig_ioas(rig);
	t->iopt = iopt_of(rig, t->ioas);
	t->toy = toy_new(~0xffful);
	t->at = memory(PAGES * PAGE_SIZE);
	t->bits = (u8 *)memory(PAGE_SIZE);
	assert_int_equal(iopt_add_domain(t->iopt, &t->toy->table.domain), 0);
	for (int i = 0; i < PAGES; i++)
		assert_int_equal(ioas_map_at(rig, t->ioas,
					     t->at + i * PAGE_SIZE, PAGE_SIZE,
					     0x1000000 + i * PAGE_SIZE), 0);
}

static void tracked_end(struct rig *rig, struct tracked *t)
{
	iopt_remove_domain(t->iopt, &t->toy->table.domain);
	assert_int_equal(rig_destroy(rig, t->ioas), 0);
}

static void soil(struct tracked *t, u32 pages)
{
	for (int i = 0; i < PAGES; i++)
		if (pages >> i & 1)
			toy_entry(t->toy, 0x1000000 + i * PAGE_SIZE)->dirty =
				true;
}

static u32 soiled(struct tracked *t)
{
	u32 pages = 0;

	for (unsigned int i = 0; i < t->toy->count; i++)
		if (t->toy->entry[i].dirty)
			pages |= 1u << ((t->toy->entry[i].iova - 0x1000000) /
					PAGE_SIZE);
	return pages;
}

static int read_dirty(struct tracked *t, u64 iova, u64 length, u64 page_size,
		      u64 flags)
{
	struct iommu_hwpt_get_dirty_bitmap cmd = {
		.iova = iova, .length = length, .page_size = page_size,
		.data = (uintptr_t)t->bits,
	};

	memset(t->bits, 0, PAGE_SIZE);
	return iopt_dirty_read(t->iopt, &t->toy->table.domain, flags, &cmd);
}

static void test_read_errnos(void **state)
{
	struct rig *rig = *state;
	struct tracked t;
	const struct {
		u64 iova, length, page_size;
		int error;
	} rows[] = {
		{ 0x800, 0, 0, -EINVAL },
		{ U64_MAX - 0xfff, 0x2000, 0, -EOVERFLOW },
		{ 0x800, 0x1000, 0x800, -EINVAL },
		{ 0, 0x1800, 0x800, -EINVAL },
		{ 0, 0x1000, 0, -EINVAL },
		{ 0x1000, 0x1000, 0x2000, -EINVAL },
		{ 0, 0x1000, 0x2000, -EINVAL },
		{ 0x1000, 0x1000, 1ull << 63, -EINVAL },
		/* Not a power of two is fine, by its mask. */
		{ 0x1000000, 0x10000, 0x1800, 0 },
		{ U64_MAX - 0xfff, 0x1000, 0x1000, 0 },
	};

	tracked_begin(rig, &t);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (read_dirty(&t, rows[i].iova, rows[i].length,
			       rows[i].page_size, 0) != rows[i].error)
			fail_msg("row %zu", i);
	t.toy->table.domain.dirty_ops = NULL;
	/* After the checks of the range. */
	assert_int_equal(read_dirty(&t, 0x800, 0x1000, 0x800, 0), -EINVAL);
	assert_int_equal(read_dirty(&t, 0, 0x1000, 0x1000, 0), -EOPNOTSUPP);
	assert_int_equal(iopt_dirty_enable(t.iopt, &t.toy->table.domain, true),
			 -EOPNOTSUPP);
	tracked_end(rig, &t);
}

/* Read, then cleared and flushed; or neither with NO_CLEAR. */
static void test_read_and_clear(void **state)
{
	struct rig *rig = *state;
	struct tracked t;
	unsigned int syncs;

	tracked_begin(rig, &t);
	soil(&t, 0x1b);
	syncs = t.toy->syncs;
	assert_int_equal(read_dirty(&t, 0x1000000, 0x10000, 0x1000,
				    IOMMU_DIRTY_NO_CLEAR), 0);
	assert_int_equal(t.bits[0], 0x1b);
	assert_int_equal(soiled(&t), 0x1b);
	assert_int_equal(t.toy->syncs, syncs);
	assert_int_equal(read_dirty(&t, 0x1001000, 0x3000, 0x1000, 0), 0);
	assert_int_equal(t.bits[0], 0x05);
	assert_int_equal(soiled(&t), 0x11);
	/* One flush, of what was cleared. */
	assert_int_equal(t.toy->syncs, syncs + 1);
	assert_true(t.toy->sync_first == 0x1001000);
	assert_true(t.toy->sync_last == 0x1003fff);
	assert_int_equal(read_dirty(&t, 0x1001000, 0x3000, 0x1000, 0), 0);
	assert_int_equal(t.toy->syncs, syncs + 1);
	tracked_end(rig, &t);
}

/* A hole ends it, with success: what is beyond stays dirty. */
static void test_holes(void **state)
{
	struct rig *rig = *state;
	struct tracked t;

	tracked_begin(rig, &t);
	assert_int_equal(ioas_unmap_at(rig, t.ioas, 0x1001000, 0x1000), 0);
	soil(&t, 1);
	for (int i = 2; i <= 4; i += 2)
		toy_entry(t.toy, 0x1000000 + i * PAGE_SIZE)->dirty = true;
	assert_int_equal(read_dirty(&t, 0x1000000, 0x10000, 0x800, 0), 0);
	assert_int_equal(t.bits[0], 0x03);
	assert_int_equal(read_dirty(&t, 0x1001000, 0xf000, 0x800, 0), 0);
	assert_int_equal(t.bits[0], 0);
	assert_int_equal(read_dirty(&t, 0x1002000, 0xe000, 0x800, 0), 0);
	assert_int_equal(t.bits[0], 0x33);
	/* So does an error of the driver. */
	t.toy->dirty_error = -EIO;
	soil(&t, 0);
	assert_int_equal(read_dirty(&t, 0x1002000, 0xe000, 0x800, 0), 0);
	tracked_end(rig, &t);
}

/* Switching on clears everything first; an error prevents it. */
static void test_enable(void **state)
{
	struct rig *rig = *state;
	struct tracked t;
	struct iommu_domain *domain;

	tracked_begin(rig, &t);
	domain = &t.toy->table.domain;
	assert_int_equal(iopt_dirty_enable(t.iopt, domain, true), 0);
	assert_true(t.toy->tracking);
	soil(&t, 0x8001);
	assert_int_equal(iopt_dirty_enable(t.iopt, domain, true), 0);
	assert_int_equal(soiled(&t), 0);
	assert_true(t.toy->sync_first == 0x1000000);
	assert_true(t.toy->sync_last == 0x100ffff);
	soil(&t, 2);
	assert_int_equal(iopt_dirty_enable(t.iopt, domain, false), 0);
	assert_false(t.toy->tracking);
	assert_int_equal(soiled(&t), 2);
	t.toy->dirty_error = -EIO;
	assert_int_equal(iopt_dirty_enable(t.iopt, domain, true), -EIO);
	assert_false(t.toy->tracking);
	tracked_end(rig, &t);
}

/* One entry for many pages, and one bit for many entries. */
static void test_large_entries(void **state)
{
	struct rig *rig = *state;
	struct tracked t;

	tracked_begin(rig, &t);
	assert_int_equal(ioas_unmap_all(rig, t.ioas), 0);
	assert_int_equal(ioas_map_at(rig, t.ioas, t.at, PAGES * PAGE_SIZE,
				     0x1000000), 0);
	assert_int_equal(t.toy->count, 1);
	t.toy->entry[0].dirty = true;
	/* The tail of the entry is asked for: it is lost, and cleared. */
	assert_int_equal(read_dirty(&t, 0x1008000, 0x8000, 0x1000, 0), 0);
	assert_int_equal(t.bits[0], 0);
	assert_false(t.toy->entry[0].dirty);
	t.toy->entry[0].dirty = true;
	assert_int_equal(read_dirty(&t, 0x1000000, 0x1000, 0x1000, 0), 0);
	assert_int_equal(t.bits[0], 0xff);
	assert_int_equal(t.bits[1], 0xff);
	t.toy->entry[0].dirty = true;
	assert_int_equal(read_dirty(&t, 0x1000000, 0x10000, 0x10000, 0), 0);
	assert_int_equal(t.bits[0], 1);
	tracked_end(rig, &t);
}

/* Through the commands, with a real page table. */
static void test_commands(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig), hwpt;
	struct iommu_hwpt_set_dirty_tracking set = {
		.size = sizeof(set), .flags = 2,
	};
	struct iommu_hwpt_get_dirty_bitmap get = {
		.size = sizeof(get), .flags = 2, .length = 0x1000,
		.page_size = 0x1000,
	};

	knobs.dirty = true;
	rig_bind(rig, 0);
	hwpt = rig_hwpt(rig, 0, ioas, 0);
	assert_int_equal(rig_ioctl(rig, IOMMU_HWPT_SET_DIRTY_TRACKING, &set),
			 -EOPNOTSUPP);
	assert_int_equal(rig_ioctl(rig, IOMMU_HWPT_GET_DIRTY_BITMAP, &get),
			 -EOPNOTSUPP);
	set.flags = get.flags = 1;
	assert_int_equal(rig_ioctl(rig, IOMMU_HWPT_SET_DIRTY_TRACKING, &set),
			 -ENOENT);
	get.__reserved = 1;
	assert_int_equal(rig_ioctl(rig, IOMMU_HWPT_GET_DIRTY_BITMAP, &get),
			 -EOPNOTSUPP);
	get.__reserved = 0;
	get.hwpt_id = ioas;
	assert_int_equal(rig_ioctl(rig, IOMMU_HWPT_GET_DIRTY_BITMAP, &get),
			 -ENOENT);
	/* Not asked for when it was made. */
	set.hwpt_id = get.hwpt_id = hwpt;
	assert_int_equal(rig_ioctl(rig, IOMMU_HWPT_SET_DIRTY_TRACKING, &set),
			 -EOPNOTSUPP);
	assert_int_equal(rig_ioctl(rig, IOMMU_HWPT_GET_DIRTY_BITMAP, &get),
			 -EOPNOTSUPP);
	assert_int_equal(rig_destroy(rig, hwpt), 0);
}

static struct tracked swept;

static int sweep_read(struct rig *rig)
{
	soil(&swept, 0xffff);
	return read_dirty(&swept, 0x1000000, 0x10000, 0x1000, 0);
}

static void sweep_nothing(struct rig *rig)
{
}

static void test_failing_steps(void **state)
{
	const int errnos[] = { ENOMEM, 0 };

	tracked_begin(*state, &swept);
	rig_sweep(*state, sweep_read, sweep_nothing, errnos);
	tracked_end(*state, &swept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IOAS_TEST(test_read_errnos),
		IOAS_TEST(test_read_and_clear),
		IOAS_TEST(test_holes),
		IOAS_TEST(test_enable),
		IOAS_TEST(test_large_entries),
		IOAS_TEST(test_commands),
		IOAS_TEST(test_failing_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
