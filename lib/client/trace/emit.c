// SPDX-License-Identifier: MIT
/*
 * A trace as a C program: what a replay does, written out.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <uiommufd/replay.h>

#include "client/trace/load.h"
#include "client/trace/memory.h"
#include "client/trace/words.h"
#include "client/trace/write.h"

#define FD_MAX 1024

enum { FOREIGN, OURS, A_FILE };

struct emitter {
	const struct trace *trace;
	GString *out;
	FILE *report;		/* NULL: nobody wants it */
	guint8 known[FD_MAX];	/* the trace's descriptors: what they are */
};

static const char prologue[] =
	"#include <errno.h>\n#include <fcntl.h>\n#include <poll.h>\n"
	"#include <stdint.h>\n#include <stdio.h>\n#include <string.h>\n"
	"#include <sys/mman.h>\n#include <unistd.h>\n"
	"#include <linux/iommufd.h>\n#include <linux/iommufd_test.h>\n"
	"#include <linux/vfio.h>\n#include <uiommufd/uiommufd.h>\n\n"
	"static int failures;\n"
	"static int fd[%u];\n\n"
	"/* A value that came back; the line is the trace's. */\n"
	"static void expect(int line, const char *what, unsigned long long now,"
	"\n\t\t   unsigned long long recorded)\n"
	"{\n"
	"\tif (now == recorded)\n\t\treturn;\n"
	"\tfailures++;\n"
	"\tprintf(\"line %%d: %%s: %%#llx recorded, %%#llx now\\n\", line, what,"
	"\n\t       recorded, now);\n"
	"}\n\n"
	"/* A result, and its errno if it is -1. */\n"
	"static void result(int line, long long now, long long recorded, "
	"int error)\n"
	"{\n"
	"\tint now_error = errno;\n\n"
	"\tif (now == recorded && (now != -1 || now_error == error))\n"
	"\t\treturn;\n"
	"\tfailures++;\n"
	"\tprintf(\"line %%d: %%lld (errno %%d) recorded, %%lld (errno %%d) "
	"now\\n\",\n\t       line, recorded, error, now, now_error);\n"
	"}\n\n"
	"/* Success or not. */\n"
	"static void outcome(int line, int good, int error)\n"
	"{\n"
	"\tresult(line, good ? 0 : -1, error ? -1 : 0, error);\n"
	"}\n\n"
	"static __attribute__((unused)) void\n"
	"memory(unsigned long long at, size_t length, int prot, int flags)\n"
	"{\n"
	"\tmmap((void *)(uintptr_t)at, length, prot, flags | MAP_FIXED |\n"
	"\t     MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);\n"
	"}\n\n";

static void emit_platform(struct emitter *e)
{
	struct uiommufd_platform_config config;

	trace_platform(e->trace, &config);
	g_string_append_printf(e->out,
		"int main(void)\n{\n"
		"\tstruct uiommufd_platform_config config;\n"
		"\tstruct uiommufd_platform *platform;\n\n"
		"\tuiommufd_platform_config_init(&config, \"%s\");\n"
		"\tconfig.devices = %u;\n\tconfig.pasid_bits = %u;\n"
		"\tconfig.seed = %llu;\n\tconfig.scatter_pages = %d;\n"
		"\tplatform = uiommufd_platform_new(&config);\n"
		"\tif (!platform) {\n"
		"\t\tperror(\"uiommufd_platform_new\");\n"
		"\t\treturn 1;\n\t}\n\n", config.kind, config.devices,
		config.pasid_bits, (unsigned long long)config.seed,
		config.scatter_pages);
}

static void emit_array(struct emitter *e, const guint8 *bytes, gsize count)
{
	g_string_append(e->out, "{");
	for (gsize i = 0; i < count; i++)
		g_string_append_printf(e->out, "%s0x%02x,",
				       i % 12 ? " " : "\n\t\t\t", bytes[i]);
	g_string_append(e->out, "\n\t\t}");
}

