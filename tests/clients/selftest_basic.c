// SPDX-License-Identifier: MIT
/*
 * The equivalents of the kernel's selftests for a context alone: sizes of
 * commands, options, and the part of VFIO's container that needs no device.
 */
#include <linux/vfio.h>

#include "selftest.h"

static void test_close(int unused)
{
	finish(open_iommu());
}

static void test_cmd_fail(int unused)
{
	int fd = open_iommu();

	CHECK_ERRNO(ENOENT, destroy(fd, 0));
	CHECK_ERRNO(ENOENT, destroy(fd, 17));
	CHECK_ERRNO(EFAULT, ioctl(fd, IOMMU_DESTROY, NULL));
	CHECK_ERRNO(EFAULT, ioctl(fd, IOMMU_IOAS_ALLOC, (void *)16));
	CHECK_ERRNO(ENOTTY, ioctl(fd, _IO(IOMMUFD_TYPE, IOMMUFD_CMD_BASE - 1),
				  NULL));
	CHECK_ERRNO(ENOTTY, ioctl(fd, _IO(IOMMUFD_TYPE, 0xff), NULL));
	finish(fd);
}

/* ---- the law of sizes ---- */

#define COMMAND(name, type, last)                                          \
	{ IOMMU_##name, sizeof(struct type),                               \
	  offsetof(struct type, last) + sizeof(((struct type *)0)->last) }

static const struct {
	unsigned long number;
	size_t size;
	size_t min;
} commands[] = {
	COMMAND(DESTROY, iommu_destroy, id),
	COMMAND(GET_HW_INFO, iommu_hw_info, __reserved),
	COMMAND(HWPT_ALLOC, iommu_hwpt_alloc, __reserved),
	COMMAND(HWPT_INVALIDATE, iommu_hwpt_invalidate, __reserved),
	COMMAND(IOAS_ALLOC, iommu_ioas_alloc, out_ioas_id),
	COMMAND(IOAS_IOVA_RANGES, iommu_ioas_iova_ranges, out_iova_alignment),
	COMMAND(IOAS_ALLOW_IOVAS, iommu_ioas_allow_iovas, allowed_iovas),
	COMMAND(IOAS_MAP, iommu_ioas_map, iova),
	COMMAND(IOAS_COPY, iommu_ioas_copy, src_iova),
	COMMAND(IOAS_UNMAP, iommu_ioas_unmap, length),
	COMMAND(OPTION, iommu_option, val64),
	COMMAND(VFIO_IOAS, iommu_vfio_ioas, __reserved),
	COMMAND(IOAS_MAP_FILE, iommu_ioas_map_file, iova),
	COMMAND(VIOMMU_ALLOC, iommu_viommu_alloc, out_viommu_id),
	COMMAND(VDEVICE_ALLOC, iommu_vdevice_alloc, virt_id),
	COMMAND(IOAS_CHANGE_PROCESS, iommu_ioas_change_process, __reserved),
	COMMAND(HW_QUEUE_ALLOC, iommu_hw_queue_alloc, length),
};

static void test_cmd_length(int which)
{
	union {
		uint32_t size;
		uint8_t bytes[256];
	} arg = { 0 };
	unsigned long number = commands[which].number;
	size_t size = commands[which].size;
	int fd = open_iommu(), exact, error;

	arg.size = (uint32_t)commands[which].min - 1;
	CHECK_ERRNO(EINVAL, ioctl(fd, number, &arg));
	arg.size = (uint32_t)size + 1;
	arg.bytes[size] = 255;
	CHECK_ERRNO(E2BIG, ioctl(fd, number, &arg));
	memset(&arg, 0, sizeof(arg));
	arg.size = (uint32_t)size;
	exact = ioctl(fd, number, &arg);
	error = errno;
	memset(&arg, 0, sizeof(arg));
	arg.size = (uint32_t)size + 1;
	CHECK_EQ(ioctl(fd, number, &arg), exact);
	if (exact)
		CHECK_EQ(errno, error);
	finish(fd);
}

