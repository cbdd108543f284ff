/* SPDX-License-Identifier: MIT */
/*
 * The machine: the kit's root of everything that is not a process-wide door.
 *
 * One simulated machine owns an arena (all slab memory, at stable addresses),
 * a clock, an MMIO window, interrupt lines, a device list and the memfd behind
 * mappable pages.  Machines are independent of each other; a task works on the
 * one it has entered.  Code that enters none works on the process's default
 * machine, made at first use.
 */
#ifndef UIK_MACHINE_H
#define UIK_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uik/abi.h>

struct uik_machine;
struct uik_clock;

struct uik_machine_config {
	size_t arena_bytes;		/* address space reserved; 0: default */
	const struct uik_clock *clock;	/* NULL: wall clock */
	uint64_t seed;
	bool scatter_pages;		/* user pages get scattered frames */
};

/*
 * What the closing audit reads.  Blocks are live slab allocations beyond the
 * machine's own; locks are held locks of all tasks; mappings are live VMAs of
 * mappable areas; warnings count WARNs since creation.
 */
struct uik_audit {
	uint64_t objects;
	uint64_t blocks;
	uint64_t block_bytes;
	uint64_t locks;
	uint64_t mappings;
	uint64_t warnings;
};

/* NULL when memory or address space runs out. */
struct uik_machine *uik_machine_new(const struct uik_machine_config *config)
	__uik_export;
/* Frees the machine and all its memory.  No task may be inside. */
void uik_machine_free(struct uik_machine *machine) __uik_export;
void uik_machine_audit(struct uik_machine *machine, struct uik_audit *out)
	__uik_export;

/* The machine the calling task works on; never NULL. */
struct uik_machine *uik_this_machine(void) __uik_export;

/*
 * Every public entry is bracketed: the returned token restores the machine
 * entered before (entries nest when callbacks call back in).
 */
struct uik_machine *uik_enter(struct uik_machine *machine) __uik_export;
void uik_leave(struct uik_machine *previous) __uik_export;

/* What the rooms above keep per machine. */
enum uik_slot {
	UIK_SLOT_IOMMU,
	UIK_SLOT_CORE,
	UIK_SLOT_OBJECTS,
	UIK_SLOT_MOCK,
	UIK_SLOT_SIM,
	UIK_SLOT_CLIENT,
	UIK_SLOT_VFIO,
	UIK_SLOT_FUZZ,
	UIK_SLOT_NR
};

/* What was set, or NULL. */
void *uik_slot_get(struct uik_machine *machine, enum uik_slot slot)
	__uik_export;
/*
 * Sets @value unless something is set; returns what is set now.  @destroy
 * (NULL: none) is called with it by uik_machine_free(), highest slot first and
 * inside the machine.
 */
void *uik_slot_set(struct uik_machine *machine, enum uik_slot slot, void *value,
		   void (*destroy)(void *value)) __uik_export;
/* Forgets the value without destroying it. */
void uik_slot_clear(struct uik_machine *machine, enum uik_slot slot)
	__uik_export;

/* Counters for the audit, kept by core (objects) and client (mappings). */
void uik_count_object(int delta) __uik_export;
void uik_count_mapping(int delta) __uik_export;

#endif
