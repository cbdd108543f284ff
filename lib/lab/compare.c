// SPDX-License-Identifier: MIT
/*
 * Comparing two designs over seeds.
 */
#include "report.h"
#include "world.h"

#include <math.h>

#define MIN_SEEDS 2
#define MAX_SEEDS 1000

/* Student's t, two-sided 95 %, by degrees of freedom. */
static double student_t(unsigned int freedom)
{
	static const double table[] = {
		0,     12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365,
		2.306, 2.262,  2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
		2.120, 2.110,  2.101, 2.093, 2.086, 2.080, 2.074, 2.069,
		2.064, 2.060,  2.056, 2.052, 2.048, 2.045, 2.042,
	};

	if (freedom < G_N_ELEMENTS(table))
		return table[freedom];
	return 1.96 + 2.5 / freedom;
}

static void summarise(const GArray *values, struct ratio *out)
{
	double sum = 0, squares = 0, half;
	guint n = values->len;

	*out = (struct ratio){ .min = INFINITY, .max = -INFINITY };
	for (guint i = 0; i < n; i++) {
		double value = g_array_index(values, double, i);

		sum += value;
		out->min = MIN(out->min, value);
		out->max = MAX(out->max, value);
	}
	out->mean = sum / n;
	for (guint i = 0; i < n; i++) {
		double off = g_array_index(values, double, i) - out->mean;

		squares += off * off;
	}
	half = n > 1 ? student_t(n - 1) * sqrt(squares / (n - 1) / n) : 0;
	out->low = out->mean - half;
	out->high = out->mean + half;
}

struct ratio ratio_times(const struct ratio *r, double factor)
{
	return (struct ratio){
		.mean = r->mean * factor,
		.low = r->low * factor,
		.high = r->high * factor,
		.min = r->min * factor,
		.max = r->max * factor,
	};
}

const char *ratio_verdict(const struct ratio *r, bool less_is_better)
{
	if (r->low <= 1 && r->high >= 1)
		return "no difference shown";
	return (r->high < 1) == less_is_better ? "B is better" : "A is better";
}

double comparison_pages(const struct comparison *c)
{
	return c->pages[0] ? c->pages[1] / c->pages[0] : 0;
}

/* The report owns what is returned. */
static struct uiommufd_lab_result *
run_side(struct uiommufd_lab_report *report,
	 const struct uiommufd_lab_side *side, unsigned int seed,
	 const struct uiommufd_lab_watch *watch, unsigned int done,
	 unsigned int total, char **out_error)
{
	struct uiommufd_lab_design design = *side->design;
	struct uiommufd_lab_result *result;

	design.seed += seed;
	result = watched_run(side->profile, &design, watch, "compare", done,
			     total, out_error);
	if (result)
		report_add(report, SET_COMPARE, side->name, seed + 1, &design,
			   result);
	return result;
}

/* 0, 1 when interrupted, -1. */
static int compare_seed(struct uiommufd_lab_report *report,
			const struct uiommufd_lab_side *const sides[2],
			unsigned int seed, unsigned int seeds,
			const struct uiommufd_lab_watch *watch,
			char **out_error)
{
	struct uiommufd_lab_result *got[2] = { NULL, NULL };
	struct comparison *c = &report->comparison;
	int rc = 0;

	for (int i = 0; i < 2 && !rc; i++) {
		got[i] = run_side(report, sides[i], seed, watch,
				  2 * seed + i, 2 * seeds, out_error);
		rc = !got[i] ? -1 : got[i]->partial;
	}
	if (!rc) {
		double latency = got[1]->latency.mean_ps /
				 got[0]->latency.mean_ps;
		double throughput = (double)got[1]->lists / got[1]->elapsed_ps /
				    ((double)got[0]->lists /
				     got[0]->elapsed_ps);

		g_array_append_val(c->latency, latency);
		g_array_append_val(c->throughput, throughput);
	}
	return rc;
}

bool comparison_next_value(const struct comparison *c, unsigned int *index,
			   struct uiommufd_lab_value out[2])
{
	while (*index < uiommufd_lab_profile_count()) {
		for (int i = 0; i < 2; i++)
			uiommufd_lab_profile_value(c->profile[i], *index,
						   &out[i]);
		++*index;
		if (out[0].value != out[1].value)
			return true;
	}
	return false;
}

static void take_side(struct comparison *c, int i,
		      const struct uiommufd_lab_side *side)
{
	c->name[i] = g_strdup(side->name);
	c->profile[i] = uiommufd_lab_profile_copy(side->profile, NULL, 1);
	c->design[i] = *side->design;
	c->pages[i] = workload_pages(side->design);
	c->design[i].policy = g_intern_string(
		side->design->own_policy ? side->design->own_policy->name :
					   side->design->policy);
	c->design[i].stream = NULL;
	c->design[i].driver = NULL;
	c->design[i].label = NULL;
	c->design[i].own_policy = NULL;
}

int uiommufd_lab_report_compare(struct uiommufd_lab_report *report,
				const struct uiommufd_lab_side *a,
				const struct uiommufd_lab_side *b,
				unsigned int seeds,
				const struct uiommufd_lab_watch *watch,
				char **out_error)
{
	const struct uiommufd_lab_side *const sides[2] = { a, b };
	struct comparison *c = &report->comparison;
	int rc = 0;

	if (seeds < MIN_SEEDS || seeds > MAX_SEEDS || c->name[0]) {
		if (out_error)
			*out_error = g_strdup_printf(
				"seeds: %u is not within %u and %u, or the "
				"report has a comparison", seeds, MIN_SEEDS,
				MAX_SEEDS);
		return -1;
	}
	report_take_profile(report, a->profile);
	take_side(c, 0, a);
	take_side(c, 1, b);
	for (unsigned int seed = 0; seed < seeds && !rc; seed++)
		rc = compare_seed(report, sides, seed, seeds, watch, out_error);
	if (c->latency->len) {
		summarise(c->latency, &c->latency_ratio);
		summarise(c->throughput, &c->throughput_ratio);
	}
	report->interrupted |= rc == 1;
	return rc;
}
