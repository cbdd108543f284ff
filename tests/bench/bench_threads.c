/* SPDX-License-Identifier: MIT */
/*
 * The engine in a thread of its own, next to the barest thing two threads can
 * do: a ring of 16-byte entries that one fills and the other copies out, and a
 * cache line that goes to and fro.
 *
 * Software drives the queues through the page that a guest maps, as a guest
 * does.  Peers run in turn with what they are peers of, many times and for a
 * short time each; the lowest of each counts: noise only adds.  Whoever waits
 * looks, and gives way to others on its processor now and then.
 */
#include <inttypes.h>
#include <asm/processor.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uik/machine.h>
#include "sim/platform.h"
#include "state.h"

#define LOG2_SIZE 12
#define ENTRIES (1u << LOG2_SIZE)
#define WRAP (2 * ENTRIES - 1)
#define BATCH 256
#define COMMANDS (1u << 17)
#define TRIPS 500
#define RUNS 60
#define PAIR_RUNS 200
#define PATIENCE 4096u	/* where there are processors enough */
#define ENGINE_PATIENCE 32u	/* LOOKS_A_TIME of lib/sim/engine.c */
#define MAX_QUEUES 128
#define STEP_COMMANDS 2048u	/* of all queues together */
#define QUEUE_COMMANDS 64u	/* of each queue */
#define STEPS 4
#define SPREAD_RUNS 500

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static double lowest(double a, double b)
{
	return a && a < b ? a : b;
}

/* How often a thread looks before others get its processor. */
static unsigned int patience = PATIENCE;

static void relax(unsigned int *spins)
{
	if (++*spins % patience == 0)
		sched_yield();
	else
		cpu_relax();
}

struct entry {
	uint64_t word[2];
};

/* One queue as software sees it: index words anywhere, entries in memory. */
struct queue {
	uint32_t *prod;
	uint32_t *cons;
	struct entry *entry;
	uint32_t shadow;
};

/* --- software ---------------------------------------------------------------- */

static void fill(struct queue *q, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct entry *e = &q->entry[(q->shadow + i) & (ENTRIES - 1)];
		bool sync = (q->shadow + i) % 16 == 15;

		e->word[0] = sync ? 0x46 : 0x12 | UINT64_C(7) << 48;
		e->word[1] = sync ? 0 : (uint64_t)i << 12 | 1;
	}
	q->shadow = (q->shadow + count) & WRAP;
}

static void wait_cons(struct queue *q, uint32_t outstanding)
{
	unsigned int spins = 0;

	while (((q->shadow - __atomic_load_n(q->cons, __ATOMIC_ACQUIRE)) &
		WRAP) > outstanding)
		relax(&spins);
}

static double produce(struct queue *q, uint32_t commands)
{
	double start = now_ns();

	for (uint32_t done = 0; done < commands; done += BATCH) {
		wait_cons(q, ENTRIES - BATCH);
		fill(q, BATCH);
		__atomic_store_n(q->prod, q->shadow, __ATOMIC_RELEASE);
	}
	wait_cons(q, 0);
	return (now_ns() - start) / commands;
}

/* One CMD_SYNC a doorbell, waited for. */
static double trips(struct queue *q)
{
	double start = now_ns();

	for (int i = 0; i < TRIPS; i++) {
		struct entry *e = &q->entry[q->shadow & (ENTRIES - 1)];

		e->word[0] = 0x46;
		e->word[1] = 0;
		q->shadow = (q->shadow + 1) & WRAP;
		__atomic_store_n(q->prod, q->shadow, __ATOMIC_RELEASE);
		wait_cons(q, 0);
	}
	return (now_ns() - start) / TRIPS;
}

/* --- the peers ---------------------------------------------------------------- */

struct bare {
	struct queue queue;
	pthread_t thread;
	bool stop;
	bool line_only;
	uint64_t sum;
	uint32_t prod __attribute__((aligned(128)));
	uint32_t cons __attribute__((aligned(128)));
};

