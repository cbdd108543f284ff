/* SPDX-License-Identifier: MIT */
/* Drivers' ops, seen and answered by who watches the machine. */
#include "kit_test.h"

#include <errno.h>
#include <string.h>
#include <uik/hardware_fault.h>

#include "kit/driver_op.h"

struct watch {
	struct driver_op_watch watch;
	enum driver_op last;
	unsigned int seen;
	bool gives;
	long value;
};

static bool on_call(struct driver_op_watch *watch, enum driver_op op,
		    long *value)
{
	struct watch *w = container_of(watch, struct watch, watch);

	w->last = op;
	w->seen++;
	*value = w->value;
	return w->gives;
}

static int called;

static int attach(int arg)
{
	called++;
	return arg;
}

static void destroy(int arg)
{
	called += arg;
}

struct ops {
	int (*attach_dev)(int arg);
	void (*free)(int arg);
};

static const struct ops ops = { attach, destroy };

/* Law: nobody watches: a call is a call. */
static void unwatched(void **state)
{
	struct kit_machine m = machine_with(NULL);

	called = 0;
	assert_false(driver_op_is_watched());
	assert_null(driver_op_watch_get(m.machine));
	assert_int_equal(driver_call(&ops, attach_dev, 7), 7);
	driver_tell(&ops, free, 10);
	assert_int_equal(called, 11);
	machine_end(m);
}

/* Law: a watch is told beforehand, and may answer in the driver's place. */
static void watching(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct watch w = { .watch.called = on_call, .value = -ENOSPC };

	called = 0;
	driver_op_watch_set(m.machine, &w.watch);
	assert_ptr_equal(driver_op_watch_get(m.machine), &w.watch);
	assert_true(driver_op_is_watched());
	assert_int_equal(driver_call(&ops, attach_dev, 7), 7);
	assert_int_equal(w.last, DRIVER_OP_attach_dev);
	assert_int_equal(called, 1);
	w.gives = true;
	assert_int_equal(driver_call(&ops, attach_dev, 7), -ENOSPC);
	assert_int_equal(called, 1);
	assert_int_equal(w.seen, 2);
	/* Nobody answers for what gives nothing back: it is called. */
	assert_int_equal(warnings_of(driver_tell(&ops, free, 10)), 1);
	assert_int_equal(w.last, DRIVER_OP_free);
	assert_int_equal(called, 11);
	w.gives = false;
	driver_tell(&ops, free, 10);
	assert_int_equal(called, 21);
	driver_op_watch_set(m.machine, NULL);
	assert_false(driver_op_is_watched());
	assert_int_equal(driver_call(&ops, attach_dev, 7), 7);
	assert_int_equal(w.seen, 4);
	machine_end(m);
}

/* Law: watches are a machine's own, and counted once each. */
static void per_machine(void **state)
{
	struct kit_machine a = machine_with(NULL), b;
	struct watch one = { .watch.called = on_call, .gives = true };
	struct watch two = one;

	driver_op_watch_set(a.machine, &one.watch);
	b = machine_with(NULL);
	/* Somebody else's is watched: the slow side finds nobody here. */
	assert_int_equal(driver_call(&ops, attach_dev, 3), 3);
	driver_op_watch_set(b.machine, &one.watch);
	driver_op_watch_set(b.machine, &two.watch);
	assert_int_equal(driver_ops_watched, 2);
	assert_int_equal(driver_call(&ops, attach_dev, 3), 0);
	assert_int_equal(one.seen, 0);
	assert_int_equal(two.seen, 1);
	driver_op_watch_set(b.machine, NULL);
	driver_op_watch_set(b.machine, NULL);
	machine_end(b);
	assert_int_equal(driver_ops_watched, 1);
	driver_op_watch_set(a.machine, NULL);
	assert_int_equal(driver_ops_watched, 0);
	machine_end(a);
}

static const void *hw_info(int arg)
{
	called++;
	return &ops;
}

static size_t iova_to_phys(int arg)
{
	called++;
	return arg;
}

static bool refuse(enum uik_fail_kind kind, const void *site)
{
	return kind == UIK_FAIL_DRIVER;
}

/*
 * Law: an op that may be refused is a failure point while somebody has asked
 * for it; a refused one is not called.
 */
static void refusals(void **state)
{
	static const struct uik_hooks hooks = { .fail = refuse };
	static const struct {
		const void *(*hw_info)(int arg);
		size_t (*iova_to_phys)(int arg);
	} more = { hw_info, iova_to_phys };
	struct kit_machine m = machine_with(NULL);

	called = 0;
	uik_hooks_install(&hooks);
	assert_int_equal(driver_ask(&ops, attach_dev, 7), 7);
	uik_drivers_may_refuse(true);
	assert_int_equal(driver_ask(&ops, attach_dev, 7), -ENOMEM);
	assert_true(driver_ask(&more, hw_info, 7) == (void *)-ENOMEM);
	assert_int_equal(driver_ask(&more, iova_to_phys, 7), 0);
	assert_int_equal(called, 1);
	/* What must not fail does not. */
	assert_int_equal(driver_call(&ops, attach_dev, 7), 7);
	uik_drivers_may_refuse(false);
	uik_hooks_install(NULL);
	assert_false(driver_op_is_watched());
	assert_int_equal(driver_ask(&ops, attach_dev, 7), 7);
	assert_int_equal(called, 3);
	machine_end(m);
}

/* Law: each op has its name. */
static void names(void **state)
{
	assert_string_equal(driver_op_rows[DRIVER_OP_capable].name, "capable");
	assert_string_equal(driver_op_rows[DRIVER_OP_access_unmap].name,
			    "access_unmap");
	for (int op = 0; op < DRIVER_OP_NR; op++)
		for (int other = 0; other < op; other++)
			assert_string_not_equal(driver_op_rows[op].name,
						driver_op_rows[other].name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unwatched),
		cmocka_unit_test(watching),
		cmocka_unit_test(per_machine),
		cmocka_unit_test(refusals),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
