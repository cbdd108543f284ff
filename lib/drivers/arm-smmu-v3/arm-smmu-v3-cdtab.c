// SPDX-License-Identifier: MIT
/*
 * A master's context descriptors: which stage 1 each PASID uses.
 *
 * Descriptor 0 is what traffic without a PASID uses.  Small tables are linear;
 * large ones have a first level of pointers to leaves of 1,024 descriptors,
 * made at first use.  The table exists from the first attach that needs it to
 * the master's end.
 */
#include "arm-smmu-v3-impl.h"

#include <linux/dma-mapping.h>
#include <linux/slab.h>

#define LEAF_BITS 10
#define LEAF_COUNT (1u << LEAF_BITS)

static size_t leaf_bytes(void)
{
	return LEAF_COUNT * sizeof(struct smmu3_cd);
}

static bool cdtab_two_levels(const struct smmu3_master *master)
{
	return master->ssid_bits > LEAF_BITS &&
	       master->sd->idr[0] & SMMU3_IDR0_CD2L;
}

static size_t cdtab_bytes(const struct smmu3_cdtab *tab)
{
	if (tab->leaf)
		return sizeof(u64) << (tab->bits - LEAF_BITS);
	return sizeof(struct smmu3_cd) << tab->bits;
}

static int cdtab_init_leaves(struct smmu3_cdtab *tab)
{
	size_t count = (size_t)1 << (tab->bits - LEAF_BITS);

	tab->leaf = kcalloc(count, sizeof(*tab->leaf), GFP_KERNEL);
	tab->leaf_dma = kcalloc(count, sizeof(*tab->leaf_dma), GFP_KERNEL);
	if (tab->leaf && tab->leaf_dma)
		return 0;
	kfree(tab->leaf_dma);
	kfree(tab->leaf);
	tab->leaf_dma = NULL;
	tab->leaf = NULL;
	return -ENOMEM;
}

/* Does nothing if the table exists.  Return: 0, -ENOMEM. */
int smmu3_cdtab_init(struct smmu3_master *master)
{
	struct smmu3_cdtab *tab = &master->cdtab;

	if (tab->base)
		return 0;
	tab->bits = master->ssid_bits;
	if (cdtab_two_levels(master) && cdtab_init_leaves(tab))
		return -ENOMEM;
	tab->base = dma_alloc_coherent(master->sd->dev, cdtab_bytes(tab),
				       &tab->base_dma, GFP_KERNEL);
	if (!tab->base) {
		smmu3_cdtab_fini(master);
		return -ENOMEM;
	}
	return 0;
}

/* No stream refers to the table any more. */
void smmu3_cdtab_fini(struct smmu3_master *master)
{
	struct smmu3_cdtab *tab = &master->cdtab;
	size_t i;

	if (tab->leaf) {
		for (i = 0; i < (size_t)1 << (tab->bits - LEAF_BITS); i++)
			if (tab->leaf[i])
				dma_free_coherent(master->sd->dev,
						  leaf_bytes(), tab->leaf[i],
						  tab->leaf_dma[i]);
	}
	if (tab->base)
		dma_free_coherent(master->sd->dev, cdtab_bytes(tab), tab->base,
				  tab->base_dma);
	kfree(tab->leaf_dma);
	kfree(tab->leaf);
	memset(tab, 0, sizeof(*tab));
}

static void cd_invalidate(struct smmu3_master *master, u32 ssid, bool leaf)
{
	struct arm_smmu_cmd cmd = smmu3_cmd_cfgi_cd(0, ssid, leaf);
	struct smmu3_batch batch;
	unsigned int i;

	smmu3_batch_start(&batch, master->sd, &cmd);
	for (i = 0; i < master->master.num_streams; i++)
		smmu3_batch_add(&batch,
				smmu3_cmd_cfgi_cd(master->master.streams[i].id,
						  ssid, leaf));
	smmu3_batch_submit(&batch);
}

/* Makes the table and @ssid's descriptor writable.  Return: 0, -ENOMEM. */
int smmu3_cdtab_prepare(struct smmu3_master *master, u32 ssid)
{
	struct smmu3_cdtab *tab = &master->cdtab;
	u32 index = ssid >> LEAF_BITS;
	int ret;

	ret = smmu3_cdtab_init(master);
	if (ret || !tab->leaf || tab->leaf[index])
		return ret;
	tab->leaf[index] = dma_alloc_coherent(master->sd->dev, leaf_bytes(),
					      &tab->leaf_dma[index],
					      GFP_KERNEL);
	if (!tab->leaf[index])
		return -ENOMEM;
	WRITE_ONCE(tab->base[index],
		   cpu_to_le64((tab->leaf_dma[index] & SMMU3_L1CD_L2PTR) |
			       SMMU3_L1CD_V));
	cd_invalidate(master, ssid, false);
	return 0;
}

