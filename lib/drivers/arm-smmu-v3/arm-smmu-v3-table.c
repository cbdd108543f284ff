// SPDX-License-Identifier: MIT
/*
 * Translation tables in the 64-bit long-descriptor format.
 *
 * A table page is one granule; a level indexes granule_shift - 3 bits.  Level 3
 * holds pages; level 2, and with 4 KiB granules level 1, may hold blocks.  A
 * stage 2 whose first level would have at most 16 entries starts one level
 * lower with that many tables side by side.
 *
 * Concurrency.  Callers work on disjoint ranges at once.  Tables are installed
 * by compare-and-swap; a table is freed only by an unmap, or by the map of a
 * block, whose range covers all of it.  So no lock is needed.  A descriptor is
 * one word and always changes at once.
 *
 * A table that has become empty stays until one of these, or the end of the
 * whole tree, frees it: mappings come and go at the same places.
 */
#include "arm-smmu-v3-impl.h"

#include <linux/gfp.h>
#include <linux/log2.h>
#include <linux/mm.h>

#include <asm/barrier.h>

#define LEVEL_LAST 3
#define CONCAT_BITS 4

#define PTE_VALID BIT_ULL(0)
#define PTE_TYPE GENMASK_ULL(1, 0)
#define PTE_BLOCK 1
#define PTE_TABLE 3		/* levels 0 to 2 */
#define PTE_PAGE 3		/* level 3 */
#define PTE_ADDR GENMASK_ULL(47, 12)
#define PTE_AF BIT_ULL(10)
#define PTE_SH GENMASK_ULL(9, 8)
#define PTE_XN BIT_ULL(54)
/* stage 1 */
#define PTE_S1_ATTR GENMASK_ULL(4, 2)
#define PTE_S1_USER BIT_ULL(6)
#define PTE_S1_READONLY BIT_ULL(7)
#define PTE_S1_NG BIT_ULL(11)
#define S1_ATTR_NC 0
#define S1_ATTR_CACHE 1
#define S1_ATTR_DEVICE 2
/* stage 2 */
#define PTE_S2_ATTR GENMASK_ULL(5, 2)
#define PTE_S2_READ BIT_ULL(6)
#define PTE_S2_WRITE BIT_ULL(7)
#define S2_ATTR_DEVICE 0x1
#define S2_ATTR_NC 0x5
#define S2_ATTR_CACHE 0xf
#define S2_ATTR_FWB_CACHE 0x6

#define SHARE_OUTER 2

static unsigned int level_shift(const struct smmu3_table *table, int level)
{
	return table->granule_shift +
	       table->bits_per_level * (LEVEL_LAST - level);
}

static size_t level_count(const struct smmu3_table *table, int level)
{
	return (size_t)1 << (level == table->start_level ?
				     table->root_bits :
				     table->bits_per_level);
}

static size_t level_index(const struct smmu3_table *table, int level,
			  unsigned long iova)
{
	return iova >> level_shift(table, level) &
	       (level_count(table, level) - 1);
}

/* The level whose descriptors map @size bytes; -1 if none does. */
static int level_of(const struct smmu3_table *table, size_t size)
{
	int level;

	for (level = table->start_level; level <= LEVEL_LAST; level++)
		if (size == (size_t)1 << level_shift(table, level))
			return level;
	return -1;
}

static bool pte_is_table(u64 pte, int level)
{
	return level < LEVEL_LAST && (pte & PTE_TYPE) == PTE_TABLE;
}

static u64 *pte_table(u64 pte)
{
	return phys_to_virt(pte & PTE_ADDR);
}

/* Acquire: pairs with the cmpxchg that installed a cleared table. */
static u64 pte_load(const u64 *slot)
{
	return smp_load_acquire(slot);
}

/* --- table pages --------------------------------------------------------- */

static unsigned int granule_order(const struct smmu3_table *table)
{
	return table->granule_shift > PAGE_SHIFT ?
		       table->granule_shift - PAGE_SHIFT : 0;
}