static gboolean is_known(const struct emitter *e, guint64 fd)
{
	return fd < FD_MAX && e->known[fd] != FOREIGN;
}

static void learn(struct emitter *e, guint64 fd, guint8 kind)
{
	if (fd < FD_MAX)
		e->known[fd] = kind;
}

static gboolean is_bytes(const struct trace_value *value)
{
	return value && value->kind == TRACE_VALUE_BYTES && value->bytes->len;
}

/* The arrays that the structure points to, and what they shall be after it. */
static void emit_buffers(struct emitter *e, const struct trace_shape *shape,
			 const struct trace_value *given)
{
	for (gsize i = 0; i < shape->field_count; i++) {
		const char *name = shape->fields[i].name;
		const struct trace_value *before = trace_expected(given, name,
								  FALSE);
		const struct trace_value *after =
			trace_value_item(given->after, name);

		if (shape->fields[i].kind == TRACE_BUFFER && is_bytes(before)) {
			g_string_append_printf(e->out, "\t\tunsigned char "
					       "bytes%zu[] = ", i);
			emit_array(e, before->bytes->data, before->bytes->len);
			g_string_append(e->out, ";\n");
		}
		if (is_bytes(after)) {
			g_string_append_printf(e->out, "\t\tconst unsigned "
					       "char after%zu[] = ", i);
			emit_array(e, after->bytes->data, after->bytes->len);
			g_string_append(e->out, ";\n");
		}
	}
}

static void emit_field(struct emitter *e, const struct trace_shape *shape,
		       gsize i, const struct trace_value *value)
{
	const struct trace_field *field = &shape->fields[i];

	g_string_append_printf(e->out, "\t\t\t.%s = ", field->name);
	if (value->kind == TRACE_VALUE_BYTES && field->kind == TRACE_BUFFER)
		g_string_append_printf(e->out, "(uintptr_t)bytes%zu", i);
	else if (value->kind == TRACE_VALUE_BYTES)
		emit_array(e, value->bytes->data, value->bytes->len);
	else if (field->kind == TRACE_FD && is_known(e, value->number))
		g_string_append_printf(e->out, "fd[%d]", (int)value->number);
	else if (field->kind == TRACE_ADDRESS || field->kind == TRACE_BUFFER)
		g_string_append_printf(e->out, "%#llx", (unsigned long long)
				       trace_memory_place(value->number));
	else
		trace_append_number(e->out, field, value->number);
	g_string_append(e->out, ",\n");
}

/* "struct X cmd = { ... };", with the bytes behind it if there are any. */
static void emit_struct(struct emitter *e, const struct trace_shape *shape,
			const struct trace_value *given)
{
	const struct trace_value *tail = trace_value_item(given, "tail");
	const struct trace_value *value;

	g_string_append_printf(e->out, "\t\tstruct {\n\t\t\t%s cmd;\n",
			       shape->type);
	if (is_bytes(tail))
		g_string_append_printf(e->out, "\t\t\tunsigned char tail[%u];\n",
				       tail->bytes->len);
	g_string_append(e->out, "\t\t} all = { .cmd = {\n");
	for (gsize i = 0; i < shape->field_count; i++) {
		value = trace_value_item(given, shape->fields[i].name);
		if (value)
			emit_field(e, shape, i, value);
	}
	g_string_append(e->out, "\t\t}");
	if (is_bytes(tail)) {
		g_string_append(e->out, ", .tail = ");
		emit_array(e, tail->bytes->data, tail->bytes->len);
	}
	g_string_append(e->out, " };\n\n");
}

static guint before_bytes(const struct trace_value *given,
			  const struct trace_field *field)
{
	const struct trace_value *value = trace_expected(given, field->name,
							 FALSE);

	return is_bytes(value) ? value->bytes->len : 0;
}

