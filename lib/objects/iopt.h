/* SPDX-License-Identifier: MIT */
/*
 * I/O page table: what is mapped in an IOAS, and the domains that mirror it.
 *
 * Vocabulary
 *   area      a mapped range of IOVAs with the pages behind it
 *   reserved  a range in which nothing can be mapped; has an owner
 *   allowed   where automatic IOVAs come from; empty: anywhere
 *   domain    a page table of an IOMMU; all of them have the same content
 *   storage   the first domain of the table, the one that pins for all
 *
 * Invariants
 *   areas are disjoint; none meets a reserved range; no allowed range does
 *   each area suits the alignment, but for inner edges of a copy
 *   pages of an area are pinned exactly while there is a domain
 *
 * Locks
 *   lock    everything here.  Write: areas, ranges, domains, options.  Read:
 *           lookups; pins and copies by accesses
 *   -> pages->lock (pages.h)
 *   -> accesses' own lock
 * Taken by iopt_lock() and iopt_lock_read() only: while a context changes its
 * process its IOASes are frozen and both wait.
 *
 * Facts: spec/40.
 */
#ifndef OBJECTS_IOPT_H
#define OBJECTS_IOPT_H

#include <linux/kcsan-checks.h>
#include <linux/list.h>
#include <linux/rbtree_augmented.h>
#include <linux/rwsem.h>
#include <linux/types.h>
#include <linux/xarray.h>
#include <uapi/linux/iommufd.h>

#include "objects/pages.h"

struct device;
struct iommu_domain;
struct iommufd_access;
struct iommufd_ctx;

/* Alignments are powers of two up to a page. */
#define IOPT_ALIGNMENTS (PAGE_SHIFT + 1)
/* Accesses of one IOAS. */
#define IOPT_ACCESS_MAX 65536

/* What a subtree of areas spans, and the largest hole between its areas. */
struct iopt_summary {
	unsigned long first;
	unsigned long last;
	unsigned long gap;		/* bytes between two neighbours */
};

/* A mapped range. */
struct iopt_area {
	struct rb_node node;		/* in iopt->areas */
	unsigned long first;
	unsigned long last;
	struct iopt_summary sub;
	struct iopt *iopt;		/* borrowed: it owns us */
	struct pages_user user;		/* in pages->users while filled */
	struct pages *pages;		/* counted */
	unsigned long start_byte;	/* of the pages, where we begin */
	int prot;			/* IOMMU_READ and so on */
	bool filled;			/* domains have us, pages are pinned */
	bool prevent_access;		/* no pins any more */
	u8 alignment_class;		/* where iopt->alignments counts us */
	/* Both: pages->lock or iopt->lock for writing. */
	unsigned int num_accesses;	/* pins outstanding */
	unsigned int num_locks;		/* of these, by the core itself */
};

struct iopt_range {
	unsigned long first;
	unsigned long last;
};

struct iopt_reservation {
	unsigned long first;
	unsigned long last;
	void *owner;			/* a name only, never followed */
};

/* Ranges where nothing can be mapped. */
struct iopt_reserved {
	struct iopt_reservation *list;	/* owned; ascending by first */
	struct iopt_range *joined;	/* owned; the same, made disjoint */
	unsigned int count;
	unsigned int joined_count;	/* <= count */
	unsigned int room;		/* of both arrays */
};

/* Where automatic IOVAs come from. */
struct iopt_allowed {
	struct iopt_range *list;	/* owned; ascending, disjoint */
	unsigned int count;
};

struct iopt {
	struct rw_semaphore lock;
	struct rw_semaphore *gate;	/* the context's ioas_creation_lock */
	bool frozen;			/* waits for the gate */
	struct rb_root areas;
	unsigned long area_count;
	/* Areas by the lowest bit set in their place. */
	unsigned long alignments[IOPT_ALIGNMENTS];
	struct iopt_reserved reserved;
	struct iopt_allowed allowed;
	struct iommu_domain **domains;	/* owned array; [0] is the storage */
	unsigned int domain_count;
	unsigned int domain_room;
	unsigned long alignment;	/* of IOVAs, lengths, page offsets */
	bool disable_large_pages;
	struct xarray accesses;		/* key -> struct iommufd_access */
	unsigned int page_accesses;	/* of these, aligned to pages */
};

/* ---- life and locks: iopt.c ---- */

/**
 * iopt_init - an empty table.
 * @gate: held for writing by whoever freezes
 */
void iopt_init(struct iopt *iopt, struct rw_semaphore *gate);
/** iopt_fini - free what is left; WARN if there are domains or accesses. */
void iopt_fini(struct iopt *iopt);

