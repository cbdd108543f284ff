/* SPDX-License-Identifier: MIT */
/*
 * The slab: every block of memory of a driver or of the library.
 *
 * A block comes from the arena of the machine that the caller works on, is
 * aligned to at least 64 bytes (a power-of-two size to that size, up to a
 * page), and goes back to the arena it came from whoever frees it.  Every
 * allocation is a failure point whose site is the caller; the site is kept
 * with the block.  Nothing ever aborts: without memory the result is NULL.
 *
 * Pairing: kfree() for kmalloc and kmem_cache blocks, kvfree() for those and
 * for kvmalloc ones, vfree() for vmalloc ones.  Other pairs, double frees and
 * foreign pointers WARN.
 */
#ifndef UIK_LINUX_SLAB_H
#define UIK_LINUX_SLAB_H

#include <linux/types.h>
#include <linux/compiler.h>
#include <linux/gfp.h>
#include <linux/numa.h>
#include <linux/overflow.h>
#include <uik/abi.h>

#define ARCH_KMALLOC_MINALIGN 64
/* What kmalloc() and its like give at most: the largest run of pages. */
#define KMALLOC_MAX_SIZE (1ul << 22)
/* What a block of no bytes is: not NULL, and may be freed. */
#define ZERO_SIZE_PTR ((void *)16)
#define ZERO_OR_NULL_PTR(p) ((unsigned long)(p) <= (unsigned long)ZERO_SIZE_PTR)

#define SLAB_HWCACHE_ALIGN ((slab_flags_t)0x2000u)
#define SLAB_PANIC ((slab_flags_t)0x40000u)
#define SLAB_ACCOUNT ((slab_flags_t)0x4000000u)
#define SLAB_TYPESAFE_BY_RCU ((slab_flags_t)0x80000u)

/**
 * kmalloc - a block.
 * @size: bytes; 0 gives ZERO_SIZE_PTR
 * @gfp: __GFP_ZERO clears it
 *
 * Context: any.  Failure point.
 * Return: the block, owned by the caller; NULL without memory.
 */
void *kmalloc(size_t size, gfp_t gfp) __uik(kmalloc)
	__attribute__((__warn_unused_result__, __alloc_size__(1)));

/**
 * kfree - give a block back; NULL and ZERO_SIZE_PTR are fine.
 *
 * Context: any.
 */
void kfree(const void *block) __uik(kfree);

/**
 * kvmalloc - as kmalloc() but for blocks that may be large.
 *
 * Return: the block, to be freed by kvfree(); NULL without memory.
 */
void *kvmalloc(size_t size, gfp_t gfp) __uik(kvmalloc)
	__attribute__((__warn_unused_result__, __alloc_size__(1)));
/** kvfree - free what any of kmalloc(), kvmalloc(), vmalloc() gave. */
void kvfree(const void *block) __uik(kvfree);

/** kfree_sensitive - overwrite, then kfree(). */
void kfree_sensitive(const void *block) __uik(kfree_sensitive);

/**
 * krealloc - change a block's size, maybe moving it.
 * @block: from kmalloc(); NULL makes this kmalloc()
 * @size: bytes; 0 frees it and gives ZERO_SIZE_PTR
 * @gfp: __GFP_ZERO clears what is added, if the block was always cleared
 *
 * Context: any.  Failure point.
 * Return: the block, the old pointer is dead; or NULL, and the old block is
 * untouched.
 */
void *krealloc(const void *block, size_t size, gfp_t gfp) __uik(krealloc)
	__attribute__((__warn_unused_result__, __alloc_size__(2)));

/** ksize - usable bytes of a block, at least what was asked for. */
size_t ksize(const void *block) __uik(ksize);

static __always_inline void *kzalloc(size_t size, gfp_t gfp)
{
	return kmalloc(size, gfp | __GFP_ZERO);
}

static __always_inline void *kvzalloc(size_t size, gfp_t gfp)
{
	return kvmalloc(size, gfp | __GFP_ZERO);
}

/* More than any allocator can satisfy, yet a size that compilers accept. */
#define UIK_TOO_MANY_BYTES (SIZE_MAX / 4)

/* n * size, or too many bytes. */
static __always_inline size_t uik_array_bytes(size_t n, size_t size)
{
	size_t bytes;

	return __builtin_mul_overflow(n, size, &bytes) ? UIK_TOO_MANY_BYTES :
							   bytes;
}

/* Arrays: the multiplication is checked, overflow gives NULL. */
static __always_inline void *kmalloc_array(size_t n, size_t size,
						  gfp_t gfp)
{
	return kmalloc(uik_array_bytes(n, size), gfp);
}

