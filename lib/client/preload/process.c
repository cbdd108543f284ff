// SPDX-License-Identifier: MIT
/* Processes: how they are made, waited for, and end. */
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <uik/file.h>
#include <unistd.h>

#include "client/preload/creds.h"
#include "client/preload/fork.h"
#include "client/preload/preload.h"
#include "client/preload/service.h"

/*
 * A parent that is suspended until its child executes or ends: it waits for a
 * pipe's other end to close.  The system's own way would suspend it with the
 * library's locks held.  A child that borrows its parent's memory cannot go
 * through here and gets a copy.
 */
static int held_end = -1;	/* in such a child */

static void suspend_begin(int ends[2])
{
	ends[0] = ends[1] = -1;
	if (pipe2(ends, O_CLOEXEC))
		return;
	ends[0] = uik_fd_high(ends[0]);
	ends[1] = uik_fd_high(ends[1]);
}

static void suspend_child(const int ends[2])
{
	if (ends[0] < 0)
		return;
	uik_fd_high_close(ends[0]);
	held_end = ends[1];
}

static void suspend_parent(const int ends[2], bool born)
{
	int error = errno;
	char none;

	if (ends[0] < 0)
		return;
	uik_fd_high_close(ends[1]);
	if (born)
		while (NEXT(read)(ends[0], &none, 1) < 0 && errno == EINTR)
			;
	uik_fd_high_close(ends[0]);
	errno = error;
}

/* Whoever it was that held it up, a grandchild does not. */
static void born(struct birth *birth)
{
	if (held_end >= 0)
		uik_fd_high_close(held_end);
	held_end = -1;
	birth_child(birth);
}

pid_t preload_fork(void)
{
	struct birth *birth = birth_prepare();
	pid_t pid = NEXT(fork)();

	if (pid)
		birth_parent(birth, pid);
	else
		born(birth);
	return pid;
}

pid_t preload_vfork(void)
{
	pid_t pid;
	int ends[2];

	suspend_begin(ends);
	pid = preload_fork();
	if (pid)
		suspend_parent(ends, pid > 0);
	else
		suspend_child(ends);
	return pid;
}

struct start {
	int (*fn)(void *arg);
	void *arg;
	struct birth *birth;
};

static int start_child(void *arg)
{
	struct start start = *(struct start *)arg;

	born(start.birth);
	return start.fn(start.arg);
}

/* Threads, and children that run in their parent's memory, are the system's. */
int preload_clone(int (*fn)(void *), void *stack, int flags, void *arg,
		  pid_t *parent, void *tls, pid_t *child)
{
	struct start start = { fn, arg, NULL };
	int pid;

	if (flags & CLONE_VM || !fn || !stack)
		return NEXT(clone)(fn, stack, flags, arg, parent, tls, child);
	start.birth = birth_prepare();
	pid = NEXT(clone)(start_child, stack, flags, &start, parent, tls, child);
	birth_parent(start.birth, pid);
	return pid;
}

/* struct clone_args of the kernel, as far as it matters here. */
#define CLONE_ARGS_MAX 128
struct clone_words {
	uint64_t flags;
	uint64_t other[CLONE_ARGS_MAX / 8 - 1];
};

/* The same call without the suspension; whether it asked for one. */
static bool without_suspension(long *number, long *a, long size,
			       struct clone_words *words)
{
	const struct clone_words *given = (const struct clone_words *)*a;
	bool asked = false;

	if (*number == SYS_clone3 && size <= CLONE_ARGS_MAX) {
		memcpy(words, given, size);
		asked = words->flags & CLONE_VFORK;
		words->flags &= ~(uint64_t)CLONE_VFORK;
		*a = (long)words;
	} else if (*number == SYS_clone) {
		asked = *a & CLONE_VFORK;
		*a &= ~(long)CLONE_VFORK;
	}
#ifdef SYS_vfork
	if (*number == SYS_vfork) {
		asked = true;
		*number = SYS_fork;
	}
#endif
	return asked;
}

/* By number, without a stack of its own: returns twice, as a fork does. */
static long fork_by_number(long number, long a, long b, long c, long d, long e,
			   long f)
{
	struct clone_words words;
	int ends[2] = { -1, -1 };
	struct birth *birth;
	long pid;

	if (without_suspension(&number, &a, b, &words))
		suspend_begin(ends);
	birth = birth_prepare();
	pid = NEXT(syscall)(number, a, b, c, d, e, f);
	if (pid) {
		birth_parent(birth, (int)pid);
		suspend_parent(ends, pid > 0);
	} else {
		born(birth);
		suspend_child(ends);
	}
	return pid;
}

