// SPDX-License-Identifier: MIT
/*
 * Who pays for pinned pages: a user, an address space, or nobody.
 *
 * Facts: spec/40 section 11.4.
 */
#include "objects/pages.h"

#include <linux/atomic.h>
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/user.h>
#include <uik/hook.h>

static unsigned long limit_of(const struct pages_owner *owner)
{
	return task_rlimit(owner->task, RLIMIT_MEMLOCK) / PAGE_SIZE;
}

static bool above(unsigned long have, unsigned long more, unsigned long limit)
{
	return have > limit || more > limit - have;
}

static int charge_user(const struct pages_owner *owner, unsigned long npages)
{
	int64_t *counter = &owner->user->locked_vm_pages;
	unsigned long limit = limit_of(owner);
	int64_t have;

	uik_point(UIK_POINT_ATOMIC, counter, sizeof(*counter), true);
	have = __atomic_load_n(counter, __ATOMIC_RELAXED);
	do {
		if (above(have, npages, limit))
			return -ENOMEM;
	} while (!__atomic_compare_exchange_n(counter, &have, have + npages,
					      false, __ATOMIC_RELAXED,
					      __ATOMIC_RELAXED));
	return 0;
}

static void uncharge_user(const struct pages_owner *owner, unsigned long npages)
{
	int64_t *counter = &owner->user->locked_vm_pages;

	uik_point(UIK_POINT_ATOMIC, counter, sizeof(*counter), true);
	if (WARN_ON(__atomic_fetch_sub(counter, npages, __ATOMIC_RELAXED) <
		    (int64_t)npages))
		__atomic_fetch_add(counter, npages, __ATOMIC_RELAXED);
}

/* The memory must be there, but for the caller's own. */
static int hold_mm(struct mm_struct *mm)
{
	if (mm == current->mm) {
		uik_mm_get(mm);
		return 0;
	}
	return mmget_not_zero(mm) ? 0 : -EINVAL;
}

static int charge_mm(const struct pages_owner *owner, unsigned long npages)
{
	struct mm_struct *mm = owner->mm;
	int ret = hold_mm(mm);

	if (ret)
		return ret;
	mmap_write_lock(mm);
	if (above(mm->locked_vm, npages, limit_of(owner)))
		ret = -ENOMEM;
	else
		mm->locked_vm += npages;
	mmap_write_unlock(mm);
	mmput(mm);
	return ret;
}

static int uncharge_mm(const struct pages_owner *owner, unsigned long npages)
{
	struct mm_struct *mm = owner->mm;
	int ret = hold_mm(mm);

	if (ret)
		return ret;
	mmap_write_lock(mm);
	WARN_ON(mm->locked_vm < npages);
	mm->locked_vm -= min(mm->locked_vm, npages);
	mmap_write_unlock(mm);
	mmput(mm);
	return 0;
}

int pages_charge(enum pages_account account, const struct pages_owner *owner,
		 unsigned long npages)
{
	int ret = 0;

	if (uik_fail(UIK_FAIL_OP))
		return -ENOMEM;
	if (account == PAGES_ACCOUNT_USER)
		ret = charge_user(owner, npages);
	else if (account == PAGES_ACCOUNT_MM)
		ret = charge_mm(owner, npages);
	if (!ret)
		atomic64_add(npages, &owner->mm->pinned_vm);
	return ret;
}

int pages_uncharge(enum pages_account account, const struct pages_owner *owner,
		   unsigned long npages)
{
	if (account == PAGES_ACCOUNT_USER)
		uncharge_user(owner, npages);
	else if (account == PAGES_ACCOUNT_MM && uncharge_mm(owner, npages))
		return -EINVAL;
	atomic64_sub(npages, &owner->mm->pinned_vm);
	return 0;
}

static void give_back(struct pages *pages, const struct pages_owner *owner,
		      unsigned long npages)
{
	unsigned long lost = min(pages->lost, npages);

	pages->lost -= lost;
	npages -= lost;
	/* Of a process that is gone nobody will ask. */
	if (npages)
		pages_uncharge(pages->account, owner, npages);
}

int pages_settle(struct pages *pages)
{
	struct pages_owner owner = { pages->mm, pages->task, pages->user };
	int ret = 0;

	lockdep_assert_held(&pages->lock);
	if (pages->pinned > pages->charged)
		ret = pages_charge(pages->account, &owner,
				   pages->pinned - pages->charged);
	else if (pages->pinned < pages->charged)
		give_back(pages, &owner, pages->charged - pages->pinned);
	if (!ret)
		pages->charged = pages->pinned;
	return ret;
}
