/* SPDX-License-Identifier: MIT */
/*
 * Devices' accesses under the real drivers: what iommufd maps is what a device
 * reaches, and the law of dma.h holds while mappings come and go.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <uiommufd/client.h>
#include <uiommufd/dma.h>
#include <uiommufd/platform.h>
#include <uapi/linux/iommufd.h>

#define PAGE 4096ul
#define PAGES 64
#define IOVA(n) (0x10000000ull + PAGE * (n))
#define ROUNDS 400

struct machine {
	struct uiommufd_platform *platform;
	int fd;
	uint32_t ioas, dev;
	uint32_t stream_id;
	uint8_t *memory;	/* page n holds n + 1 everywhere */
	bool stop;		/* atomic */
	uint64_t hits;
	uint64_t violations;	/* atomic */
	enum uiommufd_dma_fault found;
};

static void count(void *arg, const struct uiommufd_dma_violation *violation)
{
	struct machine *m = arg;

	__atomic_fetch_add(&m->violations, 1, __ATOMIC_RELAXED);
	m->found = violation->fault;
}

static struct machine *machine_new(const char *kind,
				   enum uiommufd_engine engine)
{
	struct uiommufd_platform_config config;
	struct machine *m = calloc(1, sizeof(*m));
	struct iommu_ioas_alloc alloc = { .size = sizeof(alloc) };
	uint32_t pt;

	uiommufd_platform_config_init(&config, kind);
	config.devices = 1;
	config.hardware.engine = engine;
	m->platform = uiommufd_platform_new(&config);
	assert_non_null(m->platform);
	m->fd = uiommufd_open(m->platform, O_RDWR);
	assert_int_equal(uiommufd_device_bind(m->fd, "dev0", &m->dev), 0);
	assert_int_equal(uiommufd_ioctl(m->fd, IOMMU_IOAS_ALLOC, &alloc), 0);
	m->ioas = pt = alloc.out_ioas_id;
	assert_int_equal(uiommufd_device_attach(m->fd, "dev0", 0, &pt), 0);
	m->stream_id = uiommufd_platform_stream_id(m->platform, "dev0", 0);
	m->memory = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (int i = 0; i < PAGES; i++)
		memset(m->memory + PAGE * i, i + 1, PAGE);
	assert_int_equal(uiommufd_dma_law(m->platform, true, count, m), 0);
	return m;
}

static void machine_free(struct machine *m)
{
	struct uiommufd_audit audit = { .size = sizeof(audit) };

	uiommufd_device_detach(m->fd, "dev0", 0);
	uiommufd_device_unbind(m->fd, "dev0");
	assert_int_equal(uiommufd_close(m->fd), 0);
	/* What the hardware keeps for its caches and the law is its own. */
	assert_int_equal(uiommufd_platform_audit(m->platform, &audit), 0);
	assert_int_equal(uiommufd_dma_law(m->platform, false, NULL, NULL), 0);
	assert_int_equal(uiommufd_platform_audit(m->platform, &audit), 0);
	uiommufd_platform_free(m->platform);
	munmap(m->memory, PAGES * PAGE);
	free(m);
}

static void map(struct machine *m, unsigned int at, unsigned int page,
		unsigned int pages)
{
	struct iommu_ioas_map cmd = {
		.size = sizeof(cmd),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE |
			 IOMMU_IOAS_MAP_WRITEABLE,
		.ioas_id = m->ioas,
		.user_va = (uintptr_t)m->memory + PAGE * page,
		.length = PAGE * pages,
		.iova = IOVA(at),
	};

	assert_int_equal(uiommufd_ioctl(m->fd, IOMMU_IOAS_MAP, &cmd), 0);
}

static void unmap(struct machine *m, unsigned int at, unsigned int pages)
{
	struct iommu_ioas_unmap cmd = {
		.size = sizeof(cmd), .ioas_id = m->ioas, .iova = IOVA(at),
		.length = PAGE * pages,
	};

	assert_int_equal(uiommufd_ioctl(m->fd, IOMMU_IOAS_UNMAP, &cmd), 0);
}

/* The byte there, or -errno. */
static int dma(struct machine *m, unsigned int at, bool write)
{
	uint8_t byte = 0;
	struct uiommufd_dma access = {
		.size = sizeof(access), .stream_id = m->stream_id,
		.address = IOVA(at) + 7, .buffer = &byte, .length = 1,
		.write = write,
	};

	return uiommufd_dma(m->platform, &access) ? -errno : byte;
}

