// SPDX-License-Identifier: MIT
/* Lines of traces into calls. */
#include "client/trace/parse.h"

#include <string.h>

#include "client/trace/shape.h"
#include "client/trace/words.h"

#define DEPTH_MAX 8

struct cursor {
	const char *at;
	const char *fault;	/* what was expected; NULL: fine so far */
	int depth;
};

static struct trace_value *parse_value(struct cursor *c);

static void value_free(gpointer data)
{
	struct trace_value *value = data;

	if (!value)
		return;
	g_free(value->name);
	if (value->bytes)
		g_byte_array_unref(value->bytes);
	if (value->items)
		g_ptr_array_unref(value->items);
	value_free(value->after);
	g_free(value);
}

void trace_call_free(struct trace_call *call)
{
	if (!call)
		return;
	g_free(call->name);
	if (call->args)
		g_ptr_array_unref(call->args);
	g_free(call);
}

const struct trace_value *trace_value_item(const struct trace_value *value,
					   const char *name)
{
	if (!value || value->kind != TRACE_VALUE_LIST)
		return NULL;
	for (guint i = 0; i < value->items->len; i++) {
		const struct trace_value *item = value->items->pdata[i];

		if (item->name && !strcmp(item->name, name))
			return item;
	}
	return NULL;
}

/* Blanks and comments. */
static void skip(struct cursor *c)
{
	for (;;) {
		const char *end;

		c->at += strspn(c->at, " \t");
		if (c->at[0] != '/' || c->at[1] != '*')
			return;
		end = strstr(c->at, "*/");
		c->at = end ? end + 2 : c->at + strlen(c->at);
	}
}

static gboolean take(struct cursor *c, const char *token)
{
	gsize length = strlen(token);

	skip(c);
	if (strncmp(c->at, token, length))
		return FALSE;
	c->at += length;
	return TRUE;
}

static void want(struct cursor *c, const char *token)
{
	if (!c->fault && !take(c, token))
		c->fault = token;
}

static gsize word_length(const char *at)
{
	gsize n = 0;

	while (g_ascii_isalnum(at[n]) || at[n] == '_' ||
	       (n && at[n] == '.' && g_ascii_isalpha(at[n + 1])))
		n++;
	return n;
}

static guint8 octal(struct cursor *c, char first)
{
	guint value = first - '0';

	for (int i = 0; i < 2 && *c->at >= '0' && *c->at <= '7'; i++)
		value = value * 8 + (*c->at++ - '0');
	return value;
}

/* After the backslash. */
static guint8 parse_escape(struct cursor *c)
{
	static const char letters[] = "ntrvfab", means[] = "\n\t\r\v\f\a\b";
	char letter = *c->at;
	const char *known = letter ? strchr(letters, letter) : NULL;
	guint value = 0;

	if (!letter)
		return 0;
	c->at++;
	if (letter == 'x') {
		for (int i = 0; i < 2 && g_ascii_isxdigit(*c->at); i++)
			value = value * 16 + g_ascii_xdigit_value(*c->at++);
		return value;
	}
	if (letter >= '0' && letter <= '7')
		return octal(c, letter);
	return known ? means[known - letters] : letter;
}

/* After the opening quote; "..." after it: the writer has cut it. */
static void parse_string(struct cursor *c, struct trace_value *value)
{
	value->kind = TRACE_VALUE_BYTES;
	value->bytes = g_byte_array_new();
	while (*c->at && *c->at != '"') {
		guint8 byte = *c->at++;

		if (byte == '\\')
			byte = parse_escape(c);
		g_byte_array_append(value->bytes, &byte, 1);
	}
	want(c, "\"");
	value->vague = take(c, "...");
}

static void parse_items(struct cursor *c, GPtrArray *items, const char *end)
{
	if (take(c, end))
		return;
	do {
		if (take(c, "..."))
			break;
		g_ptr_array_add(items, parse_value(c));
	} while (!c->fault && take(c, ","));
	want(c, end);
}

static void parse_list(struct cursor *c, struct trace_value *value,
		       const char *end)
{
	value->kind = TRACE_VALUE_LIST;
	value->items = g_ptr_array_new_with_free_func(value_free);
	parse_items(c, value->items, end);
}

static guint64 argument(const GPtrArray *args, guint i)
{
	const struct trace_value *value = i < args->len ? args->pdata[i] : NULL;

	return value && value->kind == TRACE_VALUE_NUMBER ? value->number : 0;
}

/* WORD(...): a request by its parts, or a buffer. */
static void parse_function(struct cursor *c, struct trace_value *value,
			   const char *name)
{
	g_autoptr(GPtrArray) args = g_ptr_array_new_with_free_func(value_free);

	parse_items(c, args, ")");
	if (!strcmp(name, "_IOC")) {
		value->number = argument(args, 0) << 30 |
				argument(args, 3) << 16 |
				argument(args, 1) << 8 | argument(args, 2);
	} else if (!strcmp(name, "buffer") &&
		   argument(args, 0) <= TRACE_BUFFER_MAX) {
		value->kind = TRACE_VALUE_BYTES;
		value->bytes = g_byte_array_new();
		g_byte_array_set_size(value->bytes, argument(args, 0));
		memset(value->bytes->data, 0, value->bytes->len);
	} else {
		value->vague = TRUE;
	}
}

