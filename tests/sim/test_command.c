/* SPDX-License-Identifier: MIT */
/*
 * Commands: who may issue which, what is substituted, what each one drops.
 */
#include "hw.h"

struct seen {
	struct uiommufd_vcmdq_command last;
	unsigned int count;
};

static void remember(void *arg, const struct uiommufd_vcmdq_command *command)
{
	struct seen *seen = arg;

	seen->last = *command;
	seen->count++;
}

/* Runs one command; returns CONS.ERR and, if it stopped, clears the way. */
static unsigned int run(struct hw *hw, struct ring *ring, uint32_t slot,
			uint64_t word0, uint64_t word1)
{
	unsigned int error;

	ring_put(ring, word0, word1);
	wr(hw, slot + 4, ring->prod);
	uiommufd_vcmdq_step(hw->platform, UINT64_MAX);
	if (!((rd(hw, slot + 0x10) ^ rd(hw, slot + 0x14)) & 1))
		return 0;
	error = rd(hw, slot) >> 24;
	ring->prod = (ring->prod - 1) & ((2u << ring->log2_size) - 1);
	ring_put(ring, SYNC0, 0);
	wr(hw, slot + 0x14, rd(hw, slot + 0x10));
	uiommufd_vcmdq_step(hw->platform, UINT64_MAX);
	return error;
}

static bool is_known(unsigned int opcode)
{
	switch (opcode) {
	case 0x01 ... 0x06:
	case 0x10 ... 0x13:
	case 0x20 ... 0x22:
	case 0x28:
	case 0x2a:
	case 0x30:
	case 0x40:
	case 0x44:
	case 0x46:
		return true;
	}
	return false;
}

/* Law (spec/70 4): every opcode, in both kinds of VINTF. */
static void test_filter(void **state)
{
	struct hw *hw = hw_new();
	struct ring guest, host;

	ring_init(&guest, 4);
	ring_init(&host, 4);
	hw_guest_queue(hw, &guest);
	hw_host_queue(hw, &host);
	wr(hw, VINTF(1) + 0x40, 1);
	for (unsigned int op = 0; op < 256; op++) {
		bool allowed = op == 0x11 || op == 0x12 || op == 0x40 ||
			       op == 0x46;
		unsigned int expected = allowed ? 0 : is_known(op) ? 4 : 1;

		assert_int_equal(run(hw, &guest, LV(1, 0), op, 0), expected);
		assert_int_equal(run(hw, &host, LV(0, 0), op, 0),
				 is_known(op) ? 0 : 1);
	}
	ring_fini(&guest);
	ring_fini(&host);
	hw_free(hw);
}

