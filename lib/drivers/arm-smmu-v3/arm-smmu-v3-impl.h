/* SPDX-License-Identifier: MIT */
/*
 * The SMMUv3 driver's own state.
 *
 * Everything here wraps a shared structure (struct smmu3_master contains a
 * struct arm_smmu_master) or stands beside one (struct smmu3_device is the
 * driver data of the struct device that a struct arm_smmu_device names), so
 * the shared structures may have any layout.
 *
 * Vocabulary.  A ring is a queue in memory with its two index registers.  A
 * master is a device behind the SMMU; a stream is one of its IDs.  A stage is
 * what a domain translates in.  A lane is the place (RID or PASID) at which a
 * domain is attached to a master.
 *
 * Locks, outermost first:
 *   IOMMU group mutex (core)  a master's attachments
 *   streams_lock              streams map, second-level stream tables, vmaster
 *   sdom->lanes_lock          a domain's lanes, for invalidation
 *   rings and page tables have none: see arm-smmu-v3-ring.c and -table.c
 */
#ifndef ARM_SMMU_V3_IMPL_H
#define ARM_SMMU_V3_IMPL_H

#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/device.h>
#include <linux/idr.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/iommu.h>
#include <linux/iommufd.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/xarray.h>

#include "arm-smmu-v3.h"
#include "arm-smmu-v3-regs.h"

struct smmu3_device;
struct smmu3_master;

/* --- rings --------------------------------------------------------------- */

/* Memory and index registers; [shadow, valid, ...] for command queues. */
struct smmu3_ring {
	struct smmu3_device *owner;	/* borrowed: longer liver */
	__le64 *base;
	dma_addr_t base_dma;
	void __iomem *prod_reg;
	void __iomem *cons_reg;
	u32 shift;			/* log2 of the number of entries */
	u32 dwords;			/* of an entry */
	const char *name;
	bool secondary;			/* not the SMMU's own command queue */
	u32 cons;			/* consumer rings: next to read */
	atomic_long_t *valid;		/* one bit an entry */
	/* producer index and flag in bits 31:0, known consumer in 63:32 */
	atomic64_t shadow ____cacheline_aligned_in_smp;
	atomic_t owner_prod ____cacheline_aligned_in_smp;
	atomic_t lock;
};

/* Index arithmetic, proved by tests: counters of shift + 1 bits. */
static inline u32 smmu3_ring_mask(u32 shift)
{
	return (2u << shift) - 1;
}

static inline u32 smmu3_ring_add(u32 shift, u32 index, u32 count)
{
	return (index + count) & smmu3_ring_mask(shift);
}

static inline u32 smmu3_ring_used(u32 shift, u32 prod, u32 cons)
{
	return (prod - cons) & smmu3_ring_mask(shift);
}

static inline u32 smmu3_ring_free(u32 shift, u32 prod, u32 cons)
{
	return (1u << shift) - smmu3_ring_used(shift, prod, cons);
}

/* Has the entry at @index been passed by @cons (both within one ring)? */
static inline bool smmu3_ring_consumed(u32 shift, u32 cons, u32 index)
{
	u32 ahead = (cons - index) & smmu3_ring_mask(shift);

	return ahead != 0 && ahead <= 1u << shift;
}

int smmu3_ring_alloc(struct smmu3_device *sd, u32 *shift, u32 dwords,
		     void __iomem *page, unsigned long prod_off,
		     unsigned long cons_off, const char *name,
		     struct smmu3_ring **out_ring);
int smmu3_ring_make_commands(struct smmu3_ring *ring);
u64 smmu3_ring_base_value(const struct smmu3_ring *ring);
int smmu3_ring_issue(struct smmu3_ring *ring, const struct arm_smmu_cmd *cmds,
		     int n, bool sync);
void smmu3_ring_skip_error(struct smmu3_ring *ring);
struct smmu3_ring *smmu3_ring_of(struct arm_smmu_device *smmu,
				 struct arm_smmu_cmdq *cmdq);

