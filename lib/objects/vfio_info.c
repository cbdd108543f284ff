// SPDX-License-Identifier: MIT
/*
 * VFIO_IOMMU_GET_INFO: which bytes are written for which size of the caller's
 * buffer is part of the behaviour, and so is the order.
 *
 * Layout: the structure at 0, DMA_AVAIL at 24, IOVA_RANGE at 40, its ranges
 * from 56 on.
 *
 * Facts: spec/50 section 10.
 */
#include <linux/err.h>
#include <linux/iommu.h>
#include <linux/minmax.h>
#include <linux/uaccess.h>

#include "objects/ioas.h"
#include "objects/vfio_compat.h"

#define INFO_MIN 16			/* of the structure: up to iova_pgsizes */
#define AVAIL_AT 24
#define RANGE_AT 40
#define RANGES_AT 56

BUILD_ASSERT(sizeof(struct vfio_iommu_type1_info) == AVAIL_AT);
BUILD_ASSERT(sizeof(struct vfio_iommu_type1_info_dma_avail) == 12);
BUILD_ASSERT(RANGE_AT + sizeof(struct vfio_iommu_type1_info_cap_iova_range) ==
	     RANGES_AT);

/* The caller's buffer. */
struct room {
	void __user *at;
	u32 argsz;
};

/* Writes if the caller has all of it. */
static int put(const struct room *room, u32 offset, const void *from, u32 size)
{
	if (room->argsz < offset + size)
		return 0;
	return copy_to_user(room->at + offset, from, size) ? -EFAULT : 0;
}

static u64 page_sizes(const struct iopt *iopt)
{
	u64 sizes = ULONG_MAX;

	for (unsigned int i = 0; i < iopt->domain_count; i++)
		sizes &= iopt->domains[i]->pgsize_bitmap;
	/* Smaller ones are not asked for by anybody: a page will do. */
	if (sizes & (PAGE_SIZE - 1))
		sizes = (sizes & PAGE_MASK) | PAGE_SIZE;
	return max(sizes, (u64)iopt->alignment);
}

static int put_avail(const struct room *room)
{
	struct vfio_iommu_type1_info_dma_avail avail = {
		.header = {
			.id = VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL,
			.version = 1,
		},
		.avail = U32_MAX,	/* there is no limit */
	};
	u32 next = RANGE_AT;
	int ret = put(room, AVAIL_AT, &avail, sizeof(avail));

	if (ret || room->argsz < RANGE_AT)
		return ret;
	/* Linked as soon as there is room for where it points to. */
	return put(room, AVAIL_AT + offsetof(struct vfio_info_cap_header, next),
		   &next, sizeof(next));
}

static int put_ranges(const struct room *room, const struct iopt *iopt,
		      u32 *out_total)
{
	struct vfio_iommu_type1_info_cap_iova_range cap = {
		.header = {
			.id = VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE,
			.version = 1,
		},
	};
	struct iopt_range range;
	unsigned int at = 0;
	int ret;

	while (iopt_unreserved_next(iopt, &at, &range)) {
		struct vfio_iova_range one = { range.first, range.last };

		ret = put(room, RANGES_AT + sizeof(one) * cap.nr_iovas, &one,
			  sizeof(one));
		if (ret)
			return ret;
		cap.nr_iovas++;
	}
	*out_total = RANGES_AT + sizeof(struct vfio_iova_range) * cap.nr_iovas;
	if (room->argsz < *out_total)
		return 0;
	return put(room, RANGE_AT, &cap, sizeof(cap));
}

static int put_all(const struct room *room, const struct iopt *iopt)
{
	/* Cleared: the caller's argsz decides how much of it is seen. */
	struct vfio_iommu_type1_info info = {
		.flags = VFIO_IOMMU_INFO_PGSIZES | VFIO_IOMMU_INFO_CAPS,
		.iova_pgsizes = page_sizes(iopt),
	};
	int ret;

	ret = put_avail(room);
	if (!ret)
		ret = put_ranges(room, iopt, &info.argsz);
	if (ret)
		return ret;
	if (room->argsz >= info.argsz)
		info.cap_offset = AVAIL_AT;
	return put(room, 0, &info, min(room->argsz, (u32)sizeof(info)));
}

int vfio_iommu_get_info(struct iommufd_ctx *ictx, void __user *info)
{
	struct { u32 argsz; u8 rest[INFO_MIN - 4]; } head;
	struct iommufd_ioas *ioas;
	struct room room;
	int ret;

	if (copy_from_user(&head, info, sizeof(head)))
		return -EFAULT;
	if (head.argsz < INFO_MIN)
		return -EINVAL;
	ioas = vfio_compat_get_ioas(ictx);
	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	room = (struct room){ info, head.argsz };
	iopt_lock_read(&ioas->iopt);
	ret = put_all(&room, &ioas->iopt);
	iopt_unlock_read(&ioas->iopt);
	iommufd_put_ioas(ictx, ioas);
	return ret;
}
