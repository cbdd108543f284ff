// SPDX-License-Identifier: MIT
/*
 * How many pins a page has: what tests ask.
 *
 * Nothing is kept for this.  All IOASes of all contexts that have a descriptor
 * are looked through, each struct pages once.
 */
#include <linux/errno.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/sched.h>
#include <uik/file.h>

#include "objects/ioas.h"
#include "objects/objects.h"

/* Smaller than this no batch can be: it is what Linux accepts. */
#define MEMORY_LIMIT_MIN 12

/* The page that is looked for. */
struct target {
	unsigned long va;		/* page aligned */
	struct uik_page_identity identity;
	struct uik_page_memo *memo;
};

static bool same_file(const struct uik_page_identity *a,
		      const struct uik_page_identity *b)
{
	return a->device && a->device == b->device && a->inode == b->inode;
}

static bool same_page(const struct uik_page_identity *a,
		      const struct uik_page_identity *b)
{
	return a->device == b->device && a->inode == b->inode &&
	       a->index == b->index;
}

/*
 * Looks for the target from page @index on, which shows some page of a file:
 * where the target would be if the mapping goes on without a break.
 */
static bool find_from(const struct pages *pages, unsigned long index,
		      const struct target *target, unsigned long *out_index)
{
	struct uik_page_identity identity;

	if (uik_page_identify_with(target->memo, pages_pfn(pages, index),
				   &identity) ||
	    !same_file(&identity, &target->identity))
		return false;
	index += target->identity.index - identity.index;
	if (index >= pages->npages ||
	    uik_page_identify_with(target->memo, pages_pfn(pages, index),
				   &identity) ||
	    !same_page(&identity, &target->identity))
		return false;
	*out_index = index;
	return true;
}

static bool find_user(const struct pages *pages, const struct target *target,
		      unsigned long *out_index)
{
	unsigned long index = (target->va - pages->uptr) / PAGE_SIZE;

	if (!pages->mm->own)
		return false;
	if (target->va >= pages->uptr && index < pages->npages) {
		*out_index = index;
		return true;
	}
	/* Another mapping of the same file; private pages have only one. */
	return target->identity.device &&
	       (find_from(pages, 0, target, out_index) ||
		find_from(pages, pages->npages - 1, target, out_index));
}

/* Whether @pages show the target, and at which index. */
static bool find_index(const struct pages *pages, const struct target *target,
		       unsigned long *out_index)
{
	switch (pages->kind) {
	case PAGES_USER:
		return find_user(pages, target, out_index);
	case PAGES_FILE:
		return find_from(pages, 0, target, out_index);
	case PAGES_DMABUF:
		break;
	}
	return false;
}

static bool has_pinned(struct pages *pages, const struct target *target)
{
	unsigned long index;
	bool pinned;

	mutex_lock(&pages->lock);
	pinned = pages->pinned && find_index(pages, target, &index) &&
		 pages_covered(pages, index);
	mutex_unlock(&pages->lock);
	return pinned;
}

static u64 count_frozen(struct iommufd_ioas *first, const struct target *target)
{
	struct iommufd_ioas *ioas;
	struct iopt_area *area;
	u64 count = 0;

	for_each_frozen_area(ioas, area, first) {
		if (area->pages->marked)
			continue;
		area->pages->marked = true;
		count += has_pinned(area->pages, target);
	}
	for_each_frozen_area(ioas, area, first)
		area->pages->marked = false;
	return count;
}

static u64 count_context(struct iommufd_ctx *ictx, const struct target *target)
{
	struct iommufd_ioas *first;
	u64 count;

	down_write(&ictx->ioas_creation_lock);
	first = iommufd_ioas_freeze_all(ictx);
	count = count_frozen(first, target);
	iommufd_ioas_thaw_all(ictx, first);
	up_write(&ictx->ioas_creation_lock);
	return count;
}

/* The next context file after @fd that no lower descriptor leads to. */
struct search {
	struct uik_machine *machine;
	int after;
	int fd;				/* found; -1: none */
	struct file *file;		/* counted */
};

struct lower {
	const struct file *file;
	int fd;
};

static bool is_other(int fd, struct file *file, void *arg)
{
	struct lower *lower = arg;

	if (file == lower->file && lower->fd < 0)
		lower->fd = fd;
	return lower->fd < 0;
}

static int lowest_fd(const struct file *file)
{
	struct lower lower = { file, -1 };

	uik_fd_each(is_other, &lower);
	return lower.fd;
}

static bool look(int fd, struct file *file, void *arg)
{
	struct search *search = arg;
	struct iommufd_ctx *ictx = iommufd_file_ctx(file);

	if (fd <= search->after || !ictx || ictx->machine != search->machine)
		return true;
	search->fd = fd;
	search->file = get_file(file);
	return false;
}

u64 pages_pin_count_with(struct uik_page_memo *memo, unsigned long va)
{
	struct search search = { .machine = uik_this_machine(), .after = -1 };
	struct target target = { .va = va & PAGE_MASK, .memo = memo };
	u64 count = 0;

	if (uik_page_identify_with(memo, uik_user_pfn(current->mm, target.va),
				   &target.identity))
		return 0;
	for (;;) {
		search.fd = -1;
		uik_fd_each(look, &search);
		if (search.fd < 0)
			return count;
		if (lowest_fd(search.file) == search.fd)
			count += count_context(iommufd_file_ctx(search.file),
					       &target);
		fput(search.file);
		search.after = search.fd;
	}
}

u64 pages_pin_count(unsigned long va)
{
	struct uik_page_memo memo = { 0 };

	return pages_pin_count_with(&memo, va);
}

int pages_set_memory_limit(unsigned long bytes)
{
	return bytes < MEMORY_LIMIT_MIN ? -EINVAL : 0;
}
