/* SPDX-License-Identifier: MIT */
/*
 * Command queues: arithmetic at every size, order, wrap, errors, restart,
 * latency, enabling and disabling with work in flight.
 */
#include "hw.h"
#include <sys/mman.h>

/* Law (spec/70 6.1): pending and full follow from the two counters alone. */
static void test_arithmetic(void **state)
{
	uint64_t seed = 0xa11;

	for (unsigned int n = 0; n <= 19; n++) {
		u64 size = 1u << n, mask = 2 * size - 1;

		for (int i = 0; i < 2000; i++) {
			u32 cons = next_random(&seed) & mask;
			u32 used = next_random(&seed) % (size + 1);
			u32 prod = queue_advance(cons, used, n);

			assert_int_equal(prod, (cons + used) & mask);
			assert_int_equal(queue_pending(prod, cons, n), used);
			assert_false(queue_is_overrun(prod, cons, n));
			assert_int_equal(queue_slot(cons, n), cons % size);
			/* full: indices equal, wraps different */
			assert_int_equal(used == size,
					 queue_slot(prod, n) ==
							 queue_slot(cons, n) &&
						 prod != cons);
			if (size > 1) {
				prod = queue_advance(cons, size + 1, n);
				assert_true(queue_is_overrun(prod, cons, n));
			}
		}
	}
}

struct trail {
	uint64_t next;
	uint64_t commands;
};

static void follow(void *arg, const struct uiommufd_vcmdq_command *command)
{
	struct trail *trail = arg;

	if ((command->word[0] & 0xff) == 0x12) {
		assert_int_equal(command->word[1] >> 12, trail->next);
		trail->next++;
	}
	trail->commands++;
}

/*
 * Law: at every log2 size, through several wraps and with any doorbell
 * pattern, each command is executed once and in order; PROD = full works.
 */
static void test_every_size(void **state)
{
	struct uiommufd_platform_config config;
	uint64_t seed = 0xbeef;

	hw_config(&config);
	config.hardware.log2_commands = 19;
	for (unsigned int n = 0; n <= 19; n++) {
		struct hw *hw = hw_with(&config);
		struct trail trail = { 0 };
		struct ring ring;
		/* Both wrap bits are seen to go up and down again. */
		uint64_t total = (n < 14 ? 10ull : 5ull) << n >> 1, sent = 0;

		ring_init(&ring, n);
		hw_guest_queue(hw, &ring);
		uiommufd_vcmdq_observe(hw->platform, follow, &trail);
		while (sent < total) {
			uint64_t some = 1 + next_random(&seed) % (1u << n);

			if (next_random(&seed) % 4 == 0)
				some = 1u << n;
			for (uint64_t i = 0; i < some; i++)
				ring_put(&ring, tlbi_va0(0, 1), sent++ << 12);
			wr(hw, LV(1, 0) + 4, ring.prod);
			assert_int_equal(uiommufd_vcmdq_step(hw->platform,
							     UINT64_MAX),
					 some);
			assert_int_equal(rd(hw, LV(1, 0)), ring.prod);
		}
		assert_int_equal(trail.next, sent);
		assert_int_equal(trail.commands, sent);
		assert_int_equal(counters_of(hw, 2).commands, sent);
		assert_int_equal(guest_error_count(hw->cmdqv), 0);
		ring_fini(&ring);
		hw_free(hw);
	}
}

/* Ways a command can take through the model. */
enum path { FETCHED, IN_PLACE, OBSERVED, PATHS };

/* An entry that no command of ours hits, so that each TLBI has to look. */
static void cache_something(struct hw *hw)
{
	struct uiommufd_translation entry = {
		.vmid = 99, .asid = 99, .log2_page = 12,
		.address = 0x777000, .phys = 0x777000,
	};

	assert_int_equal(uiommufd_cache_fill(hw->platform,
					     UIOMMUFD_CACHE_IOTLB, &entry),
			 0);
}

