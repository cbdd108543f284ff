// SPDX-License-Identifier: MIT
/*
 * Laws of conservation, for every policy and workload: times sum up, nothing is
 * faster than the profile allows, Little's law, same seed same bytes.
 */
#include "lab_test.h"

#include <glib.h>
#include "lab/profile.h"

static struct uiommufd_lab_profile *profile;

/* A stream of three doorbells: configuration, two lists, one without SYNC. */
static const uint64_t stream_commands[][2] = {
	{ 0x03 | 8ull << 32, 1 }, { 0x46, 0 },
	{ 0x12, 0x1000 }, { 0x46, 0 }, { 0x12, 0x2000 }, { 0x12, 0x3000 },
	{ 0x46, 0 },
	{ 0x40 | 8ull << 32, 0 }, { 0x46, 0 },
	{ 0x01 | 8ull << 32, 0 },
};
static const uint32_t stream_doorbells[] = { 2, 5, 2, 1 };
static const uint8_t stream_cpus[] = { 0, 1, 0, 1 };
static const uint32_t stream_gaps[] = { 0, 50, 50, 50 };
static const struct uiommufd_lab_stream stream = {
	.name = "test",
	.commands = stream_commands,
	.count = G_N_ELEMENTS(stream_commands),
	.doorbells = stream_doorbells,
	.cpus = stream_cpus,
	.gaps_us = stream_gaps,
	.doorbell_count = G_N_ELEMENTS(stream_doorbells),
};

typedef void (*check)(const struct uiommufd_lab_design *design,
		      const struct uiommufd_lab_result *result);

static void for_each_design(check check)
{
	static const char *const workloads[] = { "unmap", "batched", "ats",
						 "replay" };
	const struct uiommufd_lab_policy *policy;

	for (unsigned int i = 0; (policy = uiommufd_lab_policy_at(i)); i++)
		for (size_t w = 0; w < G_N_ELEMENTS(workloads); w++)
			for (unsigned int cpus = 1; cpus <= 9; cpus += 4) {
				struct uiommufd_lab_design design =
					design_of(policy->name, cpus, 2);
				struct uiommufd_lab_result *result;

				design.workload = workloads[w];
				design.vms = policy->guest && cpus > 2 ? 2 : 1;
				design.illegal_ppm = cpus == 5 ? 20000 : 0;
				design.stream = &stream;
				design.pages = cpus;
				design.lists = 150;
				result = run_of(profile, &design);
				assert_false(result->partial);
				assert_true(result->lists > 0);
				check(&design, result);
				uiommufd_lab_result_free(result);
			}
}

/* Simulated time is the sum of its parts. */
static void law_sums(const struct uiommufd_lab_design *design,
		     const struct uiommufd_lab_result *r)
{
	uint64_t phases = 0;

	for (int i = 0; i < UIOMMUFD_LAB_PHASES; i++)
		phases += r->phase_ps[i];
	assert_int_equal(phases, r->invalidating_ps);
	assert_int_equal(phases + r->other_ps, r->cpu_ps);
	assert_int_equal(r->latency.samples, r->lists);
	assert_true(r->latency.mean_ps * r->lists >
		    0.999999 * r->invalidating_ps);
	assert_true(r->latency.mean_ps * r->lists <
		    1.000001 * r->invalidating_ps);
	assert_true(r->cpu_ps <= (uint64_t)design->cpus * r->elapsed_ps);
	assert_true(r->latency.p50_ps <= r->latency.p90_ps);
	assert_true(r->latency.p90_ps <= r->latency.p99_ps);
	assert_true(r->latency.p999_ps <= r->latency.max_ps);
}

static double fastest_ps(const struct uiommufd_lab_profile *p, enum lab_value v)
{
	return profile_ps(p, v) * (1 - p->value[V_JITTER] / 100);
}

