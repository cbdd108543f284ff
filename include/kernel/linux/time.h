/* SPDX-License-Identifier: MIT */
/* Time: libc's types and the kernel's 64-bit ones. */
#ifndef UIK_LINUX_TIME_H
#define UIK_LINUX_TIME_H

#include <sys/time.h>
#include <time.h>
#include <linux/jiffies.h>
#include <linux/time64.h>
#include <linux/time_types.h>

#endif
