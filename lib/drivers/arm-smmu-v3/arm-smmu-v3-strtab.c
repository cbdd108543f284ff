// SPDX-License-Identifier: MIT
/*
 * The stream table, and how to change an entry the hardware is using.
 *
 * The hardware may read an entry at any time, one 64-bit word after the other.
 * Each word changes at once, an entry of eight words does not.  So a change
 * goes in steps after which the hardware, whatever mixture it read, sees the
 * old or the new meaning:
 *
 *   1. bits that the old meaning does not look at get their new value;
 *   2. if the new meaning then differs in one word only, that word is written:
 *      this is the switch; else the entry is made invalid first, and traffic
 *      that arrives meanwhile is refused;
 *   3. bits that the new meaning does not look at get their final value.
 *
 * Every step ends with the hardware forgetting the entry.
 *
 * Entries of streams without a device abort silently.
 */
#include "arm-smmu-v3-impl.h"

#include <linux/dma-mapping.h>
#include <linux/slab.h>

/* --- changing entries ---------------------------------------------------- */

/* Writes all words but @skip (-1: none) that differ; true if any did. */
static bool entry_copy(__le64 *entry, const __le64 *from, int skip)
{
	bool changed = false;
	int i;

	for (i = 0; i < SMMU3_ENTRY_WORDS; i++) {
		if (i == skip || entry[i] == from[i])
			continue;
		WRITE_ONCE(entry[i], from[i]);
		changed = true;
	}
	return changed;
}

/* The only word in which @entry differs from what @target uses; -1 for none,
 * -2 for several.
 */
static int entry_switch_word(const __le64 *entry, const __le64 *target,
			     const u64 *used)
{
	int word = -1;
	int i;

	for (i = 0; i < SMMU3_ENTRY_WORDS; i++) {
		if (!((le64_to_cpu(entry[i]) ^ le64_to_cpu(target[i])) &
		      used[i]))
			continue;
		if (word >= 0)
			return -2;
		word = i;
	}
	return word;
}

/*
 * Word 0 of @entry carries its valid bit; an entry of zeros is invalid.
 * Context: one writer at a time.
 */
void smmu3_entry_write(__le64 *entry, const __le64 *target,
		       const struct smmu3_entry_ops *ops, void *cookie)
{
	u64 old_used[SMMU3_ENTRY_WORDS], new_used[SMMU3_ENTRY_WORDS];
	__le64 mixed[SMMU3_ENTRY_WORDS];
	int word, i;

	ops->used(entry, old_used);
	ops->used(target, new_used);
	for (i = 0; i < SMMU3_ENTRY_WORDS; i++)
		mixed[i] = (entry[i] & cpu_to_le64(old_used[i])) |
			   (target[i] & cpu_to_le64(~old_used[i]));
	if (entry_copy(entry, mixed, -1))
		ops->sync(cookie);
	word = entry_switch_word(entry, target, new_used);
	if (word == -2) {
		WRITE_ONCE(entry[0], 0);
		ops->sync(cookie);
		entry_copy(entry, target, 0);
		ops->sync(cookie);
		word = 0;
	}
	if (word >= 0) {
		WRITE_ONCE(entry[word], target[word]);
		ops->sync(cookie);
	}
	if (entry_copy(entry, target, -1))
		ops->sync(cookie);
}

/* --- stream table entries ------------------------------------------------ */

/* Which bits of a stream table entry its own configuration looks at. */
void smmu3_ste_used(const __le64 *ste, u64 *out_used)
{
	u64 word0 = le64_to_cpu(ste[0]);
	u32 config = FIELD_GET(SMMU3_STE0_CONFIG, word0);

	memset(out_used, 0, SMMU3_STE_WORDS * sizeof(*out_used));
	out_used[0] = SMMU3_STE0_V;
	if (!(word0 & SMMU3_STE0_V))
		return;
	out_used[0] |= SMMU3_STE0_CONFIG;
	if (config == SMMU3_STE_BYPASS)
		out_used[1] |= SMMU3_STE1_SHCFG;
	if (config < SMMU3_STE_S1)
		return;
	out_used[1] |= SMMU3_STE1_EATS | SMMU3_STE1_MEV;
	out_used[2] |= SMMU3_STE2_VMID;
	if (config == SMMU3_STE_S1 || config == SMMU3_STE_NESTED) {
		out_used[0] |= SMMU3_STE0_S1FMT | SMMU3_STE0_S1CTXPTR |
			       SMMU3_STE0_S1CDMAX;
		out_used[1] |= SMMU3_STE1_S1DSS | SMMU3_STE1_S1CIR |
			       SMMU3_STE1_S1COR | SMMU3_STE1_S1CSH |
			       SMMU3_STE1_S1STALLD | SMMU3_STE1_STRW |
			       SMMU3_STE1_SHCFG;
	}
	if (config == SMMU3_STE_S2 || config == SMMU3_STE_NESTED) {
		out_used[1] |= SMMU3_STE1_S2FWB | SMMU3_STE1_SHCFG;
		out_used[2] |= SMMU3_STE2_VTCR | SMMU3_STE2_AA64 |
			       SMMU3_STE2_PTW | SMMU3_STE2_R;
		out_used[3] |= SMMU3_STE3_S2TTB;
	}
}

void smmu3_ste_abort(struct smmu3_ste *out)
{
	memset(out, 0, sizeof(*out));
	out->data[0] = cpu_to_le64(SMMU3_STE0_V |
				   FIELD_PREP(SMMU3_STE0_CONFIG,
					      SMMU3_STE_ABORT));
}

