/* SPDX-License-Identifier: MIT */
/*
 * The client's memory as far as a trace has told of it.
 */
#ifndef TRACE_MEMORY_H
#define TRACE_MEMORY_H

#include <glib.h>

/**
 * trace_memory_tell - write what a reader needs to have there.
 * @known: GArray of what was told before, made by trace_memory_new()
 * @files: inodes of files told before, to descriptor + 1
 * @out: receives mmap and munmap lines for what has changed since
 */
void trace_memory_tell(GArray *known, GHashTable *files, GString *out,
		       guint64 address, guint64 bytes);
GArray *trace_memory_new(void);

/** trace_memory_read - bytes of our own that may not be there; how many. */
gsize trace_memory_read(void *to, guint64 from, gsize bytes);

/** trace_memory_is_const - whether the client cannot write to all of it. */
gboolean trace_memory_is_const(guint64 address, guint64 bytes);

/**
 * trace_memory_place - where a replay has the client's memory.
 *
 * Addresses keep their distances and alignment; the first page stays.
 */
guint64 trace_memory_place(guint64 address);

#endif
