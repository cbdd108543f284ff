// SPDX-License-Identifier: MIT
/*
 * Law: a platform, its engine's thread and its open contexts are there twice
 * after a fork, and neither process sees what the other does to its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "support/guest_rig.h"
#include "support/mock.h"

static void none(const char *error)
{
	if (error)
		fail_msg("%s", error);
}

/* Runs @use in a child at the same time as @meanwhile here. */
static void in_both(struct guest *g, const char *(*use)(struct guest *g),
		    const char *(*meanwhile)(struct guest *g))
{
	const char *error;
	pid_t child = fork();
	int status;

	if (!child) {
		error = use(g);
		if (error)
			fprintf(stderr, "the child: %s\n", error);
		_exit(error != NULL);
	}
	error = meanwhile(g);
	assert_int_equal(waitpid(child, &status, 0), child);
	none(error);
	assert_true(WIFEXITED(status) && !WEXITSTATUS(status));
}

static const char *drive(struct guest *g)
{
	for (int i = 0; i < 8; i++) {
		const char *error = guest_sync(g, 100 + i);

		if (error)
			return error;
	}
	return NULL;
}

static const char *fall_and_end(struct guest *g)
{
	const char *error = drive(g);

	error = error ? error : guest_error(g);
	return error ? error : guest_close(g);
}

static void guest_with_a_queue(void **state)
{
	struct guest g;

	none(guest_open(&g));
	none(guest_sync(&g, 16));
	in_both(&g, fall_and_end, drive);
	in_both(&g, drive, drive);
	none(guest_error(&g));
	none(guest_close(&g));
}

/* The mock's vIOMMU has a page that begins with a word of its own. */
static void page_of_the_mock(void **state)
{
	struct uiommufd_platform *platform = mock_platform();
	uint32_t ioas, stdev, idev, hwpt, parent;
	struct iommu_viommu_selftest data = { .in_data = 0x1234 };
	struct iommu_viommu_alloc cmd = {
		.size = sizeof(cmd),
		.type = IOMMU_VIOMMU_TYPE_SELFTEST,
		.data_len = sizeof(data),
		.data_uptr = (uintptr_t)&data,
	};
	int fd = uiommufd_open(platform, O_RDWR), status;
	uint32_t *page;
	pid_t child;

	assert_int_equal(mock_ioas(fd, &ioas), 0);
	assert_int_equal(mock_domain(fd, ioas, 0, &stdev, &idev, &hwpt), 0);
	assert_int_equal(mock_hwpt(fd, idev, ioas, IOMMU_HWPT_ALLOC_NEST_PARENT,
				   &parent), 0);
	cmd.dev_id = idev;
	cmd.hwpt_id = parent;
	assert_int_equal(mock_call(fd, IOMMU_VIOMMU_ALLOC, &cmd), 0);
	page = uiommufd_mmap(NULL, data.out_mmap_length, PROT_READ | PROT_WRITE,
			     MAP_SHARED, fd, data.out_mmap_offset);
	assert_ptr_not_equal(page, MAP_FAILED);
	child = fork();
	if (!child) {
		bool same = page[0] == 0x1234;

		page[0] = 0x5678;
		_exit(!same);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(page[0], 0x1234);
	assert_int_equal(uiommufd_munmap(page, data.out_mmap_length), 0);
	assert_int_equal(uiommufd_close(fd), 0);
	uiommufd_platform_free(platform);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(guest_with_a_queue),
		cmocka_unit_test(page_of_the_mock),
	};

	return cmocka_run_group_tests_name("fork", tests, NULL, NULL);
}
