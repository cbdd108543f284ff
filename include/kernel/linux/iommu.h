/* SPDX-License-Identifier: MIT */
/*
 * The IOMMU core: what IOMMU drivers supply, and what their users call.
 *
 * Vocabulary.  An IOMMU instance serves devices; a driver's ops serve the
 * instances.  A group is the set of devices that the hardware cannot tell
 * apart: all of them always use the same domains.  A domain is an address
 * space: a page table, an identity map, nothing (blocked), or a table that the
 * guest owns (nested).  A PASID is an address space number that a device puts
 * on its accesses; without one (IOMMU_NO_PASID) it uses the group's domain.
 *
 * A domain is changed in one step: attach_dev() of the new domain is told the
 * old one.  If a device of the group refuses, those before it go back.
 *
 *   op of the driver           may sleep  held by the core
 *   -------------------------  ---------  ------------------------------
 *   probe_device, device_group yes        the machine's probe mutex
 *   release_device             yes        probe mutex, group mutex
 *   attach_dev, set_dev_pasid  yes        group mutex
 *   map_pages, unmap_pages     no         nothing; disjoint ranges may be
 *                                         changed at the same time
 *   page_response              yes        nothing
 *   all others                 yes        nothing
 *
 * Locks, outermost first: probe mutex, group mutex, iopf queue mutex,
 * dev->iommu->lock, a fault parameter's lock.
 *
 * Facts: spec/15 sections 2.21 and 3, spec/20 sections 3 and 16, spec/30
 * sections 5 and 9.
 */
#ifndef __LINUX_IOMMU_H
#define __LINUX_IOMMU_H

#include <linux/device.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/idr.h>
#include <linux/iova_bitmap.h>
#include <linux/list.h>
#include <linux/mmu_notifier.h>
#include <linux/mutex.h>
#include <linux/of.h>
#include <linux/rbtree.h>
#include <linux/refcount.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/stddef.h>
#include <linux/types.h>
#include <linux/uaccess.h>
#include <uapi/linux/iommufd.h>
#include <uik/abi.h>

/* What a mapping allows. */
#define IOMMU_READ (1 << 0)
#define IOMMU_WRITE (1 << 1)
#define IOMMU_CACHE (1 << 2)
#define IOMMU_NOEXEC (1 << 3)
#define IOMMU_MMIO (1 << 4)
#define IOMMU_PRIV (1 << 5)

/* A process address space ID. */
typedef unsigned int ioasid_t;

#define IOMMU_NO_PASID 0U
#define IOMMU_FIRST_GLOBAL_PASID 1U
#define IOMMU_PASID_INVALID (-1U)

struct attribute_group;
struct bus_type;
struct dentry;
struct fwnode_handle;
struct iommu_attach_handle;
struct iommu_dirty_ops;
struct iommu_domain;
struct iommu_domain_ops;
struct iommu_group;
struct iommu_iotlb_gather;
struct iommu_ops;
struct iommufd_hw_pagetable;
struct iommufd_viommu;
struct iopf_group;
struct iopf_queue;
struct mm_struct;
struct module;
struct notifier_block;

/* Kinds of domain, made of what they do. */
#define __IOMMU_DOMAIN_PAGING (1U << 0)	/* has a page table */
#define __IOMMU_DOMAIN_DMA_API (1U << 1) /* for kernel drivers' DMA */
#define __IOMMU_DOMAIN_PT (1U << 2)	/* passes everything through */
#define __IOMMU_DOMAIN_DMA_FQ (1U << 3)	/* flushes lazily */
#define __IOMMU_DOMAIN_SVA (1U << 4)	/* a process's address space */
#define __IOMMU_DOMAIN_PLATFORM (1U << 5)
#define __IOMMU_DOMAIN_NESTED (1U << 6)	/* the user's, on a parent */

