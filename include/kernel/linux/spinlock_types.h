/* SPDX-License-Identifier: MIT */
/* Layout of the spinning locks. */
#ifndef UIK_LINUX_SPINLOCK_TYPES_H
#define UIK_LINUX_SPINLOCK_TYPES_H

#include <linux/lockdep_types.h>
#include <linux/types.h>

typedef struct spinlock {
	unsigned long owner;		/* task | someone sleeps */
	struct lock_class_key *key;	/* borrowed for ever; may be NULL */
} spinlock_t;

typedef struct spinlock raw_spinlock_t;

typedef struct {
	struct uik_rw rw;
	struct lock_class_key *key;	/* borrowed for ever; may be NULL */
} rwlock_t;

#define __SPIN_LOCK_UNLOCKED(name) { .owner = 0, .key = NULL }
#define __RAW_SPIN_LOCK_UNLOCKED(name) __SPIN_LOCK_UNLOCKED(name)
#define __RW_LOCK_UNLOCKED(name) { .key = NULL }
#define DEFINE_SPINLOCK(name) spinlock_t name = __SPIN_LOCK_UNLOCKED(name)
#define DEFINE_RAW_SPINLOCK(name) \
	raw_spinlock_t name = __SPIN_LOCK_UNLOCKED(name)
#define DEFINE_RWLOCK(name) rwlock_t name = __RW_LOCK_UNLOCKED(name)

#endif
