/* SPDX-License-Identifier: MIT */
/*
 * Injectable time.  All reading of time, sleeping and waiting with a timeout
 * in the library goes through the machine's clock.
 *
 * wall:    CLOCK_MONOTONIC; sleeps really sleep.
 * manual:  stands still until uik_clock_advance(); waits whose deadline it
 *          passes end.  A sleep advances it.
 * auto:    as manual, and when every task inside the machine waits, it jumps
 *          to the earliest deadline: a wait of a minute costs microseconds.
 */
#ifndef UIK_CLOCK_H
#define UIK_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <uik/abi.h>
#include <uik/machine.h>

struct uik_clock {
	const char *name;
	bool is_virtual;
	bool jumps;
};

extern const struct uik_clock uik_clock_wall __uik_export;
extern const struct uik_clock uik_clock_manual __uik_export;
extern const struct uik_clock uik_clock_auto __uik_export;

uint64_t uik_now_ns(void) __uik_export;
void uik_sleep_ns(uint64_t duration_ns) __uik_export;
/*
 * As schedule_timeout() with nanoseconds: sleeps in the state that current has
 * set until woken or @duration_ns have passed (UINT64_MAX: for ever).
 */
void uik_schedule_ns(uint64_t duration_ns) __uik_export;
/* The same up to a time of the clock; whether that has come. */
bool uik_schedule_until_ns(uint64_t deadline_ns) __uik_export;
/* The time in @duration_ns (negative: now); the largest: none ever. */
uint64_t uik_deadline_after_ns(int64_t duration_ns) __uik_export;
void uik_clock_advance(struct uik_machine *machine, uint64_t duration_ns)
	__uik_export;
uint64_t uik_machine_now_ns(struct uik_machine *machine) __uik_export;

#endif
