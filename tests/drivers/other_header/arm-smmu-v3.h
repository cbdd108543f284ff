/* SPDX-License-Identifier: MIT */
/*
 * The contract between the SMMUv3 driver and an implementation driver, laid
 * out differently.
 *
 * Same names as lib/drivers/arm-smmu-v3/private/arm-smmu-v3.h, but members in
 * another order, with strangers between them, other sizes and alignments, and
 * constants spelt as enumerators.  The drivers compiled against this must work
 * the same: they may know names only.
 */
#ifndef OTHER_ARM_SMMU_V3_H
#define OTHER_ARM_SMMU_V3_H

#include <linux/bitfield.h>
#include <linux/iommu.h>
#include <linux/iommufd.h>
#include <linux/kernel.h>
#include <linux/mmzone.h>
#include <linux/sizes.h>

#define ARM_SMMU_IDR1 4
#define IDR1_CMDQS 0x3e00000ul
#define ARM_SMMU_POLL_TIMEOUT_US 1000000ull
#define CMDQ_ENT_SZ_SHIFT 4u
#define CMDQ_ENT_DWORDS 2u
#define CMDQ_MAX_SZ_SHIFT (PAGE_SHIFT + MAX_PAGE_ORDER - 4)
#define CMDQ_0_OP 0xffull
enum {
	CMDQ_OP_TLBI_NH_ASID = 0x11,
	CMDQ_OP_TLBI_NH_VA,
	CMDQ_OP_ATC_INV = 0x40,
	CMDQ_OP_CMD_SYNC = 0x46,
};
#define CMDQ_SYNC_0_CS 0x3000ull
#define CMDQ_SYNC_0_CS_NONE 0ull
#define ARM_SMMU_OPT_TEGRA241_CMDQV 0x10u

struct arm_smmu_cmd {
	u64 data[2];
};

struct arm_smmu_ll_queue {
	union {
		u64 val;
		struct {
			u32 prod;
			u32 cons;
		};
		struct {
			atomic_t prod;
			atomic_t cons;
		} atomic;
		u8 __pad[SMP_CACHE_BYTES];
	} ____cacheline_aligned_in_smp;
	u32 max_n_shift;
};

struct arm_smmu_device;

struct arm_smmu_queue {
	struct arm_smmu_ll_queue llq;
	int stranger;
	u32 __iomem *cons_reg;
	u32 __iomem *prod_reg;
	u64 ent_dwords;
	u64 q_base;
	__le64 *base;
	dma_addr_t base_dma;
};

struct arm_smmu_cmdq {
	atomic_long_t *stranger;
	bool (*supports_cmd)(struct arm_smmu_cmd *cmd);
	atomic_t owner_prod;
	atomic_t lock;
	struct arm_smmu_queue q;
};

struct arm_smmu_stream {
	struct rb_node *strangers[3];
	u32 id;
	bool last;
};

struct arm_smmu_master {
	struct device *stranger;
	unsigned int num_streams;
	char padding[40];
	struct arm_smmu_stream *streams;
};

struct arm_smmu_domain {
	struct iommu_domain domain;
	u64 strangers[9];
};

struct arm_vsmmu {
	struct iommufd_viommu core;
	u16 vmid;
	struct arm_smmu_domain *s2_parent;
	struct arm_smmu_device *smmu;
	u64 strangers[3];
};

struct arm_smmu_impl_ops {
	int (*vsmmu_init)(struct arm_vsmmu *vsmmu,
			  const struct iommu_user_data *user_data);
	size_t (*get_viommu_size)(enum iommu_viommu_type viommu_type);
	void *(*hw_info)(struct arm_smmu_device *smmu, u32 *length,
			 enum iommu_hw_info_type *type);
	struct arm_smmu_cmdq *(*get_secondary_cmdq)(
		struct arm_smmu_device *smmu, struct arm_smmu_cmd *cmd);
	void (*stranger)(void);
	void (*device_remove)(struct arm_smmu_device *smmu);
	void (*device_disable)(struct arm_smmu_device *smmu);
	int (*device_reset)(struct arm_smmu_device *smmu);
	int (*init_structures)(struct arm_smmu_device *smmu);
};

struct arm_smmu_device {
	struct iommu_device iommu;
	u32 strangers[7];
	u64 options;
	struct arm_smmu_cmdq cmdq;
	void __iomem *base;
	void __iomem *page1;
	const struct arm_smmu_impl_ops *impl_ops;
	struct device *impl_dev;
	struct ida stranger;
	struct mutex another;
	struct device *dev;
};

int arm_smmu_init_one_queue(struct arm_smmu_device *smmu,
			    struct arm_smmu_queue *q, void __iomem *page,
			    unsigned long prod_off, unsigned long cons_off,
			    size_t dwords, const char *name);
int arm_smmu_cmdq_init(struct arm_smmu_device *smmu,
		       struct arm_smmu_cmdq *cmdq);
int arm_smmu_cmdq_issue_cmdlist(struct arm_smmu_device *smmu,
				struct arm_smmu_cmdq *cmdq,
				struct arm_smmu_cmd *cmds, int n, bool sync);
void __arm_smmu_cmdq_skip_err(struct arm_smmu_device *smmu,
			      struct arm_smmu_cmdq *cmdq);
struct iommu_domain *
arm_vsmmu_alloc_domain_nested(struct iommufd_viommu *viommu, u32 flags,
			      const struct iommu_user_data *user_data);
int arm_vsmmu_cache_invalidate(struct iommufd_viommu *viommu,
			       struct iommu_user_data_array *array);
struct arm_smmu_device *tegra241_cmdqv_probe(struct arm_smmu_device *smmu);

#endif
