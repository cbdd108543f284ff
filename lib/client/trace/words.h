/* SPDX-License-Identifier: MIT */
/*
 * Names of numbers in traces: flags, requests, errnos.
 */
#ifndef TRACE_WORDS_H
#define TRACE_WORDS_H

#include <glib.h>

/** trace_word - the number a name stands for; false: not known. */
gboolean trace_word(const char *name, guint64 *out);
/** trace_errno - the errno of that name; 0: none has it. */
int trace_errno(const char *name);
/** trace_append_flags - "O_RDWR|O_CLOEXEC"; the rest in hexadecimal.
 * @prefix: of the names to use: "O_", "PROT_", "MAP_", "POLL"
 * @none: what stands for 0
 */
void trace_append_flags(GString *out, const char *prefix, const char *none,
			guint64 flags);

#endif
