// SPDX-License-Identifier: MIT
/*
 * A program that owns a device, as a VMM or a user space driver does: finds it
 * in sysfs, opens its file, binds it to an iommufd, gives it memory, looks at
 * its registers, moves it and lets it go.  It knows nothing of uiommufd.
 *
 * usage: vfio_client [-l] [ADDRESS]
 *
 * Without an address it takes the first PCI device that VFIO has.  With -l it
 * goes the older way, by container and group.  Says what it did; the exit
 * status is 0 if everything was as it should be.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <linux/iommufd.h>
#include <linux/vfio.h>

#define PCI_DEVICES "/sys/bus/pci/devices"
#define NAME_BYTES 256
#define IOVA 0x10000000ull
#define BYTES 0x10000ull

static void fail(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(1);
}

static void check(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "wrong: %s\n", what);
	exit(1);
}

/* --- finding it -----------------------------------------------------------*/

/* The first entry of @dir that starts with @prefix; 0 if there is none. */
static int first_entry(const char *dir, const char *prefix,
		       char out[NAME_BYTES])
{
	DIR *list = opendir(dir);
	struct dirent *item;
	int found = 0;

	if (!list)
		return 0;
	while (!found && (item = readdir(list))) {
		if (strncmp(item->d_name, prefix, strlen(prefix)))
			continue;
		strcpy(out, item->d_name);
		found = 1;
	}
	closedir(list);
	return found;
}

static int has_vfio(const char *address, char out[NAME_BYTES])
{
	char dir[PATH_MAX];

	snprintf(dir, sizeof(dir), PCI_DEVICES "/%s/vfio-dev", address);
	return first_entry(dir, "vfio", out);
}

static void find_device(char address[NAME_BYTES])
{
	DIR *list = opendir(PCI_DEVICES);
	struct dirent *item;
	char name[NAME_BYTES];
	int found = 0;

	if (!list)
		fail(PCI_DEVICES);
	while (!found && (item = readdir(list))) {
		if (item->d_name[0] == '.' ||
		    !has_vfio(item->d_name, name))
			continue;
		strcpy(address, item->d_name);
		found = 1;
	}
	closedir(list);
	check(found, "VFIO has a PCI device");
}

static unsigned int read_number(const char *address, const char *file)
{
	char path[PATH_MAX];
	unsigned int value = 0;
	FILE *in;

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/%s", address, file);
	in = fopen(path, "r");
	if (!in)
		fail(path);
	check(fscanf(in, "%x", &value) == 1, path);
	fclose(in);
	return value;
}

static unsigned int group_of(const char *address)
{
	char path[PATH_MAX], target[PATH_MAX];
	ssize_t n;

	snprintf(path, sizeof(path), PCI_DEVICES "/%s/iommu_group", address);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		fail(path);
	target[n] = '\0';
	return (unsigned int)strtoul(strrchr(target, '/') + 1, NULL, 10);
}

/* The file of a device, as its number in sysfs says. */
static int open_device(const char *address)
{
	char name[NAME_BYTES], path[PATH_MAX];
	unsigned int maj = 0, min = 0;
	struct stat st;
	FILE *in;
	int fd;

	check(has_vfio(address, name), "vfio-dev");
	snprintf(path, sizeof(path), PCI_DEVICES "/%s/vfio-dev/%s/dev",
		 address, name);
	in = fopen(path, "r");
	if (!in)
		fail(path);
	check(fscanf(in, "%u:%u", &maj, &min) == 2, path);
	fclose(in);
	snprintf(path, sizeof(path), "/dev/vfio/devices/%s", name);
	check(!stat(path, &st) && S_ISCHR(st.st_mode), "a device node");
	check(st.st_rdev == makedev(maj, min), "its number");
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		fail(path);
	check(!fstat(fd, &st) && st.st_rdev == makedev(maj, min),
	      "the open file's number");
	printf("%s is %s, %u:%u, group %u\n", address, path, maj, min,
	       group_of(address));
	return fd;
}

/* --- its memory -----------------------------------------------------------*/

