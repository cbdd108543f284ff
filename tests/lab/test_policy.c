// SPDX-License-Identifier: MIT
/* Laws of each policy: what goes where, and what it costs in MMIO. */
#include "lab_test.h"

#include <errno.h>
#include <glib.h>

static struct uiommufd_lab_profile *profile;

static void test_names(void **state)
{
	static const char *const names[] = { "shared-lock", "cmdlist",
					     "per-cpu", "guest-direct",
					     "guest-trapped" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		const struct uiommufd_lab_policy *policy =
			uiommufd_lab_policy_at(i);

		assert_string_equal(policy->name, names[i]);
		assert_ptr_equal(uiommufd_lab_policy_find(names[i]), policy);
	}
	assert_null(uiommufd_lab_policy_at(G_N_ELEMENTS(names)));
	assert_null(uiommufd_lab_policy_find("nonsense"));
	assert_null(uiommufd_lab_policy_find(NULL));
}

static struct uiommufd_lab_result *run_policy(const char *policy,
					      unsigned int cpus,
					      unsigned int queues)
{
	struct uiommufd_lab_design design = design_of(policy, cpus, queues);

	return run_of(profile, &design);
}

/* A lock: a doorbell for each list. */
static void test_shared_lock(void **state)
{
	struct uiommufd_lab_result *r = run_policy("shared-lock", 16, 1);

	assert_int_equal(r->doorbells, r->lists);
	assert_int_equal(r->queues, 1);
	assert_int_equal(r->exits, 0);
	uiommufd_lab_result_free(r);
}

/* The scheme: under contention one owner rings for others; alone it cannot. */
static void test_cmdlist(void **state)
{
	struct uiommufd_lab_result *alone = run_policy("cmdlist", 1, 1);
	struct uiommufd_lab_result *many = run_policy("cmdlist", 64, 1);

	assert_int_equal(alone->doorbells, alone->lists);
	assert_int_equal(alone->contended, 0);
	assert_true(many->doorbells < many->lists);
	assert_true(many->contended > 0);
	assert_int_equal(many->syncs, many->lists);
	assert_int_equal(many->queues, 1);
	uiommufd_lab_result_free(alone);
	uiommufd_lab_result_free(many);
}

/* Queues of their own: nobody touches anybody's lines. */
static void test_per_cpu(void **state)
{
	struct uiommufd_lab_result *own = run_policy("per-cpu", 8, 8);
	struct uiommufd_lab_result *shared = run_policy("per-cpu", 8, 2);

	assert_int_equal(own->queues, 8);
	assert_int_equal(own->contended, 0);
	assert_int_equal(own->doorbells, own->lists);
	assert_int_equal(shared->queues, 2);
	assert_true(own->phase_ps[UIOMMUFD_LAB_RESERVE] <
		    shared->phase_ps[UIOMMUFD_LAB_RESERVE]);
	uiommufd_lab_result_free(own);
	uiommufd_lab_result_free(shared);
}

/* Direct: no exit.  Trapped: all the way, on the SMMU's own queue. */
static void test_guests(void **state)
{
	struct uiommufd_lab_result *direct = run_policy("guest-direct", 2, 2);
	struct uiommufd_lab_result *trapped = run_policy("guest-trapped", 2, 2);

	assert_int_equal(direct->exits, 0);
	assert_int_equal(direct->ioctls, 0);
	assert_int_equal(direct->queues, 2);
	assert_int_equal(direct->phase_ps[UIOMMUFD_LAB_EXIT], 0);
	assert_true(trapped->exits >= 2 * trapped->ioctls);
	assert_true(trapped->ioctls > 0);
	assert_int_equal(trapped->queues, 1);
	assert_true(trapped->phase_ps[UIOMMUFD_LAB_EXIT] > 0);
	assert_true(trapped->phase_ps[UIOMMUFD_LAB_VMM] > 0);
	assert_true(trapped->phase_ps[UIOMMUFD_LAB_IOCTL] > 0);
	uiommufd_lab_result_free(direct);
	uiommufd_lab_result_free(trapped);
}

/* Without jitter, what is spent is what the profile says. */
static void spend_issue(struct uiommufd_lab_cpu *cpu,
			const struct uiommufd_lab_list *list)
{
	assert_int_equal(uiommufd_lab_spend(cpu, UIOMMUFD_LAB_BUILD,
					    "cpu.build", 3), 0);
	assert_int_equal(uiommufd_lab_spend(cpu, UIOMMUFD_LAB_BUILD,
					    "cpu.nonsense", 1), -1);
	assert_true(uiommufd_lab_cpu_number(cpu) < 2);
	assert_int_equal(uiommufd_lab_queues(cpu), 4);
	uiommufd_lab_insert(cpu, 3, list);
}