/* TLBIs are numbered as follow() wants them. */
static void put_any_command(struct ring *ring, uint64_t *seed, uint64_t *tlbis)
{
	unsigned int pick = next_random(seed) % 60;

	if (pick == 0)
		ring_put(ring, 0x30, 0);
	else if (pick == 1)
		ring_put(ring, SYNC0 | 3 << 12, 0);
	else if (pick < 12)
		ring_put(ring, SYNC0, 0);
	else if (pick < 16)
		ring_put(ring, sid_command(0x40, 7), 52);
	else if (pick < 20)
		ring_put(ring, 0x11, 0);
	else
		ring_put(ring, 0x12, (*tlbis)++ << 12);
}

/* Two doorbells: the second one's memory is known. */
static void run_path(enum path path, uint64_t seed, uint32_t *out_cons,
		     struct uiommufd_vcmdq_counters *out_counters)
{
	struct hw *hw = hw_new();
	struct trail trail = { 0 };
	uint64_t tlbis = 0;
	struct ring ring;

	ring_init(&ring, 6);
	hw_guest_queue(hw, &ring);
	wr(hw, VINTF(1) + 0x40, 7 << 1 | 1);
	wr(hw, VINTF(1) + 0x80, 0x1234);
	if (path == FETCHED)
		cache_something(hw);
	if (path == OBSERVED)
		uiommufd_vcmdq_observe(hw->platform, follow, &trail);
	for (int i = 0; i < 40; i++) {
		if (i)
			put_any_command(&ring, &seed, &tlbis);
		else
			ring_put(&ring, SYNC0, 0);
		if (i && i < 39)
			continue;
		wr(hw, LV(1, 0) + 4, ring.prod);
		uiommufd_vcmdq_step(hw->platform, UINT64_MAX);
	}
	*out_cons = rd(hw, LV(1, 0));
	*out_counters = counters_of(hw, 2);
	ring_fini(&ring);
	hw_free(hw);
}

/* Law: whichever path commands take, they leave the same state behind. */
static void test_paths_agree(void **state)
{
	for (uint64_t seed = 1; seed <= 300; seed++) {
		struct uiommufd_vcmdq_counters counters[PATHS];
		uint32_t cons[PATHS];

		for (enum path path = 0; path < PATHS; path++)
			run_path(path, seed, &cons[path], &counters[path]);
		for (enum path path = 1; path < PATHS; path++) {
			assert_int_equal(cons[path], cons[0]);
			assert_memory_equal(&counters[path], &counters[0],
					    sizeof(counters[0]));
		}
	}
}

static void expect_error(struct hw *hw, unsigned int code, uint32_t position)
{
	assert_int_equal(rd(hw, LV(1, 0)), code << 24 | position);
	assert_int_equal((rd(hw, LV(1, 0) + 0x10) ^ rd(hw, LV(1, 0) + 0x14)) &
				 1,
			 1);
	assert_true(state_of(hw, 2).stopped);
}

static void acknowledge(struct hw *hw)
{
	wr(hw, LV(1, 0) + 0x14, rd(hw, LV(1, 0) + 0x10));
}

/*
 * Law (spec/70 6.2): an error stops the queue at the offending entry; the
 * acknowledge fetches it again, so software may have replaced it.
 */
