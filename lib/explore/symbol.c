// SPDX-License-Identifier: MIT
/*
 * Code addresses: how they are written.
 */
#include "explore/symbol.h"

#include <stdio.h>

void symbol_format(const void *pc, char *text, size_t room)
{
	struct symbol symbol;

	symbol_of(pc, &symbol);
	if (*symbol.file)
		snprintf(text, room, "%s %s:%d", symbol.function, symbol.file,
			 symbol.line);
	else
		snprintf(text, room, "%s", symbol.function);
}
