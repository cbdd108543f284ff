/* SPDX-License-Identifier: MIT */
/*
 * iommufd as drivers see it.
 *
 * Three readers:
 *   - drivers of devices that user space owns bind and attach them;
 *   - drivers that reach memory by software create accesses;
 *   - IOMMU drivers give user space slices of their hardware: vIOMMUs, the
 *     devices behind them (vDEVICEs) and hardware queues.
 *
 * An object of an IOMMU driver is one allocation: the core's structure first,
 * the driver's members after it.  The driver says how big it is, the core
 * allocates it zeroed, the driver initialises it, the core frees it.  A driver
 * never allocates, frees or publishes an object.
 *
 *   op                   may sleep  locks held by the core
 *   -------------------  ---------  -----------------------------------------
 *   get_viommu_size      yes        none
 *   viommu_init          yes        none
 *   destroy (vIOMMU)     yes        none
 *   alloc_domain_nested  yes        none
 *   cache_invalidate     yes        none
 *   vdevice_init         yes        the device's group lock
 *   vdevice->destroy     yes        the device's group lock
 *   get_hw_queue_size    yes        none
 *   hw_queue_init_phys   yes        none
 *   hw_queue->destroy    yes        none
 *
 * Under the group lock no attach, replace, detach, bind or unbind of the group
 * may be called.
 *
 * Facts: spec/10 section 16, spec/60 sections 3 to 14.
 */
#ifndef __LINUX_IOMMUFD_H
#define __LINUX_IOMMUFD_H

#include <linux/bug.h>
#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/rwsem.h>
#include <linux/stddef.h>
#include <linux/types.h>
#include <linux/xarray.h>
#include <uapi/linux/iommufd.h>
#include <uik/abi.h>

struct device;
struct file;
struct iommu_device;
struct iommu_domain;
struct iommu_group;
struct iommu_user_data;
struct iommu_user_data_array;
struct iommufd_access;
struct iommufd_ctx;
struct iommufd_device;
struct iommufd_hwpt_paging;
struct iommufd_viommu_ops;
struct msi_desc;
struct page;

/* A process address space ID, as in <linux/iommu.h>. */
typedef unsigned int ioasid_t;

enum iommufd_object_type {
	IOMMUFD_OBJ_NONE,
	IOMMUFD_OBJ_ANY = IOMMUFD_OBJ_NONE,
	IOMMUFD_OBJ_DEVICE,
	IOMMUFD_OBJ_HWPT_PAGING,
	IOMMUFD_OBJ_HWPT_NESTED,
	IOMMUFD_OBJ_IOAS,
	IOMMUFD_OBJ_ACCESS,
	IOMMUFD_OBJ_FAULT,
	IOMMUFD_OBJ_VIOMMU,
	IOMMUFD_OBJ_VDEVICE,
	IOMMUFD_OBJ_VEVENTQ,
	IOMMUFD_OBJ_HW_QUEUE,
	IOMMUFD_OBJ_SELFTEST,
	IOMMUFD_OBJ_MAX,
};

/*
 * What every object with an ID begins with.
 *
 * users: 1 of the ID map, and 1 of everything that needs the object to stay.
 * It can be destroyed only when it is 1.
 * wait_cnt: 1 of the ID map, and 1 of whoever is inside for a moment.
 * Destruction waits for them.  Who holds it also holds users.
 */
struct iommufd_object {
	refcount_t wait_cnt;
	refcount_t users;
	enum iommufd_object_type type;
	unsigned int id;
};

/*
 * What a driver of an access supplies.
 *
 * needs_pin_pages: the access pins; all its IOVAs are page aligned.
 * unmap: stop using the range and unpin what is in it before returning.  It
 * may be called as soon as a pin has been made, even before the call that
 * makes it has returned.  No lock of the core is held; it may call unpin.
 */
