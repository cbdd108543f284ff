/* SPDX-License-Identifier: MIT */
/*
 * Devices.
 *
 * A device belongs to the machine it was initialised on.  Its life: memory of
 * its maker, device_initialize() (one reference), dev_set_name(), device_add()
 * (bus, driver), device_del(), last put_device() runs release().
 */
#ifndef UIK_LINUX_DEVICE_H
#define UIK_LINUX_DEVICE_H

#include <linux/types.h>
#include <linux/bug.h>
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/dev_printk.h>
#include <linux/device/bus.h>
#include <linux/device/devres.h>
#include <linux/device/driver.h>
#include <linux/ioport.h>
#include <linux/kobject.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/numa.h>
#include <linux/overflow.h>
#include <linux/property.h>
#include <linux/spinlock.h>
#include <linux/sysfs.h>
#include <uik/abi.h>

struct class;
struct device_node;
struct dev_iommu;
struct iommu_group;
struct uik_machine;
struct uik_device_properties;

struct device_type {
	const char *name;
	const struct attribute_group **groups;
	void (*release)(struct device *dev);
};

struct device {
	struct kobject kobj;
	struct device *parent;		/* counted while added */
	const char *init_name;		/* used by device_add(), borrowed */
	const struct device_type *type;
	const struct bus_type *bus;
	struct device_driver *driver;	/* bound, or NULL */
	void *platform_data;
	void *driver_data;
	struct mutex mutex;		/* driver coming and going */
	const struct class *class;
	const struct attribute_group **groups;
	struct device_node *of_node;
	struct fwnode_handle *fwnode;
	u64 *dma_mask;
	u64 coherent_dma_mask;
	int numa_node;
	u32 id;
	void (*release)(struct device *dev);
	struct iommu_group *iommu_group;	/* iommu core's */
	struct dev_iommu *iommu;		/* iommu core's */
	bool offline, dma_coherent;
	/* Kit's. */
	struct uik_machine *machine;
	spinlock_t devres_lock_;
	struct list_head devres_;
	struct list_head bus_node_;
	u64 sequence_;			/* order of device_add() on the machine */
	struct uik_device_properties *properties_; /* owned */
	bool added_;
	bool name_owned_;
	int probe_result_;		/* of the last driver tried */
};

/** device_initialize - ready to be named; one reference. */
void device_initialize(struct device *dev) __uik(device_initialize);
/** dev_set_name - 0 or -ENOMEM. */
int dev_set_name(struct device *dev, const char *fmt, ...) __uik(dev_set_name)
	__attribute__((__format__(__printf__, 2, 3)));
/**
 * device_add - the device appears on its bus and gets a driver.
 *
 * What the driver's probe returned does not matter; see probe_result_.
 * Return: 0; -EINVAL no name or unknown bus; -EEXIST the bus has the name.
 */
int device_add(struct device *dev) __uik(device_add);
/** device_del - undo device_add(): driver, bus, IOMMU let go. */
void device_del(struct device *dev) __uik(device_del);
/** device_register - initialise and add. */
int device_register(struct device *dev) __uik(device_register);
/** device_unregister - device_del() if added, and put. */
void device_unregister(struct device *dev) __uik(device_unregister);
/** get_device - one more reference; NULL is fine. */
struct device *get_device(struct device *dev) __uik(get_device);
/** put_device - one less; the last one releases it; NULL is fine. */
void put_device(struct device *dev) __uik(put_device);
/** device_attach - look for a driver: 1 bound, 0 none. */
int device_attach(struct device *dev) __uik(device_attach);
/** device_release_driver - the driver leaves. */
void device_release_driver(struct device *dev) __uik(device_release_driver);

static inline const char *dev_name(const struct device *dev)
{
	if (dev->init_name)
		return dev->init_name;
	return dev->kobj.name ? dev->kobj.name : "(unnamed)";
}

/** dev_driver_string - name of its driver, else of its bus, else "". */
const char *dev_driver_string(const struct device *dev)
	__uik(dev_driver_string);

static inline void *dev_get_drvdata(const struct device *dev)
{
	return dev->driver_data;
}

static inline void dev_set_drvdata(struct device *dev, void *data)
{
	dev->driver_data = data;
}

static inline void *dev_get_platdata(const struct device *dev)
{
	return dev->platform_data;
}

static inline int dev_to_node(struct device *dev)
{
	return dev->numa_node;
}

static inline void set_dev_node(struct device *dev, int node)
{
	dev->numa_node = node;
}

static inline bool device_is_registered(const struct device *dev)
{
	return dev->added_;
}

static inline void device_lock(struct device *dev)
{
	mutex_lock(&dev->mutex);
}

static inline void device_unlock(struct device *dev)
{
	mutex_unlock(&dev->mutex);
}

#define device_lock_assert(dev) lockdep_assert_held(&(dev)->mutex)
#define kobj_to_dev(kobj_) container_of(kobj_, struct device, kobj)

/** uik_device_find - a device of any bus by name, counted; NULL. */
struct device *uik_device_find(struct uik_machine *machine, const char *name)
	__uik_export;

/*
 * What the layer above the kit (the iommu core) does when devices come and go:
 * added is called before the driver is looked for, its error fails
 * device_add(); removing after the driver left.
 */
struct uik_device_events {
	int (*added)(struct device *dev);
	void (*removing)(struct device *dev);
};
/** uik_device_events_set - for the process; @events stays borrowed. */
void uik_device_events_set(const struct uik_device_events *events) __uik_export;

#define MODULE_DEVICE_TABLE(type, name) \
	extern int uik_unused_device_table_

#endif
