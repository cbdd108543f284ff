/* SPDX-License-Identifier: MIT */
/*
 * The nouns of iommufd and what they have to do with each other.
 *
 * Locks, outer to inner; "->" also means "may be taken while held":
 *
 *   ioas->mutex             hwpt_list; choice and making of automatic HWPTs;
 *                           held over the allocation of a paging HWPT until it
 *                           is finished
 *   -> igroup->lock         pasid_attach, device sets, idev->vdev,
 *                           idev->destroying, sw_msi_start
 *      -> iopt locks        contents of the IOAS          (ioas.h, iopt.h)
 *      -> sw_msi.lock       MSI pages
 *      -> group->mutex      iommu core
 *      -> fault->mutex -> eventq->lock
 *      -> viommu->vdevs' lock, objects' lock
 *   viommu->veventqs_rwsem  list of event queues; write: held over the
 *                           allocation of one until it is finished
 *   -> eventq->lock         deliver list, num_events, sequence
 *
 * The last reference on an automatic HWPT is dropped with neither ioas->mutex
 * nor igroup->lock held: its destruction takes the first.
 *
 * What holds what (users; W also wait_cnt):
 *   driver -> DEVICE            attachment -> HWPT, DEVICE
 *   HWPT_PAGING -> IOAS         HWPT_NESTED -> parent HWPT or VIOMMU
 *   HWPT -> FAULT               VIOMMU -> HWPT_PAGING
 *   VDEVICE -> VIOMMU, DEVICE W VEVENTQ, HW_QUEUE -> VIOMMU
 *   HW_QUEUE -> its ACCESS, the HW_QUEUE it depends on
 *   ACCESS -> IOAS              event file -> FAULT, VEVENTQ
 *   mapping -> owner of the area
 *
 * Facts: spec/10 sections 2, 5, 15; spec/20; spec/30; spec/60.
 */
#ifndef OBJECTS_OBJECTS_H
#define OBJECTS_OBJECTS_H

#include <linux/bitmap.h>
#include <linux/iommu.h>
#include <linux/iommufd.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/xarray.h>

#include "core/core.h"

/*
 * An address in the client's memory.  The client's pointer may be anything,
 * NULL included: C allows no arithmetic on that.
 */
static inline void __user *user_at(const void __user *base, size_t offset)
{
	return (void __user *)((unsigned long)base + offset);
}

struct iommufd_ioas;
struct iommufd_access;

/* The model of a real context: types, commands, VFIO compatibility. */
extern const struct iommufd_model iommufd_model;

/* No software MSI window. */
#define IOMMUFD_NO_SW_MSI (~(phys_addr_t)0)
#define IOMMUFD_SW_MSI_PAGES 64

struct iommufd_sw_msi_set {
	DECLARE_BITMAP(bitmap, IOMMUFD_SW_MSI_PAGES);
};

/* ---- page tables: hwpt.c, hwpt_nested.c ---- */

/* Common to page tables; obj first. */
struct iommufd_hw_pagetable {
	struct iommufd_object obj;
	struct iommu_domain *domain;	/* owned; NULL while being made */
	struct iommufd_fault *fault;	/* counted, or NULL */
	bool pasid_compat;		/* allocated with ..._ALLOC_PASID */
};

/* A table that mirrors an IOAS. */
struct iommufd_hwpt_paging {
	struct iommufd_hw_pagetable common;
	struct iommufd_ioas *ioas;	/* counted */
	bool auto_domain;		/* goes with its last attachment */
	bool enforce_cache_coherency;
	bool nest_parent;
	struct list_head hwpt_item;	/* in ioas->hwpt_list; empty: not yet */
	struct iommufd_sw_msi_set present_sw_msi; /* sw_msi.lock */
};

/* A table that the user owns, on top of a paging one. */
struct iommufd_hwpt_nested {
	struct iommufd_hw_pagetable common;
	struct iommufd_hwpt_paging *parent; /* counted if @viommu is NULL */
	struct iommufd_viommu *viommu;	/* counted, or NULL */
};

static inline bool iommufd_hwpt_is_paging(struct iommufd_hw_pagetable *hwpt)
{
	return hwpt->obj.type == IOMMUFD_OBJ_HWPT_PAGING;
}

static inline struct iommufd_hwpt_paging *
to_hwpt_paging(struct iommufd_hw_pagetable *hwpt)
{
	ASSERT(iommufd_hwpt_is_paging(hwpt));
	return container_of(hwpt, struct iommufd_hwpt_paging, common);
}

static inline struct iommufd_hwpt_nested *
to_hwpt_nested(struct iommufd_hw_pagetable *hwpt)
{
	ASSERT(!iommufd_hwpt_is_paging(hwpt));
	return container_of(hwpt, struct iommufd_hwpt_nested, common);
}

