// SPDX-License-Identifier: MIT
/*
 * Law "locks": no lock is held when a call returns, none is taken twice.
 *
 * The order of locks over all executions is kept by the kit, which warns of
 * cycles; here is what one execution shows.
 */
#include <uik/task.h>

#include "explore/laws.h"

/* A reader that comes twice waits for itself if a writer came in between. */
static void check_recursion(struct uiommufd_run *run,
			    const struct uiommufd_step *step)
{
	const struct task_struct *task = run->fibers[step->fiber].task;

	for (unsigned int i = 0; i < task->held_count; i++)
		if (task->held[i].lock == step->addr)
			uiommufd_run_break(run, "locks",
					   "lock %p is taken by its holder",
					   step->addr);
}

static void check_return(struct uiommufd_run *run,
			 const struct uiommufd_step *step)
{
	const struct task_struct *task = run->fibers[step->fiber].task;

	if (task->entry_depth == 1 && task->held_count)
		uiommufd_run_break(run, "locks",
				   "a call returns with lock %p held, taken at %p",
				   task->held[0].lock, task->held[0].site);
}

static void check_step(struct uiommufd_run *run, void *memory,
		       const struct uiommufd_step *step)
{
	if (step->kind == UIOMMUFD_STEP_LOCK)
		check_recursion(run, step);
	else if (step->kind == UIOMMUFD_STEP_RETURN)
		check_return(run, step);
}

const struct uiommufd_law law_locks = {
	.name = "locks",
	.summary = "no lock held at return, none taken by its holder",
	.step = check_step,
};
