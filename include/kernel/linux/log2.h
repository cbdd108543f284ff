/* SPDX-License-Identifier: MIT */
/* Powers of two and integer logarithms; constant for constants. */
#ifndef UIK_LINUX_LOG2_H
#define UIK_LINUX_LOG2_H

#include <linux/bitops.h>
#include <linux/types.h>

/* floor(log2(@n)); @n is not 0. */
#define ilog2(n) \
	((int)(63 - __builtin_clzll((unsigned long long)(n))))

static inline __attribute_const__ bool is_power_of_2(unsigned long n)
{
	return n && !(n & (n - 1));
}

static inline unsigned long __roundup_pow_of_two(unsigned long n)
{
	return n <= 1 ? 1 : 1UL << (64 - __builtin_clzl(n - 1));
}

static inline unsigned long __rounddown_pow_of_two(unsigned long n)
{
	return 1UL << (63 - __builtin_clzl(n));
}

/* The next power of two, @n itself if it is one. */
#define roundup_pow_of_two(n) \
	((n) <= 1 ? 1UL : \
		    1UL << (64 - __builtin_clzl((unsigned long)((n) - 1) | \
						((n) <= 1))))
#define rounddown_pow_of_two(n) \
	(1UL << (63 - __builtin_clzl((unsigned long)(n))))

/* ceil(log2(@n)), 0 for 0. */
static inline __attribute_const__ int order_base_2(unsigned long n)
{
	return n > 1 ? ilog2(n - 1) + 1 : 0;
}

/* Bits needed to store @n, at least 1. */
static inline __attribute_const__ int bits_per(unsigned long n)
{
	return n > 1 ? ilog2(n) + 1 : 1;
}

#endif
