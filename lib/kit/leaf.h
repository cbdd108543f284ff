/* SPDX-License-Identifier: MIT */
/*
 * Process-wide locks under which the kernel's words are used, lists say.
 *
 * They are leaves of libc, which no explorer knows: while one is held another
 * fiber of the same thread would wait for it for ever.  So what is done under
 * one has no schedule points: it is one step.
 */
#ifndef KIT_LEAF_H
#define KIT_LEAF_H

#include <pthread.h>

/* How many this thread holds. */
extern __thread unsigned int leaf_depth __attribute__((visibility("hidden")));

static inline void leaf_lock(pthread_mutex_t *lock)
{
	pthread_mutex_lock(lock);
	leaf_depth++;
}

static inline void leaf_unlock(pthread_mutex_t *lock)
{
	leaf_depth--;
	pthread_mutex_unlock(lock);
}

#endif
