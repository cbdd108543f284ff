// SPDX-License-Identifier: MIT
/*
 * Code addresses by debug information (elfutils).
 */
#include <elfutils/libdwfl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "explore/symbol.h"

static Dwfl *dwfl;

static const Dwfl_Callbacks callbacks = {
	.find_elf = dwfl_linux_proc_find_elf,
	.find_debuginfo = dwfl_standard_find_debuginfo,
};

static Dwfl *session(void)
{
	if (dwfl)
		return dwfl;
	dwfl = dwfl_begin(&callbacks);
	if (dwfl && (dwfl_linux_proc_report(dwfl, getpid()) ||
		     dwfl_report_end(dwfl, NULL, NULL)))
		symbol_done();
	return dwfl;
}

void symbol_done(void)
{
	if (dwfl)
		dwfl_end(dwfl);
	dwfl = NULL;
}

static void name_line(Dwfl_Module *module, Dwarf_Addr at, struct symbol *out)
{
	Dwfl_Line *line = dwfl_module_getsrc(module, at);
	const char *file, *last;

	if (!line)
		return;
	file = dwfl_lineinfo(line, NULL, &out->line, NULL, NULL, NULL);
	if (!file)
		return;
	last = strrchr(file, '/');
	snprintf(out->file, sizeof(out->file), "%s", last ? last + 1 : file);
}

void symbol_of(const void *pc, struct symbol *out)
{
	Dwarf_Addr at = (Dwarf_Addr)pc - 1;
	Dwfl *all = session();
	Dwfl_Module *module = all ? dwfl_addrmodule(all, at) : NULL;
	const char *name = module ? dwfl_module_addrname(module, at) : NULL;

	*out = (struct symbol){ 0 };
	if (!name) {
		snprintf(out->function, sizeof(out->function), "%p", pc);
		return;
	}
	snprintf(out->function, sizeof(out->function), "%s", name);
	name_line(module, at, out);
}
