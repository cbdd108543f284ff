// SPDX-License-Identifier: MIT
/*
 * The reduction leaves out orders, and nothing else: on small programs it ends
 * in exactly the states in which plain depth-first search ends, and finds a law
 * broken exactly where that does.
 *
 * The programs are drawn: a few threads, each a few operations on a few words,
 * locks, counters, a map and a block, which write down what they saw.  What the
 * threads saw and what they left is the state that an execution ends in.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <cmocka.h>
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/kcsan-checks.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/rwsem.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/xarray.h>
#include <uiommufd/uiommufd.h>

#define THREADS 3
#define OPS_MAX 4
#define WORDS 2
#define ENDS_MAX 16384u		/* a power of two */
#define KINDS 3			/* of operations in a program */

struct world {
	/* Neighbours of one word of the machine, and one apart. */
	uint32_t near[WORDS];
	uint64_t far;
	atomic_t count;
	refcount_t refs;
	struct mutex mutex;
	struct mutex second;
	spinlock_t spin;
	struct rw_semaphore sem;
	struct completion done;
	struct xarray map;
	uint64_t plain;			/* under the mutex, or nothing */
	uint64_t *block;
	uint64_t saw[THREADS][OPS_MAX];
};

/* ---- the operations ------------------------------------------------------ */

typedef uint64_t operation(struct world *w, uint64_t mine);

static uint64_t load_near(struct world *w, uint64_t mine)
{
	return READ_ONCE(w->near[mine % WORDS]);
}

static uint64_t store_near(struct world *w, uint64_t mine)
{
	WRITE_ONCE(w->near[mine % WORDS], (uint32_t)mine);
	return 0;
}

static uint64_t load_far(struct world *w, uint64_t mine)
{
	return READ_ONCE(w->far);
}

static uint64_t store_far(struct world *w, uint64_t mine)
{
	WRITE_ONCE(w->far, mine);
	return 0;
}

static uint64_t add_far(struct world *w, uint64_t mine)
{
	uint64_t seen = READ_ONCE(w->far);

	WRITE_ONCE(w->far, seen + mine);
	return seen;
}

static uint64_t count_blindly(struct world *w, uint64_t mine)
{
	atomic_inc(&w->count);
	return 0;
}

static uint64_t count_and_look(struct world *w, uint64_t mine)
{
	return atomic_inc_return(&w->count);
}

static uint64_t swap_count(struct world *w, uint64_t mine)
{
	return atomic_cmpxchg(&w->count, 1, (int)mine);
}

static uint64_t hold(struct world *w, uint64_t mine)
{
	return refcount_inc_not_zero(&w->refs);
}

static uint64_t let_go(struct world *w, uint64_t mine)
{
	return refcount_dec_and_test(&w->refs);
}

static uint64_t under_mutex(struct world *w, uint64_t mine)
{
	uint64_t seen;

	mutex_lock(&w->mutex);
	kcsan_check_write(&w->plain, sizeof(w->plain));
	seen = w->plain;
	w->plain = 3 * seen + mine;
	mutex_unlock(&w->mutex);
	return seen;
}

static uint64_t try_mutex(struct world *w, uint64_t mine)
{
	if (!mutex_trylock(&w->mutex))
		return 0;
	mutex_unlock(&w->mutex);
	return 1;
}

static uint64_t two_mutexes(struct world *w, uint64_t mine)
{
	mutex_lock(&w->mutex);
	mutex_lock(&w->second);
	mutex_unlock(&w->second);
	mutex_unlock(&w->mutex);
	return 0;
}

static uint64_t under_spin(struct world *w, uint64_t mine)
{
	uint64_t seen;

	spin_lock(&w->spin);
	seen = READ_ONCE(w->near[0]);
	WRITE_ONCE(w->near[0], (uint32_t)(seen + mine));
	spin_unlock(&w->spin);
	return seen;
}

static uint64_t as_reader(struct world *w, uint64_t mine)
{
	uint64_t seen;

	down_read(&w->sem);
	seen = READ_ONCE(w->far);
	up_read(&w->sem);
	return seen;
}

