/* SPDX-License-Identifier: MIT */
/*
 * Tallies: objects counted by whoever keeps them, in a word of their own, so
 * that threads which work on different contexts write no common word.  An audit
 * adds them up; what a tally still counts at its end the machine takes over.
 */
#ifndef UIK_KIT_OBJECT_TALLY_H
#define UIK_KIT_OBJECT_TALLY_H

#include <linux/types.h>

struct uik_machine;

struct object_tally {
	struct object_tally *next;	/* both under the machine's lock */
	struct object_tally **link;
	const u32 *count;		/* borrowed until the end; atomic */
};

void object_tally_begin(struct uik_machine *machine,
			struct object_tally *tally, const u32 *count);
void object_tally_end(struct uik_machine *machine, struct object_tally *tally);

#endif
