// SPDX-License-Identifier: MIT
/*
 * A report as one page: no script, nothing fetched, plots inline.
 */
#include <inttypes.h>
#include <string.h>

#include "report.h"
#include "svg.h"

static const char page_css[] =
#include "page.css.inc"
	;

#define PREDICTED "<span class=\"badge predicted\">predicted</span>"
#define MEASURED "<span class=\"badge measured\">measured</span>"
#define FAR_RATIOS 10	/* from each other: drawn on a logarithmic scale */

static void number(FILE *out, double value, int digits)
{
	char format[8], buffer[G_ASCII_DTOSTR_BUF_SIZE];

	g_snprintf(format, sizeof(format), "%%.%df", digits);
	fputs(g_ascii_formatd(buffer, sizeof(buffer), format, value), out);
}

static void cell(FILE *out, double value, int digits)
{
	fputs("<td class=\"n\">", out);
	number(out, value, digits);
	fputs("</td>", out);
}

static void card(FILE *out, const char *what, double value, int digits,
		 const char *unit)
{
	fputs("<li><b>", out);
	number(out, value, digits);
	fprintf(out, "%s</b><span>%s</span></li>\n", unit, what);
}

/* As many digits as one reads. */
static void card_ns(FILE *out, const char *what, uint64_t ns)
{
	if (ns < 10000)
		card(out, what, ns, 0, " ns");
	else
		card(out, what, ns / 1e3, ns < 1000000 ? 1 : 0, " µs");
}

static bool has_set(const struct uiommufd_lab_report *report, enum row_set set)
{
	for (guint i = 0; i < report->rows->len; i++)
		if (report_row(report, i)->set == set)
			return true;
	return false;
}

/* A policy keeps its colour on the whole page. */
static unsigned int colour_of(const char *policy)
{
	const struct uiommufd_lab_policy *at;

	for (unsigned int i = 0; (at = uiommufd_lab_policy_at(i)); i++)
		if (!strcmp(at->name, policy))
			return i;
	return 5;
}

/* --- plots ------------------------------------------------------------------*/

typedef double (*reading)(const struct row *row);

static double p50_us(const struct row *row)
{
	return row->result->latency.p50_ps / 1e6;
}

static double p99_us(const struct row *row)
{
	return row->result->latency.p99_ps / 1e6;
}

static double p999_us(const struct row *row)
{
	return row->result->latency.p999_ps / 1e6;
}

static double commands_per_us(const struct row *row)
{
	return row->result->elapsed_ps ?
		       1e6 * row->result->commands / row->result->elapsed_ps : 0;
}

static double mmio_reads(const struct row *row)
{
	return row_mmio(row, false);
}

static double mmio_writes(const struct row *row)
{
	return row_mmio(row, true);
}

static double occupancy_max(const struct row *row)
{
	return row->result->occupancy_max;
}

static void add_curves(struct chart *chart,
		       const struct uiommufd_lab_report *report,
		       enum row_set set, const char *suffix, bool dashed,
		       reading read)
{
	for (guint i = 0; i < report->rows->len; i++) {
		const struct row *row = report_row(report, i);
		g_autofree char *name = NULL;

		if (row->set != set)
			continue;
		name = g_strdup_printf("%s%s", row->series, suffix);
		chart_add(chart, name, colour_of(row->series), dashed, row->x,
			  read(row));
	}
}

struct axis {
	enum row_set set;
	const char *id;
	const char *over;		/* 'against ...' */
	const char *label;
};

static const struct axis axes[] = {
	{ SET_QUEUES, "queues", "number of queues", "command queues" },
	{ SET_CPUS, "cpus", "number of CPUs", "CPUs" },
	{ SET_BATCH, "batch", "batch size", "commands a CMD_SYNC" },
};

static void plot_throughput(const struct uiommufd_lab_report *report,
			    const struct axis *axis, FILE *out)
{
	g_autofree char *id = g_strdup_printf("throughput-%s", axis->id);
	g_autofree char *title =
		g_strdup_printf("Throughput against %s", axis->over);
	struct chart chart = chart_new(id, title, "More is better.",
				       axis->label, "M commands per second");

	add_curves(&chart, report, axis->set, "", false, commands_per_us);
	chart_write(&chart, out);
}