static void emit_comparison(struct emitter *e, guint line,
			    const struct trace_shape *shape, gsize i,
			    const struct trace_value *given)
{
	const struct trace_field *field = &shape->fields[i];
	const struct trace_value *after = trace_value_item(given->after,
							   field->name);
	const struct trace_value *value = trace_expected(given, field->name,
							 TRUE);

	if (is_bytes(after)) {
		gboolean behind = field->kind == TRACE_BUFFER;
		guint count = MIN(after->bytes->len, behind ?
				  before_bytes(given, field) : field->size);

		g_string_append_printf(e->out, "\t\texpect(%u, \"%s\", !!memcmp("
				       "%s%zu, after%zu, %u), 0);\n", line,
				       field->name, behind ? "bytes" :
				       "(unsigned char *)&all.cmd + ", behind ?
				       i : (gsize)field->offset, i, count);
	} else if (field->kind == TRACE_NEW_FD && value && value->number) {
		g_string_append_printf(e->out, "\t\tfd[%d] = all.cmd.%s;\n",
				       (int)value->number, field->name);
		learn(e, value->number, OURS);
	} else if (field->kind == TRACE_NUMBER && i &&
		   g_strrstr(field->name, "out_")) {
		g_string_append_printf(e->out, "\t\texpect(%u, \"%s\", "
				       "all.cmd.%s, %#llx);\n", line,
				       field->name, field->name,
				       (unsigned long long)(value ?
				       value->number : 0));
	} else if (field->kind == TRACE_NUMBER && after) {
		g_string_append_printf(e->out, "\t\texpect(%u, \"%s\", "
				       "all.cmd.%s, %#llx);\n", line,
				       field->name, field->name,
				       (unsigned long long)after->number);
	}
}

static void emit_request(struct emitter *e, const struct trace_call *call)
{
	const struct trace_shape *shape = trace_shape(call);

	if (shape)
		g_string_append(e->out, shape->name);
	else
		g_string_append_printf(e->out, "%#llx", (unsigned long long)
				       trace_number(call, 1));
}

static const struct trace_shape *bytes_shape(void)
{
	static const struct trace_field size = { "size", 0, 4, TRACE_NUMBER,
						 NULL };
	static const struct trace_shape bytes = {
		.name = "request", .type = "struct { uint32_t size; }",
		.size_name = "size", .size = 4, .fields = &size,
		.field_count = 1,
	};

	return &bytes;
}

static void emit_ioctl(struct emitter *e, const struct trace_call *call)
{
	const struct trace_shape *shape = trace_shape(call);
	const struct trace_value *given = trace_argument(call, 2);
	guint64 value = trace_number(call, 2);

	if (given->kind != TRACE_VALUE_LIST) {
		if (!shape || shape->type)
			value = trace_memory_place(value);
		g_string_append_printf(e->out, "\tresult(%u, uiommufd_ioctl("
				       "fd[%d], ", call->line,
				       (int)trace_number(call, 0));
		emit_request(e, call);
		g_string_append_printf(e->out, ", (void *)%#llxul), %lld, "
				       "%d);\n", (unsigned long long)value,
				       (long long)call->result, call->error);
		return;
	}
	if (!shape)
		shape = bytes_shape();
	g_string_append(e->out, "\t{\n");
	emit_buffers(e, shape, given);
	emit_struct(e, shape, given);
	if (given->constant)
		g_string_append(e->out, "\t\tvoid *pages = mmap(NULL, sizeof("
				"all), PROT_READ | PROT_WRITE,\n\t\t\t\t   "
				"MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);\n\n"
				"\t\tmemcpy(pages, &all, sizeof(all));\n"
				"\t\tmprotect(pages, sizeof(all), PROT_READ);\n");
	g_string_append_printf(e->out, "\t\tresult(%u, uiommufd_ioctl(fd[%d], ",
			       call->line, (int)trace_number(call, 0));
	emit_request(e, call);
	g_string_append_printf(e->out, ",\n\t\t\t\t\t%s), %lld, %d);\n",
			       given->constant ? "pages" : "&all",
			       (long long)call->result, call->error);
	for (gsize i = 0; i < shape->field_count; i++)
		emit_comparison(e, call->line, shape, i, given);
	g_string_append(e->out, "\t}\n");
}

