/* SPDX-License-Identifier: MIT */
/*
 * The same for GLib's GTest: fixtures and assertions.
 *
 *	static void alloc(struct uiommufd_test *test, const void *kind)
 *	{
 *		struct iommu_ioas_alloc cmd = { .size = sizeof(cmd) };
 *
 *		g_assert_ioctl(test->fd, IOMMU_IOAS_ALLOC, &cmd);
 *		g_assert_destroy(test->fd, cmd.out_ioas_id);
 *	}
 *
 *	uiommufd_gtest_add("/ioas/alloc", NULL, alloc);
 *
 * A test that leaves something behind fails in its teardown.  GTest writes TAP
 * with --tap (and by default since GLib 2.62).
 *
 * Context: the test's thread.
 */
#ifndef UIOMMUFD_GTEST_H
#define UIOMMUFD_GTEST_H

#include <glib.h>

#include "testing.h"

/* Fails the test with a text of ours, if there is one. */
static inline void uiommufd_gtest_fail_with(char *text, const char *file,
					    int line, const char *function)
{
	if (!text)
		return;
	g_assertion_message(G_LOG_DOMAIN, file, line, function, text);
	free(text);
}

/** uiommufd_gtest_setup - @kind: of the platform, or NULL. */
static inline void uiommufd_gtest_setup(struct uiommufd_test *test,
					const void *kind)
{
	if (uiommufd_test_begin(test, (const char *)kind))
		g_error("no platform: %s", g_strerror(errno));
}

/** uiommufd_gtest_teardown - what is left fails the test. */
static inline void uiommufd_gtest_teardown(struct uiommufd_test *test,
					   const void *kind)
{
	(void)kind;
	uiommufd_gtest_fail_with(uiommufd_test_end(test), __FILE__, __LINE__,
				 G_STRFUNC);
}

/* @function(struct uiommufd_test *, const void *kind) becomes a test. */
#define uiommufd_gtest_add(path, kind, function) \
	g_test_add((path), struct uiommufd_test, (kind), \
		   uiommufd_gtest_setup, (function), uiommufd_gtest_teardown)

/* The graph is exactly this text. */
#define g_assert_object_graph(fd, expected) \
	uiommufd_gtest_fail_with(uiommufd_test_graph((fd), (expected)), \
				 __FILE__, __LINE__, G_STRFUNC)

/* Every count of every object is explained by who holds it. */
#define g_assert_object_counts(fd) \
	uiommufd_gtest_fail_with(uiommufd_test_counts(fd), __FILE__, \
				 __LINE__, G_STRFUNC)

/* The call succeeds. */
#define g_assert_ioctl(fd, request, cmd) \
	g_assert_cmpint(uiommufd_ioctl((fd), (request), (cmd)), >=, 0)

/* The call fails with this errno. */
#define g_assert_ioctl_fails(fd, request, cmd, error) \
	do { \
		errno = 0; \
		g_assert_cmpint(uiommufd_ioctl((fd), (request), (cmd)), ==, \
				-1); \
		g_assert_cmpint(errno, ==, (error)); \
	} while (0)

/* The object can be destroyed; if not, why not. */
#define g_assert_destroy(fd, id) \
	uiommufd_gtest_fail_with(uiommufd_test_destroy((fd), (id)), \
				 __FILE__, __LINE__, G_STRFUNC)

/*
 * What a driver does to a device's registers, in order: @width bytes at @offset
 * of @mmio, such as uiommufd_vcmdq_registers(platform), where offset and value
 * have names in <uiommufd/registers.h>.  From the first of them
 * to the assertion no other write may come.
 */
#define g_expect_mmio_write(mmio, offset, width, value) \
	g_expect_mmio_write_bits((mmio), (offset), (width), (value), \
			       UIOMMUFD_MMIO_ALL64)
/* Only the bits of @mask matter: 0 for any value. */
#define g_expect_mmio_write_bits(mmio, offset, width, value, mask) \
	uiommufd_test_expect_mmio((mmio), true, (offset), (width), (value), \
				  (mask), __FILE__, __LINE__)
#define g_expect_mmio_read(mmio, offset, width) \
	uiommufd_test_expect_mmio((mmio), false, (offset), (width), 0, 0, \
				  __FILE__, __LINE__)
/* All that was expected has come; expects nothing from now on. */
#define g_assert_mmio(mmio) \
	uiommufd_gtest_fail_with(uiommufd_mmio_expect_end(mmio), \
				 __FILE__, __LINE__, G_STRFUNC)

/*
 * Ops of the platform's drivers, in order: see <uiommufd/ops.h>.  Calls of ops
 * that no expectation names are free.  What came unexpected or has not come
 * fails the test at g_assert_ops(), or else when its fixture ends.
 */
#define g_expect_op(platform, op) g_expect_op_count(platform, op, 1)
/* @count calls of it, one after the other. */
#define g_expect_op_count(platform, op, count) \
	uiommufd_gtest_fail_with( \
		uiommufd_test_expect_op((platform), (op), (count), __FILE__, \
					__LINE__), \
		__FILE__, __LINE__, G_STRFUNC)
/* The driver is not called: the op gives @value, such as -ENOMEM. */
#define g_expect_op_return(platform, op, value) \
	uiommufd_gtest_fail_with( \
		uiommufd_test_answer_op((platform), (op), (value), __FILE__, \
					__LINE__), \
		__FILE__, __LINE__, G_STRFUNC)
/* From now on it is not called. */
#define g_expect_no_op(platform, op) g_expect_op_count(platform, op, 0)
/* Nor is any op that no expectation names. */
#define g_expect_no_other_op(platform) g_expect_op_count(platform, NULL, 0)
/* All that was expected has come; expects nothing from now on. */
#define g_assert_ops(platform) \
	uiommufd_gtest_fail_with(uiommufd_op_expect_end(platform), __FILE__, \
				 __LINE__, G_STRFUNC)

#endif
