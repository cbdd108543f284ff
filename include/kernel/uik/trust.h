/* SPDX-License-Identifier: MIT */
/*
 * Whether bad pointers of the calling thread can be caught.
 *
 * User memory is touched directly where the library's handler of SIGSEGV and
 * SIGBUS is in place and the thread does not block them.  The system is asked
 * before a page is touched that was not touched lately, as a program may have
 * changed its mind: three system calls.  Who knows that nobody does so for a
 * while, as a fuzzer does while it runs an input, has the system asked once.
 */
#ifndef UIK_TRUST_H
#define UIK_TRUST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uik/abi.h>

/**
 * uik_trust_begin - what the calling thread does with these signals lasts.
 * @known: it is as uik_trust_end() last said; else it is found out when needed
 *
 * Context: not nested.
 */
void uik_trust_begin(bool known) __uik_export;
/**
 * uik_trust_end - from now on the system is asked again.
 *
 * Return: whether it was found that faults are caught.
 */
bool uik_trust_end(void) __uik_export;
/**
 * uik_trust_hole - nothing is mapped in [@start, @start + @bytes).
 *
 * That lasts as long as the calling thread.  Between uik_trust_begin() with @known
 * and uik_trust_end() bad pointers into it are answered without touching them,
 * which takes a fault.  Three can be known, more are ignored.
 */
void uik_trust_hole(const void *start, size_t bytes) __uik_export;
/**
 * uik_trust_pages - which pages of user memory the calling thread came near.
 *
 * Since uik_trust_begin() no call has read, written or pinned a page whose number
 * is n modulo 64, unless bit n is set.
 */
uint64_t uik_trust_pages(void) __uik_export;

#endif
