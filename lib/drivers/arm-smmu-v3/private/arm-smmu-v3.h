/* SPDX-License-Identifier: MIT */
/*
 * What the SMMUv3 driver and an implementation driver beside it share.
 *
 * This is the whole contract between arm-smmu-v3 and tegra241-cmdqv: the names
 * below, the members named below, and nothing about layout.  The driver's own
 * state lives in "arm-smmu-v3-impl.h", in structures that wrap these or stand
 * beside them.  So this file sits in a directory of its own, and another header
 * of the same name that has these names may be put before it on the include
 * path: the driver then works on that header's structures.
 */
#ifndef ARM_SMMU_V3_H
#define ARM_SMMU_V3_H

#include <linux/bitfield.h>
#include <linux/iommu.h>
#include <linux/iommufd.h>
#include <linux/kernel.h>
#include <linux/mmzone.h>
#include <linux/sizes.h>

/* Registers and fields that both drivers read. */
#define ARM_SMMU_IDR1 0x4
#define IDR1_CMDQS GENMASK(25, 21)

/* A wait for the hardware, whatever it waits for. */
#define ARM_SMMU_POLL_TIMEOUT_US 1000000

/* Queues: entries of 16 bytes; a queue is aligned to its own size. */
#define CMDQ_ENT_SZ_SHIFT 4
#define CMDQ_ENT_DWORDS ((1 << CMDQ_ENT_SZ_SHIFT) >> 3)
#ifdef CONFIG_CMA_ALIGNMENT
#define Q_MAX_SZ_SHIFT (PAGE_SHIFT + CONFIG_CMA_ALIGNMENT)
#else
#define Q_MAX_SZ_SHIFT (PAGE_SHIFT + MAX_PAGE_ORDER)
#endif
#define CMDQ_MAX_SZ_SHIFT (Q_MAX_SZ_SHIFT - CMDQ_ENT_SZ_SHIFT)

/* Commands. */
#define CMDQ_0_OP GENMASK_ULL(7, 0)
#define CMDQ_OP_TLBI_NH_ASID 0x11
#define CMDQ_OP_TLBI_NH_VA 0x12
#define CMDQ_OP_ATC_INV 0x40
#define CMDQ_OP_CMD_SYNC 0x46
#define CMDQ_SYNC_0_CS GENMASK_ULL(13, 12)
#define CMDQ_SYNC_0_CS_NONE 0

/* smmu->options: an implementation driver may be asked for. */
#define ARM_SMMU_OPT_TEGRA241_CMDQV (1 << 4)

struct arm_smmu_device;
struct arm_smmu_domain;
struct arm_vsmmu;

/* One command, in CPU byte order. */
struct arm_smmu_cmd {
	u64 data[2];
};

struct arm_smmu_ll_queue {
	u32 max_n_shift;	/* log2 of the number of entries */
};

/* A queue in device-visible memory; filled by arm_smmu_init_one_queue(). */
struct arm_smmu_queue {
	struct arm_smmu_ll_queue llq;
	__le64 *base;
	dma_addr_t base_dma;
	u64 q_base;		/* what the SMMU's own BASE register takes */
	size_t ent_dwords;
	void __iomem *prod_reg;
	void __iomem *cons_reg;
};

struct arm_smmu_cmdq {
	struct arm_smmu_queue q;
	/* NULL: every command */
	bool (*supports_cmd)(struct arm_smmu_cmd *cmd);
};

/*
 * Hooks of an implementation driver; each may be NULL.  get_viommu_size and
 * vsmmu_init come together or not at all.
 */
struct arm_smmu_impl_ops {
	/* End of in-memory initialisation; registers are mapped, nothing runs. */
	int (*init_structures)(struct arm_smmu_device *smmu);
	/* End of the SMMU's reset: its command queue is live. */
	int (*device_reset)(struct arm_smmu_device *smmu);
	/* Start of the SMMU's disable. */
	void (*device_disable)(struct arm_smmu_device *smmu);
	/* As a managed action of smmu->dev, also after a failed probe. */
	void (*device_remove)(struct arm_smmu_device *smmu);
	/* A queue to use for @cmd and those after it; NULL: smmu->cmdq. */
	struct arm_smmu_cmdq *(*get_secondary_cmdq)(
		struct arm_smmu_device *smmu, struct arm_smmu_cmd *cmd);
	/* hw_info of types that are not the SMMU's own. */
	void *(*hw_info)(struct arm_smmu_device *smmu, u32 *length,
			 enum iommu_hw_info_type *type);
	/* vIOMMU types that are not the SMMU's own; 0: not this one. */
	size_t (*get_viommu_size)(enum iommu_viommu_type viommu_type);
	/* End of viommu_init; smmu, s2_parent and vmid are set. */
	int (*vsmmu_init)(struct arm_vsmmu *vsmmu,
			  const struct iommu_user_data *user_data);
};

