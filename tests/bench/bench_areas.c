// SPDX-License-Identifier: MIT
/*
 * What a map or an unmap costs in an IOAS of many areas, and an object among
 * many in a context; what closing them costs.
 *
 * A batch of areas is unmapped and mapped again in a map of n areas, so each
 * figure belongs to that size.  The peer of the same run is a GTree of as many
 * nodes, each with a block from malloc(), from which the same batch is removed
 * and put back.  "growth" is the cost of n over the cost of the smallest n,
 * "log" the same of log n.  "near" batches are the same few neighbours again
 * and again: what they cost is steps.  "random" batches add the memory that no
 * longer fits in the caches, which the peer's growth shows, too.
 *
 *   bench_areas [LARGEST]      1000000 by default
 */
#include <glib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "state.h"
#include "support/mock.h"

#define SMALLEST 1000u
#define LARGEST 1000000u
#define BATCH 10000u
#define RUNS 7
#define PAGE 4096
#define STRIDE (2 * PAGE)	/* a hole between two areas: they stay apart */
#define BLOCK_BYTES 64

static struct uiommufd_platform *platform;
static char *memory;

enum { NEAR, RANDOM, ORDERS };
static const char *const order_names[ORDERS] = { "near", "random" };
static unsigned int order[ORDERS][LARGEST];	/* permutations of 0..n-1 */

struct many {
	int fd;
	uint32_t ioas;
	uint32_t *id;		/* owned; of objects */
	GTree *peer;
};

/* The first n of something, one of n put there and taken away again. */
struct kind {
	const char *name;
	const char *put_name, *drop_name;
	void (*put)(struct many *many, unsigned int i);
	void (*drop)(struct many *many, unsigned int i);
};

static void must(int error, const char *what)
{
	if (!error)
		return;
	fprintf(stderr, "bench_areas: %s: %s\n", what, strerror(error));
	exit(1);
}

static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e9 + now.tv_nsec;
}

static uint64_t iova_of(unsigned int i)
{
	return (uint64_t)STRIDE * (i + 1);
}

static void map_area(struct many *many, unsigned int i)
{
	must(mock_map(many->fd, many->ioas, memory, PAGE, iova_of(i)), "map");
}

static void unmap_area(struct many *many, unsigned int i)
{
	must(mock_unmap(many->fd, many->ioas, iova_of(i), PAGE), "unmap");
}

static void make_object(struct many *many, unsigned int i)
{
	must(mock_ioas(many->fd, &many->id[i]), "IOAS_ALLOC");
}

static void destroy_object(struct many *many, unsigned int i)
{
	must(mock_destroy(many->fd, many->id[i]), "DESTROY");
}

static void put_node(struct many *many, unsigned int i)
{
	g_tree_insert(many->peer, GSIZE_TO_POINTER(iova_of(i)),
		      calloc(1, BLOCK_BYTES));
}

static void drop_node(struct many *many, unsigned int i)
{
	g_tree_remove(many->peer, GSIZE_TO_POINTER(iova_of(i)));
}

static const struct kind areas = {
	"areas of one IOAS", "map", "unmap", map_area, unmap_area
};
static const struct kind objects = {
	"objects of one context", "alloc", "destroy", make_object,
	destroy_object
};
static const struct kind nodes = { "peer", "", "", put_node, drop_node };

static gint by_key(gconstpointer a, gconstpointer b, gpointer unused)
{
	return (a > b) - (a < b);
}

/* Lowest ns of one putting and one taking away among n. */
struct cost {
	double put, drop;
};

static void keep_lowest(double *lowest, double value)
{
	if (!*lowest || value < *lowest)
		*lowest = value;
}

/* Takes the batch that starts at @at away and puts it back. */
static void measure_batch(const struct kind *kind, struct many *many,
			  const unsigned int *at, unsigned int batch,
			  struct cost *cost)
{
	double start = now_ns();

	for (unsigned int i = 0; i < batch; i++)
		kind->drop(many, at[i]);
	keep_lowest(&cost->drop, (now_ns() - start) / batch);
	start = now_ns();
	for (unsigned int i = 0; i < batch; i++)
		kind->put(many, at[i]);
	keep_lowest(&cost->put, (now_ns() - start) / batch);
}

/* What is measured of one n. */
struct figures {
	struct cost ours[ORDERS], peers[ORDERS];
	double close_ms, peer_close_ms;
};

