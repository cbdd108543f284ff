/* SPDX-License-Identifier: MIT */
/*
 * IOTLB, ATC and configuration cache: see cache.h for the arrangement.
 */
#include "cache.h"

#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/slab.h>

_Static_assert(CACHE_BUCKETS == 256, "a hash is a byte");

#define ALL_ADDRESSES(start, last) ((start) == 0 && (last) == U64_MAX)

void cache_init(struct cache *cache)
{
	spin_lock_init(&cache->lock);
	for (int i = 0; i < REGIME_NR; i++)
		cache->live[i] = cache->sizes[i] = 0;
	for (int i = 0; i < CACHE_BUCKETS; i++)
		cache->bucket[i] = NULL;
	cache->sets = 0;
}

void cache_fini(struct cache *cache)
{
	for (int i = 0; i < CACHE_BUCKETS; i++) {
		struct cache_set *set = cache->bucket[i];

		while (set) {
			struct cache_set *next = set->next;

			kfree(set);
			set = next;
		}
	}
	cache_init(cache);
}

static u8 bucket_of(const struct cache_tag *tag, unsigned int log2_page)
{
	u64 key = (u64)tag->regime << 60 ^ (u64)tag->vmid << 40 ^
		  (u64)tag->ssid << 20 ^ tag->id ^ (u64)log2_page << 34;

	return key * 0x9e3779b97f4a7c15ull >> 56;
}

static bool same_tag(const struct cache_tag *a, const struct cache_tag *b)
{
	return a->regime == b->regime && a->vmid == b->vmid &&
	       a->id == b->id && a->ssid == b->ssid;
}

static struct cache_set *find_set(const struct cache *cache,
				  const struct cache_tag *tag,
				  unsigned int log2_page)
{
	/* Pairs with add_set(): a set that is seen is complete. */
	struct cache_set *set = __atomic_load_n(
		&cache->bucket[bucket_of(tag, log2_page)], __ATOMIC_ACQUIRE);

	while (set && (set->log2_page != log2_page ||
		       !same_tag(&set->tag, tag)))
		set = set->next;
	return set;
}

static void add_set(struct cache *cache, struct cache_set *set,
		    const struct cache_tag *tag, unsigned int log2_page)
{
	struct cache_set **head = &cache->bucket[bucket_of(tag, log2_page)];

	set->tag = *tag;
	set->log2_page = log2_page;
	set->next = *head;
	__atomic_store_n(head, set, __ATOMIC_RELEASE);
	__atomic_fetch_or(&cache->sizes[tag->regime], 1ull << log2_page,
			  __ATOMIC_RELEASE);
}

static void live_add(struct cache *cache, const struct cache_set *set,
		     s64 delta)
{
	u64 *live = &cache->live[set->tag.regime];

	__atomic_store_n(live, *live + delta, __ATOMIC_RELAXED);
}

u64 cache_live(const struct cache *cache)
{
	u64 sum = 0;

	for (int i = 0; i < REGIME_NR; i++)
		sum += __atomic_load_n(&cache->live[i], __ATOMIC_RELAXED);
	return sum;
}

static unsigned int way_of(u64 page)
{
	return page % SET_WAYS;
}

int cache_prepare(struct cache *cache, const struct cache_tag *tag,
		  unsigned int log2_page)
{
	/* Allocated before the lock is taken; freed if the set was there. */
	struct cache_set *spare;
	unsigned long flags;

	if (find_set(cache, tag, log2_page))
		return 0;
	spare = kzalloc(sizeof(*spare), GFP_KERNEL);
	if (!spare)
		return -ENOMEM;
	spin_lock_irqsave(&cache->lock, flags);
	if (!find_set(cache, tag, log2_page)) {
		add_set(cache, spare, tag, log2_page);
		__atomic_fetch_add(&cache->sets, 1, __ATOMIC_RELAXED);
		spare = NULL;
	}
	spin_unlock_irqrestore(&cache->lock, flags);
	kfree(spare);
	return 0;
}

void cache_place(struct cache *cache, const struct cache_tag *tag,
		 unsigned int log2_page, u64 address, u64 phys)
{
	u64 page = address >> log2_page;
	struct cache_set *set = find_set(cache, tag, log2_page);
	unsigned long flags;

	if (!set)
		return;
	spin_lock_irqsave(&cache->lock, flags);
	if (!(set->used >> way_of(page) & 1))
		live_add(cache, set, 1);
	set->phys[way_of(page)] = phys;
	__atomic_store_n(&set->page[way_of(page)], page, __ATOMIC_RELAXED);
	__atomic_fetch_or(&set->used, 1ull << way_of(page), __ATOMIC_RELEASE);
	spin_unlock_irqrestore(&cache->lock, flags);
}

int cache_insert(struct cache *cache, const struct cache_tag *tag,
		 unsigned int log2_page, u64 address, u64 phys)
{
	int rc = cache_prepare(cache, tag, log2_page);

	if (!rc)
		cache_place(cache, tag, log2_page, address, phys);
	return rc;
}

