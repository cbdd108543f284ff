// SPDX-License-Identifier: MIT
/*
 * The explorer finds what is there to be found, says when nothing is left, and
 * finds nothing in what is right.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include <linux/completion.h>
#include <linux/kcsan-checks.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <uiommufd/uiommufd.h>

struct shared {
	struct mutex a, b;
	struct completion done;
	unsigned int count;
	unsigned int *block;
	uint32_t flag;
};

static void prepare(struct uiommufd_run *run, void *state)
{
	struct shared *s = state;

	mutex_init(&s->a);
	mutex_init(&s->b);
	init_completion(&s->done);
}

static struct uiommufd_explore_result
explore(const struct uiommufd_scenario *scenario,
	enum uiommufd_strategy strategy)
{
	struct uiommufd_explore_options options;
	struct uiommufd_explore_result result = { .size = sizeof(result) };

	uiommufd_explore_options_init(&options);
	options.strategy = strategy;
	options.budget_ns = 20000000000u;
	assert_int_not_equal(uiommufd_explore(scenario, &options, &result), -1);
	return result;
}

static const char *broken_law(const struct uiommufd_scenario *scenario,
			      enum uiommufd_strategy strategy)
{
	static char law[64];
	struct uiommufd_explore_result result = explore(scenario, strategy);

	law[0] = 0;
	if (result.broken)
		strncpy(law, uiommufd_trail_law(result.broken),
			sizeof(law) - 1);
	uiommufd_trail_free(result.broken);
	return law;
}

/* ---- counting with and without a lock ------------------------------------ */

static void count_bare(struct uiommufd_run *run, void *state)
{
	struct shared *s = state;
	unsigned int seen = READ_ONCE(s->count);

	WRITE_ONCE(s->count, seen + 1);
}

static void count_locked(struct uiommufd_run *run, void *state)
{
	struct shared *s = state;

	mutex_lock(&s->a);
	count_bare(run, state);
	mutex_unlock(&s->a);
}

static void both_counted(struct uiommufd_run *run, void *state)
{
	const struct shared *s = state;

	uiommufd_run_expect(run, s->count == 2);
}

static const struct uiommufd_scenario bare = {
	.name = "bare",
	.setup = prepare,
	.thread = { count_bare, count_bare },
	.check = both_counted,
	.state_bytes = sizeof(struct shared),
};

static const struct uiommufd_scenario locked = {
	.name = "locked",
	.setup = prepare,
	.thread = { count_locked, count_locked },
	.check = both_counted,
	.state_bytes = sizeof(struct shared),
};

/* Law: every strategy finds the lost update. */
static void finds_lost_update(void **unused)
{
	for (unsigned int s = 0; s < UIOMMUFD_STRATEGY_NR; s++)
		assert_string_equal(broken_law(&bare, s), "expectation");
}

/*
 * Law: the searches come to an end and find nothing.  Two threads that take one
 * lock have two orders that differ; the reduction tries no more.
 */
static void locked_is_clean(void **unused)
{
	struct uiommufd_explore_result dfs, dpor;

	dfs = explore(&locked, UIOMMUFD_STRATEGY_DFS);
	assert_null(dfs.broken);
	assert_true(dfs.exhausted);
	dpor = explore(&locked, UIOMMUFD_STRATEGY_DPOR);
	assert_null(dpor.broken);
	assert_true(dpor.exhausted);
	assert_int_equal(dpor.distinct, 2);
	assert_true(dfs.executions > dpor.executions);
}

/* ---- deadlock ------------------------------------------------------------ */

static void take_ab(struct uiommufd_run *run, void *state)
{
	struct shared *s = state;

	mutex_lock(&s->a);
	mutex_lock(&s->b);
	mutex_unlock(&s->b);
	mutex_unlock(&s->a);
}

static void take_ba(struct uiommufd_run *run, void *state)
{
	struct shared *s = state;

	mutex_lock(&s->b);
	mutex_lock(&s->a);
	mutex_unlock(&s->a);
	mutex_unlock(&s->b);
}

static const struct uiommufd_scenario crossed = {
	.name = "crossed",
	.setup = prepare,
	.thread = { take_ab, take_ba },
	.state_bytes = sizeof(struct shared),
};

