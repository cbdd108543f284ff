/* SPDX-License-Identifier: MIT */
/*
 * Named caches and copies of strings: small things on top of kmalloc().
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <linux/bug.h>
#include <linux/minmax.h>
#include <linux/slab.h>

#include "kit/format.h"
#include "kit/slab.h"

#define CALLER __builtin_return_address(0)

struct kmem_cache {
	const char *name;
	unsigned int size;
	size_t block_bytes;	/* what is allocated, for its alignment */
	void (*ctor)(void *block);
	long live;		/* atomic */
};

struct kmem_cache *kmem_cache_create(const char *name, unsigned int size,
				     unsigned int align, slab_flags_t flags,
				     void (*ctor)(void *))
{
	struct kmem_cache *cache;

	if (WARN(align & (align - 1) || align > KMALLOC_MAX_SIZE,
		 "cache %s: alignment of %u bytes", name, align))
		return NULL;
	cache = slab_alloc_at(sizeof(*cache), GFP_KERNEL | __GFP_ZERO, CALLER);
	if (!cache)
		return NULL;
	cache->name = name;
	cache->size = size;
	cache->block_bytes = slab_aligned_bytes(size, max(align, 1u));
	cache->ctor = ctor;
	return cache;
}

void kmem_cache_destroy(struct kmem_cache *cache)
{
	long live;

	if (!cache)
		return;
	live = __atomic_load_n(&cache->live, __ATOMIC_RELAXED);
	WARN(live, "cache %s destroyed with %ld live blocks", cache->name,
	     live);
	kfree(cache);
}

static void *cache_alloc(struct kmem_cache *cache, gfp_t gfp, const void *site)
{
	void *block = slab_alloc_at(cache->block_bytes, gfp, site);

	if (!block)
		return NULL;
	__atomic_fetch_add(&cache->live, 1, __ATOMIC_RELAXED);
	if (cache->ctor)
		cache->ctor(block);
	return block;
}

void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp)
{
	return cache_alloc(cache, gfp, CALLER);
}

void kmem_cache_free(struct kmem_cache *cache, void *block)
{
	if (!block)
		return;
	__atomic_fetch_sub(&cache->live, 1, __ATOMIC_RELAXED);
	kfree(block);
}

unsigned int kmem_cache_size(struct kmem_cache *cache)
{
	return cache->size;
}

void kmem_cache_free_bulk(struct kmem_cache *cache, size_t n, void **blocks)
{
	while (n--)
		kmem_cache_free(cache, blocks[n]);
}

int kmem_cache_alloc_bulk(struct kmem_cache *cache, gfp_t gfp, size_t n,
			  void **blocks)
{
	size_t i;

	for (i = 0; i < n; i++) {
		blocks[i] = cache_alloc(cache, gfp, CALLER);
		if (!blocks[i]) {
			kmem_cache_free_bulk(cache, i, blocks);
			return 0;
		}
	}
	return n;
}

void *kmemdup(const void *src, size_t size, gfp_t gfp)
{
	void *block = slab_alloc_at(size, gfp, CALLER);

	return block && size ? memcpy(block, src, size) : block;
}

void *kvmemdup(const void *src, size_t size, gfp_t gfp)
{
	void *block = slab_valloc_at(size, gfp, CALLER);

	return block && size ? memcpy(block, src, size) : block;
}

char *kmemdup_nul(const char *src, size_t size, gfp_t gfp)
{
	char *copy = size == SIZE_MAX ? NULL :
					slab_alloc_at(size + 1, gfp, CALLER);

	if (!copy)
		return NULL;
	memcpy(copy, src, size);
	copy[size] = '\0';
	return copy;
}

static char *copy_string(const char *string, size_t max, gfp_t gfp,
			 const void *site)
{
	size_t length;
	char *copy;

	if (!string)
		return NULL;
	length = strnlen(string, max);
	copy = slab_alloc_at(length + 1, gfp, site);
	if (!copy)
		return NULL;
	memcpy(copy, string, length);
	copy[length] = '\0';
	return copy;
}

char *kstrndup(const char *string, size_t max, gfp_t gfp)
{
	return copy_string(string, max, gfp, CALLER);
}

char *kstrdup(const char *string, gfp_t gfp)
{
	return copy_string(string, SSIZE_MAX, gfp, CALLER);
}

static __printf(2, 0) char *print_string(gfp_t gfp, const char *fmt,
					 va_list args, const void *site)
{
	va_list again;
	char *string;
	int length;

	va_copy(again, args);
	length = format_text(NULL, 0, fmt, again);
	va_end(again);
	if (length < 0)
		return NULL;
	string = slab_alloc_at((size_t)length + 1, gfp, site);
	if (string)
		format_text(string, (size_t)length + 1, fmt, args);
	return string;
}

char *kvasprintf(gfp_t gfp, const char *fmt, va_list args)
{
	return print_string(gfp, fmt, args, CALLER);
}

char *kasprintf(gfp_t gfp, const char *fmt, ...)
{
	va_list args;
	char *string;

	va_start(args, fmt);
	string = print_string(gfp, fmt, args, CALLER);
	va_end(args);
	return string;
}
