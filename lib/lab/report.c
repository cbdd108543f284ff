// SPDX-License-Identifier: MIT
/*
 * Collecting runs.
 */
#include "report.h"

#include <errno.h>
#include <string.h>

#define MAX_POLICIES 32		/* curves of a sweep */

struct uiommufd_lab_report *uiommufd_lab_report_new(const char *title)
{
	struct uiommufd_lab_report *report =
		g_new0(struct uiommufd_lab_report, 1);

	report->title = g_strdup(title);
	report->rows = g_array_new(FALSE, TRUE, sizeof(struct row));
	report->measured = g_array_new(FALSE, TRUE, sizeof(struct measured));
	report->study.sensitivity =
		g_array_new(FALSE, TRUE, sizeof(struct sensitivity));
	report->comparison.latency = g_array_new(FALSE, TRUE, sizeof(double));
	report->comparison.throughput =
		g_array_new(FALSE, TRUE, sizeof(double));
	return report;
}

void uiommufd_lab_report_free(struct uiommufd_lab_report *report)
{
	if (!report)
		return;
	for (guint i = 0; i < report->rows->len; i++)
		uiommufd_lab_result_free(report_row(report, i)->result);
	for (guint i = 0; i < report->measured->len; i++) {
		g_free(g_array_index(report->measured, struct measured, i).what);
		g_free(g_array_index(report->measured, struct measured, i)
			       .policy);
	}
	for (int i = 0; i < 2; i++) {
		g_free(report->comparison.name[i]);
		uiommufd_lab_profile_free(report->comparison.profile[i]);
	}
	g_array_unref(report->rows);
	g_array_unref(report->measured);
	g_array_unref(report->study.sensitivity);
	g_array_unref(report->comparison.latency);
	g_array_unref(report->comparison.throughput);
	uiommufd_lab_profile_free(report->profile);
	g_free(report->title);
	g_free(report);
}

const char *set_name(enum row_set set)
{
	static const char *const names[ROW_SETS] = {
		[SET_RUN] = "run",
		[SET_POLICY] = "policy",
		[SET_QUEUES] = "queues",
		[SET_CPUS] = "cpus",
		[SET_BATCH] = "batch",
		[SET_STUDY_GUEST] = "study-guest",
		[SET_STUDY_HOST] = "study-host",
		[SET_COMPARE] = "compare",
	};

	return names[set];
}

static const char *policy_name(const struct uiommufd_lab_design *design)
{
	return design->own_policy ? design->own_policy->name : design->policy;
}

struct row *report_add(struct uiommufd_lab_report *report, enum row_set set,
		       const char *series, double x,
		       const struct uiommufd_lab_design *design,
		       struct uiommufd_lab_result *result)
{
	struct row row = {
		.set = set,
		.series = g_intern_string(series),
		.x = x,
		.design = *design,
		.result = result,
	};

	row.design.policy = g_intern_string(policy_name(design));
	row.design.label = g_intern_string(design->label);
	row.design.workload = g_intern_string(design->workload);
	/* Borrowed for the run only. */
	row.design.stream = NULL;
	row.design.driver = NULL;
	row.design.own_policy = NULL;
	report->interrupted |= result->partial;
	g_array_append_val(report->rows, row);
	return report_row(report, report->rows->len - 1);
}

void report_take_profile(struct uiommufd_lab_report *report,
			 const struct uiommufd_lab_profile *profile)
{
	if (!report->profile)
		report->profile = uiommufd_lab_profile_copy(profile, NULL, 1);
}

/* --- running ----------------------------------------------------------------*/

struct within {
	const struct uiommufd_lab_watch *watch;
	const char *what;
	double start;
	double share;
};

static bool tell(void *arg, uint64_t done, uint64_t total)
{
	const struct within *within = arg;

	return within->watch->progress(within->watch->arg, within->what,
				       within->start +
					       within->share * done / total);
}

struct uiommufd_lab_result *
watched_run(const struct uiommufd_lab_profile *profile,
	    const struct uiommufd_lab_design *design,
	    const struct uiommufd_lab_watch *watch, const char *what,
	    unsigned int done, unsigned int total, char **out_error)
{
	struct within within = {
		.watch = watch,
		.what = what,
		.start = (double)done / total,
		.share = 1.0 / total,
	};
	struct uiommufd_lab_result *result =
		uiommufd_lab_run(profile, design, watch ? tell : NULL, &within,
				 out_error);

	if (result &&
	    uiommufd_lab_result_check(profile, design, result, out_error)) {
		uiommufd_lab_result_free(result);
		return NULL;
	}
	/* Short runs do not ask often enough by themselves. */
	if (result && watch && !tell(&within, 1, 1))
		result->partial |= done + 1 < total;
	return result;
}

const struct uiommufd_lab_result *
uiommufd_lab_report_run(struct uiommufd_lab_report *report,
			const struct uiommufd_lab_profile *profile,
			const struct uiommufd_lab_design *design,
			const struct uiommufd_lab_watch *watch,
			char **out_error)
{
	struct uiommufd_lab_result *result =
		watched_run(profile, design, watch, "predict", 0, 1, out_error);

	if (!result)
		return NULL;
	report_take_profile(report, profile);
	report_add(report, SET_RUN,
		   design->label ? design->label : policy_name(design), 0,
		   design, result);
	return result;
}

