// SPDX-License-Identifier: MIT
/* Laws of lib/client/vfio: regions, configuration space, interrupts. */
#include <linux/pci_regs.h>

#include "vfio_rig.h"

static int bound_setup(void **state)
{
	struct vfio *vfio;
	int ret = vfio_setup(state);

	vfio = *state;
	bind_vfio(vfio->device, vfio->client.fd);
	return ret;
}

#define BOUND_TEST(name) \
	cmocka_unit_test_setup_teardown(name, bound_setup, vfio_teardown)

static void device_info(void **state)
{
	struct vfio *vfio = *state;
	struct vfio_device_info info = { .argsz = 15 };

	FAILS(uiommufd_ioctl(vfio->device, VFIO_DEVICE_GET_INFO, BAD), EFAULT);
	FAILS(uiommufd_ioctl(vfio->device, VFIO_DEVICE_GET_INFO, &info),
	      EINVAL);
	info = (struct vfio_device_info){ .argsz = 16, .cap_offset = 77 };
	assert_int_equal(uiommufd_ioctl(vfio->device, VFIO_DEVICE_GET_INFO,
					&info), 0);
	assert_int_equal(info.flags,
			 VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET);
	assert_int_equal(info.num_regions, VFIO_PCI_NUM_REGIONS);
	assert_int_equal(info.num_irqs, VFIO_PCI_NUM_IRQS);
	assert_int_equal(info.cap_offset, 77);
	info.argsz = sizeof(info);
	assert_int_equal(uiommufd_ioctl(vfio->device, VFIO_DEVICE_GET_INFO,
					&info), 0);
	assert_int_equal(info.cap_offset, 0);
	FAILS(uiommufd_ioctl(vfio->device, VFIO_DEVICE_IOEVENTFD, &info),
	      ENOTTY);
	FAILS(uiommufd_lseek(vfio->device, 0, SEEK_SET), ESPIPE);
}

/* Law: a vector is one access after another, each where the last ended. */
static void vectors(void **state)
{
	struct vfio *vfio = *state;
	uint8_t bytes[4] = { 0 };
	struct iovec parts[] = { { bytes, 1 }, { bytes + 1, 3 } };
	int fd = vfio->device;

	assert_int_equal(uiommufd_preadv(fd, parts, 2, CONFIG(0)), 4);
	assert_int_equal(bytes[0] | bytes[1] << 8 | bytes[2] << 16,
			 0x00051b36);
	assert_int_equal(uiommufd_pwritev(fd, parts, 2, CONFIG(0)), 4);
	assert_int_equal(uiommufd_preadv(fd, parts, 2, CONFIG(4095)), 1);
	FAILS(uiommufd_preadv(fd, parts, 2, CONFIG(4096)), EFAULT);
	FAILS(uiommufd_preadv(fd, parts, 2, -1), EINVAL);
	FAILS(uiommufd_preadv(fd, parts, -1, CONFIG(0)), EINVAL);
	FAILS(uiommufd_preadv(fd, BAD, 1, CONFIG(0)), EFAULT);
	FAILS(uiommufd_pwritev(fd, BAD, 1, CONFIG(0)), EFAULT);
	FAILS(uiommufd_preadv(-1, parts, 2, 0), EBADF);
}

