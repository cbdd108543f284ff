/* SPDX-License-Identifier: MIT */
/*
 * The CMDQV block: reset values, enabling, mapping, error maps, interrupts.
 */
#include "hw.h"
#include <linux/interrupt.h>
#include <uik/irq.h>

static char *last_error(struct hw *hw)
{
	static char text[160];

	uiommufd_mmio_last_error(hw->cmdqv, text, sizeof(text));
	return text;
}

/* Law (spec/70 2): what each register reads after reset. */
static void test_reset_values(void **state)
{
	struct uiommufd_platform_config config;
	struct hw *hw;

	uiommufd_platform_config_init(&config, "tegra241");
	config.hardware.engine = UIOMMUFD_ENGINE_STEPPED;
	hw = hw_with(&config);
	assert_int_equal(rd(hw, 0x0000), 0x00020403);
	assert_int_equal(rd(hw, 0x0004), 0x4671);
	assert_int_equal(rd(hw, 0x0008), 0);
	for (uint32_t at = 0x14; at <= 0x30; at += 4)
		assert_int_equal(rd(hw, at), 0);
	for (uint32_t q = 0; q < 128; q++) {
		assert_int_equal(rd(hw, ALLOC(q)), 0);
		for (uint32_t at = 0; at <= 0x14; at += 4)
			assert_int_equal(rd(hw, SLOT(q) + at), 0);
		assert_int_equal(rd64(hw, SLOT1(q)), 0);
		assert_int_equal(rd64(hw, SLOT1(q) + 8), 0);
	}
	for (uint32_t v = 0; v < 64; v++) {
		assert_int_equal(rd(hw, VINTF(v)), 0);
		assert_int_equal(rd(hw, VINTF(v) + 4), 0);
		for (uint32_t s = 0; s < 16; s++) {
			assert_int_equal(rd(hw, VINTF(v) + 0x40 + 4 * s), 0);
			assert_int_equal(rd(hw, VINTF(v) + 0x80 + 4 * s), 0);
		}
		assert_int_equal(rd64(hw, VINTF(v) + 0xc0), 0);
		assert_int_equal(rd64(hw, VINTF(v) + 0xc8), 0);
		for (uint32_t at = 0xc0; at <= 0xcc; at += 4)
			assert_int_equal(rd(hw, VINTF(v) + at), 0);
		assert_int_equal(rd(hw, LV(v, 0) + 0xc), 0);
	}
	assert_int_equal(guest_error_count(hw->cmdqv), 0);
	hw_free(hw);
}

/* Law (spec/70 1): a smaller geometry has fewer registers and a smaller map. */
static void test_geometry(void **state)
{
	for (unsigned int v = 0; v <= 6; v++) {
		for (unsigned int q = v; q <= 7; q++) {
			struct uiommufd_platform_config config;
			struct hw *hw;

			hw_config(&config);
			config.hardware.log2_vintfs = v;
			config.hardware.log2_vcmdqs = q;
			config.hardware.log2_sids = 4;
			hw = hw_with(&config);
			assert_int_equal(rd(hw, 4), 0x4001 | v << 8 | q << 4);
			assert_int_equal(hw->sim->cmdqv_block.size,
					 0x30000 + (0x20000 << v));
			rd(hw, ALLOC((1 << q) - 1));
			rd(hw, VINTF((1 << v) - 1) + 0xbc);
			rd(hw, LV((1 << v) - 1, 0));
			assert_int_equal(guest_error_count(hw->cmdqv), 0);
			if (q < 7) {
				rd(hw, ALLOC(1 << q));
				assert_int_equal(
					guest_error_count(hw->cmdqv), 1);
			}
			hw_free(hw);
		}
	}
}