static void emit_open(struct emitter *e, const struct trace_call *call)
{
	guint64 flags;
	const char *path = trace_is_device(call, &flags);

	if (!path)
		return;
	if (call->result < 0) {
		g_string_append_printf(e->out, "\toutcome(%u, uiommufd_open_path("
				       "platform, \"%s\", %#llx) >= 0, %d);\n",
				       call->line, path,
				       (unsigned long long)flags, call->error);
		return;
	}
	if (call->result >= FD_MAX)
		return;
	learn(e, call->result, OURS);
	g_string_append_printf(e->out, "\tfd[%lld] = uiommufd_open_path("
			       "platform, \"%s\", %#llx);\n"
			       "\toutcome(%u, fd[%lld] >= 0, 0);\n",
			       (long long)call->result, path,
			       (unsigned long long)flags, call->line,
			       (long long)call->result);
}

static void emit_close(struct emitter *e, const struct trace_call *call)
{
	int fd = (int)trace_number(call, 0);

	g_string_append_printf(e->out, "\tif (uiommufd_fd_is_ours(fd[%d]))\n"
			       "\t\tresult(%u, uiommufd_close(fd[%d]), %lld, "
			       "%d);\n\telse\n\t\tclose(fd[%d]);\n"
			       "\tfd[%d] = -1;\n", fd, call->line, fd,
			       (long long)call->result, call->error, fd, fd);
	learn(e, fd, FOREIGN);
}

static void emit_dup(struct emitter *e, const struct trace_call *call)
{
	int fd = (int)trace_number(call, 0);
	guint64 command = trace_number(call, 1);

	if (call->error || call->result == fd || call->result >= FD_MAX ||
	    (!strcmp(call->name, "fcntl") && command != F_DUPFD &&
	     command != F_DUPFD_CLOEXEC))
		return;
	if (is_known(e, call->result))
		g_string_append_printf(e->out, "\tuiommufd_close(fd[%lld]);\n",
				       (long long)call->result);
	g_string_append_printf(e->out, "\tfd[%lld] = uiommufd_dup(fd[%d]);\n"
			       "\toutcome(%u, fd[%lld] >= 0, 0);\n",
			       (long long)call->result, fd, call->line,
			       (long long)call->result);
	learn(e, call->result, OURS);
}

static void emit_transfer(struct emitter *e, const struct trace_call *call)
{
	const struct trace_value *value = trace_argument(call, 1);
	gboolean reads = strchr(call->name, 'r') == strstr(call->name, "read");
	gboolean at = *call->name == 'p';
	guint64 count = trace_number(call, 2);
	const char *where = "bytes";
	g_autofree gchar *bad = NULL;
	g_autofree gchar *position = at ? g_strdup_printf(", %lld",
			(long long)trace_number(call, 3)) : g_strdup("");

	if (count > TRACE_BUFFER_MAX)
		return;
	if (call->error == EFAULT && value->kind == TRACE_VALUE_NUMBER)
		where = bad = g_strdup_printf("(void *)%#llxul",
			(unsigned long long)trace_memory_place(value->number));
	g_string_append_printf(e->out, "\t{\n\t\tunsigned char bytes[%llu] = ",
			       (unsigned long long)MAX(count, 1));
	if (is_bytes(value) && !reads)
		emit_array(e, value->bytes->data, value->bytes->len);
	else
		g_string_append(e->out, "{ 0 }");
	g_string_append(e->out, bad ? ";\n\t\t(void)bytes;\n" : ";\n");
	if (is_bytes(value) && reads) {
		g_string_append(e->out, "\t\tconst unsigned char after[] = ");
		emit_array(e, value->bytes->data, value->bytes->len);
		g_string_append(e->out, ";\n");
	}
	g_string_append_printf(e->out, "\n\t\tresult(%u, uiommufd_%s%s(fd[%d], "
			       "%s, %llu%s), %lld, %d);\n", call->line,
			       at ? "p" : "", reads ? "read" : "write",
			       (int)trace_number(call, 0), where,
			       (unsigned long long)count, position,
			       (long long)call->result, call->error);
	if (is_bytes(value) && reads)
		g_string_append_printf(e->out, "\t\texpect(%u, \"bytes\", "
				       "!!memcmp(bytes, after, sizeof(after)), "
				       "0);\n", call->line);
	g_string_append(e->out, "\t}\n");
}

