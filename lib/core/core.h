/* SPDX-License-Identifier: MIT */
/*
 * The core: contexts, objects and their life, one command at a time.
 *
 * The core knows objects only by their type's descriptor and commands only by
 * their row of a table; both come with the model that a context is opened with
 * (lib/objects has the real one, tests have their own).
 *
 * Life of an object:
 *
 *                alloc            finalize          remove
 *     (nothing) -------> RESERVED --------> LIVE ----------> DYING --> GONE
 *                           |                                  ^
 *                           +----------------------------------+
 *                                  abort, abort_and_destroy
 *
 *   RESERVED  the ID is taken, lookups find nothing; the creator's alone.  All
 *             that can fail, the reply to user space too, happens here.
 *   LIVE      anybody may look it up and so prevent destruction.
 *   DYING     users is 0 and nobody is inside: its type's destroy runs.
 *   GONE      freed.  The ID is free, or a tombstone: taken, without object,
 *             until the context ends.
 *
 * Two counters, two meanings: users says "I need it to stay", wait_cnt says "I
 * am inside for a moment".  Who holds wait_cnt also holds users.  An object is
 * destroyed only when users is exactly 1, the map's; destruction waits for
 * wait_cnt to become 0.
 *
 * Locks, outer to inner; each lists what it protects:
 *   the types' own       (lib/objects/objects.h)
 *   ioas_creation_lock   read: publish an IOAS; write: nobody does
 *   mmaps.lock           offset map
 *   objects' lock        ID map, users to and from 0, vfio_ioas, account_mode,
 *                        no_iommu_mode
 *   destroy_wait.lock    sleepers
 *
 * Facts: spec/10.
 */
#ifndef CORE_CORE_H
#define CORE_CORE_H

#include <linux/build_bug.h>
#include <linux/fs.h>
#include <linux/iommufd.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rbtree.h>
#include <linux/refcount.h>
#include <linux/rwsem.h>
#include <linux/types.h>
#include <linux/uaccess.h>
#include <linux/wait.h>
#include <linux/xarray.h>
#include <uik/hook.h>
#include <uik/machine.h>

#include "core/idmap.h"
#include "kit/object_tally.h"
#include "kit/usercopy.h"

/*
 * Words of truth.  BUILD_ASSERT: layout and tables.  ASSERT: what is proven;
 * gone with NDEBUG.  WARN_ON: bugs of drivers and of ours, then a clean error.
 */
#ifndef BUILD_ASSERT
#define BUILD_ASSERT(cond) _Static_assert(cond, #cond)
#endif
#ifndef ASSERT
#ifdef NDEBUG
#define ASSERT(cond) ((void)sizeof(!(cond)))
#else
#define ASSERT(cond) BUG_ON(!(cond))
#endif
#endif

struct iommufd_ucmd;

/* What the core knows about a type of object. */
struct iommufd_object_type_desc {
	const char *name;
	/* Of the core's structure; no object of the type is smaller. */
	size_t size;
	/*
	 * Offset of a struct file * whose release drops a reference on the
	 * object; 0: none.
	 */
	size_t file_offset;
	/*
	 * Destruction has to wait: drop what would keep wait_cnt up.  No lock
	 * held, the object is still live.  Optional.
	 */
	void (*pre_destroy)(struct iommufd_object *obj);
	/*
	 * Undo construction, also when it stopped half way.  No lock held.
	 * Cannot fail.  Mandatory.
	 */
	void (*destroy)(struct iommufd_object *obj);
	/*
	 * As destroy, for an object that was never published, with the lock
	 * held that its creation needs.  NULL: destroy will do.  A type that
	 * has it is finished by its handler, not by the dispatcher.
	 */
	void (*abort)(struct iommufd_object *obj);
};

/* A command: a row of the dispatch table. */
struct iommufd_command {
	unsigned int size;		/* of the structure, bytes */
	unsigned int min_size;		/* a caller must at least have */
	unsigned int request;		/* the full ioctl number; 0: none */
	/* 0 or more, or -errno; see struct iommufd_ucmd. */
	int (*execute)(struct iommufd_ucmd *ucmd);
};

