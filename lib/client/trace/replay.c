// SPDX-License-Identifier: MIT
/*
 * Running a trace again: each call by its name, on the descriptors and the
 * memory that are ours for the trace's.  Calls on what is none of ours are
 * passed over: a trace of strace has all of a program's.
 */
#include "client/trace/run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <uiommufd/client.h>
#include <unistd.h>

#include "client/trace/memory.h"

/* What came then but does not come now shall not keep us for ever. */
#define WAIT_MAX_MS 2000

int trace_run_fd(const struct trace_run *run, guint64 fd)
{
	gpointer own = g_hash_table_lookup(run->fds,
					   GSIZE_TO_POINTER((gsize)fd));

	return own ? GPOINTER_TO_INT(own) - 1 : -1;
}

void trace_run_new_fd(struct trace_run *run, guint64 fd, int own)
{
	g_hash_table_insert(run->fds, GSIZE_TO_POINTER((gsize)fd),
			    GINT_TO_POINTER(own + 1));
}

void trace_run_differs(struct trace_run *run, const struct trace_call *call,
		       const char *format, ...)
{
	va_list list;

	if (run->told != call)
		run->replay->differ++;
	run->told = call;
	if (!run->report)
		return;
	fprintf(run->report, "line %u: ", call->line);
	va_start(list, format);
	vfprintf(run->report, format, list);
	va_end(list);
	fputc('\n', run->report);
}

static void result_text(char *out, gsize room, gint64 result, int error)
{
	if (result == -1 && error)
		g_snprintf(out, room, "-1 %s", strerrorname_np(error));
	else
		g_snprintf(out, room, "%lld", (long long)result);
}

static const char *named(const struct trace_call *call)
{
	const struct trace_shape *shape = strcmp(call->name, "ioctl") ? NULL :
					  trace_shape(call);

	return shape ? shape->name : call->name;
}

gboolean trace_run_result(struct trace_run *run, const struct trace_call *call,
			  gint64 result, int error)
{
	char recorded[48], now[48];

	if (call->unknown_result ||
	    (call->result == result && (result != -1 || call->error == error)))
		return TRUE;
	result_text(recorded, sizeof(recorded), call->result, call->error);
	result_text(now, sizeof(now), result, error);
	trace_run_differs(run, call, "%s: %s recorded, %s now", named(call),
			  recorded, now);
	return FALSE;
}

gboolean trace_run_outcome(struct trace_run *run, const struct trace_call *call,
			   gboolean good, int error)
{
	if (good && !call->error)
		return TRUE;
	return trace_run_result(run, call, good ? 0 : -1, error);
}

static void run_open(struct trace_run *run, const struct trace_call *call,
		     int unused)
{
	guint64 flags;
	const char *path = trace_is_device(call, &flags);
	int fd;

	if (!path)
		return;
	run->replay->calls++;
	fd = uiommufd_open_path(run->platform, path, (int)flags);
	trace_run_outcome(run, call, fd >= 0, errno);
	if (fd >= 0 && call->result >= 0)
		trace_run_new_fd(run, call->result, fd);
	else if (fd >= 0)
		uiommufd_close(fd);
}

static int close_own(int fd)
{
	return uiommufd_fd_is_ours(fd) ? uiommufd_close(fd) : close(fd);
}

static void run_close(struct trace_run *run, const struct trace_call *call,
		      int fd)
{
	trace_run_result(run, call, close_own(fd), errno);
	g_hash_table_remove(run->fds,
			    GSIZE_TO_POINTER((gsize)trace_number(call, 0)));
}

/* Whatever the number is to be: what it was before is closed. */
static void run_dup(struct trace_run *run, const struct trace_call *call,
		    int fd)
{
	int before = call->error ? -1 : trace_run_fd(run, call->result);
	int copy;

	if (!strcmp(call->name, "fcntl") &&
	    trace_number(call, 1) != F_DUPFD &&
	    trace_number(call, 1) != F_DUPFD_CLOEXEC) {
		run->replay->calls--;
		return;
	}
	if (call->error || before == fd)
		return;
	copy = uiommufd_fd_is_ours(fd) ? uiommufd_dup(fd) : dup(fd);
	if (before >= 0)
		close_own(before);
	if (trace_run_outcome(run, call, copy >= 0, errno))
		trace_run_new_fd(run, call->result, copy);
}

/* A buffer with what the trace has for it, @count bytes at least. */
static GByteArray *buffer_of(const struct trace_value *value, guint64 count)
{
	GByteArray *buffer = g_byte_array_new();

	if (value->kind != TRACE_VALUE_BYTES || count > TRACE_BUFFER_MAX)
		return buffer;
	g_byte_array_append(buffer, value->bytes->data, value->bytes->len);
	if (count > buffer->len)
		g_byte_array_set_size(buffer, count);
	return buffer;
}