#define IOMMU_DOMAIN_BLOCKED (0U)
#define IOMMU_DOMAIN_IDENTITY (__IOMMU_DOMAIN_PT)
#define IOMMU_DOMAIN_UNMANAGED (__IOMMU_DOMAIN_PAGING)
#define IOMMU_DOMAIN_DMA (__IOMMU_DOMAIN_PAGING | __IOMMU_DOMAIN_DMA_API)
#define IOMMU_DOMAIN_DMA_FQ (IOMMU_DOMAIN_DMA | __IOMMU_DOMAIN_DMA_FQ)
#define IOMMU_DOMAIN_SVA (__IOMMU_DOMAIN_SVA)
#define IOMMU_DOMAIN_PLATFORM (__IOMMU_DOMAIN_PLATFORM)
#define IOMMU_DOMAIN_NESTED (__IOMMU_DOMAIN_NESTED)

struct iommu_domain_geometry {
	dma_addr_t aperture_start;	/* first IOVA that can be mapped */
	dma_addr_t aperture_end;	/* last one */
	bool force_aperture;		/* DMA outside of it is refused */
};

/* Whose pointer the cookie of a domain is. */
enum iommu_domain_cookie_type {
	IOMMU_COOKIE_NONE,
	IOMMU_COOKIE_DMA_IOVA,
	IOMMU_COOKIE_DMA_MSI,
	IOMMU_COOKIE_FAULT_HANDLER,
	IOMMU_COOKIE_SVA,
	IOMMU_COOKIE_IOMMUFD,
};

/**
 * struct iommu_domain - an address space for devices
 * @type: IOMMU_DOMAIN_*; set by the driver, or by iommu_paging_domain_alloc()
 * @cookie_type: which of the cookies is valid
 * @is_iommupt: the domain is the first member of a struct pt_iommu: the core
 *	maps whole ranges through it (<linux/generic_pt/iommu.h>)
 * @ops: set by the driver
 * @dirty_ops: NULL: no dirty tracking
 * @owner: ops of the instance it belongs to; set by whoever allocates it; NULL
 *	in static domains
 * @pgsize_bitmap: sizes that one entry of the page table can have
 * @geometry: paging domains only
 * @iopf_handler: takes page faults.  0: the group is the handler's, to be
 *	answered once and freed.  Otherwise the core answers FAILURE and frees.
 */
struct iommu_domain {
	unsigned type;
	enum iommu_domain_cookie_type cookie_type;
	bool is_iommupt;
	const struct iommu_domain_ops *ops;
	const struct iommu_dirty_ops *dirty_ops;
	const struct iommu_ops *owner;
	unsigned long pgsize_bitmap;
	struct iommu_domain_geometry geometry;
	int (*iopf_handler)(struct iopf_group *group);
	union {
		void *iova_cookie;
		void *msi_cookie;
		struct iommufd_hw_pagetable *iommufd_hwpt;
		struct mm_struct *mm;
	};
};

/* Embedded first in what the user of an attachment wants to keep with it. */
struct iommu_attach_handle {
	struct iommu_domain *domain;	/* set by the core */
};

enum iommu_cap {
	IOMMU_CAP_CACHE_COHERENCY,	/* IOMMU_CACHE works */
	IOMMU_CAP_NOEXEC,		/* IOMMU_NOEXEC works */
	IOMMU_CAP_PRE_BOOT_PROTECTION,
	IOMMU_CAP_ENFORCE_CACHE_COHERENCY, /* domains can enforce snooping */
	IOMMU_CAP_DEFERRED_FLUSH,
	IOMMU_CAP_DIRTY_TRACKING,
	IOMMU_CAP_PCI_ATS_SUPPORTED,
};

enum iommu_resv_type {
	IOMMU_RESV_DIRECT,		/* must be mapped 1:1 all the time */
	IOMMU_RESV_DIRECT_RELAXABLE,	/* the same until assigned */
	IOMMU_RESV_RESERVED,		/* must not be mapped */
	IOMMU_RESV_MSI,			/* the hardware's MSI window */
	IOMMU_RESV_SW_MSI,		/* MSI window that software manages */
};

/* A range of IOVAs that a device does not have for itself. */
struct iommu_resv_region {
	struct list_head list;
	phys_addr_t start;
	size_t length;			/* bytes */
	int prot;
	enum iommu_resv_type type;
	/* Frees it; NULL: kfree(). */
	void (*free)(struct device *dev, struct iommu_resv_region *region);
};

struct iommu_pages_list {
	struct list_head pages;
};

