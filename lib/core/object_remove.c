// SPDX-License-Identifier: MIT
/*
 * The end of objects: IOMMU_DESTROY, removal by their owner, the context's end.
 *
 * Two orders of the same steps.  IOMMU_DESTROY unlinks first, which decides
 * between success and EBUSY at once, then waits for those inside.  An owner
 * that must succeed waits first, so that the short references of running
 * commands are gone when users is looked at.
 *
 * The wait is bounded: who does not leave within a minute makes the caller give
 * up, and the object stays (owner) or leaks (IOMMU_DESTROY).
 */
#include "core/core.h"

#include <linux/jiffies.h>
#include <linux/slab.h>
#include <uik/history.h>
#include <uik/slab.h>

#include "core/object_free.h"
#include "kit/backtrace.h"

#define DESTROY_WAIT_MS 60000

static bool is_idle(struct iommufd_object *obj)
{
	/* Acquires what leavers did; pairs with the release in their put. */
	return !atomic_read_acquire(&obj->wait_cnt.refs);
}

/* The map's wait_cnt is dropped: 0, or -EBUSY and it is there again. */
static noinline int wait_for_leavers(struct iommufd_ctx *ictx,
				     struct iommufd_object *obj)
{
	const struct iommufd_object_type_desc *type =
		&ictx->model->types[obj->type];

	if (type->pre_destroy)
		type->pre_destroy(obj);
	if (wait_event_timeout(ictx->destroy_wait, is_idle(obj),
			       msecs_to_jiffies(DESTROY_WAIT_MS)))
		return 0;
	pr_crit("iommufd: Time out waiting for iommufd object to become free\n");
	refcount_inc(&obj->wait_cnt);
	return -EBUSY;
}

/* Drops the map's wait_cnt and waits until it is 0: 0, or -EBUSY. */
static inline int wait_until_idle(struct iommufd_ctx *ictx,
				  struct iommufd_object *obj)
{
	if (likely(refcount_dec_and_test(&obj->wait_cnt)))
		return 0;
	return wait_for_leavers(ictx, obj);
}

/* What is to be taken out, its users 0; ERR_PTR of -ENOENT, -EBUSY. */
static struct iommufd_object *
claim_locked(struct iommufd_ctx *ictx, struct iommufd_object *expected, u32 id)
{
	struct iommufd_object *obj = idmap_load_locked(&ictx->objects, id);

	if (expected) {
		/* The caller's: now at least the map's remains. */
		refcount_dec(&expected->users);
		if (WARN_ON(obj != expected))
			return ERR_PTR(-ENOENT);
	} else if (unlikely(!obj)) {
		return ERR_PTR(-ENOENT);
	}
	if (unlikely(!iommufd_object_take_last(obj)))
		return ERR_PTR(-EBUSY);
	return obj;
}

/* The number stays taken, but counts no object any more. */
static void bury_locked(struct iommufd_ctx *ictx, u32 id)
{
	idmap_bury_locked(&ictx->objects, id);
	iommufd_object_count(ictx->machine, -1);
}

/* @idle: @expected has wait_cnt 0 by our wait; restored if it stays. */
static struct iommufd_object *
take_out(struct iommufd_ctx *ictx, struct iommufd_object *expected, u32 id,
	 unsigned int flags, bool idle)
{
	enum uik_map_op op = flags & IOMMUFD_REMOVE_TOMBSTONE ?
			     UIK_MAP_BURY : UIK_MAP_RELEASE;
	struct iommufd_object *obj;
	void *memory = NULL;

	uik_map_begin(&ictx->objects, op, id, NULL);
	iommufd_objects_lock(ictx);
	obj = claim_locked(ictx, expected, id);
	if (likely(!IS_ERR(obj))) {
		if (flags & IOMMUFD_REMOVE_TOMBSTONE)
			bury_locked(ictx, id);
		else
			memory = idmap_release_locked(&ictx->objects, id);
		if (unlikely((void *)ictx->vfio_ioas == (void *)obj))
			ictx->vfio_ioas = NULL;
	} else if (idle) {
		refcount_set(&expected->wait_cnt, 1);
	}
	iommufd_objects_unlock(ictx);
	uik_map_done(&ictx->objects, op, id, IS_ERR(obj) ? NULL : obj,
		     IS_ERR(obj));
	idmap_free(memory);
	if (!IS_ERR(obj))
		iommufd_tell_stage(ictx, obj, IOMMUFD_STAGE_LEAVING);
	return obj;
}

/*
 * Whether the counts are the map's, and the owner's for @owned: nobody is inside,
 * so there is no wait either.  Takes them.
 */
static __always_inline bool claim_idle(struct iommufd_object *obj, bool owned)
{
	u64 idle = owned ? IOMMUFD_ONE_EACH + IOMMUFD_ONE_USER :
			   IOMMUFD_ONE_EACH;

	/* Acquires what leavers did; pairs with the release in their put. */
	if (!__atomic_compare_exchange_n(iommufd_object_counts(obj), &idle, 0,
					 false, __ATOMIC_ACQ_REL,
					 __ATOMIC_RELAXED))
		return false;
	iommufd_object_tell_tsan(obj);
	return true;
}

/*
 * take_out() of whatever has @id, or of @expected by its owner, if it is idle
 * and nobody watches; NULL: it is to be done with all its cases.
 */
