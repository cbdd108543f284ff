// SPDX-License-Identifier: MIT
/*
 * Code addresses by the dynamic symbol table, where elfutils is missing.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "explore/symbol.h"

void symbol_done(void)
{
}

void symbol_of(const void *pc, struct symbol *out)
{
	const char *last;
	Dl_info info;

	*out = (struct symbol){ 0 };
	if (!dladdr((const char *)pc - 1, &info) || !info.dli_fname) {
		snprintf(out->function, sizeof(out->function), "%p", pc);
		return;
	}
	last = strrchr(info.dli_fname, '/');
	snprintf(out->function, sizeof(out->function), "%s(%s+0x%zx)",
		 info.dli_sname ? info.dli_sname : "",
		 last ? last + 1 : info.dli_fname,
		 (size_t)((const char *)pc - (const char *)info.dli_fbase));
}
