/* SPDX-License-Identifier: MIT */
/*
 * A simulated CPU is straight-line code that is left in the middle while
 * virtual time passes: a fiber.
 *
 * All fibers of a run belong to one thread; fiber_enter() is called by that
 * thread and returns when the fiber leaves or its function returns.
 */
#ifndef LAB_FIBER_H
#define LAB_FIBER_H

#include <stdbool.h>
#include <uik/fiber.h>

struct fiber;

/*
 * @home: where it returns to, of the thread that will enter it; borrowed.
 * NULL when there is no memory.
 */
struct fiber *fiber_new(struct uik_fiber *home, void (*entry)(void *arg),
			void *arg);
/* Its stack is dropped wherever it is. */
void fiber_free(struct fiber *fiber);
/* Runs it until it leaves; not from within a fiber. */
void fiber_enter(struct fiber *fiber);
/* Back to who entered; from within the fiber. */
void fiber_leave(struct fiber *fiber);
bool fiber_is_done(const struct fiber *fiber);

#endif
