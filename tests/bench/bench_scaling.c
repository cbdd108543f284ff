// SPDX-License-Identifier: MIT
/*
 * Two threads: how much more they do than one, on contexts of their own and on
 * one that they share.  The peers share nothing: two loops of arithmetic, and two
 * processes that make the same calls.  The second tells what processors that are
 * siblings of one core have to give to such code.
 *
 * All take turns, many times.  What processors give changes within seconds, so
 * ratios are of figures taken one right after the other, and their median counts.
 * On a machine with other work `chrt -f 40 bench_scaling` has it to itself for the
 * three seconds that it takes.  What is shared sharing.py says without any clock.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "state.h"
#include "support/mock.h"

#define CALLS 10000
#define RUNS 200

struct worker {
	pthread_t thread;
	int fd;				/* -1: the busy loop */
	pthread_barrier_t *start;
	uint64_t sum;
	double begin, end;		/* ns */
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
	w->begin = now_ns();
	if (w->fd < 0)
		busy(w);
	else
		calls(w);
	w->end = now_ns();
	return NULL;
}

/* Rounds a nanosecond of @threads workers, from the first start to the last end. */
static double rate(int threads, const int *fds)
{
	double begin = 0, end = 0;
	pthread_barrier_t start;
	struct worker w[2];

	pthread_barrier_init(&start, NULL, threads);
	for (int i = 0; i < threads; i++) {
		w[i] = (struct worker){ .fd = fds[i], .start = &start };
		pthread_create(&w[i].thread, NULL, work, &w[i]);
	}
	for (int i = 0; i < threads; i++) {
		pthread_join(w[i].thread, NULL);
		begin = i && begin < w[i].begin ? begin : w[i].begin;
		end = end > w[i].end ? end : w[i].end;
	}
	pthread_barrier_destroy(&start);
	return threads * CALLS / (end - begin);
}

/* ---- two processes ---- */

struct pair {
	pthread_barrier_t start, end;	/* of both and their parent */
	struct worker worker[2];
};

static struct pair *pair;

static void be_process(struct worker *w)
{
	struct uiommufd_platform *platform = mock_platform();

	w->fd = platform ? uiommufd_open(platform, O_RDWR) : -1;
	for (int i = 0; i < RUNS; i++) {
		pthread_barrier_wait(&pair->start);
		w->begin = now_ns();
		calls(w);
		w->end = now_ns();
		pthread_barrier_wait(&pair->end);
	}
	uiommufd_close(w->fd);
	uiommufd_platform_free(platform);
	_exit(0);
}

static void start_processes(void)
{
	pthread_barrierattr_t attr;

	pair = mmap(NULL, sizeof(*pair), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_barrierattr_init(&attr);
	pthread_barrierattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_barrier_init(&pair->start, &attr, 3);
	pthread_barrier_init(&pair->end, &attr, 3);
	for (int i = 0; i < 2; i++)
		if (!fork())
			be_process(&pair->worker[i]);
}

static double rate_of_processes(void)
{
	const struct worker *a = &pair->worker[0], *b = &pair->worker[1];
	double begin, end;

	pthread_barrier_wait(&pair->start);
	pthread_barrier_wait(&pair->end);
	begin = a->begin < b->begin ? a->begin : b->begin;
	end = a->end > b->end ? a->end : b->end;
	return 2 * CALLS / (end - begin);
}

/* ---- the comparison ---- */

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double median(double *values)
{
	qsort(values, RUNS, sizeof(*values), by_value);
	return values[RUNS / 2];
}

/* Of each run, taken one right after the other. */
static struct {
	double one[RUNS], loops[RUNS], processes[RUNS];
	double own[RUNS], own_of_loops[RUNS], own_of_processes[RUNS];
	double shared[RUNS];
} of;

static void run(int i, int a, int b)
{
	double one_busy = rate(1, (int[]){ -1 });
	double loops = rate(2, (int[]){ -1, -1 }) / one_busy;
	double one = rate(1, (int[]){ a });
	double own = rate(2, (int[]){ a, b });
	double processes = rate_of_processes();

	of.one[i] = 1 / one;
	of.loops[i] = loops;
	of.own[i] = own / one;
	of.processes[i] = processes / one;
	of.own_of_loops[i] = own / one / loops;
	of.own_of_processes[i] = own / processes;
	of.shared[i] = rate(2, (int[]){ a, a }) / one;
}

int main(void)
{
	struct uiommufd_platform *platform;
	int a, b;

	start_processes();
	platform = mock_platform();
	if (!platform)
		return 1;
	bench_state();
	a = uiommufd_open(platform, O_RDWR);
	b = uiommufd_open(platform, O_RDWR);
	for (int i = 0; i < RUNS; i++)
		run(i, a, b);
	printf("one thread: %.0f ns a pair of IOAS_ALLOC and DESTROY\n",
	       median(of.one));
	printf("%-28s %5.2fx of one\n", "two loops of arithmetic",
	       median(of.loops));
	printf("%-28s %5.2fx of one\n", "two processes", median(of.processes));
	printf("%-28s %5.2fx of one, %.2f of the loops, %.2f of the processes\n",
	       "two threads, a context each", median(of.own),
	       median(of.own_of_loops), median(of.own_of_processes));
	printf("%-28s %5.2fx of one\n", "two threads, one context",
	       median(of.shared));
	printf("goal for a context each: 0.9\n");
	uiommufd_close(a);
	uiommufd_close(b);
	uiommufd_platform_free(platform);
	while (wait(NULL) > 0)
		;
	return 0;
}
