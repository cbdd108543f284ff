/* SPDX-License-Identifier: MIT */
/*
 * Laws: those the engine itself finds broken, and the table of the others.
 */
#ifndef EXPLORE_LAWS_H
#define EXPLORE_LAWS_H

#include <uik/history.h>

#include "explore/engine.h"

struct checkpoint;

/* The library's laws by number; NULL-terminated. */
extern const struct uiommufd_law *const law_table[]
	__attribute__((visibility("hidden")));

/* Prepares the memory of all laws of a run; 0, or -ENOMEM. */
int laws_prepare(struct uiommufd_run *run);
void laws_begin(struct uiommufd_run *run);
/* What they remember of this execution comes back with @c. */
void laws_keep(struct uiommufd_run *run, struct checkpoint *c);
void laws_step(struct uiommufd_run *run, const struct uik_point *point);
void laws_end(struct uiommufd_run *run);
void laws_closed(struct uiommufd_run *run);

/* Found by the engine. */
void law_waited_in_vain(struct uiommufd_run *run, const struct fiber *fiber);
void law_deadlock(struct uiommufd_run *run);
void law_endless(struct uiommufd_run *run);
void law_stuck(struct uiommufd_run *run);
void law_warning(struct uiommufd_run *run, const char *what, const char *file,
		 int line, const char *function, const char *text);
void law_arithmetic(struct uiommufd_run *run, const void *pc);
void law_crash(struct uiommufd_run *run, const void *addr, const void *pc);
/* When everything is closed: nothing is left. */
void law_remains(struct uiommufd_run *run);

extern const struct uiommufd_law law_memory;
extern const struct uiommufd_law law_counts;
extern const struct uiommufd_law law_locks;
extern const struct uiommufd_law law_order;

/* Steps of the laws above; see laws_step(). */
void law_memory_step(struct uiommufd_run *run, const struct uik_point *point);
void law_locks_step(struct uiommufd_run *run, const struct task_struct *task,
		    const struct uik_point *point);
void law_order_step(struct uiommufd_run *run, const struct task_struct *task,
		    const struct uik_point *point);
void law_race_step(struct uiommufd_run *run, const struct uik_point *point);
/* Its memory is a run's, not an execution's: 0 or -1. */
int law_race_prepare(struct uiommufd_run *run);
void law_race_begin(struct uiommufd_run *run);
void law_race_keep(struct uiommufd_run *run, struct checkpoint *c);
void law_race_free(struct uiommufd_run *run);
extern const struct uiommufd_law law_race;
/* Every thread has returned, nothing is undone yet. */
void laws_threads_done(struct uiommufd_run *run);
int law_linear_prepare(struct uiommufd_run *run);
void law_linear_begin(struct uiommufd_run *run);
void law_linear_keep(struct uiommufd_run *run, struct checkpoint *c);
void law_linear_event(struct uiommufd_run *run,
		      const struct uik_map_event *event);
void law_linear_judge(struct uiommufd_run *run);
void law_linear_free(struct uiommufd_run *run);
extern const struct uiommufd_law law_linear;
void law_complete_event(struct uiommufd_run *run,
			const struct uik_map_event *event);
/* Only while an object has been shown: run->shown.bytes. */
void law_complete_step(struct uiommufd_run *run, const struct uik_point *point);
extern const struct uiommufd_law law_complete;
int law_initialised_prepare(struct uiommufd_run *run);
void law_initialised_begin(struct uiommufd_run *run);
void law_initialised_keep(struct uiommufd_run *run, struct checkpoint *c);
void law_initialised_step(struct uiommufd_run *run,
			  const struct uik_point *point);
/* The copy that was about to be made was made to fail. */
void law_initialised_failed(struct uiommufd_run *run);
/* After a clean execution, which it may run again. */
void law_initialised_judge(struct uiommufd_run *run);
void law_initialised_free(struct uiommufd_run *run);
extern const struct uiommufd_law law_initialised;
extern const struct uiommufd_law law_ids;
extern const struct uiommufd_law law_tables;
extern const struct uiommufd_law law_hardware;
/* Accesses that the hardware did not allow so far. */
uint64_t law_hardware_count(struct uiommufd_run *run);
/* Of their memory, what is counted. */
void law_fetch_once_keep(void *memory, struct checkpoint *c);
void law_producer_keep(void *memory, struct checkpoint *c);
extern const struct uiommufd_law law_fetch_once;
extern const struct uiommufd_law law_producer;
extern const struct uiommufd_law law_atomic_alloc;

/* The name of a fiber for people. */
const char *fiber_name(struct uiommufd_run *run, unsigned int fiber);

#endif