static void test_own_policy(void **state)
{
	static const struct uiommufd_lab_policy own = {
		.name = "own", .summary = "the last queue for all",
		.issue = spend_issue,
	};
	struct uiommufd_lab_design design = design_of("nonsense", 2, 4);
	struct uiommufd_lab_result *r;

	design.own_policy = &own;
	r = run_of(profile, &design);
	assert_int_equal(r->queues, 1);
	assert_int_equal(r->lists, design.lists);
	uiommufd_lab_result_free(r);
}

/* --- a policy of one's own, in both worlds ----------------------------------*/

/* The lock's last waiter rings for all before it. */
static void issue_last_rings(struct uiommufd_lab_cpu *cpu,
			     const struct uiommufd_lab_list *list)
{
	uint64_t end;

	uiommufd_lab_lock(cpu, 0);
	end = uiommufd_lab_write(cpu, 0, uiommufd_lab_reserve(cpu, 0, list),
				 list);
	if (!uiommufd_lab_waiters(cpu, 0) ||
	    end - uiommufd_lab_published(cpu, 0) >= UIOMMUFD_LAB_MAX_RESERVE)
		uiommufd_lab_publish(cpu, 0, end);
	uiommufd_lab_unlock(cpu, 0);
	assert_int_equal(uiommufd_lab_wait(cpu, 0, end), 0);
	assert_int_equal(uiommufd_lab_wait(cpu, 0, end), -1);
}

static const struct uiommufd_lab_policy last_rings = {
	.name = "last-rings", .summary = "who unlocks last rings",
	.issue = issue_last_rings,
};

/* A lock-free one: each publishes in the order of positions; no wait. */
struct turn {
	uint64_t next;
	uint64_t calls;
};

static void issue_in_turn(struct uiommufd_lab_cpu *cpu,
			  const struct uiommufd_lab_list *list)
{
	struct turn *turn = uiommufd_lab_state(cpu);
	uint64_t start = uiommufd_lab_reserve(cpu, UIOMMUFD_LAB_SMMU, list);
	uint64_t end = uiommufd_lab_write(cpu, UIOMMUFD_LAB_SMMU, start, list);

	assert_int_equal((uintptr_t)turn % 64, 0);
	__atomic_fetch_add(&turn->calls, 1, __ATOMIC_RELAXED);
	while (__atomic_load_n(&turn->next, __ATOMIC_ACQUIRE) != start)
		uiommufd_lab_pause(cpu, UIOMMUFD_LAB_PUBLISH);
	uiommufd_lab_publish(cpu, UIOMMUFD_LAB_SMMU, end);
	__atomic_store_n(&turn->next, end, __ATOMIC_RELEASE);
}

static const struct uiommufd_lab_policy in_turn = {
	.name = "in-turn", .summary = "in the order of positions",
	.issue = issue_in_turn, .state_bytes = sizeof(struct turn),
};

static struct uiommufd_lab_result *
measure_of(const struct uiommufd_lab_design *design)
{
	char *error = NULL;
	struct uiommufd_lab_result *r =
		uiommufd_lab_measure(design, NULL, NULL, &error);

	if (!r)
		fail_msg("%s", error);
	return r;
}

static void test_register(void **state)
{
	struct uiommufd_lab_policy bad = last_rings;
	struct uiommufd_lab_policy many[17];
	char names[17][8];
	unsigned int i;

	bad.name = "";
	assert_int_equal(uiommufd_lab_policy_register(&bad), -1);
	assert_int_equal(errno, EINVAL);
	bad.name = "own";
	bad.issue = NULL;
	assert_int_equal(uiommufd_lab_policy_register(&bad), -1);
	assert_int_equal(errno, EINVAL);
	bad.issue = issue_in_turn;
	bad.name = "per-cpu";
	assert_int_equal(uiommufd_lab_policy_register(&bad), -1);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(uiommufd_lab_policy_unregister(&bad), -1);
	assert_int_equal(errno, ENOENT);
	for (i = 0; i < 17; i++) {
		many[i] = in_turn;
		snprintf(names[i], sizeof(names[i]), "p%u", i);
		many[i].name = names[i];
		if (uiommufd_lab_policy_register(&many[i]))
			break;
	}
	assert_int_equal(i, 16);
	assert_int_equal(errno, ENOSPC);
	assert_ptr_equal(uiommufd_lab_policy_find("p3"), &many[3]);
	assert_ptr_equal(uiommufd_lab_policy_at(5 + 15), &many[15]);
	while (i--)
		assert_int_equal(uiommufd_lab_policy_unregister(&many[i]), 0);
	assert_null(uiommufd_lab_policy_find("p3"));
	assert_null(uiommufd_lab_policy_at(5));
}

