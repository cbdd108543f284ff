/* SPDX-License-Identifier: MIT */
/* Multiplicative hashes: the top bits of a product with an odd constant. */
#ifndef UIK_LINUX_HASH_H
#define UIK_LINUX_HASH_H

#include <linux/compiler.h>
#include <linux/types.h>

/* 2^32 and 2^64 over the golden ratio, made odd. */
#define UIK_HASH_ODD_32 0x9e3779b1u
#define UIK_HASH_ODD_64 0x9e3779b97f4a7c15ull

/* @bits bits, 1 to 32, of a hash of @val. */
static inline u32 hash_32(u32 val, unsigned int bits)
{
	return (val * UIK_HASH_ODD_32) >> (32 - bits);
}

/* @bits bits, 1 to 64. */
static inline u64 hash_64(u64 val, unsigned int bits)
{
	return (val * UIK_HASH_ODD_64) >> (64 - bits);
}

#define hash_long(val, bits) ((unsigned long)hash_64(val, bits))

static inline u32 hash_ptr(const void *ptr, unsigned int bits)
{
	return hash_long((unsigned long)ptr, bits);
}

#endif
