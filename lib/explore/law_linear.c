// SPDX-License-Identifier: MIT
/*
 * Law "linear": what threads did to a map of numbers at the same time, and what
 * they found there, can be explained by some order of their operations.
 *
 * The sequential model is idmap.h's: a number is free, reserved, shows an entry,
 * or is dead.  Numbers do not meddle with each other, so that each has a
 * history of its own (Herlihy, Wing: Linearizability, 1990), and these are
 * short: an order is looked for by trying (Wing, Gong: Testing and verifying
 * concurrent objects, 1993).  An operation may be put first if none of those
 * left was done before it began.  What a number was before the threads began
 * is whatever suits.
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "explore/checkpoint.h"
#include "explore/laws.h"

#define OPS_MAX 512u			/* of an execution */
#define SAME_MAX 24u			/* on one number */
#define TRIES_MAX 100000u

struct operation {
	struct uik_map_event event;
	uint32_t begin, end;		/* in the order in which they are told */
	uint8_t fiber;
	bool judged;
};

struct history {
	uint32_t now;
	uint32_t count;
	struct operation *pending[FIBERS_MAX];
	struct operation ops[OPS_MAX];
};

enum number_state { FREE, RESERVED, LIVE, DEAD };

struct number {
	enum number_state state;
	const void *entry;		/* LIVE */
};

/* The operations on one number. */
struct story {
	const struct operation *op[SAME_MAX];
	unsigned int count;
	unsigned int tries;
};

