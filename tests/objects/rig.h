/* SPDX-License-Identifier: MIT */
/*
 * A machine with an IOMMU driver of the tests' own, and a context on it.
 *
 * The driver does what the knobs say and records what it is asked.  It is
 * written against the driver kit only, like any other.
 */
#ifndef TESTS_OBJECTS_RIG_H
#define TESTS_OBJECTS_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <cmocka.h>
#include <linux/generic_pt/iommu.h>
#include <linux/iommu.h>
#include <linux/iommufd.h>
#include <linux/slab.h>
#include <uik/clock.h>
#include <uik/machine.h>
#include <uik/task.h>
#include <uik/warn.h>
#include <uiommufd/client.h>

#include "core/core.h"
#include "objects/objects.h"

#define RIG_DEVICES 4
#define RIG_DATA_TYPE 77	/* of nested domains, invalidations */
#define RIG_VIOMMU_TYPE 5
#define RIG_QUEUE_TYPE 6
#define RIG_EVENT_TYPE 9

/* What user space gives with a nested HWPT. */
struct rig_nested_data {
	u32 value;
	u32 extra;
};

struct rig_device {
	struct device dev;
	unsigned int index;
	unsigned int attached;		/* attach_dev calls */
	bool faults;			/* added to the fault queue */
	bool plugged;
};

struct rig_domain {
	struct pt_iommu_amdv1 table;
};

struct rig_nested {
	struct iommu_domain domain;
	u32 value;
};

struct rig_viommu {
	struct iommufd_viommu core;
	u32 value;
};

struct rig_vdevice {
	struct iommufd_vdevice core;
	u64 magic;
	u8 zeroed;			/* seen so by vdevice_init */
};

struct rig_queue {
	struct iommufd_hw_queue core;
	u32 index;
	phys_addr_t base;
	struct rig_queue *depends;
};

/* What the driver does. */
struct rig_knobs {
	bool incoherent;		/* no IOMMU_CAP_CACHE_COHERENCY */
	bool enforce;			/* IOMMU_CAP_ENFORCE_CACHE_COHERENCY */
	bool enforce_refused;
	bool dirty;			/* IOMMU_CAP_DIRTY_TRACKING */
	bool ats;			/* IOMMU_CAP_PCI_ATS_SUPPORTED */
	int alloc_error;
	int attach_error;
	int pasid_error;
	int nested_error;
	bool nested_wrong_type;
	int hw_info_error;
	bool hw_info_type_none;
	/* Reserved regions of every device. */
	unsigned int region_count;
	struct {
		phys_addr_t start;
		size_t length;
		enum iommu_resv_type type;
	} regions[3];
	/* vIOMMU */
	size_t viommu_size;		/* 0: of struct rig_viommu */
	bool viommu_unsupported;
	int viommu_error;
	bool viommu_no_ops;
	const struct iommufd_viommu_ops *viommu_ops; /* NULL: the rig's */
	/* vDEVICE: called in vdevice_init and in destroy. */
	int vdevice_error;
	bool vdevice_destroy_before_error;
	void (*vdevice_init)(struct rig_vdevice *vdev);
	void (*vdevice_destroy)(struct rig_vdevice *vdev);
	/* HW queue */
	bool queue_unsupported;
	size_t queue_size;
	int queue_error;
	bool queue_depends;		/* on the queue of the lower index */
	/* Made to depend on the one in its making; or NULL. */
	struct rig_queue *queue_waits;
	/* Invalidation. */
	int invalidate_error;
	u32 invalidate_done;
};

/* What the driver was asked. */
struct rig_seen {
	unsigned int viommu_init, viommu_destroy;
	bool viommu_data;
	unsigned int vdevice_init, vdevice_destroy;
	unsigned int queue_init, queue_destroy;
	int queue_waits;		/* what that gave */
	unsigned int domain_free;
	unsigned int attach, pasid;
	u32 invalidate_num;
	unsigned int responses;
	u32 last_response;
};

struct rig {
	struct uik_machine *machine;
	struct uik_machine *outer;
	struct iommu_device iommu;
	struct iommu_device other_iommu; /* serves the last device */
	struct iopf_queue *iopf;
	struct rig_device device[RIG_DEVICES];
	struct iommufd_device *idev[RIG_DEVICES]; /* bound by the tests */
	u32 dev_id[RIG_DEVICES];
	struct rig_queue *queues[8];
	int fd;
	u64 blocks;			/* when nothing was open */
};

extern struct rig_knobs knobs;
extern struct rig_seen seen;
extern struct rig *the_rig;
extern const struct iommufd_viommu_ops rig_viommu_ops;
extern const struct iommu_ops rig_ops, rig_bare_ops;

/* Fixture; teardown demands that nothing is left and no warning was given. */
int rig_setup(void **state);
int rig_setup_auto_clock(void **state);
int rig_teardown(void **state);

/* Binds and unbinds device @i; asserts success. */
struct iommufd_device *rig_bind(struct rig *rig, unsigned int i);
void rig_unbind(struct rig *rig, unsigned int i);
struct iommufd_ctx *rig_ctx(struct rig *rig);
struct iommufd_object *rig_object(struct rig *rig, u32 id);
u32 rig_users(struct rig *rig, u32 id);

/* 0 or a negative errno. */
int rig_ioctl(struct rig *rig, unsigned long request, void *cmd);
int rig_destroy(struct rig *rig, u32 id);
/* Makers that assert success; they return the ID. */
u32 rig_ioas(struct rig *rig);
u32 rig_hwpt(struct rig *rig, unsigned int dev, u32 pt_id, u32 flags);
u32 rig_nested(struct rig *rig, unsigned int dev, u32 pt_id);
u32 rig_viommu(struct rig *rig, unsigned int dev, u32 hwpt_id);
/* The ID, or a negative errno. */
int rig_vdevice(struct rig *rig, u32 viommu, unsigned int dev, u64 virt_id);

/* A bound device 0, an IOAS, a nesting parent, a vIOMMU: their IDs. */
struct rig_guest {
	u32 ioas, parent, viommu;
};
struct rig_guest rig_guest(struct rig *rig);
void rig_guest_end(struct rig *rig, struct rig_guest *guest);

/* Objects and blocks that live now. */
struct uik_audit rig_audit(struct rig *rig);

/*
 * Size rules of a command: too small EINVAL, tail not zero E2BIG, size or
 * structure unreadable EFAULT, wrong number ENOTTY.  @cmd: its structure with
 * valid contents, @size bytes, followed by room for 16 more.
 */
void rig_check_sizes(struct rig *rig, unsigned long request, void *cmd,
		     size_t size, size_t min_size);

/*
 * Fails every step of @op in turn, once and sticky: it must return an errno of
 * the list, leave objects and blocks as they were, and give no warning; at last
 * it succeeds and @undo is called.  @errnos ends with 0.
 */
void rig_sweep(struct rig *rig, int (*op)(struct rig *rig),
	       void (*undo)(struct rig *rig), const int *errnos);

#define RIG_TEST(name) \
	cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)
#define RIG_TEST_AUTO(name) \
	cmocka_unit_test_setup_teardown(name, rig_setup_auto_clock, \
					rig_teardown)

#endif
