// SPDX-License-Identifier: MIT
/*
 * The report of a vcmdq run.
 */
#include "report.h"

#include <json-glib/json-glib.h>

gboolean report_is_clean(const struct report *report)
{
	const struct uiommufd_audit *audit = &report->audit;

	return !audit->objects && !audit->blocks && !audit->locks &&
	       !audit->mappings && !audit->warnings;
}

static double per_command_ns(const struct measurement *m)
{
	uint64_t all = m->commands + m->trapped;

	return all ? (double)m->duration_ns / all : 0;
}

static double per_thousand(uint64_t n, const struct measurement *m)
{
	return m->commands ? 1000.0 * n / m->commands : 0;
}

static void print_ids(FILE *out, const char *title, const struct vmm *vmm,
		      glong member)
{
	fputs(title, out);
	for (guint i = 0; i < vmm->device_count; i++)
		fprintf(out, " %u",
			G_STRUCT_MEMBER(uint32_t, &vmm->devices[i], member));
}

static void print_built(const struct report *report, FILE *out)
{
	const struct vmm *vmm = &report->vmm;
	const struct uiommufd_vcmdq_config *hw = &report->config.hardware;

	fprintf(out,
		"machine  SMMUv3 + Tegra241 CMDQV version %u: %u VINTFs, %u VCMDQs,"
		" %u SID pairs a VINTF\n"
		"         %u devices, %u command queues of %u entries, seed %"
		G_GUINT64_FORMAT "\n",
		vmm->hw_version, 1u << hw->log2_vintfs, 1u << hw->log2_vcmdqs,
		1u << vmm->hw_log2_sids, vmm->device_count, report->queues,
		1u << vmm->log2_entries, report->seed);
	fprintf(out, "objects  IOAS %u, parent HWPT %u, vIOMMU %u, vEVENTQ %u",
		vmm->ioas_id, vmm->parent_id, vmm->viommu_id, vmm->veventq_id);
	fputs(", HW_QUEUE", out);
	for (guint i = 0; i < report->queues; i++)
		fprintf(out, " %u", vmm->queue_ids[i]);
	print_ids(out, "\n         DEVICE", vmm, G_STRUCT_OFFSET(struct vmm_device, id));
	print_ids(out, "\n         vDEVICE", vmm,
		  G_STRUCT_OFFSET(struct vmm_device, vdevice_id));
	print_ids(out, "\n         nested HWPT", vmm,
		  G_STRUCT_OFFSET(struct vmm_device, hwpt_id));
	fprintf(out, "\n         VINTF page 0: offset 0x%" G_GINT64_MODIFIER
		"x, %" G_GUINT64_FORMAT " bytes\n",
		vmm->page_offset, vmm->page_bytes);
}

static void print_recorded(const struct report *report, FILE *out)
{
	const struct measurement *m = &report->recorded;
	const struct latency *l = &report->latency;

	fprintf(out,
		"\nworkload %s\n"
		"         %" G_GUINT64_FORMAT " commands executed by %u queues, %"
		G_GUINT64_FORMAT " trapped (%" G_GUINT64_FORMAT " forwarded, %"
		G_GUINT64_FORMAT " absorbed, the rest made %" G_GUINT64_FORMAT
		" nested HWPTs anew)\n"
		"         %.0f ns a command, %.2f M commands/s, as recorded"
		" (%zu doorbells)\n"
		"         MMIO per 1,000 commands: %.0f reads, %.0f writes\n"
		"         CMD_SYNC latency, ns: p50 %" G_GUINT64_FORMAT ", p90 %"
		G_GUINT64_FORMAT ", p99 %" G_GUINT64_FORMAT ", p99.9 %"
		G_GUINT64_FORMAT ", max %" G_GUINT64_FORMAT " (%"
		G_GUINT64_FORMAT " samples)\n"
		"         threads left their processor %" G_GUINT64_FORMAT
		" times meanwhile%s\n",
		report->stream->name, m->commands, m->queues, m->trapped,
		report->vmm.forwarded, report->vmm.absorbed,
		report->vmm.reattached, per_command_ns(m),
		m->duration_ns ? 1e3 * (m->commands + m->trapped) / m->duration_ns : 0.0,
		report->stream->doorbell_count, per_thousand(m->mmio_reads, m),
		per_thousand(m->mmio_writes, m), l->p50_ns, l->p90_ns, l->p99_ns,
		l->p999_ns, l->max_ns, l->samples, l->preempted,
		/* Somebody may have waited for each to come back. */
		l->preempted * 100 > l->samples ?
			", which can make the slowest 1 %" : "");
}