static void *bare_main(void *arg)
{
	struct bare *b = arg;
	uint32_t cons = b->cons;
	unsigned int spins = 0;

	while (!__atomic_load_n(&b->stop, __ATOMIC_RELAXED)) {
		uint32_t prod = __atomic_load_n(&b->prod, __ATOMIC_ACQUIRE);

		if (prod == cons) {
			relax(&spins);
			continue;
		}
		for (; !b->line_only && cons != prod; cons = (cons + 1) & WRAP) {
			struct entry copy = b->queue.entry[cons &
							   (ENTRIES - 1)];

			__asm__ volatile("" : : "r"(copy.word[0]),
					 "r"(copy.word[1]));
			b->sum++;
		}
		cons = prod;
		__atomic_store_n(&b->cons, cons, __ATOMIC_RELEASE);
	}
	return NULL;
}

static struct bare *bare_open(bool line_only)
{
	struct bare *b = aligned_alloc(128, (sizeof(*b) + 127) / 128 * 128);

	memset(b, 0, sizeof(*b));
	b->line_only = line_only;
	b->queue.prod = &b->prod;
	b->queue.cons = &b->cons;
	b->queue.entry = aligned_alloc(4096, ENTRIES * sizeof(struct entry));
	pthread_create(&b->thread, NULL, bare_main, b);
	return b;
}

static void bare_close(struct bare *b)
{
	__atomic_store_n(&b->stop, true, __ATOMIC_RELAXED);
	pthread_join(b->thread, NULL);
	free(b->queue.entry);
	free(b);
}

/* --- the model ------------------------------------------------------------------ */

struct model {
	struct uiommufd_platform *platform;
	uint32_t count;
	struct queue queue[MAX_QUEUES];
};

static void start_queue(struct model *m, struct uiommufd_mmio *mmio,
			uint32_t l)
{
	uint32_t size = ENTRIES * sizeof(struct entry);
	uint32_t *slot = (uint32_t *)(m->platform->sim->vintf[1].page +
				      l * 0x80);
	struct queue *q = &m->queue[l];

	q->entry = aligned_alloc(size, size);
	memset(q->entry, 0, size);
	q->cons = &slot[0];
	q->prod = &slot[1];
	uiommufd_mmio_write(mmio, 0x200 + 4 * l, 4, 1 << 15 | l << 1);
	uiommufd_mmio_write(mmio, 0x200 + 4 * l, 4, 1 << 15 | l << 1 | 1);
	uiommufd_mmio_write(mmio, 0x60000 + 0x80 * l, 8,
			    (uintptr_t)q->entry | LOG2_SIZE);
	uiommufd_mmio_write(mmio, 0x50008 + 0x80 * l, 4, 1);
	while (uiommufd_mmio_read(mmio, 0x5000c + 0x80 * l, 4) != 1)
		sched_yield();
}

/* A guest's VINTF: filter and substitution on. */
static struct model *model_open(uint32_t queues, enum uiommufd_engine engine)
{
	struct model *m = calloc(1, sizeof(*m));
	struct uiommufd_platform_config config;
	struct uiommufd_mmio *mmio;

	uiommufd_platform_config_init(&config, "tegra241");
	config.hardware.engine = engine;
	/* As its peers it gives way while it waits, and does not sleep. */
	config.hardware.idle_sleep_ns = 0;
	m->platform = platform_build(&config);
	m->count = queues;
	uik_enter(m->platform->machine);
	mmio = uiommufd_vcmdq_registers(m->platform);
	uiommufd_mmio_write(mmio, 0, 4, 1);
	uiommufd_mmio_write(mmio, 0x1100, 4, 5 << 1);
	uiommufd_mmio_write(mmio, 0x1100, 4, 5 << 1 | 1);
	for (uint32_t l = 0; l < queues; l++)
		start_queue(m, mmio, l);
	uik_leave(NULL);
	return m;
}

static void model_close(struct model *m)
{
	uiommufd_platform_free(m->platform);
	for (uint32_t l = 0; l < m->count; l++)
		free(m->queue[l].entry);
	free(m);
}

/* --- measurements ------------------------------------------------------------------ */

static void report(const char *what, double model, double bare, double goal)
{
	printf("%-44s %8.2f ns  bare %8.2f ns  %5.2fx (goal %.1fx)\n", what,
	       model, bare, model / bare, goal);
}

