// SPDX-License-Identifier: MIT
/* The driver of rig_driver.h, written against the driver kit only. */
#include "explore/rig_driver.h"

#include <linux/delay.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/generic_pt/iommu.h>
#include <linux/iommu.h>
#include <linux/iommufd.h>
#include <linux/module.h>
#include <linux/msi.h>
#include <linux/platform_device.h>
#include <linux/property.h>
#include <linux/slab.h>
#include <uik/machine.h>
#include <uik/pin.h>

#include <iommu-priv.h>

#define DEVICES 4
#define PASID_BITS 3
#define READY 0x600d600du
#define ENDED 0xdeadu

struct own_domain {
	struct pt_iommu_amdv1 table;
	bool enforces;			/* coherency of what devices do */
};

struct own_viommu_part {
	struct iommufd_viommu core;
	struct iommu_domain *parent;
};

struct own_vdevice {
	struct iommufd_vdevice core;
	u32 state;			/* 0, READY, ENDED */
};

struct own_knobs own_knobs;
struct own_seen own_seen;

static const struct bus_type own_bus = { .name = "own" };
static struct notifier_block own_notifier;
static struct device devices[DEVICES];
static unsigned int device_count;

/* What the hardware does: which domain each device uses, by PASID. */
static struct {
	struct iommu_domain *domain[1 << PASID_BITS];
} seats[DEVICES];
static struct iommu_device own_iommu;
static struct iopf_queue *own_requests;
static struct uiommufd_run *the_run;

/* ---- vDEVICEs ---- */

static struct own_vdevice *to_own(struct iommufd_vdevice *core)
{
	return container_of(core, struct own_vdevice, core);
}

/* What a lookup by the guest's ID gives; NULL: nothing. */
static struct own_vdevice *look_up(struct iommufd_viommu *viommu, u64 virt_id)
{
	struct iommufd_vdevice *core = NULL;

	xa_lock(&viommu->vdevs);
	if (iommufd_viommu_find_dev(viommu, virt_id))
		core = xa_load(&viommu->vdevs, virt_id);
	xa_unlock(&viommu->vdevs);
	return core ? to_own(core) : NULL;
}

static void own_vdevice_destroy(struct iommufd_vdevice *core)
{
	struct own_vdevice *vdev = to_own(core);

	if (vdev->state != READY)
		uiommufd_run_break(the_run, "destroy-once",
				   "destroy of a vDEVICE that is not ready");
	vdev->state = ENDED;
	rig_count(&own_seen.destroys, 1);
	rig_count(&own_seen.live, -1);
}

static int own_vdevice_init(struct iommufd_vdevice *core)
{
	struct own_vdevice *vdev = to_own(core);

	if (core->destroy || vdev->state)
		uiommufd_run_break(the_run, "init-first",
				   "memory given to vdevice_init is not clear");
	if (look_up(core->viommu, core->virt_id))
		uiommufd_run_break(the_run, "visible",
				   "vDEVICE found before vdevice_init has accepted it");
	uiommufd_run_yield(the_run, &vdev->state, true);
	if (own_knobs.refuse) {
		own_knobs.refuse--;
		return -ENOSPC;
	}
	vdev->state = READY;
	core->destroy = own_vdevice_destroy;
	rig_count(&own_seen.inits, 1);
	rig_count(&own_seen.live, 1);
	return 0;
}

static int own_invalidate(struct iommufd_viommu *viommu,
			  struct iommu_user_data_array *array)
{
	struct { u64 virt_id; } entry;
	struct own_vdevice *vdev;
	int ret;

	ret = iommu_copy_struct_from_user_array(&entry, array, OWN_DATA, 0,
						virt_id);
	array->entry_num = 0;
	if (ret)
		return ret;
	xa_lock(&viommu->vdevs);
	if (iommufd_viommu_find_dev(viommu, entry.virt_id)) {
		vdev = to_own(xa_load(&viommu->vdevs, entry.virt_id));
		if (own_knobs.ops == OWN_VDEVICE_INIT && !vdev->state)
			uiommufd_run_break(the_run, "visible",
					   "vDEVICE found that its driver has not accepted");
		array->entry_num = 1;
	} else {
		ret = -ENOENT;
	}
	xa_unlock(&viommu->vdevs);
	return ret;
}