struct iommufd_access_ops {
	u8 needs_pin_pages : 1;
	void (*unmap)(void *data, unsigned long iova, unsigned long length);
};

enum {
	IOMMUFD_ACCESS_RW_READ = 0,
	IOMMUFD_ACCESS_RW_WRITE = 1 << 0,
	/* The caller runs without a user's address space. */
	IOMMUFD_ACCESS_RW_KTHREAD = 1 << 1,
	/* Selftest: take the way of a foreign address space. */
	__IOMMUFD_ACCESS_RW_SLOW_PATH = 1 << 2,
};

/**
 * iommufd_ctx_get - one more reference on a context.
 *
 * Context: any.  The caller must already have one.
 */
void iommufd_ctx_get(struct iommufd_ctx *ictx) __uik(iommufd_ctx_get);

/**
 * iommufd_ctx_put - drop a reference.
 *
 * Context: may sleep: the last reference tears the context down.
 */
void iommufd_ctx_put(struct iommufd_ctx *ictx) __uik(iommufd_ctx_put);

/**
 * iommufd_ctx_from_file - the context of an open file.
 * @file: borrowed
 *
 * Return: the context with a new reference; ERR_PTR(-EBADFD) if @file is not
 * an iommufd file.
 */
struct iommufd_ctx *iommufd_ctx_from_file(struct file *file)
	__uik(iommufd_ctx_from_file);

/**
 * iommufd_ctx_from_fd - the context behind a file descriptor.
 *
 * Return: the context with a new reference; ERR_PTR(-EBADF) if @fd is not
 * open, ERR_PTR(-EBADFD) if it is something else.
 */
struct iommufd_ctx *iommufd_ctx_from_fd(int fd) __uik(iommufd_ctx_from_fd);

/**
 * iommufd_ctx_has_group - is a device of this group bound to this context?
 *
 * Return: false also if @ictx or @group is NULL.
 */
bool iommufd_ctx_has_group(struct iommufd_ctx *ictx, struct iommu_group *group)
	__uik(iommufd_ctx_has_group);

/**
 * iommufd_device_bind - give a device to a context.
 * @ictx: the context; the device takes a reference on it
 * @dev: the device; must stay until it is unbound
 * @id: receives the object ID; written on success only
 *
 * Claims DMA ownership of the device's group for the context: its other
 * devices can then be bound to the same context only.
 *
 * Context: may sleep.
 * Return: the bound device, owned by the caller until iommufd_device_unbind();
 * ERR_PTR of -EINVAL (device not cache coherent), -ENODEV (no group), -EPERM
 * (interrupts not isolated, or the group belongs to somebody else), -EBUSY
 * (IDs used up, or the group is in use), -ENOMEM.
 */
struct iommufd_device *iommufd_device_bind(struct iommufd_ctx *ictx,
					   struct device *dev, u32 *id)
	__uik(iommufd_device_bind);

/**
 * iommufd_device_unbind - take a device back.
 *
 * Waits for running ioctls on it, destroys its vDEVICE and leaves a tombstone
 * for that ID.  Everything must be detached before, else: WARN, and the device
 * stays.  It holds its context, which then stays, too: the machine's audit
 * counts both.
 *
 * Context: may sleep, up to a minute.
 */
void iommufd_device_unbind(struct iommufd_device *idev)
	__uik(iommufd_device_unbind);

/**
 * iommufd_device_attach - connect a device to a page table.
 * @pasid: IOMMU_NO_PASID for the device itself
 * @pt_id: IOAS, HWPT_PAGING or HWPT_NESTED; receives the HWPT on success
 *
 * An IOAS gets an automatic page table: one there that fits, or a new one.
 *
 * Context: may sleep.  Attach, replace and detach of a device take turns: a lock
 * of the caller's sees to that, as VFIO's does.
 * Return: 0; -ENOENT no such ID; -EINVAL wrong type, group attached elsewhere,
 * or does not go together; -EBUSY attached already; -EADDRINUSE reserved
 * ranges of the device are in use; -ENOMEM; errors of the IOMMU driver.
 */
