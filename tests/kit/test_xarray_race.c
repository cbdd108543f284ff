/* SPDX-License-Identifier: MIT */
/*
 * The XArray under threads.
 *
 * Operations on one index are linearizable: some order of them, in which none
 * comes before one that had ended before it began, explains every result on a
 * single variable.  Histories are recorded and that order is searched for.
 * The indices are far apart, so that the tree grows and shrinks all the time,
 * and at schedule points threads give way at random.
 */
#include <sched.h>
#include <stdlib.h>
#include "xarray_check.h"

#define N XA_CHUNK_SIZE
#define THREADS 3
#define OPS 5
#define ROUNDS 1500

static const unsigned long indices[] = { 0, 1, N * N * N };

enum verb { LOAD, FIND, STORE, ERASE, CMPXCHG, INSERT, RESERVE, RELEASE };

struct op {
	enum verb verb;
	unsigned int where;		/* in indices */
	void *old, *entry;		/* arguments */
	void *result;
	unsigned long begin, end;	/* on the common clock */
};

static struct xarray xa;
static struct op history[THREADS][OPS];
static unsigned long ticks;
static unsigned int arrived, generation;
static __thread unsigned int seed;

/* Relaxed, so that a thread checker learns nothing from it. */
static unsigned long tick(void)
{
	return __atomic_fetch_add(&ticks, 1, __ATOMIC_RELAXED);
}

static void give_way(const struct uik_point *point)
{
	if (rand_r(&seed) % 16 == 0)
		sched_yield();
}

static const struct uik_hooks yielding = { .point = give_way };

/* All threads and the main one meet here. */
static void meet(void)
{
	unsigned int mine = __atomic_load_n(&generation, __ATOMIC_ACQUIRE);

	if (__atomic_add_fetch(&arrived, 1, __ATOMIC_ACQ_REL) == THREADS + 1) {
		__atomic_store_n(&arrived, 0, __ATOMIC_RELAXED);
		__atomic_store_n(&generation, mine + 1, __ATOMIC_RELEASE);
		return;
	}
	while (__atomic_load_n(&generation, __ATOMIC_ACQUIRE) == mine)
		sched_yield();
}

static void *call(const struct op *op)
{
	unsigned long index = indices[op->where], at = index;

	switch (op->verb) {
	case LOAD:
		return xa_load(&xa, index);
	case FIND:
		return xa_find(&xa, &at, index, XA_PRESENT);
	case STORE:
		return xa_store(&xa, index, op->entry, GFP_KERNEL);
	case ERASE:
		return xa_erase(&xa, index);
	case CMPXCHG:
		return xa_cmpxchg(&xa, index, op->old, op->entry, GFP_KERNEL);
	case INSERT:
		return xa_mk_value(-xa_insert(&xa, index, op->entry,
					      GFP_KERNEL));
	case RESERVE:
		return xa_mk_value(-xa_reserve(&xa, index, GFP_KERNEL));
	case RELEASE:
		xa_release(&xa, index);
		return NULL;
	}
	return NULL;
}

static void *shown(void *entry)
{
	return entry == XA_ZERO_ENTRY ? NULL : entry;
}

/* What the operation does to a variable; false if it gives another result. */
static bool explains(const struct op *op, void **variable)
{
	void *was = *variable, *result = shown(was);

	switch (op->verb) {
	case LOAD:
	case FIND:
		break;
	case STORE:
		*variable = op->entry;
		break;
	case ERASE:
		*variable = NULL;
		break;
	case CMPXCHG:
		if (was == op->old)
			*variable = op->entry;
		break;
	case INSERT:
		result = xa_mk_value(was ? EBUSY : 0);
		if (!was)
			*variable = op->entry;
		break;
	case RESERVE:
		result = xa_mk_value(0);
		if (!was)
			*variable = XA_ZERO_ENTRY;
		break;
	case RELEASE:
		result = NULL;
		if (was == XA_ZERO_ENTRY)
			*variable = NULL;
		break;
	}
	return result == op->result;
}

