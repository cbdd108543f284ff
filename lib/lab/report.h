/* SPDX-License-Identifier: MIT */
/*
 * A report: rows of runs, a study, a comparison, what was measured.
 *
 * Collecting (report.c, study.c, compare.c) fills it, writing (write_*.c) only
 * reads it; so every format says the same.
 */
#ifndef LAB_REPORT_H
#define LAB_REPORT_H

#include <glib.h>
#include <stdint.h>
#include <stdio.h>
#include <uiommufd/lab.h>

/* What varies in a set of rows. */
enum row_set {
	SET_RUN,		/* single runs */
	SET_POLICY,
	SET_QUEUES,
	SET_CPUS,
	SET_BATCH,
	SET_STUDY_GUEST,
	SET_STUDY_HOST,
	SET_COMPARE,		/* A and B, seed by seed */
	ROW_SETS
};

struct row {
	enum row_set set;
	const char *series;		/* interned */
	double x;
	struct uiommufd_lab_design design;
	struct uiommufd_lab_result *result; /* owned */
	double reduction;		/* studies: against the row before */
};

/* One value of the profile, halved and doubled. */
struct sensitivity {
	const char *key;
	const char *source;
	double guest[2];		/* reductions at x0.5 and x2 */
	double host[2];
};

struct band {
	double low, high;		/* of reductions */
	double got_low, got_high;
	bool inside;
};

#define SENSITIVITY_LISTS 1200	/* of each run; the other rows have more */

struct study {
	bool done;
	bool with_sensitivity;
	struct band guest;
	struct band host;
	double guest_base, host_base;	/* what sensitivity varies */
	GArray *sensitivity;		/* struct sensitivity */
	unsigned int tried;		/* values that can matter */
};

struct ratio {
	double mean, low, high;		/* 95 % confidence */
	double min, max;
};

struct comparison {
	char *name[2];			/* owned; NULL: none */
	struct uiommufd_lab_profile *profile[2]; /* copies, owned */
	struct uiommufd_lab_design design[2];
	GArray *latency;		/* double: B / A, by seed */
	GArray *throughput;
	struct ratio latency_ratio;
	struct ratio throughput_ratio;
	double pages[2];		/* an invalidation is for; 0: not known */
};

struct measured {
	char *what;
	char *policy;				/* owned; row.policy */
	struct uiommufd_lab_measured row;
};

struct uiommufd_lab_report {
	char *title;
	struct uiommufd_lab_profile *profile;	/* a copy; NULL: none yet */
	GArray *rows;				/* struct row */
	GArray *measured;			/* struct measured */
	struct study study;
	struct comparison comparison;
	bool interrupted;
};

const char *set_name(enum row_set set);
/* Takes @result.  Its trace stays with it. */
struct row *report_add(struct uiommufd_lab_report *report, enum row_set set,
		       const char *series, double x,
		       const struct uiommufd_lab_design *design,
		       struct uiommufd_lab_result *result);
void report_take_profile(struct uiommufd_lab_report *report,
			 const struct uiommufd_lab_profile *profile);
/* Runs; the watch learns that @done of @total are over.  NULL: see @error. */
struct uiommufd_lab_result *
watched_run(const struct uiommufd_lab_profile *profile,
	    const struct uiommufd_lab_design *design,
	    const struct uiommufd_lab_watch *watch, const char *what,
	    unsigned int done, unsigned int total, char **out_error);

static inline struct row *report_row(const struct uiommufd_lab_report *report,
				     guint i)
{
	return &g_array_index(report->rows, struct row, i);
}

/*
 * How many times as many pages an invalidation of B is for as one of A; 0 if it is
 * not known.  Other than 1, invalidations are not what to compare by.
 */
double comparison_pages(const struct comparison *c);
struct ratio ratio_times(const struct ratio *r, double factor);
/* Who is better, if 95 % say so. */
const char *ratio_verdict(const struct ratio *r, bool less_is_better);
/* From *@index on, the next value that differs; false when there is none. */
bool comparison_next_value(const struct comparison *c, unsigned int *index,
			   struct uiommufd_lab_value out[2]);

double row_throughput(const struct row *row);	/* M lists a second */
double row_mmio(const struct row *row, bool writes); /* a command */
double row_occupancy(const struct row *row);	/* mean, a used queue */
double row_share(const struct row *row, enum uiommufd_lab_phase phase);
double measured_throughput(const struct uiommufd_lab_measured *row);

void write_text(const struct uiommufd_lab_report *report, FILE *out);
void write_json(const struct uiommufd_lab_report *report, FILE *out);
void write_csv(const struct uiommufd_lab_report *report, FILE *out);
void write_html(const struct uiommufd_lab_report *report, FILE *out);

#endif