static void region_info(void **state)
{
	static const struct {
		uint32_t index, flags;
		uint64_t size;
	} rows[] = {
		{ VFIO_PCI_BAR0_REGION_INDEX, 7, 0x4000 },
		{ VFIO_PCI_BAR1_REGION_INDEX, 0, 0 },
		{ VFIO_PCI_BAR2_REGION_INDEX, 7, 0x10000 },
		{ VFIO_PCI_BAR4_REGION_INDEX, 15, 0x1000 },
		{ VFIO_PCI_ROM_REGION_INDEX, 0, 0 },
		{ VFIO_PCI_CONFIG_REGION_INDEX, 3, 4096 },
	};
	struct vfio *vfio = *state;
	struct {
		struct vfio_region_info info;
		struct vfio_info_cap_header cap;
	} r = { .info.argsz = 31 };

	FAILS(uiommufd_ioctl(vfio->device, VFIO_DEVICE_GET_REGION_INFO, BAD),
	      EFAULT);
	FAILS(uiommufd_ioctl(vfio->device, VFIO_DEVICE_GET_REGION_INFO, &r),
	      EINVAL);
	r.info.argsz = 32;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		r.info.argsz = 32;
		r.info.index = rows[i].index;
		assert_int_equal(uiommufd_ioctl(vfio->device,
						VFIO_DEVICE_GET_REGION_INFO,
						&r), 0);
		assert_int_equal(r.info.flags, rows[i].flags);
		assert_int_equal(r.info.size, rows[i].size);
		assert_int_equal(r.info.offset, PLACE(rows[i].index, 0));
	}
	r.info.index = VFIO_PCI_VGA_REGION_INDEX;
	FAILS(uiommufd_ioctl(vfio->device, VFIO_DEVICE_GET_REGION_INFO, &r),
	      EINVAL);
	r.info.index = VFIO_PCI_NUM_REGIONS;
	FAILS(uiommufd_ioctl(vfio->device, VFIO_DEVICE_GET_REGION_INFO, &r),
	      EINVAL);
	/* The capability: first how much room, then it. */
	r.info.index = VFIO_PCI_BAR4_REGION_INDEX;
	r.info.argsz = 39;
	assert_int_equal(uiommufd_ioctl(vfio->device,
					VFIO_DEVICE_GET_REGION_INFO, &r), 0);
	assert_int_equal(r.info.argsz, 40);
	assert_int_equal(r.info.cap_offset, 0);
	assert_int_equal(uiommufd_ioctl(vfio->device,
					VFIO_DEVICE_GET_REGION_INFO, &r), 0);
	assert_int_equal(r.info.cap_offset, 32);
	assert_int_equal(r.cap.id, VFIO_REGION_INFO_CAP_MSIX_MAPPABLE);
	assert_int_equal(r.cap.version, 1);
	assert_int_equal(r.cap.next, 0);
}

/* The lists of capabilities lead to everything and end. */
static void capabilities(void **state)
{
	struct vfio *vfio = *state;
	int fd = vfio->device, seen[256] = { 0 }, count = 0;
	uint32_t header;

	assert_int_equal(config_word(fd, PCI_VENDOR_ID, 2), 0x1b36);
	assert_int_equal(config_word(fd, PCI_DEVICE_ID, 2), 0x0005);
	assert_int_equal(config_word(fd, PCI_HEADER_TYPE, 1), 0);
	for (int at = config_word(fd, PCI_CAPABILITY_LIST, 1); at;
	     at = config_word(fd, at + 1, 1)) {
		seen[config_word(fd, at, 1)] = at;
		assert_true(++count < 10);
	}
	assert_int_equal(count, 4);
	assert_true(seen[PCI_CAP_ID_PM] && seen[PCI_CAP_ID_MSI] &&
		    seen[PCI_CAP_ID_EXP]);
	assert_int_equal(config_word(fd, seen[PCI_CAP_ID_MSIX] +
				     PCI_MSIX_FLAGS, 2), 15);
	header = config_word(fd, 0x100, 4);
	assert_int_equal(PCI_EXT_CAP_ID(header), PCI_EXT_CAP_ID_PASID);
	assert_int_equal(config_word(fd, 0x100 + PCI_PASID_CAP, 2) >> 8, 20);
	assert_int_equal(PCI_EXT_CAP_NEXT(header), 0);
}

