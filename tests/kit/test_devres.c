/* SPDX-License-Identifier: MIT */
/* Managed resources: order, groups, blocks, failures. */
#include "kit_test.h"

#include <errno.h>
#include <string.h>
#include <linux/bitmap.h>
#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <uik/slab.h>

static char order[64];

static void note(void *data)
{
	size_t n = strlen(order);

	order[n] = (char)(uintptr_t)data;
	order[n + 1] = '\0';
}

static void *letter(char c)
{
	return (void *)(uintptr_t)c;
}

static void released(struct device *dev)
{
	note(letter('.'));
}

static void device_make(struct device *dev)
{
	*dev = (struct device){ .release = released };
	device_initialize(dev);
	assert_int_equal(dev_set_name(dev, "dev%d", 1), 0);
	order[0] = '\0';
}

/* Law: resources go in reverse order, before the device itself. */
static void reverse_order(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct device dev;

	device_make(&dev);
	assert_int_equal(devm_add_action(&dev, note, letter('a')), 0);
	assert_non_null(devm_kzalloc(&dev, 100, GFP_KERNEL));
	assert_int_equal(devm_add_action_or_reset(&dev, note, letter('b')), 0);
	assert_int_equal(devm_add_action(&dev, note, letter('c')), 0);
	put_device(&dev);
	assert_string_equal(order, "cba.");
	machine_end(m);
}

/* Law: without memory an action does not run, or_reset runs it at once. */
static void actions_fail(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct device dev;

	device_make(&dev);
	uik_fail_nth(1, 1u << UIK_FAIL_ALLOC, true);
	assert_int_equal(devm_add_action(&dev, note, letter('a')), -ENOMEM);
	assert_int_equal(devm_add_action_or_reset(&dev, note, letter('b')),
			 -ENOMEM);
	assert_null(devm_kzalloc(&dev, 10, GFP_KERNEL));
	assert_null(devm_kstrdup(&dev, "x", GFP_KERNEL));
	assert_null(devm_kasprintf(&dev, GFP_KERNEL, "x"));
	assert_int_equal(devm_get_free_pages(&dev, GFP_KERNEL, 0), 0);
	uik_fail_nth(0, 0, false);
	put_device(&dev);
	assert_string_equal(order, "b.");
	machine_end(m);
}

/* Law: an action can be taken back or run early; once is enough. */
static void actions_removed(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct device dev;

	device_make(&dev);
	devm_add_action(&dev, note, letter('a'));
	devm_add_action(&dev, note, letter('b'));
	devm_add_action(&dev, note, letter('c'));
	devm_remove_action(&dev, note, letter('a'));
	devm_release_action(&dev, note, letter('b'));
	assert_int_equal(warnings_of(devm_remove_action(&dev, note,
							letter('a'))), 1);
	put_device(&dev);
	assert_string_equal(order, "bc.");
	machine_end(m);
}

/* Law: blocks are aligned; krealloc keeps content, owner and order. */
static void blocks(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct device dev, other;
	char *p, *q, *s;

	device_make(&other);
	device_make(&dev);
	p = devm_kmalloc(&dev, 100, GFP_KERNEL);
	assert_int_equal((uintptr_t)p % 64, 0);
	strcpy(p, "keep");
	q = devm_krealloc(&dev, p, 5000, GFP_KERNEL);
	assert_string_equal(q, "keep");
	assert_int_equal((uintptr_t)q % 64, 0);
	assert_ptr_equal(devm_krealloc(&dev, q, 10, GFP_KERNEL), q);
	uik_fail_nth(1, 1u << UIK_FAIL_ALLOC, false);
	assert_null(devm_krealloc(&dev, q, 6000, GFP_KERNEL));
	uik_fail_nth(0, 0, false);
	assert_string_equal(q, "keep");
	assert_int_equal(warnings_of(assert_null(
		devm_krealloc(&other, q, 10, GFP_KERNEL))), 1);
	assert_int_equal(warnings_of(devm_kfree(&other, q)), 1);
	devm_kfree(&dev, q);
	s = devm_kasprintf(&dev, GFP_KERNEL, "%d", 77);
	assert_string_equal(s, "77");
	s = devm_kstrdup(&dev, "abc", GFP_KERNEL);
	assert_string_equal(s, "abc");
	assert_ptr_equal(devm_kzalloc(&dev, 0, GFP_KERNEL), ZERO_SIZE_PTR);
	assert_null(devm_kcalloc(&dev, SIZE_MAX, 8, GFP_KERNEL));
	put_device(&dev);
	put_device(&other);
	machine_end(m);
}

