// SPDX-License-Identifier: MIT
/*
 * A report for programs: JSON and CSV.
 *
 * Numbers are printed the same in every locale.
 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "report.h"

struct json {
	FILE *out;
	bool more;		/* something stands before in this list */
};

static void next(struct json *json)
{
	fputs(json->more ? ",\n" : "\n", json->out);
	json->more = true;
}

static void text(struct json *json, const char *string)
{
	fputc('"', json->out);
	for (const char *s = string ? string : ""; *s; s++) {
		if (*s == '"' || *s == '\\')
			fprintf(json->out, "\\%c", *s);
		else if ((unsigned char)*s < 0x20)
			fprintf(json->out, "\\u%04x", *s);
		else
			fputc(*s, json->out);
	}
	fputc('"', json->out);
}

static void name(struct json *json, const char *key)
{
	next(json);
	text(json, key);
	fputs(": ", json->out);
}

static void put_text(struct json *json, const char *key, const char *value)
{
	name(json, key);
	text(json, value);
}

static void put_count(struct json *json, const char *key, uint64_t value)
{
	name(json, key);
	fprintf(json->out, "%" PRIu64, value);
}

static void number(FILE *out, double value)
{
	char buffer[G_ASCII_DTOSTR_BUF_SIZE];

	if (!isfinite(value))
		value = 0;
	fputs(g_ascii_formatd(buffer, sizeof(buffer), "%.9g", value), out);
}

static void put_number(struct json *json, const char *key, double value)
{
	name(json, key);
	number(json->out, value);
}

static void put_bool(struct json *json, const char *key, bool value)
{
	name(json, key);
	fputs(value ? "true" : "false", json->out);
}

static void begin(struct json *json, const char *key, char bracket)
{
	if (key)
		name(json, key);
	else
		next(json);
	fputc(bracket, json->out);
	json->more = false;
}

static void end(struct json *json, char bracket)
{
	fprintf(json->out, "\n%c", bracket);
	json->more = true;
}

static void put_profile(struct json *json,
			const struct uiommufd_lab_profile *profile)
{
	struct uiommufd_lab_value value;

	begin(json, "profile", '{');
	put_text(json, "name", uiommufd_lab_profile_name(profile));
	begin(json, "values", '[');
	for (unsigned int i = 0;
	     !uiommufd_lab_profile_value(profile, i, &value); i++) {
		begin(json, NULL, '{');
		put_text(json, "key", value.key);
		put_number(json, "value", value.value);
		put_text(json, "unit", value.unit);
		put_text(json, "source", value.source);
		end(json, '}');
	}
	end(json, ']');
	end(json, '}');
}

static void put_design(struct json *json, const char *key,
		       const struct uiommufd_lab_design *d)
{
	begin(json, key, '{');
	put_text(json, "label", d->label ? d->label : d->policy);
	put_text(json, "policy", d->policy);
	put_text(json, "workload", d->workload);
	put_count(json, "cpus", d->cpus);
	put_count(json, "queues", d->queues);
	put_count(json, "vms", d->vms);
	put_count(json, "pages", d->pages);
	put_count(json, "batch", d->batch);
	put_count(json, "flush_after", d->flush_after);
	put_count(json, "entries", d->entries);
	put_count(json, "lists", d->lists);
	put_count(json, "illegal_ppm", d->illegal_ppm);
	put_count(json, "gaps_percent", d->gaps_percent);
	put_count(json, "seed", d->seed);
	end(json, '}');
}

static void put_latency(struct json *json,
			const struct uiommufd_lab_percentiles *l)
{
	begin(json, "latency_ns", '{');
	put_count(json, "samples", l->samples);
	put_number(json, "mean", l->mean_ps / 1e3);
	put_number(json, "p50", l->p50_ps / 1e3);
	put_number(json, "p90", l->p90_ps / 1e3);
	put_number(json, "p99", l->p99_ps / 1e3);
	put_number(json, "p99.9", l->p999_ps / 1e3);
	put_number(json, "max", l->max_ps / 1e3);
	end(json, '}');
}

