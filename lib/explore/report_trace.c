// SPDX-License-Identifier: MIT
/*
 * An execution as JSON for Perfetto: a track a fiber, a microsecond a step.
 */
#include "explore/symbol.h"
#include "explore/trail.h"

static void print_text(const char *text, FILE *out)
{
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		fputc((unsigned char)*text < ' ' ? ' ' : *text, out);
	}
}

static void print_names(const struct uiommufd_trail *trail, FILE *out)
{
	fputs("{\"ph\":\"M\",\"pid\":1,\"name\":\"process_name\","
	      "\"args\":{\"name\":\"", out);
	print_text(trail->scenario, out);
	fputs("\"}},\n", out);
	for (unsigned int i = 0; i < trail->fiber_count; i++)
		fprintf(out,
			"{\"ph\":\"M\",\"pid\":1,\"tid\":%u,\"name\":"
			"\"thread_name\",\"args\":{\"name\":\"%s\"}},\n",
			i + 1, trail->fiber_names[i]);
}

static void print_event(const struct trail_row *row, uint32_t at, FILE *out)
{
	char where[160];

	symbol_format(row->site, where, sizeof(where));
	fprintf(out, "{\"ph\":\"X\",\"pid\":1,\"tid\":%u,\"ts\":%u,\"dur\":1,"
		"\"name\":\"%s\",\"args\":{\"addr\":\"%p\",\"at\":\"",
		row->fiber + 1, at, row_verb(row), row->addr);
	print_text(where, out);
	fputs("\"}},\n", out);
}

void uiommufd_trail_trace(const struct uiommufd_trail *trail, FILE *out)
{
	fputs("{\"traceEvents\":[\n", out);
	print_names(trail, out);
	for (uint32_t i = 0; i < trail->row_count; i++)
		print_event(&trail->rows[i], i, out);
	fprintf(out, "{\"ph\":\"i\",\"pid\":1,\"tid\":%u,\"ts\":%u,\"s\":\"g\","
		"\"name\":\"", trail->guilty + 1, trail->row_count);
	print_text(*trail->law ? trail->law : "end", out);
	fputs("\",\"args\":{\"message\":\"", out);
	print_text(trail->message, out);
	fputs("\"}}\n]}\n", out);
	symbol_done();
}

void uiommufd_trail_dot(const struct uiommufd_trail *trail, FILE *out)
{
	if (trail->dot)
		fputs(trail->dot, out);
	else
		fputs("digraph objects {\n}\n", out);
}