static void *moved;

static void note_life(void *data)
{
	struct uik_slab_block block;

	note(letter(uik_slab_find(moved, &block) ? 'L' : 'D'));
}

/* Law: a moved block is released where the old one would have been. */
static void place_kept(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct device dev;
	void *block;

	device_make(&dev);
	devm_add_action(&dev, note_life, NULL);
	block = devm_kzalloc(&dev, 8, GFP_KERNEL);
	devm_add_action(&dev, note_life, NULL);
	moved = devm_krealloc(&dev, block, 4000, GFP_KERNEL);
	assert_non_null(moved);
	put_device(&dev);
	assert_string_equal(order, "LD.");
	machine_end(m);
}

/* Law: a group goes as one, and only it. */
static void groups(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct device dev;
	void *id;

	device_make(&dev);
	devm_add_action(&dev, note, letter('a'));
	id = devres_open_group(&dev, NULL, GFP_KERNEL);
	assert_non_null(id);
	devm_add_action(&dev, note, letter('b'));
	devm_add_action(&dev, note, letter('c'));
	devres_close_group(&dev, id);
	devm_add_action(&dev, note, letter('d'));
	assert_int_equal(devres_release_group(&dev, id), 2);
	assert_string_equal(order, "cb");
	/* An open group reaches to the end; a removed one keeps its things. */
	id = devres_open_group(&dev, NULL, GFP_KERNEL);
	devm_add_action(&dev, note, letter('e'));
	assert_int_equal(devres_release_group(&dev, NULL), 1);
	id = devres_open_group(&dev, NULL, GFP_KERNEL);
	devm_add_action(&dev, note, letter('f'));
	devres_close_group(&dev, NULL);
	devres_remove_group(&dev, id);
	put_device(&dev);
	assert_string_equal(order, "cbefda.");
	machine_end(m);
}

static void on_release(struct device *dev, void *res)
{
	note(letter(*(char *)res));
}

static int on_match(struct device *dev, void *res, void *wanted)
{
	return *(char *)res == *(char *)wanted;
}

/* Law: resources of one's own can be found, removed, released. */
static void own_resources(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct device dev;
	char *res, want = 'x';

	device_make(&dev);
	res = devres_alloc(on_release, 10, GFP_KERNEL);
	*res = 'x';
	devres_add(&dev, res);
	res = devres_alloc(on_release, 10, GFP_KERNEL);
	*res = 'y';
	devres_add(&dev, res);
	assert_int_equal(*(char *)devres_find(&dev, on_release, NULL, NULL),
			 'y');
	assert_int_equal(*(char *)devres_find(&dev, on_release, on_match,
					      &want), 'x');
	assert_int_equal(devres_release(&dev, on_release, on_match, &want), 0);
	assert_int_equal(devres_release(&dev, on_release, on_match, &want),
			 -ENOENT);
	assert_int_equal(devres_destroy(&dev, on_release, NULL, NULL), 0);
	res = devres_alloc(on_release, 10, GFP_KERNEL);
	devres_free(res);
	put_device(&dev);
	assert_string_equal(order, "x.");
	machine_end(m);
}

/* Law: device memory is page-aligned, cleared, and its address is physical. */
static void coherent_memory(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct device dev;
	dma_addr_t at = 0;
	char *p;

	device_make(&dev);
	p = dma_alloc_coherent(&dev, 3 * PAGE_SIZE, &at, GFP_KERNEL);
	assert_int_equal((uintptr_t)p % (4 * PAGE_SIZE), 0);
	assert_true(at == __pa(p));
	assert_int_equal(p[0] | p[3 * PAGE_SIZE - 1], 0);
	dma_free_coherent(&dev, 3 * PAGE_SIZE, p, at);
	p = dmam_alloc_coherent(&dev, 100, &at, GFP_KERNEL);
	assert_non_null(p);
	dmam_free_coherent(&dev, 100, p, at);
	assert_non_null(dmam_alloc_coherent(&dev, 5 << 20, &at, GFP_KERNEL));
	uik_fail_nth(2, 1u << UIK_FAIL_ALLOC, false);
	assert_null(dmam_alloc_coherent(&dev, 100, &at, GFP_KERNEL));
	uik_fail_nth(0, 0, false);
	assert_int_equal(dma_set_mask_and_coherent(&dev, DMA_BIT_MASK(20)),
			 -EIO);
	assert_int_equal(dma_set_mask_and_coherent(&dev, DMA_BIT_MASK(32)), 0);
	assert_null(dma_alloc_coherent(&dev, 100, &at, GFP_KERNEL));
	assert_true(devm_get_free_pages(&dev, GFP_KERNEL, 1));
	put_device(&dev);
	machine_end(m);
}

