/* SPDX-License-Identifier: MIT */
/*
 * Fibers: threads that run only when switched to.
 *
 * A fiber may be left for good at any switch, and started anew: its stack then
 * holds whatever it holds.
 */
#ifndef UIK_FIBER_H
#define UIK_FIBER_H

#include <stdbool.h>
#include <stddef.h>

struct uik_fiber {
	void *sp;
	/* For the checkers. */
	void *fake_stack;
	void *tsan_fiber;
	const void *stack_bottom;
	size_t stack_bytes;
	unsigned int valgrind_stack;
};

/* The calling thread itself, to come back to. */
void uik_fiber_init_self(struct uik_fiber *self);
/* @stack: page-aligned, with room for a guard page at its low end. */
void uik_fiber_init(struct uik_fiber *fiber, void *stack, size_t bytes);
void uik_fiber_fini(struct uik_fiber *fiber);
/* Next switch to it calls entry(arg), which must not return. */
void uik_fiber_start(struct uik_fiber *fiber, void (*entry)(void *arg),
		     void *arg);
/* First thing in a started fiber. */
void uik_fiber_entered(void);
/* @leave: the current one will not be continued. */
void uik_fiber_switch(struct uik_fiber *from, struct uik_fiber *to, bool leave);

#endif