static void own_nested_free(struct iommu_domain *domain)
{
	kfree(domain);
}

static struct iommu_domain **seat_of(const struct device *dev, ioasid_t pasid)
{
	size_t i = dev - devices;

	if (i >= device_count || pasid >= 1u << PASID_BITS)
		uiommufd_run_break(the_run, "type",
				   "an op is called for what is not ours");
	if (pasid && dev->iommu->max_pasids <= pasid)
		uiommufd_run_break(the_run, "type",
				   "%s has no PASID %u", dev_name(dev), pasid);
	return &seats[i].domain[pasid];
}

/* The core knows what each device uses; NULL: nothing yet. */
static void take_seat(struct device *dev, ioasid_t pasid,
		      struct iommu_domain *domain, struct iommu_domain *old)
{
	struct iommu_domain **seat = seat_of(dev, pasid);

	if (*seat && *seat != old)
		uiommufd_run_break(the_run, "attached",
				   "%s uses another domain at PASID %u than the core believes",
				   dev_name(dev), pasid);
	*seat = domain;
}

static int own_attach_dev(struct iommu_domain *domain, struct device *dev,
			  struct iommu_domain *old)
{
	rig_count(&own_seen.attaches, 1);
	if (own_knobs.attach_fails && !--own_knobs.attach_fails)
		return -EIO;
	take_seat(dev, IOMMU_NO_PASID, domain, old);
	return 0;
}

static int own_set_pasid(struct iommu_domain *domain, struct device *dev,
			 ioasid_t pasid, struct iommu_domain *old)
{
	take_seat(dev, pasid, domain, old);
	return 0;
}

static const struct iommu_domain_ops nested_ops = {
	.attach_dev = own_attach_dev,
	.free = own_nested_free,
};

static struct iommu_domain *nested_new(const struct iommu_user_data *user_data)
{
	struct iommu_domain *domain;
	struct { u64 word; } data;
	int ret;

	ret = iommu_copy_struct_from_user(&data, user_data, OWN_DATA, word);
	if (ret)
		return ERR_PTR(ret);
	domain = kzalloc_obj(*domain);
	if (!domain)
		return ERR_PTR(-ENOMEM);
	domain->type = IOMMU_DOMAIN_NESTED;
	domain->ops = &nested_ops;
	return domain;
}

/* What a vIOMMU is made on is there as long as it is. */
static void look_at_parent(const struct iommu_domain *parent);

static struct iommu_domain *
viommu_alloc_nested(struct iommufd_viommu *viommu, u32 flags,
		    const struct iommu_user_data *user_data)
{
	return nested_new(user_data);
}

static void own_viommu_destroy(struct iommufd_viommu *viommu)
{
	look_at_parent(container_of(viommu, struct own_viommu_part,
				    core)->parent);
}

/* vdevice_size is constant in an ops table, so there are four. */
#define VIOMMU_OPS(name, size_, init_) \
	static const struct iommufd_viommu_ops name = { \
		.destroy = own_viommu_destroy, \
		.alloc_domain_nested = viommu_alloc_nested, \
		.cache_invalidate = own_invalidate, \
		.vdevice_size = (size_), \
		.vdevice_init = (init_), \
	}

VIOMMU_OPS(ops_init, VDEVICE_STRUCT_SIZE(struct own_vdevice, core),
	   own_vdevice_init);
VIOMMU_OPS(ops_plain, 0, NULL);
VIOMMU_OPS(ops_small, sizeof(struct iommufd_vdevice) - 8, own_vdevice_init);
VIOMMU_OPS(ops_no_init, sizeof(struct own_vdevice), NULL);

static size_t own_get_viommu_size(struct device *dev,
				  enum iommu_viommu_type type)
{
	return (u32)type == OWN_VIOMMU ?
		       VIOMMU_STRUCT_SIZE(struct own_viommu_part, core) : 0;
}