/* The table that IOVAs of the IOAS end up in. */
static inline struct iommufd_hwpt_paging *
iommufd_hwpt_paging_part(struct iommufd_hw_pagetable *hwpt)
{
	return iommufd_hwpt_is_paging(hwpt) ? to_hwpt_paging(hwpt) :
					      to_hwpt_nested(hwpt)->parent;
}

struct iommufd_device;

/**
 * iommufd_hwpt_paging_alloc - a new page table for an IOAS.
 * @idev: chooses the IOMMU and its driver
 * @pasid: with @immediate_attach
 * @flags: enum iommufd_hwpt_alloc_flags
 * @immediate_attach: attach @idev before the IOAS is mapped into it
 * @user_data: for the driver, or NULL
 *
 * Context: ioas->mutex held, until the caller has finished the object.
 * Return: RESERVED, on the IOAS's list; ERR_PTR.  spec/20 12.2
 */
struct iommufd_hwpt_paging *
iommufd_hwpt_paging_alloc(struct iommufd_ctx *ictx, struct iommufd_ioas *ioas,
			  struct iommufd_device *idev, ioasid_t pasid,
			  u32 flags, bool immediate_attach,
			  const struct iommu_user_data *user_data);

/** iommufd_hwpt_put - drop an attachment's reference; no lock held. */
void iommufd_hwpt_put(struct iommufd_ctx *ictx,
		      struct iommufd_hw_pagetable *hwpt);

void iommufd_hwpt_paging_destroy(struct iommufd_object *obj);
void iommufd_hwpt_paging_abort(struct iommufd_object *obj);
void iommufd_hwpt_nested_destroy(struct iommufd_object *obj);

/* Frees the domain and drops the fault queue; either may be missing. */
void iommufd_hwpt_free_domain(struct iommufd_hw_pagetable *hwpt);

/**
 * iommufd_hwpt_nested_alloc - a nested table on a nesting parent.
 *
 * Return: RESERVED; ERR_PTR.  spec/20 12.3
 */
struct iommufd_hwpt_nested *
iommufd_hwpt_nested_alloc(struct iommufd_ctx *ictx,
			  struct iommufd_hwpt_paging *parent,
			  struct iommufd_device *idev, u32 flags,
			  const struct iommu_user_data *user_data);
/** iommufd_hwpt_nested_alloc_viommu - the same on a vIOMMU.  spec/20 12.4 */
struct iommufd_hwpt_nested *
iommufd_hwpt_nested_alloc_viommu(struct iommufd_viommu *viommu, u32 flags,
				 const struct iommu_user_data *user_data);

static inline struct iommufd_hwpt_paging *
iommufd_get_hwpt_paging(struct iommufd_ctx *ictx, u32 id)
{
	struct iommufd_object *obj =
		iommufd_get_object(ictx, id, IOMMUFD_OBJ_HWPT_PAGING);

	return IS_ERR(obj) ? ERR_CAST(obj) :
			     container_of(obj, struct iommufd_hwpt_paging,
					  common.obj);
}

/* ---- devices and groups: device.c, group.c, attach.c ---- */

/* One for each iommu group and context, or for a device without IOMMU. */
struct iommufd_group {
	struct kref ref;		/* bound devices */
	struct mutex lock;
	struct iommufd_ctx *ictx;	/* borrowed: devices hold it */
	struct iommu_group *group;	/* counted; NULL: no IOMMU */
	struct xarray pasid_attach;	/* pasid -> struct iommufd_attach */
	struct iommufd_sw_msi_set required_sw_msi; /* sw_msi.lock */
	phys_addr_t sw_msi_start;	/* or IOMMUFD_NO_SW_MSI */
};

/* An attachment of a group; exists while a device is in it. */
struct iommufd_attach {
	struct iommufd_hw_pagetable *hwpt; /* one users for each device */
	struct xarray device_array;	/* object ID -> idev */
};

/* What the iommu core keeps for us with an attachment. */
struct iommufd_attach_handle {
	struct iommu_attach_handle handle;
	struct iommufd_device *idev;	/* who attached or replaced last */
};

/* A device that its driver has bound. */
struct iommufd_device {
	struct iommufd_object obj;
	struct iommufd_ctx *ictx;	/* counted, unless a mock device */
	struct iommufd_group *igroup;	/* counted; NULL: bind has failed */
	struct device *dev;		/* borrowed until unbind */
	bool enforce_cache_coherency;
	/* Both: igroup->lock. */
	struct iommufd_vdevice *vdev;	/* it holds us */
	bool destroying;		/* no more vDEVICEs */
};

static inline struct iommufd_attach_handle *
to_iommufd_handle(struct iommu_attach_handle *handle)
{
	return container_of(handle, struct iommufd_attach_handle, handle);
}

