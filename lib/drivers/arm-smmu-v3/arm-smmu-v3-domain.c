// SPDX-License-Identifier: MIT
/*
 * Paging domains: a page table, its tag in the TLBs, and who uses it.
 *
 * A stage-1 domain is tagged by an ASID, a stage-2 domain by a VMID.  A nesting
 * parent is a stage-2 domain that guests build on: whatever changes in it, their
 * own translations cached on top must go as well.
 *
 * Invalidation order: TLBs first, completed by a CMD_SYNC; then the devices'
 * caches (ATC), which refill from the TLBs.
 */
#include "arm-smmu-v3-impl.h"

#include <linux/log2.h>
#include <linux/slab.h>

#define VA_BITS_MAX 48
#define TLBI_RANGE_MAX (1ULL << 31)	/* granules: largest SCALE */
#define ATTR_MAIR 0x04ff44ULL	/* NC, write-back, device: as in the table */

/* --- TLBs ---------------------------------------------------------------- */

static struct arm_smmu_cmd tlbi_all(const struct smmu3_domain *sdom)
{
	if (sdom->stage == SMMU3_STAGE_1)
		return smmu3_cmd_tlbi_asid(sdom->asid);
	return smmu3_cmd_tlbi_vmid(SMMU3_OP_TLBI_S12_VMALL, sdom->vmid);
}

static struct arm_smmu_cmd tlbi_address(const struct smmu3_domain *sdom,
					u64 iova, bool leaf)
{
	bool s1 = sdom->stage == SMMU3_STAGE_1;
	struct arm_smmu_cmd cmd = smmu3_cmd_op(s1 ? SMMU3_OP_TLBI_NH_VA :
						    SMMU3_OP_TLBI_S2_IPA);

	if (s1)
		cmd.data[0] |= FIELD_PREP(SMMU3_TLBI0_ASID, sdom->asid);
	else
		cmd.data[0] |= FIELD_PREP(SMMU3_TLBI0_VMID, sdom->vmid);
	cmd.data[1] = (iova & (s1 ? SMMU3_TLBI1_VA : SMMU3_TLBI1_IPA)) |
		      FIELD_PREP(SMMU3_TLBI1_LEAF, leaf);
	return cmd;
}

/*
 * One command covers NUM + 1 units of 2^SCALE granules.  Taking the lowest set
 * bits of what is left first keeps every command exact.  NUM, SCALE and TTL
 * must not all be 0, so without a TTL an odd count is rounded up.
 */
static void tlbi_ranges(struct smmu3_batch *batch, struct smmu3_domain *sdom,
			u64 iova, size_t size, size_t granule, bool leaf)
{
	u32 shift = sdom->table.granule_shift;
	u64 count = DIV_ROUND_UP(size, 1ULL << shift);
	struct arm_smmu_cmd cmd;
	u32 scale, num, ttl = 0;

	if (leaf)
		ttl = 3 - (ilog2(granule) - shift) / sdom->table.bits_per_level;
	else
		count += count & 1;
	while (count) {
		scale = __ffs64(count);
		num = (count >> scale) & SMMU3_TLBI_NUM_MAX;
		cmd = tlbi_address(sdom, iova, leaf);
		cmd.data[0] |= FIELD_PREP(SMMU3_TLBI0_NUM, num - 1) |
			       FIELD_PREP(SMMU3_TLBI0_SCALE, scale);
		cmd.data[1] |= FIELD_PREP(SMMU3_TLBI1_TTL, ttl) |
			       FIELD_PREP(SMMU3_TLBI1_TG, (shift - 10) / 2);
		smmu3_batch_add(batch, cmd);
		iova += (u64)num << scale << shift;
		count -= (u64)num << scale;
	}
}

static void tlbi_granules(struct smmu3_batch *batch, struct smmu3_domain *sdom,
			  u64 iova, size_t size, size_t granule, bool leaf)
{
	u64 end = iova + size;

	for (; iova < end; iova += granule)
		smmu3_batch_add(batch, tlbi_address(sdom, iova, leaf));
}

/* Guests' own stage 1 was cached together with what has just changed. */
static void flush_nested(struct smmu3_domain *sdom)
{
	if (sdom->nest_parent)
		smmu3_issue_one(sdom->sd,
				smmu3_cmd_tlbi_vmid(SMMU3_OP_TLBI_NH_ALL,
						    sdom->vmid),
				true);
}