/* Law: mapped is reached, unmapped is not, by any kind of machine. */
static void test_reach(void **state)
{
	static const char *const kinds[] = { "smmuv3", "tegra241" };
	static const enum uiommufd_engine engines[] = {
		UIOMMUFD_ENGINE_INLINE, UIOMMUFD_ENGINE_THREAD };

	for (int k = 0; k < 2; k++) {
		struct machine *m = machine_new(kinds[k], engines[k]);

		assert_int_equal(dma(m, 0, false), -EFAULT);
		map(m, 0, 0, PAGES);
		for (int i = 0; i < PAGES; i++)
			assert_int_equal(dma(m, i, false), i + 1);
		unmap(m, 0, PAGES);
		for (int i = 0; i < PAGES; i++)
			assert_int_equal(dma(m, i, false), -EFAULT);
		map(m, 3, 40, 2);
		assert_int_equal(dma(m, 3, false), 41);
		assert_int_equal(dma(m, 4, true), 0);
		assert_int_equal(m->memory[PAGE * 41 + 7], 0);
		unmap(m, 3, 2);
		assert_int_equal(m->violations, 0);
		machine_free(m);
	}
}

/* Reads whatever is there: a page's own byte, or nothing. */
static void *device_main(void *arg)
{
	struct machine *m = arg;
	unsigned int seed = 1;

	while (!__atomic_load_n(&m->stop, __ATOMIC_RELAXED)) {
		int at = rand_r(&seed) % PAGES;
		int got = dma(m, at, false);

		/* Page n is mapped at n or, turned round, at PAGES - 1 - n. */
		if (got >= 0 && got != at + 1 && got != PAGES - at)
			abort();
		m->hits += got >= 0;
	}
	return NULL;
}

/* Law: unmapping is complete when it returns, whatever devices do meanwhile. */
static void test_churn(void **state)
{
	struct machine *m = machine_new("tegra241", UIOMMUFD_ENGINE_THREAD);
	pthread_t device;

	assert_int_equal(pthread_create(&device, NULL, device_main, m), 0);
	for (int i = 0; i < ROUNDS; i++) {
		unsigned int at = i * 7 % PAGES;
		unsigned int page = i % 2 ? at : PAGES - 1 - at;

		map(m, at, page, 1);
		if (i % 8 == 0)
			assert_int_equal(dma(m, at, false), page + 1);
		unmap(m, at, 1);
		assert_int_equal(dma(m, at, false), -EFAULT);
	}
	__atomic_store_n(&m->stop, true, __ATOMIC_RELAXED);
	pthread_join(device, NULL);
	assert_int_equal(m->violations, 0);
	machine_free(m);
}

static struct machine *with_lost_unmap(void)
{
	struct machine *m = machine_new("tegra241", UIOMMUFD_ENGINE_INLINE);
	struct uiommufd_fault fault;

	map(m, 0, 0, 1);
	assert_int_equal(dma(m, 0, false), 1);
	assert_int_equal(uiommufd_fault_parse("lost-invalidation,times=0",
					      &fault, NULL), 0);
	assert_true(uiommufd_fault_inject(m->platform, &fault) >= 0);
	unmap(m, 0, 1);
	uiommufd_fault_clear(m->platform, -1);
	return m;
}

/* Law: hardware that loses an invalidation is found by the command stream. */
static void test_lost(void **state)
{
	struct machine *m = with_lost_unmap();

	assert_int_equal(dma(m, 0, false), 1);
	assert_int_equal(m->violations, 1);
	assert_int_equal(m->found, UIOMMUFD_DMA_LOST);
	machine_free(m);
}

/*
 * Law: where no command is known to have covered it, as with a driver that
 * sent none, memory that was unpinned tells.
 */
static void test_unpinned(void **state)
{
	struct machine *m = with_lost_unmap();

	/* The law remembers so many commands; these push that one out. */
	for (int i = 0; i < 600; i++) {
		map(m, 1, 1, 1);
		unmap(m, 1, 1);
	}
	assert_int_equal(dma(m, 0, false), 1);
	assert_int_equal(m->violations, 1);
	assert_int_equal(m->found, UIOMMUFD_DMA_FORGOTTEN);
	machine_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reach),
		cmocka_unit_test(test_churn),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_unpinned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
