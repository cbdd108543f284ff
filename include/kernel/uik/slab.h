/* SPDX-License-Identifier: MIT */
/*
 * What the slab knows about its blocks.
 *
 * Environment: UIOMMUFD_DEBUG=refs (a comma-separated list) makes machines
 * keep the stack of every allocation, fill blocks with a pattern when
 * allocated (0x5a) and freed (0x6b), and keep freed blocks back for a while to
 * find late writes.
 */
#ifndef UIK_SLAB_H
#define UIK_SLAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <uik/abi.h>

struct uik_machine;

struct uik_slab_block {
	const void *addr;
	size_t size;		/* bytes asked for */
	const void *site;	/* who allocated it */
	void *const *frames;	/* its stack, innermost first; NULL if unknown */
	unsigned int frame_count;
	uint64_t serial;	/* rises with each allocation; 0 if unknown */
};

/** uik_slab_live - blocks and bytes allocated and not freed. */
void uik_slab_live(struct uik_machine *machine, uint64_t *blocks,
		   uint64_t *bytes) __uik_export;
/**
 * uik_slab_each - visit live blocks in address order.
 * @visit: returns false to stop; must not allocate or free
 *
 * Context: no other task inside the machine.
 */
void uik_slab_each(struct uik_machine *machine,
		   bool (*visit)(const struct uik_slab_block *block, void *arg),
		   void *arg) __uik_export;
/**
 * uik_slab_report - print live blocks, with their stacks if known.
 *
 * Return: how many there are.  Context: as uik_slab_each().
 */
uint64_t uik_slab_report(struct uik_machine *machine, FILE *out) __uik_export;
/** uik_slab_find - the live block that @addr points into; false if none. */
bool uik_slab_find(const void *addr, struct uik_slab_block *out) __uik_export;
/** uik_slab_serial - of the latest allocation; 0 if stacks are not kept. */
uint64_t uik_slab_serial(struct uik_machine *machine) __uik_export;
/** uik_slab_debug - whether stacks are kept. */
bool uik_slab_debug(struct uik_machine *machine) __uik_export;
/**
 * uik_slab_watch - whether machines made from now on watch their blocks.
 *
 * As UIOMMUFD_DEBUG=refs, without the stacks: patterns and quarantine.
 */
void uik_slab_watch(bool on) __uik_export;
/** uik_slab_is_free - whether @addr points into a block that is free. */
bool uik_slab_is_free(const void *addr) __uik_export;
/**
 * uik_slab_block - the start of the block or span that @addr points into.
 *
 * Return: NULL if @addr is not in the memory of a machine.
 */
const void *uik_slab_block(const void *addr) __uik_export;
/**
 * uik_slab_age - let freed blocks be used again that were free the last time.
 *
 * Where memory is watched, a block that was freed waits until some thousand others
 * were, so that late uses are found.  Who knows when uses end, as a fuzzer
 * does between its inputs, needs not wait for that: memory that is used over and
 * over stays in caches.  Every 16th block waits on.
 */
void uik_slab_age(struct uik_machine *machine) __uik_export;
/** uik_slab_verify_recent - the same for blocks freed since the last time. */
unsigned int uik_slab_verify_recent(struct uik_machine *machine) __uik_export;
/** uik_slab_verify - look for writes to freed blocks; how many there were. */
unsigned int uik_slab_verify(struct uik_machine *machine) __uik_export;

#endif