/* The back end is one, and CMD_SYNCs have so many slots. */
static void law_limits(const struct uiommufd_lab_design *design,
		       const struct uiommufd_lab_result *r)
{
	assert_true(r->device_busy_ps <= r->elapsed_ps);
	assert_true(r->commands * fastest_ps(profile, V_ATC_INV) <=
		    r->device_busy_ps);
	assert_true(r->syncs * fastest_ps(profile, V_SYNC_ROUND_TRIP) <=
		    r->elapsed_ps * profile->value[V_SYNC_SLOTS]);
	assert_true(r->doorbells <= r->mmio_writes);
	assert_true(r->occupancy_max <= design->entries);
	assert_int_equal(r->errors, r->interrupts);
}

/* Little: lists in the system, over time, are what they stayed, summed up. */
static void law_little(const struct uiommufd_lab_design *design,
		       const struct uiommufd_lab_result *r)
{
	assert_int_equal(r->in_system_ps, r->invalidating_ps);
	assert_true(r->in_system_ps <= design->cpus * r->elapsed_ps);
}

/* Nothing waits in the queues longer than it may be waited for. */
static void law_occupancy(const struct uiommufd_lab_design *design,
			  const struct uiommufd_lab_result *r)
{
	if (r->commands)
		assert_true(r->occupancy_ps > 0);
	assert_true(r->occupancy_ps <= r->occupancy_max * r->elapsed_ps *
					       (r->queues ? r->queues : 1));
}

static void law_checked(const struct uiommufd_lab_design *design,
			const struct uiommufd_lab_result *r)
{
	assert_int_equal(uiommufd_lab_result_check(profile, design, r, NULL),
			 0);
}

static void law_same(const struct uiommufd_lab_design *design,
		     const struct uiommufd_lab_result *r)
{
	struct uiommufd_lab_result *again = run_of(profile, design);

	assert_memory_equal(r, again, sizeof(*r));
	uiommufd_lab_result_free(again);
}

static const struct law {
	const char *name;
	void (*holds)(const struct uiommufd_lab_design *design,
		      const struct uiommufd_lab_result *result);
} laws[] = {
	{ "times sum up", law_sums },
	{ "limits", law_limits },
	{ "Little", law_little },
	{ "occupancy", law_occupancy },
	{ "checked", law_checked },
	{ "same seed, same bytes", law_same },
};

static void all_laws(const struct uiommufd_lab_design *design,
		     const struct uiommufd_lab_result *result)
{
	for (size_t i = 0; i < G_N_ELEMENTS(laws); i++)
		laws[i].holds(design, result);
}

static void test_laws(void **state)
{
	for_each_design(all_laws);
}

static void refused(const struct uiommufd_lab_design *design,
		    const struct uiommufd_lab_result *result, const char *word)
{
	char *error = NULL;

	assert_int_equal(uiommufd_lab_result_check(profile, design, result,
						   &error), -1);
	assert_non_null(strstr(error, word));
	free(error);
}

/* A picosecond too much anywhere is noticed. */
static void test_not_conserved(void **state)
{
	struct uiommufd_lab_design design = design_of("per-cpu", 4, 4);
	struct uiommufd_lab_result *good = run_of(profile, &design), bad;

	bad = *good;
	bad.phase_ps[UIOMMUFD_LAB_POLL]++;
	refused(&design, &bad, "phases and invalidations");
	bad = *good;
	bad.slowest_phase_ps[UIOMMUFD_LAB_POLL]++;
	refused(&design, &bad, "slowest lists");
	bad = *good;
	bad.other_ps--;
	refused(&design, &bad, "CPUs");
	bad = *good;
	bad.in_system_ps++;
	refused(&design, &bad, "stay");
	bad = *good;
	bad.device_busy_ps = bad.elapsed_ps + 2;
	refused(&design, &bad, "busy");
	bad = *good;
	bad.commands *= 10;
	refused(&design, &bad, "back end's limit");
	bad = *good;
	bad.syncs *= 10;
	refused(&design, &bad, "slots");
	bad = *good;
	bad.occupancy_max = design.entries + 2;
	refused(&design, &bad, "entries");
	bad.partial = true;
	assert_int_equal(uiommufd_lab_result_check(profile, &design, &bad,
						   NULL), 0);
	uiommufd_lab_result_free(good);
}

