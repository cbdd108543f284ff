// SPDX-License-Identifier: MIT
/* Processes: fork, exec, and the end. */
#include "client/preload/process.h"

#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "client/preload/preload.h"

void process_setup(void)
{
}

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

/*
 * The few system calls that programs make by number for want of a wrapper.
 * Others, and what inline assembly does, are not seen.
 */
long preload_syscall(long number, long a, long b, long c, long d, long e,
		     long f)
{
	switch (number) {
	case SYS_ioctl:
		return preload_ioctl((int)a, (unsigned long)b, (void *)c);
	case SYS_openat:
		return preload_openat((int)a, (const char *)b, (int)c,
				      (mode_t)d);
	case SYS_close:
		return preload_close((int)a);
	case SYS_close_range:
		return preload_close_range((unsigned int)a, (unsigned int)b,
					   (int)c);
	case SYS_memfd_create:
		return preload_memfd_create((const char *)a, (unsigned int)b);
	case SYS_exit_group:
		preload__exit((int)a);
		return 0;
	default:
		return NEXT(syscall)(number, a, b, c, d, e, f);
	}
}
