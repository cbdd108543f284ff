/* SPDX-License-Identifier: MIT */
/* What the kit's unit tests share. */
#ifndef KIT_TEST_H
#define KIT_TEST_H

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include <linux/kernel.h>
#include <uik/clock.h>
#include <uik/machine.h>
#include <uik/task.h>
#include <uik/warn.h>

/* How many warnings @statement gives; they count as expected. */
#define warnings_of(statement) \
	({ \
		uik_warn_expect_begin(); \
		statement; \
		(int)uik_warn_expect_end(); \
	})

/* Ends a child; coverage counts what it ran. */
static inline void __attribute__((noreturn)) child_exit(int status)
{
#ifdef TEST_COVERAGE
	extern void __gcov_dump(void);

	__gcov_dump();
#endif
	_exit(status);
}

#ifdef TEST_COVERAGE
/* abort() ends the process when this has returned. */
static inline void count_abort(int signal)
{
	extern void __gcov_dump(void);

	__gcov_dump();
}
#endif

static inline void aborts_count(void)
{
#ifdef TEST_COVERAGE
	signal(SIGABRT, count_abort);
#endif
}

/* Runs @fn in a child; its signal, or 0 if it returned. */
static inline int signal_of(void (*fn)(void))
{
	pid_t child = fork();
	int status;

	if (!child) {
		aborts_count();
		/* The report is expected: keep the test's output clean. */
		close(STDERR_FILENO);
		close(STDOUT_FILENO);
		fn();
		child_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

/* Where an emulator, named by who runs the tests, does not have @what. */
static inline void skip_if_emulated(const char *what)
{
	const char *emulator = getenv("UIOMMUFD_TEST_EMULATOR");

	if (!emulator)
		return;
	print_message("%s: no %s\n", emulator, what);
	skip();
}

/* A machine with its own clock, entered by the test. */
struct kit_machine {
	struct uik_machine *machine;
	struct uik_machine *before;
};

static inline struct kit_machine machine_with(const struct uik_clock *clock)
{
	struct uik_machine_config config = { .clock = clock };
	struct kit_machine m = { .machine = uik_machine_new(&config) };

	assert_non_null(m.machine);
	m.before = uik_enter(m.machine);
	return m;
}

/* Nothing may be left behind. */
static inline void machine_end(struct kit_machine m)
{
	struct uik_audit audit;

	uik_leave(m.before);
	uik_machine_audit(m.machine, &audit);
	assert_int_equal(audit.blocks, 0);
	assert_int_equal(audit.locks, 0);
	assert_int_equal(audit.warnings, 0);
	uik_machine_free(m.machine);
}

static inline void join(struct uik_thread *thread)
{
	assert_int_equal(uik_thread_join(thread), 0);
}

static inline struct uik_thread *start(int (*fn)(void *), void *arg)
{
	struct uik_thread *thread = uik_thread_start(fn, arg, "test");

	assert_non_null(thread);
	return thread;
}

/* Lets other threads run until @cond holds; fails after ten seconds. */
#define eventually(cond) \
	do { \
		for (int tries_ = 0; !(cond); tries_++) { \
			assert_true(tries_ < 100000); \
			usleep(100); \
		} \
	} while (0)

#endif
