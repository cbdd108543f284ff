// SPDX-License-Identifier: MIT
/*
 * Pins: what users of pages add to what others have pinned already.
 *
 * Unpinning is only counting: the kit checks pages when they are pinned and
 * keeps nothing for them.  Memory of dma-bufs is never pinned by us and has no
 * users.
 *
 * Facts: spec/40 sections 11.1, 11.3.
 */
#include "objects/pages.h"

#include <linux/bug.h>
#include <linux/errno.h>
#include <uik/hook.h>
#include <uik/pin.h>

#include "objects/pages_dmabuf.h"

static int pin_range(struct pages *pages, unsigned long first,
		     unsigned long npages)
{
	if (pages->kind == PAGES_USER)
		return uik_pin_user(pages->mm, pages->uptr + first * PAGE_SIZE,
				    npages, pages->writable);
	return uik_pin_file(pages->file, pages->offset + first * PAGE_SIZE,
			    npages);
}

/* Pins what nobody covers in [first, last]. */
static int pin_holes(struct pages *pages, unsigned long first,
		     unsigned long last, unsigned long *out_pinned)
{
	struct interval_tree_span_iter span;
	unsigned long pinned = 0;
	int ret;

	if (likely(RB_EMPTY_ROOT(&pages->users.rb_root))) {
		*out_pinned = last - first + 1;
		return pin_range(pages, first, *out_pinned);
	}
	interval_tree_for_each_span(&span, &pages->users, first, last) {
		unsigned long npages = span.last_hole - span.start_hole + 1;

		if (!span.is_hole)
			continue;
		ret = pin_range(pages, span.start_hole, npages);
		if (ret)
			return ret;
		pinned += npages;
	}
	*out_pinned = pinned;
	return 0;
}

static unsigned long count_holes(struct pages *pages, unsigned long first,
				 unsigned long last)
{
	struct interval_tree_span_iter span;
	unsigned long count = 0;

	if (likely(RB_EMPTY_ROOT(&pages->users.rb_root)))
		return last - first + 1;
	interval_tree_for_each_span(&span, &pages->users, first, last)
		if (span.is_hole)
			count += span.last_hole - span.start_hole + 1;
	return count;
}

/* What nobody else covers is pinned, or not any longer. */
static noinline void tell_watch(const struct uik_pin_watch *watch,
				struct pages *pages, unsigned long first,
				unsigned long last, bool pinned)
{
	struct interval_tree_span_iter span;
	unsigned long index;

	interval_tree_for_each_span(&span, &pages->users, first, last)
		for (index = span.start_hole;
		     span.is_hole && index <= span.last_hole; index++)
			watch->changed(watch->arg, pages_pfn(pages, index),
				       pinned);
}

static void note_user(struct pages *pages, const struct pages_user *user,
		      bool pinned)
{
	const struct uik_pin_watch *watch = uik_pin_watch_get();

	if (unlikely(watch))
		tell_watch(watch, pages, user->interval.start,
			   user->interval.last, pinned);
}

int pages_add_user(struct pages *pages, struct pages_user *user)
{
	unsigned long pinned;
	int ret;

	lockdep_assert_held(&pages->lock);
	if (pages->kind == PAGES_DMABUF)
		return 0;
	ret = pin_holes(pages, user->interval.start, user->interval.last,
			&pinned);
	if (ret)
		return ret;
	if (uik_fail(UIK_FAIL_OP))
		return -EINVAL;
	note_user(pages, user, true);
	interval_tree_insert(&user->interval, &pages->users);
	pages->pinned += pinned;
	return 0;
}

void pages_remove_user(struct pages *pages, struct pages_user *user)
{
	lockdep_assert_held(&pages->lock);
	if (pages->kind == PAGES_DMABUF)
		return;
	interval_tree_remove(&user->interval, &pages->users);
	pages->pinned -= count_holes(pages, user->interval.start,
				     user->interval.last);
	note_user(pages, user, false);
}

void pages_split_user(struct pages *pages, struct pages_user *user,
		      struct pages_user *right, unsigned long last)
{
	lockdep_assert_held(&pages->lock);
	interval_tree_remove(&user->interval, &pages->users);
	right->pins = user->pins;
	right->interval.start = last + 1;
	right->interval.last = user->interval.last;
	user->interval.last = last;
	interval_tree_insert(&user->interval, &pages->users);
	interval_tree_insert(&right->interval, &pages->users);
}

struct pages_user *pages_find_pin(struct pages *pages, unsigned long first,
				  unsigned long last)
{
	struct interval_tree_node *node;

	lockdep_assert_held(&pages->lock);
	for (node = interval_tree_iter_first(&pages->users, first, first); node;
	     node = interval_tree_iter_next(node, first, first)) {
		struct pages_user *user =
			container_of(node, struct pages_user, interval);

		if (user->pins && node->start == first && node->last == last)
			return user;
	}
	return NULL;
}

bool pages_covered(struct pages *pages, unsigned long index)
{
	return interval_tree_iter_first(&pages->users, index, index);
}

u64 pages_pfn(const struct pages *pages, unsigned long index)
{
	switch (pages->kind) {
	case PAGES_USER:
		return uik_user_pfn(pages->mm, pages->uptr + index * PAGE_SIZE);
	case PAGES_FILE:
		return uik_file_pfn(pages->file,
				    pages->offset + index * PAGE_SIZE);
	case PAGES_DMABUF:
		return PHYS_PFN(pages_dmabuf_phys(pages, index));
	}
	return 0;
}

unsigned long pages_run(const struct pages *pages, unsigned long index,
			unsigned long npages)
{
	if (pages->kind != PAGES_USER)
		return npages;
	return uik_user_run(pages->mm, pages->uptr + index * PAGE_SIZE, npages);
}
