/* SPDX-License-Identifier: MIT */
/*
 * Traces of a client's calls: running them again, and making C of them.
 *
 * `uiommufd run --record FILE` writes one.  It looks like the output of
 * strace(1), and such output is read too, as far as it carries the data.
 *
 * Context: any thread.
 */
#ifndef UIOMMUFD_REPLAY_H
#define UIOMMUFD_REPLAY_H

#include <stdio.h>

#include "platform.h"

#ifdef __cplusplus
extern "C" {
#endif

struct uiommufd_replay {
	size_t size;		/* sizeof, set by the caller */
	/* The machine; NULL: the one that the trace names, else a mock. */
	const struct uiommufd_platform_config *config;
	unsigned long calls;	/* out: run */
	unsigned long differ;	/* out: with another result than recorded */
	unsigned long skipped;	/* out: on our descriptors, without the data */
};

/**
 * uiommufd_replay - run the calls of a trace and compare what they give.
 * @trace: read to its end
 * @replay: in and out
 * @report: receives a line for each difference and each call that is skipped,
 *	and at the end one that counts them; NULL: nothing
 *
 * Descriptors are those of this process, memory is put where nothing else is:
 * both are translated.  IDs, IOVAs, results, errnos and bytes are compared as
 * they are.
 *
 * Return: 0: run, look at @differ; -1 with EINVAL (not a trace; @report has the
 * line and column) or what uiommufd_platform_new() gives.
 */
int uiommufd_replay(FILE *trace, struct uiommufd_replay *replay, FILE *report)
	UIOMMUFD_API;

/**
 * uiommufd_replay_emit_c - a C program that makes the calls of a trace.
 * @trace: read to its end
 * @name: of the trace, for a comment
 * @out: receives the program; it needs this library alone and ends with 0 when
 *	every result is the recorded one
 * @report: as uiommufd_replay(), for what is left out
 *
 * Return: 0; -1 with EINVAL (not a trace).
 */
int uiommufd_replay_emit_c(FILE *trace, const char *name, FILE *out,
			   FILE *report) UIOMMUFD_API;

#ifdef __cplusplus
}
#endif

#endif