static void test_other_seed(void **state)
{
	struct uiommufd_lab_design design = design_of("cmdlist", 4, 1);
	struct uiommufd_lab_result *a = run_of(profile, &design), *b;

	design.seed = 2;
	b = run_of(profile, &design);
	assert_int_equal(a->lists, b->lists);
	assert_true(a->elapsed_ps != b->elapsed_ps);
	uiommufd_lab_result_free(a);
	uiommufd_lab_result_free(b);
}

/* One CPU, no jitter: every step can be added up by hand. */
static void test_by_hand(void **state)
{
	struct uiommufd_lab_profile *exact =
		uiommufd_lab_profile_copy(profile, "run.jitter", 0);
	struct uiommufd_lab_design design = design_of("cmdlist", 1, 1);
	struct uiommufd_lab_result *r;
	double ns = 0;

	design.lists = 50;
	r = run_of(exact, &design);
	ns += exact->value[V_ATOMIC];			/* reserve */
	ns += exact->value[V_ATOMIC];			/* count in */
	ns += 2 * exact->value[V_BUILD] + exact->value[V_ATOMIC];
	ns += exact->value[V_ATOMIC];			/* close the group */
	ns += exact->value[V_MMIO_WRITE] + exact->value[V_MMIO_DRAIN];
	ns += exact->value[V_DOORBELL_TO_FETCH] + exact->value[V_FETCH] +
	      2 * exact->value[V_FETCH_COMMAND];
	ns += exact->value[V_TLBI_NH_VA] + exact->value[V_CMD_SYNC] +
	      exact->value[V_SYNC_ROUND_TRIP];
	ns += exact->value[V_MSI_WRITE] + exact->value[V_HANDOVER];
	assert_int_equal(r->latency.p50_ps, ns * 1000);
	assert_int_equal(r->latency.max_ps, ns * 1000);
	assert_int_equal(r->commands, 100);
	assert_int_equal(r->syncs, 50);
	assert_int_equal(r->doorbells, 50);
	assert_int_equal(r->mmio_reads, 0);
	uiommufd_lab_result_free(r);
	uiommufd_lab_profile_free(exact);
}

