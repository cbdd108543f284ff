/* SPDX-License-Identifier: MIT */
/*
 * The explorer: every ordering of a scenario's threads and every failure of
 * its steps, each replayable.
 *
 * A scenario prepares a platform once and names two to eight threads, which
 * make calls of client.h, platform.h, vcmdq.h, or of a driver.  An execution
 * starts from a snapshot of what was prepared, runs one thread at a time and
 * decides at every point (a lock, an atomic, a map lookup, a copy, ...) who
 * goes on, and at every failure point whether the step fails.  Laws are
 * checked on the way and at the end; an execution that breaks one is shrunk
 * and can be printed, saved and replayed.
 *
 * Memory: an execution starts with the platform, the library's and the main
 * program's static memory, and the scenario's state as they were after setup.
 * The C library's heap is not brought back: thread functions keep what they
 * need in the state or on their stacks, and do not allocate there.  What a
 * program wants to keep across executions belongs on the heap.
 *
 * Context: exploring takes the calling thread and the process: no other thread
 * may be inside the library meanwhile.  Functions of a struct uiommufd_run are
 * for the functions of its scenario and laws.
 */
#ifndef UIOMMUFD_EXPLORE_H
#define UIOMMUFD_EXPLORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef UIOMMUFD_API
#define UIOMMUFD_API __attribute__((visibility("default")))
#endif

struct uiommufd_platform;
struct uiommufd_platform_config;

/* One execution as its threads and laws see it. */
struct uiommufd_run;

#define UIOMMUFD_SCENARIO_THREADS 8

/* A part of a scenario; @state: state_bytes, cleared before setup. */
typedef void (*uiommufd_part)(struct uiommufd_run *run, void *state);

/* A timeout may end a wait: the scenario means it. */
#define UIOMMUFD_SCENARIO_TIMEOUTS (1u << 0)
/* Warnings are part of it: the law against them is off. */
#define UIOMMUFD_SCENARIO_WARNINGS (1u << 1)
/* What remains at the end is not looked at: the law against leaks is off. */
#define UIOMMUFD_SCENARIO_REMAINS (1u << 2)
/* Calls may point into each other's memory: the law of one fetch is off. */
#define UIOMMUFD_SCENARIO_OVERLAPS (1u << 3)
/* Its threads write registers as no driver may. */
#define UIOMMUFD_SCENARIO_MISUSES (1u << 4)
/*
 * Its threads keep what they know on their stacks and in the state only: they
 * do not allocate from the C library, map memory or open files by themselves.
 * Laws given with it remember in their memory only.  Depth-first searches may
 * then go on from the middle of an execution, which makes them several times
 * faster.
 */
#define UIOMMUFD_SCENARIO_RESUMES (1u << 5)

/*
 * What may fail beside UIOMMUFD_FAIL_* of client.h: the simulated device.  The
 * next command is refused, cannot be fetched or is not answered, a register
 * does not follow, an interrupt is lost.
 */
#define UIOMMUFD_FAIL_HARDWARE (1u << 4)
/*
 * And the driver: an op that may, attach_dev or map_pages say, is not called but
 * gives -ENOMEM.
 */
#define UIOMMUFD_FAIL_DRIVER (1u << 5)

struct uiommufd_scenario {
	const char *name;
	const char *summary;		/* one line */
	const char *kind;		/* of the platform; NULL: "mock" */
	/* NULL, or changes what uiommufd_platform_config_init() gave. */
	void (*configure)(struct uiommufd_platform_config *config);
	/* Once: what threads find.  NULL: nothing. */
	uiommufd_part setup;
	uiommufd_part thread[UIOMMUFD_SCENARIO_THREADS]; /* NULL: no more */
	const char *thread_name[UIOMMUFD_SCENARIO_THREADS]; /* NULL: t0, ... */
	/* When every thread has returned: what must be true.  NULL: nothing. */
	uiommufd_part check;
	/*
	 * Undoes what setup and threads have made beyond descriptors: unbinds
	 * devices, say.  Descriptors still open are closed after it, then
	 * nothing may be left.  NULL: nothing to undo.
	 */
	uiommufd_part finish;
	size_t state_bytes;
	uint32_t failures;		/* UIOMMUFD_FAIL_*: what may fail */
	uint32_t flags;			/* UIOMMUFD_SCENARIO_* */
};

