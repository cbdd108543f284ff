// SPDX-License-Identifier: MIT
/*
 * poll() over any mixture of descriptors.
 *
 * Ours are asked through their poll operation; a file without one is ready, as
 * in Linux.  Waiting is left to the system: an event file's descriptor becomes
 * readable there when the file is.
 */
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <linux/poll.h>
#include <uik/file.h>
#include <uiommufd/client.h>

#include "client/entry.h"

#define ALWAYS_READY (POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM)
#define ALWAYS_TOLD (POLLERR | POLLHUP | POLLNVAL)

static short ready_events(int fd, short wanted)
{
	struct entry entry;
	short events = ALWAYS_READY;

	if (!entry_begin(&entry, fd))
		return POLLNVAL;
	if (entry.file->f_op->poll)
		events = (short)entry.file->f_op->poll(entry.file, NULL);
	entry_end(&entry);
	return events & (wanted | ALWAYS_TOLD);
}

/* Fills in ours; returns how many are ready. */
static int ask_ours(struct pollfd *fds, const bool *ours, nfds_t count)
{
	int ready = 0;

	for (nfds_t i = 0; i < count; i++) {
		if (!ours[i])
			continue;
		fds[i].revents = ready_events(fds[i].fd, fds[i].events);
		ready += !!fds[i].revents;
	}
	return ready;
}

/*
 * The system sees ours as descriptors of which only POLLIN means anything;
 * the others' answers stay as the system gives them.
 */
static int ask_system(struct pollfd *shadow, const struct pollfd *fds,
		      const bool *ours, nfds_t count,
		      const struct timespec *timeout, const sigset_t *mask)
{
	for (nfds_t i = 0; i < count; i++) {
		shadow[i] = fds[i];
		shadow[i].revents = 0;
		if (ours[i])
			shadow[i].events = fds[i].events & (POLLIN | POLLRDNORM);
	}
	return ppoll(shadow, count, timeout, mask);
}

static int take_others(struct pollfd *fds, const struct pollfd *shadow,
		       const bool *ours, nfds_t count)
{
	int ready = 0;

	for (nfds_t i = 0; i < count; i++) {
		if (ours[i])
			continue;
		fds[i].revents = shadow[i].revents;
		ready += !!fds[i].revents;
	}
	return ready;
}

static long long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ll + now.tv_nsec;
}

/* The moment @timeout from now, at most some centuries away. */
static long long deadline_after(const struct timespec *timeout)
{
	long long seconds = timeout->tv_sec;

	if (seconds > INT_MAX)
		seconds = INT_MAX;
	return now_ns() + seconds * 1000000000ll + timeout->tv_nsec;
}

static int poll_mixed(struct pollfd *fds, struct pollfd *shadow, bool *ours,
		      nfds_t count, const struct timespec *timeout,
		      const sigset_t *mask)
{
	static const struct timespec at_once;
	long long deadline = timeout ? deadline_after(timeout) : 0;
	struct timespec left;

	for (nfds_t i = 0; i < count; i++)
		ours[i] = fds[i].fd >= 0 && uik_fd_is_ours(fds[i].fd);
	for (;;) {
		int ready = ask_ours(fds, ours, count), got;
		long long left_ns = timeout ? deadline - now_ns() : 0;

		left_ns = left_ns < 0 ? 0 : left_ns;
		left.tv_sec = left_ns / 1000000000;
		left.tv_nsec = left_ns % 1000000000;
		got = ask_system(shadow, fds, ours, count,
				 ready ? &at_once : timeout ? &left : NULL,
				 mask);
		if (got < 0)
			return -errno;
		ready = ask_ours(fds, ours, count) +
			take_others(fds, shadow, ours, count);
		if (ready || (timeout && now_ns() >= deadline))
			return ready;
	}
}

#define POLL_ON_STACK 32

int client_poll(struct pollfd *fds, nfds_t count,
		const struct timespec *timeout, const sigset_t *mask)
{
	struct pollfd few[POLL_ON_STACK], *shadow = few;
	bool few_ours[POLL_ON_STACK], *ours = few_ours;
	int ret = -ENOMEM;

	if (count > POLL_ON_STACK) {
		shadow = calloc(count, sizeof(*shadow));
		ours = calloc(count, sizeof(*ours));
	}
	if (shadow && ours)
		ret = poll_mixed(fds, shadow, ours, count, timeout, mask);
	if (count > POLL_ON_STACK) {
		free(shadow);
		free(ours);
	}
	return entry_result(ret);
}

int uiommufd_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	struct timespec timeout = {
		.tv_sec = timeout_ms / 1000,
		.tv_nsec = timeout_ms % 1000 * 1000000l,
	};

	return client_poll(fds, count, timeout_ms < 0 ? NULL : &timeout, NULL);
}
