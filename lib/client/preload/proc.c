// SPDX-License-Identifier: MIT
/*
 * Files of /proc and of debugfs that the library answers.
 *
 * A process's status is the system's with the pages pinned here added to VmPin
 * and VmLck; it is a copy made when it is opened.  The fault-injection files
 * are fault.c's.
 */
#include "client/preload/proc.h"

#include <linux/atomic.h>
#include <linux/mm.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uik/mm.h>

#include "client/preload/fault.h"
#include "client/preload/preload.h"
#include "client/preload/remote.h"

#define STATUS_MAX 16384

bool proc_may_be_ours(const char *last)
{
	return !strcmp(last, "status") || !strcmp(last, "fail-nth");
}

/* Takes "self" or a number off the path; the number, or 0. */
static int take_pid(const char **at, int self)
{
	char *end;
	long pid;

	if (!strncmp(*at, "self/", 5)) {
		*at += 5;
		return self;
	}
	pid = strtol(*at, &end, 10);
	if (end == *at || *end != '/' || pid <= 0)
		return 0;
	*at = end + 1;
	return (int)pid;
}

/* /proc/PID/[task/TID/]NAME: the thread and NAME; false: something else. */
static bool parse(const char *path, int *pid, int *tid, const char **name)
{
	if (strncmp(path, "/proc/", 6))
		return false;
	path += 6;
	*pid = getpid();
	*tid = 0;
	if (!strncmp(path, "thread-self/", 12)) {
		*tid = gettid();
		*name = path + 12;
		return true;
	}
	*pid = take_pid(&path, *pid);
	if (!*pid)
		return false;
	if (!strncmp(path, "task/", 5)) {
		path += 5;
		*tid = take_pid(&path, 0);
		if (!*tid)
			return false;
	}
	*name = path;
	return true;
}

/* ---- status ---- */

struct pinned {
	int pid;
	uint64_t pinned, locked;	/* pages */
};

static void add_owner(struct peer *peer, void *arg)
{
	struct pinned *sum = arg;
	uint64_t pinned, locked;

	if (peer_pinned(peer, sum->pid, &pinned, &locked))
		return;
	sum->pinned += pinned;
	sum->locked += locked;
}

static void count_pinned(struct pinned *sum)
{
	struct mm_struct *mm;

	if (preload_platform_built()) {
		mm = uik_mm_foreign(sum->pid);
		if (mm) {
			sum->pinned = atomic64_read(&mm->pinned_vm);
			sum->locked = mm->locked_vm;
			uik_mm_put(mm);
		}
	}
	peer_each(add_owner, sum);
}

/* "VmPin:\t       0 kB": adds to the number, keeping the width. */
static void add_to_line(char *text, const char *label, uint64_t pages)
{
	char *line = strstr(text, label), *end, number[32];
	uint64_t kib;
	int width;

	if (!line || !pages)
		return;
	line += strlen(label);
	line += *line == '\t';
	kib = strtoull(line, &end, 10);
	width = (int)(end - line);
	snprintf(number, sizeof(number), "%*llu", width,
		 kib + (unsigned long long)pages * (PAGE_SIZE / 1024));
	memcpy(line, number + strlen(number) - width, width);
}

static int open_status(const struct node *node, int flags)
{
	char text[STATUS_MAX];
	struct pinned sum = { 0 };
	const char *name;
	int fd = NEXT(open)(node->path, O_RDONLY | O_CLOEXEC, 0), tid;
	ssize_t n = 0, more;

	if (fd < 0)
		return -1;
	while (n < STATUS_MAX - 1 &&
	       (more = NEXT(read)(fd, text + n, STATUS_MAX - 1 - n)) > 0)
		n += more;
	NEXT(close)(fd);
	text[n] = '\0';
	if (parse(node->path, &sum.pid, &tid, &name))
		count_pinned(&sum);
	add_to_line(text, "\nVmPin:", sum.pinned);
	add_to_line(text, "\nVmLck:", sum.locked);
	fd = NEXT(memfd_create)("status", flags & O_CLOEXEC ? 1 : 0);
	if (fd >= 0 && (NEXT(write)(fd, text, n) != n ||
			NEXT(lseek)(fd, 0, SEEK_SET))) {
		NEXT(close)(fd);
		return fail_with(ENOMEM);
	}
	return fd;
}

bool proc_find(const char *path, struct node *out)
{
	const char *name;
	int pid, tid;

	if (fault_find(path, out))
		return true;
	if (!parse(path, &pid, &tid, &name))
		return false;
	if (!strcmp(name, "fail-nth"))
		return fault_nth_node(path, pid, tid ? tid : pid, out);
	if (strcmp(name, "status") || !preload_in_use())
		return false;
	*out = (struct node){
		.mode = S_IFREG | 0444,
		.ino = 0x75697000ul + pid,
		.is_copy = true,
		.open = open_status,
	};
	return node_set_path(out, path);
}
