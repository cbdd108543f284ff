/* SPDX-License-Identifier: MIT */
/*
 * Lock bookkeeping beyond the fast path: reports, and the order of classes.
 *
 * With order recording on, taking class B while holding class A stores the edge
 * A -> B with both places.  An edge that can be walked back from B to A is a
 * cycle: two tasks may block each other although this run did not.  A class is
 * its key with the subclass, or the lock itself if it has no key.  Edges within
 * one class are not recorded.
 *
 * The tables are fixed and process-wide: classes outlive machines.  When they
 * are full, new orders are no longer recorded, which is said once.
 */
#include <stdlib.h>
#include <string.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>

#include "kit/futex.h"
#include "kit/lock.h"
#include "kit/machine.h"
#include "kit/task.h"

#define CLASSES_MAX 1024
#define EDGES_MAX 8192

struct order_class {
	const void *id;			/* key, or the lock; NULL: free */
	const struct lock_class_key *key;
	unsigned int subclass;
	bool seen;			/* by the walk in progress */
	unsigned int first_edge;	/* index + 1, 0: none */
};

struct order_edge {
	unsigned int to;		/* class taken while from was held */
	unsigned int next;		/* index + 1 */
	const void *from_site, *to_site;
};

static struct uik_rawlock orders_lock;	/* protects all below */
static struct order_class classes[CLASSES_MAX];
static unsigned int class_count;
static struct order_edge edges[EDGES_MAX];
static unsigned int edge_count;

bool lock_debug;

static __attribute__((constructor)) void read_environment(void)
{
	const char *debug = getenv("UIOMMUFD_DEBUG");

	lock_debug = debug && (strstr(debug, "locks") || strstr(debug, "refs"));
}

static bool set_quick(struct task_struct *task, void *arg)
{
	lock_set_quick(task);
	return true;
}

void locks_set_quick(void)
{
	/* Under the list's lock: later tasks see the new value. */
	task_each(set_quick, NULL);
}

void uik_lock_debug(bool on)
{
	lock_debug = on;
	locks_set_quick();
}

const char *lock_name(const struct lock_class_key *key)
{
	return key && key->name ? key->name : "a static lock";
}

void lock_is_new_slow(const void *lock, const char *name,
		      struct lock_class_key *key, const void *site)
{
	if (!key->name)
		key->name = name;
	/* No step of its own; but whoever takes the lock must come after it. */
	if (uik_hooks)
		uik_point_slow(UIK_POINT_REF, lock, sizeof(long) | UIK_PLAIN,
			       true, site);
}

void lock_stack_full(const void *lock)
{
	WARN_ONCE(1, "more than %d locks held, %p is not recorded",
		  UIK_LOCK_DEPTH, lock);
}

void lock_release_unowned(const void *lock, const char *what)
{
	WARN(1, "%s: lock %p is not held by task %s", what, lock,
	     uik_current()->comm);
}

/* Removes an entry below the top: locks may be released in any order. */
bool lock_release_inner(struct task_struct *task, const void *lock)
{
	struct uik_held_lock *top = task->held_top, *held = top - 1;

	while (held > task->held && uik_held_lock(held) != lock)
		held--;
	if (held == task->held)
		return false;
	memmove(held, held + 1, (char *)top - (char *)(held + 1));
	uik_lock_pop(task);
	return true;
}

void lock_sleeps_atomic(const void *lock, const struct lock_class_key *key,
			const void *site)
{
	WARN(1, "sleeping lock %p (%s) taken while atomic, at %p", lock,
	     lock_name(key), site);
}

void uik_lock_check_return(unsigned int count)
{
	struct task_struct *task = uik_current();

	for (unsigned int i = uik_held_count(task); i > count; i--) {
		const struct uik_held_lock *held = uik_held(task, i - 1);

		WARN(1, "returning with lock %p (%s) held, taken at %p",
		     uik_held_lock(held), lock_name(held->key), held->site);
	}
}

/* Index of the class, made if new; CLASSES_MAX when the table is full. */
static unsigned int class_of(const void *lock, const struct lock_class_key *key,
			     unsigned int subclass)
{
	const void *id = key ? (const void *)key : lock;
	unsigned int i;

	for (i = 0; i < class_count; i++)
		if (classes[i].id == id && classes[i].subclass == subclass)
			return i;
	for (i = 0; i < class_count && classes[i].id; i++)
		;
	if (i == CLASSES_MAX)
		return i;
	class_count = max(class_count, i + 1);
	classes[i] = (struct order_class){
		.id = id,
		.key = key,
		.subclass = subclass,
	};
	return i;
}