static uint64_t as_writer(struct world *w, uint64_t mine)
{
	down_write(&w->sem);
	WRITE_ONCE(w->far, mine);
	up_write(&w->sem);
	return 0;
}

static uint64_t map_store(struct world *w, uint64_t mine)
{
	return xa_to_value(xa_store(&w->map, 1, xa_mk_value(mine), GFP_KERNEL));
}

static uint64_t map_load(struct world *w, uint64_t mine)
{
	return xa_to_value(xa_load(&w->map, 1));
}

static uint64_t map_erase(struct world *w, uint64_t mine)
{
	return xa_to_value(xa_erase(&w->map, 1));
}

static uint64_t give(struct world *w, uint64_t mine)
{
	complete(&w->done);
	return 0;
}

static uint64_t take_if_given(struct world *w, uint64_t mine)
{
	return try_wait_for_completion(&w->done);
}

static uint64_t trade_block(struct world *w, uint64_t mine)
{
	uint64_t *block = kmalloc(sizeof(*block), GFP_KERNEL), *old, seen = 0;

	if (!block)
		return 0;
	*block = mine;
	old = xchg(&w->block, block);
	if (old)
		seen = *old;
	kfree(old);
	return seen;
}

/* What breaks a law when another thread comes at the wrong moment. */

static uint64_t plainly(struct world *w, uint64_t mine)
{
	kcsan_check_write(&w->plain, sizeof(w->plain));
	w->plain = mine;
	return 0;
}

static uint64_t look_into_block(struct world *w, uint64_t mine)
{
	const uint64_t *block = READ_ONCE(w->block);

	return block ? READ_ONCE(*block) : 0;
}

static uint64_t mutexes_crossed(struct world *w, uint64_t mine)
{
	mutex_lock(&w->second);
	mutex_lock(&w->mutex);
	mutex_unlock(&w->mutex);
	mutex_unlock(&w->second);
	return 0;
}

static uint64_t wait_for_it(struct world *w, uint64_t mine)
{
	wait_for_completion(&w->done);
	return 0;
}

static const struct {
	operation *run;
	const char *name;
} operations[] = {
#define OPERATION(name) { name, #name }
	OPERATION(load_near),
	OPERATION(store_near),
	OPERATION(load_far),
	OPERATION(store_far),
	OPERATION(add_far),
	OPERATION(count_blindly),
	OPERATION(count_and_look),
	OPERATION(swap_count),
	OPERATION(hold),
	OPERATION(let_go),
	OPERATION(under_mutex),
	OPERATION(try_mutex),
	OPERATION(two_mutexes),
	OPERATION(under_spin),
	OPERATION(as_reader),
	OPERATION(as_writer),
	OPERATION(map_store),
	OPERATION(map_load),
	OPERATION(map_erase),
	OPERATION(give),
	OPERATION(take_if_given),
	OPERATION(trade_block),
	/* From here on they may break laws. */
	OPERATION(plainly),
	OPERATION(look_into_block),
	OPERATION(mutexes_crossed),
	OPERATION(wait_for_it),
#undef OPERATION
};

#define ALL ((unsigned int)(sizeof(operations) / sizeof(operations[0])))
#define HARMLESS (ALL - 4)

/* ---- programs ------------------------------------------------------------ */

/* Drawn before exploring: no execution changes it. */
static struct program {
	unsigned int threads, ops;
	unsigned int op[THREADS][OPS_MAX];	/* of operations[] */
} program;

static uint64_t random_state;

static uint32_t draw(uint32_t below)
{
	random_state = random_state * 6364136223846793005ull + 1;
	return (uint32_t)(random_state >> 33) % below;
}

static void draw_program(uint64_t seed, unsigned int threads, unsigned int ops,
			 unsigned int choices)
{
	unsigned int kinds[KINDS];

	random_state = seed * 0x9e3779b97f4a7c15ull;
	program = (struct program){ .threads = threads, .ops = ops };
	/* Few kinds: threads have to do with each other. */
	for (unsigned int i = 0; i < KINDS; i++)
		kinds[i] = draw(choices);
	for (unsigned int t = 0; t < threads; t++)
		for (unsigned int i = 0; i < ops; i++)
			program.op[t][i] = kinds[draw(KINDS)];
}

