/* SPDX-License-Identifier: MIT */
/*
 * Checkpoints: what an execution had come to at some schedule point.
 *
 * Depth-first search runs most of the path that it has just come from again.  A
 * checkpoint on that path is where it goes on instead of from the beginning.
 * There are several, one after the other on the path in progress; who begins at
 * the beginning has none.
 *
 * A checkpoint holds the lines that differ from the snapshot, the stacks of the
 * fibers and what engine, strategy and laws know of the execution.  No restore
 * says which lines change for a moment only.  They are looked for wherever a
 * fiber stands at a place that is new, and now and then; when some are found,
 * what was run meanwhile counts as uncertain (explore.c).
 */
#ifndef EXPLORE_CHECKPOINT_H
#define EXPLORE_CHECKPOINT_H

#include "explore/engine.h"

struct checkpoint;

/* Whether the engine is to stop for one: cheap, asked at each step. */
static inline bool checkpoint_due(const struct uiommufd_run *run)
{
	return run->steps >= run->checkpoint_at;
}

int checkpoints_prepare(struct uiommufd_run *run);
void checkpoints_free(struct uiommufd_run *run);
/* There is none any more; the next execution begins at the beginning. */
void checkpoints_forget(struct uiommufd_run *run);
/* So many executions follow, from the beginning: few are not worth it. */
void checkpoints_batch(struct uiommufd_run *run, unsigned int size);
/* The execution begins: whether checkpoints are made on its way. */
void checkpoints_begin(struct uiommufd_run *run);
/* Every fiber stands still, and somebody is about to decide who goes on. */
void checkpoint_take(struct uiommufd_run *run);
/*
 * For strategies: whether the next execution will go on from a checkpoint taken
 * before more than @position of the strategy's decisions were made.
 */
bool checkpoint_before(struct uiommufd_run *run, uint32_t position);
/* Goes back to the one that checkpoint_before() has found; false: to none. */
bool checkpoint_load(struct uiommufd_run *run);
/* What is at @p now will be there again. */
void checkpoint_keep(struct checkpoint *c, void *p, size_t bytes);

#endif
