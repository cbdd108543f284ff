/* SPDX-License-Identifier: MIT */
/*
 * The CMDQV driver against the bench rig: what it does to the registers, and
 * that without it the SMMU works on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <uik/irq.h>
#include <uik/machine.h>
#include <uik/module.h>
#include <uik/task.h>

#include "arm-smmu-v3-impl.h"
#include "arm_rig.h"

/* --- the expected trace -------------------------------------------------- */

static struct rig_step want[RIG_TRACE_MAX];
static unsigned int want_count;

static void step(enum rig_access access, u32 width, u32 offset, u64 value)
{
	want[want_count++] = (struct rig_step){ access, width, offset, value };
}

static void w(u32 offset, u64 value)
{
	step(RIG_WRITE, 4, offset, value);
}

static void w64(u32 offset, u64 value)
{
	step(RIG_WRITE, 8, offset, value);
}

static void r(u32 offset, u64 value)
{
	step(RIG_READ, 4, offset, value);
}

#define LV(l) (0x30000 + 0x80 * (l))
#define LV1(l) (0x40000 + 0x80 * (l))

/* The five lines of a queue's end. */
static void queue_ends(u32 l)
{
	w(LV(l) + 0x08, 0);
	r(LV(l) + 0x0c, 0);
	step(RIG_SYNC, 0, 0, 0);
	step(RIG_SYNC, 0, 0, 0);
	w(LV(l) + 0x04, 0);
	w(LV(l) + 0x00, 0);
	w64(LV1(l) + 0x00, 0);
	w64(LV1(l) + 0x08, 0);
	r(LV(l) + 0x14, 0);
	r(LV(l) + 0x10, 0);
}

static void first_reset(const u64 *base)
{
	u32 c = 0x00020403;
	int l, s;

	r(0x0000, c);
	w(0x0000, c & ~1);
	r(0x0008, 0);
	w(0x0000, c | 1);
	r(0x0008, 1);
	w(0x0200, 0x00000000);
	w(0x0204, 0x00000002);
	for (l = 1; l >= 0; l--) {
		queue_ends(l);
		r(0x0200 + 4 * l, 2 * l);
		w(0x0200 + 4 * l, 2 * l);
	}
	w(0x1000, 0);
	r(0x1004, 0);
	for (s = 0; s < 16; s++) {
		w(0x1040 + 4 * s, 0);
		w(0x1080 + 4 * s, 0);
	}
	w(0x1000, 0x00020000);
	w(0x1000, 0x00020001);
	r(0x1004, 1);
	r(0x1000, 0x00020001);
	for (l = 0; l < 2; l++) {
		r(0x0200 + 4 * l, 2 * l);
		w(0x0200 + 4 * l, 2 * l | 1);
		queue_ends(l);
		w64(LV1(l) + 0x00, base[l]);
		w(LV(l) + 0x08, 1);
		r(LV(l) + 0x0c, 1);
	}
}

static void assert_trace(const struct rig *rig, unsigned int from)
{
	unsigned int i;

	for (i = 0; i < want_count; i++) {
		const struct rig_step *got = &rig->trace[from + i];

		if (memcmp(&want[i], got, sizeof(*got)))
			fail_msg("step %u: want %d %u 0x%05x 0x%llx, got %d %u 0x%05x 0x%llx",
				 i, want[i].access, want[i].width,
				 want[i].offset, want[i].value, got->access,
				 got->width, got->offset, got->value);
	}
	assert_int_equal(rig->trace_count - from, want_count);
}

/* The first step of the reset: CONFIG is read for the second time. */
static unsigned int reset_start(const struct rig *rig)
{
	unsigned int i, reads = 0;

	for (i = 0; i < rig->trace_count; i++)
		if (rig->trace[i].access == RIG_READ &&
		    rig->trace[i].offset == 0 && ++reads == 2)
			return i;
	return rig->trace_count;
}

static struct rig_config cmdqv_config(void)
{
	struct rig_config config;

	rig_config_init(&config);
	config.cmdqv = true;
	return config;
}

