/* SPDX-License-Identifier: MIT */
/*
 * The engine: one scenario, its fibers, the execution in progress.
 *
 * Vocabulary: a fiber runs a scenario's thread, a thread the library started,
 * or the end of the execution (check, finish, closing).  A step is a schedule
 * point together with what follows it up to the next one.  A decision is one
 * choice among several: who makes the next step, whether a step fails, which
 * value uiommufd_run_choose() gives.  Decisions with one option are not asked.
 *
 * Everything here lies in memory of its own, which no snapshot touches; the
 * library's static memory is brought back under the engine's feet.
 */
#ifndef EXPLORE_ENGINE_H
#define EXPLORE_ENGINE_H

#include <setjmp.h>
#include <stdarg.h>
#include <time.h>
#include <uik/fiber.h>
#include <uik/hook.h>
#include <uik/snapshot.h>
#include <uiommufd/explore.h>
#include <uiommufd/platform.h>

#define FIBERS_MAX 16
#define STACK_BYTES (512u << 10)
#define LAWS_MAX 32
#define LAW_MEMORY (256u << 10)
#define STATE_MAX (1u << 20)
#define LOCK_EDGES_BYTES (64u << 10)
#define DECISIONS_MAX (1u << 20)
#define MESSAGE_MAX 512
#define FRAMES_MAX 20
#define NOBODY FIBERS_MAX
#define KEEPS_MAX 2

struct task_struct;

enum fiber_state {
	FIBER_UNUSED,
	FIBER_READY,		/* its pending step can be made */
	FIBER_PARKED,		/* until ready() or its deadline */
	FIBER_DONE,
};

struct fiber {
	struct uik_fiber context;
	struct task_struct *task;
	void *(*main)(void *arg);	/* of a kit thread */
	void *arg;
	int thread;			/* scenario's number; -1 */
	enum fiber_state state;
	struct uik_point pending;	/* the step it is about to make */
	bool (*ready)(void *arg);	/* parked */
	void *ready_arg;
	uint64_t deadline_ns;
	bool expired;			/* its deadline ended the wait */
	bool yielded;			/* lets others go first */
	int saved_errno;
	const void *frame;		/* frame pointer at its last point */
};

enum decision_kind {
	DECISION_SCHEDULE,		/* options: fibers */
	DECISION_FAIL,			/* options: 0 no, 1 yes */
	DECISION_CHOOSE,		/* options: values */
};

struct decision {
	uint64_t options;		/* mask */
	uint8_t kind;
	uint8_t chosen;
	uint8_t running;		/* who came here; NOBODY */
	uint8_t fail_kind;
	uint32_t step;
};

enum phase { PHASE_SETUP, PHASE_THREADS, PHASE_END };

enum verdict {
	VERDICT_CLEAN,
	VERDICT_BROKEN,
	VERDICT_REDUNDANT,		/* the strategy gave it up */
	VERDICT_DIVERGED,		/* a prefix did not repeat itself */
};

/* The object that was shown last, as it was then. */
struct shown {
	uint16_t bytes;			/* 0: none, or somebody has been since */
	uint8_t fiber;
	uint32_t id;
	const char *block;
	const void *object;
	uint8_t was[1000];
};

struct strategy;
struct recorder;
struct checkpoints;
struct checkpoint;