#define IOMMU_PAGES_LIST_INIT(name) \
	((struct iommu_pages_list){ .pages = LIST_HEAD_INIT((name).pages) })

/**
 * struct iommu_iotlb_gather - unmapped ranges whose IOTLB entries still live
 * @start: first IOVA
 * @end: last IOVA; below @start: nothing gathered
 * @pgsize: of the entries; 0: not known
 * @freelist: table pages to be freed after the flush
 * @queued: the flush will be done later for all
 */
struct iommu_iotlb_gather {
	unsigned long start;
	unsigned long end;
	size_t pgsize;
	struct iommu_pages_list freelist;
	bool queued;
};

#define IOMMU_DIRTY_NO_CLEAR (1 << 0)

/* Where dirty IOVAs are recorded, and what has to be flushed for them. */
struct iommu_dirty_bitmap {
	struct iova_bitmap *bitmap;		/* NULL: not recorded */
	struct iommu_iotlb_gather *gather;	/* NULL: not flushed */
};

/**
 * struct iommu_dirty_ops - dirty tracking of a paging domain
 * @set_dirty_tracking: on or off
 * @read_and_clear_dirty: record the dirty entries that overlap the range with
 *	iommu_dirty_bitmap_record(), each as a whole, and clean them unless
 *	@flags has IOMMU_DIRTY_NO_CLEAR
 */
struct iommu_dirty_ops {
	int (*set_dirty_tracking)(struct iommu_domain *domain, bool enabled);
	int (*read_and_clear_dirty)(struct iommu_domain *domain,
				    unsigned long iova, size_t size,
				    unsigned long flags,
				    struct iommu_dirty_bitmap *dirty);
};

/* A structure of the user; the copy functions below check type and length. */
struct iommu_user_data {
	unsigned int type;
	void __user *uptr;
	size_t len;			/* bytes */
};

/* An array of them; a driver stores in @entry_num how many it has done. */
struct iommu_user_data_array {
	unsigned int type;
	void __user *uptr;
	size_t entry_len;		/* bytes from one to the next */
	u32 entry_num;
};

/* Page requests of devices. */
#define IOMMU_FAULT_PAGE_REQ 1
#define IOMMU_FAULT_PERM_READ (1 << 0)
#define IOMMU_FAULT_PERM_WRITE (1 << 1)
#define IOMMU_FAULT_PERM_EXEC (1 << 2)
#define IOMMU_FAULT_PERM_PRIV (1 << 3)
#define IOMMU_FAULT_PAGE_REQUEST_PASID_VALID (1 << 0)
#define IOMMU_FAULT_PAGE_REQUEST_LAST_PAGE (1 << 1)
#define IOMMU_FAULT_PAGE_RESPONSE_NEEDS_PASID (1 << 2)

struct iommu_fault_page_request {
	u32 flags;
	u32 pasid;
	u32 grpid;			/* requests answered together */
	u32 perm;
	u64 addr;
	u64 private_data[2];
};

struct iommu_fault {
	u32 type;			/* IOMMU_FAULT_PAGE_REQ */
	struct iommu_fault_page_request prm;
};

enum iommu_page_response_code {
	IOMMU_PAGE_RESP_SUCCESS = 0,
	IOMMU_PAGE_RESP_INVALID,
	IOMMU_PAGE_RESP_FAILURE,
};

struct iommu_page_response {
	u32 pasid;
	u32 grpid;
	u32 code;
};

struct iopf_fault {
	struct iommu_fault fault;
	struct list_head list;
};

/**
 * struct iopf_group - page requests that get one answer
 * @last_fault: the one flagged LAST_PAGE; the end of @faults
 * @faults: in order of arrival, by iopf_fault.list
 * @fault_count: how many
 * @pending_node: empty: nobody but the handler has the group
 * @attach_handle: of the domain that the fault goes to
 * @fault_param: of the device; one reference, so that it can be answered
 * @node: the handler's
 * @cookie: the handler's
 * @answered: its answer has been given
 */
struct iopf_group {
	struct iopf_fault last_fault;
	struct list_head faults;
	size_t fault_count;
	struct list_head pending_node;
	struct iommu_attach_handle *attach_handle;
	struct iommu_fault_param *fault_param;
	struct list_head node;
	u32 cookie;
	bool answered;
};