static void put_phases(struct json *json, const struct row *row)
{
	const struct uiommufd_lab_result *r = row->result;

	begin(json, "percent_of_time", '{');
	for (int p = 0; p < UIOMMUFD_LAB_PHASES; p++)
		put_number(json, uiommufd_lab_phase_name(p), row_share(row, p));
	end(json, '}');
	begin(json, "percent_of_time_of_slowest_hundredth", '{');
	for (int p = 0; p < UIOMMUFD_LAB_PHASES && r->slowest_ps; p++)
		put_number(json, uiommufd_lab_phase_name(p),
			   100.0 * r->slowest_phase_ps[p] / r->slowest_ps);
	end(json, '}');
}

static void put_row(struct json *json, const struct row *row)
{
	const struct uiommufd_lab_result *r = row->result;

	begin(json, NULL, '{');
	put_text(json, "set", set_name(row->set));
	put_text(json, "series", row->series);
	put_design(json, "design", &row->design);
	put_bool(json, "interrupted", r->partial);
	put_number(json, "virtual_ns", r->elapsed_ps / 1e3);
	put_count(json, "invalidations", r->lists);
	put_count(json, "commands", r->commands);
	put_count(json, "syncs", r->syncs);
	put_count(json, "doorbells", r->doorbells);
	put_count(json, "mmio_reads", r->mmio_reads);
	put_count(json, "mmio_writes", r->mmio_writes);
	put_count(json, "exits", r->exits);
	put_count(json, "ioctls", r->ioctls);
	put_count(json, "interrupts", r->interrupts);
	put_count(json, "errors", r->errors);
	put_count(json, "refused", r->refused);
	put_count(json, "contended", r->contended);
	put_count(json, "events", r->events);
	put_number(json, "invalidations_per_second", 1e6 * row_throughput(row));
	put_number(json, "queue_occupancy_mean", row_occupancy(row));
	put_count(json, "queue_occupancy_max", r->occupancy_max);
	put_number(json, "device_busy",
		   r->elapsed_ps ? (double)r->device_busy_ps / r->elapsed_ps : 0);
	put_latency(json, &r->latency);
	put_phases(json, row);
	if (row->set >= SET_STUDY_GUEST)
		put_number(json, "reduction", row->reduction);
	end(json, '}');
}

static void put_measured(struct json *json,
			 const struct uiommufd_lab_measured *m)
{
	begin(json, NULL, '{');
	put_text(json, "policy", m->policy);
	put_text(json, "workload", m->what);
	put_count(json, "cpus", m->cpus);
	put_count(json, "queues", m->queues);
	put_count(json, "invalidations", m->lists);
	put_count(json, "commands", m->commands);
	put_count(json, "duration_ns", m->duration_ns);
	put_count(json, "mmio_reads", m->mmio_reads);
	put_count(json, "mmio_writes", m->mmio_writes);
	put_count(json, "p50_ns", m->p50_ns);
	put_count(json, "p90_ns", m->p90_ns);
	put_count(json, "p99_ns", m->p99_ns);
	put_count(json, "p999_ns", m->p999_ns);
	put_count(json, "max_ns", m->max_ns);
	end(json, '}');
}

static void put_all_measured(struct json *json, const GArray *measured)
{
	begin(json, "measured", '[');
	for (guint i = 0; i < measured->len; i++)
		put_measured(json,
			     &g_array_index(measured, struct measured, i).row);
	end(json, ']');
}

static void put_band(struct json *json, const char *key,
		     const struct band *band)
{
	begin(json, key, '{');
	put_number(json, "published_low", band->low);
	put_number(json, "published_high", band->high);
	put_number(json, "predicted_low", band->got_low);
	put_number(json, "predicted_high", band->got_high);
	put_bool(json, "inside", band->inside);
	end(json, '}');
}

static void put_study(struct json *json, const struct study *study)
{
	begin(json, "study", '{');
	put_band(json, "guest", &study->guest);
	put_band(json, "host", &study->host);
	begin(json, "sensitivity", '[');
	for (guint i = 0; i < study->sensitivity->len; i++) {
		const struct sensitivity *s =
			&g_array_index(study->sensitivity, struct sensitivity, i);

		begin(json, NULL, '{');
		put_text(json, "key", s->key);
		put_number(json, "guest_halved", s->guest[0]);
		put_number(json, "guest_doubled", s->guest[1]);
		put_number(json, "host_halved", s->host[0]);
		put_number(json, "host_doubled", s->host[1]);
		end(json, '}');
	}
	end(json, ']');
	end(json, '}');
}