int iommufd_device_attach(struct iommufd_device *idev, ioasid_t pasid,
			  u32 *pt_id) __uik(iommufd_device_attach);

/**
 * iommufd_device_replace - move an attachment to another page table.
 *
 * As attach; moves all devices of the group that are attached at @pasid.  On
 * failure the old attachment stays.
 *
 * Return: also -EINVAL if not attached.
 */
int iommufd_device_replace(struct iommufd_device *idev, ioasid_t pasid,
			   u32 *pt_id) __uik(iommufd_device_replace);

/** iommufd_device_detach - end an attachment; nothing if there is none. */
void iommufd_device_detach(struct iommufd_device *idev, ioasid_t pasid)
	__uik(iommufd_device_detach);

/** iommufd_device_to_ictx - the device's context; no reference is taken. */
struct iommufd_ctx *iommufd_device_to_ictx(struct iommufd_device *idev)
	__uik(iommufd_device_to_ictx);

/** iommufd_device_to_id - the device's object ID. */
u32 iommufd_device_to_id(struct iommufd_device *idev)
	__uik(iommufd_device_to_id);

/**
 * iommufd_access_create - a way for software into the memory of an IOAS.
 * @ops: borrowed for the access's life
 * @data: passed to @ops
 * @id: receives the object ID
 *
 * Return: the access, owned by the caller, not attached; ERR_PTR of -ENOMEM,
 * -EBUSY (IDs used up).
 */
struct iommufd_access *
iommufd_access_create(struct iommufd_ctx *ictx,
		      const struct iommufd_access_ops *ops, void *data, u32 *id)
	__uik(iommufd_access_create);

/**
 * iommufd_access_destroy - end it; detaches first.
 *
 * No callback runs any more when it returns.  The caller must not hold what
 * its unmap needs.
 */
void iommufd_access_destroy(struct iommufd_access *access)
	__uik(iommufd_access_destroy);

/**
 * iommufd_access_attach - connect an access to an IOAS.
 *
 * Return: 0; -EINVAL attached already (WARN); -ENOENT; -EBUSY detaching, or
 * too many accesses; -EADDRINUSE mappings there are not aligned enough;
 * -ENOMEM.
 */
int iommufd_access_attach(struct iommufd_access *access, u32 ioas_id)
	__uik(iommufd_access_attach);

/**
 * iommufd_access_replace - move an access to another IOAS.
 *
 * The driver's unmap is called for everything in the old one.
 * Return: as attach; -ENOENT if not attached.
 */
int iommufd_access_replace(struct iommufd_access *access, u32 ioas_id)
	__uik(iommufd_access_replace);

/** iommufd_access_detach - disconnect; WARN if it was not attached. */
void iommufd_access_detach(struct iommufd_access *access)
	__uik(iommufd_access_detach);

/**
 * iommufd_access_pin_pages - get at the pages behind a range.
 * @iova, @length: the range in bytes
 * @out_pages: one entry for each page touched
 * @flags: IOMMUFD_ACCESS_RW_WRITE to write them
 *
 * All of them or none.
 * Return: 0; -EINVAL length 0, not page aligned, or being unmapped; -EOVERFLOW;
 * -ENOENT not attached or not mapped; -EPERM mapped without that permission;
 * -EFAULT, -ENOMEM from pinning.
 */
int iommufd_access_pin_pages(struct iommufd_access *access, unsigned long iova,
			     unsigned long length, struct page **out_pages,
			     unsigned int flags)
	__uik(iommufd_access_pin_pages);

/** iommufd_access_unpin_pages - undo one pin_pages with the same range. */
void iommufd_access_unpin_pages(struct iommufd_access *access,
				unsigned long iova, unsigned long length)
	__uik(iommufd_access_unpin_pages);

