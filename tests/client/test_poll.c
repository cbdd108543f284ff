// SPDX-License-Identifier: MIT
/* Laws of lib/client/poll.c: any mixture of descriptors. */
#include "client_rig.h"

#include <time.h>

static int fault_queue(struct client *client)
{
	struct iommu_fault_alloc cmd = { .size = sizeof(cmd) };

	assert_int_equal(uiommufd_ioctl(client->fd, IOMMU_FAULT_QUEUE_ALLOC,
					&cmd), 0);
	return cmd.out_fault_fd;
}

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A context is always ready, also by the system's own poll. */
static void contexts_are_always_ready(void **state)
{
	struct client *client = *state;
	struct pollfd p = { .fd = client->fd, .events = POLLIN | POLLOUT };

	assert_int_equal(uiommufd_poll(&p, 1, -1), 1);
	assert_int_equal(p.revents, POLLIN | POLLOUT);
	assert_int_equal(poll(&p, 1, -1), 1);
}

/* Others' descriptors answer for themselves, negative ones are skipped. */
static void mixtures(void **state)
{
	struct client *client = *state;
	int pipes[2], queue = fault_queue(client);
	struct pollfd p[4] = {
		{ .events = POLLIN }, { .fd = queue, .events = POLLIN },
		{ .fd = -1, .revents = 5 }, { .fd = 9999, .events = POLLIN },
	};

	assert_int_equal(pipe(pipes), 0);
	p[0].fd = pipes[0];
	assert_int_equal(uiommufd_poll(p, 3, 0), 0);
	assert_int_equal(p[2].revents, 0);
	assert_int_equal(write(pipes[1], "x", 1), 1);
	assert_int_equal(uiommufd_poll(p, 4, 1000), 2);
	assert_int_equal(p[0].revents, POLLIN);
	assert_int_equal(p[1].revents, 0);
	assert_int_equal(p[3].revents, POLLNVAL);
	close(pipes[0]);
	close(pipes[1]);
	assert_int_equal(uiommufd_close(queue), 0);
}

/* Times out when nothing happens, not before. */
static void times_out(void **state)
{
	struct client *client = *state;
	int queue = fault_queue(client);
	struct pollfd p = { .fd = queue, .events = POLLIN };
	long before = now_ms();

	assert_int_equal(uiommufd_poll(&p, 1, 30), 0);
	assert_true(now_ms() - before >= 29);
	assert_int_equal(uiommufd_close(queue), 0);
}

/* More than fit on the stack. */
static void many(void **state)
{
	struct client *client = *state;
	struct pollfd p[100];

	for (int i = 0; i < 100; i++)
		p[i] = (struct pollfd){ .fd = client->fd, .events = POLLIN };
	assert_int_equal(uiommufd_poll(p, 100, 0), 100);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CLIENT_TEST(contexts_are_always_ready),
		CLIENT_TEST(mixtures),
		CLIENT_TEST(times_out),
		CLIENT_TEST(many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
