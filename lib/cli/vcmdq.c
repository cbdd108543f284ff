// SPDX-License-Identifier: MIT
/*
 * uiommufd vcmdq: assemble the machine, play the monitor and the guest, break
 * a queue and mend it, take everything down, report.  Predictions: predict.c.
 */
#include <stdio.h>
#include <string.h>
#include <uiommufd/uiommufd.h>

#include "cli.h"
#include "guest.h"
#include "inject.h"
#include "measure.h"
#include "options.h"
#include "predict.h"
#include "progress.h"
#include "report.h"
#include "stream.h"
#include "vmm.h"

#define ILLEGAL_OPCODE 0xfe
#define EVENT_TIMEOUT_MS 2000

static const guint batch_sizes[] = { 1, 2, 4, 16, 64, 256, 1024 };

static struct uiommufd_platform *make_platform(const struct options *o,
					       struct report *report)
{
	struct uiommufd_platform_config *config = &report->config;
	struct uiommufd_platform *platform;

	uiommufd_platform_config_init(config, "tegra241");
	config->devices = o->devices;
	config->seed = o->seed;
	config->hardware.log2_vintfs = log2_of(o->vintfs);
	config->hardware.log2_vcmdqs = log2_of(o->vcmdqs);
	config->hardware.log2_sids = log2_of(o->sids);
	config->hardware.log2_commands =
		MAX(config->hardware.log2_commands, (guint)log2_of(o->entries));
	platform = uiommufd_platform_new(config);
	if (!platform)
		perror("uiommufd: cannot build the platform");
	return platform;
}

/* One illegal command, its vEVENT, and recovery as a guest kernel does it. */
static gboolean break_and_mend(struct report *report, struct guest_queue *queue)
{
	const struct command illegal = { { ILLEGAL_OPCODE, 0 } };
	struct error_story *story = &report->error;
	uint64_t start = timeline_now(&report->line);

	story->opcode = ILLEGAL_OPCODE;
	guest_queue_put(queue, &illegal);
	guest_queue_sync(queue);
	guest_queue_doorbell(queue);
	do {
		/* Errors that were injected left events of their own. */
		if (!vmm_event(&report->vmm, EVENT_TIMEOUT_MS, story->map))
			return FALSE;
		story->events++;
		timeline_span(&report->line, UIOMMUFD_LAB_INTERRUPT_TRACK, 1,
			      "doorbell to vEVENT", start);
	} while (!guest_queue_error(queue, &story->code) && queue->mends);
	if (!guest_queue_error(queue, &story->code)) {
		complain(0, "the queue did not stop at an illegal command");
		return FALSE;
	}
	guest_queue_recover(queue);
	story->recovered = guest_queue_wait(queue);
	return story->recovered;
}

static gboolean measure_all(struct report *report, struct guest_queue *queues,
			    const struct options *o, struct progress *progress)
{
	struct vmm *vmm = &report->vmm;
	gsize total = g_bit_storage(vmm->queue_count) *
		      G_N_ELEMENTS(batch_sizes);
	gsize done = 0;

	if (!measure_recorded(vmm, queues, vmm->queue_count, report->stream,
			      &report->line, progress, &report->recorded,
			      &report->latency)) {
		complain(0, "a queue stopped during the replay");
		return FALSE;
	}
	for (guint n = 1; n <= vmm->queue_count; n *= 2)
		for (gsize b = 0; b < G_N_ELEMENTS(batch_sizes); b++) {
			if (!progress_show(progress, "batches", done++, total))
				return TRUE;
			if (batch_sizes[b] > (guint)o->entries ||
			    report->row_count == REPORT_MAX_ROWS)
				continue;
			if (!measure_batches(queues, n, batch_sizes[b],
					     report->stream, o->commands,
					     progress,
					     &report->rows[report->row_count++])) {
				complain(0, "a queue stopped in a batch run");
				return FALSE;
			}
		}
	return TRUE;
}

static gboolean run_guest(struct report *report, const struct options *o,
			  struct progress *progress)
{
	g_autofree struct guest_queue *queues =
		g_new0(struct guest_queue, report->vmm.queue_count);
	struct vmm *vmm = &report->vmm;

