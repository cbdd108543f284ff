/* SPDX-License-Identifier: MIT */
/*
 * Waiting for a register by reading it again and again, on the machine's
 * clock.
 */
#ifndef UIK_LINUX_IOPOLL_H
#define UIK_LINUX_IOPOLL_H

#include <linux/types.h>
#include <linux/errno.h>
#include <linux/io.h>
#include <linux/ktime.h>
#include <linux/delay.h>
#include <uik/clock.h>

/**
 * read_poll_timeout - read until a condition holds.
 * @op: function or macro that reads
 * @val: variable that receives each value
 * @cond: expression on it
 * @sleep_us: pause between reads, 0 for none
 * @timeout_us: 0 waits for ever
 * @sleep_before_read: pause before the first read too
 *
 * Once the time is up it reads and tests a last time.
 * Return: 0, or -ETIMEDOUT with the last value in @val.
 */
#define read_poll_timeout(op, val, cond, sleep_us, timeout_us,               \
			  sleep_before_read, args...)                        \
	({                                                                   \
		u64 uik_wait_us_ = (timeout_us);                             \
		u64 uik_pause_ns_ = (u64)(sleep_us) * 1000;                  \
		u64 uik_end_ns_ = uik_now_ns() + uik_wait_us_ * 1000;        \
		if ((sleep_before_read) && uik_pause_ns_)                    \
			uik_sleep_ns(uik_pause_ns_);                         \
		for (;;) {                                                   \
			(val) = op(args);                                    \
			if (cond)                                            \
				break;                                       \
			if (uik_wait_us_ && uik_now_ns() > uik_end_ns_) {    \
				(val) = op(args);                            \
				break;                                       \
			}                                                    \
			uik_poll_pause(uik_pause_ns_);                       \
		}                                                            \
		(cond) ? 0 : -ETIMEDOUT;                                     \
	})
#define read_poll_timeout_atomic(op, val, cond, delay_us, timeout_us, \
				 delay_before_read, args...)          \
	read_poll_timeout(op, val, cond, delay_us, timeout_us,        \
			  delay_before_read, args)

/* Between two reads: sleeps, or lets time pass a little on any clock. */
static inline void uik_poll_pause(u64 pause_ns)
{
	uik_sleep_ns(pause_ns ? pause_ns : 100);
}

#define readx_poll_timeout(op, addr, val, cond, sleep_us, timeout_us) \
	read_poll_timeout(op, val, cond, sleep_us, timeout_us, false, addr)
#define readx_poll_timeout_atomic(op, addr, val, cond, delay_us, timeout_us) \
	read_poll_timeout(op, val, cond, delay_us, timeout_us, false, addr)
#define readl_poll_timeout(addr, val, cond, delay_us, timeout_us) \
	readx_poll_timeout(readl, addr, val, cond, delay_us, timeout_us)
#define readl_poll_timeout_atomic(addr, val, cond, delay_us, timeout_us) \
	readx_poll_timeout(readl, addr, val, cond, delay_us, timeout_us)
#define readl_relaxed_poll_timeout(addr, val, cond, delay_us, timeout_us) \
	readx_poll_timeout(readl_relaxed, addr, val, cond, delay_us,      \
			   timeout_us)
#define readl_relaxed_poll_timeout_atomic(addr, val, cond, delay_us, \
					  timeout_us)                \
	readx_poll_timeout(readl_relaxed, addr, val, cond, delay_us, timeout_us)
#define readq_poll_timeout(addr, val, cond, delay_us, timeout_us) \
	readx_poll_timeout(readq, addr, val, cond, delay_us, timeout_us)
#define readq_relaxed_poll_timeout(addr, val, cond, delay_us, timeout_us) \
	readx_poll_timeout(readq_relaxed, addr, val, cond, delay_us,      \
			   timeout_us)

#endif
