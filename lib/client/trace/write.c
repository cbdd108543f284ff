// SPDX-License-Identifier: MIT
/* Structures of commands, taken from the client and written down. */
#include "client/trace/write.h"

#include <string.h>

#include "client/trace/memory.h"

/* A request that no row describes: its size, then bytes. */
static const struct trace_field size_only[] = {
	{ "size", 0, 4, TRACE_NUMBER, NULL },
};
static const struct trace_shape unknown = {
	.size_name = "size",
	.type = "bytes",
	.size = 4,
	.fields = size_only,
	.field_count = 1,
};

static void take_buffers(struct trace_capture *c)
{
	for (gsize i = 0; i < c->shape->field_count; i++) {
		const struct trace_field *field = &c->shape->fields[i];
		guint64 from = trace_field_get(field, c->cmd), bytes;

		if (field->kind != TRACE_BUFFER || !from)
			continue;
		bytes = field->bytes(c->cmd);
		if (!bytes || bytes > TRACE_BUFFER_MAX)
			continue;
		c->buffers[i] = g_byte_array_new();
		g_byte_array_set_size(c->buffers[i], bytes);
		if (trace_memory_read(c->buffers[i]->data, from, bytes) == bytes)
			continue;
		g_byte_array_unref(c->buffers[i]);
		c->buffers[i] = NULL;
	}
}

void trace_capture_take(struct trace_capture *c, unsigned long request,
			guint64 address)
{
	guint32 head[2] = { 0 };
	gsize there = trace_memory_read(head, address, sizeof(head));

	memset(c, 0, sizeof(*c));
	c->shape = trace_shape_of(request, there == sizeof(head) ? head[1] : 0);
	if (!c->shape)
		c->shape = &unknown;
	if (!c->shape->type || there < 4)
		return;
	c->bytes = CLAMP(head[0], 4, TRACE_STRUCT_MAX);
	if (trace_memory_read(c->cmd, address, c->bytes) == c->bytes)
		take_buffers(c);
	else
		c->bytes = 0;
}

void trace_capture_clear(struct trace_capture *c)
{
	for (gsize i = 0; i < TRACE_FIELDS_MAX; i++)
		if (c->buffers[i])
			g_byte_array_unref(c->buffers[i]);
}

void trace_append_request(GString *out, unsigned long request)
{
	const struct trace_shape *shape = trace_shape_of(request, 1);

	if (shape)
		g_string_append(out, shape->name);
	else
		g_string_append_printf(out, "_IOC(%lu, %#lx, %#lx, %lu)",
				       request >> 30 & 3, request >> 8 & 255,
				       request & 255, request >> 16 & 0x3fff);
}

void trace_append_bytes(GString *out, const guint8 *bytes, gsize count)
{
	gsize zeros = 0;

	while (zeros < count && !bytes[zeros])
		zeros++;
	if (count && zeros == count) {
		g_string_append_printf(out, "buffer(%zu)", count);
		return;
	}
	g_string_append_c(out, '"');
	for (gsize i = 0; i < count; i++)
		g_string_append_printf(out, "\\x%02x", bytes[i]);
	g_string_append_c(out, '"');
}

void trace_append_number(GString *out, const struct trace_field *field,
			 guint64 value)
{
	unsigned long long number = value;
	const char *dot = strrchr(field->name, '.');

	if (field->kind == TRACE_FD || field->kind == TRACE_NEW_FD)
		g_string_append_printf(out, "%d", (gint32)value);
	else if (field->kind == TRACE_ADDRESS || field->size == 8 ||
		 value > 0xffff || strstr(dot ? dot : field->name, "flags"))
		g_string_append_printf(out, "%#llx", number);
	else
		g_string_append_printf(out, "%llu", number);
}

static void append_field(GString *out, const struct trace_capture *c, gsize i)
{
	const struct trace_field *field = &c->shape->fields[i];

	g_string_append_printf(out, "%s=", field->name);
	if (c->buffers[i])
		trace_append_bytes(out, c->buffers[i]->data,
				   c->buffers[i]->len);
	else if (field->kind == TRACE_BYTES)
		trace_append_bytes(out, c->cmd + field->offset, field->size);
	else
		trace_append_number(out, field,
				    trace_field_get(field, c->cmd));
}

static gboolean is_zero(const struct trace_capture *c, gsize i)
{
	const struct trace_field *field = &c->shape->fields[i];
	static const guint8 none[64];

	return !memcmp(c->cmd + field->offset, none, field->size);
}

static gboolean is_same(const struct trace_capture *a,
			const struct trace_capture *b, gsize i)
{
	const struct trace_field *field = &a->shape->fields[i];

	if (memcmp(a->cmd + field->offset, b->cmd + field->offset, field->size))
		return FALSE;
	if (!a->buffers[i] || !b->buffers[i])
		return TRUE;
	return !memcmp(a->buffers[i]->data, b->buffers[i]->data,
		       MIN(a->buffers[i]->len, b->buffers[i]->len));
}

static void separate(GString *out, gsize begin)
{
	if (out->len > begin)
		g_string_append(out, ", ");
}

/* What is not zero, and the size in any case. */
static void append_struct(GString *out, const struct trace_capture *c)
{
	gsize begin;

	g_string_append_c(out, '{');
	begin = out->len;
	for (gsize i = 0; i < c->shape->field_count; i++) {
		if (i && is_zero(c, i))
			continue;
		separate(out, begin);
		append_field(out, c, i);
	}
	if (c->bytes > c->shape->size) {
		g_string_append(out, ", tail=");
		trace_append_bytes(out, c->cmd + c->shape->size,
				   c->bytes - c->shape->size);
	}
	g_string_append_c(out, '}');
}

static void append_changes(GString *out, const struct trace_capture *before,
			   const struct trace_capture *after)
{
	gsize begin = out->len;
	gsize tail = before->shape->size;

	for (gsize i = 0; i < before->shape->field_count; i++) {
		if (is_same(before, after, i))
			continue;
		separate(out, begin);
		append_field(out, after, i);
	}
	if (before->bytes > tail && before->bytes == after->bytes &&
	    memcmp(before->cmd + tail, after->cmd + tail,
		   before->bytes - tail)) {
		separate(out, begin);
		g_string_append(out, "tail=");
		trace_append_bytes(out, after->cmd + tail,
				   after->bytes - tail);
	}
}

void trace_append_change(GString *out, const struct trace_capture *before,
			 const struct trace_capture *after, guint64 address)
{
	g_autoptr(GString) changes = g_string_new(NULL);

	if (!before->bytes) {
		g_string_append_printf(out, address ? "%#llx" : "NULL",
				       (unsigned long long)address);
		return;
	}
	append_struct(out, before);
	if (after->bytes)
		append_changes(changes, before, after);
	if (changes->len)
		g_string_append_printf(out, " => {%s}", changes->str);
}