/* Range commands: (NUM + 1) << SCALE, as few as possible. */
static void test_ranges(void **state)
{
	static const struct { unsigned int pages, commands; } rows[] = {
		{ 1, 1 }, { 31, 1 }, { 32, 1 }, { 33, 2 }, { 512, 1 },
		{ 513, 2 }, { 1023, 2 }, { 1025, 2 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct uiommufd_lab_design design = design_of("cmdlist", 1, 1);
		struct uiommufd_lab_result *r;

		design.pages = rows[i].pages;
		design.lists = 10;
		r = run_of(profile, &design);
		assert_int_equal(r->commands - r->syncs, 10 * rows[i].commands);
		uiommufd_lab_result_free(r);
	}
}

/* More than 64 commands: a doorbell each 64, one CMD_SYNC at the end. */
static void test_batches(void **state)
{
	struct uiommufd_lab_design design = design_of("per-cpu", 2, 2);
	struct uiommufd_lab_result *r;

	design.batch = 200;
	design.lists = 20;
	r = run_of(profile, &design);
	assert_int_equal(r->syncs, 20);
	assert_int_equal(r->commands, 20 * 201);
	assert_int_equal(r->doorbells, 20 * 4);
	uiommufd_lab_result_free(r);
}

static bool stop_early(void *arg, uint64_t done, uint64_t total)
{
	++*(int *)arg;
	return false;
}

static void test_interrupted(void **state)
{
	struct uiommufd_lab_design design = design_of("per-cpu", 8, 8);
	struct uiommufd_lab_result *r;
	int calls = 0;

	design.lists = 1000000;
	r = uiommufd_lab_run(profile, &design, stop_early, &calls, NULL);
	assert_true(r->partial);
	assert_int_equal(calls, 1);
	assert_true(r->lists > 0 && r->lists < 1000000);
	assert_int_equal(r->latency.samples, r->lists);
	uiommufd_lab_result_free(r);
}

/* The whole of the range it promises to answer for. */
static void test_extremes(void **state)
{
	struct uiommufd_lab_design design = design_of("per-cpu", 144, 128);
	struct uiommufd_lab_result *r;

	design.lists = 1440;
	r = run_of(profile, &design);
	assert_int_equal(r->lists, 1440);
	assert_int_equal(r->queues, 128);
	uiommufd_lab_result_free(r);
	design.policy = "guest-direct";
	design.vms = 63;
	design.queues = 2;
	r = run_of(profile, &design);
	assert_int_equal(r->lists, 1440);
	/* 144 vCPUs over 63 VMs: at least two each, so two queues each. */
	assert_int_equal(r->queues, 126);
	uiommufd_lab_result_free(r);
}

static void test_trace(void **state)
{
	struct uiommufd_lab_design design = design_of("per-cpu", 3, 3);
	struct uiommufd_lab_result *r;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	design.trace = true;
	design.illegal_ppm = 50000;
	r = run_of(profile, &design);
	assert_int_equal(uiommufd_lab_trace_write(r, out), 0);
	fclose(out);
	assert_non_null(strstr(text, "\"traceEvents\""));
	assert_non_null(strstr(text, "\"CPU 2\""));
	assert_non_null(strstr(text, "\"queue 2\""));
	assert_non_null(strstr(text, "error interrupt"));
	free(text);
	uiommufd_lab_result_free(r);
	design.trace = false;
	r = run_of(profile, &design);
	assert_int_equal(uiommufd_lab_trace_write(r, stdout), -1);
	uiommufd_lab_result_free(r);
}

/* Polls that take no time are counted, not walked one by one: 60 ms of them. */
static void test_free_polls(void **state)
{
	struct uiommufd_lab_profile *free_reads =
		uiommufd_lab_profile_copy(profile, "mmio.read", 0);
	struct uiommufd_lab_profile *no_pause =
		uiommufd_lab_profile_copy(free_reads, "cpu.poll_delay", 0);
	struct uiommufd_lab_profile *slow =
		uiommufd_lab_profile_copy(no_pause, "execute.cmd_sync", 1e6);
	struct uiommufd_lab_design design = design_of("per-cpu", 1, 1);
	struct uiommufd_lab_result *r;

	design.lists = 20;
	r = run_of(slow, &design);
	assert_int_equal(r->lists, 20);
	/* One a picosecond. */
	assert_true(r->mmio_reads > 20 * 50000000000);
	assert_int_equal(uiommufd_lab_result_check(slow, &design, r, NULL),
			 0);
	uiommufd_lab_result_free(r);
	uiommufd_lab_profile_free(slow);
	uiommufd_lab_profile_free(no_pause);
	uiommufd_lab_profile_free(free_reads);
}

static int open_profile(void **state)
{
	profile = profile_of(NULL);
	return 0;
}

static int close_profile(void **state)
{
	uiommufd_lab_profile_free(profile);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_laws),
		cmocka_unit_test(test_not_conserved),
		cmocka_unit_test(test_other_seed),
		cmocka_unit_test(test_by_hand),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_batches),
		cmocka_unit_test(test_interrupted),
		cmocka_unit_test(test_extremes),
		cmocka_unit_test(test_free_polls),
		cmocka_unit_test(test_trace),
	};

	return cmocka_run_group_tests(tests, open_profile, close_profile);
}
