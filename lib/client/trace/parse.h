/* SPDX-License-Identifier: MIT */
/*
 * The text of a trace: one call a line, as strace writes it.
 *
 *   name(argument, ...) = result [ERRNO (text)]
 *
 * An argument is a number, words joined by '|', a "string", a [list], a
 * {structure of name=value} or buffer(N), which is N zero bytes.  "before =>
 * after" tells what the call changed; a structure's second part has only the
 * fields that changed.  "const" before it: in memory that cannot be written to.
 * Lines that begin with '#' are comments.
 */
#ifndef TRACE_PARSE_H
#define TRACE_PARSE_H

#include <glib.h>

enum trace_value_kind {
	TRACE_VALUE_NUMBER,
	TRACE_VALUE_BYTES,
	TRACE_VALUE_LIST,	/* [...] or {...} */
};

struct trace_value {
	gchar *name;			/* before '='; NULL: none */
	enum trace_value_kind kind;
	guint64 number;
	gboolean vague;			/* an unknown word, or cut short */
	gboolean constant;		/* "const": cannot be written to */
	GByteArray *bytes;
	GPtrArray *items;		/* of struct trace_value */
	struct trace_value *after;	/* of "=>"; NULL: unchanged */
};

struct trace_call {
	guint line;
	gchar *name;
	GPtrArray *args;		/* of struct trace_value */
	gint64 result;
	gboolean unknown_result;	/* "= ?" */
	int error;			/* 0: none */
};

/**
 * trace_parse_line - one complete line.
 *
 * Return: the call; NULL without @error: there is none in this line (a comment,
 * a signal); NULL with @error: not a trace.
 */
struct trace_call *trace_parse_line(const char *line, guint number,
				    GError **error);
void trace_call_free(struct trace_call *call);

/** trace_value_item - a structure's field, or NULL. */
const struct trace_value *trace_value_item(const struct trace_value *value,
					   const char *name);

#endif