static void one_queue(void)
{
	struct model *m = model_open(1, UIOMMUFD_ENGINE_THREAD);
	double model = 0, bare = 0, door = 0, line = 0;

	for (int i = 0; i < RUNS; i++) {
		struct bare *b = bare_open(false);

		bare = lowest(bare, produce(&b->queue, COMMANDS));
		bare_close(b);
		model = lowest(model, produce(&m->queue[0], COMMANDS));
		b = bare_open(true);
		line = lowest(line, trips(&b->queue));
		bare_close(b);
		door = lowest(door, trips(&m->queue[0]));
	}
	report("command, engine thread", model, bare, 2);
	report("doorbell and answer", door, line, 1.5);
	model_close(m);
}

/* --- two queues at once --------------------------------------------------------- */

/* Where four threads run, by numbers of processors that there may be. */
struct places {
	const char *name;
	int producer[2];
	int consumer[2];
};

static const struct places apart = { "each of 4 threads by itself", { 0, 1 },
				     { 2, 3 } };
/*
 * With fewer processors threads share them, and which ones do decides more than
 * what they do.  So both peers share in the same two ways, neither of them the
 * scheduler's choice, and everybody gives way as soon as the engine does.
 */
static const struct places sharing[] = {
	{ "each ring's ends share", { 0, 1 }, { 0, 1 } },
	{ "crosswise", { 0, 1 }, { 1, 0 } },
};

static cpu_set_t allowed;

static void run_on(int number)
{
	int count = CPU_COUNT(&allowed);
	cpu_set_t one;
	int cpu = -1;

	for (int i = number % count; i >= 0; i--)
		do
			cpu++;
		while (!CPU_ISSET(cpu, &allowed));
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	sched_setaffinity(0, sizeof(one), &one);
}

static void run_anywhere(void)
{
	sched_setaffinity(0, sizeof(allowed), &allowed);
}

/* One end that fills, while another does. */
struct filler {
	struct queue *queue;
	int processor;
	uint32_t *ready;	/* fillers whose consumer is awake, of two */
};

static void warm_up(const struct filler *f)
{
	unsigned int spins = 0;

	run_on(f->processor);
	produce(f->queue, ENTRIES);
	__atomic_add_fetch(f->ready, 1, __ATOMIC_ACQ_REL);
	while (__atomic_load_n(f->ready, __ATOMIC_ACQUIRE) < 2)
		relax(&spins);
}

static void *produce_main(void *arg)
{
	const struct filler *f = arg;

	warm_up(f);
	produce(f->queue, COMMANDS);
	return NULL;
}

static double together(struct queue *a, struct queue *b,
		       const struct places *places)
{
	uint32_t ready = 0;
	struct filler first = { a, places->producer[0], &ready };
	struct filler second = { b, places->producer[1], &ready };
	pthread_t other;
	double start;

	pthread_create(&other, NULL, produce_main, &second);
	warm_up(&first);
	start = now_ns();
	produce(a, COMMANDS);
	pthread_join(other, NULL);
	return (now_ns() - start) / (2.0 * COMMANDS);
}

/* A consumer is born where it is to run. */
static double bare_pair(const struct places *places)
{
	struct bare *b[2];
	double ns;

	for (int i = 0; i < 2; i++) {
		run_on(places->consumer[i]);
		b[i] = bare_open(false);
	}
	ns = together(&b[0]->queue, &b[1]->queue, places);
	for (int i = 0; i < 2; i++)
		bare_close(b[i]);
	return ns;
}

/* Each with an engine of its own: two machines, as two guests' are. */
static double model_pair(const struct places *places)
{
	struct model *m[2];
	double ns;

	for (int i = 0; i < 2; i++) {
		run_on(places->consumer[i]);
		m[i] = model_open(1, UIOMMUFD_ENGINE_THREAD);
	}
	ns = together(&m[0]->queue[0], &m[1]->queue[0], places);
	for (int i = 0; i < 2; i++)
		model_close(m[i]);
	return ns;
}

