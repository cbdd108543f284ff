/* SPDX-License-Identifier: MIT */
/* The small words: bits, fields, arithmetic, pointers, strings, classes. */
#include "kit_test.h"

#include <linux/atomic.h>
#include <linux/bitfield.h>
#include <linux/bitmap.h>
#include <linux/cache.h>
#include <linux/cleanup.h>
#include <linux/kernel.h>
#include <linux/kstrtox.h>
#include <linux/math64.h>
#include <linux/overflow.h>
#include <linux/percpu.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/string.h>

/* Laws of type and value that the compiler proves. */
static_assert(__same_type(u64, unsigned long long));
static_assert(__same_type(BIT(0), 0ul), "BIT is unsigned long");
static_assert(__same_type(GENMASK(1, 0), 0ul));
static_assert(__same_type(GENMASK_ULL(1, 0), 0ull));
static_assert(GENMASK(63, 0) == ~0ul && GENMASK_ULL(63, 63) == 1ull << 63);
static_assert(sizeof(atomic_long_t) == sizeof(long));
static_assert(SMP_CACHE_BYTES == 64 && SZ_64K == 65536);
static_assert(BUILD_BUG_ON_ZERO(0) == 0);
static_assert(IS_ENABLED(CONFIG_IOMMUFD) && !IS_ENABLED(CONFIG_XARRAY_MULTI));
#if !IS_ENABLED(CONFIG_SMP) || IS_ENABLED(CONFIG_KUNIT)
#error "IS_ENABLED does not work in #if"
#endif
#define MASK GENMASK_ULL(15, 4)
static const u64 in_initialiser = FIELD_PREP_CONST(MASK, 0x12) |
				  cpu_to_le64(BIT_ULL(63));

struct inner {
	int x;
	int y;
};

struct outer {
	int before;
	struct inner inner;
	u8 tail[];
};

static void containers(void **state)
{
	struct outer o;
	const struct inner *c = &o.inner;

	assert_ptr_equal(container_of(&o.inner.y, struct outer, inner.y), &o);
	assert_ptr_equal(container_of_const(c, struct outer, inner), &o);
	assert_int_equal(offsetofend(struct outer, inner.x), 8);
	assert_int_equal(struct_size(&o, tail, 5), sizeof(o) + 5);
	assert_int_equal(struct_size(&o, tail, SIZE_MAX), SIZE_MAX);
	assert_int_equal(sizeof_field(struct outer, inner), 8);
}

static void errors(void **state)
{
	assert_true(IS_ERR(ERR_PTR(-ENOMEM)));
	assert_true(IS_ERR(ERR_PTR(-MAX_ERRNO)));
	assert_false(IS_ERR(ERR_PTR(-MAX_ERRNO - 1)));
	assert_false(IS_ERR(NULL));
	assert_true(IS_ERR_OR_NULL(NULL));
	assert_int_equal(PTR_ERR(ERR_PTR(-EBUSY)), -EBUSY);
	assert_int_equal(PTR_ERR_OR_ZERO(&errors), 0);
	assert_ptr_equal(ERR_CAST(ERR_PTR(-5)), ERR_PTR(-5));
}

static int evaluated;

static u64 read_register(void)
{
	evaluated++;
	return 0x12345678;
}

/* Law: the register is read once; values take the mask's type. */
static void fields(void **state)
{
	unsigned int run_time = 0x12;
	bool flag = true;
	u64 reg = 0;

	assert_int_equal(FIELD_GET(MASK, read_register()), 0x567);
	assert_int_equal(evaluated, 1);
	assert_int_equal(FIELD_PREP(MASK, run_time), 0x120);
	assert_int_equal(FIELD_PREP(BIT_ULL(63), flag), 1ull << 63);
	assert_int_equal(FIELD_MAX(MASK), 0xfff);
	assert_true(FIELD_FIT(MASK, 0xfff));
	assert_false(FIELD_FIT(MASK, 0x1000));
	assert_int_equal(in_initialiser, 1ull << 63 | 0x120);
	FIELD_MODIFY(MASK, &reg, 0xabc);
	assert_int_equal(reg, 0xabc0);
	assert_int_equal(u64_get_bits(reg, MASK), 0xabc);
	assert_int_equal(u64_replace_bits(reg, 1, MASK), 0x10);
}

