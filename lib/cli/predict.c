// SPDX-License-Identifier: MIT
/*
 * Predicting: options to designs, reports to files.
 */
#include "predict.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "forward.h"

/* Everything a predicting run borrows from. */
struct job {
	const struct options *o;
	struct uiommufd_lab_stream stream;
	struct forward forward;
	struct progress progress;
	struct uiommufd_lab_watch watch;
	uiommufd_lab_report *report;	/* owned */
};

/* --- files ------------------------------------------------------------------*/

static gboolean cannot(const char *option, const char *path)
{
	complain(0, "vcmdq: --%s: %s: %s", option, path, g_strerror(errno));
	return FALSE;
}

static FILE *open_for(const char *option, const char *path)
{
	FILE *out = fopen(path, "w");

	if (!out)
		cannot(option, path);
	return out;
}

/* @rc: what writing it gave. */
static gboolean close_after(FILE *out, int rc, const char *option,
			    const char *path)
{
	if (fclose(out) || rc)
		return cannot(option, path);
	return TRUE;
}

static gboolean write_as(const uiommufd_lab_report *report, const char *option,
			 const char *path, enum uiommufd_lab_format format)
{
	FILE *out = path ? open_for(option, path) : NULL;

	if (!out)
		return !path;
	return close_after(out, uiommufd_lab_report_write(report, format, out),
			   option, path);
}

gboolean trace_to_file(const struct uiommufd_lab_trace *trace,
		       const char *path)
{
	FILE *out;

	if (!path || !trace)
		return TRUE;
	out = open_for("trace", path);
	return out && close_after(out, uiommufd_lab_trace_save(trace, out),
				  "trace", path);
}

gboolean json_to_file(const struct report *report, const char *path)
{
	/* In place: PATH may be a device, a pipe or a link. */
	FILE *out = path ? open_for("json", path) : NULL;

	if (!out)
		return !path;
	return close_after(out, report_write_json(report, out), "json", path);
}

/* One file that cannot be written does not cost the others. */
static gboolean write_all(const struct job *job)
{
	const struct options *o = job->o;
	gboolean ok;

	if (!o->quiet)
		uiommufd_lab_report_write(job->report, UIOMMUFD_LAB_TEXT,
					  stdout);
	ok = write_as(job->report, "json", o->json, UIOMMUFD_LAB_JSON);
	ok &= write_as(job->report, "csv", o->csv, UIOMMUFD_LAB_CSV);
	ok &= write_as(job->report, "report", o->report, UIOMMUFD_LAB_HTML);
	return ok;
}

/* --- designs ------------------------------------------------------------------*/

static int bad(const char *option, char *error)
{
	complain(0, "vcmdq: %s%s%s", option, *option ? ": " : "",
		 error ? error : "?");
	free(error);
	return EXIT_USAGE;
}

/* The laboratory names a member: the option has dashes. */
static int bad_design(char *error)
{
	for (char *at = error; at && *at && *at != ':'; at++)
		if (*at == '_')
			*at = '-';
	complain(0, "vcmdq: --%s", error ? error : "?");
	free(error);
	return EXIT_USAGE;
}

static void take(unsigned int *member, int value)
{
	if (value != NOT_GIVEN)
		*member = value;
}

static void take_options(struct uiommufd_lab_design *design,
			 const struct options *o)
{
	if (o->policy)
		design->policy = o->policy;
	if (o->workload)
		design->workload = o->workload;
	else if (o->replay)
		design->workload = "replay";
	take(&design->cpus, o->cpus);
	take(&design->queues, o->queues);
	take(&design->vms, o->vms);
	take(&design->pages, o->pages);
	take(&design->batch, o->batch);
	take(&design->entries, o->entries);
	take(&design->lists, o->lists);
	take(&design->illegal_ppm, o->illegal_ppm);
	take(&design->gaps_percent, o->gaps_percent);
	design->seed = o->seed;
	design->trace = o->trace != NULL;
}

static GArray *synthetic_sids(void)
{
	GArray *sids = g_array_new(FALSE, FALSE, sizeof(uint32_t));

	for (uint32_t sid = 1; sid <= 16; sid++)
		g_array_append_val(sids, sid);
	return sids;
}

/* Trapped commands are the real driver's to judge. */
static gboolean add_driver(struct job *job, const struct stream *stream,
			   struct uiommufd_lab_design *design)
{
	const struct uiommufd_lab_policy *policy =
		uiommufd_lab_policy_find(design->policy);
	g_autoptr(GArray) sids = NULL;

	if (!policy || !policy->guest)
		return TRUE;
	if (!job->forward.platform) {
		sids = strcmp(design->workload, "replay") ?
			       synthetic_sids() : stream_sids(stream, 16);
		if (!forward_open(&job->forward, sids))
			return FALSE;
	}
	design->driver = &job->forward.driver;
	return TRUE;
}

