// SPDX-License-Identifier: MIT
/*
 * The event heap.
 */
#include "event.h"

#include <glib.h>
#include <stdbool.h>

#define CHILDREN 4
#define FIRST_ROOM 256

void event_queue_init(struct event_queue *queue)
{
	*queue = (struct event_queue){
		.heap = g_new(struct event, FIRST_ROOM),
		.room = FIRST_ROOM,
	};
}

void event_queue_fini(struct event_queue *queue)
{
	g_free(queue->heap);
	*queue = (struct event_queue){ 0 };
}

static inline bool is_before(const struct event *a, const struct event *b)
{
	return a->at_ps != b->at_ps ? a->at_ps < b->at_ps :
				      a->order < b->order;
}

void event_post(struct event_queue *queue, uint64_t at_ps, event_fn run,
		void *arg, uint64_t data)
{
	struct event event = { at_ps, queue->order++, run, arg, data };
	size_t at = queue->count++;

	if (at == queue->room) {
		queue->room *= 2;
		queue->heap = g_renew(struct event, queue->heap, queue->room);
	}
	while (at) {
		size_t parent = (at - 1) / CHILDREN;

		if (!is_before(&event, &queue->heap[parent]))
			break;
		queue->heap[at] = queue->heap[parent];
		at = parent;
	}
	queue->heap[at] = event;
}

static size_t first_child(const struct event_queue *queue, size_t parent)
{
	size_t best = parent * CHILDREN + 1;
	size_t end = MIN(best + CHILDREN, queue->count);

	for (size_t i = best + 1; i < end; i++)
		if (is_before(&queue->heap[i], &queue->heap[best]))
			best = i;
	return best;
}

struct event event_take(struct event_queue *queue)
{
	struct event top, last;
	size_t at = 0;

	g_assert(queue->count);
	top = queue->heap[0];
	last = queue->heap[--queue->count];
	queue->done++;
	while (at * CHILDREN + 1 < queue->count) {
		size_t child = first_child(queue, at);

		if (!is_before(&queue->heap[child], &last))
			break;
		queue->heap[at] = queue->heap[child];
		at = child;
	}
	queue->heap[at] = last;
	return top;
}
