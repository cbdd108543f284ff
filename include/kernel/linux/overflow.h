/* SPDX-License-Identifier: MIT */
/*
 * Arithmetic that tells when it does not fit.
 *
 * check_*_overflow() return true on overflow and store the wrapped result.
 * size_*() saturate at SIZE_MAX, which no allocator grants.
 */
#ifndef UIK_LINUX_OVERFLOW_H
#define UIK_LINUX_OVERFLOW_H

#include <linux/compiler.h>
#include <linux/const.h>
#include <linux/limits.h>
#include <linux/stddef.h>
#include <linux/types.h>

#define type_max(t) \
	((typeof(t))(is_signed_type(typeof(t)) ? \
		 ((1ULL << (8 * sizeof(t) - 1)) - 1) : \
		 (~0ULL >> (64 - 8 * sizeof(t)))))
#define type_min(t) \
	((typeof(t))(is_signed_type(typeof(t)) ? -type_max(t) - 1 : 0))

static inline bool __must_check uik_must_check(bool overflow)
{
	return unlikely(overflow);
}

#define check_add_overflow(a, b, d) \
	uik_must_check(__builtin_add_overflow(a, b, d))
#define check_sub_overflow(a, b, d) \
	uik_must_check(__builtin_sub_overflow(a, b, d))
#define check_mul_overflow(a, b, d) \
	uik_must_check(__builtin_mul_overflow(a, b, d))

#define wrapping_add(type, a, b) \
	({ \
		type uik_sum; \
		__builtin_add_overflow(a, b, &uik_sum); \
		uik_sum; \
	})
#define wrapping_sub(type, a, b) \
	({ \
		type uik_difference; \
		__builtin_sub_overflow(a, b, &uik_difference); \
		uik_difference; \
	})
#define wrapping_mul(type, a, b) \
	({ \
		type uik_product; \
		__builtin_mul_overflow(a, b, &uik_product); \
		uik_product; \
	})

/* @var op= @offset, wrapping; the new value. */
#define wrapping_assign_add(var, offset) \
	({ \
		typeof(var) *uik_var = &(var); \
		*uik_var = wrapping_add(typeof(var), *uik_var, offset); \
	})
#define wrapping_assign_sub(var, offset) \
	({ \
		typeof(var) *uik_var = &(var); \
		*uik_var = wrapping_sub(typeof(var), *uik_var, offset); \
	})

/* Whether [@start, @start + @size) goes beyond @max. */
#define range_overflows(start, size, max) \
	({ \
		typeof(start) uik_start = (start); \
		typeof(size) uik_size = (size); \
		typeof(max) uik_max = (max); \
		uik_start >= uik_max || uik_size > uik_max - uik_start; \
	})
/* The same; an empty range may begin at @max. */
#define range_end_overflows(start, size, max) \
	({ \
		typeof(start) uik_start = (start); \
		typeof(size) uik_size = (size); \
		typeof(max) uik_max = (max); \
		uik_start > uik_max || uik_size > uik_max - uik_start; \
	})
#define range_overflows_t(type, start, size, max) \
	range_overflows((type)(start), (type)(size), (type)(max))
#define range_end_overflows_t(type, start, size, max) \
	range_end_overflows((type)(start), (type)(size), (type)(max))

/* Comparing an unsigned value with 0 would be warned about. */
#define uik_is_negative(x) \
	(is_signed_type(typeof(x)) && (long long)(x) >> 63)

/* *@d = @a << @s; true when bits or the sign are lost, or @s is too large. */
#define check_shl_overflow(a, s, d) \
	uik_must_check(({ \
		typeof(a) uik_a = (a); \
		typeof(s) uik_s = (s); \
		typeof(d) uik_out = (d); \
		unsigned long long uik_wide = (unsigned long long)uik_a; \
		unsigned int uik_by = (!uik_is_negative(uik_s) && \
			uik_s < 8 * sizeof(*uik_out)) ? uik_s : 0; \
		*uik_out = (typeof(*uik_out))(uik_wide << uik_by); \
		(uik_by != uik_s || uik_is_negative(*uik_out) || \
		 uik_is_negative(uik_a) || \
		 (unsigned long long)*uik_out >> uik_by != uik_wide); \
	}))

/* Whether @n does not fit the type (or the type of) @T. */
#define overflows_type(n, T) \
	({ \
		typeof(T) uik_fit; \
		__builtin_add_overflow((n), 0, &uik_fit); \
	})

static inline size_t __must_check size_mul(size_t a, size_t b)
{
	size_t bytes;

	return check_mul_overflow(a, b, &bytes) ? SIZE_MAX : bytes;
}

static inline size_t __must_check size_add(size_t a, size_t b)
{
	size_t bytes;

	return check_add_overflow(a, b, &bytes) ? SIZE_MAX : bytes;
}

/* @a - @b; SIZE_MAX when it is negative or an operand is saturated. */
static inline size_t __must_check size_sub(size_t a, size_t b)
{
	size_t bytes;

	if (a == SIZE_MAX || b == SIZE_MAX || check_sub_overflow(a, b, &bytes))
		return SIZE_MAX;
	return bytes;
}

#define array_size(a, b) size_mul(a, b)
#define array3_size(a, b, c) size_mul(size_mul(a, b), c)
#define flex_array_size(p, member, count) \
	size_mul(count, sizeof(*(p)->member))
#define struct_size(p, member, count) \
	size_add(sizeof(*(p)), flex_array_size(p, member, count))
#define struct_size_t(type, member, count) \
	struct_size((type *)NULL, member, count)
#define struct_offset(p, member) (offsetof(typeof(*(p)), member))

/*
 * A zeroed @type on the stack with @count elements in its flexible array
 * @member, a constant: @name points to it.  DEFINE_FLEX also stores @count in
 * its member @counter.
 */
#define uik_flex_bytes_of(type, member, count) \
	(sizeof(type) + sizeof(((type *)0)->member[0]) * (count))
#define _DEFINE_FLEX(type, name, member, count, ...) \
	static_assert(__builtin_constant_p(count), "a constant count"); \
	union { \
		u8 bytes[uik_flex_bytes_of(type, member, count)]; \
		type obj; \
	} name##_u = { .bytes = { 0 } }; \
	type *name = ({ \
		type *uik_flex = (type *)&name##_u; \
		__VA_ARGS__; \
		uik_flex; \
	})
#define __DEFINE_FLEX(type, name, member, count, ...) \
	_DEFINE_FLEX(type, name, member, count, ##__VA_ARGS__)
#define DEFINE_RAW_FLEX(type, name, member, count) \
	_DEFINE_FLEX(type, name, member, count, (void)0)
#define DEFINE_FLEX(type, name, member, counter, count) \
	_DEFINE_FLEX(type, name, member, count, uik_flex->counter = (count))
/* Elements that the array of such a @name has room for. */
#define STACK_FLEX_ARRAY_SIZE(name, array) \
	((sizeof(name##_u) - offsetof(typeof(*(name)), array)) / \
	 sizeof((name)->array[0]))

#endif