static void print_rows(const struct report *report, FILE *out)
{
	fputs("\n queues  batch   ns/command   M commands/s   MMIO reads   "
	      "MMIO writes\n"
	      "                                              per 1,000    "
	      "per 1,000\n", out);
	for (guint i = 0; i < report->row_count; i++) {
		const struct measurement *m = &report->rows[i];

		fprintf(out, " %6u %6u %12.1f %14.2f %12.1f %13.1f\n",
			m->queues, m->batch, per_command_ns(m),
			m->duration_ns ? 1e3 * m->commands / m->duration_ns : 0.0,
			per_thousand(m->mmio_reads, m),
			per_thousand(m->mmio_writes, m));
	}
}

static void print_error(const struct report *report, FILE *out)
{
	const struct error_story *e = &report->error;

	fprintf(out,
		"\nerror    illegal command 0x%02x: CONS.ERR %u, vEVENT error map"
		" 0x%" G_GINT64_MODIFIER "x:0x%" G_GINT64_MODIFIER "x, %s\n"
		"events   %u received\n",
		e->opcode, e->code, e->map[1], e->map[0],
		e->recovered ? "recovered through GERRORN" : "NOT recovered",
		e->events);
	for (gsize i = 0; i < G_N_ELEMENTS(report->vmm.ebusy); i++)
		if (report->vmm.ebusy[i].step)
			fprintf(out, "%s%s: %s\n", i ? "         " : "teardown ",
				report->vmm.ebusy[i].step,
				report->vmm.ebusy[i].refused ? "EBUSY" :
							       "NOT REFUSED");
}

void report_print(const struct report *report, FILE *out)
{
	const struct uiommufd_audit *a = &report->audit;

	fprintf(out, "MEASURED on this machine's clock, with threads%s\n",
		report->interrupted ? " (interrupted: what was done)" : "");
	print_built(report, out);
	print_recorded(report, out);
	print_rows(report, out);
	print_error(report, out);
	if (!report->complete)
		fprintf(out, "STOPPED  at a step that failed; all was closed as "
			     "if the monitor had died\n");
	fprintf(out,
		"audit    objects %" G_GUINT64_FORMAT ", blocks %"
		G_GUINT64_FORMAT ", locks %" G_GUINT64_FORMAT ", mappings %"
		G_GUINT64_FORMAT ", warnings %" G_GUINT64_FORMAT ": %s\n",
		a->objects, a->blocks, a->locks, a->mappings, a->warnings,
		report_is_clean(report) ? "clean" : "NOT CLEAN");
}

static void json_number(JsonBuilder *json, const char *name, double value)
{
	json_builder_set_member_name(json, name);
	json_builder_add_double_value(json, value);
}

static void json_count(JsonBuilder *json, const char *name, uint64_t value)
{
	json_builder_set_member_name(json, name);
	json_builder_add_int_value(json, value);
}

static void json_bool(JsonBuilder *json, const char *name, gboolean value)
{
	json_builder_set_member_name(json, name);
	json_builder_add_boolean_value(json, value);
}

static void json_text(JsonBuilder *json, const char *name, const char *value)
{
	json_builder_set_member_name(json, name);
	json_builder_add_string_value(json, value);
}

static void json_open(JsonBuilder *json, const char *name)
{
	json_builder_set_member_name(json, name);
	json_builder_begin_object(json);
}

static void json_measurement(JsonBuilder *json, const struct measurement *m)
{
	json_count(json, "queues", m->queues);
	json_count(json, "batch", m->batch);
	json_count(json, "commands", m->commands);
	json_count(json, "trapped", m->trapped);
	json_count(json, "syncs", m->syncs);
	json_count(json, "duration_ns", m->duration_ns);
	json_number(json, "ns_per_command", per_command_ns(m));
	json_number(json, "mmio_reads_per_1000_commands",
		    per_thousand(m->mmio_reads, m));
	json_number(json, "mmio_writes_per_1000_commands",
		    per_thousand(m->mmio_writes, m));
}

static void json_machine(JsonBuilder *json, const struct report *report)
{
	const struct uiommufd_vcmdq_config *hw = &report->config.hardware;

	json_open(json, "machine");
	json_count(json, "vintfs", 1u << hw->log2_vintfs);
	json_count(json, "vcmdqs", 1u << hw->log2_vcmdqs);
	json_count(json, "sid_pairs_per_vintf", 1u << report->vmm.hw_log2_sids);
	json_count(json, "devices", report->vmm.device_count);
	json_count(json, "queues", report->queues);
	json_count(json, "entries_per_queue", 1u << report->vmm.log2_entries);
	json_builder_end_object(json);
}

