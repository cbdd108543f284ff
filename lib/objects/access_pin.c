// SPDX-License-Identifier: MIT
/*
 * Accesses: pinning, unpinning, reading and writing.
 *
 * A range may lie across areas that touch.  A pin is known by the pages and
 * the exact indices it covers, so the same range pinned twice is one user of
 * the pages with a count of two, whoever pins it.
 *
 * Facts: spec/45 sections A5 to A7.
 */
#include "objects/access.h"

#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/iommu.h>
#include <linux/kcsan-checks.h>
#include <linux/minmax.h>
#include <linux/slab.h>

#include "objects/ioas.h"

/* The part of a range that one area has. */
struct part {
	struct iopt_area *area;
	unsigned long iova;
	unsigned long last;
};

/* Page indices of a part. */
static unsigned long part_index(const struct part *part)
{
	return iopt_area_byte(part->area, part->iova) / PAGE_SIZE;
}

static unsigned long part_last_index(const struct part *part)
{
	return iopt_area_byte(part->area, part->last) / PAGE_SIZE;
}

static void part_first(struct part *part, const struct iopt *iopt,
		       unsigned long iova, unsigned long last)
{
	part->area = iopt_area_at(iopt, iova);
	part->iova = iova;
	part->last = part->area ? min(part->area->last, last) : 0;
}

/* To the next part; there is more to come.  area is NULL at a hole. */
static void part_next(struct part *part, unsigned long last)
{
	part->iova = part->last + 1;
	part->area = iopt_area_after(part->area);
	if (part->area)
		part->last = min(part->area->last, last);
}

/* ---- pins ---- */

static int check_permission(const struct iopt_area *area, unsigned int flags)
{
	bool write = flags & IOMMUFD_ACCESS_RW_WRITE;

	if (!(area->prot & (write ? IOMMU_WRITE : IOMMU_READ)))
		return -EPERM;
	if (write && !area->pages->writable)
		return -EPERM;
	return 0;
}

static int check_pin(const struct part *part, unsigned long last,
		     unsigned int flags)
{
	const struct iopt_area *area = part->area;
	int ret;

	if (area->prevent_access)
		return -EINVAL;
	/* Of the memory, not of the IOVA: whole pages are handed out. */
	if (iopt_area_byte(area, part->iova) % PAGE_SIZE)
		return -EINVAL;
	if (part->last != last &&
	    (iopt_area_byte(area, part->last) + 1) % PAGE_SIZE)
		return -EINVAL;
	ret = check_permission(area, flags);
	if (ret)
		return ret;
	return area->pages->kind == PAGES_DMABUF ? -EINVAL : 0;
}

static int pin_new(struct pages *pages, unsigned long index,
		   unsigned long last_index)
{
	struct pages_user *user = kzalloc(sizeof(*user), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!user)
		return -ENOMEM;
	user->interval.start = index;
	user->interval.last = last_index;
	user->pins = 1;
	ret = pages_add_user(pages, user);
	if (ret)
		goto free;
	ret = pages_settle(pages);
	if (ret)
		goto remove;
	return 0;

remove:
	pages_remove_user(pages, user);
free:
	kfree(user);
	return ret;
}

static int pin_part(const struct part *part, bool internal)
{
	struct pages *pages = part->area->pages;
	struct pages_user *user;
	int ret = 0;

	mutex_lock(&pages->lock);
	user = pages_find_pin(pages, part_index(part), part_last_index(part));
	if (user)
		user->pins++;
	else
		ret = pin_new(pages, part_index(part), part_last_index(part));
	if (!ret) {
		part->area->num_accesses++;
		part->area->num_locks += internal;
	}
	mutex_unlock(&pages->lock);
	return ret;
}

static void unpin_part(const struct part *part, bool internal)
{
	struct pages *pages = part->area->pages;
	struct pages_user *user;

	mutex_lock(&pages->lock);
	user = pages_find_pin(pages, part_index(part), part_last_index(part));
	if (WARN_ON(!user) || WARN_ON(!part->area->num_accesses) ||
	    WARN_ON(internal && !part->area->num_locks))
		goto unlock;
	part->area->num_accesses--;
	part->area->num_locks -= internal;
	if (user->pins > 1) {
		user->pins--;
		goto unlock;
	}
	pages_remove_user(pages, user);
	pages_settle(pages);
	kfree(user);
unlock:
	mutex_unlock(&pages->lock);
}

/* Page pointers of a part that is pinned. */
static struct page **list_pages(const struct part *part, struct page **out)
{
	unsigned long index = part_index(part);
	unsigned long left = part_last_index(part) - index + 1;

	while (left) {
		unsigned long run = pages_run(part->area->pages, index, left);
		u64 pfn = pages_pfn(part->area->pages, index);

		for (unsigned long i = 0; i < run; i++)
			*out++ = pfn_to_page(pfn + i);
		index += run;
		left -= run;
	}
	return out;
}

