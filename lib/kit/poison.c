// SPDX-License-Identifier: MIT
/*
 * Blocks that come and go under AddressSanitizer.
 *
 * Its own functions are for regions of any place and size, and cost more than
 * the allocation that they go with.  Blocks are whole multiples of 64 bytes, so
 * that eight bytes of shadow, one word, are about no other block.
 */
#include "kit/poison.h"

#ifdef KIT_ASAN

#include <uik/snapshot.h>

#define unchecked __attribute__((__noinline__, __no_sanitize__("address")))
#define UNIT 64u
#define SHORT_MAX 128u
#define BLOCK_MAX 4096u		/* beyond, their functions are as fast */
#define USER_POISON 0xf7f7f7f7f7f7f7f7ull

/* Volatile: or compilers would make calls of memset() of it, which checks. */
typedef volatile uint64_t shadow_word __attribute__((may_alias));

static bool is_known uik_unsnapped, is_allowed uik_unsnapped;
static size_t scale uik_unsnapped, offset uik_unsnapped;

/* ASAN_OPTIONS may say allow_user_poisoning=0. */
static __attribute__((noinline)) void learn(void)
{
	_Alignas(UNIT) char probe[UNIT];

	__asan_get_shadow_mapping(&scale, &offset);
	__asan_poison_memory_region(probe, sizeof(probe));
	is_allowed = __asan_address_is_poisoned(probe);
	__asan_unpoison_memory_region(probe, sizeof(probe));
	__atomic_store_n(&is_known, true, __ATOMIC_RELEASE);
}

unchecked static shadow_word *shadow_of(const void *p)
{
	return (shadow_word *)(((uintptr_t)p >> scale) + offset);
}

unchecked static bool can_write(void)
{
	if (!__atomic_load_n(&is_known, __ATOMIC_ACQUIRE))
		learn();
	return is_allowed;
}

/* Of a unit whose first @bytes are the block's. */
static uint64_t last_word(unsigned int bytes)
{
	uint64_t word = USER_POISON << (bytes / 8 * 8);
	uint64_t partial = bytes % 8;

	if (!partial)
		return word;
	word &= ~(0xffull << (bytes / 8 * 8));
	return word | partial << (bytes / 8 * 8);
}

unchecked void poison_block_alloc(void *p, size_t bytes, bool zeroed)
{
	shadow_word *at, *end;

	if (bytes > BLOCK_MAX) {
		__asan_unpoison_memory_region(p, bytes);
		return;
	}
	if (!can_write())
		return;
	at = shadow_of(p);
	for (end = at + bytes / UNIT; at < end; at++)
		*at = 0;
	if (bytes % UNIT)
		*at = last_word(bytes % UNIT);
}

unchecked void poison_block_free(const void *p, size_t bytes)
{
	shadow_word *at, *end;

	if (bytes > BLOCK_MAX) {
		__asan_poison_memory_region(p, bytes);
		return;
	}
	if (!can_write())
		return;
	at = shadow_of(p);
	for (end = at + (bytes + UNIT - 1) / UNIT; at < end; at++)
		*at = USER_POISON;
}

/*
 * For copies, which are short: their functions take longer than the copy.  Of a
 * last shadow byte that is about less than eight bytes they know more.
 */
unchecked bool poison_is_none(uintptr_t addr, size_t bytes)
{
	const volatile uint8_t *at, *end;
	uint8_t all = 0;

	if (!bytes || bytes > SHORT_MAX || !can_write())
		return !bytes;
	at = (const volatile uint8_t *)shadow_of((void *)addr);
	end = (const volatile uint8_t *)shadow_of((void *)(addr + bytes - 1));
	for (; at <= end; at++)
		all |= *at;
	return !all;
}

/* To the byte: behind it there may be a pattern that is looked at. */
unchecked void poison_block_clear(void *p, size_t bytes)
{
	typedef volatile uint64_t word
		__attribute__((may_alias, vector_size(16)));
	word *at = p, *end = at + bytes / 16;
	volatile char *last = (volatile char *)end;

	if (bytes > BLOCK_MAX) {
		memset(p, 0, bytes);
		return;
	}
	for (; at < end; at++)
		*at = (word){ 0 };
	for (; last < (volatile char *)p + bytes; last++)
		*last = 0;
}

#endif
