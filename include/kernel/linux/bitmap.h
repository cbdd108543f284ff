/* SPDX-License-Identifier: MIT */
/*
 * Arrays of bits of a given length.  None of these is atomic.  Bits above the
 * length in the last word are unspecified; the searches and counts ignore them.
 */
#ifndef UIK_LINUX_BITMAP_H
#define UIK_LINUX_BITMAP_H

#include <string.h>
#include <linux/align.h>
#include <linux/bitops.h>
#include <linux/find.h>
#include <linux/types.h>

#define BITMAP_FIRST_WORD_MASK(start) \
	(~0UL << ((start) & (BITS_PER_LONG - 1)))
#define BITMAP_LAST_WORD_MASK(nbits) \
	(~0UL >> (-(nbits) & (BITS_PER_LONG - 1)))

/* Allocated bit arrays; @flags as for kmalloc().  NULL when memory runs out. */
unsigned long *bitmap_alloc(unsigned int nbits, gfp_t flags)
	__uik(bitmap_alloc);
unsigned long *bitmap_zalloc(unsigned int nbits, gfp_t flags)
	__uik(bitmap_zalloc);
#define bitmap_alloc_node(nbits, flags, node) \
	((void)(node), bitmap_alloc((nbits), (flags)))
#define bitmap_zalloc_node(nbits, flags, node) \
	((void)(node), bitmap_zalloc((nbits), (flags)))
struct device;
/* And those that end with @dev. */
unsigned long *devm_bitmap_alloc(struct device *dev, unsigned int nbits,
				 gfp_t flags) __uik(devm_bitmap_alloc);
unsigned long *devm_bitmap_zalloc(struct device *dev, unsigned int nbits,
				  gfp_t flags) __uik(devm_bitmap_zalloc);
/* NULL is allowed. */
void bitmap_free(const unsigned long *bitmap) __uik(bitmap_free);

static inline unsigned int bitmap_size(unsigned long nbits)
{
	return BITS_TO_LONGS(nbits) * sizeof(long);
}

static inline void bitmap_zero(unsigned long *dst, unsigned int nbits)
{
	memset(dst, 0, bitmap_size(nbits));
}

static inline void bitmap_fill(unsigned long *dst, unsigned int nbits)
{
	memset(dst, 0xff, bitmap_size(nbits));
}

static inline void bitmap_copy(unsigned long *dst, const unsigned long *src,
			       unsigned int nbits)
{
	memcpy(dst, src, bitmap_size(nbits));
}

/* Sets (@ones all ones) or clears (0) @len bits from @start. */
static inline void uik_bitmap_range(unsigned long *map, unsigned int start,
				    unsigned int len, unsigned long ones)
{
	while (len) {
		unsigned int offset = start % BITS_PER_LONG;
		unsigned int room = BITS_PER_LONG - offset;
		unsigned int count = len < room ? len : room;
		unsigned long mask = (~0UL >> (BITS_PER_LONG - count))
				     << offset;
		unsigned long *word = &map[start / BITS_PER_LONG];

		*word = (*word & ~mask) | (ones & mask);
		start += count;
		len -= count;
	}
}

static inline void bitmap_set(unsigned long *map, unsigned int start,
			      unsigned int nbits)
{
	uik_bitmap_range(map, start, nbits, ~0UL);
}

static inline void bitmap_clear(unsigned long *map, unsigned int start,
				unsigned int nbits)
{
	uik_bitmap_range(map, start, nbits, 0);
}

static inline bool bitmap_empty(const unsigned long *src, unsigned int nbits)
{
	return find_first_bit(src, nbits) == nbits;
}

static inline bool bitmap_full(const unsigned long *src, unsigned int nbits)
{
	return find_first_zero_bit(src, nbits) == nbits;
}

static inline unsigned int bitmap_weight(const unsigned long *src,
					 unsigned int nbits)
{
	unsigned int weight = 0, i;

	for (i = 0; i < nbits / BITS_PER_LONG; i++)
		weight += hweight_long(src[i]);
	if (nbits % BITS_PER_LONG)
		weight += hweight_long(src[i] & BITMAP_LAST_WORD_MASK(nbits));
	return weight;
}