/* A wait loop: try, try again, then pause for longer and longer. */
struct smmu3_wait {
	ktime_t deadline;
	u32 delay_us;
	u32 spins;
	bool for_event;
};

void smmu3_wait_start(struct smmu3_wait *wait, bool for_event);
/* Pauses; -ETIMEDOUT once the deadline has passed, else 0. */
int smmu3_wait_more(struct smmu3_wait *wait);

/* --- commands ------------------------------------------------------------ */

#define SMMU3_BATCH_ENTRIES BITS_PER_LONG

/* Commands on their way to one queue. */
struct smmu3_batch {
	struct smmu3_device *sd;
	struct arm_smmu_cmdq *cmdq;
	int count;
	int error;		/* first failure of an early submission */
	struct arm_smmu_cmd cmds[SMMU3_BATCH_ENTRIES];
};

void smmu3_batch_start(struct smmu3_batch *batch, struct smmu3_device *sd,
		       const struct arm_smmu_cmd *first);
void smmu3_batch_add(struct smmu3_batch *batch, struct arm_smmu_cmd cmd);
int smmu3_batch_submit(struct smmu3_batch *batch);
int smmu3_issue_one(struct smmu3_device *sd, struct arm_smmu_cmd cmd,
		    bool sync);

struct arm_smmu_cmd smmu3_cmd_op(enum smmu3_op op);
struct arm_smmu_cmd smmu3_cmd_cfgi_ste(u32 sid, bool leaf);
struct arm_smmu_cmd smmu3_cmd_cfgi_all(void);
struct arm_smmu_cmd smmu3_cmd_cfgi_cd(u32 sid, u32 ssid, bool leaf);
struct arm_smmu_cmd smmu3_cmd_prefetch(u32 sid);
struct arm_smmu_cmd smmu3_cmd_tlbi_asid(u16 asid);
struct arm_smmu_cmd smmu3_cmd_tlbi_vmid(enum smmu3_op op, u16 vmid);
struct arm_smmu_cmd smmu3_cmd_atc_inv(u32 sid, u32 ssid, u64 iova, u64 size);
struct arm_smmu_cmd smmu3_cmd_resume(u32 sid, u16 stag, u32 resp);
struct arm_smmu_cmd smmu3_cmd_pri_resp(u32 sid, u32 ssid, bool ssv, u16 grpid,
				       u32 resp);

/* --- the device ---------------------------------------------------------- */

/* sd->features */
#define SMMU3_FEAT_S1 BIT(0)
#define SMMU3_FEAT_S2 BIT(1)
#define SMMU3_FEAT_NESTING BIT(2)
#define SMMU3_FEAT_COHERENT BIT(3)
#define SMMU3_FEAT_HYP BIT(4)
#define SMMU3_FEAT_ATS BIT(5)
#define SMMU3_FEAT_PRI BIT(6)
#define SMMU3_FEAT_MSI_POLL BIT(7)
#define SMMU3_FEAT_SEV BIT(8)
#define SMMU3_FEAT_2LVL_STRTAB BIT(9)
#define SMMU3_FEAT_STALL BIT(10)	/* streams may choose to stall */
#define SMMU3_FEAT_STALL_FORCE BIT(11)	/* all of them do */
#define SMMU3_FEAT_RANGE BIT(12)
#define SMMU3_FEAT_FWB BIT(13)
#define SMMU3_FEAT_DS BIT(14)

/* sd->quirks */
#define SMMU3_QUIRK_SKIP_PREFETCH BIT(0)
#define SMMU3_QUIRK_FORCE_SYNC BIT(1)
#define SMMU3_QUIRK_REPEAT_INVALIDATE BIT(2)

#define SMMU3_STRTAB_SPLIT 8
#define SMMU3_STRTAB_LINEAR_BITS 16

