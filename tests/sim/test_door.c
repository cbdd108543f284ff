/* SPDX-License-Identifier: MIT */
/*
 * The bus against the table: accesses that come over ioremap() take short ways
 * (cmdqv_door.c, pages of registers, slots of an alias), and must do what
 * uiommufd_mmio_read() and _write() do.
 */
#include "hw.h"
#include <linux/io.h>

#define ACCESSES 20000
#define QUEUES 8
#define ENTRIES_LOG2 4

struct pair {
	struct hw *bus;
	struct hw *table;
	char __iomem *base;	/* of bus */
	struct ring ring[QUEUES];
	uint64_t seed;
};

static struct hw *hw_of(enum uiommufd_engine engine)
{
	struct uiommufd_platform_config config;

	hw_config(&config);
	config.hardware.engine = engine;
	return hw_with(&config);
}

static void pair_open(struct pair *p, enum uiommufd_engine engine,
		      uint64_t seed)
{
	p->seed = seed;
	p->bus = hw_of(engine);
	p->base = ioremap(uiommufd_vcmdq_base(p->bus->platform),
			  p->bus->sim->cmdqv_block.size);
	assert_non_null(p->base);
	p->table = hw_of(engine);
	for (int q = 0; q < QUEUES; q++) {
		ring_init(&p->ring[q], ENTRIES_LOG2);
		for (int i = 0; i < 1 << ENTRIES_LOG2; i++)
			ring_put(&p->ring[q], i % 4 == 3 ? SYNC0 :
							   tlbi_va0(7, i),
				 0x1000 * i);
	}
}

static void pair_close(struct pair *p)
{
	hw_free(p->table);
	iounmap(p->base);
	hw_free(p->bus);
	for (int q = 0; q < QUEUES; q++)
		ring_fini(&p->ring[q]);
}

static uint64_t bus_read(const void __iomem *addr, unsigned int width)
{
	switch (width) {
	case 1:
		return readb(addr);
	case 2:
		return readw(addr);
	case 4:
		return readl(addr);
	default:
		return readq(addr);
	}
}

static void bus_write(void __iomem *addr, unsigned int width, uint64_t value)
{
	switch (width) {
	case 1:
		writeb(value, addr);
		break;
	case 2:
		writew(value, addr);
		break;
	case 4:
		writel(value, addr);
		break;
	default:
		writeq(value, addr);
	}
}

static void both_read(struct pair *p, uint32_t at, unsigned int width)
{
	uint64_t table = uiommufd_mmio_read(p->table->cmdqv, at, width);

	if (bus_read(p->base + at, width) != table)
		fail_msg("%u bytes at 0x%x", width, at);
}

/* The table is given what the bus carries: values of the access's width. */
static void both_write(struct pair *p, uint32_t at, unsigned int width,
		       uint64_t value)
{
	if (width < 8)
		value &= (UINT64_C(1) << width * 8) - 1;
	bus_write(p->base + at, width, value);
	uiommufd_mmio_write(p->table->cmdqv, at, width, value);
}

/* Mostly registers of slots, mapped or not, by both pages and both ways. */
static uint32_t some_offset(uint64_t random)
{
	static const uint32_t usual[] = { 0, 4, 4, 4, 8, 12, 0x10, 0x14 };
	uint32_t v = random >> 4 & 3, l = random >> 8 & 3;
	uint32_t in_slot = usual[random >> 12 & 7];

	switch (random & 15) {
	case 0:
		return random >> 16 & 0x1fff;
	case 1:
		return ALLOC(random >> 16 & 7);
	case 2:
		return VINTF(v) + (random >> 16 & 0xff);
	case 3:
		return SLOT(l + 4 * (v & 1)) + in_slot;
	case 4:
		return LV1(v, l) + (in_slot & 8);
	case 5:
		return LV(v, random >> 16 & 0x1ff) + (random >> 32 & 0x7f);
	default:
		return LV(v, l) + in_slot;
	}
}

static uint64_t some_value(struct pair *p, uint32_t at)
{
	uint64_t random = next_random(&p->seed);

	if (at >= 0x40000 && !(at & 0x10000) && !(at & 0x7f))
		return ring_base(&p->ring[random % QUEUES]);
	switch (random >> 60 & 3) {
	case 0:
		return random;
	case 1:
		return random & QUEUE_INDEX_BITS;
	default:
		return random & 0x1f;
	}
}

/* As a guest does it, past all registers. */
static void both_store(struct pair *p, uint64_t random)
{
	uint32_t at = (random & 3) * 0x80 + (random >> 8 & 7) * 4;
	uint32_t v = random >> 16 & 3;
	uint32_t value = random >> 32 & 0x1f;

	*(uint32_t *)(p->bus->sim->vintf[v].page + at) = value;
	*(uint32_t *)(p->table->sim->vintf[v].page + at) = value;
}

static void start_some(struct pair *p)
{
	both_write(p, 0, 4, 1);
	for (uint32_t v = 0; v < 4; v++)
		both_write(p, VINTF(v), 4, 5 << 1 | 1);
	for (uint32_t q = 0; q < QUEUES; q++) {
		both_write(p, ALLOC(q), 4, q / 2 << 15 | (q % 2) << 1);
		both_write(p, ALLOC(q), 4, q / 2 << 15 | (q % 2) << 1 | 1);
		both_write(p, LV1(q / 2, q % 2), 8, ring_base(&p->ring[q]));
		both_write(p, LV(q / 2, q % 2) + 8, 4, 1);
	}
}

