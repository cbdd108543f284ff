/* SPDX-License-Identifier: MIT */
/*
 * Fields of a register described by a constant mask of contiguous ones.
 *
 * Values are of the mask's type.  The register and value arguments are
 * evaluated once.  A mask that is no such constant, or a constant value that
 * does not fit, fails to compile when optimising.
 */
#ifndef UIK_LINUX_BITFIELD_H
#define UIK_LINUX_BITFIELD_H

#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <asm/byteorder.h>

#define uik_bf_shift(mask) (__builtin_ffsll((long long)(mask)) - 1)
#define __bf_shf(mask) uik_bf_shift(mask)
#define uik_bf_top(mask) \
	((unsigned long long)(mask) + \
	 ((unsigned long long)(mask) & -(unsigned long long)(mask)))

#ifdef __OPTIMIZE__
#define uik_bf_check(mask, val, what) \
	do { \
		uik_build_bug(!__builtin_constant_p(mask) || (mask) == 0 || \
			      (uik_bf_top(mask) & (uik_bf_top(mask) - 1)), \
			      __UNIQUE_ID(field_mask), \
			      what ": mask is no constant field"); \
		uik_build_bug(__builtin_constant_p(val) && \
			      (~((unsigned long long)(mask) >> \
				 uik_bf_shift(mask)) & \
			       (unsigned long long)(val)) != 0, \
			      __UNIQUE_ID(field_value), \
			      what ": value does not fit the field"); \
	} while (0)
#else
#define uik_bf_check(mask, val, what) ((void)0)
#endif

/* The largest value of the field. */
#define FIELD_MAX(mask) \
	((typeof(mask))((mask) >> uik_bf_shift(mask)))
/* Whether run-time @val fits the field. */
#define FIELD_FIT(mask, val) \
	(!((((typeof(mask))(val)) << uik_bf_shift(mask)) & ~(mask)))
/* @val moved into the field. */
#define FIELD_PREP(mask, val) \
	({ \
		typeof(mask) uik_field = (typeof(mask))(val); \
		uik_bf_check(mask, val, "FIELD_PREP"); \
		(typeof(mask))((uik_field << uik_bf_shift(mask)) & (mask)); \
	})
/* As FIELD_PREP() for constants, usable in initialisers. */
#define FIELD_PREP_CONST(mask, val) \
	(BUILD_BUG_ON_ZERO((mask) == 0) + \
	 BUILD_BUG_ON_ZERO(uik_bf_top(mask) & (uik_bf_top(mask) - 1)) + \
	 BUILD_BUG_ON_ZERO(~((mask) >> uik_bf_shift(mask)) & (val)) + \
	 ((typeof(mask))(val) << uik_bf_shift(mask)))
/* The field of @reg, moved to bit 0. */
#define FIELD_GET(mask, reg) \
	({ \
		uik_bf_check(mask, 0ULL, "FIELD_GET"); \
		(typeof(mask))(((reg) & (mask)) >> uik_bf_shift(mask)); \
	})
/* Replaces the field in lvalue *@reg_p. */
#define FIELD_MODIFY(mask, reg_p, val) \
	({ \
		typeof(mask) uik_new = FIELD_PREP(mask, val); \
		*(reg_p) &= ~(mask); \
		*(reg_p) |= uik_new; \
	})

static inline u64 u64_encode_bits(u64 v, u64 field)
{
	return (v << uik_bf_shift(field)) & field;
}

static inline u64 u64_get_bits(u64 v, u64 field)
{
	return (v & field) >> uik_bf_shift(field);
}

static inline u64 u64_replace_bits(u64 old, u64 v, u64 field)
{
	return (old & ~field) | u64_encode_bits(v, field);
}

static inline u32 u32_encode_bits(u32 v, u32 field)
{
	return (v << uik_bf_shift(field)) & field;
}

static inline u32 u32_get_bits(u32 v, u32 field)
{
	return (v & field) >> uik_bf_shift(field);
}

static inline u32 u32_replace_bits(u32 old, u32 v, u32 field)
{
	return (old & ~field) | u32_encode_bits(v, field);
}

static inline void u64p_replace_bits(u64 *p, u64 v, u64 field)
{
	*p = u64_replace_bits(*p, v, field);
}

static inline void u32p_replace_bits(u32 *p, u32 v, u32 field)
{
	*p = u32_replace_bits(*p, v, field);
}

#endif
