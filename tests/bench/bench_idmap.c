/* SPDX-License-Identifier: MIT */
/*
 * What ID maps cost: the XArray next to GHashTable without and with a GMutex,
 * GTree, JudyL and liburcu's lock-free hash table where they are installed, and
 * a flat array with a free list, which is the floor.
 *
 * Dense IDs from 0.  Each figure is ns per operation, the lowest of several
 * runs.  "iterate first" is once after the insertions, "iterate" again and
 * again.  "two" is how much more two reading threads get done than one, and
 * "apart" how much more two processes do, which share nothing: what the machine
 * has to give at that moment, for its processors may be halves of one core.
 * Both are medians over the runs, of figures taken one right after the other;
 * the last column is what part of "apart" the threads get.
 * Insertion by xa_alloc() includes finding the lowest free ID; the array has
 * a free list for it and the others are told the ID.
 */
#include <err.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <linux/minmax.h>
#include <linux/xarray.h>
#include <uik/machine.h>
#include <uik/slab.h>
#include <uik/task.h>
#include "state.h"
#ifdef HAVE_JUDY
#include <Judy.h>
#endif
#ifdef HAVE_URCU
#include "idmap_urcu.h"
#endif

#define MAX_SIZE 10000000u
#define MIN_OPS 1000000u	/* a run of loads has at least as many */

static unsigned int order[MAX_SIZE];	/* random, a permutation */

/* What is stored: not looked into. */
static void *entry_of(unsigned long id)
{
	return (void *)(0x10000000ul + (id << 4));
}

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

struct map_ops {
	const char *name;
	void *(*create)(unsigned int n);
	void (*insert)(void *map, unsigned int n);
	unsigned long (*load)(void *map, unsigned int n, unsigned int times);
	unsigned long (*iterate)(void *map);
	void (*erase)(void *map, unsigned int n);
	void (*destroy)(void *map);
};

/* The loops of one map, around its own operations. */
#define MAP_OPS(map, type) \
static void map##_insert(void *m, unsigned int n) \
{ \
	for (unsigned int i = 0; i < n; i++) \
		map##_put((type *)m, i, entry_of(i)); \
} \
static unsigned long map##_load(void *m, unsigned int n, unsigned int times) \
{ \
	unsigned long sum = 0; \
\
	while (times--) \
		for (unsigned int i = 0; i < n; i++) \
			sum += (unsigned long)map##_get((type *)m, order[i]); \
	return sum; \
} \
static void map##_erase(void *m, unsigned int n) \
{ \
	for (unsigned int i = 0; i < n; i++) \
		map##_drop((type *)m, order[i]); \
} \
static const struct map_ops map = { \
	.name = #map, .create = map##_create, .insert = map##_insert, \
	.load = map##_load, .iterate = map##_iterate, .erase = map##_erase, \
	.destroy = map##_destroy, \
}

/* XArray. */
static void *xarray_create(unsigned int n)
{
	struct xarray *xa = malloc(sizeof(*xa));

	xa_init_flags(xa, XA_FLAGS_ALLOC);
	return xa;
}

static inline void xarray_put(struct xarray *xa, unsigned int id, void *entry)
{
	u32 got;

	if (xa_alloc(xa, &got, entry, xa_limit_32b, GFP_KERNEL) || got != id)
		abort();
}

static inline void *xarray_get(struct xarray *xa, unsigned int id)
{
	return xa_load(xa, id);
}

static inline void xarray_drop(struct xarray *xa, unsigned int id)
{
	xa_erase(xa, id);
}

static unsigned long xarray_iterate(void *map)
{
	XA_STATE(xas, map, 0);
	unsigned long sum = 0;
	void *entry;

	rcu_read_lock();
	xas_for_each(&xas, entry, ULONG_MAX)
		sum += (unsigned long)entry;
	rcu_read_unlock();
	return sum;
}

static void xarray_destroy(void *map)
{
	xa_destroy(map);
	free(map);
	rcu_barrier();
}

MAP_OPS(xarray, struct xarray);

/* GHashTable. */
static void *hash_create(unsigned int n)
{
	return g_hash_table_new(g_direct_hash, g_direct_equal);
}

static inline void hash_put(GHashTable *map, unsigned int id, void *entry)
{
	g_hash_table_insert(map, GUINT_TO_POINTER(id), entry);
}

static inline void *hash_get(GHashTable *map, unsigned int id)
{
	return g_hash_table_lookup(map, GUINT_TO_POINTER(id));
}

static inline void hash_drop(GHashTable *map, unsigned int id)
{
	g_hash_table_remove(map, GUINT_TO_POINTER(id));
}

