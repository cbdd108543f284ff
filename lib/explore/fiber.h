/* SPDX-License-Identifier: MIT */
/*
 * Fibers: threads that run only when switched to.
 *
 * A fiber may be left for good at any switch, and started anew: its stack then
 * holds whatever it holds.
 */
#ifndef EXPLORE_FIBER_H
#define EXPLORE_FIBER_H

#include <stdbool.h>
#include <stddef.h>

struct context {
	void *sp;
	/* For the checkers. */
	void *fake_stack;
	void *tsan_fiber;
	const void *stack_bottom;
	size_t stack_bytes;
};

/* The calling thread's own context, to come back to. */
void context_init_self(struct context *self);
/* @stack: page-aligned, with room for a guard page at its low end. */
void context_init(struct context *context, void *stack, size_t bytes);
void context_fini(struct context *context);
/* Next switch to it calls entry(arg), which must not return. */
void context_start(struct context *context, void (*entry)(void *arg),
		   void *arg);
/* First thing in a started fiber. */
void context_entered(void);
/* @leave: the current context will not be continued. */
void context_switch(struct context *from, struct context *to, bool leave);

#endif
