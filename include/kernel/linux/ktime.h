/* SPDX-License-Identifier: MIT */
/* Nanoseconds of the machine's clock. */
#ifndef UIK_LINUX_KTIME_H
#define UIK_LINUX_KTIME_H

#include <linux/jiffies.h>
#include <linux/time64.h>
#include <linux/types.h>
#include <uik/clock.h>

static inline ktime_t ktime_set(s64 secs, unsigned long nsecs)
{
	return secs * NSEC_PER_SEC + (s64)nsecs;
}

#define ktime_add(a, b) ((ktime_t)((a) + (b)))
#define ktime_sub(a, b) ((ktime_t)((a) - (b)))
#define ktime_add_ns(t, ns) ((ktime_t)((t) + (s64)(ns)))
#define ktime_sub_ns(t, ns) ((ktime_t)((t) - (s64)(ns)))
#define ktime_add_us(t, us) ktime_add_ns(t, (s64)(us) * NSEC_PER_USEC)
#define ktime_add_ms(t, ms) ktime_add_ns(t, (s64)(ms) * NSEC_PER_MSEC)

static inline int ktime_compare(ktime_t a, ktime_t b)
{
	return (a > b) - (a < b);
}

static inline bool ktime_after(ktime_t a, ktime_t b)
{
	return a > b;
}

static inline bool ktime_before(ktime_t a, ktime_t b)
{
	return a < b;
}

static inline s64 ktime_to_ns(ktime_t t)
{
	return t;
}

static inline s64 ktime_to_us(ktime_t t)
{
	return t / NSEC_PER_USEC;
}

static inline s64 ktime_to_ms(ktime_t t)
{
	return t / NSEC_PER_MSEC;
}

static inline s64 ktime_us_delta(ktime_t later, ktime_t earlier)
{
	return ktime_to_us(later - earlier);
}

static inline s64 ktime_ms_delta(ktime_t later, ktime_t earlier)
{
	return ktime_to_ms(later - earlier);
}

static inline ktime_t ns_to_ktime(u64 ns)
{
	return (ktime_t)ns;
}

static inline ktime_t ms_to_ktime(u64 ms)
{
	return (ktime_t)(ms * NSEC_PER_MSEC);
}

static inline ktime_t us_to_ktime(u64 us)
{
	return (ktime_t)(us * NSEC_PER_USEC);
}

static inline ktime_t ktime_get(void)
{
	return (ktime_t)uik_now_ns();
}

static inline u64 ktime_get_ns(void)
{
	return uik_now_ns();
}

#define ktime_get_raw() ktime_get()
#define ktime_get_boottime() ktime_get()
#define ktime_get_raw_ns() ktime_get_ns()
#define ktime_get_boottime_ns() ktime_get_ns()
#define ktime_get_mono_fast_ns() ktime_get_ns()
#define local_clock() ktime_get_ns()
#define sched_clock() ktime_get_ns()

/* Since 1970: the host's on the wall clock, else a fixed day plus machine time. */
u64 ktime_get_real_ns(void) __uik(ktime_get_real_ns);
#define ktime_get_real() ((ktime_t)ktime_get_real_ns())
#define ktime_get_real_seconds() \
	((time64_t)(ktime_get_real_ns() / NSEC_PER_SEC))
#define ktime_get_seconds() ((time64_t)(ktime_get_ns() / NSEC_PER_SEC))

static inline void ktime_get_ts64(struct timespec64 *ts)
{
	*ts = ns_to_timespec64(ktime_get());
}

static inline void ktime_get_real_ts64(struct timespec64 *ts)
{
	*ts = ns_to_timespec64(ktime_get_real());
}

#define ktime_sub_us(t, us) ktime_sub_ns(t, (s64)(us) * NSEC_PER_USEC)
#define ktime_sub_ms(t, ms) ktime_sub_ns(t, (s64)(ms) * NSEC_PER_MSEC)
#define ktime_to_timespec64(t) ns_to_timespec64(t)
#define timespec64_to_ktime(t) \
	({ \
		struct timespec64 uik_spec = (t); \
		(ktime_t)timespec64_to_ns(&uik_spec); \
	})
#define ktime_get_coarse() ktime_get()
#define ktime_get_coarse_ns() ktime_get_ns()

static inline s64 ktime_divns(ktime_t t, s64 divisor)
{
	return t / divisor;
}

/* The sum, or KTIME_MAX where it does not fit. */
static inline ktime_t ktime_add_safe(ktime_t a, ktime_t b)
{
	ktime_t sum;

	return __builtin_add_overflow(a, b, &sum) ? KTIME_MAX : sum;
}

#endif
