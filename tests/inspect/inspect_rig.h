/* SPDX-License-Identifier: MIT */
/* A context of the mock, seen from outside and from inside. */
#ifndef TESTS_INSPECT_RIG_H
#define TESTS_INSPECT_RIG_H

#include "../client/client_rig.h"

#include "core/core.h"
#include "inspect/inspect.h"

static inline uint32_t make_vdevice(int fd, const struct guest *guest,
				    uint64_t virt_id)
{
	struct iommu_vdevice_alloc cmd = {
		.size = sizeof(cmd), .viommu_id = guest->viommu,
		.dev_id = guest->idev, .virt_id = virt_id,
	};

	assert_int_equal(uiommufd_ioctl(fd, IOMMU_VDEVICE_ALLOC, &cmd), 0);
	return cmd.out_vdevice_id;
}

#endif