static void test_illegal_and_restart(void **state)
{
	struct hw *hw = hw_new();
	struct ring ring;

	ring_init(&ring, 4);
	hw_guest_queue(hw, &ring);
	ring_put(&ring, tlbi_va0(0, 1), 0);
	ring_put(&ring, 0xee, 0);
	ring_put(&ring, SYNC0, 0);
	wr(hw, LV(1, 0) + 4, ring.prod);
	assert_int_equal(uiommufd_vcmdq_step(hw->platform, UINT64_MAX), 1);
	expect_error(hw, 1, 1);
	assert_int_equal(uiommufd_vcmdq_step(hw->platform, UINT64_MAX), 0);
	/* Acknowledging without replacing runs into it once more. */
	acknowledge(hw);
	uiommufd_vcmdq_step(hw->platform, UINT64_MAX);
	expect_error(hw, 1, 1);
	ring.entry[2] = SYNC0;
	acknowledge(hw);
	assert_int_equal(uiommufd_vcmdq_step(hw->platform, UINT64_MAX), 2);
	assert_int_equal(rd(hw, LV(1, 0)), 3);
	assert_int_equal(counters_of(hw, 2).error_code[1], 2);
	assert_int_equal(counters_of(hw, 2).syncs, 2);
	ring_fini(&ring);
	hw_free(hw);
}

/*
 * Law (3.3, 3.4): what has an error that is not acknowledged consumes nothing, also
 * when it is turned off and on again.
 */
static void test_enable_with_error(void **state)
{
	struct hw *hw = hw_new();
	struct ring ring;

	ring_init(&ring, 4);
	hw_guest_queue(hw, &ring);
	ring_put(&ring, 0xee, 0);
	ring_put(&ring, SYNC0, 0);
	wr(hw, LV(1, 0) + 4, ring.prod);
	uiommufd_vcmdq_step(hw->platform, UINT64_MAX);
	expect_error(hw, 1, 0);
	wr(hw, LV(1, 0) + 8, 0);
	ring.entry[0] = SYNC0;
	wr(hw, LV(1, 0) + 8, 1);
	assert_int_equal(rd(hw, LV(1, 0) + 0xc), 1);
	assert_int_equal(uiommufd_vcmdq_step(hw->platform, UINT64_MAX), 0);
	expect_error(hw, 1, 0);
	acknowledge(hw);
	assert_int_equal(uiommufd_vcmdq_step(hw->platform, UINT64_MAX), 2);
	assert_false(state_of(hw, 2).stopped);
	ring_fini(&ring);
	hw_free(hw);
}

/* Law (6.1): a PROD that is more than the ring ahead is told, at any size. */
static void test_overrun(void **state)
{
	for (unsigned int n = 1; n <= 8; n++) {
		struct hw *hw = hw_new();
		struct ring ring, main;
		uint32_t size = 1u << n;

		ring_init(&ring, n);
		ring_init(&main, n);
		hw_guest_queue(hw, &ring);
		hw_main_queue(hw, &main);
		for (uint32_t i = 0; i < size; i++) {
			ring_put(&ring, SYNC0, 0);
			ring_put(&main, SYNC0, 0);
		}
		wr(hw, LV(1, 0) + 4, size);
		swr(hw, 0x98, size);
		assert_int_equal(uiommufd_vcmdq_step(hw->platform, UINT64_MAX),
				 2 * size);
		assert_int_equal(guest_error_count(hw->cmdqv), 0);
		assert_int_equal(guest_error_count(hw->smmu), 0);
		/* Full is one entry less. */
		wr(hw, LV(1, 0) + 4, 1);
		swr(hw, 0x98, 1);
		uiommufd_vcmdq_step(hw->platform, UINT64_MAX);
		assert_int_equal(guest_error_count(hw->cmdqv), 1);
		assert_int_equal(guest_error_count(hw->smmu), 1);
		ring_fini(&ring);
		ring_fini(&main);
		hw_free(hw);
	}
}