/* All ones into a BAR show its size; other registers keep what is fixed. */
static void config_writes(void **state)
{
	struct vfio *vfio = *state;
	uint32_t ones = ~0u, old = config_word(vfio->device,
					       PCI_BASE_ADDRESS_0, 4);
	uint8_t bytes[8];

	assert_int_equal(uiommufd_pwrite(vfio->device, &ones, 4,
					 CONFIG(PCI_BASE_ADDRESS_0)), 4);
	assert_int_equal(config_word(vfio->device, PCI_BASE_ADDRESS_0, 4),
			 0xffffc004);
	assert_int_equal(uiommufd_pwrite(vfio->device, &old, 4,
					 CONFIG(PCI_BASE_ADDRESS_0)), 4);
	assert_int_equal(config_word(vfio->device, PCI_BASE_ADDRESS_0, 4),
			 old);
	assert_int_equal(uiommufd_pwrite(vfio->device, &ones, 4,
					 CONFIG(PCI_BASE_ADDRESS_5)), 4);
	assert_int_equal(config_word(vfio->device, PCI_BASE_ADDRESS_5, 4), 0);
	assert_int_equal(uiommufd_pwrite(vfio->device, &ones, 4,
					 CONFIG(PCI_VENDOR_ID)), 4);
	assert_int_equal(config_word(vfio->device, PCI_VENDOR_ID, 4),
			 0x00051b36);
	assert_int_equal(config_word(vfio->device, PCI_COMMAND, 2), 0x0002);
	ones = 0xffff;
	assert_int_equal(uiommufd_pwrite(vfio->device, &ones, 2,
					 CONFIG(PCI_COMMAND)), 2);
	assert_int_equal(config_word(vfio->device, PCI_COMMAND, 2), 0x0546);
	/* Bounds. */
	FAILS(uiommufd_pread(vfio->device, bytes, 1, CONFIG(4096)), EFAULT);
	FAILS(uiommufd_pread(vfio->device, bytes, 8, CONFIG(4090)), EFAULT);
	FAILS(uiommufd_pwrite(vfio->device, bytes, 8, CONFIG(4090)), EFAULT);
	assert_int_equal(uiommufd_pread(vfio->device, bytes, 6, CONFIG(4090)),
			 6);
	assert_int_equal(uiommufd_pread(vfio->device, BAD, 0, CONFIG(0)), 0);
	FAILS(uiommufd_pread(vfio->device, BAD, 4, CONFIG(0)), EFAULT);
	FAILS(uiommufd_pwrite(vfio->device, BAD, 4, CONFIG(0)), EFAULT);
	FAILS(uiommufd_pread(vfio->device, bytes, 1, -1), EINVAL);
	FAILS(uiommufd_pread(vfio->device, bytes, 1,
			     PLACE(VFIO_PCI_NUM_REGIONS, 0)), EINVAL);
	FAILS(uiommufd_pread(vfio->device, bytes, 1,
			     PLACE(VFIO_PCI_ROM_REGION_INDEX, 0)), EINVAL);
	FAILS(uiommufd_pread(vfio->device, bytes, 1,
			     PLACE(VFIO_PCI_VGA_REGION_INDEX, 0)), EINVAL);
}

/* Memory of a BAR is the same by reading, writing and mapping. */
static void bars(void **state)
{
	struct vfio *vfio = *state;
	int fd = vfio->device;
	uint32_t value = 0x12345678, off = 0, seen = 0;
	uint32_t *map;

	assert_int_equal(uiommufd_pwrite(fd, &value, 4, PLACE(0, 0x1010)), 4);
	map = uiommufd_mmap(NULL, 0x2000, PROT_READ | PROT_WRITE, MAP_SHARED,
			    fd, PLACE(0, 0x1000));
	assert_ptr_not_equal(map, MAP_FAILED);
	assert_int_equal(map[4], value);
	map[5] = 77;
	assert_int_equal(uiommufd_pread(fd, &seen, 4, PLACE(0, 0x1014)), 4);
	assert_int_equal(seen, 77);
	/* Cut at the end, refused behind it. */
	assert_int_equal(uiommufd_pread(fd, &seen, 4, PLACE(0, 0x3ffe)), 2);
	FAILS(uiommufd_pread(fd, &seen, 4, PLACE(0, 0x4000)), EINVAL);
	FAILS(uiommufd_pread(fd, &seen, 4, PLACE(1, 0)), EINVAL);
	FAILS(uiommufd_pwrite(fd, &seen, 4, PLACE(1, 0)), EINVAL);
	/* With memory switched off. */
	assert_int_equal(uiommufd_pwrite(fd, &off, 2, CONFIG(PCI_COMMAND)), 2);
	FAILS(uiommufd_pread(fd, &seen, 4, PLACE(0, 0)), EIO);
	FAILS(uiommufd_pwrite(fd, &seen, 4, PLACE(0, 0)), EIO);
	off = PCI_COMMAND_MEMORY;
	assert_int_equal(uiommufd_pwrite(fd, &off, 2, CONFIG(PCI_COMMAND)), 2);
	/* A reset clears memory and keeps the configuration. */
	assert_int_equal(uiommufd_ioctl(fd, VFIO_DEVICE_RESET, NULL), 0);
	assert_int_equal(map[4], 0);
	assert_int_equal(config_word(fd, PCI_COMMAND, 2), PCI_COMMAND_MEMORY);
	/* The mapping keeps the device. */
	assert_int_equal(uiommufd_close(fd), 0);
	vfio->device = -1;
	map[4] = 1;
	assert_int_equal(uiommufd_munmap(map, 0x2000), 0);
}

