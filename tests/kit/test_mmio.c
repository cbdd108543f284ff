/* SPDX-License-Identifier: MIT */
/* MMIO windows, ioremap and the accessors. */
#include "kit_test.h"

#include <errno.h>
#include <linux/io.h>
#include <linux/iopoll.h>
#include <linux/spinlock.h>

struct model {
	u64 offset;
	unsigned int width;
	u64 value;
	unsigned int reads, writes;
};

static uint64_t model_read(void *priv, uint64_t offset, unsigned int width)
{
	struct model *model = priv;

	model->reads++;
	model->offset = offset;
	model->width = width;
	return model->value;
}

static void model_write(void *priv, uint64_t offset, unsigned int width,
			uint64_t value)
{
	struct model *model = priv;

	model->writes++;
	model->offset = offset;
	model->width = width;
	model->value = value;
}

static const struct uik_mmio_ops ops = { model_read, model_write };
static const struct uik_mmio_ops no_write = { .read = model_read };

#define START (UIK_PHYS_MMIO + 0x100000)

/* Law: each accessor reaches the model with its offset, width and value. */
static void accessors(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct model model = { .value = 0x1122334455667788ull };
	volatile unsigned long wide = 0xffffffff00000001ul;
	char *base;

	assert_int_equal(uik_mmio_register(m.machine, START, 0x3000, &ops,
					   &model), 0);
	base = ioremap(START + 0x1010, 0x20);
	assert_non_null(base);
	assert_int_equal(readl(base + 4), 0x55667788);
	assert_int_equal(model.offset, 0x1014);
	assert_int_equal(model.width, 4);
	assert_true(readq_relaxed(base) == 0x1122334455667788ull);
	assert_int_equal(model.width, 8);
	assert_int_equal(readw(base), 0x7788);
	assert_int_equal(readb(base), 0x88);
	assert_int_equal(model.width, 1);
	writel(wide, base);
	assert_int_equal(model.value, 1);
	assert_int_equal(model.offset, 0x1010);
	writeq_relaxed(5, base + 8);
	assert_int_equal(model.width, 8);
	assert_int_equal(model.offset, 0x1018);
	assert_int_equal(model.reads, 4);
	assert_int_equal(model.writes, 2);
	iounmap(base);
	uik_mmio_unregister(m.machine, START);
	machine_end(m);
}

/* Law: elsewhere an accessor is a plain access. */
static void plain_memory(void **state)
{
	u64 word = 0;

	writel(7, &word);
	assert_int_equal(word, 7);
	writeq(1ull << 40, &word);
	assert_true(readq(&word) == 1ull << 40);
	writeb(1, (char *)&word + 7);
	assert_int_equal(readl((char *)&word + 4), 0x01000100);
}

