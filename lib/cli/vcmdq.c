// SPDX-License-Identifier: MIT
/*
 * uiommufd vcmdq: assemble the machine, play the monitor and the guest, break
 * a queue and mend it, take everything down, report.
 */
#include <stdio.h>
#include <string.h>
#include <uiommufd/uiommufd.h>

#include "cli.h"
#include "guest.h"
#include "measure.h"
#include "report.h"
#include "stream.h"
#include "vmm.h"

#define ILLEGAL_OPCODE 0xfe
#define EVENT_TIMEOUT_MS 2000

static const guint batch_sizes[] = { 1, 2, 4, 16, 64, 256, 1024 };

struct options {
	char *replay;
	char *json;
	int vintfs;
	int vcmdqs;
	int sids;
	int devices;
	int entries;
	int queues;
	int commands;
	int seed;
	gboolean quiet;
};

static int log2_of(int n)
{
	return n > 0 && !(n & (n - 1)) ? __builtin_ctz(n) : -1;
}

static gboolean is_shape(const char *option, int value, int max)
{
	if (log2_of(value) >= 0 && value <= max)
		return TRUE;
	complain(0, "--%s=%d: a power of two from 1 to %d is needed", option,
		 value, max);
	return FALSE;
}

static gboolean is_range(const char *option, int value, int min, int max)
{
	if (value >= min && value <= max)
		return TRUE;
	complain(0, "--%s=%d: a number from %d to %d is needed", option, value,
		 min, max);
	return FALSE;
}

static gboolean check_options(struct options *o)
{
	int per_vintf;

	if (!is_shape("vintfs", o->vintfs, 64) ||
	    !is_shape("vcmdqs", o->vcmdqs, 128) ||
	    !is_shape("sids", o->sids, 16) ||
	    !is_shape("entries", o->entries, 1 << 18) ||
	    !is_range("entries", o->entries, 2, 1 << 18) ||
	    !is_range("vintfs", o->vintfs, 2, 64) ||
	    !is_range("commands", o->commands, 1, G_MAXINT))
		return FALSE;
	if (o->vcmdqs < o->vintfs) {
		complain(0, "--vcmdqs=%d: fewer than one a VINTF (--vintfs=%d)",
			 o->vcmdqs, o->vintfs);
		return FALSE;
	}
	if (!is_range("devices", o->devices, 1, o->sids))
		return FALSE;
	per_vintf = o->vcmdqs / o->vintfs;
	if (!o->queues)
		o->queues = per_vintf;
	return is_range("queues", o->queues, 1, per_vintf);
}

static gboolean parse_options(struct options *o, int *argc, char ***argv)
{
	const GOptionEntry entries[] = {
		{ "replay", 'r', 0, G_OPTION_ARG_FILENAME, &o->replay,
		  "play this recorded command stream (.cmdq, .cmdq.xz)", "FILE" },
		{ "json", 'j', 0, G_OPTION_ARG_FILENAME, &o->json,
		  "write the report as JSON too", "FILE" },
		{ "vintfs", 0, 0, G_OPTION_ARG_INT, &o->vintfs,
		  "virtual interfaces (64)", "N" },
		{ "vcmdqs", 0, 0, G_OPTION_ARG_INT, &o->vcmdqs,
		  "command queues of all VINTFs together (128)", "N" },
		{ "sids", 0, 0, G_OPTION_ARG_INT, &o->sids,
		  "StreamID pairs a VINTF (16)", "N" },
		{ "devices", 'd', 0, G_OPTION_ARG_INT, &o->devices,
		  "devices of the guest (8)", "N" },
		{ "entries", 0, 0, G_OPTION_ARG_INT, &o->entries,
		  "entries a queue (8192)", "N" },
		{ "queues", 0, 0, G_OPTION_ARG_INT, &o->queues,
		  "queues the guest uses (all of its VINTF)", "N" },
		{ "commands", 'n', 0, G_OPTION_ARG_INT, &o->commands,
		  "commands a measurement (200000)", "N" },
		{ "seed", 's', 0, G_OPTION_ARG_INT, &o->seed,
		  "seed of the platform (1)", "N" },
		{ "quiet", 'q', 0, G_OPTION_ARG_NONE, &o->quiet,
		  "no report on standard output", NULL },
		{ NULL }
	};
	g_autoptr(GOptionContext) context =
		g_option_context_new("- drive a simulated Tegra241 CMDQV");
	g_autoptr(GError) error = NULL;

	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, argc, argv, &error)) {
		complain(0, "vcmdq: %s", error->message);
		return FALSE;
	}
	if (*argc > 1) {
		complain(0, "vcmdq: what is '%s'?", (*argv)[1]);
		return FALSE;
	}
	return check_options(o);
}

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
static gboolean break_and_mend(struct vmm *vmm, struct guest_queue *queue,
			       struct error_story *story)
{
	const struct command illegal = { { ILLEGAL_OPCODE, 0 } };

