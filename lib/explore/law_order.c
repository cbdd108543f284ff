// SPDX-License-Identifier: MIT
/*
 * Law "order": no two locks are ever taken in both orders, in whatever
 * executions that may be.
 *
 * An edge A -> B says that B was wanted while A was held.  Locks are taken by
 * their class.  Edges stay for all executions of a run.
 */
#include <string.h>
#include <uik/task.h>

#include "explore/laws.h"

#define EDGES 1024u			/* a power of two */

struct lock_edge {
	const void *from, *to;
	const void *from_site, *to_site;
};

static struct lock_edge *edge_slot(struct lock_edge *edges, const void *from,
				   const void *to)
{
	uintptr_t hash = ((uintptr_t)from * 31 + (uintptr_t)to) *
			 0x9e3779b97f4a7c15ull;
	unsigned int at = hash >> 54;

	for (unsigned int i = 0; i < EDGES; i++, at++) {
		struct lock_edge *e = &edges[at % EDGES];

		if (!e->from || (e->from == from && e->to == to))
			return e;
	}
	return NULL;
}

/* An edge on a way from @from to @to; NULL.  Ways are short. */
static const struct lock_edge *way(const struct lock_edge *edges,
				   const void *from, const void *to,
				   unsigned int length)
{
	for (unsigned int i = 0; i < EDGES; i++) {
		const struct lock_edge *e = &edges[i];

		if (e->from != from)
			continue;
		if (e->to == to || (length && way(edges, e->to, to, length - 1)))
			return e;
	}
	return NULL;
}

static void add_edge(struct uiommufd_run *run, const struct uik_held_lock *held,
		     const void *class, const struct uik_point *point)
{
	const void *from = held->key;
	struct lock_edge *edge = edge_slot(run->lock_edges, from, class);
	const struct lock_edge *back;

	if (!edge || edge->from)
		return;
	*edge = (struct lock_edge){ from, class, held->site, point->site };
	back = way(run->lock_edges, class, from, 3);
	if (!back)
		return;
	memset(edge, 0, sizeof(*edge));
	uiommufd_run_break(run, "order",
			   "lock %p is taken while %p is held; elsewhere the "
			   "first is held when the second is taken (%p, %p)",
			   point->addr, uik_held_lock(held), back->from_site,
			   back->to_site);
}

/*
 * At the release, when the class of the lock is known.  @task holds two locks
 * or more.
 */
void law_order_step(struct uiommufd_run *run, const struct task_struct *task,
		    const struct uik_point *point)
{
	unsigned int n = uik_held_count(task);
	const struct uik_held_lock *last = uik_held(task, n - 1);

	if (!last->key)
		return;
	for (unsigned int i = 0; i + 1 < n; i++) {
		const struct uik_held_lock *held = uik_held(task, i);

		if (held->key && held->key != last->key)
			add_edge(run, held, last->key, point);
	}
}

const struct uiommufd_law law_order = {
	.name = "order",
	.summary = "no two locks are taken in both orders",
};