static void plot_latency(const struct uiommufd_lab_report *report,
			 const struct axis *axis, FILE *out)
{
	g_autofree char *id = g_strdup_printf("latency-%s", axis->id);
	g_autofree char *title =
		g_strdup_printf("Time of an invalidation against %s",
				axis->over);
	struct chart chart = chart_new(
		id, title, "Median, and dashed the 99th percentile.",
		axis->label, "microseconds, logarithmic");

	chart.log_y = true;
	add_curves(&chart, report, axis->set, " p50", false, p50_us);
	add_curves(&chart, report, axis->set, " p99", true, p99_us);
	chart_write(&chart, out);
}

static void plot_tail(const struct uiommufd_lab_report *report, FILE *out)
{
	struct chart chart = chart_new(
		"latency-tail", "The slowest in a thousand",
		"The 99.9th percentile against the number of CPUs.", "CPUs",
		"microseconds, logarithmic");

	chart.log_y = true;
	add_curves(&chart, report, SET_CPUS, "", false, p999_us);
	chart_write(&chart, out);
}

static void plot_mmio(const struct uiommufd_lab_report *report, FILE *out)
{
	struct chart chart = chart_new(
		"mmio", "Register accesses per command",
		"Reads wait for the device; writes, dashed, are posted.",
		"commands a CMD_SYNC", "accesses per command");

	add_curves(&chart, report, SET_BATCH, " reads", false, mmio_reads);
	add_curves(&chart, report, SET_BATCH, " writes", true, mmio_writes);
	if (!chart.series->len) {
		add_curves(&chart, report, SET_CPUS, " reads", false,
			   mmio_reads);
		add_curves(&chart, report, SET_CPUS, " writes", true,
			   mmio_writes);
		chart.x_label = "CPUs";
	}
	chart_write(&chart, out);
}

static void plot_occupancy(const struct uiommufd_lab_report *report, FILE *out)
{
	struct chart chart = chart_new(
		"occupancy", "Commands waiting in a queue",
		"Mean over time of the queues in use, and dashed the most ever.",
		"CPUs", "commands, logarithmic");

	chart.log_y = true;
	add_curves(&chart, report, SET_CPUS, " mean", false, row_occupancy);
	add_curves(&chart, report, SET_CPUS, " most", true, occupancy_max);
	chart_write(&chart, out);
}

/* Where the time goes, for the rows of a set (and one x of it, or all). */
static void plot_breakdown(const struct uiommufd_lab_report *report,
			   enum row_set set, double x, const char *id,
			   const char *note, FILE *out)
{
	const char *parts[UIOMMUFD_LAB_PHASES];
	double shares[12][UIOMMUFD_LAB_PHASES];
	struct bar bars[12];
	unsigned int count = 0;

	for (int p = 0; p < UIOMMUFD_LAB_PHASES; p++)
		parts[p] = uiommufd_lab_phase_name(p);
	for (guint i = 0; i < report->rows->len && count < 12; i++) {
		const struct row *row = report_row(report, i);

		if (row->set != set || (x >= 0 && row->x != x))
			continue;
		for (int p = 0; p < UIOMMUFD_LAB_PHASES; p++)
			shares[count][p] = row_share(row, p);
		bars[count] = (struct bar){ row->series, shares[count] };
		count++;
	}
	bars_write(id, "Where the time of an invalidation goes", note, bars,
		   count, parts, UIOMMUFD_LAB_PHASES, out);
}

/* --- sections -----------------------------------------------------------------*/