/* Law (spec/70 9.10): the driver's first reset runs as recorded, cleanly. */
static void test_driver_reset_trace(void **state)
{
	struct uiommufd_platform_config config;
	struct ring ring[2];
	struct hw *hw;
	uint32_t c;

	hw_config(&config);
	config.hardware.log2_vintfs = 0;
	config.hardware.log2_vcmdqs = 1;
	config.hardware.log2_sids = 4;
	hw = hw_with(&config);
	assert_int_equal(rd(hw, 4), 0x00004011);
	c = rd(hw, 0);
	wr(hw, 0, c & ~1u);
	assert_int_equal(rd(hw, 8) & 1, 0);
	wr(hw, 0, c | 1);
	assert_int_equal(rd(hw, 8) & 1, 1);
	wr(hw, ALLOC(0), 0);
	wr(hw, ALLOC(1), 2);
	for (int l = 1; l >= 0; l--) {
		wr(hw, LV(0, l) + 8, 0);
		assert_int_equal(rd(hw, LV(0, l) + 0xc) & 1, 0);
		wr(hw, LV(0, l) + 4, 0);
		wr(hw, LV(0, l), 0);
		wr64(hw, LV1(0, l), 0);
		wr64(hw, LV1(0, l) + 8, 0);
		assert_int_equal(rd(hw, LV(0, l) + 0x14),
				 rd(hw, LV(0, l) + 0x10));
		wr(hw, ALLOC(l), rd(hw, ALLOC(l)) & ~1u);
	}
	wr(hw, VINTF(0), 0);
	assert_int_equal(rd(hw, VINTF(0) + 4) & 1, 0);
	for (int s = 0; s < 16; s++) {
		wr(hw, VINTF(0) + 0x40 + 4 * s, 0);
		wr(hw, VINTF(0) + 0x80 + 4 * s, 0);
	}
	wr(hw, VINTF(0), 0x20000);
	wr(hw, VINTF(0), 0x20001);
	assert_int_equal(rd(hw, VINTF(0) + 4) & 1, 1);
	assert_int_equal(rd(hw, VINTF(0)), 0x20001);
	for (int l = 0; l < 2; l++) {
		ring_init(&ring[l], 8);
		wr(hw, ALLOC(l), rd(hw, ALLOC(l)) | 1);
		wr(hw, LV(0, l) + 8, 0);
		wr(hw, LV(0, l) + 4, 0);
		wr(hw, LV(0, l), 0);
		wr64(hw, LV1(0, l), 0);
		wr64(hw, LV1(0, l) + 8, 0);
		wr64(hw, LV1(0, l), ring_base(&ring[l]));
		wr(hw, LV(0, l) + 8, 1);
		assert_int_equal(rd(hw, LV(0, l) + 0xc), 1);
	}
	assert_int_equal(rd(hw, VINTF(0) + 4), 1 | 2 << 16);
	assert_int_equal(guest_error_count(hw->cmdqv), 0);
	ring_fini(&ring[0]);
	ring_fini(&ring[1]);
	hw_free(hw);
}

/* Law (spec/70 3.1): STATUS follows CONFIG after the latency, no sooner. */
static void test_enable_latency(void **state)
{
	struct uiommufd_platform_config config;
	struct hw *hw;

	hw_config(&config);
	config.hardware.enable_latency_ns = 500;
	hw = hw_with(&config);
	wr(hw, 0, 1);
	assert_int_equal(rd(hw, 8), 0);
	uiommufd_platform_advance(hw->platform, 499);
	assert_int_equal(rd(hw, 8), 0);
	uiommufd_platform_advance(hw->platform, 1);
	assert_int_equal(rd(hw, 8), 1);
	wr(hw, VINTF(2), 1);
	assert_int_equal(rd(hw, VINTF(2) + 4), 0);
	uiommufd_platform_advance(hw->platform, 500);
	assert_int_equal(rd(hw, VINTF(2) + 4), 1);
	/* Turned round on the way: it never falls. */
	wr(hw, VINTF(2), 0);
	uiommufd_platform_advance(hw->platform, 200);
	wr(hw, VINTF(2), 1);
	uiommufd_platform_advance(hw->platform, 1000);
	assert_int_equal(rd(hw, VINTF(2) + 4), 1);
	hw_free(hw);
}

/* Law: reset leaves EN set and STATUS clear; disabling takes the queues too. */
static void test_levels(void **state)
{
	struct hw *hw = hw_new();
	struct ring ring;

	ring_init(&ring, 4);
	hw_guest_queue(hw, &ring);
	assert_int_equal(rd(hw, 8), 1);
	wr(hw, 0, rd(hw, 0) & ~1u);
	assert_int_equal(rd(hw, 8), 0);
	assert_int_equal(rd(hw, VINTF(1) + 4) & 1, 0);
	assert_int_equal(rd(hw, LV(1, 0) + 0xc), 0);
	ring_put(&ring, SYNC0, 0);
	wr(hw, LV(1, 0) + 4, ring.prod);
	assert_int_equal(uiommufd_vcmdq_step(hw->platform, UINT64_MAX), 0);
	wr(hw, 0, rd(hw, 0) | 1);
	assert_int_equal(rd(hw, LV(1, 0) + 0xc), 1);
	assert_int_equal(uiommufd_vcmdq_step(hw->platform, UINT64_MAX), 1);
	ring_fini(&ring);
	hw_free(hw);
}

