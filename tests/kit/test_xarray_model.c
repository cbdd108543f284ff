/* SPDX-License-Identifier: MIT */
/*
 * The XArray against a model: random operations on both, compared after each.
 *
 * The model is a table of a few hundred places scattered over all indices,
 * searched from end to end.  Everything is a function of the seed, which a
 * failure prints.
 */
#include <stdlib.h>
#include "kit/poison.h"
#include "xarray_check.h"

#define PLACES 300
#define STEPS 6000
#define SEEDS (RUNNING_ON_VALGRIND ? 2 : 12)	/* there each takes seconds */

struct model {
	unsigned long index[PLACES];	/* ascending */
	void *entry[PLACES];		/* as in the tree: NULL, zero, ... */
	bool mark[PLACES][XA_MAX_MARKS];
};

struct run {
	struct xarray xa;
	struct model m;
	uint64_t random;
	bool alloc;
};

static uint64_t next_random(struct run *r)
{
	r->random ^= r->random << 13;
	r->random ^= r->random >> 7;
	r->random ^= r->random << 17;
	return r->random;
}

static unsigned int pick(struct run *r, unsigned int below)
{
	return next_random(r) % below;
}

static int by_index(const void *a, const void *b)
{
	unsigned long x = *(const unsigned long *)a;
	unsigned long y = *(const unsigned long *)b;

	return x < y ? -1 : x > y;
}

/* Dense runs, powers of the fan-out, and anything; no index twice. */
static void model_init(struct run *r)
{
	unsigned long *index = r->m.index;
	unsigned int i;

	for (i = 0; i < PLACES; i++) {
		unsigned int bits = pick(r, 64) + 1;

		if (i < PLACES / 2)
			index[i] = i;
		else
			index[i] = next_random(r) >> (64 - bits);
	}
	index[PLACES - 1] = ULONG_MAX;
	qsort(index, PLACES, sizeof(*index), by_index);
	for (i = 1; i < PLACES; i++)
		if (index[i] <= index[i - 1])
			index[i] = index[i - 1] + 1;
}

static void *seen(void *entry)
{
	return entry == XA_ZERO_ENTRY ? NULL : entry;
}

static void model_set(struct run *r, unsigned int p, void *entry)
{
	r->m.entry[p] = entry;
	if (!entry)
		memset(r->m.mark[p], 0, sizeof(r->m.mark[p]));
}

/* The next place from @p on with an entry and, if asked for, a mark. */
static unsigned int model_find(struct run *r, unsigned int p, xa_mark_t filter)
{
	for (; p < PLACES; p++)
		if (seen(r->m.entry[p]) && (filter == XA_PRESENT ||
					    r->m.mark[p][filter]))
			break;
	return p;
}

static void *random_entry(struct run *r)
{
	unsigned long x = next_random(r) >> 20;

	switch (pick(r, 4)) {
	case 0:
		return xa_mk_value(x);
	case 1:
		return (void *)(0x10002 + (x << 2));
	default:
		return (void *)(0x10000 + (x << 2));
	}
}

static void do_store(struct run *r, unsigned int p)
{
	void *entry = pick(r, 4) ? random_entry(r) : NULL;
	void *old = xa_store(&r->xa, r->m.index[p], entry, GFP_KERNEL);

	assert_ptr_equal(old, seen(r->m.entry[p]));
	model_set(r, p, entry || !r->alloc ? entry : XA_ZERO_ENTRY);
}

static void do_erase(struct run *r, unsigned int p)
{
	assert_ptr_equal(xa_erase(&r->xa, r->m.index[p]),
			 seen(r->m.entry[p]));
	model_set(r, p, NULL);
}

static void do_cmpxchg(struct run *r, unsigned int p)
{
	void *expect = pick(r, 3) ? r->m.entry[p] : random_entry(r);
	void *entry = pick(r, 3) ? random_entry(r) : NULL;
	void *old = xa_cmpxchg(&r->xa, r->m.index[p], expect, entry,
			       GFP_KERNEL);

	assert_ptr_equal(old, seen(r->m.entry[p]));
	if (expect == r->m.entry[p])
		model_set(r, p, entry);
}

static void do_insert(struct run *r, unsigned int p)
{
	void *entry = pick(r, 3) ? random_entry(r) : NULL;
	int err = xa_insert(&r->xa, r->m.index[p], entry, GFP_KERNEL);

	assert_int_equal(err, r->m.entry[p] ? -EBUSY : 0);
	if (!err)
		model_set(r, p, entry ?: XA_ZERO_ENTRY);
}

static void do_reserve(struct run *r, unsigned int p)
{
	if (pick(r, 2)) {
		assert_int_equal(xa_reserve(&r->xa, r->m.index[p], GFP_KERNEL),
				 0);
		if (!r->m.entry[p])
			model_set(r, p, XA_ZERO_ENTRY);
	} else {
		xa_release(&r->xa, r->m.index[p]);
		if (r->m.entry[p] == XA_ZERO_ENTRY)
			model_set(r, p, NULL);
	}
}

