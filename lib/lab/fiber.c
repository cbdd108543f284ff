// SPDX-License-Identifier: MIT
/*
 * Fibers: makecontext() gives the stack, _setjmp() and _longjmp() switch
 * without a system call.
 */
/* The checked longjmp() refuses to go to another stack. */
#undef _FORTIFY_SOURCE
#include "fiber.h"

#include <glib.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdint.h>
#include <sys/mman.h>
#include <ucontext.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FIBER_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define FIBER_TSAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define FIBER_ASAN 1
#endif
#if defined(__SANITIZE_THREAD__)
#define FIBER_TSAN 1
#endif
#ifdef FIBER_ASAN
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef FIBER_TSAN
#include <sanitizer/tsan_interface.h>
#endif

#define STACK_BYTES (256u << 10)
#define GUARD_BYTES 4096u

struct fiber {
	jmp_buf inside;
	jmp_buf outside;
	ucontext_t start;
	ucontext_t home;		/* unused, but swapcontext() wants it */
	void (*entry)(void *arg);
	void *arg;
	char *stack;			/* owned; a guard page at its low end */
	bool started;
	bool done;
	/* For the checkers. */
	const void *home_stack;
	size_t home_bytes;
	void *fake_stack;
	void *tsan;
	void *tsan_home;
};

static void to_fiber(struct fiber *fiber, void **fake)
{
#ifdef FIBER_ASAN
	__sanitizer_start_switch_fiber(fake, fiber->stack + GUARD_BYTES,
				       STACK_BYTES - GUARD_BYTES);
#endif
#ifdef FIBER_TSAN
	fiber->tsan_home = __tsan_get_current_fiber();
	__tsan_switch_to_fiber(fiber->tsan, 0);
#endif
}

static void in_fiber(struct fiber *fiber)
{
#ifdef FIBER_ASAN
	__sanitizer_finish_switch_fiber(fiber->fake_stack, &fiber->home_stack,
					&fiber->home_bytes);
#endif
}

static void to_home(struct fiber *fiber)
{
#ifdef FIBER_ASAN
	__sanitizer_start_switch_fiber(fiber->done ? NULL : &fiber->fake_stack,
				       fiber->home_stack, fiber->home_bytes);
#endif
#ifdef FIBER_TSAN
	__tsan_switch_to_fiber(fiber->tsan_home, 0);
#endif
}

static void at_home(void *fake)
{
#ifdef FIBER_ASAN
	__sanitizer_finish_switch_fiber(fake, NULL, NULL);
#endif
}

/* makecontext() passes ints only. */
static void begin(unsigned int high, unsigned int low)
{
	struct fiber *fiber =
		(struct fiber *)((uintptr_t)high << 16 << 16 | low);

	in_fiber(fiber);
	fiber->entry(fiber->arg);
	fiber->done = true;
	to_home(fiber);
	_longjmp(fiber->outside, 1);
}

struct fiber *fiber_new(void (*entry)(void *arg), void *arg)
{
	struct fiber *fiber = g_new0(struct fiber, 1);
	uintptr_t self = (uintptr_t)fiber;

	fiber->entry = entry;
	fiber->arg = arg;
	fiber->stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (fiber->stack == MAP_FAILED) {
		g_free(fiber);
		return NULL;
	}
	mprotect(fiber->stack, GUARD_BYTES, PROT_NONE);
	getcontext(&fiber->start);
	fiber->start.uc_stack.ss_sp = fiber->stack + GUARD_BYTES;
	fiber->start.uc_stack.ss_size = STACK_BYTES - GUARD_BYTES;
	makecontext(&fiber->start, (void (*)(void))begin, 2,
		    (unsigned int)(self >> 16 >> 16), (unsigned int)self);
#ifdef FIBER_TSAN
	fiber->tsan = __tsan_create_fiber(0);
#endif
	return fiber;
}

void fiber_free(struct fiber *fiber)
{
	if (!fiber)
		return;
#ifdef FIBER_TSAN
	__tsan_destroy_fiber(fiber->tsan);
#endif
	munmap(fiber->stack, STACK_BYTES);
	g_free(fiber);
}

void fiber_enter(struct fiber *fiber)
{
	void *fake = NULL;

	g_assert(!fiber->done);
	if (!_setjmp(fiber->outside)) {
		to_fiber(fiber, &fake);
		if (fiber->started)
			_longjmp(fiber->inside, 1);
		fiber->started = true;
		swapcontext(&fiber->home, &fiber->start);
	}
	at_home(fake);
}

void fiber_leave(struct fiber *fiber)
{
	if (!_setjmp(fiber->inside)) {
		to_home(fiber);
		_longjmp(fiber->outside, 1);
	}
	in_fiber(fiber);
}

bool fiber_is_done(const struct fiber *fiber)
{
	return fiber->done;
}