/* Law: what the identification registers do not offer is illegal. */
static void test_features(void **state)
{
	static const struct {
		uint32_t idr0;
		uint8_t opcode;
	} rows[] = {
		{ 1 << 10, 0x40 }, { 1 << 9, 0x20 }, { 1 << 9, 0x21 },
		{ 1 << 9, 0x22 }, { 1 << 0, 0x28 }, { 1 << 0, 0x2a },
		{ 1 << 1, 0x10 }, { 1 << 1, 0x12 }, { 1 << 1, 0x05 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (int has = 0; has < 2; has++) {
			struct uiommufd_platform_config config;
			struct ring ring;
			struct hw *hw;

			hw_config(&config);
			if (!has)
				config.hardware.idr[0] &= ~rows[i].idr0;
			hw = hw_with(&config);
			ring_init(&ring, 3);
			hw_host_queue(hw, &ring);
			assert_int_equal(run(hw, &ring, LV(0, 0),
					     rows[i].opcode, 0), !has);
			ring_fini(&ring);
			hw_free(hw);
		}
	}
}

/* Law: operands that mean nothing are illegal. */
static void test_operands(void **state)
{
	struct hw *hw = hw_new();
	struct ring ring;

	ring_init(&ring, 4);
	hw_host_queue(hw, &ring);
	assert_int_equal(run(hw, &ring, LV(0, 0), SYNC0 | 3 << 12, 0), 1);
	assert_int_equal(run(hw, &ring, LV(0, 0), SYNC0 | 2 << 12, 0), 0);
	assert_int_equal(run(hw, &ring, LV(0, 0), 0x40, 53), 1);
	assert_int_equal(run(hw, &ring, LV(0, 0), 0x40, 52), 0);
	assert_int_equal(run(hw, &ring, LV(0, 0), 0x44 | 3 << 12, 0), 1);
	assert_int_equal(run(hw, &ring, LV(0, 0), 0x44 | 2 << 12, 0), 0);
	ring_fini(&ring);
	hw_free(hw);
}

/* Law (spec/70 4): a guest's TLBI gets its VINTF's VMID, nothing else. */
static void test_vmid(void **state)
{
	struct seen seen = { 0 };
	struct hw *hw = hw_new();
	struct ring guest, host;
	uint64_t raw = 0xbeef123403f1f012;

	ring_init(&guest, 4);
	ring_init(&host, 4);
	hw_guest_queue(hw, &guest);
	hw_host_queue(hw, &host);
	uiommufd_vcmdq_observe(hw->platform, remember, &seen);
	run(hw, &guest, LV(1, 0), raw, 0x123456789abcde01);
	assert_true(seen.last.word[0] == 0xbeef005503f1f012);
	assert_true(seen.last.word[1] == 0x123456789abcde01);
	assert_true(seen.last.raw[0] == raw);
	assert_int_equal(seen.last.vintf, 1);
	assert_int_equal(seen.last.queue, 2);
	run(hw, &guest, LV(1, 0), 0xbeef123400000011, 0);
	assert_true(seen.last.word[0] == 0xbeef005500000011);
	run(hw, &host, LV(0, 0), raw, 0);
	assert_true(seen.last.word[0] == raw);
	uiommufd_vcmdq_observe(hw->platform, NULL, NULL);
	run(hw, &host, LV(0, 0), raw, 0);
	assert_int_equal(seen.count, 3);
	ring_fini(&guest);
	ring_fini(&host);
	hw_free(hw);
}

/* A TLBI of VMID 0x1234 that is under way. */
static void start_tlbi(struct hw *hw, struct ring *ring)
{
	ring_put(ring, tlbi_va0(0x1234, 7), 0x1000);
	wr(hw, LV(1, 0) + 4, ring->prod);
	assert_int_equal(uiommufd_vcmdq_step(hw->platform, UINT64_MAX), 0);
}

static void end_tlbi(struct hw *hw, const struct seen *seen, unsigned int vmid)
{
	uiommufd_platform_advance(hw->platform, 1000);
	assert_int_equal(uiommufd_vcmdq_step(hw->platform, UINT64_MAX), 1);
	assert_true(seen->last.word[0] == tlbi_va0(vmid, 7));
}

/*
 * Law (2.3, 4): the VMID is the one that the VINTF was enabled with.  Another that
 * is written while it goes off is not that of a command under way, nor of any
 * if software turns round before STATUS fell.
 */
static void test_vmid_latched(void **state)
{
	struct seen seen = { 0 };
	struct ring ring;
	struct hw *hw = hw_slow(1000);

	ring_init(&ring, 4);
	hw_guest_queue(hw, &ring);
	uiommufd_vcmdq_observe(hw->platform, remember, &seen);
	start_tlbi(hw, &ring);
	wr(hw, VINTF(1), 9 << 1);
	end_tlbi(hw, &seen, 0x55);
	assert_int_equal(rd(hw, VINTF(1) + 4) & 1, 0);
	wr(hw, VINTF(1), 9 << 1 | 1);
	start_tlbi(hw, &ring);
	wr(hw, VINTF(1), 0x33 << 1);
	assert_int_equal(rd(hw, VINTF(1) + 4) & 1, 1);
	wr(hw, VINTF(1), 0x33 << 1 | 1);
	end_tlbi(hw, &seen, 9);
	start_tlbi(hw, &ring);
	end_tlbi(hw, &seen, 9);
	ring_fini(&ring);
	hw_free(hw);
}

/* Law (spec/70 4): virtual StreamIDs match by enabled entry or are refused. */
static void test_sids(void **state)
{
	struct seen seen = { 0 };
	struct hw *hw = hw_new();
	struct ring ring;

	ring_init(&ring, 4);
	hw_guest_queue(hw, &ring);
	uiommufd_vcmdq_observe(hw->platform, remember, &seen);
	for (uint32_t s = 0; s < 4; s++) {
		wr(hw, VINTF(1) + 0x80 + 4 * s, 0x8000 + s);
		wr(hw, VINTF(1) + 0x40 + 4 * s,
		   (0xfff00 + s) << 1 | (s != 2));
	}
	for (uint32_t s = 0; s < 4; s++) {
		unsigned int error = run(hw, &ring, LV(1, 0),
					 sid_command(0x40, 0xfff00 + s), 52);

		assert_int_equal(error, s == 2 ? 4 : 0);
		if (s != 2)
			assert_true(seen.last.word[0] ==
				    sid_command(0x40, 0x8000 + s));
	}
	assert_int_equal(run(hw, &ring, LV(1, 0), sid_command(0x40, 1), 52),
			 4);
	/* Nor does a replacement have more: the register keeps them, unused. */
	wr(hw, VINTF(1) + 0x80, 0xabc08000);
	assert_int_equal(rd(hw, VINTF(1) + 0x80), 0xabc08000);
	assert_int_equal(run(hw, &ring, LV(1, 0), sid_command(0x40, 0xfff00),
			     52), 0);
	assert_true(seen.last.word[0] == sid_command(0x40, 0x8000));
	/* More than 20 bits never match. */
	assert_int_equal(run(hw, &ring, LV(1, 0),
			     sid_command(0x40, 0x1fff00), 52), 4);
	/* Another VINTF's entries are not ours. */
	wr(hw, VINTF(2) + 0x40, 0x77 << 1 | 1);
	assert_int_equal(run(hw, &ring, LV(1, 0), sid_command(0x40, 0x77), 52),
			 4);
	wr(hw, VINTF(1) + 0x40, 0);
	assert_int_equal(run(hw, &ring, LV(1, 0),
			     sid_command(0x40, 0xfff00), 52), 4);
	ring_fini(&ring);
	hw_free(hw);
}

/* Law (spec/70 6.3): CS = 1 writes MSIDATA to MSIADDR; a guest's does not. */
static void test_sync_msi(void **state)
{
	struct hw *hw = hw_new();
	struct ring guest, host;
	uint32_t *word = aligned_alloc(64, 64);
	uint64_t sync = SYNC0 | 1 << 12 | 0xabcdull << 32;

	*word = 1;
	ring_init(&guest, 4);
	ring_init(&host, 4);
	hw_guest_queue(hw, &guest);
	hw_host_queue(hw, &host);
	assert_int_equal(run(hw, &guest, LV(1, 0), sync, (uintptr_t)word), 0);
	assert_int_equal(*word, 1);
	assert_int_equal(guest_error_count(hw->cmdqv), 1);
	assert_int_equal(run(hw, &host, LV(0, 0), sync, (uintptr_t)word), 0);
	assert_int_equal(*word, 0xabcd);
	/* MSIADDR has bits 51 to 2: the others are not the address's. */
	*word = 1;
	assert_int_equal(run(hw, &host, LV(0, 0), sync,
			     (uintptr_t)word | 3ull << 52 | 3), 0);
	assert_int_equal(*word, 0xabcd);
	assert_int_equal(counters_of(hw, 0).msi_writes, 2);
	assert_int_equal(counters_of(hw, 2).msi_writes, 0);
	free(word);
	ring_fini(&guest);
	ring_fini(&host);
	hw_free(hw);
}

/* --- what each invalidation drops -----------------------------------------*/

enum { NH_A, NH_B, NH_ASID2, NH_VMID2, GLOBAL, STAGE2, EL2, ENTRIES };

static const struct uiommufd_translation iotlb[ENTRIES] = {
	[NH_A] = { .vmid = 1, .asid = 1, .address = 0x10000, .log2_page = 12 },
	[NH_B] = { .vmid = 1, .asid = 1, .address = 0x18000, .log2_page = 12 },
	[NH_ASID2] = { .vmid = 1, .asid = 2, .address = 0x10000,
		       .log2_page = 12 },
	[NH_VMID2] = { .vmid = 2, .asid = 1, .address = 0x10000,
		       .log2_page = 12 },
	[GLOBAL] = { .vmid = 1, .global = true, .address = 0x10000,
		     .log2_page = 12 },
	[STAGE2] = { .vmid = 1, .stage2 = true, .address = 0x10000,
		     .log2_page = 12 },
	[EL2] = { .el2 = true, .asid = 1, .address = 0x10000,
		  .log2_page = 12 },
};

static unsigned int left_after(struct hw *hw, struct ring *ring, uint64_t word0,
			       uint64_t word1)
{
	unsigned int left = 0;

	for (int i = 0; i < ENTRIES; i++)
		assert_int_equal(uiommufd_cache_fill(hw->platform,
						     UIOMMUFD_CACHE_IOTLB,
						     &iotlb[i]), 0);
	assert_int_equal(run(hw, ring, LV(0, 0), word0, word1), 0);
	for (int i = 0; i < ENTRIES; i++) {
		struct uiommufd_translation entry = iotlb[i];

		left |= uiommufd_cache_find(hw->platform, UIOMMUFD_CACHE_IOTLB,
					    &entry) << i;
	}
	return left;
}

#define ALL ((1u << ENTRIES) - 1)
#define BUT(a) (ALL & ~(a))
#define ONE(i) (1u << (i))
#define VMID1 (ONE(NH_A) | ONE(NH_B) | ONE(NH_ASID2) | ONE(GLOBAL))

/* Law (spec/70 5): the scope of each TLBI. */
static void test_tlbi_scope(void **state)
{
	struct hw *hw = hw_new();
	struct ring ring;
	uint64_t range = 7ull << 12;		/* NUM 7: 8 pages */

	ring_init(&ring, 4);
	hw_host_queue(hw, &ring);
	assert_int_equal(left_after(hw, &ring, tlbi_va0(1, 1), 0x10000),
			 BUT(ONE(NH_A) | ONE(GLOBAL)));
	assert_int_equal(left_after(hw, &ring, tlbi_va0(1, 1), 0x11000), ALL);
	assert_int_equal(left_after(hw, &ring, tlbi_va0(1, 1) | range,
				    0x11000 | 1 << 10),
			 BUT(ONE(NH_B)));
	assert_int_equal(left_after(hw, &ring, tlbi_va0(1, 1) | range,
				    0x10000 | 1 << 10),
			 BUT(ONE(NH_A) | ONE(GLOBAL)));
	/* SCALE 1: 16 pages, both. */
	assert_int_equal(left_after(hw, &ring,
				    tlbi_va0(1, 1) | range | 1 << 20,
				    0x10000 | 1 << 10),
			 BUT(ONE(NH_A) | ONE(NH_B) | ONE(GLOBAL)));
	assert_int_equal(left_after(hw, &ring, 0x11 | 1ull << 32 | 1ull << 48,
				    0),
			 BUT(ONE(NH_A) | ONE(NH_B)));
	assert_int_equal(left_after(hw, &ring, 0x13 | 1ull << 32, 0x10000),
			 BUT(ONE(NH_A) | ONE(NH_ASID2) | ONE(GLOBAL)));
	assert_int_equal(left_after(hw, &ring, 0x10 | 1ull << 32, 0),
			 BUT(VMID1));
	assert_int_equal(left_after(hw, &ring, 0x28 | 1ull << 32, 0),
			 BUT(VMID1 | ONE(STAGE2)));
	assert_int_equal(left_after(hw, &ring, 0x2a | 1ull << 32, 0x10000),
			 BUT(ONE(STAGE2)));
	assert_int_equal(left_after(hw, &ring, 0x30, 0), ONE(EL2));
	assert_int_equal(left_after(hw, &ring, 0x20, 0), BUT(ONE(EL2)));
	assert_int_equal(left_after(hw, &ring, 0x21 | 1ull << 48, 0),
			 BUT(ONE(EL2)));
	assert_int_equal(left_after(hw, &ring, 0x21 | 2ull << 48, 0), ALL);
	assert_int_equal(left_after(hw, &ring, 0x22 | 1ull << 48, 0x10000),
			 BUT(ONE(EL2)));
	ring_fini(&ring);
	hw_free(hw);
}

#define NUM(n) ((uint64_t)(n) << 12)
#define SCALE(n) ((uint64_t)(n) << 20)
#define TG(n) ((uint64_t)(n) << 10)

/* Law (5): a range is (NUM + 1) << SCALE granules; every bit of each counts. */
static void test_ranges(void **state)
{
	const unsigned int asid1 = ONE(NH_A) | ONE(NH_B) | ONE(GLOBAL);
	struct uiommufd_translation top = {
		.vmid = 1, .asid = 1, .address = ~0xfffull, .log2_page = 12 };
	struct hw *hw = hw_new();
	struct ring ring;

	ring_init(&ring, 4);
	hw_host_queue(hw, &ring);
	/* Three granules of 16 KiB, two of 64 KiB. */
	assert_int_equal(left_after(hw, &ring, tlbi_va0(1, 1) | NUM(2),
				    0x10000 | TG(2)),
			 BUT(asid1));
	assert_int_equal(left_after(hw, &ring, tlbi_va0(1, 1) | NUM(1),
				    0x10000 | TG(2)),
			 BUT(ONE(NH_A) | ONE(GLOBAL)));
	assert_int_equal(left_after(hw, &ring, tlbi_va0(1, 1) | NUM(1),
				    TG(3)),
			 BUT(asid1));
	assert_int_equal(left_after(hw, &ring, tlbi_va0(1, 1), TG(3)), ALL);
	assert_int_equal(left_after(hw, &ring, tlbi_va0(1, 1) | NUM(16),
				    0x8000 | TG(1)),
			 BUT(asid1));
	assert_int_equal(left_after(hw, &ring, tlbi_va0(1, 1) | SCALE(32),
				    TG(1)),
			 BUT(asid1));
	assert_int_equal(left_after(hw, &ring, 0x13 | 1ull << 32 | NUM(7),
				    0x11000 | TG(1)),
			 BUT(ONE(NH_B)));
	/* It ends where addresses end. */
	uiommufd_cache_fill(hw->platform, UIOMMUFD_CACHE_IOTLB, &top);
	assert_int_equal(left_after(hw, &ring, tlbi_va0(1, 1) | NUM(1),
				    ~0xfffull | TG(1)),
			 ALL);
	assert_int_equal(uiommufd_cache_find(hw->platform,
					     UIOMMUFD_CACHE_IOTLB, &top), 0);
	ring_fini(&ring);
	hw_free(hw);
}

/* Law: without IDR3.RIL the range fields mean nothing. */
static void test_no_range(void **state)
{
	struct uiommufd_platform_config config;
	struct ring ring;
	struct hw *hw;

	hw_config(&config);
	config.hardware.idr[3] &= ~(1u << 10);
	hw = hw_with(&config);
	ring_init(&ring, 4);
	hw_host_queue(hw, &ring);
	assert_int_equal(left_after(hw, &ring, tlbi_va0(1, 1) | 31ull << 12,
				    0x10000 | 1 << 10),
			 BUT(ONE(NH_A) | ONE(GLOBAL)));
	ring_fini(&ring);
	hw_free(hw);
}

static int atc_has(struct hw *hw, struct uiommufd_translation entry)
{
	return uiommufd_cache_find(hw->platform, UIOMMUFD_CACHE_ATC, &entry);
}

/* Law (spec/70 5): the scope of ATC_INV by size, SSID and Global. */
static void test_atc_scope(void **state)
{
	struct uiommufd_translation plain = {
		.stream_id = 7, .address = 0x40000, .log2_page = 12 };
	struct uiommufd_translation sub = {
		.stream_id = 7, .ssid_valid = true, .ssid = 3,
		.address = 0x40000, .log2_page = 12 };
	struct uiommufd_translation other = {
		.stream_id = 8, .address = 0x40000, .log2_page = 12 };
	struct hw *hw = hw_new();
	struct ring ring;
	static const struct {
		uint64_t word0, word1;
		bool plain, sub;
	} rows[] = {
		{ 7ull << 32, 0x40000, false, true },
		{ 7ull << 32, 0x41000, true, true },
		{ 7ull << 32, 0x48000 | 4, false, true },
		{ 7ull << 32, 0x50000 | 4, true, true },
		{ 7ull << 32, 0x4f000 | 4, false, true },
		{ 7ull << 32, 52, false, true },
		{ 7ull << 32 | 1 << 11 | 3 << 12, 52, true, false },
		{ 7ull << 32 | 1 << 11 | 4 << 12, 52, true, true },
		{ 7ull << 32 | 1 << 11 | 4 << 12 | 1 << 9, 52, true, false },
	};

	ring_init(&ring, 4);
	hw_host_queue(hw, &ring);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uiommufd_cache_fill(hw->platform, UIOMMUFD_CACHE_ATC, &plain);
		uiommufd_cache_fill(hw->platform, UIOMMUFD_CACHE_ATC, &sub);
		uiommufd_cache_fill(hw->platform, UIOMMUFD_CACHE_ATC, &other);
		assert_int_equal(run(hw, &ring, LV(0, 0), 0x40 | rows[i].word0,
				     rows[i].word1), 0);
		assert_int_equal(atc_has(hw, plain), rows[i].plain);
		assert_int_equal(atc_has(hw, sub), rows[i].sub);
		assert_int_equal(atc_has(hw, other), 1);
	}
	ring_fini(&ring);
	hw_free(hw);
}

