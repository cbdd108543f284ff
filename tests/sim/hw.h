/* SPDX-License-Identifier: MIT */
/*
 * Hardware on the bench: a platform without drivers, driven by hand.
 *
 * Registers are reached at their offset in the block; queue memory is plain
 * memory of the test, whose physical address is its address.
 */
#ifndef TESTS_SIM_HW_H
#define TESTS_SIM_HW_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uik/machine.h>
#include <uiommufd/platform.h>
#include "kit/usercopy.h"
#include "sim/cmdqv.h"
#include "sim/platform.h"

#define SLOT(q) (0x10000u + 0x80u * (q))
#define SLOT1(q) (0x20000u + 0x80u * (q))
#define LV(v, l) (0x30000u + 0x20000u * (v) + 0x80u * (l))
#define LV1(v, l) (0x40000u + 0x20000u * (v) + 0x80u * (l))
#define VINTF(v) (0x1000u + 0x100u * (v))
#define ALLOC(q) (0x200u + 4u * (q))

struct hw {
	struct uiommufd_platform *platform;
	struct sim *sim;
	struct uiommufd_mmio *cmdqv;
	struct uiommufd_mmio *smmu;
	struct uik_machine *previous;
};

struct ring {
	uint64_t *entry;		/* owned */
	unsigned int log2_size;
	uint32_t prod;
};

static inline struct hw *hw_with(const struct uiommufd_platform_config *config)
{
	struct hw *hw = calloc(1, sizeof(*hw));

	hw->platform = platform_build(config);
	assert_non_null(hw->platform);
	hw->previous = uik_enter(hw->platform->machine);
	hw->sim = platform_sim(hw->platform);
	hw->cmdqv = uiommufd_vcmdq_registers(hw->platform);
	hw->smmu = uiommufd_smmu_registers(hw->platform);
	return hw;
}

/* 4 VINTFs, 8 VCMDQs, 4 SIDs; virtual time; nothing moves by itself. */
static inline void hw_config(struct uiommufd_platform_config *config)
{
	uiommufd_platform_config_init(config, "tegra241");
	config->clock = UIOMMUFD_CLOCK_MANUAL;
	config->hardware.engine = UIOMMUFD_ENGINE_STEPPED;
	config->hardware.log2_vintfs = 2;
	config->hardware.log2_vcmdqs = 3;
	config->hardware.log2_sids = 2;
}

static inline struct hw *hw_new(void)
{
	struct uiommufd_platform_config config;

	hw_config(&config);
	return hw_with(&config);
}

/* Each command takes @command_ns. */
static inline struct hw *hw_slow(uint64_t command_ns)
{
	struct uiommufd_platform_config config;

	hw_config(&config);
	config.hardware.command_latency_ns = command_ns;
	return hw_with(&config);
}

static inline void hw_free(struct hw *hw)
{
	uik_leave(hw->previous);
	uiommufd_platform_free(hw->platform);
	free(hw);
}

/*
 * The test without cmocka's own handlers of faults, which make the library ask
 * the system for memory that it would otherwise touch.
 */
static inline void run_directly(void (*test)(void **state), void **state)
{
	struct fault_hold hold;

	fault_handler_hold(&hold);
	fault_distrust();	/* what was found before is out of date */
	test(state);
	fault_handler_release(&hold);
	fault_distrust();
}

#define DIRECTLY(test)                                 \
	static void test##_directly(void **state)      \
	{                                              \
		run_directly(test, state);             \
	}

static inline uint32_t rd(struct hw *hw, uint32_t offset)
{
	return uiommufd_mmio_read(hw->cmdqv, offset, 4);
}

static inline void wr(struct hw *hw, uint32_t offset, uint32_t value)
{
	uiommufd_mmio_write(hw->cmdqv, offset, 4, value);
}

static inline uint64_t rd64(struct hw *hw, uint32_t offset)
{
	return uiommufd_mmio_read(hw->cmdqv, offset, 8);
}

static inline void wr64(struct hw *hw, uint32_t offset, uint64_t value)
{
	uiommufd_mmio_write(hw->cmdqv, offset, 8, value);
}

static inline uint32_t srd(struct hw *hw, uint32_t offset)
{
	return uiommufd_mmio_read(hw->smmu, offset, 4);
}

static inline void swr(struct hw *hw, uint32_t offset, uint32_t value)
{
	uiommufd_mmio_write(hw->smmu, offset, 4, value);
}

