// SPDX-License-Identifier: MIT
/*
 * A report for a terminal.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "report.h"

static double ns(uint64_t ps)
{
	return ps / 1e3;
}

static void print_phases(const struct row *row, FILE *out)
{
	double sum = 0;
	int on_line = 0;

	fputs("         of 100 % of an invalidation's time:\n", out);
	for (int p = 0; p < UIOMMUFD_LAB_PHASES; p++) {
		double share = row_share(row, p);

		sum += share;
		if (!row->result->phase_ps[p])
			continue;
		fprintf(out, "%s%-19s %5.1f %%", on_line % 3 ? "   " : "         ",
			uiommufd_lab_phase_name(p), share);
		if (++on_line % 3 == 0)
			fputc('\n', out);
	}
	fprintf(out, "%ssum %.1f %%\n", on_line % 3 ? "\n         " : "         ",
		sum);
}

/* Why the 99th percentile is what it is: three phases say most of it. */
static void print_slowest(const struct uiommufd_lab_result *r, FILE *out)
{
	uint64_t left[UIOMMUFD_LAB_PHASES];

	if (!r->slowest_ps)
		return;
	memcpy(left, r->slowest_phase_ps, sizeof(left));
	fprintf(out, "         of the slowest %.2g %%, mean %.0f ns:",
		100.0 * r->slowest_lists / r->lists,
		r->slowest_ps / 1e3 / r->slowest_lists);
	for (int n = 0; n < 3; n++) {
		int most = 0;

		for (int p = 1; p < UIOMMUFD_LAB_PHASES; p++)
			if (left[p] > left[most])
				most = p;
		fprintf(out, "%s %s %.1f %%", n ? "," : "",
			uiommufd_lab_phase_name(most),
			100.0 * left[most] / r->slowest_ps);
		left[most] = 0;
	}
	fputc('\n', out);
}

static void print_run(const struct row *row, FILE *out)
{
	const struct uiommufd_lab_result *r = row->result;
	const struct uiommufd_lab_design *d = &row->design;

	fprintf(out,
		"\nrun      %s, workload %s: %u CPUs, %u queues, %u VMs, seed %"
		PRIu64 "%s\n"
		"         %" PRIu64 " invalidations, %" PRIu64 " commands, %" PRIu64
		" CMD_SYNCs in %.3f ms of virtual time\n"
		"         %.3f M invalidations/s, %.3f M commands/s\n"
		"         latency, ns: mean %.0f, p50 %.0f, p90 %.0f, p99 %.0f,"
		" p99.9 %.0f, max %.0f\n"
		"         MMIO per 1,000 commands: %.0f reads, %.0f writes;"
		" %" PRIu64 " exits, %" PRIu64 " ioctls\n"
		"         queue occupancy: mean %.2f, most %" PRIu64
		"; device busy %.1f %%; %" PRIu64 " interrupts, %" PRIu64
		" errors, %" PRIu64 " refused\n",
		row->series, d->workload, d->cpus, d->queues, d->vms, d->seed,
		r->partial ? " (interrupted)" : "", r->lists, r->commands,
		r->syncs, r->elapsed_ps / 1e9, row_throughput(row),
		r->elapsed_ps ? 1e6 * r->commands / r->elapsed_ps : 0,
		r->latency.mean_ps / 1e3, ns(r->latency.p50_ps),
		ns(r->latency.p90_ps), ns(r->latency.p99_ps),
		ns(r->latency.p999_ps), ns(r->latency.max_ps),
		1e3 * row_mmio(row, false), 1e3 * row_mmio(row, true), r->exits,
		r->ioctls, row_occupancy(row), r->occupancy_max,
		r->elapsed_ps ? 100.0 * r->device_busy_ps / r->elapsed_ps : 0,
		r->interrupts, r->errors, r->refused);
	print_phases(row, out);
	print_slowest(r, out);
	if (!r->partial)
		fputs("         conserved: phases are the time, stays are the"
		      " lists in the system, limits are kept\n", out);
}

