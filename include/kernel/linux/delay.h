/* SPDX-License-Identifier: MIT */
/*
 * Delays on the machine's clock.  All of them sleep on a wall clock of more
 * than a few microseconds and advance a virtual one; u- and ndelay() may be
 * used while atomic, the others may not.
 */
#ifndef UIK_LINUX_DELAY_H
#define UIK_LINUX_DELAY_H

#include <linux/jiffies.h>
#include <linux/math.h>
#include <linux/types.h>
#include <uik/abi.h>
#include <uik/clock.h>

void ndelay(unsigned long nsecs) __uik(ndelay);
void msleep(unsigned int msecs) __uik(msleep);
/* Return: milliseconds left when a signal came, else 0. */
unsigned long msleep_interruptible(unsigned int msecs)
	__uik(msleep_interruptible);
void usleep_range(unsigned long min_us, unsigned long max_us)
	__uik(usleep_range);

static inline void udelay(unsigned long usecs)
{
	ndelay(usecs * NSEC_PER_USEC);
}

static inline void mdelay(unsigned long msecs)
{
	ndelay(msecs * NSEC_PER_MSEC);
}

static inline void ssleep(unsigned int seconds)
{
	msleep(seconds * MSEC_PER_SEC);
}

static inline void fsleep(unsigned long usecs)
{
	usleep_range(usecs, usecs);
}

#endif