/* Law: memory that does not answer is an abort (2); a retry may succeed. */
static void test_fetch_abort(void **state)
{
	struct hw *hw = hw_new();
	struct ring ring;
	struct uiommufd_fault fault = {
		.size = sizeof(fault), .kind = UIOMMUFD_FAULT_FETCH_ABORT,
		.number = 2, .skip = 1, .times = 1,
	};
	int handle;

	ring_init(&ring, 4);
	hw_guest_queue(hw, &ring);
	handle = uiommufd_fault_inject(hw->platform, &fault);
	assert_true(handle >= 0);
	ring_put(&ring, SYNC0, 0);
	ring_put(&ring, SYNC0, 0);
	wr(hw, LV(1, 0) + 4, ring.prod);
	assert_int_equal(uiommufd_vcmdq_step(hw->platform, UINT64_MAX), 1);
	expect_error(hw, 2, 1);
	acknowledge(hw);
	assert_int_equal(uiommufd_vcmdq_step(hw->platform, UINT64_MAX), 1);
	assert_int_equal(uiommufd_fault_hits(hw->platform, handle), 1);
	assert_int_equal(rd(hw, LV(1, 0)), 2);
	ring_fini(&ring);
	hw_free(hw);
}

/* Law: a queue whose memory is nowhere aborts at its first command. */
static void test_no_memory(void **state)
{
	struct hw *hw = hw_new();
	struct ring ring = { .entry = (uint64_t *)0x1000, .log2_size = 4 };

	hw_guest_queue(hw, &ring);
	wr(hw, LV(1, 0) + 4, 3);
	assert_int_equal(uiommufd_vcmdq_step(hw->platform, UINT64_MAX), 0);
	expect_error(hw, 2, 0);
	hw_free(hw);
}

/* Law: of a ring that is there in part, all that is there is executed. */
static void test_hole(void **state)
{
	/* In the middle of what is fetched at once. */
	const uint32_t first = 64;
	struct hw *hw = hw_new();
	struct ring ring;
	char *second;

	ring_init(&ring, 9);
	ring.prod = first;
	second = (char *)ring.entry + 4096;
	hw_enable_vintf(hw, 1, 0);
	hw_map(hw, 2, 1, 0);
	wr(hw, LV(1, 0), first);
	for (uint32_t i = first; i < 300; i++)
		ring_put(&ring, SYNC0, 0);
	mprotect(second, 4096, PROT_NONE);
	hw_start(hw, 1, 0, &ring);
	wr(hw, LV(1, 0) + 4, ring.prod);
	assert_int_equal(uiommufd_vcmdq_step(hw->platform, UINT64_MAX),
			 256 - first);
	expect_error(hw, 2, 256);
	mprotect(second, 4096, PROT_READ | PROT_WRITE);
	ring_fini(&ring);
	hw_free(hw);
}

/* Law: a ring that goes away between two doorbells aborts the second. */
static void test_gone(void **state)
{
	struct hw *hw = hw_new();
	struct ring ring;

	ring_init(&ring, 8);
	hw_guest_queue(hw, &ring);
	for (int i = 0; i < 2; i++) {
		ring_put(&ring, tlbi_va0(0, 0), 0);
		ring_put(&ring, SYNC0, 0);
		wr(hw, LV(1, 0) + 4, ring.prod);
		assert_int_equal(uiommufd_vcmdq_step(hw->platform, UINT64_MAX),
				 2);
	}
	mprotect(ring.entry, 4096, PROT_NONE);
	wr(hw, LV(1, 0) + 4, ring.prod + 20);
	assert_int_equal(uiommufd_vcmdq_step(hw->platform, UINT64_MAX), 0);
	expect_error(hw, 2, 4);
	mprotect(ring.entry, 4096, PROT_READ | PROT_WRITE);
	for (int i = 0; i < 20; i++)
		ring_put(&ring, tlbi_va0(0, 0), 0);
	acknowledge(hw);
	assert_int_equal(uiommufd_vcmdq_step(hw->platform, UINT64_MAX), 20);
	assert_int_equal(rd(hw, LV(1, 0)), 24);
	ring_fini(&ring);
	hw_free(hw);
}

/*
 * Law (spec/70 6.2): an unanswered ATC_INV shows at the queue's next CMD_SYNC,
 * which is executed again after the acknowledge.
 */