static void *map_memory(int iommufd, uint32_t ioas)
{
	void *memory = mmap(NULL, BYTES, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct iommu_ioas_map map = {
		.size = sizeof(map),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE |
			 IOMMU_IOAS_MAP_WRITEABLE,
		.ioas_id = ioas, .user_va = (uintptr_t)memory,
		.length = BYTES, .iova = IOVA,
	};

	if (memory == MAP_FAILED || ioctl(iommufd, IOMMU_IOAS_MAP, &map))
		fail("IOMMU_IOAS_MAP");
	return memory;
}

static void unmap_memory(int iommufd, uint32_t ioas, void *memory)
{
	struct iommu_ioas_unmap unmap = {
		.size = sizeof(unmap), .ioas_id = ioas, .iova = IOVA,
		.length = BYTES,
	};

	if (ioctl(iommufd, IOMMU_IOAS_UNMAP, &unmap))
		fail("IOMMU_IOAS_UNMAP");
	check(unmap.length == BYTES, "all of it unmapped");
	munmap(memory, BYTES);
}

static uint32_t attach(int device, uint32_t pt_id)
{
	struct vfio_device_attach_iommufd_pt attach = {
		.argsz = sizeof(attach), .pt_id = pt_id,
	};

	if (ioctl(device, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach))
		fail("VFIO_DEVICE_ATTACH_IOMMUFD_PT");
	return attach.pt_id;
}

static uint32_t own_hwpt(int iommufd, uint32_t dev_id, uint32_t ioas)
{
	struct iommu_hwpt_alloc alloc = {
		.size = sizeof(alloc), .dev_id = dev_id, .pt_id = ioas,
	};

	if (ioctl(iommufd, IOMMU_HWPT_ALLOC, &alloc))
		fail("IOMMU_HWPT_ALLOC");
	return alloc.out_hwpt_id;
}

static void destroy(int iommufd, uint32_t id)
{
	struct iommu_destroy cmd = { .size = sizeof(cmd), .id = id };

	if (ioctl(iommufd, IOMMU_DESTROY, &cmd))
		fail("IOMMU_DESTROY");
}

/* --- its registers --------------------------------------------------------*/

static uint64_t region_offset(int device, uint32_t index, uint64_t *size)
{
	struct vfio_region_info info = {
		.argsz = sizeof(info), .index = index,
	};

	if (ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &info))
		fail("VFIO_DEVICE_GET_REGION_INFO");
	*size = info.size;
	return info.offset;
}

static void look_at_config(int device, const char *address)
{
	uint64_t size;
	off_t at = region_offset(device, VFIO_PCI_CONFIG_REGION_INDEX, &size);
	uint16_t ids[2] = { 0 }, command;

	check(pread(device, ids, sizeof(ids), at) == sizeof(ids), "config");
	check(ids[0] == read_number(address, "vendor"), "the same vendor");
	check(ids[1] == read_number(address, "device"), "the same device");
	check(pread(device, &command, 2, at + 4) == 2, "command");
	command |= 0x4;		/* bus master */
	check(pwrite(device, &command, 2, at + 4) == 2, "bus master");
}

static void look_at_bar(int device)
{
	uint64_t size;
	off_t at = region_offset(device, VFIO_PCI_BAR0_REGION_INDEX, &size);
	volatile uint32_t *bar = mmap(NULL, size, PROT_READ | PROT_WRITE,
				      MAP_SHARED, device, at);
	uint32_t value = 0;

	if (bar == MAP_FAILED)
		fail("mmap of BAR 0");
	bar[1] = 0xc0ffee;
	check(pread(device, &value, 4, at + 4) == 4 && value == 0xc0ffee,
	      "BAR 0 is one memory");
	check(!ioctl(device, VFIO_DEVICE_RESET), "reset");
	check(!bar[1], "reset clears");
	check(!munmap((void *)bar, size), "munmap");
}

static void look_at_interrupts(int device)
{
	struct {
		struct vfio_irq_set set;
		int fd;
	} request = { .set = {
		.argsz = sizeof(request), .index = VFIO_PCI_MSIX_IRQ_INDEX,
		.flags = VFIO_IRQ_SET_DATA_EVENTFD |
			 VFIO_IRQ_SET_ACTION_TRIGGER,
		.count = 1,
	} };
	uint64_t count = 0;

	request.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	check(!ioctl(device, VFIO_DEVICE_SET_IRQS, &request), "MSI-X on");
	request.set.flags = VFIO_IRQ_SET_DATA_NONE |
			    VFIO_IRQ_SET_ACTION_TRIGGER;
	check(!ioctl(device, VFIO_DEVICE_SET_IRQS, &request), "trigger");
	check(read(request.fd, &count, 8) == 8 && count == 1, "interrupt");
	request.set.count = 0;
	check(!ioctl(device, VFIO_DEVICE_SET_IRQS, &request), "MSI-X off");
	close(request.fd);
}

