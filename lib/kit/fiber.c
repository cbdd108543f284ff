// SPDX-License-Identifier: MIT
/*
 * Fibers: what the machine code does not do, and what the checkers are told.
 */
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <uik/fiber.h>

#include "kit/poison.h"

#ifdef KIT_ASAN
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef KIT_TSAN
#include <sanitizer/tsan_interface.h>
#endif

#define GUARD 4096u

/* fiber_<arch>.S: saves the callee's registers, takes the other stack. */
void uik_fiber_swap(void **save_sp, void *sp);
/* Where a started fiber begins: takes its entry and argument from the stack. */
void uik_fiber_begin(void);

/* Asked once: for the main thread libc reads all of /proc/self/maps. */
static __thread struct {
	void *bottom;
	size_t bytes;
} own_stack;

static void find_own_stack(void)
{
	pthread_attr_t attr;

	if (pthread_getattr_np(pthread_self(), &attr))
		return;
	if (pthread_attr_getstack(&attr, &own_stack.bottom, &own_stack.bytes))
		own_stack.bottom = NULL;
	pthread_attr_destroy(&attr);
}

void uik_fiber_init_self(struct uik_fiber *self)
{
	if (!own_stack.bottom)
		find_own_stack();
	*self = (struct uik_fiber){
		.stack_bottom = own_stack.bottom,
		.stack_bytes = own_stack.bytes,
	};
#ifdef KIT_TSAN
	self->tsan_fiber = __tsan_get_current_fiber();
#endif
}

void uik_fiber_init(struct uik_fiber *fiber, void *stack, size_t bytes)
{
	mprotect(stack, GUARD, PROT_NONE);
	*fiber = (struct uik_fiber){
		.stack_bottom = (char *)stack + GUARD,
		.stack_bytes = bytes - GUARD,
	};
	fiber->valgrind_stack = VALGRIND_STACK_REGISTER(
		fiber->stack_bottom, (char *)stack + bytes);
}

static void forget_tsan(struct uik_fiber *fiber)
{
#ifdef KIT_TSAN
	if (fiber->tsan_fiber)
		__tsan_destroy_fiber(fiber->tsan_fiber);
#endif
	fiber->tsan_fiber = NULL;
}

void uik_fiber_fini(struct uik_fiber *fiber)
{
	forget_tsan(fiber);
	VALGRIND_STACK_DEREGISTER(fiber->valgrind_stack);
}

/* The frame uik_fiber_swap() finds: see the machine code. */
void uik_fiber_start(struct uik_fiber *fiber, void (*entry)(void *arg),
		     void *arg)
{
	uintptr_t top = (uintptr_t)fiber->stack_bottom + fiber->stack_bytes;
	uintptr_t *frame = (uintptr_t *)(top - 256);

#ifdef KIT_ASAN
	__asan_unpoison_memory_region(fiber->stack_bottom,
				      fiber->stack_bytes);
#endif
#ifdef KIT_TSAN
	forget_tsan(fiber);
	fiber->tsan_fiber = __tsan_create_fiber(0);
#endif
	memset(frame, 0, 256);
#if defined(__x86_64__)
	frame[0] = (uintptr_t)arg;		/* r15 */
	frame[1] = (uintptr_t)entry;		/* r14 */
	frame[6] = (uintptr_t)uik_fiber_begin;	/* return address */
#elif defined(__aarch64__)
	frame[0] = (uintptr_t)arg;		/* x19 */
	frame[1] = (uintptr_t)entry;		/* x20 */
	frame[11] = (uintptr_t)uik_fiber_begin;	/* x30 */
#else
#error "fibers need code for this machine"
#endif
	fiber->sp = frame;
	fiber->fake_stack = NULL;
}

void uik_fiber_entered(void)
{
#ifdef KIT_ASAN
	__sanitizer_finish_switch_fiber(NULL, NULL, NULL);
#endif
}

void uik_fiber_switch(struct uik_fiber *from, struct uik_fiber *to, bool leave)
{
#ifdef KIT_ASAN
	__sanitizer_start_switch_fiber(leave ? NULL : &from->fake_stack,
				       to->stack_bottom, to->stack_bytes);
#endif
#ifdef KIT_TSAN
	__tsan_switch_to_fiber(to->tsan_fiber, 0);
#endif
	uik_fiber_swap(&from->sp, to->sp);
#ifdef KIT_ASAN
	__sanitizer_finish_switch_fiber(from->fake_stack, NULL, NULL);
#endif
}
