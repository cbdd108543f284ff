/* SPDX-License-Identifier: MIT */
/*
 * What a test of a client or a driver needs whatever its framework is: a
 * platform and a context for each test, an audit at its end, and texts that
 * say what is wrong.
 *
 * <uiommufd/cmocka.h> and <uiommufd/gtest.h> make fixtures and assertions of
 * it; for another framework that takes a page of code.
 *
 * Texts returned as char * are the caller's, to be freed with free().  They are
 * NULL when there is nothing to say.
 *
 * Context: the test's thread, with no call in progress in others; several tests
 * may run at once, a thread each.
 */
#ifndef UIOMMUFD_TESTING_H
#define UIOMMUFD_TESTING_H

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "inspect.h"
#include "mmio.h"
#include "ops.h"
#include "platform.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A test's own machine, with one context open on it. */
struct uiommufd_test {
	struct uiommufd_platform *platform;
	int fd;			/* -1 once the test has closed it itself */
};

/**
 * uiommufd_test_begin - a fresh platform and an open context.
 * @test: filled in; the caller's memory
 * @kind: NULL means "mock"; see <uiommufd/platform.h>
 *
 * Places of allocation are kept (UIOMMUFD_DEBUG=refs) unless the environment
 * says otherwise.
 * Return: 0; -1 with errno as uiommufd_platform_new() and uiommufd_open() give
 * it, and nothing is left.
 */
int uiommufd_test_begin(struct uiommufd_test *test, const char *kind)
	UIOMMUFD_API;

/**
 * uiommufd_test_end - close the context, audit and free the platform.
 *
 * Ends what was expected of driver ops, too, after the context is closed, so
 * that what closing calls can be expected.
 *
 * A platform that is not clean may still be in use by what leaked: it is left
 * to the process.
 * Return: NULL: clean; else what uiommufd_op_expect_end() says, what the audit
 * counts, and where the blocks come from.
 */
char *uiommufd_test_end(struct uiommufd_test *test) UIOMMUFD_API;

/**
 * uiommufd_test_graph - compare the object graph with a text.
 * @fd: of a context
 * @expected: as uiommufd_graph() would write it
 *
 * Return: NULL: equal; else the first line that differs, and the whole graph.
 */
char *uiommufd_test_graph(int fd, const char *expected) UIOMMUFD_API;

/**
 * uiommufd_test_counts - whether all counts are explained by the graph.
 * @fd: of a context in which no command is running
 *
 * Return: NULL: yes; else the objects whose counts are not.
 */
char *uiommufd_test_counts(int fd) UIOMMUFD_API;

/**
 * uiommufd_test_destroy - IOMMU_DESTROY.
 * @fd: of a context; @id: the object
 *
 * Return: NULL: done; else the error, who needs the object and the legal order
 * (uiommufd_explain()).
 */
char *uiommufd_test_destroy(int fd, uint32_t id) UIOMMUFD_API;

/* For the macros of frameworks: calls of a driver op said to be expected here. */
static inline char *uiommufd_test_expect_op(struct uiommufd_platform *platform,
					    const char *op, uint32_t count,
					    const char *file, int line)
{
	struct uiommufd_op_expected expected;

	memset(&expected, 0, sizeof(expected));
	expected.op = op;
	expected.count = count;
	expected.file = file;
	expected.line = line;
	return uiommufd_op_expect(platform, &expected);
}

/* And answered in the driver's place. */
static inline char *uiommufd_test_answer_op(struct uiommufd_platform *platform,
					    const char *op, long value,
					    const char *file, int line)
{
	struct uiommufd_op_expected expected;

	memset(&expected, 0, sizeof(expected));
	expected.op = op;
	expected.count = 1;
	expected.answers = true;
	expected.value = value;
	expected.file = file;
	expected.line = line;
	return uiommufd_op_expect(platform, &expected);
}

/* For the macros of frameworks: an access said to be expected here. */
static inline void uiommufd_test_expect_mmio(struct uiommufd_mmio *mmio,
					     bool write, uint32_t offset,
					     unsigned int width, uint64_t value,
					     uint64_t mask, const char *file,
					     int line)
{
	struct uiommufd_mmio_expected access;

	memset(&access, 0, sizeof(access));
	access.offset = offset;
	access.width = (uint8_t)width;
	access.write = write;
	access.value = value;
	access.mask = mask;
	access.file = file;
	access.line = line;
	uiommufd_mmio_expect(mmio, &access);
}

#ifdef __cplusplus
}
#endif

#endif
