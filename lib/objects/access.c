// SPDX-License-Identifier: MIT
/*
 * Accesses: their life, and which IOAS they are at.
 *
 * Facts: spec/45 sections A2 to A4, A8, A9.
 */
#include "objects/access.h"

#include <linux/bug.h>
#include <linux/err.h>
#include <linux/kcsan-checks.h>

#include "kit/driver_op.h"
#include "objects/ioas.h"
#include "objects/objects.h"

/* ---- which IOAS ---- */

static bool has_unmap(const struct iommufd_access *access)
{
	return !iommufd_access_is_internal(access) && access->ops->unmap;
}

/*
 * Leaves @ioas.  The lock is let go around the driver's unmap: it unpins, and
 * unpin takes the lock.  Meanwhile ioas is NULL and ioas_unpin is not.
 */
static __always_inline void leave(struct iommufd_access *access,
				  struct iommufd_ioas *ioas, bool watched)
{
	u32 key = access->key;

	if (watched)
		kcsan_check_write(&access->ioas, sizeof(access->ioas));
	access->ioas = NULL;
	if (has_unmap(access)) {
		mutex_unlock(&access->lock);
		driver_tell_as(access_unmap,
			       access->ops->unmap(access->data, 0, ULONG_MAX));
		mutex_lock(&access->lock);
	}
	iopt_remove_access(&ioas->iopt, access, key);
	if (watched)
		refcount_dec(&ioas->obj.users);
	else
		uik_ref_dec(&ioas->obj.users);
}

static __always_inline int change(struct iommufd_access *access,
				  struct iommufd_ioas *ioas, bool watched)
{
	struct iommufd_ioas *old = access->ioas;
	u32 key = 0;
	int ret;

	lockdep_assert_held(&access->lock);
	if (watched)
		kcsan_check_write(&access->ioas, sizeof(access->ioas));
	/* Another thread is in leave(). */
	if (old != access->ioas_unpin)
		return -EBUSY;
	if (ioas == old)
		return 0;
	if (ioas) {
		/* The new one first: a failure leaves the old one as it is. */
		ret = iopt_add_access(&ioas->iopt, access, &key);
		if (ret)
			return ret;
		if (watched)
			refcount_inc(&ioas->obj.users);
		else
			uik_ref_add(1, &ioas->obj.users, NULL);
	}
	if (old)
		leave(access, old, watched);
	if (watched)
		kcsan_check_write(&access->ioas, sizeof(access->ioas));
	access->ioas = ioas;
	access->ioas_unpin = ioas;
	access->key = key;
	return 0;
}

/* Apart, so that the way without points keeps nothing for calls. */
static noinline int change_watched(struct iommufd_access *access,
				   struct iommufd_ioas *ioas)
{
	return change(access, ioas, true);
}

/* Moves the access to @ioas, or to none. */
static int change_ioas(struct iommufd_access *access, struct iommufd_ioas *ioas)
{
	return uik_is_watched() ? change_watched(access, ioas) :
				  change(access, ioas, false);
}

static int change_ioas_id(struct iommufd_access *access, u32 ioas_id)
{
	struct iommufd_ioas *ioas = iommufd_get_ioas(access->ictx, ioas_id);
	int ret;

	if (IS_ERR(ioas))
		return PTR_ERR(ioas);
	ret = change_ioas(access, ioas);
	iommufd_put_ioas(access->ictx, ioas);
	return ret;
}

int iommufd_access_attach(struct iommufd_access *access, u32 ioas_id)
{
	int ret = -EINVAL;

	mutex_lock(&access->lock);
	if (!WARN_ON(access->ioas))
		ret = change_ioas_id(access, ioas_id);
	mutex_unlock(&access->lock);
	return ret;
}

int iommufd_access_replace(struct iommufd_access *access, u32 ioas_id)
{
	int ret = -ENOENT;

	mutex_lock(&access->lock);
	if (access->ioas)
		ret = change_ioas_id(access, ioas_id);
	mutex_unlock(&access->lock);
	return ret;
}

void iommufd_access_detach(struct iommufd_access *access)
{
	mutex_lock(&access->lock);
	if (!WARN_ON(!access->ioas))
		WARN_ON(change_ioas(access, NULL));
	mutex_unlock(&access->lock);
}

int iommufd_access_attach_internal(struct iommufd_access *access,
				   struct iommufd_ioas *ioas)
{
	int ret = -EINVAL;

	mutex_lock(&access->lock);
	if (!WARN_ON(access->ioas))
		ret = change_ioas(access, ioas);
	mutex_unlock(&access->lock);
	return ret;
}

void iommufd_access_detach_internal(struct iommufd_access *access)
{
	iommufd_access_detach(access);
}

/* ---- life ---- */

static struct iommufd_access *access_new(struct iommufd_ctx *ictx)
{
	struct iommufd_access *access;

	access = iommufd_object_alloc(ictx, access, IOMMUFD_OBJ_ACCESS);
	if (IS_ERR(access))
		return access;
	mutex_init(&access->lock);
	/* Its owner's: user space cannot destroy it. */
	refcount_inc(&access->obj.users);
	return access;
}

struct iommufd_access *
iommufd_access_create(struct iommufd_ctx *ictx,
		      const struct iommufd_access_ops *ops, void *data, u32 *id)
{
	struct iommufd_access *access = access_new(ictx);

	if (IS_ERR(access))
		return access;
	access->ops = ops;
	access->data = data;
	access->iova_alignment = ops->needs_pin_pages ? PAGE_SIZE : 1;
	access->ictx = ictx;
	iommufd_ctx_get(ictx);
	*id = access->obj.id;
	iommufd_object_finalize(ictx, &access->obj);
	return access;
}

void iommufd_access_destroy(struct iommufd_access *access)
{
	iommufd_object_destroy_user(access->ictx, &access->obj);
}

struct iommufd_access *iommufd_access_create_internal(struct iommufd_ctx *ictx)
{
	struct iommufd_access *access = access_new(ictx);

	if (IS_ERR(access))
		return access;
	access->iova_alignment = PAGE_SIZE;
	iommufd_object_finalize(ictx, &access->obj);
	return access;
}

void iommufd_access_destroy_internal(struct iommufd_ctx *ictx,
				     struct iommufd_access *access)
{
	iommufd_object_destroy_user(ictx, &access->obj);
}

void iommufd_access_destroy_object(struct iommufd_object *obj)
{
	struct iommufd_access *access =
		container_of(obj, struct iommufd_access, obj);

	mutex_lock(&access->lock);
	if (access->ioas)
		WARN_ON(change_ioas(access, NULL));
	mutex_unlock(&access->lock);
	mutex_destroy(&access->lock);
	if (access->ictx)
		iommufd_ctx_put(access->ictx);
}

/* ---- notification ---- */

void iopt_notify_accesses(struct iopt *iopt, unsigned long iova,
			  unsigned long length)
{
	struct iommufd_access *access;
	unsigned long key;

	xa_lock(&iopt->accesses);
	xa_for_each(&iopt->accesses, key, access) {
		/* Internal first: nobody would leave it again. */
		if (iommufd_access_is_internal(access) ||
		    !iommufd_object_enter(access->ictx, &access->obj))
			continue;
		xa_unlock(&iopt->accesses);
		driver_tell_as(access_unmap,
			       access->ops->unmap(access->data, iova, length));
		iommufd_put_object(access->ictx, &access->obj);
		xa_lock(&iopt->accesses);
	}
	xa_unlock(&iopt->accesses);
}