/* Room for the structure of any command. */
#define IOMMUFD_COMMAND_BYTES 96
BUILD_ASSERT(IOMMUFD_COMMAND_BYTES <= RAW_EXACT_MAX);

/*
 * IOMMUFD_COMMAND - the row of a command in its place of the table.
 * @request_: IOMMU_*; @last: member up to whose end callers must have it
 */
#define IOMMUFD_COMMAND(request_, function, type, last) \
	[(request_) - _IO(IOMMUFD_TYPE, IOMMUFD_CMD_BASE)] = { \
		.size = sizeof(type) + \
			BUILD_BUG_ON_ZERO(sizeof(type) > \
					  IOMMUFD_COMMAND_BYTES) + \
			BUILD_BUG_ON_ZERO(sizeof(type) % 4), \
		.min_size = offsetofend(type, last), \
		.request = (request_), \
		.execute = (function), \
	}

/* What a context is made of; constant, outlives all its contexts. */
struct iommufd_model {
	/* Indexed by enum iommufd_object_type, IOMMUFD_OBJ_MAX rows. */
	const struct iommufd_object_type_desc *types;
	/* Indexed by number - IOMMUFD_CMD_BASE. */
	const struct iommufd_command *commands;
	unsigned int command_count;
	/* Numbers outside of the table; NULL: -ENOTTY. */
	long (*foreign_ioctl)(struct iommufd_ctx *ictx, unsigned int cmd,
			      unsigned long arg);
	/* The model's own part of a context; cannot fail.  Optional. */
	void (*context_init)(struct iommufd_ctx *ictx);
	void (*context_fini)(struct iommufd_ctx *ictx);
};

/* Memory charges go to: */
enum iommufd_account_mode {
	IOMMUFD_ACCOUNT_DEFAULT = 0,	/* the user */
	IOMMUFD_ACCOUNT_USER = 1,	/* the user, asked for */
	IOMMUFD_ACCOUNT_MM = 2,		/* the process */
};

/* Areas that user space can map, by offset: an augmented tree. */
struct iommufd_mmaps {
	struct mutex lock;
	struct rb_root root;
};

/* MSI pages with the same IOVA in all domains of the context. */
struct iommufd_sw_msi_maps {
	struct mutex lock;
	struct list_head list;
	unsigned int next_id;
};

struct iommufd_ioas;

/* An open /dev/iommu.  References on it are references on @file. */
struct iommufd_ctx {
	struct file *file;		/* borrowed: it owns us */
	struct idmap objects;		/* ID -> object; IDs from 1 */
	struct xarray groups;		/* iommu group ID -> our record */
	wait_queue_head_t destroy_wait;
	struct rw_semaphore ioas_creation_lock;
	struct iommufd_mmaps mmaps;
	struct iommufd_sw_msi_maps sw_msi;

	u8 account_mode;		/* enum iommufd_account_mode */
	u8 no_iommu_mode;		/* VFIO compatibility */
	struct iommufd_ioas *vfio_ioas;	/* no reference; objects' lock */

	const struct iommufd_model *model;
	struct uik_machine *machine;	/* borrowed: outlives its files */
	struct object_tally tally;	/* of objects, for the machine */
};

/*
 * One command in flight.
 *
 * A handler reads and writes @cmd, its own copy of the caller's structure.  It
 * replies with iommufd_ucmd_respond(), as its last step that can fail.
 */
struct iommufd_ucmd {
	struct iommufd_ctx *ictx;
	void __user *ubuffer;
	u32 user_size;			/* what the caller has */
	bool quick;			/* all fetched by user_fetch_quick() */
	void *cmd;
	/*
	 * The object that this command makes, for types without abort: the
	 * dispatcher finishes it by the handler's result.
	 */
	struct iommufd_object *new_obj;
};