/* Law: windows are whole pages that do not overlap. */
static void registration(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct uik_machine *mc = m.machine;
	struct model model;

	assert_int_equal(uik_mmio_register(mc, START + 1, 0x1000, &ops, &model),
			 -EINVAL);
	assert_int_equal(uik_mmio_register(mc, START, 0x800, &ops, &model),
			 -EINVAL);
	assert_int_equal(uik_mmio_register(mc, START, 0, &ops, &model),
			 -EINVAL);
	assert_int_equal(uik_mmio_register(mc, 0x1000, 0x1000, &ops, &model),
			 -EINVAL);
	assert_int_equal(uik_mmio_register(mc, UIK_PHYS_END - 0x1000, 0x2000,
					   &ops, &model), -EINVAL);
	assert_int_equal(uik_mmio_register(mc, START, 0x1000, &no_write,
					   &model), -EINVAL);
	uik_fail_nth(1, 1u << UIK_FAIL_ALLOC, false);
	assert_int_equal(uik_mmio_register(mc, START, 0x1000, &ops, &model),
			 -ENOMEM);
	uik_fail_nth(0, 0, false);
	assert_int_equal(uik_mmio_register(mc, START, 0x2000, &ops, &model), 0);
	assert_int_equal(uik_mmio_register(mc, START + 0x1000, 0x1000, &ops,
					   &model), -EBUSY);
	assert_int_equal(uik_mmio_register(mc, START + 0x2000, 0x1000, &ops,
					   &model), 0);
	assert_int_equal(uik_mmio_register(mc, START - 0x1000, 0x1000, &ops,
					   &model), 0);
	assert_true(uik_mmio_find_space(mc, 0x1000) == UIK_PHYS_MMIO);
	assert_true(uik_mmio_find_space(mc, 0x100000) == START + 0x3000);
	/* A mapping lies in one window. */
	assert_null(ioremap(START + 0x1800, 0x1000));
	assert_null(ioremap(START + 0x3000, 0x1000));
	assert_null(ioremap(START, 0));
	assert_null(ioremap(START, SIZE_MAX));
	assert_null(ioremap(UIK_PHYS_END, 0x1000));
	uik_fail_nth(1, 1u << UIK_FAIL_ALLOC, false);
	assert_null(ioremap(START, 0x1000));
	uik_fail_nth(0, 0, false);
	assert_int_equal(warnings_of(uik_mmio_unregister(mc, START + 0x5000)),
			 1);
	uik_mmio_unregister(mc, START);
	uik_mmio_unregister(mc, START + 0x2000);
	uik_mmio_unregister(mc, START - 0x1000);
	machine_end(m);
}

/* Law: a machine's end takes its windows along; so do mappings of them end. */
static void machine_gone(void **state)
{
	struct kit_machine m = machine_with(NULL), other = machine_with(NULL);
	struct model model = { .value = 7 };
	void *base, *part;

	uik_enter(m.machine);
	assert_int_equal(uik_mmio_register(m.machine, START, 0x3000, &ops,
					   &model), 0);
	base = ioremap(START, 0x1000);
	part = ioremap(START + 0x1ff8, 0x10);
	assert_int_equal(readb(part + 8), 7);
	assert_int_equal(model.offset, 0x2000);
	iounmap(NULL);
	iounmap(&model);
	uik_enter(other.machine);
	uik_machine_free(m.machine);
	other.before = m.before;
	assert_int_equal(readl(base), 0xffffffffu);
	assert_int_equal(readb(part + 8), 0xff);
	iounmap(base);
	iounmap(part);
	machine_end(other);
}

/* Law: a mapping whose window went reads all ones, until it is unmapped. */
static void window_gone(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct model model = { 0 };
	void *base;

	assert_int_equal(uik_mmio_register(m.machine, START, 0x1000, &ops,
					   &model), 0);
	base = ioremap(START, 0x1000);
	uik_mmio_unregister(m.machine, START);
	assert_int_equal(readl(base), 0xffffffffu);
	writel(1, base);
	assert_int_equal(model.reads + model.writes, 0);
	iounmap(base);
	assert_int_equal(warnings_of(iounmap(base)), 1);
	machine_end(m);
}

/* Law: kit memory can be ioremapped too. */
static void memory(void **state)
{
	struct kit_machine m = machine_with(NULL);
	unsigned long page = __get_free_pages(GFP_KERNEL | __GFP_ZERO, 0);
	void *base = ioremap(__pa(page), PAGE_SIZE);

	assert_ptr_equal(base, (void *)page);
	writel(3, base);
	assert_int_equal(*(u32 *)page, 3);
	iounmap(base);
	free_pages(page, 0);
	machine_end(m);
}

/* Law: two machines may use the same physical addresses. */
static void two_machines(void **state)
{
	struct kit_machine a = machine_with(NULL), b;
	struct model in_a = { .value = 1 }, in_b = { .value = 2 };
	void *at_a, *at_b;

	assert_int_equal(uik_mmio_register(a.machine, START, 0x1000, &ops,
					   &in_a), 0);
	at_a = ioremap(START, 4);
	b = machine_with(NULL);
	assert_int_equal(uik_mmio_register(b.machine, START, 0x1000, &ops,
					   &in_b), 0);
	at_b = ioremap(START, 4);
	assert_int_equal(readl(at_a), 1);
	assert_int_equal(readl(at_b), 2);
	iounmap(at_b);
	uik_mmio_unregister(b.machine, START);
	machine_end(b);
	assert_int_equal(readl(at_a), 1);
	iounmap(at_a);
	uik_mmio_unregister(a.machine, START);
	machine_end(a);
}