/**
 * iommufd_access_rw - copy between the caller and the memory behind a range.
 * @data: @len bytes
 * @flags: IOMMUFD_ACCESS_RW_WRITE stores @data, else fetches into it; KTHREAD
 *
 * Return: 0; -EINVAL length 0 or being unmapped; -EOVERFLOW; -ENOENT; -EPERM;
 * -EFAULT.  On failure part of it may have been copied.
 */
int iommufd_access_rw(struct iommufd_access *access, unsigned long iova,
		      void *data, size_t len, unsigned int flags)
	__uik(iommufd_access_rw);

/** iommufd_vfio_compat_ioas_get_id - the compatibility IOAS; 0 or -ENODEV. */
int iommufd_vfio_compat_ioas_get_id(struct iommufd_ctx *ictx, u32 *out_ioas_id)
	__uik(iommufd_vfio_compat_ioas_get_id);

/**
 * iommufd_vfio_compat_ioas_create - make sure there is one.
 *
 * Return: 0; -EINVAL in no-IOMMU mode; -ENOMEM; -EBUSY (IDs used up).
 */
int iommufd_vfio_compat_ioas_create(struct iommufd_ctx *ictx)
	__uik(iommufd_vfio_compat_ioas_create);

/** iommufd_vfio_compat_set_no_iommu - enter no-IOMMU mode; 0 or -EINVAL. */
int iommufd_vfio_compat_set_no_iommu(struct iommufd_ctx *ictx)
	__uik(iommufd_vfio_compat_set_no_iommu);

/**
 * struct iommufd_viommu - a slice of a physical IOMMU, given to a guest
 * @obj: core's
 * @ictx: its context
 * @iommu_dev: the physical IOMMU instance; not counted
 * @hwpt: nesting parent, stage 2 of everything on it; one users reference
 * @ops: set by viommu_init, last; from then on @ops->destroy will be called
 * @vdevs: virt_id -> vDEVICE; a reserved slot reads as empty.  Readers take
 *	its lock (xa_lock) around iommufd_viommu_find_dev() and the use of the
 *	result
 * @veventqs: event queues; @veventqs_rwsem
 * @type: as user space asked for it
 */
struct iommufd_viommu {
	struct iommufd_object obj;
	struct iommufd_ctx *ictx;
	struct iommu_device *iommu_dev;
	struct iommufd_hwpt_paging *hwpt;

	const struct iommufd_viommu_ops *ops;

	struct xarray vdevs;
	struct list_head veventqs;
	struct rw_semaphore veventqs_rwsem;

	enum iommu_viommu_type type;
};

/**
 * struct iommufd_vdevice - a device as a guest sees it behind a vIOMMU
 * @obj: core's
 * @viommu: the vIOMMU; one users reference
 * @idev: the device; one users and one wait_cnt reference.  A vDEVICE never
 *	outlives its device.
 * @virt_id: the ID by which the guest's IOMMU knows the device.
 *
 *	What it is: the number that the guest programs into its virtual IOMMU
 *	and that its commands carry.  For an SMMUv3 the guest's StreamID
 *	(vSID), for AMD the guest's DeviceID, for Intel the guest's requester
 *	ID.  The VMM chooses it, together with the guest's firmware tables; it
 *	is unique within the vIOMMU and has nothing to do with the object ID
 *	(@obj.id, chosen by the core) or the physical ID (known to the driver).
 *
 *	Who uses it, and for what:
 *	- the IOMMU driver, to turn a guest's invalidation command into one for
 *	  the physical device (iommufd_viommu_find_dev(): virt_id to device);
 *	- the IOMMU driver, to name the device in events for the guest
 *	  (iommufd_viommu_get_vdev_id(): device to virt_id);
 *	- hardware that replaces IDs by itself, which the driver programs with
 *	  pairs of virtual and physical ID in its vdevice_init (the StreamID
 *	  match and replace registers of a Tegra241 CMDQV);
 *	- the core, as the key of @viommu->vdevs only.
 *	A driver must check that the value fits its hardware: any u64 gets here.
 * @destroy: NULL until the driver sets it in vdevice_init, once it is certain
 *	to return 0.  Called at most once, before the vDEVICE leaves
 *	@viommu->vdevs and before @viommu loses its reference.
 *
 * @destroy is here and not in the ops because an object may have to be undone
 * before vdevice_init has run: a pointer that only a finished vdevice_init
 * sets tells exactly that.
 */
