// SPDX-License-Identifier: MIT
/*
 * Writing a trace.
 *
 * A call is written when it returns, in one write, so that threads' calls stand
 * in the order in which they ended.  The file's descriptor has a high number:
 * the client sees the numbers that it would see without us.
 */
#include "client/trace/record.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <uik/file.h>
#include <uiommufd/client.h>
#include <unistd.h>

#include "client/trace/memory.h"
#include "client/trace/words.h"
#include "client/trace/write.h"

bool trace_recording;

static struct {
	pthread_mutex_t lock;	/* all of this, and the file */
	int fd;
	GArray *memory;		/* what was told of it */
	GHashTable *files;	/* inodes told, to descriptor + 1 */
} record = { .lock = PTHREAD_MUTEX_INITIALIZER, .fd = -1 };

static void put(const GString *text)
{
	gsize done = 0;

	while (done < text->len) {
		ssize_t n = write(record.fd, text->str + done,
				  text->len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		done += n;
	}
}

/* The end of a line; restores the errno of the call. */
static void finish(GString *line, long long result, int error)
{
	if (result == -1 && error)
		g_string_append_printf(line, ") = -1 %s (%s)\n",
				       strerrorname_np(error),
				       g_strerror(error));
	else
		g_string_append_printf(line, ") = %lld\n", result);
	pthread_mutex_lock(&record.lock);
	if (trace_recording)
		put(line);
	pthread_mutex_unlock(&record.lock);
	g_string_free(line, TRUE);
	errno = error;
}

static G_GNUC_PRINTF(1, 2) GString *begin(const char *format, ...)
{
	GString *line = g_string_new(NULL);
	va_list list;

	if (gettid() != getpid())
		g_string_printf(line, "[pid %d] ", gettid());
	va_start(list, format);
	g_string_append_vprintf(line, format, list);
	va_end(list);
	return line;
}

static int open_empty(const char *file)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	struct stat st;

	if (fd < 0)
		return -errno;
	/* Two processes that come at once: one finds the other's header. */
	if (flock(fd, LOCK_EX) || fstat(fd, &st) || st.st_size) {
		close(fd);
		return -EEXIST;
	}
	return fd;
}

int trace_record_begin(const char *file, const char *machine)
{
	g_autofree gchar *own = g_strdup_printf("%s.%d", file, getpid());
	g_autoptr(GString) head = g_string_new("# uiommufd trace 1\n");
	int fd = open_empty(file);

	if (fd == -EEXIST)
		fd = open_empty(own);
	if (fd < 0)
		return fd;
	record.memory = trace_memory_new();
	record.files = g_hash_table_new(NULL, NULL);
	g_string_append_printf(head, "# machine %s\n", machine);
	record.fd = fd;
	put(head);
	flock(fd, LOCK_UN);
	record.fd = uik_fd_high(fd);
	trace_recording = true;
	return 0;
}

void trace_record_end(void)
{
	if (!trace_recording)
		return;
	trace_recording = false;
	pthread_mutex_init(&record.lock, NULL);
	uik_fd_high_close(record.fd);
	record.fd = -1;
}

void trace_open(const char *path, int flags, int fd)
{
	int error = errno;
	GString *line = begin("openat(AT_FDCWD, \"%s\", ", path);

	if (!(flags & O_ACCMODE))
		g_string_append(line, flags ? "O_RDONLY|" : "O_RDONLY");
	if (flags)
		trace_append_flags(line, "O_", "", flags);
	finish(line, fd, error);
}

int trace_close(int fd)
{
	int ret = uiommufd_close(fd);

	finish(begin("close(%d", fd), ret, errno);
	return ret;
}

/* A file that a command names: told when the number is a new file. */
static void tell_file(GString *out, int fd)
{
	struct stat st;

	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) ||
	    g_hash_table_lookup(record.files, GSIZE_TO_POINTER(st.st_ino)) ==
	    GINT_TO_POINTER(fd + 1))
		return;
	g_hash_table_insert(record.files, GSIZE_TO_POINTER(st.st_ino),
			    GINT_TO_POINTER(fd + 1));
	g_string_append_printf(out, "memfd_create(\"file\", 0) = %d\n"
			       "ftruncate(%d, %lld) = 0\n", fd, fd,
			       (long long)st.st_size);
}

/* What a reader needs before the call: memory and files that it names. */
static void tell_needs(const struct trace_capture *c)
{
	g_autoptr(GString) out = g_string_new(NULL);

	pthread_mutex_lock(&record.lock);
	for (gsize i = 0; c->bytes && i < c->shape->field_count; i++) {
		const struct trace_field *field = &c->shape->fields[i];
		guint64 value = trace_field_get(field, c->cmd);

		if (field->kind == TRACE_ADDRESS)
			trace_memory_tell(record.memory, record.files, out,
					  value,
					  field->bytes(c->cmd));
		else if (field->kind == TRACE_FD &&
			 !uiommufd_fd_is_ours((int)value))
			tell_file(out, (int)value);
	}
	if (trace_recording)
		put(out);
	pthread_mutex_unlock(&record.lock);
}