	for (guint i = 0; i < vmm->queue_count; i++) {
		guest_queue_init(&queues[i], vmm, i);
		queues[i].mends = o->inject.count > 0;
		if (!guest_queue_enable(&queues[i]))
			return FALSE;
	}
	if (!measure_all(report, queues, o, progress))
		return FALSE;
	report->interrupted = progress->interrupted;
	return break_and_mend(report, &queues[0]);
}

/* Before anything is taken down, and before faults are forgotten. */
static void show_hardware(struct report *report, const struct options *o)
{
	struct uiommufd_platform *platform = report->vmm.platform;

	if (!o->quiet)
		inject_print(&o->inject, platform, stdout);
	uiommufd_fault_clear(platform, -1);
	if (!o->dump)
		return;
	uiommufd_mmio_dump(uiommufd_smmu_registers(platform), stdout, 0);
	uiommufd_mmio_dump(uiommufd_vcmdq_registers(platform), stdout, 0);
}

static gboolean run_machine(struct report *report, struct options *o,
			    struct progress *progress)
{
	g_autoptr(GArray) sids = stream_sids(report->stream, o->devices);
	struct vmm *vmm = &report->vmm;
	gboolean ok;

	report->queues = o->queues;
	ok = inject_arm(&o->inject, vmm->platform, FALSE) &&
	     vmm_build(vmm, vmm->platform, o->queues, log2_of(o->entries),
		       sids) &&
	     inject_arm(&o->inject, vmm->platform, TRUE) &&
	     run_guest(report, o, progress);
	show_hardware(report, o);
	return ok && vmm_try_illegal_teardown(vmm);
}

static int finish(struct report *report, const struct options *o,
		  struct progress *progress)
{
	/* One file that cannot be written does not cost the others. */
	gboolean wrote = predict_beside(o, report, progress);

	wrote &= trace_to_file(report->line.trace, o->trace);
	wrote &= json_to_file(report, o->json);
	progress_end(progress);
	if (!o->quiet)
		report_print(report, stdout);
	return wrote && report->complete && report_is_clean(report) ?
		       EXIT_CLEAN : EXIT_UNCLEAN;
}

static int run(struct options *o, struct stream *stream)
{
	g_autofree struct report *report = g_new0(struct report, 1);
	struct uiommufd_platform *platform;
	struct progress progress;
	int status;

	timeline_start(&report->line,
		       o->trace ? uiommufd_lab_trace_new("Measured",
							 "wall clock") : NULL);
	report->stream = stream;
	report->seed = o->seed;
	platform = make_platform(o, report);
	if (!platform) {
		uiommufd_lab_trace_free(report->line.trace);
		return EXIT_UNCLEAN;
	}
	report->vmm.platform = platform;
	progress_init(&progress, !o->quiet);
	report->complete = run_machine(report, o, &progress) &&
			   vmm_teardown(&report->vmm);
	if (!report->complete)
		vmm_abandon(&report->vmm);
	report->audit.size = sizeof(report->audit);
	uiommufd_vcmdq_read_counters(platform, UIOMMUFD_QUEUE_ANY,
				     &report->counters);
	uiommufd_platform_audit(platform, &report->audit);
	uiommufd_platform_free(platform);
	status = finish(report, o, &progress);
	uiommufd_lab_trace_free(report->line.trace);
	return status;
}

static gboolean has_devices_of(const struct options *o,
			       const struct stream *stream)
{
	guint needed = stream_atc_devices(stream);

	if (o->devices >= (int)needed)
		return TRUE;
	complain(0, "--devices=%d: %s invalidates the ATCs of %u devices",
		 o->devices, stream->name, needed);
	return FALSE;
}

int cmd_vcmdq(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	struct stream *stream;
	struct options o;
	int status = EXIT_USAGE;

	if (options_parse(&o, &argc, &argv)) {
		stream = stream_load(o.replay, &error);
		if (!stream)
			complain(0, "vcmdq: --replay: %s", error->message);
		else if (o.predict || o.study || o.compare[0] || o.policy)
			status = predict(&o, stream);
		else if (has_devices_of(&o, stream))
			status = run(&o, stream);
		stream_free(stream);
	}
	options_fini(&o);
	return status;
}