static void *pointer_of(const struct trace_value *value, GByteArray *buffer)
{
	return value->kind == TRACE_VALUE_BYTES ? buffer->data :
		(void *)(uintptr_t)trace_memory_place(value->number);
}

static void run_read(struct trace_run *run, const struct trace_call *call,
		     int fd)
{
	const struct trace_value *value = trace_argument(call, 1);
	guint64 count = trace_number(call, 2);
	g_autoptr(GByteArray) buffer = buffer_of(value, count);
	g_autofree void *room = NULL;
	ssize_t ret;
	void *to = pointer_of(value, buffer);

	/* Nothing was read: the buffer is not in the trace. */
	if (value->kind != TRACE_VALUE_BYTES && count <= TRACE_BUFFER_MAX &&
	    call->error != EFAULT)
		to = room = g_malloc0(count + 1);
	ret = strcmp(call->name, "read") ?
		uiommufd_pread(fd, to, count, (off_t)trace_number(call, 3)) :
		uiommufd_read(fd, to, count);
	if (trace_run_result(run, call, ret, errno) && ret > 0 &&
	    !value->vague && value->kind == TRACE_VALUE_BYTES &&
	    memcmp(to, value->bytes->data, MIN((gsize)ret, value->bytes->len)))
		trace_run_differs(run, call, "%s: other bytes", call->name);
}

static void run_write(struct trace_run *run, const struct trace_call *call,
		      int fd)
{
	const struct trace_value *value = trace_argument(call, 1);
	guint64 count = trace_number(call, 2);
	g_autoptr(GByteArray) buffer = buffer_of(value, count);
	const void *from = pointer_of(value, buffer);
	ssize_t ret;

	ret = strcmp(call->name, "write") ?
		uiommufd_pwrite(fd, from, count, (off_t)trace_number(call, 3)) :
		uiommufd_write(fd, from, count);
	trace_run_result(run, call, ret, errno);
}

static gboolean is_list(const struct trace_value *value)
{
	return value && value->kind == TRACE_VALUE_LIST;
}

static gint16 polled(const struct trace_value *item, const char *name)
{
	const struct trace_value *value = trace_value_item(item, name);

	return value ? (gint16)value->number : 0;
}

static void run_poll(struct trace_run *run, const struct trace_call *call,
		     int unused)
{
	const struct trace_value *list = trace_argument(call, 0);
	guint count = is_list(list) ? list->items->len : 0;
	g_autofree struct pollfd *fds = g_new0(struct pollfd, count + 1);
	gboolean any = FALSE;
	int timeout, ret;

	for (guint i = 0; i < count; i++) {
		const struct trace_value *item = list->items->pdata[i];
		const struct trace_value *fd = trace_value_item(item, "fd");

		fds[i].fd = fd ? trace_run_fd(run, (guint32)fd->number) : -1;
		fds[i].events = polled(item, "events");
		any = any || fds[i].fd >= 0;
	}
	if (!any)
		return;
	run->replay->calls++;
	timeout = (int)trace_number(call, 2);
	if (timeout < 0 || timeout > WAIT_MAX_MS)
		timeout = WAIT_MAX_MS;
	ret = uiommufd_poll(fds, count, timeout);
	if (!trace_run_result(run, call, ret, errno) || !is_list(list->after))
		return;
	for (guint i = 0; i < MIN(count, list->after->items->len); i++)
		if (fds[i].revents !=
		    polled(list->after->items->pdata[i], "revents"))
			trace_run_differs(run, call, "poll: other events");
}

/* The trace says where it was; here that place is free. */
static void run_mmap(struct trace_run *run, const struct trace_call *call,
		     int unused)
{
	guint64 wanted = trace_memory_place(call->error ?
				trace_number(call, 0) : (guint64)call->result);
	int flags = (int)trace_number(call, 3) & ~MAP_FIXED_NOREPLACE;
	int fd = trace_run_fd(run, (guint32)trace_number(call, 4));
	size_t length = trace_number(call, 1);
	int prot = (int)trace_number(call, 2);
	off_t at = (off_t)trace_number(call, 5);
	void *where = (void *)(uintptr_t)wanted;

	if (!call->error)
		flags |= MAP_FIXED;
	if (flags & MAP_ANONYMOUS) {
		if (!call->error && wanted != (guint64)call->result)
			(void)mmap(where, length, prot, flags | MAP_NORESERVE,
				   -1, 0);
		return;
	}
	if (fd < 0)
		return;
	run->replay->calls++;
	if (uiommufd_fd_is_ours(fd))
		where = uiommufd_mmap(where, length, prot, flags, fd, at);
	else
		where = mmap(where, length, prot, flags, fd, at);
	trace_run_outcome(run, call, where != MAP_FAILED, errno);
}