enum iommufd_stage {
	IOMMUFD_STAGE_RESERVED,	/* its ID is taken */
	IOMMUFD_STAGE_LIVE,	/* about to be shown */
	IOMMUFD_STAGE_LEAVING,	/* taken out of the map */
};

/*
 * Somebody who looks on for the process's life: tools, never behaviour.  Set
 * before the first context; NULL: nobody.
 */
struct iommufd_watcher {
	/* IOMMU_DESTROY gives -EBUSY for @id.  Runs inside the command. */
	void (*refused)(struct iommufd_ctx *ictx, u32 id);
	/* The last reference is gone; everything else is still there. */
	void (*closing)(struct iommufd_ctx *ictx);
	/* @obj reaches a stage; only told while hooks are installed. */
	void (*stage)(struct iommufd_ctx *ictx, struct iommufd_object *obj,
		      enum iommufd_stage stage);
};

extern const struct iommufd_watcher *iommufd_watcher;

static inline void iommufd_tell_stage(struct iommufd_ctx *ictx,
				      struct iommufd_object *obj,
				      enum iommufd_stage stage)
{
	if (unlikely(uik_hooks) && iommufd_watcher && iommufd_watcher->stage)
		iommufd_watcher->stage(ictx, obj, stage);
}

/* ---- context.c ---- */

/**
 * iommufd_ctx_open - a new context.
 * @model: borrowed for its life
 * @mode: where memory is charged at first
 * @flags: O_NONBLOCK
 *
 * Return: its file, one count for the caller; ERR_PTR(-ENOMEM) or -ENFILE.
 */
struct file *iommufd_ctx_open(const struct iommufd_model *model,
			      enum iommufd_account_mode mode,
			      unsigned int flags);

/**
 * iommufd_file_ctx - the context of a file.
 *
 * Return: borrowed from @file; NULL if the file is something else.
 */
struct iommufd_ctx *iommufd_file_ctx(const struct file *file);

/* ---- dispatch.c ---- */

/**
 * iommufd_ctx_ioctl - a command from user space.
 *
 * spec/10 section 10.
 * Return: what the handler gives; -ENOTTY, -EFAULT, -EINVAL, -E2BIG.
 */
long iommufd_ctx_ioctl(struct iommufd_ctx *ictx, unsigned int cmd,
		       unsigned long arg);

/*
 * Gives it back in line.  False: iommufd_ucmd_respond() has to.  True says, too,
 * that nobody watches: else it would not have been fetched so.
 */
static inline bool iommufd_ucmd_respond_quick(struct iommufd_ucmd *ucmd,
					      size_t cmd_len)
{
	return ucmd->quick &&
	       user_store_quick(ucmd->ubuffer, ucmd->cmd, cmd_len);
}

/**
 * iommufd_ucmd_respond - give the structure back to the caller.
 * @cmd_len: its size; what the caller does not have is not written
 *
 * Return: 0 or -EFAULT.
 */
static inline int iommufd_ucmd_respond(struct iommufd_ucmd *ucmd,
				       size_t cmd_len)
{
	size_t len;

	if (likely(iommufd_ucmd_respond_quick(ucmd, cmd_len)))
		return 0;
	len = cmd_len < ucmd->user_size ? cmd_len : ucmd->user_size;
	return copy_to_user(ucmd->ubuffer, ucmd->cmd, len) ? -EFAULT : 0;
}

/* The objects' lock: see the head of this file. */
static inline void iommufd_objects_lock(struct iommufd_ctx *ictx)
{
	spin_lock(&ictx->objects.lock);
}

static inline void iommufd_objects_unlock(struct iommufd_ctx *ictx)
{
	spin_unlock(&ictx->objects.lock);
}

/* ---- object.c: birth ---- */

/**
 * iommufd_object_alloc_size - reserve an ID and zeroed memory.
 * @size: bytes, not less than the type's
 *
 * users and wait_cnt are 1.  The caller must finish the object.
 * Return: RESERVED; ERR_PTR(-ENOMEM), or -EBUSY if IDs are used up.
 */