static int own_viommu_init(struct iommufd_viommu *viommu,
			   struct iommu_domain *parent,
			   const struct iommu_user_data *user_data)
{
	static const struct iommufd_viommu_ops *const ops[] = {
		[OWN_VDEVICE_INIT] = &ops_init,
		[OWN_VDEVICE_PLAIN] = &ops_plain,
		[OWN_VDEVICE_SMALL] = &ops_small,
		[OWN_VDEVICE_NO_INIT] = &ops_no_init,
	};

	container_of(viommu, struct own_viommu_part, core)->parent = parent;
	viommu->ops = ops[own_knobs.ops];
	return 0;
}

/* ---- domains ---- */

static int block_dev(struct iommu_domain *domain, struct device *dev,
		     struct iommu_domain *old)
{
	take_seat(dev, IOMMU_NO_PASID, domain, old);
	return 0;
}

static int block_pasid(struct iommu_domain *domain, struct device *dev,
		       ioasid_t pasid, struct iommu_domain *old)
{
	take_seat(dev, pasid, NULL, old);
	return 0;
}

static const struct iommu_domain_ops blocked_ops = {
	.attach_dev = block_dev,
	.set_dev_pasid = block_pasid,
};

static struct iommu_domain own_blocked = {
	.type = IOMMU_DOMAIN_BLOCKED,
	.ops = &blocked_ops,
};

static struct own_domain *to_own_domain(struct iommu_domain *domain)
{
	return container_of(domain, struct own_domain, table.iommu.domain);
}

static bool enforce(struct iommu_domain *domain)
{
	to_own_domain(domain)->enforces = true;
	return true;
}

/* It has promised that its devices' accesses are coherent. */
static int paging_attach(struct iommu_domain *domain, struct device *dev,
			 struct iommu_domain *old)
{
	if (!to_own_domain(domain)->enforces)
		uiommufd_run_break(the_run, "coherent",
				   "a table is attached that does not enforce coherency");
	return own_attach_dev(domain, dev, old);
}

static void paging_free(struct iommu_domain *domain)
{
	struct own_domain *own = to_own_domain(domain);

	pt_iommu_deinit(&own->table.iommu);
	kfree(own);
}

static const struct iommu_domain_ops paging_ops = {
	IOMMU_PT_DOMAIN_OPS(amdv1),
	.attach_dev = paging_attach,
	.set_dev_pasid = own_set_pasid,
	.enforce_cache_coherency = enforce,
	.free = paging_free,
};

static void look_at_parent(const struct iommu_domain *parent)
{
	if (READ_ONCE(parent->ops) != &paging_ops)
		uiommufd_run_break(the_run, "type",
				   "the parent of a vIOMMU has ended before it");
}

#define OWN_FLAGS ((u32)(IOMMU_HWPT_ALLOC_NEST_PARENT | IOMMU_HWPT_ALLOC_PASID))

static struct iommu_domain *
alloc_paging(struct device *dev, u32 flags,
	     const struct iommu_user_data *user_data)
{
	static const struct pt_iommu_amdv1_cfg config = {
		.common = { .hw_max_vasz_lg2 = 48, .hw_max_oasz_lg2 = 52 },
	};
	struct own_domain *own;

	if (flags & ~OWN_FLAGS || user_data)
		return ERR_PTR(-EOPNOTSUPP);
	if (own_knobs.slow_ms)
		msleep(own_knobs.slow_ms);
	own = kzalloc_obj(*own);
	if (!own)
		return ERR_PTR(-ENOMEM);
	own->table.iommu.domain.ops = &paging_ops;
	if (pt_iommu_amdv1_init(&own->table, &config, GFP_KERNEL)) {
		kfree(own);
		return ERR_PTR(-ENOMEM);
	}
	return &own->table.iommu.domain;
}

/* The core has checked whose the parent is. */
static struct iommu_domain *
alloc_nested(struct device *dev, struct iommu_domain *parent, u32 flags,
	     const struct iommu_user_data *user_data)
{
	if (parent->ops != &paging_ops)
		uiommufd_run_break(the_run, "type",
				   "nested table on another driver's parent");
	return nested_new(user_data);
}

/* ---- page requests ---- */

static void page_response(struct device *dev, struct iopf_fault *evt,
			  struct iommu_page_response *response)
{
	rig_count(&own_seen.answers, 1);
	rig_count(&own_seen.refusals,
		  response->code != IOMMU_PAGE_RESP_SUCCESS);
}

