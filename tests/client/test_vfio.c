// SPDX-License-Identifier: MIT
/* Laws of lib/client/vfio: binding, attaching, groups, and the end of files. */
#include "vfio_rig.h"

/* Before it is bound a file can do nothing. */
static void nothing_before_bind(void **state)
{
	struct vfio *vfio = *state;
	struct vfio_device_info info = { .argsz = sizeof(info) };
	uint32_t pt_id = make_ioas(vfio->client.fd);
	char byte;

	FAILS(uiommufd_ioctl(vfio->device, VFIO_DEVICE_GET_INFO, &info),
	      EINVAL);
	FAILS(uiommufd_ioctl(vfio->device, VFIO_DEVICE_RESET, NULL), EINVAL);
	FAILS(uiommufd_ioctl(vfio->device, 0x3b00, NULL), EINVAL);
	assert_int_equal(attach_vfio(vfio->device, &pt_id), -EINVAL);
	FAILS(uiommufd_pread(vfio->device, &byte, 1, CONFIG(0)), EINVAL);
	FAILS(uiommufd_pwrite(vfio->device, &byte, 1, CONFIG(0)), EINVAL);
	errno = 0;
	assert_ptr_equal(uiommufd_mmap(NULL, 4096, PROT_READ, MAP_SHARED,
				       vfio->device, 0), MAP_FAILED);
	assert_int_equal(errno, EINVAL);
}

static void bind_rows(void **state)
{
	struct vfio *vfio = *state;
	struct vfio_device_bind_iommufd good = {
		.argsz = 16, .iommufd = vfio->client.fd,
	}, bind;
	char *edge = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int other, null = open("/dev/null", O_RDWR);

	FAILS(uiommufd_ioctl(vfio->device, VFIO_DEVICE_BIND_IOMMUFD, BAD),
	      EFAULT);
#define ROW(member, value, error) \
	do { \
		bind = good; \
		bind.member = (value); \
		FAILS(uiommufd_ioctl(vfio->device, VFIO_DEVICE_BIND_IOMMUFD, \
				     &bind), error); \
		assert_int_equal(bind.out_devid, 0); \
	} while (0)
	ROW(argsz, 15, EINVAL);
	ROW(flags, VFIO_DEVICE_BIND_FLAG_TOKEN, EINVAL);
	ROW(flags, 2, EINVAL);
	ROW(iommufd, -1, EINVAL);
	ROW(iommufd, 60000, EBADF);
	ROW(iommufd, null, EBADFD);
	ROW(iommufd, vfio->device, EBADFD);
#undef ROW
	/* What cannot be written back is undone. */
	assert_int_equal(munmap(edge + 4096, 4096), 0);
	memcpy(edge + 4096 - 16, &good, 16);
	assert_int_equal(mprotect(edge, 4096, PROT_READ), 0);
	FAILS(uiommufd_ioctl(vfio->device, VFIO_DEVICE_BIND_IOMMUFD,
			     edge + 4096 - 16), EFAULT);
	munmap(edge, 4096);
	assert_int_not_equal(bind_vfio(vfio->device, vfio->client.fd), 0);
	/* Once for each file, once for each device. */
	bind = good;
	FAILS(uiommufd_ioctl(vfio->device, VFIO_DEVICE_BIND_IOMMUFD, &bind),
	      EINVAL);
	other = open_vfio(vfio, 0);
	FAILS(uiommufd_ioctl(other, VFIO_DEVICE_BIND_IOMMUFD, &bind), EINVAL);
	assert_int_equal(uiommufd_close(vfio->device), 0);
	vfio->device = other;
	bind_vfio(other, vfio->client.fd);
	close(null);
}

