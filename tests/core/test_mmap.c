// SPDX-License-Identifier: MIT
/* Laws of mmap.c: offsets, and who can map what when. */
#include "core_rig.h"

#include <sys/mman.h>
#include <linux/mm.h>
#include <uik/file.h>

#define PAGES(n) ((unsigned long)(n) * PAGE_SIZE)

static int area(struct rig *rig, struct rig_object *owner, unsigned long pages,
		unsigned long *offset)
{
	return _iommufd_alloc_mmap(rig->ictx, &owner->obj, 0, PAGES(pages),
				   offset);
}

/* Physical start and length are page multiples, the length is not zero. */
static void arguments_are_checked(void **state)
{
	struct rig *rig = *state;
	struct rig_object *a = rig_make(rig, IOMMUFD_OBJ_IOAS);
	unsigned long offset = 7;
	static const struct {
		phys_addr_t phys;
		size_t length;
		int ret;
	} rows[] = {
		{ 1, PAGE_SIZE, -EINVAL },
		{ PAGE_SIZE - 1, PAGE_SIZE, -EINVAL },
		{ 0, 0, -EINVAL },
		{ 0, PAGE_SIZE + 1, -EINVAL },
		{ 0, 0ul - PAGE_SIZE / 2, -EINVAL },
	};

	for (unsigned int i = 0; i < 5; i++)
		assert_int_equal(_iommufd_alloc_mmap(rig->ictx, &a->obj,
						     rows[i].phys,
						     rows[i].length, &offset),
				 rows[i].ret);
	assert_int_equal(offset, 7);
}

/* The window is [page 1, 2^64): what fills it exactly fits, alone. */
static void the_whole_window_can_be_one_area(void **state)
{
	struct rig *rig = *state;
	struct rig_object *a = rig_make(rig, IOMMUFD_OBJ_IOAS);
	unsigned long offset, other;

	assert_int_equal(_iommufd_alloc_mmap(rig->ictx, &a->obj, 0,
					     0ul - PAGE_SIZE, &offset), 0);
	assert_int_equal(offset, PAGE_SIZE);
	assert_int_equal(area(rig, a, 1, &other), -EBUSY);
	_iommufd_destroy_mmap(rig->ictx, &a->obj, offset);
	assert_int_equal(area(rig, a, 1, &other), 0);
	assert_int_equal(other, PAGE_SIZE);
	assert_int_equal(_iommufd_alloc_mmap(rig->ictx, &a->obj, 0,
					     0ul - PAGE_SIZE, &offset), -EBUSY);
	_iommufd_destroy_mmap(rig->ictx, &a->obj, other);
}

#define MODEL_PAGES 512
#define MODEL_AREAS 96

/*
 * Against a plain array of pages: every area gets the lowest place that fits,
 * page 0 excepted.
 */
static void lowest_gap_as_in_a_plain_model(void **state)
{
	static u8 used[MODEL_PAGES];
	struct { unsigned long first, pages; } areas[MODEL_AREAS];
	struct rig *rig = *state;
	struct rig_object *a = rig_make(rig, IOMMUFD_OBJ_IOAS);
	unsigned int count = 0, seed = 1;

	memset(used, 0, sizeof(used));
	used[0] = 1;
	for (unsigned int step = 0; step < 6000; step++) {
		unsigned int dice;

		seed = seed * 1103515245 + 12345;
		dice = seed >> 16;
		if (count < MODEL_AREAS && (dice & 1 || !count)) {
			unsigned long pages = 1 + (dice >> 1) % 5, at = 0, run = 0;
			unsigned long offset;

			while (run < pages) {
				run = used[at] ? 0 : run + 1;
				at++;
			}
			assert_int_equal(area(rig, a, pages, &offset), 0);
			assert_int_equal(offset, PAGES(at - pages));
			memset(&used[at - pages], 1, pages);
			areas[count].first = at - pages;
			areas[count++].pages = pages;
		} else {
			unsigned int victim = (dice >> 1) % count;
			unsigned long in = (dice >> 8) % areas[victim].pages;

			/* Any offset in the area names it. */
			_iommufd_destroy_mmap(rig->ictx, &a->obj,
					      PAGES(areas[victim].first + in));
			memset(&used[areas[victim].first], 0,
			       areas[victim].pages);
			areas[victim] = areas[--count];
		}
	}
	while (count--)
		_iommufd_destroy_mmap(rig->ictx, &a->obj,
				      PAGES(areas[count].first));
}

/* No area, or another's: WARN. */
static void destroy_of_a_wrong_area_warns(void **state)
{
	struct rig *rig = *state;
	struct rig_object *a = rig_make(rig, IOMMUFD_OBJ_IOAS);

	uik_warn_expect_begin();
	_iommufd_destroy_mmap(rig->ictx, &a->obj, PAGE_SIZE);
	assert_int_equal(uik_warn_expect_end(), 1);
}

/* Every allocation fails in turn; the offset is not written. */
static void alloc_failure_sweep(void **state)
{
	struct rig *rig = *state;
	struct rig_object *a = rig_make(rig, IOMMUFD_OBJ_IOAS);
	unsigned long offset = 7;

	uik_fail_nth(1, UIK_FAIL_ANY, false);
	assert_int_equal(area(rig, a, 1, &offset), -ENOMEM);
	assert_true(uik_fail_nth(0, 0, false));
	assert_int_equal(offset, 7);
}

struct window {
	void *pages;
	unsigned long offset;
	size_t bytes;
};

