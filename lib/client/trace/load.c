// SPDX-License-Identifier: MIT
/* A trace file into calls; questions about them. */
#include "client/trace/load.h"

#include <stdlib.h>
#include <string.h>

#define HEAD "# uiommufd trace "
#define MACHINE "# machine "

struct loader {
	struct trace *trace;
	GHashTable *begun;	/* "[pid N]" to what stood before <unfinished> */
	guint line;
};

void trace_unload(struct trace *trace)
{
	if (!trace)
		return;
	g_ptr_array_unref(trace->calls);
	g_free(trace->machine);
	g_free(trace);
}

/* The prefix that says whose line it is. */
static gchar *whose(const char *line)
{
	const char *end = g_str_has_prefix(line, "[pid") ? strchr(line, ']') :
							   NULL;
	gsize length = end ? (gsize)(end - line) + 1 :
			     strspn(line, "0123456789");

	return g_strndup(line, length);
}

/*
 * strace -f: "name(a <unfinished ...>" and later "<... name resumed>, b) = 0".
 * NULL: the rest comes later.
 */
static gchar *join(struct loader *loader, const gchar *line)
{
	const char *cut = strstr(line, "<unfinished ...>");
	const char *more = strstr(line, "<... ");
	const char *rest = more ? strstr(more, "resumed>") : NULL;
	gchar *owner = whose(line);
	const gchar *first;
	gchar *whole;

	if (cut) {
		g_hash_table_insert(loader->begun, owner,
				    g_strndup(line, cut - line));
		return NULL;
	}
	first = rest ? g_hash_table_lookup(loader->begun, owner) : NULL;
	whole = first ? g_strconcat(first, rest + strlen("resumed>"), NULL) :
			g_strdup(rest ? "#" : line);
	if (first)
		g_hash_table_remove(loader->begun, owner);
	g_free(owner);
	return whole;
}

static gboolean take_comment(struct loader *loader, const gchar *line,
			     GError **error)
{
	struct trace *trace = loader->trace;

	if (g_str_has_prefix(line, HEAD)) {
		trace->exact = TRUE;
		if (g_ascii_strtoull(line + strlen(HEAD), NULL, 10) == 1)
			return TRUE;
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
			    "line %u: a trace of another version", loader->line);
		return FALSE;
	}
	if (g_str_has_prefix(line, MACHINE) && !trace->machine)
		trace->machine = g_strdup(line + strlen(MACHINE));
	return TRUE;
}

static gboolean take_line(struct loader *loader, gchar *line, GError **error)
{
	g_autofree gchar *whole = NULL;
	struct trace_call *call;
	GError *fault = NULL;

	loader->line++;
	g_strchomp(line);
	if (*line == '#')
		return take_comment(loader, line, error);
	whole = join(loader, line);
	call = whole ? trace_parse_line(whole, loader->line, &fault) : NULL;
	if (call)
		g_ptr_array_add(loader->trace->calls, call);
	if (!fault)
		return TRUE;
	g_propagate_error(error, fault);
	return FALSE;
}

struct trace *trace_load(FILE *in, GError **error)
{
	struct loader loader = {
		.trace = g_new0(struct trace, 1),
		.begun = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
					       g_free),
	};
	gboolean good = TRUE;
	char *line = NULL;
	size_t room = 0;

	loader.trace->calls = g_ptr_array_new_with_free_func(
		(GDestroyNotify)trace_call_free);
	while (good && getline(&line, &room, in) > 0)
		good = take_line(&loader, line, error);
	free(line);
	g_hash_table_unref(loader.begun);
	if (good && loader.trace->calls->len)
		return loader.trace;
	if (good)
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
			    "no calls in it");
	trace_unload(loader.trace);
	return NULL;
}

static void take_word(struct uiommufd_platform_config *config, const char *word)
{
	const char *value = strchr(word, '=');
	guint64 number = value ? g_ascii_strtoull(value + 1, NULL, 0) : 0;

	if (g_str_has_prefix(word, "devices="))
		config->devices = number;
	else if (g_str_has_prefix(word, "pasid-bits="))
		config->pasid_bits = number;
	else if (g_str_has_prefix(word, "seed="))
		config->seed = number;
	else if (g_str_has_prefix(word, "scatter="))
		config->scatter_pages = number;
}

void trace_platform(const struct trace *trace,
		    struct uiommufd_platform_config *out)
{
	g_auto(GStrv) words = g_strsplit(trace->machine ? trace->machine : "",
					 ";", 0);
	const char *kind = NULL;

	for (gsize i = 0; words[i]; i++)
		if (g_str_has_prefix(words[i], "platform="))
			kind = g_intern_string(words[i] + 9);
	uiommufd_platform_config_init(out, kind);
	for (gsize i = 0; words[i]; i++)
		take_word(out, words[i]);
}

const struct trace_value *trace_argument(const struct trace_call *call,
					 guint i)
{
	return i < call->args->len ? call->args->pdata[i] : NULL;
}

guint64 trace_number(const struct trace_call *call, guint i)
{
	const struct trace_value *value = trace_argument(call, i);

	return value && value->kind == TRACE_VALUE_NUMBER ? value->number : 0;
}

const char *trace_is_device(const struct trace_call *call, guint64 *flags)
{
	guint at = strcmp(call->name, "open") ? 1 : 0;
	const struct trace_value *path = trace_argument(call, at);

	if (strcmp(call->name, "open") && strcmp(call->name, "openat"))
		return NULL;
	if (!path || path->kind != TRACE_VALUE_BYTES || path->vague)
		return NULL;
	/* The array gets the NUL that it lacks; its length stays. */
	if (!path->bytes->len || path->bytes->data[path->bytes->len - 1])
		g_byte_array_append(path->bytes, (const guint8 *)"", 1);
	*flags = trace_number(call, at + 1);
	if (strcmp((char *)path->bytes->data, "/dev/iommu") &&
	    !g_str_has_prefix((char *)path->bytes->data, "/dev/vfio/"))
		return NULL;
	return (const char *)path->bytes->data;
}

const struct trace_shape *trace_shape(const struct trace_call *call)
{
	const struct trace_value *request = trace_argument(call, 1);
	const struct trace_value *op = trace_value_item(trace_argument(call, 2),
							"op");

	if (!request || request->kind != TRACE_VALUE_NUMBER)
		return NULL;
	return trace_shape_of(request->number, op ? (guint32)op->number : 1);
}

const struct trace_field *trace_field(const struct trace_shape *shape,
				      const char *name)
{
	for (gsize i = 0; i < shape->field_count; i++)
		if (!strcmp(shape->fields[i].name, name))
			return &shape->fields[i];
	return NULL;
}

const struct trace_value *trace_expected(const struct trace_value *cmd,
					 const char *name, gboolean after)
{
	const struct trace_value *value = NULL;

	if (after)
		value = trace_value_item(cmd->after, name);
	return value ? value : trace_value_item(cmd, name);
}
