/* SPDX-License-Identifier: MIT */
/*
 * Interrupt lines of a machine, the side that raises them.
 *
 * Edges.  A line remembers one edge while its handler runs, is disabled or is
 * not there yet.  Handlers run on a thread of the line; in stepped mode
 * nothing runs until uik_irq_run_pending().
 */
#ifndef UIK_IRQ_H
#define UIK_IRQ_H

#include <stdbool.h>
#include <uik/abi.h>

struct uik_machine;

/** uik_irq_alloc - a new line; its number > 0, or -ENOSPC. */
int uik_irq_alloc(struct uik_machine *machine) __uik_export;
/** uik_irq_release - give it back; its handler must have been freed. */
void uik_irq_release(struct uik_machine *machine, int irq) __uik_export;
/**
 * uik_irq_raise - an edge.
 *
 * A hard handler, if there is one, runs on the calling thread.
 * Context: any; no lock that a handler takes.
 */
void uik_irq_raise(struct uik_machine *machine, int irq) __uik_export;
/** uik_irq_set_stepped - from now on only run_pending runs handlers.
 *
 * Only while no line has a handler.
 */
void uik_irq_set_stepped(struct uik_machine *machine, bool stepped)
	__uik_export;
/**
 * uik_irq_run_pending - run what is due, until nothing is.
 *
 * Stepped mode: on the calling thread; returns how often a handler ran.
 * Otherwise: waits until all threads are idle; returns 0.
 */
unsigned int uik_irq_run_pending(struct uik_machine *machine) __uik_export;

#endif