static inline uint64_t guest_error_count(struct uiommufd_mmio *mmio)
{
	struct uiommufd_mmio_counters counters;

	uiommufd_mmio_read_counters(mmio, &counters);
	return counters.guest_errors;
}

static inline void ring_init(struct ring *ring, unsigned int log2_size)
{
	size_t bytes = (size_t)16 << log2_size;

	ring->entry = aligned_alloc(bytes < 4096 ? 4096 : bytes,
				    bytes < 4096 ? 4096 : bytes);
	assert_non_null(ring->entry);
	memset(ring->entry, 0, bytes);
	ring->log2_size = log2_size;
	ring->prod = 0;
}

static inline void ring_fini(struct ring *ring)
{
	free(ring->entry);
}

static inline void ring_put(struct ring *ring, uint64_t word0, uint64_t word1)
{
	uint32_t slot = ring->prod & ((1u << ring->log2_size) - 1);

	ring->entry[2 * slot] = word0;
	ring->entry[2 * slot + 1] = word1;
	ring->prod = (ring->prod + 1) & ((2u << ring->log2_size) - 1);
}

static inline uint64_t ring_base(const struct ring *ring)
{
	return (uint64_t)(uintptr_t)ring->entry | ring->log2_size;
}

/* The block on, VINTF @v on with these CONFIG bits, queue @q as (@v, @l). */
static inline void hw_enable_vintf(struct hw *hw, unsigned int v,
				   uint32_t config)
{
	wr(hw, 0x0000, rd(hw, 0x0000) | 1);
	wr(hw, VINTF(v), config & ~1u);
	wr(hw, VINTF(v), config | 1);
	assert_int_equal(rd(hw, VINTF(v) + 4) & 1, 1);
}

static inline void hw_map(struct hw *hw, unsigned int q, unsigned int v,
			  unsigned int l)
{
	wr(hw, ALLOC(q), v << 15 | l << 1);
	wr(hw, ALLOC(q), v << 15 | l << 1 | 1);
}

static inline void hw_start(struct hw *hw, unsigned int v, unsigned int l,
			    const struct ring *ring)
{
	wr64(hw, LV1(v, l), ring_base(ring));
	wr(hw, LV(v, l) + 8, 1);
	assert_int_equal(rd(hw, LV(v, l) + 0xc), 1);
}

/* VINTF 1 as a guest's with VMID 0x55, queue 2 as its LVCMDQ 0, running. */
static inline void hw_guest_queue(struct hw *hw, struct ring *ring)
{
	hw_enable_vintf(hw, 1, 0x55 << 1);
	hw_map(hw, 2, 1, 0);
	hw_start(hw, 1, 0, ring);
}

/* VINTF 0 as the hypervisor's, queue 0 as its LVCMDQ 0, running. */
static inline void hw_host_queue(struct hw *hw, struct ring *ring)
{
	hw_enable_vintf(hw, 0, 1u << 17);
	hw_map(hw, 0, 0, 0);
	hw_start(hw, 0, 0, ring);
}

/* The SMMU's own queue, running. */
static inline void hw_main_queue(struct hw *hw, struct ring *ring)
{
	uiommufd_mmio_write(hw->smmu, 0x90, 8, ring_base(ring));
	swr(hw, 0x98, 0);
	swr(hw, 0x9c, 0);
	swr(hw, 0x20, 8);
	assert_int_equal(srd(hw, 0x24), 8);
}

static inline struct uiommufd_vcmdq_counters counters_of(struct hw *hw,
							 int queue)
{
	struct uiommufd_vcmdq_counters counters;

	assert_int_equal(
		uiommufd_vcmdq_read_counters(hw->platform, queue, &counters), 0);
	return counters;
}

static inline struct uiommufd_vcmdq_state state_of(struct hw *hw, int queue)
{
	struct uiommufd_vcmdq_state state;

	assert_int_equal(
		uiommufd_vcmdq_read_state(hw->platform, queue, &state), 0);
	return state;
}

/* Commands. */
static inline uint64_t tlbi_va0(unsigned int vmid, unsigned int asid)
{
	return 0x12 | (uint64_t)vmid << 32 | (uint64_t)asid << 48;
}

static inline uint64_t sid_command(unsigned int opcode, uint32_t sid)
{
	return opcode | (uint64_t)sid << 32;
}

#define SYNC0 UINT64_C(0x46)

/* A small generator: the seed is printed when a property fails. */
static inline uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

#endif