static void test_atc_timeout(void **state)
{
	struct hw *hw = hw_new();
	struct ring ring;
	struct uiommufd_fault fault = {
		.size = sizeof(fault), .kind = UIOMMUFD_FAULT_ATC_TIMEOUT,
		.number = 2, .times = 1,
	};

	ring_init(&ring, 4);
	hw_guest_queue(hw, &ring);
	wr(hw, VINTF(1) + 0x40, 9 << 1 | 1);
	uiommufd_fault_inject(hw->platform, &fault);
	ring_put(&ring, sid_command(0x40, 9), 52);
	ring_put(&ring, tlbi_va0(0, 0), 0);
	ring_put(&ring, SYNC0, 0);
	wr(hw, LV(1, 0) + 4, ring.prod);
	assert_int_equal(uiommufd_vcmdq_step(hw->platform, UINT64_MAX), 2);
	expect_error(hw, 3, 2);
	acknowledge(hw);
	assert_int_equal(uiommufd_vcmdq_step(hw->platform, UINT64_MAX), 1);
	assert_int_equal(rd(hw, LV(1, 0)), 3);
	ring_fini(&ring);
	hw_free(hw);
}

/*
 * Law (spec/70 9.7): a timeout left in a disabled queue meets its next owner,
 * unless a CMD_SYNC on the main queue collected it before.
 */
static void test_left_timeout(void **state)
{
	for (int flush = 0; flush < 2; flush++) {
		struct hw *hw = hw_new();
		struct ring ring, main_ring;
		struct uiommufd_fault fault = {
			.size = sizeof(fault),
			.kind = UIOMMUFD_FAULT_ATC_TIMEOUT,
			.number = 2, .times = 1,
		};

		ring_init(&ring, 4);
		ring_init(&main_ring, 7);
		hw_main_queue(hw, &main_ring);
		hw_guest_queue(hw, &ring);
		wr(hw, VINTF(1) + 0x40, 9 << 1 | 1);
		uiommufd_fault_inject(hw->platform, &fault);
		ring_put(&ring, sid_command(0x40, 9), 52);
		wr(hw, LV(1, 0) + 4, ring.prod);
		assert_int_equal(uiommufd_vcmdq_step(hw->platform, UINT64_MAX),
				 1);
		wr(hw, LV(1, 0) + 8, 0);
		assert_int_equal(rd(hw, LV(1, 0) + 0xc), 0);
		if (flush) {
			ring_put(&main_ring, SYNC0, 0);
			swr(hw, 0x98, main_ring.prod);
			uiommufd_vcmdq_step(hw->platform, UINT64_MAX);
		}
		wr(hw, LV(1, 0), 0);
		wr(hw, LV(1, 0) + 4, 0);
		ring.prod = 0;
		hw_start(hw, 1, 0, &ring);
		ring_put(&ring, SYNC0, 0);
		wr(hw, LV(1, 0) + 4, ring.prod);
		uiommufd_vcmdq_step(hw->platform, UINT64_MAX);
		assert_int_equal(rd(hw, LV(1, 0)) >> 24, flush ? 0 : 3);
		assert_int_equal(counters_of(hw, UIOMMUFD_QUEUE_MAIN)
					 .atc_timeouts_dropped,
				 flush);
		ring_fini(&ring);
		ring_fini(&main_ring);
		hw_free(hw);
	}
}

/*
 * Law (6.2, 9.7): a running queue hears of its timeouts itself, whoever else syncs;
 * and those of a disabled one are collected by the main queue alone.
 */