static struct rig *boot(const struct rig_config *config)
{
	struct rig *rig = rig_new(config);

	rig->tracing = true;
	assert_int_equal(rig_boot(rig), 0);
	return rig;
}

/*
 * Law: the first reset of the smallest block is exactly the register accesses
 * of spec/70 9.10, in that order.
 */
static void the_first_reset_is_as_specified(void **state)
{
	struct rig_config config = cmdqv_config();
	struct rig *rig = boot(&config);
	u64 base[2];
	int l;

	for (l = 0; l < 2; l++) {
		base[l] = rig->cmdqv[LV1(l) / 4] |
			  (u64)rig->cmdqv[LV1(l) / 4 + 1] << 32;
		/* 48-bit address, log2 of the size, nothing else. */
		assert_int_equal(base[l] & 0x1f, 8);
		assert_int_equal(base[l] & ~0xffffffffffffull, 0);
		assert_int_equal(base[l] & 0xfe0, 0);
	}
	want_count = 0;
	first_reset(base);
	assert_trace(rig, reset_start(rig));
	rig_free(rig);
}

/* Law (9.1): before that, probe reads CONFIG and PARAM and nothing else. */
static void probe_reads_two_registers(void **state)
{
	struct rig_config config = cmdqv_config();
	struct rig *rig = boot(&config);

	assert_int_equal(rig->trace[0].offset, 0x0);
	assert_int_equal(rig->trace[0].access, RIG_READ);
	assert_int_equal(rig->trace[1].offset, 0x4);
	assert_int_equal(rig->trace[1].access, RIG_READ);
	/* Two commands of the SMMU's reset lie between. */
	assert_int_equal(rig->trace[2].access, RIG_SYNC);
	assert_int_equal(rig->trace[3].access, RIG_SYNC);
	assert_int_equal(reset_start(rig), 4);
	rig_free(rig);
}

/* --- which queue --------------------------------------------------------- */

static struct smmu3_device *sd_of(struct rig *rig)
{
	return dev_get_drvdata(&rig->smmu_dev->dev);
}

/* Sends one command and says whether it went to a VCMDQ. */
static bool goes_to_vcmdq(struct rig *rig, enum smmu3_op op)
{
	rig_clear(rig);
	assert_int_equal(smmu3_issue_one(sd_of(rig), smmu3_cmd_op(op), true),
			 0);
	assert_int_equal(rig_count(rig, op), 1);
	return rig_last(rig, op)->secondary;
}

/*
 * Law (8.1, 4): with a hypervisor's rights every command takes the VCMDQ of
 * the CPU; without, only the three that a guest may use.
 */
static void rights_decide_the_queue(void **state)
{
	static const enum smmu3_op guest[] = { SMMU3_OP_TLBI_NH_ASID,
					       SMMU3_OP_TLBI_NH_VA,
					       SMMU3_OP_ATC_INV };
	static const enum smmu3_op host[] = { SMMU3_OP_CFGI_STE,
					      SMMU3_OP_TLBI_NH_ALL,
					      SMMU3_OP_TLBI_S2_IPA };
	struct rig_config config = cmdqv_config();
	struct rig *rig;
	int wired;
	size_t i;

	for (wired = 0; wired < 2; wired++) {
		config.hyp_own_wired = wired;
		rig = boot(&config);
		for (i = 0; i < ARRAY_SIZE(guest); i++)
			assert_true(goes_to_vcmdq(rig, guest[i]));
		for (i = 0; i < ARRAY_SIZE(host); i++)
			assert_int_equal(goes_to_vcmdq(rig, host[i]), !wired);
		rig_free(rig);
	}
}

/* Law (8.1): a CPU always uses the same queue; CPUs are spread. */
static void a_cpu_has_its_queue(void **state)
{
	struct rig_config config = cmdqv_config();
	struct rig *rig = boot(&config);
	int cpu = current->cpu;
	int i;

	for (i = 0; i < 5; i++) {
		current->cpu = i;
		assert_true(goes_to_vcmdq(rig, SMMU3_OP_ATC_INV));
		assert_int_equal(rig_last(rig, SMMU3_OP_ATC_INV)->queue, i % 2);
	}
	current->cpu = cpu;
	rig_free(rig);
}

