/* SPDX-License-Identifier: MIT */
/*
 * Devices and buses.
 *
 * Lock order: a device's mutex, then device_space.lock.  Notifiers, driver
 * callbacks and release functions run with neither held (drivers: with the
 * device's mutex).
 */
#include "kit/device.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <linux/bug.h>
#include <linux/slab.h>

#include "kit/machine.h"

/* Process-wide door: the layer above, set once before devices exist. */
static const struct uik_device_events *events;

void uik_device_events_set(const struct uik_device_events *set)
{
	events = set;
}

static void bus_state_init(struct bus_state *state, const struct bus_type *bus)
{
	state->bus = bus;
	INIT_LIST_HEAD(&state->devices);
	BLOCKING_INIT_NOTIFIER_HEAD(&state->notifiers);
}

void device_space_init(struct device_space *space)
{
	mutex_init(&space->lock);
	INIT_LIST_HEAD(&space->buses);
	bus_state_init(&space->platform, &platform_bus_type);
	list_add_tail(&space->platform.node, &space->buses);
}

void device_space_fini(struct device_space *space)
{
	struct bus_state *state, *next;

	list_for_each_entry_safe(state, next, &space->buses, node) {
		list_del(&state->node);
		if (state != &space->platform)
			kfree(state);
	}
	mutex_destroy(&space->lock);
}

static struct bus_state *find_locked(struct device_space *space,
				     const struct bus_type *bus)
{
	struct bus_state *state;

	list_for_each_entry(state, &space->buses, node)
		if (state->bus == bus)
			return state;
	return NULL;
}

struct bus_state *bus_state_of(struct uik_machine *machine,
			       const struct bus_type *bus)
{
	struct bus_state *state;

	if (!bus)
		return NULL;
	mutex_lock(&machine->devices.lock);
	state = find_locked(&machine->devices, bus);
	mutex_unlock(&machine->devices.lock);
	return state;
}

bool bus_is_registered(const struct bus_type *bus)
{
	return bus_state_of(uik_this_machine(), bus);
}

int bus_register(const struct bus_type *bus)
{
	struct device_space *space = &uik_this_machine()->devices;
	struct bus_state *fresh, *state;
	int rc = 0;

	fresh = kzalloc_obj(*fresh);
	if (!fresh)
		return -ENOMEM;
	bus_state_init(fresh, bus);
	mutex_lock(&space->lock);
	list_for_each_entry(state, &space->buses, node)
		if (state->bus == bus || !strcmp(state->bus->name, bus->name))
			rc = -EEXIST;
	if (!rc)
		list_add_tail(&fresh->node, &space->buses);
	mutex_unlock(&space->lock);
	if (rc)
		kfree(fresh);
	return rc;
}

void bus_unregister(const struct bus_type *bus)
{
	struct device_space *space = &uik_this_machine()->devices;
	struct bus_state *state;

	mutex_lock(&space->lock);
	state = find_locked(space, bus);
	if (state == &space->platform)
		state = NULL;
	if (!WARN_ON(!state || !list_empty(&state->devices)))
		list_del(&state->node);
	else
		state = NULL;
	mutex_unlock(&space->lock);
	kfree(state);
}

int bus_register_notifier(const struct bus_type *bus, struct notifier_block *nb)
{
	struct bus_state *state = bus_state_of(uik_this_machine(), bus);

	return state ? blocking_notifier_chain_register(&state->notifiers, nb) :
		       -EINVAL;
}

int bus_unregister_notifier(const struct bus_type *bus,
			    struct notifier_block *nb)
{
	struct bus_state *state = bus_state_of(uik_this_machine(), bus);

	return state ? blocking_notifier_chain_unregister(&state->notifiers,
							  nb) : -EINVAL;
}

void bus_notify(struct device *dev, enum bus_notifier_event event)
{
	struct bus_state *state = bus_state_of(dev->machine, dev->bus);

	if (state)
		blocking_notifier_call_chain(&state->notifiers, event, dev);
}

/* The first device after @sequence, counted. */
static struct device *next_device(struct uik_machine *machine,
				  struct bus_state *state, u64 sequence)
{
	struct device *dev, *found = NULL;

	mutex_lock(&machine->devices.lock);
	list_for_each_entry(dev, &state->devices, bus_node_) {
		if (dev->sequence_ > sequence) {
			found = get_device(dev);
			break;
		}
	}
	mutex_unlock(&machine->devices.lock);
	return found;
}

struct device *uik_device_find(struct uik_machine *machine, const char *name)
{
	struct bus_state *state;
	struct device *dev, *found = NULL;

	mutex_lock(&machine->devices.lock);
	list_for_each_entry(state, &machine->devices.buses, node)
		list_for_each_entry(dev, &state->devices, bus_node_)
			if (!found && !strcmp(dev_name(dev), name))
				found = get_device(dev);
	mutex_unlock(&machine->devices.lock);
	return found;
}

int bus_for_each_dev(const struct bus_type *bus, struct device *start,
		     void *data, int (*fn)(struct device *dev, void *data))
{
	struct uik_machine *machine = uik_this_machine();
	struct bus_state *state = bus_state_of(machine, bus);
	u64 sequence = start ? start->sequence_ : 0;
	struct device *dev;
	int rc = 0;

	if (!state)
		return -EINVAL;
	while (!rc && (dev = next_device(machine, state, sequence))) {
		sequence = dev->sequence_;
		rc = fn(dev, data);
		put_device(dev);
	}
	return rc;
}