/* Law: the order alone is enough, they need not meet. */
static void finds_lock_order(void **unused)
{
	for (unsigned int s = 0; s < UIOMMUFD_STRATEGY_NR; s++) {
		const char *law = broken_law(&crossed, s);

		assert_true(!strcmp(law, "order") || !strcmp(law, "deadlock"));
	}
}

/* ---- waiting ------------------------------------------------------------- */

static void wait_a_minute(struct uiommufd_run *run, void *state)
{
	struct shared *s = state;

	wait_for_completion_timeout(&s->done, 60 * HZ);
}

static void wait_for_ever(struct uiommufd_run *run, void *state)
{
	struct shared *s = state;

	wait_for_completion(&s->done);
}

static void give(struct uiommufd_run *run, void *state)
{
	struct shared *s = state;

	complete(&s->done);
}

static void forget(struct uiommufd_run *run, void *state)
{
}

static const struct uiommufd_scenario woken = {
	.name = "woken",
	.setup = prepare,
	.thread = { wait_a_minute, give },
	.state_bytes = sizeof(struct shared),
};

static const struct uiommufd_scenario forgotten = {
	.name = "forgotten",
	.setup = prepare,
	.thread = { wait_a_minute, forget },
	.state_bytes = sizeof(struct shared),
};

static const struct uiommufd_scenario stuck = {
	.name = "stuck",
	.setup = prepare,
	.thread = { wait_for_ever, forget },
	.state_bytes = sizeof(struct shared),
};

static void finds_deadlock(void **unused)
{
	for (unsigned int s = 0; s < UIOMMUFD_STRATEGY_NR; s++)
		assert_string_equal(broken_law(&stuck, s), "deadlock");
}

/* Law: a wait that only its time ends is seen; one that is ended is fine. */
static void finds_vain_wait(void **unused)
{
	struct uiommufd_explore_result clean =
		explore(&woken, UIOMMUFD_STRATEGY_DPOR);

	assert_null(clean.broken);
	assert_true(clean.exhausted);
	assert_string_equal(broken_law(&forgotten, UIOMMUFD_STRATEGY_DPOR),
			    "timeout");
}

/* ---- memory -------------------------------------------------------------- */

static void prepare_block(struct uiommufd_run *run, void *state)
{
	struct shared *s = state;

	prepare(run, state);
	s->block = kzalloc(sizeof(*s->block), GFP_KERNEL);
}

static void free_block(struct uiommufd_run *run, void *state)
{
	struct shared *s = state;

	kfree(s->block);
}

static void use_block(struct uiommufd_run *run, void *state)
{
	struct shared *s = state;

	WRITE_ONCE(*s->block, 1);
}

static const struct uiommufd_scenario freed = {
	.name = "freed",
	.setup = prepare_block,
	.thread = { use_block, free_block },
	.state_bytes = sizeof(struct shared),
};

static const struct uiommufd_scenario freed_twice = {
	.name = "freed-twice",
	.setup = prepare_block,
	.thread = { free_block, free_block },
	.state_bytes = sizeof(struct shared),
};

static const struct uiommufd_scenario kept = {
	.name = "kept",
	.setup = prepare_block,
	.thread = { use_block, use_block },
	.state_bytes = sizeof(struct shared),
};

static void finds_bad_memory(void **unused)
{
	for (unsigned int s = 0; s < UIOMMUFD_STRATEGY_NR; s++) {
		assert_string_equal(broken_law(&freed, s), "memory");
		assert_string_equal(broken_law(&freed_twice, s), "memory");
		assert_string_equal(broken_law(&kept, s), "leak");
	}
}

/* ---- failures ------------------------------------------------------------ */

static void store_unchecked(struct uiommufd_run *run, void *state)
{
	unsigned int *p = kzalloc(64, GFP_KERNEL);

	*(volatile unsigned int *)p = 1;
	kfree(p);
}

static const struct uiommufd_scenario unchecked = {
	.name = "unchecked",
	.setup = prepare,
	.thread = { store_unchecked },
	.state_bytes = sizeof(struct shared),
	.failures = UIOMMUFD_FAIL_ALLOC,
};

/* Law: a failure that nobody looks for is seen as what it leads to. */
static void finds_unchecked_failure(void **unused)
{
	assert_string_equal(broken_law(&unchecked, UIOMMUFD_STRATEGY_DPOR),
			    "crash");
	assert_string_equal(broken_law(&unchecked, UIOMMUFD_STRATEGY_RANDOM),
			    "crash");
}