/* Law: each type of register keeps its byte order, and what is not the field. */
static void fields_by_type(void **state)
{
	unsigned int mask = 0xff0;
	__be32 be = cpu_to_be32(0x12345678);
	__le16 le = 0;
	u8 byte = 0xff;

	assert_int_equal(u8_encode_bits(0x1f, 0xf0), 0xf0);
	u8p_replace_bits(&byte, 5, 0x0e);
	assert_int_equal(byte, 0xfb);
	assert_int_equal(u16_get_bits(0xabcd, 0xff00), 0xab);
	le16p_replace_bits(&le, 3, 0xc000);
	assert_int_equal(le16_to_cpu(le), 0xc000);
	assert_int_equal(be32_get_bits(be, 0xff00), 0x56);
	be32p_replace_bits(&be, 0xaa, 0xff00);
	assert_int_equal(be32_to_cpu(be), 0x1234aa78);
	assert_true(be64_encode_bits(1, 2) == cpu_to_be64(2));
	assert_int_equal(field_multiplier(mask), 0x10);
	assert_int_equal(field_max(mask), 0xff);
	assert_int_equal(field_prep(mask, 0x1ab), 0xab0);
	assert_int_equal(field_get(mask, 0x12345), 0x34);
}

static void ranges(void **state)
{
	u8 byte = 250;

	assert_int_equal(wrapping_assign_add(byte, 10), 4);
	assert_int_equal(wrapping_assign_sub(byte, 5), 255);
	assert_int_equal(byte, 255);
	assert_false(range_overflows(6u, 4u, 10u));
	assert_true(range_overflows(6u, 5u, 10u));
	assert_true(range_overflows(10u, 0u, 10u));
	assert_true(range_overflows(4u, ~0u, 10u));
	assert_false(range_end_overflows(10u, 0u, 10u));
	assert_true(range_end_overflows(11u, 0u, 10u));
	assert_true(range_end_overflows_t(u8, 255, 1, 255));
}

static void bits(void **state)
{
	unsigned long map[3] = { 0 };

	assert_int_equal(__ffs64(1ull << 40), 40);
	assert_int_equal(__fls(0x80), 7);
	assert_int_equal(fls(0), 0);
	assert_int_equal(fls64(1ull << 63), 64);
	assert_int_equal(ilog2(65), 6);
	assert_int_equal(order_base_2(65), 7);
	assert_false(is_power_of_2(0));
	assert_true(is_power_of_2(1ul << 63));
	assert_int_equal(roundup_pow_of_two(33), 64);
	assert_int_equal(rounddown_pow_of_two(33), 32);
	assert_int_equal(hweight64(0xff0full), 12);
	assert_int_equal(sign_extend32(0x80, 7), -128);
	assert_int_equal(rol32(0x80000001, 1), 3);
	assert_false(test_and_set_bit(130, map));
	assert_true(test_and_set_bit(130, map));
	assert_true(test_bit(130, map));
	assert_int_equal(map[2], 4);
	assert_true(test_and_clear_bit(130, map));
	assert_true(bitmap_empty(map, 192));
}

