// SPDX-License-Identifier: MIT
/*
 * Recording: what an execution does, step by step, while a trail is replayed.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <uik/file.h>
#include <uik/plain.h>
#include <uiommufd/inspect.h>

#include "explore/laws.h"
#include "explore/record.h"
#include "explore/search.h"

#define DEPTH 32

static struct trail_row *row_new(struct uiommufd_trail *trail)
{
	struct trail_row *more;
	uint32_t room = trail->row_room ? 2 * trail->row_room : 1024;

	if (trail->row_count == trail->row_room) {
		more = realloc(trail->rows, room * sizeof(*more));
		if (!more)
			return NULL;
		trail->rows = more;
		trail->row_room = room;
	}
	more = &trail->rows[trail->row_count++];
	memset(more, 0, sizeof(*more));
	return more;
}

/* From the code that asked for the step outward. */
static void fill_frames(struct trail_row *row, const void *frame)
{
	const void *all[DEPTH];
	unsigned int n = frames_take(frame, all, DEPTH), first = 0;

	while (first < n && all[first] != row->site)
		first++;
	if (first == n)
		return;
	for (; first < n && row->frame_count < FRAMES_MAX; first++)
		row->frames[row->frame_count++] = all[first];
}

static void fill_row(struct uiommufd_run *run, struct trail_row *row,
		     unsigned int fiber, const void *site)
{
	struct uiommufd_trail *trail = run->recorded;

	row->step = run->steps;
	row->fiber = fiber;
	row->site = site;
	row->switched = trail->row_count < 2 || row[-1].fiber != fiber;
	fill_frames(row, __builtin_frame_address(0));
	if (fiber >= trail->fiber_count)
		trail->fiber_count = fiber + 1;
	snprintf(trail->fiber_names[fiber], sizeof(trail->fiber_names[fiber]),
		 "%s", fiber_name(run, fiber));
}

static void record_step(struct uiommufd_run *run, unsigned int fiber,
			const struct uik_point *point)
{
	struct trail_row *row = row_new(run->recorded);

	if (!row)
		return;
	row->kind = point->kind;
	row->write = point->write;
	row->addr = point->addr;
	row->bytes = point->size & ~UIK_PLAIN;
	fill_row(run, row, fiber, point->site);
}

static void record_decision(struct uiommufd_run *run, const struct decision *d,
			    const void *site)
{
	struct trail_row *row;

	if (d->kind != DECISION_FAIL || !d->chosen)
		return;
	row = row_new(run->recorded);
	if (!row)
		return;
	row->failure = true;
	row->kind = d->fail_kind;
	fill_row(run, row, run->running, site);
}

/* A debugger shows the step itself. */
static void stop_if_traced(void)
{
	char line[128];
	FILE *status = fopen("/proc/self/status", "r");
	int tracer = 0;

	while (status && fgets(line, sizeof(line), status))
		if (sscanf(line, "TracerPid: %d", &tracer) == 1)
			break;
	if (status)
		fclose(status);
	if (tracer)
		raise(SIGTRAP);
}

/*
 * The objects as they are.  Whoever was about to change them may hold locks, or
 * have left something that is no object any more: then there is no picture.
 */
static char *draw_objects(struct uiommufd_run *run)
{
	int fd = uik_fd_next_virtual(-1);
	char *dot = NULL;

	if (fd < 0)
		return NULL;
	run->in_law = true;
	run->may_give_up = true;
	if (!sigsetjmp(run->give_up, 1))
		dot = uiommufd_graph_dot(fd);
	run->may_give_up = false;
	return dot;
}

static void record_broken(struct uiommufd_run *run)
{
	struct uiommufd_trail *trail = run->recorded;
	bool in_law = run->in_law;

	free(trail->dot);
	trail->dot = draw_objects(run);
	run->in_law = in_law;

	trail->guilty = run->guilty;
	memcpy(trail->guilty_frames, run->guilty_frames,
	       sizeof(trail->guilty_frames));
	trail->guilty_frame_count = run->guilty_frame_count;
	stop_if_traced();
}

static const struct recorder recorder = {
	.step = record_step,
	.decision = record_decision,
	.broken = record_broken,
};

bool record_trail(struct uiommufd_run *run, struct uiommufd_trail *trail)
{
	bool kept;

	trail->row_count = 0;
	trail->fiber_count = 0;
	run->recorded = trail;
	run->recorder = &recorder;
	kept = trail_follow(run, trail);
	run->recorder = NULL;
	return kept;
}