/* Law: polling ends with the condition, or after the time with one read. */
static void polling(void **state)
{
	struct kit_machine m = machine_with(&uik_clock_auto);
	struct model model = { .value = 1 };
	u64 began;
	void *base;
	u32 val;

	assert_int_equal(uik_mmio_register(m.machine, START, 0x1000, &ops,
					   &model), 0);
	base = ioremap(START, 4);
	assert_int_equal(readl_poll_timeout(base, val, val == 1, 1, 1000), 0);
	assert_int_equal(model.reads, 1);
	began = uik_now_ns();
	assert_int_equal(readl_poll_timeout(base, val, val == 2 ? true : false,
					    10, 1000), -ETIMEDOUT);
	assert_int_equal(val, 1);
	assert_in_range(uik_now_ns() - began, 1000000, 1100000);
	assert_in_range(model.reads, 90, 110);
	iounmap(base);
	uik_mmio_unregister(m.machine, START);
	machine_end(m);
}

static unsigned int pages_told;

static void on_page(struct uik_mmio_page *page)
{
	pages_told++;
}

static u8 bytes[16];

static uint64_t byte_read(void *priv, uint64_t offset, unsigned int width)
{
	assert_int_equal(width, 1);
	return bytes[offset];
}

static void byte_write(void *priv, uint64_t offset, unsigned int width,
		       uint64_t value)
{
	assert_int_equal(width, 1);
	bytes[offset] = value;
}

/* Law: memory moves to and from a model byte by byte, in order. */
static void copies(void **state)
{
	static const struct uik_mmio_ops byte_ops = {
		.read = byte_read, .write = byte_write, .page = on_page,
	};
	struct kit_machine m = machine_with(NULL);
	char buf[8] = "abcdefg";
	char *base;

	assert_int_equal(uik_mmio_register(m.machine, START, PAGE_SIZE,
					   &byte_ops, NULL), 0);
	pages_told = 0;
	base = ioremap(START, 16);
	assert_int_equal(pages_told, 1);
	memcpy_toio(base + 4, buf, 7);
	assert_memory_equal(bytes, "\0\0\0\0abcdefg\0\0\0\0\0", 16);
	memset(buf, 0, sizeof(buf));
	memcpy_fromio(buf, base + 6, 3);
	assert_string_equal(buf, "cde");
	memcpy_fromio(buf, base, 0);
	assert_string_equal(buf, "cde");
	iounmap(base);
	uik_mmio_unregister(m.machine, START);
	machine_end(m);
}

/* Law: what cannot be mapped is not: bad ranges, no window, no memory. */
static void unmappable(void **state)
{
	static const struct uik_mmio_ops no_read = { .write = model_write };
	struct kit_machine m = machine_with(NULL);
	struct model model = { .value = 1 };
	u64 free_at = uik_mmio_find_space(m.machine, 0x1000);
	void *base;

	assert_int_equal(uik_mmio_register(m.machine, START, 0x1000, &no_read,
					   &model), -EINVAL);
	uik_fail_nth(1, 1u << UIK_FAIL_ALLOC, false);
	assert_int_equal(uik_mmio_register(m.machine, START, 0x1000, &ops,
					   &model), -ENOMEM);
	uik_fail_nth(0, 0, false);
	assert_int_equal(free_at, UIK_PHYS_MMIO);
	assert_int_equal(uik_mmio_find_space(m.machine, 1ull << 62), 0);
	assert_int_equal(uik_mmio_register(m.machine, free_at, 0x1000, &ops,
					   &model), 0);
	assert_int_equal(uik_mmio_find_space(m.machine, 1), free_at + 0x1000);
	assert_null(ioremap(free_at, 0));
	assert_null(ioremap(free_at, 0x1001));
	assert_null(ioremap(free_at - 1, 1));
	assert_null(ioremap(UIK_PHYS_END, 1));
	assert_null(ioremap(free_at, 1ull << 40));
	uik_fail_nth(1, 1u << UIK_FAIL_ALLOC, false);
	assert_null(ioremap(free_at, 16));
	uik_fail_nth(0, 0, false);
	base = ioremap(free_at, 16);
	assert_int_equal(readl(base), 1);
	iounmap(base);
	assert_int_equal(warnings_of(iounmap(base)), 1);
	iounmap(&model);	/* none of ours: nothing to undo */
	uik_mmio_unregister(m.machine, free_at);
	machine_end(m);
}