static void one_step(struct pair *p)
{
	static const unsigned int widths[] = { 4, 4, 4, 4, 4, 8, 1, 2 };
	uint64_t random = next_random(&p->seed);
	uint32_t at = some_offset(random);
	unsigned int width = widths[random >> 40 & 7];

	if (!(random >> 43 & 31))
		assert_int_equal(uiommufd_vcmdq_step(p->bus->platform, 100),
				 uiommufd_vcmdq_step(p->table->platform, 100));
	if (!(random >> 48 & 15))
		both_store(p, next_random(&p->seed));
	if (random >> 52 & 1)
		both_read(p, at, width);
	else
		both_write(p, at, width, some_value(p, at));
}

static char *dump_of(struct hw *hw)
{
	struct uiommufd_mmio_counters counters;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	char error[160];

	uiommufd_mmio_dump(hw->cmdqv, out, UIOMMUFD_MMIO_DUMP_ALL);
	uiommufd_mmio_read_counters(hw->cmdqv, &counters);
	uiommufd_mmio_last_error(hw->cmdqv, error, sizeof(error));
	fprintf(out, "%llu reads, %llu writes, %llu unmapped, %llu errors: %s\n",
		(unsigned long long)counters.reads,
		(unsigned long long)counters.writes,
		(unsigned long long)counters.unmapped,
		(unsigned long long)counters.guest_errors, error);
	for (int q = 0; q < QUEUES; q++) {
		struct uiommufd_vcmdq_counters queue = counters_of(hw, q);

		fprintf(out, "%llu commands, %llu doorbells, %llu errors\n",
			(unsigned long long)queue.commands,
			(unsigned long long)queue.doorbells,
			(unsigned long long)queue.errors);
	}
	fclose(out);
	return text;
}

static void compare(enum uiommufd_engine engine, uint64_t seed, bool watched)
{
	static const struct uiommufd_mmio_expected never = {
		.offset = 0x2c, .width = 4, .write = true,
	};
	struct pair p;
	char *bus, *table;

	print_message("engine %d, seed %llu\n", engine,
		      (unsigned long long)seed);
	pair_open(&p, engine, seed);
	if (watched)
		uiommufd_mmio_expect(p.bus->cmdqv, &never);
	for (int i = 0; i < ACCESSES; i++) {
		if (i % 2000 == 0)
			start_some(&p);
		one_step(&p);
	}
	bus = dump_of(p.bus);
	table = dump_of(p.table);
	assert_string_equal(bus, table);
	free(bus);
	free(table);
	pair_close(&p);
}

/* Law: whatever is accessed, the bus and the table come to the same state. */
static void test_bus_is_table(void **state)
{
	for (uint64_t seed = 1; seed <= 4; seed++) {
		compare(UIOMMUFD_ENGINE_STEPPED, seed, false);
		compare(UIOMMUFD_ENGINE_INLINE, seed, false);
	}
}

/* Law: a test that watches changes nothing but that it is told. */
static void test_watched_too(void **state)
{
	compare(UIOMMUFD_ENGINE_STEPPED, 5, true);
	compare(UIOMMUFD_ENGINE_INLINE, 6, true);
}

/* Law: what a test expects is seen on the short ways, too. */
static void test_expected(void **state)
{
	static const struct uiommufd_mmio_expected expected[] = {
		{ LV(1, 0) + 4, 4, true, 3, UINT64_MAX, "here", 1 },
		{ LV(1, 0), 4, false, 0, UINT64_MAX, "here", 2 },
		{ 0x1180, 4, true, 9, UINT64_MAX, "here", 3 },
		{ LV(1, 0) + 4, 4, true, 4, UINT64_MAX, "here", 4 },
	};
	struct hw *hw = hw_new();
	struct ring ring;
	char __iomem *base;
	char *wrong;

	base = ioremap(uiommufd_vcmdq_base(hw->platform),
		       hw->sim->cmdqv_block.size);
	ring_init(&ring, 4);
	hw_guest_queue(hw, &ring);
	for (int i = 0; i < 4; i++)
		uiommufd_mmio_expect(hw->cmdqv, &expected[i]);
	writel(3, base + LV(1, 0) + 4);
	readl(base + LV(1, 0));
	writel(9, base + 0x1180);
	writel(5, base + LV(1, 0) + 4);
	wrong = uiommufd_mmio_expect_end(hw->cmdqv);
	assert_non_null(wrong);
	assert_non_null(strstr(wrong, "write to 0x50004 of 0x5, expected was "
				      "4-byte write to 0x50004 of 0x4"));
	free(wrong);
	/* Nobody watches any more. */
	writel(6, base + LV(1, 0) + 4);
	assert_int_equal(readl(base + LV(1, 0) + 4), 6);
	iounmap(base);
	hw_free(hw);
	ring_fini(&ring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bus_is_table),
		cmocka_unit_test(test_watched_too),
		cmocka_unit_test(test_expected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
