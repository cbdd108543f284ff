/* SPDX-License-Identifier: MIT */
/*
 * The SMMU's registers, its command queue and its event queue.
 */
#include "hw.h"
#include <linux/interrupt.h>

/* Law (spec/70 7): the driver's requirements on the identification hold. */
static void test_identity(void **state)
{
	struct uiommufd_platform_config config;
	struct hw *hw;
	uint32_t idr0, idr1;

	uiommufd_platform_config_init(&config, "smmuv3");
	config.hardware.engine = UIOMMUFD_ENGINE_STEPPED;
	config.hardware.log2_commands = 9;
	config.hardware.log2_events = 5;
	hw = hw_with(&config);
	idr0 = srd(hw, 0);
	idr1 = srd(hw, 4);
	assert_int_equal(idr0 & 3, 3);
	assert_true((idr0 >> 2 & 3) >= 2);
	assert_int_equal(idr0 >> 21 & 3, 2);
	assert_int_equal(idr0 >> 14 & 1, 0);
	assert_int_equal(idr1 >> 27, 0);
	assert_int_equal(idr1 >> 21 & 31, 9);
	assert_int_equal(idr1 >> 16 & 31, 5);
	assert_int_equal(srd(hw, 0xc) >> 8 & 1, 1);
	assert_int_equal(srd(hw, 0xc) >> 10 & 1, 1);
	assert_true((srd(hw, 0x18) & 0xfff) != 0x43b);
	for (uint32_t at = 0; at <= 0x1c; at += 4) {
		uint32_t before = srd(hw, at);

		swr(hw, at, ~before);
		assert_int_equal(srd(hw, at), before);
	}
	assert_int_equal(guest_error_count(hw->smmu), 8);
	assert_null(uiommufd_vcmdq_registers(hw->platform));
	hw_free(hw);
}

static uint64_t sync_and_wait(struct hw *hw, struct ring *ring)
{
	ring_put(ring, SYNC0, 0);
	swr(hw, 0x98, ring->prod);
	return uiommufd_vcmdq_step(hw->platform, UINT64_MAX);
}

/* Law (spec/70 7): the driver's reset sequence, in its order, is clean. */
static void test_reset_sequence(void **state)
{
	struct hw *hw = hw_new();
	struct ring ring;

	ring_init(&ring, 8);
	assert_int_equal(srd(hw, 0x20), 0);
	swr(hw, 0x20, 0);
	assert_int_equal(srd(hw, 0x24), 0);
	swr(hw, 0x28, 0x0d75);
	swr(hw, 0x2c, 6);
	uiommufd_mmio_write(hw->smmu, 0x80, 8, 1ull << 62 | 0x40000);
	swr(hw, 0x88, 1 << 16 | 8 << 6 | 20);
	uiommufd_mmio_write(hw->smmu, 0x90, 8, 1ull << 62 | ring_base(&ring));
	swr(hw, 0x98, 0);
	swr(hw, 0x9c, 0);
	swr(hw, 0x20, 8);
	assert_int_equal(srd(hw, 0x24), 8);
	ring_put(&ring, 4, 31);
	assert_int_equal(sync_and_wait(hw, &ring), 2);
	ring_put(&ring, 0x20, 0);
	assert_int_equal(sync_and_wait(hw, &ring), 2);
	ring_put(&ring, 0x30, 0);
	assert_int_equal(sync_and_wait(hw, &ring), 2);
	assert_int_equal(srd(hw, 0x9c), 6);
	uiommufd_mmio_write(hw->smmu, 0xa0, 8, 0x80000 | 4);
	swr(hw, 0x100a8, 0);
	swr(hw, 0x100ac, 0);
	swr(hw, 0x20, 0xc);
	assert_int_equal(srd(hw, 0x24), 0xc);
	swr(hw, 0x20, 0x1c);
	assert_int_equal(srd(hw, 0x24), 0x1c);
	swr(hw, 0x50, 0);
	assert_int_equal(srd(hw, 0x54), 0);
	uiommufd_mmio_write(hw->smmu, 0x68, 8, 0);
	uiommufd_mmio_write(hw->smmu, 0xb0, 8, 0);
	swr(hw, 0x50, 5);
	assert_int_equal(srd(hw, 0x54), 5);
	swr(hw, 0x20, 0x1d);
	assert_int_equal(srd(hw, 0x24), 0x1d);
	swr(hw, 0x44, 1u << 31 | 1 << 20);
	assert_int_equal(srd(hw, 0x44), 1 << 20);
	assert_int_equal(guest_error_count(hw->smmu), 0);
	ring_fini(&ring);
	hw_free(hw);
}

