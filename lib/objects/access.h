/* SPDX-License-Identifier: MIT */
/*
 * Accesses: how software, not a device, reaches the memory of an IOAS.
 *
 * External ones belong to a driver, which is told by its unmap op to let go of
 * what it has pinned.  Internal ones belong to the core: no op, no context
 * reference, and what they pin cannot be unmapped at all.
 *
 * Locks: lock serialises everything that is done with one access; it is let go
 * around the driver's unmap.  It is outer to iopt->lock.
 *
 * A notification looks at internal first and enters an access only afterwards:
 * nobody would leave an internal one again.
 *
 * Facts: spec/45 part A.
 */
#ifndef OBJECTS_ACCESS_H
#define OBJECTS_ACCESS_H

#include <linux/iommufd.h>
#include <linux/mutex.h>
#include <linux/types.h>

struct iommufd_ioas;
struct iopt;

struct iommufd_access {
	struct iommufd_object obj;
	struct iommufd_ctx *ictx;	/* counted; NULL: internal */
	const struct iommufd_access_ops *ops; /* borrowed; NULL: internal */
	void *data;
	unsigned long iova_alignment;
	struct mutex lock;
	/*
	 * Both NULL: detached.  Both set, and the same: attached, one users
	 * reference.  Only the second: a change is going on, unpin still works.
	 */
	struct iommufd_ioas *ioas;
	struct iommufd_ioas *ioas_unpin;
	u32 key;			/* in ioas_unpin's accesses */
};

static inline bool iommufd_access_is_internal(const struct iommufd_access *access)
{
	return !access->ictx;
}

/**
 * iommufd_access_create_internal - an access of the core's own.
 *
 * Published; users is 2.
 * Return: detached; ERR_PTR of -ENOMEM, -EBUSY.
 */
struct iommufd_access *iommufd_access_create_internal(struct iommufd_ctx *ictx);
/** iommufd_access_attach_internal - 0; -EADDRINUSE, -EBUSY, -ENOMEM. */
int iommufd_access_attach_internal(struct iommufd_access *access,
				   struct iommufd_ioas *ioas);
/** iommufd_access_detach_internal - all pins are given back already. */
void iommufd_access_detach_internal(struct iommufd_access *access);
void iommufd_access_destroy_internal(struct iommufd_ctx *ictx,
				     struct iommufd_access *access);

/** iopt_add_access - enter the table: 0; -EBUSY full; -EADDRINUSE; -ENOMEM. */
int iopt_add_access(struct iopt *iopt, struct iommufd_access *access,
		    u32 *out_key);
/** iopt_remove_access - leave it. */
void iopt_remove_access(struct iopt *iopt, struct iommufd_access *access,
			u32 key);
/**
 * iopt_notify_accesses - ask every external access to let go of a range.
 *
 * Context: no lock held; calls drivers.
 */
void iopt_notify_accesses(struct iopt *iopt, unsigned long iova,
			  unsigned long length);

#endif