static unsigned int config_left(struct hw *hw, struct ring *ring,
				uint64_t word0, uint64_t word1)
{
	static const struct uiommufd_translation entry[] = {
		{ .stream_id = 5 }, { .stream_id = 6 },
		{ .stream_id = 5, .ssid_valid = true, .ssid = 1 },
		{ .stream_id = 5, .ssid_valid = true, .ssid = 2 },
	};
	unsigned int left = 0;

	for (int i = 0; i < 4; i++)
		uiommufd_cache_fill(hw->platform, UIOMMUFD_CACHE_CONFIG,
				    &entry[i]);
	assert_int_equal(run(hw, ring, LV(0, 0), word0, word1), 0);
	for (int i = 0; i < 4; i++) {
		struct uiommufd_translation copy = entry[i];

		left |= uiommufd_cache_find(hw->platform,
					    UIOMMUFD_CACHE_CONFIG, &copy) << i;
	}
	return left;
}

/* Law (spec/70 5): the scope of each CFGI. */
static void test_cfgi_scope(void **state)
{
	struct hw *hw = hw_new();
	struct ring ring;

	ring_init(&ring, 4);
	hw_host_queue(hw, &ring);
	assert_int_equal(config_left(hw, &ring, sid_command(3, 5), 1), 2);
	assert_int_equal(config_left(hw, &ring, sid_command(3, 9), 1), 15);
	assert_int_equal(config_left(hw, &ring, sid_command(5, 5) | 1 << 12,
				     1), 11);
	assert_int_equal(config_left(hw, &ring, sid_command(6, 5), 0), 3);
	assert_int_equal(config_left(hw, &ring, 4, 31), 0);
	assert_int_equal(config_left(hw, &ring, sid_command(4, 4), 0), 2);
	assert_int_equal(config_left(hw, &ring, sid_command(4, 4), 1), 0);
	ring_fini(&ring);
	hw_free(hw);
}