static void map_rows(void **state)
{
	static const struct {
		off_t offset;
		size_t length;
		int flags;
	} rows[] = {
		{ PLACE(0, 0), 0x1000, MAP_PRIVATE },
		{ PLACE(0, 0), 0x5000, MAP_SHARED },
		{ PLACE(0, 0x4000), 0x1000, MAP_SHARED },
		{ PLACE(1, 0), 0x1000, MAP_SHARED },
		{ PLACE(VFIO_PCI_ROM_REGION_INDEX, 0), 0x1000, MAP_SHARED },
		{ PLACE(VFIO_PCI_CONFIG_REGION_INDEX, 0), 0x1000, MAP_SHARED },
		{ PLACE(VFIO_PCI_NUM_REGIONS, 0), 0x1000, MAP_SHARED },
	};
	struct vfio *vfio = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		errno = 0;
		assert_ptr_equal(uiommufd_mmap(NULL, rows[i].length, PROT_READ,
					       rows[i].flags, vfio->device,
					       rows[i].offset), MAP_FAILED);
		assert_int_equal(errno, EINVAL);
	}
}

/* The table of MSI-X is VFIO's: reads give ones, writes nothing. */
static void msix_table(void **state)
{
	struct vfio *vfio = *state;
	uint8_t bytes[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };

	assert_int_equal(uiommufd_pwrite(vfio->device, bytes, 8,
					 PLACE(4, 0xfc)), 8);
	memset(bytes, 0, sizeof(bytes));
	assert_int_equal(uiommufd_pread(vfio->device, bytes, 8,
					PLACE(4, 0xfc)), 8);
	assert_memory_equal(bytes, "\xff\xff\xff\xff\5\6\7\10", 8);
}

/* --- interrupts -----------------------------------------------------------*/

struct set {
	struct vfio_irq_set head;
	int32_t fds[4];
};

static int set_irqs(int device, uint32_t index, uint32_t flags, uint32_t start,
		    uint32_t count, const int32_t *fds)
{
	struct set set = {
		.head = { .argsz = sizeof(set), .flags = flags, .index = index,
			  .start = start, .count = count },
	};

	if (fds)
		memcpy(set.fds, fds, count * sizeof(*fds));
	return uiommufd_ioctl(device, VFIO_DEVICE_SET_IRQS, &set) ? -errno : 0;
}

static uint64_t drain(int event)
{
	uint64_t value = 0;

	return read(event, &value, sizeof(value)) == sizeof(value) ? value : 0;
}

#define TRIGGER VFIO_IRQ_SET_ACTION_TRIGGER
#define NONE VFIO_IRQ_SET_DATA_NONE
#define EVENT VFIO_IRQ_SET_DATA_EVENTFD
#define BOOL VFIO_IRQ_SET_DATA_BOOL

static void irq_info(void **state)
{
	static const struct {
		uint32_t flags, count;
	} rows[] = { { 7, 1 }, { 9, 4 }, { 1, 16 }, { 9, 1 }, { 9, 1 } };
	struct vfio *vfio = *state;
	struct vfio_irq_info info = { .argsz = 15 };

	FAILS(uiommufd_ioctl(vfio->device, VFIO_DEVICE_GET_IRQ_INFO, BAD),
	      EFAULT);
	FAILS(uiommufd_ioctl(vfio->device, VFIO_DEVICE_GET_IRQ_INFO, &info),
	      EINVAL);
	info.argsz = 16;
	for (info.index = 0; info.index < VFIO_PCI_NUM_IRQS; info.index++) {
		assert_int_equal(uiommufd_ioctl(vfio->device,
						VFIO_DEVICE_GET_IRQ_INFO,
						&info), 0);
		assert_int_equal(info.flags, rows[info.index].flags);
		assert_int_equal(info.count, rows[info.index].count);
	}
	FAILS(uiommufd_ioctl(vfio->device, VFIO_DEVICE_GET_IRQ_INFO, &info),
	      EINVAL);
}

