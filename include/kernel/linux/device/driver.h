/* SPDX-License-Identifier: MIT */
/* Drivers of devices. */
#ifndef UIK_LINUX_DEVICE_DRIVER_H
#define UIK_LINUX_DEVICE_DRIVER_H

#include <linux/types.h>
#include <linux/list.h>
#include <linux/device/bus.h>

struct module;
struct of_device_id;
struct acpi_device_id;
struct dev_pm_ops;

enum probe_type {
	PROBE_DEFAULT_STRATEGY,
	PROBE_PREFER_ASYNCHRONOUS,
	PROBE_FORCE_SYNCHRONOUS,
};

struct device_driver {
	const char *name;
	const struct bus_type *bus;
	struct module *owner;
	const char *mod_name;
	bool suppress_bind_attrs;
	enum probe_type probe_type;
	const struct of_device_id *of_match_table;
	const struct acpi_device_id *acpi_match_table;
	int (*probe)(struct device *dev);
	int (*remove)(struct device *dev);
	void (*shutdown)(struct device *dev);
	const struct attribute_group **groups;
	const struct attribute_group **dev_groups;
	const struct dev_pm_ops *pm;
	struct list_head drivers_node_;	/* kit's */
};

/**
 * driver_register - a driver is there.
 *
 * Drivers are known to the whole process.  Devices of the caller's machine
 * that it serves and that have no driver are probed at once.
 * Return: 0, or -EEXIST.
 */
int driver_register(struct device_driver *drv) __uik(driver_register);
/** driver_unregister - it leaves all its devices of the caller's machine. */
void driver_unregister(struct device_driver *drv) __uik(driver_unregister);

#endif
