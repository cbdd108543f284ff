/* SPDX-License-Identifier: MIT */
/*
 * Failure points of devices, whether the hardware does now what it should not,
 * and of drivers, whether they refuse an op.
 *
 * Kinds of their own and none of UIK_FAIL_ANY, since whoever makes operations of
 * software fail does not expect the device to fail, too.
 */
#ifndef UIK_HARDWARE_FAULT_H
#define UIK_HARDWARE_FAULT_H

#include <uik/hook.h>

#define UIK_FAIL_HARDWARE ((enum uik_fail_kind)UIK_FAIL_NR)
#define UIK_FAIL_DRIVER ((enum uik_fail_kind)(UIK_FAIL_NR + 1))
#define UIK_FAIL_KINDS (UIK_FAIL_NR + 2)

/*
 * Ops that a driver may refuse are failure points from here on, or (false) no
 * longer; calls are counted.
 */
void uik_drivers_may_refuse(bool may);

/* Whether somebody decides on such points. */
static inline bool uik_hardware_may_fail(void)
{
	return uik_is_watched();
}

static inline __attribute__((always_inline)) bool uik_hardware_fails(void)
{
	return uik_hardware_may_fail() &&
	       uik_fail_slow(UIK_FAIL_HARDWARE, __builtin_return_address(0));
}

#endif
