/* SPDX-License-Identifier: MIT */
/* Caches of blocks, and copies of strings. */
#include "kit_test.h"

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

/* Law: a cache knows its size, rounded to its alignment, and its live blocks. */
static void cache_sizes(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct kmem_cache *cache = kmem_cache_create("odd", 100, 128, 0, NULL);
	void *p;

	assert_int_equal(kmem_cache_size(cache), 128);
	kmem_cache_free(cache, NULL);
	p = kmem_cache_alloc(cache, GFP_KERNEL | __GFP_ZERO);
	assert_true(kmem_cache_size(cache) == 128 && !*(u64 *)p);
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
		cmocka_unit_test(cache_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
