// SPDX-License-Identifier: MIT
/*
 * Numbers: copying and closing them.
 *
 * A number of ours that the system closes (by dup2, say) is forgotten first:
 * afterwards it may already be another thread's.
 */
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <linux/file.h>
#include <uik/file.h>
#include <unistd.h>

#include "client/preload/preload.h"

int preload_dup(int fd)
{
	return ours(fd) ? TRACED(dup, fd) : NEXT(dup)(fd);
}

/* @new_fd is about to become a copy of the foreign @fd. */
static void make_way(int fd, int new_fd)
{
	if (ours(new_fd) && fd != new_fd && NEXT(fcntl)(fd, F_GETFD, NULL) >= 0)
		uik_fd_forget(new_fd);
}

int preload_dup2(int fd, int new_fd)
{
	if (ours(fd))
		return TRACED(dup2, fd, new_fd);
	make_way(fd, new_fd);
	return NEXT(dup2)(fd, new_fd);
}

int preload_dup3(int fd, int new_fd, int flags)
{
	if (ours(fd))
		return TRACED(dup3, fd, new_fd, flags);
	if (!(flags & ~O_CLOEXEC))
		make_way(fd, new_fd);
	return NEXT(dup3)(fd, new_fd, flags);
}

PRELOAD_OWN(dup3);

#define SETTABLE (O_APPEND | O_NONBLOCK | O_ASYNC | O_DIRECT | O_NOATIME)

/* Flags of the file; the descriptor behind it has others. */
static int file_flags(int fd, int cmd, void *arg)
{
	int system = NEXT(fcntl)(fd, F_GETFL, NULL);
	struct file *file = fget(fd);
	int flags = 0;

	if (!file)
		return fail_with(EBADF);
	if (cmd == F_SETFL)
		file->f_flags = (file->f_flags & ~SETTABLE) |
				((long)arg & SETTABLE);
	else
		flags = file->f_flags | (system & __O_LARGEFILE);
	fput(file);
	return flags;
}

static int control(int fd, int cmd, void *arg)
{
	switch (cmd) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		return TRACED(dup_from, fd, (int)(long)arg,
			      cmd == F_DUPFD_CLOEXEC);
	case F_GETFL:
	case F_SETFL:
		return file_flags(fd, cmd, arg);
	default:
		return NEXT(fcntl)(fd, cmd, arg);
	}
}

int preload_fcntl(int fd, int cmd, void *arg)
{
	return ours(fd) ? control(fd, cmd, arg) : NEXT(fcntl)(fd, cmd, arg);
}

int preload_fcntl64(int fd, int cmd, void *arg)
{
	return ours(fd) ? control(fd, cmd, arg) : NEXT(fcntl64)(fd, cmd, arg);
}

int preload_close(int fd)
{
	if (ours(fd))
		return TRACED(close, fd);
	if (uik_unlikely(number_is_internal(fd)))
		return fail_with(EBADF);
	return NEXT(close)(fd);
}

PRELOAD_OWN(close);

int preload_fclose(FILE *f)
{
	int fd = fileno(f);

	if (ours(fd))
		uik_fd_forget(fd);
	return NEXT(fclose)(f);
}

/* The first number from @fd on that is ours or the library's own. */
static unsigned int next_known(unsigned int fd, unsigned int last)
{
	while (fd <= last && fd < NUMBERS_MAX && !number_is_ours(fd) &&
	       !number_is_internal(fd))
		fd++;
	return fd;
}

static int close_part(unsigned int first, unsigned int end, int flags)
{
	return first < end ? NEXT(close_range)(first, end - 1, flags) : 0;
}

/* Ours are closed one by one, the library's own stay, the rest goes at once. */
static int close_mixed(unsigned int first, unsigned int last, int flags)
{
	unsigned int fd;
	int ret = 0;

	while (!ret && first <= last) {
		fd = next_known(first, last);
		if (fd > last || fd >= NUMBERS_MAX)
			return NEXT(close_range)(first, last, flags);
		ret = close_part(first, fd, flags);
		if (number_is_ours(fd) && flags & CLOSE_RANGE_CLOEXEC)
			NEXT(fcntl)(fd, F_SETFD, (void *)FD_CLOEXEC);
		else if (number_is_ours(fd))
			TRACED(close, fd);
		first = fd + 1;
	}
	return ret;
}

int preload_close_range(unsigned int first, unsigned int last, int flags)
{
	if (first > last || flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC))
		return NEXT(close_range)(first, last, flags);
	return close_mixed(first, last, flags);
}

void preload_closefrom(int first)
{
	unsigned int from = first < 0 ? 0 : first, fd;

	fd = next_known(from, UINT_MAX - 1);
	if (fd >= NUMBERS_MAX) {
		NEXT(closefrom)(first);
		return;
	}
	close_mixed(from, UINT_MAX, 0);
}