/* @size 0: everything.  A nested lane's addresses are the guest's: all. */
static void flush_atc(struct smmu3_domain *sdom, u64 iova, u64 size)
{
	struct arm_smmu_cmd cmd = smmu3_cmd_op(SMMU3_OP_ATC_INV);
	struct smmu3_batch batch;
	struct smmu3_lane *lane;
	unsigned long flags;
	unsigned int i;

	if (!(sdom->sd->features & SMMU3_FEAT_ATS))
		return;
	smmu3_batch_start(&batch, sdom->sd, &cmd);
	spin_lock_irqsave(&sdom->lanes_lock, flags);
	list_for_each_entry(lane, &sdom->lanes, list) {
		struct arm_smmu_master *master = &lane->master->master;

		if (!READ_ONCE(lane->master->ats_enabled))
			continue;
		for (i = 0; i < master->num_streams; i++)
			smmu3_batch_add(&batch,
					smmu3_cmd_atc_inv(master->streams[i].id,
							  lane->ssid, iova,
							  lane->nested ? 0 :
									 size));
	}
	spin_unlock_irqrestore(&sdom->lanes_lock, flags);
	if (batch.count)
		smmu3_batch_submit(&batch);
}

void smmu3_domain_flush_all(struct smmu3_domain *sdom)
{
	smmu3_issue_one(sdom->sd, tlbi_all(sdom), true);
	flush_nested(sdom);
	flush_atc(sdom, 0, 0);
}

/*
 * Forgets cached translations of a range.
 * @granule: size of what was mapped there, or of the table's pages
 * @leaf: only mappings changed, no tables
 */
void smmu3_domain_flush(struct smmu3_domain *sdom, unsigned long iova,
			size_t size, size_t granule, bool leaf)
{
	bool range = sdom->sd->features & SMMU3_FEAT_RANGE;
	struct arm_smmu_cmd cmd = tlbi_address(sdom, iova, leaf);
	struct smmu3_batch batch;

	if (range ? size >> sdom->table.granule_shift > TLBI_RANGE_MAX :
		    size / granule >= 1ULL << (ilog2(granule) - 3)) {
		smmu3_domain_flush_all(sdom);
		return;
	}
	smmu3_batch_start(&batch, sdom->sd, &cmd);
	if (range)
		tlbi_ranges(&batch, sdom, iova, size, granule, leaf);
	else
		tlbi_granules(&batch, sdom, iova, size, granule, leaf);
	smmu3_batch_submit(&batch);
	flush_nested(sdom);
	flush_atc(sdom, iova, size);
}

static void flush_walk(void *cookie, unsigned long iova, size_t size,
		       size_t granule)
{
	smmu3_domain_flush(cookie, iova, size, granule, false);
}

/* --- domain ops ---------------------------------------------------------- */

static int domain_map_pages(struct iommu_domain *domain, unsigned long iova,
			    phys_addr_t paddr, size_t pgsize, size_t pgcount,
			    int prot, gfp_t gfp, size_t *mapped)
{
	return smmu3_table_map(&to_smmu3_domain(domain)->table, iova, paddr,
			       pgsize, pgcount, prot, gfp, mapped);
}

static size_t domain_unmap_pages(struct iommu_domain *domain,
				 unsigned long iova, size_t pgsize,
				 size_t pgcount,
				 struct iommu_iotlb_gather *gather)
{
	struct smmu3_domain *sdom = to_smmu3_domain(domain);
	size_t done = smmu3_table_unmap(&sdom->table, iova, pgsize, pgcount);
	size_t at;

	for (at = 0; at < done; at += pgsize)
		iommu_iotlb_gather_add_page(domain, gather, iova + at, pgsize);
	return done;
}

static void domain_iotlb_sync(struct iommu_domain *domain,
			      struct iommu_iotlb_gather *gather)
{
	if (gather->pgsize)
		smmu3_domain_flush(to_smmu3_domain(domain), gather->start,
				   gather->end - gather->start + 1,
				   gather->pgsize, true);
}

static void domain_flush_iotlb_all(struct iommu_domain *domain)
{
	smmu3_domain_flush_all(to_smmu3_domain(domain));
}

static phys_addr_t domain_iova_to_phys(struct iommu_domain *domain,
				       dma_addr_t iova)
{
	return smmu3_table_lookup(&to_smmu3_domain(domain)->table, iova);
}

