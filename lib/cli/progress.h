/* SPDX-License-Identifier: MIT */
/*
 * Long jobs: what is shown on a terminal, and Ctrl-C.
 *
 * The first Ctrl-C asks the job to end and print what it has; a second one
 * ends the program as usual.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <glib.h>
#include <stdbool.h>
#include <uiommufd/lab.h>

struct progress {
	gint64 next_us;
	gboolean enabled;
	gboolean shown;
	gboolean interrupted;	/* some job was told to end */
};

/* Takes Ctrl-C until progress_end().  Shows nothing when stderr is a file. */
void progress_init(struct progress *progress, gboolean enabled);
/* FALSE: end the job.  Looks at the clock now and then only. */
gboolean progress_show(struct progress *progress, const char *title,
		       size_t done, size_t total);
/* Whether the job is to end: no clock, for loops whose time is measured. */
gboolean progress_interrupted(struct progress *progress);
void progress_end(struct progress *progress);

/* The same for the laboratory; @progress is borrowed. */
struct uiommufd_lab_watch progress_watch(struct progress *progress);

#endif
