// SPDX-License-Identifier: MIT
/*
 * The client's memory: what is mapped where, from the process's own maps.
 *
 * Calls name addresses; a reader of the trace must have the same kind of memory
 * there.  So before a call that names some, whatever differs from what was told
 * before is told as the calls that would make it so.
 */
#include "client/trace/memory.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "client/trace/words.h"

#define PAGE 4096ull
#define TOP 0x800000000000ull
#define BYTES_MAX (1ull << 40)	/* nobody means more than that */
#define NOTHING G_MAXUINT32
#define SHARED (1u << 8)

struct segment {
	guint64 start, end;
	guint32 state;		/* PROT_* and SHARED; NOTHING */
	guint32 file;		/* descriptor + 1 of a file shown; 0: none */
	guint64 offset;		/* of start, in that file */
};

GArray *trace_memory_new(void)
{
	return g_array_new(FALSE, FALSE, sizeof(struct segment));
}

gsize trace_memory_read(void *to, guint64 from, gsize bytes)
{
	struct iovec local = { to, bytes };
	struct iovec remote = { (void *)(uintptr_t)from, bytes };
	ssize_t n = process_vm_readv(getpid(), &local, 1, &remote, 1, 0);

	return n > 0 ? (gsize)n : 0;
}

guint64 trace_memory_place(guint64 address)
{
	/* By the top four bits of 47; what programs do not use has no place. */
	static const guint8 top[] = { 1, 6, 8, 8, 8, 2, 4, 3 };

	if (address < PAGE || address >= TOP || top[address >> 44] == 8)
		return address;
	return (address & ((1ull << 44) - 1)) |
	       (guint64)top[address >> 44] << 44;
}

static GString *read_maps(void)
{
	GString *text = g_string_new(NULL);
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	char part[4096];
	ssize_t n;

	while (fd >= 0 && (n = read(fd, part, sizeof(part))) > 0)
		g_string_append_len(text, part, n);
	if (fd >= 0)
		close(fd);
	return text;
}

static guint32 state_of(const char rights[5])
{
	return (rights[0] == 'r' ? PROT_READ : 0) |
	       (rights[1] == 'w' ? PROT_WRITE : 0) |
	       (rights[3] == 's' ? SHARED : 0);
}

static GArray *mapped_now(GHashTable *files)
{
	g_autoptr(GString) text = read_maps();
	GArray *found = trace_memory_new();

	for (char *line = text->str; line && *line;) {
		unsigned long long start, end, offset;
		unsigned long inode;
		char rights[5] = "";

		if (sscanf(line, "%llx-%llx %4s %llx %*s %lu", &start, &end,
			   rights, &offset, &inode) == 5) {
			struct segment segment = {
				.start = start,
				.end = end,
				.state = state_of(rights),
				.offset = offset,
			};

			if (files && segment.state & SHARED)
				segment.file = GPOINTER_TO_UINT(
					g_hash_table_lookup(files,
						GSIZE_TO_POINTER(inode)));
			g_array_append_val(found, segment);
		}
		line = strchr(line, '\n');
		line += line != NULL;
	}
	return found;
}

/* What is at an address and after it, as far as that goes. */
static struct segment segment_at(const GArray *segments, guint64 at)
{
	struct segment none = { at, TOP, NOTHING, 0, 0 };

	for (guint i = 0; i < segments->len; i++) {
		struct segment *s = &g_array_index(segments, struct segment, i);

		if (at >= s->start && at < s->end) {
			struct segment rest = *s;

			rest.offset += at - s->start;
			rest.start = at;
			return rest;
		}
		if (s->start > at)
			none.end = MIN(none.end, s->start);
	}
	return none;
}

gboolean trace_memory_is_const(guint64 address, guint64 bytes)
{
	g_autoptr(GArray) now = mapped_now(NULL);
	guint64 at = address;

	while (at < address + bytes) {
		struct segment s = segment_at(now, at);

		if (s.state == NOTHING || !(s.state & PROT_WRITE))
			return TRUE;
		at = s.end;
	}
	return FALSE;
}

/* Takes [start, end) out of what is known, then puts it in anew. */
static void remember(GArray *known, const struct segment *segment)
{
	guint64 start = segment->start, end = segment->end;

	for (guint i = known->len; i-- > 0;) {
		struct segment old = g_array_index(known, struct segment, i);
		struct segment low = old, high = old;

		if (old.end <= start || old.start >= end)
			continue;
		g_array_remove_index_fast(known, i);
		low.end = start;
		high.start = end;
		high.offset += end - old.start;
		if (low.start < low.end)
			g_array_append_val(known, low);
		if (high.start < high.end)
			g_array_append_val(known, high);
	}
	if (segment->state != NOTHING)
		g_array_append_vals(known, segment, 1);
}

static void tell(GString *out, const struct segment *s)
{
	unsigned long long from = s->start, bytes = s->end - s->start;

	if (s->state == NOTHING) {
		g_string_append_printf(out, "munmap(%#llx, %#llx) = 0\n", from,
				       bytes);
		return;
	}
	g_string_append_printf(out, "mmap(%#llx, %#llx, ", from, bytes);
	trace_append_flags(out, "PROT_", "PROT_NONE", s->state & ~SHARED);
	if (s->file)
		g_string_append_printf(out, ", MAP_SHARED|MAP_FIXED, %u, "
				       "%#llx) = %#llx\n", s->file - 1,
				       (unsigned long long)s->offset, from);
	else
		g_string_append_printf(out, ", %s|MAP_FIXED|MAP_ANONYMOUS, -1, "
				       "0) = %#llx\n", s->state & SHARED ?
				       "MAP_SHARED" : "MAP_PRIVATE", from);
}

/* A file that was not known when its memory was told stays as it was told. */
static gboolean is_told(const struct segment *then, const struct segment *now)
{
	return then->state == now->state &&
	       (!then->file || !now->file ||
		(then->file == now->file && then->offset == now->offset));
}

void trace_memory_tell(GArray *known, GHashTable *files, GString *out,
		       guint64 address, guint64 bytes)
{
	guint64 at = address & ~(PAGE - 1), last;
	g_autoptr(GArray) now = NULL;

	if (!bytes || bytes > BYTES_MAX || address >= TOP ||
	    bytes > TOP - address)
		return;
	last = (address + bytes + PAGE - 1) & ~(PAGE - 1);
	now = mapped_now(files);
	while (at < last) {
		struct segment then = segment_at(known, at);
		struct segment there = segment_at(now, at);

		there.end = MIN(MIN(then.end, there.end), last);
		if (!is_told(&then, &there)) {
			tell(out, &there);
			remember(known, &there);
		}
		at = there.end;
	}
}
