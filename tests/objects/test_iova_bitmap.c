// SPDX-License-Identifier: MIT
/* Bitmaps of IOVAs in user memory: spec/45 sections B4, B5. */
#include "ioas_rig.h"

#include <linux/iova_bitmap.h>
#include <sys/mman.h>

static struct iova_bitmap *bitmap_new(u64 iova, u64 length, u64 page_size,
				      void *data)
{
	struct iova_bitmap *bitmap = iova_bitmap_alloc(iova, length, page_size,
						       data);

	assert_false(IS_ERR(bitmap));
	return bitmap;
}

/* Records the dirty entries of the worked examples, 4 KiB each. */
static void record_pages(u64 iova, u64 length, u64 page_size, void *data)
{
	static const unsigned int dirty[] = { 0, 1, 3, 4 };
	struct iova_bitmap *bitmap = bitmap_new(iova, length, page_size, data);

	for (size_t i = 0; i < ARRAY_SIZE(dirty); i++) {
		u64 at = 0x1000000 + dirty[i] * 0x1000;

		if (at <= iova + length - 1 && at + 0xfff >= iova)
			iova_bitmap_set(bitmap, at, 0x1000);
	}
	iova_bitmap_free(bitmap);
}

/* The table of B4. */
static void test_worked_examples(void **state)
{
	const struct {
		u64 iova, length, page_size;
		unsigned int shift;	/* of the data pointer */
		u8 preset;
		u8 want[4];
	} rows[] = {
		{ 0x1000000, 0x10000, 0x800, 0, 0, { 0xcf, 0x03 } },
		{ 0x1000000, 0x10000, 0x1000, 0, 0x50, { 0x5b, 0x00 } },
		{ 0x1000000, 0x10000, 0x400, 0, 0, { 0xff, 0xf0, 0x0f } },
		{ 0x1000000, 0x10000, 0x1800, 0, 0, { 0xcf, 0x03 } },
		{ 0x1000000, 0x10000, 0x10000, 0, 0, { 0x01 } },
		{ 0x1000800, 0x1800, 0x800, 0, 0, { 0x06 } },
		{ 0x1000000, 0x10000, 0x800, 3, 0, { 0xcf, 0x03 } },
	};
	u8 *page = (u8 *)memory(0x1000);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		memset(page, 0, 0x1000);
		page[rows[i].shift] = rows[i].preset;
		record_pages(rows[i].iova, rows[i].length, rows[i].page_size,
			     page + rows[i].shift);
		assert_memory_equal(page + rows[i].shift, rows[i].want, 4);
		for (unsigned int j = 0; j < rows[i].shift; j++)
			assert_int_equal(page[j], 0);
	}
}

/* An odd size means its lowest bit. */
static void test_granule_of_odd_size(void **state)
{
	u8 *page = (u8 *)memory(0x1000);
	struct iova_bitmap *bitmap = bitmap_new(0, 64, 3, page);

	iova_bitmap_set(bitmap, 9, 2);
	assert_int_equal(page[1], 0x06);
	iova_bitmap_free(bitmap);
}

/* What begins before the bitmap does is not recorded at all. */
static void test_before_the_start(void **state)
{
	u8 *page = (u8 *)memory(0x1000);
	struct iova_bitmap *bitmap = bitmap_new(0x210000, 0x10000, 0x1000,
						page);

	iova_bitmap_set(bitmap, 0x200000, 0x200000);
	iova_bitmap_set(bitmap, 0, 0x1000);
	for (int i = 0; i < 0x1000; i++)
		assert_int_equal(page[i], 0);
	iova_bitmap_free(bitmap);
}

/* B73.  What reaches beyond it is, up to the end of the page held. */
static void test_beyond_the_end(void **state)
{
	u8 *pages = (u8 *)memory(0x3000);
	struct iova_bitmap *bitmap;

	/* Its first 64 KiB are asked for, 512 bits are set. */
	bitmap = bitmap_new(0x200000, 0x10000, 0x1000, pages);
	iova_bitmap_set(bitmap, 0x200000, 0x200000);
	for (int i = 0; i < 64; i++)
		assert_int_equal(pages[i], 0xff);
	assert_int_equal(pages[64], 0);
	iova_bitmap_free(bitmap);
	/* Now the page ends first: 65536 bits, of which it has 32768. */
	memset(pages, 0, 0x3000);
	bitmap = bitmap_new(0x200000, 0x10, 1, pages);
	iova_bitmap_set(bitmap, 0x200000, 0x10000);
	assert_int_equal(pages[0xfff], 0xff);
	assert_int_equal(pages[0x1000], 0);
	iova_bitmap_free(bitmap);
	/* Not at a page's start: one page more is held. */
	memset(pages, 0, 0x3000);
	bitmap = bitmap_new(0x200000, 0x10, 1, pages + 0x800);
	iova_bitmap_set(bitmap, 0x200000, 0x10000);
	assert_int_equal(pages[0x7ff], 0);
	assert_int_equal(pages[0x1fff], 0xff);
	assert_int_equal(pages[0x2000], 0);
	iova_bitmap_free(bitmap);
}