static __always_inline void *kcalloc(size_t n, size_t size, gfp_t gfp)
{
	return kmalloc(uik_array_bytes(n, size), gfp | __GFP_ZERO);
}

static __always_inline void *kvmalloc_array(size_t n, size_t size,
						   gfp_t gfp)
{
	return kvmalloc(uik_array_bytes(n, size), gfp);
}

static __always_inline void *kvcalloc(size_t n, size_t size, gfp_t gfp)
{
	return kvmalloc(uik_array_bytes(n, size), gfp | __GFP_ZERO);
}

static __always_inline void *krealloc_array(void *block, size_t n,
						   size_t size, gfp_t gfp)
{
	return krealloc(block, uik_array_bytes(n, size), gfp);
}

#define kmalloc_node(size, gfp, node) ((void)(node), kmalloc((size), (gfp)))
#define kzalloc_node(size, gfp, node) ((void)(node), kzalloc((size), (gfp)))
#define kcalloc_node(n, size, gfp, node) \
	((void)(node), kcalloc((n), (size), (gfp)))
#define kmalloc_array_node(n, size, gfp, node) \
	((void)(node), kmalloc_array((n), (size), (gfp)))
#define kvcalloc_node(n, size, gfp, node) \
	((void)(node), kvcalloc((n), (size), (gfp)))
#define kvmalloc_node(size, gfp, node) ((void)(node), kvmalloc((size), (gfp)))
#define kvzalloc_node(size, gfp, node) ((void)(node), kvzalloc((size), (gfp)))

/** kmemdup - a copy of @size bytes at @src; NULL without memory. */
void *kmemdup(const void *src, size_t size, gfp_t gfp) __uik(kmemdup);
#define kmemdup_array(src, n, size, gfp) \
	kmemdup((src), uik_array_bytes((n), (size)), (gfp))
/** kmemdup_nul - a copy of @size bytes and a NUL behind them. */
char *kmemdup_nul(const char *src, size_t size, gfp_t gfp) __uik(kmemdup_nul);
/** kvmemdup - as kmemdup(); freed by kvfree(). */
void *kvmemdup(const void *src, size_t size, gfp_t gfp) __uik(kvmemdup);
/** kstrdup - a copy of a string; NULL for NULL or without memory. */
char *kstrdup(const char *string, gfp_t gfp) __uik(kstrdup);
/** kstrdup_const - as kstrdup(); freed by kfree_const(). */
#define kstrdup_const(string, gfp) ((const char *)kstrdup((string), (gfp)))
#define kfree_const(string) kfree(string)
/** kstrndup - a copy of at most @max bytes of a string. */
char *kstrndup(const char *string, size_t max, gfp_t gfp) __uik(kstrndup);
/** kasprintf - a formatted string; NULL without memory. */
char *kasprintf(gfp_t gfp, const char *fmt, ...) __uik(kasprintf)
	__attribute__((__format__(__printf__, 2, 3)));
/** kvasprintf - the same with a va_list. */
char *kvasprintf(gfp_t gfp, const char *fmt, __builtin_va_list args)
	__uik(kvasprintf) __attribute__((__format__(__printf__, 2, 0)));

/*
 * Typed allocation: the first argument is an expression (not evaluated) or a
 * type, the result is a pointer to it; @gfp may be left out (GFP_KERNEL).
 */
#define uik_gfp_pick(first, gfp, ...) (gfp)
#define uik_gfp(...) uik_gfp_pick(0, ##__VA_ARGS__, GFP_KERNEL, 0)
#define uik_alloc_obj(alloc, obj, gfp) \
	((typeof(obj) *)alloc(sizeof(typeof(obj)), (gfp)))
#define uik_alloc_objs(alloc, obj, count, gfp)                              \
	((typeof(obj) *)alloc(uik_array_bytes((count), sizeof(typeof(obj))), \
			      (gfp)))

#if defined(__has_builtin)
#if __has_builtin(__builtin_counted_by_ref)
#define uik_set_counter(array, count)                                     \
	do {                                                              \
		__auto_type counter_ = __builtin_counted_by_ref(array);   \
		*_Generic(counter_, void *: &(size_t){ 0 },               \
			  default: counter_) = (count);                   \
	} while (0)
#endif
#endif
#ifndef uik_set_counter
#define uik_set_counter(array, count) do { } while (0)
#endif

/* Bytes of an object with @count elements in its flexible array. */
static __always_inline size_t uik_flex_bytes(size_t base, size_t element,
						    size_t count)
{
	size_t bytes = uik_array_bytes(count, element);

	return __builtin_add_overflow(bytes, base, &bytes) ?
		       UIK_TOO_MANY_BYTES : bytes;
}

