/* SPDX-License-Identifier: MIT */
/*
 * What the laboratory does for uiommufd vcmdq: predict, and measure a policy.
 */
#ifndef CLI_PREDICT_H
#define CLI_PREDICT_H

#include <glib.h>
#include <uiommufd/lab.h>

#include "options.h"
#include "progress.h"
#include "report.h"
#include "stream.h"

/* To --trace's file; NULL: nothing to write.  FALSE: said why. */
gboolean trace_to_file(const struct uiommufd_lab_trace *trace,
		       const char *path);

/* To --json's file, as trace_to_file(). */
gboolean json_to_file(const struct report *report, const char *path);

/* --predict, --study, --compare, --policy alone: an exit status. */
int predict(const struct options *o, const struct stream *stream);

/*
 * The page and the table of a measured run, predictions of the guest's side of
 * the same design beside it.  FALSE: said why.
 */
gboolean predict_beside(const struct options *o, const struct report *report,
			struct progress *progress);

#endif
