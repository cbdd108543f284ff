// SPDX-License-Identifier: MIT
/* Tickets: sockets that stand for files of ours outside this process. */
#include "client/preload/ticket.h"

#include <linux/err.h>
#include <linux/file.h>
#include <uik/file.h>
#include <unistd.h>

#include "client/preload/preload.h"
#include "client/preload/remote.h"
#include "client/preload/service.h"

int ticket_for(int fd)
{
	struct file *file = uik_fd_own(fd);
	int ticket;

	if (!file)
		return -EBADF;
	ticket = remote_is(file) ? remote_ticket(file) : service_ticket(file);
	fput(file);
	return ticket;
}

void ticket_close(int ticket)
{
	channel_close(ticket);
}

/* The socket moves up; its number becomes a placeholder for the file. */
bool ticket_redeem(int fd)
{
	int flags, null, channel;
	struct file *file;

	if (!channel_is_ticket(fd))
		return false;
	flags = NEXT(fcntl)(fd, F_GETFD, NULL);
	null = NEXT(open)("/dev/null", O_RDWR | O_CLOEXEC, 0);
	channel = NEXT(fcntl)(fd, F_DUPFD_CLOEXEC, (void *)3);
	if (null < 0 || channel < 0)
		return false;
	channel = uik_fd_high(channel);
	channel_own(channel);
	NEXT(dup3)(null, fd, flags & FD_CLOEXEC ? O_CLOEXEC : 0);
	NEXT(close)(null);
	file = remote_accept(channel);
	if (!IS_ERR(file))
		fd_install(fd, file);
	return !IS_ERR(file);
}
