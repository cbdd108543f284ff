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
#define PAGE_LOG2_SIZE 8	/* a ring of one page, as a guest without huge ones */
#define BATCH 256
#define COMMANDS (1u << 17)
#define TRIPS 500
#define RUNS 60
#define PAIR_RUNS 200
#define PATIENCE 4096u	/* where there are processors enough */
#define ENGINE_PATIENCE 32u	/* LOOKS_A_TIME of lib/sim/engine.c */
#define MAX_QUEUES 128
#define STEP_COMMANDS 2048u	/* of all queues together */
#define STEPS 4
#define SPREAD_RUNS 500
#define SPREAD_ROWS 8		/* 1 to MAX_QUEUES */

/* What a doorbell brings; 0: a queue's share of STEP_COMMANDS. */
static const uint32_t doorbell[] = { 64, 16, 0 };

#define DOORBELLS (sizeof(doorbell) / sizeof(doorbell[0]))

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
	uint32_t last;		/* number of the last entry */
	uint32_t shadow;
};

static uint32_t wrap_mask(const struct queue *q)
{
	return 2 * q->last + 1;
}

/* --- software ---------------------------------------------------------------- */

static void fill(struct queue *q, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct entry *e = &q->entry[(q->shadow + i) & q->last];
		bool sync = (q->shadow + i) % 16 == 15;

		e->word[0] = sync ? 0x46 : 0x12 | UINT64_C(7) << 48;
		e->word[1] = sync ? 0 : (uint64_t)i << 12 | 1;
	}
	q->shadow = (q->shadow + count) & wrap_mask(q);
}

static void ring_doorbell(struct queue *q, uint32_t count)
{
	fill(q, count);
	__atomic_store_n(q->prod, q->shadow, __ATOMIC_RELEASE);
}

static void wait_cons(struct queue *q, uint32_t outstanding)
{
	unsigned int spins = 0;

	while (((q->shadow - __atomic_load_n(q->cons, __ATOMIC_ACQUIRE)) &
		wrap_mask(q)) > outstanding)
		relax(&spins);
}

static double produce(struct queue *q, uint32_t commands)
{
	double start = now_ns();

	for (uint32_t done = 0; done < commands; done += BATCH) {
		wait_cons(q, ENTRIES - BATCH);
		ring_doorbell(q, BATCH);
	}
	wait_cons(q, 0);
	return (now_ns() - start) / commands;
}

