// SPDX-License-Identifier: MIT
/*
 * Fibers of simulated CPUs: a stack each, and a way home.
 */
#include "fiber.h"

#include <glib.h>
#include <sys/mman.h>

#define STACK_BYTES (256u << 10)

struct fiber {
	struct uik_fiber self;
	struct uik_fiber *home;		/* borrowed */
	void (*entry)(void *arg);
	void *arg;
	void *stack;			/* owned */
	bool done;
};

static void begin(void *arg)
{
	struct fiber *fiber = arg;

	uik_fiber_entered();
	fiber->entry(fiber->arg);
	fiber->done = true;
	uik_fiber_switch(&fiber->self, fiber->home, true);
}

struct fiber *fiber_new(struct uik_fiber *home, void (*entry)(void *arg),
			void *arg)
{
	struct fiber *fiber;
	void *stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (stack == MAP_FAILED)
		return NULL;
	fiber = g_new0(struct fiber, 1);
	fiber->home = home;
	fiber->entry = entry;
	fiber->arg = arg;
	fiber->stack = stack;
	uik_fiber_init(&fiber->self, stack, STACK_BYTES);
	uik_fiber_start(&fiber->self, begin, fiber);
	return fiber;
}

void fiber_free(struct fiber *fiber)
{
	if (!fiber)
		return;
	uik_fiber_fini(&fiber->self);
	munmap(fiber->stack, STACK_BYTES);
	g_free(fiber);
}

void fiber_enter(struct fiber *fiber)
{
	g_assert(!fiber->done);
	uik_fiber_switch(fiber->home, &fiber->self, false);
}

void fiber_leave(struct fiber *fiber)
{
	uik_fiber_switch(&fiber->self, fiber->home, false);
}

bool fiber_is_done(const struct fiber *fiber)
{
	return fiber->done;
}