static void test_cmd_sizes_of_destroy(int unused)
{
	static struct {
		struct iommu_destroy cmd;
		uint64_t tail[2];
	} arg = { .cmd = { .size = 16, .id = 1 }, .tail = { 1, 1 } };
	int fd = open_iommu();
	long pages_end = (long)anonymous(2 * PAGE, MAP_PRIVATE) + PAGE;
	uint32_t *edge = (uint32_t *)(pages_end - 8);

	CHECK_EQ(munmap((void *)pages_end, PAGE), 0);
	CHECK_ERRNO(E2BIG, ioctl(fd, IOMMU_DESTROY, &arg));
	arg.tail[0] = 0;
	CHECK_ERRNO(ENOENT, ioctl(fd, IOMMU_DESTROY, &arg));
	arg.cmd.size = 7;
	CHECK_ERRNO(EINVAL, ioctl(fd, IOMMU_DESTROY, &arg));
	arg.cmd.size = 0;
	CHECK_ERRNO(EINVAL, ioctl(fd, IOMMU_DESTROY, &arg));
	arg.cmd.size = UINT32_MAX;
	CHECK_ERRNO(E2BIG, ioctl(fd, IOMMU_DESTROY, &arg));
	edge[0] = 8;
	edge[1] = 1;
	CHECK_ERRNO(ENOENT, ioctl(fd, IOMMU_DESTROY, edge));
	edge[0] = 16;
	CHECK_ERRNO(EFAULT, ioctl(fd, IOMMU_DESTROY, edge));
	finish(fd);
}

static void test_global_options(int unused)
{
	int fd = open_iommu();
	uint64_t value = 7;

	CHECK_EQ(option(fd, IOMMU_OPTION_RLIMIT_MODE, 0, IOMMU_OPTION_OP_GET,
			&value), 0);
	CHECK_EQ(value, 0);
	value = 1;
	CHECK_EQ(option(fd, IOMMU_OPTION_RLIMIT_MODE, 0, IOMMU_OPTION_OP_SET,
			&value), 0);
	value = 0;
	CHECK_EQ(option(fd, IOMMU_OPTION_RLIMIT_MODE, 0, IOMMU_OPTION_OP_GET,
			&value), 0);
	CHECK_EQ(value, 1);
	value = 2;
	CHECK_ERRNO(EINVAL, option(fd, IOMMU_OPTION_RLIMIT_MODE, 0,
				   IOMMU_OPTION_OP_SET, &value));
	value = 0;
	CHECK_EQ(option(fd, IOMMU_OPTION_RLIMIT_MODE, 0, IOMMU_OPTION_OP_SET,
			&value), 0);
	CHECK_ERRNO(ENOENT, option(fd, IOMMU_OPTION_HUGE_PAGES, 0,
				   IOMMU_OPTION_OP_GET, &value));
	CHECK_ERRNO(ENOENT, option(fd, IOMMU_OPTION_HUGE_PAGES, 0,
				   IOMMU_OPTION_OP_SET, &value));
	CHECK_EQ(option(fd, IOMMU_OPTION_HUGE_PAGES, ioas_alloc(fd),
			IOMMU_OPTION_OP_GET, &value), 0);
	CHECK_EQ(value, 1);
	finish(fd);
}

/* ---- VFIO's container, without a device ---- */

static int vfio_ioas(int fd, uint16_t op, uint32_t *id)
{
	struct iommu_vfio_ioas cmd = { .size = sizeof(cmd), .op = op,
				       .ioas_id = *id };
	int ret = ioctl(fd, IOMMU_VFIO_IOAS, &cmd);

	*id = cmd.ioas_id;
	return ret;
}

static void test_simple_ioctls(int unused)
{
	int fd = open_iommu();

	CHECK_EQ(ioctl(fd, VFIO_GET_API_VERSION), VFIO_API_VERSION);
	CHECK_EQ(ioctl(fd, VFIO_CHECK_EXTENSION, VFIO_TYPE1v2_IOMMU), 1);
	CHECK_EQ(ioctl(fd, VFIO_CHECK_EXTENSION, VFIO_TYPE1_IOMMU), 1);
	CHECK_EQ(ioctl(fd, VFIO_CHECK_EXTENSION, 2), 0);
	finish(fd);
}

