/* SPDX-License-Identifier: MIT */
/*
 * Bits of words and of arrays of unsigned long.
 *
 * Names with two leading underscores are not atomic.  test_and_* are fully
 * ordered, *_lock acquire, *_unlock release, the rest are relaxed.
 */
#ifndef UIK_LINUX_BITOPS_H
#define UIK_LINUX_BITOPS_H

#include <strings.h>
#include <linux/bits.h>
#include <linux/types.h>

#define BITS_PER_TYPE(type) (sizeof(type) * BITS_PER_BYTE)
#define BITS_TO_LONGS(nr) (((nr) + BITS_PER_LONG - 1) / BITS_PER_LONG)
#define BITS_TO_U64(nr) (((nr) + 63) / 64)
#define BITS_TO_U32(nr) (((nr) + 31) / 32)
#define BITS_TO_BYTES(nr) (((nr) + 7) / 8)

/* Index of the lowest set bit; @word is not 0. */
static inline unsigned long __ffs(unsigned long word)
{
	return __builtin_ctzl(word);
}

/* Index of the highest set bit; @word is not 0. */
static inline unsigned long __fls(unsigned long word)
{
	return BITS_PER_LONG - 1 - __builtin_clzl(word);
}

static inline unsigned int __ffs64(u64 word)
{
	return __builtin_ctzll(word);
}

#define ffz(word) __ffs(~(word))

/* One-based index of the highest set bit, 0 for none. */
static inline int fls(unsigned int x)
{
	return x ? 32 - __builtin_clz(x) : 0;
}

static inline int fls64(u64 x)
{
	return x ? 64 - __builtin_clzll(x) : 0;
}

static inline unsigned int fls_long(unsigned long x)
{
	return fls64(x);
}

#define hweight8(w) ((unsigned int)__builtin_popcount((u8)(w)))
#define hweight16(w) ((unsigned int)__builtin_popcount((u16)(w)))
#define hweight32(w) ((unsigned int)__builtin_popcount((u32)(w)))
#define hweight64(w) ((unsigned long)__builtin_popcountll((u64)(w)))
#define hweight_long(w) hweight64(w)

static inline u64 rol64(u64 word, unsigned int shift)
{
	return (word << (shift & 63)) | (word >> (-shift & 63));
}

static inline u64 ror64(u64 word, unsigned int shift)
{
	return (word >> (shift & 63)) | (word << (-shift & 63));
}

static inline u32 rol32(u32 word, unsigned int shift)
{
	return (word << (shift & 31)) | (word >> (-shift & 31));
}

static inline u32 ror32(u32 word, unsigned int shift)
{
	return (word >> (shift & 31)) | (word << (-shift & 31));
}

/* @value as signed, bit @index being its sign. */
static inline s32 sign_extend32(u32 value, int index)
{
	return (s32)(value << (31 - index)) >> (31 - index);
}

static inline s64 sign_extend64(u64 value, int index)
{
	return (s64)(value << (63 - index)) >> (63 - index);
}

static inline void __set_bit(unsigned long nr, volatile unsigned long *addr)
{
	addr[BIT_WORD(nr)] |= BIT_MASK(nr);
}

static inline void __clear_bit(unsigned long nr, volatile unsigned long *addr)
{
	addr[BIT_WORD(nr)] &= ~BIT_MASK(nr);
}

static inline void __change_bit(unsigned long nr, volatile unsigned long *addr)
{
	addr[BIT_WORD(nr)] ^= BIT_MASK(nr);
}

static inline void __assign_bit(unsigned long nr, volatile unsigned long *addr,
				bool value)
{
	if (value)
		__set_bit(nr, addr);
	else
		__clear_bit(nr, addr);
}

static inline bool __test_and_set_bit(unsigned long nr,
				      volatile unsigned long *addr)
{
	bool old = addr[BIT_WORD(nr)] & BIT_MASK(nr);

	__set_bit(nr, addr);
	return old;
}

static inline bool __test_and_clear_bit(unsigned long nr,
					volatile unsigned long *addr)
{
	bool old = addr[BIT_WORD(nr)] & BIT_MASK(nr);

	__clear_bit(nr, addr);
	return old;
}

static inline bool test_bit(unsigned long nr,
			    const volatile unsigned long *addr)
{
	const volatile unsigned long *word = addr + BIT_WORD(nr);

	uik_point(UIK_POINT_LOAD, (const void *)word, sizeof(*word), false);
	return __atomic_load_n(word, __ATOMIC_RELAXED) & BIT_MASK(nr);
}

