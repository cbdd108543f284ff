// SPDX-License-Identifier: MIT
/* Unmapping and cutting: spec/40 sections 14 and 18. */
#include "ioas_rig.h"

#include <sys/mman.h>

#define NOWHERE ((void *)0x10000000)

static void test_errnos(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig);
	const struct {
		u32 ioas_id;
		u64 iova, length;
		int error;
		u64 unmapped;
	} rows[] = {
		{ 99, U64_MAX, U64_MAX, -ENOENT, 0 },
		{ ioas, 0, U64_MAX, 0, 0 },	/* everything, of nothing */
		{ ioas, 1, U64_MAX, -EOVERFLOW, 0 },
		{ ioas, U64_MAX, 1, -EOVERFLOW, 0 },
		{ ioas, 0, 0, -EINVAL, 0 },
		{ ioas, U64_MAX - 1, 3, -EOVERFLOW, 0 },
		{ ioas, 0, 0x1000, -ENOENT, 0 },
		{ ioas, 0, U64_MAX - 1, -ENOENT, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		u64 length = rows[i].length;
		int ret = ioas_unmap(rig, rows[i].ioas_id, rows[i].iova,
				     &length);

		if (ret != rows[i].error)
			fail_msg("row %zu: %d", i, ret);
		assert_true(length == (ret ? rows[i].length :
					     rows[i].unmapped));
	}
}

static void map_at(struct rig *rig, u32 ioas, u64 iova, u64 length)
{
	assert_int_equal(ioas_map_at(rig, ioas, NOWHERE, length, iova), 0);
}

/* Whole areas only; what was below stays unmapped when a later one fails. */
static void test_whole_areas(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig);
	u64 length = 0x5000;

	map_at(rig, ioas, 0x1000, 0x2000);
	map_at(rig, ioas, 0x3000, 0x1000);
	map_at(rig, ioas, 0x5000, 0x2000);
	/* Sticks out to the left: nothing happens. */
	assert_int_equal(ioas_unmap_at(rig, ioas, 0x2000, 0x8000), -ENOENT);
	assert_true(area_count(rig, ioas) == 3);
	/* Sticks out to the right: the others are gone. */
	assert_int_equal(ioas_unmap(rig, ioas, 0x1000, &length), -ENOENT);
	assert_true(length == 0x5000);
	assert_true(area_count(rig, ioas) == 1);
	map_at(rig, ioas, 0, 1);
	/* Holes do not count. */
	length = 0x8000;
	assert_int_equal(ioas_unmap(rig, ioas, 0, &length), 0);
	assert_true(length == 0x2001);
	map_at(rig, ioas, U64_MAX - 0xfff, 0x1000);
	assert_int_equal(ioas_unmap_at(rig, ioas, U64_MAX - 0xfff, 0x1000), 0);
	map_at(rig, ioas, U64_MAX - 0xfff, 0x1000);
	assert_int_equal(ioas_unmap_all(rig, ioas), 0);
	assert_true(!area_count(rig, ioas));
}

/* ---- areas with pins ---- */

struct holder {
	struct iommufd_access *access;
	struct iommufd_ctx *ictx;
	u64 pin_iova[128];
	u64 pin_length[128];
	unsigned int pins;
	bool stubborn;			/* never lets go */
	unsigned int calls;
	u64 last_iova, last_length;
};

static void holder_unmap(void *data, unsigned long iova, unsigned long length)
{
	struct holder *holder = data;
	unsigned int kept = 0;

	holder->calls++;
	holder->last_iova = iova;
	holder->last_length = length;
	if (holder->stubborn)
		return;
	for (unsigned int i = 0; i < holder->pins; i++) {
		u64 first = holder->pin_iova[i];
		u64 pinned = holder->pin_length[i];

		if (first <= iova + (length - 1) && first + pinned > iova) {
			iommufd_access_unpin_pages(holder->access, first,
						   pinned);
			continue;
		}
		holder->pin_iova[kept] = first;
		holder->pin_length[kept++] = pinned;
	}
	holder->pins = kept;
}

