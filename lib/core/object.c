// SPDX-License-Identifier: MIT
/*
 * Objects: birth, lookup, references.  Their end is object_remove.c's.
 *
 * Invariants:
 *   - a number of ictx->objects is free, reserved (RESERVED), dead (a
 *     tombstone), or shows an object that is LIVE or about to be unlinked;
 *   - only its creator knows a RESERVED object;
 *   - users goes to 0 only under the objects' lock, or in abort.
 *
 * Vocabulary: to reserve is to take the ID without showing an object; to
 * finalize is to show it.
 */
#include "core/core.h"

#include <linux/file.h>
#include <linux/slab.h>
#include <uik/history.h>

#include "core/object_free.h"

static const struct iommufd_object_type_desc *
type_of(struct iommufd_ctx *ictx, enum iommufd_object_type type)
{
	return &ictx->model->types[type];
}

static noinline struct iommufd_object *begin_failed(struct iommufd_object *obj,
						    int error)
{
	kfree(obj);
	return ERR_PTR(error);
}

/* The rest of iommufd_object_alloc_size(), complete and with its points. */
static noinline struct iommufd_object *
begin_slow(struct iommufd_ctx *ictx, struct iommufd_object *obj)
{
	int ret;

	refcount_set(&obj->users, 1);
	refcount_set(&obj->wait_cnt, 1);
	ret = idmap_reserve(&ictx->objects, &obj->id);
	if (ret)
		return begin_failed(obj, ret);
	iommufd_tell_stage(ictx, obj, IOMMUFD_STAGE_RESERVED);
	return obj;
}

struct iommufd_object *
iommufd_object_alloc_size(struct iommufd_ctx *ictx, size_t size,
			  enum iommufd_object_type type)
{
	struct iommufd_object *obj;

	ASSERT(size >= type_of(ictx, type)->size);
	obj = kzalloc(size, GFP_KERNEL_ACCOUNT);
	if (unlikely(!obj))
		return ERR_PTR(-ENOMEM);
	obj->type = type;
	if (unlikely(!idmap_reserve_quick(&ictx->objects, &obj->id)))
		return begin_slow(ictx, obj);
	/* Nobody looks before it is published. */
	__atomic_store_n(iommufd_object_counts(obj), IOMMUFD_ONE_EACH,
			 __ATOMIC_RELAXED);
	return obj;
}

struct iommufd_object *
iommufd_object_alloc_ucmd(struct iommufd_ucmd *ucmd, size_t size,
			  enum iommufd_object_type type)
{
	struct iommufd_object *obj;

	if (WARN_ON(ucmd->new_obj))
		return ERR_PTR(-EBUSY);
	/* The dispatcher could not hold the lock that such an abort needs. */
	if (WARN_ON(type_of(ucmd->ictx, type)->abort))
		return ERR_PTR(-EOPNOTSUPP);
	obj = iommufd_object_alloc_size(ucmd->ictx, size, type);
	if (!IS_ERR(obj))
		ucmd->new_obj = obj;
	return obj;
}

/* Somebody watches, or the number is not among the first, or not reserved. */
static noinline void finalize_slow(struct iommufd_ctx *ictx,
				   struct iommufd_object *obj)
{
	bool published;

	iommufd_tell_stage(ictx, obj, IOMMUFD_STAGE_LIVE);
	uik_map_begin(&ictx->objects, UIK_MAP_PUBLISH, obj->id, obj);
	published = idmap_publish(&ictx->objects, obj->id, obj);
	uik_map_done(&ictx->objects, UIK_MAP_PUBLISH, obj->id, obj, !published);
	WARN_ON(!published);
}

void iommufd_object_finalize(struct iommufd_ctx *ictx,
			     struct iommufd_object *obj)
{
	ASSERT(refcount_read(&obj->users) >= 1);
	ASSERT(refcount_read(&obj->wait_cnt) >= 1);
	/* Releases all that was built; pairs with the lock in lookups. */
	if (unlikely(!idmap_publish_quick(&ictx->objects, obj->id, obj)))
		finalize_slow(ictx, obj);
}

void iommufd_object_abort(struct iommufd_ctx *ictx, struct iommufd_object *obj)
{
	WARN_ON(!idmap_unreserve(&ictx->objects, obj->id));
	if (WARN_ON(!iommufd_object_take_last(obj))) {
		iommufd_object_count(ictx->machine, 1);
		return;
	}
	iommufd_object_free(obj);
}

/* The object's file, made but perhaps never shown: its release runs here. */
static void drop_file(const struct iommufd_object_type_desc *type,
		      struct iommufd_object *obj)
{
	struct file **slot = (void *)obj + type->file_offset;

	if (type->file_offset && *slot)
		__fput_sync(*slot);
}

void iommufd_object_abort_and_destroy(struct iommufd_ctx *ictx,
				      struct iommufd_object *obj)
{
	const struct iommufd_object_type_desc *type = type_of(ictx, obj->type);

	drop_file(type, obj);
	if (type->abort)
		type->abort(obj);
	else
		type->destroy(obj);
	iommufd_object_abort(ictx, obj);
}

static noinline int abort_for(struct iommufd_ctx *ictx,
			      struct iommufd_object *obj, int result)
{
	iommufd_object_abort_and_destroy(ictx, obj);
	return result;
}

int iommufd_object_finish(struct iommufd_ctx *ictx, struct iommufd_object *obj,
			  int result)
{
	if (unlikely(result))
		return abort_for(ictx, obj, result);
	iommufd_object_finalize(ictx, obj);
	return 0;
}

