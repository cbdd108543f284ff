// SPDX-License-Identifier: MIT
/*
 * Law "memory": what is freed is not used and not freed again.
 *
 * Freed blocks wait in the slab's quarantine for the rest of an execution, so
 * a step whose operand lies in a block that is not allocated is a use after
 * free, whatever the order in which it came about.  Accesses between steps are
 * seen as crashes, by the patterns that freed memory is filled with, or by
 * AddressSanitizer.
 */
#include <uik/slab.h>

#include "explore/laws.h"

void law_memory_step(struct uiommufd_run *run, const struct uik_point *point)
{
	if (!uik_slab_is_free(point->addr))
		return;
	if (point->kind == UIK_POINT_FREE)
		uiommufd_run_break(run, "memory", "block %p is freed twice",
				   point->addr);
	else
		uiommufd_run_break(run, "memory", "%p is used after it was freed",
				   point->addr);
}

static void check_late_writes(struct uiommufd_run *run, void *memory)
{
	if (uik_slab_verify_recent(run->machine))
		uiommufd_run_break(run, "memory",
				   "a block was written to after it was freed");
}

const struct uiommufd_law law_memory = {
	.name = "memory",
	.summary = "no use after free, no double free",
	.closed = check_late_writes,
};
