/* SPDX-License-Identifier: MIT */
/*
 * Claims: who keeps an object from being destroyed, and why.
 *
 * A claim is one users reference (and, where said, one wait_cnt) on an object.
 * Every claim lives in something that was allocated when it was taken (an
 * object, an attachment, a mapping, an open file): that block's record tells
 * where.  The map's own reference is no claim.
 *
 * Not seen: commands that are inside at the moment, and what a driver makes one
 * hardware queue or vDEVICE of its own depend on (iommufd_hw_queue_depend()),
 * which only the driver knows.
 *
 * Facts: the list of who holds what at the head of objects/objects.h.
 */
#ifndef INSPECT_CLAIM_H
#define INSPECT_CLAIM_H

#include <linux/iommufd.h>
#include <linux/types.h>

enum claim_kind {
	CLAIM_OBJECT,		/* another object, for its whole life */
	CLAIM_ATTACH,		/* a device's attachment */
	CLAIM_ACCESS,		/* an access that is at an IOAS */
	CLAIM_DRIVER,		/* whoever bound the device, made the access */
	CLAIM_FILE,		/* an open event file */
	CLAIM_MAPPING,		/* a client's mapping of an area */
};

struct claim {
	enum claim_kind kind;
	struct iommufd_object *held;
	struct iommufd_object *holder;	/* NULL: outside of the context */
	bool inside;			/* wait_cnt as well */
	u32 pasid;			/* CLAIM_ATTACH */
	const void *block;		/* in which it lives */
};

typedef void (*claim_visit)(const struct claim *claim, void *arg);

/**
 * inspect_claims - visit the claims that @obj has on others, and those that
 * somebody outside of the context has on @obj.
 *
 * Over all objects each claim is visited once.
 * Context: @obj is entered, or nobody else is in the context; takes the group's
 * and the access's lock.
 */
void inspect_claims(struct iommufd_object *obj, claim_visit visit, void *arg);

/**
 * inspect_may_depend - whether drivers can make objects of @type depend on each
 * other, so that claims on them may be invisible.
 */
static inline bool inspect_may_depend(enum iommufd_object_type type)
{
	return type == IOMMUFD_OBJ_HW_QUEUE || type == IOMMUFD_OBJ_VDEVICE ||
	       type == IOMMUFD_OBJ_VIOMMU;
}

#endif
