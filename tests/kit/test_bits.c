/* SPDX-License-Identifier: MIT */
/* Small words, second part: bits two by two, texts, arrays, times, structs. */
#include "kit_test.h"

#include <string.h>
#include <linux/bitmap.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/nospec.h>
#include <linux/overflow.h>
#include <linux/percpu.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#define NBITS 150

/* Bits of @map as the plain test of each sees them. */
static unsigned int count_if(const unsigned long *a, const unsigned long *b,
			     bool in_b)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < NBITS; i++)
		count += test_bit(i, a) && test_bit(i, b) == in_b;
	return count;
}

static void fill_two(unsigned long *a, unsigned long *b, unsigned int x)
{
	bitmap_zero(a, NBITS);
	bitmap_zero(b, NBITS);
	for (unsigned int i = 0; i < NBITS; i++) {
		x = x * 1103515245 + 12345;
		__assign_bit(i, a, x >> 30 & 1);
		__assign_bit(i, b, x >> 29 & 1);
	}
}

/* Law: searches over two arrays find what the two have, each bit once. */
static void pairs_of_arrays(void **state)
{
	DECLARE_BITMAP(a, NBITS);
	DECLARE_BITMAP(b, NBITS);
	unsigned long bit;
	unsigned int n;

	for (unsigned int seed = 0; seed < 50; seed++) {
		fill_two(a, b, seed);
		n = 0;
		for_each_and_bit(bit, a, b, NBITS) {
			assert_true(test_bit(bit, a) && test_bit(bit, b));
			assert_int_equal(find_nth_bit(a, NBITS, 0),
					 find_first_bit(a, NBITS));
			n++;
		}
		assert_int_equal(n, count_if(a, b, true));
		assert_int_equal(bitmap_weight_and(a, b, NBITS), n);
		n = 0;
		for_each_andnot_bit(bit, a, b, NBITS)
			n += test_bit(bit, a) && !test_bit(bit, b);
		assert_int_equal(n, count_if(a, b, false));
		assert_int_equal(bitmap_subset(a, b, NBITS), !n);
	}
	bitmap_zero(a, NBITS);
	assert_int_equal(find_first_and_bit(a, b, NBITS), NBITS);
	assert_true(bitmap_subset(a, b, NBITS));
	__set_bit(3, a);
	__set_bit(70, a);
	__set_bit(149, a);
	assert_int_equal(find_nth_bit(a, NBITS, 1), 70);
	assert_int_equal(find_nth_bit(a, NBITS, 2), 149);
	assert_int_equal(find_nth_bit(a, NBITS, 3), NBITS);
	assert_int_equal(find_first_andnot_bit(a, a, NBITS), NBITS);
}

/* Law: runs of ones and of zeroes are those of the array, in order. */
static void runs_of_bits(void **state)
{
	unsigned long begin, end, zeroes = 0, ones = 0, bit = 10;
	DECLARE_BITMAP(map, NBITS);

	bitmap_zero(map, NBITS);
	bitmap_set(map, 0, 3);
	bitmap_set(map, 60, 10);
	bitmap_set(map, 149, 1);
	for_each_set_bitrange(begin, end, map, NBITS)
		ones = ones * 1000 + end - begin;
	assert_int_equal(ones, 3010001);
	for_each_clear_bitrange(begin, end, map, NBITS)
		zeroes = zeroes * 1000 + end - begin;
	assert_int_equal(zeroes, 57079);
	for_each_clear_bit_from(bit, map, 62)
		zeroes++;
	assert_int_equal(zeroes, 57079 + 50);
}

/* Law: whole arrays are combined bit by bit. */
static void combined(void **state)
{
	DECLARE_BITMAP(a, NBITS);
	DECLARE_BITMAP(b, NBITS);
	DECLARE_BITMAP(c, NBITS);
	DECLARE_BITMAP(mask, NBITS);
	u32 words[5] = { 0 };

	fill_two(a, b, 1);
	fill_two(mask, c, 2);
	bitmap_replace(c, a, b, mask, NBITS);
	for (unsigned int i = 0; i < NBITS; i++)
		assert_int_equal(test_bit(i, c),
				 test_bit(i, test_bit(i, mask) ? b : a));
	bitmap_xor(c, a, b, NBITS);
	assert_int_equal(bitmap_weight(c, NBITS),
			 count_if(a, b, false) + count_if(b, a, false));
	bitmap_complement(c, a, NBITS);
	assert_false(bitmap_intersects(a, c, NBITS));
	assert_int_equal(bitmap_weight(c, NBITS) + bitmap_weight(a, NBITS),
			 NBITS);
	bitmap_fill(c, NBITS);
	bitmap_to_arr32(words, a, NBITS);
	bitmap_from_arr32(c, words, NBITS);
	assert_true(bitmap_equal(a, c, NBITS));
	assert_int_equal(words[4] >> (NBITS - 128), 0);
	assert_int_equal(words[1], (u32)(a[0] >> 32));
	bitmap_from_arr32(c, words, 96);	/* no fourth word */
	assert_int_equal(c[1], words[2]);
}