/* A device's part in page requests, from adding it to a queue on. */
struct iommu_fault_param {
	spinlock_t lock;		/* partial */
	refcount_t users;
	struct device *dev;		/* borrowed: outlives all groups */
	struct iopf_queue *queue;	/* borrowed; NULL: removed */
	struct list_head queue_list;	/* in queue's devices; queue's mutex */
	struct list_head partial;	/* requests not flagged LAST_PAGE */
};

struct iommu_fwspec {
	struct fwnode_handle *iommu_fwnode;	/* borrowed */
	u32 flags;
	unsigned int num_ids;
	u32 ids[];
};

#define IOMMU_FWSPEC_PCI_RC_ATS (1 << 0)
#define IOMMU_FWSPEC_PCI_RC_CANWBS (1 << 1)

/* What the core and the driver know of a device. */
struct dev_iommu {
	spinlock_t lock;			/* fault_param */
	struct iommu_fault_param *fault_param;	/* counted, or NULL */
	struct iommu_fwspec *fwspec;		/* owned, or NULL */
	struct iommu_device *iommu_dev;		/* NULL: not probed */
	void *priv;				/* the driver's */
	u32 max_pasids;				/* PASIDs are below it */
	u32 attach_deferred : 1;
	u32 require_direct : 1;			/* it has IOMMU_RESV_DIRECT */
};

/**
 * struct iommu_device - an IOMMU instance
 * @list: the core's
 * @ops: set by iommu_device_register(); the address is kept, not a copy
 * @fwnode: names it to its devices; the core's own one if NULL
 * @dev: for messages
 * @max_pasids: limit for its devices; 0: none supported
 * @own_fwnode: the core's
 */
struct iommu_device {
	struct list_head list;
	const struct iommu_ops *ops;
	struct fwnode_handle *fwnode;
	struct device *dev;
	u32 singleton_group_count;
	u32 max_pasids;
	struct iommu_group *singleton_group;
	struct fwnode_handle own_fwnode;
};

/**
 * struct iommu_ops - what an IOMMU driver supplies
 * @capable: NULL: nothing
 * @hw_info: a description for user space, heap memory that the caller frees;
 *	*@type is what is wanted (0: the default) and receives what it is;
 *	ERR_PTR(-EOPNOTSUPP) for an unknown type
 * @domain_alloc_identity: if there is no static @identity_domain
 * @domain_alloc_paging_flags: a paging domain for user space; sets its type,
 *	ops and the rest; refuses what it does not know with -EOPNOTSUPP
 * @domain_alloc_paging: a plain one; the core fills type, ops and owner
 * @domain_alloc_sva: not called by this kit
 * @domain_alloc_nested: a domain of type NESTED on @parent
 * @probe_device: serve a device; the instance, or ERR_PTR (-ENODEV: not ours)
 * @release_device: stop serving it.  Optional.
 * @probe_finalize: it is in a group and attached.  Optional.
 * @device_group: its group, with a reference; see generic_device_group()
 * @get_resv_regions: append to @list what the device must leave alone
 * @of_xlate: not called: there is no device tree
 * @is_attach_deferred: not called
 * @page_response: mandatory for page requests
 * @def_domain_type: IOMMU_DOMAIN_IDENTITY, _DMA, or 0: no matter
 * @get_viommu_size: by VIOMMU_STRUCT_SIZE(); 0: no such vIOMMUs
 * @viommu_init: see <linux/iommufd.h>
 * @default_domain_ops: of domains of @domain_alloc_paging
 * @identity_domain, @blocked_domain, @release_domain, @default_domain: static
 *	domains, each optional.  A static domain has type and ops.
 * @user_pasid_table: faults with a PASID of their own go to the RID's nested
 *	domain
 */
struct iommu_ops {
	bool (*capable)(struct device *dev, enum iommu_cap);
	void *(*hw_info)(struct device *dev, u32 *length,
			 enum iommu_hw_info_type *type);