/* The stream table: linear, or a first level of pointers to 256 entries. */
struct smmu3_strtab {
	__le64 *base;		/* level 1, or the entries */
	dma_addr_t base_dma;
	u32 bits;		/* stream IDs it can hold */
	u32 cfg;		/* STRTAB_BASE_CFG */
	__le64 **level2;	/* by index, NULL until used; two-level only */
};

/* One SMMU: driver data of smmu->dev. */
struct smmu3_device {
	struct arm_smmu_device *smmu;	/* devres of dev */
	struct device *dev;
	void __iomem *base;
	unsigned long features;
	unsigned long quirks;
	u32 idr[6];
	u32 iidr;
	u32 aidr;
	u8 sid_bits;
	u8 ssid_bits;
	u8 asid_bits;
	u8 vmid_bits;
	u8 ias_bits;
	u8 oas_bits;
	u8 oas_code;
	u8 granule_shift;
	u32 cmdq_shift;
	u32 evtq_shift;
	u32 priq_shift;
	struct smmu3_ring *cmdq;	/* of smmu->cmdq */
	struct smmu3_ring *evtq;
	struct smmu3_ring *priq;	/* NULL without PRI */
	struct xarray rings;		/* struct arm_smmu_queue -> ring */
	struct smmu3_strtab strtab;
	struct mutex streams_lock;
	struct xarray streams;		/* stream ID -> struct smmu3_master */
	struct ida asids;
	struct ida vmids;
	int evtq_irq;			/* 0: none */
	int priq_irq;
	int gerror_irq;
	struct iopf_queue *iopf_queue;	/* NULL without stalls */
};

static inline struct smmu3_device *to_smmu3(const struct arm_smmu_device *smmu)
{
	return dev_get_drvdata(smmu->dev);
}

int smmu3_read_features(struct smmu3_device *sd);
int smmu3_write_sync(struct smmu3_device *sd, u32 value, u32 reg, u32 ack_reg);
int smmu3_reset(struct smmu3_device *sd);
int smmu3_disable(struct smmu3_device *sd);

/* Interrupt threads; @data is the struct smmu3_device. */
irqreturn_t smmu3_evtq_thread(int irq, void *data);
irqreturn_t smmu3_priq_thread(int irq, void *data);
irqreturn_t smmu3_gerror_handler(int irq, void *data);
void smmu3_page_response(struct device *dev, struct iopf_fault *evt,
			 struct iommu_page_response *msg);

/* --- stream table and context descriptors -------------------------------- */

struct smmu3_ste {
	__le64 data[SMMU3_STE_WORDS];
};

struct smmu3_cd {
	__le64 data[SMMU3_CD_WORDS];
};

#define SMMU3_ENTRY_WORDS 8

/* How to change an entry that the hardware may read at any moment. */
struct smmu3_entry_ops {
	/* Bits of @entry that decide anything; all others may hold anything. */
	void (*used)(const __le64 *entry, u64 *out_used);
	/* Makes the hardware forget what it read. */
	void (*sync)(void *cookie);
};

void smmu3_entry_write(__le64 *entry, const __le64 *target,
		       const struct smmu3_entry_ops *ops, void *cookie);

int smmu3_strtab_init(struct smmu3_device *sd);
int smmu3_strtab_prepare(struct smmu3_device *sd, u32 sid);
__le64 *smmu3_strtab_entry(struct smmu3_device *sd, u32 sid);
void smmu3_ste_used(const __le64 *ste, u64 *out_used);
void smmu3_ste_write(struct smmu3_device *sd, u32 sid,
		     const struct smmu3_ste *target);
void smmu3_ste_abort(struct smmu3_ste *out);
void smmu3_ste_bypass(struct smmu3_ste *out);

/* A master's context descriptors, made at first use. */
struct smmu3_cdtab {
	__le64 *base;		/* level 1, or the descriptors; NULL: none yet */
	dma_addr_t base_dma;
	__le64 **leaf;		/* by PASID >> leaf bits; two-level only */
	dma_addr_t *leaf_dma;
	u32 bits;		/* PASIDs it can hold */
	unsigned int pasids;	/* valid descriptors other than 0 */
};