static void print_program(void)
{
	for (unsigned int t = 0; t < program.threads; t++) {
		print_error("  thread %u:", t);
		for (unsigned int i = 0; i < program.ops; i++)
			print_error(" %s", operations[program.op[t][i]].name);
		print_error("\n");
	}
}

static void run_thread(struct uiommufd_run *run, void *state)
{
	unsigned int t = uiommufd_run_thread(run);
	struct world *w = state;

	for (unsigned int i = 0; i < program.ops; i++)
		w->saw[t][i] = operations[program.op[t][i]].run(
			w, 10 * (t + 1) + i);
}

/* ---- where executions end ------------------------------------------------ */

/* In memory of its own, which no restore brings back. */
struct ends {
	unsigned int count;
	uint64_t hash[ENDS_MAX];
};

static struct ends *ends;

static uint64_t *ends_slot(struct ends *in, uint64_t hash)
{
	uint32_t at = (uint32_t)(hash >> 32) % ENDS_MAX;

	while (in->hash[at] && in->hash[at] != hash)
		at = (at + 1) % ENDS_MAX;
	return &in->hash[at];
}

static void ends_add(uint64_t hash)
{
	uint64_t *slot = ends_slot(ends, hash);

	if (*slot)
		return;
	assert_true(ends->count < ENDS_MAX / 2);
	*slot = hash;
	ends->count++;
}

/* How many of the ones the others lack. */
static unsigned int ends_missing(struct ends *ones, struct ends *others)
{
	unsigned int missing = 0;

	for (unsigned int i = 0; i < ENDS_MAX; i++)
		missing += ones->hash[i] && !*ends_slot(others, ones->hash[i]);
	return missing;
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * 0x9e3779b97f4a7c15ull;
	return hash ^ hash >> 32;
}

static uint64_t hash_of(const struct world *w)
{
	uint64_t hash = mix(mix(1, w->near[0]), w->near[1]);

	hash = mix(mix(hash, w->far), (uint32_t)atomic_read(&w->count));
	hash = mix(mix(hash, refcount_read(&w->refs)), w->plain);
	hash = mix(hash, w->done.done);
	hash = mix(hash, w->block ? *w->block : 0);
	for (unsigned int t = 0; t < THREADS; t++)
		for (unsigned int i = 0; i < OPS_MAX; i++)
			hash = mix(hash, w->saw[t][i]);
	return hash | 1;
}

/* ---- the scenario -------------------------------------------------------- */

static void begin(struct uiommufd_run *run, void *state)
{
	struct world *w = state;

	mutex_init(&w->mutex);
	mutex_init(&w->second);
	spin_lock_init(&w->spin);
	init_rwsem(&w->sem);
	init_completion(&w->done);
	xa_init(&w->map);
	refcount_set(&w->refs, 2);
}

static void look(struct uiommufd_run *run, void *state)
{
	struct world *w = state;

	ends_add(mix(hash_of(w), xa_to_value(xa_load(&w->map, 1))) | 1);
}

static void finish(struct uiommufd_run *run, void *state)
{
	struct world *w = state;

	xa_destroy(&w->map);
	kfree(w->block);
}

static const struct uiommufd_scenario two_threads = {
	.name = "two threads",
	.setup = begin,
	.thread = { run_thread, run_thread },
	.check = look,
	.finish = finish,
	.state_bytes = sizeof(struct world),
	.flags = UIOMMUFD_SCENARIO_WARNINGS,
};

static const struct uiommufd_scenario three_threads = {
	.name = "three threads",
	.setup = begin,
	.thread = { run_thread, run_thread, run_thread },
	.check = look,
	.finish = finish,
	.state_bytes = sizeof(struct world),
	.flags = UIOMMUFD_SCENARIO_WARNINGS,
};

/* ---- comparing ----------------------------------------------------------- */

struct found {
	uint64_t executions;
	bool broken;
	struct ends ends;
};

/* Preemptions in an execution, for both. */
static int bound = UIOMMUFD_UNBOUNDED;

static void search(const struct uiommufd_scenario *scenario,
		   enum uiommufd_strategy strategy, struct found *out)
{
	struct uiommufd_explore_options options;
	struct uiommufd_explore_result result = { .size = sizeof(result) };

