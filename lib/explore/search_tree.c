// SPDX-License-Identifier: MIT
/*
 * Depth-first search, plain or with partial-order reduction.
 *
 * A node is a decision; the path of nodes is the execution in progress.  Plain
 * search tries every option of every node.  The reduction tries one option and
 * adds others where two steps race: by source sets, with sleep sets to leave
 * out what was tried elsewhere (Abdulla, Aronis, Jonsson, Sagonas: Optimal
 * dynamic partial order reduction, 2014).  Under a bound of preemptions sleep
 * sets are off and a race also adds its option where the running fiber's turn
 * began (Coons, Musuvathi, McKinley: Bounded partial-order reduction, 2013).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "explore/checkpoint.h"
#include "explore/race.h"
#include "explore/search.h"

#define NODES_MAX (1u << 18)
#define NO_EVENT UINT32_MAX

struct node {
	uint64_t options;		/* enabled fibers, or values */
	uint64_t todo;			/* to be tried, some are done */
	uint64_t done;
	uint32_t sleep;			/* need not be tried from here */
	uint32_t event;			/* the step made from here */
	uint8_t kind;			/* enum decision_kind */
	uint8_t chosen;
	uint8_t running;
	uint8_t preemptions;		/* before */
	uint8_t failures;
	uint32_t ordinal;		/* of a failure point */
	uint16_t seq[FIBERS_MAX];	/* steps of each so far */
};

struct tree {
	struct search search;
	struct uiommufd_run *run;
	struct race_log *log;		/* NULL: no reduction */
	bool sleeps;			/* sleep sets are used */
	bool fresh;			/* nothing was run yet */
	bool lost;			/* some path did not repeat itself */
	bool marked_lost;
	bool orders;			/* somewhere several could go on */
	uint32_t depth, cursor;
	uint32_t repeated;		/* nodes whose step is an old one */
	uint32_t fail_points;		/* in this execution */
	uint32_t last_schedule;		/* node of the latest step */
	uint32_t marked_depth;
	struct node *marked;
	struct node *nodes;
};

/* ---- options ------------------------------------------------------------- */

static bool allowed(const struct tree *tree, const struct node *node,
		    unsigned int option_number)
{
	const struct uiommufd_explore_options *o = &tree->run->options;

	if (node->kind == DECISION_FAIL && option_number)
		return (o->failures < 0 || node->failures < o->failures) &&
		       node->ordinal % tree->run->worker_count ==
			       tree->run->worker;
	if (node->kind != DECISION_SCHEDULE || o->preemptions < 0)
		return true;
	if (option_number == node->running || node->running == NOBODY ||
	    !(node->options >> node->running & 1))
		return true;
	return node->preemptions < o->preemptions;
}

/* The next option to try at a node; -1. */
static int untried(const struct tree *tree, const struct node *node)
{
	uint64_t left = node->todo & ~node->done;

	if (tree->sleeps && node->kind == DECISION_SCHEDULE)
		left &= ~(uint64_t)node->sleep;
	for (; left; left &= left - 1)
		if (allowed(tree, node, __builtin_ctzll(left)))
			return __builtin_ctzll(left);
	return -1;
}

static void tree_restart(struct tree *tree)
{
	tree->cursor = 0;
	tree->fail_points = 0;
	tree->last_schedule = NO_EVENT;
	if (tree->log)
		race_begin(tree->log);
	tree->repeated = 0;
}

/* Nodes on the path before a checkpoint stay as they are, and learn. */
static uint32_t tree_keep(struct uiommufd_run *run, struct checkpoint *c)
{
	struct tree *tree = run->search;

	checkpoint_keep(c, &tree->cursor, sizeof(tree->cursor));
	checkpoint_keep(c, &tree->fail_points, sizeof(tree->fail_points));
	checkpoint_keep(c, &tree->last_schedule, sizeof(tree->last_schedule));
	if (tree->log)
		race_keep(tree->log, c);
	return tree->cursor;
}

static bool tree_begin(struct uiommufd_run *run)
{
	struct tree *tree = run->search;
	struct node *node;
	int next;

	if (tree->fresh) {
		tree->fresh = false;
		tree->depth = 0;
		tree_restart(tree);
		return true;
	}
	for (; tree->depth; tree->depth--) {
		node = &tree->nodes[tree->depth - 1];
		next = untried(tree, node);
		if (next < 0)
			continue;
		node->chosen = next;
		node->done |= option(next);
		if (!checkpoint_before(run, tree->depth - 1))
			tree_restart(tree);
		tree->repeated = tree->depth - 1;
		return true;
	}
	tree->search.totals.exhausted = !tree->lost;
	tree->search.totals.single = !tree->orders;
	return false;
}

/* ---- sleep sets ---------------------------------------------------------- */