/* ---- trails -------------------------------------------------------------- */

/* Law: a trail that is saved and loaded breaks the same law again. */
static void trails_repeat(void **unused)
{
	struct uiommufd_explore_result result =
		explore(&bare, UIOMMUFD_STRATEGY_RANDOM);
	struct uiommufd_trail *loaded;
	FILE *file = tmpfile();
	unsigned int line;

	assert_non_null(result.broken);
	assert_int_equal(uiommufd_trail_save(result.broken, file), 0);
	rewind(file);
	loaded = uiommufd_trail_load(file, &line);
	assert_non_null(loaded);
	assert_string_equal(uiommufd_trail_scenario(loaded), "bare");
	assert_int_equal(uiommufd_explore_replay(&bare, NULL, loaded), 1);
	assert_string_equal(uiommufd_trail_law(loaded), "expectation");
	assert_true(uiommufd_trail_length(loaded) > 0);
	uiommufd_trail_free(loaded);
	uiommufd_trail_free(result.broken);
	fclose(file);
}

/* ---- shrinking ----------------------------------------------------------- */

static void idle(struct uiommufd_run *run, void *state)
{
	struct shared *s = state;

	for (int i = 0; i < 5; i++)
		count_locked(run, state);
	WRITE_ONCE(s->flag, 0);
}

static void both_present(struct uiommufd_run *run, void *state)
{
	const struct shared *s = state;

	uiommufd_run_expect(run, s->block != (void *)1);
}

static void mark_lost_update(struct uiommufd_run *run, void *state)
{
	struct shared *s = state;
	uint32_t seen = READ_ONCE(s->flag);

	if (seen != READ_ONCE(s->flag))
		s->block = (void *)1;
}

static void raise_flag(struct uiommufd_run *run, void *state)
{
	struct shared *s = state;

	WRITE_ONCE(s->flag, 1);
}

static const struct uiommufd_scenario crowded = {
	.name = "crowded",
	.setup = prepare,
	.thread = { idle, mark_lost_update, idle, raise_flag, idle },
	.check = both_present,
	.state_bytes = sizeof(struct shared),
};

/*
 * Law: who has nothing to do with it is left out, and what is left is: read,
 * the other writes, read again, the end.
 */
static void shrinks_to_the_core(void **unused)
{
	struct uiommufd_explore_result result =
		explore(&crowded, UIOMMUFD_STRATEGY_RANDOM);
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(result.broken);
	assert_true(uiommufd_trail_length(result.broken) <= 4);
	uiommufd_trail_print(result.broken, out);
	fclose(out);
	assert_non_null(strstr(text, "broken: expectation"));
	free(text);
	uiommufd_trail_free(result.broken);
}

static void count_then_read(struct uiommufd_run *run, void *state)
{
	for (int i = 0; i < 12; i++)
		idle(run, state);
	mark_lost_update(run, state);
	idle(run, state);
}

static void count_then_raise(struct uiommufd_run *run, void *state)
{
	struct shared *s = state;

	for (int i = 0; i < 20; i++)
		count_locked(run, state);
	raise_flag(run, state);
	for (int i = 0; i < 12; i++) {
		WRITE_ONCE(s->flag, 0);
		idle(run, state);
	}
}

static const struct uiommufd_scenario late = {
	.name = "late",
	.setup = prepare,
	.thread = { count_then_read, count_then_raise },
	.check = both_present,
	.state_bytes = sizeof(struct shared),
};

/*
 * Law: hundreds of changes of threads before and after the one that matters go,
 * also where it matters how far everybody has come.
 */
static void shrinks_what_is_far_in(void **unused)
{
	struct uiommufd_explore_result result =
		explore(&late, UIOMMUFD_STRATEGY_RANDOM);

	assert_non_null(result.broken);
	assert_true(uiommufd_trail_length(result.broken) <= 4);
	uiommufd_trail_free(result.broken);
}

/* ---- stages -------------------------------------------------------------- */

/*
 * Law: the stages one after the other are the whole exploration, and behind the
 * last is nothing.
 */
