/* SPDX-License-Identifier: MIT */
/* Bits and masks: BIT and GENMASK are unsigned long, _ULL and _Un as named. */
#ifdef __has_include_next
#if __has_include_next(<linux/bits.h>)
#include_next <linux/bits.h>
#endif
#endif

#ifndef UIK_LINUX_BITS_H
#define UIK_LINUX_BITS_H

#include <linux/build_bug.h>
#include <linux/const.h>
#include <linux/types.h>

#define BITS_PER_BYTE 8
#define BIT(nr) (UL(1) << (nr))
#define BIT_ULL(nr) (ULL(1) << (nr))
#define BIT_MASK(nr) (UL(1) << ((nr) % BITS_PER_LONG))
#define BIT_WORD(nr) ((nr) / BITS_PER_LONG)
#define BIT_ULL_MASK(nr) (ULL(1) << ((nr) % BITS_PER_LONG_LONG))
#define BIT_ULL_WORD(nr) ((nr) / BITS_PER_LONG_LONG)
#define BIT_U8(nr) ((u8)(1u << (nr)))
#define BIT_U16(nr) ((u16)(1u << (nr)))
#define BIT_U32(nr) ((u32)(1u << (nr)))
#define BIT_U64(nr) ((u64)(1ull << (nr)))

/* 0, or no compilation when constants are given as low, high. */
#define uik_mask_order(h, l) \
	BUILD_BUG_ON_ZERO(__builtin_choose_expr( \
		__is_constexpr((l) > (h)), (l) > (h), 0))
#define uik_mask(ones, width, h, l) \
	(uik_mask_order(h, l) + \
	 (((ones) << (l)) & ((ones) >> ((width) - 1 - (h)))))

/* Bits @h down to @l, both inclusive. */
#undef GENMASK
#undef GENMASK_ULL
#define GENMASK(h, l) uik_mask(~UL(0), BITS_PER_LONG, h, l)
#define GENMASK_ULL(h, l) uik_mask(~ULL(0), BITS_PER_LONG_LONG, h, l)
#define GENMASK_U8(h, l) ((u8)GENMASK_ULL(h, l))
#define GENMASK_U16(h, l) ((u16)GENMASK_ULL(h, l))
#define GENMASK_U32(h, l) ((u32)GENMASK_ULL(h, l))
#define GENMASK_U64(h, l) ((u64)GENMASK_ULL(h, l))
#define GENMASK_U128(h, l) \
	uik_mask(~(unsigned __int128)0, 128, h, l)

#endif
