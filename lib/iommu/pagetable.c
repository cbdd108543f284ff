// SPDX-License-Identifier: MIT
/*
 * A page table: a tree of tables of 64 entries.
 *
 * A table of level 0 holds entries of one granule; one of level l entries of
 * granule * 64^l bytes.  An entry is nothing (0), a table below, or part of a
 * leaf.  A leaf of a size between two levels takes 2^order neighbouring
 * entries, a group, all with the same value; its dirty bit is the one of the
 * group's first entry.  So a leaf of any power of two costs at most 32 stores,
 * and a lookup never needs to look at neighbours.
 *
 *   leaf entry    63..52 0 | 51..11 physical address of the leaf | 10..6 order
 *                 | 5 dirty | 4 0 | 3 write | 2 read | 1 leaf | 0 present
 *   table entry   63..48 live entries of the table, less 1 | 47..6 address
 *                 | 5..1 0 | 0 present
 *   root          a table entry, at level height - 1
 *
 * Invariants: no table is empty; the topmost one has more than a single table
 * at the lowest IOVA (the tree is as low as it can be); all under table->lock.
 *
 * What it does not do: split a leaf.
 */
#include <iommu-pages.h>
#include <linux/bitops.h>
#include <linux/bug.h>
#include <linux/generic_pt/iommu.h>
#include <linux/minmax.h>
#include <linux/spinlock.h>

#define LEVEL_BITS 6
#define FANOUT PT_IOMMU_TABLE_ENTRIES
static_assert(FANOUT == 1u << LEVEL_BITS);
/* Enough for 64-bit IOVAs in granules of 2 KiB. */
#define LEVELS_MAX 9
#define TABLE_BYTES (FANOUT * sizeof(u64))

#define ENTRY_PRESENT BIT_ULL(0)
#define ENTRY_LEAF BIT_ULL(1)
#define ENTRY_READ BIT_ULL(2)
#define ENTRY_WRITE BIT_ULL(3)
#define ENTRY_DIRTY BIT_ULL(5)
#define ENTRY_ORDER_SHIFT 6
#define ENTRY_ORDER GENMASK_ULL(10, 6)
#define ENTRY_PHYS GENMASK_ULL(51, 11)
#define ENTRY_TABLE GENMASK_ULL(47, 6)
#define ENTRY_LIVE_SHIFT 48
#define ENTRY_ONE_LIVE (1ull << ENTRY_LIVE_SHIFT)

static struct pt_iommu *to_pt(struct iommu_domain *domain)
{
	return container_of(domain, struct pt_iommu, domain);
}

/* Bits 0 to @bit. */
static u64 up_to(unsigned int bit)
{
	return ~0ull >> (63 - bit);
}

static u64 *entry_table(u64 entry)
{
	return (u64 *)(uintptr_t)(entry & ENTRY_TABLE);
}

static bool entry_is_leaf(u64 entry)
{
	return entry & ENTRY_LEAF;
}

static unsigned int entry_order(u64 entry)
{
	return (entry & ENTRY_ORDER) >> ENTRY_ORDER_SHIFT;
}

/* log2 of the bytes of an entry at @level. */
static unsigned int level_shift(const struct pt_iommu *table,
				unsigned int level)
{
	return table->granule_lg2 + level * LEVEL_BITS;
}

static unsigned int level_index(const struct pt_iommu *table,
				unsigned int level, u64 iova)
{
	return iova >> level_shift(table, level) & (FANOUT - 1);
}

/* Whether the tree is high enough for @iova. */
static bool tree_reaches(const struct pt_iommu *table, u64 iova)
{
	unsigned int bits = level_shift(table, table->height);

	return table->height && (bits >= 64 || !(iova >> bits));
}

/* Levels needed so that a leaf of 2^@size_lg2 ending at @last has its place. */
static unsigned int height_for(const struct pt_iommu *table, u64 last,
			       unsigned int size_lg2)
{
	unsigned int bits = max_t(unsigned int, fls64(last), size_lg2 + 1);

	if (bits <= table->granule_lg2)
		return 1;
	return DIV_ROUND_UP(bits - table->granule_lg2, LEVEL_BITS);
}

/* --- tables -------------------------------------------------------------- */

