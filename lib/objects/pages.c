// SPDX-License-Identifier: MIT
/*
 * Pages: how they come and go.
 *
 * Facts: spec/40 sections 9.1 to 9.3 and 11.
 */
#include "objects/pages.h"

#include <linux/bug.h>
#include <linux/capability.h>
#include <linux/dma-buf.h>
#include <linux/err.h>
#include <linux/sched/mm.h>
#include <linux/sched/task.h>
#include <linux/sched/user.h>
#include <linux/slab.h>

#include "core/core.h"
#include "kit/owner.h"
#include "objects/iopt.h"
#include "objects/pages_dmabuf.h"

static enum pages_account account_of(const struct iommufd_ctx *ictx,
				     const struct task_struct *task)
{
	if (task->capabilities >> CAP_IPC_LOCK & 1)
		return PAGES_ACCOUNT_NONE;
	return ictx->account_mode == IOMMUFD_ACCOUNT_MM ? PAGES_ACCOUNT_MM :
							  PAGES_ACCOUNT_USER;
}

static inline void hold_owner(const struct pages *pages)
{
	owner_hold(pages->mm, pages->task, pages->user);
}

static inline void drop_owner(const struct pages *pages)
{
	owner_drop(pages->mm, pages->task, pages->user);
}

/* Whether there is memory; if so, whoever watches is told of the first count. */
static noinline bool has_block(struct iopt_first *first)
{
	if (first)
		refcount_set(&first->pages.refs, 1);
	return first;
}

/* @start_byte + @length does not overflow; @length > 0. */
static __always_inline struct pages *
pages_new(struct iommufd_ctx *ictx, enum pages_kind kind,
	  unsigned long start_byte, unsigned long length, bool writable)
{
	struct task_struct *task;
	struct iopt_first *first;
	struct pages *pages;

	if (!length || length > ULONG_MAX - PAGE_SIZE)
		return ERR_PTR(-EINVAL);
	/* The area is initialised when it is used. */
	first = kmalloc(sizeof(*first), GFP_KERNEL_ACCOUNT);
	if (uik_none_or_watched((unsigned long)first) && !has_block(first))
		return ERR_PTR(-ENOMEM);
	task = current;
	pages = &first->pages;
	/* Member by member: clearing the block first would cost as much. */
	uik_ref_set(&pages->refs, 1);
	pages->kind = kind;
	pages->account = account_of(ictx, task);
	pages->writable = writable;
	pages->revoked = false;
	pages->marked = false;
	mutex_init(&pages->lock);
	pages->npages = (start_byte + length - 1) / PAGE_SIZE + 1;
	pages->users = RB_ROOT_CACHED;
	pages->pinned = 0;
	pages->charged = 0;
	pages->lost = 0;
	pages->mm = task->mm;
	pages->task = task->group_leader;
	pages->user = task->user;
	pages->machine = ictx->machine;
	hold_owner(pages);
	return pages;
}

/* The whole block; what it had has been given back. */
static void pages_free_block(struct pages *pages)
{
	mutex_destroy(&pages->lock);
	kfree(container_of(pages, struct iopt_first, pages));
}

struct pages *pages_new_user(struct iommufd_ctx *ictx, unsigned long uptr,
			     unsigned long length, bool writable)
{
	unsigned long start_byte = uptr % PAGE_SIZE, end;
	struct pages *pages;

	if (__builtin_add_overflow(uptr, length, &end))
		return ERR_PTR(-EOVERFLOW);
	pages = pages_new(ictx, PAGES_USER, start_byte, length, writable);
	if (!IS_ERR(pages))
		pages->uptr = uptr - start_byte;
	return pages;
}

static struct pages *new_file(struct iommufd_ctx *ictx,
			      struct uik_pin_file *file, unsigned long start,
			      unsigned long length, bool writable)
{
	unsigned long start_byte = start % PAGE_SIZE;
	struct pages *pages = pages_new(ictx, PAGES_FILE, start_byte, length,
					writable);

	if (IS_ERR(pages)) {
		uik_pin_file_put(file);
		return pages;
	}
	pages->file = file;
	pages->offset = start - start_byte;
	return pages;
}

static struct pages *new_dmabuf(struct iommufd_ctx *ictx, struct dma_buf *buf,
				unsigned long start, unsigned long length,
				bool writable)
{
	struct pages *pages;
	int ret = -EINVAL;

	if (buf->size <= start + (length - 1) ||
	    length / PAGE_SIZE >= UINT_MAX)
		goto put_buf;
	pages = pages_new(ictx, PAGES_DMABUF, start % PAGE_SIZE, length,
			  writable);
	if (IS_ERR(pages)) {
		ret = PTR_ERR(pages);
		goto put_buf;
	}
	pages->account = PAGES_ACCOUNT_NONE;
	ret = pages_dmabuf_attach(pages, buf, start);
	if (ret)
		goto free;
	return pages;

free:
	drop_owner(pages);
	pages_free_block(pages);
put_buf:
	dma_buf_put(buf);
	return ERR_PTR(ret);
}

struct pages *pages_new_file(struct iommufd_ctx *ictx, int fd,
			     unsigned long start, unsigned long length,
			     bool writable)
{
	struct dma_buf *buf = dma_buf_get(fd);
	struct uik_pin_file *file;

	if (!IS_ERR(buf))
		return new_dmabuf(ictx, buf, start, length, writable);
	/* Not one of ours, or something else: a plain file. */
	file = uik_pin_file_open(fd);
	if (IS_ERR(file))
		return ERR_CAST(file);
	return new_file(ictx, file, start, length, writable);
}

static noinline void free_slow(struct pages *pages)
{
	switch (pages->kind) {
	case PAGES_USER:
		break;
	case PAGES_FILE:
		uik_pin_file_put(pages->file);
		break;
	case PAGES_DMABUF:
		/* First: the exporter may call us until then. */
		pages_dmabuf_detach(pages);
		break;
	}
	drop_owner(pages);
	pages_free_block(pages);
}

/* The last pages of a task that has ended. */
static noinline void free_with_task(struct pages *pages)
{
	uik_task_end(pages->task);
	pages_free_block(pages);
}

void pages_free(struct pages *pages)
{
	/* Nobody else has it, so nobody else is to be watched. */
	WARN_ON(pages->users.rb_root.rb_node);
	WARN_ON(pages->pinned | pages->charged);
	if (unlikely(pages->kind != PAGES_USER || !pages->mm->own))
		free_slow(pages);
	else if (unlikely(owner_drop_own(pages->mm, pages->task, pages->user)))
		free_with_task(pages);
	else
		pages_free_block(pages);
}

unsigned long pages_reference(const struct pages *pages,
			      unsigned long start_byte)
{
	switch (pages->kind) {
	case PAGES_USER:
		return pages->uptr + start_byte;
	case PAGES_FILE:
		return pages->offset + start_byte;
	case PAGES_DMABUF:
		return pages_dmabuf_offset(pages) + start_byte;
	}
	return 0;
}

struct pages_owner pages_owner_current(void)
{
	struct task_struct *task = current;

	return (struct pages_owner){ task->mm, task->group_leader, task->user };
}

void pages_set_owner(struct pages *pages, const struct pages_owner *owner)
{
	owner_hold(owner->mm, owner->task, owner->user);
	drop_owner(pages);
	pages->mm = owner->mm;
	pages->task = owner->task;
	pages->user = owner->user;
}
