/* SPDX-License-Identifier: MIT */
/* 64-bit division and wide multiplication by their kernel names. */
#ifndef UIK_LINUX_MATH64_H
#define UIK_LINUX_MATH64_H

#include <linux/math.h>
#include <linux/types.h>

#define div64_long(x, y) div64_s64((x), (y))
#define div64_ul(x, y) div64_u64((x), (y))
/* Divides lvalue @n in place and yields the remainder. */
#define do_div(n, base) \
	({ \
		u32 uik_base = (base); \
		u32 uik_rest = (u64)(n) % uik_base; \
		(n) = (u64)(n) / uik_base; \
		uik_rest; \
	})

static inline u64 div_u64_rem(u64 dividend, u32 divisor, u32 *remainder)
{
	*remainder = dividend % divisor;
	return dividend / divisor;
}

static inline u64 div64_u64_rem(u64 dividend, u64 divisor, u64 *remainder)
{
	*remainder = dividend % divisor;
	return dividend / divisor;
}

static inline u64 div64_u64(u64 dividend, u64 divisor)
{
	return dividend / divisor;
}

static inline s64 div64_s64(s64 dividend, s64 divisor)
{
	return dividend / divisor;
}

static inline u64 div_u64(u64 dividend, u32 divisor)
{
	return dividend / divisor;
}

static inline s64 div_s64(s64 dividend, s32 divisor)
{
	return dividend / divisor;
}

static inline u64 mul_u32_u32(u32 a, u32 b)
{
	return (u64)a * b;
}

/* (@a * @b) >> @shift with a 128-bit product. */
static inline u64 mul_u64_u64_shr(u64 a, u64 b, unsigned int shift)
{
	return (u64)(((unsigned __int128)a * b) >> shift);
}

static inline u64 mul_u64_u32_shr(u64 a, u32 b, unsigned int shift)
{
	return mul_u64_u64_shr(a, b, shift);
}

/* @a * @mul / @div with a 128-bit product. */
static inline u64 mul_u64_u64_div_u64(u64 a, u64 mul, u64 div)
{
	return (u64)((unsigned __int128)a * mul / div);
}

#define DIV64_U64_ROUND_UP(ll, d) \
	({ \
		u64 uik_d64 = (d); \
		div64_u64((ll) + uik_d64 - 1, uik_d64); \
	})

#endif
