/* SPDX-License-Identifier: MIT */
/* A program file: can it be preloaded into, and what must come first? */
#ifndef CLI_PROGRAM_H
#define CLI_PROGRAM_H

#include <glib.h>

/* Where a shell would report the same. */
#define PROGRAM_NOT_EXECUTABLE 126
#define PROGRAM_NOT_FOUND 127

struct program {
	gchar *path;		/* owned: what to execute */
	gchar *sanitizer;	/* owned: a runtime to preload first, or NULL */
};

/**
 * program_find - look a program up and into it.
 * @name: with a '/' a path, without one looked for in PATH
 *
 * Scripts are followed to their interpreter.
 * Return: 0; or PROGRAM_NOT_FOUND, PROGRAM_NOT_EXECUTABLE with @error saying
 * why (a static program and one for another machine are not executable here).
 */
int program_find(const char *name, struct program *program, GError **error);
void program_clear(struct program *program);

#endif