static void test_unmap_cmd(int unused)
{
	struct vfio_iommu_type1_dma_unmap cmd = {
		.iova = MOCK_APERTURE_START, .size = PAGE,
	};
	int fd = open_iommu();

	CHECK_ERRNO(EINVAL, ioctl(fd, VFIO_IOMMU_UNMAP_DMA, &cmd));
	cmd.argsz = sizeof(cmd);
	cmd.flags = 1u << 31;
	CHECK_ERRNO(EINVAL, ioctl(fd, VFIO_IOMMU_UNMAP_DMA, &cmd));
	cmd.flags = 0;
	CHECK_ERRNO(ENODEV, ioctl(fd, VFIO_IOMMU_UNMAP_DMA, &cmd));
	finish(fd);
}

static void test_map_cmd(int unused)
{
	struct vfio_iommu_type1_dma_map cmd = {
		.iova = MOCK_APERTURE_START, .size = PAGE,
		.vaddr = (uintptr_t)buffer,
	};
	int fd = open_iommu();

	CHECK_ERRNO(EINVAL, ioctl(fd, VFIO_IOMMU_MAP_DMA, &cmd));
	cmd.argsz = sizeof(cmd);
	cmd.flags = 1u << 31;
	CHECK_ERRNO(EINVAL, ioctl(fd, VFIO_IOMMU_MAP_DMA, &cmd));
	cmd.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE;
	CHECK_ERRNO(ENODEV, ioctl(fd, VFIO_IOMMU_MAP_DMA, &cmd));
	finish(fd);
}

static void test_info_cmd(int unused)
{
	struct vfio_iommu_type1_info cmd = { 0 };
	int fd = open_iommu();

	CHECK_ERRNO(EINVAL, ioctl(fd, VFIO_IOMMU_GET_INFO, &cmd));
	cmd.argsz = sizeof(cmd);
	CHECK_ERRNO(ENODEV, ioctl(fd, VFIO_IOMMU_GET_INFO, &cmd));
	finish(fd);
}

static void test_set_iommu_cmd(int unused)
{
	int fd = open_iommu();

	CHECK_ERRNO(ENODEV, ioctl(fd, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU));
	CHECK_ERRNO(ENODEV, ioctl(fd, VFIO_SET_IOMMU, VFIO_TYPE1_IOMMU));
	CHECK_ERRNO(EINVAL, ioctl(fd, VFIO_SET_IOMMU, 77));
	finish(fd);
}

static void test_vfio_ioas(int unused)
{
	int fd = open_iommu();
	uint32_t ioas = ioas_alloc(fd), id = 0;

	CHECK_ERRNO(ENODEV, vfio_ioas(fd, IOMMU_VFIO_IOAS_GET, &id));
	CHECK_ERRNO(ENOENT, vfio_ioas(fd, IOMMU_VFIO_IOAS_SET, &id));
	id = ioas;
	CHECK_EQ(vfio_ioas(fd, IOMMU_VFIO_IOAS_SET, &id), 0);
	id = 0;
	CHECK_EQ(vfio_ioas(fd, IOMMU_VFIO_IOAS_GET, &id), 0);
	CHECK_EQ(id, ioas);
	CHECK_EQ(vfio_ioas(fd, IOMMU_VFIO_IOAS_CLEAR, &id), 0);
	CHECK_ERRNO(ENODEV, vfio_ioas(fd, IOMMU_VFIO_IOAS_GET, &id));
	finish(fd);
}

/* ---- VFIO's container, with a device ---- */

struct container {
	int fd;
	uint32_t ioas;
	int type;
};

static struct container open_container(int type)
{
	struct container c = { .fd = open_iommu(), .type = type };
	uint32_t id;

	id = c.ioas = ioas_alloc(c.fd);
	CHECK_EQ(vfio_ioas(c.fd, IOMMU_VFIO_IOAS_SET, &id), 0);
	mock_domain(c.fd, c.ioas);
	CHECK_EQ(ioctl(c.fd, VFIO_SET_IOMMU, type), 0);
	return c;
}

