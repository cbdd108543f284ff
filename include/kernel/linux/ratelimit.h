/* SPDX-License-Identifier: MIT */
/* Limits on how often a place speaks.  Interval and burst are the kit's own. */
#ifndef UIK_LINUX_RATELIMIT_H
#define UIK_LINUX_RATELIMIT_H

#include <linux/jiffies.h>
#include <linux/printk.h>

#define DEFAULT_RATELIMIT_INTERVAL (5 * HZ)
#define DEFAULT_RATELIMIT_BURST 10

#endif