/* Whether the system call makes a process with a copy of the memory. */
static bool makes_process(long number, long a, long b)
{
	const uint64_t *clone_args = (const uint64_t *)a;

	switch (number) {
#ifdef SYS_fork
	case SYS_fork:
	case SYS_vfork:
		return true;
#endif
	case SYS_clone:
		return !(a & CLONE_VM) && !b;
	case SYS_clone3:	/* flags, ..., stack at 40 */
		return !(clone_args[0] & CLONE_VM) && !clone_args[5];
	default:
		return false;
	}
}

/* ---- waiting ---- */

/* The system has closed what an ended child had: so do we, before it is told. */
static pid_t ended(pid_t pid, const int *status)
{
	int error = errno;

	if (pid > 0 && (!status || WIFEXITED(*status) || WIFSIGNALED(*status)))
		service_settle(pid);
	errno = error;
	return pid;
}

pid_t preload_wait(int *status)
{
	int mine;
	pid_t pid = ended(NEXT(wait)(&mine), &mine);

	if (status && pid > 0)
		*status = mine;
	return pid;
}

pid_t preload_waitpid(pid_t pid, int *status, int options)
{
	int mine = 0;

	pid = ended(NEXT(waitpid)(pid, &mine, options), &mine);
	if (status && pid > 0)
		*status = mine;
	return pid;
}

pid_t preload_wait3(int *status, int options, struct rusage *usage)
{
	int mine = 0;
	pid_t pid = ended(NEXT(wait3)(&mine, options, usage), &mine);

	if (status && pid > 0)
		*status = mine;
	return pid;
}

pid_t preload_wait4(pid_t pid, int *status, int options, struct rusage *usage)
{
	int mine = 0;

	pid = ended(NEXT(wait4)(pid, &mine, options, usage), &mine);
	if (status && pid > 0)
		*status = mine;
	return pid;
}

int preload_waitid(idtype_t type, id_t id, siginfo_t *info, int options)
{
	int ret = NEXT(waitid)(type, id, info, options);

	if (!ret && info && (info->si_code == CLD_EXITED ||
			     info->si_code == CLD_KILLED ||
			     info->si_code == CLD_DUMPED))
		ended(info->si_pid, NULL);
	return ret;
}

/* ---- the end ---- */

/* exit(): by now the program's own handlers have run. */
static __attribute__((destructor)) void at_exit(void)
{
	int status = preload_last_words(0);

	if (status) {
		fflush(NULL);
		NEXT(_exit)(status);
	}
}

void preload__exit(int status)
{
	NEXT(_exit)(preload_last_words(status));
	__builtin_unreachable();
}

void preload__Exit(int status)
{
	preload__exit(status);
}

/* ---- system calls by number ---- */

/*
 * The few that programs make so for want of a wrapper.  Others, and what inline
 * assembly does, are not seen.
 */
static bool by_number(long number, const long *arg, long *out)
{
	switch (number) {
	case SYS_ioctl:
		*out = preload_ioctl((int)arg[0], (unsigned long)arg[1],
				     (void *)arg[2]);
		return true;
	case SYS_openat:
		*out = preload_openat((int)arg[0], (const char *)arg[1],
				      (int)arg[2], (mode_t)arg[3]);
		return true;
	case SYS_close:
		*out = own_close((int)arg[0]);
		return true;
	case SYS_close_range:
		*out = preload_close_range((unsigned int)arg[0],
					   (unsigned int)arg[1], (int)arg[2]);
		return true;
	case SYS_memfd_create:
		*out = own_memfd_create((const char *)arg[0],
					(unsigned int)arg[1]);
		return true;
	case SYS_capget:
		*out = preload_capget((void *)arg[0], (void *)arg[1]);
		return true;
	case SYS_capset:
		*out = preload_capset((void *)arg[0], (const void *)arg[1]);
		return true;
	case SYS_exit_group:
		preload__exit((int)arg[0]);
		return true;
	default:
		return false;
	}
}

long preload_syscall(long number, long a, long b, long c, long d, long e,
		     long f)
{
	const long arg[] = { a, b, c, d, e, f };
	long ret = 0;

	if (by_number(number, arg, &ret))
		return ret;
	if (makes_process(number, a, b))
		return fork_by_number(number, a, b, c, d, e, f);
	ret = NEXT(syscall)(number, a, b, c, d, e, f);
	if (number == SYS_prlimit64)
		creds_refresh();
	return ret;
}