/* By real threads on this machine. */
static void print_measured(const struct uiommufd_lab_measured *m, FILE *out)
{
	fprintf(out,
		"\nMEASURED on this machine's clock: %s, workload %s, %u CPUs,"
		" %u queues in use\n"
		"         %" PRIu64 " invalidations, %" PRIu64 " commands in %.3f"
		" ms: %.3f M invalidations/s, %.3f M commands/s\n"
		"         latency, ns: p50 %" PRIu64 ", p90 %" PRIu64 ", p99 %"
		PRIu64 ", p99.9 %" PRIu64 ", max %" PRIu64 "\n"
		"         MMIO per 1,000 commands: %.0f reads, %.0f writes\n",
		m->policy, m->what, m->cpus, m->queues, m->lists, m->commands,
		m->duration_ns / 1e6,
		m->duration_ns ? 1e3 * m->lists / m->duration_ns : 0,
		measured_throughput(m), m->p50_ns, m->p90_ns, m->p99_ns,
		m->p999_ns, m->max_ns,
		m->commands ? 1e3 * m->mmio_reads / m->commands : 0,
		m->commands ? 1e3 * m->mmio_writes / m->commands : 0);
}

static void print_sweep(const struct uiommufd_lab_report *report, FILE *out)
{
	const char *head = "\n set     policy         CPUs queues  batch"
			   "   M inv./s   mean ns    p99 ns  MMIO R/cmd\n";

	for (guint i = 0; i < report->rows->len; i++) {
		const struct row *row = report_row(report, i);

		if (row->set == SET_RUN || row->set >= SET_STUDY_GUEST)
			continue;
		fprintf(out, "%s %-7s %-14s %4u %6u %6u %10.3f %9.0f %9.0f %11.2f\n",
			head, set_name(row->set), row->series,
			row->design.cpus, row->design.queues,
			row->design.batch, row_throughput(row),
			row->result->latency.mean_ps / 1e3,
			ns(row->result->latency.p99_ps), row_mmio(row, false));
		head = "";
	}
}

/* --- study ------------------------------------------------------------------*/

static void print_pairs(const struct uiommufd_lab_report *report,
			enum row_set set, FILE *out)
{
	for (guint i = 1; i < report->rows->len; i++) {
		const struct row *a = report_row(report, i - 1);
		const struct row *b = report_row(report, i);

		if (b->set != set || a->set != set || a->x != b->x)
			continue;
		fprintf(out, "         %3.0f CPUs: %-13s %9.0f ns, %-12s %9.0f ns:"
			" %5.1f %% %s\n", b->x, a->series,
			a->result->latency.mean_ps / 1e3, b->series,
			b->result->latency.mean_ps / 1e3,
			100 * fabs(b->reduction),
			b->reduction < 0 ? "more" : "less");
	}
}

/* Which row the breakdown explains: the last but one pair of a set. */
static void print_breakdown(const struct uiommufd_lab_report *report,
			    enum row_set set, double x, FILE *out)
{
	const struct row *pair[2] = { NULL, NULL };

	for (guint i = 0; i < report->rows->len; i++) {
		const struct row *row = report_row(report, i);

		if (row->set == set && row->x == x)
			pair[pair[0] ? 1 : 0] = row;
	}
	if (!pair[1])
		return;
	fprintf(out, "\n         where it goes, %.0f CPUs, ns (%%):\n"
		"         %-20s %18s %18s\n", x, "", pair[0]->series,
		pair[1]->series);
	for (int p = 0; p <= UIOMMUFD_LAB_PHASES; p++) {
		bool sum = p == UIOMMUFD_LAB_PHASES;

		fprintf(out, "         %-20s", sum ? "sum" :
						     uiommufd_lab_phase_name(p));
		for (int i = 0; i < 2; i++) {
			const struct uiommufd_lab_result *r = pair[i]->result;

			fprintf(out, " %10.0f (%3.0f %%)",
				(sum ? r->invalidating_ps : r->phase_ps[p]) /
					1e3 / r->lists,
				sum ? 100 : row_share(pair[i], p));
		}
		fputc('\n', out);
	}
}

static void print_sensitivity(const struct study *study, FILE *out)
{
	fprintf(out,
		"\n         what it hangs on: less time, %%, with one value halved"
		" / doubled\n"
		"         (as it is, in runs of %d lists: guest %.1f, host %.1f)\n"
		"         %-27s %15s %15s  source\n",
		SENSITIVITY_LISTS, 100 * study->guest_base,
		100 * study->host_base, "value", "guest", "host");
	for (guint i = 0; i < study->sensitivity->len; i++) {
		const struct sensitivity *s =
			&g_array_index(study->sensitivity, struct sensitivity, i);

		fprintf(out, "         %-27s %6.1f / %6.1f %6.1f / %6.1f  %s\n",
			s->key, 100 * s->guest[0], 100 * s->guest[1],
			100 * s->host[0], 100 * s->host[1], s->source);
	}
}

