/* SPDX-License-Identifier: MIT */
/* Rounding, division and absolute value.  *_up/down(y) need a power of two. */
#ifndef UIK_LINUX_MATH_H
#define UIK_LINUX_MATH_H

#include <stdlib.h>
#include <sys/param.h>
#include <linux/compiler.h>
#include <linux/types.h>

#define __round_mask(x, y) ((typeof(x))((y) - 1))
#define round_up(x, y) ((((x) - 1) | __round_mask(x, y)) + 1)
#define round_down(x, y) ((x) & ~__round_mask(x, y))

#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))
#define DIV_ROUND_DOWN_ULL(n, d) ((unsigned long long)(n) / (d))
#define DIV_ROUND_UP_ULL(n, d) \
	DIV_ROUND_DOWN_ULL((unsigned long long)(n) + (d) - 1, (d))
#define DIV_ROUND_UP_POW2(n, d) ((n) / (d) + !!((n) & ((d) - 1)))
/* To the nearest quotient, for signed and unsigned operands. */
#define DIV_ROUND_CLOSEST(x, divisor) \
	({ \
		typeof(x) uik_n = (x); \
		typeof(divisor) uik_d = (divisor); \
		((typeof(x))-1 > 0 || (typeof(divisor))-1 > 0 || \
		 ((uik_n > 0) == (uik_d > 0))) ? \
			((uik_n + uik_d / 2) / uik_d) : \
			((uik_n - uik_d / 2) / uik_d); \
	})

#undef roundup
#define roundup(x, y) \
	({ \
		typeof(y) uik_unit = (y); \
		(((x) + (uik_unit - 1)) / uik_unit) * uik_unit; \
	})
#define rounddown(x, y) \
	({ \
		typeof(x) uik_n = (x); \
		uik_n - (uik_n % (y)); \
	})

/* Magnitude, in the signed type of @x. */
#define abs(x) \
	({ \
		__auto_type uik_x = (x); \
		uik_x < 0 ? -uik_x : uik_x; \
	})
#define abs_diff(a, b) \
	({ \
		__auto_type uik_a = (a); \
		__auto_type uik_b = (b); \
		uik_a > uik_b ? uik_a - uik_b : uik_b - uik_a; \
	})
#define mult_frac(x, n, d) \
	({ \
		typeof(x) uik_x = (x); \
		typeof(n) uik_n = (n); \
		typeof(d) uik_d = (d); \
		typeof(x) uik_q = uik_x / uik_d; \
		uik_q * uik_n + (uik_x % uik_d) * uik_n / uik_d; \
	})

#define upper_32_bits(n) ((u32)(((n) >> 16) >> 16))
#define lower_32_bits(n) ((u32)((n) & 0xffffffff))

/* floor(sqrt(@x)). */
static inline unsigned long int_sqrt(unsigned long x)
{
	unsigned long root = 0, bit = 1UL << 62;

	for (; bit; bit >>= 2) {
		bool fits = x >= root + bit;

		x -= fits ? root + bit : 0;
		root = (root >> 1) + (fits ? bit : 0);
	}
	return root;
}

/* @base to the power of @exponent, wrapping. */
static inline u64 int_pow(u64 base, unsigned int exponent)
{
	u64 power = 1;

	for (; exponent; exponent >>= 1, base *= base)
		power *= exponent & 1 ? base : 1;
	return power;
}

/* Maps the 32-bit range evenly to [0, @end). */
static inline u32 reciprocal_scale(u32 value, u32 end)
{
	return (u32)((u64)value * end >> 32);
}

#define DIV_ROUND_CLOSEST_ULL(x, divisor) \
	({ \
		typeof(divisor) uik_by = (divisor); \
		((unsigned long long)(x) + uik_by / 2) / uik_by; \
	})

#endif
