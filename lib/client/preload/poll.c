// SPDX-License-Identifier: MIT
/*
 * Waiting for descriptors.  A call that names none of ours is the system's;
 * select() with ours becomes poll().
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/entry.h"
#include "client/preload/preload.h"

static bool any_ours(const struct pollfd *fds, nfds_t count)
{
	nfds_t i;

	for (i = 0; i < count; i++)
		if (ours(fds[i].fd))
			return true;
	return false;
}

int preload_poll(struct pollfd *fds, nfds_t count, int timeout)
{
	return any_ours(fds, count) ? TRACED(poll, fds, count, timeout) :
				      NEXT(poll)(fds, count, timeout);
}

int preload___poll_chk(struct pollfd *fds, nfds_t count, int timeout,
		       size_t room)
{
	return room / sizeof(*fds) >= count && any_ours(fds, count) ?
		       TRACED(poll, fds, count, timeout) :
		       NEXT(__poll_chk)(fds, count, timeout, room);
}

int preload_ppoll(struct pollfd *fds, nfds_t count,
		  const struct timespec *timeout, const sigset_t *mask)
{
	return any_ours(fds, count) ? client_poll(fds, count, timeout, mask) :
				      NEXT(ppoll)(fds, count, timeout, mask);
}

int preload___ppoll_chk(struct pollfd *fds, nfds_t count,
			const struct timespec *timeout, const sigset_t *mask,
			size_t room)
{
	return room / sizeof(*fds) >= count && any_ours(fds, count) ?
		       client_poll(fds, count, timeout, mask) :
		       NEXT(__ppoll_chk)(fds, count, timeout, mask, room);
}

/* The three sets of select(); each may be missing. */
struct sets {
	int count;
	fd_set *in, *out, *err;
};

static bool is_in(int fd, const fd_set *set)
{
	return set && FD_ISSET(fd, set);
}

static bool sets_have_ours(const struct sets *sets)
{
	int fd;

	for (fd = 0; fd < sets->count && fd < FD_SETSIZE; fd++)
		if (uik_unlikely(ours(fd)) &&
		    (is_in(fd, sets->in) || is_in(fd, sets->out) ||
		     is_in(fd, sets->err)))
			return true;
	return false;
}

static nfds_t sets_to_poll(const struct sets *sets, struct pollfd *fds)
{
	nfds_t count = 0;
	int fd;

	for (fd = 0; fd < sets->count && fd < FD_SETSIZE; fd++) {
		short events = (is_in(fd, sets->in) ? POLLIN | POLLRDNORM : 0) |
			       (is_in(fd, sets->out) ? POLLOUT | POLLWRNORM : 0) |
			       (is_in(fd, sets->err) ? POLLPRI : 0);

		if (events)
			fds[count++] = (struct pollfd){ .fd = fd,
							.events = events };
	}
	return count;
}

static int keep_if(fd_set *set, const struct pollfd *poll, short events)
{
	if (!is_in(poll->fd, set))
		return 0;
	if (poll->revents & events)
		return 1;
	FD_CLR(poll->fd, set);
	return 0;
}

static int poll_to_sets(const struct sets *sets, const struct pollfd *fds,
			nfds_t count)
{
	int bits = 0;
	nfds_t i;

	for (i = 0; i < count; i++)
		if (fds[i].revents & POLLNVAL)
			return fail_with(EBADF);
	for (i = 0; i < count; i++) {
		bits += keep_if(sets->in, &fds[i],
				POLLIN | POLLRDNORM | POLLHUP | POLLERR);
		bits += keep_if(sets->out, &fds[i],
				POLLOUT | POLLWRNORM | POLLERR);
		bits += keep_if(sets->err, &fds[i], POLLPRI);
	}
	return bits;
}

static int select_mixed(const struct sets *sets, const struct timespec *timeout,
			const sigset_t *mask)
{
	struct pollfd fds[FD_SETSIZE];
	nfds_t count = sets_to_poll(sets, fds);

	if (client_poll(fds, count, timeout, mask) < 0)
		return -1;
	return poll_to_sets(sets, fds, count);
}

/* Linux writes back what is left of the time. */
static void time_left(struct timeval *timeout, const struct timespec *began)
{
	struct timespec now;
	long long left;

	clock_gettime(CLOCK_MONOTONIC, &now);
	left = timeout->tv_sec * 1000000ll + timeout->tv_usec -
	       (now.tv_sec - began->tv_sec) * 1000000ll -
	       (now.tv_nsec - began->tv_nsec) / 1000;
	left = left < 0 ? 0 : left;
	timeout->tv_sec = left / 1000000;
	timeout->tv_usec = left % 1000000;
}

int preload_select(int count, fd_set *in, fd_set *out, fd_set *err,
		   struct timeval *timeout)
{
	struct sets sets = { count, in, out, err };
	struct timespec began, wait;
	int ret;

	if (uik_likely(!sets_have_ours(&sets)))
		return NEXT(select)(count, in, out, err, timeout);
	if (!timeout)
		return select_mixed(&sets, NULL, NULL);
	if (timeout->tv_sec < 0 || timeout->tv_usec < 0)
		return fail_with(EINVAL);
	clock_gettime(CLOCK_MONOTONIC, &began);
	wait.tv_sec = timeout->tv_sec + timeout->tv_usec / 1000000;
	wait.tv_nsec = timeout->tv_usec % 1000000 * 1000;
	ret = select_mixed(&sets, &wait, NULL);
	time_left(timeout, &began);
	return ret;
}

int preload_pselect(int count, fd_set *in, fd_set *out, fd_set *err,
		    const struct timespec *timeout, const sigset_t *mask)
{
	struct sets sets = { count, in, out, err };

	if (uik_likely(!sets_have_ours(&sets)))
		return NEXT(pselect)(count, in, out, err, timeout, mask);
	return select_mixed(&sets, timeout, mask);
}

/* A file without a poll operation cannot be watched; others as they are. */
int preload_epoll_ctl(int poller, int op, int fd, struct epoll_event *event)
{
	if (ours(poller))
		return fail_with(EINVAL);
	return NEXT(epoll_ctl)(poller, op, fd, event);
}
