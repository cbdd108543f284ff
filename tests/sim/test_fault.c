/* SPDX-License-Identifier: MIT */
/*
 * Fault injection: each kind strikes where and as often as it was told.
 */
#include "hw.h"
#include <linux/interrupt.h>

static int inject(struct hw *hw, struct uiommufd_fault fault)
{
	fault.size = sizeof(fault);
	return uiommufd_fault_inject(hw->platform, &fault);
}

/* Law: wrong descriptions are refused; there are 32 places. */
static void test_refusals(void **state)
{
	struct hw *hw = hw_new();
	struct uiommufd_fault fault = { .size = 1 };

	assert_int_equal(uiommufd_fault_inject(hw->platform, &fault), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(inject(hw, (struct uiommufd_fault){ .kind = 99 }), -1);
	assert_int_equal(inject(hw, (struct uiommufd_fault){ .number = 8 }),
			 -1);
	assert_int_equal(inject(hw, (struct uiommufd_fault){ .number = -3 }),
			 -1);
	assert_int_equal(inject(hw, (struct uiommufd_fault){
					    .unit = UIOMMUFD_UNIT_VINTF,
					    .number = 4 }), -1);
	for (int i = 0; i < 32; i++)
		assert_int_equal(inject(hw, (struct uiommufd_fault){ 0 }), i);
	assert_int_equal(inject(hw, (struct uiommufd_fault){ 0 }), -1);
	assert_int_equal(errno, ENOSPC);
	assert_int_equal(uiommufd_fault_clear(hw->platform, 5), 0);
	assert_int_equal(inject(hw, (struct uiommufd_fault){ 0 }), 5);
	assert_int_equal(uiommufd_fault_clear(hw->platform, 32), -1);
	assert_int_equal(uiommufd_fault_clear(hw->platform, -1), 0);
	assert_int_equal(inject(hw, (struct uiommufd_fault){ 0 }), 0);
	hw_free(hw);
}

/* Law: skip lets chances pass, times limits, opcode and queue select. */
static void test_selection(void **state)
{
	struct hw *hw = hw_new();
	struct ring ring;
	int handle;

	ring_init(&ring, 5);
	hw_guest_queue(hw, &ring);
	handle = inject(hw, (struct uiommufd_fault){
		.kind = UIOMMUFD_FAULT_ILLEGAL_COMMAND, .number = 2,
		.match_opcode = true, .opcode = 0x46, .skip = 2, .times = 1 });
	for (int i = 0; i < 5; i++) {
		ring_put(&ring, 0x11, 0);
		ring_put(&ring, SYNC0, 0);
	}
	wr(hw, LV(1, 0) + 4, ring.prod);
	assert_int_equal(uiommufd_vcmdq_step(hw->platform, UINT64_MAX), 5);
	assert_int_equal(rd(hw, LV(1, 0)), 1 << 24 | 5);
	assert_int_equal(uiommufd_fault_hits(hw->platform, handle), 1);
	wr(hw, LV(1, 0) + 0x14, 1);
	assert_int_equal(uiommufd_vcmdq_step(hw->platform, UINT64_MAX), 5);
	assert_int_equal(uiommufd_fault_hits(hw->platform, handle), 1);
	/* Another queue's fault is not ours. */
	inject(hw, (struct uiommufd_fault){
		.kind = UIOMMUFD_FAULT_ILLEGAL_COMMAND, .number = 3 });
	ring_put(&ring, SYNC0, 0);
	wr(hw, LV(1, 0) + 4, ring.prod);
	assert_int_equal(uiommufd_vcmdq_step(hw->platform, UINT64_MAX), 1);
	ring_fini(&ring);
	hw_free(hw);
}

/* Law: a stuck unit's STATUS stays, in both directions, until cleared. */
static void test_stuck(void **state)
{
	struct hw *hw = hw_new();
	struct ring ring;
	int handle;

	handle = inject(hw, (struct uiommufd_fault){
		.kind = UIOMMUFD_FAULT_STUCK_ENABLE,
		.unit = UIOMMUFD_UNIT_CMDQV });
	wr(hw, 0, 1);
	uiommufd_platform_advance(hw->platform, 2000000000);
	assert_int_equal(rd(hw, 8), 0);
	uiommufd_fault_clear(hw->platform, handle);
	assert_int_equal(rd(hw, 8), 1);

	handle = inject(hw, (struct uiommufd_fault){
		.kind = UIOMMUFD_FAULT_STUCK_ENABLE,
		.unit = UIOMMUFD_UNIT_VINTF, .number = 1 });
	wr(hw, VINTF(1), 1);
	wr(hw, VINTF(2), 1);
	assert_int_equal(rd(hw, VINTF(1) + 4), 0);
	assert_int_equal(rd(hw, VINTF(2) + 4), 1);
	uiommufd_fault_clear(hw->platform, handle);
	assert_int_equal(rd(hw, VINTF(1) + 4), 1);

	ring_init(&ring, 4);
	hw_guest_queue(hw, &ring);
	handle = inject(hw, (struct uiommufd_fault){
		.kind = UIOMMUFD_FAULT_STUCK_ENABLE, .number = 2 });
	wr(hw, LV(1, 0) + 8, 0);
	assert_int_equal(rd(hw, LV(1, 0) + 0xc), 1);
	/* Stopping already: nothing more is consumed. */
	ring_put(&ring, SYNC0, 0);
	wr(hw, LV(1, 0) + 4, ring.prod);
	assert_int_equal(uiommufd_vcmdq_step(hw->platform, UINT64_MAX), 0);
	uiommufd_fault_clear(hw->platform, handle);
	assert_int_equal(rd(hw, LV(1, 0) + 0xc), 0);
	ring_fini(&ring);
	hw_free(hw);
}

static int runs;

static irqreturn_t count_run(int irq, void *arg)
{
	runs++;
	return IRQ_HANDLED;
}

/* Law: lost interrupts are not raised, spurious ones have no cause. */
static void test_interrupts(void **state)
{
	struct hw *hw = hw_new();
	int irq = hw->sim->irq[SIM_LINE_CMDQV];
	struct ring ring;

	runs = 0;
	assert_int_equal(request_threaded_irq(irq, NULL, count_run,
					      IRQF_ONESHOT, "test", hw), 0);
	ring_init(&ring, 4);
	hw_guest_queue(hw, &ring);
	inject(hw, (struct uiommufd_fault){
		.kind = UIOMMUFD_FAULT_LOST_INTERRUPT,
		.unit = UIOMMUFD_UNIT_CMDQV, .times = 1 });
	ring_put(&ring, 0xee, 0);
	wr(hw, LV(1, 0) + 4, ring.prod);
	uiommufd_vcmdq_step(hw->platform, UINT64_MAX);
	uiommufd_platform_interrupts(hw->platform);
	assert_int_equal(runs, 0);
	assert_int_equal(rd(hw, 0x14), 2);
	wr(hw, LV(1, 0) + 0x14, 1);
	uiommufd_vcmdq_step(hw->platform, UINT64_MAX);
	uiommufd_platform_interrupts(hw->platform);
	assert_int_equal(runs, 1);
	inject(hw, (struct uiommufd_fault){
		.kind = UIOMMUFD_FAULT_SPURIOUS_INTERRUPT,
		.unit = UIOMMUFD_UNIT_CMDQV });
	uiommufd_platform_interrupts(hw->platform);
	assert_int_equal(runs, 2);
	free_irq(irq, hw);
	ring_fini(&ring);
	hw_free(hw);
}

/* Law: SLOW adds its delay to the commands it selects. */
static void test_slow(void **state)
{
	struct hw *hw = hw_new();
	struct ring ring;

	ring_init(&ring, 4);
	hw_guest_queue(hw, &ring);
	inject(hw, (struct uiommufd_fault){
		.kind = UIOMMUFD_FAULT_SLOW, .number = UIOMMUFD_QUEUE_ANY,
		.match_opcode = true, .opcode = 0x46, .delay_ns = 250 });
	ring_put(&ring, 0x11, 0);
	ring_put(&ring, SYNC0, 0);
	wr(hw, LV(1, 0) + 4, ring.prod);
	assert_int_equal(uiommufd_vcmdq_step(hw->platform, UINT64_MAX), 1);
	uiommufd_platform_advance(hw->platform, 249);
	assert_int_equal(uiommufd_vcmdq_step(hw->platform, UINT64_MAX), 0);
	uiommufd_platform_advance(hw->platform, 1);
	assert_int_equal(uiommufd_vcmdq_step(hw->platform, UINT64_MAX), 1);
	ring_fini(&ring);
	hw_free(hw);
}

static struct uiommufd_fault parsed(const char *spec)
{
	struct uiommufd_fault fault;
	const char *why;

	if (uiommufd_fault_parse(spec, &fault, &why))
		fail_msg("%s: %s", spec, why);
	assert_null(why);
	return fault;
}

/* Law: each word of a specification sets its member, the others stay. */
static void test_parse(void **state)
{
	struct uiommufd_fault f = parsed("illegal-opcode");

	assert_int_equal(f.kind, UIOMMUFD_FAULT_ILLEGAL_COMMAND);
	assert_int_equal(f.unit, UIOMMUFD_UNIT_QUEUE);
	assert_int_equal(f.number, UIOMMUFD_QUEUE_ANY);
	assert_int_equal(f.times, 1);
	assert_false(f.match_opcode);
	f = parsed("slow,queue=main,opcode=0x46,skip=3,times=7,delay=99");
	assert_int_equal(f.number, UIOMMUFD_QUEUE_MAIN);
	assert_true(f.match_opcode);
	assert_int_equal(f.opcode, 0x46);
	assert_int_equal(f.skip, 3);
	assert_int_equal(f.times, 7);
	assert_int_equal(f.delay_ns, 99);
	f = parsed("stuck-enable,vintf=3");
	assert_int_equal(f.unit, UIOMMUFD_UNIT_VINTF);
	assert_int_equal(f.number, 3);
	f = parsed("lost-interrupt");
	assert_int_equal(f.unit, UIOMMUFD_UNIT_CMDQV);
	f = parsed("lost-interrupt,unit=smmu");
	assert_int_equal(f.unit, UIOMMUFD_UNIT_SMMU);
	for (int kind = 0; kind <= UIOMMUFD_FAULT_LOST_INVALIDATION; kind++)
		assert_int_equal(parsed(uiommufd_fault_name(kind)).kind, kind);
	assert_null(uiommufd_fault_name(99));
}

/* Law: what is wrong is told, and nothing written. */
static void test_parse_refusals(void **state)
{
	static const char *const bad[] = {
		"", "slower", "slow,", "slow,delay", "slow,delay=", "slow,=3",
		"slow,delay=-1", "slow,delay=3x", "slow,opcode=256",
		"slow,queue=128", "slow,queue=first", "slow,vintf=64",
		"slow,unit=disk", "slow,colour=1", "slow,,delay=1",
		"slow,times=99999999999999999999999",
	};
	struct uiommufd_fault fault = { .size = 77 };
	const char *why;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		errno = 0;
		if (!uiommufd_fault_parse(bad[i], &fault, &why))
			fail_msg("accepted: '%s'", bad[i]);
		assert_int_equal(errno, EINVAL);
		assert_non_null(why);
		assert_int_equal(fault.size, 77);
	}
	assert_int_equal(uiommufd_fault_parse("", &fault, NULL), -1);
}

