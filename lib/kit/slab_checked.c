/* SPDX-License-Identifier: MIT */
/*
 * Blocks of memory under observation: with a memory checker (AddressSanitizer,
 * valgrind), with UIOMMUFD_DEBUG=refs or under uik_slab_watch().
 *
 * Each block is poisoned while free and waits in a quarantine before it is
 * used again.  In debug mode its allocation's stack is kept in a record; then and
 * when watched, fresh and freed memory is filled with patterns, and the patterns
 * are looked at when the block moves on.  Also here: spans of pages, which are rare enough
 * to be watched always.
 */
#define UNW_LOCAL_ONLY
#include <libunwind.h>

#include "kit/slab.h"

#include <stdlib.h>
#include <string.h>
#include <linux/bug.h>
#include <linux/minmax.h>
#include <uik/fill.h>
#include <uik/slab.h>
#include <uik/snapshot.h>
#include <uik/task.h>

#include "kit/poison.h"

#define FILL_FREE 0x6b
#define FILL_SLACK 0xbb
#define AGED_KEPT 16		/* every such place of the quarantine */
#define VERIFY_MAX 4096u	/* bytes of a block that are looked at */

_Static_assert(sizeof(struct block_record) <= 128, "records fit their class");

bool slab_debug_wanted(void)
{
	const char *words = getenv("UIOMMUFD_DEBUG");
	size_t length;

	while (words && *words) {
		length = strcspn(words, ",");
		if (length == 4 && !strncmp(words, "refs", 4))
			return true;
		words += length + (words[length] == ',');
	}
	return false;
}

/* The stack begins where the slab was entered: at @site. */
static void record_fill(struct block_record *record, const void *site)
{
	void *frames[RECORD_FRAMES + RECORD_INNER];
	int all = unw_backtrace(frames, RECORD_FRAMES + RECORD_INNER);
	int skip = 0, n;

	while (skip < RECORD_INNER && skip < all && frames[skip] != site)
		skip++;
	if (skip == RECORD_INNER || skip == all)
		skip = 0;
	n = min(all - skip, RECORD_FRAMES);
	if (n > 0)
		memcpy(record->frames, frames + skip, n * sizeof(*frames));

	record->site = site;
	record->frame_count = n > 0 ? n : 0;
	record->pid = uik_current_task ? uik_current_task->pid : 0;
}

/* The lock is held.  Falls back to the bare site without memory. */
uint64_t checked_owner(struct arena *arena, const void *site)
{
	struct block_record *record;
	uintptr_t p;

	if (!arena->debug)
		return (uintptr_t)site & TAG_POINTER;
	p = arena_block_take(arena, RECORD_CLASS);
	if (!p)
		return 0;
	*arena_tag(arena, p) = TAG_LIVE(BLOCK_INTERNAL) << TAG_SHIFT;
	record = (struct block_record *)p;
	poison_open(record, sizeof(*record));
	record->serial = ++arena->last_serial;
	record_fill(record, site);
	return p;
}

void checked_owner_drop(struct arena *arena, uint64_t tag)
{
	uintptr_t p = tag & TAG_POINTER;

	if (!arena->debug || !p)
		return;
	poison_close((void *)p, sizeof(struct block_record));
	arena_block_give(arena, RECORD_CLASS, p);
}

const void *checked_site(const struct arena *arena, uint64_t tag)
{
	uintptr_t p = tag & TAG_POINTER;

	if (!arena->debug || !p)
		return (const void *)p;
	return ((const struct block_record *)p)->site;
}

static unsigned char fill_fresh_pattern uik_unsnapped = UIK_FILL_FRESH;

unsigned char uik_fill_fresh(void)
{
	return fill_fresh_pattern;
}

void uik_fill_fresh_set(unsigned char pattern)
{
	fill_fresh_pattern = pattern;
}

static void fill_fresh(const struct arena *arena, void *p, size_t bytes,
		       size_t room, bool zero)
{
	if (arena->fills) {
		poison_open(p, room);
		memset(p, fill_fresh_pattern, bytes);
		memset((char *)p + bytes, FILL_SLACK, room - bytes);
		poison_close(p, room);
	}
	poison_block_alloc(p, bytes, zero);
	if (zero)
		poison_block_clear(p, bytes);
}

static bool all_bytes(const unsigned char *p, size_t n, unsigned char value)
{
	return !n || (p[0] == value && !memcmp(p, p + 1, n - 1));
}

static void fill_freed(struct arena *arena, void *p, size_t bytes, size_t room)
{
	poison_block_free(p, bytes);
	if (!arena->fills)
		return;
	poison_open(p, room);
	WARN(!all_bytes((unsigned char *)p + bytes, room - bytes, FILL_SLACK),
	     "kfree(%p): written beyond its %zu bytes", p, bytes);
	memset(p, FILL_FREE, room < VERIFY_MAX ? room : VERIFY_MAX);
	poison_close(p, room);
}

/* Was a freed block written to?  Told by address, as its owner is gone. */
static void verify_freed(struct arena *arena, uintptr_t p)
{
	unsigned int class = *arena_class_byte(arena, p) - 1;
	size_t room = uik_arena_class_size[class];

	if (!arena->fills)
		return;
	room = room < VERIFY_MAX ? room : VERIFY_MAX;
	poison_open((void *)p, room);
	if (!all_bytes((unsigned char *)p, room, FILL_FREE))
		arena->late_writes++;
	poison_close((void *)p, room);
}