static void run_munmap(struct trace_run *run, const struct trace_call *call,
		       int unused)
{
	guint64 recorded = trace_number(call, 0);
	guint64 address = trace_memory_place(recorded);

	if (address != recorded)
		uiommufd_munmap((void *)(uintptr_t)address,
				trace_number(call, 1));
}

static void run_memfd(struct trace_run *run, const struct trace_call *call,
		      int unused)
{
	int fd = call->error ? -1 : memfd_create("replay", MFD_CLOEXEC);

	if (fd >= 0)
		trace_run_new_fd(run, call->result, fd);
}

static void run_truncate(struct trace_run *run, const struct trace_call *call,
			 int fd)
{
	if (ftruncate(fd, (off_t)trace_number(call, 1)))
		trace_run_differs(run, call, "ftruncate: %s",
				  g_strerror(errno));
}

static const struct handler {
	const char *name;
	guint arguments;
	gboolean on_fd;		/* the first argument is a descriptor of ours */
	void (*run)(struct trace_run *run, const struct trace_call *call,
		    int fd);
} handlers[] = {
	{ "open", 2, FALSE, run_open },
	{ "openat", 3, FALSE, run_open },
	{ "close", 1, TRUE, run_close },
	{ "ioctl", 3, TRUE, trace_run_ioctl },
	{ "read", 3, TRUE, run_read },
	{ "pread64", 4, TRUE, run_read },
	{ "write", 3, TRUE, run_write },
	{ "pwrite64", 4, TRUE, run_write },
	{ "dup", 1, TRUE, run_dup },
	{ "dup2", 2, TRUE, run_dup },
	{ "dup3", 3, TRUE, run_dup },
	{ "fcntl", 2, TRUE, run_dup },
	{ "poll", 3, FALSE, run_poll },
	{ "mmap", 6, FALSE, run_mmap },
	{ "munmap", 2, FALSE, run_munmap },
	{ "memfd_create", 1, FALSE, run_memfd },
	{ "ftruncate", 2, TRUE, run_truncate },
};

static void run_call(struct trace_run *run, const struct trace_call *call)
{
	for (gsize i = 0; i < G_N_ELEMENTS(handlers); i++) {
		const struct handler *handler = &handlers[i];
		int fd = -1;

		if (strcmp(handler->name, call->name) ||
		    call->args->len < handler->arguments)
			continue;
		if (handler->on_fd) {
			fd = trace_run_fd(run, (guint32)trace_number(call, 0));
			if (fd < 0)
				return;
			run->replay->calls++;
		}
		handler->run(run, call, fd);
		return;
	}
}

static void run_all(struct trace_run *run)
{
	GHashTableIter iter;
	gpointer own;

	for (guint i = 0; i < run->trace->calls->len; i++)
		run_call(run, run->trace->calls->pdata[i]);
	g_hash_table_iter_init(&iter, run->fds);
	while (g_hash_table_iter_next(&iter, NULL, &own))
		close_own(GPOINTER_TO_INT(own) - 1);
	for (guint i = 0; i < run->trace->calls->len; i++) {
		const struct trace_call *call = run->trace->calls->pdata[i];
		guint64 place = trace_memory_place(call->result);

		if (!strcmp(call->name, "mmap") && !call->error &&
		    place != (guint64)call->result)
			uiommufd_munmap((void *)(uintptr_t)place,
					trace_number(call, 1));
	}
}

static struct trace *load(FILE *in, FILE *report)
{
	g_autoptr(GError) error = NULL;
	struct trace *trace = trace_load(in, &error);

	if (!trace && report)
		fprintf(report, "%s\n", error->message);
	if (!trace)
		errno = EINVAL;
	return trace;
}

int uiommufd_replay(FILE *trace, struct uiommufd_replay *replay, FILE *report)
{
	struct uiommufd_platform_config config;
	struct trace_run run = { .replay = replay, .report = report };
	struct trace *loaded = load(trace, report);

	if (!loaded)
		return -1;
	trace_platform(loaded, &config);
	run.trace = loaded;
	run.platform = uiommufd_platform_new(replay->config ? replay->config :
							      &config);
	if (!run.platform) {
		trace_unload(loaded);
		return -1;
	}
	replay->calls = replay->differ = replay->skipped = 0;
	run.fds = g_hash_table_new(NULL, NULL);
	run_all(&run);
	g_hash_table_unref(run.fds);
	uiommufd_platform_free(run.platform);
	trace_unload(loaded);
	if (report)
		fprintf(report, "%lu calls, %lu differ, %lu skipped\n",
			replay->calls, replay->differ, replay->skipped);
	return 0;
}