/* True once, and for ever: later attaches refuse devices that cannot. */
static bool domain_enforce_coherency(struct iommu_domain *domain)
{
	struct smmu3_domain *sdom = to_smmu3_domain(domain);
	struct smmu3_lane *lane;
	unsigned long flags;
	bool all = true;

	spin_lock_irqsave(&sdom->lanes_lock, flags);
	list_for_each_entry(lane, &sdom->lanes, list)
		all = all && smmu3_master_canwbs(lane->master);
	if (all)
		sdom->enforce_coherency = true;
	spin_unlock_irqrestore(&sdom->lanes_lock, flags);
	return all;
}

/* Accepts what domain_init() left half done. */
static void domain_free(struct iommu_domain *domain)
{
	struct smmu3_domain *sdom = to_smmu3_domain(domain);
	struct smmu3_device *sd = sdom->sd;

	/* The tag may be given to another domain right away. */
	if (sdom->asid || sdom->vmid)
		smmu3_domain_flush_all(sdom);
	if (sdom->asid)
		ida_free(&sd->asids, sdom->asid);
	if (sdom->vmid)
		ida_free(&sd->vmids, sdom->vmid);
	smmu3_table_fini(&sdom->table);
	kfree(sdom);
}

static const struct iommu_domain_ops paging_ops = {
	.attach_dev = smmu3_attach_paging,
	.set_dev_pasid = smmu3_set_pasid_paging,
	.map_pages = domain_map_pages,
	.unmap_pages = domain_unmap_pages,
	.flush_iotlb_all = domain_flush_iotlb_all,
	.iotlb_sync = domain_iotlb_sync,
	.iova_to_phys = domain_iova_to_phys,
	.enforce_cache_coherency = domain_enforce_coherency,
	.free = domain_free,
};

/* --- making domains ------------------------------------------------------ */

static int domain_take_tag(struct smmu3_domain *sdom)
{
	struct smmu3_device *sd = sdom->sd;
	bool s1 = sdom->stage == SMMU3_STAGE_1;
	u32 bits = s1 ? sd->asid_bits : sd->vmid_bits;
	int tag;

	tag = ida_alloc_range(s1 ? &sd->asids : &sd->vmids, 1,
			      (1u << bits) - 1, GFP_KERNEL);
	if (tag < 0)
		return tag;
	if (s1)
		sdom->asid = tag;
	else
		sdom->vmid = tag;
	return 0;
}

static int domain_init(struct smmu3_domain *sdom)
{
	struct smmu3_device *sd = sdom->sd;
	u8 in_bits = sdom->stage == SMMU3_STAGE_1 ? VA_BITS_MAX : sd->oas_bits;
	int ret;

	in_bits = min_t(u8, in_bits, VA_BITS_MAX);
	ret = smmu3_table_init(&sdom->table, sdom->stage, sd->granule_shift,
			       in_bits, min_t(u8, sd->oas_bits, VA_BITS_MAX));
	if (ret)
		return ret;
	sdom->table.fwb = sdom->nest_parent && sd->features & SMMU3_FEAT_FWB;
	sdom->table.flush_walk = flush_walk;
	sdom->table.cookie = sdom;
	sdom->domain.pgsize_bitmap = smmu3_table_pgsizes(&sdom->table);
	sdom->domain.geometry.aperture_start = 0;
	sdom->domain.geometry.aperture_end = (1ULL << in_bits) - 1;
	sdom->domain.geometry.force_aperture = true;
	return domain_take_tag(sdom);
}

/* Which stage @flags ask for.  Return: 0, -EOPNOTSUPP. */
static int choose_stage(const struct smmu3_device *sd, u32 flags,
			enum smmu3_stage *out_stage)
{
	bool has_s1 = sd->features & SMMU3_FEAT_S1;

	switch (flags) {
	case 0:
		*out_stage = has_s1 ? SMMU3_STAGE_1 : SMMU3_STAGE_2;
		return 0;
	case IOMMU_HWPT_ALLOC_PASID:
		*out_stage = SMMU3_STAGE_1;
		return has_s1 ? 0 : -EOPNOTSUPP;
	case IOMMU_HWPT_ALLOC_NEST_PARENT:
		*out_stage = SMMU3_STAGE_2;
		return sd->features & SMMU3_FEAT_NESTING ? 0 : -EOPNOTSUPP;
	default:
		return -EOPNOTSUPP;
	}
}