void smmu3_ste_bypass(struct smmu3_ste *out)
{
	memset(out, 0, sizeof(*out));
	out->data[0] = cpu_to_le64(SMMU3_STE0_V |
				   FIELD_PREP(SMMU3_STE0_CONFIG,
					      SMMU3_STE_BYPASS));
	out->data[1] = cpu_to_le64(FIELD_PREP(SMMU3_STE1_SHCFG,
					      SMMU3_SHCFG_INCOMING));
}

struct ste_cookie {
	struct smmu3_device *sd;
	u32 sid;
};

static void ste_sync(void *cookie)
{
	struct ste_cookie *ste = cookie;

	smmu3_issue_one(ste->sd, smmu3_cmd_cfgi_ste(ste->sid, true), true);
}

static const struct smmu3_entry_ops ste_ops = {
	.used = smmu3_ste_used,
	.sync = ste_sync,
};

/* @sid was prepared.  Context: the master's group mutex. */
void smmu3_ste_write(struct smmu3_device *sd, u32 sid,
		     const struct smmu3_ste *target)
{
	struct ste_cookie cookie = { .sd = sd, .sid = sid };

	smmu3_entry_write(smmu3_strtab_entry(sd, sid), target->data, &ste_ops,
			  &cookie);
	if (!(sd->quirks & SMMU3_QUIRK_SKIP_PREFETCH))
		smmu3_issue_one(sd, smmu3_cmd_prefetch(sid), false);
}

/* --- the table ----------------------------------------------------------- */

static void strtab_fill_abort(__le64 *entries, size_t count)
{
	struct smmu3_ste ste;

	smmu3_ste_abort(&ste);
	for (; count; count--, entries += SMMU3_STE_WORDS)
		memcpy(entries, ste.data, sizeof(ste));
}

static int strtab_init_linear(struct smmu3_device *sd)
{
	struct smmu3_strtab *tab = &sd->strtab;
	size_t count;

	tab->bits = min_t(u32, sd->sid_bits, SMMU3_STRTAB_LINEAR_BITS);
	count = (size_t)1 << tab->bits;
	tab->base = dmam_alloc_coherent(sd->dev,
					count * sizeof(struct smmu3_ste),
					&tab->base_dma, GFP_KERNEL);
	if (!tab->base)
		return -ENOMEM;
	strtab_fill_abort(tab->base, count);
	tab->cfg = FIELD_PREP(SMMU3_STRTAB_CFG_FMT, SMMU3_STRTAB_FMT_LINEAR) |
		   FIELD_PREP(SMMU3_STRTAB_CFG_LOG2SIZE, tab->bits);
	return 0;
}

static int strtab_init_two_levels(struct smmu3_device *sd)
{
	struct smmu3_strtab *tab = &sd->strtab;
	size_t count;

	tab->bits = min_t(u32, sd->sid_bits,
			  SMMU3_STRTAB_SPLIT + SMMU3_STRTAB_LINEAR_BITS);
	count = (size_t)1 << (tab->bits - SMMU3_STRTAB_SPLIT);
	tab->level2 = devm_kcalloc(sd->dev, count, sizeof(*tab->level2),
				   GFP_KERNEL);
	tab->base = dmam_alloc_coherent(sd->dev, count * sizeof(*tab->base),
					&tab->base_dma, GFP_KERNEL);
	if (!tab->level2 || !tab->base)
		return -ENOMEM;
	tab->cfg = FIELD_PREP(SMMU3_STRTAB_CFG_FMT, SMMU3_STRTAB_FMT_2LVL) |
		   FIELD_PREP(SMMU3_STRTAB_CFG_LOG2SIZE, tab->bits) |
		   FIELD_PREP(SMMU3_STRTAB_CFG_SPLIT, SMMU3_STRTAB_SPLIT);
	return 0;
}

/* All memory is devres.  Return: 0, -ENOMEM. */
int smmu3_strtab_init(struct smmu3_device *sd)
{
	if (sd->features & SMMU3_FEAT_2LVL_STRTAB &&
	    sd->sid_bits > SMMU3_STRTAB_SPLIT)
		return strtab_init_two_levels(sd);
	return strtab_init_linear(sd);
}

/*
 * Makes sure that @sid has an entry.
 * Context: streams_lock.  Return: 0, -ERANGE (no such ID here), -ENOMEM.
 */
int smmu3_strtab_prepare(struct smmu3_device *sd, u32 sid)
{
	struct smmu3_strtab *tab = &sd->strtab;
	u32 index = sid >> SMMU3_STRTAB_SPLIT;
	size_t count = (size_t)1 << SMMU3_STRTAB_SPLIT;
	dma_addr_t dma;
	__le64 *entries;

	if ((u64)sid >> tab->bits)
		return -ERANGE;
	if (!tab->level2 || tab->level2[index])
		return 0;
	entries = dmam_alloc_coherent(sd->dev,
				      count * sizeof(struct smmu3_ste), &dma,
				      GFP_KERNEL);
	if (!entries)
		return -ENOMEM;
	strtab_fill_abort(entries, count);
	tab->level2[index] = entries;
	WRITE_ONCE(tab->base[index],
		   cpu_to_le64((dma & SMMU3_L1STD_L2PTR) |
			       FIELD_PREP(SMMU3_L1STD_SPAN,
					  SMMU3_STRTAB_SPLIT + 1)));
	return 0;
}

__le64 *smmu3_strtab_entry(struct smmu3_device *sd, u32 sid)
{
	struct smmu3_strtab *tab = &sd->strtab;
	u32 low = sid & ((1u << SMMU3_STRTAB_SPLIT) - 1);

	if (!tab->level2)
		return tab->base + (size_t)sid * SMMU3_STE_WORDS;
	return tab->level2[sid >> SMMU3_STRTAB_SPLIT] +
	       (size_t)low * SMMU3_STE_WORDS;
}
