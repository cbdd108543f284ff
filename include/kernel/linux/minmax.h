/* SPDX-License-Identifier: MIT */
/*
 * Minimum, maximum, clamp, swap.  Arguments are evaluated once.  min(), max()
 * and clamp() refuse to compare a signed with an unsigned value, unless the
 * signed one is a non-negative constant; the _t forms convert first.
 */
#ifndef UIK_LINUX_MINMAX_H
#define UIK_LINUX_MINMAX_H

#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/types.h>

/* By the sign bit: comparing an unsigned value with 0 would be warned about. */
#define uik_known_positive(x) \
	statically_true(!((unsigned long long)(long long)(x) >> 63))
/* 1: compares as signed, 2: as unsigned, 3: either way gives the same. */
#define uik_sign_class(x, ux) \
	(is_unsigned_type(typeof(ux)) ? \
		 2 + (sizeof(ux) < sizeof(int)) : \
		 1 + 2 * (uik_known_positive(ux) || uik_known_positive(x)))

/* Without optimisation the compiler cannot tell, so nothing is refused. */
#ifdef __OPTIMIZE__
#define uik_check_signs(op, x, y, ux, uy) \
	uik_build_bug(!(uik_sign_class(x, ux) & uik_sign_class(y, uy)), \
		      __UNIQUE_ID(mixed_signs), \
		      #x " " #op " " #y " compares signed with unsigned")
#else
#define uik_check_signs(op, x, y, ux, uy) ((void)0)
#endif

#define uik_cmp(op, x, y) ((x) op (y) ? (x) : (y))
#define uik_cmp_once(op, x, y, ux, uy) \
	({ \
		__auto_type ux = (x); \
		__auto_type uy = (y); \
		uik_check_signs(op, x, y, ux, uy); \
		uik_cmp(op, ux, uy); \
	})
#define uik_careful_cmp(op, x, y) \
	uik_cmp_once(op, x, y, __UNIQUE_ID(left), __UNIQUE_ID(right))
#define uik_cmp_as(type, op, x, y, ux, uy) \
	({ \
		type ux = (x); \
		type uy = (y); \
		uik_cmp(op, ux, uy); \
	})

#define min(x, y) uik_careful_cmp(<, x, y)
#define max(x, y) uik_careful_cmp(>, x, y)
#define min_t(type, x, y) \
	uik_cmp_as(type, <, x, y, __UNIQUE_ID(left), __UNIQUE_ID(right))
#define max_t(type, x, y) \
	uik_cmp_as(type, >, x, y, __UNIQUE_ID(left), __UNIQUE_ID(right))
#define min3(x, y, z) min(min(x, y), z)
#define max3(x, y, z) max(max(x, y), z)
#define umin(x, y) min((x) + 0u + 0ul + 0ull, (y) + 0u + 0ul + 0ull)
#define umax(x, y) max((x) + 0u + 0ul + 0ull, (y) + 0u + 0ul + 0ull)
/* The smaller one that is not zero. */
#define min_not_zero(x, y) \
	({ \
		__auto_type uik_nzx = (x); \
		__auto_type uik_nzy = (y); \
		uik_nzx == 0 ? uik_nzy : \
			       (uik_nzy == 0 ? uik_nzx : min(uik_nzx, uik_nzy)); \
	})
#define clamp(val, lo, hi) min(max(val, lo), hi)
#define clamp_t(type, val, lo, hi) min_t(type, max_t(type, val, lo), hi)
#define clamp_val(val, lo, hi) clamp_t(typeof(val), val, lo, hi)

/* For constants, also in file-scope initialisers. */
#undef MIN
#undef MAX
#define MIN(a, b) uik_cmp(<, a, b)
#define MAX(a, b) uik_cmp(>, a, b)
#define MIN_T(type, a, b) uik_cmp(<, (type)(a), (type)(b))
#define MAX_T(type, a, b) uik_cmp(>, (type)(a), (type)(b))

static inline bool in_range64(u64 val, u64 start, u64 len)
{
	return val - start < len;
}

static inline bool in_range32(u32 val, u32 start, u32 len)
{
	return val - start < len;
}

/* Whether @val lies in [@start, @start + @len). */
#define in_range(val, start, len) \
	(sizeof((val) + (start) + (len)) <= sizeof(u32) ? \
		 in_range32(val, start, len) : \
		 in_range64(val, start, len))

#define swap(a, b) \
	do { \
		typeof(a) uik_swap = (a); \
		(a) = (b); \
		(b) = uik_swap; \
	} while (0)

/* Of the @len > 0 elements of @array. */
#define min_array(array, len) \
	({ \
		typeof(&(array)[0]) uik_array = (array); \
		size_t uik_left = (len); \
		__auto_type uik_least = uik_array[--uik_left]; \
		while (uik_left--) \
			if (uik_array[uik_left] < uik_least) \
				uik_least = uik_array[uik_left]; \
		uik_least; \
	})
#define max_array(array, len) \
	({ \
		typeof(&(array)[0]) uik_array = (array); \
		size_t uik_left = (len); \
		__auto_type uik_most = uik_array[--uik_left]; \
		while (uik_left--) \
			if (uik_array[uik_left] > uik_most) \
				uik_most = uik_array[uik_left]; \
		uik_most; \
	})

#endif
