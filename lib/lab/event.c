// SPDX-License-Identifier: MIT
/*
 * The event heap.
 */
#include "event.h"

#include <glib.h>
#include <stdbool.h>

#define CHILDREN 4
#define FIRST_ROOM 256
#define SLOT_BITS 24
#define SLOT_MASK ((1u << SLOT_BITS) - 1)

static void set_room(struct event_queue *queue, size_t room)
{
	g_assert(room <= SLOT_MASK);
	queue->heap = g_renew(struct event_key, queue->heap, room);
	queue->slots = g_renew(struct event, queue->slots, room);
	queue->free = g_renew(uint32_t, queue->free, room);
	for (size_t i = queue->room; i < room; i++)
		queue->free[i] = i;
	queue->room = room;
}

void event_queue_init(struct event_queue *queue)
{
	*queue = (struct event_queue){ 0 };
	set_room(queue, FIRST_ROOM);
}

void event_queue_fini(struct event_queue *queue)
{
	g_free(queue->heap);
	g_free(queue->slots);
	g_free(queue->free);
	*queue = (struct event_queue){ 0 };
}

static inline bool is_before(struct event_key a, struct event_key b)
{
	return (a.at_ps < b.at_ps) |
	       ((a.at_ps == b.at_ps) & (a.order < b.order));
}

/* Free slots are free[count..room): as many as the heap has room. */
void event_post(struct event_queue *queue, uint64_t at_ps, event_fn run,
		void *arg, uint64_t data)
{
	struct event_key key;
	uint32_t slot;
	size_t at;

	if (queue->count == queue->room)
		set_room(queue, 2 * queue->room);
	at = queue->count++;
	slot = queue->free[at];
	queue->slots[slot] = (struct event){ at_ps, run, arg, data };
	key = (struct event_key){ at_ps, queue->order++ << SLOT_BITS | slot };
	while (at) {
		size_t parent = (at - 1) / CHILDREN;

		if (!is_before(key, queue->heap[parent]))
			break;
		queue->heap[at] = queue->heap[parent];
		at = parent;
	}
	queue->heap[at] = key;
}

static size_t first_child(const struct event_queue *queue, size_t parent)
{
	size_t best = parent * CHILDREN + 1;
	size_t end = MIN(best + CHILDREN, queue->count);

	for (size_t i = best + 1; i < end; i++)
		best = is_before(queue->heap[i], queue->heap[best]) ? i : best;
	return best;
}

struct event event_take(struct event_queue *queue)
{
	struct event_key last;
	uint32_t slot;
	size_t at = 0;

	g_assert(queue->count);
	slot = queue->heap[0].order & SLOT_MASK;
	last = queue->heap[--queue->count];
	queue->free[queue->count] = slot;
	queue->done++;
	while (at * CHILDREN + 1 < queue->count) {
		size_t child = first_child(queue, at);

		if (!is_before(queue->heap[child], last))
			break;
		queue->heap[at] = queue->heap[child];
		at = child;
	}
	queue->heap[at] = last;
	return queue->slots[slot];
}