static void look_at_device(int device, const char *address)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };

	if (ioctl(device, VFIO_DEVICE_GET_INFO, &info))
		fail("VFIO_DEVICE_GET_INFO");
	check(info.flags & VFIO_DEVICE_FLAGS_PCI, "a PCI device");
	look_at_config(device, address);
	look_at_bar(device);
	look_at_interrupts(device);
	printf("%u regions, %u interrupts\n", info.num_regions, info.num_irqs);
}

/* --- the two ways ---------------------------------------------------------*/

static void by_iommufd(const char *address)
{
	int device = open_device(address);
	int iommufd = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	struct vfio_device_bind_iommufd bind = {
		.argsz = sizeof(bind), .iommufd = iommufd,
	};
	struct vfio_device_detach_iommufd_pt detach = {
		.argsz = sizeof(detach),
	};
	struct iommu_ioas_alloc ioas = { .size = sizeof(ioas) };
	uint32_t automatic, own;
	void *memory;

	if (iommufd < 0)
		fail("/dev/iommu");
	if (ioctl(device, VFIO_DEVICE_BIND_IOMMUFD, &bind))
		fail("VFIO_DEVICE_BIND_IOMMUFD");
	if (ioctl(iommufd, IOMMU_IOAS_ALLOC, &ioas))
		fail("IOMMU_IOAS_ALLOC");
	automatic = attach(device, ioas.out_ioas_id);
	memory = map_memory(iommufd, ioas.out_ioas_id);
	own = own_hwpt(iommufd, bind.out_devid, ioas.out_ioas_id);
	check(attach(device, own) == own, "moved");
	look_at_device(device, address);
	unmap_memory(iommufd, ioas.out_ioas_id, memory);
	check(!ioctl(device, VFIO_DEVICE_DETACH_IOMMUFD_PT, &detach),
	      "detach");
	destroy(iommufd, own);
	destroy(iommufd, ioas.out_ioas_id);
	printf("device %u was on page tables %u and %u\n", bind.out_devid,
	       automatic, own);
	close(device);
	close(iommufd);
}

static void map_legacy(int container, void *memory)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map), .vaddr = (uintptr_t)memory,
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.iova = IOVA, .size = BYTES,
	};
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap), .iova = IOVA, .size = BYTES,
	};

	if (ioctl(container, VFIO_IOMMU_MAP_DMA, &map))
		fail("VFIO_IOMMU_MAP_DMA");
	if (ioctl(container, VFIO_IOMMU_UNMAP_DMA, &unmap))
		fail("VFIO_IOMMU_UNMAP_DMA");
	check(unmap.size == BYTES, "all of it unmapped");
}

static void by_group(const char *address)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	int container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	char path[PATH_MAX];
	int group, device;
	void *memory;

	if (container < 0)
		fail("/dev/vfio/vfio");
	check(ioctl(container, VFIO_GET_API_VERSION) == VFIO_API_VERSION &&
	      ioctl(container, VFIO_CHECK_EXTENSION, VFIO_TYPE1v2_IOMMU),
	      "a container");
	snprintf(path, sizeof(path), "/dev/vfio/%u", group_of(address));
	group = open(path, O_RDWR | O_CLOEXEC);
	if (group < 0)
		fail(path);
	check(!ioctl(group, VFIO_GROUP_GET_STATUS, &status) &&
	      status.flags & VFIO_GROUP_FLAGS_VIABLE, "a viable group");
	if (ioctl(group, VFIO_GROUP_SET_CONTAINER, &container))
		fail("VFIO_GROUP_SET_CONTAINER");
	if (ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		fail("VFIO_SET_IOMMU");
	device = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, address);
	if (device < 0)
		fail("VFIO_GROUP_GET_DEVICE_FD");
	memory = mmap(NULL, BYTES, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	map_legacy(container, memory);
	munmap(memory, BYTES);
	look_at_device(device, address);
	printf("%s came by %s\n", address, path);
	close(device);
	close(group);
	close(container);
}

int main(int argc, char **argv)
{
	int legacy = argc > 1 && !strcmp(argv[1], "-l");
	char address[NAME_BYTES] = "";

	if (argc > 1 + legacy)
		snprintf(address, sizeof(address), "%s", argv[1 + legacy]);
	else
		find_device(address);
	if (legacy)
		by_group(address);
	else
		by_iommufd(address);
	puts("ok");
	return 0;
}
