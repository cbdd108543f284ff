/* SPDX-License-Identifier: MIT */
/*
 * Spinning locks with one writer or many readers.  A reader waits while a
 * writer holds or waits; so a task must not take the same lock for reading
 * twice.  Otherwise as <linux/spinlock.h>.
 */
#ifndef UIK_LINUX_RWLOCK_H
#define UIK_LINUX_RWLOCK_H

#include <linux/compiler.h>
#include <linux/spinlock_types.h>
#include <uik/abi.h>

void __rwlock_init(rwlock_t *lock, const char *name, struct lock_class_key *key)
	__uik(rwlock_init);
#define rwlock_init(lock) \
	do { \
		static struct lock_class_key uik_key = { .name = #lock }; \
		__rwlock_init((lock), #lock, &uik_key); \
	} while (0)

void read_lock(rwlock_t *lock) __uik(read_lock);
void read_unlock(rwlock_t *lock) __uik(read_unlock);
void write_lock(rwlock_t *lock) __uik(write_lock);
void write_unlock(rwlock_t *lock) __uik(write_unlock);
/* Return: 1 if taken, else 0. */
int read_trylock(rwlock_t *lock) __uik(read_trylock);
int write_trylock(rwlock_t *lock) __uik(write_trylock);
#define read_trylock_irqsave(lock, flags) \
	({ \
		(flags) = 0; \
		read_trylock(lock); \
	})
#define write_trylock_irqsave(lock, flags) \
	({ \
		(flags) = 0; \
		write_trylock(lock); \
	})

#define read_lock_irq(lock) read_lock(lock)
#define read_unlock_irq(lock) read_unlock(lock)
#define write_lock_irq(lock) write_lock(lock)
#define write_unlock_irq(lock) write_unlock(lock)
#define read_lock_bh(lock) read_lock(lock)
#define read_unlock_bh(lock) read_unlock(lock)
#define write_lock_bh(lock) write_lock(lock)
#define write_unlock_bh(lock) write_unlock(lock)
#define read_lock_irqsave(lock, flags) \
	do { \
		(flags) = 0; \
		read_lock(lock); \
	} while (0)
#define read_unlock_irqrestore(lock, flags) \
	do { \
		(void)(flags); \
		read_unlock(lock); \
	} while (0)
#define write_lock_irqsave(lock, flags) \
	do { \
		(flags) = 0; \
		write_lock(lock); \
	} while (0)
#define write_unlock_irqrestore(lock, flags) \
	do { \
		(void)(flags); \
		write_unlock(lock); \
	} while (0)

#endif
