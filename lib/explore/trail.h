/* SPDX-License-Identifier: MIT */
/* Trails: the decisions of an execution, and the rows of what it did. */
#ifndef EXPLORE_TRAIL_H
#define EXPLORE_TRAIL_H

#include "explore/engine.h"

#define TRAIL_NAME 64

/* One step, or an injected failure, as recorded. */
struct trail_row {
	uint32_t step;
	uint8_t fiber;
	uint8_t kind;			/* enum uik_point_kind */
	bool write;
	bool switched;			/* another fiber ran before */
	bool failure;			/* kind is an enum uik_fail_kind */
	uint32_t bytes;
	const void *addr;
	const void *site;
	const void *frames[FRAMES_MAX];
	uint8_t frame_count;
};

struct uiommufd_trail {
	char scenario[TRAIL_NAME];
	char law[TRAIL_NAME];		/* empty: none broke */
	char message[MESSAGE_MAX];
	struct decision *decisions;	/* owned */
	uint32_t decision_count;
	uint32_t absent;		/* threads that do nothing */
	int failures;			/* the bound: beyond it nobody asks */
	/* Recorded by replaying. */
	struct trail_row *rows;		/* owned */
	uint32_t row_count, row_room;
	char fiber_names[FIBERS_MAX][16];
	unsigned int fiber_count;
	unsigned int guilty;
	const void *guilty_frames[FRAMES_MAX];
	unsigned int guilty_frame_count;
	char *dot;			/* owned: the objects before the break */
};

/* Of the execution that has just ended; NULL without memory. */
struct uiommufd_trail *trail_of(const struct uiommufd_run *run);
/* Takes over what the last execution decided and broke. */
int trail_take(struct uiommufd_trail *trail, const struct uiommufd_run *run);
/* Runs the trail on @run; its verdict is the run's; whether it was kept to. */
bool trail_follow(struct uiommufd_run *run, const struct uiommufd_trail *trail);

/* report.c */
const char *row_verb(const struct trail_row *row);
/* Whether two steps depend on each other. */
bool rows_clash(const struct trail_row *a, const struct trail_row *b);

#endif
