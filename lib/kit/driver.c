/* SPDX-License-Identifier: MIT */
/*
 * Drivers, and their coming and going on devices.
 *
 * The list of drivers is a process-wide door: drivers are code, devices belong
 * to machines.
 */
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <linux/bug.h>
#include <linux/device.h>

#include "kit/device.h"
#include "kit/fork.h"
#include "kit/leaf.h"
#include "kit/format.h"
#include "kit/machine.h"

static pthread_mutex_t drivers_lock = PTHREAD_MUTEX_INITIALIZER;
static LIST_HEAD(drivers);

FORK_LOCK(drivers_lock)

static bool driver_serves(const struct device_driver *drv, struct device *dev)
{
	if (drv->bus != dev->bus)
		return false;
	if (dev->bus->match)
		return dev->bus->match(dev, drv) > 0;
	return !strcmp(dev_name(dev), drv->name);
}

/* With the device's mutex held. */
static int bind_locked(struct device *dev, struct device_driver *drv)
{
	int rc;

	dev->driver = drv;
	bus_notify(dev, BUS_NOTIFY_BIND_DRIVER);
	if (dev->bus->probe)
		rc = dev->bus->probe(dev);
	else
		rc = drv->probe ? drv->probe(dev) : 0;
	dev->probe_result_ = rc;
	if (!rc) {
		bus_notify(dev, BUS_NOTIFY_BOUND_DRIVER);
		return 0;
	}
	devres_release_all(dev);
	dev->driver = NULL;
	dev->driver_data = NULL;
	bus_notify(dev, BUS_NOTIFY_DRIVER_NOT_BOUND);
	return rc;
}

/* The next driver of the list that serves @dev; NULL at the end. */
static struct device_driver *next_driver(struct device *dev,
					 struct device_driver *after)
{
	struct device_driver *drv, *found = NULL;
	bool seen = !after;

	leaf_lock(&drivers_lock);
	list_for_each_entry(drv, &drivers, drivers_node_) {
		if (seen && driver_serves(drv, dev)) {
			found = drv;
			break;
		}
		seen |= drv == after;
	}
	leaf_unlock(&drivers_lock);
	return found;
}

int device_attach(struct device *dev)
{
	struct device_driver *drv = NULL;

	if (!dev->bus)
		return 0;
	device_lock(dev);
	while (!dev->driver && (drv = next_driver(dev, drv)))
		bind_locked(dev, drv);
	device_unlock(dev);
	return dev->driver ? 1 : 0;
}

void device_release_driver(struct device *dev)
{
	struct device_driver *drv;

	device_lock(dev);
	drv = dev->driver;
	if (drv) {
		bus_notify(dev, BUS_NOTIFY_UNBIND_DRIVER);
		if (dev->bus->remove)
			dev->bus->remove(dev);
		else if (drv->remove)
			drv->remove(dev);
		devres_release_all(dev);
		dev->driver = NULL;
		dev->driver_data = NULL;
		bus_notify(dev, BUS_NOTIFY_UNBOUND_DRIVER);
	}
	device_unlock(dev);
}

static int attach_unbound(struct device *dev, void *data)
{
	if (!dev->driver)
		device_attach(dev);
	return 0;
}

static int release_if_bound(struct device *dev, void *drv)
{
	if (dev->driver == drv)
		device_release_driver(dev);
	return 0;
}

int driver_register(struct device_driver *drv)
{
	struct device_driver *other;
	int rc = 0;

	leaf_lock(&drivers_lock);
	list_for_each_entry(other, &drivers, drivers_node_)
		if (other == drv || (other->bus == drv->bus &&
				     !strcmp(other->name, drv->name)))
			rc = -EEXIST;
	if (!rc)
		list_add_tail(&drv->drivers_node_, &drivers);
	leaf_unlock(&drivers_lock);
	if (!rc)
		bus_for_each_dev(drv->bus, NULL, NULL, attach_unbound);
	return rc;
}

void driver_unregister(struct device_driver *drv)
{
	leaf_lock(&drivers_lock);
	list_del(&drv->drivers_node_);
	leaf_unlock(&drivers_lock);
	bus_for_each_dev(drv->bus, NULL, drv, release_if_bound);
}

static void print_message(char level, const struct device *dev,
			  const char *fmt, va_list args)
{
	const char *driver = dev ? dev_driver_string(dev) : "";
	char text[512];

	format_text(text, sizeof(text), fmt, args);
	printk("\001%c%s%s%s: %s", level, driver, *driver ? " " : "",
	       dev ? dev_name(dev) : "(no device)", text);
}

void uik_dev_printk(char level, const struct device *dev, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print_message(level, dev, fmt, args);
	va_end(args);
}

int dev_err_probe(const struct device *dev, int err, const char *fmt, ...)
{
	char text[480];
	va_list args;

	va_start(args, fmt);
	format_text(text, sizeof(text), fmt, args);
	va_end(args);
	if (err == -517 /* try again later */ || err == -ENOMEM)
		uik_dev_printk('7', dev, "error %d: %s", err, text);
	else
		uik_dev_printk('3', dev, "error %d: %s", err, text);
	return err;
}
