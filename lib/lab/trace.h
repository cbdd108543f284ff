/* SPDX-License-Identifier: MIT */
/*
 * What happened, kept for the trace file: spans on tracks.
 */
#ifndef LAB_TRACE_H
#define LAB_TRACE_H

#include <uiommufd/lab.h>

/* Of a simulation. */
struct uiommufd_lab_trace *trace_new(void);

#endif