static const struct iommufd_access_ops holder_ops = {
	.needs_pin_pages = 1, .unmap = holder_unmap,
};

static void holder_begin(struct rig *rig, struct holder *holder, u32 ioas)
{
	u32 id;

	memset(holder, 0, sizeof(*holder));
	holder->access = iommufd_access_create(rig_ctx(rig), &holder_ops,
					       holder, &id);
	assert_false(IS_ERR(holder->access));
	assert_int_equal(iommufd_access_attach(holder->access, ioas), 0);
}

static void holder_pin(struct holder *holder, u64 iova, u64 length)
{
	struct page *pages[16];

	assert_int_equal(iommufd_access_pin_pages(holder->access, iova, length,
						  pages, 0), 0);
	holder->pin_iova[holder->pins] = iova;
	holder->pin_length[holder->pins++] = length;
}

/* Told the area's range, asked once, and it is gone. */
static void test_notified(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig);
	char *at = memory(0x8000);
	struct holder holder, idle;

	holder_begin(rig, &holder, ioas);
	holder_begin(rig, &idle, ioas);
	assert_int_equal(ioas_map_at(rig, ioas, at, 0x4000, 0x10000), 0);
	/* Nobody has pinned: nobody is asked. */
	assert_int_equal(ioas_unmap_at(rig, ioas, 0x10000, 0x4000), 0);
	assert_int_equal(holder.calls, 0);
	assert_int_equal(ioas_map_at(rig, ioas, at, 0x4000, 0x10000), 0);
	holder_pin(&holder, 0x11000, 0x1000);
	holder_pin(&holder, 0x10000, 0x4000);
	assert_int_equal(ioas_unmap_at(rig, ioas, 0, 0x20000), 0);
	assert_int_equal(holder.calls, 1);
	assert_int_equal(idle.calls, 1);
	assert_true(idle.last_iova == 0x10000 && idle.last_length == 0x4000);
	assert_int_equal(holder.pins, 0);
	assert_true(!pages_pin_count((uintptr_t)at));
	iommufd_access_destroy(idle.access);
	iommufd_access_destroy(holder.access);
}

/* Who never lets go is asked 101 times. */
static void test_stubborn(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig);
	char *at = memory(0x1000);
	struct holder holder;
	struct page *page;

	holder_begin(rig, &holder, ioas);
	assert_int_equal(ioas_map_at(rig, ioas, at, 0x1000, 0x10000), 0);
	holder_pin(&holder, 0x10000, 0x1000);
	holder.stubborn = true;
	assert_int_equal(ioas_unmap_at(rig, ioas, 0x10000, 0x1000),
			 -EDEADLOCK);
	assert_int_equal(holder.calls, 101);
	/* No more pins there, for ever. */
	assert_int_equal(iommufd_access_pin_pages(holder.access, 0x10000,
						  0x1000, &page, 0), -EINVAL);
	assert_int_equal(iommufd_access_rw(holder.access, 0x10000, &page, 1, 0),
			 -EINVAL);
	holder.stubborn = false;
	assert_int_equal(ioas_unmap_at(rig, ioas, 0x10000, 0x1000), 0);
	assert_int_equal(holder.calls, 102);
	iommufd_access_destroy(holder.access);
}

/* @count areas of a page, @stride apart, each with a pin; unmap all at once. */
static int unmap_run(struct rig *rig, struct holder *holder, u32 ioas,
		     char *at, unsigned int count, u64 stride)
{
	for (unsigned int i = 0; i < count; i++) {
		assert_int_equal(ioas_map_at(rig, ioas, at, 0x1000,
					     i * stride), 0);
		holder_pin(holder, i * stride, 0x1000);
	}
	holder->calls = 0;
	return ioas_unmap_at(rig, ioas, 0, count * stride);
}

/*
 * Tries add up over a run of areas that touch: 100 are fine, the 101st is one
 * too many although everybody lets go.  With holes any number works.
 */
