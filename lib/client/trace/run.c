// SPDX-License-Identifier: MIT
/*
 * Running an ioctl of a trace: the structure is built from its fields, buffers
 * are ours, and what comes back is compared field by field.
 */
#include "client/trace/run.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <uapi/linux/iommufd.h>
#include <uiommufd/client.h>

#include "client/trace/memory.h"
#include "client/trace/write.h"

struct built {
	const struct trace_shape *shape;
	const struct trace_value *given;	/* {...} */
	gsize bytes;
	guint8 *cmd;		/* pages of its own */
	GByteArray *buffers[TRACE_FIELDS_MAX];
};

/* Memory of a client that a trace did not tell of. */
static void supply_memory(guint64 address, guint64 bytes)
{
	guint64 start = address & ~4095ull;
	guint8 byte;

	if (!bytes || bytes > 1ull << 40 ||
	    trace_memory_read(&byte, address, 1) == 1)
		return;
	/* Where it cannot be, the calls that want it say so. */
	(void)mmap((void *)(uintptr_t)start, address + bytes - start,
		   PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS |
		   MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
}

static void set_field(struct trace_run *run, struct built *b, gsize i,
		      const struct trace_value *value)
{
	const struct trace_field *field = &b->shape->fields[i];
	guint64 number = value->number;
	int fd;

	if (value->kind == TRACE_VALUE_BYTES && field->kind == TRACE_BYTES) {
		memcpy(b->cmd + field->offset, value->bytes->data,
		       MIN(value->bytes->len, field->size));
		return;
	}
	if (value->kind == TRACE_VALUE_BYTES) {
		b->buffers[i] = g_byte_array_new();
		g_byte_array_append(b->buffers[i], value->bytes->data,
				    value->bytes->len);
		number = (guint64)(uintptr_t)b->buffers[i]->data;
	} else if (field->kind == TRACE_ADDRESS ||
		   field->kind == TRACE_BUFFER) {
		number = trace_memory_place(number);
	} else if (field->kind == TRACE_FD) {
		fd = trace_run_fd(run, (guint32)number);
		number = fd < 0 ? number : (guint64)fd;
	}
	trace_field_set(field, b->cmd, number);
}

static void build(struct trace_run *run, struct built *b)
{
	const struct trace_value *size =
		trace_value_item(b->given, b->shape->size_name);
	const struct trace_value *tail = trace_value_item(b->given, "tail");
	const struct trace_value *value;
	gsize natural = b->shape->size;

	b->bytes = natural + (tail && tail->bytes ? tail->bytes->len : 0);
	b->cmd = mmap(NULL, b->bytes, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (b->cmd == MAP_FAILED)
		g_error("no memory for a command of %zu bytes", b->bytes);
	if (!size)
		trace_field_set(&b->shape->fields[0], b->cmd, natural);
	for (gsize i = 0; i < b->shape->field_count; i++) {
		value = trace_value_item(b->given, b->shape->fields[i].name);
		if (value)
			set_field(run, b, i, value);
	}
	if (tail && tail->bytes)
		memcpy(b->cmd + natural, tail->bytes->data, tail->bytes->len);
	for (gsize i = 0; !run->trace->exact && i < b->shape->field_count; i++)
		if (b->shape->fields[i].kind == TRACE_ADDRESS)
			supply_memory(trace_field_get(&b->shape->fields[i],
						      b->cmd),
				      b->shape->fields[i].bytes(b->cmd));
}

static void built_clear(struct built *b)
{
	for (gsize i = 0; i < TRACE_FIELDS_MAX; i++)
		if (b->buffers[i])
			g_byte_array_unref(b->buffers[i]);
	munmap(b->cmd, b->bytes);
}

static void differs(struct trace_run *run, const struct trace_call *call,
		    const struct built *b, const struct trace_field *field,
		    guint64 recorded, guint64 now)
{
	g_autoptr(GString) a = g_string_new(NULL);
	g_autoptr(GString) z = g_string_new(NULL);

	trace_append_number(a, field, recorded);
	trace_append_number(z, field, now);
	trace_run_differs(run, call, "%s: %s %s recorded, %s now",
			  b->shape->name, field->name, a->str, z->str);
}

/* The bytes behind a pointer, or in the structure. */
static void compare_bytes(struct trace_run *run, const struct trace_call *call,
			  const struct built *b, const struct trace_field *field,
			  const GByteArray *recorded, const guint8 *now,
			  gsize count)
{
	gsize at = 0;

	count = MIN(count, recorded->len);
	while (at < count && recorded->data[at] == now[at])
		at++;
	if (at < count)
		trace_run_differs(run, call,
				  "%s: byte %zu of %s: 0x%02x recorded, "
				  "0x%02x now", b->shape->name, at, field->name,
				  recorded->data[at], now[at]);
}

static void compare_field(struct trace_run *run, const struct trace_call *call,
			  const struct built *b, gsize i)
{
	const struct trace_field *field = &b->shape->fields[i];
	const struct trace_value *value = trace_expected(b->given, field->name,
							 TRUE);
	guint64 recorded = value && value->kind == TRACE_VALUE_NUMBER ?
				   value->number : 0;
	guint64 now = trace_field_get(field, b->cmd);

	if ((value && value->vague) || (!value && !i))
		return;
	if (field->kind == TRACE_NEW_FD && call->result >= 0) {
		if (recorded)
			trace_run_new_fd(run, recorded, (int)now);
	} else if (value && value->kind == TRACE_VALUE_BYTES) {
		compare_bytes(run, call, b, field, value->bytes,
			      b->buffers[i] ? b->buffers[i]->data :
					      b->cmd + field->offset,
			      b->buffers[i] ? b->buffers[i]->len : field->size);
	} else if (field->kind == TRACE_NUMBER && recorded != now) {
		differs(run, call, b, field, recorded, now);
	}
}

static void skip_call(struct trace_run *run, const struct trace_call *call)
{
	run->replay->skipped++;
	run->replay->calls--;
	if (run->report)
		fprintf(run->report, "line %u: skipped: the trace does not "
			"carry its data\n", call->line);
}

static void run_struct(struct trace_run *run, const struct trace_call *call,
		       int fd, const struct trace_shape *shape,
		       const struct trace_value *given)
{
	struct built b = { .shape = shape, .given = given };
	unsigned long request = trace_number(call, 1);
	int ret;

	build(run, &b);
	if (given->constant)
		mprotect(b.cmd, b.bytes, PROT_READ);
	ret = uiommufd_ioctl(fd, request, b.cmd);
	if ((trace_run_result(run, call, ret, errno) || ret >= 0) &&
	    given->items->len)
		for (gsize i = 0; i < shape->field_count; i++)
			compare_field(run, call, &b, i);
	built_clear(&b);
}

/* A pointer, and what it led to is not known. */
static gboolean lacks_data(const struct trace_run *run,
			   const struct trace_shape *shape, guint64 address)
{
	return !run->trace->exact && (!shape || shape->type) && address;
}

void trace_run_ioctl(struct trace_run *run, const struct trace_call *call,
		     int fd)
{
	const struct trace_shape *shape = trace_shape(call);
	const struct trace_value *given = trace_argument(call, 2);
	const struct trace_value empty = {
		.kind = TRACE_VALUE_LIST,
		.items = g_ptr_array_new(),
	};
	guint64 number = trace_number(call, 2);
	static const struct trace_field size = { "size", 0, 4, TRACE_NUMBER,
						 NULL };
	static const struct trace_shape bytes = {
		.name = "request", .type = "bytes", .size_name = "size",
		.size = 4, .fields = &size, .field_count = 1,
	};
	int ret;

	if (given && given->kind == TRACE_VALUE_LIST) {
		run_struct(run, call, fd, shape ? shape : &bytes, given);
	} else if (lacks_data(run, shape, number)) {
		if (shape && shape->request == IOMMU_IOAS_ALLOC && !call->error)
			run_struct(run, call, fd, shape, &empty);
		else
			skip_call(run, call);
	} else {
		ret = uiommufd_ioctl(fd, trace_number(call, 1),
				     (void *)(uintptr_t)(shape && !shape->type ?
					number : trace_memory_place(number)));
		trace_run_result(run, call, ret, errno);
	}
	g_ptr_array_unref(empty.items);
}