static void irq_rows(void **state)
{
	struct vfio *vfio = *state;
	int fd = vfio->device, pipe_fds[2];
	int32_t fds[4] = { 60000, -1, -1, -1 };
	struct vfio_irq_set set = { .argsz = 19 };

	FAILS(uiommufd_ioctl(fd, VFIO_DEVICE_SET_IRQS, BAD), EFAULT);
	FAILS(uiommufd_ioctl(fd, VFIO_DEVICE_SET_IRQS, &set), EINVAL);
	set = (struct vfio_irq_set){ .argsz = 20, .flags = EVENT | TRIGGER,
				     .index = 1, .count = 1 };
	FAILS(uiommufd_ioctl(fd, VFIO_DEVICE_SET_IRQS, &set), EINVAL);
	assert_int_equal(set_irqs(fd, 5, NONE | TRIGGER, 0, 1, NULL), -EINVAL);
	assert_int_equal(set_irqs(fd, 1, NONE | TRIGGER, 4, 0, NULL), -EINVAL);
	assert_int_equal(set_irqs(fd, 1, NONE | TRIGGER, 0, 5, NULL), -EINVAL);
	assert_int_equal(set_irqs(fd, 1, NONE | TRIGGER, 2, ~0u - 1, NULL),
			 -EINVAL);
	assert_int_equal(set_irqs(fd, 1, 1 << 6, 0, 1, NULL), -EINVAL);
	assert_int_equal(set_irqs(fd, 1, NONE | BOOL | TRIGGER, 0, 1, NULL),
			 -EINVAL);
	assert_int_equal(set_irqs(fd, 1, TRIGGER, 0, 1, NULL), -EINVAL);
	/* Nothing is enabled yet. */
	assert_int_equal(set_irqs(fd, 1, NONE | TRIGGER, 0, 1, NULL), -EINVAL);
	assert_int_equal(set_irqs(fd, 1, NONE | VFIO_IRQ_SET_ACTION_MASK, 0, 1,
				  NULL), -ENOTTY);
	assert_int_equal(set_irqs(fd, 0, NONE | VFIO_IRQ_SET_ACTION_MASK, 0, 1,
				  NULL), -EINVAL);
	assert_int_equal(set_irqs(fd, 1, NONE, 0, 1, NULL), -ENOTTY);
	assert_int_equal(set_irqs(fd, 1, EVENT | TRIGGER, 0, 1, fds), -EBADF);
	assert_int_equal(pipe(pipe_fds), 0);
	fds[0] = pipe_fds[1];
	assert_int_equal(set_irqs(fd, 1, EVENT | TRIGGER, 0, 1, fds), -EINVAL);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}

/* Vectors with eventfds, triggered by the client, one kind at a time. */
static void msi(void **state)
{
	struct vfio *vfio = *state;
	int fd = vfio->device, a = eventfd(0, EFD_NONBLOCK);
	int b = eventfd(0, EFD_NONBLOCK);
	int32_t fds[4] = { a, -1, b, -1 };
	struct set set = {
		.head = { .argsz = sizeof(set), .flags = BOOL | TRIGGER,
			  .index = VFIO_PCI_MSI_IRQ_INDEX, .count = 3 },
	};

	assert_int_equal(config_word(fd, 0x52, 2) & PCI_MSI_FLAGS_ENABLE, 0);
	assert_int_equal(set_irqs(fd, 1, EVENT | TRIGGER, 0, 3, fds), 0);
	assert_int_equal(config_word(fd, 0x52, 2) & PCI_MSI_FLAGS_ENABLE, 1);
	assert_int_equal(set_irqs(fd, 2, EVENT | TRIGGER, 0, 1, fds), -EINVAL);
	assert_int_equal(set_irqs(fd, 0, EVENT | TRIGGER, 0, 1, fds), -EINVAL);
	assert_int_equal(set_irqs(fd, 1, NONE | TRIGGER, 0, 3, NULL), 0);
	assert_int_equal(drain(a), 1);
	assert_int_equal(drain(b), 1);
	((uint8_t *)set.fds)[2] = 1;
	assert_int_equal(uiommufd_ioctl(fd, VFIO_DEVICE_SET_IRQS, &set), 0);
	assert_int_equal(drain(a), 0);
	assert_int_equal(drain(b), 1);
	/* It was enabled with three vectors. */
	assert_int_equal(set_irqs(fd, 1, EVENT | TRIGGER, 3, 1, fds), -EINVAL);
	assert_int_equal(set_irqs(fd, 1, EVENT | TRIGGER, 3, 1, fds + 3), 0);
	/* -1 takes a vector's eventfd away. */
	fds[0] = -1;
	assert_int_equal(set_irqs(fd, 1, EVENT | TRIGGER, 0, 1, fds), 0);
	assert_int_equal(set_irqs(fd, 1, NONE | TRIGGER, 0, 1, NULL), 0);
	assert_int_equal(drain(a), 0);
	assert_int_equal(set_irqs(fd, 1, NONE | TRIGGER, 0, 0, NULL), 0);
	assert_int_equal(config_word(fd, 0x52, 2) & PCI_MSI_FLAGS_ENABLE, 0);
	fds[0] = a;
	assert_int_equal(set_irqs(fd, 2, EVENT | TRIGGER, 15, 1, fds), 0);
	assert_int_equal(config_word(fd, 0x72, 2) & PCI_MSIX_FLAGS_ENABLE,
			 PCI_MSIX_FLAGS_ENABLE);
	assert_int_equal(set_irqs(fd, 2, NONE | TRIGGER, 15, 1, NULL), 0);
	assert_int_equal(drain(a), 1);
	close(a);
	close(b);
}

