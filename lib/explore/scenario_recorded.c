// SPDX-License-Identifier: MIT
/*
 * The largest model there is: a Linux kernel, whose answers were recorded.
 *
 * The conformance client makes its calls in a child process, on a machine of
 * its own, and prints a line for each; every line must be the one that the
 * kernel gave.  What is kept of the recordings is a hash of each line.
 *
 * Nothing is decided here, so a scenario has one execution.  It says less of a
 * cause than the others do, and comes last.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <uik/file.h>
#include <uik/hook.h>
#include <unistd.h>

#include "explore/scenarios.h"

struct transcript {
	const char *profile;
	const char *seed;
	const char *calls;
	const uint32_t *hash;		/* of each line */
	unsigned int lines;
};

#include <recorded_lines.h>

#define TRANSCRIPTS (sizeof(transcripts) / sizeof(transcripts[0]))

/* tests/conformance. */
int conform_main(int argc, char **argv);
int conform_audit(void);
extern bool conform_keeps_handlers;

#define LINE_MAX 4096
#define CONTEXT 3

/* What the child has printed so far. */
struct output {
	int fd;
	char taken[4096];		/* from the pipe */
	size_t at, count;
	unsigned int lines;		/* that are no comments */
	size_t used;
	char line[LINE_MAX];
	char before[CONTEXT][160];	/* lines before it, in turn */
};

static uint32_t hash(const char *text)
{
	uint32_t value = 0x811c9dc5;

	for (; *text; text++)
		value = (value ^ (uint8_t)*text) * 0x01000193;
	return value;
}

static void *client(void *arg)
{
	const struct transcript *transcript = arg;
	char *argv[] = {
		"conform", "-p", (char *)transcript->profile, "-s",
		(char *)transcript->seed, "-n", (char *)transcript->calls, NULL
	};

	_exit(conform_main(7, argv) ? 2 : conform_audit());
}

/* What the process has open beside the pipe would shift the client's numbers. */
static void close_others(int fd)
{
	for (int i = STDERR_FILENO + 1; i < 1024; i++)
		if (i != fd)
			close(i);
}

/* In the child: plain execution on a plain thread, no explorer. */
static void play(const struct transcript *transcript, int fd)
{
	pthread_t thread;

	conform_keeps_handlers = true;
	uik_fd_virtual(false);
	uik_hooks_install(NULL);
	uik_fail_armed = 0;
	close_others(fd);
	dup2(fd, STDOUT_FILENO);
	close(fd);
	if (!freopen("/dev/null", "w", stderr) ||
	    pthread_create(&thread, NULL, client, (void *)transcript))
		_exit(2);
	pthread_join(thread, NULL);
	_exit(2);
}

/* The next byte of the child's; -1 at the end. */
static int next_byte(struct uiommufd_run *run, struct output *output)
{
	ssize_t got = 1;

	if (output->at == output->count) {
		/* The explorer looks now and then whether we go on: we do. */
		while ((got = read(output->fd, output->taken,
				   sizeof(output->taken))) < 0 &&
		       errno == EINTR)
			uiommufd_run_yield(run, NULL, false);
		output->at = 0;
		output->count = got > 0 ? got : 0;
	}
	return got > 0 ? (uint8_t)output->taken[output->at++] : -1;
}

/* The next line that is no comment, without its end; NULL at the end. */
static const char *next_line(struct uiommufd_run *run, struct output *output)
{
	for (;;) {
		int c = next_byte(run, output);

		if (c < 0)
			return NULL;
		if (c != '\n') {
			if (output->used < LINE_MAX - 1)
				output->line[output->used++] = c;
			continue;
		}
		output->line[output->used] = '\0';
		output->used = 0;
		if (output->line[0] != '#')
			return output->line;
	}
}

static void complain(struct uiommufd_run *run, const struct output *output,
		     const struct transcript *transcript)
{
	char text[CONTEXT * 160 + 8] = "";

	for (unsigned int i = 0; i < CONTEXT; i++) {
		strcat(text, output->before[(output->lines + i) % CONTEXT]);
		strcat(text, "\n");
	}
	uiommufd_run_break(run, "recorded",
			   "%s, seed %s, call %u: Linux does not say\n%s\nafter\n%s",
			   transcript->profile, transcript->seed,
			   output->lines + 1, output->line, text);
}

static void compare(struct uiommufd_run *run, struct output *output,
		    const struct transcript *transcript)
{
	while (output->lines < transcript->lines) {
		const char *line = next_line(run, output);

		if (!line) {
			snprintf(output->line, LINE_MAX, "(nothing)");
			complain(run, output, transcript);
		}
		if (hash(output->line) != transcript->hash[output->lines])
			complain(run, output, transcript);
		snprintf(output->before[output->lines % CONTEXT],
			 sizeof(output->before[0]), "%.150s", output->line);
		output->lines++;
		/* A step: it goes on. */
		uiommufd_run_yield(run, NULL, false);
	}
}

static void replay(struct uiommufd_run *run,
		   const struct transcript *transcript)
{
	struct output output = { .fd = -1 };
	int pipe_fd[2], status = 0;
	pid_t child;

	if (pipe(pipe_fd))
		return;
	child = fork();
	if (!child) {
		close(pipe_fd[0]);
		play(transcript, pipe_fd[1]);
	}
	close(pipe_fd[1]);
	output.fd = pipe_fd[0];
	if (child > 0)
		compare(run, &output, transcript);
	close(pipe_fd[0]);
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		uiommufd_run_yield(run, NULL, false);
	if (child > 0 && status)
		uiommufd_run_break(run, "recorded",
				   "%s, seed %s: something is left at the end",
				   transcript->profile, transcript->seed);
}

/* ---- one scenario for each profile of the client ---- */

static void replay_profile(struct uiommufd_run *run, const char *profile)
{
	unsigned int seeds = 0, seed;

	for (size_t i = 0; i < TRANSCRIPTS; i++)
		seeds += !strcmp(transcripts[i].profile, profile);
	seed = uiommufd_run_choose(run, seeds);
	for (size_t i = 0; i < TRANSCRIPTS; i++)
		if (!strcmp(transcripts[i].profile, profile) && !seed--)
			replay(run, &transcripts[i]);
}

#define PROFILE(profile) \
	static void replay_##profile(struct uiommufd_run *run, void *state) \
	{ \
		replay_profile(run, #profile); \
	} \
	static const struct uiommufd_scenario recorded_##profile = { \
		.name = "recorded-" #profile, \
		.summary = "answers are those that Linux gave: " #profile, \
		.thread = { replay_##profile }, \
		.state_bytes = 8, \
		.flags = SCENARIO_FROM_START,	/* a process */ \
	}

PROFILE(core);
PROFILE(ioas);
PROFILE(hwpt);
PROFILE(dirty);
PROFILE(access);
PROFILE(fault);
PROFILE(pasid);
PROFILE(viommu);
PROFILE(vfio);
PROFILE(mixed);

const struct uiommufd_scenario *const scenarios_recorded[] = {
	&recorded_core, &recorded_ioas, &recorded_hwpt, &recorded_dirty,
	&recorded_access, &recorded_fault, &recorded_pasid, &recorded_viommu,
	&recorded_vfio, &recorded_mixed, NULL
};
