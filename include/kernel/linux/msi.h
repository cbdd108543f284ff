/* SPDX-License-Identifier: MIT */
/* Message interrupts: only what their translation by an IOMMU needs. */
#ifndef __LINUX_MSI_H
#define __LINUX_MSI_H

#include <linux/types.h>

struct device;

/*
 * One message of a device.
 *
 * @iommu_msi_iova: where the doorbell's page is for the device, in units of
 *	1 << @iommu_msi_shift; a shift of 0: not translated
 */
struct msi_desc {
	struct device *dev;
	u64 iommu_msi_iova : 58;
	u64 iommu_msi_shift : 6;
};

/* msi_desc_set_iommu_msi_iova - the device must write to @msi_iova. */
static inline void msi_desc_set_iommu_msi_iova(struct msi_desc *desc,
					       u64 msi_iova,
					       unsigned int msi_shift)
{
	desc->iommu_msi_iova = msi_iova >> msi_shift;
	desc->iommu_msi_shift = msi_shift;
}

#endif