/*
 * Law (8.2): a batch is submitted, with a CMD_SYNC, before a command that its
 * queue does not support, which goes elsewhere.
 */
static void an_unsupported_command_cuts_the_batch(void **state)
{
	struct rig_config config = cmdqv_config();
	struct arm_smmu_cmd inv = smmu3_cmd_op(SMMU3_OP_ATC_INV);
	struct smmu3_batch batch;
	struct rig *rig;

	config.hyp_own_wired = true;
	rig = boot(&config);
	rig_clear(rig);
	smmu3_batch_start(&batch, sd_of(rig), &inv);
	smmu3_batch_add(&batch, inv);
	smmu3_batch_add(&batch, inv);
	smmu3_batch_add(&batch, smmu3_cmd_op(SMMU3_OP_CFGI_CD));
	assert_int_equal(smmu3_batch_submit(&batch), 0);
	assert_int_equal(rig->command_count, 5);
	assert_int_equal((u8)rig->commands[2].word[0], SMMU3_OP_SYNC);
	assert_true(rig->commands[2].secondary);
	assert_int_equal((u8)rig->commands[3].word[0], SMMU3_OP_CFGI_CD);
	assert_false(rig->commands[3].secondary);
	rig_free(rig);
}

/* --- without it ---------------------------------------------------------- */

static void assert_fallen_back(struct rig *rig)
{
	assert_null(sd_of(rig)->smmu->impl_ops);
	assert_int_equal(sd_of(rig)->smmu->options &
				 ARM_SMMU_OPT_TEGRA241_CMDQV,
			 0);
	assert_false(goes_to_vcmdq(rig, SMMU3_OP_ATC_INV));
}

/*
 * Law (9.1): with the parameter set, CONFIG's enable bit is cleared and the
 * SMMU uses its own queue.
 */
static void the_parameter_disables_it(void **state)
{
	struct rig_config config = cmdqv_config();
	struct rig *rig;

	assert_int_equal(uik_param_set("arm_smmu_v3.disable_cmdqv=1"), 0);
	rig = boot(&config);
	assert_int_equal(uik_param_set("arm_smmu_v3.disable_cmdqv=0"), 0);
	assert_int_equal(rig->cmdqv[0], 0x00020402);
	assert_fallen_back(rig);
	rig_free(rig);
}

/* Law (8.1): the bypass parameter sends everything to the SMMU's queue. */
static void the_parameter_bypasses_it(void **state)
{
	struct rig_config config = cmdqv_config();
	struct rig *rig = boot(&config);

	assert_true(goes_to_vcmdq(rig, SMMU3_OP_ATC_INV));
	assert_int_equal(uik_param_set("arm_smmu_v3.bypass_vcmdq=1"), 0);
	assert_false(goes_to_vcmdq(rig, SMMU3_OP_ATC_INV));
	assert_int_equal(uik_param_set("arm_smmu_v3.bypass_vcmdq=0"), 0);
	rig_free(rig);
}

/* Law: more VINTFs than VCMDQs is no shape to work with. */
static void a_shape_without_queues_is_left_alone(void **state)
{
	struct rig_config config = cmdqv_config();
	struct rig *rig;

	config.param = 0x00004211;
	rig = boot(&config);
	assert_fallen_back(rig);
	rig_free(rig);
}

/* Law (9.1): a missing interrupt is only worth a warning. */
static void it_works_without_an_interrupt(void **state)
{
	struct rig_config config = cmdqv_config();
	struct rig *rig;

	config.cmdqv_irq = false;
	rig = boot(&config);
	assert_true(goes_to_vcmdq(rig, SMMU3_OP_ATC_INV));
	rig_free(rig);
}

static u64 live_blocks(struct rig *rig)
{
	struct uik_audit audit;

	uik_machine_audit(rig->machine, &audit);
	return audit.blocks;
}

