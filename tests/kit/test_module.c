/* SPDX-License-Identifier: MIT */
/* The module runner and module parameters; with module_a.c and module_b.c. */
#include "kit_test.h"

#include <errno.h>
#include <string.h>
#include <uik/module.h>

#include "module_trace.h"

static char events[32];
static int fail_b;
static struct {
	bool flag;
	int number;
	unsigned int count;
	unsigned short small;
	unsigned long wide;
	const char *text;
} seen;

int trace(char event)
{
	size_t n = strlen(events);

	events[n] = event;
	events[n + 1] = '\0';
	return event == 'b' ? fail_b : 0;
}

void trace_param(bool flag, int number, unsigned int count,
		 unsigned short small, unsigned long wide, const char *text)
{
	seen.flag = flag;
	seen.number = number;
	seen.count = count;
	seen.small = small;
	seen.wide = wide;
	seen.text = text;
}

/* Law: modules start in link order and end in reverse; the first error wins. */
static void runner(void **state)
{
	events[0] = '\0';
	fail_b = -EIO;
	assert_int_equal(uiommufd_modules_init(), -EIO);
	assert_string_equal(events, "ab");
	/* What started is not started again. */
	fail_b = 0;
	assert_int_equal(uiommufd_modules_init(), 0);
	assert_int_equal(uiommufd_modules_init(), 0);
	assert_string_equal(events, "abb");
	uiommufd_modules_exit();
	assert_string_equal(events, "abbBA");
	uiommufd_modules_exit();
	assert_string_equal(events, "abbBA");
	assert_false(seen.flag);
	assert_int_equal(seen.number, 3);
	assert_string_equal(seen.text, "default");
}

/* Law: parameters are set by module and name, and checked by type. */
static void parameters(void **state)
{
	assert_int_equal(uik_param_set("module_a.disable_cmdqv=1"), 0);
	assert_int_equal(uik_param_set("module-a.number=-7"), 0);
	assert_int_equal(uik_param_set("module_a.alias=0x10"), 0);
	assert_int_equal(uik_param_set("module_a.small=65535"), 0);
	assert_int_equal(uik_param_set("module_a.wide=18446744073709551615"),
			 0);
	assert_int_equal(uik_param_set("module_a.text=first"), 0);
	assert_int_equal(uik_param_set("module_a.text=hello=world"), 0);
	assert_int_equal(uik_param_set("module_a.count=1"), -ENOENT);
	assert_int_equal(uik_param_set("module_b.number=1"), -ENOENT);
	assert_int_equal(uik_param_set("number=1"), -ENOENT);
	assert_int_equal(uik_param_set("module_a.numbers=1"), -ENOENT);
	assert_int_equal(uik_param_set("module_a.number"), -EINVAL);
	assert_int_equal(uik_param_set("module_a.number=x"), -EINVAL);
	assert_int_equal(uik_param_set("module_a.number=1x"), -EINVAL);
	assert_int_equal(uik_param_set("module_a.number=99999999999"),
			 -ERANGE);
	assert_int_equal(uik_param_set("module_a.alias=-1"), -EINVAL);
	assert_int_equal(uik_param_set("module_a.small=65536"), -ERANGE);
	assert_int_equal(uik_param_set("module_a.disable_cmdqv=?"), -EINVAL);
	assert_int_equal(uiommufd_modules_init(), 0);
	assert_true(seen.flag);
	assert_int_equal(seen.number, -7);
	assert_int_equal(seen.count, 16);
	assert_int_equal(seen.small, 65535);
	assert_true(seen.wide == ~0ul);
	assert_string_equal(seen.text, "hello=world");
	uiommufd_modules_exit();
	assert_int_equal(uik_param_set("module_a.disable_cmdqv=n"), 0);
	assert_int_equal(uik_param_set("module_a.disable_cmdqv"), 0);
	assert_int_equal(uiommufd_modules_init(), 0);
	assert_true(seen.flag);
	uiommufd_modules_exit();
}

static bool count_module_a(const struct uik_param *param, void *arg)
{
	if (strstr(param->file, "module_a"))
		++*(int *)arg;
	return true;
}

/* Law: all parameters can be listed. */
static void listing(void **state)
{
	int n = 0;

	uik_param_each(count_module_a, &n);
	assert_int_equal(n, 6);
}

static bool stop_at_once(const struct uik_param *param, void *arg)
{
	++*(int *)arg;
	return false;
}

/* Law: who visits may stop; what is built in is started with the library. */
static void visits_and_builtins(void **state)
{
	int n = 0;

	uik_param_each(stop_at_once, &n);
	assert_int_equal(n, 1);
	events[0] = '\0';
	assert_int_equal(uik_modules_init_builtin(), 0);
	assert_string_equal(events, "");	/* none of these is */
}

/* Law: a value that is none changes nothing. */
static void bad_values(void **state)
{
	static const char *const bad[] = {
		"module_a.alias", "module_a.alias=", "module_a.alias=1 ",
		"module_a.wide=x",
		"module_a.wide=-1", "module_a.number=", "module_a.number=--1",
	};

	assert_int_equal(uik_param_set("module_a.number=41"), 0);
	assert_int_equal(uik_param_set("module_a.alias=42"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(uik_param_set(bad[i]), -EINVAL);
	assert_int_equal(uik_param_set(
				 "module_a.alias=99999999999999999999"),
			 -ERANGE);
	assert_int_equal(uik_param_set(
				 "module_a.number=99999999999999999999"),
			 -ERANGE);
	assert_int_equal(uik_param_set("module.number=1"), -ENOENT);
	assert_int_equal(uik_param_set("module_a_.number=1"), -ENOENT);
	assert_int_equal(uik_param_set(".number=1"), -ENOENT);
	assert_int_equal(uik_param_set("module_a.="), -ENOENT);
	assert_int_equal(uiommufd_modules_init(), 0);
	assert_int_equal(seen.number, 41);
	assert_int_equal(seen.count, 42);
	uiommufd_modules_exit();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runner),
		cmocka_unit_test(parameters),
		cmocka_unit_test(listing),
		cmocka_unit_test(visits_and_builtins),
		cmocka_unit_test(bad_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
