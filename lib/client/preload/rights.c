// SPDX-License-Identifier: MIT
/*
 * Descriptors in messages.  One of ours leaves as a ticket, a socket from which
 * the receiver makes a remote file; a receiver without the library gets a
 * socket that nobody answers.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <stdlib.h>
#include <string.h>
#include <uik/file.h>

#include "client/preload/preload.h"
#include "client/preload/ticket.h"

static struct cmsghdr *next_rights(struct msghdr *message,
				   struct cmsghdr *header)
{
	header = header ? CMSG_NXTHDR(message, header) : CMSG_FIRSTHDR(message);
	while (header && (header->cmsg_level != SOL_SOCKET ||
			  header->cmsg_type != SCM_RIGHTS))
		header = CMSG_NXTHDR(message, header);
	return header;
}

static unsigned int rights_count(const struct cmsghdr *header)
{
	return header->cmsg_len < CMSG_LEN(0) ? 0 :
		(header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
}

static bool any_ours(const struct msghdr *message)
{
	struct msghdr copy = *message;
	struct cmsghdr *header = NULL;
	int *fds;

	if (!message->msg_control)
		return false;
	while ((header = next_rights(&copy, header))) {
		fds = (int *)CMSG_DATA(header);
		for (unsigned int i = 0; i < rights_count(header); i++)
			if (ours(fds[i]))
				return true;
	}
	return false;
}

/* Ours become tickets (closed after sending); how many, or -errno. */
static int write_tickets(struct msghdr *message, int *tickets, int room)
{
	struct cmsghdr *header = NULL;
	int count = 0;
	int *fds;

	while ((header = next_rights(message, header))) {
		fds = (int *)CMSG_DATA(header);
		for (unsigned int i = 0; i < rights_count(header); i++) {
			if (!ours(fds[i]) || count == room)
				continue;
			tickets[count] = ticket_for(fds[i]);
			if (tickets[count] < 0)
				continue;
			fds[i] = tickets[count++];
		}
	}
	return count;
}

#define TICKETS_MAX 253		/* SCM_MAX_FD */

static ssize_t send_tickets(int fd, const struct msghdr *message, int flags)
{
	int tickets[TICKETS_MAX], count, error;
	struct msghdr copy = *message;
	ssize_t ret;

	copy.msg_control = malloc(message->msg_controllen);
	if (!copy.msg_control)
		return fail_with(ENOMEM);
	memcpy(copy.msg_control, message->msg_control, message->msg_controllen);
	count = write_tickets(&copy, tickets, TICKETS_MAX);
	ret = NEXT(sendmsg)(fd, &copy, flags);
	error = errno;
	while (count)
		ticket_close(tickets[--count]);
	free(copy.msg_control);
	errno = error;
	return ret;
}

ssize_t preload_sendmsg(int fd, const struct msghdr *message, int flags)
{
	if (uik_likely(!any_ours(message)))
		return NEXT(sendmsg)(fd, message, flags);
	return send_tickets(fd, message, flags);
}

static void accept_all(struct msghdr *message)
{
	struct cmsghdr *header = NULL;
	int *fds;

	if (!message->msg_control || !message->msg_controllen)
		return;
	while ((header = next_rights(message, header))) {
		fds = (int *)CMSG_DATA(header);
		for (unsigned int i = 0; i < rights_count(header); i++)
			ticket_redeem(fds[i]);
	}
}

ssize_t preload_recvmsg(int fd, struct msghdr *message, int flags)
{
	ssize_t ret = NEXT(recvmsg)(fd, message, flags);

	if (ret >= 0 && uik_unlikely(message->msg_control))
		accept_all(message);
	return ret;
}

int preload_sendmmsg(int fd, struct mmsghdr *messages, unsigned int count,
		     int flags)
{
	unsigned int i;
	ssize_t sent;

	for (i = 0; i < count && !any_ours(&messages[i].msg_hdr); i++)
		;
	if (i == count)
		return NEXT(sendmmsg)(fd, messages, count, flags);
	for (i = 0; i < count; i++) {
		sent = preload_sendmsg(fd, &messages[i].msg_hdr, flags);
		if (sent < 0)
			return i ? (int)i : -1;
		messages[i].msg_len = (unsigned int)sent;
	}
	return (int)i;
}

int preload_recvmmsg(int fd, struct mmsghdr *messages, unsigned int count,
		     int flags, struct timespec *timeout)
{
	int ret = NEXT(recvmmsg)(fd, messages, count, flags, timeout);
	int i;

	for (i = 0; i < ret; i++)
		accept_all(&messages[i].msg_hdr);
	return ret;
}