int own_fault(struct uiommufd_run *run, uint32_t group, bool last)
{
	struct uik_machine *previous =
		uik_enter(uiommufd_platform_machine(uiommufd_run_platform(run)));
	struct iopf_fault fault = {
		.fault = {
			.type = IOMMU_FAULT_PAGE_REQ,
			.prm = {
				.flags = last ?
					IOMMU_FAULT_PAGE_REQUEST_LAST_PAGE : 0,
				.grpid = group,
				.perm = IOMMU_FAULT_PERM_READ,
				.addr = 0x1000 * group,
			},
		},
	};
	int ret;

	rig_count(&own_seen.asked, last);
	ret = iommu_report_device_fault(&devices[0], &fault);
	uik_leave(previous);
	return ret;
}

/* ---- devices ---- */

static bool own_capable(struct device *dev, enum iommu_cap cap)
{
	return !own_knobs.incoherent &&
	       (cap == IOMMU_CAP_CACHE_COHERENCY ||
		cap == IOMMU_CAP_ENFORCE_CACHE_COHERENCY);
}

static struct iommu_device *own_probe_device(struct device *dev)
{
	return &own_iommu;
}

static struct iommu_group *own_device_group(struct device *dev)
{
	if (dev == &devices[1] || dev == &devices[3])
		return iommu_group_ref_get(devices[0].iommu_group);
	return generic_device_group(dev);
}

static const struct iommu_ops own_ops = {
	.default_domain = &own_blocked,
	.blocked_domain = &own_blocked,
	.owner = THIS_MODULE,
	.capable = own_capable,
	.domain_alloc_paging_flags = alloc_paging,
	.domain_alloc_nested = alloc_nested,
	.device_group = own_device_group,
	.probe_device = own_probe_device,
	.get_viommu_size = own_get_viommu_size,
	.viommu_init = own_viommu_init,
	.page_response = page_response,
};

static void release(struct device *dev)
{
}

static const struct property_entry with_pasids[] = {
	PROPERTY_ENTRY_U32("pasid-num-bits", PASID_BITS),
	{}
};

static bool plug_one(unsigned int i, bool pasids)
{
	struct device *dev = &devices[i];

	*dev = (struct device){};
	device_initialize(dev);
	dev->bus = &own_bus;
	dev->release = release;
	return !dev_set_name(dev, "own%u", i) &&
	       (!pasids || !device_create_managed_software_node(
				   dev, with_pasids, NULL)) &&
	       !iommu_mock_device_add(dev, &own_iommu);
}

static void plug(struct uiommufd_run *run, unsigned int count, bool pasids)
{
	struct uik_machine *previous =
		uik_enter(uiommufd_platform_machine(uiommufd_run_platform(run)));
	bool good = !bus_register(&own_bus);

	the_run = run;
	own_knobs = (struct own_knobs){};
	own_seen = (struct own_seen){};
	memset(seats, 0, sizeof(seats));
	device_count = count;
	own_iommu = (struct iommu_device){ .max_pasids = 1u << PASID_BITS };
	good = good && !iommu_device_register_bus(&own_iommu, &own_ops,
						  &own_bus, &own_notifier);
	for (unsigned int i = 0; good && i < count; i++)
		good = plug_one(i, pasids && i != 1);
	own_requests = iopf_queue_alloc("own");
	good = good && own_requests &&
	       !iopf_queue_add_device(own_requests, &devices[0]);
	uik_leave(previous);
	if (!good)
		uiommufd_run_break(run, "setup", "own devices");
}

void own_plug(struct uiommufd_run *run)
{
	plug(run, 3, false);
}

void own_plug_group(struct uiommufd_run *run)
{
	plug(run, 4, true);
}

void own_unplug(struct uiommufd_run *run)
{
	struct uik_machine *previous =
		uik_enter(uiommufd_platform_machine(uiommufd_run_platform(run)));

	iopf_queue_free(own_requests);
	for (unsigned int i = device_count; i--;)
		device_unregister(&devices[i]);
	iommu_device_unregister_bus(&own_iommu, &own_bus, &own_notifier);
	bus_unregister(&own_bus);
	uik_leave(previous);
}

/* ---- what hardware does ---- */

