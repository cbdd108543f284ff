/* SPDX-License-Identifier: MIT */
/*
 * Call stacks by libunwind.
 *
 * Names come from libunwind, which also reads local symbols; where it has none,
 * the dynamic linker's nearest symbol or the module with the offset is shown.
 */
#define UNW_LOCAL_ONLY
#include <dlfcn.h>
#include <libunwind.h>
#include <stdio.h>
#include <string.h>

#include "kit/backtrace.h"

#define FRAMES_MAX 64

unsigned int backtrace_take(void **frames, unsigned int max, unsigned int skip)
{
	void *all[FRAMES_MAX];
	int count = unw_backtrace(all, FRAMES_MAX);
	unsigned int from = skip + 1, taken = 0;

	for (; (int)(from + taken) < count && taken < max; taken++)
		frames[taken] = all[from + taken];
	return taken;
}

/* libunwind names the function of a cursor: point one at the address. */
static int unwind_name(unw_word_t address, char *name, size_t size,
		       unw_word_t *offset)
{
	unw_context_t context;
	unw_cursor_t cursor;

	if (unw_getcontext(&context) || unw_init_local(&cursor, &context) ||
	    unw_set_reg(&cursor, UNW_REG_IP, address))
		return -1;
	return unw_get_proc_name(&cursor, name, size, offset);
}

void backtrace_name(const void *address, char *text, size_t size)
{
	unw_word_t offset = 0;
	char name[128];
	Dl_info info;

	if (!unwind_name((unw_word_t)address, name, sizeof(name), &offset)) {
		snprintf(text, size, "%s+0x%lx", name, (unsigned long)offset);
		return;
	}
	if (dladdr(address, &info) && info.dli_fname) {
		const char *file = strrchr(info.dli_fname, '/');

		snprintf(text, size, "%s+0x%lx",
			 file ? file + 1 : info.dli_fname,
			 (unsigned long)((const char *)address -
					 (const char *)info.dli_fbase));
		return;
	}
	snprintf(text, size, "%p", address);
}

void backtrace_format(void *const *frames, unsigned int count, char *text,
		      size_t size)
{
	size_t used = strlen(text);

	for (unsigned int i = 0; i < count && used + 1 < size; i++) {
		char name[192];

		backtrace_name((const char *)frames[i] - 1, name, sizeof(name));
		snprintf(text + used, size - used, "%s  %s", i ? "\n" : "",
			 name);
		used += strlen(text + used);
	}
}
