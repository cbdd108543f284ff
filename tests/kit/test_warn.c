/* SPDX-License-Identifier: MIT */
/* Warnings, their scopes and once-flags, and messages. */
#include "kit_test.h"

#include <glib.h>
#include <signal.h>
#include <linux/bug.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <uik/hook.h>
#include <uik/log.h>

static char last[8192];
static GLogLevelFlags last_level;
static int messages;

static GLogWriterOutput keep(GLogLevelFlags level, const GLogField *fields,
			     gsize count, gpointer data)
{
	for (gsize i = 0; i < count; i++) {
		const GLogField *f = &fields[i];
		int length = f->length < 0 ? (int)strlen(f->value) :
					     (int)f->length;

		if (!strcmp(f->key, "MESSAGE"))
			scnprintf(last, sizeof(last), "%.*s", length,
				  (const char *)f->value);
	}
	last_level = level;
	messages++;
	return G_LOG_WRITER_HANDLED;
}

/* Law: a WARN has the value of its condition, warned or not. */
static void value(void **state)
{
	u64 before = uik_warn_count();

	assert_false(WARN_ON(0));
	assert_int_equal(uik_warn_count(), before);
	uik_warn_expect_begin();
	assert_true(WARN_ON(7 == 7));
	assert_true(WARN(1, "text %d", 5));
	if (WARN_ON(true))
		assert_int_equal(uik_warn_expect_end(), 3);
	assert_int_equal(uik_warn_count(), before);
}

static bool once(bool cond)
{
	return WARN_ON_ONCE(cond);
}

/* Law: the report is made once, the value is right each time. */
static void once_only(void **state)
{
	uik_warn_once_reset();
	uik_warn_expect_begin();
	assert_false(once(false));
	assert_true(once(true));
	assert_true(once(true));
	assert_false(once(false));
	assert_int_equal(uik_warn_expect_end(), 1);
	uik_warn_once_reset();
	assert_int_equal(warnings_of(once(true)), 1);
	assert_int_equal(warnings_of(once(true)), 0);
}

static noinline void culprit_function(void)
{
	uik_warn("driver.c", 77, "culprit", "something is wrong\n");
	barrier();
}

/* Law: the report has text, place and stack, and is counted. */
static void report(void **state)
{
	struct kit_machine m = machine_with(NULL);

	culprit_function();
	assert_int_equal(uik_warn_count(), 1);
	assert_int_equal(last_level & G_LOG_LEVEL_MASK, G_LOG_LEVEL_WARNING);
	assert_non_null(strstr(last, "something is wrong\n  at driver.c:77"));
	assert_non_null(strstr(last, "culprit_function+0x"));
	uik_leave(m.before);
	uik_machine_free(m.machine);
}

/* Law: scopes nest; the inner one tells only its own. */
static void scopes_nest(void **state)
{
	uik_warn_expect_begin();
	WARN_ON(1);
	uik_warn_expect_begin();
	WARN_ON(1);
	WARN_ON(1);
	assert_int_equal(uik_warn_expect_end(), 2);
	WARN_ON(1);
	assert_int_equal(uik_warn_expect_end(), 4);
}

/* Law: a scope belongs to its machine. */
static void scope_of_a_machine(void **state)
{
	struct kit_machine other;

	uik_warn_expect_begin();
	other = machine_with(NULL);
	WARN_ON(1);
	assert_int_equal(uik_warn_count(), 1);
	uik_leave(other.before);
	uik_machine_free(other.machine);
	assert_int_equal(uik_warn_expect_end(), 0);
}

static void warn_fatally(void)
{
	uik_warn_set_abort(true);
	WARN_ON(1);
}

static void warn_expectedly(void)
{
	uik_warn_set_abort(true);
	uik_warn_expect_begin();
	WARN_ON(1);
	if (uik_warn_expect_end() != 1)
		abort();
}

static void bug(void)
{
	BUG_ON(1);
}

static void no_bug(void)
{
	BUG_ON(0);
}

static void fatal(void **state)
{
	assert_int_equal(signal_of(warn_fatally), SIGABRT);
	assert_int_equal(signal_of(warn_expectedly), 0);
	assert_int_equal(signal_of(bug), SIGABRT);
	assert_int_equal(signal_of(no_bug), 0);
}

/* Law: kernel levels become GLib's; the newline goes. */
static void levels(void **state)
{
	pr_err("bad %s\n", "thing");
	assert_string_equal(last, "bad thing");
	assert_int_equal(last_level & G_LOG_LEVEL_MASK, G_LOG_LEVEL_CRITICAL);
	pr_warn("w\n");
	assert_int_equal(last_level & G_LOG_LEVEL_MASK, G_LOG_LEVEL_WARNING);
	pr_notice("n");
	assert_int_equal(last_level & G_LOG_LEVEL_MASK, G_LOG_LEVEL_MESSAGE);
	pr_info("i");
	assert_int_equal(last_level & G_LOG_LEVEL_MASK, G_LOG_LEVEL_INFO);
	assert_int_equal(printk(KERN_DEBUG "debug\n"), 5);
	assert_int_equal(last_level & G_LOG_LEVEL_MASK, G_LOG_LEVEL_DEBUG);
	printk("no level\n");
	assert_int_equal(last_level & G_LOG_LEVEL_MASK, G_LOG_LEVEL_WARNING);
	assert_string_equal(last, "no level");
}

/* Law: pr_debug() is silent and does not evaluate its arguments. */
static void debug_is_silent(void **state)
{
	int evaluated = 0, before = messages;

	pr_debug("%d\n", ++evaluated);
	assert_int_equal(evaluated, 0);
	assert_int_equal(messages, before);
}