static void test_whose_timeout(void **state)
{
	struct hw *hw = hw_new();
	struct ring ring, other, main_ring;
	struct uiommufd_fault fault = {
		.size = sizeof(fault), .kind = UIOMMUFD_FAULT_ATC_TIMEOUT,
		.number = 2, .times = 2,
	};

	ring_init(&ring, 4);
	ring_init(&other, 4);
	ring_init(&main_ring, 7);
	hw_main_queue(hw, &main_ring);
	hw_guest_queue(hw, &ring);
	hw_host_queue(hw, &other);
	wr(hw, VINTF(1) + 0x40, 9 << 1 | 1);
	uiommufd_fault_inject(hw->platform, &fault);
	for (int off = 0; off < 2; off++) {
		ring_put(&ring, sid_command(0x40, 9), 52);
		wr(hw, LV(1, 0) + 4, ring.prod);
		uiommufd_vcmdq_step(hw->platform, UINT64_MAX);
		if (off)
			wr(hw, LV(1, 0) + 8, 0);
		ring_put(&other, SYNC0, 0);
		wr(hw, LV(0, 0) + 4, other.prod);
		if (!off) {
			ring_put(&main_ring, SYNC0, 0);
			swr(hw, 0x98, main_ring.prod);
		}
		uiommufd_vcmdq_step(hw->platform, UINT64_MAX);
		wr(hw, LV(1, 0) + 8, 1);
		ring_put(&ring, SYNC0, 0);
		wr(hw, LV(1, 0) + 4, ring.prod);
		uiommufd_vcmdq_step(hw->platform, UINT64_MAX);
		expect_error(hw, 3, 1 + 2 * off);
		acknowledge(hw);
		uiommufd_vcmdq_step(hw->platform, UINT64_MAX);
	}
	ring_fini(&ring);
	ring_fini(&other);
	ring_fini(&main_ring);
	hw_free(hw);
}

/* Law: a command takes effect, and CONS moves, when its time has passed. */
static void test_latency(void **state)
{
	struct ring ring;
	struct hw *hw = hw_slow(1000);

	ring_init(&ring, 4);
	hw_guest_queue(hw, &ring);
	for (int i = 0; i < 5; i++)
		ring_put(&ring, SYNC0, 0);
	wr(hw, LV(1, 0) + 4, ring.prod);
	assert_int_equal(uiommufd_vcmdq_step(hw->platform, UINT64_MAX), 0);
	uiommufd_platform_advance(hw->platform, 999);
	assert_int_equal(uiommufd_vcmdq_step(hw->platform, UINT64_MAX), 0);
	uiommufd_platform_advance(hw->platform, 1);
	assert_int_equal(uiommufd_vcmdq_step(hw->platform, UINT64_MAX), 1);
	/* Back to back: a late look finds all that fitted into the time. */
	uiommufd_platform_advance(hw->platform, 3000);
	assert_int_equal(uiommufd_vcmdq_step(hw->platform, UINT64_MAX), 3);
	assert_int_equal(rd(hw, LV(1, 0)), 4);
	/* But nothing is done in the time before its doorbell. */
	uiommufd_platform_advance(hw->platform, 5000);
	assert_int_equal(uiommufd_vcmdq_step(hw->platform, UINT64_MAX), 1);
	uiommufd_platform_advance(hw->platform, 5000);
	ring_put(&ring, SYNC0, 0);
	wr(hw, LV(1, 0) + 4, ring.prod);
	assert_int_equal(uiommufd_vcmdq_step(hw->platform, UINT64_MAX), 0);
	uiommufd_platform_advance(hw->platform, 1000);
	assert_int_equal(uiommufd_vcmdq_step(hw->platform, UINT64_MAX), 1);
	ring_fini(&ring);
	hw_free(hw);
}

/*
 * Law (spec/70 3.1): STATUS falls only when nothing is in flight; what was
 * behind it is not executed.
 */
static void test_disable_in_flight(void **state)
{
	struct ring ring;
	struct hw *hw = hw_slow(1000);

	ring_init(&ring, 4);
	hw_guest_queue(hw, &ring);
	ring_put(&ring, SYNC0, 0);
	ring_put(&ring, SYNC0, 0);
	wr(hw, LV(1, 0) + 4, ring.prod);
	uiommufd_vcmdq_step(hw->platform, UINT64_MAX);
	wr(hw, LV(1, 0) + 8, 0);
	assert_int_equal(rd(hw, LV(1, 0) + 0xc), 1);
	uiommufd_platform_advance(hw->platform, 5000);
	uiommufd_vcmdq_step(hw->platform, UINT64_MAX);
	assert_int_equal(rd(hw, LV(1, 0) + 0xc), 0);
	assert_int_equal(rd(hw, LV(1, 0)), 1);
	assert_int_equal(counters_of(hw, 2).commands, 1);
	ring_fini(&ring);
	hw_free(hw);
}