	struct iommu_domain *(*domain_alloc_identity)(struct device *dev);
	struct iommu_domain *(*domain_alloc_paging_flags)(
		struct device *dev, u32 flags,
		const struct iommu_user_data *user_data);
	struct iommu_domain *(*domain_alloc_paging)(struct device *dev);
	struct iommu_domain *(*domain_alloc_sva)(struct device *dev,
						 struct mm_struct *mm);
	struct iommu_domain *(*domain_alloc_nested)(
		struct device *dev, struct iommu_domain *parent, u32 flags,
		const struct iommu_user_data *user_data);

	struct iommu_device *(*probe_device)(struct device *dev);
	void (*release_device)(struct device *dev);
	void (*probe_finalize)(struct device *dev);
	struct iommu_group *(*device_group)(struct device *dev);

	void (*get_resv_regions)(struct device *dev, struct list_head *list);
	int (*of_xlate)(struct device *dev, const struct of_phandle_args *args);
	bool (*is_attach_deferred)(struct device *dev);

	void (*page_response)(struct device *dev, struct iopf_fault *evt,
			      struct iommu_page_response *msg);

	int (*def_domain_type)(struct device *dev);

	size_t (*get_viommu_size)(struct device *dev,
				  enum iommu_viommu_type viommu_type);
	int (*viommu_init)(struct iommufd_viommu *viommu,
			   struct iommu_domain *parent_domain,
			   const struct iommu_user_data *user_data);

	const struct iommu_domain_ops *default_domain_ops;
	struct module *owner;
	struct iommu_domain *identity_domain;
	struct iommu_domain *blocked_domain;
	struct iommu_domain *release_domain;
	struct iommu_domain *default_domain;
	u8 user_pasid_table : 1;
};

/**
 * struct iommu_domain_ops - what a driver supplies for a domain
 * @attach_dev: @dev uses @domain from now on; @old is what it used or NULL.  On
 *	failure nothing has changed.
 * @set_dev_pasid: the same for one PASID
 * @map_pages: @pgcount entries of @pgsize; *@mapped is raised by the bytes
 *	that are mapped, also on failure
 * @unmap_pages: undo; bytes unmapped
 * @flush_iotlb_all, @iotlb_sync_map, @iotlb_sync: cached translations
 * @cache_invalidate_user: the guest's commands for a nested domain
 * @iova_to_phys: 0 if not mapped
 * @enforce_cache_coherency: snoop always from now on; false: cannot
 * @set_pgtable_quirks: not called
 * @free: mandatory unless static
 */
struct iommu_domain_ops {
	int (*attach_dev)(struct iommu_domain *domain, struct device *dev,
			  struct iommu_domain *old);
	int (*set_dev_pasid)(struct iommu_domain *domain, struct device *dev,
			     ioasid_t pasid, struct iommu_domain *old);

	int (*map_pages)(struct iommu_domain *domain, unsigned long iova,
			 phys_addr_t paddr, size_t pgsize, size_t pgcount,
			 int prot, gfp_t gfp, size_t *mapped);
	size_t (*unmap_pages)(struct iommu_domain *domain, unsigned long iova,
			      size_t pgsize, size_t pgcount,
			      struct iommu_iotlb_gather *iotlb_gather);

	void (*flush_iotlb_all)(struct iommu_domain *domain);
	int (*iotlb_sync_map)(struct iommu_domain *domain, unsigned long iova,
			      size_t size);
	void (*iotlb_sync)(struct iommu_domain *domain,
			   struct iommu_iotlb_gather *iotlb_gather);
	int (*cache_invalidate_user)(struct iommu_domain *domain,
				     struct iommu_user_data_array *array);

	phys_addr_t (*iova_to_phys)(struct iommu_domain *domain,
				    dma_addr_t iova);

	bool (*enforce_cache_coherency)(struct iommu_domain *domain);
	int (*set_pgtable_quirks)(struct iommu_domain *domain,
				  unsigned long quirks);

	void (*free)(struct iommu_domain *domain);
};

/* Where IOMMU drivers put their directories; NULL: there is no debugfs. */
extern struct dentry *iommu_debugfs_dir __uik(iommu_debugfs_dir);

/* ---- instances and devices ---- */