struct uiommufd_run {
	const struct uiommufd_scenario *scenario;
	struct uiommufd_explore_options options;
	struct uiommufd_platform *platform;
	struct uik_machine *machine;
	struct uik_snapshot *snapshot;
	void *state;
	struct uik_fiber outside;
	struct fiber fibers[FIBERS_MAX];
	struct fiber prepared[FIBERS_MAX];	/* as of the snapshot */
	unsigned int prepared_count;
	unsigned int end_fiber;
	/* From here to absent: with a checkpoint. */
	unsigned int fiber_count;
	unsigned int running;			/* NOBODY: outside */
	uint32_t threads_left;
	enum phase phase;
	uint32_t absent;			/* threads that do nothing */
	bool in_law;				/* laws make no steps */
	bool ruined;				/* memory was used that is none */
	bool may_give_up;			/* by give_up, where they would wait */
	bool repeating;				/* what an earlier execution did */
	sigjmp_buf give_up;
	/* Going on from the middle. */
	struct checkpoints *checkpoints;	/* NULL: never */
	uint64_t checkpoint_at;			/* step */
	bool stopped;				/* for a checkpoint */
	bool resumed;				/* it began at one */
	bool checkpoint_missed;			/* lines were not known */
	uint64_t steps;				/* with a checkpoint */
	enum verdict verdict;
	/* What broke. */
	const char *law;
	char message[MESSAGE_MAX];
	unsigned int guilty;			/* the fiber */
	const void *guilty_frames[FRAMES_MAX];
	unsigned int guilty_frame_count;
	/* Decisions made in this execution. */
	struct decision *decisions;
	/* From here to strategy: with a checkpoint. */
	uint32_t decision_count;
	uint64_t decision_hash;
	unsigned int preemptions, failures;
	bool excused;			/* a failure was felt: results may differ */
	const struct strategy *strategy;
	void *search;				/* the strategy's */
	const struct recorder *recorder;	/* NULL: nobody listens */
	struct uiommufd_trail *recorded;	/* into here */
	unsigned int worker, worker_count;
	/* Laws. */
	const struct uiommufd_law *laws[LAWS_MAX];
	void *law_memory[LAWS_MAX];
	unsigned int law_count, step_law_count;
	uint8_t step_laws[LAWS_MAX];
	uint32_t law_steps;			/* kinds that one of them sees */
	size_t law_bytes;
	struct lock_edge *lock_edges;		/* of all executions */
	char *law_base;
	struct races *races;			/* law_race.c */
	struct history *history;		/* law_linear.c */
	struct shown shown;			/* law_complete.c */
	struct uik_range kept[KEEPS_MAX];	/* memory of clients, brought back */
	unsigned int kept_count;
	struct outputs *outputs;		/* law_initialised.c */
	bool watch_copies;			/* it looks at all steps */
	bool covers_all;			/* the stage leaves nothing out */
	uint64_t *ended;			/* ended.c */
	uint64_t end_hash;			/* of what is being ended; 0 */
	bool passed_over;			/* it was ended before */
	unsigned long host_changes;		/* at its begin */
	timer_t watch;
	bool watched;
	uint64_t watched_steps;
	/* Totals. */
	uint64_t total_steps;
	uint64_t misuses;			/* of hardware, after setup */
	uint64_t live_blocks;			/* before setup */
	int64_t live_objects, live_mappings;
};

/* A strategy answers decisions; NULL functions: never asked or told. */
struct strategy {
	const char *name;
	/* Another execution; false: nothing is left. */
	bool (*begin)(struct uiommufd_run *run);
	/* NOBODY: give the execution up as redundant. */
	unsigned int (*schedule)(struct uiommufd_run *run, uint32_t enabled);
	bool (*fail)(struct uiommufd_run *run, enum uik_fail_kind kind,
		     const void *site);
	unsigned int (*choose)(struct uiommufd_run *run, unsigned int count);
	/* @fiber makes the step it had pending. */
	void (*step)(struct uiommufd_run *run, unsigned int fiber,
		     const struct uik_point *point);
	void (*end)(struct uiommufd_run *run);
	/*
	 * What it knows of the execution comes back with @c; how many of its
	 * decisions were made.  NULL: executions begin at the beginning.
	 */
	uint32_t (*keep)(struct uiommufd_run *run, struct checkpoint *c);
};

/* What an execution did, for people; told only while it is set. */
struct recorder {
	void (*step)(struct uiommufd_run *run, unsigned int fiber,
		     const struct uik_point *point);
	void (*decision)(struct uiommufd_run *run, const struct decision *d,
			 const void *site);
	void (*broken)(struct uiommufd_run *run);
};

/* engine.c: what the hooks do. */
void engine_install(struct uiommufd_run *run);
void engine_remove(struct uiommufd_run *run);
void engine_watch(struct uiommufd_run *run, bool on);
/* Runs fibers until the execution is over; from outside. */
void engine_go(struct uiommufd_run *run);
/* A new fiber, ready to run entry; NULL when there are too many. */
struct fiber *engine_fiber(struct uiommufd_run *run, struct task_struct *task,
			   int thread);
/* From its beginning. */
void engine_restart(struct fiber *fiber);
void engine_break(struct uiommufd_run *run, const char *law, const char *format,
		  va_list args);
/* Leaves the execution for good, from a fiber. */
void engine_abandon(struct uiommufd_run *run) __attribute__((noreturn));
unsigned int frames_take(const void *frame, const void **out, unsigned int max);

/* execute.c: preparing once, executing often. */
int run_prepare(struct uiommufd_run *run);
/* On a platform that is there, without a snapshot: ready for run_once(). */
int run_prepare_here(struct uiommufd_run *run);
void run_leave_here(struct uiommufd_run *run);
/* From the snapshot, which the caller has restored. */
void run_execute(struct uiommufd_run *run);
/* The same, without what laws want to see run again. */
void run_once(struct uiommufd_run *run);
struct uiommufd_run *run_new(const struct uiommufd_scenario *scenario,
			     const struct uiommufd_explore_options *options);
void run_free(struct uiommufd_run *run);

/* Mask of decisions' options. */
static inline uint64_t option(unsigned int number)
{
	return 1ull << number;
}

static inline struct fiber *run_fiber(struct uiommufd_run *run)
{
	return run->running == NOBODY ? NULL : &run->fibers[run->running];
}

#endif