	memset(ends, 0, sizeof(*ends));
	uiommufd_explore_options_init(&options);
	options.strategy = strategy;
	options.failures = 0;
	options.preemptions = bound;
	options.budget_ns = 0;
	options.shrink = false;
	assert_int_not_equal(uiommufd_explore(scenario, &options, &result), -1);
	out->executions = result.executions;
	out->broken = result.broken;
	if (!result.broken && !result.exhausted)
		print_program();
	assert_true(result.broken || result.exhausted);
	uiommufd_trail_free(result.broken);
	out->ends = *ends;
}

static struct found plain, reduced;
static uint64_t plain_executions, reduced_executions;
static unsigned int broken, ended;

static void compare(const struct uiommufd_scenario *scenario, uint64_t seed)
{
	search(scenario, UIOMMUFD_STRATEGY_DFS, &plain);
	search(scenario, UIOMMUFD_STRATEGY_DPOR, &reduced);
	if (plain.broken != reduced.broken ||
	    (!plain.broken && plain.ends.count != reduced.ends.count)) {
		print_program();
		print_error("%s, seed %llu: plain search %u ends, %s; reduced %u, %s\n",
			    scenario->name, (unsigned long long)seed,
			    plain.ends.count, plain.broken ? "broken" : "clean",
			    reduced.ends.count,
			    reduced.broken ? "broken" : "clean");
	}
	assert_int_equal(plain.broken, reduced.broken);
	broken += plain.broken;
	if (plain.broken)
		return;
	assert_int_equal(ends_missing(&plain.ends, &reduced.ends), 0);
	assert_int_equal(ends_missing(&reduced.ends, &plain.ends), 0);
	assert_true(reduced.executions <= plain.executions);
	ended += plain.ends.count;
	plain_executions += plain.executions;
	reduced_executions += reduced.executions;
}

static void compare_all(const struct uiommufd_scenario *scenario,
			unsigned int threads, unsigned int ops,
			unsigned int choices, unsigned int programs)
{
	plain_executions = reduced_executions = 0;
	broken = ended = 0;
	for (uint64_t seed = 1; seed <= programs; seed++) {
		draw_program(seed, threads, ops, choices);
		compare(scenario, seed);
	}
	print_message("%s: %u ends, plain %llu executions, reduced %llu, %u broken\n",
		      scenario->name, ended,
		      (unsigned long long)plain_executions,
		      (unsigned long long)reduced_executions, broken);
}

/* Law: the same ends of what keeps all laws; they are many, and orders more. */
static void two_end_alike(void **unused)
{
	compare_all(&two_threads, 2, 3, HARMLESS, 8);
	assert_int_equal(broken, 0);
	assert_true(ended > 2 * 8);
	assert_true(reduced_executions < plain_executions / 2);
}

static void three_end_alike(void **unused)
{
	compare_all(&three_threads, 3, 1, HARMLESS, 24);
	assert_int_equal(broken, 0);
	assert_true(ended > 24);
	assert_true(reduced_executions < plain_executions / 2);
}

/* Law: where one search finds a law broken the other does. */
static void both_find_what_is_broken(void **unused)
{
	compare_all(&two_threads, 2, 2, ALL, 40);
	assert_true(broken > 4 && broken < 40);
}

/*
 * Law: under a bound of preemptions, too, the reduction leaves out no end that
 * plain search reaches within the bound.
 */
static void bounded_end_alike(void **unused)
{
	for (bound = 0; bound < 3; bound++) {
		compare_all(&two_threads, 2, 3, HARMLESS, 8);
		compare_all(&three_threads, 3, 1, HARMLESS, 12);
		compare_all(&two_threads, 2, 2, ALL, 20);
	}
	bound = UIOMMUFD_UNBOUNDED;
}

static int own_memory(void **unused)
{
	ends = mmap(NULL, sizeof(*ends), PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return ends == MAP_FAILED ? -1 : 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_end_alike),
		cmocka_unit_test(three_end_alike),
		cmocka_unit_test(both_find_what_is_broken),
		cmocka_unit_test(bounded_end_alike),
	};

	return cmocka_run_group_tests(tests, own_memory, NULL);
}