static void section_runs(const struct uiommufd_lab_report *report, FILE *out)
{
	for (guint i = 0; i < report->rows->len; i++) {
		const struct row *row = report_row(report, i);
		const struct uiommufd_lab_result *r = row->result;

		if (row->set != SET_RUN)
			continue;
		fputs("<h2>", out);
		html_escape(row->series, out);
		fprintf(out, ", workload %s " PREDICTED "</h2>\n"
			"<p class=\"soft\">%s, %u CPUs, %u queues, %u VM%s, seed %"
			PRIu64 "; %" PRIu64 " invalidations on a virtual clock"
			"%s.</p>\n<ul class=\"cards\">\n",
			row->design.workload, row->design.policy,
			row->design.cpus, row->design.queues, row->design.vms,
			row->design.vms == 1 ? "" : "s", row->design.seed,
			r->lists, r->partial ? ", then interrupted" : "");
		card(out, "invalidations per second", row_throughput(row), 3,
		     " M");
		card(out, "median time", r->latency.p50_ps / 1e6, 2, " µs");
		card(out, "99th percentile", r->latency.p99_ps / 1e6, 2, " µs");
		card(out, "register reads per command", row_mmio(row, false), 2,
		     "");
		card(out, "commands in a queue, mean", row_occupancy(row), 2,
		     "");
		card(out, "device busy",
		     r->elapsed_ps ? 100.0 * r->device_busy_ps / r->elapsed_ps :
				     0, 0, " %");
		fputs("</ul>\n<div class=\"plots\">", out);
		fputs("</div>\n", out);
	}
	if (has_set(report, SET_RUN)) {
		fputs("<div class=\"plots\">", out);
		plot_breakdown(report, SET_RUN, -1, "breakdown-run",
			       "All parts together are 100 %.", out);
		fputs("</div>\n", out);
	}
}

static void section_sweep(const struct uiommufd_lab_report *report, FILE *out)
{
	if (!has_set(report, SET_CPUS) && !has_set(report, SET_POLICY))
		return;
	fputs("<h2>Across designs " PREDICTED "</h2>\n<div class=\"plots\">\n",
	      out);
	for (gsize i = 0; i < G_N_ELEMENTS(axes); i++) {
		plot_throughput(report, &axes[i], out);
		plot_latency(report, &axes[i], out);
	}
	plot_tail(report, out);
	plot_mmio(report, out);
	plot_occupancy(report, out);
	plot_breakdown(report, SET_POLICY, -1, "breakdown",
		       "By policy; all parts together are 100 %.", out);
	fputs("</div>\n", out);
}

static void study_row(const struct row *a, const struct row *b, FILE *out)
{
	fputs("<tr>", out);
	cell(out, b->x, 0);
	cell(out, a->result->latency.mean_ps / 1e3, 0);
	cell(out, b->result->latency.mean_ps / 1e3, 0);
	fputs("<td class=\"n\">", out);
	number(out, 100 * b->reduction, 1);
	fputs(" %</td></tr>\n", out);
}

static void study_table(const struct uiommufd_lab_report *report,
			enum row_set set, FILE *out)
{
	const struct row *head = NULL;

	for (guint i = 1; i < report->rows->len; i++) {
		const struct row *a = report_row(report, i - 1);
		const struct row *b = report_row(report, i);

		if (b->set != set || a->set != set || a->x != b->x)
			continue;
		if (!head)
			fprintf(out, "<div class=\"table\"><table><tr>"
				"<th class=\"n\">CPUs</th><th class=\"n\">%s, ns"
				"</th><th class=\"n\">%s, ns</th>"
				"<th class=\"n\">less</th></tr>\n", a->series,
				b->series);
		head = a;
		study_row(a, b, out);
	}
	if (head)
		fputs("</table></div>\n", out);
}

static void study_sensitivity(const struct study *study, FILE *out)
{
	if (!study->with_sensitivity)
		return;
	fprintf(out, "<h3>What it hangs on</h3>\n<p>The reduction, in percent, "
		"with one value of the profile halved and doubled; the values "
		"that matter most first. As it is, in runs of %d lists: guest ",
		SENSITIVITY_LISTS);
	number(out, 100 * study->guest_base, 1);
	fputs(", host ", out);
	number(out, 100 * study->host_base, 1);
	fputs(".</p>\n<div class=\"table\"><table id=\"sensitivity\"><tr>"
	      "<th>value</th><th class=\"n\">guest ×½</th>"
	      "<th class=\"n\">guest ×2</th><th class=\"n\">host ×½</th>"
	      "<th class=\"n\">host ×2</th><th>source</th></tr>\n", out);
	for (guint i = 0; i < study->sensitivity->len; i++) {
		const struct sensitivity *s =
			&g_array_index(study->sensitivity, struct sensitivity, i);

		fprintf(out, "<tr><td><code>%s</code></td>", s->key);
		cell(out, 100 * s->guest[0], 1);
		cell(out, 100 * s->guest[1], 1);
		cell(out, 100 * s->host[0], 1);
		cell(out, 100 * s->host[1], 1);
		fputs("<td class=\"source\">", out);
		html_escape(s->source, out);
		fputs("</td></tr>\n", out);
	}
	fputs("</table></div>\n", out);
}

