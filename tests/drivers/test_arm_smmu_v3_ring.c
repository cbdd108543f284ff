/* SPDX-License-Identifier: MIT */
/*
 * Command queues: index arithmetic, insertion by many, errors, batches.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include <uik/clock.h>
#include <uik/machine.h>
#include <uik/mmio.h>
#include <uik/task.h>

#include "arm-smmu-v3-impl.h"
#include "arm_rig.h"

/* --- arithmetic ---------------------------------------------------------- */

/*
 * Law (spec/70 6.1): empty, full, free and consumed as the specification
 * defines them by index and wrap bit, for every pair of positions of rings of
 * 2 to 16 entries.
 */
static void arithmetic_is_that_of_the_specification(void **state)
{
	u32 shift, prod, cons;

	for (shift = 1; shift <= 4; shift++) {
		u32 size = 1u << shift;

		for (prod = 0; prod < 2 * size; prod++) {
			for (cons = 0; cons < 2 * size; cons++) {
				u32 pi = prod % size, ci = cons % size;
				bool same = prod / size == cons / size;
				u32 room = same ? size - (pi - ci) : ci - pi;
				bool passed = (same && ci > pi) ||
					      (!same && ci <= pi);

				assert_int_equal(
					smmu3_ring_consumed(shift, cons, prod),
					passed);
				/* Only positions that a ring can have. */
				if (same ? pi < ci : pi > ci)
					continue;
				assert_int_equal(
					smmu3_ring_free(shift, prod, cons),
					room);
			}
		}
	}
}

/* --- a slow consumer ----------------------------------------------------- */

#define WORKERS 4
#define LISTS 400
#define LIST_MAX 5
#define SHIFT 5

/* A queue whose hardware is a thread of its own. */
struct slow {
	struct uik_machine *machine;
	u32 reg[4];		/* PROD, CONS */
	u64 phys;
	struct platform_device *pdev;
	struct smmu3_device sd;
	struct smmu3_ring *ring;
	bool stop;
	u32 doorbells;
	/* what was seen: last list of each worker, and position in it */
	u32 list[WORKERS];
	u32 position[WORKERS];
	u32 open_worker;	/* WORKERS: between lists */
	u32 executed;
	bool disorder;
};

static uint64_t slow_read(void *priv, uint64_t offset, unsigned int width)
{
	struct slow *slow = priv;

	return __atomic_load_n(&slow->reg[offset / 4], __ATOMIC_ACQUIRE);
}

static void slow_write(void *priv, uint64_t offset, unsigned int width,
		       uint64_t value)
{
	struct slow *slow = priv;

	if (!offset)
		__atomic_fetch_add(&slow->doorbells, 1, __ATOMIC_RELAXED);
	__atomic_store_n(&slow->reg[offset / 4], (u32)value,
			 __ATOMIC_RELEASE);
}

static const struct uik_mmio_ops slow_ops = { slow_read, slow_write };

/* Payload: worker, list, position and length in word 1. */
static u64 payload(u32 worker, u32 list, u32 position, u32 length)
{
	return (u64)worker << 48 | (u64)list << 16 | position << 8 | length;
}

/* A list comes whole, and a worker's lists come in the order of issue. */
static void judge(struct slow *slow, u64 word1)
{
	u32 worker = word1 >> 48, list = (u32)(word1 >> 16);
	u32 position = word1 >> 8 & 0xff, length = word1 & 0xff;

	if (slow->open_worker == WORKERS) {
		slow->disorder |= position != 0 ||
				  list != slow->list[worker];
	} else {
		slow->disorder |= worker != slow->open_worker ||
				  position != slow->position[worker];
	}
	slow->position[worker] = position + 1;
	slow->open_worker = worker;
	if (position + 1 == length) {
		__atomic_store_n(&slow->list[worker], list + 1,
				 __ATOMIC_RELEASE);
		slow->open_worker = WORKERS;
	}
	slow->executed++;
}

