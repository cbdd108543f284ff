/* SPDX-License-Identifier: MIT */
/*
 * Buses: which devices and drivers belong together.  A bus is registered with
 * the caller's machine.
 */
#ifndef UIK_LINUX_DEVICE_BUS_H
#define UIK_LINUX_DEVICE_BUS_H

#include <linux/types.h>
#include <linux/notifier.h>
#include <uik/abi.h>

struct device;
struct device_driver;
struct attribute_group;
struct iommu_ops;

struct bus_type {
	const char *name;
	const char *dev_name;
	const struct attribute_group **bus_groups;
	const struct attribute_group **dev_groups;
	const struct attribute_group **drv_groups;
	/* Whether @drv serves @dev.  NULL: by name. */
	int (*match)(struct device *dev, const struct device_driver *drv);
	int (*probe)(struct device *dev);
	void (*remove)(struct device *dev);
	void (*shutdown)(struct device *dev);
	int (*dma_configure)(struct device *dev);
	void (*dma_cleanup)(struct device *dev);
};

/** bus_register - 0, -EEXIST (also by name), -ENOMEM. */
int bus_register(const struct bus_type *bus) __uik(bus_register);
/** bus_unregister - no device may be left; WARNs otherwise. */
void bus_unregister(const struct bus_type *bus) __uik(bus_unregister);
/** bus_is_registered - with the caller's machine. */
bool bus_is_registered(const struct bus_type *bus) __uik(bus_is_registered);

/**
 * bus_for_each_dev - visit the bus's devices in the order they were added.
 * @start: begin after this one; NULL
 * @fn: non-zero stops; may remove the device it got
 *
 * Return: what @fn returned last; -EINVAL unknown bus.
 */
int bus_for_each_dev(const struct bus_type *bus, struct device *start,
		     void *data, int (*fn)(struct device *dev, void *data))
	__uik(bus_for_each_dev);

typedef int (*device_match_t)(struct device *dev, const void *data);
/** bus_find_device - the first that matches, counted; NULL. */
struct device *bus_find_device(const struct bus_type *bus, struct device *start,
			       const void *data, device_match_t match)
	__uik(bus_find_device);
/** bus_find_device_by_name - counted; NULL. */
struct device *bus_find_device_by_name(const struct bus_type *bus,
				       struct device *start, const char *name)
	__uik(bus_find_device_by_name);
/** device_match_name - a device_match_t for names. */
int device_match_name(struct device *dev, const void *name)
	__uik(device_match_name);

enum bus_notifier_event {
	BUS_NOTIFY_ADD_DEVICE,
	BUS_NOTIFY_DEL_DEVICE,
	BUS_NOTIFY_REMOVED_DEVICE,
	BUS_NOTIFY_BIND_DRIVER,
	BUS_NOTIFY_BOUND_DRIVER,
	BUS_NOTIFY_UNBIND_DRIVER,
	BUS_NOTIFY_UNBOUND_DRIVER,
	BUS_NOTIFY_DRIVER_NOT_BOUND,
};

/** bus_register_notifier - hear of device events; 0, -EINVAL, -EEXIST. */
int bus_register_notifier(const struct bus_type *bus, struct notifier_block *nb)
	__uik(bus_register_notifier);
/** bus_unregister_notifier - 0, -EINVAL or -ENOENT. */
int bus_unregister_notifier(const struct bus_type *bus,
			    struct notifier_block *nb)
	__uik(bus_unregister_notifier);

extern const struct bus_type uik_platform_bus_type __uik_export;
#define platform_bus_type uik_platform_bus_type

#endif
