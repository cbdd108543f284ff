// SPDX-License-Identifier: MIT
/*
 * poll() over any mixture of descriptors.
 *
 * Ours are asked through their poll operation; a file without one is ready, as
 * in Linux.  Waiting is left to the system: an event file's descriptor becomes
 * readable there when the file is.
 */
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
		      const bool *ours, nfds_t count, int timeout_ms)
{
	for (nfds_t i = 0; i < count; i++) {
		shadow[i] = fds[i];
		shadow[i].revents = 0;
		if (ours[i])
			shadow[i].events = fds[i].events & (POLLIN | POLLRDNORM);
	}
	return poll(shadow, count, timeout_ms);
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

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ll + now.tv_nsec / 1000000;
}

static int poll_mixed(struct pollfd *fds, struct pollfd *shadow, bool *ours,
		      nfds_t count, int timeout_ms)
{
	long long deadline = now_ms() + timeout_ms;

	for (nfds_t i = 0; i < count; i++)
		ours[i] = fds[i].fd >= 0 && uik_fd_is_ours(fds[i].fd);
	for (;;) {
		int ready = ask_ours(fds, ours, count);
		long long left = timeout_ms < 0 ? -1 : deadline - now_ms();
		int got;

		if (!ready && timeout_ms > 0 && left < 0)
			left = 0;
		got = ask_system(shadow, fds, ours, count, ready ? 0 : left);
		if (got < 0)
			return -errno;
		ready = ask_ours(fds, ours, count) +
			take_others(fds, shadow, ours, count);
		if (ready || (timeout_ms >= 0 && now_ms() >= deadline))
			return ready;
	}
}

#define POLL_ON_STACK 32

int uiommufd_poll(struct pollfd *fds, nfds_t count, int timeout_ms)
{
	struct pollfd few[POLL_ON_STACK], *shadow = few;
	bool few_ours[POLL_ON_STACK], *ours = few_ours;
	int ret = -ENOMEM;

	if (count > POLL_ON_STACK) {
		shadow = calloc(count, sizeof(*shadow));
		ours = calloc(count, sizeof(*ours));
	}
	if (shadow && ours)
		ret = poll_mixed(fds, shadow, ours, count, timeout_ms);
	if (count > POLL_ON_STACK) {
		free(shadow);
		free(ours);
	}
	return entry_result(ret);
}
