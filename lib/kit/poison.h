/* SPDX-License-Identifier: MIT */
/*
 * Telling the memory checkers what is addressable: AddressSanitizer when built
 * with it, valgrind's memcheck when running under it.
 */
#ifndef KIT_POISON_H
#define KIT_POISON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define KIT_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define KIT_TSAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define KIT_ASAN 1
#endif
#if defined(__SANITIZE_THREAD__)
#define KIT_TSAN 1
#endif

#ifdef KIT_ASAN
#include <sanitizer/asan_interface.h>
#define KIT_HAS_ASAN true
#else
#define KIT_HAS_ASAN false
#define __asan_poison_memory_region(p, n) ((void)(p), (void)(n))
#define __asan_unpoison_memory_region(p, n) ((void)(p), (void)(n))
#define __asan_region_is_poisoned(p, n) ((void)(p), (void)(n), (void *)0)
#endif

#ifdef KIT_TSAN
#define KIT_HAS_TSAN true
#else
#define KIT_HAS_TSAN false
#endif

#if defined(__has_include)
#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#define KIT_VALGRIND 1
#endif
#endif
#ifndef KIT_VALGRIND
#define RUNNING_ON_VALGRIND 0
#define VALGRIND_MALLOCLIKE_BLOCK(p, n, rz, zeroed) ((void)0)
#define VALGRIND_FREELIKE_BLOCK(p, rz) ((void)0)
#define VALGRIND_MAKE_MEM_NOACCESS(p, n) ((void)0)
#define VALGRIND_MAKE_MEM_DEFINED(p, n) 0
#define VALGRIND_MAKE_MEM_UNDEFINED(p, n) ((void)0)
#define VALGRIND_STACK_REGISTER(low, high) 0
#define VALGRIND_STACK_DEREGISTER(stack) ((void)(stack))
#endif

/* Valgrind's other tools do not know this request. */
static inline bool memcheck_watches(void)
{
	char byte = 0;

	(void)byte;
	return VALGRIND_MAKE_MEM_DEFINED(&byte, 1);
}

/* Whether a checker watches: then every block goes the slow way. */
static inline bool poison_wanted(void)
{
	return KIT_HAS_ASAN || memcheck_watches();
}

/* Fresh memory that belongs to nobody yet. */
static inline void poison_region(const void *p, size_t bytes)
{
	__asan_poison_memory_region(p, bytes);
	(void)VALGRIND_MAKE_MEM_NOACCESS(p, bytes);
}

/* Memory goes back to the system or to a plain user. */
static inline void unpoison_region(const void *p, size_t bytes)
{
	__asan_unpoison_memory_region(p, bytes);
	(void)VALGRIND_MAKE_MEM_DEFINED(p, bytes);
}

/*
 * The same for a range much of which was never used, aligned to 32 KiB at
 * least: the shadow is given back, where writing it would make it resident.
 */
static inline void unpoison_range(const void *p, size_t bytes)
{
#ifdef KIT_ASAN
	size_t scale, offset;

	__asan_get_shadow_mapping(&scale, &offset);
	madvise((void *)(((uintptr_t)p >> scale) + offset), bytes >> scale,
		MADV_DONTNEED);
#endif
	(void)VALGRIND_MAKE_MEM_DEFINED(p, bytes);
}

/* The allocator itself looks into or fills a free block. */
static inline void poison_open(const void *p, size_t bytes)
{
	__asan_unpoison_memory_region(p, bytes);
	(void)VALGRIND_MAKE_MEM_DEFINED(p, bytes);
}

static inline void poison_close(const void *p, size_t bytes)
{
	__asan_poison_memory_region(p, bytes);
	(void)VALGRIND_MAKE_MEM_NOACCESS(p, bytes);
}

/*
 * A block is handed out, all of it poisoned, or comes back.  It begins at a
 * multiple of 64 bytes and has the next ones up to such a multiple to itself.
 */
#ifdef KIT_ASAN
void poison_block_alloc(void *p, size_t bytes, bool zeroed);
void poison_block_free(const void *p, size_t bytes);
/* Clears what was handed out, without looking at what is poisoned. */
void poison_block_clear(void *p, size_t bytes);
/* Whether nothing of [@addr, @addr + @bytes) is poisoned; false: it may be. */
bool poison_is_none(uintptr_t addr, size_t bytes);
#else
static inline void poison_block_alloc(void *p, size_t bytes, bool zeroed)
{
	VALGRIND_MALLOCLIKE_BLOCK(p, bytes, 0, zeroed);
}

static inline void poison_block_free(const void *p, size_t bytes)
{
	VALGRIND_FREELIKE_BLOCK(p, 0);
}

static inline void poison_block_clear(void *p, size_t bytes)
{
	memset(p, 0, bytes);
}
#endif

#endif