/* Under contention fewer doorbells than lists, alone one each: predicted. */
static void test_predicted_by_name(void **state)
{
	struct uiommufd_lab_design design = design_of("last-rings", 64, 1);
	struct uiommufd_lab_result *alone, *many, *turns;

	assert_int_equal(uiommufd_lab_policy_register(&last_rings), 0);
	assert_int_equal(uiommufd_lab_policy_register(&in_turn), 0);
	alone = run_policy("last-rings", 1, 1);
	design.batch = 32;
	many = run_of(profile, &design);
	turns = run_policy("in-turn", 16, 1);
	assert_int_equal(alone->doorbells, alone->lists);
	assert_true(many->doorbells < many->lists);
	assert_int_equal(many->syncs, many->lists);
	/* It does not wait: that was done for it. */
	assert_int_equal(turns->syncs, turns->lists);
	assert_int_equal(turns->doorbells, turns->lists);
	assert_true(turns->phase_ps[UIOMMUFD_LAB_SYNC] > 0);
	uiommufd_lab_result_free(alone);
	uiommufd_lab_result_free(many);
	uiommufd_lab_result_free(turns);
	uiommufd_lab_policy_unregister(&in_turn);
	uiommufd_lab_policy_unregister(&last_rings);
}

/* By real threads, everything is executed, once. */
static void measured(const char *policy, const struct uiommufd_lab_driver *driver)
{
	struct uiommufd_lab_design design = design_of(policy, 4, 2);
	struct uiommufd_lab_result *r;

	design.batch = 5;
	design.lists = 801;
	design.entries = 128;
	design.driver = driver;
	r = measure_of(&design);
	assert_int_equal(r->lists, 801);
	assert_int_equal(r->latency.samples, 801);
	assert_false(r->partial);
	assert_true(r->elapsed_ps > 0);
	assert_true(r->invalidating_ps >= r->latency.max_ps);
	if (!driver) {
		assert_int_equal(r->commands, 801 * 6);
		assert_int_equal(r->syncs, 801);
		assert_in_range(r->doorbells, 1, 801);
		assert_true(r->mmio_reads >= 801 / 4);
		assert_in_range(r->queues, 1, 2);
	} else {
		assert_int_equal(r->ioctls, 801);
		/* This one synchronises after each. */
		assert_int_equal(r->commands, 801 * 5 * 2);
		assert_int_equal(r->syncs, 801 * 5);
	}
	uiommufd_lab_result_free(r);
}

static void test_measured(void **state)
{
	assert_int_equal(uiommufd_lab_policy_register(&last_rings), 0);
	assert_int_equal(uiommufd_lab_policy_register(&in_turn), 0);
	measured("shared-lock", NULL);
	measured("cmdlist", NULL);
	measured("per-cpu", NULL);
	measured("guest-direct", NULL);
	measured("last-rings", NULL);
	measured("in-turn", NULL);
	uiommufd_lab_policy_unregister(&in_turn);
	uiommufd_lab_policy_unregister(&last_rings);
}

/* Stopped queues are mended by whoever waits. */
static void test_measured_illegal(void **state)
{
	struct uiommufd_lab_design design = design_of("cmdlist", 3, 1);
	struct uiommufd_lab_result *r;

	design.illegal_ppm = 200000;
	r = measure_of(&design);
	assert_int_equal(r->lists, design.lists);
	assert_true(r->errors > 10);
	assert_int_equal(r->syncs, design.lists + r->errors);
	uiommufd_lab_result_free(r);
}

static bool enough(void *arg, uint64_t done, uint64_t total)
{
	return false;
}

static void test_measured_interrupted(void **state)
{
	struct uiommufd_lab_design design = design_of("per-cpu", 2, 2);
	struct uiommufd_lab_result *r;

	design.lists = 20000000;
	r = uiommufd_lab_measure(&design, enough, NULL, NULL);
	assert_non_null(r);
	assert_true(r->partial);
	assert_true(r->lists < design.lists);
	uiommufd_lab_result_free(r);
}

/* --- what cannot go on ------------------------------------------------------------*/

/* Nobody rings: nobody is ever woken. */
static void issue_silently(struct uiommufd_lab_cpu *cpu,
			   const struct uiommufd_lab_list *list)
{
	uiommufd_lab_write(cpu, 0, uiommufd_lab_reserve(cpu, 0, list), list);
}