/* An entry for a new, empty table, counting the first one to be stored. */
static u64 table_new(struct pt_iommu *table, gfp_t gfp)
{
	unsigned int spare = __ffs(~(unsigned long)table->spares_used);
	u64 *slots;

	if (spare < PT_IOMMU_SPARES) {
		table->spares_used |= 1u << spare;
		slots = table->spares[spare];
	} else {
		slots = iommu_alloc_pages_sz(gfp, TABLE_BYTES);
	}
	return slots ? (u64)(uintptr_t)slots | ENTRY_PRESENT : 0;
}

/* Gives a table back; all its entries are zero. */
static void table_free(struct pt_iommu *table, u64 *slots)
{
	uintptr_t at = (uintptr_t)slots - (uintptr_t)table->spares;

	if (at < sizeof(table->spares))
		table->spares_used &= ~(1u << at / TABLE_BYTES);
	else
		iommu_free_pages(slots);
}

/* Makes the tree at least @height levels high: 0 or -ENOMEM. */
static int grow(struct pt_iommu *table, unsigned int height, gfp_t gfp)
{
	if (!table->root) {
		table->root = table_new(table, gfp);
		if (!table->root)
			return -ENOMEM;
		table->height = height;
		return 0;
	}
	while (table->height < height) {
		u64 top = table_new(table, gfp);

		if (!top)
			return -ENOMEM;
		/* Its one live entry is the old root, at the lowest IOVA. */
		entry_table(top)[0] = table->root;
		table->root = top;
		table->height++;
	}
	return 0;
}

/* Takes away what grow() put on top and nothing needs any more. */
static void shrink(struct pt_iommu *table)
{
	while (table->height > 1 && !(table->root >> ENTRY_LIVE_SHIFT)) {
		u64 *top = entry_table(table->root);

		if (!top[0] || entry_is_leaf(top[0]))
			return;
		table->root = top[0];
		table->height--;
		top[0] = 0;
		table_free(table, top);
	}
}

static void free_tables(struct pt_iommu *table, u64 entry, unsigned int level)
{
	u64 *slots = entry_table(entry);
	unsigned int i;

	for (i = 0; i < FANOUT; i++) {
		if (slots[i] && !entry_is_leaf(slots[i]))
			free_tables(table, slots[i], level - 1);
		slots[i] = 0;
	}
	table_free(table, slots);
}

/*
 * A way from the root to a level: at[l] is the entry that leads to the table
 * of level l, index[l] the place in it.  Changing what is live in a table
 * changes its entry in the one above.
 */
struct walk {
	u64 *at[LEVELS_MAX];
	unsigned int index[LEVELS_MAX];
};

/* New tables that hold nothing yet, from @low up; frees them. */
static void drop_empty(struct pt_iommu *table, struct walk *walk,
		       unsigned int low, unsigned int first_new)
{
	unsigned int level;

	for (level = low; level < first_new; level++) {
		u64 *slot = walk->at[level];

		table_free(table, entry_table(*slot));
		*slot = 0;
	}
	if (!table->root)
		table->height = 0;
}

/*
 * Walks down to @target, making what is missing.  *@first_new is the level
 * above the highest table made.  -EADDRINUSE: a leaf is in the way.
 */
static int walk_make(struct pt_iommu *table, struct walk *walk, u64 iova,
		     unsigned int target, gfp_t gfp, bool fresh_root,
		     unsigned int *first_new)
{
	unsigned int level = table->height - 1;
	u64 *at = &table->root;

	*first_new = fresh_root ? table->height : 0;
	for (;; level--) {
		u64 *slots = entry_table(*at);
		u64 *next;

		walk->at[level] = at;
		walk->index[level] = level_index(table, level, iova);
		if (level == target)
			return 0;
		next = &slots[walk->index[level]];
		if (entry_is_leaf(*next))
			return -EADDRINUSE;
		if (!*next) {
			u64 entry = table_new(table, gfp);

			if (!entry) {
				drop_empty(table, walk, level, *first_new);
				return -ENOMEM;
			}
			*next = entry;
			if (!*first_new)
				*first_new = level;
		}
		at = next;
	}
}

/* --- mapping ------------------------------------------------------------- */

static bool group_is_free(const u64 *slots, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (slots[i])
			return false;
	return true;
}