static void emit_poll(struct emitter *e, const struct trace_call *call)
{
	const struct trace_value *list = trace_argument(call, 0), *fd;
	guint count = list->kind == TRACE_VALUE_LIST ? list->items->len : 0;
	const struct trace_value *after = list->after;
	const struct trace_value *value;

	g_string_append(e->out, "\t{\n\t\tstruct pollfd fds[] = {\n");
	for (guint i = 0; i < count; i++) {
		fd = trace_value_item(list->items->pdata[i], "fd");
		value = trace_value_item(list->items->pdata[i], "events");
		g_string_append_printf(e->out, "\t\t\t{ .fd = %s%d%s, .events = "
			"%#x },\n", fd && is_known(e, fd->number) ? "fd[" : "",
			fd && is_known(e, fd->number) ? (int)fd->number : -1,
			fd && is_known(e, fd->number) ? "]" : "",
			value ? (guint)value->number : 0);
	}
	g_string_append_printf(e->out, "\t\t};\n\n\t\tresult(%u, uiommufd_poll("
			       "fds, %u, 2000), %lld, %d);\n", call->line,
			       count, (long long)call->result, call->error);
	for (guint i = 0; after && after->items && i < after->items->len; i++) {
		value = trace_value_item(after->items->pdata[i], "revents");
		g_string_append_printf(e->out, "\t\texpect(%u, \"revents\", "
				       "fds[%u].revents, %#x);\n", call->line,
				       i, value ? (guint)value->number : 0);
	}
	g_string_append(e->out, "\t}\n");
}

static void emit_mmap(struct emitter *e, const struct trace_call *call)
{
	guint64 place = trace_memory_place(call->error ?
				trace_number(call, 0) : (guint64)call->result);
	guint64 fd = (guint32)trace_number(call, 4);
	int flags = (int)trace_number(call, 3);

	if (flags & MAP_ANONYMOUS && !call->error &&
	    place != (guint64)call->result)
		g_string_append_printf(e->out, "\tmemory(%#llx, %#llx, %d, "
				       "%#x);\n", (unsigned long long)place,
				       (unsigned long long)trace_number(call, 1),
				       (int)trace_number(call, 2),
				       flags & (MAP_SHARED | MAP_PRIVATE));
	else if (!(flags & MAP_ANONYMOUS) && is_known(e, fd))
		g_string_append_printf(e->out, "\toutcome(%u, %smmap("
			"(void *)%#llxul, %#llx, %d,\n\t\t\t\t%#x, fd[%d], "
			"%#llx) != MAP_FAILED, %d);\n", call->line,
			e->known[fd] == A_FILE ? "" : "uiommufd_",
			(unsigned long long)place,
			(unsigned long long)trace_number(call, 1),
			(int)trace_number(call, 2),
			call->error ? flags : flags | MAP_FIXED, (int)fd,
			(unsigned long long)trace_number(call, 5), call->error);
}

static void emit_munmap(struct emitter *e, const struct trace_call *call)
{
	guint64 recorded = trace_number(call, 0);
	guint64 place = trace_memory_place(recorded);

	if (place != recorded)
		g_string_append_printf(e->out, "\tuiommufd_munmap((void *)"
				       "%#llxul, %#llx);\n",
				       (unsigned long long)place,
				       (unsigned long long)
				       trace_number(call, 1));
}