static void parse_word(struct cursor *c, struct trace_value *value)
{
	gsize length = word_length(c->at);
	g_autofree gchar *name = g_strndup(c->at, length);
	guint64 number = 0;

	if (!length) {
		c->fault = "a value";
		return;
	}
	c->at += length;
	if (*c->at == '(') {
		c->at++;
		parse_function(c, value, name);
		return;
	}
	if (!trace_word(name, &number))
		value->vague = TRUE;
	value->number |= number;
}

static void parse_term(struct cursor *c, struct trace_value *value)
{
	gboolean negative = FALSE;
	guint64 number;
	char *end;

	skip(c);
	if (*c->at == '-' && g_ascii_isdigit(c->at[1])) {
		negative = TRUE;
		c->at++;
	}
	if (!g_ascii_isdigit(*c->at)) {
		parse_word(c, value);
		return;
	}
	number = g_ascii_strtoull(c->at, &end, 0);
	c->at = end;
	if (take(c, "*")) {
		struct trace_value other = { 0 };

		parse_term(c, &other);
		number *= other.number;
	}
	value->number |= negative ? -number : number;
}

/* Numbers and words joined by '|'; "A or B" means that strace cannot tell. */
static void parse_number(struct cursor *c, struct trace_value *value)
{
	struct trace_value ignored = { 0 };

	value->kind = TRACE_VALUE_NUMBER;
	do {
		parse_term(c, value);
	} while (!c->fault && take(c, "|"));
	while (!c->fault && take(c, "or "))
		parse_term(c, &ignored);
	if (*c->at == '<')	/* strace -y: what the descriptor is */
		c->at += strcspn(c->at, ">") + 1;
}

static gchar *parse_name(struct cursor *c)
{
	gsize length;

	skip(c);
	length = word_length(c->at);
	if (!length || g_ascii_isdigit(*c->at) || c->at[length] != '=' ||
	    c->at[length + 1] == '>')
		return NULL;
	c->at += length + 1;
	return g_strndup(c->at - length - 1, length);
}

static void parse_plain(struct cursor *c, struct trace_value *value)
{
	if (take(c, "\""))
		parse_string(c, value);
	else if (take(c, "["))
		parse_list(c, value, "]");
	else if (take(c, "{"))
		parse_list(c, value, "}");
	else
		parse_number(c, value);
}

static struct trace_value *parse_value(struct cursor *c)
{
	struct trace_value *value = g_new0(struct trace_value, 1);

	if (++c->depth > DEPTH_MAX)
		c->fault = "less nesting";
	value->name = parse_name(c);
	value->constant = take(c, "const ");
	if (!c->fault)
		parse_plain(c, value);
	if (!c->fault && take(c, "=>"))
		value->after = parse_value(c);
	c->depth--;
	return value;
}

/* "= 3", "= -1 EBUSY (Device or resource busy)", "= ?" */
static void parse_result(struct cursor *c, struct trace_call *call)
{
	struct trace_value value = { 0 };
	gsize length;

	want(c, "=");
	if (c->fault)
		return;
	call->unknown_result = take(c, "?");
	if (call->unknown_result)
		return;
	parse_number(c, &value);
	call->result = (gint64)value.number;
	skip(c);
	length = word_length(c->at);
	if (call->result == -1 && length) {
		g_autofree gchar *name = g_strndup(c->at, length);

		call->error = trace_errno(name);
		if (!call->error)
			c->fault = "an errno";
	}
}

/* "[pid 12] ", "12 ", "1699999999.123456 ", "12:00:01 " */
static const char *after_prefix(const char *line)
{
	for (;;) {
		const char *at = line;

		if (g_str_has_prefix(at, "[pid") && strchr(at, ']'))
			at = strchr(at, ']') + 1;
		else
			at += strspn(at, "0123456789.:");
		at += strspn(at, " ");
		if (at == line)
			return at;
		line = at;
	}
}

struct trace_call *trace_parse_line(const char *line, guint number,
				    GError **error)
{
	struct cursor c = { .at = after_prefix(line) };
	gsize length = word_length(c.at);
	struct trace_call *call;

	/* Comments, "--- SIGCHLD ---", "+++ exited with 0 +++". */
	if (!length && (!*c.at || strchr("#-+", *c.at)))
		return NULL;
	call = g_new0(struct trace_call, 1);
	call->line = number;
	call->name = g_strndup(c.at, length);
	call->args = g_ptr_array_new_with_free_func(value_free);
	c.at += length;
	want(&c, "(");
	if (!c.fault)
		parse_items(&c, call->args, ")");
	if (!c.fault)
		parse_result(&c, call);
	if (!c.fault)
		return call;
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
		    "line %u, column %u: %s expected", number,
		    (guint)(c.at - line) + 1, c.fault);
	trace_call_free(call);
	return NULL;
}
