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

/* The bits of uik_rw.state that say that somebody holds. */
#define UIK_RW_HELD 0xbfffffffull

/* How a held lock is held (uik_held_lock.kind). */
enum uik_held_kind {
	UIK_HELD_MUTEX = 1,
	UIK_HELD_SPIN,
	UIK_HELD_READ,		/* rwsem or rwlock, shared */
	UIK_HELD_WRITE,		/* rwsem or rwlock, exclusive */
	UIK_HELD_RWLOCK = 0x100, /* flag: a spinning lock */
};

#endif
