/* SPDX-License-Identifier: MIT */
/*
 * A small harness in the manner of the kernel's: every test runs in a process
 * of its own, made by number and with the parent suspended.
 */
#ifndef CLIENTS_HARNESS_H
#define CLIENTS_HARNESS_H

#include <errno.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define TEST_SECONDS 100

struct test {
	const char *name;
	const char *variant;
	int argument;
	void (*run)(int argument);
};

#define FAIL(...)                                                         \
	do {                                                              \
		printf("# %s:%d: ", __FILE__, __LINE__);                  \
		printf(__VA_ARGS__);                                      \
		printf("\n");                                             \
		fflush(stdout);                                           \
		_exit(1);                                                 \
	} while (0)

#define CHECK(condition)                                                  \
	do {                                                              \
		if (!(condition))                                         \
			FAIL("%s (errno %d %s)", #condition, errno,       \
			     strerror(errno));                            \
	} while (0)

#define CHECK_EQ(a, b)                                                    \
	do {                                                              \
		long long a_ = (long long)(a), b_ = (long long)(b);       \
		if (a_ != b_)                                             \
			FAIL("%s is %lld, %s is %lld (errno %d %s)", #a,  \
			     a_, #b, b_, errno, strerror(errno));         \
	} while (0)

#define CHECK_ERRNO(expected, call)                                       \
	do {                                                              \
		long r_ = (long)(call);                                   \
		if (r_ != -1 || errno != (expected))                      \
			FAIL("%s gives %ld, errno %d, not %s", #call, r_, \
			     errno, #expected);                           \
	} while (0)

static inline int spawn_suspended(void)
{
	struct clone_args args = { .flags = CLONE_VFORK,
				   .exit_signal = SIGCHLD };

	return (int)syscall(SYS_clone3, &args, sizeof(args));
}

/* The end of a process, waited for as a descriptor that becomes readable. */
static inline bool await(int pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0), status = -1;
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	if (fd >= 0 && poll(&poll_fd, 1, TEST_SECONDS * 1000) == 0)
		kill(-pid, SIGKILL);
	close(fd);
	if (waitpid(pid, &status, 0) != pid)
		status = -1;
	return !status;
}

/* A group's leader, and below it the process that is the test. */
static inline void lead(const struct test *test)
{
	int pid;

	setpgid(0, 0);
	pid = spawn_suspended();
	if (!pid) {
		alarm(TEST_SECONDS);
		test->run(test->argument);
		fflush(stdout);
		_exit(0);
	}
	_exit(pid < 0 || !await(pid));
}

static inline bool run_one(const struct test *test)
{
	int pid;

	fflush(stdout);
	pid = spawn_suspended();
	if (!pid)
		lead(test);
	return pid > 0 && await(pid);
}

/* Names one test with NAME or NAME.VARIANT on the command line. */
static inline int run_all(const struct test *tests, size_t count, int argc,
			  char **argv)
{
	unsigned int passed = 0, failed = 0;

	for (size_t i = 0; i < count; i++) {
		if (argc > 1 && strcmp(argv[1], tests[i].name))
			continue;
		if (run_one(&tests[i])) {
			passed++;
			continue;
		}
		failed++;
		printf("not ok %s.%s\n", tests[i].name, tests[i].variant);
	}
	printf("[  PASSED  ] %u test(s).\n", passed);
	if (failed)
		printf("[  FAILED  ] %u test(s), see above\n", failed);
	return failed || !passed;
}

#endif