static void limited(void)
{
	pr_info_ratelimited("often\n");
}

/* Law: ten messages in five seconds of machine time. */
static void rate_limit(void **state)
{
	struct kit_machine m = machine_with(&uik_clock_manual);
	int before = messages;

	for (int i = 0; i < 50; i++)
		limited();
	assert_int_equal(messages - before, 10);
	uik_sleep_ns(6ull * 1000000000);
	limited();
	assert_int_equal(messages - before, 11);
	machine_end(m);
}

static int allowed(struct ratelimit_state *limit, int asked)
{
	int yes = 0;

	while (asked--)
		yes += __ratelimit(limit);
	return yes;
}

/* Law: a place with a limit of its own has that, also none at all. */
static void own_rate_limit(void **state)
{
	static DEFINE_RATELIMIT_STATE(three, HZ, 3);
	struct kit_machine m = machine_with(&uik_clock_manual);
	struct ratelimit_state other;

	assert_int_equal(allowed(&three, 20), 3);
	uik_sleep_ns(900 * 1000000ull);
	assert_int_equal(allowed(&three, 20), 0);
	uik_sleep_ns(200 * 1000000ull);
	assert_int_equal(allowed(&three, 20), 3);
	ratelimit_state_init(&other, 0, 1);
	assert_int_equal(allowed(&other, 200), 200);
	ratelimit_state_init(&other, HZ, 0);
	assert_int_equal(allowed(&other, 20), 0);
	ratelimit_default_init(&other);
	assert_int_equal(allowed(&other, 20), 10);
	machine_end(m);
}

static void stack(void **state)
{
	dump_stack();
	assert_non_null(strstr(last, "stack"));
}

static unsigned int hooked;
static char hooked_what[16], hooked_text[64];
static bool hook_takes;

static bool on_warn(const char *what, const char *file, int line,
		    const char *function, const char *text)
{
	hooked++;
	snprintf(hooked_what, sizeof(hooked_what), "%s", what);
	snprintf(hooked_text, sizeof(hooked_text), "%s", text);
	return hook_takes;
}

static const struct uik_hooks warn_hooks = { .warn = on_warn };

/* Law: hooks hear of what nobody expects; what they take is not reported. */
static void hooks_hear(void **state)
{
	struct kit_machine m = machine_with(NULL);
	u64 before = uik_warn_count(), logged;

	uik_hooks_install(&warn_hooks);
	hooked = 0;
	assert_int_equal(warnings_of(WARN(1, "expected")), 1);
	assert_int_equal(hooked, 0);
	hook_takes = true;
	logged = uik_log_count();
	WARN(1, "taken %d\n", 7);
	assert_int_equal(uik_log_count(), logged);
	assert_int_equal(hooked, 1);
	assert_string_equal(hooked_what, "WARNING");
	assert_string_equal(hooked_text, "taken 7\n");
	hook_takes = false;
	WARN(1, "left");
	assert_int_equal(uik_log_count(), logged + 1);
	assert_int_equal(hooked, 2);
	uik_hooks_install(NULL);
	assert_int_equal(uik_warn_count(), before + 2);
	uik_leave(m.before);
	uik_machine_free(m.machine);
}

static void panics(void)
{
	panic("out of %s", "cheese");
}

static void panics_under_hooks(void)
{
	uik_hooks_install(&warn_hooks);
	hook_takes = true;
	uik_log_hush(true);
	signal(SIGABRT, SIG_DFL);
	panic("out of %s", "cheese");
}

/* Law: a panic ends the process, whoever hears of it. */
static void panic_ends(void **state)
{
	assert_int_equal(signal_of(panics), SIGABRT);
	assert_int_equal(signal_of(panics_under_hooks), SIGABRT);
}

/* Law: a scope that was not opened is not closed. */
static void scope_not_open(void **state)
{
	struct kit_machine m = machine_with(NULL);

	uik_hooks_install(&warn_hooks);
	hook_takes = true;
	hooked = 0;
	assert_int_equal(uik_warn_expect_end(), 0);
	assert_int_equal(hooked, 1);
	uik_hooks_install(NULL);
	/* Deeper than there are places for. */
	for (int i = 0; i < 40; i++)
		uik_warn_expect_begin();
	WARN_ON(1);
	for (int i = 0; i < 39; i++)
		uik_warn_expect_end();
	assert_int_equal(uik_warn_expect_end(), 1);
	assert_int_equal(uik_warn_count(), 1);
	uik_leave(m.before);
	uik_machine_free(m.machine);
}

/* Law: hushed or not, messages count; only the level decides what is shown. */
static void hushed(void **state)
{
	u64 before = uik_log_count();

	uik_log_hush(true);
	pr_err("not seen\n");
	printk("\n\n");
	uik_log_hush(false);
	assert_int_equal(uik_log_count(), before + 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(value),
		cmocka_unit_test(once_only),
		cmocka_unit_test(report),
		cmocka_unit_test(scopes_nest),
		cmocka_unit_test(scope_of_a_machine),
		cmocka_unit_test(fatal),
		cmocka_unit_test(levels),
		cmocka_unit_test(debug_is_silent),
		cmocka_unit_test(rate_limit),
		cmocka_unit_test(own_rate_limit),
		cmocka_unit_test(stack),
		cmocka_unit_test(hooks_hear),
		cmocka_unit_test(panic_ends),
		cmocka_unit_test(scope_not_open),
		cmocka_unit_test(hushed),
	};

	g_log_set_writer_func(keep, NULL, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
