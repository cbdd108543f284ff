/* SPDX-License-Identifier: MIT */
/*
 * Pages: memory that areas map, and who keeps which of it pinned.
 *
 * Made by a map call, shared by all areas that copies and cuts make of it,
 * gone with the last of them.  Pages have indices from the page-aligned start.
 *
 * Invariant: index i is pinned, and charged, exactly once while any user (an
 * area in a domain, a pin of an access) covers it.  Users are intervals in one
 * tree; what a user adds is what no other one covers.  Nothing is kept for
 * single pages, and taking a user away never needs memory.
 *
 * Locks: lock protects users, charges, area->num_accesses, revocation.  It is
 * inner to iopt->lock and to the lock of a dma-buf.
 *
 * It does not hold frame numbers: the kit gives a pinned page the same one
 * however often it is asked.
 *
 * Facts: spec/40 section 11.
 */
#ifndef OBJECTS_PAGES_H
#define OBJECTS_PAGES_H

#include <linux/interval_tree.h>
#include <linux/kref.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <uik/pin.h>

struct iommu_domain;
struct iommufd_ctx;
struct iopt_area;
struct page;
struct task_struct;
struct user_struct;

enum pages_kind {
	PAGES_USER,			/* memory of a process */
	PAGES_FILE,
	PAGES_DMABUF,
};

/* Who pays for pins. */
enum pages_account {
	PAGES_ACCOUNT_NONE,
	PAGES_ACCOUNT_USER,
	PAGES_ACCOUNT_MM,
};

/* One who needs pages [interval.start, interval.last] pinned. */
struct pages_user {
	struct interval_tree_node interval;
	/* A pin of accesses: how many have it.  0: an area. */
	unsigned int pins;
};

struct pages {
	refcount_t refs;
	enum pages_kind kind;
	enum pages_account account;
	bool writable;
	bool revoked;			/* dma-buf: for ever; lock */
	bool marked;			/* seen by a change of process */
	struct mutex lock;
	unsigned long npages;
	struct rb_root_cached users;	/* of struct pages_user */
	unsigned long pinned;		/* pages that some user covers */
	unsigned long charged;		/* of these, paid for */
	unsigned long lost;		/* of these, never to be given back */
	/* Who made it; all counted. */
	struct mm_struct *mm;
	struct task_struct *task;	/* a thread group leader */
	struct user_struct *user;
	union {
		unsigned long uptr;	/* USER: page aligned */
		struct {		/* FILE */
			struct uik_pin_file *file; /* counted */
			unsigned long offset;	/* page aligned */
		};
		struct pages_dmabuf *dmabuf;	/* owned */
	};
	struct uik_machine *machine;	/* borrowed */
};

/* ---- pages.c ---- */

/**
 * pages_new_user - memory of the caller.
 * @uptr, @length: bytes; need not be page aligned
 *
 * Return: one reference; ERR_PTR of -EOVERFLOW, -EINVAL, -ENOMEM.
 */
struct pages *pages_new_user(struct iommufd_ctx *ictx, unsigned long uptr,
			     unsigned long length, bool writable);
/**
 * pages_new_file - part of a file or dma-buf.
 * @start, @length: bytes; their sum does not overflow
 *
 * Return: one reference; ERR_PTR of -EBADF, -EINVAL, -ENOMEM; for dma-bufs
 * also of -EOPNOTSUPP, -ENODEV and the exporter's.  spec/40 9.2, 9.3
 */
struct pages *pages_new_file(struct iommufd_ctx *ictx, int fd,
			     unsigned long start, unsigned long length,
			     bool writable);

static inline struct pages *pages_get(struct pages *pages)
{
	refcount_inc(&pages->refs);
	return pages;
}

/* Frees them; nobody uses them. */
void pages_free(struct pages *pages);

static inline void pages_put(struct pages *pages)
{
	if (refcount_dec_and_test(&pages->refs))
		pages_free(pages);
}

/**
 * pages_reference - what automatic IOVAs are derived from.
 *
 * Return: user address or file offset of byte @start_byte.
 */
unsigned long pages_reference(const struct pages *pages,
			      unsigned long start_byte);

/* ---- pins: pages_pin.c; pages->lock held ---- */

