/* SPDX-License-Identifier: MIT */
/* How the modules under test tell what happens to them. */
#ifndef MODULE_TRACE_H
#define MODULE_TRACE_H

#include <stdbool.h>

int trace(char event);
void trace_param(bool flag, int number, unsigned int count,
		 unsigned short small, unsigned long wide, const char *text);

#endif
