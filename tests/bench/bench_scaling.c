// SPDX-License-Identifier: MIT
/*
 * Two threads: how much more they do than one, on contexts of their own and on
 * one that they share.  The peer is a loop that shares nothing: what two of it
 * reach is what this machine has to give.
 *
 * The three take turns, many times; the best of each counts.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "state.h"
#include "support/mock.h"

#define CALLS 100000
#define RUNS 15

struct worker {
	pthread_t thread;
	int fd;				/* -1: the busy loop */
	pthread_barrier_t *start;
	uint64_t sum;
};

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static void busy(struct worker *w)
{
	uint64_t x = 88172645463325252ull;

	for (int i = 0; i < CALLS * 50; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
	}
	w->sum = x;
}

static void calls(struct worker *w)
{
	for (int i = 0; i < CALLS; i++) {
		uint32_t id;

		if (mock_ioas(w->fd, &id) || mock_destroy(w->fd, id))
			abort();
	}
}

static void *work(void *arg)
{
	struct worker *w = arg;

	pthread_barrier_wait(w->start);
	if (w->fd < 0)
		busy(w);
	else
		calls(w);
	return NULL;
}

/* Rounds a nanosecond of @threads workers together. */
static double rate(int threads, const int *fds)
{
	pthread_barrier_t start;
	struct worker w[2] = { 0 };
	double begin;

	pthread_barrier_init(&start, NULL, threads + 1);
	for (int i = 0; i < threads; i++) {
		w[i] = (struct worker){ .fd = fds[i], .start = &start };
		pthread_create(&w[i].thread, NULL, work, &w[i]);
	}
	pthread_barrier_wait(&start);
	begin = now_ns();
	for (int i = 0; i < threads; i++)
		pthread_join(w[i].thread, NULL);
	pthread_barrier_destroy(&start);
	return threads * CALLS / (now_ns() - begin);
}

static void improve(double *best, double now)
{
	if (now > *best)
		*best = now;
}

int main(void)
{
	struct uiommufd_platform *platform = mock_platform();
	int a, b;
	double one = 0, one_busy = 0, two_busy = 0, own = 0, shared = 0;

	if (!platform)
		return 1;
	bench_state();
	a = uiommufd_open(platform, O_RDWR);
	b = uiommufd_open(platform, O_RDWR);
	for (int i = 0; i < RUNS; i++) {
		improve(&one_busy, rate(1, (int[]){ -1 }));
		improve(&two_busy, rate(2, (int[]){ -1, -1 }));
		improve(&one, rate(1, (int[]){ a }));
		improve(&own, rate(2, (int[]){ a, b }));
		improve(&shared, rate(2, (int[]){ a, a }));
	}
	printf("1 thread: %.0f ns a pair of IOAS_ALLOC and DESTROY\n", 1 / one);
	printf("2 busy loops %28.2fx of one\n", two_busy / one_busy);
	printf("2 threads, a context each %15.2fx of one, "
	       "%.2f of the busy loops (goal 0.9)\n", own / one,
	       own / one / (two_busy / one_busy));
	printf("2 threads, one context %18.2fx of one, "
	       "%.2f of the busy loops\n", shared / one,
	       shared / one / (two_busy / one_busy));
	uiommufd_close(a);
	uiommufd_close(b);
	uiommufd_platform_free(platform);
	return 0;
}
