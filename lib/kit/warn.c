/* SPDX-License-Identifier: MIT */
/*
 * Warnings: what is reported, counted, expected, fatal.
 *
 * Counts and scopes belong to the machine that the warning task works on; what
 * a warning does (report, abort) and the once-flags belong to the process.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/bug.h>
#include <linux/kernel.h>
#include <uik/warn.h>

#include "kit/backtrace.h"
#include "kit/format.h"
#include "kit/futex.h"
#include "kit/machine.h"
#include "kit/sync.h"

#define WARN_FRAMES 24
#define SCOPES_MAX ARRAY_SIZE(((struct uik_sync_state *)0)->scope_start)

static bool abort_on_warn;
static struct uik_rawlock once_lock;	/* protects the chain */
static struct uik_once *raised;		/* chain of raised flags */

static __attribute__((constructor)) void read_environment(void)
{
	const char *mode = getenv("UIOMMUFD_WARN");

	abort_on_warn = mode && !strcmp(mode, "abort");
}

void uik_warn_set_abort(bool abort)
{
	abort_on_warn = abort;
}

struct uik_sync_state *uik_sync(void)
{
	return &machine_of(uik_current())->sync;
}

static struct machine_warnings *warnings(void)
{
	return &machine_of(uik_current())->warnings;
}

/* Whether the hooks take it. */
static bool tell_hooks(const char *what, const char *file, int line,
		       const char *function, const char *text)
{
	const struct uik_hooks *hooks = uik_hooks;

	return hooks && hooks->warn &&
	       hooks->warn(what, file, line, function, text);
}

/* Logs text, place, task and stack of the caller's caller as one message. */
static void report(const char *what, const char *file, int line,
		   const char *function, const char *text)
{
	void *frames[WARN_FRAMES];
	char message[4096];
	unsigned int count = backtrace_take(frames, WARN_FRAMES, 2);
	size_t length = strlen(text);

	while (length && text[length - 1] == '\n')
		length--;
	scnprintf(message, sizeof(message), "%s: %.*s\n  at %s:%d %s() in %s\n",
		  what, (int)length, text, file, line, function,
		  uik_current()->comm);
	backtrace_format(frames, count, message, sizeof(message));
	printk(KERN_WARNING "%s\n", message);
}

static noinline void warn(const char *file, int line, const char *function,
			  const char *text)
{
	struct machine_warnings *w = warnings();

	if (__atomic_load_n(&w->expect_depth, __ATOMIC_ACQUIRE)) {
		__atomic_fetch_add(&w->expected, 1, __ATOMIC_RELAXED);
		return;
	}
	__atomic_fetch_add(&w->unexpected, 1, __ATOMIC_RELAXED);
	if (tell_hooks("WARNING", file, line, function, text))
		return;
	report("WARNING", file, line, function, text);
	if (abort_on_warn)
		abort();
}

void uik_warn(const char *file, int line, const char *function,
	      const char *text)
{
	warn(file, line, function, text);
}

void uik_warn_format(const char *file, int line, const char *function,
		     const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	format_text(text, sizeof(text), format, args);
	va_end(args);
	warn(file, line, function, text);
}

void uik_bug(const char *file, int line, const char *function, const char *text)
{
	tell_hooks("BUG", file, line, function, text);
	report("BUG", file, line, function, text);
	abort();
}

void panic(const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	format_text(text, sizeof(text), format, args);
	va_end(args);
	tell_hooks("panic", __FILE__, __LINE__, __func__, text);
	report("panic", __FILE__, __LINE__, __func__, text);
	abort();
}

void uik_warn_expect_begin(void)
{
	struct machine_warnings *w = warnings();
	u32 depth = __atomic_load_n(&w->expect_depth, __ATOMIC_RELAXED);

	if (depth < SCOPES_MAX)
		uik_sync()->scope_start[depth] =
			__atomic_load_n(&w->expected, __ATOMIC_RELAXED);
	__atomic_fetch_add(&w->expect_depth, 1, __ATOMIC_RELEASE);
}

uint64_t uik_warn_expect_end(void)
{
	struct machine_warnings *w = warnings();
	u32 depth = __atomic_load_n(&w->expect_depth, __ATOMIC_RELAXED);
	u64 start;

	if (WARN(!depth, "end of an expected-warning scope that is not open"))
		return 0;
	start = uik_sync()->scope_start[min_t(u32, depth, SCOPES_MAX) - 1];
	__atomic_fetch_sub(&w->expect_depth, 1, __ATOMIC_RELEASE);
	return __atomic_load_n(&w->expected, __ATOMIC_ACQUIRE) - start;
}

uint64_t uik_warn_count(void)
{
	return __atomic_load_n(&warnings()->unexpected, __ATOMIC_RELAXED);
}

bool uik_once_raise(struct uik_once *once)
{
	bool first;

	uik_rawlock_lock(&once_lock);
	first = !once->raised;
	if (first) {
		once->next = raised;
		raised = once;
		__atomic_store_n(&once->raised, true, __ATOMIC_RELAXED);
	}
	uik_rawlock_unlock(&once_lock);
	return first;
}

void uik_warn_once_reset(void)
{
	uik_rawlock_lock(&once_lock);
	while (raised) {
		struct uik_once *once = raised;

		raised = once->next;
		once->next = NULL;
		__atomic_store_n(&once->raised, false, __ATOMIC_RELAXED);
	}
	uik_rawlock_unlock(&once_lock);
}