/* B73.  A window's edge in the middle of an interval loses nothing. */
static void test_across_windows(void **state)
{
	size_t bytes = 0x203000;	/* of bitmap: three windows' worth */
	u8 *data = (u8 *)memory(bytes + 0x1000) + 5;
	struct iova_bitmap *bitmap = bitmap_new(0x1000, bytes * 8 * 0x1000,
						0x1000, data);
	u64 edge = 512 * 0x1000 - 5;

	iova_bitmap_set(bitmap, 0x1000, 0x1000);
	iova_bitmap_set(bitmap, 0x1000 + (edge - 2) * 8 * 0x1000,
			4 * 8 * 0x1000);
	iova_bitmap_set(bitmap, 0x1000 + bytes * 8 * 0x1000 - 0x1000, 0x1000);
	for (u64 i = 0; i < bytes; i++) {
		u8 want = i >= edge - 2 && i < edge + 2 ? 0xff : 0;

		if (!i)
			want = 1;
		if (i == bytes - 1)
			want = 0x80;
		if (data[i] != want)
			fail_msg("byte %#llx is %#x", i, data[i]);
	}
	iova_bitmap_free(bitmap);
}

/* Memory that is not there is passed over; the rest is not lost with it. */
static void test_inaccessible(void **state)
{
	u8 *pages = (u8 *)memory(0x4000);
	struct iova_bitmap *bitmap = bitmap_new(0, 0x4000ull * 8, 1, pages);

	assert_int_equal(mprotect(pages + 0x1000, 0x1000, PROT_NONE), 0);
	assert_int_equal(mprotect(pages + 0x3000, 0x1000, PROT_READ), 0);
	/* Across the edge: only the part before. */
	iova_bitmap_set(bitmap, 0xfff * 8, 16);
	assert_int_equal(pages[0xfff], 0xff);
	iova_bitmap_set(bitmap, 0x1800 * 8, 8);
	iova_bitmap_set(bitmap, 0x2fff * 8 + 4, 8);
	assert_int_equal(pages[0x2fff], 0xf0);
	assert_int_equal(pages[0x3000], 0);
	iova_bitmap_set(bitmap, 0, 8);
	assert_int_equal(pages[0], 0xff);
	iova_bitmap_free(bitmap);
	/* Nothing is touched that nobody records. */
	bitmap = bitmap_new(0, 0x1000, 1, NULL);
	iova_bitmap_set(bitmap, 0, 1);
	iova_bitmap_free(bitmap);
}

/* B71.  Pages so large that their product with 8 is 0. */
static void test_huge_page_size(void **state)
{
	u8 *page = (u8 *)memory(0x1000);
	struct iova_bitmap *bitmap;

	bitmap = bitmap_new(0, 1ull << 63, 1ull << 63, page);
	iova_bitmap_set(bitmap, 0x1000, 0x1000);
	assert_int_equal(page[0], 1);
	iova_bitmap_free(bitmap);
	bitmap = bitmap_new(1ull << 63, 1ull << 63, 1ull << 63, page);
	iova_bitmap_set(bitmap, 1ull << 63, 0x1000);
	assert_int_equal(page[0], 1);
	iova_bitmap_free(bitmap);
}

static int count_call(struct iova_bitmap *bitmap, unsigned long iova,
		      size_t length, void *opaque)
{
	unsigned long *seen = opaque;

	seen[0]++;
	seen[1] = iova;
	seen[2] = length;
	return -77;
}

static void test_for_each(void **state)
{
	struct iova_bitmap *bitmap = bitmap_new(0x5000, 0x7000, 0x1000, NULL);
	unsigned long seen[3] = { 0 };

	assert_int_equal(iova_bitmap_for_each(bitmap, seen, count_call), -77);
	assert_true(seen[0] == 1 && seen[1] == 0x5000 && seen[2] == 0x7000);
	iova_bitmap_free(bitmap);
}

/* Intervals inside of the bitmap against a plain loop over bits. */
static void test_against_model(void **state)
{
	u8 *data = (u8 *)memory(0x2000), *want = (u8 *)memory(0x2000);
	u64 seed = 5;

	for (int round = 0; round < 200; round++) {
		unsigned int shift = random_below(&seed, 14);
		u64 iova = random_below(&seed, 1 << 20) << shift;
		u64 bits = 8 * (1 + random_below(&seed, 0x1f00));
		unsigned int skew = random_below(&seed, 256);
		struct iova_bitmap *bitmap =
			bitmap_new(iova, bits << shift, 1ull << shift,
				   data + skew);

		memset(data, 0, 0x2000);
		memset(want, 0, 0x2000);
		for (int i = 0; i < 20; i++) {
			u64 first = random_below(&seed, bits);
			u64 last = first + random_below(&seed, bits - first);

			iova_bitmap_set(bitmap, iova + (first << shift),
					(last - first + 1) << shift);
			for (u64 bit = first; bit <= last; bit++)
				want[skew + bit / 8] |= 1 << bit % 8;
		}
		assert_memory_equal(data, want, 0x2000);
		iova_bitmap_free(bitmap);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IOAS_TEST(test_worked_examples),
		IOAS_TEST(test_granule_of_odd_size),
		IOAS_TEST(test_before_the_start),
		IOAS_TEST(test_beyond_the_end),
		IOAS_TEST(test_across_windows),
		IOAS_TEST(test_inaccessible),
		IOAS_TEST(test_huge_page_size),
		IOAS_TEST(test_for_each),
		IOAS_TEST(test_against_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