static void do_mark(struct run *r, unsigned int p)
{
	xa_mark_t mark = r->alloc + pick(r, XA_MAX_MARKS - r->alloc);
	bool set = pick(r, 3);

	if (set)
		xa_set_mark(&r->xa, r->m.index[p], mark);
	else
		xa_clear_mark(&r->xa, r->m.index[p], mark);
	if (r->m.entry[p])
		r->m.mark[p][mark] = set;
}

/* Only the dense run at the start is allocated from: the model knows it. */
static void do_alloc(struct run *r, unsigned int p)
{
	u32 min = p % (PLACES / 2), max = min + pick(r, PLACES / 2 - min);
	u32 want = min, id = 12345;
	void *entry = pick(r, 4) ? random_entry(r) : NULL;
	int err;

	if (!want && r->xa.xa_flags & XA_FLAGS_ZERO_BUSY)
		want++;
	while (want <= max && r->m.entry[want])
		want++;
	err = xa_alloc(&r->xa, &id, entry, XA_LIMIT(min, max), GFP_KERNEL);
	assert_int_equal(err, want <= max ? 0 : -EBUSY);
	assert_int_equal(id, err ? 12345 : want);
	if (!err)
		model_set(r, want, entry ?: XA_ZERO_ENTRY);
}

static void do_find(struct run *r, unsigned int p)
{
	xa_mark_t filter = pick(r, 2) ? XA_PRESENT :
			   r->alloc + pick(r, XA_MAX_MARKS - r->alloc);
	unsigned int q = p + pick(r, PLACES - p), want;
	unsigned long index = r->m.index[p];
	void *entry = xa_find(&r->xa, &index, r->m.index[q], filter);

	want = model_find(r, p, filter);
	if (want > q) {
		assert_null(entry);
		assert_int_equal(index, r->m.index[p]);
		return;
	}
	assert_ptr_equal(entry, r->m.entry[want]);
	assert_int_equal(index, r->m.index[want]);
	entry = xa_find_after(&r->xa, &index, r->m.index[q], filter);
	want = model_find(r, want + 1, filter);
	assert_ptr_equal(entry, want > q ? NULL : r->m.entry[want]);
}

/* Every entry, mark and walk agrees, and the tree is sound. */
static void compare(struct run *r)
{
	unsigned int p = 0, stored = 0;
	XA_STATE(xas, &r->xa, 0);
	void *entry;

	for (unsigned int i = 0; i < PLACES; i++) {
		assert_ptr_equal(xa_load(&r->xa, r->m.index[i]),
				 seen(r->m.entry[i]));
		stored += r->m.entry[i] != NULL;
		for (xa_mark_t mark = r->alloc; mark <= XA_MARK_MAX; mark++)
			assert_int_equal(xa_get_mark(&r->xa, r->m.index[i],
						     mark), r->m.mark[i][mark]);
	}
	assert_int_equal(check_tree(&r->xa), stored);
	rcu_read_lock();
	xas_for_each(&xas, entry, ULONG_MAX) {
		while (!r->m.entry[p])
			p++;
		assert_int_equal(xas.xa_index, r->m.index[p]);
		assert_ptr_equal(entry, r->m.entry[p++]);
		stored--;
	}
	rcu_read_unlock();
	assert_int_equal(stored, 0);
}

static void step(struct run *r)
{
	static void (*const actions[])(struct run *, unsigned int) = {
		do_store, do_erase, do_cmpxchg, do_insert, do_reserve, do_mark,
		do_find, do_erase,
	};
	unsigned int p = pick(r, PLACES);

	if (r->alloc && !pick(r, 4))
		do_alloc(r, p);
	else
		actions[pick(r, ARRAY_SIZE(actions))](r, p);
}

static void run_seed(uint64_t seed, gfp_t flags)
{
	uint64_t blocks = live_blocks();
	struct run *r = calloc(1, sizeof(*r));

	print_message("seed %llu flags %x\n", (unsigned long long)seed, flags);
	r->random = seed * 0x9e3779b97f4a7c15ull + 1;
	r->alloc = flags & XA_FLAGS_TRACK_FREE;
	xa_init_flags(&r->xa, flags);
	model_init(r);
	for (unsigned int i = 0; i < STEPS; i++) {
		step(r);
		if (i % 16 == 0)
			compare(r);
		if (i % 1500 == 1499) {
			xa_destroy(&r->xa);
			memset(r->m.entry, 0, sizeof(r->m.entry));
			memset(r->m.mark, 0, sizeof(r->m.mark));
		}
	}
	compare(r);
	xa_destroy(&r->xa);
	free(r);
	assert_int_equal(live_blocks(), blocks);
}

/* Whatever is done, array and model agree. */
static void test_plain(void **state)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		run_seed(seed, 0);
}

static void test_alloc(void **state)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		run_seed(seed + 100, XA_FLAGS_ALLOC);
}

static void test_alloc1(void **state)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		run_seed(seed + 200, XA_FLAGS_ALLOC1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_alloc),
		cmocka_unit_test(test_alloc1),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