/* Who may stay asleep after the step made at @parent. */
static uint32_t inherited_sleep(struct tree *tree, const struct node *parent)
{
	uint32_t asleep = (parent->sleep | (uint32_t)parent->done) &
			  ~(1u << parent->chosen);
	const struct race_event *e;
	struct uik_point made;

	/* A fiber that has only been started has touched nothing. */
	if (!asleep || parent->event == NO_EVENT)
		return asleep;
	e = race_event(tree->log, parent->event);
	made = (struct uik_point){
		.kind = e->kind,
		.write = e->write,
		.addr = e->addr,
	};
	for (uint32_t left = asleep; left; left &= left - 1) {
		unsigned int q = __builtin_ctz(left);

		if (points_depend(tree->log, &tree->run->fibers[q].pending,
				  &made))
			asleep &= ~(1u << q);
	}
	return asleep;
}

/* ---- new nodes ----------------------------------------------------------- */

static struct node *follow(struct tree *tree, enum decision_kind kind,
			   uint64_t options)
{
	struct node *node = &tree->nodes[tree->cursor];

	if (tree->cursor == tree->depth)
		return NULL;
	tree->cursor++;
	tree->run->repeating = tree->cursor < tree->depth;
	if (node->kind != kind || node->options != options)
		tree->run->verdict = VERDICT_DIVERGED;
	return node;
}

static struct node *grow(struct tree *tree, enum decision_kind kind,
			 uint64_t options)
{
	struct node *node;

	tree->run->repeating = false;
	if (tree->depth == NODES_MAX) {
		tree->run->verdict = VERDICT_DIVERGED;
		return NULL;
	}
	node = &tree->nodes[tree->depth++];
	tree->cursor = tree->depth;
	*node = (struct node){
		.options = options,
		.kind = kind,
		.running = tree->run->running,
		.preemptions = tree->run->preemptions,
		.failures = tree->run->failures,
		.event = NO_EVENT,
	};
	return node;
}

static void choose(struct node *node, unsigned int chosen, bool all)
{
	node->chosen = chosen;
	node->done = option(chosen);
	node->todo = all ? node->options : node->done;
}

static unsigned int tree_schedule(struct uiommufd_run *run, uint32_t enabled)
{
	struct tree *tree = run->search;
	uint32_t awake = enabled;
	struct node *node;

	tree->orders |= (enabled & (enabled - 1)) != 0;
	/* Nothing to decide, nothing to remember but for races. */
	if (!tree->log && !(enabled & (enabled - 1)))
		return __builtin_ctz(enabled);
	node = follow(tree, DECISION_SCHEDULE, enabled);
	if (!node) {
		node = grow(tree, DECISION_SCHEDULE, enabled);
		if (!node)
			return NOBODY;
		if (tree->sleeps && tree->last_schedule != NO_EVENT)
			node->sleep = inherited_sleep(
				tree, &tree->nodes[tree->last_schedule]);
		awake &= ~node->sleep;
		if (!awake) {
			tree->depth--;
			return NOBODY;
		}
		if (run->running != NOBODY && awake & 1u << run->running)
			choose(node, run->running, !tree->log);
		else
			choose(node, __builtin_ctz(awake), !tree->log);
	}
	if (run->verdict == VERDICT_DIVERGED)
		return NOBODY;
	tree->last_schedule = node - tree->nodes;
	node->event = NO_EVENT;
	return node->chosen;
}

static bool tree_fail(struct uiommufd_run *run, enum uik_fail_kind kind,
		      const void *site)
{
	struct tree *tree = run->search;
	struct node *node = follow(tree, DECISION_FAIL, 3);

	if (!node) {
		node = grow(tree, DECISION_FAIL, 3);
		if (!node)
			return false;
		choose(node, 0, true);
		/* A first failure is one worker's, with all that follows. */
		node->ordinal = node->failures ? run->worker :
						 tree->fail_points;
	}
	tree->fail_points++;
	return node->chosen;
}

static unsigned int tree_choose(struct uiommufd_run *run, unsigned int count)
{
	uint64_t options = count == 64 ? ~0ull : option(count) - 1;
	struct tree *tree = run->search;
	struct node *node = follow(tree, DECISION_CHOOSE, options);

	if (!node) {
		node = grow(tree, DECISION_CHOOSE, options);
		if (!node)
			return 0;
		choose(node, 0, true);
	}
	return node->chosen;
}

/* ---- races --------------------------------------------------------------- */

/*
 * Steps after @earlier that do not happen after it, and then @later, could
 * come first.  Who can begin that is an initial; one of them must be tried.
 */
