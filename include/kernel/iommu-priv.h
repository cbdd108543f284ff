/* SPDX-License-Identifier: MIT */
/* Between the IOMMU core, its drivers and iommufd; not for others. */
#ifndef __LINUX_IOMMU_PRIV_H
#define __LINUX_IOMMU_PRIV_H

#include <linux/bug.h>
#include <linux/iommu.h>
#include <uik/abi.h>

/* The ops that serve a device that has been probed. */
static inline const struct iommu_ops *dev_iommu_ops(struct device *dev)
{
	return dev->iommu->iommu_dev->ops;
}

/* Whether an IOMMU serves it. */
static inline bool dev_has_iommu(struct device *dev)
{
	return dev->iommu && dev->iommu->iommu_dev;
}

/**
 * iommu_device_register_bus - as iommu_device_register(), for a bus.
 * @bus: its devices are looked at now
 * @nb: of the driver; this kit tells the core of devices without it
 */
int iommu_device_register_bus(struct iommu_device *iommu,
			      const struct iommu_ops *ops,
			      const struct bus_type *bus,
			      struct notifier_block *nb)
	__uik(iommu_device_register_bus);
/** iommu_device_unregister_bus - undo it. */
void iommu_device_unregister_bus(struct iommu_device *iommu,
				 const struct bus_type *bus,
				 struct notifier_block *nb)
	__uik(iommu_device_unregister_bus);

/**
 * iommu_mock_device_add - add a device that @iommu serves to its bus.
 * @dev: initialised and named, bus and release set
 *
 * Return: 0; -ENOMEM; what device_add(), probe_device, device_group or the
 * attachment of the default domain gave (the device is not added then).
 */
int iommu_mock_device_add(struct device *dev, struct iommu_device *iommu)
	__uik(iommu_mock_device_add);

/**
 * iommu_dev_recovery_begin - a device is being reset.
 *
 * It is blocked, its attachments stay on record, new ones of its group fail
 * with -EBUSY, detaching does not call its driver.
 * Return: 0; -ENODEV no group, or nothing to block it with; -EBUSY it is
 * recovering already; what the driver says.
 */
int iommu_dev_recovery_begin(struct device *dev)
	__uik(iommu_dev_recovery_begin);
/** iommu_dev_recovery_end - it gets its attachments back; WARN if it cannot. */
void iommu_dev_recovery_end(struct device *dev) __uik(iommu_dev_recovery_end);

#endif