/*
 * Counts @count new entries in the table of @level.  A new table begins with
 * a count of one for the first entry, so a chain of new tables needs no
 * counting above; the lowest old one gets one more.
 */
static void count_live(struct walk *walk, unsigned int level,
		       unsigned int count, unsigned int first_new,
		       unsigned int top)
{
	bool is_new = level < first_new;

	*walk->at[level] += (count - is_new) * ENTRY_ONE_LIVE;
	if (is_new && first_new <= top)
		*walk->at[first_new] += ENTRY_ONE_LIVE;
}

/* One leaf of 2^@size_lg2 bytes into a tree that is high enough. */
static int store_leaf(struct pt_iommu *table, u64 iova, u64 entry,
		      unsigned int size_lg2, gfp_t gfp, bool fresh)
{
	unsigned int level = (size_lg2 - table->granule_lg2) / LEVEL_BITS;
	unsigned int order = (size_lg2 - table->granule_lg2) % LEVEL_BITS;
	unsigned int count = 1u << order, first_new, i;
	struct walk walk;
	u64 *slots;
	int ret;

	ret = walk_make(table, &walk, iova, level, gfp, fresh, &first_new);
	if (ret)
		return ret;
	slots = entry_table(*walk.at[level]) + walk.index[level];
	if (!group_is_free(slots, count))
		return -EADDRINUSE;
	entry |= (u64)order << ENTRY_ORDER_SHIFT;
	for (i = 0; i < count; i++)
		slots[i] = entry;
	count_live(&walk, level, count, first_new, table->height - 1);
	return 0;
}

static int map_leaf(struct pt_iommu *table, u64 iova, u64 entry,
		    unsigned int size_lg2, gfp_t gfp)
{
	u64 last = iova + (1ull << size_lg2) - 1;
	bool fresh = !table->root;
	int ret;

	ret = grow(table, height_for(table, last, size_lg2), gfp);
	if (!ret)
		ret = store_leaf(table, iova, entry, size_lg2, gfp, fresh);
	if (ret)
		shrink(table);
	return ret;
}

/* log2 of the largest leaf for here. */
static unsigned int leaf_size(const struct pt_iommu *table, u64 iova, u64 paddr,
			      u64 len)
{
	u64 sizes = table->domain.pgsize_bitmap & up_to(__fls(len));

	if (iova | paddr)
		sizes &= up_to(__ffs64(iova | paddr));
	return sizes ? __fls(sizes) : 0;
}

static int check_range(const struct pt_iommu *table, u64 iova, u64 paddr,
		       u64 len)
{
	unsigned long smallest = table->domain.pgsize_bitmap &
				 -table->domain.pgsize_bitmap;
	u64 last_iova, last_paddr;

	if (!len || (iova | paddr | len) & (smallest - 1))
		return -ENXIO;
	if (__builtin_add_overflow(iova, len - 1, &last_iova) ||
	    __builtin_add_overflow(paddr, len - 1, &last_paddr))
		return -ERANGE;
	if (table->vasz_lg2 < 64 && last_iova >> table->vasz_lg2)
		return -ERANGE;
	return last_paddr >> table->oasz_lg2 ? -ERANGE : 0;
}

static int map_range(struct pt_iommu *table, dma_addr_t iova,
		     phys_addr_t paddr, dma_addr_t len, unsigned int prot,
		     gfp_t gfp, size_t *mapped)
{
	u64 bits = (prot & IOMMU_READ ? ENTRY_READ : 0) |
		   (prot & IOMMU_WRITE ? ENTRY_WRITE : 0) |
		   ENTRY_LEAF | ENTRY_PRESENT;
	int ret = check_range(table, iova, paddr, len);
	u64 done = 0;

	if (ret)
		return ret;
	/* Tables are made under the lock, where nothing may sleep. */
	gfp &= ~__GFP_DIRECT_RECLAIM;
	spin_lock(&table->lock);
	while (!ret && done < len) {
		unsigned int size_lg2 = leaf_size(table, iova + done,
						  paddr + done, len - done);

		/* No size of the bitmap fits: a hole in it. */
		ret = size_lg2 ? map_leaf(table, iova + done,
					  (paddr + done) | bits, size_lg2,
					  gfp) : -ENXIO;
		if (!ret)
			done += 1ull << size_lg2;
	}
	spin_unlock(&table->lock);
	*mapped += done;
	return ret;
}

