// SPDX-License-Identifier: MIT
/*
 * Holding a profile against the published figures.
 *
 * Published for Tegra241: a guest spends 70 to 90 % less time invalidating with
 * command queues of its own than with a trapped nested one; a host up to 20 %
 * less with many queues in a multi-threaded unmap benchmark.  Both name no
 * absolute times and no number of CPUs, so several are tried.
 */
#include "report.h"

#include <math.h>
#include <string.h>

#include "profile.h"

#define STUDY_LISTS 4000
#define GUEST_QUEUES 2		/* 128 queues over 64 VINTFs */
#define GUEST_CPUS 2		/* what sensitivity looks at */
#define HOST_CPUS 8

/* A VM of up to four vCPUs; with more its monitor's lock is all there is. */
static const unsigned int guest_cpus[] = { 1, 2, 4 };
static const unsigned int host_cpus[] = { 1, 2, 4, 8, 16, 32, 64, 128 };

struct studying {
	struct uiommufd_lab_report *report;
	const struct uiommufd_lab_profile *profile;
	const struct uiommufd_lab_watch *watch;
	char **out_error;
	uint64_t seed;
	unsigned int done;
	unsigned int total;
	bool interrupted;
};

static void design_for(struct studying *s, const char *policy,
		       unsigned int cpus, struct uiommufd_lab_design *out)
{
	uiommufd_lab_design_init(out);
	out->policy = policy;
	out->cpus = cpus;
	out->queues = uiommufd_lab_policy_find(policy)->guest ?
			      GUEST_QUEUES :
			      MIN(cpus, UIOMMUFD_LAB_MAX_QUEUES);
	out->lists = MAX(STUDY_LISTS, 40 * cpus);
	out->seed = s->seed;
}

/* NULL when it failed or was interrupted. */
static struct uiommufd_lab_result *
study_run(struct studying *s, const struct uiommufd_lab_profile *profile,
	  const struct uiommufd_lab_design *design)
{
	struct uiommufd_lab_result *result =
		watched_run(profile, design, s->watch, "study", s->done++,
			    s->total, s->out_error);

	if (!result || !result->partial)
		return result;
	uiommufd_lab_result_free(result);
	s->interrupted = true;
	return NULL;
}

/* @before against @after: both rows are added. */
static bool study_pair(struct studying *s, enum row_set set,
		       const char *before, const char *after, unsigned int cpus,
		       struct band *band)
{
	const char *names[2] = { before, after };
	double mean[2], reduction;
	struct row *row = NULL;

	for (int i = 0; i < 2; i++) {
		struct uiommufd_lab_design design;
		struct uiommufd_lab_result *result;

		design_for(s, names[i], cpus, &design);
		result = study_run(s, s->profile, &design);
		if (!result)
			return false;
		mean[i] = result->latency.mean_ps;
		row = report_add(s->report, set, names[i], cpus, &design,
				 result);
	}
	reduction = 1 - mean[1] / mean[0];
	row->reduction = reduction;
	band->got_low = MIN(band->got_low, reduction);
	band->got_high = MAX(band->got_high, reduction);
	return true;
}

static bool study_rows(struct studying *s)
{
	struct study *study = &s->report->study;

	for (gsize i = 0; i < G_N_ELEMENTS(guest_cpus); i++)
		if (!study_pair(s, SET_STUDY_GUEST, "guest-trapped",
				"guest-direct", guest_cpus[i], &study->guest))
			return false;
	for (gsize i = 0; i < G_N_ELEMENTS(host_cpus); i++)
		if (!study_pair(s, SET_STUDY_HOST, "cmdlist", "per-cpu",
				host_cpus[i], &study->host))
			return false;
	/* 'Up to 20 %': the most that any number of CPUs gives. */
	study->guest.inside = study->guest.got_low >= study->guest.low &&
			      study->guest.got_high <= study->guest.high;
	study->host.inside = study->host.got_high > study->host.low &&
			     study->host.got_high <= study->host.high;
	study->done = true;
	return true;
}

/* --- which assumptions it hangs on ----------------------------------------------*/