void *checked_alloc(struct arena *arena, unsigned int class, size_t bytes,
		    enum block_kind kind, bool zero, const void *site)
{
	size_t room = uik_arena_class_size[class];
	uint64_t owner;
	uintptr_t p;

	arena_lock(arena);
	p = arena_block_take(arena, class);
	if (p) {
		owner = checked_owner(arena, site);
		*arena_tag(arena, p) =
			TAG_LIVE(kind) << TAG_SHIFT |
			(uint64_t)(room - bytes) << TAG_FIELD_SHIFT | owner;
		arena->checked_blocks++;
		arena->checked_bytes += room;
	}
	arena_unlock(arena);
	if (p)
		fill_fresh(arena, (void *)p, bytes, room, zero);
	return (void *)p;
}

static void quarantine_leave(struct arena *arena, uintptr_t p)
{
	verify_freed(arena, p);
	arena_block_give(arena, *arena_class_byte(arena, p) - 1, p);
}

void checked_free(struct arena *arena, unsigned int class, uintptr_t p)
{
	size_t room = uik_arena_class_size[class];
	uint32_t late = arena->late_writes;
	uint64_t *tag = arena_tag(arena, p);
	uintptr_t oldest;

	fill_freed(arena, (void *)p,
		   room - (*tag >> TAG_FIELD_SHIFT & 0xfff), room);
	arena_lock(arena);
	checked_owner_drop(arena, *tag);
	*tag = 0;
	arena->checked_blocks--;
	arena->checked_bytes -= room;
	oldest = arena->quarantine[arena->quarantine_next];
	arena->quarantine[arena->quarantine_next] = p;
	arena->quarantine_next = (arena->quarantine_next + 1) %
				 ARENA_QUARANTINE;
	if (oldest)
		quarantine_leave(arena, oldest);
	late = arena->late_writes - late;
	arena_unlock(arena);
	WARN(late, "block %p was written to after it was freed",
	     (void *)oldest);
}

static void tell_late(struct uik_machine *machine, uint32_t late)
{
	struct uik_machine *previous = uik_enter(machine);

	WARN(1, "%u blocks were written to after they were freed", late);
	uik_leave(previous);
}

void uik_slab_age(struct uik_machine *machine)
{
	struct arena *arena = (struct arena *)machine;
	uint32_t late = arena->late_writes, i;

	if (!arena->checked)
		return;
	arena_lock(arena);
	for (i = arena->quarantine_aged; i != arena->quarantine_old;
	     i = (i + 1) % ARENA_QUARANTINE)
		if (i % AGED_KEPT && arena->quarantine[i]) {
			quarantine_leave(arena, arena->quarantine[i]);
			arena->quarantine[i] = 0;
		}
	arena->quarantine_aged = i;
	arena->quarantine_old = arena->quarantine_next;
	late = arena->late_writes - late;
	arena_unlock(arena);
	if (late)
		tell_late(machine, late);
}

void *slab_span_alloc(struct arena *arena, struct arena_zone *zone,
		      size_t bytes, enum block_kind kind, bool zero,
		      const void *site)
{
	unsigned int order = arena_order(bytes);
	uint64_t *tag;
	uintptr_t p;

	arena_lock(arena);
	p = arena_span_alloc(arena, zone, order);
	if (p) {
		tag = arena_tag(arena, p);
		tag[0] = TAG_LIVE(kind) << TAG_SHIFT |
			 checked_owner(arena, site);
		tag[1] = bytes;
	}
	if (p && kind != BLOCK_INTERNAL) {
		arena->span_blocks++;
		arena->span_bytes += bytes;
	}
	arena_unlock(arena);
	if (!p)
		return NULL;
	if (arena->checked)
		fill_fresh(arena, (void *)p, bytes, bytes, zero);
	else if (zero)
		memset((void *)p, 0, bytes);
	return (void *)p;
}

void slab_span_free(struct arena *arena, uintptr_t p)
{
	uint64_t *tag = arena_tag(arena, p);
	size_t bytes = tag[1];
	struct arena_zone *zone = zone_holds(&arena->heap, p) ? &arena->heap :
								&arena->zone;

	if (arena->checked)
		fill_freed(arena, (void *)p, bytes, bytes);
	arena_lock(arena);
	if (tag[0] >> TAG_SHIFT != TAG_LIVE(BLOCK_INTERNAL)) {
		arena->span_blocks--;
		arena->span_bytes -= bytes;
	}
	checked_owner_drop(arena, tag[0]);
	tag[0] = 0;
	tag[1] = 0;
	arena_span_free(arena, zone, p, arena_order(bytes));
	arena_unlock(arena);
}

static bool watched;

void uik_slab_watch(bool on)
{
	watched = on;
}

bool slab_watch_wanted(void)
{
	return watched;
}

unsigned int uik_slab_verify_recent(struct uik_machine *machine)
{
	struct arena *arena = (struct arena *)machine;
	uint32_t before = arena->late_writes, i = arena->quarantine_seen;

	arena_lock(arena);
	for (; i != arena->quarantine_next; i = (i + 1) % ARENA_QUARANTINE)
		if (arena->quarantine[i])
			verify_freed(arena, arena->quarantine[i]);
	arena->quarantine_seen = i;
	arena_unlock(arena);
	return arena->late_writes - before;
}

unsigned int slab_verify(struct arena *arena)
{
	unsigned int i, late;

	arena_lock(arena);
	for (i = 0; i < ARENA_QUARANTINE; i++)
		if (arena->quarantine[i])
			verify_freed(arena, arena->quarantine[i]);
	late = arena->late_writes;
	arena_unlock(arena);
	return late;
}
