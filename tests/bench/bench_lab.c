// SPDX-License-Identifier: MIT
/*
 * The discrete-event engine: events a second when one is taken and one posted,
 * next to a balanced tree (GTree) doing the same; and a whole simulation, CPUs,
 * rings and hardware model included.
 *
 * By the CPU time of the thread; the best of several runs: noise only slows
 * down.
 */
#include <glib.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <uiommufd/lab.h>

#include "lab/event.h"
#include "state.h"

#define EVENTS 1000000u
#define TREE_EVENTS 200000u
#define RUNS 5

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec + t.tv_nsec * 1e-9;
}

static uint64_t random_state = 1;

static uint64_t next_random(void)
{
	random_state = random_state * 6364136223846793005ull +
		       1442695040888963407ull;
	return random_state >> 40;
}

static uint64_t calls;

static void handle(void *arg, uint64_t data)
{
	calls += data;
}

/* Millions of events a second with @pending in the queue. */
static double time_heap(unsigned int pending)
{
	struct event_queue queue;
	double start, took;

	event_queue_init(&queue);
	for (unsigned int i = 0; i < pending; i++)
		event_post(&queue, next_random(), handle, NULL, 1);
	start = now_s();
	for (unsigned int i = 0; i < EVENTS; i++) {
		struct event event = event_take(&queue);

		event.run(event.arg, event.data);
		event_post(&queue, event.at_ps + next_random(), handle, NULL, 1);
	}
	took = now_s() - start;
	event_queue_fini(&queue);
	return EVENTS / took / 1e6;
}

struct node {
	uint64_t at_ps;
	uint64_t order;
	event_fn run;
	void *arg;
	uint64_t data;
};

static gint by_time(gconstpointer a, gconstpointer b, gpointer unused)
{
	const struct node *x = a, *y = b;

	if (x->at_ps != y->at_ps)
		return x->at_ps < y->at_ps ? -1 : 1;
	return (x->order > y->order) - (x->order < y->order);
}

static void add(GTree *tree, uint64_t at_ps, uint64_t order)
{
	struct node *node = g_new(struct node, 1);

	*node = (struct node){ at_ps, order, handle, NULL, 1 };
	g_tree_insert(tree, node, node);
}

static double time_tree(unsigned int pending)
{
	GTree *tree = g_tree_new_full(by_time, NULL, g_free, NULL);
	uint64_t order = 0;
	double start, took;

	while (order < pending)
		add(tree, next_random(), order++);
	start = now_s();
	for (unsigned int i = 0; i < TREE_EVENTS; i++) {
		GTreeNode *first = g_tree_node_first(tree);
		struct node node = *(struct node *)g_tree_node_key(first);

		g_tree_remove(tree, g_tree_node_key(first));
		node.run(node.arg, node.data);
		add(tree, node.at_ps + next_random(), order++);
	}
	took = now_s() - start;
	g_tree_destroy(tree);
	return TREE_EVENTS / took / 1e6;
}

static double time_run(const char *policy, unsigned int cpus,
		       unsigned int queues, uint64_t *out_events)
{
	struct uiommufd_lab_profile *profile =
		uiommufd_lab_profile_load(NULL, NULL);
	struct uiommufd_lab_design design;
	struct uiommufd_lab_result *result;
	double start, took;

	uiommufd_lab_design_init(&design);
	design.policy = policy;
	design.cpus = cpus;
	design.queues = queues;
	design.lists = 50000;
	start = now_s();
	result = uiommufd_lab_run(profile, &design, NULL, NULL, NULL);
	took = now_s() - start;
	*out_events = result->events;
	uiommufd_lab_result_free(result);
	uiommufd_lab_profile_free(profile);
	return *out_events / took / 1e6;
}

static void report_engine(unsigned int pending)
{
	double heap = 0, tree = 0;

	for (int i = 0; i < RUNS; i++) {
		heap = MAX(heap, time_heap(pending));
		tree = MAX(tree, time_tree(pending));
	}
	printf("engine, %6u pending: %6.1f M events/s, GTree %5.2f: %.1fx\n",
	       pending, heap, tree, heap / tree);
}

static void report_run(const char *policy, unsigned int cpus,
		       unsigned int queues)
{
	uint64_t events = 0;
	double best = 0;

	for (int i = 0; i < RUNS; i++)
		best = MAX(best, time_run(policy, cpus, queues, &events));
	printf("simulation, %-13s %3u CPUs, %3u queues: %5.2f M events/s"
	       " (%" PRIu64 " events)\n", policy, cpus, queues, best, events);
}

int main(void)
{
	bench_state();
	report_engine(16);
	report_engine(1024);
	report_engine(65536);
	report_run("cmdlist", 16, 1);
	report_run("per-cpu", 16, 16);
	report_run("per-cpu", 128, 128);
	report_run("guest-trapped", 4, 2);
	return 0;
}
