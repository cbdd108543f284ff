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

/* As the three above for a mask that is known at run time only. */
#define field_prep(mask, val) \
	({ \
		typeof(mask) uik_mask = (mask); \
		(typeof(mask))(((typeof(mask))(val) << \
				uik_bf_shift(uik_mask)) & uik_mask); \
	})
#define field_get(mask, reg) \
	({ \
		typeof(mask) uik_mask = (mask); \
		(typeof(mask))(((reg) & uik_mask) >> uik_bf_shift(uik_mask)); \
	})

/* The lowest bit of @field, by which a value in it is multiplied. */
static inline u64 field_multiplier(u64 field)
{
	return field & -field;
}

/* The largest value of @field. */
static inline u64 field_mask(u64 field)
{
	return field / field_multiplier(field);
}

#define field_max(field) ((typeof(field))field_mask(field))

/*
 * For each type T of register and the type V of its values: T_encode_bits(),
 * T_get_bits(), T_replace_bits() and Tp_replace_bits(), with the mask last.
 */
#define UIK_BITS(name, reg, type, to, from) \
	static inline reg name##_encode_bits(type v, type field) \
	{ \
		return to((type)((type)(v << uik_bf_shift(field)) & field)); \
	} \
	static inline type name##_get_bits(reg v, type field) \
	{ \
		return (type)((type)(from(v) & field) >> uik_bf_shift(field)); \
	} \
	static inline reg name##_replace_bits(reg old, type v, type field) \
	{ \
		return (old & ~to(field)) | name##_encode_bits(v, field); \
	} \
	static inline void name##p_replace_bits(reg *p, type v, type field) \
	{ \
		*p = name##_replace_bits(*p, v, field); \
	}
#define uik_bits_plain(v) (v)
UIK_BITS(u8, u8, u8, uik_bits_plain, uik_bits_plain)
UIK_BITS(u16, u16, u16, uik_bits_plain, uik_bits_plain)
UIK_BITS(u32, u32, u32, uik_bits_plain, uik_bits_plain)
UIK_BITS(u64, u64, u64, uik_bits_plain, uik_bits_plain)
UIK_BITS(le16, __le16, u16, cpu_to_le16, le16_to_cpu)
UIK_BITS(le32, __le32, u32, cpu_to_le32, le32_to_cpu)
UIK_BITS(le64, __le64, u64, cpu_to_le64, le64_to_cpu)
UIK_BITS(be16, __be16, u16, cpu_to_be16, be16_to_cpu)
UIK_BITS(be32, __be32, u32, cpu_to_be32, be32_to_cpu)
UIK_BITS(be64, __be64, u64, cpu_to_be64, be64_to_cpu)

#endif