/* --- sweeps -------------------------------------------------------------------*/

static const unsigned int cpu_steps[] = { 1, 2, 4, 8, 16, 32, 64, 96, 144 };
static const unsigned int queue_steps[] = { 1, 2, 4, 8, 16, 32, 64, 128 };
static const unsigned int batch_steps[] = { 1, 2, 4, 8, 16, 32, 64, 128, 256 };

struct sweep {
	struct uiommufd_lab_report *report;
	const struct uiommufd_lab_profile *profile;
	const struct uiommufd_lab_design *design;
	const struct uiommufd_lab_watch *watch;
	char **out_error;
	unsigned int done;
	unsigned int total;
};

/* 0 goes on, 1 interrupted, -1 failed. */
static int sweep_one(struct sweep *sweep, enum row_set set, double x,
		     const struct uiommufd_lab_design *design)
{
	struct uiommufd_lab_result *result =
		watched_run(sweep->profile, design, sweep->watch, "predict",
			    sweep->done, sweep->total, sweep->out_error);

	if (!result)
		return -1;
	sweep->done++;
	report_add(sweep->report, set, policy_name(design), x, design, result);
	return result->partial;
}

/* The policies worth a curve: those of the design's side, and its own. */
static unsigned int pick_policies(const struct uiommufd_lab_design *design,
				  struct uiommufd_lab_design *out)
{
	const struct uiommufd_lab_policy *policy, *own = design->own_policy;
	bool guest = own ? own->guest :
			   uiommufd_lab_policy_find(design->policy)->guest;
	unsigned int count = 0;

	if (own)
		out[count++] = *design;
	for (unsigned int i = 0; (policy = uiommufd_lab_policy_at(i)); i++) {
		if (policy->guest != guest || count == MAX_POLICIES)
			continue;
		out[count] = *design;
		out[count].own_policy = NULL;
		out[count++].policy = policy->name;
	}
	return count;
}

static unsigned int owners_of(const struct uiommufd_lab_design *design)
{
	unsigned int owners = 1;

	while (owners < design->vms + 1)
		owners *= 2;
	return owners;
}

static bool is_guest(const struct uiommufd_lab_design *design)
{
	return design->own_policy ?
		       design->own_policy->guest :
		       uiommufd_lab_policy_find(design->policy)->guest;
}

static unsigned int most_queues(const struct uiommufd_lab_design *design)
{
	return is_guest(design) ? UIOMMUFD_LAB_MAX_QUEUES / owners_of(design) :
				  UIOMMUFD_LAB_MAX_QUEUES;
}

static int sweep_policies(struct sweep *sweep,
			  const struct uiommufd_lab_design *policies,
			  unsigned int count)
{
	int rc = 0;

	for (unsigned int p = 0; p < count && !rc; p++)
		rc = sweep_one(sweep, SET_POLICY, p, &policies[p]);
	return rc;
}

/* Queues for CPUs: as many as CPUs, as far as there are. */
static int sweep_cpus(struct sweep *sweep, struct uiommufd_lab_design design)
{
	int rc = 0;

	for (gsize i = 0; i < G_N_ELEMENTS(cpu_steps) && !rc; i++) {
		design.cpus = cpu_steps[i];
		design.lists = MAX(sweep->design->lists, 20 * design.cpus);
		design.queues = MIN(MAX(sweep->design->queues, design.cpus),
				    most_queues(&design));
		if (is_guest(&design))
			design.queues = MIN(sweep->design->queues,
					    most_queues(&design));
		if (design.cpus >= design.vms)
			rc = sweep_one(sweep, SET_CPUS, design.cpus, &design);
	}
	return rc;
}

static int sweep_queues(struct sweep *sweep, struct uiommufd_lab_design design)
{
	int rc = 0;

	design.cpus = MAX(design.cpus, 16);
	for (gsize i = 0; i < G_N_ELEMENTS(queue_steps) && !rc; i++) {
		design.queues = queue_steps[i];
		if (design.queues <= most_queues(&design))
			rc = sweep_one(sweep, SET_QUEUES, design.queues,
				       &design);
	}
	return rc;
}

static int sweep_batches(struct sweep *sweep, struct uiommufd_lab_design design)
{
	int rc = 0;

	if (strcmp(design.workload, "unmap"))
		return 0;
	design.lists = MIN(design.lists, 1000);
	for (gsize i = 0; i < G_N_ELEMENTS(batch_steps) && !rc; i++) {
		design.batch = batch_steps[i];
		rc = sweep_one(sweep, SET_BATCH, design.batch, &design);
	}
	return rc;
}