static void execute(struct slow *slow, u32 cons)
{
	u64 *entry = (u64 *)slow->ring->base + 2 * (cons % (1u << SHIFT));
	u64 word0 = __atomic_load_n(&entry[0], __ATOMIC_RELAXED);
	u64 word1 = __atomic_load_n(&entry[1], __ATOMIC_RELAXED);

	if ((u8)word0 != SMMU3_OP_SYNC) {
		judge(slow, word1);
		return;
	}
	if (FIELD_GET(SMMU3_SYNC0_CS, word0) == SMMU3_SYNC_CS_IRQ)
		__atomic_store_n((u32 *)(word1 & SMMU3_SYNC1_MSIADDR),
				 (u32)(word0 >> 32), __ATOMIC_RELEASE);
}

static int slow_thread(void *arg)
{
	struct slow *slow = arg;
	u32 cons = 0, prod;

	while (!__atomic_load_n(&slow->stop, __ATOMIC_ACQUIRE)) {
		prod = __atomic_load_n(&slow->reg[0], __ATOMIC_ACQUIRE);
		for (; cons != prod;
		     cons = (cons + 1) & smmu3_ring_mask(SHIFT)) {
			execute(slow, cons);
			__atomic_store_n(&slow->reg[1],
					 (cons + 1) & smmu3_ring_mask(SHIFT),
					 __ATOMIC_RELEASE);
		}
		uik_sleep_ns(1);
	}
	return 0;
}

static struct slow *slow_new(unsigned long features,
			     const struct uik_clock *clock)
{
	struct uik_machine_config config = { .clock = clock };
	struct slow *slow = calloc(1, sizeof(*slow));
	void __iomem *page;
	u32 shift = SHIFT;

	slow->machine = uik_machine_new(&config);
	uik_enter(slow->machine);
	slow->phys = uik_mmio_find_space(slow->machine, 4096);
	assert_int_equal(uik_mmio_register(slow->machine, slow->phys, 4096,
					   &slow_ops, slow),
			 0);
	page = ioremap(slow->phys, 4096);
	slow->pdev = platform_device_register_simple("bench", -1, NULL, 0);
	slow->sd.dev = &slow->pdev->dev;
	slow->sd.features = features;
	assert_int_equal(smmu3_ring_alloc(&slow->sd, &shift, 2, page, 0, 4,
					  "bench", &slow->ring),
			 0);
	assert_int_equal(smmu3_ring_make_commands(slow->ring), 0);
	slow->open_worker = WORKERS;
	return slow;
}

static void slow_free(struct slow *slow)
{
	iounmap(slow->ring->prod_reg);
	platform_device_unregister(slow->pdev);
	uik_mmio_unregister(slow->machine, slow->phys);
	uik_leave(NULL);
	uik_machine_free(slow->machine);
	free(slow);
}

struct worker {
	struct slow *slow;
	u32 number;
	int error;
};

/* Lists of 1 to 5 commands, one in three without a sync. */
static int worker_thread(void *arg)
{
	struct worker *worker = arg;
	struct arm_smmu_cmd cmds[LIST_MAX];
	u32 list, i, length;
	bool sync;

	for (list = 0; list < LISTS; list++) {
		length = 1 + (list + worker->number) % LIST_MAX;
		sync = list % 3 != 1 || list == LISTS - 1;
		for (i = 0; i < length; i++) {
			cmds[i] = smmu3_cmd_op(SMMU3_OP_TLBI_NH_VA);
			cmds[i].data[1] = payload(worker->number, list, i,
						  length);
		}
		if (smmu3_ring_issue(worker->slow->ring, cmds, length, sync))
			worker->error = 1;
		/* The sync promises that the list has been executed. */
		if (sync && __atomic_load_n(&worker->slow->list[worker->number],
					    __ATOMIC_ACQUIRE) != list + 1)
			worker->error = 2;
	}
	return 0;
}

static void insert_by_many(unsigned long features, bool secondary)
{
	struct slow *slow = slow_new(features, &uik_clock_wall);
	struct worker workers[WORKERS];
	struct uik_thread *threads[WORKERS], *hardware;
	u32 i, total = 0;

	slow->ring->secondary = secondary;
	hardware = uik_thread_start(slow_thread, slow, "hardware");
	for (i = 0; i < WORKERS; i++) {
		workers[i] = (struct worker){ slow, i, 0 };
		threads[i] = uik_thread_start(worker_thread, &workers[i],
					      "worker");
	}
	for (i = 0; i < WORKERS; i++) {
		u32 list;

		uik_thread_join(threads[i]);
		assert_int_equal(workers[i].error, 0);
		for (list = 0; list < LISTS; list++)
			total += 1 + (list + i) % LIST_MAX;
	}
	__atomic_store_n(&slow->stop, true, __ATOMIC_RELEASE);
	uik_thread_join(hardware);
	assert_false(slow->disorder);
	assert_int_equal(slow->executed, total);
	assert_in_range(slow->doorbells, 1, WORKERS * LISTS);
	assert_int_equal(atomic_read(&slow->ring->lock), 0);
	slow_free(slow);
}

