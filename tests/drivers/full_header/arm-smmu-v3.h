/* SPDX-License-Identifier: MIT */
/*
 * A shared header as full as a kernel's: everything that the driver kit's list
 * (spec/15, sections 1.1, 2, 4, 5) says such a header asks of the kit.
 *
 * Only what the list tells is here: which kit types are embedded and must be
 * complete, which kit names inline functions use, which names it declares, the
 * anonymous aligned union, members that are called like functions.  All else
 * is a stranger.  The SMMUv3 and CMDQV drivers are compiled against it and run.
 */
#ifndef FULL_ARM_SMMU_V3_H
#define FULL_ARM_SMMU_V3_H

#include <linux/bitfield.h>
#include <linux/iommu.h>
#include <linux/iommufd.h>
#include <linux/kernel.h>
#include <linux/mmzone.h>
#include <linux/sizes.h>

struct arm_smmu_device;
struct arm_smmu_domain;
struct arm_smmu_master;
struct arm_vsmmu;

#define ARM_SMMU_IDR1 0x4
#define IDR1_CMDQS GENMASK(25, 21)
#define ARM_SMMU_POLL_TIMEOUT_US 1000000

/* Little-endian constants made by the compiler. */
#define STRANGER_STE_BITS cpu_to_le64(BIT_ULL(0) | GENMASK_ULL(3, 1))

#ifdef CONFIG_CMA_ALIGNMENT
#define STRANGER_MAX_SHIFT (PAGE_SHIFT + CONFIG_CMA_ALIGNMENT)
#else
#define STRANGER_MAX_SHIFT (PAGE_SHIFT + MAX_PAGE_ORDER)
#endif
#define CMDQ_ENT_SZ_SHIFT 4
#define CMDQ_ENT_DWORDS ((1 << CMDQ_ENT_SZ_SHIFT) >> 3)
#define CMDQ_MAX_SZ_SHIFT (STRANGER_MAX_SHIFT - CMDQ_ENT_SZ_SHIFT)
#define CMDQ_0_OP GENMASK_ULL(7, 0)
#define CMDQ_SYNC_0_CS GENMASK_ULL(13, 12)
#define CMDQ_SYNC_0_CS_NONE 0
#define CMDQ_OP_TLBI_NH_ASID 0x11
#define CMDQ_OP_TLBI_NH_VA 0x12
#define CMDQ_OP_ATC_INV 0x40
#define CMDQ_OP_CMD_SYNC 0x46
#define ARM_SMMU_OPT_TEGRA241_CMDQV (1 << 4)

enum stranger_response { STRANGER_DENY, STRANGER_FAIL, STRANGER_SUCCEED };

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

struct arm_smmu_queue {
	struct arm_smmu_ll_queue llq;
	int stranger;
	__le64 *base;
	dma_addr_t base_dma;
	u64 q_base;
	size_t ent_dwords;
	u32 __iomem *prod_reg;
	u32 __iomem *cons_reg;
	ktime_t strangers;
};

struct arm_smmu_cmdq {
	struct arm_smmu_queue q;
	atomic_long_t *stranger;
	atomic_t owner_prod;
	atomic_t lock;
	bool (*supports_cmd)(struct arm_smmu_cmd *cmd);
};

/* Members that have the names of functions and keywords elsewhere. */
struct stranger_item {
	u8 class;
	bool leaf, sync, read;
	u32 id;
};

struct stranger_items {
	size_t count;
	rwlock_t lock;
	struct rcu_head rcu;
	struct stranger_item item[] __counted_by(count);
};

static inline struct stranger_items *stranger_items_alloc(size_t count)
{
	struct stranger_items *items = kzalloc_flex(*items, item, count);

	if (!items)
		return NULL;
	items->count = count;
	rwlock_init(&items->lock);
	return items;
}

static inline void stranger_items_free(struct stranger_items *items)
{
	kfree(items);
}

struct arm_smmu_impl_ops {
	int (*device_reset)(struct arm_smmu_device *smmu);
	void (*device_remove)(struct arm_smmu_device *smmu);
	int (*init_structures)(struct arm_smmu_device *smmu);
	void (*device_disable)(struct arm_smmu_device *smmu);
	struct arm_smmu_cmdq *(*get_secondary_cmdq)(
		struct arm_smmu_device *smmu, struct arm_smmu_cmd *cmd);
	void *(*hw_info)(struct arm_smmu_device *smmu, u32 *length,
			 enum iommu_hw_info_type *type);
	size_t (*get_viommu_size)(enum iommu_viommu_type viommu_type);
	int (*vsmmu_init)(struct arm_vsmmu *vsmmu,
			  const struct iommu_user_data *user_data);
};