/**
 * iommu_device_register - an instance begins to serve.
 * @iommu: zeroed but for fwnode and max_pasids; stays until unregistered
 * @ops: its address is kept
 * @hwdev: the instance's own device, or NULL
 *
 * Devices that are there already and whose fwspec names it are probed.
 * Context: may sleep.
 * Return: 0, or the first error of a probe (then it is not registered).
 */
int iommu_device_register(struct iommu_device *iommu,
			  const struct iommu_ops *ops, struct device *hwdev)
	__uik(iommu_device_register);
/** iommu_device_unregister - it stops serving; its devices are released. */
void iommu_device_unregister(struct iommu_device *iommu)
	__uik(iommu_device_unregister);

/** iommu_device_sysfs_add - there is no sysfs: 0. */
static inline __attribute__((__format__(__printf__, 4, 5))) int
iommu_device_sysfs_add(struct iommu_device *iommu, struct device *parent,
		       const struct attribute_group **groups, const char *fmt,
		       ...)
{
	return 0;
}

static inline void iommu_device_sysfs_remove(struct iommu_device *iommu)
{
}

/**
 * iommu_fwspec_init - say which instance serves a device, before it is added.
 * @iommu_fwnode: the fwnode of the instance
 *
 * Return: 0; -EINVAL another instance was named before; -ENOMEM.
 */
int iommu_fwspec_init(struct device *dev, struct fwnode_handle *iommu_fwnode)
	__uik(iommu_fwspec_init);
/** iommu_fwspec_add_ids - what the device puts on the bus; 0, -EINVAL, -ENOMEM. */
int iommu_fwspec_add_ids(struct device *dev, const u32 *ids, int num_ids)
	__uik(iommu_fwspec_add_ids);
/** iommu_fwspec_free - undo both; NULL-safe when there is none. */
void iommu_fwspec_free(struct device *dev) __uik(iommu_fwspec_free);

static inline struct iommu_fwspec *dev_iommu_fwspec_get(struct device *dev)
{
	return dev->iommu ? dev->iommu->fwspec : NULL;
}

static inline void *dev_iommu_priv_get(struct device *dev)
{
	return dev->iommu ? dev->iommu->priv : NULL;
}

/* Only between probe_device and release_device. */
static inline void dev_iommu_priv_set(struct device *dev, void *priv)
{
	dev->iommu->priv = priv;
}

static inline struct iommu_device *dev_to_iommu_device(struct device *dev)
{
	return dev->iommu->iommu_dev;
}

/* The driver's structure around the instance that serves @dev. */
#define iommu_get_iommu_dev(dev, type, member) \
	container_of((dev)->iommu->iommu_dev, type, member)

static inline bool device_iommu_mapped(struct device *dev)
{
	return dev->iommu_group != NULL;
}

/** device_iommu_capable - false also without IOMMU or without the op. */
bool device_iommu_capable(struct device *dev, enum iommu_cap cap)
	__uik(device_iommu_capable);

/** iommu_get_resv_regions - append the device's regions to @list. */
void iommu_get_resv_regions(struct device *dev, struct list_head *list)
	__uik(iommu_get_resv_regions);
/** iommu_put_resv_regions - free what that gave. */
void iommu_put_resv_regions(struct device *dev, struct list_head *list)
	__uik(iommu_put_resv_regions);
/** iommu_alloc_resv_region - one for get_resv_regions; NULL without memory. */
struct iommu_resv_region *
iommu_alloc_resv_region(phys_addr_t start, size_t length, int prot,
			enum iommu_resv_type type, gfp_t gfp)
	__uik(iommu_alloc_resv_region);

/* ---- domains ---- */

/**
 * iommu_paging_domain_alloc - an empty page table for a device.
 *
 * Return: to be freed by iommu_domain_free(); ERR_PTR(-ENODEV) no IOMMU,
 * -EOPNOTSUPP, -ENOMEM, what the driver says.
 */
struct iommu_domain *iommu_paging_domain_alloc(struct device *dev)
	__uik(iommu_paging_domain_alloc);
/** iommu_paging_domain_alloc_flags - the same; -EOPNOTSUPP unknown @flags. */
struct iommu_domain *iommu_paging_domain_alloc_flags(struct device *dev,
						     unsigned int flags)
	__uik(iommu_paging_domain_alloc_flags);