static void put_ratio(struct json *json, const char *key, const GArray *values,
		      const struct ratio *ratio)
{
	begin(json, key, '{');
	put_number(json, "mean", ratio->mean);
	put_number(json, "low95", ratio->low);
	put_number(json, "high95", ratio->high);
	begin(json, "by_seed", '[');
	for (guint i = 0; i < values->len; i++) {
		next(json);
		number(json->out, g_array_index(values, double, i));
	}
	end(json, ']');
	end(json, '}');
}

static void put_interval(struct json *json, const char *key,
			 const struct ratio *ratio, bool less_is_better)
{
	begin(json, key, '{');
	put_number(json, "mean", ratio->mean);
	put_number(json, "low95", ratio->low);
	put_number(json, "high95", ratio->high);
	put_text(json, "verdict", ratio_verdict(ratio, less_is_better));
	end(json, '}');
}

/* By the page, where it is known for how many an invalidation is. */
static void put_pages(struct json *json, const struct comparison *c)
{
	double pages = comparison_pages(c);
	struct ratio time, done;

	if (!pages || !c->latency->len)
		return;
	time = ratio_times(&c->latency_ratio, 1 / pages);
	done = ratio_times(&c->throughput_ratio, pages);
	put_number(json, "a_pages_an_invalidation", c->pages[0]);
	put_number(json, "b_pages_an_invalidation", c->pages[1]);
	put_interval(json, "time_of_a_page_b_to_a", &time, true);
	put_interval(json, "pages_per_second_b_to_a", &done, false);
}

static void put_differences(struct json *json, const struct comparison *c)
{
	struct uiommufd_lab_value value[2];
	unsigned int index = 0;

	begin(json, "profile_differences", '[');
	while (comparison_next_value(c, &index, value)) {
		begin(json, NULL, '{');
		put_text(json, "key", value[0].key);
		put_text(json, "unit", value[0].unit);
		put_number(json, "a", value[0].value);
		put_number(json, "b", value[1].value);
		put_text(json, "b_source", value[1].source);
		end(json, '}');
	}
	end(json, ']');
}

static void put_comparison(struct json *json, const struct comparison *c)
{
	begin(json, "comparison", '{');
	put_text(json, "a", c->name[0]);
	put_text(json, "a_profile",
		 uiommufd_lab_profile_name(c->profile[0]));
	put_design(json, "a_design", &c->design[0]);
	put_text(json, "b", c->name[1]);
	put_text(json, "b_profile",
		 uiommufd_lab_profile_name(c->profile[1]));
	put_design(json, "b_design", &c->design[1]);
	put_differences(json, c);
	put_ratio(json, "latency_b_to_a", c->latency, &c->latency_ratio);
	put_ratio(json, "throughput_b_to_a", c->throughput,
		  &c->throughput_ratio);
	put_pages(json, c);
	end(json, '}');
}

void write_json(const struct uiommufd_lab_report *report, FILE *out)
{
	bool predicted = report->profile || !report->measured->len;
	struct json json = { .out = out };

	fputc('{', out);
	put_text(&json, "mode", predicted ? "predicted" : "measured");
	put_text(&json, "clock", predicted ? "virtual" : "wall");
	put_text(&json, "title", report->title);
	put_bool(&json, "interrupted", report->interrupted);
	if (report->profile)
		put_profile(&json, report->profile);
	begin(&json, "runs", '[');
	for (guint i = 0; i < report->rows->len; i++)
		put_row(&json, report_row(report, i));
	end(&json, ']');
	if (report->measured->len)
		put_all_measured(&json, report->measured);
	if (report->study.done)
		put_study(&json, &report->study);
	if (report->comparison.name[0])
		put_comparison(&json, &report->comparison);
	fputs("\n}\n", out);
}

/* --- CSV --------------------------------------------------------------------*/

static void cell(FILE *out, double value)
{
	fputc(',', out);
	number(out, value);
}