/* Law (spec/70 4): VMID and HYP_OWN hold while on; a guest never owns. */
static void test_vintf_config(void **state)
{
	struct uiommufd_platform_config config;
	struct hw *hw = hw_new();

	hw_enable_vintf(hw, 1, 1u << 17 | 5 << 1);
	wr(hw, VINTF(1), 9 << 1 | 1);
	assert_int_equal(rd(hw, VINTF(1)), 1u << 17 | 5 << 1 | 1);
	assert_int_equal(guest_error_count(hw->cmdqv), 1);
	wr(hw, VINTF(1), 0);
	assert_int_equal(rd(hw, VINTF(1)), 0);
	hw_free(hw);

	hw_config(&config);
	config.hardware.guest_view = true;
	hw = hw_with(&config);
	hw_enable_vintf(hw, 0, 1u << 17);
	assert_int_equal(rd(hw, VINTF(0)), 1);
	assert_int_equal(guest_error_count(hw->cmdqv), 0);
	hw_free(hw);
}

/* Law (spec/70 3.2): an unmapped slot reads 0 and ignores writes, silently. */
static void test_unmapped(void **state)
{
	struct hw *hw = hw_new();

	hw_enable_vintf(hw, 1, 0);
	for (uint32_t l = 0; l < 512; l += 37) {
		for (uint32_t at = 0; at < 0x18; at += 4) {
			wr(hw, LV(1, l) + at, 0xffffffff);
			assert_int_equal(rd(hw, LV(1, l) + at), 0);
		}
		wr64(hw, LV1(1, l), ~0ull);
		assert_true(rd64(hw, LV1(1, l)) == 0);
	}
	assert_int_equal(guest_error_count(hw->cmdqv), 0);
	hw_free(hw);
}

/* Law (spec/70 2.1): direct and logical pages are one and the same queue. */
static void test_aliases(void **state)
{
	struct hw *hw = hw_new();

	hw_enable_vintf(hw, 3, 0);
	hw_map(hw, 6, 3, 0);
	hw_map(hw, 1, 3, 1);
	wr(hw, LV(3, 0) + 4, 0x123);
	assert_int_equal(rd(hw, SLOT(6) + 4), 0x123);
	wr(hw, SLOT(1) + 4, 0x77);
	assert_int_equal(rd(hw, LV(3, 1) + 4), 0x77);
	wr64(hw, SLOT1(6), 0x12345000 | 4);
	assert_true(rd64(hw, LV1(3, 0)) == (0x12345000 | 4));
	assert_int_equal(rd(hw, LV1(3, 0) + 4), 0);
	wr(hw, LV1(3, 0) + 4, 1);
	assert_true(rd64(hw, SLOT1(6)) == (0x112345000 | 4));
	wr64(hw, LV1(3, 1) + 8, 0x4000);
	assert_true(rd64(hw, SLOT1(1) + 8) == 0x4000);
	assert_int_equal(guest_error_count(hw->cmdqv), 0);
	/* Reserved words of a mapped slot: RAZ/WI, told. */
	wr(hw, LV(3, 0) + 0x18, 5);
	assert_int_equal(rd(hw, LV(3, 0) + 0x18), 0);
	assert_int_equal(guest_error_count(hw->cmdqv), 2);
	hw_free(hw);
}

