// SPDX-License-Identifier: MIT
/*
 * Chrome's trace format: one process a kind, one thread a track.
 */
#include "trace.h"

#include <errno.h>
#include <glib.h>
#include <inttypes.h>

#define MAX_SPANS 400000u
#define MORE_INTERRUPTS 10000u	/* they are few, and what one looks for */

struct span {
	uint64_t start_ps;
	uint64_t end_ps;
	const char *name;
	uint16_t number;
	uint8_t track;
};

struct uiommufd_lab_trace {
	const char *mode;
	const char *clock;
	GArray *spans;
	uint64_t lost;
};

static const char *const track_names[UIOMMUFD_LAB_TRACKS] = {
	"CPUs", "command queues", "interrupts",
};

struct uiommufd_lab_trace *uiommufd_lab_trace_new(const char *mode,
						  const char *clock)
{
	struct uiommufd_lab_trace *trace = g_new0(struct uiommufd_lab_trace, 1);

	trace->mode = mode;
	trace->clock = clock;
	trace->spans = g_array_new(FALSE, FALSE, sizeof(struct span));
	return trace;
}

struct uiommufd_lab_trace *trace_new(void)
{
	return uiommufd_lab_trace_new("Predicted", "virtual clock");
}

void uiommufd_lab_trace_free(struct uiommufd_lab_trace *trace)
{
	if (!trace)
		return;
	g_array_unref(trace->spans);
	g_free(trace);
}

void uiommufd_lab_trace_span(struct uiommufd_lab_trace *trace,
			     enum uiommufd_lab_track track,
			     unsigned int number, const char *name,
			     uint64_t start_ps, uint64_t end_ps)
{
	guint limit = MAX_SPANS;
	struct span span = {
		.start_ps = start_ps, .end_ps = end_ps, .name = name,
		.number = number, .track = track,
	};

	if (!trace || start_ps == end_ps)
		return;
	if (track == UIOMMUFD_LAB_INTERRUPT_TRACK)
		limit += MORE_INTERRUPTS;
	if (trace->spans->len >= limit)
		trace->lost++;
	else
		g_array_append_val(trace->spans, span);
}

/* Queues count from 1, the SMMU's own is 0. */
static void write_name(const struct span *span, FILE *out)
{
	if (span->track == UIOMMUFD_LAB_CPU_TRACK)
		fprintf(out, "CPU %d", span->number);
	else if (span->number)
		fprintf(out, "queue %d", span->number - 1);
	else
		fputs("SMMU's own queue", out);
}

static void write_names(const struct uiommufd_lab_trace *trace, FILE *out)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);

	for (int track = 0; track < UIOMMUFD_LAB_TRACKS; track++)
		fprintf(out, "{\"ph\":\"M\",\"pid\":%d,\"name\":\"process_name\","
			"\"args\":{\"name\":\"%s: %s\"}},\n", track + 1,
			trace->mode, track_names[track]);
	for (guint i = 0; i < trace->spans->len; i++) {
		const struct span *span =
			&g_array_index(trace->spans, struct span, i);
		guint key = (span->track << 16 | span->number) + 1;

		if (!g_hash_table_add(seen, GUINT_TO_POINTER(key)))
			continue;
		fprintf(out, "{\"ph\":\"M\",\"pid\":%d,\"tid\":%d,\"name\":"
			"\"thread_name\",\"args\":{\"name\":\"",
			span->track + 1, span->number);
		write_name(span, out);
		fputs("\"}},\n", out);
	}
}

int uiommufd_lab_trace_save(const struct uiommufd_lab_trace *trace, FILE *out)
{
	fputs("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n", out);
	write_names(trace, out);
	for (guint i = 0; i < trace->spans->len; i++) {
		const struct span *s =
			&g_array_index(trace->spans, struct span, i);
		uint64_t took = s->end_ps - s->start_ps;

		fprintf(out, "{\"ph\":\"X\",\"pid\":%d,\"tid\":%d,\"name\":\"%s\","
			"\"ts\":%" PRIu64 ".%06" PRIu64 ",\"dur\":%" PRIu64
			".%06" PRIu64 "},\n",
			s->track + 1, s->number, s->name, s->start_ps / 1000000,
			s->start_ps % 1000000, took / 1000000, took % 1000000);
	}
	fprintf(out, "{\"ph\":\"M\",\"pid\":1,\"name\":\"process_labels\","
		"\"args\":{\"labels\":\"%s; %" PRIu64
		" spans left out\"}}\n]}\n", trace->clock, trace->lost);
	return ferror(out) ? -1 : 0;
}

int uiommufd_lab_trace_write(const struct uiommufd_lab_result *result,
			     FILE *out)
{
	if (!result->trace) {
		errno = EINVAL;
		return -1;
	}
	return uiommufd_lab_trace_save(result->trace, out);
}
