/* SPDX-License-Identifier: MIT */
/*
 * A stand-in for the iommufd core under the ARM drivers: just what they call,
 * with the tests in the part of the core.
 *
 * vIOMMUs, vDEVICEs and queues are made here as the core makes them: sized by
 * the driver, zeroed, initialised by the driver, published, destroyed.
 */
#ifndef TESTS_ARM_CORE_H
#define TESTS_ARM_CORE_H

#include <linux/iommu.h>
#include <linux/iommufd.h>

/* The last event reported, and how many there were. */
struct core_event {
	unsigned int count;
	struct iommufd_viommu *viommu;
	enum iommu_veventq_type type;
	u64 data[8];
	size_t length;
};

extern struct core_event core_event;
/* Regions offered for mmap. */
extern unsigned int core_mmaps;
extern u64 core_mmap_phys;
/* The next such call fails with this, once. */
extern int core_fail_mmap;

/* 0 with *out, or what the driver returned.  @data may be NULL. */
int core_viommu_new(struct device *dev, struct iommu_domain *parent,
		    enum iommu_viommu_type type,
		    const struct iommu_user_data *data,
		    struct iommufd_viommu **out);
void core_viommu_free(struct iommufd_viommu *viommu);

int core_vdevice_new(struct iommufd_viommu *viommu, struct device *dev,
		     u64 virt_id, struct iommufd_vdevice **out);
void core_vdevice_free(struct iommufd_vdevice *vdev);

int core_queue_new(struct iommufd_viommu *viommu, u32 index, u64 length,
		   phys_addr_t base, struct iommufd_hw_queue **out);
/* -EBUSY while another queue depends on it. */
int core_queue_free(struct iommufd_hw_queue *queue);

#endif