static void stages_make_the_whole(void **unused)
{
	struct uiommufd_explore_options options;
	struct uiommufd_explore_result result = { .size = sizeof(result) };
	bool exhausted = false;
	unsigned int count;

	uiommufd_explore_options_init(&options);
	count = uiommufd_explore_stages(&locked, NULL);
	assert_true(count > 1);
	assert_int_equal(uiommufd_explore_stages(&locked, &options), count);
	for (options.stage = 0; options.stage < count; options.stage++) {
		options.executions = 50;
		assert_int_equal(uiommufd_explore(&locked, &options, &result), 0);
		assert_int_not_equal(result.executions, 0);
		exhausted |= result.exhausted;
	}
	assert_true(exhausted);
	assert_int_equal(uiommufd_explore(&locked, &options, &result), 0);
	assert_int_equal(result.executions, 0);
	options.strategy = UIOMMUFD_STRATEGY_DFS;
	assert_int_equal(uiommufd_explore_stages(&locked, &options), 1);
	assert_int_equal(uiommufd_explore_stages(NULL, &options), 0);
	options.size--;
	assert_int_equal(uiommufd_explore_stages(&locked, &options), 0);
}

/* ---- processes and values ------------------------------------------------ */

/* Law: several processes find it too, and end when nothing is left. */
static void works_together(void **unused)
{
	struct uiommufd_explore_options options;
	struct uiommufd_explore_result result = { .size = sizeof(result) };

	uiommufd_explore_options_init(&options);
	options.workers = 3;
	assert_int_equal(uiommufd_explore(&bare, &options, &result), 1);
	assert_string_equal(uiommufd_trail_law(result.broken), "expectation");
	uiommufd_trail_free(result.broken);
	options.strategy = UIOMMUFD_STRATEGY_DPOR;
	assert_int_equal(uiommufd_explore(&locked, &options, &result), 0);
	assert_true(result.exhausted);
}

static void choose_badly(struct uiommufd_run *run, void *state)
{
	unsigned int a = uiommufd_run_choose(run, 8);
	unsigned int b = uiommufd_run_choose(run, 8);

	uiommufd_run_expect(run, a != 5 || b != 6);
}

static const struct uiommufd_scenario choosing = {
	.name = "choosing",
	.thread = { choose_badly },
	.state_bytes = sizeof(struct shared),
};

/* Law: values are decisions. */
static void finds_values(void **unused)
{
	for (unsigned int s = 0; s < UIOMMUFD_STRATEGY_NR; s++)
		assert_string_equal(broken_law(&choosing, s), "expectation");
}

/* ---- data races ---------------------------------------------------------- */

static void count_plain(struct uiommufd_run *run, void *state)
{
	struct shared *s = state;

	kcsan_check_write(&s->count, sizeof(s->count));
	s->count++;
}

static void count_plain_locked(struct uiommufd_run *run, void *state)
{
	struct shared *s = state;

	mutex_lock(&s->a);
	count_plain(run, state);
	mutex_unlock(&s->a);
}

/* What is released to whoever sees the flag needs no lock. */
static void hand_over(struct uiommufd_run *run, void *state)
{
	struct shared *s = state;

	count_plain(run, state);
	smp_store_release(&s->flag, 1);
}

static void take_over(struct uiommufd_run *run, void *state)
{
	struct shared *s = state;

	if (smp_load_acquire(&s->flag))
		count_plain(run, state);
}

static const struct uiommufd_scenario plain = {
	.name = "plain",
	.setup = prepare,
	.thread = { count_plain, count_plain_locked },
	.state_bytes = sizeof(struct shared),
};

static const struct uiommufd_scenario plain_locked = {
	.name = "plain-locked",
	.setup = prepare,
	.thread = { count_plain_locked, count_plain_locked },
	.state_bytes = sizeof(struct shared),
};

static const struct uiommufd_scenario handed_over = {
	.name = "handed-over",
	.setup = prepare,
	.thread = { hand_over, take_over },
	.state_bytes = sizeof(struct shared),
};

/* Law: a race is one in whatever order it ran; a lock or a release is none. */
static void finds_data_race(void **unused)
{
	assert_string_equal(broken_law(&plain, UIOMMUFD_STRATEGY_DPOR), "race");
	assert_string_equal(broken_law(&plain_locked, UIOMMUFD_STRATEGY_DPOR),
			    "");
	assert_string_equal(broken_law(&handed_over, UIOMMUFD_STRATEGY_DPOR),
			    "");
}

/* ---- one after the other ------------------------------------------------- */

struct bound {
	int fd;
};