/* Both take turns, so that what disturbs one disturbs the other. */
static void measure_batches(const struct kind *kind, struct many *many,
			    unsigned int n, struct figures *f)
{
	for (int o = 0; o < ORDERS; o++) {
		unsigned int batch = o == NEAR ? SMALLEST : MIN(n, BATCH);

		for (unsigned int run = 0; run < RUNS; run++) {
			/* Neighbours are the same ones, and stay cached. */
			const unsigned int *at = order[o] +
				(o == NEAR ? 0 : (size_t)run * batch % n);

			measure_batch(kind, many, at, batch, &f->ours[o]);
			measure_batch(&nodes, many, at, batch, &f->peers[o]);
		}
	}
}

static void measure(const struct kind *kind, unsigned int n,
		    struct figures *f)
{
	struct many many = { .fd = uiommufd_open(platform, O_RDWR) };
	double start;

	if (many.fd < 0)
		must(errno, "open");
	must(mock_ioas(many.fd, &many.ioas), "IOAS_ALLOC");
	many.id = g_new0(uint32_t, n);
	many.peer = g_tree_new_full(by_key, NULL, NULL, free);
	for (unsigned int i = 0; i < n; i++) {
		kind->put(&many, i);
		nodes.put(&many, i);
	}
	measure_batches(kind, &many, n, f);
	start = now_ns();
	must(uiommufd_close(many.fd) ? errno : 0, "close");
	f->close_ms = (now_ns() - start) / 1e6;
	start = now_ns();
	g_tree_destroy(many.peer);
	f->peer_close_ms = (now_ns() - start) / 1e6;
	g_free(many.id);
}

/* The same for the same n. */
static void make_orders(unsigned int n)
{
	GRand *dice = g_rand_new_with_seed(n);

	for (unsigned int i = 0; i < n; i++) {
		unsigned int k = g_rand_int_range(dice, 0, i + 1);

		order[RANDOM][i] = order[RANDOM][k];
		order[RANDOM][k] = i;
		order[NEAR][i] = i;
	}
	g_rand_free(dice);
}

static void print_row(unsigned int n, int o, const struct figures *at,
		      const struct figures *first)
{
	const struct cost *ours = &at->ours[o], *peers = &at->peers[o];

	printf("%8u %-6s %7.0f %7.0f %7.0f %7.0f %7.2f %7.2f"
	       " %7.2f %7.2f %7.2f %7.2f %5.2f\n",
	       n, order_names[o], ours->put, ours->drop, peers->put,
	       peers->drop, ours->put / peers->put, ours->drop / peers->drop,
	       ours->put / first->ours[o].put,
	       ours->drop / first->ours[o].drop,
	       peers->put / first->peers[o].put,
	       peers->drop / first->peers[o].drop, log(n) / log(SMALLEST));
}

static void print_head(const struct kind *kind)
{
	printf("%s, ns %*s ratio           growth\n%15s %7s %7s %7s %7s "
	       "%7s %7s %7s %7s %7s %7s %5s\n",
	       kind->name, 42 - (int)strlen(kind->name), "GTree", "n",
	       kind->put_name, kind->drop_name, "insert", "remove",
	       kind->put_name, kind->drop_name, kind->put_name,
	       kind->drop_name, "insert", "remove", "log");
}

static void report(const struct kind *kind, unsigned int largest)
{
	struct figures first = {}, at = {};

	print_head(kind);
	for (unsigned int n = SMALLEST; n <= largest; n *= 10) {
		make_orders(n);
		at = (struct figures){};
		measure(kind, n, &at);
		if (n == SMALLEST)
			first = at;
		for (int o = 0; o < ORDERS; o++)
			print_row(n, o, &at, &first);
	}
	printf("closing the last %.0f ms, %.2fx the GTree's, goal 1000 ms%s\n\n",
	       at.close_ms, at.close_ms / at.peer_close_ms,
	       at.close_ms < 1000 ? "" : ": MISSED");
}

int main(int argc, char **argv)
{
	unsigned long largest = argc > 1 ? strtoul(argv[1], NULL, 0) : LARGEST;

	if (largest < SMALLEST || largest > LARGEST) {
		fprintf(stderr, "bench_areas: LARGEST is %u to %u, not '%s'\n",
			SMALLEST, LARGEST, argv[1]);
		return 2;
	}
	bench_state();
	platform = mock_platform();
	if (!platform)
		must(errno, "platform");
	memory = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		must(errno, "mmap");
	report(&areas, largest);
	report(&objects, largest);
	uiommufd_platform_free(platform);
	return 0;
}