/* One CMD_SYNC a doorbell, waited for. */
static double trips(struct queue *q)
{
	double start = now_ns();

	for (int i = 0; i < TRIPS; i++) {
		struct entry *e = &q->entry[q->shadow & q->last];

		e->word[0] = 0x46;
		e->word[1] = 0;
		q->shadow = (q->shadow + 1) & wrap_mask(q);
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
	uint32_t prod __attribute__((aligned(128)));
	uint32_t cons __attribute__((aligned(128)));
};

/* Copies out what is there; how many. */
static uint32_t bare_look(struct bare *b)
{
	const uint32_t wrap = wrap_mask(&b->queue), last = b->queue.last;
	uint32_t prod = __atomic_load_n(&b->prod, __ATOMIC_ACQUIRE);
	uint32_t start = b->cons, cons = start;

	if (prod == cons)
		return 0;
	for (; !b->line_only && cons != prod; cons = (cons + 1) & wrap) {
		struct entry copy = b->queue.entry[cons & last];

		__asm__ volatile("" : : "r"(copy.word[0]), "r"(copy.word[1]));
	}
	__atomic_store_n(&b->cons, prod, __ATOMIC_RELEASE);
	return (prod - start) & wrap;
}

static void *bare_main(void *arg)
{
	struct bare *b = arg;
	unsigned int spins = 0;

	while (!__atomic_load_n(&b->stop, __ATOMIC_RELAXED))
		if (!bare_look(b))
			relax(&spins);
	return NULL;
}

static void *aligned_zeroes(size_t alignment, size_t bytes)
{
	void *at;

	bytes = (bytes + alignment - 1) / alignment * alignment;
	at = aligned_alloc(alignment, bytes);
	memset(at, 0, bytes);
	return at;
}

static struct bare *bare_new(uint32_t log2_size)
{
	struct bare *b = aligned_zeroes(128, sizeof(*b));

	b->queue.prod = &b->prod;
	b->queue.cons = &b->cons;
	b->queue.last = (1u << log2_size) - 1;
	b->queue.entry = aligned_zeroes(4096, sizeof(struct entry) << log2_size);
	return b;
}

static void bare_free(struct bare *b)
{
	free(b->queue.entry);
	free(b);
}

/* With a thread that consumes. */
static struct bare *bare_open(bool line_only)
{
	struct bare *b = bare_new(LOG2_SIZE);

	b->line_only = line_only;
	pthread_create(&b->thread, NULL, bare_main, b);
	return b;
}

static void bare_close(struct bare *b)
{
	__atomic_store_n(&b->stop, true, __ATOMIC_RELAXED);
	pthread_join(b->thread, NULL);
	bare_free(b);
}

/* --- the model ------------------------------------------------------------------ */

struct model {
	struct uiommufd_platform *platform;
	uint32_t count;
	struct queue queue[MAX_QUEUES];
};

static void start_queue(struct model *m, struct uiommufd_mmio *mmio,
			uint32_t l, uint32_t log2_size)
{
	uint32_t size = sizeof(struct entry) << log2_size;
	uint32_t *slot = (uint32_t *)(m->platform->sim->vintf[1].page +
				      l * 0x80);
	struct queue *q = &m->queue[l];

	q->last = (1u << log2_size) - 1;
	q->entry = aligned_zeroes(size, size);
	q->cons = &slot[0];
	q->prod = &slot[1];
	uiommufd_mmio_write(mmio, 0x200 + 4 * l, 4, 1 << 15 | l << 1);
	uiommufd_mmio_write(mmio, 0x200 + 4 * l, 4, 1 << 15 | l << 1 | 1);
	uiommufd_mmio_write(mmio, 0x60000 + 0x80 * l, 8,
			    (uintptr_t)q->entry | log2_size);
	uiommufd_mmio_write(mmio, 0x50008 + 0x80 * l, 4, 1);
	while (uiommufd_mmio_read(mmio, 0x5000c + 0x80 * l, 4) != 1)
		sched_yield();
}

/* A guest's VINTF: filter and substitution on. */
static struct model *model_open(uint32_t queues, uint32_t log2_size,
				enum uiommufd_engine engine)
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
		start_queue(m, mmio, l, log2_size);
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
	struct model *m = model_open(1, LOG2_SIZE, UIOMMUFD_ENGINE_THREAD);
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
		m[i] = model_open(1, LOG2_SIZE, UIOMMUFD_ENGINE_THREAD);
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

/* --- more and more queues ------------------------------------------------------- */

/* So many queues, and as many bare rings that one thread looks at in turn. */
struct spread_row {
	uint32_t queues;
	struct model *model;
	struct bare *ring[MAX_QUEUES];
	double model_ns[DOORBELLS];	/* a command, by what a doorbell brings */
	double rings_ns[DOORBELLS];
};

/* Looks as the engine's thread does, until nothing is left. */
static uint64_t serve_model(struct spread_row *row)
{
	uint64_t done = 0, some;
	bool more;

	do {
		some = engine_pass(row->model->platform->sim, UINT64_MAX, &more);
		done += some;
	} while (some && more);
	return done;
}

static uint64_t serve_rings(struct spread_row *row)
{
	uint64_t done = 0;

	for (uint32_t l = 0; l < row->queues; l++)
		done += bare_look(row->ring[l]);
	return done;
}

static void fill_model(struct spread_row *row, uint32_t l, uint32_t count)
{
	ring_doorbell(&row->model->queue[l], count);
}

static void fill_rings(struct spread_row *row, uint32_t l, uint32_t count)
{
	ring_doorbell(&row->ring[l]->queue, count);
}

/* Either peer. */
struct spread_side {
	void (*fill)(struct spread_row *row, uint32_t l, uint32_t count);
	uint64_t (*serve)(struct spread_row *row);
};

static const struct spread_side model_side = { fill_model, serve_model };
static const struct spread_side rings_side = { fill_rings, serve_rings };

/* What it takes to ask twice. */
static double clock_ns(void)
{
	double least = 0;

	for (int i = 0; i < SPREAD_RUNS; i++) {
		double start = now_ns();

		least = lowest(least, now_ns() - start);
	}
	return least;
}

/* @each commands of every queue a step; ns a command, the clock's own left out. */
static double spread(struct spread_row *row, const struct spread_side *side,
		     uint32_t each, double clock)
{
	uint64_t commands = (uint64_t)STEPS * each * row->queues;
	double spent = -STEPS * clock;
	uint64_t done = 0;

	for (int i = 0; i < STEPS; i++) {
		double start;

		for (uint32_t l = 0; l < row->queues; l++)
			side->fill(row, l, each);
		start = now_ns();
		done += side->serve(row);
		spent += now_ns() - start;
	}
	if (done != commands)
		abort();
	return spent / commands;
}

/*
 * Rings are aligned to their size.  In step, all queues would use the same few
 * sets of every cache; queues that do not know of each other are not in step.
 */
static void stagger(struct spread_row *row, const struct spread_side *side)
{
	for (uint32_t l = 0; l < row->queues; l++)
		side->fill(row, l, l % 16 * 16);
	side->serve(row);
}

/* Each ring takes a queue's part of a step. */
static void spread_open(struct spread_row *row, uint32_t queues)
{
	uint32_t log2_size = PAGE_LOG2_SIZE;

	while (STEP_COMMANDS / queues >> log2_size > 1)
		log2_size++;
	*row = (struct spread_row){ .queues = queues };
	row->model = model_open(queues, log2_size, UIOMMUFD_ENGINE_STEPPED);
	for (uint32_t l = 0; l < queues; l++)
		row->ring[l] = bare_new(log2_size);
	uik_enter(row->model->platform->machine);
	stagger(row, &model_side);
	stagger(row, &rings_side);
	uik_leave(NULL);
}

static void spread_close(struct spread_row *row)
{
	model_close(row->model);
	for (uint32_t l = 0; l < row->queues; l++)
		bare_free(row->ring[l]);
}

/* The first step brings back what others have pushed out of the caches. */
static void spread_side(struct spread_row *row, const struct spread_side *side,
			double clock, double ns[DOORBELLS])
{
	spread(row, side, doorbell[0], clock);
	for (size_t d = 0; d < DOORBELLS; d++) {
		uint32_t each = doorbell[d] ? doorbell[d] :
					      STEP_COMMANDS / row->queues;

		ns[d] = lowest(ns[d], spread(row, side, each, clock));
	}
}

static void spread_run(struct spread_row *row, double clock)
{
	uik_enter(row->model->platform->machine);
	spread_side(row, &model_side, clock, row->model_ns);
	spread_side(row, &rings_side, clock, row->rings_ns);
	uik_leave(NULL);
}

static void spread_print(const struct spread_row *row,
			 const struct spread_row *one)
{
	printf("%6u", row->queues);
	for (size_t d = 0; d < DOORBELLS; d++)
		printf("  %5.2f ns %4.2fx (%4.2f ns %4.2fx)", row->model_ns[d],
		       row->model_ns[d] / one->model_ns[d], row->rings_ns[d],
		       row->rings_ns[d] / one->rings_ns[d]);
	printf("\n");
}

static void spread_heading(void)
{
	char what[32];

	printf("ns a command served, times that of one queue (and of as many bare rings)\n"
	       "queues");
	for (size_t d = 0; d < DOORBELLS; d++) {
		snprintf(what, sizeof(what), doorbell[d] ? "%u a doorbell" :
							   "%u in all",
			 doorbell[d] ? doorbell[d] : STEP_COMMANDS);
		printf("  %-30s", what);
	}
	printf("\n");
}

/*
 * As many commands at each doorbell tell what a queue costs for there being
 * others; as many in all also make doorbells smaller.  All rows take turns, so
 * that what else the machine does meets them all.
 *
 * A served queue costs as much besides its commands as 25 of them: a look, its
 * lock, the doorbell taken over from the page, one CONS.  From 64 queues on,
 * what they touch (a dozen lines each) is more than a first cache of 32 KiB
 * holds.
 */
static void many_queues(void)
{
	struct spread_row row[SPREAD_ROWS];
	double clock = clock_ns();

	for (int i = 0; i < SPREAD_ROWS; i++)
		spread_open(&row[i], 1u << i);
	for (int run = 0; run < SPREAD_RUNS; run++)
		for (int i = 0; i < SPREAD_ROWS; i++)
			spread_run(&row[i], clock);
	spread_heading();
	for (int i = 0; i < SPREAD_ROWS; i++)
		spread_print(&row[i], &row[0]);
	for (int i = 0; i < SPREAD_ROWS; i++)
		spread_close(&row[i]);
}

static const struct part {
	const char *name;
	void (*run)(void);
} parts[] = {
	{ "one", one_queue },
	{ "pairs", all_places },
	{ "many", many_queues },
};

#define PARTS (sizeof(parts) / sizeof(parts[0]))

static const struct part *part_named(const char *name)
{
	for (size_t i = 0; i < PARTS; i++)
		if (!strcmp(parts[i].name, name))
			return &parts[i];
	return NULL;
}

/* Runs the parts named, or all. */
int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (!part_named(argv[i])) {
			fprintf(stderr, "%s: no part '%s': one, pairs, many\n",
				argv[0], argv[i]);
			return 2;
		}
	bench_state();
	sched_getaffinity(0, sizeof(allowed), &allowed);
	for (int i = 1; i < argc; i++)
		part_named(argv[i])->run();
	for (size_t i = 0; argc == 1 && i < PARTS; i++)
		parts[i].run();
	return 0;
}