static inline bool bitmap_equal(const unsigned long *a, const unsigned long *b,
				unsigned int nbits)
{
	unsigned int whole = nbits / BITS_PER_LONG;

	if (memcmp(a, b, whole * sizeof(long)))
		return false;
	return !(nbits % BITS_PER_LONG) ||
	       !((a[whole] ^ b[whole]) & BITMAP_LAST_WORD_MASK(nbits));
}

static inline void bitmap_or(unsigned long *dst, const unsigned long *a,
			     const unsigned long *b, unsigned int nbits)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(nbits); i++)
		dst[i] = a[i] | b[i];
}

/* Whether any bit is left. */
static inline bool bitmap_and(unsigned long *dst, const unsigned long *a,
			      const unsigned long *b, unsigned int nbits)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(nbits); i++)
		dst[i] = a[i] & b[i];
	return !bitmap_empty(dst, nbits);
}

static inline bool bitmap_andnot(unsigned long *dst, const unsigned long *a,
				 const unsigned long *b, unsigned int nbits)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(nbits); i++)
		dst[i] = a[i] & ~b[i];
	return !bitmap_empty(dst, nbits);
}

static inline bool bitmap_intersects(const unsigned long *a,
				     const unsigned long *b, unsigned int nbits)
{
	for (unsigned int i = 0; i < nbits / BITS_PER_LONG; i++)
		if (a[i] & b[i])
			return true;
	return nbits % BITS_PER_LONG &&
	       (a[nbits / BITS_PER_LONG] & b[nbits / BITS_PER_LONG] &
		BITMAP_LAST_WORD_MASK(nbits));
}

/*
 * Start of the first run of @count zero bits at or after @start, aligned to
 * @align_mask + 1; a value above @size when there is none.
 */
static inline unsigned long
bitmap_find_next_zero_area(unsigned long *map, unsigned long size,
			   unsigned long start, unsigned int count,
			   unsigned long align_mask)
{
	for (;;) {
		unsigned long at = find_next_zero_bit(map, size, start);
		unsigned long end, busy;

		at = __ALIGN_MASK(at, align_mask);
		end = at + count;
		if (end > size)
			return size + 1;
		busy = find_next_bit(map, end, at);
		if (busy >= end)
			return at;
		start = busy + 1;
	}
}

static inline void bitmap_xor(unsigned long *dst, const unsigned long *a,
			      const unsigned long *b, unsigned int nbits)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(nbits); i++)
		dst[i] = a[i] ^ b[i];
}

static inline void bitmap_complement(unsigned long *dst,
				     const unsigned long *src,
				     unsigned int nbits)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(nbits); i++)
		dst[i] = ~src[i];
}

/* @mask chooses the bits of @b, its zeroes those of @a. */
static inline void bitmap_replace(unsigned long *dst, const unsigned long *a,
				  const unsigned long *b,
				  const unsigned long *mask, unsigned int nbits)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(nbits); i++)
		dst[i] = (a[i] & ~mask[i]) | (b[i] & mask[i]);
}

/* Whether all bits of @a are in @b. */
static inline bool bitmap_subset(const unsigned long *a, const unsigned long *b,
				 unsigned int nbits)
{
	return find_first_andnot_bit(a, b, nbits) == nbits;
}

/* Bits that are in both. */
static inline unsigned int bitmap_weight_and(const unsigned long *a,
					     const unsigned long *b,
					     unsigned int nbits)
{
	unsigned int weight = 0;
	unsigned long bit;

	for_each_and_bit(bit, a, b, nbits)
		weight++;
	return weight;
}

/* Words of 32 bits, the lowest first; bits above @nbits are cleared. */
static inline void bitmap_from_arr32(unsigned long *dst, const u32 *words,
				     unsigned int nbits)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(nbits); i++) {
		dst[i] = words[2 * i];
		if (2 * i + 1 < BITS_TO_U32(nbits))
			dst[i] |= (unsigned long)words[2 * i + 1] << 32;
	}
	if (nbits % BITS_PER_LONG)
		dst[nbits / BITS_PER_LONG] &= BITMAP_LAST_WORD_MASK(nbits);
}

static inline void bitmap_to_arr32(u32 *words, const unsigned long *src,
				   unsigned int nbits)
{
	for (unsigned int i = 0; i < BITS_TO_U32(nbits); i++)
		words[i] = (u32)(src[i / 2] >> (i % 2 * 32));
	if (nbits % 32)
		words[nbits / 32] &= ~0u >> (32 - nbits % 32);
}

#endif
