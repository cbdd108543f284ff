/* SPDX-License-Identifier: MIT */
/*
 * How kernel names become library symbols.
 *
 * Kernel names exist at compile time only.  A function that the library
 * implements under the kernel's name is declared with __uik(name): its symbol
 * is uik_<name>, so that a preloaded library never interposes in a program
 * that has a function of the same name.
 */
#ifndef UIK_ABI_H
#define UIK_ABI_H

#define __uik_export __attribute__((visibility("default")))
#define __uik(name) __asm__("uik_" #name) __uik_export

#endif
