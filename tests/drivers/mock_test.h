/* SPDX-License-Identifier: MIT */
/* What the tests of the mock driver and the test command share. */
#ifndef MOCK_TEST_H
#define MOCK_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <sys/mman.h>
#include <support/mock.h>

#define PAGE 4096ul
#define IOVA 0x1000000ull

/* A fresh platform, a context, an IOAS and one device attached to it. */
struct bench {
	struct uiommufd_platform *platform;
	int fd;
	uint32_t ioas, stdev, idev, hwpt;
	char *memory;			/* 64 pages, aligned to 2 MiB */
};

#define BENCH_BYTES (64 * PAGE)

static struct bench b;

static inline struct iommu_test_cmd test_cmd(uint32_t op, uint32_t id)
{
	struct iommu_test_cmd cmd = {
		.size = sizeof(cmd), .op = op, .id = id,
	};

	return cmd;
}

static inline int test_run(struct iommu_test_cmd *cmd)
{
	return mock_call(b.fd, IOMMU_TEST_CMD, cmd);
}

/* An operation whose members beyond op and id are given by name. */
#define test_op(name, id_, ...) \
	({ \
		struct iommu_test_cmd cmd_ = test_cmd(IOMMU_TEST_OP_##name, \
						      (id_)); \
		struct iommu_test_cmd part_ = { __VA_ARGS__ }; \
		\
		memcpy((char *)&cmd_ + 16, (char *)&part_ + 16, \
		       sizeof(cmd_) - 16); \
		test_run(&cmd_); \
	})

static inline int bench_setup_with(uint32_t dev_flags)
{
	b.platform = mock_platform();
	if (!b.platform)
		return 1;
	b.fd = uiommufd_open(b.platform, O_RDWR);
	b.memory = mmap(NULL, 4ul << 20, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	b.memory = (char *)(((uintptr_t)b.memory + (2ul << 20) - 1) &
			    ~((2ul << 20) - 1));
	memset(b.memory, 0x5a, BENCH_BYTES);
	return b.fd < 0 || mock_ioas(b.fd, &b.ioas) ||
	       mock_domain(b.fd, b.ioas, dev_flags, &b.stdev, &b.idev, &b.hwpt);
}

static inline int bench_setup(void **state)
{
	return bench_setup_with(0);
}

static inline int bench_setup_pasid(void **state)
{
	return bench_setup_with(MOCK_FLAGS_DEVICE_PASID);
}

/* Everything goes with the file; nothing may be left. */
static inline int bench_teardown(void **state)
{
	struct uiommufd_audit audit = { .size = sizeof(audit) };
	int64_t left;

	uiommufd_close(b.fd);
	left = uiommufd_platform_audit(b.platform, &audit);
	uiommufd_platform_free(b.platform);
	return left != 0;
}

#define BENCH_TEST(name) \
	cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)
#define PASID_TEST(name) \
	cmocka_unit_test_setup_teardown(name, bench_setup_pasid, bench_teardown)

#endif
