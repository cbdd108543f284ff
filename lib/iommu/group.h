/* SPDX-License-Identifier: MIT */
/*
 * Groups: devices that always use the same domains.
 *
 * group->mutex protects everything in the group but its count and number.
 * group->report_rwsem, inside of it and of every driver's lock, keeps a handle
 * while a fault is being routed to it: who routes holds it for reading, who
 * stores or erases a handle for writing.  So when an attachment has ended, no
 * fault is on its way to it any more.
 *
 * Invariants: all members are attached to group->domain, except those under
 * recovery, which are blocked.  Entry p of pasid_array says what PASID p of the
 * members uses; entry 0 holds the handle of group->domain, if it has one.
 */
#ifndef IOMMU_GROUP_H
#define IOMMU_GROUP_H

#include <linux/iommu.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/rwsem.h>
#include <linux/xarray.h>

struct iommu_state;

struct group_device {
	struct list_head list;
	struct device *dev;		/* borrowed: leaves before it goes */
	bool recovering;
};

struct iommu_group {
	refcount_t ref;
	int id;
	struct iommu_state *state;	/* borrowed: the machine's */
	struct mutex mutex;
	struct list_head devices;	/* struct group_device */
	struct xarray pasid_array;
	struct rw_semaphore report_rwsem;
	unsigned int changing;		/* handles lag behind drivers */
	struct iommu_domain *default_domain;  /* owned unless static */
	struct iommu_domain *blocking_domain; /* owned unless static */
	struct iommu_domain *domain;	/* what members use; NULL: nothing */
	void *owner;
	unsigned int owner_cnt;
	unsigned int recovery_cnt;	/* members under recovery */
};

/*
 * What pasid_array holds: a handle, or a domain that was attached without one,
 * tagged; XA_ZERO_ENTRY while an attachment is being made.
 */
#define PASID_TAG_DOMAIN 1

static inline void *pasid_entry(struct iommu_domain *domain,
				struct iommu_attach_handle *handle)
{
	if (!handle)
		return xa_tag_pointer(domain, PASID_TAG_DOMAIN);
	handle->domain = domain;
	return handle;
}

/* The handle of an entry, or NULL. */
static inline struct iommu_attach_handle *pasid_entry_handle(void *entry)
{
	return xa_pointer_tag(entry) == PASID_TAG_DOMAIN ? NULL : entry;
}

static inline struct iommu_domain *pasid_entry_domain(void *entry)
{
	if (xa_pointer_tag(entry) == PASID_TAG_DOMAIN)
		return xa_untag_pointer(entry);
	return ((struct iommu_attach_handle *)entry)->domain;
}

static inline struct device *group_first_dev(struct iommu_group *group)
{
	return list_first_entry(&group->devices, struct group_device,
				list)->dev;
}

/* Whether a domain may go to devices of @ops: its own, or a static one. */
bool iommu_domain_fits(struct iommu_domain *domain,
		       const struct iommu_ops *ops);

/* The member that is @dev, or NULL.  Context: group->mutex. */
struct group_device *group_find_member(struct iommu_group *group,
				       struct device *dev);

/*
 * Puts a device that was just probed into @group, and the group to work.
 * Context: probe mutex.  Return: 0, -ENOMEM or what attaching gave.
 */
int iommu_group_add(struct iommu_group *group, struct device *dev);
/* Takes it out; its driver is told by release_device.  Context: probe mutex. */
void iommu_group_remove(struct iommu_group *group, struct device *dev);

/* --- handles; group->mutex held ------------------------------------------ */

/*
 * From begin to end the driver may already be where the handle says it is not:
 * a fault that finds nobody then is no bug.
 */
static inline void group_change_begin(struct iommu_group *group)
{
	WRITE_ONCE(group->changing, group->changing + 1);
}

/*
 * The driver was called; @entry is what PASID @pasid has now, NULL: nothing.
 * Cannot fail: the slot is there.
 */
void group_change_end(struct iommu_group *group, ioasid_t pasid, void *entry);
/* The driver refused: the entry stays, or a new reservation goes. */
void group_change_cancel(struct iommu_group *group, ioasid_t pasid);

/* --- switching; group->mutex held ---------------------------------------- */

/*
 * All members to @domain, or none: 0, -EBUSY (recovery), -EINVAL (a device
 * needs its direct mappings), -ENODEV (nothing to attach), the driver's.
 */
int iommu_group_switch(struct iommu_group *group, struct iommu_domain *domain);
/* The same where failure is a driver's bug: WARN and go on. */
void iommu_group_must_switch(struct iommu_group *group,
			     struct iommu_domain *domain);
/* Makes sure that there is a blocking domain: 0 or -errno. */
int iommu_group_need_blocking(struct iommu_group *group);

#endif
