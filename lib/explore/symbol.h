/* SPDX-License-Identifier: MIT */
/* What a code address is called. */
#ifndef EXPLORE_SYMBOL_H
#define EXPLORE_SYMBOL_H

#include <stddef.h>

struct symbol {
	char function[64];
	char file[64];		/* its last part; empty if unknown */
	int line;
};

/* @pc: a return address; what is found out is about the call before it. */
void symbol_of(const void *pc, struct symbol *out);
/* "function file:line" of what is known. */
void symbol_format(const void *pc, char *text, size_t room);
/* Forgets what was read in. */
void symbol_done(void);

#endif