	story->opcode = ILLEGAL_OPCODE;
	guest_queue_put(queue, &illegal);
	guest_queue_sync(queue);
	guest_queue_doorbell(queue);
	if (!vmm_event(vmm, EVENT_TIMEOUT_MS, story->map))
		return FALSE;
	story->events++;
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

	if (!measure_recorded(vmm, queues, vmm->queue_count, report->stream,
			      SIZE_MAX, progress, &report->recorded,
			      &report->latency)) {
		complain(0, "a queue stopped during the replay");
		return FALSE;
	}
	for (guint n = 1; n <= vmm->queue_count; n *= 2)
		for (gsize b = 0; b < G_N_ELEMENTS(batch_sizes); b++) {
			progress_show(progress, "batches", 0, 1);
			if (batch_sizes[b] > (guint)o->entries ||
			    report->row_count == REPORT_MAX_ROWS)
				continue;
			if (!measure_batches(queues, n, batch_sizes[b],
					     report->stream, o->commands,
					     &report->rows[report->row_count++])) {
				complain(0, "a queue stopped in a batch run");
				return FALSE;
			}
		}
	return TRUE;
}

static gboolean run_guest(struct report *report, const struct options *o)
{
	g_autofree struct guest_queue *queues =
		g_new0(struct guest_queue, report->vmm.queue_count);
	struct vmm *vmm = &report->vmm;
	struct progress progress;
	gboolean ok;

	for (guint i = 0; i < vmm->queue_count; i++) {
		guest_queue_init(&queues[i], vmm, i);
		if (!guest_queue_enable(&queues[i]))
			return FALSE;
	}
	progress_init(&progress, !o->quiet);
	ok = measure_all(report, queues, o, &progress);
	progress_end(&progress);
	return ok && break_and_mend(vmm, &queues[0], &report->error);
}

static gboolean run_machine(struct report *report, const struct options *o)
{
	g_autoptr(GArray) sids = stream_sids(report->stream, o->devices);
	struct vmm *vmm = &report->vmm;

	report->queues = o->queues;
	return vmm_build(vmm, vmm->platform, o->queues, log2_of(o->entries),
			 sids) &&
	       run_guest(report, o) && vmm_try_illegal_teardown(vmm);
}

static int finish(struct report *report, const struct options *o)
{
	g_autoptr(GError) error = NULL;

	if (!o->quiet)
		report_print(report, stdout);
	if (o->json && !report_write_json(report, o->json, &error))
		return complain(EXIT_UNCLEAN, "vcmdq: --json: %s",
				error->message);
	return report_is_clean(report) ? EXIT_CLEAN : EXIT_UNCLEAN;
}

static int run(const struct options *o, struct stream *stream)
{
	g_autofree struct report *report = g_new0(struct report, 1);
	struct uiommufd_platform *platform;

	report->stream = stream;
	report->seed = o->seed;
	platform = make_platform(o, report);
	if (!platform)
		return EXIT_UNCLEAN;
	report->vmm.platform = platform;
	report->complete = run_machine(report, o) &&
			   vmm_teardown(&report->vmm);
	report->audit.size = sizeof(report->audit);
	uiommufd_vcmdq_read_counters(platform, UIOMMUFD_QUEUE_ANY,
				     &report->counters);
	uiommufd_platform_audit(platform, &report->audit);
	if (report->complete)
		uiommufd_platform_free(platform);
	return finish(report, o);
}

int cmd_vcmdq(int argc, char **argv)
{
	struct options o = {
		.vintfs = 64,
		.vcmdqs = 128,
		.sids = 16,
		.devices = 8,
		.entries = 8192,
		.commands = 200000,
		.seed = 1,
	};
	g_autoptr(GError) error = NULL;
	struct stream *stream;
	int status = EXIT_USAGE;

	if (parse_options(&o, &argc, &argv)) {
		stream = stream_load(o.replay, &error);
		if (stream)
			status = run(&o, stream);
		else
			complain(0, "vcmdq: --replay: %s", error->message);
		stream_free(stream);
	}
	g_free(o.replay);
	g_free(o.json);
	return status;
}