/*
 * Law (9.1, bugs.md B80, B81, B83, B89): whichever allocation of a probe
 * fails, the SMMU probes with or without the block, or fails with -ENOMEM; and
 * taking it away leaves nothing, whatever had been reached.
 */
static void every_allocation_of_a_probe_may_fail(void **state)
{
	struct rig_config config = cmdqv_config();
	unsigned int nth, fell_back = 0, failed = 0;
	bool hit = true;

	for (nth = 1; hit; nth++) {
		struct rig *rig = rig_new(&config);
		u64 before;
		int ret;

		/* What the IOMMU core keeps for a machine is made once. */
		assert_int_equal(rig_boot(rig), 0);
		rig_withdraw(rig);
		before = live_blocks(rig);
		uik_fail_nth(nth, 1u << UIK_FAIL_ALLOC, false);
		ret = rig_boot(rig);
		hit = uik_fail_nth(0, 0, false);
		assert_true(ret == 0 || ret == -ENOMEM);
		failed += ret == -ENOMEM;
		if (!ret && hit && rig->smmu_dev &&
		    !sd_of(rig)->smmu->impl_ops) {
			fell_back++;
			assert_fallen_back(rig);
		}
		rig_withdraw(rig);
		assert_int_equal(live_blocks(rig), before);
		rig_free(rig);
	}
	assert_in_range(fell_back, 1, 20);
	assert_in_range(failed, 10, 1000);
}

/* Law (3.1, 9.4): an enable that is never acknowledged fails the reset. */
static void a_stuck_enable_fails_the_probe(void **state)
{
	static const u32 stuck[] = { 0x8, 0x1004, 0x3000c, 0x3008c };
	struct rig_config config = cmdqv_config();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(stuck); i++) {
		struct rig *rig = rig_new(&config);

		rig->stuck_offset = stuck[i];
		assert_int_equal(rig_boot(rig), -ETIMEDOUT);
		rig_free(rig);
	}
}

/* --- errors -------------------------------------------------------------- */

/*
 * Law (9.8): an error of a kernel queue is repaired and acknowledged with the
 * GERROR value; bits for queues that do not exist are warned about and skipped.
 */
static void an_error_of_its_own_queue_is_acknowledged(void **state)
{
	struct rig_config config = cmdqv_config();
	struct rig *rig = boot(&config);
	u64 *entry;
	u64 base = rig->cmdqv[LV1(1) / 4] |
		   (u64)rig->cmdqv[LV1(1) / 4 + 1] << 32;

	entry = (u64 *)(base & ~0x1full);
	entry[0] = 0xff;
	rig->cmdqv[LV(1) / 4] = 1u << 24;	/* CONS: illegal, index 0 */
	rig->cmdqv[LV(1) / 4 + 4] = 1;		/* GERROR */
	rig->cmdqv[0x14 / 4] = 1;		/* VINTF 0 */
	rig->cmdqv[0x10c0 / 4] = 2;		/* LVCMDQ 1 */
	uik_irq_raise(rig->machine, rig->irq[3]);
	uik_irq_run_pending(rig->machine);
	assert_int_equal((u8)entry[0], SMMU3_OP_SYNC);
	assert_int_equal(FIELD_GET(SMMU3_SYNC0_CS, entry[0]), 0);
	assert_int_equal(rig->cmdqv[LV(1) / 4 + 5], 1);
	rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_reset_is_as_specified),
		cmocka_unit_test(probe_reads_two_registers),
		cmocka_unit_test(rights_decide_the_queue),
		cmocka_unit_test(a_cpu_has_its_queue),
		cmocka_unit_test(an_unsupported_command_cuts_the_batch),
		cmocka_unit_test(the_parameter_disables_it),
		cmocka_unit_test(the_parameter_bypasses_it),
		cmocka_unit_test(a_shape_without_queues_is_left_alone),
		cmocka_unit_test(it_works_without_an_interrupt),
		cmocka_unit_test(every_allocation_of_a_probe_may_fail),
		cmocka_unit_test(a_stuck_enable_fails_the_probe),
		cmocka_unit_test(an_error_of_its_own_queue_is_acknowledged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