/* A device has one driver. */
static void one_driver(void **state)
{
	struct vfio *vfio = *state;
	struct vfio_device_bind_iommufd bind = {
		.argsz = sizeof(bind), .iommufd = vfio->client.fd,
	};
	int fd = vfio->client.fd;
	uint32_t id;

	assert_int_equal(uiommufd_device_bind(fd, "mock0", &id), 0);
	FAILS(uiommufd_ioctl(vfio->device, VFIO_DEVICE_BIND_IOMMUFD, &bind),
	      EBUSY);
	assert_int_equal(uiommufd_device_unbind(fd, "mock0"), 0);
	bind_vfio(vfio->device, fd);
	FAILS(uiommufd_device_bind(fd, "mock0", &id), EEXIST);
	FAILS(uiommufd_device_unbind(fd, "mock0"), ENOENT);
	FAILS(uiommufd_platform_unplug(vfio->client.platform, "mock0"), EBUSY);
}

/* Contexts of another machine are not for this one's devices. */
static void another_machine(void **state)
{
	struct vfio *vfio = *state;
	struct uiommufd_platform *other = uiommufd_platform_new(NULL);
	struct vfio_device_bind_iommufd bind = { .argsz = sizeof(bind) };

	bind.iommufd = uiommufd_open(other, O_RDWR);
	FAILS(uiommufd_ioctl(vfio->device, VFIO_DEVICE_BIND_IOMMUFD, &bind),
	      EINVAL);
	assert_int_equal(uiommufd_close(bind.iommufd), 0);
	uiommufd_platform_free(other);
}

/* The first attach attaches, the next moves, detach may be repeated. */
static void attaching(void **state)
{
	struct vfio *vfio = *state;
	struct vfio_device_attach_iommufd_pt attach = { .argsz = 11 };
	struct vfio_device_detach_iommufd_pt detach = { .argsz = 7 };
	int fd = vfio->client.fd;
	uint32_t a = make_ioas(fd), b = make_ioas(fd), pt_id = a, hwpt;
	uint32_t id = bind_vfio(vfio->device, fd);

	FAILS(uiommufd_ioctl(vfio->device, VFIO_DEVICE_ATTACH_IOMMUFD_PT, BAD),
	      EFAULT);
	FAILS(uiommufd_ioctl(vfio->device, VFIO_DEVICE_ATTACH_IOMMUFD_PT,
			     &attach), EINVAL);
	attach.argsz = 12;
	attach.flags = 2;
	FAILS(uiommufd_ioctl(vfio->device, VFIO_DEVICE_ATTACH_IOMMUFD_PT,
			     &attach), EINVAL);
	attach.flags = VFIO_DEVICE_ATTACH_PASID;	/* its member is cut off */
	FAILS(uiommufd_ioctl(vfio->device, VFIO_DEVICE_ATTACH_IOMMUFD_PT,
			     &attach), EINVAL);
	hwpt = 4711;
	assert_int_equal(attach_vfio(vfio->device, &hwpt), -ENOENT);
	assert_int_equal(attach_vfio(vfio->device, &id), -EINVAL);
	assert_int_equal(attach_vfio(vfio->device, &pt_id), 0);
	assert_int_not_equal(pt_id, a);
	assert_int_equal(destroy_id(fd, a), -EBUSY);
	pt_id = b;
	assert_int_equal(attach_vfio(vfio->device, &pt_id), 0);
	assert_int_equal(destroy_id(fd, a), 0);
	FAILS(uiommufd_ioctl(vfio->device, VFIO_DEVICE_DETACH_IOMMUFD_PT, BAD),
	      EFAULT);
	FAILS(uiommufd_ioctl(vfio->device, VFIO_DEVICE_DETACH_IOMMUFD_PT,
			     &detach), EINVAL);
	detach.argsz = 8;
	detach.flags = 2;
	FAILS(uiommufd_ioctl(vfio->device, VFIO_DEVICE_DETACH_IOMMUFD_PT,
			     &detach), EINVAL);
	detach.flags = VFIO_DEVICE_DETACH_PASID;
	FAILS(uiommufd_ioctl(vfio->device, VFIO_DEVICE_DETACH_IOMMUFD_PT,
			     &detach), EINVAL);
	assert_int_equal(detach_vfio(vfio->device), 0);
	assert_int_equal(detach_vfio(vfio->device), 0);
	assert_int_equal(destroy_id(fd, b), 0);
}

