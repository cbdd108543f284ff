/* SPDX-License-Identifier: MIT */
/* Histories of maps: the slow side of <uik/history.h>. */
#include <uik/history.h>

void (*uik_map_listener)(const struct uik_map_event *event);

void uik_map_tell_slow(const void *map, enum uik_map_op op, uint32_t id,
		       const void *entry, bool failed, bool done)
{
	const struct uik_map_event event = {
		.map = map,
		.op = op,
		.done = done,
		.failed = failed,
		.id = id,
		.entry = entry,
	};

	if (uik_map_listener)
		uik_map_listener(&event);
}