static bool set_has(const struct cache_set *set, u64 page)
{
	return (__atomic_load_n(&set->used, __ATOMIC_ACQUIRE) >>
			way_of(page) & 1) &&
	       __atomic_load_n(&set->page[way_of(page)], __ATOMIC_RELAXED) ==
		       page;
}

bool cache_lookup(struct cache *cache, const struct cache_tag *tag,
		  u64 address, u64 *out_phys, unsigned int *out_log2_page)
{
	unsigned long flags;
	bool hit = false;

	spin_lock_irqsave(&cache->lock, flags);
	for (u64 sizes = cache->sizes[tag->regime]; sizes && !hit;
	     sizes &= sizes - 1) {
		unsigned int log2_page = __builtin_ctzll(sizes);
		u64 page = address >> log2_page;
		struct cache_set *set = find_set(cache, tag, log2_page);

		hit = set && set_has(set, page);
		if (hit) {
			*out_phys = set->phys[way_of(page)];
			*out_log2_page = log2_page;
		}
	}
	spin_unlock_irqrestore(&cache->lock, flags);
	return hit;
}

static void set_drop_way(struct cache *cache, struct cache_set *set,
			 unsigned int way)
{
	__atomic_fetch_and(&set->used, ~(1ull << way), __ATOMIC_RELEASE);
	live_add(cache, set, -1);
}

/* A range of more pages than ways looks at the ways instead. */
static void set_drop_range(struct cache *cache, struct cache_set *set,
			   u64 start, u64 last)
{
	u64 first_page = start >> set->log2_page;
	u64 last_page = last >> set->log2_page;

	if (last_page - first_page < SET_WAYS) {
		for (u64 page = first_page; page <= last_page; page++)
			if (set_has(set, page))
				set_drop_way(cache, set, way_of(page));
		return;
	}
	for (u64 used = set->used; used; used &= used - 1) {
		unsigned int way = __builtin_ctzll(used);

		if (set->page[way] >= first_page && set->page[way] <= last_page)
			set_drop_way(cache, set, way);
	}
}

/* May any of these pages be in the set?  No lock needed. */
static bool set_may_hold(const struct cache_set *set, u64 start, u64 last)
{
	u64 page = start >> set->log2_page;
	u64 last_page = last >> set->log2_page;

	if (last_page - page >= SET_WAYS)
		return __atomic_load_n(&set->used, __ATOMIC_ACQUIRE);
	for (; page <= last_page; page++)
		if (set_has(set, page))
			return true;
	return false;
}

void cache_view(const struct cache *cache, const struct cache_tag *tag,
		struct cache_view *out)
{
	u64 sizes = __atomic_load_n(&cache->sizes[tag->regime],
				    __ATOMIC_ACQUIRE);

	out->count = 0;
	for (; sizes; sizes &= sizes - 1) {
		struct cache_set *set =
			find_set(cache, tag, __builtin_ctzll(sizes));

		if (set)
			out->set[out->count++] = set;
	}
}

/*
 * Most invalidations find nothing; they take no lock.  An entry that comes in
 * meanwhile may be one that came in afterwards.
 */
void cache_drop_viewed(struct cache *cache, const struct cache_view *view,
		       u64 start, u64 last)
{
	for (u32 i = 0; i < view->count; i++) {
		struct cache_set *set = view->set[i];

		if (!set_may_hold(set, start, last))
			continue;
		spin_lock(&cache->lock);
		set_drop_range(cache, set, start, last);
		spin_unlock(&cache->lock);
	}
}

void cache_drop_range(struct cache *cache, const struct cache_tag *tag,
		      u64 start, u64 last)
{
	struct cache_view view;

	if (!cache_has(cache, tag->regime))
		return;
	cache_view(cache, tag, &view);
	cache_drop_viewed(cache, &view, start, last);
}

static bool matches(const struct cache_match *match,
		    const struct cache_tag *tag)
{
	return (match->regimes >> tag->regime & 1) &&
	       (!match->by_vmid || tag->vmid == match->vmid) &&
	       (!match->by_id ||
		!((tag->id ^ match->id) & match->id_mask)) &&
	       (!match->by_ssid || tag->ssid == match->ssid);
}

void cache_drop_match(struct cache *cache, const struct cache_match *match,
		      u64 start, u64 last)
{
	unsigned long flags;

	if (!cache_live(cache))
		return;
	spin_lock_irqsave(&cache->lock, flags);
	for (int i = 0; i < CACHE_BUCKETS; i++) {
		struct cache_set *set = cache->bucket[i];

		for (; set; set = set->next) {
			if (!set->used || !matches(match, &set->tag))
				continue;
			if (ALL_ADDRESSES(start, last)) {
				live_add(cache, set,
					 -__builtin_popcountll(set->used));
				__atomic_store_n(&set->used, 0,
						 __ATOMIC_RELEASE);
			} else {
				set_drop_range(cache, set, start, last);
			}
		}
	}
	spin_unlock_irqrestore(&cache->lock, flags);
}
