// SPDX-License-Identifier: MIT
/* Laws of lib/client/testing.c: what is wrong is said, what is right is not. */
#include "client_rig.h"

#include <uiommufd/testing.h>

#define assert_says(text, words) \
	do { \
		assert_non_null(text); \
		assert_non_null(strstr((text), (words))); \
	} while (0)

/* A test that cleans up has nothing to answer for, on any kind of platform. */
static void clean_tests(void **state)
{
	static const char *const kinds[] = {
		NULL, "mock", "smmuv3", "tegra241",
	};
	struct uiommufd_test test;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		assert_int_equal(uiommufd_test_begin(&test, kinds[i]), 0);
		make_ioas(test.fd);
		assert_null(uiommufd_test_end(&test));
	}
}

static void unknown_kind(void **state)
{
	struct uiommufd_test test;

	errno = 0;
	assert_int_equal(uiommufd_test_begin(&test, "toaster"), -1);
	assert_int_equal(errno, EINVAL);
}

/* A descriptor that stays open keeps objects: their places are printed. */
static void leaks_are_blamed(void **state)
{
	struct uiommufd_platform *platform;
	struct uiommufd_test test;
	char *text;
	int stray;

	assert_int_equal(uiommufd_test_begin(&test, NULL), 0);
	platform = test.platform;
	make_ioas(test.fd);
	stray = uiommufd_dup(test.fd);
	text = uiommufd_test_end(&test);
	assert_says(text, "objects 1,");
	assert_says(text, "\nLeak of ");
	assert_says(text, "iommufd_ioas_alloc");
	assert_says(text, "SUMMARY: uiommufd: ");
	free(text);
	assert_int_equal(uiommufd_close(stray), 0);
	uiommufd_platform_free(platform);
}

/* The first different line is shown, from either side. */
static void graphs_are_compared(void **state)
{
	struct client *client = *state;
	char *graph, *text;

	make_ioas(client->fd);
	graph = uiommufd_graph(client->fd);
	assert_null(uiommufd_test_graph(client->fd, graph));
	graph[strlen("IOAS ")] = '7';
	text = uiommufd_test_graph(client->fd, graph);
	assert_says(text, "in line 1\nexpected: IOAS 7");
	assert_says(text, "\n   found: IOAS 1");
	free(text);
	text = uiommufd_test_graph(client->fd, "");
	assert_says(text, "expected: \n   found: IOAS 1");
	free(text);
	free(graph);
	text = uiommufd_test_graph(0, "");
	assert_says(text, "no context");
	free(text);
}

static void refusals_are_explained(void **state)
{
	struct client *client = *state;
	struct guest guest = make_guest(client->fd);
	char *text = uiommufd_test_destroy(client->fd, guest.parent);

	assert_says(text, "Device or resource busy");
	assert_says(text, "  VIOMMU 6\n");
	assert_says(text, "the way there:\n");
	free(text);
	assert_null(uiommufd_test_destroy(client->fd, guest.viommu));
	text = uiommufd_test_destroy(client->fd, guest.viommu);
	assert_says(text, "no such object");
	free(text);
	assert_null(uiommufd_test_counts(client->fd));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clean_tests),
		cmocka_unit_test(unknown_kind),
		cmocka_unit_test(leaks_are_blamed),
		CLIENT_TEST(graphs_are_compared),
		CLIENT_TEST(refusals_are_explained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