static void print_study(const struct uiommufd_lab_report *report, FILE *out)
{
	const struct study *study = &report->study;

	if (!study->done)
		return;
	fprintf(out, "\nstudy    guest, direct against trapped; published: 70 to"
		" 90 %% less: %s\n", study->guest.inside ? "inside" : "OUTSIDE");
	print_pairs(report, SET_STUDY_GUEST, out);
	print_breakdown(report, SET_STUDY_GUEST, 2, out);
	fprintf(out, "\n         host, a queue per CPU against one; published: up"
		" to 20 %% less: %s (most: %.1f %%)\n",
		study->host.inside ? "inside" : "OUTSIDE",
		100 * study->host.got_high);
	print_pairs(report, SET_STUDY_HOST, out);
	print_breakdown(report, SET_STUDY_HOST, 8, out);
	if (study->with_sensitivity)
		print_sensitivity(study, out);
}

static void print_ratio(const char *what, const struct ratio *r,
			const char *verdict, FILE *out)
{
	fprintf(out, "         %-22s %.4f (95 %% confidence %.4f to %.4f; seen "
		"%.4f to %.4f)%s\n", what, r->mean, r->low, r->high, r->min,
		r->max, verdict);
}

static void print_judged(const char *what, const struct ratio *r,
			 bool less_is_better, FILE *out)
{
	char verdict[32];

	snprintf(verdict, sizeof(verdict), ": %s",
		 ratio_verdict(r, less_is_better));
	print_ratio(what, r, verdict, out);
}

static void print_side(const struct comparison *c, int i, FILE *out)
{
	const struct uiommufd_lab_design *d = &c->design[i];

	fprintf(out, "%s%c: %s (%s, workload %s, %u CPUs, %u queues, profile "
		"%s)\n", i ? "         " : "  ", 'A' + i, c->name[i], d->policy,
		d->workload, d->cpus, d->queues,
		uiommufd_lab_profile_name(c->profile[i]));
}

static void print_differences(const struct comparison *c, FILE *out)
{
	struct uiommufd_lab_value value[2];
	unsigned int index = 0;

	while (comparison_next_value(c, &index, value))
		fprintf(out, "         %s: A %g, B %g %s\n", value[0].key,
			value[0].value, value[1].value, value[0].unit);
}

static void print_comparison(const struct uiommufd_lab_report *report,
			     FILE *out)
{
	const struct comparison *c = &report->comparison;
	double pages = comparison_pages(c);
	struct ratio time, per_second;

	if (!c->name[0])
		return;
	fputs("\ncompare", out);
	for (int i = 0; i < 2; i++)
		print_side(c, i, out);
	print_differences(c, out);
	fprintf(out, "         B / A over %u seeds\n", c->latency->len);
	if (!c->latency->len)
		return;
	if (pages == 0 || pages == 1) {
		print_judged("time of invalidation", &c->latency_ratio, true,
			     out);
		print_judged("invalidations/s", &c->throughput_ratio, false,
			     out);
		return;
	}
	print_ratio("time of invalidation", &c->latency_ratio, "", out);
	print_ratio("invalidations/s", &c->throughput_ratio, "", out);
	fprintf(out, "         an invalidation is for %g pages in A, for %g in "
		"B; so, by the page:\n", c->pages[0], c->pages[1]);
	time = ratio_times(&c->latency_ratio, 1 / pages);
	per_second = ratio_times(&c->throughput_ratio, pages);
	print_judged("time", &time, true, out);
	print_judged("pages/s", &per_second, false, out);
}

void write_text(const struct uiommufd_lab_report *report, FILE *out)
{
	if (report->profile)
		fprintf(out, "PREDICTED on a virtual clock, timing profile '%s'%s\n",
			uiommufd_lab_profile_name(report->profile),
			report->interrupted ? " (interrupted: what was done)" :
					      "");
	for (guint i = 0; i < report->measured->len; i++)
		print_measured(&g_array_index(report->measured, struct measured,
					      i).row, out);
	for (guint i = 0; i < report->rows->len; i++)
		if (report_row(report, i)->set == SET_RUN)
			print_run(report_row(report, i), out);
	print_sweep(report, out);
	print_study(report, out);
	print_comparison(report, out);
}