static void bitmaps(void **state)
{
	unsigned long *map = bitmap_zalloc(200, GFP_KERNEL);
	DECLARE_BITMAP(copy, 200);
	unsigned int bit, seen = 0;

	assert_non_null(map);
	bitmap_set(map, 60, 80);
	assert_int_equal(bitmap_weight(map, 200), 80);
	assert_int_equal(find_first_bit(map, 200), 60);
	assert_int_equal(find_next_zero_bit(map, 200, 60), 140);
	assert_int_equal(find_last_bit(map, 200), 139);
	assert_int_equal(find_next_bit(map, 200, 140), 200);
	assert_int_equal(bitmap_find_next_zero_area(map, 200, 0, 61, 0), 201);
	assert_int_equal(bitmap_find_next_zero_area(map, 200, 0, 60, 0), 0);
	assert_int_equal(bitmap_find_next_zero_area(map, 200, 1, 16, 15), 16);
	assert_int_equal(bitmap_find_next_zero_area(map, 200, 60, 16, 15), 144);
	bitmap_copy(copy, map, 200);
	assert_true(bitmap_equal(copy, map, 200));
	bitmap_clear(copy, 61, 79);
	for_each_set_bit(bit, copy, 200)
		seen += bit;
	assert_int_equal(seen, 60);
	assert_true(bitmap_intersects(copy, map, 200));
	assert_false(bitmap_andnot(copy, copy, map, 200));
	bitmap_fill(copy, 200);
	assert_true(bitmap_full(copy, 200));
	bitmap_free(map);
}

static void arithmetic(void **state)
{
	int calls = 0, small;
	u64 wide = 257;
	u8 byte;

	assert_int_equal(min(3, 5), 3);
	assert_int_equal(max(calls++, -1), 0);
	assert_int_equal(calls, 1);
	assert_int_equal(min_t(u8, wide, 5), 1);
	assert_int_equal(clamp(7, 1, 5), 5);
	assert_int_equal(min3(4, 2, 3), 2);
	assert_int_equal(min_not_zero(0u, 7u), 7);
	assert_int_equal(round_up(5ul, 4), 8);
	assert_int_equal(round_down(7ul, 4), 4);
	assert_int_equal(ALIGN(4097ul, 4096), 8192);
	assert_true(IS_ALIGNED(8192ul, 4096));
	assert_int_equal(DIV_ROUND_UP(9, 4), 3);
	assert_int_equal(DIV_ROUND_CLOSEST(-7, 4), -2);
	assert_int_equal(abs(-3), 3);
	assert_int_equal(int_sqrt(99), 9);
	assert_int_equal(mul_u64_u64_shr(1ull << 63, 4, 64), 2);
	assert_true(check_add_overflow(~0ull, 1ull, &wide));
	assert_false(check_add_overflow(200, 55, &byte));
	assert_true(check_add_overflow(200, 56, &byte));
	assert_true(check_mul_overflow(1 << 30, 4, &small));
	assert_true(check_shl_overflow(3u, 31, &small));
	assert_false(check_shl_overflow(3u, 2, &small));
	assert_int_equal(small, 12);
	assert_true(overflows_type(256, u8));
	assert_false(overflows_type(255, u8));
	assert_int_equal(size_mul(SIZE_MAX, 2), SIZE_MAX);
	assert_int_equal(size_add(SIZE_MAX, 2), SIZE_MAX);
	assert_int_equal(size_sub(3, 4), SIZE_MAX);
	assert_true(in_range(5u, 5u, 1u));
	assert_false(in_range(6u, 5u, 1u));
}

/* Law: value-returning operations tell the value that their name says. */
static void atomics(void **state)
{
	atomic_t a = ATOMIC_INIT(5);
	atomic64_t w = ATOMIC64_INIT(1ll << 40);
	int seen = 9;
	long plain = 3;

	assert_int_equal(atomic_add_return(3, &a), 8);
	assert_int_equal(atomic_fetch_sub(3, &a), 8);
	assert_int_equal(atomic_read(&a), 5);
	assert_int_equal(atomic_cmpxchg(&a, 5, 7), 5);
	assert_int_equal(atomic_cmpxchg(&a, 5, 8), 7);
	assert_false(atomic_try_cmpxchg(&a, &seen, 1));
	assert_int_equal(seen, 7);
	assert_int_equal(atomic_xchg(&a, 1), 7);
	assert_true(atomic_dec_and_test(&a));
	assert_false(atomic_inc_not_zero(&a));
	assert_true(atomic_add_unless(&a, 2, 1));
	assert_int_equal(atomic_dec_if_positive(&a), 1);
	atomic_or(6, &a);
	assert_int_equal(atomic_fetch_and(2, &a), 7);
	assert_int_equal(atomic64_inc_return(&w), (1ll << 40) + 1);
	assert_int_equal(cmpxchg(&plain, 3, 4), 3);
	assert_int_equal(xchg(&plain, 5), 4);
	assert_int_equal(plain, 5);
}