/* An attach whose answer cannot be written is undone. */
static void attach_answer(void **state)
{
	struct vfio *vfio = *state;
	int fd = vfio->client.fd;
	uint32_t ioas = make_ioas(fd);
	struct vfio_device_attach_iommufd_pt attach = {
		.argsz = sizeof(attach), .pt_id = ioas,
	};
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	bind_vfio(vfio->device, fd);
	memcpy(page, &attach, sizeof(attach));
	assert_int_equal(mprotect(page, 4096, PROT_READ), 0);
	FAILS(uiommufd_ioctl(vfio->device, VFIO_DEVICE_ATTACH_IOMMUFD_PT,
			     page), EFAULT);
	assert_int_equal(destroy_id(fd, ioas), 0);
	munmap(page, 4096);
}

static uint32_t pasid_hwpt(int fd, uint32_t device, uint32_t ioas)
{
	struct iommu_hwpt_alloc cmd = {
		.size = sizeof(cmd), .flags = IOMMU_HWPT_ALLOC_PASID,
		.dev_id = device, .pt_id = ioas,
	};

	assert_int_equal(uiommufd_ioctl(fd, IOMMU_HWPT_ALLOC, &cmd), 0);
	return cmd.out_hwpt_id;
}

/* PASIDs are attached, moved and detached each for itself. */
static void pasids(void **state)
{
	struct vfio *vfio = *state;
	int fd = vfio->client.fd;
	uint32_t ioas = make_ioas(fd), id = bind_vfio(vfio->device, fd);
	uint32_t a = pasid_hwpt(fd, id, ioas), b = pasid_hwpt(fd, id, ioas);
	struct vfio_device_attach_iommufd_pt attach = {
		.argsz = sizeof(attach), .flags = VFIO_DEVICE_ATTACH_PASID,
		.pt_id = a, .pasid = 5,
	};
	struct vfio_device_detach_iommufd_pt detach = {
		.argsz = sizeof(detach), .flags = VFIO_DEVICE_DETACH_PASID,
		.pasid = 6,
	};

	assert_int_equal(uiommufd_ioctl(vfio->device,
					VFIO_DEVICE_ATTACH_IOMMUFD_PT,
					&attach), 0);
	assert_int_equal(attach.pt_id, a);
	assert_int_equal(destroy_id(fd, a), -EBUSY);
	attach.pt_id = b;
	assert_int_equal(uiommufd_ioctl(vfio->device,
					VFIO_DEVICE_ATTACH_IOMMUFD_PT,
					&attach), 0);
	assert_int_equal(destroy_id(fd, a), 0);
	/* An IOAS makes no table for PASIDs. */
	attach.pt_id = ioas;
	attach.pasid = 7;
	FAILS(uiommufd_ioctl(vfio->device, VFIO_DEVICE_ATTACH_IOMMUFD_PT,
			     &attach), EINVAL);
	assert_int_equal(uiommufd_ioctl(vfio->device,
					VFIO_DEVICE_DETACH_IOMMUFD_PT,
					&detach), 0);
	assert_int_equal(destroy_id(fd, b), -EBUSY);
	detach.pasid = 5;
	assert_int_equal(uiommufd_ioctl(vfio->device,
					VFIO_DEVICE_DETACH_IOMMUFD_PT,
					&detach), 0);
	assert_int_equal(destroy_id(fd, b), 0);
	/* The last close takes what is left. */
	attach.pt_id = a = pasid_hwpt(fd, id, ioas);
	assert_int_equal(uiommufd_ioctl(vfio->device,
					VFIO_DEVICE_ATTACH_IOMMUFD_PT,
					&attach), 0);
	assert_int_equal(uiommufd_close(vfio->device), 0);
	vfio->device = -1;
	assert_int_equal(destroy_id(fd, a), 0);
}

