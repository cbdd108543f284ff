// SPDX-License-Identifier: MIT
/*
 * Fibers: what the machine code does not do, and what the checkers are told.
 */
#include "explore/fiber.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

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
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef FIBER_TSAN
#include <sanitizer/tsan_interface.h>
#endif

#define GUARD 4096u

/* fiber_<arch>.S: saves the callee's registers, takes the other stack. */
void explore_switch(void **save_sp, void *sp);
/* Where a started fiber begins: takes its entry and argument from the stack. */
void explore_begin(void);

void context_init_self(struct context *self)
{
	pthread_attr_t attr;
	void *stack = NULL;

	*self = (struct context){ 0 };
	if (!pthread_getattr_np(pthread_self(), &attr)) {
		pthread_attr_getstack(&attr, &stack, &self->stack_bytes);
		pthread_attr_destroy(&attr);
	}
	self->stack_bottom = stack;
#ifdef FIBER_TSAN
	self->tsan_fiber = __tsan_get_current_fiber();
#endif
}

void context_init(struct context *context, void *stack, size_t bytes)
{
	mprotect(stack, GUARD, PROT_NONE);
	*context = (struct context){
		.stack_bottom = (char *)stack + GUARD,
		.stack_bytes = bytes - GUARD,
	};
}

void context_fini(struct context *context)
{
#ifdef FIBER_TSAN
	if (context->tsan_fiber)
		__tsan_destroy_fiber(context->tsan_fiber);
#endif
	context->tsan_fiber = NULL;
}

/* The frame explore_switch() finds: see the machine code. */
void context_start(struct context *context, void (*entry)(void *arg), void *arg)
{
	uintptr_t top = (uintptr_t)context->stack_bottom + context->stack_bytes;
	uintptr_t *frame = (uintptr_t *)(top - 256);

#ifdef FIBER_ASAN
	__asan_unpoison_memory_region(context->stack_bottom,
				      context->stack_bytes);
#endif
#ifdef FIBER_TSAN
	context_fini(context);
	context->tsan_fiber = __tsan_create_fiber(0);
#endif
	memset(frame, 0, 256);
#if defined(__x86_64__)
	frame[0] = (uintptr_t)arg;		/* r15 */
	frame[1] = (uintptr_t)entry;		/* r14 */
	frame[6] = (uintptr_t)explore_begin;	/* return address */
#elif defined(__aarch64__)
	frame[0] = (uintptr_t)arg;		/* x19 */
	frame[1] = (uintptr_t)entry;		/* x20 */
	frame[11] = (uintptr_t)explore_begin;	/* x30 */
#else
#error "fibers need code for this machine"
#endif
	context->sp = frame;
	context->fake_stack = NULL;
}

void context_entered(void)
{
#ifdef FIBER_ASAN
	__sanitizer_finish_switch_fiber(NULL, NULL, NULL);
#endif
}

void context_switch(struct context *from, struct context *to, bool leave)
{
#ifdef FIBER_ASAN
	__sanitizer_start_switch_fiber(leave ? NULL : &from->fake_stack,
				       to->stack_bottom, to->stack_bytes);
#endif
#ifdef FIBER_TSAN
	__tsan_switch_to_fiber(to->tsan_fiber, 0);
#endif
	explore_switch(&from->sp, to->sp);
#ifdef FIBER_ASAN
	__sanitizer_finish_switch_fiber(from->fake_stack, NULL, NULL);
#endif
}