/* --- lookup -------------------------------------------------------------- */

/*
 * Finds the entry of @iova: its place at the level where the way ends, or NULL
 * if nothing is there (then *@level is where it ended).
 */
static u64 *find(struct pt_iommu *table, struct walk *walk, u64 iova,
		 unsigned int *level)
{
	u64 *at = &table->root;
	unsigned int l;

	*level = table->height;
	if (!*at || !tree_reaches(table, iova))
		return NULL;
	for (l = table->height - 1;; l--) {
		u64 *slot;

		*level = l;
		walk->at[l] = at;
		walk->index[l] = level_index(table, l, iova);
		slot = &entry_table(*at)[walk->index[l]];
		if (!*slot)
			return NULL;
		if (entry_is_leaf(*slot))
			return slot;
		at = slot;
	}
}

/* log2 of the bytes of a leaf at @level. */
static unsigned int leaf_lg2(const struct pt_iommu *table, unsigned int level,
			     u64 entry)
{
	return level_shift(table, level) + entry_order(entry);
}

/* The first IOVA after the hole at @iova, where the walk ended; 0: none. */
static u64 hole_end(const struct pt_iommu *table, u64 iova, unsigned int level)
{
	unsigned int shift = level_shift(table, level);

	/* Beyond the tree there is nothing at all. */
	if (level == table->height || shift >= 64)
		return 0;
	return ((iova >> shift) + 1) << shift;
}

phys_addr_t pt_iommu_amdv1_iova_to_phys(struct iommu_domain *domain,
					dma_addr_t iova)
{
	struct pt_iommu *table = to_pt(domain);
	unsigned int level;
	phys_addr_t phys = 0;
	struct walk walk;
	u64 *slot;

	spin_lock(&table->lock);
	slot = find(table, &walk, iova, &level);
	if (slot)
		phys = (*slot & ENTRY_PHYS) |
		       (iova & ((1ull << leaf_lg2(table, level, *slot)) - 1));
	spin_unlock(&table->lock);
	return phys;
}

/* --- unmapping ----------------------------------------------------------- */

/* Empties the group at the end of @walk and frees tables that get empty. */
static void clear_group(struct pt_iommu *table, struct walk *walk,
			unsigned int level, unsigned int count)
{
	u64 *slots = entry_table(*walk->at[level]) + walk->index[level];
	unsigned int i;

	for (i = 0; i < count; i++)
		slots[i] = 0;
	for (;; level++) {
		u64 *at = walk->at[level];

		if (*at >> ENTRY_LIVE_SHIFT >= count) {
			*at -= count * ENTRY_ONE_LIVE;
			if (at == &table->root)
				shrink(table);
			return;
		}
		/* Those were the last: the table goes, one entry above too. */
		table_free(table, entry_table(*at));
		*at = 0;
		count = 1;
		if (at == &table->root) {
			table->height = 0;
			return;
		}
	}
}

static size_t unmap_range(struct pt_iommu *table, dma_addr_t iova,
			  dma_addr_t len, struct iommu_iotlb_gather *gather)
{
	unsigned int level;
	struct walk walk;
	u64 done = 0;

	spin_lock(&table->lock);
	while (done < len) {
		u64 *slot = find(table, &walk, iova + done, &level);
		u64 size;

		if (!slot)
			break;
		size = 1ull << leaf_lg2(table, level, *slot);
		if (WARN_ON((iova + done) & (size - 1) || size > len - done))
			break;
		clear_group(table, &walk, level, 1u << entry_order(*slot));
		done += size;
	}
	spin_unlock(&table->lock);
	if (done)
		iommu_iotlb_gather_add_range(gather, iova, done);
	return done;
}

/* --- dirty bits ---------------------------------------------------------- */

/* The entry of a group that has the dirty bit. */
static u64 *dirty_slot(const struct walk *walk, unsigned int level, u64 *slot)
{
	return slot - (walk->index[level] & ((1u << entry_order(*slot)) - 1));
}

