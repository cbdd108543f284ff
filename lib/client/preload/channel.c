// SPDX-License-Identifier: MIT
/* Channels between a process that owns contexts and one that uses them. */
#include "client/preload/channel.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uik/file.h>

#include "client/preload/preload.h"

/*
 * All ends of this process.  A forked child closes those that are not its own:
 * an end that lives on elsewhere would hide that the other side has gone.
 */
static unsigned long ends_here[NUMBERS_MAX / 64];	/* a bit each, atomic */

void channel_own(int channel)
{
	if ((unsigned int)channel < NUMBERS_MAX)
		__atomic_fetch_or(&ends_here[channel / 64], 1ul << channel % 64,
				  __ATOMIC_RELAXED);
}

static void disown(int channel)
{
	if ((unsigned int)channel < NUMBERS_MAX)
		__atomic_fetch_and(&ends_here[channel / 64],
				   ~(1ul << channel % 64), __ATOMIC_RELAXED);
}

void channel_close(int channel)
{
	disown(channel);
	uik_fd_high_close(channel);
}

void channel_close_others(const int *mine, unsigned int count)
{
	unsigned int fd, i;

	for (fd = 0; fd < NUMBERS_MAX; fd++) {
		if (!ends_here[fd / 64]) {
			fd |= 63;
			continue;
		}
		if (!(ends_here[fd / 64] >> fd % 64 & 1))
			continue;
		for (i = 0; i < count && mine[i] != (int)fd; i++)
			;
		if (i == count)
			channel_close(fd);
	}
}

int channel_pair(int ends[2])
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -errno;
	ends[0] = uik_fd_high(ends[0]);
	ends[1] = uik_fd_high(ends[1]);
	channel_own(ends[0]);
	channel_own(ends[1]);
	return 0;
}

int channel_send(int channel, struct message *message, int fd)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .room = { 0 } };
	struct iovec part = { message, sizeof(*message) };
	struct msghdr packet = { .msg_iov = &part, .msg_iovlen = 1 };
	ssize_t n;

	message->magic = CHANNEL_MAGIC;
	if (fd >= 0) {
		struct cmsghdr *header;

		packet.msg_control = control.room;
		packet.msg_controllen = sizeof(control.room);
		header = CMSG_FIRSTHDR(&packet);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(fd));
		memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	}
	do
		n = NEXT(sendmsg)(channel, &packet, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n == sizeof(*message) ? 0 : -ENODEV;
}

static int take_descriptor(struct msghdr *packet)
{
	struct cmsghdr *header = CMSG_FIRSTHDR(packet);
	int fd;

	if (!header || header->cmsg_level != SOL_SOCKET ||
	    header->cmsg_type != SCM_RIGHTS ||
	    header->cmsg_len != CMSG_LEN(sizeof(fd)))
		return -1;
	memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return uik_fd_high(fd);
}

int channel_receive(int channel, struct message *message, int *fd)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec part = { message, sizeof(*message) };
	struct msghdr packet = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof(control.room),
	};
	ssize_t n;
	int came;

	do
		n = NEXT(recvmsg)(channel, &packet, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	came = n > 0 ? take_descriptor(&packet) : -1;
	if (fd)
		*fd = came;
	else if (came >= 0)
		uik_fd_high_close(came);
	return n == sizeof(*message) && message->magic == CHANNEL_MAGIC ?
		       0 : -ENODEV;
}

static int option_of(int fd, int option)
{
	socklen_t size = sizeof(int);
	int value = -1;

	return getsockopt(fd, SOL_SOCKET, option, &value, &size) ? -1 : value;
}

bool channel_is_ticket(int fd)
{
	struct message message;

	if (option_of(fd, SO_DOMAIN) != AF_UNIX ||
	    option_of(fd, SO_TYPE) != SOCK_SEQPACKET)
		return false;
	return recv(fd, &message, sizeof(message), MSG_PEEK | MSG_DONTWAIT) ==
		       sizeof(message) &&
	       message.magic == CHANNEL_MAGIC && message.kind == TICKET;
}