static unsigned int root_order(const struct smmu3_table *table)
{
	unsigned int bytes_shift = table->root_bits + ilog2(sizeof(u64));

	return bytes_shift > PAGE_SHIFT ? bytes_shift - PAGE_SHIFT : 0;
}

static u64 *page_alloc(unsigned int order, gfp_t gfp)
{
	return (u64 *)__get_free_pages(gfp | __GFP_ZERO, order);
}

/* Frees the table behind @pte, found at @level, and all below it. */
static void subtree_free(struct smmu3_table *table, u64 pte, int level)
{
	u64 *entries = pte_table(pte);
	size_t i;

	if (level + 1 < LEVEL_LAST)
		for (i = 0; i < level_count(table, level + 1); i++)
			if (pte_is_table(entries[i], level + 1))
				subtree_free(table, entries[i], level + 1);
	free_pages((unsigned long)entries, granule_order(table));
}

static bool subtree_is_empty(struct smmu3_table *table, u64 pte, int level)
{
	u64 *entries = pte_table(pte);
	size_t i;

	for (i = 0; i < level_count(table, level + 1); i++) {
		u64 below = pte_load(&entries[i]);

		if (!below)
			continue;
		if (!pte_is_table(below, level + 1) ||
		    !subtree_is_empty(table, below, level + 1))
			return false;
	}
	return true;
}

/*
 * Shapes a table and makes its root.
 * @granule_shift: 12, 14 or 16
 * @in_bits, @out_bits: address widths, at most 48
 *
 * Return: 0, -ENOMEM.
 */
int smmu3_table_init(struct smmu3_table *table, enum smmu3_stage stage,
		     u8 granule_shift, u8 in_bits, u8 out_bits)
{
	u8 per_level = granule_shift - ilog2(sizeof(u64));
	u8 levels = DIV_ROUND_UP(in_bits - granule_shift, per_level);
	u8 root_bits = in_bits - granule_shift - (levels - 1) * per_level;

	if (stage == SMMU3_STAGE_2 && root_bits <= CONCAT_BITS && levels > 1) {
		levels--;
		root_bits += per_level;
	}
	table->stage = stage;
	table->granule_shift = granule_shift;
	table->bits_per_level = per_level;
	table->start_level = LEVEL_LAST + 1 - levels;
	table->root_bits = root_bits;
	table->in_bits = in_bits;
	table->out_bits = out_bits;
	table->root = page_alloc(root_order(table), GFP_KERNEL);
	return table->root ? 0 : -ENOMEM;
}

/* Nobody uses the table any more; mappings left are forgotten. */
void smmu3_table_fini(struct smmu3_table *table)
{
	size_t i;

	if (!table->root)
		return;
	for (i = 0; i < level_count(table, table->start_level); i++)
		if (pte_is_table(table->root[i], table->start_level))
			subtree_free(table, table->root[i],
				     table->start_level);
	free_pages((unsigned long)table->root, root_order(table));
	table->root = NULL;
}

/* Sizes that one descriptor maps, as a bitmap. */
unsigned long smmu3_table_pgsizes(const struct smmu3_table *table)
{
	int level = table->granule_shift == 12 ? 1 : 2;
	unsigned long sizes = 0;

	for (level = max_t(int, level, table->start_level);
	     level <= LEVEL_LAST; level++)
		sizes |= 1UL << level_shift(table, level);
	return sizes;
}

u64 smmu3_table_root(const struct smmu3_table *table)
{
	return virt_to_phys(table->root);
}

/* --- descriptors --------------------------------------------------------- */

static u64 pte_s1(int prot)
{
	u32 attr = S1_ATTR_NC;
	u64 pte = PTE_S1_NG | PTE_S1_USER;

	if (prot & IOMMU_MMIO)
		attr = S1_ATTR_DEVICE;
	else if (prot & IOMMU_CACHE)
		attr = S1_ATTR_CACHE;
	if (!(prot & IOMMU_WRITE))
		pte |= PTE_S1_READONLY;
	return pte | FIELD_PREP(PTE_S1_ATTR, attr);
}

