/* SPDX-License-Identifier: MIT */
/*
 * A whole trace: its calls, and what is known about the machine.
 */
#ifndef TRACE_LOAD_H
#define TRACE_LOAD_H

#include <glib.h>
#include <stdio.h>
#include <uiommufd/platform.h>

#include "client/trace/parse.h"
#include "client/trace/shape.h"

struct trace {
	GPtrArray *calls;	/* of struct trace_call */
	gboolean exact;		/* ours: memory and structures are in it */
	gchar *machine;		/* "platform=mock;..."; NULL: not told */
};

/** trace_load - read all of it; NULL with @error, which names the line. */
struct trace *trace_load(FILE *in, GError **error);
void trace_unload(struct trace *trace);

/** trace_platform - the machine it was recorded on, by default the mock. */
void trace_platform(const struct trace *trace,
		    struct uiommufd_platform_config *out);

/** trace_argument - an argument, or NULL. */
const struct trace_value *trace_argument(const struct trace_call *call,
					 guint i);
/** trace_number - a numeric argument; 0: there is none. */
guint64 trace_number(const struct trace_call *call, guint i);
/** trace_is_device - whether it opens a path of ours; which. */
const char *trace_is_device(const struct trace_call *call, guint64 *flags);
/** trace_shape - the shape of an ioctl's argument, or NULL. */
const struct trace_shape *trace_shape(const struct trace_call *call);
/** trace_field - a shape's field, or NULL. */
const struct trace_field *trace_field(const struct trace_shape *shape,
				      const char *name);

/** trace_expected - a field's value after the call (@after) or before it.
 *
 * Return: NULL: zero.
 */
const struct trace_value *trace_expected(const struct trace_value *cmd,
					 const char *name, gboolean after);

#endif
