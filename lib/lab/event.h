/* SPDX-License-Identifier: MIT */
/*
 * Events: what happens next on a virtual clock.
 *
 * A 4-ary heap ordered by time, then by the order of posting; so a run is a
 * function of what was posted, and nothing else.  Times are picoseconds.
 * Not for several threads.
 *
 * The heap holds keys only, four to a cache line; what is to be done lies in a
 * slot that the key names.
 */
#ifndef LAB_EVENT_H
#define LAB_EVENT_H

#include <stddef.h>
#include <stdint.h>

typedef void (*event_fn)(void *arg, uint64_t data);

struct event {
	uint64_t at_ps;
	event_fn run;
	void *arg;
	uint64_t data;
};

struct event_key {
	uint64_t at_ps;
	uint64_t order;		/* of posting; the slot in the low bits */
};

struct event_queue {
	struct event_key *heap;	/* owned */
	struct event *slots;	/* owned */
	uint32_t *free;		/* owned; a stack of free slots */
	size_t count;
	size_t room;
	uint64_t order;		/* of the next one */
	uint64_t done;		/* taken out so far */
};

void event_queue_init(struct event_queue *queue);
void event_queue_fini(struct event_queue *queue);
/* Aborts when memory runs out. */
void event_post(struct event_queue *queue, uint64_t at_ps, event_fn run,
		void *arg, uint64_t data);
/* The earliest; the queue must not be empty. */
struct event event_take(struct event_queue *queue);

/* When the earliest is due; UINT64_MAX if there is none. */
static inline uint64_t event_next_ps(const struct event_queue *queue)
{
	return queue->count ? queue->heap[0].at_ps : UINT64_MAX;
}

#endif