/* Law: bits of CR0 that the hardware does not have are never acknowledged. */
static void test_cr0_unsupported(void **state)
{
	struct uiommufd_platform_config config;
	struct hw *hw;

	hw_config(&config);
	config.hardware.idr[0] &= ~(1u << 10);
	hw = hw_with(&config);
	swr(hw, 0x20, 0x16);
	assert_int_equal(srd(hw, 0x24), 4);
	hw_free(hw);
}

/* Law: CR0ACK follows CR0 after the latency, or never when stuck. */
static void test_ack_latency(void **state)
{
	struct uiommufd_platform_config config;
	struct uiommufd_fault fault = {
		.size = sizeof(fault), .kind = UIOMMUFD_FAULT_STUCK_ENABLE,
		.unit = UIOMMUFD_UNIT_SMMU,
	};
	struct hw *hw;
	int handle;

	hw_config(&config);
	config.hardware.enable_latency_ns = 100;
	hw = hw_with(&config);
	swr(hw, 0x20, 4);
	assert_int_equal(srd(hw, 0x24), 0);
	uiommufd_platform_advance(hw->platform, 100);
	assert_int_equal(srd(hw, 0x24), 4);
	handle = uiommufd_fault_inject(hw->platform, &fault);
	swr(hw, 0x20, 0);
	uiommufd_platform_advance(hw->platform, 1000000);
	assert_int_equal(srd(hw, 0x24), 4);
	uiommufd_fault_clear(hw->platform, handle);
	assert_int_equal(srd(hw, 0x24), 0);
	hw_free(hw);
}

/* Law (spec/70 6.2): the main queue's errors are the SMMU's GERROR bit 0. */
static void test_command_error(void **state)
{
	struct hw *hw = hw_new();
	struct ring ring;

	ring_init(&ring, 7);
	hw_main_queue(hw, &ring);
	ring_put(&ring, 0xee, 0);
	assert_int_equal(sync_and_wait(hw, &ring), 0);
	assert_int_equal(srd(hw, 0x9c), 1 << 24);
	assert_int_equal(srd(hw, 0x60) ^ srd(hw, 0x64), 1);
	ring.entry[0] = SYNC0 | 2 << 12;
	swr(hw, 0x64, srd(hw, 0x60));
	assert_int_equal(uiommufd_vcmdq_step(hw->platform, UINT64_MAX), 2);
	assert_int_equal(srd(hw, 0x9c), 2);
	/* The second error toggles back. */
	ring_put(&ring, 0xee, 0);
	sync_and_wait(hw, &ring);
	assert_int_equal(srd(hw, 0x60), 0);
	assert_int_equal(srd(hw, 0x64), 1);
	ring_fini(&ring);
	hw_free(hw);
}

/* Law (spec/70 6.3): a CMD_SYNC may write its own entry's first word. */
static void test_msi_polling(void **state)
{
	struct hw *hw = hw_new();
	struct ring ring;

	ring_init(&ring, 7);
	hw_main_queue(hw, &ring);
	ring_put(&ring, 0x30, 0);
	ring_put(&ring, SYNC0 | 1 << 12 | 3 << 22,
		 (uintptr_t)&ring.entry[2]);
	swr(hw, 0x98, ring.prod);
	uiommufd_vcmdq_step(hw->platform, UINT64_MAX);
	assert_int_equal((uint32_t)ring.entry[2], 0);
	assert_int_equal(srd(hw, 0x9c), 2);
	ring_fini(&ring);
	hw_free(hw);
}

/*
 * Law (7): a CMD_SYNC whose message nothing takes completes; MSI_CMDQ_ABT tells of
 * it, once, whichever queue of the hypervisor's it was.
 */