static void intx_and_single(void **state)
{
	struct vfio *vfio = *state;
	int fd = vfio->device, a = eventfd(0, EFD_NONBLOCK);
	int32_t fds[4] = { a, -1, -1, -1 };

	assert_int_equal(set_irqs(fd, 0, EVENT | TRIGGER, 0, 1, fds), 0);
	assert_int_equal(set_irqs(fd, 0, NONE | TRIGGER, 0, 1, NULL), 0);
	assert_int_equal(drain(a), 1);
	assert_int_equal(set_irqs(fd, 0, NONE | VFIO_IRQ_SET_ACTION_MASK, 0, 1,
				  NULL), 0);
	assert_int_equal(set_irqs(fd, 0, EVENT | VFIO_IRQ_SET_ACTION_MASK, 0,
				  1, fds), -ENOTTY);
	assert_int_equal(set_irqs(fd, 0, EVENT | VFIO_IRQ_SET_ACTION_UNMASK, 0,
				  1, fds), 0);
	assert_int_equal(set_irqs(fd, 0, NONE | VFIO_IRQ_SET_ACTION_UNMASK, 0,
				  1, NULL), 0);
	assert_int_equal(set_irqs(fd, 0, NONE | TRIGGER, 0, 0, NULL), 0);
	for (uint32_t index = 3; index < 5; index++) {
		assert_int_equal(set_irqs(fd, index, EVENT | TRIGGER, 0, 1,
					  fds), 0);
		assert_int_equal(set_irqs(fd, index, NONE | TRIGGER, 0, 1,
					  NULL), 0);
		assert_int_equal(drain(a), 1);
		assert_int_equal(set_irqs(fd, index, NONE | TRIGGER, 0, 0,
					  NULL), 0);
		assert_int_equal(set_irqs(fd, index, NONE | TRIGGER, 0, 1,
					  NULL), 0);
		assert_int_equal(drain(a), 0);
		fds[1] = fds[0];
		fds[0] = -2;
		assert_int_equal(set_irqs(fd, index, EVENT | TRIGGER, 0, 1,
					  fds), -EINVAL);
		fds[0] = a;
	}
	close(a);
}

static void features(void **state)
{
	struct vfio *vfio = *state;
	struct vfio_device_feature feature = { .argsz = 7 };
	const uint32_t get = VFIO_DEVICE_FEATURE_GET;
	const uint32_t set = VFIO_DEVICE_FEATURE_SET;

#define ROW(bits, error) \
	do { \
		feature.argsz = 8; \
		feature.flags = (bits); \
		FAILS(uiommufd_ioctl(vfio->device, VFIO_DEVICE_FEATURE, \
				     &feature), error); \
	} while (0)
	FAILS(uiommufd_ioctl(vfio->device, VFIO_DEVICE_FEATURE, BAD), EFAULT);
	FAILS(uiommufd_ioctl(vfio->device, VFIO_DEVICE_FEATURE, &feature),
	      EINVAL);
	ROW(1 << 19, EINVAL);
	ROW(get | set | VFIO_DEVICE_FEATURE_MIGRATION, EINVAL);
	ROW(get | set | VFIO_DEVICE_FEATURE_PROBE |
	    VFIO_DEVICE_FEATURE_MIGRATION, ENOTTY);
	ROW(get | VFIO_DEVICE_FEATURE_MIGRATION, ENOTTY);
	ROW(set | VFIO_DEVICE_FEATURE_PCI_VF_TOKEN, ENOENT);
	ROW(get | 0xffff, ENOTTY);
#undef ROW
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOUND_TEST(device_info),
		BOUND_TEST(vectors),
		BOUND_TEST(region_info),
		BOUND_TEST(capabilities),
		BOUND_TEST(config_writes),
		BOUND_TEST(bars),
		BOUND_TEST(map_rows),
		BOUND_TEST(msix_table),
		BOUND_TEST(irq_info),
		BOUND_TEST(irq_rows),
		BOUND_TEST(msi),
		BOUND_TEST(intx_and_single),
		BOUND_TEST(features),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