/*
 * One SMMU.  Device-managed memory of @dev; an implementation driver's probe
 * may move it, so nothing in it is linked by address before that.
 */
struct arm_smmu_device {
	struct device *dev;
	struct device *impl_dev;	/* counted */
	const struct arm_smmu_impl_ops *impl_ops;
	void __iomem *base;
	u32 options;
	struct arm_smmu_cmdq cmdq;
	struct iommu_device iommu;
};

struct arm_smmu_stream {
	u32 id;
};

/* A device behind the SMMU: its dev_iommu_priv_get(). */
struct arm_smmu_master {
	struct arm_smmu_stream *streams;
	unsigned int num_streams;
};

struct arm_vsmmu {
	struct iommufd_viommu core;
	struct arm_smmu_device *smmu;
	struct arm_smmu_domain *s2_parent; /* borrowed while the vIOMMU lives */
	u16 vmid;
};

/*
 * arm_smmu_init_one_queue - memory and shape of a queue; no register access.
 * @q: llq.max_n_shift is the wanted log2 size, lowered while memory is short
 *	and the queue is larger than a page
 * @page: register page, @prod_off and @cons_off offsets into it
 * @dwords: 64-bit words of an entry
 *
 * Memory belongs to smmu->dev.  Context: may sleep.
 * Return: 0, -ENOMEM.  Source: driver kit 5.1.
 */
int arm_smmu_init_one_queue(struct arm_smmu_device *smmu,
			    struct arm_smmu_queue *q, void __iomem *page,
			    unsigned long prod_off, unsigned long cons_off,
			    size_t dwords, const char *name);

/*
 * arm_smmu_cmdq_init - make an initialised queue a command queue.
 *
 * After arm_smmu_init_one_queue(@cmdq->q).  Does not touch supports_cmd.
 * Context: may sleep.  Return: 0, -ENOMEM.
 */
int arm_smmu_cmdq_init(struct arm_smmu_device *smmu,
		       struct arm_smmu_cmdq *cmdq);

/*
 * arm_smmu_cmdq_issue_cmdlist - insert @n commands, in order, together.
 * @sync: append a CMD_SYNC and wait for it
 *
 * Context: any; does not sleep, spins up to a second.
 * Return: 0; -ETIMEDOUT if the hardware did not take or finish them.
 */
int arm_smmu_cmdq_issue_cmdlist(struct arm_smmu_device *smmu,
				struct arm_smmu_cmdq *cmdq,
				struct arm_smmu_cmd *cmds, int n, bool sync);

/*
 * __arm_smmu_cmdq_skip_err - repair the queue memory after a command error.
 *
 * An illegal command becomes a CMD_SYNC; the caller acknowledges afterwards.
 * Context: interrupt handler or thread.
 */
void __arm_smmu_cmdq_skip_err(struct arm_smmu_device *smmu,
			      struct arm_smmu_cmdq *cmdq);

/*
 * arm_vsmmu_alloc_domain_nested - viommu op: a guest's stage 1.
 *
 * Return: the domain; ERR_PTR of -EOPNOTSUPP (flags), -EINVAL, -EFAULT (data),
 * -EIO (refused stream table entry), -ENOMEM.
 */
struct iommu_domain *
arm_vsmmu_alloc_domain_nested(struct iommufd_viommu *viommu, u32 flags,
			      const struct iommu_user_data *user_data);

/*
 * arm_vsmmu_cache_invalidate - viommu op: a guest's trapped commands.
 *
 * Return: 0; -ENOMEM, -EINVAL, -EFAULT, -E2BIG (input), -EIO (refused
 * command), -ETIMEDOUT (queue).
 */
int arm_vsmmu_cache_invalidate(struct iommufd_viommu *viommu,
			       struct iommu_user_data_array *array);

/*
 * tegra241_cmdqv_probe - look for the block at smmu->impl_dev.
 *
 * Called once, when impl_dev is set and the option asks for it.
 * Return: the SMMU to use from now on, possibly at another address.
 */
struct arm_smmu_device *tegra241_cmdqv_probe(struct arm_smmu_device *smmu);

#endif