static void random_op(struct op *op, unsigned int thread, unsigned int i)
{
	op->verb = rand_r(&seed) % 8;
	op->where = rand_r(&seed) % ARRAY_SIZE(indices);
	op->entry = pointer_at(100 * thread + i + 1);
	op->old = rand_r(&seed) % 2 ? NULL :
		  pointer_at(100 * (rand_r(&seed) % THREADS) +
			     rand_r(&seed) % OPS + 1);
}

static int work(void *arg)
{
	struct op *ops = arg;
	unsigned int thread = (ops - history[0]) / OPS;

	seed = thread + 1;
	for (unsigned int round = 0; round < ROUNDS; round++) {
		meet();
		for (unsigned int i = 0; i < OPS; i++) {
			random_op(&ops[i], thread, i);
			ops[i].begin = tick();
			ops[i].result = call(&ops[i]);
			ops[i].end = tick();
		}
		meet();
	}
	return 0;
}

/* Whether the operations not in @done can follow a variable's value. */
static bool linearizable(const struct op **ops, unsigned int count,
			 unsigned int done, void *variable)
{
	unsigned long first_end = ULONG_MAX;

	if (done == (1u << count) - 1)
		return true;
	for (unsigned int i = 0; i < count; i++)
		if (!(done >> i & 1) && ops[i]->end < first_end)
			first_end = ops[i]->end;
	for (unsigned int i = 0; i < count; i++) {
		void *next = variable;

		if (done >> i & 1 || ops[i]->begin > first_end)
			continue;
		if (explains(ops[i], &next) &&
		    linearizable(ops, count, done | 1u << i, next))
			return true;
	}
	return false;
}

static void judge(unsigned int round)
{
	const struct op *ops[THREADS * OPS];

	for (unsigned int where = 0; where < ARRAY_SIZE(indices); where++) {
		unsigned int count = 0;

		for (unsigned int i = 0; i < THREADS * OPS; i++)
			if (history[i / OPS][i % OPS].where == where)
				ops[count++] = &history[i / OPS][i % OPS];
		if (linearizable(ops, count, 0, NULL))
			continue;
		for (unsigned int i = 0; i < count; i++)
			print_error("round %u: verb %d %lu..%lu old %p "
				    "entry %p result %p\n", round,
				    ops[i]->verb, ops[i]->begin, ops[i]->end,
				    ops[i]->old, ops[i]->entry,
				    ops[i]->result);
		fail();
	}
}

/* Every recorded history of every index is linearizable. */
static void test_linearizable(void **state)
{
	struct uik_thread *threads[THREADS];
	uint64_t blocks;

	xa_init(&xa);
	xa_store(&xa, N, pointer_at(1), GFP_KERNEL);	/* warm the slab up */
	xa_destroy(&xa);
	blocks = live_blocks();
	uik_hooks_install(&yielding);
	for (unsigned int i = 0; i < THREADS; i++)
		threads[i] = uik_thread_start(work, history[i], "op");
	for (unsigned int round = 0; round < ROUNDS; round++) {
		meet();
		meet();
		judge(round);
		check_tree(&xa);
		xa_destroy(&xa);
	}
	for (unsigned int i = 0; i < THREADS; i++)
		uik_thread_join(threads[i]);
	uik_hooks_install(NULL);
	assert_true(live_blocks() <= blocks + THREADS);
}

/*
 * Entries that nobody touches are met by every walk, in order, each with its
 * own mark, whatever happens to the others.
 */
static bool stop;

static bool steady(unsigned long index)
{
	return index % 7 == 3;
}

static int disturb(void *arg)
{
	unsigned int *own = arg;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		unsigned long index = rand_r(own) % (4 * N);

		if (rand_r(own) % 64 == 0)
			index = N * N * N + index;
		if (steady(index))
			continue;
		if (rand_r(own) % 2) {
			xa_store(&xa, index, pointer_at(index), GFP_KERNEL);
			xa_set_mark(&xa, index, XA_MARK_1);
		} else {
			xa_erase(&xa, index);
		}
	}
	return 0;
}