/* Law: an operand that the command does not have is an illegal command. */
static void test_illegal_operand(void **state)
{
	static const uint64_t commands[] = { SYNC0, 0x12, 0x03, 0x44,
					     0x40 | 5ull << 32 };

	for (size_t i = 0; i < 5; i++) {
		struct uiommufd_fault fault = parsed("illegal-operand");
		struct hw *hw = hw_new();
		struct ring ring;

		ring_init(&ring, 4);
		hw_host_queue(hw, &ring);
		uiommufd_fault_inject(hw->platform, &fault);
		ring_put(&ring, commands[i], 0);
		wr(hw, LV(0, 0) + 4, ring.prod);
		uiommufd_vcmdq_step(hw->platform, UINT64_MAX);
		assert_int_equal(rd(hw, LV(0, 0)), 1u << 24);
		/* The command in memory is good: tried again, it works. */
		wr(hw, LV(0, 0) + 0x14, 1);
		uiommufd_vcmdq_step(hw->platform, UINT64_MAX);
		assert_int_equal(rd(hw, LV(0, 0)) & 0xfffff, 1);
		hw_free(hw);
		ring_fini(&ring);
	}
}

/* Law: a lost invalidation is done in every respect but its effect. */
static void test_lost_invalidation(void **state)
{
	struct uiommufd_fault fault = parsed("lost-invalidation");
	struct uiommufd_translation entry = { .log2_page = 12,
					      .address = 0x1000 };
	struct hw *hw = hw_new();
	struct ring ring;

	ring_init(&ring, 4);
	hw_host_queue(hw, &ring);
	uiommufd_cache_fill(hw->platform, UIOMMUFD_CACHE_IOTLB, &entry);
	uiommufd_fault_inject(hw->platform, &fault);
	for (int left = 1; left >= 0; left--) {
		ring_put(&ring, 0x12, 0x1000);
		wr(hw, LV(0, 0) + 4, ring.prod);
		assert_int_equal(uiommufd_vcmdq_step(hw->platform, UINT64_MAX),
				 1);
		assert_int_equal(uiommufd_cache_count(hw->platform,
						      UIOMMUFD_CACHE_IOTLB),
				 left);
	}
	assert_int_equal(counters_of(hw, 0).opcode[0x12], 2);
	hw_free(hw);
	ring_fini(&ring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_selection),
		cmocka_unit_test(test_stuck),
		cmocka_unit_test(test_interrupts),
		cmocka_unit_test(test_slow),
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_parse_refusals),
		cmocka_unit_test(test_illegal_operand),
		cmocka_unit_test(test_lost_invalidation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
