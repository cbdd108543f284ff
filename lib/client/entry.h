/* SPDX-License-Identifier: MIT */
/*
 * How a public call enters and leaves the library.
 *
 * entry_begin() finds the file, counts it and enters its machine; entry_end()
 * undoes that, both in line when nobody watches.  Results travel as -errno
 * inside and leave as -1 and errno.
 */
#ifndef CLIENT_ENTRY_H
#define CLIENT_ENTRY_H

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <uik/hook.h>
#include <uik/machine.h>
#include <uik/task.h>

#include "core/core.h"
#include "kit/file.h"
#include "kit/machine.h"

struct uiommufd_platform;

struct entry {
	struct file *file;		/* counted */
	struct uik_machine *outer;	/* entered before */
};

/* The long way, complete: for watchers, and whenever the short one gives up. */
static inline bool entry_begin_slow(struct entry *entry, int fd)
{
	entry->file = uik_fd_own(fd);
	if (uik_unlikely(!entry->file))
		return false;
	entry->outer = uik_enter(entry->file->machine);
	uik_point(UIK_POINT_CALL, entry->file, 0, false);
	return true;
}

static inline bool entry_begin(struct entry *entry, int fd)
{
	struct task_struct *task = uik_current_task;

	if (uik_unlikely(!task))
		return entry_begin_slow(entry, fd);
	entry->file = file_get_quick(fd);
	if (uik_unlikely(!entry->file))
		return entry_begin_slow(entry, fd);
	entry->outer = machine_enter(task, entry->file->machine);
	return true;
}

static inline void entry_end(struct entry *entry)
{
	struct task_struct *task = uik_current_task;

	/* The last count may end the context: still inside its machine. */
	if (uik_likely(!uik_hooks)) {
		file_put_quick(entry->file);
		machine_leave(task, task->machine, entry->outer);
		return;
	}
	fput(entry->file);
	uik_point(UIK_POINT_RETURN, NULL, 0, false);
	uik_leave(entry->outer);
}

static inline long entry_result(long ret)
{
	if (uik_likely(ret >= 0))
		return ret;
	errno = -ret;
	return -1;
}

/* Puts @file (or ERR_PTR) behind the reserved @fd: @fd, or -errno. */
int client_install(struct file *file, int fd);
/* A descriptor of a new context, -errno; @rdev is told to whoever asks. */
int client_open_context(struct uiommufd_platform *platform,
			enum iommufd_account_mode mode, int flags, dev_t rdev);

/*
 * As ppoll(2) with any mixture of descriptors; @timeout NULL: for ever, @mask
 * NULL: the thread's own.  -1 and errno.
 */
int client_poll(struct pollfd *fds, nfds_t count,
		const struct timespec *timeout, const sigset_t *mask);

/* The machine of a platform; NULL gives the process's default machine. */
struct uik_machine *client_machine(struct uiommufd_platform *platform);

#endif
