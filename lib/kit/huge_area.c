/* SPDX-License-Identifier: MIT */
/*
 * Memory of the client that is taken for huge pages.
 *
 * Process-wide door: a small table of ranges.  Asked only when a count of pins
 * does not fit, so it is searched from end to end.
 */
#include <pthread.h>
#include <uik/pin.h>

#include "kit/fork.h"

#define AREAS_MAX 256

unsigned int uik_huge_areas;

static pthread_mutex_t areas_lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
	uintptr_t start;
	uintptr_t end;
} areas[AREAS_MAX];

FORK_LOCK(areas_lock)

/* More than fit are ordinary memory. */
static void add_locked(uintptr_t start, uintptr_t end)
{
	if (start >= end || uik_huge_areas == AREAS_MAX)
		return;
	areas[uik_huge_areas].start = start;
	areas[uik_huge_areas].end = end;
	__atomic_store_n(&uik_huge_areas, uik_huge_areas + 1,
			 __ATOMIC_RELAXED);
}

void uik_huge_add(uintptr_t start, size_t length)
{
	pthread_mutex_lock(&areas_lock);
	add_locked(start, start + length);
	pthread_mutex_unlock(&areas_lock);
}

void uik_huge_remove(uintptr_t start, size_t length)
{
	uintptr_t end = start + length, was_start, was_end;
	unsigned int i;

	pthread_mutex_lock(&areas_lock);
	for (i = uik_huge_areas; i--;) {
		was_start = areas[i].start;
		was_end = areas[i].end;
		if (was_end <= start || was_start >= end)
			continue;
		areas[i] = areas[uik_huge_areas - 1];
		__atomic_store_n(&uik_huge_areas, uik_huge_areas - 1,
				 __ATOMIC_RELAXED);
		add_locked(was_start, start);
		add_locked(end, was_end);
	}
	pthread_mutex_unlock(&areas_lock);
}

bool uik_huge_covers(uintptr_t at)
{
	bool found = false;
	unsigned int i;

	if (!__atomic_load_n(&uik_huge_areas, __ATOMIC_RELAXED))
		return false;
	pthread_mutex_lock(&areas_lock);
	for (i = 0; i < uik_huge_areas && !found; i++)
		found = at >= areas[i].start && at < areas[i].end;
	pthread_mutex_unlock(&areas_lock);
	return found;
}