int uiommufd_lab_report_sweep(struct uiommufd_lab_report *report,
			      const struct uiommufd_lab_profile *profile,
			      const struct uiommufd_lab_design *design,
			      const struct uiommufd_lab_watch *watch,
			      char **out_error)
{
	struct uiommufd_lab_design policies[MAX_POLICIES];
	unsigned int count;
	struct sweep sweep = { report, profile, design, watch, out_error, 0, 1 };
	int rc;

	if (uiommufd_lab_design_check(design, out_error))
		return -1;
	report_take_profile(report, profile);
	count = pick_policies(design, policies);
	sweep.total = count * (1 + G_N_ELEMENTS(cpu_steps) +
			       G_N_ELEMENTS(queue_steps) +
			       G_N_ELEMENTS(batch_steps));
	rc = sweep_policies(&sweep, policies, count);
	for (unsigned int p = 0; p < count && !rc; p++) {
		rc = sweep_cpus(&sweep, policies[p]);
		if (!rc)
			rc = sweep_queues(&sweep, policies[p]);
		if (!rc)
			rc = sweep_batches(&sweep, policies[p]);
	}
	report->interrupted |= rc == 1;
	return rc;
}

void uiommufd_lab_report_measured(struct uiommufd_lab_report *report,
				  const struct uiommufd_lab_measured *row)
{
	struct measured copy = {
		.what = g_strdup(row->what),
		.policy = g_strdup(row->policy ? row->policy : "guest-direct"),
		.row = *row,
	};

	copy.row.what = copy.what;
	copy.row.policy = copy.policy;
	g_array_append_val(report->measured, copy);
}

struct measuring {
	const struct uiommufd_lab_watch *watch;
	const char *what;
};

static bool measuring(void *arg, uint64_t done, uint64_t total)
{
	const struct measuring *m = arg;

	return m->watch->progress(m->watch->arg, m->what,
				  total ? (double)done / total : 1);
}

static void add_measured(struct uiommufd_lab_report *report,
			 const struct uiommufd_lab_design *design,
			 const struct uiommufd_lab_result *result)
{
	const struct uiommufd_lab_percentiles *l = &result->latency;

	uiommufd_lab_report_measured(
		report, &(struct uiommufd_lab_measured){
				.what = design->workload,
				.queues = result->queues,
				.commands = result->commands,
				.duration_ns = result->elapsed_ps / 1000,
				.mmio_reads = result->mmio_reads,
				.mmio_writes = result->mmio_writes,
				.samples = l->samples,
				.p50_ns = l->p50_ps / 1000,
				.p90_ns = l->p90_ps / 1000,
				.p99_ns = l->p99_ps / 1000,
				.p999_ns = l->p999_ps / 1000,
				.max_ns = l->max_ps / 1000,
				.policy = policy_name(design),
				.cpus = design->cpus,
				.lists = result->lists,
			});
}

int uiommufd_lab_report_measure(struct uiommufd_lab_report *report,
				const struct uiommufd_lab_design *design,
				const struct uiommufd_lab_watch *watch,
				char **out_error)
{
	struct measuring arg = { watch, policy_name(design) };
	struct uiommufd_lab_result *result =
		uiommufd_lab_measure(design, watch ? measuring : NULL, &arg,
				     out_error);
	bool partial;

	if (!result)
		return -1;
	add_measured(report, design, result);
	partial = result->partial;
	report->interrupted |= partial;
	uiommufd_lab_result_free(result);
	return partial;
}

/* --- what a row says --------------------------------------------------------------*/

double row_throughput(const struct row *row)
{
	return row->result->elapsed_ps ?
		       1e6 * row->result->lists / row->result->elapsed_ps : 0;
}

double row_mmio(const struct row *row, bool writes)
{
	uint64_t n = writes ? row->result->mmio_writes :
			      row->result->mmio_reads;

	return row->result->commands ? (double)n / row->result->commands : 0;
}

double row_occupancy(const struct row *row)
{
	return row->result->elapsed_ps && row->result->queues ?
		       (double)row->result->occupancy_ps /
			       row->result->elapsed_ps / row->result->queues :
		       0;
}

double row_share(const struct row *row, enum uiommufd_lab_phase phase)
{
	return row->result->invalidating_ps ?
		       100.0 * row->result->phase_ps[phase] /
			       row->result->invalidating_ps : 0;
}

double measured_throughput(const struct uiommufd_lab_measured *row)
{
	return row->duration_ns ? 1e3 * row->commands / row->duration_ns : 0;
}

int uiommufd_lab_report_write(const struct uiommufd_lab_report *report,
			      enum uiommufd_lab_format format, FILE *out)
{
	static void (*const writers[])(const struct uiommufd_lab_report *,
				       FILE *) = {
		[UIOMMUFD_LAB_TEXT] = write_text,
		[UIOMMUFD_LAB_JSON] = write_json,
		[UIOMMUFD_LAB_CSV] = write_csv,
		[UIOMMUFD_LAB_HTML] = write_html,
	};

	if ((unsigned int)format >= G_N_ELEMENTS(writers)) {
		errno = EINVAL;
		return -1;
	}
	writers[format](report, out);
	return fflush(out) || ferror(out) ? -1 : 0;
}
