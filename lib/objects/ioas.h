/* SPDX-License-Identifier: MIT */
/*
 * IOAS: an I/O address space as the user sees it, an ID with a table.
 *
 * Facts: spec/40 sections 6 to 17.
 */
#ifndef OBJECTS_IOAS_H
#define OBJECTS_IOAS_H

#include <linux/iommu.h>

#include "core/core.h"
#include "objects/iopt.h"

struct iommufd_ioas {
	struct iommufd_object obj;
	struct iopt iopt;
	struct mutex mutex;		/* hwpt_list; see objects.h */
	struct list_head hwpt_list;	/* of struct iommufd_hwpt_paging */
	struct iommufd_ioas *next_frozen; /* ioas_creation_lock, write */
};

/** iommufd_get_ioas - look an IOAS up; to be put; ERR_PTR(-ENOENT). */
static inline struct iommufd_ioas *iommufd_get_ioas(struct iommufd_ctx *ictx,
						    u32 id)
{
	struct iommufd_object *obj =
		iommufd_get_object(ictx, id, IOMMUFD_OBJ_IOAS);

	return IS_ERR(obj) ? ERR_CAST(obj) :
			     container_of(obj, struct iommufd_ioas, obj);
}

static inline void iommufd_put_ioas(struct iommufd_ctx *ictx,
				    struct iommufd_ioas *ioas)
{
	iommufd_put_object(ictx, &ioas->obj);
}

/* Protection of mappings made with flags of enum iommufd_ioas_map_flags. */
static inline int iommufd_map_prot(u32 flags)
{
	BUILD_ASSERT(IOMMU_IOAS_MAP_WRITEABLE == IOMMU_WRITE);

	/* All devices here are cache coherent. */
	return IOMMU_CACHE | (flags & IOMMU_IOAS_MAP_WRITEABLE) |
	       (flags & IOMMU_IOAS_MAP_READABLE ? IOMMU_READ : 0);
}

/**
 * iommufd_ioas_new - an IOAS that is not published yet.
 *
 * Return: RESERVED, to be finished; ERR_PTR of -ENOMEM, -EBUSY.
 */
struct iommufd_ioas *iommufd_ioas_new(struct iommufd_ctx *ictx);

/**
 * iommufd_ioas_freeze_all - keep everybody out of all IOASes of a context.
 *
 * Context: ioas_creation_lock held for writing until iommufd_ioas_thaw_all().
 * Return: the first of a list by next_frozen, ascending by ID; NULL: none.
 */
struct iommufd_ioas *iommufd_ioas_freeze_all(struct iommufd_ctx *ictx);
void iommufd_ioas_thaw_all(struct iommufd_ctx *ictx,
			   struct iommufd_ioas *first);

/* All areas of frozen IOASes; not to be left by break. */
#define for_each_frozen_area(ioas, area, first) \
	for ((ioas) = (first); (ioas); (ioas) = (ioas)->next_frozen) \
		iopt_for_each_area(area, &(ioas)->iopt)

/** iommufd_ioas_publish - finish it; waits for changes of process. */
int iommufd_ioas_publish(struct iommufd_ctx *ictx, struct iommufd_ioas *ioas,
			 int result);

#endif
