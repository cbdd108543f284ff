/* SPDX-License-Identifier: MIT */
/* The table of descriptor numbers, for those who ask on every call. */
#ifndef KIT_NUMBER_H
#define KIT_NUMBER_H

#include <stdbool.h>

struct file;

#define NUMBERS_MAX 65536u

extern struct file *uik_numbers[NUMBERS_MAX];	/* atomic; file.c's */

/* Numbers that the library keeps for itself; a bit each, atomic. */
extern unsigned long uik_internal[NUMBERS_MAX / 64];

static inline bool number_is_internal(unsigned int fd)
{
	return fd < NUMBERS_MAX &&
	       __atomic_load_n(&uik_internal[fd / 64], __ATOMIC_RELAXED) >>
			       fd % 64 & 1;
}

static inline void number_set_internal(unsigned int fd, bool internal)
{
	unsigned long bit = 1ul << fd % 64;

	if (fd >= NUMBERS_MAX)
		return;
	if (internal)
		__atomic_fetch_or(&uik_internal[fd / 64], bit,
				  __ATOMIC_RELAXED);
	else
		__atomic_fetch_and(&uik_internal[fd / 64], ~bit,
				   __ATOMIC_RELAXED);
}

/* Whether a number leads to one of our files. */
static inline bool number_is_ours(int fd)
{
	return (unsigned int)fd < NUMBERS_MAX &&
	       __atomic_load_n(&uik_numbers[fd], __ATOMIC_RELAXED);
}

#endif
