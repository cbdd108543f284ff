/* SPDX-License-Identifier: MIT */
/* Types of module parameters: limits, arrays, texts, functions of one's own. */
#include "kit_test.h"

#include <string.h>
#include <linux/module.h>
#include <uik/module.h>

static unsigned char a_byte;
module_param(a_byte, byte, 0644);
static short a_short;
module_param(a_short, short, 0644);
static unsigned short a_ushort;
module_param(a_ushort, ushort, 0644);
static int an_int;
module_param(an_int, int, 0644);
static unsigned int a_uint;
module_param(a_uint, uint, 0644);
static long a_long;
module_param(a_long, long, 0644);
static unsigned long a_ulong;
module_param_unsafe(a_ulong, ulong, 0644);
static unsigned long long a_ullong;
module_param(a_ullong, ullong, 0644);
static unsigned int a_hexint;
module_param(a_hexint, hexint, 0644);
static char *a_charp;
module_param(a_charp, charp, 0644);
static bool a_bool;
module_param(a_bool, bool, 0644);
static bool an_invbool;
module_param(an_invbool, invbool, 0644);
static int a_bint;
module_param(a_bint, bint, 0644);
static char buffer[8];
module_param_string(a_string, buffer, sizeof(buffer), 0644);
static int numbers[4] = { 9, 9, 9, 9 };
static unsigned int count = 4;
module_param_array(numbers, int, &count, 0644);
static char *words[3];
module_param_array_named(texts, words, charp, NULL, 0644);

static int percent = 50;

static int set_percent(const char *value, const struct kernel_param *kp)
{
	assert_string_equal(kp->name, "percent");
	return param_set_uint_minmax(value, kp, 1, 100);
}

static int get_percent(char *text, const struct kernel_param *kp)
{
	return scnprintf(text, 4096, "%d%%", *(int *)kp->arg);
}

static const struct kernel_param_ops percent_ops = {
	.set = set_percent,
	.get = get_percent,
};
module_param_cb(percent, &percent_ops, &percent, 0644);
static const struct kernel_param_ops no_ops;
module_param_cb(nothing, &no_ops, NULL, 0);
module_param_call(called, set_percent, NULL, &percent, 0200);

/* A type of this module's. */
struct pair {
	int a, b;
};

static int param_set_pair(const char *value, const struct kernel_param *kp)
{
	struct pair pair;

	if (sscanf(value, "%d/%d", &pair.a, &pair.b) != 2)
		return -EINVAL;
	*(struct pair *)kp->arg = pair;
	return 0;
}

static const struct kernel_param_ops param_ops_pair = { .set = param_set_pair };
#define param_check_pair(name, p) __param_check(name, p, struct pair)
static struct pair pairs[2];
module_param_array(pairs, pair, NULL, 0644);

static int set(const char *assignment)
{
	char text[128];

	snprintf(text, sizeof(text), "test_module_param.%s", assignment);
	return uik_param_set(text);
}

static const char *get(const char *name)
{
	static char text[64];
	char whole[64];
	int length;

	snprintf(whole, sizeof(whole), "test_module_param.%s", name);
	length = uik_param_get(whole, text, sizeof(text));
	assert_int_equal(length, strlen(text));
	return text;
}

/* Sets it, reads it back as @shown; what is too much changes nothing. */
static void check(const char *name, const char *value, const char *shown,
		  const char *too_much)
{
	char text[64];

	snprintf(text, sizeof(text), "%s=%s", name, value);
	assert_int_equal(set(text), 0);
	assert_string_equal(get(name), shown);
	snprintf(text, sizeof(text), "%s=%s", name, too_much);
	assert_int_equal(set(text), -ERANGE);
	snprintf(text, sizeof(text), "%s=none", name);
	assert_int_equal(set(text), -EINVAL);
	assert_int_equal(set(name), -EINVAL);
	assert_string_equal(get(name), shown);
}

/* Law: each number has its type's range, and is shown as it is written. */
static void numbers_of_each_type(void **state)
{
	check("a_byte", "255", "255", "256");
	check("a_short", "-32768", "-32768", "-32769");
	check("a_ushort", "65535", "65535", "65536");
	check("an_int", "-2147483648", "-2147483648", "2147483648");
	check("a_uint", "4294967295", "4294967295", "4294967296");
	check("a_long", "-9223372036854775808", "-9223372036854775808",
	      "9223372036854775808");
	check("a_ulong", "18446744073709551615", "18446744073709551615",
	      "18446744073709551616");
	check("a_ullong", "0x10", "16", "18446744073709551616");
	check("a_hexint", "0xabc", "0x000abc", "4294967296");
	assert_int_equal(a_hexint, 0xabc);
	assert_int_equal(a_byte, 255);
	assert_int_equal(a_short, -32768);
}