static void borrow_stream(struct job *job, const struct stream *stream)
{
	job->stream = (struct uiommufd_lab_stream){
		.name = stream->name,
		.commands = (const uint64_t (*)[2])(void *)stream->commands,
		.count = stream->count,
		.doorbells = stream->doorbells,
		.cpus = stream->cpus,
		.gaps_us = stream->gaps_us,
		.doorbell_count = stream->doorbell_count,
	};
}

static void job_open(struct job *job, const struct options *o,
		     const struct stream *stream, const char *title)
{
	*job = (struct job){ .o = o,
			     .report = uiommufd_lab_report_new(title) };
	borrow_stream(job, stream);
	progress_init(&job->progress, !o->quiet);
	job->watch = progress_watch(&job->progress);
}

static int job_close(struct job *job, int status)
{
	progress_end(&job->progress);
	if (!forward_close(&job->forward) && !status)
		status = EXIT_UNCLEAN;
	uiommufd_lab_report_free(job->report);
	return status;
}

/* --- modes --------------------------------------------------------------------*/

/* The run, and for a page or table what is around it. */
static int run_one(struct job *job, const uiommufd_lab_profile *profile,
		   const struct uiommufd_lab_design *design)
{
	const struct uiommufd_lab_result *result;
	char *error = NULL;
	gboolean ok;

	result = uiommufd_lab_report_run(job->report, profile, design,
					 &job->watch, &error);
	if (!result)
		return bad("--predict", error);
	ok = trace_to_file(result->trace, job->o->trace);
	if (!result->partial && (job->o->report || job->o->csv)) {
		struct uiommufd_lab_design around = *design;

		around.trace = false;
		if (uiommufd_lab_report_sweep(job->report, profile, &around,
					      &job->watch, &error) < 0)
			return bad("--predict", error);
	}
	progress_end(&job->progress);
	return write_all(job) && ok ? EXIT_CLEAN : EXIT_UNCLEAN;
}

/* What the options say of a design; an exit status. */
static int make_design(struct job *job, const struct stream *stream,
		       struct uiommufd_lab_design *design)
{
	const char *path = job->o->profile;
	struct uiommufd_lab_design in_file;
	char *error = NULL;

	uiommufd_lab_design_init(design);
	if (uiommufd_lab_design_load(path, design, &error))
		return bad("--profile", error);
	design->stream = &job->stream;
	in_file = *design;
	take_options(design, job->o);
	if (uiommufd_lab_design_check(design, &error))
		return path && uiommufd_lab_design_check(&in_file, NULL) ?
			       bad(path, error) : bad_design(error);
	if (!add_driver(job, stream, design))
		return complain(EXIT_UNCLEAN, "vcmdq: no machine for trapped "
				"commands");
	return EXIT_CLEAN;
}

static int measure_one(const struct options *o, const struct stream *stream)
{
	struct uiommufd_lab_design design;
	char *error = NULL;
	struct job job;
	int status;

	job_open(&job, o, stream, "A policy on this machine");
	status = make_design(&job, stream, &design);
	if (!status &&
	    uiommufd_lab_report_measure(job.report, &design, &job.watch,
					&error) < 0)
		status = complain(EXIT_UNCLEAN, "vcmdq: %s", error);
	progress_end(&job.progress);
	free(error);
	if (!status && !write_all(&job))
		status = EXIT_UNCLEAN;
	return job_close(&job, status);
}

static int predict_one(const struct options *o, const struct stream *stream,
		       const uiommufd_lab_profile *profile)
{
	struct uiommufd_lab_design design;
	struct job job;
	int status;

	job_open(&job, o, stream, "What these command queues would do");
	status = make_design(&job, stream, &design);
	if (!status)
		status = run_one(&job, profile, &design);
	return job_close(&job, status);
}

static int study(const struct options *o, const struct stream *stream,
		 const uiommufd_lab_profile *profile)
{
	char *error = NULL;
	struct job job;
	int rc;

	job_open(&job, o, stream, "Command queues against published figures");
	rc = uiommufd_lab_report_study(job.report, profile, o->seed,
				       !o->no_sensitivity, &job.watch, &error);
	progress_end(&job.progress);
	if (rc < 0)
		return job_close(&job, bad("--study", error));
	if (!write_all(&job))
		rc = 1;
	return job_close(&job, rc ? EXIT_UNCLEAN : EXIT_CLEAN);
}

struct side {
	uiommufd_lab_profile *profile;		/* owned */
	struct uiommufd_lab_design design;
};

