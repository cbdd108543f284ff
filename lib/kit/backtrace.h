/* SPDX-License-Identifier: MIT */
/* Call stacks: taken cheaply, named when they are shown. */
#ifndef UIK_KIT_BACKTRACE_H
#define UIK_KIT_BACKTRACE_H

#include <stddef.h>

/*
 * Stores up to @max return addresses, innermost first, leaving out @skip of
 * them.  Return: how many.  Context: anywhere; does not allocate from the slab.
 */
unsigned int backtrace_take(void **frames, unsigned int max, unsigned int skip);

/* Writes "name+0x12" (or the address and module) into @size bytes at @text. */
void backtrace_name(const void *address, char *text, size_t size);

/* Appends the frames, one a line, to the text of @size bytes at @text. */
void backtrace_format(void *const *frames, unsigned int count, char *text,
		      size_t size);

#endif
