/* SPDX-License-Identifier: MIT */
/*
 * The mock IOMMU driver: an IOMMU without hardware, for tests.
 *
 * One instance on a machine, with a bus of its own and any number of mock
 * devices on it, each alone in its group.  Page tables are real, in memory;
 * nobody walks them but the test command.  A nested domain is a small array
 * that stands for an IOTLB, a device has one that stands for its cache.
 *
 * The driver knows nothing of iommufd but <linux/iommufd.h>; the test command
 * reaches it through the hook table of iommufd-mock.h.
 *
 * Locks, outermost first: group mutex (core), mdev->viommu_rwsem, lock of
 * viommu->vdevs, mviommu->queue_mutex.
 *
 * Facts: spec/80.
 */
#ifndef MOCK_H
#define MOCK_H

#include <linux/device.h>
#include <linux/generic_pt/iommu.h>
#include <linux/idr.h>
#include <linux/iommu.h>
#include <linux/iommufd.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/types.h>
#include <uapi/linux/iommufd_test.h>

#include "iommu-priv.h"
#include "iommufd-mock.h"

/* An instance; one on a machine. */
struct mock_iommu {
	struct iommu_device iommu_dev;
	struct device *dev;
	struct iopf_queue *iopf_queue;
	struct ida numbers;		/* of mock devices */
	struct notifier_block nb;
};

struct mock_viommu;

struct mock_dev {
	struct device dev;
	struct mock_iommu *iommu;	/* borrowed: outlives its devices */
	unsigned long flags;		/* MOCK_FLAGS_DEVICE_* */
	int number;			/* in its name; -1: named by the maker */
	u32 cache[MOCK_DEV_CACHE_NUM];	/* lock of the vIOMMU's vdevs */
	bool pasid_1024_set;		/* group mutex */
	/*
	 * Where the device is in a guest.  Attaching writes; events and faults
	 * read, and so are kept out while the device is being moved.
	 */
	struct rw_semaphore viommu_rwsem;
	struct mock_viommu *viommu;
	unsigned long vdev_id;		/* kept while @viommu stays the same */
	unsigned int iopf_users;	/* attached domains that take faults */
};

/* The plain domain and the table's are the same bytes. */
struct mock_iommu_domain {
	union {
		struct iommu_domain domain;
		struct pt_iommu iommu;
		struct pt_iommu_amdv1 amdv1;
	};
	bool dirty_tracking;
};
PT_IOMMU_CHECK_DOMAIN(struct mock_iommu_domain, iommu, domain);
PT_IOMMU_CHECK_DOMAIN(struct mock_iommu_domain, amdv1.iommu, domain);

struct mock_iommu_domain_nested {
	struct iommu_domain domain;
	struct mock_viommu *mock_viommu; /* borrowed: outlives it; or NULL */
	u32 iotlb[MOCK_NESTED_DOMAIN_IOTLB_NUM];
};

struct mock_hw_queue {
	struct iommufd_hw_queue core;
	struct mock_viommu *mock_viommu;
	struct mock_hw_queue *prev;	/* it depends on this one */
	u16 index;			/* spec/80 15.2: never set */
};

struct mock_viommu {
	struct iommufd_viommu core;
	struct mock_iommu_domain *s2_parent; /* borrowed: core.hwpt has it */
	struct mock_hw_queue *queues[IOMMU_TEST_HW_QUEUE_MAX];
	struct mutex queue_mutex;	/* queues */
	unsigned long mmap_offset;
	u32 *page;			/* two pages, or NULL */
};

#define MOCK_VIOMMU_ORDER 1		/* log2 of the pages of a vIOMMU */

extern const struct iommu_ops mock_ops;
extern const struct bus_type mock_bus_type;
extern struct iommu_domain mock_blocking_domain;

static inline struct mock_dev *to_mock_dev(struct device *dev)
{
	return container_of(dev, struct mock_dev, dev);
}

static inline struct mock_iommu_domain *
to_mock_domain(struct iommu_domain *domain)
{
	return container_of(domain, struct mock_iommu_domain, domain);
}

static inline struct mock_iommu_domain_nested *
to_mock_nested(struct iommu_domain *domain)
{
	return container_of(domain, struct mock_iommu_domain_nested, domain);
}

static inline struct mock_viommu *to_mock_viommu(struct iommufd_viommu *viommu)
{
	return container_of(viommu, struct mock_viommu, core);
}

/* --- mock_attach.c -------------------------------------------------------- */

int mock_domain_attach(struct iommu_domain *domain, struct device *dev,
		       struct iommu_domain *old);
int mock_domain_set_pasid(struct iommu_domain *domain, struct device *dev,
			  ioasid_t pasid, struct iommu_domain *old);
void mock_trigger_fault(struct device *dev, struct iopf_fault *fault);
int mock_trigger_event(struct device *dev);

/* --- mock_domain.c -------------------------------------------------------- */

struct iommu_domain *
mock_domain_alloc_paging_flags(struct device *dev, u32 flags,
			       const struct iommu_user_data *user_data);
bool mock_is_paging(struct iommu_domain *domain);
int mock_set_dirty(struct iommu_domain *domain, unsigned long iova);
bool mock_dirty_tracking(struct iommu_domain *domain);

/* --- mock_nested.c -------------------------------------------------------- */

/* @viommu: NULL for one directly on a parent. */
struct iommu_domain *
mock_nested_alloc(struct mock_viommu *viommu, u32 flags,
		  const struct iommu_user_data *user_data);
struct iommu_domain *
mock_domain_alloc_nested(struct device *dev, struct iommu_domain *parent,
			 u32 flags, const struct iommu_user_data *user_data);
bool mock_is_nested(struct iommu_domain *domain);
u32 mock_nested_iotlb(struct iommu_domain *domain, unsigned int index);

/* --- mock_viommu.c -------------------------------------------------------- */

size_t mock_get_viommu_size(struct device *dev,
			    enum iommu_viommu_type viommu_type);
int mock_viommu_init(struct iommufd_viommu *viommu,
		     struct iommu_domain *parent_domain,
		     const struct iommu_user_data *user_data);

/* --- mock_queue.c --------------------------------------------------------- */

size_t mock_get_hw_queue_size(struct iommufd_viommu *viommu,
			      enum iommu_hw_queue_type queue_type);
int mock_hw_queue_init(struct iommufd_hw_queue *hw_queue, u32 index,
		       phys_addr_t base_addr_pa);

/* --- mock_device.c -------------------------------------------------------- */

struct device *mock_dev_add(struct iommu_device *iommu, const char *name,
			    unsigned long flags);
void mock_dev_del(struct device *dev);
bool mock_is_mock_device(struct device *dev);
bool mock_is_anonymous(struct device *dev);
u32 mock_dev_cache(struct device *dev, unsigned int index);

#endif