/* Law (spec/70 3.2): each broken order rule is told. */
static void test_map_order(void **state)
{
	struct hw *hw = hw_new();

	hw_map(hw, 0, 1, 0);
	assert_non_null(strstr(last_error(hw), "before its VINTF"));
	wr(hw, ALLOC(0), 1 << 15);
	hw_enable_vintf(hw, 1, 0);
	hw_map(hw, 0, 1, 1);
	assert_non_null(strstr(last_error(hw), "before the one below"));
	hw_map(hw, 1, 1, 1);
	assert_non_null(strstr(last_error(hw), "mapped twice"));
	assert_int_equal(state_of(hw, 1).mapped, false);
	hw_map(hw, 2, 1, 2);
	wr(hw, ALLOC(0), 1 << 15 | 1 << 1);
	assert_non_null(strstr(last_error(hw), "before the next one"));
	wr(hw, ALLOC(3), 9 << 15 | 1);
	assert_non_null(strstr(last_error(hw), "into no VINTF"));
	assert_int_equal(state_of(hw, 3).mapped, false);
	wr(hw, VINTF(1), 0);
	assert_non_null(strstr(last_error(hw), "disabled with VCMDQ 2"));
	hw_free(hw);
}

/* Law (3.1, 3.2): so is what is enabled or allocated in a way that is not right. */
static void test_misuse(void **state)
{
	struct hw *hw = hw_new();

	hw_enable_vintf(hw, 1, 0);
	wr(hw, ALLOC(0), 1 << 15 | 1);
	assert_non_null(strstr(last_error(hw), "together with its fields"));
	assert_int_equal(guest_error_count(hw->cmdqv), 1);
	wr(hw, SLOT(3) + 8, 1);
	assert_non_null(strstr(last_error(hw), "enabled while unmapped"));
	wr(hw, VINTF(1), 0);
	wr(hw, ALLOC(0), 1 << 15);
	assert_non_null(strstr(last_error(hw), "unmapped after its VINTF"));
	assert_int_equal(guest_error_count(hw->cmdqv), 4);
	/* Moving a queue from VINTF to VINTF in one write is no order either. */
	hw_enable_vintf(hw, 1, 0);
	hw_enable_vintf(hw, 2, 0);
	hw_map(hw, 0, 1, 0);
	assert_int_equal(guest_error_count(hw->cmdqv), 4);
	wr(hw, ALLOC(0), 2 << 15 | 1);
	assert_non_null(strstr(last_error(hw), "together with its fields"));
	assert_int_equal(guest_error_count(hw->cmdqv), 5);
	assert_int_equal(state_of(hw, 0).vintf, 2);
	hw_free(hw);
}

/* Law: unmapping stops a running queue at once and clears its errors. */
static void test_unmap_running(void **state)
{
	struct hw *hw = hw_new();
	struct ring ring;

	ring_init(&ring, 4);
	hw_guest_queue(hw, &ring);
	ring_put(&ring, 0xee, 0);
	wr(hw, LV(1, 0) + 4, ring.prod);
	uiommufd_vcmdq_step(hw->platform, UINT64_MAX);
	assert_int_equal(rd(hw, 0x14), 2);
	wr(hw, ALLOC(2), 1 << 15);
	assert_non_null(strstr(last_error(hw), "unmapped while enabled"));
	assert_int_equal(rd(hw, 0x14), 0);
	assert_int_equal(rd(hw, SLOT(2) + 0xc), 0);
	assert_int_equal(rd(hw, VINTF(1) + 4), 1);
	ring_fini(&ring);
	hw_free(hw);
}

/* Law (spec/70 3.4): the maps show exactly the unacknowledged queues. */
static void test_error_maps(void **state)
{
	struct uiommufd_platform_config config;
	struct ring ring[4];
	struct hw *hw;
	int shown = 0;

	hw_config(&config);
	config.hardware.log2_vintfs = 6;
	config.hardware.log2_vcmdqs = 7;
	hw = hw_with(&config);
	for (int i = 0; i < 4; i++) {
		unsigned int v = i < 2 ? 63 : 5, l = i % 2, q = 125 - 31 * i;

		ring_init(&ring[i], 2);
		if (!l)
			hw_enable_vintf(hw, v, 0);
		hw_map(hw, q, v, l);
		hw_start(hw, v, l, &ring[i]);
		ring_put(&ring[i], 0xee, 0);
		wr(hw, LV(v, l) + 4, ring[i].prod);
	}
	uiommufd_vcmdq_step(hw->platform, UINT64_MAX);
	assert_int_equal(rd(hw, 0x14), 1u << 5);
	assert_int_equal(rd(hw, 0x18), 1u << 31);
	assert_int_equal(rd64(hw, VINTF(63) + 0xc0), 3);
	assert_int_equal(rd64(hw, VINTF(5) + 0xc0), 3);
	assert_int_equal(rd(hw, VINTF(5) + 4) >> 1 & 7, 1);
	for (int i = 0; i < 4; i++) {
		unsigned int q = 125 - 31 * i;

		assert_true(rd(hw, 0x24 + 4 * (q / 32)) >> q % 32 & 1);
		shown += __builtin_popcount(rd(hw, 0x24 + 4 * i));
	}
	assert_int_equal(shown, 4);
	wr(hw, LV(63, 1) + 0x14, 1);
	assert_int_equal(rd64(hw, VINTF(63) + 0xc0), 1);
	assert_int_equal(rd(hw, 0x18), 1u << 31);
	wr(hw, LV(63, 0) + 0x14, 1);
	assert_int_equal(rd(hw, 0x18), 0);
	assert_int_equal(rd(hw, VINTF(63) + 4) >> 1 & 7, 0);
	assert_int_equal(rd(hw, VINTF(5) + 4) >> 1 & 7, 1);
	for (int i = 0; i < 4; i++)
		ring_fini(&ring[i]);
	hw_free(hw);
}