static uint32_t initials(const struct tree *tree, uint32_t earlier,
			 uint32_t later)
{
	const struct race_event *e = race_event(tree->log, earlier);
	uint32_t seen = 0, initial = 0;

	for (uint32_t i = earlier + 1; i <= later; i++) {
		const struct race_event *k = race_event(tree->log, i);
		bool first = !(seen & 1u << k->fiber);

		if (i != later && k->clock[e->fiber] >= e->seq)
			continue;
		for (uint32_t left = seen; left && first; left &= left - 1) {
			unsigned int q = __builtin_ctz(left);

			/* A step of q that is put first happens before k. */
			if (k->clock[q] > tree->nodes[e->node].seq[q])
				first = false;
		}
		if (first)
			initial |= 1u << k->fiber;
		seen |= 1u << k->fiber;
	}
	return initial;
}

static void want(struct node *node, uint32_t candidates)
{
	uint32_t possible = candidates & (uint32_t)node->options;

	if (!candidates || node->todo & candidates)
		return;
	node->todo |= possible ? possible & -possible : node->options;
}

/* Where the turn of the fiber that runs at @node began. */
static struct node *turn_begin(struct tree *tree, struct node *node)
{
	struct node *first = node;

	while (node > tree->nodes) {
		node--;
		if (node->kind != DECISION_SCHEDULE)
			continue;
		if (node->chosen != first->chosen)
			break;
		first = node;
	}
	return first;
}

static void found_race(void *arg, uint32_t earlier, uint32_t later)
{
	struct tree *tree = arg;
	const struct race_event *e = race_event(tree->log, earlier);
	struct node *node = &tree->nodes[e->node];
	uint32_t candidates = initials(tree, earlier, later);

	want(node, candidates);
	if (!tree->sleeps)
		want(turn_begin(tree, node), candidates);
}

static void tree_step(struct uiommufd_run *run, unsigned int fiber,
		      const struct uik_point *point)
{
	struct tree *tree = run->search;
	struct node *node = &tree->nodes[tree->last_schedule];
	uint32_t index;

	if (!tree->log || tree->last_schedule == NO_EVENT)
		return;
	index = race_count(tree->log);
	node->event = index;
	race_counts(tree->log, node->seq);
	/* What an old step races with is known since it was new. */
	race_step(tree->log, fiber, point, tree->last_schedule,
		  tree->last_schedule < tree->repeated ? NULL : found_race,
		  tree);
}

static void tree_end(struct uiommufd_run *run)
{
	struct tree *tree = run->search;

	if (run->verdict == VERDICT_REDUNDANT)
		tree->search.totals.redundant++;
	else
		tree->search.totals.distinct++;
	/* A path that did not repeat itself cannot be continued. */
	if (run->verdict == VERDICT_DIVERGED) {
		tree->depth = tree->cursor ? tree->cursor - 1 : 0;
		tree->lost = true;
	}
}

static const struct strategy tree_strategy = {
	.name = "tree",
	.begin = tree_begin,
	.schedule = tree_schedule,
	.fail = tree_fail,
	.choose = tree_choose,
	.step = tree_step,
	.end = tree_end,
	.keep = tree_keep,
};

/* ---- life ---------------------------------------------------------------- */

static void *own_nodes(void)
{
	void *p = mmap(NULL, NODES_MAX * sizeof(struct node),
		       PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static void tree_stop(struct search *search)
{
	struct tree *tree = (struct tree *)search;

	race_free(tree->log);
	if (tree->nodes)
		munmap(tree->nodes, NODES_MAX * sizeof(struct node));
	if (tree->marked)
		munmap(tree->marked, NODES_MAX * sizeof(struct node));
	free(tree);
}

static void tree_mark(struct search *search)
{
	struct tree *tree = (struct tree *)search;

	tree->marked_lost = tree->lost;
	tree->marked_depth = tree->fresh ? NO_EVENT : tree->depth;
	if (!tree->fresh)
		memcpy(tree->marked, tree->nodes,
		       tree->depth * sizeof(struct node));
}

static void tree_rewind(struct search *search)
{
	struct tree *tree = (struct tree *)search;

	/* What did not repeat itself may have met a change that was missed. */
	tree->lost = tree->marked_lost;
	tree->fresh = tree->marked_depth == NO_EVENT;
	tree->depth = tree->fresh ? 0 : tree->marked_depth;
	memcpy(tree->nodes, tree->marked, tree->depth * sizeof(struct node));
}

int tree_start(struct uiommufd_run *run, bool reduce)
{
	struct tree *tree = calloc(1, sizeof(*tree));

	if (!tree)
		return -ENOMEM;
	tree->search.stop = tree_stop;
	tree->search.mark = tree_mark;
	tree->search.rewind = tree_rewind;
	tree->run = run;
	tree->fresh = true;
	tree->sleeps = reduce && run->options.preemptions < 0;
	tree->nodes = own_nodes();
	tree->marked = own_nodes();
	if (reduce)
		tree->log = race_new(run->covers_all);
	if (!tree->nodes || !tree->marked || (reduce && !tree->log)) {
		tree_stop(&tree->search);
		return -ENOMEM;
	}
	run->search = tree;
	run->strategy = &tree_strategy;
	return 0;
}