struct iommufd_object *
iommufd_object_alloc_size(struct iommufd_ctx *ictx, size_t size,
			  enum iommufd_object_type type);

/**
 * iommufd_object_alloc_ucmd - the same, finished by the dispatcher.
 *
 * Return: also -EBUSY a second one in one command (WARN), -EOPNOTSUPP the type
 * has an abort (WARN).
 */
struct iommufd_object *
iommufd_object_alloc_ucmd(struct iommufd_ucmd *ucmd, size_t size,
			  enum iommufd_object_type type);

/*
 * iommufd_object_alloc - typed: a new *ptr whose member obj comes first.
 * iommufd_object_alloc_member - the same with a path to it (common.obj).
 * Value: typeof(ptr), or an ERR_PTR.
 */
#define iommufd_object_alloc_member(ictx, ptr, type, member) \
	({ \
		BUILD_ASSERT(offsetof(typeof(*(ptr)), member) == 0); \
		BUILD_ASSERT(__same_type(struct iommufd_object, \
					 (ptr)->member)); \
		(typeof(ptr))iommufd_object_alloc_size( \
			(ictx), sizeof(*(ptr)), (type)); \
	})
#define iommufd_object_alloc(ictx, ptr, type) \
	iommufd_object_alloc_member(ictx, ptr, type, obj)

/**
 * iommufd_object_finalize - publish: RESERVED to LIVE.
 *
 * Cannot fail; WARN if it was not reserved.
 */
void iommufd_object_finalize(struct iommufd_ctx *ictx,
			     struct iommufd_object *obj);

/**
 * iommufd_object_abort - give ID and memory of a RESERVED object back.
 *
 * Its type's destroy is not run.  WARN, and the memory is leaked, if somebody
 * else has a reference.
 */
void iommufd_object_abort(struct iommufd_ctx *ictx, struct iommufd_object *obj);

/**
 * iommufd_object_abort_and_destroy - undo construction, then abort.
 *
 * Drops the type's file first.  The lock that the type's abort needs is held
 * by the caller since creation.
 */
void iommufd_object_abort_and_destroy(struct iommufd_ctx *ictx,
				      struct iommufd_object *obj);

/**
 * iommufd_object_finish - the one end of every object that a command makes.
 * @result: of everything that could fail, the reply included
 *
 * Publishes the object if @result is 0, else undoes it.  For types
 * whose abort needs a lock the handler calls it, with that lock held from
 * creation until it returns; for all others the dispatcher does.
 * Return: @result.
 */
int iommufd_object_finish(struct iommufd_ctx *ictx, struct iommufd_object *obj,
			  int result);

/* ---- object.c: use ---- */

/**
 * iommufd_object_lock - enter an object if it still lives.
 *
 * Context: the objects' lock is held; else see iommufd_object_enter().
 * Return: true: users and wait_cnt are one up, to be put.
 */
static inline bool iommufd_object_lock(struct iommufd_object *obj)
{
	if (!refcount_inc_not_zero(&obj->users))
		return false;
	if (likely(refcount_inc_not_zero(&obj->wait_cnt)))
		return true;
	/*
	 * The other side is between its wait and its look at users, and still
	 * holds a reference: this never drops the last one.
	 */
	refcount_dec(&obj->users);
	return false;
}

/**
 * iommufd_object_enter - the same without the objects' lock.
 *
 * An owner that ends the object looks at users under the lock: a count that
 * comes and goes outside of it would make the owner fail.
 * Context: takes the objects' lock; the caller has a claim on the memory.
 */
static inline bool iommufd_object_enter(struct iommufd_ctx *ictx,
					struct iommufd_object *obj)
{
	bool entered;

	iommufd_objects_lock(ictx);
	entered = iommufd_object_lock(obj);
	iommufd_objects_unlock(ictx);
	return entered;
}