static void test_sync_msi_abort(void **state)
{
	struct hw *hw = hw_new();
	struct ring ring, host;

	ring_init(&ring, 7);
	ring_init(&host, 4);
	hw_main_queue(hw, &ring);
	hw_host_queue(hw, &host);
	swr(hw, 0x50, 1);
	for (uint32_t acks = 0; acks < 2; acks++) {
		ring_put(&ring, SYNC0 | 1 << 12, 0x1000);
		ring_put(&host, SYNC0 | 1 << 12, 0x1000);
		swr(hw, 0x98, ring.prod);
		wr(hw, LV(0, 0) + 4, host.prod);
		uiommufd_vcmdq_step(hw->platform, UINT64_MAX);
		assert_int_equal(srd(hw, 0x9c), 1 + acks);
		assert_int_equal(rd(hw, LV(0, 0)), 1 + acks);
		assert_int_equal(srd(hw, 0x60) ^ srd(hw, 0x64), 1 << 4);
		assert_int_equal(counters_of(hw, UIOMMUFD_QUEUE_ANY)
					 .smmu_interrupts, 1 + acks);
		swr(hw, 0x64, srd(hw, 0x60));
	}
	assert_int_equal(counters_of(hw, UIOMMUFD_QUEUE_ANY).msi_writes, 0);
	ring_fini(&ring);
	ring_fini(&host);
	hw_free(hw);
}

/*
 * Law (7): GERROR's message goes to its own address, if IRQ_CTRL lets it, once for
 * an error.
 */
static void test_gerror_msi(void **state)
{
	uint32_t *word = aligned_alloc(64, 64);
	struct hw *hw = hw_new();
	struct ring ring;

	ring_init(&ring, 7);
	hw_main_queue(hw, &ring);
	uiommufd_mmio_write(hw->smmu, 0x68, 8, (uintptr_t)word);
	swr(hw, 0x70, 0x815);
	for (uint32_t enabled = 0; enabled < 2; enabled++) {
		*word = 0;
		/* EVTQ's bit alone does nothing for it. */
		swr(hw, 0x50, enabled ? 1 : 4);
		ring_put(&ring, 0xee, 0);
		swr(hw, 0x98, ring.prod);
		uiommufd_vcmdq_step(hw->platform, UINT64_MAX);
		assert_int_equal(*word, enabled ? 0x815 : 0);
		ring.entry[2 * enabled] = SYNC0;
		swr(hw, 0x64, srd(hw, 0x60));
		uiommufd_vcmdq_step(hw->platform, UINT64_MAX);
		assert_int_equal(srd(hw, 0x9c), 1 + enabled);
	}
	assert_int_equal(counters_of(hw, UIOMMUFD_QUEUE_ANY).smmu_interrupts,
			 1);
	free(word);
	ring_fini(&ring);
	hw_free(hw);
}

/* Law (7): tables, and the event queue, stay as they are while they are used. */
static void test_used(void **state)
{
	static const struct {
		uint32_t at, width, enable;
	} rows[] = {
		{ 0x28, 4, 1 }, { 0x2c, 4, 1 }, { 0x80, 8, 1 }, { 0x88, 4, 1 },
		{ 0xa0, 8, 4 }, { 0x100a8, 4, 4 },
	};
	struct hw *hw = hw_new();

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t was = uiommufd_mmio_read(hw->smmu, rows[i].at,
						  rows[i].width);
		uint64_t other = was ^ 0x40, told;

		/* PTM and RECINVSID are what CR2 has. */
		other = rows[i].at == 0x2c ? was ^ 6 : other;
		swr(hw, 0x20, rows[i].enable);
		told = guest_error_count(hw->smmu);
		uiommufd_mmio_write(hw->smmu, rows[i].at, rows[i].width, other);
		assert_true(uiommufd_mmio_read(hw->smmu, rows[i].at,
					       rows[i].width) == was);
		assert_int_equal(guest_error_count(hw->smmu), told + 1);
		/* The other half of CR0 does not matter to it. */
		swr(hw, 0x20, 5 & ~rows[i].enable);
		uiommufd_mmio_write(hw->smmu, rows[i].at, rows[i].width, other);
		assert_true(uiommufd_mmio_read(hw->smmu, rows[i].at,
					       rows[i].width) == other);
	}
	hw_free(hw);
}

/* Law (7): a queue of no good place or size is told, and does not run. */
static void test_bad_queue(void **state)
{
	struct hw *hw = hw_new();
	struct ring ring;

	ring_init(&ring, 7);
	ring_put(&ring, SYNC0, 0);
	uiommufd_mmio_write(hw->smmu, 0x90, 8, ring_base(&ring) | 0x20);
	swr(hw, 0x20, 8);
	assert_int_equal(guest_error_count(hw->smmu), 1);
	swr(hw, 0x98, ring.prod);
	assert_int_equal(uiommufd_vcmdq_step(hw->platform, UINT64_MAX), 0);
	assert_int_equal(srd(hw, 0x9c), 0);
	ring_fini(&ring);
	hw_free(hw);
}

