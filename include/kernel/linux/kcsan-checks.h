/* SPDX-License-Identifier: MIT */
/*
 * Plain accesses to memory that threads share.
 *
 * An explorer that is installed sees whether anything orders such an access
 * and the last one of another thread of which one was a write; if nothing does
 * (no lock, atomic, release and acquire), that is a data race, whatever the
 * values were.  Nobody installed: a predictable branch.
 *
 * Unlike in Linux, where the compiler instruments every access, only what is
 * annotated is looked at; @ptr stands for all that one lock protects.
 */
#ifndef LINUX_KCSAN_CHECKS_H
#define LINUX_KCSAN_CHECKS_H

#include <uik/hook.h>
#include <uik/plain.h>

/**
 * kcsan_check_read - what @ptr points to is about to be read plainly.
 * Context: any.
 */
static inline __attribute__((always_inline)) void
kcsan_check_read(const volatile void *ptr, size_t size)
{
	uik_point(UIK_POINT_LOAD, (const void *)ptr, size | UIK_PLAIN, false);
}

/**
 * kcsan_check_write - what @ptr points to is about to be written plainly.
 * Context: any.
 */
static inline __attribute__((always_inline)) void
kcsan_check_write(const volatile void *ptr, size_t size)
{
	uik_point(UIK_POINT_STORE, (const void *)ptr, size | UIK_PLAIN, true);
}

#endif