static int dma_map(struct container *c, const void *va, uint64_t iova,
		   size_t length)
{
	struct vfio_iommu_type1_dma_map cmd = {
		.argsz = sizeof(cmd), .vaddr = (uintptr_t)va, .iova = iova,
		.size = length,
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
	};

	return ioctl(c->fd, VFIO_IOMMU_MAP_DMA, &cmd);
}

static int dma_unmap(struct container *c, uint64_t iova, uint64_t length,
		     uint32_t flags, uint64_t *unmapped)
{
	struct vfio_iommu_type1_dma_unmap cmd = {
		.argsz = sizeof(cmd), .iova = iova, .size = length,
		.flags = flags,
	};
	int ret = ioctl(c->fd, VFIO_IOMMU_UNMAP_DMA, &cmd);

	*unmapped = cmd.size;
	return ret;
}

static void test_container_close(int type)
{
	finish(open_container(type).fd);
}

static void test_container_huge_option(int type)
{
	struct container c = open_container(type);
	uint64_t value = 3;

	CHECK_EQ(option(c.fd, IOMMU_OPTION_HUGE_PAGES, c.ioas,
			IOMMU_OPTION_OP_GET, &value), 0);
	CHECK_EQ(value, type == VFIO_TYPE1v2_IOMMU);
	finish(c.fd);
}

/* The chain of capabilities lies inside what was written. */
static void check_chain(const char *bytes, uint32_t at, uint32_t argsz)
{
	unsigned int seen = 0;

	while (at) {
		struct vfio_info_cap_header header;

		CHECK(at + sizeof(header) <= argsz);
		memcpy(&header, bytes + at, sizeof(header));
		CHECK_EQ(header.version, 1);
		CHECK(header.id < 32);
		seen |= 1u << header.id;
		CHECK(!header.next || header.next > at);
		at = header.next;
	}
	CHECK_EQ(seen, 1u << VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE |
		 1u << VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL);
}

static void test_container_info(int type)
{
	struct container c = open_container(type);
	struct vfio_iommu_type1_info info = { .argsz = sizeof(info) };
	char *bytes = buffer;
	uint32_t whole;

	CHECK_EQ(ioctl(c.fd, VFIO_IOMMU_GET_INFO, &info), 0);
	CHECK(info.argsz > sizeof(info));
	CHECK_EQ(info.flags, VFIO_IOMMU_INFO_PGSIZES | VFIO_IOMMU_INFO_CAPS);
	CHECK(info.iova_pgsizes & PAGE);
	CHECK_EQ(info.cap_offset, 0);
	whole = info.argsz;
	for (uint32_t argsz = sizeof(info); argsz <= whole + 8; argsz++) {
		memset(bytes, 0xff, argsz + 64);
		memcpy(bytes, &argsz, sizeof(argsz));
		CHECK_EQ(ioctl(c.fd, VFIO_IOMMU_GET_INFO, bytes), 0);
		memcpy(&info, bytes, sizeof(info));
		CHECK_EQ(info.argsz, whole);
		CHECK_EQ(info.cap_offset != 0, argsz >= whole);
		if (info.cap_offset)
			check_chain(bytes, info.cap_offset, argsz);
		for (int i = 0; i < 64; i++)
			CHECK_EQ((uint8_t)bytes[argsz + i], 0xff);
	}
	finish(c.fd);
}