/**
 * pages_add_user - pin what @user covers and nobody else does.
 * @user: its interval is set
 *
 * Does not charge.
 * Return: 0; -EFAULT, -EINVAL, -ENOMEM, then nothing is changed.
 */
int pages_add_user(struct pages *pages, struct pages_user *user);
/** pages_remove_user - undo it; does not uncharge. */
void pages_remove_user(struct pages *pages, struct pages_user *user);
/**
 * pages_split_user - make one user two.
 * @right: uninitialised; gets what is above @last
 */
void pages_split_user(struct pages *pages, struct pages_user *user,
		      struct pages_user *right, unsigned long last);
/** pages_find_pin - the pin of exactly [first, last], or NULL. */
struct pages_user *pages_find_pin(struct pages *pages, unsigned long first,
				  unsigned long last);
/** pages_covered - whether page @index is pinned. */
bool pages_covered(struct pages *pages, unsigned long index);

/** pages_pfn - frame of a pinned page. */
u64 pages_pfn(const struct pages *pages, unsigned long index);
/** pages_run - how many of @npages pages from @index have frames in a row. */
unsigned long pages_run(const struct pages *pages, unsigned long index,
			unsigned long npages);

/* ---- charges: pages_account.c; pages->lock held ---- */

/**
 * pages_settle - charge or uncharge what has changed since the last time.
 *
 * Return: 0; -ENOMEM the limit is reached, nothing was charged.  Uncharging
 * does not fail.  spec/40 11.4
 */
int pages_settle(struct pages *pages);

/* Whoever runs now, as somebody to charge; borrowed. */
struct pages_owner {
	struct mm_struct *mm;
	struct task_struct *task;
	struct user_struct *user;
};
struct pages_owner pages_owner_current(void);
/**
 * pages_charge - charge @npages to @owner.
 *
 * Return: 0; -ENOMEM the limit is reached; -EINVAL the process is gone.
 */
int pages_charge(enum pages_account account, const struct pages_owner *owner,
		 unsigned long npages);
/**
 * pages_uncharge - take it back.
 *
 * Return: 0; -EINVAL: the process is gone, nothing was done.
 */
int pages_uncharge(enum pages_account account, const struct pages_owner *owner,
		   unsigned long npages);
/* Makes @owner the one that @pages remember; takes references. */
void pages_set_owner(struct pages *pages, const struct pages_owner *owner);

/* ---- domains: pages_map.c; pages->lock held ---- */

/**
 * pages_map - map an area's pages into a domain, run by run.
 *
 * Return: 0 or the driver's error, then none of it is mapped.
 */
int pages_map(struct iopt_area *area, struct iommu_domain *domain);
/** pages_unmap - take the area's range out of a domain. */
void pages_unmap(struct iopt_area *area, struct iommu_domain *domain);

/* ---- copying: pages_rw.c; pages->lock not held ---- */

/**
 * pages_rw - copy between @data and bytes of the pages.
 * @byte: first one; @flags: IOMMUFD_ACCESS_RW_*
 *
 * Return: 0; -EFAULT, -EINVAL, maybe after some of it.  spec/45 A7
 */
int pages_rw(struct pages *pages, unsigned long byte, void *data,
	     unsigned long length, unsigned int flags);

/* ---- for tests: pages_count.c ---- */

/**
 * pages_pin_count - pins of the page that a user address of the process shows.
 * @va: any byte of it
 *
 * One for each struct pages that has it pinned, in any context of the machine
 * that has a descriptor.  Slow.
 * Context: may sleep; freezes IOASes.  spec/80 MD_CHECK_REFS
 */
u64 pages_pin_count(unsigned long va);
/** pages_pin_count_with - the same for many pages in one call; see uik_page_memo. */
u64 pages_pin_count_with(struct uik_page_memo *memo, unsigned long va);
/**
 * pages_set_memory_limit - cap on temporary memory.
 * @bytes: at least 12
 *
 * Pinning here needs no temporary memory, so nothing depends on it.
 * Return: 0 or -EINVAL.  spec/80 SET_TEMP_MEMORY_LIMIT
 */
int pages_set_memory_limit(unsigned long bytes);

#endif
