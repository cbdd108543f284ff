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
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/delay.h>
#include <uik/clock.h>

/* Between two reads: sleeps, or lets time pass a little on any clock. */
static inline void uik_poll_pause(u64 pause_ns)
{
	uik_sleep_ns(pause_ns ? pause_ns : 100);
}

/**
 * poll_timeout_us - do something until a condition holds.
 * @op: statement or expression, the condition's news
 * @cond: expression
 * @sleep_us: pause between two times, 0 for none
 * @timeout_us: 0 waits for ever
 * @sleep_before_op: pause before the first time too
 *
 * Once the time is up it does and tests it a last time.
 * Context: may sleep if @sleep_us; the _atomic form never does.
 * Return: 0, or -ETIMEDOUT.
 */
#define poll_timeout_us(op, cond, sleep_us, timeout_us, sleep_before_op) \
	({                                                               \
		might_sleep_if((sleep_us) != 0);                         \
		uik_poll(op, cond, sleep_us, timeout_us,                 \
			 sleep_before_op);                               \
	})
#define poll_timeout_us_atomic(op, cond, delay_us, timeout_us, \
			       delay_before_op)                \
	uik_poll(op, cond, delay_us, timeout_us, delay_before_op)
#define uik_poll(op, cond, pause_us, timeout_us, pause_first)         \
	({                                                            \
		u64 uik_wait_us_ = (timeout_us);                      \
		u64 uik_pause_ns_ = (u64)(pause_us) * 1000;           \
		u64 uik_end_ns_ = uik_now_ns() + uik_wait_us_ * 1000; \
		if ((pause_first) && uik_pause_ns_)                   \
			uik_sleep_ns(uik_pause_ns_);                  \
		for (;;) {                                            \
			op;                                           \
			if (cond)                                     \
				break;                                \
			if (uik_wait_us_ &&                           \
			    uik_now_ns() > uik_end_ns_) {             \
				op;                                   \
				break;                                \
			}                                             \
			uik_poll_pause(uik_pause_ns_);                \
		}                                                     \
		(cond) ? 0 : -ETIMEDOUT;                              \
	})

/**
 * read_poll_timeout - read until a condition holds.
 * @op: function or macro that reads
 * @val: variable that receives each value
 * @cond: expression on it
 * @sleep_us, @timeout_us, @sleep_before_read: as poll_timeout_us()
 *
 * Context: may sleep if @sleep_us; the _atomic form never does.
 * Return: 0, or -ETIMEDOUT with the last value in @val.
 */
#define read_poll_timeout(op, val, cond, sleep_us, timeout_us,            \
			  sleep_before_read, args...)                     \
	poll_timeout_us((val) = op(args), cond, sleep_us, timeout_us,     \
			sleep_before_read)
#define read_poll_timeout_atomic(op, val, cond, delay_us, timeout_us, \
				 delay_before_read, args...)          \
	poll_timeout_us_atomic((val) = op(args), cond, delay_us,      \
			       timeout_us, delay_before_read)

#define readx_poll_timeout(op, addr, val, cond, sleep_us, timeout_us) \
	read_poll_timeout(op, val, cond, sleep_us, timeout_us, false, addr)
#define readx_poll_timeout_atomic(op, addr, val, cond, delay_us, timeout_us) \
	read_poll_timeout_atomic(op, val, cond, delay_us, timeout_us, false, \
				 addr)

#define readb_poll_timeout(addr, val, cond, sleep_us, timeout_us) \
	readx_poll_timeout(readb, addr, val, cond, sleep_us, timeout_us)
#define readb_poll_timeout_atomic(addr, val, cond, delay_us, timeout_us) \
	readx_poll_timeout_atomic(readb, addr, val, cond, delay_us, \
				  timeout_us)
#define readb_relaxed_poll_timeout(addr, val, cond, sleep_us, timeout_us) \
	readx_poll_timeout(readb_relaxed, addr, val, cond, sleep_us, \
			   timeout_us)
#define readb_relaxed_poll_timeout_atomic(addr, val, cond, delay_us, \
					  timeout_us) \
	readx_poll_timeout_atomic(readb_relaxed, addr, val, cond, delay_us, \
				  timeout_us)
#define readw_poll_timeout(addr, val, cond, sleep_us, timeout_us) \
	readx_poll_timeout(readw, addr, val, cond, sleep_us, timeout_us)
#define readw_poll_timeout_atomic(addr, val, cond, delay_us, timeout_us) \
	readx_poll_timeout_atomic(readw, addr, val, cond, delay_us, \
				  timeout_us)
#define readw_relaxed_poll_timeout(addr, val, cond, sleep_us, timeout_us) \
	readx_poll_timeout(readw_relaxed, addr, val, cond, sleep_us, \
			   timeout_us)
#define readw_relaxed_poll_timeout_atomic(addr, val, cond, delay_us, \
					  timeout_us) \
	readx_poll_timeout_atomic(readw_relaxed, addr, val, cond, delay_us, \
				  timeout_us)
#define readl_poll_timeout(addr, val, cond, sleep_us, timeout_us) \
	readx_poll_timeout(readl, addr, val, cond, sleep_us, timeout_us)
#define readl_poll_timeout_atomic(addr, val, cond, delay_us, timeout_us) \
	readx_poll_timeout_atomic(readl, addr, val, cond, delay_us, \
				  timeout_us)
#define readl_relaxed_poll_timeout(addr, val, cond, sleep_us, timeout_us) \
	readx_poll_timeout(readl_relaxed, addr, val, cond, sleep_us, \
			   timeout_us)
#define readl_relaxed_poll_timeout_atomic(addr, val, cond, delay_us, \
					  timeout_us) \
	readx_poll_timeout_atomic(readl_relaxed, addr, val, cond, delay_us, \
				  timeout_us)
#define readq_poll_timeout(addr, val, cond, sleep_us, timeout_us) \
	readx_poll_timeout(readq, addr, val, cond, sleep_us, timeout_us)
#define readq_poll_timeout_atomic(addr, val, cond, delay_us, timeout_us) \
	readx_poll_timeout_atomic(readq, addr, val, cond, delay_us, \
				  timeout_us)
#define readq_relaxed_poll_timeout(addr, val, cond, sleep_us, timeout_us) \
	readx_poll_timeout(readq_relaxed, addr, val, cond, sleep_us, \
			   timeout_us)
#define readq_relaxed_poll_timeout_atomic(addr, val, cond, delay_us, \
					  timeout_us) \
	readx_poll_timeout_atomic(readq_relaxed, addr, val, cond, delay_us, \
				  timeout_us)

#endif