static void json_objects(JsonBuilder *json, const struct vmm *vmm,
			 guint queues)
{
	json_open(json, "objects");
	json_count(json, "ioas", vmm->ioas_id);
	json_count(json, "parent_hwpt", vmm->parent_id);
	json_count(json, "viommu", vmm->viommu_id);
	json_count(json, "veventq", vmm->veventq_id);
	json_count(json, "vintf_page_offset", vmm->page_offset);
	json_count(json, "vintf_page_bytes", vmm->page_bytes);
	json_builder_set_member_name(json, "hw_queues");
	json_builder_begin_array(json);
	for (guint i = 0; i < queues; i++)
		json_builder_add_int_value(json, vmm->queue_ids[i]);
	json_builder_end_array(json);
	json_builder_set_member_name(json, "devices");
	json_builder_begin_array(json);
	for (guint i = 0; i < vmm->device_count; i++) {
		const struct vmm_device *device = &vmm->devices[i];

		json_builder_begin_object(json);
		json_text(json, "name", device->name);
		json_count(json, "device", device->id);
		json_count(json, "vdevice", device->vdevice_id);
		json_count(json, "nested_hwpt", device->hwpt_id);
		json_count(json, "virt_id", device->virt_id);
		json_builder_end_object(json);
	}
	json_builder_end_array(json);
	json_builder_end_object(json);
}

static void json_latency(JsonBuilder *json, const struct latency *l)
{
	json_open(json, "cmd_sync_latency_ns");
	json_count(json, "samples", l->samples);
	json_count(json, "left_processor", l->preempted);
	json_count(json, "p50", l->p50_ns);
	json_count(json, "p90", l->p90_ns);
	json_count(json, "p99", l->p99_ns);
	json_count(json, "p99.9", l->p999_ns);
	json_count(json, "max", l->max_ns);
	json_builder_end_object(json);
}

static void json_error(JsonBuilder *json, const struct report *report)
{
	const struct error_story *e = &report->error;

	json_open(json, "error");
	json_count(json, "opcode", e->opcode);
	json_count(json, "cons_err", e->code);
	json_count(json, "error_map_low", e->map[0]);
	json_count(json, "error_map_high", e->map[1]);
	json_count(json, "events", e->events);
	json_bool(json, "recovered", e->recovered);
	json_builder_end_object(json);
	json_builder_set_member_name(json, "illegal_teardown");
	json_builder_begin_array(json);
	for (gsize i = 0; i < G_N_ELEMENTS(report->vmm.ebusy); i++) {
		json_builder_begin_object(json);
		json_text(json, "step", report->vmm.ebusy[i].step ?
						report->vmm.ebusy[i].step :
						"not reached");
		json_bool(json, "ebusy", report->vmm.ebusy[i].refused);
		json_builder_end_object(json);
	}
	json_builder_end_array(json);
}

static void json_audit(JsonBuilder *json, const struct report *report)
{
	const struct uiommufd_audit *a = &report->audit;

	json_bool(json, "complete", report->complete);
	json_open(json, "audit");
	json_count(json, "objects", a->objects);
	json_count(json, "blocks", a->blocks);
	json_count(json, "locks", a->locks);
	json_count(json, "mappings", a->mappings);
	json_count(json, "warnings", a->warnings);
	json_bool(json, "clean", report_is_clean(report));
	json_builder_end_object(json);
}

int report_write_json(const struct report *report, FILE *out)
{
	g_autoptr(JsonBuilder) json = json_builder_new();
	g_autoptr(JsonGenerator) generator = json_generator_new();
	g_autoptr(JsonNode) root = NULL;
	g_autofree char *data = NULL;

	json_builder_begin_object(json);
	json_text(json, "mode", "measured");
	json_text(json, "clock", "wall");
	json_text(json, "version", UIOMMUFD_VERSION);
	json_bool(json, "interrupted", report->interrupted);
	json_count(json, "seed", report->seed);
	json_machine(json, report);
	json_objects(json, &report->vmm, report->queues);
	json_open(json, "workload");
	json_text(json, "stream", report->stream->name);
	json_measurement(json, &report->recorded);
	json_count(json, "forwarded", report->vmm.forwarded);
	json_count(json, "ste_changes", report->vmm.reattached);
	json_count(json, "absorbed", report->vmm.absorbed);
	json_builder_end_object(json);
	json_latency(json, &report->latency);
	json_builder_set_member_name(json, "batches");
	json_builder_begin_array(json);
	for (guint i = 0; i < report->row_count; i++) {
		json_builder_begin_object(json);
		json_measurement(json, &report->rows[i]);
		json_builder_end_object(json);
	}
	json_builder_end_array(json);
	json_error(json, report);
	json_audit(json, report);
	json_builder_end_object(json);
	root = json_builder_get_root(json);
	json_generator_set_root(generator, root);
	json_generator_set_pretty(generator, TRUE);
	data = json_generator_to_data(generator, NULL);
	return fprintf(out, "%s\n", data) < 0 ? -1 : 0;
}
