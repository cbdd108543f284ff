/* SPDX-License-Identifier: MIT */
/* Unit tests of lib/kit/interval_tree.c: stabbing queries and spans. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <linux/interval_tree.h>
#include <linux/interval_tree_generic.h>
#include <linux/kernel.h>

#define NODES 60
#define SPACE 200

static struct interval_tree_node nodes[NODES];
static bool in[NODES];
static struct rb_root_cached tree;

static unsigned long place(unsigned int *seed)
{
	unsigned long at = rand_r(seed) % SPACE;

	/* Both ends of the number line, and its middle. */
	return at < SPACE / 3 ? at : at < 2 * SPACE / 3 ?
		(1ul << 40) + at : ULONG_MAX - SPACE + at + 1;
}

static void toggle(unsigned int i, unsigned int *seed)
{
	struct interval_tree_node *node = &nodes[i];
	unsigned long a, b;

	if (in[i]) {
		interval_tree_remove(node, &tree);
	} else {
		a = place(seed);
		b = rand_r(seed) % 4 ? a + rand_r(seed) % 9 : place(seed);
		if (b < a && rand_r(seed) % 2)
			b = ULONG_MAX;
		node->start = a < b ? a : b;
		node->last = a < b ? b : a;
		interval_tree_insert(node, &tree);
	}
	in[i] = !in[i];
}

static void reset(void)
{
	tree = RB_ROOT_CACHED;
	memset(in, 0, sizeof(in));
}

/* A query meets exactly the intervals that intersect, by ascending start. */
static void check_query(unsigned long first, unsigned long last)
{
	bool met[NODES] = { 0 };
	struct interval_tree_node *node, *before = NULL;

	for (node = interval_tree_iter_first(&tree, first, last); node;
	     node = interval_tree_iter_next(node, first, last)) {
		assert_false(met[node - nodes]);
		met[node - nodes] = true;
		assert_true(!before || before->start <= node->start);
		before = node;
	}
	for (unsigned int i = 0; i < NODES; i++)
		assert_int_equal(met[i], in[i] && nodes[i].start <= last &&
					 nodes[i].last >= first);
}

static void test_queries(void **state)
{
	unsigned int seed = 3;
	unsigned long a, b;

	reset();
	for (unsigned int step = 0; step < 4000; step++) {
		toggle(rand_r(&seed) % NODES, &seed);
		a = place(&seed);
		b = place(&seed);
		check_query(a < b ? a : b, a < b ? b : a);
		check_query(a, a);
		check_query(0, ULONG_MAX);
	}
}

static bool covered(unsigned long at)
{
	for (unsigned int i = 0; i < NODES; i++)
		if (in[i] && nodes[i].start <= at && at <= nodes[i].last)
			return true;
	return false;
}

/* The end of the span that begins at @at: the last index of the same kind. */
static unsigned long span_last(unsigned long at, unsigned long last)
{
	bool used = covered(at);
	unsigned long end = last;

	for (unsigned int i = 0; i < NODES; i++) {
		unsigned long next;

		if (!in[i])
			continue;
		next = nodes[i].start;
		if (!used && next > at && next - 1 < end)
			end = next - 1;
		next = nodes[i].last;
		if (used && next >= at && next < end && !covered(next + 1))
			end = next;
	}
	return end;
}

/* Spans alternate, touch, fill the range, and are what the intervals say. */
static void check_spans(unsigned long first, unsigned long last)
{
	struct interval_tree_span_iter span;
	unsigned long at = first;
	int kind = -1;
	bool done = false;

	interval_tree_for_each_span(&span, &tree, first, last) {
		assert_false(done);
		assert_int_not_equal(span.is_hole, kind);
		kind = span.is_hole;
		assert_int_equal(kind, !covered(at));
		assert_int_equal(span.start_hole, at);
		assert_int_equal(span.last_used, span_last(at, last));
		done = span.last_used == last;
		at = span.last_used + 1;
	}
	assert_true(done);
	assert_true(interval_tree_span_iter_done(&span));
	interval_tree_span_iter_next(&span);
	assert_true(interval_tree_span_iter_done(&span));
}

static void test_spans(void **state)
{
	unsigned int seed = 5;
	unsigned long a, b;

	reset();
	check_spans(0, ULONG_MAX);
	for (unsigned int step = 0; step < 3000; step++) {
		toggle(rand_r(&seed) % (step % 1000 < 300 ? 8 : NODES), &seed);
		a = place(&seed);
		b = place(&seed);
		check_spans(a < b ? a : b, a < b ? b : a);
		check_spans(a, a);
		check_spans(0, ULONG_MAX);
	}
}

/* An empty range has no spans. */
static void test_no_range(void **state)
{
	struct interval_tree_span_iter span;

	reset();
	interval_tree_for_each_span(&span, &tree, 5, 4)
		fail();
	assert_true(interval_tree_span_iter_done(&span));
}

/* Advancing gives the span that holds the new index, from there on. */
static void test_advance(void **state)
{
	unsigned int seed = 9;

	reset();
	for (unsigned int step = 0; step < 2000; step++) {
		struct interval_tree_span_iter span;
		unsigned long last = ULONG_MAX - rand_r(&seed) % 50, at = 0;

		toggle(rand_r(&seed) % NODES, &seed);
		interval_tree_span_iter_first(&span, &tree, 0, last);
		for (unsigned int k = 0; k < 5; k++) {
			unsigned long to = place(&seed);

			if (to < at)
				continue;
			at = to;
			interval_tree_span_iter_advance(&span, &tree, to);
			if (to > last) {
				assert_true(interval_tree_span_iter_done(
					&span));
				break;
			}
			assert_int_equal(span.is_hole, !covered(to));
			assert_int_equal(span.start_used, to);
			assert_int_equal(span.last_hole, span_last(to, last));
			if (k & 1 || span.last_used == last)
				continue;
			at = span.last_used + 1;
			interval_tree_span_iter_next(&span);
			assert_int_equal(span.is_hole, !covered(at));
			assert_int_equal(span.last_hole, span_last(at, last));
		}
	}
}

/* The generator works for any structure and number. */
struct byte_span {
	unsigned char greatest;
	struct rb_node node;
	unsigned char first, count;
};

static unsigned char byte_first(const struct byte_span *span)
{
	return span->first;
}

static unsigned char byte_last(const struct byte_span *span)
{
	return span->first + span->count - 1;
}

INTERVAL_TREE_DEFINE(struct byte_span, node, unsigned char, greatest,
		     byte_first, byte_last, static, byte_tree)

static void test_generator(void **state)
{
	struct byte_span spans[] = { { .first = 10, .count = 5 },
				     { .first = 0, .count = 255 },
				     { .first = 200, .count = 56 } };
	struct rb_root_cached root = RB_ROOT_CACHED;

	for (size_t i = 0; i < ARRAY_SIZE(spans); i++)
		byte_tree_insert(&spans[i], &root);
	assert_ptr_equal(byte_tree_iter_first(&root, 255, 255), &spans[2]);
	assert_ptr_equal(byte_tree_iter_first(&root, 12, 12), &spans[1]);
	assert_ptr_equal(byte_tree_iter_next(&spans[1], 12, 12), &spans[0]);
	assert_null(byte_tree_iter_next(&spans[0], 12, 12));
	byte_tree_remove(&spans[1], &root);
	assert_null(byte_tree_iter_first(&root, 15, 199));
	assert_null(byte_tree_iter_first(&root, 0, 9));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_queries),
		cmocka_unit_test(test_spans),
		cmocka_unit_test(test_no_range),
		cmocka_unit_test(test_advance),
		cmocka_unit_test(test_generator),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
