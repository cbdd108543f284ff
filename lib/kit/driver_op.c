/* SPDX-License-Identifier: MIT */
/*
 * Calls of drivers' ops, seen by a test: the side that is paid for only while
 * somebody watches.
 */
#include "kit/driver_op.h"

#include <linux/bug.h>
#include <linux/errno.h>
#include <uik/hardware_fault.h>

#include "kit/machine.h"

unsigned int driver_ops_watched;

const struct driver_op_row driver_op_rows[] = {
#define driver_op_row(op, gives) { #op, DRIVER_OP_##gives },
	DRIVER_OPS(driver_op_row)
#undef driver_op_row
};

void driver_op_watch_set(struct uik_machine *machine,
			 struct driver_op_watch *watch)
{
	struct driver_op_watch *before;

	uik_rawlock_lock(&machine->ops_lock);
	before = machine->ops_watch;
	machine->ops_watch = watch;
	uik_rawlock_unlock(&machine->ops_lock);
	if (watch && !before)
		__atomic_fetch_add(&driver_ops_watched, 1, __ATOMIC_RELAXED);
	else if (before && !watch)
		__atomic_fetch_sub(&driver_ops_watched, 1, __ATOMIC_RELAXED);
}

struct driver_op_watch *driver_op_watch_get(const struct uik_machine *machine)
{
	return machine->ops_watch;
}

void uik_drivers_may_refuse(bool may)
{
	if (may)
		__atomic_fetch_add(&driver_ops_watched, 1, __ATOMIC_RELAXED);
	else
		__atomic_fetch_sub(&driver_ops_watched, 1, __ATOMIC_RELAXED);
}

static long refusal(enum driver_op op)
{
	enum driver_op_result result = driver_op_rows[op].result;

	return result == DRIVER_OP_NUMBER || result == DRIVER_OP_POINTER ?
		       -ENOMEM : 0;
}

struct driver_op_answer driver_op_ask_slow(enum driver_op op)
{
	if (uik_is_watched() &&
	    uik_fail_slow(UIK_FAIL_DRIVER, __builtin_return_address(0)))
		return (struct driver_op_answer){ true, refusal(op) };
	return driver_op_slow(op);
}

struct driver_op_answer driver_op_slow(enum driver_op op)
{
	struct uik_machine *machine = uik_this_machine();
	struct driver_op_answer answer = { false, 0 };
	struct driver_op_watch *watch;

	uik_rawlock_lock(&machine->ops_lock);
	watch = machine->ops_watch;
	if (watch)
		answer.given = watch->called(watch, op, &answer.value);
	uik_rawlock_unlock(&machine->ops_lock);
	/* Nobody else can free what a destructor would free. */
	if (WARN_ON(answer.given &&
		    driver_op_rows[op].result == DRIVER_OP_NOTHING))
		answer.given = false;
	return answer;
}
