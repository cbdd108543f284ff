/* SPDX-License-Identifier: MIT */
/*
 * A page table that drivers can use as it is.
 *
 * The driver embeds struct pt_iommu_amdv1 in its domain, initialises it, and
 * puts IOMMU_PT_DOMAIN_OPS(amdv1) into its ops.  The core then maps and unmaps
 * whole ranges with one call.
 *
 * What it guarantees:
 *   - a leaf covers a power of two of bytes that its IOVA and its physical
 *     address are multiples of; the largest sizes of pgsize_bitmap are taken;
 *   - a leaf has one dirty bit;
 *   - unmapping removes whole leaves and reports their exact size; a leaf that
 *     is only partly in the range stays, with a warning;
 *   - disjoint ranges may be changed, and anything read, at the same time.
 *
 * The format of the entries in memory is private to lib/iommu: no hardware
 * model reads it.
 */
#ifndef __GENERIC_PT_IOMMU_H
#define __GENERIC_PT_IOMMU_H

#include <linux/iommu.h>
#include <linux/spinlock.h>
#include <linux/stddef.h>
#include <linux/types.h>
#include <uik/abi.h>

struct pt_iommu;

struct pt_iommu_info {
	unsigned long pgsize_bitmap;	/* all sizes the format can have */
};

struct pt_iommu_ops {
	/* *@mapped is raised by what is mapped, also on failure. */
	int (*map_range)(struct pt_iommu *table, dma_addr_t iova,
			 phys_addr_t paddr, dma_addr_t len, unsigned int prot,
			 gfp_t gfp, size_t *mapped);
	size_t (*unmap_range)(struct pt_iommu *table, dma_addr_t iova,
			      dma_addr_t len,
			      struct iommu_iotlb_gather *gather);
	/* Marks the leaf at @iova dirty; -EINVAL if there is none. */
	int (*set_dirty)(struct pt_iommu *table, dma_addr_t iova);
	void (*get_info)(struct pt_iommu *table, struct pt_iommu_info *info);
	void (*deinit)(struct pt_iommu *table);
};

/**
 * struct pt_iommu - a page table and its domain
 * @domain: the driver sets ops and what else it needs; the rest is the table's
 * @ops: the table's
 * @nid: for tables; not looked at
 * @iommu_device: the driver's
 * @lock: the whole tree
 * @root: encoded topmost table; 0: empty
 * @granule_lg2: bytes of the smallest entry
 * @height: tables from the root to the lowest; grows with what is mapped
 * @oasz_lg2, @vasz_lg2: address widths
 * @spares_used: bit for each of @spares that is in the tree
 * @spares: tables at hand, so that a few mappings need no memory; zero while
 *	not in the tree
 */
#define PT_IOMMU_SPARES 3
#define PT_IOMMU_TABLE_ENTRIES 64

struct pt_iommu {
	struct iommu_domain domain;
	const struct pt_iommu_ops *ops;
	int nid;
	struct device *iommu_device;
	spinlock_t lock;
	u64 root;
	u8 granule_lg2;
	u8 height;
	u8 oasz_lg2;
	u8 vasz_lg2;
	u8 spares_used;
	u64 spares[PT_IOMMU_SPARES][PT_IOMMU_TABLE_ENTRIES]
		__attribute__((__aligned__(64)));
};

struct pt_iommu_cfg {
	unsigned int features;		/* PT_FEAT_* bits */
	u8 hw_max_vasz_lg2;		/* IOVA bits */
	u8 hw_max_oasz_lg2;		/* physical address bits */
};

enum {
	PT_FEAT_DYNAMIC_TOP,		/* the tree grows upwards */
	PT_FEAT_SIGN_EXTEND,		/* not offered: -EOPNOTSUPP */
};

struct pt_iommu_amdv1 {
	struct pt_iommu iommu;
};

struct pt_iommu_amdv1_cfg {
	struct pt_iommu_cfg common;
	unsigned int starting_level;	/* the tree grows by itself */
};

/**
 * pt_iommu_amdv1_init - an empty table with pages of 4096 bytes and up.
 * @table: zeroed; the domain's ops may be set before or after
 * @cfg: widths from 20 to 64 and up to 52 bits
 *
 * Sets is_iommupt, type, pgsize_bitmap (2^12 to 2^51 but for 2^39) and geometry
 * (aperture [0, 2^width - 1]) of the domain; they may be narrowed afterwards.
 * Return: 0; -EOPNOTSUPP bad width or feature.  spec/40 section 16
 */
int pt_iommu_amdv1_init(struct pt_iommu_amdv1 *table,
			const struct pt_iommu_amdv1_cfg *cfg, gfp_t gfp)
	__uik(pt_iommu_amdv1_init);
/**
 * pt_iommu_amdv1_mock_init - the same with pages of 2048 bytes and up.
 *
 * pgsize_bitmap has 2^11 to 2^36.  spec/80 section 6
 */
int pt_iommu_amdv1_mock_init(struct pt_iommu_amdv1 *table,
			     const struct pt_iommu_amdv1_cfg *cfg, gfp_t gfp)
	__uik(pt_iommu_amdv1_mock_init);

/** pt_iommu_deinit - free what is left of it; it may be half initialised. */
static inline void pt_iommu_deinit(struct pt_iommu *table)
{
	if (table->ops)
		table->ops->deinit(table);
}

/** pt_iommu_amdv1_iova_to_phys - an iommu_domain_ops op. */
phys_addr_t pt_iommu_amdv1_iova_to_phys(struct iommu_domain *domain,
					dma_addr_t iova)
	__uik(pt_iommu_amdv1_iova_to_phys);
/** pt_iommu_amdv1_read_and_clear_dirty - an iommu_dirty_ops op. */
int pt_iommu_amdv1_read_and_clear_dirty(struct iommu_domain *domain,
					unsigned long iova, size_t size,
					unsigned long flags,
					struct iommu_dirty_bitmap *dirty)
	__uik(pt_iommu_amdv1_read_and_clear_dirty);

#define IOMMU_PT_DOMAIN_OPS(fmt) \
	.iova_to_phys = &pt_iommu_##fmt##_iova_to_phys
#define IOMMU_PT_DIRTY_OPS(fmt) \
	.read_and_clear_dirty = &pt_iommu_##fmt##_read_and_clear_dirty

/*
 * PT_IOMMU_CHECK_DOMAIN - a driver's structure has a table and, as another
 * member of a union, a plain domain: they must be at the same place.
 */
#define PT_IOMMU_CHECK_DOMAIN(s, pt_iommu_memb, domain_memb) \
	static_assert(offsetof(s, pt_iommu_memb.domain) == \
		      offsetof(s, domain_memb))

#endif