static void verdict(const struct band *band, FILE *out)
{
	fprintf(out, "<b class=\"%s\">%s</b>", band->inside ? "good" : "bad",
		band->inside ? "inside" : "outside");
}

static void section_study(const struct uiommufd_lab_report *report, FILE *out)
{
	const struct study *study = &report->study;

	if (!study->done)
		return;
	fputs("<h2>Against published figures " PREDICTED "</h2>\n"
	      "<h3>A guest's own queues against a trapped one</h3>\n"
	      "<p>Published: 70 to 90 % less time. Predicted: ", out);
	verdict(&study->guest, out);
	fputs(" that band. A trapped list leaves the guest twice, the monitor "
	      "copies it, the kernel converts it, and everybody meets in one "
	      "queue; a direct one does nothing of that.</p>\n", out);
	study_table(report, SET_STUDY_GUEST, out);
	fputs("<div class=\"plots\">", out);
	plot_breakdown(report, SET_STUDY_GUEST, 2, "breakdown-guest",
		       "Two vCPUs.", out);
	fputs("</div>\n<h3>A host's queue per CPU against one queue</h3>\n"
	      "<p>Published: up to 20 % less time. Predicted: ", out);
	verdict(&study->host, out);
	fputs(" that band. With one queue nobody's commands execute while a "
	      "CMD_SYNC waits for the TLBs; with many, other queues' do. Below "
	      "saturation there is nothing to gain, and polling a register "
	      "costs more than watching memory.</p>\n", out);
	study_table(report, SET_STUDY_HOST, out);
	fputs("<div class=\"plots\">", out);
	plot_breakdown(report, SET_STUDY_HOST, 8, "breakdown-host",
		       "Eight CPUs.", out);
	fputs("</div>\n", out);
	study_sensitivity(study, out);
}

static void ratio_row(const char *what, const struct ratio *r,
		      const char *verdict, FILE *out)
{
	/* Under the name: a narrow page shows the first columns. */
	fprintf(out, "<tr><td>%s%s%s%s</td>", what, *verdict ? "<br><b>" : "",
		verdict, *verdict ? "</b>" : "");
	cell(out, r->mean, 4);
	cell(out, r->low, 4);
	cell(out, r->high, 4);
	cell(out, r->min, 4);
	cell(out, r->max, 4);
	fputs("</tr>\n", out);
}

/* By the invalidation; by the page if they are not for as many. */
static void ratio_rows(const struct comparison *c, FILE *out)
{
	double pages = comparison_pages(c);
	bool alike = pages == 0 || pages == 1;
	struct ratio time = ratio_times(&c->latency_ratio, alike ? 1 : 1 / pages);
	struct ratio done = ratio_times(&c->throughput_ratio, alike ? 1 : pages);

	if (!alike) {
		ratio_row("time of an invalidation", &c->latency_ratio, "", out);
		ratio_row("invalidations per second", &c->throughput_ratio, "",
			  out);
	}
	ratio_row(alike ? "time of an invalidation" : "time of a page", &time,
		  ratio_verdict(&time, true), out);
	ratio_row(alike ? "invalidations per second" : "pages per second",
		  &done, ratio_verdict(&done, false), out);
}

static void comparison_side(const struct comparison *c, int i, FILE *out)
{
	const struct uiommufd_lab_design *d = &c->design[i];

	fprintf(out, "%c is <code>", 'A' + i);
	html_escape(c->name[i], out);
	fprintf(out, "</code>: %s, workload %s, %u CPUs, %u queues, profile "
		"<code>", d->policy, d->workload, d->cpus, d->queues);
	html_escape(uiommufd_lab_profile_name(c->profile[i]), out);
	fputs("</code>", out);
	if (c->pages[i])
		fprintf(out, ", %g pages an invalidation", c->pages[i]);
	fputs(".<br>\n", out);
}