static void words_of_bits(void **state)
{
	unsigned long word = 0xf0;
	u8 byte = 3;

	assert_int_equal(rol8(0x81, 1), 0x03);
	assert_int_equal(ror8(0x81, 1), 0xc0);
	assert_int_equal(rol16(0x8001, 4), 0x0018);
	assert_int_equal(ror16(0x8001, 16), 0x8001);
	assert_int_equal(get_count_order(0), -1);
	assert_int_equal(get_count_order(1), 0);
	assert_int_equal(get_count_order(5), 3);
	assert_int_equal(get_count_order_long(1ul << 40), 40);
	assert_int_equal(set_mask_bits(&word, 0x30, 0x01), 0xf0);
	assert_int_equal(word, 0xc1);
	assert_int_equal(set_mask_bits(&byte, 1, 4), 3);
	assert_int_equal(byte, 6);
}

static void numbers(void **state)
{
	const int few[] = { 3, -7, 9, 9 };
	int i = 3;

	assert_int_equal(int_pow(3, 0), 1);
	assert_int_equal(int_pow(3, 13), 1594323);
	assert_int_equal(reciprocal_scale(0, 10), 0);
	assert_int_equal(reciprocal_scale(UINT_MAX, 10), 9);
	assert_int_equal(DIV_ROUND_CLOSEST_ULL(15, 10), 2);
	assert_int_equal(DIV_ROUND_CLOSEST_ULL(14, 10), 1);
	assert_int_equal(min_array(few, 4), -7);
	assert_int_equal(max_array(few, ARRAY_SIZE(few)), 9);
	assert_int_equal(min_array(few, 1), 3);
	assert_int_equal(array_index_nospec(i, 4), 3);
	assert_int_equal(array_index_nospec(i, 3), 0);
	assert_true(array_index_mask_nospec(0, 1) == ~0ul);
	assert_true(array_index_mask_nospec(~0ul, ~0ul) == 0);
}

static void texts(void **state)
{
	static const char *const list[] = { "off", "auto", NULL, "never" };
	char text[] = "  a b \t\n", blanks[] = " \n", bytes[4];
	u16 narrow[3] = { 0 };
	u32 middle[3] = { 0 };
	u64 wide[3] = { 0 };

	assert_string_equal(skip_spaces(text), "a b \t\n");
	assert_string_equal(strim(text), "a b");
	assert_string_equal(strstrip(blanks), "");
	assert_string_equal(strreplace(text, ' ', '_'), "__a_b");
	assert_ptr_equal(strnchr(text, 3, 'a'), text + 2);
	assert_null(strnchr(text, 2, 'a'));
	assert_null(strnchr(text, 100, 'x'));
	assert_ptr_equal(strnchr(text, 100, 0), text + 5);
	assert_int_equal(str_has_prefix("iommu0", "iommu"), 5);
	assert_int_equal(str_has_prefix("iomm", "iommu"), 0);
	assert_true(strends("a.ko", ".ko") && !strends("ko", ".ko"));
	assert_int_equal(__sysfs_match_string(list, 4, "auto\n"), 1);
	assert_int_equal(sysfs_match_string(list, "never"), -EINVAL);
	assert_int_equal(match_string(list, 4, "auto\n"), -EINVAL);
	strtomem_pad(bytes, "ab", '-');
	assert_memory_equal(bytes, "ab--", 4);
	strtomem_pad(bytes, "abcdef", '-');
	assert_memory_equal(bytes, "abcd", 4);
	memcpy_and_pad(bytes, 4, "xyz", 1, 0);
	assert_memory_equal(bytes, "x\0\0", 4);
	assert_true(mem_is_zero(bytes + 1, 3) && !mem_is_zero(bytes, 4));
	memset16(narrow, 0x1234, 2);
	memset32(middle, 0x12345678, 2);
	memset64(wide, 0x123456789abcdef0, 2);
	assert_true(narrow[1] == 0x1234 && !narrow[2]);
	assert_true(middle[1] == 0x12345678 && !middle[2]);
	assert_true(wide[1] == 0x123456789abcdef0 && !wide[2]);
}

static void times(void **state)
{
	struct kit_machine m = machine_with(&uik_clock_manual);
	struct timespec64 spec;

	uik_clock_advance(m.machine, 10 * NSEC_PER_SEC);
	assert_true(time_is_before_jiffies(jiffies - 1));
	assert_false(time_is_before_jiffies(jiffies));
	assert_true(time_is_before_eq_jiffies(jiffies));
	assert_true(time_is_after_eq_jiffies(jiffies));
	assert_false(time_is_after_eq_jiffies(jiffies - 1));
	assert_true(time_in_range_open(5ul, 5ul, 6ul));
	assert_false(time_in_range_open(6ul, 5ul, 6ul));
	assert_true(time_in_range64(6ull, 5ull, 6ull));
	assert_true(time_before_eq64(~0ull, 0ull));
	assert_int_equal(nsecs_to_jiffies64(2500000), 2);
	assert_int_equal(jiffies64_to_nsecs(2), 2000000);
	assert_int_equal(jiffies_delta_to_msecs(-3), 0);
	spec = ktime_to_timespec64(ktime_get());
	assert_int_equal(spec.tv_sec, 10);
	assert_int_equal(timespec64_to_ktime(spec), ktime_get_coarse());
	assert_int_equal(ktime_sub_us(5000, 2), 3000);
	assert_int_equal(ktime_sub_ms(ktime_get(), 1), 9999 * NSEC_PER_MSEC);
	assert_int_equal(ktime_divns(7, 2), 3);
	assert_true(ktime_add_safe(KTIME_MAX, 1) == KTIME_MAX);
	assert_int_equal(ktime_add_safe(1, 2), 3);
	machine_end(m);
}