static noinline struct iommufd_object *
get_object_watched(struct iommufd_ctx *ictx, u32 id,
		   enum iommufd_object_type type)
{
	struct iommufd_object *obj, *shown;

	if (uik_fail(UIK_FAIL_OP))
		return ERR_PTR(-ENOENT);
	uik_map_begin(&ictx->objects, UIK_MAP_LOOKUP, id, NULL);
	iommufd_objects_lock(ictx);
	obj = shown = idmap_load_locked(&ictx->objects, id);
	if (unlikely(!obj || (obj->type != type && type != IOMMUFD_OBJ_ANY) ||
		     !iommufd_object_lock_live(obj)))
		obj = ERR_PTR(-ENOENT);
	iommufd_objects_unlock(ictx);
	uik_map_done(&ictx->objects, UIK_MAP_LOOKUP, id, shown, false);
	return obj;
}

/* Somebody watches, or the counts are not as usual: all over again. */
static noinline struct iommufd_object *
get_object_again(struct iommufd_ctx *ictx, u32 id,
		 enum iommufd_object_type type)
{
	uik_spin_brief_end(&ictx->objects.lock, uik_current_task, NULL);
	return get_object_watched(ictx, id, type);
}

/* iommufd_object_lock_live() where nothing is to be reported. */
static __always_inline bool lock_live_quick(struct iommufd_object *obj)
{
	u64 *counts = iommufd_object_counts(obj);
	u64 seen = __atomic_load_n(counts, __ATOMIC_RELAXED);

	do {
		if (unlikely((seen - IOMMUFD_ONE_EACH) & IOMMUFD_NOT_USUAL))
			return false;
	} while (unlikely(!__atomic_compare_exchange_n(
		counts, &seen, seen + IOMMUFD_ONE_EACH, false,
		__ATOMIC_RELAXED, __ATOMIC_RELAXED)));
	return true;
}

struct iommufd_object *iommufd_get_object(struct iommufd_ctx *ictx, u32 id,
					  enum iommufd_object_type type)
{
	struct task_struct *task = uik_current_task;
	struct iommufd_object *obj;

	if (unlikely(!uik_spin_brief_unseen(&ictx->objects.lock, task)))
		return get_object_watched(ictx, id, type);
	obj = idmap_peek_locked(&ictx->objects, id);
	if (unlikely(!obj || (obj->type != type && type != IOMMUFD_OBJ_ANY) ||
		     !lock_live_quick(obj)))
		return get_object_again(ictx, id, type);
	return uik_spin_brief_end(&ictx->objects.lock, task, obj);
}

void iommufd_put_object_watched(struct iommufd_ctx *ictx,
				struct iommufd_object *obj)
{
	refcount_dec(&obj->users);
	if (refcount_dec_and_test(&obj->wait_cnt))
		iommufd_object_wake(ictx);
}

void iommufd_put_object_last(struct iommufd_ctx *ictx,
			     struct iommufd_object *obj, u64 counts)
{
	int wait = (u32)counts, users = counts >> 32;

	if (unlikely(users <= 1))
		refcount_warn_saturate(&obj->users, REFCOUNT_DEC_LEAK);
	if (unlikely(wait <= 0))
		refcount_warn_saturate(&obj->wait_cnt, REFCOUNT_SUB_UAF);
	/* From here on it may be gone. */
	if (wait == 1)
		iommufd_object_wake(ictx);
}

void iommufd_object_wake(struct iommufd_ctx *ictx)
{
	wake_up_all(&ictx->destroy_wait);
}

int iommufd_try_inc_users(struct iommufd_ctx *ictx, struct iommufd_object *obj)
{
	int ret = -EBUSY;

	iommufd_objects_lock(ictx);
	if (idmap_load_locked(&ictx->objects, obj->id) == obj) {
		refcount_inc(&obj->users);
		ret = 0;
	}
	iommufd_objects_unlock(ictx);
	return ret;
}

enum iommufd_object_state iommufd_object_state(struct iommufd_ctx *ictx,
					       struct iommufd_object *obj)
{
	enum iommufd_object_state state = IOMMUFD_STATE_GONE;
	struct idmap *map = &ictx->objects;

	iommufd_objects_lock(ictx);
	if (!refcount_read(&obj->users))
		state = IOMMUFD_STATE_DYING;
	else if (idmap_load_locked(map, obj->id) == obj)
		state = IOMMUFD_STATE_LIVE;
	else if (idmap_is_reserved_locked(map, obj->id))
		state = IOMMUFD_STATE_RESERVED;
	iommufd_objects_unlock(ictx);
	return state;
}

int _iommufd_object_depend(struct iommufd_object *obj_dependent,
			   struct iommufd_object *obj_depended)
{
	/* Itself would never be destroyed. */
	if (obj_dependent == obj_depended)
		return -EINVAL;
	if (obj_dependent->type != obj_depended->type)
		return -EINVAL;
	/* Its owner still knows one that is being destroyed. */
	return refcount_inc_not_zero(&obj_depended->users) ? 0 : -ENOENT;
}

void _iommufd_object_undepend(struct iommufd_object *obj_dependent,
			      struct iommufd_object *obj_depended)
{
	if (WARN_ON_ONCE(obj_dependent == obj_depended ||
			 obj_dependent->type != obj_depended->type))
		return;
	refcount_dec(&obj_depended->users);
}
