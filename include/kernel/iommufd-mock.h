/* SPDX-License-Identifier: MIT */
/*
 * The one hook table into the mock IOMMU driver.
 *
 * The mock registers it with the machine it is probed on; the test command and
 * the machine's builder reach the driver through it and in no other way.
 */
#ifndef UIK_IOMMUFD_MOCK_H
#define UIK_IOMMUFD_MOCK_H

#include <linux/types.h>
#include <uik/abi.h>

struct device;
struct iommu_device;
struct iommu_domain;
struct iopf_fault;
struct platform_device;

/* Name of its platform device. */
#define IOMMUFD_MOCK_DRIVER "iommufd_selftest_iommu"

struct iommufd_mock_ops {
	/*
	 * A new device @name (NULL: iommufd_mockN, N the lowest free), added
	 * and attached to its default domain.  @flags: MOCK_FLAGS_DEVICE_*.
	 * ERR_PTR of -EINVAL (flags), -ENOMEM, -EEXIST.
	 */
	struct device *(*device_add)(struct iommu_device *iommu,
				     const char *name, unsigned long flags);
	void (*device_del)(struct device *dev);
	bool (*is_mock_device)(struct device *dev);
	/* One without a name of its maker's: goes with what made it. */
	bool (*is_anonymous)(struct device *dev);
	bool (*is_mock_paging)(struct iommu_domain *domain);
	bool (*is_mock_nested)(struct iommu_domain *domain);
	/* Marks one entry dirty; 0, or -EINVAL when nothing is mapped. */
	int (*set_dirty)(struct iommu_domain *domain, unsigned long iova);
	bool (*dirty_tracking)(struct iommu_domain *domain);
	/* Entry @index of a nested domain's IOTLB; @index is in range. */
	u32 (*iotlb)(struct iommu_domain *domain, unsigned int index);
	/* Entry @index of a device's cache; @index is in range. */
	u32 (*cache)(struct device *dev, unsigned int index);
	/* The device reports a fault; what came of it does not matter. */
	void (*trigger_fault)(struct device *dev, struct iopf_fault *fault);
	/* The device reports an event: 0, -ENOENT, what reporting gives. */
	int (*trigger_event)(struct device *dev);
};

/**
 * iommufd_mock_register - the mock serves the caller's machine.
 * @iommu: its instance, handed back to @ops->device_add
 * @ops: borrowed
 *
 * Return: 0; -EBUSY there is one.
 */
int iommufd_mock_register(struct iommu_device *iommu,
			  const struct iommufd_mock_ops *ops)
	__uik(iommufd_mock_register);
/** iommufd_mock_unregister - not any more. */
void iommufd_mock_unregister(void) __uik(iommufd_mock_unregister);
/**
 * iommufd_mock_get - the mock of the caller's machine.
 * @out_iommu: its instance
 *
 * Return: NULL if the machine has none.
 */
const struct iommufd_mock_ops *
iommufd_mock_get(struct iommu_device **out_iommu) __uik(iommufd_mock_get);

#endif