/* Waits for the gate with the lock released; frozen is false afterwards. */
void iopt_wait_thawed(struct iopt *iopt, bool write);

static inline void iopt_lock(struct iopt *iopt)
{
	down_write(&iopt->lock);
	if (unlikely(iopt->frozen))
		iopt_wait_thawed(iopt, true);
}

static inline void iopt_unlock(struct iopt *iopt)
{
	up_write(&iopt->lock);
}

#ifdef UIK_ROOM
/* Takes the lock if that can be done in line; false: iopt_lock() has to. */
static __always_inline bool iopt_lock_quick(struct iopt *iopt)
{
	if (unlikely(!uik_down_write_quick(&iopt->lock)))
		return false;
	if (likely(!iopt->frozen))
		return true;
	iopt_unlock(iopt);
	return false;
}
#endif

static inline void iopt_lock_read(struct iopt *iopt)
{
	down_read(&iopt->lock);
	if (unlikely(iopt->frozen))
		iopt_wait_thawed(iopt, false);
}

static inline void iopt_unlock_read(struct iopt *iopt)
{
	up_read(&iopt->lock);
}

/**
 * iopt_freeze - keep everybody out without holding a lock.
 *
 * Context: the gate is held for writing until iopt_thaw().
 */
void iopt_freeze(struct iopt *iopt);
void iopt_thaw(struct iopt *iopt);

/* ---- areas: iopt_area.c; iopt->lock held ---- */

static inline struct iopt_area *iopt_to_area(struct rb_node *node)
{
	return rb_entry_safe(node, struct iopt_area, node);
}