static void test_tries_add_up(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig);
	char *at = memory(0x1000);
	struct holder holder;

	holder_begin(rig, &holder, ioas);
	assert_int_equal(unmap_run(rig, &holder, ioas, at, 100, 0x1000), 0);
	assert_int_equal(holder.calls, 100);
	assert_int_equal(unmap_run(rig, &holder, ioas, at, 101, 0x1000),
			 -EDEADLOCK);
	assert_int_equal(holder.calls, 101);
	/* The one that is left has been released, and goes now. */
	assert_int_equal(holder.pins, 0);
	assert_true(area_count(rig, ioas) == 1);
	assert_int_equal(ioas_unmap_at(rig, ioas, 0, 101 * 0x1000), 0);
	assert_int_equal(holder.calls, 101);
	assert_int_equal(unmap_run(rig, &holder, ioas, at, 120, 0x2000), 0);
	assert_int_equal(holder.calls, 120);
	iommufd_access_destroy(holder.access);
}

/*
 * B06.  An internal access: its areas are busy, and it is neither called nor
 * entered by notifications for others.
 */
static void test_internal(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig);
	char *at = memory(0x3000);
	struct iommufd_access *internal;
	struct holder holder;
	struct page *page;

	for (u64 i = 0; i < 3; i++)
		assert_int_equal(ioas_map_at(rig, ioas, at + i * 0x1000,
					     0x1000, i * 0x1000), 0);
	internal = iommufd_access_create_internal(rig_ctx(rig));
	assert_false(IS_ERR(internal));
	assert_int_equal(rig_destroy(rig, internal->obj.id), -EBUSY);
	assert_int_equal(iommufd_access_attach_internal(internal,
							ioas_of(rig, ioas)), 0);
	assert_true(ioas_alignment(rig, ioas) == 0x1000);
	assert_int_equal(iommufd_access_pin_pages(internal, 0x1000, 0x1000,
						  &page, 0), 0);
	holder_begin(rig, &holder, ioas);
	holder_pin(&holder, 0, 0x1000);
	/* The one below is gone, with one notification. */
	assert_int_equal(ioas_unmap_at(rig, ioas, 0, 0x1000), 0);
	assert_int_equal(holder.calls, 1);
	assert_int_equal(refcount_read(&internal->obj.users), 2);
	assert_int_equal(refcount_read(&internal->obj.wait_cnt), 1);
	assert_int_equal(ioas_unmap_all(rig, ioas), -EBUSY);
	/* Busy comes before the question whether the area is whole. */
	assert_int_equal(ioas_unmap_at(rig, ioas, 0x1800, 0x100), -EBUSY);
	assert_true(area_count(rig, ioas) == 2);
	assert_int_equal(holder.calls, 1);
	iommufd_access_unpin_pages(internal, 0x1000, 0x1000);
	iommufd_access_detach_internal(internal);
	iommufd_access_destroy_internal(rig_ctx(rig), internal);
	assert_int_equal(ioas_unmap_all(rig, ioas), 0);
	iommufd_access_destroy(holder.access);
	assert_true(ioas_alignment(rig, ioas) == 1);
}

/* ---- cutting ---- */

static void test_cut_rules(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig);
	struct iopt *iopt = iopt_of(rig, ioas);
	struct toy *toy = toy_new(~0xffful);
	char *at = memory(0x4000);
	struct holder holder;

	holder_begin(rig, &holder, ioas);
	assert_int_equal(iopt_cut(iopt, 0x1000), 0);
	assert_int_equal(ioas_map_at(rig, ioas, at, 0x4000, 0x10000), 0);
	/* Its last byte, and its first. */
	assert_int_equal(iopt_cut(iopt, 0x13fff), 0);
	assert_int_equal(iopt_cut(iopt, 0x10000), 0);
	assert_int_equal(iopt_cut(iopt, 0x107ff), -EINVAL);
	assert_true(area_count(rig, ioas) == 1);
	holder_pin(&holder, 0x10000, 0x1000);
	assert_int_equal(iopt_cut(iopt, 0x10fff), -EINVAL);
	holder.stubborn = true;
	assert_int_equal(ioas_unmap_all(rig, ioas), -EDEADLOCK);
	assert_int_equal(iopt_cut(iopt, 0x10fff), -EBUSY);
	holder.stubborn = false;
	assert_int_equal(ioas_unmap_all(rig, ioas), 0);
	iommufd_access_destroy(holder.access);
	/* With a domain: only without large pages. */
	assert_int_equal(iopt_add_domain(iopt, &toy->table.domain), 0);
	assert_int_equal(ioas_map_at(rig, ioas, at, 0x4000, 0x10000), 0);
	assert_int_equal(iopt_cut(iopt, 0x10fff), -EINVAL);
	iopt_remove_domain(iopt, &toy->table.domain);
	assert_int_equal(iopt_cut(iopt, 0x10fff), 0);
	assert_true(area_count(rig, ioas) == 2);
	iopt_check(iopt);
}

