/* SPDX-License-Identifier: MIT */
/*
 * Driver ops that a test expects to be called, in order.
 *
 * Ops of struct iommu_ops, iommu_domain_ops, iommu_dirty_ops, pt_iommu_ops and
 * iommufd_viommu_ops, of whatever driver the platform has: the mock, the SMMUv3
 * or one's own.  An op is named as its member: "vdevice_init", "attach_dev".
 * Members called destroy have their object before it: "viommu_destroy",
 * "vdevice_destroy", "hw_queue_destroy"; unmap of struct iommufd_access_ops is
 * "access_unmap".  The mock's and the SMMUv3's paging domains are a struct
 * pt_iommu: what maps in them is "map_range", not "map_pages".
 *
 * Calls of ops that no expectation names are free.  A call of one that is named
 * must be the next one expected, in the order of the expectations.
 *
 * <uiommufd/cmocka.h> and <uiommufd/gtest.h> have macros, and their fixtures
 * end what the test itself does not.
 *
 * Context: any thread, outside of the ops themselves; they may be called from
 * any thread meanwhile.
 */
#ifndef UIOMMUFD_OPS_H
#define UIOMMUFD_OPS_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef UIOMMUFD_API
#define UIOMMUFD_API __attribute__((visibility("default")))
#endif

struct uiommufd_platform;

/* Calls of an op that a test expects. */
struct uiommufd_op_expected {
	const char *op;		/* NULL with count 0: each op not named */
	uint32_t count;		/* calls, one after the other; 0: none at all */
	bool answers;		/* value is given in the driver's place */
	long value;
	const char *file;	/* where the test says so; borrowed */
	int line;
};

/**
 * uiommufd_op_expect - say which op comes next, or must not come.
 * @platform: whose drivers; NULL: those of the process, outside of platforms
 * @expected: copied; comes after all that were said before.  With count 0 it
 *	has no place in the order: it holds from now to the end.
 *
 * With @expected->answers the driver is not called and the op gives value: 0 or
 * -errno; -errno as ERR_PTR() from an op that gives a pointer; 0 from one that
 * gives a size or an address; 0 or 1 from one that gives a bool.  An op that
 * gives nothing cannot be answered for.  A driver that is left out of what is
 * then taken for done may warn later; so does the core where an op may not
 * fail.
 *
 * What goes wrong is kept for uiommufd_op_expect_end(): the depth of a command
 * is no place to fail a test.
 *
 * Return: NULL; else why there can be no such expectation, the caller's, to be
 * freed with free().
 */
char *uiommufd_op_expect(struct uiommufd_platform *platform,
			 const struct uiommufd_op_expected *expected)
	UIOMMUFD_API;

/**
 * uiommufd_op_expect_end - expect nothing any more.
 * @platform: as above
 *
 * Return: NULL: what was expected came, in order, and nothing else of what was
 * named; else a text with each op that came unexpected, from where, each that
 * did not come, and the ops that were called; the caller's, to be freed with
 * free().  NULL, too, if nothing had been expected.
 */
char *uiommufd_op_expect_end(struct uiommufd_platform *platform) UIOMMUFD_API;

#ifdef __cplusplus
}
#endif

#endif