static __le64 *cd_entry(struct smmu3_cdtab *tab, u32 ssid)
{
	if (!tab->leaf)
		return tab->base + (size_t)ssid * SMMU3_CD_WORDS;
	return tab->leaf[ssid >> LEAF_BITS] +
	       (size_t)(ssid & (LEAF_COUNT - 1)) * SMMU3_CD_WORDS;
}

/* A valid descriptor is looked at in full. */
static void cd_used(const __le64 *cd, u64 *out_used)
{
	bool valid = le64_to_cpu(cd[0]) & SMMU3_CD0_V;

	memset(out_used, valid ? 0xff : 0, SMMU3_CD_WORDS * sizeof(*out_used));
	out_used[0] |= SMMU3_CD0_V;
}

struct cd_cookie {
	struct smmu3_master *master;
	u32 ssid;
};

static void cd_sync(void *cookie)
{
	struct cd_cookie *cd = cookie;

	cd_invalidate(cd->master, cd->ssid, true);
}

static const struct smmu3_entry_ops cd_ops = {
	.used = cd_used,
	.sync = cd_sync,
};

/* @ssid was prepared.  Context: the master's group mutex. */
void smmu3_cd_write(struct smmu3_master *master, u32 ssid,
		    const struct smmu3_cd *target)
{
	struct cd_cookie cookie = { .master = master, .ssid = ssid };
	struct smmu3_cdtab *tab = &master->cdtab;
	__le64 *entry = cd_entry(tab, ssid);
	bool was_valid = le64_to_cpu(entry[0]) & SMMU3_CD0_V;
	bool valid = le64_to_cpu(target->data[0]) & SMMU3_CD0_V;

	smmu3_entry_write(entry, target->data, &cd_ops, &cookie);
	if (ssid != IOMMU_NO_PASID)
		tab->pasids += valid - was_valid;
}

/* Also when there is no table. */
void smmu3_cd_clear(struct smmu3_master *master, u32 ssid)
{
	struct smmu3_cdtab *tab = &master->cdtab;
	struct smmu3_cd none = {};

	if (!tab->base || (tab->leaf && !tab->leaf[ssid >> LEAF_BITS]))
		return;
	smmu3_cd_write(master, ssid, &none);
}

/* A stream that uses the table; @s1dss: what traffic without PASID does. */
void smmu3_cdtab_make_ste(struct smmu3_ste *out,
			  const struct smmu3_master *master, u32 s1dss,
			  bool ats)
{
	const struct smmu3_cdtab *tab = &master->cdtab;
	u32 format = tab->leaf ? SMMU3_S1FMT_64K : SMMU3_S1FMT_LINEAR;
	bool no_stall = !master->stall &&
			master->sd->features & SMMU3_FEAT_STALL;

	memset(out, 0, sizeof(*out));
	out->data[0] = cpu_to_le64(
		SMMU3_STE0_V | FIELD_PREP(SMMU3_STE0_CONFIG, SMMU3_STE_S1) |
		FIELD_PREP(SMMU3_STE0_S1FMT, format) |
		(tab->base_dma & SMMU3_STE0_S1CTXPTR) |
		FIELD_PREP(SMMU3_STE0_S1CDMAX, tab->bits));
	out->data[1] = cpu_to_le64(
		FIELD_PREP(SMMU3_STE1_S1DSS, s1dss) |
		FIELD_PREP(SMMU3_STE1_S1CIR, SMMU3_CACHE_WBRA) |
		FIELD_PREP(SMMU3_STE1_S1COR, SMMU3_CACHE_WBRA) |
		FIELD_PREP(SMMU3_STE1_S1CSH, SMMU3_SHARE_INNER) |
		FIELD_PREP(SMMU3_STE1_S1STALLD, no_stall) |
		FIELD_PREP(SMMU3_STE1_EATS,
			   ats ? SMMU3_EATS_TRANS : SMMU3_EATS_ABORT) |
		FIELD_PREP(SMMU3_STE1_STRW, SMMU3_STRW_NSEL1) |
		FIELD_PREP(SMMU3_STE1_SHCFG, s1dss == SMMU3_S1DSS_BYPASS ?
						     SMMU3_SHCFG_INCOMING : 0));
}