/*
 * Law: polling with a pause sleeps, which is a bug under a spinlock; without
 * one, and in its atomic form, it does not.  Each has a read of its width.
 */
static void polling_while_atomic(void **state)
{
	struct kit_machine m = machine_with(&uik_clock_auto);
	struct model model = { .value = 1 };
	DEFINE_SPINLOCK(lock);
	int tries = 0;
	void *base;
	u64 wide;
	u32 val;

	assert_int_equal(uik_mmio_register(m.machine, START, 0x1000, &ops,
					   &model), 0);
	base = ioremap(START, 8);
	spin_lock(&lock);
	assert_int_equal(warnings_of(
		(void)!readl_poll_timeout(base, val, val, 1, 10)), 1);
	assert_int_equal(warnings_of(
		(void)!readl_poll_timeout(base, val, val, 0, 10)), 0);
	assert_int_equal(warnings_of(
		(void)!readl_relaxed_poll_timeout_atomic(base, val, !val, 1,
							 10)), 0);
	assert_int_equal(readq_poll_timeout_atomic(base, wide, wide, 1, 10), 0);
	assert_int_equal(model.width, 8);
	spin_unlock(&lock);
	assert_int_equal(warnings_of(
		(void)!readw_poll_timeout(base, val, val, 1, 10)), 0);
	assert_int_equal(model.width, 2);
	assert_int_equal(readb_poll_timeout(base, val, !val, 1, 10),
			 -ETIMEDOUT);
	assert_int_equal(model.width, 1);
	assert_int_equal(poll_timeout_us(tries++, tries == 5, 2, 100, true), 0);
	assert_int_equal(tries, 5);
	iounmap(base);
	uik_mmio_unregister(m.machine, START);
	machine_end(m);
}

/* Law: rows of registers are reached in order, one access each. */
static void rows_of_registers(void **state)
{
	const u64 from[2] = { 1, 7ull << 32 | 5 };
	struct kit_machine m = machine_with(NULL);
	struct model model = {};
	u32 to[3];
	void *base;

	assert_int_equal(uik_mmio_register(m.machine, START, 0x1000, &ops,
					   &model), 0);
	base = ioremap_uc(START, 0x20);
	__iowrite64_copy(base, from, 2);
	assert_int_equal(model.writes, 2);
	assert_int_equal(model.offset, 8);
	assert_true(model.value == from[1]);
	__iowrite32_copy(base, from, 4);
	assert_int_equal(model.writes, 6);
	assert_int_equal(model.offset, 12);
	assert_int_equal(model.value, 7);
	__ioread32_copy(to, base, 3);
	assert_int_equal(model.reads, 3);
	assert_int_equal(to[2], 7);
	memset_io(base, 0xab, 3);
	assert_int_equal(model.writes, 9);
	assert_int_equal(model.offset, 2);
	assert_int_equal(model.value, 0xab);
	iowrite64(from[1], base);
	assert_int_equal(ioread16(base), 5);
	assert_int_equal(ioread8(base), 5);
	assert_true(ioread64(base) == from[1]);
	iounmap(base);
	uik_mmio_unregister(m.machine, START);
	machine_end(m);
}