static int set_dirty(struct pt_iommu *table, dma_addr_t iova)
{
	unsigned int level;
	struct walk walk;
	u64 *slot;

	spin_lock(&table->lock);
	slot = find(table, &walk, iova, &level);
	if (slot)
		*dirty_slot(&walk, level, slot) |= ENTRY_DIRTY;
	spin_unlock(&table->lock);
	return slot ? 0 : -EINVAL;
}

/*
 * Recording may touch user memory and sleep, so the lock is given up at each
 * dirty leaf; the range itself is kept mapped by the caller.
 */
static bool read_next(struct pt_iommu *table, u64 *iova, unsigned long flags,
		      struct iommu_dirty_bitmap *dirty)
{
	unsigned int level;
	struct walk walk;
	u64 entry, size, start, *slot;

	spin_lock(&table->lock);
	slot = find(table, &walk, *iova, &level);
	if (!slot) {
		*iova = hole_end(table, *iova, level);
		spin_unlock(&table->lock);
		return *iova;
	}
	slot = dirty_slot(&walk, level, slot);
	entry = *slot;
	if (!(flags & IOMMU_DIRTY_NO_CLEAR))
		*slot &= ~ENTRY_DIRTY;
	spin_unlock(&table->lock);
	size = 1ull << leaf_lg2(table, level, entry);
	start = *iova & ~(size - 1);
	if (entry & ENTRY_DIRTY)
		iommu_dirty_bitmap_record(dirty, start, size);
	*iova = start + size;
	return *iova;
}

int pt_iommu_amdv1_read_and_clear_dirty(struct iommu_domain *domain,
					unsigned long iova, size_t size,
					unsigned long flags,
					struct iommu_dirty_bitmap *dirty)
{
	u64 at = iova, last = iova + size - 1;

	if (!size || last < at)
		return -EINVAL;
	while (at <= last && read_next(to_pt(domain), &at, flags, dirty))
		;
	return 0;
}

/* --- life ---------------------------------------------------------------- */

static void get_info(struct pt_iommu *table, struct pt_iommu_info *info)
{
	info->pgsize_bitmap = up_to(51) & ~(BIT(table->granule_lg2) - 1);
}

static void deinit(struct pt_iommu *table)
{
	if (table->root)
		free_tables(table, table->root, table->height - 1);
	table->root = 0;
	table->height = 0;
}

static const struct pt_iommu_ops amdv1_ops = {
	.map_range = map_range,
	.unmap_range = unmap_range,
	.set_dirty = set_dirty,
	.get_info = get_info,
	.deinit = deinit,
};

static int init(struct pt_iommu *table, const struct pt_iommu_cfg *cfg,
		unsigned int granule_lg2, unsigned long pgsize_bitmap)
{
	if (cfg->features & BIT(PT_FEAT_SIGN_EXTEND) ||
	    cfg->hw_max_vasz_lg2 < 20 || cfg->hw_max_vasz_lg2 > 64 ||
	    cfg->hw_max_oasz_lg2 <= granule_lg2 || cfg->hw_max_oasz_lg2 > 52)
		return -EOPNOTSUPP;
	spin_lock_init(&table->lock);
	table->granule_lg2 = granule_lg2;
	table->vasz_lg2 = cfg->hw_max_vasz_lg2;
	table->oasz_lg2 = cfg->hw_max_oasz_lg2;
	table->ops = &amdv1_ops;
	table->domain.is_iommupt = true;
	table->domain.type = __IOMMU_DOMAIN_PAGING;
	table->domain.pgsize_bitmap = pgsize_bitmap;
	table->domain.geometry.aperture_start = 0;
	table->domain.geometry.aperture_end =
		up_to(cfg->hw_max_vasz_lg2 - 1);
	table->domain.geometry.force_aperture = true;
	return 0;
}

int pt_iommu_amdv1_init(struct pt_iommu_amdv1 *table,
			const struct pt_iommu_amdv1_cfg *cfg, gfp_t gfp)
{
	return init(&table->iommu, &cfg->common, 12,
		    GENMASK(51, 12) & ~BIT(39));
}

int pt_iommu_amdv1_mock_init(struct pt_iommu_amdv1 *table,
			     const struct pt_iommu_amdv1_cfg *cfg, gfp_t gfp)
{
	return init(&table->iommu, &cfg->common, 11, GENMASK(36, 11));
}
