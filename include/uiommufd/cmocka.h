/* SPDX-License-Identifier: MIT */
/*
 * cmocka fixtures and assertions.
 *
 *	static void alloc_gives_the_lowest_id(void **state)
 *	{
 *		struct uiommufd_test *test = *state;
 *		struct iommu_ioas_alloc cmd = { .size = sizeof(cmd) };
 *
 *		assert_ioctl(test->fd, IOMMU_IOAS_ALLOC, &cmd);
 *		assert_int_equal(cmd.out_ioas_id, 1);
 *		assert_destroy(test->fd, 1);
 *	}
 *
 *	const struct CMUnitTest tests[] = {
 *		uiommufd_unit_test(alloc_gives_the_lowest_id),
 *		uiommufd_unit_test_on("tegra241", a_queue_runs),
 *	};
 *
 * Each test has a platform and a context of its own.  When it leaves an object,
 * a block, a lock or a mapping behind, or something has warned, the test fails
 * and the places of allocation are printed.
 *
 * cmocka writes TAP or JUnit's XML by itself: CMOCKA_MESSAGE_OUTPUT=TAP or =XML
 * in the environment.
 *
 * What <cmocka.h> wants to be included before it is included here.
 *
 * Context: the test's thread.
 */
#ifndef UIOMMUFD_CMOCKA_H
#define UIOMMUFD_CMOCKA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "testing.h"

/* Line by line: cmocka cuts what is longer than a kilobyte. */
static inline void uiommufd_print_error(const char *text)
{
	while (*text) {
		int length = (int)strcspn(text, "\n");

		print_error("%.*s\n", length, text);
		text += length + (text[length] == '\n');
	}
}

/* Fails the test with a text of ours, if there is one. */
static inline void uiommufd_fail_with(char *text, const char *file, int line)
{
	if (!text)
		return;
	uiommufd_print_error(text);
	free(text);
	_fail(file, line);
}

/** uiommufd_cmocka_setup - a fixture's setup; *state: the kind, or NULL. */
static inline int uiommufd_cmocka_setup(void **state)
{
	struct uiommufd_test *test =
		(struct uiommufd_test *)calloc(1, sizeof(*test));

	if (test && !uiommufd_test_begin(test, (const char *)*state)) {
		*state = test;
		return 0;
	}
	print_error("no platform: %s\n", strerror(errno));
	free(test);
	*state = NULL;
	return -1;
}

/** uiommufd_cmocka_teardown - and its end; what is left fails the test. */
static inline int uiommufd_cmocka_teardown(void **state)
{
	struct uiommufd_test *test = (struct uiommufd_test *)*state;
	char *blame = test ? uiommufd_test_end(test) : NULL;

	free(test);
	*state = NULL;
	if (blame)
		uiommufd_print_error(blame);
	free(blame);
	return blame ? -1 : 0;
}

/* A row of the table of tests: @function on a platform of @kind. */
#define uiommufd_unit_test_on(kind, function) \
	{ \
		#function, (function), uiommufd_cmocka_setup, \
		uiommufd_cmocka_teardown, (void *)(kind) \
	}
#define uiommufd_unit_test(function) uiommufd_unit_test_on(NULL, function)

/* The graph is exactly this text. */
#define assert_object_graph(fd, expected) \
	uiommufd_fail_with(uiommufd_test_graph((fd), (expected)), __FILE__, \
			   __LINE__)

/* Every count of every object is explained by who holds it. */
#define assert_object_counts(fd) \
	uiommufd_fail_with(uiommufd_test_counts(fd), __FILE__, __LINE__)

/* The call succeeds. */
#define assert_ioctl(fd, request, cmd) \
	do { \
		if (uiommufd_ioctl((fd), (request), (cmd)) < 0) { \
			print_error(#request ": %s\n", strerror(errno)); \
			_fail(__FILE__, __LINE__); \
		} \
	} while (0)

/* The call fails with this errno. */
#define assert_ioctl_fails(fd, request, cmd, error) \
	do { \
		errno = 0; \
		assert_int_equal(uiommufd_ioctl((fd), (request), (cmd)), -1); \
		assert_int_equal(errno, (error)); \
	} while (0)

/* The object can be destroyed; if not, why not. */
#define assert_destroy(fd, id) \
	uiommufd_fail_with(uiommufd_test_destroy((fd), (id)), __FILE__, \
			   __LINE__)

/*
 * What a driver does to a device's registers, in order: @width bytes at @offset
 * of @mmio, such as uiommufd_vcmdq_registers(platform), where offset and value
 * have names in <uiommufd/registers.h>.  From the first of them
 * to the assertion no other write may come.
 */
#define expect_mmio_write(mmio, offset, width, value) \
	expect_mmio_write_bits((mmio), (offset), (width), (value), \
			     UIOMMUFD_MMIO_ALL64)
/* Only the bits of @mask matter: 0 for any value. */
#define expect_mmio_write_bits(mmio, offset, width, value, mask) \
	uiommufd_test_expect_mmio((mmio), true, (offset), (width), (value), \
				  (mask), __FILE__, __LINE__)
#define expect_mmio_read(mmio, offset, width) \
	uiommufd_test_expect_mmio((mmio), false, (offset), (width), 0, 0, \
				  __FILE__, __LINE__)
/* All that was expected has come; expects nothing from now on. */
#define assert_mmio(mmio) \
	uiommufd_fail_with(uiommufd_mmio_expect_end(mmio), __FILE__, \
			   __LINE__)

/*
 * Ops of the platform's drivers, in order: see <uiommufd/ops.h>.  Calls of ops
 * that no expectation names are free.  What came unexpected or has not come
 * fails the test at assert_ops(), or else when its fixture ends.
 */
#define expect_op(platform, op) expect_op_count(platform, op, 1)
/* @count calls of it, one after the other. */
#define expect_op_count(platform, op, count) \
	uiommufd_fail_with(uiommufd_test_expect_op((platform), (op), (count), \
						   __FILE__, __LINE__), \
			   __FILE__, __LINE__)
/* The driver is not called: the op gives @value, such as -ENOMEM. */
#define expect_op_return(platform, op, value) \
	uiommufd_fail_with(uiommufd_test_answer_op((platform), (op), (value), \
						   __FILE__, __LINE__), \
			   __FILE__, __LINE__)
/* From now on it is not called. */
#define expect_no_op(platform, op) expect_op_count(platform, op, 0)
/* Nor is any op that no expectation names. */
#define expect_no_other_op(platform) expect_op_count(platform, NULL, 0)
/* All that was expected has come; expects nothing from now on. */
#define assert_ops(platform) \
	uiommufd_fail_with(uiommufd_op_expect_end(platform), __FILE__, \
			   __LINE__)

#endif
