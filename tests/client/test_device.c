// SPDX-License-Identifier: MIT
/* Laws of lib/client/device.c: a driver's part, by device name. */
#include "client_rig.h"

#define FAILS(call, error) \
	do { \
		errno = 0; \
		assert_int_equal((call), -1); \
		assert_int_equal(errno, (error)); \
	} while (0)

static void plug(struct client *client, int count)
{
	for (int i = 0; i < count; i++)
		assert_int_equal(uiommufd_platform_plug(client->platform, NULL),
				 i);
}

static void unplug(struct client *client, int count)
{
	char name[16];

	while (count--) {
		snprintf(name, sizeof(name), "mock%d", count);
		assert_int_equal(uiommufd_platform_unplug(client->platform,
							  name), 0);
	}
}

/* Bind, attach, replace, detach, unbind. */
static void life_of_a_device(void **state)
{
	struct client *client = *state;
	uint32_t id = 0, ioas, other, pt_id, hwpt;

	plug(client, 1);
	ioas = make_ioas(client->fd);
	other = make_ioas(client->fd);
	assert_int_equal(uiommufd_device_bind(client->fd, "mock0", &id), 0);
	assert_int_equal(id, 3);
	pt_id = ioas;
	assert_int_equal(uiommufd_device_attach(client->fd, "mock0", 0, &pt_id),
			 0);
	assert_int_equal(pt_id, 4);
	assert_int_equal(destroy_id(client->fd, ioas), -EBUSY);
	FAILS(uiommufd_device_attach(client->fd, "mock0", 0, &pt_id), EBUSY);
	hwpt = other;
	assert_int_equal(uiommufd_device_replace(client->fd, "mock0", 0, &hwpt),
			 0);
	assert_int_equal(destroy_id(client->fd, ioas), 0);
	assert_int_equal(uiommufd_device_detach(client->fd, "mock0", 0), 0);
	assert_int_equal(destroy_id(client->fd, other), 0);
	assert_int_equal(destroy_id(client->fd, id), -EBUSY);
	assert_int_equal(uiommufd_device_unbind(client->fd, "mock0"), 0);
	assert_int_equal(destroy_id(client->fd, id), -ENOENT);
	unplug(client, 1);
}

/* A pointer that is NULL is bad memory, and nothing is done. */
static void null_pointers(void **state)
{
	struct client *client = *state;
	uint32_t id, pt_id = make_ioas(client->fd);

	plug(client, 1);
	FAILS(uiommufd_device_bind(client->fd, NULL, &id), EFAULT);
	FAILS(uiommufd_device_bind(client->fd, "mock0", NULL), EFAULT);
	assert_int_equal(uiommufd_device_bind(client->fd, "mock0", &id), 0);
	FAILS(uiommufd_device_attach(client->fd, NULL, 0, &pt_id), EFAULT);
	FAILS(uiommufd_device_attach(client->fd, "mock0", 0, NULL), EFAULT);
	FAILS(uiommufd_device_replace(client->fd, "mock0", 0, NULL), EFAULT);
	FAILS(uiommufd_device_detach(client->fd, NULL, 0), EFAULT);
	FAILS(uiommufd_device_unbind(client->fd, NULL), EFAULT);
	FAILS(uiommufd_open_path(client->platform, NULL, O_RDWR), EFAULT);
	assert_int_equal(uiommufd_device_unbind(client->fd, "mock0"), 0);
	unplug(client, 1);
}

/* Names that are not there, not bound, bound already, or not a context's. */
static void errno_rows(void **state)
{
	struct client *client = *state;
	struct iommu_fault_alloc queue = { .size = sizeof(queue) };
	uint32_t id = 7, pt_id = 1;
	int other = uiommufd_open(client->platform, O_RDWR);

	plug(client, 1);
	FAILS(uiommufd_device_bind(client->fd, "nobody", &id), ENOENT);
	FAILS(uiommufd_device_bind(0, "mock0", &id), EBADF);
	assert_int_equal(uiommufd_ioctl(client->fd, IOMMU_FAULT_QUEUE_ALLOC,
					&queue), 0);
	FAILS(uiommufd_device_bind(queue.out_fault_fd, "mock0", &id), EBADF);
	FAILS(uiommufd_device_unbind(client->fd, "mock0"), ENOENT);
	FAILS(uiommufd_device_attach(client->fd, "mock0", 0, &pt_id), ENOENT);
	FAILS(uiommufd_device_detach(client->fd, "mock0", 0), ENOENT);
	assert_int_equal(id, 7);
	assert_int_equal(uiommufd_device_bind(client->fd, "mock0", &id), 0);
	FAILS(uiommufd_device_bind(client->fd, "mock0", &id), EEXIST);
	FAILS(uiommufd_device_bind(other, "mock0", &id), EEXIST);
	FAILS(uiommufd_device_unbind(other, "mock0"), ENOENT);
	FAILS(uiommufd_device_attach(client->fd, "mock0", 0, &id), EINVAL);
	assert_int_equal(uiommufd_device_unbind(client->fd, "mock0"), 0);
	assert_int_equal(uiommufd_close(queue.out_fault_fd), 0);
	assert_int_equal(uiommufd_close(other), 0);
	unplug(client, 1);
}

/* Binding fails at every step and leaves nothing. */
static void failure_sweep(void **state)
{
	struct client *client = *state;
	uint32_t id, nth = 1;

	plug(client, 1);
	for (;; nth++) {
		int ret;

		uiommufd_fail_nth(nth, UIOMMUFD_FAIL_ANY);
		ret = uiommufd_device_bind(client->fd, "mock0", &id);
		if (!uiommufd_fail_nth(0, 0)) {
			assert_int_equal(ret, 0);
			break;
		}
		assert_int_equal(ret, -1);
		assert_int_equal(errno, ENOMEM);
	}
	assert_true(nth > 1);
	assert_int_equal(id, 1);
	assert_int_equal(uiommufd_device_unbind(client->fd, "mock0"), 0);
	unplug(client, 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CLIENT_TEST(life_of_a_device),
		CLIENT_TEST(null_pointers),
		CLIENT_TEST(errno_rows),
		CLIENT_TEST(failure_sweep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