/* Law: commands are counted by opcode, per queue and in sum. */
static void test_counters(void **state)
{
	struct uiommufd_vcmdq_counters counters;
	struct hw *hw = hw_new();
	struct ring ring;

	ring_init(&ring, 6);
	hw_guest_queue(hw, &ring);
	for (int i = 0; i < 30; i++)
		ring_put(&ring, i % 10 == 9 ? SYNC0 : 0x11 + i % 2, 0);
	wr(hw, LV(1, 0) + 4, ring.prod);
	uiommufd_vcmdq_step(hw->platform, UINT64_MAX);
	counters = counters_of(hw, 2);
	assert_int_equal(counters.commands, 30);
	assert_int_equal(counters.opcode[0x11], 15);
	assert_int_equal(counters.opcode[0x12], 12);
	assert_int_equal(counters.syncs, 3);
	assert_int_equal(counters.doorbells, 1);
	assert_int_equal(counters_of(hw, 3).commands, 0);
	assert_int_equal(counters_of(hw, UIOMMUFD_QUEUE_ANY).commands, 30);
	ring_fini(&ring);
	hw_free(hw);
}

/* Law: a run of one kind ends where the kind does, however long it is. */
static void test_runs(void **state)
{
	struct hw *hw = hw_new();
	struct ring ring;

	ring_init(&ring, 7);
	hw_guest_queue(hw, &ring);
	for (uint32_t length = 0; length < 70; length++) {
		uint64_t before = counters_of(hw, 2).opcode[0x12];
		uint32_t start = ring.prod;

		for (uint32_t i = 0; i < length; i++)
			ring_put(&ring, 0x12 | UINT64_C(0x7700) * i, i << 12);
		/* Differs from the others in one bit, each of eight in turn. */
		ring_put(&ring, 0x12 ^ 1u << length % 8, 0);
		ring_put(&ring, 0x12, 0);
		wr(hw, LV(1, 0) + 4, ring.prod);
		uiommufd_vcmdq_step(hw->platform, UINT64_MAX);
		assert_int_equal(rd(hw, LV(1, 0)) & 0xff,
				 (start + length) & 0xff);
		assert_int_equal(counters_of(hw, 2).opcode[0x12],
				 before + length);
		ring.entry[2 * ((start + length) & 127)] = SYNC0;
		wr(hw, LV(1, 0) + 0x14, rd(hw, LV(1, 0) + 0x10));
		uiommufd_vcmdq_step(hw->platform, UINT64_MAX);
		assert_int_equal(rd(hw, LV(1, 0)) & 0xff, ring.prod & 0xff);
		assert_int_equal(counters_of(hw, 2).opcode[0x12],
				 before + length + 1);
	}
	ring_fini(&ring);
	hw_free(hw);
}

DIRECTLY(test_filter)
DIRECTLY(test_features)
DIRECTLY(test_tlbi_scope)
DIRECTLY(test_counters)
DIRECTLY(test_runs)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_filter),
		cmocka_unit_test(test_filter_directly),
		cmocka_unit_test(test_features),
		cmocka_unit_test(test_features_directly),
		cmocka_unit_test(test_operands),
		cmocka_unit_test(test_vmid),
		cmocka_unit_test(test_vmid_latched),
		cmocka_unit_test(test_sids),
		cmocka_unit_test(test_sync_msi),
		cmocka_unit_test(test_tlbi_scope),
		cmocka_unit_test(test_tlbi_scope_directly),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_no_range),
		cmocka_unit_test(test_atc_scope),
		cmocka_unit_test(test_cfgi_scope),
		cmocka_unit_test(test_counters),
		cmocka_unit_test(test_counters_directly),
		cmocka_unit_test(test_runs),
		cmocka_unit_test(test_runs_directly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