static void emit_file(struct emitter *e, const struct trace_call *call)
{
	gboolean makes = !strcmp(call->name, "memfd_create");
	gint64 fd = makes ? call->result : (gint64)trace_number(call, 0);

	if (fd < 0 || fd >= FD_MAX)
		return;
	if (makes)
		g_string_append_printf(e->out, "\tfd[%d] = memfd_create("
				       "\"file\", MFD_CLOEXEC);\n", (int)fd);
	else
		g_string_append_printf(e->out, "\toutcome(%u, !ftruncate(fd[%d], "
				       "%llu), 0);\n", call->line, (int)fd,
				       (unsigned long long)
				       trace_number(call, 1));
	learn(e, fd, A_FILE);
}

static const struct {
	const char *name;
	guint arguments;
	gboolean on_fd;
	void (*emit)(struct emitter *e, const struct trace_call *call);
} emitters[] = {
	{ "open", 2, FALSE, emit_open },
	{ "openat", 3, FALSE, emit_open },
	{ "close", 1, TRUE, emit_close },
	{ "ioctl", 3, TRUE, emit_ioctl },
	{ "read", 3, TRUE, emit_transfer },
	{ "pread64", 4, TRUE, emit_transfer },
	{ "write", 3, TRUE, emit_transfer },
	{ "pwrite64", 4, TRUE, emit_transfer },
	{ "dup", 1, TRUE, emit_dup },
	{ "dup2", 2, TRUE, emit_dup },
	{ "dup3", 3, TRUE, emit_dup },
	{ "fcntl", 2, TRUE, emit_dup },
	{ "poll", 3, FALSE, emit_poll },
	{ "mmap", 6, FALSE, emit_mmap },
	{ "munmap", 2, FALSE, emit_munmap },
	{ "memfd_create", 1, FALSE, emit_file },
	{ "ftruncate", 2, TRUE, emit_file },
};

/* A pointer to a structure that the trace does not show. */
static gboolean lacks_data(const struct emitter *e,
			   const struct trace_call *call)
{
	const struct trace_shape *shape = trace_shape(call);
	const struct trace_value *given = trace_argument(call, 2);

	return !strcmp(call->name, "ioctl") && !e->trace->exact &&
	       given->kind == TRACE_VALUE_NUMBER && given->number &&
	       (!shape || shape->type);
}

static void emit_call(struct emitter *e, const struct trace_call *call)
{
	for (gsize i = 0; i < G_N_ELEMENTS(emitters); i++) {
		if (strcmp(emitters[i].name, call->name) ||
		    call->args->len < emitters[i].arguments ||
		    (emitters[i].on_fd &&
		     !is_known(e, (guint32)trace_number(call, 0))))
			continue;
		if (!lacks_data(e, call))
			emitters[i].emit(e, call);
		else if (e->report)
			fprintf(e->report, "line %u: left out: the trace does "
				"not carry its data\n", call->line);
	}
}

static void emit_all(struct emitter *e, const char *name)
{
	g_string_append_printf(e->out, "/* Made from %s by 'uiommufd replay "
			       "--emit-c'. */\n", name);
	g_string_append_printf(e->out, prologue, FD_MAX);
	emit_platform(e);
	for (guint i = 0; i < e->trace->calls->len; i++)
		emit_call(e, e->trace->calls->pdata[i]);
	g_string_append_printf(e->out, "\n\tif (failures)\n"
			       "\t\tprintf(\"%%d differences\\n\", failures);\n"
			       "\treturn failures != 0;\n}\n");
}

int uiommufd_replay_emit_c(FILE *trace, const char *name, FILE *out,
			   FILE *report)
{
	g_autoptr(GError) error = NULL;
	struct trace *loaded = trace_load(trace, &error);
	struct emitter *e;

	if (!loaded) {
		if (report)
			fprintf(report, "%s\n", error->message);
		errno = EINVAL;
		return -1;
	}
	e = g_new0(struct emitter, 1);
	e->trace = loaded;
	e->report = report;
	e->out = g_string_new(NULL);
	emit_all(e, name);
	fwrite(e->out->str, 1, e->out->len, out);
	g_string_free(e->out, TRUE);
	g_free(e);
	trace_unload(loaded);
	return 0;
}