int own_reads(struct uiommufd_run *run, unsigned int device, uint32_t pasid,
	      uint64_t iova)
{
	struct uik_machine *machine =
		uiommufd_platform_machine(uiommufd_run_platform(run));
	struct iommu_domain *domain = seats[device].domain[pasid];
	struct uik_machine *previous;
	phys_addr_t phys;
	uint8_t byte;
	int ret;

	if (!domain || domain->ops != &paging_ops)
		return -EFAULT;
	previous = uik_enter(machine);
	phys = iommu_iova_to_phys(domain, iova);
	ret = phys ? uik_phys_read(machine, phys, &byte, 1) : -EFAULT;
	uik_leave(previous);
	return ret ?: byte;
}

int own_recovers(struct uiommufd_run *run, unsigned int device, bool begins)
{
	struct uik_machine *previous =
		uik_enter(uiommufd_platform_machine(uiommufd_run_platform(run)));
	int ret = 0;

	if (begins)
		ret = iommu_dev_recovery_begin(&devices[device]);
	else
		iommu_dev_recovery_end(&devices[device]);
	uik_leave(previous);
	return ret;
}

/* ---- commands ---- */

int own_viommu(int fd, uint32_t dev, uint32_t parent, uint32_t *id)
{
	struct iommu_viommu_alloc cmd = {
		.size = sizeof(cmd),
		.type = OWN_VIOMMU,
		.dev_id = dev,
		.hwpt_id = parent,
	};
	int ret = rig_ioctl(fd, IOMMU_VIOMMU_ALLOC, &cmd);

	*id = cmd.out_viommu_id;
	return ret;
}

int own_nested(int fd, uint32_t dev, uint32_t pt, uint32_t *id)
{
	uint64_t word = 1;
	struct iommu_hwpt_alloc cmd = {
		.size = sizeof(cmd),
		.dev_id = dev,
		.pt_id = pt,
		.data_type = OWN_DATA,
		.data_len = sizeof(word),
		.data_uptr = (uintptr_t)&word,
	};
	int ret = rig_ioctl(fd, IOMMU_HWPT_ALLOC, &cmd);

	*id = cmd.out_hwpt_id;
	return ret;
}

int own_lookup(int fd, uint32_t viommu, uint64_t virt_id)
{
	struct iommu_hwpt_invalidate cmd = {
		.size = sizeof(cmd),
		.hwpt_id = viommu,
		.data_uptr = (uintptr_t)&virt_id,
		.data_type = OWN_DATA,
		.entry_len = sizeof(virt_id),
		.entry_num = 1,
	};

	return rig_ioctl(fd, IOMMU_HWPT_INVALIDATE, &cmd);
}

int own_compose(struct uiommufd_run *run, const char *name, uint64_t doorbell,
		uint64_t *out_iova)
{
	struct uik_machine *previous =
		uik_enter(uiommufd_platform_machine(uiommufd_run_platform(run)));
	struct device *dev =
		bus_find_device_by_name(&platform_bus_type, NULL, name);
	struct iommu_domain *domain =
		dev ? iommu_get_domain_for_dev(dev) : NULL;
	struct msi_desc desc = { .dev = dev };
	int ret = dev ? iommufd_sw_msi(domain, &desc, doorbell) : -ENODEV;

	*out_iova = (uint64_t)desc.iommu_msi_iova << desc.iommu_msi_shift;
	if (!ret && desc.iommu_msi_shift &&
	    iommu_iova_to_phys(domain, *out_iova) >> desc.iommu_msi_shift !=
		    doorbell >> desc.iommu_msi_shift)
		uiommufd_run_break(run, "reach",
				   "%s cannot reach the doorbell it was given",
				   name);
	if (dev)
		put_device(dev);
	uik_leave(previous);
	return ret;
}

uint64_t own_reaches(struct uiommufd_run *run, const char *name, uint64_t iova)
{
	struct uik_machine *previous =
		uik_enter(uiommufd_platform_machine(uiommufd_run_platform(run)));
	struct device *dev =
		bus_find_device_by_name(&platform_bus_type, NULL, name);
	phys_addr_t phys = 0;

	if (dev) {
		phys = iommu_iova_to_phys(iommu_get_domain_for_dev(dev), iova);
		put_device(dev);
	}
	uik_leave(previous);
	return phys;
}
