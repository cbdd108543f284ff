/* SPDX-License-Identifier: MIT */
/* Strict numbers: the limits of each type, and from user memory. */
#include "kit_test.h"

#include <string.h>
#include <linux/kstrtox.h>
#include <linux/limits.h>

#include "user_page.h"

/* The largest and smallest go, one beyond does not and changes nothing. */
#define CHECK_LIMITS(fn, type, least, below, most, above) \
	do { \
		type value_ = 77; \
		assert_int_equal(fn(least, 0, &value_), 0); \
		assert_int_equal(fn(most, 0, &value_), 0); \
		value_ = 77; \
		assert_int_equal(fn(above, 0, &value_), -ERANGE); \
		assert_true(fn(below, 0, &value_) < 0); \
		assert_int_equal(fn("", 0, &value_), -EINVAL); \
		assert_int_equal(fn("1x", 0, &value_), -EINVAL); \
		assert_int_equal(value_, 77); \
		assert_int_equal(fn("0x41\n", 0, &value_), 0); \
		assert_int_equal(value_, 0x41); \
	} while (0)

/* Law: each type has its own range. */
static void limits(void **state)
{
	CHECK_LIMITS(kstrtou8, u8, "0", "-1", "255", "256");
	CHECK_LIMITS(kstrtos8, s8, "-128", "-129", "127", "128");
	CHECK_LIMITS(kstrtou16, u16, "0", "-1", "65535", "65536");
	CHECK_LIMITS(kstrtos16, s16, "-32768", "-32769", "32767", "32768");
	CHECK_LIMITS(kstrtouint, unsigned int, "0", "-1", "4294967295",
		     "4294967296");
	CHECK_LIMITS(kstrtoint, int, "-2147483648", "-2147483649",
		     "2147483647", "2147483648");
	CHECK_LIMITS(kstrtou32, u32, "0", "-1", "4294967295", "4294967296");
	CHECK_LIMITS(kstrtos32, s32, "-2147483648", "-2147483649",
		     "2147483647", "2147483648");
	CHECK_LIMITS(kstrtoul, unsigned long, "0", "-1",
		     "18446744073709551615", "18446744073709551616");
	CHECK_LIMITS(kstrtol, long, "-9223372036854775808",
		     "-9223372036854775809", "9223372036854775807",
		     "9223372036854775808");
	CHECK_LIMITS(kstrtos64, s64, "-9223372036854775808",
		     "-9223372036854775809", "9223372036854775807",
		     "9223372036854775808");
}

#define CHECK_USER(fn, type, text, number) \
	do { \
		char *at_ = hole - strlen(text); \
		type value_ = 0; \
		memcpy(at_, text, strlen(text)); \
		assert_int_equal(fn##_from_user(at_, strlen(text), 0, \
						&value_), 0); \
		assert_int_equal(value_, number); \
		assert_int_equal(fn##_from_user(at_, strlen(text) + 1, 0, \
						&value_), -EFAULT); \
	} while (0)

/* Law: the user's text need not end in NUL, and must be there. */
static void from_user(void **state)
{
	char *p = page_and_hole(), *hole = p + PAGE;
	bool set = false;
	u64 wide;

	CHECK_USER(kstrtou8, u8, "12", 12);
	CHECK_USER(kstrtos8, s8, "-12", -12);
	CHECK_USER(kstrtou16, u16, "0x12\n", 0x12);
	CHECK_USER(kstrtos16, s16, "-7", -7);
	CHECK_USER(kstrtouint, unsigned int, "017", 15);
	CHECK_USER(kstrtoint, int, "-17", -17);
	CHECK_USER(kstrtoul, unsigned long, "17", 17);
	CHECK_USER(kstrtol, long, "-1", -1);
	CHECK_USER(kstrtoull, unsigned long long, "17", 17);
	CHECK_USER(kstrtoll, long long, "-17", -17);
	memcpy(hole - 2, "on", 2);
	assert_int_equal(kstrtobool_from_user(hole - 2, 2, &set), 0);
	assert_true(set);
	assert_int_equal(kstrtobool_from_user(hole - 2, 3, &set), -EFAULT);
	/* All of the longest number is looked at. */
	memset(p, '1', 64);
	p[64] = '\n';
	assert_int_equal(kstrtou64_from_user(p, 65, 10, &wide), -ERANGE);
	assert_int_equal(kstrtou64_from_user(p, 0, 10, &wide), -EINVAL);
	uik_fail_nth(1, 1u << UIK_FAIL_COPY, false);
	assert_int_equal(kstrtou64_from_user(p, 1, 10, &wide), -EFAULT);
	uik_fail_nth(0, 0, false);
	page_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits),
		cmocka_unit_test(from_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