static int runs;

static irqreturn_t count_run(int irq, void *arg)
{
	runs++;
	return IRQ_HANDLED;
}

static void listen(struct hw *hw)
{
	runs = 0;
	assert_int_equal(request_threaded_irq(hw->sim->irq[SIM_LINE_CMDQV],
					      NULL, count_run, IRQF_ONESHOT,
					      "test", hw), 0);
}

static void fail_queue(struct hw *hw, unsigned int v, unsigned int l,
		       struct ring *ring)
{
	ring_put(ring, 0xee, 0);
	wr(hw, LV(v, l) + 4, ring->prod);
	uiommufd_vcmdq_step(hw->platform, UINT64_MAX);
	uiommufd_platform_interrupts(hw->platform);
}

/*
 * Law (spec/70 3.4): one edge per new error, also when the VINTF's bit is set
 * already; none for old ones; masked ones are held until unmasked.
 */
static void test_interrupt(void **state)
{
	struct hw *hw = hw_new();
	struct ring ring[2];

	listen(hw);
	hw_enable_vintf(hw, 1, 0);
	for (int l = 0; l < 2; l++) {
		ring_init(&ring[l], 3);
		hw_map(hw, 2 + l, 1, l);
		hw_start(hw, 1, l, &ring[l]);
	}
	fail_queue(hw, 1, 0, &ring[0]);
	assert_int_equal(runs, 1);
	uiommufd_vcmdq_step(hw->platform, UINT64_MAX);
	uiommufd_platform_interrupts(hw->platform);
	assert_int_equal(runs, 1);
	fail_queue(hw, 1, 1, &ring[1]);
	assert_int_equal(runs, 2);
	/* Acknowledged without a cure: the same command is a new error. */
	wr(hw, LV(1, 0) + 0x14, 1);
	uiommufd_vcmdq_step(hw->platform, UINT64_MAX);
	uiommufd_platform_interrupts(hw->platform);
	assert_int_equal(runs, 3);
	wr(hw, 0x1c, 2);
	wr(hw, LV(1, 1) + 0x14, 1);
	uiommufd_vcmdq_step(hw->platform, UINT64_MAX);
	uiommufd_platform_interrupts(hw->platform);
	assert_int_equal(runs, 3);
	wr(hw, 0x1c, 0);
	uiommufd_platform_interrupts(hw->platform);
	assert_int_equal(runs, 4);
	assert_int_equal(counters_of(hw, UIOMMUFD_QUEUE_ANY).interrupts, 4);
	free_irq(hw->sim->irq[SIM_LINE_CMDQV], hw);
	ring_fini(&ring[0]);
	ring_fini(&ring[1]);
	hw_free(hw);
}

/* Writes VINTF 40's mask; interrupts so far. */
static int mask(struct hw *hw, bool on)
{
	wr(hw, 0x20, on ? 1 << (40 - 32) : 0);
	uiommufd_platform_interrupts(hw->platform);
	return runs;
}

static void mend(struct hw *hw, unsigned int v, unsigned int l,
		 struct ring *ring)
{
	ring->entry[2 * (rd(hw, LV(v, l)) & 7)] = SYNC0;
	wr(hw, LV(v, l) + 0x14, rd(hw, LV(v, l) + 0x10));
	uiommufd_vcmdq_step(hw->platform, UINT64_MAX);
}

