/* SPDX-License-Identifier: MIT */
/* The class of a lock: all locks initialised at one place. */
#ifndef UIK_LINUX_LOCKDEP_TYPES_H
#define UIK_LINUX_LOCKDEP_TYPES_H

#include <linux/types.h>

/*
 * Names the class; its address is the class's identity.  A lock without one is
 * a class of its own.
 */
struct lock_class_key {
	const char *name;
};

/* A word of readers and one writer, shared by rwsem and rwlock. */
struct uik_rw {
	u64 state;			/* readers, sleeper, writer, waiting */
	unsigned long owner;		/* the writing task */
};

/* Bits of uik_rw.state that say that somebody holds; others wait. */
#define UIK_RW_READERS 0x3fffffffull
#define UIK_RW_WRITER (1ull << 31)
#define UIK_RW_HELD (UIK_RW_READERS | UIK_RW_WRITER)

/* How a held lock is held (uik_held_lock.kind). */
enum uik_held_kind {
	UIK_HELD_MUTEX = 1,
	UIK_HELD_SPIN,
	UIK_HELD_READ,		/* rwsem or rwlock, shared */
	UIK_HELD_WRITE,		/* rwsem or rwlock, exclusive */
	UIK_HELD_RWLOCK = 0x100, /* flag: a spinning lock */
};

#endif