/* Closing detaches and unbinds; the context goes last whoever closes first. */
static void closing(void **state)
{
	struct vfio *vfio = *state;
	int fd = vfio->client.fd;
	uint32_t ioas = make_ioas(fd), id = bind_vfio(vfio->device, fd);
	uint32_t pt_id = ioas;

	assert_int_equal(attach_vfio(vfio->device, &pt_id), 0);
	assert_int_equal(uiommufd_close(vfio->device), 0);
	assert_int_equal(destroy_id(fd, id), -ENOENT);
	assert_int_equal(destroy_id(fd, pt_id), -ENOENT);
	vfio->device = open_vfio(vfio, 0);
	bind_vfio(vfio->device, fd);
	pt_id = ioas;
	assert_int_equal(attach_vfio(vfio->device, &pt_id), 0);
	assert_int_equal(uiommufd_close(fd), 0);
	vfio->client.fd = -1;
	assert_int_equal(detach_vfio(vfio->device), 0);
	pt_id = ioas;
	assert_int_equal(attach_vfio(vfio->device, &pt_id), 0);
}

/* An unplugged device cannot be bound; its number is free again. */
static void unplugging(void **state)
{
	struct vfio *vfio = *state;
	struct vfio_device_bind_iommufd bind = {
		.argsz = sizeof(bind), .iommufd = vfio->client.fd,
	};
	int second = open_vfio(vfio, 1), fresh;

	assert_int_equal(uiommufd_platform_unplug(vfio->client.platform,
						  "mock1"), 0);
	FAILS(uiommufd_ioctl(second, VFIO_DEVICE_BIND_IOMMUFD, &bind), ENODEV);
	FAILS(open_vfio(vfio, 1), ENOENT);
	assert_int_equal(uiommufd_platform_plug(vfio->client.platform, NULL),
			 1);
	FAILS(uiommufd_ioctl(second, VFIO_DEVICE_BIND_IOMMUFD, &bind), ENODEV);
	assert_int_equal(uiommufd_close(second), 0);
	fresh = open_vfio(vfio, 1);
	bind_vfio(fresh, vfio->client.fd);
	assert_int_equal(uiommufd_close(fresh), 0);
	FAILS(uiommufd_platform_unplug(vfio->client.platform, "mock7"),
	      ENOENT);
}

/* --- groups ---------------------------------------------------------------*/

static int group_number(struct vfio *vfio, int device)
{
	char path[128], target[128], *slash;
	int fd;
	ssize_t n;

	snprintf(path, sizeof(path),
		 "/sys/class/vfio-dev/vfio%d/device", device);
	fd = uiommufd_open_path(vfio->client.platform, path,
				O_PATH | O_DIRECTORY);
	assert_true(fd >= 0);
	n = readlinkat(fd, "iommu_group", target, sizeof(target) - 1);
	assert_true(n > 0);
	target[n] = '\0';
	close(fd);
	slash = strrchr(target, '/');
	return atoi(slash + 1);
}

static int open_group(struct vfio *vfio, int number)
{
	char path[64];

	snprintf(path, sizeof(path), "/dev/vfio/%d", number);
	return uiommufd_open_path(vfio->client.platform, path, O_RDWR);
}

struct group_reset {
	struct vfio_pci_hot_reset reset;
	int32_t fds[3];
};

static int reset_with(int device, uint32_t count, int a, int b)
{
	struct group_reset all = {
		.reset = { .argsz = sizeof(all), .count = count },
		.fds = { a, b, b },
	};

	return uiommufd_ioctl(device, VFIO_DEVICE_PCI_HOT_RESET, &all) ?
		       -errno : 0;
}

/* Who has the groups of all devices of the bus may reset it. */
static void reset_by_groups(struct vfio *vfio, int device, int group,
			    int container)
{
	int other = open_group(vfio, group_number(vfio, 1));

	assert_true(other >= 0);
	assert_int_equal(reset_with(device, 0, group, other), -EINVAL);
	assert_int_equal(reset_with(device, 1, group, other), -EINVAL);
	assert_int_equal(reset_with(device, 2, group, container), -EINVAL);
	assert_int_equal(reset_with(device, 2, group, 60000), -EINVAL);
	assert_int_equal(reset_with(device, 3, group, other), -EINVAL);
	assert_int_equal(reset_with(device, 17, group, other), -EINVAL);
	assert_int_equal(reset_with(device, 2, group, other), 0);
	assert_int_equal(uiommufd_close(other), 0);
}