/* Law: while CMDQEN, base and CONS are the hardware's. */
static void test_locked(void **state)
{
	struct hw *hw = hw_new();
	struct ring ring;

	ring_init(&ring, 7);
	hw_main_queue(hw, &ring);
	uiommufd_mmio_write(hw->smmu, 0x90, 8, 0x1000 | 7);
	swr(hw, 0x9c, 3);
	assert_true(uiommufd_mmio_read(hw->smmu, 0x90, 8) == ring_base(&ring));
	assert_int_equal(srd(hw, 0x9c), 0);
	assert_int_equal(guest_error_count(hw->smmu), 2);
	swr(hw, 0x20, 0);
	swr(hw, 0x9c, 3);
	assert_int_equal(srd(hw, 0x9c), 3);
	ring_fini(&ring);
	hw_free(hw);
}

static int runs;

static irqreturn_t count_run(int irq, void *arg)
{
	runs++;
	return IRQ_HANDLED;
}

static void event_setup(struct hw *hw, uint64_t *queue, unsigned int log2_size)
{
	uiommufd_mmio_write(hw->smmu, 0xa0, 8, (uintptr_t)queue | log2_size);
	swr(hw, 0x20, 4);
	swr(hw, 0x50, 5);
}

/* Law: records arrive in order; a full queue flags overflow once. */
static void test_events(void **state)
{
	uint64_t *queue = aligned_alloc(4096, 4096);
	struct hw *hw = hw_new();
	int irq = hw->sim->irq[SIM_LINE_EVENTQ];
	uint64_t record[4] = { 0x10, 2, 3, 4 };

	runs = 0;
	assert_int_equal(uiommufd_smmu_event(hw->platform, record), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(request_threaded_irq(irq, NULL, count_run,
					      IRQF_ONESHOT, "test", hw), 0);
	event_setup(hw, queue, 2);
	for (uint64_t i = 0; i < 4; i++) {
		record[2] = i;
		assert_int_equal(uiommufd_smmu_event(hw->platform, record), 0);
	}
	uiommufd_platform_interrupts(hw->platform);
	assert_true(runs >= 1);
	assert_int_equal(srd(hw, 0x100a8), 4);
	for (uint64_t i = 0; i < 4; i++) {
		assert_true(queue[4 * i] == 0x10);
		assert_true(queue[4 * i + 2] == i);
	}
	for (int i = 0; i < 2; i++) {
		assert_int_equal(uiommufd_smmu_event(hw->platform, record),
				 -1);
		assert_int_equal(errno, ENOSPC);
		assert_int_equal(srd(hw, 0x100a8), 1u << 31 | 4);
	}
	/* Room again, overflow acknowledged. */
	swr(hw, 0x100ac, 1u << 31 | 4);
	assert_int_equal(uiommufd_smmu_event(hw->platform, record), 0);
	assert_int_equal(srd(hw, 0x100a8), 1u << 31 | 5);
	assert_int_equal(counters_of(hw, UIOMMUFD_QUEUE_ANY).events, 5);
	assert_int_equal(counters_of(hw, UIOMMUFD_QUEUE_ANY).events_lost, 3);
	free_irq(irq, hw);
	free(queue);
	hw_free(hw);
}

/* Law: a message address takes the place of the line. */
static void test_event_msi(void **state)
{
	uint64_t *queue = aligned_alloc(4096, 4096);
	uint32_t *word = aligned_alloc(64, 64);
	struct hw *hw = hw_new();
	uint64_t record[4] = { 0x10 };

	*word = 0;
	uiommufd_mmio_write(hw->smmu, 0xb0, 8, (uintptr_t)word);
	swr(hw, 0xb8, 0x4711);
	event_setup(hw, queue, 2);
	uiommufd_smmu_event(hw->platform, record);
	assert_int_equal(*word, 0x4711);
	free(queue);
	free(word);
	hw_free(hw);
}

/* Law (7): a message that nothing takes raises MSI_EVTQ_ABT; the record is there. */
static void test_event_msi_abort(void **state)
{
	uint64_t *queue = aligned_alloc(4096, 4096);
	struct hw *hw = hw_new();
	uint64_t record[4] = { 0x10 };

	uiommufd_mmio_write(hw->smmu, 0xb0, 8, 0x1000);
	event_setup(hw, queue, 2);
	assert_int_equal(uiommufd_smmu_event(hw->platform, record), 0);
	assert_int_equal(srd(hw, 0x60), 1 << 5);
	assert_int_equal(srd(hw, 0x100a8), 1);
	free(queue);
	hw_free(hw);
}

/* Law: an event queue in no memory raises EVTQ_ABT. */
static void test_event_abort(void **state)
{
	struct hw *hw = hw_new();
	int irq = hw->sim->irq[SIM_LINE_GERROR];
	uint64_t record[4] = { 0x10 };

	runs = 0;
	assert_int_equal(request_threaded_irq(irq, NULL, count_run,
					      IRQF_ONESHOT, "test", hw), 0);
	event_setup(hw, (uint64_t *)0x1000, 2);
	assert_int_equal(uiommufd_smmu_event(hw->platform, record), -1);
	assert_int_equal(errno, EFAULT);
	assert_int_equal(srd(hw, 0x60), 4);
	uiommufd_platform_interrupts(hw->platform);
	assert_int_equal(runs, 1);
	/* Active already: no news. */
	assert_int_equal(uiommufd_smmu_event(hw->platform, record), -1);
	assert_int_equal(srd(hw, 0x60), 4);
	uiommufd_platform_interrupts(hw->platform);
	assert_int_equal(runs, 1);
	free_irq(irq, hw);
	hw_free(hw);
}

/* Law (7, 3.1): CMDQEN is acknowledged as off when the last command is done. */
static void test_off_when_done(void **state)
{
	struct ring ring;
	struct hw *hw = hw_slow(1000);

	ring_init(&ring, 4);
	hw_main_queue(hw, &ring);
	ring_put(&ring, SYNC0, 0);
	swr(hw, 0x98, ring.prod);
	uiommufd_vcmdq_step(hw->platform, UINT64_MAX);
	swr(hw, 0x20, 0);
	assert_int_equal(srd(hw, 0x24), 8);
	uiommufd_platform_advance(hw->platform, 1000);
	assert_int_equal(uiommufd_vcmdq_step(hw->platform, UINT64_MAX), 1);
	assert_int_equal(srd(hw, 0x24), 0);
	ring_fini(&ring);
	hw_free(hw);
}

/* Law (7): without its bit in IRQ_CTRL an event makes no interrupt. */
static void test_irq_ctrl(void **state)
{
	uint64_t *queue = aligned_alloc(4096, 4096);
	struct hw *hw = hw_new();
	int irq = hw->sim->irq[SIM_LINE_EVENTQ];
	uint64_t record[4] = { 0x10 };

	runs = 0;
	assert_int_equal(request_threaded_irq(irq, NULL, count_run,
					      IRQF_ONESHOT, "test", hw), 0);
	event_setup(hw, queue, 4);
	for (int on = 0; on < 2; on++) {
		/* GERROR's bit alone does nothing for an event. */
		swr(hw, 0x50, on ? 4 : 1);
		assert_int_equal(uiommufd_smmu_event(hw->platform, record), 0);
		uiommufd_platform_interrupts(hw->platform);
		assert_int_equal(runs, on);
		assert_int_equal(srd(hw, 0x100a8), 1 + on);
	}
	free_irq(irq, hw);
	free(queue);
	hw_free(hw);
}

/* Law (7): GBPA changes by UPDATE only, which is over when it is read. */
static void test_gbpa(void **state)
{
	struct hw *hw = hw_new();
	uint32_t reset = srd(hw, 0x44);

	assert_int_equal(reset & (1u << 31 | 1u << 20), 0);
	swr(hw, 0x44, reset | 1u << 20);
	assert_int_equal(srd(hw, 0x44), reset);
	swr(hw, 0x44, reset | 1u << 31 | 1u << 20);
	assert_int_equal(srd(hw, 0x44), reset | 1u << 20);
	swr(hw, 0x44, reset | 1u << 31);
	assert_int_equal(srd(hw, 0x44), reset);
	hw_free(hw);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_reset_sequence),
		cmocka_unit_test(test_cr0_unsupported),
		cmocka_unit_test(test_ack_latency),
		cmocka_unit_test(test_command_error),
		cmocka_unit_test(test_msi_polling),
		cmocka_unit_test(test_sync_msi_abort),
		cmocka_unit_test(test_gerror_msi),
		cmocka_unit_test(test_used),
		cmocka_unit_test(test_bad_queue),
		cmocka_unit_test(test_locked),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_event_msi),
		cmocka_unit_test(test_event_msi_abort),
		cmocka_unit_test(test_event_abort),
		cmocka_unit_test(test_off_when_done),
		cmocka_unit_test(test_irq_ctrl),
		cmocka_unit_test(test_gbpa),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