static int in_order(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* How the peers compare within each run, whatever else the machine did. */
static void two_queues(const struct places *places)
{
	double model = 0, bare = 0, share[PAIR_RUNS];

	for (int i = 0; i < PAIR_RUNS; i++) {
		double m = i % 2 ? model_pair(places) : 0;
		double b = bare_pair(places);

		m = m ? m : model_pair(places);
		bare = lowest(bare, b);
		model = lowest(model, m);
		share[i] = b / m;
	}
	run_anywhere();
	qsort(share, PAIR_RUNS, sizeof(share[0]), in_order);
	printf("  %-42s %8.2f ns  bare %8.2f ns  throughput %4.2f of it (goal 0.9)\n"
	       "  %-42s median %4.2f, quartiles %4.2f and %4.2f, of %d runs\n",
	       places->name, model, bare, bare / model, "",
	       share[PAIR_RUNS / 2], share[PAIR_RUNS / 4],
	       share[PAIR_RUNS * 3 / 4], PAIR_RUNS);
}

static void all_places(void)
{
	int count = CPU_COUNT(&allowed);

	printf("two queues, two engine threads, %d processors\n", count);
	if (count >= 4) {
		two_queues(&apart);
		return;
	}
	patience = ENGINE_PATIENCE;
	for (size_t i = 0; i < sizeof(sharing) / sizeof(sharing[0]); i++)
		two_queues(&sharing[i]);
}

/*
 * Rings are aligned to their size.  In step, all queues would use the same few
 * sets of every cache; queues that do not know of each other are not in step.
 */
static void stagger(struct model *m)
{
	for (uint32_t l = 0; l < m->count; l++) {
		fill(&m->queue[l], l * (ENTRIES / MAX_QUEUES));
		__atomic_store_n(m->queue[l].prod, m->queue[l].shadow,
				 __ATOMIC_RELEASE);
	}
	uiommufd_vcmdq_step(m->platform, UINT64_MAX);
}

/* @each commands of every queue a step; ns a step. */
static double spread(struct model *m, uint32_t each)
{
	double spent = 0;
	uint64_t done = 0;

	for (int i = 0; i < STEPS; i++) {
		double start;

		for (uint32_t l = 0; each && l < m->count; l++) {
			fill(&m->queue[l], each);
			__atomic_store_n(m->queue[l].prod, m->queue[l].shadow,
					 __ATOMIC_RELEASE);
		}
		start = now_ns();
		done += uiommufd_vcmdq_step(m->platform, UINT64_MAX);
		spent += now_ns() - start;
	}
	if (done != (uint64_t)STEPS * each * m->count)
		abort();
	return spent / STEPS;
}

/* What a step costs that has nothing to do, and what commands add to it. */
struct spread_cost {
	double idle;
	double shared;		/* STEP_COMMANDS of all queues together */
	double each;		/* QUEUE_COMMANDS of every queue */
};

static struct spread_cost spread_cost(uint32_t queues)
{
	struct model *m = model_open(queues, UIOMMUFD_ENGINE_STEPPED);
	struct spread_cost cost = { 0 };

	stagger(m);
	for (int i = 0; i < SPREAD_RUNS; i++) {
		cost.idle = lowest(cost.idle, spread(m, 0));
		cost.shared = lowest(cost.shared,
				     spread(m, STEP_COMMANDS / queues));
		cost.each = lowest(cost.each, spread(m, QUEUE_COMMANDS));
	}
	model_close(m);
	return cost;
}

/*
 * More and more queues: with as many commands in all, so that each gets fewer,
 * and with as many each.  The latter without what a step costs anyway, which
 * is to look for stores all over the page.
 *
 * A served queue costs some 290 instructions besides its commands, as much as 15
 * of them: a look, its lock, the doorbell taken over from the page, one fetch,
 * one CONS; and, where there are many, a dozen lines that only the second cache
 * holds.  With 16 commands each that is half of the time, with 64 a fifth.
 */
static void many_queues(void)
{
	struct spread_cost one = { 0 };

	printf("queues  %u commands in all  %7s  %u each  %14s  idle step\n",
	       STEP_COMMANDS, "", QUEUE_COMMANDS, "");
	for (uint32_t n = 1; n <= MAX_QUEUES; n *= 2) {
		struct spread_cost cost = spread_cost(n);

		cost.shared /= STEP_COMMANDS;
		cost.each = (cost.each - cost.idle) / (n * QUEUE_COMMANDS);
		if (n == 1)
			one = cost;
		printf("%6u  %14.2f ns  %5.2fx of one  %6.2f ns  %5.2fx of one  %6.0f ns\n",
		       n, cost.shared, cost.shared / one.shared, cost.each,
		       cost.each / one.each, cost.idle);
	}
}

int main(void)
{
	bench_state();
	sched_getaffinity(0, sizeof(allowed), &allowed);
	one_queue();
	all_places();
	many_queues();
	return 0;
}
