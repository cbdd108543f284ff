/* SPDX-License-Identifier: MIT */
/*
 * The part of the VFIO container ABI that an iommufd file serves.
 *
 * Facts: spec/50 section 4.
 */
#ifndef OBJECTS_VFIO_COMPAT_H
#define OBJECTS_VFIO_COMPAT_H

#include <linux/types.h>

struct iommufd_ctx;

/* Whole request codes. */
enum {
	VFIO_GET_API_VERSION = 0x3b64,
	VFIO_CHECK_EXTENSION = 0x3b65,
	VFIO_SET_IOMMU = 0x3b66,
	VFIO_IOMMU_GET_INFO = 0x3b70,
	VFIO_IOMMU_MAP_DMA = 0x3b71,
	VFIO_IOMMU_UNMAP_DMA = 0x3b72,
};

#define VFIO_API_VERSION 0

/* Extensions, and types of IOMMU. */
enum {
	VFIO_TYPE1_IOMMU = 1,
	VFIO_TYPE1v2_IOMMU = 3,
	VFIO_DMA_CC_IOMMU = 4,
	VFIO_NOIOMMU_IOMMU = 8,
	VFIO_UNMAP_ALL = 9,
};

struct vfio_iommu_type1_info {
	u32 argsz;
	u32 flags;
	u64 iova_pgsizes;
	u32 cap_offset;
	u32 pad;
};
#define VFIO_IOMMU_INFO_PGSIZES (1u << 0)
#define VFIO_IOMMU_INFO_CAPS (1u << 1)

struct vfio_info_cap_header {
	u16 id;
	u16 version;
	u32 next;			/* offset of the next one; 0: none */
};

#define VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE 1
#define VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL 3

struct vfio_iommu_type1_info_dma_avail {
	struct vfio_info_cap_header header;
	u32 avail;
};

struct vfio_iova_range {
	u64 start;
	u64 end;			/* inclusive */
};

struct vfio_iommu_type1_info_cap_iova_range {
	struct vfio_info_cap_header header;
	u32 nr_iovas;
	u32 reserved;
	/* then the ranges */
};

struct vfio_iommu_type1_dma_map {
	u32 argsz;
	u32 flags;
	u64 vaddr;
	u64 iova;
	u64 size;
};
#define VFIO_DMA_MAP_FLAG_READ (1u << 0)
#define VFIO_DMA_MAP_FLAG_WRITE (1u << 1)

struct vfio_iommu_type1_dma_unmap {
	u32 argsz;
	u32 flags;
	u64 iova;
	u64 size;
};
#define VFIO_DMA_UNMAP_FLAG_ALL (1u << 1)

/**
 * vfio_iommu_get_info - VFIO_IOMMU_GET_INFO.
 * @info: of the user
 *
 * Return: 0, -EFAULT, -EINVAL, -ENODEV.  spec/50 section 10
 */
int vfio_iommu_get_info(struct iommufd_ctx *ictx, void __user *info);

struct iommufd_ioas;
/** vfio_compat_get_ioas - the compatibility IOAS, to be put; -ENODEV. */
struct iommufd_ioas *vfio_compat_get_ioas(struct iommufd_ctx *ictx);

#endif
