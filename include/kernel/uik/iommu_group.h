/* SPDX-License-Identifier: MIT */
/*
 * Groups of devices; a part of <linux/iommu.h>, which is what to include.
 */
#ifndef UIK_IOMMU_GROUP_H
#define UIK_IOMMU_GROUP_H

#include <linux/iommu.h>

/** iommu_group_alloc - an empty group, one reference; ERR_PTR(-ENOMEM). */
struct iommu_group *iommu_group_alloc(void) __uik(iommu_group_alloc);
/** generic_device_group - a group of its own, as an op. */
struct iommu_group *generic_device_group(struct device *dev)
	__uik(generic_device_group);
/**
 * generic_single_device_group - all devices of the instance in one group.
 *
 * The instance keeps a reference until it is unregistered.
 */
struct iommu_group *generic_single_device_group(struct device *dev)
	__uik(generic_single_device_group);
/** iommu_group_get - the device's group, one more reference; NULL: none. */
struct iommu_group *iommu_group_get(struct device *dev) __uik(iommu_group_get);
/** iommu_group_ref_get - one more reference. */
struct iommu_group *iommu_group_ref_get(struct iommu_group *group)
	__uik(iommu_group_ref_get);
/** iommu_group_put - one less; NULL is fine. */
void iommu_group_put(struct iommu_group *group) __uik(iommu_group_put);
/** iommu_group_id - its number in the machine: the lowest that was free. */
int iommu_group_id(struct iommu_group *group) __uik(iommu_group_id);
/**
 * iommu_group_for_each_dev - visit its devices in order.
 *
 * Context: the group mutex is held around @fn.
 * Return: the first non-zero result of @fn.
 */
int iommu_group_for_each_dev(struct iommu_group *group, void *data,
			     int (*fn)(struct device *dev, void *data))
	__uik(iommu_group_for_each_dev);
/** iommu_group_has_isolated_msi - devices cannot forge others' interrupts. */
bool iommu_group_has_isolated_msi(struct iommu_group *group)
	__uik(iommu_group_has_isolated_msi);
/** iommu_group_mutex_assert - WARN unless the group mutex is held. */
void iommu_group_mutex_assert(struct device *dev)
	__uik(iommu_group_mutex_assert);
/** iommu_group_default_domain - what it uses when nobody owns it. */
struct iommu_domain *iommu_group_default_domain(struct iommu_group *group)
	__uik(iommu_group_default_domain);
/** iommu_get_domain_for_dev - what it uses without PASID; NULL: no IOMMU. */
struct iommu_domain *iommu_get_domain_for_dev(struct device *dev)
	__uik(iommu_get_domain_for_dev);

/**
 * iommu_device_claim_dma_owner - a group is for user space now.
 * @owner: who; not NULL
 *
 * Until released, the group's devices can reach nothing but what @owner
 * attaches.  Counted per call; the other devices of the group can be claimed
 * by the same owner only.
 *
 * Context: may sleep; takes the group mutex.
 * Return: 0; -EINVAL @owner NULL (WARN); -ENODEV no group; -EPERM somebody
 * else's; -EBUSY in use by a driver; what the driver says to blocking it.
 * spec/20 section 3.1
 */
int iommu_device_claim_dma_owner(struct device *dev, void *owner)
	__uik(iommu_device_claim_dma_owner);
/** iommu_device_release_dma_owner - undo one claim; WARN if there is none. */
void iommu_device_release_dma_owner(struct device *dev)
	__uik(iommu_device_release_dma_owner);
/** iommu_device_use_default_domain - a kernel driver uses DMA: 0 or -EBUSY. */
int iommu_device_use_default_domain(struct device *dev)
	__uik(iommu_device_use_default_domain);
/** iommu_device_unuse_default_domain - it is done. */
void iommu_device_unuse_default_domain(struct device *dev)
	__uik(iommu_device_unuse_default_domain);

/**
 * iommu_attach_group_handle - a domain for a whole group.
 * @handle: stays until detached or replaced; its domain is set here
 *
 * Context: may sleep; takes the group mutex.
 * Return: 0; -EINVAL no handle, or the domain is another IOMMU's; -EBUSY it
 * has one; -ENOMEM; -ENODEV not a domain for devices; what the driver says
 * (the group is as before then).  spec/20 section 3.3
 */
int iommu_attach_group_handle(struct iommu_domain *domain,
			      struct iommu_group *group,
			      struct iommu_attach_handle *handle)
	__uik(iommu_attach_group_handle);
/** iommu_detach_group_handle - back to blocking, or default if not owned. */
void iommu_detach_group_handle(struct iommu_domain *domain,
			       struct iommu_group *group)
	__uik(iommu_detach_group_handle);
/**
 * iommu_replace_group_handle - another domain without a gap.
 *
 * Whether the domain fits is the driver's to say.
 * Return: 0; -EINVAL NULL argument; -ENOMEM; what the driver says (the old
 * domain and handle stay).
 */
int iommu_replace_group_handle(struct iommu_group *group,
			       struct iommu_domain *new_domain,
			       struct iommu_attach_handle *handle)
	__uik(iommu_replace_group_handle);

/**
 * iommu_attach_device_pasid - a domain for one PASID of a device's group.
 * @handle: as above, or NULL
 *
 * Return: 0; -ENODEV no group; -EOPNOTSUPP domain or driver cannot; -EINVAL
 * another IOMMU's domain, PASID 0 or too large; -EBUSY in use or recovering;
 * -ENOMEM; what the driver says (nothing is attached then).
 */
int iommu_attach_device_pasid(struct iommu_domain *domain, struct device *dev,
			      ioasid_t pasid,
			      struct iommu_attach_handle *handle)
	__uik(iommu_attach_device_pasid);
/**
 * iommu_replace_device_pasid - another domain for it.
 *
 * Return: 0; -ENODEV, -EOPNOTSUPP, -EBUSY; -EINVAL also nothing attached, or
 * no handle, or the same one again (WARN); what the driver says (the old one
 * stays).
 */
int iommu_replace_device_pasid(struct iommu_domain *domain, struct device *dev,
			       ioasid_t pasid,
			       struct iommu_attach_handle *handle)
	__uik(iommu_replace_device_pasid);
/** iommu_detach_device_pasid - the PASID is blocked from now on. */
void iommu_detach_device_pasid(struct iommu_domain *domain, struct device *dev,
			       ioasid_t pasid) __uik(iommu_detach_device_pasid);

/**
 * iommu_attach_handle_get - the handle attached at a PASID.
 * @type: wanted type of its domain; 0: any
 *
 * Return: borrowed; ERR_PTR(-ENOENT) none, -EBUSY other type.
 */
struct iommu_attach_handle *
iommu_attach_handle_get(struct iommu_group *group, ioasid_t pasid,
			unsigned int type) __uik(iommu_attach_handle_get);

#endif