/* Law: a memory resource maps until the device goes. */
static void managed_ioremap(void **state)
{
	struct kit_machine m = machine_with(NULL);
	unsigned long page = __get_free_pages(GFP_KERNEL, 0);
	struct resource memory = DEFINE_RES_MEM(page, 0x100);
	struct resource irq = DEFINE_RES_IRQ(3);
	struct device dev;

	device_make(&dev);
	assert_ptr_equal(devm_ioremap_resource(&dev, &memory), (void *)page);
	assert_int_equal(PTR_ERR(devm_ioremap_resource(&dev, &irq)), -EINVAL);
	assert_int_equal(PTR_ERR(devm_ioremap_resource(&dev, NULL)), -EINVAL);
	memory.start = UIK_PHYS_MMIO;
	memory.end = UIK_PHYS_MMIO + 10;
	assert_int_equal(PTR_ERR(devm_ioremap_resource(&dev, &memory)),
			 -ENOMEM);
	put_device(&dev);
	free_pages(page, 0);
	machine_end(m);
}

/* Law: marks that are not there are warned about, and nothing is released. */
static void wrong_groups(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct device dev;
	int id;

	device_make(&dev);
	devm_add_action(&dev, note, letter('a'));
	assert_int_equal(warnings_of(devres_close_group(&dev, &id)), 1);
	assert_int_equal(warnings_of(devres_remove_group(&dev, &id)), 1);
	assert_int_equal(devres_release_group(&dev, &id), 0);
	/* A group by another's name, inside of one that is closed. */
	assert_ptr_equal(devres_open_group(&dev, &id, GFP_KERNEL), &id);
	devm_add_action(&dev, note, letter('b'));
	devres_close_group(&dev, &id);
	assert_int_equal(warnings_of(devres_close_group(&dev, NULL)), 1);
	assert_int_equal(devres_release_group(&dev, &id), 1);
	assert_string_equal(order, "b");
	/* Removed while open. */
	assert_ptr_equal(devres_open_group(&dev, &id, GFP_KERNEL), &id);
	devres_remove_group(&dev, NULL);
	put_device(&dev);
	assert_string_equal(order, "ba.");
	machine_end(m);
}

/* Law: without memory there is nothing, and nothing is left behind. */
static void no_memory(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct device dev;
	dma_addr_t at = 7;

	device_make(&dev);
	uik_fail_nth(1, 1u << UIK_FAIL_ALLOC, true);
	assert_null(devres_open_group(&dev, NULL, GFP_KERNEL));
	assert_null(devres_alloc(on_release, 10, GFP_KERNEL));
	assert_null(devm_kmemdup(&dev, "abc", 4, GFP_KERNEL));
	assert_null(devm_ioremap(&dev, UIK_PHYS_MMIO, 16));
	assert_null(dma_alloc_coherent(&dev, 100, &at, GFP_KERNEL));
	assert_null(dmam_alloc_coherent(&dev, 100, &at, GFP_KERNEL));
	uik_fail_nth(2, 1u << UIK_FAIL_ALLOC, false);
	assert_int_equal(devm_get_free_pages(&dev, GFP_KERNEL, 0), 0);
	uik_fail_nth(0, 0, false);
	assert_null(devres_alloc(on_release, SIZE_MAX, GFP_KERNEL));
	assert_null(dma_alloc_coherent(&dev, 0, &at, GFP_KERNEL));
	assert_null(dma_alloc_coherent(&dev, SIZE_MAX / 2, &at, GFP_KERNEL));
	assert_null(dma_alloc_coherent(&dev, 1ul << 46, &at, GFP_KERNEL));
	assert_int_equal(at, 7);
	assert_int_equal(devres_release_all(&dev), 0);
	put_device(&dev);
	machine_end(m);
}

