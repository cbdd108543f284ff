/* SPDX-License-Identifier: MIT */
/*
 * The command line of uiommufd vcmdq.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <glib.h>

#include "inject.h"

#define NOT_GIVEN G_MININT

struct options {
	/* what to do; none: measure */
	gboolean predict;
	char *study;
	char *compare[2];
	/* input */
	char **load;
	char *replay;
	char *profile;
	/* output */
	char *json;
	char *csv;
	char *report;
	char *trace;
	gboolean quiet;
	/* machine; NOT_GIVEN until options_parse() is through */
	int vintfs;
	int vcmdqs;
	int sids;
	int devices;
	int entries;
	int queues;
	int commands;
	int seed;
	gboolean dump;
	char **specs;
	int random_faults;
	struct inject inject;
	/* prediction; NOT_GIVEN leaves what a file says */
	char *policy;
	char *workload;
	int cpus;
	int vms;
	int pages;
	int batch;
	int lists;
	int illegal_ppm;
	int gaps_percent;
	int seeds;
	gboolean no_sensitivity;
};

/* FALSE: the option that is wrong was named on stderr. */
gboolean options_parse(struct options *o, int *argc, char ***argv);
void options_fini(struct options *o);

/* Measure a policy, not a guest's whole machine. */
gboolean options_measure_policy(const struct options *o);

/* -1 if @n is no power of two. */
int log2_of(int n);

#endif