struct arm_smmu_device {
	struct device *dev;
	struct device *impl_dev;
	const struct arm_smmu_impl_ops *impl_ops;
	void __iomem *base;
	u32 stranger;
	u32 options;
	struct arm_smmu_cmdq cmdq;
	struct iopf_queue *iopf;
	struct ida ids;
	struct iommu_device iommu;
	struct rb_root root;
	struct mutex mutex;
};

struct arm_smmu_stream {
	u32 id;
	struct arm_smmu_master *master;
	struct rb_node node;
};

struct arm_smmu_master {
	struct device *dev;
	struct arm_smmu_stream *streams;
	struct stranger_items *stranger;
	unsigned int num_streams;
	bool flag : 1;
};

struct arm_smmu_domain {
	struct io_pgtable_ops *pgtable;
	atomic_t masters;
	struct iommu_domain domain;
	struct stranger_items __rcu *items;
	struct list_head devices;
	spinlock_t lock;
	struct mmu_notifier notifier;
};

struct arm_vsmmu {
	struct iommufd_viommu core;
	struct arm_smmu_device *smmu;
	struct arm_smmu_domain *s2_parent;
	u16 vmid;
};

static inline struct arm_smmu_domain *stranger_domain(struct iommu_domain *dom)
{
	return container_of(dom, struct arm_smmu_domain, domain);
}

static inline struct arm_smmu_cmd
stranger_command(u8 op, u16 vmid, bool leaf, enum stranger_response response)
{
	return (struct arm_smmu_cmd){
		.data = { FIELD_PREP(CMDQ_0_OP, op) |
				  FIELD_PREP(GENMASK_ULL(47, 32), vmid),
			  FIELD_PREP(BIT_ULL(0), leaf) |
				  FIELD_PREP(GENMASK_ULL(13, 12), response) },
	};
}

static inline bool stranger_canwbs(struct arm_smmu_master *master)
{
	return dev_iommu_fwspec_get(master->dev)->flags &
	       IOMMU_FWSPEC_PCI_RC_CANWBS;
}

static inline struct stranger_items *
stranger_domain_items(struct arm_smmu_domain *smmu_domain)
{
	return rcu_dereference_protected(smmu_domain->items, true);
}

static inline bool stranger_has_pasid(ioasid_t pasid)
{
	return pasid != IOMMU_NO_PASID;
}

extern struct xarray arm_smmu_asid_xa;
extern struct mutex arm_smmu_asid_lock;

struct arm_smmu_domain *arm_smmu_domain_alloc(void);
void arm_smmu_clear_cd(struct arm_smmu_master *master, ioasid_t ssid);
void arm_smmu_domain_inv_range(struct arm_smmu_domain *smmu_domain,
			       unsigned long iova, size_t size,
			       unsigned int granule, bool leaf);
int arm_vsmmu_init(struct iommufd_viommu *viommu,
		   struct iommu_domain *parent_domain,
		   const struct iommu_user_data *user_data);

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

#ifdef CONFIG_TEGRA241_CMDQV
struct arm_smmu_device *tegra241_cmdqv_probe(struct arm_smmu_device *smmu);
#else
static inline struct arm_smmu_device *
tegra241_cmdqv_probe(struct arm_smmu_device *smmu)
{
	return ERR_PTR(-ENODEV);
}
#endif

#if IS_ENABLED(CONFIG_ARM_SMMU_V3_SVA)
struct iommu_domain *stranger_sva_domain(struct device *dev,
					 struct mm_struct *mm);
#endif
#if IS_ENABLED(CONFIG_KUNIT)
void stranger_kunit(struct mm_struct *mm);
#endif

#if IS_ENABLED(CONFIG_ARM_SMMU_V3_IOMMUFD)
struct iommu_domain *
arm_vsmmu_alloc_domain_nested(struct iommufd_viommu *viommu, u32 flags,
			      const struct iommu_user_data *user_data);
int arm_vsmmu_cache_invalidate(struct iommufd_viommu *viommu,
			       struct iommu_user_data_array *array);
#else
#define arm_vsmmu_alloc_domain_nested NULL
#define arm_vsmmu_cache_invalidate NULL
#endif

#endif