static u64 pte_s2(const struct smmu3_table *table, int prot)
{
	u32 attr = S2_ATTR_NC;
	u64 pte = 0;

	if (prot & IOMMU_MMIO)
		attr = S2_ATTR_DEVICE;
	else if (prot & IOMMU_CACHE)
		attr = table->fwb ? S2_ATTR_FWB_CACHE : S2_ATTR_CACHE;
	if (prot & IOMMU_READ)
		pte |= PTE_S2_READ;
	if (prot & IOMMU_WRITE)
		pte |= PTE_S2_WRITE;
	return pte | FIELD_PREP(PTE_S2_ATTR, attr);
}

/* Everything but the address. */
static u64 pte_make(const struct smmu3_table *table, int level, int prot)
{
	u64 pte = level == LEVEL_LAST ? PTE_PAGE : PTE_BLOCK;

	pte |= table->stage == SMMU3_STAGE_1 ? pte_s1(prot) :
					       pte_s2(table, prot);
	pte |= PTE_AF | FIELD_PREP(PTE_SH, prot & IOMMU_CACHE ?
						   SMMU3_SHARE_INNER :
						   SHARE_OUTER);
	if (prot & IOMMU_NOEXEC)
		pte |= PTE_XN;
	return pte;
}

/* --- walking ------------------------------------------------------------- */

/* The table behind *@slot, made if there is none.  NULL: no memory. */
static u64 *table_below(struct smmu3_table *table, u64 *slot, gfp_t gfp)
{
	u64 pte = pte_load(slot);
	u64 *fresh;
	u64 new;

	if (pte)
		return pte_table(pte);
	fresh = page_alloc(granule_order(table), gfp);
	if (!fresh)
		return NULL;
	new = virt_to_phys(fresh) | PTE_TABLE;
	/* Release: who finds the table finds it cleared. */
	pte = cmpxchg(slot, 0, new);
	if (!pte)
		return fresh;
	free_pages((unsigned long)fresh, granule_order(table));
	return pte_table(pte);
}

/* The descriptor for @iova at @level, with all tables on the way. */
static u64 *walk_make(struct smmu3_table *table, unsigned long iova, int level,
		      gfp_t gfp)
{
	u64 *entries = table->root;
	u64 *slot;
	int at;

	for (at = table->start_level; at < level; at++) {
		slot = &entries[level_index(table, at, iova)];
		if (pte_load(slot) && !pte_is_table(pte_load(slot), at))
			return ERR_PTR(-EEXIST);
		entries = table_below(table, slot, gfp);
		if (!entries)
			return ERR_PTR(-ENOMEM);
	}
	return &entries[level_index(table, level, iova)];
}

/* The lowest descriptor for @iova down to @level; *@out_level says where. */
static u64 *walk_find(const struct smmu3_table *table, unsigned long iova,
		      int level, int *out_level)
{
	u64 *entries = table->root;
	u64 *slot;
	int at;

	for (at = table->start_level;; at++) {
		slot = &entries[level_index(table, at, iova)];
		if (at == level || !pte_is_table(pte_load(slot), at))
			break;
		entries = pte_table(pte_load(slot));
	}
	*out_level = at;
	return slot;
}

/* A table at *@slot goes, if nothing is mapped there: a block takes over. */
static int slot_clear(struct smmu3_table *table, u64 *slot, int level,
		      unsigned long iova)
{
	u64 pte = pte_load(slot);
	size_t size = (size_t)1 << level_shift(table, level);

	if (!pte)
		return 0;
	if (!pte_is_table(pte, level) || !subtree_is_empty(table, pte, level))
		return -EEXIST;
	WRITE_ONCE(*slot, 0);
	table->flush_walk(table->cookie, iova, size,
			  (size_t)1 << table->granule_shift);
	subtree_free(table, pte, level);
	return 0;
}