static void comparison_values(const struct comparison *c, FILE *out)
{
	struct uiommufd_lab_value value[2];
	unsigned int index = 0;
	bool any = false;

	while (comparison_next_value(c, &index, value)) {
		if (!any)
			fputs("<h3>Where the profiles differ</h3>\n<p>A's is "
			      "listed whole below.</p>\n<div class=\"table\">"
			      "<table id=\"differences\"><tr><th>value"
			      "</th><th class=\"n\">A</th><th class=\"n\">B</th>"
			      "<th>unit</th><th>B's source</th></tr>\n", out);
		any = true;
		fprintf(out, "<tr><td><code>%s</code></td>", value[0].key);
		cell(out, value[0].value, 2);
		cell(out, value[1].value, 2);
		fprintf(out, "<td>%s</td><td class=\"source\">", value[0].unit);
		html_escape(value[1].source, out);
		fputs("</td></tr>\n", out);
	}
	if (any)
		fputs("</table></div>\n", out);
}

static void section_comparison(const struct uiommufd_lab_report *report,
			       FILE *out)
{
	const struct comparison *c = &report->comparison;
	double pages = comparison_pages(c) ? comparison_pages(c) : 1;
	bool alike = pages == 1;
	double low = MIN(c->latency_ratio.min / pages,
			 c->throughput_ratio.min * pages);
	double high = MAX(c->latency_ratio.max / pages,
			  c->throughput_ratio.max * pages);
	/* On a line from 0, a two-hundredth would be nothing. */
	bool far = high > FAR_RATIOS * low;
	struct chart chart;

	if (!c->name[0] || !c->latency->len)
		return;
	fputs("<h2>B against A " PREDICTED "</h2>\n<p>", out);
	for (int i = 0; i < 2; i++)
		comparison_side(c, i, out);
	fprintf(out, "%u seeds.</p>\n<div class=\"table\"><table>"
		"<tr><th>B / A</th><th class=\"n\">mean</th>"
		"<th class=\"n\">95 %% from</th><th class=\"n\">to</th>"
		"<th class=\"n\">least</th><th class=\"n\">most</th></tr>\n",
		c->latency->len);
	ratio_rows(c, out);
	fputs("</table></div>\n<div class=\"plots\">", out);
	chart = chart_new("comparison", "B / A by seed",
			  "Below 1, B takes less time; above 1, B does more.",
			  "seed", far ? "ratio, logarithmic" : "ratio");
	chart.linear_x = true;
	chart.log_y = far;
	for (guint i = 0; i < c->latency->len; i++) {
		chart_add(&chart, alike ? "time of an invalidation" :
					  "time of a page", 0, false, i + 1,
			  g_array_index(c->latency, double, i) / pages);
		chart_add(&chart, alike ? "invalidations per second" :
					  "pages per second", 1, false, i + 1,
			  g_array_index(c->throughput, double, i) * pages);
	}
	chart_write(&chart, out);
	fputs("</div>\n", out);
	comparison_values(c, out);
}

/* --- what was measured -----------------------------------------------------------*/

static void measured_plots(const struct uiommufd_lab_report *report, FILE *out)
{
	struct chart rate = chart_new(
		"measured-throughput", "Throughput against batch size",
		"This machine's CPU runs guest and device model.",
		"commands a CMD_SYNC", "M commands per second");
	struct chart mmio = chart_new(
		"measured-mmio", "Register accesses per command",
		"Reads, and dashed writes.", "commands a CMD_SYNC",
		"accesses per command");

	for (guint i = 0; i < report->measured->len; i++) {
		const struct uiommufd_lab_measured *m =
			&g_array_index(report->measured, struct measured, i).row;
		g_autofree char *queues = g_strdup_printf(
			"%u queue%s", m->queues, m->queues == 1 ? "" : "s");
		g_autofree char *writes = g_strdup_printf("%s, writes", queues);
		unsigned int colour = __builtin_ctz(m->queues);

		if (!m->batch || !m->commands)
			continue;
		chart_add(&rate, queues, colour, false, m->batch,
			  measured_throughput(m));
		chart_add(&mmio, queues, colour, false, m->batch,
			  (double)m->mmio_reads / m->commands);
		chart_add(&mmio, writes, colour, true, m->batch,
			  (double)m->mmio_writes / m->commands);
	}
	fputs("<div class=\"plots\">", out);
	chart_write(&rate, out);
	chart_write(&mmio, out);
	fputs("</div>\n", out);
}

