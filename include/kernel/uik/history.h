/* SPDX-License-Identifier: MIT */
/*
 * The history of a map from numbers to entries, for whoever checks that what
 * threads did at the same time can be explained by some order.
 *
 * Each operation is told twice: when it begins and when it is done, with its
 * result.  Told only while hooks are installed.
 */
#ifndef UIK_HISTORY_H
#define UIK_HISTORY_H

#include <stdbool.h>
#include <stdint.h>
#include <uik/hook.h>

enum uik_map_op {
	UIK_MAP_RESERVE,	/* takes a free number */
	UIK_MAP_PUBLISH,	/* a reserved number shows its entry */
	UIK_MAP_UNRESERVE,	/* a reserved number is free again */
	UIK_MAP_RELEASE,	/* a number that shows an entry is free again */
	UIK_MAP_BURY,		/* ... is taken for good and shows nothing */
	UIK_MAP_LOOKUP,		/* what a number shows */
};

struct uik_map_event {
	const void *map;
	enum uik_map_op op;
	bool done;		/* else it begins */
	bool failed;		/* done, and nothing was changed */
	uint32_t id;		/* of RESERVE: once it is done */
	const void *entry;	/* LOOKUP: found, or NULL; PUBLISH: shown */
};

/* NULL: nobody listens.  Set only while no other task is inside. */
extern void (*uik_map_listener)(const struct uik_map_event *event) __uik_export;

void uik_map_tell_slow(const void *map, enum uik_map_op op, uint32_t id,
		       const void *entry, bool failed, bool done) __uik_export;

static inline void uik_map_begin(const void *map, enum uik_map_op op,
				 uint32_t id, const void *entry)
{
	if (uik_unlikely(uik_hooks))
		uik_map_tell_slow(map, op, id, entry, false, false);
}

static inline void uik_map_done(const void *map, enum uik_map_op op,
				uint32_t id, const void *entry, bool failed)
{
	if (uik_unlikely(uik_hooks))
		uik_map_tell_slow(map, op, id, entry, failed, true);
}

#endif
