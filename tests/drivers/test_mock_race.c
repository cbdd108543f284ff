/* SPDX-License-Identifier: MIT */
/*
 * Many threads at one context of the mock.  What they do must neither crash
 * nor leave anything; the sanitizers look for the rest (bugs B48, B22, B30).
 */
#include "mock_test.h"

#include <pthread.h>
#include <stdatomic.h>

#define ROUNDS 2000

static uint32_t plain_hwpt, fault_hwpt, fault_id;
static int fault_fd;
static atomic_bool stop;

static int race_setup(void **state)
{
	struct iommu_hwpt_alloc cmd = {
		.size = sizeof(cmd), .flags = IOMMU_HWPT_FAULT_ID_VALID,
	};

	atomic_store(&stop, false);
	if (bench_setup(state) || mock_fault(b.fd, &fault_id, &fault_fd) ||
	    mock_hwpt(b.fd, b.idev, b.ioas, 0, &plain_hwpt))
		return 1;
	cmd.dev_id = b.idev;
	cmd.pt_id = b.ioas;
	cmd.fault_id = fault_id;
	if (mock_call(b.fd, IOMMU_HWPT_ALLOC, &cmd))
		return 1;
	fault_hwpt = cmd.out_hwpt_id;
	return 0;
}

static int race_teardown(void **state)
{
	uiommufd_close(fault_fd);
	return bench_teardown(state);
}

static int replace(uint32_t pt)
{
	return test_op(MOCK_DOMAIN_REPLACE, b.stdev,
		       .mock_domain_replace = { pt });
}

static void *mover(void *arg)
{
	intptr_t bad = 0;
	unsigned int i;

	for (i = 0; i < ROUNDS; i++)
		bad += replace(i % 2 ? plain_hwpt : fault_hwpt) != 0;
	atomic_store(&stop, true);
	return (void *)bad;
}

/* Runs until the mover is done: a fault is always 0, an answer may be late. */
static void *faulter(void *arg)
{
	intptr_t bad = 0;

	while (!atomic_load(&stop))
		bad += test_op(TRIGGER_IOPF, 0,
			       .trigger_iopf = { b.idev, 0, 1, 3, 4096 }) != 0;
	return (void *)bad;
}

static void *answerer(void *arg)
{
	struct iommu_hwpt_pgfault record;
	intptr_t bad = 0;

	while (!atomic_load(&stop)) {
		struct iommu_hwpt_page_response response = { 0 };

		if (uiommufd_read(fault_fd, &record, sizeof(record)) !=
		    sizeof(record))
			continue;
		response.cookie = record.cookie;
		if (uiommufd_write(fault_fd, &response, sizeof(response)) < 0)
			bad += errno != EINVAL;
	}
	return (void *)bad;
}

static void *mapper(void *arg)
{
	uint64_t iova = IOVA + (uintptr_t)arg * 0x1000000;
	intptr_t bad = 0;
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		bad += mock_map(b.fd, b.ioas, b.memory, 16 * PAGE, iova) != 0;
		bad += mock_unmap(b.fd, b.ioas, iova, 16 * PAGE) != 0;
	}
	return (void *)bad;
}

/* Devices come and go; their numbers never collide. */
static void *maker(void *arg)
{
	intptr_t bad = 0;
	unsigned int i;

	for (i = 0; i < ROUNDS / 4; i++) {
		uint32_t one, two;

		if (mock_domain(b.fd, b.ioas, 0, &one, NULL, NULL)) {
			bad++;
			continue;
		}
		if (!mock_domain(b.fd, b.ioas, 0, &two, NULL, NULL))
			bad += mock_destroy(b.fd, two) != 0;
		else
			bad++;
		bad += mock_destroy(b.fd, one) != 0;
	}
	return (void *)bad;
}

static void run_all(void *(*const fn[])(void *), unsigned int count)
{
	pthread_t thread[8];
	unsigned int i;

	for (i = 0; i < count; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, fn[i],
						(void *)(uintptr_t)i), 0);
	for (i = 0; i < count; i++) {
		void *bad;

		pthread_join(thread[i], &bad);
		assert_null(bad);
	}
}

static void faults_while_moving(void **state)
{
	static void *(*const fn[])(void *) = { mover, faulter, faulter,
					       answerer };

	run_all(fn, 4);
}

static void maps_while_devices_come(void **state)
{
	static void *(*const fn[])(void *) = { mapper, mapper, maker, maker };

	run_all(fn, 4);
}

static void *pinner(void *arg)
{
	uint32_t id = (uintptr_t)arg;
	intptr_t bad = 0;

	while (!atomic_load(&stop)) {
		struct iommu_test_cmd cmd =
			test_cmd(IOMMU_TEST_OP_ACCESS_PAGES, id);

		cmd.access_pages.iova = IOVA;
		cmd.access_pages.length = 4 * PAGE;
		/* Not mapped now, or being unmapped: both are right. */
		if (!test_run(&cmd))
			test_op(DESTROY_ACCESS_PAGES, id,
				.destroy_access_pages =
					{ cmd.access_pages.out_access_pages_id });
		else
			bad += errno != ENOENT && errno != EINVAL;
	}
	return (void *)bad;
}

static void *unmapper(void *arg)
{
	void *bad = mapper((void *)0);

	atomic_store(&stop, true);
	return bad;
}

/* Unmapping calls back for pins that are being made. */
static void pins_while_unmapping(void **state)
{
	struct iommu_test_cmd cmd =
		test_cmd(IOMMU_TEST_OP_CREATE_ACCESS, b.ioas);
	pthread_t thread[2];
	void *bad;
	int access;

	cmd.create_access.flags = MOCK_FLAGS_ACCESS_CREATE_NEEDS_PIN_PAGES;
	assert_int_equal(test_run(&cmd), 0);
	access = cmd.create_access.out_access_fd;
	pthread_create(&thread[0], NULL, pinner, (void *)(uintptr_t)access);
	pthread_create(&thread[1], NULL, unmapper, NULL);
	pthread_join(thread[0], &bad);
	assert_null(bad);
	pthread_join(thread[1], &bad);
	assert_null(bad);
	uiommufd_close(access);
}

#define RACE_TEST(name) \
	cmocka_unit_test_setup_teardown(name, race_setup, race_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RACE_TEST(faults_while_moving),
		RACE_TEST(maps_while_devices_come),
		RACE_TEST(pins_while_unmapping),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