/* Law: a switch needs no value. */
static void switches(void **state)
{
	assert_int_equal(set("a_bool"), 0);
	assert_string_equal(get("a_bool"), "Y");
	assert_int_equal(set("a_bool=off"), 0);
	assert_false(a_bool);
	assert_int_equal(set("an_invbool"), 0);
	assert_false(an_invbool);
	assert_string_equal(get("an_invbool"), "Y");
	assert_int_equal(set("an_invbool=0"), 0);
	assert_true(an_invbool);
	assert_string_equal(get("an_invbool"), "N");
	assert_int_equal(set("a_bint"), 0);
	assert_int_equal(a_bint, 1);
	assert_int_equal(set("a_bint=n"), 0);
	assert_string_equal(get("a_bint"), "0");
	assert_int_equal(set("a_bool="), -EINVAL);
	assert_int_equal(set("a_bool=?"), -EINVAL);
	assert_int_equal(set("an_invbool=?"), -EINVAL);
	assert_int_equal(set("a_bint=?"), -EINVAL);
}

/* Law: texts are kept, or copied where they fit. */
static void texts(void **state)
{
	assert_string_equal(get("a_charp"), "(null)");
	assert_int_equal(set("a_charp=one=two.three"), 0);
	assert_string_equal(a_charp, "one=two.three");
	assert_int_equal(set("a_string=1234567"), 0);
	assert_string_equal(buffer, "1234567");
	assert_int_equal(set("a_string=12345678"), -ENOSPC);
	assert_string_equal(get("a_string"), "1234567");
	assert_int_equal(set("a_string="), 0);
	assert_string_equal(buffer, "");
}

/* Law: all elements of an array are set, or none. */
static void arrays(void **state)
{
	assert_string_equal(get("numbers"), "9,9,9,9");
	assert_int_equal(set("numbers=1,-2,3"), 0);
	assert_int_equal(count, 3);
	assert_string_equal(get("numbers"), "1,-2,3");
	assert_int_equal(numbers[3], 9);
	assert_int_equal(set("numbers=5,x"), -EINVAL);
	assert_int_equal(set("numbers=5,99999999999"), -ERANGE);
	assert_int_equal(set("numbers=5,5,5,5,5"), -EINVAL);
	assert_int_equal(set("numbers="), -EINVAL);
	assert_int_equal(set("numbers"), -EINVAL);
	assert_string_equal(get("numbers"), "1,-2,3");
	assert_int_equal(set("texts=a,,bc"), 0);
	assert_string_equal(words[0], "a");
	assert_string_equal(words[1], "");
	assert_string_equal(get("texts"), "a,,bc");
	assert_int_equal(set("pairs=1/2,3/4"), 0);
	assert_int_equal(pairs[1].b, 4);
	assert_int_equal(set("pairs=1/2,3"), -EINVAL);
}

/* Law: a parameter's own functions decide. */
static void own_functions(void **state)
{
	char text[4];

	assert_int_equal(set("percent=7"), 0);
	assert_int_equal(percent, 7);
	assert_string_equal(get("percent"), "7%");
	assert_int_equal(set("percent=0"), -EINVAL);
	assert_int_equal(set("percent=101"), -EINVAL);
	assert_int_equal(percent, 7);
	assert_int_equal(set("nothing=1"), -EPERM);
	assert_int_equal(uik_param_get("test_module_param.nothing", text, 4),
			 -EPERM);
	assert_int_equal(uik_param_get("test_module_param.called", text, 4),
			 -EPERM);
	assert_int_equal(uik_param_get("test_module_param.unknown", text, 4),
			 -ENOENT);
	assert_int_equal(uik_param_get("percent", text, 4), -ENOENT);
	/* What is longer is cut. */
	assert_int_equal(set("a_uint=123456"), 0);
	assert_int_equal(uik_param_get("test_module_param.a_uint", text, 4), 6);
	assert_string_equal(text, "123");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_of_each_type),
		cmocka_unit_test(switches),
		cmocka_unit_test(texts),
		cmocka_unit_test(arrays),
		cmocka_unit_test(own_functions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