static inline struct iommufd_device *
iommufd_get_device(struct iommufd_ctx *ictx, u32 id)
{
	struct iommufd_object *obj =
		iommufd_get_object(ictx, id, IOMMUFD_OBJ_DEVICE);

	return IS_ERR(obj) ? ERR_CAST(obj) :
			     container_of(obj, struct iommufd_device, obj);
}

static inline bool iommufd_device_is_noiommu(struct iommufd_device *idev)
{
	return !idev->igroup->group;
}

/**
 * iommufd_device_iommu - the physical IOMMU instance of a device.
 *
 * Return: borrowed; NULL: without IOMMU, or (WARN) its data is missing.
 */
struct iommu_device *iommufd_device_iommu(struct iommufd_device *idev);

/** iommufd_device_ops - its IOMMU's ops; of the software IOMMU; or NULL. */
const struct iommu_ops *iommufd_device_ops(struct iommufd_device *idev);

/**
 * iommufd_device_attach_hwpt - attach one device.
 *
 * Context: igroup->lock not held.
 * Return: 0; -ENOMEM, -EBUSY, -EINVAL, -EADDRINUSE, the driver's.  spec/20 7.2
 */
int iommufd_device_attach_hwpt(struct iommufd_hw_pagetable *hwpt,
			       struct iommufd_device *idev, ioasid_t pasid);
/**
 * iommufd_device_detach_hwpt - undo it.
 *
 * Return: the HWPT, its reference to be put without locks; NULL: was not.
 */
struct iommufd_hw_pagetable *
iommufd_device_detach_hwpt(struct iommufd_device *idev, ioasid_t pasid);

/* Whether @idev is attached to @hwpt at @pasid; @hwpt NULL: to none. */
bool iommufd_device_is_attached(struct iommufd_device *idev, ioasid_t pasid,
				struct iommufd_hw_pagetable *hwpt);

void iommufd_device_pre_destroy(struct iommufd_object *obj);
void iommufd_device_destroy(struct iommufd_object *obj);

/**
 * iommufd_group_get - the record of a device's group, or a new one.
 *
 * Return: counted; ERR_PTR of -ENODEV, -ENOMEM, -EINVAL.
 */
struct iommufd_group *iommufd_group_get(struct iommufd_ctx *ictx,
					struct device *dev);
/** iommufd_group_get_noiommu - a private record; ERR_PTR(-ENOMEM). */
struct iommufd_group *iommufd_group_get_noiommu(struct iommufd_ctx *ictx);
void iommufd_group_put(struct iommufd_group *igroup);

/* The test driver's devices: bound without context reference or MSI check. */
bool iommufd_selftest_is_mock_dev(struct device *dev);

/* Ops and page table of devices without IOMMU. */
extern const struct iommu_ops iommufd_noiommu_ops;

/* ---- software MSI: sw_msi.c ---- */

void iommufd_sw_msi_init(struct iommufd_ctx *ictx);
void iommufd_sw_msi_fini(struct iommufd_ctx *ictx);
/* Maps all MSI pages that @igroup needs into @hwpt; 0 or -errno. */
int iommufd_sw_msi_setup(struct iommufd_group *igroup,
			 struct iommufd_hwpt_paging *hwpt);

/* ---- virtual IOMMUs: viommu.c, vdevice.c, hw_queue.c ---- */

static inline struct iommufd_viommu *
iommufd_get_viommu(struct iommufd_ctx *ictx, u32 id)
{
	struct iommufd_object *obj =
		iommufd_get_object(ictx, id, IOMMUFD_OBJ_VIOMMU);

	return IS_ERR(obj) ? ERR_CAST(obj) :
			     container_of(obj, struct iommufd_viommu, obj);
}

void iommufd_viommu_destroy(struct iommufd_object *obj);
void iommufd_vdevice_destroy(struct iommufd_object *obj);
void iommufd_vdevice_abort(struct iommufd_object *obj);
void iommufd_hw_queue_destroy(struct iommufd_object *obj);

/* ---- event queues: eventq.c, fault.c, veventq.c ---- */

/* Common to event queues; obj first. */
struct iommufd_eventq {
	struct iommufd_object obj;
	struct iommufd_ctx *ictx;	/* the open file holds it */
	struct file *filep;		/* it holds us; NULL: not made */
	spinlock_t lock;		/* deliver */
	struct list_head deliver;
	wait_queue_head_t wait_queue;
};

/* Page faults of all devices attached to its HWPTs. */
struct iommufd_fault {
	struct iommufd_eventq common;
	/* Serialises read, write, automatic answers; outer to common.lock. */
	struct mutex mutex;
	struct xarray response;		/* cookie -> struct iopf_group */
	bool cookie_zero;		/* 0 is an ordinary cookie */
};

/* An event; its data follow. */
struct iommufd_vevent {
	struct iommufd_vevent_header header;
	struct list_head node;
	size_t data_len;		/* bytes */
};

