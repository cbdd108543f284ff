/* SPDX-License-Identifier: MIT */
/* Caches of blocks, and copies of strings. */
#include "kit_test.h"

#include <string.h>
#include <linux/slab.h>

static void ctor(void *p)
{
	*(int *)p = 42;
}

/* Law: a cache gives constructed blocks, all or none in bulk. */
static void caches(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct kmem_cache *cache = kmem_cache_create("c", 48, 0, 0, ctor);
	void *blocks[10];
	int *p = kmem_cache_alloc(cache, GFP_KERNEL);

	assert_int_equal(*p, 42);
	kmem_cache_free(cache, p);
	assert_int_equal(kmem_cache_alloc_bulk(cache, GFP_KERNEL, 10, blocks),
			 10);
	kmem_cache_free_bulk(cache, 10, blocks);
	uik_fail_nth(7, 1u << UIK_FAIL_ALLOC, false);
	assert_int_equal(kmem_cache_alloc_bulk(cache, GFP_KERNEL, 10, blocks),
			 0);
	uik_fail_nth(0, 0, false);
	kmem_cache_destroy(cache);
	kmem_cache_destroy(NULL);
	machine_end(m);
}

#define LIVE 40

static void check_alignment(unsigned int size, unsigned int align)
{
	struct kmem_cache *cache = kmem_cache_create("a", size, align, 0, NULL);
	void *blocks[LIVE];
	int count = size + align > 100000 ? 3 : LIVE;

	assert_non_null(cache);
	assert_int_equal(kmem_cache_size(cache), size);
	for (int i = 0; i < count; i++) {
		blocks[i] = kmem_cache_alloc(cache, GFP_KERNEL);
		assert_non_null(blocks[i]);
		assert_int_equal((uintptr_t)blocks[i] % align, 0);
		assert_in_range(ksize(blocks[i]), size, KMALLOC_MAX_SIZE);
		memset(blocks[i], i, size);
	}
	for (int i = 0; i < count; i++) {
		assert_int_equal(((char *)blocks[i])[size - 1], i);
		kmem_cache_free(cache, blocks[i]);
	}
	kmem_cache_destroy(cache);
}

/* Law: every block has the alignment that its cache was made with. */
static void alignments(void **state)
{
	static const unsigned int sizes[] = {
		1, 64, 65, 100, 300, 960, 1100, 1900, 2500, 5000, 9000, 17000,
		70000,
	};
	struct kit_machine m = machine_with(NULL);

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		for (unsigned int align = 1; align <= 1u << 20; align *= 2)
			check_alignment(sizes[i], align);
	check_alignment(KMALLOC_MAX_SIZE, 64);
	check_alignment(8, KMALLOC_MAX_SIZE);
	assert_int_equal(warnings_of(assert_null(
				 kmem_cache_create("a", 8, 96, 0, NULL))), 1);
	assert_int_equal(warnings_of(assert_null(
				 kmem_cache_create("a", 8, 1u << 23, 0, NULL))),
			 1);
	machine_end(m);
}

/* Law: a cache knows its size and its live blocks. */
static void cache_sizes(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct kmem_cache *cache = kmem_cache_create("odd", 100, 128, 0, NULL);
	void *p;

	assert_int_equal(kmem_cache_size(cache), 100);
	kmem_cache_free(cache, NULL);
	p = kmem_cache_alloc(cache, GFP_KERNEL | __GFP_ZERO);
	assert_true((uintptr_t)p % 128 == 0 && !*(u64 *)p);
	assert_int_equal(warnings_of(kmem_cache_destroy(cache)), 1);
	kfree(p);
	cache = kmem_cache_create("plain", 100, 8, 0, NULL);
	assert_int_equal(kmem_cache_size(cache), 100);
	kmem_cache_destroy(cache);
	assert_ptr_equal(kmemdup("x", 0, GFP_KERNEL), ZERO_SIZE_PTR);
	assert_null(kstrdup(NULL, GFP_KERNEL));
	p = kstrndup("abcdef", 3, GFP_KERNEL);
	assert_string_equal(p, "abc");
	kfree(p);
	machine_end(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(caches),
		cmocka_unit_test(alignments),
		cmocka_unit_test(cache_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