struct iommufd_vdevice {
	struct iommufd_object obj;
	struct iommufd_viommu *viommu;
	struct iommufd_device *idev;

	u64 virt_id;

	void (*destroy)(struct iommufd_vdevice *vdev);
};

/**
 * struct iommufd_hw_queue - a queue in guest memory that hardware reads
 * @obj: core's
 * @viommu: the vIOMMU; one users reference
 * @access: pins the guest memory, core's
 * @base_addr: where it begins, an address of the nesting parent
 * @length: bytes
 * @type: as user space asked for it
 * @destroy: as in struct iommufd_vdevice
 */
struct iommufd_hw_queue {
	struct iommufd_object obj;
	struct iommufd_viommu *viommu;
	struct iommufd_access *access;

	u64 base_addr;
	size_t length;

	enum iommu_hw_queue_type type;

	void (*destroy)(struct iommufd_hw_queue *hw_queue);
};

/**
 * struct iommufd_viommu_ops - what an IOMMU driver supplies for a vIOMMU
 * @destroy: undo viommu_init.  NULL: nothing to do.
 * @alloc_domain_nested: a nested domain described by @user_data; @flags may
 *	have IOMMU_HWPT_ALLOC_PASID.  Must return a domain of type
 *	IOMMU_DOMAIN_NESTED or an ERR_PTR.  NULL: -EOPNOTSUPP.
 * @cache_invalidate: carry out the guest's commands in @array and store in
 *	@array->entry_num how many were done.  NULL: -EOPNOTSUPP.
 * @vdevice_size: size of the driver's structure around struct iommufd_vdevice,
 *	by VDEVICE_STRUCT_SIZE(); 0: it has none.  A constant, since a vIOMMU
 *	has one kind of device.
 * @vdevice_init: accept or refuse a vDEVICE.  Needed with @vdevice_size,
 *	allowed without.  Given: viommu, idev, virt_id, obj.id, the driver's
 *	part zeroed, destroy NULL.  The vDEVICE cannot be found by its virt_id
 *	before this has returned 0.  On failure undo everything and leave
 *	destroy NULL.
 * @get_hw_queue_size: size of the driver's structure for @queue_type, by
 *	HW_QUEUE_STRUCT_SIZE(); 0: there are no such queues.
 * @hw_queue_init_phys: start queue @index at physical address @base_addr_pa.
 *	Supplying it says that the hardware reads queues by physical address.
 *	The driver checks index, order, size and alignment.  As vdevice_init.
 */
struct iommufd_viommu_ops {
	void (*destroy)(struct iommufd_viommu *viommu);
	struct iommu_domain *(*alloc_domain_nested)(
		struct iommufd_viommu *viommu, u32 flags,
		const struct iommu_user_data *user_data);
	int (*cache_invalidate)(struct iommufd_viommu *viommu,
				struct iommu_user_data_array *array);
	const size_t vdevice_size;
	int (*vdevice_init)(struct iommufd_vdevice *vdev);
	size_t (*get_hw_queue_size)(struct iommufd_viommu *viommu,
				    enum iommu_hw_queue_type queue_type);
	int (*hw_queue_init_phys)(struct iommufd_hw_queue *hw_queue, u32 index,
				  phys_addr_t base_addr_pa);
};

/*
 * The size of a driver's structure, an integer constant expression.  Does not
 * compile unless @member, which may be a path, is its first member and has the
 * core's type.
 */