/* Law: nothing and empty blocks are blocks to all calls. */
static void empty_blocks(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct device dev;
	char *p;

	device_make(&dev);
	devres_free(NULL);
	devm_kfree(&dev, NULL);
	devm_kfree(&dev, ZERO_SIZE_PTR);
	assert_null(devm_kstrdup(&dev, NULL, GFP_KERNEL));
	assert_ptr_equal(devm_kmemdup(&dev, "", 0, GFP_KERNEL), ZERO_SIZE_PTR);
	p = devm_kmemdup(&dev, "abc", 4, GFP_KERNEL);
	assert_string_equal(p, "abc");
	assert_ptr_equal(devm_krealloc(&dev, p, 0, GFP_KERNEL), ZERO_SIZE_PTR);
	assert_int_equal(warnings_of(devm_kfree(&dev, p)), 1);
	p = devm_krealloc(&dev, ZERO_SIZE_PTR, 20, GFP_KERNEL);
	assert_non_null(p);
	devm_kfree(&dev, p);
	dma_free_coherent(&dev, 100, NULL, 0);
	assert_int_equal(warnings_of(dmam_free_coherent(&dev, 9, &dev, 0)), 1);
	assert_int_equal(warnings_of(devm_release_action(&dev, note, NULL)), 1);
	assert_int_equal(devres_release_all(&dev), 0);
	put_device(&dev);
	machine_end(m);
}

/* Law: of actions of one function each has its own data, and both count. */
static void actions_by_both(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct device dev;

	device_make(&dev);
	devm_add_action(&dev, note, letter('a'));
	devm_add_action(&dev, note_life, letter('a'));
	assert_int_equal(warnings_of(devm_remove_action(&dev, note_life,
							letter('b'))), 1);
	devm_remove_action(&dev, note_life, letter('a'));
	put_device(&dev);
	assert_string_equal(order, "a.");
	machine_end(m);
}

/* Law: mappings, bit arrays and locks end with the device, or before it. */
static void managed_others(void **state)
{
	struct kit_machine m = machine_with(NULL);
	unsigned long page = __get_free_pages(GFP_KERNEL, 0), *map;
	struct mutex lock, left_held;
	struct device dev;
	void *at;

	device_make(&dev);
	at = devm_memremap(&dev, __pa(page), 16, MEMREMAP_WB);
	assert_ptr_equal(at, (void *)page);
	devm_memunmap(&dev, at);
	assert_int_equal(warnings_of(devm_memunmap(&dev, at)), 1);
	assert_non_null(devm_memremap(&dev, __pa(page), 16, MEMREMAP_WB));
	assert_int_equal(PTR_ERR(devm_memremap(&dev, 0, 16, MEMREMAP_WB)),
			 -ENXIO);
	at = devm_ioremap_wc(&dev, __pa(page), 16);
	assert_ptr_equal(at, (void *)page);
	devm_iounmap(&dev, at);
	assert_int_equal(warnings_of(devm_iounmap(&dev, at)), 1);
	map = devm_bitmap_zalloc(&dev, 100, GFP_KERNEL);
	assert_true(bitmap_empty(map, 100));
	assert_non_null(devm_bitmap_alloc(&dev, 100, GFP_KERNEL));
	assert_int_equal(devm_mutex_init(&dev, &lock), 0);
	mutex_lock(&lock);
	mutex_unlock(&lock);
	assert_int_equal(devm_mutex_init(&dev, &left_held), 0);
	mutex_lock(&left_held);
	for (u32 nth = 1; nth <= 2; nth++) {
		uik_fail_nth(nth, 1u << UIK_FAIL_ALLOC, false);
		assert_null(devm_bitmap_zalloc(&dev, 100, GFP_KERNEL));
		uik_fail_nth(nth, 1u << UIK_FAIL_ALLOC, false);
		at = devm_memremap(&dev, __pa(page), 16, MEMREMAP_WB);
		assert_int_equal(PTR_ERR(at), nth == 1 ? -ENOMEM : -ENXIO);
	}
	uik_fail_nth(1, 1u << UIK_FAIL_ALLOC, false);
	assert_int_equal(devm_mutex_init(&dev, &lock), -ENOMEM);
	uik_fail_nth(0, 0, false);
	assert_int_equal(warnings_of(put_device(&dev)), 1);	/* still held */
	mutex_unlock(&left_held);
	free_pages(page, 0);
	machine_end(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reverse_order),
		cmocka_unit_test(actions_fail),
		cmocka_unit_test(actions_removed),
		cmocka_unit_test(blocks),
		cmocka_unit_test(place_kept),
		cmocka_unit_test(groups),
		cmocka_unit_test(own_resources),
		cmocka_unit_test(coherent_memory),
		cmocka_unit_test(managed_ioremap),
		cmocka_unit_test(managed_others),
		cmocka_unit_test(wrong_groups),
		cmocka_unit_test(no_memory),
		cmocka_unit_test(empty_blocks),
		cmocka_unit_test(actions_by_both),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
