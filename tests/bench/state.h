/* SPDX-License-Identifier: MIT */
/*
 * Says loudly when what is measured is not what the goals are about: a release
 * build in which nothing watches, on a machine that does nothing else.
 *
 * Hooks, laws and traces come in through the environment only, so that is
 * where they are looked for; a benchmark itself installs none.
 */
#ifndef BENCH_STATE_H
#define BENCH_STATE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef __has_feature
#define BENCH_HAS(feature) __has_feature(feature)
#else
#define BENCH_HAS(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || \
	BENCH_HAS(address_sanitizer) || BENCH_HAS(thread_sanitizer)
#define BENCH_SANITIZED 1
#else
#define BENCH_SANITIZED 0
#endif

static inline void bench_loud(int *lines, const char *what, const char *value)
{
	printf("*** NOT COMPARABLE WITH THE GOALS: %s%s%s\n", what,
	       *value ? ": " : "", value);
	++*lines;
}

/* Others at work: what threads do together cannot be measured. */
static inline void bench_load(int *lines)
{
	double load;
	char text[64];

	if (getloadavg(&load, 1) != 1 || load < 1)
		return;
	snprintf(text, sizeof(text), "%.1f on %ld processors", load,
		 sysconf(_SC_NPROCESSORS_ONLN));
	bench_loud(lines, "load average", text);
}

/* One line for each thing that is on; returns how many. */
static inline int bench_state(void)
{
	/* Those of uiommufd(7) that make the library do more. */
	static const char *const watchers[] = {
		"UIOMMUFD_DEBUG", "UIOMMUFD_GRAPH", "UIOMMUFD_GRAPH_SIGNAL",
		"UIOMMUFD_EXPLAIN", "UIOMMUFD_TRACE", "LD_PRELOAD",
	};
	int lines = 0;

	if (strcmp(BENCH_BUILDTYPE, "release"))
		bench_loud(&lines, "not a release build", BENCH_BUILDTYPE);
	if (BENCH_SANITIZED)
		bench_loud(&lines, "built with a sanitizer", "");
	for (size_t i = 0; i < sizeof(watchers) / sizeof(*watchers); i++) {
		const char *value = getenv(watchers[i]);

		if (value && *value)
			bench_loud(&lines, watchers[i], value);
	}
	bench_load(&lines);
	fflush(stdout);
	return lines;
}

/* The last columns of a row: the peer of the same run, and the goal. */
static inline void bench_against(double ns, const char *peer, double peer_ns,
				 double goal_ns)
{
	printf("%6.2fx %s, goal %.0f ns%s\n", ns / peer_ns, peer, goal_ns,
	       ns < goal_ns ? "" : ": MISSED");
}

#endif