/*
 * Law (3.4): a VINTF's mask is its own bit of two words; unmasking tells of what
 * happened meanwhile once, and not of what was acknowledged meanwhile.
 */
static void test_masks(void **state)
{
	struct uiommufd_platform_config config;
	struct ring ring;
	struct hw *hw;

	hw_config(&config);
	config.hardware.log2_vintfs = 6;
	config.hardware.log2_vcmdqs = 6;
	hw = hw_with(&config);
	listen(hw);
	ring_init(&ring, 3);
	hw_enable_vintf(hw, 40, 0);
	hw_map(hw, 9, 40, 0);
	hw_start(hw, 40, 0, &ring);
	/* All masked but its own. */
	wr(hw, 0x1c, ~0u);
	wr(hw, 0x20, ~(1u << (40 - 32)));
	fail_queue(hw, 40, 0, &ring);
	assert_int_equal(runs, 1);
	mend(hw, 40, 0, &ring);
	wr(hw, 0x1c, 0);
	mask(hw, true);
	fail_queue(hw, 40, 0, &ring);
	assert_int_equal(runs, 1);
	assert_int_equal(mask(hw, false), 2);
	mask(hw, true);
	assert_int_equal(mask(hw, false), 2);
	mend(hw, 40, 0, &ring);
	mask(hw, true);
	fail_queue(hw, 40, 0, &ring);
	mend(hw, 40, 0, &ring);
	assert_int_equal(mask(hw, false), 2);
	free_irq(hw->sim->irq[SIM_LINE_CMDQV], hw);
	ring_fini(&ring);
	hw_free(hw);
}

/* Law: what belongs to the hardware while a queue is on cannot be written. */
static void test_locked_while_enabled(void **state)
{
	struct hw *hw = hw_new();
	struct ring ring;

	ring_init(&ring, 4);
	hw_guest_queue(hw, &ring);
	wr(hw, LV(1, 0), 5);
	assert_int_equal(rd(hw, LV(1, 0)), 0);
	wr64(hw, LV1(1, 0), 0x8000 | 3);
	assert_true(rd64(hw, LV1(1, 0)) == ring_base(&ring));
	assert_int_equal(guest_error_count(hw->cmdqv), 2);
	wr(hw, LV(1, 0) + 8, 0);
	wr(hw, LV(1, 0), 5);
	assert_int_equal(rd(hw, LV(1, 0)), 5);
	ring_fini(&ring);
	hw_free(hw);
}

/* Law: enabling takes the indices as they are; a queue may start anywhere. */
static void test_start_anywhere(void **state)
{
	struct hw *hw = hw_new();
	struct ring ring;

	ring_init(&ring, 3);
	hw_enable_vintf(hw, 1, 0);
	hw_map(hw, 2, 1, 0);
	ring.prod = 0xe;
	wr(hw, LV(1, 0), 0xe);
	for (int i = 0; i < 4; i++)
		ring_put(&ring, SYNC0, 0);
	wr(hw, LV(1, 0) + 4, ring.prod);
	hw_start(hw, 1, 0, &ring);
	assert_int_equal(uiommufd_vcmdq_step(hw->platform, UINT64_MAX), 4);
	assert_int_equal(rd(hw, LV(1, 0)), 2);
	ring_fini(&ring);
	hw_free(hw);
}

static void put_and_step(struct hw *hw, struct ring *ring, uint64_t word0)
{
	ring_put(ring, word0, 0);
	wr(hw, LV(1, 0) + 4, ring->prod);
	uiommufd_vcmdq_step(hw->platform, UINT64_MAX);
}

/* Law [E]: with CONS_DRAM_EN the read index is mirrored into memory. */
static void test_cons_mirror(void **state)
{
	uint32_t *mirror = aligned_alloc(64, 64);

	for (uint32_t on = 0; on < 2; on++) {
		struct hw *hw = hw_new();
		struct ring ring;

		*mirror = 77;
		ring_init(&ring, 3);
		wr(hw, 0, rd(hw, 0) | on << 20);
		hw_enable_vintf(hw, 1, 0);
		hw_map(hw, 2, 1, 0);
		wr64(hw, LV1(1, 0) + 8, (uintptr_t)mirror);
		hw_start(hw, 1, 0, &ring);
		put_and_step(hw, &ring, SYNC0);
		assert_int_equal(*mirror, on ? 1 : 77);
		put_and_step(hw, &ring, 0xee);
		assert_int_equal(*mirror, on ? 1 << 24 | 1 : 77);
		ring_fini(&ring);
		hw_free(hw);
	}
	free(mirror);
}