static void test_container_map(int type)
{
	static const int order[BUFFER / PAGE] = { 11, 2, 7, 0, 15, 4, 9, 13,
						  1, 6, 14, 3, 8, 12, 5, 10 };
	struct container c = open_container(type);
	uint64_t start = MOCK_APERTURE_START, n;
	size_t i;

	CHECK_EQ(dma_map(&c, buffer, start, BUFFER), 0);
	CHECK_ERRNO(EEXIST, dma_map(&c, buffer, start, BUFFER));
	CHECK_EQ(dma_unmap(&c, start, BUFFER, 0, &n), 0);
	CHECK_EQ(n, BUFFER);
	CHECK_EQ(dma_unmap(&c, start, BUFFER, 0, &n), 0);	/* nothing */
	CHECK_EQ(n, 0);
	CHECK_EQ(dma_map(&c, buffer, start, BUFFER), 0);
	CHECK_ERRNO(EINVAL, dma_unmap(&c, start, PAGE,
				      VFIO_DMA_UNMAP_FLAG_ALL, &n));
	CHECK_EQ(dma_unmap(&c, 0, 0, VFIO_DMA_UNMAP_FLAG_ALL, &n), 0);
	CHECK_EQ(n, BUFFER);
	for (i = 0; i < BUFFER / PAGE; i++)
		CHECK_EQ(dma_map(&c, buffer + order[i] * PAGE,
				 start + order[i] * PAGE, PAGE), 0);
	for (i = 0; i < BUFFER / PAGE; i++) {
		CHECK_EQ(dma_unmap(&c, start + order[15 - i] * PAGE, PAGE, 0,
				   &n), 0);
		CHECK_EQ(n, PAGE);
	}
	finish(c.fd);
}

/* Type 1 cuts a mapping, huge pages or not; version 2 does not. */
static void test_container_huge_map(int type)
{
	struct container c = open_container(type);
	uint64_t start = MOCK_APERTURE_START, n, i;

	CHECK_EQ(dma_map(&c, buffer, start, BUFFER), 0);
	if (type == VFIO_TYPE1v2_IOMMU) {
		CHECK_ERRNO(ENOENT, dma_unmap(&c, start, PAGE, 0, &n));
		CHECK_ERRNO(ENOENT, dma_unmap(&c, start + 3 * PAGE, PAGE, 0,
					      &n));
		CHECK_EQ(dma_unmap(&c, start, BUFFER, 0, &n), 0);
		finish(c.fd);
		return;
	}
	for (i = 0; i < BUFFER / PAGE; i += 3) {
		CHECK_EQ(dma_unmap(&c, start + i * PAGE, PAGE, 0, &n), 0);
		CHECK_EQ(n, PAGE);
	}
	CHECK_EQ(dma_unmap(&c, start, BUFFER, 0, &n), 0);
	CHECK_EQ(n, BUFFER - 6 * PAGE);
	finish(c.fd);
}

#define LENGTH(n) { "cmd_length", #n, n, test_cmd_length }
#define CONTAINER(name, run)                                       \
	{ name, "Ver1v2", VFIO_TYPE1v2_IOMMU, run },               \
	{ name, "Ver1v0", VFIO_TYPE1_IOMMU, run }

static const struct test tests[] = {
	{ "simple_close", "", 0, test_close },
	{ "cmd_fail", "", 0, test_cmd_fail },
	LENGTH(0), LENGTH(1), LENGTH(2), LENGTH(3), LENGTH(4), LENGTH(5),
	LENGTH(6), LENGTH(7), LENGTH(8), LENGTH(9), LENGTH(10), LENGTH(11),
	LENGTH(12), LENGTH(13), LENGTH(14), LENGTH(15), LENGTH(16),
	{ "cmd_sizes_of_destroy", "", 0, test_cmd_sizes_of_destroy },
	{ "global_options", "", 0, test_global_options },
	{ "simple_ioctls", "", 0, test_simple_ioctls },
	{ "unmap_cmd", "", 0, test_unmap_cmd },
	{ "map_cmd", "", 0, test_map_cmd },
	{ "info_cmd", "", 0, test_info_cmd },
	{ "set_iommu_cmd", "", 0, test_set_iommu_cmd },
	{ "vfio_ioas", "", 0, test_vfio_ioas },
	CONTAINER("container_close", test_container_close),
	CONTAINER("container_huge_option", test_container_huge_option),
	CONTAINER("container_info", test_container_info),
	CONTAINER("container_map", test_container_map),
	CONTAINER("container_huge_map", test_container_huge_map),
};

int main(int argc, char **argv)
{
	return selftests(tests, sizeof(tests) / sizeof(tests[0]), argc, argv);
}