int smmu3_cdtab_init(struct smmu3_master *master);
void smmu3_cdtab_fini(struct smmu3_master *master);
int smmu3_cdtab_prepare(struct smmu3_master *master, u32 ssid);
void smmu3_cd_write(struct smmu3_master *master, u32 ssid,
		    const struct smmu3_cd *target);
void smmu3_cd_clear(struct smmu3_master *master, u32 ssid);
void smmu3_cdtab_make_ste(struct smmu3_ste *out,
			  const struct smmu3_master *master, u32 s1dss,
			  bool ats);

/* --- page tables --------------------------------------------------------- */

enum smmu3_stage {
	SMMU3_STAGE_1,
	SMMU3_STAGE_2,
};

/* A translation table of the 64-bit long-descriptor format. */
struct smmu3_table {
	u64 *root;
	u8 granule_shift;
	u8 bits_per_level;
	u8 start_level;
	u8 root_bits;		/* log2 of entries in the root */
	u8 in_bits;
	u8 out_bits;
	enum smmu3_stage stage;
	bool fwb;		/* stage 2 attributes override */
	void (*flush_walk)(void *cookie, unsigned long iova, size_t size,
			   size_t granule);
	void *cookie;
};

int smmu3_table_init(struct smmu3_table *table, enum smmu3_stage stage,
		     u8 granule_shift, u8 in_bits, u8 out_bits);
void smmu3_table_fini(struct smmu3_table *table);
unsigned long smmu3_table_pgsizes(const struct smmu3_table *table);
int smmu3_table_map(struct smmu3_table *table, unsigned long iova,
		    phys_addr_t paddr, size_t pgsize, size_t pgcount, int prot,
		    gfp_t gfp, size_t *mapped);
size_t smmu3_table_unmap(struct smmu3_table *table, unsigned long iova,
			 size_t pgsize, size_t pgcount);
phys_addr_t smmu3_table_lookup(const struct smmu3_table *table,
			       unsigned long iova);
u64 smmu3_table_root(const struct smmu3_table *table);

/* --- domains ------------------------------------------------------------- */

struct smmu3_domain {
	struct iommu_domain domain;	/* first */
	struct smmu3_device *sd;
	enum smmu3_stage stage;
	bool nest_parent;
	bool enforce_coherency;		/* under lanes_lock */
	u16 asid;			/* stage 1; 0: none */
	u16 vmid;			/* stage 2; 0: none */
	struct smmu3_table table;
	spinlock_t lanes_lock;
	struct list_head lanes;		/* where it is attached */
};

struct smmu3_nested_domain {
	struct iommu_domain domain;	/* first */
	struct arm_vsmmu *vsmmu;	/* borrowed: its HWPT holds the vIOMMU */
	bool ats;
	u64 ste[2];			/* CPU order, EATS removed */
};

/* A paging domain at a place of a master. */
struct smmu3_lane {
	struct list_head list;		/* sdom->lanes */
	struct smmu3_master *master;
	struct smmu3_domain *sdom;
	u32 ssid;
	bool nested;			/* below a guest's stage 1 */
	bool iopf;			/* counts in master->iopf_users */
};

static inline struct smmu3_domain *to_smmu3_domain(struct iommu_domain *domain)
{
	return container_of(domain, struct smmu3_domain, domain);
}

static inline struct smmu3_nested_domain *
to_smmu3_nested(struct iommu_domain *domain)
{
	return container_of(domain, struct smmu3_nested_domain, domain);
}

struct iommu_domain *
smmu3_domain_alloc(struct device *dev, u32 flags,
		   const struct iommu_user_data *user_data);
void smmu3_domain_flush(struct smmu3_domain *sdom, unsigned long iova,
			size_t size, size_t granule, bool leaf);
