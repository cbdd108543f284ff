// SPDX-License-Identifier: MIT
/* Names of numbers, as strace writes them. */
#include "client/trace/words.h"

#include <fcntl.h>
#include <linux/mman.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>

#include "client/trace/shape.h"

struct word {
	const char *name;
	guint64 number;
};

#define WORD(name) { #name, (guint64)(name) }

/* What has more bits comes before what has some of them. */
static const struct word words[] = {
	{ "NULL", 0 }, { "AT_FDCWD", (guint64)AT_FDCWD },
	{ "O_RDONLY", 0 }, { "PROT_NONE", 0 },
	WORD(O_WRONLY), WORD(O_RDWR), WORD(O_CLOEXEC), WORD(O_NONBLOCK),
	WORD(O_CREAT), WORD(O_EXCL), WORD(O_TRUNC), WORD(O_APPEND),
	WORD(O_NOCTTY), WORD(O_NOFOLLOW), WORD(O_DIRECTORY), WORD(O_SYNC),
	WORD(PROT_READ), WORD(PROT_WRITE), WORD(PROT_EXEC),
	WORD(MAP_SHARED_VALIDATE), WORD(MAP_SHARED), WORD(MAP_PRIVATE),
	WORD(MAP_FIXED_NOREPLACE), WORD(MAP_FIXED), WORD(MAP_ANONYMOUS),
	WORD(MAP_NORESERVE), WORD(MAP_POPULATE), WORD(MAP_HUGETLB),
	WORD(MAP_STACK), WORD(MAP_LOCKED), WORD(MAP_DENYWRITE),
	WORD(MREMAP_MAYMOVE), WORD(MREMAP_FIXED),
	WORD(POLLIN), WORD(POLLPRI), WORD(POLLOUT), WORD(POLLERR),
	WORD(POLLHUP), WORD(POLLNVAL), WORD(POLLRDNORM), WORD(POLLWRNORM),
	WORD(F_DUPFD), WORD(F_DUPFD_CLOEXEC),
	{ "_IOC_NONE", 0 }, { "_IOC_WRITE", 1 }, { "_IOC_READ", 2 },
	{ "MFD_CLOEXEC", 1 },
};

gboolean trace_word(const char *name, guint64 *out)
{
	const struct trace_shape *shape = trace_shape_named(name);

	if (shape) {
		*out = shape->request;
		return TRUE;
	}
	for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
		if (!strcmp(words[i].name, name)) {
			*out = words[i].number;
			return TRUE;
		}
	return FALSE;
}

int trace_errno(const char *name)
{
	for (int error = 1; error < 134; error++) {
		const char *known = strerrorname_np(error);

		if (known && !strcmp(known, name))
			return error;
	}
	return 0;
}

void trace_append_flags(GString *out, const char *prefix, const char *none,
			guint64 flags)
{
	gsize before = out->len;

	for (gsize i = 0; i < G_N_ELEMENTS(words) && flags; i++) {
		guint64 bits = words[i].number;

		if (!bits || (flags & bits) != bits ||
		    !g_str_has_prefix(words[i].name, prefix))
			continue;
		g_string_append_printf(out, "%s%s", out->len > before ? "|" : "",
				       words[i].name);
		flags &= ~bits;
	}
	if (flags)
		g_string_append_printf(out, "%s0x%" G_GINT64_MODIFIER "x",
				       out->len > before ? "|" : "", flags);
	if (out->len == before)
		g_string_append(out, none);
}
