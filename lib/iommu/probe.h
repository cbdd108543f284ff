/* SPDX-License-Identifier: MIT */
/* Devices meet the instance that serves them. */
#ifndef IOMMU_PROBE_H
#define IOMMU_PROBE_H

struct dev_iommu;
struct device;

/* The device's data, made if there is none; NULL without memory. */
struct dev_iommu *dev_iommu_need(struct device *dev);
/* Frees the data of a device that no instance serves. */
void dev_iommu_free(struct device *dev);

/*
 * An instance takes the device if its fwspec names one that is registered.
 * Context: probe mutex held.  Return: 0, also if there is none (yet); -errno.
 */
int iommu_probe_device_locked(struct device *dev);
/* Undoes it; nothing if it is not served.  Context: probe mutex held. */
void iommu_release_device_locked(struct device *dev);

#endif