struct device *bus_find_device(const struct bus_type *bus, struct device *start,
			       const void *data, device_match_t match)
{
	struct uik_machine *machine = uik_this_machine();
	struct bus_state *state = bus_state_of(machine, bus);
	u64 sequence = start ? start->sequence_ : 0;
	struct device *dev;

	while (state && (dev = next_device(machine, state, sequence))) {
		if (match(dev, data))
			return dev;
		sequence = dev->sequence_;
		put_device(dev);
	}
	return NULL;
}

int device_match_name(struct device *dev, const void *name)
{
	return !strcmp(dev_name(dev), name);
}

struct device *bus_find_device_by_name(const struct bus_type *bus,
				       struct device *start, const char *name)
{
	return bus_find_device(bus, start, name, device_match_name);
}

void device_initialize(struct device *dev)
{
	kref_init(&dev->kobj.kref);
	mutex_init(&dev->mutex);
	spin_lock_init(&dev->devres_lock_);
	INIT_LIST_HEAD(&dev->devres_);
	INIT_LIST_HEAD(&dev->bus_node_);
	dev->numa_node = NUMA_NO_NODE;
	dev->dma_coherent = true;
	dev->machine = uik_this_machine();
}

int dev_set_name(struct device *dev, const char *fmt, ...)
{
	va_list args;
	char *name;

	va_start(args, fmt);
	name = kvasprintf(GFP_KERNEL, fmt, args);
	va_end(args);
	if (!name)
		return -ENOMEM;
	kfree_const(dev->kobj.name);
	dev->kobj.name = name;
	return 0;
}

struct device *get_device(struct device *dev)
{
	if (dev)
		kref_get(&dev->kobj.kref);
	return dev;
}

static void device_release(struct kref *kref)
{
	struct device *dev = container_of(kref, struct device, kobj.kref);
	const char *name = dev->kobj.name;

	devres_release_all(dev);
	device_properties_free(dev);
	if (dev->release)
		dev->release(dev);
	else if (dev->type && dev->type->release)
		dev->type->release(dev);
	else
		WARN(1, "device %s has no release function",
		     name ? name : "(unnamed)");
	kfree_const(name);
}

void put_device(struct device *dev)
{
	if (dev)
		kref_put(&dev->kobj.kref, device_release);
}

/* Into the bus's list, unless the name is taken. */
static int enlist(struct device *dev, struct bus_state *state)
{
	struct device_space *space = &dev->machine->devices;
	struct device *other;
	int rc = 0;

	mutex_lock(&space->lock);
	if (state)
		list_for_each_entry(other, &state->devices, bus_node_)
			if (!strcmp(dev_name(other), dev_name(dev)))
				rc = -EEXIST;
	if (!rc) {
		dev->sequence_ = ++space->last_sequence;
		if (state)
			list_add_tail(&dev->bus_node_, &state->devices);
	}
	mutex_unlock(&space->lock);
	return rc;
}

static void delist(struct device *dev)
{
	struct device_space *space = &dev->machine->devices;

	mutex_lock(&space->lock);
	list_del_init(&dev->bus_node_);
	mutex_unlock(&space->lock);
}

int device_add(struct device *dev)
{
	struct bus_state *state = bus_state_of(dev->machine, dev->bus);
	int rc;

	if (dev->init_name) {
		rc = dev_set_name(dev, "%s", dev->init_name);
		if (rc)
			return rc;
		dev->init_name = NULL;
	}
	if (!dev->kobj.name || (dev->bus && !state))
		return -EINVAL;
	rc = enlist(dev, state);
	if (rc)
		return rc;
	get_device(dev);
	get_device(dev->parent);
	bus_notify(dev, BUS_NOTIFY_ADD_DEVICE);
	rc = events && events->added ? events->added(dev) : 0;
	if (rc)
		goto undo_enlist;
	dev->added_ = true;
	device_attach(dev);
	return 0;

undo_enlist:
	delist(dev);
	bus_notify(dev, BUS_NOTIFY_REMOVED_DEVICE);
	put_device(dev->parent);
	put_device(dev);
	return rc;
}

int device_register(struct device *dev)
{
	device_initialize(dev);
	return device_add(dev);
}

void device_del(struct device *dev)
{
	if (WARN_ON(!dev->added_))
		return;
	bus_notify(dev, BUS_NOTIFY_DEL_DEVICE);
	device_release_driver(dev);
	if (events && events->removing)
		events->removing(dev);
	devres_release_all(dev);
	dev->added_ = false;
	delist(dev);
	bus_notify(dev, BUS_NOTIFY_REMOVED_DEVICE);
	put_device(dev->parent);
	put_device(dev);
}

void device_unregister(struct device *dev)
{
	if (dev->added_)
		device_del(dev);
	put_device(dev);
}

const char *dev_driver_string(const struct device *dev)
{
	if (dev->driver)
		return dev->driver->name;
	return dev->bus ? dev->bus->name : "";
}