static inline bool test_bit_acquire(unsigned long nr,
				    const volatile unsigned long *addr)
{
	const volatile unsigned long *word = addr + BIT_WORD(nr);

	uik_point(UIK_POINT_LOAD, (const void *)word, sizeof(*word), false);
	return __atomic_load_n(word, __ATOMIC_ACQUIRE) & BIT_MASK(nr);
}

static inline volatile unsigned long *
uik_bit_word(unsigned long nr, volatile unsigned long *addr)
{
	volatile unsigned long *word = addr + BIT_WORD(nr);

	uik_point(UIK_POINT_ATOMIC, (const void *)word, sizeof(*word), true);
	return word;
}

static inline void set_bit(unsigned long nr, volatile unsigned long *addr)
{
	__atomic_fetch_or(uik_bit_word(nr, addr), BIT_MASK(nr),
			  __ATOMIC_RELAXED);
}

static inline void clear_bit(unsigned long nr, volatile unsigned long *addr)
{
	__atomic_fetch_and(uik_bit_word(nr, addr), ~BIT_MASK(nr),
			   __ATOMIC_RELAXED);
}

static inline void change_bit(unsigned long nr, volatile unsigned long *addr)
{
	__atomic_fetch_xor(uik_bit_word(nr, addr), BIT_MASK(nr),
			   __ATOMIC_RELAXED);
}

static inline void assign_bit(unsigned long nr, volatile unsigned long *addr,
			      bool value)
{
	if (value)
		set_bit(nr, addr);
	else
		clear_bit(nr, addr);
}

static inline bool test_and_set_bit(unsigned long nr,
				    volatile unsigned long *addr)
{
	return __atomic_fetch_or(uik_bit_word(nr, addr), BIT_MASK(nr),
				 __ATOMIC_SEQ_CST) & BIT_MASK(nr);
}

static inline bool test_and_clear_bit(unsigned long nr,
				      volatile unsigned long *addr)
{
	return __atomic_fetch_and(uik_bit_word(nr, addr), ~BIT_MASK(nr),
				  __ATOMIC_SEQ_CST) & BIT_MASK(nr);
}

static inline bool test_and_change_bit(unsigned long nr,
				       volatile unsigned long *addr)
{
	return __atomic_fetch_xor(uik_bit_word(nr, addr), BIT_MASK(nr),
				  __ATOMIC_SEQ_CST) & BIT_MASK(nr);
}

static inline bool test_and_set_bit_lock(unsigned long nr,
					 volatile unsigned long *addr)
{
	return __atomic_fetch_or(uik_bit_word(nr, addr), BIT_MASK(nr),
				 __ATOMIC_ACQUIRE) & BIT_MASK(nr);
}

static inline void clear_bit_unlock(unsigned long nr,
				    volatile unsigned long *addr)
{
	__atomic_fetch_and(uik_bit_word(nr, addr), ~BIT_MASK(nr),
			   __ATOMIC_RELEASE);
}

#include <linux/find.h>

static inline u16 rol16(u16 word, unsigned int shift)
{
	return (u16)(word << (shift & 15) | word >> (-shift & 15));
}

static inline u16 ror16(u16 word, unsigned int shift)
{
	return rol16(word, -shift);
}

static inline u8 rol8(u8 word, unsigned int shift)
{
	return (u8)(word << (shift & 7) | word >> (-shift & 7));
}

static inline u8 ror8(u8 word, unsigned int shift)
{
	return rol8(word, -shift);
}

/* The smallest n with 2^n >= @count; -1 for 0. */
static inline int get_count_order(unsigned int count)
{
	return count ? fls(count - 1) : -1;
}

static inline int get_count_order_long(unsigned long count)
{
	return count ? (int)fls_long(count - 1) : -1;
}

/* *@ptr without @mask and with @bits, atomically; the value before. */
#define set_mask_bits(ptr, mask, bits) \
	({ \
		typeof(ptr) uik_ptr = (ptr); \
		typeof(*uik_ptr) uik_mask = (mask), uik_bits = (bits); \
		typeof(*uik_ptr) uik_was = __atomic_load_n(uik_ptr, \
							   __ATOMIC_RELAXED); \
		while (!__atomic_compare_exchange_n( \
			uik_ptr, &uik_was, \
			(typeof(*uik_ptr))((uik_was & ~uik_mask) | uik_bits), \
			false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) \
			; \
		uik_was; \
	})

#endif
