// SPDX-License-Identifier: MIT
/*
 * What an operation that is made to fail gives, call by call: the errno of its
 * first such place, its second, and so on.
 *
 * ENOENT: an object is not found by its identifier.  EINVAL: pages cannot be
 * added to a user, or reserved ranges of a device be taken over.  ENOMEM: pages
 * cannot be charged, or be shown in a mapping.  EMFILE: no number is free for a
 * file, but ENOMEM for that of an access.
 */
#include "sweep.h"

#include <errno.h>
#include <string.h>

#define PLACES 4

static const struct {
	const char *row;
	int errnos[PLACES];	/* 0 ends */
} operations[] = {
	{ "IOAS_ALLOW_IOVAS", { ENOENT } },
	{ "IOAS_IOVA_RANGES", { ENOENT } },
	{ "IOAS_IOVA_RANGES without room", { ENOENT } },
	{ "IOAS_MAP", { ENOENT } },
	{ "IOAS_MAP automatic", { ENOENT } },
	{ "IOAS_MAP with a domain", { ENOENT, EINVAL, ENOMEM } },
	{ "IOAS_MAP_FILE", { ENOENT, EINVAL, ENOMEM } },
	{ "IOAS_COPY", { ENOENT, ENOENT } },
	{ "IOAS_UNMAP", { ENOENT } },
	{ "IOAS_UNMAP with a domain", { ENOENT } },
	{ "IOAS_UNMAP of everything", { ENOENT } },
	{ "IOAS_MAP charged to the process", { ENOENT, EINVAL, ENOMEM } },
	{ "OPTION get", { ENOENT } },
	{ "OPTION set", { ENOENT } },
	{ "HWPT_ALLOC", { ENOENT, EINVAL } },
	{ "HWPT_ALLOC nested", { ENOENT, EINVAL } },
	{ "HWPT_ALLOC nested on a vIOMMU", { ENOENT, EINVAL } },
	{ "GET_HW_INFO", { ENOENT } },
	{ "HWPT_SET_DIRTY_TRACKING", { ENOENT } },
	{ "HWPT_GET_DIRTY_BITMAP", { ENOENT } },
	{ "FAULT_QUEUE_ALLOC", { EMFILE } },
	{ "VIOMMU_ALLOC", { ENOENT, ENOENT } },
	{ "VDEVICE_ALLOC", { ENOENT, ENOENT } },
	{ "HWPT_ALLOC nested with faults", { ENOENT, EINVAL, ENOENT } },
	{ "VEVENTQ_ALLOC", { ENOENT, EMFILE } },
	{ "HW_QUEUE_ALLOC", { ENOENT, EINVAL } },
	{ "VFIO_IOAS", { ENOENT } },
	{ "ADD_RESERVED", { ENOENT } },
	{ "MOCK_DOMAIN", { ENOENT, EINVAL, EINVAL, ENOMEM } },
	{ "MOCK_DOMAIN_FLAGS", { ENOENT, EINVAL, EINVAL, ENOMEM } },
	{ "MD_CHECK_MAP", { ENOENT } },
	{ "CREATE_ACCESS", { ENOMEM, ENOENT } },
	{ "ACCESS_PAGES", { EINVAL, ENOMEM } },
	{ "ACCESS_PAGES with a domain", { EINVAL } },
	{ "MOCK_DOMAIN_REPLACE", { ENOENT, ENOENT } },
	{ "ACCESS_REPLACE_IOAS", { ENOENT } },
	{ "ACCESS_REPLACE_IOAS with pins", { ENOENT } },
	{ "DIRTY", { ENOENT } },
	{ "MD_CHECK_IOTLB", { ENOENT } },
	{ "TRIGGER_IOPF", { ENOENT } },
	{ "DEV_CHECK_CACHE", { ENOENT } },
	{ "TRIGGER_VEVENT", { ENOENT } },
	{ "PASID_ATTACH", { ENOENT, ENOENT } },
	{ "PASID_REPLACE", { ENOENT, ENOENT } },
	{ "PASID_DETACH", { ENOENT } },
	{ "PASID_CHECK_HWPT", { ENOENT, ENOENT } },
	{ "DMABUF_GET", { EMFILE } },
	{ "VFIO_IOMMU_MAP_DMA", { EINVAL, ENOMEM } },
	{ "mmap", { ENOMEM } },
	{ "mmap fixed over one", { ENOMEM } },
	{ "attach without IOMMU", { ENOENT, EINVAL, ENOMEM } },
	{ "replace without IOMMU", { ENOENT } },
	{ "IOAS_NOIOMMU_GET_PA", { ENOENT } },
	{ "HWPT_INVALIDATE nested, two entries", { ENOENT } },
	{ "HWPT_INVALIDATE, two entries", { ENOENT } },
	{ "GET_HW_INFO of an SMMUv3", { ENOENT } },
	{ "GET_HW_INFO of a CMDQV", { ENOENT } },
	{ "HWPT_ALLOC of a parent", { ENOENT, EINVAL, EINVAL, ENOMEM } },
	{ "attach to an IOAS", { ENOENT, EINVAL, EINVAL, ENOMEM } },
	{ "attach to a parent", { ENOENT, EINVAL } },
	{ "VIOMMU_ALLOC of an SMMUv3", { ENOENT, ENOENT } },
	{ "VIOMMU_ALLOC of a CMDQV", { ENOENT, ENOENT } },
	{ "mmap of a VINTF", { ENOMEM } },
	{ "VDEVICE_ALLOC on a VINTF", { ENOENT, ENOENT } },
	{ "HWPT_ALLOC nested on a VINTF", { ENOENT, EINVAL } },
	{ "attach to a nested table", { ENOENT } },
	{ "back to the parent", { ENOENT } },
	{ "VEVENTQ_ALLOC of an SMMUv3", { ENOENT, EMFILE } },
	{ "VEVENTQ_ALLOC of a CMDQV", { ENOENT, EMFILE } },
	{ "HWPT_INVALIDATE on a VINTF", { ENOENT } },
	{ "HW_QUEUE_ALLOC on a VINTF", { ENOENT, EINVAL } },
	{ "HW_QUEUE_ALLOC, the second", { ENOENT, EINVAL } },
};

int sweep_operation_errno(const struct sweep_row *row, unsigned int nth)
{
	for (size_t i = 0; i < sizeof(operations) / sizeof(*operations); i++)
		if (!strcmp(operations[i].row, row->name))
			return nth <= PLACES ? operations[i].errnos[nth - 1] : 0;
	return 0;
}
