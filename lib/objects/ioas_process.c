// SPDX-License-Identifier: MIT
/*
 * IOMMU_IOAS_CHANGE_PROCESS: all memory of a context gets a new owner.
 *
 * All IOASes are frozen, in ascending order of their IDs.  The new owner is
 * charged for everything before the old ones are relieved, so that a failure
 * has changed nothing.
 *
 * Facts: spec/40 section 15.
 */
#include <linux/bug.h>
#include <linux/err.h>

#include "objects/ioas.h"
#include "objects/objects.h"

static bool enter_ioas(struct iommufd_object *obj)
{
	return obj->type == IOMMUFD_OBJ_IOAS && iommufd_object_lock(obj);
}

struct iommufd_ioas *iommufd_ioas_freeze_all(struct iommufd_ctx *ictx)
{
	struct iommufd_ioas *first = NULL, **tail = &first;
	struct iommufd_object *obj;
	u32 id;

	iommufd_objects_lock(ictx);
	idmap_for_each(&ictx->objects, id, obj) {
		struct iommufd_ioas *ioas;

		if (!enter_ioas(obj))
			continue;
		iommufd_objects_unlock(ictx);
		ioas = container_of(obj, struct iommufd_ioas, obj);
		iopt_freeze(&ioas->iopt);
		ioas->next_frozen = NULL;
		*tail = ioas;
		tail = &ioas->next_frozen;
		iommufd_objects_lock(ictx);
	}
	iommufd_objects_unlock(ictx);
	return first;
}

void iommufd_ioas_thaw_all(struct iommufd_ctx *ictx, struct iommufd_ioas *first)
{
	while (first) {
		struct iommufd_ioas *next = first->next_frozen;

		iopt_thaw(&first->iopt);
		iommufd_put_ioas(ictx, first);
		first = next;
	}
}

/* Whether the new owner has to pay for what the old one did. */
static bool needs_charge(const struct pages *pages,
			 const struct pages_owner *owner)
{
	switch (pages->account) {
	case PAGES_ACCOUNT_NONE:
		return false;
	case PAGES_ACCOUNT_USER:
		return pages->user != owner->user || pages->mm != owner->mm;
	case PAGES_ACCOUNT_MM:
		return pages->mm != owner->mm;
	}
	return false;
}

/* Pages to be charged in each mode; every struct pages is marked once. */
struct bill {
	unsigned long user;
	unsigned long mm;
};

static void add_to_bill(struct pages *pages, const struct pages_owner *owner,
			struct bill *bill)
{
	if (pages->marked)
		return;
	pages->marked = true;
	if (!needs_charge(pages, owner))
		return;
	if (pages->account == PAGES_ACCOUNT_USER)
		bill->user += pages->charged;
	else
		bill->mm += pages->charged;
}

static int check_all(struct iommufd_ioas *first)
{
	struct iommufd_ioas *ioas;
	struct iopt_area *area;

	for_each_frozen_area(ioas, area, first)
		if (area->pages->kind != PAGES_FILE)
			return -EINVAL;
	return 0;
}

static void make_bill(struct iommufd_ioas *first,
		      const struct pages_owner *owner, struct bill *bill)
{
	struct iommufd_ioas *ioas;
	struct iopt_area *area;

	for_each_frozen_area(ioas, area, first)
		add_to_bill(area->pages, owner, bill);
}

static int pay(const struct bill *bill, const struct pages_owner *owner)
{
	int ret = 0;

	if (bill->user)
		ret = pages_charge(PAGES_ACCOUNT_USER, owner, bill->user);
	if (ret || !bill->mm)
		return ret;
	ret = pages_charge(PAGES_ACCOUNT_MM, owner, bill->mm);
	if (ret && bill->user)
		pages_uncharge(PAGES_ACCOUNT_USER, owner, bill->user);
	return ret;
}

static void clear_marks(struct iommufd_ioas *first)
{
	struct iommufd_ioas *ioas;
	struct iopt_area *area;

	for_each_frozen_area(ioas, area, first)
		area->pages->marked = false;
}

/* The old owner's part; @owner has paid.  0, or -EINVAL it is gone. */
static int hand_over(struct pages *pages, const struct pages_owner *owner)
{
	struct pages_owner old = { pages->mm, pages->task, pages->user };
	int ret = 0;

	mutex_lock(&pages->lock);
	if (needs_charge(pages, owner) && pages->charged > pages->lost)
		ret = pages_uncharge(pages->account, &old,
				     pages->charged - pages->lost);
	/* What was not given back once is never given back again. */
	pages->lost = ret ? pages->charged : 0;
	pages_set_owner(pages, owner);
	mutex_unlock(&pages->lock);
	return ret;
}

static int hand_over_all(struct iommufd_ioas *first,
			 const struct pages_owner *owner)
{
	struct iommufd_ioas *ioas;
	struct iopt_area *area;
	int ret = 0;

	for_each_frozen_area(ioas, area, first) {
		if (!area->pages->marked)
			continue;
		area->pages->marked = false;
		if (WARN_ON(hand_over(area->pages, owner)))
			ret = -EINVAL;
	}
	return ret;
}

static int change_process(struct iommufd_ioas *first)
{
	struct pages_owner owner = pages_owner_current();
	struct bill bill = { 0, 0 };
	int ret = check_all(first);

	if (ret)
		return ret;
	make_bill(first, &owner, &bill);
	ret = pay(&bill, &owner);
	if (ret) {
		clear_marks(first);
		return ret;
	}
	return hand_over_all(first, &owner);
}

int iommufd_ioas_change_process(struct iommufd_ucmd *ucmd)
{
	struct iommu_ioas_change_process *cmd = ucmd->cmd;
	struct iommufd_ctx *ictx = ucmd->ictx;
	struct iommufd_ioas *first;
	int ret;

	if (cmd->__reserved)
		return -EOPNOTSUPP;
	down_write(&ictx->ioas_creation_lock);
	first = iommufd_ioas_freeze_all(ictx);
	ret = change_process(first);
	iommufd_ioas_thaw_all(ictx, first);
	up_write(&ictx->ioas_creation_lock);
	return ret;
}