/* ---- inside an execution ------------------------------------------------- */

/** uiommufd_run_platform - returns the platform the execution works on. */
UIOMMUFD_API struct uiommufd_platform *
uiommufd_run_platform(struct uiommufd_run *run);

/** uiommufd_run_scenario - returns the scenario that is run. */
UIOMMUFD_API const struct uiommufd_scenario *
uiommufd_run_scenario(struct uiommufd_run *run);

/**
 * uiommufd_run_keep - memory of the scenario's own that executions start from.
 * @start, @bytes: whole pages that can be read and written
 *
 * What is there when setup returns is brought back, as the state is.
 * Context: in setup; two ranges at most.
 */
UIOMMUFD_API void uiommufd_run_keep(struct uiommufd_run *run, void *start,
				    size_t bytes);

/** uiommufd_run_state - returns the scenario's memory, state_bytes of it. */
UIOMMUFD_API void *uiommufd_run_state(struct uiommufd_run *run);

/**
 * uiommufd_run_thread - who is running.
 *
 * Return: the number of the scenario's thread; -1 in setup, check, finish and
 * in threads the library made.
 */
UIOMMUFD_API int uiommufd_run_thread(struct uiommufd_run *run);

/** uiommufd_run_now - returns how many steps were made so far. */
UIOMMUFD_API uint64_t uiommufd_run_now(struct uiommufd_run *run);

/** uiommufd_run_failures - returns how many failures were injected so far. */
UIOMMUFD_API uint32_t uiommufd_run_failures(struct uiommufd_run *run);

/**
 * uiommufd_run_choose - one of several values, each to be explored.
 * @count: 1 to 64
 *
 * Return: 0 to @count - 1.
 */
UIOMMUFD_API unsigned int uiommufd_run_choose(struct uiommufd_run *run,
					      unsigned int count);

/**
 * uiommufd_run_yield - a point at which others may run.
 * @addr: what the caller is about to touch.  NULL and no @write: the hardware,
 *	which it sees between any two accesses of others to registers
 * @write: it changes it
 */
UIOMMUFD_API void uiommufd_run_yield(struct uiommufd_run *run,
				     const void *addr, bool write);

/**
 * uiommufd_run_break - a law is broken: the execution ends here.
 * @law: its name, a constant
 *
 * The first one counts.  Does not return when called by a thread or part of
 * the scenario; returns in a law's functions, which then return too.
 */
UIOMMUFD_API void uiommufd_run_break(struct uiommufd_run *run, const char *law,
				     const char *format, ...)
	__attribute__((__format__(__printf__, 3, 4)));

