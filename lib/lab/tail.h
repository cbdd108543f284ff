/* SPDX-License-Identifier: MIT */
/*
 * The slowest hundredth of all invalidations, and what it waited for.
 *
 * A heap of as many as belong to it, the fastest of them on top: whoever is
 * slower takes its place.
 */
#ifndef LAB_TAIL_H
#define LAB_TAIL_H

#include <glib.h>
#include <stdint.h>
#include <uiommufd/lab.h>

struct tail {
	GArray *heap;		/* struct tail_list */
	guint room;
};

/* @lists: how many there will be. */
void tail_init(struct tail *tail, uint64_t lists);
void tail_fini(struct tail *tail);
/* One took @took; @before and @after: its CPU's phases. */
void tail_add(struct tail *tail, uint64_t took, const uint64_t *before,
	      const uint64_t *after);
void tail_collect(const struct tail *tail, struct uiommufd_lab_result *result);

#endif