static unsigned long hash_iterate(void *map)
{
	unsigned long sum = 0;
	GHashTableIter at;
	void *entry;

	g_hash_table_iter_init(&at, map);
	while (g_hash_table_iter_next(&at, NULL, &entry))
		sum += (unsigned long)entry;
	return sum;
}

static void hash_destroy(void *map)
{
	g_hash_table_destroy(map);
}

MAP_OPS(hash, GHashTable);

/* GHashTable under a lock, as threads have to use it. */
struct locked {
	GMutex lock;
	GHashTable *table;
};

static void *locked_create(unsigned int n)
{
	struct locked *map = g_new0(struct locked, 1);

	g_mutex_init(&map->lock);
	map->table = hash_create(n);
	return map;
}

static inline void locked_put(struct locked *map, unsigned int id, void *entry)
{
	g_mutex_lock(&map->lock);
	hash_put(map->table, id, entry);
	g_mutex_unlock(&map->lock);
}

static inline void *locked_get(struct locked *map, unsigned int id)
{
	void *entry;

	g_mutex_lock(&map->lock);
	entry = hash_get(map->table, id);
	g_mutex_unlock(&map->lock);
	return entry;
}

static inline void locked_drop(struct locked *map, unsigned int id)
{
	g_mutex_lock(&map->lock);
	hash_drop(map->table, id);
	g_mutex_unlock(&map->lock);
}

static unsigned long locked_iterate(void *m)
{
	struct locked *map = m;
	unsigned long sum;

	g_mutex_lock(&map->lock);
	sum = hash_iterate(map->table);
	g_mutex_unlock(&map->lock);
	return sum;
}

static void locked_destroy(void *m)
{
	struct locked *map = m;

	hash_destroy(map->table);
	g_mutex_clear(&map->lock);
	g_free(map);
}

MAP_OPS(locked, struct locked);

/* GTree. */
static gint by_id(gconstpointer a, gconstpointer b)
{
	return (a > b) - (a < b);
}

static void *tree_create(unsigned int n)
{
	return g_tree_new(by_id);
}

static inline void tree_put(GTree *map, unsigned int id, void *entry)
{
	g_tree_insert(map, GUINT_TO_POINTER(id), entry);
}

static inline void *tree_get(GTree *map, unsigned int id)
{
	return g_tree_lookup(map, GUINT_TO_POINTER(id));
}

static inline void tree_drop(GTree *map, unsigned int id)
{
	g_tree_remove(map, GUINT_TO_POINTER(id));
}

static gboolean tree_visit(gpointer key, gpointer entry, gpointer sum)
{
	*(unsigned long *)sum += (unsigned long)entry;
	return FALSE;
}

static unsigned long tree_iterate(void *map)
{
	unsigned long sum = 0;

	g_tree_foreach(map, tree_visit, &sum);
	return sum;
}

static void tree_destroy(void *map)
{
	g_tree_destroy(map);
}

MAP_OPS(tree, GTree);

/* The floor: an array whose free places are chained. */
struct flat {
	unsigned int free, n;
	void *slot[];
};

static void *flat_create(unsigned int n)
{
	struct flat *map = malloc(sizeof(*map) + n * sizeof(void *));

	map->free = 0;
	map->n = n;
	for (unsigned int i = 0; i < n; i++)
		map->slot[i] = (void *)(2ul * (i + 1) + 1);
	return map;
}

static inline void flat_put(struct flat *map, unsigned int id, void *entry)
{
	unsigned int got = map->free;

	map->free = (unsigned long)map->slot[got] >> 1;
	map->slot[got] = entry;
}

static inline void *flat_get(struct flat *map, unsigned int id)
{
	return map->slot[id];
}

static inline void flat_drop(struct flat *map, unsigned int id)
{
	map->slot[id] = (void *)(2ul * map->free + 1);
	map->free = id;
}

static unsigned long flat_iterate(void *m)
{
	const struct flat *map = m;
	unsigned long sum = 0;

	for (unsigned int i = 0; i < map->n; i++)
		if (!((unsigned long)map->slot[i] & 1))
			sum += (unsigned long)map->slot[i];
	return sum;
}

static void flat_destroy(void *map)
{
	free(map);
}

MAP_OPS(flat, struct flat);

#ifdef HAVE_JUDY
static void *judy_create(unsigned int n)
{
	return calloc(1, sizeof(Pvoid_t));
}

static inline void judy_put(Pvoid_t *map, unsigned int id, void *entry)
{
	*(void **)JudyLIns(map, id, NULL) = entry;
}

static inline void *judy_get(Pvoid_t *map, unsigned int id)
{
	PPvoid_t place = JudyLGet(*map, id, NULL);

	return place ? *place : NULL;
}

