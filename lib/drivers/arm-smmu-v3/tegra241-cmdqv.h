/* SPDX-License-Identifier: MIT */
/*
 * Tegra241 CMDQV: registers and state shared by the driver's three files.
 *
 * A VINTF is a group of queues with one owner; its queues are logical VCMDQs.
 * VINTF 0 is the kernel's own, the others back guests' vIOMMUs.  The driver
 * reaches queues through their VINTF's pages only.
 */
#ifndef TEGRA241_CMDQV_H
#define TEGRA241_CMDQV_H

#include <linux/bitfield.h>
#include <linux/idr.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/iommu.h>
#include <linux/iommufd.h>
#include <linux/mutex.h>

#include "arm-smmu-v3.h"

/* Configuration page. */
#define TEGRA_CONFIG 0x0000
#define TEGRA_EN BIT(0)			/* of every CONFIG and STATUS */
#define TEGRA_PARAM 0x0004
#define TEGRA_PARAM_VER GENMASK(3, 0)
#define TEGRA_PARAM_VCMDQS GENMASK(7, 4)
#define TEGRA_PARAM_VINTFS GENMASK(11, 8)
#define TEGRA_PARAM_SIDS GENMASK(15, 12)
#define TEGRA_STATUS 0x0008
#define TEGRA_VINTF_ERR_MAP_LOW 0x0014
#define TEGRA_VINTF_ERR_MAP_HIGH 0x0018
#define TEGRA_CMDQ_ERR_MAP(m) (0x0024 + 4 * (m))
#define TEGRA_CMDQ_ALLOC(q) (0x0200 + 4 * (q))
#define TEGRA_ALLOC_ALLOCATED BIT(0)
#define TEGRA_ALLOC_LVCMDQ GENMASK(7, 1)
#define TEGRA_ALLOC_VINTF GENMASK(20, 15)

/* VINTF registers. */
#define TEGRA_VINTF(v) (0x1000 + 0x100 * (v))
#define TEGRA_VINTF_CONFIG 0x00
#define TEGRA_VINTF_VMID GENMASK(16, 1)
#define TEGRA_VINTF_HYP_OWN BIT(17)
#define TEGRA_VINTF_STATUS 0x04
#define TEGRA_VINTF_SID_MATCH(s) (0x40 + 4 * (s))
#define TEGRA_SID_MATCH_ENABLE BIT(0)
#define TEGRA_SID_MATCH_VSID GENMASK(20, 1)
#define TEGRA_VINTF_SID_REPLACE(s) (0x80 + 4 * (s))
#define TEGRA_VINTF_LVCMDQ_ERR_MAP(m) (0xc0 + 8 * (m))
#define TEGRA_ERR_MAPS 2

/* Logical VCMDQ pages. */
#define TEGRA_VINTF_PAGE0(v) (0x30000 + 0x20000 * (v))
#define TEGRA_VINTF_PAGE1(v) (0x40000 + 0x20000 * (v))
#define TEGRA_VCMDQ_STRIDE 0x80
#define TEGRA_VCMDQ_CONS 0x00
#define TEGRA_VCMDQ_PROD 0x04
#define TEGRA_VCMDQ_CONFIG 0x08
#define TEGRA_VCMDQ_STATUS 0x0c
#define TEGRA_VCMDQ_GERROR 0x10
#define TEGRA_VCMDQ_GERRORN 0x14
/* page 1 */
#define TEGRA_VCMDQ_BASE 0x00
#define TEGRA_VCMDQ_BASE_ADDR GENMASK_ULL(47, 5)
#define TEGRA_VCMDQ_CONS_INDX_BASE 0x08

struct tegra241_cmdqv;
struct tegra241_vintf;

struct tegra241_vcmdq {
	struct iommufd_hw_queue core;	/* first; unused in VINTF 0 */
	struct tegra241_vintf *vintf;	/* outlives it */
	struct tegra241_vcmdq *prev;	/* dependency; user queues */
	u16 lidx;
	bool enabled;
	u64 base_value;			/* for BASE */
	void __iomem *page0;
	void __iomem *page1;
	struct arm_smmu_cmdq cmdq;	/* unused by user queues */
	char name[24];
};

struct tegra241_vintf {
	struct arm_vsmmu vsmmu;		/* first; unused in VINTF 0 */
	struct tegra241_cmdqv *cmdqv;
	u16 idx;
	u16 vmid;
	bool enabled;
	bool hyp_own;			/* as granted */
	void __iomem *base;
	/*
	 * By logical index.  Released after a queue is complete, acquired by
	 * the interrupt thread (VINTF 0); user queues change under
	 * lvcmdq_mutex.
	 */
	struct tegra241_vcmdq **lvcmdqs;
	struct mutex lvcmdq_mutex;
	struct ida sids;		/* taken SID slots */
	unsigned long mmap_offset;
};

struct tegra241_vdevice {
	struct iommufd_vdevice core;	/* first */
	u32 slot;
};

struct tegra241_cmdqv {
	struct arm_smmu_device smmu;	/* first: it was grown into this */
	void __iomem *base;
	phys_addr_t base_phys;
	int irq;			/* 0: none */
	u16 num_vintfs;
	u16 num_lvcmdqs;		/* of each VINTF */
	u16 num_sids;			/* of each VINTF */
	u8 version;
	struct ida vintf_ids;
	/* Released after a VINTF is complete, acquired by the irq thread. */
	struct tegra241_vintf **vintfs;
};

static inline struct tegra241_cmdqv *to_cmdqv(struct arm_smmu_device *smmu)
{
	return container_of(smmu, struct tegra241_cmdqv, smmu);
}

static inline struct device *cmdqv_dev(const struct tegra241_cmdqv *cmdqv)
{
	return cmdqv->smmu.impl_dev;
}

/* Hardware sequences: tegra241-vintf.c */
int tegra241_set_enable(struct device *dev, const char *what,
			void __iomem *config, void __iomem *status, u32 value);
void tegra241_vcmdq_place(struct tegra241_vcmdq *vcmdq,
			  struct tegra241_vintf *vintf, u16 lidx);
void tegra241_vcmdq_map(struct tegra241_vcmdq *vcmdq);
void tegra241_vcmdq_unmap(struct tegra241_vcmdq *vcmdq);
void tegra241_vcmdq_deinit(struct tegra241_vcmdq *vcmdq);
int tegra241_vintf_init(struct tegra241_vintf *vintf, bool hyp_own);
void tegra241_vintf_deinit(struct tegra241_vintf *vintf);

/* Life of VINTFs: tegra241-vintf.c */
int tegra241_vintf_setup(struct tegra241_cmdqv *cmdqv,
			 struct tegra241_vintf *vintf, unsigned int max_idx);
void tegra241_vintf_publish(struct tegra241_vintf *vintf);
void tegra241_vintf_withdraw(struct tegra241_vintf *vintf);
void tegra241_vintf_teardown(struct tegra241_vintf *vintf);

/* What guests get: tegra241-viommu.c */
size_t tegra241_get_viommu_size(enum iommu_viommu_type viommu_type);
int tegra241_vsmmu_init(struct arm_vsmmu *vsmmu,
			const struct iommu_user_data *user_data);

#endif
