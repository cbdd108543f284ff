/* SPDX-License-Identifier: MIT */
/*
 * A replay under way.
 */
#ifndef TRACE_RUN_H
#define TRACE_RUN_H

#include <glib.h>
#include <stdio.h>
#include <uiommufd/replay.h>

#include "client/trace/load.h"

struct trace_run {
	const struct trace *trace;
	struct uiommufd_platform *platform;
	struct uiommufd_replay *replay;
	FILE *report;			/* NULL: nobody wants it */
	GHashTable *fds;		/* the trace's to ours */
	const struct trace_call *told;	/* the call that differs, once counted */
};

/** trace_run_fd - our descriptor for one of the trace's; -1: foreign. */
int trace_run_fd(const struct trace_run *run, guint64 fd);
/** trace_run_new_fd - from here on @fd of the trace is @own. */
void trace_run_new_fd(struct trace_run *run, guint64 fd, int own);

/** trace_run_differs - report a difference and count its call once. */
void trace_run_differs(struct trace_run *run, const struct trace_call *call,
		       const char *format, ...) G_GNUC_PRINTF(3, 4);
/** trace_run_result - compare result and errno; whether they are equal. */
gboolean trace_run_result(struct trace_run *run, const struct trace_call *call,
			  gint64 result, int error);
/** trace_run_outcome - compare success or the errno only. */
gboolean trace_run_outcome(struct trace_run *run, const struct trace_call *call,
			   gboolean good, int error);

/** trace_run_ioctl - one ioctl on our descriptor @fd; run.c has the rest. */
void trace_run_ioctl(struct trace_run *run, const struct trace_call *call,
		     int fd);

#endif
