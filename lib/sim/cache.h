/* SPDX-License-Identifier: MIT */
/*
 * What invalidation works on: IOTLB, ATC and configuration cache.
 *
 * A cache is a hash of sets.  A set holds the entries of one tag and one page
 * size, at most SET_WAYS of them, each at the place its page number says: a
 * new entry takes the place of the one there.  So an invalidation of one page
 * is one probe per page size in use, whatever the cache holds, and nothing at
 * all while no entry of its regime is live.
 *
 * Sets live until the cache is freed, and their tags never change; so they are
 * found and probed without a lock.  lock is held by whoever changes anything.
 */
#ifndef UIK_SIM_CACHE_H
#define UIK_SIM_CACHE_H

#include <linux/types.h>
#include <linux/spinlock.h>
#include <uiommufd/vcmdq.h>

#define SET_WAYS 64
#define CACHE_BUCKETS 256
#define CACHE_SIZES 52		/* page sizes: log2 of bytes is below */

/* Translation regimes: the upper part of a tag. */
enum cache_regime {
	REGIME_NH,		/* VMID and ASID */
	REGIME_NH_GLOBAL,	/* VMID, any ASID */
	REGIME_S2,		/* VMID, intermediate addresses */
	REGIME_EL2,		/* ASID */
	REGIME_STREAM,		/* StreamID without SSID */
	REGIME_SUBSTREAM,	/* StreamID and SSID */
	REGIME_NR
};

struct cache_tag {
	u8 regime;		/* enum cache_regime */
	u16 vmid;
	u32 id;			/* ASID, or StreamID */
	u32 ssid;
};

struct cache_set {
	struct cache_set *next;
	struct cache_tag tag;
	u8 log2_page;
	u64 used;		/* bit per way */
	u64 page[SET_WAYS];	/* page numbers */
	u64 phys[SET_WAYS];	/* with rights in the low bits: walk.h */
};

struct cache {
	spinlock_t lock;
	u64 live[REGIME_NR];	/* entries; atomic */
	u64 sizes[REGIME_NR];	/* bit per log2_page that has a set */
	u64 sets;		/* allocated; atomic */
	struct cache_set *bucket[CACHE_BUCKETS];
};

/* The sets of one tag: what invalidations of its addresses look at. */
struct cache_view {
	u32 count;
	struct cache_set *set[CACHE_SIZES];
};

/* Which tags an invalidation means: fields whose flag is clear are ignored. */
struct cache_match {
	u8 regimes;		/* mask of 1 << enum cache_regime */
	bool by_vmid;
	bool by_id;
	bool by_ssid;
	u16 vmid;
	u32 id;
	u32 id_mask;		/* of id; used by range forms */
	u32 ssid;
};

void cache_init(struct cache *cache);
void cache_fini(struct cache *cache);
/* Room for entries of a tag and page size; it stays. */
int cache_prepare(struct cache *cache, const struct cache_tag *tag,
		  unsigned int log2_page);
/* An entry where there is room (else nothing); does not allocate. */
void cache_place(struct cache *cache, const struct cache_tag *tag,
		 unsigned int log2_page, u64 address, u64 phys);
/* Both. */
int cache_insert(struct cache *cache, const struct cache_tag *tag,
		 unsigned int log2_page, u64 address, u64 phys);
bool cache_lookup(struct cache *cache, const struct cache_tag *tag,
		  u64 address, u64 *out_phys, unsigned int *out_log2_page);
/* Drops the entries of one tag that cover any byte of start..last. */
void cache_drop_range(struct cache *cache, const struct cache_tag *tag,
		      u64 start, u64 last);
/* The same in two steps: one look-up may serve many ranges. */
void cache_view(const struct cache *cache, const struct cache_tag *tag,
		struct cache_view *out);
void cache_drop_viewed(struct cache *cache, const struct cache_view *view,
		       u64 start, u64 last);
/* Drops by criteria, walking all sets; for what is rare. */
void cache_drop_match(struct cache *cache, const struct cache_match *match,
		      u64 start, u64 last);

u64 cache_live(const struct cache *cache);

static inline bool cache_has(const struct cache *cache,
			     enum cache_regime regime)
{
	return __atomic_load_n(&cache->live[regime], __ATOMIC_RELAXED);
}

#endif