void smmu3_domain_flush_all(struct smmu3_domain *sdom);
void smmu3_make_s1_cd(struct smmu3_cd *out, const struct smmu3_domain *sdom,
		      bool stall);
void smmu3_make_s2_ste(struct smmu3_ste *out, const struct smmu3_domain *sdom,
		       bool ats);

/* --- masters ------------------------------------------------------------- */

/* What the event thread needs to forward; under streams_lock. */
struct smmu3_vmaster {
	struct arm_vsmmu *vsmmu;
	unsigned long vsid;
};

/* What a master's traffic without a PASID meets. */
enum smmu3_rid {
	SMMU3_RID_BLOCKED,
	SMMU3_RID_IDENTITY,
	SMMU3_RID_S1,
	SMMU3_RID_S2,
	SMMU3_RID_NESTED,
};

struct smmu3_master {
	struct arm_smmu_master master;	/* first: dev_iommu_priv_get() */
	struct smmu3_device *sd;
	struct device *dev;
	struct smmu3_cdtab cdtab;
	u8 ssid_bits;
	bool stall;
	bool ats_supported;
	bool ats_enabled;
	unsigned int iopf_users;
	struct smmu3_vmaster *vmaster;	/* NULL: events stay here */
	enum smmu3_rid rid;
	struct smmu3_lane *rid_lane;	/* NULL: blocked or identity */
	struct xarray pasid_lanes;	/* PASID -> lane */
};

/* Valid from probe_device to release_device. */
static inline struct smmu3_master *to_smmu3_master(struct device *dev)
{
	struct arm_smmu_master *master = dev_iommu_priv_get(dev);

	return container_of(master, struct smmu3_master, master);
}

/*
 * A change of what a master's lane leads to.  smmu3_change_prepare() does all
 * that can fail; the caller then writes entries; smmu3_change_commit() cannot
 * fail.
 */
struct smmu3_change {
	struct smmu3_master *master;
	u32 ssid;
	struct iommu_domain *domain;	/* asked for */
	struct smmu3_domain *sdom;	/* paging part; NULL: static domain */
	struct smmu3_vmaster *vmaster;	/* moves to the master */
	bool nested;
	bool ats;			/* after the change */
	struct smmu3_lane *lane;	/* made by prepare */
	struct smmu3_lane *old;
};

int smmu3_change_prepare(struct smmu3_change *change);
void smmu3_change_install(struct smmu3_change *change,
			  const struct smmu3_ste *ste);
void smmu3_change_commit(struct smmu3_change *change, enum smmu3_rid rid);
bool smmu3_master_canwbs(const struct smmu3_master *master);
void smmu3_master_init(struct smmu3_master *master, struct smmu3_device *sd,
		       struct device *dev);
void smmu3_master_fini(struct smmu3_master *master);
int smmu3_attach_paging(struct iommu_domain *domain, struct device *dev,
			struct iommu_domain *old);
int smmu3_set_pasid_paging(struct iommu_domain *domain, struct device *dev,
			   ioasid_t pasid, struct iommu_domain *old);
int smmu3_master_forward(struct smmu3_master *master, const u64 *event);

extern struct iommu_domain smmu3_identity_domain;
extern struct iommu_domain smmu3_blocked_domain;

/* --- user-visible parts -------------------------------------------------- */

void *smmu3_hw_info(struct device *dev, u32 *length,
		    enum iommu_hw_info_type *type);
size_t smmu3_get_viommu_size(struct device *dev,
			     enum iommu_viommu_type viommu_type);
int smmu3_viommu_init(struct iommufd_viommu *viommu,
		      struct iommu_domain *parent,
		      const struct iommu_user_data *user_data);
int smmu3_nested_check(u64 ste[2], bool *out_ats);
int smmu3_user_cmd_check(const struct smmu3_device *sd,
			 const struct arm_smmu_cmd *cmd);

extern const struct iommu_ops smmu3_ops;

#endif
