/* SPDX-License-Identifier: MIT */
/*
 * Snapshots: a machine and everything around it, brought back in microseconds.
 *
 * What is brought back: the machine's arena, what lies behind MMIO addresses,
 * memory registered with uik_machine_keep(), writable static memory of the library and of the main
 * program (drivers linked into it, WARN_ON_ONCE flags), and the ranges given.
 * What is not: the C library and its heap, stacks that were not given, file
 * descriptors, variables marked uik_unsnapped.
 *
 * How: pages are write-protected when the snapshot is taken; the first write
 * to a page copies it and lets it be written from then on.  Only such pages
 * are looked at, and of them, most of the time, only lines that have been seen
 * to change.  A thorough restore compares them whole and says whether the
 * others would have missed anything.
 */
#ifndef UIK_SNAPSHOT_H
#define UIK_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uik/abi.h>

struct uik_machine;
struct uik_snapshot;

/* A static variable of the library that stays as it is. */
#define uik_unsnapped \
	__attribute__((section("uik_unsnapped"), aligned(64)))

struct uik_range {
	void *start;
	size_t bytes;
};

/*
 * Memory outside of the arena that belongs to @machine until it is freed.
 * Return: 0, -ENOSPC (there are few places).
 */
int uik_machine_keep(struct uik_machine *machine, void *start, size_t bytes)
	__uik_export;

/*
 * Takes a snapshot; one at a time in a process.  @ranges: whole pages, which
 * are not protected but compared at every restore; stacks, say.
 *
 * Context: no other task inside the machine.  Return: NULL without memory.
 */
struct uik_snapshot *uik_snapshot_take(struct uik_machine *machine,
				       const struct uik_range *ranges,
				       unsigned int count) __uik_export;
/*
 * Brings everything back.  @thorough: compare all that may have changed.
 *
 * Return: true if a thorough restore found changes that restores before it
 * could have missed: what ran since the last thorough one may have started
 * from something else.
 */
bool uik_snapshot_restore(struct uik_snapshot *snapshot, bool thorough)
	__uik_export;
/*
 * How often something has changed that is not brought back: what the host has
 * mapped.
 */
unsigned long uik_snapshot_host_changes(void) __uik_export;
/*
 * A hash of all that differs, or may differ, from the snapshot: equal states
 * have equal hashes, as far as restores would bring them back.
 */
uint64_t uik_snapshot_hash(const struct uik_snapshot *snapshot) __uik_export;
/*
 * Whether uik_snapshot_save() can do it: not where a checker would have to know
 * of what comes back (ASan, TSan, valgrind).
 */
bool uik_snapshot_can_save(void) __uik_export;
/*
 * What differs now, written to @out, 16-byte aligned, of @room bytes.
 * @thorough: compares all that may have changed, and sets *@out_missed if lines
 * differ that were not known to change; else only known lines are saved.
 *
 * Return: how many bytes; 0 if they are too many, or it cannot be done.
 */
size_t uik_snapshot_save(struct uik_snapshot *snapshot, void *out, size_t room,
			 bool thorough, bool *out_missed) __uik_export;
/* Brings back what was saved of the same snapshot. */
void uik_snapshot_load(struct uik_snapshot *snapshot, const void *saved)
	__uik_export;
/* Forgets it; memory stays as it is, writable again. */
void uik_snapshot_free(struct uik_snapshot *snapshot) __uik_export;

struct uik_snapshot_stats {
	unsigned int pages;	/* that have ever been written to */
	unsigned int lines;	/* of 64 bytes, that have changed */
};
void uik_snapshot_stats(const struct uik_snapshot *snapshot,
			struct uik_snapshot_stats *out) __uik_export;

#endif