static void section_measured(const struct uiommufd_lab_report *report,
			     FILE *out)
{
	if (!report->measured->len)
		return;
	fputs("<h2>On this machine " MEASURED "</h2>\n<p>Wall clock and real "
	      "threads: how fast the model and the code around it run here. "
	      "This says nothing about hardware.</p>\n", out);
	for (guint i = 0; i < report->measured->len; i++) {
		const struct uiommufd_lab_measured *m =
			&g_array_index(report->measured, struct measured, i).row;

		if (m->batch)
			continue;
		fputs("<p class=\"soft\">", out);
		html_escape(m->what, out);
		fputs(", ", out);
		html_escape(m->policy, out);
		if (m->cpus)
			fprintf(out, ", %u CPUs", m->cpus);
		fprintf(out, ": %" PRIu64 " commands, %u queues</p>\n"
			"<ul class=\"cards\">", m->commands, m->queues);
		card(out, "commands per second", measured_throughput(m), 2,
		     " M");
		card_ns(out, "CMD_SYNC, median", m->p50_ns);
		card_ns(out, "CMD_SYNC, 99th percentile", m->p99_ns);
		card_ns(out, "CMD_SYNC, 99.9th percentile", m->p999_ns);
		card(out, "register reads per command",
		     m->commands ? (double)m->mmio_reads / m->commands : 0, 2,
		     "");
		fputs("</ul>\n", out);
	}
	measured_plots(report, out);
}

static void section_profile(const struct uiommufd_lab_report *report, FILE *out)
{
	struct uiommufd_lab_value value;

	if (!report->profile)
		return;
	fputs("<h2>The timing profile</h2>\n<p>Everything predicted above "
	      "follows from these values, of the profile <code>", out);
	html_escape(uiommufd_lab_profile_name(report->profile), out);
	fputs("</code>.</p>\n<div class=\"table\"><table id=\"profile\"><tr>"
	      "<th>value</th><th class=\"n\"></th><th>unit</th><th>what it is"
	      "</th><th>source</th></tr>\n", out);
	for (unsigned int i = 0;
	     !uiommufd_lab_profile_value(report->profile, i, &value); i++) {
		char buffer[G_ASCII_DTOSTR_BUF_SIZE];

		fprintf(out, "<tr><td><code>%s</code></td><td class=\"n\">%s"
			"</td><td>%s</td><td>", value.key,
			g_ascii_formatd(buffer, sizeof(buffer), "%.6g",
					value.value), value.unit);
		html_escape(value.meaning, out);
		fputs("</td><td class=\"source\">", out);
		html_escape(value.source, out);
		fputs("</td></tr>\n", out);
	}
	fputs("</table></div>\n", out);
}

void write_html(const struct uiommufd_lab_report *report, FILE *out)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, "
	      "initial-scale=1\">\n<link rel=\"icon\" href=\"data:,\">\n<title>",
	      out);
	html_escape(report->title, out);
	fprintf(out, "</title>\n<style>\n%s</style></head>\n<body><header><h1>",
		page_css);
	html_escape(report->title, out);
	fputs("</h1>\n<p>", out);
	if (report->profile)
		fputs(PREDICTED " marks what a simulation on a virtual clock "
		      "says about a machine that is not at hand. ", out);
	if (report->measured->len)
		fputs(MEASURED " marks what was timed here, on the wall "
		      "clock.", out);
	fputs("</p>\n", out);
	if (report->interrupted)
		fputs("<p class=\"bad\"><b>Interrupted:</b> this is what was "
		      "done until then.</p>\n", out);
	fputs("</header><main>\n", out);
	section_runs(report, out);
	section_sweep(report, out);
	section_study(report, out);
	section_comparison(report, out);
	section_measured(report, out);
	section_profile(report, out);
	fputs("<footer>Made by <code>uiommufd vcmdq</code>.</footer></main>"
	      "</body></html>\n", out);
}