static void test_stuck(void **state)
{
	static const struct uiommufd_lab_policy silent = {
		.name = "silent", .issue = issue_silently,
	};
	struct uiommufd_lab_design design = design_of("per-cpu", 2, 1);
	char *error = NULL;

	design.own_policy = &silent;
	assert_null(uiommufd_lab_run(profile, &design, NULL, NULL, &error));
	assert_non_null(strstr(error, "'silent' leaves CPU 0 waiting"));
	free(error);
	design = design_of("guest-trapped", 2, 1);
	assert_null(uiommufd_lab_measure(&design, NULL, NULL, &error));
	assert_string_equal(error, "measured: trapped commands need a driver");
	free(error);
	design.cpus = 0;
	assert_null(uiommufd_lab_measure(&design, NULL, NULL, &error));
	assert_non_null(strstr(error, "cpus"));
	free(error);
}

struct fake {
	unsigned int calls;
	unsigned int commands;
	bool refuse;
};

/* A driver that synchronises after each command. */
static int invalidate(void *arg, const uint64_t (*commands)[2],
		      unsigned int count, struct uiommufd_lab_footprint *out)
{
	struct fake *fake = arg;

	fake->calls++;
	fake->commands += count;
	for (unsigned int i = 0; i < count; i++) {
		assert_true(out->count + 2 <= out->room);
		memcpy(out->commands[out->count++], commands[i], 16);
		out->commands[out->count][0] = 0x46;
		out->commands[out->count++][1] = 0;
	}
	return fake->refuse ? -1 : 0;
}

static void test_own_driver(void **state)
{
	struct fake fake = { 0 };
	const struct uiommufd_lab_driver driver = { &fake, invalidate };
	struct uiommufd_lab_design design = design_of("guest-trapped", 1, 2);
	struct uiommufd_lab_result *rule, *own;

	design.batch = 10;
	design.lists = 30;
	rule = run_of(profile, &design);
	design.driver = &driver;
	own = run_of(profile, &design);
	assert_int_equal(fake.calls, 30);
	assert_int_equal(fake.commands, 300);
	assert_int_equal(own->ioctls, fake.calls);
	assert_int_equal(rule->syncs, 30);
	assert_int_equal(own->syncs, 300);
	assert_true(own->latency.mean_ps > 2 * rule->latency.mean_ps);
	uiommufd_lab_result_free(rule);
	uiommufd_lab_result_free(own);
	fake.refuse = true;
	own = run_of(profile, &design);
	assert_int_equal(own->refused, 300);
	assert_int_equal(own->commands, 0);
	uiommufd_lab_result_free(own);
	own = measure_of(&design);
	assert_int_equal(own->refused, 300);
	uiommufd_lab_result_free(own);
	fake.refuse = false;
	measured("guest-trapped", &driver);
}

/* A small ring fills up: software waits, nothing is lost. */
static void test_full_ring(void **state)
{
	struct uiommufd_lab_design design = design_of("cmdlist", 32, 1);
	struct uiommufd_lab_result *r;

	design.entries = 128;
	design.batch = 60;
	design.lists = 320;
	r = run_of(profile, &design);
	assert_int_equal(r->commands, 320 * 61);
	assert_true(r->occupancy_max <= 128);
	assert_true(r->mmio_reads > 0);
	uiommufd_lab_result_free(r);
}

/* An illegal command stops its queue only; all lists get done. */
static void test_illegal(void **state)
{
	struct uiommufd_lab_design design = design_of("per-cpu", 4, 4);
	struct uiommufd_lab_result *clean = run_of(profile, &design), *r;

	design.illegal_ppm = 100000;
	r = run_of(profile, &design);
	assert_int_equal(r->lists, clean->lists);
	assert_true(r->errors > 10);
	assert_int_equal(r->interrupts, r->errors);
	assert_int_equal(r->commands, clean->commands);
	/* Each replaced one became a CMD_SYNC. */
	assert_int_equal(r->syncs, clean->syncs + r->errors);
	assert_int_equal(clean->errors, 0);
	uiommufd_lab_result_free(clean);
	uiommufd_lab_result_free(r);
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
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_shared_lock),
		cmocka_unit_test(test_cmdlist),
		cmocka_unit_test(test_per_cpu),
		cmocka_unit_test(test_guests),
		cmocka_unit_test(test_own_policy),
		cmocka_unit_test(test_register),
		cmocka_unit_test(test_predicted_by_name),
		cmocka_unit_test(test_measured),
		cmocka_unit_test(test_measured_illegal),
		cmocka_unit_test(test_measured_interrupted),
		cmocka_unit_test(test_stuck),
		cmocka_unit_test(test_own_driver),
		cmocka_unit_test(test_full_ring),
		cmocka_unit_test(test_illegal),
	};

	return cmocka_run_group_tests(tests, open_profile, close_profile);
}