/** iopt_area_lowest - lowest area that meets [first, last], or NULL. */
static inline struct iopt_area *
iopt_area_lowest(const struct iopt *iopt, unsigned long first,
		 unsigned long last)
{
	struct rb_node *node = iopt->areas.rb_node;
	struct iopt_area *found = NULL;

	while (node) {
		struct iopt_area *area = iopt_to_area(node);

		if (area->last >= first) {
			found = area;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	return found && found->first <= last ? found : NULL;
}
/** iopt_area_next - the one after, in ascending order, or NULL. */
struct iopt_area *iopt_area_next(struct iopt_area *area);
/** iopt_area_after - the one that begins right after @area, or NULL. */
struct iopt_area *iopt_area_after(struct iopt_area *area);
/** iopt_area_at - the area that @iova is in, or NULL. */
static inline struct iopt_area *iopt_area_at(const struct iopt *iopt,
					     unsigned long iova)
{
	return iopt_area_lowest(iopt, iova, iova);
}

/* By the lowest bit set in the place of an area, 4096 and above are one. */
static inline void iopt_alignment_count(struct iopt *iopt,
					struct iopt_area *area)
{
	area->alignment_class = __builtin_ctzl(area->first | (area->last + 1) |
					       area->start_byte | PAGE_SIZE);
	iopt->alignments[area->alignment_class]++;
}

/* What iopt_area_insert() does when there are others, or somebody watches. */
void iopt_area_insert_slow(struct iopt *iopt, struct iopt_area *area);

/* Adds an area that meets no other.  A tree of one is in order as it is. */
static inline void iopt_area_insert(struct iopt *iopt, struct iopt_area *area)
{
	if (uik_some_or_watched(iopt->area_count)) {
		iopt_area_insert_slow(iopt, area);
		return;
	}
	iopt_alignment_count(iopt, area);
	iopt->area_count = 1;
	area->sub = (struct iopt_summary){ area->first, area->last, 0 };
	area->node = (struct rb_node){ .__rb_parent_color = RB_BLACK };
	iopt->areas.rb_node = &area->node;
}

/* What iopt_area_erase() does when others stay. */
void iopt_area_erase_tree(struct iopt *iopt, struct iopt_area *area);

/* Removes an area while nobody watches. */
static __always_inline void iopt_area_erase_quick(struct iopt *iopt,
						  struct iopt_area *area)
{
	iopt->alignments[area->alignment_class]--;
	if (!--iopt->area_count)
		iopt->areas = RB_ROOT;
	else
		iopt_area_erase_tree(iopt, area);
}

/* Removes an area. */
static inline void iopt_area_erase(struct iopt *iopt, struct iopt_area *area)
{
	kcsan_check_write(&iopt->areas, sizeof(iopt->areas));
	iopt_area_erase_quick(iopt, area);
}
/**
 * iopt_area_split - cut an area in two.
 * @right: becomes what begins after @last; otherwise uninitialised
 */
void iopt_area_split(struct iopt *iopt, struct iopt_area *area,
		     struct iopt_area *right, unsigned long last);
/** iopt_suits - whether every area is aligned to @alignment. */
bool iopt_suits(const struct iopt *iopt, unsigned long alignment);

static inline unsigned long iopt_area_length(const struct iopt_area *area)
{
	return area->last - area->first + 1;
}

/* Byte of the pages that @iova shows. */
static inline unsigned long iopt_area_byte(const struct iopt_area *area,
					   unsigned long iova)
{
	return area->start_byte + (iova - area->first);
}

/* Page indices. */
static inline unsigned long iopt_area_index(const struct iopt_area *area)
{
	return area->start_byte / PAGE_SIZE;
}

static inline unsigned long iopt_area_last_index(const struct iopt_area *area)
{
	return iopt_area_byte(area, area->last) / PAGE_SIZE;
}

#define iopt_for_each_area(area, iopt) \
	for ((area) = iopt_area_lowest((iopt), 0, ULONG_MAX); (area); \
	     (area) = iopt_area_next(area))

/**
 * iopt_syz_iova - an IOVA as fuzzers name it.
 * @code: number of an area from below in the low half, offset in the high half
 *
 * Takes the lock.  Return: 0 if there is no such area.  spec/80 section 12
 */
unsigned long iopt_syz_iova(struct iopt *iopt, u64 code);
/** iopt_nth_area_iova - first IOVA of area @n from below; 0: no such area. */
unsigned long iopt_nth_area_iova(struct iopt *iopt, unsigned long n);

/* ---- choosing IOVAs: iopt_iova.c; iopt->lock held ---- */

/**
 * iopt_hole_next - lowest maximal range free of areas and reserved ranges.
 * @from, @to: bounds; what is found is cut to them
 * @length: ranges shorter than it are not found; > 0
 *
 * Return: false: none.
 */
bool iopt_hole_next(const struct iopt *iopt, unsigned long from,
		    unsigned long to, unsigned long length,
		    struct iopt_range *hole);

/**
 * iopt_choose_iova - an IOVA for a new mapping.
 * @addr: user address or file offset of its first byte
 * @out_iova: written on success
 *
 * Return: 0; -EOVERFLOW, -EINVAL, -ENOSPC.  spec/40 section 10
 */
int iopt_choose_iova(const struct iopt *iopt, unsigned long addr,
		     unsigned long length, unsigned long *out_iova);

/* ---- reserved and allowed ranges, alignment: iopt_ranges.c ---- */

/**
 * iopt_reserve - keep mappings out of [first, last].
 * @owner: for iopt_unreserve(); may be NULL
 *
 * Return: 0; -EADDRINUSE an area or allowed range is there; -ENOMEM.
 */
int iopt_reserve(struct iopt *iopt, unsigned long first, unsigned long last,
		 void *owner);
/** iopt_unreserve - give back all that @owner reserved. */
void iopt_unreserve(struct iopt *iopt, void *owner);
/**
 * iopt_reserve_device - reserve what a device's IOMMU driver wants.
 * @sw_msi_start: receives the start of its software MSI window, if any; NULL:
 *	a replacement, windows are not counted
 *
 * Owner is @dev.
 * Return: 0, -EADDRINUSE, -ENOMEM; -EINVAL windows do not go together (WARN).
 * On failure nothing of @dev is reserved.  spec/20 10A
 */
int iopt_reserve_device(struct iopt *iopt, struct device *dev,
			phys_addr_t *sw_msi_start);
/**
 * iopt_unreserved_next - walk the ranges that nothing reserves.
 * @at: 0 at first; where the walk is
 *
 * Context: iopt->lock held.  Return: false: no more.
 */
bool iopt_unreserved_next(const struct iopt *iopt, unsigned int *at,
			  struct iopt_range *range);
/* iopt_reserve() and iopt_unreserve() with iopt->lock held. */
int iopt_reserve_locked(struct iopt *iopt, unsigned long first,
			unsigned long last, void *owner);
void iopt_unreserve_locked(struct iopt *iopt, void *owner);
/** iopt_reserved_meets - whether [first, last] meets a reserved range. */
bool iopt_reserved_meets(const struct iopt *iopt, unsigned long first,
			 unsigned long last);
/**
 * iopt_set_allowed - replace the allowed ranges.
 * @allowed: taken over on success; ascending and disjoint
 *
 * Return: 0; -EADDRINUSE one meets a reserved range.
 */
int iopt_set_allowed(struct iopt *iopt, struct iopt_allowed *allowed);
/**
 * iopt_update_alignment - recompute it; iopt->lock held.
 *
 * Return: 0; -EADDRINUSE an area does not suit, nothing is changed.
 */
int iopt_update_alignment(struct iopt *iopt);
/**
 * iopt_set_large_pages - the option; takes the lock.
 *
 * Return: 0; -EINVAL there are a domain and an area; -EADDRINUSE.
 */
int iopt_set_large_pages(struct iopt *iopt, bool enable);

/* ---- mapping: iopt_map.c, iopt_unmap.c ---- */

/* Pages to be mapped, and which part of them. */
struct iopt_piece {
	struct pages *pages;		/* counted */
	unsigned long start_byte;
	unsigned long length;
};

/*
 * Pages are one block with their first area: most never get another.  It is
 * used once, by whoever makes the pages.
 */
struct iopt_first {
	struct pages pages;
	struct iopt_area area;
};

static inline struct iopt_area *iopt_first_area(struct pages *pages)
{
	return &container_of(pages, struct iopt_first, pages)->area;
}

/**
 * iopt_area_free - of one that is in no tree; drops its pages.
 *
 * The first area of pages is in their block and goes with them.
 */
static inline void iopt_area_free(struct iopt_area *area)
{
	struct pages *pages = area->pages;

	if (area != iopt_first_area(pages))
		kfree(area);
	pages_put(pages);
}

/**
 * iopt_map_pieces - map pieces one behind the other.
 * @count: >= 1; @length: of all of them
 * @prot: IOMMU_* bits
 * @fixed: at *@iova, else it is chosen and written on success
 *
 * The pieces' references stay the caller's.
 * Return: 0 or -errno, then nothing is mapped.  spec/40 9.4
 */
int iopt_map_pieces(struct iopt *iopt, const struct iopt_piece *pieces,
		    unsigned int count, unsigned long length, int prot,
		    bool fixed, unsigned long *iova);
/** iopt_map_user - map memory of the caller.  spec/40 9.1 from step 5 */
int iopt_map_user(struct iommufd_ctx *ictx, struct iopt *iopt,
		  unsigned long uptr, unsigned long length, int prot,
		  bool fixed, unsigned long *iova);
/** iopt_map_file - map a file or dma-buf.  spec/40 9.2 from step 5 */
int iopt_map_file(struct iommufd_ctx *ictx, struct iopt *iopt, int fd,
		  unsigned long start, unsigned long length, int prot,
		  bool fixed, unsigned long *iova);
/**
 * iopt_get_pieces - what is mapped in a range.
 * @out_pieces: array, to be given to iopt_put_pieces()
 *
 * Return: 0; -EINVAL, -EOVERFLOW; -ENOENT not mapped all over; -ENOMEM.
 */
int iopt_get_pieces(struct iopt *iopt, unsigned long iova,
		    unsigned long length, struct iopt_piece **out_pieces,
		    unsigned int *out_count);
void iopt_put_pieces(struct iopt_piece *pieces, unsigned int count);

/**
 * iopt_unmap - unmap whole areas.
 * @out_bytes: unmapped, also when it fails half way
 *
 * Return: 0 also if nothing was there; -EBUSY, -ENOENT, -EDEADLOCK.
 * spec/40 14.1
 */
int iopt_unmap(struct iopt *iopt, unsigned long first, unsigned long last,
	       unsigned long *out_bytes);
/** iopt_cut - make @last the last byte of an area.  spec/40 18 */
int iopt_cut(struct iopt *iopt, unsigned long last);

/* ---- domains: iopt_domain.c ---- */

/**
 * iopt_add_domain - mirror everything into one more page table.
 *
 * Return: 0; -EINVAL, -EADDRINUSE, -ENOMEM; of pinning and the driver.
 * spec/40 12.1
 */
int iopt_add_domain(struct iopt *iopt, struct iommu_domain *domain);
/** iopt_remove_domain - take it out; it is empty then.  spec/40 12.2 */
void iopt_remove_domain(struct iopt *iopt, struct iommu_domain *domain);

/* Maps an area into all domains, pins and charges; undoes it.  Lock held. */
int iopt_area_fill(struct iopt_area *area);
void iopt_area_unfill(struct iopt_area *area);

/* Number of domains; 0 is what tells tests that nothing is pinned. */
unsigned int iopt_domain_count(struct iopt *iopt);

/* ---- dirty tracking: dirty.c ---- */

/** iopt_dirty_enable - switch tracking of a domain.  spec/45 B2 from 3 */
int iopt_dirty_enable(struct iopt *iopt, struct iommu_domain *domain,
		      bool enable);
/** iopt_dirty_read - report and clear.  spec/45 B3 from 3 */
int iopt_dirty_read(struct iopt *iopt, struct iommu_domain *domain,
		    unsigned long flags,
		    const struct iommu_hwpt_get_dirty_bitmap *bitmap);

#endif
