// SPDX-License-Identifier: MIT
/*
 * Exploring with several processes.
 *
 * Each worker is a fork of the caller with a platform of its own.  Workers draw
 * from different seeds and share the failures that the tree searches try: the
 * points are dealt out in turn.  Orders without a failure are searched by each
 * of them.  A worker sends one line of totals and, if it broke a law, its
 * trail; the first trail ends the others.
 */
#include "explore/workers.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORKERS_MAX 256

struct worker {
	pid_t pid;
	int fd;				/* reads what it sends; -1: done */
};

/* ---- in the worker ------------------------------------------------------- */

static void send(FILE *out, int ret, const struct uiommufd_explore_result *r)
{
	fprintf(out, "%d %d %llu %llu %llu %llu %d %d\n", ret,
		ret < 0 ? errno : 0, (unsigned long long)r->executions,
		(unsigned long long)r->distinct,
		(unsigned long long)r->redundant, (unsigned long long)r->steps,
		r->exhausted, r->broken != NULL);
	if (r->broken)
		uiommufd_trail_save(r->broken, out);
	fflush(out);
}

static void worker_main(const struct uiommufd_scenario *scenario,
			const struct uiommufd_explore_options *asked,
			unsigned int number, int fd)
{
	struct uiommufd_explore_options options = *asked;
	struct uiommufd_explore_result result = { .size = sizeof(result) };
	FILE *out = fdopen(fd, "w");
	int ret;

	options.workers = 1;
	if (number)
		options.progress = NULL;
	options.seed += number * 1000003ull;
	ret = explore_alone(scenario, &options, number, asked->workers,
			    &result);
	if (out)
		send(out, ret, &result);
	_exit(0);
}

/* ---- in the caller ------------------------------------------------------- */

static int start(struct worker *worker, unsigned int number,
		 const struct uiommufd_scenario *scenario,
		 const struct uiommufd_explore_options *options)
{
	int ends[2];

	if (pipe(ends))
		return -errno;
	fflush(NULL);
	worker->pid = fork();
	if (!worker->pid) {
		close(ends[0]);
		worker_main(scenario, options, number, ends[1]);
	}
	close(ends[1]);
	worker->fd = ends[0];
	if (worker->pid > 0)
		return 0;
	close(ends[0]);
	worker->fd = -1;
	return -errno;
}

/* One worker's report; its return value. */
static int receive(FILE *in, struct uiommufd_explore_result *total)
{
	unsigned long long executions, distinct, redundant, steps;
	int ret, error, exhausted, broken;

	if (fscanf(in, "%d %d %llu %llu %llu %llu %d %d\n", &ret, &error,
		   &executions, &distinct, &redundant, &steps, &exhausted,
		   &broken) != 8)
		return -ECHILD;
	total->executions += executions;
	total->distinct += distinct;
	total->redundant += redundant;
	total->steps += steps;
	total->exhausted &= exhausted;
	if (broken && !total->broken)
		total->broken = uiommufd_trail_load(in, NULL);
	return ret < 0 ? -error : ret;
}

static int finish(struct worker *worker, struct uiommufd_explore_result *total)
{
	FILE *in = fdopen(worker->fd, "r");
	int ret = in ? receive(in, total) : -errno;

	if (in)
		fclose(in);
	worker->fd = -1;
	waitpid(worker->pid, NULL, 0);
	return ret;
}

static void end_all(struct worker *workers, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		if (workers[i].fd < 0)
			continue;
		kill(workers[i].pid, SIGKILL);
		waitpid(workers[i].pid, NULL, 0);
		close(workers[i].fd);
		workers[i].fd = -1;
	}
}

/* Whoever has something to say, until all have or one has found something. */
static int wait_all(struct worker *workers, unsigned int count,
		    struct uiommufd_explore_result *total)
{
	struct pollfd fds[WORKERS_MAX];
	unsigned int left = count;
	int ret = 0;

	while (left && !ret) {
		for (unsigned int i = 0; i < count; i++)
			fds[i] = (struct pollfd){ workers[i].fd, POLLIN, 0 };
		if (poll(fds, count, -1) < 0 && errno != EINTR)
			return -errno;
		for (unsigned int i = 0; i < count && !ret; i++) {
			if (workers[i].fd < 0 || !fds[i].revents)
				continue;
			ret = finish(&workers[i], total);
			left--;
		}
	}
	return ret;
}

int explore_together(const struct uiommufd_scenario *scenario,
		     const struct uiommufd_explore_options *options,
		     struct uiommufd_explore_result *result)
{
	struct worker workers[WORKERS_MAX];
	unsigned int count = 0;
	int ret = 0;

	result->exhausted = true;
	for (; count < options->workers && !ret; count++)
		ret = start(&workers[count], count, scenario, options);
	if (!ret)
		ret = wait_all(workers, count, result);
	end_all(workers, count);
	if (ret == 1 && result->broken)
		result->exhausted = false;
	/* What it did is recorded here: the worker's addresses are its own. */
	if (result->broken)
		uiommufd_explore_replay(scenario, options, result->broken);
	return ret;
}