/* Law: a FIFO's register is read and written as often as wanted, in order. */
static void repeated(void **state)
{
	struct kit_machine m = machine_with(NULL);
	struct model model = { .value = 0x1122334455667788ull };
	u64 wide[3] = { 1, 2, 3 };
	u32 words[3] = { 4, 5, 6 };
	char *base;

	assert_int_equal(uik_mmio_register(m.machine, START, 0x1000, &ops,
					   &model), 0);
	base = ioremap(START, 0x1000);
	iowrite32_rep(base + 8, words, 3);
	assert_int_equal(model.writes, 3);
	assert_int_equal(model.offset, 8);
	assert_int_equal(model.value, 6);
	writesq(base, wide, 2);
	assert_true(model.width == 8 && model.value == 2);
	writesb(base + 1, "xy", 2);
	assert_true(model.width == 1 && model.value == 'y');
	writesw(base + 2, words, 3);
	assert_true(model.width == 2 && model.value == 5);
	readsl(base + 4, words, 2);
	assert_true(model.reads == 2 && model.offset == 4);
	assert_true(words[0] == 5 && words[1] == 5 && words[2] == 6);
	ioread64_rep(base, wide, 1);
	assert_true(wide[0] == 5 && wide[1] == 2);
	__ioread64_copy(wide, base, 3);
	assert_true(model.offset == 16 && wide[2] == 5);
	model.value = 0x1122334455667788ull;
	assert_int_equal(ioread16be(base), 0x8877);
	assert_int_equal(ioread32be(base), 0x88776655);
	assert_true(ioread64be(base) == 0x8877665544332211ull);
	iowrite16be(0x1234, base);
	assert_int_equal(model.value, 0x3412);
	iowrite32be(0x12345678, base);
	assert_int_equal(model.value, 0x78563412);
	iowrite64be(1, base);
	assert_true(model.value == 1ull << 56);
	iounmap(base);
	uik_mmio_unregister(m.machine, START);
	machine_end(m);
}

/* Law: memory is memremapped, registers and what is not there are not. */
static void memremapped(void **state)
{
	struct kit_machine m = machine_with(NULL);
	unsigned long page = __get_free_pages(GFP_KERNEL, 0);
	struct model model = { .value = 0 };
	DEFINE_SPINLOCK(lock);
	char *base;

	assert_int_equal(uik_mmio_register(m.machine, START, 0x1000, &ops,
					   &model), 0);
	base = memremap(__pa(page) + 8, 16, MEMREMAP_WB);
	assert_ptr_equal(base, (char *)page + 8);
	memunmap(base);
	assert_null(memremap(__pa(page), 16, 0));
	assert_null(memremap(__pa(page), 0, MEMREMAP_WC));
	assert_null(memremap(START, 16, MEMREMAP_WB));
	assert_null(memremap(UIK_PHYS_END, 16, MEMREMAP_WT));
	uik_fail_nth(1, 1u << UIK_FAIL_ALLOC, false);
	assert_null(memremap(__pa(page), 16, MEMREMAP_WB));
	uik_fail_nth(0, 0, false);
	spin_lock(&lock);
	assert_int_equal(warnings_of(memremap(__pa(page), 16, MEMREMAP_WB)),
			 1);
	spin_unlock(&lock);
	base = ioremap(START, 16);
	assert_int_equal(warnings_of(memunmap(base)), 1);
	iounmap(base);
	uik_mmio_unregister(m.machine, START);
	free_pages(page, 0);
	machine_end(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_memory),
		cmocka_unit_test(accessors),
		cmocka_unit_test(registration),
		cmocka_unit_test(machine_gone),
		cmocka_unit_test(window_gone),
		cmocka_unit_test(memory),
		cmocka_unit_test(two_machines),
		cmocka_unit_test(polling),
		cmocka_unit_test(polling_while_atomic),
		cmocka_unit_test(rows_of_registers),
		cmocka_unit_test(copies),
		cmocka_unit_test(unmappable),
		cmocka_unit_test(repeated),
		cmocka_unit_test(memremapped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