/*
 * Maps @pgcount pages of @pgsize.
 * @prot: IOMMU_READ, ...
 * @mapped: grows by what was mapped, also on failure
 *
 * Return: 0; -EINVAL (size or addresses), -EEXIST, -ENOMEM.
 */
int smmu3_table_map(struct smmu3_table *table, unsigned long iova,
		    phys_addr_t paddr, size_t pgsize, size_t pgcount, int prot,
		    gfp_t gfp, size_t *mapped)
{
	int level = level_of(table, pgsize);
	unsigned long last = iova + (pgsize * pgcount - 1);
	u64 template, *slot;
	size_t run;
	int ret;

	if (level < 0 || !(smmu3_table_pgsizes(table) & pgsize))
		return -EINVAL;
	if (last >> table->in_bits || (paddr + (last - iova)) >> table->out_bits)
		return -EINVAL;
	template = pte_make(table, level, prot);
	while (pgcount) {
		slot = walk_make(table, iova, level, gfp);
		if (IS_ERR(slot))
			return PTR_ERR(slot);
		run = min_t(size_t, pgcount,
			    level_count(table, level) -
				    level_index(table, level, iova));
		for (; run; run--, pgcount--, slot++) {
			ret = slot_clear(table, slot, level, iova);
			if (ret)
				return ret;
			WRITE_ONCE(*slot, template | paddr);
			iova += pgsize;
			paddr += pgsize;
			*mapped += pgsize;
		}
	}
	/* Visible to walks before the caller tells anybody. */
	dma_wmb();
	return 0;
}

/* Forgets what *@slot maps; true if there was anything. */
static bool slot_unmap(struct smmu3_table *table, u64 *slot, int level,
		       unsigned long iova)
{
	u64 pte = pte_load(slot);

	if (!pte)
		return false;
	WRITE_ONCE(*slot, 0);
	if (pte_is_table(pte, level)) {
		table->flush_walk(table->cookie, iova,
				  (size_t)1 << level_shift(table, level),
				  (size_t)1 << table->granule_shift);
		subtree_free(table, pte, level);
	}
	return true;
}

/*
 * Unmaps @pgcount pages of @pgsize; tables that lie wholly inside are freed,
 * after @flush_walk.  Invalidating the rest is the caller's duty.
 *
 * Return: bytes unmapped from @iova on; ends at the first hole, and (with a
 * warning) at a block larger than @pgsize.
 */
size_t smmu3_table_unmap(struct smmu3_table *table, unsigned long iova,
			 size_t pgsize, size_t pgcount)
{
	int level = level_of(table, pgsize);
	size_t done = 0;
	size_t run;
	u64 *slot;
	int at;

	if (WARN_ON(level < 0) || iova >> table->in_bits)
		return 0;
	while (pgcount) {
		slot = walk_find(table, iova, level, &at);
		if (at != level) {
			WARN_ON(pte_load(slot));
			break;
		}
		run = min_t(size_t, pgcount,
			    level_count(table, level) -
				    level_index(table, level, iova));
		for (; run; run--, pgcount--, slot++) {
			if (!slot_unmap(table, slot, level, iova))
				return done;
			iova += pgsize;
			done += pgsize;
		}
	}
	return done;
}

/* Return: where @iova leads, 0 if nowhere. */
phys_addr_t smmu3_table_lookup(const struct smmu3_table *table,
			       unsigned long iova)
{
	u64 pte, mask;
	int level;

	if (iova >> table->in_bits)
		return 0;
	pte = pte_load(walk_find(table, iova, LEVEL_LAST, &level));
	if (!(pte & PTE_VALID))
		return 0;
	mask = (1ULL << level_shift(table, level)) - 1;
	return (pte & PTE_ADDR & ~mask) | (iova & mask);
}