/** iommu_domain_free - nothing is attached to it any more. */
void iommu_domain_free(struct iommu_domain *domain) __uik(iommu_domain_free);

/**
 * iommu_map - map a physically contiguous range.
 * @iova: where; @paddr: to what; @size: bytes; @prot: IOMMU_READ and so on
 *
 * All or nothing.  The fewest entries that the driver's page sizes allow.
 * Context: the caller keeps others off the range; may sleep if @gfp says so.
 * Return: 0; -EINVAL not a paging domain, or not aligned to its smallest page
 * (-ENXIO from a struct pt_iommu); -ENODEV it cannot map; -ENOMEM; -ERANGE
 * addresses too large; -EADDRINUSE something is mapped there.
 */
int iommu_map(struct iommu_domain *domain, unsigned long iova,
	      phys_addr_t paddr, size_t size, int prot, gfp_t gfp)
	__uik(iommu_map);
/** iommu_map_nosync - iommu_map() without iommu_sync_map(). */
int iommu_map_nosync(struct iommu_domain *domain, unsigned long iova,
		     phys_addr_t paddr, size_t size, int prot, gfp_t gfp)
	__uik(iommu_map_nosync);
/** iommu_sync_map - tell the hardware of new mappings; 0 or the driver's. */
int iommu_sync_map(struct iommu_domain *domain, unsigned long iova, size_t size)
	__uik(iommu_sync_map);
/**
 * iommu_unmap - undo mappings and flush the IOTLB.
 *
 * Entries go whole.  Return: bytes unmapped, up to the first hole.
 */
size_t iommu_unmap(struct iommu_domain *domain, unsigned long iova, size_t size)
	__uik(iommu_unmap);
/** iommu_unmap_fast - the same, the flush is left to @gather's user. */
size_t iommu_unmap_fast(struct iommu_domain *domain, unsigned long iova,
			size_t size, struct iommu_iotlb_gather *gather)
	__uik(iommu_unmap_fast);
/** iommu_iova_to_phys - what @iova leads to; 0 if nothing. */
phys_addr_t iommu_iova_to_phys(struct iommu_domain *domain, dma_addr_t iova)
	__uik(iommu_iova_to_phys);

static inline void iommu_flush_iotlb_all(struct iommu_domain *domain)
{
	if (domain->ops->flush_iotlb_all)
		domain->ops->flush_iotlb_all(domain);
}

static inline void iommu_iotlb_gather_init(struct iommu_iotlb_gather *gather)
{
	gather->start = ULONG_MAX;
	gather->end = 0;
	gather->pgsize = 0;
	INIT_LIST_HEAD(&gather->freelist.pages);
	gather->queued = false;
}

/* Flushes what was gathered and begins again. */
static inline void iommu_iotlb_sync(struct iommu_domain *domain,
				    struct iommu_iotlb_gather *gather)
{
	if (domain->ops->iotlb_sync && gather->start <= gather->end)
		domain->ops->iotlb_sync(domain, gather);
	iommu_iotlb_gather_init(gather);
}

/* Whether a range neither touches nor overlaps what was gathered. */
static inline bool
iommu_iotlb_gather_is_disjoint(struct iommu_iotlb_gather *gather,
			       unsigned long iova, size_t size)
{
	unsigned long last = iova + size - 1;

	return gather->start <= gather->end &&
	       ((gather->end != ULONG_MAX && iova > gather->end + 1) ||
		(last != ULONG_MAX && last + 1 < gather->start));
}

/* Widens what was gathered to hold @size bytes at @iova too. */
static inline void
iommu_iotlb_gather_add_range(struct iommu_iotlb_gather *gather,
			     unsigned long iova, size_t size)
{
	unsigned long last = iova + size - 1;

	if (gather->start > iova)
		gather->start = iova;
	if (gather->end < last)
		gather->end = last;
}

