/* SPDX-License-Identifier: MIT */
/* Searches in bit arrays.  Not found: the size that was given. */
#ifndef UIK_LINUX_FIND_H
#define UIK_LINUX_FIND_H

#include <linux/bits.h>
#include <linux/types.h>

/* First bit at or after @start whose value differs from @flip's, below @nbits. */
static inline unsigned long uik_find_bit(const unsigned long *addr,
					 unsigned long nbits,
					 unsigned long start,
					 unsigned long flip)
{
	unsigned long index = start / BITS_PER_LONG;
	unsigned long word;

	if (start >= nbits)
		return nbits;
	word = (__atomic_load_n(&addr[index], __ATOMIC_RELAXED) ^ flip) &
	       (~0UL << (start % BITS_PER_LONG));
	while (!word) {
		if (++index * BITS_PER_LONG >= nbits)
			return nbits;
		word = __atomic_load_n(&addr[index], __ATOMIC_RELAXED) ^ flip;
	}
	start = index * BITS_PER_LONG + __builtin_ctzl(word);
	return start < nbits ? start : nbits;
}

static inline unsigned long find_next_bit(const unsigned long *addr,
					  unsigned long nbits,
					  unsigned long start)
{
	return uik_find_bit(addr, nbits, start, 0);
}

static inline unsigned long find_next_zero_bit(const unsigned long *addr,
					       unsigned long nbits,
					       unsigned long start)
{
	return uik_find_bit(addr, nbits, start, ~0UL);
}

static inline unsigned long find_first_bit(const unsigned long *addr,
					   unsigned long nbits)
{
	return find_next_bit(addr, nbits, 0);
}

static inline unsigned long find_first_zero_bit(const unsigned long *addr,
						unsigned long nbits)
{
	return find_next_zero_bit(addr, nbits, 0);
}

static inline unsigned long find_last_bit(const unsigned long *addr,
					  unsigned long nbits)
{
	unsigned long at = nbits;

	while (at) {
		unsigned long index = (at - 1) / BITS_PER_LONG;
		unsigned long word = addr[index] &
			(~0UL >> (-at & (BITS_PER_LONG - 1)));

		if (word)
			return index * BITS_PER_LONG +
			       (BITS_PER_LONG - 1 - __builtin_clzl(word));
		at = index * BITS_PER_LONG;
	}
	return nbits;
}

#define for_each_set_bit(bit, addr, size) \
	for ((bit) = 0; \
	     (bit) = find_next_bit((addr), (size), (bit)), (bit) < (size); \
	     (bit)++)
#define for_each_set_bit_from(bit, addr, size) \
	for (; (bit) = find_next_bit((addr), (size), (bit)), (bit) < (size); \
	     (bit)++)
#define for_each_clear_bit(bit, addr, size) \
	for ((bit) = 0; \
	     (bit) = find_next_zero_bit((addr), (size), (bit)), \
	     (bit) < (size); \
	     (bit)++)

#endif
