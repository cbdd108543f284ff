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

/* The same over the bits of @a and, or but not, of @b: see below. */
static inline unsigned long uik_find_pair(const unsigned long *a,
					  const unsigned long *b,
					  unsigned long nbits,
					  unsigned long start,
					  unsigned long flip)
{
	for (;;) {
		start = find_next_bit(a, nbits, start);
		if (start >= nbits ||
		    (b[start / BITS_PER_LONG] ^ flip) >>
				    start % BITS_PER_LONG & 1)
			return start;
		start++;
	}
}

static inline unsigned long find_next_and_bit(const unsigned long *a,
					      const unsigned long *b,
					      unsigned long nbits,
					      unsigned long start)
{
	return uik_find_pair(a, b, nbits, start, 0);
}

static inline unsigned long find_next_andnot_bit(const unsigned long *a,
						 const unsigned long *b,
						 unsigned long nbits,
						 unsigned long start)
{
	return uik_find_pair(a, b, nbits, start, ~0UL);
}

static inline unsigned long find_first_and_bit(const unsigned long *a,
					       const unsigned long *b,
					       unsigned long nbits)
{
	return find_next_and_bit(a, b, nbits, 0);
}

static inline unsigned long find_first_andnot_bit(const unsigned long *a,
						  const unsigned long *b,
						  unsigned long nbits)
{
	return find_next_andnot_bit(a, b, nbits, 0);
}

/* The set bit with @n set ones before it. */
static inline unsigned long find_nth_bit(const unsigned long *addr,
					 unsigned long nbits, unsigned long n)
{
	unsigned long at = find_first_bit(addr, nbits);

	while (at < nbits && n--)
		at = find_next_bit(addr, nbits, at + 1);
	return at;
}

#define for_each_and_bit(bit, a, b, size) \
	for ((bit) = 0; \
	     (bit) = find_next_and_bit((a), (b), (size), (bit)), \
	     (bit) < (size); \
	     (bit)++)
#define for_each_andnot_bit(bit, a, b, size) \
	for ((bit) = 0; \
	     (bit) = find_next_andnot_bit((a), (b), (size), (bit)), \
	     (bit) < (size); \
	     (bit)++)
/* Runs of ones: from @begin up to, without, @end. */
#define for_each_set_bitrange(begin, end, addr, size) \
	for ((begin) = 0; \
	     (begin) = find_next_bit((addr), (size), (begin)), \
	     (end) = find_next_zero_bit((addr), (size), (begin) + 1), \
	     (begin) < (size); \
	     (begin) = (end) + 1)
#define for_each_clear_bitrange(begin, end, addr, size) \
	for ((begin) = 0; \
	     (begin) = find_next_zero_bit((addr), (size), (begin)), \
	     (end) = find_next_bit((addr), (size), (begin) + 1), \
	     (begin) < (size); \
	     (begin) = (end) + 1)
#define for_each_clear_bit_from(bit, addr, size) \
	for (; (bit) = find_next_zero_bit((addr), (size), (bit)), \
	       (bit) < (size); \
	     (bit)++)
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
