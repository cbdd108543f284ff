/* SPDX-License-Identifier: MIT */
/* Reading machine time. */
#ifndef UIK_LINUX_TIMEKEEPING_H
#define UIK_LINUX_TIMEKEEPING_H

#include <linux/ktime.h>

#endif