static inline void judy_drop(Pvoid_t *map, unsigned int id)
{
	JudyLDel(map, id, NULL);
}

static unsigned long judy_iterate(void *m)
{
	Pvoid_t *map = m;
	unsigned long sum = 0;
	Word_t id = 0;
	PPvoid_t place;

	for (place = JudyLFirst(*map, &id, NULL); place;
	     place = JudyLNext(*map, &id, NULL))
		sum += (unsigned long)*place;
	return sum;
}

static void judy_destroy(void *map)
{
	JudyLFreeArray(map, NULL);
	free(map);
}

MAP_OPS(judy, Pvoid_t);
#endif

#ifdef HAVE_URCU
static void urcu_insert_all(void *map, unsigned int n)
{
	urcu_insert(map, n, entry_of);
}

static unsigned long urcu_load_all(void *map, unsigned int n,
				   unsigned int times)
{
	return urcu_load(map, order, n, times);
}

static void urcu_erase_all(void *map, unsigned int n)
{
	urcu_erase(map, order, n);
}

static const struct map_ops urcu = {
	.name = "urcu", .create = urcu_create, .insert = urcu_insert_all,
	.load = urcu_load_all, .iterate = urcu_iterate,
	.erase = urcu_erase_all, .destroy = urcu_destroy,
};
#endif

static const struct map_ops *const maps[] = {
	&xarray, &hash, &locked, &tree,
#ifdef HAVE_JUDY
	&judy,
#endif
#ifdef HAVE_URCU
	&urcu,
#endif
	&flat,
};

#define MAPS ARRAY_SIZE(maps)

enum figure { INSERT, LOAD, FIRST, ITERATE, ERASE, FIGURES };

static const char *const figure_names[FIGURES] = {
	"insert", "load", "iterate first", "iterate", "erase",
};

#define MAX_GAINS 32

/* How much more two readers get done than one, time after time. */
struct gains {
	unsigned int count;
	double threads[MAX_GAINS];
	double processes[MAX_GAINS];
};

static volatile unsigned long sink;

/* What readers that start together have in common, processes too. */
struct meeting {
	unsigned int readers;
	unsigned int ready;		/* atomic */
	double ns[2];			/* by reader */
};

static struct meeting *meeting;		/* shared with children */

struct reader {
	const struct map_ops *ops;
	void *map;
	unsigned int n, times;
	unsigned int number;
};

static int read_all(void *arg)
{
	struct reader *r = arg;
	double start;

	uik_current();
	__atomic_add_fetch(&meeting->ready, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&meeting->ready, __ATOMIC_SEQ_CST) <
	       meeting->readers)
		;
	start = now_ns();
	sink = r->ops->load(r->map, r->n, r->times);
	meeting->ns[r->number] = now_ns() - start;
	return 0;
}

static void begin_meeting(unsigned int readers)
{
	*meeting = (struct meeting){ .readers = readers };
}

/* What @readers threads, one or two, need until all are done. */
static double read_in_threads(struct reader r, unsigned int readers)
{
	struct uik_thread *threads[2];
	struct reader each[2] = { r, r };

	begin_meeting(readers);
	for (unsigned int i = 0; i < readers; i++) {
		each[i].number = i;
		threads[i] = uik_thread_start(read_all, &each[i], "reader");
	}
	for (unsigned int i = 0; i < readers; i++)
		uik_thread_join(threads[i]);
	return max(meeting->ns[0], meeting->ns[1]);
}

/* The same of two processes. */
static double read_in_processes(struct reader r)
{
	pid_t children[2];

	begin_meeting(2);
	for (unsigned int i = 0; i < 2; i++) {
		r.number = i;
		children[i] = fork();
		if (children[i] < 0)
			err(1, "fork");
		if (!children[i])
			_exit(read_all(&r));
	}
	for (unsigned int i = 0; i < 2; i++)
		waitpid(children[i], NULL, 0);
	return max(meeting->ns[0], meeting->ns[1]);
}

static void keep_lowest(double *lowest, double value)
{
	if (!*lowest || value < *lowest)
		*lowest = value;
}

/* In turns, so that what disturbs one disturbs the others. */
static void read_by_two(struct reader r, struct gains *gains)
{
	for (int i = 0; i < (r.n < 1000000 ? 3 : 1); i++) {
		double one = read_in_threads(r, 1);
		unsigned int at = gains->count++;

		gains->threads[at] = 2 * one / read_in_threads(r, 2);
		gains->processes[at] = 2 * one / read_in_processes(r);
	}
}