/*
 * Law (spec/70 8.3): lists are contiguous and totally ordered, each command
 * arrives once, a sync returns after its list was executed; PROD is written at
 * most once a list.  With four inserters and a ring of 32 entries.
 */
static void many_insert_into_a_small_ring(void **state)
{
	insert_by_many(0, true);
}

/* The same where the CMD_SYNC's completion is a write to its own entry. */
static void many_insert_and_poll_memory(void **state)
{
	insert_by_many(SMMU3_FEAT_MSI_POLL, false);
}

/* --- timeouts ------------------------------------------------------------ */

/*
 * Law: hardware that does not move costs a second and -ETIMEDOUT, first at the
 * sync, then, when the ring is full, before anything is inserted; nobody hangs
 * and the lock is free afterwards.
 */
static void dead_hardware_times_out(void **state)
{
	struct slow *slow = slow_new(0, &uik_clock_manual);
	struct arm_smmu_cmd cmd = smmu3_cmd_op(SMMU3_OP_TLBI_NH_ALL);
	u64 begin = uik_now_ns();
	u32 i;

	slow->ring->secondary = true;
	assert_int_equal(smmu3_ring_issue(slow->ring, &cmd, 1, true),
			 -ETIMEDOUT);
	assert_in_range(uik_now_ns() - begin, 1000000000ull, 3000000000ull);
	for (i = 2; i < 1u << SHIFT; i++)
		assert_int_equal(smmu3_ring_issue(slow->ring, &cmd, 1, false),
				 0);
	assert_int_equal(slow->reg[0], 1u << SHIFT);
	assert_int_equal(smmu3_ring_issue(slow->ring, &cmd, 1, false),
			 -ETIMEDOUT);
	assert_int_equal(slow->reg[0], 1u << SHIFT);
	assert_int_equal(atomic_read(&slow->ring->lock), 0);
	slow_free(slow);
}

/* --- errors -------------------------------------------------------------- */

/*
 * Law (spec/70 6.2): of the error codes only 1 and unknown ones change the
 * entry, into a CMD_SYNC with CS NONE on a VCMDQ and SEV on the SMMU's queue,
 * without an MSI address; indices stay.
 */
static void an_illegal_command_becomes_a_sync(void **state)
{
	struct slow *slow = slow_new(SMMU3_FEAT_MSI_POLL, &uik_clock_manual);
	u64 *entry = (u64 *)slow->ring->base + 2 * 3;
	u32 error;

	for (error = 0; error < 8; error++) {
		bool changes = error == 1 || error > 3;
		bool secondary = error % 2;

		slow->ring->secondary = secondary;
		entry[0] = 0xdead0000000000ee;
		entry[1] = 0x1234;
		slow->reg[1] = 3 | error << 24;
		smmu3_ring_skip_error(slow->ring);
		if (!changes) {
			assert_int_equal(entry[0], 0xdead0000000000ee);
			continue;
		}
		assert_int_equal((u8)entry[0], SMMU3_OP_SYNC);
		assert_int_equal(FIELD_GET(SMMU3_SYNC0_CS, entry[0]),
				 secondary ? 0 : 2);
		assert_int_equal(entry[1], 0);
		assert_int_equal(slow->reg[1], 3 | error << 24);
		assert_int_equal(atomic64_read(&slow->ring->shadow), 0);
	}
	slow_free(slow);
}

/* --- the whole driver ---------------------------------------------------- */

static struct rig *boot(struct rig_config *config)
{
	struct rig *rig = rig_new(config);

	assert_int_equal(rig_boot(rig), 0);
	rig_clear(rig);
	return rig;
}

