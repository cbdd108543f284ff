/* SPDX-License-Identifier: MIT */
/*
 * Warnings: reports of bugs, their count, and the scopes that expect them.
 *
 * The machine that the calling task works on counts them (uik_audit.warnings).
 */
#ifndef UIK_WARN_H
#define UIK_WARN_H

#include <stdbool.h>
#include <stdint.h>
#include <uik/abi.h>

/* Reports a warning at a place of the source. */
void uik_warn(const char *file, int line, const char *function,
	      const char *text) __attribute__((__cold__)) __uik_export;
void uik_warn_format(const char *file, int line, const char *function,
		     const char *format, ...)
	__attribute__((__cold__, __format__(__printf__, 4, 5))) __uik_export;
/* Reports and ends the process. */
void uik_bug(const char *file, int line, const char *function,
	     const char *text)
	__attribute__((__cold__, __noreturn__)) __uik_export;

/*
 * Opens a scope of the calling task's machine: until the matching end,
 * warnings of that machine are expected; they are neither logged nor counted
 * in the audit nor fatal.  Scopes nest.
 */
void uik_warn_expect_begin(void) __uik_export;
/* Closes the innermost scope.  Return: warnings seen since it was opened. */
uint64_t uik_warn_expect_end(void) __uik_export;

/* What a warning does, as UIOMMUFD_WARN does: report, or report and abort. */
void uik_warn_set_abort(bool abort_on_warn) __uik_export;

/* Warnings of the calling task's machine that no scope expected. */
uint64_t uik_warn_count(void) __uik_export;

#endif
