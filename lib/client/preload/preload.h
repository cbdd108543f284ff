/* SPDX-License-Identifier: MIT */
/*
 * The preload object: the program's libc calls, answered by the library where
 * a descriptor, path or mapping is ours.
 *
 * Every function of names.h is defined as preload_<name> whose symbol is
 * <name>.  NEXT(name) is the definition after ours (a sanitizer's has come
 * before); code in here calls system functions through NEXT only, so that it
 * can never meet itself.  The library's own calls are led past us by the
 * linker.
 *
 * A call on a foreign descriptor costs one load, one test and one jump.
 */
#ifndef PRELOAD_H
#define PRELOAD_H

#include <errno.h>
#include <uik/hook.h>
#include <uiommufd/uiommufd.h>

#include "client/preload/names.h"
#include "client/trace/record.h"
#include "kit/number.h"

#define PRELOAD __attribute__((visibility("default")))

#define PRELOAD_DECLARE(result, name, parameters)                    \
	PRELOAD result preload_##name parameters __asm__(#name);      \
	extern result(*preload_next_##name) parameters;
PRELOAD_NAMES(PRELOAD_DECLARE)
#undef PRELOAD_DECLARE

/*
 * Calls between files in here to a name that the linker leads past us (see
 * meson.build) would miss their target: it has a second name for them.
 */
#define PRELOAD_OWN(name)                                             \
	extern __typeof__(preload_##name) own_##name                  \
		__attribute__((alias(#name), visibility("hidden")))
#define PRELOAD_OWN_DECLARE(name)              \
	extern __typeof__(preload_##name) own_##name \
		__attribute__((visibility("hidden")))
PRELOAD_OWN_DECLARE(read);
PRELOAD_OWN_DECLARE(write);
PRELOAD_OWN_DECLARE(close);
PRELOAD_OWN_DECLARE(dup3);
PRELOAD_OWN_DECLARE(memfd_create);

/* Finds and remembers the definition after ours; aborts if there is none. */
void *preload_find_next(void **slot, const char *name);

#define NEXT(name)                                                          \
	({                                                                  \
		__typeof__(preload_next_##name) next_ = __atomic_load_n(    \
			&preload_next_##name, __ATOMIC_RELAXED);            \
		uik_likely(next_) ? next_ :                                 \
			(__typeof__(next_))preload_find_next(               \
				(void **)&preload_next_##name, #name);      \
	})

/* Whether a descriptor is ours. */
static inline bool ours(int fd)
{
	return uik_unlikely(number_is_ours(fd));
}

/* uiommufd_X(), which is written down if a trace is wanted. */
#define TRACED(name, ...)                                       \
	(uik_unlikely(trace_recording) ? trace_##name(__VA_ARGS__) : \
					 uiommufd_##name(__VA_ARGS__))

static inline int fail_with(int error)
{
	errno = error;
	return -1;
}

enum preload_leaks {
	PRELOAD_LEAKS_NO,
	PRELOAD_LEAKS,		/* of the library and the drivers */
	PRELOAD_LEAKS_ALL,	/* what the program left open, too */
};

/* What `uiommufd run` was told; read from the environment once. */
struct preload_config {
	const char *graph;		/* file for the graph at exit, or NULL */
	const char *record;		/* file for a trace of the calls, or NULL */
	enum preload_leaks leak_check;
	bool mock_dmabuf_fd;
	bool as_root;
	uint32_t fail_nth;
	uint32_t fail_kinds;
	struct uiommufd_platform_config platform;
};

/* config.c */
const struct preload_config *preload_config(void);
/* The machine behind the paths, built at first use; NULL with errno. */
struct uiommufd_platform *preload_platform(void);
/* The same if it has been built, else NULL. */
struct uiommufd_platform *preload_platform_built(void);
/* A child: the machine was its parent's. */
void preload_platform_forget(void);
/* Whether any descriptor may be ours: a machine is here or elsewhere. */
bool preload_in_use(void);
/* The process ends: reports what was asked for; the status to end with. */
int preload_last_words(int status);

#endif
