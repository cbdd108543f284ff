/* SPDX-License-Identifier: MIT */
/*
 * Which steps of an execution depend on each other, and in which order they
 * happened: vector clocks over objects.
 *
 * Two steps depend if they touch the same word and one writes, take or try the
 * same lock, or if one frees the block that the other touches.
 */
#ifndef EXPLORE_RACE_H
#define EXPLORE_RACE_H

#include "explore/engine.h"

struct race_event {
	uint16_t clock[FIBERS_MAX];	/* steps of each that happened before */
	uint16_t seq;			/* its number among its fiber's, from 1 */
	uint8_t fiber;
	uint8_t kind;
	bool write;
	const void *addr;
	uint32_t node;			/* the strategy's */
};

struct race_log;
struct checkpoint;

/* @whole: registers are not told apart; see race.c. */
struct race_log *race_new(bool whole);
void race_free(struct race_log *log);
void race_begin(struct race_log *log);
/* What is known so far comes back with @c. */
void race_keep(struct race_log *log, struct checkpoint *c);
/*
 * Adds a step; calls @found for each earlier step it races with: they depend,
 * and nothing orders them but their own order.  NULL: nobody asks.
 */
void race_step(struct race_log *log, unsigned int fiber,
	       const struct uik_point *point, uint32_t node,
	       void (*found)(void *arg, uint32_t earlier, uint32_t later),
	       void *arg);
const struct race_event *race_event(const struct race_log *log, uint32_t index);
/* How many steps each fiber has made. */
void race_counts(const struct race_log *log, uint16_t *out);
uint32_t race_count(const struct race_log *log);
/* Whether steps that two fibers are about to make depend. */
bool points_depend(const struct race_log *log, const struct uik_point *a,
		   const struct uik_point *b);

#endif