#define uik_struct_size(core_struct, drv_struct, member) \
	(sizeof(drv_struct) + \
	 BUILD_BUG_ON_ZERO(offsetof(drv_struct, member), \
			   #member " is not the first of " #drv_struct) + \
	 BUILD_BUG_ON_ZERO(!__same_type(struct core_struct, \
					((drv_struct *)0)->member), \
			   #member " is no struct " #core_struct))

#define VIOMMU_STRUCT_SIZE(drv_struct, member) \
	uik_struct_size(iommufd_viommu, drv_struct, member)
#define VDEVICE_STRUCT_SIZE(drv_struct, member) \
	uik_struct_size(iommufd_vdevice, drv_struct, member)
#define HW_QUEUE_STRUCT_SIZE(drv_struct, member) \
	uik_struct_size(iommufd_hw_queue, drv_struct, member)

/**
 * _iommufd_object_depend - @obj_depended must not go before @obj_dependent.
 *
 * Use iommufd_hw_queue_depend().
 * Return: 0; -EINVAL the same object, or types differ; -ENOENT @obj_depended
 * is being destroyed.
 */
int _iommufd_object_depend(struct iommufd_object *obj_dependent,
			   struct iommufd_object *obj_depended)
	__uik(iommufd_object_depend);

/** _iommufd_object_undepend - undo it; WARN once if it cannot have been. */
void _iommufd_object_undepend(struct iommufd_object *obj_dependent,
			      struct iommufd_object *obj_depended)
	__uik(iommufd_object_undepend);

/**
 * _iommufd_alloc_mmap - let user space map device memory.
 * @ictx: the context
 * @owner: cannot be destroyed while a mapping exists
 * @mmio_addr: physical start, page aligned
 * @length: bytes, page aligned
 * @offset: receives what to give to mmap(2); never 0.  Not written on failure
 *
 * The area cannot be mapped before @owner is published.
 *
 * Return: 0; -EINVAL alignment, or no length fits; -EBUSY no gap; -ENOMEM.
 */
int _iommufd_alloc_mmap(struct iommufd_ctx *ictx, struct iommufd_object *owner,
			phys_addr_t mmio_addr, size_t length,
			unsigned long *offset) __uik(iommufd_alloc_mmap);

/** _iommufd_destroy_mmap - end it; WARN once if @owner has none there. */
void _iommufd_destroy_mmap(struct iommufd_ctx *ictx,
			   struct iommufd_object *owner, unsigned long offset)
	__uik(iommufd_destroy_mmap);

/**
 * iommufd_vdevice_to_device - the physical device behind a vDEVICE.
 *
 * Return: the device, not counted: good while the vDEVICE lives.
 */
struct device *iommufd_vdevice_to_device(struct iommufd_vdevice *vdev)
	__uik(iommufd_vdevice_to_device);

/**
 * iommufd_viommu_find_dev - the physical device that a guest calls @vdev_id.
 *
 * Context: the caller holds the lock of @viommu->vdevs, also while it uses the
 * result.
 * Return: the device; NULL if there is none, or it is not accepted yet.
 */
struct device *iommufd_viommu_find_dev(struct iommufd_viommu *viommu,
				       unsigned long vdev_id)
	__uik(iommufd_viommu_find_dev);

/**
 * iommufd_viommu_get_vdev_id - what the guest calls @dev.
 * @vdev_id: receives its virt_id, the lowest if there are several
 *
 * Context: takes the lock of @viommu->vdevs.
 * Return: 0; -ENOENT no vDEVICE of @dev here; -EINVAL @vdev_id NULL (WARN).
 */
int iommufd_viommu_get_vdev_id(struct iommufd_viommu *viommu,
			       struct device *dev, unsigned long *vdev_id)
	__uik(iommufd_viommu_get_vdev_id);

/**
 * iommufd_viommu_report_event - tell the guest of an event.
 * @type: which queue
 * @event_data: the record, copied
 * @data_len: bytes
 *
 * Context: threaded interrupt handlers may; takes @viommu->veventqs_rwsem for
 * reading.
 * Return: 0, also if the queue was full and the event lost; -EOPNOTSUPP no
 * queue of that type; -ENOMEM event lost; -EINVAL no data (WARN).
 */
int iommufd_viommu_report_event(struct iommufd_viommu *viommu,
				enum iommu_veventq_type type, void *event_data,
				size_t data_len)
	__uik(iommufd_viommu_report_event);

/**
 * iommufd_sw_msi - make an interrupt doorbell reachable for a device.
 * @domain: of iommufd, attached to the device's group
 * @desc: receives the IOVA; unchanged if the group has no software MSI window
 * @msi_addr: physical address of the doorbell
 *
 * The interrupt layer calls it before a device's message is programmed.
 *
 * Context: the iommu group's mutex is held.
 * Return: 0; -EOVERFLOW too many doorbell pages; -ENOMEM; errors of mapping.
 */
int iommufd_sw_msi(struct iommu_domain *domain, struct msi_desc *desc,
		   phys_addr_t msi_addr) __uik(iommufd_sw_msi);

/** iommufd_viommu_alloc_mmap - _iommufd_alloc_mmap() owned by a vIOMMU. */
static inline int iommufd_viommu_alloc_mmap(struct iommufd_viommu *viommu,
					    phys_addr_t mmio_addr,
					    size_t length,
					    unsigned long *offset)
{
	return _iommufd_alloc_mmap(viommu->ictx, &viommu->obj, mmio_addr,
				   length, offset);
}

/** iommufd_viommu_destroy_mmap - _iommufd_destroy_mmap() for a vIOMMU. */
static inline void iommufd_viommu_destroy_mmap(struct iommufd_viommu *viommu,
					       unsigned long offset)
{
	_iommufd_destroy_mmap(viommu->ictx, &viommu->obj, offset);
}

#define uik_assert_hw_queues(dependent, depended, member) \
	static_assert(__same_type(struct iommufd_hw_queue, \
				  (dependent)->member), \
		      "not the core's hardware queue"); \
	static_assert(__same_type(*(dependent), *(depended)), \
		      "two kinds of hardware queue")

/*
 * iommufd_hw_queue_depend - @depended cannot be destroyed before @dependent.
 * @dependent, @depended: two of the driver's queue structures
 * @member: the core's part of them
 *
 * The driver remembers whom a queue depends on and undoes it in destroy.
 * Value: 0; -EINVAL different vIOMMUs (WARN once), or the same queue twice;
 * -ENOENT @depended is being destroyed, or its own command has not published it
 * yet.  The kernel counts in that case, too: but that command may still fail, and
 * then it frees a queue that another one holds.  A driver that takes its lock
 * for the whole of hw_queue_init_phys() meets this only where commands race;
 * what it returns then is the second command's error, which may be repeated.
 * spec/60 section 12, spec/10 section 2.1
 */
#define iommufd_hw_queue_depend(dependent, depended, member) \
	({ \
		uik_assert_hw_queues(dependent, depended, member); \
		uik_hw_queue_depend(&(dependent)->member, &(depended)->member); \
	})

int uik_hw_queue_depend(struct iommufd_hw_queue *dependent,
			struct iommufd_hw_queue *depended) __uik_export;

/* iommufd_hw_queue_undepend - undo it; WARN once if vIOMMUs differ. */
#define iommufd_hw_queue_undepend(dependent, depended, member) \
	({ \
		uik_assert_hw_queues(dependent, depended, member); \
		\
		WARN_ON_ONCE((dependent)->member.viommu != \
			     (depended)->member.viommu); \
		_iommufd_object_undepend(&(dependent)->member.obj, \
					 &(depended)->member.obj); \
	})

#endif