/* Container, group, device: the way of older programs. */
static void groups(void **state)
{
	struct vfio *vfio = *state;
	struct vfio_group_status status = { .argsz = sizeof(status) };
	struct vfio_device_info info = { .argsz = sizeof(info) };
	struct vfio_device_bind_iommufd bind = {
		.argsz = sizeof(bind), .iommufd = vfio->client.fd,
	};
	int container = uiommufd_open_path(vfio->client.platform,
					   "/dev/vfio/vfio", O_RDWR);
	int number = group_number(vfio, 0), group = open_group(vfio, number);
	int device, again, bad = -1;

	assert_true(container >= 0 && group >= 0);
	FAILS(open_group(vfio, number), EBUSY);
	FAILS(uiommufd_ioctl(vfio->device, VFIO_DEVICE_BIND_IOMMUFD, &bind),
	      EBUSY);
	status.argsz = 7;
	FAILS(uiommufd_ioctl(group, VFIO_GROUP_GET_STATUS, &status), EINVAL);
	status.argsz = 8;
	assert_int_equal(uiommufd_ioctl(group, VFIO_GROUP_GET_STATUS, &status),
			 0);
	assert_int_equal(status.flags, VFIO_GROUP_FLAGS_VIABLE);
	FAILS(uiommufd_ioctl(group, VFIO_GROUP_GET_DEVICE_FD,
			     "d000:01:00.0"), EINVAL);
	FAILS(uiommufd_ioctl(group, VFIO_GROUP_UNSET_CONTAINER, NULL), EINVAL);
	FAILS(uiommufd_ioctl(group, VFIO_GROUP_SET_CONTAINER, BAD), EFAULT);
	FAILS(uiommufd_ioctl(group, VFIO_GROUP_SET_CONTAINER, &bad), EINVAL);
	FAILS(uiommufd_ioctl(group, VFIO_GROUP_SET_CONTAINER, &group), EBADFD);
	assert_int_equal(uiommufd_ioctl(group, VFIO_GROUP_SET_CONTAINER,
					&container), 0);
	FAILS(uiommufd_ioctl(group, VFIO_GROUP_SET_CONTAINER, &container),
	      EINVAL);
	assert_int_equal(uiommufd_ioctl(container, VFIO_SET_IOMMU,
					(void *)VFIO_TYPE1v2_IOMMU), 0);
	assert_int_equal(uiommufd_ioctl(group, VFIO_GROUP_GET_STATUS, &status),
			 0);
	assert_int_equal(status.flags, VFIO_GROUP_FLAGS_VIABLE |
				       VFIO_GROUP_FLAGS_CONTAINER_SET);
	FAILS(uiommufd_ioctl(group, VFIO_GROUP_GET_DEVICE_FD,
			     "d000:01:00.1"), ENODEV);
	FAILS(uiommufd_ioctl(group, VFIO_GROUP_GET_DEVICE_FD, BAD), EFAULT);
	device = uiommufd_ioctl(group, VFIO_GROUP_GET_DEVICE_FD,
				"d000:01:00.0");
	again = uiommufd_ioctl(group, VFIO_GROUP_GET_DEVICE_FD,
			       "d000:01:00.0");
	assert_true(device >= 0 && again >= 0);
	assert_int_equal(uiommufd_ioctl(device, VFIO_DEVICE_GET_INFO, &info),
			 0);
	FAILS(uiommufd_ioctl(device, VFIO_DEVICE_BIND_IOMMUFD, &bind), EINVAL);
	FAILS(uiommufd_ioctl(device, VFIO_DEVICE_BIND_IOMMUFD, BAD), EFAULT);
	FAILS(uiommufd_ioctl(device, VFIO_DEVICE_DETACH_IOMMUFD_PT, &bind),
	      ENOTTY);
	reset_by_groups(vfio, device, group, container);
	assert_int_equal(uiommufd_close(container), 0);
	assert_int_equal(uiommufd_close(group), 0);
	assert_int_equal(uiommufd_close(again), 0);
	/* Its devices keep the group. */
	FAILS(open_group(vfio, number), EBUSY);
	assert_int_equal(uiommufd_close(device), 0);
	bind_vfio(vfio->device, vfio->client.fd);
	FAILS(open_group(vfio, number), EBUSY);
	FAILS(open_group(vfio, 4711), ENOENT);
}

