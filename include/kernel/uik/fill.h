/* SPDX-License-Identifier: MIT */
/*
 * What fresh memory is filled with where blocks are watched: whoever runs the
 * same thing under two patterns and gets two results has used bytes that
 * nobody has set.
 */
#ifndef UIK_FILL_H
#define UIK_FILL_H

#include <uik/abi.h>

#define UIK_FILL_FRESH 0x5a

/* The pattern, and another from now on. */
unsigned char uik_fill_fresh(void) __uik_export;
void uik_fill_fresh_set(unsigned char pattern) __uik_export;

#endif