/* Breaks the law "expectation" unless @condition. */
#define uiommufd_run_expect(run, condition) \
	do { \
		if (!(condition)) \
			uiommufd_run_break(run, "expectation", "%s (%s:%d)", \
					   #condition, __FILE__, __LINE__); \
	} while (0)

/* ---- laws ---------------------------------------------------------------- */

enum uiommufd_step_kind {
	UIOMMUFD_STEP_LOCK,
	UIOMMUFD_STEP_TRYLOCK,
	UIOMMUFD_STEP_UNLOCK,
	UIOMMUFD_STEP_WAIT,
	UIOMMUFD_STEP_WAKE,
	UIOMMUFD_STEP_REF,
	UIOMMUFD_STEP_ATOMIC,
	UIOMMUFD_STEP_LOAD,
	UIOMMUFD_STEP_STORE,
	UIOMMUFD_STEP_ALLOC,
	UIOMMUFD_STEP_FREE,
	UIOMMUFD_STEP_COPY,
	UIOMMUFD_STEP_CALL,
	UIOMMUFD_STEP_RETURN,
	UIOMMUFD_STEP_MMIO,
	UIOMMUFD_STEP_IRQ,
	UIOMMUFD_STEP_DEVICE,
	UIOMMUFD_STEP_SLEEP,
	UIOMMUFD_STEP_NR
};

/* A step that is about to be made. */
struct uiommufd_step {
	enum uiommufd_step_kind kind;
	bool write;
	int thread;			/* as uiommufd_run_thread() */
	unsigned int fiber;		/* small number of whoever runs */
	uint64_t number;		/* of the step in its execution */
	const void *addr;		/* its operand, or NULL */
	size_t bytes;
	const void *site;		/* code that asks for it */
};

/*
 * A law.  @memory: its memory_bytes, cleared at the start of each execution (but
 * for what lies beyond cleared_bytes).
 * Any function may be NULL.  They must not call into the library but for
 * inspect.h in end and closed, and break the law by uiommufd_run_break().
 */
struct uiommufd_law {
	const char *name;
	const char *summary;
	size_t memory_bytes;
	void (*step)(struct uiommufd_run *run, void *memory,
		     const struct uiommufd_step *step);
	uint32_t steps;			/* mask of 1 << kind: those it sees; 0: all */
	size_t cleared_bytes;		/* only so many, from the start; 0: all */
	/* Every thread has returned and the scenario's check is done. */
	void (*end)(struct uiommufd_run *run, void *memory);
	/* Finish is done and every descriptor closed. */
	void (*closed)(struct uiommufd_run *run, void *memory);
};

/* ---- exploring ----------------------------------------------------------- */

enum uiommufd_strategy {
	UIOMMUFD_STRATEGY_AUTO,		/* the others in turn, growing bounds */
	UIOMMUFD_STRATEGY_DPOR,		/* one of each class of equal orders */
	UIOMMUFD_STRATEGY_DFS,		/* every order */
	UIOMMUFD_STRATEGY_RANDOM,	/* anybody at every point */
	UIOMMUFD_STRATEGY_PCT,		/* priorities, few changes of them */
	UIOMMUFD_STRATEGY_GUIDED,	/* grown from what reached new states */
	UIOMMUFD_STRATEGY_NR
};

/*
 * A decision that is given.  A decision point is where several threads could
 * go on, where a step may fail, or where the scenario chooses.  At @passed of
 * them all goes its usual way: whoever runs goes on (else the first that can),
 * nothing fails, the first value is chosen.  At the one after these, @value
 * modulo the number of possibilities is taken: that many further in the circle
 * of those that can go on; 1, the step fails; the value.
 */
struct uiommufd_choice {
	uint32_t passed;
	uint32_t value;
};

/** uiommufd_strategy_name - returns "auto", "dpor", ..., or NULL. */
UIOMMUFD_API const char *uiommufd_strategy_name(unsigned int strategy);

#define UIOMMUFD_UNBOUNDED (-1)

/* Fill with uiommufd_explore_options_init(), then change what you like. */
struct uiommufd_explore_options {
	size_t size;			/* sizeof, set by _init */
	enum uiommufd_strategy strategy; /* AUTO */
	uint64_t seed;			/* 1 */
	uint64_t budget_ns;		/* 10 s; 0: none */
	uint64_t executions;		/* at most; 0: any number */
	unsigned int workers;		/* processes; 1 */
	/*
	 * At most in an execution; UNBOUNDED.  Within a bound the reduction
	 * leaves out nothing that plain search would reach within it; what
	 * needs more is not looked for, and exhausted says nothing of it.
	 */
	int preemptions;
	int failures;			/* at most in an execution; 1 */
	uint32_t steps;			/* in an execution; 50000 */
	uint32_t depth;			/* PCT: changes of priority; 3 */
	/*
	 * AUTO goes through stages, from few deviations to many.  One of them
	 * alone, so that many scenarios can be gone through in turn; -1: all.
	 * See uiommufd_explore_stages().
	 */
	int stage;
	bool shrink;			/* true */
	const struct uiommufd_law *const *laws; /* NULL-terminated, or NULL */
	FILE *progress;			/* NULL: none */
	/* An execution to begin with; borrowed. */
	const struct uiommufd_choice *choices;
	size_t choice_count;
	/*
	 * What each process may use of a processor; 0: as much as budget_ns
	 * leaves it.  Others who keep the machine busy take none of it.
	 */
	uint64_t processor_ns;
	/* No execution goes on from the middle of another; false. */
	bool from_start;
};

/** uiommufd_explore_options_init - the defaults. */
UIOMMUFD_API void
uiommufd_explore_options_init(struct uiommufd_explore_options *options);

/* The decisions of an execution, and what it did. */
struct uiommufd_trail;

struct uiommufd_explore_result {
	size_t size;			/* sizeof, set by the caller */
	uint64_t executions;		/* begun */
	uint64_t distinct;		/* classes of equal orders among them */
	uint64_t redundant;		/* begun, and seen to repeat another */
	uint64_t steps;
	uint64_t elapsed_ns;
	uint64_t found_ns;		/* when the law broke */
	bool exhausted;			/* nothing within preemptions, failures is left */
	struct uiommufd_trail *broken;	/* owned; NULL: no law was broken */
};

/**
 * uiommufd_explore - look for an execution that breaks a law.
 * @scenario: what to run
 * @options: NULL: the defaults
 * @result: its size member is set by the caller
 *
 * Stops at the first broken law, when the budget is used up or when nothing
 * is left to try.
 * Return: 1 if a law broke; 0 if none; -1 with EINVAL (no thread, too large a
 * state, bad options), ENOMEM, or what building the platform gave.
 */
UIOMMUFD_API int uiommufd_explore(const struct uiommufd_scenario *scenario,
				  const struct uiommufd_explore_options *options,
				  struct uiommufd_explore_result *result);

/**
 * uiommufd_explore_stages - how many stages an exploration has.
 * @scenario: what would be run
 * @options: NULL: the defaults
 *
 * They are numbered from 0.  A strategy that is asked for by name is one stage.
 * The last stage of AUTO draws for as long as it may; the others can end by
 * themselves.
 * Return: their number; 0: there is no such scenario (no thread, too large a
 * state), or the options are not of this library's size.
 */
UIOMMUFD_API unsigned int
uiommufd_explore_stages(const struct uiommufd_scenario *scenario,
			const struct uiommufd_explore_options *options);

/**
 * uiommufd_explore_replay - run exactly one trail.
 * @trail: its decisions are followed; what it did is recorded in it anew
 *
 * Under a debugger the process stops (SIGTRAP) at the step that breaks a law.
 * Return: 1 if a law broke; 0 if none; -1 with EINVAL (the trail is another
 * scenario's), ESTALE (the program has changed and no longer comes to the same
 * decisions), or as uiommufd_explore().
 */
UIOMMUFD_API int
uiommufd_explore_replay(const struct uiommufd_scenario *scenario,
			const struct uiommufd_explore_options *options,
			struct uiommufd_trail *trail);

/* ---- one execution, its decisions given ---------------------------------- */

/* What executions need that are run on a platform as it is. */
struct uiommufd_player;

/**
 * uiommufd_player_new - returns one, owned by the caller; NULL without memory.
 *
 * Context: the thread that plays.
 */
UIOMMUFD_API struct uiommufd_player *uiommufd_player_new(void);

/** uiommufd_player_free - NULL is fine. */
UIOMMUFD_API void uiommufd_player_free(struct uiommufd_player *player);

/**
 * uiommufd_play - one execution on a platform as it is.
 * @platform: nobody else uses it meanwhile.  Its hardware works in calls or is
 *	stepped (no threads of its own)
 * @scenario: setup, threads and finish are run; kind and configure are not
 *	looked at
 * @choices: the decisions; after the last all goes its usual way
 * @broken: receives what broke a law, owned by the caller; NULL: none, or no
 *	memory
 *
 * No snapshot is taken and nothing brought back: what the parts do not undo
 * stays.  So it serves fuzzers, with a platform of any kind.  All laws hold but
 * "initialised", for which an execution is run again.
 *
 * Context: the player's thread; the process as for uiommufd_explore().
 * Return: 0; 1 if a law broke, and the platform is fit for nothing any more;
 * -1 with EINVAL (no thread, too large a state) or ENOMEM.
 */
UIOMMUFD_API int uiommufd_play(struct uiommufd_player *player,
			       struct uiommufd_platform *platform,
			       const struct uiommufd_scenario *scenario,
			       const struct uiommufd_choice *choices,
			       size_t count, struct uiommufd_trail **broken);

/* ---- trails -------------------------------------------------------------- */

/** uiommufd_trail_free - NULL is fine. */
UIOMMUFD_API void uiommufd_trail_free(struct uiommufd_trail *trail);

/** uiommufd_trail_scenario - returns the name of its scenario. */
UIOMMUFD_API const char *
uiommufd_trail_scenario(const struct uiommufd_trail *trail);

/** uiommufd_trail_law - returns the name of the law it breaks, or NULL. */
UIOMMUFD_API const char *uiommufd_trail_law(const struct uiommufd_trail *trail);

/** uiommufd_trail_message - returns what was wrong; NULL if nothing was. */
UIOMMUFD_API const char *
uiommufd_trail_message(const struct uiommufd_trail *trail);

/**
 * uiommufd_trail_length - how much a reader has to follow.
 *
 * Return: the rows of its table.
 */
UIOMMUFD_API unsigned int
uiommufd_trail_length(const struct uiommufd_trail *trail);

/**
 * uiommufd_trail_absent - threads that do nothing in it.
 *
 * Return: a mask; shrinking found that the law breaks without these.
 */
UIOMMUFD_API uint32_t uiommufd_trail_absent(const struct uiommufd_trail *trail);

/**
 * uiommufd_trail_choices - its decisions, as uiommufd_play() takes them.
 * @out: room for @room
 *
 * Of a trail that was found or replayed, not only loaded.
 * Return: how many there are, even if there was less room.
 */
UIOMMUFD_API size_t uiommufd_trail_choices(const struct uiommufd_trail *trail,
					   struct uiommufd_choice *out,
					   size_t room);

/**
 * uiommufd_trail_save - write it as text.
 *
 * Return: 0; -1 with errno.
 */
UIOMMUFD_API int uiommufd_trail_save(const struct uiommufd_trail *trail,
				     FILE *out);
/**
 * uiommufd_trail_load - read it back.
 * @error_line: receives the line that is wrong, 0 if none is; may be NULL
 *
 * Return: the trail, owned by the caller; NULL with EINVAL or ENOMEM.
 */
UIOMMUFD_API struct uiommufd_trail *uiommufd_trail_load(FILE *in,
							unsigned int *error_line);

/**
 * uiommufd_trail_print - the execution as a table for people.
 *
 * A column for each thread, a row for each step: what, on which object, where.
 * Then the law that broke and the stacks of those who broke it.
 */
UIOMMUFD_API void uiommufd_trail_print(const struct uiommufd_trail *trail,
				       FILE *out);
/** uiommufd_trail_trace - the same as JSON for Perfetto. */
UIOMMUFD_API void uiommufd_trail_trace(const struct uiommufd_trail *trail,
				       FILE *out);
/** uiommufd_trail_dot - the objects just before the law broke, for dot. */
UIOMMUFD_API void uiommufd_trail_dot(const struct uiommufd_trail *trail,
				     FILE *out);

/* ---- the library of scenarios -------------------------------------------- */

/**
 * uiommufd_scenario_at - the scenarios that come with the library.
 *
 * Return: the one with number @index, from 0; NULL if there are no more.
 */
UIOMMUFD_API const struct uiommufd_scenario *
uiommufd_scenario_at(unsigned int index);

/** uiommufd_scenario_find - returns the one of that name; NULL. */
UIOMMUFD_API const struct uiommufd_scenario *
uiommufd_scenario_find(const char *name);

/** uiommufd_law_at - the library's own laws by number; NULL: no more. */
UIOMMUFD_API const struct uiommufd_law *uiommufd_law_at(unsigned int index);

#ifdef __cplusplus
}
#endif

#endif