static void unpin_range(struct iopt *iopt, unsigned long iova,
			unsigned long last, bool internal)
{
	struct part part;

	part_first(&part, iopt, iova, last);
	while (part.area) {
		unpin_part(&part, internal);
		if (part.last == last)
			return;
		part_next(&part, last);
	}
	/* Nobody could have pinned across a hole. */
	WARN_ON(true);
}

static int pin_range(struct iopt *iopt, unsigned long iova, unsigned long last,
		     struct page **out_pages, unsigned int flags, bool internal)
{
	struct part part;
	int ret = -ENOENT;

	part_first(&part, iopt, iova, last);
	while (part.area) {
		ret = check_pin(&part, last, flags);
		if (!ret)
			ret = pin_part(&part, internal);
		if (ret)
			goto unpin;
		out_pages = list_pages(&part, out_pages);
		if (part.last == last)
			return 0;
		part_next(&part, last);
		ret = -ENOENT;
	}
unpin:
	if (part.iova != iova)
		unpin_range(iopt, iova, part.iova - 1, internal);
	return ret;
}

static noinline bool has_ioas(const struct iommufd_access *access)
{
	kcsan_check_read(&access->ioas, sizeof(access->ioas));
	return access->ioas;
}

/*
 * For work on [iova, out_last] of the IOAS of @access: it and its areas stay
 * until leave().  -EINVAL: nothing asked for; -EOVERFLOW; -ENOENT: no IOAS.
 */
static int enter(struct iommufd_access *access, unsigned long iova,
		 unsigned long length, unsigned long *out_last,
		 struct iopt **out_iopt)
{
	if (!length)
		return -EINVAL;
	if (__builtin_add_overflow(iova, length - 1, out_last))
		return -EOVERFLOW;
	mutex_lock(&access->lock);
	if (uik_none_or_watched((unsigned long)access->ioas) &&
	    !has_ioas(access)) {
		mutex_unlock(&access->lock);
		return -ENOENT;
	}
	*out_iopt = &access->ioas->iopt;
	iopt_lock_read(*out_iopt);
	return 0;
}

static void leave(struct iommufd_access *access, struct iopt *iopt)
{
	iopt_unlock_read(iopt);
	mutex_unlock(&access->lock);
}

/* Only those that let go when asked, and see pages as a whole, may pin. */
static bool may_pin(const struct iommufd_access *access)
{
	if (access->iova_alignment != PAGE_SIZE)
		return false;
	return iommufd_access_is_internal(access) || access->ops->unmap;
}

int iommufd_access_pin_pages(struct iommufd_access *access, unsigned long iova,
			     unsigned long length, struct page **out_pages,
			     unsigned int flags)
{
	unsigned long last;
	struct iopt *iopt;
	int ret;

	if (WARN_ON(!may_pin(access)))
		return -EINVAL;
	ret = enter(access, iova, length, &last, &iopt);
	if (ret)
		return ret;
	ret = pin_range(iopt, iova, last, out_pages, flags,
			iommufd_access_is_internal(access));
	leave(access, iopt);
	return ret;
}

void iommufd_access_unpin_pages(struct iommufd_access *access,
				unsigned long iova, unsigned long length)
{
	unsigned long last;
	struct iopt *iopt;

	if (WARN_ON(!length) ||
	    WARN_ON(__builtin_add_overflow(iova, length - 1, &last)))
		return;
	mutex_lock(&access->lock);
	/* The one being left counts: this is how its pins are given back. */
	if (!WARN_ON(!access->ioas_unpin)) {
		iopt = &access->ioas_unpin->iopt;
		iopt_lock_read(iopt);
		unpin_range(iopt, iova, last,
			    iommufd_access_is_internal(access));
		iopt_unlock_read(iopt);
	}
	mutex_unlock(&access->lock);
}

/* ---- reading and writing ---- */

static int rw_part(const struct part *part, void *data, unsigned int flags)
{
	int ret;

	if (part->area->prevent_access)
		return -EINVAL;
	ret = check_permission(part->area, flags);
	if (ret)
		return ret;
	return pages_rw(part->area->pages,
			iopt_area_byte(part->area, part->iova), data,
			part->last - part->iova + 1, flags);
}

static int rw_range(struct iopt *iopt, unsigned long iova, unsigned long last,
		    void *data, unsigned int flags)
{
	struct part part;

	part_first(&part, iopt, iova, last);
	while (part.area) {
		int ret = rw_part(&part, data + (part.iova - iova), flags);

		if (ret || part.last == last)
			return ret;
		part_next(&part, last);
	}
	return -ENOENT;
}

int iommufd_access_rw(struct iommufd_access *access, unsigned long iova,
		      void *data, size_t len, unsigned int flags)
{
	unsigned long last;
	struct iopt *iopt;
	int ret;

	ret = enter(access, iova, len, &last, &iopt);
	if (ret)
		return ret;
	ret = rw_range(iopt, iova, last, data, flags);
	leave(access, iopt);
	return ret;
}
