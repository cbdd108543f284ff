// SPDX-License-Identifier: MIT
/*
 * The definitions after ours, and the library's own way past us.
 *
 * They are looked up when first needed: constructors of other objects and
 * sanitizer runtimes call us before any of ours has run.
 */
#include "client/preload/preload.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/syscall.h>

#define DEFINE(result, name, parameters) result(*preload_next_##name) parameters;
PRELOAD_NAMES(DEFINE)
#undef DEFINE

/* Not through stdio, which may not be up. */
static void die(const char *name)
{
	static const char text[] = "uiommufd: libc has no ";
	struct iovec parts[] = {
		{ (void *)text, sizeof(text) - 1 },
		{ (void *)name, strlen(name) },
		{ (void *)"\n", 1 },
	};

	if (NEXT(writev)(2, parts, 3) < 0)
		abort();
	abort();
}

void *preload_find_next(void **slot, const char *name)
{
	int error = errno;
	void *next = dlsym(RTLD_NEXT, name);

	errno = error;
	if (!next)
		die(name);
	__atomic_store_n(slot, next, __ATOMIC_RELAXED);
	return next;
}

#define WRAP(result, name, parameters, arguments)          \
	result __wrap_##name parameters;                   \
	result __wrap_##name parameters                    \
	{                                                  \
		return NEXT(name) arguments;               \
	}
PRELOAD_WRAPPED(WRAP)

#define BARE(result, name, parameters, arguments)                        \
	static result(*preload_next_##name) parameters;                  \
	result __wrap_##name parameters;                                 \
	result __wrap_##name parameters                                  \
	{                                                                \
		return NEXT(name) arguments;                             \
	}
PRELOAD_BARE(BARE)