static struct smmu3_device *rig_sd(struct rig *rig)
{
	return dev_get_drvdata(&rig->smmu_dev->dev);
}

/* Submits a batch of @count equal commands; returns the error. */
static int send_batch(struct smmu3_device *sd, enum smmu3_op op, int count)
{
	struct arm_smmu_cmd cmd = smmu3_cmd_op(op);
	struct smmu3_batch batch;
	int i;

	smmu3_batch_start(&batch, sd, &cmd);
	for (i = 0; i < count; i++)
		smmu3_batch_add(&batch, cmd);
	return smmu3_batch_submit(&batch);
}

/*
 * Law (spec/70 8.2): up to 64 commands a submission, one CMD_SYNC at the end,
 * also of an empty batch.
 */
static void a_batch_ends_with_one_sync(void **state)
{
	static const int counts[] = { 0, 1, 63, 64, 65, 128, 200 };
	struct rig_config config;
	struct rig *rig;
	size_t i;

	rig_config_init(&config);
	rig = boot(&config);
	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		rig_clear(rig);
		assert_int_equal(send_batch(rig_sd(rig), SMMU3_OP_ATC_INV,
					    counts[i]),
				 0);
		assert_int_equal(rig_count(rig, SMMU3_OP_ATC_INV), counts[i]);
		assert_int_equal(rig_count(rig, SMMU3_OP_SYNC), 1);
		assert_int_equal((u8)rig->commands[counts[i]].word[0],
				 SMMU3_OP_SYNC);
	}
	rig_free(rig);
}

/*
 * Law (spec/70 8.5): on the affected part a list that ends in a sync and begins
 * with opcode 0x03..0x3f is issued twice; a full batch of them gets a sync.
 */
static void an_erratum_repeats_invalidations(void **state)
{
	struct rig_config config;
	struct rig *rig;

	rig_config_init(&config);
	config.compatible = "nvidia,tegra264-smmu";
	rig = boot(&config);
	assert_int_equal(send_batch(rig_sd(rig), SMMU3_OP_TLBI_NH_VA, 3), 0);
	assert_int_equal(rig_count(rig, SMMU3_OP_TLBI_NH_VA), 6);
	assert_int_equal(rig_count(rig, SMMU3_OP_SYNC), 2);
	rig_clear(rig);
	assert_int_equal(send_batch(rig_sd(rig), SMMU3_OP_ATC_INV, 3), 0);
	assert_int_equal(rig_count(rig, SMMU3_OP_ATC_INV), 3);
	rig_clear(rig);
	assert_int_equal(send_batch(rig_sd(rig), SMMU3_OP_TLBI_NH_VA, 65), 0);
	assert_int_equal(rig_count(rig, SMMU3_OP_TLBI_NH_VA), 130);
	assert_int_equal(rig_count(rig, SMMU3_OP_SYNC), 4);
	rig_free(rig);
}

/*
 * Law (spec/70 6.2, 7): an illegal command on the SMMU's queue raises GERROR;
 * the handler replaces it by a CMD_SYNC and acknowledges; the list completes.
 */
static void a_global_error_is_repaired(void **state)
{
	struct rig_config config;
	struct rig *rig;

	rig_config_init(&config);
	config.prompt = true;
	rig = boot(&config);
	rig->refuse_op = SMMU3_OP_ATC_INV;
	assert_int_equal(send_batch(rig_sd(rig), SMMU3_OP_ATC_INV, 1), 0);
	assert_int_equal(rig_count(rig, SMMU3_OP_ATC_INV), 0);
	assert_int_equal(rig_count(rig, SMMU3_OP_SYNC), 2);
	assert_int_equal(rig->smmu[SMMU3_GERROR / 4],
			 rig->smmu[SMMU3_GERRORN / 4]);
	rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arithmetic_is_that_of_the_specification),
		cmocka_unit_test(many_insert_into_a_small_ring),
		cmocka_unit_test(many_insert_and_poll_memory),
		cmocka_unit_test(dead_hardware_times_out),
		cmocka_unit_test(an_illegal_command_becomes_a_sync),
		cmocka_unit_test(a_batch_ends_with_one_sync),
		cmocka_unit_test(an_erratum_repeats_invalidations),
		cmocka_unit_test(a_global_error_is_repaired),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