/*
 * The same for an object found LIVE under the objects' lock: its users cannot
 * reach 0 meanwhile, only those inside may have been waited for.
 */
static inline bool iommufd_object_lock_live(struct iommufd_object *obj)
{
	if (unlikely(!refcount_inc_not_zero(&obj->wait_cnt)))
		return false;
	refcount_inc(&obj->users);
	return true;
}

/*
 * wait_cnt and users in one word, for changing both at once.  A usual count
 * less one is between 0 and 2^30.
 */
#define IOMMUFD_ONE_EACH 0x100000001ull
#define IOMMUFD_ONE_USER 0x100000000ull
#define IOMMUFD_NOT_USUAL 0xc0000000c0000000ull

static inline u64 *iommufd_object_counts(struct iommufd_object *obj)
{
	BUILD_ASSERT(offsetof(struct iommufd_object, wait_cnt) == 0);
	BUILD_ASSERT(offsetof(struct iommufd_object, users) == sizeof(u32));
	BUILD_ASSERT(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
	return (u64 *)obj;
}

/*
 * TSan knows words by their addresses: who has acquired both counts has not
 * acquired what was released in users alone.
 */
static inline void iommufd_object_tell_tsan(struct iommufd_object *obj)
{
#ifdef UIK_UNDER_TSAN
	(void)__atomic_load_n(&obj->users.refs.counter, __ATOMIC_ACQUIRE);
#endif
}

/**
 * iommufd_object_take_last - take the only count there is.
 *
 * Acquires what those did who had the others, which refcount_dec_if_one() does
 * not: as in the kernel, only later stores stay behind it.
 * Return: whether it was the only one; users is 0 then.
 */
static inline bool iommufd_object_take_last(struct iommufd_object *obj)
{
	if (unlikely(!refcount_dec_if_one(&obj->users)))
		return false;
	/* Of their releases, which ours has followed in the same word. */
	(void)__atomic_load_n(iommufd_object_counts(obj), __ATOMIC_ACQUIRE);
	iommufd_object_tell_tsan(obj);
	return true;
}

/**
 * iommufd_get_object - look an object up and enter it.
 * @type: IOMMUFD_OBJ_ANY: any
 *
 * Failure point (UIK_FAIL_OP).
 * Return: users and wait_cnt one up, to be put; else ERR_PTR(-ENOENT).
 */
struct iommufd_object *iommufd_get_object(struct iommufd_ctx *ictx, u32 id,
					  enum iommufd_object_type type);

/** iommufd_object_wake - somebody left and may have been the last. */
void iommufd_object_wake(struct iommufd_ctx *ictx);
/* With @counts before it, the last that is inside leaves, or one too many. */
void iommufd_put_object_last(struct iommufd_ctx *ictx,
			     struct iommufd_object *obj, u64 counts);
/* iommufd_put_object() with its points. */
void iommufd_put_object_watched(struct iommufd_ctx *ictx,
				struct iommufd_object *obj);

/* iommufd_put_object() by a caller who has found nobody watching. */
static inline void iommufd_put_object_unseen(struct iommufd_ctx *ictx,
					     struct iommufd_object *obj)
{
	/*
	 * At once: who waits for wait_cnt looks at users next and must not find
	 * ours.  Pairs with the wait and iommufd_object_take_last() in remove.
	 */
	u64 counts = __atomic_fetch_sub(iommufd_object_counts(obj),
					IOMMUFD_ONE_EACH, __ATOMIC_ACQ_REL);

	if (unlikely((counts - 2 * IOMMUFD_ONE_EACH) & IOMMUFD_NOT_USUAL))
		iommufd_put_object_last(ictx, obj, counts);
}

/** iommufd_put_object - leave an object. */
static inline void iommufd_put_object(struct iommufd_ctx *ictx,
				      struct iommufd_object *obj)
{
	if (unlikely(uik_hooks))
		iommufd_put_object_watched(ictx, obj);
	else
		iommufd_put_object_unseen(ictx, obj);
}

/**
 * iommufd_ucmd_respond_put - iommufd_ucmd_respond(), then leave @obj.
 *
 * Return: of the first.
 */
static inline int iommufd_ucmd_respond_put(struct iommufd_ucmd *ucmd,
					   size_t cmd_len,
					   struct iommufd_object *obj)
{
	int ret;

	if (likely(iommufd_ucmd_respond_quick(ucmd, cmd_len))) {
		iommufd_put_object_unseen(ucmd->ictx, obj);
		return 0;
	}
	ret = iommufd_ucmd_respond(ucmd, cmd_len);
	iommufd_put_object(ucmd->ictx, obj);
	return ret;
}

/**
 * iommufd_try_inc_users - keep an object that one has a pointer to.
 *
 * Return: 0, users is one up; -EBUSY: it is not published any more.
 */
int iommufd_try_inc_users(struct iommufd_ctx *ictx, struct iommufd_object *obj);

enum iommufd_object_state {
	IOMMUFD_STATE_RESERVED,
	IOMMUFD_STATE_LIVE,
	IOMMUFD_STATE_DYING,
	IOMMUFD_STATE_GONE,
};

/**
 * iommufd_object_state - where @obj is in its life.
 *
 * Context: the memory must be good, so GONE is seen for an unlinked object
 * only.  The answer is old at once unless the caller excludes others.
 */
enum iommufd_object_state iommufd_object_state(struct iommufd_ctx *ictx,
					       struct iommufd_object *obj);

/* ---- object_remove.c: end ---- */

#define IOMMUFD_REMOVE_WAIT (1u << 0)
#define IOMMUFD_REMOVE_TOMBSTONE (1u << 1)

/**
 * iommufd_object_remove - destroy an object.
 * @to_destroy: NULL: whatever has @id.  Else the caller's reference (users) is
 *	consumed whatever happens.
 * @flags: IOMMUFD_REMOVE_WAIT: wait for those inside before unlinking;
 *	IOMMUFD_REMOVE_TOMBSTONE: the ID is never used again
 *
 * Context: may sleep up to a minute; no lock held.
 * Return: 0; -ENOENT; -EBUSY somebody needs it, or did not leave.  spec/10 6.5
 */
int iommufd_object_remove(struct iommufd_ctx *ictx,
			  struct iommufd_object *to_destroy, u32 id,
			  unsigned int flags);

/** iommufd_object_destroy_user - its owner ends it; WARN on failure. */
void iommufd_object_destroy_user(struct iommufd_ctx *ictx,
				 struct iommufd_object *obj);
/** iommufd_object_tombstone_user - the same, leaving a tombstone. */
void iommufd_object_tombstone_user(struct iommufd_ctx *ictx,
				   struct iommufd_object *obj);

/**
 * iommufd_object_put_and_try_destroy - drop a users reference, and the object
 * with it if only the map's remains.
 */
static inline void
iommufd_object_put_and_try_destroy(struct iommufd_ctx *ictx,
				   struct iommufd_object *obj)
{
	iommufd_object_remove(ictx, obj, obj->id, 0);
}

/** iommufd_destroy - IOMMU_DESTROY. */
int iommufd_destroy(struct iommufd_ucmd *ucmd);

/** iommufd_objects_teardown - the context ends: destroy what it has. */
void iommufd_objects_teardown(struct iommufd_ctx *ictx);

/* ---- mmap.c ---- */

void iommufd_mmaps_init(struct iommufd_mmaps *mmaps);
/** iommufd_mmaps_fini - WARN about areas that owners have left behind. */
void iommufd_mmaps_fini(struct iommufd_mmaps *mmaps);
/**
 * iommufd_ctx_mmap - the mmap file operation.
 *
 * Return: 0; -EINVAL, -EPERM, -ENXIO; what mapping the memory gives.
 */
int iommufd_ctx_mmap(struct iommufd_ctx *ictx, struct vm_area_struct *vma);

#endif