/* Names are other people's: of files, of policies that were loaded. */
static void csv_text(const char *string, FILE *out)
{
	bool quoted = strpbrk(string, ",\"\r\n") != NULL;

	if (quoted)
		fputc('"', out);
	for (const char *s = string; *s; s++) {
		if (*s == '"')
			fputc('"', out);
		fputc(*s, out);
	}
	if (quoted)
		fputc('"', out);
}

static double per_second(uint64_t count, double seconds)
{
	return seconds > 0 ? count / seconds : 0;
}

static void csv_row(const struct row *row, FILE *out)
{
	const struct uiommufd_lab_design *d = &row->design;
	const struct uiommufd_lab_percentiles *l = &row->result->latency;
	double seconds = row->result->elapsed_ps / 1e12;

	fprintf(out, "predicted,%s,", set_name(row->set));
	csv_text(d->policy, out);
	fprintf(out, ",%s,%u,%u,%u,%u,%u,%" PRIu64 ",%" PRIu64 ",%" PRIu64,
		d->workload, d->cpus, d->queues, d->vms, d->batch, d->pages,
		d->seed, row->result->lists, row->result->commands);
	cell(out, per_second(row->result->lists, seconds));
	cell(out, per_second(row->result->commands, seconds));
	cell(out, l->mean_ps / 1e3);
	cell(out, l->p50_ps / 1e3);
	cell(out, l->p90_ps / 1e3);
	cell(out, l->p99_ps / 1e3);
	cell(out, l->p999_ps / 1e3);
	cell(out, l->max_ps / 1e3);
	cell(out, row_mmio(row, false));
	cell(out, row_mmio(row, true));
	cell(out, row_occupancy(row));
	for (int p = 0; p < UIOMMUFD_LAB_PHASES; p++)
		cell(out, row_share(row, p));
	fputc(',', out);
	csv_text(row->series, out);
	fputc('\n', out);
}

static void csv_measured(const struct uiommufd_lab_measured *m, FILE *out)
{
	double seconds = m->duration_ns / 1e9;

	fputs("measured,run,", out);
	csv_text(m->policy, out);
	fputc(',', out);
	csv_text(m->what, out);
	fputc(',', out);
	if (m->cpus)
		fprintf(out, "%u", m->cpus);
	fprintf(out, ",%u,,%u,,,", m->queues, m->batch);
	if (m->lists)
		fprintf(out, "%" PRIu64, m->lists);
	fprintf(out, ",%" PRIu64 ",", m->commands);
	if (m->lists)
		number(out, per_second(m->lists, seconds));
	cell(out, per_second(m->commands, seconds));
	fputs(",", out);
	for (int i = 0; i < 5; i++) {
		const uint64_t values[] = { m->p50_ns, m->p90_ns, m->p99_ns,
					    m->p999_ns, m->max_ns };

		if (m->samples)
			cell(out, values[i]);
		else
			fputc(',', out);
	}
	cell(out, m->commands ? (double)m->mmio_reads / m->commands : 0);
	cell(out, m->commands ? (double)m->mmio_writes / m->commands : 0);
	for (int p = 0; p <= UIOMMUFD_LAB_PHASES + 1; p++)
		fputc(',', out);
	csv_text(m->policy, out);
	fputc('\n', out);
}

/* In a comparison the series tells A's rows from B's. */
void write_csv(const struct uiommufd_lab_report *report, FILE *out)
{
	fputs("mode,set,policy,workload,cpus,queues,vms,batch,pages,seed,"
	      "invalidations,commands,invalidations_per_second,"
	      "commands_per_second,mean_ns,p50_ns,p90_ns,p99_ns,"
	      "p99.9_ns,max_ns,mmio_reads_per_command,mmio_writes_per_command,"
	      "queue_occupancy", out);
	for (int p = 0; p < UIOMMUFD_LAB_PHASES; p++)
		fprintf(out, ",%s %%", uiommufd_lab_phase_name(p));
	fputs(",series\n", out);
	for (guint i = 0; i < report->measured->len; i++)
		csv_measured(&g_array_index(report->measured, struct measured,
					    i).row, out);
	for (guint i = 0; i < report->rows->len; i++)
		csv_row(report_row(report, i), out);
}