static void window_open(struct rig *rig, struct rig_object *owner,
			struct window *window)
{
	window->bytes = PAGES(2);
	window->pages = uik_mappable_alloc(rig->machine, window->bytes);
	assert_non_null(window->pages);
	assert_int_equal(_iommufd_alloc_mmap(
				 rig->ictx, &owner->obj,
				 (unsigned long)window->pages, window->bytes,
				 &window->offset), 0);
}

static void window_close(struct rig *rig, struct rig_object *owner,
			 struct window *window)
{
	_iommufd_destroy_mmap(rig->ictx, &owner->obj, window->offset);
	uik_mappable_free(rig->machine, window->pages, window->bytes);
}

static int map(struct rig *rig, size_t bytes, int prot, int flags,
	       unsigned long offset, void **out)
{
	return uik_file_mmap(rig->file, NULL, bytes, prot, flags, offset, out);
}

/* Shared, not executable, exactly the area: spec/10 13.2 in its order. */
static void mapping_rules(void **state)
{
	const int rw = PROT_READ | PROT_WRITE;
	struct rig *rig = *state;
	struct rig_object *a = rig_make(rig, IOMMUFD_OBJ_IOAS);
	struct window w;
	void *at;

	window_open(rig, a, &w);
	assert_int_equal(map(rig, w.bytes, rw, MAP_PRIVATE, w.offset, &at),
			 -EINVAL);
	assert_int_equal(map(rig, w.bytes, rw | PROT_EXEC, MAP_SHARED, 0, &at),
			 -EPERM);
	assert_int_equal(map(rig, w.bytes, rw, MAP_SHARED, 0, &at), -ENXIO);
	assert_int_equal(map(rig, PAGE_SIZE, rw, MAP_SHARED, w.offset, &at),
			 -ENXIO);
	assert_int_equal(map(rig, PAGES(3), rw, MAP_SHARED, w.offset, &at),
			 -ENXIO);
	assert_int_equal(map(rig, PAGE_SIZE, rw, MAP_SHARED,
			     w.offset + PAGE_SIZE, &at), -ENXIO);
	assert_int_equal(refcount_read(&a->obj.users), 1);
	assert_int_equal(map(rig, w.bytes, rw, MAP_SHARED, w.offset, &at), 0);
	assert_int_equal(refcount_read(&a->obj.users), 2);
	assert_int_equal(refcount_read(&a->obj.wait_cnt), 1);
	/* It is that memory. */
	*(u32 *)w.pages = 0x1234;
	assert_int_equal(*(volatile u32 *)at, 0x1234);
	assert_int_equal(rig_destroy(rig, a->obj.id), -EBUSY);
	assert_int_equal(uik_munmap(at, w.bytes), 0);
	assert_int_equal(refcount_read(&a->obj.users), 1);
	window_close(rig, a, &w);
}

/* Split by a partial unmap, the owner is busy until the last piece is gone. */
static void split_keeps_the_owner(void **state)
{
	struct rig *rig = *state;
	struct rig_object *a = rig_make(rig, IOMMUFD_OBJ_IOAS);
	struct window w;
	void *at;

	window_open(rig, a, &w);
	assert_int_equal(map(rig, w.bytes, PROT_READ, MAP_SHARED, w.offset,
			     &at), 0);
	assert_int_equal(uik_munmap(at, PAGE_SIZE), 0);
	assert_int_equal(refcount_read(&a->obj.users), 2);
	assert_int_equal(rig_destroy(rig, a->obj.id), -EBUSY);
	assert_int_equal(uik_munmap(at + PAGE_SIZE, PAGE_SIZE), 0);
	assert_int_equal(refcount_read(&a->obj.users), 1);
	window_close(rig, a, &w);
}

/*
 * An area is registered before its owner is published; a guess of its offset
 * finds nothing until then, and nothing once the owner is being destroyed.
 */
static void unreachable_before_publication(void **state)
{
	struct rig *rig = *state;
	struct rig_object *a = rig_alloc(rig, IOMMUFD_OBJ_IOAS);
	struct window w;
	void *at;

	window_open(rig, a, &w);
	assert_int_equal(map(rig, w.bytes, PROT_READ, MAP_SHARED, w.offset,
			     &at), -ENXIO);
	assert_int_equal(refcount_read(&a->obj.users), 1);
	iommufd_object_finalize(rig->ictx, &a->obj);
	assert_int_equal(map(rig, w.bytes, PROT_READ, MAP_SHARED, w.offset,
			     &at), 0);
	assert_int_equal(uik_munmap(at, w.bytes), 0);
	window_close(rig, a, &w);
}

/* A mapping keeps the context after the client has closed it. */
static void mapping_keeps_the_context(void **state)
{
	struct rig *rig = *state;
	struct rig_object *a = rig_make(rig, IOMMUFD_OBJ_IOAS);
	struct window w;
	void *at;

	window_open(rig, a, &w);
	assert_int_equal(map(rig, w.bytes, PROT_READ, MAP_SHARED, w.offset,
			     &at), 0);
	get_file(rig->file);
	fput(rig->file);
	assert_int_equal(file_count(rig->file), 2);
	assert_int_equal(uik_munmap(at, w.bytes), 0);
	assert_int_equal(file_count(rig->file), 1);
	window_close(rig, a, &w);
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(arguments_are_checked),
		TEST(the_whole_window_can_be_one_area),
		TEST(lowest_gap_as_in_a_plain_model),
		TEST(destroy_of_a_wrong_area_warns),
		TEST(alloc_failure_sweep),
		TEST(mapping_rules),
		TEST(split_keeps_the_owner),
		TEST(unreachable_before_publication),
		TEST(mapping_keeps_the_context),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