/*
 * Law [E] (2.4, 3.3, 3.4): where the mirror cannot be written is an error of its
 * own.  It shows in the maps, and stops nothing: neither the queue, nor its
 * restart after another error.
 */
static void test_mirror_abort(void **state)
{
	struct hw *hw = hw_new();
	struct ring ring;

	ring_init(&ring, 3);
	wr(hw, 0, rd(hw, 0) | 1 << 20);
	hw_enable_vintf(hw, 1, 0);
	hw_map(hw, 2, 1, 0);
	wr64(hw, LV1(1, 0) + 8, 0x1000);
	hw_start(hw, 1, 0, &ring);
	put_and_step(hw, &ring, SYNC0);
	assert_int_equal(rd(hw, LV(1, 0) + 0x10), 2);
	assert_int_equal(rd(hw, LV(1, 0)), 1);
	assert_int_equal(rd64(hw, VINTF(1) + 0xc0), 1);
	put_and_step(hw, &ring, 0xee);
	assert_int_equal(rd(hw, LV(1, 0) + 0x10), 3);
	ring.entry[2] = SYNC0;
	wr(hw, LV(1, 0) + 0x14, 1);
	assert_int_equal(uiommufd_vcmdq_step(hw->platform, UINT64_MAX), 1);
	assert_int_equal(rd(hw, LV(1, 0)), 2);
	assert_int_equal(rd64(hw, VINTF(1) + 0xc0), 1);
	wr(hw, LV(1, 0) + 0x14, 3);
	assert_int_equal(rd64(hw, VINTF(1) + 0xc0), 0);
	ring_fini(&ring);
	hw_free(hw);
}

/* One command of VINTF 1's queue on its way, @latency_ns long. */
static struct hw *hw_in_flight(struct ring *ring, uint64_t latency_ns)
{
	struct hw *hw = hw_slow(latency_ns);

	ring_init(ring, 4);
	hw_guest_queue(hw, ring);
	ring_put(ring, SYNC0, 0);
	wr(hw, LV(1, 0) + 4, ring->prod);
	assert_int_equal(uiommufd_vcmdq_step(hw->platform, UINT64_MAX), 0);
	return hw;
}

/* Law (3.1): a VINTF, and the block, are off when their last command is done. */
static void test_off_when_done(void **state)
{
	static const struct {
		uint32_t config, status;
	} level[] = { { VINTF(1), VINTF(1) + 4 }, { 0, 8 } };

	for (int i = 0; i < 2; i++) {
		struct ring ring;
		struct hw *hw = hw_in_flight(&ring, 1000);

		wr(hw, level[i].config, rd(hw, level[i].config) & ~1u);
		assert_int_equal(rd(hw, level[i].status) & 1, 1);
		uiommufd_vcmdq_step(hw->platform, UINT64_MAX);
		assert_int_equal(rd(hw, level[i].status) & 1, 1);
		uiommufd_platform_advance(hw->platform, 1000);
		assert_int_equal(uiommufd_vcmdq_step(hw->platform, UINT64_MAX),
				 1);
		/* The same step saw it through: no access did. */
		assert_false(hw->sim->vintf[1].enable.is);
		assert_int_equal(rd(hw, level[i].status) & 1, 0);
		ring_fini(&ring);
		hw_free(hw);
	}
}

/* Law (3.2): what was under way when a queue was unmapped never ends. */
static void test_unmap_in_flight(void **state)
{
	struct ring ring;
	struct hw *hw = hw_in_flight(&ring, 1000);

	wr(hw, ALLOC(2), 1 << 15);
	wr(hw, SLOT(2) + 8, 0);
	wr(hw, ALLOC(2), 1 << 15 | 1);
	/* The same index, another command. */
	ring.entry[0] = 0xee;
	hw_start(hw, 1, 0, &ring);
	for (int i = 0; i < 2; i++) {
		uiommufd_platform_advance(hw->platform, 1000);
		assert_int_equal(uiommufd_vcmdq_step(hw->platform, UINT64_MAX),
				 0);
	}
	assert_int_equal(rd(hw, LV(1, 0)), 1 << 24);
	ring_fini(&ring);
	hw_free(hw);
}