int trace_ioctl(int fd, unsigned long request, void *arg)
{
	struct trace_capture before, after;
	GString *line;
	int ret, error;

	trace_capture_take(&before, request, (guint64)(uintptr_t)arg);
	tell_needs(&before);
	ret = uiommufd_ioctl(fd, request, arg);
	error = errno;
	trace_capture_take(&after, request, (guint64)(uintptr_t)arg);
	line = begin("ioctl(%d, ", fd);
	trace_append_request(line, request);
	g_string_append(line, ", ");
	if (ret == -1 && error == EFAULT && before.bytes &&
	    trace_memory_is_const((guint64)(uintptr_t)arg, before.bytes))
		g_string_append(line, "const ");
	trace_append_change(line, &before, &after, (guint64)(uintptr_t)arg);
	trace_capture_clear(&before);
	trace_capture_clear(&after);
	finish(line, ret, error);
	return ret;
}

/* The bytes of a read or write, as many as there were. */
static void append_data(GString *line, const void *buf, ssize_t count)
{
	g_autofree guint8 *copy = NULL;

	if (count <= 0 || count > TRACE_BUFFER_MAX) {
		g_string_append_printf(line, "%#llx",
				       (unsigned long long)(uintptr_t)buf);
		return;
	}
	copy = g_malloc0(count);
	if (trace_memory_read(copy, (guint64)(uintptr_t)buf, count) ==
	    (gsize)count)
		trace_append_bytes(line, copy, count);
	else
		g_string_append_printf(line, "%#llx",
				       (unsigned long long)(uintptr_t)buf);
}

static ssize_t write_transfer(const char *name, int fd, const void *buf,
			      ssize_t shown, size_t count, const off_t *at,
			      ssize_t ret)
{
	int error = errno;
	GString *line = begin("%s(%d, ", name, fd);

	append_data(line, buf, shown);
	g_string_append_printf(line, ", %zu", count);
	if (at)
		g_string_append_printf(line, ", %lld", (long long)*at);
	finish(line, ret, error);
	return ret;
}

ssize_t trace_read(int fd, void *buf, size_t count)
{
	ssize_t ret = uiommufd_read(fd, buf, count);

	return write_transfer("read", fd, buf, ret, count, NULL, ret);
}

ssize_t trace_write(int fd, const void *buf, size_t count)
{
	ssize_t ret = uiommufd_write(fd, buf, count);

	return write_transfer("write", fd, buf, count, count, NULL, ret);
}

ssize_t trace_pread(int fd, void *buf, size_t count, off_t at)
{
	ssize_t ret = uiommufd_pread(fd, buf, count, at);

	return write_transfer("pread64", fd, buf, ret, count, &at, ret);
}

ssize_t trace_pwrite(int fd, const void *buf, size_t count, off_t at)
{
	ssize_t ret = uiommufd_pwrite(fd, buf, count, at);

	return write_transfer("pwrite64", fd, buf, count, count, &at, ret);
}

int trace_dup(int fd)
{
	int ret = uiommufd_dup(fd);

	finish(begin("dup(%d", fd), ret, errno);
	return ret;
}

int trace_dup2(int fd, int new_fd)
{
	int ret = uiommufd_dup2(fd, new_fd);

	finish(begin("dup2(%d, %d", fd, new_fd), ret, errno);
	return ret;
}

int trace_dup3(int fd, int new_fd, int flags)
{
	int ret = uiommufd_dup3(fd, new_fd, flags), error = errno;
	GString *line = begin("dup3(%d, %d, ", fd, new_fd);

	trace_append_flags(line, "O_", "0", flags);
	finish(line, ret, error);
	return ret;
}

int trace_dup_from(int fd, int min, bool cloexec)
{
	int ret = uiommufd_dup_from(fd, min, cloexec);

	finish(begin("fcntl(%d, %s, %d", fd,
		     cloexec ? "F_DUPFD_CLOEXEC" : "F_DUPFD", min), ret, errno);
	return ret;
}

static void append_polled(GString *line, const struct pollfd *fds, nfds_t count,
			  gboolean answers)
{
	g_string_append_c(line, '[');
	for (nfds_t i = 0; i < count; i++) {
		g_string_append_printf(line, "%s{fd=%d, %s=", i ? ", " : "",
				       fds[i].fd,
				       answers ? "revents" : "events");
		trace_append_flags(line, "POLL", "0", (guint16)(answers ?
				   fds[i].revents : fds[i].events));
		g_string_append_c(line, '}');
	}
	g_string_append_c(line, ']');
}

int trace_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	int ret = uiommufd_poll(fds, count, timeout_ms), error = errno;
	GString *line = begin("poll(");

	append_polled(line, fds, count, FALSE);
	if (ret > 0) {
		g_string_append(line, " => ");
		append_polled(line, fds, count, TRUE);
	}
	g_string_append_printf(line, ", %lu, %d", (unsigned long)count,
			       timeout_ms);
	finish(line, ret, error);
	return ret;
}

void *trace_mmap(void *addr, size_t length, int prot, int flags, int fd,
		 off_t at)
{
	void *where = uiommufd_mmap(addr, length, prot, flags, fd, at);
	int error = errno;
	GString *line = begin("mmap(%#llx, %#zx, ",
			      (unsigned long long)(uintptr_t)addr, length);

	trace_append_flags(line, "PROT_", "PROT_NONE", (guint)prot);
	g_string_append(line, ", ");
	trace_append_flags(line, "MAP_", "0", (guint)flags);
	g_string_append_printf(line, ", %d, %#llx", fd, (unsigned long long)at);
	finish(line, (long long)(intptr_t)where,
	       where == MAP_FAILED ? error : 0);
	errno = error;
	return where;
}

int trace_munmap(void *addr, size_t length)
{
	int ret = uiommufd_munmap(addr, length);

	finish(begin("munmap(%#llx, %#zx",
		     (unsigned long long)(uintptr_t)addr, length), ret, errno);
	return ret;
}