static int load_side(struct job *job, const struct stream *stream,
		     const char *path, struct side *side)
{
	char *error = NULL;

	uiommufd_lab_design_init(&side->design);
	side->profile = uiommufd_lab_profile_load(path, &error);
	if (!side->profile ||
	    uiommufd_lab_design_load(path, &side->design, &error))
		return bad("--compare", error);
	side->design.seed = job->o->seed;
	side->design.stream = &job->stream;
	take(&side->design.queues, job->o->queues);
	take(&side->design.entries, job->o->entries);
	if (uiommufd_lab_design_check(&side->design, &error))
		return bad(path, error);
	return add_driver(job, stream, &side->design) ? EXIT_CLEAN :
							EXIT_UNCLEAN;
}

static int compare_sides(struct job *job, struct side side[2])
{
	const struct options *o = job->o;
	const struct uiommufd_lab_side a = { o->compare[0], side[0].profile,
					     &side[0].design };
	const struct uiommufd_lab_side b = { o->compare[1], side[1].profile,
					     &side[1].design };
	char *error = NULL;
	int rc = uiommufd_lab_report_compare(job->report, &a, &b, o->seeds,
					     &job->watch, &error);

	progress_end(&job->progress);
	if (rc < 0)
		return bad("--compare", error);
	return write_all(job) ? EXIT_CLEAN : EXIT_UNCLEAN;
}

static int compare(const struct options *o, const struct stream *stream)
{
	struct side side[2] = { 0 };
	struct job job;
	int status = EXIT_CLEAN;

	job_open(&job, o, stream, "Two designs of command queues compared");
	for (int i = 0; i < 2 && !status; i++)
		status = load_side(&job, stream, o->compare[i], &side[i]);
	if (!status)
		status = compare_sides(&job, side);
	for (int i = 0; i < 2; i++)
		uiommufd_lab_profile_free(side[i].profile);
	return job_close(&job, status);
}

int predict(const struct options *o, const struct stream *stream)
{
	g_autoptr(uiommufd_lab_profile) profile = NULL;
	char *error = NULL;

	if (o->compare[0])
		return compare(o, stream);
	if (options_measure_policy(o))
		return measure_one(o, stream);
	profile = uiommufd_lab_profile_load(o->profile, &error);
	if (!profile)
		return bad("--profile", error);
	return o->study ? study(o, stream, profile) :
			  predict_one(o, stream, profile);
}

/* --- beside a measured run --------------------------------------------------------*/

static void add_measured(uiommufd_lab_report *out, const char *what,
			 const struct measurement *m, const struct latency *l)
{
	struct uiommufd_lab_measured row = {
		.what = what,
		.queues = m->queues,
		.batch = m->batch,
		.commands = m->commands,
		.duration_ns = m->duration_ns,
		.mmio_reads = m->mmio_reads,
		.mmio_writes = m->mmio_writes,
	};

	if (l) {
		row.samples = l->samples;
		row.p50_ns = l->p50_ns;
		row.p90_ns = l->p90_ns;
		row.p99_ns = l->p99_ns;
		row.p999_ns = l->p999_ns;
		row.max_ns = l->max_ns;
	}
	uiommufd_lab_report_measured(out, &row);
}

static gboolean predict_guest(const struct options *o,
			      uiommufd_lab_report *report,
			      struct progress *progress)
{
	struct uiommufd_lab_watch watch = progress_watch(progress);
	g_autoptr(uiommufd_lab_profile) profile = NULL;
	struct uiommufd_lab_design design;
	char *error = NULL;

	profile = uiommufd_lab_profile_load(o->profile, &error);
	if (!profile)
		return bad("--profile", error) < 0;
	uiommufd_lab_design_init(&design);
	design.policy = "guest-direct";
	design.queues = MIN(o->queues, 64);
	design.seed = o->seed;
	if (uiommufd_lab_report_sweep(report, profile, &design, &watch,
				      &error) >= 0)
		return TRUE;
	return bad("--report", error) < 0;
}

gboolean predict_beside(const struct options *o, const struct report *report,
			struct progress *progress)
{
	g_autoptr(uiommufd_lab_report) out =
		uiommufd_lab_report_new("Command queues, measured and predicted");
	gboolean ok = TRUE;

	if (!o->report && !o->csv)
		return TRUE;
	add_measured(out, report->stream->name, &report->recorded,
		     &report->latency);
	for (guint i = 0; i < report->row_count; i++)
		add_measured(out, "batches", &report->rows[i], NULL);
	if (o->report && !progress->interrupted)
		ok = predict_guest(o, out, progress);
	progress_end(progress);
	ok &= write_as(out, "csv", o->csv, UIOMMUFD_LAB_CSV);
	ok &= write_as(out, "report", o->report, UIOMMUFD_LAB_HTML);
	return ok;
}
