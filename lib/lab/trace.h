/* SPDX-License-Identifier: MIT */
/*
 * What happened, kept for the trace file: spans on tracks.
 */
#ifndef LAB_TRACE_H
#define LAB_TRACE_H

#include <stdint.h>

struct uiommufd_lab_trace;

enum trace_kind { TRACE_CPU, TRACE_QUEUE, TRACE_INTERRUPT, TRACE_KINDS };

struct uiommufd_lab_trace *trace_new(void);
void trace_free(struct uiommufd_lab_trace *trace);
/* @name: a constant.  Ends when enough is kept; trace may be NULL. */
void trace_span(struct uiommufd_lab_trace *trace, enum trace_kind kind,
		unsigned int track, const char *name, uint64_t start_ps,
		uint64_t end_ps);

#endif