/* --- hot reset ------------------------------------------------------------*/

struct hot_reset_info {
	struct vfio_pci_hot_reset_info info;
	struct vfio_pci_dependent_device devices[4];
};

/* All devices of the bus are told; a reset needs all of them. */
static void hot_reset(void **state)
{
	struct vfio *vfio = *state;
	struct hot_reset_info all = { .info.argsz = 11 };
	struct vfio_pci_hot_reset reset = { .argsz = 11 };
	int second = open_vfio(vfio, 1);
	uint32_t a = bind_vfio(vfio->device, vfio->client.fd), b;

	FAILS(uiommufd_ioctl(vfio->device, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO,
			     &all), EINVAL);
	all.info.argsz = 12 + 8;
	FAILS(uiommufd_ioctl(vfio->device, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO,
			     &all), ENOSPC);
	assert_int_equal(all.info.count, 2);
	all.info.argsz = sizeof(all);
	assert_int_equal(uiommufd_ioctl(vfio->device,
					VFIO_DEVICE_GET_PCI_HOT_RESET_INFO,
					&all), 0);
	assert_int_equal(all.info.flags, VFIO_PCI_HOT_RESET_FLAG_DEV_ID);
	assert_int_equal(all.devices[0].group_id, a);
	assert_int_equal(all.devices[0].segment, 0xd000);
	assert_int_equal(all.devices[0].bus, 1);
	assert_int_equal(all.devices[0].devfn, 0);
	assert_int_equal(all.devices[1].group_id,
			 (uint32_t)VFIO_PCI_DEVID_NOT_OWNED);
	assert_int_equal(all.devices[1].devfn, 1);
	FAILS(uiommufd_ioctl(vfio->device, VFIO_DEVICE_PCI_HOT_RESET, &reset),
	      EINVAL);
	reset.argsz = sizeof(reset);
	FAILS(uiommufd_ioctl(vfio->device, VFIO_DEVICE_PCI_HOT_RESET, &reset),
	      EINVAL);
	b = bind_vfio(second, vfio->client.fd);
	assert_int_equal(uiommufd_ioctl(vfio->device,
					VFIO_DEVICE_GET_PCI_HOT_RESET_INFO,
					&all), 0);
	assert_int_equal(all.info.flags,
			 VFIO_PCI_HOT_RESET_FLAG_DEV_ID |
				 VFIO_PCI_HOT_RESET_FLAG_DEV_ID_OWNED);
	assert_int_equal(all.devices[1].group_id, b);
	reset.flags = 1;
	FAILS(uiommufd_ioctl(vfio->device, VFIO_DEVICE_PCI_HOT_RESET, &reset),
	      EINVAL);
	reset.flags = 0;
	reset.count = 1;
	FAILS(uiommufd_ioctl(vfio->device, VFIO_DEVICE_PCI_HOT_RESET, &reset),
	      EINVAL);
	reset.count = 0;
	assert_int_equal(uiommufd_ioctl(vfio->device,
					VFIO_DEVICE_PCI_HOT_RESET, &reset), 0);
	assert_int_equal(uiommufd_close(second), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		VFIO_TEST(nothing_before_bind),
		VFIO_TEST(bind_rows),
		VFIO_TEST(one_driver),
		VFIO_TEST(another_machine),
		VFIO_TEST(attaching),
		VFIO_TEST(attach_answer),
		VFIO_TEST(pasids),
		VFIO_TEST(closing),
		VFIO_TEST(unplugging),
		VFIO_TEST(groups),
		VFIO_TEST(hot_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
