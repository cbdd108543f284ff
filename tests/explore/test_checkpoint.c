// SPDX-License-Identifier: MIT
/*
 * Executions that go on from the middle are those that begin at the beginning:
 * the same ones, step by step.
 *
 * usage: test_explore_checkpoint [EXECUTIONS [EVERY]]: so many of each
 * scenario, and of every so many scenarios.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <uiommufd/uiommufd.h>

#define EXECUTIONS 120
#define SCENARIOS_EVERY 16
#define PATHS_MAX 8192u

static uint64_t executions = EXECUTIONS;
static unsigned int every = SCENARIOS_EVERY;

/* What a law has seen of an execution. */
struct path {
	uint64_t hash;
	uint64_t steps;
};

/* The paths of all of them; not where a restore brings it back. */
struct paths {
	unsigned int count;
	struct path path[PATHS_MAX];
};
static struct paths *paths;

static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * 0x9e3779b97f4a7c15ull;
	return hash ^ hash >> 29;
}

/* Addresses are others in another platform; the rest is not. */
static void path_step(struct uiommufd_run *run, void *memory,
		      const struct uiommufd_step *step)
{
	struct path *path = memory;

	path->hash = mix(path->hash, step->kind << 16 | step->fiber << 8 |
			 step->write << 1 | !step->addr);
	path->hash = mix(path->hash, (uintptr_t)step->site);
	path->hash = mix(path->hash, step->number << 32 | step->bytes);
	path->steps++;
}

static void path_closed(struct uiommufd_run *run, void *memory)
{
	const struct path *path = memory;

	/* Some are run again, to be looked at more closely. */
	for (unsigned int i = 0; i < paths->count; i++)
		if (paths->path[i].hash == path->hash)
			return;
	if (paths->count < PATHS_MAX)
		paths->path[paths->count++] = *path;
}

static const struct uiommufd_law path_law = {
	.name = "path",
	.summary = "remembers what it was shown",
	.memory_bytes = sizeof(struct path),
	.step = path_step,
	.closed = path_closed,
};
static const struct uiommufd_law *const laws[] = { &path_law, NULL };

static struct uiommufd_explore_result
explore(const struct uiommufd_scenario *scenario, bool resumes,
	enum uiommufd_strategy strategy, struct paths *into)
{
	struct uiommufd_explore_result result = { .size = sizeof(result) };
	struct uiommufd_scenario copy = *scenario;
	struct uiommufd_explore_options options;

	if (resumes)
		copy.flags |= UIOMMUFD_SCENARIO_RESUMES;
	uiommufd_explore_options_init(&options);
	options.strategy = strategy;
	options.executions = executions;
	options.budget_ns = 0;
	options.laws = laws;
	into->count = 0;
	paths = into;
	assert_int_equal(uiommufd_explore(&copy, &options, &result), 0);
	return result;
}

static int by_hash(const void *a, const void *b)
{
	const struct path *x = a, *y = b;

	return (x->hash > y->hash) - (x->hash < y->hash);
}

static void same_paths(struct paths *a, struct paths *b)
{
	qsort(a->path, a->count, sizeof(a->path[0]), by_hash);
	qsort(b->path, b->count, sizeof(b->path[0]), by_hash);
	assert_int_equal(a->count, b->count);
	for (unsigned int i = 0; i < a->count; i++) {
		assert_int_equal(a->path[i].hash, b->path[i].hash);
		assert_int_equal(a->path[i].steps, b->path[i].steps);
	}
}

static void compare(const struct uiommufd_scenario *scenario,
		    enum uiommufd_strategy strategy)
{
	struct paths *from_start = calloc(1, sizeof(*from_start));
	struct paths *resumed = calloc(1, sizeof(*resumed));
	struct uiommufd_explore_result a, b;

	assert_non_null(from_start);
	assert_non_null(resumed);
	print_message("%s, %s\n", scenario->name,
		      uiommufd_strategy_name(strategy));
	a = explore(scenario, false, strategy, from_start);
	b = explore(scenario, true, strategy, resumed);
	assert_int_equal(a.executions, b.executions);
	assert_int_equal(a.distinct, b.distinct);
	assert_int_equal(a.redundant, b.redundant);
	assert_int_equal(a.exhausted, b.exhausted);
	assert_true(from_start->count);
	same_paths(from_start, resumed);
	free(from_start);
	free(resumed);
}

/*
 * Some are not the same twice: they are one long step, go by addresses, or show
 * the law what is taken back.
 */
static bool is_left_out(const char *name)
{
	return !strncmp(name, "recorded", 8) || !strcmp(name, "cmdqv-remove") ||
	       !strcmp(name, "cmdqv-vdevice");
}

static void compare_all(enum uiommufd_strategy strategy)
{
	const struct uiommufd_scenario *scenario;

	for (unsigned int i = 0; (scenario = uiommufd_scenario_at(i)); i++)
		if (!(i % every) && !is_left_out(scenario->name))
			compare(scenario, strategy);
}

static void test_reduced(void **state)
{
	compare_all(UIOMMUFD_STRATEGY_DPOR);
}

static void test_plain(void **state)
{
	compare_all(UIOMMUFD_STRATEGY_DFS);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reduced),
		cmocka_unit_test(test_plain),
	};

	if (argc > 1)
		executions = strtoull(argv[1], NULL, 0);
	if (argc > 2 && atoi(argv[2]))
		every = atoi(argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
