/* SPDX-License-Identifier: MIT */
/*
 * IOMMU_TEST_CMD: what clients of a test build can see and do beyond the ABI.
 *
 * SELFTEST objects ("stdev") are mock devices with their binding; access files
 * are accesses with what they have pinned.  The mock driver is reached through
 * the hook table of iommufd-mock.h only.
 *
 * Facts: spec/80 sections 2 to 4, 10 to 15.
 */
#ifndef OBJECTS_SELFTEST_H
#define OBJECTS_SELFTEST_H

#include <iommufd-mock.h>
#include <uapi/linux/iommufd_test.h>

#include "objects/objects.h"

/* A mock device that the test command made, bound and attached. */
struct iommufd_selftest {
	struct iommufd_object obj;
	struct device *dev;		/* owned; NULL: not made */
	struct iommufd_device *idev;	/* owned; NULL: not bound */
	/* As a driver's: attach, replace and detach of a device take turns. */
	struct mutex lock;
};

/* The mock of this machine; NULL: it has none. */
static inline const struct iommufd_mock_ops *selftest_mock(void)
{
	struct iommu_device *iommu;

	return iommufd_mock_get(&iommu);
}

static inline struct iommu_test_cmd *selftest_cmd(struct iommufd_ucmd *ucmd)
{
	return ucmd->cmd;
}

static inline int selftest_respond(struct iommufd_ucmd *ucmd)
{
	return iommufd_ucmd_respond(ucmd, sizeof(struct iommu_test_cmd));
}

/* One for each operation; the command's own errors. */
int selftest_mock_domain(struct iommufd_ucmd *ucmd);
int selftest_mock_domain_flags(struct iommufd_ucmd *ucmd);
int selftest_mock_domain_replace(struct iommufd_ucmd *ucmd);
int selftest_pasid_attach(struct iommufd_ucmd *ucmd);
int selftest_pasid_replace(struct iommufd_ucmd *ucmd);
int selftest_pasid_detach(struct iommufd_ucmd *ucmd);
int selftest_pasid_check(struct iommufd_ucmd *ucmd);
int selftest_trigger_iopf(struct iommufd_ucmd *ucmd);
int selftest_trigger_vevent(struct iommufd_ucmd *ucmd);
int selftest_check_dev_cache(struct iommufd_ucmd *ucmd);

int selftest_check_map(struct iommufd_ucmd *ucmd);
int selftest_check_refs(struct iommufd_ucmd *ucmd);
int selftest_check_iotlb(struct iommufd_ucmd *ucmd);
int selftest_dirty(struct iommufd_ucmd *ucmd);

int selftest_create_access(struct iommufd_ucmd *ucmd);
int selftest_access_pages(struct iommufd_ucmd *ucmd);
int selftest_destroy_access_pages(struct iommufd_ucmd *ucmd);
int selftest_access_rw(struct iommufd_ucmd *ucmd);
int selftest_access_replace_ioas(struct iommufd_ucmd *ucmd);

int selftest_dmabuf_get(struct iommufd_ucmd *ucmd);
int selftest_dmabuf_revoke(struct iommufd_ucmd *ucmd);

#endif
