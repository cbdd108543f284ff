// SPDX-License-Identifier: MIT
/*
 * Unmapping, and cutting areas for VFIO type 1.
 *
 * Areas go one by one, from below, and those that are gone stay gone when a
 * later one cannot go.
 *
 * Facts: spec/40 sections 14.1 and 18.
 */
#include "objects/iopt.h"

#include <linux/errno.h>
#include <linux/slab.h>

#include "objects/access.h"

/* An access that has been asked more often than this will not let go. */
#define NOTIFY_TRIES 100

/* A removal on its way. */
struct removal {
	unsigned long start;		/* still to be looked at from here */
	unsigned long last;
	unsigned long bytes;		/* done */
	unsigned int tries;
	bool done;			/* nothing is left to be looked at */
};

static void area_remove(struct iopt *iopt, struct iopt_area *area)
{
	if (area->filled)
		iopt_area_unfill(area);
	iopt_area_erase(iopt, area);
	iopt_area_free(area);
}

/* Asks accesses to unpin.  Drops iopt->lock: anything may have changed. */
static int release_pins(struct iopt *iopt, struct iopt_area *area,
			struct removal *removal)
{
	unsigned long first = area->first, length = iopt_area_length(area);

	removal->start = first;
	area->prevent_access = true;
	iopt_unlock(iopt);
	iopt_notify_accesses(iopt, first, length);
	iopt_lock(iopt);
	return ++removal->tries > NOTIFY_TRIES ? -EDEADLOCK : 0;
}

/* One round with the lowest area that is left. */
static int remove_lowest(struct iopt *iopt, struct iopt_area *area,
			 struct removal *removal)
{
	if (area->num_locks)
		return -EBUSY;
	if (area->first < removal->start || area->last > removal->last)
		return -ENOENT;
	/* A hole before it: a new run of areas begins. */
	if (area->first != removal->start)
		removal->tries = 0;
	if (area->num_accesses)
		return release_pins(iopt, area, removal);
	removal->bytes += iopt_area_length(area);
	removal->start = area->last + 1;
	removal->done = area->last == removal->last;
	area_remove(iopt, area);
	return 0;
}

static noinline int unmap_slow(struct iopt *iopt, unsigned long first,
			       unsigned long last, unsigned long *out_bytes)
{
	struct removal removal = { .start = first, .last = last };
	struct iopt_area *area;
	int ret = 0;

	iopt_lock(iopt);
	while (!ret && !removal.done &&
	       (area = iopt_area_lowest(iopt, removal.start, last)))
		ret = remove_lowest(iopt, area, &removal);
	iopt_unlock(iopt);
	*out_bytes = removal.bytes;
	return ret;
}

/* The same by somebody who has the lock already. */
static noinline int unmap_slow_locked(struct iopt *iopt, unsigned long first,
				      unsigned long last,
				      unsigned long *out_bytes)
{
	iopt_unlock(iopt);
	return unmap_slow(iopt, first, last, out_bytes);
}

/* @area is what was mapped at [first, last], idle and in no domain. */
static inline bool is_exactly(const struct iopt_area *area,
			      unsigned long first, unsigned long last)
{
	return area->first == first && area->last == last && !area->filled &&
	       !(area->num_locks | area->num_accesses);
}

int iopt_unmap(struct iopt *iopt, unsigned long first, unsigned long last,
	       unsigned long *out_bytes)
{
	struct iopt_area *area;

	if (unlikely(!iopt_lock_quick(iopt)))
		return unmap_slow(iopt, first, last, out_bytes);
	area = iopt_area_lowest(iopt, first, last);
	if (unlikely(!area || !is_exactly(area, first, last)))
		return unmap_slow_locked(iopt, first, last, out_bytes);
	*out_bytes = last - first + 1;
	iopt_area_erase_quick(iopt, area);
	iopt_unlock(iopt);
	/* It is ours alone now. */
	iopt_area_free(area);
	return 0;
}

static int check_cut(const struct iopt *iopt, const struct iopt_area *area,
		     unsigned long last)
{
	unsigned long edge = (last + 1) | iopt_area_byte(area, last + 1);

	if (area->prevent_access)
		return -EBUSY;
	if (area->pages->kind == PAGES_DMABUF)
		return -EOPNOTSUPP;
	if (edge & (iopt->alignment - 1))
		return -EINVAL;
	if (area->num_accesses)
		return -EINVAL;
	/* A large page could lie across the cut. */
	if (area->filled && !iopt->disable_large_pages)
		return -EINVAL;
	return 0;
}

int iopt_cut(struct iopt *iopt, unsigned long last)
{
	struct iopt_area *area, *right;
	int ret = 0;

	iopt_lock(iopt);
	area = iopt_area_at(iopt, last);
	/* The first byte too: a legal cut cannot be there. */
	if (!area || area->last == last || area->first == last)
		goto unlock;
	ret = check_cut(iopt, area, last);
	if (ret)
		goto unlock;
	right = kmalloc(sizeof(*right), GFP_KERNEL_ACCOUNT);
	if (right)
		iopt_area_split(iopt, area, right, last);
	else
		ret = -ENOMEM;
unlock:
	iopt_unlock(iopt);
	return ret;
}
