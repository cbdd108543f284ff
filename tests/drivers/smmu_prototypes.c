/* SPDX-License-Identifier: MIT */
/*
 * What a CMDQV driver and the SMMUv3 driver ask of each other, with the types
 * that both know (driver kit sections 5.1 to 5.3).
 *
 * Compiled, never run, with our shared header and with a kernel-like one.
 */
#include <linux/iommu.h>
#include <linux/iommufd.h>
#include "arm-smmu-v3.h"

#define FUNCTION(name, result, ...) \
	static_assert(__same_type(name, result(__VA_ARGS__)), #name)
#define MEMBER(structure, member, ...)                                     \
	static_assert(__same_type(((structure *)0)->member, __VA_ARGS__),  \
		      #structure "." #member)

FUNCTION(arm_smmu_init_one_queue, int, struct arm_smmu_device *,
	 struct arm_smmu_queue *, void __iomem *, unsigned long, unsigned long,
	 size_t, const char *);
FUNCTION(arm_smmu_cmdq_init, int, struct arm_smmu_device *,
	 struct arm_smmu_cmdq *);
FUNCTION(arm_smmu_cmdq_issue_cmdlist, int, struct arm_smmu_device *,
	 struct arm_smmu_cmdq *, struct arm_smmu_cmd *, int, bool);
FUNCTION(__arm_smmu_cmdq_skip_err, void, struct arm_smmu_device *,
	 struct arm_smmu_cmdq *);
FUNCTION(arm_vsmmu_alloc_domain_nested, struct iommu_domain *,
	 struct iommufd_viommu *, u32, const struct iommu_user_data *);
FUNCTION(arm_vsmmu_cache_invalidate, int, struct iommufd_viommu *,
	 struct iommu_user_data_array *);
FUNCTION(tegra241_cmdqv_probe, struct arm_smmu_device *,
	 struct arm_smmu_device *);

MEMBER(struct arm_smmu_impl_ops, init_structures,
       int (*)(struct arm_smmu_device *));
MEMBER(struct arm_smmu_impl_ops, device_reset,
       int (*)(struct arm_smmu_device *));
MEMBER(struct arm_smmu_impl_ops, device_disable,
       void (*)(struct arm_smmu_device *));
MEMBER(struct arm_smmu_impl_ops, device_remove,
       void (*)(struct arm_smmu_device *));
MEMBER(struct arm_smmu_impl_ops, get_secondary_cmdq,
       struct arm_smmu_cmdq *(*)(struct arm_smmu_device *,
				 struct arm_smmu_cmd *));
MEMBER(struct arm_smmu_impl_ops, hw_info,
       void *(*)(struct arm_smmu_device *, u32 *, enum iommu_hw_info_type *));
MEMBER(struct arm_smmu_impl_ops, get_viommu_size,
       size_t (*)(enum iommu_viommu_type));
MEMBER(struct arm_smmu_impl_ops, vsmmu_init,
       int (*)(struct arm_vsmmu *, const struct iommu_user_data *));

MEMBER(struct arm_smmu_device, dev, struct device *);
MEMBER(struct arm_smmu_device, impl_dev, struct device *);
MEMBER(struct arm_smmu_device, impl_ops, const struct arm_smmu_impl_ops *);
MEMBER(struct arm_smmu_device, base, void __iomem *);
MEMBER(struct arm_smmu_device, options, u32);
MEMBER(struct arm_smmu_device, cmdq, struct arm_smmu_cmdq);
MEMBER(struct arm_smmu_cmdq, q, struct arm_smmu_queue);
MEMBER(struct arm_smmu_cmdq, supports_cmd, bool (*)(struct arm_smmu_cmd *));
MEMBER(struct arm_smmu_queue, llq, struct arm_smmu_ll_queue);
MEMBER(struct arm_smmu_queue, llq.max_n_shift, u32);
MEMBER(struct arm_smmu_queue, base_dma, dma_addr_t);
MEMBER(struct arm_smmu_queue, q_base, u64);
MEMBER(struct arm_smmu_cmd, data, u64[2]);
MEMBER(struct arm_smmu_master, streams, struct arm_smmu_stream *);
MEMBER(struct arm_smmu_master, num_streams, unsigned int);
MEMBER(struct arm_smmu_stream, id, u32);
MEMBER(struct arm_vsmmu, core, struct iommufd_viommu);
MEMBER(struct arm_vsmmu, smmu, struct arm_smmu_device *);
MEMBER(struct arm_vsmmu, vmid, u16);

static_assert(offsetof(struct arm_vsmmu, core) == 0);
static_assert(ARM_SMMU_OPT_TEGRA241_CMDQV == 1 << 4);
static_assert(ARM_SMMU_POLL_TIMEOUT_US == 1000000);
static_assert(CMDQ_ENT_SZ_SHIFT == 4 && CMDQ_ENT_DWORDS == 2);
static_assert(ARM_SMMU_IDR1 == 4 && IDR1_CMDQS == GENMASK(25, 21));
static_assert(CMDQ_0_OP == 0xff && CMDQ_SYNC_0_CS == GENMASK(13, 12) &&
	      CMDQ_SYNC_0_CS_NONE == 0);
static_assert(CMDQ_OP_TLBI_NH_ASID == 0x11 && CMDQ_OP_TLBI_NH_VA == 0x12 &&
	      CMDQ_OP_ATC_INV == 0x40 && CMDQ_OP_CMD_SYNC == 0x46);
static_assert(CMDQ_MAX_SZ_SHIFT > 0);