/* Law: what goes up or down by one, or clears bits, does so in every order. */
#define CHECK_ORDER(suffix) \
	do { \
		atomic_t a = ATOMIC_INIT(7); \
		atomic_long_t l = ATOMIC_LONG_INIT(-1); \
\
		assert_int_equal(atomic_fetch_inc##suffix(&a), 7); \
		assert_int_equal(atomic_inc_return##suffix(&a), 9); \
		assert_int_equal(atomic_fetch_dec##suffix(&a), 9); \
		assert_int_equal(atomic_dec_return##suffix(&a), 7); \
		assert_int_equal(atomic_fetch_andnot##suffix(3, &a), 7); \
		assert_int_equal(atomic_read(&a), 4); \
		assert_true(atomic_add_negative##suffix(-5, &a)); \
		assert_false(atomic_long_add_negative##suffix(1, &l)); \
	} while (0)

static void atomics_in_orders(void **state)
{
	atomic_t a = ATOMIC_INIT(-1);
	atomic_long_t l = ATOMIC_LONG_INIT(6);
	u64 wide = 1, seen = 5;

	CHECK_ORDER();
	CHECK_ORDER(_relaxed);
	CHECK_ORDER(_acquire);
	CHECK_ORDER(_release);
	assert_false(atomic_inc_unless_negative(&a));
	assert_true(atomic_dec_unless_positive(&a));
	atomic_set(&a, 1);
	assert_false(atomic_dec_unless_positive(&a));
	assert_true(atomic_inc_unless_negative(&a));
	assert_int_equal(atomic_cond_read_relaxed(&a, VAL == 2), 2);
	atomic_long_andnot(2, &l);
	assert_int_equal(atomic_long_cond_read_acquire(&l, VAL & 4), 4);
	assert_int_equal(atomic_long_cond_read_relaxed(&l, !(VAL & 2)), 4);
	assert_int_equal(cmpxchg64_release(&wide, 1, 2), 1);
	assert_false(try_cmpxchg64_relaxed(&wide, &seen, 3));
	assert_int_equal(seen, 2);
	assert_int_equal(xchg_acquire(&wide, 4), 2);
	assert_int_equal(xchg_release(&wide, 5), 4);
}

static int closed;

static int open_it(int handle)
{
	return handle;
}

DEFINE_CLASS(handle, int, if (_T > 0) closed += _T, open_it(h), int h)
DEFINE_FREE(close_it, int *, if (_T) closed += *_T)

static void use_handles(void)
{
	int value = 100, kept = 1000;
	int *owned __free(close_it) = &value;
	int *given __free(close_it) = &kept;

	CLASS(handle, a)(1);
	CLASS(handle, b)(10);
	assert_int_equal(a + b, 11);
	assert_ptr_equal(no_free_ptr(given), &kept);
	assert_ptr_equal(owned, &value);
}

/* Law: what is still owned at the end of scope is closed, nothing else. */
static void classes(void **state)
{
	use_handles();
	assert_int_equal(closed, 111);
}

static void strings(void **state)
{
	static const char *const names[] = { "one", "two", NULL };
	char text[4] = "???", pad[6] = "??????";

	assert_int_equal(strscpy(text, "abc"), 3);
	assert_string_equal(text, "abc");
	assert_int_equal(strscpy(text, "abcd"), -E2BIG);
	assert_string_equal(text, "abc");
	assert_int_equal(strscpy(text, "x", 0), -E2BIG);
	assert_int_equal(strscpy_pad(pad, "ab"), 2);
	assert_ptr_equal(memchr_inv(pad + 2, 0, 4), NULL);
	assert_ptr_equal(memchr_inv(pad, 'a', 6), pad + 1);
	assert_true(sysfs_streq("on\n", "on"));
	assert_false(sysfs_streq("on\n\n", "on"));
	assert_false(sysfs_streq("on", "onn"));
	assert_int_equal(match_string(names, 3, "two"), 1);
	assert_int_equal(match_string(names, 3, "six"), -EINVAL);
	assert_string_equal(kbasename("/a/b"), "b");
	assert_true(strstarts("prefix", "pre"));
	assert_int_equal(scnprintf(text, sizeof(text), "%d", 12345), 3);
}

/* Law: a number is the whole text, but for one newline. */
static void numbers(void **state)
{
	unsigned long long u;
	unsigned int u32v;
	long long s;
	bool b;
	int i;

	assert_int_equal(kstrtoull("18446744073709551615\n", 0, &u), 0);
	assert_true(u == ~0ull);
	assert_int_equal(kstrtoull("18446744073709551616", 0, &u), -ERANGE);
	assert_int_equal(kstrtoull("0x1F", 0, &u), 0);
	assert_int_equal(u, 31);
	assert_int_equal(kstrtoull("017", 0, &u), 0);
	assert_int_equal(u, 15);
	assert_int_equal(kstrtoull("0x10", 16, &u), 0);
	assert_int_equal(u, 16);
	assert_int_equal(kstrtoull(" 1", 0, &u), -EINVAL);
	assert_int_equal(kstrtoull("-1", 0, &u), -EINVAL);
	assert_int_equal(kstrtoull("1x", 0, &u), -EINVAL);
	assert_int_equal(kstrtoull("", 0, &u), -EINVAL);
	assert_int_equal(kstrtoull("0x", 0, &u), -EINVAL);
	assert_int_equal(kstrtoll("-9223372036854775808", 0, &s), 0);
	assert_true(s == S64_MIN);
	assert_int_equal(kstrtoll("9223372036854775808", 0, &s), -ERANGE);
	assert_int_equal(kstrtoint("-2147483649", 0, &i), -ERANGE);
	assert_int_equal(kstrtouint("4294967295", 0, &u32v), 0);
	assert_int_equal(kstrtouint("4294967296", 0, &u32v), -ERANGE);
	assert_int_equal(kstrtobool("Yes", &b), 0);
	assert_true(b);
	assert_int_equal(kstrtobool("off\n", &b), 0);
	assert_false(b);
	assert_int_equal(kstrtobool("1", &b), 0);
	assert_true(b);
	assert_int_equal(kstrtobool("", &b), -EINVAL);
	assert_int_equal(kstrtobool("maybe", &b), -EINVAL);
}

/* Law: what does not fit is refused and writes nothing. */
static void numbers_by_width(void **state)
{
	unsigned long ul = 5;
	unsigned int ui = 5;
	long l = 5;
	int i = 5;

	assert_int_equal(kstrtoul("12", 10, &ul), 0);
	assert_int_equal(kstrtoul("twelve", 10, &ul), -EINVAL);
	assert_int_equal(ul, 12);
	assert_int_equal(kstrtol("-12", 10, &l), 0);
	assert_int_equal(kstrtol("-+1", 10, &l), -EINVAL);
	assert_int_equal(kstrtol("--1", 10, &l), -EINVAL);
	assert_int_equal(l, -12);
	assert_int_equal(kstrtouint("", 10, &ui), -EINVAL);
	assert_int_equal(ui, 5);
	assert_int_equal(kstrtoint("-7", 0, &i), 0);
	assert_int_equal(kstrtoint("2147483648", 0, &i), -ERANGE);
	assert_int_equal(kstrtoint("seven", 0, &i), -EINVAL);
	assert_int_equal(i, -7);
}

static void per_cpu(void **state)
{
	int *counters = alloc_percpu(int);
	int cpu, sum = 0;

	assert_non_null(counters);
	*this_cpu_ptr(counters) += 7;
	for_each_possible_cpu(cpu) {
		assert_true(PTR_IS_ALIGNED(per_cpu_ptr(counters, cpu), 64));
		sum += *per_cpu_ptr(counters, cpu);
	}
	assert_int_equal(sum, 7);
	free_percpu(counters);
}

/* Law: text of a file of sysfs may end in one newline, wherever it comes from. */
static void texts_of_sysfs(void **state)
{
	static const char *const names[] = { "one" };
	unsigned long long u;
	bool b;

	assert_true(sysfs_streq("", ""));
	assert_true(sysfs_streq("on", "on\n"));
	assert_false(sysfs_streq("on", "off"));
	assert_false(sysfs_streq("", "on"));
	assert_false(sysfs_streq("on", ""));
	assert_int_equal(match_string(names, 1, "two"), -EINVAL);
	assert_int_equal(kstrtoull("0xfF", 16, &u), 0);
	assert_int_equal(u, 255);
	assert_int_equal(kstrtoull("fg", 16, &u), -EINVAL);
	assert_int_equal(kstrtoull("0xg", 16, &u), -EINVAL);
	assert_int_equal(kstrtoull("0x1", 8, &u), -EINVAL);
	assert_int_equal(kstrtobool("on", &b), 0);
	assert_true(b);
	assert_int_equal(kstrtobool("OFF", &b), 0);
	assert_false(b);
	assert_int_equal(kstrtobool("o", &b), -EINVAL);
}

static __printf(3, 4) int put_into(char *text, size_t size, const char *fmt, ...)
{
	va_list args;
	int length;

	va_start(args, fmt);
	length = vscnprintf(text, size, fmt, args);
	va_end(args);
	return length;
}

/* Law: what was put in, never what would have been. */
static void what_fits(void **state)
{
	char text[4] = "???";

	assert_int_equal(put_into(text, 0, "%d", 12), 0);
	assert_string_equal(text, "???");
	assert_int_equal(put_into(text, 4, "%d", 12), 2);
	assert_string_equal(text, "12");
	assert_int_equal(put_into(text, 4, "%d", 12345), 3);
	assert_string_equal(text, "123");
}

/* Law: bitmaps are as long as asked, and memory may be short. */
static void bitmap_memory(void **state)
{
	struct kit_machine m = machine_with(NULL);
	unsigned long *map = bitmap_alloc(65, GFP_KERNEL);

	assert_non_null(map);
	bitmap_fill(map, 65);
	assert_int_equal(bitmap_weight(map, 65), 65);
	bitmap_free(map);
	bitmap_free(NULL);
	uik_fail_nth(1, 1u << UIK_FAIL_ALLOC, true);
	assert_null(bitmap_alloc(65, GFP_KERNEL));
	assert_null(bitmap_zalloc(65, GFP_KERNEL));
	assert_null(alloc_percpu(int));
	uik_fail_nth(0, 0, false);
	free_percpu(NULL);
	assert_in_range(num_online_cpus(), 1, NR_CPUS);
	machine_end(m);
}

/* Law: the number of a processor counts for who cannot move, else is a hint. */
static void processors(void **state)
{
	DEFINE_SPINLOCK(lock);
	int number = raw_smp_processor_id();

	assert_int_equal(warnings_of(smp_processor_id()), 1);
	assert_int_equal(warnings_of(get_cpu()), 0);
	assert_int_equal(warnings_of(number = smp_processor_id()), 0);
	assert_int_equal(number, raw_smp_processor_id());
	put_cpu();
	spin_lock(&lock);
	assert_int_equal(warnings_of(smp_processor_id()), 0);
	spin_unlock(&lock);
	assert_int_equal(warnings_of(smp_processor_id()), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(processors),
		cmocka_unit_test(containers),
		cmocka_unit_test(errors),
		cmocka_unit_test(fields),
		cmocka_unit_test(fields_by_type),
		cmocka_unit_test(ranges),
		cmocka_unit_test(bits),
		cmocka_unit_test(bitmaps),
		cmocka_unit_test(arithmetic),
		cmocka_unit_test(atomics),
		cmocka_unit_test(atomics_in_orders),
		cmocka_unit_test(classes),
		cmocka_unit_test(strings),
		cmocka_unit_test(numbers),
		cmocka_unit_test(numbers_by_width),
		cmocka_unit_test(per_cpu),
		cmocka_unit_test(texts_of_sysfs),
		cmocka_unit_test(what_fits),
		cmocka_unit_test(bitmap_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