static bool edge_known(unsigned int from, unsigned int to)
{
	unsigned int e = classes[from].first_edge;

	for (; e; e = edges[e - 1].next)
		if (edges[e - 1].to == to)
			return true;
	return false;
}

/* Whether @to can be reached from @from.  Each class is visited once. */
static bool reaches(unsigned int from, unsigned int to)
{
	unsigned int e = classes[from].first_edge;

	classes[from].seen = true;
	for (; e; e = edges[e - 1].next) {
		unsigned int next = edges[e - 1].to;

		if (next == to || (!classes[next].seen && reaches(next, to)))
			return true;
	}
	return false;
}

static bool closes_cycle(unsigned int from, unsigned int to)
{
	for (unsigned int i = 0; i < class_count; i++)
		classes[i].seen = false;
	return reaches(to, from);
}

/* Adds the edge; true if it is new and closes a cycle. */
static bool add_order(unsigned int from, unsigned int to, const void *from_site,
		      const void *to_site)
{
	bool cycle;

	if (from == to || edge_known(from, to) || edge_count == EDGES_MAX)
		return false;
	cycle = closes_cycle(from, to);
	edges[edge_count] = (struct order_edge){
		.to = to,
		.next = classes[from].first_edge,
		.from_site = from_site,
		.to_site = to_site,
	};
	classes[from].first_edge = ++edge_count;
	return cycle;
}

void lock_order(struct task_struct *task, const void *lock,
		const struct lock_class_key *key, unsigned int subclass,
		const void *site)
{
	bool full = false;

	for (unsigned int i = 0; i < uik_held_count(task); i++) {
		const struct uik_held_lock *held = uik_held(task, i);
		unsigned int from, to;
		bool cycle = false;

		uik_rawlock_lock(&orders_lock);
		from = class_of(uik_held_lock(held), held->key,
				held->subclass);
		to = class_of(lock, key, subclass);
		full |= from == CLASSES_MAX || to == CLASSES_MAX;
		if (!full)
			cycle = add_order(from, to, held->site, site);
		uik_rawlock_unlock(&orders_lock);
		WARN(cycle, "lock order cycle: %s/%u (%p) taken at %p while "
		     "%s/%u (%p) is held, taken at %p; the other order was "
		     "seen before", lock_name(key), subclass, lock, site,
		     lock_name(held->key), held->subclass,
		     uik_held_lock(held),
		     held->site);
	}
	if (full)
		pr_warn_once("lock classes: table full, orders not recorded\n");
}

void uik_might_lock(void *lock, struct lock_class_key *key)
{
	if (lock_debug)
		lock_order(uik_current(), lock, key, 0,
			   __builtin_return_address(0));
}

void uik_lock_forget_orders(void)
{
	uik_rawlock_lock(&orders_lock);
	class_count = 0;
	edge_count = 0;
	uik_rawlock_unlock(&orders_lock);
}

/* Unlinks the edges to a class; their slots are not reused. */
static void drop_edges_to(unsigned int class)
{
	for (unsigned int i = 0; i < class_count; i++) {
		unsigned int *link = &classes[i].first_edge;

		while (*link) {
			struct order_edge *edge = &edges[*link - 1];

			if (edge->to == class)
				*link = edge->next;
			else
				link = &edge->next;
		}
	}
}

static void forget_class(const void *id)
{
	uik_rawlock_lock(&orders_lock);
	for (unsigned int i = 0; i < class_count; i++) {
		if (classes[i].id != id)
			continue;
		drop_edges_to(i);
		classes[i].id = NULL;
		classes[i].first_edge = 0;
	}
	uik_rawlock_unlock(&orders_lock);
}

void uik_lock_forget_class(const struct lock_class_key *key)
{
	forget_class(key);
}

void __might_sleep(const char *file, int line)
{
	struct task_struct *task = uik_current();

	if (unlikely(task->atomic_depth))
		uik_warn(file, line, "might_sleep", "sleeping while atomic");
}