/* Law: a CMD_SYNC waits for the ATC invalidations before it. */
static void test_atc_latency(void **state)
{
	struct uiommufd_platform_config config;
	struct ring ring;
	struct hw *hw;

	hw_config(&config);
	config.hardware.atc_latency_ns = 700;
	hw = hw_with(&config);
	ring_init(&ring, 4);
	hw_guest_queue(hw, &ring);
	wr(hw, VINTF(1) + 0x40, 9 << 1 | 1);
	ring_put(&ring, sid_command(0x40, 9), 52);
	ring_put(&ring, SYNC0, 0);
	ring_put(&ring, SYNC0, 0);
	wr(hw, LV(1, 0) + 4, ring.prod);
	assert_int_equal(uiommufd_vcmdq_step(hw->platform, UINT64_MAX), 1);
	uiommufd_platform_advance(hw->platform, 700);
	assert_int_equal(uiommufd_vcmdq_step(hw->platform, UINT64_MAX), 2);
	ring_fini(&ring);
	hw_free(hw);
}

/* Law: an ugly BASE is an initialisation error and STATUS stays 0. */
static void test_bad_base(void **state)
{
	static const uint64_t bases[] = { 0x10000 | 20, 0x10020 | 3,
					  0x10020 | 2, 0x8000 | 12 };

	for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
		struct hw *hw = hw_new();

		hw_enable_vintf(hw, 1, 0);
		hw_map(hw, 2, 1, 0);
		wr64(hw, LV1(1, 0), bases[i]);
		wr(hw, LV(1, 0) + 8, 1);
		assert_int_equal(rd(hw, LV(1, 0) + 0xc), 0);
		assert_int_equal(rd(hw, LV(1, 0) + 0x10), 4);
		assert_int_equal(rd64(hw, VINTF(1) + 0xc0), 1);
		wr(hw, LV(1, 0) + 8, 0);
		acknowledge(hw);
		assert_int_equal(rd64(hw, VINTF(1) + 0xc0), 0);
		wr64(hw, LV1(1, 0), 0x10000 | 3);
		wr(hw, LV(1, 0) + 8, 1);
		assert_int_equal(rd(hw, LV(1, 0) + 0xc), 1);
		hw_free(hw);
	}
}

DIRECTLY(test_every_size)
DIRECTLY(test_paths_agree)
DIRECTLY(test_illegal_and_restart)
DIRECTLY(test_hole)
DIRECTLY(test_gone)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arithmetic),
		cmocka_unit_test(test_every_size),
		cmocka_unit_test(test_every_size_directly),
		cmocka_unit_test(test_paths_agree),
		cmocka_unit_test(test_paths_agree_directly),
		cmocka_unit_test(test_illegal_and_restart),
		cmocka_unit_test(test_enable_with_error),
		cmocka_unit_test(test_overrun),
		cmocka_unit_test(test_illegal_and_restart_directly),
		cmocka_unit_test(test_fetch_abort),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_hole),
		cmocka_unit_test(test_hole_directly),
		cmocka_unit_test(test_gone),
		cmocka_unit_test(test_gone_directly),
		cmocka_unit_test(test_atc_timeout),
		cmocka_unit_test(test_left_timeout),
		cmocka_unit_test(test_whose_timeout),
		cmocka_unit_test(test_latency),
		cmocka_unit_test(test_disable_in_flight),
		cmocka_unit_test(test_atc_latency),
		cmocka_unit_test(test_bad_base),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