int law_linear_prepare(struct uiommufd_run *run)
{
	void *p = mmap(NULL, sizeof(*run->history), PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return -1;
	run->history = p;
	return 0;
}

void law_linear_free(struct uiommufd_run *run)
{
	if (run->history)
		munmap(run->history, sizeof(*run->history));
}

void law_linear_begin(struct uiommufd_run *run)
{
	struct history *history = run->history;

	history->now = 0;
	history->count = 0;
	memset(history->pending, 0, sizeof(history->pending));
}

void law_linear_keep(struct uiommufd_run *run, struct checkpoint *c)
{
	struct history *history = run->history;

	checkpoint_keep(c, history, offsetof(struct history, ops) +
			history->count * sizeof(history->ops[0]));
}

void law_linear_event(struct uiommufd_run *run,
		      const struct uik_map_event *event)
{
	struct history *history = run->history;
	struct operation **pending = &history->pending[run->running];
	struct operation *op = *pending;

	if (!event->done && history->count < OPS_MAX) {
		op = *pending = &history->ops[history->count++];
		*op = (struct operation){
			.event = *event,
			.begin = ++history->now,
			.fiber = run->running,
		};
	} else if (event->done && op) {
		op->event = *event;
		op->end = ++history->now;
		*pending = NULL;
	}
}

/* ---- the sequential model ------------------------------------------------ */

static bool moves(struct number *number, enum number_state from,
		  enum number_state to, const struct uik_map_event *event)
{
	if (event->failed)
		return number->state != from;
	if (number->state != from)
		return false;
	*number = (struct number){ to, to == LIVE ? event->entry : NULL };
	return true;
}

/* Who failed to take it out found it in use, or did not find it. */
static bool leaves(struct number *number, enum number_state to,
		   const struct uik_map_event *event)
{
	if (event->failed)
		return true;
	if (number->entry != event->entry)
		return false;
	return moves(number, LIVE, to, event);
}

/* Whether the operation may go as it went where @number is. */
static bool applies(struct number *number, const struct uik_map_event *event)
{
	switch (event->op) {
	case UIK_MAP_RESERVE:
		return moves(number, FREE, RESERVED, event);
	case UIK_MAP_PUBLISH:
		return moves(number, RESERVED, LIVE, event);
	case UIK_MAP_UNRESERVE:
		return moves(number, RESERVED, FREE, event);
	case UIK_MAP_RELEASE:
		return leaves(number, FREE, event);
	case UIK_MAP_BURY:
		return leaves(number, DEAD, event);
	case UIK_MAP_LOOKUP:
		return (number->state == LIVE ? number->entry : NULL) ==
		       event->entry;
	}
	return false;
}

/* ---- looking for an order ------------------------------------------------ */

static bool may_be_next(const struct story *story, uint32_t left,
			unsigned int i)
{
	for (; left; left &= left - 1)
		if (story->op[__builtin_ctz(left)]->end < story->op[i]->begin)
			return false;
	return true;
}

static bool explains(struct story *story, struct number number, uint32_t left)
{
	if (!left || ++story->tries > TRIES_MAX)
		return true;
	for (uint32_t some = left; some; some &= some - 1) {
		unsigned int i = __builtin_ctz(some);
		struct number after = number;

		if (may_be_next(story, left, i) &&
		    applies(&after, &story->op[i]->event) &&
		    explains(story, after, left & ~(1u << i)))
			return true;
	}
	return false;
}

static bool has_explanation(struct story *story)
{
	uint32_t all = (1u << story->count) - 1;

	if (explains(story, (struct number){ FREE, NULL }, all) ||
	    explains(story, (struct number){ DEAD, NULL }, all))
		return true;
	for (unsigned int i = 0; i < story->count; i++) {
		const void *entry = story->op[i]->event.entry;

		if (entry && explains(story, (struct number){ LIVE, entry }, all))
			return true;
	}
	return false;
}

/* ---- telling ------------------------------------------------------------- */

static void tell(struct uiommufd_run *run, const struct story *story)
{
	static const char *const words[] = {
		[UIK_MAP_RESERVE] = "reserves it",
		[UIK_MAP_PUBLISH] = "publishes",
		[UIK_MAP_UNRESERVE] = "gives it up",
		[UIK_MAP_RELEASE] = "takes out",
		[UIK_MAP_BURY] = "buries",
		[UIK_MAP_LOOKUP] = "finds",
	};
	char text[MESSAGE_MAX - 100] = "";
	size_t used = 0;

	for (unsigned int i = 0; i < story->count && used < sizeof(text); i++) {
		const struct operation *op = story->op[i];

		used += snprintf(text + used, sizeof(text) - used, "%s%s %s",
				 i ? ", " : "", fiber_name(run, op->fiber),
				 words[op->event.op]);
		if (op->event.op > UIK_MAP_RESERVE && used < sizeof(text))
			used += snprintf(text + used, sizeof(text) - used,
					 " %p%s", op->event.entry,
					 op->event.failed ? " (fails)" : "");
	}
	uiommufd_run_break(run, "linear", "no order explains what was done with ID %u: %s",
			   story->op[0]->event.id, text);
}

/* ---- at the end of the threads ------------------------------------------- */

/* All on the number of @first; false: some are not done, or they are too many. */
static bool collect(struct history *history, struct operation *first,
		    struct story *story)
{
	struct operation *end = history->ops + history->count;
	bool whole = true;

	story->count = story->tries = 0;
	for (struct operation *op = first; op < end; op++) {
		if (op->event.map != first->event.map ||
		    op->event.id != first->event.id)
			continue;
		op->judged = true;
		if (!op->end || story->count == SAME_MAX)
			whole = false;
		else
			story->op[story->count++] = op;
	}
	return whole;
}

void law_linear_judge(struct uiommufd_run *run)
{
	struct history *history = run->history;
	struct operation *end = history->ops + history->count;
	struct story story;

	if (history->count == OPS_MAX)
		return;
	for (struct operation *op = history->ops; op < end; op++) {
		/* It took no number, or took none yet. */
		if (op->event.op == UIK_MAP_RESERVE &&
		    (op->event.failed || !op->end))
			continue;
		if (op->judged || !collect(history, op, &story))
			continue;
		if (story.count > 1 && !has_explanation(&story)) {
			tell(run, &story);
			return;
		}
	}
}

const struct uiommufd_law law_linear = {
	.name = "linear",
	.summary = "some order explains what threads did to the map of IDs",
};