struct counted {
	u16 n;
	u32 tail[];
};

/* Law: a structure with a tail on the stack is cleared and knows its room. */
static void flexible_on_stack(void **state)
{
	DEFINE_RAW_FLEX(struct counted, raw, tail, 3);
	DEFINE_FLEX(struct counted, counted, tail, n, 5);

	assert_int_equal(raw->n, 0);
	assert_int_equal(counted->n, 5);
	for (int i = 0; i < 5; i++)
		assert_int_equal(counted->tail[i], 0);
	assert_int_equal(STACK_FLEX_ARRAY_SIZE(raw, tail), 3);
	assert_int_equal(STACK_FLEX_ARRAY_SIZE(counted, tail), 5);
	raw->tail[2] = 7;
	assert_int_equal(raw->tail[2], 7);
	assert_true(sizeof(counted_u) >= struct_size(counted, tail, 5));
}

struct tally {
	u64 hits;
	int balance;
};

#define ADDS 20000

static int tally_up(void *arg)
{
	struct tally *tally = arg;

	for (int i = 0; i < ADDS; i++) {
		this_cpu_inc(tally->hits);
		this_cpu_sub(tally->balance, 2);
	}
	return 0;
}

/* Law: counting by processor loses nothing, even where two share a number. */
static void counters_by_cpu(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct tally *tally = alloc_percpu(struct tally);
	struct uik_thread *threads[3];
	u64 hits = 0;
	int cpu, balance = 0;

	for (int i = 0; i < 3; i++)
		threads[i] = start(tally_up, tally);
	for (int i = 0; i < 3; i++)
		join(threads[i]);
	for_each_possible_cpu(cpu) {
		hits += per_cpu_ptr(tally, cpu)->hits;
		balance += per_cpu_ptr(tally, cpu)->balance;
	}
	assert_int_equal(hits, 3 * ADDS);
	assert_int_equal(balance, -6 * ADDS);
	this_cpu_write(tally->balance, 8);
	assert_int_equal(this_cpu_inc_return(tally->balance), 9);
	assert_int_equal(this_cpu_dec_return(tally->balance), 8);
	this_cpu_or(tally->balance, 3);
	this_cpu_and(tally->balance, 9);
	assert_int_equal(this_cpu_xchg(tally->balance, 1), 9);
	assert_ptr_equal(get_cpu_ptr(tally), this_cpu_ptr(tally));
	assert_true(in_atomic());
	put_cpu_ptr(tally);
	assert_int_equal(this_cpu_read(tally->balance), 1);
	free_percpu(tally);
	machine_end(m);
}

/* Law: copies and arrays of memory need it, and overflow gives none. */
static void memory(void **state)
{
	struct kit_machine m = machine_with(NULL);
	const u32 from[2] = { 1, 2 };
	struct scatterlist sg;
	char *text;
	u32 *copy;

	text = kmemdup_nul("abcdef", 3, GFP_KERNEL);
	assert_string_equal(text, "abc");
	kfree(text);
	copy = kmemdup_array(from, 2, 4, GFP_KERNEL);
	assert_int_equal(copy[1], 2);
	sg_init_one(&sg, copy, 8);
	assert_ptr_equal(sg_virt(&sg), copy);
	assert_int_equal(sg_nents(&sg), 1);
	sg_unmark_end(&sg);
	assert_false(sg_is_last(&sg));
	kfree(copy);
	copy = kvmemdup(from, 8, GFP_KERNEL);
	assert_int_equal(copy[1], 2);
	kvfree(copy);
	copy = vcalloc(3, 4);
	assert_int_equal(copy[2], 0);
	vfree(copy);
	assert_null(vmalloc_array(SIZE_MAX, 2));
	assert_null(vcalloc(SIZE_MAX, 2));
	assert_null(kmemdup_nul("", SIZE_MAX, GFP_KERNEL));
	uik_fail_nth(1, 1u << UIK_FAIL_ALLOC, true);
	assert_null(kmemdup_nul("abc", 3, GFP_KERNEL));
	assert_null(kvmemdup(from, 8, GFP_KERNEL));
	uik_fail_nth(0, 0, false);
	machine_end(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs_of_arrays),
		cmocka_unit_test(runs_of_bits),
		cmocka_unit_test(combined),
		cmocka_unit_test(words_of_bits),
		cmocka_unit_test(numbers),
		cmocka_unit_test(texts),
		cmocka_unit_test(times),
		cmocka_unit_test(flexible_on_stack),
		cmocka_unit_test(counters_by_cpu),
		cmocka_unit_test(memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