static void bind_device(struct uiommufd_run *run, void *state)
{
	struct bound *bound = state;
	uint32_t id;

	bound->fd = uiommufd_open(uiommufd_run_platform(run), O_RDWR);
	uiommufd_run_expect(run, !uiommufd_device_bind(bound->fd, "dev0", &id));
}

static void unbind_device(struct uiommufd_run *run, void *state)
{
	struct bound *bound = state;

	uiommufd_device_unbind(bound->fd, "dev0");
}

static void expect_too_much(struct uiommufd_run *run, void *state)
{
	uiommufd_run_expect(run, !state);
}

static const struct uiommufd_scenario bound_and_broken = {
	.name = "bound-and-broken",
	.kind = "smmuv3",
	.setup = bind_device,
	.thread = { expect_too_much },
	.finish = unbind_device,
	.state_bytes = sizeof(struct bound),
};

static void scenario_is_clean(const char *name)
{
	struct uiommufd_explore_options options;
	struct uiommufd_explore_result result = { .size = sizeof(result) };

	uiommufd_explore_options_init(&options);
	options.executions = 100;
	assert_int_equal(uiommufd_explore(uiommufd_scenario_find(name),
					  &options, &result), 0);
}

/*
 * Law: an exploration leaves nothing that another one stumbles on, whether it
 * found something, nothing, or what a missed change only made look broken.
 */
static void explores_one_after_the_other(void **unused)
{
	assert_string_equal(broken_law(&bound_and_broken,
				       UIOMMUFD_STRATEGY_DPOR), "expectation");
	scenario_is_clean("attach");
	assert_string_equal(broken_law(uiommufd_scenario_find(
					       "device-stuck-holder"),
				       UIOMMUFD_STRATEGY_DPOR), "");
	scenario_is_clean("attach");
}

static uint64_t processor_ns(void)
{
	struct timespec used;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	return used.tv_sec * 1000000000ull + used.tv_nsec;
}

/*
 * Law: what is given as processor time is used, and no longer than the wall
 * clock allows.  Drawing at random never ends by itself.
 */
static void time_is_the_processors(void **unused)
{
	struct uiommufd_explore_options options;
	struct uiommufd_explore_result result = { .size = sizeof(result) };
	uint64_t before = processor_ns();

	uiommufd_explore_options_init(&options);
	options.strategy = UIOMMUFD_STRATEGY_RANDOM;
	options.budget_ns = 0;
	options.processor_ns = 20000000;
	assert_int_equal(uiommufd_explore(&locked, &options, &result), 0);
	assert_true(processor_ns() - before >= options.processor_ns);
	options.budget_ns = 20000000;
	options.processor_ns = UINT64_MAX / 2;
	assert_int_equal(uiommufd_explore(&locked, &options, &result), 0);
	assert_true(result.elapsed_ns >= options.budget_ns);
	options.processor_ns = 0;
	options.budget_ns = 0;
	assert_int_equal(uiommufd_explore(&locked, &options, &result), -1);
}

/* Law: every scenario of the library is clean for a while. */
static void library_is_clean(void **unused)
{
	struct uiommufd_explore_options options;
	const struct uiommufd_scenario *s;

	uiommufd_explore_options_init(&options);
	options.budget_ns = 300000000u;
	for (unsigned int i = 0; (s = uiommufd_scenario_at(i)); i++) {
		struct uiommufd_explore_result result = {
			.size = sizeof(result),
		};

		assert_int_not_equal(uiommufd_explore(s, &options, &result),
				     -1);
		if (result.broken)
			uiommufd_trail_print(result.broken, stderr);
		assert_null(result.broken);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_lost_update),
		cmocka_unit_test(locked_is_clean),
		cmocka_unit_test(finds_lock_order),
		cmocka_unit_test(finds_deadlock),
		cmocka_unit_test(finds_vain_wait),
		cmocka_unit_test(finds_bad_memory),
		cmocka_unit_test(finds_unchecked_failure),
		cmocka_unit_test(trails_repeat),
		cmocka_unit_test(shrinks_to_the_core),
		cmocka_unit_test(shrinks_what_is_far_in),
		cmocka_unit_test(stages_make_the_whole),
		cmocka_unit_test(works_together),
		cmocka_unit_test(finds_values),
		cmocka_unit_test(finds_data_race),
		cmocka_unit_test(explores_one_after_the_other),
		cmocka_unit_test(time_is_the_processors),
		cmocka_unit_test(library_is_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
