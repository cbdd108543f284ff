// SPDX-License-Identifier: MIT
/*
 * Laws of lib/client/vfio under failure and from several threads: every step
 * that can fail is failed once; whatever the outcome, nothing is left.
 */
#include <pthread.h>
#include <uik/hook.h>

#include "vfio_rig.h"

/* What a program does with a device; stops at the first failure. */
static bool drive(struct vfio *vfio, int fd)
{
	int device = open_vfio(vfio, 1), ok;
	struct vfio_device_bind_iommufd bind = {
		.argsz = sizeof(bind), .iommufd = fd,
	};
	struct vfio_device_info info = { .argsz = sizeof(info) };
	struct iommu_ioas_alloc ioas = { .size = sizeof(ioas) };
	uint32_t pt_id, vendor;
	void *map = MAP_FAILED;

	if (device < 0)
		return false;
	ok = !uiommufd_ioctl(device, VFIO_DEVICE_BIND_IOMMUFD, &bind) &&
	     !uiommufd_ioctl(fd, IOMMU_IOAS_ALLOC, &ioas);
	pt_id = ioas.out_ioas_id;
	ok = ok && !attach_vfio(device, &pt_id) &&
	     !uiommufd_ioctl(device, VFIO_DEVICE_GET_INFO, &info) &&
	     uiommufd_pread(device, &vendor, 4, CONFIG(0)) == 4;
	if (ok) {
		map = uiommufd_mmap(NULL, 4096, PROT_READ, MAP_SHARED, device,
				    PLACE(0, 0));
		ok = map != MAP_FAILED;
	}
	if (map != MAP_FAILED)
		uiommufd_munmap(map, 4096);
	uiommufd_close(device);
	return ok;
}

static bool drive_group(struct vfio *vfio)
{
	int container = uiommufd_open_path(vfio->client.platform,
					   "/dev/vfio/vfio", O_RDWR);
	int group = uiommufd_open_path(vfio->client.platform, "/dev/vfio/1",
				       O_RDWR);
	int device = -1;
	bool ok = container >= 0 && group >= 0 &&
		  !uiommufd_ioctl(group, VFIO_GROUP_SET_CONTAINER, &container);

	if (ok)
		device = uiommufd_ioctl(group, VFIO_GROUP_GET_DEVICE_FD,
					"d000:01:00.1");
	if (device >= 0)
		uiommufd_close(device);
	if (group >= 0)
		uiommufd_close(group);
	if (container >= 0)
		uiommufd_close(container);
	return device >= 0;
}

/* Every failure point of both ways. */
static void sweep(void **state)
{
	struct vfio *vfio = *state;
	unsigned int steps[2] = { 0 };

	for (int way = 0; way < 2; way++) {
		bool ok, failed = true;

		while (failed) {
			int fd = uiommufd_open(vfio->client.platform, O_RDWR);

			assert_true(++steps[way] < 2000);
			uiommufd_fail_nth(steps[way], UIOMMUFD_FAIL_ANY);
			ok = way ? drive_group(vfio) : drive(vfio, fd);
			failed = uiommufd_fail_nth(0, 0);
			uiommufd_close(fd);
		}
		assert_true(ok);
	}
	/* Both are more than a handful of steps. */
	assert_true(steps[0] > 20 && steps[1] > 20);
}

#define ROUNDS 300

static void *hammer(void *arg)
{
	struct vfio *vfio = arg;
	uintptr_t won = 0;

	for (int i = 0; i < ROUNDS; i++) {
		int fd = uiommufd_open(vfio->client.platform, O_RDWR);

		won += i % 3 ? drive(vfio, fd) : drive_group(vfio);
		uiommufd_close(fd);
	}
	return (void *)won;
}

/* Threads that want the same device: somebody gets it, nothing is left. */
static void threads(void **state)
{
	pthread_t thread[4];
	uintptr_t won = 0;

	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, hammer,
						*state), 0);
	for (int i = 0; i < 4; i++) {
		void *result;

		assert_int_equal(pthread_join(thread[i], &result), 0);
		won += (uintptr_t)result;
	}
	assert_true(won);
}

/* Closes a file at the nth look at a number or a count from now on. */
static int victim = -1;
static unsigned int countdown;

static void close_victim(const struct uik_point *point)
{
	int fd = victim;

	if ((point->kind != UIK_POINT_REF && point->kind != UIK_POINT_LOAD) ||
	    fd < 0 || --countdown)
		return;
	victim = -1;
	uiommufd_close(fd);
}

static const struct uik_hooks closing_hooks = { .point = close_victim };

/* One call while its second file goes; true if that came to happen. */
static bool closed_at(unsigned int nth, int fd, unsigned long request,
		      void *arg, int named)
{
	bool closed;

	victim = named;
	countdown = nth;
	uik_hooks_install(&closing_hooks);
	uiommufd_ioctl(fd, request, arg);
	uik_hooks_install(NULL);
	closed = victim < 0;
	victim = -1;
	if (!closed)
		assert_int_equal(uiommufd_close(named), 0);
	return closed;
}

/* A file whose end takes the lock. */
static int bound_file(struct vfio *vfio)
{
	int fd = open_vfio(vfio, 1);

	bind_vfio(fd, vfio->client.fd);
	return fd;
}

/* Files that a call names may be closed at any moment of it. */
static void closed_meanwhile(void **state)
{
	struct vfio *vfio = *state;
	struct vfio_device_bind_iommufd bind = { .argsz = sizeof(bind) };
	int group = uiommufd_open_path(vfio->client.platform, "/dev/vfio/0",
				       O_RDWR);
	unsigned int nth = 0;
	int named;

	do {
		named = bound_file(vfio);
	} while (closed_at(++nth, group, VFIO_GROUP_SET_CONTAINER, &named,
			   named));
	assert_true(nth > 3);
	assert_int_equal(uiommufd_close(group), 0);
	nth = 0;
	do {
		bind.iommufd = named = bound_file(vfio);
	} while (closed_at(++nth, vfio->device, VFIO_DEVICE_BIND_IOMMUFD,
			   &bind, named));
	assert_true(nth > 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		VFIO_TEST(sweep),
		VFIO_TEST(threads),
		VFIO_TEST(closed_meanwhile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