/* Events of one kind for the guest behind a vIOMMU. */
struct iommufd_veventq {
	struct iommufd_eventq common;
	struct iommufd_viommu *viommu;	/* counted */
	struct list_head node;		/* in viommu->veventqs */
	struct iommufd_vevent lost_events;
	enum iommu_veventq_type type;
	unsigned int depth;
	/* common.lock */
	unsigned int num_events;
	u32 sequence;
};

static inline struct iommufd_fault *
iommufd_get_fault(struct iommufd_ctx *ictx, u32 id)
{
	struct iommufd_object *obj =
		iommufd_get_object(ictx, id, IOMMUFD_OBJ_FAULT);

	return IS_ERR(obj) ? ERR_CAST(obj) :
			     container_of(obj, struct iommufd_fault,
					  common.obj);
}

/**
 * iommufd_eventq_init - the common part, with its file and descriptor.
 * @name, @fops: of the file
 *
 * Return: a reserved descriptor number, to be installed or put; -errno.
 */
int iommufd_eventq_init(struct iommufd_eventq *eventq, const char *name,
			struct iommufd_ctx *ictx,
			const struct file_operations *fops);
/* Tells the client's poll; the deliver list has changed under eventq->lock. */
void iommufd_eventq_update(struct iommufd_eventq *eventq);
__poll_t iommufd_eventq_poll(struct file *file, struct poll_table_struct *wait,
			     __poll_t always);
int iommufd_eventq_release(struct inode *inode, struct file *file);

void iommufd_fault_destroy(struct iommufd_object *obj);
/** iommufd_fault_handler - a domain's handler: queue the group; 0. */
int iommufd_fault_handler(struct iopf_group *group);
/** iommufd_fault_answer - answer INVALID what came through a handle. */
void iommufd_fault_answer(struct iommufd_hw_pagetable *hwpt,
			  struct iommufd_attach_handle *handle);
void iommufd_veventq_destroy(struct iommufd_object *obj);
void iommufd_veventq_abort(struct iommufd_object *obj);

/* ---- types of other files ---- */

void iommufd_ioas_destroy(struct iommufd_object *obj);
void iommufd_access_destroy_object(struct iommufd_object *obj);
void iommufd_selftest_destroy(struct iommufd_object *obj);

/* ---- commands, one for each row of the table (commands.c) ---- */

int iommufd_ioas_alloc(struct iommufd_ucmd *ucmd);
int iommufd_ioas_allow_iovas(struct iommufd_ucmd *ucmd);
int iommufd_ioas_copy(struct iommufd_ucmd *ucmd);
int iommufd_ioas_iova_ranges(struct iommufd_ucmd *ucmd);
int iommufd_ioas_map(struct iommufd_ucmd *ucmd);
int iommufd_ioas_map_file(struct iommufd_ucmd *ucmd);
int iommufd_ioas_unmap(struct iommufd_ucmd *ucmd);
int iommufd_ioas_change_process(struct iommufd_ucmd *ucmd);
int iommufd_ioas_noiommu_get_pa(struct iommufd_ucmd *ucmd);
int iommufd_vfio_ioas(struct iommufd_ucmd *ucmd);
int iommufd_option(struct iommufd_ucmd *ucmd);
int iommufd_hwpt_alloc(struct iommufd_ucmd *ucmd);
int iommufd_hwpt_set_dirty_tracking(struct iommufd_ucmd *ucmd);
int iommufd_hwpt_get_dirty_bitmap(struct iommufd_ucmd *ucmd);
int iommufd_hwpt_invalidate(struct iommufd_ucmd *ucmd);
int iommufd_get_hw_info(struct iommufd_ucmd *ucmd);
int iommufd_fault_alloc(struct iommufd_ucmd *ucmd);
int iommufd_viommu_alloc(struct iommufd_ucmd *ucmd);
int iommufd_vdevice_alloc(struct iommufd_ucmd *ucmd);
int iommufd_veventq_alloc(struct iommufd_ucmd *ucmd);
int iommufd_hw_queue_alloc(struct iommufd_ucmd *ucmd);
int iommufd_test(struct iommufd_ucmd *ucmd);

/**
 * iommufd_ioas_option_huge - IOMMU_OPTION_HUGE_PAGES.
 * @cmd: object_id, op and val64 of it; val64 receives the answer of a GET
 *
 * Return: 0; -ENOENT, -EINVAL, -EADDRINUSE, -EOPNOTSUPP (op).  spec/10 11
 */
int iommufd_ioas_option_huge(struct iommufd_ctx *ictx,
			     struct iommu_option *cmd);
/** iommufd_vfio_ioctl - VFIO container commands; -ENOTTY for all others. */
long iommufd_vfio_ioctl(struct iommufd_ctx *ictx, unsigned int cmd,
			unsigned long arg);

#endif