/* Law (2.3): a VINTF's STATUS shows an error whatever else changes in it. */
static void test_status_error(void **state)
{
	struct hw *hw = hw_new();
	struct ring ring;

	ring_init(&ring, 3);
	hw_guest_queue(hw, &ring);
	fail_queue(hw, 1, 0, &ring);
	assert_int_equal(rd(hw, VINTF(1) + 4), 1 | 1 << 1 | 1 << 16);
	hw_map(hw, 3, 1, 1);
	assert_int_equal(rd(hw, VINTF(1) + 4), 1 | 1 << 1 | 2 << 16);
	ring_fini(&ring);
	hw_free(hw);
}

/* Law (2.2): CONFIG resets to EN, yet nothing is on before it is written. */
static void test_off_at_reset(void **state)
{
	struct uiommufd_platform_config config;
	struct hw *hw;

	hw_config(&config);
	config.hardware.enable_latency_ns = 100;
	hw = hw_with(&config);
	assert_int_equal(rd(hw, 0) & 1, 1);
	/* The SMMU's handshake makes the hardware look at everything. */
	swr(hw, 0x20, 4);
	uiommufd_platform_advance(hw->platform, 1000);
	uiommufd_vcmdq_step(hw->platform, UINT64_MAX);
	assert_int_equal(srd(hw, 0x24), 4);
	uiommufd_platform_advance(hw->platform, 1000);
	uiommufd_vcmdq_step(hw->platform, UINT64_MAX);
	assert_int_equal(rd(hw, 8), 0);
	hw_free(hw);
}

/* Law (2.3, 3.4): the maps have two and four words. */
static void test_high_maps(void **state)
{
	struct uiommufd_platform_config config;
	struct ring ring;
	struct hw *hw;

	hw_config(&config);
	config.hardware.log2_vintfs = 0;
	config.hardware.log2_vcmdqs = 7;
	hw = hw_with(&config);
	ring_init(&ring, 3);
	hw_enable_vintf(hw, 0, 0);
	hw_map(hw, 100, 0, 100);
	hw_start(hw, 0, 100, &ring);
	fail_queue(hw, 0, 100, &ring);
	assert_true(rd64(hw, VINTF(0) + 0xc8) == 1ull << (100 - 64));
	assert_int_equal(rd(hw, VINTF(0) + 0xcc), 1u << (100 - 96));
	assert_true(rd64(hw, VINTF(0) + 0xc0) == 0);
	assert_int_equal(rd(hw, 0x24 + 4 * 3), 1u << (100 - 96));
	assert_int_equal(rd(hw, 0x14), 1);
	wr(hw, LV(0, 100) + 8, 0);
	wr(hw, LV(0, 100) + 0x14, 1);
	assert_true(rd64(hw, VINTF(0) + 0xc8) == 0);
	assert_int_equal(rd(hw, 0x24 + 4 * 3), 0);
	assert_int_equal(rd(hw, 0x14), 0);
	ring_fini(&ring);
	hw_free(hw);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reset_values),
		cmocka_unit_test(test_geometry),
		cmocka_unit_test(test_driver_reset_trace),
		cmocka_unit_test(test_enable_latency),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_vintf_config),
		cmocka_unit_test(test_unmapped),
		cmocka_unit_test(test_aliases),
		cmocka_unit_test(test_map_order),
		cmocka_unit_test(test_misuse),
		cmocka_unit_test(test_unmap_running),
		cmocka_unit_test(test_error_maps),
		cmocka_unit_test(test_interrupt),
		cmocka_unit_test(test_masks),
		cmocka_unit_test(test_locked_while_enabled),
		cmocka_unit_test(test_start_anywhere),
		cmocka_unit_test(test_cons_mirror),
		cmocka_unit_test(test_mirror_abort),
		cmocka_unit_test(test_off_when_done),
		cmocka_unit_test(test_unmap_in_flight),
		cmocka_unit_test(test_status_error),
		cmocka_unit_test(test_off_at_reset),
		cmocka_unit_test(test_high_maps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