static void walk_normal(xa_mark_t filter)
{
	unsigned long index, want = 3, last = 0;
	void *entry;

	for (index = 0, entry = xa_find(&xa, &index, ULONG_MAX, filter); entry;
	     entry = xa_find_after(&xa, &index, ULONG_MAX, filter)) {
		assert_ptr_equal(entry, pointer_at(index));
		assert_true(!last || index > last);
		last = index;
		if (steady(index) && index < 4 * N) {
			assert_int_equal(index, want);
			want += 7;
		}
	}
	assert_true(want >= 4 * N);
}

static void walk_cursor(void)
{
	unsigned long want = 3;
	XA_STATE(xas, &xa, 0);
	void *entry;

	rcu_read_lock();
	xas_for_each(&xas, entry, 4 * N - 1) {
		if (xas_retry(&xas, entry))
			continue;
		assert_ptr_equal(entry, pointer_at(xas.xa_index));
		if (steady(xas.xa_index)) {
			assert_int_equal(xas.xa_index, want);
			want += 7;
		}
	}
	rcu_read_unlock();
	assert_true(want >= 4 * N);
}

static void test_walks(void **state)
{
	unsigned int seeds[2] = { 11, 12 };
	struct uik_thread *threads[2];

	xa_init(&xa);
	for (unsigned long i = 0; i < 4 * N; i++) {
		if (!steady(i))
			continue;
		xa_store(&xa, i, pointer_at(i), GFP_KERNEL);
		xa_set_mark(&xa, i, XA_MARK_1);
	}
	stop = false;
	for (unsigned int i = 0; i < 2; i++)
		threads[i] = uik_thread_start(disturb, &seeds[i], "disturb");
	for (unsigned int i = 0; i < 400; i++) {
		walk_normal(XA_PRESENT);
		walk_normal(XA_MARK_1);
		walk_cursor();
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (unsigned int i = 0; i < 2; i++)
		uik_thread_join(threads[i]);
	check_tree(&xa);
	xa_destroy(&xa);
}

/* No index is given out twice at a time. */
static struct xarray ids;
static unsigned char taken[1024];

static int take_ids(void *arg)
{
	u32 mine[30], next = 0;

	for (unsigned int round = 0; round < 300; round++) {
		for (unsigned int i = 0; i < ARRAY_SIZE(mine); i++) {
			int err = i & 1 ?
				xa_alloc(&ids, &mine[i], pointer_at(i),
					 XA_LIMIT(0, 1023), GFP_KERNEL) :
				xa_alloc_cyclic(&ids, &mine[i], NULL,
						XA_LIMIT(0, 1023), &next,
						GFP_KERNEL);

			if (err || __atomic_exchange_n(&taken[mine[i]], 1,
						       __ATOMIC_RELAXED))
				return 0;
		}
		for (unsigned int i = 0; i < ARRAY_SIZE(mine); i++) {
			__atomic_store_n(&taken[mine[i]], 0, __ATOMIC_RELAXED);
			xa_erase(&ids, mine[i]);
		}
	}
	__atomic_fetch_add((int *)arg, 1, __ATOMIC_RELAXED);
	return 0;
}

static void test_alloc(void **state)
{
	struct uik_thread *threads[4];
	int done = 0;

	xa_init_flags(&ids, XA_FLAGS_ALLOC);
	for (unsigned int i = 0; i < 4; i++)
		threads[i] = uik_thread_start(take_ids, &done, "ids");
	for (unsigned int i = 0; i < 4; i++)
		uik_thread_join(threads[i]);
	assert_int_equal(done, 4);
	assert_true(xa_empty(&ids));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_linearizable),
		cmocka_unit_test(test_walks),
		cmocka_unit_test(test_alloc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
