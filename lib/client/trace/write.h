/* SPDX-License-Identifier: MIT */
/*
 * A command's structure as a trace has it.
 */
#ifndef TRACE_WRITE_H
#define TRACE_WRITE_H

#include <glib.h>

#include "client/trace/shape.h"

#define TRACE_STRUCT_MAX 4096
#define TRACE_FIELDS_MAX 16

/* What a pointer of the client leads to at some moment. */
struct trace_capture {
	const struct trace_shape *shape;
	gsize bytes;		/* of cmd that are the client's; 0: unreadable */
	guint8 cmd[TRACE_STRUCT_MAX];
	GByteArray *buffers[TRACE_FIELDS_MAX];	/* by field; NULL: none */
};

/** trace_capture_take - look; end it with trace_capture_clear(). */
void trace_capture_take(struct trace_capture *c, unsigned long request,
			guint64 address);
void trace_capture_clear(struct trace_capture *c);

/** trace_append_request - a request's name, or its parts. */
void trace_append_request(GString *out, unsigned long request);
/** trace_append_bytes - "\x00...", or buffer(N) if all are zero. */
void trace_append_bytes(GString *out, const guint8 *bytes, gsize count);
/** trace_append_number - as its name and its size want it. */
void trace_append_number(GString *out, const struct trace_field *field,
			 guint64 value);
/** trace_append_change - {before} => {after}; @address if unreadable. */
void trace_append_change(GString *out, const struct trace_capture *before,
			 const struct trace_capture *after, guint64 address);

#endif
