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
			    const struct task_struct *task,
			    const struct uik_point *point)
{
	for (unsigned int i = 0; i < uik_held_count(task); i++)
		if (uik_held_lock(uik_held(task, i)) == point->addr)
			uiommufd_run_break(run, "locks",
					   "lock %p is taken by its holder",
					   point->addr);
}

static void check_return(struct uiommufd_run *run,
			 const struct task_struct *task)
{
	if (task->entry_depth == 1)
		uiommufd_run_break(run, "locks",
				   "a call returns with lock %p held, taken at %p",
				   uik_held_lock(uik_held(task, 0)),
				   uik_held(task, 0)->site);
}

void law_locks_step(struct uiommufd_run *run, const struct task_struct *task,
		    const struct uik_point *point)
{
	if (point->kind == UIK_POINT_LOCK)
		check_recursion(run, task, point);
	else if (point->kind == UIK_POINT_RETURN)
		check_return(run, task);
}

const struct uiommufd_law law_locks = {
	.name = "locks",
	.summary = "no lock held at return, none taken by its holder",
};