static bool reduction_with(struct studying *s,
			   const struct uiommufd_lab_profile *profile,
			   const char *before, const char *after,
			   unsigned int cpus, double *out)
{
	const char *names[2] = { before, after };
	double mean[2];

	for (int i = 0; i < 2; i++) {
		struct uiommufd_lab_design design;
		struct uiommufd_lab_result *result;

		design_for(s, names[i], cpus, &design);
		design.lists = SENSITIVITY_LISTS;
		result = study_run(s, profile, &design);
		if (!result)
			return false;
		mean[i] = result->latency.mean_ps;
		uiommufd_lab_result_free(result);
	}
	*out = 1 - mean[1] / mean[0];
	return true;
}

static bool both_with(struct studying *s,
		      const struct uiommufd_lab_profile *profile,
		      double *out_guest, double *out_host)
{
	return reduction_with(s, profile, "guest-trapped", "guest-direct",
			      GUEST_CPUS, out_guest) &&
	       reduction_with(s, profile, "cmdlist", "per-cpu", HOST_CPUS,
			      out_host);
}

/* Opcodes that the benchmark does not use cannot matter. */
static bool can_matter(unsigned int value)
{
	return value == V_TLBI_NH_VA || value == V_CMD_SYNC ||
	       value < V_PREFETCH_CFG || value > V_ATC_OUTSTANDING;
}

static bool try_value(struct studying *s, unsigned int index)
{
	static const double factors[2] = { 0.5, 2 };
	struct uiommufd_lab_value value;
	struct sensitivity row;

	uiommufd_lab_profile_value(s->profile, index, &value);
	row.key = g_intern_string(value.key);
	row.source = g_intern_string(value.source);
	for (int i = 0; i < 2; i++) {
		struct uiommufd_lab_profile *changed =
			uiommufd_lab_profile_copy(s->profile, value.key,
						  factors[i]);
		bool ok = both_with(s, changed, &row.guest[i], &row.host[i]);

		uiommufd_lab_profile_free(changed);
		if (!ok)
			return false;
	}
	g_array_append_val(s->report->study.sensitivity, row);
	return true;
}

static double swing(const double values[2], double base)
{
	return MAX(fabs(values[0] - base), fabs(values[1] - base));
}

static gint by_swing(gconstpointer a, gconstpointer b, gpointer arg)
{
	const struct study *study = arg;
	const struct sensitivity *x = a, *y = b;
	double of_x = swing(x->guest, study->guest_base) +
		      swing(x->host, study->host_base);
	double of_y = swing(y->guest, study->guest_base) +
		      swing(y->host, study->host_base);

	return of_x != of_y ? (of_x < of_y) - (of_x > of_y) :
			      strcmp(x->key, y->key);
}

static bool study_sensitivity(struct studying *s)
{
	struct study *study = &s->report->study;
	bool ok;

	study->with_sensitivity = true;
	ok = both_with(s, s->profile, &study->guest_base, &study->host_base);
	for (unsigned int v = 0; v < LAB_VALUES && ok; v++)
		if (can_matter(v))
			ok = try_value(s, v);
	g_array_sort_with_data(study->sensitivity, by_swing, study);
	return ok;
}

static unsigned int count_runs(bool sensitivity)
{
	unsigned int runs = 2 * (G_N_ELEMENTS(guest_cpus) +
				 G_N_ELEMENTS(host_cpus));

	if (!sensitivity)
		return runs;
	for (unsigned int v = 0; v < LAB_VALUES; v++)
		runs += can_matter(v) ? 8 : 0;
	return runs + 4;
}

int uiommufd_lab_report_study(struct uiommufd_lab_report *report,
			      const struct uiommufd_lab_profile *profile,
			      uint64_t seed, bool sensitivity,
			      const struct uiommufd_lab_watch *watch,
			      char **out_error)
{
	struct studying s = {
		.report = report,
		.profile = profile,
		.watch = watch,
		.out_error = out_error,
		.seed = seed,
		.total = count_runs(sensitivity),
	};
	struct study *study = &report->study;

	report_take_profile(report, profile);
	study->guest = (struct band){ 0.7, 0.9, INFINITY, -INFINITY, false };
	study->host = (struct band){ 0, 0.2, INFINITY, -INFINITY, false };
	if (!study_rows(&s) || (sensitivity && !study_sensitivity(&s))) {
		report->interrupted |= s.interrupted;
		return s.interrupted ? 2 : -1;
	}
	return study->guest.inside && study->host.inside ? 0 : 1;
}
