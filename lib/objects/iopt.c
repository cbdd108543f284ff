// SPDX-License-Identifier: MIT
/*
 * I/O page table: its life, and its lock.
 *
 * A change of process must keep everybody out of all IOASes of a context at
 * once, and there may be more of them than a task can hold locks.  So it does
 * not hold their locks: under each lock in turn it sets frozen.  Who finds
 * that set waits for the gate, the lock that the change holds for writing.
 */
#include "objects/iopt.h"

#include <linux/bug.h>
#include <linux/slab.h>

void iopt_init(struct iopt *iopt, struct rw_semaphore *gate)
{
	init_rwsem(&iopt->lock);
	iopt->gate = gate;
	iopt->areas = RB_ROOT;
	iopt->alignment = 1;
	xa_init_flags(&iopt->accesses, XA_FLAGS_ALLOC);
}

/* Nobody else is left: the tree falls as it is, without being balanced. */
static void free_areas(struct iopt *iopt)
{
	struct iopt_area *area, *next;

	rbtree_postorder_for_each_entry_safe(area, next, &iopt->areas, node) {
		WARN_ON(area->num_accesses || area->num_locks);
		iopt_area_free(area);
	}
	iopt->areas = RB_ROOT;
	iopt->area_count = 0;
}

/* Nobody is inside: not even a change of process, which enters what it freezes. */
void iopt_fini(struct iopt *iopt)
{
	WARN_ON(iopt->domain_count);
	WARN_ON(iopt->frozen);
	if (iopt->area_count)
		free_areas(iopt);
	if (WARN_ON(READ_ONCE_NOCHECK(iopt->accesses.xa_head)))
		xa_destroy(&iopt->accesses);
	if (iopt->reserved.room) {
		kfree(iopt->reserved.list);
		kfree(iopt->reserved.joined);
	}
	if (iopt->allowed.count)
		kvfree(iopt->allowed.list);
	if (iopt->domain_room)
		kfree(iopt->domains);
}

static void lock_as(struct iopt *iopt, bool write)
{
	if (write)
		down_write(&iopt->lock);
	else
		down_read(&iopt->lock);
}

static void unlock_as(struct iopt *iopt, bool write)
{
	if (write)
		up_write(&iopt->lock);
	else
		up_read(&iopt->lock);
}

void iopt_wait_thawed(struct iopt *iopt, bool write)
{
	while (iopt->frozen) {
		unlock_as(iopt, write);
		/* Taken when whoever froze us has thawed us. */
		down_read(iopt->gate);
		up_read(iopt->gate);
		lock_as(iopt, write);
	}
}

void iopt_freeze(struct iopt *iopt)
{
	lockdep_assert_held_write(iopt->gate);
	down_write(&iopt->lock);
	WARN_ON(iopt->frozen);
	iopt->frozen = true;
	up_write(&iopt->lock);
}

void iopt_thaw(struct iopt *iopt)
{
	lockdep_assert_held_write(iopt->gate);
	down_write(&iopt->lock);
	WARN_ON(!iopt->frozen);
	iopt->frozen = false;
	up_write(&iopt->lock);
}

unsigned int iopt_domain_count(struct iopt *iopt)
{
	unsigned int count;

	iopt_lock_read(iopt);
	count = iopt->domain_count;
	iopt_unlock_read(iopt);
	return count;
}

static struct iopt_area *nth_area(const struct iopt *iopt, unsigned long n)
{
	struct iopt_area *area;

	iopt_for_each_area(area, iopt)
		if (!n--)
			break;
	return area;
}

unsigned long iopt_nth_area_iova(struct iopt *iopt, unsigned long n)
{
	struct iopt_area *area;
	unsigned long iova;

	iopt_lock_read(iopt);
	area = nth_area(iopt, n);
	iova = area ? area->first : 0;
	iopt_unlock_read(iopt);
	return iova;
}

unsigned long iopt_syz_iova(struct iopt *iopt, u64 code)
{
	struct iopt_area *area;
	unsigned long iova;

	iopt_lock_read(iopt);
	area = nth_area(iopt, (u32)code);
	iova = area ? area->first + (code >> 32) : 0;
	iopt_unlock_read(iopt);
	return iova;
}