/*
 * B61.  Cut areas are users of their pages like any other: another domain can
 * come, copies can be made, and each part goes on its own with its pins.
 */
static void test_cut_in_domain(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig), other = rig_ioas(rig);
	struct iopt *iopt = iopt_of(rig, ioas);
	struct toy *toy = toy_new(~0xffful), *late = toy_new(~0xffful);
	char *at = memory(0x8000);
	u64 iova = 0;

	assert_int_equal(ioas_huge(rig, ioas, 0), 0);
	assert_int_equal(iopt_add_domain(iopt, &toy->table.domain), 0);
	assert_int_equal(ioas_map_at(rig, ioas, at, 0x8000, 0x10000), 0);
	assert_int_equal(iopt_cut(iopt, 0x12fff), 0);
	assert_int_equal(iopt_cut(iopt, 0x15fff), 0);
	assert_true(area_count(rig, ioas) == 3);
	iopt_check(iopt);
	assert_int_equal(iopt_add_domain(iopt, &late->table.domain), 0);
	toy_check(late, iopt);
	assert_int_equal(ioas_copy(rig, other, ioas, MAP_FIXED_RW, 0x12000,
				   0x4000, &iova), 0);
	assert_int_equal(ioas_unmap_at(rig, ioas, 0x13000, 0x3000), 0);
	for (int i = 0; i < 8; i++)
		assert_true(pages_pin_count((uintptr_t)at + i * 0x1000) ==
			    (i < 3 || i >= 6));
	toy_check(toy, iopt);
	toy_check(late, iopt);
	assert_int_equal(ioas_unmap_at(rig, ioas, 0x10000, 0x3000), 0);
	assert_int_equal(ioas_unmap_all(rig, ioas), 0);
	assert_true(!pages_pin_count((uintptr_t)at));
	iopt_remove_domain(iopt, &toy->table.domain);
	iopt_remove_domain(iopt, &late->table.domain);
}

static struct iopt *swept;

static int sweep_cut(struct rig *rig)
{
	return iopt_cut(swept, 0x10fff);
}

static void sweep_join(struct rig *rig)
{
	unsigned long bytes;

	assert_int_equal(iopt_unmap(swept, 0, ULONG_MAX, &bytes), 0);
	map_at(rig, container_of(swept, struct iommufd_ioas, iopt)->obj.id,
	       0x10000, 0x2000);
}

static void test_cut_without_memory(void **state)
{
	struct rig *rig = *state;
	u32 ioas = rig_ioas(rig);
	const int errnos[] = { ENOMEM, 0 };

	swept = iopt_of(rig, ioas);
	map_at(rig, ioas, 0x10000, 0x2000);
	rig_sweep(rig, sweep_cut, sweep_join, errnos);
	assert_true(area_count(rig, ioas) == 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IOAS_TEST(test_errnos),
		IOAS_TEST(test_whole_areas),
		IOAS_TEST(test_notified),
		IOAS_TEST(test_stubborn),
		IOAS_TEST(test_tries_add_up),
		IOAS_TEST(test_internal),
		IOAS_TEST(test_cut_rules),
		IOAS_TEST(test_cut_in_domain),
		IOAS_TEST(test_cut_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
