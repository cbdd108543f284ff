// SPDX-License-Identifier: MIT
/*
 * Chrome's trace format: one process a kind, one thread a track.
 */
#include "trace.h"

#include <errno.h>
#include <glib.h>
#include <inttypes.h>
#include <uiommufd/lab.h>

#define MAX_SPANS 400000u

struct span {
	uint64_t start_ps;
	uint64_t end_ps;
	const char *name;
	uint16_t track;
	uint8_t kind;
};

struct uiommufd_lab_trace {
	GArray *spans;
	uint64_t lost;
};

static const char *const kind_names[TRACE_KINDS] = {
	"CPUs", "command queues", "interrupts",
};

struct uiommufd_lab_trace *trace_new(void)
{
	struct uiommufd_lab_trace *trace = g_new0(struct uiommufd_lab_trace, 1);

	trace->spans = g_array_new(FALSE, FALSE, sizeof(struct span));
	return trace;
}

void trace_free(struct uiommufd_lab_trace *trace)
{
	if (!trace)
		return;
	g_array_unref(trace->spans);
	g_free(trace);
}

void trace_span(struct uiommufd_lab_trace *trace, enum trace_kind kind,
		unsigned int track, const char *name, uint64_t start_ps,
		uint64_t end_ps)
{
	struct span span = {
		.start_ps = start_ps, .end_ps = end_ps, .name = name,
		.track = track, .kind = kind,
	};

	if (!trace || start_ps == end_ps)
		return;
	if (trace->spans->len == MAX_SPANS)
		trace->lost++;
	else
		g_array_append_val(trace->spans, span);
}

static void write_names(const struct uiommufd_lab_trace *trace, FILE *out)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);

	for (int kind = 0; kind < TRACE_KINDS; kind++)
		fprintf(out, "{\"ph\":\"M\",\"pid\":%d,\"name\":\"process_name\","
			"\"args\":{\"name\":\"Predicted: %s\"}},\n", kind + 1,
			kind_names[kind]);
	for (guint i = 0; i < trace->spans->len; i++) {
		const struct span *span =
			&g_array_index(trace->spans, struct span, i);
		guint key = (span->kind << 16 | span->track) + 1;

		if (!g_hash_table_add(seen, GUINT_TO_POINTER(key)))
			continue;
		fprintf(out, "{\"ph\":\"M\",\"pid\":%d,\"tid\":%d,\"name\":"
			"\"thread_name\",\"args\":{\"name\":\"%s%d\"}},\n",
			span->kind + 1, span->track,
			span->kind == TRACE_CPU ? "CPU " :
			!span->track && span->kind == TRACE_QUEUE ?
				"SMMU's own queue " : "queue ",
			span->track - (span->kind != TRACE_CPU));
	}
}

int uiommufd_lab_trace_write(const struct uiommufd_lab_result *result,
			     FILE *out)
{
	const struct uiommufd_lab_trace *trace = result->trace;

	if (!trace) {
		errno = EINVAL;
		return -1;
	}
	fputs("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n", out);
	write_names(trace, out);
	for (guint i = 0; i < trace->spans->len; i++) {
		const struct span *s =
			&g_array_index(trace->spans, struct span, i);
		uint64_t took = s->end_ps - s->start_ps;

		fprintf(out, "{\"ph\":\"X\",\"pid\":%d,\"tid\":%d,\"name\":\"%s\","
			"\"ts\":%" PRIu64 ".%06" PRIu64 ",\"dur\":%" PRIu64
			".%06" PRIu64 "},\n",
			s->kind + 1, s->track, s->name, s->start_ps / 1000000,
			s->start_ps % 1000000, took / 1000000, took % 1000000);
	}
	fprintf(out, "{\"ph\":\"M\",\"pid\":1,\"name\":\"process_labels\","
		"\"args\":{\"labels\":\"virtual clock; %" PRIu64
		" spans left out\"}}\n]}\n", trace->lost);
	return ferror(out) ? -1 : 0;
}