/* ops->domain_alloc_paging_flags */
struct iommu_domain *
smmu3_domain_alloc(struct device *dev, u32 flags,
		   const struct iommu_user_data *user_data)
{
	struct smmu3_device *sd = to_smmu3_master(dev)->sd;
	struct smmu3_domain *sdom;
	enum smmu3_stage stage;
	int ret;

	if (user_data || choose_stage(sd, flags, &stage))
		return ERR_PTR(-EOPNOTSUPP);
	sdom = kzalloc(sizeof(*sdom), GFP_KERNEL);
	if (!sdom)
		return ERR_PTR(-ENOMEM);
	sdom->sd = sd;
	sdom->stage = stage;
	sdom->nest_parent = flags & IOMMU_HWPT_ALLOC_NEST_PARENT;
	sdom->domain.type = IOMMU_DOMAIN_UNMANAGED;
	sdom->domain.ops = &paging_ops;
	spin_lock_init(&sdom->lanes_lock);
	INIT_LIST_HEAD(&sdom->lanes);
	ret = domain_init(sdom);
	if (ret) {
		domain_free(&sdom->domain);
		return ERR_PTR(ret);
	}
	return &sdom->domain;
}

/* --- what the hardware is told ------------------------------------------- */

/* Walk attributes, in the same order in a CD and, from bit 8 on, in a VTCR. */
static u32 tg_code(const struct smmu3_table *table)
{
	return table->granule_shift == 12 ? 0 :
	       table->granule_shift == 14 ? 2 : 1;
}

void smmu3_make_s1_cd(struct smmu3_cd *out, const struct smmu3_domain *sdom,
		      bool stall)
{
	const struct smmu3_table *table = &sdom->table;

	memset(out, 0, sizeof(*out));
	out->data[0] = cpu_to_le64(
		FIELD_PREP(SMMU3_CD0_T0SZ, 64 - table->in_bits) |
		FIELD_PREP(SMMU3_CD0_TG0, tg_code(table)) |
		FIELD_PREP(SMMU3_CD0_IR0, SMMU3_CACHE_WBRA) |
		FIELD_PREP(SMMU3_CD0_OR0, SMMU3_CACHE_WBRA) |
		FIELD_PREP(SMMU3_CD0_SH0, SMMU3_SHARE_INNER) |
		SMMU3_CD0_EPD1 | SMMU3_CD0_V |
		FIELD_PREP(SMMU3_CD0_IPS, sdom->sd->oas_code) |
		SMMU3_CD0_AA64 | (stall ? SMMU3_CD0_S : 0) | SMMU3_CD0_R |
		SMMU3_CD0_A | SMMU3_CD0_ASET |
		FIELD_PREP(SMMU3_CD0_ASID, sdom->asid));
	out->data[1] = cpu_to_le64(smmu3_table_root(table) &
				   SMMU3_CD1_TTB0);
	out->data[3] = cpu_to_le64(ATTR_MAIR);
}

/* T0SZ, SL0, IRGN, ORGN, SH, TG, PS */
static u64 vtcr(const struct smmu3_domain *sdom)
{
	const struct smmu3_table *table = &sdom->table;
	u32 sl0 = table->granule_shift == 12 ? 2 - table->start_level :
					       3 - table->start_level;

	return (64 - table->in_bits) | sl0 << 6 | SMMU3_CACHE_WBRA << 8 |
	       SMMU3_CACHE_WBRA << 10 | SMMU3_SHARE_INNER << 12 |
	       tg_code(table) << 14 | (u64)sdom->sd->oas_code << 16;
}

void smmu3_make_s2_ste(struct smmu3_ste *out, const struct smmu3_domain *sdom,
		       bool ats)
{
	memset(out, 0, sizeof(*out));
	out->data[0] = cpu_to_le64(SMMU3_STE0_V |
				   FIELD_PREP(SMMU3_STE0_CONFIG,
					      SMMU3_STE_S2));
	out->data[1] = cpu_to_le64(
		FIELD_PREP(SMMU3_STE1_EATS,
			   ats ? SMMU3_EATS_TRANS : SMMU3_EATS_ABORT) |
		FIELD_PREP(SMMU3_STE1_SHCFG, SMMU3_SHCFG_INCOMING) |
		(sdom->table.fwb ? SMMU3_STE1_S2FWB : 0));
	out->data[2] = cpu_to_le64(FIELD_PREP(SMMU3_STE2_VMID, sdom->vmid) |
				   FIELD_PREP(SMMU3_STE2_VTCR, vtcr(sdom)) |
				   SMMU3_STE2_AA64 | SMMU3_STE2_PTW |
				   SMMU3_STE2_R);
	out->data[3] = cpu_to_le64(smmu3_table_root(&sdom->table) &
				   SMMU3_STE3_S2TTB);
}