static __always_inline struct iommufd_object *
take_out_idle(struct iommufd_ctx *ictx, struct iommufd_object *expected, u32 id)
{
	struct task_struct *task = uik_current_task;
	struct iommufd_object *obj;

	if (unlikely(!uik_spin_brief(&ictx->objects.lock, task)))
		return NULL;
	obj = idmap_peek_locked(&ictx->objects, id);
	if (likely(obj && (!expected || obj == expected) &&
		   !ictx->objects.table &&
		   (void *)obj != (void *)ictx->vfio_ioas &&
		   claim_idle(obj, expected)))
		idmap_release_quick_locked(&ictx->objects, id);
	else
		obj = NULL;
	return uik_spin_brief_end(&ictx->objects.lock, task, obj);
}

static __always_inline struct iommufd_object *
take_out_quick(struct iommufd_ctx *ictx, u32 id)
{
	return take_out_idle(ictx, NULL, id);
}

static void destroy_and_free(struct iommufd_ctx *ictx,
			     struct iommufd_object *obj)
{
	ASSERT(!refcount_read(&obj->users));
	/* May drop the last count of @ictx. */
	ictx->model->types[obj->type].destroy(obj);
	iommufd_object_free(obj);
}

/* Unlinked first: waits for those inside. */
static int end_unlinked(struct iommufd_ctx *ictx, struct iommufd_object *obj)
{
	int ret = wait_until_idle(ictx, obj);

	/* Somebody is still inside: it must never be freed. */
	if (WARN_ON(ret)) {
		iommufd_object_count(ictx->machine, 1);
		return ret;
	}
	destroy_and_free(ictx, obj);
	return 0;
}

int iommufd_object_remove(struct iommufd_ctx *ictx,
			  struct iommufd_object *to_destroy, u32 id,
			  unsigned int flags)
{
	bool wait_first = flags & IOMMUFD_REMOVE_WAIT;
	struct iommufd_object *obj;
	int ret;

	if (wait_first) {
		ret = wait_until_idle(ictx, to_destroy);
		if (ret) {
			refcount_dec(&to_destroy->users);
			return ret;
		}
	}
	obj = take_out(ictx, to_destroy, id, flags, wait_first);
	if (IS_ERR(obj))
		return PTR_ERR(obj);
	if (!wait_first)
		return end_unlinked(ictx, obj);
	destroy_and_free(ictx, obj);
	return 0;
}

void iommufd_object_destroy_user(struct iommufd_ctx *ictx,
				 struct iommufd_object *obj)
{
	if (likely(take_out_idle(ictx, obj, obj->id)))
		destroy_and_free(ictx, obj);
	else
		WARN_ON(iommufd_object_remove(ictx, obj, obj->id,
					      IOMMUFD_REMOVE_WAIT));
}

void iommufd_object_tombstone_user(struct iommufd_ctx *ictx,
				   struct iommufd_object *obj)
{
	WARN_ON(iommufd_object_remove(ictx, obj, obj->id,
				      IOMMUFD_REMOVE_WAIT |
					      IOMMUFD_REMOVE_TOMBSTONE));
}

static noinline int destroy_slowly(struct iommufd_ctx *ictx, u32 id)
{
	int ret = iommufd_object_remove(ictx, NULL, id, 0);

	if (ret == -EBUSY && iommufd_watcher)
		iommufd_watcher->refused(ictx, id);
	return ret;
}

int iommufd_destroy(struct iommufd_ucmd *ucmd)
{
	struct iommu_destroy *cmd = ucmd->cmd;
	struct iommufd_object *obj = take_out_quick(ucmd->ictx, cmd->id);

	if (unlikely(!obj))
		return destroy_slowly(ucmd->ictx, cmd->id);
	destroy_and_free(ucmd->ictx, obj);
	return 0;
}

/* Where an object was allocated, as far as it is known. */
static void report_origin(const void *obj)
{
	struct uik_slab_block block;
	char name[128];

	if (!uik_slab_find(obj, &block))
		return;
	backtrace_name(block.site, name, sizeof(name));
	pr_err("  allocated at %s\n", name);
	for (unsigned int i = 0; i < block.frame_count; i++) {
		backtrace_name(block.frames[i], name, sizeof(name));
		pr_err("    #%u %s\n", i, name);
	}
}

/* Names what nobody will ever free. */
static void report_leaks(struct iommufd_ctx *ictx)
{
	struct iommufd_object *obj;
	u32 id;

	idmap_for_each(&ictx->objects, id, obj) {
		pr_err("iommufd: leaked %s %u, users %u, wait_cnt %u\n",
		       ictx->model->types[obj->type].name, obj->id,
		       refcount_read(&obj->users),
		       refcount_read(&obj->wait_cnt));
		report_origin(obj);
	}
}

/*
 * One walk in ascending order.  What depends on others may have a higher or a
 * lower ID; it goes first whichever, by counts alone.
 */
static unsigned int destroy_unused(struct iommufd_ctx *ictx, bool *out_empty)
{
	struct iommufd_object *obj;
	unsigned int destroyed = 0;
	void *memory;
	u32 id;

	*out_empty = true;
	idmap_for_each(&ictx->objects, id, obj) {
		*out_empty = false;
		if (!iommufd_object_take_last(obj))
			continue;
		destroyed++;
		iommufd_objects_lock(ictx);
		memory = idmap_release_locked(&ictx->objects, id);
		iommufd_objects_unlock(ictx);
		idmap_free(memory);
		destroy_and_free(ictx, obj);
	}
	return destroyed;
}

void iommufd_objects_teardown(struct iommufd_ctx *ictx)
{
	while (!idmap_is_empty(&ictx->objects)) {
		bool empty;
		unsigned int destroyed = destroy_unused(ictx, &empty);

		if (empty)	/* tombstones only */
			break;
		if (WARN_ON(!destroyed)) {
			report_leaks(ictx);
			break;
		}
	}
	object_tally_end(ictx->machine, &ictx->tally);
	idmap_fini(&ictx->objects);
}
