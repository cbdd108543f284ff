// SPDX-License-Identifier: MIT
/*
 * Law "complete": an object is shown when it is complete.
 *
 * Once its number shows it anybody may use it, so that who has made it does not
 * go on writing to it as if it were still alone.  Plain writes are no steps;
 * what is seen is that between showing the object and the next step of the same
 * thread, with nobody else in between, it has changed.  Its counts may.
 */
#include <linux/iommufd.h>
#include <string.h>
#include <uik/slab.h>

#include "explore/laws.h"

#define COUNTS_BYTES offsetof(struct iommufd_object, type)

void law_complete_event(struct uiommufd_run *run,
			const struct uik_map_event *event)
{
	struct shown *shown = &run->shown;
	struct uik_slab_block block;

	shown->bytes = 0;
	if (event->op != UIK_MAP_PUBLISH || !event->done || event->failed ||
	    !uik_slab_find(event->entry, &block) ||
	    block.size > sizeof(shown->was))
		return;
	shown->fiber = run->running;
	shown->block = block.addr;
	shown->object = event->entry;
	shown->id = event->id;
	shown->bytes = block.size;
	memcpy(shown->was, block.addr, block.size);
}

/* The first byte that differs and is no count; bytes: none. */
static size_t changed_at(const struct shown *shown)
{
	size_t counts = (const char *)shown->object - shown->block;

	for (size_t i = 0; i < shown->bytes; i++)
		if ((i < counts || i >= counts + COUNTS_BYTES) &&
		    shown->was[i] != (uint8_t)shown->block[i])
			return i;
	return shown->bytes;
}

void law_complete_step(struct uiommufd_run *run, const struct uik_point *point)
{
	struct shown *shown = &run->shown;
	size_t at;

	if (shown->fiber == run->running) {
		at = changed_at(shown);
		if (at < shown->bytes)
			uiommufd_run_break(run, "complete",
					   "ID %u was shown, its object written to then: "
					   "byte %zu, before %p",
					   shown->id, at, point->site);
	}
	shown->bytes = 0;
}

const struct uiommufd_law law_complete = {
	.name = "complete",
	.summary = "an object is complete when its ID shows it",
};
