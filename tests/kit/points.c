/* SPDX-License-Identifier: MIT */
/*
 * With UIOMMUFD_TEST_POINTS in its environment, a test of the kit runs with hooks
 * installed: its laws hold the same, and each point is whole.  A program that
 * meets no point, or a bad one, fails.
 */
#include "kit_test.h"

#include <uik/hook.h>

static unsigned int seen;	/* atomic; points of all tasks */

static bool is_whole(const struct uik_point *point)
{
	/* A client may give any address for its memory. */
	bool may_be_null = point->kind == UIK_POINT_ALLOC ||
			   point->kind == UIK_POINT_SLEEP ||
			   point->kind == UIK_POINT_COPY;

	return point->kind < UIK_POINT_NR && point->site &&
	       (point->addr || may_be_null) &&
	       (!point->ready || point->kind == UIK_POINT_LOCK);
}

static void look(const struct uik_point *point)
{
	__atomic_fetch_add(&seen, 1, __ATOMIC_RELAXED);
	/* On any thread, at any place: there is no test to go back to. */
	if (!is_whole(point))
		abort();
	if (point->ready)
		point->ready(point->arg);
}

static const struct uik_hooks looker = { .point = look };

static __attribute__((constructor)) void watch(void)
{
	if (getenv("UIOMMUFD_TEST_POINTS"))
		uik_hooks_install(&looker);
}

static __attribute__((destructor)) void report(void)
{
	if (getenv("UIOMMUFD_TEST_POINTS") && !seen)
		abort();
}