/* One life of a map of @n entries; small ones live several times over. */
static void life(const struct map_ops *ops, unsigned int n, double *ns,
		 struct gains *gains)
{
	unsigned int lives = n < 10000 ? 10000 / n : 1;
	unsigned int times = n < MIN_OPS ? MIN_OPS / n : 1;
	double start, mid, insert = 0, first = 0, erase = 0;
	void *map;

	for (unsigned int i = 0; i < lives; i++) {
		map = ops->create(n);
		start = now_ns();
		ops->insert(map, n);
		insert += now_ns() - start;
		start = now_ns();
		sink = ops->iterate(map);
		first += now_ns() - start;
		if (i + 1 == lives) {
			start = now_ns();
			for (unsigned int k = 0; k < times; k++)
				sink = ops->iterate(map);
			keep_lowest(&ns[ITERATE], (now_ns() - start) / n / times);
			start = now_ns();
			sink = ops->load(map, n, times);
			mid = now_ns();
			keep_lowest(&ns[LOAD], (mid - start) / n / times);
			read_by_two((struct reader){ ops, map, n, times },
				    gains);
		}
		start = now_ns();
		ops->erase(map, n);
		erase += now_ns() - start;
		ops->destroy(map);
	}
	keep_lowest(&ns[INSERT], insert / n / lives);
	keep_lowest(&ns[FIRST], first / n / lives);
	keep_lowest(&ns[ERASE], erase / n / lives);
}

static void shuffle(unsigned int n)
{
	unsigned int seed = n;

	for (unsigned int i = 0; i < n; i++) {
		unsigned int k = ((unsigned long)rand_r(&seed) << 15 ^
				  rand_r(&seed)) % (i + 1);

		order[i] = order[k];
		order[k] = i;
	}
}

static unsigned int runs_of(unsigned int n)
{
	return n < 100000 ? 9 : n < 1000000 ? 5 : n < MAX_SIZE ? 3 : 1;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, unsigned int count)
{
	qsort(values, count, sizeof(*values), by_size);
	return values[count / 2];
}

static void report(unsigned int n, double ns[][FIGURES])
{
	printf("%-8u entries", n);
	for (size_t m = 0; m < MAPS; m++)
		printf("%10s", maps[m]->name);
	printf("    xarray/");
	for (size_t m = 1; m + 1 < MAPS; m++)
		printf("%-8s", maps[m]->name);
	printf("\n");
	for (int f = 0; f < FIGURES; f++) {
		printf("  %-14s", figure_names[f]);
		for (size_t m = 0; m < MAPS; m++)
			printf("%10.2f", ns[m][f]);
		printf("        ");
		for (size_t m = 1; m + 1 < MAPS; m++)
			printf("%8.2f", ns[0][f] / ns[m][f]);
		printf("\n");
	}
}

static void report_two(struct gains gains[])
{
	double threads[MAPS], processes[MAPS];

	for (size_t m = 0; m < MAPS; m++) {
		threads[m] = median(gains[m].threads, gains[m].count);
		processes[m] = median(gains[m].processes, gains[m].count);
	}
	printf("  %-14s", "two");
	for (size_t m = 0; m < MAPS; m++)
		printf("%9.2fx", threads[m]);
	printf("    xarray's of apart %.2f\n", threads[0] / processes[0]);
	printf("  %-14s", "apart");
	for (size_t m = 0; m < MAPS; m++)
		printf("%9.2fx", processes[m]);
	printf("\n");
}

/* Bytes of slab that a dense map of @n takes, by entry. */
static double bytes_per_entry(unsigned int n)
{
	uint64_t blocks, before, after;
	void *map = xarray.create(n);

	uik_slab_live(uik_this_machine(), &blocks, &before);
	xarray.insert(map, n);
	uik_slab_live(uik_this_machine(), &blocks, &after);
	xarray.destroy(map);
	return (double)(after - before) / n;
}

int main(int argc, char **argv)
{
	unsigned int largest = argc > 1 ? strtoul(argv[1], NULL, 0) : MAX_SIZE;
	static double ns[MAPS][FIGURES];
	static struct gains gains[MAPS];

	bench_state();
	meeting = mmap(NULL, sizeof(*meeting), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (meeting == MAP_FAILED)
		err(1, "mmap");
	for (unsigned int n = 100; n <= largest && n <= MAX_SIZE; n *= 10) {
		memset(ns, 0, sizeof(ns));
		memset(gains, 0, sizeof(gains));
		shuffle(n);
		for (unsigned int run = 0; run < runs_of(n); run++)
			for (size_t m = 0; m < MAPS; m++)
				life(maps[m], n, ns[m], &gains[m]);
		report(n, ns);
		report_two(gains);
		printf("  bytes an entry %8.2f\n", bytes_per_entry(n));
	}
	return 0;
}