#define uik_alloc_flex(alloc, obj, fam, count, gfp)                         \
	({                                                                  \
		size_t uik_n_ = (count);                                    \
		typeof(obj) *uik_o_ = alloc(                                \
			uik_flex_bytes(sizeof(*uik_o_),                     \
				       sizeof(uik_o_->fam[0]), uik_n_),     \
			(gfp));                                             \
		if (uik_o_)                                                 \
			uik_set_counter(uik_o_->fam, uik_n_);               \
		uik_o_;                                                     \
	})

#define kmalloc_obj(obj, ...) \
	uik_alloc_obj(kmalloc, obj, uik_gfp(__VA_ARGS__))
#define kzalloc_obj(obj, ...) \
	uik_alloc_obj(kzalloc, obj, uik_gfp(__VA_ARGS__))
#define kvmalloc_obj(obj, ...) \
	uik_alloc_obj(kvmalloc, obj, uik_gfp(__VA_ARGS__))
#define kvzalloc_obj(obj, ...) \
	uik_alloc_obj(kvzalloc, obj, uik_gfp(__VA_ARGS__))
#define kmalloc_objs(obj, count, ...) \
	uik_alloc_objs(kmalloc, obj, count, uik_gfp(__VA_ARGS__))
#define kzalloc_objs(obj, count, ...) \
	uik_alloc_objs(kzalloc, obj, count, uik_gfp(__VA_ARGS__))
#define kvmalloc_objs(obj, count, ...) \
	uik_alloc_objs(kvmalloc, obj, count, uik_gfp(__VA_ARGS__))
#define kvzalloc_objs(obj, count, ...) \
	uik_alloc_objs(kvzalloc, obj, count, uik_gfp(__VA_ARGS__))
#define kmalloc_flex(obj, fam, count, ...) \
	uik_alloc_flex(kmalloc, obj, fam, count, uik_gfp(__VA_ARGS__))
#define kzalloc_flex(obj, fam, count, ...) \
	uik_alloc_flex(kzalloc, obj, fam, count, uik_gfp(__VA_ARGS__))
#define kvmalloc_flex(obj, fam, count, ...) \
	uik_alloc_flex(kvmalloc, obj, fam, count, uik_gfp(__VA_ARGS__))
#define kvzalloc_flex(obj, fam, count, ...) \
	uik_alloc_flex(kvzalloc, obj, fam, count, uik_gfp(__VA_ARGS__))

struct kmem_cache;

/**
 * kmem_cache_create - a named source of blocks of one size.
 * @size: bytes
 * @align: of each block; a power of two up to KMALLOC_MAX_SIZE, or 0.  All are
 *	aligned to 64 bytes at least
 * @ctor: run on every block handed out (the kernel runs it once per slab)
 *
 * Return: the cache, to be destroyed; NULL without memory, or if there is no
 * such alignment (WARN).
 */
struct kmem_cache *kmem_cache_create(const char *name, unsigned int size,
				     unsigned int align, slab_flags_t flags,
				     void (*ctor)(void *))
	__uik(kmem_cache_create);
/** kmem_cache_destroy - NULL is fine; live blocks WARN and stay. */
void kmem_cache_destroy(struct kmem_cache *cache) __uik(kmem_cache_destroy);
/** kmem_cache_alloc - a block; failure point; NULL without memory. */
void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp)
	__uik(kmem_cache_alloc);
/** kmem_cache_free - give it back. */
void kmem_cache_free(struct kmem_cache *cache, void *block)
	__uik(kmem_cache_free);
/** kmem_cache_size - bytes of its blocks, as asked for. */
unsigned int kmem_cache_size(struct kmem_cache *cache) __uik(kmem_cache_size);
/**
 * kmem_cache_alloc_bulk - @n blocks or none.
 *
 * Return: @n, or 0 and @blocks is undefined.
 */
int kmem_cache_alloc_bulk(struct kmem_cache *cache, gfp_t gfp, size_t n,
			  void **blocks) __uik(kmem_cache_alloc_bulk);
/** kmem_cache_free_bulk - @n blocks. */
void kmem_cache_free_bulk(struct kmem_cache *cache, size_t n, void **blocks)
	__uik(kmem_cache_free_bulk);

static inline void *kmem_cache_zalloc(struct kmem_cache *cache, gfp_t gfp)
{
	return kmem_cache_alloc(cache, gfp | __GFP_ZERO);
}

#define KMEM_CACHE(type, flags)                                     \
	kmem_cache_create(#type, sizeof(struct type),               \
			  __alignof__(struct type), (flags), NULL)

#include <linux/cleanup.h>

DEFINE_FREE(kfree, void *, if (!IS_ERR_OR_NULL(_T)) kfree(_T))
DEFINE_FREE(kvfree, void *, if (!IS_ERR_OR_NULL(_T)) kvfree(_T))

#endif