/* The same; what cannot be gathered together is flushed first. */
static inline void
iommu_iotlb_gather_add_page(struct iommu_domain *domain,
			    struct iommu_iotlb_gather *gather,
			    unsigned long iova, size_t size)
{
	if ((gather->pgsize && gather->pgsize != size) ||
	    iommu_iotlb_gather_is_disjoint(gather, iova, size))
		iommu_iotlb_sync(domain, gather);
	gather->pgsize = size;
	iommu_iotlb_gather_add_range(gather, iova, size);
}

static inline bool iommu_iotlb_gather_queued(struct iommu_iotlb_gather *gather)
{
	return gather && gather->queued;
}

static inline void iommu_dirty_bitmap_init(struct iommu_dirty_bitmap *dirty,
					   struct iova_bitmap *bitmap,
					   struct iommu_iotlb_gather *gather)
{
	if (gather)
		iommu_iotlb_gather_init(gather);
	dirty->bitmap = bitmap;
	dirty->gather = gather;
}

/**
 * iommu_dirty_bitmap_record - an entry of a page table was dirty.
 * @iova: its first IOVA
 * @length: its size, bytes
 */
static inline void iommu_dirty_bitmap_record(struct iommu_dirty_bitmap *dirty,
					     unsigned long iova,
					     unsigned long length)
{
	if (dirty->bitmap)
		iova_bitmap_set(dirty->bitmap, iova, length);
	if (dirty->gather)
		iommu_iotlb_gather_add_range(dirty->gather, iova, length);
}

/* ---- structures of the user ---- */

/* Helper of iommu_copy_struct_from_user(). */
int __iommu_copy_struct_from_user(void *dst,
				  const struct iommu_user_data *src,
				  unsigned int data_type, size_t data_len,
				  size_t min_len)
	__uik(iommu_copy_struct_from_user);
/* Helper of iommu_copy_struct_from_user_array(). */
int __iommu_copy_struct_from_user_array(
	void *dst, const struct iommu_user_data_array *src,
	unsigned int data_type, unsigned int index, size_t data_len,
	size_t min_len) __uik(iommu_copy_struct_from_user_array);
/* Helper of iommu_copy_struct_to_user(). */
int __iommu_copy_struct_to_user(const struct iommu_user_data *dst, void *src,
				unsigned int data_type, size_t data_len,
				size_t min_len)
	__uik(iommu_copy_struct_to_user);

/*
 * iommu_copy_struct_from_user - fetch a driver's structure.
 * @kdst: where to; @min_last: the last member that a caller must have
 *
 * Each byte is fetched once; what the caller does not have is cleared.
 * Value: 0; -EINVAL wrong type or length (NULL: WARN); -EFAULT.
 */
#define iommu_copy_struct_from_user(kdst, user_data, data_type, min_last) \
	__iommu_copy_struct_from_user((kdst), (user_data), (data_type), \
				      sizeof(*(kdst)), \
				      offsetofend(typeof(*(kdst)), min_last))
/* iommu_copy_struct_from_user_array - element @index of an array. */
#define iommu_copy_struct_from_user_array(kdst, user_array, data_type, index, \
					  min_last) \
	__iommu_copy_struct_from_user_array( \
		(kdst), (user_array), (data_type), (index), sizeof(*(kdst)), \
		offsetofend(typeof(*(kdst)), min_last))
/* iommu_copy_struct_to_user - store @user_data->len bytes of @ksrc. */
#define iommu_copy_struct_to_user(user_data, ksrc, data_type, min_last) \
	__iommu_copy_struct_to_user((user_data), (ksrc), (data_type), \
				    sizeof(*(ksrc)), \
				    offsetofend(typeof(*(ksrc)), min_last))
/**
 * iommu_copy_struct_from_full_user_array - fetch a whole array.
 * @kdst: entry_num * @kdst_entry_size bytes
 * @kdst_entry_size: bytes of an element here; the caller's may differ
 *
 * Return: 0; -EINVAL wrong type, no elements; -E2BIG an element is longer and
 * its tail not zero; -EFAULT.  spec/60 section 5
 */
int iommu_copy_struct_from_full_user_array(
	void *kdst, size_t kdst_entry_size,
	struct iommu_user_data_array *user_array, unsigned int data_type)
	__uik(iommu_copy_struct_from_full_user_array);

#include <uik/iommu_fault.h>
#include <uik/iommu_group.h>

#endif
